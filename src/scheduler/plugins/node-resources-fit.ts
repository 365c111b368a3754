/** A node must have what the pod requests left over; how full it would be is scored by the strategy chosen (least, most or a given shape). */
import type { Pod } from '../../api/types/core-v1.ts'
import type { DeviceClass } from '../../api/types/resource-v1.ts'
import type { Extender } from '../extender.ts'
import { maxScore, type Plugin, type Rejection } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { amountOf, createKeptScores, isScored } from '../node-resources.ts'
import type { PodInfo } from '../pod-info.ts'
import { podRequests, type Resources } from '../resources.ts'
import { type DeviceClassOf, standsFor } from './extended-resources.ts'

export interface FitArgs {
  readonly scoringStrategy?: {
    readonly type?: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio'
    readonly resources?: readonly { readonly name: string; readonly weight?: number }[]
    readonly requestedToCapacityRatio?: { readonly shape?: Shape }
  }
  readonly ignoredResources?: readonly string[]
  readonly ignoredResourceGroups?: readonly string[]
}
/** Points of a broken line; scores there are 0 to 10. */
type Shape = readonly { readonly utilization: number; readonly score: number }[]

const plugin = 'NodeResourcesFit'

/** `deviceClassOf` knows the resources that devices may stand in for where a node has none: DynamicResources looks for these. */
export function createNodeResourcesFit(
  args: FitArgs = {},
  extenders: readonly Extender[] = [],
  deviceClassOf: DeviceClassOf = () => undefined,
): Plugin {
  const ignored = new Set([...(args.ignoredResources ?? []), ...extenders.flatMap((extender) => extender.ignoredResources)])
  const ignoredGroups = args.ignoredResourceGroups ?? []
  const isChecked = (name: string) => !ignored.has(name) && !ignoredGroups.some((group) => name.startsWith(`${group}/`))
  const {
    type = 'LeastAllocated',
    resources = [{ name: 'cpu' }, { name: 'memory' }],
    requestedToCapacityRatio,
  } = args.scoringStrategy ?? {}
  const strategy = strategies[type](requestedToCapacityRatio?.shape)
  const keptScores = createKeptScores()
  return {
    name: plugin,
    preFilter({ requests }, { cluster }) {
      const { allocatable, requested, pods } = cluster.resources
      const checks = ['cpu', 'memory', 'ephemeral-storage', ...Object.keys(requests.scalar).filter(isChecked)]
        .map((name) => ({
          ...{ name, wanted: amountOf(requests, name), has: allocatable.of(name), used: requested.of(name) },
          byDevices: deviceClassOf(name) !== undefined,
        }))
        .filter(({ wanted }) => wanted > 0)
      const count = pods.of('count')
      const allowed = pods.of('allowed')
      return {
        filter({ index }) {
          let fits = at(count, index) < at(allowed, index)
          for (let i = 0; i < checks.length && fits; i++) {
            const { wanted, has, used, byDevices } = checks[i] as Check
            fits = wanted <= at(has, index) - at(used, index) || (byDevices && at(has, index) === 0)
          }
          return fits ? undefined : insufficient(checks, index, at(count, index) >= at(allowed, index))
        },
      }
    },
    preScore(pod, { cluster }, { indexes }) {
      const { allocatable, requested, nonZeroRequested } = cluster.resources
      const wanted = resources.map(({ name, weight = 1 }) => {
        // Pods that request no cpu or memory are taken to use some.
        const hasFloor = name === 'cpu' || name === 'memory'
        const own = amountOf(hasFloor ? pod.nonZeroRequests : pod.requests, name)
        return { name, weight, own, has: allocatable.of(name), used: (hasFloor ? nonZeroRequested : requested).of(name) }
      })
      const parts = wanted.filter(({ name }) => isScored(name, pod.requests))
      const scoreOf = (index: number) => {
        let sum = 0
        let weights = 0
        for (const { weight, own, has, used } of parts) {
          const capacity = at(has, index)
          if (capacity === 0) continue
          sum += strategy(at(used, index) + own, capacity) * weight
          weights += weight
        }
        return weights ? Math.floor(sum / weights) : 0
      }
      const id = wanted.map(({ own }) => own).join()
      return { score: (scores) => keptScores(id, cluster.resources, indexes, scores, scoreOf) }
    },
    wakes(pod, event) {
      if (event.kind === 'pod-deleted') return true
      if (event.kind === 'other' && event.resource === 'deviceclasses.resource.k8s.io') return classMatters(pod, event)
      if (event.kind === 'pod-updated') return event.before !== undefined && frees(pod.requests, event.before, event.pod)
      return (
        (event.kind === 'node-added' || (event.kind === 'node-updated' && event.changed.has('allocatable'))) &&
        fitsEmpty(pod, event.node, deviceClassOf)
      )
    },
  }
}

