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
import { backoffMs, failureCountOf, indexBackoffMs, indexedDraft, lastFailed, podDraft, tracking } from './job-pods.ts'
import { indexOf, isFailed, isIndexed, judgeFailure, matchSuccess, replacesOnlyFailed } from './job-policies.ts'
import { isNamespaceTerminating, isPodActive, isPodReady, isPodTerminating, restartsOf, slowStart } from './pods.ts'

const resource = 'jobs.batch'
/** Pods made or deleted in one go, and uids kept in the status. */
const mostPods = 500

export interface JobTools {
  readonly client: Client
  readonly recorder: EventRecorder
  readonly metrics: JobMetrics
  readonly expectations: Expectations
  /** Pods whose finalizer was taken away and whose event has not come yet. */
  readonly released: ReadonlySet<string>
  /** Takes a pod's finalizer away; true when it is gone. */
  release(pod: Pod): Promise<boolean>
  /** The job's status was written. */
  written(job: Job): void
  readonly now: number
}

/** One look at one job. `status` is what it will be. */
export function createJobSync(
  { client, recorder, metrics, expectations, released, release, written, now }: JobTools,
  key: string,
  job: Job,
  owned: readonly Pod[],
) {
  const { spec } = job
  const about = referenceTo(resource, job)
  const completions = spec.completions ?? undefined
  const parallelism = spec.parallelism ?? 1
  const indexed = isIndexed(job)
  const status: JobStatus = { ...job.status, conditions: [...(job.status.conditions ?? [])] }
  const uncounted = {
    succeeded: [...(job.status.uncountedTerminatedPods?.succeeded ?? [])],
    failed: [...(job.status.uncountedTerminatedPods?.failed ?? [])],
  }
  let completed: IndexSet = parseIndexes(indexed ? job.status.completedIndexes : '', completions ?? 0)
  let failedIndexes: IndexSet = parseIndexes(job.status.failedIndexes, completions ?? 0)
  const tracked = owned.filter((pod) => hasFinalizer(pod, tracking) && !released.has(pod.metadata.uid))
  let active = owned.filter(isPodActive)
  let action: JobAction = 'reconciling'
  const byAge = (a: Pod, b: Pod) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1)

  function setCondition(type: string, on: boolean, reason: string, message: string): boolean {
    const have = status.conditions?.find((c) => c.type === type)
    const value = on ? 'True' : 'False'
    if (have?.status === value || (!have && !on)) return false
    const at = formatTime(now)
    const next: JobCondition = { type, status: value, lastProbeTime: at, lastTransitionTime: at, reason, message }
    status.conditions = have ? (status.conditions ?? []).map((c) => (c === have ? next : c)) : [...(status.conditions ?? []), next]
    return true
  }
  const has = (type: string) => status.conditions?.find((c) => c.type === type && c.status === 'True')

  // ---- what has ended

  const newlySucceeded = () => tracked.filter((pod) => pod.status.phase === 'Succeeded' && !uncounted.succeeded.includes(pod.metadata.uid))
  const newlyFailed = () =>
    tracked.filter(
      (pod) => isFailed(pod, job) && !uncounted.failed.includes(pod.metadata.uid) && judgeFailure(job, pod).action !== 'Ignore',
    )
  const succeededNow = () =>
    indexed
      ? union(completed, validIndexes(newlySucceeded())).size
      : (job.status.succeeded ?? 0) + uncounted.succeeded.length + newlySucceeded().length
  const failedNow = () => (job.status.failed ?? 0) + uncounted.failed.length + newlyFailed().length
  const validIndexes = (of: readonly Pod[]) => of.map(indexOf).filter((i) => i >= 0 && i < (completions ?? 0))

  function judgeIndexes(): void {
    const limit = spec.backoffLimitPerIndex
    if (limit === undefined) return
    const failed: number[] = []
    for (const pod of tracked) {
      const index = indexOf(pod)
      if (!isFailed(pod, job) || index < 0 || index >= (completions ?? 0) || completed.has(index)) continue
      const { action } = judgeFailure(job, pod)
      if (action === 'FailIndex' || (action === 'Count' && failureCountOf(pod) >= limit)) failed.push(index)
    }
    if (failed.length > 0) failedIndexes = union(failedIndexes, failed)
  }

  /** Why the job has failed, if it has. */
  function failureReason(): { reason: string; message: string } | undefined {
    const before = has('FailureTarget')
    if (before) return { reason: before.reason ?? '', message: before.message ?? '' }
    if (spec.podFailurePolicy)
      for (const pod of tracked) {
        if (pod.status.phase !== 'Failed') continue
        const verdict = judgeFailure(job, pod)
        if (verdict.action === 'FailJob') return { reason: 'PodFailurePolicy', message: verdict.message }
      }
    const limit = spec.backoffLimit ?? 6
    const restarts = spec.template.spec?.restartPolicy === 'OnFailure' ? active.reduce((sum, pod) => sum + restartsOf(pod), 0) : 0
    const pastRestarts = restarts > 0 && (limit === 0 ? restarts > 0 : restarts >= limit)
    if (failedNow() > limit || pastRestarts)
      return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
    if (deadlineMs() !== undefined && (deadlineMs() as number) <= 0)
      return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
    if (spec.backoffLimitPerIndex !== undefined) {
      if (spec.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes)
        return { reason: 'MaxFailedIndexesExceeded', message: 'Job has exceeded the specified maximal number of failed indexes' }
      const done = union(completed, validIndexes(newlySucceeded()))
      if (failedIndexes.size > 0 && failedIndexes.size + done.size >= (completions ?? 0))
        return { reason: 'FailedIndexes', message: 'Job has failed indexes' }
    }
    return undefined
  }
  function deadlineMs(): number | undefined {
    if (spec.activeDeadlineSeconds === undefined || !status.startTime || spec.suspend) return undefined
    return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000 - now
  }
  function successReason(): { reason: string; message: string } | undefined {
    const before = has('SuccessCriteriaMet')
    if (before) return { reason: before.reason ?? '', message: before.message ?? '' }
    const matched = matchSuccess(job, union(completed, validIndexes(newlySucceeded())))
    if (matched !== undefined) return { reason: 'SuccessPolicy', message: matched }
    const reached = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    if (completions === undefined) return succeededNow() > 0 && active.length === 0 ? reached : undefined
    return succeededNow() >= completions && (active.length === 0 || !indexed) ? reached : undefined
  }

  async function run(): Promise<number | undefined> {
    const settled = expectations.satisfied(key)
    if (!spec.suspend && !status.startTime) status.startTime = formatTime(now)
    judgeIndexes()
    let wait: number | undefined
    let failure: unknown
    const failed = failureReason()
    const succeeded = failed ? undefined : successReason()
    if (failed) {
      setCondition('FailureTarget', true, failed.reason, failed.message)
      failure = await removePods(active)
    } else if (succeeded) {
      setCondition('SuccessCriteriaMet', true, succeeded.reason, succeeded.message)
      failure = await removePods(active)
    } else {
      if (spec.suspend) {
        if (settled) failure = await removePods(active)
        if (setCondition('Suspended', true, 'JobSuspended', 'Job suspended')) recorder.event(about, 'Normal', 'Suspended', 'Job suspended')
        delete status.startTime
      } else {
        const had = has('Suspended')
        if (had && setCondition('Suspended', false, 'JobResumed', 'Job resumed')) {
          recorder.event(about, 'Normal', 'Resumed', 'Job resumed')
          status.startTime = formatTime(now)
        }
        if (settled && !isBeingDeleted(job))
          try {
            wait = await manage()
          } catch (error) {
            failure = error
          }
        if (!settled) wait = expectations.remainingMs(key)
      }
    }
    await track(failed, succeeded)
    if (failure !== undefined && !isNamespaceTerminating(failure)) throw failure
    const deadline = failed || succeeded ? undefined : deadlineMs()
    if (deadline === undefined) return wait
    return wait === undefined ? deadline : Math.min(wait, deadline)
  }

  // ---- making and removing pods

  async function manage(): Promise<number | undefined> {
    const terminating = owned.filter(isPodTerminating).length
    const succeeded = succeededNow()
    let wanted: number
    if (completions === undefined) wanted = succeeded > 0 ? active.length : parallelism
    else wanted = Math.max(0, Math.min(completions - succeeded, parallelism))
    const surplus = active.length - wanted
    if (surplus > 0) {
      const ordered = [...active].sort((a, b) => Number(isPodReady(a)) - Number(isPodReady(b)) || byAge(b, a))
      const failure = await removePods(ordered.slice(0, Math.min(surplus, mostPods)))
      if (failure) throw failure
      return undefined
    }
    const occupied = replacesOnlyFailed(job) ? active.length + terminating : active.length
    const missing = Math.min(wanted - occupied, mostPods)
    if (missing <= 0) return undefined
    if (indexed) return createIndexed(missing)
    const wait = backoffMs(job, owned, now)
    if (wait > 0) return wait
    await create(Array.from({ length: missing }, () => podDraft(job)))
    return undefined
  }

  async function createIndexed(missing: number): Promise<number | undefined> {
    const done = union(completed, validIndexes(newlySucceeded()))
    const busy = new Set((replacesOnlyFailed(job) ? owned.filter((p) => isPodActive(p) || isPodTerminating(p)) : active).map(indexOf))
    const perIndex = spec.backoffLimitPerIndex !== undefined
    const global = perIndex ? 0 : backoffMs(job, owned, now)
    if (global > 0) return global
    const drafts: Draft<Pod>[] = []
    let wait: number | undefined
    for (let index = 0; index < (completions ?? 0) && drafts.length < missing; index++) {
      if (done.has(index) || failedIndexes.has(index) || busy.has(index)) continue
      const before = perIndex ? lastFailed(job, owned, index) : undefined
      if (before) {
        const left = indexBackoffMs(before, now)
        if (left > 0) {
          wait = Math.min(wait ?? Infinity, left)
          continue
        }
      }
      drafts.push(indexedDraft(job, index, before))
    }
    await create(drafts)
    return wait
  }
  async function create(drafts: readonly Draft<Pod>[]): Promise<void> {
    if (drafts.length > 0) action = 'pods_created'
    expectations.expectCreations(key, drafts.length)
    const made: Pod[] = []
    const { successes, error } = await slowStart(drafts.length, async (i) => {
      try {
        const pod = await client.create('pods', drafts[i] as Draft<Pod>)
        made.push(pod)
        recorder.event(about, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
      } catch (failure) {
        if (!isNamespaceTerminating(failure))
          recorder.event(about, 'Warning', 'FailedCreate', `Error creating: ${(failure as Error).message}`)
        throw failure
      }
    })
    for (let i = successes; i < drafts.length; i++) expectations.creationObserved(key)
    active = [...active, ...made]
    if (error !== undefined) throw error
  }

  async function removePods(victims: readonly Pod[]): Promise<unknown> {
    if (victims.length === 0) return undefined
    action = 'pods_deleted'
    expectations.expectDeletions(key, victims.map(objectKey))
    let failure: unknown
    await Promise.all(
      victims.map(async (pod) => {
        const { namespace, name, uid } = pod.metadata
        try {
          await client.delete('pods', { namespace, name }, { preconditions: { uid } })
          recorder.event(about, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
        } catch (error) {
          expectations.deletionObserved(key, objectKey(pod))
          if (!isNotFound(error)) failure ??= error
        }
      }),
    )
    active = active.filter((pod) => !victims.includes(pod))
    return failure
  }

  // ---- counting

  /** A pod that its index's next try has to look at keeps its finalizer, so that it cannot vanish before. */
  function mayRelease(pod: Pod, ended: boolean): boolean {
    if (ended || isBeingDeleted(job) || pod.status.phase === 'Succeeded') return true
    if (spec.backoffLimitPerIndex === undefined) return true
    const index = indexOf(pod)
    if (index < 0 || index >= (completions ?? 0) || completed.has(index) || failedIndexes.has(index)) return true
    if (active.some((other) => indexOf(other) === index)) return true
    return lastFailed(job, owned, index) !== pod
  }

  async function track(
    failed: { reason: string; message: string } | undefined,
    succeeded: { reason: string; message: string } | undefined,
  ): Promise<void> {
    const ended = failed !== undefined || succeeded !== undefined
    const toRelease: Pod[] = []
    const indexes: number[] = []
    for (const pod of tracked) {
      const { uid } = pod.metadata
      const counted = uncounted.succeeded.includes(uid) || uncounted.failed.includes(uid)
      const lost = isFailed(pod, job) || (ended && isBeingDeleted(pod) && pod.status.phase !== 'Succeeded' && !isPodTerminating(pod))
      if (pod.status.phase !== 'Succeeded' && !lost) continue
      if (!mayRelease(pod, ended)) continue
      if (!counted) {
        if (pod.status.phase === 'Succeeded') {
          if (indexed) indexes.push(...validIndexes([pod]))
          else uncounted.succeeded.push(uid)
        } else if (judgeFailure(job, pod).action !== 'Ignore' && (!indexed || validIndexes([pod]).length > 0)) uncounted.failed.push(uid)
      }
      toRelease.push(pod)
      if (uncounted.succeeded.length + uncounted.failed.length + indexes.length >= mostPods) break
    }
    completed = union(completed, indexes)
    if (indexed) {
      status.completedIndexes = completed.toString()
      status.succeeded = completed.size
      if (status.completedIndexes === '') delete status.completedIndexes
    }
    if (spec.backoffLimitPerIndex !== undefined) status.failedIndexes = failedIndexes.toString()
    status.active = active.length
    status.ready = active.filter(isPodReady).length
    status.terminating = owned.filter(isPodTerminating).length
    status.uncountedTerminatedPods = { ...uncounted }
    const current = await write(job)
    // Written down: now the finalizers may go, and then the counts may rise.
    const freed = new Set((await Promise.all(toRelease.map(async (pod) => ((await release(pod)) ? pod.metadata.uid : '')))).filter(Boolean))
    const stillTracked = new Set(
      owned
        .filter((pod) => hasFinalizer(pod, tracking) && !freed.has(pod.metadata.uid) && !released.has(pod.metadata.uid))
        .map((p) => p.metadata.uid),
    )
    const settledOf = (uids: string[]) => uids.filter((uid) => !stillTracked.has(uid))
    if (toRelease.length > 0 && action === 'reconciling') action = 'tracking'
    const [succeededPods, failedPods] = [
      indexed ? indexes.length : settledOf(uncounted.succeeded).length,
      settledOf(uncounted.failed).length,
    ]
    status.succeeded = (status.succeeded ?? 0) + (indexed ? 0 : succeededPods)
    status.failed = (status.failed ?? 0) + failedPods
    status.uncountedTerminatedPods = {
      succeeded: uncounted.succeeded.filter((uid) => stillTracked.has(uid)),
      failed: uncounted.failed.filter((uid) => stillTracked.has(uid)),
    }
    const waiting = owned.some((pod) => isPodTerminating(pod)) || active.length > 0
    const clean = stillTracked.size === 0 && !waiting
    if (failed && clean) finish('Failed', failed)
    else if (succeeded && clean) finish('Complete', succeeded)
    await write(current)
    metrics.podsFinished(job, 'succeeded', succeededPods)
    metrics.podsFinished(job, 'failed', failedPods)
    if (clean && failed) metrics.finished(job, 'failed', failed.reason)
    else if (clean && succeeded) metrics.finished(job, 'succeeded', succeeded.reason)
  }

  function finish(type: 'Complete' | 'Failed', { reason, message }: { reason: string; message: string }): void {
    setCondition(type, true, reason, message)
    status.active = 0
    status.ready = 0
    status.terminating = 0
    if (type === 'Complete') {
      status.completionTime = formatTime(now)
      recorder.event(about, 'Normal', 'Completed', 'Job completed')
      if (has('Suspended')) setCondition('Suspended', false, 'JobResumed', 'Job resumed')
    } else recorder.event(about, 'Warning', reason, message)
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
