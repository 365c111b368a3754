/**
 * The work queue of client-go (util/workqueue): a key waits at most once, is never worked on twice at the same time,
 * and comes back after a delay that grows with each failure.
 */
import type { MetricsRegistry } from '../metrics/metrics.ts'
import { type Clock, systemClock } from './clock.ts'

export interface WorkQueue {
  /** Puts a key in line. A key in line already stays where it is; one being worked on comes back when it is done. */
  add(key: string): void
  addAfter(key: string, ms: number): void
  /** As addAfter, with the limiter's delay. */
  addRateLimited(key: string): void
  /** Forgets the key's failures. */
  forget(key: string): void
  failures(key: string): number
  /** The next key, when there is one; undefined once the queue is shut down. Each key taken must be given back with done. */
  next(): Promise<string | undefined>
  done(key: string): void
  /** Keys in line. */
  readonly length: number
  /** Nothing is in line, worked on, or waiting for its time. */
  readonly idle: boolean
  shutDown(): void
}

export interface RateLimiter {
  /** The delay before the next try, in ms. */
  when(key: string): number
  forget(key: string): void
  failures(key: string): number
}

/** 5 ms, doubled with each failure up to 1,000 s (ItemExponentialFailureRateLimiter with the default controller figures). */
export function createExponentialLimiter(baseMs = 5, mostMs = 1_000_000): RateLimiter {
  const failures = new Map<string, number>()
  return {
    when(key) {
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      return Math.min(baseMs * 2 ** count, mostMs)
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
  }
}

export interface WorkQueueOptions {
  readonly name?: string
  readonly clock?: Clock
  readonly limiter?: RateLimiter
  readonly metrics?: MetricsRegistry
}

export function createWorkQueue(options: WorkQueueOptions = {}): WorkQueue {
  const { name = '', clock = systemClock, limiter = createExponentialLimiter() } = options
  const measure = options.metrics && name ? createQueueMetrics(options.metrics, name, clock) : undefined
  const waiting = new Set<string>()
  /** Those that wait, in their order, from `head` on. Not the set's own: its first key is found by stepping over all that were deleted. */
  let order: string[] = []
  let head = 0
  const dirty = new Set<string>()
  const processing = new Set<string>()
  const delayed = new Map<string, { at: number; cancel: () => void }>()
  const takers: ((key: string | undefined) => void)[] = []
  let down = false

  function line(key: string): void {
    const taker = takers.shift()
    measure?.queued(key)
    if (taker) {
      start(key)
      taker(key)
    } else {
      waiting.add(key)
      order.push(key)
    }
    measure?.depth(waiting.size)
  }
  function first(): string | undefined {
    if (head === order.length) return undefined
    const key = order[head++]
    if (head >= 1024 && head * 2 >= order.length) {
      order = order.slice(head)
      head = 0
    }
    return key
  }
  function start(key: string): void {
    waiting.delete(key)
    processing.add(key)
    measure?.started(key)
    measure?.depth(waiting.size)
  }

  const queue: WorkQueue = {
    add(key) {
      if (down) return
      if (processing.has(key)) {
        dirty.add(key)
        return
      }
      if (waiting.has(key)) return
      measure?.added()
      line(key)
    },
    addAfter(key, ms) {
      if (down) return
      if (ms <= 0) return queue.add(key)
      const at = clock.now() + ms
      const have = delayed.get(key)
      if (have && have.at <= at) return
      have?.cancel()
      const cancel = clock.after(ms, () => {
        delayed.delete(key)
        queue.add(key)
      })
      delayed.set(key, { at, cancel })
    },
    addRateLimited(key) {
      measure?.retried()
      queue.addAfter(key, limiter.when(key))
    },
    forget: (key) => limiter.forget(key),
    failures: (key) => limiter.failures(key),
    next() {
      if (down) return Promise.resolve(undefined)
      const key = first()
      if (key !== undefined) {
        start(key)
        return Promise.resolve(key)
      }
      return new Promise((resolve) => takers.push(resolve))
    },
    done(key) {
      processing.delete(key)
      measure?.finished(key)
      if (dirty.delete(key)) queue.add(key)
    },
    get length() {
      return waiting.size
    },
    get idle() {
      return waiting.size === 0 && processing.size === 0 && delayed.size === 0 && dirty.size === 0
    },
    shutDown() {
      down = true
      for (const { cancel } of delayed.values()) cancel()
      delayed.clear()
      waiting.clear()
      order = []
      head = 0
      dirty.clear()
      for (const taker of takers.splice(0)) taker(undefined)
    },
  }
  return queue
}

/** Upstream's workqueue_* metrics for one queue. */
function createQueueMetrics(metrics: MetricsRegistry, name: string, clock: Clock) {
  const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]
  const depth = metrics.gauge('workqueue_depth', 'Current depth of workqueue', ['name'])
  const adds = metrics.counter('workqueue_adds_total', 'Total number of adds handled by workqueue', ['name'])
  const retries = metrics.counter('workqueue_retries_total', 'Total number of retries handled by workqueue', ['name'])
  const waited = metrics.histogram(
    'workqueue_queue_duration_seconds',
    'How long in seconds an item stays in workqueue before being requested.',
    ['name'],
    buckets,
  )
  const worked = metrics.histogram(
    'workqueue_work_duration_seconds',
    'How long in seconds processing an item from workqueue takes.',
    ['name'],
    buckets,
  )
  const labels = [name]
  const queuedAt = new Map<string, number>()
  const startedAt = new Map<string, number>()
  running(metrics).set(name, () => [...startedAt.values()].map((at) => Math.max(0, clock.now() - at) / 1000))
  depth.set(0, labels)
  adds.add(labels, 0)
  retries.add(labels, 0)
  return {
    depth: (n: number) => depth.set(n, labels),
    added: () => adds.add(labels),
    retried: () => retries.add(labels),
    queued: (key: string) => void queuedAt.set(key, clock.now()),
    started(key: string) {
      const now = clock.now()
      waited.observe((now - (queuedAt.get(key) ?? now)) / 1000, labels)
      queuedAt.delete(key)
      startedAt.set(key, now)
    },
    finished(key: string) {
      const now = clock.now()
      worked.observe((now - (startedAt.get(key) ?? now)) / 1000, labels)
      startedAt.delete(key)
    },
  }
}

/** How long the work under way of each queue takes so far, in seconds; read when the metrics are. */
const underWay = new WeakMap<MetricsRegistry, Map<string, () => readonly number[]>>()
function running(metrics: MetricsRegistry): Map<string, () => readonly number[]> {
  const have = underWay.get(metrics)
  if (have) return have
  const queues = new Map<string, () => readonly number[]>()
  underWay.set(metrics, queues)
  const collect = (name: string, help: string, of: (seconds: readonly number[]) => number) =>
    metrics.collect(name, help, ['name'], () => [...queues].map(([queue, seconds]) => [[queue], of(seconds())] as const))
  collect('workqueue_unfinished_work_seconds', 'Seconds that the keys which are worked on now have taken so far, together.', (seconds) =>
    seconds.reduce((sum, s) => sum + s, 0),
  )
  collect('workqueue_longest_running_processor_seconds', 'Seconds that the longest of them has taken.', (s) => Math.max(0, ...s))
  return queues
}
