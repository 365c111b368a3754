/** Answers that another server gives: the kubelet's streams, proxied pods, nodes and services. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { ProxyTarget } from './call.ts'

export interface Proxy {
  request(target: ProxyTarget, req: IncomingMessage, res: ServerResponse, done: (status: number) => void): Promise<void>
  stream(
    target: ProxyTarget,
    stream: ServerHttp2Stream,
    headers: Readonly<Record<string, string>>,
    done: (status: number) => void,
  ): Promise<void>
  upgrade(target: ProxyTarget, req: IncomingMessage, socket: Socket, head: Buffer, done: (status: number) => void): void
  close(): void
}

export interface ProxyOptions {
  readonly kubeletClient?: { readonly certificate: string; readonly key: string; readonly ca?: string }
}

export function createProxy(_options: ProxyOptions): Proxy {
  return {
    async request() {
      throw new Error('not yet')
    },
    async stream() {
      throw new Error('not yet')
    },
    upgrade() {
      throw new Error('not yet')
    },
    close() {},
  }
}
