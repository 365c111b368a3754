/** What this host lets containers have: its cgroups, our capabilities, the oom scores that may be given, devices. */
import { existsSync, lstatSync, readdirSync, readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

/** `hybrid`: version 1 with version 2 mounted beside it, as systemd once did. */
export type CgroupMode = 'unified' | 'legacy' | 'hybrid'
export interface Host {
  readonly cgroups: CgroupMode
  /** Capabilities that we may hand on, by name. */
  readonly capabilities: readonly string[]
  /** The lowest oom_score_adj that we may set: without CAP_SYS_RESOURCE the kernel refuses what is below our own. */
  readonly lowestOomScore: number
  readonly apparmor: boolean
  readonly swapAccounting: boolean
  readonly hugetlb: boolean
}

export const allCapabilities =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
    .split(' ')
    .map((name) => `CAP_${name}`)

const CGROUP2_SUPER_MAGIC = 0x63677270
export const cgroupRoot = '/sys/fs/cgroup'

export function probeHost(): Host {
  const magic = (path: string) => (existsSync(path) ? statfsSync(path).type : 0)
  const cgroups =
    magic(cgroupRoot) === CGROUP2_SUPER_MAGIC ? 'unified' : magic(`${cgroupRoot}/unified`) === CGROUP2_SUPER_MAGIC ? 'hybrid' : 'legacy'
  const status = readFileSync('/proc/self/status', 'utf8')
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  const holds = (set: bigint, name: string) => ((set >> BigInt(allCapabilities.indexOf(name))) & 1n) === 1n
  return {
    cgroups,
    capabilities: allCapabilities.filter((name) => holds(bounding, name) && holds(effective, name)),
    lowestOomScore: holds(effective, 'CAP_SYS_RESOURCE') ? -1000 : Number(readFileSync('/proc/self/oom_score_adj', 'utf8')),
    apparmor:
      existsSync('/sys/kernel/security/apparmor') && readFileSync('/sys/module/apparmor/parameters/enabled', 'utf8').startsWith('Y'),
    swapAccounting: cgroups === 'unified' || existsSync(`${cgroupRoot}/memory/memory.memsw.limit_in_bytes`),
    hugetlb: cgroups === 'unified' || existsSync(`${cgroupRoot}/hugetlb`),
  }
}

export interface DeviceNode {
  readonly path: string
  readonly type: 'c' | 'b'
  readonly major: number
  readonly minor: number
  readonly fileMode: number
  readonly uid: number
  readonly gid: number
}

/** The device at a path of the host, or all below a folder, placed at `target`. */
export function devicesAt(path: string, target = path): DeviceNode[] {
  const stat = lstatSync(path)
  if (stat.isDirectory()) {
    // These are mounts of the container's own.
    const skip = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev', 'console'])
    return readdirSync(path).flatMap((name) => (skip.has(name) ? [] : devicesAt(join(path, name), join(target, name))))
  }
  if (!stat.isCharacterDevice() && !stat.isBlockDevice()) return []
  const device = BigInt(stat.rdev)
  return [
    {
      path: target,
      type: stat.isCharacterDevice() ? 'c' : 'b',
      major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
      minor: Number((device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn)),
      fileMode: stat.mode & 0o777,
      uid: stat.uid,
      gid: stat.gid,
    },
  ]
}
