/**
 * Informers (client-go's reflector and shared informer in one): a cache of a resource kept by one list and one watch, or
 * over the network by a watch alone whose first events are the list, whoever shares it. A watch that ends is resumed where it stopped; one whose history is gone (410) is listed anew.
 * There is no periodic resync: what must be looked at again by time says so to a work queue.
 */
import { isGone, StatusError } from '../api/errors.ts'
import { objectKey } from '../api/meta.ts'
import { type Logger, noLog } from '../log/log.ts'
import type { Client } from './client.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { createCache, type IndexFunction, type Lister } from './lister.ts'
import type { KubernetesObject, ObjectOf, ResourceRef } from './resources.ts'

export interface Handler<T> {
  added?(object: T): void
  updated?(object: T, before: T): void
  /** `object` is the last state known; a deletion that happened while the watch was broken is told late. */
  deleted?(object: T): void
}

export interface Informer<T> extends Lister<T> {
  /** What is in the cache already is told as added, at once. Handlers are called in the order of events and must not throw. */
  addHandler(handler: Handler<T>): () => void
  /** Keeps `byIndex(name, …)`; a name that exists already stays as it is. */
  addIndex(name: string, index: IndexFunction<T>): void
  /** The first list has arrived and its handlers have been called. */
  readonly synced: boolean
  whenSynced(): Promise<void>
  readonly size: number
}

export interface InformerSelection {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** Informers shared by all who ask for the same resource and selection. */
export interface Informers {
  of<R extends ResourceRef>(resource: R, selection?: InformerSelection): Informer<ObjectOf<R>>
  /** Only metadata is fetched and kept, unless the whole object is watched already: for any resource, cheaply. */
  metadata(resource: ResourceRef): Informer<KubernetesObject>
  /** Ends the informer of `metadata(resource)`: the resource is gone from the server. */
  drop(resource: ResourceRef): void
  /** Begins to list and watch: those asked for already, and each later one as it is asked for. */
  start(): void
  /** Resolves when all that were asked for so far have synced. */
  synced(): Promise<void>
  stop(): void
}

export interface InformerOptions {
  readonly log?: Logger
  readonly clock?: Clock
  readonly random?: () => number
}

interface Running<T> extends Informer<T> {
  run(signal: AbortSignal): Promise<void>
}

export function createInformers(client: Client, options: InformerOptions = {}): Informers {
  const stopping = new AbortController()
  const running = new Map<string, { informer: Running<KubernetesObject>; stop: AbortController }>()
  let started = false

  function share(resource: ResourceRef, selection: InformerSelection, metadataOnly: boolean): Running<KubernetesObject> {
    const id = JSON.stringify([resource, selection.namespace, selection.labelSelector, selection.fieldSelector, metadataOnly])
    const have = running.get(id)
    if (have) return have.informer
    const informer = createInformer(client, resource, { ...options, ...selection, metadataOnly }) as Running<KubernetesObject>
    const stop = new AbortController()
    running.set(id, { informer, stop })
    if (started) void informer.run(AbortSignal.any([stopping.signal, stop.signal]))
    return informer
  }
  const idOf = (resource: ResourceRef, metadataOnly: boolean) => JSON.stringify([resource, null, null, null, metadataOnly])

  return {
    of: <R extends ResourceRef>(resource: R, selection: InformerSelection = {}) =>
      share(resource, selection, false) as unknown as Informer<ObjectOf<R>>,
    metadata: (resource) => running.get(idOf(resource, false))?.informer ?? share(resource, {}, true),
    drop(resource) {
      const id = idOf(resource, true)
      running.get(id)?.stop.abort()
      running.delete(id)
    },
    start() {
      if (started) return
      started = true
      for (const { informer, stop } of running.values()) void informer.run(AbortSignal.any([stopping.signal, stop.signal]))
    },
    async synced() {
      await Promise.all([...running.values()].map(({ informer }) => informer.whenSynced()))
    },
    stop: () => stopping.abort(),
  }
}

/** The back-off of client-go's reflector: 0.8 s doubled up to 30 s, and up to as much again at random. */
const firstBackoffMs = 800
const mostBackoffMs = 30_000
/** A run this long without a failure starts the back-off anew. */
const backoffResetMs = 120_000
/** On the bookmark after the last of a watch's first events. */
const initialEventsEnd = 'k8s.io/initial-events-end'
/** The server ends a watch after five to ten minutes, at random, so that load spreads over servers that come and go. */
const watchSeconds = (random: () => number) => Math.floor(300 * (1 + random()))

function createInformer<T extends KubernetesObject>(
  client: Client,
  resource: ResourceRef,
  options: InformerOptions & InformerSelection & { metadataOnly: boolean },
): Running<T> {
  const { clock = systemClock, random = Math.random, namespace, labelSelector, fieldSelector, metadataOnly } = options
  const name = typeof resource === 'string' ? resource : `${resource.resource}.${resource.group}`
  const log = (options.log ?? noLog).with({ resource: name })
  const selection = { namespace, labelSelector, fieldSelector, metadataOnly }
  const cache = createCache<T>()
  const handlers = new Set<Handler<T>>()
  let synced = false
  let resolveSynced = () => {}
  const whenSynced = new Promise<void>((resolve) => {
    resolveSynced = resolve
  })

  function put(object: T): void {
    const before = cache.set(object)
    if (before === undefined) tell((handler) => handler.added?.(object))
    else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) tell((handler) => handler.updated?.(object, before))
  }
  function remove(key: string, last?: T): void {
    const before = cache.remove(key)
    const object = last ?? before
    if (before && object) tell((handler) => handler.deleted?.(object))
  }
  /** One that throws keeps no other from hearing, and not the watch from going on: a fault of it is told, or else is uncaught. */
  function tell(call: (handler: Handler<T>) => void): void {
    for (const handler of handlers)
      try {
        call(handler)
      } catch (error) {
        if (!options.log)
          queueMicrotask(() => {
            throw error
          })
        log.error('a handler failed', { error })
      }
  }

