/**
 * Resource claims (resource.k8s.io, pkg/scheduler/framework/plugins/dynamicresources): a pod is placed where its claims
 * are, or where devices for them can be allocated; the allocation and the reservation are written before it is bound.
 */
import { isConflict, isNotFound, newNotFound } from '../../api/errors.ts'
import { controllerOf, formatTime } from '../../api/meta.ts'
import type { Pod } from '../../api/types/core-v1.ts'
import type { AllocationResult, DeviceRequestAllocationResult, ResourceClaim } from '../../api/types/resource-v1.ts'
import { referenceTo } from '../../client/events.ts'
import { parseDuration } from '../../flags/flags.ts'
import { type Cycle, type Plugin, type PluginDeps, type Rejection, scaleToBest, scoreEach } from '../framework.ts'
import { allocate, deviceId, requestsOf, SelectionError, selects } from './device-allocation.ts'
import { type DevicesInUse, devicesInUse } from './device-capacity.ts'
import { type DeviceClassOf, draftOf, extendedResourceClaimAnnotation, requestsFor } from './extended-resources.ts'
import { until } from './until.ts'

const name = 'DynamicResources'
const resource = 'resourceclaims.resource.k8s.io'
const finalizer = 'resource.kubernetes.io/delete-protection'
const mostReservations = 256

const because = (reason: string): Rejection => ({ plugin: name, reasons: [reason], unresolvable: true })
const cannotAllocate = because('cannot allocate all claims')
const notOnNode = because('resourceclaim not available on the node')

interface State {
  readonly claims: readonly ResourceClaim[]
  /** Of `claims`, those that the chosen node gives devices to. */
  readonly open: readonly ResourceClaim[]
  readonly perNode: Map<string, NodeAllocation>
  /** Allocated claims that some node turned out to be out of reach of. */
  readonly elsewhere: Set<ResourceClaim>
  /** The claim that the server has for the pod's extended resources. */
  extended: ResourceClaim | undefined
}
/** What a node can give; the claim for extended resources is the last of those that it gives devices to. */
interface NodeAllocation {
  readonly open: readonly ResourceClaim[]
  readonly results: readonly AllocationResult[]
  readonly extended: { readonly claim: ResourceClaim; readonly mappings: ReturnType<typeof requestsFor>['mappings'] } | undefined
}

export interface DynamicResourcesArgs {
  /** How long devices may take until their binding conditions hold. */
  readonly bindingTimeout?: string
  /** How long devices may be looked for on one node; 0 for as long as it takes. */
  readonly filterTimeout?: string
}
const defaultBindingTimeoutMs = 600_000
const defaultFilterTimeoutMs = 10_000

