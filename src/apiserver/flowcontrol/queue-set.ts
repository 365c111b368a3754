/**
 * One priority level at work (upstream: util/flowcontrol/fairqueuing): so many seats, and queues for those that wait.
 * A flow is dealt a hand of queues and waits in the shortest, so that a flood by one fills few queues; the queue served
 * next is the one that has had the least so far.
 */
import { createHash } from 'node:crypto'

export interface QueueSetOptions {
  readonly seats: number
  /** Undefined: what finds no seat is refused. */
  readonly queuing?: { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number }
  readonly maxWaitMs: number
  readonly now: () => number
}

export interface QueueSet {
  /** A seat: now, later, or never (undefined). */
  enter(flow: string): Seat | Promise<Seat | undefined> | undefined
  /** New figures; those who wait or sit stay. */
  configure(options: QueueSetOptions): void
  readonly executing: number
  readonly waiting: number
}
export interface Seat {
  release(): void
}

interface Waiter {
  grant(seat: Seat | undefined): void
}
interface Queue {
  readonly index: number
  waiting: Waiter[]
  executing: number
  /** How much it has been served, in virtual time; a queue that wakes begins at the present. */
  served: number
}

export function createQueueSet(initial: QueueSetOptions): QueueSet {
  let options = initial
  let queues: Queue[] = []
  let executing = 0
  let waiting = 0
  let virtualNow = 0
  const hands = new Map<string, readonly number[]>()

  const setQueues = (count: number) => {
    while (queues.length < count) queues.push({ index: queues.length, waiting: [], executing: 0, served: virtualNow })
    // Queues beyond are served to their end, and dealt to nobody.
    hands.clear()
  }
  setQueues(options.queuing?.queues ?? 0)

  const hand = (flow: string, count: number, size: number): readonly number[] => {
    const known = hands.get(flow)
    if (known) return known
    const made = deal(flow, count, size)
    if (hands.size >= 4096) hands.clear()
    hands.set(flow, made)
    return made
  }
  const sit = (queue: Queue | undefined): Seat => {
    executing++
    if (queue) {
      queue.executing++
      virtualNow = Math.max(virtualNow, queue.served)
      queue.served++
    }
    let released = false
    return {
      release() {
        if (released) return
        released = true
        executing--
        if (queue) queue.executing--
        next()
      },
    }
  }
  const next = () => {
    while (executing < options.seats && waiting > 0) {
      let best: Queue | undefined
      for (const queue of queues) if (queue.waiting.length > 0 && (!best || queue.served < best.served)) best = queue
      if (!best) return
      const waiter = best.waiting.shift() as Waiter
      waiting--
      waiter.grant(sit(best))
    }
  }

  return {
    get executing() {
      return executing
    },
    get waiting() {
      return waiting
    },
    enter(flow) {
      const { queuing } = options
      if (!queuing) return executing < options.seats ? sit(undefined) : undefined
      let queue: Queue | undefined
      for (const index of hand(flow, queuing.queues, queuing.handSize)) {
        const one = queues[index] as Queue
        if (!queue || one.waiting.length + one.executing < queue.waiting.length + queue.executing) queue = one
      }
      if (!queue) return undefined
      if (queue.waiting.length === 0 && queue.executing === 0) queue.served = Math.max(queue.served, virtualNow)
      if (executing < options.seats && waiting === 0) return sit(queue)
      if (queue.waiting.length >= queuing.queueLengthLimit) return undefined
      const mine = queue
      return new Promise((resolve) => {
        const waiter: Waiter = {
          grant(seat) {
            clearTimeout(timer)
            resolve(seat)
          },
        }
        const timer = setTimeout(() => {
          const at = mine.waiting.indexOf(waiter)
          if (at < 0) return
          mine.waiting.splice(at, 1)
          waiting--
          resolve(undefined)
        }, options.maxWaitMs)
        mine.waiting.push(waiter)
        waiting++
      })
    },
    configure(given) {
      options = given
      setQueues(given.queuing?.queues ?? 0)
      queues = queues.filter((q, i) => i < (given.queuing?.queues ?? 0) || q.waiting.length > 0 || q.executing > 0)
      next()
    },
  }
}

/** `size` different queues of `count`, always the same for a flow (shuffle sharding). */
export function deal(flow: string, count: number, size: number): number[] {
  let entropy = createHash('sha256').update(flow).digest().readBigUInt64LE()
  const left = Array.from({ length: count }, (_, i) => i)
  const hand: number[] = []
  for (let i = 0; i < Math.min(size, count); i++) {
    const at = Number(entropy % BigInt(left.length))
    entropy /= BigInt(left.length)
    hand.push(...left.splice(at, 1))
  }
  return hand
}
