/**
 * The protobuf codec, read from the message tables: one encoder and one decoder per type, compiled to closures when
 * first used. Two forms of the decoded object are known. `proto3` is plain gRPC (CRI, etcd): bytes are Uint8Array and
 * a scalar, list or map that was not sent has its zero. `json` is the Kubernetes API (gogo proto2): the object is the
 * one that JSON shows, so bytes are base64, times are RFC 3339, and a zero that Go's `omitempty` drops is left out.
 *
 * int64 and uint64 are numbers within ±2^53 and, in `proto3`, bigint beyond. Unknown fields and unexpected wire types
 * are skipped; anything that is no protobuf throws ProtobufError.
 */
import type { Field, FieldType, MessageType, Scalar } from './schema.ts'

export class ProtobufError extends Error {}

export interface Codec<T = unknown> {
  encode(value: T): Buffer
  /** `bytes` is never kept: what comes out owns its memory. */
  decode(bytes: Uint8Array): T
}

export interface CodecOptions {
  /** Finds the type with an id such as `core.v1.Pod`; throws when there is none. */
  readonly resolve: (id: string) => MessageType
  readonly form: 'proto3' | 'json'
  /** How deep messages may nest. Default 100, as protobuf's own readers. */
  readonly maxDepth?: number
}

/** Codecs by type id, compiled on first use and kept. */
export function createCodecs(options: CodecOptions): (id: string) => Codec {
  const { resolve, form, maxDepth = 100 } = options
  const compile = createCompiler(resolve, form, maxDepth)
  const codecs = new Map<string, Codec>()
  return (id) => {
    const have = codecs.get(id)
    if (have) return have
    const message = compile(id)
    const codec: Codec = {
      encode(value) {
        const writer = takeWriter()
        try {
          message.write(writer, value, 0)
          return writer.finish()
        } finally {
          releaseWriter(writer)
        }
      },
      decode(bytes) {
        const reader: Reader = createReader(bytes)
        return message.read(reader, bytes.length, 0)
      },
    }
    codecs.set(id, codec)
    return codec
  }
}

/** How a type that is a message on the wire is written and read. `read` stops at `end`. */
interface Message {
  write(writer: Writer, value: unknown, depth: number): void
  read(reader: Reader, end: number, depth: number): unknown
}
/** A value with one wire type: a scalar, or a message behind its length. */
interface Value {
  readonly wire: number
  write(writer: Writer, value: unknown, depth: number): void
  read(reader: Reader, depth: number): unknown
  /** What proto3 leaves out and an absent field is read as. */
  readonly zero: unknown
  readonly isZero: (value: unknown) => boolean
}

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

