/** What stands of the API server's authority in each namespace. */
import { expect, test } from 'vitest'
import type { ConfigMap } from '../api/types/core-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none', options: { rootCa: 'CA' } }, (made) => {
  cluster = made
})
const at = { namespace: 'x', name: 'kube-root-ca.crt' }
const namespace = (status: object = {}) => cluster.client.create('namespaces', { metadata: { name: 'x' }, status } as never)
const change = async (patch: object) => {
  await namespace()
  await cluster.settle()
  await cluster.client.patch('configmaps', at, patch, { type: 'merge' })
}
const description = 'kubernetes.io/description'

test.each<[string, () => Promise<unknown>]>([
  ['is there', namespace],
  ['comes back when it is deleted', async () => [await namespace(), await cluster.settle(), await cluster.client.delete('configmaps', at)]],
  ['is put right when it is changed', () => change({ data: { 'ca.crt': 'other' } })],
  ['holds nothing else', () => change({ data: { more: 'data' } })],
  ['says what it is', () => change({ metadata: { annotations: { [description]: null } } })],
])('the authority %s', async (_name, does) => {
  await setUp(['root-ca-certificate-publisher'])
  await does()
  await cluster.settle()
  const [map] = cluster.transport.objects<ConfigMap>('/api/v1/configmaps')
  expect(map?.data).toEqual({ 'ca.crt': 'CA' })
  expect(cluster.manager.metrics.render()).toMatch(/^root_ca_cert_publisher_sync_total\{code="200"\} [1-9]/m)
  expect(map?.metadata.annotations?.[description]).toMatch(/^Contains a CA bundle that can be used to verify the kube-apiserver/)
})

test.each<[string, object, object]>([
  ['where the namespace ends', { phase: 'Terminating' }, { rootCa: 'CA' }],
  ['where none is known', {}, { rootCa: undefined }],
])('nothing is published %s', async (_name, status, options) => {
  await setUp(['root-ca-certificate-publisher'], { options })
  await namespace(status)
  await cluster.settle()
  expect(cluster.transport.objects('/api/v1/configmaps')).toEqual([])
})

test('one’s own annotations and other maps are left alone', async () => {
  await setUp(['root-ca-certificate-publisher'])
  await change({ data: { 'ca.crt': 'other' }, metadata: { annotations: { mine: 'yes' } } })
  await cluster.client.create('configmaps', { metadata: { namespace: 'x', name: 'mine' }, data: { a: 'b' } })
  await cluster.settle()
  expect((await cluster.client.get('configmaps', at)).metadata.annotations).toMatchObject({ mine: 'yes' })
  expect((await cluster.client.get('configmaps', { namespace: 'x', name: 'mine' })).data).toEqual({ a: 'b' })
})
