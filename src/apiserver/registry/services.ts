/**
 * Services (registry/core/service): the fields that depend on the type, the addresses and ports a service takes before
 * it is written and gives back afterwards.
 */
import { isAlreadyExists, isNotFound, newInternalError } from '../../api/errors.ts'
import type { Service, ServicePort, ServiceSpec } from '../../api/types/core-v1.ts'
import type { IPAddress, ServiceCIDR } from '../../api/types/networking-v1.ts'
import { semanticEqual } from '../../api/validation/checks.ts'
import { type FieldError, invalid, newInvalid } from '../../api/validation/field-error.ts'
import {
  isExternallyAccessible,
  isHeadless,
  needsHealthCheckPort,
  validateClusterIPFields,
  validateService,
  validateServiceStatusUpdate,
  validateServiceUpdate,
} from '../../api/validation/service.ts'
import type { Transport } from '../../client/transport.ts'
import type { Store } from '../../store/store.ts'
import { createNodePorts, defaultNodePortRange, type NodePortRange } from './node-ports.ts'
import { createServiceIPs, familyOf, type IPFamily, managedBy, type ServiceIPs } from './service-ips.ts'
import type { Strategy } from './strategy.ts'

export interface ServiceOptions {
  /** One range, or two of different families: the first is the default. */
  readonly serviceClusterIPRanges?: readonly string[]
  readonly nodePortRange?: NodePortRange
  /** Where the node ports that are taken are kept. */
  readonly store: Pick<Store, 'get' | 'create' | 'update' | 'local'>
  /** The server's own API; asked for when the first service is written. */
  readonly api: () => Transport
}

const kind = { group: '', kind: 'Service' }
export const defaultRanges = ['10.96.0.0/12']
/** How often what is taken is compared with the services, at the least (upstream's repair loops). */
const repairIntervalMs = 180_000
/** An address whose service is just being written is left alone so long. */
const youngMs = 60_000

const needsClusterIP = (spec: ServiceSpec) => spec.type !== 'ExternalName'
const needsNodePort = (spec: ServiceSpec) =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
const nodePortsOf = (spec: ServiceSpec) => new Set((spec.ports ?? []).map((p) => p.nodePort ?? 0).filter((p) => p !== 0))

