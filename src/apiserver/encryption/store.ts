/** A Store whose values are encrypted on the way in and decrypted on the way out: what lies on disk is sealed, what the server sees is plain. */
import type { KeyValue, Store, StoreEvent, WriteResult } from '../../store/store.ts'
import type { TransformerOf } from './config.ts'

export function createEncryptedStore(store: Store, transformerOf: TransformerOf): Store {
  const seal = (key: string, value: Uint8Array) => transformerOf(key)?.toStorage(value, key) ?? value
  const open = (kv: KeyValue): KeyValue => {
    const transformer = kv.value.length > 0 ? transformerOf(kv.key) : undefined
    return transformer ? { ...kv, value: transformer.fromStorage(kv.value, kv.key) } : kv
  }
  const result = (r: WriteResult): WriteResult => {
    if (r.ok) return r.previous ? { ...r, previous: open(r.previous) } : r
    return r.current ? { ...r, current: open(r.current) } : r
  }
  const event = (e: StoreEvent): StoreEvent =>
    transformerOf(e.kv.key) ? { ...e, kv: open(e.kv), ...(e.previous ? { previous: open(e.previous) } : {}) } : e
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
      return options?.keysOnly || options?.countOnly ? found : { ...found, kvs: found.kvs.map(open) }
    },
    create: async (key, value, options) => result(await store.create(key, seal(key, value), options)),
    update: async (key, value, expected, options) => result(await store.update(key, seal(key, value), expected, options)),
    delete: async (key, expected) => result(await store.delete(key, expected)),
    watch: (prefix, options, handler) =>
      store.watch(prefix, options, {
        events(events, revision) {
          let opened: StoreEvent[]
          try {
            opened = events.map(event)
          } catch (error) {
            // A value that no key opens: the watcher reads anew, and is told there what it cannot read.
            handler.end(error as Error)
            return
          }
          handler.events(opened, revision)
        },
        ...(handler.progress ? { progress: (revision: number) => handler.progress?.(revision) } : {}),
        end: (error) => handler.end(error),
      }),
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
