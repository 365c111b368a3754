/** The types of CEL, their names as cel-go prints them, and unification of type parameters. */

export type CelType =
  | { readonly kind: 'dyn' | 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration' }
  | { readonly kind: 'list'; readonly of: CelType }
  | { readonly kind: 'map'; readonly key: CelType; readonly of: CelType }
  /** A message: only these fields may be selected. `fields` is a function since API types refer to themselves. */
  | { readonly kind: 'object'; readonly name: string; fields(): ReadonlyMap<string, CelType> }
  | { readonly kind: 'opaque'; readonly name: string; readonly of: readonly CelType[] }
  | { readonly kind: 'type'; readonly of: CelType }
  | { readonly kind: 'param'; readonly name: string }

const simple = <K extends 'dyn' | 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration'>(kind: K) =>
  ({ kind }) as { readonly kind: K }
export const dyn = simple('dyn')
export const nullType = simple('null')
export const bool = simple('bool')
export const int = simple('int')
export const uint = simple('uint')
export const double = simple('double')
export const string = simple('string')
export const bytes = simple('bytes')
export const timestamp = simple('timestamp')
export const duration = simple('duration')
export const listOf = (of: CelType): CelType => ({ kind: 'list', of })
export const mapOf = (key: CelType, of: CelType): CelType => ({ kind: 'map', key, of })
export const opaque = (name: string, ...of: CelType[]): CelType => ({ kind: 'opaque', name, of })
export const optionalOf = (of: CelType): CelType => opaque('optional_type', of)
export const objectType = (name: string, fields: () => ReadonlyMap<string, CelType>): CelType => ({ kind: 'object', name, fields })

const printed: Readonly<Record<string, string>> = {
  null: 'null_type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
}

export function formatType(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${formatType(type.of)})`
    case 'map':
      return `map(${formatType(type.key)}, ${formatType(type.of)})`
    case 'object':
    case 'param':
      return type.name
    case 'opaque':
      return type.of.length ? `${type.name}(${type.of.map(formatType).join(', ')})` : type.name
    case 'type':
      return `type(${formatType(type.of)})`
    default:
      return printed[type.kind] ?? type.kind
  }
}

/** What type parameters stand for so far. */
export type Substitution = Map<string, CelType>

/** Follows parameters to what they stand for; free ones stay. */
export function resolve(type: CelType, known: Substitution): CelType {
  switch (type.kind) {
    case 'param': {
      const to = known.get(type.name)
      return to ? resolve(to, known) : type
    }
    case 'list':
      return listOf(resolve(type.of, known))
    case 'map':
      return mapOf(resolve(type.key, known), resolve(type.of, known))
    case 'opaque':
      return type.of.length ? opaque(type.name, ...type.of.map((t) => resolve(t, known))) : type
    case 'type':
      return { kind: 'type', of: resolve(type.of, known) }
    default:
      return type
  }
}

/** Free parameters become dyn. */
export function close(type: CelType, known: Substitution): CelType {
  const to = resolve(type, known)
  switch (to.kind) {
    case 'param':
      return dyn
    case 'list':
      return listOf(close(to.of, known))
    case 'map':
      return mapOf(close(to.key, known), close(to.of, known))
    case 'opaque':
      return to.of.length ? opaque(to.name, ...to.of.map((t) => close(t, known))) : to
    default:
      return to
  }
}

/** Whether a value of `from` may stand where `to` is wanted; binds parameters of both in `known`. */
export function assignable(to: CelType, from: CelType, known: Substitution): boolean {
  const a = to.kind === 'param' ? resolve(to, known) : to
  const b = from.kind === 'param' ? resolve(from, known) : from
  if (a.kind === 'param') {
    if (b.kind === 'param' && a.name === b.name) return true
    if (mentions(b, a.name, known)) return false
    known.set(a.name, b)
    return true
  }
  if (b.kind === 'param') {
    if (mentions(a, b.name, known)) return false
    known.set(b.name, a)
    return true
  }
  if (a.kind === 'dyn' || b.kind === 'dyn') return true
  if (b.kind === 'null') return a.kind === 'null' || nullable(a)
  if (a.kind === 'null') return nullable(b)
  if (a.kind === 'list' && b.kind === 'list') return assignable(a.of, b.of, known)
  if (a.kind === 'map' && b.kind === 'map') return assignable(a.key, b.key, known) && assignable(a.of, b.of, known)
  if (a.kind === 'object' && b.kind === 'object') return a.name === b.name
  if (a.kind === 'opaque' && b.kind === 'opaque') return a.name === b.name && a.of.every((t, i) => assignable(t, b.of[i] as CelType, known))
  return a.kind === b.kind
}
const nullable = (t: CelType): boolean => ['object', 'opaque', 'timestamp', 'duration'].includes(t.kind)

function mentions(type: CelType, name: string, known: Substitution): boolean {
  const to = resolve(type, known)
  if (to.kind === 'param') return to.name === name
  if (to.kind === 'list' || to.kind === 'type') return mentions(to.of, name, known)
  if (to.kind === 'map') return mentions(to.key, name, known) || mentions(to.of, name, known)
  return to.kind === 'opaque' && to.of.some((t) => mentions(t, name, known))
}

/** Reads a type of a signature: `list<A>`, `map<string, int>`, `optional<A>`, `kubernetes.Quantity`, a capital letter a parameter. */
export function parseSignatureType(text: string): CelType {
  const match = /^(\w+)<(.*)>$/.exec(text)
  if (match) {
    const inside = match[2] as string
    switch (match[1]) {
      case 'list':
        return listOf(parseSignatureType(inside))
      case 'optional':
        return optionalOf(parseSignatureType(inside))
      case 'type':
        return { kind: 'type', of: parseSignatureType(inside) }
      default: {
        const comma = inside.indexOf(',')
        return mapOf(parseSignatureType(inside.slice(0, comma)), parseSignatureType(inside.slice(comma + 1).trim()))
      }
    }
  }
  if (/^[A-Z]$/.test(text)) return { kind: 'param', name: text }
  return text.includes('.') ? opaque(text) : (simple(text as 'dyn') as CelType)
}
