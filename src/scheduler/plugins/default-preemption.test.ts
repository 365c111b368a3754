import { expect, test } from 'vitest'
import { createFakeClock } from '../../client/clock.ts'
import { createEventRecorder } from '../../client/events.ts'
import { noLog } from '../../log/log.ts'
import { createMetrics } from '../../metrics/metrics.ts'
import type { Extender } from '../extender.ts'
import type { Filter, Plugin, PluginDeps, Rejection } from '../framework.ts'
import { createSchedulerMetrics } from '../metrics.ts'
import type { NodeInfo } from '../node-info.ts'
import { createNominator } from '../nominator.ts'
import { createPodInfo, type PodInfo } from '../pod-info.ts'
import { createDefaultPreemption } from './default-preemption.ts'
import { createNodeResourcesFit } from './node-resources-fit.ts'
import { cycleOf, type NodeCase, type PodCase, podOf, requesting, synced, withObjects } from './testing.ts'

interface Case {
  readonly pod?: PodCase
  readonly nodes?: Record<string, NodeCase>
  readonly pods: Record<string, PodCase>
  readonly budgets?: readonly object[]
  readonly extenders?: readonly Partial<Extender>[]
  /** Pods that were promised a node before. */
  readonly nominated?: Record<string, PodCase>
  /** Nodes that removing pods does not help on. */
  readonly hopeless?: readonly string[]
  /** Pods that the server does not delete. */
  readonly staying?: readonly string[]
}

/** Which node the pod is promised and who leaves, or what is said. */
async function preempt(given: Case) {
  const { pod, nodes = { a: {}, b: {} }, pods, budgets = [], extenders = [], nominated = {}, hopeless = [], staying = [] } = given
  const everybody = Object.entries({ ...pods, ...nominated }).map(([name, p]) => podOf(name, p))
  const { client, informers, transport } = await withObjects({ pods: everybody, 'poddisruptionbudgets.policy': budgets })
  const clock = createFakeClock()
  const registry = createMetrics()
  const nominator = createNominator()
  for (const [name, p] of Object.entries(nominated)) nominator.nominate(createPodInfo(podOf(name, p)), 'a')
  const deps = {
    ...{ client, informers, clock, nominator, log: noLog, random: () => 0, metrics: createSchedulerMetrics(registry) },
    recorder: createEventRecorder(client, { component: 'default-scheduler', clock }),
    extenders: extenders.map((extender) => ({ isInterested: () => true, ...extender })),
    queue: { activate: (key: string) => queued(`activated ${key}`), openGate: (key: string) => queued(`let in ${key}`) },
  } as unknown as PluginDeps
  let queued = (_: string) => {}
  const told = new Promise<string>((resolve) => {
    queued = resolve
  })
  const plugin = await synced(informers, () => createDefaultPreemption(deps))
  informers.stop()
  // Room is all that is asked for here.
  const cycle = cycleOf(nodes, pods)
  for (const name of Object.keys(pods)) {
    const pod = podOf(name, pods[name] as PodCase)
    const { uid } = (await client.get('pods', { namespace: 'default', name })).metadata
    cycle.cluster.setPod({ ...pod, metadata: { ...pod.metadata, uid } })
  }
  const incoming = createPodInfo(podOf('incoming', { ...pod, spec: { priority: 100, ...requesting({ cpu: '3' }), ...pod?.spec } }))
  const fit = createNodeResourcesFit() as Plugin & Required<Pick<Plugin, 'preFilter'>>
  const fits = (node: NodeInfo): Rejection | undefined => (fit.preFilter(incoming, cycle) as { filter: Filter }).filter(node)
  const rejections = new Map(
    cycle.cluster.nodes.flatMap((node) => {
      const rejection = hopeless.includes(node.name) ? { plugin: 'X', reasons: [], unresolvable: true } : fits(node)
      return rejection ? [[node, rejection]] : []
    }),
  )
  const evicted: string[] = []
  transport.intercept = ({ method, path }) => {
    const name = path.split('/')[6]
    if (method === 'PATCH' && path.endsWith('/status') && name && name in pods) evicted.push(name)
    if (method === 'DELETE' && name && staying.includes(name)) throw new Error('the server is away')
  }
  const before = cycle.cluster.nodes.map((node) => [node.name, [...node.pods.keys()].toSorted()])
  const result = await plugin.postFilter?.(incoming, cycle, {
    profile: {} as never,
    diagnosis: { nodes: cycle.cluster.nodes.length, rejections, whole: undefined },
    fits,
  })
  // Trials leave no trace.
  expect(cycle.cluster.nodes.map((node) => [node.name, [...node.pods.keys()].toSorted()])).toEqual(before)
  const gate = plugin.preEnqueue?.(incoming.pod)
  return {
    node: result?.nominate?.name,
    keeps: result?.nominate === undefined,
    evicted,
    message: result?.message,
    nominator,
    registry,
    gate,
    told,
  }
}

