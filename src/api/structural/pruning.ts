/**
 * Drops the fields that a schema does not know (apiextensions' schema/pruning), and nulls that it does not allow
 * (schema/defaulting, PruneNonNullableNullsWithoutDefaults). The object is not changed: what stays is shared.
 */
import type { Json } from '../shape.ts'
import { type Path, pathText } from './path.ts'
import { fieldOf, replaceFields, replaceItems, type Structural } from './schema.ts'

interface Walk {
  readonly path: Path
  /** The paths of what goes because it is unknown, as `spec.list[0].field`. */
  readonly unknown: string[]
}

export function pruneUnknown(root: Structural, object: Json, unknown: string[]): Json {
  // The root is an object of the API whether its schema says so or not.
  return pruneFields(root, object, true, { path: [], unknown })
}

/** The same for a value that is no object of the API, such as a default. */
export const pruneValue = (node: Structural, value: unknown): unknown => prune(node, value, { path: [], unknown: [] })

function prune(node: Structural | true | undefined, value: unknown, walk: Walk): unknown {
  if (typeof value !== 'object' || value === null) return value
  const known = typeof node === 'object' ? node : undefined
  if (!Array.isArray(value)) return pruneFields(known, value as Json, known?.embedded === true, walk)
  // What a preserved list holds that no schema describes is preserved.
  if (known?.preserve && !known.items) return value
  return replaceItems(value, (item, i) => {
    walk.path.push(i)
    const next = prune(known?.items, item, walk)
    walk.path.pop()
    return next
  })
}

const isTypeMeta = (key: string): boolean => key === 'apiVersion' || key === 'kind' || key === 'metadata'

function pruneFields(node: Structural | undefined, object: Json, isResource: boolean, walk: Walk): Json {
  return replaceFields(object, (key, value) => {
    if (isResource && isTypeMeta(key)) return value
    const field = node && fieldOf(node, key)
    if (field === undefined && node?.preserve) return value
    if (value === null && field !== undefined) return isForbiddenNull(field) ? undefined : null
    walk.path.push(key)
    if (field === undefined) walk.unknown.push(pathText(walk.path))
    const next = field === undefined ? undefined : prune(field, value, walk)
    walk.path.pop()
    return next
  })
}

/** Where null is no value it is as good as nothing; where there is a default, applyDefaults has put it. */
const isForbiddenNull = (field: Structural | true): boolean => field !== true && !field.props.nullable && field.props.default === undefined
