/**
 * Drops the fields that a schema does not know (apiextensions' schema/pruning), and nulls that it does not allow
 * (schema/defaulting, PruneNonNullableNullsWithoutDefaults). The object is not changed: what stays is shared.
 */
import type { Json } from '../shape.ts'
import { fieldOf, replaceFields, replaceItems, type Structural } from './schema.ts'

const typeMeta = new Set(['apiVersion', 'kind', 'metadata'])

/** `unknown` gets the paths of what goes, as `spec.list[0].field`. */
export function pruneUnknown(root: Structural, object: Json, unknown: string[]): Json {
  // The root is an object of the API whether its schema says so or not.
  return pruneFields({ ...root, embedded: true }, object, '', unknown)
}

/** The same for a value that is no object of the API, such as a default. */
export function prune(node: Structural | true | undefined, value: unknown, path: string, unknown: string[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = typeof node === 'object' ? node.items : undefined
    // What a preserved list holds that no schema describes is preserved.
    if (typeof node === 'object' && node.preserve && !items) return value
    return replaceItems(value, (item, i) => prune(items, item, `${path}[${i}]`, unknown))
  }
  return pruneFields(typeof node === 'object' ? node : undefined, value as Json, path, unknown)
}

function pruneFields(node: Structural | undefined, object: Json, path: string, unknown: string[]): Json {
  return replaceFields(object, (key, value) => {
    if (node?.embedded && typeMeta.has(key)) return value
    const field = node && fieldOf(node, key)
    if (field === undefined && node?.preserve) return value
    const at = path === '' ? key : `${path}.${key}`
    if (field !== undefined) return prune(field, value, at, unknown)
    unknown.push(at)
    return undefined
  })
}

/** A null where none is allowed is as good as nothing; where there is a default, applyDefaults has put it. */
export function pruneNulls(node: Structural | true | undefined, value: unknown): unknown {
  if (typeof node !== 'object' || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return node.items ? replaceItems(value, (item) => pruneNulls(node.items, item)) : value
  return replaceFields(value as Json, (key, member) => {
    const field = fieldOf(node, key)
    if (member !== null) return pruneNulls(field, member)
    return typeof field === 'object' && !field.props.nullable && field.props.default === undefined ? undefined : null
  })
}
