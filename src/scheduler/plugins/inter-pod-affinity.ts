/** Pod affinity and anti-affinity: the pod's own terms, and those of pods that are there already. */

import { type ClusterEvent, type Cycle, maxScore, type Plugin, type Rejection, scoreEach } from '../framework.ts'
import { counterId } from '../node-index.ts'
import type { NodeInfo } from '../node-info.ts'
import { type AffinityTerm, createPodInfo, type PodInfo, termMatches } from '../pod-info.ts'

const plugin = 'InterPodAffinity'
const existingAnti: Rejection = { plugin, reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"], unresolvable: false }
const ownAnti: Rejection = { plugin, reasons: ["node(s) didn't match pod anti-affinity rules"], unresolvable: false }
const ownAffinity: Rejection = { plugin, reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true }

export interface InterPodAffinityArgs {
  readonly hardPodAffinityWeight?: number
  readonly ignorePreferredTermsOfExistingPods?: boolean
}

/** How much each domain has, by topology key. */
type Domains = Map<string, Map<string, number>>

export function createInterPodAffinity({
  hardPodAffinityWeight = 1,
  ignorePreferredTermsOfExistingPods = false,
}: InterPodAffinityArgs = {}): Plugin {
  return {
    name: plugin,
    preFilter(pod, cycle) {
      const { cluster } = cycle
      if (pod.affinity.length === 0 && pod.antiAffinity.length === 0 && cluster.nodesWithRequiredAntiAffinity.size === 0) return undefined
      const forbidden: Domains = new Map()
      for (const node of cluster.nodesWithRequiredAntiAffinity)
        for (const other of node.podsWithRequiredAntiAffinity)
          for (const term of other.antiAffinity)
            if (termMatches(term, pod, cycle.namespaceLabels)) add(forbidden, term.topologyKey, node, 1)
      const avoided = pod.antiAffinity.map((term) => ({ key: term.topologyKey, domains: domainsWith(cycle, [term], term.topologyKey) }))
      const sought = pod.affinity.map((term) => ({ key: term.topologyKey, domains: domainsWith(cycle, pod.affinity, term.topologyKey) }))
      // The first pod of a group that wants to be together may go anywhere that has the labels.
      const first =
        sought.every(({ domains }) => domains.size === 0) && pod.affinity.every((term) => termMatches(term, pod, cycle.namespaceLabels))
      if (forbidden.size === 0 && avoided.length === 0 && sought.length === 0) return undefined
      return {
        filter({ labels }) {
          for (const { key, domains } of sought) {
            const value = labels[key]
            if (value === undefined || (!first && !domains.has(value))) return ownAffinity
          }
          for (const { key, domains } of avoided) {
            const value = labels[key]
            if (value !== undefined && domains.has(value)) return ownAnti
          }
          for (const [key, domains] of forbidden) {
            const value = labels[key]
            if (value !== undefined && domains.has(value)) return existingAnti
          }
          return undefined
        },
      }
    },
    preScore(pod, cycle, candidates) {
      const { cluster, namespaceLabels } = cycle
      const wanted = pod.preferredAffinity.length + pod.preferredAntiAffinity.length > 0
      if (!wanted && (ignorePreferredTermsOfExistingPods || cluster.nodesWithAffinity.size === 0)) return undefined
      const scores: Domains = new Map()
      for (const [terms, sign] of [
        [pod.preferredAffinity, 1],
        [pod.preferredAntiAffinity, -1],
      ] as const)
        for (const term of terms) {
          const counts = countsOf(cycle, [term])
          for (const node of cluster.nodes) {
            const count = counts[node.index] as number
            if (count) add(scores, term.topologyKey, node, sign * term.weight * count)
          }
        }
      // A pod with preferences of its own is scored by those of others too, also where these are to be ignored.
      if (wanted || !ignorePreferredTermsOfExistingPods)
        for (const node of cluster.nodesWithAffinity)
          for (const other of node.podsWithAffinity) {
            if (hardPodAffinityWeight > 0)
              for (const term of other.affinity)
                if (termMatches(term, pod, namespaceLabels)) add(scores, term.topologyKey, node, hardPodAffinityWeight)
            for (const term of other.preferredAffinity)
              if (termMatches(term, pod, namespaceLabels)) add(scores, term.topologyKey, node, term.weight)
            for (const term of other.preferredAntiAffinity)
              if (termMatches(term, pod, namespaceLabels)) add(scores, term.topologyKey, node, -term.weight)
          }
      if (scores.size === 0) return undefined
      return {
        score: scoreEach(candidates, ({ labels }) => {
          let sum = 0
          for (const [key, domains] of scores) sum += domains.get(labels[key] as string) ?? 0
          return sum
        }),
        normalizeScore: stretch,
      }
    },
    wakes(pod, event) {
      return (
        event.kind === 'node-added' ||
        (event.kind === 'node-updated' && event.changed.has('labels')) ||
        podMatters(pod, event) ||
        (event.kind === 'other' && event.resource === 'namespaces')
      )
    },
  }
}

/** A pod that came is of use to a term that seeks it, one that left to a term that avoids it, or when it was the one to object. */
function podMatters(pod: PodInfo, event: ClusterEvent): boolean {
  if (event.kind !== 'pod-assigned' && event.kind !== 'pod-updated' && event.kind !== 'pod-deleted') return false
  if (event.kind === 'pod-updated') return true
  const other = createPodInfo(event.pod)
  // What a namespace selector says of it is left to the next try.
  const speaksOf = (term: AffinityTerm) =>
    (term.namespaces.has(other.namespace) || term.namespaceSelector !== undefined) && term.selector.matches(other.labels)
  if (event.kind === 'pod-assigned') return pod.affinity.some(speaksOf)
  return other.antiAffinity.length > 0 || pod.antiAffinity.some(speaksOf)
}

/** The values of `key` on nodes that have pods which all of the terms speak of. */
function domainsWith(cycle: Cycle, terms: readonly AffinityTerm[], key: string): Map<string, number> {
  const counts = countsOf(cycle, terms)
  const domains: Domains = new Map()
  for (const node of cycle.cluster.nodes) if (counts[node.index]) add(domains, key, node, counts[node.index] as number)
  return domains.get(key) ?? new Map()
}

/** Pods by node that all of the terms match. Counts are kept between cycles, unless namespaces are chosen by labels, which may change. */
function countsOf(cycle: Cycle, terms: readonly AffinityTerm[]): Int32Array {
  const matches = (other: PodInfo) => terms.every((term) => termMatches(term, other, cycle.namespaceLabels))
  if (!terms.some((term) => term.namespaceSelector))
    return cycle.cluster.matching(`affinity ${terms.map((term) => counterId(term.namespaces, term.selector)).join('&')}`, matches).perNode
  const counts = new Int32Array(cycle.cluster.nodes.reduce((most, node) => Math.max(most, node.index + 1), 0))
  for (const node of cycle.cluster.nodes) for (const other of node.pods.values()) if (matches(other)) counts[node.index]!++
  return counts
}

function add(domains: Domains, key: string, node: NodeInfo, amount: number): void {
  const value = node.labels[key]
  if (value === undefined) return
  let byValue = domains.get(key)
  if (!byValue) {
    byValue = new Map()
    domains.set(key, byValue)
  }
  byValue.set(value, (byValue.get(value) ?? 0) + amount)
}

/** The lowest becomes 0 and the highest 100. */
function stretch(scores: Float64Array): void {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const score of scores) {
    if (score < least) least = score
    if (score > most) most = score
  }
  const span = most - least
  for (let i = 0; i < scores.length; i++) scores[i] = span > 0 ? Math.floor((maxScore * ((scores[i] as number) - least)) / span) : 0
}
