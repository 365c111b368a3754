/** For tests of a pod's life: workers over a runtime in memory, with a clock that is moved by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Container, Pod, PodStatus } from '../../api/types/core-v1.ts'
import { createClient } from '../../client/client.ts'
import { createFakeClock, type FakeClock } from '../../client/clock.ts'
import { createMemoryTransport } from '../../client/memory-transport.ts'
import { Code, GrpcError } from '../../grpc/status.ts'
import { noLog } from '../../log/log.ts'
import { ContainerState, PodSandboxState } from '../../runtime/cri/api.ts'
import type * as cri from '../../runtime/cri/types.ts'
import type { Cri } from '../cri.ts'
import { createImageManager } from '../images.ts'
import { createProbeManager } from '../probes.ts'
import type { StatusManager } from '../status-manager.ts'
import type { PodWorkerDeps } from './pod-worker.ts'
import { createPodWorkers, type PodWorkers } from './pod-workers.ts'

export const container = (name: string, more: Partial<Container> = {}): Container =>
  ({ name, image: 'busybox:1', resources: {}, ...more }) as Container
export const podOf = (spec: Partial<Pod['spec']> = {}, metadata: Partial<Pod['metadata']> = {}): Pod =>
  ({
    metadata: { name: 'p', namespace: 'd', uid: 'u', ...metadata },
    spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, containers: [container('main')], ...spec },
    status: {},
  }) as Pod

/** A runtime that only remembers. */
export interface MemoryRuntime extends Cri {
  /** What was asked of it that changes something: `run p/0`, `start main`, `stop main 30`, `exec main true` … */
  readonly calls: string[]
  /** Ends a running container. */
  exit(name: string, exitCode: number): void
  /** What a call throws or waits for, by its text. */
  intercept: (call: string) => void | Promise<void>
}

export function createMemoryRuntime(clock: FakeClock): MemoryRuntime {
  const sandboxes = new Map<string, cri.PodSandboxStatus>()
  const containers = new Map<string, cri.ContainerStatus & { sandboxId: string }>()
  const calls: string[] = []
  let sequence = 0
  const now = () => BigInt(clock.now()) * 1_000_000n + BigInt(sequence++)
  const found = <T>(map: Map<string, T>, id: string | undefined): T => {
    const have = map.get(id ?? '')
    if (!have) throw new GrpcError(Code.NOT_FOUND, `${id} not found`)
    return have
  }
  async function note(call: string): Promise<void> {
    calls.push(call)
    await memory.intercept(call)
  }
  const end = (c: cri.ContainerStatus, exitCode: number) =>
    Object.assign(c, { state: ContainerState.CONTAINER_EXITED, exitCode, finishedAt: now() })

  const runtime: Partial<cri.RuntimeService> = {
    async RunPodSandbox({ config }) {
      const { metadata, labels = {} } = config as cri.PodSandboxConfig
      await note(`run ${metadata?.name}/${metadata?.attempt}`)
      const id = `s${sequence++}`
      sandboxes.set(id, {
        id,
        metadata,
        labels,
        state: PodSandboxState.SANDBOX_READY,
        createdAt: now(),
        network: { ip: '10.0.0.2' },
      } as cri.PodSandboxStatus)
      return { podSandboxId: id }
    },
    async StopPodSandbox({ podSandboxId }) {
      const sandbox = found(sandboxes, podSandboxId)
      await note(`stop sandbox ${sandbox.metadata?.attempt}`)
      sandbox.state = PodSandboxState.SANDBOX_NOTREADY
      for (const c of containers.values()) if (c.sandboxId === podSandboxId && c.state === ContainerState.CONTAINER_RUNNING) end(c, 137)
      return {}
    },
    async RemovePodSandbox({ podSandboxId }) {
      await note(`remove sandbox ${found(sandboxes, podSandboxId).metadata?.attempt}`)
      sandboxes.delete(podSandboxId as string)
      for (const [id, c] of containers) if (c.sandboxId === podSandboxId) containers.delete(id)
      return {}
    },
    PodSandboxStatus: async ({ podSandboxId }) => ({ status: found(sandboxes, podSandboxId) }),
    ListPodSandbox: async () => ({ items: [...sandboxes.values()] as cri.PodSandbox[] }),
    async CreateContainer({ podSandboxId = '', config }) {
      const { metadata, image, labels = {}, annotations = {}, linux } = config as cri.ContainerConfig
      await note(`create ${metadata?.name}`)
      const id = `c${sequence++}`
      containers.set(id, {
        id,
        sandboxId: podSandboxId,
        metadata,
        image,
        labels,
        annotations,
        state: ContainerState.CONTAINER_CREATED,
        createdAt: now(),
        resources: { linux: linux?.resources },
      } as cri.ContainerStatus & { sandboxId: string })
      return { containerId: id }
    },
    async StartContainer({ containerId }) {
      const c = found(containers, containerId)
      await note(`start ${c.metadata?.name}`)
      Object.assign(c, { state: ContainerState.CONTAINER_RUNNING, startedAt: now() })
      return {}
    },
    async StopContainer({ containerId, timeout }) {
      const c = found(containers, containerId)
      await note(`stop ${c.metadata?.name} ${timeout}`)
      if (c.state === ContainerState.CONTAINER_RUNNING) end(c, 143)
      return {}
    },
    async RemoveContainer({ containerId }) {
      await note(`remove ${found(containers, containerId).metadata?.name}`)
      containers.delete(containerId as string)
      return {}
    },
    ListContainers: async () => ({
      containers: [...containers.values()].map((c) => ({ ...c, podSandboxId: c.sandboxId })) as unknown as cri.Container[],
    }),
    ContainerStatus: async ({ containerId }) => ({ status: found(containers, containerId) }),
    async UpdateContainerResources({ containerId, linux }) {
      const c = found(containers, containerId)
      await note(`update ${c.metadata?.name}`)
      Object.assign(c, { resources: { linux } })
      return {}
    },
    async ExecSync({ containerId, cmd = [] }) {
      await note(`exec ${found(containers, containerId).metadata?.name} ${cmd.join(' ')}`)
      return { exitCode: 0 }
    },
  }
  const images: Partial<cri.ImageService> = {
    ImageStatus: async ({ image }) => ({ image: { id: `sha256:${image?.image}` } as cri.Image }),
    async PullImage({ image }) {
      await note(`pull ${image?.image}`)
      return { imageRef: image?.image ?? '' }
    },
  }
  const memory: MemoryRuntime = {
    runtime: runtime as cri.RuntimeService,
    images: images as cri.ImageService,
    close() {},
    calls,
    intercept: () => {},
    exit(name, exitCode) {
      for (const c of containers.values()) if (c.metadata?.name === name && c.state === ContainerState.CONTAINER_RUNNING) end(c, exitCode)
    },
  }
  return memory
}

