/** How many of a budget's pods may be disrupted. */
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { labels, readyStatus, type TestCluster, template, testClusters, web } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const resource = 'poddisruptionbudgets.policy'
const budget = (spec: object) =>
  cluster.client.create(resource, { metadata: web, spec: { selector: { matchLabels: labels }, ...spec } } as never)
const status = async () => (await cluster.client.get(resource, web)).status
const selector = { matchLabels: labels }
const workload: Record<string, (replicas: number) => Promise<unknown>> = {
  'replica set': (replicas) =>
    cluster.client.create('replicasets.apps', { metadata: web, spec: { replicas, selector, template: template() } } as never),
  'replication controller': (replicas) =>
    cluster.client.create('replicationcontrollers', { metadata: web, spec: { replicas, selector: labels, template: template() } } as never),
  deployment: (replicas) =>
    cluster.client.create('deployments.apps', {
      metadata: web,
      spec: {
        replicas,
        selector,
        template: template(),
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      },
    } as never),
  'stateful set': (replicas) =>
    cluster.client.create('statefulsets.apps', {
      metadata: web,
      spec: {
        replicas,
        selector,
        template: template(),
        serviceName: 'web',
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'OnDelete' },
      },
    } as never),
}
const loops = ['disruption', 'replicaset', 'replicationcontroller', 'deployment', 'statefulset']

test.each<[object, string, replicas: number, ready: number, { desiredHealthy: number; disruptionsAllowed: number }]>([
  [{ minAvailable: 2 }, 'replica set', 3, 3, { desiredHealthy: 2, disruptionsAllowed: 1 }],
  [{ minAvailable: '50%' }, 'replica set', 5, 5, { desiredHealthy: 3, disruptionsAllowed: 2 }],
  [{ minAvailable: '100%' }, 'replica set', 5, 5, { desiredHealthy: 5, disruptionsAllowed: 0 }],
  [{ minAvailable: '0%' }, 'replica set', 2, 2, { desiredHealthy: 0, disruptionsAllowed: 2 }],
  [{ maxUnavailable: 1 }, 'replica set', 3, 3, { desiredHealthy: 2, disruptionsAllowed: 1 }],
  [{ maxUnavailable: '30%' }, 'replica set', 10, 10, { desiredHealthy: 7, disruptionsAllowed: 3 }],
  [{ maxUnavailable: '33%' }, 'replica set', 10, 10, { desiredHealthy: 6, disruptionsAllowed: 4 }], // rounded up
  [{ maxUnavailable: 5 }, 'replica set', 3, 3, { desiredHealthy: 0, disruptionsAllowed: 3 }],
  [{ minAvailable: 3 }, 'replica set', 3, 2, { desiredHealthy: 3, disruptionsAllowed: 0 }],
  [{ maxUnavailable: 0 }, 'replica set', 3, 3, { desiredHealthy: 3, disruptionsAllowed: 0 }],
  [{ maxUnavailable: 2 }, 'replica set', 5, 3, { desiredHealthy: 3, disruptionsAllowed: 0 }],
  [{ maxUnavailable: 1 }, 'deployment', 3, 3, { desiredHealthy: 2, disruptionsAllowed: 1 }],
  [{ maxUnavailable: 1 }, 'stateful set', 3, 3, { desiredHealthy: 2, disruptionsAllowed: 1 }],
  [{ maxUnavailable: 1 }, 'replication controller', 3, 3, { desiredHealthy: 2, disruptionsAllowed: 1 }],
])('%j of a %s of %i, %i ready', async (spec, kind, replicas, ready, expected) => {
  let count = 0
  const { settle } = await setUp(loops, { kubelet: () => (count++ < ready ? readyStatus(0) : { phase: 'Running' }) })
  await workload[kind]?.(replicas)
  await budget(spec)
  await settle()
  const found = await status()
  expect(found).toMatchObject({ currentHealthy: ready, expectedPods: replicas, observedGeneration: 1, ...expected })
  expect(found.conditions).toMatchObject([
    {
      type: 'DisruptionAllowed',
      status: expected.disruptionsAllowed > 0 ? 'True' : 'False',
      reason: expected.disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    },
  ])
})

const bare = (name: string, more: Partial<Pod> = {}) =>
  cluster.client.create('pods', {
    metadata: { namespace: 'default', name, labels },
    spec: template().spec,
    status: readyStatus(0),
    ...more,
  } as never)

test('pods that nobody replaces count for a number, and for a share they are nothing', async () => {
  const { client, settle, events } = await setUp(['disruption'])
  for (const name of ['a', 'b']) await bare(name)
  await budget({ minAvailable: 1 })
  await settle()
  expect(await status()).toMatchObject({ expectedPods: 2, currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1 })
  expect(events()).toEqual([])
  await client.patch(resource, web, { spec: { minAvailable: '50%' } })
  await settle()
  expect(await status()).toMatchObject({ expectedPods: 0, desiredHealthy: 0, disruptionsAllowed: 0 })
  expect(events()[0]).toMatch(
    /^UnmanagedPods: Pods selected by this PodDisruptionBudget \(selector: &LabelSelector{MatchLabels:map\[string\]string{app: web,},MatchExpressions:\[\]LabelSelectorRequirement{},}\) were found to be unmanaged\./,
  )
})

