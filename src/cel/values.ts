/**
 * Values at run time: int is a bigint, double a number, so that the two never mix; uint, timestamp, duration and type
 * have small classes of their own. JSON that comes from outside is wrapped, not copied: a JsonMap adapts a member when
 * it is asked for.
 */
import { EvaluationError } from './errors.ts'
import { type CelType, formatType } from './types.ts'

export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}
/** Nanoseconds since 1970. */
export class Timestamp {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}
export class Duration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}
export class TypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}
export class Optional {
  readonly value: Value | undefined
  constructor(value?: Value) {
    this.value = value
  }
}
/** A value of a library, such as a quantity. `same` decides `==` with another of the same type. */
export class Opaque<T = unknown> {
  readonly type: string
  readonly value: T
  private readonly same: (other: never) => boolean
  constructor(type: string, value: T, same: (other: T) => boolean) {
    this.type = type
    this.value = value
    this.same = same
  }
  equals(other: unknown): boolean {
    return this.same(other as never)
  }
}
export abstract class MapValue {
  abstract readonly size: number
  /** Undefined when there is no such key. */
  abstract get(key: Value): Value | undefined
  /** `key in map`. */
  has(key: Value): boolean {
    return this.get(key) !== undefined
  }
  abstract keys(): Iterable<Value>
}
/** A list that a schema calls a set, or whose items have keys (x-kubernetes-list-type): the order does not count when two are compared, and `+` adds what is not there. */
export class AssociativeList extends Array<Value> {
  /** The same text for items that are the same one. */
  readonly keyOf: (item: Value) => string
  constructor(items: readonly Value[], keyOf: (item: Value) => string) {
    super()
    for (const item of items) this.push(item)
    this.keyOf = keyOf
  }
  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }
  private byKey(): Map<string, Value> {
    return new Map(this.map((item) => [this.keyOf(item), item]))
  }
  holdsSame(other: readonly Value[]): boolean {
    if (this.length !== other.length) return false
    const mine = this.byKey()
    return other.every((item) => {
      const same = mine.get(this.keyOf(item))
      return same !== undefined && equal(same, item)
    })
  }
  /** What has the same key as an item here takes its place. */
  plus(other: readonly Value[]): AssociativeList {
    const merged = this.byKey()
    for (const item of other) merged.set(this.keyOf(item), item)
    return new AssociativeList([...merged.values()], this.keyOf)
  }
}

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | TypeValue
  | Optional
  | Opaque
  | MapValue
  | readonly Value[]

/** A map that an expression made. Numeric keys that are equal are one key. */
export class MadeMap extends MapValue {
  readonly entries: ReadonlyMap<unknown, readonly [Value, Value]>
  constructor(entries: ReadonlyMap<unknown, readonly [Value, Value]>) {
    super()
    this.entries = entries
  }
  get size(): number {
    return this.entries.size
  }
  get(key: Value): Value | undefined {
    return this.entries.get(mapKey(key))?.[1]
  }
  *keys(): Iterable<Value> {
    for (const [key] of this.entries.values()) yield key
  }
}
export const mapKey = (key: Value): unknown =>
  key instanceof Uint ? key.value : typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : key
export const isMapKey = (key: Value): boolean =>
  typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean' || key instanceof Uint

/** An object of JSON, typed or not. */
export class JsonMap extends MapValue {
  readonly json: Record<string, unknown>
  readonly type: CelType | undefined
  constructor(json: Record<string, unknown>, type: CelType | undefined) {
    super()
    this.json = json
    this.type = type
  }
  get size(): number {
    return Object.keys(this.json).length
  }
  get(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.json, key)) return undefined
    const value = this.json[key]
    if (value === undefined) return undefined
    const { type } = this
    return adapt(value, type?.kind === 'map' ? type.of : type?.kind === 'object' ? type.fields().get(key) : undefined)
  }
  keys(): Iterable<Value> {
    return Object.keys(this.json)
  }
}

/** JSON, or a value already, as a value of the declared type. */
export function adapt(value: unknown, type?: CelType): Value {
  switch (typeof value) {
    case 'number':
      return type?.kind === 'double' || !Number.isInteger(value) ? value : BigInt(value)
    case 'string':
      if (type === undefined || type.kind === 'string') return value
      if (type.kind === 'timestamp') return parseTimestamp(value)
      if (type.kind === 'duration') return parseDuration(value)
      return type.kind === 'bytes' ? Buffer.from(value, 'base64') : value
    case 'object':
      if (value === null) return null
      if (value instanceof AssociativeList) return value
      if (Array.isArray(value)) return value.map((item) => adapt(item, type?.kind === 'list' ? type.of : undefined))
      return isValue(value) ? value : new JsonMap(value as Record<string, unknown>, type)
    case 'undefined':
      return null
    default:
      return value as boolean | bigint
  }
}
const isValue = (value: object): value is Exclude<Value, null | boolean | bigint | number | string> =>
  value instanceof MapValue ||
  value instanceof Uint8Array ||
  value instanceof Opaque ||
  value instanceof Optional ||
  value instanceof Uint ||
  value instanceof Timestamp ||
  value instanceof Duration ||
  value instanceof TypeValue

