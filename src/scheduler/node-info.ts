/** A node with the pods on it, bound and assumed (framework.NodeInfo); what plugins add up is in NodeResources. */
import type { Node, Taint } from '../api/types/core-v1.ts'
import { addToColumns, type NodeResources } from './node-resources.ts'
import type { PodInfo } from './pod-info.ts'
import { noResources, type Resources, readResources } from './resources.ts'

export interface NodeInfo {
  readonly name: string
  /** The position in arrays that run parallel to the nodes; stays while the node stays. */
  readonly index: number
  node: Node
  labels: Readonly<Record<string, string>>
  unschedulable: boolean
  /** Taints that keep pods away; PreferNoSchedule ones only count when scoring. */
  hardTaints: readonly Taint[]
  softTaints: readonly Taint[]
  allocatable: Resources
  readonly pods: Map<string, PodInfo>
  /** Those of `pods` that have affinity terms of any kind; with required anti-affinity. */
  readonly podsWithAffinity: Set<PodInfo>
  readonly podsWithRequiredAntiAffinity: Set<PodInfo>
  /** How many pods hold each host port, by `protocol/ip:port`. */
  readonly usedPorts: Map<string, number>
  /** Image sizes by name. */
  images: ReadonlyMap<string, number>
}

export function createNodeInfo(node: Node, index: number, resources: NodeResources): NodeInfo {
  const info: NodeInfo = {
    name: node.metadata.name,
    index,
    node,
    labels: {},
    unschedulable: false,
    hardTaints: [],
    softTaints: [],
    allocatable: noResources(),
    pods: new Map(),
    podsWithAffinity: new Set(),
    podsWithRequiredAntiAffinity: new Set(),
    usedPorts: new Map(),
    images: new Map(),
  }
  resources.clear(index)
  setNode(info, node, resources)
  return info
}

export function setNode(info: NodeInfo, node: Node, { allocatable, pods, changed }: NodeResources): void {
  info.node = node
  info.labels = node.metadata.labels ?? {}
  info.unschedulable = node.spec.unschedulable === true
  const taints = node.spec.taints ?? []
  info.hardTaints = taints.filter((t) => t.effect !== 'PreferNoSchedule')
  info.softTaints = taints.filter((t) => t.effect === 'PreferNoSchedule')
  addToColumns(allocatable, info.index, info.allocatable, -1)
  info.allocatable = readResources(node.status.allocatable)
  addToColumns(allocatable, info.index, info.allocatable, 1)
  pods.of('allowed')[info.index] = Number(node.status.allocatable?.['pods'] ?? 0)
  changed(info.index)
  info.images = new Map(
    (node.status.images ?? []).flatMap((image) =>
      (image.names ?? []).map((name) => [normalizedImage(name), image.sizeBytes ?? 0] as const),
    ),
  )
}

export function addPod(info: NodeInfo, pod: PodInfo, resources: NodeResources): void {
  info.pods.set(pod.key, pod)
  count(info, pod, resources, 1)
  const { antiAffinity } = pod
  if (pod.affinity.length || antiAffinity.length || pod.preferredAffinity.length || pod.preferredAntiAffinity.length)
    info.podsWithAffinity.add(pod)
  if (antiAffinity.length) info.podsWithRequiredAntiAffinity.add(pod)
}

export function removePod(info: NodeInfo, pod: PodInfo, resources: NodeResources): void {
  info.pods.delete(pod.key)
  count(info, pod, resources, -1)
  info.podsWithAffinity.delete(pod)
  info.podsWithRequiredAntiAffinity.delete(pod)
}

function count(info: NodeInfo, pod: PodInfo, { requested, nonZeroRequested, pods, changed }: NodeResources, sign: 1 | -1): void {
  pods.of('count')[info.index]! += sign
  addToColumns(requested, info.index, pod.requests, sign)
  addToColumns(nonZeroRequested, info.index, pod.nonZeroRequests, sign)
  changed(info.index)
  for (const { protocol, ip, port } of pod.hostPorts) {
    const key = `${protocol}/${ip}:${port}`
    const now = (info.usedPorts.get(key) ?? 0) + sign
    if (now > 0) info.usedPorts.set(key, now)
    else info.usedPorts.delete(key)
  }
}

/** `nginx` is `nginx:latest`, as the kubelet names images in a node's status. */
export function normalizedImage(name: string): string {
  return name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name
}
