/**
 * A pod's status from what the runtime says of it (kubelet_pods.go, status/generate.go): container states, phase and
 * conditions, in upstream's words. A plain function of its inputs.
 */
import { formatTime } from '../api/meta.ts'
import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from '../api/types/core-v1.ts'
import { actualResources, type ResizeState } from './resize.ts'
import { isSidecar, qosClass } from './resources.ts'
import type { RuntimeContainer, RuntimePod } from './runtime-pods.ts'

export interface StatusInputs {
  readonly now: number
  readonly hostIPs: readonly string[]
  /** `containerd`, `kijabi`: the scheme of container ids. */
  readonly runtimeName: string
  /** The last error of a container that does not run: ErrImagePull, CrashLoopBackOff … */
  waiting(containerName: string): { reason: string; message: string } | undefined
  /** What probes say of the running container with this id; undefined when it has no such probe or none has answered. */
  probe(kind: 'readiness' | 'startup', container: Container, id: string): boolean
  /** A container's last words. */
  terminationMessage(container: Container, found: RuntimeContainer): string
  /** The pod was ended from outside: its phase is this, whatever its containers say. */
  readonly ended?: Ended
  /** Every container has been stopped for good; none will be started again. */
  readonly terminated?: boolean
  readonly resize?: ResizeState
}

/** `byKubelet`: not for what the pod did, but for the node's sake. */
export interface Ended {
  readonly phase?: 'Failed'
  readonly reason?: string
  readonly message?: string
  readonly byKubelet?: boolean
}

export function podStatus(pod: Pod, runtime: RuntimePod | undefined, inputs: StatusInputs): PodStatus {
  const before = pod.status ?? {}
  const init = pod.spec.initContainers ?? []
  const main = pod.spec.containers ?? []
  const hasInit = init.length > 0
  const initStatuses = containerStatuses(init, before.initContainerStatuses, runtime, inputs, true, hasInit)
  const initialized = initContainersDone(init, initStatuses) || main.some((c) => newest(runtime, c.name) !== undefined)
  const mainStatuses = containerStatuses(main, before.containerStatuses, runtime, inputs, false, hasInit && !initialized)
  const ephemeral = (pod.spec.ephemeralContainers ?? []).filter((c) => newest(runtime, c.name) || inputs.waiting(c.name))
  const ephemeralStatuses = containerStatuses(ephemeral as Container[], before.ephemeralContainerStatuses, runtime, inputs, false, false)

  const phase = inputs.ended?.phase ?? phaseOf(pod, initStatuses, mainStatuses, inputs.terminated === true, before.phase)
  const sandbox = runtime?.sandboxes[0]
  const podIPs = pod.spec.hostNetwork
    ? sandbox
      ? inputs.hostIPs
      : []
    : sandbox?.ready
      ? sandbox.ips
      : (before.podIPs ?? []).flatMap((p) => (p.ip ? [p.ip] : []))
  const generation = pod.metadata.generation
  const status: PodStatus = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: [],
    ...(inputs.ended?.message ? { message: inputs.ended.message } : {}),
    ...(inputs.ended?.reason ? { reason: inputs.ended.reason } : {}),
    ...(inputs.hostIPs[0] ? { hostIP: inputs.hostIPs[0], hostIPs: inputs.hostIPs.map((ip) => ({ ip })) } : {}),
    ...(podIPs[0] ? { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) } : {}),
    startTime: before.startTime ?? formatTime(inputs.now),
    ...(hasInit ? { initContainerStatuses: initStatuses } : {}),
    containerStatuses: mainStatuses,
    ...(ephemeralStatuses.length > 0 ? { ephemeralContainerStatuses: ephemeralStatuses } : {}),
    qosClass: before.qosClass ?? qosClass(pod),
  }
  status.conditions = conditions(pod, status, runtime, inputs)
  return status
}

export const newest = (runtime: RuntimePod | undefined, name: string): RuntimeContainer | undefined =>
  runtime?.containers.find((c) => c.name === name)

