/** What every cluster has from its first start (upstream: controlplane/controller): the system's namespaces and the Service of the API itself. */
import { setTimeout } from 'node:timers/promises'
import { builtInPriorities } from '../api/discovery.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { APIService } from '../api/types/apiregistration-v1.ts'
import type { ConfigMap, Service } from '../api/types/core-v1.ts'
import type { ServiceCIDR } from '../api/types/networking-v1.ts'
import type { Transport } from '../client/transport.ts'
import type { Kept } from './kept.ts'
import { firstServiceIP } from './registry/service-ips.ts'
import { deepEqual, holds } from './rest/equal.ts'
import type { Servers } from './servers.ts'

export interface BootstrapOptions {
  /** Where clients reach this server. */
  readonly host: string
  readonly port: number
  /** The ranges of the services' addresses. The first address of the first is the kubernetes Service's. */
  readonly serviceRanges?: readonly string[]
  /** Of the kubernetes Service, which is of type NodePort then. */
  readonly nodePort?: number
}

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

/** Says that a server keeps an APIService: from each start on, or always. */
export const automanaged = 'kube-aggregator.kubernetes.io/automanaged'

interface Body {
  readonly metadata: { readonly name: string; readonly labels?: object }
  readonly [field: string]: unknown
}

/** Before what is in them, which cannot be made without. One that was deleted comes back. */
export const systemNamespaces = (api: Transport): Kept => ({
  name: 'start-system-namespaces-controller',
  restsOn: namespaces.map((name) => ({ resource: 'namespaces', name })),
  async reconcile() {
    await Promise.all(namespaces.map((name) => ensure(api, '/api/v1/namespaces', { metadata: { name } })))
  },
})

/** The local groups as APIServices: made, and made right, at start only (kube-aggregator's autoregister, automanaged `onstart`). */
export async function registerGroups(api: Transport): Promise<void> {
  const local = builtInPriorities.filter(({ group }) => group !== 'apiregistration.k8s.io')
  await Promise.all(
    local.map(async ({ group, version, ...priority }) => {
      const path = '/apis/apiregistration.k8s.io/v1/apiservices'
      const name = `${version}.${group}`
      const spec = { ...(group ? { group } : {}), version, ...priority }
      const have = await ensure<APIService>(api, path, { metadata: { name, labels: { [automanaged]: 'onstart' } }, spec })
      // Without the label it is somebody's own.
      if (have.metadata.labels?.[automanaged] !== 'onstart' || deepEqual(have.spec, spec)) return
      // Another server that starts at the same time may be first.
      await api.request({ method: 'PUT', path: `${path}/${name}`, body: { ...have, spec } }).catch((error: unknown) => {
        if (!isConflict(error)) throw error
      })
    }),
  )
}

/** What every cluster has besides, all at once, so that the writes share commits: each one alone would wait for the disk alone. */
export function systemObjects(api: Transport, options: BootstrapOptions, servers: Servers): Kept[] {
  const { serviceRanges } = options
  return [
    kubernetesService(api, options),
    kubernetesEndpoints(api, options, servers),
    legacyTokenTracking(api),
    ...(serviceRanges ? [defaultServiceCidr(api, serviceRanges)] : []),
  ]
}

const kubernetes = { namespace: 'default', name: 'kubernetes' }

function kubernetesService(api: Transport, { port, serviceRanges, nodePort }: BootstrapOptions): Kept {
  const path = '/api/v1/namespaces/default/services'
  const ports = [{ name: 'https', port: 443, protocol: 'TCP' as const, targetPort: port, ...(nodePort ? { nodePort } : {}) }]
  return {
    name: 'kubernetes-service',
    restsOn: [{ resource: 'services', ...kubernetes }],
    async reconcile() {
      const service = await ensure<Service>(api, path, {
        metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
        spec: {
          type: nodePort ? 'NodePort' : 'ClusterIP',
          ...(serviceRanges ? { clusterIP: firstServiceIP(serviceRanges[0] as string) } : {}),
          ports,
        },
      })
      if (holds(service.spec?.ports, ports)) return
      await api.request({ method: 'PUT', path: `${path}/kubernetes`, body: { ...service, spec: { ...service.spec, ports } } })
    },
  }
}

