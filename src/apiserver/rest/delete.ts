/**
 * DELETE of one object: at once, or marked and left to its finalizers, its grace period or the garbage collector
 * (upstream: registry/generic/registry/store.go's Delete and rest/delete.go's BeforeDelete).
 */
import { newConflict, newNotFound } from '../../api/errors.ts'
import { formatTime } from '../../api/meta.ts'
import type { Answer, Call } from '../call.ts'
import { decodeDeleteOptions } from '../decode-body.ts'
import type { Endpoint } from '../endpoints.ts'
import { type DeleteOptions, parseDeleteOptions } from '../options.ts'
import type { ApiObject } from '../request.ts'
import { type Entry, objectOf } from '../storage/entry.ts'
import { header, readBytes } from './body.ts'
import { attributesOf, type Core, cacheOf, fromStorage, groupResourceOf, keyOf, readEntry, toStorage, writtenEntry } from './core.ts'
import { deepEqual } from './equal.ts'
import { withMetadata } from './update.ts'

export async function readDeleteOptions(core: Core, call: Call): Promise<DeleteOptions> {
  const { request, info } = call
  if (request.object !== undefined) return parseDeleteOptions(info.query, request.object as Record<string, unknown>)
  const bytes = await readBytes(core, call)
  return parseDeleteOptions(info.query, decodeDeleteOptions({ bytes, contentType: header(request.headers['content-type']) }))
}

/** Jobs orphan their pods when the client says nothing, as they did when the API was young; it is told so. */
export function warnOfOrphans({ endpoint, warn }: Call, { orphanDependents, propagationPolicy }: DeleteOptions): void {
  if (endpoint.strategy.defaultGarbageCollection !== 'orphan' || orphanDependents !== undefined || propagationPolicy !== undefined) return
  warn(
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  )
}

export async function remove(core: Core, call: Call, given?: DeleteOptions): Promise<Answer> {
  const { endpoint, info } = call
  const options = given ?? (await readDeleteOptions(core, call))
  warnOfOrphans(call, options)
  const key = keyOf(endpoint, info.namespace, info.name)
  for (;;) {
    const entry = await readEntry(core, endpoint, key)
    if (!entry) throw newNotFound(groupResourceOf(endpoint), info.name)
    const deleted = await deleteEntry(core, call, entry, options)
    if (!deleted) continue
    const { object, gone } = deleted
    // Upstream tells that dependents are still being dealt with only to those who asked in the old way.
    const status = !gone && options.orphanDependents === false ? 202 : 200
    if (gone && !returnsObject(endpoint)) return { kind: 'object', status, object: successStatus(endpoint, object) }
    return { kind: 'object', status, object, of: endpoint }
  }
}

/** Resources whose deletion answers the object that was deleted; the others answer a Status. */
const returning = new Set([
  'pods',
  'podtemplates',
  'persistentvolumes',
  'persistentvolumeclaims',
  'resourcequotas',
  'serviceaccounts',
  'services',
])
const returnsObject = ({ resource }: Endpoint): boolean => resource.group === '' && returning.has(resource.resource)

function successStatus({ resource }: Endpoint, object: ApiObject): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: object.metadata.name,
      ...(resource.group ? { group: resource.group } : {}),
      kind: resource.resource,
      uid: object.metadata.uid,
    },
  }
}

interface Deleted {
  readonly object: ApiObject
  /** False: marked, and still there. */
  readonly gone: boolean
}

/** Undefined: another write came between; read again. */
export async function deleteEntry(core: Core, call: Call, entry: Entry, options: DeleteOptions): Promise<Deleted | undefined> {
  const { endpoint } = call
  const existing = fromStorage(endpoint, objectOf(entry))
  checkPreconditions(endpoint, existing, options)
  const attributes = attributesOf(call, 'DELETE', existing.metadata.name, options)
  const marked = mark(core, endpoint, existing, options)
  if (marked.pending) return { object: existing, gone: false }
  await core.admission.admit(undefined, existing, attributes)
  const undo = await core.admission.validate(undefined, existing, attributes)
  let current = entry
  let object = existing
  if (marked.object !== existing) {
    object = marked.object
    if (!options.dryRun) {
      const cache = cacheOf(endpoint)
      const stored = toStorage(endpoint, object)
      const value = await cache.codec.encode(stored)
      const result = await core.storage.store.update(cache.prefix + entry.key, value, entry.revision)
      if (!result.ok) {
        undo()
        return undefined
      }
      current = await writtenEntry(endpoint, entry.key, value, result.revision, stored)
      object = fromStorage(endpoint, objectOf(current))
    }
    if (marked.stays) return { object, gone: false }
  }
  if (options.dryRun) {
    undo()
    return { object, gone: true }
  }
  const revision = await finishDeletion(core, call, entry.key, current, objectOf(current))
  if (!revision) {
    undo()
    return undefined
  }
  return { object: withMetadata(object, { ...object.metadata, resourceVersion: String(revision) }), gone: true }
}

