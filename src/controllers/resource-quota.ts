/**
 * Counts what quotas limit (pkg/controller/resourcequota): admission raises the figures as objects are made, this brings
 * them down as objects go, and counts everything when a quota is new.
 */
import { isNotFound } from '../api/errors.ts'
import { objectKey, splitKey } from '../api/meta.ts'
import { addQuantity, compareQuantity, formatQuantity, newQuantity, parseQuantity, type Quantity, zeroQuantity } from '../api/quantity.ts'
import type { PersistentVolumeClaim, Pod, ResourceQuota, ScopedResourceSelectorRequirement, Service } from '../api/types/core-v1.ts'
import type { DiscoveredResource } from '../client/discovery.ts'
import { apiResources, refOf } from './api-resources.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { isPodFinished } from './pods.ts'

const resource = 'resourcequotas'
type Usage = Record<string, Quantity>

export function createResourceQuotaController(deps: ControllerDeps): Controller {
  const { client, informers, options } = deps
  const quotas = informers.of(resource)
  const pods = informers.of('pods')
  const claims = informers.of('persistentvolumeclaims')
  const services = informers.of('services')
  const api = apiResources(deps)
  /** Resources counted by number only, and watched because some quota names them. */
  const counted = new Map<string, DiscoveredResource>()
  let queue: Queue

  function wake(given: Queue) {
    queue = given
    const enqueue = (quota: ResourceQuota) => queue.add(objectKey(quota))
    quotas.addHandler({
      added: enqueue,
      updated: (now, before) => JSON.stringify(now.spec) !== JSON.stringify(before.spec) && enqueue(now),
    })
    const wakeAll = (namespace: string) => {
      for (const quota of quotas.list(namespace)) enqueue(quota)
    }
    const podEnded = (pod: Pod, before: Pod) =>
      isPodFinished(pod) !== isPodFinished(before) ||
      (pod.metadata.deletionTimestamp !== undefined && before.metadata.deletionTimestamp === undefined) ||
      pod.spec !== before.spec
    pods.addHandler({
      updated: (pod, before) => podEnded(pod, before) && wakeAll(pod.metadata.namespace),
      deleted: (pod) => wakeAll(pod.metadata.namespace),
    })
    services.addHandler({
      updated: (now, before) => now.spec !== before.spec && wakeAll(now.metadata.namespace),
      deleted: (service) => wakeAll(service.metadata.namespace),
    })
    claims.addHandler({
      updated: (now, before) => (now.spec !== before.spec || now.status !== before.status) && wakeAll(now.metadata.namespace),
      deleted: (claim) => wakeAll(claim.metadata.namespace),
    })
    return [quotas, pods, services, claims]
  }

  /** `count/deployments.apps`, or one of the old names such as `configmaps`, is a number of objects. */
  const oldNames = new Set(['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas'])
  async function countOf(name: string, namespace: string): Promise<Quantity | undefined> {
    const what = name.startsWith('count/') ? name.slice('count/'.length) : oldNames.has(name) ? name : undefined
    if (what === undefined) return undefined
    const { resources } = await api.current()
    const dot = what.indexOf('.')
    const [plural, group] = dot < 0 ? [what, ''] : [what.slice(0, dot), what.slice(dot + 1)]
    const found = resources.find((r) => r.resource === plural && r.group === group)
    if (!found?.verbs.includes('watch')) return undefined
    const informer = informers.metadata(refOf(found))
    if (!counted.has(what)) {
      counted.set(what, found)
      informer.addHandler({
        deleted(object) {
          for (const quota of quotas.list(object.metadata.namespace)) queue.add(objectKey(quota))
        },
      })
    }
    await informer.whenSynced()
    return newQuantity(informer.list(namespace).length)
  }

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const quota = quotas.get(namespace, name)
    if (!quota) return undefined
    const hard = quota.spec.hard ?? {}
    const scopes = scopesOf(quota)
    const total: Usage = {}
    const add = (usage: Usage) => {
      for (const [k, q] of Object.entries(usage)) total[k] = total[k] ? addQuantity(total[k], q) : q
    }
    for (const pod of pods.list(namespace)) if (!isPodFinished(pod) && scopes.every((s) => podInScope(pod, s))) add(podUsage(pod))
    if (scopes.length === 0) {
      for (const service of services.list(namespace)) add(serviceUsage(service))
      for (const claim of claims.list(namespace)) add(claimUsage(claim))
    }
    const used: Record<string, string> = {}
    for (const k of Object.keys(hard)) {
      const quantity = total[k] ?? (scopes.length === 0 ? await countOf(k, namespace) : undefined) ?? zeroQuantity
      used[k] = formatQuantity(quantity)
    }
    const sameMap = (a: Record<string, string> | undefined, b: Record<string, string>) =>
      Object.keys(a ?? {}).length === Object.keys(b).length &&
      Object.entries(b).every(([k, v]) => a?.[k] !== undefined && compareQuantity(a[k], v) === 0)
    if (!sameMap(quota.status.hard, hard) || !sameMap(quota.status.used, used))
      try {
        await client.updateStatus(resource, { ...quota, status: { hard, used } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    // What no event tells, such as a count that admission raised for a write that then failed, is put right in time.
    return options.resourceQuotaSyncPeriodMs
  }

  return { name: 'resourcequota-controller', workers: options.concurrent.resourceQuota, wake, reconcile }
}

interface Scope {
  readonly name: string
  readonly operator: string
  readonly values: readonly string[]
}
function scopesOf(quota: ResourceQuota): Scope[] {
  const plain = (quota.spec.scopes ?? []).map((name) => ({ name: name as string, operator: 'Exists', values: [] }))
  const selected = (quota.spec.scopeSelector?.matchExpressions ?? []).map((e: ScopedResourceSelectorRequirement) => ({
    name: e.scopeName as string,
    operator: e.operator as string,
    values: e.values ?? [],
  }))
  return [...plain, ...selected]
}
function podInScope(pod: Pod, scope: Scope): boolean {
  const { spec } = pod
  switch (scope.name) {
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined && spec.activeDeadlineSeconds >= 0
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(pod)
    case 'PriorityClass': {
      const name = spec.priorityClassName ?? ''
      if (scope.operator === 'In') return scope.values.includes(name)
      if (scope.operator === 'NotIn') return !scope.values.includes(name)
      return scope.operator === 'Exists' ? name !== '' : name === ''
    }
    default:
      return false
  }
}
const isBestEffort = ({ spec }: Pod): boolean =>
  [...spec.containers, ...(spec.initContainers ?? [])].every((c) => {
    const both = { ...c.resources?.requests, ...c.resources?.limits }
    return !('cpu' in both) && !('memory' in both)
  })
function usesOtherNamespaces({ spec }: Pod): boolean {
  const terms = [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity].flatMap((a) => [
    ...(a?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(a?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((w) => w.podAffinityTerm),
  ])
  return terms.some((t) => (t.namespaces?.length ?? 0) > 0 || t.namespaceSelector !== undefined)
}

const one = newQuantity(1)

function podUsage(pod: Pod): Usage {
  const usage: Usage = { pods: one, 'count/pods': one }
  for (const [kind, prefix] of [
    ['requests', 'requests.'],
    ['limits', 'limits.'],
  ] as const) {
    for (const [name, quantity] of Object.entries(podResources(pod, kind))) {
      usage[`${prefix}${name}`] = quantity
      if (kind === 'requests' && ['cpu', 'memory', 'ephemeral-storage'].includes(name)) usage[name] = quantity
    }
  }
  return usage
}
/** What a pod needs at most at a time: all containers and sidecars together, or one init container with the sidecars before it. */
function podResources({ spec }: Pod, kind: 'requests' | 'limits'): Usage {
  const total: Usage = {}
  const sidecars: Usage = {}
  const peak: Usage = {}
  const sum = (into: Usage, from: Record<string, string> | undefined) => {
    for (const [name, text] of Object.entries(from ?? {})) into[name] = into[name] ? addQuantity(into[name], text) : parseQuantity(text)
  }
  for (const container of spec.containers) sum(total, container.resources?.[kind])
  for (const container of spec.initContainers ?? []) {
    const needs = container.resources?.[kind]
    if (container.restartPolicy === 'Always') {
      sum(total, needs)
      sum(sidecars, needs)
      continue
    }
    for (const [name, text] of Object.entries(needs ?? {})) {
      const here = sidecars[name] ? addQuantity(sidecars[name], text) : parseQuantity(text)
      if (!peak[name] || compareQuantity(here, peak[name]) > 0) peak[name] = here
    }
  }
  for (const [name, quantity] of Object.entries(peak))
    if (!total[name] || compareQuantity(quantity, total[name]) > 0) total[name] = quantity
  const podLevel = spec.resources?.[kind]
  for (const [name, text] of Object.entries(podLevel ?? {})) total[name] = parseQuantity(text)
  if (kind === 'requests' || Object.keys(total).length > 0) sum(total, spec.overhead)
  return total
}

function serviceUsage({ spec }: Service): Usage {
  const usage: Usage = { services: one, 'count/services': one }
  const ports = newQuantity(spec.ports?.length ?? 0)
  if (spec.type === 'NodePort') usage['services.nodeports'] = ports
  if (spec.type === 'LoadBalancer') {
    usage['services.loadbalancers'] = one
    usage['services.nodeports'] =
      spec.allocateLoadBalancerNodePorts === false ? newQuantity((spec.ports ?? []).filter((p) => p.nodePort).length) : ports
  }
  return usage
}

function claimUsage(claim: PersistentVolumeClaim): Usage {
  const asked = claim.spec.resources?.requests?.storage
  const allocated = claim.status.allocatedResources?.storage
  const storage = asked && allocated && compareQuantity(allocated, asked) > 0 ? allocated : asked
  const usage: Usage = { persistentvolumeclaims: one, 'count/persistentvolumeclaims': one }
  if (storage) usage['requests.storage'] = parseQuantity(storage)
  const className = claim.spec.storageClassName
  if (className) {
    usage[`${className}.storageclass.storage.k8s.io/persistentvolumeclaims`] = one
    if (storage) usage[`${className}.storageclass.storage.k8s.io/requests.storage`] = parseQuantity(storage)
  }
  return usage
}
