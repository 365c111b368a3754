/**
 * kube-proxy's nftables backend (KEP-3866, pkg/proxy/nftables): one table `kube-proxy`, in which verdict maps keyed
 * by address, protocol and port lead each packet in one look-up to the chain of its service, however many services
 * there are. The wanted table is computed whole, compared with what was last written, and only the difference goes
 * to the kernel, in one transaction.
 */
import type { Nft } from '../nft.ts'
import type { Family, ProxyEndpoint, ProxyPort } from './services.ts'

export interface NftablesOptions {
  readonly family: Family
  /** Pods' addresses: what comes from elsewhere to a cluster IP is masqueraded. */
  readonly clusterCIDR?: string
  readonly masqueradeAll?: boolean
  /** The addresses that accept node port traffic; `all` stands for every local one but loopback. */
  readonly nodePortAddresses: readonly string[] | 'all'
  /** Addresses in it that no service has are refused rather than routed. */
  readonly serviceCIDRs?: readonly string[]
  readonly masqueradeBit?: number
  /** Default `kube-proxy`; another where two clusters share a host. */
  readonly table?: string
}

/** The table's content that changes with services. */
export interface NftState {
  /** Affinity sets: name to timeout in seconds. */
  readonly sets: ReadonlyMap<string, number>
  /** Chains and their rules, in order. */
  readonly chains: ReadonlyMap<string, readonly string[]>
  /** Map or set name, then key, then the rest of the element. */
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, Element>>
}
interface Element {
  readonly comment?: string
  /** The verdict; absent in a set. */
  readonly verdict?: string
}

const defaultTable = 'kube-proxy'
const dynamicMaps = [
  'cluster-ips',
  'nodeport-ips',
  'firewall-ips',
  'no-endpoint-services',
  'no-endpoint-nodeports',
  'service-ips',
  'service-nodeports',
]

/** The table as it is before any service: sent once at start, replacing what an earlier proxy left. */
export function baseRuleset(options: NftablesOptions): string {
  const { ip, address } = words(options.family)
  const table = options.table ?? defaultTable
  const mark = `0x${(1 << (options.masqueradeBit ?? 14)).toString(16)}`
  const key = `${address} . inet_proto . inet_service : verdict`
  const portKey = 'inet_proto . inet_service : verdict'
  const nodePort =
    options.nodePortAddresses === 'all'
      ? `fib daddr type local ${ip} daddr != ${options.family === 'IPv4' ? '127.0.0.0/8' : '::1'}`
      : `${ip} daddr @nodeport-ips`
  const serviceCIDRs = options.serviceCIDRs?.length
    ? `\n    ${ip} daddr { ${options.serviceCIDRs.join(', ')} } reject comment "Reject traffic to unassigned ClusterIPs"`
    : ''
  return `add table ${ip} ${table}
delete table ${ip} ${table}
table ${ip} ${table} {
  comment "rules for kube-proxy"
  set cluster-ips { type ${address}; comment "Active ClusterIPs"; }
  set nodeport-ips { type ${address}; comment "IPs that accept NodePort traffic"; }
  map firewall-ips { type ${key}; comment "destinations that are subject to LoadBalancerSourceRanges"; }
  map no-endpoint-services { type ${key}; comment "vmap to drop or reject packets to services with no endpoints"; }
  map no-endpoint-nodeports { type ${portKey}; comment "vmap to drop or reject packets to service nodeports with no endpoints"; }
  map service-ips { type ${key}; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic"; }
  map service-nodeports { type ${portKey}; comment "NodePort traffic"; }
  chain mark-for-masquerade { mark set mark or ${mark}; }
  chain reject-chain { reject; }
  chain services {
    ${ip} daddr . meta l4proto . th dport vmap @service-ips
    ${nodePort} meta l4proto . th dport vmap @service-nodeports
  }
  chain masquerading {
    mark and ${mark} == 0 return
    mark set mark xor ${mark}
    masquerade fully-random
  }
  chain firewall-check { ${ip} daddr . meta l4proto . th dport vmap @firewall-ips; }
  chain service-endpoints-check { ${ip} daddr . meta l4proto . th dport vmap @no-endpoint-services; }
  chain nodeport-endpoints-check { ${nodePort} meta l4proto . th dport vmap @no-endpoint-nodeports; }
  chain cluster-ips-check {
    ${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"${serviceCIDRs}
  }
  chain filter-prerouting-pre-dnat { type filter hook prerouting priority -110; ct state new jump firewall-check; }
  chain filter-output-pre-dnat { type filter hook output priority -110; ct state new jump firewall-check; }
  chain filter-input {
    type filter hook input priority filter
    ct state new jump nodeport-endpoints-check
    ct state new jump service-endpoints-check
  }
  chain filter-forward {
    type filter hook forward priority filter
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }
  chain filter-output {
    type filter hook output priority filter
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }
  chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
  chain nat-postrouting { type nat hook postrouting priority srcnat; jump masquerading; }
}
`
}

