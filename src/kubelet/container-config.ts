/** What the runtime is told to make: CRI configurations of sandboxes and containers, from a pod's spec (kuberuntime_sandbox.go, kuberuntime_container.go). */
import { createHash } from 'node:crypto'
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Container, Pod, PodSecurityContext, SeccompProfile, SecurityContext, VolumeMount } from '../api/types/core-v1.ts'
import { MountPropagation, NamespaceMode, ProfileType, Protocol, SupplementalGroupsPolicy, signals } from '../runtime/cri/api.ts'
import type * as cri from '../runtime/cri/types.ts'
import { annotations, labels } from './cri.ts'
import { ConfigError, expand } from './env.ts'
import { linuxResources, milliToQuota, milliToShares, podRequestMilli, type QosClass, qosClass } from './resources.ts'
import { userNamespaceOf } from './user-namespaces.ts'
import type { MountedVolumes } from './volumes.ts'

export interface NodeSettings {
  readonly nodeName: string
  readonly podLogsFolder: string
  readonly podsFolder: string
  readonly clusterDNS: readonly string[]
  readonly clusterDomain: string
  /** The machine's own resolv.conf. */
  readonly hostDNS: { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] }
  readonly memoryCapacity: number
  readonly cgroupRoot: string
  /** Processes in a pod; below 1: any number. */
  readonly podPidsLimit: number
  /** Containers that ask for no seccomp profile get the runtime's. */
  readonly seccompDefault: boolean
}

export const podFolder = (pod: Pod, settings: NodeSettings): string => join(settings.podsFolder, pod.metadata.uid)
export const podLogFolder = (pod: Pod, settings: NodeSettings): string =>
  join(settings.podLogsFolder, `${pod.metadata.namespace}_${pod.metadata.name}_${pod.metadata.uid}`)
/** The cgroup of all pods. */
export const podsCgroup = ({ cgroupRoot }: Pick<NodeSettings, 'cgroupRoot'>): string => join('/', cgroupRoot, 'kubepods')
/** The cgroup of all pods of a class; guaranteed ones stand beside the other two. */
export const qosCgroup = (qos: QosClass, settings: NodeSettings): string =>
  join(podsCgroup(settings), qos === 'Guaranteed' ? '' : qos.toLowerCase())
export const podCgroup = (pod: Pod, settings: NodeSettings): string => join(qosCgroup(qosClass(pod), settings), `pod${pod.metadata.uid}`)

/** Linux takes host names of 63 letters (kubelet_pods.go truncatePodHostnameIfNeeded). */
const maxHostname = 63
export function podHostname(pod: Pod, clusterDomain: string): { hostname: string; domain: string } {
  const { hostname, subdomain, hostnameOverride } = pod.spec
  if (hostnameOverride) return { hostname: hostnameOverride, domain: '' }
  const short = (hostname || pod.metadata.name).slice(0, maxHostname).replace(/[-.]+$/, '')
  const domain = subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : ''
  return { hostname: pod.spec.setHostnameAsFQDN && domain ? `${short}.${domain}` : short, domain }
}

export function sandboxConfig(pod: Pod, attempt: number, settings: NodeSettings): cri.PodSandboxConfig {
  const { name, namespace, uid } = pod.metadata
  const context = pod.spec.securityContext ?? {}
  const hostNetwork = pod.spec.hostNetwork === true
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])]
  const cpu = podRequestMilli(pod, 'cpu')
  const privileged = containers.some((c) => c.securityContext?.privileged)
  return {
    metadata: { name, namespace, uid, attempt },
    ...(hostNetwork ? {} : { hostname: podHostname(pod, settings.clusterDomain).hostname }),
    logDirectory: podLogFolder(pod, settings),
    dnsConfig: dnsConfig(pod, settings),
    portMappings: hostNetwork
      ? []
      : containers.flatMap((c) =>
          (c.ports ?? [])
            .filter((p) => p.hostPort)
            .map((p) => ({
              protocol: Protocol[p.protocol ?? 'TCP'],
              containerPort: p.containerPort,
              hostPort: p.hostPort ?? 0,
              hostIp: p.hostIP ?? '',
            })),
        ),
    labels: { ...pod.metadata.labels, [labels.podName]: name, [labels.podNamespace]: namespace, [labels.podUid]: uid },
    annotations: { ...pod.metadata.annotations },
    linux: {
      cgroupParent: podCgroup(pod, settings),
      sysctls: Object.fromEntries((context.sysctls ?? []).map((s) => [s.name, s.value])),
      resources: { cpuShares: milliToShares(cpu), ...(cpu ? { cpuPeriod: 100_000 } : {}), cpuQuota: milliToQuota(0) },
      securityContext: {
        namespaceOptions: namespaceOptions(pod, settings),
        privileged,
        ...ids(context, undefined),
        supplementalGroups: supplementalGroups(context),
        supplementalGroupsPolicy: SupplementalGroupsPolicy[context.supplementalGroupsPolicy ?? 'Merge'],
        seccomp: { profileType: ProfileType.RuntimeDefault },
        ...(context.seLinuxOptions ? { selinuxOptions: context.seLinuxOptions } : {}),
      },
    },
  }
}

