/** DELETE of a namespace only marks it Terminating; it goes when /finalize has taken the last finalizer of its spec away (registry/core/namespace). */
import { newNotFound } from '../../api/errors.ts'
import { formatTime } from '../../api/meta.ts'
import type { Namespace } from '../../api/types/core-v1.ts'
import type { Answer, Call } from '../call.ts'
import type { ApiObject } from '../request.ts'
import { attributesOf, type Core, cacheOf, groupResourceOf, readEntry, writtenEntry } from '../rest/core.ts'
import { checkPreconditions, readDeleteOptions, remove } from '../rest/delete.ts'
import { withMetadata } from '../rest/update.ts'
import { objectOf } from '../storage/entry.ts'

type StoredNamespace = ApiObject & Namespace

export async function deleteNamespace(core: Core, call: Call): Promise<Answer> {
  const { endpoint, info } = call
  const options = await readDeleteOptions(core, call)
  for (;;) {
    const entry = await readEntry(core, endpoint, info.name)
    if (!entry) throw newNotFound(groupResourceOf(endpoint), info.name)
    const existing = objectOf(entry) as StoredNamespace
    checkPreconditions(endpoint, existing, options)
    if (!existing.spec?.finalizers?.length) return remove(core, call, options)
    const attributes = attributesOf(call, 'DELETE', info.name, options)
    await core.admission.admit(undefined, existing, attributes)
    await core.admission.validate(undefined, existing, attributes)
    if (existing.metadata.deletionTimestamp && existing.status?.phase === 'Terminating')
      return { kind: 'entry', status: 200, entry, endpoint }
    const marked = withMetadata({ ...existing, status: { ...existing.status, phase: 'Terminating' } } as unknown as ApiObject, {
      ...existing.metadata,
      deletionTimestamp: existing.metadata.deletionTimestamp ?? formatTime(core.now()),
    })
    if (options.dryRun) return { kind: 'object', status: 200, object: marked, of: endpoint }
    const cache = cacheOf(endpoint)
    const value = await cache.codec.encode(marked)
    const result = await core.storage.store.update(cache.prefix + entry.key, value, entry.revision)
    if (result.ok)
      return { kind: 'entry', status: 200, entry: await writtenEntry(endpoint, entry.key, value, result.revision, marked), endpoint }
  }
}
