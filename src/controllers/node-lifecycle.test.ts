/** Nodes that fall silent and come back, and what becomes of their pods, on a clock that the test moves. */

import { afterEach, expect, test } from 'vitest'
import { formatMicroTime, formatTime } from '../api/meta.ts'
import { readyStatus, type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const at = (name: string) => ({ namespace: 'default', name })

const beating = new Set<string>()
const node = async (name: string, zone = 'z') => {
  const { client, clock } = cluster
  const now = formatTime(clock.now())
  await client.create('nodes', {
    metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } },
    status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now }] },
  } as never)
  await client.create('leases.coordination.k8s.io', {
    metadata: { namespace: 'kube-node-lease', name },
    spec: { renewTime: formatMicroTime(clock.now()) },
  })
  beating.add(name)
}
const pass = async (seconds: number) => {
  for (let s = 0; s < seconds; s += 5) {
    for (const name of beating)
      await cluster.client.patch(
        'leases.coordination.k8s.io',
        { namespace: 'kube-node-lease', name },
        { spec: { renewTime: formatMicroTime(cluster.clock.now()) } },
      )
    await cluster.settle()
    await cluster.pass(5)
  }
}
const pod = async (name: string, nodeName: string, more: object = {}) => {
  await cluster.client.create('pods', {
    metadata: at(name),
    spec: { nodeName, containers: [{ name: 'c', image: 'a' }], ...more },
    status: readyStatus(cluster.clock.now()),
  } as never)
}
const get = (name: string) => cluster.client.get('nodes', { name })
const taints = async (name: string) => ((await get(name)).spec.taints ?? []).map((t) => `${t.key}:${t.effect}`).sort()
const tolerating = (tolerationSeconds: number) => ({
  tolerations: ['not-ready', 'unreachable'].map((k) => ({
    key: `node.kubernetes.io/${k}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds,
  })),
})
const loops = ['node-lifecycle', 'taint-eviction', 'pod-garbage-collector']
const options = { nodeMonitorGracePeriodMs: 40_000, nodeMonitorPeriodMs: 5000 }
afterEach(() => beating.clear())

test('a silent node is unknown after its grace, tainted, and its pods leave when their toleration ends', async () => {
  const { pods, events } = await setUp(loops, { options })
  for (const name of ['a', 'b', 'c']) await node(name)
  await pod('stays', 'a', tolerating(300))
  await pod('leaves', 'b', tolerating(300))
  await pod('daemon', 'b', { tolerations: [{ operator: 'Exists' }] })
  await pass(60)
  expect(await taints('b')).toEqual([])
  beating.delete('b')
  await pass(30)
  expect(await taints('b')).toEqual([])
  await pass(10)
  expect((await get('b')).status.conditions?.map((c) => [c.type, c.status, c.reason])).toContainEqual([
    'Ready',
    'Unknown',
    'NodeStatusUnknown',
  ])
  expect(await taints('b')).toEqual(['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'])
  expect(
    pods()
      .find((p) => p.metadata.name === 'leaves')
      ?.status.conditions?.find((c) => c.type === 'Ready')?.status,
  ).toBe('False')
  await pass(290)
  expect(pods().map((p) => p.metadata.name)).toEqual(['stays', 'leaves', 'daemon'])
  await pass(20)
  expect(pods().map((p) => p.metadata.name)).toEqual(['stays', 'daemon'])
  expect(events()).toContain('TaintManagerEviction: Marking for deletion Pod default/leaves')
})

test('a node that comes back in time loses its taints, and its pods stay', async () => {
  const { pods, client, events } = await setUp(loops, { options })
  for (const name of ['a', 'b']) await node(name)
  await pod('p', 'b', tolerating(300))
  beating.delete('b')
  await pass(60)
  expect(await taints('b')).toHaveLength(2)
  beating.add('b')
  const back = await get('b')
  await client.updateStatus('nodes', {
    ...back,
    status: { ...back.status, conditions: back.status.conditions?.map((c) => ({ ...c, status: c.type === 'Ready' ? 'True' : 'False' })) },
  })
  await pass(400)
  expect(await taints('b')).toEqual([])
  expect(pods()).toHaveLength(1)
  expect(events()).toContain('TaintManagerEviction: Cancelling deletion of Pod default/p')
})

test('when every node is silent nobody is evicted', async () => {
  const { pods } = await setUp(loops, { options })
  for (const name of ['a', 'b']) await node(name)
  await pod('p', 'a', tolerating(10))
  beating.clear()
  await pass(120)
  expect(await taints('a')).toEqual(['node.kubernetes.io/unreachable:NoSchedule'])
  expect(pods()).toHaveLength(1)
})

test('nodes of one zone are emptied one after another at the rate', async () => {
  await setUp(loops, { options: { ...options, nodeEvictionRate: 0.05 } })
  for (const name of ['a', 'b', 'c', 'd', 'e']) await node(name)
  for (const name of ['d', 'e']) beating.delete(name)
  await pass(50)
  const evicting = async () => (await Promise.all(['d', 'e'].map(taints))).flat().filter((t) => t.endsWith('NoExecute')).length
  expect(await evicting()).toBe(1)
  await pass(25)
  expect(await evicting()).toBe(2)
})

test('pressure and cordon become taints, and go with their cause', async () => {
  const { client, settle } = await setUp(loops, { options })
  await node('a')
  await client.patch('nodes', { name: 'a' }, { spec: { unschedulable: true } })
  await settle()
  const have = await get('a')
  await client.updateStatus('nodes', {
    ...have,
    status: { ...have.status, conditions: [...(have.status.conditions ?? []), { type: 'MemoryPressure', status: 'True' }] },
  } as never)
  await settle()
  expect(await taints('a')).toEqual(['node.kubernetes.io/memory-pressure:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule'])
  await client.patch('nodes', { name: 'a' }, { spec: { unschedulable: null } })
  await settle()
  expect(await taints('a')).toEqual(['node.kubernetes.io/memory-pressure:NoSchedule'])
})
