/**
 * From a stranger's JSON to an API object in canonical form, in one walk that is compiled once for each type: what the
 * type does not know is dropped and named, nulls, empty lists and zeros of plain fields go (Go's `omitempty`), formats
 * are checked and normalised, and the defaults of the tables are filled in. Fields come out in the table's order, as
 * Go writes a struct's. Errors carry the texts of Go's decoder, so that a client reads what upstream would tell it.
 */
import type { Field, FieldType, MessageType } from '../schema/schema.ts'
import { canonicalBase64, canonicalMicroTime, canonicalTime } from './formats.ts'
import { DecodeError, duplicateFields, type ParsedJson, parseJson } from './json.ts'
import { formatQuantity, rewriteQuantity, roundUpToMilli } from './quantity.ts'
import { typeById } from './registry.ts'

export type Json = Record<string, unknown>

export interface Decoded {
  /** New and not yet shared: whoever decoded it may still change it. */
  readonly object: Json
  /** What strict field validation refuses: `unknown field "spec.foo"`, `duplicate field "spec.bar"`. */
  readonly strict: readonly string[]
}

/** Reads JSON bytes as an object of a type; without a type (custom resources) the object is as it was sent. Throws DecodeError. */
export function decodeObject(bytes: Uint8Array, type: MessageType | undefined): Decoded {
  return decodeParsed(parseJson(bytes), type)
}

/** The second half of `decodeObject`, for those who looked at the kind first. */
export function decodeParsed({ value, keys, text }: ParsedJson, type: MessageType | undefined): Decoded {
  const decoded = decodeValue(value, type)
  return decoded.keys === keys
    ? decoded
    : { ...decoded, strict: [...duplicateFields(text).map((path) => `duplicate field "${path}"`), ...decoded.strict] }
}

/** Decodes a parsed value, which is changed in the course; counts the object keys it met. */
export function decodeValue(value: unknown, type: MessageType | undefined): Decoded & { readonly keys: number } {
  if (type) return walkFrom(value, type, true)
  if (!isObject(value)) throw mismatch(value, 'map[string]interface {}')
  return { object: value, strict: [], keys: countKeys(value) }
}

/**
 * Brings a value that is no body (an object merged by a patch, one read from protobuf) into canonical form, with the
 * tables' defaults. The value is not changed; messages and lists of the answer are new, maps may be the value's.
 */
export function normalize(type: MessageType, value: unknown): Decoded {
  return walkFrom(value, type, false)
}

function walkFrom(value: unknown, type: MessageType, owned: boolean): Decoded & { readonly keys: number } {
  const walk: Walk = { path: [], strict: [], keys: 0, owned }
  return { object: decodeMessage(compile(type), value, walk, undefined), strict: walk.strict, keys: walk.keys }
}

/** The apiVersion and kind of a body, before its type is known; absent ones are empty. Throws DecodeError. */
export function typeMeta(value: unknown): { apiVersion: string; kind: string } {
  const prefix = "couldn't get version/kind; json parse error: json: cannot unmarshal "
  const struct = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
  if (value === null) return { apiVersion: '', kind: '' }
  if (!isObject(value)) throw new DecodeError(`${prefix}${jsonKind(value)} into Go value of type ${struct}`)
  const text = (field: 'apiVersion' | 'kind'): string => {
    const at = value[field] ?? ''
    if (typeof at !== 'string') throw new DecodeError(`${prefix}${jsonKind(at)} into Go struct field .${field} of type string`)
    return at
  }
  return { apiVersion: text('apiVersion'), kind: text('kind') }
}

/** What one walk carries. The path is for messages: field names as they are, `[0]` for elements, `\0key` for keys of maps. */
interface Walk {
  readonly path: string[]
  readonly strict: string[]
  keys: number
  /** The value is nobody else's: its lists and maps may be changed where they stand. */
  readonly owned: boolean
}

interface Compiled {
  readonly type: MessageType
  readonly fields: readonly CompiledField[]
  readonly byName: ReadonlyMap<string, CompiledField>
}
interface CompiledField {
  readonly index: number
  readonly name: string
  readonly owner: string
  readonly decode: Decoder
  /** What an absent field gets; undefined: it stays absent. */
  readonly fill: ((walk: Walk) => unknown) | undefined
}
/** Returns undefined for a value that is not worth keeping. */
type Decoder = (value: unknown, walk: Walk, field: CompiledField) => unknown

const compiled = new WeakMap<MessageType, Compiled>()

