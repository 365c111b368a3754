/**
 * ResourceQuota (apiserver/pkg/admission/plugin/resourcequota): a write that costs more than a quota has left is
 * refused. Writes of a namespace that wait together are charged in turn against one reading of its quotas and stored
 * with one write each, made only when the quota is still the one that was read: however many ask at once, none gets by.
 */
import { isConflict, isNotFound, newInternalError } from '../../api/errors.ts'
import { addQuantity, compareQuantity, formatQuantity, newQuantity, quantitySign, subQuantity, zeroQuantity } from '../../api/quantity.ts'
import {
  claimInScope,
  claimUsage,
  isCountedByOldName,
  podInScope,
  podUsage,
  type Scope,
  scopesOf,
  serviceUsage,
  type Usage,
} from '../../api/quota.ts'
import type { PersistentVolumeClaim, Pod, ResourceQuota, Service } from '../../api/types/core-v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

interface Charge {
  readonly object: ApiObject
  readonly old: ApiObject | undefined
  readonly attributes: WriteAttributes
  /** Called with what gives the charge back in this process when the write then fails. */
  resolve(undo?: () => void): void
  reject(error: unknown): void
}

/** A granted object that is not stored yet. */
interface Pending {
  readonly resource: string
  readonly object: ApiObject
  readonly until: number
}
/** No write takes longer between admission and the store. */
const pendingMs = 30_000

const attempts = 10
/** Reviews, and what the system itself must be able to write. */
const free = new Set(['namespaces', 'subjectaccessreviews', 'localsubjectaccessreviews', 'tokenreviews', 'events'])

/** What nobody may have without a quota that covers it (ResourceQuotaConfiguration). */
export interface LimitedResource {
  readonly apiGroup?: string
  readonly resource: string
  /** Parts of the names that quotas use: `.storageclass.storage.k8s.io/requests.storage`. */
  readonly matchContains?: readonly string[]
  readonly matchScopes?: readonly { readonly scopeName: string; readonly operator: string; readonly values?: readonly string[] }[]
}

export function createResourceQuota(objects: Objects, api: () => Transport, limited: readonly LimitedResource[] = []): AdmissionPlugin {
  const waiting = new Map<string, Charge[]>()
  /** By namespace and uid. */
  const pending = new Map<string, Map<string, Pending>>()

  const promise = (namespace: string, { object, attributes }: Charge): (() => void) | undefined => {
    const { uid } = object.metadata
    if (attributes.operation !== 'CREATE' || !uid) return undefined
    let all = pending.get(namespace)
    if (!all) {
      all = new Map()
      pending.set(namespace, all)
    }
    all.set(uid, { resource: keyOf(attributes), object, until: Date.now() + pendingMs })
    const mine = all
    return () => {
      mine.delete(uid)
      if (mine.size === 0 && pending.get(namespace) === mine) pending.delete(namespace)
    }
  }

  /**
   * The figures to charge against: those of the quota's status, or what there is where that is more. The controller that
   * counts anew sees objects a moment late, and would else take back what was granted in that moment.
   */
  const figuresOf = async (namespace: string, quota: ResourceQuota, resources: ReadonlySet<string>): Promise<Record<string, string>> => {
    const figures: Record<string, string> = { ...quota.status.used }
    const scopes = scopesOf(quota)
    for (const resource of resources) {
      if (resource.includes('.')) continue
      const stored = await objects.list(resource, namespace)
      const uids = new Set(stored.map((o) => o.metadata.uid))
      const all = pending.get(namespace) ?? new Map<string, Pending>()
      for (const [uid, one] of all) if (uids.has(uid) || one.until < Date.now()) all.delete(uid)
      const total: Usage = {}
      for (const object of [...stored, ...[...all.values()].filter((p) => p.resource === resource).map((p) => p.object)]) {
        if (isOver(resource, object) || !inScopes(resource, object, scopes)) continue
        for (const [name, quantity] of Object.entries(usageOf(resource, object)))
          if (figures[name] !== undefined) total[name] = total[name] ? addQuantity(total[name], quantity) : quantity
      }
      for (const [name, quantity] of Object.entries(total))
        if (compareQuantity(quantity, figures[name] as string) > 0) figures[name] = formatQuantity(quantity)
    }
    return figures
  }

  const work = async (namespace: string) => {
    for (let batch = waiting.get(namespace) ?? []; batch.length > 0; batch = waiting.get(namespace) ?? []) {
      waiting.set(namespace, [])
      await charge(namespace, batch).catch((error: unknown) => {
        for (const one of batch) one.reject(error)
      })
    }
    waiting.delete(namespace)
  }

  /** False: the quota is no longer the one that was read. */
  const store = async (quota: ResourceQuota, used: Readonly<Record<string, string>>): Promise<boolean> => {
    const { namespace, name } = quota.metadata
    const path = `/api/v1/namespaces/${namespace}/resourcequotas/${name}/status`
    try {
      await api().request({ method: 'PUT', path, body: { ...quota, status: { ...quota.status, used } } })
      return true
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false
      throw error
    }
  }

  const charge = async (namespace: string, batch: readonly Charge[]) => {
    let left = batch
    for (let attempt = 0; attempt < attempts && left.length > 0; attempt++) {
      const quotas = await objects.list<ResourceQuota>('resourcequotas', namespace)
      const resources = new Set(left.map((one) => keyOf(one.attributes)))
      const used = new Map<ResourceQuota, Record<string, string>>()
      for (const quota of quotas) used.set(quota, await figuresOf(namespace, quota, resources))
      const granted: Charge[] = []
      const touched = new Map<ResourceQuota, Charge[]>()
      for (const one of left) {
        try {
          const changed = chargeOne(one, quotas, used, limited)
          if (changed.length === 0 || one.attributes.dryRun) one.resolve()
          else {
            granted.push(one)
            for (const [quota, figures] of changed) {
              used.set(quota, figures)
              touched.set(quota, [...(touched.get(quota) ?? []), one])
            }
          }
        } catch (error) {
          one.reject(error)
        }
      }
      const again = new Set<Charge>()
      for (const [quota, charges] of touched) {
        if (!(await store(quota, used.get(quota) ?? {}))) for (const one of charges) again.add(one)
      }
      // Where one of several quotas was stored and another not, the first counts too much until its controller looks.
      for (const one of granted) if (!again.has(one)) one.resolve(promise(namespace, one))
      left = [...again]
    }
    for (const one of left) one.reject(newInternalError(new Error('resource quota evaluation timed out')))
  }

  return {
    name: 'ResourceQuota',
    handles: (resource, subresource, operation) =>
      !free.has(resource) &&
      ((operation === 'CREATE' && subresource === '') || (operation === 'UPDATE' && (subresource === '' || subresource === 'resize'))),
    validate(object, old, attributes) {
      const { namespace } = attributes
      if (namespace === '' || !object) return undefined
      if (limited.length === 0 && objects.cache('resourcequotas').loaded && !objects.holdsAny('resourcequotas', namespace)) return undefined
      if (attributes.operation === 'UPDATE' && !measured.has(keyOf(attributes))) return undefined
      return new Promise<undefined | (() => void)>((resolve, reject) => {
        const one: Charge = { object, old, attributes, resolve, reject }
        const queue = waiting.get(namespace)
        if (queue) queue.push(one)
        else {
          waiting.set(namespace, [one])
          queueMicrotask(() => void work(namespace))
        }
      })
    },
  }
}

