/**
 * The node's own object (pkg/kubelet/nodestatus, kubelet_node_status.go): registered at start, its status reported
 * when it changes and at least every five minutes, its heartbeat a Lease that is renewed every ten seconds.
 */
import { readFileSync, statfsSync } from 'node:fs'
import { arch, availableParallelism, totalmem } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { formatMicroTime, formatTime } from '../api/meta.ts'
import { formatQuantity, newQuantity, quantityValue, subQuantity } from '../api/quantity.ts'
import type { Node, NodeCondition, NodeStatus, Taint } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { type Clock, sleep } from '../client/clock.ts'
import type { Logger } from '../log/log.ts'
import { kubernetesVersion } from '../version.ts'
import { type Cri, criErrorText } from './cri.ts'
import type { DeviceManager } from './device-manager.ts'
import { absolute, type PressureCondition, type Threshold } from './eviction.ts'

export interface NodeOptions {
  readonly nodeName: string
  readonly addresses: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly maxPods: number
  readonly reserved: Readonly<Record<string, string>>
  readonly rootFolder: string
  readonly kubeletPort: number
  readonly leaseSeconds: number
  readonly statusEveryMs: number
  readonly reportEveryMs: number
  /** -1: all. */
  readonly maxImages: number
  readonly providerID: string
  /** What eviction keeps free, and pods cannot be given. */
  readonly evictionHard: readonly Threshold[]
}
export interface NodeReporter {
  readonly capacity: Readonly<Record<string, string>>
  readonly allocatable: Readonly<Record<string, string>>
  /** Looks at the runtime again now, and reports what changed. */
  refresh(): void
  /** Registers, then reports and renews until the signal ends it. */
  run(signal: AbortSignal): Promise<void>
}

const ownConditions: ReadonlySet<string> = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'])
const maxNamesPerImage = 5

