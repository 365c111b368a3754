/**
 * The small steps that every kind's validation is made of: a message check turned into field errors, one of a set of
 * values, a quantity of some sign, an address, a label selector (apimachinery/pkg/apis/meta/v1/validation and
 * apimachinery/pkg/util/validation/ip.go). Each returns the errors it found.
 */
import { isIP, isIPv6 } from 'node:net'
import { formatQuantity, quantitySign } from '../quantity.ts'
import type { Condition, LabelSelector, LabelSelectorRequirement } from '../types/meta-v1.ts'
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from './field-error.ts'
import { isValidLabelValue, isValidPortName, isValidPortNum } from './names.ts'
import { notNegativeMessage, validateLabelName, validateLabels } from './object-meta.ts'

/** What a check says about a value, as errors of its field. */
export const check = <T>(value: T, path: string, rule: (value: T) => string[]): FieldError[] =>
  rule(value).map((m) => invalid(path, value, m))

/** A value that must be given and must be one of `supported` (in the order upstream prints them). */
export function oneOf(value: string | undefined, path: string, supported: readonly string[]): FieldError[] {
  if (!value) return [required(path)]
  return supported.includes(value) ? [] : [notSupported(path, value, supported)]
}
/** The same, when it may also be absent. */
export const optionalOneOf = (value: string | undefined, path: string, supported: readonly string[]): FieldError[] =>
  value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)]

export const notNegative = (value: number | undefined, path: string): FieldError[] =>
  value !== undefined && value < 0 ? [invalid(path, value, notNegativeMessage)] : []

export const notNegativeQuantity = (value: string, path: string): FieldError[] =>
  quantitySign(value) < 0 ? [invalid(path, formatQuantity(value), notNegativeMessage)] : []
export const positiveQuantity = (value: string, path: string): FieldError[] =>
  quantitySign(value) <= 0 ? [invalid(path, formatQuantity(value), 'must be greater than zero')] : []

export function portNumberOrName(port: number | string, path: string): FieldError[] {
  return typeof port === 'number' ? check(port, path, isValidPortNum) : check(port, path, isValidPortName)
}

/** Deep equality where an absent value, null, and an empty list or map are the same (apiequality.Semantic.DeepEqual). */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a)) return isEmpty(b)
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((v, i) => semanticEqual(v, b[i]))
  for (const key in a) if (!semanticEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false
  for (const key in b) if (!(key in a) && !isEmpty((b as Record<string, unknown>)[key])) return false
  return true
}
const isEmpty = (v: unknown): boolean => v === undefined || v === null || (Array.isArray(v) && v.length === 0)

export function immutable(value: unknown, old: unknown, path: string): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalid(path, value ?? null, 'field is immutable')]
}

