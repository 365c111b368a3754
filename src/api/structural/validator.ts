/**
 * Validates values against an OpenAPI v3 schema in the words of kube-apiserver (apiextensions' validation over
 * k8s.io/kube-openapi/pkg/validation). A schema is compiled once, to closures; an update lets wrong values through that
 * stand unchanged in the old object (KEP-4008).
 */
import { compileRegex } from '../../cel/regex.ts'
import { equalJson, isObject, type Json } from '../shape.ts'
import type { JSONSchemaProps } from '../types/apiextensions-v1.ts'
import { type FieldError, goQuote, invalid, required, tooLong, tooMany } from '../validation/field-error.ts'
import { formatCheck } from './formats.ts'
import { identityOf } from './list-types.ts'
import { type Path, pathText } from './path.ts'

/** `old` is the value that stood in the same place; undefined where there is none to compare with. */
export type Validator = (value: unknown, old: unknown, found: Found) => void

/** What one validation has found so far. */
export interface Found {
  readonly errors: FieldError[]
  /** Where the validation stands. */
  readonly path: Path
  /** How many schemas were looked at: of alternatives that fail, the one that got furthest is told. */
  looked: number
}

/** No answer has use for more; an object may hold a million wrong items. */
export const maxErrors = 1000

export function compileValidator(props: JSONSchemaProps): Validator {
  const type = typeCheck(props)
  const among = enumCheck(props)
  const combined = combinators(props)
  const text = textCheck(props)
  const number = numberCheck(props)
  const list = listCheck(props)
  const object = objectCheck(props)
  return (value, old, found) => {
    const before = found.errors.length
    if (before >= maxErrors) return
    found.looked++
    type?.(value, found)
    if (value !== null) {
      combined?.(value, old, found)
      if (typeof value === 'string') text?.(value, found)
      else if (typeof value === 'number') number?.(value, found)
      else if (Array.isArray(value)) list?.(value, old, found)
    }
    among?.(value, found)
    if (object && isObject(value)) object(value, old, found)
    if (found.errors.length > before && old !== undefined && equalJson(old, value)) found.errors.length = before
  }
}

/** What a value is refused for; `base` is the path to it, which texts leave out as upstream does. */
export function runValidator(validator: Validator, value: unknown, old: unknown, base: string): FieldError[] {
  let found: Found = { errors: [], path: [], looked: 0 }
  validator(value, undefined, found)
  // Only what is wrong is worth comparing.
  if (old !== undefined && found.errors.length > 0) {
    found = { errors: [], path: [], looked: 0 }
    validator(value, old, found)
  }
  const seen = new Set<string>()
  return found.errors.flatMap((error) => {
    // Alternatives may say the same.
    const text = `${error.field}\0${error.type}\0${error.detail}`
    if (seen.has(text)) return []
    seen.add(text)
    return [{ ...error, field: [base, error.field].filter(Boolean).join('.') || '<nil>' }]
  })
}

/** An error that says what the value should be. */
function should(value: unknown, path: Path, errors: FieldError[], what: string): void {
  const at = pathText(path)
  errors.push(invalid(at, value, `${at} in body should ${what}`))
}

type Check<T> = (value: T, found: Found) => void

/** The JSON type of a value, and the format that go-openapi infers from Go's type. */
function typeOf(value: unknown): readonly [type: string, format: string] {
  if (typeof value === 'string') return ['string', '']
  if (typeof value === 'boolean') return ['boolean', '']
  if (typeof value === 'number') return isInteger(value) ? ['integer', 'int64'] : ['number', 'double']
  return [Array.isArray(value) ? 'array' : 'object', '']
}
const isInteger = (value: number): boolean => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63

const wrongType = (path: string, wanted: string, value: string): FieldError => ({
  type: 'typeInvalid',
  field: path,
  value,
  detail: `${path} in body must be of type ${wanted}: ${goQuote(value)}`,
})

