/**
 * Cluster DNS as part of the node agent: no image has to be pulled before names resolve. Each node's server listens
 * on its bridge address and publishes itself as an endpoint of the `kube-dns` Service, so that any kube-proxy leads
 * the cluster DNS address to it, and a hint keeps each node's questions on the node. The virtual address is on no
 * interface: what a proxy's rules give to every other service is enough here too.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlreadyExists, isNotFound } from '../../api/errors.ts'
import type { Service } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import type { Client } from '../../client/client.ts'
import type { Informers } from '../../client/informer.ts'
import type { Logger } from '../../log/log.ts'
import type { DnsSource } from './records.ts'
import { createDnsServer } from './server.ts'

export interface ClusterDnsDeps {
  readonly client: Client
  readonly informers: Informers
  readonly log: Logger
}
export interface ClusterDnsOptions {
  readonly nodeName: string
  /** The address of this node that its pods reach: the bridge's. */
  readonly listen: string
  /** Default 53. */
  readonly port?: number
  /** The Service's address, as the kubelet's --cluster-dns has it. */
  readonly clusterDNS: string
  readonly zone: string
  readonly upstreams: readonly { readonly address: string; readonly port: number }[]
}
export interface ClusterDns {
  readonly port: number
  stop(): Promise<void>
}

const namespace = 'kube-system'
const serviceName = 'kube-dns'

export async function startClusterDns(deps: ClusterDnsDeps, options: ClusterDnsOptions): Promise<ClusterDns> {
  const { client, informers, log } = deps
  const { nodeName, listen, zone } = options
  const source = createDnsSource(informers)
  const server = await createDnsServer(source, { address: listen, port: options.port ?? 53, zone, upstreams: options.upstreams, log })
  const sliceName = `${serviceName}-${nodeName}`
  try {
    await source.synced
    await ensureService(client, options.clusterDNS)
    await publish(client, sliceName, nodeName, listen, server.port)
  } catch (error) {
    await server.close()
    throw error
  }
  log.info('cluster DNS ready', { address: listen, port: server.port, zone })
  return {
    port: server.port,
    async stop() {
      await client.delete('endpointslices.discovery.k8s.io', { namespace, name: sliceName }).catch((error: unknown) => {
        if (!isNotFound(error)) log.warn('could not withdraw the DNS endpoint', { error })
      })
      await server.close()
    },
  }
}

/** An address is taken before the service that has it is stored, so a node that was slower may meet the one without the other. */
const attempts = 10
const pauseMs = 50

export async function ensureService(client: Client, clusterIP: string, left = attempts): Promise<void> {
  const isThere = () =>
    client.get('services', { namespace, name: serviceName }).then(
      () => true,
      (error: unknown) => {
        if (!isNotFound(error)) throw error
        return false
      },
    )
  if (await isThere()) return
  try {
    await client.create('services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: serviceName,
        namespace,
        labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
        annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
      },
      // No selector: the endpoints are the nodes' agents, which publish themselves.
      spec: {
        clusterIP,
        type: 'ClusterIP',
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
        ],
      },
    })
  } catch (error) {
    // Another node was faster: the API server then says that the address is taken, or that the name is.
    if (await isThere()) return
    if (left === 1) throw error
    await sleep(pauseMs)
    await ensureService(client, clusterIP, left - 1)
  }
}

async function publish(client: Client, name: string, nodeName: string, address: string, port: number): Promise<void> {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace,
      labels: { 'kubernetes.io/service-name': serviceName, 'endpointslice.kubernetes.io/managed-by': 'kijabi-dns' },
    },
    addressType: 'IPv4' as const,
    ports: [
      { name: 'dns', port, protocol: 'UDP' as const },
      { name: 'dns-tcp', port, protocol: 'TCP' as const },
    ],
    endpoints: [
      {
        addresses: [address],
        nodeName,
        conditions: { ready: true, serving: true, terminating: false },
        hints: { forNodes: [{ name: nodeName }] },
      },
    ],
  }
  try {
    await client.create('endpointslices.discovery.k8s.io', slice)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    await client.patch(
      'endpointslices.discovery.k8s.io',
      { namespace, name },
      { ports: slice.ports, endpoints: slice.endpoints },
      { type: 'merge' },
    )
  }
}

/** The caches that names are answered from. */
export function createDnsSource(informers: Informers): DnsSource & { readonly synced: Promise<unknown> } {
  const services = informers.of('services')
  const slices = informers.of('endpointslices.discovery.k8s.io')
  const namespaces = informers.metadata('namespaces')
  services.addIndex('clusterIP', (service: Service) => service.spec.clusterIPs ?? (service.spec.clusterIP ? [service.spec.clusterIP] : []))
  slices.addIndex('dns-service', (slice: EndpointSlice) => {
    const name = slice.metadata.labels?.['kubernetes.io/service-name']
    return name ? [`${slice.metadata.namespace}/${name}`] : []
  })
  slices.addIndex('address', (slice: EndpointSlice) => (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []))
  return {
    synced: Promise.all([services.whenSynced(), slices.whenSynced(), namespaces.whenSynced()]),
    service: (ns, name) => services.get(ns, name),
    slices: (ns, name) => slices.byIndex('dns-service', `${ns}/${name}`),
    hasNamespace: (name) => namespaces.get(undefined, name) !== undefined,
    serviceByIP: (address) => (address === 'None' ? undefined : services.byIndex('clusterIP', address)[0]),
    endpointByIP(address) {
      const found = slices.byIndex('address', address).flatMap((slice) => {
        const endpoint = slice.endpoints?.find((e) => e.addresses?.includes(address))
        return endpoint ? [{ slice, endpoint }] : []
      })
      // A name of its own is a better answer than one made of the address.
      return found.find(({ endpoint }) => endpoint.hostname) ?? found[0]
    },
  }
}
