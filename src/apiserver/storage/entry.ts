/**
 * One stored object as the server keeps it: its JSON bytes, made once, and the decoded object only while it is wanted.
 *
 * What is stored is the object's JSON without its resourceVersion, which only the write itself can know. Every stored
 * JSON begins `{"kind":…,"apiVersion":…,"metadata":{`, so that the version is spliced in at an offset known beforehand;
 * a get sends these bytes, a list item is what follows the second comma, a watch event wraps them.
 */
import type { ApiObject } from '../request.ts'

export interface Entry {
  /** The key below the resource's prefix: `default/web`, or `web` where there are no namespaces. */
  readonly key: string
  readonly revision: number
  /** The JSON that is answered, resourceVersion included. Shared: never written to. */
  readonly bytes: Buffer
  /** Where the list item begins in `bytes`: at `"metadata"`, as items of a list carry no kind and apiVersion; custom ones do. */
  readonly item: number
  /** Set while the decoded form is at hand; read it with `objectOf`. */
  object: ApiObject | undefined
}

const slabSize = 16 * 1024
let slab = Buffer.allocUnsafeSlow(slabSize)
let slabUsed = 0

/**
 * Memory that lives as long as an entry. Small entries share slabs: a Buffer of its own costs some 350 bytes beside its
 * content. Small slabs, because one living entry keeps its whole slab.
 */
export function allocate(size: number): Buffer {
  if (size > slabSize >> 2) return Buffer.allocUnsafeSlow(size)
  if (slabUsed + size > slabSize) {
    slab = Buffer.allocUnsafeSlow(slabSize)
    slabUsed = 0
  }
  const at = slabUsed
  slabUsed += size
  return slab.subarray(at, slabUsed)
}

const ringSize = 2048
const ring: (Entry | undefined)[] = new Array(ringSize)
let ringAt = 0

/** Keeps an entry's decoded object until 2,048 others were wanted after it. */
export function keepObject(entry: Entry, object: ApiObject): void {
  const old = ring[ringAt]
  if (old) old.object = undefined
  entry.object = object
  ring[ringAt] = entry
  ringAt = (ringAt + 1) % ringSize
}

/** The decoded object: shared, never to be changed. */
export function objectOf(entry: Entry): ApiObject {
  if (entry.object) return entry.object
  const object = JSON.parse(entry.bytes.toString('utf8')) as ApiObject
  keepObject(entry, object)
  return object
}

export interface EntryCodec {
  /** The version that its entries are in. */
  readonly apiVersion: string
  /** The bytes to store for an object; `resourceVersion` is left out. */
  encode(object: ApiObject): Buffer | Promise<Buffer>
  /** Set where somebody else must be asked for what was stored in another version: stored bytes in the codec's version, for `entry`. */
  convert?(values: readonly Uint8Array[]): Promise<readonly Uint8Array[]>
  /** The entry for stored bytes. Bytes of another shape (upstream's protobuf or JSON) are decoded and written anew. */
  entry(key: string, value: Uint8Array, revision: number): Entry
}

/** Of built-in kinds: nobody is asked. */
export interface PlainCodec extends EntryCodec {
  encode(object: ApiObject): Buffer
}

export interface Stored {
  readonly key: string
  readonly value: Uint8Array
  readonly modRevision: number
}

/** The entries of what a store answers, whose keys begin with `prefix`. */
export function entriesOf(codec: EntryCodec, prefix: string, kvs: readonly Stored[]): Entry[] | Promise<Entry[]> {
  const made = (values?: readonly Uint8Array[]) =>
    kvs.map(({ key, value, modRevision }, i) => codec.entry(key.slice(prefix.length), values?.[i] ?? value, modRevision))
  return codec.convert && kvs.length > 0 ? codec.convert(kvs.map(({ value }) => value)).then(made) : made()
}

/**
 * The codec of one kind. `foreign` reads what upstream stored: protobuf behind `k8s\0`, or JSON with its keys in
 * another order.
 */
export function createEntryCodec(kind: string, apiVersion: string, foreign: (value: Uint8Array) => ApiObject): PlainCodec {
  const head = headOf(kind, apiVersion)
  const item = head.indexOf('"metadata"')
  const encode = (object: ApiObject): Buffer => encodeAs(kind, apiVersion, object)
  return {
    apiVersion,
    encode,
    entry(key, value, revision) {
      const own = startsWith(value, head) ? value : encode(foreign(value))
      return { key, revision, bytes: splice(own, head.length, revision), item, object: undefined }
    },
  }
}

export const headOf = (kind: string, apiVersion: string): Buffer =>
  Buffer.from(`{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":{`)

/** What is stored of an object. */
export function encodeAs(kind: string, apiVersion: string, object: ApiObject): Buffer {
  const { kind: _k, apiVersion: _v, metadata, ...rest } = object
  const { resourceVersion: _r, ...meta } = metadata
  return Buffer.from(JSON.stringify({ kind, apiVersion, metadata: meta, ...rest }))
}

export function startsWith(value: Uint8Array, head: Uint8Array): boolean {
  if (value.length < head.length) return false
  for (let i = 0; i < head.length; i++) if (value[i] !== head[i]) return false
  return true
}

/** Stored bytes with the resourceVersion at the beginning of their metadata. */
export function splice(value: Uint8Array, at: number, revision: number): Buffer {
  const version = `"resourceVersion":"${revision}",`
  const bytes = allocate(value.length + version.length)
  bytes.set(at === value.length ? value : value.subarray(0, at))
  bytes.write(version, at, 'latin1')
  bytes.set(value.subarray(at), at + version.length)
  return bytes
}

/** The same state told at a later revision, as the events of a deletion and of leaving a selector tell it. */
export function atRevision(entry: Entry, revision: number): Entry {
  if (entry.revision === revision) return entry
  const old = `"resourceVersion":"${entry.revision}",`
  const start = entry.bytes.indexOf(old, entry.item, 'latin1')
  const bytes = Buffer.concat([
    entry.bytes.subarray(0, start),
    Buffer.from(`"resourceVersion":"${revision}",`),
    entry.bytes.subarray(start + old.length),
  ])
  return { key: entry.key, revision, bytes, item: entry.item, object: undefined }
}
