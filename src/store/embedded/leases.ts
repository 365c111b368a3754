/**
 * Leases: a time to live that a set of keys shares. The grant is on disk, the deadline in memory: after a restart every
 * lease has its whole time again, as in etcd. One timer waits for the next deadline.
 */
import { attachment, type Commits, leaseKey, lmdbRange } from './commits.ts'
import { prefixed } from './keys.ts'
import { decodeNumber, encodeNumber, type Tables } from './tables.ts'

export interface Lease {
  readonly id: number
  readonly ttlSeconds: number
  readonly remainingSeconds: number
}
export interface Leases {
  has(id: number): boolean
  get(id: number): Lease | undefined
  all(): Lease[]
  /** With an id of the caller's choice; rejects when it is taken. */
  grant(ttlSeconds: number, id?: number): Promise<Lease>
  /** The granted TTL; undefined when there is no such lease. */
  renew(id: number): number | undefined
  /** False when there was no such lease. */
  revoke(id: number): Promise<boolean>
  keys(id: number): string[]
  close(): void
}

export interface Clock {
  now(): number
  setTimeout(run: () => void, ms: number): { unref(): void }
  clearTimeout(timer: unknown): void
}
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}

export function createLeases(tables: Tables, commits: Commits, clock: Clock): Leases {
  const held = new Map<number, { ttlSeconds: number; deadline: number }>()
  for (const { key, value } of tables.lease.getRange({ start: '0' }))
    held.set(Number.parseInt(key, 16), { ttlSeconds: decodeNumber(value), deadline: clock.now() + decodeNumber(value) * 1000 })
  let timer: { unref(): void } | undefined
  let timerAt = never
  let closed = false

  const schedule = () => {
    if (closed) return
    let next = never
    for (const { deadline } of held.values()) if (deadline < next) next = deadline
    if (next >= timerAt && timer) return
    if (timer) clock.clearTimeout(timer)
    timer = undefined
    timerAt = next
    if (next === never) return
    timer = clock.setTimeout(expire, Math.min(Math.max(0, next - clock.now()), 2 ** 31 - 1))
    timer.unref()
  }
  const expire = () => {
    timer = undefined
    timerAt = never
    const now = clock.now()
    for (const [id, { deadline }] of held) {
      if (deadline > now) continue
      // A write that fails (a full disk) is tried again after a while.
      void revoke(id).catch(() => {
        const lease = held.get(id)
        if (lease) lease.deadline = clock.now() + 1000
        schedule()
      })
    }
    schedule()
  }

  const keys = (id: number): string[] => {
    const prefix = leaseKey(id)
    return [...tables.attached.getKeys(lmdbRange(prefixed(prefix), commits.snapshot().transaction))].map((key) => key.slice(prefix.length))
  }

  const revoke = async (id: number): Promise<boolean> => {
    const lease = held.get(id)
    if (!lease) return false
    lease.deadline = never
    try {
      // Keys that take the lease in a write decided before this are found once that write is done.
      await commits.write(() => undefined)
      await commits.write((context) => {
        for (const key of keys(id)) if (context.head(key)?.lease === id) context.delete(key)
        context.raw((change) => {
          change.remove(tables.lease, leaseKey(id))
          for (const key of keys(id)) change.remove(tables.attached, attachment(id, key))
        })
      })
    } catch (error) {
      lease.deadline = clock.now() + lease.ttlSeconds * 1000
      throw error
    }
    held.delete(id)
    schedule()
    return true
  }

  schedule()
  return {
    has: (id) => (held.get(id)?.deadline ?? never) !== never,
    get(id) {
      const lease = held.get(id)
      return lease && { id, ttlSeconds: lease.ttlSeconds, remainingSeconds: Math.max(0, Math.ceil((lease.deadline - clock.now()) / 1000)) }
    },
    all: () =>
      [...held].map(([id, lease]) => ({
        id,
        ttlSeconds: lease.ttlSeconds,
        remainingSeconds: Math.max(0, Math.ceil((lease.deadline - clock.now()) / 1000)),
      })),
    async grant(ttlSeconds, wanted) {
      let id = wanted ?? 0
      while (id === 0 || (wanted === undefined && held.has(id))) id = randomId()
      if (held.has(id)) throw new Error('etcdserver: lease already exists')
      held.set(id, { ttlSeconds, deadline: never })
      try {
        await commits.write((context) => context.raw((change) => change.put(tables.lease, leaseKey(id), encodeNumber(ttlSeconds))))
      } catch (error) {
        held.delete(id)
        throw error
      }
      held.set(id, { ttlSeconds, deadline: clock.now() + ttlSeconds * 1000 })
      schedule()
      return { id, ttlSeconds, remainingSeconds: ttlSeconds }
    },
    renew(id) {
      const lease = held.get(id)
      if (!lease || lease.deadline === never) return undefined
      lease.deadline = clock.now() + lease.ttlSeconds * 1000
      return lease.ttlSeconds
    },
    revoke,
    keys,
    close() {
      closed = true
      if (timer) clock.clearTimeout(timer)
    },
  }
}

/** The deadline of a lease that is being granted or revoked: no key may take it, no timer ends it. */
const never = Number.POSITIVE_INFINITY

/** Ids stay below 2^53, where a JavaScript number is exact. */
function randomId(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number]
  return (high % 0x20_0000) * 0x1_0000_0000 + low
}
