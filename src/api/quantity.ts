/**
 * resource.Quantity: exact fixed-point amounts such as `100m`, `1.5Gi`, `12e6` (apimachinery/pkg/api/resource). An
 * amount is a BigInt of billionths, since upstream rounds everything finer up to one. Quantities are immutable, and the
 * ones parsed from short texts are shared.
 */

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'
export interface Quantity {
  readonly nano: bigint
  readonly format: QuantityFormat
}
/** What every function here takes: a quantity, or one as it stands in JSON. */
export type QuantityLike = Quantity | string | number

/** Upstream's three parse errors; the text is what it answers. */
export class QuantityError extends Error {}
const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const wrongSuffix = "unable to parse quantity's suffix"
const wrongNumber = 'unable to parse numeric part of quantity'

const billion = 1_000_000_000n
const decimalSuffixes: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const binarySuffixes: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const decimalByExponent = new Map(Object.entries(decimalSuffixes).map(([suffix, exponent]) => [exponent, suffix]))
const binaryByPower = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
/** The largest binary amount; upstream cuts what is above. */
const maxBinary = (2n ** 63n - 1n) * billion
/** Nothing real needs an exponent beyond this; without a bound `1e999999999` would fill the memory. */
const maxExponent = 1000

const cache = new Map<string, Quantity>()
const cacheLimit = 4096

/** Reads a quantity; throws QuantityError. */
export function parseQuantity(from: QuantityLike): Quantity {
  if (typeof from === 'object') return from
  const text = typeof from === 'number' ? String(from) : from
  const known = cache.get(text)
  if (known) return known
  const made = parse(text.trim())
  if (text.length <= 16) {
    if (cache.size >= cacheLimit) cache.clear()
    cache.set(text, made)
  }
  return made
}

function parse(text: string): Quantity {
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(.*)$/s.exec(text)
  if (text === '' || !match) throw new QuantityError(wrongFormat)
  const [, sign, whole, fraction = '', suffix] = match as unknown as [string, string, string, string | undefined, string]
  if (!/^[eEinumkKMGTP]*[-+]?[0-9]*$/.test(suffix)) throw new QuantityError(wrongFormat)
  const [base, exponent, format] = interpretSuffix(suffix)
  if (whole === '' && fraction === '') throw new QuantityError(wrongNumber)
  const digits = BigInt(whole + fraction)
  const places = fraction.length
  let nano: bigint
  let exact = true
  if (base === 2) [nano, exact] = scale(digits * 2n ** BigInt(exponent), 9 - places)
  else [nano, exact] = scale(digits, 9 - places + exponent)
  if (!exact) nano += 1n // away from zero: the sign comes later
  let kept: QuantityFormat = format
  if (format === 'BinarySI') {
    if (nano > maxBinary) nano = maxBinary
    if (nano > 0n && nano < billion) kept = 'DecimalSI'
  }
  return { nano: sign === '-' ? -nano : nano, format: kept }
}

/** digits × 10^power, and whether nothing was cut off. */
function scale(digits: bigint, power: number): [bigint, boolean] {
  if (power >= 0) return [digits * 10n ** BigInt(power), true]
  const divisor = 10n ** BigInt(-power)
  return [digits / divisor, digits % divisor === 0n]
}

function interpretSuffix(suffix: string): [base: 2 | 10, exponent: number, format: QuantityFormat] {
  const decimal = decimalSuffixes[suffix]
  if (decimal !== undefined) return [10, decimal, 'DecimalSI']
  const binary = binarySuffixes[suffix]
  if (binary !== undefined) return [2, binary, 'BinarySI']
  if (/^[eE][-+]?[0-9]+$/.test(suffix)) {
    const exponent = Number(suffix.slice(1))
    if (exponent > maxExponent) throw new QuantityError(wrongSuffix)
    return [10, Math.max(exponent, -maxExponent), 'DecimalExponent']
  }
  throw new QuantityError(wrongSuffix)
}

