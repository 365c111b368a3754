/**
 * The scheduling framework: what a plugin may do in the cycle of one pod (pkg/scheduler/framework, KEP-624). A plugin
 * looks at the pod once and returns the function that is then called for each node; one that has nothing to say about
 * this pod returns undefined and costs nothing more.
 */
import type { Pod } from '../api/types/core-v1.ts'
import type { ClusterState } from './cluster-state.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

/** Why a node, or the pod altogether, was turned down. */
export interface Rejection {
  readonly plugin: string
  readonly reasons: readonly string[]
  /** Preempting pods would not help (UnschedulableAndUnresolvable). */
  readonly unresolvable: boolean
}

export interface Cycle {
  readonly cluster: ClusterState
  readonly namespaceLabels: (namespace: string) => Readonly<Record<string, string>>
  /** What a plugin hands from one of its steps to a later one. */
  readonly data: Map<string, unknown>
}

export type NodeFilter = (node: NodeInfo) => Rejection | undefined

export type Filtering =
  | undefined
  | { readonly reject: Rejection }
  | {
      readonly filter?: NodeFilter
      /** Only these nodes need to be looked at. */
      readonly nodes?: ReadonlySet<string>
    }

export interface Scoring {
  /** Higher is better. Without `normalize` it must be 0 to 100. */
  score(node: NodeInfo): number
  /** Brings scores of all feasible nodes to 0 … 100, in place. */
  normalize?(scores: Float64Array, nodes: readonly NodeInfo[]): void
}

/** Something that happened in the cluster and may let a pod be scheduled that could not be. */
export type ClusterEvent =
  | { readonly kind: 'node-added'; readonly node: NodeInfo }
  | {
      readonly kind: 'node-updated'
      readonly node: NodeInfo
      readonly changed: ReadonlySet<'allocatable' | 'labels' | 'taints' | 'unschedulable' | 'condition'>
    }
  | { readonly kind: 'node-deleted'; readonly name: string }
  | { readonly kind: 'pod-assigned' | 'pod-updated' | 'pod-deleted'; readonly pod: Pod; readonly before?: Pod }
  | { readonly kind: 'storage'; readonly resource: string; readonly object: unknown }
  /** Any other resource; `before` is missing for a new object, `deleted` says that it is gone. */
  | { readonly kind: 'other'; readonly resource: string; readonly object: unknown; readonly before?: unknown; readonly deleted?: boolean }

export interface Plugin {
  readonly name: string
  /** Keeps a pod out of the queue; returns why. */
  preEnqueue?(pod: Pod): string | undefined
  filter?(pod: PodInfo, cycle: Cycle): Filtering
  score?(pod: PodInfo, cycle: Cycle, feasible: readonly NodeInfo[]): Scoring | undefined
  /** When no node was found: what the plugin did about it, or that there was nothing to do. */
  postFilter?(pod: PodInfo, cycle: Cycle): Promise<string>
  /** Claims what the pod needs on the node before it is bound; unreserve gives it back. */
  reserve?(pod: PodInfo, node: NodeInfo, cycle: Cycle): Rejection | undefined
  unreserve?(pod: PodInfo, node: NodeInfo, cycle: Cycle): void
  /** What must be done at the API before the pod is bound. */
  preBind?(pod: PodInfo, node: NodeInfo, cycle: Cycle): Promise<void>
  /** Whether the event may help a pod that this plugin turned down (QueueingHint). */
  wakes?(pod: PodInfo, event: ClusterEvent): boolean
}

export const maxScore = 100

/** Scales so that the best has 100; `reverse` where less is better (helper.DefaultNormalizeScore). */
export function scaleToBest(scores: Float64Array, reverse: boolean): void {
  let best = 0
  for (const score of scores) if (score > best) best = score
  for (let i = 0; i < scores.length; i++) {
    const scaled = best === 0 ? 0 : Math.floor(((scores[i] as number) * maxScore) / best)
    scores[i] = reverse ? maxScore - scaled : scaled
  }
}
