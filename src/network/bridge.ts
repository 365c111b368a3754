/**
 * The built-in pod network: a bridge per node, a veth pair per sandbox, addresses from the node's pod CIDR. It needs
 * no CNI plugin and no file, and implements the runtime's PodNetwork seam.
 *
 * A pod has its address as a /32 and reaches everything through the gateway, also pods on its own bridge. So every
 * packet passes the node's own routing, where kube-proxy's rules see it, and services do not depend on the br_netfilter
 * module, as they do on a plain bridge. Where that module is loaded it rewrites addresses while a frame is still on the
 * bridge, and a pod that reaches itself through a service then needs a hairpin port.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inNamespace } from '../linux/syscalls.ts'
import type { Logger } from '../log/log.ts'
import type { PodNetwork } from '../runtime/pod-network.ts'
import { type AddressPool, createAddressPool } from './addresses.ts'
import { enableForwarding, restoreForwarding } from './forwarding.ts'
import { Errno, type Link, type Netlink, NetlinkError, openNetlink } from './netlink.ts'
import { type Nft, nft as runNft } from './nft.ts'
import { hash } from './proxy/services.ts'

export interface BridgeOptions {
  /** Where addresses are remembered. */
  readonly folder: string
  /** Default `kijabi0`. Fifteen letters at most. */
  readonly bridge?: string
  /** All nodes' pods: what goes there keeps its address, everything else takes the node's. */
  readonly clusterCIDR?: string
  readonly mtu?: number
  readonly log?: Logger
  readonly nft?: Nft
}

export interface BridgeNetwork extends PodNetwork {
  setPodCidr(cidr: string): Promise<void>
  /** The bridge's own address, where the node is reached from its pods; resolves once the pod CIDR is known. */
  gateway(): Promise<string>
  /** Takes the bridge, its pods' links and the rules away, and forgets the addresses. */
  destroy(): Promise<void>
  close(): void
}

export function createBridgeNetwork(options: BridgeOptions): BridgeNetwork {
  const { folder, bridge = 'kijabi0', clusterCIDR, mtu, nft = runNft } = options
  const table = `kijabi-network-${hash(bridge)}`
  const netlink = openNetlink()
  let pool: AddressPool | undefined
  let podCIDR = ''
  let bridgeIndex = 0
  const gatewayKnown = Promise.withResolvers<string>()

  return {
    status: () =>
      pool
        ? { ready: true, reason: '', message: '' }
        : { ready: false, reason: 'NetworkPluginNotReady', message: 'the node has no pod CIDR yet' },

    async setPodCidr(cidr) {
      if (cidr === podCIDR) return
      // Pods keep their addresses for life, so another range has to wait until none has one of the old.
      if (pool && pool.owners().size > 0)
        throw new Error(`the pod CIDR is ${podCIDR} and cannot become ${cidr} while pods have addresses of it`)
      const made = createAddressPool(join(folder, cidr.replace('/', '_')), cidr)
      bridgeIndex = ensureBridge(netlink, bridge, made)
      const outside = `ip saddr ${cidr} ip daddr != { ${[...new Set([clusterCIDR ?? cidr, '224.0.0.0/4'])].join(', ')} } masquerade`
      await nft(
        `add table ip ${table}\ndelete table ip ${table}\ntable ip ${table} {\n  chain postrouting {\n    type nat hook postrouting priority srcnat\n    ${outside}\n  }\n}\n`,
      )
      await enableForwarding()
      // Pods on one bridge talk through the gateway on purpose; the kernel would tell them of the short way.
      writeFileSync(`/proc/sys/net/ipv4/conf/${bridge}/send_redirects`, '0')
      pool = made
      podCIDR = cidr
      gatewayKnown.resolve(made.gateway)
      options.log?.info('pod network ready', { bridge, podCIDR: cidr })
    },

    async setup(sandbox) {
      if (!pool) throw new Error('network plugin is not ready: the node has no pod CIDR yet')
      const { gateway } = pool
      const address = pool.allocate(sandbox.id)
      const name = vethName(sandbox.id)
      // What a killed attempt left behind.
      const stale = netlink.link(name)
      if (stale) netlink.deleteLink(stale.index)
      netlink.addVeth(name, { name: 'eth0', netns: sandbox.netns }, { master: bridgeIndex, ...(mtu === undefined ? {} : { mtu }) })
      netlink.setHairpin((netlink.link(name) as Link).index)
      const inside = inNamespace('net', sandbox.netns, () => {
        for (const device of ['all', 'eth0']) writeFileSync(`/proc/sys/net/ipv4/conf/${device}/accept_redirects`, '0')
        return openNetlink()
      })
      try {
        const eth0 = inside.link('eth0')
        if (!eth0) throw new Error(`sandbox ${sandbox.id} has no eth0`)
        inside.addAddress(eth0.index, address, 32)
        inside.setUp(eth0.index)
        inside.addRoute({ destination: `${gateway}/32`, index: eth0.index })
        inside.addRoute({ destination: 'default', gateway, index: eth0.index })
      } finally {
        inside.close()
      }
      return { ips: [address], hostInterface: bridge }
    },

    async teardown(sandbox) {
      // Deleting one end of the pair deletes the other; the kernel has done it already when the namespace is gone.
      const link = netlink.link(vethName(sandbox.id))
      if (link) deleteIfThere(netlink, link.index)
      pool?.release(sandbox.id)
    },

    gateway: () => gatewayKnown.promise,

    async destroy() {
      const own = netlink.link(bridge)
      if (own) {
        for (const link of netlink.links()) if (link.master === own.index && link.kind === 'veth') deleteIfThere(netlink, link.index)
        deleteIfThere(netlink, own.index)
      }
      await nft(`add table ip ${table}\ndelete table ip ${table}\n`)
      await restoreForwarding()
      rmSync(folder, { recursive: true, force: true })
      pool = undefined
      podCIDR = ''
    },

    close: () => netlink.close(),
  }
}

/** A name that the sandbox's id gives, so that it is found again without being remembered. */
const vethName = (id: string) => `veth${hash(id).toLowerCase()}`

function ensureBridge(netlink: Netlink, name: string, pool: AddressPool): number {
  if (!netlink.link(name)) netlink.addBridge(name)
  const link = netlink.link(name)
  if (link?.kind !== 'bridge') throw new Error(`interface ${name} exists and is no bridge`)
  const addresses = netlink.addresses().filter((a) => a.index === link.index)
  for (const { address, prefix } of addresses) if (address !== pool.gateway) netlink.deleteAddress(link.index, address, prefix)
  if (!addresses.some((a) => a.address === pool.gateway)) netlink.addAddress(link.index, pool.gateway, pool.prefix)
  netlink.setUp(link.index)
  return link.index
}

function deleteIfThere(netlink: Netlink, index: number): void {
  try {
    netlink.deleteLink(index)
  } catch (error) {
    if (!(error instanceof NetlinkError && error.errno === Errno.ENODEV)) throw error
  }
}

/** The address by which this machine is reached: that of the interface with the default route; undefined when there is none. */
export function defaultAddress(netlink: Netlink): string | undefined {
  const index = netlink.routes().find((route) => route.destination === 'default')?.index
  return netlink.addresses().find((address) => address.index === index)?.address
}
