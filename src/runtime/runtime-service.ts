/** The CRI's RuntimeService over sandboxes and containers. Semantics and messages follow containerd's internal/cri. */

import { readFile } from 'node:fs/promises'
import type { CallOptions } from '../grpc/client.ts'
import { createQueue } from '../grpc/queue.ts'
import { Code, GrpcError } from '../grpc/status.ts'
import { version } from '../version.ts'
import type { ContainerEvent, Containers } from './containers.ts'
import { CgroupDriver, ContainerEventType, ContainerState } from './cri/api.ts'
import { containerStatus, listedContainer, listedSandbox, sandboxState, sandboxStatus } from './cri/records.ts'
import type * as cri from './cri/types.ts'
import { startExec } from './exec.ts'
import type { Host } from './oci/host.ts'
import type { OciRuntime } from './oci/runtime.ts'
import type { PodNetwork } from './pod-network.ts'
import type { Sandboxes } from './sandboxes.ts'
import { type ContainerRecord, nowNanoseconds, type Records, type SandboxRecord } from './state.ts'
import { createStats, metricDescriptors } from './stats.ts'
import type { Streaming } from './streaming.ts'
import type { UserNamespaces } from './user-namespace.ts'

export interface RuntimeServiceDeps {
  readonly sandboxRecords: Records<SandboxRecord>
  readonly containerRecords: Records<ContainerRecord>
  readonly sandboxes: Sandboxes
  readonly containers: Containers
  readonly network: PodNetwork
  readonly streaming: Streaming
  readonly userNamespaces: UserNamespaces
  readonly handlers: readonly string[]
  readonly runtimeOf: (handler: string) => OciRuntime
  readonly host: Host
  readonly turns: <T>(key: string, work: () => Promise<T>) => Promise<T>
  readonly info: () => Record<string, unknown>
}

type Handlers = { [K in keyof cri.RuntimeService]: cri.RuntimeService[K] }
export interface RuntimeServiceImpl extends Handlers {
  emit(event: ContainerEvent, container: ContainerRecord): void
}

/** containerd's name of the namespace that a call is for: gRPC metadata, `k8s.io` without it. */
export const namespaceOf = (options?: CallOptions): string => String(options?.metadata?.['containerd-namespace'] || 'k8s.io')

const maxOutput = 16 << 20
const eventTypes: Record<ContainerEvent, number> = {
  created: ContainerEventType.CONTAINER_CREATED_EVENT,
  started: ContainerEventType.CONTAINER_STARTED_EVENT,
  stopped: ContainerEventType.CONTAINER_STOPPED_EVENT,
  deleted: ContainerEventType.CONTAINER_DELETED_EVENT,
}

