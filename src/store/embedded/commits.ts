/**
 * Group commit. Writes queue up while a commit is on its way to the disk; then all of them are decided, one after the
 * other, against the newest state, written as one LMDB transaction and synced. Nothing is seen, sent or answered before
 * the sync, and a commit that fails leaves nothing behind: not a revision, not a lock, not a half-known state.
 */
import { realpathSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, Transaction } from 'lmdb'
import { giveBackMapping } from '../../linux/memory.ts'
import { type KeyValue, NoSpaceError, type StoreEvent } from '../store.ts'
import { contains, type KeyRange } from './keys.ts'
import {
  decodeHead,
  encodeHead,
  encodeNumber,
  encodePosition,
  encodeRecord,
  type Head,
  logKey,
  maxKeyBytes,
  type Position,
  readDeath,
  readHead,
  readRecord,
  type Tables,
} from './tables.ts'

/** A state that no commit changes, at `revision`. Who reads across ticks holds it with `use` and `done`. */
export interface Snapshot {
  readonly revision: number
  readonly transaction: Transaction
  use(): Snapshot
  done(): void
}

/** Changes of tables within the commit that is being put together. */
export interface Change {
  put<K extends string | Uint8Array>(table: Database<Uint8Array, K>, key: K, value: Uint8Array): void
  remove<K extends string | Uint8Array>(table: Database<Uint8Array, K>, key: K): void
}

/** What one write sees and does. Its reads see its own writes and those decided before it. */
export interface WriteContext {
  /** The revision of its writes, if it makes any. */
  readonly revision: number
  get(key: string): KeyValue | undefined
  /** The key's newest state without its value: cheaper. */
  head(key: string): Pick<KeyValue, 'createRevision' | 'modRevision' | 'version' | 'lease'> | undefined
  /** The keys of a range in order, values included unless `keysOnly`. */
  range(range: KeyRange, keysOnly?: boolean): KeyValue[]
  put(key: string, value: Uint8Array, lease: number): void
  /** False when there is no such key. */
  delete(key: string): boolean
  /** A change of the tables that is no change of the keyspace (leases, compaction). */
  raw(apply: (change: Change) => void): void
}

