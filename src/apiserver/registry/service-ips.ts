/**
 * Cluster IPs (registry/core/service/ipallocator). An address is taken by making the IPAddress object that is named
 * after it: the store refuses a second one, whoever asks, so no address is handed out twice, over restarts and over
 * several servers. Ranges are the server's flag and the ServiceCIDR objects.
 */
import { randomBytes } from 'node:crypto'
import type { IPAddress } from '../../api/types/networking-v1.ts'
import { ipFromBigInt, ipToBigInt } from '../../api/validation/checks.ts'

export type IPFamily = 'IPv4' | 'IPv6'
export const familyOf = (ip: string): IPFamily => (ip.includes(':') ? 'IPv6' : 'IPv4')

/** Where the addresses taken are kept. `create` answers false when the name is taken. */
export interface IPAddresses {
  has(ip: string): Promise<boolean>
  create(address: IPAddress): Promise<boolean>
  delete(ip: string): Promise<void>
}

export interface ServiceRef {
  readonly namespace: string
  readonly name: string
}

export interface ServiceIPs {
  readonly family: IPFamily
  /** Takes this address; says why it cannot. */
  take(ip: string, service: ServiceRef, dryRun: boolean): Promise<string | undefined>
  /** Takes a free address; undefined when the ranges are full. */
  takeNext(service: ServiceRef, dryRun: boolean): Promise<string | undefined>
  release(ip: string, dryRun: boolean): Promise<void>
  /** The ranges to take from; the flag's is the first. */
  setRanges(cidrs: readonly string[]): void
}

interface Range {
  readonly cidr: string
  readonly first: bigint
  readonly size: bigint
}

/** The addresses of a block that services may have: not the network's own, nor an IPv4 broadcast address. */
export function serviceRange(cidr: string): Range {
  const [base, bits] = cidr.split('/') as [string, string]
  const width = base.includes(':') ? 128 : 32
  const size = 1n << BigInt(width - Number(bits))
  const network = (ipToBigInt(base) / size) * size
  return { cidr, first: network + 1n, size: size - (width === 32 ? 2n : 1n) }
}
/** The first address of a range, which the API server's own service has. */
export const firstServiceIP = (cidr: string): string => ipFromBigInt(serviceRange(cidr).first, cidr.includes(':'))

const tries = 4096
/** Who made an address's object: those of others are none of the allocator's. */
export const managedBy = 'ipallocator.k8s.io'

export function createServiceIPs(cidr: string, addresses: IPAddresses): ServiceIPs {
  const family = familyOf(cidr)
  let ranges = [serviceRange(cidr)]
  const shown = (n: bigint) => ipFromBigInt(n, family === 'IPv6')

  async function claim(ip: string, service: ServiceRef, dryRun: boolean): Promise<boolean> {
    if (dryRun) return !(await addresses.has(ip))
    return addresses.create({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: {
        name: ip,
        labels: { 'ipaddress.kubernetes.io/ip-family': family, 'ipaddress.kubernetes.io/managed-by': managedBy },
      } as unknown as IPAddress['metadata'],
      spec: { parentRef: { group: '', resource: 'services', namespace: service.namespace, name: service.name } },
    })
  }

  return {
    family,
    async take(ip, service, dryRun) {
      const n = ipToBigInt(ip)
      if (!ranges.some((r) => n >= r.first && n < r.first + r.size)) return 'the provided network does not match the current range'
      return (await claim(shown(n), service, dryRun)) ? undefined : 'provided IP is already allocated'
    },
    async takeNext(service, dryRun) {
      for (const { first, size } of ranges) {
        // The first addresses are for those who ask for one (KEP-3070).
        const most = size / 16n
        const band = size < 16n ? 0n : most < 16n ? 16n : most > 256n ? 256n : most
        for (const [from, count] of [
          [first + band, size - band],
          [first, band],
        ] as const) {
          if (count <= 0n) continue
          const start = randomBelow(count)
          const limit = count < BigInt(tries) ? count : BigInt(tries)
          for (let i = 0n; i < limit; i++) {
            const ip = shown(from + ((start + i) % count))
            if (await claim(ip, service, dryRun)) return ip
          }
        }
      }
      return undefined
    },
    async release(ip, dryRun) {
      if (!dryRun) await addresses.delete(ip)
    },
    setRanges(cidrs) {
      ranges = cidrs.map(serviceRange)
    },
  }
}
const randomBelow = (n: bigint) => BigInt(`0x${randomBytes(16).toString('hex')}`) % n
