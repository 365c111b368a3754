/**
 * The system calls that Node has no face for, through node:ffi on libc. All are synchronous and act on the calling
 * thread. Namespaces are a thread's own: whoever enters one must come back before the call stack ends (`inNamespaces`),
 * and in between must use nothing asynchronous, because that would run on a thread which never entered.
 */

import { dlopen, getInt32 } from 'node:ffi'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'

const { functions: libc } = dlopen(null, {
  __errno_location: { arguments: [], return: 'pointer' },
  mount: { arguments: ['string', 'string', 'string', 'u64', 'string'], return: 'i32' },
  umount2: { arguments: ['string', 'i32'], return: 'i32' },
  unshare: { arguments: ['i32'], return: 'i32' },
  setns: { arguments: ['i32', 'i32'], return: 'i32' },
  chroot: { arguments: ['string'], return: 'i32' },
  chdir: { arguments: ['string'], return: 'i32' },
  fchdir: { arguments: ['i32'], return: 'i32' },
  sethostname: { arguments: ['string', 'u64'], return: 'i32' },
  lsetxattr: { arguments: ['string', 'string', 'pointer', 'u64', 'i32'], return: 'i32' },
  lgetxattr: { arguments: ['string', 'string', 'pointer', 'u64'], return: 'i64' },
  llistxattr: { arguments: ['string', 'pointer', 'u64'], return: 'i64' },
  syscall: { arguments: ['i64', 'i64', 'string', 'pointer', 'i64'], return: 'i64' },
  mknod: { arguments: ['string', 'u32', 'u64'], return: 'i32' },
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  connect: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  ioctl: { arguments: ['i32', 'u64', 'pointer'], return: 'i32' },
})

export class SyscallError extends Error {
  readonly code: string
  readonly errno: number
  constructor(call: string, errno: number, about: string) {
    const [code, message] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, `errno ${errno}`]
    super(`${call} ${about}: ${message}`)
    this.code = code
    this.errno = errno
  }
}

function check(result: number | bigint, call: string, about: string): number {
  if (result < 0) throw new SyscallError(call, getInt32(libc.__errno_location()), about)
  return Number(result)
}

export const MountFlag = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  REMOUNT: 32,
  BIND: 4096,
  REC: 16384,
  PRIVATE: 1 << 18,
  SLAVE: 1 << 19,
  SHARED: 1 << 20,
} as const
export const mount = (source: string, target: string, type: string, flags: number, data: string): void => {
  check(libc.mount(source, target, type, BigInt(flags), data), 'mount', target)
}
/** Detaches the mount at once, whoever still uses it; a path that is no mount point is no error. */
export function detach(target: string): void {
  const MNT_DETACH = 2
  const UMOUNT_NOFOLLOW = 8
  try {
    check(libc.umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW), 'umount', target)
  } catch (error) {
    if (!(error instanceof SyscallError) || (error.code !== 'EINVAL' && error.code !== 'ENOENT')) throw error
  }
}

/** Calls that older C libraries have no function for go by their numbers, the same on every machine. */
const byNumber = (...types: ('i64' | 'string' | 'pointer')[]) =>
  dlopen(null, { syscall: { arguments: ['i64', ...types], return: 'i64' } }).functions.syscall
const calls = {
  openTree: byNumber('i64', 'string', 'i64'),
  mountSetattr: byNumber('i64', 'string', 'i64', 'pointer', 'i64'),
  moveMount: byNumber('i64', 'string', 'i64', 'string', 'i64'),
}

/**
 * Mounts what is at `source`, with all mounted below it, at `target` too. With a user namespace (a path of one), the files
 * belong there to whom it maps their owners: an idmapped mount, since Linux 5.12 and by file system.
 */
export function bindTree(source: string, target: string, userNamespace?: string): void {
  const AT_FDCWD = -100n
  const AT_EMPTY_PATH = 0x1000n
  const AT_RECURSIVE = 0x8000n
  const OPEN_TREE_CLONE = 1n
  const OPEN_TREE_CLOEXEC = 0o2000000n
  const MOVE_MOUNT_F_EMPTY_PATH = 4n
  const MOUNT_ATTR_IDMAP = 0x100000n
  const tree = check(calls.openTree(428n, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE), 'open_tree', source)
  try {
    if (userNamespace !== undefined) {
      const namespace = openSync(userNamespace, 'r')
      try {
        const attributes = Buffer.alloc(32)
        attributes.writeBigUInt64LE(MOUNT_ATTR_IDMAP, 0)
        attributes.writeBigUInt64LE(BigInt(namespace), 24)
        check(calls.mountSetattr(442n, BigInt(tree), '', AT_EMPTY_PATH, attributes, 32n), 'map the owners of', source)
      } finally {
        closeSync(namespace)
      }
    }
    check(calls.moveMount(429n, BigInt(tree), '', AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH), 'mount', target)
  } finally {
    libc.close(tree)
  }
}

