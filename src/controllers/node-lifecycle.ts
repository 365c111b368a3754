/**
 * Watches over nodes (pkg/controller/nodelifecycle): a node whose lease and status stand still is marked unknown, its
 * conditions become taints, and NoExecute taints, which evict, are set at a rate for each zone that slows down or stops
 * when too many nodes are gone at once. Each node is looked at when its grace runs out, not by a periodic scan.
 */
import { isNotFound } from '../api/errors.ts'
import { formatTime } from '../api/meta.ts'
import type { Lease } from '../api/types/coordination-v1.ts'
import type { Node, NodeCondition, Pod, Taint } from '../api/types/core-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { indexByNode, isPodReady, nodeIndex } from './pods.ts'
import { taintKeys } from './taints.ts'

const leaseNamespace = 'kube-node-lease'
/** The conditions that a silent node is no longer believed. */
const watchedConditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const
type ZoneState = 'Normal' | 'FullDisruption' | 'PartialDisruption'
/** Nodes that do not count when a zone is judged. */
const excludeDisruptionLabel = 'node.kubernetes.io/exclude-disruption'
/** Labels that were called otherwise once; who selects by the old name finds new nodes, too. */
const formerLabels = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const

/** Zones are judged by all their nodes, so once for those that come or change together. */
const judgeAfterMs = 100

const conditionTaints: readonly [condition: string, status: string, key: string][] = [
  ['Ready', 'False', taintKeys.notReady],
  ['Ready', 'Unknown', taintKeys.unreachable],
  ['MemoryPressure', 'True', taintKeys.memoryPressure],
  ['DiskPressure', 'True', taintKeys.diskPressure],
  ['NetworkUnavailable', 'True', taintKeys.networkUnavailable],
  ['PIDPressure', 'True', taintKeys.pidPressure],
]
const managedNoSchedule: ReadonlySet<string> = new Set([...conditionTaints.map(([, , key]) => key), taintKeys.unschedulable])

export const nodeCondition = (node: Node, type: string): NodeCondition | undefined => node.status.conditions?.find((c) => c.type === type)
const readiness = (node: Node) => nodeCondition(node, 'Ready')?.status ?? 'Unknown'

function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {}
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  return region || zone ? `${region}:\0:${zone}` : ''
}

