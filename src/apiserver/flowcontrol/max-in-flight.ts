/** Without priority and fairness: so many reads and so many writes at a time, and no queue (upstream: filters/maxinflight.go). */
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import { isLongRunning } from '../request-info.ts'
import { type FlowFilter, mutates, type Room } from './flow-control.ts'

/** 0 of a kind is no limit. */
export function createMaxInFlight(metrics: MetricsRegistry, limits: { readonly readOnly: number; readonly mutating: number }): FlowFilter {
  const inFlight = { readOnly: 0, mutating: 0 }
  metrics.collect(
    'apiserver_current_inflight_requests',
    '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    ['request_kind'],
    () => Object.entries(inFlight).map(([kind, count]) => [[kind], count] as const),
  )
  const free: Room = { release() {} }
  return (_request, user, info) => {
    const kind = mutates(info) ? 'mutating' : 'readOnly'
    if (isLongRunning(info) || limits[kind] === 0) return free
    // Who repairs the server gets in.
    if (inFlight[kind] >= limits[kind] && !user.groups.includes('system:masters')) return { retryAfterSeconds: 1 }
    inFlight[kind]++
    let released = false
    return {
      release() {
        if (released) return
        released = true
        inFlight[kind]--
      },
    }
  }
}