/** Resources that cost more than their number, whose updates may cost too. */
const measured = new Set(['pods', 'services', 'persistentvolumeclaims'])
const keyOf = ({ resource }: WriteAttributes): string => (resource.group ? `${resource.resource}.${resource.group}` : resource.resource)

/** The quotas that the write counts against with their new figures; throws when one is exceeded. */
function chargeOne(
  { object, old, attributes }: Charge,
  quotas: readonly ResourceQuota[],
  used: ReadonlyMap<ResourceQuota, Record<string, string>>,
  limited: readonly LimitedResource[],
): [ResourceQuota, Record<string, string>][] {
  const resource = keyOf(attributes)
  const usage = usageOf(resource, object)
  const before = old ? usageOf(resource, old) : {}
  const result: [ResourceQuota, Record<string, string>][] = []
  const uncovered = limitsOf(limited, attributes, object, usage, before)
  for (const quota of quotas) {
    const hard = quota.status.hard ?? {}
    const scopes = scopesOf(quota)
    if (!inScopes(resource, object, scopes)) continue
    const names = Object.keys(hard).filter((name) => name in usage)
    for (const name of names) uncovered.names.delete(name)
    for (const scope of scopes) uncovered.scopes.delete(scope.name)
    const missing = resource === 'pods' && !old ? unspecified(object as unknown as Pod, Object.keys(hard)) : []
    if (missing.length > 0) throw newRefusal(attributes, object, `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`)
    const figures = used.get(quota) ?? {}
    const wasIn = old !== undefined && inScopes(resource, old, scopes)
    const exceeded: string[] = []
    const next = { ...figures }
    let changed = false
    for (const name of names) {
      const now = usage[name] ?? zeroQuantity
      const delta = wasIn ? subQuantity(now, before[name] ?? zeroQuantity) : now
      if (quantitySign(delta) === 0) continue
      if (figures[name] === undefined) {
        // Not counted yet: nothing is allowed until its controller has.
        throw newRefusal(attributes, object, `status unknown for quota: ${quota.metadata.name}, resources: ${name}`)
      }
      const total = addQuantity(figures[name], delta)
      if (quantitySign(delta) > 0 && compareQuantity(total, hard[name] as string) > 0) exceeded.push(name)
      next[name] = formatQuantity(total)
      changed = true
    }
    if (exceeded.length > 0) {
      exceeded.sort()
      const print = (value: (name: string) => string) => exceeded.map((name) => `${name}=${value(name)}`).join(',')
      const requested = print((n) =>
        formatQuantity(wasIn ? subQuantity(usage[n] ?? zeroQuantity, before[n] ?? zeroQuantity) : (usage[n] ?? zeroQuantity)),
      )
      throw newRefusal(
        attributes,
        object,
        `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${print((n) => figures[n] as string)}, limited: ${print((n) => hard[n] as string)}`,
      )
    }
    if (changed) result.push([quota, next])
  }
  if (uncovered.names.size > 0)
    throw newRefusal(attributes, object, `insufficient quota to consume: ${[...uncovered.names].sort().join(',')}`)
  const scopes = [...uncovered.scopes.values()].flat().map(({ name, operator, values }) => `{${name} ${operator} [${values.join(' ')}]}`)
  if (scopes.length > 0) throw newRefusal(attributes, object, `insufficient quota to match these scopes: [${scopes.join(' ')}]`)
  return result
}