const on = (node: string, priority: number, cpu = '4', more: PodCase = {}): PodCase => ({
  on: node,
  ...more,
  spec: { priority, ...requesting({ cpu }), ...more.spec },
})
const started = (startTime: string): PodCase => ({ status: { startTime } })
const guarded = { labels: { app: 'guarded' } }
const budget = (disruptionsAllowed: number, more: object = {}) => ({
  metadata: { namespace: 'default', name: 'budget' },
  spec: { selector: { matchLabels: guarded.labels } },
  status: { disruptionsAllowed, ...more },
})

test.each<[what: string, given: Case, node: string, evicted: string[]]>([
  ['the node whose highest victim is lowest', { pods: { p: on('a', 2), q: on('b', 1) } }, 'b', ['q']],
  [
    'then the lowest sum of priorities',
    { pods: { p: on('a', 2, '2'), q: on('a', 2, '2'), r: on('b', 2, '2'), s: on('b', 1, '2') } },
    'b',
    ['r', 's'],
  ],
  ['then the fewest victims', { pods: { p: on('a', 1, '2'), q: on('a', 1, '2'), r: on('b', 1) } }, 'b', ['r']],
  [
    'then the one whose highest victim started last',
    { pods: { p: on('a', 1, '4', started('2026-01-01T00:00:00Z')), q: on('b', 1, '4', started('2026-01-02T00:00:00Z')) } },
    'b',
    ['q'],
  ],
  [
    'only as many as must leave: the lowest',
    { nodes: { a: {} }, pods: { p: on('a', 3, '1'), q: on('a', 2, '1'), r: on('a', 1, '2') } },
    'a',
    ['q', 'r'],
  ],
  [
    'of equals the one that started last leaves',
    {
      nodes: { a: {} },
      pods: {
        p: on('a', 1, '1', started('2026-01-02T00:00:00Z')),
        q: on('a', 1, '1', started('2026-01-01T00:00:00Z')),
        r: on('a', 200, '2'),
      },
      pod: { spec: requesting({ cpu: '1' }) },
    },
    'a',
    ['p'],
  ],
  [
    'a budget is kept where another victim will do, even a higher one',
    { pods: { p: on('a', 1, '4', guarded), q: on('b', 50) }, budgets: [budget(0)] },
    'b',
    ['q'],
  ],
  ['a budget that has some left keeps nobody', { pods: { p: on('a', 1, '4', guarded), q: on('b', 50) }, budgets: [budget(1)] }, 'a', ['p']],
  [
    'a budget is used up victim by victim',
    { pods: { p: on('a', 1, '2', guarded), q: on('a', 1, '2', guarded), r: on('b', 50) }, budgets: [budget(1)] },
    'b',
    ['r'],
  ],
  [
    'a pod that the budget counts as gone does not count again',
    {
      pods: { p: on('a', 1, '4', guarded), q: on('b', 50) },
      budgets: [budget(0, { disruptedPods: { p: '2026-01-01T00:00:00Z' } })],
    },
    'a',
    ['p'],
  ],
  [
    'a budget gives way where nothing else helps',
    { nodes: { a: {} }, pods: { p: on('a', 1, '4', guarded) }, budgets: [budget(0)] },
    'a',
    ['p'],
  ],
  [
    'what a budget guards is brought back first',
    { nodes: { a: {} }, pods: { p: on('a', 1, '1', guarded), q: on('a', 2, '3') }, budgets: [budget(0)] },
    'a',
    ['q'],
  ],
])('room is made on %s', async (_, given, node, evicted) => {
  expect(await preempt(given)).toMatchObject({ node, evicted, message: '' })
})

