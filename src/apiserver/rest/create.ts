/** POST: a new object (upstream: handlers/create.go and registry/generic/registry/store.go's Create). */
import { randomUUID } from 'node:crypto'
import type { Json } from '../../api/decode.ts'
import { defaultObject } from '../../api/defaults/index.ts'
import { newAlreadyExists, newBadRequest, StatusError } from '../../api/errors.ts'
import { formatTime } from '../../api/meta.ts'
import { newInvalid } from '../../api/validation/field-error.ts'
import { nameIsDNSSubdomain } from '../../api/validation/names.ts'
import { validateObjectMeta } from '../../api/validation/object-meta.ts'
import type { Answer, Call } from '../call.ts'
import type { Endpoint } from '../endpoints.ts'
import { invalidVersion, parseWriteOptions, type WriteOptions } from '../options.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { objectOf } from '../storage/entry.ts'
import { readObject } from './body.ts'
import {
  attributesOf,
  type Core,
  cacheOf,
  fromStorage,
  groupKindOf,
  groupResourceOf,
  keyOf,
  leaseOf,
  namespaceOf,
  storedType,
  toStorage,
  writtenEntry,
} from './core.ts'
import { withoutStatus } from './defaults.ts'
import { managerOf } from './manager.ts'
import { dedupOwnerReferences } from './owner-references.ts'

/** The object with its owners recorded, which are those of what upstream's conversions leave of it (see Strategy.converted). */
export function recordOwners(
  core: Core,
  call: Call,
  live: ApiObject | undefined,
  object: ApiObject,
  options: WriteOptions,
  subresource: string,
): ApiObject {
  const { endpoint } = call
  const record = (next: ApiObject) => core.fieldManager.update(endpoint, live, next, managerOf(options.fieldManager, call), subresource)
  if (!endpoint.conversion) return record(endpoint.strategy.converted?.(object) ?? object)
  const { managedFields } = record(fromStorage(endpoint, toStorage(endpoint, object))).metadata
  return { ...object, metadata: { ...object.metadata, ...(managedFields ? { managedFields } : {}) } }
}

/** A generated name that is taken is generated anew so many times. */
const generateAttempts = 8

export async function create(core: Core, call: Call): Promise<Answer> {
  const { endpoint, info } = call
  const options = parseWriteOptions('CreateOptions', info.query)
  const sent = await readObject(core, call, endpoint, options.fieldValidation)
  checkNamespace(sent, namespaceOf(call))
  const object = withNamespace(sent, namespaceOf(call))
  return createObject(core, call, object, options)
}

/** `object` is decoded and names the request's namespace. Also the way of writes that make what is not there (apply, PUT of leases). */
export async function createObject(
  core: Core,
  call: Call,
  object: ApiObject,
  options: WriteOptions,
  managedFields?: 'keep',
): Promise<Answer> {
  const attributes = attributesOf(call, 'CREATE', object.metadata.name ?? '', options)
  let wanted = dedupOwnerReferences(withoutSystemFields(object), call.warn)
  if (managedFields !== 'keep') wanted = recordOwners(core, call, undefined, wanted, options, '')
  wanted = (await core.admission.admit(wanted, undefined, attributes)) as ApiObject
  wanted = dedupOwnerReferences(wanted, call.warn)
  core.step(call, 'admit')
  return storeNew(core, call, wanted, options, attributes)
}

/** From the admitted object to the answer; `uid` and the time of creation are given here. */
export async function storeNew(
  core: Core,
  call: Call,
  admitted: ApiObject,
  options: WriteOptions,
  attributes: WriteAttributes,
): Promise<Answer> {
  const { endpoint } = call
  const { strategy } = endpoint
  const generated = !admitted.metadata.name && admitted.metadata.generateName
  for (let attempt = 1; ; attempt++) {
    let object = toStorage(endpoint, withSystemFields(core, admitted))
    let release: (() => void) | undefined
    if (strategy.allocate) {
      const allocated = await strategy.allocate(object, undefined, attributes)
      object = allocated.object
      release = allocated.undo
    }
    let undo: (() => void) | undefined
    try {
      if (object.metadata.resourceVersion && object.metadata.resourceVersion !== '0')
        throw invalidVersion('resourceVersion should not be set on objects to be created')
      object = prepareForCreate(endpoint, object, attributes)
      // Upstream answers what it reads back, and reading fills in defaults once more: those that follow from what was just set.
      const type = storedType(endpoint)
      if (type && strategy.prepareForCreate) defaultObject(type.id, object as unknown as Json)
      const errors =
        strategy.validate?.(object, attributes) ?? validateObjectMeta(object.metadata, endpoint.resource.namespaced, nameIsDNSSubdomain)
      if (errors.length > 0) throw newInvalid(groupKindOf(endpoint, object), object.metadata.name ?? '', errors)
      for (const text of strategy.warnings?.(object) ?? []) call.warn(text)
      core.step(call, 'validate')
      undo = await core.admission.validate(fromStorage(endpoint, object), undefined, attributes)

      const answer = await write(core, call, object, options)
      if (answer) {
        if (options.dryRun) {
          undo()
          release?.()
        }
        return answer
      }
      undo()
      release?.()
      release = undo = undefined
      if (generated && attempt < generateAttempts) continue
      throw alreadyExists(endpoint, object, generated ? admitted.metadata.generateName : undefined)
    } catch (error) {
      undo?.()
      release?.()
      throw error
    }
  }
}

