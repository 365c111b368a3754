/** The API server as a process: its store survives a kill, its answers to hostile bodies, its two protocols on one port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from './support/api-server.ts'
import { root } from './support/shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-apiserver-'))
const token = 'a-token-for-tests'
let port = 0
let server: ChildProcess

async function start(): Promise<void> {
  const flags = ['--bind-address=127.0.0.1', `--secure-port=${port}`, `--data-dir=${folder}/store`, `--cert-dir=${folder}/pki`]
  server = spawn(
    join(root, 'scripts/node'),
    [join(root, 'src/cli/main.ts'), 'kube-apiserver', ...flags, `--token-auth-file=${folder}/tokens`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let log = ''
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (log.includes('"serving"')) resolve()
    })
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)))
  })
}

/** Sends KILL or TERM to the server itself and waits for its end. */
function stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  return new Promise((resolve) => {
    server.once('exit', () => resolve())
    server.kill(signal)
  })
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  readonly json: { [field: string]: unknown; metadata: Record<string, string>; items: { metadata: { name: string } }[] }
}
const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false })

function call(method: string, path: string, body?: string | Buffer | object, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const json = () => JSON.parse(text) as Answer['json']
          resolve({
            status: response.statusCode as number,
            headers: response.headers,
            body: text,
            get json() {
              return json()
            },
          })
        })
      },
    )
    request.on('error', reject)
    request.end(body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  })
}

const maps = '/api/v1/namespaces/default/configmaps'
const map = (name: string, data: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })

beforeAll(async () => {
  port = await freePort()
  writeFileSync(join(folder, 'tokens'), `${token},admin,1,"system:masters"\n`)
  await start()
})
afterAll(async () => {
  agent.destroy()
  await stop('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})

test('what was acknowledged is there after a kill, and revisions go on', async () => {
  const acknowledged: string[] = []
  let last = 0
  let running = true
  const writers = Array.from({ length: 8 }, async (_, w) => {
    for (let i = 0; running; i++) {
      const name = `k${w}-${i}`
      const answer = await call('POST', maps, map(name)).catch(() => undefined)
      if (answer?.status !== 201) continue
      acknowledged.push(name)
      last = Math.max(last, Number(answer.json.metadata['resourceVersion']))
      if (acknowledged.length === 400) {
        running = false
        await stop('SIGKILL')
      }
    }
  })
  await Promise.all(writers)
  await start()
  const names = new Set((await call('GET', maps)).json.items.map((o) => o.metadata.name))
  expect(acknowledged.filter((name) => !names.has(name))).toEqual([])
  const next = await call('POST', maps, map('after'))
  expect(Number(next.json.metadata['resourceVersion'])).toBeGreaterThan(last)
})

test('without a token that is known nothing is told', async () => {
  expect((await call('GET', maps, undefined, { authorization: 'Bearer wrong' })).status).toBe(401)
})

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

test.each<[string, string | Buffer, Record<string, string>, number]>([
  ['no JSON', 'not json', {}, 400],
  ['an end too early', '{"metadata":', {}, 400],
  ['10,000 levels', `{"metadata":{"name":"x"},"data":${nested(10_000)}}`, {}, 400],
  ['more than 3 MiB', JSON.stringify(map('x', { k: 'v'.repeat(3 * 1024 * 1024) })), {}, 413],
  ['broken UTF-8', Buffer.concat([Buffer.from('{"metadata":{"name":"x'), Buffer.from([0xff, 0xfe]), Buffer.from('"}}')]), {}, 422],
  ['a wrong type', '{"metadata":{"name":5}}', {}, 400],
  ['an unknown media type', '{}', { 'content-type': 'text/plain' }, 415],
  ['zipped bytes', gzipSync('{"metadata":{"name":"x"}}'), { 'content-encoding': 'gzip' }, 400],
])('a body with %s is refused and the server goes on', async (_name, body, headers, status) => {
  const answer = await call('POST', maps, body, headers).catch((error: NodeJS.ErrnoException) => ({
    status: error.code === 'EPIPE' || error.code === 'ECONNRESET' ? 413 : 0,
  }))
  expect(answer.status).toBe(status)
  expect((await call('GET', '/readyz')).body).toBe('ok')
})

test('a field given twice is warned about, or refused where that is asked for', async () => {
  const body = '{"metadata":{"name":"twice"},"data":{"k":"1","k":"2"}}'
  expect((await call('POST', maps, body)).headers['warning']).toBe('299 - "duplicate field \\"data.k\\""')
  expect((await call('POST', `${maps}?fieldValidation=Strict`, body)).status).toBe(400)
})

async function getByHttp2(path: string): Promise<{ status: number; body: string }> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  const stream = session.request({ ':path': path, authorization: `Bearer ${token}` })
  let status = 0
  let body = ''
  stream.on('response', (headers) => {
    status = headers[':status'] as number
  })
  stream.setEncoding('utf8')
  for await (const chunk of stream) body += chunk as string
  session.close()
  return { status, body }
}

test('HTTP/2 is spoken on the same port', async () => {
  const { status, body } = await getByHttp2(`${maps}/after`)
  expect([status, (JSON.parse(body) as Answer['json']).metadata['name']]).toEqual([200, 'after'])
})

test('a watch tells what is written after it began, and ends when its time is over', async () => {
  const { metadata } = (await call('GET', maps)).json
  const events = call('GET', `${maps}?watch=1&timeoutSeconds=1&resourceVersion=${metadata['resourceVersion']}`)
  await call('POST', maps, map('seen'))
  await call('DELETE', `${maps}/seen`)
  const lines = (await events).body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } })
  expect(lines.map((e) => [e.type, e.object.metadata.name])).toEqual([
    ['ADDED', 'seen'],
    ['DELETED', 'seen'],
  ])
})

test('a large list is whole over both protocols, after readers who went away amid it, too, and zipped where that is taken', async () => {
  const data = { k: 'v'.repeat(700_000) }
  for (let i = 0; i < 6; i++) await call('POST', maps, map(`large${i}`, data))
  const request = `GET ${maps} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`
  for (let i = 0; i < 8; i++) {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    socket.write(request.repeat(2))
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
  }
  const { headers, body, json } = await call('GET', maps)
  expect(headers['content-length']).toBe(String(body.length))
  const sizes = (json.items as unknown as { metadata: { name: string }; data?: { k?: string } }[]).flatMap((o) =>
    o.metadata.name.startsWith('large') ? [o.data?.k?.length] : [],
  )
  expect(sizes).toEqual(Array(6).fill(700_000))
  expect((await getByHttp2(maps)).body).toBe(body)
  const zipped = await call('GET', maps, undefined, { 'accept-encoding': 'gzip' })
  expect([headers['content-encoding'], zipped.headers['content-encoding']]).toEqual([undefined, 'gzip'])
})

test('a second request line after a broken one is not listened to', async () => {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  socket.write('BROKEN\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
  let text = ''
  socket.setEncoding('utf8')
  for await (const chunk of socket) text += chunk as string
  expect(text).toMatch(/^HTTP\/1.1 400 Bad Request/)
  expect(text).not.toContain('200 OK')
})

test('its certificate is kept, its key for the owner alone', () => {
  expect(readFileSync(join(folder, 'pki', 'apiserver.crt'), 'utf8')).toContain('BEGIN CERTIFICATE')
  expect(statSync(join(folder, 'pki', 'apiserver.key')).mode & 0o077).toBe(0)
})
