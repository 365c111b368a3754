/** Writes the Endpoints of services with a selector (pkg/controller/endpoint): older than slices, still read by many. */
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { objectKey, splitKey } from '../api/meta.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../api/types/core-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { isNamespaceTerminating, isPodReady } from './pods.ts'
import {
  createTriggerTimes,
  endpointHostname,
  familyOf,
  isHeadless,
  lastChangeTriggerTime,
  mayBeEndpoint,
  podAddresses,
  podsBehind,
  targetPort,
  wakeServicesByPods,
} from './service-endpoints.ts'

const headlessLabel = 'service.kubernetes.io/headless'
const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const overCapacity = 'endpoints.kubernetes.io/over-capacity'
/** Addresses beyond are left out, and the object says so. */
const mostAddresses = 1000

export function createEndpointsController({ client, informers, options, recorder: recorders }: ControllerDeps): Controller {
  const services = informers.of('services')
  const pods = informers.of('pods')
  const endpoints = informers.of('endpoints')
  const recorder = recorders('endpoint-controller')
  const triggerTimes = createTriggerTimes()

  return {
    name: 'endpoints-controller',
    workers: options.concurrent.endpoint,
    wake(queue) {
      const wake = (service: Service) => queue.add(objectKey(service))
      services.addHandler({ added: wake, updated: wake, deleted: wake })
      wakeServicesByPods(services, pods, (key) => queue.addAfter(key, options.endpointUpdatesBatchPeriodMs))
      endpoints.addHandler({
        // Endpoints left over from a service that vanished while nothing ran.
        added: (e) => queue.add(objectKey(e)),
        deleted: (e) => queue.add(objectKey(e)),
      })
      return [services, pods, endpoints]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const service = services.get(namespace, name)
      const current = endpoints.get(namespace, name)
      if (!service) {
        triggerTimes.forget(key)
        // Only what this controller made: others keep endpoints, such as a leader's, without a service.
        if (current?.metadata.labels?.[managedByLabel] === 'endpoint-controller')
          await client
            .delete('endpoints', { namespace, name }, { preconditions: { uid: current.metadata.uid } })
            .catch((error: unknown) => {
              if (!isNotFound(error)) throw error
            })
        return
      }
      if (service.spec.type === 'ExternalName' || !service.spec.selector) return
      const behind = podsBehind(service, pods)
      const triggered = triggerTimes.of(service, behind)
      const { subsets, truncated } = subsetsOf(service, behind)
      const { [headlessLabel]: _, ...serviceLabels } = service.metadata.labels ?? {}
      const labels: Record<string, string> = {
        ...serviceLabels,
        ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
        [managedByLabel]: 'endpoint-controller',
      }
      const same =
        current &&
        semanticEqual(current.subsets, subsets) &&
        semanticEqual(current.metadata.labels, labels) &&
        (current.metadata.annotations?.[overCapacity] === 'truncated') === truncated
      if (same) return
      const { [overCapacity]: __, [lastChangeTriggerTime]: ___, ...annotations } = current?.metadata.annotations ?? {}
      if (truncated) annotations[overCapacity] = 'truncated'
      if (triggered) annotations[lastChangeTriggerTime] = triggered
      try {
        if (current) await client.update('endpoints', { ...current, metadata: { ...current.metadata, labels, annotations }, subsets })
        else await client.create('endpoints', { metadata: { namespace, name, labels, annotations }, subsets })
      } catch (error) {
        if (isNamespaceTerminating(error)) return
        if (!isAlreadyExists(error))
          recorder.event(
            referenceTo('services', service),
            'Warning',
            current ? 'FailedToUpdateEndpoint' : 'FailedToCreateEndpoint',
            `Failed to ${current ? 'update' : 'create'} endpoint ${key}: ${(error as Error).message}`,
          )
        throw error
      }
    },
  }

  function subsetsOf(service: Service, behind: readonly Pod[]): { subsets: EndpointSubset[]; truncated: boolean } {
    const everyone = service.spec.publishNotReadyAddresses === true
    const family = service.spec.ipFamilies?.[0] || undefined
    const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>()
    let total = 0
    for (const pod of behind) {
      if (!mayBeEndpoint(pod, everyone)) continue
      const ip = podAddresses(pod).find((address) => !family || familyOf(address) === family)
      if (!ip) continue
      const ports = portsOf(service, pod)
      if (ports.length === 0 && (service.spec.ports?.length ?? 0) > 0) continue
      const id = JSON.stringify(ports)
      let group = groups.get(id)
      if (!group) {
        group = { ports, ready: [], notReady: [] }
        groups.set(id, group)
      }
      const list = everyone || isPodReady(pod) ? group.ready : group.notReady
      list.push(addressOf(service, pod, ip))
      total++
    }
    const truncated = total > mostAddresses
    let room = mostAddresses
    const take = (addresses: EndpointAddress[]) => {
      const sorted = addresses.sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0))
      const kept = sorted.slice(0, room)
      room -= kept.length
      return kept
    }
    const ordered = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
    // Ready ones first: when not all have a place, it is they who keep theirs.
    const ready = ordered.map((group) => take(group.ready))
    const notReady = ordered.map((group) => take(group.notReady))
    const subsets = ordered.map(({ ports }, i) => ({
      ...(ready[i]?.length ? { addresses: ready[i] } : {}),
      ...(notReady[i]?.length ? { notReadyAddresses: notReady[i] } : {}),
      ...(ports.length ? { ports } : {}),
    }))
    return { subsets: subsets.filter((s) => s.addresses || s.notReadyAddresses), truncated }
  }
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((p) => {
    const port = targetPort(pod, p)
    if (port === undefined) return []
    return [
      {
        ...(p.name ? { name: p.name } : {}),
        port,
        protocol: p.protocol ?? 'TCP',
        ...(p.appProtocol ? { appProtocol: p.appProtocol } : {}),
      } as EndpointPort,
    ]
  })
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const hostname = endpointHostname(pod, service)
  const { namespace, name, uid } = pod.metadata
  return {
    ip,
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  }
}
