/** GET of one object. */
import { newNotFound } from '../../api/errors.ts'
import type { Answer, Call } from '../call.ts'
import { parseResourceVersion } from '../options.ts'
import { type Core, groupResourceOf, keyOf, readEntry } from './core.ts'
import { newTooLarge } from './list.ts'

export async function get(core: Core, call: Call): Promise<Answer> {
  const { endpoint, info } = call
  const asked = info.query.size > 0 ? parseResourceVersion(info.query.get('resourceVersion') ?? '') : 0
  const entry = await readEntry(core, endpoint, keyOf(endpoint, info.namespace, info.name))
  if (asked > core.storage.revision) throw newTooLarge(asked, core.storage.revision)
  if (!entry) throw newNotFound(groupResourceOf(endpoint), info.name)
  return { kind: 'entry', status: 200, entry, endpoint }
}
