/** How far and how fast an autoscaler may go. */
import { expect, test } from 'vitest'
import type { HorizontalPodAutoscalerSpec, HPAScalingRules } from '../api/types/autoscaling-v2.ts'
import { limitReplicas, type Memory } from './horizontal-pod-autoscaler-limits.ts'

const now = 1_000_000_000
const ago = (seconds: number) => now - seconds * 1000
interface Given {
  readonly unruled?: boolean
  readonly up?: Partial<HPAScalingRules>
  readonly down?: Partial<HPAScalingRules>
  readonly least?: number
  readonly most?: number
  readonly recommended?: readonly [secondsAgo: number, replicas: number][]
  readonly changed?: readonly [secondsAgo: number, change: number][]
}
const pods = (value: number, periodSeconds = 60) => ({ type: 'Pods', value, periodSeconds })
const percent = (value: number, periodSeconds = 60) => ({ type: 'Percent', value, periodSeconds })
/** Without a behaviour of its own. */
const unruled = { unruled: true }
const slow = { stabilizationWindowSeconds: 0 }

test.each<[string, current: number, wanted: number, Given, result: number, limited: string]>([
  ['within all bounds', 3, 4, {}, 4, 'DesiredWithinRange'],
  ['at most double or four more by default', 3, 50, {}, 7, 'ScaleUpLimit'],
  ['at most double of many', 30, 200, {}, 60, 'ScaleUpLimit'],
  ['no more than the maximum', 8, 12, { most: 10 }, 10, 'TooManyReplicas'],
  ['no fewer than the minimum', 4, 0, { least: 2, down: slow }, 2, 'TooFewReplicas'],
  [
    'down is held by the highest of five minutes',
    10,
    2,
    {
      recommended: [
        [200, 8],
        [100, 6],
      ],
    },
    8,
    'DesiredWithinRange',
  ],
  ['down is not held by what is older', 10, 2, { recommended: [[301, 10]] }, 2, 'DesiredWithinRange'],
  [
    'up is held by the lowest of its window',
    4,
    8,
    { up: { stabilizationWindowSeconds: 60 }, recommended: [[30, 5]] },
    5,
    'DesiredWithinRange',
  ],
  ['a number of pods in a period', 4, 20, { up: { policies: [pods(2)] as never } }, 6, 'ScaleUpLimit'],
  ['what was added in the period counts', 6, 20, { up: { policies: [pods(2)] as never }, changed: [[30, 2]] }, 6, 'ScaleUpLimit'],
  ['what was added before does not', 6, 20, { up: { policies: [pods(2)] as never }, changed: [[61, 2]] }, 8, 'ScaleUpLimit'],
  ['a share in a period, rounded up', 5, 20, { up: { policies: [percent(10)] as never } }, 6, 'ScaleUpLimit'],
  ['the larger of two', 10, 50, { up: { policies: [percent(10), pods(5)] as never } }, 15, 'ScaleUpLimit'],
  ['the smaller of two', 10, 50, { up: { selectPolicy: 'Min', policies: [percent(10), pods(5)] as never } }, 11, 'ScaleUpLimit'],
  ['what was taken in the period counts, too', 6, 20, { up: { policies: [pods(2)] as never }, changed: [[30, -3]] }, 11, 'ScaleUpLimit'],
  [
    'more was added than a new policy lets: it stays',
    8,
    20,
    { up: { policies: [pods(2)] as never }, changed: [[30, 4]] },
    8,
    'ScaleUpLimit',
  ],
  [
    'more was taken than a new policy lets: it stays',
    4,
    1,
    { down: { ...slow, policies: [pods(1)] as never }, changed: [[30, -4]] },
    4,
    'ScaleDownLimit',
  ],
  ['unruled: at most double', 10, 50, unruled, 20, 'ScaleUpLimit'],
  ['unruled: four at most, of few', 1, 50, unruled, 4, 'ScaleUpLimit'],
  ['unruled: no more than the maximum', 8, 50, { ...unruled, most: 10 }, 10, 'TooManyReplicas'],
  ['unruled: no fewer than the minimum', 8, 1, { ...unruled, least: 3 }, 3, 'TooFewReplicas'],
  ['unruled: the highest of five minutes', 4, 2, { ...unruled, recommended: [[200, 6]] }, 6, 'DesiredWithinRange'],
  ['never up', 10, 50, { up: { selectPolicy: 'Disabled' } }, 10, 'ScaleUpLimit'],
  ['never down', 10, 2, { down: { ...slow, selectPolicy: 'Disabled' } }, 10, 'ScaleDownLimit'],
  ['a number of pods fewer in a period', 10, 2, { down: { ...slow, policies: [pods(3)] as never } }, 7, 'ScaleDownLimit'],
  [
    'what was taken in the period counts',
    7,
    2,
    { down: { ...slow, policies: [pods(3)] as never }, changed: [[10, -3]] },
    7,
    'ScaleDownLimit',
  ],
  ['a share fewer, rounded down', 10, 1, { down: { ...slow, policies: [percent(25)] as never } }, 7, 'ScaleDownLimit'],
  [
    'the smaller step down',
    10,
    1,
    { down: { ...slow, selectPolicy: 'Min', policies: [percent(50), pods(1)] as never } },
    9,
    'ScaleDownLimit',
  ],
])('%s', (_name, current, wanted, { unruled: no, up, down, least = 1, most = 1000, recommended = [], changed = [] }, result, limited) => {
  const memory: Memory = {
    recommendations: recommended.map(([seconds, replicas]) => ({ at: ago(seconds), replicas })),
    changes: changed.map(([seconds, change]) => ({ at: ago(seconds), change })),
  }
  const behavior = { ...(up ? { scaleUp: up } : {}), ...(down ? { scaleDown: down } : {}) }
  const spec = { minReplicas: least, maxReplicas: most, ...(no ? {} : { behavior }) }
  const conditions: Record<string, string> = {}
  const got = limitReplicas(
    spec as HorizontalPodAutoscalerSpec,
    { current, wanted, now, downscaleStabilizationMs: 300_000 },
    memory,
    (type, _status, reason) => {
      conditions[type] = reason
    },
  )
  expect([got, conditions['ScalingLimited']]).toEqual([result, limited])
})
