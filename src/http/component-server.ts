/** The small server that the control loops have: /healthz, /livez, /readyz, /metrics, and /configz where they show their configuration. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { HealthMetrics } from '../metrics/health.ts'
import { createCertificateAuthority, issueCertificate } from '../pki/index.ts'
import { answerHealth, type HealthCheck } from './health.ts'
import { strongTls } from './tls.ts'

export interface ComponentServerOptions {
  readonly address: string
  /** 0 takes any free port. */
  readonly port: number
  /** Served over TLS with these, or with a certificate made for the occasion. */
  readonly tls: { readonly certificate: string; readonly key: string } | 'self-signed'
  readonly metrics: () => string
  readonly configz?: (() => object) | undefined
  /** What `/metrics/resources` answers, where there is that. */
  readonly resourceMetrics?: (() => string) | undefined
  /** What `/healthz`, `/livez` and `/readyz` go by; without any, who can answer is well. */
  readonly checks?: readonly HealthCheck[] | undefined
  /** Told what each check came to. */
  readonly measured: HealthMetrics
  /** Why a request is refused, as a Status; undefined: it may go on. */
  readonly gate: (request: IncomingMessage) => Promise<{ readonly code: number; readonly status: object } | undefined>
}

export interface ComponentServer {
  readonly port: number
  /** From now on client certificates of these authorities are taken; until the first, none is. */
  trust(authorities: string): void
  close(): Promise<void>
}

const ping: HealthCheck = { name: 'ping', check: () => undefined }

export async function createComponentServer(options: ComponentServerOptions): Promise<ComponentServer> {
  const { address, port, tls, metrics, configz, gate, resourceMetrics, measured } = options
  const checks = options.checks?.length ? options.checks : [ping]
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const say = (status: number, text: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' })
      response.end(text)
    }
    const refusal = await gate(request)
    if (refusal) return say(refusal.code, `${JSON.stringify(refusal.status)}\n`, 'application/json')
    const [path, search] = (request.url ?? '/').split('?') as [string, string | undefined]
    const [, endpoint, one] = /^\/(healthz|livez|readyz)(?:\/(.*))?$/.exec(path) ?? []
    const shows = configz && path === '/configz'
    const read = path === '/metrics' ? metrics : path === '/metrics/resources' ? resourceMetrics : undefined
    if (!endpoint && !read && !shows) return say(404, '404 page not found\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'Method Not Allowed\n')
    if (read) return say(200, read(), 'text/plain; version=0.0.4; charset=utf-8')
    if (shows) return say(200, JSON.stringify(configz()), 'application/json')
    const { status, body } = await answerHealth(
      checks,
      { endpoint: endpoint as string, one: one ?? '', query: new URLSearchParams(search) },
      measured,
    )
    say(status, body)
  }
  const context = { ...pairOf(tls), ...strongTls }
  // An empty list: without one Node would trust the authorities of the web.
  const server = createHttpsServer({ ...context, ca: [], requestCert: true, rejectUnauthorized: false }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // The API server could not be asked.
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(`Internal Server Error: ${JSON.stringify(request.url)}: ${error instanceof Error ? error.message : error}\n`)
    })
  })
  server.requestTimeout = 30_000
  await listening(server, port, address)
  return {
    port: (server.address() as { port: number }).port,
    trust: (authorities) => server.setSecureContext({ ...context, ca: authorities }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pairOf(tls: ComponentServerOptions['tls']): { cert: string; key: string } {
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
