/** For the plugins' tables of cases: a cluster of nodes and pods written short, and what a plugin says of it. */
import { expect, test } from 'vitest'
import type { Node, Pod, PodSpec } from '../../api/types/core-v1.ts'
import type { ResourceName } from '../../api/types/index.ts'
import { type Client, createClient, type Draft } from '../../client/client.ts'
import { createInformers, type Informers } from '../../client/informer.ts'
import { createMemoryTransport, type MemoryTransport } from '../../client/memory-transport.ts'
import { createClusterState } from '../cluster-state.ts'
import type { ClusterEvent, Cycle, NodeChange, Plugin } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { createPodInfo } from '../pod-info.ts'
import { candidatesOf } from '../schedule-pod.ts'

export interface NodeCase {
  readonly labels?: Record<string, string>
  readonly spec?: Draft<Node['spec']>
  readonly allocatable?: Record<string, string>
  readonly images?: Record<string, number>
  readonly declaredFeatures?: string[]
}
export interface PodCase {
  readonly on?: string
  readonly namespace?: string
  readonly labels?: Record<string, string>
  readonly deleting?: boolean
  readonly spec?: Draft<PodSpec>
  readonly status?: Draft<Pod['status']>
}

export function nodeOf(name: string, { labels, spec, allocatable, images, declaredFeatures }: NodeCase): Node {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...spec },
    status: {
      allocatable: { cpu: '4', memory: '8Gi', pods: '10', ...allocatable },
      images: Object.entries(images ?? {}).map(([image, sizeBytes]) => ({ names: [image], sizeBytes })),
      declaredFeatures,
    },
  } as unknown as Node
}

export function podOf(name: string, { on, namespace = 'default', labels, spec, status, deleting }: PodCase): Pod {
  return {
    metadata: { name, namespace, labels, uid: name, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: { containers: [{ name: 'c', image: 'x' }], ...(on ? { nodeName: on } : {}), ...spec },
    ...(status ? { status } : {}),
  } as unknown as Pod
}

/** A pod of one container that requests these resources. */
export const requesting = (requests: Record<string, string>, more: Draft<PodSpec> = {}): Draft<PodSpec> => ({
  containers: [{ name: 'c', image: 'x', resources: { requests } }],
  ...more,
})

export function cycleOf(nodes: Record<string, NodeCase>, pods: Record<string, PodCase> = {}): Cycle {
  const cluster = createClusterState()
  for (const [name, node] of Object.entries(nodes)) cluster.setNode(nodeOf(name, node))
  for (const [name, pod] of Object.entries(pods)) cluster.setPod(podOf(name, pod))
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
  const scoring = plugin.preScore?.(createPodInfo(podOf('incoming', pod)), cycle, candidatesOf(nodes))
  if (!scoring) return undefined
  const values = new Float64Array(nodes.length)
  scoring.score(values)
  scoring.normalizeScore?.(values)
  return Object.fromEntries(nodes.map((node, i) => [node.name, values[i] as number]))
}

type Nodes = Record<string, NodeCase>
type Pods = Record<string, PodCase>

/** Which of the nodes a plugin turns down for the pod, and in which words. */
export function testFilter(
  plugin: Plugin,
  rows: readonly (readonly [what: string, pod: PodCase, nodes: Nodes, pods: Pods, reasons: Record<string, readonly string[]>])[],
): void {
  test.each(rows)('filter: %s', (_, pod, nodes, pods, reasons) => {
    expect(rejections(plugin, pod, cycleOf(nodes, pods))).toEqual(reasons)
  })
}

/** What a plugin gives each node for the pod; undefined where it is passed over. */
export function testScore(
  plugin: Plugin,
  rows: readonly (readonly [what: string, pod: PodCase, nodes: Nodes, pods: Pods, scores: Record<string, number> | undefined])[],
): void {
  test.each(rows)('score: %s', (_, pod, nodes, pods, expected) => {
    expect(scores(plugin, pod, cycleOf(nodes, pods))).toEqual(expected)
  })
}

/** Whether an event may help a pod that the plugin turned down. */
export function testHints(
  plugin: Plugin,
  rows: readonly (readonly [what: string, pod: PodCase, event: ClusterEvent, wakes: boolean])[],
): void {
  test.each(rows)('queueing hint: %s', (_, pod, event, wakes) => {
    expect(plugin.wakes?.(createPodInfo(podOf('incoming', pod)), event) ?? false).toBe(wakes)
  })
}

/** Events written short. */
export const event = {
  nodeAdded: (node: NodeCase = {}): ClusterEvent => ({ kind: 'node-added', node: infoOf(node) }),
  nodeUpdated: (changed: NodeChange, node: NodeCase = {}): ClusterEvent => ({
    kind: 'node-updated',
    node: infoOf(node),
    changed: new Set([changed]),
  }),
  nodeDeleted: { kind: 'node-deleted', name: 'n' } as ClusterEvent,
  podAssigned: (pod: PodCase = {}): ClusterEvent => ({ kind: 'pod-assigned', pod: podOf('other', { on: 'n', ...pod }) }),
  podUpdated: (before: PodCase, pod: PodCase): ClusterEvent => ({
    kind: 'pod-updated',
    before: podOf('other', { on: 'n', ...before }),
    pod: podOf('other', { on: 'n', ...pod }),
  }),
  podDeleted: (pod: PodCase = {}): ClusterEvent => ({ kind: 'pod-deleted', pod: podOf('other', { on: 'n', ...pod }) }),
  storage: (resource: ResourceName, object: object = {}): ClusterEvent => ({ kind: 'storage', resource, object }),
}
const infoOf = (node: NodeCase): NodeInfo => cycleOf({ n: node }).cluster.node('n') as NodeInfo

/** Informers over a server in memory that holds the objects. */
export async function withObjects(
  objects: Partial<Record<ResourceName, readonly object[]>>,
): Promise<{ client: Client; informers: Informers; transport: MemoryTransport }> {
  const transport = createMemoryTransport()
  const client = createClient(transport)
  for (const [resource, list] of Object.entries(objects))
    for (const object of list) await client.create(resource as ResourceName, object as never)
  return { client, informers: createInformers(client), transport }
}

/** Makes a plugin and waits for all that it watches. */
export async function synced<P>(informers: Informers, make: () => P): Promise<P> {
  const plugin = make()
  informers.start()
  await informers.synced()
  return plugin
}