export const CloneFlag = {
  NEWNS: 0x00020000,
  NEWUTS: 0x04000000,
  NEWIPC: 0x08000000,
  NEWUSER: 0x10000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
} as const
export const unshare = (flags: number): void => {
  check(libc.unshare(flags), 'unshare', `0x${flags.toString(16)}`)
}
export const setns = (fd: number, type: number): void => {
  check(libc.setns(fd, type), 'setns', `fd ${fd}`)
}
export const chdir = (path: string): void => {
  check(libc.chdir(path), 'chdir', path)
}
/** Where relative paths of `mount` begin. The whole process shares it, unless the thread made a mount namespace of its own. */
export const fchdir = (fd: number): void => {
  check(libc.fchdir(fd), 'fchdir', `fd ${fd}`)
}
/** The calling thread's root, which it must not share with others: only after `unshare(NEWNS)` in a worker of its own. */
export const chroot = (path: string): void => {
  check(libc.chroot(path), 'chroot', path)
  check(libc.chdir('/'), 'chdir', '/')
}
export const sethostname = (name: string): void => {
  check(libc.sethostname(name, BigInt(Buffer.byteLength(name))), 'sethostname', name)
}

export const setxattr = (path: string, name: string, value: Uint8Array): void => {
  check(libc.lsetxattr(path, name, value, BigInt(value.length), 0), 'setxattr', `${name} of ${path}`)
}
export function getxattr(path: string, name: string): Buffer {
  const value = Buffer.alloc(65_536)
  return value.subarray(0, check(libc.lgetxattr(path, name, value, BigInt(value.length)), 'getxattr', `${name} of ${path}`))
}
export function listxattr(path: string): string[] {
  const names = Buffer.alloc(65_536)
  const size = check(libc.llistxattr(path, names, BigInt(names.length)), 'listxattr', path)
  return names.toString('utf8', 0, size).split('\0').filter(Boolean)
}
/** The beginning of a file, with `root` as the root of every link on the way to it: openat2(2) with RESOLVE_IN_ROOT. Empty when it is no plain file. */
export function readInRoot(root: string, path: string, maxBytes: number): string {
  const SYS_openat2 = 437n
  const RESOLVE_NO_MAGICLINKS = 0x02n
  const RESOLVE_IN_ROOT = 0x10n
  const O_NONBLOCK = 0o4000n
  const O_CLOEXEC = 0o2000000n
  const folder = openSync(root, 'r')
  try {
    const how = Buffer.alloc(24)
    how.writeBigUInt64LE(O_NONBLOCK | O_CLOEXEC, 0)
    how.writeBigUInt64LE(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 16)
    const fd = check(libc.syscall(SYS_openat2, BigInt(folder), path, how, 24n), 'openat2', path)
    try {
      const stat = fstatSync(fd)
      const buffer = Buffer.alloc(stat.isFile() ? Math.min(stat.size, maxBytes) : 0)
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0))
    } finally {
      libc.close(fd)
    }
  } finally {
    closeSync(folder)
  }
}
/** `mode` with the file type's bits; the device as the kernel's user space packs major and minor. */
export const mknod = (path: string, mode: number, major = 0, minor = 0): void => {
  const device = (BigInt(major & ~0xfff) << 32n) | (BigInt(minor & ~0xff) << 12n) | BigInt((major & 0xfff) << 8) | BigInt(minor & 0xff)
  check(libc.mknod(path, mode, device), 'mknod', path)
}

const namespaceTypes = { net: CloneFlag.NEWNET, ipc: CloneFlag.NEWIPC, uts: CloneFlag.NEWUTS } as const
export type NamespaceKind = keyof typeof namespaceTypes

/**
 * Makes new namespaces of these kinds, runs `work` inside them and comes back. What `work` binds to files
 * (`/proc/thread-self/ns/net`) lives on.
 */
export function inNewNamespaces<T>(kinds: readonly NamespaceKind[], work: () => T): T {
  return comingBack(kinds, () => unshare(kinds.reduce((flags, kind) => flags | namespaceTypes[kind], 0)), work)
}
/** Enters the namespace that is bound to `path`, runs `work` and comes back. */
export function inNamespace<T>(kind: NamespaceKind, path: string, work: () => T): T {
  const enter = () => {
    const fd = openSync(path, 'r')
    try {
      setns(fd, namespaceTypes[kind])
    } finally {
      closeSync(fd)
    }
  }
  return comingBack([kind], enter, work)
}

