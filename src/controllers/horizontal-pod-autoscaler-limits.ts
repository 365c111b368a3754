/** How far and how fast an autoscaler may go (spec.behavior; pkg/controller/podautoscaler, normalizeDesiredReplicasWithBehaviors). */
import type { HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerSpec, HPAScalingRules } from '../api/types/autoscaling-v2.ts'

/** Recommendations and changes of the last while. */
export interface Memory {
  recommendations: { readonly at: number; readonly replicas: number }[]
  changes: { readonly at: number; readonly change: number }[]
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
  limited: Limited,
  memory: Memory,
  setCondition: SetCondition,
): number {
  const { current, wanted, now, downscaleStabilizationMs } = limited
  const rules = behavior && rulesOf(behavior, downscaleStabilizationMs)
  const windows = rules ? [windowMs(rules.up), windowMs(rules.down)] : [0, downscaleStabilizationMs]
  memory.recommendations = memory.recommendations.filter((r) => r.at > now - Math.max(...windows))
  const inWindow = (ms: number) => memory.recommendations.filter((r) => r.at > now - ms).map((r) => r.replicas)
  const ceiling = Math.max(wanted, ...inWindow(windows[1] as number))
  const floor = Math.min(wanted, ...inWindow(windows[0] as number))
  memory.recommendations.push({ at: now, replicas: wanted })
  const stable = rules ? Math.min(Math.max(current, floor), ceiling) : ceiling
  const downwards = !rules || wanted < current
  if (stable === wanted) setCondition('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size')
  else
    setCondition(
      'AbleToScale',
      'True',
      downwards ? 'ScaleDownStabilized' : 'ScaleUpStabilized',
      downwards
        ? 'recent recommendations were higher than current one, applying the highest recent recommendation'
        : 'recent recommendations were lower than current one, applying the lowest recent recommendation',
    )
  let result = stable
  let why: [string, string] | undefined
  if (stable > current || !rules) {
    const rate = rules ? Math.max(current, rateLimit(memory.changes, rules.up, current, 1, now)) : Math.max(2 * current, unruledMost)
    if (stable > Math.min(rate, most)) {
      result = Math.min(rate, most)
      why =
        rate < most
          ? ['ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate']
          : ['TooManyReplicas', 'the desired replica count is more than the maximum replica count']
    }
  }
  if (stable < current || !rules) {
    const rate = rules ? Math.min(current, rateLimit(memory.changes, rules.down, current, -1, now)) : least
    if (stable < Math.max(rate, least)) {
      result = Math.max(rate, least)
      why =
        rate > least
          ? ['ScaleDownLimit', 'the desired replica count is decreasing faster than the maximum scale rate']
          : ['TooFewReplicas', 'the desired replica count is less than the minimum replica count']
    }
  }
  if (why) setCondition('ScalingLimited', 'True', why[0], why[1])
  else setCondition('ScalingLimited', 'False', 'DesiredWithinRange', 'the desired count is within the acceptable range')
  return result
}

/** Without rules of its own an autoscaler doubles at most at a time, or goes to so many pods. */
const unruledMost = 4

/** A behaviour's rules with what it leaves out, as the server fills it in, too. */
function rulesOf({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior, downscaleStabilizationMs: number) {
  const up: HPAScalingRules = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 15 },
      { type: 'Pods', value: 4, periodSeconds: 15 },
    ],
    ...scaleUp,
  }
  const down: HPAScalingRules = {
    stabilizationWindowSeconds: downscaleStabilizationMs / 1000,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    ...scaleDown,
  }
  return { up, down }
}
const windowMs = ({ stabilizationWindowSeconds = 0 }: HPAScalingRules): number => stabilizationWindowSeconds * 1000

/** The API allows no longer period of a policy; what changed before counts for none. */
const longestPeriodMs = 1_800_000
/** Remembers a change for the rates. */
export function rememberChange(memory: Memory, at: number, change: number): void {
  memory.changes = [...memory.changes.filter((c) => c.at > at - longestPeriodMs), { at, change }]
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
    const moved = changes.filter((c) => c.at > now - periodSeconds * 1000).reduce((sum, c) => sum + c.change, 0)
    const start = current - moved
    if (type === 'Pods') return start + sign * value
    return sign > 0 ? Math.ceil(start * (1 + value / 100)) : Math.trunc(start * (1 - value / 100))
  })
  const widest = (rules.selectPolicy ?? 'Max') === 'Max'
  return widest === sign > 0 ? Math.max(...results) : Math.min(...results)
}
