/**
 * A gRPC server on node:http2: own framing, because it is twice as fast as the library and a few hundred lines. One
 * port may also answer HTTP/1.1 (etcd's does): a connection is told apart by ALPN or by its first bytes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import http2, { type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import net, { type AddressInfo, type Socket } from 'node:net'
import tls, { type TlsOptions } from 'node:tls'
import { http } from '../http/node-http.ts'
import type { Table } from '../schema/schema.ts'
import { createFrameReader, defaultMaxMessageBytes, frame } from './frame.ts'
import { createQueue } from './queue.ts'
import { type GrpcMethod, grpcService } from './service.ts'
import { Code, encodeMessage, GrpcError, parseTimeout, toGrpcError } from './status.ts'

export interface GrpcCall {
  readonly metadata: IncomingHttpHeaders
  /** Aborted when the client goes away or cancels, the deadline passes, or the server closes. A handler that waits must listen. */
  readonly signal: AbortSignal
  /** Sent with the status at the end. */
  readonly trailers: Record<string, string>
}

/**
 * What serves a method: takes the request (an async iterable of them when the table says `stream`) and returns the
 * response or, where the responses are a stream, an async iterable. Throws GrpcError for a status.
 */
// biome-ignore lint/suspicious/noExplicitAny: the messages' types are those of the table, which the handler declares itself
export type GrpcHandler = (request: any, call: GrpcCall) => unknown
export type GrpcHandlers = Readonly<Record<string, GrpcHandler>>

export interface GrpcServerOptions {
  readonly tables: readonly Table[]
  /** Handlers by method name, by the service's name with its package. What has no handler answers UNIMPLEMENTED. */
  readonly services: Readonly<Record<string, GrpcHandlers>>
  readonly tls?: TlsOptions
  readonly maxMessageBytes?: number
  /** Answers HTTP/1.1 requests on the same port. */
  readonly http1?: (request: IncomingMessage, response: ServerResponse) => void
}

export interface GrpcServer {
  /** Resolves to the address it listens at. May be called more than once. */
  listen(where: { path: string } | { host: string; port: number }): Promise<string | AddressInfo>
  /** Ends every call with UNAVAILABLE, then every connection. */
  close(): Promise<void>
}