const isNotIP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
/** IPv4 with leading zeros, which Go's lenient parser takes as decimal and upstream now refuses apart. */
const leadingZeros = /^(?:0*(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}0*(?:25[0-5]|2[0-4]\d|1?\d?\d)$/
export function validIP(value: string, path: string): FieldError[] {
  if (isIP(value) === 0 || value.includes('%'))
    return [invalid(path, value, leadingZeros.test(value) ? 'must not have leading 0s' : isNotIP)]
  return isMapped(value) ? [invalid(path, value, 'must not be an IPv4-mapped IPv6 address')] : []
}
export const isMapped = (ip: string): boolean => /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(ip) && isIPv6(ip)

const isNotCIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
export function validCIDR(value: string, path: string): FieldError[] {
  const [ip, bits, ...rest] = value.split('/') as [string, string | undefined, ...string[]]
  const zeros = leadingZeros.test(ip) && isIP(ip) === 0
  const family = zeros ? 4 : isIP(ip)
  if (rest.length > 0 || family === 0 || ip.includes('%') || !bits || !/^\d{1,4}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return [invalid(path, value, isNotCIDR)]
  if (zeros || (bits.length > 1 && bits.startsWith('0'))) return [invalid(path, value, 'must not have leading 0s in IP or prefix length')]
  if (isMapped(ip)) return [invalid(path, value, 'must not have an IPv4-mapped IPv6 address')]
  if (ipToBigInt(ip) & ((1n << BigInt((family === 4 ? 32 : 128) - Number(bits))) - 1n))
    return [invalid(path, value, 'must not have bits set beyond the prefix length')]
  return []
}

/** The address as a number; it must be valid. */
export function ipToBigInt(ip: string): bigint {
  if (!ip.includes(':')) return ip.split('.').reduce((n, part) => n * 256n + BigInt(Number(part)), 0n)
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(ip)
  const hex = (n: bigint) => n.toString(16)
  const text = tail ? `${tail[1]}${hex(ipToBigInt(tail[2] as string) >> 16n)}:${hex(ipToBigInt(tail[2] as string) & 0xffffn)}` : ip
  const [head, rest] = text.split('::') as [string, string | undefined]
  const left = head === '' ? [] : head.split(':')
  const right = rest === undefined || rest === '' ? [] : rest.split(':')
  const groups = rest === undefined ? left : [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return groups.reduce((n, group) => (n << 16n) + BigInt(Number.parseInt(group, 16)), 0n)
}
export function ipFromBigInt(n: bigint, ipv6: boolean): string {
  if (!ipv6) return [24n, 16n, 8n, 0n].map((shift) => String((n >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((n >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  // The longest run of zeros, of two at least, becomes ::
  let best = { start: -1, length: 1 }
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === '0') end++
    if (end - i > best.length) best = { start: i, length: end - i }
  }
  if (best.start < 0) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}

/** ValidateNonSpecialIP: addresses that traffic must not be sent to (endpoints, external IPs). */
export function nonSpecialIP(ip: string, path: string): FieldError[] {
  if (isIP(ip) === 0) return [invalid(path, ip, 'must be a valid IP address')]
  const n = ipToBigInt(ip)
  const v6 = ip.includes(':') && !isMapped(ip)
  const low = isMapped(ip) ? n & 0xffffffffn : n
  const inside = (base: string, bits: number) =>
    low >> BigInt((v6 ? 128 : 32) - bits) === ipToBigInt(base) >> BigInt((v6 ? 128 : 32) - bits)
  if (low === 0n) return [invalid(path, ip, `may not be unspecified (${ip})`)]
  if (v6 ? low === 1n : inside('127.0.0.0', 8)) return [invalid(path, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')]
  if (v6 ? inside('fe80::', 10) : inside('169.254.0.0', 16))
    return [invalid(path, ip, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')]
  if (v6 ? n >> 112n === 0xff02n : inside('224.0.0.0', 24))
    return [invalid(path, ip, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')]
  return []
}

export function validateLabelSelector(selector: LabelSelector | undefined, path: string): FieldError[] {
  if (!selector) return []
  const errors = validateLabels(selector.matchLabels, `${path}.matchLabels`)
  selector.matchExpressions?.forEach((requirement, i) => {
    errors.push(...validateLabelSelectorRequirement(requirement, `${path}.matchExpressions[${i}]`))
  })
  return errors
}
function validateLabelSelectorRequirement(requirement: LabelSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = []
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (!requirement.values?.length) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
      break
    case 'Exists':
    case 'DoesNotExist':
      if (requirement.values?.length)
        errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
      break
    default:
      errors.push(invalid(`${path}.operator`, requirement.operator, 'not a valid selector operator'))
  }
  errors.push(...validateLabelName(requirement.key, `${path}.key`))
  requirement.values?.forEach((value, i) => {
    errors.push(...check(value, `${path}.values[${i}]`, isValidLabelValue))
  })
  return errors
}
export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  !selector || (Object.keys(selector.matchLabels ?? {}).length === 0 && !selector.matchExpressions?.length)

/** metav1.Condition lists, as services, pod disruption budgets and the newer kinds have in their status. */
export function validateConditions(conditions: readonly Condition[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Map<string, number>()
  conditions?.forEach((condition, i) => {
    const at = `${path}[${i}]`
    if (condition.type) {
      const first = seen.get(condition.type)
      if (first !== undefined) errors.push({ type: 'duplicate', field: `${at}.type`, value: condition.type, detail: '' })
      else seen.set(condition.type, i)
    }
    if (!condition.type) errors.push(required(`${at}.type`, 'must be set'))
    else errors.push(...validateLabelName(condition.type, `${at}.type`))
    if (!['True', 'False', 'Unknown'].includes(condition.status))
      errors.push(notSupported(`${at}.status`, condition.status, ['False', 'True', 'Unknown']))
    errors.push(...notNegative(condition.observedGeneration, `${at}.observedGeneration`))
    if (!condition.lastTransitionTime) errors.push(required(`${at}.lastTransitionTime`, 'must be set'))
    if (!condition.reason) errors.push(required(`${at}.reason`, 'must be set'))
    else {
      if (!/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(condition.reason))
        errors.push(
          invalid(
            `${at}.reason`,
            condition.reason,
            "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')",
          ),
        )
      if (condition.reason.length > 1024) errors.push(tooLong(`${at}.reason`, 1024))
    }
    if (condition.message.length > 32768) errors.push(tooLong(`${at}.message`, 32768))
  })
  return errors
}
