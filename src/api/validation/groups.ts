/** The small groups: policy, discovery, coordination, RBAC, scheduling, storage, node, certificates, aggregation. */
import type { APIService } from '../types/apiregistration-v1.ts'
import type { CertificateSigningRequest } from '../types/certificates-v1.ts'
import type { Lease } from '../types/coordination-v1.ts'
import type { EndpointSlice } from '../types/discovery-v1.ts'
import type { RuntimeClass } from '../types/node-v1.ts'
import type { PodDisruptionBudget } from '../types/policy-v1.ts'
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding } from '../types/rbac-v1.ts'
import type { PriorityClass } from '../types/scheduling-v1.ts'
import type { CSIDriver, CSINode, StorageClass, VolumeAttachment, VolumeAttributesClass } from '../types/storage-v1.ts'
import {
  check,
  immutable,
  nonSpecialIP,
  notNegative,
  oneOf,
  optionalOneOf,
  semanticEqual,
  validateConditions,
  validateLabelSelector,
  validIP,
} from './checks.ts'
import { protocols } from './containers.ts'
import { duplicate, type FieldError, forbidden, goQuote, invalid, notSupported, required, tooLong, tooMany } from './field-error.ts'
import {
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isFullyQualifiedDomainName,
  isQualifiedName,
  isValidPortNum,
  nameIsDNSSubdomain,
  pathSegmentName,
} from './names.ts'
import { validateTopologySelectorTerm } from './node-selector.ts'
import { validateLabelName, validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'
import { validateResourceRequirements } from './resources.ts'
import { validateTolerations } from './scheduling.ts'
import { validateCSIDriverName } from './volumes.ts'
import { notMoreThan100Percent, positiveIntOrPercent } from './workload.ts'

// ---- policy

function budget({ spec }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = []
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec ?? {}
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.push(
      invalid(
        'spec',
        {
          MinAvailable: minAvailable,
          Selector: selector ?? null,
          MaxUnavailable: maxUnavailable,
          UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
        },
        'minAvailable and maxUnavailable cannot be both set',
      ),
    )
  for (const [field, value] of [
    ['minAvailable', minAvailable],
    ['maxUnavailable', maxUnavailable],
  ] as const)
    if (value !== undefined) errors.push(...positiveIntOrPercent(value, `spec.${field}`), ...notMoreThan100Percent(value, `spec.${field}`))
  errors.push(...validateLabelSelector(selector, 'spec.selector'))
  errors.push(...optionalOneOf(unhealthyPodEvictionPolicy, 'spec.unhealthyPodEvictionPolicy', ['AlwaysAllow', 'IfHealthyBudget']))
  return errors
}
export const validatePodDisruptionBudget = (object: PodDisruptionBudget): FieldError[] => [
  ...validateObjectMeta(object.metadata, true, nameIsDNSSubdomain),
  ...budget(object),
]
export const validatePodDisruptionBudgetUpdate = (object: PodDisruptionBudget, old: PodDisruptionBudget): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...budget(object),
]
export const validatePodDisruptionBudgetStatusUpdate = (object: PodDisruptionBudget, old: PodDisruptionBudget): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...validateConditions(object.status?.conditions, 'status.conditions'),
  ...(['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((f) =>
    notNegative(object.status?.[f], `status.${f}`),
  ),
]

// ---- discovery

