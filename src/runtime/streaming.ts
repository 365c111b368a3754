/**
 * The streaming server that Exec, Attach and PortForward give addresses of: an HTTP server on loopback where each
 * address is good once and for a minute (k8s.io/kubelet, cri/streaming).
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, connect, Socket } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { Code, GrpcError } from '../grpc/status.ts'
import { http } from '../http/node-http.ts'
import type { Outcome, RemoteCommand } from '../http/remote-command.ts'
import { openPipe } from '../linux/pipe.ts'
import { connectSeqpacket, connectTcp, inNamespace } from '../linux/syscalls.ts'
import type { Logger } from '../log/log.ts'
import type { Containers } from './containers.ts'
import type { AttachRequest, ExecRequest } from './cri/types.ts'
import { type ExecOptions, startExec } from './exec.ts'
import type { OciRuntime } from './oci/runtime.ts'
import type { Sandboxes } from './sandboxes.ts'
import type { ContainerRecord, Records, SandboxRecord } from './state.ts'

export interface Streaming {
  listen(): Promise<void>
  exec(container: ContainerRecord, request: ExecRequest, change?: ExecOptions['change']): string
  attach(container: ContainerRecord, request: AttachRequest): string
  portForward(sandbox: SandboxRecord, ports: readonly number[]): string
  close(): Promise<void>
}

export interface StreamingDeps {
  readonly containers: Containers
  readonly sandboxes: Sandboxes
  readonly sandboxRecords: Records<SandboxRecord>
  readonly runtimeOf: (handler: string) => OciRuntime
  readonly log: Logger
}

const tokenLifeMs = 60_000
const maxTokens = 1000
/** Loaded with the first stream: a runtime that serves none spares the memory. */
const protocols = () => import('../http/remote-command.ts')
type Serve = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

