/** Replication controllers. */

import { expect, test } from 'vitest'
import { labels, template, testClusters, web } from './test-cluster.ts'

const setUp = testClusters()

test('a replication controller does the same with a plain selector', async () => {
  const { client, settle, pods } = await setUp(['replicationcontroller'])
  await client.create('replicationcontrollers', {
    metadata: web,
    spec: { replicas: 2, selector: labels, template: template(), minReadySeconds: 0 },
  } as never)
  await settle()
  expect(pods()[0]?.metadata.ownerReferences).toMatchObject([{ apiVersion: 'v1', kind: 'ReplicationController' }])
  expect((await client.get('replicationcontrollers', web)).status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2 })
})
