/**
 * Writes to objects that exist: PUT, and the loop that PUT, PATCH and the subresources share (upstream: the generic
 * registry's Update over etcd3's GuaranteedUpdate).
 */
import { newBadRequest, newConflict, newNotFound, type StatusError } from '../../api/errors.ts'
import { invalid, newInvalid } from '../../api/validation/field-error.ts'
import { validateCommonUpdate, validateObjectMetaUpdate } from '../../api/validation/object-meta.ts'
import type { Answer, Call } from '../call.ts'
import type { Endpoint } from '../endpoints.ts'
import { invalidVersion, parseWriteOptions, type WriteOptions } from '../options.ts'
import type { Strategy } from '../registry/strategy.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { type Entry, objectOf } from '../storage/entry.ts'
import { readObject } from './body.ts'
import {
  attributesOf,
  type Core,
  cacheOf,
  entryFor,
  fromStorage,
  groupKindOf,
  groupResourceOf,
  keyOf,
  leaseOf,
  namespaceOf,
  readEntry,
  toStorage,
  writtenEntry,
} from './core.ts'
import { checkNamespace, checkSize, createObject, recordOwners, withGeneration, withNamespace } from './create.ts'
import { specOf, statusOf, withStatus } from './defaults.ts'
import { finishDeletion } from './delete.ts'
import { deepEqual } from './equal.ts'
import { dedupOwnerReferences } from './owner-references.ts'

export async function update(core: Core, call: Call): Promise<Answer> {
  const { endpoint, info } = call
  const options = parseWriteOptions('UpdateOptions', info.query)
  const sent = await readObject(core, call, endpoint, options.fieldValidation)
  checkName(sent, info.name)
  checkNamespace(sent, namespaceOf(call))
  const wanted = withNamespace(sent, namespaceOf(call))
  const { uid } = wanted.metadata
  return writeUpdate(core, call, {
    name: info.name,
    options,
    preconditions: uid ? { uid } : {},
    transform: () => wanted,
    ...(endpoint.strategy.allowCreateOnUpdate && !info.subresource ? { create: () => wanted } : {}),
  })
}

