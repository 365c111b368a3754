/**
 * Pod sandboxes: namespaces shared by a pod's containers, with their network, host name, /dev/shm and resolver files.
 * Network, IPC and UTS namespaces are bound to files in the state folder, so that no pause container is needed and
 * nothing of the sandbox dies with this process; only a shared PID namespace needs a process (oci/programs.ts).
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Code, GrpcError } from '../grpc/status.ts'
import {
  bindTree,
  detach,
  inNamespace,
  inNewNamespaces,
  linkUp,
  MountFlag,
  mount,
  type NamespaceKind,
  sethostname,
} from '../linux/syscalls.ts'
import type { Logger } from '../log/log.ts'
import { removeGroup } from './cgroups.ts'
import { NamespaceMode, Protocol } from './cri/api.ts'
import type { PodSandboxConfig } from './cri/types.ts'
import type { HostPorts } from './host-ports.ts'
import type { Host } from './oci/host.ts'
import { pauseProgram, writeProgram } from './oci/programs.ts'
import type { OciRuntime } from './oci/runtime.ts'
import { type HostPort, type NetworkSandbox, networkAnnotation, type PodNetwork } from './pod-network.ts'
import { signal, startOf } from './processes.ts'
import { nowNanoseconds, type Records, type SandboxRecord } from './state.ts'
import { type UserNamespaces, userMapOf } from './user-namespace.ts'

export interface Sandboxes {
  run(namespace: string, config: PodSandboxConfig, runtimeHandler: string, signal?: AbortSignal): Promise<SandboxRecord>
  /** Gives a stopped sandbox its namespaces and network again; one that is ready is left as it is. */
  revive(id: string): Promise<void>
  /** Takes the network and the namespaces away; idempotent. Its containers must have ended. */
  stop(id: string): Promise<void>
  remove(id: string): Promise<void>
  /** The file of a namespace of the sandbox. */
  namespacePath(id: string, kind: NamespaceKind | 'user'): string
  /** The layers of images as the users of the sandbox own them. */
  layersFolder(record: SandboxRecord): string
  /** What each container of the sandbox finds in its place. */
  files(record: SandboxRecord): Record<string, string>
  portsOf(record: SandboxRecord): readonly HostPort[]
  /** After a restart: a sandbox whose namespaces are gone (a reboot) is not ready. */
  recover(): Promise<void>
}

export interface SandboxDeps {
  readonly records: Records<SandboxRecord>
  readonly state: string
  /** The root folder of the processes that hold shared PID namespaces. */
  readonly pauseRoot: string
  /** The folder of unpacked layers. */
  readonly layers: string
  readonly userNamespaces: UserNamespaces
  readonly network: PodNetwork
  readonly hostPorts: HostPorts
  readonly runtimeOf: (handler: string) => OciRuntime
  readonly host: Host
  readonly log: Logger
}

const NSFS_MAGIC = 0x6e736673