/** Takes the object out of the store. Undefined: it changed meanwhile. */
export async function finishDeletion(
  core: Core,
  { endpoint }: Call,
  key: string,
  entry: Entry,
  last: ApiObject,
): Promise<number | undefined> {
  const cache = cacheOf(endpoint)
  const result = await core.storage.store.delete(cache.prefix + key, entry.revision)
  if (!result.ok) return undefined
  endpoint.strategy.release?.(last)
  return result.revision
}

export function checkPreconditions({ resource }: Endpoint, { metadata }: ApiObject, { preconditions }: DeleteOptions): void {
  const kind = { group: resource.group, resource: resource.kind }
  if (preconditions?.uid !== undefined && preconditions.uid !== metadata.uid)
    throw newConflict(
      kind,
      metadata.name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== metadata.resourceVersion)
    throw newConflict(
      kind,
      metadata.name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
}

interface Marked {
  /** What is to be stored before, or instead of, the deletion; the existing object itself when nothing is. */
  readonly object: ApiObject
  readonly stays: boolean
  /** Somebody deleted it before and nothing changes. */
  readonly pending: boolean
}

function mark(core: Core, endpoint: Endpoint, existing: ApiObject, options: DeleteOptions): Marked {
  const { metadata } = existing
  const prepared = endpoint.strategy.beforeDeletion?.(existing, core.now())
  if (prepared) return { object: withMetadata(prepared, prepared.metadata as never), stays: true, pending: false }
  const finalizers = collectorFinalizers(endpoint, metadata.finalizers ?? [], options)
  const withFinalizers = deepEqual(finalizers, metadata.finalizers ?? [])
    ? metadata
    : { ...metadata, finalizers: finalizers.length > 0 ? finalizers : undefined }
  const grace = graceOf(core, endpoint, existing, options)
  if (grace === 'pending') return { object: existing, stays: true, pending: true }
  if (grace) {
    const object = withMetadata(existing, { ...withFinalizers, ...grace })
    return { object, stays: finalizers.length > 0 || grace.deletionGracePeriodSeconds > 0, pending: false }
  }
  if (finalizers.length === 0) return { object: existing, stays: false, pending: false }
  // Marked now, and deleted by the update that takes the last finalizer away.
  const now = core.now()
  const before = metadata.deletionTimestamp
  const object = withMetadata(existing, {
    ...withFinalizers,
    deletionTimestamp: before && new Date(before) <= now ? before : formatTime(now),
    deletionGracePeriodSeconds: 0,
    ...(metadata.generation && !before ? { generation: metadata.generation + 1 } : {}),
  })
  return { object: deepEqual(object, existing) ? existing : object, stays: true, pending: deepEqual(object, existing) }
}

/** What graceful deletion writes into the metadata; undefined where a resource knows none or it is over. */
function graceOf(core: Core, endpoint: Endpoint, existing: ApiObject, options: DeleteOptions) {
  const { strategy } = endpoint
  if (!strategy.gracePeriodSeconds) return undefined
  const { deletionTimestamp, deletionGracePeriodSeconds, generation } = existing.metadata
  if (deletionTimestamp) {
    if (!deletionGracePeriodSeconds) return undefined
    const wanted = options.gracePeriodSeconds
    // Only a shorter period than the pending one is taken.
    if (wanted === undefined || wanted >= deletionGracePeriodSeconds) return 'pending' as const
    const begun = new Date(deletionTimestamp).getTime() - deletionGracePeriodSeconds * 1000
    return { deletionTimestamp: formatTime(new Date(begun + wanted * 1000)), deletionGracePeriodSeconds: wanted }
  }
  const seconds = strategy.gracePeriodSeconds(existing, options.gracePeriodSeconds)
  return {
    deletionTimestamp: formatTime(new Date(core.now().getTime() + seconds * 1000)),
    deletionGracePeriodSeconds: seconds,
    ...(generation ? { generation: generation + 1 } : {}),
  }
}

const orphan = 'orphan'
const foreground = 'foregroundDeletion'

/** The object's finalizers with the garbage collector's own as the propagation policy wants them. */
function collectorFinalizers({ strategy, resource }: Endpoint, finalizers: readonly string[], options: DeleteOptions): readonly string[] {
  // Events are too many to have dependents (upstream: the GarbageCollectionPolicy Unsupported).
  if (resource.resource === 'events') return finalizers
  const rest = finalizers.filter((f) => f !== orphan && f !== foreground)
  const { orphanDependents, propagationPolicy } = options
  let policy: string | undefined
  if (orphanDependents !== undefined) policy = orphanDependents ? orphan : undefined
  else if (propagationPolicy !== undefined)
    policy = propagationPolicy === 'Orphan' ? orphan : propagationPolicy === 'Foreground' ? foreground : undefined
  else if (finalizers.includes(orphan)) policy = orphan
  else if (finalizers.includes(foreground)) policy = foreground
  else policy = strategy.defaultGarbageCollection === 'orphan' ? orphan : undefined
  return policy ? [...rest, policy] : rest
}
