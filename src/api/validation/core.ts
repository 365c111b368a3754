/** The smaller kinds of the core group (core/validation). */
import { Buffer } from 'node:buffer'
import { compareQuantity, formatQuantity, quantityApproximate } from '../quantity.ts'
import type {
  ConfigMap,
  LimitRange,
  LimitRangeItem,
  Namespace,
  Node,
  ResourceQuota,
  ResourceQuotaSpec,
  Secret,
  ServiceAccount,
} from '../types/core-v1.ts'
import { check, immutable, semanticEqual, validCIDR } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, required, tooLong } from './field-error.ts'
import { isConfigMapKey, isQualifiedName, nameIsDNSLabel, nameIsDNSSubdomain } from './names.ts'
import { validateNamespaceFinalizer, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'
import { validateQuotaResourceName, validateResourceName, validateResourceQuantity } from './resources.ts'
import { validateTaints } from './scheduling.ts'

const maxDataSize = 1024 * 1024
const immutableSet = 'field is immutable when `immutable` is set'

// ---- config maps and secrets

export function validateConfigMap({ metadata, data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors = [...validateObjectMeta(metadata, true, nameIsDNSSubdomain)]
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...check(key, `data[${key}]`, isConfigMapKey))
    if (binaryData[key] !== undefined) errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    size += Buffer.byteLength(value)
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...check(key, `binaryData[${key}]`, isConfigMapKey))
    size += base64Length(value)
  }
  if (size > maxDataSize) errors.push(tooLong('[]', maxDataSize))
  return errors
}
const base64Length = (text: string) => (text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)

export function validateConfigMapUpdate(map: ConfigMap, old: ConfigMap): FieldError[] {
  const errors = [...validateObjectMetaUpdate(map.metadata, old.metadata)]
  if (old.immutable) {
    if (!map.immutable) errors.push(forbidden('immutable', immutableSet))
    for (const field of ['data', 'binaryData'] as const)
      if (!semanticEqual(map[field], old[field])) errors.push(forbidden(field, immutableSet))
  }
  return [...errors, ...validateConfigMap(map)]
}

export function validateSecret({ metadata, data = {}, type }: Secret): FieldError[] {
  const errors = [...validateObjectMeta(metadata, true, nameIsDNSSubdomain)]
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...check(key, `data[${key}]`, isConfigMapKey))
    size += base64Length(value)
  }
  if (size > maxDataSize) errors.push(tooLong('data', maxDataSize))
  const need = (key: string) => {
    if (data[key] === undefined) errors.push(required(`data[${key}]`))
  }
  /** A JSON value, or why it is none. */
  const json = (key: string) => {
    try {
      JSON.parse(Buffer.from(data[key] as string, 'base64').toString('utf8'))
    } catch {
      errors.push(invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character as JSON'))
    }
  }
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if (!metadata.annotations?.['kubernetes.io/service-account.name'])
        errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'))
      break
    case 'kubernetes.io/dockercfg':
    case 'kubernetes.io/dockerconfigjson': {
      const key = type === 'kubernetes.io/dockercfg' ? '.dockercfg' : '.dockerconfigjson'
      if (data[key] === undefined) need(key)
      else json(key)
      break
    }
    case 'kubernetes.io/basic-auth':
      if (data['username'] === undefined && data['password'] === undefined) {
        need('username')
        need('password')
      }
      break
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.push(required('data[ssh-privatekey]'))
      break
    case 'kubernetes.io/tls':
      need('tls.crt')
      need('tls.key')
      break
  }
  return errors
}
export function validateSecretUpdate(secret: Secret, old: Secret): FieldError[] {
  const errors = [...validateObjectMetaUpdate(secret.metadata, old.metadata), ...immutable(secret.type, old.type, 'type')]
  if (old.immutable) {
    if (!secret.immutable) errors.push(forbidden('immutable', immutableSet))
    if (!semanticEqual(secret.data, old.data)) errors.push(forbidden('data', immutableSet))
  }
  return [...errors, ...validateSecret(secret)]
}

export const validateServiceAccount = ({ metadata }: ServiceAccount): FieldError[] => validateObjectMeta(metadata, true, nameIsDNSSubdomain)
export const validateServiceAccountUpdate = (account: ServiceAccount, old: ServiceAccount): FieldError[] => [
  ...validateObjectMetaUpdate(account.metadata, old.metadata),
  ...validateServiceAccount(account),
]

