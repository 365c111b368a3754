/** The pods of a job, as pure functions: what they are made like, how often they have failed, and when the next may start (pkg/controller/job/indexed_job_utils.go, backoff_utils.go). */
import type { Job } from '../api/types/batch-v1.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { Draft } from '../client/client.ts'
import { completionIndex, indexFailureCount, indexIgnoredFailureCount, indexOf, isFailed, judgeFailure } from './job-policies.ts'
import { ownerReference } from './ownership.ts'
import { podCondition, podFromTemplate } from './pods.ts'

/** The finalizer that a pod keeps until it is counted. */
export const tracking = 'batch.kubernetes.io/job-tracking'
/** The given part of a generated name is so long at most. */
const mostGenerated = 58
/** After a failure the next pod waits: 10 s, doubled up to 10 min. */
const backoff = { firstMs: 10_000, mostMs: 600_000 }

export const failureCountOf = (pod: Pod): number => Number(pod.metadata.annotations?.[indexFailureCount] ?? 0)
const ignoredCountOf = (pod: Pod): number => Number(pod.metadata.annotations?.[indexIgnoredFailureCount] ?? 0)

/** Of each index that has failed, the pod of its last try. */
export function lastFailures(failed: readonly Pod[]): Map<number, Pod> {
  const last = new Map<number, Pod>()
  for (const pod of failed) {
    const index = indexOf(pod)
    const have = last.get(index)
    if (!have || failureCountOf(have) + ignoredCountOf(have) <= failureCountOf(pod) + ignoredCountOf(pod)) last.set(index, pod)
  }
  return last
}

/** How long new pods have to wait for the failures there have been since the last success, those that a policy ignores among them. */
export function backoffMs(job: Job, owned: readonly Pod[], now: number): number {
  let lastSuccess = 0
  for (const pod of owned) if (pod.status.phase === 'Succeeded') lastSuccess = Math.max(lastSuccess, endOf(pod))
  let failures = 0
  let lastFailure = 0
  for (const pod of owned) {
    if (!isFailed(pod, job)) continue
    const at = endOf(pod)
    if (at <= lastSuccess) continue
    failures++
    lastFailure = Math.max(lastFailure, at)
  }
  if (failures === 0) return 0
  return Math.max(0, lastFailure + Math.min(backoff.firstMs * 2 ** (failures - 1), backoff.mostMs) - now)
}
/** The same for an index whose last try was this pod. */
export function indexBackoffMs(before: Pod, now: number): number {
  const delay = Math.min(backoff.firstMs * 2 ** (failureCountOf(before) + ignoredCountOf(before)), backoff.mostMs)
  return Math.max(0, endOf(before) + delay - now)
}

export function podDraft(job: Job): Draft<Pod> {
  const draft = podFromTemplate(job.spec.template, job.metadata.namespace, ownerReference('jobs.batch', job), {
    generateName: `${job.metadata.name}-`,
  }) as Pod
  return { ...draft, metadata: { ...draft.metadata, finalizers: [...(draft.metadata.finalizers ?? []), tracking] } }
}
/** `before` is the last try of this index. */
export function indexedDraft(job: Job, index: number, before: Pod | undefined): Draft<Pod> {
  const draft = podDraft(job) as Pod
  const env = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${completionIndex}']` } },
  }
  const withEnv = <C extends { env?: { name: string }[] | null }>(containers: readonly C[] | null | undefined) =>
    containers?.map((c) => (c.env?.some((e) => e.name === env.name) ? c : { ...c, env: [...(c.env ?? []), env] }))
  const counts: Record<string, string> = {}
  if (job.spec.backoffLimitPerIndex !== undefined) {
    const ignored = before !== undefined && judgeFailure(job, before).action === 'Ignore'
    counts[indexFailureCount] = String(before ? failureCountOf(before) + (ignored ? 0 : 1) : 0)
    if (before && (ignored || ignoredCountOf(before) > 0))
      counts[indexIgnoredFailureCount] = String(ignoredCountOf(before) + (ignored ? 1 : 0))
  }
  const { name } = job.metadata
  return {
    ...draft,
    metadata: {
      ...draft.metadata,
      // The server cuts a longer one, and the index with it.
      generateName: `${name.slice(0, mostGenerated - String(index).length - 2)}-${index}-`,
      labels: { ...draft.metadata.labels, [completionIndex]: String(index) },
      annotations: { ...draft.metadata.annotations, [completionIndex]: String(index), ...counts },
    },
    spec: {
      ...draft.spec,
      hostname: `${name}-${index}`,
      containers: withEnv(draft.spec.containers) as Pod['spec']['containers'],
      ...(draft.spec.initContainers ? { initContainers: withEnv(draft.spec.initContainers) as Pod['spec']['initContainers'] } : {}),
    },
  }
}

/** When a pod ended: its last container's end; else when it ceased to be ready, or was asked to go. */
function endOf(pod: Pod): number {
  const ends = (pod.status.containerStatuses ?? []).map((c) => Date.parse(c.state.terminated?.finishedAt ?? ''))
  if (ends.length > 0 && !ends.some(Number.isNaN)) return Math.max(...ends)
  const ready = podCondition(pod, 'Ready')
  if (ready?.status === 'False' && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime)
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata
  // A deletion's time is when its grace is over.
  return deletionTimestamp ? Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000 : Date.parse(creationTimestamp)
}
