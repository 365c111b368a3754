/** Stateful sets. */

import { expect, test } from 'vitest'
import type { ControllerRevision } from '../api/types/apps-v1.ts'
import type { PersistentVolumeClaim } from '../api/types/core-v1.ts'
import { labels, readyStatus, type TestCluster, template, testClusters, web } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({}, (made) => {
  cluster = made
})

const make = (replicas: number, more: object = {}) =>
  cluster.client.create('statefulsets.apps', {
    metadata: web,
    spec: {
      replicas,
      selector: { matchLabels: labels },
      serviceName: 'web',
      template: template(),
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      ...more,
    },
  } as never)
const get = () => cluster.client.get('statefulsets.apps', web)
const images = () =>
  cluster
    .pods()
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((p) => p.spec.containers[0]?.image)

test('makes pods in order, each after the one before is ready, with names of their own', async () => {
  const { settle, pods } = await setUp(['statefulset'], {
    kubelet: (pod) => ({ ...readyStatus(0), ...(pod.metadata.name === 'web-1' ? { conditions: [] } : {}) }),
  })
  await make(3)
  await settle()
  expect(cluster.podNames()).toEqual(['web-0', 'web-1'])
  await cluster.setPodStatus('web-1', readyStatus(0))
  expect(cluster.podNames()).toEqual(['web-0', 'web-1', 'web-2'])
  const [pod] = pods()
  expect(pod?.spec).toMatchObject({ hostname: 'web-0', subdomain: 'web' })
  expect(pod?.metadata.labels).toMatchObject({ 'statefulset.kubernetes.io/pod-name': 'web-0', 'apps.kubernetes.io/pod-index': '0' })
  expect((await get()).status).toMatchObject({
    replicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
  })
})

test('in parallel none waits', async () => {
  const { settle } = await setUp(['statefulset'], { kubelet: 'none' })
  await make(3, { podManagementPolicy: 'Parallel' })
  await settle()
  expect(cluster.podNames()).toEqual(['web-0', 'web-1', 'web-2'])
})

test('scales down from the highest ordinal, one after the other', async () => {
  const { client, settle, transport } = await setUp(['statefulset'])
  await make(3)
  await settle()
  transport.writes.length = 0
  await client.patch('statefulsets.apps', web, { spec: { replicas: 1 } })
  await settle()
  expect(transport.writes.filter((w) => w.startsWith('DELETE'))).toEqual(
    ['web-2', 'web-1'].map((n) => `DELETE /api/v1/namespaces/default/pods/${n}`),
  )
  expect(cluster.podNames()).toEqual(['web-0'])
})

test('updates from the highest ordinal down to the partition, then the rest', async () => {
  const { client, settle } = await setUp(['statefulset'])
  await make(3)
  await settle()
  const before = (await get()).status.currentRevision
  await client.patch('statefulsets.apps', web, { spec: { template: template('b'), updateStrategy: { rollingUpdate: { partition: 2 } } } })
  await settle()
  expect(images()).toEqual(['a', 'a', 'b'])
  expect((await get()).status).toMatchObject({ currentRevision: before, updatedReplicas: 1, currentReplicas: 2 })
  await client.delete('pods', { namespace: 'default', name: 'web-0' })
  await settle()
  expect(images()).toEqual(['a', 'a', 'b'])
  await client.patch('statefulsets.apps', web, { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } })
  await settle()
  expect(images()).toEqual(['b', 'b', 'b'])
  const { status } = await get()
  expect(status.currentRevision).toBe(status.updateRevision)
  expect(cluster.transport.objects<ControllerRevision>('/apis/apps/v1/controllerrevisions')).toHaveLength(2)
})