function createCompiler(resolve: (id: string) => MessageType, form: 'proto3' | 'json', maxDepth: number): (id: string) => Message {
  const messages = new Map<string, Message>()
  const json = form === 'json'

  const compile = (id: string): Message => {
    const have = messages.get(id)
    if (have) return have
    // Types refer to themselves (JSONSchemaProps): the entry is there before its fields are compiled.
    const message: { -readonly [K in keyof Message]: Message[K] } = {
      write: (w, v, d) => made().write(w, v, d),
      read: (r, e, d) => made().read(r, e, d),
    }
    messages.set(id, message)
    let real: Message | undefined
    const made = (): Message => {
      real ??= (json && jsonShape(id, compile)) || compileMessage(resolve(id))
      message.write = real.write
      message.read = real.read
      return real
    }
    return message
  }

  const compileMessage = (type: MessageType): Message => {
    const compiled = type.fields.map(compileField)
    const readers: (FieldReader | undefined)[] = []
    const sparse = new Map<number, FieldReader>()
    for (const field of compiled) {
      if (field.number < 1000) readers[field.number] = field.read
      else sparse.set(field.number, field.read)
    }
    const writers = compiled.toSorted((a, b) => a.number - b.number).map((f) => f.write)
    const fill = json ? [] : compiled.filter((f) => f.zero !== undefined)
    return {
      write(writer, value, depth) {
        if (value === null || typeof value !== 'object') throw new ProtobufError(`${type.id} is an object, not ${describe(value)}`)
        if (depth > maxDepth) throw new ProtobufError(`${type.id} is nested deeper than ${maxDepth} messages`)
        const object = value as Record<string, unknown>
        for (const write of writers) write(writer, object, depth)
      },
      read(reader, end, depth) {
        if (depth > maxDepth) throw new ProtobufError(`${type.id} is nested deeper than ${maxDepth} messages`)
        const object: Record<string, unknown> = {}
        for (const field of fill) object[field.name] = field.zero!()
        while (reader.at < end) {
          const tag = reader.uint32()
          const number = tag >>> 3
          const read = number < 1000 ? readers[number] : sparse.get(number)
          if (read === undefined || !read(reader, object, tag & 7, depth)) skip(reader, tag, 0)
        }
        if (reader.at !== end) throw new ProtobufError(`${type.id} ends in the middle of a field`)
        return object
      },
    }
  }

  /** Reads one field into `object`; false when the wire type is not the field's. */
  type FieldReader = (reader: Reader, object: Record<string, unknown>, wire: number, depth: number) => boolean
  interface FieldCodec {
    readonly number: number
    readonly name: string
    readonly zero?: () => unknown
    readonly read: FieldReader
    readonly write: (writer: Writer, object: Record<string, unknown>, depth: number) => void
  }

  const compileField = (field: Field): FieldCodec => {
    const { number, name, type } = field
    if (type.kind === 'list') return listField(number, name, value(type.of))
    if (type.kind === 'map') return mapField(number, name, value({ kind: 'scalar', name: type.key ?? 'string' }), value(type.of))
    if (type.kind === 'message' && field.inline && json) return inlineField(number, compile(type.name))
    const codec = value(type)
    const tag = tagOf(number, codec.wire)
    const { zero, isZero } = codec
    const message = type.kind === 'message'
    // A pointer or a oneof member tells "given and zero" from "not given"; so does every message.
    const explicit = field.pointer || field.oneof !== undefined || message
    // Go writes a field without `omitempty` even when it is empty, so JSON shows it.
    const dropsZero = json && !explicit && !field.required
    return {
      number,
      name,
      ...(explicit ? {} : { zero: () => zero }),
      read(reader, object, wire, depth) {
        if (wire !== codec.wire) return false
        const read = codec.read(reader, depth)
        if (read === undefined || (dropsZero && isZero(read))) return true
        object[name] = read
        return true
      },
      write(writer, object, depth) {
        const given = object[name]
        if (given === undefined || given === null || (!json && !explicit && isZero(given))) return
        writer.uint32(tag)
        codec.write(writer, given, depth)
      },
    }
  }

  const listField = (number: number, name: string, of: Value): FieldCodec => {
    const packable = of.wire !== BYTES
    const tag = tagOf(number, of.wire)
    const packedTag = tagOf(number, BYTES)
    return {
      number,
      name,
      zero: () => [],
      read(reader, object, wire, depth) {
        if (wire !== of.wire && !(packable && wire === BYTES)) return false
        object[name] ??= []
        const list = object[name] as unknown[]
        if (wire === of.wire) list.push(of.read(reader, depth))
        else for (const end = reader.length() + reader.at; reader.at < end; ) list.push(of.read(reader, depth))
        return true
      },
      write(writer, object, depth) {
        const list = object[name]
        if (list === undefined || list === null) return
        if (!Array.isArray(list)) throw new ProtobufError(`${name} is a list, not ${describe(list)}`)
        if (list.length === 0) return
        // gogo's proto2 does not pack; its readers take both.
        if (packable && !json) {
          writer.uint32(packedTag)
          const start = writer.begin()
          for (const item of list) of.write(writer, item, depth)
          writer.end(start)
          return
        }
        for (const item of list) {
          writer.uint32(tag)
          of.write(writer, item, depth)
        }
      },
    }
  }

  const mapField = (number: number, name: string, key: Value, of: Value): FieldCodec => {
    const tag = tagOf(number, BYTES)
    const keyTag = tagOf(1, key.wire)
    const valueTag = tagOf(2, of.wire)
    return {
      number,
      name,
      zero: () => ({}),
      read(reader, object, wire, depth) {
        if (wire !== BYTES) return false
        const end = reader.length() + reader.at
        let k: unknown
        let v: unknown
        while (reader.at < end) {
          const entry = reader.uint32()
          if (entry === keyTag) k = key.read(reader, depth)
          else if (entry === valueTag) v = of.read(reader, depth)
          else skip(reader, entry, 0)
        }
        if (reader.at !== end) throw new ProtobufError(`${name} ends in the middle of an entry`)
        object[name] ??= {}
        const map = object[name] as Record<string, unknown>
        const property = String(k ?? key.zero)
        const held = v === undefined ? emptyOf(of) : v
        // Assigning to __proto__ would set the prototype instead of a key.
        if (property === '__proto__')
          Object.defineProperty(map, property, { value: held, enumerable: true, writable: true, configurable: true })
        else map[property] = held
        return true
      },
      write(writer, object, depth) {
        const map = object[name]
        if (map === undefined || map === null) return
        if (typeof map !== 'object') throw new ProtobufError(`${name} is a map, not ${describe(map)}`)
        for (const [k, v] of Object.entries(map)) {
          writer.uint32(tag)
          const start = writer.begin()
          writer.uint32(keyTag)
          key.write(writer, key.wire === BYTES ? k : mapKey(k), depth)
          if (v !== undefined && v !== null) {
            writer.uint32(valueTag)
            of.write(writer, v, depth)
          }
          writer.end(start)
        }
      },
    }
  }

  /** A message whose fields are the parent's in JSON (a Go embedded struct). */
  const inlineField = (number: number, message: Message): FieldCodec => {
    const tag = tagOf(number, BYTES)
    return {
      number,
      name: '',
      read(reader, object, wire, depth) {
        if (wire !== BYTES) return false
        Object.assign(object, message.read(reader, reader.length() + reader.at, depth + 1))
        return true
      },
      write(writer, object, depth) {
        const before = writer.at
        writer.uint32(tag)
        const start = writer.begin()
        const body = writer.at
        message.write(writer, object, depth + 1)
        if (writer.at === body) writer.at = before
        else writer.end(start)
      },
    }
  }

  const value = (type: FieldType): Value => {
    if (type.kind === 'scalar') return (json ? jsonScalars[type.name] : undefined) ?? plainScalar(type.name)
    if (type.kind !== 'message') throw new ProtobufError('a list or map cannot stand inside another')
    return messageValue(compile(type.name))
  }

  const emptyOf = (of: Value): unknown => (of.zero === undefined && of.wire === BYTES ? of.read(createReader(zeroByte), 0) : of.zero)

  return compile
}

