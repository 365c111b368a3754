/**
 * Preemption: when no node has room for a pod, pods of lower priority on one node are removed so that there is. Chosen is
 * the node where that hurts least; the pod is promised that node and tried again when the victims are gone.
 */
import { isNotFound } from '../../api/errors.ts'
import { labelSelectorAsSelector } from '../../api/labels.ts'
import { formatTime } from '../../api/meta.ts'
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts'
import { referenceTo } from '../../client/events.ts'
import type { ClusterState } from '../cluster-state.ts'
import { preemptByExtenders } from '../extender.ts'
import type { FilterFailure, Plugin, PluginDeps, PostFiltered } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { histogram } from '../schedule-pod.ts'

export interface DefaultPreemptionArgs {
  readonly minCandidateNodesPercentage?: number
  readonly minCandidateNodesAbsolute?: number
}

export interface Candidate {
  readonly node: NodeInfo
  /** Those that matter most first. */
  readonly victims: readonly PodInfo[]
  /** How many of the victims a disruption budget would keep. */
  readonly violations: number
}

/** The nodes where removing pods makes room, or why there is none. */
type Candidates = { readonly candidates: readonly Candidate[] } | { readonly candidates?: undefined; readonly message: string }
type Budgets = (namespace: string) => readonly PodDisruptionBudget[]

