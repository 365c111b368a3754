/**
 * The API servers that share a store (upstream: controlplane/reconcilers/lease.go): each holds a key named after its address
 * under a lease, so that the address of one that is gone is forgotten. A store of this process has one server.
 */
import type { Logger } from '../log/log.ts'
import type { Store } from '../store/store.ts'

export interface Servers {
  addresses(): Promise<readonly string[]>
  /** Calls `changed` when a server comes or goes. */
  follow(changed: () => void): void
  /** This one goes. */
  leave(): Promise<void>
}

export const onlyServer = (host: string): Servers => ({
  addresses: () => Promise.resolve([host]),
  follow() {},
  leave: () => Promise.resolve(),
})

const prefix = '/registry/masterleases/'
const ttlSeconds = 15
const renewMs = 10_000

export async function joinServers(store: Store, host: string, log: Logger): Promise<Servers> {
  const key = prefix + host
  // As upstream writes it, whose servers read the address from here.
  const value = Buffer.from(
    JSON.stringify({ kind: 'Endpoints', apiVersion: 'v1', metadata: { name: host }, subsets: [{ addresses: [{ ip: host }] }] }),
  )
  let lease = 0
  const renew = async () => {
    if (lease !== 0 && (await store.renewLease(lease))) return
    lease = await store.grantLease(ttlSeconds)
    const { current, ok } = { current: undefined, ...(await store.create(key, value, { lease })) }
    // A start after a crash finds the key of before, under a lease that nobody renews.
    if (!ok && current) await store.update(key, value, current.modRevision, { lease })
  }
  await renew()
  const timer = setInterval(() => {
    renew().catch((error: unknown) => log.warn('the lease of this server is not renewed', { error }))
  }, renewMs)
  timer.unref()
  let watch: { close(): void } | undefined
  return {
    async addresses() {
      const { kvs } = await store.list(prefix, { keysOnly: true })
      return kvs.map((kv) => kv.key.slice(prefix.length))
    },
    follow(changed) {
      watch = store.watch(prefix, {}, { events: changed, end: (error) => log.warn('other servers are not watched any more', { error }) })
    },
    async leave() {
      clearInterval(timer)
      watch?.close()
      await store.revokeLease(lease)
    },
  }
}
