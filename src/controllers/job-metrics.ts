/** The job controller's metrics, under upstream's names (pkg/controller/job/metrics). */
import type { Job } from '../api/types/batch-v1.ts'
import { exponentialBuckets, type MetricsRegistry } from '../metrics/metrics.ts'

/** What a sync did above all. */
export type JobAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted'

export interface JobMetrics {
  synced(job: Job, action: JobAction, result: 'success' | 'error', seconds: number): void
  finished(job: Job, result: 'succeeded' | 'failed', reason: string): void
  /** Pods that count from now on. */
  podsFinished(job: Job, result: 'succeeded' | 'failed', count: number): void
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
  const modeOf = ({ spec }: Job): string => spec.completionMode ?? 'NonIndexed'
  return {
    synced(job, action, result, seconds) {
      syncs.add([action, modeOf(job), result])
      durations.observe(seconds, [action, modeOf(job), result])
    },
    finished: (job, result, reason) => jobs.add([modeOf(job), reason, result]),
    podsFinished: (job, result, count) => count > 0 && pods.add([modeOf(job), result], count),
  }
}