export function createDynamicResources(
  { client, informers, clock, recorder, log }: Pick<PluginDeps, 'client' | 'informers' | 'clock' | 'recorder' | 'log'>,
  deviceClassOf: DeviceClassOf,
  { bindingTimeout = '', filterTimeout = '' }: DynamicResourcesArgs = {},
): Plugin {
  const bindingTimeoutMs = parseDuration(bindingTimeout) ?? defaultBindingTimeoutMs
  const filterTimeoutMs = (parseDuration(filterTimeout) ?? defaultFilterTimeoutMs) || Number.POSITIVE_INFINITY
  const pods = informers.of('pods')
  const claims = informers.of(resource)
  const slices = informers.of('resourceslices.resource.k8s.io')
  const classes = informers.of('deviceclasses.resource.k8s.io')
  /** Allocations that are decided and not yet seen in the cache, by the claim's uid. */
  const pending = new Map<string, AllocationResult>()
  claims.addHandler({
    updated: ({ metadata, status }) => status?.allocation && pending.delete(metadata.uid),
    deleted: ({ metadata }) => pending.delete(metadata.uid),
  })

  /** The claims of a pod, or why they are not there yet. */
  function claimsOf(pod: Pod): readonly ResourceClaim[] | string {
    const found: ResourceClaim[] = []
    const { namespace } = pod.metadata
    for (const reference of pod.spec.resourceClaims ?? []) {
      let claimName = reference.resourceClaimName
      if (!claimName) {
        const status = pod.status?.resourceClaimStatuses?.find((s) => s.name === reference.name)
        if (!status) return `pod "${namespace}/${pod.metadata.name}": ResourceClaim not created yet`
        if (!status.resourceClaimName) continue // none is needed
        claimName = status.resourceClaimName
      }
      const claim = claims.get(namespace, claimName)
      if (!claim) return `could not find resourceclaim "${namespace}/${claimName}"`
      if (claim.metadata.deletionTimestamp) return `resourceclaim "${claimName}" is being deleted`
      if (!reference.resourceClaimName && controllerOf(claim)?.uid !== pod.metadata.uid)
        return `ResourceClaim ${namespace}/${claimName} was not created for Pod ${namespace}/${pod.metadata.name} (Pod is not owner)`
      found.push(claim)
    }
    return found
  }

  const takenDevices = (): DevicesInUse =>
    devicesInUse([...claims.list().flatMap(({ status }) => status?.allocation ?? []), ...pending.values()], deviceId)

  /** Why a claim can be allocated nowhere. */
  function refusal(claim: ResourceClaim): string | undefined {
    if (pending.has(claim.metadata.uid))
      return `resource claim ${claim.metadata.namespace}/${claim.metadata.name} is in the process of being allocated`
    for (const request of requestsOf(claim).flat()) {
      if (!classes.get(undefined, request.deviceClassName))
        return `request ${request.name}: device class ${request.deviceClassName} does not exist`
    }
    return undefined
  }

  const stateOf = (cycle: Cycle) => cycle.data.get(name) as State | undefined

  return {
    name,
    preEnqueue(pod) {
      if (!pod.spec.resourceClaims?.length) return undefined
      const found = claimsOf(pod)
      return typeof found === 'string' ? found : undefined
    },
    preFilter({ pod, requests: { scalar } }, cycle) {
      const byDevices = Object.keys(scalar).filter((resource) => scalar[resource] && deviceClassOf(resource))
      if (!pod.spec.resourceClaims?.length && byDevices.length === 0) return undefined
      const found = claimsOf(pod)
      if (typeof found === 'string') return { reject: because(found) }
      if (found.length === 0 && byDevices.length === 0) return undefined
      const open = found.filter((claim) => !claim.status?.allocation)
      for (const claim of found) {
        const reservedFor = claim.status?.reservedFor ?? []
        if (claim.status?.allocation && reservedFor.length >= mostReservations && !isReservedFor(claim, pod))
          return { reject: because('resourceclaim in use') }
        const why = claim.status?.allocation ? undefined : refusal(claim)
        if (why) return { reject: because(why) }
      }
      const extended = byDevices.length ? claims.list(pod.metadata.namespace).find((claim) => isExtendedClaimOf(claim, pod)) : undefined
      const state: State = { claims: found, open, perNode: new Map(), elsewhere: new Set(), extended }
      cycle.data.set(name, state)
      const isOpen = open.length > 0 || byDevices.length > 0
      const taken = isOpen ? takenDevices() : devicesInUse([], deviceId)
      const known = isOpen ? slices.list() : []
      return {
        filter({ node, allocatable }) {
          // It is from a try that failed, and nobody knows whether its devices would still do.
          if (extended) return because('cannot schedule extended resource claim')
          const { requests, mappings } = requestsFor(
            pod,
            byDevices.filter((resource) => !allocatable.scalar[resource]),
            deviceClassOf,
          )
          const draft = requests.length ? { claim: draftOf(pod, requests), mappings } : undefined
          const wanted = draft ? [...open, draft.claim] : open
          const away = found.filter((c) => {
            const selector = c.status?.allocation?.nodeSelector
            return selector !== undefined && !selects(selector, node)
          })
          for (const claim of away) state.elsewhere.add(claim)
          if (wanted.length) {
            try {
              const until = performance.now() + filterTimeoutMs
              const isLate = () => performance.now() > until
              const results = allocate(node, wanted, known, taken, (n) => classes.get(undefined, n), isLate)
              if (!results) return cannotAllocate
              state.perNode.set(node.metadata.name, { open: wanted, results, extended: draft })
            } catch (error) {
              // Upstream ends the pod's cycle here and tries again after a while; this node is out until a class or slice changes.
              if (error instanceof SelectionError) return because(error.message)
              throw error
            }
          }
          return away.length ? notOnNode : undefined
        },
      }
    },
    /** The earlier an alternative stands in its request, the better is the node that has it (DRAPrioritizedList). */
    preScore(_, cycle, candidates) {
      const state = stateOf(cycle)
      if (!state?.open.some(({ spec }) => spec.devices.requests?.some((r) => r.firstAvailable))) return undefined
      return {
        score: scoreEach(candidates, ({ name: node }) => {
          const results = state.perNode.get(node)?.results ?? []
          return state.open.reduce((sum, claim, i) => sum + preferenceOf(claim, results[i]), 0)
        }),
        normalizeScore: (scores) => scaleToBest(scores, false),
      }
    },
    /** An allocated claim that nobody uses and that is in the way is given up, so that the next try can place it anew. */
    async postFilter({ pod }, cycle, { diagnosis: { whole } }) {
      // Upstream's words where it does not know the pod yet, because a plugin before it had turned it down: real clusters say so.
      if (whole && whole.plugin !== name) throw new Error('not found')
      const state = stateOf(cycle)
      if (!state) return { message: 'no new claims to deallocate' }
      for (const claim of state.elsewhere) {
        if (claim.status?.reservedFor?.length && !heldAloneBy(claim, pod)) continue
        await giveUp(claim)
        return { message: 'deallocation of ResourceClaim completed' }
      }
      if (state.extended) {
        await remove(state.extended)
        return { message: 'deletion of ResourceClaim completed' }
      }
      return { message: 'still not schedulable' }
    },
    reserve(_, node, cycle) {
      const given = stateOf(cycle)?.perNode.get(node.name)
      given?.open.forEach((claim, i) => {
        pending.set(claim.metadata.uid, given.results[i] as AllocationResult)
      })
      return undefined
    },
    unreserve({ pod }, node, cycle) {
      const state = stateOf(cycle)
      for (const claim of state?.perNode.get(node.name)?.open ?? []) pending.delete(claim.metadata.uid)
      if (state?.extended) {
        const { extended } = state
        pending.delete(extended.metadata.uid)
        void remove(extended).catch((error) => log.error('cannot delete a claim', { claim: extended.metadata.name, error }))
      }
      for (const { metadata } of state?.claims ?? []) {
        const claim = claims.get(metadata.namespace, metadata.name)
        if (claim?.status?.allocation && isReservedFor(claim, pod)) void release(claim, pod)
      }
    },
    preBindPreFlight: (_, node, cycle) =>
      Boolean(stateOf(cycle)?.claims.length) || stateOf(cycle)?.perNode.get(node.name)?.extended !== undefined,
    async preBind({ pod }, node, cycle) {
      const state = stateOf(cycle)
      const mine = [...(state?.claims ?? [])]
      const extended = state?.perNode.get(node.name)?.extended
      if (state && extended) mine.push(await createExtended(state, extended.claim))
      const awaited = mine.filter(({ metadata, status }) => hasConditions(pending.get(metadata.uid) ?? status?.allocation))
      for (const claim of mine) await reserveFor(pod, claim, pending.get(claim.metadata.uid))
      if (extended) {
        const extendedResourceClaimStatus = { requestMappings: extended.mappings, resourceClaimName: state?.extended?.metadata.name }
        const { namespace, name: podName } = pod.metadata
        await client.patch('pods', { namespace, name: podName }, { status: { extendedResourceClaimStatus } }, { subresource: 'status' })
      }
      if (awaited.length === 0) return
      const told = `waiting for binding conditions for device on node ${node.name}`
      recorder.event(referenceTo('pods', pod), 'Normal', 'BindingConditionsPending', told)
      await devicesReady(pod, awaited)
    },
    wakes({ pod }, event) {
      if (event.kind === 'node-added') return true
      if (event.kind !== 'other') return event.kind === 'node-updated' && event.changed.has('labels')
      if (event.resource === 'resourceslices.resource.k8s.io' || event.resource === 'deviceclasses.resource.k8s.io') return true
      if (event.resource !== resource) return false
      const claim = event.object as ResourceClaim
      const before = event.before as ResourceClaim | undefined
      const released = before?.status?.allocation !== undefined && (event.deleted === true || !claim.status?.allocation)
      const { namespace, name: podName } = pod.metadata
      const own =
        claim.metadata.namespace === namespace &&
        (controllerOf(claim)?.name === podName || pod.spec.resourceClaims?.some((c) => c.resourceClaimName === claim.metadata.name))
      return released || own === true
    },
  }

  /**
   * Waits until every device is as its binding conditions say (KEP-5007). Where one fails, or they take too long, the
   * claims are given up, so that the next try finds other devices.
   */
  async function devicesReady(pod: Pod, awaited: readonly ResourceClaim[]): Promise<void> {
    const { namespace, name: podName, uid } = pod.metadata
    const since = Math.min(...awaited.map(({ status }) => Date.parse(status?.allocation?.allocationTimestamp ?? '') || clock.now()))
    const current = ({ metadata }: ResourceClaim) => claims.get(metadata.namespace, metadata.name)
    const look = () => {
      if (pods.get(namespace, podName)?.metadata.uid !== uid) throw newNotFound({ group: '', resource: 'pods' }, podName)
      // What was just written may not have come back yet.
      return awaited.map(current).every((claim) => claim?.status?.allocation !== undefined && isReady(claim))
    }
    try {
      const timeoutMs = since + bindingTimeoutMs - clock.now()
      await until([claims, pods], look, { clock, timeoutMs, late: 'device binding timeout' })
    } catch (error) {
      for (const claim of awaited.map(current)) if (claim?.status?.allocation && heldAloneBy(claim, pod)) await giveUp(claim)
      throw error
    }
  }

  /** The pod does not come to where the claim is: others may have its place among those who use it. */
  async function release(claim: ResourceClaim, pod: Pod): Promise<void> {
    const reservedFor = claim.status?.reservedFor?.filter(({ uid }) => uid !== pod.metadata.uid)
    try {
      await client.updateStatus(resource, { ...claim, status: { ...claim.status, reservedFor } })
    } catch (error) {
      // Who has written it meanwhile knows better; the pod keeps its place there until it is tried again.
      const { namespace, name: claimName } = claim.metadata
      if (!isNotFound(error) && !isConflict(error)) log.error('cannot release a claim', { claim: `${namespace}/${claimName}`, error })
    }
  }

  /** The server's own claim for extended resources, with the devices that were held for it. */
  async function createExtended(state: State, { metadata: { uid: draftUid, ...metadata }, spec }: ResourceClaim): Promise<ResourceClaim> {
    const created = await client.create(resource, { metadata, spec } as ResourceClaim)
    state.extended = created
    pending.set(created.metadata.uid, pending.get(draftUid) as AllocationResult)
    pending.delete(draftUid)
    return created
  }

  /** Deletes a claim, whose devices nobody uses yet. */
  async function remove(known: ResourceClaim): Promise<void> {
    const at = { namespace: known.metadata.namespace, name: known.metadata.name }
    try {
      const claim = await client.get(resource, at)
      const finalizers = claim.metadata.finalizers?.filter((f) => f !== finalizer)
      await client.update(resource, { ...claim, metadata: { ...claim.metadata, finalizers } })
      await client.delete(resource, at)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  async function giveUp(claim: ResourceClaim): Promise<void> {
    const { allocation: _, reservedFor: __, devices: ___, ...status } = claim.status ?? {}
    await client.updateStatus(resource, { ...claim, status })
  }

  /** Adds the finalizer, then allocation and reservation in one write; another pod that reserves at the same time is no reason to fail. */
  async function reserveFor(pod: Pod, known: ResourceClaim, allocation: AllocationResult | undefined): Promise<void> {
    const consumer = { resource: 'pods', name: pod.metadata.name, uid: pod.metadata.uid }
    const { namespace, name: claimName } = known.metadata
    for (let attempt = 0, claim = known; ; attempt++)
      try {
        if (claim.metadata.deletionTimestamp) throw new Error(`claim ${namespace}/${claimName} got deleted in the meantime`)
        if (allocation && claim.status?.allocation && !isReservedFor(claim, pod))
          throw new Error(`claim ${namespace}/${claimName} got allocated elsewhere in the meantime`)
        if (!allocation && !claim.status?.allocation) throw new Error(`claim ${namespace}/${claimName} got deallocated in the meantime`)
        if (isReservedFor(claim, pod)) return
        const { finalizers = [] } = claim.metadata
        if (allocation && !finalizers.includes(finalizer))
          claim = await client.update(resource, { ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, finalizer] } })
        const reservedFor = [...(claim.status?.reservedFor ?? []), consumer]
        const allocated = allocation && { allocation: { ...allocation, allocationTimestamp: formatTime(clock.now()) } }
        await client.updateStatus(resource, { ...claim, status: { ...claim.status, ...allocated, reservedFor } })
        return
      } catch (error) {
        if (!isConflict(error) || attempt >= 4) throw error
        claim = await client.get(resource, { namespace, name: claimName })
      }
  }
}

