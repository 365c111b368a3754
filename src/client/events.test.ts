import { expect, test } from 'vitest'
import type { Event } from '../api/types/core-v1.ts'
import { createClient } from './client.ts'
import { createFakeClock } from './clock.ts'
import { createEventRecorder } from './events.ts'
import { createMemoryTransport } from './memory-transport.ts'

const about = { kind: 'Pod', apiVersion: 'v1', namespace: 'default', name: 'web', uid: 'u' }

function setUp() {
  const clock = createFakeClock()
  const transport = createMemoryTransport({ clock })
  const recorder = createEventRecorder(createClient(transport), { component: 'tester', clock })
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
