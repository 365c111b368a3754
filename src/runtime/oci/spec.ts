/**
 * Writes the OCI runtime spec of a container from its CRI config, its image and its sandbox, with containerd's
 * defaults: the same mounts, capabilities, masked paths and environment.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { Code, GrpcError } from '../../grpc/status.ts'
import { MountPropagation, ProfileType, SupplementalGroupsPolicy } from '../cri/api.ts'
import type { ContainerConfig, LinuxContainerResources, LinuxContainerSecurityContext, Mount, SecurityProfile } from '../cri/types.ts'
import type { ImageConfig } from '../images/store.ts'
import { allCapabilities, type DeviceNode, devicesAt, type Host } from './host.ts'
import { defaultSeccompProfile, type SeccompProfile } from './seccomp.ts'
import { homeOf, type ProcessUser, resolveUser } from './user.ts'

export interface SpecInput {
  readonly config: ContainerConfig
  readonly image: ImageConfig
  /** The mounted root of the container. */
  readonly rootfs: string
  readonly cgroupsPath: string
  readonly hostname: string
  readonly privileged: boolean
  readonly namespaces: SandboxNamespaces
  /** Files and folders that the sandbox gives each container, by their place in it: `/etc/hosts`, `/dev/shm`. */
  readonly sandboxFiles: Readonly<Record<string, string>>
  /** Anonymous volumes for the image's VOLUMEs, by place. */
  readonly volumes: Readonly<Record<string, string>>
  /** Where on the host those mounts are that are not simply their host path. */
  readonly prepared: ReadonlyMap<Mount, string>
  readonly host: Host
}
/** Paths of namespaces to join; absent: the host's, except `pid`, which is then the container's own. */
export interface SandboxNamespaces {
  readonly network?: string
  readonly ipc?: string
  readonly uts?: string
  readonly pid?: string | 'host'
  readonly user?: { readonly path: string; readonly uids: readonly IdMapping[]; readonly gids: readonly IdMapping[] }
}
export interface IdMapping {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

export interface OciMount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}
export interface OciSpec {
  readonly ociVersion: string
  readonly process: OciProcess
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly mounts: readonly OciMount[]
  readonly linux: Readonly<Record<string, unknown>> & { readonly resources: OciResources; readonly rootfsPropagation?: string }
  readonly annotations?: Readonly<Record<string, string>>
}
export interface OciProcess {
  readonly terminal: boolean
  readonly user: ProcessUser
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string
  readonly capabilities: Readonly<Record<string, readonly string[]>>
  readonly noNewPrivileges: boolean
  readonly oomScoreAdj: number
  readonly apparmorProfile?: string
}

const defaultCapabilities =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map((name) => `CAP_${name}`)
const maskedPaths =
  '/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats /proc/sched_debug /proc/scsi /sys/firmware /sys/devices/virtual/powercap'.split(
    ' ',
  )
const readonlyPaths = '/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger'.split(' ')
const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const invalid = (message: string) => new GrpcError(Code.INVALID_ARGUMENT, message)

export function buildSpec(input: SpecInput): OciSpec {
  const { config, image, host, namespaces } = input
  const security = config.linux?.securityContext ?? {}
  const privileged = security.privileged === true
  if (privileged && !input.privileged) throw invalid('no privileged container allowed in sandbox')
  const capabilities = capabilitiesOf(security, privileged, host)
  const user = userOf(input, security)
  const unmasked = namespaces.user !== undefined && (security.maskedPaths ?? []).length === 0
  const seccomp = privileged ? undefined : seccompOf(security, capabilities.bounding ?? [])
  const apparmor = privileged ? undefined : apparmorOf(security, host)
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: config.tty === true,
      user,
      args: commandOf(config, image),
      env: environmentOf(input, user),
      cwd: config.workingDir || image.WorkingDir || '/',
      capabilities,
      noNewPrivileges: security.noNewPrivs === true,
      oomScoreAdj: Math.max(Number(config.linux?.resources?.oomScoreAdj ?? 0), host.lowestOomScore),
      ...(apparmor ? { apparmorProfile: apparmor } : {}),
    },
    root: { path: input.rootfs, readonly: security.readonlyRootfs === true },
    mounts: mountsOf(input, privileged),
    linux: {
      namespaces: namespacesOf(namespaces, host),
      ...(namespaces.user ? { uidMappings: namespaces.user.uids, gidMappings: namespaces.user.gids } : {}),
      cgroupsPath: input.cgroupsPath,
      resources: { ...resourcesOf(config.linux?.resources ?? {}, host), devices: deviceRules(config, privileged) },
      devices: privileged ? devicesAt('/dev') : deviceNodes(config),
      ...(privileged || unmasked
        ? {}
        : {
            maskedPaths: security.maskedPaths?.length ? security.maskedPaths : maskedPaths,
            readonlyPaths: security.readonlyPaths?.length ? security.readonlyPaths : readonlyPaths,
          }),
      ...(seccomp ? { seccomp } : {}),
      ...(rootPropagation(config.mounts ?? []) ?? {}),
    },
  }
}