function compile(type: MessageType): Compiled {
  const have = compiled.get(type)
  if (have) return have
  const fields: CompiledField[] = []
  const byName = new Map<string, CompiledField>()
  const made: Compiled = { type, fields, byName }
  compiled.set(type, made)
  const add = (name: string, decode: Decoder, fill?: CompiledField['fill']): void => {
    const field: CompiledField = { index: fields.length, name, owner: type.name, decode, fill }
    fields.push(field)
    byName.set(name, field)
  }
  if (type.object) for (const name of ['kind', 'apiVersion']) add(name, plain.string)
  for (const field of flatten(type)) add(field.name, fieldDecoder(field, type.table.name), filler(field))
  return made
}

/** A type's fields as JSON has them: those of embedded structs stand among their parent's. */
export function flatten(type: MessageType): Field[] {
  return type.fields.flatMap((field) => (field.inline && field.type.kind === 'message' ? flatten(typeById(field.type.name)) : [field]))
}

function filler(field: Field): CompiledField['fill'] {
  const { default: value, type } = field
  if (value === undefined) return undefined
  if (type.kind === 'message' && isObject(value)) {
    let message: Compiled | undefined
    return (walk) => {
      message ??= compile(typeById(type.name))
      const { keys } = walk
      const made = decodeMessage(message, value, walk, undefined)
      walk.keys = keys
      return made
    }
  }
  return typeof value === 'object' && value !== null ? () => structuredClone(value) : () => value
}

function decodeMessage(message: Compiled, input: unknown, walk: Walk, field: CompiledField | undefined): Json {
  if (!isObject(input)) {
    throw mismatch(input, goName(message.type), walk, field, '', true)
  }
  const { fields, byName } = message
  const values: unknown[] = new Array(fields.length)
  for (const key in input) {
    walk.keys++
    const at = byName.get(key)
    const value = input[key]
    if (at === undefined) {
      walk.keys += countKeys(value)
      walk.strict.push(`unknown field "${walk.path.length === 0 ? key : `${strictPath(walk.path)}.${key}`}"`)
    } else if (value !== null && value !== undefined) values[at.index] = at.decode(value, walk, at) // undefined: from this process, not from JSON
  }
  const output: Json = {}
  for (let i = 0; i < values.length; i++) {
    let value = values[i]
    if (value === undefined) {
      const { fill } = fields[i] as CompiledField
      if (fill === undefined) continue
      value = fill(walk)
    }
    output[(fields[i] as CompiledField).name] = value
  }
  return output
}

function fieldDecoder(field: Field, table: string): Decoder {
  const { type } = field
  switch (type.kind) {
    case 'scalar':
      return (field.pointer ? kept : plain)[type.name]
    case 'message': {
      const target = typeById(type.name)
      if (target.union) return unionDecoder(target, (choice) => fieldDecoder(choice, target.table.name))
      const decode = lazyMessage(type.name)
      return (value, walk, at) => {
        walk.path.push(at.name)
        const message = decode(value, walk, at)
        walk.path.pop()
        return message
      }
    }
    case 'list': {
      const decode = listDecoder(type)
      return field.pointer ? (value, walk, at) => decode(value, walk, at) ?? [] : decode
    }
    case 'map':
      return mapDecoder(type, table)
  }
}

/** Types may contain themselves: a decoder is made when it is first needed. */
function lazy(make: () => Decoder): Decoder {
  let decode: Decoder | undefined
  return (value, walk, at) => {
    decode ??= make()
    return decode(value, walk, at)
  }
}
const lazyMessage = (id: string): Decoder => lazy(() => messageDecoder(typeById(id)))

function messageDecoder(type: MessageType): Decoder {
  if (type.union) return unionDecoder(type, (field) => valueDecoder(field.type))
  const message = compile(type)
  return (value, walk, at) => decodeMessage(message, value, walk, at)
}

/** The JSON form decides which field of the union is meant; when none fits, the error speaks of the first. */
function unionDecoder(type: MessageType, decoder: (field: Field) => Decoder): Decoder {
  const choices = type.fields.map((field) => ({ kind: unionKind(field.type), decode: lazy(() => decoder(field)) }))
  return (value, walk, at) => {
    const kind = jsonKind(value)
    const choice = choices.find((c) => c.kind === kind || c.kind === 'any') ?? choices[0]
    return choice?.decode(value, walk, at)
  }
}
/** The JSON kind that a field of a union has. */
export function unionKind(type: FieldType): string {
  if (type.kind === 'list') return 'array'
  if (type.kind !== 'scalar') return 'object'
  return type.name === 'bool' ? 'bool' : type.name === 'JSON' ? 'any' : 'string'
}