const at = (column: Float64Array, index: number): number => column[index] as number

interface Check {
  readonly name: string
  readonly wanted: number
  readonly has: Float64Array
  readonly used: Float64Array
  /** Devices will do where the node has none. */
  readonly byDevices: boolean
}

function insufficient(checks: readonly Check[], index: number, isFull: boolean): Rejection {
  const short = checks.filter(
    ({ wanted, has, used, byDevices }) => wanted > at(has, index) - at(used, index) && !(byDevices && at(has, index) === 0),
  )
  const reasons = [...(isFull ? ['Too many pods'] : []), ...short.map(({ name }) => `Insufficient ${name}`)]
  return { plugin, reasons, unresolvable: short.some(({ wanted, has }) => wanted > at(has, index)) }
}

function fitsEmpty({ requests }: PodInfo, { allocatable: has }: NodeInfo, deviceClassOf: DeviceClassOf): boolean {
  return (
    requests.milliCpu <= has.milliCpu &&
    requests.memory <= has.memory &&
    requests.ephemeralStorage <= has.ephemeralStorage &&
    Object.entries(requests.scalar).every(([name, wanted]) => {
      const present = has.scalar[name] ?? 0
      return wanted <= present || (present === 0 && deviceClassOf(name) !== undefined)
    })
  )
}

/** Whether a class now stands for a resource that is wanted. */
function classMatters({ requests }: PodInfo, { object, before }: { readonly object: unknown; readonly before?: unknown }): boolean {
  const of = ({ metadata, spec }: DeviceClass) => ({ name: metadata.name, extendedResourceName: spec.extendedResourceName })
  const isWanted = (deviceClass: DeviceClass) => Object.keys(requests.scalar).some((name) => standsFor(of(deviceClass), name))
  const had = before as DeviceClass | undefined
  return isWanted(object as DeviceClass) && (!had || had.spec.extendedResourceName !== (object as DeviceClass).spec.extendedResourceName)
}

/** Whether a pod resized in place gave up something that is wanted. */
function frees(wanted: Resources, before: Pod, after: Pod): boolean {
  const had = podRequests(before)
  const has = podRequests(after)
  return (
    (wanted.milliCpu > 0 && has.milliCpu < had.milliCpu) ||
    (wanted.memory > 0 && has.memory < had.memory) ||
    (wanted.ephemeralStorage > 0 && has.ephemeralStorage < had.ephemeralStorage)
  )
}

const defaultShape: Shape = [
  { utilization: 0, score: 0 },
  { utilization: 100, score: 10 },
]

const strategies = {
  LeastAllocated: () => (requested: number, capacity: number) =>
    requested > capacity ? 0 : Math.floor(((capacity - requested) * maxScore) / capacity),
  MostAllocated: () => (requested: number, capacity: number) => Math.floor((Math.min(requested, capacity) * maxScore) / capacity),
  RequestedToCapacityRatio:
    (shape: Shape = defaultShape) =>
    (requested: number, capacity: number) =>
      alongShape(shape, requested > capacity ? 100 : Math.floor((requested * 100) / capacity)),
}

function alongShape(shape: Shape, utilization: number): number {
  for (let i = 0; i < shape.length; i++) {
    const point = shape[i] as Shape[number]
    if (utilization > point.utilization) continue
    const before = shape[i - 1]
    if (!before) return point.score * 10
    const part = (utilization - before.utilization) / (point.utilization - before.utilization)
    return Math.trunc(before.score * 10 + (point.score - before.score) * 10 * part)
  }
  return (shape.at(-1)?.score ?? 0) * 10
}
