/**
 * What a node must do for each service port, read from Services and EndpointSlices (pkg/proxy: servicechangetracker,
 * endpointslicecache, topology). Plain functions from API objects to plain records: a backend writes rules from
 * these and never looks at the API.
 */
import { createHash } from 'node:crypto'
import type { Service, ServicePort } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'

export type Family = 'IPv4' | 'IPv6'

export interface ProxyEndpoint {
  readonly address: string
  readonly port: number
  readonly local: boolean
}

export interface ProxyPort {
  /** `namespace/name:port`, or `namespace/name` for a port without a name, as in logs and comments. */
  readonly name: string
  /** `namespace/name/protocol/port`, what chain names are made of. */
  readonly path: string
  readonly hash: string
  readonly namespacedName: string
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly clusterIP: string
  readonly port: number
  readonly nodePort: number
  readonly externalIPs: readonly string[]
  readonly loadBalancerIPs: readonly string[]
  readonly sourceRanges: readonly string[]
  /** Seconds for which a client keeps its endpoint; 0 for no affinity. */
  readonly affinitySeconds: number
  readonly internalLocal: boolean
  readonly externalLocal: boolean
  readonly healthCheckNodePort: number
  /** For traffic under the Cluster policy, after topology hints. */
  readonly cluster: readonly ProxyEndpoint[]
  /** For traffic under the Local policy. */
  readonly local: readonly ProxyEndpoint[]
  /** There is an endpoint somewhere in the cluster: Local traffic without a local one is dropped, not rejected. */
  readonly anywhere: boolean
}

export interface NodeTopology {
  readonly nodeName: string
  readonly zone?: string
}

const serviceNameLabel = 'kubernetes.io/service-name'
const proxyNameLabel = 'service.kubernetes.io/service-proxy-name'
const headlessLabel = 'service.kubernetes.io/headless'

/** Whether the proxy has to do with this service: it has a virtual IP and no other proxy claims it. */
export function isProxied(service: Service): boolean {
  const { clusterIP, type } = service.spec
  return !!clusterIP && clusterIP !== 'None' && type !== 'ExternalName' && !service.metadata.labels?.[proxyNameLabel]
}

/** The service a slice belongs to, as `namespace/name`; undefined when the slice is not for proxies. */
export function sliceService(slice: EndpointSlice): string | undefined {
  const labels = slice.metadata.labels
  const name = labels?.[serviceNameLabel]
  if (!name || labels[proxyNameLabel] || labels[headlessLabel] !== undefined) return undefined
  return `${slice.metadata.namespace}/${name}`
}

/** The service's ports in one address family; none when it has no address there. */
export function proxyPorts(service: Service, slices: readonly EndpointSlice[], node: NodeTopology, family: Family): ProxyPort[] {
  const spec = service.spec
  const clusterIP = (spec.clusterIPs ?? [spec.clusterIP]).find((ip) => ip && familyOf(ip) === family)
  if (!clusterIP) return []
  const inFamily = (address: string) => familyOf(address) === family
  const loadBalancerIPs = (service.status?.loadBalancer?.ingress ?? [])
    .filter((ingress) => ingress.ip && ingress.ipMode !== 'Proxy' && inFamily(ingress.ip))
    .map((ingress) => ingress.ip as string)
  const namespacedName = `${service.metadata.namespace}/${service.metadata.name}`
  return (spec.ports ?? []).map((port) => {
    const protocol = (port.protocol ?? 'TCP').toLowerCase() as ProxyPort['protocol']
    const path = `${namespacedName}/${protocol}/${port.name ?? ''}`
    const candidates = collect(slices, port, family, node)
    const all = candidates.filter((c) => c.ready)
    const usable = all.length > 0 ? all : candidates.filter((c) => c.serving)
    const readyLocal = candidates.filter((c) => c.local && c.ready)
    const cluster = byTopology(usable, node)
    return {
      name: port.name ? `${namespacedName}:${port.name}` : namespacedName,
      path,
      hash: hash(path),
      namespacedName,
      protocol,
      clusterIP,
      port: port.port,
      nodePort: port.nodePort ?? 0,
      externalIPs: (spec.externalIPs ?? []).filter(inFamily),
      loadBalancerIPs,
      sourceRanges: (spec.loadBalancerSourceRanges ?? [])
        .map((range) => range.trim())
        .filter((range) => inFamily(range.split('/')[0] as string)),
      affinitySeconds: spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : 0,
      internalLocal: spec.internalTrafficPolicy === 'Local',
      externalLocal: spec.externalTrafficPolicy === 'Local',
      healthCheckNodePort: spec.healthCheckNodePort ?? 0,
      cluster: cluster.map(plain),
      local: (readyLocal.length > 0 ? readyLocal : candidates.filter((c) => c.local && c.serving)).map(plain),
      anywhere: usable.length > 0,
    }
  })
}

interface Candidate extends ProxyEndpoint {
  readonly ready: boolean
  /** Still answers although it terminates: what traffic goes to when nothing is ready (KEP-1669). */
  readonly serving: boolean
  readonly zoneHints?: readonly string[]
  readonly nodeHints?: readonly string[]
}

function collect(slices: readonly EndpointSlice[], port: ServicePort, family: Family, node: NodeTopology): Candidate[] {
  const found = new Map<string, Candidate>()
  for (const slice of slices) {
    if (slice.addressType !== family) continue
    for (const slicePort of slice.ports ?? []) {
      if ((slicePort.name ?? '') !== (port.name ?? '') || !slicePort.port) continue
      if ((slicePort.protocol ?? 'TCP') !== (port.protocol ?? 'TCP')) continue
      for (const endpoint of slice.endpoints ?? []) {
        const address = endpoint.addresses?.[0]
        if (!address) continue
        const ready = endpoint.conditions?.ready !== false
        const candidate: Candidate = {
          address,
          port: slicePort.port,
          local: endpoint.nodeName === node.nodeName,
          ready,
          serving: endpoint.conditions?.serving === true && endpoint.conditions?.terminating === true,
          ...(endpoint.hints?.forZones?.length ? { zoneHints: endpoint.hints.forZones.map((z) => z.name) } : {}),
          ...(endpoint.hints?.forNodes?.length ? { nodeHints: endpoint.hints.forNodes.map((n) => n.name) } : {}),
        }
        if (!ready && !candidate.serving) continue
        const key = `${address}:${slicePort.port}`
        // An endpoint that moves between slices is in both for a while; the ready one counts.
        if (!found.get(key)?.ready) found.set(key, candidate)
      }
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate)
}

/** Hints narrow the choice only when every endpoint carries them and one of them is for this node or zone. */
function byTopology(candidates: readonly Candidate[], node: NodeTopology): readonly Candidate[] {
  if (candidates.length > 0 && candidates.every((c) => c.nodeHints)) {
    const here = candidates.filter((c) => c.nodeHints!.includes(node.nodeName))
    if (here.length > 0) return here
  }
  if (node.zone && candidates.length > 0 && candidates.every((c) => c.zoneHints)) {
    const here = candidates.filter((c) => c.zoneHints!.includes(node.zone as string))
    if (here.length > 0) return here
  }
  return candidates
}

const plain = ({ address, port, local }: Candidate): ProxyEndpoint => ({ address, port, local })

export function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4'
}

/** Eight letters that stand for a name in chain names, which the kernel limits in length. */
export function hash(text: string): string {
  const digest = createHash('sha256').update(text).digest()
  return [...digest.subarray(0, 8)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31]).join('')
}
