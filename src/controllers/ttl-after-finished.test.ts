/** Finished jobs that go after their time. */

import { expect, test } from 'vitest'
import type { Job } from '../api/types/batch-v1.ts'
import { job, type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({}, (made) => {
  cluster = made
})

const make = (more: object = {}) => cluster.client.create('jobs.batch', job(more))
const running = () =>
  cluster
    .pods()
    .filter((p) => p.status.phase === 'Running')
    .map((p) => p.metadata.name)

test('its time to live ends it after it finished', async () => {
  const { settle, pass, transport } = await setUp(['job', 'ttl-after-finished'])
  await make({ ttlSecondsAfterFinished: 20 })
  await settle()
  await cluster.finishPod(running()[0] as string, 'Succeeded')
  await pass(18)
  const there = () => transport.objects<Job>('/apis/batch/v1/jobs').filter((j) => !j.metadata.deletionTimestamp).length
  expect(there()).toBe(1)
  await pass(4)
  expect(there()).toBe(0)
})