test.each([
  ['example.com/v1', 'Thing', 'found no controllers for pod "a"'],
  ['batch/v1', 'Job', 'jobs.batch does not implement the scale subresource'],
])('a pod of a %s %s cannot be counted, and nothing may be disrupted', async (apiVersion, kind, why) => {
  const { settle, events } = await setUp(['disruption'])
  const ownerReferences = [{ apiVersion, kind, name: 'x', uid: 'u', controller: true }]
  await bare('a', { metadata: { namespace: 'default', name: 'a', labels, ownerReferences } } as never)
  await budget({ maxUnavailable: 1 })
  await settle()
  expect(await status()).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: why }],
  })
  expect(events()).toContain(`CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${why}`)
})

test('a pod that only runs on wakes no budget', async () => {
  const { settle, setPodStatus, manager } = await setUp(['disruption'])
  await bare('a')
  await budget({ minAvailable: 1 })
  await settle()
  const adds = () => /workqueue_adds_total{name="disruption-controller"} (\d+)/.exec(manager.metrics.render())?.[1]
  const before = adds()
  await setPodStatus('a', { podIP: '10.0.0.9' })
  expect(adds()).toBe(before)
})

test('figures follow pods that come, get ready, are deleted and go, and the scale of their controller', async () => {
  const { client, settle, setPodStatus } = await setUp(loops, { kubelet: 'none', graceful: true })
  await workload['replica set']?.(2)
  await budget({ maxUnavailable: 1 })
  await settle()
  const seen = async () => {
    const { currentHealthy, expectedPods, disruptionsAllowed } = await status()
    return [currentHealthy, expectedPods, disruptionsAllowed]
  }
  expect(await seen()).toEqual([0, 2, 0])
  for (const name of cluster.podNames()) await setPodStatus(name, readyStatus(0))
  expect(await seen()).toEqual([2, 2, 1])
  await client.patch('replicasets.apps', web, { spec: { replicas: 3 } })
  await settle()
  expect(await seen()).toEqual([2, 3, 0])
  await client.delete('poddisruptionbudgets.policy', web)
  await budget({ minAvailable: 1 })
  await settle()
  expect(await seen()).toEqual([2, 3, 1])
})

test('a disruption that was allowed counts until the pod goes, and is forgotten when it does not in two minutes', async () => {
  const { client, settle, clock, events } = await setUp(['disruption'])
  for (const name of ['a', 'b', 'c']) await bare(name)
  await budget({ minAvailable: 1 })
  await settle()
  expect((await status()).disruptionsAllowed).toBe(2)
  // What the eviction of a and of one that is not there any more leaves behind.
  const have = await client.get(resource, web)
  const disruptedPods = { a: formatTime(clock.now()), gone: formatTime(clock.now()) }
  await client.updateStatus(resource, { ...have, status: { ...have.status, disruptedPods } })
  await settle()
  expect(await status()).toMatchObject({ disruptedPods: { a: disruptedPods.a }, disruptionsAllowed: 1, currentHealthy: 2 })
  expect((await status()).disruptedPods).not.toHaveProperty('gone')
  clock.advance(119_000)
  await settle()
  expect((await status()).disruptionsAllowed).toBe(1)
  clock.advance(1000)
  await settle()
  expect(await status()).toMatchObject({ disruptionsAllowed: 2, currentHealthy: 3 })
  expect((await status()).disruptedPods).toBeUndefined()
  expect(events()).toContain(`NotDeleted: Pod was expected by PDB default/web to be deleted but it wasn't`)
})

test('a pod that was to be disrupted and is not deleted is no longer called so', async () => {
  const { settle, clock } = await setUp(['disruption'])
  const target = { type: 'DisruptionTarget', status: 'True', lastTransitionTime: formatTime(clock.now()) }
  await bare('a', { status: { phase: 'Running', conditions: [target] } } as never)
  await settle()
  const marked = () => cluster.pods()[0]?.status.conditions?.find((c) => c.type === 'DisruptionTarget')?.status
  clock.advance(119_000)
  await settle()
  expect(marked()).toBe('True')
  clock.advance(1000)
  await settle()
  expect(marked()).toBe('False')
})

test('a budget that matches nothing says so', async () => {
  const { settle, events } = await setUp(['disruption'])
  await budget({ minAvailable: 1 })
  await settle()
  expect(await status()).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 })
  expect(events()).toContain('NoPods: No matching pods found')
})
