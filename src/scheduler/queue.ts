/**
 * The scheduling queue (upstream: backend/queue): pods ready to be tried, by priority and age; pods that failed and
 * wait out a back-off; and pods that could not be placed, which stay aside until something happens that may help them.
 * A scheduler with nothing else to do takes pods out of their back-off early (SchedulerPopFromBackoffQ), but not those
 * whose attempt ended in an error: for them the wait protects the API server.
 */

import type { Pod } from '../api/types/core-v1.ts'
import type { Clock } from '../client/clock.ts'
import { resourceInfo } from '../client/resources.ts'
import type { ClusterEvent, NodeChange, Plugin, Profile } from './framework.ts'
import { createHeap } from './heap.ts'
import type { QueueEvent, QueuePart, SchedulerMetrics } from './metrics.ts'
import { byPriority, compareQueued } from './plugins/priority-sort.ts'
import { createPodInfo, specChanged } from './pod-info.ts'

export interface QueuedPod {
  pod: Pod
  readonly key: string
  /** When it came into the queue last; ties of priority go by it. */
  timestamp: number
  /** When it could be tried first; gates that it waited at before do not count. */
  firstSeen: number | undefined
  attempts: number
  /** Attempts that plugins ended with no node, and those in a row that ended in an error: what the back-off grows with. */
  unschedulableCount: number
  errors: number
  /** The plugins that turned it down in its last cycle, or that keep it out of the queue. */
  rejectedBy: readonly Plugin[]
  /** What happened while it was being tried; judged when it failed. */
  events: (ClusterEvent | 'updated')[]
  /** Until when it waits, while it is in the back-off part. */
  backoffUntil: number
}

export interface SchedulingQueue {
  add(pod: Pod): void
  update(pod: Pod): void
  remove(key: string): void
  /** The next pod to try; it is in flight until `done` or `failed`. */
  pop(): QueuedPod | undefined
  done(queued: QueuedPod): void
  /** The pod could not be placed: it waits for an event that one of the plugins says may help. */
  failed(queued: QueuedPod, rejectedBy: readonly Plugin[]): void
  /** The attempt itself failed (a conflict, the server away): it is tried again after its back-off. */
  retry(queued: QueuedPod): void
  happened(event: ClusterEvent): void
  /** Tries a pod at once, wherever it waits. */
  activate(key: string): void
  /** Something that keeps the pod out of the queue, and is no event of the cluster, is over. */
  openGate(key: string): void
  /** What is known of a pod that is in flight and assumed. */
  refresh(pod: Pod): void
  readonly sizes: Readonly<Record<QueuePart, number>>
  /** How many of the pods that could not be placed each plugin turned down, by profile. */
  rejections(): Iterable<readonly [labels: readonly [plugin: string, profile: string], count: number]>
  close(): void
}

export interface QueueOptions {
  readonly clock: Clock
  readonly metrics: SchedulerMetrics
  /** The plugins that may keep the pod out of the queue. */
  readonly preEnqueue: (pod: Pod) => Profile['at']['preEnqueue']
  /** Called when there is something to pop. */
  readonly wake: () => void
  readonly initialBackoffMs?: number
  readonly maxBackoffMs?: number
  /** A pod is tried again after this long even when nothing happened (upstream's podMaxInUnschedulablePodsDuration). */
  readonly maxUnschedulableMs?: number
}

/** Events kept for a pod that is being tried; where more happened, one of them is taken to have helped. */
const mostEvents = 100

