/**
 * Watches of the embedded store. A watch that begins in the past reads the log up to the newest revision and in the same
 * tick joins those that are handed each commit's events, so nothing falls between the two.
 */
import { CompactedError, type KeyValue, type StoreEvent, type Watch, type WatchHandler, type WatchOptions } from '../store.ts'
import { type Commits, kvOf, type Snapshot } from './commits.ts'
import { contains, type KeyRange } from './keys.ts'
import { decodeRecord, type LogRecord, logKey, positionOfLogKey, readRecord, type Tables } from './tables.ts'

export interface Watchers {
  watch(range: KeyRange, options: WatchOptions, handler: WatchHandler): Watch
  /** Hands out the events of one revision, which is committed and the newest. */
  deliver(events: readonly StoreEvent[], revision: number): void
  close(): void
}

interface Watcher {
  readonly range: KeyRange
  readonly handler: WatchHandler
  /** The first revision it is told of. */
  readonly from: number
  closed: boolean
}

const piece = 1000

export function createWatchers(tables: Tables, commits: () => Commits, compacted: () => number): Watchers {
  /** Those that have seen everything up to the newest revision, by what they watch: many watch the same. */
  const live = new Map<string, { range: KeyRange; watchers: Set<Watcher> }>()
  const replaying = new Set<Watcher>()
  const nameOf = (range: KeyRange) => `${range.start}\0\0${range.end ?? ''}`

  const join = (watcher: Watcher) => {
    const name = nameOf(watcher.range)
    const group = live.get(name) ?? { range: watcher.range, watchers: new Set() }
    live.set(name, group)
    group.watchers.add(watcher)
  }
  const leave = (watcher: Watcher) => {
    watcher.closed = true
    replaying.delete(watcher)
    const name = nameOf(watcher.range)
    const group = live.get(name)
    if (group?.watchers.delete(watcher) && group.watchers.size === 0) live.delete(name)
  }

  /** Delivers a piece of the log; the revision to go on from. */
  const replayPiece = (watcher: Watcher, from: number, withPrevious: boolean, snapshot: Snapshot): number => {
    const { range, handler } = watcher
    let main = from
    let last = from - 1
    let read = 0
    let events: StoreEvent[] = []
    const flush = () => {
      if (events.length > 0 && !watcher.closed) handler.events(events, last)
      events = []
    }
    for (const { key, value } of tables.log.getRange({
      start: logKey({ main: from, sub: 0 }),
      transaction: snapshot.transaction,
    } as object)) {
      const position = positionOfLogKey(key)
      main = position.main
      if (main !== last) {
        flush()
        // A revision is handed over whole, so a piece ends between two.
        if (read >= piece || watcher.closed) return main
        last = main
      }
      read++
      const source = Buffer.from(value.buffer, value.byteOffset, value.length)
      const record = decodeRecord(source, position, source.length, true)
      if (contains(range, record.key)) events.push(eventOf(record, withPrevious ? before(record, snapshot) : undefined))
    }
    flush()
    return snapshot.revision + 1
  }

  const before = (record: LogRecord, snapshot: Snapshot): KeyValue | undefined => {
    if (record.before.main === 0) return undefined
    const old = readRecord(tables, record.before, snapshot.transaction, true)
    return old && !old.deleted ? kvOf(old.key, old.head, old.value) : undefined
  }

  const replay = async (watcher: Watcher, withPrevious: boolean) => {
    replaying.add(watcher)
    // The caller first gets its Watch, then events.
    await Promise.resolve()
    for (let next = watcher.from; !watcher.closed; ) {
      if (next < compacted()) {
        leave(watcher)
        watcher.handler.end(new CompactedError(compacted()))
        return
      }
      const snapshot = commits().snapshot()
      if (next > snapshot.revision) {
        replaying.delete(watcher)
        join(watcher)
        watcher.handler.progress?.(snapshot.revision)
        return
      }
      next = replayPiece(watcher, next, withPrevious, snapshot)
      if (next <= snapshot.revision) await new Promise(setImmediate)
    }
  }

  return {
    watch(range, options, handler) {
      const newest = commits().revision
      const watcher: Watcher = { range, handler, from: options.startRevision || newest + 1, closed: false }
      if (watcher.from > newest) join(watcher)
      else void replay(watcher, options.previous === true)
      return { close: () => leave(watcher) }
    },
    deliver(events, revision) {
      for (const { range, watchers } of live.values()) {
        let wanted: StoreEvent[] | undefined
        for (const event of events) {
          if (!contains(range, event.kv.key)) continue
          wanted ??= []
          wanted.push(event)
        }
        if (wanted) for (const { handler, from } of [...watchers]) if (revision >= from) handler.events(wanted, revision)
      }
    },
    close() {
      const all = [...replaying, ...[...live.values()].flatMap((group) => [...group.watchers])]
      for (const watcher of all) {
        leave(watcher)
        watcher.handler.end(new Error('the store is closed'))
      }
    },
  }
}

function eventOf(record: LogRecord, previous: KeyValue | undefined): StoreEvent {
  const kv = kvOf(record.key, record.head, record.value)
  return { type: record.deleted ? 'delete' : 'put', kv, ...(previous ? { previous } : {}) }
}
