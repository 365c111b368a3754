/**
 * What plugins ask of all nodes at once, kept from one cycle to the next: the values of a label, the nodes that a
 * selector matches, and how many pods of a kind each node has. So topology spread and pod affinity cost what changed
 * since the last cycle, and not what exists. Arrays are by NodeInfo.index.
 */
import type { Selector } from '../api/labels.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo, RequiredNodes } from './pod-info.ts'

export interface NodeIndex {
  /** How many pods match, node by node. Live: it changes with the cluster. The same id must mean the same pods. */
  matching(id: string, matches: (pod: PodInfo) => boolean): Int32Array
  /** The nodes by value of a label: `ids[node.index]`, -1 without the label. */
  topology(key: string): Topology
  /** Which nodes the selector matches. */
  nodesMatching(selector: RequiredNodes): Uint8Array
}

export interface Topology {
  readonly ids: Int32Array
  readonly values: readonly string[]
}

export interface KeptNodeIndex extends NodeIndex {
  podAdded(node: NodeInfo, pod: PodInfo): void
  podRemoved(node: NodeInfo, pod: PodInfo): void
  /** A node came, went or has other labels. */
  labelsChanged(): void
  /** Indexes are below this. */
  grow(length: number): void
}

/** Counters that were asked for longest ago are dropped first. */
const keptCounters = 512
const keptSelections = 64

export function createNodeIndex(nodes: () => Iterable<NodeInfo>): KeptNodeIndex {
  const counters = new Map<string, { counts: Int32Array; matches: (pod: PodInfo) => boolean }>()
  const topologies = new Map<string, Topology>()
  const selections = new Map<string, Uint8Array>()
  let length = 0

  function count(node: NodeInfo, pod: PodInfo, amount: 1 | -1): void {
    for (const { counts, matches } of counters.values()) if (matches(pod)) counts[node.index]! += amount
  }
  return {
    podAdded: (node, pod) => count(node, pod, 1),
    podRemoved: (node, pod) => count(node, pod, -1),
    labelsChanged() {
      topologies.clear()
      selections.clear()
    },
    grow(wanted) {
      if (wanted <= length) return
      length = Math.max(64, wanted * 2)
      for (const counter of counters.values()) {
        const longer = new Int32Array(length)
        longer.set(counter.counts)
        counter.counts = longer
      }
    },
    matching(id, matches) {
      const have = counters.get(id)
      if (have) {
        counters.delete(id)
        counters.set(id, have) // the one asked for last is at the end
        return have.counts
      }
      const counts = new Int32Array(length)
      for (const node of nodes()) for (const pod of node.pods.values()) if (matches(pod)) counts[node.index]!++
      counters.set(id, { counts, matches })
      if (counters.size > keptCounters) counters.delete(counters.keys().next().value as string)
      return counts
    },
    topology(key) {
      const have = topologies.get(key)
      if (have) return have
      const ids = new Int32Array(length).fill(-1)
      const byValue = new Map<string, number>()
      for (const node of nodes()) {
        const value = node.labels[key]
        if (value === undefined) continue
        let id = byValue.get(value)
        if (id === undefined) {
          id = byValue.size
          byValue.set(value, id)
        }
        ids[node.index] = id
      }
      const made = { ids, values: [...byValue.keys()] }
      topologies.set(key, made)
      return made
    },
    nodesMatching({ id, matches }) {
      const have = selections.get(id)
      if (have) return have
      const made = new Uint8Array(length)
      for (const node of nodes()) if (matches(node.node)) made[node.index] = 1
      if (selections.size === keptSelections) selections.clear()
      selections.set(id, made)
      return made
    },
  }
}

/** The id under which a selector's counts are kept. */
export function counterId(namespaces: ReadonlySet<string>, selector: Selector): string {
  return `${[...namespaces].join(',')}|${selector.toString()}`
}
