/**
 * One priority level at work (upstream: util/flowcontrol/fairqueuing): so many seats, and queues for those that wait.
 * A flow is dealt a hand of queues and waits in the one that is served soonest, so that a flood by one fills few queues;
 * served next is the queue whose first request would be done first if all queues were served at once, bit by bit.
 */
import { createHash } from 'node:crypto'
import type { RequestInfo, User } from '../request.ts'
import type { Turn } from './turn.ts'
import type { Work } from './work.ts'

/** Exempt: everything has a seat. Reject: what finds no seat is refused. */
export type Queuing =
  | { readonly type: 'Exempt' }
  | { readonly type: 'Reject' }
  | { readonly type: 'Queue'; readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number }

export interface QueueSetDeps {
  /** Milliseconds. */
  readonly now: () => number
  readonly turn: Turn
  readonly maxWaitMs: number
  readonly observe: QueueSetObserver
}

export interface QueueSetObserver {
  /** Who has seats and who waits, from a moment on. */
  changed(now: Occupancy, at: number): void
  of(schema: string): SchemaObserver
}

export type Occupancy = Pick<QueueSet, 'executing' | 'waiting' | 'seatsInUse' | 'seatsWaiting'>

/** Sees the requests of one schema. */
export interface SchemaObserver {
  arrived(seats: number): void
  /** It was given its seats, or refused, after a wait. */
  waited(ms: number, refusal: Refusal | undefined): void
  executed(ms: number, watch: boolean): void
  enqueued(length: number): void
  /** The next request in order wants more seats than are free, and holds all others up. */
  noAccommodation(): void
}

export type Refusal = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled'

export interface Arrival {
  readonly schema: string
  readonly distinguisher: string
  readonly user: User
  readonly info: RequestInfo
  readonly work: Work
  /** Aborted when the client is gone. Asked for only by those who wait. */
  signal(): AbortSignal
}

export interface Seat {
  release(): void
}

export interface QueueSet {
  enter(arrival: Arrival): Seat | Refusal | Promise<Seat | Refusal>
  /** Those who wait or sit stay. */
  configure(queuing: Queuing): void
  /** How many seats there are. */
  limit: number
  /** Gives a seat to the next in order, when there is one for it; false: nobody can be served now. */
  serve(): boolean
  readonly executing: number
  readonly waiting: number
  readonly seatsInUse: number
  readonly seatsWaiting: number
  readonly counts: Readonly<Record<'dispatched' | 'rejected' | 'timedOut' | 'cancelled', number>>
  readonly bySchema: ReadonlyMap<string, SchemaCounts>
  /** All queues, and who waits in them. */
  readonly queues: readonly Readonly<Queue>[]
  /** Who has a seat without having been in a queue, or still after it. */
  readonly running: ReadonlySet<Request>
}

export interface SchemaCounts {
  executing: number
  seatsInUse: number
  waiting: number
  seatsWaiting: number
  dispatched: number
  readonly rejected: Map<Refusal, number>
  readonly observer: SchemaObserver
}

export interface Request {
  readonly arrival: Arrival
  readonly counts: SchemaCounts
  readonly queue: Queue | undefined
  readonly arrivedAt: number
  readonly arrivedR: number
  readonly seats: number
  /** Seat-milliseconds that it is expected to take. */
  readonly totalWork: number
  startedAt: number
  /** Ends its waiting. */
  answer?: (outcome: Seat | Refusal) => void
}

export interface Queue {
  waiting: Request[]
  executing: number
  seatsInUse: number
  /** Of those that wait. */
  work: number
  /** The virtual time up to which it has been served. */
  nextDispatchR: number
}

/** How long a request is thought to run before it is known. */
const expectedMs = 3

