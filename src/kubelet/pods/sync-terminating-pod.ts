/** Ends a pod (kubelet.go SyncTerminatingPod): no more liveness checks, all containers stopped within the grace, then the sandbox. */
import type { Pod } from '../../api/types/core-v1.ts'
import { criErrorText } from '../cri.ts'
import { killPod } from './kill-pod.ts'
import { type PodDeps, type PodWorker, readRuntime } from './pod-worker.ts'
import { publishStatus } from './publish-status.ts'

export async function syncTerminatingPod(deps: PodDeps, worker: PodWorker): Promise<void> {
  deps.probes.stopLiveness(worker.uid)
  worker.runtime = await readRuntime(deps, worker)
  if (worker.admitted || worker.runtime.containers.length > 0) publishStatus(deps, worker)
  await killPod(deps, worker, graceOf(worker))
  worker.runtime = await readRuntime(deps, worker)
  deps.probes.remove(worker.uid)
  worker.waiting.clear()
  worker.state = 'TerminatedPod'
  publishStatus(deps, worker)
  worker.wake()
}

type Grace = Pick<PodWorker, 'pod' | 'graceSeconds'>
const graceOf = ({ pod, graceSeconds }: Grace): number | undefined => graceSeconds ?? pod.metadata.deletionGracePeriodSeconds ?? undefined

/** Containers on their way out get the shorter of both times. */
export function hastenTermination(deps: PodDeps, worker: PodWorker, before: Grace): void {
  const grace = (of: Grace): number => graceOf(of) ?? podGrace(of.pod)
  const timeout = grace(worker)
  if (timeout >= grace(before)) return
  for (const { id, state } of worker.runtime.containers) {
    if (state !== 'running') continue
    deps.cri.runtime
      .StopContainer({ containerId: id, timeout })
      .catch((error: unknown) => deps.log.warn('could not stop a container', { error: criErrorText(error) }))
  }
}

const podGrace = (pod: Pod): number => pod.spec.terminationGracePeriodSeconds ?? 30
