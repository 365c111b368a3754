/**
 * The resources that are served: for each group, version and name what it is, where it is stored, and what is special
 * about it. Custom resources come and go here while the server runs.
 */
import type { ApplySchema } from '../api/apply/schema.ts'
import { protobufPrefix, readBody } from '../api/codec.ts'
import { convert } from '../api/conversion/index.ts'
import type { Decoded, Json } from '../api/decode.ts'
import { defaultObject } from '../api/defaults/index.ts'
import type { Printer } from '../api/printers/printer.ts'
import { allResources, table } from '../api/registry.ts'
import type { MessageType, Resource, Subresource } from '../schema/schema.ts'
import type { Strategy } from './registry/strategy.ts'
import type { ApiObject } from './request.ts'
import { createEntryCodec } from './storage/entry.ts'
import { storagePrefix } from './storage/keys.ts'
import type { Storage } from './storage/storage.ts'
import type { WatchCache } from './storage/watch-cache.ts'

export interface Endpoint {
  readonly resource: Resource
  /** `v1` or `apps/v1`. */
  readonly apiVersion: string
  /** Undefined: objects of the kind are not described by a table (custom resources). */
  readonly type: MessageType | undefined
  readonly strategy: Strategy
  /** Undefined where nothing is stored (reviews, bindings). */
  readonly cache: WatchCache | undefined
  /** Set where this version is not the one that is stored: what comes out of the store and what goes in. */
  readonly conversion?: Conversion
  /** What server-side apply knows of a kind that no table describes. */
  readonly applySchema?: ApplySchema
  /** Its columns as a Table; those of the tables when absent. */
  readonly printer?: Printer
  /** Set on custom resources. */
  readonly custom?: CustomKind
}

/** What a definition says of its kind in place of a table. */
export interface CustomKind {
  readonly listKind: string
  /** Objects are stored in another version than this one: what was written is what reads back. */
  readonly converted: boolean
  /** The definition is being deleted: nothing new is made. */
  readonly terminating: boolean
  /** Told to whoever asks for this version. */
  readonly deprecation?: string
  readonly scale?: ScalePaths
  /** An object as it is sent, pruned and with its defaults; `strict` names what went. Throws DecodeError. */
  decode(object: Json): Decoded
  /** An object of any version, in this one, where that is by name alone. */
  convert(object: ApiObject): ApiObject
  /** A webhook is asked for objects in another version, which the record of owners cannot wait for: all versions count as having the same fields. */
  readonly byWebhook: boolean
  /** The version's schema as its definition has it. */
  readonly openApi: Json | undefined
}

/** Where the scale subresource finds its numbers, as names of fields. */
export interface ScalePaths {
  readonly specReplicas: readonly string[]
  readonly statusReplicas: readonly string[]
  readonly labelSelector?: readonly string[]
}

export interface Conversion {
  /** The type of what is stored. */
  readonly type: MessageType | undefined
  fromStorage(object: ApiObject): ApiObject
  toStorage(object: ApiObject): ApiObject
}

export interface Endpoints {
  get(group: string, version: string, resource: string): Endpoint | undefined
  /** Whether anything is served of a group, or of one version of it. */
  has(group: string, version?: string): boolean
  /** Whether the group is one of the tables'. */
  isBuiltIn(group: string): boolean
  /** Has `refresh` called before custom resources are looked at, so that they are as fresh as their definitions. */
  onLook(refresh: () => void): void
  /** For what is made from them elsewhere (OpenAPI). */
  refresh(): void
  add(endpoint: Endpoint): void
  remove(group: string, version: string, resource: string): void
  all(): Iterable<Endpoint>
  /** Grows with every `add` and `remove`: what is made from the whole (discovery, OpenAPI) is good as long as this stays. */
  readonly generation: number
}

export const subresourceOf = (endpoint: Endpoint, name: string): Subresource | undefined =>
  endpoint.resource.subresources.find((s) => s.name === name)

export const apiVersionOf = (group: string, version: string): string => (group ? `${group}/${version}` : version)

