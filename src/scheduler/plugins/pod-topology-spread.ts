/** Spreads pods that a selector matches evenly over the domains of a node label: as a must (DoNotSchedule) or a wish (ScheduleAnyway). */
import { labelSelectorAsSelector, type Selector } from '../../api/labels.ts'
import type { Pod, TopologySpreadConstraint } from '../../api/types/core-v1.ts'
import type { Cycle, Plugin, Rejection } from '../framework.ts'
import { maxScore } from '../framework.ts'
import { counterId, type DomainCounts, type PodCounts, type Topology } from '../node-index.ts'
import type { PodInfo, RequiredNodes } from '../pod-info.ts'
import { tolerates } from '../tolerations.ts'

const plugin = 'PodTopologySpread'
const skewed: Rejection = { plugin, reasons: ["node(s) didn't match pod topology spread constraints"], unresolvable: false }
const missingLabel: Rejection = {
  plugin,
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  unresolvable: true,
}
const hostname = 'kubernetes.io/hostname'

interface Constraint {
  readonly topologyKey: string
  readonly maxSkew: number
  readonly minDomains: number
  readonly selector: Selector
  readonly honorAffinity: boolean
  readonly honorTaints: boolean
}

export interface TopologySpreadArgs {
  readonly defaultConstraints?: readonly TopologySpreadConstraint[]
  readonly defaultingType?: 'System' | 'List'
}

/** Upstream's System defaulting: a wish to spread over hosts and zones for pods of a service or a controller. */
const systemDefaults: readonly TopologySpreadConstraint[] = [
  { topologyKey: hostname, maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway' },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway' },
]

/** `defaultSelector` selects the pods of the services and controllers that own a pod; undefined when none does. */
export function createPodTopologySpread(defaultSelector: (pod: Pod) => Selector | undefined, args: TopologySpreadArgs = {}): Plugin {
  const defaults = args.defaultingType === 'List' ? (args.defaultConstraints ?? []) : systemDefaults

  function constraintsOf({ pod }: PodInfo, when: TopologySpreadConstraint['whenUnsatisfiable']): Constraint[] {
    const own = pod.spec.topologySpreadConstraints
    if (own?.length) return own.filter((c) => c.whenUnsatisfiable === when).map((c) => constraint(c, ownSelector(pod, c)))
    const wanted = defaults.filter((c) => c.whenUnsatisfiable === when)
    const selector = wanted.length ? defaultSelector(pod) : undefined
    return selector && !selector.everything && !selector.nothing ? wanted.map((c) => constraint(c, selector)) : []
  }

  return {
    name: plugin,
    preFilter(pod, cycle) {
      const constraints = constraintsOf(pod, 'DoNotSchedule')
      if (constraints.length === 0) return undefined
      const checks = constraints.map((c) => {
        const { counts, isDomain } = countDomains(pod, c, constraints, cycle)
        let least = Number.POSITIVE_INFINITY
        let domains = 0
        for (let id = 0; id < counts.length; id++) {
          if (!isDomain[id]) continue
          domains++
          least = Math.min(least, counts[id] as number)
        }
        if (domains < c.minDomains || domains === 0) least = 0
        return { ...c, counts, least, topology: cycle.cluster.topology(c.topologyKey), self: c.selector.matches(pod.labels) ? 1 : 0 }
      })
      return {
        filter(node) {
          for (const { topology, counts, least, self, maxSkew } of checks) {
            const id = topology.ids[node.index] as number
            if (id < 0) return missingLabel
            if ((counts[id] as number) + self - least > maxSkew) return skewed
          }
          return undefined
        },
      }
    },
    preScore(pod, cycle, { indexes }) {
      const constraints = constraintsOf(pod, 'ScheduleAnyway')
      if (constraints.length === 0) return undefined
      // Only upstream's own defaults let nodes without the labels take part.
      const requireAll = Boolean(pod.pod.spec.topologySpreadConstraints?.length) || args.defaultingType === 'List'
      const { cluster } = cycle
      const topologies = constraints.map((c) => cluster.topology(c.topologyKey))
      const isIgnored = new Uint8Array(indexes.length)
      let considered = indexes.length
      if (requireAll)
        for (const { ids } of topologies)
          for (let i = 0; i < indexes.length; i++) {
            if (isIgnored[i] || (ids[indexes[i] as number] as number) >= 0) continue
            isIgnored[i] = 1
            considered--
          }
      const parts = constraints.map((c, i): Part => {
        const { ids, values } = topologies[i] as Topology
        if (c.topologyKey === hostname)
          return { ids, maxSkew: c.maxSkew, weight: Math.log(considered + 2), perNode: matchingPods(pod, c, cycle).perNode }
        const seen = new Uint8Array(values.length)
        let domains = 0
        for (let i = 0; i < indexes.length; i++) {
          const id = ids[indexes[i] as number] as number
          if (id < 0 || isIgnored[i] || seen[id]) continue
          seen[id] = 1
          domains++
        }
        const { counts } = countDomains(pod, c, requireAll ? constraints : [c], cycle)
        return { ids, maxSkew: c.maxSkew, weight: Math.log(domains + 2), perDomain: counts }
      })
      return {
        score(scores) {
          for (const { ids, perNode, perDomain, weight, maxSkew } of parts)
            for (let i = 0; i < indexes.length; i++) {
              const index = indexes[i] as number
              const id = ids[index] as number
              if (id < 0) continue
              scores[i]! += ((perNode ? perNode[index] : perDomain?.[id]) as number) * weight + (maxSkew - 1)
            }
          for (let i = 0; i < scores.length; i++) scores[i] = Math.round(scores[i] as number)
        },
        normalizeScore(scores) {
          let least = Number.POSITIVE_INFINITY
          let most = 0
          for (let i = 0; i < scores.length; i++) {
            if (isIgnored[i]) continue
            const score = scores[i] as number
            if (score < least) least = score
            if (score > most) most = score
          }
          for (let i = 0; i < scores.length; i++)
            scores[i] = isIgnored[i] ? 0 : most === 0 ? maxScore : Math.floor((maxScore * (most + least - (scores[i] as number))) / most)
        },
      }
    },
    wakes(pod, event) {
      if (event.kind === 'node-added' || event.kind === 'node-deleted') return true
      if (event.kind === 'node-updated') return event.changed.has('labels') || event.changed.has('taints')
      if (event.kind !== 'pod-assigned' && event.kind !== 'pod-deleted' && event.kind !== 'pod-updated') return false
      if (event.pod.metadata.namespace !== pod.namespace) return false
      const { before } = event
      return constraintsOf(pod, 'DoNotSchedule').some(({ selector }) => {
        const counts = ({ metadata }: Pod) => selector.matches(metadata.labels ?? {})
        return before ? counts(before) !== counts(event.pod) : counts(event.pod)
      })
    },
  }
}

