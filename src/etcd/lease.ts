/** etcd's Lease service. Ids are below 2^53 here; etcd's own clients let the server choose them. */
import { Code, GrpcError } from '../grpc/status.ts'
import { bytesOfKey } from '../store/embedded/keys.ts'
import type { EmbeddedStore } from '../store/embedded.ts'
import type { Id, ResponseHeader } from './api.ts'
import { etcdError } from './kv.ts'

const notFound = () => new GrpcError(Code.NOT_FOUND, 'etcdserver: requested lease not found')
/** etcd's bound on a TTL. */
const maxTtlSeconds = 9_000_000_000

export function createLease({ store, header }: { store: EmbeddedStore; header(revision?: number): ResponseHeader }) {
  const { leases } = store.keyspace
  return {
    async LeaseGrant({ TTL, ID = 0 }: { TTL: number; ID?: Id }) {
      if (TTL > maxTtlSeconds) throw new GrpcError(Code.OUT_OF_RANGE, 'etcdserver: too large lease TTL')
      if (typeof ID === 'bigint' || ID < 0) throw new GrpcError(Code.INVALID_ARGUMENT, 'etcdserver: a lease id must be below 2^53')
      try {
        const lease = await leases.grant(Math.max(1, TTL), ID === 0 ? undefined : ID)
        return { header: header(), ID: lease.id, TTL: lease.ttlSeconds }
      } catch (error) {
        throw etcdError(error)
      }
    },
    async LeaseRevoke({ ID }: { ID: Id }) {
      const revoked = await leases.revoke(Number(ID)).catch((error: unknown) => {
        throw etcdError(error)
      })
      if (!revoked) throw notFound()
      return { header: header() }
    },
    async *LeaseKeepAlive(requests: AsyncIterable<{ ID: Id }>) {
      for await (const { ID } of requests) yield { header: header(), ID, TTL: leases.renew(Number(ID)) ?? 0 }
    },
    async LeaseTimeToLive({ ID, keys }: { ID: Id; keys?: boolean }) {
      const lease = leases.get(Number(ID))
      if (!lease) return { header: header(), ID, TTL: -1 }
      return {
        header: header(),
        ID,
        TTL: lease.remainingSeconds,
        grantedTTL: lease.ttlSeconds,
        keys: keys ? leases.keys(lease.id).map(bytesOfKey) : [],
      }
    },
    async LeaseLeases() {
      return { header: header(), leases: leases.all().map(({ id }) => ({ ID: id })) }
    },
  }
}
