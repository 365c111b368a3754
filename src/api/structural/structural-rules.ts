/**
 * What makes a schema structural (apiextensions' schema/validation.go): each field has one type, given where the field
 * is declared, and allOf, anyOf, oneOf and not say nothing but how values are restricted.
 */
import { EvaluationError } from '../../cel/errors.ts'
import { compileRegex } from '../../cel/regex.ts'
import { equalJson, isObject } from '../shape.ts'
import type { JSONSchemaProps } from '../types/apiextensions-v1.ts'
import { causeMessage, type FieldError, forbidden, invalid, required } from '../validation/field-error.ts'

type Level = 'root' | 'item' | 'field'

const typeNeeded: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

export function validateStructural(props: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = []
  invariants(props, 'root', path, errors)
  valueCompleteness(props, props, path, path, errors)
  // Upstream walks maps in no order, and sorts what it found.
  const shown = new Map(errors.map((e) => [e, `${e.field}: ${causeMessage(e)}`]))
  return errors.sort((a, b) => ((shown.get(a) as string) < (shown.get(b) as string) ? -1 : 1))
}

const itemsOf = ({ items }: JSONSchemaProps): JSONSchemaProps | undefined => (items && !Array.isArray(items) ? items : undefined)
const additionalOf = ({ additionalProperties }: JSONSchemaProps): JSONSchemaProps | undefined =>
  isObject(additionalProperties) ? additionalProperties : undefined

function invariants(props: JSONSchemaProps, level: Level, path: string, errors: FieldError[]): void {
  const { type = '', properties = {}, additionalProperties } = props
  const intOrString = props['x-kubernetes-int-or-string'] === true
  const preserve = props['x-kubernetes-preserve-unknown-fields'] === true
  const embedded = props['x-kubernetes-embedded-resource'] === true
  if (type === 'array' && !props.items) errors.push(required(`${path}.items`, 'must be specified'))
  const items = itemsOf(props)
  if (items) invariants(items, 'item', `${path}.items`, errors)
  for (const [name, property] of Object.entries(properties)) invariants(property, 'field', `${path}.properties[${name}]`, errors)
  const additional = additionalOf(props)
  if (additional) invariants(additional, 'field', `${path}.additionalProperties`, errors)
  if (additionalProperties !== undefined && level === 'root')
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'))

  if (intOrString && preserve)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, 'must be false if x-kubernetes-int-or-string is true'))
  if (intOrString && embedded)
    errors.push(invalid(`${path}.x-kubernetes-embedded-resource`, true, 'must be false if x-kubernetes-int-or-string is true'))
  const inAnyOf = intOrString && equalJson(props.anyOf, intOrStringTypes)
  const inAllOf = intOrString && equalJson(props.allOf?.[0]?.anyOf, intOrStringTypes)
  values(props, inAnyOf, inAllOf, path, errors)

  if (embedded && type !== 'object') {
    const must = 'must be object if x-kubernetes-embedded-resource is true'
    errors.push(type === '' ? required(`${path}.type`, must) : invalid(`${path}.type`, type, must))
  } else if (type === '' && !intOrString && !preserve) errors.push(required(`${path}.type`, typeNeeded[level]))
  if (embedded && additionalProperties !== undefined)
    errors.push(forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'))
  if (level === 'root' && type !== '' && type !== 'object') errors.push(invalid(`${path}.type`, type, 'must be object at the root'))

  metadata(props, level, embedded, path, errors)
  if (embedded && !preserve && Object.keys(properties).length === 0)
    errors.push(
      required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    )
}

