/** The claims of ephemeral volumes. */

import { expect, test } from 'vitest'
import type { PersistentVolumeClaim } from '../api/types/core-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const at = (name: string) => ({ namespace: 'default', name })

const claims = () => cluster.transport.objects<PersistentVolumeClaim>('/api/v1/persistentvolumeclaims')

test('an ephemeral volume has a claim that its pod owns', async () => {
  const { client, settle } = await setUp(['ephemeral-volume'])
  const template = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
  await client.create('pods', {
    metadata: at('p'),
    spec: { containers: [], volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: template } }] },
  } as never)
  await settle()
  expect(claims()).toMatchObject([
    { metadata: { name: 'p-scratch', ownerReferences: [{ kind: 'Pod', name: 'p', controller: true }] }, spec: template.spec },
  ])
})
