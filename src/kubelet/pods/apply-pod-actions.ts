/** Does what was decided (kuberuntime_manager.go SyncPod): sandbox, kills, resizes, then containers in their order. */
import { sandboxConfig } from '../container-config.ts'
import type { MountedVolumes } from '../volumes.ts'
import type { PodActions } from './compute-pod-actions.ts'
import { doBackOff } from './crash-backoff.ts'
import { createPodSandbox, readySandbox } from './create-pod-sandbox.ts'
import { killContainer, killPod } from './kill-pod.ts'
import type { PodDeps, PodWorker } from './pod-worker.ts'
import { createPuller } from './pull-images.ts'
import { resizeContainer } from './resize-pod.ts'
import { startContainer } from './start-container.ts'

/** Returns whether anything was done. */
export async function applyPodActions(
  deps: PodDeps,
  worker: PodWorker,
  actions: PodActions,
  volumes: MountedVolumes,
  signal: AbortSignal,
): Promise<boolean> {
  if (actions.killPod) {
    await killPod(deps, worker, undefined)
    return true
  }
  const { pod } = worker
  const attempt = actions.createSandbox?.attempt ?? worker.runtime.sandboxes[0]?.attempt ?? 0
  const config = sandboxConfig(pod, attempt, deps.settings)
  const starts = [...actions.start, ...actions.startEphemeral].filter((container) => !doBackOff(deps, worker, container))
  const pull = createPuller(deps, worker, config, signal)
  // Images are fetched while the sandbox is made; failures are told when it is the container's turn.
  const images = new Map(starts.map((container) => [container.name, pull(container)]))
  const pulled = Promise.allSettled(images.values())
  try {
    if (actions.createSandbox) await createPodSandbox(deps, worker, config)
    const sandbox = { ...readySandbox(deps, worker), config }
    await Promise.all(
      actions.kill.map(({ container, spec, reason, message }) => killContainer(deps, worker, container, { spec, reason, message })),
    )
    for (const { container, spec } of actions.resize) await resizeContainer(deps, worker, container, spec)
    for (const container of starts) {
      if (signal.aborted) break
      const image = images.get(container.name) as ReturnType<typeof pull>
      await startContainer(deps, worker, container, { sandbox, volumes, image, pull }, signal)
    }
  } finally {
    await pulled
  }
  signal.throwIfAborted()
  return actions.createSandbox !== undefined || actions.kill.length + actions.resize.length + starts.length > 0
}
