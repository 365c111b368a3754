/** Jobs and cron jobs (batch/validation). */
import { parseCron, timeZoneError } from '../cron.ts'
import type { CronJob, CronJobSpec, Job, JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from '../types/batch-v1.ts'
import { check, immutable, notNegative, oneOf, optionalOneOf, semanticEqual, validateLabelSelector } from './checks.ts'
import { duplicate, type FieldError, goQuote, invalid, notSupported, omitted, required, tooLong, tooMany } from './field-error.ts'
import { internalValue } from './internal.ts'
import { isDNS1123Label, isDomainPrefixedPath, isQualifiedName, nameIsDNSSubdomain } from './names.ts'
import { immutableMessage, validateAnnotations, validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'
import { validatePodTemplateSpec } from './pod-spec.ts'
import { selectorOf, templateLabelsError } from './workload.ts'

const sortKeys = (map: Readonly<Record<string, string>> | undefined) =>
  map ? Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))) : null
const shownSelector = (selector: JobSpec['selector']) =>
  selector ? { ...selector, ...(selector.matchLabels ? { matchLabels: sortKeys(selector.matchLabels) } : {}) } : null

// ---- jobs

/** Everything but the selector, which a cron job's template may not have. */
function jobSpecCommon(spec: JobSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const)
    errors.push(...notNegative(spec[field], `${path}.${field}`))
  if (spec.managedBy !== undefined) {
    errors.push(...check(spec.managedBy, `${path}.managedBy`, isDomainPrefixedPath))
    if (spec.managedBy.length > 63) errors.push(tooLong(`${path}.managedBy`, 63))
  }
  errors.push(...indexing(spec, path))
  if (spec.podFailurePolicy) errors.push(...podFailurePolicy(spec, `${path}.podFailurePolicy`))
  if (spec.successPolicy) {
    const at = `${path}.successPolicy`
    if (spec.completionMode !== 'Indexed')
      errors.push(invalid(at, internalValue('SuccessPolicy', spec.successPolicy), 'requires indexed completion mode'))
    else errors.push(...successPolicy(spec, `${at}.rules`))
  }
  if (spec.podReplacementPolicy !== undefined)
    errors.push(
      ...optionalOneOf(
        spec.podReplacementPolicy,
        `${path}.podReplacementPolicy`,
        spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'],
      ),
    )
  errors.push(...validatePodTemplateSpec(spec.template, `${path}.template`))
  const restart = spec.template.spec.restartPolicy
  const at = `${path}.template.spec.restartPolicy`
  if (restart !== 'OnFailure' && restart !== 'Never') errors.push(required(at, 'valid values: "OnFailure", "Never"'))
  else if (spec.podFailurePolicy && restart !== 'Never')
    errors.push(invalid(at, restart, 'only "Never" is supported when podFailurePolicy is specified'))
  return errors
}

const manyIndexes = 100_000
function indexing(spec: JobSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { completionMode: mode, completions, parallelism, backoffLimitPerIndex, maxFailedIndexes } = spec
  if (mode !== undefined) {
    if (mode !== 'Indexed' && mode !== 'NonIndexed') errors.push(notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']))
    if (mode === 'Indexed') {
      if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'))
      else if (parallelism !== undefined && parallelism > manyIndexes)
        errors.push(invalid(`${path}.parallelism`, parallelism, 'must be less than or equal to 100000 when completion mode is Indexed'))
      if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions)
        errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'))
      if (maxFailedIndexes !== undefined && maxFailedIndexes > manyIndexes)
        errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to 100000'))
      if (completions !== undefined && completions > manyIndexes && backoffLimitPerIndex !== undefined) {
        if (maxFailedIndexes === undefined)
          errors.push(required(`${path}.maxFailedIndexes`, 'must be specified when completions is above 100000'))
        if (parallelism !== undefined && parallelism > 10_000)
          errors.push(
            invalid(
              `${path}.parallelism`,
              parallelism,
              'must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
            ),
          )
        if (maxFailedIndexes !== undefined && maxFailedIndexes > 10_000)
          errors.push(
            invalid(
              `${path}.maxFailedIndexes`,
              maxFailedIndexes,
              'must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index',
            ),
          )
      }
    }
  }
  if (mode === 'NonIndexed') {
    if (backoffLimitPerIndex !== undefined)
      errors.push(invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, 'requires indexed completion mode'))
    if (maxFailedIndexes !== undefined)
      errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'requires indexed completion mode'))
  }
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined)
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
  return errors
}

function podFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const errors: FieldError[] = []
  if (rules.length > 20) errors.push(tooMany(`${path}.rules`, rules.length, 20))
  const { containers, initContainers } = spec.template.spec
  const names = new Set([...(containers ?? []), ...(initContainers ?? [])].map((c) => c.name))
  rules.forEach((rule, i) => {
    errors.push(...podFailureRule(rule, spec, names, `${path}.rules[${i}]`))
  })
  return errors
}
const failureActions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const quoted = (values: readonly string[]) => `valid values: [${values.map(goQuote).join(' ')}]`
function podFailureRule(rule: PodFailurePolicyRule, spec: JobSpec, names: ReadonlySet<string>, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!rule.action) errors.push(required(`${path}.action`, quoted(failureActions)))
  else if (rule.action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined)
      errors.push(invalid(`${path}.action`, rule.action, 'requires the backoffLimitPerIndex to be set'))
  } else errors.push(...optionalOneOf(rule.action, `${path}.action`, failureActions))
  const codes = rule.onExitCodes
  if (codes) {
    const at = `${path}.onExitCodes`
    if (!codes.operator) errors.push(required(`${at}.operator`, quoted(['In', 'NotIn'])))
    else errors.push(...optionalOneOf(codes.operator, `${at}.operator`, ['In', 'NotIn']))
    if (codes.containerName !== undefined && !names.has(codes.containerName))
      errors.push(
        invalid(`${at}.containerName`, codes.containerName, 'must be one of the container or initContainer names in the pod template'),
      )
    const values = codes.values ?? []
    if (values.length === 0) errors.push(invalid(`${at}.values`, values, 'at least one value is required'))
    else if (values.length > 255) errors.push(tooMany(`${at}.values`, values.length, 255))
    const seen = new Set<number>()
    values.forEach((value, i) => {
      if (codes.operator === 'In' && value === 0) errors.push(invalid(`${at}.values[${i}]`, value, 'must not be 0 for the In operator'))
      if (seen.has(value)) errors.push(duplicate(`${at}.values[${i}]`, value))
      seen.add(value)
    })
    if (values.some((value, i) => i > 0 && (values[i - 1] as number) > value))
      errors.push(invalid(`${at}.values`, values, 'must be ordered'))
  }
  const conditions = rule.onPodConditions ?? []
  if (conditions.length > 20) errors.push(tooMany(`${path}.onPodConditions`, conditions.length, 20))
  conditions.forEach((condition, i) => {
    const at = `${path}.onPodConditions[${i}]`
    const statuses = ['False', 'True', 'Unknown']
    errors.push(...check(condition.type, `${at}.type`, isQualifiedName))
    if (!condition.status) errors.push(required(`${at}.status`, quoted(statuses)))
    else errors.push(...optionalOneOf(condition.status, `${at}.status`, statuses))
  })
  if (codes && conditions.length > 0)
    errors.push(invalid(path, omitted, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (!codes && conditions.length === 0)
    errors.push(invalid(path, omitted, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

function successPolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.successPolicy?.rules ?? []
  if (rules.length === 0) return [required(path, 'at least one rules must be specified when the successPolicy is specified')]
  const errors: FieldError[] = []
  if (rules.length > 20) errors.push(tooMany(path, rules.length, 20))
  rules.forEach((rule, i) => {
    errors.push(...successRule(rule, spec.completions ?? 0, `${path}[${i}]`))
  })
  return errors
}
function successRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  completions: number,
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  let total = 0
  if (count === undefined && indexes === undefined)
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'))
  if (indexes !== undefined) {
    if (indexes.length > 64 * 1024) errors.push(tooLong(`${path}.succeededIndexes`, 64 * 1024))
    const counted = countIndexes(indexes, completions)
    if (typeof counted === 'string') errors.push(invalid(`${path}.succeededIndexes`, indexes, `error parsing succeededIndexes: ${counted}`))
    else total = counted
  }
  if (count !== undefined) {
    errors.push(...notNegative(count, `${path}.succeededCount`))
    if (count > completions)
      errors.push(
        invalid(`${path}.succeededCount`, count, `must be less than or equal to ${completions} (the number of specified completions)`),
      )
    if (indexes !== undefined && count > total)
      errors.push(
        invalid(
          `${path}.succeededCount`,
          count,
          `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`,
        ),
      )
  }
  return errors
}
/** How many indexes a text such as `0-3,7` names; a text says what is wrong. */
export function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0
  let last: number | undefined
  let total = 0
  for (const interval of text.split(',')) {
    const limits = interval.split('-')
    if (limits.length > 2)
      return `the fragment ${goQuote(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`
    const numbers: number[] = []
    for (const limit of limits) {
      if (!/^[-+]?\d+$/.test(limit)) return `cannot convert string to integer for index: ${goQuote(limit)}`
      if (Number(limit) >= completions) return `too large index: ${goQuote(limit)}`
      numbers.push(Number(limit))
    }
    const [from, to = from] = numbers as [number, number | undefined]
    if (limits.length === 2 && from >= (to as number)) return `non-increasing order, previous: ${from}, current: ${to}`
    if (last !== undefined && last >= from) return `non-increasing order, previous: ${last}, current: ${from}`
    total += (to as number) - from + 1
    last = to as number
  }
  return total
}

function jobSpec(spec: JobSpec): FieldError[] {
  const errors = jobSpecCommon(spec, 'spec')
  if (!spec.selector) errors.push(required('spec.selector'))
  else errors.push(...validateLabelSelector(spec.selector, 'spec.selector'))
  const selector = selectorOf(spec.selector)
  if (selector && !selector.matches(spec.template.metadata?.labels ?? {})) errors.push(templateLabelsError(spec.template, 'spec.template'))
  return errors
}

export const jobLabels = {
  uid: 'batch.kubernetes.io/controller-uid',
  name: 'batch.kubernetes.io/job-name',
  legacyUid: 'controller-uid',
  legacyName: 'job-name',
} as const

/** The selector that the server made itself must still be the one it made. */
function generatedSelector({ metadata, spec }: Job, requirePrefixed: boolean): FieldError[] {
  if (spec.manualSelector || !spec.selector) return []
  const errors: FieldError[] = []
  if (!metadata.uid) errors.push(required('metadata.uid'))
  const labels = spec.template.metadata?.labels
  const expect = (key: string, value: string) => {
    const at = `spec.template.metadata.labels[${key}]`
    if (labels?.[key] === undefined) errors.push(required(at, `must be '${value}'`))
    else if (labels[key] !== value) errors.push(invalid(at, sortKeys(labels), `must be '${value}'`))
  }
  expect(jobLabels.legacyUid, metadata.uid ?? '')
  expect(jobLabels.legacyName, metadata.name ?? '')
  const prefixed = spec.selector.matchLabels?.[jobLabels.uid] !== undefined
  if (requirePrefixed || prefixed) {
    expect(jobLabels.uid, metadata.uid ?? '')
    expect(jobLabels.name, metadata.name ?? '')
  }
  const key = prefixed ? jobLabels.uid : jobLabels.legacyUid
  const made = { matchLabels: { [key]: metadata.uid } }
  if (!semanticEqual(spec.selector, made))
    errors.push(invalid('spec.selector', shownSelector(spec.selector), '`selector` not auto-generated'))
  return errors
}

export function validateJob(job: Job, requirePrefixed = true): FieldError[] {
  const { metadata, spec } = job
  const errors = [...validateObjectMeta(metadata, true, nameIsDNSSubdomain), ...generatedSelector(job, requirePrefixed), ...jobSpec(spec)]
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
    const host = `${metadata.name}-${(spec.completions as number) - 1}`
    if (isDNS1123Label(host).length > 0)
      errors.push(invalid('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${host}`))
  }
  return errors
}

export function validateJobUpdate(job: Job, old: Job): FieldError[] {
  const { spec } = job
  const errors = [
    ...validateJob(job, old.spec.template.metadata?.labels?.[jobLabels.uid] !== undefined),
    ...validateObjectMetaUpdate(job.metadata, old.metadata),
    ...jobSpec(spec),
  ]
  if (spec.completionMode !== 'Indexed') errors.push(...immutable(spec.completions, old.spec.completions, 'spec.completions'))
  else if (spec.completions !== old.spec.completions && (spec.completions === undefined || spec.completions !== spec.parallelism))
    errors.push(invalid('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism'))
  if (!semanticEqual(spec.selector, old.spec.selector))
    errors.push(invalid('spec.selector', shownSelector(spec.selector), immutableMessage))
  if (!semanticEqual(takeBack(job, old), old.spec.template))
    errors.push(invalid('spec.template', internalValue('PodTemplateSpec', spec.template), immutableMessage))
  const was = old.spec
  errors.push(...immutable(spec.completionMode, was.completionMode, 'spec.completionMode'))
  const shown = (type: string, value: object | undefined) => (value ? internalValue(type, value) : null)
  if (!semanticEqual(spec.podFailurePolicy, was.podFailurePolicy))
    errors.push(invalid('spec.podFailurePolicy', shown('PodFailurePolicy', spec.podFailurePolicy), immutableMessage))
  errors.push(...immutable(spec.backoffLimitPerIndex, was.backoffLimitPerIndex, 'spec.backoffLimitPerIndex'))
  errors.push(...immutable(spec.managedBy, was.managedBy, 'spec.managedBy'))
  if (!semanticEqual(spec.successPolicy, was.successPolicy))
    errors.push(invalid('spec.successPolicy', shown('SuccessPolicy', spec.successPolicy), immutableMessage))
  return errors
}
/** A suspended job that never started may still change where its pods will run. */
function takeBack({ spec: { template } }: Job, old: Job): JobSpec['template'] {
  const mutable = old.spec.suspend === true && !old.status.startTime
  if (!mutable) return template
  const was = old.spec.template
  const { nodeAffinity: _, ...affinity } = template.spec.affinity ?? {}
  const oldNode = was.spec.affinity?.nodeAffinity
  const restored = oldNode ? { ...affinity, nodeAffinity: oldNode } : affinity
  return {
    ...template,
    metadata: { ...template.metadata, labels: was.metadata?.labels, annotations: was.metadata?.annotations },
    spec: {
      ...template.spec,
      affinity: was.spec.affinity === undefined && Object.keys(restored).length === 0 ? undefined : restored,
      nodeSelector: was.spec.nodeSelector,
      tolerations: was.spec.tolerations,
      schedulingGates: was.spec.schedulingGates,
      containers: template.spec.containers?.map((c, i) => ({ ...c, resources: was.spec.containers?.[i]?.resources ?? c.resources })),
      initContainers: template.spec.initContainers?.map((c, i) => ({
        ...c,
        resources: was.spec.initContainers?.[i]?.resources ?? c.resources,
      })),
    },
  }
}

// ---- cron jobs

function cronJobSpec(spec: CronJobSpec, old: CronJobSpec | undefined): FieldError[] {
  const errors: FieldError[] = []
  if (!spec.schedule) errors.push(required('spec.schedule'))
  else {
    try {
      parseCron(spec.schedule)
    } catch (error) {
      errors.push(invalid('spec.schedule', spec.schedule, (error as Error).message))
    }
    if (spec.schedule.includes('TZ')) {
      // What an older server let in may stay.
      if (!old?.schedule.includes('TZ'))
        errors.push(invalid('spec.schedule', spec.schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'))
      else if (spec.timeZone !== undefined)
        errors.push(invalid('spec.schedule', spec.schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'))
    }
  }
  errors.push(...notNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'))
  const zone = spec.timeZone
  if (zone !== undefined && zone !== old?.timeZone) {
    const unknown = zone && timeZoneError(zone)
    if (zone === '') errors.push(invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string'))
    else if (zone.toLowerCase() === 'local')
      errors.push(invalid('spec.timeZone', zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'))
    else if (unknown) errors.push(invalid('spec.timeZone', zone, unknown))
  }
  errors.push(...oneOf(spec.concurrencyPolicy, 'spec.concurrencyPolicy', ['Allow', 'Forbid', 'Replace']))
  errors.push(...jobTemplate(spec.jobTemplate))
  errors.push(...notNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'))
  errors.push(...notNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'))
  return errors
}
function jobTemplate(template: CronJobSpec['jobTemplate']): FieldError[] {
  const path = 'spec.jobTemplate.spec'
  const errors = [
    ...validateLabels(template.metadata?.labels, 'spec.jobTemplate.metadata.labels'),
    ...validateAnnotations(template.metadata?.annotations, 'spec.jobTemplate.metadata.annotations'),
    ...jobSpecCommon(template.spec, path),
  ]
  if (template.spec.selector)
    errors.push(invalid(`${path}.selector`, shownSelector(template.spec.selector), '`selector` will be auto-generated'))
  if (template.spec.manualSelector) errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']))
  return errors
}
export function validateCronJob({ metadata, spec }: CronJob): FieldError[] {
  const errors = [...validateObjectMeta(metadata, true, nameIsDNSSubdomain), ...cronJobSpec(spec, undefined)]
  // A job's name adds eleven characters to the cron job's, and pods add their own.
  if ((metadata.name ?? '').length > 52) errors.push(invalid('metadata.name', metadata.name, 'must be no more than 52 characters'))
  return errors
}
export const validateCronJobUpdate = (job: CronJob, old: CronJob): FieldError[] => [
  ...validateObjectMetaUpdate(job.metadata, old.metadata),
  ...cronJobSpec(job.spec, old.spec),
]
