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

const pod = (name: string, spec: object, status: object = { phase: 'Running' }) =>
  cluster.client.create('pods', { metadata: at(name), spec: { nodeName: 'n', containers: [], ...spec }, status } as never)
const using = { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }] }

test.each<[string, object, object | undefined, stays: boolean]>([
  ['a running pod uses it', using, undefined, true],
  ['a pod that waits for a node names it', { ...using, nodeName: '' }, undefined, false],
  ['a pod that has ended used it', using, { phase: 'Succeeded' }, false],
  ['a pod names another', { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'other' } }] }, undefined, false],
])('a claim is removed while %s', async (_name, spec, status, stays) => {
  const { client, settle } = await setUp(loops)
  await claim('c', '1Gi')
  await pod('p', spec, status)
  await settle()
  expect(claims()[0]?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
  await client.delete('persistentvolumeclaims', at('c'))
  await settle()
  expect(claims()).toHaveLength(stays ? 1 : 0)
  await client.delete('pods', at('p'))
  await settle()
  expect(claims()).toEqual([])
})

test('the claim of an ephemeral volume counts as used, and a pod that ends lets it go', async () => {
  const { client, settle, setPodStatus } = await setUp(loops)
  await claim('p-scratch', '1Gi')
  await pod('p', { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: {} } }] })
  await settle()
  await client.delete('persistentvolumeclaims', at('p-scratch'))
  await settle()
  expect(claims()).toHaveLength(1)
  await setPodStatus('p', { phase: 'Failed' })
  expect(claims()).toEqual([])
})

test('a bound volume stays until it is no longer', async () => {
  const { client, settle } = await setUp(loops)
  const volumes = () => cluster.transport.objects('/api/v1/persistentvolumes')
  await volume('v', '1Gi')
  await claim('c', '1Gi')
  await settle()
  await client.delete('persistentvolumes', { name: 'v' })
  await settle()
  expect(volumes()).toHaveLength(1)
  await client.delete('persistentvolumeclaims', at('c'))
  await settle()
  expect([claims(), volumes()]).toEqual([[], []])
})

test('claims of a namespace that go together are looked up in one live list of its pods', async () => {
  const { client, settle, transport } = await setUp(['persistentvolumeclaim-protection'])
  const names = Array.from({ length: 20 }, (_, i) => `c${i}`)
  for (const name of names) await client.create('persistentvolumeclaims', { metadata: at(name) } as never)
  await settle()
  let lists = 0
  transport.intercept = ({ method, path }) => {
    if (method === 'GET' && path.startsWith('/api/v1/namespaces/default/pods?limit')) lists++
  }
  await Promise.all(names.map((name) => client.delete('persistentvolumeclaims', at(name))))
  await settle()
  expect(transport.objects('/api/v1/persistentvolumeclaims')).toEqual([])
  expect(lists).toBeLessThan(4)
})
