/** For the controllers' tests: loops over a transport without a server, on a clock that the test moves, with pods that run at once. */

import { afterEach } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { type Client, createClient } from '../client/client.ts'
import { createFakeClock, type FakeClock } from '../client/clock.ts'
import { createMemoryTransport, type MemoryTransport } from '../client/memory-transport.ts'
import { createLogger } from '../log/log.ts'
import { type ControllerManager, createControllerManager } from './manager.ts'
import type { ControllerOptions } from './options.ts'

export interface TestCluster {
  readonly client: Client
  readonly clock: FakeClock
  readonly transport: MemoryTransport
  /** Lets everything that is under way come to rest. */
  settle(): Promise<void>
  /** Moves time on second by second, letting everything come to rest in between. */
  pass(seconds: number): Promise<void>
  /** Kills the loops as a crash does, and starts new ones. */
  restart(): Promise<void>
  stop(): Promise<void>
  readonly manager: ControllerManager
  pods(): Pod[]
  podNames(): string[]
  setPodStatus(name: string, status: Partial<Pod['status']>): Promise<void>
  /** Its containers have ended. */
  finishPod(name: string, phase: 'Succeeded' | 'Failed', exitCode?: number): Promise<void>
  events(): string[]
}

export interface TestClusterOptions {
  readonly controllers: readonly string[]
  readonly options?: Partial<ControllerOptions>
  /** What a node makes of a pod; by default it is bound and ready at once. */
  readonly kubelet?: ((pod: Pod) => Pod['status'] | undefined) | 'none'
  /** Bound pods stay terminating until the test deletes them a second time. */
  readonly graceful?: boolean
  readonly before?: (client: Client, clock: FakeClock) => Promise<void>
}

/** What most tests of workloads are about. */
export const web = { namespace: 'default', name: 'web' }
export const labels = { app: 'web' }
export const template = (image = 'a', spec: object = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image }], ...spec },
})

/**
 * For a test file: a function that makes a cluster with these controllers (named without their `-controller`), tells it
 * to whoever listens, and stops it after the test.
 */
export function testClusters(defaults: Partial<TestClusterOptions> = {}, tell: (made: TestCluster) => void = () => {}) {
  let cluster: TestCluster | undefined
  afterEach(async () => {
    await cluster?.stop()
    cluster = undefined
  })
  return async (controllers: readonly string[], more: Partial<TestClusterOptions> = {}): Promise<TestCluster> => {
    cluster = await createTestCluster({ ...defaults, ...more, controllers: controllers.map((c) => `${c}-controller`) })
    tell(cluster)
    return cluster
  }
}

export const readyStatus = (now: number): Pod['status'] => ({
  phase: 'Running',
  podIP: '10.0.0.1',
  podIPs: [{ ip: '10.0.0.1' }],
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(now) }],
})

export async function createTestCluster(given: TestClusterOptions): Promise<TestCluster> {
  const clock = createFakeClock()
  const transport = createMemoryTransport({ clock, graceful: given.graceful })
  const client = createClient(transport)
  await given.before?.(client, clock)
  const stopping = new AbortController()
  const { kubelet = () => readyStatus(clock.now()) } = given

  async function runKubelet(): Promise<void> {
    if (kubelet === 'none') return
    for await (const { type, object: pod } of client.watch('pods', { signal: stopping.signal, resourceVersion: '1' })) {
      if (type === 'DELETED' || pod.metadata.deletionTimestamp || pod.status.phase) continue
      const status = kubelet(pod)
      if (!status) continue
      await client
        .updateStatus('pods', { ...pod, metadata: { ...pod.metadata, resourceVersion: undefined as never }, status })
        .catch(() => {})
    }
  }
  const kubeletDone = runKubelet()

  const start = async () => {
    const manager = createControllerManager({
      transport,
      clock,
      random: () => 0.5,
      controllers: given.controllers,
      options: given.options,
      log: createLogger('test', { level: process.env.KIJABI_TEST_LOG ? 'debug' : 'error' }),
    })
    await manager.start()
    await manager.synced
    return manager
  }
  let manager = await start()

  async function settle(): Promise<void> {
    for (let quiet = 0, before = -1; quiet < 4; ) {
      await new Promise((resolve) => setImmediate(resolve))
      const busy = [...manager.queues.values()].some((q) => q.length > 0)
      const writes = transport.writes.length
      quiet = busy || writes !== before ? 0 : quiet + 1
      before = writes
    }
  }
  await settle()

  const pods = () => transport.objects<Pod>('/api/v1/pods')
  async function setPodStatus(name: string, status: Partial<Pod['status']>): Promise<void> {
    const pod = pods().find((p) => p.metadata.name === name) as Pod
    await client.updateStatus('pods', { ...pod, status: { ...pod.status, ...status } as never })
    await settle()
  }

  return {
    client,
    clock,
    transport,
    settle,
    async pass(seconds) {
      for (let i = 0; i < seconds; i++) {
        clock.advance(1000)
        await settle()
      }
    },
    async restart() {
      await manager.stop()
      manager = await start()
    },
    async stop() {
      stopping.abort()
      await manager.stop()
      await kubeletDone
    },
    get manager() {
      return manager
    },
    pods,
    podNames: () =>
      pods()
        .map((p) => p.metadata.name)
        .sort(),
    setPodStatus,
    finishPod: (name, phase, exitCode = phase === 'Failed' ? 1 : 0) =>
      setPodStatus(name, {
        phase,
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: formatTime(clock.now()) }],
        containerStatuses: [{ name: 'c', state: { terminated: { exitCode, finishedAt: formatTime(clock.now()) } } }] as never,
      }),
    events: () => transport.objects<{ reason: string; message: string } & Pod>('/api/v1/events').map((e) => `${e.reason}: ${e.message}`),
  }
}

/** A job as the API server would have defaulted it. */
export const job = (more: object = {}) =>
  ({
    metadata: web,
    spec: {
      selector: { matchLabels: labels },
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      template: template('a', { restartPolicy: 'Never' }),
      ...more,
    },
  }) as never
