/** Daemon sets. */

import { expect, test } from 'vitest'
import { labels, readyStatus, type TestCluster, template, testClusters, web } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({}, (made) => {
  cluster = made
})

const node = (name: string, more: { labels?: object; taints?: object[] } = {}) =>
  cluster.client.create('nodes', {
    metadata: { name, labels: more.labels as never },
    spec: { taints: more.taints as never },
    status: {},
  } as never)
const make = (more: object = {}) =>
  cluster.client.create('daemonsets.apps', {
    metadata: web,
    spec: {
      selector: { matchLabels: labels },
      template: template(),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      ...more,
    },
  } as never)
const nodesOf = () =>
  cluster
    .pods()
    .map(
      (p) =>
        p.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0]?.matchFields?.[0]
          ?.values?.[0],
    )
    .sort()
const get = () => cluster.client.get('daemonsets.apps', web)

test('runs one pod on each node that fits, and follows nodes that come, change and go', async () => {
  const { client, settle } = await setUp(['daemonset'])
  await node('a', { labels: { disk: 'ssd' } })
  await node('b')
  await node('tainted', { labels: { disk: 'ssd' }, taints: [{ key: 'k', effect: 'NoSchedule' }] })
  await node('pressed', { labels: { disk: 'ssd' }, taints: [{ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }] })
  await make({ template: template('a', { nodeSelector: { disk: 'ssd' } }) })
  await settle()
  expect(nodesOf()).toEqual(['a', 'pressed'])
  expect((await get()).status).toMatchObject({
    desiredNumberScheduled: 2,
    currentNumberScheduled: 2,
    numberReady: 2,
    numberAvailable: 2,
    updatedNumberScheduled: 2,
    numberMisscheduled: 0,
  })
  await client.patch('nodes', { name: 'b' }, { metadata: { labels: { disk: 'ssd' } } })
  await settle()
  expect(nodesOf()).toEqual(['a', 'b', 'pressed'])
  await client.patch('nodes', { name: 'a' }, { metadata: { labels: { disk: null } } })
  await settle()
  expect(nodesOf()).toEqual(['b', 'pressed'])
})

test.each([
  [{ maxUnavailable: 1, maxSurge: 0 }, 3, 4],
  [{ maxUnavailable: 2, maxSurge: 0 }, 2, 4],
  [{ maxUnavailable: 0, maxSurge: 1 }, 4, 5],
])('a rolling update with %j stays between %i and %i', async (rollingUpdate, least, most) => {
  const { client, settle, transport, pods } = await setUp(['daemonset'])
  for (const name of ['a', 'b', 'c', 'd']) await node(name)
  await make({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } })
  await settle()
  const seen: number[] = []
  transport.intercept = () => void seen.push(pods().filter((p) => p.status.phase === 'Running').length)
  await client.patch('daemonsets.apps', web, { spec: { template: template('b') } })
  await settle()
  transport.intercept = undefined
  expect(pods().map((p) => p.spec.containers[0]?.image)).toEqual(['b', 'b', 'b', 'b'])
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(least)
  expect(Math.max(...seen)).toBeLessThanOrEqual(most)
  expect(nodesOf()).toEqual(['a', 'b', 'c', 'd'])
})

test('a failed daemon pod is replaced, at first at once', async () => {
  const { settle, events, pods } = await setUp(['daemonset'])
  await node('a')
  await make()
  await settle()
  const name = cluster.podNames()[0] as string
  await cluster.setPodStatus(name, { phase: 'Failed' })
  expect(pods().map((p) => p.status.phase)).toEqual(['Running'])
  expect(events()).toContain(`FailedDaemonPod: Found failed daemon pod default/${name} on node a, will try to kill it`)
})

