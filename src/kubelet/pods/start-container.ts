/**
 * Starts one container (kuberuntime_container.go startContainer): its image, its configuration, then created, started,
 * and its postStart hook. What keeps it from running shows as the reason that it waits.
 */
import { rmSync } from 'node:fs'
import type { Container, Pod, PodStatus } from '../../api/types/core-v1.ts'
import type * as cri from '../../runtime/cri/types.ts'
import { containerConfig, terminationFile } from '../container-config.ts'
import { criErrorText } from '../cri.ts'
import { ConfigError, makeEnvironment } from '../env.ts'
import { WaitError } from '../images.ts'
import { runHook } from '../lifecycle.ts'
import { rotatedLogs } from '../log-rotation.ts'
import { newest } from '../status.ts'
import type { MountedVolumes } from '../volumes.ts'
import type { Sandbox } from './create-pod-sandbox.ts'
import { killContainer } from './kill-pod.ts'
import { factsOf, nameOf, type PodDeps, type PodWorker, readRuntime } from './pod-worker.ts'
import type { PulledImage, Puller } from './pull-images.ts'

export interface StartInputs {
  readonly sandbox: Sandbox
  readonly volumes: MountedVolumes
  readonly image: Promise<PulledImage>
  /** Fetches an image that the container mounts as a volume. */
  readonly pull: Puller
}

const hookTimeoutMs = 120_000
/** A container that could not be made is tried again after this long. */
const retryMs = 5000
/** How long ErrImagePull shows before it is said that the next pull has to wait. */
const showBackoffMs = 1000

export async function startContainer(
  deps: PodDeps,
  worker: PodWorker,
  container: Container,
  inputs: StartInputs,
  signal: AbortSignal,
): Promise<void> {
  const { pod, waiting } = worker
  try {
    const image = await inputs.image
    const config = await makeConfig(deps, worker, container, image, inputs)
    const id = await createContainer(deps, worker, container, config, inputs.sandbox)
    await start(deps, pod, container, id)
    void removeOld(deps, worker, container.name)
    await runPostStart(deps, worker, container, id, inputs.sandbox, signal)
    waiting.delete(container.name)
  } catch (error) {
    if (signal.aborted || !(error instanceof WaitError)) throw error
    waiting.set(container.name, { reason: error.reason, message: error.message })
    deps.event(pod, container, 'Warning', 'Failed', `Error: ${toldByReason.has(error.reason) ? error.reason : error.message}`)
    worker.wakeAt(error.retryAt ?? deps.clock.now() + (error.reason === 'ErrImagePull' ? showBackoffMs : retryMs))
  }
}

const toldByReason: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull'])

async function makeConfig(
  deps: PodDeps,
  worker: PodWorker,
  container: Container,
  image: PulledImage,
  { sandbox, volumes, pull }: StartInputs,
): Promise<cri.ContainerConfig> {
  const { pod, runtime } = worker
  const last = newest(runtime, container.name)
  const restartCount = last ? last.restartCount + 1 : restartsOf(deps.statuses.get(worker.uid) ?? pod.status, container.name)
  const imageVolumes = await pullImageVolumes(container, volumes, pull)
  const { podIPs } = sandbox
  try {
    const envs = await makeEnvironment(pod, container, deps.sources, { ...factsOf(deps, worker), podIPs })
    const imageUser = await readImageUser(deps, pod, container, image)
    const target = (container as { targetContainerName?: string }).targetContainerName
    const targetId = target ? newest(runtime, target)?.id : undefined
    const config = containerConfig(
      pod,
      container,
      { restartCount, image: image.spec, imageUser, envs, volumes, imageVolumes, podIPs, ...(targetId ? { targetId } : {}) },
      deps.settings,
    )
    return await deps.devices.configure(pod, container, config)
  } catch (error) {
    if (error instanceof ConfigError) throw new WaitError('CreateContainerConfigError', error.message)
    throw error
  }
}

