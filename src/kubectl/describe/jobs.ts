/** `kubectl describe` of jobs and cron jobs. */
import { humanDuration } from '../../api/duration.ts'
import { formatLabelSelector, labelSelectorAsSelector } from '../../api/labels.ts'
import type { CronJob, Job } from '../../api/types/batch-v1.ts'
import { writePodTemplate } from './containers.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, timeText, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

export function describeJob(job: Job, w: DescribeWriter, { events }: DescribeContext): void {
  const { metadata, spec, status } = job
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  if (spec?.selector) w.line(0, `Selector:\t${labelSelectorAsSelector(spec.selector).toString()}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  const owner = metadata.ownerReferences?.find((o) => o.controller)
  if (owner) w.line(0, `Controlled By:\t${owner.kind}/${owner.name}`)
  w.line(0, `Parallelism:\t${spec?.parallelism ?? '<unset>'}`)
  w.line(0, `Completions:\t${spec?.completions ?? '<unset>'}`)
  if (spec?.completionMode) w.line(0, `Completion Mode:\t${spec.completionMode}`)
  if (spec?.suspend !== undefined) w.line(0, `Suspend:\t${spec.suspend}`)
  if (spec?.backoffLimit !== undefined) w.line(0, `Backoff Limit:\t${spec.backoffLimit}`)
  if (spec?.ttlSecondsAfterFinished !== undefined) w.line(0, `TTL Seconds After Finished:\t${spec.ttlSecondsAfterFinished}`)
  if (status?.startTime) w.line(0, `Start Time:\t${timeText(status.startTime)}`)
  if (status?.completionTime) w.line(0, `Completed At:\t${timeText(status.completionTime)}`)
  if (status?.startTime && status.completionTime)
    w.line(0, `Duration:\t${humanDuration(Date.parse(status.completionTime) - Date.parse(status.startTime))}`)
  if (spec?.activeDeadlineSeconds !== undefined) w.line(0, `Active Deadline Seconds:\t${spec.activeDeadlineSeconds}s`)
  const ready = status?.ready === undefined ? '' : ` (${status.ready} Ready)`
  w.line(0, `Pods Statuses:\t${status?.active ?? 0} Active${ready} / ${status?.succeeded ?? 0} Succeeded / ${status?.failed ?? 0} Failed`)
  if (spec?.completionMode === 'Indexed') w.line(0, `Completed Indexes:\t${status?.completedIndexes || '<none>'}`)
  writePodTemplate(w, spec?.template as never)
  writeEvents(w, events)
}

export function describeCronJob(cronJob: CronJob, w: DescribeWriter, { events }: DescribeContext): void {
  const { metadata, spec, status } = cronJob
  const jobSpec = spec?.jobTemplate?.spec
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, `Schedule:\t${spec?.schedule}`)
  w.line(0, `Concurrency Policy:\t${spec?.concurrencyPolicy ?? ''}`)
  w.line(0, `Suspend:\t${spec?.suspend ? 'True' : 'False'}`)
  w.line(0, `Successful Job History Limit:\t${spec?.successfulJobsHistoryLimit ?? '<unset>'}`)
  w.line(0, `Failed Job History Limit:\t${spec?.failedJobsHistoryLimit ?? '<unset>'}`)
  w.line(0, `Starting Deadline Seconds:\t${spec?.startingDeadlineSeconds === undefined ? '<unset>' : `${spec.startingDeadlineSeconds}s`}`)
  w.line(0, `Selector:\t${jobSpec?.selector ? formatLabelSelector(jobSpec.selector) : '<unset>'}`)
  w.line(0, `Parallelism:\t${jobSpec?.parallelism ?? '<unset>'}`)
  w.line(0, `Completions:\t${jobSpec?.completions ?? '<unset>'}`)
  if (jobSpec?.activeDeadlineSeconds !== undefined) w.line(0, `Active Deadline Seconds:\t${jobSpec.activeDeadlineSeconds}s`)
  writePodTemplate(w, jobSpec?.template as never)
  w.line(0, `Last Schedule Time:\t${timeText(status?.lastScheduleTime)}`)
  w.line(0, `Active Jobs:\t${(status?.active ?? []).map((job) => job.name).join(', ') || '<none>'}`)
  writeEvents(w, events)
}
