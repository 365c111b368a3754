/** What a pod asks for, as numbers (component-helpers/resource PodRequests; the scheduler's framework.Resource). */
import { quantityMilliValue, quantityValue } from '../api/quantity.ts'
import type { Container, PodSpec, ResourceRequirements } from '../api/types/core-v1.ts'

export interface Resources {
  milliCpu: number
  memory: number
  ephemeralStorage: number
  /** Extended resources, huge pages and attachable volumes by name. */
  scalar: Record<string, number>
}

export const noResources = (): Resources => ({ milliCpu: 0, memory: 0, ephemeralStorage: 0, scalar: {} })

/** What a container without a request is taken to use where nodes are compared, so that such pods do not all pile up on one (schedutil). */
const nonZeroMilliCpu = 100
const nonZeroMemory = 200 * 1024 * 1024

/** Adds `sign` times `other` to `into`. */
export function addResources(into: Resources, other: Resources, sign = 1): void {
  into.milliCpu += sign * other.milliCpu
  into.memory += sign * other.memory
  into.ephemeralStorage += sign * other.ephemeralStorage
  for (const name in other.scalar) into.scalar[name] = (into.scalar[name] ?? 0) + sign * (other.scalar[name] as number)
}

export function readResources(list: Readonly<Record<string, string>> | undefined): Resources {
  const read = noResources()
  for (const name in list) {
    const text = list[name] as string
    if (name === 'cpu') read.milliCpu = quantityMilliValue(text)
    else if (name === 'memory') read.memory = quantityValue(text)
    else if (name === 'ephemeral-storage') read.ephemeralStorage = quantityValue(text)
    else if (name !== 'pods') read.scalar[name] = quantityValue(text)
  }
  return read
}

const withFloor = (r: Resources): Resources => ({
  ...r,
  milliCpu: r.milliCpu || nonZeroMilliCpu,
  memory: r.memory || nonZeroMemory,
})

/**
 * What the pod needs: the sum of its containers, or more where its init containers do, restartable ones (sidecars)
 * counting from their place on; pod-level requests take the place of the sum; overhead comes on top.
 */
export function podRequests(spec: PodSpec): Resources {
  return total(spec, (container) => readResources(effective(container.resources)))
}

/** The same with a floor for cpu and memory per container: what scoring compares. */
export function podNonZeroRequests(spec: PodSpec): Resources {
  return total(spec, (container) => withFloor(readResources(effective(container.resources))))
}

/** A limit without a request is the request too; the API server writes that in, but not for objects of old. */
function effective(resources: ResourceRequirements | undefined): Record<string, string> | undefined {
  if (!resources?.limits) return resources?.requests
  return { ...resources.limits, ...resources.requests }
}

function total(spec: PodSpec, requestsOf: (container: Container) => Resources): Resources {
  const sum = noResources()
  for (const container of spec.containers) addResources(sum, requestsOf(container))
  const sidecars = noResources()
  const initPeak = noResources()
  for (const container of spec.initContainers ?? []) {
    const requests = requestsOf(container)
    if (container.restartPolicy === 'Always') {
      addResources(sum, requests)
      addResources(sidecars, requests)
      raise(initPeak, sidecars)
      continue
    }
    const during = noResources()
    addResources(during, sidecars)
    addResources(during, requests)
    raise(initPeak, during)
  }
  raise(sum, initPeak)
  const podLevel = effective(spec.resources)
  if (podLevel) {
    const requests = readResources(podLevel)
    if ('cpu' in podLevel) sum.milliCpu = requests.milliCpu
    if ('memory' in podLevel) sum.memory = requests.memory
    for (const name in requests.scalar) sum.scalar[name] = requests.scalar[name] as number
  }
  if (spec.overhead) addResources(sum, readResources(spec.overhead))
  return sum
}

function raise(into: Resources, other: Resources): void {
  into.milliCpu = Math.max(into.milliCpu, other.milliCpu)
  into.memory = Math.max(into.memory, other.memory)
  into.ephemeralStorage = Math.max(into.ephemeralStorage, other.ephemeralStorage)
  for (const name in other.scalar) into.scalar[name] = Math.max(into.scalar[name] ?? 0, other.scalar[name] as number)
}