/** Decodes an element of a list or a map: zeros and empty things stay. */
function valueDecoder(type: FieldType): Decoder {
  switch (type.kind) {
    case 'scalar':
      return kept[type.name]
    case 'message':
      return lazyMessage(type.name)
    case 'list': {
      const decode = listDecoder(type)
      return (value, walk, at) => decode(value, walk, at) ?? []
    }
    case 'map': {
      const decode = mapDecoder(type)
      return (value, walk, at) => decode(value, walk, at) ?? {}
    }
  }
}

/** Parsed lists are kept and their elements replaced where they stand. */
function listDecoder(type: FieldType & { kind: 'list' }): Decoder {
  const decode = valueDecoder(type.of)
  const deep = type.of.kind !== 'scalar'
  const name = goTypeName(type)
  return (value, walk, at) => {
    if (!Array.isArray(value)) throw mismatch(value, name, walk, at)
    if (value.length === 0) return undefined
    const list: unknown[] = walk.owned ? value : value.slice()
    if (deep) walk.path.push(at.name, '')
    for (let i = 0; i < list.length; i++) {
      if (deep) walk.path[walk.path.length - 1] = `[${i}]`
      const element = list[i]
      list[i] = element === null ? zero(type.of, decode, walk, at) : decode(element, walk, at)
    }
    if (deep) walk.path.length -= 2
    return list
  }
}

function zero(type: FieldType, decode: Decoder, walk: Walk, at: CompiledField): unknown {
  if (type.kind === 'message') return decode({}, walk, at)
  if (type.kind !== 'scalar' || type.name === 'JSON') return null
  return type.name === 'string' || type.name === 'bytes' ? '' : type.name === 'bool' ? false : type.name === 'Quantity' ? '0' : 0
}

/** Maps keep the parsed object where its keys stand in order, as Go writes them; else a sorted one is made. */
function mapDecoder(type: FieldType & { kind: 'map' }, table = ''): Decoder {
  const resources = isResourceList(type, table)
  const decode = resources ? resourceAmount : valueDecoder(type.of)
  const deep = type.of.kind !== 'scalar'
  const name = resources ? 'v1.ResourceList' : goTypeName(type)
  return (value, walk, at) => {
    if (!isObject(value)) throw mismatch(value, name, walk, at)
    let map = value
    let previous: string | undefined
    let sorted = true
    if (deep) walk.path.push(at.name, '')
    for (const key in value) {
      walk.keys++
      if (deep) walk.path[walk.path.length - 1] = `\0${key}`
      const element = value[key]
      const made = element === null ? zero(type.of, decode, walk, at) : decode(element, walk, at)
      if (made !== element) {
        if (map === value && !walk.owned) map = { ...value }
        setOwn(map, key, made)
      }
      if (previous !== undefined && previous > key) sorted = false
      previous = key
    }
    if (deep) walk.path.length -= 2
    if (previous === undefined) return undefined
    return sorted ? map : sortKeys(map)
  }
}

/** In these tables every map of quantities is Go's core ResourceList. */
const isResourceList = (type: FieldType & { kind: 'map' }, table: string): boolean =>
  type.of.kind === 'scalar' && type.of.name === 'Quantity' && (table === 'core.v1' || table === 'node.v1')

function sortKeys(value: Json): Json {
  const made: Json = {}
  for (const key of Object.keys(value).sort()) setOwn(made, key, value[key])
  return made
}

/** A key of a stranger may be called `__proto__`; assignment would then set the prototype. */
function setOwn(object: Json, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}

type ScalarName = (FieldType & { kind: 'scalar' })['name']

const string: Decoder = (value, walk, at) => {
  if (typeof value !== 'string') throw mismatch(value, 'string', walk, at)
  return value
}
const bool: Decoder = (value, walk, at) => {
  if (typeof value !== 'boolean') throw mismatch(value, 'bool', walk, at)
  return value
}
const integer =
  (name: string, min: number, max: number): Decoder =>
  (value, walk, at) => {
    if (typeof value !== 'number') throw mismatch(value, name, walk, at)
    if (!Number.isInteger(value) || value < min || value > max) throw mismatch(value, name, walk, at, ` ${numberText(value)}`)
    return value
  }
const float: Decoder = (value, walk, at) => {
  if (typeof value !== 'number') throw mismatch(value, 'float64', walk, at)
  return value
}
const formatted =
  (canonical: (text: string) => string, name = 'string'): Decoder =>
  (value, walk, at) => {
    if (typeof value !== 'string') throw mismatch(value, name, walk, at)
    return canonical(value)
  }
