/** The scheduler's metrics, under upstream's names (pkg/scheduler/metrics). */
import { exponentialBuckets, type Histogram, type MetricsRegistry } from '../metrics/metrics.ts'

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error'
export type ExtensionPoint = 'PreFilter' | 'Filter' | 'PostFilter' | 'PreScore' | 'Score' | 'Reserve' | 'PreBind' | 'Bind'
type Status = 'Success' | 'Unschedulable' | 'Error'

/** Why a pod comes into a part of the queue: something of its own, or the cluster's event by its name. */
export type QueueEvent =
  | 'ScheduleAttemptFailure'
  | 'BackoffComplete'
  | 'PopFromBackoffQ'
  | 'ForceActivate'
  | 'UnschedulableTimeout'
  | `${string}${'Add' | 'Update' | 'Delete'}`
  | `${'Node' | 'AssignedPod'}Update${string}`
export type QueuePart = 'active' | 'backoff' | 'unschedulable' | 'gated'

export interface SchedulerMetrics {
  attempt(result: AttemptResult, profile: string, seconds: number): void
  /** A pod has its node: after so many attempts, and so long after it came into the queue. */
  scheduled(attempts: number, seconds: number): void
  algorithm(seconds: number): void
  preemptionAttempt(): void
  preemption(victims: number): void
  incoming(event: QueueEvent, queue: QueuePart): void
  /** Starts a watch that tells how long each point took since the one before. */
  timer(profile: string): (point: ExtensionPoint, status: Status) => void
  /** Read when the metrics are. */
  watch(sizes: {
    queue: () => Readonly<Record<QueuePart, number>>
    cache: () => Readonly<Record<'nodes' | 'pods' | 'assumed_pods', number>>
    unschedulable: () => Iterable<readonly [labels: readonly [plugin: string, profile: string], count: number]>
  }): void
}

export function createSchedulerMetrics(registry: MetricsRegistry): SchedulerMetrics {
  const attempts = registry.counter('scheduler_schedule_attempts_total', 'Attempts to schedule pods, by result.', ['result', 'profile'])
  const durations = registry.histogram(
    'scheduler_scheduling_attempt_duration_seconds',
    'Time of an attempt, binding included.',
    ['result', 'profile'],
    exponentialBuckets(0.001, 2, 15),
  )
  const algorithm = registry.histogram(
    'scheduler_scheduling_algorithm_duration_seconds',
    'Time to choose a node.',
    [],
    exponentialBuckets(0.001, 2, 15),
  )
  const points: Histogram = registry.histogram(
    'scheduler_framework_extension_point_duration_seconds',
    'Time of all plugins of an extension point.',
    ['extension_point', 'status', 'profile'],
    exponentialBuckets(0.0001, 2, 12),
  )
  const tries = registry.histogram(
    'scheduler_pod_scheduling_attempts',
    'Attempts until a pod was scheduled.',
    [],
    exponentialBuckets(1, 2, 5),
  )
  const sli = registry.histogram(
    'scheduler_pod_scheduling_sli_duration_seconds',
    'Time from when a pod came into the queue until it was scheduled.',
    ['attempts'],
    exponentialBuckets(0.01, 2, 20),
  )
  const preemptions = registry.counter('scheduler_preemption_attempts_total', 'Preemptions so far.')
  const victims = registry.histogram('scheduler_preemption_victims', 'Pods preempted for one pod.', [], exponentialBuckets(1, 2, 7))
  const incoming = registry.counter('scheduler_queue_incoming_pods_total', 'Pods that came into a queue, by why.', ['event', 'queue'])
  return {
    attempt(result, profile, seconds) {
      attempts.add([result, profile])
      durations.observe(seconds, [result, profile])
    },
    scheduled(count, seconds) {
      tries.observe(count)
      sli.observe(seconds, [count >= 15 ? '15+' : String(count)])
    },
    algorithm: (seconds) => algorithm.observe(seconds),
    preemptionAttempt: () => preemptions.add(),
    preemption: (count) => victims.observe(count),
    incoming: (event, queue) => incoming.add([event, queue]),
    timer(profile) {
      let last = performance.now()
      return (point, status) => {
        const now = performance.now()
        points.observe((now - last) / 1000, [point, status, profile])
        last = now
      }
    },
    watch({ queue, cache, unschedulable }) {
      const byName = (sizes: Readonly<Record<string, number>>) => Object.entries(sizes).map(([name, size]) => [[name], size] as const)
      registry.collect('scheduler_pending_pods', 'Pods that wait, by queue.', ['queue'], () => byName(queue()))
      registry.collect('scheduler_cache_size', 'What the cache holds.', ['type'], () => byName(cache()))
      registry.collect('scheduler_unschedulable_pods', 'Pods that a plugin turned down.', ['plugin', 'profile'], unschedulable)
    },
  }
}