test('of many candidates the first are enough once one of them spares the budgets', async () => {
  const nodes = Object.fromEntries(Array.from({ length: 102 }, (_, i) => [`n${i}`, {}]))
  const victims = Object.keys(nodes).map((name, i) => [`p${i}`, on(name, 1, '4', i < 101 ? guarded : {})] as const)
  expect(await preempt({ nodes, pods: Object.fromEntries(victims), budgets: [budget(0)] })).toMatchObject({
    node: 'n101',
    evicted: ['p101'],
  })
})

test.each<[what: string, given: Partial<Case>, told: string]>([
  ['it is let in when all have', {}, 'let in default/incoming'],
  ['it is tried at once when one has not', { staying: ['q'] }, 'activated default/incoming'],
])('a pod waits at its gate until its victims are told to leave: %s', async (_, more, expected) => {
  const { gate, told } = await preempt({ nodes: { a: {} }, pods: { p: on('a', 1, '2'), q: on('a', 1, '2') }, ...more })
  expect(gate).toBe('waiting for the preemption for this pod to be finished')
  expect(await told).toBe(expected)
})

test('a victim that is on its way out is not told again', async () => {
  const { gate, evicted, node } = await preempt({ nodes: { a: {} }, pods: { p: on('a', 1, '4', { deleting: true }) } })
  expect({ gate, evicted, node }).toEqual({ gate: undefined, evicted: [], node: 'a' })
})

const never = { spec: { preemptionPolicy: 'Never' as const } }
const leaving = on('a', 1, '4', {
  deleting: true,
  status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }] },
})
test.each<[what: string, given: Case, message: string, keeps?: boolean]>([
  ['a pod that may not', { pod: never, pods: { p: on('a', 1) } }, 'not eligible due to preemptionPolicy=Never.', true],
  [
    'a pod whose victims are leaving',
    { pod: { status: { nominatedNodeName: 'a' } }, pods: { p: leaving } },
    'not eligible due to a terminating pod on the nominated node.',
    true,
  ],
  [
    'nobody lower',
    { pods: { p: on('a', 100), q: on('b', 200) } },
    '0/2 nodes are available: 2 No preemption victims found for incoming pod.',
  ],
  [
    'nodes that are too small in all',
    { nodes: { a: { allocatable: { cpu: '2' } }, b: {} }, pods: { p: on('a', 1, '2'), q: on('b', 200) } },
    '0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
  ],
  [
    'lower pods that are too few',
    { nodes: { a: {} }, pods: { p: on('a', 1, '1'), q: on('a', 200, '3') } },
    '0/1 nodes are available: 1 Insufficient cpu.',
  ],
])('nothing is done for %s', async (_, given, message, keeps = false) => {
  expect(await preempt(given)).toMatchObject({ node: undefined, evicted: [], message: `preemption: ${message}`, keeps })
})

test('a pod whose promised node has become impossible looks for another, though its victims are leaving there', async () => {
  const given: Case = { pod: { status: { nominatedNodeName: 'a' } }, pods: { p: leaving, q: on('b', 1) }, hopeless: ['a'] }
  expect(await preempt(given)).toMatchObject({ node: 'b', evicted: ['q'] })
})

const byExtender = (preempt: Extender['preempt']) => ({
  pods: { p: on('a', 2), q: on('b', 1) },
  extenders: [{ preempt }] as Partial<Extender>[],
})
test.each<[what: string, given: Case, expected: object]>([
  ['leaves one candidate', byExtender(async (_, all) => all.filter(({ node }) => node.name === 'a')), { node: 'a', evicted: ['p'] }],
  ['leaves none', byExtender(async () => []), { node: undefined, evicted: [], message: 'preemption: no candidate node for preemption' }],
])('an extender that %s', async (_, given, expected) => {
  expect(await preempt(given)).toMatchObject(expected)
})

test('an extender that fails ends it', async () => {
  await expect(preempt(byExtender(() => Promise.reject(new Error('gone'))))).rejects.toThrow('preemption: gone')
})

test('a lower pod that was promised the node loses it, and a preemption is counted with its victims', async () => {
  const { nominator, registry } = await preempt({
    nodes: { a: {} },
    pods: { p: on('a', 1, '2'), q: on('a', 1, '2') },
    nominated: { low: { spec: { priority: 50 } }, equal: { spec: { priority: 100 } } },
  })
  expect(nominator.promised('a', 0).map(({ key }: PodInfo) => key)).toEqual(['default/equal'])
  expect(registry.render()).toMatch(/^scheduler_preemption_attempts_total 1$/m)
  expect(registry.render()).toMatch(/^scheduler_preemption_victims_sum 2$/m)
})
