/** Nodes, pods and services for the tests of endpoints. */
import type { Service } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'

export const at = (name: string) => ({ namespace: 'default', name })

export const node = (client: Client, name: string, zone?: string): Promise<unknown> =>
  client.create('nodes', { metadata: { name, ...(zone ? { labels: { 'topology.kubernetes.io/zone': zone } } : {}) } })

export interface PodShape {
  readonly ips?: readonly string[]
  readonly ready?: boolean
  /** When it became so. */
  readonly turned?: string
  readonly labels?: Record<string, string>
  readonly deleting?: boolean
  readonly phase?: string
  readonly nodeName?: string
  readonly hostname?: string
  readonly subdomain?: string
  /** What its container means by `http`. */
  readonly httpPort?: number
}
export function pod(client: Client, name: string, shape: PodShape = {}): Promise<unknown> {
  const {
    ips = ['10.0.0.1'],
    ready = true,
    turned,
    labels = { app: 'web' },
    deleting,
    phase = 'Running',
    nodeName = 'n',
    hostname,
    subdomain,
  } = shape
  return client.create('pods', {
    metadata: { ...at(name), labels, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: {
      nodeName,
      ...(hostname ? { hostname, subdomain } : {}),
      containers: [{ name: 'c', ports: [{ name: 'http', containerPort: shape.httpPort ?? 8080, protocol: 'TCP' }] }],
      initContainers: [
        { name: 'sidecar', restartPolicy: 'Always', ports: [{ name: 'proxy', containerPort: 15001, protocol: 'TCP' }] },
        { name: 'init', ports: [{ name: 'none', containerPort: 1, protocol: 'TCP' }] },
      ],
    },
    status: {
      phase,
      ...(ips[0] ? { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } : {}),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', ...(turned ? { lastTransitionTime: turned } : {}) }],
    },
  } as never)
}
export const service = (
  client: Client,
  name: string,
  spec: Partial<Service['spec']> = {},
  labels: Record<string, string> = {},
): Promise<Service> =>
  client.create('services', {
    metadata: { ...at(name), labels },
    spec: {
      clusterIP: '10.96.0.5',
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
      ...spec,
    },
  } as never)
