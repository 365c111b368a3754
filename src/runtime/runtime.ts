/**
 * The container runtime put together: images, sandboxes, containers and the CRI's services over them, for a socket
 * (command.ts) or for another component of the same process, which calls the same functions.
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { createGrpcServer, type GrpcHandlers } from '../grpc/server.ts'
import { Code, GrpcError } from '../grpc/status.ts'
import type { Logger } from '../log/log.ts'
import { createCniNetwork } from './cni.ts'
import { type Containers, createContainers } from './containers.ts'
import { ContainerState, criTable } from './cri/api.ts'
import type * as cri from './cri/types.ts'
import { engineTable } from './engine/api.ts'
import { createEngine } from './engine/service.ts'
import { createHostPorts } from './host-ports.ts'
import { createImageService } from './image-service.ts'
import { diskUsage } from './images/disk-usage.ts'
import type { RegistryOptions } from './images/registry.ts'
import { type ImageStore, openImageStore } from './images/store.ts'
import { createMonitor } from './monitor.ts'
import { createNetworks } from './networks.ts'
import { probeHost } from './oci/host.ts'
import { type OciRuntime, openOciRuntime } from './oci/runtime.ts'
import type { NetworkMaker, PodNetwork } from './pod-network.ts'
import { createRuntimeService } from './runtime-service.ts'
import { createSandboxes } from './sandboxes.ts'
import { type ContainerRecord, createTurns, openRecords, type SandboxRecord } from './state.ts'
import { createStreaming } from './streaming.ts'
import { createUserNamespaces } from './user-namespace.ts'

export interface RuntimeOptions {
  /** What lasts: images and what containers wrote. */
  readonly root: string
  /** What lasts until the machine restarts: mounts, sockets, bundles. */
  readonly state: string
  readonly log: Logger
  /** The OCI runtime; default crun, else runc. */
  readonly runtime?: string
  /** Further runtimes by handler, as runtime classes name them. */
  readonly handlers?: Readonly<Record<string, string>>
  readonly registry?: RegistryOptions
  readonly cni?: { readonly confDir?: string; readonly binDirs?: readonly string[] }
  /** The network of pods while no CNI network is configured. */
  readonly network?: PodNetwork
  /** Makes the networks that users ask for. */
  readonly makeNetwork?: NetworkMaker
  /** Names the nftables table of host ports, so that two runtimes on one machine keep out of each other's way. */
  readonly name?: string
}

export interface Runtime {
  readonly runtimeService: cri.RuntimeService
  readonly imageService: cri.ImageService
  readonly images: ImageStore
  readonly containers: Containers
  /** Serves the CRI on a unix socket. */
  serve(path: string): Promise<void>
  /** Stops every sandbox, of pods and of whoever else made one. */
  stopSandboxes(): Promise<void>
  /** Ends serving; containers go on. */
  close(): Promise<void>
}

