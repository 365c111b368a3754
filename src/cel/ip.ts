/** Kubernetes' IP and CIDR libraries. Addresses with zones, and IPv4 written as IPv6, are none. */
import { BlockList, isIP } from 'node:net'
import { EvaluationError } from './errors.ts'
import { fn, type Library, traversal } from './functions.ts'
import { Opaque } from './values.ts'

const [ipType, cidrType] = ['net.IP', 'net.CIDR'] as const
type IP = Opaque<string>
interface Network {
  readonly ip: string
  readonly prefix: number
}
type CIDR = Opaque<Network>

const familyOf = (ip: string): 'ipv4' | 'ipv6' => (ip.includes(':') ? 'ipv6' : 'ipv4')

/** The canonical form; or why it is no address. */
function canonical(text: string): { readonly ip: string } | string {
  const quoted = JSON.stringify(text)
  if (isIP(text) === 0) return `IP Address ${quoted} parse error during conversion from string: ParseAddr(${quoted}): unable to parse IP`
  if (text.includes('%')) return `IP address ${quoted} with zone value is not allowed`
  if (!text.includes(':')) return { ip: text }
  const ip = new URL(`http://[${text}]`).hostname.slice(1, -1)
  return /^::ffff:[0-9a-f]+:[0-9a-f]+$/.test(ip) ? `IPv4-mapped IPv6 address ${quoted} is not allowed` : { ip }
}
const orFail = <T>(found: T | string): T => {
  if (typeof found === 'string') throw new EvaluationError(found)
  return found
}
const ipValue = (ip: string): IP => new Opaque(ipType, ip, (other) => other === ip)
const parseIP = (text: string): IP => ipValue(orFail(canonical(text)).ip)

function network(text: string): Network | string {
  const [address = '', bits = '', ...rest] = text.split('/')
  const found = canonical(address)
  const most = address.includes(':') ? 128 : 32
  const fine = rest.length === 0 && /^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= most
  if (typeof found === 'string' || !fine)
    return `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): bad prefix`
  return { ip: found.ip, prefix: Number(bits) }
}
const cidrValue = (value: Network): CIDR => new Opaque(cidrType, value, (other) => other.ip === value.ip && other.prefix === value.prefix)
const parseCIDR = (text: string): CIDR => cidrValue(orFail(network(text)))

function holds({ ip, prefix }: Network, address: string): boolean {
  if (familyOf(ip) !== familyOf(address)) return false
  const list = new BlockList()
  list.addSubnet(ip, prefix, familyOf(ip))
  return list.check(address, familyOf(ip))
}
const within = (...networks: string[]) => {
  let parsed: Network[] | undefined
  return ({ value }: IP): boolean => {
    parsed ??= networks.map((text) => network(text) as Network)
    return parsed.some((one) => holds(one, value))
  }
}
const isUnspecified = within('0.0.0.0/32', '::/128')
const isLoopback = within('127.0.0.0/8', '::1/128')
const isMulticast = within('224.0.0.0/4', 'ff00::/8')
const isLinkLocalMulticast = within('224.0.0.0/24', 'ff02::/16')
const isLinkLocalUnicast = within('169.254.0.0/16', 'fe80::/10')
const isBroadcast = within('255.255.255.255/32')
const isGlobalUnicast = (ip: IP): boolean => ![isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast].some((is) => is(ip))

/** The address with only the bits of the prefix. */
function masked({ value: { ip, prefix } }: CIDR): CIDR {
  const bytes = bytesOf(ip).map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - i * 8))) & 0xff)
  return cidrValue({ ip: textOf(bytes), prefix })
}
function bytesOf(ip: string): number[] {
  if (!ip.includes(':')) return ip.split('.').map(Number)
  const [head = '', tail] = ip.split('::')
  const groups = (part: string | undefined) => (part ? part.split(':') : [])
  const [left, right] = [groups(head), groups(tail)]
  const all = tail === undefined ? left : [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
}
function textOf(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number)).toString(16))
  return (canonical(groups.join(':')) as { ip: string }).ip
}

const inside = (outer: Network, { ip, prefix }: Network): boolean => prefix >= outer.prefix && holds(outer, ip)
const text = ({ ip, prefix }: Network): string => `${ip}/${prefix}`

export const ipLibrary: Library = [
  fn(`ip(string): ${ipType}`, parseIP, traversal()),
  fn('isIP(string): bool', (s: string) => typeof canonical(s) !== 'string', traversal()),
  fn('ip.isCanonical(string): bool', (s: string) => orFail(canonical(s)).ip === s, traversal()),
  fn(`${ipType}.family(): int`, ({ value }: IP) => (value.includes(':') ? 6n : 4n)),
  fn(`${ipType}.isUnspecified(): bool`, isUnspecified),
  fn(`${ipType}.isLoopback(): bool`, isLoopback),
  fn(`${ipType}.isLinkLocalMulticast(): bool`, isLinkLocalMulticast),
  fn(`${ipType}.isLinkLocalUnicast(): bool`, isLinkLocalUnicast),
  fn(`${ipType}.isGlobalUnicast(): bool`, isGlobalUnicast),
  fn(`string(${ipType}): string`, ({ value }: IP) => value),
  fn(`cidr(string): ${cidrType}`, parseCIDR, traversal()),
  fn('isCIDR(string): bool', (s: string) => typeof network(s) !== 'string', traversal()),
  fn(`${cidrType}.containsIP(string): bool`, ({ value }: CIDR, ip: string) => holds(value, orFail(canonical(ip)).ip), traversal()),
  fn(`${cidrType}.containsIP(${ipType}): bool`, ({ value }: CIDR, ip: IP) => holds(value, ip.value)),
  fn(`${cidrType}.containsCIDR(string): bool`, ({ value }: CIDR, other: string) => inside(value, orFail(network(other))), traversal()),
  fn(`${cidrType}.containsCIDR(${cidrType}): bool`, ({ value }: CIDR, other: CIDR) => inside(value, other.value)),
  fn(`${cidrType}.ip(): ${ipType}`, ({ value }: CIDR) => ipValue(value.ip)),
  fn(`${cidrType}.masked(): ${cidrType}`, masked),
  fn(`${cidrType}.prefixLength(): int`, ({ value }: CIDR) => BigInt(value.prefix)),
  fn(`string(${cidrType}): string`, ({ value }: CIDR) => text(value)),
]
