import { describe, expect, test } from 'vitest'
import { createMetrics } from '../metrics/metrics.ts'
import type { Diagnosis, Plugin, Profile, Rejection } from './framework.ts'
import { scoreEach } from './framework.ts'
import { createSchedulerMetrics } from './metrics.ts'
import type { NodeInfo } from './node-info.ts'
import { createNominator } from './nominator.ts'
import { createNodeResourcesFit } from './plugins/node-resources-fit.ts'
import { cycleOf, podOf, requesting } from './plugins/testing.ts'
import { createPodInfo } from './pod-info.ts'
import { createNodeSearch, diagnosisMessage, numFeasibleNodesToFind } from './schedule-pod.ts'

test.each([
  ['a small cluster is looked at whole', 99, 10, 99],
  ['all of a hundred percent', 5000, 100, 5000],
  ['a share that is given', 5000, 30, 1500],
  ['never less than a hundred nodes', 1000, 5, 100],
  ['half, less 1 % for each 125 nodes: 42 % of 1,000', 1000, 0, 420],
  ['10 % of 5,000', 5000, 0, 500],
  ['never less than 5 %: of 6,000', 6000, 0, 300],
])('percentageOfNodesToScore: %s', (_, nodes, percentage, found) => {
  expect(numFeasibleNodesToFind(nodes, percentage)).toBe(found)
})

const rejection = (plugin: string, reason: string): Rejection => ({ plugin, reasons: [reason], unresolvable: false })
const node = (name: string) => ({ name }) as NodeInfo
test.each<[string, Diagnosis, string]>([
  ['no node', { nodes: 0, rejections: new Map(), whole: undefined }, 'no nodes available to schedule pods'],
  ['the pod as a whole', { nodes: 3, rejections: new Map(), whole: rejection('X', 'not found') }, '0/3 nodes are available: not found.'],
  [
    'reasons counted, in the order of their text',
    {
      nodes: 3,
      rejections: new Map([
        [node('a'), rejection('X', 'b is wrong')],
        [node('b'), rejection('X', 'a is wrong')],
        [node('c'), rejection('X', 'a is wrong')],
      ]),
      whole: undefined,
    },
    '0/3 nodes are available: 1 b is wrong, 2 a is wrong.',
  ],
  [
    'no reason',
    { nodes: 1, rejections: new Map([[node('a'), { ...rejection('X', ''), reasons: [] }]]), whole: undefined },
    '0/1 nodes are available:',
  ],
])('the message of a pod without a node: %s', (_, diagnosis, message) => {
  expect(diagnosisMessage(diagnosis)).toBe(message)
})

const likes = (name: string, points: Record<string, number>): Plugin & Required<Pick<Plugin, 'preScore'>> => ({
  name,
  preScore: (_pod, _cycle, candidates) => ({ score: scoreEach(candidates, (node) => points[node.name] ?? 0) }),
})
const profileOf = (plugins: readonly Plugin[], weights: Record<string, number> = {}, percentage = 0): Profile => ({
  schedulerName: 'default-scheduler',
  at: {
    preEnqueue: [],
    postFilter: [],
    reserve: [],
    preBind: [],
    bind: [],
    preFilter: plugins.filter((plugin) => plugin.preFilter) as Profile['at']['preFilter'],
    preScore: plugins.filter((plugin) => plugin.preScore) as Profile['at']['preScore'],
  },
  weights: new Map(Object.entries(weights)),
  percentageOfNodesToScore: percentage,
  recorder: { event() {}, async flush() {} },
})

function searchOver(cluster: ReturnType<typeof cycleOf>['cluster'], random = () => 0) {
  const nominator = createNominator()
  const metrics = createSchedulerMetrics(createMetrics())
  return { nominator, ...createNodeSearch({ cluster, nominator, metrics, random, namespaceLabels: () => ({}) }) }
}

