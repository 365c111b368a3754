/** A block of addresses in parts of one size, taken and given back (pkg/controller/nodeipam/ipam/cidrset). */

interface Cidr {
  readonly base: bigint
  readonly prefix: number
  readonly bits: 32 | 128
}

export function parseCidr(text: string): Cidr {
  const [address = '', length = ''] = text.split('/')
  const bits = address.includes(':') ? 128 : 32
  const prefix = Number(length)
  if (!/^\d+$/.test(length) || prefix > bits) throw new Error(`invalid CIDR address: ${text}`)
  const shift = BigInt(bits - prefix)
  return { base: (addressValue(address) >> shift) << shift, prefix, bits }
}
export function addressValue(address: string): bigint {
  if (!address.includes(':')) {
    const parts = address.split('.').map(Number)
    if (parts.length !== 4 || parts.some((p) => !Number.isInteger(p) || p < 0 || p > 255)) throw new Error(`invalid address: ${address}`)
    return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
  }
  const [head = '', tail] = address.split('::')
  const left = head ? head.split(':') : []
  const right = tail ? tail.split(':') : []
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  const groups = [...left, ...zeros, ...right]
  if (groups.length !== 8) throw new Error(`invalid address: ${address}`)
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(Number.parseInt(group, 16)), 0n)
}
export function formatAddress(value: bigint, bits: 32 | 128): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  const text = groups.join(':')
  // The longest run of zero groups is left out (RFC 5952).
  const runs = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=$|:)/g)].sort((a, b) => b[0].length - a[0].length)
  const run = runs[0]
  if (!run) return text
  return `${text.slice(0, run.index).replace(/:$/, '')}::${text.slice(run.index + run[0].length).replace(/^:/, '')}`
}
export function overlaps(a: string, b: string): boolean {
  const [x, y] = [parseCidr(a), parseCidr(b)]
  if (x.bits !== y.bits) return false
  const shift = BigInt(x.bits - Math.min(x.prefix, y.prefix))
  return x.base >> shift === y.base >> shift
}

export interface CidrSet {
  /** A part nobody has, going round; undefined when all are taken. */
  allocate(): string | undefined
  /** Takes every part that this block touches. */
  occupy(cidr: string): void
  release(cidr: string): void
}

export function createCidrSet(cluster: string, partPrefix: number): CidrSet {
  const { base, prefix, bits } = parseCidr(cluster)
  if (partPrefix < prefix || partPrefix > bits) throw new Error(`node mask size ${partPrefix} does not fit the cluster CIDR ${cluster}`)
  if (partPrefix - prefix > 16) throw new Error('New CIDR set failed; the node CIDR size is too big')
  const count = 1 << (partPrefix - prefix)
  const shift = BigInt(bits - partPrefix)
  const taken = new Set<number>()
  let next = 0
  const range = (text: string): [first: number, last: number] | undefined => {
    const block = parseCidr(text)
    if (block.bits !== bits) return undefined
    const end = block.base + (1n << BigInt(bits - block.prefix)) - 1n
    const first = Number((block.base - base) >> shift)
    const last = Number((end - base) >> shift)
    return last < 0 || first >= count ? undefined : [Math.max(first, 0), Math.min(last, count - 1)]
  }
  return {
    allocate() {
      for (let tries = 0; tries < count; tries++) {
        const index = (next + tries) % count
        if (taken.has(index)) continue
        taken.add(index)
        next = (index + 1) % count
        return `${formatAddress(base + (BigInt(index) << shift), bits)}/${partPrefix}`
      }
      return undefined
    },
    occupy(cidr) {
      const [first, last] = range(cidr) ?? [0, -1]
      for (let i = first; i <= last; i++) taken.add(i)
    },
    release(cidr) {
      const [first, last] = range(cidr) ?? [0, -1]
      for (let i = first; i <= last; i++) taken.delete(i)
    },
  }
}
