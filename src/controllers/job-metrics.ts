/** The job controller's metrics, under upstream's names (pkg/controller/job/metrics). */
import type { Job } from '../api/types/batch-v1.ts'
import { exponentialBuckets, type MetricsRegistry } from '../metrics/metrics.ts'

/** What a sync did above all. */
export type JobAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted'

/** What a pod is made for. */
export type PodReason = 'new' | 'recreate_failed' | 'recreate_terminating_or_failed'

export interface JobMetrics {
  synced(job: Job, action: JobAction, result: 'success' | 'error', seconds: number): void
  finished(job: Job, result: 'succeeded' | 'failed', reason: string): void
  /** Pods that count from now on. */
  podsFinished(job: Job, result: 'succeeded' | 'failed', count: number): void
  /** Pods that were made, or could not be. */
  podsCreated(reason: PodReason, status: 'succeeded' | 'failed', count: number): void
  /** Failed pods that a rule of the failure policy decided on. */
  judgedByPolicy(action: string, count: number): void
  /** Indexes of a job that ended. */
  indexesFinished(job: Job, status: 'succeeded' | 'failed', count: number): void
  /** A pod that has ended began or ceased to carry the finalizer. */
  finishedPodTracked(event: 'add' | 'delete'): void
  /** A job was seen that another controller runs. */
  managedElsewhere(controller: string): void
}

export function createJobMetrics(metrics: MetricsRegistry): JobMetrics {
  const labels = ['action', 'completion_mode', 'result']
  const durations = metrics.histogram(
    'job_controller_job_sync_duration_seconds',
    'Time of a look at a job.',
    labels,
    exponentialBuckets(0.004, 2, 15),
  )
  const syncs = metrics.counter('job_controller_job_syncs_total', 'Looks at jobs.', labels)
  const jobs = metrics.counter('job_controller_jobs_finished_total', 'Jobs that ended.', ['completion_mode', 'reason', 'result'])
  const pods = metrics.counter('job_controller_job_pods_finished_total', 'Pods that ended and are counted.', ['completion_mode', 'result'])
  const created = metrics.counter('job_controller_job_pods_creation_total', 'Pods made for jobs.', ['reason', 'status'])
  const judged = metrics.counter('job_controller_pod_failures_handled_by_failure_policy_total', 'Failed pods that a policy decided on.', [
    'action',
  ])
  const indexes = metrics.counter('job_controller_job_finished_indexes_total', 'Indexes of jobs that ended.', ['backoffLimit', 'status'])
  const trackedPods = metrics.counter(
    'job_controller_terminated_pods_tracking_finalizer_total',
    'Ended pods that began or ceased to carry the finalizer.',
    ['event'],
  )
  const elsewhere = metrics.counter('job_controller_jobs_by_external_controller_total', 'Jobs that another controller runs.', [
    'controller_name',
  ])
  const modeOf = ({ spec }: Job): string => spec.completionMode ?? 'NonIndexed'
  return {
    synced(job, action, result, seconds) {
      syncs.add([action, modeOf(job), result])
      durations.observe(seconds, [action, modeOf(job), result])
    },
    finished: (job, result, reason) => jobs.add([modeOf(job), reason, result]),
    podsFinished: (job, result, count) => count > 0 && pods.add([modeOf(job), result], count),
    podsCreated: (reason, status, count) => count > 0 && created.add([reason, status], count),
    judgedByPolicy: (action, count) => judged.add([action], count),
    indexesFinished: ({ spec }, status, count) =>
      count > 0 && indexes.add([spec.backoffLimitPerIndex === undefined ? 'global' : 'perIndex', status], count),
    finishedPodTracked: (event) => trackedPods.add([event]),
    managedElsewhere: (controller) => elsewhere.add([controller]),
  }
}