function messageValue(message: Message): Value {
  return {
    wire: BYTES,
    zero: undefined,
    isZero: () => false,
    write(writer, value, depth) {
      const start = writer.begin()
      message.write(writer, value, depth + 1)
      writer.end(start)
    },
    read: (reader, depth) => message.read(reader, reader.length() + reader.at, depth + 1),
  }
}

const zeroByte = new Uint8Array(1)
const tagOf = (number: number, wire: number): number => ((number << 3) | wire) >>> 0
const describe = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value)
const mapKey = (text: string): unknown => (text === 'true' ? true : text === 'false' ? false : Number(text))

function skip(reader: Reader, tag: number, depth: number): void {
  if (tag >>> 3 === 0) throw new ProtobufError('a field has the number 0')
  switch (tag & 7) {
    case VARINT:
      reader.skipVarint()
      return
    case FIXED64:
      reader.advance(8)
      return
    case BYTES:
      reader.advance(reader.length())
      return
    case FIXED32:
      reader.advance(4)
      return
    case 3: {
      if (depth > 100) throw new ProtobufError('groups are nested too deep')
      for (;;) {
        const inner = reader.uint32()
        if ((inner & 7) === 4) {
          if (inner >>> 3 !== tag >>> 3) throw new ProtobufError('a group ends with another number')
          return
        }
        skip(reader, inner, depth + 1)
      }
    }
    default:
      throw new ProtobufError(`wire type ${tag & 7} is not known`)
  }
}

