/**
 * The formats of texts that a custom resource's schema may name (apiextensions' supported formats, checked by
 * kube-openapi's strfmt). Others say nothing. All patterns are linear.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { isDNS1123Label, isDNS1123Subdomain } from '../validation/names.ts'

export type Format = (text: string) => boolean

/** The check of a format, whose name is written with or without dashes; undefined for one that is not supported. */
export const formatCheck = (name: string | undefined): Format | undefined => (name ? formats.get(name.replaceAll('-', '')) : undefined)

const matches =
  (pattern: RegExp): Format =>
  (text) =>
    pattern.test(text)
const uuid = (version: string) => matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}-?[0-9a-f]{12}$`, 'i'))

const formats: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['bsonobjectid', matches(/^[0-9a-fA-F]{24}$/)],
  ['uri', isUri],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', (text) => isIPv4(text)],
  ['ipv6', (text) => isIPv6(text) && !text.includes('%')],
  ['cidr', isCidr],
  ['mac', isMac],
  ['uuid', uuid('[0-9a-f]{4}-?[0-9a-f]{4}')],
  ['uuid3', uuid('3[0-9a-f]{3}-?[0-9a-f]{4}')],
  ['uuid4', uuid('4[0-9a-f]{3}-?[89ab][0-9a-f]{3}')],
  ['uuid5', uuid('5[0-9a-f]{3}-?[89ab][0-9a-f]{3}')],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ['hexcolor', matches(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['rgbcolor', isRgbColor],
  ['byte', (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/\\]+={0,2}$/.test(text)],
  ['password', () => true],
  ['date', isDate],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['k8sshortname', (text) => isDNS1123Label(text).length === 0],
  ['k8slongname', (text) => isDNS1123Subdomain(text).length === 0],
])

const brokenEscape = /%(?![0-9a-fA-F]{2})/
/** Go's url.ParseRequestURI: an absolute path, or anything after a scheme, of which a host is looked at. */
function isUri(text: string): boolean {
  if (/[\u0000-\u001f\u007f]/.test(text)) return false
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(text)?.[0] ?? ''
  const rest = (text.slice(scheme.length).split('?', 1) as [string])[0]
  if (!rest.startsWith('/')) return scheme !== '' || text === '*'
  if (scheme === '' || !rest.startsWith('//')) return !brokenEscape.test(rest)
  const [authority] = rest.slice(2).split('/', 1) as [string]
  if (brokenEscape.test(rest.slice(2 + authority.length))) return false
  const at = authority.lastIndexOf('@')
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, Math.max(at, 0)))) return false
  return /^(?:\[[0-9a-fA-F:.]+(?:%25[^\]]+)?\]|[^\s"<>[\]^`{|}\\:#%]*)(?::\d*)?$/.test(authority.slice(at + 1))
}

/** Go's mail.ParseAddress, in the forms `user@host` and `Name <user@host>`. */
function isEmail(text: string): boolean {
  const named = /^[^<>@]*<([^<>]*)>$/.exec(text.trim())
  const address = named ? (named[1] as string) : text.trim()
  const at = address.lastIndexOf('@')
  const word = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+$/u
  const dotted = (part: string) => part.split('.').every((p) => word.test(p))
  const user = address.slice(0, at)
  return (
    at > 0 &&
    (dotted(user) || /^"(?:[^"\\]|\\.)*"$/.test(user)) &&
    (dotted(address.slice(at + 1)) || /^\[[^[\]]+\]$/.test(address.slice(at + 1)))
  )
}

function isHostname(text: string): boolean {
  const labels = text.split('.')
  if (text.length > 255 || labels.some((l) => l.length > 63)) return false
  const inner = /^[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\p{S}\p{L}-]*[a-zA-Z0-9\p{S}\p{L}])?$/u
  if (!labels.every((l) => inner.test(l))) return false
  return labels.length === 1 || /^[a-zA-Z\p{L}]{2,63}$/u.test(labels.at(-1) as string)
}

function isCidr(text: string): boolean {
  const slash = text.indexOf('/')
  const [address, bits] = [text.slice(0, slash), text.slice(slash + 1)]
  if (slash < 0 || !/^\d{1,3}$/.test(bits) || address.includes('%')) return false
  return isIPv4(address) ? Number(bits) <= 32 : isIPv6(address) && Number(bits) <= 128
}

/** Go's net.ParseMAC: 6, 8 or 20 bytes by colons, dashes or in groups of four digits. */
function isMac(text: string): boolean {
  const bytes = /^[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2})*$/i.test(text) ? (text.length + 1) / 3 : 0
  const groups = /^[0-9a-f]{4}(?:\.[0-9a-f]{4})+$/i.test(text) ? ((text.length + 1) / 5) * 2 : 0
  return [6, 8, 20].includes(bytes || groups)
}

const digitsOf = (text: string): string => text.replace(/[\s-]/g, '')
function isIsbn10(text: string): boolean {
  const digits = digitsOf(text)
  if (!/^\d{9}[\dXx]$/.test(digits)) return false
  return [...digits].reduce((sum, d, i) => sum + (i + 1) * (d === 'X' || d === 'x' ? 10 : Number(d)), 0) % 11 === 0
}
function isIsbn13(text: string): boolean {
  const digits = digitsOf(text)
  return /^\d{13}$/.test(digits) && [...digits].reduce((sum, d, i) => sum + Number(d) * (i % 2 ? 3 : 1), 0) % 10 === 0
}

/** The ranges of the known issuers, and Luhn's sum. */
function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  const issued =
    /^(?:4\d{12}(?:\d{3})?|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11}|6[27]\d{14})$/
  if (!issued.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, d, i) => {
    const n = Number(d) * (i % 2 ? 2 : 1)
    return total + (n > 9 ? n - 9 : n)
  }, 0)
  return sum % 10 === 0
}

function isRgbColor(text: string): boolean {
  const parts = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text)
  return parts?.slice(1).every((p) => Number(p) <= 255 && String(Number(p)) === p) === true
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (!parts) return false
  const [, year, month, day] = parts.map(Number) as [number, number, number, number]
  // The year 2000 + its place in the cycle has the same days, and Date takes years below 100 for those of 1900.
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}
/** RFC 3339, in small letters too. */
function isDateTime(text: string): boolean {
  const parts = /^([^t]*)t(\d\d):(\d\d):(\d\d)(?:.\d+)?(?:z|[+-]\d\d:\d\d)$/.exec(text.toLowerCase())
  return parts !== null && isDate(parts[1] as string) && Number(parts[2]) <= 23 && Number(parts[3]) <= 59 && Number(parts[4]) <= 59
}

const go = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const words =
  /^\s*(?:\d+\s*(?:nanoseconds?|nano|ns|microseconds?|micro|us|µs|milliseconds?|milli|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w)\s*)+$/
/** Go's durations, or whole numbers of named units: `3 days`. */
function isDuration(text: string): boolean {
  return text.length <= 100 && (go.test(text) || words.test(text))
}
