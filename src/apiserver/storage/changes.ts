/** One write as the cache saw it, and the watch events it means: made when first wanted, then shared by all watchers. */
import { atRevision, type Entry } from './entry.ts'

export interface Change {
  readonly revision: number
  /** What is there now; undefined when it was deleted. */
  readonly entry: Entry | undefined
  readonly old: Entry | undefined
  /** By event type; see `eventOf`. */
  readonly events: { ADDED?: CacheEvent; MODIFIED?: CacheEvent; DELETED?: CacheEvent }
}

export interface CacheEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly revision: number
  readonly entry: Entry
  /** Encoded forms by what they are encoded as, so that each is made once for all watchers. */
  readonly encoded: Map<string, unknown>
}

export const newChange = (revision: number, entry: Entry | undefined, old: Entry | undefined): Change => ({
  revision,
  entry,
  old,
  events: {},
})

export const newEvent = (type: CacheEvent['type'], entry: Entry): CacheEvent => ({
  type,
  revision: entry.revision,
  entry,
  encoded: new Map(),
})

/**
 * The event that a change is to someone whose selection held `before` and holds `now`. Leaving the selection is a
 * deletion, told with the object as it was last seen and the revision of the change (upstream: cacher's convertToWatchEvent).
 */
export function eventOf(change: Change, before: boolean, now: boolean): CacheEvent | undefined {
  const { events } = change
  if (now) {
    const type = before ? 'MODIFIED' : 'ADDED'
    events[type] ??= newEvent(type, change.entry as Entry)
    return events[type]
  }
  if (!before) return undefined
  events.DELETED ??= newEvent('DELETED', atRevision(change.old as Entry, change.revision))
  return events.DELETED
}
