/** Pods that nobody ends any more. */
import { expect, test } from 'vitest'
import { isNotFound } from '../api/errors.ts'
import { readyStatus, type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none', graceful: true }, (made) => {
  cluster = made
})
const loops = ['pod-garbage-collector']
const at = (name: string) => ({ namespace: 'default', name })
const pod = (name: string, nodeName = 'a', status: object = readyStatus(0)) =>
  cluster.client.create('pods', { metadata: at(name), spec: { nodeName, containers: [] }, status } as never)
const node = (ready = 'True', taints: object[] = []) =>
  cluster.client.create('nodes', {
    metadata: { name: 'a' },
    spec: { taints },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  } as never)
const outOfService = [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }]

test.each<[string, () => Promise<unknown>, seconds: number | undefined]>([
  ['a pod of a node that is there', () => node(), undefined],
  ['a pod of a node that never was', async () => {}, 40],
  ['a pod of a node that is gone', async () => [await node(), await cluster.client.delete('nodes', { name: 'a' })], 40],
  ['a pod of a node out of service', () => node('Unknown', outOfService), undefined],
  ['a deleted pod of a silent node', async () => [await node('Unknown'), await cluster.client.delete('pods', at('p'))], undefined],
  [
    'a deleted pod of a node out of service',
    async () => [await node('Unknown', outOfService), await cluster.client.delete('pods', at('p'))],
    0,
  ],
  [
    'a deleted pod of a node that is out of service and ready',
    async () => [await node('True', outOfService), await cluster.client.delete('pods', at('p'))],
    undefined,
  ],
])('%s', async (_name, happens, seconds) => {
  const { settle, pass, podNames } = await setUp(loops)
  await pod('p')
  await happens()
  await settle()
  if (seconds) {
    await pass(seconds - 1)
    expect(podNames()).toEqual(['p'])
    await pass(1)
  } else if (seconds === undefined) await pass(120)
  expect(podNames()).toEqual(seconds === undefined ? ['p'] : [])
})

test('a node that comes back in time keeps its pods', async () => {
  const { client, settle, pass, podNames } = await setUp(loops)
  await node()
  await pod('p')
  await settle()
  await client.delete('nodes', { name: 'a' })
  await pass(30)
  await node()
  await pass(60)
  expect(podNames()).toEqual(['p'])
})

test('a pod that ends so is failed, and says why', async () => {
  const { transport, pass } = await setUp(loops)
  const told: unknown[] = []
  transport.intercept = ({ method, path, body }) => {
    if (method === 'PATCH' && path.endsWith('/pods/p/status')) told.push((body as { status: unknown }).status)
  }
  await pod('p')
  await pass(41)
  expect(told).toMatchObject([
    {
      phase: 'Failed',
      observedGeneration: 1,
      conditions: [{ type: 'DisruptionTarget', observedGeneration: 1, reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }],
    },
  ])
})

test('a deleted pod that never had a node goes at once', async () => {
  const { client, settle, podNames } = await setUp(loops)
  await pod('p', '', { phase: 'Pending' })
  await pod('q', '', { phase: 'Pending' })
  await client.delete('pods', at('p')).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
  await settle()
  expect(podNames()).toEqual(['q'])
})

test.each([
  [1, ['z']],
  [2, ['y', 'z']],
  [3, ['x', 'y', 'z']],
  [0, ['x', 'y', 'z']], // all are kept
])('of three finished pods with --terminated-pod-gc-threshold=%i the youngest are kept', async (terminatedPodGCThreshold, kept) => {
  const { pass, podNames } = await setUp(loops, { options: { terminatedPodGCThreshold } })
  await node()
  await pod('running')
  for (const name of ['x', 'y', 'z']) {
    await pod(name, 'a', { phase: name === 'y' ? 'Failed' : 'Succeeded' })
    await pass(1)
  }
  await pass(1)
  expect(podNames()).toEqual(['running', ...kept])
})

test('of finished pods those that were evicted go first', async () => {
  const { pass, podNames } = await setUp(loops, { options: { terminatedPodGCThreshold: 2 } })
  await node()
  for (const name of ['x', 'y', 'z']) {
    await pod(name, 'a', { phase: 'Failed', ...(name === 'y' ? { reason: 'Evicted' } : {}) })
    await pass(1)
  }
  await pass(1)
  expect(podNames()).toEqual(['x', 'z'])
})
