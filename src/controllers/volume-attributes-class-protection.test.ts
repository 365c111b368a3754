/** Classes of volume attributes that somebody uses. */
import { expect, test } from 'vitest'
import { isNotFound } from '../api/errors.ts'
import { testClusters } from './test-cluster.ts'

const setUp = testClusters({ kubelet: 'none' })
const resource = 'volumeattributesclasses.storage.k8s.io'
const gold = { name: 'gold' }

const claim = (spec: object, status: object = {}) => ['persistentvolumeclaims', { namespace: 'default', name: 'c' }, spec, status] as const

test.each([
  ['a claim asks for it', claim({ volumeAttributesClassName: 'gold' })],
  ['a claim leaves it', claim({ volumeAttributesClassName: 'silver' }, { currentVolumeAttributesClassName: 'gold' })],
  ['a claim is on the way to it', claim({}, { modifyVolumeStatus: { targetVolumeAttributesClassName: 'gold', status: 'InProgress' } })],
  ['a volume has it', ['persistentvolumes', { name: 'v' }, { volumeAttributesClassName: 'gold' }, {}] as const],
])('it stays while %s', async (_name, [users, metadata, spec, status]) => {
  const { client, settle } = await setUp(['volumeattributesclass-protection'])
  const there = () =>
    client.get(resource, gold).then(
      () => true,
      (error: unknown) => !isNotFound(error),
    )
  await client.create(resource, { metadata: gold, driverName: 'd' })
  await settle()
  expect((await client.get(resource, gold)).metadata.finalizers).toEqual(['kubernetes.io/vac-protection'])
  await client.create(users, { metadata, spec, status } as never)
  await client.delete(resource, gold)
  await settle()
  expect(await there()).toBe(true)
  await client.delete(users, metadata as never)
  await settle()
  expect(await there()).toBe(false)
})
