// Written by scripts/generate-types.ts from src/api/tables/batch-v1.ts: edit that, not this.
import type * as core_v1 from './core-v1.ts'
import type * as meta_v1 from './meta-v1.ts'

/** Makes jobs on a schedule. */
export interface CronJob {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: CronJobSpec
  /** What was last observed of the object; written by the system. */
  status: CronJobStatus
}

/** A page of CronJob objects, with the revision it was read at. */
export interface CronJobList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: CronJob[]
}

/** What is wanted of a CronJob. */
export interface CronJobSpec {
  schedule: string
  startingDeadlineSeconds?: number
  concurrencyPolicy: 'Allow' | 'Forbid' | 'Replace'
  /** Whether new work is held back. */
  suspend: boolean
  jobTemplate: JobTemplateSpec
  successfulJobsHistoryLimit: number
  failedJobsHistoryLimit: number
  timeZone?: string
}

/** What was last observed of a CronJob. */
export interface CronJobStatus {
  /** What is running at this time. */
  active?: core_v1.ObjectReference[]
  lastScheduleTime?: string
  lastSuccessfulTime?: string
}

/** Runs pods until enough of them have succeeded. */
export interface Job {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: JobSpec
  /** What was last observed of the object; written by the system. */
  status: JobStatus
}

/** One observation of the state of a Job. */
export interface JobCondition {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
  /** When the condition was last looked at. */
  lastProbeTime?: string | null
  /** When the condition last changed from one status to another. */
  lastTransitionTime?: string | null
  /** One word in CamelCase that says why, for programs to read. */
  reason?: string
  /** A sentence for people that explains the state. */
  message?: string
}

/** A page of Job objects, with the revision it was read at. */
export interface JobList {
  apiVersion?: string
  kind?: string
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ListMeta
  /** Keys to take and the file names to give them; all when empty. */
  items: Job[]
}

/** What is wanted of a Job. */
export interface JobSpec {
  parallelism?: number
  completions?: number
  activeDeadlineSeconds?: number
  /** Which objects are meant, by their labels. */
  selector?: meta_v1.LabelSelector
  manualSelector?: boolean
  /** What the pods made from this object look like. */
  template: core_v1.PodTemplateSpec
  backoffLimit?: number
  ttlSecondsAfterFinished?: number
  completionMode?: 'Indexed' | 'NonIndexed'
  /** Whether new work is held back. */
  suspend?: boolean
  podFailurePolicy?: PodFailurePolicy
  backoffLimitPerIndex?: number
  maxFailedIndexes?: number
  podReplacementPolicy?: 'Failed' | 'TerminatingOrFailed'
  managedBy?: string
  successPolicy?: SuccessPolicy
}

/** What was last observed of a Job. */
export interface JobStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: JobCondition[]
  startTime?: string
  completionTime?: string
  /** What is running at this time. */
  active?: number
  succeeded?: number
  failed?: number
  completedIndexes?: string
  uncountedTerminatedPods?: UncountedTerminatedPods
  /** Whether it can serve. */
  ready?: number
  failedIndexes?: string
  terminating?: number
}

/** What jobs made on the schedule look like. */
export interface JobTemplateSpec {
  /** Name, labels, annotations and bookkeeping of the object. */
  metadata: meta_v1.ObjectMeta
  /** What is wanted of the object. */
  spec: JobSpec
}

/** Decides what a failed pod means for its job. */
export interface PodFailurePolicy {
  /** Rules of which any may match. */
  rules: PodFailurePolicyRule[]
}

export interface PodFailurePolicyOnExitCodesRequirement {
  /** Name of the container meant. */
  containerName?: string
  /** How the key relates to the values. */
  operator: 'In' | 'NotIn'
  /** Values that the operator compares with. */
  values: number[]
}

export interface PodFailurePolicyOnPodConditionsPattern {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
}

/** What to do when a failed pod matches. */
export interface PodFailurePolicyRule {
  action: 'Count' | 'FailIndex' | 'FailJob' | 'Ignore'
  onExitCodes?: PodFailurePolicyOnExitCodesRequirement
  onPodConditions?: PodFailurePolicyOnPodConditionsPattern[]
}

/** When a job counts as done early. */
export interface SuccessPolicy {
  /** Rules of which any may match. */
  rules: SuccessPolicyRule[]
}

/** Which indexes must succeed for the job to be done. */
export interface SuccessPolicyRule {
  succeededIndexes?: string
  succeededCount?: number
}

/** Ended pods whose finalizer is not removed yet. */
export interface UncountedTerminatedPods {
  succeeded?: string[]
  failed?: string[]
}
