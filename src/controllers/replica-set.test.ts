/** Replica sets. */

import { expect, test } from 'vitest'
import { StatusError } from '../api/errors.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { labels, type TestCluster, template, testClusters, web } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({}, (made) => {
  cluster = made
})

const make = (replicas: number, more = {}) =>
  cluster.client.create('replicasets.apps', {
    metadata: web,
    spec: { replicas, selector: { matchLabels: labels }, template: template(), ...more },
  } as never)
const get = () => cluster.client.get('replicasets.apps', web)

test('takes in a matching orphan and lets go a pod that no longer matches', async () => {
  const { client, settle, pods } = await setUp(['replicaset'])
  await client.create('pods', { metadata: { namespace: 'default', name: 'orphan', labels }, spec: template().spec })
  await make(2)
  await settle()
  expect(pods()).toHaveLength(2)
  const orphan = pods().find((p) => p.metadata.name === 'orphan') as Pod
  expect(orphan.metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', name: 'web', controller: true }])
  await client.patch('pods', { namespace: 'default', name: 'orphan' }, { metadata: { labels: { app: 'other' } } })
  await settle()
  expect(pods()).toHaveLength(3)
  expect(pods().find((p) => p.metadata.name === 'orphan')?.metadata.ownerReferences).toEqual([])
})

test('a creation that is refused is told in a condition, and tried again', async () => {
  const { settle, pods, pass, transport, events } = await setUp(['replicaset'])
  transport.intercept = (request) => {
    if (request.method === 'POST' && request.path.includes('/pods')) throw new Error('exceeded quota')
  }
  await make(2)
  await settle()
  expect((await get()).status.conditions).toMatchObject([
    { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' },
  ])
  expect(events()).toContain('FailedCreate: Error creating: exceeded quota')
  transport.intercept = undefined
  await pass(5)
  expect(pods()).toHaveLength(2)
  expect((await get()).status.conditions ?? []).toEqual([])
})

test('a namespace that ends takes no pods, and nothing is told of it or tried again', async () => {
  const { settle, pass, transport, events } = await setUp(['replicaset'])
  let tries = 0
  transport.intercept = ({ method, path }) => {
    if (method !== 'POST' || !path.endsWith('/pods')) return
    tries++
    const causes = [{ reason: 'NamespaceTerminating', message: 'namespace default is being terminated', field: 'metadata.namespace' }]
    throw new StatusError({ code: 403, reason: 'Forbidden', message: 'being terminated', details: { causes } })
  }
  await make(2)
  await settle()
  const first = tries
  await pass(30)
  expect([tries, (await get()).status.conditions ?? [], events()]).toEqual([first, [], []])
})

test('available counts after minReadySeconds', async () => {
  const { settle, pass } = await setUp(['replicaset'])
  await make(2, { minReadySeconds: 10 })
  await settle()
  expect((await get()).status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 0, fullyLabeledReplicas: 2 })
  await pass(11)
  expect((await get()).status.availableReplicas).toBe(2)
})

test('a restart in the middle makes no pod twice', async () => {
  const { settle, pods, restart } = await setUp(['replicaset'])
  await make(50)
  await restart()
  await settle()
  expect(pods()).toHaveLength(50)
})
