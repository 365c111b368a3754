/** Clients that are slow, half open or malicious: each is ended by itself, the server's memory stays, and others are answered meanwhile. */
import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { createConnection } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestFolder, startTestApiServer, type TestApiServer } from './support/api-server.ts'

const folder = createTestFolder('hostile')
const longestMs = 2_000
let server: TestApiServer

beforeAll(async () => {
  const tokens = folder.file('tokens.csv', 'admintoken,admin,1,"system:masters"\njanetoken,jane,2\n')
  server = await startTestApiServer(folder, [
    '--authorization-mode=AlwaysAllow',
    `--token-auth-file=${tokens}`,
    `--request-timeout=${longestMs}ms`,
  ])
  // A list that fills more than the buffers between us.
  const body = (i: number) => JSON.stringify({ metadata: { name: `big-${i}` }, data: { k: 'x'.repeat(200_000) } })
  for (let i = 0; i < 50; i++) expect(await post('/api/v1/namespaces/default/configmaps', body(i))).toBe(201)
}, 60_000)
afterAll(async () => {
  await server?.stop()
  folder.remove()
})

const authorization = 'Bearer janetoken'
const open = (): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }, () =>
      resolve(socket),
    )
    socket.once('error', reject)
  })
const head = (method: string, path: string, more = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n${more}`
/** What comes until the connection ends. */
const rest = (socket: TLSSocket): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.once('close', () => resolve(text))
  })
async function post(path: string, body: string): Promise<number> {
  const socket = await open()
  socket.write(head('POST', path, `Connection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`))
  return Number((await rest(socket)).slice(9, 12))
}
async function answers(): Promise<void> {
  const socket = await open()
  socket.write(head('GET', '/readyz', 'Connection: close\r\n\r\n'))
  expect(await rest(socket)).toContain('200 OK')
}
const session = (settings: object = {}): ClientHttp2Session => {
  const made = connectHttp2(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false, settings })
  made.on('error', () => {})
  return made
}
const closed = (one: ClientHttp2Session) => new Promise<void>((done) => one.once('close', () => done()))
const memoryMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024

describe('HTTP/1.1', () => {
  test.each<[string, () => Promise<string>, RegExp]>([
    ['a header that never ends', () => sent(head('GET', '/api')), /^HTTP\/1.1 (400|408)|^$/],
    [
      'a header line of a byte now and then',
      async () => {
        const socket = await open()
        const timer = setInterval(() => socket.write('x'), 100)
        socket.write('GET /')
        return rest(socket).finally(() => clearInterval(timer))
      },
      /^HTTP\/1.1 (400|408)|^$/,
    ],
    [
      'a body that does not come',
      () => sent(head('POST', '/api/v1/namespaces', 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{')),
      /^HTTP\/1.1 504 .*"reason":"Timeout"/s,
    ],
    ['a header of many bytes', () => sent(head('GET', '/api', `X-Large: ${'x'.repeat(200_000)}\r\n\r\n`)), /^HTTP\/1.1 431|^$/],
    ['very many headers', () => sent(head('GET', '/api', `${'X-Y: z\r\n'.repeat(50_000)}\r\n`)), /^HTTP\/1.1 431|^$/],
    [
      'a body of more bytes than are read',
      () => sent(head('POST', '/api/v1/namespaces', 'Content-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n')),
      /^HTTP\/1.1 413/,
    ],
    ['two lengths of one body', () => sent(head('POST', '/api', 'Content-Length: 1\r\nContent-Length: 2\r\n\r\nab')), /^HTTP\/1.1 400/],
    [
      'a length and chunks',
      () => sent(head('POST', '/api', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n')),
      /^HTTP\/1.1 400/,
    ],
  ])(
    '%s ends the connection',
    async (_name, client, expected) => {
      const pending = client()
      await answers()
      expect(await pending).toMatch(expected)
    },
    15_000,
  )

  const sent = async (text: string) => {
    const socket = await open()
    const all = rest(socket)
    socket.write(text)
    return all
  }

  test('who asks for much and does not read is ended, and what was meant for them is given up', async () => {
    const before = memoryMb()
    const sockets = await Promise.all(Array.from({ length: 20 }, open))
    for (const socket of sockets) {
      socket.pause()
      socket.write(head('GET', '/api/v1/configmaps', 'Connection: close\r\n\r\n'))
    }
    const ended = Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.once('close', () => done()))))
    await answers()
    for (const socket of sockets) socket.on('error', () => {})
    // A paused socket does not see its end. Those that waited for room meanwhile are answered when the others are given up.
    await new Promise((done) => setTimeout(done, longestMs + 500))
    for (const socket of sockets) socket.resume()
    await ended
    // Twenty lists are 200 MB.
    expect(memoryMb() - before).toBeLessThan(150)
  }, 20_000)

  test('who speaks no TLS is not answered, and counted', async () => {
    const failed = async () => {
      const metrics = await open()
      metrics.write(head('GET', '/metrics', 'Connection: close\r\n\r\n'))
      return Number(/^apiserver_tls_handshake_errors_total (\d+)/m.exec(await rest(metrics))?.[1])
    }
    const before = await failed()
    const socket = createConnection(server.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.write('GET /version HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((done) => socket.once('close', done))
    expect(text).not.toContain('HTTP')
    expect(await failed()).toBe(before + 1)
  })
})

describe('HTTP/2', () => {
  test('streams that are opened and reset at once end the connection', async () => {
    const before = memoryMb()
    const one = session()
    const over = closed(one)
    for (let round = 0; round < 200 && !one.destroyed; round++) {
      for (let i = 0; i < 100 && !one.destroyed; i++) {
        const stream = one.request({ ':path': '/api', authorization })
        stream.on('error', () => {})
        stream.close(constants.NGHTTP2_CANCEL)
      }
      await new Promise((done) => setImmediate(done))
    }
    await answers()
    await over
    expect(memoryMb() - before).toBeLessThan(150)
  }, 20_000)

  test('no more streams than were agreed on are open at a time', async () => {
    const one = session()
    await new Promise((done) => one.once('remoteSettings', done))
    expect(one.remoteSettings.maxConcurrentStreams).toBeLessThanOrEqual(1000)
    expect(one.remoteSettings.maxHeaderListSize).toBeLessThanOrEqual(128 * 1024)
    // Of a user whom fairness lets pass: so many of another's would be more than its queues hold.
    const statuses = Array.from({ length: 1500 }, () => {
      const stream = one.request({ ':path': '/api', authorization: 'Bearer admintoken' })
      stream.resume()
      return new Promise<number>((done, fail) => {
        stream.on('response', (headers) => done(Number(headers[':status'])))
        stream.on('error', fail)
      })
    })
    expect(new Set(await Promise.all(statuses))).toEqual(new Set([200]))
    one.destroy()
  }, 20_000)

  test('a window that never opens keeps an answer no longer than a request may take', async () => {
    const before = memoryMb()
    const one = session({ initialWindowSize: 0 })
    const ends = Array.from({ length: 30 }, () => {
      const stream = one.request({ ':path': '/api/v1/configmaps', authorization })
      stream.on('error', () => {})
      return new Promise<void>((done) => stream.once('close', () => done()))
    })
    await answers()
    await Promise.all(ends)
    one.destroy()
    expect(memoryMb() - before).toBeLessThan(150)
  }, 20_000)

  test('a body that does not come is a timeout', async () => {
    const one = session()
    const stream = one.request(
      { ':path': '/api/v1/namespaces', ':method': 'POST', authorization, 'content-type': 'application/json' },
      { endStream: false },
    )
    stream.write('{')
    const status = await new Promise((done) => stream.once('response', (headers) => done(headers[':status'])))
    stream.resume()
    await new Promise((done) => stream.once('close', done))
    expect(status).toBe(504)
    one.destroy()
  }, 20_000)

  test('headers of more bytes than were agreed on are refused', async () => {
    const one = session()
    const stream = one.request({
      ':path': '/api',
      authorization,
      ...Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'x'.repeat(4000)])),
    })
    const outcome = await new Promise((done) => {
      stream.once('response', (headers) => done(headers[':status']))
      stream.once('error', () => done('refused'))
      one.once('close', () => done('refused'))
    })
    expect(['refused', 431]).toContain(outcome)
    one.destroy()
    await answers()
  }, 20_000)
})

test('a request may ask for less time, and not for nonsense', async () => {
  const status = async (query: string) => {
    const socket = await open()
    socket.write(head('GET', `/api/v1/namespaces?${query}`, 'Connection: close\r\n\r\n'))
    return (await rest(socket)).slice(9, 12)
  }
  expect([await status('timeout=1s'), await status('timeout=soon')]).toEqual(['200', '400'])
})