/** `stored` in its stored form. Undefined: the name is taken. */
async function write(core: Core, call: Call, stored: ApiObject, options: WriteOptions): Promise<Answer | undefined> {
  const { endpoint } = call
  const cache = cacheOf(endpoint)
  const key = keyOf(endpoint, stored.metadata.namespace ?? '', stored.metadata.name)
  if (!cache.loaded) await cache.load()
  if (options.dryRun) {
    const taken = core.storage.store.local ? cache.get(key) : await core.storage.store.get(cache.prefix + key)
    return taken ? undefined : { kind: 'object', status: 201, object: fromStorage(endpoint, stored), of: endpoint }
  }
  const value = await cache.codec.encode(stored)
  checkSize(value)
  const lease = leaseOf(core, endpoint)
  const result = await core.storage.store.create(cache.prefix + key, value, lease && (await lease))
  core.step(call, 'store')
  if (!result.ok) return undefined
  // Unless somebody will look at it at once: kept for later, most of what is created would only be copied by the garbage collector.
  const { namespace = '', name } = stored.metadata
  const wanted = call.request.object !== undefined || cache.interested(namespace, name) > 0
  return {
    kind: 'entry',
    status: 201,
    entry: await writtenEntry(endpoint, key, value, result.revision, wanted ? stored : undefined),
    endpoint,
  }
}

function alreadyExists(endpoint: Endpoint, object: ApiObject, generateName: string | undefined): StatusError {
  const error = newAlreadyExists(groupResourceOf(endpoint), object.metadata.name)
  if (generateName !== undefined)
    return new StatusError({
      ...error.status,
      code: 409,
      message: `${error.message}, the server was not able to generate a unique name for the object`,
    })
  const existing = cacheOf(endpoint).get(keyOf(endpoint, object.metadata.namespace ?? '', object.metadata.name))
  if (existing && objectOf(existing).metadata.deletionTimestamp)
    return new StatusError({ ...error.status, code: 409, message: `object is being deleted: ${error.message}` })
  return error
}

/** What only the server says of an object is forgotten before its owners are recorded (rest.WipeObjectMetaSystemFields). */
function withoutSystemFields(object: ApiObject): ApiObject {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, ...metadata } = object.metadata
  const any = uid ?? creationTimestamp ?? deletionTimestamp ?? deletionGracePeriodSeconds
  return any === undefined ? object : { ...object, metadata: metadata as ApiObject['metadata'] }
}

function withSystemFields(core: Core, object: ApiObject): ApiObject {
  const {
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _g,
    selfLink: _s,
    ...metadata
  } = object.metadata as ApiObject['metadata'] & { selfLink?: string }
  const {
    name = '',
    generateName = '',
    namespace,
    generation,
    labels,
    annotations,
    ownerReferences,
    finalizers,
    managedFields,
    resourceVersion,
  } = metadata
  return {
    ...object,
    metadata: {
      name: name || !generateName ? name : generateNameFrom(generateName),
      ...(generateName ? { generateName } : {}),
      ...(namespace ? { namespace } : {}),
      uid: randomUUID(),
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(generation === undefined ? {} : { generation }),
      creationTimestamp: formatTime(core.now()),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(ownerReferences ? { ownerReferences } : {}),
      ...(finalizers ? { finalizers } : {}),
      ...(managedFields ? { managedFields } : {}),
    } as ApiObject['metadata'],
  }
}

/** Without vowels and what looks like them, so that no words come out (apimachinery/pkg/util/rand). */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const maxGenerated = 63 - 5

export function generateNameFrom(base: string): string {
  let name = base.length > maxGenerated ? base.slice(0, maxGenerated) : base
  for (let i = 0; i < 5; i++) name += alphabet[Math.floor(Math.random() * alphabet.length)]
  return name
}

function prepareForCreate(endpoint: Endpoint, object: ApiObject, attributes: WriteAttributes): ApiObject {
  const { strategy, resource } = endpoint
  const hasStatus = resource.subresources.some((s) => s.name === 'status')
  let prepared = strategy.prepareForCreate?.(object, attributes) ?? (hasStatus ? withoutStatus(endpoint, object) : object)
  if (strategy.generation ?? hasStatus) {
    if (prepared.metadata.generation !== 1) prepared = withGeneration(prepared, 1)
  }
  return prepared
}

/** Keeps the table's order of fields: generation stands before creationTimestamp. */
export function withGeneration(object: ApiObject, generation: number | undefined): ApiObject {
  const { generation: _g, ...metadata } = object.metadata
  if (generation === undefined) return { ...object, metadata }
  const ordered: Record<string, unknown> = {}
  let placed = false
  for (const [key, value] of Object.entries(metadata)) {
    if (!placed && key === 'creationTimestamp') {
      ordered['generation'] = generation
      placed = true
    }
    ordered[key] = value
  }
  if (!placed) ordered['generation'] = generation
  return { ...object, metadata: ordered as unknown as ApiObject['metadata'] }
}

export function checkNamespace(object: ApiObject, namespace: string): void {
  const own = object.metadata.namespace
  if (own && own !== namespace) throw newBadRequest('the namespace of the provided object does not match the namespace sent on the request')
}

export function withNamespace(object: ApiObject, namespace: string): ApiObject {
  if ((object.metadata.namespace ?? '') === namespace) return object
  const { name, generateName, namespace: _n, ...rest } = object.metadata
  return {
    ...object,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(generateName === undefined ? {} : { generateName }),
      ...(namespace ? { namespace } : {}),
      ...rest,
    } as ApiObject['metadata'],
  }
}

/** etcd's own limit on a request (1.5 MiB), in the words that etcd's refusal reaches a client in. */
const maxStored = 1.5 * 1024 * 1024
export function checkSize(value: Uint8Array): void {
  if (value.length > maxStored) throw new StatusError({ code: 500, message: 'etcdserver: request is too large' })
}
