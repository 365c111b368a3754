/** The scheduler's metrics, under upstream's names. */
import type { MetricsRegistry } from '../metrics/metrics.ts'

export interface SchedulerMetrics {
  attempt(result: 'scheduled' | 'unschedulable' | 'error', profile: string, seconds: number): void
  algorithm(seconds: number): void
  preempted(): void
  queue(sizes: () => { active: number; backoff: number; unschedulable: number; gated: number }): void
}

const buckets = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i)

export function createSchedulerMetrics(registry: MetricsRegistry): SchedulerMetrics {
  const attempts = registry.counter('scheduler_schedule_attempts_total', 'Attempts to schedule pods, by result.', ['result', 'profile'])
  const durations = registry.histogram(
    'scheduler_scheduling_attempt_duration_seconds',
    'Time of an attempt, binding included.',
    ['result', 'profile'],
    buckets,
  )
  const algorithm = registry.histogram('scheduler_scheduling_algorithm_duration_seconds', 'Time to choose a node.', [], buckets)
  const victims = registry.counter('scheduler_preemption_attempts_total', 'Pods preempted.')
  return {
    attempt(result, profile, seconds) {
      attempts.add([result, profile])
      durations.observe(seconds, [result, profile])
    },
    algorithm: (seconds) => algorithm.observe(seconds),
    preempted: () => victims.add(),
    queue: (sizes) =>
      registry.collect('scheduler_pending_pods', 'Pods that wait, by queue.', ['queue'], () =>
        Object.entries(sizes()).map(([name, size]) => [[name], size] as const),
      ),
  }
}
