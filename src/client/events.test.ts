import { expect, test } from 'vitest'
import { StatusError } from '../api/errors.ts'
import type { Event } from '../api/types/core-v1.ts'
import { createClient } from './client.ts'
import { createFakeClock } from './clock.ts'
import { createEventRecorder } from './events.ts'
import { createMemoryTransport } from './memory-transport.ts'

const about = { kind: 'Pod', apiVersion: 'v1', namespace: 'default', name: 'web', uid: 'u' }

function setUp() {
  const clock = createFakeClock()
  const transport = createMemoryTransport({ clock })
  const recorder = createEventRecorder(createClient(transport), { component: 'tester', clock, random: () => 0.5 })
  return { clock, recorder, transport, events: () => transport.objects<Event>('/api/v1/events') }
}

test('an event repeated counts up', async () => {
  const { recorder, events, clock } = setUp()
  recorder.event(about, 'Warning', 'Failed', 'it failed')
  clock.advance(5000)
  recorder.event(about, 'Warning', 'Failed', 'it failed')
  await recorder.flush()
  expect(events()).toHaveLength(1)
  expect(events()[0]).toMatchObject({
    count: 2,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:05Z',
    source: { component: 'tester' },
    reportingComponent: 'tester',
  })
})

test('many alike are drawn together', async () => {
  const { recorder, events } = setUp()
  for (let i = 0; i < 20; i++) recorder.event(about, 'Normal', 'Created', `made ${i}`)
  await recorder.flush()
  expect(events()).toHaveLength(10)
  expect(events().at(-1)).toMatchObject({ message: '(combined from similar events): made 19', count: 11 })
})

test('a subject of too many events is silenced, then heard again', async () => {
  const { recorder, transport, clock } = setUp()
  for (let i = 0; i < 60; i++) recorder.event(about, 'Normal', `Reason${i}`, 'x')
  await recorder.flush()
  expect(transport.writes).toHaveLength(25)
  clock.advance(300_000)
  recorder.event(about, 'Normal', 'Again', 'x')
  await recorder.flush()
  expect(transport.writes).toHaveLength(26)
})

test('the places within an object count apart, and its budget is one', async () => {
  const { recorder, events, transport } = setUp()
  for (const container of ['a', 'b', 'a'])
    recorder.event({ ...about, fieldPath: `spec.containers{${container}}` }, 'Normal', 'Pulled', 'there already')
  await recorder.flush()
  expect(events().map((e) => [e.involvedObject.fieldPath, e.count])).toEqual([
    ['spec.containers{a}', 2],
    ['spec.containers{b}', 1],
  ])
  for (let i = 0; i < 60; i++) recorder.event({ ...about, fieldPath: `spec.containers{${i % 2 ? 'a' : 'b'}}` }, 'Normal', `R${i}`, 'x')
  await recorder.flush()
  expect(transport.writes).toHaveLength(25)
})

test.each<[string, unknown, tries: number]>([
  ['a server that is away comes back', new Error('connect ECONNREFUSED'), 12],
  ['a refusal is the last word', new StatusError({ code: 403, reason: 'Forbidden', message: 'no' }), 1],
])('an event that cannot be sent: %s', async (_name, failure, most) => {
  const { recorder, events, transport, clock } = setUp()
  let tries = 0
  transport.intercept = () => {
    tries++
    throw failure
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  recorder.event(about, 'Normal', 'Created', 'made')
  await settle()
  expect(tries).toBe(1)
  clock.advance(5000)
  await settle()
  expect(tries).toBe(Math.min(2, most))
  for (let i = 0; i < 20; i++) {
    clock.advance(10_000)
    await settle()
  }
  expect(tries).toBe(most)
  recorder.event(about, 'Normal', 'Deleted', 'gone')
  await settle()
  transport.intercept = undefined
  clock.advance(10_000)
  await recorder.flush()
  expect(events()).toHaveLength(most > 1 ? 1 : 0)
})

test('who ends does not wait for a server that is away', async () => {
  const { recorder, transport } = setUp()
  transport.intercept = () => {
    throw new Error('connect ECONNREFUSED')
  }
  for (let i = 0; i < 5; i++) recorder.event(about, 'Normal', 'Created', `made ${i}`)
  await recorder.flush()
  expect(transport.writes).toEqual([])
})

test('repeats of an event that was refused are one object', async () => {
  const { recorder, events, transport } = setUp()
  transport.intercept = () => {
    throw new StatusError({ code: 403, reason: 'Forbidden', message: 'not yet' })
  }
  recorder.event(about, 'Normal', 'Created', 'made')
  await recorder.flush()
  transport.intercept = undefined
  for (let i = 0; i < 3; i++) recorder.event(about, 'Normal', 'Created', 'made')
  await recorder.flush()
  expect(events().map(({ count }) => count)).toEqual([4])
})
