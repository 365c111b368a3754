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
import { goError } from '../http/webhook.ts'
import type { ProxyTarget } from './call.ts'
import { authorityOf } from './service-resolver.ts'

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
    const options = { host, port, path, method, headers, timeout: connectTimeoutMs }
    const request =
      protocol === 'https:'
        ? httpsRequest({ ...options, agent: target.server?.agent ?? (target.kubelet ? kubelets : anyServer) })
        : http.request({ ...options, agent: plainAgent })
    const longestMs = target.server?.timeoutMs
    if (longestMs !== undefined) {
      const timer = setTimeout(() => request.destroy(new Error('context deadline exceeded')), longestMs)
      request.once('close', () => clearTimeout(timer))
    }
    request.once('socket', (socket) => {
      const connected = () => request.setTimeout(0)
      if (socket.connecting) socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', connected)
      else connected()
    })
    request.once('timeout', () => request.destroy(new Error(`dial tcp ${host}:${port}: i/o timeout`)))
    return request
  }

  return {
    request(target, req, res, done) {
      const upstream = open(target, req.method as string, headersTo(target, req.headers))
      res.once('close', () => upstream.destroy())
      upstream.once('error', (error) => answerRefusal(res, unreachable(target, error), done))
      upstream.once('response', (answer) => {
        const refusal = refusalOf(target, answer)
        if (refusal) return void refusal.then((said) => answerRefusal(res, said, done))
        res.writeHead(answer.statusCode as number, headersFrom(target, answer))
        res.flushHeaders()
        answer.pipe(res)
        answer.once('close', () => {
          // What broke off must not look as if it went on.
          if (!answer.complete) res.destroy()
          done(answer.statusCode as number)
        })
      })
      req.pipe(upstream)
    },
    stream(target, stream, headers, done) {
      const plain = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')))
      const upstream = open(target, headers[constants.HTTP2_HEADER_METHOD] as string, headersTo(target, plain))
      const fail = ({ status, type, body }: Refusal) => {
        if (stream.headersSent || stream.destroyed) return stream.close(constants.NGHTTP2_INTERNAL_ERROR)
        stream.respond({ ':status': status, 'content-type': type })
        stream.end(body)
        done(status)
      }
      stream.once('close', () => upstream.destroy())
      upstream.once('error', (error) => fail(unreachable(target, error)))
      upstream.once('response', (answer) => {
        const refusal = refusalOf(target, answer)
        if (refusal) return void refusal.then(fail)
        stream.respond({ ':status': answer.statusCode as number, ...headersFrom(target, answer) })
        answer.pipe(stream)
        answer.once('close', () => {
          if (!answer.complete) stream.close(constants.NGHTTP2_INTERNAL_ERROR)
          done(answer.statusCode as number)
        })
      })
      stream.pipe(upstream)
    },
    upgrade(target, req, socket, head, done) {
      const upstream = open(target, req.method as string, {
        ...headersTo(target, req.headers),
        connection: 'Upgrade',
        upgrade: req.headers.upgrade ?? 'websocket',
      })
      socket.on('error', () => upstream.destroy())
      upstream.once('error', (error) => {
        const { status, type, body } = unreachable(target, error)
        endWith(socket, status, type, body, done)
      })
      upstream.once('response', (answer) => {
        if (isRedirect(target, answer)) {
          answer.destroy()
          return endWith(socket, redirected.status, redirected.type, redirected.body, done)
        }
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

function forwarded(headers: Readonly<Record<string, string | string[] | undefined>>, withheld: readonly string[]): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {}
  for (const name in headers)
    if (!notForwarded.has(name) && headers[name] !== undefined && !withheld.some((prefix) => name.startsWith(prefix)))
      kept[name] = headers[name]
  return kept
}

/** What the target is told of a client's headers. */
export const headersTo = (target: ProxyTarget, headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  // Node takes several values of a name, too.
  ({ ...forwarded(headers, notFromClients(target)), ...target.headers }) as Record<string, string>

/** Whom the client acts as was settled here, and whom an aggregated server believes us to speak for, only we say. */
const notFromClients = ({ server }: ProxyTarget): readonly string[] => (server ? ['impersonate-', 'x-remote-'] : ['impersonate-'])
/** What the client is told of an answer's: which pages of other origins may read it, and by which name it is audited, this server says. */
const headersFrom = ({ server, headers }: ProxyTarget, answer: IncomingMessage): OutgoingHttpHeaders =>
  server
    ? { ...forwarded(answer.headers, ['access-control-']), 'audit-id': headers?.['audit-id'] as string }
    : forwarded(answer.headers, [])

/** An answer in place of the other server's. */
interface Refusal {
  readonly status: number
  readonly type: string
  readonly body: string
}

const asStatus = ({ code, status }: StatusError): Refusal => ({ status: code, type: 'application/json', body: JSON.stringify(status) })

function unreachable(target: ProxyTarget, error: Error): Refusal {
  const message = `error trying to reach service: ${goError(error, new URL(`${target.protocol}//${authorityOf(target)}`))}`
  if (target.server) return { status: 503, type: 'text/plain; charset=utf-8', body: `${message}\n` }
  return asStatus(new StatusError({ code: 503, reason: 'ServiceUnavailable', message }))
}

/** A redirect of an aggregated server would lead the client, with what it shows us, elsewhere. */
const isRedirect = ({ server }: ProxyTarget, { statusCode = 0, headers }: IncomingMessage): boolean =>
  server !== undefined && statusCode >= 300 && statusCode < 400 && headers.location !== undefined

const redirected: Refusal = {
  status: 502,
  type: 'text/plain; charset=utf-8',
  body: 'the backend attempted to redirect this request, which is not permitted',
}

/** Undefined: the answer goes on as it is. */
function refusalOf(target: ProxyTarget, answer: IncomingMessage): Promise<Refusal> | undefined {
  if (target.errorsAsStatus && (answer.statusCode as number) >= 400) return statusOf(answer).then(asStatus)
  if (!isRedirect(target, answer)) return undefined
  answer.destroy()
  return Promise.resolve(redirected)
}

function answerRefusal(res: ServerResponse, { status, type, body }: Refusal, done: (status: number) => void): void {
  if (res.headersSent) return void res.destroy()
  res.writeHead(status, { 'Content-Type': type, Connection: 'close' })
  res.end(body)
  done(status)
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
