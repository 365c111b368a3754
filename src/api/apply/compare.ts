/**
 * What a write changed (structured-merge-diff's compareWalker): the paths that are new or different in one object
 * against another. A creation is compared with an empty object, which is one pass over the new one.
 */
import { equalJson, isObject, type Json } from '../shape.ts'
import { type FieldSet, leaf } from './field-set.ts'
import { type ApplySchema, deduced, type StructField } from './schema.ts'

/** The paths that `next` has and `before` has not, or has with another value. */
export const changedFields = (schema: ApplySchema, before: unknown, next: unknown): FieldSet =>
  differing(schema, before, next, true) ?? leaf
/** The paths that `before` had and `next` has no more. */
export const removedFields = (schema: ApplySchema, before: unknown, next: unknown): FieldSet =>
  differing(schema, next, before, false) ?? leaf

function differing(schema: ApplySchema, base: unknown, value: unknown, modified: boolean): FieldSet | undefined {
  if (base === value || value === undefined) return undefined
  if (base === undefined) return added(schema, value)
  switch (schema.kind) {
    case 'leaf':
      return modified && !equalJson(base, value) ? leaf : undefined
    case 'struct': {
      if (!isObject(value) || !isObject(base)) return mixed(schema, base, value, modified)
      let node: Record<string, FieldSet> | undefined
      for (const field of schema.fields) {
        const inner = fieldValue(value, field)
        if (inner === undefined) continue
        const found = differing(field.schema(), fieldValue(base, field), inner, modified)
        if (found) {
          node ??= {}
          node[field.element] = found
        }
      }
      return node
    }
    case 'map': {
      if (!isObject(value) || !isObject(base)) return mixed(schema, base, value, modified)
      if (isEmptyObject(value)) return undefined
      const of = schema.of()
      let node: Record<string, FieldSet> | undefined
      for (const key of sortedKeys(value)) {
        const found = differing(of, Object.hasOwn(base, key) ? base[key] : undefined, value[key], modified)
        if (found) {
          node ??= {}
          node[`f:${key}`] = found
        }
      }
      return node
    }
    case 'set':
    case 'items': {
      if (!Array.isArray(value) || !Array.isArray(base)) return mixed(schema, base, value, modified)
      if (value.length === 0) return undefined
      const have = groupItems(schema, base)
      const of = schema.of()
      let node: Record<string, FieldSet> | undefined
      for (const [element, items] of sortedItems(schema, value)) {
        const before = have.get(element)
        const single = items.length === 1 && (!before || before.length === 1)
        const found = single ? differing(of, before?.[0], items[0], modified) : leafIf(!before || (modified && !equalJson(before, items))) // duplicates are one thing
        if (found) {
          node ??= {}
          node[element] = found
        }
      }
      return node
    }
    default: {
      const shape = deducedShape(value)
      return shape && isObject(base) ? differing(shape, base, value, modified) : other(base, value, modified)
    }
  }
}

/** A null that the schema says nothing else of is a value: custom resources may hold it. */
const fieldValue = (object: Json, { name, empty }: StructField): unknown => object[name] ?? (empty === undefined ? object[name] : empty)

/** One of the two is null, or of a kind that the schema does not expect. */
function mixed(schema: ApplySchema, base: unknown, value: unknown, modified: boolean): FieldSet | undefined {
  const empty = schema.kind === 'map' || schema.kind === 'struct' ? {} : []
  if (base === null && value !== null) return isEmptyValue(value) ? leafIf(modified) : differing(schema, empty, value, modified)
  if (value === null) return base !== null && isEmptyValue(base) ? leafIf(modified) : undefined
  return other(base, value, modified)
}
const other = (base: unknown, value: unknown, modified: boolean): FieldSet | undefined => leafIf(modified && !equalJson(base, value))
const leafIf = (yes: boolean): FieldSet | undefined => (yes ? leaf : undefined)

/** Everything in a value that was not there before. */
function added(schema: ApplySchema, value: unknown): FieldSet {
  if (value === null || typeof value !== 'object') return leaf
  switch (schema.kind) {
    case 'leaf':
      return leaf
    case 'struct': {
      if (!isObject(value)) return leaf
      let node: Record<string, FieldSet> | undefined
      for (const field of schema.fields) {
        const inner = fieldValue(value, field)
        if (inner === undefined) continue
        node ??= { '.': leaf }
        node[field.element] = added(field.schema(), inner)
      }
      return node ?? leaf
    }
    case 'map': {
      if (!isObject(value)) return leaf
      const of = schema.of()
      let node: Record<string, FieldSet> | undefined
      for (const key of sortedKeys(value)) {
        node ??= { '.': leaf }
        node[`f:${key}`] = added(of, value[key])
      }
      return node ?? leaf
    }
    case 'set':
    case 'items': {
      if (!Array.isArray(value) || value.length === 0) return leaf
      const of = schema.of()
      const node: Record<string, FieldSet> = { '.': leaf }
      for (const [element, items] of sortedItems(schema, value)) node[element] = items.length === 1 ? added(of, items[0]) : leaf
      return node
    }
    default: {
      const shape = deducedShape(value)
      return shape ? added(shape, value) : leaf
    }
  }
}

const deducedMap: ApplySchema = { kind: 'map', of: () => deduced }
const deducedShape = (value: unknown): ApplySchema | undefined => (isObject(value) ? deducedMap : undefined)

type ListSchema = Extract<ApplySchema, { kind: 'set' | 'items' }>

/** `k:{"name":"a"}` or `v:"a"`: how an item is known. */
export function itemElement(schema: ListSchema, item: unknown): string {
  if (schema.kind === 'set') return `v:${JSON.stringify(item)}`
  const keys = schema.keys
  if (keys.length === 1) {
    const { name, default: missing } = keys[0] as (typeof keys)[number]
    const value = (isObject(item) ? item[name] : undefined) ?? missing
    return value === undefined ? 'k:{}' : `k:{${JSON.stringify(name)}:${JSON.stringify(value)}}`
  }
  const parts: string[] = []
  for (const { name, default: missing } of keys) {
    const value = (isObject(item) ? item[name] : undefined) ?? missing
    if (value !== undefined) parts.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`)
  }
  return `k:{${parts.join(',')}}`
}

/** The items by how they are known; of duplicates the first. */
export function indexItems(schema: ListSchema, list: readonly unknown[]): Map<string, unknown> {
  const index = new Map<string, unknown>()
  for (const item of list) {
    const element = itemElement(schema, item)
    if (!index.has(element)) index.set(element, item)
  }
  return index
}
/** As old objects may have duplicates, each element with all its items. */
function groupItems(schema: ListSchema, list: readonly unknown[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>()
  for (const item of list) {
    const element = itemElement(schema, item)
    const group = groups.get(element)
    if (group) group.push(item)
    else groups.set(element, [item])
  }
  return groups
}
function sortedItems(schema: ListSchema, list: readonly unknown[]): [string, unknown[]][] {
  if (list.length === 1) return [[itemElement(schema, list[0]), [list[0]]]]
  return [...groupItems(schema, list)].sort(([a], [b]) => (a < b ? -1 : 1))
}
function sortedKeys(object: Json): string[] {
  const keys = Object.keys(object)
  return keys.length > 1 ? keys.sort() : keys
}
const isEmptyObject = (object: Json): boolean => {
  for (const _ in object) return false
  return true
}
const isEmptyValue = (value: unknown): boolean => (Array.isArray(value) ? value.length === 0 : isObject(value) && isEmptyObject(value))
