/** For the plugins' tables of cases: a cluster of nodes and pods written short, and what a plugin says of it. */
import type { Node, Pod, PodSpec } from '../../api/types/core-v1.ts'
import type { Draft } from '../../client/client.ts'
import { createClusterState } from '../cluster-state.ts'
import type { Cycle, Plugin } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { createPodInfo } from '../pod-info.ts'

export interface NodeCase {
  readonly labels?: Record<string, string>
  readonly spec?: Draft<Node['spec']>
  readonly allocatable?: Record<string, string>
  readonly images?: Record<string, number>
}
export interface PodCase {
  readonly on?: string
  readonly namespace?: string
  readonly labels?: Record<string, string>
  readonly deleting?: boolean
  readonly spec?: Draft<PodSpec>
}

export function nodeOf(name: string, { labels, spec, allocatable, images }: NodeCase): Node {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...spec },
    status: {
      allocatable: { cpu: '4', memory: '8Gi', pods: '10', ...allocatable },
      images: Object.entries(images ?? {}).map(([image, sizeBytes]) => ({ names: [image], sizeBytes })),
    },
  } as unknown as Node
}

export function podOf(name: string, { namespace = 'default', labels, spec, deleting }: PodCase): Pod {
  return {
    metadata: { name, namespace, labels, uid: name, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: { containers: [{ name: 'c', image: 'x' }], ...spec },
  } as unknown as Pod
}

export function cycleOf(nodes: Record<string, NodeCase>, pods: Record<string, PodCase> = {}): Cycle {
  const cluster = createClusterState()
  for (const [name, node] of Object.entries(nodes)) cluster.setNode(nodeOf(name, node))
  for (const [name, pod] of Object.entries(pods)) cluster.setPod(podOf(name, { ...pod, spec: { ...pod.spec, nodeName: pod.on as string } }))
  return { cluster, namespaceLabels: (namespace) => ({ 'kubernetes.io/metadata.name': namespace }), data: new Map() }
}

/** The reasons by node, or those for the pod as a whole under `pod`; nodes that pass are left out. */
export function rejections(plugin: Plugin, pod: PodCase, cycle: Cycle): Record<string, readonly string[]> {
  const result = plugin.preFilter?.(createPodInfo(podOf('incoming', pod)), cycle)
  if (!result) return {}
  if ('reject' in result) return { pod: result.reject.reasons }
  return Object.fromEntries(
    cycle.cluster.nodes.flatMap((node) => {
      const rejection = result.filter?.(node)
      return rejection ? [[node.name, rejection.reasons] as const] : []
    }),
  )
}

/** Final scores by node. */
export function scores(plugin: Plugin, pod: PodCase, cycle: Cycle): Record<string, number> | undefined {
  const nodes: readonly NodeInfo[] = cycle.cluster.nodes
  const scoring = plugin.preScore?.(createPodInfo(podOf('incoming', pod)), cycle, nodes)
  if (!scoring) return undefined
  const values = new Float64Array(nodes.length)
  scoring.score(nodes, values)
  scoring.normalizeScore?.(values, nodes)
  return Object.fromEntries(nodes.map((node, i) => [node.name, values[i] as number]))
}