export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  const errors = [...validateObjectMeta(slice.metadata, true, nameIsDNSSubdomain)]
  const type = slice.addressType
  errors.push(...oneOf(type, 'addressType', ['FQDN', 'IPv4', 'IPv6']))
  const ports = slice.ports ?? []
  const endpoints = slice.endpoints ?? []
  if (ports.length > 20000) errors.push(tooMany('ports', ports.length, 20000))
  const names = new Set<string>()
  ports.forEach((port, i) => {
    const at = `ports[${i}]`
    const name = port.name ?? ''
    if (name) errors.push(...check(name, `${at}.name`, isDNS1123Label))
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
    names.add(name)
    errors.push(...oneOf(port.protocol, `${at}.protocol`, protocols))
    if (port.appProtocol !== undefined) errors.push(...check(port.appProtocol, `${at}.appProtocol`, isQualifiedName))
  })
  if (endpoints.length > 1000) errors.push(tooMany('endpoints', endpoints.length, 1000))
  endpoints.forEach((endpoint, i) => {
    const at = `endpoints[${i}]`
    const addresses = endpoint.addresses ?? []
    if (addresses.length === 0) errors.push(required(`${at}.addresses`, 'must contain at least 1 address'))
    if (addresses.length > 100) errors.push(tooMany(`${at}.addresses`, addresses.length, 100))
    addresses.forEach((address, j) => {
      const field = `${at}.addresses[${j}]`
      if (type === 'FQDN') errors.push(...check(address, field, isFullyQualifiedDomainName))
      else if (type === 'IPv4' || type === 'IPv6') {
        const wrong = validIP(address, field)
        if (wrong.length > 0) {
          errors.push(...wrong)
          return
        }
        if (address.includes(':') !== (type === 'IPv6')) errors.push(invalid(`${at}.addresses`, address, `must be an ${type} address`))
        errors.push(...nonSpecialIP(address, field))
      }
    })
    if (endpoint.nodeName !== undefined) errors.push(...check(endpoint.nodeName, `${at}.nodeName`, isDNS1123Subdomain))
    for (const key of Object.keys(endpoint.deprecatedTopology ?? {})) errors.push(...validateLabelName(key, `${at}.deprecatedTopology`))
    if (endpoint.hostname !== undefined) errors.push(...check(endpoint.hostname, `${at}.hostname`, isDNS1123Label))
    if ((endpoint.hints?.forZones?.length ?? 0) > 8) errors.push(tooMany(`${at}.hints.forZones`, endpoint.hints?.forZones?.length ?? 0, 8))
    endpoint.hints?.forZones?.forEach((zone, j) => {
      if (endpoint.hints?.forZones?.findIndex((z) => z.name === zone.name) !== j)
        errors.push(duplicate(`${at}.hints.forZones[${j}].name`, zone.name))
      errors.push(...validateLabelName(zone.name, `${at}.hints.forZones[${j}].name`))
    })
  })
  return errors
}
export const validateEndpointSliceUpdate = (slice: EndpointSlice, old: EndpointSlice): FieldError[] => [
  ...validateEndpointSlice(slice),
  ...immutable(slice.addressType, old.addressType, 'addressType'),
]

// ---- coordination

function lease({ spec }: Lease): FieldError[] {
  const errors: FieldError[] = []
  const seconds = spec?.leaseDurationSeconds
  if (seconds !== undefined && seconds <= 0) errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'))
  errors.push(...notNegative(spec?.leaseTransitions, 'spec.leaseTransitions'))
  if (spec?.preferredHolder && !spec.strategy)
    errors.push(forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined'))
  return errors
}
export const validateLease = (object: Lease): FieldError[] => [
  ...validateObjectMeta(object.metadata, true, nameIsDNSSubdomain),
  ...lease(object),
]
export const validateLeaseUpdate = (object: Lease, old: Lease): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...lease(object),
]

// ---- RBAC: names are only path segments