describe('the node that is taken', () => {
  test.each<[string, readonly Plugin[], Record<string, number>, ReadonlyMap<string, number> | undefined, string]>([
    ['has the highest sum', [likes('X', { a: 60, b: 50 }), likes('Y', { b: 20 })], {}, undefined, 'b'],
    ['has the highest sum by weight', [likes('X', { a: 60, b: 50 }), likes('Y', { b: 20 })], { X: 3 }, undefined, 'a'],
    ['has the extenders’ scores on top', [likes('X', { a: 60 })], {}, new Map([['b', 61]]), 'b'],
  ])('%s', (_, plugins, weights, extra, name) => {
    const { cluster } = cycleOf({ a: {}, b: {} })
    const { findNodesThatFitPod, selectHost } = searchOver(cluster)
    const pod = createPodInfo(podOf('p', {}))
    const profile = profileOf(plugins, weights)
    expect(selectHost(pod, profile, findNodesThatFitPod(pod, profile), extra).name).toBe(name)
  })

  test.each([
    ['the first', 0, 'a'],
    ['the second', 0.5, 'b'],
    ['the last', 0.99, 'c'],
  ])('is one of equals at random: %s', (_, dice, name) => {
    const { cluster } = cycleOf({ a: {}, b: {}, c: {} })
    const { findNodesThatFitPod, selectHost } = searchOver(cluster, () => dice)
    const pod = createPodInfo(podOf('p', {}))
    expect(selectHost(pod, profileOf([]), findNodesThatFitPod(pod, profileOf([]))).name).toBe(name)
  })
})

test('a search begins where the one before ended, so that every node has its turn', () => {
  const names = Array.from({ length: 200 }, (_, i) => `n${i}`)
  const { cluster } = cycleOf(Object.fromEntries(names.map((name) => [name, {}])))
  const { findNodesThatFitPod } = searchOver(cluster)
  const find = () => findNodesThatFitPod(createPodInfo(podOf('p', {})), profileOf([], {}, 50)).feasible.map(({ name }) => name)
  expect([...find(), ...find()]).toEqual(names)
})

test.each([
  ['of the same priority', 0, []],
  ['of a lower priority', -1, ['a']],
])('a pod must fit beside one that was promised the node, %s', (_, priority, feasible) => {
  const { cluster } = cycleOf({ a: {} })
  const { nominator, findNodesThatFitPod } = searchOver(cluster)
  nominator.nominate(createPodInfo(podOf('promised', { spec: { priority, ...requesting({ cpu: '4' }) } })), 'a')
  const pod = createPodInfo(podOf('p', { spec: requesting({ cpu: '1' }) }))
  expect(findNodesThatFitPod(pod, profileOf([createNodeResourcesFit()])).feasible.map(({ name }) => name)).toEqual(feasible)
})

test.each([
  ['the one it was promised, though others rank higher', {}, 'a'],
  ['another when that is no longer free', { taken: { on: 'a', spec: requesting({ cpu: '4' }) } }, 'b'],
])('a pod goes to %s', (_, pods, name) => {
  const { cluster } = cycleOf({ a: {}, b: {} }, pods)
  const { findNodesThatFitPod, selectHost } = searchOver(cluster)
  const pod = createPodInfo(podOf('p', { spec: requesting({ cpu: '1' }), status: { nominatedNodeName: 'a' } }))
  const profile = profileOf([createNodeResourcesFit(), likes('X', { b: 100 })])
  expect(selectHost(pod, profile, findNodesThatFitPod(pod, profile)).name).toBe(name)
})

test('whether a pod fits counts those that were promised the node', () => {
  const { cluster } = cycleOf({ a: {} })
  const { nominator, fits } = searchOver(cluster)
  const pod = createPodInfo(podOf('p', { spec: requesting({ cpu: '3' }) }))
  const profile = profileOf([createNodeResourcesFit()])
  expect(fits(pod, profile, cluster.node('a') as NodeInfo)).toBeUndefined()
  nominator.nominate(createPodInfo(podOf('promised', { spec: requesting({ cpu: '3' }) })), 'a')
  expect(fits(pod, profile, cluster.node('a') as NodeInfo)?.reasons).toEqual(['Insufficient cpu'])
})
