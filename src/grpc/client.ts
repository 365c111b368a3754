/**
 * A gRPC client on node:http2. A channel is one connection to one target, made when first needed and again after it
 * broke; a client is the methods of a table's service on a channel.
 */
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import net from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Table } from '../schema/schema.ts'
import { createFrameReader, defaultMaxMessageBytes, frame } from './frame.ts'
import { type GrpcMethod, grpcService } from './service.ts'
import { Code, codeOfHttpStatus, decodeMessage, formatTimeout, GrpcError, toGrpcError } from './status.ts'

export interface ChannelOptions {
  /** For `https` targets: ca, cert, key, servername. */
  readonly tls?: ConnectionOptions
  readonly maxMessageBytes?: number
  readonly connectTimeoutMs?: number
}
export interface Channel {
  readonly target: string
  /** Resolves when connected; rejects with UNAVAILABLE. */
  session(): Promise<ClientHttp2Session>
  readonly maxMessageBytes: number
  close(): void
}

export interface CallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly metadata?: Readonly<Record<string, string>>
}
export type Unary<Request, Response> = (request: Request, options?: CallOptions) => Promise<Response>
export type ServerStream<Request, Response> = (request: Request, options?: CallOptions) => AsyncIterable<Response>
export type ClientStream<Request, Response> = (requests: AsyncIterable<Request>, options?: CallOptions) => Promise<Response>
export type BidiStream<Request, Response> = (requests: AsyncIterable<Request>, options?: CallOptions) => AsyncIterable<Response>

const pingEveryMs = 30_000

/** `unix:///run/x.sock`, `/run/x.sock`, `http://host:port`, `https://host:port` or `host:port`. */
export function createChannel(target: string, options: ChannelOptions = {}): Channel {
  const { maxMessageBytes = defaultMaxMessageBytes, connectTimeoutMs = 5000 } = options
  const path = target.startsWith('unix:') ? target.slice(5).replace(/^\/\/(?=\/)/, '') : target.startsWith('/') ? target : undefined
  // Node's server resets a request whose :authority is a socket path; grpc-go sends localhost too.
  const url = path !== undefined ? 'http://localhost' : target.includes('://') ? target : `http://${target}`
  let current: Promise<ClientHttp2Session> | undefined
  let closed = false

  const connect = () =>
    new Promise<ClientHttp2Session>((resolve, reject) => {
      const session = http2.connect(url, {
        ...options.tls,
        ...(path !== undefined ? { createConnection: () => net.connect(path) } : {}),
        settings: { initialWindowSize: 1 << 20, enablePush: false },
        maxSessionMemory: 1024,
      } as http2.SecureClientSessionOptions)
      const forget = () => {
        clearTimeout(timer)
        clearInterval(pings)
        if (current === promise) current = undefined
      }
      const fail = (cause?: Error) => {
        forget()
        session.destroy()
        reject(
          new GrpcError(
            Code.UNAVAILABLE,
            `connection to ${target} failed${cause ? `: ${cause.message || (cause as NodeJS.ErrnoException).code}` : ''}`,
            { cause },
          ),
        )
      }
      const timer = setTimeout(() => fail(new Error('timed out')), connectTimeoutMs)
      let answered = true
      // Only while calls are open: servers answer pings on an idle connection with GOAWAY too_many_pings.
      const pings = setInterval(() => {
        if (!answered) session.destroy(new Error('the server does not answer pings'))
        else if (open.get(session))
          answered = !session.ping(() => {
            answered = true
          })
      }, pingEveryMs).unref()
      session.once('connect', () => {
        clearTimeout(timer)
        session.setLocalWindowSize(16 << 20)
        // A connection alone keeps no process alive; the calls on it do.
        session.unref()
        resolve(session)
      })
      session.on('error', fail)
      session.on('goaway', forget)
      session.on('close', () => fail())
    })
  let promise: Promise<ClientHttp2Session>

  return {
    target,
    maxMessageBytes,
    session() {
      if (closed) return Promise.reject(new GrpcError(Code.CANCELLED, 'the client is closed'))
      if (!current) {
        promise = connect()
        current = promise
      }
      return current
    },
    close() {
      closed = true
      void current?.then(
        (session) => session.close(),
        () => {},
      )
    },
  }
}

/** How many calls each session carries: it is ref'd exactly while there are some. */
const open = new WeakMap<ClientHttp2Session, number>()
function hold(session: ClientHttp2Session): void {
  const count = open.get(session) ?? 0
  if (count === 0) session.ref()
  open.set(session, count + 1)
}
function release(session: ClientHttp2Session): void {
  const count = (open.get(session) ?? 1) - 1
  open.set(session, count)
  if (count === 0 && !session.destroyed) session.unref()
}

/**
 * The methods of `table`'s service `name` as functions. `Methods` is an interface that the caller declares with the
 * types Unary, ServerStream, ClientStream and BidiStream.
 */
export function createGrpcClient<Methods extends object>(
  target: string | Channel,
  table: Table,
  name: string,
  options: ChannelOptions = {},
): Methods & { close(): void } {
  const channel = typeof target === 'string' ? createChannel(target, options) : target
  const client: Record<string, unknown> = { close: () => channel.close() }
  for (const method of grpcService(table, name).methods.values()) {
    client[method.name] = method.responseStream
      ? (input: unknown, call: CallOptions = {}) => receiveMany(channel, method, input, call)
      : (input: unknown, call: CallOptions = {}) => receiveOne(channel, method, input, call)
  }
  return client as Methods & { close(): void }
}

interface OpenCall {
  readonly stream: ClientHttp2Stream
  /** Resolves when the stream is over: undefined for status OK. */
  readonly status: Promise<GrpcError | undefined>
}

