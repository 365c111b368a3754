/**
 * The Store on LMDB, in a data folder of this process alone: multi-version, with etcd's revisions, group-committed and
 * synced before a write is answered. Values stay in LMDB's pages; what is in memory are the writes on their way, the
 * watches and the leases. `open` reads a handful of numbers, however large the store.
 *
 * Beyond the seam it has what etcd's face needs: transactions over several keys, ranges of bytes, leases by id, a backup.
 */
import { chmodSync, closeSync, existsSync, fsyncSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Commits, createCommits, type WriteContext } from './embedded/commits.ts'
import { createCompaction } from './embedded/compaction.ts'
import { type KeyRange, keyOfText, prefixed, textOfKey } from './embedded/keys.ts'
import { type Clock, createLeases, type Leases, systemClock } from './embedded/leases.ts'
import { lockFolder } from './embedded/lock.ts'
import { checkRevision, type RangeOptions, type RangeResult, readOne, readRange } from './embedded/reads.ts'
import { decodeNumber, makeFolder, openTables } from './embedded/tables.ts'
import { createWatchers } from './embedded/watchers.ts'
import type { KeyValue, Store, StoreEvent, Watch, WatchHandler, WatchOptions, WriteResult } from './store.ts'

export interface EmbeddedStore extends Store {
  readonly keyspace: Keyspace
  /** Writes a copy of the newest state to the file `path`, which must not exist, while reads and writes go on. */
  backup(path: string): Promise<void>
}

/** The same data by byte keys (src/store/embedded/keys.ts), with all that etcd's API can ask. */
export interface Keyspace {
  range(range: KeyRange, options?: RangeOptions): Promise<RangeResult>
  /** Decides and writes as one, at one revision. `revision` is the store's after it. */
  txn<T>(decide: (context: WriteContext) => T): Promise<{ result: T; revision: number }>
  watch(range: KeyRange, options: WatchOptions, handler: WatchHandler): Watch
  readonly leases: Leases
}

export interface EmbeddedOptions {
  /** Made, with the rights of its owner only, when it is not there. */
  readonly dataDir: string
  readonly clock?: Clock
}

