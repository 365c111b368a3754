/**
 * One worker for each pod (pkg/kubelet/pod_workers.go): it is woken by the API, the runtime, probes and timers, looks
 * at what is and what should be, and does what is missing. Never twice at the same time for one pod; what wakes it
 * meanwhile makes it look once more. A pod is first kept running, then ended, then forgotten.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isConflict, isNotFound } from '../api/errors.ts'
import type { Container, Pod, PodStatus, Secret } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import type { Clock } from '../client/clock.ts'
import type { Logger } from '../log/log.ts'
import type * as cri from '../runtime/cri/types.ts'
import { type PodActions, podActions } from './actions.ts'
import { createBackoff } from './backoff.ts'
import { limitCgroup, removeCgroup } from './cgroups.ts'
import type { Claims } from './claims.ts'
import {
  containerConfig,
  containerHash,
  type NodeSettings,
  podCgroup,
  podFolder,
  podLogFolder,
  qosCgroup,
  sandboxConfig,
  terminationFile,
} from './container-config.ts'
import { annotations, type Cri, criErrorText } from './cri.ts'
import { ConfigError, type EnvSources, makeEnvironment, type PodFacts } from './env.ts'
import { type ImageManager, WaitError } from './images.ts'
import { runHook } from './lifecycle.ts'
import { rotatedLogs } from './log-rotation.ts'
import type { ObjectWatcher } from './objects.ts'
import type { ProbeManager } from './probes.ts'
import {
  allocatedBefore,
  containerResize,
  hasResourcesOf,
  type ResizeState,
  resizeMessage,
  resizeRefusal,
  withAllocated,
} from './resize.ts'
import { isSidecar, linuxResources, milliToShares, podCgroupLimits, podRequestMilli, qosClass } from './resources.ts'
import { type RuntimeContainer, type RuntimePod, readRuntimePod } from './runtime-pods.ts'
import { newest, podStatus, resizeConditions } from './status.ts'
import type { StatusManager } from './status-manager.ts'
import { type MountedVolumes, mountVolumes, referencesOf, removePodFolder, type VolumeDeps, VolumeError } from './volumes.ts'

export interface PodWorkerDeps {
  readonly cri: Cri
  readonly client: Client
  readonly clock: Clock
  readonly log: Logger
  readonly images: ImageManager
  readonly probes: ProbeManager
  readonly objects: ObjectWatcher
  readonly statuses: StatusManager
  readonly sources: EnvSources
  readonly token: VolumeDeps['token']
  readonly claims: Claims
  readonly settings: NodeSettings
  readonly runtimeName: string
  hostIPs(): readonly string[]
  allocatable(): Readonly<Record<string, string>>
  /** Why the node cannot take this pod beside `others`; undefined when it can. */
  admit(pod: Pod, others: readonly Pod[]): { reason: string; message: string } | undefined
  event(pod: Pod, container: Container | undefined, type: 'Normal' | 'Warning', reason: string, message: string): void
}

export interface PodWorkers {
  /** The pod as its source has it now. Deletion begins when it carries a deletion timestamp. */
  update(pod: Pod): void
  /** The source has it no longer: ended at once, and forgotten. */
  remove(uid: string): void
  wake(uid: string): void
  /** Ends the pod as Failed; resolves when nothing of it runs. */
  evict(uid: string, ended: { reason: string; message: string }, graceSeconds: number): Promise<void>
  get(uid: string): Pod | undefined
  runtime(uid: string): RuntimePod | undefined
  list(): readonly Pod[]
  /** Ends what the runtime has and no source knows. */
  killUnknown(uid: string, sandboxes: readonly string[]): Promise<void>
  /** Stops looking; containers run on. */
  stop(): Promise<void>
}

interface Worker {
  readonly uid: string
  /** As its source has it, but with the resources that the node has given it. */
  pod: Pod
  /** As its source has it. */
  desired: Pod
  resize: ResizeState
  /** The resources that the runtime took for a container, by its id. */
  readonly applied: Map<string, cri.LinuxContainerResources>
  runtime: RuntimePod | undefined
  admitted: boolean
  ended: { phase?: 'Failed'; reason?: string; message?: string } | undefined
  /** Set once the pod is to end; `graceSeconds` overrides what the pod asks for. */
  ending: { graceSeconds?: number } | undefined
  terminated: boolean
  /** The source has forgotten it. */
  removed: boolean
  busy: Promise<void> | undefined
  dirty: boolean
  abort: AbortController
  cancelTimer: () => void
  failures: number
  readonly waiting: Map<string, { reason: string; message: string }>
  readonly whenTerminated: PromiseWithResolvers<void>
}

/** Containers get this long even when a hook has used their grace up (kuberuntime minimumGracePeriodInSeconds). */
const minGraceSeconds = 2
const hookTimeoutMs = 120_000
const maxTerminationMessage = 4096
const maxTerminationLog = 2048
const maxTerminationLogLines = 80
const firstRetryMs = 500
/** A container that could not be made is tried again after this long. */
const retryMs = 5000
/** How long ErrImagePull shows before it is said that the next pull has to wait. */
const showBackoffMs = 1000
const mostRetryMs = 120_000

