/**
 * What the scheduler knows of the cluster: upstream's cache and the snapshot of it in one, which is possible because a
 * cycle here runs without a pause between its first look and the assumption of its result. Pods are counted on a node
 * from the moment they are assumed there.
 */
import type { Node, Pod } from '../api/types/core-v1.ts'
import { createNodeIndex, type NodeIndex } from './node-index.ts'
import { addPod, createNodeInfo, type NodeInfo, removePod, setNode } from './node-info.ts'
import { createNodeResources, type NodeResources } from './node-resources.ts'
import { createPodInfo, type PodInfo, placeChanged, sameLabels } from './pod-info.ts'

export interface ClusterState extends NodeIndex {
  /** Every node, in an order in which zones take turns, so that a search cut short has seen all of them. */
  readonly nodes: readonly NodeInfo[]
  readonly resources: NodeResources
  node(name: string): NodeInfo | undefined
  setNode(node: Node): void
  removeNode(name: string): void
  /** Counts the pod on the node before it is bound there. */
  assume(pod: PodInfo, node: NodeInfo): void
  isAssumed(key: string): boolean
  /** A pod that is bound. Replaces what was known of it. */
  setPod(pod: Pod): void
  removePod(key: string): void
  /** Takes a pod off its node for a trial, and puts it back: what preemption asks. */
  detach(pod: PodInfo): void
  attach(pod: PodInfo, node: NodeInfo): void
  podOn(key: string): NodeInfo | undefined
  /** Nodes with at least one pod that has affinity terms, or required anti-affinity terms. */
  readonly nodesWithAffinity: ReadonlySet<NodeInfo>
  readonly nodesWithRequiredAntiAffinity: ReadonlySet<NodeInfo>
  /** How many nodes have each image. */
  nodesWithImage(name: string): number
  readonly sizes: { readonly nodes: number; readonly pods: number; readonly assumed_pods: number }
  /** Whether there is a node of the kind, so that the plugins that care can be passed over. */
  readonly has: Readonly<Record<NodeTrait, boolean>>
}

type NodeTrait = 'cordons' | 'hardTaints' | 'softTaints'

export function createClusterState(): ClusterState {
  const byName = new Map<string, NodeInfo>()
  const index = createNodeIndex(() => byName.values())
  const resources = createNodeResources()
  const free: number[] = []
  let indexes = 0
  const where = new Map<string, NodeInfo>()
  const assumed = new Set<string>()
  const imageNodes = new Map<string, number>()
  const traits: Record<NodeTrait, number> = { cordons: 0, hardTaints: 0, softTaints: 0 }
  const nodesWithAffinity = new Set<NodeInfo>()
  const nodesWithRequiredAntiAffinity = new Set<NodeInfo>()
  /** Pods on nodes that are not known (yet), by node: they are counted when it appears. */
  const homeless = new Map<string, Map<string, PodInfo>>()
  const homelessOn = new Map<string, string>()
  let order: NodeInfo[] | undefined

  function place(pod: PodInfo, node: NodeInfo): void {
    addPod(node, pod, resources)
    where.set(pod.key, node)
    index.podAdded(node, pod)
    noteAffinity(node)
  }
  function displace(key: string): void {
    const node = where.get(key)
    const pod = node?.pods.get(key)
    if (!node || !pod) return
    removePod(node, pod, resources)
    where.delete(key)
    index.podRemoved(node, pod)
    noteAffinity(node)
  }
  function noteAffinity(node: NodeInfo): void {
    if (node.podsWithAffinity.size) nodesWithAffinity.add(node)
    else nodesWithAffinity.delete(node)
    if (node.podsWithRequiredAntiAffinity.size) nodesWithRequiredAntiAffinity.add(node)
    else nodesWithRequiredAntiAffinity.delete(node)
  }
  function forget(key: string): void {
    assumed.delete(key)
    displace(key)
    const gone = homelessOn.get(key)
    if (gone === undefined) return
    homelessOn.delete(key)
    const pods = homeless.get(gone)
    pods?.delete(key)
    if (pods?.size === 0) homeless.delete(gone)
  }
  function shelter(pod: PodInfo, nodeName: string): void {
    const waiting = homeless.get(nodeName)
    if (waiting) waiting.set(pod.key, pod)
    else homeless.set(nodeName, new Map([[pod.key, pod]]))
    homelessOn.set(pod.key, nodeName)
  }
  function labelsChanged(): void {
    order = undefined
    index.labelsChanged()
  }
  function countNode(node: NodeInfo, sign: 1 | -1): void {
    for (const image of node.images.keys()) imageNodes.set(image, (imageNodes.get(image) ?? 0) + sign)
    if (node.unschedulable) traits.cordons += sign
    if (node.hardTaints.length) traits.hardTaints += sign
    if (node.softTaints.length) traits.softTaints += sign
  }

  return {
    ...index,
    resources,
    get nodes() {
      order ??= interleaveZones([...byName.values()])
      return order
    },
    node: (name) => byName.get(name),
    setNode(node) {
      const { name } = node.metadata
      const have = byName.get(name)
      if (have) {
        const isSame = sameLabels(have.labels, node.metadata.labels ?? {})
        countNode(have, -1)
        setNode(have, node, resources)
        countNode(have, 1)
        if (!isSame) labelsChanged()
        return
      }
      const info = createNodeInfo(node, free.pop() ?? indexes++, resources)
      byName.set(name, info)
      index.grow(indexes)
      countNode(info, 1)
      labelsChanged()
      for (const pod of homeless.get(name)?.values() ?? []) {
        homelessOn.delete(pod.key)
        place(pod, info)
      }
      homeless.delete(name)
    },
    removeNode(name) {
      const node = byName.get(name)
      if (!node) return
      for (const pod of [...node.pods.values()]) {
        displace(pod.key)
        shelter(pod, name)
      }
      countNode(node, -1)
      byName.delete(name)
      free.push(node.index)
      labelsChanged()
    },
    assume(pod, node) {
      forget(pod.key)
      assumed.add(pod.key)
      place(pod, node)
    },
    isAssumed: (key) => assumed.has(key),
    setPod(pod) {
      const key = `${pod.metadata.namespace}/${pod.metadata.name}`
      const at = where.get(key)
      const have = at?.pods.get(key)
      if (at && have && at.name === pod.spec.nodeName && !placeChanged(pod, have.pod)) {
        // Most pods are bound where they were assumed.
        assumed.delete(key)
        index.podRemoved(at, have)
        have.pod = pod
        have.labels = pod.metadata.labels ?? {}
        index.podAdded(at, have)
        return
      }
      const info = createPodInfo(pod)
      forget(info.key)
      const node = byName.get(pod.spec.nodeName as string)
      if (node) place(info, node)
      else shelter(info, pod.spec.nodeName as string)
    },
    removePod: forget,
    detach: (pod) => displace(pod.key),
    attach: place,
    podOn: (key) => where.get(key),
    nodesWithAffinity,
    nodesWithRequiredAntiAffinity,
    nodesWithImage: (name) => imageNodes.get(name) ?? 0,
    get sizes() {
      return { nodes: byName.size, pods: where.size, assumed_pods: assumed.size }
    },
    has: {
      get cordons() {
        return traits.cordons > 0
      },
      get hardTaints() {
        return traits.hardTaints > 0
      },
      get softTaints() {
        return traits.softTaints > 0
      },
    },
  }
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
