/** The Status that operations answer which make nothing that could be shown. */
import type { Answer } from '../call.ts'

export const created: Answer = {
  kind: 'object',
  status: 201,
  object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
}
