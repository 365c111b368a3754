/**
 * What rules see of a custom resource (apiextensions' schema/cel/model and k8s.io/apiserver/pkg/cel/common): the CEL type
 * that a schema declares, and JSON as values of that type. Field names that CEL cannot write are escaped.
 */
import { bool, bytes, type CelType, double, duration, dyn, int, listOf, mapOf, objectType, string, timestamp } from '../../cel/types.ts'
import { AssociativeList, adapt, MapValue, parseTimestamp, toJson, type Value } from '../../cel/values.ts'
import type { Json } from '../shape.ts'
import { canonical } from './list-types.ts'
import { fieldOf, type Structural, structuralOf } from './schema.ts'

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return'.split(' '),
)
/** A field's name as a rule writes it; undefined for one that no rule can reach. */
export function escapeName(name: string): string | undefined {
  if (!/^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/.test(name)) return undefined
  if (reserved.has(name)) return `__${name}__`
  return name.replace(/__|[./-]/g, (c) => `__${{ __: 'underscores', '.': 'dot', '/': 'slash', '-': 'dash' }[c]}__`)
}

const text = structuralOf({ type: 'string' })
const metadata = structuralOf({ type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } })
/** An object of the API, as rules see it: with its type and, of its metadata, the names. */
export function withTypeAndMeta(node: Structural): Structural {
  const given = node.properties.get('metadata')
  const meta = given ? { ...given, properties: new Map([...metadata.properties, ...given.properties]) } : metadata
  return { ...node, properties: new Map([...node.properties, ['apiVersion', text], ['kind', text], ['metadata', meta]]) }
}
/** What a rule sees of a node. */
export const visible = (node: Structural): Structural => (node.embedded ? withTypeAndMeta(node) : node)

/** The type of a value; undefined where the schema says nothing of it, so that no rule may name it. `name` is the path to it. */
export function celTypeOf(given: Structural, name: string): CelType | undefined {
  const node = visible(given)
  const { props } = node
  if (props['x-kubernetes-int-or-string']) return dyn
  switch (props.type) {
    case 'boolean':
      return bool
    case 'integer':
      return int
    case 'number':
      return double
    case 'string':
      return textTypes[props.format ?? ''] ?? string
    case 'array': {
      const of = node.items && celTypeOf(node.items, `${name}.@idx`)
      return of && listOf(of)
    }
    case 'object': {
      if (typeof node.additional !== 'object') return object(node, name)
      const of = celTypeOf(node.additional, `${name}.@elem`)
      return of && mapOf(string, of)
    }
    default:
      return undefined
  }
}
const textTypes: Readonly<Partial<Record<string, CelType>>> = {
  byte: bytes,
  duration,
  date: timestamp,
  'date-time': timestamp,
  datetime: timestamp,
}

function object(node: Structural, name: string): CelType {
  let fields: Map<string, CelType> | undefined
  return objectType(name, () => {
    fields ??= new Map(
      [...node.properties].flatMap(([property, schema]) => {
        const escaped = escapeName(property)
        const type = escaped === undefined ? undefined : celTypeOf(schema, `${name}.${property}`)
        return type ? [[escaped as string, type] as const] : []
      }),
    )
    return fields
  })
}

/** JSON as a value of its schema's type. Members are made when they are asked for, and once. */
export function celValueOf(value: unknown, given: Structural | true | undefined): Value {
  if (value === null || typeof value === 'boolean') return value
  if (typeof given !== 'object') return adapt(value)
  const node = visible(given)
  const { type, format } = node.props
  if (typeof value === 'number') return type === 'number' || !Number.isInteger(value) ? value : BigInt(value)
  if (typeof value === 'string') return type === 'string' && format ? formatted(value, format) : value
  if (Array.isArray(value)) {
    const items = value.map((item) => celValueOf(item, node.items))
    const keyOf = itemKey(node)
    return keyOf ? new AssociativeList(items, keyOf) : items
  }
  return typeof value === 'object' ? new StructuralMap(value as Json, node) : adapt(value)
}

/** What tells items of a set or of a list map apart. */
function itemKey({ props }: Structural): ((item: Value) => string) | undefined {
  const type = props['x-kubernetes-list-type']
  if (type === 'set') return (item) => canonical(toJson(item))
  if (type !== 'map') return undefined
  const keys = (props['x-kubernetes-list-map-keys'] ?? []).map((key) => escapeName(key) ?? key)
  return (item) => keys.map((key) => canonical(item instanceof MapValue ? toJson(item.get(key) ?? null) : null)).join()
}

function formatted(value: string, format: string): Value {
  const type = textTypes[format]
  if (type === timestamp && format === 'date') return parseTimestamp(`${value}T00:00:00Z`)
  return type ? adapt(value, type) : value
}

/** An object or a map. Members of an object are called by their escaped names. */
class StructuralMap extends MapValue {
  private readonly json: Json
  private readonly node: Structural
  private readonly made = new Map<string, Value>()
  constructor(json: Json, node: Structural) {
    super()
    this.json = json
    this.node = node
  }
  get size(): number {
    return Object.keys(this.json).length
  }
  get(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    const known = this.made.get(key)
    if (known !== undefined) return known
    const name = this.nameOf(key)
    if (!Object.hasOwn(this.json, name)) return undefined
    const value = celValueOf(this.json[name], fieldOf(this.node, name))
    this.made.set(key, value)
    return value
  }
  *keys(): Iterable<Value> {
    for (const name of Object.keys(this.json)) yield this.node.properties.has(name) ? (escapeName(name) ?? name) : name
  }
  private nameOf(key: string): string {
    if (!key.includes('__') || this.node.properties.size === 0) return key
    for (const name of this.node.properties.keys()) if (escapeName(name) === key) return name
    return key
  }
}
