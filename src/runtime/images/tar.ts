/**
 * Reads tar archives as a stream of bytes is pushed in: ustar, PAX (POSIX.1-2001), GNU long names and all GNU forms of
 * sparse files. Everything is synchronous, so that a reader of layers can write files between two pushes; and every
 * length that the archive claims is bounded before it is believed.
 */

export type TarType = 'file' | 'link' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo'
export interface TarEntry {
  readonly name: string
  readonly type: TarType
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Of the file once it is written; more than what is stored when it is sparse. */
  readonly size: number
  /** Seconds, with a fraction when PAX tells one. */
  readonly mtime: number
  readonly linkName: string
  readonly major: number
  readonly minor: number
  readonly xattrs: ReadonlyMap<string, Buffer>
}
export interface TarHandler {
  /** Of a regular file, `data` follows until `end`. */
  entry(entry: TarEntry): void
  /** `offset` is where the bytes belong in the file: it jumps over the holes of a sparse file. */
  data(chunk: Buffer, offset: number): void
  end(): void
}
export interface TarReader {
  push(chunk: Buffer): void
  /** Call once after the last byte: throws when the archive ends in the middle of an entry. */
  finish(): void
}

export class TarError extends Error {}

const maxHeaderBytes = 1 << 20
const maxSparseRuns = 1 << 20

interface Pending {
  entry: TarEntry
  /** Bytes of the entry that are still to come, and the padding after them. */
  left: number
  padding: number
  /** Sparse: the runs of bytes that are stored, as [offset, length] in turn. */
  runs: [number, number][] | undefined
  run: number
  offset: number
}