function rule(from: PolicyRule, namespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!from.verbs?.length) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'))
  if (from.nonResourceURLs?.length) {
    if (namespaced)
      errors.push(invalid(`${path}.nonResourceURLs`, from.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
    if (from.apiGroups?.length || from.resources?.length || from.resourceNames?.length)
      errors.push(
        invalid(`${path}.nonResourceURLs`, from.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
      )
    return errors
  }
  if (!from.apiGroups?.length) errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'))
  if (!from.resources?.length) errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'))
  return errors
}
const rules = (list: readonly PolicyRule[] | null | undefined, namespaced: boolean) =>
  (list ?? []).flatMap((r, i) => rule(r, namespaced, `rules[${i}]`))
export const validateRole = (role: Role): FieldError[] => [
  ...validateObjectMeta(role.metadata, true, pathSegmentName),
  ...rules(role.rules, true),
]
export const validateRoleUpdate = (role: Role, old: Role): FieldError[] => [
  ...validateRole(role),
  ...validateObjectMetaUpdate(role.metadata, old.metadata),
]
export function validateClusterRole(role: ClusterRole): FieldError[] {
  const errors = [...validateObjectMeta(role.metadata, false, pathSegmentName), ...rules(role.rules, false)]
  const selectors = role.aggregationRule?.clusterRoleSelectors
  if (role.aggregationRule) {
    if (!selectors?.length)
      errors.push(
        required('aggregationRule.clusterRoleSelectors', 'at least one clusterRoleSelector required if aggregationRule is non-nil'),
      )
    selectors?.forEach((selector, i) => {
      errors.push(...validateLabelSelector(selector, `aggregationRule.clusterRoleSelectors[${i}]`))
    })
  }
  return errors
}
export const validateClusterRoleUpdate = (role: ClusterRole, old: ClusterRole): FieldError[] => [
  ...validateClusterRole(role),
  ...validateObjectMetaUpdate(role.metadata, old.metadata),
]
type Binding = RoleBinding | ClusterRoleBinding
const rbac = 'rbac.authorization.k8s.io'
export function validateBindings(binding: Binding, namespaced: boolean): FieldError[] {
  const errors = [...validateObjectMeta(binding.metadata, namespaced, pathSegmentName)]
  const ref = binding.roleRef
  if (ref.apiGroup !== rbac) errors.push(notSupported('roleRef.apiGroup', ref.apiGroup, [rbac]))
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  if (!kinds.includes(ref.kind)) errors.push(notSupported('roleRef.kind', ref.kind, kinds))
  if (!ref.name) errors.push(required('roleRef.name'))
  else errors.push(...check(ref.name, 'roleRef.name', pathSegmentName))
  binding.subjects?.forEach((subject, i) => {
    const at = `subjects[${i}]`
    if (!subject.name) errors.push(required(`${at}.name`))
    if (subject.kind === 'ServiceAccount') {
      if (subject.name) errors.push(...check(subject.name, `${at}.name`, isDNS1123Subdomain))
      if (subject.apiGroup) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup, ['']))
      if (!namespaced && !subject.namespace) errors.push(required(`${at}.namespace`))
    } else if (subject.kind === 'User' || subject.kind === 'Group') {
      if (subject.apiGroup !== rbac) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup ?? '', [rbac]))
    } else errors.push(notSupported(`${at}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group']))
  })
  return errors
}
export const validateBindingsUpdate = (binding: Binding, old: Binding, namespaced: boolean): FieldError[] => {
  const { apiGroup, kind, name } = binding.roleRef
  return [
    ...validateBindings(binding, namespaced),
    ...validateObjectMetaUpdate(binding.metadata, old.metadata),
    ...(semanticEqual(binding.roleRef, old.roleRef)
      ? []
      : [invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')]),
  ]
}

// ---- scheduling

const highest = 1_000_000_000
const systemClasses: Readonly<Record<string, number>> = { 'system-cluster-critical': 2_000_000_000, 'system-node-critical': 2_000_001_000 }
export function validatePriorityClass(object: PriorityClass): FieldError[] {
  const errors = [...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain)]
  const name = object.metadata.name
  if (name.startsWith('system-')) {
    if (systemClasses[name] !== object.value)
      errors.push(
        forbidden(
          'metadata.name',
          `priority class names with 'system-' prefix are reserved for system use only. error: ${systemClasses[name] === undefined ? `${name} is not a known system priority class` : `value of ${name} PriorityClass must be ${systemClasses[name]}`}`,
        ),
      )
  } else if (object.value > highest) errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${highest}`))
  errors.push(...optionalOneOf(object.preemptionPolicy, 'preemptionPolicy', ['PreemptLowerPriority', 'Never']))
  return errors
}
export const validatePriorityClassUpdate = (object: PriorityClass, old: PriorityClass): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...(object.value !== old.value ? [forbidden('value', 'may not be changed in an update.')] : []),
  ...immutable(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy'),
]

// ---- storage

const provisionerName = (name: string, path: string): FieldError[] =>
  name ? check(name, path, (n) => isQualifiedName(n.toLowerCase())) : [required(path)]
