/**
 * The Transport over the network: HTTP/2 over TLS with a small pool of sessions, HTTP/1.1 with kept connections where
 * the server speaks no HTTP/2 or no TLS. As in client-go, an answer that carries Retry-After is asked again, and a
 * session that has been silent is pinged, so that a dead server does not hold a watch for ever.
 */
import { type ClientHttp2Session, connect as http2Connect } from 'node:http2'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { StatusError } from '../api/errors.ts'
import type { Status } from '../api/types/meta-v1.ts'
import { http } from '../http/node-http.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import type { Connection, Credentials } from './kubeconfig.ts'
import type { RequestObserver } from './request-metrics.ts'
import type { ApiRequest, Transport, WatchEvent } from './transport.ts'

export interface HttpsTransportOptions {
  readonly userAgent?: string
  readonly clock?: Clock
  /** The texts of the Warning headers (RFC 7234, code 299) that answers carry. */
  readonly onWarning?: (text: string) => void
  readonly observe?: RequestObserver | undefined
  /** Connections of somebody else's, by HTTP/1.1, in place of the transport's own. */
  readonly agent?: HttpsAgent
}
/** Over the network an answer can also be read as its bytes come: logs. */
export interface HttpsTransport extends Transport {
  stream(request: ApiRequest): AsyncIterable<Buffer>
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Readable
}
/** Connections to one server with one client certificate. */
interface Channel {
  readonly send: Send
  /** Takes no more requests; the ones under way go on. */
  drain(): void
  destroy(): void
}
type Send = (request: ApiRequest, headers: Record<string, string | readonly string[]>, body: string | undefined) => Promise<Answer>

/** How often an answer with Retry-After is asked again (client-go's default). */
const mostRetries = 10
/** How many connections in a row may break under a reader. */
const mostLostConnections = 2
/** An answer to one request that is larger than this is refused; a list of the largest clusters stays below. */
const largestAnswer = 1 << 30
const pingAfterMs = 30_000
const pingTimeoutMs = 15_000
/** A server that takes a connection and then says nothing has so long. */
const connectTimeoutMs = 30_000

/** The connection broke before the answer came: what only reads is asked again, as by client-go. */
class ConnectionLost extends Error {
  readonly code = 'ECONNRESET'
}

export function createHttpsTransport(connection: Connection, options: HttpsTransportOptions = {}): HttpsTransport {
  const { userAgent = 'kijabi', clock = systemClock, onWarning, observe, agent } = options
  const url = new URL(connection.server)
  const basePath = url.pathname.replace(/\/$/, '')
  let channel: (Channel & { readonly cert: unknown }) | undefined
  let closed = false

  function channelFor(credentials: Credentials): Send {
    if (closed) throw new Error('the transport is closed')
    // A new client certificate needs new connections; those in use end with their last request.
    if (channel && channel.cert !== credentials.cert) {
      channel.drain()
      channel = undefined
    }
    channel ??= {
      cert: credentials.cert,
      ...(url.protocol === 'http:'
        ? createHttp1Channel(url)
        : agent
          ? createHttp1Channel(url, {}, agent)
          : createTlsChannel(url, connection, credentials)),
    }
    return channel.send
  }

  async function send(request: ApiRequest): Promise<Answer> {
    const body = request.body === undefined ? undefined : typeof request.body === 'string' ? request.body : JSON.stringify(request.body)
    for (let tries = 0; ; tries++) {
      request.signal?.throwIfAborted()
      const credentials = await unlessAborted(Promise.resolve(connection.credentials()), request.signal)
      const headers: Record<string, string | readonly string[]> = {
        'user-agent': userAgent,
        accept: 'application/json',
        ...connection.headers,
        ...request.headers,
      }
      if (credentials.authorization) headers.authorization = credentials.authorization
      if (body !== undefined) headers['content-type'] = request.contentType ?? 'application/json'
      const began = performance.now()
      const seen = (code: string) => observe?.(request.method, url.host, code, (performance.now() - began) / 1000)
      const answer = await channelFor(credentials)({ ...request, path: basePath + request.path }, headers, body).catch((error: unknown) => {
        seen('<error>')
        if (error instanceof ConnectionLost && request.method === 'GET' && tries < mostLostConnections) return undefined
        throw error
      })
      if (!answer) continue
      seen(String(answer.status))
      if (onWarning && answer.headers.warning !== undefined) for (const text of warningTexts(answer.headers.warning)) onWarning(text)
      if (answer.status < 400) return answer
      if (answer.status === 401 && tries === 0) {
        // Rotated tokens and expired plugin credentials: once more, if there are fresh ones.
        const error = await toStatusError(answer, request)
        const fresh = await connection.credentials(true)
        if (fresh.authorization === credentials.authorization && fresh.cert === credentials.cert) throw error
        continue
      }
      const retryAfter = Number(answer.headers['retry-after'])
      if ((answer.status === 429 || answer.status >= 500) && retryAfter >= 0 && tries < mostRetries) {
        answer.body.destroy()
        if (!(await sleep(clock, retryAfter * 1000, request.signal))) request.signal?.throwIfAborted()
        continue
      }
      throw await toStatusError(answer, request)
    }
  }

  async function* watch<T>(request: ApiRequest): AsyncGenerator<WatchEvent<T>> {
    const answer = await send(request)
    try {
      for await (const line of lines(answer.body)) yield JSON.parse(line) as WatchEvent<T>
    } catch (error) {
      if (!request.signal?.aborted) throw error
    } finally {
      answer.body.destroy()
    }
  }

  async function* stream(request: ApiRequest): AsyncGenerator<Buffer> {
    const answer = await send(request)
    try {
      yield* answer.body as AsyncIterable<Buffer>
    } catch (error) {
      if (!request.signal?.aborted) throw error
    } finally {
      answer.body.destroy()
    }
  }

  return {
    streamsLists: true,
    stream,
    async request<T>(request: ApiRequest): Promise<T> {
      const answer = await send(request)
      const text = await readText(answer.body)
      const type = String(answer.headers['content-type'] ?? '')
      return (type.startsWith('application/json') && text !== '' ? JSON.parse(text) : text) as T
    },
    watch,
    close() {
      closed = true
      channel?.destroy()
      channel = undefined
    },
  }
}

