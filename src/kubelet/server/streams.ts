/** Exec, attach and port forward: the streams are the runtime's; what the client says goes on to the address that the CRI names. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { http } from '../../http/node-http.ts'
import type { Cri } from '../cri.ts'
import type { Kubelet } from '../kubelet.ts'
import { findContainer, findPod } from './find.ts'
import { HttpError } from './http-error.ts'
import type { ServerDeps } from './routes.ts'

/** Joins the client to the runtime, whatever protocol they speak. */
export async function joinStream(deps: ServerDeps, target: string, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
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

/** Where the runtime waits for the stream that a path asks for; undefined when the path is none of a stream. */
export async function streamTarget(
  { cri, kubelet }: ServerDeps,
  kind: string,
  parts: readonly string[],
  query: URLSearchParams,
): Promise<string | undefined> {
  const open = kinds[kind]
  if (!open) return undefined
  const { url } = await open(cri, kubelet, parts, query)
  if (!url) throw new HttpError(500, 'the runtime gave no streaming address')
  return url
}

type Open = (cri: Cri, kubelet: Kubelet, parts: readonly string[], query: URLSearchParams) => Promise<{ url?: string }>
const kinds: Readonly<Record<string, Open>> = {
  exec: ({ runtime }, kubelet, parts, query) =>
    runtime.Exec({ containerId: findContainer(kubelet, parts).id, cmd: query.getAll('command'), ...streamsOf(query) }),
  attach: ({ runtime }, kubelet, parts, query) => runtime.Attach({ containerId: findContainer(kubelet, parts).id, ...streamsOf(query) }),
  portForward: ({ runtime }, kubelet, parts, query) => {
    const pod = findPod(kubelet, parts[0], parts[1])
    const sandbox = kubelet.workers.runtime(pod.metadata.uid)?.sandboxes.find((s) => s.ready)
    if (!sandbox) throw new HttpError(404, `cannot find pod sandbox of pod "${parts[1]}"`)
    const ports = query.getAll('port').flatMap((p) => p.split(','))
    return runtime.PortForward({ podSandboxId: sandbox.id, port: ports.map(Number) })
  },
}

function streamsOf(query: URLSearchParams) {
  const flag = (...names: string[]) => names.some((name) => query.get(name) === '1' || query.get(name) === 'true')
  const tty = flag('tty')
  // A terminal has one output.
  return { stdin: flag('input', 'stdin'), stdout: flag('output', 'stdout'), stderr: !tty && flag('error', 'stderr'), tty }
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
