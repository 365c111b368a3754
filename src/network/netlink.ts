/**
 * rtnetlink (RFC 3549) over node:ffi: the few messages that a pod network needs. A message costs some ten
 * microseconds where a run of `ip` costs three milliseconds, which is most of what a sandbox may take. A socket
 * belongs for life to the network namespace it was opened in, so the main thread enters a namespace only for the
 * synchronous moment of opening it; nothing else can run in between.
 */

import { dlopen, getInt32 } from 'node:ffi'
import { closeSync, openSync } from 'node:fs'
import { inNamespace } from '../linux/syscalls.ts'

/** The kernel's answer to one message, with its errno. */
export class NetlinkError extends Error {
  readonly errno: number
  constructor(what: string, errno: number) {
    super(`${what}: ${errnoNames[errno] ?? `errno ${errno}`}`)
    this.errno = errno
  }
}
export const Errno = { EPERM: 1, ENOENT: 2, ESRCH: 3, EEXIST: 17, ENODEV: 19, EINVAL: 22 } as const
const errnoNames: Record<number, string> = {
  1: 'operation not permitted',
  2: 'no such file or directory',
  3: 'no such process',
  13: 'permission denied',
  16: 'device or resource busy',
  17: 'file exists',
  19: 'no such device',
  22: 'invalid argument',
  34: 'numerical result out of range',
  95: 'operation not supported',
  101: 'network is unreachable',
}

export interface Link {
  readonly index: number
  readonly name: string
  readonly kind: string
  readonly up: boolean
  readonly master: number
}
export interface Address {
  readonly index: number
  readonly address: string
  readonly prefix: number
}
export interface Route {
  /** `10.244.1.0/24`, or `default`. */
  readonly destination: string
  readonly gateway?: string
  readonly index?: number
}

export interface Netlink {
  links(): Link[]
  link(name: string): Link | undefined
  addresses(): Address[]
  routes(): Route[]
  addBridge(name: string): void
  /** One message makes both ends: `name` here, under `master` when given, and `peer.name` in the namespace at `peer.netns`. */
  addVeth(name: string, peer: { name: string; netns?: string }, options?: { master?: number; mtu?: number }): void
  deleteLink(index: number): void
  setUp(index: number): void
  setName(index: number, name: string): void
  setMaster(index: number, master: number): void
  /** A bridge's port sends a frame back to where it came from. */
  setHairpin(index: number): void
  addAddress(index: number, address: string, prefix: number): void
  deleteAddress(index: number, address: string, prefix: number): void
  addRoute(route: Route & { onLink?: boolean; replace?: boolean }): void
  deleteRoute(route: Route): void
  close(): void
}

let libc: ReturnType<typeof loadLibc> | undefined
function loadLibc() {
  const { functions } = dlopen(null, {
    socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
    bind: { arguments: ['int32', 'buffer', 'uint32'], return: 'int32' },
    send: { arguments: ['int32', 'buffer', 'uint64', 'int32'], return: 'int64' },
    recv: { arguments: ['int32', 'buffer', 'uint64', 'int32'], return: 'int64' },
    __errno_location: { arguments: [], return: 'pointer' },
  })
  return functions
}
function errno(): number {
  return getInt32(libc!.__errno_location() as bigint, 0)
}