const preface = Buffer.from('PRI * HTTP/2.0')
/** Silent sessions are found by a ping: Node does not notice a peer that vanished. */
const pingEveryMs = 30_000
const settings: http2.Settings = { initialWindowSize: 1 << 20, maxConcurrentStreams: 4096, maxHeaderListSize: 64 * 1024 }

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { maxMessageBytes = defaultMaxMessageBytes } = options
  const routes = routesOf(options)
  const listeners = new Set<net.Server>()
  const sockets = new Set<Socket>()
  const sessions = new Set<ServerHttp2Session>()
  const calls = new Set<AbortController>()
  let closing = false

  const http1 = http.createServer((request, response) => {
    if (options.http1) options.http1(request, response)
    else response.writeHead(505).end()
  })

  const serveHttp2 = (socket: Socket) => {
    // Each stream's memory is bounded by its window; the session's own cap refuses streams under load instead of slowing them.
    const session = http2.performServerHandshake(socket, { settings, maxSessionMemory: 1024 } as http2.ServerSessionOptions)
    sessions.add(session)
    let answered = true
    const timer = setInterval(() => {
      if (!answered) session.destroy()
      else
        answered = !session.ping(() => {
          answered = true
        })
    }, pingEveryMs).unref()
    session.on('error', () => session.destroy())
    session.on('close', () => {
      clearInterval(timer)
      sessions.delete(session)
    })
    session.on('stream', (stream, headers) => serveStream(stream, headers))
  }

  const serveStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {}) // A reset; 'close' follows and ends the call.
    const type = headers['content-type']
    if (headers[':method'] !== 'POST' || !type?.startsWith('application/grpc')) {
      stream.respond({ ':status': headers[':method'] === 'POST' ? 415 : 405 }, { endStream: true })
      return
    }
    const route = routes.get(headers[':path'] as string)
    if (typeof route !== 'object') {
      const [, service, method] = /^\/(.*)\/([^/]*)$/.exec(headers[':path'] as string) ?? [undefined, '', headers[':path']]
      endEarly(
        stream,
        new GrpcError(
          Code.UNIMPLEMENTED,
          route === undefined && ![...routes.keys()].some((p) => p.startsWith(`/${service}/`))
            ? `unknown service ${service}`
            : `unknown method ${method} for service ${service}`,
        ),
      )
      return
    }
    const controller = new AbortController()
    calls.add(controller)
    const timeoutMs = parseTimeout(headers['grpc-timeout'])
    // A timer of more than 24 days would fire at once.
    const timer =
      timeoutMs !== undefined && timeoutMs < 2 ** 31
        ? setTimeout(() => controller.abort(new GrpcError(Code.DEADLINE_EXCEEDED, 'context deadline exceeded')), timeoutMs)
        : undefined
    stream.on('close', () => {
      clearTimeout(timer)
      calls.delete(controller)
      controller.abort(new GrpcError(Code.CANCELLED, 'context canceled'))
    })
    const call: GrpcCall = { metadata: headers, signal: controller.signal, trailers: {} }
    const fail = (error: unknown) => finish(stream, toGrpcError(error), call.trailers)
    controller.signal.addEventListener('abort', () => fail(controller.signal.reason))
    if (closing) controller.abort(shuttingDown())
    else serveCall(stream, route, call, maxMessageBytes).catch(fail)
  }

  const accept = (socket: Socket) => {
    if (closing) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setNoDelay(true)
    if (socket instanceof tls.TLSSocket) {
      if (socket.alpnProtocol === 'h2') serveHttp2(socket)
      else http1.emit('connection', socket)
      return
    }
    socket.setTimeout(10_000, () => socket.destroy())
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null
      if (first === null) return // It ended without a byte.
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      socket.unshift(first)
      if (first.subarray(0, preface.length).equals(preface.subarray(0, first.length))) serveHttp2(socket)
      else http1.emit('connection', socket)
    })
  }

  return {
    listen(where) {
      const server = options.tls
        ? tls.createServer({ ...options.tls, ALPNProtocols: ['h2', 'http/1.1'] }, accept)
        : net.createServer(accept)
      server.on('tlsClientError', () => {})
      listeners.add(server)
      return new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(where, () => {
          server.removeListener('error', reject)
          resolve(server.address() as string | AddressInfo)
        })
      })
    },
    async close() {
      closing = true
      const closed = [...listeners].map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
      for (const controller of calls) controller.abort(shuttingDown())
      for (const session of sessions) session.close()
      http1.close()
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, 1000)
      await Promise.all(closed)
      clearTimeout(late)
    },
  }
}

const shuttingDown = () => new GrpcError(Code.UNAVAILABLE, 'the server is shutting down')

interface Route {
  readonly method: GrpcMethod
  readonly handler: GrpcHandler
}
function routesOf(options: GrpcServerOptions): Map<string, Route | 'no handler'> {
  const routes = new Map<string, Route | 'no handler'>()
  for (const [name, handlers] of Object.entries(options.services)) {
    const dot = name.lastIndexOf('.')
    const table = options.tables.find((t) => t.name === name.slice(0, dot))
    if (!table) throw new Error(`no table is the package of ${name}`)
    const service = grpcService(table, name.slice(dot + 1))
    for (const unknown of Object.keys(handlers)) if (!service.methods.has(unknown)) throw new Error(`${name} has no method ${unknown}`)
    for (const method of service.methods.values()) {
      const handler = handlers[method.name]
      routes.set(method.path, handler ? { method, handler } : 'no handler')
    }
  }
  return routes
}

const head = { ':status': 200, 'content-type': 'application/grpc' }

function endEarly(stream: ServerHttp2Stream, error: GrpcError, trailers: Record<string, string> = {}): void {
  if (stream.destroyed || stream.headersSent) return
  stream.respond(
    { ...head, 'grpc-status': String(error.code), 'grpc-message': encodeMessage(error.message), ...error.metadata, ...trailers },
    { endStream: true },
  )
  // What the client still sends is thrown away, not kept.
  stream.resume()
}

