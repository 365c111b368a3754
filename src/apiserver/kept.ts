/**
 * What the server itself keeps as it must be (upstream: the loops of its post-start hooks, each of which looks again every
 * some seconds): here each is looked at when something that it rests on changes.
 */
import { setTimeout } from 'node:timers/promises'
import type { Logger } from '../log/log.ts'
import type { Objects, Sight } from './objects.ts'

export interface Kept {
  /** Upstream's name of the loop. */
  readonly name: string
  /** What a change of which has it looked at anew. */
  readonly restsOn: readonly Sight[]
  /** Calls `changed` when something else that it rests on is another. */
  follow?(changed: () => void): void
  /** The server is ready without it: its first run is after the start. */
  readonly late?: true
  /** Writes what is not as it must be, and nothing when all is: its own writes have it run again. */
  reconcile(): Promise<void>
}

const retryMs = 1000

/** Resolves after the first run, and rejects when that fails; later runs, and those of what is late, are tried again until `signal` ends all. */
export async function keep(objects: Objects, kept: Kept, signal: AbortSignal, log: Logger): Promise<void> {
  let running = true
  let changed = false
  const run = async () => {
    changed = true
    if (running) return
    running = true
    while (changed && !signal.aborted) {
      changed = false
      await kept.reconcile().catch(async (error: unknown) => {
        if (signal.aborted) return
        log.warn('what the server keeps is not as it must be; it is tried again', { name: kept.name, error })
        changed = true
        await setTimeout(retryMs, undefined, { ref: false, signal }).catch(() => undefined)
      })
    }
    running = false
  }
  kept.follow?.(() => void run())
  await Promise.all(kept.restsOn.map((sight) => objects.follow(sight, () => void run(), signal)))
  if (!kept.late) await kept.reconcile()
  running = false
  if (kept.late) await run()
  else if (changed) void run()
}
