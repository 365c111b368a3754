// Written by scripts/generate-types.ts from src/api/tables/batch-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

export interface CronJob {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: CronJobSpec
  status: CronJobStatus
}

export interface CronJobList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: CronJob[]
}

export interface CronJobSpec {
  schedule: string
  startingDeadlineSeconds?: number
  concurrencyPolicy: 'Allow' | 'Forbid' | 'Replace'
  suspend: boolean
  jobTemplate: JobTemplateSpec
  successfulJobsHistoryLimit: number
  failedJobsHistoryLimit: number
  timeZone?: string
}

export interface CronJobStatus {
  active?: core_v1.ObjectReference[]
  lastScheduleTime?: string
  lastSuccessfulTime?: string
}

export interface Job {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ObjectMeta
  spec: JobSpec
  status: JobStatus
}

export interface JobCondition {
  type: string
  status: string
  lastProbeTime?: string | null
  lastTransitionTime?: string | null
  reason?: string
  message?: string
}

export interface JobList {
  apiVersion?: string
  kind?: string
  metadata: meta_v1.ListMeta
  items: Job[]
}

export interface JobSpec {
  parallelism?: number
  completions?: number
  activeDeadlineSeconds?: number
  selector?: meta_v1.LabelSelector
  manualSelector?: boolean
  template: core_v1.PodTemplateSpec
  backoffLimit?: number
  ttlSecondsAfterFinished?: number
  completionMode?: 'Indexed' | 'NonIndexed'
  suspend?: boolean
  podFailurePolicy?: PodFailurePolicy
  backoffLimitPerIndex?: number
  maxFailedIndexes?: number
  podReplacementPolicy?: 'Failed' | 'TerminatingOrFailed'
  managedBy?: string
  successPolicy?: SuccessPolicy
}

export interface JobStatus {
  conditions?: JobCondition[]
  startTime?: string
  completionTime?: string
  active?: number
  succeeded?: number
  failed?: number
  completedIndexes?: string
  uncountedTerminatedPods?: UncountedTerminatedPods
  ready?: number
  failedIndexes?: string
  terminating?: number
}

export interface JobTemplateSpec {
  metadata: meta_v1.ObjectMeta
  spec: JobSpec
}

export interface PodFailurePolicy {
  rules: PodFailurePolicyRule[]
}

export interface PodFailurePolicyOnExitCodesRequirement {
  containerName?: string
  operator: 'In' | 'NotIn'
  values: number[]
}

export interface PodFailurePolicyOnPodConditionsPattern {
  type: string
  status: string
}

export interface PodFailurePolicyRule {
  action: 'Count' | 'FailIndex' | 'FailJob' | 'Ignore'
  onExitCodes?: PodFailurePolicyOnExitCodesRequirement
  onPodConditions?: PodFailurePolicyOnPodConditionsPattern[]
}

export interface SuccessPolicy {
  rules: SuccessPolicyRule[]
}

export interface SuccessPolicyRule {
  succeededIndexes?: string
  succeededCount?: number
}

export interface UncountedTerminatedPods {
  succeeded?: string[]
  failed?: string[]
}
