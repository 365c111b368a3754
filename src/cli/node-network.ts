/**
 * The network that several nodes of one machine share. The first node is in the machine's own network namespace, each
 * further one in a namespace of its own, as `ip netns` knows it, with a veth pair to a bridge on the machine. That bridge
 * is the segment between the nodes, and its address is the first node's: pods' ranges are routed over it, and the
 * API server is reached on it.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { detach, inNamespace, inNewNamespaces, linkUp, MountFlag, mount } from '../linux/syscalls.ts'
import { enableForwarding, restoreForwarding } from '../network/forwarding.ts'
import { openNetlink } from '../network/netlink.ts'
import { nft } from '../network/nft.ts'
import { type Cluster, nodeAddress, nodeNames } from './cluster.ts'
import { bridgeName } from './node-arguments.ts'

const segmentName = (cluster: Cluster) => `${bridgeName(cluster)}-n`
const table = (cluster: Cluster) => `kijabi-nodes-${cluster.settings.port}`
const netnsFolder = '/run/netns'

/** Where the namespace of a node is bound; undefined for the first, which is in the machine's. */
export function nodeNamespace(cluster: Cluster, name: string): string | undefined {
  return name === nodeNames(cluster)[0] ? undefined : `${netnsFolder}/kijabi-${cluster.settings.port}-${name}`
}

/** Makes what is missing: all of it at first and after a reboot, nothing of it otherwise. */
export async function ensureNodeNetwork(cluster: Cluster): Promise<void> {
  const [first = '', ...further] = nodeNames(cluster)
  const { nodeCidr, podCidr } = cluster.settings
  const host = openNetlink()
  try {
    const bridge = segmentName(cluster)
    if (!host.link(bridge)) host.addBridge(bridge)
    const { index } = host.link(bridge) as { index: number }
    const gateway = nodeAddress(cluster, first)
    if (!host.addresses().some((a) => a.index === index && a.address === gateway)) host.addAddress(index, gateway, 24)
    host.setUp(index)
    for (const [i, name] of further.entries()) {
      const netns = nodeNamespace(cluster, name) as string
      const veth = `${bridge}${i + 2}`
      bindNamespace(netns)
      if (!host.link(veth)) host.addVeth(veth, { name: 'eth0', netns }, { master: index })
      const inside = openNetlink(netns)
      try {
        const { index: eth0 } = inside.link('eth0') as { index: number }
        const address = nodeAddress(cluster, name)
        if (!inside.addresses().some((a) => a.address === address)) inside.addAddress(eth0, address, 24)
        inside.setUp(eth0)
        inside.addRoute({ destination: 'default', gateway, index: eth0, replace: true })
      } finally {
        inside.close()
      }
    }
  } finally {
    host.close()
  }
  // What leaves the machine takes the machine's address; between nodes and pods addresses stay.
  const name = table(cluster)
  await nft(
    `add table ip ${name}\ndelete table ip ${name}\ntable ip ${name} {\n  chain postrouting {\n    type nat hook postrouting priority srcnat\n    ip saddr ${nodeCidr} ip daddr != { ${nodeCidr}, ${podCidr}, 224.0.0.0/4 } masquerade\n  }\n}\n`,
  )
  await enableForwarding()
}

/** A namespace goes with all that is in it: links, routes and rules. */
export async function removeNodeNetwork(cluster: Cluster): Promise<void> {
  if (!cluster.settings.nodeCidr) return
  for (const name of nodeNames(cluster).slice(1)) {
    const netns = nodeNamespace(cluster, name) as string
    detach(netns)
    rmSync(netns, { force: true })
  }
  const host = openNetlink()
  try {
    const bridge = segmentName(cluster)
    for (const { index } of host.links().filter((link) => link.name.startsWith(bridge)))
      if (host.links().some((l) => l.index === index)) host.deleteLink(index)
  } finally {
    host.close()
  }
  await nft(`add table ip ${table(cluster)}\ndelete table ip ${table(cluster)}\n`)
  await restoreForwarding()
}

/** As `ip netns add` makes it. */
function bindNamespace(path: string): void {
  if (existsSync(path)) {
    try {
      inNamespace('net', path, () => undefined)
      return
    } catch {
      rmSync(path) // Only the file that a namespace was bound to before the machine ended.
    }
  }
  mkdirSync(netnsFolder, { recursive: true })
  writeFileSync(path, '', { mode: 0o444 })
  inNewNamespaces(['net'], () => {
    linkUp('lo')
    mount('/proc/thread-self/ns/net', path, '', MountFlag.BIND, '')
  })
}
