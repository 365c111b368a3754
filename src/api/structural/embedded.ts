/**
 * Embedded resources (apiextensions' schema/objectmeta): values with an apiVersion, a kind and a metadata of their own,
 * brought into the form that ObjectMeta has and checked as that of any object.
 */
import { normalize } from '../decode.ts'
import { DecodeError } from '../json.ts'
import { typeById } from '../registry.ts'
import { equalJson, isObject, type Json } from '../shape.ts'
import type { ObjectMeta } from '../types/meta-v1.ts'
import { type FieldError, invalid, required } from '../validation/field-error.ts'
import { isDNS1035Label, pathSegmentName } from '../validation/names.ts'
import { validateMeta } from '../validation/object-meta.ts'
import { fieldOf, replaceFields, replaceItems, type Structural } from './schema.ts'

export interface CoerceOptions {
  /** What cannot be read is dropped, as in objects that are stored already; else it is an error. */
  readonly dropInvalid?: boolean
}

/** Throws DecodeError for a metadata that is none. `unknown` gets the paths of the fields that ObjectMeta has not. */
export function coerceEmbedded(
  node: Structural | true | undefined,
  value: unknown,
  path: string,
  unknown: string[],
  options: CoerceOptions,
): unknown {
  if (typeof node !== 'object' || !node.below.embedded || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return replaceItems(value, (item, i) => coerceEmbedded(node.items, item, `${path}[${i}]`, unknown, options))
  return replaceFields(value as Json, (key, member) => {
    const at = path === '' ? key : `${path}.${key}`
    const coerced = node.embedded ? coerceTypeAndMeta(key, member, at, unknown, options) : member
    return coerceEmbedded(fieldOf(node, key), coerced, at, unknown, options)
  })
}

function coerceTypeAndMeta(key: string, value: unknown, path: string, unknown: string[], { dropInvalid }: CoerceOptions): unknown {
  if (key === 'metadata') return coerceMeta(value, path, unknown, dropInvalid)
  if ((key !== 'apiVersion' && key !== 'kind') || typeof value === 'string') return value
  if (dropInvalid) return undefined
  throw new DecodeError(`${path}: Invalid value: ${JSON.stringify(value)}: must be a string`)
}

const strictUnknown = /^unknown field "(.*)"$/s

/** The metadata in the form of ObjectMeta; the unknown fields are dropped and told. */
export function coerceMeta(value: unknown, path: string, unknown: string[], dropInvalid = false): unknown {
  if (!isObject(value)) {
    if (dropInvalid) return undefined
    throw new DecodeError(`${path}: Invalid value: ${JSON.stringify(value)}: must be an object`)
  }
  try {
    const { object, strict } = normalize(typeById('meta.v1.ObjectMeta'), value)
    for (const text of strict) unknown.push(`${path}.${strictUnknown.exec(text)?.[1] ?? text}`)
    return equalJson(object, value) ? value : object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    if (!dropInvalid) throw new DecodeError(`${path}: Invalid value: ${JSON.stringify(value)}: ${error.message}`)
    return withoutMalformed(value)
  }
}

/** Field by field, so that one that cannot be read does not take the others with it. */
function withoutMalformed(meta: Json): Json {
  const type = typeById('meta.v1.ObjectMeta')
  return replaceFields(meta, (key, value) => {
    try {
      return normalize(type, { [key]: value }).object[key]
    } catch (error) {
      if (error instanceof DecodeError) return undefined
      throw error
    }
  })
}

/** The rules of every object, for those inside. */
export function validateEmbedded(node: Structural | true | undefined, value: unknown, path: string, errors: FieldError[]): void {
  if (typeof node !== 'object' || !node.below.embedded || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      validateEmbedded(node.items, item, `${path}[${i}]`, errors)
    })
    return
  }
  const object = value as Json
  if (node.embedded) validateResource(object, path, errors)
  for (const key in object) {
    const at = node.properties.has(key) ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`
    validateEmbedded(fieldOf(node, key), object[key], at, errors)
  }
}

function validateResource({ apiVersion, kind, metadata }: Json, path: string, errors: FieldError[]): void {
  if (apiVersion === undefined) errors.push(required(`${path}.apiVersion`))
  else if (typeof apiVersion !== 'string') errors.push(invalid(`${path}.apiVersion`, apiVersion, 'must be a string'))
  else if (apiVersion === '') errors.push(invalid(`${path}.apiVersion`, apiVersion, 'must not be empty'))
  else if (apiVersion.split('/').length > 2)
    errors.push(invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  if (kind === undefined) errors.push(required(`${path}.kind`))
  else if (typeof kind !== 'string') errors.push(invalid(`${path}.kind`, kind, 'must be a string'))
  else if (kind === '') errors.push(invalid(`${path}.kind`, kind, 'must not be empty'))
  else {
    const wrong = isDNS1035Label(kind.toLowerCase())
    if (wrong.length > 0) errors.push(invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${wrong.join(',')}`))
  }
  if (!isObject(metadata)) return
  // An embedded object needs no name: it may be a template.
  const meta = metadata as Partial<ObjectMeta>
  errors.push(...validateMeta({ ...meta, name: meta.name || 'fakename' }, Boolean(meta.namespace), pathSegmentName, `${path}.metadata`))
}
