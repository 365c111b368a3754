/** Two pods on a node cannot have the same host port. */

import type { Plugin, Rejection } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { createPodInfo, type HostPort } from '../pod-info.ts'

const rejection: Rejection = {
  plugin: 'NodePorts',
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  unresolvable: false,
}

export const nodePorts: Plugin = {
  name: 'NodePorts',
  preFilter({ hostPorts }) {
    if (hostPorts.length === 0) return undefined
    return { filter: (node) => (hostPorts.some((port) => taken(node, port)) ? rejection : undefined) }
  },
  wakes: ({ hostPorts }, event) =>
    event.kind === 'node-added' ||
    (event.kind === 'pod-deleted' &&
      createPodInfo(event.pod).hostPorts.some((freed) => hostPorts.some((p) => p.port === freed.port && p.protocol === freed.protocol))),
}

/** 0.0.0.0 stands for every address. */
function taken(node: NodeInfo, { protocol, ip, port }: HostPort): boolean {
  if (node.usedPorts.size === 0) return false
  if (node.usedPorts.has(`${protocol}/${ip}:${port}`) || node.usedPorts.has(`${protocol}/0.0.0.0:${port}`)) return true
  if (ip !== '0.0.0.0') return false
  for (const used of node.usedPorts.keys()) if (used.startsWith(`${protocol}/`) && used.endsWith(`:${port}`)) return true
  return false
}
