/** What happens to each simulated pod: it starts, becomes ready, perhaps ends or starts again, and leaves when it is asked to. */
import { isNotFound } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { ContainerState, Pod, PodStatus } from '../api/types/core-v1.ts'
import type { Client, Draft } from '../client/client.ts'
import type { Clock } from '../client/clock.ts'
import type { Logger } from '../log/log.ts'
import { exitCodeOf, restartDelayMs, restarts, ruleOf } from './rules.ts'

interface HollowPod {
  pod: Pod
  readonly ip: string
  readonly hostIP: string
  leaving: boolean
  restarts: number
  startedAt: string
  lastExit: { readonly code: number; readonly at: string } | undefined
  cancel: () => void
  /** The last write under way: the next waits for it, so that they arrive in order. */
  writing: Promise<unknown>
  /** The resource version of the last write, where that said that the pod is ready; else past every one. */
  saidReadyAt: number
}

export interface HollowPods {
  /** The pod as it is now, on a node that speaks. */
  seen(pod: Pod, hostIP: string): void
  /** The pod is gone, or its node fell silent: nothing more happens to it. */
  forget(uid: string): void
  stop(): void
}

export function createHollowPods(client: Client, clock: Clock, log: Logger): HollowPods {
  const known = new Map<string, HollowPod>()
  let addresses = 0

  function seen(pod: Pod, hostIP: string): void {
    const { uid } = pod.metadata
    let state = known.get(uid)
    if (!state) {
      const phase = pod.status?.phase
      const over = phase === 'Succeeded' || phase === 'Failed'
      if (over && !pod.metadata.deletionTimestamp) return
      const first = pod.status?.containerStatuses?.[0]
      state = {
        pod,
        hostIP,
        ip: pod.status?.podIP ?? addressOf(addresses++, 64),
        leaving: false,
        restarts: first?.restartCount ?? 0,
        startedAt: first?.state?.running?.startedAt ?? '',
        lastExit: undefined,
        cancel: () => {},
        writing: Promise.resolve(),
        saidReadyAt: Infinity,
      }
      known.set(uid, state)
      if (!pod.metadata.deletionTimestamp) begin(state, phase === 'Running' && first?.state?.running !== undefined)
    }
    state.pod = pod
    sayReadyAgain(state)
    if (!pod.metadata.deletionTimestamp || state.leaving) return
    state.leaving = true
    state.cancel()
    after(state, ruleOf(pod).stopMs, () => remove(pod))
  }

  /** As a kubelet does when somebody unsaid it: the node lifecycle controller, while it had not heard of the node. */
  function sayReadyAgain(state: HollowPod): void {
    const { pod, saidReadyAt } = state
    if (isReady(pod) || pod.metadata.deletionTimestamp || Number(pod.metadata.resourceVersion) <= saidReadyAt) return
    write(state, running(state, true))
  }

  function after(state: HollowPod, ms: number, then: () => void): void {
    if (ms <= 0) then()
    else state.cancel = clock.after(ms, then)
  }

  /** A pod that runs already was started before this process was. */
  function begin(state: HollowPod, runsAlready: boolean): void {
    const rule = ruleOf(state.pod)
    const live = () => {
      if (rule.runMs !== undefined) after(state, Math.max(0, rule.runMs - rule.readyMs), () => end(state))
    }
    if (runsAlready && isReady(state.pod)) {
      state.saidReadyAt = Number(state.pod.metadata.resourceVersion)
      return live()
    }
    after(state, runsAlready || state.restarts > 0 ? 0 : rule.startMs, () => {
      state.startedAt = formatTime(clock.now())
      if (rule.readyMs > 0) write(state, running(state, false))
      after(state, rule.readyMs, () => {
        write(state, running(state, true))
        live()
      })
    })
  }

  function end(state: HollowPod): void {
    const rule = ruleOf(state.pod)
    const code = exitCodeOf(rule, state.restarts)
    state.lastExit = { code, at: formatTime(clock.now()) }
    if (!restarts(state.pod, code)) return write(state, over(state))
    const delay = restartDelayMs(rule, state.restarts)
    if (delay > 0) write(state, crashing(state, delay))
    after(state, delay, () => {
      state.restarts++
      begin(state, false)
    })
  }

  function write(state: HollowPod, status: Draft<PodStatus>): void {
    const { namespace, name, uid } = state.pod.metadata
    state.saidReadyAt = Infinity
    const writing = state.writing
      .then(() => client.patch('pods', { namespace, name }, { metadata: { uid }, status }, { subresource: 'status' }))
      .then((pod) => {
        if (state.writing !== writing || !isReady(pod)) return
        state.saidReadyAt = Number(pod.metadata.resourceVersion)
        sayReadyAgain(state) // the change came before the answer
      })
      .catch((error) => {
        if (!isNotFound(error)) log.warn('a pod status was not written', { pod: `${namespace}/${name}`, error })
      })
    state.writing = writing
  }
  function remove(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata
    client.delete('pods', { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } }).catch((error) => {
      if (!isNotFound(error)) log.warn('a pod was not removed', { pod: `${namespace}/${name}`, error })
    })
  }

  return {
    seen,
    forget(uid) {
      known.get(uid)?.cancel()
      known.delete(uid)
    },
    stop() {
      for (const { cancel } of known.values()) cancel()
    },
  }
}

