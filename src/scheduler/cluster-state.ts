/**
 * What the scheduler knows of the cluster (upstream: the scheduler's cache and its snapshot in one, which is possible
 * because a cycle here runs without a pause between its first look and the assumption of its result). Pods are counted
 * on a node from the moment they are assumed there.
 *
 * Counts of pods that match a selector are kept per node while they are asked for, so that topology spread and pod
 * affinity cost what changed since the last cycle and not what exists.
 */
import type { Selector } from '../api/labels.ts'
import type { Node, Pod } from '../api/types/core-v1.ts'
import { addPod, createNodeInfo, type NodeInfo, removePod, setNode } from './node-info.ts'
import { createPodInfo, type PodInfo, type RequiredNodes } from './pod-info.ts'

export interface ClusterState {
  /** Every node, in an order in which zones take turns, so that a search cut short has seen all of them. */
  readonly nodes: readonly NodeInfo[]
  node(name: string): NodeInfo | undefined
  setNode(node: Node): void
  removeNode(name: string): void
  /** A pod that is bound, or assumed to be. Replaces what was known of it. */
  setPod(pod: Pod, nodeName: string, assumed?: boolean): PodInfo
  removePod(key: string): void
  /** Takes a pod off its node for a trial, and puts it back: what preemption asks. */
  detach(pod: PodInfo): void
  attach(pod: PodInfo, node: NodeInfo): void
  isAssumed(key: string): boolean
  podOn(key: string): NodeInfo | undefined
  /** How many pods of the namespaces match, by NodeInfo.index. Live: it changes with the cluster. */
  matching(id: string, matches: (pod: PodInfo) => boolean): Int32Array
  /** The nodes by value of a label: `ids[node.index]`, -1 without the label. */
  topology(key: string): Topology
  /** Which nodes the selector matches, by NodeInfo.index. */
  nodesMatching(selector: RequiredNodes): Uint8Array
  /** Nodes with at least one pod that has affinity terms, or required anti-affinity terms. */
  readonly nodesWithAffinity: ReadonlySet<NodeInfo>
  readonly nodesWithRequiredAntiAffinity: ReadonlySet<NodeInfo>
  /** How many nodes have each image. */
  nodesWithImage(name: string): number
  /** Whether any node has a taint that only scores. */
  readonly hasSoftTaints: boolean
}

export interface Topology {
  readonly ids: Int32Array
  readonly values: readonly string[]
}

/** Counters not asked for in this many cycles are dropped. */
const keptCounters = 512
const keptSelections = 64