export function createPodWorkers(deps: PodWorkerDeps): PodWorkers {
  const { client, clock, log, images, probes, objects, statuses, settings } = deps
  const { runtime: rt } = deps.cri
  const workers = new Map<string, Worker>()
  const crashBackoff = createBackoff({ now: () => clock.now() })
  const unknown = new Set<string>()
  let stopped = false

  function wake(worker: Worker): void {
    if (stopped) return
    worker.dirty = true
    worker.busy ??= run(worker).finally(() => {
      worker.busy = undefined
      // Woken between the last look and here.
      if (worker.dirty && workers.has(worker.uid)) wake(worker)
    })
  }

  async function run(worker: Worker): Promise<void> {
    while (worker.dirty && !stopped && workers.get(worker.uid) === worker) {
      worker.dirty = false
      worker.cancelTimer()
      worker.abort = new AbortController()
      try {
        if (worker.terminated) await forget(worker)
        else if (worker.ending) await end(worker)
        else await sync(worker)
        worker.failures = 0
      } catch (error) {
        if (worker.abort.signal.aborted && !stopped) continue // what it should do changed meanwhile
        if (stopped) return
        const delay = Math.min(firstRetryMs * 2 ** worker.failures++, mostRetryMs)
        if (error instanceof VolumeError) deps.event(worker.pod, undefined, 'Warning', 'FailedMount', error.message)
        log.warn('error syncing pod, will try again', { pod: nameOf(worker.pod), error: criErrorText(error), delayMs: delay })
        wakeAt(worker, clock.now() + delay)
      }
    }
  }

  function wakeAt(worker: Worker, at: number | undefined): void {
    if (at === undefined) return
    const before = worker.cancelTimer
    const cancel = clock.after(Math.max(0, at - clock.now()), () => wake(worker))
    worker.cancelTimer = () => {
      before()
      cancel()
    }
  }

  /** What the runtime has of the pod. One that does not tell what containers run with (containerd before 1.7) is remembered to have what it took. */
  async function look(worker: Worker): Promise<RuntimePod> {
    const runtime = await readRuntimePod(deps.cri, idOf(worker.pod))
    const containers = runtime.containers.map((c) => {
      const resources = c.resources ?? worker.applied.get(c.id)
      return resources ? { ...c, resources } : c
    })
    return { ...runtime, containers }
  }

  // --- keeping it running

  async function sync(worker: Worker): Promise<void> {
    const { pod, uid } = worker
    const { signal } = worker.abort
    worker.runtime = await look(worker)
    if (!worker.admitted) {
      // What runs already was admitted before the kubelet's restart.
      const refused =
        worker.runtime.containers.length > 0
          ? undefined
          : deps.admit(
              pod,
              [...workers.values()].filter((w) => w !== worker && w.admitted && !w.terminated).map((w) => w.pod),
            )
      if (refused) {
        deps.event(pod, undefined, 'Warning', refused.reason, refused.message)
        worker.ended = { phase: 'Failed', ...refused }
        worker.ending = {}
        worker.dirty = true
        return
      }
      worker.admitted = true
      if (worker.runtime.containers.length > 0) worker.pod = allocatedBefore(pod)
      mkdirSync(podLogFolder(pod, settings), { recursive: true, mode: 0o755 })
    }
    const status = publish(worker)
    if (status.phase === 'Succeeded' || status.phase === 'Failed') {
      worker.ending = {}
      worker.dirty = true
      return
    }
    const deadline = deadlineOf(pod, status)
    if (deadline !== undefined && deadline <= clock.now()) {
      const message = 'Pod was active on the node longer than the specified deadline'
      deps.event(pod, undefined, 'Normal', 'DeadlineExceeded', message)
      worker.ended = { phase: 'Failed', reason: 'DeadlineExceeded', message }
      worker.ending = {}
      worker.dirty = true
      return
    }
    wakeAt(worker, deadline)
    considerResize(worker)

    objects.hold(uid, referencesOf(pod))
    mkdirSync(podFolder(pod, settings), { recursive: true, mode: 0o750 })
    const volumes = await mountVolumes(pod, podFolder(pod, settings), {
      sources: deps.sources,
      token: deps.token,
      facts: () => facts(worker),
      volumeOf: deps.claims.volumeOf,
    })
    wakeAt(worker, volumes.renewAt)
    signal.throwIfAborted()

    // From here on with the resources that it is given.
    const given = worker.pod
    const actions = podActions(given, worker.runtime, probes)
    if (await perform(worker, actions, volumes, signal)) {
      worker.runtime = await look(worker)
      // What was decided before an init container ended, or a sandbox came to be, is decided anew.
      if (needsAnotherLook(given, worker.runtime, actions)) worker.dirty = true
    }
    finishResize(worker, worker.runtime)
    probes.sync(pod, worker.runtime)
    const after = publish(worker)
    if (after.phase === 'Succeeded' || after.phase === 'Failed') worker.dirty = true
  }

  function needsAnotherLook(pod: Pod, runtime: RuntimePod, actions: PodActions): boolean {
    if (actions.killPod) return true
    const next = podActions(pod, runtime, probes)
    // Only what is new: a container that just failed to start waits for its back-off.
    const tried = new Set([...actions.start, ...actions.startEphemeral].map((c) => c.name))
    return next.start.some((c) => !tried.has(c.name)) || next.killPod
  }

  /** Returns whether anything was done. */
  async function perform(worker: Worker, actions: PodActions, volumes: MountedVolumes, signal: AbortSignal): Promise<boolean> {
    const { pod } = worker
    const runtime = worker.runtime as RuntimePod
    if (actions.killPod) {
      await killContainers(worker, undefined)
      await stopSandboxes(worker)
      return true
    }
    let sandboxId = runtime.sandboxes.find((s) => s.ready)?.id
    let podIPs = runtime.sandboxes.find((s) => s.ready)?.ips ?? []
    const attempt = actions.createSandbox?.attempt ?? runtime.sandboxes[0]?.attempt ?? 0
    const config = sandboxConfig(pod, attempt, settings)
    const starts = [...actions.start, ...actions.startEphemeral].filter((container) => !holdBack(worker, container))
    const pulling = pullAll(worker, starts, config, signal)

    if (actions.createSandbox) {
      if (runtime.sandboxes.length > 0) {
        deps.event(pod, undefined, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
        await killContainers(worker, undefined)
        await stopSandboxes(worker)
      }
      try {
        limitCgroups(pod)
        const made = await rt.RunPodSandbox({
          config,
          runtimeHandler: pod.spec.runtimeClassName ? await runtimeHandler(pod.spec.runtimeClassName) : '',
        })
        sandboxId = made.podSandboxId as string
      } catch (error) {
        await Promise.allSettled(pulling.values())
        deps.event(pod, undefined, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${criErrorText(error)}`)
        throw error
      }
      // Created containers need the address for /etc/hosts and the downward API.
      const { status } = await rt.PodSandboxStatus({ podSandboxId: sandboxId })
      podIPs = [status?.network?.ip, ...(status?.network?.additionalIps ?? []).map((a) => a.ip)].filter((ip): ip is string => !!ip)
      worker.runtime = {
        ...runtime,
        sandboxes: [
          { id: sandboxId, attempt, ready: true, createdAt: clock.now(), ips: podIPs, hostNetwork: pod.spec.hostNetwork === true },
          ...runtime.sandboxes.map((s) => ({ ...s, ready: false })),
        ],
      }
      publish(worker)
    }
    if (pod.spec.hostNetwork) podIPs = deps.hostIPs()

    await Promise.all(actions.kill.map(({ container, spec, message }) => killContainer(worker, container, spec, message, undefined)))
    for (const { container, spec } of actions.resize) await resizeContainer(worker, container, spec)
    for (const container of starts) {
      if (signal.aborted) break
      await startContainer(
        worker,
        container,
        {
          sandboxId: sandboxId as string,
          config,
          podIPs,
          volumes,
          image: pulling.get(container.name) as Promise<{ spec: cri.ImageSpec; id: string }>,
          pull: puller(worker, config, signal),
        },
        signal,
      )
    }
    await Promise.allSettled(pulling.values())
    signal.throwIfAborted()
    return actions.createSandbox !== undefined || actions.kill.length > 0 || starts.length > 0 || actions.resize.length > 0
  }

  /** Best-effort pods share what is left, burstable ones get what they asked for together, and each pod its own (pkg/kubelet/cm). */
  function limitCgroups(pod: Pod): void {
    const qos = qosClass(pod)
    const burstable = [...workers.values()].filter((w) => !w.terminated && qosClass(w.pod) === 'Burstable')
    const shares = milliToShares(qos === 'Burstable' ? burstable.reduce((sum, w) => sum + podRequestMilli(w.pod, 'cpu'), 0) : 0)
    const { cpuPeriod, ...limits } = podCgroupLimits(pod)
    if (qos !== 'Guaranteed') limitCgroup(qosCgroup(qos, settings), { cpuShares: shares, cpuPeriod })
    limitCgroup(podCgroup(pod, settings), {
      ...limits,
      cpuPeriod,
      ...(settings.podPidsLimit > 0 ? { pids: settings.podPidsLimit } : {}),
    })
  }

  // --- other resources while it runs

  /** Gives the pod the resources that it asks for by now, or says why not. Its cgroup grows at once and shrinks at the end. */
  function considerResize(worker: Worker): void {
    const { pod, desired } = worker
    if (hasResourcesOf(pod, desired)) {
      const { pending: _over, ...rest } = worker.resize
      worker.resize = rest
      return
    }
    const others = [...workers.values()].filter((w) => w !== worker && w.admitted && !w.terminated).map((w) => w.pod)
    const refused = resizeRefusal(desired, others, deps.allocatable())
    if (refused) {
      if (worker.resize.pending?.message !== refused.message)
        deps.event(
          pod,
          undefined,
          'Warning',
          `Resize${refused.reason}`,
          resizeMessage(refused.reason.toLowerCase(), desired, refused.message),
        )
      worker.resize = { ...worker.resize, pending: refused }
      return
    }
    const { memoryBytes: memoryBefore, cpuQuota: quotaBefore, cpuShares: sharesBefore } = podCgroupLimits(pod)
    const { memoryBytes, cpuQuota, cpuShares, cpuPeriod } = podCgroupLimits(desired)
    limitCgroup(podCgroup(pod, settings), {
      cpuPeriod,
      cpuShares: Math.max(cpuShares, sharesBefore),
      ...(cpuQuota && quotaBefore ? { cpuQuota: Math.max(cpuQuota, quotaBefore) } : {}),
      ...(memoryBytes && memoryBefore ? { memoryBytes: Math.max(memoryBytes, memoryBefore) } : {}),
    })
    worker.pod = withAllocated(pod, desired)
    worker.resize = { progress: {} }
    deps.event(pod, undefined, 'Normal', 'ResizeStarted', resizeMessage('started', desired))
    publish(worker)
    wakeDeferred(worker)
  }

  async function resizeContainer(worker: Worker, found: RuntimeContainer, spec: Container): Promise<void> {
    try {
      const linux = linuxResources(worker.pod, spec, settings.memoryCapacity)
      await rt.UpdateContainerResources({ containerId: found.id, linux })
      worker.applied.set(found.id, linux)
    } catch (error) {
      resizeFailed(worker, criErrorText(error))
    }
  }

  function resizeFailed(worker: Worker, error: string): void {
    if (worker.resize.progress?.error !== error)
      deps.event(worker.pod, undefined, 'Warning', 'ResizeError', resizeMessage('error', worker.pod, error))
    worker.resize = { ...worker.resize, progress: { error } }
    wakeAt(worker, clock.now() + retryMs)
  }

  function finishResize(worker: Worker, runtime: RuntimePod): void {
    const { pod } = worker
    if (!worker.resize.progress) return
    const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []).filter(isSidecar)]
    const open = containers.some((container) => {
      const found = newest(runtime, container.name)
      return found?.state === 'running' && containerResize(pod, container, found) !== 'none'
    })
    if (open) return
    try {
      limitCgroups(pod)
    } catch (error) {
      resizeFailed(worker, (error as Error).message)
      return
    }
    const { progress: _over, ...rest } = worker.resize
    worker.resize = rest
    deps.event(pod, undefined, 'Normal', 'ResizeCompleted', resizeMessage('completed', pod))
  }

  /** Room may have come for those that wait for it. */
  function wakeDeferred(but: Worker): void {
    for (const worker of workers.values()) if (worker !== but && worker.resize.pending) wake(worker)
  }

  async function runtimeHandler(name: string): Promise<string> {
    return (await client.get('runtimeclasses.node.k8s.io', { name })).handler
  }

  /** Whether a container that ended must wait before it is started again; its status says so. */
  function holdBack(worker: Worker, container: Container): boolean {
    const last = newest(worker.runtime, container.name)
    if (last?.state !== 'exited') return false
    const { pod } = worker
    const key = `${pod.metadata.uid}/${container.name}/${containerHash(container)}`
    const finished = last.finishedAt || clock.now()
    const until = crashBackoff.since(key, finished)
    if (until === undefined) {
      crashBackoff.next(key, finished)
      return false
    }
    const where = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`
    if (worker.waiting.get(container.name)?.reason !== 'CrashLoopBackOff') {
      deps.event(pod, container, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${where}`)
    }
    worker.waiting.set(container.name, {
      reason: 'CrashLoopBackOff',
      message: `back-off ${formatSeconds(crashBackoff.delay(key))} restarting failed container=${container.name} pod=${where}`,
    })
    wakeAt(worker, until)
    return true
  }

  /** Images are fetched while the sandbox is made. */
  function pullAll(
    worker: Worker,
    containers: readonly Container[],
    config: cri.PodSandboxConfig,
    signal: AbortSignal,
  ): Map<string, Promise<{ spec: cri.ImageSpec; id: string }>> {
    const pull = puller(worker, config, signal)
    return new Map(
      containers.map((container) => {
        const pulled = pull(container)
        // Failures are told by startContainer, in the containers' order.
        pulled.catch(() => {})
        return [container.name, pulled]
      }),
    )
  }

  /** Fetches images with the pod's pull secrets, which are looked up once, at the first. */
  function puller(worker: Worker, sandboxConfig: cri.PodSandboxConfig, signal: AbortSignal): StartInputs['pull'] {
    const { pod } = worker
    let secrets: Promise<Secret[]> | undefined
    return async (container) => {
      secrets ??= Promise.all(
        (pod.spec.imagePullSecrets ?? []).map(({ name = '' }) => deps.sources.secret(pod.metadata.namespace, name)),
      ).then((all) => all.flatMap((s) => s ?? []))
      return images.ensure(pod, container, {
        event: (about, type, reason, message) => deps.event(pod, about, type, reason, message),
        secrets: await secrets,
        sandboxConfig,
        signal,
      })
    }
  }

  interface StartInputs {
    readonly sandboxId: string
    readonly config: cri.PodSandboxConfig
    readonly podIPs: readonly string[]
    readonly volumes: MountedVolumes
    readonly image: Promise<{ spec: cri.ImageSpec; id: string }>
    /** Fetches an image that the container mounts as a volume. */
    readonly pull: (container: Container) => Promise<{ spec: cri.ImageSpec; id: string }>
  }

  async function startContainer(worker: Worker, container: Container, inputs: StartInputs, signal: AbortSignal): Promise<void> {
    const { pod } = worker
    try {
      await createAndStart(worker, container, inputs)
      worker.waiting.delete(container.name)
    } catch (error) {
      if (signal.aborted) throw error
      if (!(error instanceof WaitError)) throw error
      worker.waiting.set(container.name, { reason: error.reason, message: error.message })
      const text =
        error.reason === 'ErrImagePull' || error.reason === 'ImagePullBackOff' || error.reason === 'ErrImageNeverPull'
          ? error.reason
          : error.message
      deps.event(pod, container, 'Warning', 'Failed', `Error: ${text}`)
      wakeAt(worker, error.retryAt ?? clock.now() + (error.reason === 'ErrImagePull' ? showBackoffMs : retryMs))
    }
  }

  async function createAndStart(worker: Worker, container: Container, inputs: StartInputs): Promise<void> {
    const { pod } = worker
    const { sandboxId, config, podIPs, volumes } = inputs
    const image = await inputs.image
    const last = newest(worker.runtime, container.name)
    const restartCount = last ? last.restartCount + 1 : restartsOf(statuses.get(worker.uid) ?? pod.status, container.name)
    const imageVolumes = new Map<string, cri.ImageSpec>()
    for (const { name } of container.volumeMounts ?? []) {
      const wanted = volumes.volumes.get(name)?.image
      if (!wanted?.reference) continue
      const asked: Container = { ...container, image: wanted.reference }
      imageVolumes.set(name, (await inputs.pull(wanted.pullPolicy ? { ...asked, imagePullPolicy: wanted.pullPolicy } : asked)).spec)
    }
    let made: cri.ContainerConfig
    try {
      const envs = await makeEnvironment(pod, container, deps.sources, { ...facts(worker), podIPs })
      const asked = needsImageUser(pod, container) ? (await deps.cri.images.ImageStatus({ image: image.spec })).image : undefined
      const imageUser = {
        ...(asked?.uid?.value === undefined ? {} : { uid: Number(asked.uid.value) }),
        ...(asked?.username ? { username: asked.username } : {}),
      }
      const target = (container as { targetContainerName?: string }).targetContainerName
      const targetId = target ? newest(worker.runtime, target)?.id : undefined
      made = containerConfig(
        pod,
        container,
        { restartCount, image: image.spec, imageUser, envs, volumes, imageVolumes, podIPs, ...(targetId ? { targetId } : {}) },
        settings,
      )
    } catch (error) {
      if (error instanceof ConfigError) throw new WaitError('CreateContainerConfigError', error.message)
      throw error
    }
    let id: string
    try {
      id = (await rt.CreateContainer({ podSandboxId: sandboxId, config: made, sandboxConfig: config })).containerId as string
    } catch (error) {
      throw new WaitError('CreateContainerError', criErrorText(error))
    }
    if (made.linux?.resources) worker.applied.set(id, made.linux.resources)
    deps.event(pod, container, 'Normal', 'Created', 'Container created')
    try {
      await rt.StartContainer({ containerId: id })
    } catch (error) {
      throw new WaitError('RunContainerError', criErrorText(error))
    }
    deps.event(pod, container, 'Normal', 'Started', 'Container started')
    void removeOld(worker, container.name)
    const hook = container.lifecycle?.postStart
    if (!hook) return
    try {
      await runHook(deps.cri, clock, hook, { container, containerId: id, podIP: podIPs[0] ?? '' }, hookTimeoutMs, worker.abort.signal)
    } catch (error) {
      deps.event(pod, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed')
      log.warn('postStart hook failed', { pod: nameOf(pod), container: container.name, error })
      const started = (await readRuntimePod(deps.cri, idOf(pod))).containers.find((c) => c.id === id)
      if (started) await killContainer(worker, started, container, 'FailedPostStartHook', undefined)
      throw new WaitError('PostStartHookError', error instanceof Error ? error.message : String(error))
    }
  }

  const needsImageUser = (pod: Pod, container: Container): boolean =>
    (container.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot) === true

  /** Of each container one that ended is kept, for its logs (--maximum-dead-containers-per-container). */
  async function removeOld(worker: Worker, name: string): Promise<void> {
    const ended = worker.runtime?.containers.filter((c) => c.name === name && c.state === 'exited') ?? []
    for (const container of ended.slice(1)) {
      try {
        await rt.RemoveContainer({ containerId: container.id })
        worker.applied.delete(container.id)
        rmSync(terminationFile(worker.pod, name, container.restartCount, settings), { force: true })
        if (container.logPath)
          for (const file of [container.logPath, ...(await rotatedLogs(container.logPath))]) rmSync(file, { force: true })
      } catch (error) {
        log.warn('could not remove an old container', { pod: nameOf(worker.pod), container: name, error: criErrorText(error) })
      }
    }
  }

  // --- ending it

  async function end(worker: Worker): Promise<void> {
    const { pod, uid } = worker
    probes.stopLiveness(uid)
    worker.runtime = await look(worker)
    if (worker.admitted || worker.runtime.containers.length > 0) publish(worker)
    await killContainers(worker, graceOf(worker))
    await stopSandboxes(worker)
    worker.runtime = await look(worker)
    probes.remove(uid)
    worker.waiting.clear()
    worker.terminated = true
    publish(worker)
    wakeDeferred(worker)
    await unmountVolumes(worker)
    objects.release(uid)
    deps.claims.forget(uid)
    crashBackoff.forget(`${uid}/`)
    removeCgroup(podCgroup(pod, settings))
    worker.whenTerminated.resolve()
    log.info('pod ended', { pod: nameOf(pod) })
    worker.dirty = true
  }

  async function unmountVolumes(worker: Worker): Promise<void> {
    // Containers' last words stay until the pod is forgotten.
    const folder = podFolder(worker.pod, settings)
    if (!existsSync(folder)) return
    const words = readTerminationMessages(worker)
    await removePodFolder(folder)
    lastWords.set(worker.uid, words)
  }
  const lastWords = new Map<string, ReadonlyMap<string, string>>()
  function readTerminationMessages(worker: Worker): Map<string, string> {
    const words = new Map<string, string>()
    for (const found of worker.runtime?.containers ?? []) {
      const container = specOf(worker.pod, found.name)
      if (container) words.set(found.id, terminationMessage(worker.pod, container, found))
    }
    return words
  }

  /** After its end: away with what the runtime keeps of it, once the API no longer wants it. */
  async function forget(worker: Worker): Promise<void> {
    const { pod, uid } = worker
    if (!worker.removed && !pod.metadata.deletionTimestamp) return
    await statuses.flush(uid)
    await removeSandboxes(worker)
    await removePodFolder(podFolder(pod, settings))
    rmSync(podLogFolder(pod, settings), { recursive: true, force: true })
    if (!worker.removed) {
      try {
        await client.delete(
          'pods',
          { namespace: pod.metadata.namespace, name: pod.metadata.name },
          { gracePeriodSeconds: 0, preconditions: { uid } },
        )
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error
      }
      // With finalizers the pod stays in the API; its worker stays with it.
      return
    }
    statuses.remove(uid)
    lastWords.delete(uid)
    workers.delete(uid)
  }

  function graceOf(worker: Worker): number | undefined {
    const { ending, pod } = worker
    return ending?.graceSeconds ?? pod.metadata.deletionGracePeriodSeconds ?? undefined
  }

  /** Main containers together, then sidecars one by one in reverse, within the pod's grace (KEP-753). */
  async function killContainers(worker: Worker, graceSeconds: number | undefined): Promise<void> {
    const { pod } = worker
    const running = (worker.runtime?.containers ?? []).filter((c) => c.state === 'running' || c.state === 'unknown')
    const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map((c) => c.name)
    const deadline = clock.now() + (graceSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30) * 1000
    await Promise.all(
      running.filter((c) => !sidecars.includes(c.name)).map((c) => killContainer(worker, c, specOf(pod, c.name), undefined, graceSeconds)),
    )
    for (const name of sidecars.reverse()) {
      const found = running.find((c) => c.name === name)
      if (!found) continue
      const left = Math.max(minGraceSeconds, Math.ceil((deadline - clock.now()) / 1000))
      await killContainer(
        worker,
        found,
        specOf(pod, name),
        undefined,
        graceSeconds === undefined ? left : Math.min(left, Math.max(1, graceSeconds)),
      )
    }
  }

  async function killContainer(
    worker: Worker,
    found: RuntimeContainer,
    spec: Container | undefined,
    message: string | undefined,
    graceSeconds: number | undefined,
  ): Promise<void> {
    const { pod } = worker
    if (found.state === 'running') deps.event(pod, spec, 'Normal', 'Killing', message ?? `Stopping container ${found.name}`)
    const probed = spec && !worker.ending ? probeGrace(spec, message) : undefined
    let grace =
      graceSeconds ??
      probed ??
      pod.spec.terminationGracePeriodSeconds ??
      Number(found.annotations[annotations.podTerminationGracePeriod] ?? 30)
    const hook = spec?.lifecycle?.preStop
    if (hook && grace > 0 && found.state === 'running') {
      const began = clock.now()
      const over = new AbortController()
      const timeout = clock.after(grace * 1000, () => over.abort())
      const aborted = new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve(), { once: true }))
      const run = runHook(
        deps.cri,
        clock,
        hook,
        { container: spec, containerId: found.id, podIP: worker.runtime?.sandboxes[0]?.ips[0] ?? '' },
        grace * 1000,
        over.signal,
      ).catch((error: unknown) => {
        if (over.signal.aborted) return
        deps.event(pod, spec, 'Warning', 'FailedPreStopHook', 'PreStopHook failed')
        log.warn('preStop hook failed', { pod: nameOf(pod), container: found.name, error })
      })
      await Promise.race([run, aborted])
      timeout()
      grace -= Math.round((clock.now() - began) / 1000)
    }
    if (graceSeconds === undefined || grace !== graceSeconds) grace = Math.max(grace, minGraceSeconds)
    await rt.StopContainer({ containerId: found.id, timeout: grace })
  }

  /** A probe may give its victim another grace than the pod has. */
  const probeGrace = (spec: Container, message: string | undefined): number | undefined =>
    message?.includes('failed liveness probe')
      ? spec.livenessProbe?.terminationGracePeriodSeconds
      : message?.includes('failed startup probe')
        ? spec.startupProbe?.terminationGracePeriodSeconds
        : undefined

  async function stopSandboxes(worker: Worker): Promise<void> {
    for (const sandbox of worker.runtime?.sandboxes ?? []) await rt.StopPodSandbox({ podSandboxId: sandbox.id })
  }
  async function removeSandboxes(worker: Worker): Promise<void> {
    const { sandboxes } = await readRuntimePod(deps.cri, idOf(worker.pod))
    for (const sandbox of sandboxes) await rt.RemovePodSandbox({ podSandboxId: sandbox.id })
  }

  // --- telling it

  function publish(worker: Worker): PodStatus {
    const { pod, uid } = worker
    const before = statuses.get(uid)
    // Conditions of others, such as readiness gates, are as the API has them.
    const foreign = pod.status?.conditions?.filter((c) => !ownConditions.has(c.type)) ?? []
    const known: PodStatus = before
      ? { ...before, conditions: [...(before.conditions ?? []).filter((c) => ownConditions.has(c.type)), ...foreign] }
      : (pod.status ?? {})
    const status = podStatus({ ...pod, status: known }, worker.runtime, {
      now: clock.now(),
      hostIPs: deps.hostIPs(),
      runtimeName: deps.runtimeName,
      waiting: (name) => worker.waiting.get(name),
      probe: (kind, container, id) => probes.passes(kind, container, id),
      terminationMessage: (container, found) => lastWords.get(uid)?.get(found.id) ?? terminationMessage(pod, container, found),
      ...(worker.ended ? { ended: worker.ended } : {}),
      terminated: worker.terminated && worker.admitted,
      resize: worker.resize,
    })
    statuses.set(uid, status)
    return status
  }

  function terminationMessage(pod: Pod, container: Container, found: RuntimeContainer): string {
    const file = terminationFile(pod, found.name, found.restartCount, settings)
    const said = existsSync(file) ? readTail(file, maxTerminationMessage).toString('utf8') : ''
    if (said !== '' || container.terminationMessagePolicy !== 'FallbackToLogsOnError' || found.exitCode === 0) return said
    return found.logPath && existsSync(found.logPath) ? lastLogLines(readTail(found.logPath, 16_384)) : ''
  }

  function facts(worker: Worker): PodFacts {
    return {
      podIPs: worker.pod.spec.hostNetwork ? deps.hostIPs() : (worker.runtime?.sandboxes[0]?.ips ?? []),
      hostIPs: deps.hostIPs(),
      nodeName: settings.nodeName,
      allocatable: deps.allocatable(),
    }
  }

  function add(pod: Pod): Worker {
    const worker: Worker = {
      uid: pod.metadata.uid,
      pod,
      runtime: undefined,
      desired: pod,
      resize: {},
      applied: new Map(),
      admitted: false,
      ended: undefined,
      ending: undefined,
      terminated: false,
      removed: false,
      busy: undefined,
      dirty: false,
      abort: new AbortController(),
      cancelTimer: () => {},
      failures: 0,
      waiting: new Map(),
      whenTerminated: Promise.withResolvers(),
    }
    workers.set(worker.uid, worker)
    return worker
  }

  /** Begins the pod's end, or hastens it when it has begun. */
  function beginEnd(worker: Worker, graceSeconds: number | undefined): void {
    const before = worker.ending ? (graceOf(worker) ?? worker.pod.spec.terminationGracePeriodSeconds ?? 30) : undefined
    const wasEnding = worker.ending !== undefined
    worker.ending = graceSeconds === undefined ? (worker.ending ?? {}) : { graceSeconds }
    if (wasEnding) {
      const now = graceOf(worker)
      // Containers on their way out get the shorter of both times.
      if (!worker.terminated && before !== undefined && now !== undefined && now < before) {
        for (const c of worker.runtime?.containers ?? []) {
          if (c.state === 'running')
            void rt
              .StopContainer({ containerId: c.id, timeout: now })
              .catch((error: unknown) => log.warn('could not stop a container', { error: criErrorText(error) }))
        }
      }
    } else worker.abort.abort()
    wake(worker)
  }

  return {
    update(pod) {
      const worker = workers.get(pod.metadata.uid) ?? add(pod)
      const before = worker.pod
      worker.desired = pod
      worker.pod = worker.admitted ? withAllocated(pod, before) : pod
      if (pod.metadata.deletionTimestamp) {
        if (before.metadata.deletionGracePeriodSeconds !== pod.metadata.deletionGracePeriodSeconds || !worker.ending)
          beginEnd(worker, undefined)
        else wake(worker)
        return
      }
      wake(worker)
    },
    remove(uid) {
      const worker = workers.get(uid)
      if (!worker) return
      worker.removed = true
      // Deleted by force: nobody waits for it any more.
      if (!worker.terminated)
        beginEnd(
          worker,
          worker.pod.metadata.deletionTimestamp ? Math.min(worker.pod.metadata.deletionGracePeriodSeconds ?? 30, 30) : undefined,
        )
      else wake(worker)
    },
    wake(uid) {
      const worker = workers.get(uid)
      if (worker) wake(worker)
    },
    async evict(uid, ended, graceSeconds) {
      const worker = workers.get(uid)
      if (!worker || worker.terminated) return
      worker.ended = { phase: 'Failed', ...ended }
      beginEnd(worker, graceSeconds)
      await worker.whenTerminated.promise
    },
    get: (uid) => workers.get(uid)?.pod,
    runtime: (uid) => workers.get(uid)?.runtime,
    list: () => [...workers.values()].map((w) => w.pod),
    async killUnknown(uid, sandboxes) {
      if (workers.has(uid) || unknown.has(uid)) return
      unknown.add(uid)
      try {
        log.info('removing a pod that no source knows', { uid, sandboxes })
        for (const podSandboxId of sandboxes) {
          const { containers = [] } = await rt.ListContainers({ filter: { podSandboxId } })
          await Promise.all(
            containers.map((c) =>
              rt.StopContainer({
                containerId: c.id as string,
                timeout: Number(c.annotations?.[annotations.podTerminationGracePeriod] ?? minGraceSeconds),
              }),
            ),
          )
          await rt.StopPodSandbox({ podSandboxId })
          await rt.RemovePodSandbox({ podSandboxId })
        }
        await removePodFolder(join(settings.podsFolder, uid))
      } finally {
        unknown.delete(uid)
      }
    },
    async stop() {
      stopped = true
      for (const worker of workers.values()) {
        worker.cancelTimer()
        worker.abort.abort()
      }
      await Promise.allSettled([...workers.values()].map((w) => w.busy))
    },
  }
}

/** The conditions that the kubelet itself reports. */
export const ownConditions: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  ...resizeConditions,
])

const nameOf = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`
const idOf = (pod: Pod) => ({ uid: pod.metadata.uid, name: pod.metadata.name, namespace: pod.metadata.namespace })
const specOf = (pod: Pod, name: string): Container | undefined =>
  [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []), ...((pod.spec.ephemeralContainers ?? []) as Container[])].find(
    (c) => c.name === name,
  )
const restartsOf = (status: PodStatus | undefined, name: string): number => {
  const found = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((c) => c.name === name)
  // The runtime has lost the container that the status tells of: this one is its successor.
  return found?.containerID ? found.restartCount + 1 : (found?.restartCount ?? 0)
}

function deadlineOf(pod: Pod, status: PodStatus): number | undefined {
  const { activeDeadlineSeconds } = pod.spec
  if (activeDeadlineSeconds === undefined || !status.startTime) return undefined
  return Date.parse(status.startTime) + activeDeadlineSeconds * 1000
}

/** The last lines of a CRI log without their heads. */
function lastLogLines(log: Buffer): string {
  const lines = log.toString('utf8').split('\n')
  const texts = lines.slice(-maxTerminationLogLines - 1).map((line) => line.split(' ').slice(3).join(' '))
  return texts.join('\n').slice(-maxTerminationLog)
}

function readTail(path: string, bytes: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const tail = Buffer.alloc(Math.min(size, bytes))
    readSync(file, tail, 0, tail.length, size - tail.length)
    return tail
  } finally {
    closeSync(file)
  }
}

/** `10s`, `1m20s`, `5m0s`, as Go prints a duration. */
function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
