/**
 * The kubelet's own API on port 10250 (pkg/kubelet/server): pods, logs, commands, streams and figures for the API
 * server and for monitoring, over TLS to those who may. What there is stands in `routes.ts`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { strongTls } from '../../http/tls.ts'
import { criErrorText } from '../cri.ts'
import { type AuthOptions, createGate } from './auth.ts'
import { HttpError, notFound } from './http-error.ts'
import { routeOf, type ServerDeps, subresourcesOf } from './routes.ts'
import { joinStream, streamTarget } from './streams.ts'

export interface KubeletServerOptions extends AuthOptions {
  readonly address: string
  readonly port: number
  readonly certificate: { readonly certificate: string; readonly key: string }
  /** Commands, streams and logs (enableDebuggingHandlers). */
  readonly debugging: boolean
}
export interface KubeletServer {
  readonly port: number
  close(): Promise<void>
}

const headerTimeoutMs = 32_000

export async function createKubeletServer(deps: ServerDeps, options: KubeletServerOptions): Promise<KubeletServer> {
  const gate = createGate(deps.client, deps.kubelet.settings.nodeName, options)
  const sockets = new Set<Socket>()
  const server: Server = createServer({
    cert: options.certificate.certificate,
    key: options.certificate.key,
    ...strongTls,
    headersTimeout: headerTimeoutMs,
    // A certificate is one way to say who one is; without a good one the request goes on as somebody else.
    ...(options.clientCA ? { ca: options.clientCA, requestCert: true, rejectUnauthorized: false } : {}),
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })

  /** Lets the request in, and finds what it asks for. */
  async function enter(request: IncomingMessage) {
    const url = new URL(request.url ?? '/', 'https://kubelet')
    await gate(request, subresourcesOf(url.pathname))
    const [, first = '', ...parts] = url.pathname.split('/').map(decodeURIComponent)
    return { path: url.pathname, query: url.searchParams, first, parts }
  }

  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const { path, query, parts } = await enter(request)
      const route = routeOf(path)
      if (!route) throw notFound()
      if (route.debugging && !options.debugging) throw new HttpError(405, 'Debug endpoints are disabled.')
      if (!(route.methods ?? ['GET']).includes(request.method === 'HEAD' ? 'GET' : (request.method ?? '')))
        throw new HttpError(405, '405: Method Not Allowed')
      await route.handle(deps, { path, parts, query, request, response })
    } catch (error) {
      const { code, text } = failureOf(error)
      if (code === 500) deps.log.warn('request failed', { path: request.url?.split('?')[0], error: text })
      if (response.headersSent) response.destroy()
      else response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
    }
  })
  server.on('upgrade', async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    try {
      const { first, parts, query } = await enter(request)
      if (!options.debugging) throw new HttpError(405, 'Debug endpoints are disabled.')
      const target = await streamTarget(deps, first, parts, query)
      if (!target) throw notFound()
      joinStream(deps, target, request, socket, head)
    } catch (error) {
      const { code, text } = failureOf(error)
      const body = `${text}\n`
      socket.end(
        `HTTP/1.1 ${code} ${reasons[code] ?? 'Error'}\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      )
    }
  })
  await new Promise<void>((done, fail) => server.once('error', fail).listen(options.port, options.address, () => done()))
  return {
    port: (server.address() as { port: number }).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

const reasons: Readonly<Record<number, string>> = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed' }
const failureOf = (error: unknown): { code: number; text: string } =>
  error instanceof HttpError ? { code: error.code, text: error.message } : { code: 500, text: criErrorText(error) }
