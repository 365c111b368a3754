/** What patches, apply and the schemas ask about a type: its JSON fields by name, embedded structs folded in. */
import type { Field, FieldType, MessageType } from '../schema/schema.ts'
import { typeById } from './registry.ts'

const known = new WeakMap<MessageType, ReadonlyMap<string, Field>>()

/** The fields as they stand in JSON, in the order of the table. kind and apiVersion are not among them. */
export function fieldsOf(type: MessageType): ReadonlyMap<string, Field> {
  const have = known.get(type)
  if (have) return have
  const fields = new Map<string, Field>()
  for (const field of type.fields) {
    const inner = field.inline ? messageOf(field.type) : undefined
    if (inner) for (const [name, f] of fieldsOf(inner)) fields.set(name, f)
    else fields.set(field.name, field)
  }
  known.set(type, fields)
  return fields
}

/** The message that a field's own type is; undefined for lists, maps and scalars. */
export const messageOf = (type: FieldType): MessageType | undefined => (type.kind === 'message' ? typeById(type.name) : undefined)
/** The message that a list's items or a map's values are. */
export const elementOf = (type: FieldType): MessageType | undefined =>
  type.kind === 'list' || type.kind === 'map' ? messageOf(type.of) : undefined

export type Json = Record<string, unknown>
export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Deep equality of JSON values; the order of keys does not matter, and an undefined member is an absent one. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!equalJson(a[i], b[i])) return false
    return true
  }
  if (Array.isArray(b)) return false
  let count = 0
  for (const key in a) {
    const value = (a as Json)[key]
    if (value === undefined) continue
    count++
    if (!equalJson(value, (b as Json)[key])) return false
  }
  for (const key in b) if ((b as Json)[key] !== undefined) count--
  return count === 0
}

/** `object[key] = value` for keys from outside: a plain assignment to `__proto__` would be lost. */
export function setKey(object: Json, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}
/** The object's own member; never something inherited. */
export const ownKey = (object: Json, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined)