/** What the table should hold for these ports. */
export function desiredState(ports: readonly ProxyPort[], options: NftablesOptions): NftState {
  const { ip } = words(options.family)
  const sets = new Map<string, number>()
  const chains = new Map<string, readonly string[]>()
  const elements = new Map<string, Map<string, Element>>(dynamicMaps.map((name) => [name, new Map()]))
  const put = (map: string, key: string, port: ProxyPort, verdict?: string) =>
    (elements.get(map) as Map<string, Element>).set(key, { comment: port.name, ...(verdict ? { verdict } : {}) })

  if (options.nodePortAddresses !== 'all') for (const address of options.nodePortAddresses) elements.get('nodeport-ips')!.set(address, {})

  for (const port of ports) {
    const { protocol, hash, path } = port
    const hasNodePort = port.nodePort > 0
    const external = hasNodePort || port.externalIPs.length > 0 || port.loadBalancerIPs.length > 0
    const clusterChain = chainName(`service-${hash}-${path}`)
    const localChain = chainName(`local-${hash}-${path}`)
    const externalChain = chainName(`external-${hash}-${path}`)
    const internalEndpoints = port.internalLocal ? port.local : port.cluster
    const externalEndpoints = port.externalLocal ? port.local : port.cluster
    const usesCluster = port.cluster.length > 0 && (!port.internalLocal || external)
    const usesLocal = port.local.length > 0 && (port.internalLocal || (port.externalLocal && external))

    // A cluster IP's traffic from outside the pod network gets the node's address, so that answers come back this way.
    const fromOutside = options.masqueradeAll ? '' : options.clusterCIDR ? `${ip} saddr != ${options.clusterCIDR} ` : undefined
    const masquerade =
      fromOutside === undefined
        ? []
        : [`${ip} daddr ${port.clusterIP} ${protocol} dport ${port.port} ${fromOutside}jump mark-for-masquerade`]
    if (usesCluster) chains.set(clusterChain, [...masquerade, ...balance(port, port.cluster, options.family)])
    if (usesLocal) chains.set(localChain, [...(port.internalLocal ? masquerade : []), ...balance(port, port.local, options.family)])

    const clusterKey = `${port.clusterIP} . ${protocol} . ${port.port}`
    elements.get('cluster-ips')!.set(port.clusterIP, {})
    if (internalEndpoints.length > 0) put('service-ips', clusterKey, port, `goto ${port.internalLocal ? localChain : clusterChain}`)
    else put('no-endpoint-services', clusterKey, port, port.internalLocal && port.anywhere ? 'drop' : 'goto reject-chain')

    const externalKeys = [...port.externalIPs, ...port.loadBalancerIPs].map((address) => `${address} . ${protocol} . ${port.port}`)
    const nodeKey = `${protocol} . ${port.nodePort}`
    if (external && (externalEndpoints.length > 0 || (port.externalLocal && port.cluster.length > 0))) {
      chains.set(externalChain, externalRules(port, clusterChain, localChain, options))
      for (const key of externalKeys) put('service-ips', key, port, `goto ${externalChain}`)
      if (hasNodePort) put('service-nodeports', nodeKey, port, `goto ${externalChain}`)
    }
    if (external && externalEndpoints.length === 0) {
      const verdict = port.externalLocal && port.anywhere ? 'drop' : 'goto reject-chain'
      for (const key of externalKeys) put('no-endpoint-services', key, port, verdict)
      if (hasNodePort) put('no-endpoint-nodeports', nodeKey, port, verdict)
    }

    if (port.sourceRanges.length > 0 && port.loadBalancerIPs.length > 0) {
      const firewall = chainName(`firewall-${hash}-${path}`)
      chains.set(firewall, [`${ip} saddr != { ${port.sourceRanges.join(', ')} } drop`])
      for (const address of port.loadBalancerIPs) put('firewall-ips', `${address} . ${protocol} . ${port.port}`, port, `goto ${firewall}`)
    }

    for (const endpoint of new Map(
      [...(usesCluster ? port.cluster : []), ...(usesLocal ? port.local : [])].map((e) => [target(e), e]),
    ).values()) {
      const affinity = port.affinitySeconds > 0 ? affinityName(port, endpoint) : undefined
      if (affinity) sets.set(affinity, port.affinitySeconds)
      chains.set(endpointChain(port, endpoint), [
        // A pod that reaches itself through the service must not see its own address as the peer's.
        `${ip} saddr ${endpoint.address} jump mark-for-masquerade`,
        ...(affinity ? [`update @${affinity} { ${ip} saddr }`] : []),
        `meta l4proto ${protocol} dnat to ${target(endpoint)}`,
      ])
    }
  }
  return { sets, chains, elements }
}