async function pullImageVolumes(container: Container, { volumes }: MountedVolumes, pull: Puller): Promise<Map<string, cri.ImageSpec>> {
  const found = new Map<string, cri.ImageSpec>()
  for (const { name } of container.volumeMounts ?? []) {
    const { reference, pullPolicy } = volumes.get(name)?.image ?? {}
    if (!reference) continue
    const { imagePullPolicy: _own, ...asked } = container
    found.set(name, (await pull({ ...asked, image: reference, ...(pullPolicy ? { imagePullPolicy: pullPolicy } : {}) })).spec)
  }
  return found
}

/** Whom the image says that it runs as, where that matters: for runAsNonRoot. */
async function readImageUser(deps: PodDeps, pod: Pod, container: Container, image: PulledImage) {
  if (!(container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot)) return {}
  const { uid, username } = (await deps.cri.images.ImageStatus({ image: image.spec })).image ?? {}
  return { ...(uid?.value === undefined ? {} : { uid: Number(uid.value) }), ...(username ? { username } : {}) }
}

/** Where the runtime has lost the container that the status tells of, this one is its successor. */
function restartsOf(status: PodStatus | undefined, name: string): number {
  const found = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((c) => c.name === name)
  return (found?.restartCount ?? 0) + (found?.containerID ? 1 : 0)
}

async function createContainer(
  deps: PodDeps,
  worker: PodWorker,
  container: Container,
  config: cri.ContainerConfig,
  sandbox: Sandbox,
): Promise<string> {
  try {
    const made = await deps.cri.runtime.CreateContainer({ podSandboxId: sandbox.id, config, sandboxConfig: sandbox.config })
    const id = made.containerId as string
    if (config.linux?.resources) worker.applied.set(id, config.linux.resources)
    deps.event(worker.pod, container, 'Normal', 'Created', 'Container created')
    return id
  } catch (error) {
    throw new WaitError('CreateContainerError', criErrorText(error))
  }
}

async function start(deps: PodDeps, pod: Pod, container: Container, containerId: string): Promise<void> {
  try {
    await deps.cri.runtime.StartContainer({ containerId })
  } catch (error) {
    throw new WaitError('RunContainerError', criErrorText(error))
  }
  deps.event(pod, container, 'Normal', 'Started', 'Container started')
}

/** A container whose hook fails is killed, and started again as its restart policy says. */
async function runPostStart(
  deps: PodDeps,
  worker: PodWorker,
  container: Container,
  containerId: string,
  { podIPs }: Sandbox,
  signal: AbortSignal,
): Promise<void> {
  const hook = container.lifecycle?.postStart
  if (!hook) return
  const { pod } = worker
  try {
    await runHook(deps.cri, deps.clock, hook, { container, containerId, podIP: podIPs[0] ?? '' }, hookTimeoutMs, signal)
  } catch (error) {
    deps.event(pod, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed')
    deps.log.warn('postStart hook failed', { pod: nameOf(pod), container: container.name, error })
    const started = (await readRuntime(deps, worker)).containers.find((c) => c.id === containerId)
    if (started) await killContainer(deps, worker, started, { spec: container, message: 'FailedPostStartHook' })
    throw new WaitError('PostStartHookError', error instanceof Error ? error.message : String(error))
  }
}

/** Of each container one that ended is kept, for its logs (--maximum-dead-containers-per-container). */
async function removeOld(deps: PodDeps, worker: PodWorker, name: string): Promise<void> {
  const { pod } = worker
  const ended = worker.runtime.containers.filter((c) => c.name === name && c.state === 'exited')
  for (const container of ended.slice(1)) {
    try {
      await deps.cri.runtime.RemoveContainer({ containerId: container.id })
      worker.applied.delete(container.id)
      const logs = container.logPath ? [container.logPath, ...(await rotatedLogs(container.logPath))] : []
      for (const file of [terminationFile(pod, name, container.restartCount, deps.settings), ...logs]) rmSync(file, { force: true })
    } catch (error) {
      deps.log.warn('could not remove an old container', { pod: nameOf(pod), container: name, error: criErrorText(error) })
    }
  }
}
