/** The scheduler: pods without a node in, bindings out. Here its parts are put together, and its loop runs. */
import type { Pod } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { type Clock, systemClock } from '../client/clock.ts'
import { type EventRecorder, referenceTo } from '../client/events.ts'
import type { Informers } from '../client/informer.ts'
import type { Logger } from '../log/log.ts'
import { createClusterState } from './cluster-state.ts'
import { createProfiles, type SchedulerConfiguration } from './configuration.ts'
import { addAllEventHandlers } from './event-handlers.ts'
import { createExtenders } from './extender.ts'
import type { SchedulerMetrics } from './metrics.ts'
import { createNominator } from './nominator.ts'
import { createSchedulingQueue } from './queue.ts'
import { createScheduleOne } from './schedule-one.ts'
import { createNodeSearch } from './schedule-pod.ts'

export interface SchedulerDeps {
  readonly client: Client
  readonly informers: Informers
  readonly recorder: EventRecorder
  readonly log: Logger
  readonly metrics: SchedulerMetrics
  readonly clock?: Clock
  readonly random?: () => number
}

export interface Scheduler {
  /** Schedules until the signal is aborted; resolves when the caches have synced. */
  run(signal: AbortSignal): Promise<void>
}

/** Bindings under way at once; more would only wait in the API server. */
const mostBindings = 64
/** Cycles run this long before other work of the process gets a turn. */
const sliceMs = 5

export function createScheduler(deps: SchedulerDeps, configuration: SchedulerConfiguration = {}): Scheduler {
  const { client, informers, recorder, log, metrics, clock = systemClock, random = Math.random } = deps
  const cluster = createClusterState()
  const nominator = createNominator()
  const extenders = createExtenders(configuration.extenders)
  const profileOf = (pod: Pod) => profiles.get(pod.spec.schedulerName ?? 'default-scheduler')
  const namespaces = informers.of('namespaces')
  const namespaceLabels = (name: string) => namespaces.get(undefined, name)?.metadata.labels ?? {}
  const queue = createSchedulingQueue({
    clock,
    metrics,
    preEnqueue: (pod) => profileOf(pod)?.at.preEnqueue ?? [],
    wake: continueSoon,
    initialBackoffMs: (configuration.podInitialBackoffSeconds ?? 1) * 1000,
    maxBackoffMs: (configuration.podMaxBackoffSeconds ?? 10) * 1000,
  })
  const profiles = createProfiles(configuration, {
    ...{ client, informers, recorder, log, metrics, clock, random, extenders, nominator, queue },
  })
  const scheduleOne = createScheduleOne({
    ...{ client, log, metrics, clock, cluster, nominator, queue, extenders },
    search: createNodeSearch({ cluster, namespaceLabels, nominator, metrics, random }),
    bindingStarted(ended) {
      bindings++
      void ended.finally(() => {
        bindings--
        if (queue.sizes.active > 0) continueSoon()
      })
    },
  })

  let bindings = 0
  /** A cycle waits for an answer: as upstream, one pod at a time. */
  let isWaiting = false
  let isScheduled = false
  let stopped = false

  function continueSoon(): void {
    if (isScheduled || stopped || isWaiting) return
    isScheduled = true
    setImmediate(runSlice)
  }
  function runSlice(): void {
    isScheduled = false
    const until = performance.now() + sliceMs
    while (!stopped && !isWaiting && bindings < mostBindings && performance.now() < until) {
      const queued = queue.pop()
      if (!queued) return
      const { pod } = queued
      const profile = profileOf(pod)
      if (!profile || pod.metadata.deletionTimestamp) {
        // It waits for its finalizers only.
        profile?.recorder.event(referenceTo('pods', pod), 'Warning', 'FailedScheduling', `skip schedule deleting pod: ${queued.key}`)
        queue.done(queued)
        continue
      }
      const cycle = scheduleOne(queued, profile)
      if (!cycle) continue
      isWaiting = true
      void cycle.finally(() => {
        isWaiting = false
        continueSoon()
      })
    }
    if (queue.sizes.active > 0 && bindings < mostBindings) continueSoon()
  }

  return {
    async run(signal) {
      signal.addEventListener('abort', () => {
        stopped = true
        queue.close()
      })
      addAllEventHandlers({ informers, cluster, queue, nominator, isResponsibleFor: (pod) => profileOf(pod) !== undefined })
      metrics.watch({ queue: () => queue.sizes, cache: () => cluster.sizes, unschedulable: () => queue.rejections() })
      await informers.synced()
      log.info('the scheduler runs', { nodes: cluster.nodes.length, profiles: [...profiles.keys()] })
    },
  }
}