function externalRules(port: ProxyPort, clusterChain: string, localChain: string, options: NftablesOptions): string[] {
  const { ip } = words(options.family)
  if (!port.externalLocal) return ['jump mark-for-masquerade', `goto ${clusterChain}`]
  const fromHere =
    port.cluster.length === 0
      ? []
      : [
          ...(options.clusterCIDR ? [`${ip} saddr ${options.clusterCIDR} goto ${clusterChain} comment "short-circuit pod traffic"`] : []),
          'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"',
          `fib saddr type local goto ${clusterChain} comment "short-circuit local traffic"`,
        ]
  return [...fromHere, ...(port.local.length > 0 ? [`goto ${localChain}`] : [])]
}

function balance(port: ProxyPort, endpoints: readonly ProxyEndpoint[], family: Family): string[] {
  const { ip } = words(family)
  const sticky =
    port.affinitySeconds > 0 ? endpoints.map((e) => `${ip} saddr @${affinityName(port, e)} goto ${endpointChain(port, e)}`) : []
  const choices = endpoints.map((e, i) => `${i} : goto ${endpointChain(port, e)}`)
  return [...sticky, `numgen random mod ${endpoints.length} vmap { ${choices.join(', ')} }`]
}

const target = (e: ProxyEndpoint) => (e.address.includes(':') ? `[${e.address}]:${e.port}` : `${e.address}:${e.port}`)
const endpointChain = (port: ProxyPort, e: ProxyEndpoint) =>
  chainName(`endpoint-${port.hash}-${port.path}__${e.address.replaceAll(':', '.')}/${e.port}`)
// A set's timeout cannot be changed, so it is part of the name.
const affinityName = (port: ProxyPort, e: ProxyEndpoint) =>
  chainName(`affinity-${port.hash}-${port.path}__${e.address.replaceAll(':', '.')}/${e.port}/${port.affinitySeconds}s`)
