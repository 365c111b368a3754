/** The networking group (networking/validation). */
import { isIP } from 'node:net'
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressClass,
  IPAddress,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  ServiceCIDR,
} from '../types/networking-v1.ts'
import { check, immutable, ipToBigInt, optionalOneOf, semanticEqual, validateLabelSelector, validCIDR, validIP } from './checks.ts'
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from './field-error.ts'
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isDomainPrefixedPath,
  isValidPathSegmentName,
  isValidPortName,
  isValidPortNum,
  isWildcardDNS1123Subdomain,
  nameIsDNSSubdomain,
} from './names.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

// ---- ingresses

function backend(from: IngressBackend, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { service, resource } = from
  if (resource && service) return [invalid(path, '', 'cannot set both resource and service backends')]
  if (resource) {
    if (!resource.kind) errors.push(required(`${path}.resource.kind`))
    if (!resource.name) errors.push(required(`${path}.resource.name`))
    return errors
  }
  if (!service) return [invalid(path, '', 'resource or service backend is required')]
  if (!service.name) errors.push(required(`${path}.service.name`))
  else errors.push(...check(service.name, `${path}.service.name`, isDNS1123Label))
  const { name, number } = service.port ?? {}
  if (name && number) errors.push(invalid(path, '', 'cannot set both port name & port number'))
  else if (name) errors.push(...check(name, `${path}.service.port.name`, isValidPortName))
  else if (number) errors.push(...check(number, `${path}.service.port.number`, isValidPortNum))
  else errors.push(required(path, 'port name or number is required'))
  return errors
}
const sequences = ['//', '/./', '/../', '%2f', '%2F']
const suffixes = ['/..', '/.']
function ingressPath(entry: HTTPIngressPath, path: string): FieldError[] {
  const errors: FieldError[] = []
  const text = entry.path ?? ''
  if (!entry.pathType) return [required(`${path}.pathType`, 'pathType must be specified')]
  if (entry.pathType === 'Exact' || entry.pathType === 'Prefix') {
    if (!text.startsWith('/')) errors.push(invalid(`${path}.path`, text, 'must be an absolute path'))
    if (text.length > 0) {
      for (const s of sequences) if (text.includes(s)) errors.push(invalid(`${path}.path`, text, `must not contain '${s}'`))
      for (const s of suffixes) if (text.endsWith(s)) errors.push(invalid(`${path}.path`, text, `cannot end with '${s}'`))
    }
  } else if (entry.pathType === 'ImplementationSpecific') {
    if (text && !text.startsWith('/')) errors.push(invalid(`${path}.path`, text, 'must be an absolute path'))
  } else errors.push(notSupported(`${path}.pathType`, entry.pathType, ['Exact', 'ImplementationSpecific', 'Prefix']))
  return [...errors, ...backend(entry.backend, `${path}.backend`)]
}
const host = (value: string, path: string) => check(value, path, value.includes('*') ? isWildcardDNS1123Subdomain : isDNS1123Subdomain)
const classAnnotation = 'kubernetes.io/ingress.class'

function ingress({ metadata, spec }: Ingress, creating: boolean): FieldError[] {
  const errors: FieldError[] = []
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec ?? {}
  const annotated = metadata.annotations?.[classAnnotation]
  if (rules.length === 0 && !defaultBackend) errors.push(invalid('spec', null, 'either `defaultBackend` or `rules` must be specified'))
  if (defaultBackend) errors.push(...backend(defaultBackend, 'spec.defaultBackend'))
  rules.forEach((rule, i) => {
    const at = `spec.rules[${i}]`
    if (rule.host) {
      if (isIP(rule.host)) errors.push(invalid(`${at}.host`, rule.host, 'must be a DNS name, not an IP address'))
      if (!/^\d+\.\d+\.\d+\.\d+$/.test(rule.host)) errors.push(...host(rule.host, `${at}.host`))
    }
    if (!rule.http) return
    if (!rule.http.paths?.length) errors.push(required(`${at}.http.paths`))
    rule.http.paths?.forEach((entry, j) => {
      errors.push(...ingressPath(entry, `${at}.http.paths[${j}]`))
    })
  })
  tls.forEach((entry, i) => {
    entry.hosts?.forEach((name, j) => {
      errors.push(...host(name, `spec.tls[${i}].hosts[${j}]`))
    })
    if (entry.secretName) errors.push(...check(entry.secretName, `spec.tls[${i}].secretName`, isDNS1123Subdomain))
  })
  if (ingressClassName !== undefined) errors.push(...check(ingressClassName, 'spec.ingressClassName', isDNS1123Subdomain))
  if (creating && annotated !== undefined && ingressClassName !== undefined && annotated !== ingressClassName)
    errors.unshift(invalid(`annotations.${classAnnotation}`, annotated, 'must match `ingressClassName` when both are specified'))
  return errors
}
export const validateIngress = (object: Ingress): FieldError[] => [
  ...validateObjectMeta(object.metadata, true, nameIsDNSSubdomain),
  ...ingress(object, true),
]
export const validateIngressUpdate = (object: Ingress, old: Ingress): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...ingress(object, false),
]
export const validateIngressStatusUpdate = (object: Ingress, old: Ingress): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...(object.status?.loadBalancer?.ingress ?? []).flatMap((entry, i) => {
    const at = `status.loadBalancer.ingress[${i}]`
    return [
      ...(entry.ip ? validIP(entry.ip, `${at}.ip`) : []),
      ...(entry.hostname ? check(entry.hostname, `${at}.hostname`, isDNS1123Subdomain) : []),
      ...(entry.hostname && isIP(entry.hostname)
        ? [invalid(`${at}.hostname`, entry.hostname, 'must be a DNS name, not an IP address')]
        : []),
    ]
  }),
]

