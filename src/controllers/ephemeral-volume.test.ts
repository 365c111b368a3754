/** The claims of ephemeral volumes. */
import { expect, test } from 'vitest'
import type { PersistentVolumeClaim } from '../api/types/core-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const at = (name: string) => ({ namespace: 'default', name })
const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const ephemeral = (name: string, metadata: object = {}) => ({ name, ephemeral: { volumeClaimTemplate: { metadata, spec } } })
const pod = (volumes: object[], metadata: object = {}) =>
  cluster.client.create('pods', { metadata: { ...at('p'), ...metadata }, spec: { containers: [], volumes } } as never)
const claims = () => cluster.transport.objects<PersistentVolumeClaim>('/api/v1/persistentvolumeclaims')

test.each<[string, object[], object, string[]]>([
  ['one for each', [ephemeral('a'), ephemeral('b'), { name: 'x', emptyDir: {} }], {}, ['p-a', 'p-b']],
  ['none for a pod without', [{ name: 'x', emptyDir: {} }], {}, []],
  ['none for a pod that is being deleted', [ephemeral('a')], { deletionTimestamp: '2026-01-01T00:00:00Z' }, []],
])('%s', async (_name, volumes, metadata, expected) => {
  const { settle } = await setUp(['ephemeral-volume'])
  await pod(volumes, metadata)
  await settle()
  expect(claims().map((c) => c.metadata.name)).toEqual(expected)
})

test('a claim is its pod’s, with the labels and annotations of its template, and is made again when it is gone', async () => {
  const { client, settle } = await setUp(['ephemeral-volume'])
  await pod([ephemeral('a', { labels: { tier: 'fast' }, annotations: { note: 'x' } })])
  await settle()
  expect(claims()).toMatchObject([
    {
      metadata: { labels: { tier: 'fast' }, annotations: { note: 'x' }, ownerReferences: [{ kind: 'Pod', name: 'p', controller: true }] },
      spec,
    },
  ])
  await client.delete('persistentvolumeclaims', at('p-a'))
  await settle()
  expect(claims()).toHaveLength(1)
})

test('a claim of that name which is not the pod’s is left alone, and tried again', async () => {
  const { client, settle, pass } = await setUp(['ephemeral-volume'])
  await client.create('persistentvolumeclaims', { metadata: at('p-a'), spec: {} } as never)
  await pod([ephemeral('a')])
  await settle()
  expect(claims()[0]?.metadata.ownerReferences).toBeUndefined()
  await client.delete('persistentvolumeclaims', at('p-a'))
  await pass(3)
  expect(claims()[0]?.metadata.ownerReferences).toHaveLength(1)
})

test('a claim that is refused is told on the pod', async () => {
  const { settle, transport, events } = await setUp(['ephemeral-volume'])
  transport.intercept = ({ method, path }) => {
    if (method === 'POST' && path.endsWith('/persistentvolumeclaims')) throw new Error('exceeded quota')
  }
  await pod([ephemeral('a')])
  await settle()
  expect(events()).toContain('ErrorCreatingPVC: ephemeral volume controller: creating PVC p-a failed: exceeded quota')
})
