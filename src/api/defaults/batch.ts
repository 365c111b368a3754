/** Defaults of the batch group. Those of a Job's spec do not reach the template inside a CronJob. */
import type { CronJob, Job } from '../types/batch-v1.ts'
import type { Defaults } from './index.ts'
import { defaultPodTemplate } from './pod.ts'

export const batchDefaults = {
  'batch.v1.CronJob': ({ spec }: CronJob) => defaultPodTemplate(spec.jobTemplate.spec.template),
  'batch.v1.Job': (job: Job) => {
    const { spec } = job
    if (spec.parallelism === undefined) spec.completions ??= 1
    spec.parallelism ??= 1
    spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1
    spec.completionMode ??= 'NonIndexed'
    spec.suspend ??= false
    spec.manualSelector ??= false
    spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
    if (spec.template.metadata.labels) job.metadata.labels ??= spec.template.metadata.labels
    defaultPodTemplate(spec.template)
  },
} satisfies Defaults