export interface PodLab {
  readonly runtime: MemoryRuntime
  readonly clock: FakeClock
  readonly workers: PodWorkers
  /** `Warning BackOff Back-off restarting …` */
  readonly events: string[]
  /** Cgroups as they were limited and removed. */
  readonly cgroups: Map<string, object>
  /** Resolves to the first status of the pod from now on, the present one included, that `holds` is true of. */
  until(holds: (status: PodStatus) => boolean, uid?: string): Promise<PodStatus>
  close(): Promise<void>
}

export function createPodLab(more: Partial<PodWorkerDeps> = {}): PodLab {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-pods-'))
  const clock = createFakeClock()
  const runtime = createMemoryRuntime(clock)
  const events: string[] = []
  const cgroups = new Map<string, object>()
  const said = new Map<string, PodStatus>()
  const waiting = new Set<() => void>()
  const statuses: StatusManager = {
    get: (uid) => said.get(uid),
    set(uid, status) {
      said.set(uid, status)
      for (const look of waiting) look()
    },
    reconcile() {},
    flush: async () => {},
    remove: (uid) => void said.delete(uid),
    stop() {},
  }
  const event: PodWorkerDeps['event'] = (_pod, _container, type, reason, message) => events.push(`${type} ${reason} ${message}`)
  const workers = createPodWorkers({
    cri: runtime,
    client: createClient(createMemoryTransport({ clock })),
    clock,
    log: noLog,
    images: createImageManager(runtime, { now: () => clock.now() }),
    probes: createProbeManager({ cri: runtime, clock, userAgent: 'test', changed: (uid) => workers.wake(uid), event }),
    objects: { hold() {}, release() {}, stop() {}, configMap: async () => undefined, secret: async () => undefined },
    statuses,
    sources: { configMap: async () => undefined, secret: async () => undefined, services: () => [] },
    token: async () => ({ token: '', renewAt: clock.now() + 1e9 }),
    claims: { volumeOf: () => Promise.reject(new Error('no claims here')), forget() {} },
    devices: { configure: async (_pod, _container, config) => config, release() {} },
    cgroups: { limit: (path, limits) => void cgroups.set(path, limits), remove: (path) => void cgroups.delete(path) },
    settings: {
      nodeName: 'n',
      podLogsFolder: join(folder, 'logs'),
      podsFolder: join(folder, 'pods'),
      clusterDNS: [],
      clusterDomain: 'cluster.local',
      hostDNS: { servers: [], searches: [], options: [] },
      memoryCapacity: 1 << 30,
      cgroupRoot: 'test',
      podPidsLimit: -1,
      seccompDefault: false,
    },
    runtimeName: 'memory',
    maxCrashBackoffMs: 300_000,
    hostIPs: () => ['192.0.2.1'],
    allocatable: () => ({ cpu: '4', memory: '1Gi', pods: '10' }),
    admit: () => undefined,
    event,
    ...more,
  })
  return {
    runtime,
    clock,
    workers,
    events,
    cgroups,
    until: (holds, uid = 'u') =>
      new Promise((resolve) => {
        const look = () => {
          const status = said.get(uid)
          if (!status || !holds(status)) return
          waiting.delete(look)
          resolve(status)
        }
        waiting.add(look)
        look()
      }),
    async close() {
      await workers.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
