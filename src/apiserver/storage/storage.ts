/**
 * All resources' caches over one Store, fed by one watch of everything below /registry/. One watch, so that every cache
 * is as fresh as the newest write of any resource, and revisions are comparable between them.
 */
import type { Logger } from '../../log/log.ts'
import type { Store, StoreEvent } from '../../store/store.ts'
import type { EntryCodec } from './entry.ts'
import { createWatchCache, type WatchCache } from './watch-cache.ts'

export interface Storage {
  readonly store: Store
  /** All writes up to this revision are in the caches. */
  readonly revision: number
  /** The cache below `prefix` in the codec's version, made on first use; `load` it before reading. */
  cache(prefix: string, codec: EntryCodec): WatchCache
  /** Forgets the caches of a resource that is served no longer or otherwise; their watches end, and clients begin new ones. */
  drop(prefix: string): void
  /** Resolves when the caches hold all that was written before the call. Immediate with a local store. */
  fresh(): Promise<void> | undefined
  caches(): Iterable<WatchCache>
  close(): void
}

export const root = '/registry/'

const none: readonly WatchCache[] = []

export function createStorage(store: Store, log: Logger): Storage {
  /** Custom resources have a cache for each version that is read, as upstream's have: entries are in the version they are served in. */
  const caches = new Map<string, WatchCache[]>()
  const hub = { revision: store.revision }
  let dispatching = false
  let waiters: { revision: number; done(): void }[] = []
  let closed = false

  /** Prefixes have two or three segments: `/registry/pods/`, `/registry/services/specs/`. */
  const cachesOf = (key: string): readonly WatchCache[] | undefined => {
    const third = key.indexOf('/', root.length)
    const known = caches.get(key.slice(0, third + 1))
    if (known) return known
    return caches.get(key.slice(0, key.indexOf('/', third + 1) + 1))
  }
  const advance = (revision: number) => {
    if (revision > hub.revision) hub.revision = revision
    if (waiters.length === 0) return
    const ready = waiters.filter((w) => w.revision <= revision)
    waiters = waiters.filter((w) => w.revision > revision)
    for (const { done } of ready) done()
  }
  const dispatch = () => {
    dispatching = false
    for (const same of caches.values()) for (const cache of same) cache.dispatch()
  }
  const all = () => [...caches.values()].flat()

  function follow(after: number) {
    return store.watch(
      root,
      { startRevision: after + 1 },
      {
        events(events: readonly StoreEvent[], revision: number) {
          for (const event of events)
            for (const cache of cachesOf(event.kv.key) ?? none) cache.apply(event, event.kv.modRevision || revision)
          advance(revision)
          // After the answers of the writes that caused them: those wait in microtasks, and fan-out is the longer work.
          if (!dispatching) {
            dispatching = true
            setImmediate(dispatch)
          }
        },
        progress: advance,
        end(error) {
          if (closed) return
          log.warn('the watch on the store ended; its caches are read anew', { error })
          for (const cache of all()) cache.reset(error)
          watch = follow(store.revision)
          for (const cache of all()) cache.load().catch((e) => log.error('cache not loaded', { prefix: cache.prefix, error: e }))
        },
      },
    )
  }

  let watch = follow(store.revision)

  return {
    store,
    get revision() {
      return hub.revision
    },
    cache(prefix, codec) {
      const known = caches.get(prefix) ?? []
      const have = known.find((cache) => cache.codec.apiVersion === codec.apiVersion)
      if (have) return have
      const made = createWatchCache(store, prefix, codec, hub)
      caches.set(prefix, [...known, made])
      return made
    },
    drop(prefix) {
      for (const cache of caches.get(prefix) ?? none) cache.close()
      caches.delete(prefix)
    },
    fresh() {
      if (store.local) return undefined
      return (async () => {
        const { revision } = await store.list(`${root}.`, { countOnly: true })
        if (revision <= hub.revision) return
        await new Promise<void>((done) => waiters.push({ revision, done }))
      })()
    },
    caches: all,
    close() {
      closed = true
      watch.close()
      for (const cache of all()) cache.reset(new Error('the server is shutting down'))
    },
  }
}