export function createEndpoints(): Endpoints {
  const byPath = new Map<string, Endpoint>()
  const groups = new Map<string, number>()
  const builtIn = new Set<string>()
  let generation = 0
  let refresh = () => {}
  const pathOf = (group: string, version: string, resource: string) => `${group}/${version}/${resource}`
  const count = ({ group, version }: Resource, by: number) => {
    for (const key of [group, `${group}/${version}`]) {
      const now = (groups.get(key) ?? 0) + by
      if (now === 0) groups.delete(key)
      else groups.set(key, now)
    }
  }
  const remove = (group: string, version: string, resource: string) => {
    const path = pathOf(group, version, resource)
    const known = byPath.get(path)
    if (!known) return
    byPath.delete(path)
    count(known.resource, -1)
    generation++
  }
  return {
    get generation() {
      refresh()
      return generation
    },
    get(group, version, resource) {
      const path = pathOf(group, version, resource)
      const found = byPath.get(path)
      if (found && !found.custom) return found
      refresh()
      return byPath.get(path)
    },
    has(group, version) {
      refresh()
      return groups.has(version === undefined ? group : `${group}/${version}`)
    },
    isBuiltIn: (group) => builtIn.has(group),
    onLook(given) {
      refresh = given
    },
    refresh: () => refresh(),
    add(endpoint) {
      const { group, version, resource } = endpoint.resource
      if (!endpoint.custom) builtIn.add(group)
      remove(group, version, resource)
      byPath.set(pathOf(group, version, resource), endpoint)
      count(endpoint.resource, 1)
      generation++
    },
    remove,
    all() {
      refresh()
      return byPath.values()
    },
  }
}

/** Versions that are stored as another one: upstream's storage versions. */
const storedAs: Readonly<Record<string, string>> = { 'events.k8s.io/v1': 'v1', 'autoscaling/v1': 'autoscaling/v2' }

/** Adds every resource of the tables. */
export function addBuiltins(endpoints: Endpoints, storage: Storage, strategies: Readonly<Record<string, Strategy>>): void {
  for (const resource of allResources()) {
    const { group, version } = resource
    const name = group ? `${resource.resource}.${group}` : resource.resource
    const stored = resource.verbs.includes('list') && name !== 'componentstatuses'
    const served = apiVersionOf(group, version)
    const kept = storedAs[served] ?? served
    const type = typeOf(group, version, resource.kind)
    endpoints.add({
      resource,
      apiVersion: served,
      type,
      strategy: strategies[name] ?? {},
      cache: stored
        ? storage.cache(
            storagePrefix(group, resource.resource),
            createEntryCodec(resource.kind, kept, (value) => readForeign(value, typeByApiVersion(kept, resource.kind))),
          )
        : undefined,
      ...(kept === served ? {} : { conversion: conversionOf((type as MessageType).id, typeByApiVersion(kept, resource.kind)) }),
    })
  }
}

function conversionOf(served: string, type: MessageType): Conversion {
  const kept = type.id
  const seen = new WeakMap<ApiObject, ApiObject>()
  return {
    type,
    fromStorage(object) {
      let view = seen.get(object)
      if (!view) {
        view = convert(object as unknown as Json, kept, served) as unknown as ApiObject
        seen.set(object, view)
      }
      return view
    },
    toStorage: (object) => convert(object as unknown as Json, served, kept) as unknown as ApiObject,
  }
}

/** What upstream stored: protobuf, or JSON with its keys in another order. */
function readForeign(value: Uint8Array, type: MessageType): ApiObject {
  const { object } = readBody(value.length > 4 && protobufPrefix.compare(value, 0, 4) === 0 ? 'protobuf' : 'json', value).decode(type)
  return defaultObject(type.id, object) as unknown as ApiObject
}

function typeByApiVersion(apiVersion: string, kind: string): MessageType {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion]
  return typeOf(group, version, kind) as MessageType
}

/** The type of a kind; the tables are named by the first part of their group: `rbac.v1`, `core.v1`. */
export function typeOf(group: string, version: string, kind: string): MessageType | undefined {
  return table(`${tableGroup(group)}.${version}`)?.types.get(kind)
}

const tableGroup = (group: string): string => {
  const first = group.split('.')[0] as string
  return first === '' ? 'core' : first
}
