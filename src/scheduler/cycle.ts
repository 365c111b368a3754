/** One pod's way through the framework: filter the nodes, rank those that are left (upstream: schedule_one.go). */
import type { ClusterState } from './cluster-state.ts'
import type { Cycle, NodeFilter, Plugin, Rejection, Scoring } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

export interface Profile {
  readonly schedulerName: string
  readonly plugins: readonly Plugin[]
  /** Plugins that score, with their weights. */
  readonly scoring: readonly { readonly plugin: Plugin; readonly weight: number }[]
  readonly percentageOfNodesToScore: number
}

export interface CycleContext {
  readonly cluster: ClusterState
  readonly namespaceLabels: Cycle['namespaceLabels']
  /** Pods that were promised a node by preemption and are not bound yet. */
  readonly nominated: ReadonlyMap<string, ReadonlySet<PodInfo>>
  readonly random: () => number
}

export type Outcome =
  | { readonly node: NodeInfo; readonly cycle: Cycle; readonly evaluated: number; readonly feasible: number }
  | { readonly node?: undefined; readonly diagnosis: Diagnosis; readonly cycle: Cycle; readonly evaluated: number }

/** The nodes that the plugins let through, before one of them is chosen. */
export interface Search {
  readonly cycle: Cycle
  readonly feasible: readonly NodeInfo[]
  readonly diagnosis: Diagnosis
  readonly evaluated: number
}

export interface Diagnosis {
  readonly nodes: number
  readonly rejections: ReadonlyMap<NodeInfo, Rejection>
  /** Turned down before any node was looked at. */
  readonly whole: Rejection | undefined
}

/** Fewer nodes than this are always all looked at. */
const leastNodesToFind = 100
const leastPercentage = 5

/** How many feasible nodes are enough: all of a small cluster, a falling share of a large one. */
export function feasibleNodesWanted(nodes: number, percentage: number): number {
  if (nodes < leastNodesToFind || percentage >= 100) return nodes
  const share = percentage || Math.max(leastPercentage, 50 - Math.floor(nodes / 125))
  return Math.max(leastNodesToFind, Math.floor((nodes * share) / 100))
}

export function createCycles(context: CycleContext) {
  /** Where the next search begins, so that all nodes get their turn. */
  let start = 0

  function run(pod: PodInfo, profile: Profile): Outcome {
    return conclude(pod, profile, find(pod, profile))
  }

  function find(pod: PodInfo, profile: Profile): Search {
    const { cluster } = context
    const cycle: Cycle = { cluster, namespaceLabels: context.namespaceLabels, data: new Map() }
    const all = cluster.nodes
    const prepared = prepare(pod, profile, cycle)
    if ('reject' in prepared)
      return { feasible: [], diagnosis: { nodes: all.length, rejections: new Map(), whole: prepared.reject }, cycle, evaluated: 0 }

    const { filters, only } = prepared
    const nodes = only ? [...only].map((name) => cluster.node(name)).filter((n) => n !== undefined) : all
    const rejections = new Map<NodeInfo, Rejection>()
    if (only) for (const node of all) if (!only.has(node.name)) rejections.set(node, notNamed)
    const wanted = feasibleNodesWanted(nodes.length, profile.percentageOfNodesToScore)
    const feasible: NodeInfo[] = []
    let looked = 0
    for (; looked < nodes.length && feasible.length < wanted; looked++) {
      const node = nodes[(start + looked) % nodes.length] as NodeInfo
      const rejection = firstRejection(filters, node) ?? withNominated(pod, profile, node)
      if (rejection) rejections.set(node, rejection)
      else feasible.push(node)
    }
    if (!only && nodes.length) start = (start + looked) % nodes.length
    return { feasible, diagnosis: { nodes: all.length, rejections, whole: undefined }, cycle, evaluated: looked }
  }

  /** Takes the best of the nodes found; `extra` are scores by name on top of the plugins'. */
  function conclude(pod: PodInfo, profile: Profile, search: Search, extra?: ReadonlyMap<string, number>): Outcome {
    const { feasible, cycle, evaluated, diagnosis } = search
    if (feasible.length === 0) return { diagnosis, cycle, evaluated }
    return { node: choose(pod, profile, cycle, feasible, context.random, extra), cycle, evaluated, feasible: feasible.length }
  }

  /** Pods of the same or a higher priority that were promised the node count as there: the pod must fit beside them too. */
  function withNominated(pod: PodInfo, profile: Profile, node: NodeInfo): Rejection | undefined {
    if (context.nominated.size === 0) return undefined
    const promised = [...(context.nominated.get(node.name) ?? [])].filter(
      (other) => other.priority >= pod.priority && other.key !== pod.key,
    )
    if (promised.length === 0) return undefined
    for (const other of promised) context.cluster.attach(other, node)
    try {
      return fits(pod, profile, node)
    } finally {
      for (const other of promised) context.cluster.detach(other)
    }
  }

  /** Whether the pod fits on one node as the cluster stands now. */
  function fits(pod: PodInfo, profile: Profile, node: NodeInfo): Rejection | undefined {
    const cycle: Cycle = { cluster: context.cluster, namespaceLabels: context.namespaceLabels, data: new Map() }
    const prepared = prepare(pod, profile, cycle)
    return 'reject' in prepared ? prepared.reject : firstRejection(prepared.filters, node)
  }

  return { run, find, conclude, fits }
}

