import { describe, expect, test } from 'vitest'
import { type Arrival, createQueueSet, deal, type QueueSet, type QueueSetDeps, type Queuing, type Refusal, type Seat } from './queue-set.ts'
import { createTurn } from './turn.ts'
import type { Work } from './work.ts'

const queue: Queuing = { type: 'Queue', queues: 64, handSize: 6, queueLengthLimit: 5 }
const info = { verb: 'get' } as Arrival['info']
const arrival = (distinguisher: string, work: Partial<Work> = {}, signal = new AbortController().signal): Arrival => ({
  schema: 'schema',
  distinguisher,
  user: { name: distinguisher, groups: [] },
  info,
  work: { initialSeats: 1, finalSeats: 0, additionalLatencyMs: 0, ...work },
  signal: () => signal,
})
const quiet = { changed() {}, of: () => ({ arrived() {}, waited() {}, executed() {}, enqueued() {}, noAccommodation() {} }) }

/** Turns never end, unless a test has a clock that says so. */
function set(queuing: Queuing, seats: number, { maxWaitMs = 10_000, now = () => 0 }: Partial<QueueSetDeps> = {}): QueueSet {
  const turn = createTurn(now, () => made.serve())
  const made: QueueSet = createQueueSet(queuing, { now, turn, maxWaitMs, observe: quiet })
  made.limit = seats
  return made
}
const settle = () => new Promise((done) => setImmediate(done))

test('a hand is dealt of different queues, always the same ones', () => {
  const hand = deal('flow', 64, 6)
  expect(new Set(hand).size).toBe(6)
  expect(deal('flow', 64, 6)).toEqual(hand)
  expect(deal('other', 64, 6)).not.toEqual(hand)
})

test('without queues, what finds no seat is refused', () => {
  const level = set({ type: 'Reject' }, 1)
  const seat = level.enter(arrival('a')) as Seat
  expect(level.enter(arrival('a'))).toBe('concurrency-limit')
  seat.release()
  seat.release()
  expect([level.executing, level.seatsInUse]).toEqual([0, 0])
  expect(level.enter(arrival('a'))).toHaveProperty('release')
  expect(level.counts).toEqual({ dispatched: 2, rejected: 1, timedOut: 0, cancelled: 0 })
})

test('what is exempt always has a seat', () => {
  const level = set({ type: 'Exempt' }, 0)
  for (let i = 0; i < 100; i++) expect(level.enter(arrival('a'))).toHaveProperty('release')
  expect(level.seatsInUse).toBe(100)
})

test('a flood fills its own queues and is refused; another flow is next', async () => {
  const level = set(queue, 2)
  const order: string[] = []
  const held: Seat[] = []
  const ask = async (flow: string) => {
    const seat = await level.enter(arrival(flow))
    order.push(typeof seat === 'string' ? `${flow} ${seat}` : flow)
    if (typeof seat !== 'string') held.push(seat)
  }
  for (let i = 0; i < 42; i++) void ask('flood')
  void ask('other')
  await settle()
  expect(order.filter((o) => o === 'flood')).toHaveLength(2)
  expect(order.filter((o) => o === 'flood queue-full')).toHaveLength(40 - 6 * 5)
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
  expect([level.executing, level.waiting, level.seatsInUse, level.seatsWaiting]).toEqual([0, 0, 0, 0])
})

/** Two flows that are always busy share the seats by time, however unlike their requests are. */
test.each([
  ['as often when their requests are alike', 10, 1, 10, 1, 1],
  ['half as often when its requests take twice as long', 20, 1, 10, 1, 0.5],
  ['a third as often when its requests are three seats wide', 10, 3, 10, 1, 1 / 3],
])('a flow is served %s', async (_name, slowMs, slowSeats, quickMs, quickSeats, ratio) => {
  let time = 0
  const level = set({ type: 'Queue', queues: 64, handSize: 1, queueLengthLimit: 1000 }, 3, { now: () => time })
  const running: { flow: string; until: number; seat: Seat }[] = []
  const served = { slow: 0, quick: 0 }
  const ask = async (flow: 'slow' | 'quick') => {
    const seat = (await level.enter(arrival(flow, { initialSeats: flow === 'slow' ? slowSeats : quickSeats }))) as Seat
    served[flow]++
    running.push({ flow, until: time + (flow === 'slow' ? slowMs : quickMs), seat })
  }
  for (let i = 0; i < 900; i++) for (const flow of ['slow', 'quick'] as const) void ask(flow)
  await settle()
  while (served.slow + served.quick < 600) {
    running.sort((a, b) => a.until - b.until)
    const first = running.shift() as (typeof running)[0]
    time = first.until
    first.seat.release()
    await settle()
  }
  expect(served.slow / served.quick).toBeGreaterThan(ratio * 0.9)
  expect(served.slow / served.quick).toBeLessThan(ratio * 1.1)
})