/** The kernel takes names of 128 bytes; the hash keeps shortened ones apart, and the endpoint stays readable at the end. */
const chainName = (name: string) => (name.length <= 120 ? name : `${name.slice(0, 80)}...${name.slice(-37)}`)

function words(family: Family): { ip: string; address: string } {
  return family === 'IPv4' ? { ip: 'ip', address: 'ipv4_addr' } : { ip: 'ip6', address: 'ipv6_addr' }
}

export const emptyState: NftState = { sets: new Map(), chains: new Map(), elements: new Map() }

/**
 * The transaction that leads from one state to the next, and the one that clears away after it. Chains that are no
 * longer used are emptied in the first and deleted in the second, when nothing refers to them any more: kernels
 * before 6.3 refuse to do both at once.
 */
export function difference(from: NftState, to: NftState, family: Family, table = defaultTable): { update: string; cleanup: string } {
  const { ip, address } = words(family)
  const update: string[] = []
  const cleanup: string[] = []
  for (const [name, seconds] of to.sets) {
    if (from.sets.get(name) === seconds) continue
    update.push(`add set ${ip} ${table} ${name} { type ${address}; flags dynamic,timeout; timeout ${seconds}s; }`)
  }
  for (const name of to.chains.keys()) if (!from.chains.has(name)) update.push(`add chain ${ip} ${table} ${name}`)
  for (const [name, rules] of to.chains) {
    const before = from.chains.get(name)
    if (before && same(before, rules)) continue
    if (before) update.push(`flush chain ${ip} ${table} ${name}`)
    for (const rule of rules) update.push(`add rule ${ip} ${table} ${name} ${rule}`)
  }
  for (const map of dynamicMaps) {
    const before = from.elements.get(map) ?? new Map<string, Element>()
    const after = to.elements.get(map) ?? new Map<string, Element>()
    for (const [key, element] of before) {
      const next = after.get(key)
      if (!next || next.verdict !== element.verdict) update.push(`delete element ${ip} ${table} ${map} { ${key} }`)
    }
    for (const [key, { comment, verdict }] of after) {
      if (before.has(key) && before.get(key)!.verdict === verdict) continue
      update.push(`add element ${ip} ${table} ${map} { ${key}${comment ? ` comment "${comment}"` : ''}${verdict ? ` : ${verdict}` : ''} }`)
    }
  }
  for (const name of from.chains.keys()) {
    if (to.chains.has(name)) continue
    update.push(`flush chain ${ip} ${table} ${name}`)
    cleanup.push(`delete chain ${ip} ${table} ${name}`)
  }
  for (const name of from.sets.keys()) if (!to.sets.has(name)) cleanup.push(`delete set ${ip} ${table} ${name}`)
  return { update: lines(update), cleanup: lines(cleanup) }
}

const lines = (list: readonly string[]) => (list.length > 0 ? `${list.join('\n')}\n` : '')
const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((rule, i) => rule === b[i])

/** What the proxy asks of a backend: make the kernel's rules those of these ports. Calls never overlap. */
export interface ProxyBackend {
  sync(ports: readonly ProxyPort[]): Promise<void>
  /** Takes every rule away. */
  cleanup(): Promise<void>
}

export function createNftablesBackend(options: NftablesOptions, nft: Nft): ProxyBackend {
  // Undefined until the kernel is known to hold `state`: at start, and after a transaction that failed.
  let state: NftState | undefined
  return {
    async sync(ports) {
      const next = desiredState(ports, options)
      const { update, cleanup } = difference(state ?? emptyState, next, options.family, options.table)
      const script = state ? update : baseRuleset(options) + update
      if (script === '') return
      state = undefined
      await nft(script)
      if (cleanup) await nft(cleanup)
      state = next
    },
    async cleanup() {
      const { ip } = words(options.family)
      const table = options.table ?? defaultTable
      state = undefined
      await nft(`add table ${ip} ${table}\ndelete table ${ip} ${table}\n`)
    },
  }
}