export function createSchedulingQueue(options: QueueOptions): SchedulingQueue {
  const { clock, metrics, preEnqueue, wake, initialBackoffMs = 1000, maxBackoffMs = 10_000, maxUnschedulableMs = 300_000 } = options
  const active = createHeap<QueuedPod>(compareQueued)
  const backoff = new Map<string, { queued: QueuedPod; cancel: () => void }>()
  /** Of `backoff`, those that may be taken early: by the second their wait ends in, then by priority. */
  const resting = createHeap<QueuedPod>((a, b) => Math.floor(a.backoffUntil / 1000) - Math.floor(b.backoffUntil / 1000) || byPriority(a, b))
  const unschedulable = new Map<string, { queued: QueuedPod; cancel: () => void; since: number }>()
  const gated = new Map<string, QueuedPod>()
  const inFlight = new Map<string, QueuedPod>()

  const backoffOf = ({ unschedulableCount, errors }: QueuedPod) =>
    Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.max(0, (errors || unschedulableCount) - 1))

  const gateOf = (pod: Pod) => preEnqueue(pod).find((plugin) => plugin.preEnqueue(pod) !== undefined)

  function toActive(queued: QueuedPod, event: QueueEvent): void {
    const gate = gateOf(queued.pod)
    if (gate) {
      queued.rejectedBy = [gate]
      gated.set(queued.key, queued)
      metrics.incoming(event, 'gated')
      return
    }
    queued.firstSeen ??= clock.now()
    active.push(queued.key, queued)
    metrics.incoming(event, 'active')
    wake()
  }
  function startBackoff(queued: QueuedPod, ms: number, event: QueueEvent, failedByError = false): void {
    if (ms <= 0) return toActive(queued, event)
    queued.backoffUntil = clock.now() + ms
    const cancel = clock.after(ms, () => {
      take(queued.key)
      toActive(queued, 'BackoffComplete')
    })
    backoff.set(queued.key, { queued, cancel })
    metrics.incoming(event, 'backoff')
    if (failedByError) return
    resting.push(queued.key, queued)
    if (active.size === 0) wake()
  }
  const wakes = (queued: QueuedPod, event: ClusterEvent | 'updated') =>
    event === 'updated' ||
    queued.rejectedBy.length === 0 ||
    queued.rejectedBy.some((plugin) => plugin.wakes?.(createPodInfo(queued.pod), event))
  /** The longest in `resting` that no gate holds now. */
  function popResting(): QueuedPod | undefined {
    for (let queued = resting.pop(); queued; queued = resting.pop()) {
      backoff.get(queued.key)?.cancel()
      backoff.delete(queued.key)
      if (gateOf(queued.pod)) toActive(queued, 'BackoffComplete')
      else {
        metrics.incoming('PopFromBackoffQ', 'active')
        return queued
      }
    }
    return undefined
  }
  function take(key: string): QueuedPod | undefined {
    const waiting = backoff.get(key) ?? unschedulable.get(key)
    waiting?.cancel()
    backoff.delete(key)
    resting.remove(key)
    unschedulable.delete(key)
    const queued = waiting?.queued ?? gated.get(key) ?? active.remove(key)
    gated.delete(key)
    return queued
  }

  /** Whether the pod was in flight; another of that name may be. */
  const land = (queued: QueuedPod): boolean => inFlight.get(queued.key) === queued && inFlight.delete(queued.key)

  return {
    add(pod) {
      const key = `${pod.metadata.namespace}/${pod.metadata.name}`
      take(key)
      const now = clock.now()
      const counts = { attempts: 0, unschedulableCount: 0, errors: 0 }
      const queued = { pod, key, timestamp: now, firstSeen: undefined, ...counts, rejectedBy: [], events: [], backoffUntil: 0 }
      toActive(queued, 'UnschedulablePodAdd')
    },
    update(pod) {
      const key = `${pod.metadata.namespace}/${pod.metadata.name}`
      const flying = inFlight.get(key)
      if (flying) {
        if (schedulingChanged(flying.pod, pod)) flying.events.push('updated')
        flying.pod = pod
        return
      }
      const before = active.get(key)
      if (before) {
        before.pod = pod
        active.push(key, before)
        return
      }
      const waiting = unschedulable.get(key)
      if (waiting) {
        const changed = schedulingChanged(waiting.queued.pod, pod)
        waiting.queued.pod = pod
        if (!changed) return
        waiting.cancel()
        unschedulable.delete(key)
        startBackoff(waiting.queued, backoffOf(waiting.queued) - (clock.now() - waiting.since), 'UnschedulablePodUpdate')
        return
      }
      const resting = backoff.get(key)
      if (resting) {
        resting.queued.pod = pod
        return
      }
      const queued = take(key)
      if (!queued) return this.add(pod)
      queued.pod = pod
      toActive(queued, 'UnschedulablePodUpdate')
    },
    remove(key) {
      take(key)
      inFlight.delete(key)
    },
    pop() {
      const queued = active.pop() ?? popResting()
      if (!queued) return undefined
      queued.attempts++
      queued.events = []
      inFlight.set(queued.key, queued)
      return queued
    },
    done(queued) {
      land(queued)
    },
    failed(queued, rejectedBy) {
      if (!land(queued)) return // removed meanwhile
      queued.rejectedBy = rejectedBy
      queued.unschedulableCount++
      queued.errors = 0
      queued.timestamp = clock.now()
      if (queued.events.length === mostEvents || queued.events.some((event) => wakes(queued, event)))
        return startBackoff(queued, backoffOf(queued), 'ScheduleAttemptFailure')
      const cancel = clock.after(maxUnschedulableMs, () => {
        unschedulable.delete(queued.key)
        toActive(queued, 'UnschedulableTimeout')
      })
      unschedulable.set(queued.key, { queued, cancel, since: clock.now() })
      metrics.incoming('ScheduleAttemptFailure', 'unschedulable')
    },
    retry(queued) {
      if (!land(queued)) return
      queued.errors++
      queued.timestamp = clock.now()
      startBackoff(queued, backoffOf(queued), 'ScheduleAttemptFailure', true)
    },
    happened(event) {
      for (const { events } of inFlight.values()) if (events.length < mostEvents) events.push(event)
      // A copy: a pod that its gate still holds comes back into the map, at its end.
      for (const [key, queued] of [...gated]) {
        if (!wakes(queued, event)) continue
        gated.delete(key)
        toActive(queued, labelOf(event))
      }
      for (const [key, { queued, cancel, since }] of unschedulable) {
        if (!wakes(queued, event)) continue
        cancel()
        unschedulable.delete(key)
        startBackoff(queued, backoffOf(queued) - (clock.now() - since), labelOf(event))
      }
    },
    activate(key) {
      if (active.get(key)) return
      const queued = take(key)
      if (queued) toActive(queued, 'ForceActivate')
    },
    openGate(key) {
      const queued = gated.get(key)
      if (!queued) return
      gated.delete(key)
      toActive(queued, 'ForceActivate')
    },
    refresh(pod) {
      const flying = inFlight.get(`${pod.metadata.namespace}/${pod.metadata.name}`)
      if (flying) flying.pod = pod
    },
    get sizes() {
      return { active: active.size, backoff: backoff.size, unschedulable: unschedulable.size, gated: gated.size }
    },
    rejections() {
      const counts = new Map<string, readonly [labels: readonly [string, string], count: number]>()
      for (const queued of [...gated.values(), ...[...unschedulable.values()].map((u) => u.queued)])
        for (const { name } of queued.rejectedBy) {
          const labels = [name, queued.pod.spec.schedulerName ?? 'default-scheduler'] as const
          counts.set(labels.join(), [labels, (counts.get(labels.join())?.[1] ?? 0) + 1])
        }
      return counts.values()
    },
    close() {
      for (const { cancel } of [...backoff.values(), ...unschedulable.values()]) cancel()
    },
  }
}

