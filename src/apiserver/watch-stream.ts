/**
 * A watch on the wire: events as they come, bookmarks once a minute, an end when its time is over. A client that reads
 * slower than the cluster writes is dropped: what waits for it are buffers that all watchers share, but not without end.
 */
import { newInternalError, StatusError } from '../api/errors.ts'
import type { Answer } from './call.ts'
import { bookmark, encodeEvent, encodeWatchEvent } from './encode.ts'
import type { Form } from './negotiate.ts'
import { cacheOf } from './rest/core.ts'
import type { CacheEvent } from './storage/changes.ts'

/** Where a watch writes to; HTTP/1.1 and HTTP/2 each have one. */
export interface StreamWriter {
  write(bytes: Buffer): void
  /** Bytes that wait for the client. */
  readonly waiting: number
  /** Resolves when the client has taken what waited, or is gone. */
  drained(): Promise<void>
  end(): void
  destroy(): void
}

const maxWaiting = 16 * 1024 * 1024
const pauseAt = 1024 * 1024
const bookmarkMs = 60_000
/**
 * An event goes out at once, and what follows within this time of a write goes out together: a write through TLS costs
 * 20 µs and more whatever its size. 300 changes shown to 100 watchers take 0.7 CPU seconds with it and 1.1 without.
 */
const paceMs = 8
/** What a batch holds at most, so that a burst is not gathered without end. */
const mostPending = 256

/** Runs until the client or the server ends it; the result ends it from outside. */
export function streamWatch(
  answer: Extract<Answer, { kind: 'watch' }>,
  form: Form,
  query: URLSearchParams,
  writer: StreamWriter,
  ended: () => void,
): () => void {
  const { endpoint, selection } = answer
  const cache = cacheOf(endpoint)
  let over = false
  const finish = (graceful: boolean) => {
    if (over) return
    over = true
    clearTimeout(timeout)
    clearInterval(ticker)
    watch.close()
    if (graceful) {
      send()
      writer.end()
    } else {
      pending = []
      writer.destroy()
    }
    ended()
  }
  let pending: Buffer[] = []
  let sentAt = Number.NEGATIVE_INFINITY
  const send = () => {
    if (pending.length === 0) return
    const bytes = joined(pending)
    answer.sent?.(pending.length)
    pending = []
    sentAt = performance.now()
    writer.write(bytes)
    if (writer.waiting > maxWaiting) finish(false)
  }
  let first = true
  const encode = (event: CacheEvent) => {
    const bytes = encodeEvent(event, endpoint, form, query, first)
    first = false
    return bytes
  }
  const sendBookmark = (atEndOfInitial = false) => {
    const revision = watch.progress()
    pending.push(encodeEvent(bookmark(endpoint, revision, form, atEndOfInitial), endpoint, form, query))
    send()
  }

  const watch = cache.watch(selection, answer.since, {
    events(events) {
      if (over) return undefined
      for (const event of events) pending.push(encode(event))
      if (pending.length >= mostPending || performance.now() - sentAt >= paceMs) send()
      else sendLater(send)
      return writer.waiting > pauseAt ? writer.drained() : undefined
    },
    initialEnd() {
      answer.begun?.()
      if (!over && answer.initialEventsEnd) sendBookmark(true)
    },
    end(error) {
      if (over) return
      if (error) {
        const status = error instanceof StatusError ? error : newInternalError(error)
        pending.push(encodeWatchEvent('ERROR', status.status, form))
      }
      finish(true)
    },
  })
  if (answer.since !== undefined) answer.begun?.()
  const timeout = setTimeout(() => {
    if (answer.bookmarks) sendBookmark()
    finish(true)
  }, answer.timeoutMs)
  const ticker = answer.bookmarks ? setInterval(() => sendBookmark(), bookmarkMs) : undefined
  timeout.unref()
  ticker?.unref()
  return () => finish(false)
}

let late: Set<() => void> = new Set()

/** One timer for all watches, so that those that wait are written in one go and share the bytes that `joined` made. */
function sendLater(send: () => void): void {
  if (late.size === 0) setTimeout(sendLate, paceMs)
  late.add(send)
}
function sendLate(): void {
  const sends = late
  late = new Set()
  for (const send of sends) send()
}

let lastParts: readonly Buffer[] = []
let lastJoined = Buffer.alloc(0)

/** Events as one buffer, the same one for all watchers that are sent the same events one after the other. */
function joined(parts: readonly Buffer[]): Buffer {
  if (parts.length === 1) return parts[0] as Buffer
  if (parts.length !== lastParts.length || parts.some((part, i) => part !== lastParts[i])) {
    lastParts = parts
    lastJoined = Buffer.concat(parts)
  }
  return lastJoined
}
