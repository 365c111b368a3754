/** Pods whose devices are tainted. */
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { DeviceTaint, DeviceToleration } from '../api/types/resource-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const slice = (taints: Partial<DeviceTaint>[], generation = 1) => ({
  metadata: { name: `s${generation}` },
  spec: {
    driver: 'd',
    nodeName: 'n',
    pool: { name: 'p', generation, resourceSliceCount: 1 },
    devices: [{ name: 'good' }, { name: 'gpu', taints: taints.map((t) => ({ key: 'broken', effect: 'NoExecute', ...t })) }],
  },
})
async function podWithDevice(name: string, device: string, tolerations: DeviceToleration[] = []): Promise<void> {
  const { client } = cluster
  const pod = await client.create('pods', { metadata: { namespace: 'default', name }, spec: { nodeName: 'n', containers: [] } } as never)
  await client.create('resourceclaims.resource.k8s.io', {
    metadata: { namespace: 'default', name },
    spec: {},
    status: {
      allocation: {
        devices: { results: [{ request: 'r', driver: 'd', pool: 'p', device, ...(tolerations.length ? { tolerations } : {}) }] },
      },
      reservedFor: [{ resource: 'pods', name, uid: pod.metadata.uid }],
    },
  } as never)
}
const exists: DeviceToleration = { key: 'broken', operator: 'Exists' } as DeviceToleration

test.each<[string, Partial<DeviceTaint>[], DeviceToleration[], evictedAfter: number | undefined]>([
  ['no taint', [], [], undefined],
  ['a taint of another effect', [{ effect: 'NoSchedule' }, { effect: 'None' }], [], undefined],
  ['a taint', [{}], [], 0],
  ['a tolerated taint', [{}], [exists], undefined],
  ['a taint tolerated for a time', [{}], [{ ...exists, tolerationSeconds: 30 }], 30],
  [
    'the shorter of two times',
    [{}, { key: 'hot' }],
    [
      { ...exists, tolerationSeconds: 30 },
      { ...exists, key: 'hot', tolerationSeconds: 10 },
    ],
    10,
  ],
  ['a taint that was there before', [{ timeAdded: formatTime(Date.UTC(2025, 0)) }], [{ ...exists, tolerationSeconds: 30 }], 0],
  ['one of two not tolerated', [{}, { key: 'hot' }], [exists], 0],
])('%s', async (_name, taints, tolerations, evictedAfter) => {
  const { client, settle, pass, podNames } = await setUp(['device-taint-eviction'])
  await podWithDevice('p', 'gpu', tolerations)
  await podWithDevice('other', 'good')
  await settle()
  await client.create('resourceslices.resource.k8s.io', slice(taints) as never)
  await settle()
  if (evictedAfter) {
    await pass(evictedAfter - 1)
    expect(podNames()).toEqual(['other', 'p'])
    await pass(1)
  } else if (evictedAfter === undefined) await pass(60)
  expect(podNames()).toEqual(evictedAfter === undefined ? ['other', 'p'] : ['other'])
})

test('a taint that is taken away in time evicts nobody, and a newer generation of the pool counts', async () => {
  const { client, settle, pass, podNames, events } = await setUp(['device-taint-eviction'])
  await podWithDevice('p', 'gpu', [{ ...exists, tolerationSeconds: 30 }])
  await client.create('resourceslices.resource.k8s.io', slice([{}]) as never)
  await settle()
  await pass(10)
  await client.create('resourceslices.resource.k8s.io', slice([], 2) as never)
  await settle()
  await pass(60)
  expect(podNames()).toEqual(['p'])
  expect(events()).toContain('DeviceTaintManagerEviction: Cancelling deletion of Pod default/p')
})

test('an evicted pod says why', async () => {
  const { client, settle, transport } = await setUp(['device-taint-eviction'])
  let told: string | undefined
  transport.intercept = (request) => {
    if (request.method === 'PATCH' && request.path.endsWith('/pods/p/status')) told = JSON.stringify(request.body)
  }
  await podWithDevice('p', 'gpu')
  await client.create('resourceslices.resource.k8s.io', slice([{}]) as never)
  await settle()
  expect(told).toContain('DeletionByDeviceTaintManager')
  expect(told).toContain('"observedGeneration":1')
})
