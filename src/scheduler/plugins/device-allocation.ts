/**
 * Picks devices for claims on one node (upstream: staging/src/k8s.io/dynamic-resource-allocation/structured): a search
 * that goes request by request and steps back when a later request or a constraint cannot be met. Devices
 * that draw on shared counters of their pool take turns (partitionable devices, KEP-4815); those that several claims may
 * hold at once are shared until their capacity is used up (KEP-5075).
 */
import { randomUUID } from 'node:crypto'
import { compileDeviceSelector, DeviceSelectorError } from '../../api/device-selector.ts'
import { quantityMilliValue } from '../../api/quantity.ts'
import type { Node, NodeSelector } from '../../api/types/core-v1.ts'
import type {
  AllocationResult,
  Device,
  DeviceAllocationConfiguration,
  DeviceAttribute,
  DeviceClass,
  DeviceRequestAllocationResult,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceSlice,
} from '../../api/types/resource-v1.ts'
import { BudgetError, EvaluationError } from '../../cel/errors.ts'
import { compileNodeSelectorTerm } from '../node-selector.ts'
import { type Amounts, amountsOf, type DevicesInUse, formatAmounts, has, minus, plus } from './device-capacity.ts'

export interface Candidate {
  readonly id: string
  readonly driver: string
  readonly pool: string
  readonly device: Device
  /** Where the device can be used; undefined for everywhere. */
  readonly nodeSelector: NodeSelector | undefined
}

/** What is left of the counters that devices draw on together, in thousandths, by `driver/pool/set/counter`. */
type Counters = Map<string, number>

type Request = { readonly name: string } & (ExactDeviceRequest | DeviceSubRequest)

interface Picked {
  readonly candidate: Candidate
  readonly request: Request
  /** What is taken of a device that several claims may have. */
  readonly amounts?: Amounts
}

