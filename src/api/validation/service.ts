/** Services and endpoints (core/validation). What needs the cluster's ranges is checked where addresses are allocated. */
import { isIP } from 'node:net'
import type { EndpointAddress, EndpointSubset, Endpoints, LoadBalancerStatus, Service, ServicePort, ServiceSpec } from '../types/core-v1.ts'
import {
  check,
  nonSpecialIP,
  oneOf,
  optionalOneOf,
  portNumberOrName,
  semanticEqual,
  validateConditions,
  validCIDR,
  validIP,
} from './checks.ts'
import { protocols } from './containers.ts'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts'
import { internalValue } from './internal.ts'
import { isDNS1123Label, isDNS1123Subdomain, isQualifiedName, isValidPortNum, nameIsDNSLabel, nameIsDNSSubdomain } from './names.ts'
import { validateLabelName, validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

export const isHeadless = (spec: ServiceSpec): boolean => spec.clusterIPs?.[0] === 'None'
/** Reachable from outside: by node ports, a load balancer, or addresses of its own. */
export const isExternallyAccessible = (spec: ServiceSpec): boolean =>
  spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0)
export const needsHealthCheckPort = (spec: ServiceSpec): boolean => spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
export const maxClientIPAffinitySeconds = 86400

export function validateService(service: Service): FieldError[] {
  const { metadata, spec } = service
  const errors = [...validateObjectMeta(metadata, true, nameIsDNSLabel)]
  const headless = isHeadless(spec)
  const ports = spec.ports ?? []
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'))
  errors.push(...validateByType(spec, headless))
  const names = new Set<string>()
  ports.forEach((port, i) => {
    errors.push(...validatePort(port, ports.length > 1, names, `spec.ports[${i}]`))
  })
  errors.push(...validateLabels(spec.selector, 'spec.selector'))
  errors.push(...oneOf(spec.sessionAffinity, 'spec.sessionAffinity', ['ClientIP', 'None']))
  errors.push(...validateAffinity(spec))
  errors.push(...validateClusterIPFields(spec))
  spec.externalIPs?.forEach((ip, i) => {
    const wrong = validIP(ip, `spec.externalIPs[${i}]`)
    errors.push(...(wrong.length > 0 ? wrong : nonSpecialIP(ip, `spec.externalIPs[${i}]`)))
  })
  errors.push(...oneOf(spec.type, 'spec.type', ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']))
  errors.push(...validatePortUniqueness(spec))
  errors.push(...validateSourceRanges(service))
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== 'LoadBalancer')
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', onlyLoadBalancer))
  if (spec.allocateLoadBalancerNodePorts === undefined && spec.type === 'LoadBalancer')
    errors.push(required('spec.allocateLoadBalancerNodePorts', "must be set when `type` is 'LoadBalancer'"))
  errors.push(...validateLoadBalancerClass(spec, undefined))
  errors.push(...validateTrafficPolicies(spec))
  return errors
}
const onlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'"

function validateByType(spec: ServiceSpec, headless: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (spec.type === 'LoadBalancer')
    spec.ports?.forEach((port, i) => {
      if (port.port === 10250)
        errors.push(invalid(`spec.ports[${i}]`, port.port, 'may not expose port 10250 externally since it is used by kubelet'))
    })
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && headless)
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`))
  if (spec.type === 'ExternalName') {
    const message = 'may not be set for ExternalName services'
    if (spec.clusterIPs?.length) errors.push(forbidden('spec.clusterIPs', message))
    if (spec.ipFamilies?.length) errors.push(forbidden('spec.ipFamilies', message))
    if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', message))
    const name = (spec.externalName ?? '').replace(/\.$/, '')
    errors.push(...(name ? check(name, 'spec.externalName', isDNS1123Subdomain) : [required('spec.externalName')]))
  }
  return errors
}

function validatePort(port: ServicePort, requireName: boolean, names: Set<string>, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!port.name) {
    if (requireName) errors.push(required(`${path}.name`))
  } else {
    errors.push(...check(port.name, `${path}.name`, isDNS1123Label))
    if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name))
    names.add(port.name)
  }
  errors.push(...check(port.port, `${path}.port`, isValidPortNum))
  errors.push(...oneOf(port.protocol, `${path}.protocol`, protocols))
  errors.push(...portNumberOrName(port.targetPort ?? 0, `${path}.targetPort`))
  if (port.appProtocol !== undefined) errors.push(...check(port.appProtocol, `${path}.appProtocol`, isQualifiedName))
  return errors
}

function validatePortUniqueness(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const ports = spec.ports ?? []
  if (spec.type === 'ClusterIP')
    ports.forEach((port, i) => {
      if (port.nodePort) errors.push(forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"))
    })
  const nodePorts = new Set<string>()
  ports.forEach((port, i) => {
    if (!port.nodePort) return
    const key = `${port.protocol}/${port.nodePort}`
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${i}].nodePort`, port.nodePort))
    nodePorts.add(key)
  })
  const seen = new Set<string>()
  ports.forEach((port, i) => {
    const key = `${port.protocol}/${port.port}`
    if (seen.has(key))
      errors.push(duplicate(`spec.ports[${i}]`, internalValue('ServicePort', { protocol: port.protocol, port: port.port, targetPort: 0 })))
    seen.add(key)
  })
  return errors
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const path = 'spec.sessionAffinityConfig'
  if (spec.sessionAffinity === 'ClientIP') {
    const message = 'when session affinity type is ClientIP'
    const client = spec.sessionAffinityConfig?.clientIP
    if (!spec.sessionAffinityConfig) return [required(path, message)]
    if (!client) return [required(`${path}.clientIP`, message)]
    const seconds = client.timeoutSeconds
    if (seconds === undefined) return [required(`${path}.clientIP.timeoutSeconds`, message)]
    return seconds <= 0 || seconds > maxClientIPAffinitySeconds
      ? [invalid(`${path}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${maxClientIPAffinitySeconds}`)]
      : []
  }
  return spec.sessionAffinity === 'None' && spec.sessionAffinityConfig
    ? [forbidden(path, 'must not be set when session affinity is None')]
    : []
}

/** clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy, as far as they say something about each other. */
export function validateClusterIPFields(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return []
  const errors: FieldError[] = []
  const { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  if (clusterIP) {
    if (clusterIPs.length === 0) errors.push(required('spec.clusterIPs'))
    else if (clusterIPs[0] !== clusterIP) errors.push(invalid('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'))
  } else if (clusterIPs.length > 0) errors.push(invalid('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified'))
  ipFamilies.forEach((family, i) => {
    if (family !== 'IPv4' && family !== 'IPv6') errors.push(notSupported(`spec.ipFamilies[${i}]`, family, ['IPv4', 'IPv6']))
    if (ipFamilies.indexOf(family) < i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family))
  })
  errors.push(...optionalOneOf(ipFamilyPolicy, 'spec.ipFamilyPolicy', ['PreferDualStack', 'RequireDualStack', 'SingleStack']))
  let wrong = false
  clusterIPs.forEach((ip, i) => {
    if (i === 0 && ip === 'None') {
      if (clusterIPs.length > 1) errors.push(invalid('spec.clusterIPs', clusterIPs, "'None' must be the first and only value"))
      wrong ||= clusterIPs.length > 1
      return
    }
    const found = validIP(ip, `spec.clusterIPs[${i}]`)
    wrong ||= found.length > 0
    errors.push(...found)
  })
  if (clusterIPs.length > 2) errors.push(invalid('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'))
  if (wrong) return errors
  if (clusterIPs.length > 1 && new Set(clusterIPs.map((ip) => ip.includes(':'))).size < 2)
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family'))
  if (!isHeadless(spec))
    clusterIPs.forEach((ip, i) => {
      const family = ipFamilies[i]
      const actual = ip.includes(':') ? 'IPv6' : 'IPv4'
      if ((family === 'IPv4' || family === 'IPv6') && family !== actual)
        errors.push(invalid(`spec.clusterIPs[${i}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``))
    })
  return errors
}

const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
function validateSourceRanges({ metadata, spec }: Service): FieldError[] {
  const errors: FieldError[] = []
  const path = 'spec.LoadBalancerSourceRanges'
  if (spec.loadBalancerSourceRanges?.length) {
    if (spec.type !== 'LoadBalancer') errors.push(forbidden(path, onlyLoadBalancer))
    spec.loadBalancerSourceRanges.forEach((range, i) => {
      errors.push(...validCIDR(range.trim(), `${path}[${i}]`))
    })
    return errors
  }
  const annotation = metadata.annotations?.[sourceRangesAnnotation]
  if (annotation === undefined) return errors
  const at = `metadata.annotations[${sourceRangesAnnotation}]`
  if (spec.type !== 'LoadBalancer') errors.push(forbidden(at, onlyLoadBalancer))
  const text = annotation.trim()
  if (text !== '')
    for (const range of text.split(','))
      if (validCIDR(range.trim(), '').length > 0)
        errors.push(invalid(at, text, 'must be a comma separated list of CIDRs e.g. 192.168.0.0/16,10.0.0.0/8'))
  return errors
}

function validateLoadBalancerClass(spec: ServiceSpec, old: ServiceSpec | undefined): FieldError[] {
  const path = 'spec.loadBalancerClass'
  const value = spec.loadBalancerClass
  if (old?.type === 'LoadBalancer' && spec.type === 'LoadBalancer' && old.loadBalancerClass !== value)
    return [invalid(path, value ?? null, 'may not change once set')]
  if (value === undefined) return []
  if (spec.type !== 'LoadBalancer') return [forbidden(path, onlyLoadBalancer)]
  return validateLabelName(value, path)
}

function validateTrafficPolicies(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const external = spec.externalTrafficPolicy
  if (!isExternallyAccessible(spec)) {
    if (external) errors.push(invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'))
  } else errors.push(...oneOf(external, 'spec.externalTrafficPolicy', ['Cluster', 'Local']))
  const port = spec.healthCheckNodePort ?? 0
  if (!needsHealthCheckPort(spec)) {
    if (port !== 0)
      errors.push(
        invalid('spec.healthCheckNodePort', port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"),
      )
  } else errors.push(...(port === 0 ? [required('spec.healthCheckNodePort')] : check(port, 'spec.healthCheckNodePort', isValidPortNum)))
  if (spec.internalTrafficPolicy === undefined) {
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer' || spec.type === 'ClusterIP')
      errors.push(required('spec.internalTrafficPolicy'))
  } else errors.push(...optionalOneOf(spec.internalTrafficPolicy, 'spec.internalTrafficPolicy', ['Cluster', 'Local']))
  errors.push(...optionalOneOf(spec.trafficDistribution, 'spec.trafficDistribution', ['PreferClose', 'PreferSameZone', 'PreferSameNode']))
  return errors
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  return [
    ...validateObjectMetaUpdate(service.metadata, old.metadata),
    ...validateListChange(service.spec, old.spec, 'clusterIPs'),
    ...validateListChange(service.spec, old.spec, 'ipFamilies'),
    ...(old.spec.type === 'LoadBalancer' && service.spec.type === 'LoadBalancer' ? validateLoadBalancerClass(service.spec, old.spec) : []),
    ...validateService(service),
  ]
}
/** The first address and family stay; a second one may come, and go with a policy that says so. */
function validateListChange(spec: ServiceSpec, old: ServiceSpec, field: 'clusterIPs' | 'ipFamilies'): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return []
  if (isHeadless(spec) && isHeadless(old) && field === 'clusterIPs') return []
  // Headless services without a selector may change their families.
  if (field === 'ipFamilies' && isHeadless(spec) && isHeadless(old) && !spec.selector && !old.selector) return []
  const now: readonly string[] = spec[field] ?? []
  const before: readonly string[] = old[field] ?? []
  const at = (i: number) => `spec.${field}[${i}]`
  if (now.length === before.length)
    return before.flatMap((value, i) => (value === now[i] ? [] : [invalid(at(i), now, 'may not change once set')]))
  if (before.length > now.length) {
    if (now.length === 0)
      return [invalid(at(0), now, field === 'clusterIPs' ? 'primary clusterIP can not be unset' : 'primary ipFamily can not be unset')]
    if (now[0] !== before[0]) return [invalid(at(0), now, 'may not change once set')]
    return spec.ipFamilyPolicy !== undefined && spec.ipFamilyPolicy !== 'SingleStack'
      ? [
          invalid(
            'spec.ipFamilyPolicy',
            spec.ipFamilyPolicy,
            `must be set to 'SingleStack' when releasing the secondary ${field === 'clusterIPs' ? 'clusterIP' : 'ipFamily'}`,
          ),
        ]
      : []
  }
  return before.length > 0 && now[0] !== before[0] ? [invalid(at(0), now, 'may not change once set')] : []
}

export function validateServiceStatusUpdate(service: Service, old: Service): FieldError[] {
  const errors = [...validateObjectMetaUpdate(service.metadata, old.metadata)]
  if (service.spec.type !== 'LoadBalancer' && service.status.loadBalancer?.ingress?.length) {
    if (!semanticEqual(service.status.loadBalancer, old.status.loadBalancer))
      errors.push(forbidden('status.loadBalancer.ingress', 'may only be used when `spec.type` is LoadBalancer'))
  } else errors.push(...validateLoadBalancerStatus(service.status.loadBalancer, 'status.loadBalancer'))
  return [...errors, ...validateConditions(service.status.conditions, 'status.conditions')]
}
function validateLoadBalancerStatus(status: LoadBalancerStatus | undefined, path: string): FieldError[] {
  return (status?.ingress ?? []).flatMap((ingress, i) => {
    const at = `${path}.ingress[${i}]`
    const errors: FieldError[] = []
    if (ingress.ip) errors.push(...validIP(ingress.ip, `${at}.ip`))
    if (ingress.ipMode === undefined) {
      if (ingress.ip) errors.push(required(`${at}.ipMode`, 'must be specified when `ip` is set'))
    } else if (!ingress.ip) errors.push(forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set'))
    else errors.push(...optionalOneOf(ingress.ipMode, `${at}.ipMode`, ['Proxy', 'VIP']))
    if (ingress.hostname) {
      errors.push(...check(ingress.hostname, `${at}.hostname`, isDNS1123Subdomain))
      if (isIP(ingress.hostname)) errors.push(invalid(`${at}.hostname`, ingress.hostname, 'must be a DNS name, not an IP address'))
    }
    return errors
  })
}

// ---- endpoints

export const validateEndpoints = ({ metadata, subsets }: Endpoints): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...validateSubsets(subsets, undefined),
]
export const validateEndpointsUpdate = (endpoints: Endpoints, old: Endpoints): FieldError[] => [
  ...validateObjectMetaUpdate(endpoints.metadata, old.metadata),
  ...validateSubsets(endpoints.subsets, old.subsets),
]
function validateSubsets(subsets: readonly EndpointSubset[] | undefined, old: readonly EndpointSubset[] | undefined): FieldError[] {
  const errors: FieldError[] = []
  subsets?.forEach((subset, i) => {
    const at = `subsets[${i}]`
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset
    if (addresses.length + notReadyAddresses.length === 0) errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'))
    if (old?.some((o) => semanticEqual(o, subset))) return
    addresses.forEach((address, j) => {
      errors.push(...validateAddress(address, `${at}.addresses[${j}]`))
    })
    notReadyAddresses.forEach((address, j) => {
      errors.push(...validateAddress(address, `${at}.notReadyAddresses[${j}]`))
    })
    ports.forEach((port, j) => {
      const path = `${at}.ports[${j}]`
      if (!port.name) {
        if (ports.length > 1) errors.push(required(`${path}.name`))
      } else errors.push(...check(port.name, `${path}.name`, isDNS1123Label))
      errors.push(...check(port.port, `${path}.port`, isValidPortNum))
      errors.push(...oneOf(port.protocol, `${path}.protocol`, protocols))
      if (port.appProtocol !== undefined) errors.push(...check(port.appProtocol, `${path}.appProtocol`, isQualifiedName))
    })
  })
  return errors
}
function validateAddress(address: EndpointAddress, path: string): FieldError[] {
  const errors = [...validIP(address.ip, `${path}.ip`)]
  if (address.hostname) errors.push(...check(address.hostname, `${path}.hostname`, isDNS1123Label))
  if (address.nodeName !== undefined) errors.push(...check(address.nodeName, `${path}.nodeName`, isDNS1123Subdomain))
  return [...errors, ...nonSpecialIP(address.ip, `${path}.ip`)]
}
