/** What the operations on resources share: the parts of the server they use, keys, and how objects become entries. */
import type { GroupResource } from '../../api/errors.ts'
import type { MessageType } from '../../schema/schema.ts'
import type { AdmissionChain } from '../admission/chain.ts'
import type { Call } from '../call.ts'
import type { Endpoint, Endpoints } from '../endpoints.ts'
import type { FieldManager } from '../field-manager.ts'
import type { WriteOptions } from '../options.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { type Entry, entriesOf, keepObject, objectOf } from '../storage/entry.ts'
import type { LeaseFor } from '../storage/leases.ts'
import type { Storage } from '../storage/storage.ts'
import type { WatchCache } from '../storage/watch-cache.ts'

/** Where the components beside the server tell of their health, on this machine. */
export interface ComponentPorts {
  readonly controllerManager: number
  readonly scheduler: number
}

export interface Core {
  readonly storage: Storage
  readonly endpoints: Endpoints
  readonly fieldManager: FieldManager
  readonly admission: AdmissionChain
  readonly leaseFor: LeaseFor
  /** A watch without a timeout of its own lives at least so long, and at most twice as long. */
  readonly minRequestTimeoutMs: number
  /** Which of a node's addresses its kubelet is called at: the first that it has. */
  readonly kubeletAddressTypes: readonly string[]
  readonly componentPorts: ComponentPorts
  now(): Date
  /** Told how large each body is that came by the wire. */
  bodyRead?(call: Call, bytes: number): void
  /** A stage of the call is over; costs nothing when nobody listens. */
  step(call: Call, stage: 'decode' | 'admit' | 'validate' | 'store'): void
}

/** What errors call the resource; both kinds of events are the core group's. */
export const groupResourceOf = ({ resource }: Endpoint): GroupResource =>
  resource.group === 'events.k8s.io' ? { group: '', resource: resource.resource } : resource

/** What errors of validation call an object: a custom one by its own word, which need not be the path's. */
export const groupKindOf = ({ resource, custom }: Endpoint, { kind }: ApiObject): { group: string; kind: string } =>
  custom && kind ? { group: resource.group, kind } : resource

export const cacheOf = (endpoint: Endpoint): WatchCache => endpoint.cache as WatchCache

export const keyOf = (endpoint: Endpoint, namespace: string, name: string): string =>
  endpoint.resource.namespaced ? `${namespace}/${name}` : name

/** The namespace that objects of the path are in; the path of a namespace itself names it, too, but nothing is in it. */
export const namespaceOf = ({ endpoint, info }: Call): string => (endpoint.resource.namespaced ? info.namespace : '')

/** The entry of a key, from the cache once that is loaded and fresh. */
export async function readEntry(core: Core, endpoint: Endpoint, key: string): Promise<Entry | undefined> {
  const cache = cacheOf(endpoint)
  if (!cache.loaded) await cache.load()
  const fresh = freshened(core, cache)
  if (fresh) await fresh
  return cache.get(key)
}

/** Resolves when the cache holds all that was written before now; undefined where it does. */
export function freshened(core: Core, cache: WatchCache): Promise<void> | undefined {
  const fresh = core.storage.fresh()
  if (!fresh && !cache.behind) return undefined
  return (async () => {
    await fresh
    while (cache.behind) await cache.behind
    // What could not be converted was forgotten.
    if (!cache.loaded) await cache.load()
  })()
}

/** What objects that end by themselves are written under. */
export const leaseOf = (core: Core, { strategy }: Endpoint): Promise<{ lease: number }> | undefined =>
  strategy.ttlSeconds ? core.leaseFor(strategy.ttlSeconds).then((lease) => ({ lease })) : undefined

/** The entry of stored bytes. */
export async function entryFor({ codec, prefix }: WatchCache, key: string, value: Uint8Array, modRevision: number): Promise<Entry> {
  const [entry] = await entriesOf(codec, prefix, [{ key: prefix + key, value, modRevision }])
  return entry as Entry
}

/** The entry that a write made: the cache's own where that has it already, so that `object`, when given, is decoded for its watchers too. */
export function writtenEntry(
  endpoint: Endpoint,
  key: string,
  value: Buffer,
  revision: number,
  object: ApiObject | undefined,
): Entry | Promise<Entry> {
  const cache = cacheOf(endpoint)
  const keeping = (entry: Entry): Entry => {
    if (object && !entry.object && !endpoint.custom?.converted)
      keepObject(entry, { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } })
    return entry
  }
  const cached = cache.get(key)
  return cached?.revision === revision ? keeping(cached) : entryFor(cache, key, value, revision).then(keeping)
}

/** An entry's object in the version that the endpoint serves. */
export function viewOf(endpoint: Endpoint, entry: Entry): ApiObject {
  let object = objectOf(entry)
  if (endpoint.conversion) object = endpoint.conversion.fromStorage(object)
  return endpoint.strategy.decorate ? endpoint.strategy.decorate(object) : object
}

/** In the version that is stored. */
export const toStorage = (endpoint: Endpoint, object: ApiObject): ApiObject => endpoint.conversion?.toStorage(object) ?? object
/** In the version that is served. */
export const fromStorage = (endpoint: Endpoint, object: ApiObject): ApiObject => endpoint.conversion?.fromStorage(object) ?? object
/** The object in another version of the same resource. */
export const inVersionOf = (from: Endpoint, to: Endpoint, object: ApiObject): ApiObject =>
  to.custom ? to.custom.convert(object) : fromStorage(to, toStorage(from, object))
/** The type of what is stored: strategies work on that, as upstream's work on its internal form, so that no version loses another's fields. */
export const storedType = ({ conversion, type }: Endpoint): MessageType | undefined => (conversion ? conversion.type : type)

export function attributesOf(
  call: Call,
  operation: WriteAttributes['operation'],
  name: string,
  options: WriteOptions | object,
): WriteAttributes {
  const { endpoint, info, user } = call
  const subresource = info.subresource ? endpoint.resource.subresources.find((s) => s.name === info.subresource) : undefined
  return {
    operation,
    resource: endpoint.resource,
    ...(subresource ? { subresource } : {}),
    namespace: info.namespace,
    name,
    user,
    dryRun: (options as { dryRun?: boolean }).dryRun === true,
    reinvocation: { round: 0, wanted: false },
    options: options as Record<string, unknown>,
    warn: call.warn,
    annotateAudit: call.annotateAudit,
  }
}