function namespaceOptions(pod: Pod, { podsFolder }: NodeSettings): cri.NamespaceOption {
  return {
    network: pod.spec.hostNetwork ? NamespaceMode.NODE : NamespaceMode.POD,
    ipc: pod.spec.hostIPC ? NamespaceMode.NODE : NamespaceMode.POD,
    pid: pod.spec.hostPID ? NamespaceMode.NODE : pod.spec.shareProcessNamespace ? NamespaceMode.POD : NamespaceMode.CONTAINER,
    usernsOptions: userNamespaceOf(pod, podsFolder),
  }
}

/** A pod's resolv.conf by its policy, cut to what libc and upstream take. */
const maxNameservers = 3
const maxSearches = 32
export function dnsConfig(pod: Pod, settings: NodeSettings): cri.DNSConfig {
  const { clusterDNS, clusterDomain, hostDNS } = settings
  let { dnsPolicy = 'ClusterFirst' } = pod.spec
  if (dnsPolicy === 'ClusterFirst' && pod.spec.hostNetwork) dnsPolicy = 'Default'
  const clusterFirst = (dnsPolicy === 'ClusterFirst' || dnsPolicy === 'ClusterFirstWithHostNet') && clusterDNS.length > 0
  const base =
    dnsPolicy === 'None'
      ? { servers: [], searches: [], options: [] }
      : clusterFirst
        ? {
            servers: clusterDNS,
            searches: [`${pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain, ...hostDNS.searches],
            options: ['ndots:5'],
          }
        : hostDNS
  const own = pod.spec.dnsConfig
  const options = new Map(base.options.map((o) => [o.split(':')[0] as string, o]))
  for (const o of own?.options ?? []) if (o.name) options.set(o.name, o.value ? `${o.name}:${o.value}` : o.name)
  return {
    servers: [...new Set([...base.servers, ...(own?.nameservers ?? [])])].slice(0, maxNameservers),
    searches: [...new Set([...base.searches, ...(own?.searches ?? [])])].slice(0, maxSearches),
    options: [...options.values()],
  }
}

/** Changes exactly when a running container must be replaced: upstream looks at its name and image. */
export const containerHash = (container: Container): string =>
  createHash('sha256').update(`${container.name}\0${container.image}`).digest('hex').slice(0, 8)

export interface ContainerInputs {
  readonly restartCount: number
  readonly image: cri.ImageSpec
  /** What the image says it runs as, for runAsNonRoot. */
  readonly imageUser: { readonly uid?: number; readonly username?: string }
  readonly envs: readonly cri.KeyValue[]
  readonly volumes: MountedVolumes
  /** The images that stand for volumes, by the volume's name. */
  readonly imageVolumes?: ReadonlyMap<string, cri.ImageSpec>
  readonly podIPs: readonly string[]
  /** The container that an ephemeral container looks into. */
  readonly targetId?: string
}

export function containerConfig(pod: Pod, container: Container, inputs: ContainerInputs, settings: NodeSettings): cri.ContainerConfig {
  const { restartCount, image, envs } = inputs
  const variables = new Map(envs.map((e) => [e.key as string, e.value ?? '']))
  const look = (name: string) => variables.get(name)
  const { name, namespace, uid } = pod.metadata
  mkdirSync(join(podLogFolder(pod, settings), container.name), { recursive: true, mode: 0o755 })
  return {
    metadata: { name: container.name, attempt: restartCount },
    image,
    command: (container.command ?? []).map((word) => expand(word, look)),
    args: (container.args ?? []).map((word) => expand(word, look)),
    workingDir: container.workingDir ?? '',
    envs: [...envs],
    mounts: mounts(pod, container, inputs, settings, look),
    labels: { [labels.podName]: name, [labels.podNamespace]: namespace, [labels.podUid]: uid, [labels.containerName]: container.name },
    annotations: {
      [annotations.containerHash]: containerHash(container),
      [annotations.restartCount]: String(restartCount),
      [annotations.terminationMessagePath]: container.terminationMessagePath ?? '/dev/termination-log',
      [annotations.terminationMessagePolicy]: container.terminationMessagePolicy ?? 'File',
      [annotations.podTerminationGracePeriod]: String(pod.spec.terminationGracePeriodSeconds ?? 30),
    },
    logPath: join(container.name, `${restartCount}.log`),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    ...(container.lifecycle?.stopSignal
      ? { stopSignal: signals.indexOf(container.lifecycle.stopSignal.replace('+', 'PLUS').replace('-', 'MINUS')) }
      : {}),
    linux: {
      resources: linuxResources(pod, container, settings.memoryCapacity),
      securityContext: {
        ...securityContext(pod, container, inputs.imageUser, settings),
        namespaceOptions: inputs.targetId
          ? { ...namespaceOptions(pod, settings), pid: NamespaceMode.TARGET, targetId: inputs.targetId }
          : namespaceOptions(pod, settings),
      },
    },
  }
}

/** The paths under /proc and /sys that a container must not read, or not write (securitycontext.ConvertToRuntimeMaskedPaths). */
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

function securityContext(
  pod: Pod,
  container: Container,
  imageUser: ContainerInputs['imageUser'],
  settings: NodeSettings,
): cri.LinuxContainerSecurityContext {
  const of = pod.spec.securityContext ?? {}
  const own = container.securityContext ?? {}
  const privileged = own.privileged === true
  const user = own.runAsUser ?? of.runAsUser
  if (own.runAsNonRoot ?? of.runAsNonRoot) {
    const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`
    if (user === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`)
    if (user === undefined && imageUser.username) {
      throw new ConfigError(
        `container has runAsNonRoot and image has non-numeric user (${imageUser.username}), cannot verify user is non-root ${where}`,
      )
    }
    if (user === undefined && (imageUser.uid ?? 0) === 0)
      throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`)
  }
  const selinux = own.seLinuxOptions ?? of.seLinuxOptions
  const apparmor = own.appArmorProfile ?? of.appArmorProfile
  return {
    privileged,
    ...ids(of, own),
    ...(user === undefined && imageUser.username ? { runAsUsername: imageUser.username } : {}),
    ...(user === undefined && !imageUser.username && imageUser.uid !== undefined ? { runAsUser: { value: imageUser.uid } } : {}),
    supplementalGroups: supplementalGroups(of),
    supplementalGroupsPolicy: SupplementalGroupsPolicy[of.supplementalGroupsPolicy ?? 'Merge'],
    capabilities: { addCapabilities: own.capabilities?.add ?? [], dropCapabilities: own.capabilities?.drop ?? [] },
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: privileged || own.procMount === 'Unmasked' ? [] : maskedPaths,
    readonlyPaths: privileged || own.procMount === 'Unmasked' ? [] : readonlyPaths,
    seccomp: securityProfile(
      privileged ? unconfined : (own.seccompProfile ?? of.seccompProfile ?? (settings.seccompDefault ? runtimeDefault : unconfined)),
    ),
    ...(apparmor ? { apparmor: securityProfile(apparmor) } : {}),
    ...(selinux ? { selinuxOptions: selinux } : {}),
  }
}

const unconfined = { type: 'Unconfined' }
const runtimeDefault = { type: 'RuntimeDefault' }
const securityProfile = ({
  type,
  localhostProfile,
}: SeccompProfile | { type: string; localhostProfile?: string }): cri.SecurityProfile => ({
  profileType: ProfileType[type as keyof typeof ProfileType],
  ...(localhostProfile ? { localhostRef: localhostProfile } : {}),
})

function ids(pod: PodSecurityContext, own: SecurityContext | undefined): { runAsUser?: cri.Int64Value; runAsGroup?: cri.Int64Value } {
  const user = own?.runAsUser ?? pod.runAsUser
  const group = own?.runAsGroup ?? pod.runAsGroup
  return { ...(user === undefined ? {} : { runAsUser: { value: user } }), ...(group === undefined ? {} : { runAsGroup: { value: group } }) }
}

const supplementalGroups = (pod: PodSecurityContext): number[] => [
  ...new Set([...(pod.fsGroup === undefined ? [] : [pod.fsGroup]), ...(pod.supplementalGroups ?? [])]),
]

function mounts(
  pod: Pod,
  container: Container,
  inputs: ContainerInputs,
  settings: NodeSettings,
  look: (name: string) => string | undefined,
): cri.Mount[] {
  const folder = podFolder(pod, settings)
  const result: cri.Mount[] = (container.volumeMounts ?? []).map((mount) => {
    const volume = inputs.volumes.volumes.get(mount.name)
    if (!volume) throw new ConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`)
    const containerPath = mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`
    const image = inputs.imageVolumes?.get(mount.name)
    if (image) return { containerPath, image, readonly: true, ...(mount.subPath ? { imageSubPath: mount.subPath } : {}) }
    return {
      containerPath,
      hostPath: subPath(volume.path, mount, look),
      readonly: mount.readOnly === true || volume.readOnly === true,
      propagation: propagation(mount),
      ...(mount.recursiveReadOnly === 'Enabled' ? { recursiveReadOnly: true } : {}),
    }
  })
  const mounted = (path: string) => result.some((m) => m.containerPath === path)
  if (!mounted('/etc/hosts')) {
    const hosts = join(folder, 'etc-hosts')
    mkdirSync(folder, { recursive: true })
    writeFileSync(hosts, hostsFile(pod, inputs.podIPs, settings))
    result.push({ containerPath: '/etc/hosts', hostPath: hosts })
  }
  const terminationPath = container.terminationMessagePath || '/dev/termination-log'
  if (!mounted(terminationPath)) {
    const file = terminationFile(pod, container.name, inputs.restartCount, settings)
    mkdirSync(join(file, '..'), { recursive: true })
    if (!existsSync(file)) {
      closeSync(openSync(file, 'w'))
      // Whoever the container runs as writes there, whatever our mask is.
      chmodSync(file, 0o666)
    }
    result.push({ containerPath: terminationPath, hostPath: file })
  }
  // In a user namespace the files of volumes belong to the same users as without.
  const { uids, gids } = userNamespaceOf(pod, settings.podsFolder)
  return uids && gids ? result.map((mount) => (mount.image ? mount : { ...mount, uidMappings: uids, gidMappings: gids })) : result
}

/** What a container's last words are written to; its end shows them. */
export const terminationFile = (pod: Pod, container: string, restartCount: number, settings: NodeSettings): string =>
  join(podFolder(pod, settings), 'containers', container, `termination-${restartCount}`)

const propagation = (mount: VolumeMount): number =>
  ({
    None: MountPropagation.PROPAGATION_PRIVATE,
    HostToContainer: MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
    Bidirectional: MountPropagation.PROPAGATION_BIDIRECTIONAL,
  })[mount.mountPropagation ?? 'None']

/** The part of a volume that is mounted. A link in it must not lead out of the volume (CVE-2017-1002101). */
function subPath(volume: string, mount: VolumeMount, look: (name: string) => string | undefined): string {
  const part = mount.subPathExpr ? expand(mount.subPathExpr, look) : (mount.subPath ?? '')
  if (part === '') return volume
  if (/\$\([^)]*\)/.test(part)) throw new ConfigError(`subPathExpr "${mount.subPathExpr}" refers to an unknown variable`)
  if (part.startsWith('/') || part.split('/').includes('..'))
    throw new ConfigError(`subPath "${part}" must be a relative path without ".."`)
  const root = realpathSync(volume)
  const full = join(volume, part)
  if (!existsSync(full)) {
    // The nearest parent that exists decides where a new folder would come to be.
    let parent = join(full, '..')
    while (!existsSync(parent)) parent = join(parent, '..')
    assertInside(root, realpathSync(parent), part)
    mkdirSync(full, { recursive: true, mode: 0o777 })
  }
  const real = realpathSync(full)
  assertInside(root, real, part)
  return real
}
function assertInside(root: string, path: string, part: string): void {
  if (path !== root && !path.startsWith(`${root}/`)) throw new ConfigError(`subPath "${part}" leads outside of the volume`)
}

export function hostsFile(pod: Pod, podIPs: readonly string[], settings: NodeSettings): string {
  const aliases = (pod.spec.hostAliases ?? []).filter((a) => a.hostnames?.length)
  const added =
    aliases.length > 0 ? `\n# Entries added by HostAliases.\n${aliases.map((a) => `${a.ip}\t${a.hostnames!.join('\t')}\n`).join('')}` : ''
  if (pod.spec.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${readFileSync('/etc/hosts', 'utf8')}${added}`
  const { hostname, domain } = podHostname(pod, settings.clusterDomain)
  const names = domain && !hostname.endsWith(domain) ? `${hostname}.${domain}\t${hostname}` : hostname
  return (
    '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n' +
    podIPs.map((ip) => `${ip}\t${names}\n`).join('') +
    added
  )
}