/** Ends the call with a status; the first end wins. */
function finish(stream: ServerHttp2Stream, error: GrpcError | undefined, trailers: Record<string, string>): void {
  if (stream.destroyed || stream.writableEnded) return
  if (!stream.headersSent) {
    endEarly(stream, error ?? new GrpcError(Code.OK, ''), trailers)
    return
  }
  sendTrailersWhenWanted(stream, error, trailers)
  stream.end()
  stream.resume()
}

function sendTrailersWhenWanted(stream: ServerHttp2Stream, error: GrpcError | undefined, trailers: Record<string, string>): void {
  stream.once('wantTrailers', () => {
    stream.sendTrailers(
      error
        ? { 'grpc-status': String(error.code), 'grpc-message': encodeMessage(error.message), ...error.metadata, ...trailers }
        : { 'grpc-status': '0', ...trailers },
    )
  })
}

async function serveCall(stream: ServerHttp2Stream, { method, handler }: Route, call: GrpcCall, maxMessageBytes: number): Promise<void> {
  const request = method.requestStream
    ? requests(stream, method, call, maxMessageBytes)
    : await onlyRequest(stream, method, maxMessageBytes)
  if (call.signal.aborted) return
  const result = handler(request, call)
  if (!method.responseStream) {
    const body = frame(method.response.encode(await result))
    if (stream.destroyed || stream.writableEnded || stream.headersSent) return
    stream.respond(head, { waitForTrailers: true })
    sendTrailersWhenWanted(stream, undefined, call.trailers)
    stream.end(body)
    stream.resume()
    return
  }
  const iterator = (result as AsyncIterable<unknown>)[Symbol.asyncIterator]()
  call.signal.addEventListener('abort', () => void iterator.return?.()?.catch(() => {}))
  for (;;) {
    const next = await iterator.next()
    if (call.signal.aborted) return
    if (next.done) break
    if (!stream.headersSent) stream.respond(head, { waitForTrailers: true })
    if (!stream.write(frame(method.response.encode(next.value)))) await drained(stream)
  }
  finish(stream, undefined, call.trailers)
}

function drained(stream: ServerHttp2Stream): Promise<void> {
  if (stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      stream.removeListener('drain', done)
      stream.removeListener('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}

const decoded = (method: GrpcMethod, message: Buffer): unknown => {
  try {
    return method.request.decode(message)
  } catch (cause) {
    throw new GrpcError(Code.INTERNAL, `grpc: failed to unmarshal the received message: ${(cause as Error).message}`, { cause })
  }
}

function onlyRequest(stream: ServerHttp2Stream, method: GrpcMethod, maxMessageBytes: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const reader = createFrameReader(maxMessageBytes)
    let message: Buffer | undefined
    const fail = (error: unknown) => {
      stream.removeAllListeners('data')
      reject(error)
    }
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const found of reader.push(chunk)) {
          if (message) throw new GrpcError(Code.INTERNAL, `${method.path} takes one request`)
          message = found
        }
      } catch (error) {
        fail(error)
      }
    })
    stream.on('end', () => {
      try {
        if (!message || !reader.empty) throw new GrpcError(Code.INTERNAL, `${method.path}: the request ends in the middle of a message`)
        resolve(decoded(method, message))
      } catch (error) {
        fail(error)
      }
    })
    stream.on('close', () => reject(new GrpcError(Code.CANCELLED, 'context canceled')))
  })
}

/** How many requests of a stream may wait for the handler before the client is held back. */
const requestsAhead = 64

function requests(stream: ServerHttp2Stream, method: GrpcMethod, call: GrpcCall, maxMessageBytes: number): AsyncIterable<unknown> {
  const queue = createQueue<unknown>(() => stream.resume())
  const reader = createFrameReader(maxMessageBytes)
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const message of reader.push(chunk)) queue.push(decoded(method, message))
    } catch (error) {
      queue.end(toGrpcError(error))
      finish(stream, toGrpcError(error), call.trailers)
      return
    }
    if (queue.size > requestsAhead) stream.pause()
  })
  stream.on('end', () => queue.end())
  call.signal.addEventListener('abort', () => queue.end(call.signal.reason as Error))
  return queue
}