// ---- scalars ----

const integer = (value: unknown, what: string): number | bigint => {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  if (typeof value === 'bigint') return value
  throw new ProtobufError(`${what} is an integer, not ${typeof value === 'number' ? value : describe(value)}`)
}
const numberIsZero = (value: unknown): boolean => value === 0 || value === 0n

const int = (name: string, read: (reader: Reader) => unknown): Value => ({
  wire: VARINT,
  zero: 0,
  isZero: numberIsZero,
  write: (writer, value) => writer.varint(integer(value, name)),
  read,
})
const plain: Partial<Record<Scalar, Value>> = {
  string: {
    wire: BYTES,
    zero: '',
    isZero: (value) => value === '',
    write(writer, value) {
      if (typeof value !== 'string') throw new ProtobufError(`string expected, not ${describe(value)}`)
      writer.string(value)
    },
    read: (reader) => reader.string(),
  },
  bool: {
    wire: VARINT,
    zero: false,
    isZero: (value) => value === false,
    write: (writer, value) => writer.uint32(value ? 1 : 0),
    read: (reader) => reader.varint(false) !== 0,
  },
  int32: int('int32', (reader) => reader.int32()),
  uint32: int('uint32', (reader) => Number(BigInt.asUintN(32, BigInt(reader.varint(false))))),
  int64: int('int64', (reader) => reader.varint(true)),
  uint64: int('uint64', (reader) => reader.varint(false)),
  double: {
    wire: FIXED64,
    zero: 0,
    isZero: (value) => Object.is(value, 0),
    write: (writer, value) => writer.double(value as number),
    read: (reader) => reader.double(),
  },
  float: {
    wire: FIXED32,
    zero: 0,
    isZero: (value) => Object.is(value, 0),
    write: (writer, value) => writer.float(value as number),
    read: (reader) => reader.float(),
  },
  bytes: {
    wire: BYTES,
    zero: new Uint8Array(0),
    isZero: (value) => (value as Uint8Array).length === 0,
    write(writer, value) {
      if (!(value instanceof Uint8Array)) throw new ProtobufError(`bytes expected, not ${describe(value)}`)
      writer.bytes(value)
    },
    read: (reader) => Buffer.from(reader.view(reader.length())),
  },
}

function plainScalar(name: Scalar): Value {
  const codec = plain[name]
  if (!codec) throw new ProtobufError(`a plain protobuf table has no ${name}`)
  return codec
}

/** A Kubernetes scalar that is a small message on the wire; an empty message reads as `empty`. */
function wrapped(write: (writer: Writer, value: unknown) => void, read: (reader: Reader, end: number) => unknown, empty: unknown): Value {
  return {
    wire: BYTES,
    zero: empty,
    isZero: (value) => value === undefined,
    write(writer, value) {
      const start = writer.begin()
      write(writer, value)
      writer.end(start)
    },
    read(reader) {
      const end = reader.length() + reader.at
      const value = read(reader, end)
      if (reader.at !== end) throw new ProtobufError('a message ends in the middle of a field')
      return value
    },
  }
}

/** Calls `field` with each field's tag; it returns false for one it does not read. */
function eachField(reader: Reader, end: number, field: (tag: number) => boolean): void {
  while (reader.at < end) {
    const tag = reader.uint32()
    if (!field(tag)) skip(reader, tag, 0)
  }
}

