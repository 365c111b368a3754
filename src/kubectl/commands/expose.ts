/** `kubectl expose`: a service for the pods of a pod, service, replication controller, replica set or deployment. */
import { type KubeObject, kubectlCommand } from '../factory.ts'
import { dryRunFlag, dryRunOf, outputFlags, resultPrinter } from '../print/object.ts'
import { fileFlags, select } from '../select.ts'
import { create } from '../write.ts'
import { overridden, pairsOf } from './run.ts'

interface PortLike {
  readonly port?: number
  readonly containerPort?: number
  readonly protocol?: string
  readonly name?: string
}

export const command = kubectlCommand({
  summary: 'Make a service for an object that has pods.',
  usage:
    'kubectl expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type] [options]',
  flags: {
    ...outputFlags,
    ...fileFlags,
    ...dryRunFlag,
    'cluster-ip': { type: 'string', doc: 'The address; None for none.' },
    'external-ip': { type: 'string', doc: 'An address from outside that leads here, too.' },
    'field-manager': { type: 'string', default: 'kubectl-expose', doc: 'Name of the manager of the fields.' },
    labels: { type: 'string', short: 'l', doc: 'Labels of the service.' },
    'load-balancer-ip': { type: 'string', doc: 'The address that the load balancer should have.' },
    name: { type: 'string', doc: 'The name of the service.' },
    'override-type': { type: 'string', default: 'merge', doc: 'merge, strategic or json: how.' },
    overrides: { type: 'string', doc: 'JSON that is merged over the service.' },
    port: { type: 'string', doc: 'The port of the service.' },
    protocol: { type: 'string', doc: 'TCP, UDP or SCTP.' },
    selector: { type: 'string', doc: 'Which pods; those of the object unless told.' },
    'session-affinity': { type: 'string', doc: 'None or ClientIP.' },
    'target-port': { type: 'string', doc: 'The port of the container, by number or name.' },
    type: { type: 'string', doc: 'ClusterIP, NodePort, LoadBalancer or ExternalName.' },
  },
  async run(factory) {
    const dryRun = dryRunOf(factory)
    const print = await resultPrinter(factory, dryRun, false)
    const services = await (await factory.mapper()).resource('services')
    const infos = await select(factory, { fresh: true })
    for (const { object, type, namespace } of infos) {
      const resource = type.group ? `${type.resource}.${type.group}` : type.resource
      if (!['pods', 'services', 'replicationcontrollers', 'deployments.apps', 'replicasets.apps'].includes(resource))
        throw new Error(`cannot expose a ${type.kind}${type.group ? `.${type.group}` : ''}`)
      const selector = factory.text('selector') ? pairsOf([factory.text('selector')], 'selector') : selectorOf(object)
      if (Object.keys(selector).length === 0)
        throw new Error("couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed")
      const found = portsOf(object)
      const given = factory
        .text('port')
        .split(',')
        .filter((p) => p !== '')
      const numbers = given.length > 0 ? given.map(Number) : found.map((p) => p.port ?? p.containerPort ?? 0)
      if (numbers.length === 0)
        throw new Error("couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples")
      const protocolOf = (port: number) =>
        factory.text('protocol') || found.find((p) => (p.port ?? p.containerPort) === port)?.protocol || 'TCP'
      const target = factory.text('target-port')
      const ports = numbers.map((port, i) => ({
        ...(numbers.length > 1 ? { name: `port-${i + 1}` } : {}),
        port,
        protocol: protocolOf(port),
        targetPort: target ? (/^\d+$/.test(target) ? Number(target) : target) : port,
      }))
      const labels = factory.text('labels') ? pairsOf([factory.text('labels')], 'label') : object.metadata.labels
      const clusterIP = factory.text('cluster-ip')
      const spec = {
        ports,
        selector,
        ...(clusterIP ? { clusterIP } : {}),
        ...(factory.text('type') ? { type: factory.text('type') } : {}),
        ...(factory.text('external-ip') ? { externalIPs: [factory.text('external-ip')] } : {}),
        ...(factory.text('session-affinity') ? { sessionAffinity: factory.text('session-affinity') } : {}),
        ...(factory.text('load-balancer-ip') ? { loadBalancerIP: factory.text('load-balancer-ip') } : {}),
      }
      const name = (factory.text('name') || object.metadata.name || '').slice(0, 63)
      const metadata = {
        name,
        ...(factory.namespaceGiven ? { namespace } : {}),
        ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
      }
      const service: KubeObject = await overridden(factory, {
        kind: 'Service',
        apiVersion: 'v1',
        metadata,
        spec,
        status: { loadBalancer: {} },
      })
      const made =
        dryRun === 'client'
          ? service
          : await create(factory, services, namespace, service, { dryRun, fieldManager: factory.text('field-manager') })
      await print(made, 'exposed')
    }
  },
})

function selectorOf(object: KubeObject): Record<string, string> {
  if (object.kind === 'Pod') return object.metadata.labels ?? {}
  const { selector } = (object['spec'] ?? {}) as { selector?: Record<string, unknown> }
  if (object.kind === 'Service' || object.kind === 'ReplicationController') return (selector ?? {}) as Record<string, string>
  if ((selector?.['matchExpressions'] as unknown[] | undefined)?.length)
    throw new Error('couldn\'t convert expressions - "matchExpressions" to map-based selector format')
  return (selector?.['matchLabels'] ?? {}) as Record<string, string>
}

function portsOf(object: KubeObject): PortLike[] {
  const spec = (object['spec'] ?? {}) as {
    ports?: PortLike[]
    containers?: { ports?: PortLike[] }[]
    template?: { spec?: { containers?: { ports?: PortLike[] }[] } }
  }
  if (object.kind === 'Service') return spec.ports ?? []
  return (spec.containers ?? spec.template?.spec?.containers ?? []).flatMap((container) => container.ports ?? [])
}
