/**
 * One look at one job (pkg/controller/job, syncJob): what has ended, whether the job has failed or succeeded by it, which
 * pods are to be made or removed, and the counting, whose order no crash may break.
 */
import { isNotFound } from '../api/errors.ts'
import { formatTime, hasFinalizer, isBeingDeleted, objectKey } from '../api/meta.ts'
import type { Job, JobCondition, JobStatus } from '../api/types/batch-v1.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { Client, Draft } from '../client/client.ts'
import { type EventRecorder, referenceTo } from '../client/events.ts'
import type { Expectations } from '../client/expectations.ts'
import { semanticEqual } from './equal.ts'
import { type IndexSet, parseIndexes, union } from './index-set.ts'
import type { JobAction, JobMetrics } from './job-metrics.ts'
import { backoffMs, failureCountOf, indexBackoffMs, indexedDraft, lastFailures, podDraft, tracking } from './job-pods.ts'
import { type FailureVerdict, indexOf, isFailed, isIndexed, judgeFailure, matchSuccess, replacesOnlyFailed } from './job-policies.ts'
import type { PodControl } from './pod-control.ts'
import { compareForDeletion, isNamespaceTerminating, isPodActive, isPodReady, isPodTerminating } from './pods.ts'

const resource = 'jobs.batch'
/** Pods made or deleted in one go, and uids kept in the status. */
const mostPods = 500

export interface JobTools {
  readonly client: Client
  readonly recorder: EventRecorder
  readonly control: PodControl
  readonly metrics: JobMetrics
  readonly expectations: Expectations
  /** Pods whose finalizer was taken away and whose event has not come yet. */
  readonly released: ReadonlySet<string>
  /** Takes a pod's finalizer away; true when it is gone. */
  release(pod: Pod): Promise<boolean>
  /** The job's status was written. */
  written(job: Job): void
  readonly now: number
  /** The job's namespace is being deleted, which waits for its pods before the job's turn comes. */
  readonly namespaceEnds: boolean
}

/** What the job comes to: first told as an interim condition, and as the final one when its pods are gone. */
interface Verdict {
  readonly interim: 'FailureTarget' | 'SuccessCriteriaMet'
  readonly reason: string
  readonly message: string
}

/**
 * One look at one job. `owned` are its pods, `settled` whether the cache had shown all that was made and deleted before they
 * were read from it. `status` is what it will be.
 */
