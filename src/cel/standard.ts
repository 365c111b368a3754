/** The standard functions of the language definition. `&&`, `||`, `?:`, `==`, `[]` and the optional fallbacks are compiled in evaluate.ts. */
import { EvaluationError } from './errors.ts'
import { insert } from './evaluate.ts'
import { fn, type Library, type Overload, regexCost, sizeOf, traversal } from './functions.ts'
import { compileRegex } from './regex.ts'
import {
  AssociativeList,
  billion,
  Duration,
  durationOf,
  equal,
  formatDuration,
  formatTimestamp,
  int64,
  type MadeMap,
  type MapValue,
  Optional,
  parseDuration,
  parseTimestamp,
  Timestamp,
  TypeValue,
  timestampOf,
  typeName,
  Uint,
  uint64,
  type Value,
} from './values.ts'

const fail = (message: string): never => {
  throw new EvaluationError(message)
}
type Numeric = bigint | number | Uint
const plain = (n: Numeric): bigint | number => (n instanceof Uint ? n.value : n)
const divided = (b: bigint, what: string): bigint => (b === 0n ? fail(what) : b)
const points = (s: string): number => {
  let n = 0
  for (const _ of s) n++
  return n
}

const arithmetic: Library = [
  fn('_+_(int, int): int', (a: bigint, b: bigint) => int64(a + b)),
  fn('_+_(uint, uint): uint', (a: Uint, b: Uint) => uint64(a.value + b.value)),
  fn('_+_(double, double): double', (a: number, b: number) => a + b),
  fn(
    '_+_(string, string): string',
    (a: string, b: string) => a + b,
    ([a, b]) => Math.ceil((sizeOf(a!) + sizeOf(b!)) * 0.1),
  ),
  fn(
    '_+_(bytes, bytes): bytes',
    (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]),
    ([a, b]) => Math.ceil((sizeOf(a!) + sizeOf(b!)) * 0.1),
  ),
  // Copying is charged, so that a fold that doubles a list ends.
  fn(
    '_+_(list<A>, list<A>): list<A>',
    (a: Value[], b: Value[]) => (a instanceof AssociativeList ? a.plus(b) : [...a, ...b]),
    ([a, b]) => 1 + Math.ceil((sizeOf(a!) + sizeOf(b!)) * 0.01),
  ),
  fn('_+_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => timestampOf(a.nanos + b.nanos)),
  fn('_+_(duration, timestamp): timestamp', (a: Duration, b: Timestamp) => timestampOf(a.nanos + b.nanos)),
  fn('_+_(duration, duration): duration', (a: Duration, b: Duration) => durationOf(a.nanos + b.nanos)),
  fn('_-_(int, int): int', (a: bigint, b: bigint) => int64(a - b)),
  fn('_-_(uint, uint): uint', (a: Uint, b: Uint) => uint64(a.value - b.value)),
  fn('_-_(double, double): double', (a: number, b: number) => a - b),
  fn('_-_(timestamp, timestamp): duration', (a: Timestamp, b: Timestamp) => durationOf(a.nanos - b.nanos)),
  fn('_-_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => timestampOf(a.nanos - b.nanos)),
  fn('_-_(duration, duration): duration', (a: Duration, b: Duration) => durationOf(a.nanos - b.nanos)),
  fn('_*_(int, int): int', (a: bigint, b: bigint) => int64(a * b)),
  fn('_*_(uint, uint): uint', (a: Uint, b: Uint) => uint64(a.value * b.value)),
  fn('_*_(double, double): double', (a: number, b: number) => a * b),
  fn('_/_(int, int): int', (a: bigint, b: bigint) => int64(a / divided(b, 'division by zero'))),
  fn('_/_(uint, uint): uint', (a: Uint, b: Uint) => uint64(a.value / divided(b.value, 'division by zero'))),
  fn('_/_(double, double): double', (a: number, b: number) => a / b),
  fn('_%_(int, int): int', (a: bigint, b: bigint) => a % divided(b, 'modulus by zero')),
  fn('_%_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value % divided(b.value, 'modulus by zero'))),
  fn('-_(int): int', (a: bigint) => int64(-a)),
  fn('-_(double): double', (a: number) => -a),
  fn('!_(bool): bool', (a: boolean) => !a),
]

/** Numbers are ordered across types (CrossTypeNumericComparisons). */
const orders: readonly (readonly [string, (c: number) => boolean])[] = [
  ['_<_', (c) => c < 0],
  ['_<=_', (c) => c <= 0],
  ['_>_', (c) => c > 0],
  ['_>=_', (c) => c >= 0],
]
const order = (a: number | bigint, b: number | bigint): number => (a < b ? -1 : a > b ? 1 : a === b || a >= b ? 0 : Number.NaN)
const least: Overload['cost'] = ([a, b]) => Math.ceil(Math.min(sizeOf(a!), sizeOf(b!)) * 0.1)
/** By code points, as UTF-8 orders; JavaScript's own order is by UTF-16 units. */
const byBytes = (a: string, b: string): number => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)))
const comparisons: Library = orders.flatMap(([name, holds]) => [
  ...['int', 'uint', 'double'].flatMap((left) =>
    ['int', 'uint', 'double'].map((right) =>
      fn(`${name}(${left}, ${right}): bool`, (a: Numeric, b: Numeric) => holds(order(plain(a), plain(b)))),
    ),
  ),
  fn(`${name}(string, string): bool`, (a: string, b: string) => holds(byBytes(a, b)), least),
  fn(`${name}(bytes, bytes): bool`, (a: Uint8Array, b: Uint8Array) => holds(Buffer.compare(a, b)), least),
  fn(`${name}(bool, bool): bool`, (a: boolean, b: boolean) => holds(Number(a) - Number(b))),
  fn(`${name}(timestamp, timestamp): bool`, (a: Timestamp, b: Timestamp) => holds(order(a.nanos, b.nanos))),
  fn(`${name}(duration, duration): bool`, (a: Duration, b: Duration) => holds(order(a.nanos, b.nanos))),
])

