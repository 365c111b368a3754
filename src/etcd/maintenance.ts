/** etcd's Maintenance, Cluster and Auth services of a cluster of one member. */
import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { Code, GrpcError } from '../grpc/status.ts'
import { bytesOfKey } from '../store/embedded/keys.ts'
import type { EmbeddedStore } from '../store/embedded.ts'
import type { Id, Member, ResponseHeader } from './api.ts'
import { etcdError } from './kv.ts'

/** The etcd whose API and features this is; an API server decides by it what it may ask. */
export const etcdVersion = '3.5.21'

export interface MaintenanceDeps {
  readonly store: EmbeddedStore
  readonly dataDir: string
  readonly member: Member
  header(revision?: number): ResponseHeader
}

const everything = { start: '', end: undefined }
const pieceBytes = 1 << 20

export function createMaintenance({ store, dataDir, member, header }: MaintenanceDeps) {
  const hashOf = async (revision: number): Promise<number> => {
    let hash = 0
    const { kvs } = await store.keyspace.range(everything, { revision }).catch((error: unknown) => {
      throw etcdError(error)
    })
    for (const kv of kvs) {
      hash = crc32(bytesOfKey(kv.key), hash)
      hash = crc32(`${kv.createRevision} ${kv.modRevision} ${kv.version} ${kv.lease} `, hash)
      hash = crc32(kv.value, hash)
    }
    return hash
  }

  return {
    async Status() {
      const { total, inUse } = await store.size()
      const { revision } = store
      return {
        header: header(revision),
        version: etcdVersion,
        dbSize: total,
        dbSizeInUse: inUse,
        leader: member.ID,
        raftIndex: revision,
        raftTerm: raftTerm,
        raftAppliedIndex: revision,
        storageVersion: '3.5.0',
      }
    },
    async Alarm() {
      // A full disk refuses writes with its error as they come and takes them again when there is room: nothing stays set.
      return { header: header(), alarms: [] }
    },
    async Defragment() {
      // LMDB uses the pages that compaction frees by itself; there is nothing to move.
      return { header: header() }
    },
    async Hash() {
      return { header: header(), hash: await hashOf(0) }
    },
    async HashKV({ revision }: { revision: number }) {
      return {
        header: header(),
        hash: await hashOf(revision),
        compact_revision: store.compactedRevision,
        hash_revision: revision || store.revision,
      }
    },
    /** The database as a file, then its SHA-256, as etcdctl expects it. */
    async *Snapshot() {
      const folder = mkdtempSync(join(dataDir, '.snapshot-'))
      try {
        const path = join(folder, 'db')
        await store.backup(path)
        const size = statSync(path).size
        const hash = createHash('sha256')
        let sent = 0
        for await (const blob of createReadStream(path, { highWaterMark: pieceBytes })) {
          hash.update(blob as Buffer)
          sent += (blob as Buffer).length
          yield { header: header(), remaining_bytes: size - sent, blob: blob as Buffer }
        }
        yield { header: header(), remaining_bytes: 0, blob: hash.digest() }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    async MoveLeader({ targetID }: { targetID: Id }) {
      if (targetID === member.ID) return { header: header() }
      throw new GrpcError(Code.FAILED_PRECONDITION, 'etcdserver: bad leader transferee')
    },
  }
}
/** One member elected itself once. */
export const raftTerm = 2

export function createCluster({ member, header }: { member: Member; header(): ResponseHeader }) {
  const alone = async () => {
    throw new GrpcError(Code.UNIMPLEMENTED, 'etcdserver: this etcd is one member; a cluster of several is not supported')
  }
  return {
    MemberList: async () => ({ header: header(), members: [member] }),
    MemberAdd: alone,
    MemberRemove: alone,
    MemberUpdate: alone,
    MemberPromote: alone,
  }
}

export function createAuth({ header }: { header(): ResponseHeader }) {
  return {
    AuthStatus: async () => ({ header: header(), enabled: false }),
    AuthEnable: async () => {
      throw new GrpcError(Code.UNIMPLEMENTED, 'etcdserver: authentication by users is not supported; use client certificates')
    },
    AuthDisable: async () => ({ header: header() }),
    Authenticate: async () => {
      throw new GrpcError(Code.FAILED_PRECONDITION, 'etcdserver: authentication is not enabled')
    },
  }
}
