/** From figures to a number of pods (pkg/controller/podautoscaler/replica_calculator.go): plain arithmetic, in thousandths of units. */
import { quantityMilliValue } from '../api/quantity.ts'
import type { MetricTarget } from '../api/types/autoscaling-v2.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { isPodFinished, isPodReady, podCondition } from './pods.ts'

/** Why a metric says nothing: `reason` is of the condition and the event. */
export class MetricError extends Error {
  readonly reason: string
  constructor(reason: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

/** What the figures are judged by. */
export interface Judgement {
  readonly now: number
  /** How far a ratio may be from one without effect, above it and below. */
  readonly tolerance: { readonly up: number; readonly down: number }
  readonly cpuInitializationPeriodMs: number
  readonly initialReadinessDelayMs: number
}
/** The pods that are scaled, and what those with figures use. */
export interface Figures {
  readonly selected: readonly Pod[]
  readonly usage: ReadonlyMap<string, number>
  /** Pods that just started use CPU for nobody: theirs is judged later. */
  readonly cpu: boolean
  readonly current: number
}

const isTolerated = (ratio: number, { tolerance }: Judgement): boolean =>
  ratio >= 1 ? ratio - 1 <= tolerance.up : 1 - ratio <= tolerance.down

/** Towards a share of what the pods request. */
export function fromUtilization(figures: Figures, name: string, container: string | undefined, target: MetricTarget, judgement: Judgement) {
  const requests = requestsOf(figures.selected, name, container)
  const { ready, missing, unready } = group(figures, judgement)
  if (ready.length === 0)
    throw new MetricError(
      'FailedGetResourceMetric',
      `failed to get ${name} utilization: did not receive metrics for targeted pods (pods might be unready)`,
    )
  const goal = (target.averageUtilization ?? 80) / 100
  const used = sum(ready, figures.usage)
  const ratio = used / sum(ready, requests) / goal
  // What is unknown is taken for the side that moves less: idle when growing, at its target when shrinking.
  const others = ratio > 1 ? [...missing, ...unready] : missing
  const assumed = ratio > 1 ? 0 : sum(missing, requests) * Math.max(1, goal)
  const careful = (used + assumed) / sum([...ready, ...others], requests) / goal
  return {
    average: used / ready.length,
    utilization: Math.floor((used * 100) / sum(ready, requests)),
    replicas: settle(figures.current, { ratio, count: ready.length }, { ratio: careful, count: ready.length + others.length }, judgement),
  }
}

/** Towards so much for each pod. */
export function fromAverage(figures: Figures, goal: number, judgement: Judgement) {
  const { ready, missing, unready } = group(figures, judgement)
  if (ready.length === 0) throw new MetricError('FailedGetPodsMetric', 'did not receive metrics for targeted pods (pods might be unready)')
  const used = sum(ready, figures.usage)
  const ratio = used / ready.length / goal
  const others = ratio > 1 ? [...missing, ...unready] : missing
  const assumed = ratio > 1 ? 0 : missing.length * goal
  const count = ready.length + others.length
  const careful = (used + assumed) / count / goal
  return {
    average: used / ready.length,
    replicas: settle(figures.current, { ratio, count: ready.length }, { ratio: careful, count }, judgement),
  }
}

/** Towards so much for all pods together, or for each of them. */
export function fromTotal(
  total: number,
  target: MetricTarget,
  { current, selected }: Pick<Figures, 'current' | 'selected'>,
  judgement: Judgement,
): number {
  if (target.averageValue !== undefined) {
    const goal = quantityMilliValue(target.averageValue)
    return current > 0 && isTolerated(total / (goal * current), judgement) ? current : Math.ceil(total / goal)
  }
  const ratio = total / quantityMilliValue(target.value ?? '1')
  if (current === 0) return Math.ceil(ratio)
  if (isTolerated(ratio, judgement)) return current
  return Math.ceil(ratio * selected.filter((pod) => pod.status.phase === 'Running' && isPodReady(pod)).length)
}

interface Ratio {
  /** Of what is used to what should be. */
  readonly ratio: number
  /** Of pods. */
  readonly count: number
}
/** From a ratio to a count, unless it is close to one or the pods without figures turn its direction around. */
function settle(current: number, first: Ratio, careful: Ratio, judgement: Judgement): number {
  if (careful.count === first.count) return isTolerated(first.ratio, judgement) ? current : Math.ceil(first.ratio * first.count)
  const { ratio, count } = careful
  if (isTolerated(ratio, judgement) || (first.ratio < 1 && ratio > 1) || (first.ratio > 1 && ratio < 1)) return current
  const replicas = Math.ceil(ratio * count)
  return (ratio < 1 && replicas > current) || (ratio > 1 && replicas < current) ? current : replicas
}

const sum = (names: readonly string[], of: ReadonlyMap<string, number>) => names.reduce((total, name) => total + (of.get(name) ?? 0), 0)

function requestsOf(selected: readonly Pod[], name: string, container: string | undefined): Map<string, number> {
  const requests = new Map<string, number>()
  for (const pod of selected) {
    const counted = pod.spec.containers.filter((c) => !container || c.name === container)
    const missing = counted.find((c) => c.resources?.requests?.[name] === undefined)
    if (missing)
      throw new MetricError(
        'FailedGetResourceMetric',
        `failed to get ${name} utilization: missing request for ${name} in container ${missing.name} of Pod ${pod.metadata.name}`,
      )
    const asked = counted.reduce((total, c) => total + quantityMilliValue(c.resources?.requests?.[name] as string), 0)
    requests.set(pod.metadata.name, asked)
  }
  return requests
}

/** Pods in three groups: with figures that count, without figures, and too young to judge. */
function group({ selected, usage, cpu }: Figures, judgement: Judgement) {
  const ready: string[] = []
  const missing: string[] = []
  const unready: string[] = []
  for (const pod of selected) {
    const { name } = pod.metadata
    if (pod.metadata.deletionTimestamp || isPodFinished(pod)) continue
    if (pod.status.phase === 'Pending') unready.push(name)
    else if (!usage.has(name)) missing.push(name)
    else if (cpu && !isSettled(pod, judgement)) unready.push(name)
    else ready.push(name)
  }
  return { ready, missing, unready }
}
/** A pod that just started burns CPU for nobody. */
function isSettled(pod: Pod, { now, cpuInitializationPeriodMs, initialReadinessDelayMs }: Judgement): boolean {
  const condition = podCondition(pod, 'Ready')
  if (!condition || !pod.status.startTime) return false
  const started = Date.parse(pod.status.startTime)
  const changed = Date.parse(condition.lastTransitionTime ?? pod.status.startTime)
  if (started + cpuInitializationPeriodMs > now) return condition.status === 'True' && changed + 1000 <= now
  return !(condition.status === 'False' && started + initialReadinessDelayMs > changed)
}
