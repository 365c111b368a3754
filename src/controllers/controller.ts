/**
 * What a controller is, and what runs one: a queue of keys, workers that reconcile them one at a time per key, and
 * retries with growing delay. A controller reads caches and writes through the client; it holds no state that a
 * restart would miss.
 */
import { isConflict } from '../api/errors.ts'
import type { Client } from '../client/client.ts'
import type { Clock } from '../client/clock.ts'
import type { EventRecorder } from '../client/events.ts'
import type { Informers } from '../client/informer.ts'
import { createExponentialLimiter, createWorkQueue, type WorkQueue } from '../client/work-queue.ts'
import type { Logger } from '../log/log.ts'
import type { MetricsRegistry } from '../metrics/metrics.ts'
import type { ControllerOptions } from './options.ts'

export interface ControllerDeps {
  readonly client: Client
  readonly informers: Informers
  readonly clock: Clock
  readonly log: Logger
  readonly options: ControllerOptions
  /** A recorder of events that names `component` as their source. */
  readonly recorder: (component: string) => EventRecorder
  readonly random: () => number
  readonly metrics: MetricsRegistry
}

/** What a controller may do with its queue. */
export type Queue = Pick<WorkQueue, 'add' | 'addAfter' | 'failures'>

export interface Controller {
  /** Upstream's name, as in `--controllers`: `deployment-controller`. */
  readonly name: string
  /** How many keys are worked on at the same time; 1 when absent. */
  readonly workers?: number
  /** Delays between tries of one key where upstream's differ from the default 5 ms … 1,000 s. */
  readonly backoff?: { readonly baseMs: number; readonly mostMs: number }
  /** Registers what wakes it; called once, before the informers start. Returns what must have synced before the first key. */
  wake(queue: Queue): readonly { whenSynced(): Promise<void> }[]
  /** Makes the world as the key's object says: level-based, safe to repeat. Returns the delay in ms until it must be looked at again by time, if any. What it throws is a retry. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most reconcilers return nothing
  reconcile(key: string, signal: AbortSignal): Promise<number | undefined | void>
}
export type CreateController = (deps: ControllerDeps) => Controller

export interface RunOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics?: MetricsRegistry
  readonly signal: AbortSignal
}

/** Prepares a controller; `run` works until the signal is aborted and the last reconcile has ended. */
export function prepareController(
  controller: Controller,
  { clock, log, metrics, signal }: RunOptions,
): { run(): Promise<void>; queue: WorkQueue } {
  const { baseMs = 5, mostMs = 1_000_000 } = controller.backoff ?? {}
  const queue = createWorkQueue({ name: controller.name, clock, metrics, limiter: createExponentialLimiter(baseMs, mostMs) })
  const needed = controller.wake(queue)
  const bound = log.with({ controller: controller.name })

  async function work(): Promise<void> {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      try {
        const after = await controller.reconcile(key, signal)
        queue.forget(key)
        if (after !== undefined) queue.addAfter(key, after)
      } catch (error) {
        if (!signal.aborted) {
          // A conflict says that the cache was behind; the event that brings it up to date is on its way.
          if (!isConflict(error))
            bound.warn('reconcile failed, will retry', { key, error: error instanceof Error ? error.message : String(error) })
          queue.addRateLimited(key)
        }
      }
      queue.done(key)
    }
  }

  return {
    queue,
    async run() {
      if (signal.aborted) queue.shutDown()
      else signal.addEventListener('abort', () => queue.shutDown(), { once: true })
      await Promise.race([Promise.all(needed.map((informer) => informer.whenSynced())), aborted(signal)])
      if (signal.aborted) return
      await Promise.all(Array.from({ length: controller.workers ?? 1 }, work))
    },
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
