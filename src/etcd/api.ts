/** etcd's v3 API (etcdserverpb of etcd 3.5) in the table language, and its messages as TypeScript sees them. */
import type { BidiStream, ServerStream, Unary } from '../grpc/client.ts'
import { parseTable, type Table } from '../schema/schema.ts'

const text = `
package etcdserverpb

type ResponseHeader
  1 cluster_id uint64
  2 member_id  uint64
  3 revision   int64
  4 raft_term  uint64

type KeyValue
  1 key             bytes
  2 create_revision int64
  3 mod_revision    int64
  4 version         int64
  5 value           bytes
  6 lease           int64

type Event
  1 type    int32 | 0 put, 1 delete
  2 kv      KeyValue
  3 prev_kv KeyValue

type RangeRequest
  1  key                 bytes
  2  range_end           bytes
  3  limit               int64
  4  revision            int64
  5  sort_order          int32 | 0 none, 1 ascend, 2 descend
  6  sort_target         int32 | 0 key, 1 version, 2 create, 3 mod, 4 value
  7  serializable        bool
  8  keys_only           bool
  9  count_only          bool
  10 min_mod_revision    int64
  11 max_mod_revision    int64
  12 min_create_revision int64
  13 max_create_revision int64
type RangeResponse
  1 header ResponseHeader
  2 kvs    []KeyValue
  3 more   bool
  4 count  int64
type PutRequest
  1 key          bytes
  2 value        bytes
  3 lease        int64
  4 prev_kv      bool
  5 ignore_value bool
  6 ignore_lease bool
type PutResponse
  1 header  ResponseHeader
  2 prev_kv KeyValue
type DeleteRangeRequest
  1 key       bytes
  2 range_end bytes
  3 prev_kv   bool
type DeleteRangeResponse
  1 header   ResponseHeader
  2 deleted  int64
  3 prev_kvs []KeyValue
type RequestOp
  1 request_range        RangeRequest       oneof(request)
  2 request_put          PutRequest         oneof(request)
  3 request_delete_range DeleteRangeRequest oneof(request)
  4 request_txn          TxnRequest         oneof(request)
type ResponseOp
  1 response_range        RangeResponse       oneof(response)
  2 response_put          PutResponse         oneof(response)
  3 response_delete_range DeleteRangeResponse oneof(response)
  4 response_txn          TxnResponse         oneof(response)
type Compare
  1  result          int32 | 0 equal, 1 greater, 2 less, 3 not equal
  2  target          int32 | 0 version, 1 create, 2 mod, 3 value, 4 lease
  3  key             bytes
  4  version         int64 oneof(target_union)
  5  create_revision int64 oneof(target_union)
  6  mod_revision    int64 oneof(target_union)
  7  value           bytes oneof(target_union)
  8  lease           int64 oneof(target_union)
  64 range_end       bytes
type TxnRequest
  1 compare []Compare
  2 success []RequestOp
  3 failure []RequestOp
type TxnResponse
  1 header    ResponseHeader
  2 succeeded bool
  3 responses []ResponseOp
type CompactionRequest
  1 revision int64
  2 physical bool
type CompactionResponse
  1 header ResponseHeader

service KV
  Range       RangeRequest       RangeResponse
  Put         PutRequest         PutResponse
  DeleteRange DeleteRangeRequest DeleteRangeResponse
  Txn         TxnRequest         TxnResponse
  Compact     CompactionRequest  CompactionResponse

type WatchRequest
  1 create_request   WatchCreateRequest   oneof(request_union)
  2 cancel_request   WatchCancelRequest   oneof(request_union)
  3 progress_request WatchProgressRequest oneof(request_union)
type WatchCreateRequest
  1 key             bytes
  2 range_end       bytes
  3 start_revision  int64
  4 progress_notify bool
  5 filters         []int32 | 0 no puts, 1 no deletes
  6 prev_kv         bool
  7 watch_id        int64
  8 fragment        bool
type WatchCancelRequest
  1 watch_id int64
type WatchProgressRequest
type WatchResponse
  1  header           ResponseHeader
  2  watch_id         int64
  3  created          bool
  4  canceled         bool
  5  compact_revision int64
  6  cancel_reason    string
  7  fragment         bool
  11 events           []Event

service Watch
  Watch stream WatchRequest stream WatchResponse

type LeaseGrantRequest
  1 TTL int64
  2 ID  int64
type LeaseGrantResponse
  1 header ResponseHeader
  2 ID     int64
  3 TTL    int64
  4 error  string
type LeaseRevokeRequest
  1 ID int64
type LeaseRevokeResponse
  1 header ResponseHeader
type LeaseKeepAliveRequest
  1 ID int64
type LeaseKeepAliveResponse
  1 header ResponseHeader
  2 ID     int64
  3 TTL    int64
type LeaseTimeToLiveRequest
  1 ID   int64
  2 keys bool
type LeaseTimeToLiveResponse
  1 header     ResponseHeader
  2 ID         int64
  3 TTL        int64
  4 grantedTTL int64
  5 keys       []bytes
type LeaseLeasesRequest
type LeaseStatus
  1 ID int64
type LeaseLeasesResponse
  1 header ResponseHeader
  2 leases []LeaseStatus

service Lease
  LeaseGrant      LeaseGrantRequest            LeaseGrantResponse
  LeaseRevoke     LeaseRevokeRequest           LeaseRevokeResponse
  LeaseKeepAlive  stream LeaseKeepAliveRequest stream LeaseKeepAliveResponse
  LeaseTimeToLive LeaseTimeToLiveRequest       LeaseTimeToLiveResponse
  LeaseLeases     LeaseLeasesRequest           LeaseLeasesResponse

type Member
  1 ID         uint64
  2 name       string
  3 peerURLs   []string
  4 clientURLs []string
  5 isLearner  bool
type MemberListRequest
  1 linearizable bool
type MemberListResponse
  1 header  ResponseHeader
  2 members []Member
type MemberAddRequest
  1 peerURLs  []string
  2 isLearner bool
type MemberRemoveRequest
  1 ID uint64
type MemberUpdateRequest
  1 ID       uint64
  2 peerURLs []string
type MemberPromoteRequest
  1 ID uint64

service Cluster
  MemberAdd     MemberAddRequest     MemberListResponse
  MemberRemove  MemberRemoveRequest  MemberListResponse
  MemberUpdate  MemberUpdateRequest  MemberListResponse
  MemberList    MemberListRequest    MemberListResponse
  MemberPromote MemberPromoteRequest MemberListResponse

type AlarmRequest
  1 action   int32 | 0 get, 1 activate, 2 deactivate
  2 memberID uint64
  3 alarm    int32 | 0 none, 1 no space, 2 corrupt
type AlarmMember
  1 memberID uint64
  2 alarm    int32
type AlarmResponse
  1 header ResponseHeader
  2 alarms []AlarmMember
type StatusRequest
type StatusResponse
  1  header           ResponseHeader
  2  version          string
  3  dbSize           int64
  4  leader           uint64
  5  raftIndex        uint64
  6  raftTerm         uint64
  7  raftAppliedIndex uint64
  8  errors           []string
  9  dbSizeInUse      int64
  10 isLearner        bool
  11 storageVersion   string
  12 dbSizeQuota      int64
type DefragmentRequest
type DefragmentResponse
  1 header ResponseHeader
type HashRequest
type HashResponse
  1 header ResponseHeader
  2 hash   uint32
type HashKVRequest
  1 revision int64
type HashKVResponse
  1 header           ResponseHeader
  2 hash             uint32
  3 compact_revision int64
  4 hash_revision    int64
type SnapshotRequest
type SnapshotResponse
  1 header          ResponseHeader
  2 remaining_bytes uint64
  3 blob            bytes
  4 version         string
type MoveLeaderRequest
  1 targetID uint64
type MoveLeaderResponse
  1 header ResponseHeader

service Maintenance
  Alarm      AlarmRequest      AlarmResponse
  Status     StatusRequest     StatusResponse
  Defragment DefragmentRequest DefragmentResponse
  Hash       HashRequest       HashResponse
  HashKV     HashKVRequest     HashKVResponse
  Snapshot   SnapshotRequest   stream SnapshotResponse
  MoveLeader MoveLeaderRequest MoveLeaderResponse

type AuthStatusRequest
type AuthStatusResponse
  1 header       ResponseHeader
  2 enabled      bool
  3 authRevision uint64
type AuthEnableRequest
type AuthResponse
  1 header ResponseHeader
type AuthenticateRequest
  1 name     string
  2 password string
type AuthenticateResponse
  1 header ResponseHeader
  2 token  string

service Auth
  AuthEnable   AuthEnableRequest   AuthResponse
  AuthDisable  AuthEnableRequest   AuthResponse
  AuthStatus   AuthStatusRequest   AuthStatusResponse
  Authenticate AuthenticateRequest AuthenticateResponse
`
let parsed: Table | undefined
export function etcdTable(): Table {
  parsed ??= parseTable('etcdserverpb', text)
  return parsed
}

