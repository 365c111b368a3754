/**
 * Device plugins (pkg/kubelet/cm/devicemanager, deviceplugin/v1beta1): a plugin registers on the kubelet's socket and
 * tells of its devices; the node offers them as a resource, and a container that asks for some gets what the plugin says
 * of them. Which container has which devices stands in a file, so that it lasts over a restart.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { quantityValue } from '../api/quantity.ts'
import type { Container, Pod } from '../api/types/core-v1.ts'
import type { Clock } from '../client/clock.ts'
import { createGrpcClient, type ServerStream, type Unary } from '../grpc/client.ts'
import { createGrpcServer } from '../grpc/server.ts'
import { Code, GrpcError } from '../grpc/status.ts'
import type { Logger } from '../log/log.ts'
import type * as cri from '../runtime/cri/types.ts'
import { parseTable } from '../schema/schema.ts'
import { ConfigError } from './env.ts'
import { isSidecar } from './resources.ts'

export const devicePluginTable = parseTable(
  'v1beta1',
  `
package v1beta1
service Registration
  Register RegisterRequest Empty
service DevicePlugin
  GetDevicePluginOptions Empty DevicePluginOptions
  ListAndWatch Empty stream ListAndWatchResponse
  GetPreferredAllocation PreferredAllocationRequest PreferredAllocationResponse
  Allocate AllocateRequest AllocateResponse
  PreStartContainer PreStartContainerRequest Empty
type Empty
type DevicePluginOptions
  1 preStartRequired bool
  2 getPreferredAllocationAvailable bool
type RegisterRequest
  1 version string
  2 endpoint string
  3 resourceName string
  4 options DevicePluginOptions
type ListAndWatchResponse
  1 devices []PluginDevice
type PluginDevice
  1 ID string
  2 health string
type PreferredAllocationRequest
  1 containerRequests []ContainerPreferredAllocationRequest
type ContainerPreferredAllocationRequest
  1 availableDeviceIDs []string
  2 mustIncludeDeviceIDs []string
  3 allocationSize int32
type PreferredAllocationResponse
  1 containerResponses []ContainerPreferredAllocationResponse
type ContainerPreferredAllocationResponse
  1 deviceIDs []string
type PreStartContainerRequest
  1 devicesIds []string
type AllocateRequest
  1 containerRequests []ContainerAllocateRequest
type ContainerAllocateRequest
  1 devicesIds []string
type AllocateResponse
  1 containerResponses []ContainerAllocateResponse
type ContainerAllocateResponse
  1 envs map[string]string
  2 mounts []PluginMount
  3 devices []DeviceSpec
  4 annotations map[string]string
  5 cdiDevices []CdiDevice
type PluginMount
  1 containerPath string
  2 hostPath string
  3 readOnly bool
type DeviceSpec
  1 containerPath string
  2 hostPath string
  3 permissions string
type CdiDevice
  1 name string
`,
)

interface Grant {
  readonly envs?: Readonly<Record<string, string>>
  readonly mounts?: readonly { readonly containerPath?: string; readonly hostPath?: string; readonly readOnly?: boolean }[]
  readonly devices?: readonly cri.Device[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly cdiDevices?: readonly { readonly name?: string }[]
}
interface Options {
  readonly preStartRequired?: boolean
  readonly getPreferredAllocationAvailable?: boolean
}
interface DevicePlugin {
  ListAndWatch: ServerStream<object, { devices?: { ID?: string; health?: string }[] }>
  GetPreferredAllocation: Unary<object, { containerResponses?: { deviceIDs?: string[] }[] }>
  Allocate: Unary<object, { containerResponses?: Grant[] }>
  PreStartContainer: Unary<object, object>
}

interface Plugin {
  readonly client: DevicePlugin & { close(): void }
  readonly options: Options
  /** Whether each device is healthy, by its id. */
  readonly devices: Map<string, boolean>
}