/** The canonical text: no fraction, the largest suffix that leaves none. */
export function formatQuantity(from: QuantityLike): string {
  const { nano, format } = parseQuantity(from)
  if (nano === 0n) return '0'
  if (format === 'BinarySI' && nano % billion === 0n) {
    const value = nano / billion
    if (value <= -1024n || value >= 1024n) {
      let [mantissa, power] = [value, 0]
      while (power < 6 && mantissa % 1024n === 0n) {
        mantissa /= 1024n
        power++
      }
      return `${mantissa}${binaryByPower[power]}`
    }
  }
  let [mantissa, exponent] = [nano, -9]
  const largest = format === 'DecimalExponent' ? Number.POSITIVE_INFINITY : 18
  while (exponent + 3 <= largest && mantissa % 1000n === 0n) {
    mantissa /= 1000n
    exponent += 3
  }
  if (format === 'DecimalExponent') return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`
  return `${mantissa}${decimalByExponent.get(exponent)}`
}

/**
 * The text a decoded quantity is written as again: upstream keeps what it read as long as its fast path could hold it
 * (18 digits, no binary suffix on a fraction) and canonicalises only the rest. Lists of resources are rounded by their
 * defaulting and so always canonical: `formatQuantity`.
 */
export function rewriteQuantity(text: string): string {
  const trimmed = text.trim()
  parseQuantity(trimmed)
  const match = /^[+-]?0*([0-9]*)(?:\.([0-9]*))?(.*)$/.exec(trimmed)
  const [, whole = '', fraction = '', suffix = ''] = match ?? []
  const [base, exponent] = interpretSuffix(suffix)
  const fast =
    base === 2
      ? fraction === '' && 15 - Math.max(whole.length, 1) - Math.trunc((exponent * 3) / 10) - 1 >= 0
      : whole.length + fraction.length <= 18 && exponent - fraction.length >= -9
  return fast ? trimmed : formatQuantity(trimmed)
}

export const isQuantity = (from: unknown): boolean => {
  if (typeof from !== 'string' && typeof from !== 'number') return false
  try {
    parseQuantity(from)
    return true
  } catch {
    return false
  }
}

export const newQuantity = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity => ({
  nano: BigInt(value) * billion,
  format,
})
export const newMilliQuantity = (milli: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity => ({
  nano: BigInt(milli) * 1_000_000n,
  format,
})
export const zeroQuantity: Quantity = { nano: 0n, format: 'DecimalSI' }

export function compareQuantity(a: QuantityLike, b: QuantityLike): -1 | 0 | 1 {
  const left = parseQuantity(a).nano
  const right = parseQuantity(b).nano
  return left < right ? -1 : left > right ? 1 : 0
}
/** -1, 0 or 1. */
export const quantitySign = (q: QuantityLike): -1 | 0 | 1 => compareQuantity(q, zeroQuantity)
export const isZeroQuantity = (q: QuantityLike): boolean => parseQuantity(q).nano === 0n

/** The sum, in the format of the first unless that is zero. */
export function addQuantity(a: QuantityLike, b: QuantityLike): Quantity {
  const left = parseQuantity(a)
  const right = parseQuantity(b)
  return { nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format }
}
export function subQuantity(a: QuantityLike, b: QuantityLike): Quantity {
  const right = parseQuantity(b)
  return addQuantity(a, { nano: -right.nano, format: right.format })
}
export const maxQuantity = (a: QuantityLike, b: QuantityLike): Quantity => parseQuantity(compareQuantity(a, b) >= 0 ? a : b)

/** In whole units, rounded away from zero (upstream's Value). Exact below 2^53. */
export const quantityValue = (q: QuantityLike): number => Number(roundUp(parseQuantity(q).nano, billion))
/** In thousandths, rounded away from zero (upstream's MilliValue). */
export const quantityMilliValue = (q: QuantityLike): number => Number(roundUp(parseQuantity(q).nano, 1_000_000n))
/** As a float, for ratios. */
export const quantityApproximate = (q: QuantityLike): number => Number(parseQuantity(q).nano) / 1e9
/** Rounded away from zero to thousandths, as upstream's defaulting does to every list of resources. */
export function roundUpToMilli(q: QuantityLike): Quantity {
  const from = parseQuantity(q)
  return from.nano % 1_000_000n === 0n ? from : { nano: roundUp(from.nano, 1_000_000n) * 1_000_000n, format: from.format }
}

function roundUp(nano: bigint, unit: bigint): bigint {
  const cut = nano / unit
  return nano % unit === 0n ? cut : nano > 0n ? cut + 1n : cut - 1n
}