const timeScalar = (fractionDigits: 0 | 6): Value =>
  wrapped(
    (writer, value) => {
      const [seconds, nanos] = parseTime(value)
      writer.uint32(0x08)
      writer.varint(seconds)
      writer.uint32(0x10)
      writer.varint(nanos)
    },
    (reader, end) => {
      // Go writes the zero time as an empty message, and an absent one means the same.
      if (reader.at === end) return undefined
      let seconds = 0
      let nanos = 0
      eachField(reader, end, (tag) => {
        if (tag === 0x08) seconds = Number(reader.varint(true))
        else if (tag === 0x10) nanos = reader.int32()
        else return false
        return true
      })
      return formatTime(seconds, nanos, fractionDigits)
    },
    undefined,
  )

/** Raw JSON behind field 1. Bytes that are no JSON (an object nested as protobuf) pass through as they are, both ways. */
const rawJson: Value = wrapped(
  (writer, value) => {
    writer.uint32(0x0a)
    if (value instanceof Uint8Array) writer.bytes(value)
    else writer.string(JSON.stringify(value))
  },
  (reader, end) => {
    let raw: Uint8Array | undefined
    eachField(reader, end, (tag) => {
      if (tag !== 0x0a) return false
      raw = reader.view(reader.length())
      return true
    })
    if (raw === undefined || raw.length === 0) return undefined
    if (raw[0] === 0x6b && raw[1] === 0x38 && raw[2] === 0x73 && raw[3] === 0) return Buffer.from(raw)
    try {
      return JSON.parse(utf8(raw, 0, raw.length)) as unknown
    } catch (cause) {
      throw new ProtobufError('raw JSON does not parse', { cause })
    }
  },
  undefined,
)

const safe = (value: number | bigint): number => Number(value)
const jsonScalars: Partial<Record<Scalar, Value>> = {
  // JSON has no bigint; a reader of JSON would round the same way.
  int64: { ...plain.int64!, read: (reader) => safe(reader.varint(true)) },
  uint64: { ...plain.uint64!, read: (reader) => safe(reader.varint(false)) },
  bytes: {
    wire: BYTES,
    zero: '',
    isZero: (value) => value === '',
    write(writer, value) {
      if (typeof value !== 'string') throw new ProtobufError(`base64 text expected, not ${describe(value)}`)
      writer.bytes(Buffer.from(value, 'base64'))
    },
    read(reader) {
      const view = reader.view(reader.length())
      return Buffer.from(view.buffer, view.byteOffset, view.length).toString('base64')
    },
  },
  Time: timeScalar(0),
  MicroTime: timeScalar(6),
  Duration: wrapped(
    (writer, value) => {
      writer.uint32(0x08)
      writer.varint(parseGoDuration(value))
    },
    (reader, end) => {
      let nanoseconds: number | bigint = 0
      eachField(reader, end, (tag) => {
        if (tag !== 0x08) return false
        nanoseconds = reader.varint(true)
        return true
      })
      return formatGoDuration(BigInt(nanoseconds))
    },
    '0s',
  ),
  Quantity: wrapped(
    (writer, value) => {
      writer.uint32(0x0a)
      writer.string(String(value))
    },
    (reader, end) => {
      let text = ''
      eachField(reader, end, (tag) => {
        if (tag !== 0x0a) return false
        text = reader.string()
        return true
      })
      return text === '' ? '0' : text
    },
    '0',
  ),
  IntOrString: wrapped(
    (writer, value) => {
      const text = typeof value === 'string'
      writer.uint32(0x08)
      writer.uint32(text ? 1 : 0)
      writer.uint32(0x10)
      writer.varint(text ? 0 : integer(value, 'IntOrString'))
      writer.uint32(0x1a)
      writer.string(text ? value : '')
    },
    (reader, end) => {
      let isString = false
      let number = 0
      let text = ''
      eachField(reader, end, (tag) => {
        if (tag === 0x08) isString = reader.varint(true) === 1
        else if (tag === 0x10) number = reader.int32()
        else if (tag === 0x1a) text = reader.string()
        else return false
        return true
      })
      return isString ? text : number
    },
    0,
  ),
  RawExtension: rawJson,
  FieldsV1: rawJson,
  JSON: rawJson,
}

/**
 * Messages whose JSON is no object: Go types with a MarshalJSON of their own. A list behind `items`; a schema, or one
 * of the shapes that JSON schema allows in its place.
 */
