/**
 * autoscaling v1 and v2. What v1 has no field for travels in its annotations, in the words of the internal types that
 * v2beta1 had; one resource metric on CPU utilisation is v1's own field.
 */
import type { HorizontalPodAutoscaler as V1 } from '../types/autoscaling-v1.ts'
import type {
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  HorizontalPodAutoscaler as V2,
} from '../types/autoscaling-v2.ts'

const annotation = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const

/** The annotations of v1 that are fields of v2. */
export const autoscalerAnnotations: readonly string[] = Object.values(annotation)

type Old = Record<string, unknown>

export function autoscalerToV1(hpa: V2): V1 {
  const annotations: Record<string, string> = { ...hpa.metadata.annotations }
  const write = (key: string, value: readonly unknown[] | object | undefined): void => {
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) annotations[key] = JSON.stringify(value)
  }
  const isCpu = (name: string | undefined) => name === 'cpu'
  let target: number | undefined
  let current: number | undefined
  // Only the first utilisation of CPU is v1's field; a second one goes the way of the others.
  const others = (hpa.spec.metrics ?? []).filter((metric) => {
    const use = metric.resource?.target.averageUtilization
    if (target !== undefined || metric.type !== 'Resource' || !isCpu(metric.resource?.name) || use === undefined) return true
    target = use
    return false
  })
  const metrics = hpa.status.currentMetrics ?? []
  for (const metric of metrics)
    if (metric.type === 'Resource' && isCpu(metric.resource?.name)) current ??= metric.resource?.current.averageUtilization
  write(annotation.metrics, others.map(oldMetric))
  write(annotation.currentMetrics, metrics.map(oldStatus))
  write(annotation.conditions, hpa.status.conditions)
  write(annotation.behavior, hpa.spec.behavior && oldBehavior(hpa.spec.behavior))
  const { metadata, spec, status } = hpa
  return {
    ...(hpa.kind === undefined ? {} : { kind: hpa.kind, apiVersion: 'autoscaling/v1' }),
    metadata: withAnnotations(metadata, annotations),
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }),
    },
    status: {
      ...(status.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }),
      ...(status.lastScaleTime === undefined ? {} : { lastScaleTime: status.lastScaleTime }),
      currentReplicas: status.currentReplicas ?? 0,
      desiredReplicas: status.desiredReplicas,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
    },
  }
}

export function autoscalerFromV1(hpa: V1): V2 {
  const { metadata, spec, status } = hpa
  const annotations: Record<string, string> = { ...metadata.annotations }
  const read = <T>(key: string): T | undefined => {
    const text = annotations[key]
    delete annotations[key]
    if (text === undefined) return undefined
    try {
      return JSON.parse(text) as T
    } catch {
      // Upstream ignores what it cannot read here, since anyone may write annotations.
      return undefined
    }
  }
  const list = <T>(key: string): T[] => {
    const value = read<T[]>(key)
    return Array.isArray(value) ? value.filter((element) => typeof element === 'object' && element !== null) : []
  }
  const cpu = spec.targetCPUUtilizationPercentage
  const metrics: MetricSpec[] = list<Old>(annotation.metrics).map(newMetric)
  if (cpu !== undefined)
    metrics.unshift({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } })
  const current: MetricStatus[] = list<Old>(annotation.currentMetrics).map(newStatus)
  if (current.length === 0 && status.currentCPUUtilizationPercentage !== undefined)
    current.push({ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: status.currentCPUUtilizationPercentage } } })
  const conditions = list<HorizontalPodAutoscalerCondition>(annotation.conditions)
  const behavior = read<Old>(annotation.behavior)
  return {
    ...(hpa.kind === undefined ? {} : { kind: hpa.kind, apiVersion: 'autoscaling/v2' }),
    metadata: withAnnotations(metadata, annotations),
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      ...(metrics.length > 0 ? { metrics } : {}),
      ...(behavior ? { behavior: newBehavior(behavior) } : {}),
    },
    status: {
      ...(status.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }),
      ...(status.lastScaleTime === undefined ? {} : { lastScaleTime: status.lastScaleTime }),
      ...(status.currentReplicas ? { currentReplicas: status.currentReplicas } : {}),
      desiredReplicas: status.desiredReplicas,
      currentMetrics: current.length > 0 ? current : null,
      ...(conditions.length > 0 ? { conditions } : {}),
    },
  }
}

function withAnnotations(metadata: V1['metadata'], annotations: Record<string, string>): V1['metadata'] {
  const { annotations: _, ...rest } = metadata
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest
}