export function createNodeReporter(
  deps: {
    client: Client
    cri: Cri
    clock: Clock
    log: Logger
    node(): Node | undefined
    pressure(): readonly PressureCondition[]
    /** What device plugins offer. */
    devices(): ReturnType<DeviceManager['resources']>
    healthy(): string | undefined
    /** Records an event about the node. */
    event(reason: string, message: string): void
  },
  options: NodeOptions,
): NodeReporter {
  const { client, cri, clock, log } = deps
  const { nodeName } = options
  const machine = machineCapacity(options)
  const left = allocatableOf(machine, options)
  const capacityNow = () => ({ ...machine, ...deps.devices().capacity })
  const allocatableNow = () => ({ ...left, ...deps.devices().allocatable })
  let wakeUp = () => {}
  let reportedAt = 0
  /** The node after the last report. */
  let said: Node | undefined

  async function status(before: NodeStatus | undefined): Promise<NodeStatus> {
    const now = formatTime(clock.now())
    const runtime = await runtimeState(cri, options.maxImages)
    const images = runtime.images
    const problem = deps.healthy() ?? runtime.problem
    const pressure = deps.pressure()
    const made = [
      condition(
        'MemoryPressure',
        pressure.includes('MemoryPressure'),
        'KubeletHasInsufficientMemory',
        'kubelet has insufficient memory available',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition(
        'DiskPressure',
        pressure.includes('DiskPressure'),
        'KubeletHasDiskPressure',
        'kubelet has disk pressure',
        'KubeletHasNoDiskPressure',
        'kubelet has no disk pressure',
      ),
      condition(
        'PIDPressure',
        pressure.includes('PIDPressure'),
        'KubeletHasInsufficientPID',
        'kubelet has insufficient PID available',
        'KubeletHasSufficientPID',
        'kubelet has sufficient PID available',
      ),
      condition('Ready', problem === undefined, 'KubeletReady', 'kubelet is posting ready status', 'KubeletNotReady', problem ?? ''),
    ]
    const conditions = made.map((c): NodeCondition => {
      const old = before?.conditions?.find((b) => b.type === c.type)
      return { ...c, lastHeartbeatTime: now, lastTransitionTime: old?.status === c.status ? (old.lastTransitionTime ?? now) : now }
    })
    return {
      // Resources that others have told of stay.
      capacity: { ...extendedOf(before?.capacity), ...capacityNow() },
      allocatable: { ...extendedOf(before?.allocatable), ...allocatableNow() },
      conditions: [...conditions, ...(before?.conditions ?? []).filter((c) => !made.some((m) => m.type === c.type))],
      addresses: [
        ...options.addresses.map((address) => ({ type: 'InternalIP' as const, address })),
        { type: 'Hostname' as const, address: nodeName },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: options.kubeletPort } },
      nodeInfo: { ...machineInfo(), containerRuntimeVersion: runtime.version },
      ...(images.length > 0 ? { images } : {}),
      ...(runtime.handlers.length > 0 ? { runtimeHandlers: runtime.handlers } : {}),
      features: { supplementalGroupsPolicy: runtime.supplementalGroupsPolicy },
    }
  }

  async function register(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const labels = { ...defaultLabels(nodeName), ...options.labels }
        const node = {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: nodeName, labels, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
          spec: {
            ...(options.taints.length > 0 ? { taints: [...options.taints] } : {}),
            ...(options.providerID ? { providerID: options.providerID } : {}),
          },
          status: await status(undefined),
        }
        try {
          await client.create('nodes', node)
          tellChanges(undefined, node.status.conditions ?? [])
          log.info('registered the node', { node: nodeName })
        } catch (error) {
          if (!isAlreadyExists(error)) throw error
          // A node of that name is this one from before: what it says of itself may have changed.
          await client.patch('nodes', { name: nodeName }, { metadata: { labels } })
          log.info('the node was registered before', { node: nodeName })
        }
        return
      } catch (error) {
        if (failures > 2) log.warn('cannot register the node', { error })
        await sleep(clock, Math.min(100 * 2 ** failures, 7000), signal)
      }
    }
  }

  async function report(): Promise<void> {
    const seen = deps.node() ?? (await client.get('nodes', { name: nodeName }))
    // Compared with what the API has, not with what was said last: the node lifecycle controller marks a node that was silent.
    // But what the cache does not show yet was said: a node that is ready in the moment after would stay NotReady in the API.
    const node = said && isOlder(seen, said) ? said : seen
    const next = await status(node.status)
    const due = clock.now() - reportedAt >= options.reportEveryMs
    if (!due && isDeepStrictEqual(withoutHeartbeats(node.status), withoutHeartbeats(next))) return
    const body = { ...next, addresses: [{ $patch: 'replace' }, ...(next.addresses ?? [])] }
    said = await client.patch('nodes', { name: nodeName }, { status: body }, { type: 'strategic', subresource: 'status' })
    tellChanges(node.status?.conditions, next.conditions ?? [])
    reportedAt = clock.now()
  }

  /** As upstream, whose Ready is told only when it changes and not when it is first said. */
  function tellChanges(before: readonly NodeCondition[] | undefined, now: readonly NodeCondition[]): void {
    for (const { type, status, reason } of now) {
      const old = before?.find((b) => b.type === type)
      if (old?.status === status || (type === 'Ready' && !old)) continue
      const what = type === 'Ready' ? (status === 'True' ? 'NodeReady' : 'NodeNotReady') : reason?.replace('Kubelet', 'Node')
      if (what && ownConditions.has(type)) deps.event(what, `Node ${nodeName} status is now: ${what}`)
    }
  }

  async function reportLoop(signal: AbortSignal): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wakeUp = resolve
      })
      try {
        await report()
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (isNotFound(error)) await register(signal)
        if (failures++ > 1) log.warn('cannot report the node status', { error })
      }
      await Promise.race([sleep(clock, failures > 0 ? Math.min(200 * 2 ** failures, 10_000) : options.statusEveryMs, signal), woken])
    }
  }

  async function leaseLoop(signal: AbortSignal): Promise<void> {
    const seconds = options.leaseSeconds
    const at = { namespace: 'kube-node-lease', name: nodeName }
    let failures = 0
    while (!signal.aborted) {
      const spec = { holderIdentity: nodeName, leaseDurationSeconds: seconds, renewTime: formatMicroTime(clock.now()) }
      try {
        await client.patch('leases.coordination.k8s.io', at, { spec }, { type: 'merge', signal }).catch(async (error: unknown) => {
          if (!isNotFound(error)) throw error
          const node = deps.node()
          await client.create('leases.coordination.k8s.io', {
            apiVersion: 'coordination.k8s.io/v1',
            kind: 'Lease',
            metadata: {
              ...at,
              ...(node ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid }] } : {}),
            },
            spec,
          })
        })
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (failures++ > 1) log.warn('cannot renew the node lease', { error })
      }
      await sleep(clock, failures > 0 ? Math.min(200 * 2 ** failures, 7000) : (seconds * 1000) / 4, signal)
    }
  }

  return {
    get capacity() {
      return capacityNow()
    },
    get allocatable() {
      return allocatableNow()
    },
    refresh: () => wakeUp(),
    async run(signal) {
      deps.event('Starting', 'Starting kubelet.')
      await register(signal)
      await Promise.all([reportLoop(signal), leaseLoop(signal)])
    },
  }
}

const isOlder = ({ metadata: a }: Node, { metadata: b }: Node): boolean =>
  a.uid === b.uid && Number(a.resourceVersion) < Number(b.resourceVersion)

const extendedOf = (resources: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(resources).filter(([name]) => name.includes('/') && !name.includes('kubernetes.io/')))

