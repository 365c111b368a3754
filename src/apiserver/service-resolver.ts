/** Where a service of the cluster that this server calls is (apiserver/pkg/util/proxy): a webhook's, an aggregated API's. */
import type { Service } from '../api/types/core-v1.ts'
import type { EndpointSlice } from '../api/types/discovery-v1.ts'
import type { Objects } from './objects.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** As it stands in URLs. */
export const authorityOf = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Resolves to where the service's port is at this moment; rejects with upstream's words where it is nowhere. */
export type ServiceResolver = (namespace: string, name: string, port: number) => Promise<Address>

/** By one of the service's ready endpoints: the control plane need not be where the service's own address leads anywhere. */
export const createEndpointResolver =
  (objects: Objects): ServiceResolver =>
  async (namespace, name, port) => {
    const quoted = JSON.stringify(name)
    const service = await serviceOf(objects, namespace, name)
    const { type, externalName } = service.spec
    if (type === 'ExternalName') return { host: externalName as string, port }
    const wanted = portOf(service, port)
    const found = (await slicesOf(objects, namespace, name)).flatMap((slice) => readyAddresses(slice, wanted.name ?? ''))
    const chosen = found[Math.floor(Math.random() * found.length)]
    if (!chosen) throw new Error(`no endpoints available for service ${quoted}`)
    return chosen
  }

/** By the service's own address, which kube-proxy leads to its endpoints. */
export const createClusterResolver =
  (objects: Objects): ServiceResolver =>
  async (namespace, name, port) => {
    const service = await serviceOf(objects, namespace, name)
    const { type, externalName, clusterIP = '' } = service.spec
    if (type === 'ExternalName') return { host: externalName as string, port }
    if (clusterIP === 'None') throw new Error('cannot route to service with ClusterIP "None"')
    return { host: clusterIP, port: portOf(service, port).port }
  }

async function serviceOf(objects: Objects, namespace: string, name: string): Promise<Service> {
  const service = await objects.get<Service>('services', `${namespace}/${name}`)
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`)
  return service
}

function portOf({ metadata, spec }: Service, port: number) {
  const found = spec.ports?.find((p) => p.port === port)
  if (!found) throw new Error(`no service port ${port} found for service ${JSON.stringify(metadata.name)}`)
  return found
}

export async function slicesOf(objects: Objects, namespace: string, service: string): Promise<EndpointSlice[]> {
  const slices = await objects.list<EndpointSlice>('endpointslices.discovery.k8s.io', namespace)
  return slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
}

/** What says nothing of being ready is. */
export function readyAddresses({ endpoints, ports }: EndpointSlice, portName: string): Address[] {
  const port = ports?.find((p) => (p.name ?? '') === portName)?.port
  if (port === undefined) return []
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.map((host) => ({ host, port })))
}
