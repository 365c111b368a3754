/**
 * The kubelet's own API on port 10250 (pkg/kubelet/server): pods, logs, commands and streams for the API server, over
 * TLS to those who may. Streams are the runtime's: what the client says goes on to the address the CRI names.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Pod } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'
import { systemClock } from '../client/clock.ts'
import {
  anonymous,
  bearerToken,
  type Caller,
  callerOfCertificate,
  createAccessReviews,
  createTokenReviews,
} from '../client/delegated-access.ts'
import { http } from '../http/node-http.ts'
import { strongTls } from '../http/tls.ts'
import type { Logger } from '../log/log.ts'
import { type Cri, criErrorText } from './cri.ts'
import type { Kubelet } from './kubelet.ts'
import { type LogOptions, streamLog } from './logs.ts'
import { statsSummary } from './stats.ts'

export interface KubeletServerOptions {
  readonly address: string
  readonly port: number
  readonly certificate: { readonly certificate: string; readonly key: string }
  readonly clientCA?: string
  readonly anonymous: boolean
  readonly tokenWebhook: boolean
  readonly authorization: 'AlwaysAllow' | 'Webhook'
}
export interface KubeletServer {
  readonly port: number
  close(): Promise<void>
}
interface Deps {
  readonly kubelet: Kubelet
  readonly cri: Cri
  readonly client: Client
  readonly log: Logger
}
class HttpError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const headerTimeoutMs = 32_000

export async function createKubeletServer(deps: Deps, options: KubeletServerOptions): Promise<KubeletServer> {
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
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    handle(deps, gate, request, response).catch((error: unknown) => {
      const code = error instanceof HttpError ? error.code : 500
      if (code === 500) deps.log.warn('request failed', { path: pathOf(request), error: criErrorText(error) })
      if (response.headersSent) response.destroy()
      else
        response
          .writeHead(code, { 'content-type': 'text/plain; charset=utf-8' })
          .end(`${error instanceof HttpError ? error.message : criErrorText(error)}\n`)
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrade(deps, gate, request, socket, head).catch((error: unknown) => {
      const code = error instanceof HttpError ? error.code : 500
      const body = `${error instanceof HttpError ? error.message : criErrorText(error)}\n`
      socket.end(
        `HTTP/1.1 ${code} ${code === 404 ? 'Not Found' : code === 401 ? 'Unauthorized' : code === 403 ? 'Forbidden' : 'Error'}\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      )
    })
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

const pathOf = (request: IncomingMessage) => (request.url ?? '/').split('?')[0] as string

// --- who may

type Gate = (request: IncomingMessage) => Promise<void>

/** The kubelet configuration's defaults (authentication.webhook.cacheTTL, authorization.webhook.cache…TTL). */
const cacheTimes = { cacheMs: 120_000, allowedCacheMs: 300_000, deniedCacheMs: 30_000 }

/** Authenticates and authorizes as upstream's flags say; throws HttpError 401 or 403. */
function createGate(client: Client, nodeName: string, options: KubeletServerOptions): Gate {
  const review = createTokenReviews(client, { clock: systemClock, ...cacheTimes })
  const authorize = createAccessReviews(client, { clock: systemClock, ...cacheTimes })

  async function callerOf(request: IncomingMessage): Promise<Caller> {
    const certified = options.clientCA ? callerOfCertificate(request) : undefined
    if (certified) return certified
    const token = bearerToken(request)
    const caller = token === undefined ? options.anonymous && anonymous : options.tokenWebhook && (await review(token))
    if (!caller) throw new HttpError(401, 'Unauthorized')
    return caller
  }

  return async (request) => {
    const caller = await callerOf(request)
    if (options.authorization === 'AlwaysAllow') return
    const { verb, subresources } = attributesOf(request)
    for (const subresource of subresources) {
      const { allowed } = await authorize(caller, {
        resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName },
      })
      if (allowed) return
    }
    throw new HttpError(403, `Forbidden (user=${caller.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])`)
  }
}