// ---- ingress classes

function ingressClass({ spec }: IngressClass): FieldError[] {
  const errors: FieldError[] = []
  const controller = spec?.controller ?? ''
  if (controller.length > 250) errors.push(tooLong('spec.controller', 250))
  errors.push(...check(controller, 'spec.controller', isDomainPrefixedPath))
  const parameters = spec?.parameters
  if (!parameters) return errors
  const at = 'spec.parameters'
  const { apiGroup, kind, name, scope, namespace } = parameters
  if (apiGroup) errors.push(...check(apiGroup, `${at}.apiGroup`, isDNS1123Subdomain))
  if (!kind) errors.push(required(`${at}.kind`))
  else errors.push(...check(kind, `${at}.kind`, isValidPathSegmentName))
  if (!name) errors.push(required(`${at}.name`))
  else errors.push(...check(name, `${at}.name`, isValidPathSegmentName))
  if (scope === undefined) errors.push(required(`${at}.scope`))
  else errors.push(...optionalOneOf(scope, `${at}.scope`, ['Cluster', 'Namespace']))
  if (scope === 'Namespace') {
    if (!namespace) errors.push(required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'"))
    else errors.push(...check(namespace, `${at}.namespace`, isDNS1123Label))
  }
  if (scope === 'Cluster' && namespace !== undefined) errors.push(forbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'"))
  return errors
}
export const validateIngressClass = (object: IngressClass): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, nameIsDNSSubdomain),
  ...ingressClass(object),
]
export const validateIngressClassUpdate = (object: IngressClass, old: IngressClass): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...immutable(object.spec?.controller, old.spec?.controller, 'spec.controller'),
  ...validateIngressClass(object),
]

// ---- network policies

