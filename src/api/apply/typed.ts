/**
 * Operations on a value with its schema (structured-merge-diff's typed package): checking a configuration, the set of
 * fields it names, merging it into the live object, and taking away what nobody owns any more. Inputs are never changed.
 */
import { goType } from '../patch/go-value.ts'
import { isObject, type Json, ownKey, setKey } from '../shape.ts'
import { indexItems, itemElement } from './compare.ts'
import { type FieldSet, isEmpty, isMember, leaf, pathElement } from './field-set.ts'
import { type ApplySchema, deduced, type LeafKind } from './schema.ts'

/** Everything about a configuration that does not fit its schema, with paths, in upstream's words. */
export function schemaErrors(schema: ApplySchema, value: unknown, path = ''): string[] {
  if (value === null || value === undefined) return []
  const wrong = (what: string) => [`${path}: ${what}`]
  switch (schema.kind) {
    case 'leaf': {
      const problem = leafError(schema.go, value)
      if (problem) return wrong(problem)
      if (!schema.fields) return []
      return structErrors(schema.fields, value as Json, path)
    }
    case 'struct':
      return isObject(value) ? structErrors(schema.byName, value, path) : wrong(`expected map, got &{${show(value)}}`)
    case 'map': {
      if (!isObject(value)) return wrong(`expected map, got &{${show(value)}}`)
      const of = schema.of()
      return Object.entries(value).flatMap(([key, item]) => schemaErrors(of, item, `${path}.${key}`))
    }
    case 'set':
    case 'items': {
      if (!Array.isArray(value)) return wrong(`expected list, got &{${show(value)}}`)
      const of = schema.of()
      const seen = new Set<string>()
      return value.flatMap((item, index) => {
        if (schema.kind === 'items' && !isObject(item))
          return wrong(`element ${index}: associative list with keys may not have non-map elements`)
        if (schema.kind === 'items') {
          const missing = schema.keys.find((key) => (item as Json)[key.name] === undefined && key.default === undefined)
          if (missing)
            return wrong(
              `element ${index}: associative list with keys has an element that omits key field ${JSON.stringify(missing.name)} (and doesn't have default value)`,
            )
        }
        const element = itemElement(schema, item)
        const place = pathElement(element)
        if (seen.has(element)) return wrong(`duplicate entries for key ${place}`)
        seen.add(element)
        return schemaErrors(of, item, path + place)
      })
    }
    default:
      return []
  }
}

function structErrors(fields: ReadonlyMap<string, { schema: () => ApplySchema }>, value: Json, path: string): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    const field = fields.get(key)
    return field ? schemaErrors(field.schema(), item, `${path}.${key}`) : [`${path}.${key}: field not declared in schema`]
  })
}