export function createClusterState(): ClusterState {
  const byName = new Map<string, NodeInfo>()
  const slots: (NodeInfo | undefined)[] = []
  const free: number[] = []
  const where = new Map<string, NodeInfo>()
  const assumed = new Set<string>()
  const counters = new Map<string, { counts: Int32Array; matches: (pod: PodInfo) => boolean }>()
  const topologies = new Map<string, Topology>()
  const selections = new Map<string, Uint8Array>()
  const imageNodes = new Map<string, number>()
  const nodesWithAffinity = new Set<NodeInfo>()
  const nodesWithRequiredAntiAffinity = new Set<NodeInfo>()
  /** Pods on nodes that are not known (yet): they are counted when the node appears. */
  const homeless = new Map<string, Map<string, PodInfo>>()
  const homelessOn = new Map<string, string>()
  let order: NodeInfo[] | undefined
  let softTaints = 0

  function place(info: NodeInfo, pod: PodInfo): void {
    addPod(info, pod)
    where.set(pod.key, info)
    for (const { counts, matches } of counters.values()) if (matches(pod)) counts[info.index]!++
    remember(info)
  }
  function displace(info: NodeInfo, key: string): void {
    const pod = info.pods.get(key)
    if (!pod) return
    removePod(info, key)
    where.delete(key)
    for (const { counts, matches } of counters.values()) if (matches(pod)) counts[info.index]!--
    remember(info)
  }
  function remember(info: NodeInfo): void {
    if (info.podsWithAffinity.size) nodesWithAffinity.add(info)
    else nodesWithAffinity.delete(info)
    if (info.podsWithRequiredAntiAffinity.size) nodesWithRequiredAntiAffinity.add(info)
    else nodesWithRequiredAntiAffinity.delete(info)
  }
  function forget(key: string): void {
    assumed.delete(key)
    const info = where.get(key)
    if (info) displace(info, key)
    const gone = homelessOn.get(key)
    if (gone === undefined) return
    homelessOn.delete(key)
    const pods = homeless.get(gone)
    pods?.delete(key)
    if (pods?.size === 0) homeless.delete(gone)
  }
  /** A node came, went or has other labels. */
  function labelsChanged(): void {
    order = undefined
    topologies.clear()
    selections.clear()
  }
  function countNode(info: NodeInfo, sign: 1 | -1): void {
    for (const image of info.images.keys()) imageNodes.set(image, (imageNodes.get(image) ?? 0) + sign)
    if (info.softTaints.length) softTaints += sign
  }

  return {
    get nodes() {
      order ??= interleaveZones([...byName.values()])
      return order
    },
    node: (name) => byName.get(name),
    setNode(node) {
      const name = node.metadata.name
      const have = byName.get(name)
      if (have) {
        const isSame = sameLabels(have.labels, node.metadata.labels ?? {})
        countNode(have, -1)
        setNode(have, node)
        countNode(have, 1)
        if (!isSame) labelsChanged()
        return
      }
      const index = free.pop() ?? slots.length
      const info = createNodeInfo(node, index)
      slots[index] = info
      byName.set(name, info)
      countNode(info, 1)
      labelsChanged()
      for (const counter of counters.values()) if (index >= counter.counts.length) counter.counts = grown(counter.counts, index + 1)
      for (const pod of homeless.get(name)?.values() ?? []) {
        homelessOn.delete(pod.key)
        place(info, pod)
      }
      homeless.delete(name)
    },
    removeNode(name) {
      const info = byName.get(name)
      if (!info) return
      const left = new Map(info.pods)
      for (const key of left.keys()) displace(info, key)
      if (left.size) homeless.set(name, left)
      for (const key of left.keys()) homelessOn.set(key, name)
      countNode(info, -1)
      byName.delete(name)
      slots[info.index] = undefined
      free.push(info.index)
      labelsChanged()
    },
    setPod(pod, nodeName, isAssumed = false) {
      const info = createPodInfo(pod)
      forget(info.key)
      if (isAssumed) assumed.add(info.key)
      const node = byName.get(nodeName)
      if (node) place(node, info)
      else {
        const waiting = homeless.get(nodeName) ?? new Map<string, PodInfo>()
        waiting.set(info.key, info)
        homeless.set(nodeName, waiting)
        homelessOn.set(info.key, nodeName)
      }
      return info
    },
    removePod: forget,
    detach(pod) {
      const info = where.get(pod.key)
      if (info) displace(info, pod.key)
    },
    attach: (pod, node) => place(node, pod),
    isAssumed: (key) => assumed.has(key),
    podOn: (key) => where.get(key),
    matching(id, matches) {
      const have = counters.get(id)
      if (have) {
        counters.delete(id)
        counters.set(id, have) // the one asked for last is at the end
        return have.counts
      }
      const counts = new Int32Array(Math.max(16, slots.length))
      for (const info of byName.values()) for (const pod of info.pods.values()) if (matches(pod)) counts[info.index]!++
      counters.set(id, { counts, matches })
      if (counters.size > keptCounters) counters.delete(counters.keys().next().value as string)
      return counts
    },
    topology(key) {
      const have = topologies.get(key)
      if (have) return have
      const ids = new Int32Array(slots.length).fill(-1)
      const byValue = new Map<string, number>()
      for (const info of byName.values()) {
        const value = info.labels[key]
        if (value === undefined) continue
        let id = byValue.get(value)
        if (id === undefined) {
          id = byValue.size
          byValue.set(value, id)
        }
        ids[info.index] = id
      }
      const made = { ids, values: [...byValue.keys()] }
      topologies.set(key, made)
      return made
    },
    nodesMatching({ id, matches }) {
      const have = selections.get(id)
      if (have) return have
      const made = new Uint8Array(slots.length)
      for (const info of byName.values()) if (matches(info.node)) made[info.index] = 1
      if (selections.size === keptSelections) selections.clear()
      selections.set(id, made)
      return made
    },
    nodesWithAffinity,
    nodesWithRequiredAntiAffinity,
    nodesWithImage: (name) => imageNodes.get(name) ?? 0,
    get hasSoftTaints() {
      return softTaints > 0
    },
  }
}

/** The key under which a selector's counts are kept. */
export function counterId(namespaces: ReadonlySet<string>, selector: Selector): string {
  return `${[...namespaces].join(',')}|${selector.toString()}`
}

function grown(counts: Int32Array, length: number): Int32Array {
  if (length <= counts.length) return counts
  const longer = new Int32Array(Math.max(length, counts.length * 2))
  longer.set(counts)
  return longer
}

/** Zones take turns (upstream's nodeTree). */
function interleaveZones(nodes: NodeInfo[]): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>()
  for (const info of nodes) {
    const zone = `${info.labels['topology.kubernetes.io/region'] ?? ''}:${info.labels['topology.kubernetes.io/zone'] ?? ''}`
    const list = zones.get(zone)
    if (list) list.push(info)
    else zones.set(zone, [info])
  }
  const lists = [...zones.values()]
  const mixed: NodeInfo[] = []
  for (let turn = 0; mixed.length < nodes.length; turn++)
    for (const list of lists) if (turn < list.length) mixed.push(list[turn] as NodeInfo)
  return mixed
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
