/**
 * In-place resize (pkg/kubelet/allocation, KEP-1287): the resources that a pod asks for, those that the node has given
 * it, and those that its containers run with may differ. Plain decisions; the pod worker acts on them.
 */
import { isDeepStrictEqual } from 'node:util'
import { formatQuantity, newMilliQuantity, newQuantity, quantityMilliValue } from '../api/quantity.ts'
import type { Container, Pod, ResourceRequirements } from '../api/types/core-v1.ts'
import { type Refusal, resourceRefusal } from './admission.ts'
import { linuxResources, milliToQuota, milliToShares, podRequestMilli } from './resources.ts'
import type { RuntimeContainer } from './runtime-pods.ts'

/** What a pod's status says of a resize. */
export interface ResizeState {
  /** The node cannot give what is asked for: never (Infeasible) or not now (Deferred). */
  readonly pending?: Refusal
  /** It was given, and containers are on the way to it. */
  readonly progress?: { readonly error?: string }
}

/** The pod as asked for, with the resources that the node has given it. */
export function withAllocated(pod: Pod, allocated: Pod): Pod {
  const given = (containers: readonly Container[] | undefined, from: readonly Container[] | undefined) =>
    containers?.map((c): Container => ({ ...c, resources: from?.find((f) => f.name === c.name)?.resources ?? c.resources }))
  const { containers, initContainers } = pod.spec
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: given(containers, allocated.spec.containers) ?? [],
      ...(initContainers ? { initContainers: given(initContainers, allocated.spec.initContainers) as Container[] } : {}),
    },
  }
}

/** After a restart of the kubelet: while a resize was pending, the status tells what the node had given. */
export function allocatedBefore(pod: Pod): Pod {
  if (!pod.status?.conditions?.some((c) => c.type === 'PodResizePending')) return pod
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])]
  const told = (containers: readonly Container[] | undefined) =>
    containers?.map((c): Container => {
      const resources = statuses.find((s) => s.name === c.name)?.resources
      return resources ? { ...c, resources } : c
    })
  const { containers, initContainers } = pod.spec
  const spec = { ...pod.spec, containers: told(containers) ?? [] }
  return { ...pod, spec: initContainers ? { ...spec, initContainers: told(initContainers) as Container[] } : spec }
}

export const hasResourcesOf = (pod: Pod, other: Pod): boolean => isDeepStrictEqual(summary(pod), summary(other))

export function resizeRefusal(pod: Pod, others: readonly Pod[], allocatable: Readonly<Record<string, string>>): Refusal | undefined {
  for (const name of ['memory', 'cpu']) {
    const unit = (milli: number) => (name === 'cpu' ? milli : Math.ceil(milli / 1000))
    const wanted = podRequestMilli(pod, name)
    const have = allocatable[name] === undefined ? 0 : quantityMilliValue(allocatable[name])
    if (wanted > have)
      return {
        reason: 'Infeasible',
        message: `Node didn't have enough capacity: ${name}, requested: ${unit(wanted)}, capacity: ${unit(have)}`,
      }
  }
  const active = others.filter((p) => p.status?.phase !== 'Succeeded' && p.status?.phase !== 'Failed')
  const refused = resourceRefusal(pod, active, allocatable)
  return refused && { reason: 'Deferred', message: refused.message }
}

/** Whether a running container has other limits than it was given, and whether its policy lets them change while it runs. */
export function containerResize(pod: Pod, container: Container, found: RuntimeContainer): 'none' | 'update' | 'restart' {
  // Every container is made with CPU shares: a runtime that tells of none tells of no resources at all.
  if (!found.resources?.cpuShares) return 'none'
  const wanted = linuxResources(pod, container, 1)
  const differs = (field: 'cpuShares' | 'cpuQuota' | 'memoryLimitInBytes') =>
    Math.max(0, Number(found.resources?.[field] ?? 0)) !== Number(wanted[field] ?? 0)
  const changed = [...(differs('cpuShares') || differs('cpuQuota') ? ['cpu'] : []), ...(differs('memoryLimitInBytes') ? ['memory'] : [])]
  if (changed.length === 0) return 'none'
  const restart = container.resizePolicy?.some((p) => changed.includes(p.resourceName) && p.restartPolicy === 'RestartContainer')
  return restart ? 'restart' : 'update'
}

/** What the container runs with, in the words of its spec where they mean the same. */
export function actualResources(container: Container, found: RuntimeContainer): ResourceRequirements {
  const { requests = {}, limits = {}, ...others } = container.resources ?? {}
  const { cpuShares, cpuQuota, cpuPeriod, memoryLimitInBytes } = found.resources ?? {}
  if (!cpuShares) return container.resources ?? {}
  const made: { requests: Record<string, string>; limits: Record<string, string> } = { requests: { ...requests }, limits: { ...limits } }
  const milli = (quantity: string | undefined) => (quantity ? quantityMilliValue(quantity) : 0)
  if (requests['cpu'] && milliToShares(milli(requests['cpu'])) !== Number(cpuShares))
    made.requests['cpu'] = formatQuantity(newMilliQuantity(Math.ceil((Number(cpuShares) * 1000) / 1024)))
  const quota = Math.max(0, Number(cpuQuota ?? 0))
  if (quota === 0) delete made.limits['cpu']
  else if (milliToQuota(milli(limits['cpu'])) !== quota)
    made.limits['cpu'] = formatQuantity(newMilliQuantity(Math.ceil((quota * 1000) / Number(cpuPeriod))))
  const memory = Math.max(0, Number(memoryLimitInBytes ?? 0))
  if (memory === 0) delete made.limits['memory']
  else if (milli(limits['memory']) !== memory * 1000) made.limits['memory'] = formatQuantity(newQuantity(memory, 'BinarySI'))
  return {
    ...others,
    ...(Object.keys(made.limits).length > 0 ? { limits: made.limits } : {}),
    ...(Object.keys(made.requests).length > 0 ? { requests: made.requests } : {}),
  }
}

/** The text of an event: what happened, with the resources, the generation that asked for them, and why not. */
export function resizeMessage(what: string, pod: Pod, error?: string): string {
  return `Pod resize ${what}: ${JSON.stringify({ ...summary(pod), generation: pod.metadata.generation ?? 0, ...(error ? { error } : {}) })}`
}

function summary(pod: Pod) {
  const of = (containers: readonly Container[]) => containers.map(({ name, resources = {} }) => ({ name, resources }))
  const init = pod.spec.initContainers ?? []
  return { ...(init.length > 0 ? { initContainers: of(init) } : {}), containers: of(pod.spec.containers ?? []) }
}
