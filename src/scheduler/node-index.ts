/**
 * What plugins ask of all nodes at once, kept from one cycle to the next: the values of a label, the nodes that a
 * selector matches, and how many pods of a kind each node has. So topology spread and pod affinity cost what changed
 * since the last cycle, and not what exists. Arrays are by NodeInfo.index.
 */
import type { Selector } from '../api/labels.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo, RequiredNodes } from './pod-info.ts'

export interface NodeIndex {
  /** The pods that match, counted. The same id must mean the same pods. */
  matching(id: string, matches: (pod: PodInfo) => boolean): PodCounts
  /** The nodes by value of a label: `ids[node.index]`, -1 without the label. */
  topology(key: string): Topology
  /** Which nodes the selector matches. */
  nodesMatching(selector: RequiredNodes): Uint8Array
}

/** Live: they change with the cluster. */
export interface PodCounts {
  readonly perNode: Int32Array
  /** By value of a label, over the nodes that the selector matches. */
  perDomain(key: string, selector: RequiredNodes | undefined): DomainCounts
}
export interface DomainCounts {
  readonly counts: Float64Array
  /** 1 where a node that counts has the value. */
  readonly isDomain: Uint8Array
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
const keptDomains = 16

export function createNodeIndex(nodes: () => Iterable<NodeInfo>): KeptNodeIndex {
  const counters = new Map<string, Counter>()
  const topologies = new Map<string, Topology>()
  const selections = new Map<string, Uint8Array>()
  let length = 0

  function count(node: NodeInfo, pod: PodInfo, amount: 1 | -1): void {
    for (const counter of counters.values()) {
      if (!counter.matches(pod)) continue
      counter.perNode[node.index]! += amount
      for (const domains of counter.domains.values()) countIn(domains, node.index, amount)
    }
  }
  function perDomain(this: Counter, key: string, selector: RequiredNodes | undefined): DomainCounts {
    const id = selector ? `${key} ${selector.id}` : key
    const have = this.domains.get(id)
    if (have) return have
    const { ids, values } = topology(key)
    const made: KeptDomains = {
      ids,
      selected: selector && nodesMatching(selector),
      counts: new Float64Array(values.length),
      isDomain: new Uint8Array(values.length),
    }
    for (let index = 0; index < ids.length; index++) countIn(made, index, this.perNode[index] as number)
    if (this.domains.size === keptDomains) this.domains.clear()
    this.domains.set(id, made)
    return made
  }
  function topology(key: string): Topology {
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
  }
  function nodesMatching({ id, matches }: RequiredNodes): Uint8Array {
    const have = selections.get(id)
    if (have) return have
    const made = new Uint8Array(length)
    for (const node of nodes()) if (matches(node.node)) made[node.index] = 1
    if (selections.size === keptSelections) selections.clear()
    selections.set(id, made)
    return made
  }

  return {
    topology,
    nodesMatching,
    podAdded: (node, pod) => count(node, pod, 1),
    podRemoved: (node, pod) => count(node, pod, -1),
    labelsChanged() {
      topologies.clear()
      selections.clear()
      for (const { domains } of counters.values()) domains.clear()
    },
    grow(wanted) {
      if (wanted <= length) return
      length = Math.max(64, wanted * 2)
      for (const counter of counters.values()) {
        const longer = new Int32Array(length)
        longer.set(counter.perNode)
        counter.perNode = longer
      }
    },
    matching(id, matches) {
      const have = counters.get(id)
      if (have) {
        counters.delete(id)
        counters.set(id, have) // the one asked for last is at the end
        return have
      }
      const perNode = new Int32Array(length)
      for (const node of nodes()) for (const pod of node.pods.values()) if (matches(pod)) perNode[node.index]!++
      const made: Counter = { perNode, matches, domains: new Map(), perDomain }
      counters.set(id, made)
      if (counters.size > keptCounters) counters.delete(counters.keys().next().value as string)
      return made
    },
  }
}

interface Counter extends PodCounts {
  perNode: Int32Array
  readonly matches: (pod: PodInfo) => boolean
  readonly domains: Map<string, KeptDomains>
}

interface KeptDomains extends DomainCounts {
  readonly ids: Int32Array
  readonly selected: Uint8Array | undefined
}

function countIn({ ids, selected, counts, isDomain }: KeptDomains, index: number, amount: number): void {
  const id = ids[index] as number
  if (id < 0 || selected?.[index] === 0) return
  isDomain[id] = 1
  counts[id]! += amount
}

/** The id under which a selector's counts are kept. */
export function counterId(namespaces: ReadonlySet<string>, selector: Selector): string {
  return `${[...namespaces].join(',')}|${selector.toString()}`
}
