/** How long kubelets may keep what they have read. */
import { expect, test } from 'vitest'
import { testClusters } from './test-cluster.ts'
import { stepFor } from './ttl.ts'

const setUp = testClusters({ kubelet: 'none' })

test.each([
  [0, 1, 0],
  [0, 100, 0],
  [0, 101, 1],
  [1, 95, 1],
  [1, 89, 0],
  [0, 5000, 4],
  [4, 1799, 3],
  [4, 10, 0],
])('from step %i with %i nodes to step %i', (step, nodes, next) => {
  expect(stepFor(step, nodes)).toBe(next)
})

test('each node is told; those that were there learn of a larger cluster when they report', async () => {
  const { client, settle } = await setUp(['ttl'])
  const ttl = async (name: string) => (await client.get('nodes', { name })).metadata.annotations?.['node.alpha.kubernetes.io/ttl']
  await client.create('nodes', { metadata: { name: 'first' } })
  await settle()
  expect(await ttl('first')).toBe('0')
  for (let i = 0; i < 100; i++) await client.create('nodes', { metadata: { name: `n${i}` } })
  await settle()
  expect([await ttl('first'), await ttl('n99')]).toEqual(['0', '15'])
  await client.patch('nodes', { name: 'first' }, { metadata: { labels: { reported: 'again' } } })
  await settle()
  expect(await ttl('first')).toBe('15')
})