function policyPort(port: NetworkPolicyPort, path: string): FieldError[] {
  const errors: FieldError[] = [...optionalOneOf(port.protocol, `${path}.protocol`, ['TCP', 'UDP', 'SCTP'])]
  if (port.port === undefined) {
    if (port.endPort !== undefined)
      errors.push(invalid(`${path}.endPort`, port.endPort, 'may not be specified when `port` is not specified'))
    return errors
  }
  if (typeof port.port === 'string') {
    if (port.endPort !== undefined) errors.push(invalid(`${path}.endPort`, port.endPort, 'may not be specified when `port` is non-numeric'))
    return [...errors, ...check(port.port, `${path}.port`, isValidPortName)]
  }
  errors.push(...check(port.port, `${path}.port`, isValidPortNum))
  if (port.endPort !== undefined) {
    // The value that upstream shows is the port's.
    if (port.endPort < port.port) errors.push(invalid(`${path}.endPort`, port.port, 'must be greater than or equal to `port`'))
    errors.push(...check(port.endPort, `${path}.endPort`, isValidPortNum))
  }
  return errors
}
function inside(block: string, around: string): boolean {
  const parse = (cidr: string) => {
    const [ip, bits] = cidr.split('/') as [string, string]
    return { width: ip.includes(':') ? 128 : 32, n: ipToBigInt(ip), bits: Number(bits) }
  }
  const [a, b] = [parse(block), parse(around)]
  const shift = BigInt(b.width - b.bits)
  return a.width === b.width && a.bits > b.bits && a.n >> shift === b.n >> shift
}
function policyPeer(peer: NetworkPolicyPeer, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { podSelector, namespaceSelector, ipBlock } = peer
  errors.push(
    ...validateLabelSelector(podSelector, `${path}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
  )
  if (ipBlock) {
    const at = `${path}.ipBlock`
    if (!ipBlock.cidr) errors.push(required(`${at}.cidr`))
    else {
      const wrong = validCIDR(ipBlock.cidr, `${at}.cidr`)
      errors.push(...wrong)
      if (wrong.length === 0)
        ipBlock.except?.forEach((block, i) => {
          const bad = validCIDR(block, `${at}.except[${i}]`)
          errors.push(...bad)
          if (bad.length === 0 && !inside(block, ipBlock.cidr))
            errors.push(invalid(`${at}.except[${i}]`, block, 'must be a strict subset of `cidr`'))
        })
    }
  }
  const count = [podSelector, namespaceSelector, ipBlock].filter(Boolean).length
  if (count === 0) errors.push(required(path, 'must specify a peer'))
  else if (count > 1 && ipBlock) errors.push(forbidden(path, 'may not specify both ipBlock and another peer'))
  return errors
}
function networkPolicy({ spec }: NetworkPolicy): FieldError[] {
  const errors: FieldError[] = [...validateLabelSelector(spec?.podSelector, 'spec.podSelector')]
  for (const [list, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const)
    spec?.[list]?.forEach((rule, i) => {
      const at = `spec.${list}[${i}]`
      rule.ports?.forEach((port, j) => {
        errors.push(...policyPort(port, `${at}.ports[${j}]`))
      })
      const from = (rule as Record<string, NetworkPolicyPeer[] | undefined>)[peers]
      from?.forEach((peer, j) => {
        errors.push(...policyPeer(peer, `${at}.${peers}[${j}]`))
      })
    })
  const types = spec?.policyTypes ?? []
  if (types.length > 2) return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')]
  types.forEach((type, i) => {
    errors.push(...optionalOneOf(type, `spec.policyTypes[${i}]`, ['Ingress', 'Egress']))
  })
  return errors
}
export const validateNetworkPolicy = (object: NetworkPolicy): FieldError[] => [
  ...validateObjectMeta(object.metadata, true, nameIsDNSSubdomain),
  ...networkPolicy(object),
]
export const validateNetworkPolicyUpdate = (object: NetworkPolicy, old: NetworkPolicy): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...networkPolicy(object),
]

// ---- addresses and ranges of services

const nameIsIP = (name: string): string[] => validIP(name, '').map((e) => e.detail)
function ipAddress({ spec }: IPAddress): FieldError[] {
  const at = 'spec.parentRef'
  const ref = spec?.parentRef
  if (!ref) return [required(at)]
  const errors: FieldError[] = []
  if (ref.group) errors.push(...check(ref.group, `${at}.group`, isDNS1123Subdomain))
  if (!ref.resource) errors.push(required(`${at}.resource`))
  else errors.push(...check(ref.resource, `${at}.resource`, isValidPathSegmentName))
  if (!ref.name) errors.push(required(`${at}.name`))
  else errors.push(...check(ref.name, `${at}.name`, isValidPathSegmentName))
  if (ref.namespace) errors.push(...check(ref.namespace, `${at}.namespace`, isValidPathSegmentName))
  return errors
}
export const validateIPAddress = (object: IPAddress): FieldError[] => [
  ...validateObjectMeta(object.metadata, false, nameIsIP),
  ...ipAddress(object),
]
export const validateIPAddressUpdate = (object: IPAddress, old: IPAddress): FieldError[] => {
  const { group = '', resource = '', namespace = '', name = '' } = object.spec?.parentRef ?? {}
  return [
    ...validateObjectMetaUpdate(object.metadata, old.metadata),
    ...(semanticEqual(object.spec?.parentRef, old.spec?.parentRef)
      ? []
      : [invalid('spec.parentRef', { Group: group, Resource: resource, Namespace: namespace, Name: name }, 'field is immutable')]),
  ]
}

export function validateServiceCIDR({ metadata, spec }: ServiceCIDR): FieldError[] {
  const errors = [...validateObjectMeta(metadata, false, nameIsDNSSubdomain)]
  const cidrs = spec?.cidrs ?? []
  const at = 'spec.cidrs'
  if (cidrs.length === 0) return [...errors, required(at, 'at least one CIDR required')]
  if (cidrs.length > 2) return [...errors, invalid(at, { CIDRs: cidrs }, 'may only hold up to 2 values')]
  const wrong = cidrs.flatMap((cidr, i) => validCIDR(cidr, `${at}[${i}]`))
  if (wrong.length === 0 && cidrs.length > 1 && new Set(cidrs.map((c) => c.includes(':'))).size < 2)
    errors.push(invalid(at, cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'))
  return [...errors, ...wrong]
}
export function validateServiceCIDRUpdate(object: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const errors = [...validateObjectMetaUpdate(object.metadata, old.metadata)]
  const [now, before] = [object.spec?.cidrs ?? [], old.spec?.cidrs ?? []]
  before.forEach((cidr, i) => {
    errors.push(...immutable(now[i], cidr, `spec.cidrs[${i}]`))
  })
  if (now.length > before.length) errors.push(...validateServiceCIDR(object))
  return errors
}
/** Conditions are not looked at: upstream's own controllers give no reason. */
export const validateServiceCIDRStatusUpdate = (object: ServiceCIDR, old: ServiceCIDR): FieldError[] =>
  validateObjectMetaUpdate(object.metadata, old.metadata)