test('a rollout that breaks stops; OnDelete waits for the pod to be deleted', async () => {
  const { client, settle } = await setUp(['statefulset'], {
    kubelet: (pod) => (pod.spec.containers[0]?.image === 'bad' ? { phase: 'Running' } : readyStatus(0)),
  })
  await make(3)
  await settle()
  await client.patch('statefulsets.apps', web, { spec: { template: template('bad') } })
  await settle()
  expect(images()).toEqual(['a', 'a', 'bad'])
  await client.patch('statefulsets.apps', web, {
    spec: { template: template('c'), updateStrategy: { type: 'OnDelete', rollingUpdate: null } },
  })
  await settle()
  expect(images()).toEqual(['a', 'a', 'bad'])
  await client.delete('pods', { namespace: 'default', name: 'web-2' })
  await settle()
  expect(images()).toEqual(['a', 'a', 'c'])
})

test('claims are made for each pod, outlive it, and go with it only when the set says so', async () => {
  const { client, settle, transport } = await setUp(['statefulset'])
  await make(2, {
    volumeClaimTemplates: [
      { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    ],
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Delete' },
  })
  await settle()
  const claims = () => transport.objects<PersistentVolumeClaim>('/api/v1/persistentvolumeclaims')
  expect(claims().map((c) => c.metadata.name)).toEqual(['data-web-0', 'data-web-1'])
  expect(cluster.pods()[1]?.spec.volumes).toMatchObject([{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-1' } }])
  await client.patch('statefulsets.apps', web, { spec: { replicas: 1 } })
  await settle()
  expect(claims().map((c) => (c.metadata.ownerReferences ?? []).map((o) => o.kind))).toEqual([[], ['Pod']])
})

test('a failed pod is replaced, and ordinals may start elsewhere', async () => {
  const { settle } = await setUp(['statefulset'])
  await make(2, { ordinals: { start: 5 } })
  await settle()
  expect(cluster.podNames()).toEqual(['web-5', 'web-6'])
  const uid = cluster.pods()[0]?.metadata.uid
  await cluster.setPodStatus('web-5', { phase: 'Failed' })
  expect(cluster.podNames()).toEqual(['web-5', 'web-6'])
  expect(cluster.pods().find((p) => p.metadata.name === 'web-5')?.metadata.uid).not.toBe(uid)
})

test('a scale down waits while pods below are not healthy either', async () => {
  const { client, settle, setPodStatus, podNames } = await setUp(['statefulset'])
  await make(3)
  await settle()
  const unready = { conditions: [{ type: 'Ready', status: 'False' }] as never }
  for (const name of podNames()) await setPodStatus(name, unready)
  await client.patch('statefulsets.apps', web, { spec: { replicas: 0 } })
  await settle()
  expect(podNames()).toEqual(['web-0', 'web-1', 'web-2'])
  for (const name of ['web-0', 'web-1']) await setPodStatus(name, readyStatus(0))
  expect(podNames()).toEqual([])
})

test('in parallel neither growing nor shrinking waits for pods that are not healthy', async () => {
  const { client, settle, podNames } = await setUp(['statefulset'], { kubelet: () => ({ phase: 'Running' }) })
  await make(2, { podManagementPolicy: 'Parallel' })
  await settle()
  await client.patch('statefulsets.apps', web, { spec: { replicas: 4 } })
  await settle()
  expect(podNames()).toEqual(['web-0', 'web-1', 'web-2', 'web-3'])
  await client.patch('statefulsets.apps', web, { spec: { replicas: 0 } })
  await settle()
  expect(podNames()).toEqual([])
})

test('a rollback takes the old revision up again, pod by pod from the highest', async () => {
  const { client, settle, transport } = await setUp(['statefulset'])
  await make(3)
  await settle()
  const first = (await get()).status.updateRevision
  await client.patch('statefulsets.apps', web, { spec: { template: template('b') } })
  await settle()
  expect([images(), (await get()).status.updateRevision === first]).toEqual([['b', 'b', 'b'], false])
  transport.writes.length = 0
  await client.patch('statefulsets.apps', web, { spec: { template: template('a') } })
  await settle()
  expect([images(), (await get()).status.updateRevision, (await get()).status.currentRevision]).toEqual([['a', 'a', 'a'], first, first])
  expect(transport.writes.filter((w) => w.startsWith('DELETE')).map((w) => w.split('/').at(-1))).toEqual(['web-2', 'web-1', 'web-0'])
})

const claimed = {
  volumeClaimTemplates: [
    { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  ],
}
const claim = { namespace: 'default', name: 'data-web-1' }
const ownersOf = async () => (await cluster.client.get('persistentvolumeclaims', claim)).metadata.ownerReferences ?? []

test('a pod waits for the end of a claim that goes with the one that had its name', async () => {
  const { client, settle, podNames } = await setUp(['statefulset'])
  await make(2, { ...claimed, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } })
  await settle()
  const { uid } = await client.get('persistentvolumeclaims', claim).then((c) => c.metadata)
  for (const replicas of [1, 2]) {
    await client.patch('statefulsets.apps', web, { spec: { replicas } })
    await settle()
  }
  expect([podNames(), (await ownersOf()).map((o) => o.kind)]).toEqual([['web-0'], ['Pod']])
  await client.delete('persistentvolumeclaims', claim)
  await settle()
  expect(podNames()).toEqual(['web-0', 'web-1'])
  expect([(await client.get('persistentvolumeclaims', claim)).metadata.uid === uid, await ownersOf()]).toEqual([false, []])
})

test.each([
  ['Delete', 'Retain', ['StatefulSet']],
  ['Retain', 'Delete', []],
  ['Delete', 'Delete', ['StatefulSet']],
])('the claim of a healthy pod follows a policy of %s and %s, though another pod is not', async (whenDeleted, whenScaled, owners) => {
  const { client, settle, setPodStatus } = await setUp(['statefulset'])
  await make(3, { ...claimed, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } })
  await settle()
  await setPodStatus('web-2', { conditions: [{ type: 'Ready', status: 'False' }] as never })
  await client.patch('statefulsets.apps', web, { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } } })
  await settle()
  expect((await ownersOf()).map((o) => o.kind)).toEqual(owners)
})

/** A share is rounded down, and is one at least. */
test.each<[number | string, replicas: number, down: number]>([
  [1, 4, 1],
  [3, 4, 3],
  ['50%', 4, 2],
  ['70%', 4, 2],
  ['10%', 4, 1],
])('with %s of %i pods down at most, %i are', async (maxUnavailable, replicas, down) => {
  const { client, settle, pods } = await setUp(['statefulset'], {
    kubelet: (pod) => (pod.spec.containers[0]?.image === 'slow' ? { phase: 'Pending' } : readyStatus(0)),
  })
  await make(replicas, { podManagementPolicy: 'Parallel', updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable } } })
  await settle()
  await client.patch('statefulsets.apps', web, { spec: { template: template('slow') } })
  await settle()
  expect(pods().filter((p) => p.status.phase !== 'Running')).toHaveLength(down)
})

test('a pod of somebody else that has the name is waited for without a word', async () => {
  const { client, settle, podNames, events, pass } = await setUp(['statefulset'])
  await client.create('pods', { metadata: { namespace: 'default', name: 'web-0' }, spec: template().spec } as never)
  await make(1)
  await settle()
  expect(events()).toEqual([])
  await client.delete('pods', { namespace: 'default', name: 'web-0' })
  await pass(30)
  expect([podNames(), events()]).toEqual([['web-0'], ['SuccessfulCreate: create Pod web-0 in StatefulSet web successful']])
})

test('a restart in the middle makes no pod twice', async () => {
  const { settle, podNames, restart, transport } = await setUp(['statefulset'])
  await make(30, { podManagementPolicy: 'Parallel' })
  await restart()
  await settle()
  expect(podNames()).toHaveLength(30)
  expect(transport.writes.filter((w) => w.startsWith('DELETE'))).toEqual([])
})
