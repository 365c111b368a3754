/**
 * Stored objects as the server's own steps read them (upstream: the informers that authentication, authorization and
 * admission share): straight from the watch caches, which with a local store hold every write that was answered.
 */
import { parseFieldSelector } from '../api/fields.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import type { ApiObject, RequestInfo } from './request.ts'
import { viewOf } from './rest/core.ts'
import { everythingOf } from './rest/selection.ts'
import type { Entry } from './storage/entry.ts'
import type { CacheWatch, WatchCache } from './storage/watch-cache.ts'

/** A resource, or what of it is in a namespace, or has a name. */
export interface Sight {
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
}

export interface Objects {
  /** The object below `key` (`namespace/name`, or `name`), at once where the cache is loaded. Resources are named as `roles.rbac.authorization.k8s.io`. */
  get<T = ApiObject>(resource: string, key: string): T | undefined | Promise<T | undefined>
  /** As `get`, without waiting: the caches are loaded before the server says that it is ready. */
  peek<T = ApiObject>(resource: string, key: string): T | undefined
  list<T = ApiObject>(resource: string, namespace?: string): T[] | Promise<T[]>
  /** Whether the namespace holds any, without waiting. */
  holdsAny(resource: string, namespace: string): boolean
  cache(resource: string): WatchCache
  /** Calls `changed` after every change of what is in sight until `signal` ends it. Resolves when the cache is loaded. */
  follow(sight: Sight, changed: () => void, signal: AbortSignal): Promise<void>
  /** Where the objects that a request is about are kept, if they are. */
  stored(info: RequestInfo): WatchCache | undefined
  /** Feeds `sink` with the resource's objects and their changes. */
  mirror<T = ApiObject>(resource: string, sink: MirrorSink<T>): Mirror
}

export function createObjects(endpoints: Endpoints): Objects {
  const known = new Map<string, Endpoint>()
  const endpointOf = (resource: string) => {
    const have = known.get(resource)
    if (have) return have
    const dot = resource.indexOf('.')
    const [name, group] = dot < 0 ? [resource, ''] : [resource.slice(0, dot), resource.slice(dot + 1)]
    const found = endpoints.get(group, 'v1', name)
    if (!found?.cache) throw new Error(`${resource} is not stored`)
    known.set(resource, found)
    return found
  }
  const cache = (resource: string) => endpointOf(resource).cache as WatchCache
  const peek = <T>(resource: string, key: string): T | undefined => {
    const endpoint = endpointOf(resource)
    const entry = (endpoint.cache as WatchCache).get(key)
    return entry && (viewOf(endpoint, entry) as T)
  }
  return {
    cache,
    stored: ({ apiGroup, apiVersion, resource }) => endpoints.get(apiGroup, apiVersion, resource)?.cache,
    peek,
    holdsAny: (resource, namespace) => cache(resource).list(everythingOf(endpointOf(resource), namespace), undefined, 1).entries.length > 0,
    follow: (sight, changed, signal) => follow(endpointOf(sight.resource), sight, changed, signal),
    mirror: (resource, sink) => mirror(endpointOf(resource), sink),
    get: <T>(resource: string, key: string) => {
      const { loaded, load } = cache(resource)
      return loaded ? peek<T>(resource, key) : load().then(() => peek<T>(resource, key))
    },
    list: <T>(resource: string, namespace = '') => {
      const endpoint = endpointOf(resource)
      const from = endpoint.cache as WatchCache
      const all = () => from.list(everythingOf(endpoint, namespace)).entries.map((entry) => viewOf(endpoint, entry) as T)
      return from.loaded ? all() : from.load().then(all)
    },
  }
}

async function follow(endpoint: Endpoint, sight: Sight, changed: () => void, signal: AbortSignal): Promise<void> {
  const cache = endpoint.cache as WatchCache
  const selection = {
    ...everythingOf(endpoint, sight.namespace),
    ...(sight.name ? { fields: parseFieldSelector(`metadata.name=${sight.name}`) } : {}),
  }
  await cache.load()
  if (signal.aborted) return
  const watch = cache.watch(selection, cache.lastChange, {
    events() {
      changed()
      return undefined
    },
    // The cache is read anew; what changed meanwhile is looked at then.
    end() {
      signal.removeEventListener('abort', watch.close)
      const again = (): void => {
        if (!signal.aborted) follow(endpoint, sight, changed, signal).then(changed, () => setTimeout(again, 1000).unref())
      }
      again()
    },
  })
  signal.addEventListener('abort', watch.close, { once: true })
}

/** Something made from all objects of a resource, kept up to date by its changes. */
export interface Mirror {
  /** Resolves when the cache is loaded; undefined when it is. */
  ready(): Promise<void> | undefined
  /** Takes in what changed; true when anything did. Nearly free when nothing has. */
  sync(): boolean
}

export interface MirrorSink<T> {
  set(key: string, object: T): void
  delete(key: string): void
  /** All is read anew. */
  clear(): void
}

/** `sync` takes changes in when it is called, so that what is derived is as fresh as the cache at the moment of a decision. */
function mirror<T>(endpoint: Endpoint, sink: MirrorSink<T>): Mirror {
  const cache = endpoint.cache as WatchCache
  const everything = everythingOf(endpoint)
  let watch: CacheWatch | undefined
  let seen = -1
  const take = (entry: Entry, gone: boolean) => (gone ? sink.delete(entry.key) : sink.set(entry.key, viewOf(endpoint, entry) as T))
  const follow = () => {
    sink.clear()
    for (const entry of cache.list(everything).entries) take(entry, false)
    watch = cache.watch(everything, cache.lastChange, {
      events(events) {
        for (const { type, entry } of events) take(entry, type === 'DELETED')
        return undefined
      },
      end() {
        watch = undefined
        seen = -1
      },
    })
  }
  return {
    ready: () => (cache.loaded ? undefined : cache.load()),
    sync() {
      if (watch && cache.lastChange === seen) return false
      if (watch) watch.progress()
      else follow()
      seen = cache.lastChange
      return true
    },
  }
}
