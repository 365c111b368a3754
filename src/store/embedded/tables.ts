/**
 * The embedded store's data on LMDB. Every write appends one record to `log`, under its revision, and points `live` at
 * it; a delete moves the key from `live` to `dead`. A record points back at the record of its key that it replaced, so
 * reading in the past walks back from the newest, and compaction only looks at the revisions that it newly covers.
 *
 * - log: revision → record (below). live: key → head of its newest record. dead: key → revision of its deletion.
 * - lease: id → granted TTL. attached: id and key → nothing. meta: revision, compacted, swept.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Database, RootDatabase, Transaction } from 'lmdb'

// One file, where its ES module is ten and those of what it encodes with.
const { open } = createRequire(import.meta.url)('lmdb') as typeof import('lmdb')

export const formatVersion = 1

/** A write's place: the revision, and its number among the writes of that revision (a transaction makes several). */
export interface Position {
  readonly main: number
  readonly sub: number
}
export interface Head extends Position {
  readonly create: number
  readonly version: number
  readonly lease: number
}
export interface LogRecord {
  readonly deleted: boolean
  readonly key: string
  readonly head: Head
  /** The record it replaced; main 0 for none. */
  readonly before: Position
  /** Its own copy. */
  readonly value: Uint8Array
}

export interface Tables {
  readonly env: RootDatabase<Uint8Array, string>
  readonly log: Database<Uint8Array, Uint8Array>
  readonly live: Database<Uint8Array, string>
  readonly dead: Database<Uint8Array, string>
  readonly lease: Database<Uint8Array, string>
  readonly attached: Database<Uint8Array, string>
  readonly meta: Database<Uint8Array, string>
}

/** LMDB's limit at its page size of 4096, and what is left of it beside a lease's id. */
export const maxKeyBytes = 1978 - 16

const latin1Keys = {
  writeKey(key: string, target: Buffer, start: number): number {
    return start + target.write(key, start, 'latin1')
  },
  readKey(target: Buffer, start: number, end: number): string {
    return target.toString('latin1', start, end)
  },
}

/** Opens or makes the tables in `folder`, which the caller has locked. */
export function openTables(folder: string): Tables {
  const versionFile = join(folder, 'version')
  if (existsSync(versionFile)) {
    const found = readFileSync(versionFile, 'utf8').trim()
    if (found !== `kijabi-store ${formatVersion}`)
      throw new Error(`the data folder ${folder} has the format "${found}"; this version reads "kijabi-store ${formatVersion}" only`)
  } else if (existsSync(join(folder, 'data.mdb'))) throw new Error(`the data folder ${folder} has data but no version file`)
  else if (existsSync(join(folder, 'member')))
    throw new Error(`the data folder ${folder} is etcd's own; start etcd on it and name it with --etcd-servers`)
  else writeFileSync(versionFile, `kijabi-store ${formatVersion}\n`, { mode: 0o600, flush: true })

  const env = open<Uint8Array, string>({
    path: folder,
    noSubdir: false,
    encoding: 'binary',
    maxDbs: 8,
    maxReaders: 1024,
    // Without it a commit is: pages, fdatasync, then the synced meta page. Nothing is answered before.
    overlappingSync: false,
    // Commits are batched by commits.ts.
    eventTurnBatching: false,
  })
  const textDb = (name: string) => env.openDB<Uint8Array, string>({ name, encoding: 'binary', keyEncoder: latin1Keys } as { name: string })
  // In one transaction: each opened alone would be synced to disk alone.
  const tables = env.transactionSync(
    (): Tables => ({
      env,
      log: env.openDB<Uint8Array, Uint8Array>({ name: 'log', encoding: 'binary', keyEncoding: 'binary' }),
      live: textDb('live'),
      dead: textDb('dead'),
      lease: textDb('lease'),
      attached: textDb('attached'),
      meta: textDb('meta'),
    }),
  )
  for (const file of ['data.mdb', 'lock.mdb']) chmodSync(join(folder, file), 0o600)
  return tables
}

export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
}

// ---- encodings: six bytes of revision, three of sub ----