async function start(channel: Channel, method: GrpcMethod, input: unknown, options: CallOptions): Promise<OpenCall> {
  const { signal, timeoutMs } = options
  const canceled = () =>
    signal?.reason instanceof GrpcError ? signal.reason : new GrpcError(Code.CANCELLED, 'context canceled', { cause: signal?.reason })
  if (signal?.aborted) throw canceled()
  // What cannot be encoded fails before anything is sent.
  const first = method.requestStream ? undefined : frame(method.request.encode(input))
  const session = await channel.session()
  if (signal?.aborted) throw canceled()
  let stream: ClientHttp2Stream
  try {
    stream = session.request({
      ':method': 'POST',
      ':path': method.path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'kijabi',
      ...(timeoutMs === undefined ? {} : { 'grpc-timeout': formatTimeout(timeoutMs) }),
      ...options.metadata,
    })
  } catch (cause) {
    throw new GrpcError(Code.UNAVAILABLE, `connection to ${channel.target} is closing`, { cause })
  }
  hold(session)
  let early: GrpcError | undefined
  const stop = (error: GrpcError) => {
    early ??= error
    stream.close(http2.constants.NGHTTP2_CANCEL)
  }
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => stop(new GrpcError(Code.DEADLINE_EXCEEDED, 'context deadline exceeded')), Math.min(timeoutMs, 2 ** 31 - 1))
  const onAbort = () => stop(canceled())
  signal?.addEventListener('abort', onAbort)

  let headers: IncomingHttpHeaders | undefined
  let trailers: IncomingHttpHeaders | undefined
  let cause: Error | undefined
  stream.on('response', (h) => {
    headers = h
  })
  stream.on('trailers', (t) => {
    trailers = t
  })
  stream.on('error', (error) => {
    cause = error
  })
  const status = new Promise<GrpcError | undefined>((resolve) => {
    stream.on('close', () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      release(session)
      resolve(statusOf(channel, trailers ?? headers, headers, stream, early, cause))
    })
  })
  if (first) stream.end(first)
  else void sendAll(stream, method, input as AsyncIterable<unknown>, stop)
  return { stream, status }
}

function statusOf(
  channel: Channel,
  last: IncomingHttpHeaders | undefined,
  headers: IncomingHttpHeaders | undefined,
  stream: ClientHttp2Stream,
  early: GrpcError | undefined,
  cause: Error | undefined,
): GrpcError | undefined {
  const code = last?.['grpc-status']
  if (code !== undefined && !early) {
    if (code === '0') return undefined
    const metadata = Object.fromEntries(
      Object.entries(last ?? {}).filter((e): e is [string, string] => typeof e[1] === 'string' && !e[0].startsWith(':')),
    )
    return new GrpcError(Number(code), decodeMessage(String(last?.['grpc-message'] ?? '')), { metadata })
  }
  if (early) return early
  const http = headers?.[':status'] as number | undefined
  if (http !== undefined && http !== 200) return new GrpcError(codeOfHttpStatus(http), `unexpected HTTP status code ${http}`)
  if (stream.rstCode === http2.constants.NGHTTP2_CANCEL && headers)
    return new GrpcError(Code.CANCELLED, 'the server cancelled the stream', { cause })
  return new GrpcError(Code.UNAVAILABLE, `connection to ${channel.target} broke${cause ? `: ${cause.message}` : ''}`, { cause })
}

async function sendAll(
  stream: ClientHttp2Stream,
  method: GrpcMethod,
  messages: AsyncIterable<unknown>,
  stop: (error: GrpcError) => void,
): Promise<void> {
  const iterator = messages[Symbol.asyncIterator]()
  stream.on('close', () => void iterator.return?.()?.catch(() => {}))
  try {
    for (;;) {
      const next = await iterator.next()
      if (stream.destroyed || stream.writableEnded) return
      if (next.done) break
      if (stream.write(frame(method.request.encode(next.value)))) continue
      await new Promise<void>((resolve) => {
        const done = () => {
          stream.removeListener('drain', done)
          stream.removeListener('close', done)
          resolve()
        }
        stream.on('drain', done)
        stream.on('close', done)
      })
    }
    stream.end()
  } catch (error) {
    stop(toGrpcError(error))
  }
}

async function receiveOne(channel: Channel, method: GrpcMethod, input: unknown, options: CallOptions): Promise<unknown> {
  const { stream, status } = await start(channel, method, input, options)
  const reader = createFrameReader(channel.maxMessageBytes)
  let message: Buffer | undefined
  let refused: GrpcError | undefined
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const found of reader.push(chunk)) message ??= found
    } catch (error) {
      refused = toGrpcError(error)
      stream.close(http2.constants.NGHTTP2_CANCEL)
    }
  })
  const error = await status
  if (refused ?? error) throw refused ?? error
  if (!message) throw new GrpcError(Code.INTERNAL, `${method.path} answered without a message`)
  return method.response.decode(message)
}

async function* receiveMany(channel: Channel, method: GrpcMethod, input: unknown, options: CallOptions): AsyncGenerator<unknown> {
  const { stream, status } = await start(channel, method, input, options)
  const reader = createFrameReader(channel.maxMessageBytes)
  try {
    try {
      for await (const chunk of stream) for (const message of reader.push(chunk as Buffer)) yield method.response.decode(message)
    } catch (error) {
      if (error instanceof GrpcError) throw error
      // A reset: the status says why.
    }
    const error = await status
    if (error) throw error
  } finally {
    if (!stream.closed) stream.close(http2.constants.NGHTTP2_CANCEL)
  }
}