export function validateStorageClass(object: StorageClass): FieldError[] {
  const errors = [...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain), ...provisionerName(object.provisioner, 'provisioner')]
  const parameters = Object.entries(object.parameters ?? {})
  if (parameters.length > 512) errors.push(tooLong('parameters', 512))
  if (parameters.some(([key]) => key === '')) errors.push(invalid('parameters', '', 'field can not be empty.'))
  if (parameters.reduce((n, [k, v]) => n + k.length + v.length, 0) > 256 * 1024) errors.push(tooLong('parameters', 256 * 1024))
  if (object.reclaimPolicy) errors.push(...optionalOneOf(object.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain']))
  errors.push(...oneOf(object.volumeBindingMode, 'volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']))
  object.allowedTopologies?.forEach((term, i) => {
    errors.push(...validateTopologySelectorTerm(term, `allowedTopologies[${i}]`))
  })
  return errors
}
export const validateStorageClassUpdate = (object: StorageClass, old: StorageClass): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...(semanticEqual(object.parameters, old.parameters) ? [] : [forbidden('parameters', 'updates to parameters are forbidden.')]),
  ...(object.provisioner === old.provisioner ? [] : [forbidden('provisioner', 'updates to provisioner are forbidden.')]),
  ...(object.reclaimPolicy === old.reclaimPolicy ? [] : [forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.')]),
  ...immutable(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode'),
]

function csiDriverSpec({ spec }: CSIDriver): FieldError[] {
  const errors: FieldError[] = []
  if (spec.attachRequired === undefined) errors.push(required('spec.attachedRequired'))
  if (spec.podInfoOnMount === undefined) errors.push(required('spec.podInfoOnMount'))
  if (spec.storageCapacity === undefined) errors.push(required('spec.storageCapacity'))
  errors.push(...optionalOneOf(spec.fsGroupPolicy, 'spec.fsGroupPolicy', ['File', 'None', 'ReadWriteOnceWithFSType']))
  const seen = new Set<string>()
  spec.tokenRequests?.forEach((token, i) => {
    const at = `spec.tokenRequests[${i}]`
    if (seen.has(token.audience)) errors.push(duplicate(`${at}.audience`, token.audience))
    seen.add(token.audience)
    if (token.expirationSeconds !== undefined && token.expirationSeconds < 600)
      errors.push(invalid(`${at}.expirationSeconds`, token.expirationSeconds, 'may not specify a duration less than 10 minutes'))
    if (token.expirationSeconds !== undefined && token.expirationSeconds > 2 ** 32)
      errors.push(invalid(`${at}.expirationSeconds`, token.expirationSeconds, 'may not specify a duration larger than 2^32 seconds'))
  })
  for (const mode of spec.volumeLifecycleModes ?? [])
    errors.push(...optionalOneOf(mode, 'spec.volumeLifecycleModes', ['Persistent', 'Ephemeral']))
  return errors
}
export const validateCSIDriver = (object: CSIDriver): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, (name) => validateCSIDriverName(name, '').map((e) => e.detail)),
  ...csiDriverSpec(object),
]
export const validateCSIDriverUpdate = (object: CSIDriver, old: CSIDriver): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...csiDriverSpec(object),
  ...immutable(object.spec.attachRequired, old.spec.attachRequired, 'spec.attachedRequired'),
  ...immutable(object.spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, 'spec.volumeLifecycleModes'),
]

function csiNodeSpec({ spec }: CSINode): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  spec.drivers?.forEach((driver, i) => {
    const at = `spec.drivers[${i}]`
    if (!driver.name) errors.push(required(`${at}.name`))
    else errors.push(...validateCSIDriverName(driver.name, `${at}.name`))
    if (!driver.nodeID) errors.push(required(`${at}.nodeID`))
    if (driver.nodeID.length > 256) errors.push(invalid(`${at}.nodeID`, driver.nodeID, 'must be 256 characters or less'))
    errors.push(...notNegative(driver.allocatable?.count, `${at}.allocatable.count`))
    const keys = new Set<string>()
    for (const key of driver.topologyKeys ?? []) {
      if (!key) errors.push(required(at))
      if (keys.has(key)) errors.push(duplicate(at, key))
      keys.add(key)
      errors.push(...check(key, at, isQualifiedName))
    }
    if (seen.has(driver.name)) errors.push(duplicate(`${at}.name`, driver.name))
    seen.add(driver.name)
  })
  return errors
}
export const validateCSINode = (object: CSINode): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain),
  ...csiNodeSpec(object),
]
export function validateCSINodeUpdate(object: CSINode, old: CSINode): FieldError[] {
  const errors = [...validateObjectMetaUpdate(object.metadata, old.metadata), ...csiNodeSpec(object)]
  // A driver may come and go; one that stays stays as it was, but for what it can hold.
  for (const before of old.spec.drivers ?? []) {
    const now = object.spec.drivers?.find((d) => d.name === before.name)
    if (now && !semanticEqual({ ...now, allocatable: undefined }, { ...before, allocatable: undefined }))
      errors.push(
        invalid(
          'spec.drivers',
          {
            Name: now.name,
            NodeID: now.nodeID,
            TopologyKeys: now.topologyKeys ?? null,
            Allocatable: now.allocatable ? { Count: now.allocatable.count ?? null } : null,
          },
          'field is immutable',
        ),
      )
  }
  return errors
}

