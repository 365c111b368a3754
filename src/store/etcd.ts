/**
 * The Store over an etcd cluster, 3.4 and later, by gRPC. Any endpoint will do: a call that finds its endpoint gone goes
 * to the next one when that is safe, and a watch resumes where it was. All watches share one stream. Keys are etcd's
 * behind `prefix`, so that an upstream cluster's own data can be opened.
 */
import type { ConnectionOptions } from 'node:tls'
import {
  type Compare,
  type EtcdEvent,
  type EtcdKeyValue,
  etcdTable,
  type Id,
  type KV,
  type Lease,
  type Maintenance,
  prefixEnd,
  type RequestOp,
  type TxnResponse,
  type WatchRequest,
  type WatchResponse,
  type Watch as WatchService,
} from '../etcd/api.ts'
import { type Channel, createChannel, createGrpcClient } from '../grpc/client.ts'
import { createQueue, type Queue } from '../grpc/queue.ts'
import { Code, GrpcError } from '../grpc/status.ts'
import {
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  NoSpaceError,
  type Store,
  type StoreEvent,
  type Watch,
  type WatchHandler,
  type WatchOptions,
  type WriteResult,
} from './store.ts'

export interface EtcdOptions {
  /** `https://10.0.0.1:2379`, in the order to try them. */
  readonly endpoints: readonly string[]
  /** Put before every key. Default none: keys of an API server begin with /registry already. */
  readonly prefix?: string
  readonly tls?: ConnectionOptions
  readonly timeoutMs?: number
}

const equal = 0
const ofVersion = 0
const ofMod = 2
/** How long a watch that lost its endpoint waits before it tries the next, once all were tried. */
const retryMs = 500

