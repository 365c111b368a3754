/** From figures to a number of pods. */
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { MetricTarget } from '../api/types/autoscaling-v2.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { fromAverage, fromTotal, fromUtilization, type Judgement } from './horizontal-pod-autoscaler-replicas.ts'

const now = Date.UTC(2026, 0, 1)
const judgement: Judgement = { now, tolerance: { up: 0.1, down: 0.1 }, cpuInitializationPeriodMs: 300_000, initialReadinessDelayMs: 30_000 }

interface Shape {
  /** In thousandths; undefined: no figure. */
  readonly uses?: number
  readonly phase?: string
  readonly ready?: boolean
  readonly startedSecondsAgo?: number
  readonly changedSecondsAgo?: number
  readonly deleted?: boolean
}
const at = (secondsAgo: number) => formatTime(now - secondsAgo * 1000)
/** Each requests 100m. */
const podOf = ({ phase = 'Running', ready = true, startedSecondsAgo = 3600, changedSecondsAgo = 3500, deleted }: Shape, i: number) =>
  ({
    metadata: { name: `p${i}`, ...(deleted ? { deletionTimestamp: at(1) } : {}) },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '100m' } } }] },
    status: {
      phase,
      startTime: at(startedSecondsAgo),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at(changedSecondsAgo) }],
    },
  }) as unknown as Pod
const figuresOf = (shapes: readonly Shape[], cpu = true) => ({
  selected: shapes.map(podOf),
  usage: new Map(shapes.flatMap(({ uses }, i) => (uses === undefined ? [] : [[`p${i}`, uses] as const]))),
  samples: cpu ? new Map(shapes.map((_, i) => [`p${i}`, { at: now, windowMs: 30_000 }])) : undefined,
  current: shapes.length,
})
const using = (...uses: number[]): Shape[] => uses.map((one) => ({ uses: one }))

/** The goal is half of what is requested: 50m. */
test.each<[string, Shape[], replicas: number]>([
  ['at the goal', using(50, 50, 50), 3],
  ['within the tolerance', using(54, 54, 54), 3],
  ['at the edge of the tolerance', using(55, 55, 55), 3],
  ['past it', using(56, 56, 56), 4],
  ['with a part of a percent past it', [...using(55, 55), { uses: 57 }], 3],
  ['above it', using(100, 100, 100), 6],
  ['below it', using(10, 10, 10), 1],
  ['unevenly', using(90, 60, 0), 3],
  ['a pod without figures while growing is idle', [...using(100, 100), {}], 4],
  ['a pod without figures while shrinking uses what it asks for', [...using(10, 10), {}], 3],
  ['a pod without figures that turns the direction changes nothing', [...using(60, 60), {}, {}], 4],
  ['a pending pod while growing is idle', [...using(100, 100), { phase: 'Pending' }], 4],
  ['a pending pod while shrinking does not count', [...using(10, 10), { phase: 'Pending' }], 1],
  ['a young pod that burns is idle', [...using(100, 100), { uses: 1000, startedSecondsAgo: 60, ready: false, changedSecondsAgo: 50 }], 4],
  ['a young pod that is ready counts', [...using(100, 100), { uses: 100, startedSecondsAgo: 60, changedSecondsAgo: 50 }], 6],
  [
    'a young pod whose figure is from before it was ready is idle',
    [...using(100, 100), { uses: 1000, startedSecondsAgo: 60, changedSecondsAgo: 20 }],
    4,
  ],
  ['a pod that was never ready does not count', [...using(100, 100), { uses: 1000, ready: false, changedSecondsAgo: 3590 }], 4],
  ['a pod that is no longer ready counts', [...using(100, 100), { uses: 100, ready: false, changedSecondsAgo: 60 }], 6],
  ['pods that leave or have ended do not count', [...using(100, 100), { uses: 900, deleted: true }, { uses: 900, phase: 'Failed' }], 4],
])('utilization: %s', (_name, shapes, replicas) => {
  const target = { type: 'Utilization', averageUtilization: 50 } as MetricTarget
  expect(fromUtilization(figuresOf(shapes), 'cpu', undefined, target, judgement).replicas).toBe(replicas)
})

test.each<[string, Shape[], RegExp]>([
  ['there is no pod', [], /no pods returned by selector while calculating replica count/],
  ['no pod has figures', [{}, {}], /did not receive metrics for targeted pods/],
  ['a pod asks for nothing', [{ uses: 1 }], /missing request for memory in container c of Pod p0/],
])('utilization: when %s it says so', (_name, shapes, why) => {
  const target = { type: 'Utilization', averageUtilization: 50 } as MetricTarget
  expect(() => fromUtilization(figuresOf(shapes), why.source.includes('memory') ? 'memory' : 'cpu', undefined, target, judgement)).toThrow(
    why,
  )
})

test.each<[string, Shape[], { up: number; down: number }, replicas: number]>([
  ['above', using(80, 80), { up: 0.1, down: 0.1 }, 4],
  ['above, within its own tolerance', using(80, 80), { up: 0.7, down: 0.1 }, 2],
  ['below', using(20, 20), { up: 0.1, down: 0.1 }, 1],
  ['below, within its own tolerance', using(20, 20), { up: 0.1, down: 0.7 }, 2],
  ['without figures for one', [...using(100, 100), {}], { up: 0.1, down: 0.1 }, 4],
])('average of 50m: %s', (_name, shapes, tolerance, replicas) => {
  expect(fromAverage(figuresOf(shapes, false), 50, { ...judgement, tolerance }).replicas).toBe(replicas)
})

test.each<[string, number, Partial<MetricTarget>, current: number, replicas: number]>([
  ['twice the value: twice the pods', 20_000, { value: '10' }, 3, 6],
  ['about the value', 10_500, { value: '10' }, 3, 3],
  ['half the value', 5_000, { value: '10' }, 4, 2],
  ['from zero: as many as the value goes into it', 35_000, { value: '10' }, 0, 4],
  ['an average: as many as it goes into the total', 35_000, { averageValue: '10' }, 2, 4],
  ['an average that is about right', 21_000, { averageValue: '10' }, 2, 2],
  ['an average of nothing', 0, { averageValue: '10' }, 2, 0],
])('in total: %s', (_name, total, target, current, replicas) => {
  const { selected } = figuresOf(using(...Array<number>(current).fill(1)))
  expect(fromTotal(total, target as MetricTarget, { current, observed: current, selected }, judgement)).toBe(replicas)
})
