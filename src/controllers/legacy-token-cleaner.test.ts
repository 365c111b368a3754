/** Token secrets of old: which are marked, and which go. */
import { expect, test } from 'vitest'
import type { Secret } from '../api/types/core-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none', options: { legacyTokenCleanUpPeriodMs: 30 * 86_400_000 } }, (made) => {
  cluster = made
})
const dayMs = 86_400_000
const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const today = () => dateOf(cluster.clock.now())

interface World {
  readonly createdDaysAgo?: number
  readonly usedDaysAgo?: number
  readonly invalidSinceDaysAgo?: number
  /** Since when the API server notes which are used. */
  readonly notedDaysAgo?: number
  readonly listed?: boolean
}
async function begin({ createdDaysAgo = 200, usedDaysAgo, invalidSinceDaysAgo, notedDaysAgo = 300, listed = true }: World = {}) {
  cluster = await setUp(['legacy-serviceaccount-token-cleaner'], {
    async before(client, clock) {
      const now = clock.now() + createdDaysAgo * dayMs
      const label = (key: string, days: number | undefined) => (days === undefined ? {} : { [key]: dateOf(now - days * dayMs) })
      await client.create('configmaps', {
        metadata: { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' },
        data: { since: dateOf(now - notedDaysAgo * dayMs) },
      })
      await client.create('serviceaccounts', { metadata: { namespace: 'default', name: 'bot' }, secrets: listed ? [{ name: 's' }] : [] })
      await client.create('secrets', {
        metadata: {
          namespace: 'default',
          name: 's',
          annotations: { 'kubernetes.io/service-account.name': 'bot' },
          labels: {
            ...label('kubernetes.io/legacy-token-last-used', usedDaysAgo),
            ...label('kubernetes.io/legacy-token-invalid-since', invalidSinceDaysAgo),
          },
        },
        type: 'kubernetes.io/service-account-token',
      })
      clock.advance(createdDaysAgo * dayMs)
    },
  })
  await cluster.settle()
}
const secrets = () => cluster.transport.objects<Secret>('/api/v1/secrets')
const state = () => {
  const [secret] = secrets()
  return !secret ? 'gone' : secret.metadata.labels?.['kubernetes.io/legacy-token-invalid-since'] ? 'invalid' : 'kept'
}

/** The period is 30 days. */
test.each<[string, World, string]>([
  ['never used', {}, 'invalid'],
  ['used yesterday', { usedDaysAgo: 1 }, 'kept'],
  ['long not used', { usedDaysAgo: 40 }, 'invalid'],
  ['made yesterday', { createdDaysAgo: 1 }, 'kept'],
  ['long not used, but nobody noted it until yesterday', { usedDaysAgo: 40, notedDaysAgo: 1 }, 'kept'],
  ['made by a person: the account does not list it', { listed: false }, 'kept'],
  ['long invalid', { invalidSinceDaysAgo: 40 }, 'gone'],
  ['invalid since yesterday', { invalidSinceDaysAgo: 1 }, 'invalid'],
  ['used after it was called invalid', { invalidSinceDaysAgo: 50, usedDaysAgo: 35 }, 'invalid'],
])('a token %s', async (_name, world, expected) => {
  await begin(world)
  expect(state()).toBe(expected)
  if (world.usedDaysAgo && expected === 'invalid')
    expect(secrets()[0]?.metadata.labels?.['kubernetes.io/legacy-token-invalid-since']).toBe(today())
})

test('an unused token is marked after the period and goes after another', async () => {
  await begin({ createdDaysAgo: 0, notedDaysAgo: 0 })
  const seen: string[] = []
  for (let day = 0; day <= 64; day++) {
    if (state() !== seen.at(-1)?.split(' ')[0]) seen.push(`${state()} ${day}`)
    cluster.clock.advance(dayMs)
    await cluster.settle()
  }
  expect(seen).toEqual(['kept 0', 'invalid 30', 'gone 61'])
})