export async function openEtcdStore(options: EtcdOptions): Promise<Store> {
  const { prefix = '', timeoutMs = 10_000 } = options
  const table = etcdTable()
  const channels = options.endpoints.map((endpoint) => createChannel(endpoint, options.tls ? { tls: options.tls } : {}))
  const clients = channels.map((channel) => ({
    channel,
    kv: createGrpcClient<KV>(channel, table, 'KV'),
    lease: createGrpcClient<Lease>(channel, table, 'Lease'),
    maintenance: createGrpcClient<Maintenance>(channel, table, 'Maintenance'),
    watch: createGrpcClient<WatchService>(channel, table, 'Watch'),
  }))
  if (clients.length === 0) throw new Error('no etcd endpoint is given')
  type Client = (typeof clients)[number]
  let current = 0
  let revision = 0
  let compactedRevision = 0
  let closed = false
  const saw = (seen: number) => {
    if (seen > revision) revision = seen
  }

  /**
   * Calls one endpoint after the other while they are unavailable. A write may have happened although the answer was
   * lost: it goes to the next endpoint only when the connection could not even be made.
   */
  const call = async <T>(run: (client: Client, options: { timeoutMs: number }) => Promise<T>, safe: boolean): Promise<T> => {
    for (let tried = 1; ; tried++) {
      const at = current
      try {
        return await run(clients[at] as Client, { timeoutMs })
      } catch (error) {
        const lost = error instanceof GrpcError && error.code === Code.UNAVAILABLE
        const beforeSending = lost && /^connection to .* failed/.test(error.message)
        if (lost && current === at) current = (at + 1) % clients.length
        if (!lost || closed || tried >= clients.length + 1 || !(safe || beforeSending)) throw storeError(error)
      }
    }
  }

  const storeError = (error: unknown, compacted = compactedRevision): unknown => {
    if (!(error instanceof GrpcError)) return error
    if (/required revision has been compacted/.test(error.message)) return new CompactedError(compacted)
    if (/required revision is a future revision/.test(error.message)) return new FutureRevisionError()
    if (/database space exceeded/.test(error.message)) return new NoSpaceError(error)
    return error
  }

  const keyOf = (key: string): Buffer => Buffer.from(prefix + key)
  const prefixLength = Buffer.byteLength(prefix)
  const kvOf = (kv: EtcdKeyValue): KeyValue => ({
    key: Buffer.from(kv.key).toString('utf8', prefixLength),
    value: kv.value,
    createRevision: kv.create_revision,
    modRevision: kv.mod_revision,
    version: kv.version,
    lease: Number(kv.lease),
  })

  const txn = async (compare: Compare[], success: RequestOp[], key: Uint8Array): Promise<WriteResult> => {
    const response: TxnResponse = await call((c, o) => c.kv.Txn({ compare, success, failure: [{ request_range: { key } }] }, o), false)
    saw(response.header.revision)
    const [first] = response.responses
    if (response.succeeded) return { ok: true, revision: response.header.revision }
    const there = first?.response_range?.kvs[0]
    return { ok: false, revision: response.header.revision, ...(there ? { current: kvOf(there) } : {}) }
  }

  const watches = createSharedWatch(clients.length, {
    saw,
    revision: () => revision,
    kvOf,
    next() {
      current = (current + 1) % clients.length
    },
    client: () => clients[current] as Client,
    compacted(at) {
      if (at > compactedRevision) compactedRevision = at
    },
  })

  const status = await call((c, o) => c.maintenance.Status({}, o), true)
  saw(status.header.revision)

  return {
    local: false,
    get revision() {
      return revision
    },
    get compactedRevision() {
      return compactedRevision
    },
    async get(key, at) {
      const response = await call((c, o) => c.kv.Range({ key: keyOf(key), ...(at ? { revision: at } : {}) }, o), true)
      saw(response.header.revision)
      return response.kvs[0] && kvOf(response.kvs[0])
    },
    async list(under, listOptions = {}) {
      const start = keyOf(under)
      const after = listOptions.after === undefined ? undefined : Buffer.concat([keyOf(listOptions.after), new Uint8Array(1)])
      const response = await call(
        (c, o) =>
          c.kv.Range(
            {
              key: first(after !== undefined && Buffer.compare(after, start) > 0 ? after : start),
              range_end: prefixEnd(start),
              limit: listOptions.limit ?? 0,
              revision: listOptions.revision ?? 0,
              keys_only: listOptions.keysOnly ?? false,
              count_only: listOptions.countOnly ?? false,
            },
            o,
          ),
        true,
      )
      saw(response.header.revision)
      return {
        kvs: response.kvs.map(kvOf),
        revision: listOptions.revision || response.header.revision,
        count: response.count,
        more: response.more,
      }
    },
    create: (key, value, { lease } = {}) => {
      const at = keyOf(key)
      // Version 0 is what a key that is not there has.
      return txn(
        [{ result: equal, target: ofVersion, key: at, version: 0 }],
        [{ request_put: { key: at, value, ...(lease ? { lease } : {}) } }],
        at,
      )
    },
    update: (key, value, expected, { lease } = {}) => {
      const at = keyOf(key)
      return txn(
        [{ result: equal, target: ofMod, key: at, mod_revision: expected }],
        [{ request_put: { key: at, value, ...(lease ? { lease } : {}) } }],
        at,
      )
    },
    delete: (key, expected) => {
      const at = keyOf(key)
      const compare: Compare =
        expected === undefined
          ? { result: 1, target: ofVersion, key: at, version: 0 }
          : { result: equal, target: ofMod, key: at, mod_revision: expected }
      return txn([compare], [{ request_delete_range: { key: at } }], at)
    },
    watch: (under, watchOptions, handler) => watches.watch(keyOf(under), watchOptions, handler),
    async compact(at) {
      try {
        await call((c, o) => c.kv.Compact({ revision: at, physical: true }, o), false)
      } finally {
        // Whoever compacted, reads below are refused from now on.
        if (at > compactedRevision && at <= revision) compactedRevision = at
      }
    },
    async grantLease(ttlSeconds) {
      // Our choice of the id, because etcd's own are larger than a number holds exactly.
      const ID = Math.floor(Math.random() * (Number.MAX_SAFE_INTEGER - 1)) + 1
      const granted = await call((c, o) => c.lease.LeaseGrant({ TTL: ttlSeconds, ID }, o), false)
      return Number(granted.ID)
    },
    async renewLease(id) {
      const answer = await call(async (c, o) => {
        const requests = createQueue<{ ID: Id }>()
        requests.push({ ID: id })
        for await (const response of c.lease.LeaseKeepAlive(requests, o)) return response
        throw new GrpcError(Code.UNAVAILABLE, 'the keep-alive stream ended')
      }, true)
      return answer.TTL > 0
    },
    async revokeLease(id) {
      try {
        await call((c, o) => c.lease.LeaseRevoke({ ID: id }, o), true)
      } catch (error) {
        if (!(error instanceof GrpcError && error.code === Code.NOT_FOUND)) throw error
      }
    },
    async size() {
      const { dbSize, dbSizeInUse } = await call((c, o) => c.maintenance.Status({}, o), true)
      return { total: dbSize, inUse: dbSizeInUse }
    },
    async close() {
      closed = true
      watches.close()
      for (const channel of channels) channel.close()
    },
  }
}

/** etcd has no empty key; one zero byte is before all. */
const first = (key: Uint8Array): Uint8Array => (key.length === 0 ? new Uint8Array(1) : key)

