/**
 * Hints by the zones' share of CPU, for services that ask for them by annotation (k8s.io/endpointslice/topologycache): each
 * zone is meant to serve its own callers, from its own endpoints as far as they go and from those of zones that have more.
 * Where that would overload an endpoint, or too little is known, there are no hints, and an event says why.
 */
import { quantityMilliValue } from '../api/quantity.ts'
import type { Node, Service } from '../api/types/core-v1.ts'
import type { Endpoint } from '../api/types/discovery-v1.ts'
import { nodeCondition } from './node-lifecycle.ts'

const zoneLabel = 'topology.kubernetes.io/zone'
const excluded = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']
/** An endpoint may get so much more than its even share. */
const overload = 0.2

/** The deprecated name goes first, as upstream reads it. */
export function wantsHints({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode']
  return mode === 'Auto' || mode === 'auto'
}

/** What of a node counts here; another text, and hints are to be looked at again. */
export function zoneFacts(node: Node): string {
  const { labels = {} } = node.metadata
  const ready = nodeCondition(node, 'Ready')?.status === 'True'
  return JSON.stringify([labels[zoneLabel], excluded.some((l) => l in labels), ready, ready && node.status.allocatable?.cpu])
}

/** Each zone's share of the CPU of nodes that are ready; a text where too little is known of them. */
export function sharesOf(nodes: readonly Node[]): ReadonlyMap<string, number> | string {
  const cpus = new Map<string, number>()
  for (const node of nodes) {
    const { labels = {} } = node.metadata
    if (excluded.some((label) => label in labels) || nodeCondition(node, 'Ready')?.status !== 'True') continue
    const [zone, cpu] = [labels[zoneLabel], quantityMilliValue(node.status.allocatable?.cpu ?? '0')]
    if (!zone || cpu === 0) return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu)
  }
  if (cpus.size < 2) return 'Nodes only ready in one zone'
  const all = [...cpus.values()].reduce((sum, cpu) => sum + cpu, 0)
  return new Map([...cpus].map(([zone, cpu]) => [zone, cpu / all]))
}

/** Which zone each ready endpoint is for; a text where hints would do harm. */
export function zonesFor(endpoints: readonly Endpoint[], shares: ReadonlyMap<string, number>): ReadonlyMap<Endpoint, string> | string {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false)
  const counts = `(${ready.length} endpoints, ${shares.size} zones)`
  if (shares.size > ready.length) return `Insufficient number of endpoints ${counts}`
  const least = [...shares.values()].reduce((sum, share) => sum + Math.ceil((share * ready.length) / (1 + overload)), 0)
  if (least > ready.length)
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`
  if (ready.some(({ zone }) => !zone)) return 'One or more endpoints do not have a zone specified'

  const zones = new Map(ready.map((endpoint) => [endpoint, endpoint.zone as string]))
  /** How many endpoints each zone has over its share; below zero, how many it lacks. */
  const over = new Map([...shares].map(([zone, share]) => [zone, -share * ready.length]))
  for (const zone of zones.values()) if (shares.has(zone)) over.set(zone, (over.get(zone) as number) + 1)
  for (;;) {
    const byExcess = [...over].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    const [richest, most] = byExcess[0] as [string, number]
    const [poorest, least] = byExcess.at(-1) as [string, number]
    // An endpoint of a zone that has no node ready serves another zone in any case.
    const stranded = ready.find((endpoint) => !shares.has(zones.get(endpoint) as string))
    if (!stranded && most - least <= 1) return zones // another move would make the balance worse
    const moved = stranded ?? (ready.find((endpoint) => zones.get(endpoint) === richest) as Endpoint)
    zones.set(moved, poorest)
    if (!stranded) over.set(richest, most - 1)
    over.set(poorest, least + 1)
  }
}
