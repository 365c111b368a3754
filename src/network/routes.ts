/**
 * Routes between nodes: each other node's pod CIDR by way of that node's address, as flannel's host-gw and the cloud
 * route controllers have it. Nodes must share a network segment, which those on one machine do.
 */
import type { Node } from '../api/types/core-v1.ts'
import type { Informers } from '../client/informer.ts'
import type { Logger } from '../log/log.ts'
import { Errno, type Netlink, NetlinkError, openNetlink } from './netlink.ts'

/** Keeps the routes as the nodes are, until stopped; they stay then, for the pods that run on. */
export function startNodeRoutes(deps: { informers: Informers; log: Logger }, self: string): { stop(): void } {
  const netlink = openNetlink()
  const nodes = deps.informers.of('nodes')
  let mine: ReadonlyMap<string, string> = new Map()
  let timer: NodeJS.Immediate | undefined
  const sync = () => {
    timer = undefined
    // After a restart the first list comes node by node: half of it must not take routes away.
    if (nodes.synced) mine = syncRoutes(netlink, mine, wantedRoutes(nodes.list(), self), deps.log)
  }
  const look = () => {
    timer ??= setImmediate(sync)
  }
  const off = nodes.addHandler({ added: look, updated: look, deleted: look })
  void nodes.whenSynced().then(look)
  return {
    stop() {
      off()
      clearImmediate(timer)
      netlink.close()
    },
  }
}

/** What should stand in the routing table for these nodes: pod CIDR to gateway. */
export function wantedRoutes(nodes: readonly Node[], self: string): Map<string, string> {
  const wanted = new Map<string, string>()
  const addressOf = (node: Node | undefined) => node?.status?.addresses?.find((a) => a.type === 'InternalIP')?.address
  const own = addressOf(nodes.find((node) => node.metadata.name === self))
  for (const node of nodes) {
    const address = addressOf(node)
    // Simulated nodes share this one's address and have no pods to reach.
    if (node.metadata.name === self || !address || address === own) continue
    for (const cidr of node.spec.podCIDRs ?? (node.spec.podCIDR ? [node.spec.podCIDR] : [])) {
      if (!cidr.includes(':')) wanted.set(cidr, address)
    }
  }
  return wanted
}

/** Makes the kernel's routes those of the nodes. `mine` are the routes that an earlier call made; the new ones are returned. */
export function syncRoutes(
  netlink: Netlink,
  mine: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
  log: Logger,
): Map<string, string> {
  const held = new Map(mine)
  for (const [destination, gateway] of mine) {
    if (wanted.has(destination)) continue
    try {
      netlink.deleteRoute({ destination, gateway })
    } catch (error) {
      if (!(error instanceof NetlinkError && error.errno === Errno.ESRCH)) throw error
    }
    held.delete(destination)
  }
  for (const [destination, gateway] of wanted) {
    if (held.get(destination) === gateway) continue
    try {
      netlink.addRoute({ destination, gateway, replace: true })
      held.set(destination, gateway)
    } catch (error) {
      // A node on another segment: its pods are reached by other means or not at all. The rest must work.
      log.warn('no route to the pods of a node', { destination, gateway, error })
    }
  }
  return held
}
