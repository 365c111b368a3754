/** Scales workloads by metrics (pkg/controller/podautoscaler): a recommendation from each metric, the highest wins, then stabilisation and the rates of the behaviour. */
import { labelSelectorAsSelector, parseLabelSelector } from '../api/labels.ts'
import { formatTime, objectKey, splitKey } from '../api/meta.ts'
import { formatQuantity, newMilliQuantity, quantityMilliValue } from '../api/quantity.ts'
import type { Scale } from '../api/types/autoscaling-v1.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from '../api/types/autoscaling-v2.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { LabelSelector } from '../api/types/meta-v1.ts'
import { referenceTo } from '../client/events.ts'
import { apiResources, refOf } from './api-resources.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { isPodFinished, podCondition } from './pods.ts'

const resource = 'horizontalpodautoscalers.autoscaling'

interface Recommendation {
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
class MetricError extends Error {
  readonly reason: string
  constructor(reason: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

export function createHorizontalPodAutoscaler(deps: ControllerDeps): Controller {
  const { client, clock, informers, options } = deps
  const autoscalers = informers.of(resource)
  const pods = informers.of('pods')
  const api = apiResources(deps)
  const recorder = deps.recorder('horizontal-pod-autoscaler')
  /** Recommendations and changes of the last while, by autoscaler. */
  const history = new Map<string, { recommendations: { at: number; replicas: number }[]; changes: { at: number; change: number }[] }>()

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const hpa = autoscalers.get(namespace, name)
    if (!hpa) {
      history.delete(key)
      return undefined
    }
    const about = referenceTo(resource, hpa)
    let conditions = [...(hpa.status.conditions ?? [])]
    const setCondition = (type: string, status: string, reason: string, message: string) => {
      const have = conditions.find((c) => c.type === type)
      const lastTransitionTime = have?.status === status ? have.lastTransitionTime : formatTime(clock.now())
      const next = { type, status, reason, message, lastTransitionTime } as HorizontalPodAutoscalerCondition
      conditions = have ? conditions.map((c) => (c === have ? next : c)) : [...conditions, next]
    }
    const finish = async (current: number, desired: number, metrics: readonly MetricStatus[] | undefined, scaled: boolean) => {
      const status = {
        ...hpa.status,
        observedGeneration: hpa.metadata.generation,
        currentReplicas: current,
        desiredReplicas: desired,
        currentMetrics: metrics ? [...metrics] : (hpa.status.currentMetrics ?? undefined),
        conditions,
        ...(scaled ? { lastScaleTime: formatTime(clock.now()) } : {}),
      }
      if (!semanticEqual(status, hpa.status)) await client.updateStatus(resource, { ...hpa, status })
      return options.hpaSyncPeriodMs
    }

    let scale: Scale
    let target: { ref: ReturnType<typeof refOf> }
    try {
      await api.current()
      const found = api.ofKind(hpa.spec.scaleTargetRef.apiVersion ?? 'v1', hpa.spec.scaleTargetRef.kind)
      if (!found)
        throw new Error(`no matches for kind "${hpa.spec.scaleTargetRef.kind}" in version "${hpa.spec.scaleTargetRef.apiVersion}"`)
      target = { ref: refOf(found) }
      scale = (await client.get(
        target.ref,
        { namespace, name: hpa.spec.scaleTargetRef.name },
        { subresource: 'scale' },
      )) as unknown as Scale
    } catch (error) {
      const message = (error as Error).message
      recorder.event(about, 'Warning', 'FailedGetScale', message)
      setCondition('AbleToScale', 'False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${message}`)
      return finish(hpa.status.currentReplicas ?? 0, hpa.status.desiredReplicas, undefined, false)
    }
    setCondition('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale")
    const current = scale.spec.replicas ?? 0
    const least = hpa.spec.minReplicas ?? 1
    const most = hpa.spec.maxReplicas
    let desired = current
    let reason = ''
    let metrics: MetricStatus[] = []
    if (current === 0 && least !== 0) {
      setCondition('ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero')
      return finish(current, 0, [], false)
    }
    if (current > most) {
      desired = most
      reason = 'Current number of replicas above Spec.MaxReplicas'
    } else if (current < least) {
      desired = least
      reason = 'Current number of replicas below Spec.MinReplicas'
    } else {
      const { recommendations, failures } = await recommend(hpa, scale, current)
      metrics = recommendations.map((r) => r.status)
      const best = recommendations.reduce<Recommendation | undefined>((a, b) => (a && a.replicas >= b.replicas ? a : b), undefined)
      const failure = failures[0]
      // A metric that cannot be read must not lead to fewer pods.
      if (!best || (failure && best.replicas < current)) {
        const why = failure ?? new MetricError('InvalidMetricSourceType', 'no metrics')
        setCondition('ScalingActive', 'False', why.reason, `the HPA was unable to compute the replica count: ${why.message}`)
        recorder.event(about, 'Warning', why.reason, why.message)
        recorder.event(
          about,
          'Warning',
          'FailedComputeMetricsReplicas',
          `invalid metrics (${failures.length} invalid out of ${hpa.spec.metrics?.length ?? 0}), first error is: ${why.message}`,
        )
        return finish(current, hpa.status.desiredReplicas, metrics, false)
      }
      setCondition(
        'ScalingActive',
        'True',
        'ValidMetricFound',
        `the HPA was able to successfully calculate a replica count from ${best.what}`,
      )
      desired = best.replicas
      reason = desired > current ? `${best.what} above target` : desired < current ? 'All metrics below target' : ''
      desired = limit(key, hpa, current, desired, least, most, setCondition)
    }
    if (desired === current) return finish(current, desired, metrics, false)
    try {
      await client.update(target.ref, { ...(scale as object), spec: { ...scale.spec, replicas: desired } } as never, {
        subresource: 'scale',
      })
    } catch (error) {
      recorder.event(about, 'Warning', 'FailedRescale', `New size: ${desired}; reason: ${reason}; error: ${(error as Error).message}`)
      setCondition(
        'AbleToScale',
        'False',
        'FailedUpdateScale',
        `the HPA controller was unable to update the target scale: ${(error as Error).message}`,
      )
      return finish(current, desired, metrics, false)
    }
    setCondition('AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`)
    recorder.event(about, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`)
    remembered(key).changes.push({ at: clock.now(), change: desired - current })
    return finish(current, desired, metrics, true)
  }

  const remembered = (key: string) => {
    const have = history.get(key) ?? { recommendations: [], changes: [] }
    history.set(key, have)
    return have
  }

  // ---- limits

  type SetCondition = (type: string, status: string, reason: string, message: string) => void

  function limit(
    key: string,
    hpa: HorizontalPodAutoscaler,
    current: number,
    wanted: number,
    least: number,
    most: number,
    setCondition: SetCondition,
  ): number {
    const { behavior } = hpa.spec
    const up: HPAScalingRules = {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Percent', value: 100, periodSeconds: 15 },
        { type: 'Pods', value: 4, periodSeconds: 15 },
      ],
      ...behavior?.scaleUp,
    }
    const down: HPAScalingRules = {
      stabilizationWindowSeconds: options.hpaDownscaleStabilizationMs / 1000,
      selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      ...behavior?.scaleDown,
    }
    const memory = remembered(key)
    const now = clock.now()
    const windows = [up.stabilizationWindowSeconds ?? 0, down.stabilizationWindowSeconds ?? 300]
    memory.recommendations = memory.recommendations.filter((r) => r.at > now - 1000 * Math.max(...windows))
    const inWindow = (seconds: number) => memory.recommendations.filter((r) => r.at > now - seconds * 1000).map((r) => r.replicas)
    const ceiling = Math.max(wanted, ...inWindow(windows[1] as number))
    const floor = Math.min(wanted, ...inWindow(windows[0] as number))
    memory.recommendations.push({ at: now, replicas: wanted })
    let stable = current
    if (current < floor) stable = floor
    if (current > ceiling) stable = ceiling
    if (stable !== wanted)
      setCondition(
        'AbleToScale',
        'True',
        wanted < stable ? 'ScaleDownStabilized' : 'ScaleUpStabilized',
        wanted < stable
          ? 'recent recommendations were higher than current one, applying the highest recent recommendation'
          : 'recent recommendations were lower than current one, applying the lowest recent recommendation',
      )
    else setCondition('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size')
    let result = stable
    let why: [string, string] | undefined
    if (stable > current) {
      const rate = rateLimit(memory.changes, up, current, 1, now)
      if (result > rate) {
        result = rate
        why = ['ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate']
      }
    } else if (stable < current) {
      const rate = rateLimit(memory.changes, down, current, -1, now)
      if (result < rate) {
        result = rate
        why = ['ScaleDownLimit', 'the desired replica count is decreasing faster than the maximum scale rate']
      }
    }
    if (result > most) {
      result = most
      why = ['TooManyReplicas', 'the desired replica count is more than the maximum replica count']
    } else if (result < least) {
      result = least
      why = ['TooFewReplicas', 'the desired replica count is less than the minimum replica count']
    }
    if (why) setCondition('ScalingLimited', 'True', why[0], why[1])
    else setCondition('ScalingLimited', 'False', 'DesiredWithinRange', 'the desired count is within the acceptable range')
    return result
  }

  /** How far the policies let the count move from where it was a period ago. */
  function rateLimit(
    changes: readonly { at: number; change: number }[],
    rules: HPAScalingRules,
    current: number,
    sign: 1 | -1,
    now: number,
  ): number {
    if (rules.selectPolicy === 'Disabled') return current
    const results = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
      const moved = changes
        .filter((c) => c.at > now - periodSeconds * 1000 && Math.sign(c.change) === sign)
        .reduce((sum, c) => sum + c.change, 0)
      const start = current - moved
      if (type === 'Pods') return start + sign * value
      return sign > 0 ? Math.ceil(start * (1 + value / 100)) : Math.trunc(start * (1 - value / 100))
    })
    const widest = (rules.selectPolicy ?? 'Max') === 'Max'
    return widest === sign > 0 ? Math.max(...results) : Math.min(...results)
  }

  // ---- metrics

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
    const selected = () => pods.list(namespace).filter((pod) => parseLabelSelector(selector).matches(pod.metadata.labels))
    switch (metric.type) {
      case 'Resource':
      case 'ContainerResource': {
        const source = metric.resource ?? metric.containerResource
        if (!source) throw new MetricError('InvalidMetricSourceType', `metric of type ${metric.type} has no source`)
        const container = metric.containerResource?.container
        const usage = await resourceUsage(namespace, selector, source.name, container)
        const { average, utilization, replicas } = fromResource(selected(), usage, source.name, container, source.target, current)
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
        const { average, replicas } = fromPods(selected(), usage, quantityMilliValue(target.averageValue ?? '0'), current, false)
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
          replicas: fromTotal(value.value, target, current, selected()),
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
          replicas: fromTotal(total, target, current, selected()),
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

  // ---- from metrics to replicas

  const tolerated = (ratio: number) => Math.abs(1 - ratio) <= options.hpaTolerance

  /** Pods in three groups: with figures that count, without figures, and too young to judge. */
  function group(selected: readonly Pod[], usage: ReadonlyMap<string, number>, cpu: boolean) {
    const ready: string[] = []
    const missing: string[] = []
    const unready: string[] = []
    for (const pod of selected) {
      const { name } = pod.metadata
      if (pod.metadata.deletionTimestamp || isPodFinished(pod)) continue
      if (pod.status.phase === 'Pending') unready.push(name)
      else if (!usage.has(name)) missing.push(name)
      else if (cpu && !isSettled(pod)) unready.push(name)
      else ready.push(name)
    }
    return { ready, missing, unready }
  }
  /** A pod that just started burns CPU for nobody. */
  function isSettled(pod: Pod): boolean {
    const condition = podCondition(pod, 'Ready')
    if (!condition || !pod.status.startTime) return false
    const started = Date.parse(pod.status.startTime)
    const changed = Date.parse(condition.lastTransitionTime ?? pod.status.startTime)
    if (started + options.hpaCpuInitializationPeriodMs > clock.now()) return condition.status === 'True' && changed + 1000 <= clock.now()
    return !(condition.status === 'False' && started + options.hpaInitialReadinessDelayMs > changed)
  }

  function fromResource(
    selected: readonly Pod[],
    usage: Map<string, number>,
    name: string,
    container: string | undefined,
    target: MetricTarget,
    current: number,
  ) {
    if (target.averageValue !== undefined) {
      const result = fromPods(selected, usage, quantityMilliValue(target.averageValue), current, name === 'cpu')
      return { ...result, utilization: undefined }
    }
    const requests = new Map<string, number>()
    for (const pod of selected) {
      const counted = pod.spec.containers.filter((c) => !container || c.name === container)
      const missing = counted.find((c) => c.resources?.requests?.[name] === undefined)
      if (missing)
        throw new MetricError(
          'FailedGetResourceMetric',
          `failed to get ${name} utilization: missing request for ${name} in container ${missing.name} of Pod ${pod.metadata.name}`,
        )
      requests.set(
        pod.metadata.name,
        counted.reduce((sum, c) => sum + quantityMilliValue(c.resources?.requests?.[name] as string), 0),
      )
    }
    const { ready, missing, unready } = group(selected, usage, name === 'cpu')
    if (ready.length === 0)
      throw new MetricError(
        'FailedGetResourceMetric',
        `failed to get ${name} utilization: did not receive metrics for targeted pods (pods might be unready)`,
      )
    const sum = (names: readonly string[], of: Map<string, number>) => names.reduce((total, n) => total + (of.get(n) ?? 0), 0)
    const goal = (target.averageUtilization ?? 80) / 100
    const used = sum(ready, usage)
    const utilization = Math.floor((used * 100) / sum(ready, requests))
    let ratio = used / sum(ready, requests) / goal
    const average = used / ready.length
    const replicas = settle(
      ratio,
      ready.length,
      current,
      () => {
        // What is unknown is taken for the side that moves less: idle when growing, at its target when shrinking.
        const others = ratio > 1 ? [...missing, ...unready] : missing
        const assumed = ratio > 1 ? 0 : sum(missing, requests) * Math.max(1, goal)
        ratio = (used + assumed) / sum([...ready, ...others], requests) / goal
        return { ratio, count: ready.length + others.length, changed: others.length > 0 }
      },
      ratio,
    )
    return { average, ratio, utilization, replicas }
  }

  function fromPods(selected: readonly Pod[], usage: ReadonlyMap<string, number>, goal: number, current: number, cpu: boolean) {
    const { ready, missing, unready } = group(selected, usage, cpu)
    if (ready.length === 0)
      throw new MetricError('FailedGetPodsMetric', 'did not receive metrics for targeted pods (pods might be unready)')
    const used = ready.reduce((total, n) => total + (usage.get(n) ?? 0), 0)
    const average = used / ready.length
    const ratio = average / goal
    const replicas = settle(
      ratio,
      ready.length,
      current,
      () => {
        const others = ratio > 1 ? [...missing, ...unready] : missing
        const assumed = ratio > 1 ? 0 : missing.length * goal
        const count = ready.length + others.length
        return { ratio: (used + assumed) / count / goal, count, changed: others.length > 0 }
      },
      ratio,
    )
    return { average, ratio, replicas }
  }

  /** From a ratio to a count, unless it is close to one or the pods without figures turn its direction around. */
  function settle(
    first: number,
    ready: number,
    current: number,
    cautious: () => { ratio: number; count: number; changed: boolean },
    ratio: number,
  ): number {
    const { ratio: careful, count, changed } = cautious()
    if (!changed) return tolerated(ratio) ? current : Math.ceil(ratio * ready)
    if (tolerated(careful) || (first < 1 && careful > 1) || (first > 1 && careful < 1)) return current
    const replicas = Math.ceil(careful * count)
    return (careful < 1 && replicas > current) || (careful > 1 && replicas < current) ? current : replicas
  }

  function fromTotal(total: number, target: MetricTarget, current: number, selected: readonly Pod[]): number {
    if (target.averageValue !== undefined) {
      const goal = quantityMilliValue(target.averageValue)
      return current > 0 && tolerated(total / (goal * current)) ? current : Math.ceil(total / goal)
    }
    const ratio = total / quantityMilliValue(target.value ?? '1')
    if (current === 0) return Math.ceil(ratio)
    if (tolerated(ratio)) return current
    const ready = selected.filter((pod) => pod.status.phase === 'Running' && podCondition(pod, 'Ready')?.status === 'True').length
    return Math.ceil(ratio * ready)
  }

  return {
    name: 'horizontal-pod-autoscaler-controller',
    workers: options.concurrent.hpa,
    wake(queue) {
      autoscalers.addHandler({
        added: (hpa) => queue.add(objectKey(hpa)),
        updated: (now, before) => now.metadata.generation !== before.metadata.generation && queue.add(objectKey(now)),
        deleted: (hpa) => queue.add(objectKey(hpa)),
      })
      return [autoscalers, pods]
    },
    reconcile,
  }
}