test('a wide request waits for all of its seats, and nobody who would be done later overtakes it', async () => {
  let time = 0
  const level = set(queue, 3, { now: () => time })
  const first = level.enter(arrival('a')) as Seat
  let wide: Seat | Refusal | undefined
  void Promise.resolve(level.enter(arrival('b', { initialSeats: 3 }))).then((seat) => (wide = seat))
  time = 100
  let narrow: Seat | Refusal | undefined
  void Promise.resolve(level.enter(arrival('c'))).then((seat) => (narrow = seat))
  await settle()
  expect([wide, narrow]).toEqual([undefined, undefined])
  first.release()
  await settle()
  expect(wide).toBeDefined()
  expect(narrow).toBeUndefined()
  ;(wide as unknown as Seat).release()
  await settle()
  expect(narrow).toBeDefined()
})

test('a request wider than the level runs alone', () => {
  const level = set(queue, 2)
  expect(level.enter(arrival('a', { initialSeats: 5 }))).toHaveProperty('release')
  expect(level.enter(arrival('b'))).toBeInstanceOf(Promise)
})

test('the seats of the events that a write sends are held after its answer', async () => {
  const level = set(queue, 2)
  const seat = level.enter(arrival('a', { finalSeats: 2, additionalLatencyMs: 5 })) as Seat
  const next = level.enter(arrival('b')) as Promise<Seat>
  seat.release()
  expect([level.executing, level.seatsInUse]).toEqual([0, 2])
  await next
  expect(level.seatsInUse).toBe(1)
})

describe('who waits', () => {
  test('too long is refused', async () => {
    const level = set(queue, 1, { maxWaitMs: 5 })
    const seat = level.enter(arrival('a')) as Seat
    expect(await level.enter(arrival('a'))).toBe('time-out')
    expect([level.waiting, level.counts.timedOut]).toEqual([0, 1])
    seat.release()
  })
  test('and goes away gives up the place', async () => {
    const level = set(queue, 1)
    const gone = new AbortController()
    const seat = level.enter(arrival('a')) as Seat
    const outcome = level.enter(arrival('a', {}, gone.signal))
    gone.abort()
    expect(await outcome).toBe('cancelled')
    expect([level.waiting, level.counts.cancelled]).toEqual([0, 1])
    seat.release()
  })
  test('is served when the level gets more seats, and stays when its queues are fewer', async () => {
    const level = set(queue, 1)
    level.enter(arrival('a'))
    const waiting = [level.enter(arrival('b')), level.enter(arrival('c'))]
    level.configure({ type: 'Queue', queues: 1, handSize: 1, queueLengthLimit: 5 })
    expect(level.waiting).toBe(2)
    level.limit = 3
    expect(await Promise.all(waiting)).toHaveLength(2)
  })
})

test('beside another flow a flood is served for a moment at a time, and the other’s request before what the flood has waiting', async () => {
  let time = 0
  const level = set({ ...queue, queueLengthLimit: 100 }, 100, { now: () => time })
  const order: string[] = []
  const ask = async (flow: string) => {
    const seat = (await level.enter(arrival(flow))) as Seat
    order.push(flow)
    time += 0.1
    seat.release()
  }
  await ask('other')
  for (let i = 0; i < 50; i++) void ask('flood')
  await settle()
  const ahead = order.length
  void ask('other')
  while (order.length < 52) await settle()
  expect(order.lastIndexOf('other') - ahead).toBeLessThan(4)
})
