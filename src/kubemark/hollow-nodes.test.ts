import { expect, test } from 'vitest'
import type { Pod } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { createFakeClock } from '../client/clock.ts'
import { createInformers } from '../client/informer.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import { createHollowNodes } from './hollow-nodes.ts'
import { exitCodeOf, restartDelayMs, restarts, ruleOf } from './rules.ts'

const prefix = 'simulation.kijabi.dev/'
const podWith = (rules: Record<string, string>, spec: object = {}): Pod =>
  ({
    metadata: {
      name: 'p',
      namespace: 'default',
      annotations: Object.fromEntries(Object.entries(rules).map(([name, value]) => [prefix + name, value])),
    },
    spec: { nodeName: 'hollow-node-0', containers: [{ name: 'c', image: 'x' }], ...spec },
  }) as unknown as Pod

test.each([
  [{}, { startMs: 0, readyMs: 0, runMs: undefined, exitCode: 0, failures: undefined, backoffMs: 10_000, stopMs: 0 }],
  [
    { 'run-seconds': '1.5', 'exit-code': '3' },
    { runMs: 1500, exitCode: 3 },
  ],
  [{ failures: '2' }, { failures: 2, exitCode: 1 }],
  [
    { 'run-seconds': 'soon', 'start-seconds': '-1', 'stop-seconds': '' },
    { runMs: undefined, startMs: 0, stopMs: 0 },
  ],
  [
    { 'run-seconds': '1e12', 'exit-code': '1e9', 'backoff-seconds': '0' },
    { runMs: 86_400_000, exitCode: 255, backoffMs: 100 },
  ],
])('the annotations %j', (annotations, expected) => {
  expect(ruleOf(podWith(annotations))).toMatchObject(expected)
})

test.each([
  ['Always', 0, true],
  ['OnFailure', 0, false],
  ['OnFailure', 1, true],
  ['Never', 1, false],
  [undefined, 0, true],
])('restartPolicy %s after exit code %i: starts again %s', (restartPolicy, code, again) => {
  expect(restarts(podWith({}, { restartPolicy }), code)).toBe(again)
})

test('the first restart is at once, later ones wait twice as long each time, up to a bound', () => {
  const rule = ruleOf(podWith({}))
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((n) => restartDelayMs(rule, n) / 1000)).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
})

test('so many failures, then success', () => {
  const rule = ruleOf(podWith({ failures: '2' }))
  expect([0, 1, 2].map((n) => exitCodeOf(rule, n))).toEqual([1, 1, 0])
})

async function setUp() {
  const transport = createMemoryTransport()
  const client = createClient(transport)
  const clock = createFakeClock()
  const nodes = createHollowNodes({ transport, count: 2, clock })
  const informers = createInformers(client)
  const stories: string[] = []
  const listeners = new Set<() => void>()
  const story = (pod: Pod) => {
    const container = pod.status?.containerStatuses?.[0]
    const state = Object.keys(container?.state ?? {})[0]
    if (state) stories.push(`${pod.status.phase} ${state} ${container?.ready ? 'ready' : 'unready'} ${container?.restartCount}`)
  }
  const told = () => {
    for (const listener of [...listeners]) listener()
  }
  informers.of('pods').addHandler({
    updated(pod) {
      story(pod)
      told()
    },
    deleted: told,
  })
  informers.of('leases.coordination.k8s.io').addHandler({ added: told, updated: told })
  informers.of('nodes').addHandler({ updated: told })
  informers.start()
  await nodes.start()
  await informers.synced()
  const until = (good: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!good()) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
    })
  return {
    client,
    clock,
    informers,
    stories,
    until,
    stop() {
      nodes.stop()
      informers.stop()
    },
  }
}

test('a container that fails twice is started again each time, then the pod has succeeded', async () => {
  const { client, clock, stories, until, stop } = await setUp()
  await client.create('pods', podWith({ 'run-seconds': '1', failures: '2' }, { restartPolicy: 'OnFailure' }))
  await until(() => stories.at(-1) === 'Running running ready 0')
  clock.advance(1000) // fails, and starts again at once
  await until(() => stories.at(-1) === 'Running running ready 1')
  clock.advance(1000) // fails, and waits ten seconds
  await until(() => stories.at(-1) === 'Running waiting unready 1')
  clock.advance(10_000)
  await until(() => stories.at(-1) === 'Running running ready 2')
  clock.advance(1000)
  await until(() => stories.at(-1) === 'Succeeded terminated unready 2')
  expect(stories).toHaveLength(5)
  stop()
})

test('a pod is ready when the time that it names has passed', async () => {
  const { client, clock, stories, until, stop } = await setUp()
  await client.create('pods', podWith({ 'ready-seconds': '3' }))
  await until(() => stories.at(-1) === 'Running running unready 0')
  clock.advance(3000)
  await until(() => stories.at(-1) === 'Running running ready 0')
  expect(stories).toHaveLength(2)
  stop()
})

test('a silent node renews nothing and starts nothing; without the annotation it is back', async () => {
  const { client, clock, stories, informers, until, stop } = await setUp()
  const renewals = () =>
    informers
      .of('leases.coordination.k8s.io')
      .list()
      .map((l) => [l.metadata.name, l.spec?.renewTime] as const)
  const renewed = (name: string) => renewals().find(([n]) => n === name)?.[1]
  const setSilent = (value: string | null) =>
    client.patch('nodes', { name: 'hollow-node-0' }, { metadata: { annotations: { [`${prefix}silent`]: value } } }, { type: 'merge' })
  const before = renewed('hollow-node-0')
  await setSilent('true')
  await until(() => informers.of('nodes').get(undefined, 'hollow-node-0')?.metadata.annotations?.[`${prefix}silent`] === 'true')
  await client.create('pods', podWith({}))
  await client.create('pods', { ...podWith({}, { nodeName: 'hollow-node-1' }), metadata: { name: 'q', namespace: 'default' } } as Pod)
  await until(() => stories.length === 1)
  clock.advance(25_000)
  await until(() => renewed('hollow-node-1') !== before)
  expect(renewed('hollow-node-0')).toBe(before)
  expect(informers.of('pods').get('default', 'p')?.status?.phase).not.toBe('Running')
  await setSilent(null)
  await until(() => renewed('hollow-node-0') !== before)
  await until(() => informers.of('pods').get('default', 'p')?.status?.phase === 'Running')
  stop()
})

test('a pod that others call unready is called ready again, as a kubelet does', async () => {
  const { client, informers, stories, until, stop } = await setUp()
  await client.create('pods', podWith({}))
  await until(() => stories.at(-1) === 'Running running ready 0')
  const conditions = [{ type: 'Ready', status: 'False' as const }]
  const unsaid = await client.patch('pods', { namespace: 'default', name: 'p' }, { status: { conditions } }, { subresource: 'status' })
  await until(() => {
    const { metadata, status } = informers.of('pods').get('default', 'p') as Pod
    const isLater = Number(metadata.resourceVersion) > Number(unsaid.metadata.resourceVersion)
    return isLater && status.conditions?.find((c) => c.type === 'Ready')?.status === 'True'
  })
  expect(stories).toEqual(['Running running ready 0', 'Running running ready 0', 'Running running ready 0'])
  stop()
})
