/** What a refused client is told to wait (upstream: dropped_requests_tracker.go): longer while many are refused, as TCP would. */
const longestSeconds = 32

export interface RetryAfter {
  readonly seconds: number
  /** One more was refused. */
  refused(atSecond: number): void
}

export function createRetryAfter(): RetryAfter {
  let seconds = 1
  let raisedAt = 0
  let current = { at: 0, count: 0 }
  let history: { readonly at: number; readonly count: number }[] = []

  const adjust = (at: number) => {
    const refused = history.filter((h) => at - h.at <= seconds).reduce((sum, h) => sum + h.count, 0)
    if (at - raisedAt >= seconds && refused >= 3 * seconds) {
      seconds = Math.min(seconds * 2, longestSeconds)
      raisedAt = at
    } else if (refused < seconds && seconds > 1) seconds--
  }
  return {
    get seconds() {
      return seconds
    },
    refused(at) {
      if (at === current.at) {
        current.count++
        return
      }
      history = [...history, current].filter((h) => current.at - h.at <= longestSeconds)
      current = { at, count: 1 }
      adjust(at)
    },
  }
}
