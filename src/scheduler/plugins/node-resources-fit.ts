/** A node must have what the pod requests left over; how full it would be is scored by the strategy chosen (least, most or a given shape). */
import type { Pod } from '../../api/types/core-v1.ts'
import type { Plugin, Rejection } from '../framework.ts'
import { maxScore } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { podRequests, type Resources } from '../resources.ts'

export interface FitArgs {
  readonly scoringStrategy?: {
    readonly type?: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio'
    readonly resources?: readonly { readonly name: string; readonly weight?: number }[]
    readonly requestedToCapacityRatio?: { readonly shape?: readonly { readonly utilization: number; readonly score: number }[] }
  }
  readonly ignoredResources?: readonly string[]
  readonly ignoredResourceGroups?: readonly string[]
}

const plugin = 'NodeResourcesFit'
const tooManyPods: Rejection = { plugin, reasons: ['Too many pods'], unresolvable: false }

export function createNodeResourcesFit(args: FitArgs = {}): Plugin {
  const ignored = new Set(args.ignoredResources)
  const ignoredGroups = args.ignoredResourceGroups ?? []
  const resources = (args.scoringStrategy?.resources ?? [{ name: 'cpu' }, { name: 'memory' }]).map((r) => ({
    name: r.name,
    weight: r.weight ?? 1,
  }))
  const score = strategies[args.scoringStrategy?.type ?? 'LeastAllocated'](args)
  return {
    name: plugin,
    filter(pod) {
      const { requests } = pod
      const scalars = Object.entries(requests.scalar).filter(
        ([name, value]) => value > 0 && !ignored.has(name) && !ignoredGroups.some((group) => name.startsWith(`${group}/`)),
      )
      const askNothing = requests.milliCpu === 0 && requests.memory === 0 && requests.ephemeralStorage === 0 && scalars.length === 0
      return {
        filter(node) {
          const full = node.pods.size + 1 > node.allowedPods
          if (askNothing) return full ? tooManyPods : undefined
          const { allocatable, requested } = node
          if (
            !full &&
            scalars.length === 0 &&
            requests.milliCpu <= allocatable.milliCpu - requested.milliCpu &&
            requests.memory <= allocatable.memory - requested.memory &&
            requests.ephemeralStorage <= allocatable.ephemeralStorage - requested.ephemeralStorage
          )
            return undefined
          return insufficient(pod, node, scalars, full)
        },
      }
    },
    score(pod) {
      const best = resources.map((r) => ({ ...r, requestOf: requestReader(r.name) }))
      return {
        score(node) {
          let sum = 0
          let weights = 0
          for (const { name, weight, requestOf } of best) {
            const capacity = capacityOf(node, name)
            if (capacity === 0) continue
            sum += score(requestOf(pod, node), capacity) * weight
            weights += weight
          }
          return weights === 0 ? 0 : Math.floor(sum / weights)
        },
      }
    },
    wakes(pod, event) {
      if (event.kind === 'pod-deleted') return true
      if (event.kind === 'pod-updated') return event.before !== undefined && frees(pod.requests, event.before, event.pod)
      return (
        (event.kind === 'node-added' || (event.kind === 'node-updated' && event.changed.has('allocatable'))) && fitsEmpty(pod, event.node)
      )
    },
  }
}

function insufficient(pod: PodInfo, node: NodeInfo, scalars: readonly (readonly [string, number])[], full: boolean): Rejection | undefined {
  const { requests } = pod
  const { allocatable, requested } = node
  const reasons: string[] = full ? ['Too many pods'] : []
  let unresolvable = false
  const check = (name: string, wanted: number, has: number, used: number) => {
    if (wanted <= 0 || wanted <= has - used) return
    reasons.push(`Insufficient ${name}`)
    if (wanted > has) unresolvable = true
  }
  check('cpu', requests.milliCpu, allocatable.milliCpu, requested.milliCpu)
  check('memory', requests.memory, allocatable.memory, requested.memory)
  check('ephemeral-storage', requests.ephemeralStorage, allocatable.ephemeralStorage, requested.ephemeralStorage)
  for (const [name, wanted] of scalars) check(name, wanted, allocatable.scalar[name] ?? 0, requested.scalar[name] ?? 0)
  return reasons.length ? { plugin, reasons, unresolvable } : undefined
}

function fitsEmpty({ requests }: PodInfo, { allocatable }: NodeInfo): boolean {
  return (
    requests.milliCpu <= allocatable.milliCpu &&
    requests.memory <= allocatable.memory &&
    requests.ephemeralStorage <= allocatable.ephemeralStorage &&
    Object.entries(requests.scalar).every(([name, wanted]) => wanted <= (allocatable.scalar[name] ?? 0))
  )
}

/** Whether a pod resized in place gave up something that is wanted. */
function frees(wanted: Resources, before: Pod, after: Pod): boolean {
  const had = podRequests(before.spec)
  const has = podRequests(after.spec)
  return (
    (wanted.milliCpu > 0 && has.milliCpu < had.milliCpu) ||
    (wanted.memory > 0 && has.memory < had.memory) ||
    (wanted.ephemeralStorage > 0 && has.ephemeralStorage < had.ephemeralStorage)
  )
}

/** What would be requested on the node with the pod there; cpu and memory with the floor for pods that request none. */
function requestReader(name: string): (pod: PodInfo, node: NodeInfo) => number {
  switch (name) {
    case 'cpu':
      return (pod, node) => node.nonZeroRequested.milliCpu + pod.nonZeroRequests.milliCpu
    case 'memory':
      return (pod, node) => node.nonZeroRequested.memory + pod.nonZeroRequests.memory
    case 'ephemeral-storage':
      return (pod, node) => node.requested.ephemeralStorage + pod.requests.ephemeralStorage
    default:
      return (pod, node) => (node.requested.scalar[name] ?? 0) + (pod.requests.scalar[name] ?? 0)
  }
}

function capacityOf({ allocatable }: NodeInfo, name: string): number {
  return name === 'cpu'
    ? allocatable.milliCpu
    : name === 'memory'
      ? allocatable.memory
      : name === 'ephemeral-storage'
        ? allocatable.ephemeralStorage
        : (allocatable.scalar[name] ?? 0)
}

const strategies = {
  LeastAllocated: () => (requested: number, capacity: number) =>
    requested > capacity ? 0 : Math.floor(((capacity - requested) * maxScore) / capacity),
  MostAllocated: () => (requested: number, capacity: number) => Math.floor((Math.min(requested, capacity) * maxScore) / capacity),
  RequestedToCapacityRatio: (args: FitArgs) => {
    const shape = args.scoringStrategy?.requestedToCapacityRatio?.shape ?? [
      { utilization: 0, score: 0 },
      { utilization: 100, score: 10 },
    ]
    return (requested: number, capacity: number) => alongShape(shape, requested > capacity ? 100 : Math.floor((requested * 100) / capacity))
  },
}

/** The broken line through the shape's points; scores there are 0 to 10. */
function alongShape(shape: readonly { readonly utilization: number; readonly score: number }[], utilization: number): number {
  for (let i = 0; i < shape.length; i++) {
    const point = shape[i] as { utilization: number; score: number }
    if (utilization > point.utilization) continue
    const before = shape[i - 1]
    if (!before) return point.score * 10
    const part = (utilization - before.utilization) / (point.utilization - before.utilization)
    return Math.trunc(before.score * 10 + (point.score - before.score) * 10 * part)
  }
  return (shape.at(-1)?.score ?? 0) * 10
}
