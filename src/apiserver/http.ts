/**
 * The server's HTTP front: HTTP/1.1 and HTTP/2 over TLS on one port. The TLS server hands each connection to one of
 * Node's two HTTP stacks by ALPN, which is faster than http2's own compatibility layer; answers and watch events are
 * written as whole buffers.
 */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { mediaTypes } from '../api/codec.ts'
import { StatusError } from '../api/errors.ts'
import { clientCertificateOf } from '../http/client-certificate.ts'
import { http } from '../http/node-http.ts'
import { strongTls } from '../http/tls.ts'
import type { Logger } from '../log/log.ts'
import type { IncomingRequest } from './call.ts'
import { compressed, takesGzip } from './compress.ts'
import { type Encoded, encodeAnswer, encodeError, type LongList, longList } from './encode.ts'
import { createProxy } from './proxy.ts'
import { header } from './rest/body.ts'
import { type Response, toStatusError } from './server.ts'
import { warningHeaders } from './warnings.ts'
import { type StreamWriter, streamWatch } from './watch-stream.ts'

export interface HttpOptions {
  readonly host: string
  readonly port: number
  /** PEM. */
  readonly certificate: string
  readonly key: string
  /** Default true. */
  readonly http2?: boolean
  /** How many requests a connection may carry at once by HTTP/2. */
  readonly maxStreams?: number
  /** How long a client may take to send a header, and to take an answer. */
  readonly requestTimeoutMs?: number | undefined
  /** The authorities whose client certificates are looked at. */
  readonly clientCa?: readonly string[]
  /** Told of each connection that did not come to be. */
  readonly handshakeFailed?: () => void
  /** How the server reaches kubelets. */
  readonly kubeletClient?: { readonly certificate: string; readonly key: string; readonly ca?: string }
}

export interface HttpFront {
  readonly address: AddressInfo
  /** Takes no new connections, ends watches and waits for what is under way. */
  close(): Promise<void>
  /** Changes the certificate for new connections. */
  setCertificate(certificate: string, key: string): void
}

type Handle = (request: IncomingRequest) => Promise<Response>

const maxHeaderSize = 128 * 1024
const handshakeTimeoutMs = 10_000
const headersTimeoutMs = 32_000
/** How often connections are looked at for headers that do not come. */
const headersCheckMs = 2_000
const idleTimeoutMs = 120_000
const drainMs = 3_000

