/**
 * The seam between the API server and what keeps its data: upstream's storage.Interface boiled down to what an API
 * server asks of etcd (the Backend of kine is the same cut). Drivers: `embedded` (LMDB) and `etcd`.
 *
 * Keys are etcd's (`/registry/pods/default/web`), values are opaque bytes, a revision is etcd's: one counter for the
 * whole store, raised by every write, never lowered, not even by a crash.
 */

export interface KeyValue {
  readonly key: string
  readonly value: Uint8Array
  readonly createRevision: number
  readonly modRevision: number
  /** How many writes the key has seen since it was created; 1 after create. */
  readonly version: number
  /** The lease that deletes the key when it ends; 0 for none. */
  readonly lease: number
}

/** `put` with version 1 is a creation. A delete carries no value; `previous` is what was there. */
export interface StoreEvent {
  readonly type: 'put' | 'delete'
  readonly kv: KeyValue
  readonly previous?: KeyValue
}

/** A write that met another state than it expected is an answer, not an error: `current` is what is there (undefined: no such key). */
export type WriteResult =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly revision: number; readonly current?: KeyValue }

export interface ListOptions {
  /** Read as of this revision; 0 or absent: the newest. */
  readonly revision?: number
  readonly limit?: number
  /** Begin after this key (exclusive). */
  readonly after?: string
  readonly keysOnly?: boolean
  /** Only `count` is wanted. */
  readonly countOnly?: boolean
}
export interface ListResult {
  readonly kvs: readonly KeyValue[]
  /** The revision the answer is true at. */
  readonly revision: number
  /** How many keys the range holds beyond `after`, the ones past `limit` included. */
  readonly count: number
  readonly more: boolean
}

export interface WatchOptions {
  /** The first revision to deliver; 0 or absent: what comes after now. */
  readonly startRevision?: number
  readonly previous?: boolean
}
export interface Watch {
  /** Stops delivery; nothing is called afterwards. */
  close(): void
}
export interface WatchHandler {
  /**
   * Events in revision order, each once, none left out; all events of one revision come in one call. Must not throw.
   * With the embedded driver this is called before the promise of the write that caused it resolves, so that a cache
   * fed by it reads its own writes.
   */
  events(events: readonly StoreEvent[], revision: number): void
  /** Nothing happened up to this revision (etcd's progress notification): a cache may say it is that fresh. */
  progress?(revision: number): void
  /** The watch ended for good: `startRevision` is compacted (a CompactedError), or the store closed. */
  end(error: Error): void
}

export interface Store {
  /** The newest revision this process knows of. */
  readonly revision: number
  /** True when every write goes through this process, so that a cache fed by watch is never stale. */
  readonly local: boolean

  get(key: string, revision?: number): Promise<KeyValue | undefined>
  /** Keys that begin with `prefix`, in byte order. Throws CompactedError or FutureRevisionError. */
  list(prefix: string, options?: ListOptions): Promise<ListResult>

  /** Each resolves when the write is on disk. `ok: false` when the key exists already. */
  create(key: string, value: Uint8Array, options?: { lease?: number }): Promise<WriteResult>
  /** Writes when the key's modRevision is `expected`. */
  update(key: string, value: Uint8Array, expected: number, options?: { lease?: number }): Promise<WriteResult>
  /** Deletes when the key's modRevision is `expected`; without `expected`, whatever is there. */
  delete(key: string, expected?: number): Promise<WriteResult>

  watch(prefix: string, options: WatchOptions, handler: WatchHandler): Watch

  /** Forgets what was overwritten or deleted before `revision`; older reads and watches answer CompactedError. */
  compact(revision: number): Promise<void>
  readonly compactedRevision: number

  /** Makes a lease of `ttlSeconds`; its keys are deleted when it is not renewed in time. */
  grantLease(ttlSeconds: number): Promise<number>
  renewLease(id: number): Promise<boolean>
  revokeLease(id: number): Promise<void>

  /** Bytes on disk and in use, as etcd's status tells them. */
  size(): Promise<{ total: number; inUse: number }>
  close(): Promise<void>
}

/** etcd's ErrCompacted. */
export class CompactedError extends Error {
  readonly compactedRevision: number
  constructor(compactedRevision: number) {
    super('etcdserver: mvcc: required revision has been compacted')
    this.compactedRevision = compactedRevision
  }
}

/** etcd's ErrFutureRev. */
export class FutureRevisionError extends Error {
  constructor() {
    super('etcdserver: mvcc: required revision is a future revision')
  }
}

/** The disk refuses writes (full, read-only); reads go on. etcd's ErrNoSpace. */
export class NoSpaceError extends Error {
  constructor(cause?: unknown) {
    super('etcdserver: mvcc: database space exceeded', { cause })
  }
}
