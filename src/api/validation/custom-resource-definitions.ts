/**
 * Definitions of custom resources (apiextensions' apis/apiextensions/validation). Upstream reads a definition into a form
 * that keeps once, at the top, what all versions have in common; errors name the fields of that form.
 */

import { equalJson } from '../shape.ts'
import { validateDefinitionSchema } from '../structural/definition-schema.ts'
import { fieldPathOf } from '../structural/field-path.ts'
import { formatCheck } from '../structural/formats.ts'
import { structuralOf } from '../structural/schema.ts'
import { maxErrors } from '../structural/validator.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  JSONSchemaProps,
  SelectableField,
} from '../types/apiextensions-v1.ts'
import { webhookClientConfig } from './admission.ts'
import { immutable, oneOf } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, required, tooMany } from './field-error.ts'
import { isDNS1035Label, isDNS1123Subdomain, type NameCheck, nameIsDNSSubdomain } from './names.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

export function validateCustomResourceDefinition(definition: CustomResourceDefinition): FieldError[] {
  const { spec } = definition
  const name: NameCheck = (text, prefix) => [
    ...nameIsDNSSubdomain(text, prefix),
    ...(text === `${spec.names.plural}.${spec.group}` ? [] : ['must be spec.names.plural+"."+spec.group']),
  ]
  return [...validateObjectMeta(definition.metadata, false, name), ...validateSpec(spec), ...validateRest(definition)].slice(0, maxErrors)
}

export function validateCustomResourceDefinitionUpdate(definition: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const { spec } = definition
  const errors = [...validateObjectMetaUpdate(definition.metadata, old.metadata), ...validateSpec(spec)]
  // Objects are stored by these from the moment the definition is established.
  if (old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'))
    errors.push(
      ...immutable(spec.scope, old.spec.scope, 'spec.scope'),
      ...immutable(spec.names.kind, old.spec.names.kind, 'spec.names.kind'),
    )
  errors.push(
    ...immutable(spec.group, old.spec.group, 'spec.group'),
    ...immutable(spec.names.plural, old.spec.names.plural, 'spec.names.plural'),
  )
  return [...errors, ...validateRest(definition, old)].slice(0, maxErrors)
}

export function validateCustomResourceDefinitionStatusUpdate(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): FieldError[] {
  return [
    ...validateObjectMetaUpdate(definition.metadata, old.metadata),
    ...validateNames(definition.status.acceptedNames, 'status.acceptedNames'),
  ]
}

/** Formats that nothing checks, once each. */
export function customResourceDefinitionWarnings({ spec }: CustomResourceDefinition): string[] {
  const unknown = new Set<string>()
  for (const { schema } of spec.versions) if (schema?.openAPIV3Schema) collectFormats(schema.openAPIV3Schema, unknown)
  return [...unknown].sort().map((format) => `unrecognized format ${JSON.stringify(format)}`)
}
function collectFormats(props: JSONSchemaProps, unknown: Set<string>): void {
  if (props.format && !formatCheck(props.format)) unknown.add(props.format)
  const { properties = {}, additionalProperties, items } = props
  for (const child of Object.values(properties)) collectFormats(child, unknown)
  for (const child of [additionalProperties, items]) if (typeof child === 'object' && !Array.isArray(child)) collectFormats(child, unknown)
}

function validateRest(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const { spec, status } = definition
  const errors = [
    ...validateNames(status.acceptedNames, 'status.acceptedNames'),
    ...validateStoredVersions(status.storedVersions ?? [], spec.versions),
    ...validateApproval(definition, old),
  ]
  if (spec.preserveUnknownFields && !old?.spec.preserveUnknownFields)
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    )
  return errors
}

