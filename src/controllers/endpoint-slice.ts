/**
 * Writes the EndpointSlices of services with a selector (pkg/controller/endpointslice and staging/endpointslice): slices
 * of at most a hundred endpoints, one group for each set of ports and family, changed as little as possible.
 */
import { objectKey, splitKey } from '../api/meta.ts'
import type { Pod, Service } from '../api/types/core-v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../api/types/discovery-v1.ts'
import type { Draft } from '../client/client.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { ownerReference } from './ownership.ts'
import { indexByNode, isPodReady, nodeIndex } from './pods.ts'
import {
  createTriggerTimes,
  endpointHostname,
  familyOf,
  isHeadless,
  lastChangeTriggerTime,
  mayBeEndpoint,
  podAddresses,
  podsBehind,
  selects,
  targetPort,
  wakeServicesByPods,
} from './service-endpoints.ts'
import { createSliceTracker, removeSlice } from './slice-tracker.ts'
import { sharesOf, wantsHints, zoneFacts, zonesFor } from './topology-hints.ts'

const resource = 'endpointslices.discovery.k8s.io'
export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const headlessLabel = 'service.kubernetes.io/headless'
const zoneLabel = 'topology.kubernetes.io/zone'
const manager = 'endpointslice-controller.k8s.io'
const serviceIndex = 'service'

/** What one look at a service goes by. */
interface State {
  readonly service: Service
  /** The pods that its selector matches. */
  readonly behind: readonly Pod[]
  readonly existing: readonly EndpointSlice[]
  readonly triggered: string | undefined
  /** What could not be done yet. */
  readonly failures: string[]
}
interface SliceContent {
  readonly ports: EndpointPort[]
  readonly endpoints: Endpoint[]
}
/** What is to be written of the slices of one service and family. */
interface Plan {
  readonly create: SliceContent[]
  readonly update: EndpointSlice[]
  readonly remove: EndpointSlice[]
}