export const positionBytes = 9
const writeMain = (target: Buffer, at: number, main: number) => {
  target.writeUInt16BE(Math.floor(main / 0x1_0000_0000), at)
  target.writeUInt32BE(main % 0x1_0000_0000, at + 2)
}
const readMain = (source: Buffer, at: number): number => source.readUInt16BE(at) * 0x1_0000_0000 + source.readUInt32BE(at + 2)
const writePosition = (target: Buffer, at: number, { main, sub }: Position) => {
  writeMain(target, at, main)
  target.writeUIntBE(sub, at + 6, 3)
}
const readPosition = (source: Buffer, at: number): Position => ({ main: readMain(source, at), sub: source.readUIntBE(at + 6, 3) })

export function logKey(position: Position, into: Buffer = Buffer.allocUnsafe(positionBytes)): Buffer {
  writePosition(into, 0, position)
  return into
}
export const positionOfLogKey = (key: Uint8Array): Position => readPosition(Buffer.from(key.buffer, key.byteOffset, key.length), 0)

export function encodeNumber(value: number): Buffer {
  const out = Buffer.allocUnsafe(8)
  out.writeDoubleBE(value)
  return out
}
export const decodeNumber = (bytes: Uint8Array | undefined): number =>
  bytes === undefined ? 0 : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0)

export function encodePosition(position: Position): Buffer {
  return logKey(position)
}

const headBytes = 29
export function encodeHead(head: Head): Buffer {
  const out = Buffer.allocUnsafe(headBytes)
  writePosition(out, 0, head)
  writeMain(out, 9, head.create)
  writeMain(out, 15, head.version)
  out.writeDoubleBE(head.lease, 21)
  return out
}
export function decodeHead(source: Buffer): Head {
  return {
    main: readMain(source, 0),
    sub: source.readUIntBE(6, 3),
    create: readMain(source, 9),
    version: readMain(source, 15),
    lease: source.readDoubleBE(21),
  }
}

/** flags, key length, position before, create, version, lease; then key and value. */
const recordHead = 1 + 2 + 9 + 6 + 6 + 8
export function encodeRecord(deleted: boolean, key: string, head: Head, before: Position, value: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(recordHead + key.length + value.length)
  out[0] = deleted ? 1 : 0
  out.writeUInt16BE(key.length, 1)
  writePosition(out, 3, before)
  writeMain(out, 12, head.create)
  writeMain(out, 18, head.version)
  out.writeDoubleBE(head.lease, 24)
  out.write(key, recordHead, 'latin1')
  out.set(value, recordHead + key.length)
  return out
}

const noValue = new Uint8Array(0)
const copyOut = Uint8Array.prototype.slice

/** Reads the record at `position`; undefined when compaction took it. `source` of LMDB is overwritten by its next read: the value is copied. */
export function readRecord(tables: Tables, position: Position, transaction: Transaction, withValue: boolean): LogRecord | undefined {
  // The types leave out that getBinaryFast takes the same options as get.
  const get = tables.log.getBinaryFast as (key: Uint8Array, options: { transaction: Transaction }) => Buffer | undefined
  const source = get.call(tables.log, logKey(position, scratch), { transaction })
  return source && decodeRecord(source, position, source.length, withValue)
}
const scratch = Buffer.allocUnsafe(positionBytes)

export function decodeRecord(source: Buffer, position: Position, size: number, withValue: boolean): LogRecord {
  const keyEnd = recordHead + source.readUInt16BE(1)
  return {
    deleted: source[0] === 1,
    key: source.toString('latin1', recordHead, keyEnd),
    head: {
      main: position.main,
      sub: position.sub,
      create: readMain(source, 12),
      version: readMain(source, 18),
      lease: source.readDoubleBE(24),
    },
    before: readPosition(source, 3),
    value: withValue ? (copyOut.call(source, keyEnd, size) as Uint8Array) : noValue,
  }
}

export function readHead(tables: Tables, key: string, transaction: Transaction): Head | undefined {
  if (key.length > maxKeyBytes || key.length === 0) return undefined
  const get = tables.live.getBinaryFast as (key: string, options: { transaction: Transaction }) => Buffer | undefined
  const source = get.call(tables.live, key, { transaction })
  return source && decodeHead(source)
}
export function readDeath(tables: Tables, key: string, transaction: Transaction): Position | undefined {
  if (key.length > maxKeyBytes || key.length === 0) return undefined
  const get = tables.dead.getBinaryFast as (key: string, options: { transaction: Transaction }) => Buffer | undefined
  const source = get.call(tables.dead, key, { transaction })
  return source && readPosition(source, 0)
}
export const decodePosition = (source: Buffer): Position => readPosition(source, 0)
