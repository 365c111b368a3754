/**
 * The names of a cluster (kubernetes/dns, docs/specification.md, schema 1.1.0): what the cluster's services and
 * endpoints answer to a question. Plain functions over listers; no state of their own, so an answer is always as
 * fresh as the caches.
 */
import type { Service } from '../../api/types/core-v1.ts'
import type { Endpoint, EndpointSlice } from '../../api/types/discovery-v1.ts'

export interface DnsSource {
  service(namespace: string, name: string): Service | undefined
  slices(namespace: string, service: string): readonly EndpointSlice[]
  hasNamespace(name: string): boolean
  /** Services and endpoints that have this address, for PTR. */
  serviceByIP(address: string): Service | undefined
  endpointByIP(address: string): { slice: EndpointSlice; endpoint: Endpoint } | undefined
}

export type QuestionType = 'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME' | 'TXT' | 'NS' | 'SOA' | 'ANY' | (string & {})

export type ResourceRecord =
  | { readonly name: string; readonly type: 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'NS'; readonly ttl: number; readonly data: string }
  | {
      readonly name: string
      readonly type: 'SRV'
      readonly ttl: number
      readonly data: { priority: number; weight: number; port: number; target: string }
    }
  | { readonly name: string; readonly type: 'TXT'; readonly ttl: number; readonly data: string }

export interface Answer {
  /** The name exists, whether or not it has records of the type that was asked for. */
  readonly exists: boolean
  readonly answers: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
  /** A name outside the cluster that the question should go on with (ExternalName). */
  readonly follow?: string
}

/** How long others may remember an answer; CoreDNS's default for the kubernetes plugin in kubeadm's Corefile. */
export const ttlSeconds = 30
const nothing: Answer = { exists: false, answers: [], additionals: [] }
const empty: Answer = { exists: true, answers: [], additionals: [] }
const dnsVersion = '1.1.0'

/** Answers a question in the cluster's zone; undefined when the name is not in it. Names are lower case, without the last dot. */
export function resolveName(name: string, type: QuestionType, zone: string, source: DnsSource): Answer | undefined {
  if (name === zone) return empty
  if (!name.endsWith(`.${zone}`)) return undefined
  const labels = name.slice(0, -zone.length - 1).split('.')
  const kind = labels.pop()
  if (kind === 'dns-version' && labels.length === 0) {
    return { ...empty, answers: type === 'TXT' || type === 'ANY' ? [{ name, type: 'TXT', ttl: ttlSeconds, data: dnsVersion }] : [] }
  }
  if (kind === 'svc') return resolveService(name, labels, type, zone, source)
  if (kind === 'pod') return resolvePod(name, labels, type, source)
  return nothing
}

function resolveService(name: string, labels: readonly string[], type: QuestionType, zone: string, source: DnsSource): Answer {
  if (labels.length === 0) return empty
  const namespace = labels.at(-1) as string
  if (labels.length === 1) return source.hasNamespace(namespace) ? empty : nothing
  const serviceName = labels.at(-2) as string
  const service = source.service(namespace, serviceName)
  if (!service) return nothing
  const inner = labels.slice(0, -2)
  const base = `${serviceName}.${namespace}.svc.${zone}`

  if (service.spec.type === 'ExternalName') {
    const target = (service.spec.externalName ?? '').replace(/\.$/, '').toLowerCase()
    if (inner.length > 0 || !target) return nothing
    const answers: ResourceRecord[] = [{ name, type: 'CNAME', ttl: ttlSeconds, data: target }]
    return { ...empty, answers, ...(type === 'CNAME' ? {} : { follow: target }) }
  }
  const headless = service.spec.clusterIP === 'None'

  // _port._protocol.service.namespace.svc
  if (inner.length === 2 && inner[0]!.startsWith('_') && inner[1]!.startsWith('_')) {
    return resolvePort(name, inner[0]!.slice(1), inner[1]!.slice(1), service, base, headless, type, source)
  }
  if (inner.length === 0) {
    if (!headless) {
      const addresses = service.spec.clusterIPs ?? [service.spec.clusterIP as string]
      if (type === 'SRV') return services(name, service, base)
      return { ...empty, answers: addressRecords(name, type, addresses) }
    }
    const found = endpointsOf(service, source)
    if (found.length === 0) return nothing
    if (type === 'SRV') {
      return headlessPorts(
        name,
        found.flatMap(({ slice, endpoint }) => (slice.ports ?? []).map((port) => ({ endpoint, port: port.port ?? 0 }))),
        base,
      )
    }
    return {
      ...empty,
      answers: addressRecords(
        name,
        type,
        found.flatMap(({ endpoint }) => endpoint.addresses ?? []),
      ),
    }
  }
  // hostname.service.namespace.svc
  if (inner.length === 1 && headless) {
    const matching = endpointsOf(service, source).filter(({ endpoint }) => endpointNames(endpoint).includes(inner[0] as string))
    if (matching.length === 0) return nothing
    return {
      ...empty,
      answers: addressRecords(
        name,
        type,
        matching.flatMap(({ endpoint }) => endpoint.addresses ?? []),
      ),
    }
  }
  return nothing
}

function resolvePort(
  name: string,
  portName: string,
  protocol: string,
  service: Service,
  base: string,
  headless: boolean,
  type: QuestionType,
  source: DnsSource,
): Answer {
  if (!headless) {
    const ports = (service.spec.ports ?? []).filter((p) => matches(p.name, p.protocol, portName, protocol))
    if (ports.length === 0) return nothing
    return type === 'SRV' || type === 'ANY' ? services(name, { ...service, spec: { ...service.spec, ports } }, base) : empty
  }
  const found = endpointsOf(service, source).flatMap(({ slice, endpoint }) =>
    (slice.ports ?? []).filter((p) => matches(p.name, p.protocol, portName, protocol)).map((p) => ({ endpoint, port: p.port ?? 0 })),
  )
  if (found.length === 0) return nothing
  return type === 'SRV' || type === 'ANY' ? headlessPorts(name, found, base) : empty
}