/** Verb and node subresource a request stands for (pkg/kubelet/server/auth.go). The finer one is asked first, then `proxy`. */
function attributesOf(request: IncomingMessage): { verb: string; subresources: string[] } {
  const verb =
    ({ POST: 'create', GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' } as Record<string, string>)[request.method ?? 'GET'] ??
    'get'
  const path = pathOf(request)
  const under = (prefix: string) => path === prefix || path.startsWith(`${prefix}/`)
  if (under('/stats')) return { verb, subresources: ['stats'] }
  if (under('/metrics')) return { verb, subresources: ['metrics'] }
  if (under('/logs')) return { verb, subresources: ['log'] }
  if (path === '/healthz') return { verb, subresources: ['healthz', 'proxy'] }
  if (path === '/configz') return { verb, subresources: ['configz', 'proxy'] }
  if (path === '/pods' || path === '/runningpods/') return { verb, subresources: ['pods', 'proxy'] }
  return { verb, subresources: ['proxy'] }
}

// --- what

async function handle(deps: Deps, gate: Gate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await gate(request)
  const url = new URL(request.url ?? '/', 'https://kubelet')
  const [, first = '', ...rest] = url.pathname.split('/').map(decodeURIComponent)
  const { kubelet, cri } = deps
  switch (first) {
    case 'healthz':
      response.setHeader('content-type', 'text/plain; charset=utf-8')
      response.end('ok')
      return
    case 'pods':
      return json(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: kubelet.pods() })
    case 'runningpods':
      return json(response, {
        kind: 'PodList',
        apiVersion: 'v1',
        metadata: {},
        items: kubelet.pods().filter((p) => p.status?.phase === 'Running'),
      })
    case 'containerLogs':
      return logs(deps, rest, url.searchParams, request, response)
    case 'run':
      return runCommand(deps, rest, url.searchParams, request, response)
    case 'exec':
    case 'attach':
    case 'portForward':
      throw new HttpError(400, 'Upgrade request required')
    case 'stats':
      if (rest[0] === 'summary') return json(response, await statsSummary(cri, kubelet))
      break
    case 'metrics':
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      response.end(metricsText(kubelet))
      return
  }
  throw new HttpError(404, '404 page not found')
}

function json(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(body))
}

function metricsText(kubelet: Kubelet): string {
  const pods = kubelet.pods()
  const running = pods.filter((p) => p.status?.phase === 'Running').length
  const containers = pods.reduce((n, p) => n + (p.status?.containerStatuses ?? []).filter((c) => c.state.running).length, 0)
  return (
    `# HELP kubelet_running_pods [BETA] Number of pods that have a running pod sandbox\n# TYPE kubelet_running_pods gauge\nkubelet_running_pods ${running}\n` +
    `# HELP kubelet_running_containers [BETA] Number of containers currently running\n# TYPE kubelet_running_containers gauge\nkubelet_running_containers{container_state="running"} ${containers}\n` +
    `# HELP kubelet_node_name [ALPHA] The node's name. The count is always 1.\n# TYPE kubelet_node_name gauge\nkubelet_node_name{node="${kubelet.settings.nodeName}"} 1\n` +
    `# HELP process_resident_memory_bytes Resident memory size in bytes.\n# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes ${process.memoryUsage.rss()}\n`
  )
}

function findPod(kubelet: Kubelet, namespace: string | undefined, name: string | undefined): Pod {
  const pod = kubelet.pods().find((p) => p.metadata.namespace === namespace && p.metadata.name === name)
  if (!pod) throw new HttpError(404, `pod does not exist`)
  return pod
}

/** `namespace/pod[/uid]/container`: the container that runs, or ran last. */
function findContainer(kubelet: Kubelet, parts: readonly string[], previous = false) {
  const [namespace, name] = parts
  const container = parts.at(-1) as string
  const pod = findPod(kubelet, namespace, name)
  const all = kubelet.workers.runtime(pod.metadata.uid)?.containers.filter((c) => c.name === container) ?? []
  const found = previous ? all[1] : all[0]
  if (!found)
    throw new HttpError(
      previous ? 400 : 404,
      previous ? `previous terminated container "${container}" in pod "${name}" not found` : `container not found ("${container}")`,
    )
  return { pod, found }
}

async function logs(
  deps: Deps,
  parts: readonly string[],
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { kubelet } = deps
  const [namespace, name, container] = parts
  const pod = findPod(kubelet, namespace, name)
  const known = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])].some(
    (c) => c.name === container,
  )
  if (!known) throw new HttpError(404, `container "${container}" not found in pod "${name}"`)
  const all = kubelet.workers.runtime(pod.metadata.uid)?.containers.filter((c) => c.name === container) ?? []
  const previous = query.get('previous') === 'true'
  const found = previous ? all.filter((c) => c.state === 'exited')[all[0]?.state === 'exited' ? 1 : 0] : all[0]
  if (!found) {
    if (previous) throw new HttpError(400, `previous terminated container "${container}" in pod "${name}" not found`)
    const waiting = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
      (s) => s.name === container,
    )?.state.waiting
    const why =
      waiting?.reason === 'ErrImagePull' || waiting?.reason === 'ImagePullBackOff'
        ? `trying and failing to pull image`
        : (waiting?.reason ?? 'ContainerCreating')
    throw new HttpError(400, `container "${container}" in pod "${name}" is waiting to start: ${why}`)
  }
  const number = (key: string) => (query.has(key) ? Number(query.get(key)) : undefined)
  const since = query.get('sinceTime')
    ? Date.parse(query.get('sinceTime') as string)
    : number('sinceSeconds') !== undefined
      ? Date.now() - (number('sinceSeconds') as number) * 1000
      : undefined
  const stream = query.get('stream')
  const options: LogOptions = {
    follow: query.get('follow') === 'true' && !previous,
    timestamps: query.get('timestamps') === 'true',
    ...(number('tailLines') === undefined ? {} : { tailLines: number('tailLines') as number }),
    ...(number('limitBytes') === undefined ? {} : { limitBytes: number('limitBytes') as number }),
    ...(since === undefined ? {} : { sinceMs: since }),
    ...(stream === 'Stdout' || stream === 'Stderr' ? { stream: stream.toLowerCase() as 'stdout' | 'stderr' } : {}),
  }
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  request.on('aborted', () => gone.abort())
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.flushHeaders()
  const running = () => kubelet.workers.runtime(pod.metadata.uid)?.containers.find((c) => c.id === found.id)?.state === 'running'
  for await (const chunk of streamLog(found.logPath, options, running, gone.signal)) {
    if (!response.write(chunk)) await new Promise<void>((resolve) => response.once('drain', resolve).once('close', resolve))
  }
  response.end()
}