export function typeName(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'string':
      return 'string'
  }
  if (value === null) return 'null_type'
  if (Array.isArray(value)) return 'list'
  if (value instanceof MapValue) return 'map'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Uint) return 'uint'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof Optional) return 'optional_type'
  return value instanceof Opaque ? value.type : 'type'
}

/** Whether a value may go to an overload's parameter; elements are not looked at. */
export function fits(value: Value, type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
      return true
    case 'list':
      return Array.isArray(value)
    case 'map':
    case 'object':
      return value instanceof MapValue
    case 'opaque':
      return typeName(value) === type.name
    case 'type':
      return value instanceof TypeValue
    default:
      return typeName(value) === formatType(type)
  }
}

const numeric = (v: Value): bigint | number | undefined =>
  typeof v === 'bigint' || typeof v === 'number' ? v : v instanceof Uint ? v.value : undefined

/** `==` of CEL: numbers compare across types, values of other types are just not equal. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true
  const left = numeric(a)
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same amount are equal
  if (left !== undefined) return left == numeric(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof AssociativeList) return Array.isArray(b) && a.holdsSame(b as readonly Value[])
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]))
  if (a instanceof MapValue) {
    if (!(b instanceof MapValue) || a.size !== b.size) return false
    for (const key of a.keys()) {
      const other = b.get(key)
      if (other === undefined || !equal(a.get(key) as Value, other)) return false
    }
    return true
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name
  if (a instanceof Optional)
    return b instanceof Optional && (a.value === undefined || b.value === undefined ? a.value === b.value : equal(a.value, b.value))
  return a instanceof Opaque && b instanceof Opaque && a.type === b.type && a.equals(b.value)
}

const int64Low = -(2n ** 63n)
const int64High = 2n ** 63n - 1n
export function int64(value: bigint): bigint {
  if (value < int64Low || value > int64High) throw new EvaluationError('integer overflow')
  return value
}
export function uint64(value: bigint): Uint {
  if (value < 0n || value > 18446744073709551615n) throw new EvaluationError('unsigned integer overflow')
  return new Uint(value)
}

export const billion = 1_000_000_000n
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: billion,
  m: 60n * billion,
  h: 3600n * billion,
}

/** Go's time.ParseDuration. */
export function parseDuration(text: string): Duration {
  const [, sign, rest] = /^([+-]?)(.*)$/s.exec(text) as unknown as [string, string, string]
  if (rest === '0') return new Duration(0n)
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest) || rest.length > 100)
    throw new EvaluationError(`time: invalid duration ${JSON.stringify(text)}`)
  let nanos = 0n
  for (const [, whole, , fraction = '', unit] of rest.matchAll(/(\d*)(\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = units[unit as string] as bigint
    nanos += BigInt(whole || '0') * size + (BigInt(fraction || '0') * size) / 10n ** BigInt(fraction.length)
  }
  if (sign === '-') nanos = -nanos
  if (nanos > int64High || nanos < int64Low) throw new EvaluationError(`time: invalid duration ${JSON.stringify(text)}`)
  return new Duration(nanos)
}

/** The years 1 to 9999, as protobuf's timestamps. */
const firstSecond = -62135596800n
const lastSecond = 253402300799n
export function timestampOf(nanos: bigint): Timestamp {
  if (nanos < firstSecond * billion || nanos >= (lastSecond + 1n) * billion) throw new EvaluationError('timestamp overflow')
  return new Timestamp(nanos)
}
export function durationOf(nanos: bigint): Duration {
  if (nanos > int64High || nanos < int64Low) throw new EvaluationError('duration overflow')
  return new Duration(nanos)
}
export function parseTimestamp(text: string): Timestamp {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,18}))?(Z|[+-]\d\d:\d\d)$/.exec(text)
  const milliseconds = match ? Date.parse(`${match[1]}${match[3]}`) : Number.NaN
  // Date takes 31 February for 3 March.
  const day = match && Number.isFinite(milliseconds) ? new Date(`${match[1]}Z`).toISOString().slice(0, 19) === match[1] : false
  if (!match || !day)
    throw new EvaluationError(
      `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`,
    )
  return timestampOf(BigInt(milliseconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0').slice(0, 9)))
}
export function formatTimestamp({ nanos }: Timestamp): string {
  const fraction = ((nanos % billion) + billion) % billion
  const date = new Date(Number((nanos - fraction) / 1_000_000n)).toISOString().slice(0, 19)
  return `${date}${fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`}Z`
}
export function formatDuration({ nanos }: Duration): string {
  const size = nanos < 0n ? -nanos : nanos
  const fraction = size % billion
  return `${nanos < 0n ? '-' : ''}${size / billion}${fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`}s`
}

/** The value as JSON; what has no place there is an error. Optional values that are none are left out. */
export function toJson(value: Value): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return (value as readonly Value[]).map(toJson)
  if (value instanceof Uint) return Number(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof Optional) return value.value === undefined ? undefined : toJson(value.value)
  if (value instanceof MapValue) {
    // Keys may come from the object: no prototypes.
    const object: Record<string, unknown> = Object.create(null)
    for (const key of value.keys()) object[String(key)] = toJson(value.get(key) as Value)
    return { ...object }
  }
  throw new EvaluationError(`unsupported conversion of ${typeName(value as Value)} to JSON`)
}
