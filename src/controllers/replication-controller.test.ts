/** Replication controllers. */

import { expect, test } from 'vitest'
import { labels, type TestCluster, template, testClusters, web } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({}, (made) => {
  cluster = made
})

const make = (replicas: number) =>
  cluster.client.create('replicationcontrollers', {
    metadata: web,
    spec: { replicas, selector: labels, template: template(), minReadySeconds: 0 },
  } as never)
const get = () => cluster.client.get('replicationcontrollers', web)

test('a replication controller does the same with a plain selector', async () => {
  const { settle, pods } = await setUp(['replicationcontroller'])
  await make(2)
  await settle()
  expect(pods()[0]?.metadata.ownerReferences).toMatchObject([{ apiVersion: 'v1', kind: 'ReplicationController' }])
  expect((await get()).status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2 })
})

test('takes in a matching orphan and lets go a pod that no longer matches', async () => {
  const { client, settle, pods } = await setUp(['replicationcontroller'])
  const orphan = { namespace: 'default', name: 'orphan' }
  await client.create('pods', { metadata: { ...orphan, labels }, spec: template().spec } as never)
  await make(1)
  await settle()
  expect(pods().map((p) => [p.metadata.name, p.metadata.ownerReferences?.[0]?.name])).toEqual([['orphan', 'web']])
  await client.patch('pods', orphan, { metadata: { labels: { app: 'other' } } })
  await settle()
  expect(pods().map((p) => p.metadata.ownerReferences?.length)).toEqual([0, 1])
})

test('a creation that is refused is told in a condition, which goes when there is room', async () => {
  const { client, settle, transport } = await setUp(['replicationcontroller'])
  let allowed = 2
  transport.intercept = ({ method, path }) => {
    if (method === 'POST' && path.endsWith('/pods') && allowed-- <= 0) throw new Error('exceeded quota: condition-test')
  }
  await make(3)
  await settle()
  expect((await get()).status.conditions).toMatchObject([
    { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: condition-test' },
  ])
  await client.patch('replicationcontrollers', web, { spec: { replicas: 2 } })
  await settle()
  expect((await get()).status.conditions ?? []).toEqual([])
})
