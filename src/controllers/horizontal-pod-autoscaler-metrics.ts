/** What each metric of an autoscaler recommends (pkg/controller/podautoscaler/metrics): figures from the three metrics APIs. */
import { groupResource, StatusError } from '../api/errors.ts'
import { labelSelectorAsSelector, parseLabelSelector, type Selector, selectorText } from '../api/labels.ts'
import { splitKey } from '../api/meta.ts'
import { formatQuantity, newMilliQuantity, quantityMilliValue } from '../api/quantity.ts'
import type { Scale } from '../api/types/autoscaling-v1.ts'
import type {
  ExternalMetricSource,
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '../api/types/autoscaling-v2.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { parseDuration } from '../flags/flags.ts'
import { apiResources } from './api-resources.ts'
import type { ControllerDeps } from './controller.ts'
import { fromAverage, fromTotal, fromUtilization, type Judgement, type Sample } from './horizontal-pod-autoscaler-replicas.ts'

/** Why a metric says nothing. `told` is what the condition and the event of the metric say; the message may say more. */
export class MetricError extends Error {
  readonly reason: string
  readonly told: string
  constructor(reason: string, told: string, message = told) {
    super(message)
    this.reason = reason
    this.told = told
  }
}
/** Why the pods of a target are not known. */
export class SelectorProblem extends Error {
  /** Of the event, and of the condition with its text. */
  readonly event: string
  readonly reason: string
  readonly told: string
  constructor(event: string, message: string, reason = event, told = message) {
    super(message)
    this.event = event
    this.reason = reason
    this.told = told
  }
}

export interface Recommendation {
  readonly replicas: number
  readonly status: MetricStatus
  readonly what: string
}
/** What is scaled: its pods, how many are wanted, and how many there are. */
interface Target {
  readonly selector: string
  readonly selected: readonly Pod[]
  readonly current: number
  readonly observed: number
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
  /** Whose pods are whose, by autoscaler, so that none is scaled by two. */
  const selectors = new Map<string, Selector>()

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

  /** The pods of a target. Throws a SelectorProblem where they are not known, or are another autoscaler's, too. */
  function select(key: string, { metadata: { namespace } }: HorizontalPodAutoscaler, text: string): Pod[] {
    if (text === '')
      throw new SelectorProblem(
        'SelectorRequired',
        'selector is required',
        'InvalidSelector',
        "the HPA target's scale is missing a selector",
      )
    const selector = parse(text)
    selectors.set(key, selector)
    const selected = pods.list(namespace).filter((pod) => selector.matches(pod.metadata.labels))
    const claiming = [...selectors].filter(
      ([other, { matches }]) =>
        other === key || (splitKey(other).namespace === namespace && selected.some((pod) => matches(pod.metadata.labels))),
    )
    if (claiming.length > 1) {
      const names = claiming.map(([other]) => other).sort()
      throw new SelectorProblem('AmbiguousSelector', `pods by selector ${selector} are controlled by multiple HPAs: [${names.join(' ')}]`)
    }
    return selected
  }
  function parse(text: string): Selector {
    try {
      return parseLabelSelector(text)
    } catch (error) {
      const why = `couldn't convert selector into a corresponding internal selector object: ${(error as Error).message}`
      throw new SelectorProblem('InvalidSelector', why)
    }
  }

  async function recommend(
    key: string,
    hpa: HorizontalPodAutoscaler,
    { spec, status }: Scale,
  ): Promise<{ recommendations: Recommendation[]; failures: MetricError[] }> {
    const selector = status?.selector ?? ''
    const target = { selector, selected: select(key, hpa, selector), current: spec.replicas ?? 0, observed: status?.replicas ?? 0 }
    const recommendations: Recommendation[] = []
    const failures: MetricError[] = []
    for (const metric of hpa.spec.metrics ?? [])
      try {
        recommendations.push(await recommendFrom(metric, hpa, target))
      } catch (error) {
        if (!(error instanceof MetricError)) throw error
        failures.push(error)
      }
    return { recommendations, failures }
  }

  function recommendFrom(metric: MetricSpec, hpa: HorizontalPodAutoscaler, target: Target): Promise<Recommendation> {
    const { namespace } = hpa.metadata
    const judgement = judgementOf(hpa)
    if (metric.resource) return fromResource(namespace, metric.resource, undefined, target, judgement)
    if (metric.containerResource)
      return fromResource(namespace, metric.containerResource, metric.containerResource.container, target, judgement)
    if (metric.pods) return fromPods(namespace, metric.pods, target, judgement)
    if (metric.object) return fromObject(namespace, metric.object, target, judgement)
    if (metric.external) return fromExternal(namespace, metric.external, target, judgement)
    throw new MetricError('InvalidMetricSourceType', `unknown metric source type ${JSON.stringify(metric.type)}`)
  }

  async function fromResource(
    namespace: string,
    { name, target }: ResourceMetricSource,
    container: string | undefined,
    { selector, selected, current }: Target,
    judgement: Judgement,
  ): Promise<Recommendation> {
    const reason = container ? 'FailedGetContainerResourceMetric' : 'FailedGetResourceMetric'
    const what = target.averageValue ? 'usage' : 'utilization'
    const { average, replicas, utilization } = await trying(reason, `failed to get ${name} ${what}: `, async () => {
      const { usage, samples } = await resourceUsage(namespace, selector, name, container)
      const figures = { selected, usage, samples: name === 'cpu' ? samples : undefined, current }
      return target.averageValue
        ? { ...fromAverage(figures, quantityMilliValue(target.averageValue), judgement), utilization: undefined }
        : fromUtilization(figures, name, container, target, judgement)
    })
    const shown = { ...(utilization === undefined ? {} : { averageUtilization: utilization }), averageValue: milli(average) }
    return {
      replicas,
      what:
        utilization === undefined
          ? `${name} resource`
          : `${name}${container ? ' container' : ''} resource utilization (percentage of request)`,
      status: container
        ? ({ type: 'ContainerResource', containerResource: { name, container, current: shown } } as MetricStatus)
        : ({ type: 'Resource', resource: { name, current: shown } } as MetricStatus),
    }
  }

  async function fromPods(
    namespace: string,
    { metric, target }: PodsMetricSource,
    { selector, selected, current }: Target,
    judgement: Judgement,
  ): Promise<Recommendation> {
    const { average, replicas } = await trying('FailedGetPodsMetric', '', async () => {
      const values = await customMetric(`namespaces/${namespace}/pods/*/${metric.name}`, selector, metric, '')
      const usage = new Map(values.map((v) => [v.name, v.value]))
      return fromAverage({ selected, usage, samples: undefined, current }, quantityMilliValue(target.averageValue ?? '0'), judgement)
    })
    const status = { type: 'Pods', pods: { metric, current: { averageValue: milli(average) } } } as MetricStatus
    return { replicas, what: `pods metric ${metric.name}`, status }
  }

  async function fromObject(
    namespace: string,
    { metric, target, describedObject }: ObjectMetricSource,
    { selected, current, observed }: Target,
    judgement: Judgement,
  ): Promise<Recommendation> {
    const { kind, name } = describedObject
    const { total, replicas } = await trying('FailedGetObjectMetric', '', async () => {
      await api.current()
      const found = api.ofKind(describedObject.apiVersion ?? 'v1', kind)
      const plural = found ? groupResource(found) : kind.toLowerCase()
      const path = `${plural}/${name}/${metric.name}`
      // In the order in which upstream has these words.
      const about = `${kind} on ${namespace} ${name}/`
      const [value] = await customMetric(found && !found.namespaced ? path : `namespaces/${namespace}/${path}`, undefined, metric, about)
      const total = value?.value ?? 0
      return { total, replicas: fromTotal(total, target, { current, observed, selected }, judgement) }
    })
    return {
      replicas,
      what: target.averageValue ? `external metric ${metric.name}(${selectorText(metric.selector)})` : `${kind} metric ${metric.name}`,
      status: { type: 'Object', object: { metric, describedObject, current: shownTotal(total, target, observed) } } as MetricStatus,
    }
  }

  async function fromExternal(
    namespace: string,
    { metric, target }: ExternalMetricSource,
    { selected, current, observed }: Target,
    judgement: Judgement,
  ): Promise<Recommendation> {
    const full = target.averageValue ? `failed to get ${metric.name} external metric: ` : `failed to get external metric ${metric.name}: `
    const { total, replicas } = await trying(
      'FailedGetExternalMetric',
      '',
      async () => {
        const query = metric.selector ? `?labelSelector=${encodeURIComponent(labelSelectorAsSelector(metric.selector).toString())}` : ''
        const items = await ask<{ value: string }>(
          `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${metric.name}${query}`,
          'external',
          `unable to get external metric ${namespace}/${metric.name}/${selectorText(metric.selector)}: `,
          `the server could not find the requested resource (get ${metric.name}.external.metrics.k8s.io)`,
        )
        const total = items.reduce((sum, item) => sum + quantityMilliValue(item.value), 0)
        return { total, replicas: fromTotal(total, target, { current, observed, selected }, judgement) }
      },
      full,
    )
    return {
      replicas,
      what: `external metric ${metric.name}(${selectorText(metric.selector)})`,
      status: { type: 'External', external: { metric, current: shownTotal(total, target, observed) } } as MetricStatus,
    }
  }

  /** What fails in it is the metric's failure: told with `prefix`, and in whole with `full`. */
  async function trying<T>(reason: string, prefix: string, work: () => Promise<T>, full = prefix): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const { message } = error as Error
      throw new MetricError(reason, prefix + message, full + message)
    }
  }
  const milli = (value: number) => formatQuantity(newMilliQuantity(value))
  const shownTotal = (total: number, target: MetricTarget, observed: number) =>
    target.averageValue ? { averageValue: milli(observed > 0 ? Math.ceil(total / observed) : total) } : { value: milli(total) }

  // ---- the metrics APIs

  /** `unserved` is what is told where nobody serves the API, which is the usual reason. */
  async function ask<T>(path: string, api: 'resource' | 'custom' | 'external', prefix: string, unserved: string): Promise<readonly T[]> {
    let items: readonly T[]
    try {
      ;({ items } = await client.raw<{ items: readonly T[] }>(path))
    } catch (error) {
      const isUnserved = error instanceof StatusError && error.code === 404 && error.status.details === undefined
      const why = isUnserved ? unserved : (error as Error).message
      throw new Error(`${prefix}unable to fetch metrics from ${api} metrics API: ${why}`, { cause: error })
    }
    if (items.length === 0) throw new Error(`${prefix}no metrics returned from ${api} metrics API`)
    return items
  }
  async function resourceUsage(namespace: string, selector: string, name: string, container: string | undefined) {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`
    const prefix = `unable to get metrics for resource ${name}: `
    const unserved = 'the server could not find the requested resource (get pods.metrics.k8s.io)'
    const usage = new Map<string, number>()
    const samples = new Map<string, Sample>()
    for (const { metadata, containers, timestamp, window } of await ask<PodMetrics>(path, 'resource', prefix, unserved)) {
      const counted = containers.filter((c) => !container || c.name === container)
      if (container && counted.length === 0)
        throw new Error(
          `${prefix}failed to get container metrics: container ${container} not present in metrics for pod ${namespace}/${metadata.name}`,
        )
      if (counted.some((c) => c.usage[name] === undefined)) continue
      usage.set(
        metadata.name,
        counted.reduce((sum, c) => sum + quantityMilliValue(c.usage[name] as string), 0),
      )
      samples.set(metadata.name, { at: Date.parse(timestamp), windowMs: parseDuration(window) ?? 0 })
    }
    return { usage, samples }
  }
  async function customMetric(path: string, podSelector: string | undefined, { name, selector }: MetricIdentifier, about: string) {
    const query = [
      ...(podSelector === undefined ? [] : [`labelSelector=${encodeURIComponent(podSelector)}`]),
      ...(selector ? [`metricLabelSelector=${encodeURIComponent(labelSelectorAsSelector(selector).toString())}`] : []),
    ].join('&')
    const items = await ask<{ describedObject: { name: string }; value: string }>(
      `/apis/custom.metrics.k8s.io/v1beta2/${path}${query ? `?${query}` : ''}`,
      'custom',
      `unable to get metric ${name}: ${about}`,
      'no custom metrics API (custom.metrics.k8s.io) registered',
    )
    return items.map((item) => ({ name: item.describedObject.name, value: quantityMilliValue(item.value) }))
  }

  return { recommend, forget: (key: string) => void selectors.delete(key) }
}