// ---- namespaces

export const validateNamespace = ({ metadata, spec }: Namespace): FieldError[] => [
  ...validateObjectMeta(metadata, false, nameIsDNSLabel),
  ...(spec.finalizers ?? []).flatMap((finalizer) => validateNamespaceFinalizer(finalizer, 'spec.finalizers')),
]
export const validateNamespaceUpdate = (namespace: Namespace, old: Namespace): FieldError[] =>
  validateObjectMetaUpdate(namespace.metadata, old.metadata)
export function validateNamespaceStatusUpdate(namespace: Namespace, old: Namespace): FieldError[] {
  const errors = [...validateObjectMetaUpdate(namespace.metadata, old.metadata)]
  const { phase = '' } = namespace.status
  if (!namespace.metadata.deletionTimestamp) {
    if (phase !== 'Active') errors.push(invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty"))
  } else if (phase !== 'Terminating')
    errors.push(invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty"))
  return errors
}
export const validateNamespaceFinalizeUpdate = (namespace: Namespace, old: Namespace): FieldError[] => [
  ...validateObjectMetaUpdate(namespace.metadata, old.metadata),
  ...(namespace.spec.finalizers ?? []).flatMap((finalizer, i) => validateNamespaceFinalizer(finalizer, `spec.finalizers[${i}]`)),
]

// ---- nodes

function nodeSpec({ spec, status }: Node): FieldError[] {
  const errors: FieldError[] = []
  for (const list of ['capacity', 'allocatable'] as const)
    for (const [name, quantity] of Object.entries(status[list] ?? {})) {
      const at = `status.${list}[${name}]`
      errors.push(...validateResourceName(name, at), ...validateResourceQuantity(name, quantity, at))
    }
  const cidrs = spec.podCIDRs ?? []
  if (cidrs.length === 0) return errors
  cidrs.forEach((cidr, i) => {
    errors.push(...validCIDR(cidr, `spec.podCIDRs[${i}]`))
  })
  if (cidrs.length > 1) {
    const families = new Set(cidrs.map((c) => c.includes(':')))
    if (families.size < 2 || cidrs.length > 2)
      errors.push(invalid('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family'))
    cidrs.forEach((cidr, i) => {
      if (cidrs.indexOf(cidr) < i) errors.push(duplicate(`spec.podCIDRs[${i}]`, cidr))
    })
  }
  return errors
}
export const validateNode = (node: Node): FieldError[] => [
  ...validateObjectMeta(node.metadata, false, nameIsDNSSubdomain),
  ...validateTaints(node.spec.taints, 'metadata.taints'),
  ...nodeSpec(node),
]
export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors = [...validateObjectMetaUpdate(node.metadata, old.metadata)]
  for (const list of ['capacity', 'allocatable'] as const)
    for (const [name, quantity] of Object.entries(node.status[list] ?? {}))
      errors.push(...validateResourceQuantity(name, quantity, `status.${list}[${name}]`))
  // Addresses and CIDRs may be set once.
  const addresses = new Set<string>()
  node.status.addresses?.forEach((address, i) => {
    const key = `${address.type} ${address.address}`
    if (addresses.has(key)) errors.push(duplicate(`status.addresses[${i}]`, { Type: address.type, Address: address.address }))
    addresses.add(key)
  })
  if (old.spec.podCIDRs?.length && !semanticEqual(node.spec.podCIDRs, old.spec.podCIDRs))
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  if (old.spec.providerID && node.spec.providerID !== old.spec.providerID)
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  if (node.spec.configSource && !semanticEqual(node.spec.configSource, old.spec.configSource))
    errors.push(forbidden('spec.configSource', 'dynamic kubelet config is not supported'))
  errors.push(...validateTaints(node.spec.taints, 'metadata.taints'))
  return errors
}

// ---- quotas and limits

const scopes = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
]
const podQuotaResources =
  /^(pods|cpu|memory|limits\.(cpu|memory|ephemeral-storage)|requests\.(cpu|memory|ephemeral-storage)|ephemeral-storage|(requests\.)?hugepages-.*)$/
