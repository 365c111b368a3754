/**
 * What the server knows of one resource (upstream: storage/cacher): its entries in key order, the changes of late, and
 * its watchers. Fed by the hub in revision order. With a local store it is never stale: a write's change is here before
 * the write is answered.
 */

import { CompactedError, type KeyValue, type Store, type StoreEvent, type Watch } from '../../store/store.ts'
import { newExpired } from '../errors.ts'
import { type CacheEvent, type Change, eventOf, newChange, newEvent } from './changes.ts'
import { type Entry, type EntryCodec, entriesOf } from './entry.ts'
import { keyPrefix, matches, type Selection } from './selection.ts'
import { createSortedEntries } from './sorted-entries.ts'
import { createWatchIndex } from './watch-index.ts'

export interface WatchCacheSink {
  /**
   * Some events, in order. Called outside of any write, at most once a turn of the loop. The promise of a sink that is
   * full is waited for while the initial state is sent; live events come regardless, and the sink gives up on its own.
   */
  events(events: readonly CacheEvent[]): Promise<void> | undefined
  /** The state that a watch begins with has been sent. */
  initialEnd?(): void
  /** The watch is over; `error` says why when the server ends it. */
  end(error?: Error): void
}

export interface CacheWatch {
  close(): void
  /** Sends what is pending and returns the revision up to which the watcher then knows everything. */
  progress(): number
}

export interface WatchCache {
  readonly prefix: string
  readonly codec: EntryCodec
  /** All writes up to this revision are in. */
  readonly revision: number
  /** The revision of the newest change of this resource, as far as known: lists at a revision from here on are the present. */
  readonly lastChange: number
  readonly loaded: boolean
  /** Set while changes are being converted that happened before now. */
  readonly behind: Promise<void> | undefined
  readonly watchers: number
  readonly size: number
  /** Of all entries together. */
  readonly bytes: number
  readonly counts: Readonly<CacheCounts>
  /** How many watchers a change to an object is likely to be shown to; `name` may be unknown. */
  interested(namespace: string, name: string): number
  load(): Promise<void>
  get(key: string): Entry | undefined
  /** Entries in key order that a selection holds, after a key, at most `limit`; `more` tells that keys are left. */
  list(selection: Selection, after?: string, limit?: number): { entries: Entry[]; more: boolean }
  count(selection: Selection, after?: string): number
  /** Calls `visit` with every entry whose key begins with `prefix`. */
  scan(prefix: string, visit: (entry: Entry) => void): void
  /** `since` undefined: begin with what exists. The sink is not called before this returns. */
  watch(selection: Selection, since: number | undefined, sink: WatchCacheSink): CacheWatch
  /** From the hub. */
  apply(event: StoreEvent, revision: number): void
  /** From the hub: sends on what `apply` brought. */
  dispatch(): void
  /** From the hub: the feed broke; everything is read anew and watchers must list again. */
  reset(error: Error): void
  /** From the hub: it is fed no more. Its watches end, and so do those that requests on their way still begin. */
  close(): void
}

/** Since the server began. */
export interface CacheCounts {
  /** Changes that came from the store. */
  received: number
  /** Those that were offered to watchers. */
  dispatched: number
  /** How often everything was read. */
  loads: number
  /** Objects that watches began with. */
  initial: number
}

interface Watcher {
  readonly selection: Selection
  readonly sink: WatchCacheSink
  /** Changes up to here are known to it. */
  since: number
  /** Live changes wait here while older ones are read from the store's history. */
  held: Change[] | undefined
  out: CacheEvent[]
}

const windowSize = 1024
/** How many objects are read at a time when a cache is loaded. The store counts what is left after each page, so pages are large. */
const pageSize = 10_000
const initialBatch = 256
const empty = Buffer.alloc(0)

/** What was replaced and told is hardly asked for again: decoded, it would grow old in memory with what stays. */
const forget = (entry: Entry | undefined) => {
  if (entry) entry.object = undefined
}

