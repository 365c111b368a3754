import { expect, test } from 'vitest'
import { createEventRateLimit, type EventLimit } from './event-rate-limit.ts'
import { review, type Write } from './testing.ts'

const event = (name: string) => ({
  metadata: { name },
  source: { component: 'c' },
  involvedObject: { kind: 'Pod', namespace: 'ns', name, uid: 'u' },
})
const write = (more: Partial<Write> = {}): Write => ({ resource: 'events', object: event('a'), ...more })
const limit = (type: EventLimit['type'], more: Partial<EventLimit> = {}): EventLimit => ({ type, qps: 1, burst: 2, ...more })
const full = (type: string, key: string) => `429 limit reached on type ${type} for key ${key}`

test.each<[string, readonly EventLimit[], readonly (Write | number)[], readonly string[]]>([
  ['the server', [limit('Server')], [write(), write({ namespace: 'x' }), write({ user: 'y' })], ['allowed', 'allowed', full('Server', '')]],
  [
    'a namespace',
    [limit('Namespace')],
    [write(), write(), write(), write({ namespace: 'x' })],
    ['allowed', 'allowed', full('Namespace', 'ns'), 'allowed'],
  ],
  ['a user', [limit('User')], [write(), write(), write(), write({ user: 'y' })], ['allowed', 'allowed', full('User', 'joe'), 'allowed']],
  [
    'a source and object',
    [limit('SourceAndObject', { burst: 1 })],
    [write(), write(), write({ object: event('b') })],
    ['allowed', full('SourceAndObject', 'cPodnsau'), 'allowed'],
  ],
  [
    'as time goes by',
    [limit('Server')],
    [write(), write(), write(), 1000, write(), write()],
    ['allowed', 'allowed', full('Server', ''), 'allowed', full('Server', '')],
  ],
  ['to the burst only', [limit('Server')], [60_000, write(), write(), write()], ['allowed', 'allowed', full('Server', '')]],
  [
    'by each limit, the last of which is told',
    [limit('Server', { burst: 1 }), limit('User', { burst: 2 })],
    [write(), write(), write(), write({ user: 'y' })],
    ['allowed', full('Server', ''), full('User', 'joe'), full('Server', '')],
  ],
  [
    'with the longest unused key forgotten',
    [limit('User', { burst: 1, cacheSize: 1 })],
    [write(), write({ user: 'y' }), write()],
    ['allowed', 'allowed', 'allowed'],
  ],
  [
    'but no other writes',
    [limit('Server', { burst: 1 })],
    [write({ resource: 'pods' }), write({ operation: 'DELETE' }), write()],
    ['allowed', 'allowed', 'allowed'],
  ],
])('events are limited for %s', async (_name, limits, steps, answers) => {
  let now = 0
  const plugin = createEventRateLimit(limits, () => now)
  const found: string[] = []
  for (const step of steps) {
    if (typeof step === 'number') now += step
    else found.push((await review(plugin, step)).answer)
  }
  expect(found).toEqual(answers)
})