interface SharedWatchDeps {
  saw(revision: number): void
  /** The newest revision seen. */
  revision(): number
  compacted(revision: number): void
  kvOf(kv: EtcdKeyValue): KeyValue
  client(): { channel: Channel; watch: WatchService }
  /** The endpoint is gone: the next one, please. */
  next(): void
}
interface Watcher {
  readonly id: number
  readonly key: Uint8Array
  readonly handler: WatchHandler
  readonly previous: boolean
  /** The first revision not yet delivered. */
  from: number
}

function createSharedWatch(endpoints: number, deps: SharedWatchDeps) {
  const watchers = new Map<number, Watcher>()
  let nextId = 1
  let stream: { requests: Queue<WatchRequest>; controller: AbortController } | undefined
  let closed = false

  const createRequest = (w: Watcher): WatchRequest => ({
    create_request: {
      key: first(w.key),
      range_end: prefixEnd(w.key),
      start_revision: w.from,
      progress_notify: true,
      prev_kv: w.previous,
      watch_id: w.id,
      fragment: false,
    },
  })

  const open = (failures = 0) => {
    if (closed || stream || watchers.size === 0) return
    stream = { requests: createQueue<WatchRequest>(), controller: new AbortController() }
    for (const watcher of watchers.values()) stream.requests.push(createRequest(watcher))
    void read(stream, failures)
  }
  const read = async (mine: NonNullable<typeof stream>, before: number): Promise<void> => {
    let failures = before + 1
    try {
      for await (const response of deps.client().watch.Watch(mine.requests, { signal: mine.controller.signal })) {
        failures = 0
        receive(response, mine)
      }
    } catch {
      // Whatever ended the stream, the watches on it go on with the next one.
    }
    mine.requests.end()
    if (stream !== mine) return
    stream = undefined
    deps.next()
    if (failures < endpoints) open(failures)
    else setTimeout(open, retryMs, failures)
  }

  const receive = (response: WatchResponse, mine: NonNullable<typeof stream>) => {
    const { header, watch_id: id } = response
    const watcher = watchers.get(id)
    if (!watcher) {
      // Closed on our side while events were on their way.
      if (response.created && !response.canceled) mine.requests.push({ cancel_request: { watch_id: id } })
      return
    }
    if (response.canceled) {
      watchers.delete(id)
      if (response.compact_revision > 0) {
        deps.compacted(response.compact_revision)
        watcher.handler.end(new CompactedError(response.compact_revision))
      } else watcher.handler.end(new Error(`etcd cancelled the watch: ${response.cancel_reason}`))
      return
    }
    deps.saw(header.revision)
    if (response.created) return
    if (response.events.length === 0) {
      if (watcher.from <= header.revision) {
        watcher.from = header.revision + 1
        watcher.handler.progress?.(header.revision)
      }
      return
    }
    for (const [revision, events] of byRevision(response.events)) {
      if (revision < watcher.from || !watchers.has(id)) continue
      watcher.from = revision + 1
      watcher.handler.events(
        events.map((event) => eventOf(event, deps.kvOf)),
        revision,
      )
    }
  }

  return {
    watch(key: Uint8Array, options: WatchOptions, handler: WatchHandler): Watch {
      // "Now" is what this process has seen: asking the server would miss what is written until it answers.
      const from = options.startRevision || deps.revision() + 1
      const watcher: Watcher = { id: nextId++, key, handler, previous: options.previous === true, from }
      watchers.set(watcher.id, watcher)
      if (stream) stream.requests.push(createRequest(watcher))
      else open()
      return {
        close() {
          if (!watchers.delete(watcher.id)) return
          stream?.requests.push({ cancel_request: { watch_id: watcher.id } })
          // The last watch takes the stream along: an idle one would keep the process alive.
          if (watchers.size === 0 && stream) {
            const last = stream
            stream = undefined
            last.controller.abort()
          }
        },
      }
    },
    close() {
      closed = true
      stream?.controller.abort()
      for (const watcher of watchers.values()) watcher.handler.end(new Error('the store is closed'))
      watchers.clear()
    },
  }
}

function byRevision(events: readonly EtcdEvent[]): [number, EtcdEvent[]][] {
  const out: [number, EtcdEvent[]][] = []
  for (const event of events) {
    const last = out.at(-1)
    if (last && last[0] === event.kv.mod_revision) last[1].push(event)
    else out.push([event.kv.mod_revision, [event]])
  }
  return out
}

function eventOf(event: EtcdEvent, kvOf: (kv: EtcdKeyValue) => KeyValue): StoreEvent {
  return { type: event.type === 1 ? 'delete' : 'put', kv: kvOf(event.kv), ...(event.prev_kv ? { previous: kvOf(event.prev_kv) } : {}) }
}
