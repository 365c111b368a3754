/** `"…%s…".format([…])` (cel-go ext.Strings) and Kubernetes' named formats: `format.dns1123Label().validate("x")`. */
import { isDNS1035Label, isDNS1123Label, isDNS1123Subdomain, isQualifiedName, isValidLabelValue } from '../api/validation/names.ts'
import { EvaluationError } from './errors.ts'
import { fn, type Library, sizeOf, traversal } from './functions.ts'
import { formatDouble } from './standard.ts'
import { parseURL } from './url.ts'
import {
  Duration,
  formatDuration,
  formatTimestamp,
  MapValue,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  typeName,
  Uint,
  type Value,
} from './values.ts'

const fail = (message: string): never => {
  throw new EvaluationError(`error during formatting: ${message}`)
}

function text(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return formatDouble(value)
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(text).join(', ')}]`
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof TypeValue) return value.name
  if (value instanceof MapValue) {
    const entries = [...value.keys()].map((key) => [text(key), text(value.get(key) as Value)] as const)
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${key}: ${item}`)
      .join(', ')}}`
  }
  return fail(
    `string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeName(value as Value)}`,
  )
}

const integer = (value: Value): bigint | undefined => (typeof value === 'bigint' ? value : value instanceof Uint ? value.value : undefined)
const real = (value: Value, clause: string): number => {
  const whole = integer(value)
  if (typeof value === 'number') return value
  return whole === undefined ? fail(`${clause} clause can only be used on doubles, was given ${typeName(value)}`) : Number(whole)
}
const inBase = (value: Value, base: number, clause: string): string => {
  const whole = integer(value)
  return whole === undefined ? fail(`${clause} clause can only be used on integers, was given ${typeName(value)}`) : whole.toString(base)
}

/** By the letter of the clause. */
const clauses: Readonly<Record<string, (value: Value, precision: number | undefined) => string>> = {
  s: text,
  d: (value) => (typeof value === 'number' && !Number.isFinite(value) ? text(value) : inBase(value, 10, 'decimal')),
  f: (value, precision = 6) => real(value, 'fixed-point').toFixed(precision),
  e: (value, precision = 6) =>
    real(value, 'scientific')
      .toExponential(precision)
      .replace(/e([+-])(\d)$/, 'e$10$2'),
  b: (value) => (typeof value === 'boolean' ? (value ? '1' : '0') : inBase(value, 2, 'binary')),
  o: (value) => inBase(value, 8, 'octal'),
  x: (value) =>
    typeof value === 'string' || value instanceof Uint8Array ? Buffer.from(value as string).toString('hex') : inBase(value, 16, 'hex'),
  X: (value, precision) => (clauses['x'] as (value: Value, precision: number | undefined) => string)(value, precision).toUpperCase(),
}

function format(template: string, args: readonly Value[]): string {
  let used = 0
  return template.replace(/%(?:%|(?:\.(\d{1,2}))?(.|$))/gs, (whole, precision: string | undefined, letter: string | undefined) => {
    if (whole === '%%') return '%'
    const clause = letter ? clauses[letter] : undefined
    if (!clause) return fail(letter ? `unrecognized formatting clause ${JSON.stringify(letter)}` : 'unexpected end of string')
    if (used >= args.length) return fail(`index ${used} out of range`)
    return clause(args[used++] as Value, precision === undefined ? undefined : Number(precision))
  })
}

type Check = (value: string) => readonly string[]
/** A name that more is to be put behind may end as a label may go on. */
const prefix =
  (check: Check): Check =>
  (value) =>
    check(value.replace(/-$/, 'a'))
const matching =
  (pattern: RegExp, why: string): Check =>
  (value) =>
    pattern.test(value) ? [] : [why]
const named: Readonly<Record<string, Check>> = {
  dns1123Label: isDNS1123Label,
  dns1123Subdomain: isDNS1123Subdomain,
  dns1035Label: isDNS1035Label,
  qualifiedName: isQualifiedName,
  dns1123LabelPrefix: prefix(isDNS1123Label),
  dns1123SubdomainPrefix: prefix(isDNS1123Subdomain),
  dns1035LabelPrefix: prefix(isDNS1035Label),
  labelValue: isValidLabelValue,
  uri: (value) => (parseURL(value) ? [] : [`${value} is not a valid URI`]),
  uuid: matching(/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i, 'does not match the UUID format'),
  byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'invalid base64'),
  date: (value) => (/^\d{4}-\d\d-\d\d$/.test(value) && new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value) ? [] : ['invalid date']),
  datetime: (value) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))
      ? []
      : ['invalid datetime'],
}
const type = 'kubernetes.NamedFormat'
type Held = Opaque<string>
const formats = new Map(Object.keys(named).map((name) => [name, new Opaque(type, name, (other) => other === name)]))

export const formatLibrary: Library = [
  fn('string.format(list<A>): string', format, (args, result) => Math.ceil((sizeOf(args[0] as Value) + sizeOf(result)) * 0.1)),
  ...[...formats].map(([name, value]) => fn(`format.${name}(): ${type}`, () => value)),
  fn(`format.named(string): optional<${type}>`, (name: string) => new Optional(formats.get(name))),
  fn(
    `${type}.validate(string): optional<list<string>>`,
    ({ value }: Held, given: string) => {
      const errors = (named[value] as Check)(given)
      return errors.length > 0 ? new Optional(errors) : new Optional()
    },
    (args) => traversal()([args[1] as Value], null),
  ),
]