const notNamed: Rejection = { plugin: 'NodeAffinity', reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true }

function prepare(
  pod: PodInfo,
  profile: Profile,
  cycle: Cycle,
): { readonly reject: Rejection } | { readonly filters: readonly NodeFilter[]; readonly only: ReadonlySet<string> | undefined } {
  const filters: NodeFilter[] = []
  let only: ReadonlySet<string> | undefined
  for (const plugin of profile.plugins) {
    const result = plugin.filter?.(pod, cycle)
    if (!result) continue
    if ('reject' in result) return result
    if (result.filter) filters.push(result.filter)
    if (result.nodes) only = only ? only.intersection(result.nodes) : result.nodes
  }
  return { filters, only }
}

function firstRejection(filters: readonly NodeFilter[], node: NodeInfo): Rejection | undefined {
  for (const filter of filters) {
    const rejection = filter(node)
    if (rejection) return rejection
  }
  return undefined
}

/** The node with the highest sum of weighted scores; one of them at random when several have it. */
function choose(
  pod: PodInfo,
  profile: Profile,
  cycle: Cycle,
  feasible: readonly NodeInfo[],
  random: () => number,
  extra?: ReadonlyMap<string, number>,
): NodeInfo {
  if (feasible.length === 1) return feasible[0] as NodeInfo
  const totals = new Float64Array(feasible.length)
  if (extra) for (let i = 0; i < totals.length; i++) totals[i] = extra.get((feasible[i] as NodeInfo).name) ?? 0
  for (const { plugin, weight } of profile.scoring) {
    const scoring = plugin.score?.(pod, cycle, feasible)
    if (scoring) addScores(totals, scoring, weight, feasible)
  }
  let best = 0
  let ties = 1
  for (let i = 1; i < totals.length; i++) {
    const total = totals[i] as number
    const most = totals[best] as number
    if (total > most) {
      best = i
      ties = 1
    } else if (total === most && random() * ++ties < 1) best = i
  }
  return feasible[best] as NodeInfo
}

function addScores(totals: Float64Array, scoring: Scoring, weight: number, feasible: readonly NodeInfo[]): void {
  const scores = new Float64Array(feasible.length)
  for (let i = 0; i < feasible.length; i++) scores[i] = scoring.score(feasible[i] as NodeInfo)
  scoring.normalize?.(scores, feasible)
  for (let i = 0; i < scores.length; i++) totals[i] = (totals[i] as number) + (scores[i] as number) * weight
}

/** Upstream's words for why no node was found. */
export function diagnosisMessage({ nodes, rejections, whole }: Diagnosis): string {
  if (nodes === 0) return 'no nodes available to schedule pods'
  const head = `0/${nodes} nodes are available:`
  if (whole) return `${head} ${whole.reasons.join(', ')}.`
  return `${head} ${histogram([...rejections.values()].flatMap((r) => r.reasons))}.`
}

export function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ')
}