test('a rollback touches only the pods that were updated', async () => {
  const { client, settle, pods } = await setUp(['daemonset'], {
    kubelet: (pod) => (pod.spec.containers[0]?.image === 'bad' ? { phase: 'Pending' } : readyStatus(0)),
  })
  for (const name of ['a', 'b', 'c']) await node(name)
  await make()
  await settle()
  const before = pods().map((p) => p.metadata.uid)
  await client.patch('daemonsets.apps', web, { spec: { template: template('bad') } })
  await settle()
  const kept = pods().filter((p) => before.includes(p.metadata.uid))
  expect(kept).toHaveLength(2)
  await client.patch('daemonsets.apps', web, { spec: { template: template('a') } })
  await settle()
  expect(pods().map((p) => p.spec.containers[0]?.image)).toEqual(['a', 'a', 'a'])
  expect(kept.every((k) => pods().some((p) => p.metadata.uid === k.metadata.uid))).toBe(true)
})

test('a pod that is stopped is revived', async () => {
  const { client, settle, pods } = await setUp(['daemonset'])
  await node('a')
  await make()
  await settle()
  const [stopped] = pods()
  await client.delete('pods', { namespace: 'default', name: stopped?.metadata.name as string })
  await settle()
  expect(pods().map((p) => p.metadata.uid === stopped?.metadata.uid)).toEqual([false])
})

test('while a surge waits for its pods, the status tells of the old ones', async () => {
  const { client, settle } = await setUp(['daemonset'], {
    kubelet: (pod) => (pod.spec.containers[0]?.image === 'slow' ? { phase: 'Pending' } : readyStatus(0)),
  })
  for (const name of ['a', 'b']) await node(name)
  await make({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '100%' } } })
  await settle()
  await cluster.pass(1)
  await client.patch('daemonsets.apps', web, { spec: { template: template('slow') } })
  await settle()
  expect(nodesOf()).toEqual(['a', 'a', 'b', 'b'])
  expect((await get()).status).toMatchObject({ numberReady: 2, numberAvailable: 2, updatedNumberScheduled: 0 })
})

test('a pod that has ended and waits for a finalizer is in the way of no other', async () => {
  const { client, settle, pods } = await setUp(['daemonset'])
  await node('a')
  await make({ template: { ...template(), metadata: { labels, finalizers: ['example.com/wait'] } } })
  await settle()
  const name = cluster.podNames()[0] as string
  await client.delete('pods', { namespace: 'default', name })
  await settle()
  expect(pods()).toHaveLength(1)
  await cluster.setPodStatus(name, { phase: 'Failed' })
  expect(pods().map((p) => p.status.phase)).toEqual(['Failed', 'Running'])
})

test('the status follows though pods cannot be made, and of what was not done it tells in events', async () => {
  const { client, settle, transport, events } = await setUp(['daemonset'])
  await node('a')
  await make()
  await settle()
  transport.intercept = ({ method, path }) => {
    if (method === 'POST' && path.endsWith('/pods')) throw new Error('exceeded quota')
    if (method === 'DELETE' && path.includes('/pods/')) throw new Error('no')
  }
  await node('b')
  await settle()
  expect((await get()).status).toMatchObject({ desiredNumberScheduled: 2, currentNumberScheduled: 1, numberUnavailable: 1 })
  await client.patch('nodes', { name: 'a' }, { spec: { taints: [{ key: 'k', effect: 'NoExecute' }] } })
  await settle()
  expect((await get()).status).toMatchObject({ numberMisscheduled: 1 })
  transport.intercept = undefined
  expect(events()).toContain('FailedCreate: Error creating: exceeded quota')
  expect(events()).toContain('FailedDelete: Error deleting: no')
})

test('an affinity of the template chooses nodes, and its pods name the node alone', async () => {
  const { settle, pods } = await setUp(['daemonset'])
  await node('a', { labels: { disk: 'ssd' } })
  await node('b')
  const nodeSelectorTerms = [{ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }]
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } }
  await make({ template: template('a', { affinity }) })
  await settle()
  expect(pods().map((p) => p.spec.affinity)).toEqual([
    {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] }],
        },
      },
    },
  ])
})