function containerStatuses(
  containers: readonly Container[],
  before: readonly ContainerStatus[] | undefined,
  runtime: RuntimePod | undefined,
  inputs: StatusInputs,
  isInit: boolean,
  waitsForInit: boolean,
): ContainerStatus[] {
  return containers.map((container) => {
    const all = runtime?.containers.filter((c) => c.name === container.name) ?? []
    const [found, previous] = all
    const old = before?.find((s) => s.name === container.name)
    const waiting = inputs.waiting(container.name)
    const state = stateOf(container, found, inputs)
    const base = {
      name: container.name,
      state,
      lastState:
        previous && previous.state === 'exited' ? { terminated: terminatedState(container, previous, inputs) } : (old?.lastState ?? {}),
      ready: false,
      restartCount: found?.restartCount ?? old?.restartCount ?? 0,
      image: found?.image || (container.image ?? ''),
      imageID: found?.imageRef ?? '',
      ...(found ? { containerID: `${inputs.runtimeName}://${found.id}` } : {}),
      started: false,
      ...(container.resources?.requests ? { allocatedResources: container.resources.requests } : {}),
      ...(found ? { resources: actualResources(container, found) } : {}),
      ...(container.volumeMounts?.length
        ? {
            volumeMounts: container.volumeMounts.map((m) => ({
              name: m.name,
              mountPath: m.mountPath,
              ...(m.readOnly ? { readOnly: true, recursiveReadOnly: m.recursiveReadOnly === 'Enabled' ? 'Enabled' : 'Disabled' } : {}),
            })),
          }
        : {}),
      ...(found?.user
        ? {
            user: {
              linux: { uid: found.user.uid ?? 0, gid: found.user.gid ?? 0, supplementalGroups: found.user.supplementalGroups ?? [] },
            },
          }
        : {}),
    } as ContainerStatus

    if (!found) {
      // A container that ran, whose record the runtime has lost, is told as such.
      if (old?.state.running || (old?.state.terminated && !waiting)) return lost(old, inputs)
      base.state = { waiting: waiting ?? { reason: waitsForInit ? 'PodInitializing' : 'ContainerCreating' } }
    } else if (found.state === 'created') base.state = { waiting: waiting ?? { reason: 'ContainerCreating' } }
    else if (found.state !== 'running' && waiting && !inputs.terminated) {
      // It ended and will be started again: what it ended with is the last state now.
      base.state = { waiting }
      base.lastState = state
    }
    if (found?.state === 'running') {
      base.started = inputs.probe('startup', container, found.id)
      base.ready = isInit && !isSidecar(container) ? false : base.started && inputs.probe('readiness', container, found.id)
    } else if (isInit && found?.state === 'exited' && found.exitCode === 0) base.ready = true
    return base
  })
}

function lost(old: ContainerStatus, inputs: StatusInputs): ContainerStatus {
  if (old.state.terminated) return old
  return {
    ...old,
    ready: false,
    started: false,
    state: {
      terminated: {
        exitCode: 137,
        reason: 'ContainerStatusUnknown',
        message: 'The container could not be located when the pod was terminated',
        startedAt: old.state.running?.startedAt ?? null,
        finishedAt: formatTime(inputs.now),
      },
    },
  }
}

function stateOf(container: Container, found: RuntimeContainer | undefined, inputs: StatusInputs): ContainerState {
  if (!found || found.state === 'created') return {}
  if (found.state === 'running') return { running: { startedAt: formatTime(found.startedAt) } }
  return { terminated: terminatedState(container, found, inputs) }
}

function terminatedState(container: Container, found: RuntimeContainer, inputs: StatusInputs): NonNullable<ContainerState['terminated']> {
  const message = [found.message, inputs.terminationMessage(container, found)].filter(Boolean).join(': ')
  return {
    exitCode: found.exitCode,
    reason: found.state === 'unknown' ? 'ContainerStatusUnknown' : found.reason || (found.exitCode === 0 ? 'Completed' : 'Error'),
    ...(message ? { message } : {}),
    startedAt: found.startedAt ? formatTime(found.startedAt) : null,
    finishedAt: found.finishedAt ? formatTime(found.finishedAt) : null,
    containerID: `${inputs.runtimeName}://${found.id}`,
  }
}

function initContainersDone(init: readonly Container[], statuses: readonly ContainerStatus[]): boolean {
  return init.every((container, i) => {
    const status = statuses[i] as ContainerStatus
    return isSidecar(container) ? status.started === true : status.state.terminated?.exitCode === 0
  })
}