const matches = (name: string | undefined, protocol: string | undefined, wantedName: string, wantedProtocol: string) =>
  (wantedName === '*' || (name ?? '').toLowerCase() === wantedName) && (protocol ?? 'TCP').toLowerCase() === wantedProtocol

function services(name: string, service: Service, base: string): Answer {
  const ports = service.spec.ports ?? []
  const weight = Math.floor(100 / Math.max(1, ports.length))
  return {
    exists: true,
    answers: ports.map((p) => srv(name, weight, p.port, base)),
    additionals: (service.spec.clusterIPs ?? [service.spec.clusterIP as string]).flatMap((ip) => addressRecords(base, 'ANY', [ip])),
  }
}

function headlessPorts(name: string, found: readonly { endpoint: Endpoint; port: number }[], base: string): Answer {
  const weight = Math.max(1, Math.floor(100 / found.length))
  const answers = new Map<string, ResourceRecord>()
  const additionals = new Map<string, ResourceRecord>()
  for (const { endpoint, port } of found) {
    for (const address of endpoint.addresses ?? []) {
      const target = `${endpoint.hostname ?? dashed(address)}.${base}`
      answers.set(`${target}:${port}`, srv(name, weight, port, target))
      for (const record of addressRecords(target, 'ANY', [address])) additionals.set(`${target} ${address}`, record)
    }
  }
  return { exists: true, answers: [...answers.values()], additionals: [...additionals.values()] }
}

/** `10-1-2-3.namespace.pod`: the address is in the name, whether or not a pod has it (CoreDNS's `pods insecure`, kubeadm's choice). */
function resolvePod(name: string, labels: readonly string[], type: QuestionType, source: DnsSource): Answer {
  if (labels.length === 0) return empty
  const namespace = labels.at(-1) as string
  if (!source.hasNamespace(namespace)) return nothing
  if (labels.length === 1) return empty
  if (labels.length > 2) return nothing
  const text = labels[0] as string
  const address = /^\d+-\d+-\d+-\d+$/.test(text)
    ? text.replaceAll('-', '.')
    : /^[0-9a-f-]+$/.test(text)
      ? text.replaceAll('-', ':')
      : undefined
  if (!address || (address.includes('.') && address.split('.').some((part) => Number(part) > 255))) return nothing
  return { ...empty, answers: addressRecords(name, type, [address]) }
}

/** Answers `4.3.2.1.in-addr.arpa`; undefined when the address is none of the cluster's. */
export function resolvePointer(name: string, type: QuestionType, zone: string, source: DnsSource): Answer | undefined {
  const address = addressOfPointer(name)
  if (!address) return undefined
  const service = source.serviceByIP(address)
  let target: string | undefined
  if (service) target = `${service.metadata.name}.${service.metadata.namespace}.svc.${zone}`
  else {
    const found = source.endpointByIP(address)
    const owner = found?.slice.metadata.labels?.['kubernetes.io/service-name']
    if (found && owner) target = `${found.endpoint.hostname ?? dashed(address)}.${owner}.${found.slice.metadata.namespace}.svc.${zone}`
  }
  if (!target) return undefined
  return { ...empty, answers: type === 'PTR' || type === 'ANY' ? [{ name, type: 'PTR', ttl: ttlSeconds, data: target }] : [] }
}

export function addressOfPointer(name: string): string | undefined {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name)
  if (v4) return v4.slice(1).reverse().join('.')
  if (!/^([0-9a-f]\.){32}ip6\.arpa$/.test(name)) return undefined
  const digits = name.slice(0, 63).split('.').reverse().join('')
  return compressIPv6(digits.match(/.{4}/g) as string[])
}

function compressIPv6(groups: readonly string[]): string {
  const host = `[${groups.join(':')}]`
  // The URL parser writes addresses in their canonical short form.
  return new URL(`http://${host}/`).hostname.slice(1, -1)
}

function endpointsOf(service: Service, source: DnsSource): { slice: EndpointSlice; endpoint: Endpoint }[] {
  const found = new Map<string, { slice: EndpointSlice; endpoint: Endpoint }>()
  for (const slice of source.slices(service.metadata.namespace, service.metadata.name)) {
    for (const endpoint of slice.endpoints ?? []) {
      // publishNotReadyAddresses shows in the slice as ready.
      if (endpoint.conditions?.ready === false) continue
      found.set(`${slice.metadata.name} ${endpoint.addresses?.[0]}`, { slice, endpoint })
    }
  }
  return [...found.values()]
}

const endpointNames = (endpoint: Endpoint): string[] => [
  ...(endpoint.hostname ? [endpoint.hostname] : []),
  ...(endpoint.addresses ?? []).map(dashed),
]
const dashed = (address: string) => address.replaceAll(/[.:]/g, '-')

function addressRecords(name: string, type: QuestionType, addresses: readonly string[]): ResourceRecord[] {
  return [...new Set(addresses)].flatMap((address): ResourceRecord[] => {
    const of = address.includes(':') ? ('AAAA' as const) : ('A' as const)
    return type === of || type === 'ANY' ? [{ name, type: of, ttl: ttlSeconds, data: address }] : []
  })
}
const srv = (name: string, weight: number, port: number, target: string): ResourceRecord => ({
  name,
  type: 'SRV',
  ttl: ttlSeconds,
  data: { priority: 0, weight, port, target },
})
