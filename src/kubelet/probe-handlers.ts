/** One look at a container, and the handlers of lifecycle hooks, which are the same actions (pkg/probe, pkg/kubelet/lifecycle). */
import https from 'node:https'
import { connect } from 'node:net'
import type { Container, ExecAction, GRPCAction, HTTPGetAction, TCPSocketAction } from '../api/types/core-v1.ts'
import { createGrpcClient, type Unary } from '../grpc/client.ts'
import { http } from '../http/node-http.ts'
import { parseTable } from '../schema/schema.ts'
import { type Cri, criErrorText } from './cri.ts'

export interface Look {
  readonly success: boolean
  readonly output: string
}
export interface LookTarget {
  readonly container: Container
  readonly containerId: string
  readonly podIP: string
}

const maxBody = 10 * 1024

export async function execLook(cri: Cri, action: ExecAction, { containerId }: LookTarget, timeoutMs: number): Promise<Look> {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000))
  try {
    const { exitCode = 0, stdout, stderr } = await cri.runtime.ExecSync({ containerId, cmd: action.command ?? [], timeout: seconds })
    const output = `${text(stdout)}${text(stderr)}`.slice(0, maxBody)
    return { success: exitCode === 0, output }
  } catch (error) {
    const message = criErrorText(error)
    return {
      success: false,
      output: /deadline/i.test(message) ? `command timed out: "${(action.command ?? []).join(' ')}" timed out after ${seconds}s` : message,
    }
  }
}
const text = (bytes: Uint8Array | undefined) => (bytes ? Buffer.from(bytes).toString('utf8') : '')

export function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port
  const named = container.ports?.find((p) => p.name === port)?.containerPort
  const number = named ?? Number(port)
  if (!(number > 0 && number < 65_536)) throw new Error(`couldn't find port: "${port}" in container ${container.name}`)
  return number
}

export function httpLook(action: HTTPGetAction, target: LookTarget, timeoutMs: number, userAgent: string): Promise<Look> {
  const tls = action.scheme === 'HTTPS'
  const host = action.host || target.podIP
  const port = portOf(action.port, target.container)
  const path = action.path?.startsWith('/') ? action.path : `/${action.path ?? ''}`
  const url = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
  const headers: Record<string, string[]> = {}
  for (const { name, value } of action.httpHeaders ?? []) {
    const key = name.toLowerCase()
    headers[key] = [...(headers[key] ?? []), value]
  }
  headers['user-agent'] ??= [userAgent]
  headers['accept'] ??= ['*/*']
  return new Promise((resolve) => {
    // A connection each: keep-alive would show the health of the connection instead.
    const request = (tls ? https : http).request(url, {
      agent: false,
      rejectUnauthorized: false,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, values]) => [name, name === 'host' ? (values[0] as string) : values]),
      ),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const fail = (error: Error & { code?: string }) => {
      const why =
        error.name === 'AbortError' || error.name === 'TimeoutError'
          ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
          : `dial tcp ${host}:${port}: ${goNetworkError(error)}`
      resolve({ success: false, output: `Get "${url}": ${why}` })
    }
    request.on('error', fail)
    request.on('response', (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (body.length < maxBody) body += chunk.slice(0, maxBody - body.length)
      })
      response.on('error', fail)
      response.on('end', () => {
        const code = response.statusCode ?? 0
        const good = code >= 200 && code < 400
        resolve({ success: good, output: good ? body : `HTTP probe failed with statuscode: ${code}` })
      })
    })
    request.end()
  })
}

export function tcpLook(action: TCPSocketAction, target: LookTarget, timeoutMs: number): Promise<Look> {
  const host = action.host || target.podIP
  const port = portOf(action.port, target.container)
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const finish = (look: Look) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(look)
    }
    const timer = setTimeout(() => finish({ success: false, output: `dial tcp ${host}:${port}: i/o timeout` }), timeoutMs)
    socket.on('connect', () => finish({ success: true, output: '' }))
    socket.on('error', (error) => finish({ success: false, output: `dial tcp ${host}:${port}: ${goNetworkError(error)}` }))
  })
}

const healthTable = parseTable(
  'grpc.health.v1',
  `
package grpc.health.v1
service Health
  Check HealthCheckRequest HealthCheckResponse
type HealthCheckRequest
  1 service string
type HealthCheckResponse
  1 status int32
`,
)
const serving = 1
const healthStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

export async function grpcLook(action: GRPCAction, target: LookTarget, timeoutMs: number): Promise<Look> {
  const address = `${target.podIP}:${action.port}`
  const client = createGrpcClient<{ Check: Unary<{ service?: string }, { status?: number }> }>(address, healthTable, 'Health', {
    connectTimeoutMs: timeoutMs,
  })
  try {
    const { status = 0 } = await client.Check({ service: action.service ?? '' }, { timeoutMs })
    if (status === serving) return { success: true, output: 'service healthy' }
    return { success: false, output: `service unhealthy (responded with "${healthStatuses[status] ?? status}")` }
  } catch (error) {
    const code = (error as { code?: number }).code
    if (code === 12)
      return { success: false, output: 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)' }
    if (code === 4 || code === 14)
      return {
        success: false,
        output: `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: ${criErrorText(error)}`,
      }
    return { success: false, output: `error: health rpc failed: ${criErrorText(error)}` }
  } finally {
    client.close()
  }
}

/** What Go's net package says where Node has an error code. */
function goNetworkError(error: Error & { code?: string }): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connect: connection refused'
    case 'EHOSTUNREACH':
      return 'connect: no route to host'
    case 'ENETUNREACH':
      return 'connect: network is unreachable'
    case 'ECONNRESET':
      return 'read: connection reset by peer'
    case 'ETIMEDOUT':
      return 'connect: connection timed out'
    default:
      return error.message
  }
}
