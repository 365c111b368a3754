/** A pod's status as it is now, handed on to be sent (kubelet_pods.go generateAPIPodStatus). */
import type { PodStatus } from '../../api/types/core-v1.ts'
import { podStatus, resizeConditions } from '../status.ts'
import type { PodDeps, PodWorker } from './pod-worker.ts'
import { terminationMessage } from './termination-message.ts'

/** The conditions that the kubelet itself reports. */
export const ownConditions: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  ...resizeConditions,
])

export function publishStatus(deps: PodDeps, worker: PodWorker): PodStatus {
  const { statuses, probes, settings } = deps
  const { pod, uid } = worker
  const status = podStatus({ ...pod, status: knownStatus(deps, worker) }, worker.runtime, {
    now: deps.clock.now(),
    hostIPs: deps.hostIPs(),
    runtimeName: deps.runtimeName,
    waiting: (name) => worker.waiting.get(name),
    probe: (kind, container, id) => probes.passes(kind, container, id),
    terminationMessage: (container, found) => worker.lastWords?.get(found.id) ?? terminationMessage(pod, container, found, settings),
    ...(worker.ended ? { ended: worker.ended } : {}),
    terminated: worker.state === 'TerminatedPod' && worker.admitted,
    resize: worker.resize,
  })
  statuses.set(uid, worker.state === 'TerminatedPod' ? status : untilStopped(status, statuses.get(uid)))
  return status
}

/** A pod has ended in the API's eyes only when nothing of it can run any more (status_manager.go mergePodStatus). */
function untilStopped(status: PodStatus, before: PodStatus | undefined): PodStatus {
  const hasEnded = (s: PodStatus | undefined) => s?.phase === 'Succeeded' || s?.phase === 'Failed'
  if (!hasEnded(status) || hasEnded(before)) return status
  const { phase: _phase, reason: _reason, message: _message, ...rest } = status
  const { phase = 'Pending', reason, message } = before ?? {}
  return { ...rest, phase, ...(reason ? { reason } : {}), ...(message ? { message } : {}) }
}

/** What was said last; but conditions of others, such as readiness gates, as the API has them. */
function knownStatus({ statuses }: PodDeps, { pod, uid }: PodWorker): PodStatus {
  const before = statuses.get(uid)
  if (!before) return pod.status ?? {}
  const foreign = pod.status?.conditions?.filter((c) => !ownConditions.has(c.type)) ?? []
  return { ...before, conditions: [...(before.conditions ?? []).filter((c) => ownConditions.has(c.type)), ...foreign] }
}
