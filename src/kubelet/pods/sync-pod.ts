/** Keeps a pod running as its spec says (kubelet.go SyncPod): admitted first, then its volumes, then what the runtime lacks. */
import { mkdirSync } from 'node:fs'
import type { Pod, PodStatus } from '../../api/types/core-v1.ts'
import { podFolder, podLogFolder } from '../container-config.ts'
import { allocatedBefore } from '../resize.ts'
import type { RuntimePod } from '../runtime-pods.ts'
import { type MountedVolumes, mountVolumes, referencesOf } from '../volumes.ts'
import { applyPodActions } from './apply-pod-actions.ts'
import { computePodActions, type PodActions } from './compute-pod-actions.ts'
import { factsOf, type PodDeps, type PodWorker, readRuntime } from './pod-worker.ts'
import { publishStatus } from './publish-status.ts'
import { allocateResize, finishResize } from './resize-pod.ts'

export async function syncPod(deps: PodDeps, worker: PodWorker): Promise<void> {
  worker.runtime = await readRuntime(deps, worker)
  if (!worker.admitted && !admit(deps, worker)) return
  const status = publishStatus(deps, worker)
  if (hasEnded(status)) return worker.terminate()
  if (isPastDeadline(deps, worker, status)) return
  allocateResize(deps, worker)
  const volumes = await mount(deps, worker)
  worker.signal.throwIfAborted()

  const { pod, signal } = worker
  const actions = computePodActions(pod, worker.runtime, deps.probes)
  if (await applyPodActions(deps, worker, actions, volumes, signal)) {
    worker.runtime = await readRuntime(deps, worker)
    if (isOutdated(actions, deps, pod, worker.runtime)) worker.wake()
  }
  finishResize(deps, worker)
  deps.probes.sync(worker.pod, worker.runtime)
  if (hasEnded(publishStatus(deps, worker))) worker.wake()
}

const hasEnded = ({ phase }: PodStatus): boolean => phase === 'Succeeded' || phase === 'Failed'

/** A pod that the node cannot take ends as Failed. What runs already was admitted before the kubelet's restart. */
function admit(deps: PodDeps, worker: PodWorker): boolean {
  const { pod, runtime } = worker
  const runs = runtime.containers.length > 0
  const others = deps.others(worker).map((w) => w.pod)
  const refused = runs ? undefined : deps.admit(pod, others)
  if (refused) {
    deps.event(pod, undefined, 'Warning', refused.reason, refused.message)
    worker.terminate({ phase: 'Failed', ...refused })
    return false
  }
  worker.admitted = true
  if (runs) worker.pod = allocatedBefore(pod)
  mkdirSync(podLogFolder(pod, deps.settings), { recursive: true, mode: 0o755 })
  return true
}

/** activeDeadlineSeconds (pkg/kubelet/active_deadline.go): the pod ends as Failed when its time is over. */
function isPastDeadline(deps: PodDeps, worker: PodWorker, { startTime }: PodStatus): boolean {
  const { activeDeadlineSeconds } = worker.pod.spec
  if (activeDeadlineSeconds === undefined || !startTime) return false
  const deadline = Date.parse(startTime) + activeDeadlineSeconds * 1000
  if (deadline > deps.clock.now()) {
    worker.wakeAt(deadline)
    return false
  }
  const message = 'Pod was active on the node longer than the specified deadline'
  deps.event(worker.pod, undefined, 'Normal', 'DeadlineExceeded', message)
  worker.terminate({ phase: 'Failed', reason: 'DeadlineExceeded', message })
  return true
}

async function mount(deps: PodDeps, worker: PodWorker): Promise<MountedVolumes> {
  const { pod, uid } = worker
  const folder = podFolder(pod, deps.settings)
  deps.objects.hold(uid, referencesOf(pod))
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  const volumes = await mountVolumes(pod, folder, {
    sources: deps.sources,
    token: deps.token,
    facts: () => factsOf(deps, worker),
    volumeOf: deps.claims.volumeOf,
  })
  worker.wakeAt(volumes.renewAt)
  return volumes
}

/** What was decided before an init container ended, or a sandbox came to be, is decided anew. */
function isOutdated(done: PodActions, deps: PodDeps, pod: Pod, runtime: RuntimePod): boolean {
  if (done.killPod) return true
  const next = computePodActions(pod, runtime, deps.probes)
  // Only what is new: a container that just failed to start waits for its back-off.
  const tried = new Set([...done.start, ...done.startEphemeral].map((c) => c.name))
  return next.killPod || next.start.some((c) => !tried.has(c.name))
}
