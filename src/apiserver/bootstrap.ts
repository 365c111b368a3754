/** What every cluster has from its first start (upstream: controlplane/controller): the system's namespaces and the Service of the API itself. */
import { setTimeout } from 'node:timers/promises'
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { ServiceCIDR } from '../api/types/networking-v1.ts'
import type { Transport } from '../client/transport.ts'
import { firstServiceIP } from './registry/service-ips.ts'

export interface BootstrapOptions {
  /** Where clients reach this server. */
  readonly host: string
  readonly port: number
  /** The ranges of the services' addresses. The first address of the first is the kubernetes Service's. */
  readonly serviceRanges?: readonly string[]
}

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

/** The groups and versions served here, with the priorities that clients sort them by (kubeapiserver's apiVersionPriorities). */
const versions: readonly (readonly [group: string, version: string, groupPriorityMinimum: number, versionPriority: number])[] = [
  ['', 'v1', 18000, 1],
  ['apps', 'v1', 17800, 15],
  ['events.k8s.io', 'v1', 17750, 15],
  ['authentication.k8s.io', 'v1', 17700, 15],
  ['authorization.k8s.io', 'v1', 17600, 15],
  ['autoscaling', 'v1', 17500, 15],
  ['autoscaling', 'v2', 17500, 30],
  ['batch', 'v1', 17400, 15],
  ['certificates.k8s.io', 'v1', 17300, 15],
  ['networking.k8s.io', 'v1', 17200, 15],
  ['policy', 'v1', 17100, 15],
  ['rbac.authorization.k8s.io', 'v1', 17000, 15],
  ['storage.k8s.io', 'v1', 16800, 15],
  ['apiextensions.k8s.io', 'v1', 16700, 15],
  ['admissionregistration.k8s.io', 'v1', 16700, 15],
  ['scheduling.k8s.io', 'v1', 16600, 15],
  ['coordination.k8s.io', 'v1', 16500, 15],
  ['node.k8s.io', 'v1', 16300, 15],
  ['discovery.k8s.io', 'v1', 16200, 15],
  ['flowcontrol.apiserver.k8s.io', 'v1', 16100, 21],
  ['resource.k8s.io', 'v1', 15900, 20],
]

interface Body {
  readonly metadata: { readonly name: string; readonly labels?: object }
  readonly [field: string]: unknown
}

/** Before everything else: what is in a namespace cannot be made without it. */
export async function makeNamespaces(api: Transport): Promise<void> {
  await Promise.all(namespaces.map((name) => ensure(api, '/api/v1/namespaces', { metadata: { name } })))
}

/** All at once, so that the writes share commits: each one alone would wait for the disk alone. */
export async function bootstrap(api: Transport, options: BootstrapOptions): Promise<void> {
  const { host, port, serviceRanges } = options
  await Promise.all([
    ...versions.map(([group, version, groupPriorityMinimum, versionPriority]) =>
      ensure(api, '/apis/apiregistration.k8s.io/v1/apiservices', {
        metadata: { name: `${version}.${group}`, labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
        spec: { ...(group ? { group } : {}), version, groupPriorityMinimum, versionPriority },
      }),
    ),
    ...(serviceRanges ? [ensureServiceCidr(api, serviceRanges)] : []),
    ensure(api, '/api/v1/namespaces/default/services', {
      metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        type: 'ClusterIP',
        ...(serviceRanges ? { clusterIP: firstServiceIP(serviceRanges[0] as string) } : {}),
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
      },
    }),
    // Endpoints may not name a loopback address: without another one nobody but this machine can reach the server.
    ...(/^(127\.|::1$)/.test(host)
      ? []
      : [
          put(api, '/api/v1/namespaces/default/endpoints', {
            metadata: { name: 'kubernetes', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
            subsets: [{ addresses: [{ ip: host }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
          }),
          put(api, '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
            metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
            addressType: host.includes(':') ? 'IPv6' : 'IPv4',
            endpoints: [{ addresses: [host], conditions: { ready: true } }],
            ports: [{ name: 'https', port, protocol: 'TCP' }],
          }),
        ]),
  ])
}

/**
 * Looked at first: making it anew would ask for an address that the one there holds. Another server that starts at the
 * same time may hold that address just before the Service itself is there, so it is tried again.
 */
async function ensure(api: Transport, path: string, body: Body, attempts = 10): Promise<void> {
  try {
    await api.request({ method: 'GET', path: `${path}/${body.metadata.name}` })
  } catch (error) {
    if (!isNotFound(error)) throw error
    try {
      await api.request({ method: 'POST', path: `${path}?fieldManager=kube-apiserver`, body })
    } catch (raced) {
      if (isAlreadyExists(raced)) return
      if (attempts === 1) throw raced
      await setTimeout(100)
      await ensure(api, path, body, attempts - 1)
    }
  }
}

/** The flag's ranges as the object `kubernetes`, which this server itself says to be ready (controller/defaultservicecidr). */
async function ensureServiceCidr(api: Transport, cidrs: readonly string[]): Promise<void> {
  const path = '/apis/networking.k8s.io/v1/servicecidrs'
  await ensure(api, path, { metadata: { name: 'kubernetes' }, spec: { cidrs } })
  const { status } = await api.request<ServiceCIDR>({ method: 'GET', path: `${path}/kubernetes` })
  if (status?.conditions?.length) return
  const message = 'Kubernetes default Service CIDR is ready'
  const ready = { type: 'Ready', status: 'True', reason: '', message, lastTransitionTime: formatTime() }
  await api.request({
    method: 'PATCH',
    path: `${path}/kubernetes/status?fieldManager=kube-apiserver`,
    contentType: 'application/merge-patch+json',
    body: { status: { conditions: [ready] } },
  })
}

/** The server's address may be another than at the last start. */
async function put(api: Transport, path: string, body: Body): Promise<void> {
  try {
    await api.request({ method: 'POST', path, body })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    await api.request({ method: 'PUT', path: `${path}/${body.metadata.name}`, body })
  }
}