export function createJobSync(
  { client, recorder, control, metrics, expectations, released, release, written, now, namespaceEnds }: JobTools,
  key: string,
  job: Job,
  owned: readonly Pod[],
  settled: boolean,
) {
  const { spec } = job
  const about = referenceTo(resource, job)
  const completions = spec.completions ?? undefined
  const parallelism = spec.parallelism ?? 1
  const indexed = isIndexed(job)
  const perIndex = spec.backoffLimitPerIndex !== undefined
  const status: JobStatus = { ...job.status, conditions: [...(job.status.conditions ?? [])] }
  const has = (type: string) => status.conditions?.find((c) => c.type === type && c.status === 'True')
  let action: JobAction = 'reconciling'

  // ---- what has ended

  const uncounted = {
    succeeded: new Set(job.status.uncountedTerminatedPods?.succeeded ?? []),
    failed: new Set(job.status.uncountedTerminatedPods?.failed ?? []),
  }
  const tracked = owned.filter((pod) => hasFinalizer(pod, tracking) && !released.has(pod.metadata.uid))
  const failedPods = owned.filter((pod) => isFailed(pod, job))
  const verdicts = new Map<Pod, FailureVerdict>()
  /** What the failure policy says of a pod that has failed. */
  function judge(pod: Pod): FailureVerdict {
    const verdict = verdicts.get(pod) ?? judgeFailure(job, pod)
    verdicts.set(pod, verdict)
    return verdict
  }
  const newlySucceeded = tracked.filter((pod) => pod.status.phase === 'Succeeded' && !uncounted.succeeded.has(pod.metadata.uid))
  const newlyFailed = tracked.filter(
    (pod) => isFailed(pod, job) && !uncounted.failed.has(pod.metadata.uid) && judge(pod).action !== 'Ignore',
  )
  const isIndex = (index: number) => index >= 0 && index < (completions ?? 0)
  const indexesOf = (pods: readonly Pod[]) => pods.map(indexOf).filter(isIndex)
  const counted: IndexSet = parseIndexes(indexed ? job.status.completedIndexes : '', completions ?? 0)
  const completed: IndexSet = union(counted, indexed ? indexesOf(newlySucceeded) : [])
  const failedIndexes: IndexSet = union(parseIndexes(job.status.failedIndexes, completions ?? 0), perIndex ? newlyFailedIndexes() : [])
  const succeeded = indexed ? completed.size : (job.status.succeeded ?? 0) + uncounted.succeeded.size + newlySucceeded.length
  const failed = (job.status.failed ?? 0) + uncounted.failed.size + newlyFailed.length
  /** Of each index, the pod that its next try has to look at. */
  const lastTries = perIndex ? lastFailures(failedPods) : new Map<number, Pod>()

  function newlyFailedIndexes(): number[] {
    const limit = spec.backoffLimitPerIndex as number
    return tracked.filter((pod) => isIndex(indexOf(pod)) && isFailed(pod, job) && !completed.has(indexOf(pod)) && isLast(pod)).map(indexOf)

    function isLast(pod: Pod): boolean {
      const { action } = judge(pod)
      return action === 'FailIndex' || (action === 'Count' && failureCountOf(pod) >= limit)
    }
  }

  // ---- what there is, as it changes on the way

  let active = owned.filter(isPodActive)
  let terminating = owned.filter(isPodTerminating).length

  async function run(): Promise<number | undefined> {
    if (!spec.suspend && !status.startTime) status.startTime = formatTime(now)
    let verdict = earlierVerdict() ?? failure() ?? successByPolicy()
    let wait = settled ? undefined : expectations.remainingMs(key)
    let problem: unknown
    if (verdict) {
      problem = await removePods(active)
      // Not yet: there are pods that could not be deleted, or that the cache does not show.
      if (active.length > 0 || !settled) verdict = undefined
    } else {
      const managed = settled && !isBeingDeleted(job)
      if (managed)
        try {
          wait = await manage()
        } catch (error) {
          problem = error
        }
      verdict = completion()
      if (managed && !verdict) followSuspension()
    }
    await track(verdict)
    if (problem !== undefined && !isNamespaceTerminating(problem)) throw problem
    const deadline = verdict ? undefined : deadlineMs()
    return deadline === undefined || deadline <= 0 ? wait : Math.min(wait ?? Infinity, deadline)
  }

  // ---- what the job comes to

  /** What was decided stays: pods that a success stops are no failures of the job. */
  function earlierVerdict(): Verdict | undefined {
    for (const interim of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
      const { reason = '', message = '' } = has(interim) ?? {}
      if (has(interim)) return { interim, reason, message }
    }
    return undefined
  }
  function failure(): Verdict | undefined {
    const failing = (reason: string, message: string): Verdict => ({ interim: 'FailureTarget', reason, message })
    const fatal = spec.podFailurePolicy && failedPods.find((pod) => judge(pod).action === 'FailJob')
    if (fatal) return failing('PodFailurePolicy', judge(fatal).message)
    if (failed > (spec.backoffLimit ?? 6) || hasRestartedTooOften())
      return failing('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
    if ((deadlineMs() ?? Infinity) <= 0) return failing('DeadlineExceeded', 'Job was active longer than specified deadline')
    if (!perIndex) return undefined
    if (spec.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes)
      return failing('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
    if (failedIndexes.size > 0 && failedIndexes.size + completed.size >= (completions ?? 0))
      return failing('FailedIndexes', 'Job has failed indexes')
    return undefined
  }
  /** Where containers are started again in their pods, their restarts count as the job's failures. */
  function hasRestartedTooOften(): boolean {
    if (spec.template.spec?.restartPolicy !== 'OnFailure') return false
    let restarts = 0
    for (const {
      status: { phase, containerStatuses, initContainerStatuses },
    } of owned)
      if (phase === 'Running' || phase === 'Pending')
        for (const { restartCount = 0 } of [...(containerStatuses ?? []), ...(initContainerStatuses ?? [])]) restarts += restartCount
    return restarts > 0 && restarts >= (spec.backoffLimit ?? 6)
  }
  function deadlineMs(): number | undefined {
    if (spec.activeDeadlineSeconds === undefined || !status.startTime || spec.suspend) return undefined
    return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - now
  }
  function successByPolicy(): Verdict | undefined {
    const message = matchSuccess(job, completed)
    return message === undefined ? undefined : { interim: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message }
  }
  /** Without a number of completions, one success is enough, and pods that still run may end by themselves. */
  function completion(): Verdict | undefined {
    if (!settled || active.length > 0 || succeeded < (completions ?? 1)) return undefined
    return { interim: 'SuccessCriteriaMet', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
  }

  function followSuspension(): void {
    if (spec.suspend) {
      if (setCondition('Suspended', true, 'JobSuspended', 'Job suspended')) recorder.event(about, 'Normal', 'Suspended', 'Job suspended')
      delete status.startTime
    } else if (setCondition('Suspended', false, 'JobResumed', 'Job resumed')) {
      recorder.event(about, 'Normal', 'Resumed', 'Job resumed')
      status.startTime = formatTime(now)
    }
  }

  // ---- making and removing pods

  async function manage(): Promise<number | undefined> {
    let wanted = 0
    if (spec.suspend) wanted = 0
    else if (completions === undefined) wanted = succeeded > 0 ? active.length : parallelism
    else wanted = Math.max(0, Math.min(completions - succeeded, parallelism))
    const surplus = chooseSurplus(Math.max(0, active.length - wanted)).slice(0, mostPods)
    if (surplus.length > 0) {
      const problem = await removePods(surplus)
      if (problem !== undefined) throw problem
      return undefined
    }
    const occupied = replacesOnlyFailed(job) ? active.length + terminating : active.length
    const missing = Math.min(wanted - occupied, mostPods)
    if (missing <= 0) return undefined
    // With limits of their own, indexes wait by themselves.
    const wait = perIndex ? 0 : backoffMs(job, owned, now)
    if (wait > 0) return wait
    if (indexed) return createIndexed(missing)
    const draft = podDraft(job)
    await create(Array.from({ length: missing }, () => draft))
    return undefined
  }

  /** At least so many active pods that must go: those whose index is no more or has another pod, then the least useful. */
  function chooseSurplus(atLeast: number): Pod[] {
    const ordered = [...active].sort(compareForDeletion(now, () => 0))
    if (!indexed) return ordered.slice(0, atLeast)
    const kept = new Map<number, Pod>()
    const useless: Pod[] = []
    for (const pod of ordered.reverse()) {
      const index = indexOf(pod)
      if (!isIndex(index) || kept.has(index)) useless.push(pod)
      else kept.set(index, pod)
    }
    return [...useless, ...[...kept.values()].reverse().slice(0, Math.max(0, atLeast - useless.length))]
  }

  async function createIndexed(missing: number): Promise<number | undefined> {
    const busy = new Set((replacesOnlyFailed(job) ? owned.filter((p) => isPodActive(p) || isPodTerminating(p)) : active).map(indexOf))
    const drafts: Draft<Pod>[] = []
    let wait: number | undefined
    for (let index = 0; index < (completions ?? 0) && drafts.length < missing; index++) {
      if (completed.has(index) || failedIndexes.has(index) || busy.has(index)) continue
      const before = lastTries.get(index)
      const left = before ? indexBackoffMs(before, now) : 0
      if (left > 0) wait = Math.min(wait ?? Infinity, left)
      else drafts.push(indexedDraft(job, index, before))
    }
    await create(drafts)
    return wait
  }
  async function create(drafts: readonly Draft<Pod>[]): Promise<void> {
    if (drafts.length === 0) return
    action = 'pods_created'
    expectations.expectCreations(key, drafts.length)
    const { made, error } = await control.create(about, drafts.length, (i) => drafts[i] as Draft<Pod>)
    for (let i = made.length; i < drafts.length; i++) expectations.creationObserved(key)
    const again =
      spec.podReplacementPolicy === 'Failed'
        ? failed > 0 && 'recreate_failed'
        : failed + terminating > 0 && 'recreate_terminating_or_failed'
    metrics.podsCreated(again || 'new', 'succeeded', made.length)
    metrics.podsCreated(again || 'new', 'failed', drafts.length - made.length)
    active = [...active, ...made]
    if (error !== undefined) throw error
  }

  async function removePods(victims: readonly Pod[]): Promise<unknown> {
    if (victims.length === 0) return undefined
    action = 'pods_deleted'
    expectations.expectDeletions(key, victims.map(objectKey))
    const left = new Set<Pod>()
    const problem = await control.remove(about, victims, (pod, error) => {
      expectations.deletionObserved(key, objectKey(pod))
      if (!isNotFound(error)) left.add(pod)
    })
    const gone = new Set(victims.filter((pod) => !left.has(pod)))
    active = active.filter((pod) => !gone.has(pod))
    terminating += gone.size
    return problem
  }

  // ---- counting

  /** A pod that its index's next try has to look at keeps its finalizer, so that it cannot vanish before. */
  function mayRelease(pod: Pod, ended: boolean, activeIndexes: ReadonlySet<number>): boolean {
    if (ended || isBeingDeleted(job) || pod.status.phase === 'Succeeded') return true
    if (!isFailed(pod, job)) return false
    const index = indexOf(pod)
    if (namespaceEnds || !perIndex || !isIndex(index) || completed.has(index) || failedIndexes.has(index) || activeIndexes.has(index))
      return true
    return lastTries.get(index) !== pod
  }

  async function track(verdict: Verdict | undefined): Promise<void> {
    const activeIndexes = new Set(active.map(indexOf))
    const toRelease: Pod[] = []
    const indexes = new Set<number>()
    let full = false
    for (const pod of tracked) {
      const { uid } = pod.metadata
      if (!mayRelease(pod, verdict !== undefined, activeIndexes)) continue
      toRelease.push(pod)
      if (pod.status.phase === 'Succeeded' && !uncounted.failed.has(uid)) {
        if (!indexed) uncounted.succeeded.add(uid)
        else if (isIndex(indexOf(pod)) && !counted.has(indexOf(pod))) indexes.add(indexOf(pod))
      } else if (isFailed(pod, job) || verdict?.interim === 'FailureTarget') countFailure(pod)
      full = uncounted.succeeded.size + uncounted.failed.size + indexes.size >= mostPods
      if (full) break
    }
    if (indexed) {
      const done = union(counted, indexes)
      status.succeeded = done.size
      status.completedIndexes = done.toString()
      if (status.completedIndexes === '') delete status.completedIndexes
    }
    if (perIndex) status.failedIndexes = failedIndexes.toString()
    status.active = active.length
    status.ready = active.filter(isPodReady).length
    status.terminating = terminating
    status.uncountedTerminatedPods = { succeeded: [...uncounted.succeeded], failed: [...uncounted.failed] }
    if (verdict) setCondition(verdict.interim, true, verdict.reason, verdict.message)
    const current = await write(job)

    // Written down: now the finalizers may go, and then the counts may rise.
    const still = new Set(tracked.map((pod) => pod.metadata.uid))
    await Promise.all(toRelease.map(async (pod) => (await release(pod)) && still.delete(pod.metadata.uid)))
    if (toRelease.length > 0 && action === 'reconciling') action = 'tracking'
    const settle = (uids: Set<string>) => [...uids].filter((uid) => !still.has(uid)).length
    const [succeededPods, failedPods] = [indexed ? indexes.size : settle(uncounted.succeeded), settle(uncounted.failed)]
    if (!indexed) status.succeeded = (status.succeeded ?? 0) + succeededPods
    status.failed = (status.failed ?? 0) + failedPods
    const left = (uids: Set<string>) => [...uids].filter((uid) => still.has(uid))
    status.uncountedTerminatedPods = { succeeded: left(uncounted.succeeded), failed: left(uncounted.failed) }
    const ended = verdict !== undefined && !full && still.size === 0 && terminating === 0 && active.length === 0
    if (ended) finish(verdict)
    await write(current)
    metrics.podsFinished(job, 'succeeded', succeededPods)
    metrics.podsFinished(job, 'failed', failedPods)
    if (ended) tellOfEnd(verdict)
  }
  function countFailure(pod: Pod): void {
    if (uncounted.failed.has(pod.metadata.uid) || (indexed && !isIndex(indexOf(pod)))) return
    const { action, message } = judge(pod)
    if (message !== '') metrics.judgedByPolicy(action, 1)
    if (action !== 'Ignore') uncounted.failed.add(pod.metadata.uid)
  }

  function finish({ interim, reason, message }: Verdict): void {
    setCondition(interim === 'FailureTarget' ? 'Failed' : 'Complete', true, reason, message)
    if (interim === 'SuccessCriteriaMet') status.completionTime = formatTime(now)
  }
  function tellOfEnd({ interim, reason, message }: Verdict): void {
    if (interim === 'FailureTarget') recorder.event(about, 'Warning', reason, message)
    else recorder.event(about, 'Normal', 'Completed', 'Job completed')
    metrics.finished(job, interim === 'FailureTarget' ? 'failed' : 'succeeded', reason)
    if (!indexed) return
    metrics.indexesFinished(job, 'succeeded', status.succeeded ?? 0)
    metrics.indexesFinished(job, 'failed', perIndex ? failedIndexes.size : 0)
  }

  // ---- the status

  function setCondition(type: string, on: boolean, reason: string, message: string): boolean {
    const have = status.conditions?.find((c) => c.type === type)
    const value = on ? 'True' : 'False'
    if (have?.status === value || (!have && !on)) return false
    const at = formatTime(now)
    const next: JobCondition = { type, status: value, lastProbeTime: at, lastTransitionTime: at, reason, message }
    status.conditions = have ? (status.conditions ?? []).map((c) => (c === have ? next : c)) : [...(status.conditions ?? []), next]
    return true
  }

  async function write(current: Job): Promise<Job> {
    if (semanticEqual(withoutZeros(current.status), withoutZeros(status))) return current
    const updated = await client.updateStatus(resource, { ...current, status: { ...status } })
    written(updated)
    return updated
  }

  return {
    run,
    get action() {
      return action
    },
  }
}

function withoutZeros(status: JobStatus): Record<string, unknown> {
  const { uncountedTerminatedPods: uncounted, ...rest } = status
  const kept = Object.entries(rest).filter(([, value]) => value !== 0 && value !== '')
  const waiting = (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0) > 0
  return { ...Object.fromEntries(kept), ...(waiting ? { uncountedTerminatedPods: uncounted } : {}) }
}
