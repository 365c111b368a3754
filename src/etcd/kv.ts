/** etcd's KV service over the embedded store's keyspace: ranges, puts and transactions with etcd's rules and errors. */
import { Code, GrpcError } from '../grpc/status.ts'
import type { WriteContext } from '../store/embedded/commits.ts'
import { bytesOfKey, contains, type KeyRange, keyOfBytes, only } from '../store/embedded/keys.ts'
import type { EmbeddedStore } from '../store/embedded.ts'
import { CompactedError, FutureRevisionError, type KeyValue, NoSpaceError } from '../store/store.ts'
import type {
  Compare,
  DeleteRangeRequest,
  EtcdKeyValue,
  PutRequest,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from './api.ts'

/** etcd's own defaults (--max-txn-ops). */
const maxTxnOps = 128

export const invalid = (message: string): GrpcError => new GrpcError(Code.INVALID_ARGUMENT, `etcdserver: ${message}`)

/** The gRPC status that etcd answers a store's error with. */
export function etcdError(error: unknown): unknown {
  if (error instanceof GrpcError || !(error instanceof Error)) return error
  if (error instanceof CompactedError || error instanceof FutureRevisionError) return new GrpcError(Code.OUT_OF_RANGE, error.message)
  if (error instanceof NoSpaceError) return new GrpcError(Code.RESOURCE_EXHAUSTED, error.message, { cause: error })
  if (/lease not found/.test(error.message)) return new GrpcError(Code.NOT_FOUND, error.message)
  if (/lease already exists/.test(error.message)) return new GrpcError(Code.FAILED_PRECONDITION, error.message)
  if (/key is not provided|is longer than/.test(error.message)) return new GrpcError(Code.INVALID_ARGUMENT, error.message)
  return error
}

export const toEtcd = (kv: KeyValue): EtcdKeyValue => ({
  key: bytesOfKey(kv.key),
  create_revision: kv.createRevision,
  mod_revision: kv.modRevision,
  version: kv.version,
  value: kv.value,
  lease: kv.lease,
})

/** No `range_end` is one key; a single zero byte runs to the last key. */
export function rangeOf(request: { key: Uint8Array; range_end?: Uint8Array }): KeyRange {
  const end = request.range_end
  if (request.key.length === 0 && !(end && end.length > 0)) throw invalid('key is not provided')
  const start = keyOfBytes(request.key)
  if (!end || end.length === 0) return only(start)
  return { start, end: end.length === 1 && end[0] === 0 ? undefined : keyOfBytes(end) }
}

export interface KvDeps {
  readonly store: EmbeddedStore
  header(revision?: number): ResponseHeader
}

export function createKv({ store, header }: KvDeps) {
  const { keyspace } = store
  const guarded =
    <A, R>(run: (request: A) => Promise<R>) =>
    (request: A): Promise<R> =>
      run(request).catch((error: unknown) => {
        throw etcdError(error)
      })

  return {
    Range: guarded(async (request: RangeRequest): Promise<RangeResponse> => {
      const whole = needsWhole(request)
      const result = await keyspace.range(rangeOf(request), {
        revision: Math.max(0, request.revision ?? 0),
        ...(whole || !request.limit ? {} : { limit: request.limit }),
        keysOnly: request.keys_only === true && request.sort_target !== 4,
        countOnly: request.count_only === true,
      })
      return rangeResponse(request, result.kvs, result.count, header(store.revision))
    }),
    Put: guarded(async (request: PutRequest) => {
      const { result, revision } = await keyspace.txn((tx) => put(tx, request))
      return { header: header(revision), ...(request.prev_kv && result ? { prev_kv: toEtcd(result) } : {}) }
    }),
    DeleteRange: guarded(async (request: DeleteRangeRequest) => {
      const { result, revision } = await keyspace.txn((tx) => deleteRange(tx, request))
      return { header: header(revision), deleted: result.length, prev_kvs: request.prev_kv ? result.map(toEtcd) : [] }
    }),
    Txn: guarded(async (request: TxnRequest) => {
      checkTxn(request)
      // Every comparison, nested ones too, is of the state before the transaction. The answer takes the revision once it is known.
      const { result, revision } = await keyspace.txn((tx) => perform(tx, planOf(tx, request)))
      return result(revision)
    }),
    Compact: guarded(async ({ revision }: { revision: number }) => {
      await store.compact(revision)
      return { header: header() }
    }),
  }

  function put(tx: WriteContext, request: PutRequest): KeyValue | undefined {
    const { start: key } = rangeOf({ key: request.key })
    const ignoreValue = request.ignore_value === true
    const ignoreLease = request.ignore_lease === true
    if (ignoreValue && (request.value?.length ?? 0) > 0) throw invalid('value is provided')
    if (ignoreLease && Number(request.lease ?? 0) !== 0) throw invalid('lease is provided')
    const before = request.prev_kv || ignoreValue || ignoreLease ? tx.get(key) : undefined
    if ((ignoreValue || ignoreLease) && !before) throw invalid('key not found')
    const value = ignoreValue ? before!.value : (request.value ?? new Uint8Array(0))
    tx.put(key, value, ignoreLease ? before!.lease : Number(request.lease ?? 0))
    return before
  }

  function deleteRange(tx: WriteContext, request: DeleteRangeRequest): KeyValue[] {
    const range = rangeOf(request)
    const one = !request.range_end || request.range_end.length === 0
    const found = one ? [tx.get(range.start)].filter((kv) => kv !== undefined) : tx.range(range, !request.prev_kv)
    for (const kv of found) tx.delete(kv.key)
    return found
  }

  function perform(tx: WriteContext, plan: Plan): (revision: number) => TxnResponse {
    const answers = plan.steps.map(({ op, nested }): ((revision: number) => ResponseOp) => {
      if (op.request_range) {
        const request = op.request_range
        if ((request.revision ?? 0) > 0)
          throw new GrpcError(Code.UNIMPLEMENTED, 'etcdserver: a range at an old revision inside a transaction is not supported')
        const kvs = tx.range(rangeOf(request), request.keys_only && request.sort_target !== 4)
        const count = kvs.length
        return (revision) => ({ response_range: rangeResponse(request, request.count_only ? [] : kvs, count, header(revision)) })
      }
      if (op.request_put) {
        const before = put(tx, op.request_put)
        const wanted = op.request_put.prev_kv && before
        return (revision) => ({ response_put: { header: header(revision), ...(wanted ? { prev_kv: toEtcd(before) } : {}) } })
      }
      if (op.request_delete_range) {
        const found = deleteRange(tx, op.request_delete_range)
        const shown = op.request_delete_range.prev_kv ? found.map(toEtcd) : []
        return (revision) => ({ response_delete_range: { header: header(revision), deleted: found.length, prev_kvs: shown } })
      }
      const inner = perform(tx, nested as Plan)
      return (revision) => ({ response_txn: inner(revision) })
    })
    return (revision) => ({ header: header(revision), succeeded: plan.succeeded, responses: answers.map((answer) => answer(revision)) })
  }
}

interface Plan {
  readonly succeeded: boolean
  readonly steps: { readonly op: RequestOp; readonly nested?: Plan }[]
}
function planOf(tx: WriteContext, request: TxnRequest): Plan {
  const succeeded = request.compare.every((compare) => holds(tx, compare))
  const branch = succeeded ? request.success : request.failure
  return { succeeded, steps: branch.map((op) => (op.request_txn ? { op, nested: planOf(tx, op.request_txn) } : { op })) }
}

/** A key that is not there compares as version, revisions and lease 0, and never by value. */
function holds(tx: WriteContext, compare: Compare): boolean {
  const range = rangeOf(compare)
  const found =
    compare.range_end && compare.range_end.length > 0
      ? tx.range(range, compare.target !== 3)
      : [compare.target === 3 ? tx.get(range.start) : tx.head(range.start)].filter((kv) => kv !== undefined)
  const empty = { version: 0, createRevision: 0, modRevision: 0, lease: 0 }
  if (found.length === 0) return compare.target === 3 ? false : test(compare, empty)
  return found.every((kv) => test(compare, kv))
}

function test(compare: Compare, kv: Partial<KeyValue>): boolean {
  const difference = order(compare, kv)
  switch (compare.result) {
    case 0:
      return difference === 0
    case 1:
      return difference > 0
    case 2:
      return difference < 0
    case 3:
      return difference !== 0
    default:
      throw invalid('unknown comparison')
  }
}
function order(compare: Compare, kv: Partial<KeyValue>): number {
  switch (compare.target) {
    case 0:
      return (kv.version ?? 0) - (compare.version ?? 0)
    case 1:
      return (kv.createRevision ?? 0) - (compare.create_revision ?? 0)
    case 2:
      return (kv.modRevision ?? 0) - (compare.mod_revision ?? 0)
    case 3:
      return Buffer.compare(kv.value ?? new Uint8Array(0), compare.value ?? new Uint8Array(0))
    case 4:
      return (kv.lease ?? 0) - Number(compare.lease ?? 0)
    default:
      throw invalid('unknown comparison')
  }
}

/** etcd refuses a transaction that writes a key twice, whichever branch runs. */
function checkTxn(request: TxnRequest, depth = 0): void {
  if (depth > 16) throw invalid('too many operations in txn request')
  if (request.compare.length > maxTxnOps || request.success.length > maxTxnOps || request.failure.length > maxTxnOps)
    throw invalid('too many operations in txn request')
  for (const branch of [request.success, request.failure]) {
    const puts = new Set<string>()
    for (const { request_put } of branch) {
      if (!request_put) continue
      const key = keyOfBytes(request_put.key)
      if (puts.has(key)) throw invalid('duplicate key given in txn request')
      puts.add(key)
    }
    for (const { request_delete_range, request_txn } of branch) {
      if (request_txn) checkTxn(request_txn, depth + 1)
      if (!request_delete_range) continue
      const range = rangeOf(request_delete_range)
      for (const key of puts) if (contains(range, key)) throw invalid('duplicate key given in txn request')
    }
  }
}

const filters = ['min_mod_revision', 'max_mod_revision', 'min_create_revision', 'max_create_revision'] as const
/** Sorting and filtering come before the limit, so the whole range must be read. */
const needsWhole = (request: RangeRequest): boolean =>
  (request.sort_target ?? 0) !== 0 || request.sort_order === 2 || filters.some((name) => (request[name] ?? 0) > 0)

function rangeResponse(request: RangeRequest, all: readonly KeyValue[], count: number, header: ResponseHeader): RangeResponse {
  const {
    min_mod_revision: minMod = 0,
    max_mod_revision: maxMod = 0,
    min_create_revision: minCreate = 0,
    max_create_revision: maxCreate = 0,
  } = request
  let kvs = all.filter(
    (kv) =>
      (!minMod || kv.modRevision >= minMod) &&
      (!maxMod || kv.modRevision <= maxMod) &&
      (!minCreate || kv.createRevision >= minCreate) &&
      (!maxCreate || kv.createRevision <= maxCreate),
  )
  if (request.sort_target || request.sort_order === 2) kvs = kvs.toSorted(sorter(request))
  const limited = request.limit && kvs.length > request.limit ? kvs.slice(0, request.limit) : kvs
  const more = limited.length < kvs.length || (!request.count_only && !needsWhole(request) && count > kvs.length)
  return { header, kvs: limited.map((kv) => (request.keys_only ? toEtcd({ ...kv, value: new Uint8Array(0) }) : toEtcd(kv))), more, count }
}
function sorter({ sort_target: target = 0, sort_order }: RangeRequest): (a: KeyValue, b: KeyValue) => number {
  const sign = sort_order === 2 ? -1 : 1
  const by = (a: KeyValue, b: KeyValue): number => {
    if (target === 1) return a.version - b.version
    if (target === 2) return a.createRevision - b.createRevision
    if (target === 3) return a.modRevision - b.modRevision
    if (target === 4) return Buffer.compare(a.value, b.value)
    return a.key < b.key ? -1 : 1
  }
  return (a, b) => sign * by(a, b)
}
