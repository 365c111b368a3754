/** Lists of type set and map hold each item once (apiextensions' schema/listtype). */
import { isObject, type Json } from '../shape.ts'
import { duplicate, type FieldError, invalid } from '../validation/field-error.ts'
import type { Structural } from './schema.ts'

export function validateListTypes(node: Structural | true | undefined, value: unknown, path: string, errors: FieldError[]): void {
  if (typeof node !== 'object' || !node.below.listTypes || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    validateList(node, value, path, errors)
    if (node.items?.below.listTypes) for (let i = 0; i < value.length; i++) validateListTypes(node.items, value[i], `${path}[${i}]`, errors)
    return
  }
  const object = value as Json
  for (const key in object) {
    const property = node.properties.get(key)
    if (property) validateListTypes(property, object[key], path === '' ? key : `${path}.${key}`, errors)
    else validateListTypes(node.additional, object[key], `${path}[${key}]`, errors)
  }
}

function validateList({ props }: Structural, list: readonly unknown[], path: string, errors: FieldError[]): void {
  const type = props['x-kubernetes-list-type']
  if (type !== 'set' && type !== 'map') return
  const keys = type === 'map' ? (props['x-kubernetes-list-map-keys'] ?? []) : undefined
  const seen = new Set<unknown>()
  for (let i = 0; i < list.length; i++) {
    const item = list[i]
    if (keys && !isObject(item)) {
      errors.push(invalid(path, list, 'items must be objects for an array of list-type map'))
      return
    }
    const identity = keys ? identityOf(item as Json, keys) : scalarOf(item)
    if (seen.has(identity)) errors.push(duplicate(`${path}[${i}]`, keys ? keysOf(item as Json, keys) : item))
    seen.add(identity)
  }
}

/** A value that is the same for items whose keys are equal. */
export function identityOf(item: Json, keys: readonly string[]): unknown {
  if (keys.length === 1) return scalarOf(item[keys[0] as string])
  return keys.map((key) => canonical(item[key] ?? null)).join()
}
const scalarOf = (value: unknown): unknown => (typeof value === 'object' && value !== null ? canonical(value) : value)

/** The item as its keys alone; those it has not are left out. */
function keysOf(item: Json, keys: readonly string[]): Json {
  return Object.fromEntries(keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]))
}

/** One text for equal values: the order of fields does not count. */
export const canonical = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : JSON.stringify(value, (_key, member: unknown) =>
        isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
      )
