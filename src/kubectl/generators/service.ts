/** `kubectl create service clusterip|nodeport|loadbalancer|externalname`. */

import type { Command } from '../../flags/command.ts'
import type { FlagTable } from '../../flags/flags.ts'
import type { Factory, KubeObject } from '../factory.ts'
import { kubectlCommand } from '../factory.ts'
import { defined, type Generator, generatorCommand } from './generator.ts'

const tcp: FlagTable = { tcp: { type: 'list', doc: 'Ports, as PORT or PORT:TARGET.' } }

interface Port {
  readonly name: string
  readonly protocol: 'TCP'
  readonly port: number
  readonly targetPort: number | string
  readonly nodePort?: number
}

/** `5678:8080`, `80`. */
export function parsePort(text: string): Pick<Port, 'port' | 'targetPort'> {
  const [left = '', right] = text.split(':')
  const port = Number(left)
  if (!/^\d+$/.test(left)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(left)}: invalid syntax`)
  if (port < 1 || port > 65_535) throw new Error(`invalid port value: ${port}`)
  if (right === undefined) return { port, targetPort: port }
  if (/^\d+$/.test(right)) return { port, targetPort: Number(right) }
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(right) || right.length > 15) throw new Error(`invalid service port: ${right}`)
  return { port, targetPort: right }
}

function service(factory: Factory, name: string, type: string, spec: Record<string, unknown> = {}): KubeObject {
  const nodePort = type === 'NodePort' ? factory.number('node-port') : 0
  const ports: Port[] = factory.list('tcp').map((text) => {
    const { port, targetPort } = parsePort(text)
    return defined({ name: text.replaceAll(':', '-'), protocol: 'TCP', port, targetPort, nodePort: nodePort || undefined }) as Port
  })
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, labels: { app: name } },
    spec: defined({ ports: ports.length ? ports : undefined, selector: { app: name }, type, ...spec }),
    status: { loadBalancer: {} },
  }
}

const needPorts = (factory: Factory): void => {
  if (factory.list('tcp').length === 0) throw new Error('at least one tcp port specifier must be provided')
}

const kinds: Readonly<Record<string, Generator>> = {
  clusterip: {
    summary: 'Create a service with an address of its own inside the cluster.',
    usage: 'kubectl create service clusterip NAME [--tcp=<port>:<targetPort>] [options]',
    resource: 'services',
    flags: { ...tcp, clusterip: { type: 'string', doc: 'The address, or None.' } },
    make(factory, name) {
      const clusterIP = factory.text('clusterip')
      if (clusterIP !== 'None') needPorts(factory)
      return service(factory, name, 'ClusterIP', { clusterIP: clusterIP || undefined })
    },
  },
  nodeport: {
    summary: 'Create a service on a port of every node.',
    usage: 'kubectl create service nodeport NAME [--tcp=port:targetPort] [options]',
    resource: 'services',
    flags: { ...tcp, 'node-port': { type: 'int', doc: 'The port of the nodes.' } },
    make(factory, name) {
      needPorts(factory)
      return service(factory, name, 'NodePort')
    },
  },
  loadbalancer: {
    summary: 'Create a service behind a load balancer.',
    usage: 'kubectl create service loadbalancer NAME [--tcp=port:targetPort] [options]',
    resource: 'services',
    flags: tcp,
    make(factory, name) {
      needPorts(factory)
      return service(factory, name, 'LoadBalancer')
    },
  },
  externalname: {
    summary: 'Create a service that is another name.',
    usage: 'kubectl create service externalname NAME --external-name external.name [options]',
    resource: 'services',
    required: ['external-name'],
    flags: { ...tcp, 'external-name': { type: 'string', doc: 'The name.' } },
    make(factory, name) {
      return service(factory, name, 'ExternalName', { externalName: factory.text('external-name') })
    },
  },
}

export const serviceCommand: Command = kubectlCommand({
  summary: 'Create a service.',
  usage: 'kubectl create service (clusterip | nodeport | loadbalancer | externalname) NAME [options]',
  commands: Object.fromEntries(
    Object.entries(kinds).map(([name, generator]) => [name, async () => ({ command: generatorCommand(generator) })]),
  ),
})
