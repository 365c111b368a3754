/**
 * The client's side of exec and attach: a WebSocket with numbered channels, `v5.channel.k8s.io` or `v4.channel.k8s.io`,
 * joined to this program's streams (client-go/tools/remotecommand/websocket.go; KEP-4006).
 */
import { spawnSync } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import WebSocket from 'ws'

export const remoteCommandProtocols: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io']

const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const
/** Output that arrives faster than it is written waits in the socket from here on. */
const mostBuffered = 1 << 20

export interface RemoteStreams {
  readonly stdin?: Readable | undefined
  readonly stdout?: Writable
  readonly stderr?: Writable
  /** The terminal whose size is told. */
  readonly terminal?: NodeJS.WriteStream | undefined
  /** Leaving. */
  readonly signal: AbortSignal
}

/** Runs on an open socket until the other side is done. Resolves to the exit code of the command, 130 when told to leave. */
export async function joinRemoteCommand(socket: WebSocket, streams: RemoteStreams): Promise<number> {
  const { stdin, terminal, signal } = streams
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
  const leave = () => socket.terminate()
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
    if (signal.aborted) result.resolve(130)
    else result.reject(new Error(reason.toString() || `error reading from error stream: the connection was closed (${code})`))
  })
  signal.addEventListener('abort', leave, { once: true })
  stdin?.on('data', onInput)
  stdin?.once('end', onInputEnd)
  if (terminal) {
    terminal.on('resize', resize)
    resize()
  }
  try {
    return await result.promise
  } finally {
    signal.removeEventListener('abort', leave)
    stdin?.off('data', onInput)
    stdin?.off('end', onInputEnd)
    stdin?.pause()
    if (stdin && 'unref' in stdin) (stdin as NodeJS.ReadStream).unref?.()
    terminal?.off('resize', resize)
    socket.close()
  }
}

/** The parts of the closing `metav1.Status` that are read here. */
interface ClosingStatus {
  readonly status?: string
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] }
}

/** The closing status: success, an exit code, or why it could not run. */
function settle(payload: Buffer, result: { resolve(code: number): void; reject(error: unknown): void }): void {
  const text = payload.toString('utf8')
  let status: ClosingStatus
  try {
    status = JSON.parse(text) as ClosingStatus
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
  // Node's raw mode still puts a carriage return before each line feed, and the other side's terminal has put one already.
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] })
  try {
    return await run()
  } finally {
    stdin.setRawMode(false)
  }
}