export function checkName(object: ApiObject, name: string): void {
  if (!object.metadata.name) throw newBadRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (object.metadata.name !== name)
    throw newBadRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`)
}

export interface UpdateRequest {
  readonly name: string
  readonly options: WriteOptions
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  /** The object wanted, from the one that is there. Called again when another write came between. */
  transform(existing: ApiObject): ApiObject | Promise<ApiObject>
  /** The object to make when there is none; without it that is a 404. */
  create?(): ApiObject | Promise<ApiObject>
  /** Skips recording managed fields: apply has done it, a binding does not do it. */
  readonly managedFields?: 'keep'
  readonly strategy?: Pick<Strategy, 'prepareForUpdate' | 'validateUpdate' | 'warnings'>
  /** How admission sees the object, where what is written is of another kind (a Scale), and what comes back of it. */
  readonly admitted?: { of(object: ApiObject): ApiObject; back(object: ApiObject, admitted: ApiObject): ApiObject }
  /** Neither admission nor the strategy's validation: writes of the server's own. */
  readonly internal?: boolean
  readonly status?: number
}

const asIs: NonNullable<UpdateRequest['admitted']> = { of: (object) => object, back: (_object, admitted) => admitted }

/** So many times another write may come between before the client is told. */
const attempts = 30

export async function writeUpdate(core: Core, call: Call, request: UpdateRequest): Promise<Answer> {
  const { endpoint, info } = call
  const key = keyOf(endpoint, info.namespace, request.name)
  let entry = await readEntry(core, endpoint, key)
  for (let attempt = 1; ; attempt++) {
    if (!entry) {
      if (!request.create) throw newNotFound(groupResourceOf(endpoint), request.name)
      const { uid } = request.preconditions ?? {}
      if (uid) throw newConflict(groupResourceOf(endpoint), request.name, preconditionText(cacheOf(endpoint).prefix + key, uid, ''))
      return createObject(core, call, await request.create(), request.options, request.managedFields)
    }
    const result = await tryUpdate(core, call, request, key, entry)
    if ('answer' in result) return result.answer
    if (attempt === attempts) throw conflict(endpoint, request.name)
    entry = result.current
  }
}

const conflict = (endpoint: Endpoint, name: string): StatusError =>
  newConflict(
    groupResourceOf(endpoint),
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )

const preconditionText = (key: string, wanted: string, found: string): string =>
  `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`

type Tried = { readonly answer: Answer } | { readonly current: Entry | undefined }

async function tryUpdate(core: Core, call: Call, request: UpdateRequest, key: string, entry: Entry): Promise<Tried> {
  const { endpoint, info } = call
  const cache = cacheOf(endpoint)
  const { name, options, preconditions } = request
  const before = objectOf(entry)
  const existing = fromStorage(endpoint, before)
  if (preconditions?.uid && preconditions.uid !== existing.metadata.uid)
    throw newConflict(groupResourceOf(endpoint), name, preconditionText(cache.prefix + key, preconditions.uid, existing.metadata.uid))

  const attributes = attributesOf(call, 'UPDATE', name, options)
  let wanted = await request.transform(existing)
  wanted = dedupOwnerReferences(wanted, call.warn)
  if (request.managedFields !== 'keep') wanted = recordOwners(core, call, existing, wanted, options, info.subresource)
  const { of: seen, back } = request.admitted ?? asIs
  if (!request.internal) wanted = back(wanted, (await core.admission.admit(seen(wanted), seen(existing), attributes)) as ApiObject)
  core.step(call, 'admit')
  checkVersion(endpoint, wanted, existing, name)

  const strategy = request.strategy ?? (info.subresource ? (endpoint.strategy.subresources?.[info.subresource] ?? {}) : endpoint.strategy)
  let object = keepMetadata(toStorage(endpoint, wanted), before)
  // The server's own writes (a binding) do not count as changes of the spec.
  object = request.internal
    ? (strategy.prepareForUpdate?.(object, before, attributes) ?? object)
    : prepare(endpoint, strategy, object, before, attributes)
  let release: (() => void) | undefined
  let commit: (() => void) | undefined
  let undo: (() => void) | undefined
  try {
    if (endpoint.strategy.allocate && !info.subresource) {
      const allocated = await endpoint.strategy.allocate(object, before, attributes)
      object = allocated.object
      release = allocated.undo
      commit = allocated.commit
    }
    object = fillMetadata(object, before)
    if (!request.internal) {
      const errors = [
        ...validateCommonUpdate(object.metadata, before.metadata, endpoint.resource.namespaced),
        ...(strategy.validateUpdate?.(object, before, attributes) ?? validateObjectMetaUpdate(object.metadata, before.metadata)),
      ]
      if (errors.length > 0) throw newInvalid(groupKindOf(endpoint, object), object.metadata.name, errors)
      for (const text of strategy.warnings?.(object, before) ?? []) call.warn(text)
      core.step(call, 'validate')
      undo = await core.admission.validate(seen(fromStorage(endpoint, object)), seen(existing), attributes)
    }
    const status = request.status ?? 200
    if (shouldDelete(endpoint, object, before)) {
      if (options.dryRun) return { answer: { kind: 'object', status, object: fromStorage(endpoint, object), of: endpoint } }
      const deleted = await finishDeletion(core, call, key, entry, object)
      if (!deleted) {
        undo?.()
        release?.()
        return { current: await current(core, endpoint, key) }
      }
      return { answer: { kind: 'object', status, object: fromStorage(endpoint, withVersion(object, deleted)), of: endpoint } }
    }
    object = keepTimes(object, before)
    if (unchanged(object, before)) {
      undo?.()
      release?.()
      return { answer: { kind: 'entry', status, entry, endpoint } }
    }
    if (options.dryRun) {
      undo?.()
      release?.()
      return { answer: { kind: 'object', status, object: fromStorage(endpoint, withVersion(object, entry.revision)), of: endpoint } }
    }
    const value = await cache.codec.encode(object)
    checkSize(value)
    const lease = leaseOf(core, endpoint)
    const result = await core.storage.store.update(cache.prefix + key, value, entry.revision, lease && (await lease))
    core.step(call, 'store')
    if (result.ok) {
      commit?.()
      return { answer: { kind: 'entry', status, entry: await writtenEntry(endpoint, key, value, result.revision, object), endpoint } }
    }
    undo?.()
    release?.()
    undo = release = undefined
    // A write that named the version it is of is refused; one that did not is done again on what is there now.
    if (namesVersion(wanted) && request.preconditions) throw conflict(endpoint, name)
    const { current: there } = result
    return { current: there && (await entryFor(cache, key, there.value, there.modRevision)) }
  } catch (error) {
    undo?.()
    release?.()
    throw error
  }
}

async function current(core: Core, endpoint: Endpoint, key: string): Promise<Entry | undefined> {
  const cache = cacheOf(endpoint)
  const kv = await core.storage.store.get(cache.prefix + key)
  return kv && (await entryFor(cache, key, kv.value, kv.modRevision))
}

const namesVersion = ({ metadata: { resourceVersion } }: ApiObject): boolean => Boolean(resourceVersion) && resourceVersion !== '0'

function checkVersion(endpoint: Endpoint, wanted: ApiObject, existing: ApiObject, name: string): void {
  const version = wanted.metadata.resourceVersion
  if (version && !/^\d+$/.test(version)) throw invalidVersion(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`)
  if (!namesVersion(wanted)) {
    if (endpoint.strategy.allowUnconditionalUpdate === false)
      // Upstream names the resource where all other such answers name the kind.
      throw newInvalid({ group: endpoint.resource.group, kind: endpoint.resource.resource }, name, [
        invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
      ])
    return
  }
  if (version !== existing.metadata.resourceVersion) throw conflict(endpoint, name)
}

