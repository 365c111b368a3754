/** Resizes a running pod in place (pkg/kubelet/allocation, KEP-1287): the node gives, containers follow, the pod's cgroup is last to shrink. */
import type { Container } from '../../api/types/core-v1.ts'
import { podCgroup } from '../container-config.ts'
import { criErrorText } from '../cri.ts'
import { containerResize, hasResourcesOf, resizeMessage, resizeRefusal, withAllocated } from '../resize.ts'
import { isSidecar, linuxResources, podCgroupLimits } from '../resources.ts'
import type { RuntimeContainer } from '../runtime-pods.ts'
import { newest } from '../status.ts'
import { limitPodCgroup } from './pod-cgroup.ts'
import type { PodDeps, PodWorker } from './pod-worker.ts'
import { publishStatus } from './publish-status.ts'

/** A resize that failed is tried again after this long. */
const retryMs = 5000

/** Gives the pod the resources that it asks for by now, or says why not. */
export function allocateResize(deps: PodDeps, worker: PodWorker): void {
  const { pod, desired } = worker
  if (hasResourcesOf(pod, desired)) {
    const { pending: _over, ...rest } = worker.resize
    worker.resize = rest
    return
  }
  const others = deps.others(worker)
  const refused = resizeRefusal(
    desired,
    others.map((w) => w.pod),
    deps.allocatable(),
  )
  if (refused) {
    if (worker.resize.pending?.message !== refused.message) {
      const message = resizeMessage(refused.reason.toLowerCase(), desired, refused.message)
      deps.event(pod, undefined, 'Warning', `Resize${refused.reason}`, message)
    }
    worker.resize = { ...worker.resize, pending: refused }
    return
  }
  growPodCgroup(deps, worker)
  worker.pod = withAllocated(pod, desired)
  worker.resize = { progress: {} }
  deps.event(pod, undefined, 'Normal', 'ResizeStarted', resizeMessage('started', desired))
  publishStatus(deps, worker)
  for (const other of others) if (other.resize.pending) other.wake()
}

/** Until its containers have followed, the pod is held to the larger of what it had and what it gets. */
function growPodCgroup({ settings, cgroups }: PodDeps, { pod, desired }: PodWorker): void {
  const before = podCgroupLimits(pod)
  const { memoryBytes, cpuQuota, cpuShares, cpuPeriod } = podCgroupLimits(desired)
  cgroups.limit(podCgroup(pod, settings), {
    cpuPeriod,
    cpuShares: Math.max(cpuShares, before.cpuShares),
    ...(cpuQuota && before.cpuQuota ? { cpuQuota: Math.max(cpuQuota, before.cpuQuota) } : {}),
    ...(memoryBytes && before.memoryBytes ? { memoryBytes: Math.max(memoryBytes, before.memoryBytes) } : {}),
  })
}

export async function resizeContainer(deps: PodDeps, worker: PodWorker, found: RuntimeContainer, spec: Container): Promise<void> {
  try {
    const linux = linuxResources(worker.pod, spec, deps.settings.memoryCapacity)
    await deps.cri.runtime.UpdateContainerResources({ containerId: found.id, linux })
    worker.applied.set(found.id, linux)
  } catch (error) {
    fail(deps, worker, criErrorText(error))
  }
}

/** Once every container has what it was given, so has the pod. */
export function finishResize(deps: PodDeps, worker: PodWorker): void {
  const { pod, runtime } = worker
  if (!worker.resize.progress) return
  const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []).filter(isSidecar)]
  const isOpen = (container: Container) => {
    const found = newest(runtime, container.name)
    return found?.state === 'running' && containerResize(pod, container, found) !== 'none'
  }
  if (containers.some(isOpen)) return
  try {
    limitPodCgroup(deps, worker)
  } catch (error) {
    fail(deps, worker, (error as Error).message)
    return
  }
  const { progress: _over, ...rest } = worker.resize
  worker.resize = rest
  deps.event(pod, undefined, 'Normal', 'ResizeCompleted', resizeMessage('completed', pod))
}

function fail(deps: PodDeps, worker: PodWorker, error: string): void {
  if (worker.resize.progress?.error !== error)
    deps.event(worker.pod, undefined, 'Warning', 'ResizeError', resizeMessage('error', worker.pod, error))
  worker.resize = { ...worker.resize, progress: { error } }
  worker.wakeAt(deps.clock.now() + retryMs)
}