/** Steps of the search for one node; more than this ends it as the time limit does, for nothing else runs meanwhile. */
const mostSteps = 100_000
/** AllocationResultsMaxSize. */
const mostDevices = 32

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`

/** The devices that a node can use, from pools that are whole; `broken` when some pool is not. */
function devicesOf(
  node: Node,
  slices: readonly ResourceSlice[],
  taken: DevicesInUse,
): { devices: Candidate[]; counters: Counters; broken: boolean } {
  const pools = new Map<string, ResourceSlice[]>()
  for (const slice of slices) {
    const key = `${slice.spec.driver}/${slice.spec.pool.name}`
    const have = pools.get(key)
    if (!have || (have[0] as ResourceSlice).spec.pool.generation < slice.spec.pool.generation) pools.set(key, [slice])
    else if ((have[0] as ResourceSlice).spec.pool.generation === slice.spec.pool.generation) have.push(slice)
  }
  const devices: Candidate[] = []
  const counters: Counters = new Map()
  let broken = false
  for (const pool of pools.values()) {
    const found: Candidate[] = []
    for (const { spec } of pool)
      for (const device of spec.devices ?? []) {
        const place = spec.perDeviceNodeSelection ? device : spec
        const { nodeName } = place
        const here = place.allNodes || (nodeName ? nodeName === node.metadata.name : selects(place.nodeSelector, node))
        if (!here) continue
        const nodeSelector = nodeName ? onlyOn(nodeName) : place.nodeSelector
        found.push({
          id: deviceId(spec.driver, spec.pool.name, device.name),
          driver: spec.driver,
          pool: spec.pool.name,
          device,
          nodeSelector,
        })
      }
    if (found.length && pool.length !== (pool[0] as ResourceSlice).spec.pool.resourceSliceCount) broken = true
    else if (found.length) {
      devices.push(...found)
      addCounters(counters, pool, taken)
    }
  }
  return { devices, counters, broken }
}

/** A pool's counters less what its devices in use draw, on whatever node they are. */
function addCounters(counters: Counters, pool: readonly ResourceSlice[], { whole, shared }: DevicesInUse): void {
  for (const { spec } of pool)
    for (const { name, counters: set } of spec.sharedCounters ?? [])
      for (const [counter, { value }] of Object.entries(set))
        counters.set(`${spec.driver}/${spec.pool.name}/${name}/${counter}`, quantityMilliValue(value))
  for (const { spec } of pool)
    for (const device of spec.devices ?? []) {
      const id = deviceId(spec.driver, spec.pool.name, device.name)
      if (!whole.has(id) && !shared.has(id)) continue
      for (const [counter, amount] of drawn(spec.driver, spec.pool.name, device))
        counters.set(counter, (counters.get(counter) ?? 0) - amount)
    }
}

/** What a device draws of each counter. */
function drawn(driver: string, pool: string, { consumesCounters = [] }: Device): [counter: string, amount: number][] {
  return consumesCounters.flatMap(({ counterSet, counters }) =>
    Object.entries(counters).map(([name, { value }]): [string, number] => [
      `${driver}/${pool}/${counterSet}/${name}`,
      quantityMilliValue(value),
    ]),
  )
}

/** Nothing can be said of the claims until something changes: an expression fails on some device, or the search takes too long. */
export class SelectionError extends Error {}

/** An allocation for each claim, or undefined where not all of them can have one. Throws SelectionError. */
export function allocate(
  node: Node,
  claims: readonly ResourceClaim[],
  slices: readonly ResourceSlice[],
  taken: DevicesInUse,
  classOf: (name: string) => DeviceClass | undefined,
  isLate: () => boolean = () => false,
): AllocationResult[] | undefined {
  const { devices, counters, broken } = devicesOf(node, slices, taken)
  const used = new Set<string>()
  const shares = new Map<string, { count: number; amounts: Amounts }>()
  const picked: Picked[][] = claims.map(() => [])
  const verdicts = new Map<string, boolean>()
  let steps = 0

  /** Whether class and request choose the device; asked once for each request, however often the search comes by. */
  function selected(index: number, request: Request, { id, driver, device }: Candidate): boolean {
    const key = `${index} ${request.name} ${id}`
    const known = verdicts.get(key)
    if (known !== undefined) return known
    const { namespace, name } = (claims[index] as ResourceClaim).metadata
    const verdict =
      satisfies(classOf(request.deviceClassName)?.spec.selectors, driver, device, `class ${request.deviceClassName}`) &&
      satisfies(request.selectors, driver, device, `claim ${namespace}/${name}`)
    verdicts.set(key, verdict)
    return verdict
  }
  function allow(claim: number, request: Request, candidate: Candidate): boolean {
    const { id, device } = candidate
    if (!selected(claim, request, candidate)) return false
    if (!adminAccess(request) && (taken.whole.has(id) || used.has(id))) return false
    const amounts = amountsOf(device, request.capacity)
    if (!amounts || !tolerated(device, request.tolerations) || !meetsConstraints(claim, request, device)) return false
    if (adminAccess(request)) return true
    if (!device.allowMultipleAllocations && taken.shared.has(id)) return false
    if (device.allowMultipleAllocations && !has(device, plus(sharedOf(id), amounts))) return false
    return draws(candidate).every(([counter, amount]) => (counters.get(counter) ?? 0) >= amount)
  }
  /** What claims have of a device that several may have, and what this search has found for more. */
  const sharedOf = (id: string): Amounts => plus(taken.shared.get(id) ?? {}, shares.get(id)?.amounts ?? {})
  function take(claim: number, candidate: Candidate, request: Request): void {
    const { id, device } = candidate
    if (adminAccess(request)) {
      picked[claim]?.push({ candidate, request })
      return
    }
    for (const [counter, amount] of draws(candidate)) counters.set(counter, (counters.get(counter) as number) - amount)
    if (!device.allowMultipleAllocations) {
      picked[claim]?.push({ candidate, request })
      used.add(id)
      return
    }
    const amounts = amountsOf(device, request.capacity) as Amounts
    const { count, amounts: before } = shares.get(id) ?? { count: 0, amounts: {} }
    picked[claim]?.push({ candidate, request, amounts })
    shares.set(id, { count: count + 1, amounts: plus(before, amounts) })
  }
  /** Steps back to the first `kept` devices of a claim. */
  function giveBack(claim: number, kept: number): void {
    for (const { candidate, request, amounts } of picked[claim]?.splice(kept).reverse() ?? []) {
      if (adminAccess(request)) continue
      const { id } = candidate
      const share = shares.get(id)
      if (!amounts || !share) used.delete(id)
      else if (share.count === 1) shares.delete(id)
      else shares.set(id, { count: share.count - 1, amounts: minus(share.amounts, amounts) })
      for (const [counter, amount] of draws(candidate)) counters.set(counter, (counters.get(counter) as number) + amount)
    }
  }
  /** A device that is shared draws with its first share only. */
  const draws = ({ id, driver, pool, device }: Candidate) => (taken.shared.has(id) || shares.has(id) ? [] : drawn(driver, pool, device))
  function meetsConstraints(claim: number, request: Request, device: Device): boolean {
    const speaksOf = (requests: readonly string[] | undefined, name: string) =>
      !requests?.length || requests.includes(name) || requests.includes(name.split('/')[0] as string)
    return (claims[claim]?.spec.devices.constraints ?? []).every(({ requests, matchAttribute, distinctAttribute }) => {
      if (!speaksOf(requests, request.name)) return true
      const attribute = matchAttribute ?? distinctAttribute
      if (!attribute) return false
      const own = attributeOf(device, attribute)
      if (own === undefined) return false
      const others = (picked[claim] ?? []).filter((p) => speaksOf(requests, p.request.name))
      return others.every(({ candidate }) => (attributeOf(candidate.device, attribute) === own) === (matchAttribute !== undefined))
    })
  }

  /** Fills claim after claim, request after request; `still` devices of the present request are to be found, from `from` on. */
  function search(
    claim: number,
    requests: readonly (readonly Request[])[],
    still: number | undefined,
    from: number,
    choice: number,
  ): boolean {
    if (++steps > mostSteps || (steps % 1024 === 0 && isLate())) throw new SelectionError('timed out trying to allocate devices')
    const [alternatives, ...rest] = requests
    if (!alternatives) {
      const next = claim + 1
      return next >= claims.length || search(next, requestsOf(claims[next] as ResourceClaim), undefined, 0, 0)
    }
    const mine = picked[claim] as Picked[]
    if (still === undefined) {
      for (let i = 0; i < alternatives.length; i++) {
        const request = alternatives[i] as Request
        const before = mine.length
        if (request.allocationMode === 'All') {
          if (takeAll(claim, request) && search(claim, rest, undefined, 0, 0)) return true
        } else if (search(claim, requests, request.count ?? 1, 0, i)) return true
        giveBack(claim, before)
      }
      return false
    }
    if (still === 0) return search(claim, rest, undefined, 0, 0)
    const request = alternatives[choice] as Request
    if (mine.length + still > mostDevices) return false
    for (let i = from; i < devices.length; i++) {
      const candidate = devices[i] as Candidate
      if (!allow(claim, request, candidate)) continue
      take(claim, candidate, request)
      // One that may be shared may be had again.
      if (search(claim, requests, still - 1, candidate.device.allowMultipleAllocations ? i : i + 1, choice)) return true
      giveBack(claim, mine.length - 1)
    }
    return false
  }
  /** All devices of the node that are chosen, none of which may be in use, from pools that are whole. */
  function takeAll(claim: number, request: Request): boolean {
    const mine = picked[claim] as Picked[]
    if (broken) return false
    const chosen = devices.filter((candidate) => selected(claim, request, candidate))
    if (chosen.length === 0 || mine.length + chosen.length > mostDevices) return false
    for (const candidate of chosen) {
      if (!allow(claim, request, candidate)) return false
      take(claim, candidate, request)
    }
    return true
  }

  const first = claims[0]
  if (!first || !search(0, requestsOf(first), undefined, 0, 0)) return undefined
  return claims.map((claim, i) => resultOf(node, claim, picked[i] ?? [], classOf))
}

/** The requests of a claim, each with its alternatives, named `request/subrequest` as in results. */
export function requestsOf(claim: ResourceClaim): (readonly Request[])[] {
  return (claim.spec.devices.requests ?? []).map(({ name, exactly, firstAvailable }) =>
    exactly ? [{ ...exactly, name }] : (firstAvailable ?? []).map((sub) => ({ ...sub, name: `${name}/${sub.name}` })),
  )
}

function resultOf(
  node: Node,
  claim: ResourceClaim,
  picked: readonly Picked[],
  classOf: (name: string) => DeviceClass | undefined,
): AllocationResult {
  const results = picked.map(
    ({ candidate, request, amounts }): DeviceRequestAllocationResult => ({
      request: request.name,
      driver: candidate.driver,
      pool: candidate.pool,
      device: candidate.device.name,
      ...(adminAccess(request) ? { adminAccess: true } : {}),
      ...(request.tolerations?.length ? { tolerations: request.tolerations } : {}),
      ...(candidate.device.bindingConditions?.length ? { bindingConditions: candidate.device.bindingConditions } : {}),
      ...(candidate.device.bindingFailureConditions?.length ? { bindingFailureConditions: candidate.device.bindingFailureConditions } : {}),
      ...(amounts ? { shareID: randomUUID(), consumedCapacity: formatAmounts(amounts) } : {}),
    }),
  )
  const config: DeviceAllocationConfiguration[] = []
  const names = new Map(picked.map(({ request }) => [request.name, request]))
  for (const request of names.values())
    for (const { opaque } of classOf(request.deviceClassName)?.spec.config ?? [])
      config.push({ source: 'FromClass', requests: [request.name], ...(opaque ? { opaque } : {}) })
  for (const { requests, opaque } of claim.spec.devices.config ?? []) {
    const concerned = !requests?.length || requests.some((r) => [...names.keys()].some((name) => name === r || name.startsWith(`${r}/`)))
    if (concerned) config.push({ source: 'FromClaim', ...(requests ? { requests } : {}), ...(opaque ? { opaque } : {}) })
  }
  const nodeSelector = picked.some(({ candidate }) => candidate.device.bindsToNode)
    ? onlyOn(node.metadata.name)
    : together(picked.map(({ candidate }) => candidate.nodeSelector))
  return { devices: { results, ...(config.length ? { config } : {}) }, ...(nodeSelector ? { nodeSelector } : {}) }
}

/** A node that can use all devices: bound to one name when one device is, else the conditions of all of them. */
function together(selectors: readonly (NodeSelector | undefined)[]): NodeSelector | undefined {
  const terms = selectors.flatMap((s) => s?.nodeSelectorTerms ?? [])
  const fields = terms.find((t) => t.matchFields?.length)
  if (fields) return { nodeSelectorTerms: [{ matchFields: fields.matchFields }] } as NodeSelector
  if (terms.length === 0) return undefined
  const expressions = new Map(terms.flatMap((t) => t.matchExpressions ?? []).map((e) => [JSON.stringify(e), e]))
  return { nodeSelectorTerms: [{ matchExpressions: [...expressions.values()] }] }
}

const adminAccess = (request: Request): boolean => 'adminAccess' in request && request.adminAccess === true
const onlyOn = (name: string): NodeSelector => ({
  nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
})

export function selects(selector: NodeSelector | undefined, node: Node): boolean {
  return selector?.nodeSelectorTerms.some((term) => compileNodeSelectorTerm(term)(node)) === true
}

function satisfies(selectors: readonly DeviceSelector[] = [], driver: string, device: Device, owner: string): boolean {
  return selectors.every(({ cel }, i) => {
    const where = `${owner}: selector #${i}`
    if (!cel) throw new SelectionError(`${where}: CEL expression empty (unsupported selector type?)`)
    try {
      return compileDeviceSelector(cel.expression).matches(driver, device)
    } catch (error) {
      if (error instanceof DeviceSelectorError) throw new SelectionError(`${where}: CEL compile error: ${error.message}`)
      if (error instanceof EvaluationError || error instanceof BudgetError)
        throw new SelectionError(`${where}: CEL runtime error: ${error.message}`)
      throw error
    }
  })
}

function tolerated({ taints }: Device, tolerations: readonly DeviceToleration[] | undefined): boolean {
  return (taints ?? []).every(
    (taint) =>
      taint.effect === 'None' ||
      tolerations?.some(
        (t) =>
          (!t.effect || t.effect === taint.effect) &&
          (!t.key || t.key === taint.key) &&
          (t.operator === 'Exists' || (t.value ?? '') === (taint.value ?? '')),
      ),
  )
}

/** The attribute's value in a form that can be compared; the driver's own domain may be left out in its name. */
function attributeOf({ attributes }: Device, name: string): string | undefined {
  const found: DeviceAttribute | undefined = attributes?.[name] ?? attributes?.[name.slice(name.indexOf('/') + 1)]
  return found && JSON.stringify(found)
}