export function createDefaultPreemption(deps: PluginDeps, args: DefaultPreemptionArgs = {}): Plugin {
  const { client, recorder, log, metrics, clock, random, extenders, nominator, queue } = deps
  const { minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100 } = args
  const budgetsOf = deps.informers.of('poddisruptionbudgets.policy')
  const budgets: Budgets = (namespace) => budgetsOf.list(namespace)
  /** Pods whose victims are being told: before the last one is, another try would look for victims anew. By uid. */
  const preempting = new Set<string>()

  function findCandidates(pod: PodInfo, cluster: ClusterState, failure: FilterFailure): Candidates {
    const { whole, rejections } = failure.diagnosis
    const reasons: string[] = []
    const promising: NodeInfo[] = []
    for (const node of cluster.nodes) {
      const rejection = whole ?? rejections.get(node)
      if (rejection && !rejection.unresolvable) promising.push(node)
      else reasons.push('Preemption is not helpful for scheduling')
    }
    const total = cluster.nodes.length
    const wanted = Math.max(minCandidateNodesAbsolute, Math.floor((total * minCandidateNodesPercentage) / 100))
    const offset = Math.floor(random() * promising.length)
    const candidates: Candidate[] = []
    // One of those that are enough must spare every budget.
    const isEnough = () => candidates.length >= wanted && candidates.some(({ violations }) => violations === 0)
    for (let i = 0; i < promising.length && !isEnough(); i++) {
      const node = promising[(offset + i) % promising.length] as NodeInfo
      const candidate = selectVictimsOnNode(cluster, pod, node, failure.fits, budgets)
      if (typeof candidate === 'string') reasons.push(candidate)
      else candidates.push(candidate)
    }
    return candidates.length ? { candidates } : { message: `0/${total} nodes are available: ${histogram(reasons)}.` }
  }

  /** The victims leave while the scheduler goes on (SchedulerAsyncPreemption). */
  function preempt(pod: PodInfo, { node, victims }: Candidate): PostFiltered {
    metrics.preemption(victims.length)
    const staying = victims.filter(({ pod }) => pod.metadata.deletionTimestamp === undefined)
    if (staying.length) void evictAll(pod, staying, node)
    // Pods of lower priority that were promised the node are in the way now: they look for another.
    for (const other of nominator.promised(node.name, Number.NEGATIVE_INFINITY))
      if (other.priority < pod.priority) void takeBackNomination(other)
    return { nominate: node, message: '' }
  }
  async function evictAll(pod: PodInfo, victims: readonly PodInfo[], node: NodeInfo): Promise<void> {
    const { uid } = pod.pod.metadata
    preempting.add(uid)
    const failures = (await Promise.allSettled(victims.map((victim) => evict(pod, victim, node)))).filter((r) => r.status === 'rejected')
    preempting.delete(uid)
    if (failures.length === 0) return queue.openGate(pod.key)
    for (const { reason } of failures) log.error('preemption failed', { pod: pod.key, error: reason })
    queue.activate(pod.key)
  }
  async function evict({ pod }: PodInfo, victim: PodInfo, node: NodeInfo): Promise<void> {
    const { namespace, name, uid } = victim.pod.metadata
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: `${pod.spec.schedulerName ?? 'default-scheduler'}: preempting to accommodate a higher priority pod`,
      lastTransitionTime: formatTime(clock.now()),
    }
    try {
      await client.patch('pods', { namespace, name }, { metadata: { uid }, status: { conditions: [condition] } }, { subresource: 'status' })
      await client.delete('pods', { namespace, name }, { preconditions: { uid } })
      recorder.event(referenceTo('pods', victim.pod), 'Normal', 'Preempted', `Preempted by pod ${pod.metadata.uid} on node ${node.name}`)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  async function takeBackNomination({ key, pod }: PodInfo): Promise<void> {
    nominator.forget(key)
    const { namespace, name } = pod.metadata
    try {
      await client.patch('pods', { namespace, name }, { status: { nominatedNodeName: null } }, { subresource: 'status' })
    } catch (error) {
      if (!isNotFound(error)) log.error('cannot take back a nomination', { pod: key, error })
    }
  }

  return {
    name: 'DefaultPreemption',
    preEnqueue: ({ metadata }) => (preempting.has(metadata.uid) ? 'waiting for the preemption for this pod to be finished' : undefined),
    postFilter(pod, { cluster }, failure) {
      metrics.preemptionAttempt()
      const why = notEligible(cluster, pod, failure)
      if (why) return { message: `preemption: not eligible due to ${why}.` }
      const found = findCandidates(pod, cluster, failure)
      if (!found.candidates) return { nominate: null, message: `preemption: ${found.message}` }
      const asked = extenders.filter((extender) => extender.preempt && extender.isInterested(pod.pod))
      if (asked.length === 0) return preempt(pod, pickOneNodeForPreemption(found.candidates))
      return preemptByExtenders(asked, pod.pod, found.candidates, log).then(
        (left) =>
          left.length ? preempt(pod, pickOneNodeForPreemption(left)) : { message: 'preemption: no candidate node for preemption' },
        (error: Error) => {
          throw new Error(`preemption: ${error.message}`, { cause: error })
        },
      )
    },
  }
}

/** Why a pod may not preempt others: it must not, or it has, and somebody of lower priority is on the way out of the node it was promised. */
function notEligible(cluster: ClusterState, { pod, priority }: PodInfo, { diagnosis }: FilterFailure): string | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return 'preemptionPolicy=Never'
  const node = cluster.node(pod.status?.nominatedNodeName ?? '')
  const rejection = node && (diagnosis.whole ?? diagnosis.rejections.get(node))
  // Nobody's leaving will help there.
  if (!rejection || rejection.unresolvable) return undefined
  const isLeaving = [...node.pods.values()].some(
    (other) =>
      other.priority < priority &&
      other.pod.metadata.deletionTimestamp !== undefined &&
      other.pod.status?.conditions?.some(
        (c) => c.type === 'DisruptionTarget' && c.status === 'True' && c.reason === 'PreemptionByScheduler',
      ),
  )
  return isLeaving ? 'a terminating pod on the nominated node' : undefined
}

/** Takes all lower pods away; if the pod then fits, brings back as many as still leave room, those that matter most first. */
function selectVictimsOnNode(
  cluster: ClusterState,
  pod: PodInfo,
  node: NodeInfo,
  fits: FilterFailure['fits'],
  budgets: Budgets,
): Candidate | string {
  const lower = [...node.pods.values()].filter((other) => other.priority < pod.priority)
  if (lower.length === 0) return 'No preemption victims found for incoming pod'
  for (const other of lower) cluster.detach(other)
  const back = new Set<PodInfo>()
  try {
    const rejection = fits(node)
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
        if (!fits(node)) continue
        cluster.detach(other)
        back.delete(other)
        victims.push(other)
        if (violates) violations++
      }
    if (victims.length === 0) return `expected at least one victim pod on node ${JSON.stringify(node.name)}`
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
function splitByBudgets(pods: readonly PodInfo[], budgets: Budgets): { violating: PodInfo[]; others: PodInfo[] } {
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
export function pickOneNodeForPreemption(candidates: readonly Candidate[]): Candidate {
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