export function createSandboxes(deps: SandboxDeps): Sandboxes {
  const { records, state, pauseRoot, layers, userNamespaces, network, hostPorts, runtimeOf, host, log } = deps
  const folder = (id: string) => join(state, 'sandboxes', id)
  const namespacePath = (id: string, kind: NamespaceKind | 'user') => join(folder(id), kind)
  const names = new Set<string>()

  const networkSandbox = (record: SandboxRecord): NetworkSandbox => {
    const { metadata, annotations = {}, portMappings = [] } = record.config
    const path = namespacePath(record.id, 'net')
    return {
      id: record.id,
      netns: isNamespace(path) ? path : '',
      name: metadata?.name ?? '',
      namespace: metadata?.namespace ?? '',
      uid: metadata?.uid ?? '',
      annotations,
      portMappings: portMappings
        .filter((p) => (p.hostPort ?? 0) > 0)
        .map(
          (p): HostPort => ({
            protocol: p.protocol === Protocol.UDP ? 'udp' : p.protocol === Protocol.SCTP ? 'sctp' : 'tcp',
            hostPort: p.hostPort ?? 0,
            containerPort: p.containerPort ?? 0,
            hostIp: p.hostIp ?? '',
          }),
        ),
    }
  }

  const makeNamespaces = async (record: SandboxRecord) => {
    const { id, config, namespaces, userMap } = record
    const pathOf = (kind: NamespaceKind | 'user') => namespacePath(id, kind)
    mkdirSync(folder(id), { recursive: true })
    if (userMap) await userNamespaces.make(userMap, namespaces, pathOf)
    else {
      for (const kind of namespaces) writeFileSync(pathOf(kind), '')
      inNewNamespaces(namespaces, () => {
        for (const kind of namespaces) mount(`/proc/thread-self/ns/${kind}`, pathOf(kind), '', MountFlag.BIND, '')
      })
    }
    const inside = namespaces.reduceRight<() => void>(
      (work, kind) => () => inNamespace(kind, pathOf(kind), work),
      () => {
        if (namespaces.includes('uts') && config.hostname) sethostname(config.hostname)
        if (namespaces.includes('net')) linkUp('lo')
        for (const [name, value] of Object.entries(config.linux?.sysctls ?? {})) writeSysctl(record, name, value)
      },
    )
    inside()
  }

  const makeFiles = (record: SandboxRecord) => {
    const { id, config, userMap } = record
    const at = (name: string) => join(folder(id), name)
    const [uid, gid] = [userMap?.uids[0]?.hostID ?? 0, userMap?.gids[0]?.hostID ?? 0]
    const hostname = config.hostname || readFileSync('/proc/sys/kernel/hostname', 'utf8').trim()
    writeFileSync(at('hostname'), `${hostname}\n`)
    writeFileSync(at('hosts'), hostsOfHost())
    const dns = config.dnsConfig
    if (dns && (dns.servers?.length || dns.searches?.length || dns.options?.length)) {
      const lines = [
        ...(dns.searches?.length ? [`search ${dns.searches.join(' ')}`] : []),
        ...(dns.servers ?? []).map((server) => `nameserver ${server}`),
        ...(dns.options?.length ? [`options ${dns.options.join(' ')}`] : []),
      ]
      writeFileSync(at('resolv.conf'), `${lines.join('\n')}\n`)
    } else if (existsSync('/etc/resolv.conf')) copyFileSync('/etc/resolv.conf', at('resolv.conf'))
    else writeFileSync(at('resolv.conf'), '')
    for (const name of ['hostname', 'hosts', 'resolv.conf']) {
      chmodSync(at(name), 0o644)
      chownSync(at(name), uid, gid)
    }
    if (record.namespaces.includes('ipc')) {
      mkdirSync(at('shm'), { recursive: true })
      mount(
        'shm',
        at('shm'),
        'tmpfs',
        MountFlag.NOSUID | MountFlag.NODEV | MountFlag.NOEXEC,
        `mode=1777,size=67108864,uid=${uid},gid=${gid}`,
      )
    }
    if (userMap) {
      mkdirSync(at('layers'), { recursive: true })
      bindTree(layers, at('layers'), namespacePath(id, 'user'))
    }
  }

  /** A process that stays, in new PID and the sandbox's other namespaces, so that containers can share it. */
  const startPause = async (record: SandboxRecord): Promise<number> => {
    const bundle = join(folder(record.id), 'pause')
    const rootfs = join(bundle, 'rootfs')
    mkdirSync(rootfs, { recursive: true })
    // The users of a user namespace may not reach the folder of our programs.
    if (record.userMap) bindTree(pauseRoot, rootfs)
    const joined = record.namespaces.map((kind) => ({ type: kind === 'net' ? 'network' : kind, path: namespacePath(record.id, kind) }))
    const spec = {
      ociVersion: '1.0.2',
      process: {
        terminal: false,
        user: { uid: 65535, gid: 65535 },
        args: ['/pause'],
        env: [],
        cwd: '/',
        capabilities: {},
        noNewPrivileges: true,
        oomScoreAdj: Math.max(-998, host.lowestOomScore),
      },
      root: { path: record.userMap ? rootfs : pauseRoot, readonly: true },
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
        { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'noexec', 'mode=755', 'size=64k'] },
      ],
      linux: {
        namespaces: [
          { type: 'mount' },
          { type: 'pid' },
          ...joined,
          ...(record.userMap ? [{ type: 'user', path: namespacePath(record.id, 'user') }] : []),
        ],
        ...(record.userMap ? { uidMappings: record.userMap.uids, gidMappings: record.userMap.gids } : {}),
        cgroupsPath: join(cgroupParentOf(record), record.id),
        resources: { devices: [{ allow: false, access: 'rwm' }] },
      },
    }
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec))
    const runtime = runtimeOf(record.runtimeHandler)
    await runtime.run('run', '--detach', '--bundle', bundle, '--pid-file', join(bundle, 'pid'), record.id)
    return Number(readFileSync(join(bundle, 'pid'), 'utf8'))
  }

  /** Sandboxes of one network that a user made find each other by name: the hosts file of each lists all of them. */
  const tellNeighbours = ({ config }: SandboxRecord) => {
    const networkName = config.annotations?.[networkAnnotation]
    if (!networkName) return
    const members = [...records.values()].filter((r) => r.ready && r.config.annotations?.[networkAnnotation] === networkName)
    const lines = members.map(
      (r) => `${r.ips[0]}\t${[...new Set([r.config.metadata?.name, r.config.hostname])].filter(Boolean).join(' ')}\n`,
    )
    // Written in place: the file is what containers have mounted.
    for (const { id } of members) writeFileSync(join(folder(id), 'hosts'), hostsOfHost() + lines.join(''))
  }

  /** Gives the network back. While that fails the sandbox keeps its namespaces, and who stops it tries again. */
  const disconnect = async (record: SandboxRecord) => {
    if (record.hostNetwork) return
    if (record.hostPorts) await hostPorts.unpublish(record.id)
    await network.teardown(networkSandbox(record))
  }
  /** Ends what is the sandbox's own: the process that holds its PID namespace, the other namespaces, mounts. */
  const release = async (record: SandboxRecord) => {
    const { id, pausePid } = record
    if (pausePid) {
      const start = startOf(pausePid)
      if (start) signal(pausePid, start, 9)
      await runtimeOf(record.runtimeHandler)
        .run('delete', '--force', id)
        .catch((error: unknown) => log.debug('deleting the pause process', { sandbox: id, error }))
    }
    for (const name of [...record.namespaces, 'user', 'shm', 'layers', 'pause/rootfs']) detach(join(folder(id), name))
    for (const kind of [...record.namespaces, 'user'] as const) rmSync(namespacePath(id, kind), { force: true })
  }
  const stop = async (id: string) => {
    const record = records.get(id)
    if (!record) return
    await disconnect(record)
    await release(record)
    const { pausePid: _ended, ...rest } = record
    records.put({ ...rest, ready: false, hostPorts: false })
    tellNeighbours(record)
    // The last of a namespace takes its group along.
    if (!record.config.linux?.cgroupParent) await removeGroup(host.cgroups, `/${record.namespace}`)
  }

  /** Namespaces, files, network and host ports of a sandbox that has none. */
  const bringUp = async (record: SandboxRecord): Promise<SandboxRecord> => {
    await makeNamespaces(record)
    makeFiles(record)
    if (!record.hostNetwork) {
      const sandbox = networkSandbox(record)
      const { ips, hostInterface, hostPortsDone } = await network.setup(sandbox)
      record = records.put({ ...record, ips, ...(hostInterface ? { hostInterface } : {}) })
      if (sandbox.portMappings.length > 0 && !hostPortsDone) {
        record = records.put({ ...record, hostPorts: true })
        await hostPorts.publish({ id: record.id, ips, ports: sandbox.portMappings, hostInterface })
      }
    }
    const { pid = NamespaceMode.POD } = record.config.linux?.securityContext?.namespaceOptions ?? {}
    return pid === NamespaceMode.POD ? { ...record, pausePid: await startPause(record) } : record
  }

  for (const record of records.values()) names.add(nameOf(record.namespace, record.config))
  writeProgram(join(pauseRoot, 'pause'), pauseProgram())
  for (const name of ['proc', 'dev', 'sys']) mkdirSync(join(pauseRoot, name), { recursive: true })

  return {
    namespacePath,
    stop,
    layersFolder: (record) => (record.userMap ? join(folder(record.id), 'layers') : layers),
    portsOf: (record) => networkSandbox(record).portMappings,
    async run(namespace, config, runtimeHandler, abort) {
      const name = nameOf(namespace, config)
      const options = config.linux?.securityContext?.namespaceOptions ?? {}
      const userMap = userMapOf(options)
      const missing = userMap && (await userNamespaces.missing())
      if (missing) throw new GrpcError(Code.FAILED_PRECONDITION, `pods cannot have user namespaces on this node: ${missing}`)
      runtimeOf(runtimeHandler)
      if (names.has(name))
        throw new GrpcError(
          Code.ALREADY_EXISTS,
          `failed to reserve sandbox name ${JSON.stringify(name)}: it is reserved for another sandbox`,
        )
      names.add(name)
      const hostNetwork = options.network === NamespaceMode.NODE
      const id = randomBytes(32).toString('hex')
      let record: SandboxRecord = {
        id,
        namespace,
        config,
        runtimeHandler,
        createdAt: String(nowNanoseconds()),
        ready: false,
        hostNetwork,
        namespaces: [...(hostNetwork ? [] : (['net', 'uts'] as const)), ...(options.ipc === NamespaceMode.NODE ? [] : (['ipc'] as const))],
        ...(userMap ? { userMap } : {}),
        ips: [],
        hostPorts: false,
      }
      try {
        // Written first: a killed start is found and cleaned after the restart.
        records.put(record)
        if (config.logDirectory) mkdirSync(config.logDirectory, { recursive: true, mode: 0o755 })
        record = await bringUp(record)
        abort?.throwIfAborted()
        record = records.put({ ...record, ready: true })
        tellNeighbours(record)
        return record
      } catch (error) {
        record = records.get(id) ?? record
        await disconnect(record).catch((cause: unknown) =>
          log.error('a failed sandbox did not give its network back', { sandbox: id, error: cause }),
        )
        await release(record)
        records.delete(id)
        names.delete(name)
        rmSync(folder(id), { recursive: true, force: true })
        if (error instanceof GrpcError) throw error
        throw new GrpcError(Code.UNKNOWN, `failed to setup network for sandbox "${id}": ${(error as Error).message}`, { cause: error })
      }
    },
    async revive(id) {
      const record = records.get(id)
      if (!record || record.ready) return
      try {
        const revived = records.put({ ...(await bringUp(record)), ready: true })
        tellNeighbours(revived)
      } catch (error) {
        await stop(id)
        throw error
      }
    },
    async remove(id) {
      const record = records.get(id)
      if (!record) return
      await stop(id)
      rmSync(folder(id), { recursive: true, force: true })
      records.delete(id)
      names.delete(nameOf(record.namespace, record.config))
    },
    files(record) {
      const at = (name: string) => join(folder(record.id), name)
      return {
        '/etc/hostname': at('hostname'),
        '/etc/hosts': at('hosts'),
        '/etc/resolv.conf': at('resolv.conf'),
        '/dev/shm': record.namespaces.includes('ipc') ? at('shm') : '/dev/shm',
      }
    },
    async recover() {
      for (const record of [...records.values()]) {
        const kinds = [...record.namespaces, ...(record.userMap ? (['user'] as const) : [])]
        const whole = kinds.every((kind) => isNamespace(namespacePath(record.id, kind)))
        const paused = record.pausePid === undefined || startOf(record.pausePid) !== undefined
        if (record.ready && whole && paused) continue
        if (record.ready) log.info('a sandbox did not survive', { sandbox: record.id })
        await stop(record.id).catch((error: unknown) => log.warn('a lost sandbox was not cleaned up', { sandbox: record.id, error }))
      }
    },
  }
}