async function runCommand(
  deps: Deps,
  parts: readonly string[],
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') throw new HttpError(405, 'method not allowed')
  const { found } = findContainer(deps.kubelet, parts)
  const cmd = query.get('cmd') ?? ''
  const { stdout, stderr, exitCode = 0 } = await deps.cri.runtime.ExecSync({ containerId: found.id, cmd: cmd.split(' '), timeout: 0 })
  const output = Buffer.concat([Buffer.from(stdout ?? []), Buffer.from(stderr ?? [])])
  if (exitCode !== 0) throw new HttpError(500, `${output.toString('utf8')}command '${cmd}' exited with ${exitCode}`)
  response.end(output)
}

/** Exec, attach and port forward: asks the runtime for an address and joins the client to it, whatever protocol they speak. */
async function upgrade(deps: Deps, gate: Gate, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy())
  await gate(request)
  const url = new URL(request.url ?? '/', 'https://kubelet')
  const [, first = '', ...parts] = url.pathname.split('/').map(decodeURIComponent)
  const target = await streamTarget(deps, first, parts, url.searchParams)
  const to = new URL(target)
  const upstream = http.request({
    host: to.hostname,
    port: to.port,
    path: to.pathname + to.search,
    method: request.method,
    headers: { ...forwardedHeaders(request), host: to.host },
  })
  upstream.on('upgrade', (answer, other, otherHead) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${rawHeaders(answer)}\r\n`)
    if (otherHead.length > 0) socket.write(otherHead)
    if (head.length > 0) other.write(head)
    other.on('error', () => socket.destroy())
    socket.on('error', () => other.destroy())
    socket.on('close', () => other.destroy())
    other.on('close', () => socket.destroy())
    other.pipe(socket)
    socket.pipe(other)
  })
  upstream.on('response', (answer) => {
    socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${rawHeaders(answer)}connection: close\r\n\r\n`)
    answer.pipe(socket)
  })
  upstream.on('error', (error) => {
    deps.log.warn('the runtime refused a stream', { error })
    socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n')
  })
  upstream.end()
}

async function streamTarget(deps: Deps, kind: string, parts: readonly string[], query: URLSearchParams): Promise<string> {
  const { cri, kubelet } = deps
  const flag = (name: string) => query.get(name) === '1' || query.get(name) === 'true'
  const streams = {
    stdin: flag('input') || flag('stdin'),
    stdout: flag('output') || flag('stdout'),
    stderr: flag('error') || flag('stderr'),
    tty: flag('tty'),
  }
  // A terminal has one output.
  if (streams.tty) streams.stderr = false
  let url: string | undefined
  if (kind === 'exec') {
    const { found } = findContainer(kubelet, parts)
    url = (await cri.runtime.Exec({ containerId: found.id, cmd: query.getAll('command'), ...streams })).url
  } else if (kind === 'attach') {
    const { found } = findContainer(kubelet, parts)
    url = (await cri.runtime.Attach({ containerId: found.id, ...streams })).url
  } else if (kind === 'portForward') {
    const pod = findPod(kubelet, parts[0], parts[1])
    const sandbox = kubelet.workers.runtime(pod.metadata.uid)?.sandboxes.find((s) => s.ready)
    if (!sandbox) throw new HttpError(404, `cannot find pod sandbox of pod "${parts[1]}"`)
    const ports = query
      .getAll('port')
      .flatMap((p) => p.split(','))
      .map(Number)
    url = (await cri.runtime.PortForward({ podSandboxId: sandbox.id, port: ports })).url
  } else throw new HttpError(404, '404 page not found')
  if (!url) throw new HttpError(500, 'the runtime gave no streaming address')
  return url
}

/** Credentials are for the kubelet, not for the runtime behind it. */
function forwardedHeaders(request: IncomingMessage): Record<string, string | string[]> {
  const { authorization: _authorization, cookie: _cookie, 'transfer-encoding': _encoding, ...headers } = request.headers
  // A POST of unknown length would be sent in chunks, and the end of an empty body taken for the stream's first bytes.
  return { ...(headers as Record<string, string | string[]>), ...(request.method === 'GET' ? {} : { 'content-length': '0' }) }
}
function rawHeaders(answer: IncomingMessage): string {
  let text = ''
  for (let i = 0; i < answer.rawHeaders.length; i += 2) text += `${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}\r\n`
  return text
}
