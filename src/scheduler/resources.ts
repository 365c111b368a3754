/** What a pod asks for, as numbers (component-helpers/resource PodRequests; the scheduler's framework.Resource). */
import { quantityMilliValue, quantityValue } from '../api/quantity.ts'
import type { Container, ContainerStatus, Pod, ResourceRequirements } from '../api/types/core-v1.ts'

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

/**
 * What the pod needs: the sum of its containers, or more where its init containers do, restartable ones (sidecars)
 * counting from their place on; pod-level requests take the place of the sum; overhead comes on top. While a running pod
 * is resized it counts with the most of what it is to have, has and was given; where the node can never give it more,
 * with what it has (KEP-1287).
 */
export function podRequests(pod: Demand): Resources {
  return total(pod, most)
}

/** The same with a floor for cpu and memory per container that says nothing of them: what scoring compares. */
export function podNonZeroRequests(pod: Demand): Resources {
  return total(pod, (lists) => {
    const sum = most(lists)
    if (!lists.some((list) => list?.['cpu'] !== undefined)) sum.milliCpu = nonZeroMilliCpu
    if (!lists.some((list) => list?.['memory'] !== undefined)) sum.memory = nonZeroMemory
    return sum
  })
}

type Demand = Pick<Pod, 'spec'> & Partial<Pick<Pod, 'status'>>
type Quantities = Readonly<Record<string, string>> | undefined

function most(lists: readonly Quantities[]): Resources {
  const sum = readResources(lists[0])
  for (let i = 1; i < lists.length; i++) if (lists[i]) raise(sum, readResources(lists[i]))
  return sum
}

/** A limit without a request is the request too; the API server writes that in, but not for objects of old. */
function effective(resources: ResourceRequirements | undefined): Quantities {
  if (!resources?.limits) return resources?.requests
  return { ...resources.limits, ...resources.requests }
}

interface Given {
  readonly resources?: ResourceRequirements
  readonly allocatedResources?: Quantities
}
/** What is asked for, and what the kubelet says is there. */
function listsOf(asked: ResourceRequirements | undefined, given: Given | undefined, isInfeasible: boolean): Quantities[] {
  if (!given?.resources) return [effective(asked)]
  const present = [given.resources.requests, given.allocatedResources]
  return isInfeasible ? present : [effective(asked), ...present]
}

function total({ spec, status }: Demand, read: (lists: readonly Quantities[]) => Resources): Resources {
  const isInfeasible = status?.conditions?.some((c) => c.type === 'PodResizePending' && c.reason === 'Infeasible') === true
  const of = ({ name, resources }: Container, statuses: readonly ContainerStatus[] | undefined) =>
    read(
      listsOf(
        resources,
        statuses?.find((s) => s.name === name),
        isInfeasible,
      ),
    )
  const sum = noResources()
  for (const container of spec.containers) addResources(sum, of(container, status?.containerStatuses))
  const sidecars = noResources()
  const initPeak = noResources()
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      const requests = of(container, status?.initContainerStatuses)
      addResources(sum, requests)
      addResources(sidecars, requests)
      raise(initPeak, sidecars)
      continue
    }
    const during = noResources()
    addResources(during, sidecars)
    addResources(during, of(container, undefined))
    raise(initPeak, during)
  }
  raise(sum, initPeak)
  const podLevel = effective(spec.resources)
  if (podLevel) {
    const requests = most(listsOf(spec.resources, status, isInfeasible))
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
