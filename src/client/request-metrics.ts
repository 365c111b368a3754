/** The metrics of a component's requests to the API server, under client-go's names (tools/metrics). */
import type { MetricsRegistry } from '../metrics/metrics.ts'

/** Told of each answer: `code` is its HTTP status, or `<error>` where there was none. */
export type RequestObserver = (method: string, host: string, code: string, seconds: number) => void

export function createRequestMetrics(metrics: MetricsRegistry): RequestObserver {
  const count = metrics.counter('rest_client_requests_total', 'Requests to the API server, by answer.', ['code', 'host', 'method'])
  const duration = metrics.histogram(
    'rest_client_request_duration_seconds',
    'Time until the API server answered.',
    ['host', 'verb'],
    [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
  )
  return (method, host, code, seconds) => {
    count.add([code, host, method])
    duration.observe(seconds, [host, method])
  }
}