export function validateVolumeAttachment({ metadata, spec }: VolumeAttachment): FieldError[] {
  const errors = [...validateObjectMeta(metadata, false, nameIsDNSSubdomain)]
  if (!spec.attacher) errors.push(required('spec.attacher'))
  else errors.push(...validateCSIDriverName(spec.attacher, 'spec.attacher'))
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = spec.source ?? {}
  const message = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (inline === undefined && name === undefined) errors.push(required('spec.source', message))
  if (inline !== undefined && name !== undefined) errors.push(forbidden('spec.source', message))
  if (name !== undefined) errors.push(...check(name, 'spec.source.persistentVolumeName', isDNS1123Subdomain))
  return [...errors, ...check(spec.nodeName, 'spec.nodeName', isDNS1123Subdomain)]
}
export function validateVolumeAttachmentUpdate(object: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  const errors = [...validateObjectMetaUpdate(object.metadata, old.metadata), ...validateVolumeAttachment(object)]
  if (!semanticEqual(object.spec, old.spec))
    errors.push(
      invalid(
        'spec',
        {
          Attacher: object.spec.attacher,
          Source: {
            PersistentVolumeName: object.spec.source?.persistentVolumeName ?? null,
            InlineVolumeSpec: object.spec.source?.inlineVolumeSpec ?? null,
          },
          NodeName: object.spec.nodeName,
        },
        'field is immutable',
      ),
    )
  return errors
}

export const validateVolumeAttributesClass = (object: VolumeAttributesClass): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain),
  ...provisionerName(object.driverName, 'driverName'),
  ...(Object.keys(object.parameters ?? {}).length === 0 ? [required('parameters', 'must contain at least one key/value pair')] : []),
]
export const validateVolumeAttributesClassUpdate = (object: VolumeAttributesClass, old: VolumeAttributesClass): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...(object.driverName === old.driverName ? [] : [forbidden('driverName', 'updates to driverName are forbidden.')]),
  ...(semanticEqual(object.parameters, old.parameters) ? [] : [forbidden('parameters', 'updates to parameters are forbidden.')]),
]

// ---- runtime classes

export const validateRuntimeClass = (object: RuntimeClass): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain),
  ...(object.handler ? check(object.handler, 'handler', isDNS1123Label) : [required('handler')]),
  ...(object.overhead?.podFixed ? validateResourceRequirements({ limits: object.overhead.podFixed }, undefined, 'overhead.podFixed') : []),
  ...validateLabels(object.scheduling?.nodeSelector, 'scheduling.nodeSelector'),
  ...validateTolerations(object.scheduling?.tolerations, 'scheduling.tolerations'),
]
export const validateRuntimeClassUpdate = (object: RuntimeClass, old: RuntimeClass): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...immutable(object.handler, old.handler, 'handler'),
]

// ---- aggregation

function apiService({ metadata, spec }: APIService): FieldError[] {
  const errors: FieldError[] = []
  const { group = '', version = '' } = spec ?? {}
  const name = `${version}.${group || ''}`
  if (metadata.name !== name)
    errors.push(invalid('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: ${goQuote(name)}`))
  if (group) errors.push(...check(group, 'spec.group', isDNS1123Subdomain))
  errors.push(...check(version, 'spec.version', isDNS1035Label))
  const { groupPriorityMinimum: minimum = 0, versionPriority: priority = 0 } = spec ?? {}
  if (minimum <= 0 || minimum > 20000) errors.push(invalid('spec.groupPriorityMinimum', minimum, 'must be positive and less than 20000'))
  if (priority <= 0 || priority > 1000) errors.push(invalid('spec.versionPriority', priority, 'must be positive and less than 1000'))
  const service = spec?.service
  if (!service) {
    if (spec?.caBundle) errors.push(invalid('spec.caBundle', `${spec.caBundle.length} bytes`, 'local APIServices may not have a caBundle'))
    if (spec?.insecureSkipTLSVerify)
      errors.push(invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'))
    return errors
  }
  if (!service.namespace) errors.push(required('spec.service.namespace'))
  if (!service.name) errors.push(required('spec.service.name'))
  if (service.port !== undefined) errors.push(...check(service.port, 'spec.service.port', isValidPortNum))
  if (spec?.insecureSkipTLSVerify && spec.caBundle)
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'))
  return errors
}
export const validateAPIService = (object: APIService): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, pathSegmentName),
  ...apiService(object),
]
export const validateAPIServiceUpdate = (object: APIService, old: APIService): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...validateAPIService(object),
]

