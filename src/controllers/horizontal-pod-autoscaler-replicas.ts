/** From figures to a number of pods (pkg/controller/podautoscaler/replica_calculator.go): plain arithmetic, in thousandths of units. */
import { quantityMilliValue } from '../api/quantity.ts'
import type { MetricTarget } from '../api/types/autoscaling-v2.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { isPodReady, podCondition } from './pods.ts'

/** What the figures are judged by. */
export interface Judgement {
  readonly now: number
  /** How far a ratio may be from one without effect, above it and below. */
  readonly tolerance: { readonly up: number; readonly down: number }
  readonly cpuInitializationPeriodMs: number
  readonly initialReadinessDelayMs: number
}
export interface Sample {
  readonly at: number
  readonly windowMs: number
}
/** The pods that are scaled, and what those with figures use. */
export interface Figures {
  readonly selected: readonly Pod[]
  readonly usage: ReadonlyMap<string, number>
  /** Of CPU, which pods that just started use for nobody: when each pod's figure was taken, and over how long. */
  readonly samples: ReadonlyMap<string, Sample> | undefined
  readonly current: number
}

const isTolerated = (ratio: number, { tolerance }: Judgement): boolean => 1 - tolerance.down <= ratio && ratio <= 1 + tolerance.up

const noFigures = 'did not receive metrics for targeted pods (pods might be unready)'
const noPods = 'no pods returned by selector while calculating replica count'

/** Towards a share of what the pods request. Ratios are those of whole percents, as they are shown. */
export function fromUtilization(figures: Figures, name: string, container: string | undefined, target: MetricTarget, judgement: Judgement) {
  const { ready, missing, unready } = group(figures, judgement)
  if (ready.length === 0) throw new Error(noFigures)
  const requests = requestsOf(figures.selected, name, container)
  const goal = target.averageUtilization ?? 80
  const used = sum(ready, figures.usage)
  const utilization = percent(used, sum(ready, requests))
  const ratio = utilization / goal
  // What is unknown is taken for the side that moves less: idle when growing, at its target when shrinking.
  const others = ratio > 1 ? [...missing, ...unready] : ratio < 1 ? missing : []
  const assumed =
    ratio > 1 ? 0 : missing.reduce((total, pod) => total + Math.floor(((requests.get(pod) ?? 0) * Math.max(100, goal)) / 100), 0)
  const careful = percent(used + (others.length > 0 ? assumed : 0), sum([...ready, ...others], requests)) / goal
  return {
    average: Math.floor(used / ready.length),
    utilization,
    replicas: settle(figures.current, { ratio, count: ready.length }, { ratio: careful, count: ready.length + others.length }, judgement),
  }
}
function percent(used: number, requested: number): number {
  if (requested === 0) throw new Error('no metrics returned matched known pods')
  return Math.floor((used * 100) / requested)
}

/** Towards so much for each pod. */
export function fromAverage(figures: Figures, goal: number, judgement: Judgement) {
  const { ready, missing, unready } = group(figures, judgement)
  if (ready.length === 0) throw new Error(noFigures)
  const used = sum(ready, figures.usage)
  const average = Math.floor(used / ready.length)
  const ratio = average / goal
  const others = ratio > 1 ? [...missing, ...unready] : ratio < 1 ? missing : []
  const assumed = ratio > 1 ? 0 : others.length * goal
  const count = ready.length + others.length
  const careful = Math.floor((used + assumed) / count) / goal
  return { average, replicas: settle(figures.current, { ratio, count: ready.length }, { ratio: careful, count }, judgement) }
}

/** Towards so much for all pods together, or for each of them. */
export function fromTotal(
  total: number,
  target: MetricTarget,
  {
    current,
    observed,
    selected,
  }: Pick<Figures, 'current' | 'selected'> & { /** Pods that there are, not only wanted. */ readonly observed: number },
  judgement: Judgement,
): number {
  if (target.averageValue !== undefined) {
    const goal = quantityMilliValue(target.averageValue)
    return observed > 0 && isTolerated(total / (goal * observed), judgement) ? observed : Math.ceil(total / goal)
  }
  const ratio = total / quantityMilliValue(target.value ?? '1')
  if (current === 0) return Math.ceil(ratio)
  if (isTolerated(ratio, judgement)) return current
  if (selected.length === 0) throw new Error(noPods)
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

/** What the containers that run all along request, or the pod as a whole where it says so. */
function requestsOf(selected: readonly Pod[], name: string, container: string | undefined): Map<string, number> {
  const requests = new Map<string, number>()
  for (const { metadata, spec } of selected) {
    const ofPod = container ? undefined : spec.resources?.requests?.[name]
    if (ofPod !== undefined) {
      requests.set(metadata.name, quantityMilliValue(ofPod))
      continue
    }
    let asked = 0
    for (const c of [...spec.containers, ...(spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')]) {
      if (container && c.name !== container) continue
      const request = c.resources?.requests?.[name]
      if (request === undefined) throw new Error(`missing request for ${name} in container ${c.name} of Pod ${metadata.name}`)
      asked += quantityMilliValue(request)
    }
    requests.set(metadata.name, asked)
  }
  return requests
}

/** Pods in three groups: with figures that count, without figures, and too young to judge. */
function group({ selected, usage, samples }: Figures, judgement: Judgement) {
  if (selected.length === 0) throw new Error(noPods)
  const ready: string[] = []
  const missing: string[] = []
  const unready: string[] = []
  for (const pod of selected) {
    const { name } = pod.metadata
    if (pod.metadata.deletionTimestamp || pod.status.phase === 'Failed') continue
    if (pod.status.phase === 'Pending') unready.push(name)
    else if (!usage.has(name)) missing.push(name)
    else if (samples && !isSettled(pod, samples.get(name), judgement)) unready.push(name)
    else ready.push(name)
  }
  return { ready, missing, unready }
}
/** A pod that just started burns CPU for nobody: while it starts, only a figure from after it became ready says something. */
function isSettled(pod: Pod, sample: Sample | undefined, { now, cpuInitializationPeriodMs, initialReadinessDelayMs }: Judgement): boolean {
  const condition = podCondition(pod, 'Ready')
  if (!condition || !pod.status.startTime) return false
  const started = Date.parse(pod.status.startTime)
  const changed = Date.parse(condition.lastTransitionTime ?? pod.status.startTime)
  if (started + cpuInitializationPeriodMs > now)
    return condition.status !== 'False' && sample !== undefined && sample.at >= changed + sample.windowMs
  return !(condition.status === 'False' && started + initialReadinessDelayMs > changed)
}