function jsonShape(id: string, compile: (id: string) => Message): Message | undefined {
  const schema = () => messageValue(compile(`${id.slice(0, id.lastIndexOf('.'))}.JSONSchemaProps`))
  const either = (second: { tag: number; is: (value: unknown) => boolean; list: boolean; value: () => Value }): Message => ({
    write(writer, value, depth) {
      if (!second.is(value)) {
        if (second.list === false) writeField(writer, 0x08, plain.bool!, true, depth)
        writeField(writer, second.list ? 0x0a : 0x12, schema(), value, depth)
      } else if (second.list) for (const item of value as unknown[]) writeField(writer, second.tag, second.value(), item, depth)
      else writeField(writer, second.tag, second.value(), value, depth)
    },
    read(reader, end, depth) {
      let whole: unknown
      let other: unknown = second.list ? [] : false
      const schemaTag = second.list ? 0x0a : 0x12
      eachField(reader, end, (tag) => {
        if (tag === schemaTag) whole = schema().read(reader, depth)
        else if (tag === second.tag && second.list) (other as unknown[]).push(second.value().read(reader, depth))
        else if (tag === second.tag) other = second.value().read(reader, depth)
        else return false
        return true
      })
      return whole ?? other
    },
  })
  switch (id.slice(id.lastIndexOf('.') + 1)) {
    case 'Verbs':
    case 'ExtraValue':
      return {
        write(writer, value, depth) {
          if (!Array.isArray(value)) throw new ProtobufError(`${id} is a list, not ${describe(value)}`)
          for (const item of value) writeField(writer, 0x0a, plain.string!, item, depth)
        },
        read(reader, end) {
          const list: string[] = []
          eachField(reader, end, (tag) => tag === 0x0a && list.push(reader.string()) > 0)
          return list
        },
      }
    case 'JSONSchemaPropsOrArray':
      return either({ tag: 0x12, is: Array.isArray, list: true, value: schema })
    case 'JSONSchemaPropsOrStringArray':
      return either({ tag: 0x12, is: Array.isArray, list: true, value: () => plain.string! })
    case 'JSONSchemaPropsOrBool':
      return either({ tag: 0x08, is: (v) => typeof v === 'boolean', list: false, value: () => plain.bool! })
    default:
      return undefined
  }
}

function writeField(writer: Writer, tag: number, codec: Value, value: unknown, depth: number): void {
  writer.uint32(tag)
  codec.write(writer, value, depth)
}

// ---- times and durations in Go's words ----

function parseTime(value: unknown): [seconds: number, nanos: number] {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms))
    throw new ProtobufError(`a time is RFC 3339 text, not ${typeof value === 'string' ? JSON.stringify(value) : describe(value)}`)
  const fraction = /\.(\d{1,9})/.exec(value as string)?.[1] ?? ''
  return [Math.floor(ms / 1000), Number(fraction.padEnd(9, '0'))]
}

