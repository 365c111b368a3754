import { expect, test } from 'vitest'
import type { Client } from './client.ts'
import { discoverResources } from './discovery.ts'

const groups = [{ name: 'example.com', versions: [{ groupVersion: 'example.com/v1', version: 'v1' }] }]
const pods = { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['list'] }
const clientOf = (said: unknown): Client =>
  ({
    raw: async (path: string) => (path === '/apis' ? { groups } : path === '/api/v1' ? { resources: [pods] } : said),
  }) as never

test('what another server serves stands beside what is built in', async () => {
  const { resources, failures } = await discoverResources(clientOf({ resources: [{ ...pods, name: 'boxes', kind: 'Box' }] }))
  expect(resources.map(({ group, resource }) => `${resource}.${group}`)).toEqual(['pods.', 'boxes.example.com'])
  expect(failures.size).toBe(0)
})

test.each([
  [null],
  ['text'],
  [{}],
  [{ resources: 'many' }],
  [{ resources: [null] }],
  [{ resources: [{ kind: 'Box', verbs: [] }] }],
  [{ resources: [{ name: 'boxes', kind: 'Box', verbs: null }] }],
])('a server that answers %j fails alone', async (said) => {
  const { resources, failures } = await discoverResources(clientOf(said))
  expect(resources.map(({ resource }) => resource)).toEqual(['pods'])
  expect(failures.get('example.com/v1')?.message).toBe('the answer is no list of resources')
})