export function createEndpointSliceController({ client, informers, options, metrics, recorder: recorders }: ControllerDeps): Controller {
  const services = informers.of('services')
  const pods = indexByNode(informers.of('pods'))
  const nodes = informers.of('nodes')
  const slices = informers.of(resource)
  slices.addIndex(serviceIndex, (s) => {
    const name = s.metadata.labels?.[serviceNameLabel]
    return name && s.metadata.labels?.[managedByLabel] === manager ? [`${s.metadata.namespace}/${name}`] : []
  })
  const recorder = recorders('endpoint-slice-controller')
  const changes = metrics.counter('endpoint_slice_controller_changes', 'Slices that were written.', ['operation'])
  const syncs = metrics.counter('endpoint_slice_controller_syncs', 'Looks at services.', ['result'])
  const mine = () => slices.list().filter((s) => s.metadata.labels?.[managedByLabel] === manager)
  metrics.collect('endpoint_slice_controller_num_endpoint_slices', 'Slices that there are.', [], () => [[[], mine().length]])
  metrics.collect('endpoint_slice_controller_endpoints_desired', 'Endpoints in them.', [], () => [
    [[], mine().reduce((sum, { endpoints }) => sum + (endpoints?.length ?? 0), 0)],
  ])
  const tracker = createSliceTracker(slices)
  const triggerTimes = createTriggerTimes()
  /** Services and families whose endpoints have hints by zones' shares, so that the first time is told. */
  const hinted = new Set<string>()

  return {
    name: 'endpointslice-controller',
    workers: options.concurrent.serviceEndpoint,
    backoff: { baseMs: 1000, mostMs: 1_000_000 },
    wake(queue) {
      const wake = (service: Service) => queue.add(objectKey(service))
      services.addHandler({ added: wake, updated: wake, deleted: wake })
      wakeServicesByPods(services, pods, (key) => queue.addAfter(key, options.endpointSliceUpdatesBatchPeriodMs))
      const serviceOf = (slice: EndpointSlice) => {
        const name = slice.metadata.labels?.[serviceNameLabel]
        return name && slice.metadata.labels?.[managedByLabel] === manager ? `${slice.metadata.namespace}/${name}` : undefined
      }
      const arrived = (slice: EndpointSlice, gone: boolean) => {
        const key = serviceOf(slice)
        if (key && tracker.arrived(key, slice, gone)) queue.add(key)
      }
      slices.addHandler({
        added: (slice) => arrived(slice, false),
        updated: (slice) => arrived(slice, false),
        deleted: (slice) => arrived(slice, true),
      })
      // An endpoint carries its node's zone, and is left out while its node is unknown.
      const nodeChanged = (name: string) => {
        const keys = new Set<string>()
        for (const pod of pods.byIndex(nodeIndex, name))
          for (const service of services.list(pod.metadata.namespace))
            if (selects(service, pod.metadata.labels)) keys.add(objectKey(service))
        for (const key of keys) queue.add(key)
      }
      const sharesChanged = () => {
        for (const service of services.list()) if (wantsHints(service)) wake(service)
      }
      nodes.addHandler({
        added(node) {
          if (nodes.synced) nodeChanged(node.metadata.name)
          if (nodes.synced) sharesChanged()
        },
        updated(node, before) {
          if (node.metadata.labels?.[zoneLabel] !== before.metadata.labels?.[zoneLabel]) nodeChanged(node.metadata.name)
          if (zoneFacts(node) !== zoneFacts(before)) sharesChanged()
        },
        deleted: sharesChanged,
      })
      return [services, pods, nodes, slices]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const service = services.get(namespace, name)
      if (!service) triggerTimes.forget(key)
      // Slices of a service that is gone go with it; those without a selector are somebody else's.
      if (!service || service.metadata.deletionTimestamp || service.spec.type === 'ExternalName' || !service.spec.selector) return
      if (tracker.isBehind(key)) {
        syncs.add(['stale'])
        return
      }
      const existing = slices.byIndex(serviceIndex, key)
      const failures: string[] = []
      const behind = podsBehind(service, pods)
      const state = { service, behind, existing, triggered: triggerTimes.of(service, behind), failures }
      try {
        await Promise.all(families(service).map((family) => reconcileFamily(state, family)))
        const stale = existing.filter((s) => !families(service).includes(s.addressType as 'IPv4'))
        await Promise.all(stale.map(remove))
      } catch (error) {
        syncs.add(['error'])
        recorder.event(
          referenceTo('services', service),
          'Warning',
          'FailedToUpdateEndpointSlices',
          `Error updating Endpoint Slices for Service ${key}: ${(error as Error).message}`,
        )
        throw error
      }
      syncs.add([failures.length > 0 ? 'error' : 'success'])
      if (failures.length > 0) throw new Error(failures[0])
    },
  }

  async function reconcileFamily({ service, behind, triggered, failures, ...all }: State, family: 'IPv4' | 'IPv6'): Promise<void> {
    const existing = all.existing.filter((s) => s.addressType === family)
    const wanted = new Map<string, { ports: EndpointPort[]; endpoints: Map<string, Endpoint> }>()
    for (const pod of behind) {
      if (!mayBeEndpoint(pod, true)) continue
      const addresses = podAddresses(pod).filter((ip) => familyOf(ip) === family)
      if (addresses.length === 0) continue
      const node = pod.spec.nodeName ? nodes.get(undefined, pod.spec.nodeName) : undefined
      if (!node && pod.spec.nodeName && !service.spec.publishNotReadyAddresses) {
        failures.push(`skipping Pod "${pod.metadata.name}" for Service "${objectKey(service)}": Node "${pod.spec.nodeName}" Not Found`)
        continue
      }
      const ports = portsOf(service, pod)
      const id = JSON.stringify(ports)
      let group = wanted.get(id)
      if (!group) {
        group = { ports, endpoints: new Map() }
        wanted.set(id, group)
      }
      group.endpoints.set(pod.metadata.uid, endpointOf(service, pod, addresses, node?.metadata.labels?.[zoneLabel]))
    }
    giveHints(service, family, [...wanted.values()])
    // A service with no endpoints has one empty slice, so that it is seen to have none.
    if (wanted.size === 0) wanted.set('', { ports: [], endpoints: new Map() })
    const labels = labelsOf(service)
    const used = new Set<EndpointSlice>()
    const plan: Plan = { create: [], update: [], remove: [] }
    for (const { ports, endpoints } of wanted.values()) {
      const mine = existing.filter((s) => semanticEqual(s.ports, ports) && !used.has(s))
      for (const slice of mine) used.add(slice)
      fill(plan, labels, ports, endpoints, mine)
    }
    plan.remove.push(...existing.filter((s) => !used.has(s)))
    // A slice that is no longer needed, such as the empty one of a service without endpoints, is turned into one that is.
    const turned = plan.remove.splice(0, plan.create.length)
    for (const slice of turned) {
      const content = plan.create.shift() as SliceContent
      plan.update.push({ ...slice, metadata: { ...slice.metadata, labels }, ...content })
    }
    await Promise.all([
      ...plan.create.map((content) => create(service, family, { labels, annotations: annotated({}, triggered) }, content)),
      ...plan.update.map(({ metadata, ...slice }) =>
        update(objectKey(service), { ...slice, metadata: { ...metadata, annotations: annotated(metadata.annotations, triggered) } }),
      ),
      ...plan.remove.map(remove),
    ])
  }

  /** Where the service asks for it, hints by the zones' shares stand in for those of its traffic distribution. */
  function giveHints(service: Service, family: 'IPv4' | 'IPv6', groups: readonly { endpoints: Map<string, Endpoint> }[]): void {
    const id = `${family}/${objectKey(service)}`
    const tell = (type: 'Normal' | 'Warning', reason: string, message: string) =>
      recorder.event(referenceTo('services', service), type, reason, `${message}, addressType: ${family}`)
    if (!wantsHints(service)) {
      if (hinted.delete(id)) tell('Warning', 'TopologyAwareHintsDisabled', 'Topology Aware Hints has been disabled')
      return
    }
    const all = groups.flatMap(({ endpoints }) => [...endpoints.values()])
    const shares = sharesOf(nodes.list())
    const zones = typeof shares === 'string' ? shares : zonesFor(all, shares)
    for (const { endpoints } of groups)
      for (const [uid, endpoint] of endpoints) {
        const { hints: _, ...plain } = endpoint
        const zone = typeof zones === 'string' ? undefined : zones.get(endpoint)
        endpoints.set(uid, zone === undefined ? plain : { ...plain, hints: { forZones: [{ name: zone }] } })
      }
    if (typeof zones === 'string') {
      hinted.delete(id)
      tell('Warning', 'TopologyAwareHintsDisabled', zones)
    } else if (!hinted.has(id)) {
      hinted.add(id)
      tell('Normal', 'TopologyAwareHintsEnabled', 'Topology Aware Hints has been enabled')
    }
  }

  /** Spreads endpoints over the slices that are there: what stays stays where it is, what is new fills up, the rest goes into new slices. */
  function fill(
    plan: Plan,
    labels: Record<string, string>,
    ports: EndpointPort[],
    endpoints: ReadonlyMap<string, Endpoint>,
    mine: readonly EndpointSlice[],
  ): void {
    const most = options.maxEndpointsPerSlice
    const left = new Map(endpoints)
    const plans = mine.map((slice) => {
      let changed = false
      const kept: Endpoint[] = []
      for (const endpoint of slice.endpoints ?? []) {
        const uid = endpoint.targetRef?.uid ?? ''
        const now = left.get(uid)
        left.delete(uid)
        if (now) kept.push(now)
        changed ||= !now || !semanticEqual(now, endpoint)
      }
      return { slice, kept, changed }
    })
    // Slices that change anyway are filled first, then those with room.
    for (const plan of [...plans].sort((a, b) => Number(b.changed) - Number(a.changed) || b.kept.length - a.kept.length))
      for (const [uid, endpoint] of left) {
        if (plan.kept.length >= most) break
        plan.kept.push(endpoint)
        plan.changed = true
        left.delete(uid)
      }
    let remaining = plans.length
    for (const { slice, kept, changed } of plans) {
      const emptied = kept.length === 0 && (remaining > 1 || left.size > 0)
      if (emptied) {
        remaining--
        plan.remove.push(slice)
      } else if (changed || !semanticEqual(slice.metadata.labels, labels))
        plan.update.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints: kept, ports })
    }
    const rest = [...left.values()]
    if (rest.length === 0 && plans.length === 0) plan.create.push({ ports, endpoints: [] })
    for (let at = 0; at < rest.length; at += most) plan.create.push({ ports, endpoints: rest.slice(at, at + most) })
  }

  async function create(
    service: Service,
    addressType: 'IPv4' | 'IPv6',
    metadata: Draft<EndpointSlice['metadata']>,
    content: SliceContent,
  ): Promise<void> {
    const { name, namespace } = service.metadata
    const draft: Draft<EndpointSlice> = {
      metadata: { ...metadata, generateName: `${name}-`, namespace, ownerReferences: [ownerReference('services', service)] },
      addressType,
      ...content,
    }
    const made = await client.create(resource, draft)
    changes.add(['create'])
    tracker.wrote(objectKey(service), made)
  }
  async function update(service: string, slice: EndpointSlice): Promise<void> {
    tracker.wrote(service, await client.update(resource, slice))
    changes.add(['update'])
  }
  async function remove(slice: EndpointSlice): Promise<void> {
    const key = `${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel]}`
    if (await removeSlice(client, tracker, key, slice)) changes.add(['delete'])
  }
}