/** The addresses of all servers. Endpoints may not name a loopback address: without another one nobody but this machine can reach the server. */
function kubernetesEndpoints(api: Transport, { host, port }: BootstrapOptions, servers: Servers): Kept {
  const sight = (resource: string) => ({ resource, ...kubernetes })
  return {
    name: 'bootstrap-controller',
    restsOn: [sight('endpoints'), sight('endpointslices.discovery.k8s.io')],
    follow: servers.follow,
    async reconcile() {
      const addresses = (await servers.addresses()).filter((address) => !/^(127\.|::1$)/.test(address)).sort()
      if (addresses.length === 0) return
      await Promise.all([
        put(api, '/api/v1/namespaces/default/endpoints', {
          metadata: { name: 'kubernetes', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
          subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'https', port, protocol: 'TCP' }] }],
        }),
        put(api, '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
          metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
          addressType: host.includes(':') ? 'IPv6' : 'IPv4',
          endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
          ports: [{ name: 'https', port, protocol: 'TCP' }],
        }),
      ])
    },
  }
}

/** Since when the use of legacy tokens is noted on their secrets (controller/legacytokentracking): their cleaner goes by it. */
function legacyTokenTracking(api: Transport): Kept {
  const path = '/api/v1/namespaces/kube-system/configmaps'
  const name = 'kube-apiserver-legacy-service-account-token-tracking'
  return {
    name: 'start-legacy-token-tracking-controller',
    restsOn: [{ resource: 'configmaps', namespace: 'kube-system', name }],
    late: true,
    async reconcile() {
      const today = new Date().toISOString().slice(0, 10)
      const map = await ensure<ConfigMap>(api, path, { metadata: { name }, data: { since: today } })
      const since = map.data?.since ?? ''
      if (/^\d{4}-\d\d-\d\d$/.test(since) && since <= today) return
      await api.request({ method: 'PUT', path: `${path}/${name}`, body: { ...map, data: { ...map.data, since: today } } })
    },
  }
}

/**
 * Looked at first: making it anew would ask for an address that the one there holds. Another server that starts at the
 * same time may hold that address just before the Service itself is there, so it is tried again.
 */
async function ensure<T>(api: Transport, path: string, body: Body, attempts = 10): Promise<T> {
  const get = { method: 'GET', path: `${path}/${body.metadata.name}` } as const
  try {
    return await api.request<T>(get)
  } catch (error) {
    if (!isNotFound(error)) throw error
    try {
      return await api.request<T>({ method: 'POST', path: `${path}?fieldManager=kube-apiserver`, body })
    } catch (raced) {
      if (isAlreadyExists(raced)) return api.request<T>(get)
      if (attempts === 1) throw raced
      await setTimeout(100)
      return ensure<T>(api, path, body, attempts - 1)
    }
  }
}

/** The flag's ranges as the object `kubernetes`, which this server itself says to be ready (controller/defaultservicecidr). */
function defaultServiceCidr(api: Transport, cidrs: readonly string[]): Kept {
  const path = '/apis/networking.k8s.io/v1/servicecidrs'
  return {
    name: 'start-kubernetes-service-cidr-controller',
    restsOn: [{ resource: 'servicecidrs.networking.k8s.io', name: 'kubernetes' }],
    async reconcile() {
      const { status } = await ensure<ServiceCIDR>(api, path, { metadata: { name: 'kubernetes' }, spec: { cidrs } })
      if (status?.conditions?.length) return
      const message = 'Kubernetes default Service CIDR is ready'
      const ready = { type: 'Ready', status: 'True', reason: '', message, lastTransitionTime: formatTime() }
      await api.request({
        method: 'PATCH',
        path: `${path}/kubernetes/status?fieldManager=kube-apiserver`,
        contentType: 'application/merge-patch+json',
        body: { status: { conditions: [ready] } },
      })
    },
  }
}

/** Writes what is not there as it is here; the address or the port may be another than at the last start. */
async function put(api: Transport, path: string, body: Body): Promise<void> {
  const existing = await ensure<Body>(api, path, body)
  if (!holds(existing, body)) await api.request({ method: 'PUT', path: `${path}/${body.metadata.name}`, body })
}
