/** Requests and limits as the kernel takes them: QoS classes, CPU shares and quota, OOM scores, sums of a pod (pkg/kubelet/cm, qos, apimachinery resource helpers). */
import { parseQuantity, quantityMilliValue, quantityValue } from '../api/quantity.ts'
import type { Container, Pod } from '../api/types/core-v1.ts'
import type { LinuxContainerResources } from '../runtime/cri/types.ts'
import { isStatic } from './static-pods.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const computeResources = ['cpu', 'memory'] as const

/** core/v1 helper qos.GetPodQOS. */
export function qosClass(pod: Pod): QosClass {
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])]
  const positive = (list: Readonly<Record<string, string>> | undefined, name: string) => {
    const value = list?.[name]
    return value !== undefined && parseQuantity(value).nano > 0n ? parseQuantity(value).nano : undefined
  }
  let any = false
  let guaranteed = true
  for (const { resources } of containers) {
    for (const name of computeResources) {
      const request = positive(resources?.requests, name)
      const limit = positive(resources?.limits, name)
      if (request !== undefined || limit !== undefined) any = true
      if (limit === undefined || (request !== undefined && request !== limit)) guaranteed = false
    }
  }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable'
}

const minShares = 2
const maxShares = 262_144
export const quotaPeriodUs = 100_000
const minQuotaUs = 1000

export const milliToShares = (milli: number): number =>
  milli === 0 ? minShares : Math.min(maxShares, Math.max(minShares, Math.floor((milli * 1024) / 1000)))
export const milliToQuota = (milli: number): number => (milli === 0 ? 0 : Math.max(minQuotaUs, Math.floor((milli * quotaPeriodUs) / 1000)))

/** Guaranteed pods are killed last and best-effort ones first; between them, who asked for less memory goes earlier. */
export function oomScoreAdj(pod: Pod, container: Container, memoryCapacity: number): number {
  if (isCritical(pod)) return -997
  const qos = qosClass(pod)
  if (qos === 'Guaranteed') return -997
  if (qos === 'BestEffort') return 1000
  const request = container.resources?.requests?.['memory']
  const score = 1000 - Math.floor((1000 * (request ? quantityValue(request) : 0)) / memoryCapacity)
  return Math.min(999, Math.max(3, score))
}

export const systemCriticalPriority = 2_000_000_000
/** Static pods and those of the system's priority classes are never turned away or evicted. */
export const isCritical = (pod: Pod): boolean => (pod.spec.priority ?? 0) >= systemCriticalPriority || isStatic(pod)

export function linuxResources(pod: Pod, container: Container, memoryCapacity: number): LinuxContainerResources {
  const { requests, limits } = container.resources ?? {}
  const cpuRequest = requests?.['cpu'] ?? limits?.['cpu']
  const cpuLimit = limits?.['cpu']
  const quota = cpuLimit ? milliToQuota(quantityMilliValue(cpuLimit)) : 0
  return {
    cpuShares: milliToShares(cpuRequest ? quantityMilliValue(cpuRequest) : 0),
    cpuPeriod: quotaPeriodUs,
    ...(quota ? { cpuQuota: quota } : {}),
    ...(limits?.['memory'] ? { memoryLimitInBytes: quantityValue(limits['memory']) } : {}),
    oomScoreAdj: oomScoreAdj(pod, container, memoryCapacity),
    hugepageLimits: Object.entries(limits ?? {})
      .filter(([name]) => name.startsWith('hugepages-'))
      .map(([name, value]) => ({ pageSize: name.slice('hugepages-'.length).replace(/i$/, 'B'), limit: quantityValue(value) })),
  }
}

/** What a pod needs of one resource, in thousandths. */
export const podRequestMilli = (pod: Pod, name: string): number => podSumMilli(pod, 'requests', name)

/** What the cgroup of a whole pod is held to (pkg/kubelet/cm ResourceConfigForPod): a limit only where every container has one. */
export function podCgroupLimits(pod: Pod): { cpuShares: number; cpuQuota?: number; cpuPeriod: number; memoryBytes?: number } {
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])]
  const limitOf = (name: string) =>
    pod.spec.resources?.limits?.[name] !== undefined || containers.every((c) => c.resources?.limits?.[name] !== undefined)
      ? podSumMilli(pod, 'limits', name)
      : 0
  const cpu = limitOf('cpu')
  const memory = limitOf('memory')
  return {
    cpuShares: milliToShares(podRequestMilli(pod, 'cpu')),
    cpuPeriod: quotaPeriodUs,
    ...(cpu > 0 ? { cpuQuota: milliToQuota(cpu) } : {}),
    ...(memory > 0 ? { memoryBytes: Math.floor(memory / 1000) } : {}),
  }
}

/** The pod's own figure, else the sum of its containers and sidecars or an init container's peak (KEP-753), plus overhead. */
function podSumMilli(pod: Pod, kind: 'requests' | 'limits', name: string): number {
  const overhead = pod.spec.overhead?.[name] ? quantityMilliValue(pod.spec.overhead[name]) : 0
  const own = pod.spec.resources?.[kind]?.[name]
  if (own !== undefined) return quantityMilliValue(own) + overhead
  const of = (c: Container) => {
    const value = c.resources?.[kind]?.[name]
    return value ? quantityMilliValue(value) : 0
  }
  let sidecars = 0
  let peak = 0
  for (const init of pod.spec.initContainers ?? []) {
    if (isSidecar(init)) {
      sidecars += of(init)
      peak = Math.max(peak, sidecars)
    } else peak = Math.max(peak, sidecars + of(init))
  }
  const running = (pod.spec.containers ?? []).reduce((sum, c) => sum + of(c), 0) + sidecars
  return Math.max(running, peak) + overhead
}

/** An init container that goes on running beside the pod's containers (KEP-753). */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'
