/**
 * CBOR (RFC 8949) as apimachinery speaks it: definite lengths on the way out, text as byte strings, real bytes tagged
 * "later base64" (22), maps sorted, the self-described tag in front. The reader takes what any encoder may send.
 */
import { Buffer } from 'node:buffer'
import type { FieldType, MessageType } from '../schema/schema.ts'
import { flatten, isObject, type Json } from './decode.ts'
import { DecodeError, maxDepth } from './json.ts'
import { typeById } from './registry.ts'

const selfDescribed = Buffer.from([0xd9, 0xd9, 0xf7])
const base64Tag = 22

/** Writes a JSON value; the type tells which texts are base64 of bytes. */
export function encodeCbor(value: unknown, type?: MessageType): Buffer {
  const parts: Buffer[] = [selfDescribed]
  writeValue(parts, value, type ? { kind: 'message', name: type.id } : undefined)
  return Buffer.concat(parts)
}

function head(major: number, size: number): Buffer {
  const first = major << 5
  if (size < 24) return Buffer.from([first | size])
  if (size <= 0xff) return Buffer.from([first | 24, size])
  if (size <= 0xffff) return Buffer.from([first | 25, size >> 8, size & 0xff])
  const buffer = Buffer.alloc(size <= 0xffffffff ? 5 : 9)
  if (size <= 0xffffffff) {
    buffer[0] = first | 26
    buffer.writeUInt32BE(size, 1)
  } else {
    buffer[0] = first | 27
    buffer.writeBigUInt64BE(BigInt(size), 1)
  }
  return buffer
}

function writeValue(parts: Buffer[], value: unknown, type: FieldType | undefined): void {
  if (value === null || value === undefined) parts.push(Buffer.from([0xf6]))
  else if (typeof value === 'boolean') parts.push(Buffer.from([value ? 0xf5 : 0xf4]))
  else if (typeof value === 'number') writeNumber(parts, value)
  else if (typeof value === 'string') {
    const raw = type?.kind === 'scalar' && type.name === 'bytes'
    const bytes = Buffer.from(value, raw ? 'base64' : 'utf8')
    if (raw) parts.push(head(6, base64Tag))
    parts.push(head(2, bytes.length), bytes)
  } else if (Array.isArray(value)) {
    parts.push(head(4, value.length))
    const of = type?.kind === 'list' ? type.of : undefined
    for (const element of value) writeValue(parts, element, of)
  } else if (isObject(value)) writeMap(parts, value, type)
}

function writeNumber(parts: Buffer[], value: number): void {
  if (Number.isSafeInteger(value)) parts.push(value >= 0 ? head(0, value) : head(1, -1 - value))
  else {
    const buffer = Buffer.alloc(9)
    buffer[0] = 0xfb
    buffer.writeDoubleBE(value, 1)
    parts.push(buffer)
  }
}

function writeMap(parts: Buffer[], value: Json, type: FieldType | undefined): void {
  const typeOf = type?.kind === 'message' ? fieldTypes(typeById(type.name)) : undefined
  const entries = Object.entries(value).filter(([, element]) => element !== undefined)
  const keyed = entries.map(([key, element]) => {
    const bytes = Buffer.from(key)
    return { key, element, bytes: Buffer.concat([head(2, bytes.length), bytes]) }
  })
  keyed.sort((a, b) => Buffer.compare(a.bytes, b.bytes))
  parts.push(head(5, keyed.length))
  for (const { key, element, bytes } of keyed) {
    parts.push(bytes)
    writeValue(parts, element, type?.kind === 'map' ? type.of : typeOf?.get(key))
  }
}

const known = new WeakMap<MessageType, ReadonlyMap<string, FieldType>>()
function fieldTypes(type: MessageType): ReadonlyMap<string, FieldType> {
  const have = known.get(type)
  if (have) return have
  const made = new Map(flatten(type).map((field) => [field.name, field.type]))
  known.set(type, made)
  return made
}

