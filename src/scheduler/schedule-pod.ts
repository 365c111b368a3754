/**
 * A node for a pod, or why there is none (upstream: schedulePod in schedule_one.go): the nodes that no plugin filters
 * out are found, those are scored, and the best is taken.
 */
import type { ClusterState } from './cluster-state.ts'
import type { Candidates, Cycle, Diagnosis, Filter, Profile, Rejection } from './framework.ts'
import type { SchedulerMetrics } from './metrics.ts'
import type { NodeInfo } from './node-info.ts'
import type { Nominator } from './nominator.ts'
import type { PodInfo } from './pod-info.ts'

export interface SearchDeps {
  readonly cluster: ClusterState
  readonly namespaceLabels: Cycle['namespaceLabels']
  readonly nominator: Nominator
  readonly metrics: SchedulerMetrics
  readonly random: () => number
}

/** The nodes that the plugins let through, before one of them is chosen. */
export interface Search {
  readonly cycle: Cycle
  readonly feasible: readonly NodeInfo[]
  readonly diagnosis: Diagnosis
  /** Only the node that the pod was promised was looked at. */
  readonly isPromised?: boolean
}

/** Fewer nodes than this are always all looked at. */
const leastNodesToFind = 100
const leastPercentage = 5

/** How many feasible nodes are enough: all of a small cluster, a falling share of a large one. */
export function numFeasibleNodesToFind(nodes: number, percentage: number): number {
  if (nodes < leastNodesToFind || percentage >= 100) return nodes
  const share = percentage || Math.max(leastPercentage, 50 - Math.floor(nodes / 125))
  return Math.max(leastNodesToFind, Math.floor((nodes * share) / 100))
}

export type NodeSearch = ReturnType<typeof createNodeSearch>

export function createNodeSearch({ cluster, namespaceLabels, nominator, metrics, random }: SearchDeps) {
  /** Where the next search begins, so that all nodes get their turn. */
  let nextStart = 0
  /** For the nodes that are found: an array that grew for each search was a twentieth of what a pod leaves to collect. */
  const room: NodeInfo[] = []
  const newCycle = (): Cycle => ({ cluster, namespaceLabels, data: new Map() })

  /** With `everywhere` the node that the pod was promised is one among all. */
  function findNodesThatFitPod(pod: PodInfo, profile: Profile, everywhere = false): Search {
    const cycle = newCycle()
    const all = cluster.nodes
    const time = metrics.timer(profile.schedulerName)
    const prepared = runPreFilterPlugins(pod, profile, cycle)
    time('PreFilter', 'reject' in prepared ? 'Unschedulable' : 'Success')
    if ('reject' in prepared)
      return { cycle, feasible: [], diagnosis: { nodes: all.length, rejections: new Map(), whole: prepared.reject } }

    const { filters, only } = prepared
    const nobodyNominated = nominator.size === 0
    const rejectionOf = (node: NodeInfo) =>
      firstRejection(filters, node) ?? (nobodyNominated ? undefined : besideNominated(pod, profile, node))
    const nodes = only ? [...only].map((name) => cluster.node(name)).filter((n) => n !== undefined) : all
    const promised = everywhere ? undefined : cluster.node(pod.pod.status?.nominatedNodeName ?? '')
    if (promised && nodes.includes(promised) && !rejectionOf(promised)) {
      time('Filter', 'Success')
      return { cycle, feasible: [promised], diagnosis: { nodes: all.length, rejections: new Map(), whole: undefined }, isPromised: true }
    }
    const rejections = new Map<NodeInfo, Rejection>()
    if (only) for (const node of all) if (!only.has(node.name)) rejections.set(node, notNamed)
    const wanted = numFeasibleNodesToFind(nodes.length, profile.percentageOfNodesToScore)
    let found = 0
    let looked = 0
    for (let at = only ? 0 : nextStart; looked < nodes.length && found < wanted; looked++, at++) {
      const node = nodes[at % nodes.length] as NodeInfo
      const rejection = rejectionOf(node)
      if (rejection) rejections.set(node, rejection)
      else room[found++] = node
    }
    const feasible = room.slice(0, found)
    if (!only && nodes.length) nextStart = (nextStart + looked) % nodes.length
    time('Filter', feasible.length ? 'Success' : 'Unschedulable')
    return { cycle, feasible, diagnosis: { nodes: all.length, rejections, whole: undefined } }
  }

  /** Pods of the same or a higher priority that were promised the node count as there: the pod must fit beside them too. */
  function besideNominated(pod: PodInfo, profile: Profile, node: NodeInfo): Rejection | undefined {
    const promised = nominator.promised(node.name, pod.priority).filter((other) => other.key !== pod.key)
    if (promised.length === 0) return undefined
    for (const other of promised) cluster.attach(other, node)
    try {
      return fitsNow(pod, profile, node)
    } finally {
      for (const other of promised) cluster.detach(other)
    }
  }

  /** Whether the pod fits on one node, also when those come that were promised it (RunFilterPluginsWithNominatedPods). */
  function fits(pod: PodInfo, profile: Profile, node: NodeInfo): Rejection | undefined {
    return fitsNow(pod, profile, node) ?? besideNominated(pod, profile, node)
  }
  function fitsNow(pod: PodInfo, profile: Profile, node: NodeInfo): Rejection | undefined {
    const prepared = runPreFilterPlugins(pod, profile, newCycle())
    return 'reject' in prepared ? prepared.reject : firstRejection(prepared.filters, node)
  }

  /** The best of the nodes found; `extra` are the extenders' scores by name, on top of the plugins'. */
  function selectHost(pod: PodInfo, profile: Profile, { feasible, cycle }: Search, extra?: ReadonlyMap<string, number>): NodeInfo {
    if (feasible.length === 1) return feasible[0] as NodeInfo
    const totals = prioritizeNodes(pod, profile, cycle, feasible)
    if (extra) for (let i = 0; i < totals.length; i++) totals[i]! += extra.get((feasible[i] as NodeInfo).name) ?? 0
    let most = Number.NEGATIVE_INFINITY
    let ties = 0
    for (let i = 0; i < totals.length; i++) {
      const total = totals[i] as number
      if (total < most) continue
      ties = total > most ? 1 : ties + 1
      most = total
    }
    let at = totals.indexOf(most)
    for (let left = Math.floor(random() * ties); left > 0; left--) at = totals.indexOf(most, at + 1)
    return feasible[at] as NodeInfo
  }

  /** The sums of the plugins' weighted scores. */
  function prioritizeNodes(pod: PodInfo, profile: Profile, cycle: Cycle, feasible: readonly NodeInfo[]): Float64Array {
    const time = metrics.timer(profile.schedulerName)
    const candidates = candidatesOf(feasible)
    const scorings = profile.at.preScore.flatMap((plugin) => {
      const scoring = plugin.preScore(pod, cycle, candidates)
      return scoring ? [{ scoring, weight: profile.weights.get(plugin.name) ?? 1 }] : []
    })
    time('PreScore', 'Success')
    const totals = new Float64Array(feasible.length)
    const scores = new Float64Array(feasible.length)
    for (const { scoring, weight } of scorings) {
      scores.fill(0)
      scoring.score(scores)
      scoring.normalizeScore?.(scores)
      for (let i = 0; i < scores.length; i++) totals[i]! += (scores[i] as number) * weight
    }
    time('Score', 'Success')
    return totals
  }

  return { findNodesThatFitPod, selectHost, fits }
}

