/** Pods that nobody ends any more. */

import { expect, test } from 'vitest'
import { readyStatus, type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const at = (name: string) => ({ namespace: 'default', name })

const pod = async (name: string, nodeName: string, more: object = {}) => {
  await cluster.client.create('pods', {
    metadata: at(name),
    spec: { nodeName, containers: [{ name: 'c', image: 'a' }], ...more },
    status: readyStatus(cluster.clock.now()),
  } as never)
}

test('pods of a node that is gone go after the quarantine; finished ones beyond the threshold at once', async () => {
  const { client, settle, pass, pods } = await setUp(['pod-garbage-collector'], { options: { terminatedPodGCThreshold: 1 } })
  await client.create('nodes', { metadata: { name: 'a' } })
  await pod('p', 'a')
  await settle()
  await client.delete('nodes', { name: 'a' })
  await pass(39)
  expect(pods()).toHaveLength(1)
  await pass(3)
  expect(pods()).toHaveLength(0)
  for (const name of ['x', 'y', 'z']) {
    await client.create('pods', { metadata: at(name), spec: { containers: [] }, status: { phase: 'Succeeded' } } as never)
    await pass(1)
  }
  expect(pods().map((p) => p.metadata.name)).toEqual(['z'])
})