export function createServiceStrategy(options: ServiceOptions): Strategy<Service> {
  const ranges = options.serviceClusterIPRanges ?? defaultRanges
  const ports = createNodePorts(options.store, options.nodePortRange ?? defaultNodePortRange)
  const addressPath = (ip: string) => `/apis/networking.k8s.io/v1/ipaddresses/${encodeURIComponent(ip)}`
  const addresses = {
    async has(ip: string) {
      try {
        await options.api().request({ method: 'GET', path: addressPath(ip) })
        return true
      } catch (error) {
        if (isNotFound(error)) return false
        throw error
      }
    },
    async create(address: { metadata: { name?: string } }) {
      try {
        await options.api().request({ method: 'POST', path: '/apis/networking.k8s.io/v1/ipaddresses', body: address })
        return true
      } catch (error) {
        if (isAlreadyExists(error)) return false
        throw error
      }
    },
    async delete(ip: string) {
      try {
        await options.api().request({ method: 'DELETE', path: addressPath(ip) })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    },
  }
  const pools = new Map<IPFamily, ServiceIPs>(ranges.map((range) => [familyOf(range), createServiceIPs(range, addresses)]))
  const defaultFamily = familyOf(ranges[0] as string)

  const list = async <T>(path: string) => (await options.api().request<{ items: readonly T[] }>({ method: 'GET', path })).items

  /**
   * What is taken is compared with the services before the first one is written, and then from time to time as long as
   * services are written: what a crash left without a service is given back, what a service holds is taken.
   */
  let repaired: Promise<void> | undefined
  let repairedAt = 0
  function load(): Promise<void> {
    const isFirst = repaired === undefined
    if (repaired && Date.now() - repairedAt < repairIntervalMs) return repaired
    const before = repaired
    repairedAt = Date.now()
    repaired = repair(isFirst && options.store.local).catch((error: unknown) => {
      repaired = before
      repairedAt = 0
      if (isFirst) throw error
    })
    return before ?? repaired
  }
  /** `alone`: nobody else can be in the middle of a write. */
  async function repair(alone: boolean): Promise<void> {
    const [services, held] = await Promise.all([
      list<Service>('/api/v1/services'),
      list<IPAddress>('/apis/networking.k8s.io/v1/ipaddresses'),
      refreshRanges(),
    ])
    const usedPorts = new Set<number>()
    const usedIPs = new Set<string>()
    const known = new Set(held.map((address) => address.metadata.name))
    for (const { spec, metadata } of services) {
      for (const port of nodePortsOf(spec)) usedPorts.add(port)
      if (spec.healthCheckNodePort) usedPorts.add(spec.healthCheckNodePort)
      for (const ip of spec.clusterIPs ?? []) {
        if (ip === 'None') continue
        usedIPs.add(ip)
        if (!known.has(ip)) await pools.get(familyOf(ip))?.take(ip, metadata, false)
      }
    }
    await ports.repair(usedPorts, alone)
    for (const { metadata } of held) {
      const isOurs = metadata.labels?.['ipaddress.kubernetes.io/managed-by'] === managedBy
      const isYoung = !alone && Date.now() - Date.parse(metadata.creationTimestamp ?? '') < youngMs
      if (isOurs && !isYoung && !usedIPs.has(metadata.name)) await addresses.delete(metadata.name)
    }
  }
  /** ServiceCIDRs come and go while the server runs: those that are ready and stay are allocated from. */
  async function refreshRanges(): Promise<void> {
    const cidrs = await list<ServiceCIDR>('/apis/networking.k8s.io/v1/servicecidrs')
    const isReady = ({ status }: ServiceCIDR) => status?.conditions?.find((c) => c.type === 'Ready')?.status !== 'False'
    const more = cidrs.filter((c) => !c.metadata.deletionTimestamp && isReady(c)).flatMap((c) => c.spec?.cidrs ?? [])
    for (const pool of pools.values()) pool.setRanges([...new Set([...ranges, ...more])].filter((r) => familyOf(r) === pool.family))
  }

  // ---- families

  /** ipFamilies and ipFamilyPolicy, as far as the client left them open (initIPFamilyFields). */
  function withFamilies(name: string, spec: ServiceSpec): ServiceSpec {
    if (spec.type === 'ExternalName') return spec
    const refuse = (errors: FieldError[]) => {
      if (errors.length > 0) throw newInvalid(kind, name, errors)
    }
    refuse(validateClusterIPFields(spec))
    const headlessWithoutSelector = isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0
    const policy = spec.ipFamilyPolicy ?? (headlessWithoutSelector ? 'RequireDualStack' : 'SingleStack')
    const families = [...(spec.ipFamilies ?? [])] as IPFamily[]
    const errors: FieldError[] = []
    if (policy === 'SingleStack') {
      const message = (what: string) => `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`
      if (spec.clusterIPs?.length === 2) errors.push(invalid('spec.ipFamilyPolicy', policy, message('cluster IPs')))
      if (families.length === 2) errors.push(invalid('spec.ipFamilyPolicy', policy, message('IP families')))
    }
    spec.clusterIPs?.forEach((ip, i) => {
      if (ip === 'None' || i < families.length) return
      const family = familyOf(ip)
      if (!pools.has(family)) errors.push(invalid(`spec.clusterIPs[${i}]`, spec.clusterIPs, `${family} is not configured on this cluster`))
      else families.push(family)
    })
    refuse(errors)
    const other = (family: IPFamily): IPFamily => (family === 'IPv4' ? 'IPv6' : 'IPv4')
    if (headlessWithoutSelector) {
      if (families.length === 0) families.push(defaultFamily)
      if (families.length === 1 && policy !== 'SingleStack') families.push(other(families[0] as IPFamily))
      return { ...spec, ipFamilies: families, ipFamilyPolicy: policy }
    }
    families.forEach((family, i) => {
      if (!pools.has(family)) errors.push(invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'))
    })
    if (policy === 'RequireDualStack' && pools.size < 2)
      errors.push(invalid('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services'))
    refuse(errors)
    if (families.length === 0) families.push(defaultFamily)
    if (policy !== 'SingleStack' && families.length === 1 && pools.size === 2) families.push(other(families[0] as IPFamily))
    return { ...spec, ipFamilies: families, ipFamilyPolicy: policy }
  }

  // ---- allocation

  interface Taken {
    ips: string[]
    ports: number[]
  }
  const giveBack = async (taken: Taken, dryRun: boolean): Promise<void> => {
    if (taken.ports.length > 0) await ports.release(taken.ports, dryRun)
    await Promise.all(taken.ips.map((ip) => pools.get(familyOf(ip))?.release(ip, dryRun)))
  }

  async function takeAddresses(
    service: Service,
    spec: ServiceSpec,
    old: ServiceSpec | undefined,
    taken: Taken,
    dryRun: boolean,
  ): Promise<ServiceSpec> {
    if (!needsClusterIP(spec) || isHeadless(spec)) return spec
    if (!old) await refreshRanges()
    const held = new Set(old && needsClusterIP(old) ? old.clusterIPs : [])
    const ips: string[] = []
    for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
      const wanted = spec.clusterIPs?.[i]
      const pool = pools.get(family as IPFamily)
      if (!pool) continue
      if (wanted && held.has(wanted)) {
        ips.push(wanted)
        continue
      }
      // An update that changes an address is refused by validation: nothing is taken for it.
      if (wanted && held.size > i) return spec
      if (wanted) {
        const wrong = await pool.take(wanted, service.metadata, dryRun)
        if (wrong)
          throw newInvalid(kind, service.metadata.name, [
            invalid('spec.clusterIPs', spec.clusterIPs, `failed to allocate IP ${wanted}: ${wrong}`),
          ])
        ips.push(wanted)
        taken.ips.push(wanted)
      } else {
        const ip = await pool.takeNext(service.metadata, dryRun)
        if (!ip) throw newInternalError(new Error('failed to allocate a serviceIP: range is full'))
        ips.push(ip)
        taken.ips.push(ip)
      }
    }
    return ips.length === 0 ? spec : { ...spec, clusterIP: ips[0], clusterIPs: ips }
  }

  async function takePorts(
    name: string,
    spec: ServiceSpec,
    old: ServiceSpec | undefined,
    taken: Taken,
    dryRun: boolean,
  ): Promise<ServiceSpec> {
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return spec
    const held = old ? nodePortsOf(old) : new Set<number>()
    const own = new Set<number>()
    const byPort = new Map<number, number>()
    const take = async (port: number, i: number) => {
      if (own.has(port)) return
      own.add(port)
      if (held.has(port)) return
      const wrong = await ports.take(port, dryRun)
      if (wrong) throw newInvalid(kind, name, [invalid(`spec.ports[${i}].nodePort`, port, wrong)])
      taken.ports.push(port)
    }
    const made: ServicePort[] = []
    for (const [i, port] of (spec.ports ?? []).entries()) {
      if (!port.nodePort && !needsNodePort(spec)) {
        made.push(port)
        continue
      }
      // Ports of one number and several protocols share a node port.
      const shared = byPort.get(port.port) ?? spec.ports?.slice(i).find((p) => p.port === port.port && p.nodePort)?.nodePort
      const wanted = port.nodePort || shared
      if (wanted) {
        await take(wanted, i)
        if (!byPort.has(port.port)) byPort.set(port.port, wanted)
        made.push(port.nodePort === wanted ? port : { ...port, nodePort: wanted })
        continue
      }
      const next = await ports.takeNext(dryRun, own)
      if (next === undefined) throw newInternalError(new Error('failed to allocate a nodePort: range is full'))
      taken.ports.push(next)
      own.add(next)
      byPort.set(port.port, next)
      made.push({ ...port, nodePort: next })
    }
    return { ...spec, ports: made }
  }

  async function takeHealthCheckPort(
    name: string,
    spec: ServiceSpec,
    old: ServiceSpec | undefined,
    taken: Taken,
    dryRun: boolean,
  ): Promise<ServiceSpec> {
    if (!needsHealthCheckPort(spec)) return spec
    const wanted = spec.healthCheckNodePort
    if (wanted && old && needsHealthCheckPort(old) && old.healthCheckNodePort === wanted) return spec
    // A change is refused by validation.
    if (wanted && old && needsHealthCheckPort(old)) return spec
    if (wanted) {
      const wrong = await ports.take(wanted, dryRun)
      if (wrong)
        throw newInvalid(kind, name, [
          invalid('spec.healthCheckNodePort', wanted, `failed to allocate requested HealthCheck NodePort ${wanted}: ${wrong}`),
        ])
      taken.ports.push(wanted)
      return spec
    }
    const next = await ports.takeNext(dryRun, nodePortsOf(spec))
    if (next === undefined) throw newInternalError(new Error('failed to allocate a HealthCheck NodePort: range is full'))
    taken.ports.push(next)
    return { ...spec, healthCheckNodePort: next }
  }

  /** What the old service held and the new one does not. */
  function dropped(now: ServiceSpec, old: ServiceSpec): Taken {
    const kept = nodePortsOf(now)
    const freed = [...nodePortsOf(old)].filter((p) => !kept.has(p))
    if (old.healthCheckNodePort && now.healthCheckNodePort !== old.healthCheckNodePort) freed.push(old.healthCheckNodePort)
    return {
      ports: freed,
      ips: (old.clusterIPs ?? []).filter((ip) => ip !== 'None' && !now.clusterIPs?.includes(ip)),
    }
  }

  return {
    generation: false,
    prepareForCreate: (service) => ({ ...service, status: { loadBalancer: {} } }),
    prepareForUpdate: (service, old) => {
      const spec = keepAllocated(dropTypeDependent(normalizeClusterIPs(service.spec, old.spec), old.spec), old.spec)
      const status = spec.type === 'LoadBalancer' || !old.status.loadBalancer?.ingress ? old.status : { ...old.status, loadBalancer: {} }
      return { ...service, spec, status }
    },
    validate: validateService,
    validateUpdate: validateServiceUpdate,
    warnings: serviceWarnings,
    selectableFieldNames: ['spec.clusterIP', 'spec.type'],
    selectableFields: ({ spec }) => ({ 'spec.clusterIP': spec.clusterIP ?? '', 'spec.type': spec.type ?? '' }),
    async allocate(service, old, attributes) {
      // The API's own service is made before anything can be listed by a client; the list is the server's own.
      await load()
      const { dryRun } = attributes
      const taken: Taken = { ips: [], ports: [] }
      try {
        const { name } = service.metadata
        let spec = withFamilies(name, old ? service.spec : normalizeClusterIPs(service.spec, undefined))
        spec = await takeAddresses(service, spec, old?.spec, taken, dryRun)
        spec = await takePorts(name, spec, old?.spec, taken, dryRun)
        spec = await takeHealthCheckPort(name, spec, old?.spec, taken, dryRun)
        const gone = old && dropped(spec, old.spec)
        return {
          object: { ...service, spec },
          undo: () => void giveBack(taken, dryRun).catch(ignoreUntilRebuilt),
          commit: () => {
            if (gone) void giveBack(gone, false).catch(ignoreUntilRebuilt)
          },
        }
      } catch (error) {
        await giveBack(taken, dryRun)
        throw error
      }
    },
    release(service) {
      void giveBack(dropped({} as ServiceSpec, service.spec), false).catch(ignoreUntilRebuilt)
    },
    subresources: { status: { validateUpdate: validateServiceStatusUpdate } },
  }
}
/** An address that could not be given back now is found by the next start, which compares them with the services. */
const ignoreUntilRebuilt = (): void => {}

/** clusterIP and clusterIPs say the same; a client may give either. */
function normalizeClusterIPs(spec: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
  const { clusterIP, clusterIPs } = spec
  if (!old) return clusterIP && !clusterIPs?.length ? { ...spec, clusterIPs: [clusterIP] } : spec
  const sameIPs = semanticEqual(clusterIPs, old.clusterIPs)
  if ((clusterIP ?? '') !== (old.clusterIP ?? '')) {
    if (!clusterIP && sameIPs) return without(spec, 'clusterIPs')
    if (clusterIP && (sameIPs || !clusterIPs?.length)) return { ...spec, clusterIPs: [clusterIP] }
    return spec
  }
  if (!sameIPs && old.clusterIP && !clusterIPs?.length) return clusterIP ? { ...spec, clusterIPs: old.clusterIPs } : spec
  return spec
}

/** Fields that only the old type had and that the client did not change go with it (dropTypeDependentFields). */
function dropTypeDependent(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  let made = spec
  const drop = (needs: (s: ServiceSpec) => boolean, ...fields: (keyof ServiceSpec)[]) => {
    if (!needs(old) || needs(spec)) return
    for (const field of fields) if (semanticEqual(spec[field], old[field])) made = without(made, field)
  }
  drop(needsClusterIP, 'clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy')
  const usesPorts = (s: ServiceSpec) => s.type === 'NodePort' || s.type === 'LoadBalancer'
  if (usesPorts(old) && !usesPorts(spec) && semanticEqual([...nodePortsOf(spec)].sort(), [...nodePortsOf(old)].sort()))
    made = {
      ...made,
      ports: made.ports?.map((port) => {
        const { nodePort: _, ...rest } = port
        return rest
      }),
    }
  drop(needsHealthCheckPort, 'healthCheckNodePort')
  const isLoadBalancer = (s: ServiceSpec) => s.type === 'LoadBalancer'
  drop(isLoadBalancer, 'allocateLoadBalancerNodePorts')
  drop(isLoadBalancer, 'loadBalancerClass')
  drop(isExternallyAccessible, 'externalTrafficPolicy')
  drop(needsClusterIP, 'internalTrafficPolicy')
  return made
}

/** What an update leaves out of the allocated stays as it is (patchAllocatedValues). */
function keepAllocated(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  let made = spec
  if (needsClusterIP(spec) && needsClusterIP(old)) {
    if (!made.clusterIP && old.clusterIP) made = { ...made, clusterIP: old.clusterIP }
    if (!made.clusterIPs?.length && old.clusterIPs && made.clusterIP === old.clusterIP) made = { ...made, clusterIPs: old.clusterIPs }
  }
  if (needsNodePort(spec) && needsNodePort(old)) {
    const used = nodePortsOf(spec)
    made = {
      ...made,
      ports: made.ports?.map((port) => {
        if (port.nodePort) return port
        const before = old.ports?.find((p) => p.protocol === port.protocol && p.port === port.port)?.nodePort
        return before && !used.has(before) ? { ...port, nodePort: before } : port
      }),
    }
  }
  if (needsHealthCheckPort(spec) && needsHealthCheckPort(old) && !spec.healthCheckNodePort && old.healthCheckNodePort)
    made = { ...made, healthCheckNodePort: old.healthCheckNodePort }
  return made
}

function without(spec: ServiceSpec, field: keyof ServiceSpec): ServiceSpec {
  const { [field]: _, ...rest } = spec
  return rest as ServiceSpec
}

function serviceWarnings({ spec, metadata }: Service): string[] {
  const warnings: string[] = []
  if (metadata.annotations?.['service.kubernetes.io/topology-aware-hints'] !== undefined)
    warnings.push(
      'metadata.annotations[service.kubernetes.io/topology-aware-hints]: please use annotation service.kubernetes.io/topology-mode instead',
    )
  if (spec.externalIPs?.length) warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  if (isHeadless(spec) && spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services')
  if (isHeadless(spec) && spec.externalIPs?.length) warnings.push('spec.externalIPs is ignored for headless services')
  if (isHeadless(spec) && spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services')
  if (spec.trafficDistribution === 'PreferClose')
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  return warnings
}
