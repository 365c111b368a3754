/** What an object costs a ResourceQuota (upstream: pkg/quota/v1/evaluator): admission raises the figures with it, the controller counts anew. */
import { addQuantity, compareQuantity, newQuantity, parseQuantity, type Quantity } from './quantity.ts'
import type { PersistentVolumeClaim, Pod, ResourceQuota, ScopedResourceSelectorRequirement, Service } from './types/core-v1.ts'

/** By the names that quotas use: `pods`, `requests.cpu`, `count/deployments.apps`. */
export type Usage = Record<string, Quantity>

const oldNames = new Set(['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas'])
/** Resources that a quota may count without `count/` before them. */
export const isCountedByOldName = (name: string): boolean => oldNames.has(name)

export interface Scope {
  readonly name: string
  readonly operator: string
  readonly values: readonly string[]
}
export function scopesOf(quota: ResourceQuota): Scope[] {
  const plain = (quota.spec.scopes ?? []).map((name) => ({ name: name as string, operator: 'Exists', values: [] }))
  const selected = (quota.spec.scopeSelector?.matchExpressions ?? []).map((e: ScopedResourceSelectorRequirement) => ({
    name: e.scopeName as string,
    operator: e.operator as string,
    values: e.values ?? [],
  }))
  return [...plain, ...selected]
}
export function podInScope(pod: Pod, scope: Scope): boolean {
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
    case 'PriorityClass':
      return isSelected(spec.priorityClassName ? [spec.priorityClassName] : [], scope)
    default:
      return false
  }
}
/** The classes that a claim has, wants and is on its way to all count. */
export function claimInScope({ spec, status }: PersistentVolumeClaim, scope: Scope): boolean {
  const names = [
    spec.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return (
    scope.name === 'VolumeAttributesClass' &&
    isSelected(
      names.filter((name) => name !== undefined && name !== ''),
      scope,
    )
  )
}
function isSelected(names: readonly (string | undefined)[], { operator, values }: Scope): boolean {
  const among = names.some((name) => name !== undefined && values.includes(name))
  if (operator === 'In') return among
  if (operator === 'NotIn') return !among
  return operator === 'Exists' ? names.length > 0 : names.length === 0
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

export function podUsage(pod: Pod): Usage {
  const usage: Usage = { pods: one, 'count/pods': one }
  for (const [kind, prefix] of [
    ['requests', 'requests.'],
    ['limits', 'limits.'],
  ] as const) {
    for (const [name, quantity] of Object.entries(podResources(pod, kind))) {
      usage[`${prefix}${name}`] = quantity
      if (kind === 'requests' && (['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-')))
        usage[name] = quantity
    }
  }
  return usage
}
/** What a pod needs at most at a time: all containers and sidecars together, or one init container with the sidecars before it. */
export function podResources({ spec }: Pod, kind: 'requests' | 'limits'): Usage {
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

export function serviceUsage({ spec }: Service): Usage {
  const none = newQuantity(0)
  const usage: Usage = { services: one, 'count/services': one, 'services.nodeports': none, 'services.loadbalancers': none }
  const ports = newQuantity(spec.ports?.length ?? 0)
  if (spec.type === 'NodePort') usage['services.nodeports'] = ports
  if (spec.type === 'LoadBalancer') {
    usage['services.loadbalancers'] = one
    usage['services.nodeports'] =
      spec.allocateLoadBalancerNodePorts === false ? newQuantity((spec.ports ?? []).filter((p) => p.nodePort).length) : ports
  }
  return usage
}

export function claimUsage(claim: PersistentVolumeClaim): Usage {
  const asked = claim.spec.resources?.requests?.storage
  const allocated = claim.status?.allocatedResources?.storage
  const storage = asked && allocated && compareQuantity(allocated, asked) > 0 ? allocated : asked
  const usage: Usage = { persistentvolumeclaims: one, 'count/persistentvolumeclaims': one }
  if (storage) usage['requests.storage'] = parseQuantity(storage)
  const className = claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec.storageClassName
  if (className) {
    usage[`${className}.storageclass.storage.k8s.io/persistentvolumeclaims`] = one
    if (storage) usage[`${className}.storageclass.storage.k8s.io/requests.storage`] = parseQuantity(storage)
  }
  return usage
}