/** What a constraint adds to a node's score: by its own pods where each node is a domain, else by its domain's. */
interface Part {
  readonly ids: Int32Array
  readonly maxSkew: number
  readonly weight: number
  readonly perNode?: Int32Array
  readonly perDomain?: Float64Array
}

/** The pods counted are those of the pod's own namespace, without those that are on their way out. */
function matchingPods({ namespace }: PodInfo, { selector }: Constraint, { cluster }: Cycle): PodCounts {
  return cluster.matching(
    `spread ${counterId(new Set([namespace]), selector)}`,
    (other) => other.namespace === namespace && other.pod.metadata.deletionTimestamp === undefined && selector.matches(other.labels),
  )
}

/** Matching pods by domain, and the domains that count: those of nodes that the pod could be on and that have all keys. */
function countDomains(pod: PodInfo, c: Constraint, all: readonly Constraint[], cycle: Cycle): DomainCounts {
  const { cluster } = cycle
  const matching = matchingPods(pod, c, cycle)
  const eligible = eligibleNodes(pod, c, all)
  if (!c.honorTaints || !cluster.has.hardTaints) return matching.perDomain(c.topologyKey, eligible)
  const { ids, values } = cluster.topology(c.topologyKey)
  const isEligible = eligible && cluster.nodesMatching(eligible)
  const counts = new Float64Array(values.length)
  const isDomain = new Uint8Array(values.length)
  for (const { index, hardTaints } of cluster.nodes) {
    const id = ids[index] as number
    if (id < 0 || isEligible?.[index] === 0) continue
    if (!hardTaints.every((taint) => tolerates(pod.pod.spec.tolerations, taint))) continue
    isDomain[id] = 1
    counts[id]! += matching.perNode[index] as number
  }
  return { counts, isDomain }
}

/** Taints aside; undefined where all nodes with the key are. */
function eligibleNodes({ nodeSelector }: PodInfo, c: Constraint, all: readonly Constraint[]): RequiredNodes | undefined {
  const selector = c.honorAffinity ? nodeSelector : undefined
  const others = all.map(({ topologyKey }) => topologyKey).filter((key) => key !== c.topologyKey)
  if (others.length === 0) return selector
  return {
    id: `${others.join()} ${selector?.id ?? ''}`,
    matches: (node) => others.every((key) => node.metadata.labels?.[key] !== undefined) && selector?.matches(node) !== false,
  }
}

function constraint(c: TopologySpreadConstraint, selector: Selector): Constraint {
  return {
    topologyKey: c.topologyKey,
    maxSkew: c.maxSkew,
    minDomains: c.minDomains ?? 1,
    selector,
    honorAffinity: c.nodeAffinityPolicy !== 'Ignore',
    honorTaints: c.nodeTaintsPolicy === 'Honor',
  }
}

/** matchLabelKeys take their values from the pod itself. */
function ownSelector(pod: Pod, c: TopologySpreadConstraint): Selector {
  const labels = pod.metadata.labels ?? {}
  const keys = (c.matchLabelKeys ?? []).filter((key) => key in labels)
  if (keys.length === 0) return labelSelectorAsSelector(c.labelSelector)
  return labelSelectorAsSelector({
    ...c.labelSelector,
    matchLabels: { ...c.labelSelector?.matchLabels, ...Object.fromEntries(keys.map((key) => [key, labels[key] as string])) },
  })
}