export interface DeviceManager {
  /** How many devices there are of each resource, and how many are healthy. */
  resources(): { readonly capacity: Readonly<Record<string, string>>; readonly allocatable: Readonly<Record<string, string>> }
  /** What a container is to be made with for its devices; the same ones each time that it is made. */
  configure(pod: Pod, container: Container, config: cri.ContainerConfig): Promise<cri.ContainerConfig>
  release(uid: string): void
  stop(): Promise<void>
}
export interface DeviceManagerDeps {
  readonly clock: Clock
  readonly log: Logger
  /** Devices came, went or fell ill. */
  changed(): void
}

/** A resource whose plugin is gone is told for this long, without healthy devices, for the plugin may come back. */
const goneMs = 300_000
const socketName = 'kubelet.sock'
const checkpointName = 'kubelet_internal_checkpoint'

export async function startDeviceManager(deps: DeviceManagerDeps, rootFolder: string): Promise<DeviceManager> {
  const { clock, log } = deps
  const folder = join(rootFolder, 'device-plugins')
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  // Plugins register anew when their sockets are taken away.
  for (const name of readdirSync(folder)) if (name !== checkpointName) rmSync(join(folder, name), { recursive: true })
  const plugins = new Map<string, Plugin>()
  const given = readCheckpoint(join(folder, checkpointName))
  const stopping = new AbortController()

  const server = createGrpcServer({
    tables: [devicePluginTable],
    services: {
      'v1beta1.Registration': {
        Register(request: { version?: string; endpoint?: string; resourceName?: string; options?: Options }) {
          const { version = '', endpoint = '', resourceName = '', options = {} } = request
          if (version !== 'v1beta1')
            throw refuse(`requested API version ${JSON.stringify(version)} is not supported by kubelet. Supported version is ["v1beta1"]`)
          if (!/^[^/]+\/[^/]+$/.test(resourceName) || /(^|\.)kubernetes\.io\//.test(resourceName))
            throw refuse(`the ResourceName ${JSON.stringify(resourceName)} is invalid`)
          register(resourceName, join(folder, basename(endpoint)), options)
          return {}
        },
      },
    },
  })
  try {
    await server.listen({ path: join(folder, socketName) })
  } catch (error) {
    // Linux takes socket paths of 107 letters: a node in a folder deeper than that runs all other pods.
    log.error('device plugins cannot register', { folder, error })
  }

  function register(resource: string, endpoint: string, options: Options): void {
    plugins.get(resource)?.client.close()
    const client = createGrpcClient<DevicePlugin>(`unix://${endpoint}`, devicePluginTable, 'DevicePlugin')
    const plugin: Plugin = { client, options, devices: new Map() }
    plugins.set(resource, plugin)
    log.info('a device plugin registered', { resource, endpoint })
    void follow(resource, plugin)
  }

  async function follow(resource: string, plugin: Plugin): Promise<void> {
    try {
      for await (const { devices = [] } of plugin.client.ListAndWatch({}, { signal: stopping.signal })) {
        plugin.devices.clear()
        for (const { ID = '', health } of devices) plugin.devices.set(ID, health === 'Healthy')
        deps.changed()
      }
    } catch (error) {
      if (!stopping.signal.aborted) log.warn('a device plugin is gone', { resource, error })
    }
    plugin.client.close()
    if (stopping.signal.aborted || plugins.get(resource) !== plugin) return
    for (const id of plugin.devices.keys()) plugin.devices.set(id, false)
    deps.changed()
    clock.after(goneMs, () => {
      if (plugins.get(resource) !== plugin) return
      plugin.devices.clear()
      deps.changed()
    })
  }

  /** The devices that this container has, or gets now. */
  async function choose(pod: Pod, container: Container, resource: string, count: number, plugin: Plugin): Promise<string[]> {
    const { uid } = pod.metadata
    const mine = given.get(uid)?.[container.name]?.[resource]
    if (mine?.length === count) return mine
    // What an init container had is free again for the pod's main ones.
    const over = new Set((pod.spec.initContainers ?? []).filter((c) => !isSidecar(c) && c.name !== container.name).map((c) => c.name))
    const taken = new Set(
      [...given].flatMap(([owner, containers]) =>
        Object.entries(containers).flatMap(([name, all]) => (owner === uid && over.has(name) ? [] : (all[resource] ?? []))),
      ),
    )
    const free = [...plugin.devices].flatMap(([id, isHealthy]) => (isHealthy && !taken.has(id) ? [id] : []))
    if (free.length < count)
      throw new ConfigError(`requested number of devices unavailable for ${resource}. Requested: ${count}, Available: ${free.length}`)
    const chosen = await preferred(plugin, free, count)
    // Another container's start may have asked meanwhile: what is remembered at once is not given twice.
    if (chosen.some((id) => isTaken(resource, id, uid, over))) return choose(pod, container, resource, count, plugin)
    const containers = given.get(uid) ?? {}
    given.set(uid, { ...containers, [container.name]: { ...containers[container.name], [resource]: chosen } })
    writeCheckpoint(join(folder, checkpointName), given)
    return chosen
  }

  const isTaken = (resource: string, id: string, uid: string, over: ReadonlySet<string>): boolean =>
    [...given].some(([owner, containers]) =>
      Object.entries(containers).some(([name, all]) => !(owner === uid && over.has(name)) && all[resource]?.includes(id)),
    )

  async function preferred({ client, options }: Plugin, free: string[], count: number): Promise<string[]> {
    if (!options.getPreferredAllocationAvailable) return free.slice(0, count)
    const request = { availableDeviceIDs: free, mustIncludeDeviceIDs: [], allocationSize: count }
    const { containerResponses = [] } = await client.GetPreferredAllocation({ containerRequests: [request] })
    const wished = (containerResponses[0]?.deviceIDs ?? []).filter((id) => free.includes(id))
    return [...new Set([...wished, ...free])].slice(0, count)
  }

  async function grantOf(plugin: Plugin, devicesIds: string[]): Promise<Grant> {
    const { containerResponses = [] } = await plugin.client.Allocate({ containerRequests: [{ devicesIds }] })
    if (plugin.options.preStartRequired) await plugin.client.PreStartContainer({ devicesIds })
    const grant = containerResponses[0] ?? {}
    if (grant.cdiDevices?.length) throw new ConfigError('devices of the container device interface (CDI) are not supported by this kubelet')
    return grant
  }

  return {
    resources() {
      const count = (of: (plugin: Plugin) => number) =>
        Object.fromEntries([...plugins].map(([resource, plugin]) => [resource, String(of(plugin))]))
      return { capacity: count((p) => p.devices.size), allocatable: count((p) => [...p.devices.values()].filter(Boolean).length) }
    },
    async configure(pod, container, config) {
      let made = config
      for (const [resource, quantity] of Object.entries(container.resources?.limits ?? {})) {
        const plugin = plugins.get(resource)
        if (!plugin) continue
        const grant = await grantOf(plugin, await choose(pod, container, resource, quantityValue(quantity), plugin))
        made = withGrant(made, grant)
      }
      return made
    },
    release(uid) {
      if (given.delete(uid)) writeCheckpoint(join(folder, checkpointName), given)
    },
    async stop() {
      stopping.abort()
      for (const { client } of plugins.values()) client.close()
      await server.close()
    },
  }
}

const refuse = (message: string) => new GrpcError(Code.UNKNOWN, message)

function withGrant(config: cri.ContainerConfig, { envs = {}, mounts = [], devices = [], annotations = {} }: Grant): cri.ContainerConfig {
  return {
    ...config,
    envs: [...(config.envs ?? []), ...Object.entries(envs).map(([key, value]) => ({ key, value }))],
    mounts: [
      ...(config.mounts ?? []),
      ...mounts.map(({ containerPath = '', hostPath = '', readOnly = false }) => ({ containerPath, hostPath, readonly: readOnly })),
    ],
    devices: [...(config.devices ?? []), ...devices],
    annotations: { ...config.annotations, ...annotations },
  }
}

/** By pod, container and resource. */
type Given = Map<string, Readonly<Record<string, Readonly<Record<string, string[]>>>>>

function readCheckpoint(path: string): Given {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')) as object))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
}

function writeCheckpoint(path: string, given: Given): void {
  writeFileSync(`${path}.tmp`, JSON.stringify(Object.fromEntries(given)), { mode: 0o600 })
  renameSync(`${path}.tmp`, path)
}