function condition(
  type: string,
  holds: boolean,
  reasonTrue: string,
  messageTrue: string,
  reasonFalse: string,
  messageFalse: string,
): NodeCondition {
  return holds
    ? { type, status: 'True', reason: reasonTrue, message: messageTrue }
    : { type, status: 'False', reason: reasonFalse, message: messageFalse }
}

const withoutHeartbeats = (status: NodeStatus | undefined) =>
  status && {
    capacity: status.capacity,
    allocatable: status.allocatable,
    conditions: status.conditions?.map(({ lastHeartbeatTime: _, lastTransitionTime: __, ...c }) => c),
    addresses: status.addresses,
    daemonEndpoints: status.daemonEndpoints,
    nodeInfo: status.nodeInfo,
    images: status.images,
    runtimeHandlers: status.runtimeHandlers,
    features: status.features,
  }

async function runtimeState(cri: Cri, maxImages: number) {
  try {
    const [version, { status, runtimeHandlers = [], features }, { images = [] }] = await Promise.all([
      cri.runtime.Version({}),
      cri.runtime.Status({}),
      cri.images.ListImages({}),
    ])
    const problems = (status?.conditions ?? []).flatMap((c) => {
      if (c.status) return []
      const what = `${c.type}=false reason:${c.reason} message:${c.message}`
      if (c.type === 'NetworkReady') return [`container runtime network not ready: ${what}`]
      return c.type === 'RuntimeReady' ? [`container runtime not ready: ${what}`] : []
    })
    return {
      version: `${version.runtimeName}://${version.runtimeVersion}`,
      problem: problems.length > 0 ? problems.join(', ') : undefined,
      images: [...images]
        .sort((a, b) => Number(b.size ?? 0) - Number(a.size ?? 0))
        .slice(0, maxImages < 0 ? undefined : maxImages)
        .map((image) => ({
          names: [...(image.repoDigests ?? []), ...(image.repoTags ?? [])].slice(0, maxNamesPerImage),
          sizeBytes: Number(image.size ?? 0),
        })),
      handlers: runtimeHandlers.map((h) => ({
        name: h.name ?? '',
        features: {
          recursiveReadOnlyMounts: h.features?.recursiveReadOnlyMounts ?? false,
          userNamespaces: h.features?.userNamespaces ?? false,
        },
      })),
      supplementalGroupsPolicy: features?.supplementalGroupsPolicy ?? false,
    }
  } catch (error) {
    return {
      version: 'Unknown',
      problem: `container runtime is down: ${criErrorText(error)}`,
      images: [],
      handlers: [],
      supplementalGroupsPolicy: false,
    }
  }
}

export function defaultLabels(nodeName: string): Record<string, string> {
  const architecture = goArchitecture()
  return {
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': architecture,
  }
}
const goArchitecture = () => ({ x64: 'amd64', ia32: '386' })[arch() as string] ?? arch()

function machineCapacity(options: NodeOptions): Record<string, string> {
  const disk = statfsSync(options.rootFolder)
  return {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(options.maxPods),
    'ephemeral-storage': `${Math.floor((disk.blocks * disk.bsize) / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
  }
}

/** The capacity less what is reserved, and less what eviction keeps free (pkg/kubelet/cm node_container_manager). */
function allocatableOf(capacity: Readonly<Record<string, string>>, { reserved, evictionHard }: NodeOptions): Record<string, string> {
  const left = (name: string, signal?: string): number => {
    const all = quantityValue(capacity[name] as string)
    const kept = evictionHard.find((t) => t.signal === signal)
    return Math.max(0, Math.floor(all - (kept ? absolute(kept.value, { capacity: all }) : 0)) - quantityValue(reserved[name] ?? '0'))
  }
  const cpu = capacity['cpu'] as string
  return {
    ...capacity,
    cpu: reserved['cpu'] ? formatQuantity(subQuantity(cpu, reserved['cpu'])) : cpu,
    memory: `${Math.floor(left('memory', 'memory.available') / 1024)}Ki`,
    // Upstream gives it in plain bytes.
    'ephemeral-storage': formatQuantity(newQuantity(left('ephemeral-storage', 'nodefs.available'))),
  }
}

function machineInfo(): Omit<NodeStatus['nodeInfo'], 'containerRuntimeVersion'> {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch {
      return '' // not every machine or container has each of them; upstream reports them empty
    }
  }
  return {
    machineID: read('/etc/machine-id'),
    systemUUID: read('/sys/class/dmi/id/product_uuid') || read('/etc/machine-id'),
    bootID: read('/proc/sys/kernel/random/boot_id'),
    kernelVersion: read('/proc/sys/kernel/osrelease'),
    osImage: /^PRETTY_NAME="?(.*?)"?$/m.exec(read('/etc/os-release'))?.[1] ?? 'Linux',
    kubeletVersion: kubernetesVersion,
    kubeProxyVersion: '', // no kubelet knows it; upstream leaves it empty since 1.33
    operatingSystem: 'linux',
    architecture: goArchitecture(),
  }
}
