/** Jobs and cron jobs (registry/batch). */
import type { CronJob, Job } from '../../api/types/batch-v1.ts'
import { jobLabels, validateCronJob, validateCronJobUpdate, validateJob, validateJobUpdate } from '../../api/validation/batch.ts'
import { semanticEqual } from '../../api/validation/checks.ts'
import { validateJobStatusUpdate } from '../../api/validation/job-status.ts'
import { isDNS1123Label } from '../../api/validation/names.ts'
import { validateObjectMetaUpdate } from '../../api/validation/object-meta.ts'
import { podTemplateWarnings } from '../../api/validation/pod-warnings.ts'
import type { Strategy } from './strategy.ts'

/** The selector and the labels by which a job knows its pods; labels that are there already are left for validation to refuse. */
function withGeneratedSelector(job: Job): Job {
  const { metadata, spec } = job
  if (spec.manualSelector) return job
  const wanted: Record<string, string> = {
    [jobLabels.legacyUid]: metadata.uid,
    [jobLabels.legacyName]: metadata.name,
    [jobLabels.uid]: metadata.uid,
    [jobLabels.name]: metadata.name,
  }
  const given = spec.template.metadata?.labels ?? {}
  const labels = { ...wanted, ...given }
  const selector = { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels } }
  // A selector of the client's own stays, and is refused.
  selector.matchLabels[jobLabels.uid] ??= metadata.uid
  return { ...job, spec: { ...spec, selector, template: { ...spec.template, metadata: { ...spec.template.metadata, labels } } } }
}

/** Labels that came from the template come from it again once the generated ones are there, too. */
function withoutDefaultLabels(job: Job): Job {
  const { labels, ...metadata } = job.metadata
  return labels && semanticEqual(labels, job.spec.template.metadata?.labels) ? { ...job, metadata } : job
}

export const jobs: Strategy<Job> = {
  prepareForCreate: (job) => ({ ...withGeneratedSelector(withoutDefaultLabels(job)), status: {} as Job['status'] }),
  prepareForUpdate: (job, old) => ({ ...job, status: old.status }),
  validate: (job) => validateJob(job),
  validateUpdate: validateJobUpdate,
  defaultGarbageCollection: 'orphan',
  warnings(job, old) {
    const warnings: string[] = []
    if (!old && isDNS1123Label(job.metadata.name).length > 0)
      warnings.push(
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${isDNS1123Label(job.metadata.name).join(' ')}]`,
      )
    const { completionMode, completions = 0, parallelism = 0 } = job.spec
    if (completionMode === 'Indexed' && completions > 100_000 && parallelism > 10_000)
      warnings.push(
        'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail',
      )
    return old ? warnings : [...warnings, ...podTemplateWarnings(job.spec.template, 'spec.template')]
  },
  selectableFieldNames: ['status.successful'],
  selectableFields: ({ status }) => ({ 'status.successful': String(status.succeeded ?? 0) }),
  subresources: { status: { validateUpdate: validateJobStatusUpdate } },
}

export const cronJobs: Strategy<CronJob> = {
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  warnings(job, old) {
    const warnings: string[] = []
    if (!old && isDNS1123Label(job.metadata.name).length > 0)
      warnings.push(
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${isDNS1123Label(job.metadata.name).join(' ')}]`,
      )
    if (job.spec.schedule.includes('TZ'))
      warnings.push(
        'CRON_TZ or TZ used in spec.schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
      )
    return [...warnings, ...podTemplateWarnings(job.spec.jobTemplate.spec.template, 'spec.jobTemplate.spec.template')]
  },
  subresources: { status: { validateUpdate: (job, old) => validateObjectMetaUpdate(job.metadata, old.metadata) } },
}