export function createNodeLifecycleController(deps: ControllerDeps): Controller {
  const { client, informers, clock, options, log } = deps
  const nodes = informers.of('nodes')
  const pods = indexByNode(informers.of('pods'))
  const leases = informers.of('leases.coordination.k8s.io', { namespace: leaseNamespace })
  const recorder = deps.recorder('node-controller')
  const evictions = deps.metrics.counter('node_collector_evictions_total', 'Nodes whose pods were evicted, by zone.', ['zone'])
  const sizes = deps.metrics.gauge('node_collector_zone_size', 'Nodes of a zone.', ['zone'])
  const health = deps.metrics.gauge('node_collector_zone_health', 'The share of a zone’s nodes that are ready, in percent.', ['zone'])
  const unhealthy = deps.metrics.gauge('node_collector_unhealthy_nodes_in_zone', 'Nodes of a zone that are not ready.', ['zone'])
  /** When a sign of life of each node was last seen, by this clock. */
  const seen = new Map<string, number>()
  const zones = new Map<string, { readonly state: ZoneState; readonly size: number }>()
  /** The version of each node that has the taints written last: an older one in the cache tells nothing of them. */
  const written = new Map<string, number>()
  /** When the next node of a zone may be evicted. */
  const nextEviction = new Map<string, number>()
  let stopped = false
  /** A node came, went or changed since the zones were judged. */
  let unjudged = false
  let queue: Queue

  const alive = (name: string) => seen.set(name, clock.now())
  function judgeSoon(): void {
    unjudged = true
    queue.addAfter(zoneKey, judgeAfterMs)
  }

  function wake(given: Queue) {
    queue = given
    nodes.addHandler({
      added(node) {
        if (!seen.has(node.metadata.name)) alive(node.metadata.name)
        recorder.event(
          { kind: 'Node', apiVersion: 'v1', name: node.metadata.name, uid: node.metadata.uid },
          'Normal',
          'RegisteredNode',
          `Node ${node.metadata.name} event: Registered Node ${node.metadata.name} in Controller`,
        )
        queue.add(node.metadata.name)
        judgeSoon()
      },
      updated(node, before) {
        if (node.status !== before.status && heartbeat(node) !== heartbeat(before)) alive(node.metadata.name)
        const matters =
          node.spec !== before.spec || node.metadata.labels !== before.metadata.labels || conditionText(node) !== conditionText(before)
        if (matters) queue.add(node.metadata.name)
        if (readiness(node) !== readiness(before) || zoneOf(node) !== zoneOf(before)) judgeSoon()
      },
      deleted(node) {
        seen.delete(node.metadata.name)
        written.delete(node.metadata.name)
        recorder.event(
          { kind: 'Node', apiVersion: 'v1', name: node.metadata.name, uid: node.metadata.uid },
          'Normal',
          'RemovingNode',
          `Node ${node.metadata.name} event: Removing Node ${node.metadata.name} from Controller`,
        )
        judgeSoon()
      },
    })
    const renewed = (lease: Lease) => {
      if (seen.has(lease.metadata.name)) alive(lease.metadata.name)
    }
    leases.addHandler({
      added: renewed,
      updated: (lease, before) => lease.spec.renewTime !== before.spec.renewTime && renewed(lease),
    })
    return [nodes, pods, leases]
  }

  async function reconcile(key: string): Promise<number | undefined> {
    if (key === zoneKey) return judgeZones()
    let node = nodes.get(undefined, key)
    if (!node || Number(node.metadata.resourceVersion) < (written.get(key) ?? 0)) return undefined // the change to come wakes it
    const neverPosted = nodeCondition(node, 'Ready') === undefined
    const grace = neverPosted ? options.nodeStartupGracePeriodMs : options.nodeMonitorGracePeriodMs
    const silentMs = clock.now() - (seen.get(key) ?? clock.now())
    if (silentMs >= grace && (readiness(node) !== 'Unknown' || neverPosted)) node = await markUnknown(node)
    node = await labelAsFormerly(node)
    node = await taintNoSchedule(node)
    const wait = await taintNoExecute(node)
    // A kubelet that says itself that its node is not ready says what is true of its pods, too.
    if (readiness(node) === 'Unknown') await markPodsNotReady(node)
    const silence = readiness(node) === 'Unknown' && !neverPosted ? undefined : Math.max(grace - silentMs, options.nodeMonitorPeriodMs)
    return silence === undefined ? wait : wait === undefined ? silence : Math.min(silence, wait)
  }

  async function labelAsFormerly(node: Node): Promise<Node> {
    const { name, uid, labels: have = {} } = node.metadata
    const labels: Record<string, string> = {}
    for (const [label, former] of formerLabels) {
      const value = have[label]
      if (value !== undefined && have[former] !== value) labels[former] = value
    }
    return Object.keys(labels).length === 0 ? node : client.patch('nodes', { name }, { metadata: { uid, labels } })
  }

  async function markUnknown(node: Node): Promise<Node> {
    const now = formatTime(clock.now())
    const before = node.status.conditions ?? []
    const conditions = [
      ...before.filter((c) => !watchedConditions.includes(c.type as 'Ready')),
      ...watchedConditions.map((type): NodeCondition => {
        const have = before.find((c) => c.type === type)
        if (!have)
          return {
            type,
            status: 'Unknown',
            reason: 'NodeStatusNeverUpdated',
            message: 'Kubelet never posted node status.',
            lastHeartbeatTime: node.metadata.creationTimestamp,
            lastTransitionTime: now,
          } as NodeCondition
        if (have.status === 'Unknown') return have
        return {
          ...have,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: now,
        }
      }),
    ]
    judgeSoon()
    log.warn('node has not been heard of', { node: node.metadata.name })
    const updated = await client.updateStatus('nodes', { ...node, status: { ...node.status, conditions } })
    if (readiness(node) === 'True')
      recorder.event(
        { kind: 'Node', apiVersion: 'v1', name: node.metadata.name, uid: node.metadata.uid },
        'Normal',
        'NodeNotReady',
        `Node ${node.metadata.name} status is now: NodeNotReady`,
      )
    return updated
  }

  // ---- taints

  async function taintNoSchedule(node: Node): Promise<Node> {
    const wanted = conditionTaints.filter(([type, status]) => nodeCondition(node, type)?.status === status).map(([, , key]) => key)
    if (node.spec.unschedulable) wanted.push(taintKeys.unschedulable)
    const taints = node.spec.taints ?? []
    const managed = taints.filter((t) => t.effect === 'NoSchedule' && managedNoSchedule.has(t.key))
    const same = managed.length === wanted.length && managed.every((t) => wanted.includes(t.key as (typeof wanted)[number]))
    if (same) return node
    const timeAdded = formatTime(clock.now())
    const next = [
      ...taints.filter((t) => !managed.includes(t) || wanted.includes(t.key as (typeof wanted)[number])),
      ...wanted.filter((key) => !managed.some((t) => t.key === key)).map((key): Taint => ({ key, effect: 'NoSchedule', timeAdded })),
    ]
    return writeTaints(node, next)
  }

  /** Sets or takes away the taints that evict; how long until this node's turn, when it has to wait. */
  async function taintNoExecute(node: Node): Promise<number | undefined> {
    const status = readiness(node)
    const wanted = status === 'True' || stopped ? undefined : status === 'False' ? taintKeys.notReady : taintKeys.unreachable
    const taints = node.spec.taints ?? []
    const evicting = taints.filter((t) => t.effect === 'NoExecute' && (t.key === taintKeys.notReady || t.key === taintKeys.unreachable))
    if (evicting.length === 1 && evicting[0]?.key === wanted) return undefined
    if (!wanted) {
      if (evicting.length > 0)
        await writeTaints(
          node,
          taints.filter((t) => !evicting.includes(t)),
        )
      return undefined
    }
    // A node that is tainted already only changes its key: nobody more is evicted.
    if (evicting.length === 0) {
      // Its own silence may be what turns its zone: that is known first.
      if (unjudged) return judgeAfterMs
      const zone = zoneOf(node)
      const perSecond = rateOf(zone)
      if (perSecond === 0) return undefined // judgeZones wakes it when that changes
      const now = clock.now()
      const at = nextEviction.get(zone) ?? 0
      if (at > now) return at - now
      nextEviction.set(zone, now + 1000 / perSecond)
    }
    const added: Taint = { key: wanted, effect: 'NoExecute', timeAdded: formatTime(clock.now()) }
    await writeTaints(node, [...taints.filter((t) => !evicting.includes(t)), added])
    if (evicting.length === 0) evictions.add([zoneOf(node)])
    return undefined
  }

  /** Holds to what was read of the taints alone: kubelets and other loops write to the rest of a young node all the time. */
  async function writeTaints(node: Node, taints: Taint[]): Promise<Node> {
    const { name, uid } = node.metadata
    const path = '/spec/taints'
    const patch = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path, value: node.spec.taints ?? null },
      taints.length > 0 ? { op: 'add', path, value: taints } : { op: 'remove', path },
    ]
    const tainted = await client.patch('nodes', { name }, patch, { type: 'json' })
    written.set(name, Number(tainted.metadata.resourceVersion))
    return tainted
  }

  // ---- zones

  /** Evictions a second in a zone, by its state (--node-eviction-rate and its kin). */
  function rateOf(zone: string): number {
    const { state, size = 0 } = zones.get(zone) ?? {}
    if (state !== 'PartialDisruption') return options.nodeEvictionRate
    return size > options.largeClusterSizeThreshold ? options.secondaryNodeEvictionRate : 0
  }

  function stateOf(ready: number, notReady: number): ZoneState {
    if (ready === 0 && notReady > 0) return 'FullDisruption'
    return notReady > 2 && notReady / (ready + notReady) >= options.unhealthyZoneThreshold ? 'PartialDisruption' : 'Normal'
  }

  async function judgeZones(): Promise<undefined> {
    unjudged = false
    const counts = new Map<string, { ready: number; notReady: number }>()
    for (const node of nodes.list()) {
      if (excludeDisruptionLabel in (node.metadata.labels ?? {})) continue
      const count = counts.get(zoneOf(node)) ?? { ready: 0, notReady: 0 }
      if (readiness(node) === 'True') count.ready++
      else count.notReady++
      counts.set(zoneOf(node), count)
    }
    for (const zone of zones.keys()) if (!counts.has(zone)) for (const gauge of [sizes, health, unhealthy]) gauge.remove([zone])
    const before = new Map(zones)
    zones.clear()
    for (const [zone, { ready, notReady }] of counts) {
      const size = ready + notReady
      sizes.set(size, [zone])
      health.set((100 * ready) / size, [zone])
      unhealthy.set(notReady, [zone])
      zones.set(zone, { state: stateOf(ready, notReady), size })
    }
    const changed = [...zones].some(([zone, { state }]) => before.get(zone)?.state !== state)
    // When no zone has a node left, the fault is more likely here: nobody is evicted.
    const all = zones.size > 0 && [...zones.values()].every(({ state }) => state === 'FullDisruption')
    if (all !== stopped) {
      stopped = all
      if (all) log.warn('no node is ready: evictions are stopped')
      // What was silent through no fault of its own gets its whole grace again.
      else for (const name of seen.keys()) alive(name)
    } else if (!changed) return
    for (const node of nodes.list()) if (readiness(node) !== 'True') queue.add(node.metadata.name)
  }

  // ---- pods

  async function markPodsNotReady(node: Node): Promise<void> {
    const ready = pods.byIndex(nodeIndex, node.metadata.name).filter(isPodReady)
    await Promise.all(ready.map((pod) => markNotReady(pod)))
  }
  async function markNotReady(pod: Pod): Promise<void> {
    const { namespace, name, uid, generation: observedGeneration } = pod.metadata
    const condition = { type: 'Ready', status: 'False', observedGeneration, lastTransitionTime: formatTime(clock.now()) }
    try {
      await client.patch('pods', { namespace, name }, { metadata: { uid }, status: { conditions: [condition] } }, { subresource: 'status' })
      recorder.event(referenceTo('pods', pod), 'Warning', 'NodeNotReady', 'Node is not ready')
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  return { name: 'node-lifecycle-controller', workers: 8, wake, reconcile }
}

/** No node is called so: a name has no slash. */
const zoneKey = 'zones/'

const heartbeat = (node: Node) => JSON.stringify(node.status.conditions?.map((c) => c.lastHeartbeatTime))
const conditionText = (node: Node) => JSON.stringify(node.status.conditions?.map((c) => [c.type, c.status]))
