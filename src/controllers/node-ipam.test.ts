/** The addresses of nodes. */

import { expect, test } from 'vitest'
import type { Node } from '../api/types/core-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})

test('each node gets a part of the addresses, none that services have, and gives it back', async () => {
  const { client, settle } = await setUp(['node-ipam'], {
    options: { allocateNodeCidrs: true, clusterCidrs: ['10.0.0.0/22'], serviceClusterIpRanges: ['10.0.1.0/24'], nodeCidrMaskSize: 24 },
  })
  for (const name of ['a', 'b', 'c']) await client.create('nodes', { metadata: { name } })
  await settle()
  const cidrs = () => cluster.transport.objects<Node>('/api/v1/nodes').map((n) => n.spec?.podCIDR)
  expect(cidrs()).toEqual(['10.0.0.0/24', '10.0.2.0/24', '10.0.3.0/24'])
  await client.delete('nodes', { name: 'b' })
  await client.create('nodes', { metadata: { name: 'd' } })
  await settle()
  expect(cidrs()).toEqual(['10.0.0.0/24', '10.0.3.0/24', '10.0.2.0/24'])
})

test('a node that comes when nothing is free waits for what another gives back', async () => {
  const { client, settle } = await setUp(['node-ipam'], {
    options: { allocateNodeCidrs: true, clusterCidrs: ['10.0.0.0/23'], nodeCidrMaskSize: 24 },
  })
  for (const name of ['a', 'b', 'c', 'd']) await client.create('nodes', { metadata: { name } })
  await settle()
  const cidrs = () => cluster.transport.objects<Node>('/api/v1/nodes').map((n) => n.spec?.podCIDR)
  expect(cidrs()).toEqual(['10.0.0.0/24', '10.0.1.0/24', undefined, undefined])
  expect(cluster.transport.objects<{ reason: string }>('/api/v1/events').map((event) => event.reason)).toEqual([
    'CIDRNotAvailable',
    'CIDRNotAvailable',
  ])
  await client.patch('nodes', { name: 'c' }, { metadata: { labels: { changed: '' } } })
  await client.delete('nodes', { name: 'a' })
  await settle()
  expect(cidrs()).toEqual(['10.0.1.0/24', '10.0.0.0/24', undefined])
})