export type Id = number | bigint
export interface ResponseHeader {
  cluster_id: Id
  member_id: Id
  revision: number
  raft_term: number
}
export interface EtcdKeyValue {
  key: Uint8Array
  create_revision: number
  mod_revision: number
  version: number
  value: Uint8Array
  lease: Id
}
export interface EtcdEvent {
  type: number
  kv: EtcdKeyValue
  prev_kv?: EtcdKeyValue
}
export interface RangeRequest {
  key: Uint8Array
  range_end?: Uint8Array
  limit?: number
  revision?: number
  sort_order?: number
  sort_target?: number
  serializable?: boolean
  keys_only?: boolean
  count_only?: boolean
  min_mod_revision?: number
  max_mod_revision?: number
  min_create_revision?: number
  max_create_revision?: number
}
export interface RangeResponse {
  header: ResponseHeader
  kvs: EtcdKeyValue[]
  more: boolean
  count: number
}
export interface PutRequest {
  key: Uint8Array
  value?: Uint8Array
  lease?: Id
  prev_kv?: boolean
  ignore_value?: boolean
  ignore_lease?: boolean
}
export interface PutResponse {
  header: ResponseHeader
  prev_kv?: EtcdKeyValue
}
export interface DeleteRangeRequest {
  key: Uint8Array
  range_end?: Uint8Array
  prev_kv?: boolean
}
export interface DeleteRangeResponse {
  header: ResponseHeader
  deleted: number
  prev_kvs: EtcdKeyValue[]
}
export interface RequestOp {
  request_range?: RangeRequest
  request_put?: PutRequest
  request_delete_range?: DeleteRangeRequest
  request_txn?: TxnRequest
}
export interface ResponseOp {
  response_range?: RangeResponse
  response_put?: PutResponse
  response_delete_range?: DeleteRangeResponse
  response_txn?: TxnResponse
}
export interface Compare {
  result: number
  target: number
  key: Uint8Array
  version?: number
  create_revision?: number
  mod_revision?: number
  value?: Uint8Array
  lease?: Id
  range_end?: Uint8Array
}
export interface TxnRequest {
  compare: Compare[]
  success: RequestOp[]
  failure: RequestOp[]
}
export interface TxnResponse {
  header: ResponseHeader
  succeeded: boolean
  responses: ResponseOp[]
}
export interface WatchCreateRequest {
  key: Uint8Array
  range_end?: Uint8Array
  start_revision?: number
  progress_notify?: boolean
  filters?: number[]
  prev_kv?: boolean
  watch_id?: number
  fragment?: boolean
}
export interface WatchRequest {
  create_request?: WatchCreateRequest
  cancel_request?: { watch_id: number }
  progress_request?: object
}
export interface WatchResponse {
  header: ResponseHeader
  watch_id: number
  created: boolean
  canceled: boolean
  compact_revision: number
  cancel_reason: string
  fragment: boolean
  events: EtcdEvent[]
}
export interface StatusResponse {
  header: ResponseHeader
  version: string
  dbSize: number
  leader: Id
  raftIndex: number
  raftTerm: number
  raftAppliedIndex: number
  errors: string[]
  dbSizeInUse: number
  isLearner: boolean
}
export interface Member {
  ID: Id
  name: string
  peerURLs: string[]
  clientURLs: string[]
  isLearner: boolean
}
interface Headed {
  header: ResponseHeader
}

