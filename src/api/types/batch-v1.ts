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
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: CronJob[]
}

/** What is wanted of a CronJob. */
export interface CronJobSpec {
  /** When jobs are made, in cron's form. */
  schedule: string
  /** Seconds that a missed start may be late. */
  startingDeadlineSeconds?: number
  /** What happens when the last job still runs. */
  concurrencyPolicy: 'Allow' | 'Forbid' | 'Replace'
  /** Whether new work is held back. */
  suspend: boolean
  /** What the jobs look like. */
  jobTemplate: JobTemplateSpec
  /** How many finished jobs are kept. */
  successfulJobsHistoryLimit: number
  /** How many failed jobs are kept. */
  failedJobsHistoryLimit: number
  /** Time zone of the schedule. */
  timeZone?: string
}

/** What was last observed of a CronJob. */
export interface CronJobStatus {
  /** What is running at this time. */
  active?: core_v1.ObjectReference[]
  /** when a job was last due and made */
  lastScheduleTime?: string
  /** when a job last ended well */
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
  /** Revision of the page and how to ask for the next. */
  metadata: meta_v1.ListMeta
  /** The objects of this page. */
  items: Job[]
}

/** What is wanted of a Job. */
export interface JobSpec {
  /** How many pods may run at a time. */
  parallelism?: number
  /** How many pods must succeed. */
  completions?: number
  /** Seconds that it may run in all before it is stopped. */
  activeDeadlineSeconds?: number
  /** Which objects are meant, by their labels. */
  selector?: meta_v1.LabelSelector
  /** Whether the user chose the selector. */
  manualSelector?: boolean
  /** What the pods made from this object look like. */
  template: core_v1.PodTemplateSpec
  /** How many failures are retried. */
  backoffLimit?: number
  /** Seconds after which the finished job is deleted. */
  ttlSecondsAfterFinished?: number
  /** Whether pods are alike or each has an index. */
  completionMode?: 'Indexed' | 'NonIndexed'
  /** Whether new work is held back. */
  suspend?: boolean
  /** What failed pods mean for the job. */
  podFailurePolicy?: PodFailurePolicy
  /** How many failures of one index are retried. */
  backoffLimitPerIndex?: number
  /** How many indexes may fail before the job does. */
  maxFailedIndexes?: number
  /** When a replacement for a pod is made. */
  podReplacementPolicy?: 'Failed' | 'TerminatingOrFailed'
  /** Controller that runs the job. */
  managedBy?: string
  /** When the job counts as done early. */
  successPolicy?: SuccessPolicy
}

/** What was last observed of a Job. */
export interface JobStatus {
  /** Observations of the current state, at most one of each type. */
  conditions?: JobCondition[]
  /** When it began. */
  startTime?: string
  /** When it was done. */
  completionTime?: string
  /** What is running at this time. */
  active?: number
  /** What has succeeded. */
  succeeded?: number
  /** What has failed. */
  failed?: number
  /** indexes that are done, as 1,3-5 */
  completedIndexes?: string
  /** ended pods that are not in the counts yet */
  uncountedTerminatedPods?: UncountedTerminatedPods
  /** Whether it can serve. */
  ready?: number
  /** indexes that are given up, as 1,3-5 */
  failedIndexes?: string
  /** pods that are on their way out */
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

/** exit codes of a container that the rule is about */
export interface PodFailurePolicyOnExitCodesRequirement {
  /** Name of the container meant. */
  containerName?: string
  /** How the key relates to the values. */
  operator: 'In' | 'NotIn'
  /** Values that the operator compares with. */
  values: number[]
}

/** a pod condition that the rule is about */
export interface PodFailurePolicyOnPodConditionsPattern {
  /** Which of the known sorts this is. */
  type: string
  /** What was last observed of the object; written by the system. */
  status: string
}

/** What to do when a failed pod matches. */
export interface PodFailurePolicyRule {
  /** What is done when it matches, or was done. */
  action: 'Count' | 'FailIndex' | 'FailJob' | 'Ignore'
  /** the rule holds for these exit codes */
  onExitCodes?: PodFailurePolicyOnExitCodesRequirement
  /** the rule holds for one of these conditions */
  onPodConditions?: PodFailurePolicyOnPodConditionsPattern[]
}

/** When a job counts as done early. */
export interface SuccessPolicy {
  /** Rules of which any may match. */
  rules: SuccessPolicyRule[]
}

/** Which indexes must succeed for the job to be done. */
export interface SuccessPolicyRule {
  /** indexes that must have succeeded */
  succeededIndexes?: string
  /** how many indexes must have succeeded */
  succeededCount?: number
}

/** Ended pods whose finalizer is not removed yet. */
export interface UncountedTerminatedPods {
  /** What has succeeded. */
  succeeded?: string[]
  /** What has failed. */
  failed?: string[]
}
