/** Deletes finished Jobs when their time to live is over (pkg/controller/ttlafterfinished). */
import { isNotFound } from '../api/errors.ts'
import { objectKey, splitKey } from '../api/meta.ts'
import type { Job } from '../api/types/batch-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { finishedCondition } from './job.ts'

export function createTtlAfterFinishedController({ client, informers, clock, metrics, options }: ControllerDeps): Controller {
  const late = metrics.histogram(
    'ttl_after_finished_controller_job_deletion_duration_seconds',
    'Time from when a job’s time to live was over until it was deleted.',
    [],
    Array.from({ length: 14 }, (_, i) => 0.1 * 2 ** i),
  )
  const jobs = informers.of('jobs.batch')
  return {
    name: 'ttl-after-finished-controller',
    workers: options.concurrent.ttlAfterFinished,
    wake(queue) {
      const wake = (job: Job) => {
        if (job.spec.ttlSecondsAfterFinished !== undefined && finishedCondition(job) && !job.metadata.deletionTimestamp)
          queue.add(objectKey(job))
      }
      jobs.addHandler({ added: wake, updated: wake })
      return [jobs]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const job = jobs.get(namespace, name)
      const ttl = job?.spec.ttlSecondsAfterFinished
      const finished = job && finishedCondition(job)
      if (!job || ttl === undefined || !finished || job.metadata.deletionTimestamp) return
      const left = Date.parse(finished.lastTransitionTime ?? job.metadata.creationTimestamp) + ttl * 1000 - clock.now()
      if (left > 0) return left
      const { uid, resourceVersion } = job.metadata
      await client
        .delete('jobs.batch', { namespace, name }, { propagationPolicy: 'Foreground', preconditions: { uid, resourceVersion } })
        .then(() => late.observe(-left / 1000))
        .catch((error: unknown) => {
          if (!isNotFound(error)) throw error
        })
    },
  }
}