function typeCheck(props: JSONSchemaProps): Check<unknown> | undefined {
  const types = props['x-kubernetes-int-or-string'] ? ['integer', 'string'] : props.type ? [props.type] : []
  const format = formatCheck(props.format) ? (props.format ?? '') : ''
  if (types.length === 0 && format === '') return undefined
  const wanted = types.join(',')
  const numeric = types.includes('number') || types.includes('integer')
  const [only] = types
  return (value, { errors, path }) => {
    if (value === null) {
      if (types.length > 0 && !props.nullable) errors.push(wrongType(pathText(path), wanted, 'null'))
      return
    }
    if (typeof value === only && only !== 'object') return
    const [type, valueFormat] = typeOf(value)
    const fits = types.includes(type) || (type === 'integer' && only === 'number')
    const formatted = type === 'string' || type === 'array'
    // A value that may have a format is left to its format, whatever the schema's type.
    if (format !== '' && !numeric && formatted) return
    if (!fits)
      errors.push(format !== '' && !formatted ? wrongType(pathText(path), format, valueFormat) : wrongType(pathText(path), wanted, type))
  }
}

function enumCheck({ enum: allowed }: JSONSchemaProps): Check<unknown> | undefined {
  if (!allowed?.length) return undefined
  const plain = new Set(allowed.filter((v) => typeof v === 'string'))
  const supported = allowed.map((v) => goQuote(typeof v === 'string' ? v : JSON.stringify(v))).join(', ')
  return (value, { errors, path }) => {
    if (typeof value === 'string' ? plain.has(value) : allowed.some((v) => equalJson(v, value))) return
    errors.push({ type: 'notSupported', field: pathText(path), value, detail: `supported values: ${supported}` })
  }
}

function textCheck({ maxLength, minLength, pattern, format }: JSONSchemaProps): Check<string> | undefined {
  const expression = pattern ? compileRegex(pattern) : undefined
  const isFormatted = formatCheck(format)
  if (maxLength === undefined && minLength === undefined && !expression && !isFormatted) return undefined
  const isLong = (value: string) => maxLength !== undefined && value.length > maxLength && codePoints(value) > maxLength
  const isShort = (value: string) => minLength !== undefined && codePoints(value) < minLength
  return (value, { errors, path }) => {
    if (isLong(value)) errors.push(tooLong(pathText(path), maxLength as number))
    else if (isShort(value)) should(value, path, errors, `be at least ${minLength} chars long`)
    else if (expression && !expression.test(value)) should(value, path, errors, `match '${pattern}'`)
    if (isFormatted && !isFormatted(value)) errors.push(wrongType(pathText(path), format as string, value))
  }
}

function codePoints(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 0xd800 && c < 0xdc00 && i + 1 < text.length) i++
    count++
  }
  return count
}