/** Whoever gives up need not wait for what others still wait for. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((done, fail) => {
    const stop = () => fail(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(done, fail).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** `299 - "text"`, several in one header or in several. */
function warningTexts(header: string | string[]): string[] {
  const text = Array.isArray(header) ? header.join(', ') : header
  return [...text.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] as string).replace(/\\(.)/g, '$1'))
}

/** The lines of a stream, split on bytes: a line is decoded once, when it is whole. */
export async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = []
  for await (const chunk of stream) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const piece = chunk.subarray(start, end)
      start = end + 1
      if (parts.length > 0) {
        parts.push(piece)
        yield Buffer.concat(parts).toString('utf8')
        parts = []
      } else if (piece.length > 0) yield piece.toString('utf8')
    }
    if (start < chunk.length) parts.push(chunk.subarray(start))
  }
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestAnswer) {
      stream.destroy()
      throw new Error(`the server's answer is larger than ${largestAnswer} bytes`)
    }
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Buffer).toString('utf8') : Buffer.concat(chunks).toString('utf8')
}

const genericReasons: Record<number, [reason: string, message: string]> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', 'forbidden'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  406: ['NotAcceptable', 'the server was unable to respond with a content type that the client supports'],
  409: ['Conflict', 'the server reported a conflict'],
  410: ['Gone', 'the resource is gone'],
  415: ['UnsupportedMediaType', 'the server was unable to process the request body in that media type'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted'],
}

/** The Status that the server sent; where it sent none, as from a proxy, one made of the code (errors.NewGenericServerResponse). */
async function toStatusError(answer: Answer, request: ApiRequest): Promise<StatusError> {
  const text = await readText(answer.body)
  try {
    const status = JSON.parse(text) as Status
    if (status?.kind === 'Status' && status.message !== undefined)
      return new StatusError({ ...status, message: status.message, reason: status.reason ?? '', code: status.code ?? answer.status })
  } catch {
    // Not JSON: the text itself is the message below.
  }
  const [reason, message] = genericReasons[answer.status] ?? [
    answer.status >= 500 ? 'InternalError' : '',
    `the server responded with the status code ${answer.status} but did not return more information`,
  ]
  const said = text.trim().slice(0, 2048)
  return new StatusError({
    code: answer.status,
    reason,
    message:
      said && answer.status !== 404
        ? `${message}: ${said}`
        : `${message} (${request.method.toLowerCase()} ${request.path.replace(/\?.*/, '')})`,
    details: said ? { causes: [{ reason: 'UnexpectedServerResponse', message: said }] } : {},
  })
}