export interface Commits {
  readonly revision: number
  /** The newest state; valid until the caller's next await unless it calls `use`. */
  snapshot(): Snapshot
  /** Runs `decide` in a commit; resolves to what it returned once that is on disk and its events are delivered. */
  write<T>(decide: (context: WriteContext) => T): Promise<T>
  /** Resolves when every write queued so far is settled. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** An event with the place of the record that it replaced; main 0 for none. */
export interface CommittedEvent extends StoreEvent {
  readonly before: Position
}

interface Waiting {
  decide(context: WriteContext): unknown
  resolve(value: unknown): void
  reject(error: unknown): void
}
interface Decided extends Waiting {
  readonly result: unknown
}
const answer = (writes: readonly Decided[]): void => {
  for (const { resolve, result } of writes) resolve(result)
}

/** A key's state within the commit that is being put together. */
interface Pending {
  readonly kv: KeyValue | undefined
  readonly at: Position
}

/** How much is decided for one commit, so that neither a tick nor a commit grows without bound. */
const maxWrites = 2000
const maxBytes = 32 << 20
/** After so much was written the process gives back what it has mapped of the store's file, which would grow with all that is stored. */
const giveBackAfter = 8 << 20

const nothing = new Uint8Array(0)
const none: Position = { main: 0, sub: 0 }

export function createCommits(
  tables: Tables,
  folder: string,
  start: number,
  deliver: (events: readonly CommittedEvent[], revision: number) => void,
): Commits {
  let revision = start
  let waiting: Waiting[] = []
  let running: Promise<void> | undefined
  let closed: Error | undefined
  let newest = takeSnapshot(tables, revision)
  const dataFile = realpathSync(join(folder, 'data.mdb'))
  let written = 0

  const refresh = () => {
    const old = newest
    newest = takeSnapshot(tables, revision)
    old.done()
  }

  const run = async () => {
    // What else this tick brings shares the first commit.
    await new Promise(setImmediate)
    let done: readonly Decided[] = []
    while (waiting.length > 0) {
      // Who is answered now will write again. One half of the writers is on the disk while the other half's answers and
      // next requests are worked on; all in one commit would leave the processor and the disk idle in turns.
      const share = done.length === 0 ? maxWrites : Math.ceil((waiting.length + done.length) / 2)
      const batch = createBatch(tables, newest, revision)
      const decided = decide(batch, Math.min(share, maxWrites))
      const committed = batch.commit()
      answer(done)
      try {
        await committed
        done = decided
      } catch (error) {
        const reason = commitError(error, folder, batch.bytes)
        for (const write of decided) write.reject(reason)
        done = []
        continue
      }
      if (batch.changed) {
        revision = batch.revision
        refresh()
      }
      written += batch.bytes
      if (written >= giveBackAfter) {
        written = 0
        giveBackMapping(dataFile, 'r--s')
      }
      for (const [at, events] of batch.events) deliver(events, at)
    }
    answer(done)
    running = undefined
  }

  /** Decides at most `share` of the writes that wait; those that fail are told at once. */
  const decide = (batch: Batch, share: number): Decided[] => {
    const decided: Decided[] = []
    let taken = 0
    for (; taken < waiting.length && taken < share && batch.bytes < maxBytes; taken++) {
      const write = waiting[taken] as Waiting
      try {
        decided.push({ ...write, result: batch.decide(write.decide) })
      } catch (error) {
        write.reject(error)
      }
    }
    waiting = waiting.slice(taken)
    return decided
  }

  const commits: Commits = {
    get revision() {
      return revision
    },
    snapshot: () => newest,
    write: <T>(decide: (context: WriteContext) => T) =>
      new Promise<T>((resolve, reject) => {
        if (closed) {
          reject(closed)
          return
        }
        waiting.push({ decide, resolve: resolve as (value: unknown) => void, reject })
        running ??= run()
      }),
    async settled() {
      await running
    },
    async close() {
      closed = new Error('the store is closed')
      await running
      newest.done()
    },
  }
  return commits
}

function takeSnapshot(tables: Tables, revision: number): Snapshot {
  tables.env.resetReadTxn()
  const transaction = tables.env.useReadTransaction()
  let users = 1
  const snapshot: Snapshot = {
    revision,
    transaction,
    use() {
      users++
      return snapshot
    },
    done() {
      if (--users === 0) transaction.done()
    },
  }
  return snapshot
}

async function failureOf(error: unknown): Promise<unknown> {
  const inner = (error as { commitError?: Promise<unknown> }).commitError
  // lmdb says what happened only through a promise that rejects.
  return inner === undefined
    ? error
    : inner.then(
        () => error,
        (reason: unknown) => reason,
      )
}

/** A full disk shows as ENOSPC, EDQUOT or, after a short write, as EIO with no room left. */
function commitError(error: unknown, folder: string, bytes: number): Error {
  const code = (error as { code?: number }).code
  const { bavail, bsize } = statfsSync(folder)
  if (code === 28 || code === 122 || bavail * bsize < bytes * 4 + (1 << 20)) return new NoSpaceError(error)
  return new Error(`the store could not write to ${folder}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
}

interface Batch {
  readonly revision: number
  readonly bytes: number
  readonly changed: boolean
  readonly events: [revision: number, events: CommittedEvent[]][]
  decide<T>(decide: (context: WriteContext) => T): T
  commit(): Promise<void>
}

function createBatch(tables: Tables, base: Snapshot, start: number): Batch {
  const pending = new Map<string, Pending>()
  /** What the tables said of the keys that were asked for: who writes has looked at the key before. */
  const heads = new Map<string, Head | undefined>()
  const events: [number, CommittedEvent[]][] = []
  let changes: ((change: Change) => void)[] = []
  let revision = start
  let bytes = 0

  const storedHead = (key: string): Head | undefined => {
    if (!heads.has(key)) heads.set(key, readHead(tables, key, base.transaction))
    return heads.get(key)
  }
  const headOf = (key: string): (Head & { kv?: KeyValue }) | undefined => {
    const known = pending.get(key)
    if (!known) return storedHead(key)
    if (!known.kv) return undefined
    const { kv } = known
    return { ...known.at, create: kv.createRevision, version: kv.version, lease: kv.lease, kv }
  }
  const load = (key: string, head: Head): KeyValue => kvOf(key, head, readRecord(tables, head, base.transaction, true)?.value ?? nothing)
  const get = (key: string): KeyValue | undefined => {
    const head = headOf(key)
    return head && (head.kv ?? load(key, head))
  }

  const decide = <T>(run: (context: WriteContext) => T): T => {
    const main = revision + 1
    const mine: CommittedEvent[] = []
    const untouched = { changes: changes.length, bytes }
    const undo: [string, Pending | undefined][] = []
    const set = (key: string, state: Pending) => {
      undo.push([key, pending.get(key)])
      pending.set(key, state)
    }
    const context: WriteContext = {
      revision: main,
      get,
      head(key) {
        const head = headOf(key)
        return head && { createRevision: head.create, modRevision: head.main, version: head.version, lease: head.lease }
      },
      range: (range, keysOnly = false) => rangeWithPending(tables, base, pending, range, keysOnly),
      put(key, value, lease) {
        if (key.length === 0) throw new Error('etcdserver: key is not provided')
        if (key.length > maxKeyBytes) throw new Error(`a key of ${key.length} bytes is longer than the ${maxKeyBytes} that the store takes`)
        const old = headOf(key)
        const at: Position = { main, sub: mine.length }
        const head: Head = { ...at, create: old ? old.create : main, version: old ? old.version + 1 : 1, lease }
        const death = old ? undefined : (pending.get(key)?.at ?? readDeath(tables, key, base.transaction))
        const before = old ?? death ?? none
        const record = encodeRecord(false, key, head, before, value)
        const kv = kvOf(key, head, value)
        changes.push((change) => {
          change.put(tables.log, logKey(at), record)
          change.put(tables.live, key, encodeHead(head))
          if (death) change.remove(tables.dead, key)
          if (old && old.lease !== 0 && old.lease !== lease) change.remove(tables.attached, attachment(old.lease, key))
          if (lease !== 0 && old?.lease !== lease) change.put(tables.attached, attachment(lease, key), mark)
        })
        bytes += record.length
        set(key, { kv, at })
        mine.push({ type: 'put', kv, before })
      },
      delete(key) {
        const old = headOf(key)
        if (!old) return false
        const at: Position = { main, sub: mine.length }
        const head: Head = { ...at, create: 0, version: 0, lease: 0 }
        const record = encodeRecord(true, key, head, old, nothing)
        changes.push((change) => {
          change.put(tables.log, logKey(at), record)
          change.remove(tables.live, key)
          change.put(tables.dead, key, encodePosition(at))
          if (old.lease !== 0) change.remove(tables.attached, attachment(old.lease, key))
        })
        bytes += record.length
        set(key, { kv: undefined, at })
        mine.push({ type: 'delete', kv: kvOf(key, head, nothing), before: old })
        return true
      },
      raw(apply) {
        changes.push(apply)
      },
    }
    try {
      const result = run(context)
      if (mine.length > 0) {
        revision = main
        events.push([main, mine])
      }
      return result
    } catch (error) {
      // The write is refused whole: what it did so far never was.
      changes = changes.slice(0, untouched.changes)
      bytes = untouched.bytes
      for (const [key, state] of undo.reverse()) {
        if (state) pending.set(key, state)
        else pending.delete(key)
      }
      throw error
    }
  }

  return {
    get revision() {
      return revision
    },
    get bytes() {
      return bytes
    },
    get changed() {
      return changes.length > 0
    },
    events,
    decide,
    async commit() {
      if (changes.length === 0) return
      const change: Change = { put: (table, key, value) => void table.put(key, value), remove: (table, key) => void table.remove(key) }
      try {
        // A batch is one transaction with one promise; outside of it each change would have its own, to reject unheard.
        await tables.env.batch(() => {
          for (const apply of changes) apply(change)
          void tables.meta.put('revision', encodeNumber(revision))
        })
      } catch (error) {
        throw await failureOf(error)
      }
    },
  }
}

/** An entry whose key says all. */
const mark = Buffer.from([0])

export const leaseKey = (id: number): string => id.toString(16).padStart(14, '0')
export const attachment = (lease: number, key: string): string => leaseKey(lease) + key

export function kvOf(key: string, head: Head, value: Uint8Array): KeyValue {
  return { key, value, createRevision: head.create, modRevision: head.main, version: head.version, lease: head.lease }
}

function rangeWithPending(
  tables: Tables,
  base: Snapshot,
  pending: ReadonlyMap<string, Pending>,
  range: KeyRange,
  keysOnly: boolean,
): KeyValue[] {
  const fresh = [...pending].filter(([key]) => contains(range, key))
  const hidden = new Set(fresh.map(([key]) => key))
  const out = fresh.flatMap(([, { kv }]) => (kv ? [kv] : []))
  for (const { key, value } of tables.live.getRange(lmdbRange(range, base.transaction))) {
    if (hidden.has(key)) continue
    const head = headIn(value)
    out.push(kvOf(key, head, keysOnly ? nothing : (readRecord(tables, head, base.transaction, true)?.value ?? nothing)))
  }
  return fresh.length === 0 ? out : out.sort((a, b) => (a.key < b.key ? -1 : 1))
}

export function lmdbRange(range: KeyRange, transaction: Transaction, limit?: number) {
  return {
    // LMDB knows no empty key, and the binding's own idea of the first key is not ours.
    // A bound longer than any key orders as its beginning does.
    start: range.start === '' ? '\0' : range.start.slice(0, maxKeyBytes + 1),
    ...(range.end === undefined ? {} : { end: range.end.slice(0, maxKeyBytes + 1) }),
    ...(limit === undefined ? {} : { limit }),
    transaction,
  }
}

const headIn = (value: Uint8Array): Head => decodeHead(Buffer.from(value.buffer, value.byteOffset, value.length))