/** Opens a socket in the namespace at `netns`, or in the process's own. */
export function openNetlink(netns?: string): Netlink {
  libc ??= loadLibc()
  const c = libc
  const fd = netns === undefined ? openSocket() : inNamespace('net', netns, openSocket)
  const answer = Buffer.alloc(1 << 16)
  let sequence = 0

  function request(what: string, type: number, flags: number, body: Buffer): Buffer[] {
    const message = Buffer.alloc(16 + body.length)
    message.writeUInt32LE(message.length, 0)
    message.writeUInt16LE(type, 4)
    message.writeUInt16LE(flags | NLM_F_REQUEST | NLM_F_ACK, 6)
    message.writeUInt32LE(++sequence, 8)
    body.copy(message, 16)
    if (Number(c.send(fd, message, BigInt(message.length), 0)) < 0) throw new NetlinkError(what, errno())
    const parts: Buffer[] = []
    for (;;) {
      const length = Number(c.recv(fd, answer, BigInt(answer.length), 0))
      if (length < 0) throw new NetlinkError(what, errno())
      for (let at = 0; at + 16 <= length; ) {
        const size = answer.readUInt32LE(at)
        const kind = answer.readUInt16LE(at + 4)
        const mine = answer.readUInt32LE(at + 8) === sequence
        if (mine && kind === NLMSG_ERROR) {
          const error = -answer.readInt32LE(at + 16)
          if (error !== 0) throw new NetlinkError(what, error)
          return parts
        }
        if (mine && kind === NLMSG_DONE) return parts
        if (mine) parts.push(Buffer.from(answer.subarray(at + 16, at + size)))
        at += (size + 3) & ~3
      }
    }
  }

  const links = () => request('list links', RTM_GETLINK, NLM_F_DUMP, ifinfo(0)).map(readLink)
  return {
    links,
    link(name) {
      try {
        const [part] = request(`get link ${name}`, RTM_GETLINK, 0, Buffer.concat([ifinfo(0), attribute(IFLA_IFNAME, text(name))]))
        return part && readLink(part)
      } catch (error) {
        if (error instanceof NetlinkError && error.errno === Errno.ENODEV) return undefined
        throw error
      }
    },
    addresses: () =>
      request('list addresses', RTM_GETADDR, NLM_F_DUMP, Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0])).map((part) => {
        const found = attributes(part, 8)
        const address = found.get(IFA_LOCAL) ?? found.get(IFA_ADDRESS) ?? Buffer.alloc(4)
        return { index: part.readUInt32LE(4), address: [...address].join('.'), prefix: part[1] as number }
      }),
    routes: () =>
      request('list routes', RTM_GETROUTE, NLM_F_DUMP, rtmsg({ prefix: 0 }))
        .filter((part) => part[4] === RT_TABLE_MAIN)
        .map((part) => {
          const found = attributes(part, 12)
          const destination = found.get(RTA_DST)
          const gateway = found.get(RTA_GATEWAY)
          const index = found.get(RTA_OIF)
          return {
            destination: destination ? `${[...destination].join('.')}/${part[1]}` : 'default',
            ...(gateway ? { gateway: [...gateway].join('.') } : {}),
            ...(index ? { index: index.readUInt32LE(0) } : {}),
          }
        }),
    addBridge(name) {
      const info = attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, text('bridge')))
      const body = Buffer.concat([ifinfo(0), attribute(IFLA_IFNAME, text(name)), info])
      request(`add bridge ${name}`, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body)
    },
    addVeth(name, peer, { master, mtu } = {}) {
      const netns = peer.netns === undefined ? undefined : openSync(peer.netns, 'r')
      try {
        const size = mtu === undefined ? [] : [attribute(IFLA_MTU, uint32(mtu))]
        const peerEnd = Buffer.concat([
          ifinfo(0),
          attribute(IFLA_IFNAME, text(peer.name)),
          ...size,
          ...(netns === undefined ? [] : [attribute(IFLA_NET_NS_FD, uint32(netns))]),
        ])
        const info = attribute(
          IFLA_LINKINFO,
          Buffer.concat([attribute(IFLA_INFO_KIND, text('veth')), attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peerEnd))]),
        )
        const body = Buffer.concat([
          ifinfo(0, IFF_UP),
          attribute(IFLA_IFNAME, text(name)),
          ...size,
          ...(master === undefined ? [] : [attribute(IFLA_MASTER, uint32(master))]),
          info,
        ])
        request(`add veth ${name}`, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body)
      } finally {
        if (netns !== undefined) closeSync(netns)
      }
    },
    deleteLink: (index) => void request(`delete link ${index}`, RTM_DELLINK, 0, ifinfo(index)),
    setUp: (index) => void request(`set link ${index} up`, RTM_SETLINK, 0, ifinfo(index, IFF_UP)),
    setName: (index, name) =>
      void request(`name link ${name}`, RTM_SETLINK, 0, Buffer.concat([ifinfo(index), attribute(IFLA_IFNAME, text(name))])),
    setMaster: (index, master) =>
      void request(`set master of link ${index}`, RTM_SETLINK, 0, Buffer.concat([ifinfo(index), attribute(IFLA_MASTER, uint32(master))])),
    setHairpin(index) {
      const head = ifinfo(index)
      head[0] = AF_BRIDGE
      request(
        `set hairpin of link ${index}`,
        RTM_SETLINK,
        0,
        Buffer.concat([head, attribute(IFLA_PROTINFO | NLA_F_NESTED, attribute(IFLA_BRPORT_MODE, Buffer.from([1])))]),
      )
    },
    addAddress: (index, address, prefix) =>
      void request(`add address ${address}/${prefix}`, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, addressBody(index, address, prefix)),
    deleteAddress: (index, address, prefix) =>
      void request(`delete address ${address}/${prefix}`, RTM_DELADDR, 0, addressBody(index, address, prefix)),
    addRoute(route) {
      const flags = NLM_F_CREATE | (route.replace ? NLM_F_REPLACE : NLM_F_EXCL)
      request(`add route ${route.destination}`, RTM_NEWROUTE, flags, routeBody(route))
    },
    deleteRoute: (route) => void request(`delete route ${route.destination}`, RTM_DELROUTE, 0, routeBody(route)),
    close: () => closeSync(fd),
  }
}

function openSocket(): number {
  const fd = libc!.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)
  if (fd < 0) throw new NetlinkError('open a netlink socket', errno())
  const address = Buffer.alloc(12)
  address.writeUInt16LE(AF_NETLINK, 0)
  if (libc!.bind(fd, address, address.length) !== 0) {
    const error = errno()
    closeSync(fd)
    throw new NetlinkError('bind a netlink socket', error)
  }
  return fd
}

