/**
 * One thread serves all requests, and what is ready in a turn of its loop is served before anything else is read. So a
 * turn takes in requests for a moment only: the rest waits in its queues, in fair order, while the next turn reads what
 * others sent meanwhile. (Upstream leaves this to Go's scheduler, which has a thread for each.)
 */
export interface Turn {
  /** Whether this turn has time left for one more. */
  open(): boolean
  /** Goes on in the next turn. */
  again(): void
  /** A request of this flow came. */
  seen(flow: string): void
}

/** About three small requests: what somebody's request waits for beside a flood. */
const sharedMs = 0.2
/** As long as one flow is alone, shorter turns would only cost it: each begins by asking the kernel what is there. */
const aloneMs = 2
const companyMs = 10_000
const mostPerTurn = 16

/** `serve` serves one, and says whether there may be more. */
export function createTurn(now: () => number, serve: () => boolean): Turn {
  let startedAt: number | undefined
  let left = 0
  let idle = false
  let latest = ''
  let sharedUntil = 0
  const over = () => {
    startedAt = undefined
  }
  const open = () => {
    const at = now()
    if (startedAt !== undefined) return at - startedAt < (at < sharedUntil ? sharedMs : aloneMs)
    startedAt = at
    setImmediate(over)
    return true
  }
  /** Each in an immediate of its own: what it started has run before the next looks at the clock. */
  const step = () => {
    left--
    if (!idle && open()) idle = !serve()
    if (left === 0 && !idle) again()
  }
  const again = () => {
    if (left > 0) {
      idle = false
      return
    }
    left = mostPerTurn
    idle = false
    for (let i = 0; i < mostPerTurn; i++) setImmediate(step)
  }
  return {
    open,
    again,
    seen(flow) {
      if (flow === latest) return
      if (latest !== '') sharedUntil = now() + companyMs
      latest = flow
    },
  }
}