export function createQueueSet(initial: Queuing, { now, turn, maxWaitMs, observe }: QueueSetDeps): QueueSet {
  let queuing = initial
  let queues: Queue[] = []
  let limit = 0
  let executing = 0
  let waiting = 0
  let seatsInUse = 0
  let seatsWaiting = 0
  let busyQueues = 0
  /**
   * Virtual time: what every busy queue would have been served by now if all were served alike (upstream's R). It runs
   * by the seats that are in use, not by those that are there: a turn's end keeps requests from free seats, too.
   */
  let virtual = 0
  let real = now()
  let robin = 0
  const hands = new Map<string, readonly number[]>()
  const bySchema = new Map<string, SchemaCounts>()
  const counts = { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 }
  const running = new Set<Request>()

  const advance = (): number => {
    const time = now()
    if (busyQueues > 0) virtual += ((time - real) * Math.min(seatsInUse, limit)) / busyQueues
    real = time
    return time
  }
  const isBusy = (queue: Queue): boolean => queue.executing > 0 || queue.waiting.length > 0
  const fits = (seats: number): boolean => (seats > limit ? seatsInUse === 0 : seatsInUse + seats <= limit)
  const changed = () => observe.changed({ executing, waiting, seatsInUse, seatsWaiting }, real)

  const countsOf = (schema: string): SchemaCounts => {
    let mine = bySchema.get(schema)
    if (!mine) {
      mine = { executing: 0, seatsInUse: 0, waiting: 0, seatsWaiting: 0, dispatched: 0, rejected: new Map(), observer: observe.of(schema) }
      bySchema.set(schema, mine)
    }
    return mine
  }
  const hand = (arrival: Arrival, count: number, size: number): readonly number[] => {
    const flow = `${arrival.schema} ${arrival.distinguisher}`
    turn.seen(flow)
    const known = hands.get(flow)
    if (known) return known
    const made = deal(flow, count, size)
    if (hands.size >= 4096) hands.clear()
    hands.set(flow, made)
    return made
  }
  const choose = (arrival: Arrival): Queue | undefined => {
    if (queuing.type !== 'Queue') return undefined
    let best: Queue | undefined
    let least = Number.POSITIVE_INFINITY
    for (const index of hand(arrival, queuing.queues, queuing.handSize)) {
      const queue = queues[index] as Queue
      const ahead = queue.work + queue.seatsInUse * expectedMs
      if (ahead < least) [best, least] = [queue, ahead]
    }
    return best
  }

  const sit = (request: Request): Seat => {
    const { queue, seats, counts: mine } = request
    const time = real
    request.startedAt = time
    executing++
    seatsInUse += seats
    mine.executing++
    mine.seatsInUse += seats
    mine.dispatched++
    counts.dispatched++
    running.add(request)
    if (queue) {
      if (!isBusy(queue)) busyQueues++
      queue.executing++
      queue.seatsInUse += seats
      // Nobody is credited for the time when there was nothing to serve.
      queue.nextDispatchR = Math.max(queue.nextDispatchR, request.arrivedR) + request.totalWork
    }
    changed()
    mine.observer.waited(time - request.arrivedAt, undefined)
    let released = false
    return {
      release() {
        if (released) return
        released = true
        finish(request)
      },
    }
  }
  const finish = (request: Request) => {
    const { queue, arrival, counts: mine } = request
    const ran = advance() - request.startedAt
    executing--
    mine.executing--
    running.delete(request)
    mine.observer.executed(ran, arrival.info.verb === 'watch')
    if (queue) {
      queue.nextDispatchR += arrival.work.initialSeats * (ran - expectedMs)
      queue.executing--
      if (!isBusy(queue)) busyQueues--
    }
    // Its change is still being sent to watchers: that is work, too.
    if (arrival.work.additionalLatencyMs > 0) {
      changed()
      setTimeout(vacate, arrival.work.additionalLatencyMs, request).unref()
    } else vacate(request)
  }
  const vacate = ({ queue, seats, counts: mine }: Request) => {
    advance()
    seatsInUse -= seats
    mine.seatsInUse -= seats
    if (queue) queue.seatsInUse -= seats
    changed()
    serveNext()
  }

  const refuse = (mine: SchemaCounts, waitedMs: number, refusal: Refusal): Refusal => {
    mine.rejected.set(refusal, (mine.rejected.get(refusal) ?? 0) + 1)
    if (refusal === 'time-out') counts.timedOut++
    else if (refusal === 'cancelled') counts.cancelled++
    else counts.rejected++
    mine.observer.waited(waitedMs, refusal)
    return refusal
  }
  const stopWaiting = (request: Request, queue: Queue, at: number) => {
    queue.waiting.splice(at, 1)
    queue.work -= request.totalWork
    waiting--
    seatsWaiting -= request.seats
    request.counts.waiting--
    request.counts.seatsWaiting -= request.seats
    if (!isBusy(queue)) busyQueues--
  }

  /** The queue whose first request is done first; ties go around. */
  const nextQueue = (): Queue | undefined => {
    let best: Queue | undefined
    let soonest = Number.POSITIVE_INFINITY
    let chosen = robin
    for (let i = 1; i <= queues.length; i++) {
      const index = (robin + i) % queues.length
      const queue = queues[index] as Queue
      const first = queue.waiting[0]
      if (!first) continue
      const done = Math.max(queue.nextDispatchR, first.arrivedR) + first.totalWork
      if (done < soonest) [best, soonest, chosen] = [queue, done, index]
    }
    robin = chosen
    return best
  }
  const serve = (): boolean => {
    if (waiting === 0) return false
    advance()
    const queue = nextQueue()
    const request = queue?.waiting[0]
    if (!queue || !request) return false
    if (!fits(request.seats)) {
      request.counts.observer.noAccommodation()
      return false
    }
    stopWaiting(request, queue, 0)
    request.answer?.(sit(request))
    return true
  }
  const serveNext = () => {
    if (waiting > 0 && (seatsInUse < limit || seatsInUse === 0)) turn.again()
  }

  const wait = (request: Request, queue: Queue): Promise<Seat | Refusal> =>
    new Promise((resolve) => {
      const { arrival, counts: mine } = request
      const leave = (refusal: Refusal) => {
        const at = queue.waiting.indexOf(request)
        if (at < 0) return
        const time = advance()
        stopWaiting(request, queue, at)
        changed()
        request.answer?.(refuse(mine, time - request.arrivedAt, refusal))
        serveNext()
      }
      const timer = setTimeout(leave, maxWaitMs, 'time-out')
      const signal = arrival.signal()
      const gone = () => leave('cancelled')
      request.answer = (outcome) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', gone)
        resolve(outcome)
      }
      signal.addEventListener('abort', gone, { once: true })
    })

  const configure = (given: Queuing) => {
    queuing = given
    hands.clear()
    const count = given.type === 'Queue' ? given.queues : 0
    // Queues beyond are served to their end, and dealt to nobody.
    queues = queues.filter((queue, i) => i < count || isBusy(queue))
    while (queues.length < count) queues.push({ waiting: [], executing: 0, seatsInUse: 0, work: 0, nextDispatchR: virtual })
    serveNext()
  }
  configure(initial)

  return {
    get limit() {
      return limit
    },
    set limit(seats) {
      advance()
      limit = seats
      changed()
      serveNext()
    },
    get executing() {
      return executing
    },
    get waiting() {
      return waiting
    },
    get seatsInUse() {
      return seatsInUse
    },
    get seatsWaiting() {
      return seatsWaiting
    },
    get queues() {
      return queues
    },
    counts,
    bySchema,
    running,
    configure,
    serve,
    enter(arrival) {
      const time = advance()
      const mine = countsOf(arrival.schema)
      const { initialSeats, finalSeats, additionalLatencyMs } = arrival.work
      const seats = Math.max(initialSeats, finalSeats)
      mine.observer.arrived(seats)
      const queue = choose(arrival)
      const request: Request = {
        arrival,
        counts: mine,
        queue,
        arrivedAt: time,
        // A queue that wakes goes before those that are always full, by one request: else it would wait for one of each.
        arrivedR: queue && !isBusy(queue) ? virtual - expectedMs : virtual,
        seats,
        totalWork: initialSeats * expectedMs + finalSeats * additionalLatencyMs,
        startedAt: time,
      }
      if (queuing.type === 'Exempt') return sit(request)
      if (!queue) return fits(seats) ? sit(request) : refuse(mine, 0, 'concurrency-limit')
      if (waiting === 0 && fits(seats) && turn.open()) return sit(request)
      if (queue.waiting.length >= (queuing as { queueLengthLimit: number }).queueLengthLimit && seatsInUse >= limit)
        return refuse(mine, 0, 'queue-full')
      if (!isBusy(queue)) busyQueues++
      queue.waiting.push(request)
      queue.work += request.totalWork
      waiting++
      seatsWaiting += seats
      mine.waiting++
      mine.seatsWaiting += seats
      changed()
      mine.observer.enqueued(queue.waiting.length)
      const granted = wait(request, queue)
      serveNext()
      return granted
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
