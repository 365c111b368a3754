/** What the runtime's clients share: the connection, streams with a terminal, tables and human figures. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { type CallOptions, createChannel, createGrpcClient } from '../../grpc/client.ts'
import { joinRemoteCommand, remoteCommandProtocols, withRawTerminal } from '../../http/join-remote-command.ts'
import { criTable } from './api.ts'
import type { ImageService, RuntimeService } from './types.ts'

/** Where `kijabi up` and `kijabi containerd` serve. */
export const defaultEndpoint = 'unix:///run/kijabi/containerd.sock'

export interface CriClient {
  readonly runtime: RuntimeService
  readonly images: ImageService
  readonly channel: ReturnType<typeof createChannel>
  close(): void
}
/** Every call of the client is made in `namespace`, when there is one. */
export function connectCri(endpoint: string, namespace?: string): CriClient {
  const channel = createChannel(endpoint)
  return {
    runtime: inNamespace(createGrpcClient<RuntimeService>(channel, criTable, 'RuntimeService'), namespace),
    images: inNamespace(createGrpcClient<ImageService>(channel, criTable, 'ImageService'), namespace),
    channel,
    close: () => channel.close(),
  }
}
export function inNamespace<T extends object>(client: T, namespace: string | undefined): T {
  if (namespace === undefined) return client
  const metadata = { 'containerd-namespace': namespace }
  const calls = client as Record<string, (request: unknown, options?: CallOptions) => unknown>
  return Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [
      name,
      (request: unknown, options?: CallOptions) => call(request, { ...options, metadata: { ...options?.metadata, ...metadata } }),
    ]),
  ) as T
}

export interface StreamOptions {
  readonly stdin: NodeJS.ReadStream | undefined
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly tty: boolean
  readonly signal: AbortSignal
}
/** Joins a streaming address of exec or attach to this terminal. Resolves to the command's exit code. */
export async function joinStream(url: string, { stdin, stdout, stderr, tty, signal }: StreamOptions): Promise<number> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [...remoteCommandProtocols])
  await once(socket, 'open', { signal })
  const join = () => joinRemoteCommand(socket, { stdin, stdout, stderr, terminal: tty && stdout.isTTY ? stdout : undefined, signal })
  return tty && stdin?.isTTY ? withRawTerminal(stdin, join) : join()
}

/** Rows under a heading, columns as wide as their widest cell and three spaces apart. */
export function table(rows: readonly (readonly string[])[], gap = 3): string {
  const widths = rows[0]?.map((_cell, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? []
  return rows
    .map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd((widths[i] ?? 0) + gap))).join('')}\n`)
    .join('')
}
/** `3 minutes ago`, as Docker's units. */
export function ago(nanoseconds: number | bigint | undefined, now = Date.now()): string {
  return `${span((now - Number(nanoseconds ?? 0) / 1e6) / 1000)} ago`
}
export function span(seconds: number): string {
  if (seconds < 1) return 'Less than a second'
  if (seconds < 60) return `${Math.floor(seconds)} second${Math.floor(seconds) === 1 ? '' : 's'}`
  const minutes = Math.floor(seconds / 60)
  if (minutes === 1) return 'About a minute'
  if (minutes < 46) return `${minutes} minutes`
  const hours = Math.round(seconds / 3600)
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 14) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 60) return `${Math.floor(hours / 168)} weeks`
  return hours < 24 * 365 * 2 ? `${Math.floor(hours / 720)} months` : `${Math.floor(hours / 8760)} years`
}
/** `1.23MB`, in powers of a thousand. */
export function bytes(value: number | bigint | undefined, digits = 3): string {
  let n = Number(value ?? 0)
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000
    unit++
  }
  return `${Number(n.toPrecision(digits))}${units[unit]}`
}

/** A bigint as a decimal, as protobuf's JSON has 64-bit integers. */
export const toJson = (value: unknown, indent = 2): string =>
  JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? String(v) : v), indent)

/** Connections to a local port, carried into a pod by the runtime's port-forward. */
export function forwardOne(url: string, onData: (chunk: Buffer) => void, onEnd: () => void): { write(chunk: Buffer): void; end(): void } {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), ['v4.channel.k8s.io'])
  const early: Buffer[] = []
  // The first message of each channel is the port.
  const begun = new Set<number>()
  const send = (chunk: Buffer) => socket.send(Buffer.concat([Buffer.from([0]), chunk]))
  socket.on('open', () => {
    for (const chunk of early.splice(0)) send(chunk)
  })
  socket.on('message', (message: Buffer) => {
    const channel = message[0] as number
    if (!begun.has(channel)) begun.add(channel)
    else if (channel === 0) onData(message.subarray(1))
    else onEnd()
  })
  socket.on('close', onEnd)
  socket.on('error', onEnd)
  return {
    write: (chunk) => (socket.readyState === socket.OPEN ? send(chunk) : void early.push(chunk)),
    end: () => socket.close(),
  }
}
