/**
 * Simulated nodes (upstream's kubemark): they register, heartbeat and say that pods run, by rule, without any
 * container. One watch of pods and one of nodes serve all of them, so that thousands fit in a process.
 */
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { formatMicroTime, formatTime } from '../api/meta.ts'
import type { Node, Pod } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { type Clock, systemClock } from '../client/clock.ts'
import { createInformers } from '../client/informer.ts'
import type { Transport } from '../client/transport.ts'
import { type Logger, noLog } from '../log/log.ts'
import { kubernetesVersion } from '../version.ts'
import { addressOf, createHollowPods } from './hollow-pods.ts'
import { isSilent } from './rules.ts'

export interface HollowNodesOptions {
  readonly transport: Transport
  readonly count: number
  /** Nodes are called `${prefix}-0` and so on. */
  readonly prefix?: string
  readonly resources?: Readonly<Record<string, string>>
  /** Zones that take turns in `topology.kubernetes.io/zone`. */
  readonly zones?: number
  /** How often a node renews its lease. */
  readonly heartbeatMs?: number
  readonly log?: Logger
  readonly clock?: Clock
}

export interface HollowNodes {
  /** Resolves when every node is registered. */
  start(): Promise<void>
  stop(): void
}

/** A kubelet renews its lease every ten seconds; here a third of that suffices for the grace period and costs a third. */
const defaultHeartbeatMs = 25_000
const leaseDurationSeconds = 40
/** Registrations under way at once. */
const width = 32

export function createHollowNodes(options: HollowNodesOptions): HollowNodes {
  const { count, prefix = 'hollow-node', zones = 3, heartbeatMs = defaultHeartbeatMs, log = noLog, clock = systemClock } = options
  const resources = { cpu: '32', memory: '256Gi', pods: '110', 'ephemeral-storage': '1Ti', ...options.resources }
  const client = createClient(options.transport)
  const informers = createInformers(client, { log, clock })
  const names = Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
  const indexes = new Map(names.map((name, index) => [name, index]))
  /** Nodes that were told to be silent, or deleted. */
  const silent = new Set<string>()
  const pods = createHollowPods(client, clock, log)
  const timers = new Set<() => void>()
  let stopped = false

  function statusOf(name: string) {
    const now = formatTime(clock.now())
    const condition = (type: string, status: string, reason: string, message: string) => ({
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    })
    return {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: addressOf(indexes.get(name) as number, 10) },
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
  }

  async function register(name: string, index: number): Promise<void> {
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      ...(zones > 0 ? { 'topology.kubernetes.io/zone': `zone-${index % zones}` } : {}),
    }
    try {
      const node = await client.create('nodes', { metadata: { name, labels }, spec: {}, status: statusOf(name) })
      await client.create('leases.coordination.k8s.io', { metadata: leaseOf(name, node), spec: leaseSpec(name) })
    } catch (error) {
      // It was there before, or its lease was; a silent one stays silent.
      if (!isAlreadyExists(error)) throw error
      const node = await client.get('nodes', { name })
      if (isSilent(node)) silent.add(name)
      else await speak(name)
    }
  }
  const leaseSpec = (name: string) => ({ holderIdentity: name, leaseDurationSeconds, renewTime: formatMicroTime(clock.now()) })
  const leaseOf = (name: string, { metadata: { uid } }: Node) => ({
    namespace: 'kube-node-lease',
    name,
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
  })

  /** Says that the node is well, as a kubelet does when it is back. */
  async function speak(name: string): Promise<void> {
    await client.patch('nodes', { name }, { status: statusOf(name) }, { subresource: 'status' })
    await renew(name)
  }

  async function renew(name: string): Promise<void> {
    try {
      const key = { namespace: 'kube-node-lease', name }
      await client.patch('leases.coordination.k8s.io', key, { spec: leaseSpec(name) }, { type: 'merge' })
    } catch (error) {
      if (!isNotFound(error)) throw error
      const metadata = leaseOf(name, await client.get('nodes', { name }))
      await client.create('leases.coordination.k8s.io', { metadata, spec: leaseSpec(name) })
    }
  }

  function onNode(node: Node): void {
    const { name } = node.metadata
    if (!indexes.has(name)) return
    const onIt = () =>
      informers
        .of('pods')
        .list()
        .filter((pod) => pod.spec.nodeName === name)
    if (isSilent(node)) {
      if (silent.has(name)) return
      silent.add(name)
      for (const { metadata } of onIt()) pods.forget(metadata.uid)
      return
    }
    const isBack = silent.delete(name)
    if (isBack) for (const pod of onIt()) onPod(pod)
    const ready = node.status.conditions?.find((c) => c.type === 'Ready')?.status === 'True'
    if (isBack || !ready) void speak(name).catch((error) => log.warn('a node could not say that it is well', { node: name, error }))
  }
  function onPod(pod: Pod): void {
    const index = indexes.get(pod.spec.nodeName ?? '')
    if (index !== undefined && !silent.has(pod.spec.nodeName as string)) pods.seen(pod, addressOf(index, 10))
  }

  /**
   * Heartbeats of all nodes, spread evenly over the period. How many are due is told by the time since `began`, of which
   * `done` were sent: timers of a busy process are late, and a sum of their delays would pass the grace period.
   */
  function heartbeat(began: number, done: number): void {
    if (stopped) return
    const due = Math.floor(((clock.now() - began) * count) / heartbeatMs)
    for (let beat = Math.max(done, due - count); beat < due; beat++) {
      const name = names[beat % count] as string
      if (!silent.has(name)) void renew(name).catch((error) => log.warn('a lease was not renewed', { node: name, error }))
    }
    const cancel = clock.after(Math.max(heartbeatMs / count, 100), () => {
      timers.delete(cancel)
      heartbeat(began, due)
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
      informers.of('nodes').addHandler({
        added: onNode,
        updated: onNode,
        deleted: ({ metadata: { name } }) => silent.add(name), // a kubelet does not register twice
      })
      informers.of('pods').addHandler({ added: onPod, updated: onPod, deleted: (pod) => pods.forget(pod.metadata.uid) })
      informers.start()
      await informers.synced()
      heartbeat(clock.now(), 0)
    },
    stop() {
      stopped = true
      for (const cancel of timers) cancel()
      informers.stop()
      pods.stop()
    },
  }
}