function validateStoredVersions(stored: readonly string[], versions: readonly CustomResourceDefinitionVersion[]): FieldError[] {
  const path = 'status.storedVersions'
  if (stored.length === 0) return [invalid(path, stored, 'must have at least one stored version')]
  const errors: FieldError[] = []
  for (const version of versions)
    if (version.storage && !stored.includes(version.name))
      errors.push(invalid(path, version, `must have the storage version ${version.name}`))
  stored.forEach((name, i) => {
    if (versions.some((version) => version.name === name)) return
    errors.push(
      invalid(
        `${path}[${i}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    )
  })
  return errors
}

// ---- groups of the Kubernetes community (KEP-1111)

const approvalAnnotation = 'api-approved.kubernetes.io'
const approvalProposal = 'https://github.com/kubernetes/enhancements/pull/1111'

export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group)

export interface Approval {
  readonly state: 'missing' | 'invalid' | 'bypassed' | 'approved'
  readonly reason: string
}
export function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const text = metadata.annotations?.[approvalAnnotation]
  const must = `protected groups must have approval annotation "${approvalAnnotation}"`
  if (!text) return { state: 'missing', reason: `${must}, see ${approvalProposal}` }
  if (text.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${JSON.stringify(text)}` }
  if (URL.canParse(text) && new URL(text).host) return { state: 'approved', reason: `approved in ${text}` }
  return { state: 'invalid', reason: `${must} with either a URL or a reason starting with "unapproved", see ${approvalProposal}` }
}

function validateApproval(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  if (!isProtectedGroup(definition.spec.group)) return []
  const { state, reason } = approvalOf(definition)
  if (old && approvalOf(old).state === state) return []
  const path = `metadata.annotations[${approvalAnnotation}]`
  if (state === 'missing') return [required(path, reason)]
  return state === 'invalid' ? [invalid(path, definition.metadata.annotations?.[approvalAnnotation], reason)] : []
}

// ---- the spec

/** What is the same in all versions stands at the top of upstream's form, and no longer in the versions. */
function common<T>(versions: readonly CustomResourceDefinitionVersion[], of: (v: CustomResourceDefinitionVersion) => T): T | undefined {
  const [first, ...others] = versions.map(of)
  return others.every((other) => equalJson(first, other)) ? first : undefined
}

/** Lists may be longer than a call takes arguments. */
function add(errors: FieldError[], more: readonly FieldError[]): void {
  for (const error of more) errors.push(error)
}

function validateSpec(spec: CustomResourceDefinitionSpec): FieldError[] {
  const errors: FieldError[] = []
  const { group, names } = spec
  const versions = spec.versions ?? []
  if (!group) errors.push(required('spec.group'))
  else {
    const wrong = isDNS1123Subdomain(group)
    if (wrong.length > 0) errors.push(invalid('spec.group', group, wrong.join(',')))
    else if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'))
  }
  errors.push(...oneOf(spec.scope, 'spec.scope', ['Cluster', 'Namespaced']))

  const top: Partial<CustomResourceDefinitionVersion> = {
    schema: common(versions, (v) => v.schema),
    subresources: common(versions, (v) => v.subresources),
    additionalPrinterColumns: common(versions, (v) => v.additionalPrinterColumns),
    selectableFields: common(versions, (v) => v.selectableFields),
  } as Partial<CustomResourceDefinitionVersion>
  if (!top.schema?.openAPIV3Schema)
    versions.forEach(({ schema }, i) => {
      if (!schema?.openAPIV3Schema) errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`))
    })
  versions.forEach((version, i) => {
    add(errors, validateVersion(version, top, `spec.versions[${i}]`))
  })
  const inner = versions.map((version) => internalVersion(version, top))
  if (new Set(versions.map((v) => v.name)).size !== versions.length)
    errors.push(invalid('spec.versions', inner, 'must contain unique version names'))
  if (versions.filter((v) => v.storage).length !== 1)
    errors.push(invalid('spec.versions', inner.length > 0 ? inner : null, 'must have exactly one version marked as storage version'))
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) if (!names[name]) errors.push(required(`spec.names.${name}`))
  add(errors, validateNames(names, 'spec.names'))

  const hasStatus = versions.some((v) => v.subresources?.status)
  const schema = top.schema?.openAPIV3Schema
  if (schema) errors.push(...validateDefinitionSchema(schema, 'spec.validation.openAPIV3Schema', hasStatus))
  if (top.subresources) errors.push(...validateSubresources(top.subresources, 'spec.subresources'))
  add(errors, validateColumns(top.additionalPrinterColumns, 'spec.additionalPrinterColumns'))
  add(errors, validateSelectableFields(top.selectableFields, versions[0]?.schema?.openAPIV3Schema, 'spec.selectableFields'))
  if (spec.preserveUnknownFields && spec.conversion?.strategy !== 'None')
    errors.push(invalid('spec.conversion.strategy', spec.conversion.strategy, 'must be None if spec.preserveUnknownFields is true'))
  return [...errors, ...validateConversion(spec.conversion, 'spec.conversion')]
}

/** A version as upstream's form prints it. Schemas are left as the API has them. */
const internalVersion = (version: CustomResourceDefinitionVersion, top: Partial<CustomResourceDefinitionVersion>) => ({
  Name: version.name,
  Served: version.served,
  Storage: version.storage,
  Deprecated: version.deprecated ?? false,
  DeprecationWarning: version.deprecationWarning ?? null,
  Schema: top.schema ? null : (version.schema ?? null),
  Subresources: top.subresources ? null : (version.subresources ?? null),
  AdditionalPrinterColumns: top.additionalPrinterColumns ? null : (version.additionalPrinterColumns ?? null),
  SelectableFields: top.selectableFields ? null : (version.selectableFields ?? null),
})

function validateVersion(
  version: CustomResourceDefinitionVersion,
  top: Partial<CustomResourceDefinitionVersion>,
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  const wrong = isDNS1035Label(version.name)
  if (wrong.length > 0) errors.push(invalid(`${path}.name`, version.name, wrong.join(',')))
  for (const text of deprecationMistakes(version)) errors.push(invalid(`${path}.deprecationWarning`, version.deprecationWarning, text))
  const schema = version.schema?.openAPIV3Schema
  if (!top.schema && schema)
    errors.push(...validateDefinitionSchema(schema, `${path}.schema.openAPIV3Schema`, Boolean(version.subresources?.status)))
  if (!top.subresources && version.subresources) errors.push(...validateSubresources(version.subresources, `${path}.subresources`))
  if (!top.additionalPrinterColumns) add(errors, validateColumns(version.additionalPrinterColumns, `${path}.additionalPrinterColumns`))
  if (!top.selectableFields) add(errors, validateSelectableFields(version.selectableFields, schema, `${path}.selectableFields`))
  return errors
}

function deprecationMistakes({ deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion): string[] {
  if (text === undefined) return []
  if (!deprecated) return ['can only be set for deprecated versions']
  const errors: string[] = []
  if (Buffer.byteLength(text) > 256) errors.push('must be <= 256 characters long')
  if (text === '') errors.push('must not be an empty string')
  // Go's unicode.IsPrint: of spaces only the plain one.
  const odd = text.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u)
  if (odd >= 0)
    errors.push(
      `must only contain printable UTF-8 characters; non-printable character found at index ${Buffer.byteLength(text.slice(0, odd))}`,
    )
  return errors
}

function validateNames(names: CustomResourceDefinitionNames, path: string): FieldError[] {
  const errors: FieldError[] = []
  const label = (text: string | undefined, at: string) => {
    const wrong = text ? isDNS1035Label(text) : []
    if (wrong.length > 0) errors.push(invalid(at, text, wrong.join(',')))
  }
  const kind = (text: string | undefined, at: string) => {
    const wrong = text ? isDNS1035Label(text.toLowerCase()) : []
    if (wrong.length > 0) errors.push(invalid(at, text, `may have mixed case, but should otherwise match: ${wrong.join(',')}`))
  }
  label(names.plural, `${path}.plural`)
  label(names.singular, `${path}.singular`)
  kind(names.kind, `${path}.kind`)
  kind(names.listKind, `${path}.listKind`)
  for (const list of ['shortNames', 'categories'] as const) {
    names[list]?.forEach((name, i) => {
      const wrong = isDNS1035Label(name)
      if (wrong.length > 0) errors.push(invalid(`${path}.${list}[${i}]`, name, wrong.join(',')))
    })
    if (list === 'shortNames' && names.kind && names.kind === names.listKind)
      errors.push(invalid(`${path}.listKind`, names.listKind, 'kind and listKind may not be the same'))
  }
  return errors
}

// ---- subresources, columns, selectable fields

function simpleJsonPath(text: string, path: string): FieldError[] {
  return text.startsWith('.') ? [] : [invalid(path, text, 'must be a simple json path starting with .')]
}

function validateSubresources({ scale }: CustomResourceSubresources, path: string): FieldError[] {
  if (!scale) return []
  const below = (field: 'specReplicasPath' | 'statusReplicasPath', root: string): FieldError[] => {
    const text = scale[field]
    const at = `${path}.scale.${field}`
    if (!text) return [required(at)]
    const wrong = simpleJsonPath(text, at)
    if (wrong.length > 0 || text.startsWith(`${root}.`)) return wrong
    return [invalid(at, text, `should be a json path under ${root}`)]
  }
  const errors = [...below('specReplicasPath', '.spec'), ...below('statusReplicasPath', '.status')]
  const selector = scale.labelSelectorPath
  if (!selector) return errors
  const at = `${path}.scale.labelSelectorPath`
  const wrong = simpleJsonPath(selector, at)
  if (wrong.length > 0 || /^\.(spec|status)\./.test(selector)) return [...errors, ...wrong]
  return [...errors, invalid(at, selector, 'should be a json path under either .spec or .status')]
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
function validateColumns(columns: readonly CustomResourceColumnDefinition[] | undefined, path: string): FieldError[] {
  return (columns ?? []).flatMap(({ name, type, format, jsonPath }, i) => {
    const errors: FieldError[] = []
    const at = `${path}[${i}]`
    if (!name) errors.push(required(`${at}.name`))
    const must = `must be one of ${columnTypes.join(',')}`
    if (!type) errors.push(required(`${at}.type`, must))
    else if (!columnTypes.includes(type)) errors.push(invalid(`${at}.type`, type, must))
    if (format && !columnFormats.includes(format)) errors.push(invalid(`${at}.format`, format, `must be one of ${columnFormats.join(',')}`))
    if (!jsonPath) errors.push(required(`${at}.JSONPath`))
    else errors.push(...simpleJsonPath(jsonPath, `${at}.JSONPath`))
    return errors
  })
}

const maxSelectableFields = 8
function validateSelectableFields(
  fields: readonly SelectableField[] | undefined,
  schema: JSONSchemaProps | undefined,
  path: string,
): FieldError[] {
  if (!fields?.length) return []
  if (!schema) return [invalid(path, '', 'may only be set when `schema` was provided')]
  const root = structuralOf(schema)
  const errors: FieldError[] = []
  const seen = new Set<string>()
  fields.forEach(({ jsonPath }, i) => {
    const at = `${path}[${i}]`
    if (!jsonPath) {
      errors.push(required(`${at}.jsonPath`))
      return
    }
    const found = jsonPath.includes('[') ? undefined : fieldPathOf(jsonPath, root)
    if (!found) {
      errors.push(invalid(`${at}.jsonPath`, jsonPath, 'is an invalid path: does not refer to a valid field'))
      return
    }
    if (found.steps[0] === 'metadata') errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'))
    if (!['string', 'boolean', 'integer'].includes(found.schema.props.type ?? ''))
      errors.push(
        invalid(
          at,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      )
    if (seen.has(found.text)) errors.push(duplicate(at, jsonPath))
    seen.add(found.text)
  })
  if (seen.size > maxSelectableFields) errors.push(tooMany(path, seen.size, maxSelectableFields))
  return errors
}

// ---- conversion

const reviewVersions = ['v1', 'v1beta1']
function validateConversion(conversion: CustomResourceConversion | undefined, path: string): FieldError[] {
  if (!conversion) return []
  const errors = oneOf(conversion.strategy, `${path}.strategy`, ['None', 'Webhook'])
  const { clientConfig, conversionReviewVersions } = conversion.webhook ?? {}
  const versions = conversionReviewVersions ?? []
  const [client, reviews] = [`${path}.webhookClientConfig`, `${path}.conversionReviewVersions`]
  if (conversion.strategy !== 'Webhook') {
    const no = 'should not be set when strategy is not set to Webhook'
    if (clientConfig) errors.push(forbidden(client, no))
    if (versions.length > 0) errors.push(forbidden(reviews, no))
    return errors
  }
  if (!clientConfig) errors.push(required(client, 'required when strategy is set to Webhook'))
  else {
    errors.push(...webhookClientConfig(clientConfig, client))
    if (clientConfig.caBundle && !Buffer.from(clientConfig.caBundle, 'base64').includes('-----BEGIN CERTIFICATE-----'))
      errors.push(
        invalid(`${client}.caBundle`, clientConfig.caBundle, 'unable to load root certificates: unable to parse bytes as PEM block'),
      )
  }
  if (versions.length === 0) return [...errors, required(reviews)]
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) errors.push(invalid(`${reviews}[${i}]`, version, 'duplicate version'))
    else for (const wrong of isDNS1035Label(version)) errors.push(invalid(`${reviews}[${i}]`, version, wrong))
  })
  if (!versions.some((version) => reviewVersions.includes(version)))
    errors.push(invalid(reviews, versions, `must include at least one of ${reviewVersions.join(', ')}`))
  return errors
}
