/**
 * Where audit events go (apiserver/plugin/pkg/audit): a file of lines that is rotated, and a webhook. Each is written to
 * at once or in batches, and may be kept from events that are too large.
 */
import type { Transport } from '../../client/transport.ts'
import type { Logger } from '../../log/log.ts'
import type { AuditEvent } from './audit.ts'
import type { RotatedFile } from './rotated-file.ts'

export interface AuditBackend {
  readonly name: string
  /** Events that were lost. */
  readonly errors: number
  /** A promise where the request waits for it; throws and rejects where the request is to be refused. */
  write(event: AuditEvent): void | Promise<void>
  close(): Promise<void>
}

/** Takes events in the order that they came. */
export interface Sink {
  readonly name: string
  send(events: readonly AuditEvent[]): void | Promise<void>
  close(): void
}

export const logFormats = { json: (event: AuditEvent): string => JSON.stringify(event), legacy: legacyLine } as const

export const createLogSink = (file: RotatedFile, format: (event: AuditEvent) => string): Sink => ({
  name: 'log',
  send: (events) => file.write(`${events.map(format).join('\n')}\n`),
  close: () => file.close(),
})

export function createWebhookSink(transport: Transport, path: string, initialBackoffMs: number): Sink {
  const attempts = 5
  return {
    name: 'webhook',
    async send(items) {
      for (let attempt = 1; ; attempt++) {
        try {
          await transport.request({ method: 'POST', path, body: { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items } })
          return
        } catch (error) {
          if (attempt === attempts) throw error
          await new Promise((done) => setTimeout(done, initialBackoffMs * 1.5 ** (attempt - 1)).unref())
        }
      }
    },
    close: () => transport.close(),
  }
}

/** Each event is written before the request goes on. `strict`: a request whose first event cannot be written is refused. */
export function createBlockingBackend(sink: Sink, strict: boolean, log: Logger): AuditBackend {
  let errors = 0
  const failed = (event: AuditEvent) => (error: unknown) => {
    errors++
    log.error('an audit event was not written', { error, auditID: event.auditID })
    if (strict && event.stage === 'RequestReceived') throw error
  }
  return {
    name: sink.name,
    get errors() {
      return errors
    },
    write(event) {
      try {
        return sink.send([event])?.catch(failed(event))
      } catch (error) {
        failed(event)(error)
      }
    },
    close: () => Promise.resolve(sink.close()),
  }
}

export interface BatchOptions {
  /** Events beyond are dropped: a backend that is down must not fill the memory. */
  readonly bufferSize: number
  readonly maxSize: number
  readonly maxWaitMs: number
  /** Batches a second, and how many at once after a pause. */
  readonly throttle?: { readonly qps: number; readonly burst: number }
  /** Undefined: batches of any size. */
  readonly maxBytes?: number
}

/** Events wait for others, and no request waits for them. */
export function createBatchBackend(sink: Sink, options: BatchOptions, log: Logger): AuditBackend {
  const { bufferSize, maxSize, maxWaitMs, throttle, maxBytes = Number.POSITIVE_INFINITY } = options
  let waiting: AuditEvent[] = []
  let errors = 0
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> = Promise.resolve()
  let busy = false
  let closing = false
  let tokens = throttle?.burst ?? 0
  let filledAt = performance.now()

  const pace = async () => {
    if (!throttle || closing) return
    const at = performance.now()
    tokens = Math.min(throttle.burst, tokens + ((at - filledAt) / 1000) * throttle.qps)
    filledAt = at
    tokens--
    if (tokens < 0) await new Promise((done) => setTimeout(done, (-tokens / throttle.qps) * 1000).unref())
  }
  const post = async () => {
    let lost = 0
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxSize)
      for (const part of maxBytes < Number.POSITIVE_INFINITY ? bySize(batch, maxBytes) : [batch]) {
        await pace()
        try {
          await sink.send(part)
        } catch (error) {
          lost += part.length
          log.error('audit events were not taken', { plugin: sink.name, events: part.length, error })
        }
      }
    }
    errors += lost
    busy = false
  }
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    if (busy) return
    busy = true
    sending = sending.then(post)
  }
  return {
    name: sink.name,
    get errors() {
      return errors
    },
    write(event) {
      if (waiting.length >= bufferSize) {
        if (errors++ % bufferSize === 0) log.error('audit events are dropped: the buffer is full', { plugin: sink.name })
        return
      }
      waiting.push(event)
      if (waiting.length >= maxSize) flush()
      else timer ??= setTimeout(flush, maxWaitMs).unref()
    },
    async close() {
      closing = true
      flush()
      await sending
      waiting = []
      sink.close()
    },
  }
}

function* bySize(events: readonly AuditEvent[], maxBytes: number): Iterable<AuditEvent[]> {
  let part: AuditEvent[] = []
  let size = 0
  for (const event of events) {
    const bytes = sizeOf(event)
    if (part.length > 0 && size + bytes > maxBytes) {
      yield part
      part = []
      size = 0
    }
    part.push(event)
    size += bytes
  }
  if (part.length > 0) yield part
}

const sizeOf = (event: AuditEvent): number => Buffer.byteLength(JSON.stringify(event))

/** An event that is too large loses its objects; where that is not enough, it is dropped (plugin/pkg/audit/truncate). */
export function createTruncatingBackend(backend: AuditBackend, maxEventBytes: number, log: Logger): AuditBackend {
  let errors = 0
  return {
    name: backend.name,
    get errors() {
      return backend.errors + errors
    },
    write(event) {
      if (sizeOf(event) <= maxEventBytes) return backend.write(event)
      const { requestObject: _q, responseObject: _s, ...rest } = event
      const short = { ...rest, annotations: { ...event.annotations, 'audit.k8s.io/truncated': 'true' } }
      if (sizeOf(short) <= maxEventBytes) return backend.write(short)
      errors++
      log.error('an audit event is too large even without its objects', { auditID: event.auditID })
    },
    close: () => backend.close(),
  }
}

const quoted = (text: string): string => `"${text.replaceAll('"', '\\"')}"`

/** One line for people, as upstream's first audit logs had it (audit/format.go). */
function legacyLine(event: AuditEvent): string {
  const groups = (list: readonly string[] | undefined) => list?.map((g) => `"${g}"`).join(',') || '<none>'
  const { user, impersonatedUser: as, objectRef, responseStatus } = event
  const fields = {
    id: event.auditID,
    stage: event.stage,
    ip: event.sourceIPs[0] ?? '<unknown>',
    method: event.verb,
    user: user.username || '<none>',
    groups: groups(user.groups),
    as: as ? (as.username ?? '<none>') : '<self>',
    asgroups: as?.groups ? groups(as.groups) : '<lookup>',
    'user-agent': event.userAgent ?? '',
    namespace: objectRef?.['namespace'] || '<none>',
    uri: event.requestURI,
    response: responseStatus ? String(responseStatus['code']) : '<deferred>',
  }
  return `${event.requestReceivedTimestamp} AUDIT: ${Object.entries(fields)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(' ')}`
}
