/** `kijabi kube-proxy`: the proxy by itself, with upstream's flags. */
import { readFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { load as loadYaml } from 'js-yaml'
import { createClient } from '../../client/client.ts'
import { createHttpsTransport } from '../../client/https-transport.ts'
import { createInformers } from '../../client/informer.ts'
import { loadConnection } from '../../client/kubeconfig.ts'
import type { Command, Invocation } from '../../flags/command.ts'
import { logFlags, loggerOf } from '../../log/flags.ts'
import { inCIDR } from '../addresses.ts'
import { defaultAddress } from '../bridge.ts'
import { openNetlink } from '../netlink.ts'
import { nft } from '../nft.ts'
import { createHealthServer, createMetricsServer } from './health.ts'
import { createNftablesBackend } from './nftables.ts'
import { createProxy } from './proxy.ts'

export const command: Command = {
  summary: 'The network proxy of a node: keeps the kernel’s rules for Services.',
  usage: 'kube-proxy [flags]',
  flags: {
    config: { type: 'string', doc: 'The path to a KubeProxyConfiguration file; flags override it.' },
    kubeconfig: { type: 'string', doc: 'The path to the kubeconfig file.' },
    'hostname-override': { type: 'string', doc: 'The node’s name, instead of the machine’s.' },
    'proxy-mode': { type: 'string', default: 'nftables', value: 'mode', doc: 'How rules are kept: nftables.' },
    'cluster-cidr': { type: 'string', doc: 'The addresses of pods: what comes from elsewhere to a cluster IP is masqueraded.' },
    'masquerade-all': { type: 'bool', doc: 'Masquerade all traffic to cluster IPs.' },
    'nodeport-addresses': { type: 'list', default: [], doc: 'CIDRs of the addresses that accept node port traffic, or "primary".' },
    'healthz-bind-address': { type: 'string', default: '0.0.0.0:10256', doc: 'Where health is asked; empty for nowhere.' },
    'metrics-bind-address': { type: 'string', default: '127.0.0.1:10249', doc: 'Where metrics are asked; empty for nowhere.' },
    'nftables-table': {
      type: 'string',
      default: 'kube-proxy',
      doc: 'The table of the rules: one of its own for each of several clusters on one host.',
    },
    ...logFlags,
    cleanup: { type: 'bool', doc: 'Take the proxy’s rules away and exit.' },
  },
  run,
}

interface KubeProxyConfiguration {
  readonly clientConnection?: { readonly kubeconfig?: string }
  readonly hostnameOverride?: string
  readonly mode?: string
  readonly clusterCIDR?: string
  readonly nodePortAddresses?: readonly string[]
  readonly healthzBindAddress?: string
  readonly metricsBindAddress?: string
  readonly nftables?: { readonly masqueradeAll?: boolean; readonly masqueradeBit?: number }
}

async function run(invocation: Invocation): Promise<number> {
  const { values, given, signal } = invocation
  const file = values['config'] ? (loadYaml(readFileSync(values['config'] as string, 'utf8')) as KubeProxyConfiguration) : {}
  const pick = <T>(flag: string, configured: T | undefined): T =>
    given.has(flag) || configured === undefined ? (values[flag] as T) : configured
  const log = loggerOf('kube-proxy', invocation)
  const mode = pick('proxy-mode', file.mode || undefined)
  if (mode !== 'nftables') throw new Error(`proxy mode ${mode} is not built yet; nftables is`)
  const clusterCIDR = pick('cluster-cidr', file.clusterCIDR)
  const masqueradeAll = pick('masquerade-all', file.nftables?.masqueradeAll)
  const backendFor = (family: 'IPv4' | 'IPv6', addresses: readonly string[] | 'all') =>
    createNftablesBackend(
      {
        family,
        ...(clusterCIDR && clusterCIDR.includes(':') === (family === 'IPv6') ? { clusterCIDR } : {}),
        masqueradeAll,
        ...(file.nftables?.masqueradeBit === undefined ? {} : { masqueradeBit: file.nftables.masqueradeBit }),
        nodePortAddresses: addresses,
        table: values['nftables-table'] as string,
      },
      nft,
    )
  if (values['cleanup']) {
    await backendFor('IPv4', []).cleanup()
    await backendFor('IPv6', []).cleanup()
    return 0
  }

  const addresses = nodePortAddresses(pick('nodeport-addresses', file.nodePortAddresses as string[] | undefined))
  const transport = createHttpsTransport(loadConnection({ kubeconfig: pick('kubeconfig', file.clientConnection?.kubeconfig) }))
  const informers = createInformers(createClient(transport), { log })
  const nodeName = (pick('hostname-override', file.hostnameOverride) || hostname()).toLowerCase()
  const proxy = createProxy({ informers, log, backend: (family) => backendFor(family, addresses) }, { nodeName })
  const servers = [
    { at: pick('healthz-bind-address', file.healthzBindAddress || undefined), server: createHealthServer(proxy) },
    { at: pick('metrics-bind-address', file.metricsBindAddress || undefined), server: createMetricsServer(proxy, mode) },
  ]
  for (const { at, server } of servers) {
    if (!at) continue
    const colon = at.lastIndexOf(':')
    await new Promise<void>((done, fail) => server.once('error', fail).listen(Number(at.slice(colon + 1)), at.slice(0, colon), done))
  }
  informers.start()
  log.info('starting', { mode, nodeName })
  await new Promise<void>((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
  // The rules stay: services go on working while the proxy is restarted.
  for (const { server } of servers) server.close()
  informers.stop()
  await proxy.stop()
  transport.close()
  return 0
}

/** Upstream's nftables mode serves node ports on the primary address only, unless CIDRs say otherwise. */
export function nodePortAddresses(cidrs: readonly string[]): readonly string[] | 'all' {
  if (cidrs.includes('0.0.0.0/0')) return 'all'
  const wanted = cidrs.filter((cidr) => cidr !== 'primary' && !cidr.includes(':'))
  const found = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((a) => a.family === 'IPv4')
    .map((a) => a.address)
    .filter((address) => wanted.some((cidr) => inCIDR(cidr, address)))
  if (cidrs.length > 0 && !cidrs.includes('primary')) return found
  const netlink = openNetlink()
  try {
    const primary = defaultAddress(netlink)
    return primary ? [...new Set([primary, ...found])] : 'all'
  } finally {
    netlink.close()
  }
}
