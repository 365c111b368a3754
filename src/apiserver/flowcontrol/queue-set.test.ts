import { expect, test } from 'vitest'
import { createQueueSet, deal, type Seat } from './queue-set.ts'

const options = { seats: 2, maxWaitMs: 10_000, now: () => 0, queuing: { queues: 64, handSize: 6, queueLengthLimit: 5 } }

test('a hand is dealt of different queues, always the same ones', () => {
  const hand = deal('flow', 64, 6)
  expect(new Set(hand).size).toBe(6)
  expect(deal('flow', 64, 6)).toEqual(hand)
  expect(deal('other', 64, 6)).not.toEqual(hand)
})

test('without queues, what finds no seat is refused', () => {
  const set = createQueueSet({ seats: 1, maxWaitMs: 1, now: () => 0 })
  const seat = set.enter('a') as Seat
  expect(set.enter('a')).toBeUndefined()
  seat.release()
  seat.release()
  expect(set.executing).toBe(0)
  expect(set.enter('a')).toBeDefined()
})

test('a flood fills its own queues and is refused; another flow is next', async () => {
  const set = createQueueSet(options)
  const order: string[] = []
  const held: Seat[] = []
  const ask = async (flow: string) => {
    const seat = await set.enter(flow)
    order.push(seat ? flow : `${flow} refused`)
    if (seat) held.push(seat)
  }
  for (let i = 0; i < 42; i++) void ask('flood')
  void ask('other')
  const settle = () => new Promise((done) => setImmediate(done))
  await settle()
  expect(order.filter((o) => o === 'flood')).toHaveLength(2)
  expect(order.filter((o) => o === 'flood refused')).toHaveLength(40 - 6 * 5)
  // Each of the flood's six queues may come before, once; not its thirty that wait.
  for (let i = 0; i < 6 && !order.includes('other'); i++) {
    held.shift()?.release()
    await settle()
  }
  expect(order).toContain('other')
  while (held.length > 0) {
    held.shift()?.release()
    await settle()
  }
  expect([set.executing, set.waiting]).toEqual([0, 0])
})

test('who waits too long is refused', async () => {
  const set = createQueueSet({ ...options, seats: 1, maxWaitMs: 5 })
  const seat = set.enter('a') as Seat
  expect(await set.enter('a')).toBeUndefined()
  expect(set.waiting).toBe(0)
  seat.release()
})
