/** What the endpoints and the endpoint slice controllers share: which services a pod stands behind, and on which ports. */

import { objectKey } from '../api/meta.ts'
import type { Pod, Service, ServicePort } from '../api/types/core-v1.ts'
import type { Informer } from '../client/informer.ts'
import type { Lister } from '../client/lister.ts'
import { semanticEqual } from './equal.ts'
import { isPodFinished, isPodReady, podCondition } from './pods.ts'

/** The pods that a service selects. */
export const podsBehind = (service: Service, pods: Lister<Pod>): Pod[] =>
  pods.list(service.metadata.namespace).filter((pod) => selects(service, pod.metadata.labels))

export const isHeadless = (service: Service): boolean => service.spec.clusterIP === 'None' || !service.spec.clusterIP

/** Matches by a plain map, without compiling: services are many and their selectors small. */
export function selects(service: Service, labels: Readonly<Record<string, string>> | undefined): boolean {
  const { selector } = service.spec
  if (!selector) return false
  for (const key in selector) if (labels?.[key] !== selector[key]) return false
  return true
}

/** Calls `wake` with the key of each service whose endpoints a change of pods can touch. */
export function wakeServicesByPods(services: Informer<Service>, pods: Informer<Pod>, wake: (key: string) => void): void {
  const all = (pod: Pod) => {
    for (const service of services.list(pod.metadata.namespace)) if (selects(service, pod.metadata.labels)) wake(objectKey(service))
  }
  pods.addHandler({
    added: all,
    deleted: all,
    updated(pod, before) {
      const labelsChanged = pod.metadata.labels !== before.metadata.labels && !semanticEqual(pod.metadata.labels, before.metadata.labels)
      if (!labelsChanged && !endpointChanged(pod, before)) return
      for (const service of services.list(pod.metadata.namespace)) {
        const now = selects(service, pod.metadata.labels)
        // A pod that left a service changes it even if nothing else changed.
        if (now || (labelsChanged && selects(service, before.metadata.labels))) wake(objectKey(service))
      }
    },
  })
}

function endpointChanged(pod: Pod, before: Pod): boolean {
  return (
    isPodReady(pod) !== isPodReady(before) ||
    isPodFinished(pod) !== isPodFinished(before) ||
    pod.metadata.deletionTimestamp !== before.metadata.deletionTimestamp ||
    pod.spec.nodeName !== before.spec.nodeName ||
    pod.spec.hostname !== before.spec.hostname ||
    pod.spec.subdomain !== before.spec.subdomain ||
    pod.metadata.uid !== before.metadata.uid ||
    !semanticEqual(pod.status.podIPs, before.status.podIPs)
  )
}

export const lastChangeTriggerTime = 'endpoints.kubernetes.io/last-change-trigger-time'

/**
 * When what changed a service's endpoints happened, so that proxies can tell how long they took to follow (upstream's
 * TriggerTimeTracker): for a service that was not known its creation, else the first of the pods that turned ready or
 * unready since the last look.
 */
export function createTriggerTimes() {
  const known = new Map<string, { readonly service: string; readonly pods: ReadonlyMap<string, string> }>()
  return {
    of(service: Service, behind: readonly Pod[]): string | undefined {
      const key = objectKey(service)
      const before = known.get(key)
      const created = service.metadata.creationTimestamp
      const pods = new Map<string, string>()
      let first: string | undefined = before && created > before.service ? created : undefined
      for (const pod of behind) {
        const turned = podCondition(pod, 'Ready')?.lastTransitionTime
        if (!turned) continue
        pods.set(pod.metadata.name, turned)
        if (turned > (before?.pods.get(pod.metadata.name) ?? '') && (first === undefined || turned < first)) first = turned
      }
      known.set(key, { service: created, pods })
      return before ? first : created
    },
    forget: (key: string) => void known.delete(key),
  }
}

/** A pod that has an address and has not finished. */
export const mayBeEndpoint = (pod: Pod, withTerminating: boolean): boolean =>
  !isPodFinished(pod) && podAddresses(pod).length > 0 && (withTerminating || !pod.metadata.deletionTimestamp)

/** The number a service port means on a pod; undefined when the pod has no port of that name. */
export function targetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort
  if (target === undefined) return port.port
  if (typeof target === 'number') return target === 0 ? port.port : target
  const sidecars = (pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')
  for (const container of [...pod.spec.containers, ...sidecars])
    for (const p of container.ports ?? []) if (p.name === target && p.protocol === (port.protocol ?? 'TCP')) return p.containerPort
  return undefined
}

/** The name a pod has under its governing service. */
export const endpointHostname = (pod: Pod, service: Service): string | undefined =>
  pod.spec.hostname && pod.spec.subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace
    ? pod.spec.hostname
    : undefined

export const podAddresses = (pod: Pod): string[] => {
  const ips = (pod.status.podIPs ?? []).map((p) => p.ip).filter((ip) => !!ip)
  return ips.length > 0 ? ips : pod.status.podIP ? [pod.status.podIP] : []
}
export const familyOf = (ip: string): 'IPv4' | 'IPv6' => (ip.includes(':') ? 'IPv6' : 'IPv4')