/** Reads one value, as JSON would have it. Throws DecodeError. */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader: Reader = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 }
  const value = readValue(reader, 0, false)
  if (reader.at !== bytes.length)
    throw new DecodeError(`cbor: ${bytes.length - reader.at} bytes of extraneous data starting at index ${reader.at}`)
  return value
}

interface Reader {
  readonly bytes: Buffer
  at: number
}
const broken = Symbol('break')

function take(reader: Reader, length: number): Buffer {
  if (length > reader.bytes.length - reader.at) throw new DecodeError('unexpected EOF')
  reader.at += length
  return reader.bytes.subarray(reader.at - length, reader.at)
}

function readArgument(reader: Reader, info: number): number {
  if (info < 24) return info
  if (info === 24) return take(reader, 1).readUInt8()
  if (info === 25) return take(reader, 2).readUInt16BE()
  if (info === 26) return take(reader, 4).readUInt32BE()
  if (info === 27) return Number(take(reader, 8).readBigUInt64BE())
  throw new DecodeError(`cbor: invalid additional information ${info}`)
}

function readValue(reader: Reader, depth: number, base64: boolean): unknown {
  if (depth > maxDepth) throw new DecodeError('cbor: exceeded max nested level')
  const first = take(reader, 1).readUInt8()
  const major = first >> 5
  const info = first & 31
  if (first === 0xff) return broken
  const indefinite = info === 31 && major >= 2 && major <= 5
  const size = indefinite || major === 7 ? -1 : readArgument(reader, info)
  switch (major) {
    case 0:
      return size
    case 1:
      return -1 - size
    case 2:
    case 3:
      return readText(reader, size, major, base64)
    case 4: {
      const list: unknown[] = []
      for (let i = 0; i !== size; i++) {
        const element = readValue(reader, depth + 1, false)
        if (element === broken) return endOf(list, indefinite)
        list.push(element)
      }
      return list
    }
    case 5: {
      const map = new Map<string, unknown>()
      for (let i = 0; i !== size; i++) {
        const key = readValue(reader, depth + 1, false)
        if (key === broken) return endOf(Object.fromEntries(map), indefinite)
        if (typeof key !== 'string') throw new DecodeError('cbor: map keys are strings')
        if (map.has(key)) throw new DecodeError(`cbor: found duplicate map key "${key}" at map element index ${i}`)
        const value = readValue(reader, depth + 1, false)
        if (value === broken) throw new DecodeError('cbor: unexpected "break" code')
        map.set(key, value)
      }
      return Object.fromEntries(map)
    }
    case 6:
      return readValue(reader, depth + 1, size === base64Tag)
    default:
      return readSimple(reader, info)
  }
}
function endOf<T>(value: T, indefinite: boolean): T {
  if (!indefinite) throw new DecodeError('cbor: unexpected "break" code')
  return value
}

function readText(reader: Reader, size: number, major: number, base64: boolean): string {
  if (size >= 0) return take(reader, size).toString(base64 ? 'base64' : 'utf8')
  const chunks: Buffer[] = []
  for (;;) {
    const first = take(reader, 1).readUInt8()
    if (first === 0xff) return Buffer.concat(chunks).toString(base64 ? 'base64' : 'utf8')
    if (first >> 5 !== major || (first & 31) === 31) throw new DecodeError('cbor: wrong element type for indefinite-length string')
    chunks.push(take(reader, readArgument(reader, first & 31)))
  }
}

function readSimple(reader: Reader, info: number): unknown {
  switch (info) {
    case 20:
    case 21:
      return info === 21
    case 22:
    case 23:
      return null
    case 25:
      return half(take(reader, 2).readUInt16BE())
    case 26:
      return take(reader, 4).readFloatBE()
    case 27:
      return take(reader, 8).readDoubleBE()
    default:
      throw new DecodeError(`cbor: invalid simple value ${info}`)
  }
}
function half(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
