/**
 * Reads of the embedded store, now and in the past. The newest state is read from `live` alone; an older one takes each
 * key's newest record, dead keys included, and walks back to what was there. Long reads hold a snapshot and let the
 * event loop run between pieces.
 */
import { CompactedError, FutureRevisionError, type KeyValue } from '../store.ts'
import { kvOf, lmdbRange, type Snapshot } from './commits.ts'
import type { KeyRange } from './keys.ts'
import {
  decodeHead,
  decodePosition,
  type Head,
  type LogRecord,
  type Position,
  readDeath,
  readHead,
  readRecord,
  type Tables,
} from './tables.ts'

export interface RangeOptions {
  /** 0 or absent: the newest. */
  readonly revision?: number
  readonly limit?: number
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
}
export interface RangeResult {
  readonly kvs: KeyValue[]
  readonly revision: number
  readonly count: number
  readonly more: boolean
}

/** How many keys are read before other work gets its turn: about a millisecond. */
const piece = 1000
const empty = new Uint8Array(0)
const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export function checkRevision(wanted: number, newest: number, compacted: number): void {
  if (wanted > newest) throw new FutureRevisionError()
  if (wanted < compacted) throw new CompactedError(compacted)
}

export function readOne(tables: Tables, snapshot: Snapshot, key: string, revision: number): KeyValue | undefined {
  const { transaction } = snapshot
  const head = readHead(tables, key, transaction)
  if (head && head.main <= revision) return kvOf(key, head, valueAt(tables, head, snapshot))
  if (revision === snapshot.revision) return undefined
  const last = head ?? readDeath(tables, key, transaction)
  const record = last && recordAsOf(tables, last, revision, snapshot, true)
  return record && kvOf(key, record.head, record.value)
}

export async function readRange(
  tables: Tables,
  current: Snapshot,
  range: KeyRange,
  revision: number,
  options: RangeOptions,
): Promise<RangeResult> {
  const { limit = 0, keysOnly = false, countOnly = false } = options
  const snapshot = current.use()
  try {
    const isNewest = revision === snapshot.revision
    const kvs: KeyValue[] = []
    if (isNewest && countOnly) return { kvs, revision, count: countLive(tables, range, snapshot), more: false }

    let count = 0
    for (let from: string | undefined = range.start; from !== undefined; ) {
      const rows: Rows = isNewest
        ? liveRows(tables, snapshot, { ...range, start: from }, piece)
        : pastRows(tables, snapshot, { ...range, start: from }, piece, revision)
      for (const [key, head] of rows.found) {
        count++
        if (countOnly || (limit > 0 && kvs.length >= limit)) continue
        kvs.push(kvOf(key, head, keysOnly ? empty : valueAt(tables, head, snapshot)))
      }
      from = rows.next
      if (isNewest && limit > 0 && count >= limit) {
        const rest = from === undefined ? 0 : countLive(tables, { ...range, start: from }, snapshot)
        return { kvs, revision, count: count + rest, more: count + rest > kvs.length }
      }
      if (from !== undefined) await new Promise(setImmediate)
    }
    return { kvs, revision, count, more: !countOnly && count > kvs.length }
  } finally {
    snapshot.done()
  }
}

function countLive(tables: Tables, range: KeyRange, snapshot: Snapshot): number {
  return tables.live.getKeysCount(lmdbRange(range, snapshot.transaction))
}

interface Rows {
  readonly found: [key: string, head: Head][]
  /** Where the next piece begins; undefined at the end. */
  readonly next: string | undefined
}

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

function liveRows(tables: Tables, snapshot: Snapshot, range: KeyRange, limit: number): Rows {
  const found: [string, Head][] = []
  for (const { key, value } of tables.live.getRange(lmdbRange(range, snapshot.transaction, limit)))
    found.push([key, decodeHead(buffer(value))])
  return { found, next: found.length < limit ? undefined : `${(found.at(-1) as [string, Head])[0]}\0` }
}

function pastRows(tables: Tables, snapshot: Snapshot, range: KeyRange, limit: number, revision: number): Rows {
  const options = lmdbRange(range, snapshot.transaction, limit)
  const last: [string, Position][] = []
  for (const { key, value } of tables.live.getRange(options)) last.push([key, decodeHead(buffer(value))])
  const liveEnd = last.length < limit ? undefined : (last.at(-1) as [string, Position])[0]
  const dead: [string, Position][] = []
  for (const { key, value } of tables.dead.getRange(options)) dead.push([key, decodePosition(buffer(value))])
  const deadEnd = dead.length < limit ? undefined : (dead.at(-1) as [string, Position])[0]
  // Both are known up to the lesser of the two ends; what lies beyond is read again with the next piece.
  const end = [liveEnd, deadEnd].filter((key) => key !== undefined).sort(byBytes)[0]
  const merged = [...last, ...dead].filter(([key]) => end === undefined || key <= end).sort((a, b) => byBytes(a[0], b[0]))
  const found: [string, Head][] = []
  for (const [key, at] of merged) {
    const record = recordAsOf(tables, at, revision, snapshot, false)
    if (record) found.push([key, record.head])
  }
  return { found, next: end === undefined ? undefined : `${end}\0` }
}

/** The put that was the key's newest at `revision`; undefined when the key was not there. */
function recordAsOf(tables: Tables, newest: Position, revision: number, snapshot: Snapshot, withValue: boolean): LogRecord | undefined {
  let at = newest
  while (at.main > revision) {
    const record = readRecord(tables, at, snapshot.transaction, false)
    if (!record || record.before.main === 0) return undefined
    at = record.before
  }
  const record = readRecord(tables, at, snapshot.transaction, withValue)
  return record && !record.deleted ? record : undefined
}

function valueAt(tables: Tables, at: Position, snapshot: Snapshot): Uint8Array {
  return readRecord(tables, at, snapshot.transaction, true)?.value ?? empty
}