const isExtendedClaimOf = (claim: ResourceClaim, { metadata }: Pod): boolean =>
  claim.metadata.annotations?.[extendedResourceClaimAnnotation] === 'true' && controllerOf(claim)?.uid === metadata.uid

const isReservedFor = (claim: ResourceClaim, pod: Pod): boolean =>
  claim.status?.reservedFor?.some((r) => r.uid === pod.metadata.uid) === true

const heldAloneBy = (claim: ResourceClaim, pod: Pod): boolean => claim.status?.reservedFor?.length === 1 && isReservedFor(claim, pod)

const hasConditions = (allocation: AllocationResult | undefined): boolean =>
  allocation?.devices.results?.some(({ bindingConditions }) => bindingConditions?.length) === true

/** Whether all that is waited for holds of a claim's devices; throws where one says that it never will. */
function isReady({ metadata, status }: ResourceClaim): boolean {
  const results = status?.allocation?.devices.results ?? []
  return results.every((result: DeviceRequestAllocationResult) => {
    if (!result.bindingConditions?.length) return true
    const { driver, pool, device, shareID } = result
    const told = status?.devices?.find((d) => d.driver === driver && d.pool === pool && d.device === device && d.shareID === shareID)
    const holds = (type: string) => told?.conditions?.some((c) => c.type === type && c.status === 'True') === true
    const failure = result.bindingFailureConditions?.find(holds)
    if (failure)
      throw new Error(`claim ${metadata.namespace}/${metadata.name}: device ${deviceId(driver, pool, device)} failed to bind: ${failure}`)
    return result.bindingConditions.every(holds)
  })
}

/** FirstAvailableDeviceRequestMaxSize: the first of a request's alternatives counts as much, each further one less. */
const mostAlternatives = 8

function preferenceOf({ spec }: ResourceClaim, allocation: AllocationResult | undefined): number {
  const answered = new Set(allocation?.devices.results?.map(({ request }) => request))
  return (spec.devices.requests ?? []).reduce((sum, { name: request, firstAvailable = [] }) => {
    const chosen = firstAvailable.findIndex((alternative) => answered.has(`${request}/${alternative.name}`))
    return chosen < 0 ? sum : sum + mostAlternatives - chosen
  }, 0)
}
