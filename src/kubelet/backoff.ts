/** A delay per key that doubles with each failure (client-go flowcontrol.Backoff): 10 s up to 5 min, forgotten after twice that without one. */
export interface Backoff {
  /** The time before which the key should not be tried; undefined when it may be now. */
  until(key: string): number | undefined
  isWaiting(key: string): boolean
  /** As `until`, with the delay counted from `event` and not from the last failure. */
  since(key: string, event: number): number | undefined
  /** Counts a failure at `at` (now): the delay begins or doubles. Returns it in ms. */
  next(key: string, at?: number): number
  delay(key: string): number
  forget(prefix: string): void
}

export function createBackoff(options: { now: () => number; firstMs?: number; mostMs?: number }): Backoff {
  const { now, firstMs = 10_000, mostMs = 300_000 } = options
  const entries = new Map<string, { delay: number; at: number }>()
  const until = (key: string) => {
    const entry = entries.get(key)
    return entry && entry.at + entry.delay > now() ? entry.at + entry.delay : undefined
  }
  return {
    until,
    since(key, event) {
      const entry = entries.get(key)
      if (!entry || event - entry.at > 2 * mostMs) return undefined
      return event + entry.delay > now() ? event + entry.delay : undefined
    },
    isWaiting: (key) => until(key) !== undefined,
    next(key, at = now()) {
      const entry = entries.get(key)
      const delay = entry && at - entry.at <= 2 * mostMs ? Math.min(entry.delay * 2, mostMs) : Math.min(firstMs, mostMs)
      entries.set(key, { delay, at })
      return delay
    },
    delay: (key) => entries.get(key)?.delay ?? 0,
    forget(prefix) {
      for (const key of entries.keys()) if (key.startsWith(prefix)) entries.delete(key)
    },
  }
}
