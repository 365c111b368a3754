/** The simple JSON paths of a definition, `.spec.replicas`, as the names of fields: no lists, no wildcards. */
import { isObject, type Json, setKey } from '../../api/shape.ts'

export const fieldsOf = (path: string): readonly string[] => path.replace(/^\./, '').split('.')

export function fieldAt(object: unknown, path: readonly string[]): unknown {
  let value = object
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** A copy of the object with a value at the path; what is not on the way is shared. */
export function withFieldAt(object: Json, [name, ...rest]: readonly string[], value: unknown): Json {
  const made = { ...object }
  const inner = Object.hasOwn(object, name as string) ? object[name as string] : undefined
  setKey(made, name as string, rest.length === 0 ? value : withFieldAt(isObject(inner) ? inner : {}, rest, value))
  return made
}