/** Enters the network namespace that is bound to `path` until `work` is done, whatever else the main thread does meanwhile: for a process that does nothing else. */
export async function whileInNetwork<T>(path: string, work: () => Promise<T>): Promise<T> {
  const home = openSync('/proc/thread-self/ns/net', 'r')
  const there = openSync(path, 'r')
  try {
    setns(there, CloneFlag.NEWNET)
    return await work()
  } finally {
    setns(home, CloneFlag.NEWNET)
    closeSync(home)
    closeSync(there)
  }
}

function comingBack<T>(kinds: readonly NamespaceKind[], enter: () => void, work: () => T): T {
  const home = kinds.map((kind) => ({ kind, fd: openSync(`/proc/thread-self/ns/${kind}`, 'r') }))
  try {
    enter()
    return work()
  } finally {
    for (const { kind, fd } of home) {
      setns(fd, namespaceTypes[kind])
      closeSync(fd)
    }
  }
}

const AF_UNIX = 1
const AF_INET = 2
const SOCK_DGRAM = 2
const SOCK_SEQPACKET = 5
const SOCK_CLOEXEC = 0o2000000

/** Brings an interface of the calling thread's network namespace up. */
export function linkUp(name: string): void {
  const SIOCGIFFLAGS = 0x8913n
  const SIOCSIFFLAGS = 0x8914n
  const IFF_UP = 1
  const fd = check(libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'socket', 'for an interface')
  try {
    const request = Buffer.alloc(40)
    request.write(name, 0, 15)
    check(libc.ioctl(fd, SIOCGIFFLAGS, request), 'SIOCGIFFLAGS', name)
    request.writeUInt16LE(request.readUInt16LE(16) | IFF_UP, 16)
    check(libc.ioctl(fd, SIOCSIFFLAGS, request), 'SIOCSIFFLAGS', name)
  } finally {
    closeSync(fd)
  }
}

/** A connected SOCK_SEQPACKET socket on a path of any length. */
export function connectSeqpacket(path: string): number {
  // sun_path holds 107 bytes; a longer path is reached through its folder's descriptor.
  const slash = path.lastIndexOf('/')
  const folder = openSync(path.slice(0, slash), 'r')
  const fd = check(libc.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), 'socket', path)
  try {
    const address = Buffer.alloc(110)
    address.writeUInt16LE(AF_UNIX, 0)
    address.write(`/proc/self/fd/${folder}${path.slice(slash)}`, 2, 107)
    check(libc.connect(fd, address, address.length), 'connect', path)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  } finally {
    closeSync(folder)
  }
}

/**
 * A connection to a port of localhost in the calling thread's network namespace, by IPv4, else by IPv6. On loopback the
 * kernel refuses at once; behind a full backlog the connection is made later, and the process does not wait for it.
 */
export function connectTcp(port: number): number {
  const AF_INET6 = 10
  const SOCK_STREAM = 1
  const SOCK_NONBLOCK = 0x800
  const EINPROGRESS = 115
  const attempt = (family: number, address: Buffer): number => {
    const fd = check(libc.socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket', `port ${port}`)
    try {
      check(libc.connect(fd, address, address.length), 'connect', `port ${port}`)
    } catch (error) {
      if (!(error instanceof SyscallError && error.errno === EINPROGRESS)) {
        closeSync(fd)
        throw error
      }
    }
    return fd
  }
  const v4 = Buffer.alloc(16)
  v4.writeUInt16LE(AF_INET, 0)
  v4.writeUInt16BE(port, 2)
  v4.set([127, 0, 0, 1], 4)
  const v6 = Buffer.alloc(28)
  v6.writeUInt16LE(AF_INET6, 0)
  v6.writeUInt16BE(port, 2)
  v6[23] = 1
  try {
    return attempt(AF_INET, v4)
  } catch {
    return attempt(AF_INET6, v6)
  }
}

/** A new pseudo-terminal: the master's descriptor and the slave's path. */
export function openPty(): { master: number; slave: string } {
  const TIOCSPTLCK = 0x40045431n
  const TIOCGPTN = 0x80045430n
  const master = openSync('/dev/ptmx', 'r+')
  const number = Buffer.alloc(4)
  check(libc.ioctl(master, TIOCSPTLCK, number), 'TIOCSPTLCK', '/dev/ptmx')
  check(libc.ioctl(master, TIOCGPTN, number), 'TIOCGPTN', '/dev/ptmx')
  return { master, slave: `/dev/pts/${number.readUInt32LE(0)}` }
}
export function setWindowSize(fd: number, rows: number, columns: number): void {
  const TIOCSWINSZ = 0x5414n
  const size = Buffer.alloc(8)
  size.writeUInt16LE(rows, 0)
  size.writeUInt16LE(columns, 2)
  check(libc.ioctl(fd, TIOCSWINSZ, size), 'TIOCSWINSZ', `fd ${fd}`)
}