const quantity: Decoder = (value) => parsed(value, rewriteQuantity)
/** Amounts of a core ResourceList are rounded up to thousandths by its defaulting, and so always canonical. */
const resourceAmount: Decoder = (value) => {
  if (typeof value !== 'string') return parsed(value, roundedUp)
  const known = amounts.get(value)
  if (known !== undefined) return known
  const made = parsed(value, roundedUp)
  if (value.length <= 16) {
    if (amounts.size >= 4096) amounts.clear()
    amounts.set(value, made)
  }
  return made
}
const amounts = new Map<string, string>()
const roundedUp = (text: string): string => formatQuantity(roundUpToMilli(text))
function parsed(value: unknown, rewrite: (text: string) => string): string {
  try {
    // Go hands the raw text of whatever stands there to the parser.
    return rewrite(typeof value === 'string' ? value : JSON.stringify(value))
  } catch (error) {
    throw new DecodeError((error as Error).message)
  }
}
const int32 = integer('int32', -(2 ** 31), 2 ** 31 - 1)
const intOrString: Decoder = (value, walk, at) => (typeof value === 'string' ? value : int32(value, walk, at))
const opaque: Decoder = (value, walk) => {
  // Keys are counted to find the repeated ones of a body; an object that is no body has none.
  if (walk.owned) walk.keys += countKeys(value)
  return value
}
const opaqueObject: Decoder = (value, walk, at) => {
  if (!isObject(value)) throw mismatch(value, 'map[string]interface {}', walk, at)
  return opaque(value, walk, at)
}

/** Scalars behind a pointer, and elements: what was given stays. */
const kept: Readonly<Record<ScalarName, Decoder>> = {
  string,
  bool,
  int32,
  int64: integer('int64', -(2 ** 63), 2 ** 63 - 1),
  uint32: integer('uint32', 0, 2 ** 32 - 1),
  uint64: integer('uint64', 0, 2 ** 64 - 1),
  double: float,
  float,
  bytes: formatted(canonicalBase64, '[]uint8'),
  Time: formatted(canonicalTime),
  MicroTime: formatted(canonicalMicroTime),
  Duration: string,
  Quantity: quantity,
  IntOrString: intOrString,
  RawExtension: opaque,
  FieldsV1: opaqueObject,
  JSON: opaque,
}

const dropZero =
  (decode: Decoder): Decoder =>
  (value, walk, at) => {
    const made = decode(value, walk, at)
    return made === '' || made === 0 || made === false ? undefined : made
  }
/** Plain scalars: a zero is as good as nothing (`omitempty`). */
const plain: Readonly<Record<ScalarName, Decoder>> = {
  ...kept,
  string: dropZero(kept.string),
  bool: dropZero(kept.bool),
  int32: dropZero(kept.int32),
  int64: dropZero(kept.int64),
  uint32: dropZero(kept.uint32),
  uint64: dropZero(kept.uint64),
  double: dropZero(kept.double),
  float: dropZero(kept.float),
  bytes: dropZero(kept.bytes),
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) for (const element of value) count += countKeys(element)
  else for (const key in value) count += 1 + countKeys((value as Json)[key])
  return count
}

function jsonKind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
function numberText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) >= 1e21 ? BigInt(value).toString() : String(value)
}

/** Go's UnmarshalTypeError: the struct that holds the field, then the way there without indexes and keys. `entered`: the path ends in the field already. */
function mismatch(value: unknown, type: string, walk?: Walk, field?: CompiledField, literal = '', entered = false): DecodeError {
  const what = `json: cannot unmarshal ${jsonKind(value)}${literal} into Go`
  if (!field) return new DecodeError(`${what} value of type ${type}`)
  const names = (walk?.path ?? []).filter((part) => !part.startsWith('[') && !part.startsWith('\0'))
  if (!entered) names.push(field.name)
  return new DecodeError(`${what} struct field ${field.owner}.${names.join('.')} of type ${type}`)
}

function strictPath(path: readonly string[]): string {
  let text = ''
  for (const part of path) {
    if (part.startsWith('[')) text += part
    else text += (text === '' ? '' : '.') + (part.startsWith('\0') ? part.slice(1) : part)
  }
  return text
}

function goName(type: MessageType): string {
  return `${type.table.version}.${type.name}`
}
const goScalars: Readonly<Partial<Record<ScalarName, string>>> = {
  double: 'float64',
  bytes: '[]uint8',
  Time: 'v1.Time',
  MicroTime: 'v1.MicroTime',
  JSON: 'v1.JSON',
}
function goTypeName(type: FieldType): string {
  switch (type.kind) {
    case 'message':
      return goName(typeById(type.name))
    case 'list':
      return `[]${goTypeName(type.of)}`
    case 'map':
      return `map[string]${goTypeName(type.of)}`
    case 'scalar':
      return goScalars[type.name] ?? type.name
  }
}