const hostsOfHost = () => (existsSync('/etc/hosts') ? readFileSync('/etc/hosts', 'utf8') : '127.0.0.1\tlocalhost\n::1\tlocalhost\n')

/** containerd's naming, which is unique for each attempt of a pod. */
function nameOf(namespace: string, config: PodSandboxConfig): string {
  const { name = '', uid = '', namespace: podNamespace = '', attempt = 0 } = config.metadata ?? {}
  return `${namespace}/${name}_${podNamespace}_${uid}_${attempt}`
}

export const cgroupParentOf = (record: SandboxRecord): string => record.config.linux?.cgroupParent || `/${record.namespace}`

function isNamespace(path: string): boolean {
  try {
    return statfsSync(path).type === NSFS_MAGIC
  } catch {
    return false
  }
}

function writeSysctl(record: SandboxRecord, name: string, value: string): void {
  if (!/^[a-zA-Z0-9_./-]+$/.test(name) || name.includes('..'))
    throw new GrpcError(Code.INVALID_ARGUMENT, `the sysctl ${JSON.stringify(name)} is malformed`)
  const path = name.includes('/') ? name : name.replaceAll('.', '/')
  const kind = path.startsWith('net/') ? 'net' : /^(kernel\/(shm|msg|sem)|fs\/mqueue\/)/.test(path) ? 'ipc' : undefined
  // Any other would change the host.
  if (!kind || !record.namespaces.includes(kind))
    throw new GrpcError(Code.INVALID_ARGUMENT, `sysctl ${JSON.stringify(name)} is not allowed: it is not of a namespace of the pod`)
  try {
    writeFileSync(join('/proc/sys', path), value)
  } catch (error) {
    throw new GrpcError(Code.INVALID_ARGUMENT, `failed to set sysctl ${name}: ${(error as Error).message}`)
  }
}