export function createWatchCache(store: Store, prefix: string, codec: EntryCodec, hub: { readonly revision: number }): WatchCache {
  const entries = createSortedEntries()
  const index = createWatchIndex<Watcher>()
  let loading: Promise<void> | undefined
  let loaded = false
  let closed = false
  let waiting: [StoreEvent, number][] = []
  let loadedAt = 0
  let lastChange = 0
  let recent: Change[] = []
  /** Every change after this revision is in `recent`. */
  let recentFrom = 0
  let pending: Change[] = []
  const counts: CacheCounts = { received: 0, dispatched: 0, loads: 0, initial: 0 }

  const take = (event: StoreEvent, revision: number) => {
    const key = event.kv.key.slice(prefix.length)
    const old = entries.get(key)
    let entry: Entry | undefined
    if (event.type === 'put') {
      entry = codec.entry(key, event.kv.value, revision)
      entries.set(entry)
    } else {
      if (!old) return
      entries.delete(key)
    }
    lastChange = revision
    counts.received++
    const change = newChange(revision, entry, old)
    recent.push(change)
    if (recent.length >= windowSize * 2) {
      recentFrom = (recent[windowSize - 1] as Change).revision
      recent = recent.slice(windowSize)
    }
    if (index.size > 0) pending.push(change)
    else forget(old)
  }

  const load = async () => {
    let after: string | undefined
    let revision = 0
    for (;;) {
      const page = await store.list(prefix, { limit: pageSize, ...(after ? { after, revision } : {}) })
      revision ||= page.revision
      for (const entry of await entriesOf(codec, prefix, page.kvs)) entries.set(entry)
      after = page.kvs.at(-1)?.key
      if (!page.more || after === undefined) break
    }
    loadedAt = lastChange = recentFrom = revision
    loaded = true
    counts.loads++
    const late = waiting
    waiting = []
    for (const [event, at] of late) if (at > loadedAt) apply(event, at)
  }

  let unconverted: [StoreEvent, number][] = []
  let behind: Promise<void> | undefined
  const apply = (event: StoreEvent, at: number) => {
    if (!codec.convert) return take(event, at)
    unconverted.push([event, at])
    behind ??= catchUp(codec.convert)
  }
  /** Takes in what waits for its conversion, in order. What cannot be converted cannot be told of: all is read anew, by who wants it. */
  const catchUp = async (convert: NonNullable<EntryCodec['convert']>) => {
    await undefined
    try {
      while (unconverted.length > 0) {
        const batch = unconverted
        unconverted = []
        const values = await convert(batch.map(([{ type, kv }]) => (type === 'put' ? kv.value : empty)))
        if (!loaded) return
        batch.forEach(([event, at], i) => {
          take(event.type === 'put' ? { ...event, kv: { ...event.kv, value: values[i] as Uint8Array } } : event, at)
        })
      }
    } catch (error) {
      reset(error as Error)
    } finally {
      behind = undefined
      dispatch()
    }
  }
  const revisionNow = () => (behind ? lastChange : hub.revision)

  const offer = (watcher: Watcher, change: Change) => {
    if (change.revision <= watcher.since) return
    watcher.since = change.revision
    const before = change.old !== undefined && matches(watcher.selection, change.old)
    const now = change.entry !== undefined && matches(watcher.selection, change.entry)
    const event = eventOf(change, before, now)
    if (event) watcher.out.push(event)
  }
  const flush = (watcher: Watcher) => {
    if (watcher.out.length === 0) return
    const out = watcher.out
    watcher.out = []
    watcher.sink.events(out)
  }

  const release = (watcher: Watcher) => {
    const held = watcher.held ?? []
    watcher.held = undefined
    for (const change of held) offer(watcher, change)
    flush(watcher)
  }

  /** Sends the state of now in batches; what changes meanwhile is held back until it is all sent. */
  const sendInitial = async (watcher: Watcher) => {
    const { entries: present } = list(watcher.selection)
    counts.initial += present.length
    watcher.held = []
    await undefined
    for (let at = 0; at < present.length && index.has(watcher); at += initialBatch) {
      const full = watcher.sink.events(present.slice(at, at + initialBatch).map((entry) => newEvent('ADDED', entry)))
      if (full) await full
    }
    if (!index.has(watcher)) return
    watcher.sink.initialEnd?.()
    release(watcher)
  }

  /** Tells a watcher what happened after `since` from the store's history, until that meets the live changes. */
  const replay = (watcher: Watcher, since: number): (() => void) => {
    const goal = lastChange
    watcher.held = []
    let history: Watch | undefined
    let met = false
    const stop = () => {
      met = true
      history?.close()
    }
    const meet = (revision: number) => {
      const first = watcher.held?.[0]?.revision
      if (met || (revision < goal && (first === undefined || revision < first))) return
      stop()
      release(watcher)
    }
    const tell = (events: readonly StoreEvent[], revision: number, entry: (kv: KeyValue) => Entry) => {
      for (const { type, kv, previous } of events)
        offer(
          watcher,
          newChange(revision, type === 'put' ? entry({ ...kv, modRevision: revision }) : undefined, previous && entry(previous)),
        )
      flush(watcher)
    }
    let later = Promise.resolve()
    const tellConverted = async (events: readonly StoreEvent[], revision: number) => {
      if (met) return
      const kvs = events.flatMap(({ type, kv, previous }) => [
        ...(type === 'put' ? [{ ...kv, modRevision: revision }] : []),
        ...(previous ? [previous] : []),
      ])
      const made = await entriesOf(codec, prefix, kvs)
      if (met) return
      const entries = new Map(made.map((entry, i) => [(kvs[i] as KeyValue).value, entry]))
      tell(events, revision, (kv) => entries.get(kv.value) as Entry)
      meet(revision)
    }
    const giveUp = (error: unknown) => {
      if (met) return
      stop()
      index.remove(watcher)
      watcher.sink.end(error as Error)
    }
    history = store.watch(
      prefix,
      { startRevision: since + 1, previous: true },
      {
        events(events, revision) {
          if (met) return
          if (codec.convert) later = later.then(() => tellConverted(events, revision)).catch(giveUp)
          else {
            tell(events, revision, (kv) => codec.entry(kv.key.slice(prefix.length), kv.value, kv.modRevision))
            meet(revision)
          }
        },
        progress(revision) {
          if (codec.convert) later = later.then(() => meet(revision))
          else meet(revision)
        },
        end(error) {
          if (met) return
          index.remove(watcher)
          watcher.sink.end(error instanceof CompactedError ? newExpired(since, error.compactedRevision) : error)
        },
      },
    )
    if (met) history.close()
    return stop
  }

  const list: WatchCache['list'] = (selection, after, limit = Number.POSITIVE_INFINITY) => {
    const found: Entry[] = []
    let more = false
    const exact = selection.fields.exact('metadata.name')
    if (exact !== undefined) {
      const entry = entries.get(keyPrefix(selection) + exact)
      if (entry || selection.namespace) return { entries: entry && matches(selection, entry) ? [entry] : [], more }
    }
    entries.scan(keyPrefix(selection), after, (entry) => {
      // A full page says there may be more when there are more keys, matching or not, as upstream's pages of etcd do.
      if (found.length >= limit) {
        more = true
        return false
      }
      if (matches(selection, entry)) found.push(entry)
      return true
    })
    return { entries: found, more }
  }

  const dispatch = () => {
    const changes = pending
    if (changes.length === 0) return
    pending = []
    counts.dispatched += changes.length
    const touched = new Set<Watcher>()
    for (const change of changes) {
      index.candidates(change, (watcher) => {
        if (watcher.held) watcher.held.push(change)
        else {
          offer(watcher, change)
          touched.add(watcher)
        }
      })
    }
    for (const watcher of touched) flush(watcher)
    for (const { old } of changes) forget(old)
  }

  return {
    prefix,
    codec,
    counts,
    get revision() {
      return revisionNow()
    },
    get behind() {
      return behind
    },
    get lastChange() {
      return lastChange
    },
    get loaded() {
      return loaded
    },
    get watchers() {
      return index.size
    },
    get size() {
      return entries.size
    },
    get bytes() {
      return entries.bytes
    },
    interested: (namespace, name) => index.interested(namespace, name),
    load() {
      loading ??= load().catch((error: unknown) => {
        loading = undefined
        entries.clear()
        throw error
      })
      return loading
    },
    get: (key) => entries.get(key),
    list,
    scan: (prefix, visit) =>
      entries.scan(prefix, undefined, (entry) => {
        visit(entry)
        return true
      }),
    count: (selection, after) => entries.count(keyPrefix(selection), after),

    watch(selection, since, sink) {
      if (closed) {
        queueMicrotask(() => sink.end())
        return { progress: revisionNow, close() {} }
      }
      const watcher: Watcher = { selection, sink, since: since ?? revisionNow(), held: undefined, out: [] }
      let stopReplay: (() => void) | undefined
      index.add(watcher)
      if (since === undefined) void sendInitial(watcher)
      else if (since >= recentFrom) {
        for (const change of recent) offer(watcher, change)
        queueMicrotask(() => flush(watcher))
      } else stopReplay = replay(watcher, since)
      return {
        progress() {
          dispatch()
          return watcher.held ? watcher.since : Math.max(watcher.since, revisionNow())
        },
        close() {
          stopReplay?.()
          watcher.out = []
          index.remove(watcher)
        },
      }
    },

    apply(event, revision) {
      if (loaded) apply(event, revision)
      else if (loading) waiting.push([event, revision])
    },
    dispatch,
    reset,
    close() {
      closed = true
      reset()
    },
  }

  function reset(error?: Error) {
    for (const watcher of [...index.all()]) {
      index.remove(watcher)
      watcher.sink.end(error)
    }
    entries.clear()
    recent = []
    pending = []
    waiting = []
    unconverted = []
    loading = undefined
    loaded = false
  }
}
