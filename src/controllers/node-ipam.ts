/** Gives each node its part of the cluster's pod addresses (pkg/controller/nodeipam/ipam, the range allocator). */
import { objectKey } from '../api/meta.ts'
import type { Node } from '../api/types/core-v1.ts'
import { referenceTo } from '../client/events.ts'
import { createCidrSet, overlaps } from './cidr-set.ts'
import type { Controller, ControllerDeps } from './controller.ts'

export function createNodeIpamController(deps: ControllerDeps): Controller {
  const { client, informers, options, log } = deps
  const name = 'node-ipam-controller'
  if (!options.allocateNodeCidrs || options.clusterCidrs.length === 0) return { name, wake: () => [], reconcile: async () => {} }
  const nodes = informers.of('nodes')
  const recorder = deps.recorder('cidrAllocator')
  const sets = options.clusterCidrs.map((cidr) => {
    const set = createCidrSet(cidr, cidr.includes(':') ? options.nodeCidrMaskSizeIpv6 : options.nodeCidrMaskSize)
    // No node may have addresses that services have.
    for (const service of options.serviceClusterIpRanges) if (overlaps(cidr, service)) set.occupy(service)
    return set
  })
  /** Which node has which parts, so that parts come back when it goes. */
  const held = new Map<string, readonly string[]>()
  /** Nodes that came when nothing was free: a part that comes back wakes them, where upstream tries each again and again. */
  const waiting = new Set<string>()

  const take = (node: Node) => {
    const cidrs = node.spec.podCIDRs ?? (node.spec.podCIDR ? [node.spec.podCIDR] : [])
    if (cidrs.length === 0) return
    held.set(node.metadata.name, cidrs)
    for (const [i, cidr] of cidrs.entries()) sets[i]?.occupy(cidr)
  }

  return {
    name,
    // One at a time: two nodes must not find the same part free.
    workers: 1,
    wake(queue) {
      nodes.addHandler({
        added(node) {
          take(node)
          if (!node.spec.podCIDR) queue.add(objectKey(node))
        },
        updated(node) {
          if (node.spec.podCIDR) {
            waiting.delete(node.metadata.name)
            if (!held.has(node.metadata.name)) take(node)
          } else if (!waiting.has(node.metadata.name)) queue.add(objectKey(node))
        },
        deleted(node) {
          const { name } = node.metadata
          waiting.delete(name)
          const given = held.get(name)
          if (!given) return
          held.delete(name)
          for (const [i, cidr] of given.entries()) sets[i]?.release(cidr)
          const [next] = waiting
          if (next === undefined) return
          waiting.delete(next)
          queue.add(next)
        },
      })
      return [nodes]
    },
    async reconcile(key) {
      const node = nodes.get(undefined, key)
      if (!node || node.spec.podCIDR) return
      let cidrs = held.get(key)
      if (!cidrs) {
        const found = sets.map((set) => set.allocate())
        if (found.some((cidr) => cidr === undefined)) {
          for (const [i, cidr] of found.entries()) if (cidr) sets[i]?.release(cidr)
          recorder.event(referenceTo('nodes', node), 'Normal', 'CIDRNotAvailable', `Node ${key} status is now: CIDRNotAvailable`)
          log.warn('CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range', { node: key })
          waiting.add(key)
          return
        }
        cidrs = found as string[]
        held.set(key, cidrs)
      }
      await client.patch('nodes', { name: key }, { metadata: { uid: node.metadata.uid }, spec: { podCIDR: cidrs[0], podCIDRs: cidrs } })
      log.debug('node got its addresses', { node: key, cidrs })
    },
  }
}
