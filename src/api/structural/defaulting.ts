/** Fills in the defaults of a schema (apiextensions' schema/defaulting). The object is not changed: what stays is shared. */
import { type Json, setKey } from '../shape.ts'
import { fieldOf, replaceFields, replaceItems, type Structural } from './schema.ts'

export function fillDefaults(node: Structural, value: unknown): unknown {
  if (!node.below.defaults || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const { items } = node
    return items ? replaceItems(value, (item) => fillDefaults(items, orDefault(items, item))) : value
  }
  const object = value as Json
  let filled = object
  for (const [name, value] of node.defaults) {
    if (Object.hasOwn(object, name)) continue
    if (filled === object) filled = { ...object }
    setKey(filled, name, copyOf(value))
  }
  return replaceFields(filled, (key, member) => {
    const field = fieldOf(node, key)
    return typeof field === 'object' ? fillDefaults(field, orDefault(field, member)) : member
  })
}

/** A null that is not allowed gives way to the default. */
const orDefault = ({ props }: Structural, value: unknown): unknown =>
  value === null && !props.nullable && props.default !== undefined ? copyOf(props.default) : value

const copyOf = (value: unknown): unknown => (typeof value === 'object' ? structuredClone(value) : value)
