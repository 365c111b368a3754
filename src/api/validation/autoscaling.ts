/** Horizontal pod autoscalers, in the form of v2 that v1 is a view of, and scale (autoscaling/validation). */
import { formatQuantity, quantitySign } from '../quantity.ts'
import type { Scale } from '../types/autoscaling-v1.ts'
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec, MetricTarget } from '../types/autoscaling-v2.ts'
import { check, notNegative, optionalOneOf, validateLabelSelector } from './checks.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts'
import { isValidPathSegmentName, nameIsDNSSubdomain } from './names.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'

export const validateScale = ({ metadata, spec }: Scale): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...notNegative(spec?.replicas, 'spec.replicas'),
]

type Reference = { kind?: string; name?: string; apiVersion?: string } | undefined
function reference(ref: Reference, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { kind = '', name = '', apiVersion = '' } = ref ?? {}
  errors.push(...(kind ? check(kind, `${path}.kind`, isValidPathSegmentName) : [required(`${path}.kind`)]))
  errors.push(...(name ? check(name, `${path}.name`, isValidPathSegmentName) : [required(`${path}.name`)]))
  if (apiVersion.split('/').length > 2)
    errors.push(invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  return errors
}

const sources = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const
const types = Object.keys(sources)

function target(from: MetricTarget | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const type = from?.type ?? ''
  if (!type) errors.push(required(`${path}.type`, 'must specify a metric target type'))
  else errors.push(...optionalOneOf(type, `${path}.type`, ['AverageValue', 'Utilization', 'Value']))
  if (from?.value !== undefined && quantitySign(from.value) <= 0)
    errors.push(invalid(`${path}.value`, formatQuantity(from.value), 'must be positive'))
  if (from?.averageValue !== undefined && quantitySign(from.averageValue) <= 0)
    errors.push(invalid(`${path}.averageValue`, formatQuantity(from.averageValue), 'must be positive'))
  if (from?.averageUtilization !== undefined && from.averageUtilization < 1)
    errors.push(invalid(`${path}.averageUtilization`, from.averageUtilization, 'must be greater than 0'))
  return errors
}
function identifier(from: { name?: string } | undefined, path: string): FieldError[] {
  const name = from?.name ?? ''
  return name ? check(name, `${path}.name`, isValidPathSegmentName) : [required(`${path}.name`, 'must specify a metric name')]
}
/** Raw value or utilization, as resources have it. */
function rawOrUtilization(from: MetricTarget | undefined, path: string): FieldError[] {
  const { averageUtilization: utilization, averageValue: value } = from ?? {}
  if (utilization === undefined && value === undefined)
    return [required(`${path}.averageUtilization`, 'must set either a target raw value or a target utilization')]
  if (utilization !== undefined && value !== undefined)
    return [forbidden(`${path}.averageValue`, 'may not set both a target raw value and a target utilization')]
  return []
}

function metric(spec: MetricSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  const type = spec.type as keyof typeof sources
  if (!type) errors.push(required(`${path}.type`, 'must specify a metric source type'))
  if (!types.includes(type)) errors.push(notSupported(`${path}.type`, type ?? '', types))
  const given: string[] = []
  const add = (field: string, rule: () => FieldError[]) => {
    given.push(field)
    if (given.length === 1) errors.push(...rule())
  }
  const { object, external, pods, resource, containerResource } = spec
  if (object)
    add('object', () => {
      const at = `${path}.object`
      const found = [
        ...reference(object.describedObject, `${at}.describedObject`),
        ...identifier(object.metric, `${at}.metric`),
        ...target(object.target, `${at}.target`),
      ]
      if (object.target?.value === undefined && object.target?.averageValue === undefined)
        found.push(required(`${at}.target.averageValue`, 'must set either a target value or averageValue'))
      return found
    })
  if (external)
    add('external', () => {
      const at = `${path}.external`
      const found = [
        ...identifier(external.metric, `${at}.metric`),
        ...validateLabelSelector(external.metric?.selector, `${at}.metric.selector`),
        ...target(external.target, `${at}.target`),
      ]
      const { value, averageValue } = external.target ?? {}
      if (value === undefined && averageValue === undefined)
        found.push(required(`${at}.target.averageValue`, 'must set either a target value for metric or a per-pod target'))
      if (value !== undefined && averageValue !== undefined)
        found.push(forbidden(`${at}.target.value`, 'may not set both a target value for metric and a per-pod target'))
      return found
    })
  if (pods)
    add('pods', () => {
      const at = `${path}.pods`
      const found = [...identifier(pods.metric, `${at}.metric`), ...target(pods.target, `${at}.target`)]
      const value = pods.target?.averageValue
      if (value === undefined || quantitySign(value) <= 0)
        found.push(required(`${at}.target.averageValue`, 'must specify a positive target averageValue'))
      return found
    })
  if (containerResource)
    add('containerResource', () => {
      const at = `${path}.containerResource`
      const found: FieldError[] = []
      if (!containerResource.name) found.push(required(`${at}.name`, 'must specify a resource name'))
      if (!containerResource.container) found.push(required(`${at}.container`, 'must specify a container'))
      return [...found, ...target(containerResource.target, `${at}.target`), ...rawOrUtilization(containerResource.target, `${at}.target`)]
    })
  if (resource)
    add('resource', () => {
      const at = `${path}.resource`
      const found: FieldError[] = resource.name ? [] : [required(`${at}.name`, 'must specify a resource name')]
      return [...found, ...target(resource.target, `${at}.target`), ...rawOrUtilization(resource.target, `${at}.target`)]
    })
  const expected = sources[type]
  if (!expected) errors.push(notSupported(`${path}.type`, type ?? '', types))
  else if (!given.includes(expected)) errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'))
  for (const field of given)
    if (expected && field !== expected) errors.push(forbidden(`${path}.${field}`, 'must populate the given metric source only'))
  return errors
}

function scalingRules(rules: HPAScalingRules | undefined, path: string): FieldError[] {
  if (!rules) return []
  const errors: FieldError[] = []
  const window = rules.stabilizationWindowSeconds
  if (window !== undefined && window < 0)
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'))
  if (window !== undefined && window > 3600)
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600'))
  errors.push(...optionalOneOf(rules.selectPolicy, `${path}.selectPolicy`, ['Disabled', 'Max', 'Min']))
  if (!rules.policies?.length) errors.push(required(`${path}.policies`, 'must specify at least one Policy'))
  rules.policies?.forEach((policy, i) => {
    const at = `${path}.policies[${i}]`
    errors.push(...optionalOneOf(policy.type, `${at}.type`, ['Percent', 'Pods']))
    if (policy.value <= 0) errors.push(invalid(`${at}.value`, policy.value, 'must be greater than zero'))
    if (policy.periodSeconds <= 0) errors.push(invalid(`${at}.periodSeconds`, policy.periodSeconds, 'must be greater than zero'))
    if (policy.periodSeconds > 1800) errors.push(invalid(`${at}.periodSeconds`, policy.periodSeconds, 'must be less than or equal to 1800'))
  })
  if (rules.tolerance !== undefined && quantitySign(rules.tolerance) < 0)
    errors.push(invalid(`${path}.tolerance`, formatQuantity(rules.tolerance), 'must be greater than or equal to 0'))
  return errors
}

function autoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const errors: FieldError[] = []
  const { minReplicas, maxReplicas = 0, metrics = [], behavior } = spec
  // Zero replicas are behind a feature gate that is off.
  if (minReplicas !== undefined && minReplicas < 1)
    errors.push(invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'))
  if (maxReplicas < 1) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'))
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'))
  errors.push(...reference(spec.scaleTargetRef, 'spec.scaleTargetRef'))
  if (!spec.scaleTargetRef?.apiVersion?.includes('/') && spec.scaleTargetRef?.apiVersion !== 'v1')
    errors.push(invalid('spec.scaleTargetRef.apiVersion', spec.scaleTargetRef?.apiVersion ?? '', 'apiVersion must specify API group'))
  metrics.forEach((entry, i) => {
    errors.push(...metric(entry, `spec.metrics[${i}]`))
  })
  if (minReplicas === 0 && !metrics.some((m) => m.type === 'Object' || m.type === 'External'))
    errors.push(forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'))
  errors.push(...scalingRules(behavior?.scaleUp, 'spec.behavior.scaleUp'), ...scalingRules(behavior?.scaleDown, 'spec.behavior.scaleDown'))
  return errors
}
export const validateHorizontalPodAutoscaler = (object: HorizontalPodAutoscaler): FieldError[] => [
  ...validateObjectMeta(object.metadata, true, nameIsDNSSubdomain),
  ...autoscaler(object),
]
export const validateHorizontalPodAutoscalerUpdate = (object: HorizontalPodAutoscaler, old: HorizontalPodAutoscaler): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...autoscaler(object),
]
export const validateHorizontalPodAutoscalerStatusUpdate = (
  object: HorizontalPodAutoscaler,
  old: HorizontalPodAutoscaler,
): FieldError[] => [
  ...validateObjectMetaUpdate(object.metadata, old.metadata),
  ...notNegative(object.status?.currentReplicas, 'status.currentReplicas'),
  ...notNegative(object.status?.desiredReplicas, 'status.desiredReplicas'),
]