// ---- certificates

const requestUsages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]
export function validateCertificateSigningRequest({ metadata, spec }: CertificateSigningRequest): FieldError[] {
  const errors = [...validateObjectMeta(metadata, false, pathSegmentName)]
  const pem = Buffer.from(spec.request ?? '', 'base64').toString('latin1')
  if (!pem.includes('-----BEGIN CERTIFICATE REQUEST-----'))
    errors.push(invalid('spec.request', '', 'PEM block type must be CERTIFICATE REQUEST'))
  if (!spec.usages?.length) errors.push(required('spec.usages'))
  spec.usages?.forEach((usage, i) => {
    if (!requestUsages.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, requestUsages))
    if (spec.usages?.indexOf(usage as never) !== i) errors.push(duplicate(`spec.usages[${i}]`, usage))
  })
  const signer = spec.signerName ?? ''
  const parts = signer.split('/')
  if (!signer) errors.push(required('spec.signerName'))
  else if (parts.length !== 2 || !parts[1])
    errors.push(invalid('spec.signerName', signer, 'must be a fully qualified domain and path of the form "example.com/signer-name"'))
  else if (isDNS1123Subdomain(parts[0] as string).length > 0 || !(parts[0] as string).includes('.'))
    errors.push(invalid('spec.signerName', signer, 'should be a domain with at least two segments separated by dots'))
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600)
    errors.push(invalid('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'))
  return errors
}
type Conditions = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>
export function validateCertificateUpdate(
  object: CertificateSigningRequest,
  old: CertificateSigningRequest,
  certificate: boolean,
): FieldError[] {
  const errors = [...validateObjectMetaUpdate(object.metadata, old.metadata)]
  const [now, before]: [Conditions, Conditions] = [object.status?.conditions ?? [], old.status?.conditions ?? []]
  now.forEach((condition, i) => {
    const at = `status.conditions[${i}]`
    if (!condition.type) errors.push(required(`${at}.type`))
    if (['Approved', 'Denied', 'Failed'].includes(condition.type)) {
      if (condition.status !== 'True') errors.push(notSupported(`${at}.status`, condition.status, ['True']))
    } else errors.push(...oneOf(condition.status, `${at}.status`, ['False', 'True', 'Unknown']))
    if (now.findIndex((c) => c.type === condition.type) < i) errors.push(duplicate(`${at}.type`, condition.type))
  })
  const has = (list: Conditions, type: string) => list.some((c) => c.type === type)
  for (const type of ['Approved', 'Denied', 'Failed'])
    if (has(before, type) && !has(now, type))
      errors.push(forbidden('status.conditions', `updates may not remove a condition of type ${goQuote(type)}`))
  if (certificate)
    for (const type of ['Approved', 'Denied'])
      if (has(now, type) && !has(before, type))
        errors.push(forbidden('status.conditions', `updates may not add a condition of type ${goQuote(type)}`))
  const both = now.findLast((c) => c.type === 'Approved' || c.type === 'Denied')
  if (has(now, 'Approved') && has(now, 'Denied') && !(has(before, 'Approved') && has(before, 'Denied')) && errors.length === 0)
    errors.push(invalid('status.conditions', both?.type, 'Approved and Denied conditions are mutually exclusive'))
  const issued = object.status?.certificate
  if (issued !== old.status?.certificate) {
    if (!certificate) errors.push(forbidden('status.certificate', 'updates may not set certificate content'))
    else if (old.status?.certificate) errors.push(forbidden('status.certificate', 'updates may not modify existing certificate content'))
    else if (
      !Buffer.from(issued ?? '', 'base64')
        .toString('latin1')
        .includes('-----BEGIN CERTIFICATE-----')
    )
      errors.push(invalid('status.certificate', '<certificate data>', 'must contain at least one CERTIFICATE PEM block'))
  }
  return errors
}