function commandOf(config: ContainerConfig, image: ImageConfig): string[] {
  const command = config.command ?? []
  const args = config.args ?? []
  // As Docker and Kubernetes: a command of one's own also drops the image's arguments.
  const argv = command.length > 0 ? [...command, ...args] : [...(image.Entrypoint ?? []), ...(args.length > 0 ? args : (image.Cmd ?? []))]
  if (argv.length === 0) throw invalid('no command specified')
  return argv
}

function environmentOf({ config, image, rootfs, hostname }: SpecInput, user: ProcessUser): string[] {
  const env = new Map<string, string>()
  const put = (entry: string) => env.set(entry.split('=', 1)[0] as string, entry)
  put(defaultPath)
  if (hostname) put(`HOSTNAME=${hostname}`)
  if (config.tty) put('TERM=xterm')
  for (const entry of image.Env ?? []) put(entry)
  for (const { key = '', value = '' } of config.envs ?? []) put(`${key}=${value}`)
  if (!env.has('HOME')) put(`HOME=${homeOf(rootfs, user.uid)}`)
  return [...env.values()]
}

function userOf({ config, image, rootfs }: SpecInput, security: LinuxContainerSecurityContext): ProcessUser {
  const asked = security.runAsUser !== undefined ? String(security.runAsUser.value ?? 0) : security.runAsUsername || image.User || ''
  if (security.runAsGroup && !security.runAsUser && !security.runAsUsername)
    throw invalid(`runAsGroup is specified without runAsUser or runAsUsername for container ${config.metadata?.name ?? ''}`)
  try {
    return resolveUser(rootfs, {
      user: asked,
      group: security.runAsGroup ? Number(security.runAsGroup.value ?? 0) : undefined,
      supplementalGroups: (security.supplementalGroups ?? []).map(Number),
      strict: security.supplementalGroupsPolicy === SupplementalGroupsPolicy.Strict,
    })
  } catch (error) {
    throw new GrpcError(Code.INVALID_ARGUMENT, (error as Error).message, { cause: error })
  }
}

function capabilitiesOf(security: LinuxContainerSecurityContext, privileged: boolean, host: Host): Record<string, readonly string[]> {
  const { addCapabilities = [], dropCapabilities = [], addAmbientCapabilities = [] } = security.capabilities ?? {}
  const named = (name: string): string => {
    const full = name.toUpperCase().startsWith('CAP_') ? name.toUpperCase() : `CAP_${name.toUpperCase()}`
    if (full !== 'CAP_ALL' && !allCapabilities.includes(full)) throw invalid(`unknown capability ${JSON.stringify(name)}`)
    return full
  }
  const add = [...addCapabilities, ...addAmbientCapabilities].map(named)
  const drop = dropCapabilities.map(named)
  const set = new Set(privileged || add.includes('CAP_ALL') ? host.capabilities : defaultCapabilities)
  if (!privileged) {
    if (drop.includes('CAP_ALL')) set.clear()
    // Dropping ALL and adding one leaves that one; adding ALL and dropping one leaves the others.
    for (const name of add) if (name !== 'CAP_ALL') set.add(name)
    for (const name of drop) if (name !== 'CAP_ALL') set.delete(name)
  }
  const list = [...set].filter((name) => host.capabilities.includes(name))
  const ambient = addAmbientCapabilities.map(named).filter((name) => set.has(name))
  return { bounding: list, effective: list, permitted: list, ...(ambient.length > 0 ? { inheritable: ambient, ambient } : {}) }
}

