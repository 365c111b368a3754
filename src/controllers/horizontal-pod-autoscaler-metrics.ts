/** What each metric of an autoscaler recommends (pkg/controller/podautoscaler/metrics): figures from the three metrics APIs. */
import { labelSelectorAsSelector, parseLabelSelector } from '../api/labels.ts'
import { formatQuantity, newMilliQuantity, quantityMilliValue } from '../api/quantity.ts'
import type { Scale } from '../api/types/autoscaling-v1.ts'
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec, MetricStatus } from '../api/types/autoscaling-v2.ts'
import type { LabelSelector } from '../api/types/meta-v1.ts'
import { apiResources } from './api-resources.ts'
import type { ControllerDeps } from './controller.ts'
import { fromAverage, fromTotal, fromUtilization, type Judgement, MetricError } from './horizontal-pod-autoscaler-replicas.ts'

export interface Recommendation {
  readonly replicas: number
  readonly status: MetricStatus
  readonly what: string
}
interface PodMetrics {
  readonly metadata: { readonly name: string }
  readonly timestamp: string
  readonly window: string
  readonly containers: readonly { readonly name: string; readonly usage: Readonly<Record<string, string>> }[]
}

export function createMetricsReader(deps: ControllerDeps) {
  const { client, clock, informers, options } = deps
  const pods = informers.of('pods')
  const api = apiResources(deps)

  function judgementOf({ spec: { behavior } }: HorizontalPodAutoscaler): Judgement {
    const own = (rules: HPAScalingRules | undefined) =>
      rules?.tolerance === undefined ? options.hpaTolerance : quantityMilliValue(rules.tolerance) / 1000
    return {
      now: clock.now(),
      tolerance: { up: own(behavior?.scaleUp), down: own(behavior?.scaleDown) },
      cpuInitializationPeriodMs: options.hpaCpuInitializationPeriodMs,
      initialReadinessDelayMs: options.hpaInitialReadinessDelayMs,
    }
  }

  async function recommend(
    hpa: HorizontalPodAutoscaler,
    scale: Scale,
    current: number,
  ): Promise<{ recommendations: Recommendation[]; failures: MetricError[] }> {
    const recommendations: Recommendation[] = []
    const failures: MetricError[] = []
    for (const metric of hpa.spec.metrics ?? [])
      try {
        recommendations.push(await recommendFrom(metric, hpa, scale, current))
      } catch (error) {
        failures.push(error instanceof MetricError ? error : new MetricError('FailedGetMetrics', (error as Error).message, error))
      }
    return { recommendations, failures }
  }

  async function recommendFrom(metric: MetricSpec, hpa: HorizontalPodAutoscaler, scale: Scale, current: number): Promise<Recommendation> {
    const { namespace } = hpa.metadata
    const selector = scale.status?.selector ?? ''
    if (selector === '') throw new MetricError('InvalidSelector', 'the HPA target’s scale is missing a selector')
    const matcher = parseLabelSelector(selector)
    const selected = pods.list(namespace).filter((pod) => matcher.matches(pod.metadata.labels))
    const judgement = judgementOf(hpa)
    switch (metric.type) {
      case 'Resource':
      case 'ContainerResource': {
        const source = metric.resource ?? metric.containerResource
        if (!source) throw new MetricError('InvalidMetricSourceType', `metric of type ${metric.type} has no source`)
        const container = metric.containerResource?.container
        const usage = await resourceUsage(namespace, selector, source.name, container)
        const figures = { selected, usage, cpu: source.name === 'cpu', current }
        const { averageValue } = source.target
        const { average, replicas, utilization } = averageValue
          ? { ...fromAverage(figures, quantityMilliValue(averageValue), judgement), utilization: undefined }
          : fromUtilization(figures, source.name, container, source.target, judgement)
        const shown = { ...(utilization === undefined ? {} : { averageUtilization: utilization }), averageValue: milli(average) }
        const what =
          `${source.name}${container ? ` container` : ''} resource ${utilization === undefined ? '' : 'utilization (percentage of request)'}`.trim()
        return {
          replicas,
          what,
          status: container
            ? ({ type: metric.type, containerResource: { name: source.name, container, current: shown } } as MetricStatus)
            : ({ type: metric.type, resource: { name: source.name, current: shown } } as MetricStatus),
        }
      }
      case 'Pods': {
        const { metric: id, target } = required(metric.pods)
        const values = await customMetric(`namespaces/${namespace}/pods/*/${id.name}`, selector, id.selector, 'FailedGetPodsMetric')
        const usage = new Map(values.map((v) => [v.name, v.value]))
        const { average, replicas } = fromAverage(
          { selected, usage, cpu: false, current },
          quantityMilliValue(target.averageValue ?? '0'),
          judgement,
        )
        return {
          replicas,
          what: `pods metric ${id.name}`,
          status: { type: 'Pods', pods: { metric: id, current: { averageValue: milli(average) } } } as MetricStatus,
        }
      }
      case 'Object': {
        const { metric: id, target, describedObject } = required(metric.object)
        await api.current()
        const found = api.ofKind(describedObject.apiVersion ?? 'v1', describedObject.kind)
        const plural = found ? (found.group ? `${found.resource}.${found.group}` : found.resource) : describedObject.kind.toLowerCase()
        const path =
          found && !found.namespaced
            ? `${plural}/${describedObject.name}/${id.name}`
            : `namespaces/${namespace}/${plural}/${describedObject.name}/${id.name}`
        const [value] = await customMetric(path, undefined, id.selector, 'FailedGetObjectMetric')
        if (!value)
          throw new MetricError('FailedGetObjectMetric', `unable to get metric ${id.name}: no metrics returned from custom metrics API`)
        return {
          replicas: fromTotal(value.value, target, { current, selected }, judgement),
          what: `${describedObject.kind} metric ${id.name}`,
          status: { type: 'Object', object: { metric: id, describedObject, current: { value: milli(value.value) } } } as MetricStatus,
        }
      }
      case 'External': {
        const { metric: id, target } = required(metric.external)
        const query = id.selector ? `?labelSelector=${encodeURIComponent(labelSelectorAsSelector(id.selector).toString())}` : ''
        const list = await ask<{ items: { value: string }[] }>(
          `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${id.name}${query}`,
          'FailedGetExternalMetric',
          `unable to get external metric ${namespace}/${id.name}`,
        )
        const total = list.items.reduce((sum, item) => sum + quantityMilliValue(item.value), 0)
        const shown = target.averageValue ? { averageValue: milli(current > 0 ? total / current : total) } : { value: milli(total) }
        return {
          replicas: fromTotal(total, target, { current, selected }, judgement),
          what: `external metric ${id.name}`,
          status: { type: 'External', external: { metric: id, current: shown } } as MetricStatus,
        }
      }
      default:
        throw new MetricError('InvalidMetricSourceType', `unknown metric source type ${JSON.stringify(metric.type)}`)
    }
  }
  function required<T>(source: T | undefined): T {
    if (!source) throw new MetricError('InvalidMetricSourceType', 'the metric has no source of its type')
    return source
  }
  const milli = (value: number) => formatQuantity(newMilliQuantity(Math.floor(value)))

  async function ask<T>(path: string, reason: string, message: string): Promise<T> {
    try {
      return await client.raw<T>(path)
    } catch (error) {
      throw new MetricError(reason, `${message}: ${(error as Error).message}`, error)
    }
  }
  async function resourceUsage(
    namespace: string,
    selector: string,
    name: string,
    container: string | undefined,
  ): Promise<Map<string, number>> {
    const reason = container ? 'FailedGetContainerResourceMetric' : 'FailedGetResourceMetric'
    const message = `failed to get ${name} utilization: unable to get metrics for resource ${name}: unable to fetch metrics from resource metrics API`
    const list = await ask<{ items: PodMetrics[] }>(
      `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`,
      reason,
      message,
    )
    if (list.items.length === 0) throw new MetricError(reason, `${message}: no metrics returned from resource metrics API`)
    const usage = new Map<string, number>()
    for (const pod of list.items) {
      const counted = pod.containers.filter((c) => !container || c.name === container)
      if (counted.length > 0 && counted.every((c) => c.usage[name] !== undefined))
        usage.set(
          pod.metadata.name,
          counted.reduce((sum, c) => sum + quantityMilliValue(c.usage[name] as string), 0),
        )
    }
    return usage
  }
  async function customMetric(path: string, podSelector: string | undefined, metricSelector: LabelSelector | undefined, reason: string) {
    const query = [
      ...(podSelector === undefined ? [] : [`labelSelector=${encodeURIComponent(podSelector)}`]),
      ...(metricSelector ? [`metricLabelSelector=${encodeURIComponent(labelSelectorAsSelector(metricSelector).toString())}`] : []),
    ].join('&')
    const list = await ask<{ items: { describedObject: { name: string }; value: string }[] }>(
      `/apis/custom.metrics.k8s.io/v1beta2/${path}${query ? `?${query}` : ''}`,
      reason,
      'unable to fetch metrics from custom metrics API',
    )
    return list.items.map((item) => ({ name: item.describedObject.name, value: quantityMilliValue(item.value) }))
  }

  return { recommend }
}
