/** Claims that grew. */
import { expect, test } from 'vitest'
import { testClusters } from './test-cluster.ts'

const setUp = testClusters({ kubelet: 'none' })
const at = { namespace: 'default', name: 'c' }
const csi = { csi: { driver: 'disk.example.com', volumeHandle: 'h' } }
const waiting = 'ExternalExpanding: waiting for an external controller to expand this PVC'

test.each<[string, { asked?: string; phase?: string; volume?: object }, resizer: string | undefined, told: string[]]>([
  ['is handed to its driver', {}, 'disk.example.com', [waiting]],
  ['that asks for less is left alone', { asked: '1Gi' }, undefined, []],
  ['that asks for as much, in other words, is left alone', { asked: '2048Mi' }, undefined, []],
  ['that is not bound is left alone', { phase: 'Pending' }, undefined, []],
  ['of a volume without a driver only says so', { volume: { hostPath: { path: '/x' } } }, undefined, [waiting]],
])('a claim %s', async (_name, { asked = '3Gi', phase = 'Bound', volume = csi }, resizer, told) => {
  const { client, settle, events } = await setUp(['persistentvolume-expander'])
  await client.create('persistentvolumes', { metadata: { name: 'v' }, spec: volume } as never)
  const claim = { volumeName: 'v', resources: { requests: { storage: '2Gi' } } }
  await client.create('persistentvolumeclaims', { metadata: at, spec: claim, status: { phase, capacity: { storage: '2Gi' } } } as never)
  await settle()
  expect(events()).toEqual([])
  await client.patch('persistentvolumeclaims', at, { spec: { resources: { requests: { storage: asked } } } })
  await settle()
  const { annotations } = (await client.get('persistentvolumeclaims', at)).metadata
  expect([annotations?.['volume.kubernetes.io/storage-resizer'], events()]).toEqual([resizer, told])
})