export async function openEmbeddedStore(options: EmbeddedOptions): Promise<EmbeddedStore> {
  const { dataDir, clock = systemClock } = options
  makeFolder(dataDir)
  const unlock = await lockFolder(dataDir)
  try {
    return await open(dataDir, clock, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

async function open(dataDir: string, clock: Clock, unlock: () => void): Promise<EmbeddedStore> {
  const tables = openTables(dataDir)
  let commits: Commits
  const watchers = createWatchers(
    tables,
    () => commits,
    () => compaction.revision,
  )
  // etcd's first revision is 1: an empty store has seen one change, its own beginning.
  commits = createCommits(tables, dataDir, decodeNumber(tables.meta.get('revision')) || 1, (events, revision) =>
    watchers.deliver(events, revision),
  )
  const compaction = createCompaction(tables, commits)
  const leases = createLeases(tables, commits, clock)
  compaction.resume()

  const range = async (over: KeyRange, rangeOptions: RangeOptions = {}): Promise<RangeResult> => {
    const snapshot = commits.snapshot()
    const revision = rangeOptions.revision || snapshot.revision
    checkRevision(revision, snapshot.revision, compaction.revision)
    return readRange(tables, snapshot, over, revision, rangeOptions)
  }
  const leaseOf = (id: number | undefined): number => {
    if (id && !leases.has(id)) throw new Error('etcdserver: requested lease not found')
    return id ?? 0
  }
  /** Applies when `expected` (a modRevision; 0: no such key; undefined: anything) holds; `apply` returns false when there is nothing to do. */
  const write = (
    key: string,
    expected: number | undefined,
    apply: (context: WriteContext, key: string) => boolean,
  ): Promise<WriteResult> => {
    const at = keyOfText(key)
    return commits.write((context): WriteResult => {
      const found = context.head(at)
      if ((expected === undefined || (found?.modRevision ?? 0) === expected) && apply(context, at))
        return { ok: true, revision: context.revision }
      const current = context.get(at)
      return { ok: false, revision: context.revision - 1, ...(current ? { current: readable(current) } : {}) }
    })
  }
  const put = (value: Uint8Array, lease: number | undefined) => (context: WriteContext, key: string) => {
    context.put(key, value, leaseOf(lease))
    return true
  }

  const store: EmbeddedStore = {
    local: true,
    get revision() {
      return commits.revision
    },
    get compactedRevision() {
      return compaction.revision
    },
    async get(key, revision) {
      const snapshot = commits.snapshot()
      const at = revision || snapshot.revision
      checkRevision(at, snapshot.revision, compaction.revision)
      const kv = readOne(tables, snapshot, keyOfText(key), at)
      return kv && readable(kv)
    },
    async list(prefix, listOptions = {}) {
      const over = prefixed(keyOfText(prefix))
      const start = listOptions.after === undefined ? over.start : `${keyOfText(listOptions.after)}\0`
      const result = await range({ start: [start, over.start].sort().at(-1) as string, end: over.end }, listOptions)
      return { ...result, kvs: result.kvs.map(readable) }
    },
    create: (key, value, { lease } = {}) => write(key, 0, put(value, lease)),
    update: (key, value, expected, { lease } = {}) => write(key, expected, put(value, lease)),
    delete: (key, expected) => write(key, expected, (context, at) => context.delete(at)),
    watch: (prefix, watchOptions, handler) => watchers.watch(prefixed(keyOfText(prefix)), watchOptions, readableHandler(handler)),
    compact: (revision) => compaction.compact(revision),
    async grantLease(ttlSeconds) {
      return (await leases.grant(ttlSeconds)).id
    },
    renewLease: async (id) => leases.renew(id) !== undefined,
    async revokeLease(id) {
      await leases.revoke(id)
    },
    async size() {
      return { total: statSync(join(dataDir, 'data.mdb')).size, inUse: bytesInUse(tables) }
    },
    async close() {
      leases.close()
      await compaction.close()
      await commits.close()
      watchers.close()
      await tables.env.close()
      unlock()
    },

    keyspace: {
      range,
      txn: (decide) =>
        commits.write((context) => {
          let wrote = false
          const counted: WriteContext = {
            ...context,
            put(key, value, lease) {
              context.put(key, value, leaseOf(lease || undefined))
              wrote = true
            },
            delete(key) {
              const did = context.delete(key)
              wrote ||= did
              return did
            },
          }
          const result = decide(counted)
          return { result, revision: wrote ? context.revision : context.revision - 1 }
        }),
      watch: (over, watchOptions, handler) => watchers.watch(over, watchOptions, handler),
      leases,
    },
    async backup(path) {
      if (existsSync(path)) throw new Error(`${path} exists already`)
      // LMDB writes into a folder; the file takes its name only when it is whole and synced.
      const folder = mkdtempSync(join(dirname(path), `.${basename(path)}.`))
      try {
        await tables.env.backup(folder, true)
        const file = join(folder, 'data.mdb')
        chmodSync(file, 0o600)
        syncFile(file)
        renameSync(file, path)
        syncFile(dirname(path))
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
  return store
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** The pages that hold data; the rest of the file is free for what comes. */
function bytesInUse(tables: ReturnType<typeof openTables>): number {
  const stats = tables.env.getStats() as { pageSize: number; lastPageNumber: number }
  let pages = 0
  for (const table of [tables.log, tables.live, tables.dead, tables.lease, tables.attached, tables.meta]) {
    const { treeBranchPageCount, treeLeafPageCount, overflowPages } = table.getStats() as Record<
      'treeBranchPageCount' | 'treeLeafPageCount' | 'overflowPages',
      number
    >
    pages += treeBranchPageCount + treeLeafPageCount + overflowPages
  }
  return pages * stats.pageSize
}

/** Keys of the seam are text. Nearly all are ASCII, where the two forms are the same and nothing is copied. */
function readable(kv: KeyValue): KeyValue {
  const key = textOfKey(kv.key)
  return key === kv.key ? kv : { ...kv, key }
}
function readableEvent(event: StoreEvent): StoreEvent {
  const kv = readable(event.kv)
  return kv === event.kv ? event : { ...event, kv, ...(event.previous ? { previous: readable(event.previous) } : {}) }
}
function readableHandler(handler: WatchHandler): WatchHandler {
  return {
    events: (events, revision) => handler.events(events.map(readableEvent), revision),
    end: (error) => handler.end(error),
    ...(handler.progress ? { progress: (revision: number) => handler.progress!(revision) } : {}),
  }
}