/** kind, apiVersion and metadata are the same in every object; of the metadata a schema may restrict the names. */
function metadata({ properties = {} }: JSONSchemaProps, level: Level, embedded: boolean, path: string, errors: FieldError[]): void {
  const isResource = level === 'root' || embedded
  if (!isResource) return
  for (const name of ['kind', 'apiVersion']) {
    const type = properties[name] && (properties[name].type ?? '')
    if (type !== undefined && type !== 'string') errors.push(invalid(`${path}.properties[${name}].type`, type, 'must be string'))
  }
  const meta = properties['metadata']
  if (!meta) return
  const at = `${path}.properties[metadata]`
  if (meta.type !== 'object') errors.push(invalid(`${at}.type`, meta.type ?? '', 'must be object'))
  if (level !== 'root') return
  const { type: _t, default: _d, properties: named = {}, ...rest } = meta
  if (Object.keys(rest).length > 0 || Object.keys(named).some((name) => name !== 'name' && name !== 'generateName'))
    errors.push(forbidden(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified'))
}

const intOrStringTypes = [{ type: 'integer' }, { type: 'string' }]

function values(props: JSONSchemaProps, inAnyOf: boolean, inAllOf: boolean, path: string, errors: FieldError[]): void {
  if (!inAnyOf)
    props.anyOf?.forEach((nested, i) => {
      nestedValues(nested, false, `${path}.anyOf[${i}]`, errors)
    })
  props.allOf?.forEach((nested, i) => {
    nestedValues(nested, inAllOf && i === 0, `${path}.allOf[${i}]`, errors)
  })
  props.oneOf?.forEach((nested, i) => {
    nestedValues(nested, false, `${path}.oneOf[${i}]`, errors)
  })
  if (props.not) nestedValues(props.not, false, `${path}.not`, errors)
  if (!props.pattern) return
  try {
    compileRegex(props.pattern)
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    errors.push(invalid(`${path}.pattern`, props.pattern, `must be a valid regular expression, but isn't: ${error.message}`))
  }
}

/** What may not stand inside allOf, anyOf, oneOf and not, and in whose words. */
const forbiddenInside: readonly (readonly [keyof JSONSchemaProps, string])[] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
]

function nestedValues(props: JSONSchemaProps, inAnyOf: boolean, path: string, errors: FieldError[]): void {
  values(props, inAnyOf, false, path, errors)
  const items = itemsOf(props)
  if (items) nestedValues(items, false, `${path}.items`, errors)
  for (const [name, property] of Object.entries(props.properties ?? {}))
    nestedValues(property, false, `${path}.properties[${name}]`, errors)
  for (const [field, must] of forbiddenInside) {
    const value = props[field]
    if (value !== undefined && value !== false && !(must === 'empty' && (value as string | unknown[]).length === 0))
      errors.push(forbidden(`${path}.${field}`, `must be ${must} to be structural`))
  }
  if (props.properties?.['metadata']) errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'))
}

/** Each field that is restricted somewhere inside is declared outside. */
function valueCompleteness(
  nested: JSONSchemaProps,
  declared: JSONSchemaProps,
  path: string,
  nestedPath: string,
  errors: FieldError[],
): void {
  for (const field of ['allOf', 'anyOf', 'oneOf'] as const)
    nested[field]?.forEach((each, i) => {
      nestedCompleteness(each, declared, path, `${nestedPath}.${field}[${i}]`, errors)
    })
  if (nested.not) nestedCompleteness(nested.not, declared, path, `${nestedPath}.not`, errors)
}

function nestedCompleteness(
  nested: JSONSchemaProps,
  declared: JSONSchemaProps | undefined,
  path: string,
  nestedPath: string,
  errors: FieldError[],
): void {
  if (!declared) {
    errors.push(required(path, `because it is defined in ${nestedPath}`))
    return
  }
  valueCompleteness(nested, declared, path, nestedPath, errors)
  const items = itemsOf(nested)
  if (items) nestedCompleteness(items, itemsOf(declared), `${path}.items`, `${nestedPath}.items`, errors)
  for (const [name, property] of Object.entries(nested.properties ?? {})) {
    const own = declared.properties && Object.hasOwn(declared.properties, name) ? declared.properties[name] : undefined
    const additional = own ? undefined : additionalOf(declared)
    const at = additional ? `${path}.additionalProperties` : `${path}.properties[${name}]`
    nestedCompleteness(property, own ?? additional, at, `${nestedPath}.properties[${name}]`, errors)
  }
}
