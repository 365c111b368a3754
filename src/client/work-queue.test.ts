import { expect, test } from 'vitest'
import { createMetrics } from '../metrics/metrics.ts'
import { createFakeClock } from './clock.ts'
import { createExponentialLimiter, createWorkQueue } from './work-queue.ts'

test('a key waits once, however often it is added', async () => {
  const queue = createWorkQueue()
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key)
  expect(queue.length).toBe(2)
  expect([await queue.next(), await queue.next()]).toEqual(['a', 'b'])
})

test('a key added while it is worked on comes back once it is done, never before', async () => {
  const queue = createWorkQueue()
  queue.add('a')
  await queue.next()
  queue.add('a')
  queue.add('a')
  expect(queue.length).toBe(0)
  queue.done('a')
  expect(queue.length).toBe(1)
  expect(await queue.next()).toBe('a')
  queue.done('a')
  expect(queue.idle).toBe(true)
})

test('of two delays the shorter counts', () => {
  const clock = createFakeClock()
  const queue = createWorkQueue({ clock })
  queue.addAfter('a', 1000)
  queue.addAfter('a', 100)
  queue.addAfter('a', 5000)
  clock.advance(99)
  expect(queue.length).toBe(0)
  clock.advance(1)
  expect(queue.length).toBe(1)
  clock.advance(10_000)
  expect(queue.length).toBe(1)
})

test('failures double the delay up to the limit, and forget starts anew', () => {
  const limiter = createExponentialLimiter(5, 1000)
  expect(Array.from({ length: 10 }, () => limiter.when('a'))).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000])
  limiter.forget('a')
  expect(limiter.when('a')).toBe(5)
})

test('shutting down releases who waits and drops what is in line', async () => {
  const queue = createWorkQueue()
  const waiting = queue.next()
  queue.shutDown()
  expect(await waiting).toBeUndefined()
  queue.add('a')
  expect(await queue.next()).toBeUndefined()
})

test('metrics count as upstream names them', async () => {
  const metrics = createMetrics()
  const clock = createFakeClock()
  const queue = createWorkQueue({ name: 'deployment', clock, metrics })
  queue.add('a')
  queue.add('b')
  clock.advance(50)
  queue.done((await queue.next()) as string)
  const text = metrics.render()
  expect(text).toContain('workqueue_adds_total{name="deployment"} 2\n')
  expect(text).toContain('workqueue_depth{name="deployment"} 1\n')
  expect(text).toContain('workqueue_queue_duration_seconds_bucket{name="deployment",le="0.1"} 1\n')
})

test('keys come in their order, however many were taken before', async () => {
  const queue = createWorkQueue()
  const [taken, expected]: [string[], string[]] = [[], []]
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 3000; i++) {
      queue.add(`${round}-${i}`)
      expected.push(`${round}-${i}`)
    }
    // Some stay behind, so that what is freed lies before what waits.
    for (let i = 0; i < 2900; i++) {
      const key = (await queue.next()) as string
      taken.push(key)
      queue.done(key)
    }
  }
  while (queue.length > 0) taken.push((await queue.next()) as string)
  expect(taken).toEqual(expected)
})
