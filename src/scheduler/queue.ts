/**
 * The scheduling queue (upstream: backend/queue): pods ready to be tried, by priority and age; pods that failed and
 * wait out a back-off; and pods that could not be placed, which stay aside until something happens that may help them.
 */

import type { Pod } from '../api/types/core-v1.ts'
import type { Clock } from '../client/clock.ts'
import type { ClusterEvent, Plugin } from './framework.ts'
import { createHeap } from './heap.ts'
import { createPodInfo } from './pod-info.ts'

export interface QueuedPod {
  pod: Pod
  readonly key: string
  /** When it came into the queue last; ties of priority go by it. */
  timestamp: number
  attempts: number
  /** The plugins that turned it down in its last cycle. */
  rejectedBy: readonly Plugin[]
  /** Something happened while it was being tried. */
  movedWhileInFlight: boolean
  nominatedNode?: string
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
  readonly sizes: { readonly active: number; readonly backoff: number; readonly unschedulable: number; readonly gated: number }
  close(): void
}

export interface QueueOptions {
  readonly clock: Clock
  readonly preEnqueue: readonly Plugin[]
  /** Called when there is something to pop. */
  readonly wake: () => void
  readonly initialBackoffMs?: number
  readonly maxBackoffMs?: number
  /** A pod is tried again after this long even when nothing happened (upstream's podMaxInUnschedulablePodsDuration). */
  readonly maxUnschedulableMs?: number
}

export function createSchedulingQueue(options: QueueOptions): SchedulingQueue {
  const { clock, preEnqueue, wake, initialBackoffMs = 1000, maxBackoffMs = 10_000, maxUnschedulableMs = 300_000 } = options
  const active = createHeap<QueuedPod>((a, b) => (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0) || a.timestamp - b.timestamp)
  const backoff = new Map<string, { queued: QueuedPod; cancel: () => void }>()
  const unschedulable = new Map<string, { queued: QueuedPod; cancel: () => void; since: number }>()
  const gated = new Map<string, QueuedPod>()
  const inFlight = new Map<string, QueuedPod>()

  const backoffOf = ({ attempts }: QueuedPod) => Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.max(0, attempts - 1))

  function activate(queued: QueuedPod): void {
    if (preEnqueue.some((plugin) => plugin.preEnqueue?.(queued.pod) !== undefined)) {
      gated.set(queued.key, queued)
      return
    }
    active.push(queued.key, queued)
    wake()
  }
  function startBackoff(queued: QueuedPod, ms: number): void {
    if (ms <= 0) {
      activate(queued)
      return
    }
    const cancel = clock.after(ms, () => {
      backoff.delete(queued.key)
      activate(queued)
    })
    backoff.set(queued.key, { queued, cancel })
  }
  function take(key: string): QueuedPod | undefined {
    const waiting = backoff.get(key) ?? unschedulable.get(key)
    waiting?.cancel()
    backoff.delete(key)
    unschedulable.delete(key)
    const queued = waiting?.queued ?? gated.get(key) ?? active.remove(key)
    gated.delete(key)
    return queued
  }

  return {
    add(pod) {
      const key = `${pod.metadata.namespace}/${pod.metadata.name}`
      take(key)
      activate({ pod, key, timestamp: clock.now(), attempts: 0, rejectedBy: [], movedWhileInFlight: false })
    },
    update(pod) {
      const key = `${pod.metadata.namespace}/${pod.metadata.name}`
      const flying = inFlight.get(key)
      if (flying) {
        flying.movedWhileInFlight ||= flying.pod.spec !== pod.spec
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
        const changed =
          JSON.stringify([waiting.queued.pod.spec, waiting.queued.pod.metadata.labels]) !== JSON.stringify([pod.spec, pod.metadata.labels])
        waiting.queued.pod = pod
        if (!changed) return
      }
      const resting = backoff.get(key)
      if (resting) {
        resting.queued.pod = pod
        return
      }
      const queued = take(key)
      if (!queued) return this.add(pod)
      queued.pod = pod
      activate(queued)
    },
    remove(key) {
      take(key)
      inFlight.delete(key)
    },
    pop() {
      const queued = active.pop()
      if (!queued) return undefined
      queued.attempts++
      queued.movedWhileInFlight = false
      inFlight.set(queued.key, queued)
      return queued
    },
    done(queued) {
      inFlight.delete(queued.key)
    },
    failed(queued, rejectedBy) {
      if (!inFlight.delete(queued.key)) return // removed meanwhile
      queued.rejectedBy = rejectedBy
      queued.timestamp = clock.now()
      if (queued.movedWhileInFlight) return startBackoff(queued, backoffOf(queued))
      const cancel = clock.after(maxUnschedulableMs, () => {
        unschedulable.delete(queued.key)
        activate(queued)
      })
      unschedulable.set(queued.key, { queued, cancel, since: clock.now() })
    },
    retry(queued) {
      if (!inFlight.delete(queued.key)) return
      queued.timestamp = clock.now()
      startBackoff(queued, backoffOf(queued))
    },
    happened(event) {
      for (const queued of inFlight.values()) queued.movedWhileInFlight = true
      for (const [key, { queued, cancel, since }] of unschedulable) {
        const info = createPodInfo(queued.pod)
        if (queued.rejectedBy.length && !queued.rejectedBy.some((plugin) => plugin.wakes?.(info, event))) continue
        cancel()
        unschedulable.delete(key)
        startBackoff(queued, backoffOf(queued) - (clock.now() - since))
      }
    },
    get sizes() {
      return { active: active.size, backoff: backoff.size, unschedulable: unschedulable.size, gated: gated.size }
    },
    close() {
      for (const { cancel } of [...backoff.values(), ...unschedulable.values()]) cancel()
    },
  }
}
