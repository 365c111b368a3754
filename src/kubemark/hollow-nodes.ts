/**
 * Simulated nodes (upstream's kubemark): they register, heartbeat and say that pods run, by rule, without any
 * container. One watch and one timer wheel serve all of them, so that thousands fit in a process.
 */
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { formatMicroTime, formatTime } from '../api/meta.ts'
import type { Pod, PodStatus } from '../api/types/core-v1.ts'
import { type Client, createClient, type Draft } from '../client/client.ts'
import { type Clock, systemClock } from '../client/clock.ts'
import { createInformers } from '../client/informer.ts'
import type { Transport } from '../client/transport.ts'
import { type Logger, noLog } from '../log/log.ts'
import { kubernetesVersion } from '../version.ts'
import { type PodRule, ruleOf } from './rules.ts'

export interface HollowNodesOptions {
  readonly transport: Transport
  readonly count: number
  /** Nodes are called `${prefix}-0` and so on. */
  readonly prefix?: string
  readonly resources?: Readonly<Record<string, string>>
  /** Zones that take turns in `topology.kubernetes.io/zone`. */
  readonly zones?: number
  readonly log?: Logger
  readonly clock?: Clock
}

export interface HollowNodes {
  /** Resolves when every node is registered. */
  start(): Promise<void>
  stop(): void
}

/** A kubelet renews its lease every ten seconds; here a third of that suffices for the grace period and costs a third. */
const heartbeatMs = 25_000
const leaseDurationSeconds = 40
/** Registrations under way at once. */
const width = 32

export function createHollowNodes(options: HollowNodesOptions): HollowNodes {
  const { count, prefix = 'hollow-node', zones = 3, log = noLog, clock = systemClock } = options
  const resources = { cpu: '32', memory: '256Gi', pods: '110', 'ephemeral-storage': '1Ti', ...options.resources }
  const client = createClient(options.transport)
  const informers = createInformers(client, { log, clock })
  const names = Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
  const ours = new Set(names)
  const pods = createHollowPods(client, clock, log)
  const timers = new Set<() => void>()
  let stopped = false

  async function register(name: string, index: number): Promise<void> {
    const now = formatTime(clock.now())
    const condition = (type: string, status: string, reason: string, message: string) => ({
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    })
    const status = {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: addressOf(index, 10) },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        kubeletVersion: kubernetesVersion,
        kubeProxyVersion: '',
        osImage: 'simulated',
        kernelVersion: 'simulated',
        containerRuntimeVersion: 'simulated://0',
        bootID: name,
        machineID: name,
        systemUUID: name,
      },
    }
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      ...(zones > 0 ? { 'topology.kubernetes.io/zone': `zone-${index % zones}` } : {}),
    }
    try {
      await client.create('nodes', { metadata: { name, labels }, spec: {}, status })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    await client.patch('nodes', { name }, { status }, { subresource: 'status' })
    await renew(name)
  }

  async function renew(name: string): Promise<void> {
    const spec = { holderIdentity: name, leaseDurationSeconds, renewTime: formatMicroTime(clock.now()) }
    const key = { namespace: 'kube-node-lease', name }
    try {
      await client.patch('leases.coordination.k8s.io', key, { spec }, { type: 'merge' })
    } catch (error) {
      if (!isNotFound(error)) throw error
      await client.create('leases.coordination.k8s.io', { metadata: key, spec })
    }
  }

  /** Heartbeats of all nodes, spread evenly over the period. */
  function heartbeat(next: number): void {
    if (stopped) return
    const slices = Math.min(count, 250)
    const from = Math.floor((next * count) / slices)
    const to = Math.floor(((next + 1) * count) / slices)
    for (const name of names.slice(from, to)) void renew(name).catch((error) => log.warn('a lease was not renewed', { node: name, error }))
    const cancel = clock.after(heartbeatMs / slices, () => {
      timers.delete(cancel)
      heartbeat((next + 1) % slices)
    })
    timers.add(cancel)
  }

  return {
    async start() {
      let next = 0
      await Promise.all(
        Array.from({ length: Math.min(width, count) }, async () => {
          while (next < count) {
            const index = next++
            await register(names[index] as string, index)
          }
        }),
      )
      const mine = (pod: Pod) => ours.has(pod.spec.nodeName ?? '')
      informers.of('pods').addHandler({
        added: (pod) => mine(pod) && pods.seen(pod),
        updated: (pod) => mine(pod) && pods.seen(pod),
        deleted: (pod) => pods.gone(pod),
      })
      informers.start()
      await informers.synced()
      heartbeat(0)
    },
    stop() {
      stopped = true
      for (const cancel of timers) cancel()
      informers.stop()
      pods.stop()
    },
  }
}

