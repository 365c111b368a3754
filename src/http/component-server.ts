/** The small server that each component has for its health and its metrics: /healthz, /livez, /readyz, /metrics. */
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createCertificateAuthority, issueCertificate } from '../pki/index.ts'
import { http } from './node-http.ts'
import { strongTls } from './tls.ts'

export interface ComponentServerOptions {
  readonly address: string
  /** 0 takes any free port. */
  readonly port: number
  /** Served over TLS with these, or with a certificate made for the occasion; `false` is plain HTTP, for loopback only. */
  readonly tls: false | { readonly certificate: string; readonly key: string } | 'self-signed'
  /** Why the component is not well; undefined when it is. */
  readonly unhealthy?: () => string | undefined
  readonly metrics: () => string
  /** Whether the caller may read what is not health. Default: yes, on loopback there is nobody else. */
  readonly authorize?: (request: IncomingMessage) => boolean | Promise<boolean>
  /** Further paths. */
  readonly routes?: Readonly<Record<string, RequestListener>>
}

export interface ComponentServer {
  readonly port: number
  close(): Promise<void>
}

const health = new Set(['/healthz', '/livez', '/readyz'])

export async function createComponentServer(options: ComponentServerOptions): Promise<ComponentServer> {
  const { address, port, tls, unhealthy = () => undefined, metrics, authorize = () => true, routes = {} } = options
  const listener: RequestListener = async (request, response) => {
    const path = (request.url ?? '/').split('?')[0] as string
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' })
      response.end(text)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD' && !(path in routes)) return answer(405, 'Method Not Allowed\n')
    if (health.has(path)) {
      const why = unhealthy()
      return why === undefined ? answer(200, 'ok') : answer(500, `${why}\n`)
    }
    if (!(await authorize(request))) return answer(403, 'Forbidden\n')
    if (path === '/metrics') return answer(200, metrics(), 'text/plain; version=0.0.4; charset=utf-8')
    const route = routes[path]
    if (route) return route(request, response)
    answer(404, '404 page not found\n')
  }
  const server = tls === false ? http.createServer(listener) : createHttpsServer({ ...pairOf(tls), ...strongTls }, listener)
  server.requestTimeout = 30_000
  await listening(server, port, address)
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pairOf(tls: Exclude<ComponentServerOptions['tls'], false>): { cert: string; key: string } {
  const { certificate, key } =
    tls === 'self-signed'
      ? issueCertificate(createCertificateAuthority('self-signed'), { commonName: 'localhost', hosts: ['localhost', '127.0.0.1', '::1'] })
      : tls
  return { cert: certificate, key }
}

function listening(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