function seccompOf(security: LinuxContainerSecurityContext, capabilities: readonly string[]): SeccompProfile | undefined {
  const profile = security.seccomp ?? legacyProfile(security.seccompProfilePath)
  switch (profile?.profileType ?? (profile ? ProfileType.RuntimeDefault : ProfileType.Unconfined)) {
    case ProfileType.RuntimeDefault:
      return defaultSeccompProfile(capabilities)
    case ProfileType.Localhost: {
      const path = profile?.localhostRef ?? ''
      if (!path.startsWith('/')) throw invalid(`the seccomp profile ${JSON.stringify(path)} is no absolute path`)
      try {
        return JSON.parse(readFileSync(path, 'utf8')) as SeccompProfile
      } catch (error) {
        throw invalid(`cannot load seccomp profile ${JSON.stringify(path)}: ${(error as Error).message}`)
      }
    }
    default:
      return undefined
  }
}
function legacyProfile(path = ''): SecurityProfile | undefined {
  if (path === 'runtime/default' || path === 'docker/default') return { profileType: ProfileType.RuntimeDefault }
  if (path.startsWith('localhost/')) return { profileType: ProfileType.Localhost, localhostRef: path.slice(10) }
  return undefined
}
/** Only a profile that is asked for by name: containerd's default one is not loaded here. */
function apparmorOf({ apparmor, apparmorProfile = '' }: LinuxContainerSecurityContext, host: Host): string | undefined {
  const legacy = apparmorProfile.startsWith('localhost/') ? apparmorProfile.slice(10) : undefined
  const name = apparmor?.profileType === ProfileType.Localhost ? apparmor.localhostRef : legacy
  if (name && !host.apparmor) throw invalid('apparmor is not supported')
  return name || undefined
}

function namespacesOf(n: SandboxNamespaces, host: Host): { type: string; path?: string }[] {
  const list: { type: string; path?: string }[] = [{ type: 'mount' }]
  if (n.network) list.push({ type: 'network', path: n.network })
  if (n.ipc) list.push({ type: 'ipc', path: n.ipc })
  if (n.uts) list.push({ type: 'uts', path: n.uts })
  if (n.pid !== 'host') list.push({ type: 'pid', ...(n.pid ? { path: n.pid } : {}) })
  if (n.user) list.push({ type: 'user', path: n.user.path })
  if (host.cgroups === 'unified') list.push({ type: 'cgroup' })
  return list
}

// ---- mounts ----

function mountsOf(input: SpecInput, privileged: boolean): OciMount[] {
  const { config, sandboxFiles, volumes, prepared } = input
  const wanted = config.mounts ?? []
  const taken = new Set(wanted.map((mount) => clean(mount.containerPath ?? '')))
  const sys = privileged ? 'rw' : 'ro'
  const mounts: OciMount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', sys] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'relatime', sys] },
  ]
  // sysfs cannot be mounted anew in a user namespace that does not own the network namespace.
  if (input.namespaces.user && !input.namespaces.network)
    mounts[4] = { destination: '/sys', type: 'bind', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
  const extra: OciMount[] = []
  const readonlyRoot = config.linux?.securityContext?.readonlyRootfs === true
  for (const [place, source] of Object.entries(sandboxFiles)) {
    if (taken.has(place)) continue
    const writable = place === '/dev/shm' || !readonlyRoot
    extra.push({
      destination: place,
      type: 'bind',
      source,
      options: ['rbind', 'rprivate', ...(place === '/dev/shm' ? ['nosuid', 'noexec', 'nodev'] : []), writable ? 'rw' : 'ro'],
    })
  }
  for (const [place, source] of Object.entries(volumes))
    if (!taken.has(clean(place))) extra.push({ destination: clean(place), type: 'bind', source, options: ['rbind', 'rprivate', 'rw'] })
  for (const mount of wanted) extra.push(bindMount(mount, prepared))
  // A mount must come after those it stands inside.
  return [...mounts, ...extra.toSorted((a, b) => depth(a.destination) - depth(b.destination))]
}

function bindMount(mount: Mount, prepared: ReadonlyMap<Mount, string>): OciMount {
  const destination = clean(mount.containerPath ?? '')
  if (!destination.startsWith('/')) throw invalid(`the mount's place ${JSON.stringify(mount.containerPath)} is no absolute path`)
  let source: string
  try {
    source = prepared.get(mount) ?? realpathSync(mount.hostPath ?? '')
  } catch (error) {
    throw new GrpcError(
      Code.UNKNOWN,
      `failed to generate container spec: failed to stat ${JSON.stringify(mount.hostPath)}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : (error as Error).message}`,
    )
  }
  const propagation = mount.propagation ?? MountPropagation.PROPAGATION_PRIVATE
  const readonly = mount.image?.image !== undefined || mount.readonly === true
  if (mount.recursiveReadOnly && (!mount.readonly || propagation !== MountPropagation.PROPAGATION_PRIVATE))
    throw invalid('recursive_read_only needs readonly and private propagation')
  const mode =
    propagation === MountPropagation.PROPAGATION_BIDIRECTIONAL
      ? 'rshared'
      : propagation === MountPropagation.PROPAGATION_HOST_TO_CONTAINER
        ? 'rslave'
        : 'rprivate'
  return { destination, type: 'bind', source, options: ['rbind', mode, mount.recursiveReadOnly ? 'rro' : readonly ? 'ro' : 'rw'] }
}