/** Annotations with the time of what is written, or without one where nothing tells it. */
function annotated(have: Readonly<Record<string, string>> | undefined, triggered: string | undefined): Record<string, string> {
  const { [lastChangeTriggerTime]: _, ...annotations } = have ?? {}
  return { ...annotations, ...(triggered ? { [lastChangeTriggerTime]: triggered } : {}) }
}

function families(service: Service): ('IPv4' | 'IPv6')[] {
  const given = (service.spec.ipFamilies ?? []).filter((f) => f !== '')
  if (given.length > 0) return given as ('IPv4' | 'IPv6')[]
  const ip = service.spec.clusterIP
  return [ip && ip !== 'None' ? familyOf(ip) : 'IPv4']
}

function labelsOf(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {}
  return {
    ...labels,
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: manager,
    ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
  }
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((p) => {
    const port = targetPort(pod, p)
    if (port === undefined) return []
    return [
      { name: p.name ?? '', port, protocol: p.protocol ?? 'TCP', ...(p.appProtocol ? { appProtocol: p.appProtocol } : {}) } as EndpointPort,
    ]
  })
}

function endpointOf(service: Service, pod: Pod, addresses: string[], zone: string | undefined): Endpoint {
  const serving = isPodReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const hostname = endpointHostname(pod, service)
  const { namespace, name, uid } = pod.metadata
  const { nodeName } = pod.spec
  const near = service.spec.trafficDistribution
  const hints = {
    ...(zone && (near === 'PreferClose' || near === 'PreferSameZone' || near === 'PreferSameNode') ? { forZones: [{ name: zone }] } : {}),
    ...(nodeName && near === 'PreferSameNode' ? { forNodes: [{ name: nodeName }] } : {}),
  }
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(ready && Object.keys(hints).length > 0 ? { hints } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  }
}
