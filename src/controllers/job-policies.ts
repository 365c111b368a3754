/** What a Job's policies say about finished pods, as pure functions (pkg/controller/job: pod_failure_policy.go, success_policy.go). */
import type { Job, PodFailurePolicyRule } from '../api/types/batch-v1.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { type IndexSet, parseIndexes } from './index-set.ts'

export const completionIndex = 'batch.kubernetes.io/job-completion-index'
export const indexFailureCount = 'batch.kubernetes.io/job-index-failure-count'
export const indexIgnoredFailureCount = 'batch.kubernetes.io/job-index-ignored-failure-count'

export const isIndexed = (job: Job): boolean => job.spec.completionMode === 'Indexed'
export function indexOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[completionIndex]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : -1
}

/** Pods on their way out are replaced only when they have ended. */
export const replacesOnlyFailed = (job: Job): boolean =>
  job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined
export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status.phase === 'Failed') return true
  if (replacesOnlyFailed(job)) return false
  return pod.metadata.deletionTimestamp !== undefined && pod.status.phase !== 'Succeeded'
}

export interface FailureVerdict {
  readonly action: 'Count' | 'FailIndex' | 'FailJob' | 'Ignore'
  /** What the job's condition says when the action fails it. */
  readonly message: string
}
const byDefault: FailureVerdict = { action: 'Count', message: '' }

/** The first rule that matches a failed pod decides. */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  for (const [i, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    if (rule.action === 'FailIndex' && job.spec.backoffLimitPerIndex === undefined) continue
    const message = matchExitCodes(rule, i, pod) ?? matchConditions(rule, i, pod)
    if (message !== undefined) return { action: rule.action, message }
  }
  return byDefault
}
function matchExitCodes(rule: PodFailurePolicyRule, at: number, pod: Pod): string | undefined {
  const { onExitCodes } = rule
  if (!onExitCodes) return undefined
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])]
  for (const { name, state } of statuses) {
    const code = state.terminated?.exitCode
    if (code === undefined || code === 0) continue
    if (onExitCodes.containerName && onExitCodes.containerName !== name) continue
    if ((onExitCodes.values ?? []).includes(code) !== (onExitCodes.operator === 'In')) continue
    return `Container ${name} for pod ${pod.metadata.namespace}/${pod.metadata.name} failed with exit code ${code} matching ${rule.action} rule at index ${at}`
  }
  return undefined
}
function matchConditions(rule: PodFailurePolicyRule, at: number, pod: Pod): string | undefined {
  for (const pattern of rule.onPodConditions ?? [])
    if (pod.status.conditions?.some((c) => c.type === pattern.type && c.status === (pattern.status || 'True')))
      return `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${pattern.type} matching ${rule.action} rule at index ${at}`
  return undefined
}

/** The first success rule that the completed indexes meet, as its message; undefined: none yet. */
export function matchSuccess(job: Job, completed: IndexSet): string | undefined {
  if (!isIndexed(job)) return undefined
  for (const [i, rule] of (job.spec.successPolicy?.rules ?? []).entries()) {
    const among = rule.succeededIndexes === undefined ? completed : parseIndexes(rule.succeededIndexes, job.spec.completions ?? 0)
    const met = [...among.values()].filter((index) => completed.has(index)).length
    const needed = rule.succeededCount ?? among.size
    if (rule.succeededIndexes === undefined ? completed.size >= needed : met >= needed) return `Matched rules at index ${i}`
  }
  return undefined
}
