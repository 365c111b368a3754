/** A Store whose values are encrypted on the way in and decrypted on the way out: what lies on disk is sealed, what the server sees is plain. */
import type { KeyValue, Store, StoreEvent, WatchHandler, WriteResult } from '../../store/store.ts'
import type { TransformerOf } from './encryption.ts'

export function createEncryptedStore(store: Store, transformerOf: TransformerOf): Store {
  const seal = (key: string, value: Uint8Array) => transformerOf(key)?.toStorage(value, key) ?? value
  const open = (kv: KeyValue): KeyValue | Promise<KeyValue> => {
    const value = kv.value.length > 0 ? transformerOf(kv.key)?.fromStorage(kv.value, kv.key) : undefined
    if (!value) return kv
    return value instanceof Promise ? value.then((plain) => ({ ...kv, value: plain })) : { ...kv, value }
  }
  const result = async (r: WriteResult): Promise<WriteResult> => (!r.ok && r.current ? { ...r, current: await open(r.current) } : r)
  const event = (e: StoreEvent): StoreEvent | Promise<StoreEvent> => {
    if (!transformerOf(e.kv.key)) return e
    const kv = open(e.kv)
    const previous = e.previous && open(e.previous)
    if (!(kv instanceof Promise) && !(previous instanceof Promise)) return { ...e, kv, ...(previous ? { previous } : {}) }
    return (async () => ({ ...e, kv: await kv, ...(previous ? { previous: await previous } : {}) }))()
  }
  return {
    get revision() {
      return store.revision
    },
    get local() {
      return store.local
    },
    async get(key, revision) {
      const kv = await store.get(key, revision)
      return kv && open(kv)
    },
    async list(prefix, options) {
      const found = await store.list(prefix, options)
      if (options?.keysOnly || options?.countOnly) return found
      const kvs = found.kvs.map(open)
      return { ...found, kvs: kvs.some((kv) => kv instanceof Promise) ? await Promise.all(kvs) : (kvs as KeyValue[]) }
    },
    create: async (key, value, options) => result(await store.create(key, await seal(key, value), options)),
    update: async (key, value, expected, options) => result(await store.update(key, await seal(key, value), expected, options)),
    delete: async (key, expected) => result(await store.delete(key, expected)),
    watch: (prefix, options, handler) => store.watch(prefix, options, openingHandler(handler, event)),
    compact: (revision) => store.compact(revision),
    get compactedRevision() {
      return store.compactedRevision
    },
    grantLease: (ttl) => store.grantLease(ttl),
    renewLease: (id) => store.renewLease(id),
    revokeLease: (id) => store.revokeLease(id),
    size: () => store.size(),
    close: () => store.close(),
  }
}

/**
 * Passes events on at once where their keys are at hand, as a cache that must know its own writes needs it; one whose
 * key is yet to be fetched holds those behind it back.
 */
function openingHandler(handler: WatchHandler, open: (event: StoreEvent) => StoreEvent | Promise<StoreEvent>): WatchHandler {
  let waiting: Promise<void> | undefined
  let over = false
  const end = (error: Error) => {
    if (over) return
    over = true
    handler.end(error)
  }
  /** `step` now, or after those that wait. What it cannot read it ends with: the watcher reads anew, and is told there. */
  const next = (step: () => void | Promise<void>) => {
    const run = () => (over ? undefined : step())
    try {
      const mine = waiting ? waiting.then(run) : run()
      if (!mine) return
      const settled = mine
        .catch((error: Error) => end(error))
        .then(() => {
          if (waiting === settled) waiting = undefined
        })
      waiting = settled
    } catch (error) {
      end(error as Error)
    }
  }
  return {
    events: (events, revision) =>
      next(() => {
        const opened = events.map(open)
        if (opened.some((event) => event instanceof Promise)) return Promise.all(opened).then((all) => handler.events(all, revision))
        handler.events(opened as StoreEvent[], revision)
      }),
    ...(handler.progress ? { progress: (revision: number) => next(() => handler.progress?.(revision)) } : {}),
    end: (error) => next(() => end(error)),
  }
}
