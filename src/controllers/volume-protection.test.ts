/** Claims and volumes in use. */

import { expect, test } from 'vitest'
import type { PersistentVolumeClaim } from '../api/types/core-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const at = (name: string) => ({ namespace: 'default', name })

const loops = ['persistentvolume-binder', 'persistentvolumeclaim-protection', 'persistentvolume-protection']
const volume = (name: string, storage: string, more: object = {}) =>
  cluster.client.create('persistentvolumes', {
    metadata: { name },
    spec: {
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: `/data/${name}` },
      persistentVolumeReclaimPolicy: 'Retain',
      ...more,
    },
  } as never)
const claim = (name: string, storage: string, more: object = {}) =>
  cluster.client.create('persistentvolumeclaims', {
    metadata: at(name),
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage } }, ...more },
  } as never)
const claims = () => cluster.transport.objects<PersistentVolumeClaim>('/api/v1/persistentvolumeclaims')

test('a claim in use stays until its pod has ended; a lost volume is told', async () => {
  const { client, settle } = await setUp(loops)
  await volume('v', '1Gi')
  await claim('c', '1Gi')
  await client.create('pods', {
    metadata: at('p'),
    spec: { nodeName: 'n', containers: [], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }] },
    status: { phase: 'Running' },
  } as never)
  await settle()
  expect(claims()[0]?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
  await client.delete('persistentvolumeclaims', at('c'))
  await settle()
  expect(claims()).toHaveLength(1)
  await client.delete('pods', at('p'))
  await settle()
  expect(claims()).toEqual([])
  await volume('w', '1Gi')
  await claim('d', '1Gi')
  await settle()
  const pv = await client.get('persistentvolumes', { name: 'w' })
  await client.update('persistentvolumes', { ...pv, metadata: { ...pv.metadata, finalizers: [] } })
  await client.patch('persistentvolumes', { name: 'w' }, { metadata: { finalizers: null } }, { type: 'merge' })
})
