/**
 * The scheduling framework: what a plugin may do in the cycle of one pod (pkg/scheduler/framework, KEP-624). The points
 * of a plugin stand here in the order in which a pod comes by them. PreFilter and PreScore look at the pod once and
 * return the functions that are then called for each node; a plugin that has nothing to say about a pod returns
 * undefined (upstream's Skip) and costs nothing more. No default plugin uses Permit and PostBind: they are not here.
 */
import type { Pod } from '../api/types/core-v1.ts'
import type { ResourceName } from '../api/types/index.ts'
import type { Client } from '../client/client.ts'
import type { Clock } from '../client/clock.ts'
import type { EventRecorder } from '../client/events.ts'
import type { Informers } from '../client/informer.ts'
import type { Logger } from '../log/log.ts'
import type { ClusterState } from './cluster-state.ts'
import type { Extender } from './extender.ts'
import type { SchedulerMetrics } from './metrics.ts'
import type { NodeInfo } from './node-info.ts'
import type { Nominator } from './nominator.ts'
import type { PodInfo } from './pod-info.ts'
import type { SchedulingQueue } from './queue.ts'

export interface Plugin {
  readonly name: string
  /** Keeps a pod out of the queue; returns why. */
  preEnqueue?(pod: Pod): string | undefined
  preFilter?(pod: PodInfo, cycle: Cycle): PreFiltered
  /** No node was found: makes room, or says why it cannot. */
  postFilter?(pod: PodInfo, cycle: Cycle, failure: FilterFailure): PostFiltered | Promise<PostFiltered>
  preScore?(pod: PodInfo, cycle: Cycle, candidates: Candidates): Scoring | undefined
  /** Claims what the pod needs on the node before it is bound; unreserve gives it back. */
  reserve?(pod: PodInfo, node: NodeInfo, cycle: Cycle): Rejection | undefined
  unreserve?(pod: PodInfo, node: NodeInfo, cycle: Cycle): void
  /** Whether `preBind` has something to do: then the pod's status names the node meanwhile (NominatedNodeNameForExpectation). */
  preBindPreFlight?(pod: PodInfo, node: NodeInfo, cycle: Cycle): boolean
  /** What must be done at the API before the pod is bound. */
  preBind?(pod: PodInfo, node: NodeInfo, cycle: Cycle): Promise<void>
  /** Whether the pod was bound by this plugin (upstream's Success against Skip). */
  bind?(pod: PodInfo, node: NodeInfo): Promise<boolean>
  /** Whether the event may help a pod that this plugin turned down (QueueingHint). */
  wakes?(pod: PodInfo, event: ClusterEvent): boolean
}

/** The points at which a profile can have a plugin on or off. */
export const points = ['preEnqueue', 'preFilter', 'postFilter', 'preScore', 'reserve', 'preBind', 'bind'] as const
export type Point = (typeof points)[number]
type At<P extends Point> = Plugin & Required<Pick<Plugin, P>>

export interface Profile {
  readonly schedulerName: string
  /** The plugins of each point, in their order. */
  readonly at: { readonly [P in Point]: readonly At<P>[] }
  /** What each score weighs. */
  readonly weights: ReadonlyMap<string, number>
  readonly percentageOfNodesToScore: number
  /** Records events under the scheduler's name. */
  readonly recorder: EventRecorder
}

/** What plugins are made from (upstream's framework.Handle). */
export interface PluginDeps {
  readonly client: Client
  readonly informers: Informers
  readonly recorder: EventRecorder
  readonly log: Logger
  readonly metrics: SchedulerMetrics
  readonly clock: Clock
  readonly random: () => number
  readonly extenders: readonly Extender[]
  readonly nominator: Nominator
  readonly queue: Pick<SchedulingQueue, 'activate' | 'openGate'>
}

export interface Cycle {
  readonly cluster: ClusterState
  readonly namespaceLabels: (namespace: string) => Readonly<Record<string, string>>
  /** What a plugin hands from one of its points to a later one (CycleState). */
  readonly data: Map<string, unknown>
}

/** Why a node, or the pod altogether, was turned down. */
export interface Rejection {
  readonly plugin: string
  readonly reasons: readonly string[]
  /** Preempting pods would not help (UnschedulableAndUnresolvable). */
  readonly unresolvable: boolean
}

export type Filter = (node: NodeInfo) => Rejection | undefined
export type PreFiltered =
  | undefined
  | { readonly reject: Rejection }
  | {
      readonly filter?: Filter
      /** Only these nodes need to be looked at. */
      readonly nodes?: ReadonlySet<string>
    }

/** The nodes that are scored. */
export interface Candidates {
  readonly nodes: readonly NodeInfo[]
  /** Their positions in columns (NodeInfo.index), side by side for plugins that every pod comes by. */
  readonly indexes: Int32Array
}

export interface Scoring {
  /** Writes each candidate's score over zeros, in their order. Higher is better. Without `normalizeScore` it must be 0 to 100. */
  score(scores: Float64Array): void
  /** Brings the scores of all candidates to 0 … 100, in place. */
  normalizeScore?(scores: Float64Array): void
}

export interface FilterFailure {
  readonly profile: Profile
  readonly diagnosis: Diagnosis
  /** Whether the pod fits on one node as the cluster stands now, and beside pods that were promised it. */
  fits(node: NodeInfo): Rejection | undefined
}
export interface PostFiltered {
  /**
   * The pod is promised this node, and tried again when what is in its way has left; null takes back what it was promised
   * before, and without a word that stays (ModeNoop).
   */
  readonly nominate?: NodeInfo | null
  readonly message: string
}

export interface Diagnosis {
  /** How many nodes there are. */
  readonly nodes: number
  readonly rejections: ReadonlyMap<NodeInfo, Rejection>
  /** Turned down before any node was looked at. */
  readonly whole: Rejection | undefined
}

/** Something that happened in the cluster and may let a pod be scheduled that could not be. */
export type ClusterEvent =
  | { readonly kind: 'node-added'; readonly node: NodeInfo }
  | { readonly kind: 'node-updated'; readonly node: NodeInfo; readonly changed: ReadonlySet<NodeChange> }
  | { readonly kind: 'node-deleted'; readonly name: string }
  | { readonly kind: 'pod-assigned' | 'pod-updated' | 'pod-deleted'; readonly pod: Pod; readonly before?: Pod }
  /** Any other resource; `before` is missing for a new object, `deleted` says that it is gone. */
  | {
      readonly kind: 'storage' | 'other'
      readonly resource: ResourceName
      readonly object: unknown
      readonly before?: unknown
      readonly deleted?: boolean
    }
export type NodeChange = 'allocatable' | 'labels' | 'taints' | 'unschedulable' | 'condition' | 'declaredFeatures'

export const maxScore = 100

/** Scores node by node. A loop of a plugin's own over columns of numbers is worth it only where every pod comes by. */
export function scoreEach({ nodes }: Candidates, scoreOf: (node: NodeInfo) => number): Scoring['score'] {
  return (scores) => {
    for (let i = 0; i < nodes.length; i++) scores[i] = scoreOf(nodes[i] as NodeInfo)
  }
}

/** Scales so that the best has 100; `reverse` where less is better (helper.DefaultNormalizeScore). */
export function scaleToBest(scores: Float64Array, reverse: boolean): void {
  let best = 0
  for (const score of scores) if (score > best) best = score
  for (let i = 0; i < scores.length; i++) {
    const scaled = best === 0 ? 0 : Math.floor(((scores[i] as number) * maxScore) / best)
    scores[i] = reverse ? maxScore - scaled : scaled
  }
}
