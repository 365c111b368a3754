/** A Store in memory, with the embedded one's order of calls: for tests, and a server that is to forget everything. */
import {
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  type Store,
  type StoreEvent,
  type WatchHandler,
  type WatchOptions,
  type WriteResult,
} from '../store/store.ts'

interface Version {
  readonly revision: number
  readonly kv: KeyValue | undefined
}

export function createMemoryStore(): Store {
  const keys = new Map<string, Version[]>()
  const log: { event: StoreEvent; revision: number }[] = []
  const watches = new Set<{ prefix: string; previous: boolean; handler: WatchHandler }>()
  let revision = 1
  let compacted = 0

  const at = (key: string, wanted: number): KeyValue | undefined => keys.get(key)?.findLast((v) => v.revision <= wanted)?.kv
  const write = (key: string, kv: KeyValue | undefined, previous: KeyValue | undefined): void => {
    revision++
    const versions = keys.get(key)
    if (versions) versions.push({ revision, kv })
    else keys.set(key, [{ revision, kv }])
    const gone: KeyValue = { key, value: new Uint8Array(), createRevision: 0, modRevision: revision, version: 0, lease: 0 }
    const event: StoreEvent = { type: kv ? 'put' : 'delete', kv: kv ?? gone, ...(previous ? { previous } : {}) }
    log.push({ event, revision })
    for (const { prefix, handler } of watches) if (key.startsWith(prefix)) handler.events([event], revision)
  }
  const put = (key: string, value: Uint8Array, previous: KeyValue | undefined): WriteResult => {
    const next = revision + 1
    write(
      key,
      { key, value, createRevision: previous?.createRevision ?? next, modRevision: next, version: (previous?.version ?? 0) + 1, lease: 0 },
      previous,
    )
    return { ok: true, revision }
  }
  const refuse = (current: KeyValue | undefined): WriteResult => ({ ok: false, revision, ...(current ? { current } : {}) })
  const check = (wanted: number | undefined): number => {
    if (!wanted) return revision
    if (wanted > revision) throw new FutureRevisionError()
    if (wanted < compacted) throw new CompactedError(compacted)
    return wanted
  }

  return {
    get revision() {
      return revision
    },
    local: true,
    get: async (key, wanted) => at(key, check(wanted)),
    async list(prefix, options = {}) {
      const when = check(options.revision)
      const found = [...keys.keys()]
        .filter((key) => key.startsWith(prefix) && (options.after === undefined || key > options.after))
        .sort()
        .flatMap((key) => at(key, when) ?? [])
      const kvs = options.countOnly ? [] : options.limit ? found.slice(0, options.limit) : found
      return { kvs, revision: options.revision || revision, count: found.length, more: !options.countOnly && kvs.length < found.length }
    },
    async create(key, value) {
      const current = at(key, revision)
      return current ? refuse(current) : put(key, value, undefined)
    },
    async update(key, value, expected) {
      const current = at(key, revision)
      return current?.modRevision === expected ? put(key, value, current) : refuse(current)
    },
    async delete(key, expected) {
      const current = at(key, revision)
      if (!current || (expected !== undefined && current.modRevision !== expected)) return refuse(current)
      write(key, undefined, current)
      return { ok: true, revision }
    },
    watch(prefix: string, options: WatchOptions, handler: WatchHandler) {
      const watch = { prefix, previous: options.previous === true, handler }
      let open = true
      const from = options.startRevision || revision + 1
      // What is new joins after what is behind, in one go, so that nothing is told out of order.
      queueMicrotask(() => {
        if (!open) return
        if (from <= compacted) return handler.end(new CompactedError(compacted))
        for (const { event, revision: r } of log) if (open && r >= from && event.kv.key.startsWith(prefix)) handler.events([event], r)
        if (open) watches.add(watch)
      })
      return {
        close() {
          open = false
          watches.delete(watch)
        },
      }
    },
    async compact(wanted) {
      compacted = wanted
    },
    get compactedRevision() {
      return compacted
    },
    grantLease: async () => 1,
    renewLease: async () => true,
    revokeLease: async () => {},
    size: async () => ({ total: 0, inUse: 0 }),
    close: async () => {},
  }
}