/** What a pod's own update can change about where it fits; the rest of its status does not matter. */
function schedulingChanged(before: Pod, pod: Pod): boolean {
  const parts = ({ metadata, status }: Pod) => JSON.stringify([metadata.labels, status?.resourceClaimStatuses])
  return specChanged(pod, before) || parts(before) !== parts(pod)
}

const nodeUpdates = {
  allocatable: 'Allocatable',
  labels: 'Label',
  taints: 'Taint',
  unschedulable: 'Taint',
  condition: 'Condition',
  declaredFeatures: 'DeclaredFeature',
} as const satisfies Record<NodeChange, string>

/** What happened, in upstream's words for its metrics (ClusterEvent.Label). */
function labelOf(event: ClusterEvent): QueueEvent {
  switch (event.kind) {
    case 'node-added':
      return 'NodeAdd'
    case 'node-updated':
      return `NodeUpdateNode${nodeUpdates[[...event.changed][0] as NodeChange]}`
    case 'node-deleted':
      return 'NodeDelete'
    case 'pod-assigned':
      return 'AssignedPodAdd'
    case 'pod-updated':
      return 'AssignedPodUpdate'
    case 'pod-deleted':
      return 'AssignedPodDelete'
    default:
      return `${resourceInfo(event.resource).kind}${event.deleted ? 'Delete' : event.before ? 'Update' : 'Add'}`
  }
}
