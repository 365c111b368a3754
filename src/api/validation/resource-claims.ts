/** Claims on devices and their classes (resource/validation). */
import { compileDeviceSelector, DeviceSelectorError } from '../device-selector.ts'
import type {
  DeviceClaim,
  DeviceClass,
  DeviceSelector,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceClaimTemplate,
} from '../types/resource-v1.ts'
import { check, optionalOneOf, semanticEqual, validateConditions } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, required, tooLong, tooMany } from './field-error.ts'
import { internalValue } from './internal.ts'
import { isDNS1123Label, isDNS1123Subdomain, nameIsDNSSubdomain } from './names.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

/** CELSelectorExpressionMaxLength. */
const longestExpression = 10 * 1024

function deviceSelectors(selectors: readonly DeviceSelector[] = [], path: string): FieldError[] {
  if (selectors.length > 32) return [tooMany(path, selectors.length, 32)]
  return selectors.flatMap(({ cel }, i) => {
    const at = `${path}[${i}].cel`
    if (!cel) return [required(at)]
    const { expression } = cel
    if (!expression) return [required(`${at}.expression`)]
    if (Buffer.byteLength(expression) > longestExpression) return [tooLong(`${at}.expression`, longestExpression)]
    try {
      compileDeviceSelector(expression)
      return []
    } catch (error) {
      if (error instanceof DeviceSelectorError) return [invalid(`${at}.expression`, expression, error.message)]
      throw error
    }
  })
}

type Request = Pick<ExactDeviceRequest, 'deviceClassName' | 'allocationMode' | 'count' | 'selectors'>
function request(from: Request, path: string): FieldError[] {
  const errors: FieldError[] = []
  errors.push(
    ...(from.deviceClassName
      ? check(from.deviceClassName, `${path}.deviceClassName`, isDNS1123Subdomain)
      : [required(`${path}.deviceClassName`)]),
    ...deviceSelectors(from.selectors, `${path}.selectors`),
  )
  if (from.allocationMode === 'All') {
    if (from.count) errors.push(invalid(`${path}.count`, from.count, "must not be specified when allocationMode is 'All'"))
  } else if (from.allocationMode === 'ExactCount') {
    if ((from.count ?? 1) <= 0) errors.push(invalid(`${path}.count`, from.count ?? 0, 'must be greater than zero'))
  } else errors.push(...optionalOneOf(from.allocationMode ?? '', `${path}.allocationMode`, ['All', 'ExactCount']))
  return errors
}

function qualified(name: string, path: string): FieldError[] {
  const [domain, id, ...more] = name.split('/') as [string, string | undefined, ...string[]]
  if (id === undefined || more.length > 0)
    return [invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')]
  return check(domain, path, isDNS1123Subdomain)
}

function devices(claim: DeviceClaim | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const requests = claim?.requests ?? []
  if (requests.length > 32) errors.push(tooMany(`${path}.requests`, requests.length, 32))
  const names = new Set<string>()
  requests.forEach((entry, i) => {
    const at = `${path}.requests[${i}]`
    const alternatives = entry.firstAvailable ?? []
    if (!entry.name) errors.push(required(`${at}.name`))
    else errors.push(...check(entry.name, `${at}.name`, isDNS1123Label))
    if (names.has(entry.name)) errors.push(duplicate(at, entry.name))
    names.add(entry.name)
    const message = 'exactly one of `exactly` or `firstAvailable` is required'
    if (entry.exactly && alternatives.length > 0) errors.push(invalid(at, null, `${message}, but multiple fields are set`))
    else if (!entry.exactly && alternatives.length === 0) errors.push(required(at, message))
    else if (entry.exactly) errors.push(...request(entry.exactly, `${at}.exactly`))
    else {
      if (alternatives.length > 8) errors.push(tooMany(`${at}.firstAvailable`, alternatives.length, 8))
      const own = new Set<string>()
      alternatives.forEach((sub, j) => {
        const where = `${at}.firstAvailable[${j}]`
        errors.push(...(sub.name ? check(sub.name, `${where}.name`, isDNS1123Label) : [required(`${where}.name`)]))
        if (own.has(sub.name)) errors.push(duplicate(where, sub.name))
        own.add(sub.name)
        errors.push(...request(sub, where))
      })
    }
    for (const sub of alternatives) names.add(`${entry.name}/${sub.name}`)
  })
  const refer = (list: readonly string[] | undefined, at: string) => {
    list?.forEach((name, i) => {
      if (!names.has(name))
        errors.push(
          invalid(
            `${at}.requests[${i}]`,
            name,
            "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
          ),
        )
    })
  }
  claim?.constraints?.forEach((constraint, i) => {
    const at = `${path}.constraints[${i}]`
    refer(constraint.requests, at)
    if (constraint.matchAttribute !== undefined) errors.push(...qualified(constraint.matchAttribute, `${at}.matchAttribute`))
    else if (constraint.distinctAttribute !== undefined) errors.push(...qualified(constraint.distinctAttribute, `${at}.distinctAttribute`))
    else errors.push(required(at, 'exactly one of `distinctAttribute` or `matchAttribute` is required'))
  })
  claim?.config?.forEach((config, i) => {
    const at = `${path}.config[${i}]`
    refer(config.requests, at)
    if (!config.opaque) errors.push(required(at, 'exactly one of the configuration types must be set'))
    else errors.push(...check(config.opaque.driver ?? '', `${at}.opaque.driver`, isDNS1123Subdomain))
  })
  return errors
}

export const validateResourceClaim = ({ metadata, spec }: ResourceClaim): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...devices(spec?.devices, 'spec.devices'),
]
export const validateResourceClaimTemplate = ({ metadata, spec }: ResourceClaimTemplate): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...devices(spec?.spec?.devices, 'spec.spec.devices'),
]
export const validateResourceClaimUpdate = (claim: ResourceClaim, old: ResourceClaim): FieldError[] => [
  ...validateObjectMetaUpdate(claim.metadata, old.metadata),
  ...(semanticEqual(claim.spec, old.spec) ? [] : [invalid('spec', internalValue('ResourceClaimSpec', claim.spec), 'field is immutable')]),
]
export const validateResourceClaimTemplateUpdate = (template: ResourceClaimTemplate, old: ResourceClaimTemplate): FieldError[] => [
  ...validateObjectMetaUpdate(template.metadata, old.metadata),
  ...(semanticEqual(template.spec, old.spec) ? [] : [invalid('spec', template.spec, 'field is immutable')]),
]