const isReady = (pod: Pod) => pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true

const running = (state: HollowPod, ready: boolean): Draft<PodStatus> =>
  statusOf(state, 'Running', ready, { running: { startedAt: state.startedAt } })

const crashing = (state: HollowPod, delayMs: number): Draft<PodStatus> =>
  statusOf(state, 'Running', false, {
    waiting: { reason: 'CrashLoopBackOff', message: `back-off ${delayMs / 1000}s restarting failed container` },
  })

const over = (state: HollowPod): Draft<PodStatus> =>
  statusOf(state, state.lastExit?.code === 0 ? 'Succeeded' : 'Failed', false, terminated(state) ?? {})

function terminated({ lastExit, startedAt }: HollowPod): ContainerState | undefined {
  if (!lastExit) return undefined
  const { code, at } = lastExit
  return { terminated: { exitCode: code, reason: code === 0 ? 'Completed' : 'Error', startedAt, finishedAt: at } }
}

function statusOf(state: HollowPod, phase: PodStatus['phase'], ready: boolean, container: ContainerState): Draft<PodStatus> {
  const { pod, ip, hostIP, startedAt, lastExit } = state
  const isOver = container.terminated !== undefined
  const why = isOver ? (phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed') : 'ContainersNotReady'
  const condition = (type: string, value: boolean) => ({
    type,
    status: value ? 'True' : 'False',
    lastTransitionTime: lastExit?.at ?? startedAt,
    reason: (value ? null : why) as string, // in a patch, null takes an earlier reason away
  })
  const last = isOver || state.restarts + (container.waiting ? 1 : 0) === 0 ? undefined : terminated(state)
  return {
    phase,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP: ip,
    podIPs: [{ ip }],
    startTime: pod.status?.startTime ?? startedAt,
    conditions: [
      condition('PodReadyToStartContainers', !isOver),
      condition('Initialized', true),
      condition('Ready', ready),
      condition('ContainersReady', ready),
      condition('PodScheduled', true),
    ],
    containerStatuses: pod.spec.containers.map((c) => ({
      name: c.name,
      image: c.image ?? '',
      imageID: `simulated://${c.image ?? ''}`,
      containerID: `simulated://${pod.metadata.uid}/${c.name}/${state.restarts}`,
      ready,
      started: container.running !== undefined,
      restartCount: state.restarts,
      state: container,
      ...(last ? { lastState: last } : {}),
    })),
  }
}

/** A distinct address for each number, in a range that nothing routes to. */
export function addressOf(index: number, first: number): string {
  return `10.${first + ((index >> 16) & 0x3f)}.${(index >> 8) & 0xff}.${index & 0xff}`
}
