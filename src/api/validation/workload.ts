/** What the controllers of pods have in common: selectors that must match their templates, rolling updates, counts in status. */
import { percentOf } from '../int-or-string.ts'
import { labelSelectorAsSelector, type Selector } from '../labels.ts'
import type { PodTemplateSpec } from '../types/core-v1.ts'
import type { LabelSelector } from '../types/meta-v1.ts'
import { check, isEmptySelector, notNegative, validateLabelSelector } from './checks.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts'
import { isValidPercent } from './names.ts'
import { validatePodTemplateSpec } from './pod-spec.ts'

/** The selector of a spec; undefined when it cannot be read, which is reported apart. */
export function selectorOf(selector: LabelSelector | undefined): Selector | undefined {
  try {
    return labelSelectorAsSelector(selector)
  } catch {
    return undefined
  }
}

/** A selector that must be there and select something; `kind` is what upstream's message calls the object. */
export function validateWorkloadSelector(selector: LabelSelector | undefined, path: string, kind: string): FieldError[] {
  if (!selector) return [required(path)]
  const errors = [...validateLabelSelector(selector, path)]
  if (isEmptySelector(selector)) errors.push(invalid(path, selector, `empty selector is invalid for ${kind}`))
  return errors
}

/** `hadLabels`: they were taken away, which leaves an empty map where there never were any is none. */
export function templateLabelsError(template: PodTemplateSpec | undefined, path: string, hadLabels = false): FieldError {
  const labels = template?.metadata?.labels
  const sorted = labels && Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
  return invalid(`${path}.metadata.labels`, sorted ?? (hadLabels ? {} : null), '`selector` does not match template `labels`')
}

/** The template of an object that keeps its pods running for ever. */
export function validateLastingTemplate(
  template: PodTemplateSpec,
  selector: Selector,
  path: string,
  kind: string,
  old?: PodTemplateSpec,
): FieldError[] {
  const errors: FieldError[] = []
  if (!selector.everything && !selector.matches(template.metadata?.labels ?? {}))
    errors.push(templateLabelsError(template, path, old?.metadata?.labels !== undefined))
  errors.push(...validatePodTemplateSpec(template, path))
  return [...errors, ...validateLastingPods(template, path, kind)]
}
export function validateLastingPods(template: PodTemplateSpec, path: string, kind: string): FieldError[] {
  const errors: FieldError[] = []
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec
  if (restartPolicy !== 'Always') errors.push(notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always']))
  if (activeDeadlineSeconds !== undefined)
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`))
  return errors
}

export const positiveIntOrPercent = (value: number | string | undefined, path: string): FieldError[] =>
  typeof value === 'string' ? check(value, path, isValidPercent) : notNegative(value, path)
export const notMoreThan100Percent = (value: number | string | undefined, path: string): FieldError[] =>
  typeof value === 'string' && (percentOf(value) ?? 0) > 100 ? [invalid(path, value, 'must not be greater than 100%')] : []
export const isZeroIntOrPercent = (value: number | string | undefined): boolean =>
  value === undefined || (typeof value === 'string' ? percentOf(value) === 0 : value === 0)

/** Counts of a status that must not be negative, in upstream's order. */
export const validateCounts = (status: object, fields: readonly string[], path = 'status'): FieldError[] =>
  fields.flatMap((field) => notNegative((status as Record<string, number | undefined>)[field], `${path}.${field}`))

/** Pairs of counts where the first may not exceed the second. `as` is how upstream's message names the second. */
export const validateNotGreater = (status: object, pairs: readonly (readonly [string, string, as: string])[]): FieldError[] => {
  const counts = status as Record<string, number | undefined>
  return pairs.flatMap(([field, limit, as]) =>
    (counts[field] ?? 0) > (counts[limit] ?? 0) ? [invalid(`status.${field}`, counts[field] ?? 0, `cannot be greater than ${as}`)] : [],
  )
}
export const validateNotDecremented = (value: number | undefined, old: number | undefined, path: string): FieldError[] =>
  old !== undefined && (value === undefined || value < old) ? [invalid(path, value ?? 0, 'cannot be decremented')] : []
