/**
 * The rules of a definition's `openAPIV3Schema` (apiextensions' apis/apiextensions/validation): what of OpenAPI is
 * supported, how list and map types go together, that defaults hold, and that rules compile.
 */
import { CompileError } from '../../cel/errors.ts'
import { DecodeError } from '../json.ts'
import { equalJson, ownKey } from '../shape.ts'
import type { JSONSchemaProps, ValidationRule } from '../types/apiextensions-v1.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from '../validation/field-error.ts'
import { withTypeAndMeta } from './cel-types.ts'
import { coerceEmbedded, validateEmbedded } from './embedded.ts'
import { fieldPathOf } from './field-path.ts'
import { validateListTypes } from './list-types.ts'
import { pruneValue } from './pruning.ts'
import { costMessage, mostOf, type RuleCost, ruleCostLimit, times, totalCostErrors } from './rule-cost.ts'
import { type CompiledRule, compileRulesOf, evaluateDefault } from './rules.ts'
import { type Structural, structuralOf } from './schema.ts'
import { validateStructural } from './structural-rules.ts'
import { compileValidator, maxErrors, runValidator } from './validator.ts'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const metaFields = new Set(['apiVersion', 'kind', 'metadata'])

/** All that is wrong with the schema at `path` (…openAPIV3Schema). */
export function validateDefinitionSchema(props: JSONSchemaProps, path: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (hasStatus) errors.push(...validateRootWithStatus(props, path))
  if (props.nullable) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'))
  const root = structuralOf(props)
  const structural = validateStructural(props, path)
  if (structural.length === 0) validateDefaults(root, path, structural)
  const found: NodeErrors = { schema: [], rules: [], costs: [] }
  const place: Place = { root: true, name: 'selfType', cardinality: 1 }
  validateNode(props, structural.length === 0 ? withTypeAndMeta(root) : undefined, path, place, found)
  return [...errors, ...structural, ...found.schema, ...found.rules, ...totalCostErrors(found.costs, path)].slice(0, maxErrors)
}

/** With a status subresource the status is checked by its own schema, so that nothing at the root may speak of it. */
const atRootWithStatus: Readonly<Partial<Record<keyof JSONSchemaProps, string>>> = {
  description: 'Description',
  type: 'Type',
  format: 'Format',
  title: 'Title',
  maximum: 'Maximum',
  exclusiveMaximum: 'ExclusiveMaximum',
  minimum: 'Minimum',
  exclusiveMinimum: 'ExclusiveMinimum',
  maxLength: 'MaxLength',
  minLength: 'MinLength',
  pattern: 'Pattern',
  maxItems: 'MaxItems',
  minItems: 'MinItems',
  uniqueItems: 'UniqueItems',
  multipleOf: 'MultipleOf',
  required: 'Required',
  items: 'Items',
  properties: 'Properties',
  externalDocs: 'ExternalDocs',
  example: 'Example',
  'x-kubernetes-preserve-unknown-fields': 'XPreserveUnknownFields',
  'x-kubernetes-validations': 'XValidations',
}
function validateRootWithStatus(props: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (props.type !== undefined && props.type !== 'object')
    errors.push(
      invalid(
        `${path}.type`,
        props.type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      ),
    )
  if (Object.keys(props).some((field) => !(field in atRootWithStatus)))
    errors.push(
      invalid(
        path,
        props,
        `only [${Object.values(atRootWithStatus).join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`,
      ),
    )
  return errors
}

// ---- defaults

/** A default is a value like any other: nothing unknown in it, and valid. */
function validateDefaults(node: Structural, path: string, errors: FieldError[]): void {
  if (node.props.default !== undefined) errors.push(...validateDefault(node, node.props.default, `${path}.default`))
  if (node.items) validateDefaults(node.items, `${path}.items`, errors)
  for (const [name, property] of node.properties) validateDefaults(property, `${path}.properties[${name}]`, errors)
}