function formatTime(seconds: number, nanos: number, digits: 0 | 6): string {
  const date = new Date(seconds * 1000)
  // Go's JSON refuses years beyond four digits too.
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 0 || nanos < 0 || nanos > 999_999_999)
    throw new ProtobufError('a time lies outside the years 0 to 9999')
  const whole = date.toISOString().slice(0, 19)
  return digits === 0 ? `${whole}Z` : `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

const goUnits: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** Nanoseconds of a Go duration such as `1h30m0s`. */
function parseGoDuration(value: unknown): bigint {
  if (typeof value !== 'string' || !/^[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(value))
    throw new ProtobufError(
      `a duration is text such as 1h30m0s, not ${typeof value === 'string' ? JSON.stringify(value) : describe(value)}`,
    )
  let total = 0n
  for (const [, whole, fraction = '', unit] of value.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = goUnits[unit as string] as bigint
    total += BigInt(whole || '0') * scale + (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length)
  }
  return value.startsWith('-') ? -total : total
}

/** Go's Duration.String: the largest units first, fractions only in the last. */
function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const n = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const fraction = (amount: bigint, unit: bigint) => {
    const rest = (amount % unit)
      .toString()
      .padStart(unit.toString().length - 1, '0')
      .replace(/0+$/, '')
    return `${amount / unit}${rest === '' ? '' : `.${rest}`}`
  }
  if (n < 1000n) return `${sign}${n}ns`
  if (n < 1_000_000n) return `${sign}${fraction(n, 1000n)}µs`
  if (n < 1_000_000_000n) return `${sign}${fraction(n, 1_000_000n)}ms`
  const hours = n / 3_600_000_000_000n
  const minutes = (n / 60_000_000_000n) % 60n
  const seconds = `${fraction(n % 60_000_000_000n, 1_000_000_000n)}s`
  return `${sign}${hours > 0n ? `${hours}h` : ''}${hours > 0n || minutes > 0n ? `${minutes}m` : ''}${seconds}`
}

// ---- bytes in ----

interface Reader {
  at: number
  uint32(): number
  int32(): number
  /** A 64-bit varint: a number within ±2^53, else a bigint. */
  varint(signed: boolean): number | bigint
  skipVarint(): void
  /** The length before a run of bytes, checked against what is there. */
  length(): number
  advance(count: number): void
  view(count: number): Uint8Array
  string(): string
  double(): number
  float(): number
}

const decoder = new TextDecoder('utf-8', { fatal: true })
function utf8(bytes: Uint8Array, from: number, to: number): string {
  // Most strings are short ASCII names: building them here is faster than a call into the decoder.
  if (to - from < 24) {
    let text = ''
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number
      if (byte > 127) return decode(bytes, from, to)
      text += String.fromCharCode(byte)
    }
    return text
  }
  return decode(bytes, from, to)
}
function decode(bytes: Uint8Array, from: number, to: number): string {
  try {
    return decoder.decode(bytes.subarray(from, to))
  } catch (cause) {
    throw new ProtobufError('a string is not UTF-8', { cause })
  }
}

function createReader(bytes: Uint8Array): Reader {
  const size = bytes.length
  const short = () => new ProtobufError('the message ends in the middle of a field')
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  const reader: Reader = {
    at: 0,
    uint32() {
      const byte = bytes[reader.at] as number
      if (byte < 128) {
        reader.at++
        return byte
      }
      const value = reader.varint(false)
      if (typeof value === 'bigint' || value > 0xffffffff) throw new ProtobufError('a tag or length is larger than 32 bits')
      return value
    },
    int32() {
      const byte = bytes[reader.at] as number
      if (byte < 128) {
        reader.at++
        return byte
      }
      return Number(BigInt.asIntN(32, BigInt(reader.varint(true))))
    },
    varint(signed) {
      let at = reader.at
      let low = 0
      // Up to 49 bits fit a double whole.
      for (let i = 0, scale = 1; i < 7; i++, scale *= 128) {
        if (at >= size) throw short()
        const byte = bytes[at++] as number
        low += (byte & 127) * scale
        if (byte < 128) {
          reader.at = at
          return low
        }
      }
      let high = 0n
      for (let i = 0n; i < 3n; i++) {
        if (at >= size) throw short()
        const byte = bytes[at++] as number
        high |= BigInt(byte & 127) << (7n * i)
        if (byte < 128) {
          reader.at = at
          const whole = BigInt.asUintN(64, (high << 49n) | BigInt(low))
          const value = signed ? BigInt.asIntN(64, whole) : whole
          return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
        }
      }
      throw new ProtobufError('a varint is longer than ten bytes')
    },
    skipVarint() {
      for (let i = 0; i < 10; i++) {
        if (reader.at >= size) throw short()
        if ((bytes[reader.at++] as number) < 128) return
      }
      throw new ProtobufError('a varint is longer than ten bytes')
    },
    length() {
      const count = reader.uint32()
      if (count > size - reader.at) throw short()
      return count
    },
    advance(count) {
      if (count > size - reader.at) throw short()
      reader.at += count
    },
    view(count) {
      reader.at += count
      return bytes.subarray(reader.at - count, reader.at)
    },
    string() {
      const count = reader.length()
      reader.at += count
      return utf8(bytes, reader.at - count, reader.at)
    },
    double() {
      reader.advance(8)
      return view.getFloat64(reader.at - 8, true)
    },
    float() {
      reader.advance(4)
      return view.getFloat32(reader.at - 4, true)
    },
  }
  return reader
}

// ---- bytes out ----

interface Writer {
  at: number
  uint32(value: number): void
  /** A 64-bit varint; a negative number is its two's complement. */
  varint(value: number | bigint): void
  string(value: string): void
  bytes(value: Uint8Array): void
  double(value: number): void
  float(value: number): void
  /** Opens a run whose length is not yet known; `end` writes the length, moving the run only when it needs more than one byte. */
  begin(): number
  end(start: number): void
  finish(): Buffer
}

let spare: Writer | undefined
function takeWriter(): Writer {
  const writer = spare ?? createWriter()
  spare = undefined
  writer.at = 0
  return writer
}
function releaseWriter(writer: Writer): void {
  spare = writer
}

function createWriter(): Writer {
  let buffer = Buffer.allocUnsafeSlow(16_384)
  const reserve = (count: number) => {
    if (writer.at + count <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, writer.at + count))
    buffer.copy(larger, 0, 0, writer.at)
    buffer = larger
  }
  const writer: Writer = {
    at: 0,
    uint32(value) {
      reserve(5)
      while (value > 127) {
        buffer[writer.at++] = (value & 127) | 128
        value >>>= 7
      }
      buffer[writer.at++] = value
    },
    varint(value) {
      if (typeof value === 'number' && value >= 0 && value <= 0xffffffff) {
        writer.uint32(value)
        return
      }
      reserve(10)
      let rest = BigInt.asUintN(64, BigInt(value))
      while (rest > 127n) {
        buffer[writer.at++] = Number(rest & 127n) | 128
        rest >>= 7n
      }
      buffer[writer.at++] = Number(rest)
    },
    string(value) {
      const length = value.length
      if (length < 24) {
        reserve(length + 1)
        let at = writer.at + 1
        for (let i = 0; i < length; i++) {
          const code = value.charCodeAt(i)
          if (code > 127) {
            at = 0
            break
          }
          buffer[at++] = code
        }
        if (at > 0) {
          buffer[writer.at] = length
          writer.at = at
          return
        }
      }
      const count = Buffer.byteLength(value)
      writer.uint32(count)
      reserve(count)
      buffer.write(value, writer.at, count, 'utf8')
      writer.at += count
    },
    bytes(value) {
      writer.uint32(value.length)
      reserve(value.length)
      buffer.set(value, writer.at)
      writer.at += value.length
    },
    double(value) {
      if (typeof value !== 'number') throw new ProtobufError(`double expected, not ${describe(value)}`)
      reserve(8)
      writer.at = buffer.writeDoubleLE(value, writer.at)
    },
    float(value) {
      if (typeof value !== 'number') throw new ProtobufError(`float expected, not ${describe(value)}`)
      reserve(4)
      writer.at = buffer.writeFloatLE(value, writer.at)
    },
    begin() {
      reserve(1)
      return writer.at++
    },
    end(start) {
      const count = writer.at - start - 1
      if (count < 128) {
        buffer[start] = count
        return
      }
      const width = count < 16_384 ? 2 : count < 2_097_152 ? 3 : count < 268_435_456 ? 4 : 5
      reserve(width - 1)
      buffer.copyWithin(start + width, start + 1, writer.at)
      writer.at = start
      writer.uint32(count)
      writer.at += count
    },
    finish() {
      const out = Buffer.allocUnsafe(writer.at)
      buffer.copy(out, 0, 0, writer.at)
      // One huge message must not keep its memory for good.
      if (buffer.length > 1 << 20) buffer = Buffer.allocUnsafeSlow(16_384)
      return out
    },
  }
  return writer
}
