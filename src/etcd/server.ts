/**
 * etcd over the embedded store: the v3 API by gRPC and, on the same port, the v2 keys API, /version and /health by HTTP.
 * It is one member that leads itself; clustering is not here.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import { createGrpcServer } from '../grpc/server.ts'
import type { EmbeddedStore } from '../store/embedded.ts'
import { etcdTable, type Id, type Member, type ResponseHeader } from './api.ts'
import { createKv } from './kv.ts'
import { createLease } from './lease.ts'
import { createAuth, createCluster, createMaintenance, etcdVersion, raftTerm } from './maintenance.ts'
import { createV2 } from './v2.ts'
import { createWatch } from './watch.ts'

export interface EtcdServerOptions {
  readonly store: EmbeddedStore
  /** The store's folder: snapshots are made in it, and the v2 keys live in a store of their own below it. */
  readonly dataDir: string
  readonly name?: string
  readonly peerUrls?: readonly string[]
  readonly clientUrls?: readonly string[]
  readonly tls?: TlsOptions
  /** etcd's --max-request-bytes: 1.5 MiB. */
  readonly maxRequestBytes?: number
}
export interface EtcdServer {
  listen(where: { host: string; port: number } | { path: string }): Promise<string | AddressInfo>
  close(): Promise<void>
}

export function createEtcdServer(options: EtcdServerOptions): EtcdServer {
  const { store, dataDir, name = 'default', peerUrls = [], clientUrls = [], maxRequestBytes = 1.5 * 1024 * 1024 } = options
  const member: Member = { ID: idOf(`member ${name}`), name, peerURLs: [...peerUrls], clientURLs: [...clientUrls], isLearner: false }
  const cluster = idOf(`cluster ${name}`)
  const header = (revision = store.revision): ResponseHeader => ({
    cluster_id: cluster,
    member_id: member.ID,
    revision,
    raft_term: raftTerm,
  })
  const v2 = createV2({
    folder: () => {
      const folder = join(dataDir, 'v2')
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      return folder
    },
    member,
    clusterId: cluster,
  })

  const http1 = (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (path === '/version') json(200, { etcdserver: etcdVersion, etcdcluster: '3.5.0' })
    else if (path === '/health' || path === '/livez' || path === '/readyz') {
      store.get('health').then(
        () => json(200, { health: 'true', reason: '' }),
        (error: unknown) => json(503, { health: 'false', reason: String(error) }),
      )
    } else if (path.startsWith('/v2/')) v2.serve(request, response)
    else json(404, { message: 'Not Found' })
  }

  const server = createGrpcServer({
    tables: [etcdTable()],
    services: {
      'etcdserverpb.KV': createKv({ store, header }),
      'etcdserverpb.Watch': createWatch({ store, header }),
      'etcdserverpb.Lease': createLease({ store, header }),
      'etcdserverpb.Maintenance': createMaintenance({ store, dataDir, member, header }),
      'etcdserverpb.Cluster': createCluster({ member, header }),
      'etcdserverpb.Auth': createAuth({ header }),
    },
    // etcd allows this much beside the value itself.
    maxMessageBytes: maxRequestBytes + 512 * 1024,
    http1,
    ...(options.tls ? { tls: options.tls } : {}),
  })
  return {
    listen: (where) => server.listen(where),
    async close() {
      await server.close()
      await v2.close()
    },
  }
}

/** A 64-bit id that a name always gives. */
function idOf(text: string): Id {
  return createHash('sha256').update(text).digest().readBigUInt64BE() >> 1n
}
