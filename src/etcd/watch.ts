/** etcd's Watch service: many watches on one stream, each fed by the keyspace. */

import { createQueue } from '../grpc/queue.ts'
import type { GrpcCall } from '../grpc/server.ts'
import { Code, GrpcError } from '../grpc/status.ts'
import type { EmbeddedStore } from '../store/embedded.ts'
import { CompactedError, type StoreEvent, type Watch } from '../store/store.ts'
import type { EtcdEvent, ResponseHeader, WatchCreateRequest, WatchRequest, WatchResponse } from './api.ts'
import { rangeOf, toEtcd } from './kv.ts'

/** etcd's own interval (--watch-progress-notify-interval). */
const progressEveryMs = 600_000
/** A client that reads slower than writers write loses its stream here, and resumes from where it was. */
const maxQueued = 50_000
/** What etcd answers a progress request with: no watch in particular. */
const noWatch = -1

interface Watching {
  readonly request: WatchCreateRequest
  watch?: Watch
  /** It has caught up with the newest revision. */
  synced: boolean
}

export function createWatch({ store, header }: { store: EmbeddedStore; header(revision?: number): ResponseHeader }) {
  return {
    Watch(requests: AsyncIterable<WatchRequest>, call: GrpcCall): AsyncIterable<Partial<WatchResponse>> {
      const queue = createQueue<Partial<WatchResponse>>()
      const watching = new Map<number, Watching>()
      let nextId = 0
      let progressWanted = false

      const send = (response: Partial<WatchResponse>) => {
        if (queue.size > maxQueued) stop(new GrpcError(Code.RESOURCE_EXHAUSTED, 'etcdserver: the watch stream is read too slowly'))
        else queue.push(response)
      }
      const stop = (error?: Error) => {
        clearInterval(timer)
        for (const { watch } of watching.values()) watch?.close()
        watching.clear()
        queue.end(error)
      }
      const answerProgress = () => {
        if (!progressWanted || [...watching.values()].some((w) => !w.synced)) return
        progressWanted = false
        send({ header: header(), watch_id: noWatch })
      }
      const timer = setInterval(() => {
        for (const [id, w] of watching) if (w.request.progress_notify && w.synced) send({ header: header(), watch_id: id })
      }, progressEveryMs).unref()

      const create = (request: WatchCreateRequest) => {
        const wanted = Number(request.watch_id ?? 0)
        while (watching.has(nextId)) nextId++
        const id = wanted === 0 ? nextId++ : wanted
        if (watching.has(id)) {
          send({
            header: header(),
            watch_id: noWatch,
            created: true,
            canceled: true,
            cancel_reason: 'mvcc: duplicate watch ID provided on the WatchStream',
          })
          return
        }
        // Unlike a range, a watch of the empty key is of the first possible one.
        const key = request.key.length === 0 ? new Uint8Array(1) : request.key
        const start = request.start_revision ?? 0
        const mine: Watching = { request, synced: start === 0 || start > store.revision }
        watching.set(id, mine)
        send({ header: header(), watch_id: id, created: true })
        mine.watch = store.keyspace.watch(
          rangeOf({ ...request, key }),
          { startRevision: Math.max(0, start), previous: request.prev_kv === true },
          {
            events(events, revision) {
              const shown = events
                .filter((e) => !request.filters?.includes(e.type === 'put' ? 0 : 1))
                .map((e) => toEvent(e, request.prev_kv === true))
              if (shown.length > 0) send({ header: header(revision), watch_id: id, events: shown })
            },
            progress() {
              mine.synced = true
              answerProgress()
            },
            end(error) {
              watching.delete(id)
              send(
                error instanceof CompactedError
                  ? {
                      header: header(),
                      watch_id: id,
                      canceled: true,
                      compact_revision: error.compactedRevision,
                      cancel_reason: error.message,
                    }
                  : { header: header(), watch_id: id, canceled: true, cancel_reason: error.message },
              )
            },
          },
        )
      }

      const read = async () => {
        for await (const request of requests) {
          if (request.create_request) create(request.create_request)
          else if (request.cancel_request) {
            const id = Number(request.cancel_request.watch_id)
            const cancelled = watching.get(id)
            if (!cancelled) continue
            cancelled.watch?.close()
            watching.delete(id)
            send({ header: header(), watch_id: id, canceled: true })
          } else if (request.progress_request) {
            progressWanted = true
            answerProgress()
          }
        }
        stop()
      }
      call.signal.addEventListener('abort', () => stop())
      read().catch((error: unknown) => stop(error as Error))
      return queue
    },
  }
}

function toEvent(event: StoreEvent, withPrevious: boolean): EtcdEvent {
  return {
    type: event.type === 'put' ? 0 : 1,
    kv: toEtcd(event.kv),
    ...(withPrevious && event.previous ? { prev_kv: toEtcd(event.previous) } : {}),
  }
}
