/** The name a write is recorded under in managedFields: the client's choice, else its program's name. */
import { managerOfUserAgent } from '../../api/apply/field-manager.ts'
import type { Call } from '../call.ts'
import { header } from './body.ts'

export const managerOf = (fieldManager: string, call: Call): string =>
  fieldManager || managerOfUserAgent(header(call.request.headers['user-agent']))