function validateDefault(node: Structural, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!equalJson(pruneValue(node, value), value)) errors.push(invalid(path, value, 'must not have unknown fields'))
  try {
    coerceEmbedded(node, value, path, [], {})
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return [...errors, invalid(path, value, error.message)]
  }
  const found: FieldError[] = []
  validateEmbedded(node, value, path, found)
  if (found.length === 0) found.push(...runValidator(compileValidator(node.props), value, undefined, path))
  if (found.length === 0) validateListTypes(node, value, path, found)
  if (found.length === 0) found.push(...evaluateDefault(node, value, path))
  return [...errors, ...found]
}

// ---- node by node

interface Place {
  readonly root?: boolean
  /** The path from the root, as types are named. */
  readonly name: string
  readonly insideMeta?: boolean
  /** Why there may be no default here. */
  readonly noDefaults?: string
  /** The list or map whose old items cannot be told apart. */
  readonly noOldSelf?: string
  /** How many such values one object can hold; undefined where nothing bounds it. */
  readonly cardinality: number | undefined
}

/** `rules` are told after all else. Rules of a node compile only where nothing at it or below it is wrong. */
interface NodeErrors {
  readonly schema: FieldError[]
  readonly rules: FieldError[]
  readonly costs: RuleCost[]
}

function validateNode(props: JSONSchemaProps, node: Structural | undefined, path: string, place: Place, errors: NodeErrors): void {
  const before = errors.schema.length
  errors.schema.push(...validateSupported(props, path, place))
  const below = (child: JSONSchemaProps, childNode: Structural | undefined, at: string, change: Partial<Place>) => {
    validateNode(child, childNode, at, { ...place, root: false, ...change }, errors)
  }
  const { properties = {}, additionalProperties } = props
  if (props.uniqueItems)
    errors.schema.push(forbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'))
  if (additionalProperties !== undefined) {
    if (Object.keys(properties).length > 0 && additionalProperties !== true)
      errors.schema.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'))
    if (typeof additionalProperties === 'object')
      below(additionalProperties, typeof node?.additional === 'object' ? node.additional : undefined, `${path}.additionalProperties`, {
        name: `${place.name}.@elem`,
        cardinality: product(place.cardinality, props.maxProperties),
        ...(place.insideMeta ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {}),
      })
  }
  const atomic = props['x-kubernetes-map-type'] === 'atomic'
  for (const [name, property] of Object.entries(properties)) {
    const meta = metaFields.has(name) && (place.root || props['x-kubernetes-embedded-resource'])
    below(property, node?.properties.get(name), `${path}.properties[${name}]`, {
      name: `${place.name}.${name}`,
      ...(atomic ? { noOldSelf: place.noOldSelf ?? path } : {}),
      ...(meta ? { insideMeta: true } : {}),
      ...(meta && place.root ? { noDefaults: `in top-level ${name}` } : {}),
    })
  }
  if (props.not) below(props.not, undefined, `${path}.not`, {})
  for (const field of ['allOf', 'oneOf', 'anyOf'] as const)
    props[field]?.forEach((nested, i) => {
      below(nested, undefined, `${path}.${field}[${i}]`, {})
    })
  if (props.items && !Array.isArray(props.items))
    below(props.items, node?.items, `${path}.items`, {
      name: `${place.name}.@idx`,
      cardinality: product(place.cardinality, props.maxItems),
      ...(props['x-kubernetes-list-type'] === 'map' ? {} : { noOldSelf: place.noOldSelf ?? path }),
    })
  if (props['x-kubernetes-preserve-unknown-fields'] === false)
    errors.schema.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
  errors.schema.push(...validateMergeTypes(props, path), ...validateRuleTexts(props, path))
  if (node && errors.schema.length === before) validateRules(node, path, place, errors)
}

const product = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : times(a, Math.max(0, b))

function validateSupported(props: JSONSchemaProps, path: string, { noDefaults, insideMeta }: Place): FieldError[] {
  const errors: FieldError[] = []
  if (props.type && !types.includes(props.type)) errors.push(notSupported(`${path}.type`, props.type, types))
  if (props.default !== undefined && noDefaults) errors.push(forbidden(`${path}.default`, `must not be set ${noDefaults}`))
  for (const field of ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const)
    if (props[field] !== undefined) errors.push(forbidden(`${path}.${field}`, `${field} is not supported`))
  if (props.type === 'null') errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'))
  if (Array.isArray(props.items)) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'))
  if (insideMeta && props['x-kubernetes-embedded-resource'])
    errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'))
  return errors
}

/** x-kubernetes-map-type, -list-type and -list-map-keys. */
function validateMergeTypes(props: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { type = '' } = props
  const mapType = props['x-kubernetes-map-type']
  const listType = props['x-kubernetes-list-type']
  const keys = props['x-kubernetes-list-map-keys'] ?? []
  const items = props.items && !Array.isArray(props.items) ? props.items : undefined
  const mustBe = (wanted: string, extension: string) => {
    const must = `must be ${wanted} if x-kubernetes-${extension}-type is specified`
    errors.push(type === '' ? required(`${path}.type`, must) : invalid(`${path}.type`, type, must))
  }
  if (mapType !== undefined && type !== 'object') mustBe('object', 'map')
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']))
  if (listType !== undefined && type !== 'array') mustBe('array', 'list')
  else if (listType === 'set' && items) {
    const must = 'must be atomic as item of a list with x-kubernetes-list-type=set'
    const inner = items['x-kubernetes-list-type']
    if (items.type === 'array' && inner !== undefined && inner !== 'atomic')
      errors.push(invalid(`${path}.items.x-kubernetes-list-type`, inner, must))
    if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
      errors.push(invalid(`${path}.items.x-kubernetes-map-type`, inner ?? null, must))
  }
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']))
  if (keys.length > 0 && listType !== 'map') {
    const must = 'must be map if x-kubernetes-list-map-keys is non-empty'
    const at = `${path}.x-kubernetes-list-type`
    errors.push(listType === undefined ? required(at, must) : invalid(at, listType, must))
  }
  if (listType === 'map') errors.push(...validateListMap(keys, items, props, path))
  if ((listType === 'set' || listType === 'map') && items?.nullable)
    errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`))
  if (listType === 'map' && items) errors.push(...validateListKeys(keys, items, path))
  return errors
}

function validateListMap(keys: readonly string[], items: JSONSchemaProps | undefined, props: JSONSchemaProps, path: string): FieldError[] {
  const errors: FieldError[] = []
  const at = `${path}.x-kubernetes-list-map-keys`
  if (keys.length === 0) errors.push(required(at, 'must not be empty if x-kubernetes-list-type is map'))
  if (!props.items) errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'))
  if (Array.isArray(props.items))
    errors.push(invalid(`${path}.items`, props.items, 'must only have a single schema if x-kubernetes-list-type is map'))
  if (!items) return errors
  if (items.type !== 'object')
    return [...errors, invalid(`${path}.items.type`, items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map")]
  keys.forEach((key, i) => {
    const property = ownKey(items.properties ?? {}, key) as JSONSchemaProps | undefined
    if (!property) errors.push(invalid(at, keys, 'entries must all be names of item properties'))
    else if (property.type === 'array' || property.type === 'object')
      errors.push(
        invalid(
          `${path}.items.properties[${key}].type`,
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      )
    if (keys.indexOf(key) < i) errors.push(invalid(at, keys, 'must not contain duplicate entries'))
  })
  return errors
}

/** A key that may be absent could not tell items apart. */
function validateListKeys(keys: readonly string[], items: JSONSchemaProps, path: string): FieldError[] {
  return keys.flatMap((key) => {
    const property = ownKey(items.properties ?? {}, key) as JSONSchemaProps | undefined
    if (!property) return []
    const at = `${path}.items.properties[${key}]`
    const errors: FieldError[] = []
    if (!items.required?.includes(key) && property.default === undefined)
      errors.push(
        required(`${at}.default`, 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'),
      )
    if (property.nullable)
      errors.push(forbidden(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'))
    return errors
  })
}

// ---- rules

const hasLineBreaks = (text: string): boolean => /[\r\n]/.test(text)

function validateRuleTexts(props: JSONSchemaProps, path: string): FieldError[] {
  const rules = props['x-kubernetes-validations']
  if (!rules?.length) return []
  const node = structuralOf(props)
  return rules.flatMap(({ rule, message, messageExpression, reason, fieldPath }, i) => {
    const errors: FieldError[] = []
    const at = `${path}.x-kubernetes-validations[${i}]`
    const text = message?.trim() ?? ''
    if (!rule.trim()) errors.push(required(`${at}.rule`, 'rule is not specified'))
    else if (message && !text) errors.push(invalid(`${at}.message`, message, 'must be non-empty if specified'))
    else if (hasLineBreaks(text)) errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'))
    else if (hasLineBreaks(rule.trim()) && !text) errors.push(required(`${at}.message`, 'must be specified if rule contains line breaks'))
    if (messageExpression && !messageExpression.trim()) errors.push(required(`${at}.messageExpression`, 'must be non-empty if specified'))
    if (reason && !reasons.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, reasons))
    if (!fieldPath) return errors
    if (!fieldPath.trim()) errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified'))
    if (hasLineBreaks(fieldPath)) errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must not contain line breaks'))
    if (!fieldPathOf(fieldPath, node)) errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must be a valid path'))
    return errors
  })
}

/** A rule as upstream's internal form prints it. */
const shown = ({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: ValidationRule) => ({
  Rule: rule,
  Message: message ?? '',
  MessageExpression: messageExpression ?? '',
  Reason: reason ?? null,
  FieldPath: fieldPath ?? '',
  OptionalOldSelf: optionalOldSelf ?? null,
})

function validateRules(node: Structural, path: string, place: Place, errors: NodeErrors): void {
  const rules = compileRulesOf(node, place.name)
  const at = `${path}.x-kubernetes-validations`
  if (rules)
    rules.forEach((compiled, i) => {
      errors.rules.push(...validateRule(compiled, node, `${at}[${i}]`, place, errors.costs))
    })
  else
    errors.rules.push({
      type: 'internal',
      field: at,
      detail: 'internal error: failed to retrieve type information for x-kubernetes-validations',
    })
}

function validateRule(compiled: CompiledRule, node: Structural, at: string, place: Place, costs: RuleCost[]): FieldError[] {
  const { rule, program, message, usesOldSelf } = compiled
  const errors: FieldError[] = []
  const estimate = compiled.estimate()
  const cost = times(estimate.rule, place.cardinality ?? mostOf(node))
  if (cost > ruleCostLimit) errors.push(forbidden(`${at}.rule`, costMessage('estimated rule cost', cost, ruleCostLimit)))
  costs.push({ path: `${at}.rule`, cost })
  if (program instanceof CompileError) errors.push(invalid(`${at}.rule`, shown(rule), `compilation failed: ${program.message}`))
  else if (program.type.kind !== 'bool') errors.push(invalid(`${at}.rule`, shown(rule), 'cel expression must evaluate to a bool'))
  if (message instanceof CompileError)
    errors.push(invalid(`${at}.messageExpression`, shown(rule), `messageExpression compilation failed: ${message.message}`))
  else if (message && message.type.kind !== 'string')
    errors.push(invalid(`${at}.messageExpression`, shown(rule), 'messageExpression must evaluate to a string'))
  else if (message) {
    if (estimate.message > ruleCostLimit)
      errors.push(forbidden(`${at}.messageExpression`, costMessage('estimated messageExpression cost', estimate.message, ruleCostLimit)))
    costs.push({ path: `${at}.messageExpression`, cost: estimate.message })
  }
  if (usesOldSelf && place.noOldSelf)
    errors.push(
      invalid(`${at}.rule`, rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.noOldSelf}`),
    )
  if (!usesOldSelf && rule.optionalOldSelf !== undefined)
    errors.push(invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'))
  return errors
}
