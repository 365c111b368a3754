/**
 * Watches of the embedded store. A watch that begins in the past reads the log up to the newest revision and in the same
 * tick joins those that are handed each commit's events, so nothing falls between the two.
 */
import { CompactedError, type StoreEvent, type Watch, type WatchHandler, type WatchOptions } from '../store.ts'
import { type Commits, type CommittedEvent, kvOf, type Snapshot } from './commits.ts'
import { contains, type KeyRange } from './keys.ts'
import { decodeRecord, logKey, positionOfLogKey, readRecord, type Tables } from './tables.ts'

export interface Watchers {
  watch(range: KeyRange, options: WatchOptions, handler: WatchHandler): Watch
  /** Hands out the events of one revision, which is committed and the newest. */
  deliver(events: readonly CommittedEvent[], revision: number): void
  close(): void
}

interface Watcher {
  readonly range: KeyRange
  readonly handler: WatchHandler
  /** The first revision it is told of. */
  readonly from: number
  /** Whether it wants the values that were replaced. */
  readonly previous: boolean
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
  const replayPiece = (watcher: Watcher, from: number, snapshot: Snapshot): number => {
    const { range, handler, previous } = watcher
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
      if (contains(range, record.key)) {
        const { deleted, key, head, value, before } = record
        const event: CommittedEvent = { type: deleted ? 'delete' : 'put', kv: kvOf(key, head, value), before }
        events.push(previous ? withPrevious(event, snapshot) : event)
      }
    }
    flush()
    return snapshot.revision + 1
  }

  const withPrevious = (event: CommittedEvent, snapshot: Snapshot): StoreEvent => {
    if (event.before.main === 0) return event
    const old = readRecord(tables, event.before, snapshot.transaction, true)
    return old && !old.deleted ? { ...event, previous: kvOf(old.key, old.head, old.value) } : event
  }

  const replay = async (watcher: Watcher) => {
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
      next = replayPiece(watcher, next, snapshot)
      if (next <= snapshot.revision) await new Promise(setImmediate)
    }
  }

  return {
    watch(range, options, handler) {
      const newest = commits().revision
      const from = options.startRevision || newest + 1
      const watcher: Watcher = { range, handler, from, previous: options.previous === true, closed: false }
      if (watcher.from > newest) join(watcher)
      else void replay(watcher)
      return { close: () => leave(watcher) }
    },
    deliver(events, revision) {
      for (const { range, watchers } of live.values()) {
        let wanted: CommittedEvent[] | undefined
        for (const event of events) {
          if (!contains(range, event.kv.key)) continue
          wanted ??= []
          wanted.push(event)
        }
        if (!wanted) continue
        let whole: StoreEvent[] | undefined
        for (const { handler, from, previous } of [...watchers]) {
          if (revision < from) continue
          if (previous) whole ??= wanted.map((event) => withPrevious(event, commits().snapshot()))
          handler.events(previous ? (whole as StoreEvent[]) : wanted, revision)
        }
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