export function createTarReader(handler: TarHandler): TarReader {
  let rest: Buffer = Buffer.alloc(0)
  let state: 'header' | 'meta' | 'sparse' | 'sparse-map' | 'data' | 'padding' | 'done' = 'header'
  let pending: Pending | undefined
  let skip = 0
  let zeroBlocks = 0
  let global = new Map<string, Buffer>()
  let local = new Map<string, Buffer>()
  let longName: string | undefined
  let longLink: string | undefined
  let meta: { type: string; size: number } | undefined

  const begin = (entry: TarEntry, stored: number, runs: [number, number][] | undefined) => {
    pending = { entry, left: stored, padding: (512 - (stored % 512)) % 512, runs, run: 0, offset: runs?.[0]?.[0] ?? 0 }
    if (runs) checkRuns(runs, stored, entry)
    handler.entry(entry)
    state = 'data'
  }

  const header = (block: Buffer) => {
    if (isZero(block)) {
      if (++zeroBlocks === 2) state = 'done'
      return
    }
    zeroBlocks = 0
    verifyChecksum(block)
    const type = String.fromCharCode(block[156] as number)
    const size = number(block, 124, 12)
    if (size < 0 || !Number.isSafeInteger(size)) throw new TarError(`a tar entry claims a size of ${size} bytes`)
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > maxHeaderBytes) throw new TarError(`a tar header of ${size} bytes is larger than ${maxHeaderBytes}`)
      meta = { type, size }
      state = 'meta'
      return
    }
    const attributes = new Map([...global, ...local])
    const text = (key: string) => attributes.get(key)?.toString('utf8')
    const whole = (key: string) => (attributes.has(key) ? decimal(text(key) as string, key) : undefined)
    const stored = whole('size') ?? size
    const kind = typeOf(type)
    const prefix = block.toString('latin1', 257, 262) === 'ustar' && block[262] === 0 ? cString(block, 345, 155) : ''
    const short = cString(block, 0, 100)
    const name = text('GNU.sparse.name') ?? text('path') ?? longName ?? (prefix ? `${prefix}/${short}` : short)
    const linkName = text('linkpath') ?? longLink ?? cString(block, 157, 100)
    const xattrs = new Map<string, Buffer>()
    for (const [key, value] of attributes) if (key.startsWith('SCHILY.xattr.')) xattrs.set(key.slice(13), value)
    const realSize = type === 'S' ? number(block, 483, 12) : (whole('GNU.sparse.realsize') ?? whole('GNU.sparse.size') ?? stored)
    const isDirectory = kind === 'directory' || (kind === 'file' && name.endsWith('/'))
    const entry: TarEntry = {
      name,
      type: isDirectory ? 'directory' : kind,
      mode: number(block, 100, 8) & 0o7777,
      uid: whole('uid') ?? number(block, 108, 8),
      gid: whole('gid') ?? number(block, 116, 8),
      size: kind === 'file' && !isDirectory ? realSize : 0,
      mtime: attributes.has('mtime') ? seconds(text('mtime') as string) : number(block, 136, 12),
      linkName,
      major: number(block, 329, 8),
      minor: number(block, 337, 8),
      xattrs,
    }
    const map = text('GNU.sparse.map')
    const version1 = text('GNU.sparse.major') === '1'
    local = new Map()
    longName = longLink = undefined
    // A link or a folder with a size has no data in practice; POSIX says to trust the size only of files.
    if (entry.type !== 'file') {
      begin(entry, kind === 'file' || type === 'D' ? stored : 0, undefined)
      return
    }
    if (type === 'S') {
      const runs: [number, number][] = []
      readRuns(block, 386, 4, runs)
      if (block[482] === 1) {
        pending = { entry, left: stored, padding: 0, runs, run: 0, offset: 0 }
        state = 'sparse'
      } else begin(entry, stored, runs)
    } else if (map !== undefined) begin(entry, stored, pairs(map.split(',').map((word) => decimal(word, 'GNU.sparse.map'))))
    else if (version1) {
      pending = { entry, left: stored, padding: 0, runs: [], run: 0, offset: 0 }
      state = 'sparse-map'
    } else begin(entry, stored, undefined)
  }

  /** The sparse map of version 1.0 stands before the data: decimal numbers, one a line, padded to a block. */
  const sparseMap = (): boolean => {
    const { entry, left } = pending as Pending
    const numbers: number[] = []
    let at = 0
    for (let need = 1; numbers.length < need; ) {
      const newline = rest.indexOf(10, at)
      if (newline < 0) {
        if (rest.length > maxHeaderBytes * 16) throw new TarError(`the sparse map of ${entry.name} is too long`)
        return false
      }
      numbers.push(decimal(rest.toString('latin1', at, newline), 'sparse map'))
      if (numbers.length === 1) need = 1 + 2 * (numbers[0] as number)
      if (need > maxSparseRuns) throw new TarError(`the sparse map of ${entry.name} is too long`)
      at = newline + 1
    }
    const used = Math.ceil(at / 512) * 512
    if (rest.length < used) return false
    rest = rest.subarray(used)
    begin(entry, left - used, pairs(numbers.slice(1)))
    return true
  }

  const data = () => {
    const p = pending as Pending
    while (p.left > 0 && rest.length > 0) {
      let take = Math.min(p.left, rest.length)
      const run = p.runs?.[p.run]
      if (run) take = Math.min(take, run[0] + run[1] - p.offset)
      if (take > 0) handler.data(rest.subarray(0, take), p.offset)
      rest = rest.subarray(take)
      p.left -= take
      p.offset += take
      if (run && p.offset >= run[0] + run[1]) {
        p.run++
        p.offset = p.runs?.[p.run]?.[0] ?? p.offset
      }
    }
    if (p.left > 0) return false
    handler.end()
    skip = p.padding
    pending = undefined
    state = 'padding'
    return true
  }

  const step = (): boolean => {
    switch (state) {
      case 'header': {
        if (rest.length < 512) return false
        const block = rest.subarray(0, 512)
        rest = rest.subarray(512)
        header(block)
        return true
      }
      case 'meta': {
        const { type, size } = meta as { type: string; size: number }
        const padded = Math.ceil(size / 512) * 512
        if (rest.length < padded) return false
        const body = Buffer.from(rest.subarray(0, size))
        rest = rest.subarray(padded)
        if (type === 'x') local = paxRecords(body)
        else if (type === 'g') global = new Map([...global, ...paxRecords(body)])
        else if (type === 'L') longName = cString(body, 0, size)
        else longLink = cString(body, 0, size)
        state = 'header'
        return true
      }
      case 'sparse': {
        if (rest.length < 512) return false
        const p = pending as Pending
        const runs = p.runs as [number, number][]
        readRuns(rest, 0, 21, runs)
        const more = rest[504] === 1
        rest = rest.subarray(512)
        if (runs.length > maxSparseRuns) throw new TarError(`the sparse map of ${p.entry.name} is too long`)
        if (!more) begin(p.entry, p.left, runs)
        return true
      }
      case 'sparse-map':
        return sparseMap()
      case 'data':
        return data()
      case 'padding': {
        const take = Math.min(skip, rest.length)
        rest = rest.subarray(take)
        skip -= take
        if (skip > 0) return false
        state = 'header'
        return true
      }
      case 'done':
        rest = Buffer.alloc(0)
        return false
    }
  }

  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      while (step());
    },
    finish() {
      // Writers exist that leave the two closing blocks out; an entry cut in the middle is an error.
      if (state !== 'done' && !(state === 'header' && rest.length === 0)) throw new TarError('the tar archive ends too early')
    },
  }
}