function rootPropagation(mounts: readonly Mount[]): { rootfsPropagation: string } | undefined {
  const has = (mode: number) => mounts.some((m) => (m.propagation ?? 0) === mode)
  if (has(MountPropagation.PROPAGATION_BIDIRECTIONAL)) return { rootfsPropagation: 'shared' }
  if (has(MountPropagation.PROPAGATION_HOST_TO_CONTAINER)) return { rootfsPropagation: 'slave' }
  return undefined
}

const clean = (path: string): string => (path.startsWith('/') ? join('/', path).replace(/(.)\/$/, '$1') : path)
const depth = (path: string): number => path.split('/').filter(Boolean).length

// ---- devices ----

function deviceNodes(config: ContainerConfig): DeviceNode[] {
  return (config.devices ?? []).flatMap((device) => {
    const path = device.hostPath ?? ''
    if (!existsSync(path)) throw invalid(`failed to stat device ${JSON.stringify(path)}: no such file or directory`)
    return devicesAt(realpathSync(path), device.containerPath || path)
  })
}

interface DeviceRule {
  readonly allow: boolean
  readonly type?: string
  readonly major?: number
  readonly minor?: number
  readonly access: string
}
function deviceRules(config: ContainerConfig, privileged: boolean): DeviceRule[] {
  if (privileged) return [{ allow: true, access: 'rwm' }]
  const char = (major: number, minor?: number): DeviceRule => ({
    allow: true,
    type: 'c',
    major,
    ...(minor === undefined ? {} : { minor }),
    access: 'rwm',
  })
  return [
    { allow: false, access: 'rwm' },
    // Making nodes is harmless: opening them is what the rules refuse.
    { allow: true, type: 'c', access: 'm' },
    { allow: true, type: 'b', access: 'm' },
    ...[3, 5, 7, 8, 9].map((minor) => char(1, minor)),
    ...[0, 1, 2].map((minor) => char(5, minor)),
    char(136),
    ...(config.devices ?? []).flatMap((device) =>
      devicesAt(realpathSync(device.hostPath ?? '')).map((node) => ({
        allow: true,
        type: node.type,
        major: node.major,
        minor: node.minor,
        access: device.permissions || 'rwm',
      })),
    ),
  ]
}

// ---- resources ----

export type OciResources = Readonly<Record<string, unknown>>

export function resourcesOf(r: LinuxContainerResources, host: Host): OciResources {
  const positive = (value: number | bigint | undefined) => (value && Number(value) > 0 ? Number(value) : undefined)
  const cpu = {
    shares: positive(r.cpuShares),
    quota: r.cpuQuota && Number(r.cpuQuota) !== 0 ? Number(r.cpuQuota) : undefined,
    period: positive(r.cpuPeriod),
    cpus: r.cpusetCpus || undefined,
    mems: r.cpusetMems || undefined,
  }
  const limit = positive(r.memoryLimitInBytes)
  // Without a word about swap a container gets none beyond its memory, as in containerd.
  const swap =
    host.swapAccounting && host.cgroups !== 'unified' ? (positive(r.memorySwapLimitInBytes) ?? limit) : positive(r.memorySwapLimitInBytes)
  const hugepages = host.hugetlb ? (r.hugepageLimits ?? []).map((h) => ({ pageSize: h.pageSize, limit: Number(h.limit ?? 0) })) : []
  return {
    ...(Object.values(cpu).some((v) => v !== undefined) ? { cpu } : {}),
    ...(limit || swap ? { memory: { ...(limit ? { limit } : {}), ...(swap ? { swap } : {}) } } : {}),
    ...(hugepages.length > 0 ? { hugepageLimits: hugepages } : {}),
    ...(r.unified && Object.keys(r.unified).length > 0 ? { unified: r.unified } : {}),
  }
}
