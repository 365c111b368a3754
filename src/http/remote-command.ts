/**
 * The server's side of exec and attach (k8s.io/kubelet, cri/streaming/remotecommand): stdin, stdout, stderr, window
 * sizes and a closing status over one connection, by WebSocket (v5, v4 and the older protocols) or SPDY.
 */
import type { IncomingMessage } from 'node:http'
import { Duplex, PassThrough, type Readable, Writable } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type SpdyStream, serveSpdy } from './spdy.ts'

export interface RemoteCommandOptions {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}
export interface RemoteCommand {
  readonly stdin: Readable | undefined
  readonly stdout: Writable | undefined
  readonly stderr: Writable | undefined
  onResize(listener: (rows: number, columns: number) => void): void
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
  /** Tells how it ended, and closes. */
  finish(outcome: Outcome): Promise<void>
}
export type Outcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'exit'; readonly code: number; readonly message: string }
  | { readonly kind: 'error'; readonly message: string }

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']
const streamTimeoutMs = 30_000
const base64Protocols = ['v4.base64.channel.k8s.io', 'base64.channel.k8s.io']

/** Answers the upgrade and resolves when all streams are there. Rejects when the client wants what is not spoken here. */
export function acceptRemoteCommand(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: RemoteCommandOptions,
): Promise<RemoteCommand> {
  return String(request.headers.upgrade).toLowerCase() === 'websocket'
    ? byWebSocket(request, socket, head, options)
    : bySpdy(request, socket, head, options)
}

/** The closing status: JSON since version 4, text of an error before. */
function statusText(outcome: Outcome, version: number): string {
  if (version < 4) return outcome.kind === 'success' ? '' : outcome.message
  if (outcome.kind === 'success') return JSON.stringify({ metadata: {}, status: 'Success' })
  if (outcome.kind === 'exit')
    return JSON.stringify({
      metadata: {},
      status: 'Failure',
      message: outcome.message,
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: String(outcome.code) }] },
    })
  return JSON.stringify({ metadata: {}, status: 'Failure', message: outcome.message, reason: 'InternalError', code: 500 })
}

const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

const webSockets = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) => [...protocols, ...base64Protocols].find((name) => offered.has(name)) ?? false,
  maxPayload: 32 << 20,
})

function byWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer, options: RemoteCommandOptions): Promise<RemoteCommand> {
  return new Promise((resolve) => {
    webSockets.handleUpgrade(request, socket, head, (ws) => resolve(overWebSocket(ws, options)))
  })
}

function overWebSocket(ws: WebSocket, options: RemoteCommandOptions): RemoteCommand {
  // A client that names no protocol gets the oldest.
  const base64 = base64Protocols.includes(ws.protocol)
  const version = Number(/^v(\d)/.exec(ws.protocol)?.[1] ?? 1)
  const gone = new AbortController()
  const stdin = options.stdin ? new PassThrough() : undefined
  let resized: ((rows: number, columns: number) => void) | undefined
  let lastSize: [number, number] | undefined

  const send = (channel: number, data: Buffer, callback?: (error?: Error) => void) => {
    if (ws.readyState !== ws.OPEN) callback?.()
    else if (base64) ws.send(`${channel}${data.toString('base64')}`, callback)
    else ws.send(Buffer.concat([Buffer.from([channel]), data]), callback)
  }
  const output = (channel: number) =>
    new Writable({
      // The callback comes when the socket has taken it: so a slow client slows the container's output.
      write: (chunk: Buffer, _encoding, callback) => send(channel, chunk, () => callback()),
    })

  ws.on('message', (message: Buffer, binary) => {
    if (message.length === 0) return
    const channel = binary && !base64 ? (message[0] as number) : (message[0] as number) - 48
    const data = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1)
    if (channel === Channel.stdin && stdin) {
      if (!stdin.write(data)) {
        ws.pause()
        stdin.once('drain', () => ws.resume())
      }
    } else if (channel === Channel.resize) {
      const size = parseSize(data)
      if (!size) return
      lastSize = size
      resized?.(...size)
    } else if (channel === Channel.close && version >= 5 && data[0] === Channel.stdin) stdin?.end()
  })
  const leave = () => {
    stdin?.end()
    gone.abort()
  }
  ws.on('close', leave)
  ws.on('error', leave)
  // Proxies drop what is silent for a minute.
  const pings = setInterval(() => ws.ping(), 20_000).unref()
  ws.on('close', () => clearInterval(pings))
  // The first protocols sent an empty message on each channel at once, to say that they are there.
  if (version === 1) for (const channel of [Channel.stdin, Channel.stdout, Channel.stderr]) send(channel, Buffer.alloc(0))

  return {
    stdin,
    stdout: options.stdout ? output(Channel.stdout) : undefined,
    stderr: options.stderr && !options.tty ? output(Channel.stderr) : undefined,
    signal: gone.signal,
    onResize(listener) {
      resized = listener
      if (lastSize) listener(...lastSize)
    },
    async finish(outcome) {
      const text = statusText(outcome, version)
      if (text) await new Promise<void>((resolve) => send(Channel.error, Buffer.from(text), () => resolve()))
      ws.close(1000)
    },
  }
}

