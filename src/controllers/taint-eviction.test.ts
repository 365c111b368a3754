/** Which pods leave a tainted node, and when (upstream: pkg/controller/tainteviction). */
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { Taint, Toleration } from '../api/types/core-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const at = { namespace: 'default', name: 'p' }
const out = (more: Partial<Taint> = {}): Taint => ({ key: 'out', effect: 'NoExecute', ...more }) as Taint
const tolerates = (tolerationSeconds?: number, more: Partial<Toleration> = {}): Toleration =>
  ({ key: 'out', operator: 'Exists', ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }), ...more }) as Toleration
const taint = (...taints: Taint[]) => cluster.client.patch('nodes', { name: 'n' }, { spec: { taints } }, { type: 'merge' })
const pod = (tolerations: readonly Toleration[] = [], more: object = {}) =>
  cluster.client.create('pods', { metadata: at, spec: { nodeName: 'n', containers: [], tolerations, ...more } } as never)
const isThere = () => cluster.pods().length === 1
const start = async () => {
  await setUp(['taint-eviction'])
  await cluster.client.create('nodes', { metadata: { name: 'n' } })
}

test.each<[string, Toleration[], Taint[], leavesAfter: number | undefined]>([
  ['tolerates nothing', [], [out()], 0],
  ['tolerates another key', [tolerates(undefined, { key: 'other' })], [out()], 0],
  ['tolerates another value', [tolerates(undefined, { operator: 'Equal', value: 'a' })], [out({ value: 'b' })], 0],
  ['tolerates the value', [tolerates(undefined, { operator: 'Equal', value: 'a' })], [out({ value: 'a' })], undefined],
  ['tolerates another effect', [tolerates(undefined, { effect: 'NoSchedule' })], [out()], 0],
  ['tolerates it', [tolerates()], [out()], undefined],
  ['tolerates everything', [tolerates(undefined, { key: undefined })], [out(), out({ key: 'gone' })], undefined],
  ['tolerates one of two', [tolerates()], [out(), out({ key: 'gone' })], 0],
  ['tolerates it for a time', [tolerates(30)], [out()], 30],
  ['tolerates it for the shorter of two times', [tolerates(30), tolerates(10, { key: 'gone' })], [out(), out({ key: 'gone' })], 10],
  ['tolerates it for no time', [tolerates(0)], [out()], 0],
  ['is not concerned', [], [out({ effect: 'NoSchedule' }), out({ effect: 'PreferNoSchedule' })], undefined],
])('a pod that %s', async (_name, tolerations, taints, leavesAfter) => {
  await start()
  await pod(tolerations)
  await taint(...taints)
  await cluster.settle()
  if (leavesAfter) {
    await cluster.pass(leavesAfter - 1)
    expect(isThere()).toBe(true)
    await cluster.pass(2)
  } else await cluster.pass(60)
  expect(isThere()).toBe(leavesAfter === undefined)
})

test.each<[string, () => Promise<unknown>, boolean]>([
  ['loses the taint', () => taint(), true],
  ['keeps it', async () => {}, false],
  ['gets another that is not tolerated', () => taint(out(), out({ key: 'gone' })), false],
])('a pod that may stay a while: the node %s', async (_name, then, stays) => {
  await start()
  await pod([tolerates(20)])
  await taint(out())
  await cluster.pass(10)
  await then()
  await cluster.pass(20)
  expect(isThere()).toBe(stays)
  if (stays) expect(cluster.events()).toContain('TaintManagerEviction: Cancelling deletion of Pod default/p')
})

test('the time of a taint stands on it, so that a restart does not begin the wait anew', async () => {
  await start()
  await pod([tolerates(20)])
  await taint(out({ timeAdded: formatTime(cluster.clock.now()) }))
  await cluster.pass(15)
  await cluster.restart()
  await cluster.pass(6)
  expect(isThere()).toBe(false)
})

test('a pod that waited long for a node and comes to one that is tainted already has its whole time', async () => {
  await start()
  await taint(out({ timeAdded: formatTime(cluster.clock.now()) }))
  await pod([tolerates(20)], { nodeName: undefined })
  await cluster.pass(60)
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: formatTime(cluster.clock.now()) }
  await cluster.setPodStatus('p', { conditions: [scheduled] } as never)
  await cluster.client.createSubresource('pods', at, 'binding', { target: { name: 'n' } })
  await cluster.pass(19)
  expect(isThere()).toBe(true)
  await cluster.pass(2)
  expect(isThere()).toBe(false)
})

test('a pod that is bound to a tainted node leaves, and it is told why', async () => {
  await start()
  await taint(out())
  await pod([], { nodeName: undefined })
  await cluster.pass(2)
  expect(isThere()).toBe(true)
  await cluster.client.createSubresource('pods', at, 'binding', { target: { name: 'n' } })
  await cluster.pass(1)
  expect(isThere()).toBe(false)
  expect(cluster.events()).toContain('TaintManagerEviction: Marking for deletion Pod default/p')
})
