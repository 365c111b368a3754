/**
 * Answers that another server gives: the kubelet's streams, proxied pods, nodes and services. Bodies go through as they
 * come; an upgraded connection (WebSocket, SPDY) is joined to the other server's byte for byte.
 */
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { newBadRequest, StatusError } from '../api/errors.ts'
import { http } from '../http/node-http.ts'
import type { ProxyTarget } from './call.ts'

export interface Proxy {
  request(target: ProxyTarget, req: IncomingMessage, res: ServerResponse, done: (status: number) => void): void
  stream(target: ProxyTarget, stream: ServerHttp2Stream, headers: Readonly<Record<string, string>>, done: (status: number) => void): void
  upgrade(target: ProxyTarget, req: IncomingMessage, socket: Socket, head: Buffer, done: (status: number) => void): void
  close(): void
}

export interface ProxyOptions {
  readonly kubeletClient?: { readonly certificate: string; readonly key: string; readonly ca?: string }
}

/** Of one connection only (RFC 9110, 7.6.1), and what is for this server alone. */
const notForwarded = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'host',
  'authorization',
  'http2-settings',
])
const connectTimeoutMs = 30_000
const maxErrorText = 2048

export function createProxy({ kubeletClient }: ProxyOptions): Proxy {
  const plainAgent = new http.Agent({ keepAlive: true, maxFreeSockets: 32 })
  const anyServer = new HttpsAgent({ keepAlive: true, maxFreeSockets: 32, rejectUnauthorized: false })
  const kubelets = new HttpsAgent({
    keepAlive: true,
    maxFreeSockets: 32,
    // Upstream, too, trusts any kubelet when it is told no authority for them.
    ...(kubeletClient
      ? {
          cert: kubeletClient.certificate,
          key: kubeletClient.key,
          ...(kubeletClient.ca ? { ca: kubeletClient.ca } : { rejectUnauthorized: false }),
        }
      : { rejectUnauthorized: false }),
  })

  const open = (target: ProxyTarget, method: string, headers: OutgoingHttpHeaders): ClientRequest => {
    const { protocol, host, port, path } = target
    const options = { host, port, path, method, headers: { ...headers, ...target.headers }, timeout: connectTimeoutMs }
    const request =
      protocol === 'https:'
        ? httpsRequest({ ...options, agent: target.kubelet ? kubelets : anyServer })
        : http.request({ ...options, agent: plainAgent })
    request.once('socket', (socket) => {
      const connected = () => request.setTimeout(0)
      if (socket.connecting) socket.once('connect', connected)
      else connected()
    })
    request.once('timeout', () => request.destroy(new Error(`dial tcp ${host}:${port}: i/o timeout`)))
    return request
  }

  return {
    request(target, req, res, done) {
      const upstream = open(target, req.method as string, forwarded(req.headers))
      res.once('close', () => upstream.destroy())
      upstream.once('error', (error) => answerError(res, unreachable(error), done))
      upstream.once('response', (answer) => {
        if (target.errorsAsStatus && (answer.statusCode as number) >= 400) {
          void statusOf(answer).then((error) => answerError(res, error, done))
          return
        }
        res.writeHead(answer.statusCode as number, forwarded(answer.headers))
        res.flushHeaders()
        answer.pipe(res)
        answer.once('close', () => done(answer.statusCode as number))
      })
      req.pipe(upstream)
    },
    stream(target, stream, headers, done) {
      const plain = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')))
      const upstream = open(target, headers[constants.HTTP2_HEADER_METHOD] as string, forwarded(plain))
      const fail = (error: StatusError) => {
        if (stream.headersSent || stream.destroyed) return stream.close(constants.NGHTTP2_INTERNAL_ERROR)
        stream.respond({ ':status': error.code, 'content-type': 'application/json' })
        stream.end(JSON.stringify(error.status))
        done(error.code)
      }
      stream.once('close', () => upstream.destroy())
      upstream.once('error', (error) => fail(unreachable(error)))
      upstream.once('response', (answer) => {
        if (target.errorsAsStatus && (answer.statusCode as number) >= 400) return void statusOf(answer).then(fail)
        stream.respond({ ':status': answer.statusCode as number, ...forwarded(answer.headers) })
        answer.pipe(stream)
        answer.once('close', () => done(answer.statusCode as number))
      })
      stream.pipe(upstream)
    },
    upgrade(target, req, socket, head, done) {
      const upstream = open(target, req.method as string, {
        ...forwarded(req.headers),
        connection: 'Upgrade',
        upgrade: req.headers.upgrade ?? 'websocket',
      })
      socket.on('error', () => upstream.destroy())
      upstream.once('error', (error) => {
        const { status } = unreachable(error)
        endWith(socket, status.code as number, 'application/json', JSON.stringify(status), done)
      })
      upstream.once('response', (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.once('end', () =>
          endWith(socket, answer.statusCode as number, answer.headers['content-type'] ?? 'text/plain', Buffer.concat(chunks), done),
        )
      })
      upstream.once('upgrade', (answer, other, otherHead) => {
        const lines = [`HTTP/1.1 101 Switching Protocols`]
        for (let i = 0; i < answer.rawHeaders.length; i += 2) lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`)
        socket.write(`${lines.join('\r\n')}\r\n\r\n`)
        if (otherHead.length > 0) socket.write(otherHead)
        if (head.length > 0) other.write(head)
        other.setTimeout(0)
        socket.setTimeout(0)
        socket.pipe(other)
        other.pipe(socket)
        const close = () => {
          socket.destroy()
          other.destroy()
        }
        other.once('error', close)
        other.once('close', close)
        socket.once('error', close)
        socket.once('close', close)
        socket.once('close', () => done(101))
      })
      upstream.end()
    },
    close() {
      for (const agent of [plainAgent, anyServer, kubelets]) agent.destroy()
    },
  }
}

function forwarded(headers: Readonly<Record<string, string | string[] | undefined>>): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {}
  for (const name in headers) if (!notForwarded.has(name) && headers[name] !== undefined) kept[name] = headers[name]
  return kept
}

const unreachable = (error: Error): StatusError =>
  new StatusError({ code: 503, reason: 'ServiceUnavailable', message: `error trying to reach service: ${error.message}` })

function answerError(res: ServerResponse, error: StatusError, done: (status: number) => void): void {
  if (res.headersSent) return void res.destroy()
  res.writeHead(error.code, { 'Content-Type': 'application/json', Connection: 'close' })
  res.end(JSON.stringify(error.status))
  done(error.code)
}

/** What the other server refused, as a Status (genericregistry's GenericHttpResponseChecker). */
async function statusOf(answer: IncomingMessage): Promise<StatusError> {
  let text = ''
  answer.setEncoding('utf8')
  for await (const chunk of answer) {
    text += chunk as string
    if (text.length > maxErrorText) break
  }
  const code = answer.statusCode as number
  const message = text.slice(0, maxErrorText)
  if (code === 400) return newBadRequest(message)
  if (code === 404)
    return new StatusError({ code, reason: 'NotFound', message: message || 'the server could not find the requested resource' })
  return new StatusError({
    code,
    reason: 'InternalError',
    message: `an error on the server (${JSON.stringify(message)}) has prevented the request from succeeding`,
  })
}

function endWith(socket: Socket, status: number, type: string, body: string | Buffer, done: (status: number) => void): void {
  const head = `HTTP/1.1 ${status} \r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`
  socket.end(Buffer.concat([Buffer.from(head), Buffer.from(body)]))
  done(status)
}
