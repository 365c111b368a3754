/** Resource names, amounts, and the requirements of containers, pods and claims (core/validation, core/helper). */
import { compareQuantity, formatQuantity, isZeroQuantity, parseQuantity, quantityMilliValue, quantitySign } from '../quantity.ts'
import type { ResourceRequirements } from '../types/core-v1.ts'
import { check, notNegativeQuantity } from './checks.ts'
import { duplicate, type FieldError, forbidden, invalid, notFound, notSupported, required } from './field-error.ts'
import { isQualifiedName } from './names.ts'

export type ResourceList = Readonly<Record<string, string>>

const standardResources = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
])
const quotaResources = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
])
const integerResources = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
])

export const isHugePageResource = (name: string): boolean => name.startsWith('hugepages-')
const isQuotaHugePage = (name: string) => name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0
const isOvercommitAllowed = (name: string) => isNativeResource(name) && !isHugePageResource(name)
const isStandardContainerResource = (name: string) => ['cpu', 'memory', 'ephemeral-storage'].includes(name) || isHugePageResource(name)

/** validateResourceName: the form of any resource's name. */
export function validateResourceName(name: string, path: string): FieldError[] {
  const errors = check(name, path, isQualifiedName)
  if (errors.length > 0) return errors
  return name.includes('/') || standardResources.has(name) || isQuotaHugePage(name)
    ? []
    : [invalid(path, name, 'must be a standard resource type or fully qualified')]
}
export function validateContainerResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path)
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name)) errors.push(invalid(path, name, 'must be a standard resource for containers'))
  } else if (!isNativeResource(name) && !isExtendedResource(name))
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"))
  return errors
}
export function validateQuotaResourceName(name: string, path: string): FieldError[] {
  const errors = validateResourceName(name, path)
  if (!name.includes('/') && !quotaResources.has(name) && !isQuotaHugePage(name))
    errors.push(invalid(path, name, 'must be a standard resource for quota'))
  return errors
}

const isWhole = (quantity: string) => quantityMilliValue(quantity) % 1000 === 0
export function validateResourceQuantity(name: string, quantity: string, path: string): FieldError[] {
  const errors = [...notNegativeQuantity(quantity, path)]
  if ((integerResources.has(name) || isExtendedResource(name)) && !isWhole(quantity))
    errors.push(invalid(path, quantity, 'must be an integer'))
  return errors
}
/** validateBasicResource; upstream prints the integer value here. */
export const validateBasicResource = (quantity: string, path: string): FieldError[] =>
  quantitySign(quantity) < 0
    ? [invalid(path, Number(parseQuantity(quantity).nano / 1_000_000_000n), 'must be a valid resource quantity')]
    : []

function hugePageMultiple(name: string, quantity: string, path: string): FieldError[] {
  let size: bigint
  try {
    size = parseQuantity(name.slice('hugepages-'.length)).nano
  } catch {
    return [invalid(path, formatQuantity(quantity), `${formatQuantity(quantity)} is not positive integer multiple of ${name}`)]
  }
  const amount = parseQuantity(quantity).nano
  return size <= 0n || amount < 0n || amount % size !== 0n
    ? [invalid(path, formatQuantity(quantity), `${formatQuantity(quantity)} is not positive integer multiple of ${name}`)]
    : []
}

/** The requirements of a container, or of a pod's overhead (which has limits only). */
export function validateResourceRequirements(
  requirements: ResourceRequirements,
  podClaims: ReadonlySet<string> | undefined,
  path: string,
  podLevel = false,
): FieldError[] {
  const errors: FieldError[] = []
  const { limits = {}, requests = {}, claims } = requirements
  const has = { cpuOrMemory: false, hugePages: false }
  const note = (name: string) => {
    has.hugePages ||= isHugePageResource(name)
    has.cpuOrMemory ||= name === 'cpu' || name === 'memory'
  }
  const validateName = (name: string, at: string): FieldError[] =>
    podLevel
      ? [
          ...validateResourceName(name, at),
          ...(name === 'cpu' || name === 'memory' || isHugePageResource(name)
            ? []
            : [notSupported(at, name, ['cpu', 'hugepages-', 'memory'])]),
        ]
      : validateContainerResourceName(name, at)
  for (const [name, quantity] of Object.entries(limits)) {
    const at = `${path}.limits[${name}]`
    errors.push(...validateName(name, at), ...validateResourceQuantity(name, quantity, at))
    if (isHugePageResource(name)) errors.push(...hugePageMultiple(name, quantity, at))
    note(name)
  }
  for (const [name, quantity] of Object.entries(requests)) {
    const at = `${path}.requests[${name}]`
    errors.push(...validateName(name, at), ...validateResourceQuantity(name, quantity, at))
    const limit = limits[name]
    if (limit !== undefined) {
      if (compareQuantity(quantity, limit) !== 0 && !isOvercommitAllowed(name))
        errors.push(invalid(`${path}.requests`, formatQuantity(quantity), `must be equal to ${name} limit of ${formatQuantity(limit)}`))
      else if (compareQuantity(quantity, limit) > 0)
        errors.push(
          invalid(`${path}.requests`, formatQuantity(quantity), `must be less than or equal to ${name} limit of ${formatQuantity(limit)}`),
        )
    } else if (!isOvercommitAllowed(name)) errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'))
    if (isHugePageResource(name)) errors.push(...hugePageMultiple(name, quantity, at))
    note(name)
  }
  if (has.hugePages && !has.cpuOrMemory) errors.push(forbidden(path, 'HugePages require cpu or memory'))
  const seen = new Set<string>()
  claims?.forEach((claim, i) => {
    const at = `${path}.claims[${i}]`
    if (!claim.name) {
      errors.push(required(`${at}.name`))
      return
    }
    const key = claim.request ? `${claim.name}/${claim.request}` : claim.name
    const whole = [...seen].some((s) => s === claim.name || (!claim.request && s.startsWith(`${claim.name}/`)))
    if (seen.has(key) || whole) errors.push(duplicate(at, key))
    else seen.add(key)
    if (!podClaims?.has(claim.name))
      errors.push(
        notFound(
          at,
          claim.name,
          podClaims?.size
            ? `must be one of the names in pod.spec.resourceClaims: ${[...podClaims].sort().join(', ')}`
            : 'must be one of the names in pod.spec.resourceClaims which is empty',
        ),
      )
  })
  return errors
}

export const isEmptyList = (list: ResourceList | undefined): boolean => !list || Object.keys(list).length === 0
export const isZero = isZeroQuantity
