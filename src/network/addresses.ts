/**
 * Host-local address allocation (CNI plugins, ipam/host-local): one file per address in a folder, named by the
 * address and holding the owner's id. Creating it exclusively is what makes an address handed out once, also
 * between two processes and across restarts. The search goes round from the last address given, so that an address
 * just freed is not the next one used while others' caches still point to the pod that had it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface AddressPool {
  /** The first address of the range: the bridge's own. */
  readonly gateway: string
  readonly prefix: number
  /** The owner's address; a new one unless it has one already. Throws when the range is used up. */
  allocate(owner: string): string
  /** Frees the owner's address; one without is none. */
  release(owner: string): void
  owners(): ReadonlyMap<string, string>
}

export function createAddressPool(folder: string, cidr: string): AddressPool {
  const { first, size, prefix } = parseCIDR(cidr)
  if (size < 4) throw new Error(`pod CIDR ${cidr} is too small: it holds no address for a pod`)
  mkdirSync(folder, { recursive: true })
  const byOwner = new Map<string, string>()
  const taken = new Set<string>()
  let last = 1
  for (const name of readdirSync(folder)) {
    const content = readFileSync(join(folder, name), 'utf8')
    if (name === 'last') last = parseIPv4(content) - first
    else {
      byOwner.set(content, name)
      taken.add(name)
    }
  }
  if (!(last >= 1 && last < size - 1)) last = 1

  return {
    gateway: formatIPv4(first + 1),
    prefix,
    allocate(owner) {
      const have = byOwner.get(owner)
      if (have) return have
      for (let step = 1; step <= size; step++) {
        // Offsets 0, 1 and the last are the network, the gateway and the broadcast address.
        const offset = 2 + ((last - 2 + step + (size - 3)) % (size - 3))
        const address = formatIPv4(first + offset)
        if (taken.has(address)) continue
        taken.add(address)
        try {
          writeFileSync(join(folder, address), owner, { flag: 'wx' })
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
          taken.delete(address)
          throw error
        }
        byOwner.set(owner, address)
        last = offset
        writeFileSync(join(folder, 'last'), address)
        return address
      }
      throw new Error(`no IP addresses available in range set: ${formatIPv4(first + 1)}-${formatIPv4(first + size - 2)}`)
    },
    release(owner) {
      const address = byOwner.get(owner)
      if (!address) return
      rmSync(join(folder, address), { force: true })
      byOwner.delete(owner)
      taken.delete(address)
    },
    owners: () => byOwner,
  }
}

/** `10.244.1.0/24`: the first address as a number, and how many there are. */
export function parseCIDR(cidr: string): { first: number; size: number; prefix: number } {
  const [address, prefixText] = cidr.split('/') as [string, string | undefined]
  const prefix = Number(prefixText)
  if (prefixText === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > 32) throw new Error(`invalid CIDR address: ${cidr}`)
  const size = 2 ** (32 - prefix)
  const value = parseIPv4(address)
  return { first: value - (value % size), size, prefix }
}

export function inCIDR(cidr: string, address: string): boolean {
  const { first, size } = parseCIDR(cidr)
  const value = parseIPv4(address)
  return value >= first && value < first + size
}

export function parseIPv4(address: string): number {
  const parts = address.split('.')
  if (parts.length !== 4 || parts.some((p) => !/^\d{1,3}$/.test(p) || Number(p) > 255)) throw new Error(`invalid IPv4 address: ${address}`)
  return parts.reduce((value, part) => value * 256 + Number(part), 0)
}

export function formatIPv4(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.')
}