const AF_INET = 2
const AF_BRIDGE = 7
const NLA_F_NESTED = 0x8000
const IFLA_PROTINFO = 12
const IFLA_BRPORT_MODE = 4
const AF_NETLINK = 16
const SOCK_RAW = 3
const SOCK_CLOEXEC = 0x80000
const NETLINK_ROUTE = 0
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const NLM_F_REQUEST = 1
const NLM_F_ACK = 4
const NLM_F_REPLACE = 0x100
const NLM_F_EXCL = 0x200
const NLM_F_CREATE = 0x400
const NLM_F_DUMP = 0x300
const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_GETLINK = 18
const RTM_SETLINK = 19
const RTM_NEWADDR = 20
const RTM_DELADDR = 21
const RTM_GETADDR = 22
const RTM_NEWROUTE = 24
const RTM_DELROUTE = 25
const RTM_GETROUTE = 26
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFLA_MASTER = 10
const IFLA_LINKINFO = 18
const IFLA_NET_NS_FD = 28
const IFLA_INFO_KIND = 1
const IFLA_INFO_DATA = 2
const VETH_INFO_PEER = 1
const IFA_ADDRESS = 1
const IFA_LOCAL = 2
const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RT_TABLE_MAIN = 254
const RT_SCOPE_UNIVERSE = 0
const RT_SCOPE_LINK = 253
const RTN_UNICAST = 1
const RTPROT_STATIC = 4
const RTNH_F_ONLINK = 4
const IFF_UP = 1

function ifinfo(index: number, flags = 0): Buffer {
  const body = Buffer.alloc(16)
  body.writeInt32LE(index, 4)
  body.writeUInt32LE(flags, 8)
  body.writeUInt32LE(flags, 12) // the flags to change
  return body
}

function addressBody(index: number, address: string, prefix: number): Buffer {
  const head = Buffer.alloc(8)
  head[0] = AF_INET
  head[1] = prefix
  head.writeUInt32LE(index, 4)
  const bytes = parseIPv4(address)
  return Buffer.concat([head, attribute(IFA_LOCAL, bytes), attribute(IFA_ADDRESS, bytes)])
}

function rtmsg(of: { prefix: number; scope?: number; flags?: number }): Buffer {
  const body = Buffer.alloc(12)
  body[0] = AF_INET
  body[1] = of.prefix
  body[4] = RT_TABLE_MAIN
  body[5] = RTPROT_STATIC
  body[6] = of.scope ?? RT_SCOPE_UNIVERSE
  body[7] = RTN_UNICAST
  body.writeUInt32LE(of.flags ?? 0, 8)
  return body
}

function routeBody(route: Route & { onLink?: boolean }): Buffer {
  const [address, prefix] = route.destination === 'default' ? [undefined, '0'] : route.destination.split('/')
  return Buffer.concat([
    rtmsg({
      prefix: Number(prefix ?? 32),
      scope: route.gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
      flags: route.onLink ? RTNH_F_ONLINK : 0,
    }),
    ...(address ? [attribute(RTA_DST, parseIPv4(address))] : []),
    ...(route.gateway ? [attribute(RTA_GATEWAY, parseIPv4(route.gateway))] : []),
    ...(route.index === undefined ? [] : [attribute(RTA_OIF, uint32(route.index))]),
  ])
}

function readLink(part: Buffer): Link {
  const found = attributes(part, 16)
  const info = found.get(IFLA_LINKINFO)
  const kind = info && attributes(info, 0).get(IFLA_INFO_KIND)
  return {
    index: part.readInt32LE(4),
    name: fromText(found.get(IFLA_IFNAME)),
    kind: fromText(kind),
    up: (part.readUInt32LE(8) & IFF_UP) !== 0,
    master: found.get(IFLA_MASTER)?.readUInt32LE(0) ?? 0,
  }
}

const text = (value: string): Buffer => Buffer.from(`${value}\0`)
const fromText = (value: Buffer | undefined): string => (value ? value.toString('utf8').replace(/\0.*$/s, '') : '')
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
function parseIPv4(address: string): Buffer {
  const parts = address.split('.').map(Number)
  if (parts.length !== 4 || parts.some((p) => !(p >= 0 && p <= 255))) throw new Error(`${address} is not an IPv4 address`)
  return Buffer.from(parts)
}
function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3)
  bytes.writeUInt16LE(4 + value.length, 0)
  bytes.writeUInt16LE(type, 2)
  value.copy(bytes, 4)
  return bytes
}
function attributes(bytes: Buffer, from: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = from; at + 4 <= bytes.length; ) {
    const size = bytes.readUInt16LE(at)
    if (size < 4) break
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + size))
    at += (size + 3) & ~3
  }
  return found
}
