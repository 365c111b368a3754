/**
 * Preemption (DefaultPreemption): when no node has room for a pod, pods of lower priority on one node are removed so
 * that there is. Chosen is the node where that hurts least; the pod is promised that node and tried again when the
 * victims are gone.
 */
import { labelSelectorAsSelector } from '../api/labels.ts'
import type { PodDisruptionBudget } from '../api/types/policy-v1.ts'
import type { ClusterState } from './cluster-state.ts'
import { type Diagnosis, histogram, type Profile } from './cycle.ts'
import type { Rejection } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

export interface PreemptionDeps {
  readonly cluster: ClusterState
  readonly fits: (pod: PodInfo, profile: Profile, node: NodeInfo) => Rejection | undefined
  readonly budgets: (namespace: string) => readonly PodDisruptionBudget[]
  readonly random: () => number
}

/** The nodes where removing pods makes room, or why there is none. */
export type Candidates = { readonly candidates: readonly Candidate[] } | { readonly candidates?: undefined; readonly message: string }

export interface Candidate {
  readonly node: NodeInfo
  readonly victims: readonly PodInfo[]
  readonly violations: number
}

const leastCandidates = 100
const candidateShare = 0.1

export function findCandidates(deps: PreemptionDeps, pod: PodInfo, profile: Profile, diagnosis: Diagnosis): Candidates {
  if (pod.pod.spec.preemptionPolicy === 'Never') return { message: 'preemption: not eligible due to preemptionPolicy=Never.' }
  if (victimsStillLeaving(deps, pod)) return { message: 'preemption: not eligible due to a terminating pod on the nominated node.' }
  const total = deps.cluster.nodes.length
  const nope = (reasons: readonly string[]) => ({ message: `preemption: 0/${total} nodes are available: ${histogram(reasons)}.` })
  const reasons: string[] = []
  const promising: NodeInfo[] = []
  for (const node of deps.cluster.nodes) {
    const rejection = diagnosis.whole ?? diagnosis.rejections.get(node)
    if (rejection && !rejection.unresolvable) promising.push(node)
    else reasons.push('Preemption is not helpful for scheduling')
  }
  const wanted = Math.max(leastCandidates, Math.floor(total * candidateShare))
  const offset = Math.floor(deps.random() * promising.length)
  const candidates: Candidate[] = []
  for (let i = 0; i < promising.length && candidates.length < wanted; i++) {
    const node = promising[(offset + i) % promising.length] as NodeInfo
    const candidate = tryNode(deps, pod, profile, node)
    if (typeof candidate === 'string') reasons.push(candidate)
    else candidates.push(candidate)
  }
  return candidates.length ? { candidates } : nope(reasons)
}

/** The pod was promised a node already, and somebody of lower priority is on the way out there: wait. */
function victimsStillLeaving({ cluster }: PreemptionDeps, pod: PodInfo): boolean {
  const nominated = pod.pod.status?.nominatedNodeName
  const node = nominated ? cluster.node(nominated) : undefined
  if (!node) return false
  return [...node.pods.values()].some(
    (other) =>
      other.priority < pod.priority &&
      other.pod.metadata.deletionTimestamp !== undefined &&
      other.pod.status?.conditions?.some(
        (c) => c.type === 'DisruptionTarget' && c.status === 'True' && c.reason === 'PreemptionByScheduler',
      ),
  )
}

/** Takes all lower pods away; if the pod then fits, brings back as many as still leave room, those that matter most first. */
function tryNode({ cluster, fits, budgets }: PreemptionDeps, pod: PodInfo, profile: Profile, node: NodeInfo): Candidate | string {
  const lower = [...node.pods.values()].filter((other) => other.priority < pod.priority)
  if (lower.length === 0) return 'No preemption victims found for incoming pod'
  for (const other of lower) cluster.detach(other)
  const back = new Set<PodInfo>()
  try {
    const rejection = fits(pod, profile, node)
    if (rejection) return rejection.reasons.join(', ')
    const ordered = lower.toSorted(moreImportantFirst)
    const { violating, others } = splitByBudgets(ordered, budgets)
    const victims: PodInfo[] = []
    let violations = 0
    for (const [group, violates] of [
      [violating, true],
      [others, false],
    ] as const)
      for (const other of group) {
        cluster.attach(other, node)
        back.add(other)
        if (!fits(pod, profile, node)) continue
        cluster.detach(other)
        back.delete(other)
        victims.push(other)
        if (violates) violations++
      }
    return { node, victims: victims.toSorted(moreImportantFirst), violations }
  } finally {
    for (const other of lower) if (!back.has(other)) cluster.attach(other, node)
  }
}

function startOf({ pod }: PodInfo): number {
  return Date.parse(pod.status?.startTime ?? '') || Number.POSITIVE_INFINITY
}

function moreImportantFirst(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || startOf(a) - startOf(b) || 0
}

/** Those whose removal a disruption budget does not allow, each budget's allowance being used up along the way. */
function splitByBudgets(pods: readonly PodInfo[], budgets: PreemptionDeps['budgets']): { violating: PodInfo[]; others: PodInfo[] } {
  const allowed = new Map<PodDisruptionBudget, number>()
  const violating: PodInfo[] = []
  const others: PodInfo[] = []
  for (const pod of pods) {
    let violates = false
    for (const budget of budgets(pod.namespace)) {
      if (Object.keys(pod.labels).length === 0) continue
      const selector = labelSelectorAsSelector(budget.spec.selector)
      if (selector.everything || !selector.matches(pod.labels)) continue
      if (budget.status?.disruptedPods && pod.pod.metadata.name in budget.status.disruptedPods) continue
      const left = (allowed.get(budget) ?? budget.status?.disruptionsAllowed ?? 0) - 1
      allowed.set(budget, left)
      if (left < 0) violates = true
    }
    ;(violates ? violating : others).push(pod)
  }
  return { violating, others }
}

/** Fewest budget violations, then the lowest highest victim, the lowest sum, the fewest victims, and the youngest highest victim. */
export function pickCandidate(candidates: readonly Candidate[]): Candidate {
  const cost = ({ victims, violations }: Candidate) => {
    const highest = victims[0]?.priority ?? Number.NEGATIVE_INFINITY
    const sum = victims.reduce((total, v) => total + v.priority + 2 ** 31, 0)
    const earliest = Math.min(...victims.filter((v) => v.priority === highest).map(startOf))
    return [violations, highest, sum, victims.length, -earliest]
  }
  return candidates
    .map((candidate) => ({ candidate, cost: cost(candidate) }))
    .reduce((best, next) => (less(next.cost, best.cost) ? next : best)).candidate
}

function less(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number)
  return false
}
