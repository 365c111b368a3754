/** `kubectl proxy`: the API on a port of this machine, with the credentials of the kubeconfig. */
import { rmSync } from 'node:fs'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { http } from '../../http/node-http.ts'
import { type Factory, kubectlCommand } from '../factory.ts'
import { targetOfPath } from '../streams.ts'

export const command = kubectlCommand({
  summary: 'Serve the API on a local port.',
  usage: 'kubectl proxy [--port=PORT] [--api-prefix=PREFIX] [options]',
  flags: {
    'accept-hosts': {
      type: 'string',
      default: '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$',
      doc: 'Patterns of the hosts that may be named.',
    },
    'accept-paths': { type: 'string', default: '^.*', doc: 'Patterns of the paths that are served.' },
    address: { type: 'string', default: '127.0.0.1', doc: 'Where to listen.' },
    'api-prefix': { type: 'string', default: '/', doc: 'Where the API begins.' },
    'disable-filter': { type: 'bool', doc: 'Serve every request: dangerous where other sites can be made to call this port.' },
    port: { type: 'int', short: 'p', default: 8001, doc: 'The port; 0 for any.' },
    'reject-methods': { type: 'string', default: '^$', doc: 'Patterns of the methods that are refused.' },
    'reject-paths': {
      type: 'string',
      default: '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach',
      doc: 'Patterns of the paths that are refused.',
    },
    'unix-socket': { type: 'string', short: 'u', doc: 'Listen on this socket instead of a port.' },
  },
  async run(factory) {
    if (factory.given('port') && factory.text('unix-socket')) throw new Error('cannot set --unix-socket and --port at the same time')
    const allowed = factory.on('disable-filter') ? () => true : filterOf(factory)
    if (factory.on('disable-filter') && !factory.text('unix-socket'))
      factory.warn('Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious')
    const prefix = `/${factory.text('api-prefix').replace(/^\/|\/$/g, '')}/`.replace('//', '/')
    const forward = await createForwarder(factory)
    /** The request towards the API server, or why there is none. */
    const pass = (request: IncomingMessage) => {
      const path = request.url ?? '/'
      if (!path.startsWith(prefix)) return { refused: 404, text: 'Not Found' }
      if (!allowed(request)) return { refused: 403, text: 'Forbidden' }
      return forward(request, path.slice(prefix.length - 1))
    }

    const server = http.createServer((request, response) => {
      const call = pass(request)
      if ('refused' in call) {
        response.writeHead(call.refused, { 'content-type': 'text/plain; charset=utf-8' }).end(`${call.text}\n`)
        return
      }
      request.pipe(call)
      response.on('close', () => call.destroy())
      call.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      call.on('error', (error) => {
        if (response.headersSent) response.destroy()
        else response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' }).end(`${error.message}\n`)
      })
    })
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on('error', () => socket.destroy())
      const call = pass(request)
      if ('refused' in call) {
        socket.end(`HTTP/1.1 ${call.refused} ${call.text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
        return
      }
      call.on('upgrade', (answer, upstream, rest) => {
        socket.write(headOf(answer))
        if (rest.length > 0) socket.write(rest)
        if (head.length > 0) upstream.write(head)
        upstream.on('error', () => socket.destroy())
        upstream.pipe(socket).pipe(upstream)
      })
      call.on('response', (answer) => {
        socket.write(headOf(answer))
        answer.pipe(socket)
      })
      call.on('error', () => socket.destroy())
      call.end()
    })

    const path = factory.text('unix-socket')
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      if (path) {
        rmSync(path, { force: true })
        server.listen(path, resolve)
      } else server.listen(factory.number('port'), factory.text('address'), resolve)
    })
    const { address, port } = path ? { address: path, port: 0 } : (server.address() as AddressInfo)
    factory.out(`Starting to serve on ${path || `${address.includes(':') ? `[${address}]` : address}:${port}`}\n`)
    await new Promise<void>((resolve) => {
      if (factory.signal.aborted) resolve()
      factory.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    server.close()
    server.closeAllConnections()
  },
})

/** What may pass: another site's page in a browser must not reach the API by this port (upstream's FilterServer). */
function filterOf(factory: Factory): (request: IncomingMessage) => boolean {
  const patterns = (flag: string) =>
    factory
      .text(flag)
      .split(',')
      .map((text) => {
        try {
          return new RegExp(text)
        } catch (error) {
          throw new Error(`error parsing regexp of --${flag}: ${(error as Error).message}`)
        }
      })
  const acceptHosts = patterns('accept-hosts')
  const acceptPaths = patterns('accept-paths')
  const rejectPaths = patterns('reject-paths')
  const rejectMethods = patterns('reject-methods')
  const matches = (all: readonly RegExp[], text: string) => all.some((pattern) => pattern.test(text))
  return ({ headers, url = '/', method = '' }) => {
    const host = (headers.host ?? '').replace(/:\d+$/, '')
    // As the server will read it: `/a/../api` and `%2e%2e` are no way around the patterns.
    const path = pathAsRead(url)
    if (path === undefined) return false
    return matches(acceptHosts, host) && matches(acceptPaths, path) && !matches(rejectPaths, path) && !matches(rejectMethods, method)
  }
}

function pathAsRead(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url, 'http://localhost').pathname)
  } catch {
    return undefined
  }
}

async function createForwarder(factory: Factory) {
  const { plain, address, options } = await targetOfPath(factory, '')
  const agent = plain ? new http.Agent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true })
  const send = plain ? http.request : httpsRequest
  return (request: IncomingMessage, path: string) => {
    // Who asks is decided by the kubeconfig, never by the caller.
    const { host: _host, authorization: _authorization, ...headers } = request.headers
    const call: RequestOptions = { ...options, agent, method: request.method, headers: { ...headers, ...options.headers } }
    return send(`${plain ? 'http' : 'https'}://${address}${path}`, call)
  }
}

function headOf(answer: IncomingMessage): string {
  const lines = answer.rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${answer.rawHeaders[i + 1]}`] : []))
  return `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`
}