export function createStreaming({ containers, sandboxes, sandboxRecords, runtimeOf, log }: StreamingDeps): Streaming {
  const waiting = new Map<string, { readonly serve: Serve; readonly until: number }>()
  const connections = new Set<Duplex>()
  const server = http.createServer((_request, response) => response.writeHead(400).end('an upgrade to SPDY/3.1 or WebSocket is needed\n'))

  server.on('upgrade', (request, socket, head) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    socket.on('error', () => socket.destroy())
    const token = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')[2] ?? ''
    const found = waiting.get(token)
    waiting.delete(token)
    if (!found || found.until < Date.now()) {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    found.serve(request, socket, head)
  })

  const address = (kind: string, serve: Serve): string => {
    for (const [token, { until }] of waiting) if (until < Date.now()) waiting.delete(token)
    if (waiting.size >= maxTokens) throw new GrpcError(Code.RESOURCE_EXHAUSTED, 'maximum number of in-flight requests exceeded')
    const token = randomBytes(16).toString('base64url')
    waiting.set(token, { serve, until: Date.now() + tokenLifeMs })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/${kind}/${token}`
  }

  const validate = ({ tty = false, stdin = false, stdout = false, stderr = false }: ExecRequest) => {
    if (!stdin && !stdout && !stderr) throw new GrpcError(Code.INVALID_ARGUMENT, 'one of stdin, stdout, or stderr must be set')
    if (tty && stderr) throw new GrpcError(Code.INVALID_ARGUMENT, 'tty and stderr cannot both be true')
    return { tty, stdin, stdout, stderr }
  }

  const runExec = async (
    container: ContainerRecord,
    request: ExecRequest,
    change: ExecOptions['change'],
    remote: RemoteCommand,
  ): Promise<Outcome> => {
    const handler = sandboxRecords.get(container.sandboxId)?.runtimeHandler ?? ''
    const cmd = request.cmd ?? []
    const exec = startExec(runtimeOf(handler), container.id, containers.bundle(container.id), {
      cmd,
      tty: request.tty === true,
      stdin: request.stdin === true,
      ...(change ? { change } : {}),
    })
    remote.signal.addEventListener('abort', () => exec.kill())
    remote.onResize(exec.resize)
    if (remote.stdin && exec.stdin) remote.stdin.pipe(exec.stdin)
    const drained = [exec.stdout, exec.stderr].map((from, index) => pipeOut(from, index === 0 ? remote.stdout : remote.stderr))
    const code = await exec.exit
    await Promise.all(drained)
    if (code === 0) return { kind: 'success' }
    return {
      kind: 'exit',
      code,
      message: `command terminated with non-zero exit code: error executing command [${cmd.join(' ')}], exit code ${code}`,
    }
  }

  /** The monitor's socket: packets whose first byte tells stdout (2) from stderr (3). */
  const runAttach = async (container: ContainerRecord, remote: RemoteCommand): Promise<Outcome> => {
    const socket = openPipe(connectSeqpacket(join(containers.bundle(container.id), 'attach')))
    remote.onResize(
      (rows, columns) => void containers.resize(container.id, rows, columns).catch((error: unknown) => log.debug('resize', { error })),
    )
    socket.on('data', (packet: Buffer) => {
      const to = packet[0] === 3 ? (remote.stderr ?? undefined) : remote.stdout
      if (to && !to.write(packet.subarray(1))) {
        socket.pause()
        to.once('drain', () => socket.resume())
      }
    })
    remote.stdin?.on('data', (chunk: Buffer) => {
      // The monitor reads no more than this of a packet.
      const most = 8192
      for (let at = 0; at < chunk.length; at += most) {
        if (!socket.write(chunk.subarray(at, at + most))) {
          remote.stdin?.pause()
          socket.once('drain', () => remote.stdin?.resume())
        }
      }
    })
    remote.stdin?.on('end', () => socket.end())
    remote.signal.addEventListener('abort', () => socket.destroy())
    await Promise.race([
      new Promise<void>((resolve) => {
        socket.on('close', () => resolve())
        socket.on('error', () => resolve())
      }),
      containers.wait(container.id, remote.signal).catch(() => {}),
    ])
    return { kind: 'success' }
  }

  const commanded = (request: ExecRequest, run: (remote: RemoteCommand) => Promise<Outcome>): Serve => {
    const options = validate(request)
    return (incoming, socket, head) => {
      protocols()
        .then(({ acceptRemoteCommand }) => acceptRemoteCommand(incoming, socket, head, options))
        .then(async (remote) => {
          const outcome = await run(remote).catch((error: unknown): Outcome => ({ kind: 'error', message: (error as Error).message }))
          await remote.finish(outcome)
        })
        .catch((error: unknown) => log.debug('a stream was not served', { error }))
    }
  }

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(0, '127.0.0.1', () => {
          server.unref()
          resolve()
        })
      }),
    exec: (container, request, change) =>
      address(
        'exec',
        commanded(request, (remote) => runExec(container, request, change, remote)),
      ),
    attach: (container, request) =>
      address(
        'attach',
        commanded({ ...request, tty: container.config.tty === true, stderr: request.stderr === true && !container.config.tty }, (remote) =>
          runAttach(container, remote),
        ),
      ),
    portForward: (sandbox, ports) =>
      address(
        'portforward',
        (request, socket, head) =>
          void protocols().then(({ acceptPortForward }) =>
            acceptPortForward(request, socket, head, ports, ({ port, data, fail }) => {
              const refused = () =>
                fail(
                  `error forwarding port ${port} to pod ${sandbox.id}: failed to connect to localhost:${port} inside namespace ${JSON.stringify(sandbox.id)}: connection refused`,
                )
              const joined = (target: Socket) => {
                target.on('error', () => target.destroy())
                data.on('error', () => target.destroy())
                data.on('close', () => target.destroy())
                target.on('close', () => data.end())
                data.pipe(target).pipe(data)
              }
              if (sandbox.hostNetwork) {
                const target = connect(port, 'localhost', () => joined(target))
                target.once('error', refused)
                return
              }
              try {
                const fd = inNamespace('net', sandboxes.namespacePath(sandbox.id, 'net'), () => connectTcp(port))
                const target = new Socket({ fd, readable: true, writable: true })
                target.once('error', () => target.bytesRead === 0 && refused())
                joined(target)
              } catch {
                refused()
              }
            }),
          ),
      ),
    async close() {
      for (const socket of connections) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Passes on what comes, to the end; without a taker it is thrown away, so that the writer never waits. */
function pipeOut(from: NodeJS.ReadableStream | undefined, to: NodeJS.WritableStream | undefined): Promise<void> {
  if (!from) return Promise.resolve()
  return new Promise((resolve) => {
    from.on('end', () => resolve())
    from.on('close', () => resolve())
    from.on('error', () => resolve())
    if (to) from.pipe(to, { end: false })
    else from.resume()
  })
}