/** A node that no plugin was asked about, because one of them has named others. */
const notNamed: Rejection = { plugin: 'NodeAffinity', reasons: ["node(s) didn't satisfy plugin(s) [NodeAffinity]"], unresolvable: true }

function runPreFilterPlugins(
  pod: PodInfo,
  profile: Profile,
  cycle: Cycle,
): { readonly reject: Rejection } | { readonly filters: readonly Filter[]; readonly only: ReadonlySet<string> | undefined } {
  const filters: Filter[] = []
  let only: ReadonlySet<string> | undefined
  for (const plugin of profile.at.preFilter) {
    const result = plugin.preFilter(pod, cycle)
    if (!result) continue
    if ('reject' in result) return result
    if (result.filter) filters.push(result.filter)
    if (result.nodes) only = only ? only.intersection(result.nodes) : result.nodes
  }
  return { filters, only }
}

function firstRejection(filters: readonly Filter[], node: NodeInfo): Rejection | undefined {
  for (let i = 0; i < filters.length; i++) {
    const rejection = (filters[i] as Filter)(node)
    if (rejection) return rejection
  }
  return undefined
}

export function candidatesOf(nodes: readonly NodeInfo[]): Candidates {
  const indexes = new Int32Array(nodes.length)
  for (let i = 0; i < nodes.length; i++) indexes[i] = (nodes[i] as NodeInfo).index
  return { nodes, indexes }
}

/** Upstream's words for why no node was found (FitError). */
export function diagnosisMessage({ nodes, rejections, whole }: Diagnosis): string {
  if (nodes === 0) return 'no nodes available to schedule pods'
  const head = `0/${nodes} nodes are available:`
  if (whole) return `${head} ${whole.reasons.join(', ')}.`
  const reasons = histogram([...rejections.values()].flatMap((r) => r.reasons))
  return reasons ? `${head} ${reasons}.` : head
}

export function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ')
}