/** TLS: the first connection finds out by ALPN which HTTP the server speaks. */
function createTlsChannel(url: URL, connection: Connection, credentials: Credentials): Channel {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const serverName = connection.serverName || host
  const tls: ConnectionOptions = {
    host,
    port: Number(url.port || 443),
    ca: connection.ca,
    cert: credentials.cert,
    key: credentials.key,
    rejectUnauthorized: !connection.insecure,
    // An address is no server name (RFC 6066), but the certificate must carry it all the same.
    ...(/[:]|^[\d.]+$/.test(serverName) ? {} : { servername: serverName }),
  }
  let sessions: { session: ClientHttp2Session; streams: number }[] = []
  let connecting: Promise<void> | undefined
  let http1: Channel | undefined
  let closed = false

  async function connect(): Promise<void> {
    const made = tlsConnect({ ...tls, ALPNProtocols: ['h2', 'http/1.1'] })
    made.setNoDelay(true)
    const late = setTimeout(() => made.destroy(new Error(`connecting to ${url.host} took too long`)), connectTimeoutMs)
    try {
      await greet(made)
    } finally {
      clearTimeout(late)
    }
  }
  async function greet(socket: TLSSocket): Promise<void> {
    await new Promise<void>((done, fail) => {
      socket.once('error', fail)
      socket.once('secureConnect', () => {
        socket.off('error', fail)
        done()
      })
    })
    if (socket.alpnProtocol !== 'h2') {
      socket.destroy()
      http1 = createHttp1Channel(url, tls)
      return
    }
    const session = http2Connect(url.origin, { createConnection: () => socket, settings: { initialWindowSize: 1 << 22 } })
    session.setLocalWindowSize(1 << 24)
    const entry = { session, streams: 0 }
    const drop = () => {
      stopPing()
      sessions = sessions.filter((s) => s !== entry)
    }
    const stopPing = keepAlive(session, socket)
    session.on('close', drop)
    session.on('goaway', drop)
    // Each stream reports its own failure; without a listener the session's would end the process.
    session.on('error', drop)
    await new Promise<void>((done, fail) => {
      session.once('remoteSettings', () => done())
      session.once('close', () => fail(new Error(`the connection to ${url.host} was closed before it began`)))
    })
    if (closed) session.destroy()
    else sessions.push(entry)
  }

  const free = () => sessions.find((s) => s.streams < Math.min(s.session.remoteSettings.maxConcurrentStreams ?? 100, 1000))

  const send: Send = async (request, headers, body) => {
    let entry = free()
    while (!entry && !http1) {
      connecting ??= connect().finally(() => {
        connecting = undefined
      })
      await unlessAborted(connecting, request.signal)
      entry = free()
    }
    if (!entry) return (http1 as Channel).send(request, headers, body)
    const used = entry
    // A session without requests does not keep the process alive.
    if (used.streams++ === 0) used.session.ref()
    return new Promise<Answer>((done, fail) => {
      const stream = used.session.request({ ...headers, ':method': request.method, ':path': request.path } as Record<string, string>, {
        endStream: body === undefined,
        ...(request.signal ? { signal: request.signal } : {}),
      })
      stream.once('response', (got) => done({ status: Number(got[':status']), headers: got as Answer['headers'], body: stream }))
      const lost = (cause?: Error) =>
        fail(request.signal?.aborted ? request.signal.reason : new ConnectionLost(`the connection to ${url.host} was closed`, { cause }))
      stream.on('error', lost)
      stream.once('close', () => {
        if (--used.streams === 0 && !used.session.destroyed) used.session.unref()
        lost()
      })
      if (body !== undefined) stream.end(body)
    })
  }

  const end = (how: (session: ClientHttp2Session) => void) => () => {
    closed = true
    for (const { session } of sessions) how(session)
    sessions = []
  }
  return {
    send,
    drain: end((session) => session.close()),
    destroy() {
      http1?.destroy()
      end((session) => session.destroy())()
    },
  }
}

/** Pings a session that has received nothing for a while, and destroys it when no answer comes. */
function keepAlive(session: ClientHttp2Session, socket: TLSSocket): () => void {
  let seen = 0
  const timer = setInterval(() => {
    if (socket.bytesRead !== seen) {
      seen = socket.bytesRead
      return
    }
    const dead = setTimeout(() => session.destroy(new Error('http2: client connection lost')), pingTimeoutMs)
    dead.unref()
    if (!session.ping(() => clearTimeout(dead))) clearTimeout(dead)
  }, pingAfterMs)
  timer.unref()
  return () => clearInterval(timer)
}

function createHttp1Channel(url: URL, tls?: ConnectionOptions, given?: HttpsAgent): Channel {
  const agent = given ?? (tls ? new HttpsAgent({ ...tls, keepAlive: true }) : new http.Agent({ keepAlive: true }))
  const open = tls ? httpsRequest : http.request
  return {
    send: (request, headers, body) =>
      new Promise((done, fail) => {
        const outgoing = open(
          {
            agent,
            host: url.hostname.replace(/^\[|\]$/g, ''),
            port: url.port || (tls ? 443 : 80),
            method: request.method,
            path: request.path,
            headers: headers as Record<string, string>,
            signal: request.signal,
            ...(tls?.servername ? { servername: tls.servername } : {}),
          },
          (answer) => done({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer }),
        )
        outgoing.on('error', (error: NodeJS.ErrnoException) =>
          fail(error.code === 'ECONNRESET' ? new ConnectionLost(`the connection to ${url.host} was closed`, { cause: error }) : error),
        )
        outgoing.setNoDelay(true)
        outgoing.end(body)
      }),
    drain() {},
    destroy() {
      if (!given) agent.destroy()
    },
  }
}