/** What happens to each pod: it starts, becomes ready, perhaps ends, and leaves when it is asked to. */
function createHollowPods(client: Client, clock: Clock, log: Logger) {
  const running = new Map<string, { phase: 'starting' | 'running' | 'leaving' | 'over'; cancels: (() => void)[]; ip: string }>()
  let addresses = 0

  function write(pod: Pod, status: Draft<PodStatus>): void {
    const { namespace, name, uid } = pod.metadata
    client.patch('pods', { namespace, name }, { metadata: { uid }, status }, { subresource: 'status' }).catch((error) => {
      if (!isNotFound(error)) log.warn('a pod status was not written', { pod: `${namespace}/${name}`, error })
    })
  }

  return {
    seen(pod: Pod) {
      const { uid } = pod.metadata
      const have = running.get(uid)
      if (pod.metadata.deletionTimestamp) {
        if (have?.phase === 'leaving') return
        const state = have ?? { phase: 'leaving' as const, cancels: [], ip: '' }
        for (const cancel of state.cancels) cancel()
        state.phase = 'leaving'
        running.set(uid, state)
        state.cancels = [clock.after(ruleOf(pod).stopMs, () => remove(pod))]
        return
      }
      if (have || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return
      const rule = ruleOf(pod)
      const state = { phase: 'starting' as const, cancels: [] as (() => void)[], ip: addressOf(addresses++, 64) }
      running.set(uid, state)
      const start = () => {
        write(pod, statusOf(pod, rule, state.ip, clock.now(), 'running'))
        if (rule.runMs !== undefined)
          state.cancels.push(clock.after(rule.runMs, () => write(pod, statusOf(pod, rule, state.ip, clock.now(), 'over'))))
      }
      if (rule.startMs === 0) start()
      else state.cancels.push(clock.after(rule.startMs, start))
    },
    gone(pod: Pod) {
      for (const cancel of running.get(pod.metadata.uid)?.cancels ?? []) cancel()
      running.delete(pod.metadata.uid)
    },
    stop() {
      for (const { cancels } of running.values()) for (const cancel of cancels) cancel()
    },
  }

  function remove(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata
    client.delete('pods', { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } }).catch((error) => {
      if (!isNotFound(error)) log.warn('a pod was not removed', { pod: `${namespace}/${name}`, error })
    })
  }
}

function statusOf(pod: Pod, rule: PodRule, ip: string, nowMs: number, phase: 'running' | 'over'): Draft<PodStatus> {
  const now = formatTime(nowMs)
  const over = phase === 'over'
  const ready = !over
  const condition = (type: string, value: boolean) => ({
    type,
    status: value ? 'True' : 'False',
    lastTransitionTime: now,
    ...(over && !value ? { reason: 'PodCompleted' } : {}),
  })
  return {
    phase: over ? (rule.exitCode === 0 ? 'Succeeded' : 'Failed') : 'Running',
    hostIP: '10.0.0.1',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: pod.status?.startTime ?? now,
    conditions: [
      condition('PodReadyToStartContainers', ready),
      condition('Initialized', true),
      condition('Ready', ready),
      condition('ContainersReady', ready),
      condition('PodScheduled', true),
    ],
    containerStatuses: pod.spec.containers.map((c) => ({
      name: c.name,
      image: c.image ?? '',
      imageID: `simulated://${c.image ?? ''}`,
      containerID: `simulated://${pod.metadata.uid}/${c.name}`,
      ready,
      started: ready,
      restartCount: 0,
      state: over
        ? { terminated: { exitCode: rule.exitCode, reason: rule.exitCode === 0 ? 'Completed' : 'Error', startedAt: now, finishedAt: now } }
        : { running: { startedAt: now } },
    })),
  }
}

/** A distinct address for each number, in a range that nothing routes to. */
function addressOf(index: number, first: number): string {
  return `10.${first + ((index >> 16) & 0x3f)}.${(index >> 8) & 0xff}.${index & 0xff}`
}