export function createRuntimeService(deps: RuntimeServiceDeps): RuntimeServiceImpl {
  const { sandboxRecords, containerRecords, sandboxes, containers, network, streaming, userNamespaces, turns, runtimeOf } = deps
  const stats = createStats(deps)
  const listeners = new Set<(event: cri.ContainerEventResponse) => void>()

  const byId = <T extends { id: string; namespace: string }>(records: Records<T>, id: string, namespace: string): T | undefined => {
    const exact = records.get(id)
    if (exact) return exact.namespace === namespace ? exact : undefined
    if (!/^[0-9a-f]+$/.test(id)) return undefined
    // A prefix that only one has.
    const found = [...records.values()].filter((r) => r.namespace === namespace && r.id.startsWith(id))
    return found.length === 1 ? found[0] : undefined
  }
  const sandbox = (id: string | undefined, options?: CallOptions): SandboxRecord => {
    const found = byId(sandboxRecords, id ?? '', namespaceOf(options))
    if (!found) throw new GrpcError(Code.NOT_FOUND, `an error occurred when try to find sandbox: not found`)
    return found
  }
  const container = (id: string | undefined, options?: CallOptions): ContainerRecord => {
    const found = byId(containerRecords, id ?? '', namespaceOf(options))
    if (!found) throw new GrpcError(Code.NOT_FOUND, `an error occurred when try to find container ${JSON.stringify(id)}: not found`)
    return found
  }
  const running = (id: string | undefined, options?: CallOptions): ContainerRecord => {
    const found = container(id, options)
    if (found.state !== ContainerState.CONTAINER_RUNNING)
      throw new GrpcError(Code.UNKNOWN, `container is in ${Object.keys(ContainerState)[found.state]} state`)
    if (found.paused) throw new GrpcError(Code.FAILED_PRECONDITION, `container ${JSON.stringify(found.id)} is paused`)
    return found
  }
  const of = (namespace: string, sandboxId: string) =>
    [...containerRecords.values()].filter((c) => c.sandboxId === sandboxId && c.namespace === namespace)

  const matches = (labels: Record<string, string> | undefined, selector: Record<string, string> | undefined) =>
    Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value)
  const selectSandboxes = (filter: cri.PodSandboxFilter | undefined, options?: CallOptions) =>
    [...sandboxRecords.values()]
      .filter((r) => r.namespace === namespaceOf(options))
      .filter(
        (r) =>
          (!filter?.id || r.id.startsWith(filter.id)) &&
          (!filter?.state || (filter.state.state ?? 0) === sandboxState(r)) &&
          matches(r.config.labels, filter?.labelSelector),
      )
  const selectContainers = (filter: cri.ContainerFilter | undefined, options?: CallOptions) =>
    [...containerRecords.values()]
      .filter((r) => r.namespace === namespaceOf(options))
      .filter(
        (r) =>
          (!filter?.id || r.id.startsWith(filter.id)) &&
          (!filter?.podSandboxId || r.sandboxId.startsWith(filter.podSandboxId)) &&
          (!filter?.state || (filter.state.state ?? 0) === r.state) &&
          matches(r.config.labels, filter?.labelSelector),
      )

  const runningOf = ({ namespace, id }: SandboxRecord) => of(namespace, id).filter((c) => c.state === ContainerState.CONTAINER_RUNNING)
  const selectStats = (filter: cri.ContainerStatsFilter | undefined, options?: CallOptions) =>
    Promise.all(
      selectContainers({ ...(filter ?? {}) } as cri.ContainerFilter, options)
        .filter((r) => r.state === ContainerState.CONTAINER_RUNNING)
        .map(stats.container),
    )
  const selectPodStats = (filter: cri.PodSandboxStatsFilter | undefined, options?: CallOptions) =>
    Promise.all(
      selectSandboxes({ ...(filter?.id ? { id: filter.id } : {}), labelSelector: filter?.labelSelector ?? {} }, options)
        .filter((r) => r.ready)
        .map((r) => stats.pod(r, runningOf(r))),
    )
  const podMetrics = (options?: CallOptions) => Promise.all(selectSandboxes(undefined, options).map((r) => stats.metrics(r, runningOf(r))))

  /** `id`: the container, or the sandbox itself, of which containerd tells as of a container. */
  const tell = (event: ContainerEvent, id: string, pod: SandboxRecord | undefined, members: readonly ContainerRecord[]) => {
    const response: cri.ContainerEventResponse = {
      containerId: id,
      containerEventType: eventTypes[event],
      createdAt: nowNanoseconds(),
      ...(pod ? { podSandboxStatus: sandboxStatus(pod) } : {}),
      containersStatuses: members.map(containerStatus),
    }
    for (const listener of listeners) listener(response)
  }
  const tellSandbox = (event: ContainerEvent, record: SandboxRecord) => {
    if (record.namespace === 'k8s.io' && listeners.size > 0) tell(event, record.id, record, of(record.namespace, record.id))
  }

  const stopSandbox = async (record: SandboxRecord) => {
    const wasReady = sandboxRecords.get(record.id)?.ready === true
    // Told first, so that who hears of its containers’ ends does not start them here again.
    if (wasReady) sandboxRecords.put({ ...(sandboxRecords.get(record.id) as SandboxRecord), ready: false })
    await Promise.all(of(record.namespace, record.id).map((c) => turns(`stop/${c.id}`, () => containers.stop(c.id, 0))))
    await sandboxes.stop(record.id)
    const stopped = sandboxRecords.get(record.id)
    if (wasReady && stopped) tellSandbox('stopped', stopped)
  }

  return {
    emit(event, record) {
      if (record.namespace !== 'k8s.io' || listeners.size === 0) return
      tell(event, record.id, sandboxRecords.get(record.sandboxId), of(record.namespace, record.sandboxId))
    },

    Version: async () => ({ version: '0.1.0', runtimeName: 'kijabi', runtimeVersion: version, runtimeApiVersion: 'v1' }),
    async Status({ verbose }): Promise<cri.StatusResponse> {
      const [net, missing] = await Promise.all([network.status(), userNamespaces.missing()])
      return {
        status: {
          conditions: [
            { type: 'RuntimeReady', status: true, reason: '', message: '' },
            { type: 'NetworkReady', status: net.ready, reason: net.reason, message: net.message },
          ],
        },
        runtimeHandlers: deps.handlers.map((name) => ({
          name,
          features: { recursiveReadOnlyMounts: runtimeOf(name).name === 'crun', userNamespaces: missing === undefined },
        })),
        features: { supplementalGroupsPolicy: true, userNamespacesHostNetwork: false },
        info: verbose ? { config: JSON.stringify(deps.info()) } : {},
      }
    },
    RuntimeConfig: async () => ({ linux: { cgroupDriver: CgroupDriver.CGROUPFS } }),
    async UpdateRuntimeConfig({ runtimeConfig }) {
      const cidr = runtimeConfig?.networkConfig?.podCidr
      if (cidr) await network.setPodCidr?.(cidr)
      return {}
    },

    async RunPodSandbox({ config, runtimeHandler = '' }, options) {
      if (!config?.metadata?.name) throw new GrpcError(Code.INVALID_ARGUMENT, 'sandbox config must include metadata with a name')
      const record = await sandboxes.run(namespaceOf(options), config, runtimeHandler, options?.signal)
      tellSandbox('created', record)
      tellSandbox('started', record)
      return { podSandboxId: record.id }
    },
    async StopPodSandbox({ podSandboxId }, options) {
      const record = byId(sandboxRecords, podSandboxId ?? '', namespaceOf(options))
      if (record) await turns(record.id, () => stopSandbox(record))
      return {}
    },
    async RemovePodSandbox({ podSandboxId }, options) {
      const record = byId(sandboxRecords, podSandboxId ?? '', namespaceOf(options))
      if (!record) return {}
      await turns(record.id, async () => {
        await stopSandbox(record)
        for (const c of of(record.namespace, record.id)) await turns(c.id, () => containers.remove(c.id))
        const stopped = sandboxRecords.get(record.id)
        await sandboxes.remove(record.id)
        if (stopped) tellSandbox('deleted', stopped)
      })
      stats.forget(record.id)
      return {}
    },
    async PodSandboxStatus({ podSandboxId, verbose }, options): Promise<cri.PodSandboxStatusResponse> {
      const record = sandbox(podSandboxId, options)
      return {
        status: sandboxStatus(record),
        containersStatuses: of(record.namespace, record.id).map(containerStatus),
        timestamp: nowNanoseconds(),
        info: verbose ? { info: JSON.stringify({ config: record.config, namespaces: record.namespaces, ips: record.ips }) } : {},
      }
    },
    ListPodSandbox: async ({ filter }, options) => ({ items: selectSandboxes(filter, options).map(listedSandbox) }),
    async *StreamPodSandboxes({ filter }, options) {
      for (const podSandboxes of chunks(selectSandboxes(filter, options).map(listedSandbox))) yield { podSandboxes }
    },
    async UpdatePodSandboxResources({ podSandboxId, overhead, resources }, options) {
      const record = sandbox(podSandboxId, options)
      const linux = { ...record.config.linux, ...(overhead ? { overhead } : {}), ...(resources ? { resources } : {}) }
      sandboxRecords.put({ ...record, config: { ...record.config, linux } })
      return {}
    },

    async CreateContainer({ podSandboxId, config, sandboxConfig }, options) {
      const record = sandbox(podSandboxId, options)
      if (!config) throw new GrpcError(Code.INVALID_ARGUMENT, 'container config is nil')
      if (!record.ready) throw new GrpcError(Code.UNKNOWN, `sandbox ${record.id} is not ready`)
      void sandboxConfig // The sandbox's own config is the same one.
      return { containerId: (await containers.create(record, config)).id }
    },
    async StartContainer({ containerId }, options) {
      const { id } = container(containerId, options)
      await turns(id, () => containers.start(id))
      return {}
    },
    async StopContainer({ containerId, timeout = 0 }, options) {
      const record = byId(containerRecords, containerId ?? '', namespaceOf(options))
      if (record)
        await turns(`stop/${record.id}`, () => containers.stop(record.id, Number(timeout) * 1000, { byUser: true, abort: options?.signal }))
      return {}
    },
    async RemoveContainer({ containerId }, options) {
      const record = byId(containerRecords, containerId ?? '', namespaceOf(options))
      if (record) await turns(record.id, () => containers.remove(record.id))
      if (record) stats.forget(record.id)
      return {}
    },
    ListContainers: async ({ filter }, options) => ({ containers: selectContainers(filter, options).map(listedContainer) }),
    async *StreamContainers({ filter }, options) {
      for (const part of chunks(selectContainers(filter, options).map(listedContainer))) yield { containers: part }
    },
    async ContainerStatus({ containerId, verbose }, options): Promise<cri.ContainerStatusResponse> {
      const record = container(containerId, options)
      if (!verbose) return { status: containerStatus(record), info: {} }
      const spec = await readFile(`${containers.bundle(record.id)}/config.json`, 'utf8').catch(() => 'null')
      const info = {
        sandboxID: record.sandboxId,
        pid: record.pid,
        config: record.config,
        runtimeSpec: JSON.parse(spec) as unknown,
        layers: record.layers,
        restarts: record.restarts ?? 0,
        paused: record.paused === true,
      }
      return {
        status: containerStatus(record),
        info: { info: JSON.stringify(info, (_k, v: unknown) => (typeof v === 'bigint' ? Number(v) : v)) },
      }
    },
    async UpdateContainerResources({ containerId, linux }, options) {
      const { id } = container(containerId, options)
      await turns(id, () => containers.update(id, linux ?? {}))
      return {}
    },
    async ReopenContainerLog({ containerId }, options) {
      await containers.reopenLog(container(containerId, options).id)
      return {}
    },

    async ExecSync({ containerId, cmd = [], timeout = 0 }, options) {
      const record = running(containerId, options)
      const handler = sandboxRecords.get(record.sandboxId)?.runtimeHandler ?? ''
      const exec = startExec(runtimeOf(handler), record.id, containers.bundle(record.id), { cmd })
      const [out, err] = [collect(exec.stdout), collect(exec.stderr as NodeJS.ReadableStream)]
      let late = false
      const overdue = () => {
        late = true
        exec.kill()
      }
      const timer = Number(timeout) > 0 ? setTimeout(overdue, Number(timeout) * 1000) : undefined
      const gone = () => exec.kill()
      options?.signal?.addEventListener('abort', gone)
      try {
        const exitCode = await exec.exit
        if (late)
          throw new GrpcError(
            Code.DEADLINE_EXCEEDED,
            `failed to exec in container: timeout ${timeout}s exceeded: context deadline exceeded`,
          )
        return { stdout: await out, stderr: await err, exitCode }
      } finally {
        clearTimeout(timer)
        options?.signal?.removeEventListener('abort', gone)
      }
    },
    Exec: async (request, options) => ({ url: streaming.exec(running(request.containerId, options), request) }),
    Attach: async (request, options) => ({ url: streaming.attach(running(request.containerId, options), request) }),
    async PortForward({ podSandboxId, port = [] }, options) {
      const record = sandbox(podSandboxId, options)
      if (!record.ready) throw new GrpcError(Code.UNKNOWN, 'sandbox container is not running')
      return { url: streaming.portForward(record, port) }
    },

    ContainerStats: async ({ containerId }, options) => ({ stats: await stats.container(container(containerId, options)) }),
    ListContainerStats: async ({ filter }, options) => ({ stats: await selectStats(filter, options) }),
    async *StreamContainerStats({ filter }, options) {
      for (const part of chunks(await selectStats(filter, options))) yield { containerStats: part }
    },
    async PodSandboxStats({ podSandboxId }, options) {
      const record = sandbox(podSandboxId, options)
      return { stats: await stats.pod(record, runningOf(record)) }
    },
    ListPodSandboxStats: async ({ filter }, options) => ({ stats: await selectPodStats(filter, options) }),
    async *StreamPodSandboxStats({ filter }, options) {
      for (const part of chunks(await selectPodStats(filter, options))) yield { podSandboxStats: part }
    },
    ListMetricDescriptors: async () => ({ descriptors: metricDescriptors }),
    ListPodSandboxMetrics: async (_request, options) => ({ podMetrics: await podMetrics(options) }),
    async *StreamPodSandboxMetrics(_request, options) {
      for (const part of chunks(await podMetrics(options))) yield { podSandboxMetrics: part }
    },

    async CheckpointContainer({ containerId, location = '' }, options) {
      const record = container(containerId, options)
      const handler = sandboxRecords.get(record.sandboxId)?.runtimeHandler ?? ''
      // Loaded when it is asked for, which is seldom.
      const { checkpoint } = await import('./checkpoint.ts')
      await turns(record.id, () => checkpoint(containers, runtimeOf(handler), record, location))
      return {}
    },
    async *GetContainerEvents(_request, options) {
      const queue = createQueue<cri.ContainerEventResponse>()
      const listener = (event: cri.ContainerEventResponse) => {
        // Who does not read is cut off: the kubelet then lists anew.
        if (queue.size > 10_000) queue.end(new GrpcError(Code.RESOURCE_EXHAUSTED, 'the events are not read'))
        else queue.push(event)
      }
      listeners.add(listener)
      options?.signal?.addEventListener('abort', () => queue.end())
      try {
        yield* queue
      } finally {
        listeners.delete(listener)
      }
    },
  }
}

/** How many items one message of a streamed list holds. */
const chunkSize = 500
function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let i = 0; i < items.length; i += chunkSize) yield items.slice(i, i + chunkSize)
}

/** Reads to the end and keeps the first 16 MB (CVE-2022-1708). */
async function collect(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const part = (chunk as Buffer).subarray(0, Math.max(0, maxOutput - size))
    size += part.length
    if (part.length > 0) parts.push(part)
  }
  return Buffer.concat(parts)
}