const doubleToInt = (d: number): bigint => (Math.abs(d) < 2 ** 63 ? BigInt(Math.trunc(d)) : fail('integer overflow'))
const parseInteger = (s: string, pattern: RegExp, what: string): bigint =>
  pattern.test(s) && s.length < 40 ? BigInt(s.replace(/^\+/, '')) : fail(`type conversion error from 'string' to '${what}'`)
const parseDouble = (s: string): number =>
  /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)$/.test(s)
    ? Number(s)
    : /^[+-]?inf(?:inity)?$/i.test(s)
      ? s.startsWith('-')
        ? Number.NEGATIVE_INFINITY
        : Number.POSITIVE_INFINITY
      : /^nan$/i.test(s)
        ? Number.NaN
        : fail("type conversion error from 'string' to 'double'")
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
function toText(b: Uint8Array): string {
  try {
    return utf8.decode(b)
  } catch {
    return fail('invalid UTF-8 in bytes, cannot convert to string')
  }
}
function toBool(s: string): boolean {
  if (['true', 'True', 'TRUE', 't', '1'].includes(s)) return true
  return ['false', 'False', 'FALSE', 'f', '0'].includes(s) ? false : fail("type conversion error from 'string' to 'bool'")
}
/** Go's %g of a float64, shortest form. */
export function formatDouble(d: number): string {
  if (Number.isNaN(d)) return 'NaN'
  if (!Number.isFinite(d)) return d > 0 ? '+Inf' : '-Inf'
  if (Object.is(d, -0)) return '-0'
  const exponent = d === 0 ? 0 : Number(d.toExponential().split('e')[1])
  if (exponent >= -4 && exponent < 21) return exponent < -6 ? d.toFixed(20) : String(d)
  return d.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

const conversions: Library = [
  fn('int(int): int', (a: bigint) => a),
  fn('int(uint): int', (a: Uint) => int64(a.value)),
  fn('int(double): int', doubleToInt),
  fn('int(string): int', (s: string) => int64(parseInteger(s, /^[+-]?\d+$/, 'int'))),
  fn('int(timestamp): int', (t: Timestamp) => (t.nanos - (((t.nanos % billion) + billion) % billion)) / billion),
  fn('int(duration): int', (d: Duration) => d.nanos),
  fn('uint(uint): uint', (a: Uint) => a),
  fn('uint(int): uint', (a: bigint) => uint64(a)),
  fn('uint(double): uint', (d: number) => (d >= 0 && d < 2 ** 64 ? uint64(BigInt(Math.trunc(d))) : fail('unsigned integer overflow'))),
  fn('uint(string): uint', (s: string) => uint64(parseInteger(s, /^\d+$/, 'uint'))),
  fn('double(double): double', (a: number) => a),
  fn('double(int): double', (a: bigint) => Number(a)),
  fn('double(uint): double', (a: Uint) => Number(a.value)),
  fn('double(string): double', parseDouble),
  fn('string(string): string', (s: string) => s),
  fn('string(bool): string', (b: boolean) => String(b)),
  fn('string(int): string', (a: bigint) => String(a)),
  fn('string(uint): string', (a: Uint) => String(a.value)),
  fn('string(double): string', formatDouble),
  fn('string(bytes): string', toText, traversal()),
  fn('string(timestamp): string', formatTimestamp),
  fn('string(duration): string', formatDuration),
  fn('bytes(bytes): bytes', (b: Uint8Array) => b),
  fn('bytes(string): bytes', (s: string) => Buffer.from(s), traversal()),
  fn('bool(bool): bool', (b: boolean) => b),
  fn('bool(string): bool', toBool),
  fn('timestamp(timestamp): timestamp', (t: Timestamp) => t),
  fn('timestamp(string): timestamp', parseTimestamp),
  fn('timestamp(int): timestamp', (s: bigint) => timestampOf(s * billion)),
  fn('duration(duration): duration', (d: Duration) => d),
  fn('duration(string): duration', parseDuration),
  fn('duration(int): duration', (n: bigint) => new Duration(n)),
  fn('dyn(A): dyn', (v: Value) => v),
  fn('type(A): type<A>', (v: Value) => new TypeValue(typeName(v))),
]

const collections: Library = [
  ...['string', 'bytes', 'list<A>', 'map<A, B>'].flatMap((of) => {
    const size = (v: Value) => BigInt(typeof v === 'string' ? points(v) : sizeOf(v))
    return [fn(`size(${of}): int`, size), fn(`${of}.size(): int`, size)]
  }),
  fn(
    '@in(A, list<A>): bool',
    (a: Value, list: Value[]) => list.some((item) => equal(a, item)),
    ([, list]) => sizeOf(list!),
  ),
  fn('@in(A, map<A, B>): bool', (key: Value, map: MapValue) => map.has(key)),
  // What the macros fold with: in place, for nothing else can see the accumulator yet.
  fn('@append(list<A>, list<A>): list<A>', (into: Value[], [item]: [Value]) => {
    into.push(item)
    return into
  }),
  fn('@insert(map<A, B>, A, B): map<A, B>', (into: MadeMap, key: Value, value: Value) => {
    insert(into.entries as Map<unknown, readonly [Value, Value]>, key, value)
    return into
  }),
  fn(
    '@merge(map<A, B>, map<A, B>): map<A, B>',
    (into: MadeMap, from: MapValue) => {
      for (const key of from.keys()) insert(into.entries as Map<unknown, readonly [Value, Value]>, key, from.get(key) as Value)
      return into
    },
    ([, from]) => 1 + sizeOf(from!),
  ),
  fn(
    'string.contains(string): bool',
    (s: string, t: string) => s.includes(t),
    ([s, t]) => Math.ceil(sizeOf(s!) * 0.1) * Math.ceil(sizeOf(t!) * 0.1),
  ),
  fn('string.startsWith(string): bool', (s: string, t: string) => s.startsWith(t), traversal()),
  fn('string.endsWith(string): bool', (s: string, t: string) => s.endsWith(t), traversal()),
  fn('string.matches(string): bool', (s: string, p: string) => compileRegex(p).test(s), regexCost),
  fn('matches(string, string): bool', (s: string, p: string) => compileRegex(p).test(s), regexCost),
]

const optionals: Library = [
  fn('optional.of(A): optional<A>', (v: Value) => new Optional(v)),
  fn('optional.none(): optional<A>', () => new Optional()),
  fn('optional.ofNonZeroValue(A): optional<A>', (v: Value) => (isZero(v) ? new Optional() : new Optional(v))),
  fn('optional<A>.hasValue(): bool', (o: Optional) => o.value !== undefined),
  fn('optional<A>.value(): A', (o: Optional) => o.value ?? (o.value === null ? null : fail('optional.none() dereference'))),
  // Told to the checker only: both are compiled so that the fallback is evaluated when it is needed.
  fn('optional<A>.or(optional<A>): optional<A>', (o: Optional) => o),
  fn('optional<A>.orValue(A): A', (o: Optional, v: Value) => o.value ?? v),
]
const isZero = (v: Value): boolean =>
  v === null ||
  v === false ||
  v === 0n ||
  v === 0 ||
  v === '' ||
  (v instanceof Uint
    ? v.value === 0n
    : typeof v === 'object' && 'size' in (v as object)
      ? sizeOf(v) === 0
      : Array.isArray(v) && v.length === 0)

/** Told to the checker only: evaluate.ts compiles these. */
const special: Library = [
  fn('_==_(A, A): bool', equal),
  fn('_!=_(A, A): bool', equal),
  fn('_&&_(bool, bool): bool', () => null),
  fn('_||_(bool, bool): bool', () => null),
  fn('_?_:_(bool, A, A): A', () => null),
  fn('_[_](list<A>, int): A', () => null),
  fn('_[_](map<A, B>, A): B', () => null),
  fn('_[?_](list<A>, int): optional<A>', () => null),
  fn('_[?_](optional<list<A>>, int): optional<A>', () => null),
  fn('_[?_](map<A, B>, A): optional<B>', () => null),
  fn('_[?_](optional<map<A, B>>, A): optional<B>', () => null),
]

const zones = new Map<string, Intl.DateTimeFormat>()
/** The moment as its zone's wall clock shows it, in a Date that is read as UTC. */
function wallClock({ nanos }: Timestamp, zone = 'UTC'): Date {
  const at = Number((nanos - (((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n)
  const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone)
  if (offset) return new Date(at + (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000)
  if (zone === 'UTC' || zone === '') return new Date(at)
  let format = zones.get(zone)
  if (!format) {
    try {
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    } catch {
      return fail(`unknown time zone ${zone}`)
    }
    if (zones.size < 100) zones.set(zone, format)
  }
  const name = format.formatToParts(at).find((p) => p.type === 'timeZoneName')?.value ?? 'GMT'
  return wallClock(new Timestamp(nanos), name === 'GMT' ? 'UTC' : name.slice(3))
}
const dayOfYear = (d: Date): number => Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000)
const accessors: Library = Object.entries<(d: Date) => number>({
  getFullYear: (d) => d.getUTCFullYear(),
  getMonth: (d) => d.getUTCMonth(),
  getDate: (d) => d.getUTCDate(),
  getDayOfMonth: (d) => d.getUTCDate() - 1,
  getDayOfWeek: (d) => d.getUTCDay(),
  getDayOfYear: dayOfYear,
  getHours: (d) => d.getUTCHours(),
  getMinutes: (d) => d.getUTCMinutes(),
  getSeconds: (d) => d.getUTCSeconds(),
  getMilliseconds: (d) => d.getUTCMilliseconds(),
}).flatMap(([name, read]) => [
  fn(`timestamp.${name}(): int`, (t: Timestamp) => BigInt(read(wallClock(t)))),
  fn(`timestamp.${name}(string): int`, (t: Timestamp, zone: string) => BigInt(read(wallClock(t, zone)))),
])
const durations: Library = Object.entries({ getHours: 3600n * billion, getMinutes: 60n * billion, getSeconds: billion }).map(
  ([name, unit]) => fn(`duration.${name}(): int`, (d: Duration) => d.nanos / unit),
)

export const standardLibrary: Library = [
  ...special,
  ...arithmetic,
  ...comparisons,
  ...conversions,
  ...collections,
  ...optionals,
  ...accessors,
  ...durations,
  fn('duration.getMilliseconds(): int', (d: Duration) => (d.nanos % billion) / 1_000_000n),
]
