/** Claims and the volumes that they get. */

import { expect, test } from 'vitest'
import type { PersistentVolume, PersistentVolumeClaim } from '../api/types/core-v1.ts'
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
const volumes = () =>
  Object.fromEntries(cluster.transport.objects<PersistentVolume>('/api/v1/persistentvolumes').map((v) => [v.metadata.name, v.status.phase]))

test('a claim gets the smallest volume that is large enough; released, the volume is kept', async () => {
  const { client, settle } = await setUp(loops)
  await volume('large', '10Gi')
  await volume('fits', '2Gi')
  await volume('small', '1Gi')
  await volume('class', '2Gi', { storageClassName: 'gold' })
  await claim('c', '1500Mi')
  await settle()
  expect(claims()[0]).toMatchObject({
    spec: { volumeName: 'fits' },
    status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] },
  })
  expect(volumes()).toEqual({ large: 'Available', fits: 'Bound', small: 'Available', class: 'Available' })
  await client.delete('persistentvolumeclaims', at('c'))
  await settle()
  expect([claims(), volumes().fits]).toEqual([[], 'Released'])
})

test('a claim waits for a volume, then for its first consumer or a provisioner as its class says', async () => {
  const { client, settle, events } = await setUp(loops)
  await claim('plain', '1Gi')
  await client.create('storageclasses.storage.k8s.io', {
    metadata: { name: 'late' },
    provisioner: 'example.com/p',
    volumeBindingMode: 'WaitForFirstConsumer',
  } as never)
  await client.create('storageclasses.storage.k8s.io', {
    metadata: { name: 'now' },
    provisioner: 'example.com/p',
    volumeBindingMode: 'Immediate',
  } as never)
  await claim('late', '1Gi', { storageClassName: 'late' })
  await claim('now', '1Gi', { storageClassName: 'now' })
  await settle()
  expect(claims().map((c) => c.status.phase)).toEqual(['Pending', 'Pending', 'Pending'])
  expect(claims().find((c) => c.metadata.name === 'now')?.metadata.annotations).toMatchObject({
    'volume.kubernetes.io/storage-provisioner': 'example.com/p',
  })
  expect(events()).toContain('WaitForFirstConsumer: waiting for first consumer to be created before binding')
  await volume('v', '1Gi')
  await settle()
  expect(claims().find((c) => c.metadata.name === 'plain')?.status.phase).toBe('Bound')
})