/** kubelet_pods.go getPhase. */
export function phaseOf(
  pod: Pod,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
  terminated: boolean,
  before: PodStatus['phase'] | undefined,
): NonNullable<PodStatus['phase']> {
  if (before === 'Succeeded' || before === 'Failed') return before
  const always = (pod.spec.restartPolicy ?? 'Always') === 'Always'
  let pendingInit = 0
  let failedInit = 0
  ;(pod.spec.initContainers ?? []).forEach((container, i) => {
    const status = init[i] as ContainerStatus
    if (isSidecar(container)) {
      if (!status.started && !(terminated && status.state.terminated)) pendingInit++
    } else if (status.state.terminated) {
      if (status.state.terminated.exitCode !== 0) failedInit++
    } else if (status.lastState.terminated && status.state.waiting) {
      if (status.lastState.terminated.exitCode !== 0) failedInit++
      else pendingInit++
    } else pendingInit++
  })
  let waiting = 0
  let running = 0
  let stopped = 0
  let succeeded = 0
  for (const status of main) {
    if (status.state.running) running++
    else if (status.state.terminated) {
      stopped++
      if (status.state.terminated.exitCode === 0) succeeded++
    } else if (status.state.waiting && status.lastState.terminated) stopped++
    else waiting++
  }
  if (failedInit > 0 && pod.spec.restartPolicy === 'Never') return 'Failed'
  if (terminated) return main.length === succeeded && pendingInit === 0 && main.length > 0 ? 'Succeeded' : 'Failed'
  if (pendingInit > 0 && running === 0 && stopped === 0) return 'Pending'
  if (waiting > 0) return running > 0 || stopped > 0 ? (before === 'Running' || stopped + running > 0 ? 'Running' : 'Pending') : 'Pending'
  if (running > 0) return 'Running'
  if (stopped > 0) {
    if (always) return 'Running'
    if (stopped === succeeded) return 'Succeeded'
    return pod.spec.restartPolicy === 'Never' ? 'Failed' : 'Running'
  }
  return 'Pending'
}

/** These are there only while they hold. */
export const resizeConditions: ReadonlySet<string> = new Set(['PodResizePending', 'PodResizeInProgress'])

function conditions(pod: Pod, status: PodStatus, runtime: RuntimePod | undefined, inputs: StatusInputs): PodCondition[] {
  const generation = pod.metadata.generation
  const before = pod.status?.conditions ?? []
  const now = formatTime(inputs.now)
  const made: PodCondition[] = []
  const put = (type: string, holds: boolean, reason?: string, message?: string) => {
    const value = holds ? 'True' : 'False'
    const old = before.find((c) => c.type === type)
    made.push({
      type,
      status: value,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastProbeTime: null,
      lastTransitionTime: old?.status === value ? old.lastTransitionTime : now,
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
    })
  }
  const sandbox = runtime?.sandboxes[0]
  const { phase } = status
  put('PodReadyToStartContainers', sandbox?.ready === true && (sandbox.hostNetwork || sandbox.ips.length > 0))

  const init = pod.spec.initContainers ?? []
  const main = pod.spec.containers ?? []
  const incomplete = init.filter((c, i) => {
    const s = status.initContainerStatuses?.[i]
    return !(isSidecar(c) ? s?.started : s?.ready)
  })
  // Once a main container has started, initialization has happened, whatever becomes of sidecars.
  const initialized = incomplete.length === 0 || (status.containerStatuses ?? []).some((s) => s.started || s.containerID !== undefined)
  if (initialized) put('Initialized', true, phase === 'Succeeded' ? 'PodCompleted' : undefined)
  else
    put('Initialized', false, 'ContainersNotInitialized', `containers with incomplete status: [${incomplete.map((c) => c.name).join(' ')}]`)

  const ended = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : undefined
  const unready = [
    ...init.filter((c, i) => isSidecar(c) && !status.initContainerStatuses?.[i]?.ready),
    ...main.filter((_, i) => !status.containerStatuses?.[i]?.ready),
  ].map((c) => c.name)
  const containersReady = !ended && unready.length === 0
  const whyNot = ended ? [ended] : ['ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`]
  const gates = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = before.find((c) => c.type === conditionType)
    if (!found) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    return found.status === 'True' ? [] : [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`]
  })
  if (!containersReady) put('Ready', false, whyNot[0], whyNot[1])
  else if (gates.length > 0) put('Ready', false, 'ReadinessGatesNotReady', gates.join(', '))
  else put('Ready', true)
  if (containersReady) put('ContainersReady', true)
  else put('ContainersReady', false, whyNot[0], whyNot[1])
  put('PodScheduled', true)

  if (inputs.ended?.byKubelet) put('DisruptionTarget', true, 'TerminationByKubelet', inputs.ended.message)
  const { pending, progress } = inputs.resize ?? {}
  if (pending) put('PodResizePending', true, pending.reason, pending.message)
  if (progress) put('PodResizeInProgress', true, progress.error === undefined ? undefined : 'Error', progress.error)

  const mine = new Set(made.map((c) => c.type))
  return [...made, ...before.filter((c) => !mine.has(c.type) && !resizeConditions.has(c.type))]
}