export function createHttpFront(handle: Handle, options: HttpOptions, log: Logger): Promise<HttpFront> {
  const watches = new Set<() => void>()
  const sockets = new Set<Socket>()
  const sessions = new Set<ServerHttp2Session>()
  const proxy = createProxy({ ...(options.kubeletClient ? { kubeletClient: options.kubeletClient } : {}) })

  const longestMs = options.requestTimeoutMs ?? 0
  const http1 = http.createServer({
    maxHeaderSize,
    keepAliveTimeout: idleTimeoutMs,
    headersTimeout: longestMs > 0 ? Math.min(headersTimeoutMs, longestMs) : headersTimeoutMs,
    connectionsCheckingInterval: headersCheckMs,
    // The request's own deadline is the handler's: here it would end watches as well.
    requestTimeout: 0,
  })
  const failed = (error: unknown) => log.error('request failed', { error })
  http1.on('request', (req, res) => void serveHttp1(req, res).catch(failed))
  http1.on(
    'upgrade',
    (req: IncomingMessage, socket: Socket, head: Buffer) => void serveUpgrade(req, socket, head).catch(() => socket.destroy()),
  )
  http1.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) return socket.destroy()
    const [status, text] = error.code === 'HPE_HEADER_OVERFLOW' ? [431, 'Request Header Fields Too Large'] : [400, 'Bad Request']
    socket.end(`HTTP/1.1 ${status} ${text}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status} ${text}`)
  })
  // Node checks its header and request timeouts from the moment its own server listens, which this one never does.
  http1.emit('listening')

  const tls = createTlsServer({
    cert: options.certificate,
    key: options.key,
    ALPNProtocols: [...((options.http2 ?? true) ? ['h2'] : []), 'http/1.1'],
    ...strongTls,
    handshakeTimeout: handshakeTimeoutMs,
    ...(options.clientCa ? { requestCert: true, rejectUnauthorized: false, ca: [...options.clientCa] } : {}),
  })
  tls.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.setNoDelay(true)
    if (socket.alpnProtocol !== 'h2') return void http1.emit('connection', socket)
    const session = performServerHandshake(socket, {
      settings: { maxConcurrentStreams: options.maxStreams ?? 1000, initialWindowSize: 256 * 1024, maxHeaderListSize: maxHeaderSize },
    })
    sessions.add(session)
    session.on('stream', (stream: ServerHttp2Stream, headers) => {
      serveHttp2(stream, headers as Record<string, string>).catch((error: unknown) => {
        failed(error)
        stream.destroy()
      })
    })
    session.on('error', () => session.destroy())
    session.on('close', () => sessions.delete(session))
    keepAlive(session)
  })
  tls.on('tlsClientError', (_error, socket) => {
    options.handshakeFailed?.()
    socket.destroy()
  })

  function incoming(
    method: string,
    target: string,
    headers: IncomingRequest['headers'],
    socket: TLSSocket,
    source: Readable,
    closed: NodeJS.EventEmitter,
  ): IncomingRequest {
    let controller: AbortController | undefined
    const authorization = header(headers['authorization'])
    const { certificate, certificateError } = clientCertificateOf(socket)
    return {
      method,
      target,
      headers,
      credentials: {
        ...(authorization === undefined ? {} : { authorization }),
        headers,
        ...(certificate ? { certificate } : {}),
        ...(certificateError ? { certificateError } : {}),
        remoteAddress: socket.remoteAddress ?? '',
      },
      body: (limit) => readBody(source, header(headers['content-length']), limit),
      get signal() {
        if (!controller) {
          const made = new AbortController()
          controller = made
          if (socket.destroyed) made.abort()
          closed.once('close', () => made.abort())
        }
        return controller.signal
      },
    }
  }

  async function serveHttp1(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const socket = req.socket as TLSSocket
    const response = await handle(incoming(req.method as string, req.url as string, req.headers, socket, req, res))
    const { answer, form, info } = response
    if (answer.kind === 'proxy') {
      proxy.request(answer.proxy, req, res, (status) => response.done(status))
      return
    }
    if (answer.kind === 'watch') {
      const type = form.media === 'json' ? 'application/json' : `${mediaTypes[form.media]};stream=watch`
      res.writeHead(200, [...commonHeaders(response), 'Content-Type', type, 'Transfer-Encoding', 'chunked'])
      res.flushHeaders()
      const stop = streamWatch(answer, form, info.query, http1Writer(res, socket), () => {
        watches.delete(stop)
        response.done(200)
      })
      watches.add(stop)
      res.once('close', stop)
      return
    }
    const acceptEncoding = header(req.headers['accept-encoding'])
    const long = longList(response, joinedBelow)
    if (long && !takesGzip(acceptEncoding)) {
      res.writeHead(200, [...commonHeaders(response), 'Content-Type', long.type, 'Content-Length', String(long.length)])
      res.flushHeaders()
      takenWithin(longestMs, res, () => socket.destroy())
      await writePieces(res, socket, long)
      res.end()
      return response.done(200, long.length)
    }
    let encoded = encode(response)
    const zipped = encoded.bytes.length > joinedBelow ? await compressed(encoded.bytes, acceptEncoding) : undefined
    if (zipped) encoded = { ...encoded, bytes: zipped }
    const headers = [...commonHeaders(response), 'Content-Type', encoded.type, 'Content-Length', String(encoded.bytes.length)]
    if (zipped) headers.push('Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding')
    for (const name in encoded.headers) headers.push(name, encoded.headers[name] as string)
    // A body that nobody read would be taken for the next request.
    if (!req.complete && encoded.status >= 400) headers.push('Connection', 'close')
    res.writeHead(encoded.status, headers)
    if (encoded.bytes.length > joinedBelow) takenWithin(longestMs, res, () => socket.destroy())
    if (req.method === 'HEAD') res.end()
    else endWith(res, encoded.bytes)
    response.done(encoded.status, encoded.bytes.length)
  }

  async function serveHttp2(stream: ServerHttp2Stream, headers: Record<string, string>): Promise<void> {
    const socket = (stream.session as ServerHttp2Session).socket as TLSSocket
    const method = headers[constants.HTTP2_HEADER_METHOD] as string
    stream.on('error', () => stream.destroy())
    const response = await handle(incoming(method, headers[constants.HTTP2_HEADER_PATH] as string, headers, socket, stream, stream))
    if (stream.destroyed) return response.done(0)
    const { answer, form, info } = response
    if (answer.kind === 'proxy') {
      proxy.stream(answer.proxy, stream, headers, (status) => response.done(status))
      return
    }
    // Node resets a stream whose request nobody has read as soon as the answer is handed over, sent or not.
    if (stream.readableFlowing === null) stream.resume()
    if (answer.kind === 'watch') {
      const type = form.media === 'json' ? 'application/json' : `${mediaTypes[form.media]};stream=watch`
      stream.respond({ ':status': 200, ...lowerCase(commonHeaders(response)), 'content-type': type })
      const stop = streamWatch(answer, form, info.query, http2Writer(stream), () => {
        watches.delete(stop)
        response.done(200)
      })
      watches.add(stop)
      stream.once('close', stop)
      return
    }
    const acceptEncoding = headers['accept-encoding']
    const long = longList(response, joinedBelow)
    if (long && !takesGzip(acceptEncoding)) {
      stream.respond({ ':status': 200, ...lowerCase(commonHeaders(response)), 'content-type': long.type, 'content-length': long.length })
      takenWithin(longestMs, stream, () => stream.close(constants.NGHTTP2_CANCEL))
      await writePieces(stream, stream, long)
      stream.end()
      return response.done(200, long.length)
    }
    const encoded = encode(response)
    const zipped = encoded.bytes.length > joinedBelow ? await compressed(encoded.bytes, acceptEncoding) : undefined
    const bytes = zipped ?? encoded.bytes
    if (stream.destroyed) return response.done(0)
    // Node ends a stream that has no body (304) by itself, and to end it again would be an error that resets it.
    const hasBody = method !== 'HEAD' && bytes.length > 0
    const sent = {
      ':status': encoded.status,
      ...lowerCase(commonHeaders(response)),
      'content-type': encoded.type,
      'content-length': bytes.length,
      ...(zipped ? { 'content-encoding': 'gzip', vary: 'accept-encoding' } : {}),
      ...encoded.headers,
    }
    stream.respond(sent, { endStream: !hasBody })
    if (bytes.length > joinedBelow) takenWithin(longestMs, stream, () => stream.close(constants.NGHTTP2_CANCEL))
    if (hasBody) stream.end(bytes)
    // Nobody reads the rest of what was refused.
    if (encoded.status >= 400 && !stream.endAfterHeaders && !stream.readableEnded)
      stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR))
    response.done(encoded.status, bytes.length)
  }

  async function serveUpgrade(req: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const response = await handle(incoming(req.method as string, req.url as string, req.headers, socket as TLSSocket, req, socket))
    if (response.answer.kind === 'proxy') {
      proxy.upgrade(response.answer.proxy, req, socket, head, (status) => response.done(status))
      return
    }
    const encoded =
      response.answer.kind === 'watch'
        ? encodeError(
            new StatusError({ code: 400, reason: 'BadRequest', message: 'a watch is not served over an upgraded connection' }),
            response.form,
          )
        : encode(response)
    socket.end(
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 ${encoded.status} \r\nContent-Type: ${encoded.type}\r\nContent-Length: ${encoded.bytes.length}\r\nConnection: close\r\n\r\n`,
        ),
        encoded.bytes,
      ]),
    )
    response.done(encoded.status)
  }

  return new Promise((resolve, reject) => {
    tls.once('error', reject)
    tls.listen(options.port, options.host, () => {
      tls.off('error', reject)
      tls.on('error', (error) => log.error('the listener failed', { error }))
      resolve({
        address: tls.address() as AddressInfo,
        setCertificate: (certificate, key) => tls.setSecureContext({ cert: certificate, key }),
        close: () => close(tls, http1, sockets, sessions, watches, proxy),
      })
    })
  })
}

/** A small body goes out with the header in one write: as a string, Node joins them before TLS sees either. */
const joinedBelow = 16 * 1024

function endWith(res: ServerResponse, bytes: Buffer): void {
  if (bytes.length < joinedBelow) res.end(bytes.toString('latin1'), 'latin1')
  else res.end(bytes)
}

/** A client that asks and does not read would keep its answer in memory for good. */
function takenWithin(ms: number, out: ServerResponse | ServerHttp2Stream, giveUp: () => void): void {
  if (ms <= 0) return
  const timer = setTimeout(giveUp, ms).unref()
  out.once('close', () => clearTimeout(timer))
}

/** Buffers that long lists are put together in: made anew for each list, their going would keep the garbage collector busy. */
const spare: Buffer[] = []
const pieceSize = 256 * 1024
const mostSpare = 4

async function writePieces(out: ServerResponse | ServerHttp2Stream, connection: Socket | ServerHttp2Stream, list: LongList): Promise<void> {
  const into = spare.pop() ?? Buffer.allocUnsafeSlow(pieceSize)
  for (const piece of list.pieces(into)) {
    if (out.destroyed) break
    await new Promise<void>((resolve) => {
      const done = () => {
        connection.off('close', done)
        resolve()
      }
      connection.on('close', done)
      out.write(piece, done)
    })
  }
  if (spare.length < mostSpare) spare.push(into)
}

async function close(
  tls: ReturnType<typeof createTlsServer>,
  http1: HttpServer,
  sockets: Set<Socket>,
  sessions: Set<ServerHttp2Session>,
  watches: Set<() => void>,
  proxy: { close(): void },
): Promise<void> {
  const closed = new Promise<void>((done) => tls.close(() => done()))
  for (const stop of [...watches]) stop()
  for (const session of sessions) session.close()
  http1.closeIdleConnections()
  const force = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, drainMs)
  await closed
  clearTimeout(force)
  http1.close()
  proxy.close()
}

function encode(response: Response): Encoded {
  const { answer, form, info } = response
  if (answer.kind === 'error') return encodeError(answer.error, form)
  try {
    return encodeAnswer(answer as Parameters<typeof encodeAnswer>[0], form, info.query)
  } catch (error) {
    return encodeError(toStatusError(error), form)
  }
}

function commonHeaders({ id, warnings, headers, answer }: Response): string[] {
  const common = ['Audit-Id', id]
  if (!('headers' in answer && answer.headers?.['cache-control'])) common.push('Cache-Control', 'no-cache, private')
  for (const warning of warnings.length > 0 ? warningHeaders(warnings) : []) common.push('Warning', warning)
  for (const name in headers) common.push(name, headers[name] as string)
  return common
}

function lowerCase(pairs: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (let i = 0; i < pairs.length; i += 2) {
    const name = (pairs[i] as string).toLowerCase()
    const value = pairs[i + 1] as string
    const have = headers[name]
    headers[name] = have === undefined ? value : [...(Array.isArray(have) ? have : [have]), value]
  }
  return headers
}

const tooLarge = (limit: number): StatusError =>
  new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message: `Request entity too large: limit is ${limit}` })

const empty = Buffer.alloc(0)

const clientIsGone = () => new StatusError({ code: 400, reason: 'BadRequest', message: 'the client went away before its request was read' })

function readBody(source: Readable, contentLength: string | undefined, limit: number): Promise<Buffer> {
  if (contentLength === '0') return Promise.resolve(empty)
  if (contentLength !== undefined && Number(contentLength) > limit) return Promise.reject(tooLarge(limit))
  if (source.destroyed) return Promise.reject(clientIsGone())
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined
    let more: Buffer[] | undefined
    let size = 0
    source.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) {
        source.pause()
        reject(tooLarge(limit))
      } else if (!first) first = chunk
      else if (more) more.push(chunk)
      else more = [first, chunk]
    })
    source.on('end', () => resolve(more ? Buffer.concat(more, size) : (first ?? empty)))
    source.on('error', reject)
    source.on('aborted', () => reject(clientIsGone()))
  })
}

const framed = new WeakMap<Buffer, Buffer>()

/** A chunk of HTTP/1.1's chunked encoding around shared bytes, itself shared. */
function chunk(bytes: Buffer): Buffer {
  const have = framed.get(bytes)
  if (have) return have
  const made = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  framed.set(bytes, made)
  return made
}

/** Writes chunks to the socket itself: the response has sent its headers and has nothing of its own to say until it ends. */
function http1Writer(res: ServerResponse, socket: Socket): StreamWriter {
  const alive = () => res.writable && socket.writable
  return {
    write(bytes) {
      if (alive()) socket.write(chunk(bytes))
    },
    get waiting() {
      return socket.writableLength
    },
    drained: () => drained(socket),
    end: () => void res.end(),
    destroy: () => void socket.destroy(),
  }
}

function http2Writer(stream: ServerHttp2Stream): StreamWriter {
  return {
    write(bytes) {
      if (stream.writable) stream.write(bytes)
    },
    get waiting() {
      return stream.writableLength
    },
    drained: () => drained(stream),
    end: () => void stream.end(),
    destroy: () => stream.close(constants.NGHTTP2_CANCEL),
  }
}

const drained = (stream: Socket | ServerHttp2Stream): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })

const pingMs = 30_000

/** Half-open sessions would stay for good: a silent one is pinged, and destroyed when it does not answer. */
function keepAlive(session: ServerHttp2Session): void {
  let answered = true
  const timer = setInterval(() => {
    if (!answered) return session.destroy()
    answered = false
    if (!session.destroyed) {
      session.ping((error) => {
        answered = error === null
      })
    }
  }, pingMs)
  timer.unref()
  session.on('close', () => clearInterval(timer))
}
