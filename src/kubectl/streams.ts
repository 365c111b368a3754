/**
 * The client's side of exec, attach and port-forward: one WebSocket with numbered channels, `v5.channel.k8s.io`
 * (client-go/tools/remotecommand/websocket.go; KEP-4006).
 */
import type { Readable, Writable } from 'node:stream'
import WebSocket from 'ws'
import { StatusError } from '../api/errors.ts'
import type { Status } from '../api/types/meta-v1.ts'
import type { Factory } from './factory.ts'

const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const
/** Output that arrives faster than it is written waits in the socket from here on. */
const mostBuffered = 1 << 20

/** Opens a WebSocket to an API path with the credentials of the connection. */
export async function openWebSocket(factory: Factory, path: string, protocols: readonly string[]): Promise<WebSocket> {
  const connection = await factory.connection()
  const credentials = await connection.credentials()
  const url = new URL(connection.server)
  const base = url.pathname.replace(/\/$/, '')
  const socket = new WebSocket(`${url.protocol === 'http:' ? 'ws' : 'wss'}://${url.host}${base}${path}`, [...protocols], {
    headers: {
      ...(connection.headers as Record<string, string>),
      ...(credentials.authorization ? { authorization: credentials.authorization } : {}),
    },
    ca: connection.ca,
    cert: credentials.cert,
    key: credentials.key,
    rejectUnauthorized: !connection.insecure,
    ...(connection.serverName ? { servername: connection.serverName } : {}),
    perMessageDeflate: false,
    maxPayload: 64 << 20,
  })
  const abort = () => socket.terminate()
  factory.signal.addEventListener('abort', abort, { once: true })
  socket.on('close', () => factory.signal.removeEventListener('abort', abort))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
    socket.on('unexpected-response', (_request, answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        text = (text + chunk).slice(0, 1 << 20)
      })
      answer.on('end', () => reject(refusal(answer.statusCode ?? 0, text)))
      answer.on('error', reject)
    })
  })
  return socket
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

export interface RemoteStreams {
  readonly stdin?: Readable
  readonly stdout?: Writable
  readonly stderr?: Writable
  /** The terminal whose size is told. */
  readonly terminal?: NodeJS.WriteStream
}

/** Runs until the other side is done. Resolves to the exit code of the command. */
export async function stream(factory: Factory, path: string, streams: RemoteStreams): Promise<number> {
  const socket = await openWebSocket(factory, path, ['v5.channel.k8s.io', 'v4.channel.k8s.io'])
  const { stdin, terminal } = streams
  const send = (channel: number, data: Uint8Array, done?: () => void) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(Buffer.concat([Buffer.from([channel]), data]), () => done?.())
    else done?.()
  }
  const resize = () => send(Channel.resize, Buffer.from(JSON.stringify({ Width: terminal?.columns, Height: terminal?.rows })))
  const onInput = (chunk: Buffer | string) => {
    stdin?.pause()
    send(Channel.stdin, Buffer.from(chunk), () => stdin?.resume())
  }
  const onInputEnd = () => {
    if (socket.protocol === 'v5.channel.k8s.io') send(Channel.close, Buffer.from([Channel.stdin]))
  }
  const result = Promise.withResolvers<number>()
  let answered = false
  socket.on('message', (data: Buffer) => {
    const channel = data[0]
    const payload = data.subarray(1)
    if (channel === Channel.error) {
      answered = true
      settle(payload, result)
    } else if (payload.length > 0)
      write(channel === Channel.stdout ? streams.stdout : channel === Channel.stderr ? streams.stderr : undefined, payload)
  })
  /** Waits for slow terminals and pipes. */
  function write(to: Writable | undefined, payload: Buffer): void {
    if (!to || to.write(payload) || to.writableLength < mostBuffered) return
    socket.pause()
    to.once('drain', () => socket.resume())
  }
  socket.on('error', (error) => result.reject(error))
  socket.on('close', (code, reason) => {
    if (answered) return
    if (factory.signal.aborted) result.resolve(130)
    else result.reject(new Error(reason.toString() || `error reading from error stream: the connection was closed (${code})`))
  })
  if (stdin) {
    stdin.on('data', onInput)
    stdin.once('end', onInputEnd)
  }
  if (terminal) {
    terminal.on('resize', resize)
    resize()
  }
  try {
    return await result.promise
  } finally {
    stdin?.off('data', onInput)
    stdin?.off('end', onInputEnd)
    stdin?.pause()
    if (stdin && 'unref' in stdin) (stdin as NodeJS.ReadStream).unref?.()
    terminal?.off('resize', resize)
    socket.close()
  }
}

/** The closing status: success, an exit code, or why it could not run. */
function settle(payload: Buffer, result: { resolve(code: number): void; reject(error: unknown): void }): void {
  const text = payload.toString('utf8')
  let status: Status
  try {
    status = JSON.parse(text) as Status
  } catch {
    result.reject(new Error(text))
    return
  }
  if (status.status === 'Success') result.resolve(0)
  else if (status.reason === 'NonZeroExitCode') {
    const cause = status.details?.causes?.find((c) => c.reason === 'ExitCode')
    result.resolve(Number(cause?.message ?? 1))
  } else result.reject(new Error(status.message ?? text))
}

/** Puts the terminal into raw mode for the time of `run`. */
export async function withRawTerminal<T>(stdin: NodeJS.ReadStream, run: () => Promise<T>): Promise<T> {
  stdin.setRawMode(true)
  try {
    return await run()
  } finally {
    stdin.setRawMode(false)
  }
}