export interface KV {
  Range: Unary<RangeRequest, RangeResponse>
  Put: Unary<PutRequest, PutResponse>
  DeleteRange: Unary<DeleteRangeRequest, DeleteRangeResponse>
  Txn: Unary<TxnRequest, TxnResponse>
  Compact: Unary<{ revision: number; physical?: boolean }, Headed>
}
export interface Watch {
  Watch: BidiStream<WatchRequest, WatchResponse>
}
export interface Lease {
  LeaseGrant: Unary<{ TTL: number; ID?: Id }, Headed & { ID: Id; TTL: number; error: string }>
  LeaseRevoke: Unary<{ ID: Id }, Headed>
  LeaseKeepAlive: BidiStream<{ ID: Id }, Headed & { ID: Id; TTL: number }>
  LeaseTimeToLive: Unary<{ ID: Id; keys?: boolean }, Headed & { ID: Id; TTL: number; grantedTTL: number; keys: Uint8Array[] }>
  LeaseLeases: Unary<object, Headed & { leases: { ID: Id }[] }>
}
export interface Cluster {
  MemberList: Unary<{ linearizable?: boolean }, Headed & { members: Member[] }>
}
export interface Maintenance {
  Alarm: Unary<{ action: number; memberID?: Id; alarm?: number }, Headed & { alarms: { memberID: Id; alarm: number }[] }>
  Status: Unary<object, StatusResponse>
  Defragment: Unary<object, Headed>
  Hash: Unary<object, Headed & { hash: number }>
  HashKV: Unary<{ revision: number }, Headed & { hash: number; compact_revision: number }>
  Snapshot: ServerStream<object, Headed & { remaining_bytes: number; blob: Uint8Array }>
}

/** The end of the range of all keys that begin with `prefix`; one zero byte when there is none. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix[last] as number
    if (byte === 255) continue
    const end = Uint8Array.prototype.slice.call(prefix, 0, last + 1)
    end[last] = byte + 1
    return end
  }
  return new Uint8Array(1)
}
