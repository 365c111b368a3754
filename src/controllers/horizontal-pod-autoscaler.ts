/** Scales workloads by metrics (pkg/controller/podautoscaler): a recommendation from each metric, the highest wins, then stabilisation and the rates of the behaviour. */
import { formatTime, objectKey, splitKey } from '../api/meta.ts'
import type { Scale } from '../api/types/autoscaling-v1.ts'
import type { HorizontalPodAutoscalerCondition, MetricStatus } from '../api/types/autoscaling-v2.ts'
import { referenceTo } from '../client/events.ts'
import { apiResources, refOf } from './api-resources.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { limitReplicas, type Memory, rememberChange, type SetCondition } from './horizontal-pod-autoscaler-limits.ts'
import { createMetricsReader, type Recommendation, SelectorProblem } from './horizontal-pod-autoscaler-metrics.ts'

const resource = 'horizontalpodautoscalers.autoscaling'

export function createHorizontalPodAutoscaler(deps: ControllerDeps): Controller {
  const { client, clock, informers, options } = deps
  const autoscalers = informers.of(resource)
  const pods = informers.of('pods')
  const api = apiResources(deps)
  const { recommend, forget } = createMetricsReader(deps)
  const recorder = deps.recorder('horizontal-pod-autoscaler')
  /** By autoscaler. */
  const history = new Map<string, Memory>()

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const hpa = autoscalers.get(namespace, name)
    if (!hpa) {
      history.delete(key)
      forget(key)
      return undefined
    }
    const about = referenceTo(resource, hpa)
    let conditions = [...(hpa.status.conditions ?? [])]
    const setCondition: SetCondition = (type, status, reason, message) => {
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
    remembered(key, current)
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
      let read: Awaited<ReturnType<typeof recommend>>
      try {
        read = await recommend(key, hpa, scale)
      } catch (error) {
        if (!(error instanceof SelectorProblem)) throw error
        recorder.event(about, 'Warning', error.event, error.message)
        setCondition('ScalingActive', 'False', error.reason, error.told)
        recorder.event(about, 'Warning', 'FailedComputeMetricsReplicas', error.message)
        return finish(current, hpa.status.desiredReplicas, metrics, false)
      }
      const { recommendations, failures } = read
      for (const { reason, told } of failures) recorder.event(about, 'Warning', reason, told)
      metrics = recommendations.map((r) => r.status)
      const best = recommendations.reduce<Recommendation | undefined>((a, b) => (a && a.replicas >= b.replicas ? a : b), undefined)
      const [failure] = failures
      // A metric that cannot be read must not lead to fewer pods.
      if (!best || (failure && best.replicas < current)) {
        if (failure)
          setCondition('ScalingActive', 'False', failure.reason, `the HPA was unable to compute the replica count: ${failure.told}`)
        const count = hpa.spec.metrics?.length ?? 0
        const why = `invalid metrics (${failures.length} invalid out of ${count}), first error is: ${failure?.message}`
        recorder.event(about, 'Warning', 'FailedComputeMetricsReplicas', why)
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
      desired = limitReplicas(
        hpa.spec,
        { current, wanted: desired, now: clock.now(), downscaleStabilizationMs: options.hpaDownscaleStabilizationMs },
        remembered(key, current),
        setCondition,
      )
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
    rememberChange(remembered(key, current), clock.now(), desired - current)
    return finish(current, desired, metrics, true)
  }

  /** After a start, what there is counts as recommended: what was recommended before may have been as much. */
  const remembered = (key: string, current: number): Memory => {
    const have = history.get(key) ?? { recommendations: [{ at: clock.now(), replicas: current }], changes: [] }
    history.set(key, have)
    return have
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
