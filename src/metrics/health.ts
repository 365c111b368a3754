/** What health checks came to, under the names of upstream's component-base (metrics/prometheus/slis). */
import type { MetricsRegistry } from './metrics.ts'

/** Told of each check's outcome. */
export type HealthMetrics = (name: string, type: string, well: boolean) => void

export function createHealthMetrics(metrics: MetricsRegistry): HealthMetrics {
  const last = metrics.gauge('kubernetes_healthcheck', '[STABLE] This metric records the result of a single healthcheck.', ['name', 'type'])
  const all = metrics.counter('kubernetes_healthchecks_total', '[STABLE] This metric records the results of all healthcheck.', [
    'name',
    'type',
    'status',
  ])
  return (name, type, well) => {
    last.set(well ? 1 : 0, [name, type])
    all.add([name, type, well ? 'success' : 'error'])
  }
}