function numberCheck(props: JSONSchemaProps): Check<number> | undefined {
  const { multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = props
  if (multipleOf === undefined && minimum === undefined && maximum === undefined) return undefined
  return (value, { errors, path }) => {
    if (multipleOf !== undefined && !isMultiple(value, multipleOf)) should(value, path, errors, `be a multiple of ${multipleOf}`)
    if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
      should(value, path, errors, `be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)
    if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
      should(value, path, errors, `be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)
  }
}

/** As near as floating point allows: 0.3 is a multiple of 0.1. */
function isMultiple(value: number, factor: number): boolean {
  const times = Math.abs(factor < 1 ? (1 / factor) * value : value / factor)
  const whole = Math.trunc(times)
  return times === whole || (whole !== 0 && (times - whole) / (times + whole) < 1e-9)
}

function listCheck(props: JSONSchemaProps): ((value: readonly unknown[], old: unknown, found: Found) => void) | undefined {
  const { minItems, maxItems } = props
  const item = props.items && !Array.isArray(props.items) ? compileValidator(props.items) : undefined
  if (!item && minItems === undefined && maxItems === undefined) return undefined
  const keys = props['x-kubernetes-list-type'] === 'map' ? props['x-kubernetes-list-map-keys'] : undefined
  return (value, old, found) => {
    if (item) {
      const previous = keys && Array.isArray(old) ? correlate(old, keys) : undefined
      for (let i = 0; i < value.length; i++) {
        found.path.push(i)
        item(value[i], previous?.(value[i]), found)
        found.path.pop()
      }
    }
    const { length } = value
    if (minItems !== undefined && length < minItems) should(length, found.path, found.errors, `have at least ${minItems} items`)
    if (maxItems !== undefined && length > maxItems) found.errors.push(tooMany(pathText(found.path), length, maxItems))
  }
}

/** Finds the old item with the same keys; those of other lists cannot be told apart. */
export function correlate(old: readonly unknown[], keys: readonly string[]): (item: unknown) => unknown {
  const byKeys = new Map<unknown, unknown>()
  for (const item of old) if (isObject(item)) byKeys.set(identityOf(item, keys), item)
  return (item) => (isObject(item) ? byKeys.get(identityOf(item, keys)) : undefined)
}

function objectCheck(props: JSONSchemaProps): ((value: Json, old: unknown, found: Found) => void) | undefined {
  const { minProperties, maxProperties, required: needed = [], additionalProperties } = props
  const { properties = {} } = props
  const hasProperties = Object.keys(properties).length > 0
  const other = typeof additionalProperties === 'object' ? compileValidator(additionalProperties) : undefined
  // Schemas may be large, and objects have few of the fields: each is compiled when it is first met.
  const compiled = new Map<string, Validator>()
  const validatorOf = (key: string): Validator | undefined => {
    const known = compiled.get(key)
    if (known) return known
    if (!Object.hasOwn(properties, key)) return other
    const made = compileValidator(properties[key] as JSONSchemaProps)
    compiled.set(key, made)
    return made
  }
  if (minProperties === undefined && maxProperties === undefined && needed.length === 0 && !hasProperties && !other) return undefined
  return (value, old, found) => {
    if (minProperties !== undefined || maxProperties !== undefined) {
      const count = Object.keys(value).length
      if (minProperties !== undefined && count < minProperties) {
        should(count, found.path, found.errors, `have at least ${minProperties} properties`)
        return
      }
      if (maxProperties !== undefined && count > maxProperties) {
        found.errors.push(tooMany(pathText(found.path), count, maxProperties))
        return
      }
    }
    const previous = isObject(old) ? old : undefined
    for (const key in value) {
      const validate = validatorOf(key)
      if (!validate) continue
      found.path.push(key)
      validate(value[key], ownOf(previous, key), found)
      found.path.pop()
    }
    for (const key of needed) if (!Object.hasOwn(value, key)) found.errors.push(required(pathText([...found.path, key])))
  }
}
const ownOf = (object: Json | undefined, key: string): unknown => (object && Object.hasOwn(object, key) ? object[key] : undefined)

/** allOf, anyOf, oneOf and not. Their own errors name no field. */
function combinators({ allOf, anyOf, oneOf, not }: JSONSchemaProps): Validator | undefined {
  if (!allOf?.length && !anyOf?.length && !oneOf?.length && !not) return undefined
  const all = (allOf ?? []).map(compileValidator)
  const any = (anyOf ?? []).map(compileValidator)
  const one = (oneOf ?? []).map(compileValidator)
  const none = not && compileValidator(not)
  return (value, old, found) => {
    const tell = (what: string) => {
      found.errors.push({ type: 'invalid', field: '', value: '', detail: `${goQuote(pathText(found.path))} must ${what}` })
    }
    const attempt = (validator: Validator): Found => {
      const trial: Found = { errors: [], path: found.path, looked: 0 }
      validator(value, old, trial)
      return trial
    }
    if (any.length > 0) {
      const best = furthest(any, attempt, 1)
      if (best.valid === 0) tell('validate at least one schema (anyOf)')
      if (best.valid === 0) found.errors.push(...best.errors)
    }
    if (one.length > 0) {
      const best = furthest(one, attempt, one.length)
      if (best.valid !== 1)
        tell(
          `validate one and only one schema (oneOf). ${best.valid === 0 ? 'Found none valid' : `Found ${best.valid} valid alternatives`}`,
        )
      if (best.valid === 0) found.errors.push(...best.errors)
    }
    if (all.length > 0) {
      let valid = 0
      for (const validator of all) {
        const before = found.errors.length
        validator(value, old, found)
        if (found.errors.length === before) valid++
      }
      if (valid !== all.length) tell(`validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`)
    }
    if (none && attempt(none).errors.length === 0) tell('not validate the schema (not)')
  }
}

/** How many alternatives hold (no more than `enough` are counted), and what the one that got furthest says. */
function furthest(
  validators: readonly Validator[],
  attempt: (v: Validator) => Found,
  enough: number,
): { valid: number; errors: FieldError[] } {
  let valid = 0
  let best: Found | undefined
  for (const validator of validators) {
    const trial = attempt(validator)
    if (trial.errors.length === 0) {
      if (++valid >= enough) break
    } else if (!best || trial.looked > best.looked) best = trial
  }
  return { valid, errors: best?.errors ?? [] }
}