/** What an update cannot change and need not say (rest.BeforeUpdate). */
function keepMetadata(object: ApiObject, existing: ApiObject): ApiObject {
  const { metadata } = object
  const old = existing.metadata
  return withMetadata(object, {
    ...metadata,
    generation: old.generation,
    creationTimestamp: old.creationTimestamp,
    ...(old.deletionTimestamp ? { deletionTimestamp: old.deletionTimestamp } : {}),
    ...(old.deletionGracePeriodSeconds !== undefined && metadata.deletionGracePeriodSeconds === undefined
      ? { deletionGracePeriodSeconds: old.deletionGracePeriodSeconds }
      : {}),
  })
}

function fillMetadata(object: ApiObject, existing: ApiObject): ApiObject {
  const { uid, resourceVersion } = existing.metadata
  return withMetadata(object, { ...object.metadata, uid: object.metadata.uid || uid, resourceVersion })
}

/** ObjectMeta's fields in the table's order, so that equal objects have equal bytes. */
const metaOrder = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const

export function withMetadata(object: ApiObject, metadata: Readonly<Record<string, unknown>>): ApiObject {
  const ordered: Record<string, unknown> = {}
  for (const key of metaOrder) if (metadata[key] !== undefined) ordered[key] = metadata[key]
  return { ...object, metadata: ordered as unknown as ApiObject['metadata'] }
}

const withVersion = (object: ApiObject, revision: number): ApiObject =>
  withMetadata(object, { ...object.metadata, resourceVersion: String(revision) })

function prepare(
  endpoint: Endpoint,
  strategy: Pick<Strategy, 'prepareForUpdate'>,
  object: ApiObject,
  existing: ApiObject,
  attributes: WriteAttributes,
): ApiObject {
  const subresource = attributes.subresource?.name
  const hasStatus = endpoint.resource.subresources.some((s) => s.name === 'status')
  let prepared: ApiObject
  if (strategy.prepareForUpdate) prepared = strategy.prepareForUpdate(object, existing, attributes)
  else if (subresource === 'status') prepared = statusOnly(object, existing)
  else prepared = hasStatus ? withStatus(object, statusOf(existing)) : object
  if (subresource === 'status' || !(endpoint.strategy.generation ?? hasStatus)) return prepared
  // A strategy that counts for itself has changed it already.
  if (prepared.metadata.generation !== existing.metadata.generation) return prepared
  const changed = !deepEqual(specOf(prepared), specOf(existing))
  return changed ? withGeneration(prepared, (existing.metadata.generation ?? 0) + 1) : prepared
}

/** A write to status changes the status and nothing else, but for what metadata says of the write. */
function statusOnly(object: ApiObject, existing: ApiObject): ApiObject {
  return withStatus({ ...existing, metadata: object.metadata }, statusOf(object))
}

/** The last finalizer went from an object that is being deleted: the update is the deletion (ShouldDeleteDuringUpdate). */
function shouldDelete(endpoint: Endpoint, object: ApiObject, existing: ApiObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = existing.metadata
  if ((object.metadata.finalizers?.length ?? 0) > 0 || !deletionTimestamp || deletionGracePeriodSeconds) return false
  const own = (object as { spec?: { finalizers?: unknown[] } }).spec?.finalizers
  return !(endpoint.resource.resource === 'namespaces' && endpoint.resource.group === '' && own && own.length > 0)
}

type ManagedFields = ApiObject['metadata']['managedFields']

/** A write that changes nothing but the times in managedFields is no write. */
function keepTimes(object: ApiObject, existing: ApiObject): ApiObject {
  const mine = object.metadata.managedFields
  const old = existing.metadata.managedFields
  if (!mine || !old || mine === old || mine.length !== old.length || deepEqual(mine, old)) return object
  const timeless = (fields: ManagedFields) => fields?.map(({ time: _t, ...rest }) => rest)
  if (!deepEqual(timeless(mine), timeless(old))) return object
  const same = withMetadata(object, { ...object.metadata, managedFields: old })
  return unchanged(same, existing) ? same : object
}

function unchanged(object: ApiObject, existing: ApiObject): boolean {
  const { metadata, ...rest } = object
  const { metadata: oldMetadata, ...oldRest } = existing
  const { resourceVersion: _a, ...mine } = metadata
  const { resourceVersion: _b, ...old } = oldMetadata
  return deepEqual(mine, old) && deepEqual(rest, oldRest)
}
