/** Connections to the API server that leave HTTP: a WebSocket for exec and attach, SPDY for port-forward. */
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import WebSocket from 'ws'
import { StatusError } from '../api/errors.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { Status } from '../api/types/meta-v1.ts'
import { joinRemoteCommand, type RemoteStreams, remoteCommandProtocols } from '../http/join-remote-command.ts'
import { http } from '../http/node-http.ts'
import type { Factory } from './factory.ts'

/** Where an API path is, and what a connection there needs. */
export async function targetOfPath(factory: Factory, path: string) {
  const connection = await factory.connection()
  const credentials = await connection.credentials()
  const url = new URL(connection.server)
  return {
    plain: url.protocol === 'http:',
    address: `${url.host}${url.pathname.replace(/\/$/, '')}${path}`,
    options: {
      headers: {
        ...(connection.headers as Record<string, string>),
        ...(credentials.authorization ? { authorization: credentials.authorization } : {}),
      },
      ca: connection.ca,
      cert: credentials.cert,
      key: credentials.key,
      rejectUnauthorized: !connection.insecure,
      ...(connection.serverName ? { servername: connection.serverName } : {}),
    },
  }
}

/** Opens a WebSocket to an API path with the credentials of the connection. */
async function openWebSocket(factory: Factory, path: string, protocols: readonly string[]): Promise<WebSocket> {
  const { plain, address, options } = await targetOfPath(factory, path)
  const socket = new WebSocket(`${plain ? 'ws' : 'wss'}://${address}`, [...protocols], {
    ...options,
    perMessageDeflate: false,
    maxPayload: 64 << 20,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
    socket.on('unexpected-response', (_request, answer) => readRefusal(answer, reject))
  })
  return socket
}

/** Upgrades a request to `SPDY/3.1`; the socket is the caller's from then on. */
export async function openSpdy(factory: Factory, path: string, streamProtocol: string): Promise<Socket> {
  const { plain, address, options } = await targetOfPath(factory, path)
  const send = plain ? http.request : httpsRequest
  const request = send(`${plain ? 'http' : 'https'}://${address}`, {
    ...options,
    method: 'POST',
    agent: false,
    signal: factory.signal,
    headers: { ...options.headers, connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': streamProtocol },
  })
  request.end()
  return new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (answer) => readRefusal(answer, reject))
    request.once('upgrade', (_answer, socket, head) => {
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
  })
}

function readRefusal(answer: IncomingMessage, reject: (error: Error) => void): void {
  let text = ''
  answer.setEncoding('utf8')
  answer.on('data', (chunk: string) => {
    text = (text + chunk).slice(0, 1 << 20)
  })
  answer.on('end', () => reject(refusal(answer.statusCode ?? 0, text)))
  answer.on('error', reject)
}

function refusal(code: number, text: string): Error {
  try {
    const status = JSON.parse(text) as Status
    if (status.kind === 'Status') return new StatusError({ ...status, code, message: status.message ?? '' })
  } catch {
    // No Status: the text says what is wrong.
  }
  return new Error(`unable to upgrade connection: ${text.trim() || `the server answered ${code}`}`)
}

export interface RemoteCommand {
  readonly container: string
  /** Of exec; attach joins what runs. */
  readonly command?: readonly string[]
  readonly tty?: boolean
}

/** exec or attach, joined to the given streams. Resolves to the exit code. */
export async function runInContainer(
  factory: Factory,
  pod: Pod,
  subresource: 'exec' | 'attach',
  { container, command = [], tty = false }: RemoteCommand,
  streams: Omit<RemoteStreams, 'signal'>,
): Promise<number> {
  const query = new URLSearchParams()
  for (const word of command) query.append('command', word)
  query.append('container', container)
  if (streams.stdin) query.append('stdin', 'true')
  query.append('stdout', 'true')
  query.append(tty ? 'tty' : 'stderr', 'true')
  const { name = '', namespace = '' } = pod.metadata
  const path = `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(name)}/${subresource}?${query}`
  const socket = await openWebSocket(factory, path, remoteCommandProtocols)
  return joinRemoteCommand(socket, { ...streams, signal: factory.signal })
}