function bySpdy(request: IncomingMessage, socket: Duplex, head: Buffer, options: RemoteCommandOptions): Promise<RemoteCommand> {
  const offered = String(request.headers['x-stream-protocol-version'] ?? '')
    .split(',')
    .map((name) => name.trim())
  const protocol = protocols.find((name) => offered.includes(name)) ?? (offered[0] === '' ? 'channel.k8s.io' : undefined)
  if (String(request.headers.upgrade).toLowerCase() !== 'spdy/3.1' || !protocol) {
    const body = `unable to upgrade: unable to negotiate protocol: client supports ${JSON.stringify(offered)}, server accepts ${JSON.stringify(protocols)}`
    socket.end(
      `HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
    return Promise.reject(new Error(body))
  }
  const version = Number(/^v(\d)/.exec(protocol)?.[1] ?? 1)
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  )
  if (head.length > 0) socket.unshift(head)

  return new Promise((resolve, reject) => {
    const wanted = new Set([
      'error',
      ...(['stdin', 'stdout', 'stderr'] as const).filter((name) => options[name] && !(name === 'stderr' && options.tty)),
    ])
    if (options.tty && version >= 3) wanted.add('resize')
    const streams = new Map<string, SpdyStream>()
    const gone = new AbortController()
    const timer = setTimeout(() => {
      reject(new Error('the client did not open its streams'))
      socket.destroy()
    }, streamTimeoutMs)
    const spdy = serveSpdy(socket, {
      stream(stream) {
        const type = stream.headers['streamtype'] ?? ''
        if (!wanted.has(type) || streams.has(type)) {
          stream.body.destroy()
          return
        }
        streams.set(type, stream)
        if (streams.size === wanted.size) {
          clearTimeout(timer)
          resolve(ready())
        }
      },
      closed() {
        clearTimeout(timer)
        gone.abort()
        reject(new Error('the client is gone'))
      },
    })
    const ready = (): RemoteCommand => {
      const body = (name: string) => streams.get(name)?.body
      return {
        stdin: body('stdin'),
        stdout: body('stdout'),
        stderr: body('stderr'),
        signal: gone.signal,
        onResize(listener) {
          let rest = ''
          body('resize')?.on('data', (chunk: Buffer) => {
            rest += chunk.toString('utf8')
            for (let end = rest.indexOf('}'); end >= 0; end = rest.indexOf('}')) {
              const size = parseSize(Buffer.from(rest.slice(0, end + 1)))
              rest = rest.slice(end + 1)
              if (size) listener(...size)
            }
            if (rest.length > 1024) rest = ''
          })
        },
        async finish(outcome) {
          const text = statusText(outcome, version)
          for (const name of ['stdout', 'stderr']) body(name)?.end()
          const error = body('error') as Duplex
          await new Promise<void>((done) => error.end(text, () => done()))
          spdy.close()
        },
      }
    }
  })
}

function parseSize(data: Buffer): [number, number] | undefined {
  try {
    const { Width, Height } = JSON.parse(data.toString('utf8')) as { Width?: unknown; Height?: unknown }
    const ok = (n: unknown): n is number => typeof n === 'number' && n > 0 && n < 65_536
    return ok(Width) && ok(Height) ? [Height, Width] : undefined
  } catch {
    return undefined
  }
}

// ---- port-forward ----

export interface ForwardedPort {
  readonly port: number
  readonly data: Duplex
  /** Tells that the port could not be reached. */
  fail(message: string): void
}

const portForwardProtocol = 'portforward.k8s.io'
const tunnelProtocol = `SPDY/3.1+${portForwardProtocol}`
const tunnelToken = tunnelProtocol.replace('/', '-')
const tunnels = new WebSocketServer({
  noServer: true,
  handleProtocols: (offered) =>
    offered.has(tunnelToken)
      ? tunnelProtocol
      : (['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'].find((name) => offered.has(name)) ?? false),
  maxPayload: 32 << 20,
})

/** Port-forward: SPDY, SPDY inside a WebSocket, or for given `ports` the channels of a plain WebSocket. */
export function acceptPortForward(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ports: readonly number[],
  open: (port: ForwardedPort) => void,
): void {
  if (String(request.headers.upgrade).toLowerCase() === 'websocket') {
    // The slash is no token's character (RFC 9110, 5.6.2), and ws insists on tokens; kubectl insists on the slash.
    const offered = request.headers['sec-websocket-protocol']
    if (offered) request.headers['sec-websocket-protocol'] = offered.replace(tunnelProtocol, tunnelToken)
    tunnels.handleUpgrade(request, socket, head, (ws) => {
      if (ws.protocol === tunnelProtocol) forwardOverSpdy(webSocketDuplex(ws), open)
      else forwardOverChannels(ws, ports, open)
    })
    return
  }
  const offered = String(request.headers['x-stream-protocol-version'] ?? portForwardProtocol)
  if (String(request.headers.upgrade).toLowerCase() !== 'spdy/3.1' || !offered.includes(portForwardProtocol)) {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    return
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: ${portForwardProtocol}\r\n\r\n`,
  )
  if (head.length > 0) socket.unshift(head)
  forwardOverSpdy(socket, open)
}

function forwardOverSpdy(socket: Duplex, open: (port: ForwardedPort) => void): void {
  // Each connection is two streams that share a request ID.
  const errors = new Map<string, SpdyStream>()
  serveSpdy(socket, {
    stream(stream) {
      const key = stream.headers['requestid'] ?? `${stream.headers['port']}`
      if (stream.headers['streamtype'] === 'error') {
        errors.set(key, stream)
        return
      }
      const error = errors.get(key)
      const port = Number(stream.headers['port'])
      if (!error || !(port > 0 && port < 65_536)) {
        stream.body.destroy()
        return
      }
      errors.delete(key)
      stream.body.on('close', () => error.body.end())
      open({
        port,
        data: stream.body,
        fail(message) {
          error.body.end(message)
          stream.body.end()
        },
      })
    },
  })
}

function forwardOverChannels(ws: WebSocket, ports: readonly number[], open: (port: ForwardedPort) => void): void {
  const base64 = ws.protocol.includes('base64')
  const bodies: Duplex[] = []
  const send = (channel: number, data: Buffer, callback?: () => void) => {
    if (ws.readyState !== ws.OPEN) callback?.()
    else if (base64) ws.send(`${channel}${data.toString('base64')}`, () => callback?.())
    else ws.send(Buffer.concat([Buffer.from([channel]), data]), () => callback?.())
  }
  for (const [index, port] of ports.entries()) {
    const body = sinkDuplex((chunk, done) => send(index * 2, chunk, done))
    bodies.push(body)
    // Each channel begins with its port.
    const number = Buffer.alloc(2)
    number.writeUInt16LE(port)
    send(index * 2, number)
    send(index * 2 + 1, number)
    open({ port, data: body, fail: (message) => send(index * 2 + 1, Buffer.from(message)) })
  }
  ws.on('message', (message: Buffer) => {
    const channel = base64 ? (message[0] as number) - 48 : (message[0] as number)
    if (channel % 2 !== 0) return
    bodies[channel / 2]?.push(base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1))
  })
  ws.on('close', () => {
    for (const body of bodies) body.push(null)
  })
}

/** A duplex whose written bytes go to `sink`, and into which bytes are pushed from outside. */
function sinkDuplex(sink: (chunk: Buffer, done: () => void) => void): Duplex {
  return new Duplex({ read() {}, write: (chunk: Buffer, _encoding, callback) => sink(chunk, () => callback()) })
}

/** The bytes of a WebSocket's messages as one stream. */
function webSocketDuplex(ws: WebSocket): Duplex {
  const duplex = new Duplex({
    read: () => ws.resume(),
    write: (chunk: Buffer, _encoding, callback) => {
      if (ws.readyState === ws.OPEN) ws.send(chunk, () => callback())
      else callback()
    },
    final(callback) {
      ws.close(1000)
      callback()
    },
    destroy(error, callback) {
      ws.terminate()
      callback(error)
    },
  })
  ws.on('message', (message: Buffer) => {
    if (!duplex.push(message)) ws.pause()
  })
  ws.on('close', () => duplex.push(null))
  ws.on('error', () => duplex.destroy())
  return duplex
}