/** Of what is limited by default, the names that the write takes more of, and by name the scopes that it is in. */
function limitsOf(limited: readonly LimitedResource[], { resource }: WriteAttributes, object: ApiObject, usage: Usage, before: Usage) {
  const names = new Set<string>()
  const scopes = new Map<string, Scope[]>()
  for (const { apiGroup = '', resource: of, matchContains = [], matchScopes = [] } of limited) {
    if (of !== resource.resource || apiGroup !== resource.group) continue
    for (const [name, quantity] of Object.entries(usage))
      if (matchContains.some((part) => name.includes(part)) && compareQuantity(quantity, before[name] ?? zeroQuantity) > 0) names.add(name)
    for (const { scopeName: name, operator, values = [] } of matchScopes) {
      const scope = { name, operator, values }
      if (inScopes(of, object, [scope])) scopes.set(name, [...(scopes.get(name) ?? []), scope])
    }
  }
  return { names, scopes }
}

/** A pod that has ended costs nothing. */
const isOver = (resource: string, object: ApiObject): boolean => {
  const phase = (object as ApiObject & { status?: { phase?: string } }).status?.phase
  return resource === 'pods' && (phase === 'Succeeded' || phase === 'Failed')
}

function usageOf(resource: string, object: ApiObject): Usage {
  switch (resource) {
    case 'pods':
      return podUsage(object as unknown as Pod)
    case 'services':
      return serviceUsage(object as unknown as Service)
    case 'persistentvolumeclaims':
      return claimUsage(object as unknown as PersistentVolumeClaim)
    default:
      return { [`count/${resource}`]: newQuantity(1), ...(isCountedByOldName(resource) ? { [resource]: newQuantity(1) } : {}) }
  }
}

function inScopes(resource: string, object: ApiObject, scopes: readonly Scope[]): boolean {
  if (resource === 'pods') return scopes.every((scope) => podInScope(object as unknown as Pod, scope))
  if (resource === 'persistentvolumeclaims') return scopes.every((scope) => claimInScope(object as unknown as PersistentVolumeClaim, scope))
  return scopes.length === 0
}

/** Compute resources that a quota limits must be said by every container: `limits.memory for: a,b`. */
function unspecified(pod: Pod, hard: readonly string[]): string[] {
  const compute = hard.filter((name) => /^(requests\.|limits\.)?(cpu|memory)$/.test(name)).sort()
  return compute.flatMap((name) => {
    const kind = name.startsWith('limits.') ? 'limits' : 'requests'
    const plain = name.replace(/^(requests|limits)\./, '')
    if (pod.spec.resources?.[kind]?.[plain] !== undefined) return []
    const without = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
      .filter((c) => c.resources?.[kind]?.[plain] === undefined)
      .map((c) => c.name)
      .sort()
    return without.length > 0 ? [`${name} for: ${without.join(',')}`] : []
  })
}

/** Reads a ResourceQuotaConfiguration; throws where it is none. */
export function parseLimitedResources(configuration: unknown): LimitedResource[] {
  if (configuration === undefined || configuration === null) return []
  const { kind, limitedResources = [] } = configuration as { kind?: unknown; limitedResources?: unknown }
  if ((kind !== 'ResourceQuotaConfiguration' && kind !== 'Configuration') || !Array.isArray(limitedResources))
    throw new Error(`ResourceQuota: the configuration is no ResourceQuotaConfiguration with a list of limitedResources`)
  for (const [i, { resource }] of (limitedResources as LimitedResource[]).entries())
    if (!resource) throw new Error(`ResourceQuota: limitedResources[${i}].resource: Required value`)
  return limitedResources
}
