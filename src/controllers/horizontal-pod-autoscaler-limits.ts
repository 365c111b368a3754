/** How far and how fast an autoscaler may go (spec.behavior; pkg/controller/podautoscaler, normalizeDesiredReplicasWithBehaviors). */
import type { HorizontalPodAutoscalerSpec, HPAScalingRules } from '../api/types/autoscaling-v2.ts'

/** Recommendations and changes of the last while. */
export interface Memory {
  recommendations: { readonly at: number; readonly replicas: number }[]
  readonly changes: { readonly at: number; readonly change: number }[]
}
export type SetCondition = (type: string, status: string, reason: string, message: string) => void

interface Limited {
  readonly current: number
  readonly wanted: number
  readonly now: number
  /** --horizontal-pod-autoscaler-downscale-stabilization */
  readonly downscaleStabilizationMs: number
}

/** What becomes of a recommendation: stabilised over the windows, held to the rates, kept within the bounds. */
export function limitReplicas(
  { behavior, minReplicas: least = 1, maxReplicas: most }: HorizontalPodAutoscalerSpec,
  { current, wanted, now, downscaleStabilizationMs }: Limited,
  memory: Memory,
  setCondition: SetCondition,
): number {
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
    stabilizationWindowSeconds: downscaleStabilizationMs / 1000,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    ...behavior?.scaleDown,
  }
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