function leafError(go: LeafKind, value: unknown): string | undefined {
  switch (go) {
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &value.valueUnstructured{Value:${goSyntax(value)}}`
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case 'scalar':
      return typeof value !== 'object' ? undefined : `expected any scalar, got &{${show(value)}}`
    case 'list':
      return Array.isArray(value) ? undefined : `expected list, got &{${show(value)}}`
    case 'map':
      return isObject(value) ? undefined : `expected map, got &{${show(value)}}`
    default:
      return undefined
  }
}
/** Go's %v and %#v, near enough for a message. */
const show = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(show).join(' ')}]`
    : isObject(value)
      ? `map[${Object.keys(value)
          .sort()
          .map((key) => `${key}:${show(value[key])}`)
          .join(' ')}]`
      : String(value)
const goSyntax = (value: unknown): string =>
  Array.isArray(value)
    ? `[]interface {}{${value.map(goSyntax).join(', ')}}`
    : isObject(value)
      ? `map[string]interface {}{${Object.keys(value)
          .sort()
          .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`)
          .join(', ')}}`
      : JSON.stringify(value)

/** The fields that a configuration names: what its manager will own. */
export function configFields(schema: ApplySchema, config: unknown): FieldSet {
  return fieldsOfConfig(schema, config) ?? leaf
}

/** undefined: the value itself names nothing (an empty list). A node without `.`: only what is below it. */
function fieldsOfConfig(schema: ApplySchema, value: unknown): FieldSet | undefined {
  if (value === null || typeof value !== 'object' || schema.kind === 'leaf') return leaf
  switch (schema.kind) {
    case 'struct': {
      const node: Record<string, FieldSet> = {}
      for (const field of schema.fields) {
        const inner = (value as Json)[field.name]
        if (inner === undefined) continue
        const found = fieldsOfConfig(field.schema(), inner)
        if (found) node[field.element] = found
      }
      return isEmpty(node) ? (isEmpty(value as FieldSet) ? leaf : undefined) : node
    }
    case 'map': {
      const keys = Object.keys(value).sort()
      const node: Record<string, FieldSet> = {}
      for (const key of keys) node[`f:${key}`] = asMember(fieldsOfConfig(schema.of(), (value as Json)[key]))
      return keys.length === 0 ? leaf : node
    }
    case 'set':
    case 'items': {
      if (!Array.isArray(value) || value.length === 0) return undefined
      const node: Record<string, FieldSet> = {}
      for (const [element, item] of [...indexItems(schema, value)].sort(([a], [b]) => (a < b ? -1 : 1)))
        node[element] = asMember(fieldsOfConfig(schema.of(), item))
      return node
    }
    default:
      return Array.isArray(value) ? leaf : fieldsOfConfig(deducedMap, value)
  }
}
const asMember = (node: FieldSet | undefined): FieldSet => (!node || isEmpty(node) ? leaf : { '.': leaf, ...node })
const deducedMap: ApplySchema = { kind: 'map', of: () => deduced }

/** The live value with the configuration on it. */
export function merge(schema: ApplySchema, live: unknown, config: unknown): unknown {
  if (config === undefined) return live
  if (live === undefined || live === null) return config
  switch (schema.kind) {
    case 'leaf':
      return config
    case 'struct':
    case 'map': {
      if (config === null) return isObject(live) && isEmpty(live as FieldSet) ? null : live
      if (!isObject(live) || !isObject(config)) return config
      const merged: Json = { ...live }
      for (const [key, value] of Object.entries(config)) {
        const inner = schema.kind === 'map' ? schema.of() : schema.byName.get(key)?.schema()
        setKey(merged, key, merge(inner ?? deduced, ownKey(live, key), value))
      }
      return merged
    }
    case 'set':
    case 'items':
      if (config === null) return Array.isArray(live) && live.length === 0 ? null : live
      if (!Array.isArray(live) || !Array.isArray(config)) return config
      return mergeLists(schema, live, config)
    default:
      return isObject(live) && isObject(config) ? merge(deducedMap, live, config) : config
  }
}

/**
 * The configuration's order wins; items that only the live list has keep their places between the shared ones as far
 * as that allows.
 */
function mergeLists(
  schema: Extract<ApplySchema, { kind: 'set' | 'items' }>,
  live: readonly unknown[],
  config: readonly unknown[],
): unknown[] {
  const of = schema.of()
  const liveElements = live.map((item) => itemElement(schema, item))
  const configElements = config.map((item) => itemElement(schema, item))
  const liveItems = indexItems(schema, live)
  const configItems = indexItems(schema, config)
  const shared = configElements.filter((element) => liveItems.has(element))
  let nextShared = shared.shift()
  const done = new Set<string>()
  const out: unknown[] = []
  const take = (element: string) => {
    done.add(element)
    out.push(merge(of, liveItems.get(element), configItems.get(element)))
  }
  let l = 0
  let c = 0
  while (l < live.length || c < config.length) {
    const left = liveElements[l]
    const right = configElements[c]
    if (left !== undefined && right !== undefined) {
      if (left === right) {
        take(left)
        l++
        c++
        nextShared = shared.shift()
        continue
      }
      if (configItems.has(left) && nextShared !== undefined && nextShared !== left) {
        l++ // shared, but its turn in the configuration comes later
        continue
      }
    }
    if (left !== undefined) {
      if (!configItems.has(left)) {
        out.push(live[l])
        l++
        continue
      }
      if (done.has(left)) {
        l++
        if (right === undefined) continue
      }
    }
    if (right !== undefined) {
      take(right)
      c++
      if (nextShared === right) nextShared = shared.shift()
    }
  }
  return out
}

/**
 * The value without what the manager owned before (`last`) and neither it nor anyone else owns now (`owned`). A field of
 * a struct counts as owned as long as anything below it is; an item of a map or list only when it is owned itself, and
 * then everything in it goes with it. Undefined when nothing is left.
 */
export function removeUnowned(schema: ApplySchema, value: unknown, last: FieldSet, owned: FieldSet | undefined): unknown {
  if (typeof value !== 'object' || value === null || schema.kind === 'leaf') return value
  if (schema.kind === 'deduced') return isObject(value) ? removeUnowned(deducedMap, value, last, owned) : value
  const gone = (element: string, named: boolean): boolean => {
    const before = last[element]
    if (!before || !(named || isMember(before))) return false
    const now = owned?.[element]
    return !now || !(named || isMember(now))
  }
  if (Array.isArray(value)) {
    if (schema.kind !== 'set' && schema.kind !== 'items') return value
    const of = schema.of()
    let changed = false
    const kept = value.flatMap((item) => {
      const element = itemElement(schema, item)
      const before = last[element]
      if (!before) return [item]
      const after = gone(element, false) ? undefined : removeUnowned(of, item, before, owned?.[element])
      if (after !== item) changed = true
      return after === undefined ? [] : [after]
    })
    return !changed ? value : kept.length === 0 ? undefined : kept
  }
  if (schema.kind !== 'struct' && schema.kind !== 'map') return value
  let kept: Json | undefined
  for (const element in last) {
    if (!element.startsWith('f:')) continue
    const key = element.slice(2)
    const inner = ownKey(value as Json, key)
    if (inner === undefined) continue
    const field = schema.kind === 'struct' ? schema.byName.get(key) : undefined
    const of = schema.kind === 'map' ? schema.of() : (field?.schema() ?? deduced)
    const after = gone(element, field !== undefined) ? undefined : removeUnowned(of, inner, last[element] as FieldSet, owned?.[element])
    if (after === inner) continue
    kept ??= { ...(value as Json) }
    if (after === undefined) delete kept[key]
    else setKey(kept, key, after)
  }
  return kept === undefined ? value : isEmpty(kept as FieldSet) ? undefined : kept
}
