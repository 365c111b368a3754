/**
 * Leases for objects that end by themselves (storage/etcd3/lease_manager.go): one lease serves the objects of a while, so
 * that a store with many events has few leases. It lasts that while longer than asked for, so no object ends too soon.
 */
import type { Store } from '../../store/store.ts'

/** The id of a lease that lasts at least so long. */
export type LeaseFor = (ttlSeconds: number) => Promise<number>

const mostObjects = 1000

export function createLeases(store: Store, now: () => Date, reuseSeconds = 60): LeaseFor {
  interface Lease {
    readonly id: Promise<number>
    readonly until: number
    objects: number
  }
  const leases = new Map<number, Lease>()
  return (ttlSeconds) => {
    const at = now().getTime()
    const known = leases.get(ttlSeconds)
    if (known && at < known.until && known.objects < mostObjects) {
      known.objects++
      return known.id
    }
    // Short lives are not prolonged by much.
    const reuse = Math.min(reuseSeconds, Math.ceil(ttlSeconds / 20))
    const made: Lease = { id: store.grantLease(ttlSeconds + reuse), until: at + reuse * 1000, objects: 1 }
    leases.set(ttlSeconds, made)
    made.id.catch(() => leases.delete(ttlSeconds))
    return made.id
  }
}
