/** How long a request may take (--request-timeout; upstream: filters/timeout.go, request_deadline.go). What lasts as long as its client wants has none. */
import { newBadRequest, StatusError } from '../api/errors.ts'
import { parseDuration } from '../flags/flags.ts'

export interface Deadlines {
  /** As the promise, or a 504 when its time is over: `timeout` of the query, or else the longest. What it waits for goes on, unheard. */
  within<T>(promise: Promise<T>, query: URLSearchParams): Promise<T>
  /** The time of a request with this query. */
  longestMs(query: URLSearchParams): number
}

interface Running {
  readonly until: number
  expire(): void
}

/** One timer for all that take the longest: each request would have one of its own, and nearly none is ever due. */
export function createDeadlines(longestMs: number, now: () => number = () => performance.now()): Deadlines {
  const running = new Set<Running>()
  let timer: NodeJS.Timeout | undefined
  const due = () => {
    timer = undefined
    const at = now()
    for (const one of running) {
      if (one.until > at) break
      running.delete(one)
      one.expire()
    }
    arm()
  }
  const arm = () => {
    const [first] = running
    if (first && !timer) timer = setTimeout(due, Math.max(1, first.until - now())).unref()
  }
  return {
    longestMs: (query) => timeoutOf(query, longestMs),
    within(promise, query) {
      const own = timeoutOf(query, longestMs)
      return new Promise((resolve, reject) => {
        const expire = () => reject(new RequestTimeout())
        let end: () => void
        if (own < longestMs) {
          const mine = setTimeout(expire, own)
          end = () => clearTimeout(mine)
        } else {
          const one = { until: now() + longestMs, expire }
          running.add(one)
          arm()
          end = () => void running.delete(one)
        }
        promise.then(
          (value) => {
            end()
            resolve(value)
          },
          (error: unknown) => {
            end()
            reject(error)
          },
        )
      })
    },
  }
}

function timeoutOf(query: URLSearchParams, longestMs: number): number {
  const text = query.size > 0 ? query.get('timeout') : null
  if (!text) return longestMs
  const ms = parseDuration(text)
  if (ms === undefined) throw newBadRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`)
  return ms > 0 ? Math.min(ms, longestMs) : longestMs
}

/** The request was given up. */
export class RequestTimeout extends StatusError {
  constructor() {
    super({ code: 504, reason: 'Timeout', message: 'Timeout: request did not complete within the allotted timeout', details: {} })
  }
}