/** The names of the old form for the parts of a target or a value, by the kind of metric. */
const names = {
  source: {
    Object: { value: 'targetValue', averageValue: 'averageValue' },
    Pods: { averageValue: 'targetAverageValue' },
    Resource: { averageValue: 'targetAverageValue', averageUtilization: 'targetAverageUtilization' },
    ContainerResource: { averageValue: 'targetAverageValue', averageUtilization: 'targetAverageUtilization' },
    External: { value: 'targetValue', averageValue: 'targetAverageValue' },
  },
  status: {
    Object: { value: 'currentValue', averageValue: 'averageValue' },
    Pods: { averageValue: 'currentAverageValue' },
    Resource: { averageValue: 'currentAverageValue', averageUtilization: 'currentAverageUtilization' },
    ContainerResource: { averageValue: 'currentAverageValue', averageUtilization: 'currentAverageUtilization' },
    External: { value: 'currentValue', averageValue: 'currentAverageValue' },
  },
} as const
type MetricType = keyof typeof names.source

/** Quantities that are no pointers in the old form. */
const alwaysWritten = {
  source: new Set(['Object value', 'Pods averageValue']),
  status: new Set(['Object value', 'Pods averageValue', 'Resource averageValue', 'ContainerResource averageValue', 'External value']),
}
/** The order that Go writes the old form's fields in. */
const order = [
  'target',
  'name',
  'metricName',
  'metricSelector',
  'targetAverageUtilization',
  'currentAverageUtilization',
  'targetValue',
  'currentValue',
  'targetAverageValue',
  'currentAverageValue',
  'selector',
  'averageValue',
  'container',
]

const fieldOf = (type: string): string => type.charAt(0).toLowerCase() + type.slice(1)

function oldForm(metric: MetricSpec | MetricStatus, form: 'source' | 'status'): Old {
  const type = metric.type as MetricType
  const part = (metric as unknown as Record<string, Old | undefined>)[fieldOf(type)]
  if (!part || !names.source[type]) return { type }
  const { target, current, metric: id, describedObject, ...rest } = part
  const amounts = (form === 'source' ? target : current) as MetricTarget | MetricValueStatus
  const made: Old = { ...rest }
  if (describedObject !== undefined) made.target = describedObject
  if (id !== undefined) {
    const { name, selector } = id as MetricIdentifier
    made.metricName = name
    if (selector) made[type === 'External' ? 'metricSelector' : 'selector'] = selector
  }
  for (const [from, to] of Object.entries(names[form][type])) {
    const amount = (amounts as unknown as Old)[from] ?? (alwaysWritten[form].has(`${type} ${from}`) ? '0' : undefined)
    if (amount !== undefined) made[to] = amount
  }
  return { type, [fieldOf(type)]: Object.fromEntries(order.filter((key) => key in made).map((key) => [key, made[key]])) }
}
const oldMetric = (metric: MetricSpec): Old => oldForm(metric, 'source')
const oldStatus = (metric: MetricStatus): Old => oldForm(metric, 'status')

function newForm(old: Old, form: 'source' | 'status'): Old {
  const type = String(old.type) as MetricType
  const part = old[fieldOf(type)] as Old | undefined
  if (!part || !names.source[type]) return { type }
  const amounts: Old = {}
  for (const [to, from] of Object.entries(names[form][type])) if (part[from] !== undefined) amounts[to] = part[from]
  const made: Old = {}
  for (const name of ['name', 'container']) if (part[name] !== undefined) made[name] = part[name]
  if (part.target !== undefined) made.describedObject = part.target
  if (part.metricName !== undefined) {
    const selector = part.metricSelector ?? part.selector
    made.metric = { name: part.metricName, ...(selector === undefined ? {} : { selector }) }
  }
  if (form === 'status') made.current = amounts
  else made.target = { type: targetType(amounts), ...amounts }
  return { type, [fieldOf(type)]: made }
}
function targetType(amounts: Old): string {
  if (amounts.averageUtilization !== undefined) return 'Utilization'
  // An object's target of old always had a value, zero where the average counted.
  return amounts.averageValue !== undefined && (amounts.value === undefined || amounts.value === '0') ? 'AverageValue' : 'Value'
}
const newMetric = (old: Old): MetricSpec => newForm(old, 'source') as unknown as MetricSpec
const newStatus = (old: Old): MetricStatus => newForm(old, 'status') as unknown as MetricStatus

/** Behaviour was serialised from the internal type, whose fields have Go's names. */
function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((element) => renamed(element, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [rename(key), renamed(inner, rename)]))
}
const oldBehavior = (behavior: HorizontalPodAutoscalerBehavior): Old =>
  renamed(behavior, (key) => key.charAt(0).toUpperCase() + key.slice(1)) as Old
const newBehavior = (old: Old): HorizontalPodAutoscalerBehavior =>
  renamed(old, (key) => key.charAt(0).toLowerCase() + key.slice(1)) as HorizontalPodAutoscalerBehavior
