/** The order of the queue: by priority, and by age among equals. */
import type { Plugin } from '../framework.ts'
import type { QueuedPod } from '../queue.ts'

export const prioritySort: Plugin = { name: 'PrioritySort' }

export const byPriority = (a: QueuedPod, b: QueuedPod): number => (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0)
export const compareQueued = (a: QueuedPod, b: QueuedPod): number => byPriority(a, b) || a.timestamp - b.timestamp
