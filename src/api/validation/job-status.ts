/** The status of a job and how it may go on (batch/validation.ValidateJobUpdateStatus). */
import type { Job, JobStatus } from '../types/batch-v1.ts'
import { countIndexes } from './batch.ts'
import { notNegative } from './checks.ts'
import { type FieldError, invalid, omitted, required } from './field-error.ts'
import { immutableMessage, validateObjectMetaUpdate } from './object-meta.ts'

const has = (status: JobStatus, type: string) => status.conditions?.some((c) => c.type === type && c.status === 'True') === true

function validateStatus({ spec, status }: Job, old: Job): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const)
    errors.push(...notNegative(status[field], `status.${field}`))
  const uncounted = status.uncountedTerminatedPods
  if (uncounted)
    for (const field of ['succeeded', 'failed'] as const)
      uncounted[field]?.forEach((uid, i) => {
        const at = `status.uncountedTerminatedPods.${field}[${i}]`
        if (!uid) errors.push(invalid(at, uid, 'must not be empty'))
        else if (uncounted[field]!.indexOf(uid) < i || (field === 'failed' && uncounted.succeeded?.includes(uid)))
          errors.push({ type: 'duplicate', field: at, value: uid, detail: '' })
      })
  const [complete, failed] = [has(status, 'Complete'), has(status, 'Failed')]
  const [wasComplete, wasFailed] = [has(old.status, 'Complete'), has(old.status, 'Failed')]
  const finished = complete || failed
  if (!(wasComplete && wasFailed)) {
    if (complete && failed) errors.push(invalid('status.conditions', omitted, 'cannot set Complete=True and Failed=True conditions'))
    if (complete && has(status, 'FailureTarget'))
      errors.push(invalid('status.conditions', omitted, 'cannot set Complete=True and FailureTarget=true conditions'))
  }
  if (complete && !wasComplete && !has(status, 'SuccessCriteriaMet'))
    errors.push(invalid('status.conditions', omitted, 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'))
  if (failed && !wasFailed && !has(status, 'FailureTarget'))
    errors.push(invalid('status.conditions', omitted, 'cannot set Failed=True condition without the FailureTarget=true condition'))
  if (finished && !(wasComplete || wasFailed)) {
    if ((status.active ?? 0) > 0) errors.push(invalid('status.active', status.active, 'active>0 is invalid for finished job'))
    if ((status.terminating ?? 0) > 0)
      errors.push(invalid('status.terminating', status.terminating, 'terminating>0 is invalid for finished job'))
  }
  if (status.completionTime) {
    if (!complete)
      errors.push(
        invalid('status.completionTime', status.completionTime, 'cannot set completionTime when there is no Complete=True condition'),
      )
    if (!status.startTime)
      errors.push(invalid('status.completionTime', status.completionTime, 'completionTime cannot be set before startTime'))
    else if (Date.parse(status.completionTime) < Date.parse(status.startTime))
      errors.push(invalid('status.completionTime', status.completionTime, 'completionTime cannot be set before startTime'))
  } else if (complete && !wasComplete) errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'))
  if (finished && !status.startTime && !(wasComplete || wasFailed))
    errors.push(required('status.startTime', 'startTime is required for finished job'))
  const indexed = spec.completionMode === 'Indexed'
  for (const field of ['completedIndexes', 'failedIndexes'] as const) {
    const value = status[field]
    if (!value) continue
    if (!indexed) errors.push(invalid(`status.${field}`, value, `cannot set non-empty ${field} when non-indexed completion mode`))
    else {
      const counted = countIndexes(value, spec.completions ?? 0)
      if (typeof counted === 'string') errors.push(invalid(`status.${field}`, value, `error parsing ${field}: ${counted}`))
    }
  }
  return errors
}

export function validateJobStatusUpdate(job: Job, old: Job): FieldError[] {
  const errors = [...validateObjectMetaUpdate(job.metadata, old.metadata), ...validateStatus(job, old)]
  for (const type of ['Complete', 'Failed', 'SuccessCriteriaMet', 'FailureTarget'])
    if (has(old.status, type) && !has(job.status, type))
      errors.push(invalid('status.conditions', omitted, `cannot disable the terminal ${type}=True condition`))
  if (old.status.startTime && job.status.startTime !== old.status.startTime && !old.spec.suspend)
    errors.push(
      job.status.startTime
        ? invalid('status.startTime', job.status.startTime, 'startTime can only be modified for suspended jobs')
        : required('status.startTime', 'startTime cannot be removed for unsuspended job'),
    )
  if (old.status.completionTime && job.status.completionTime !== old.status.completionTime)
    errors.push(invalid('status.completionTime', job.status.completionTime ?? null, immutableMessage))
  return errors
}
