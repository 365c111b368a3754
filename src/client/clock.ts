/** The clock seam: what waits or dates asks a Clock, so that a test moves time by hand. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back once after `ms`; the result cancels. Timers do not keep the process alive. */
  after(ms: number, callback: () => void): () => void
}

/** What setTimeout takes at most; longer waits are made of several. */
const longest = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    let timer: NodeJS.Timeout
    const arm = (left: number) => {
      timer = setTimeout(() => (left > longest ? arm(left - longest) : callback()), Math.min(Math.max(left, 0), longest))
      timer.unref()
    }
    arm(ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms`, or at once with false when the signal is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(false)
    const stop = () => {
      cancel()
      resolve(false)
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop)
      resolve(true)
    })
    signal?.addEventListener('abort', stop, { once: true })
  })
}

export interface FakeClock extends Clock {
  /** Moves time on; timers fire in order, each at its own instant. */
  advance(ms: number): void
  /** How many timers wait. */
  readonly pending: number
}

/** A clock that stands still until it is moved: for tests. */
export function createFakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start
  let sequence = 0
  const timers = new Map<number, { at: number; callback: () => void }>()
  return {
    now: () => now,
    after(ms, callback) {
      const id = sequence++
      timers.set(id, { at: now + Math.max(ms, 0), callback })
      return () => void timers.delete(id)
    },
    advance(ms) {
      const until = now + ms
      for (;;) {
        let next: [number, { at: number; callback: () => void }] | undefined
        for (const entry of timers) if (entry[1].at <= until && (!next || entry[1].at < next[1].at)) next = entry
        if (!next) break
        timers.delete(next[0])
        now = Math.max(now, next[1].at)
        next[1].callback()
      }
      now = until
    },
    get pending() {
      return timers.size
    },
  }
}