function typeOf(flag: string): TarType {
  switch (flag) {
    case '1':
      return 'link'
    case '2':
      return 'symlink'
    case '3':
      return 'char'
    case '4':
      return 'block'
    case '5':
    case 'D':
      return 'directory'
    case '6':
      return 'fifo'
    case '0':
    case '\0':
    case '7':
    case 'S':
      return 'file'
    default:
      throw new TarError(`a tar entry has the unknown type ${JSON.stringify(flag)}`)
  }
}

function isZero(block: Buffer): boolean {
  for (let i = 0; i < 512; i++) if (block[i] !== 0) return false
  return true
}

function verifyChecksum(block: Buffer): void {
  let sum = 256
  for (let i = 0; i < 148; i++) sum += block[i] as number
  for (let i = 156; i < 512; i++) sum += block[i] as number
  if (sum !== number(block, 148, 8)) throw new TarError('a tar header has a wrong checksum')
}

/** Octal text, or GNU's binary form when the first bit is set. */
function number(block: Buffer, at: number, length: number): number {
  const first = block[at] as number
  if (first & 0x80) {
    let value = BigInt(first & 0x7f)
    if (first & 0x40) value -= 0x80n
    for (let i = 1; i < length; i++) value = value * 256n + BigInt(block[at + i] as number)
    return Number(value)
  }
  let value = 0
  let begun = false
  for (let i = at; i < at + length; i++) {
    const byte = block[i] as number
    if (byte >= 48 && byte <= 55) {
      value = value * 8 + byte - 48
      begun = true
    } else if (begun || (byte !== 32 && byte !== 0)) break
  }
  return value
}

function decimal(text: string, what: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new TarError(`${what} of a tar entry is no number`)
  return value
}
function seconds(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value)) throw new TarError('mtime of a tar entry is no number')
  return value
}

function cString(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at)
  return block.toString('utf8', at, end < 0 || end > at + length ? at + length : end)
}

function paxRecords(body: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>()
  let offset: number | undefined
  const map: number[] = []
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(32, at)
    const length = space < 0 ? Number.NaN : Number(body.toString('latin1', at, space))
    const equals = body.indexOf(61, space)
    if (!(length > 0) || at + length > body.length || equals < 0 || equals >= at + length || body[at + length - 1] !== 10)
      throw new TarError('a PAX header is malformed')
    const key = body.toString('utf8', space + 1, equals)
    const value = body.subarray(equals + 1, at + length - 1)
    // Version 0.0 of GNU's sparse files repeats these two keys, a pair for each run.
    if (key === 'GNU.sparse.offset') offset = decimal(value.toString('latin1'), key)
    else if (key === 'GNU.sparse.numbytes') map.push(offset ?? 0, decimal(value.toString('latin1'), key))
    else records.set(key, value)
    at += length
  }
  if (map.length > 0) records.set('GNU.sparse.map', Buffer.from(map.join(',')))
  return records
}

function readRuns(block: Buffer, at: number, count: number, runs: [number, number][]): void {
  for (let i = 0; i < count; i++, at += 24) {
    if (block[at] === 0) return
    runs.push([number(block, at, 12), number(block, at + 12, 12)])
  }
}
function pairs(numbers: number[]): [number, number][] {
  const runs: [number, number][] = []
  for (let i = 0; i + 1 < numbers.length; i += 2) runs.push([numbers[i] as number, numbers[i + 1] as number])
  return runs
}
function checkRuns(runs: readonly [number, number][], stored: number, entry: TarEntry): void {
  let end = 0
  let total = 0
  for (const [offset, length] of runs) {
    if (offset < end || length < 0 || offset + length > entry.size) throw new TarError(`the sparse map of ${entry.name} is malformed`)
    end = offset + length
    total += length
  }
  if (total !== stored) throw new TarError(`the sparse map of ${entry.name} does not add up to what is stored`)
}
