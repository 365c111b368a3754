/** LimitRange objects of the namespace: defaults for containers, and bounds for containers, pods and claims (plugin/pkg/admission/limitranger). */
import { addQuantity, compareQuantity, formatQuantity, isZeroQuantity, quantityApproximate } from '../../api/quantity.ts'
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod, ResourceRequirements } from '../../api/types/core-v1.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject } from '../request.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

type Resources = Readonly<Record<string, string>>
interface Usage {
  readonly requests: Resources
  readonly limits: Resources
}

const annotation = 'kubernetes.io/limit-ranger'

export function createLimitRanger(objects: Objects): AdmissionPlugin {
  const rangesOf = (namespace: string) => objects.list<LimitRange>('limitranges', namespace)
  return {
    name: 'LimitRanger',
    // Containers of a pod do not change their resources but by resize.
    handles: (resource, subresource, operation) =>
      (resource === 'pods' && ((subresource === '' && operation === 'CREATE') || (subresource === 'resize' && operation === 'UPDATE'))) ||
      (resource === 'persistentvolumeclaims' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')),
    isIdle() {
      const { loaded, size } = objects.cache('limitranges')
      return loaded && size === 0
    },
    async admit(object, _old, { namespace, resource, subresource }) {
      if (resource.resource !== 'pods' || subresource) return object
      const ranges = await rangesOf(namespace)
      return ranges.reduce((pod, { spec }) => withDefaults(pod as unknown as Pod, spec?.limits ?? []), object as ApiObject)
    },
    async validate(object, _old, attributes) {
      for (const { spec } of await rangesOf(attributes.namespace)) {
        const items = spec?.limits ?? []
        const errors =
          attributes.resource.resource === 'pods'
            ? podErrors(object as unknown as Pod, items)
            : claimErrors(object as unknown as PersistentVolumeClaim, items)
        if (errors.length > 0) throw newRefusal(attributes, object, errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]`)
      }
      return undefined
    },
  }
}

function withDefaults(pod: Pod, items: readonly LimitRangeItem[]): ApiObject {
  const limits: Record<string, string> = {}
  const requests: Record<string, string> = {}
  for (const item of items) {
    if (item.type !== 'Container') continue
    Object.assign(limits, item.default)
    Object.assign(requests, item.defaultRequest)
  }
  const said: string[] = []
  const fill = (containers: readonly Container[] | undefined | null, kind: string): Container[] | undefined =>
    containers?.map((container) => {
      const set = (defaults: Resources, own: Resources | undefined | null) =>
        Object.keys(defaults)
          .filter((name) => own?.[name] === undefined)
          .sort()
      const { resources } = container
      const newLimits = set(limits, resources?.limits)
      const newRequests = set(requests, resources?.requests)
      if (newRequests.length > 0) said.push(`${newRequests.join(', ')} request for ${kind} ${container.name}`)
      if (newLimits.length > 0) said.push(`${newLimits.join(', ')} limit for ${kind} ${container.name}`)
      if (newLimits.length === 0 && newRequests.length === 0) return container
      const merged = (defaults: Resources, own: Resources | undefined | null, names: readonly string[]) =>
        sorted({ ...own, ...Object.fromEntries(names.map((n) => [n, defaults[n] as string])) })
      const all = {
        ...resources,
        ...(newLimits.length > 0 ? { limits: merged(limits, resources?.limits, newLimits) } : {}),
        ...(newRequests.length > 0 ? { requests: merged(requests, resources?.requests, newRequests) } : {}),
      } as ResourceRequirements
      return { ...container, resources: all }
    })
  const containers = fill(pod.spec.containers, 'container') ?? []
  const initContainers = fill(pod.spec.initContainers, 'init container')
  if (said.length === 0) return pod as unknown as ApiObject
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${said.join('; ')}` },
    },
    spec: { ...pod.spec, containers, ...(initContainers ? { initContainers } : {}) },
  } as unknown as ApiObject
}

const sorted = (resources: Resources): Record<string, string> =>
  Object.fromEntries(Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1)))

