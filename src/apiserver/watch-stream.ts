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
  /** Several in one packet. */
  writeAll(chunks: readonly Buffer[]): void
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
    if (graceful) writer.end()
    else writer.destroy()
    ended()
  }
  let first = true
  const encode = (event: CacheEvent) => {
    const bytes = encodeEvent(event, endpoint, form, query, first)
    first = false
    return bytes
  }
  const sendBookmark = (atEndOfInitial = false) =>
    writer.write(encodeEvent(bookmark(endpoint, watch.progress(), form, atEndOfInitial), endpoint, form, query))

  const watch = cache.watch(selection, answer.since, {
    events(events) {
      if (over) return undefined
      if (events.length === 1) writer.write(encode(events[0] as CacheEvent))
      else writer.writeAll(events.map(encode))
      if (writer.waiting > maxWaiting) finish(false)
      return writer.waiting > pauseAt ? writer.drained() : undefined
    },
    initialEnd() {
      if (!over && answer.initialEventsEnd) sendBookmark(true)
    },
    end(error) {
      if (over) return
      const status = error instanceof StatusError ? error : newInternalError(error ?? new Error('the watch ended'))
      writer.write(encodeWatchEvent('ERROR', status.status, form))
      finish(true)
    },
  })
  const timeout = setTimeout(() => {
    if (answer.bookmarks) sendBookmark()
    finish(true)
  }, answer.timeoutMs)
  const ticker = answer.bookmarks ? setInterval(() => sendBookmark(), bookmarkMs) : undefined
  timeout.unref()
  ticker?.unref()
  return () => finish(false)
}