export function validateResourceClaimStatusUpdate(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const errors = [...validateObjectMetaUpdate(claim.metadata, old.metadata)]
  const { allocation, reservedFor = [], devices: statuses = [] } = claim.status ?? {}
  if (reservedFor.length > 256) errors.push(tooMany('status.reservedFor', reservedFor.length, 256))
  const seen = new Set<string>()
  reservedFor.forEach((consumer, i) => {
    const at = `status.reservedFor[${i}]`
    if (!consumer.resource) errors.push(required(`${at}.resource`))
    if (!consumer.name) errors.push(required(`${at}.name`))
    if (!consumer.uid) errors.push(required(`${at}.uid`))
    if (seen.has(consumer.uid)) errors.push(duplicate(`${at}.uid`, consumer.uid))
    seen.add(consumer.uid)
  })
  if (reservedFor.length > 0 && !allocation)
    errors.push(forbidden('status.reservedFor', 'may not be specified when `allocated` is not set'))
  if (reservedFor.length > (old.status?.reservedFor?.length ?? 0) && claim.metadata.deletionTimestamp && !old.status?.allocation)
    errors.push(
      forbidden('status.reservedFor', 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'),
    )
  if (old.status?.allocation && allocation && !semanticEqual(allocation, old.status.allocation))
    errors.push(invalid('status.allocation', allocation, 'field is immutable'))
  statuses.forEach((device, i) => {
    errors.push(...validateConditions(device.conditions, `status.devices[${i}].conditions`))
  })
  return errors
}

/** Selectors and configuration of a class; selectors that are stored already may stay as they are. */
function deviceClassSpec({ spec }: DeviceClass, old?: DeviceClass): FieldError[] {
  const { selectors, config = [] } = spec ?? {}
  const errors = old && semanticEqual(selectors, old.spec.selectors) ? [] : deviceSelectors(selectors, 'spec.selectors')
  if (config.length > 32) errors.push(tooMany('spec.config', config.length, 32))
  config.forEach(({ opaque }, i) => {
    const at = `spec.config[${i}].opaque`
    if (!opaque) {
      errors.push(required(at))
      return
    }
    errors.push(...(opaque.driver ? check(opaque.driver, `${at}.driver`, isDNS1123Subdomain) : [required(`${at}.driver`)]))
    const parameters: unknown = opaque.parameters
    if (parameters === undefined || parameters === null) errors.push(required(`${at}.parameters`))
    else if (typeof parameters !== 'object' || Array.isArray(parameters))
      errors.push(invalid(`${at}.parameters`, '<value omitted>', 'must be a valid JSON object'))
  })
  return errors
}
export const validateDeviceClass = (object: DeviceClass): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain),
  ...deviceClassSpec(object),
]
export const validateDeviceClassUpdate = (object: DeviceClass, old: DeviceClass): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...deviceClassSpec(object, old),
]