export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { root, state, log } = options
  for (const folder of [root, state]) mkdirSync(folder, { recursive: true, mode: 0o711 })
  const host = probeHost()
  const programs = join(root, 'programs')
  const runtimes = new Map<string, OciRuntime>()
  const handlers: Record<string, string | undefined> = { ...options.handlers, '': options.runtime }
  const runtimeOf = (handler: string): OciRuntime => {
    if (!Object.hasOwn(handlers, handler)) throw new GrpcError(Code.UNKNOWN, `no runtime for ${JSON.stringify(handler)} is configured`)
    const name = handler ? `oci-${handler}` : 'oci'
    // Not in the state folder: many a system lets nothing be run from /run.
    const found = runtimes.get(handler) ?? openOciRuntime(handlers[handler], join(state, name), join(programs, name), host)
    runtimes.set(handler, found)
    return found
  }
  runtimeOf('')

  const sandboxRecords = openRecords<SandboxRecord>(join(root, 'sandboxes'), log)
  const containerRecords = openRecords<ContainerRecord>(join(root, 'container-records'), log)
  const images = await openImageStore({
    root,
    log,
    ...(options.registry ? { registry: options.registry } : {}),
    inUse: () => [...containerRecords.values()].flatMap((c) => c.layers),
  })
  const pods = createCniNetwork(
    {
      confDir: options.cni?.confDir ?? '/etc/cni/net.d',
      binDirs: options.cni?.binDirs ?? ['/opt/cni/bin', '/usr/lib/cni'],
      cacheDir: join(state, 'cni'),
    },
    options.network,
  )
  const networks = createNetworks({ root, pods, make: options.makeNetwork, log })
  const hostPorts = createHostPorts(`kijabi-hostports-${options.name ?? 'default'}`)
  const turns = createTurns()
  const userNamespaces = createUserNamespaces(join(programs, 'namespaces'), images.layers.path, state)
  const sandboxes = createSandboxes({
    records: sandboxRecords,
    state,
    pauseRoot: join(programs, 'pause'),
    layers: images.layers.path,
    userNamespaces,
    network: networks,
    hostPorts,
    runtimeOf,
    host,
    log,
  })
  const monitor = createMonitor(join(state, 'exits'), (id) => containers.onExit(id))
  const containers = createContainers({
    records: containerRecords,
    sandboxRecords,
    sandboxes,
    images,
    monitor,
    root,
    state,
    host,
    runtimeOf,
    log,
    turns,
    emit(event, container) {
      runtimeService.emit(event, container)
      // nerdctl's `run -d --rm`: nobody waits for it but us.
      if (event === 'stopped' && container.config.labels?.['kijabi.io/auto-remove'] === 'true') {
        const metadata = { 'containerd-namespace': container.namespace }
        runtimeService
          .RemovePodSandbox({ podSandboxId: container.sandboxId }, { metadata })
          .catch((error: unknown) => log.warn('a container was not removed', { container: container.id, error }))
      }
    },
  })
  const streaming = createStreaming({ containers, sandboxes, runtimeOf, sandboxRecords, log })
  const runtimeService = createRuntimeService({
    sandboxRecords,
    containerRecords,
    sandboxes,
    containers,
    network: networks,
    streaming,
    userNamespaces,
    handlers: Object.keys(handlers),
    runtimeOf,
    host,
    turns,
    info: () => ({ root, state, cgroups: host.cgroups, runtime: runtimeOf('').command.join(' '), lowestOomScore: host.lowestOomScore }),
  })
  const imageService = createImageService(images, root, async () => {
    const each = await Promise.all([...containerRecords.values()].map((c) => diskUsage(containers.upper(c.id))))
    return { bytes: each.reduce((sum, u) => sum + u.bytes, 0), inodes: each.reduce((sum, u) => sum + u.inodes, 0) }
  })

  await containers.recover()
  await sandboxes.recover()
  await hostPorts.restore(
    [...sandboxRecords.values()]
      .filter((s) => s.ready && s.hostPorts)
      .map((s) => ({ id: s.id, ips: s.ips, ports: sandboxes.portsOf(s), hostInterface: s.hostInterface })),
  )
  await streaming.listen()
  log.info('runtime ready', {
    runtime: runtimeOf('').name,
    cgroups: host.cgroups,
    sandboxes: [...sandboxRecords.values()].length,
    running: [...containerRecords.values()].filter((c) => c.state === ContainerState.CONTAINER_RUNNING).length,
  })

  const { emit: _emit, ...runtimeHandlers } = runtimeService
  const engine = createEngine({ images, containers, containerRecords, sandboxRecords, networks, streaming, host, turns })
  const server = createGrpcServer({
    tables: [criTable, engineTable],
    services: {
      'runtime.v1.RuntimeService': runtimeHandlers as unknown as GrpcHandlers,
      'kijabi.engine.v1.Engine': engine as unknown as GrpcHandlers,
      'runtime.v1.ImageService': imageService as unknown as GrpcHandlers,
    },
    maxMessageBytes: 16 << 20,
  })

  return {
    runtimeService,
    imageService,
    images,
    containers,
    async serve(path) {
      await serveOn(server, path)
      containers.startByPolicy()
    },
    async stopSandboxes() {
      const stop = ({ id, namespace }: SandboxRecord) =>
        runtimeService.StopPodSandbox({ podSandboxId: id }, { metadata: { 'containerd-namespace': namespace } })
      await Promise.all([...sandboxRecords.values()].map(stop))
    },
    async close() {
      await server.close()
      await streaming.close()
      monitor.close()
      networks.close()
      images.close()
    },
  }
}

/** A socket that a killed process left is taken over; one that answers is not. */
async function serveOn(server: ReturnType<typeof createGrpcServer>, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 })
  const answered = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
  if (answered) throw new Error(`another runtime serves on ${path}`)
  rmSync(path, { force: true })
  await server.listen({ path })
  chmodSync(path, 0o660)
}