const appliesTo = (scope: string, resource: string): boolean => {
  switch (scope) {
    case 'BestEffort':
      return resource === 'pods'
    case 'VolumeAttributesClass':
      return resource === 'persistentvolumeclaims' || resource === 'requests.storage'
    default:
      return podQuotaResources.test(resource) || resource.startsWith('requests.') || resource.startsWith('count/pods')
  }
}
function quotaSpec(spec: ResourceQuotaSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [name, quantity] of Object.entries(spec.hard ?? {})) {
    const at = `${path}.hard[${name}]`
    errors.push(...validateQuotaResourceName(name, at), ...validateResourceQuantity(name, quantity, at))
  }
  const hard = Object.keys(spec.hard ?? {})
  if (spec.scopes?.length) {
    const at = `${path}.scopes`
    const seen = new Set(spec.scopes)
    for (const scope of spec.scopes) {
      if (!scopes.includes(scope)) errors.push(invalid(at, spec.scopes, 'unsupported scope'))
      else if (hard.some((resource) => !appliesTo(scope, resource)))
        errors.push(invalid(at, spec.scopes, 'unsupported scope applied to resource'))
    }
    const conflict = (a: string, b: string) => seen.has(a as never) && seen.has(b as never)
    if (conflict('BestEffort', 'NotBestEffort') || conflict('Terminating', 'NotTerminating'))
      errors.push(invalid(at, spec.scopes, 'conflicting scopes'))
  }
  const expressions = spec.scopeSelector?.matchExpressions ?? []
  const seen = new Set<string>()
  for (const expression of expressions) {
    const at = `${path}.scopeSelector.matchExpressions`
    const { scopeName, operator, values = [] } = expression
    if (!scopes.includes(scopeName)) errors.push(invalid(`${at}.scopeName`, scopeName, 'unsupported scope'))
    else if (hard.some((resource) => !appliesTo(scopeName, resource)))
      errors.push(invalid(at, { matchExpressions: expressions }, 'unsupported scope applied to resource'))
    if (
      ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'].includes(scopeName) &&
      operator !== 'Exists'
    )
      errors.push(
        invalid(
          `${at}.operator`,
          operator,
          "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      )
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        errors.push(required(`${at}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        errors.push(invalid(`${at}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
    } else errors.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'))
    seen.add(scopeName)
  }
  if ((seen.has('BestEffort') && seen.has('NotBestEffort')) || (seen.has('Terminating') && seen.has('NotTerminating')))
    errors.push(invalid(`${path}.scopeSelector`, { matchExpressions: expressions }, 'conflicting scopes'))
  return errors
}
export const validateResourceQuota = ({ metadata, spec }: ResourceQuota): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...quotaSpec(spec, 'spec'),
]
export function validateResourceQuotaUpdate(quota: ResourceQuota, old: ResourceQuota): FieldError[] {
  const errors = [...validateObjectMetaUpdate(quota.metadata, old.metadata), ...quotaSpec(quota.spec, 'spec')]
  // Scopes are a set: their order may change.
  const sorted = (list: readonly string[] | undefined) => [...(list ?? [])].sort()
  if (!semanticEqual(sorted(quota.spec.scopes), sorted(old.spec.scopes)))
    errors.push(invalid('spec.scopes', quota.spec.scopes ?? null, 'field is immutable'))
  return errors
}
export function validateResourceQuotaStatusUpdate(quota: ResourceQuota, old: ResourceQuota): FieldError[] {
  const errors = [...validateObjectMetaUpdate(quota.metadata, old.metadata)]
  if (!quota.metadata.resourceVersion) errors.push(required('resourceVersion'))
  for (const list of ['hard', 'used'] as const)
    for (const [name, quantity] of Object.entries(quota.status[list] ?? {})) {
      const at = `status.${list}[${name}]`
      errors.push(...validateQuotaResourceName(name, at), ...validateResourceQuantity(name, quantity, at))
    }
  return errors
}

type Limits = Record<string, string>
function limitItem(item: LimitRangeItem, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { min = {}, max = {}, default: fallback = {}, defaultRequest = {}, maxLimitRequestRatio: ratios = {} } = item
  const keys = new Set<string>()
  const note = (list: Limits, field: string) => {
    for (const name of Object.keys(list)) {
      errors.push(...validateLimitResource(name, `${path}.${field}[${name}]`))
      keys.add(name)
    }
  }
  note(max, 'max')
  note(min, 'min')
  if (item.type === 'Pod') {
    const message = "may not be specified when `type` is 'Pod'"
    if (Object.keys(fallback).length > 0) errors.push(forbidden(`${path}.default`, message))
    if (Object.keys(defaultRequest).length > 0) errors.push(forbidden(`${path}.defaultRequest`, message))
  } else {
    note(fallback, 'default')
    note(defaultRequest, 'defaultRequest')
  }
  if (item.type === 'PersistentVolumeClaim' && min['storage'] === undefined && max['storage'] === undefined)
    errors.push(required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'))
  note(ratios, 'maxLimitRequestRatio')
  const more = (a: string | undefined, b: string | undefined) => a !== undefined && b !== undefined && compareQuantity(a, b) > 0
  const f = (q: string | undefined) => formatQuantity(q as string)
  for (const name of keys) {
    const [low, high, own, request, ratio] = [min[name], max[name], fallback[name], defaultRequest[name], ratios[name]]
    const at = (field: string) => `${path}.${field}[${name}]`
    // The values that upstream prints are not always the ones its text is about.
    if (more(low, high)) errors.push(invalid(at('min'), f(low), `min value ${f(low)} is greater than max value ${f(high)}`))
    if (more(low, request))
      errors.push(invalid(at('defaultRequest'), f(request), `min value ${f(low)} is greater than default request value ${f(request)}`))
    if (more(request, high))
      errors.push(invalid(at('defaultRequest'), f(request), `default request value ${f(request)} is greater than max value ${f(high)}`))
    if (more(request, own))
      errors.push(
        invalid(at('defaultRequest'), f(request), `default request value ${f(request)} is greater than default limit value ${f(own)}`),
      )
    if (more(low, own)) errors.push(invalid(at('default'), f(low), `min value ${f(low)} is greater than default value ${f(own)}`))
    if (more(own, high)) errors.push(invalid(at('default'), f(high), `default value ${f(own)} is greater than max value ${f(high)}`))
    if (ratio !== undefined && compareQuantity(ratio, '1') < 0)
      errors.push(invalid(at('maxLimitRequestRatio'), f(ratio), `ratio ${f(ratio)} is less than 1`))
    if (ratio !== undefined && low !== undefined && high !== undefined && compareQuantity(low, '0') > 0) {
      const most = quantityApproximate(high) / quantityApproximate(low)
      if (quantityApproximate(ratio) > most)
        errors.push(invalid(at('maxLimitRequestRatio'), f(ratio), `ratio ${f(ratio)} is greater than max/min = ${most.toFixed(6)}`))
    }
    if (!isOvercommit(name)) {
      if (own !== undefined && request !== undefined && compareQuantity(own, request) !== 0)
        errors.push(
          invalid(at('defaultRequest'), f(request), `default value ${f(own)} must equal to defaultRequest value ${f(request)} in ${name}`),
        )
    }
  }
  return errors
}
const isOvercommit = (name: string) => !name.startsWith('hugepages-') && (!name.includes('/') || name.includes('kubernetes.io/'))
const validateLimitResource = (name: string, path: string): FieldError[] => {
  const errors = check(name, path, isQualifiedName)
  if (errors.length > 0) return errors
  return validateResourceName(name, path)
}
const limitTypes = ['Pod', 'Container', 'PersistentVolumeClaim']
export function validateLimitRange({ metadata, spec }: LimitRange): FieldError[] {
  const errors = [...validateObjectMeta(metadata, true, nameIsDNSSubdomain)]
  const seen = new Set<string>()
  spec.limits?.forEach((item, i) => {
    const at = `spec.limits[${i}]`
    const name = check(item.type, `${at}.type`, isQualifiedName)
    errors.push(...name)
    if (name.length === 0 && !item.type.includes('/') && !limitTypes.includes(item.type))
      errors.push(invalid(`${at}.type`, item.type, 'must be a standard limit type or fully qualified'))
    if (seen.has(item.type)) errors.push(duplicate(`${at}.type`, item.type))
    seen.add(item.type)
    errors.push(...limitItem(item, at))
  })
  return errors
}
export const validateLimitRangeUpdate = (range: LimitRange, old: LimitRange): FieldError[] => [
  ...validateObjectMetaUpdate(range.metadata, old.metadata),
  ...validateLimitRange(range),
]
