import { expect, test } from 'vitest'
import { StatusError } from '../api/errors.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { type Fields, noLog } from '../log/log.ts'
import { createClient } from './client.ts'
import { createFakeClock } from './clock.ts'
import { createInformers, type Informer } from './informer.ts'
import { createMemoryTransport } from './memory-transport.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

function setUp(streamsLists = false) {
  const clock = createFakeClock()
  const transport = createMemoryTransport({ clock, streamsLists })
  const client = createClient(transport)
  const informers = createInformers(client, { clock, random: () => 0.5 })
  const create = (name: string, labels: Record<string, string> = {}) =>
    client.create('pods', { metadata: { namespace: 'default', name, labels } })
  return { clock, transport, client, informers, create }
}
function record(informer: Informer<Pod>): string[] {
  const seen: string[] = []
  informer.addHandler({
    added: (pod) => seen.push(`+${pod.metadata.name}`),
    updated: (pod) => seen.push(`~${pod.metadata.name}`),
    deleted: (pod) => seen.push(`-${pod.metadata.name}`),
  })
  return seen
}

test.each([
  ['lists, then watches', false],
  ['watches from the beginning', true],
])('%s; a late handler is told of what is there', async (_name, streams) => {
  const { client, informers, create } = setUp(streams)
  await create('a')
  const pods = informers.of('pods')
  const seen = record(pods)
  informers.start()
  await informers.synced()
  await create('b')
  await client.patch('pods', { namespace: 'default', name: 'a' }, { metadata: { labels: { x: '1' } } })
  await client.delete('pods', { namespace: 'default', name: 'b' })
  await settle()
  expect(seen).toEqual(['+a', '+b', '~a', '-b'])
  expect(record(pods)).toEqual(['+a'])
  informers.stop()
})

test('all who ask for the same resource share one watch', async () => {
  const { informers, transport } = setUp()
  let watches = 0
  transport.intercept = (request) => {
    if (request.path.includes('watch=true')) watches++
  }
  expect(informers.of('pods')).toBe(informers.of('pods'))
  expect(informers.metadata('pods')).toBe(informers.of('pods'))
  informers.start()
  await informers.synced()
  await settle()
  expect(watches).toBe(1)
  informers.stop()
})

test.each([false, true])('a broken watch is resumed without a new list (streamed: %s)', async (streams) => {
  const { informers, transport, create, clock } = setUp(streams)
  const pods = informers.of('pods')
  const seen = record(pods)
  let lists = 0
  transport.intercept = (request) => {
    if (request.method === 'GET' && (!request.path.includes('watch=true') || request.path.includes('sendInitialEvents'))) lists++
  }
  informers.start()
  await informers.synced()
  await settle()
  transport.breakWatches()
  await create('a')
  await settle()
  expect(seen).toEqual([])
  clock.advance(2000)
  await settle()
  expect(seen).toEqual(['+a'])
  expect(lists).toBe(1)
  informers.stop()
})

test.each([false, true])(
  'history that is gone leads to a new list, and what vanished meanwhile is told as deleted (streamed: %s)',
  async (streams) => {
    const { informers, transport, client, create, clock } = setUp(streams)
    await create('a')
    await create('b')
    const seen = record(informers.of('pods'))
    informers.start()
    await informers.synced()
    await settle()
    transport.breakWatches(true)
    await client.delete('pods', { namespace: 'default', name: 'a' })
    await create('c')
    transport.breakWatches(true)
    for (let i = 0; i < 5; i++) {
      clock.advance(2000)
      await settle()
    }
    expect(seen).toEqual(['+a', '+b', '+c', '-a'])
    informers.stop()
  },
)

test('indexes follow changes', async () => {
  const { informers, client, create } = setUp()
  const pods = informers.of('pods')
  pods.addIndex('app', (pod) => (pod.metadata.labels?.app ? [pod.metadata.labels.app] : []))
  informers.start()
  await informers.synced()
  await create('a', { app: 'web' })
  await create('b', { app: 'web' })
  await settle()
  expect(pods.byIndex('app', 'web').map((p) => p.metadata.name)).toEqual(['a', 'b'])
  await client.patch('pods', { namespace: 'default', name: 'a' }, { metadata: { labels: { app: 'db' } } })
  await client.delete('pods', { namespace: 'default', name: 'b' })
  await settle()
  expect(pods.byIndex('app', 'web')).toEqual([])
  expect(pods.byIndex('app', 'db').map((p) => p.metadata.name)).toEqual(['a'])
  expect(pods.list('default').length).toBe(1)
  informers.stop()
})

test.each([
  ['that does not know it is listed', 422],
  ['that is told too much of it is listed', 400],
])('a server %s, and not asked so again', async (_name, code) => {
  const { informers, transport, create, clock } = setUp(true)
  await create('a')
  let refused = 0
  transport.intercept = ({ path }) => {
    if (!path.includes('sendInitialEvents')) return
    refused++
    throw new StatusError({ code, reason: 'Invalid', message: 'sendInitialEvents is forbidden for watch' })
  }
  const seen = record(informers.of('pods'))
  informers.start()
  await informers.synced()
  await settle()
  transport.breakWatches(true)
  for (let i = 0; i < 5; i++) {
    clock.advance(2000)
    await settle()
  }
  expect(seen).toEqual(['+a'])
  expect(refused).toBe(1)
  informers.stop()
})

test('a stream that breaks before all is there tells nobody of a part, and begins anew', async () => {
  const { informers, transport, create, clock } = setUp(true)
  await create('a')
  let broken = false
  const { watch } = transport
  transport.watch = async function* (request) {
    for await (const event of watch.call(transport, request)) {
      yield event as never
      if (broken) continue
      broken = true
      throw new Error('connection reset')
    }
  }
  const pods = informers.of('pods')
  const seen = record(pods)
  informers.start()
  await settle()
  expect([seen, pods.synced, pods.size]).toEqual([[], false, 0])
  await create('b')
  clock.advance(2000)
  await informers.synced()
  expect(seen).toEqual(['+a', '+b'])
  informers.stop()
})

test('a handler that throws keeps no other from hearing, and its fault is told', async () => {
  const { client, clock, create } = setUp()
  const told: unknown[] = []
  const log = { ...noLog, error: (_message: string, fields?: Fields) => void told.push(fields?.['error']) }
  const informers = createInformers(client, { clock, log: { ...log, with: () => log } })
  const pods = informers.of('pods')
  const fault = new Error('mine')
  pods.addHandler({
    added() {
      throw fault
    },
  })
  const seen = record(pods)
  informers.start()
  await informers.synced()
  await create('a')
  await create('b')
  await settle()
  expect([seen, told]).toEqual([
    ['+a', '+b'],
    [fault, fault],
  ])
  informers.stop()
})