function podErrors(pod: Pod, items: readonly LimitRangeItem[]): string[] {
  const errors: string[] = []
  for (const item of items) {
    if (item.type === 'Container') {
      for (const { resources } of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])])
        errors.push(...bounds(item, { requests: resources?.requests ?? {}, limits: resources?.limits ?? {} }))
    }
    if (item.type === 'Pod') errors.push(...bounds(item, podUsage(pod)))
  }
  return errors
}

function claimErrors(claim: PersistentVolumeClaim, items: readonly LimitRangeItem[]): string[] {
  const requests = claim.spec.resources?.requests ?? {}
  return items
    .filter((item) => item.type === 'PersistentVolumeClaim')
    .flatMap((item) => [
      ...Object.entries(item.min ?? {}).flatMap(([name, min]) => minimum('PersistentVolumeClaim', name, min, { requests, limits: {} })),
      ...Object.entries(item.max ?? {}).flatMap(([name, max]) => {
        const head = `maximum ${name} usage per PersistentVolumeClaim is ${formatQuantity(max)}`
        const asked = requests[name]
        if (asked === undefined) return [`${head}.  No request is specified`]
        return compareQuantity(asked, max) > 0 ? [`${head}, but request is ${formatQuantity(asked)}`] : []
      }),
    ])
}

const bounds = (item: LimitRangeItem, usage: Usage): string[] => [
  ...Object.entries(item.min ?? {}).flatMap(([name, min]) => minimum(item.type, name, min, usage)),
  ...Object.entries(item.max ?? {}).flatMap(([name, max]) => maximum(item.type, name, max, usage)),
  ...Object.entries(item.maxLimitRequestRatio ?? {}).flatMap(([name, ratio]) => ratioError(item.type, name, ratio, usage)),
]

function minimum(type: string, name: string, min: string, { requests, limits }: Usage): string[] {
  const head = `minimum ${name} usage per ${type} is ${formatQuantity(min)}`
  const request = requests[name]
  const limit = limits[name]
  if (request === undefined) return [`${head}.  No request is specified`]
  if (compareQuantity(request, min) < 0) return [`${head}, but request is ${formatQuantity(request)}`]
  if (limit !== undefined && compareQuantity(limit, min) < 0) return [`${head}, but limit is ${formatQuantity(limit)}`]
  return []
}

function maximum(type: string, name: string, max: string, { requests, limits }: Usage): string[] {
  const head = `maximum ${name} usage per ${type} is ${formatQuantity(max)}`
  const request = requests[name]
  const limit = limits[name]
  if (limit === undefined) return [`${head}.  No limit is specified`]
  if (compareQuantity(limit, max) > 0) return [`${head}, but limit is ${formatQuantity(limit)}`]
  if (request !== undefined && compareQuantity(request, max) > 0) return [`${head}, but request is ${formatQuantity(request)}`]
  return []
}

function ratioError(type: string, name: string, ratio: string, { requests, limits }: Usage): string[] {
  const head = `${name} max limit to request ratio per ${type} is ${formatQuantity(ratio)}`
  const request = requests[name]
  const limit = limits[name]
  if (request === undefined || isZeroQuantity(request)) return [`${head}, but no request is specified or request is 0`]
  if (limit === undefined || isZeroQuantity(limit)) return [`${head}, but no limit is specified or limit is 0`]
  const found = quantityApproximate(limit) / quantityApproximate(request)
  return found > quantityApproximate(ratio) ? [`${head}, but provided ratio is ${found.toFixed(6)}`] : []
}

/** All containers together, or one init container where that is more. */
function podUsage({ spec }: Pod): Usage {
  const total = (kind: 'requests' | 'limits'): Resources => {
    const sum: Record<string, string> = {}
    for (const container of spec.containers)
      for (const [name, q] of Object.entries(container.resources?.[kind] ?? {}))
        sum[name] = sum[name] ? formatQuantity(addQuantity(sum[name], q)) : q
    for (const container of spec.initContainers ?? [])
      for (const [name, q] of Object.entries(container.resources?.[kind] ?? {}))
        if (!sum[name] || compareQuantity(q, sum[name]) > 0) sum[name] = q
    return { ...sum, ...spec.resources?.[kind] }
  }
  return { requests: total('requests'), limits: total('limits') }
}