  /** Makes the cache equal to what there is. */
  function replace(items: Iterable<T>): void {
    const gone = new Set(cache.keys())
    for (const item of items) {
      gone.delete(objectKey(item))
      put(item)
    }
    for (const key of gone) remove(key)
    if (!synced) {
      synced = true
      resolveSynced()
    }
  }

  /** The resource version to watch from. */
  async function list(consistent: boolean, signal: AbortSignal): Promise<string> {
    // Version 0 is answered from the server's watch cache. After a 410 only the newest state will do, in pages.
    const got = consistent
      ? await client.listAll(resource, { ...selection, signal })
      : await client.list(resource, { ...selection, resourceVersion: '0', signal })
    replace(got.items as unknown as readonly T[])
    return got.metadata.resourceVersion ?? ''
  }

  /** Follows a watch to its end, and tells which resource version to go on from. Without one to begin with, all there is comes first. */
  async function watch(from: string | undefined, signal: AbortSignal, seen: (version: string) => void): Promise<void> {
    let initial = from === undefined ? new Map<string, T>() : undefined
    const events = client.watch(resource, {
      ...selection,
      ...(initial ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } : { resourceVersion: from }),
      allowWatchBookmarks: true,
      timeoutSeconds: watchSeconds(random),
      signal,
    })
    for await (const event of events) {
      if (signal.aborted) return
      const object = event.object as unknown as T
      switch (event.type) {
        case 'ADDED':
        case 'MODIFIED':
          if (initial) initial.set(objectKey(object), object)
          else put(object)
          break
        case 'DELETED':
          if (initial) initial.delete(objectKey(object))
          else remove(objectKey(object), object)
          break
        case 'BOOKMARK':
          if (initial && object.metadata.annotations?.[initialEventsEnd] === 'true') {
            replace(initial.values())
            initial = undefined
          }
          break
        case 'ERROR': {
          const status = object as unknown as { message?: string; reason?: string; code?: number }
          throw new StatusError({
            ...status,
            message: status.message ?? 'watch failed',
            reason: status.reason ?? '',
            code: status.code ?? 500,
          })
        }
      }
      // One that breaks before all is there begins anew.
      if (!initial) seen(object.metadata.resourceVersion)
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    let version: string | undefined
    let consistent = false
    let streams = client.transport.streamsLists === true
    let failures = 0
    let lastFailure = clock.now()
    while (!signal.aborted) {
      try {
        if (version === undefined && !streams) {
          version = await list(consistent, signal)
          consistent = false
        }
        const startedAt = clock.now()
        let events = 0
        await watch(version, signal, (seen) => {
          version = seen
          events++
        })
        // A server that ends each watch at once must not be asked in a tight loop.
        if (events === 0 && clock.now() - startedAt < 1000) await sleep(clock, firstBackoffMs, signal)
      } catch (error) {
        if (signal.aborted) return
        if (streams && version === undefined && error instanceof StatusError && (error.code === 400 || error.code === 422)) {
          streams = false // a server that does not know it
          continue
        }
        if (isGone(error) || (error instanceof StatusError && error.reason === 'Expired')) {
          version = undefined
          consistent = true
          if (failures++ === 0) continue
        } else log.debug('watch broke off, will go on', { error: String(error) })
        const now = clock.now()
        if (now - lastFailure > backoffResetMs) failures = 0
        lastFailure = now
        const delay = Math.min(firstBackoffMs * 2 ** failures++, mostBackoffMs)
        if (failures > 3) log.warn('failed to list or watch', { error: error instanceof Error ? error.message : String(error) })
        await sleep(clock, delay * (1 + random()), signal)
      }
    }
  }

  return {
    get: cache.get,
    list: cache.list,
    byIndex: cache.byIndex,
    addIndex: cache.addIndex,
    addHandler(handler) {
      handlers.add(handler)
      for (const object of cache.list()) handler.added?.(object)
      return () => void handlers.delete(handler)
    },
    get synced() {
      return synced
    },
    whenSynced: () => whenSynced,
    get size() {
      return cache.size
    },
    run,
  }
}
