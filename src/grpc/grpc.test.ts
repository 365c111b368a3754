import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseTable } from '../schema/schema.ts'
import { type BidiStream, type ClientStream, createGrpcClient, type ServerStream, type Unary } from './client.ts'
import { createFrameReader, frame } from './frame.ts'
import { createQueue } from './queue.ts'
import { createGrpcServer, type GrpcCall, type GrpcServer } from './server.ts'
import { Code, decodeMessage, encodeMessage, formatTimeout, GrpcError, parseTimeout } from './status.ts'

const table = parseTable(
  'demo.v1',
  `
package demo.v1
type Text
  1 text  string
  2 count int32
service Echo
  Say   Text Text
  Count Text stream Text
  Join  stream Text Text
  Chat  stream Text stream Text
  Never Text Text
  Fail  Text Text
  Rest  Text Text
`,
)
interface Text {
  text: string
  count?: number
}
interface Echo {
  Say: Unary<Text, Text>
  Count: ServerStream<Text, Text>
  Join: ClientStream<Text, Text>
  Chat: BidiStream<Text, Text>
  Never: Unary<Text, Text>
  Fail: Unary<Text, Text>
  Rest: Unary<Text, Text>
}

const folder = mkdtempSync(join(tmpdir(), 'kijabi-grpc-'))
const ended: string[] = []
let produced = 0
const handlers = {
  Say: (request: Text, call: GrpcCall) => {
    call.trailers['x-seen'] = String(call.metadata['x-given'] ?? '')
    return { text: request.text, count: request.text.length }
  },
  async *Count(request: Text) {
    for (let i = 0; i < request.count!; i++) {
      produced = i + 1
      yield { text: request.text, count: i }
    }
  },
  async Join(requests: AsyncIterable<Text>) {
    let text = ''
    for await (const request of requests) text += request.text
    return { text }
  },
  async *Chat(requests: AsyncIterable<Text>) {
    for await (const request of requests) yield { text: request.text.toUpperCase() }
    ended.push('chat')
  },
  Never: (_: Text, call: GrpcCall) =>
    new Promise(() => {
      call.signal.addEventListener('abort', () => ended.push((call.signal.reason as Error).message))
    }),
  Fail: () => {
    throw new GrpcError(Code.NOT_FOUND, 'no 키 100% here', { metadata: { 'x-why': 'test' } })
  },
}

let server: GrpcServer
let port: number
const path = join(folder, 'echo.sock')
beforeAll(async () => {
  server = createGrpcServer({
    tables: [table],
    services: { 'demo.v1.Echo': handlers },
    maxMessageBytes: 1 << 20,
    http1: (_, response) => response.end('plain'),
  })
  port = ((await server.listen({ host: '127.0.0.1', port: 0 })) as AddressInfo).port
  await server.listen({ path })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

describe.each([
  ['TCP', () => `127.0.0.1:${port}`],
  ['a unix socket', () => `unix://${path}`],
])('over %s', (_, target) => {
  test('all four kinds of call', async () => {
    const client = createGrpcClient<Echo>(target(), table, 'Echo')
    expect(await client.Say({ text: '안녕' })).toEqual({ text: '안녕', count: 2 })
    const counts: number[] = []
    for await (const { count } of client.Count({ text: 'x', count: 3 })) counts.push(count!)
    expect(counts).toEqual([0, 1, 2])
    expect(await client.Join(of({ text: 'a' }, { text: 'b' }))).toEqual({ text: 'ab', count: 0 })

    const questions = createQueue<Text>()
    const answers = client.Chat(questions)[Symbol.asyncIterator]()
    for (const text of ['one', 'two']) {
      questions.push({ text })
      expect((await answers.next()).value).toMatchObject({ text: text.toUpperCase() })
    }
    questions.end()
    expect((await answers.next()).done).toBe(true)
    client.close()
  })
})

describe('endings', () => {
  const client = () => createGrpcClient<Echo>(`127.0.0.1:${port}`, table, 'Echo')

  test('a status travels with its message and metadata', async () => {
    await expect(client().Fail({ text: '' })).rejects.toMatchObject({
      code: Code.NOT_FOUND,
      message: 'no 키 100% here',
      metadata: { 'x-why': 'test' },
    })
  })
  test('a method without a handler is unimplemented', async () => {
    await expect(client().Rest({ text: '' })).rejects.toMatchObject({
      code: Code.UNIMPLEMENTED,
      message: 'unknown method Rest for service demo.v1.Echo',
    })
  })
  test('a deadline ends the call on both sides', async () => {
    ended.length = 0
    await expect(client().Never({ text: '' }, { timeoutMs: 30 })).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED })
    await expect.poll(() => ended).toHaveLength(1)
  })
  test('cancelling ends the call on both sides', async () => {
    ended.length = 0
    const controller = new AbortController()
    const call = client().Never({ text: '' }, { signal: controller.signal })
    setImmediate(() => setImmediate(() => controller.abort()))
    await expect(call).rejects.toMatchObject({ code: Code.CANCELLED })
  })
  test('leaving a stream early cancels it, and a slow reader holds the server back', async () => {
    for await (const { count } of client().Count({ text: 'x'.repeat(10_000), count: 100_000 })) if (count === 3) break
    // 1 GB was asked for; windows and buffers hold a few MB of it.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(produced).toBeLessThan(5000)
  })
  test('a message above the limit is refused, the connection lives', async () => {
    const c = client()
    await expect(c.Say({ text: 'x'.repeat(2 << 20) })).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED })
    expect(await c.Say({ text: 'still' })).toMatchObject({ text: 'still' })
    c.close()
  })
  test('nobody listens: UNAVAILABLE, and the next call connects anew', async () => {
    const probe = net.createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => probe.once('listening', resolve))
    const free = (probe.address() as AddressInfo).port
    await new Promise((resolve) => probe.close(resolve))
    const c = createGrpcClient<Echo>(`127.0.0.1:${free}`, table, 'Echo')
    await expect(c.Say({ text: '' })).rejects.toMatchObject({ code: Code.UNAVAILABLE })
    const late = createGrpcServer({ tables: [table], services: { 'demo.v1.Echo': handlers } })
    await late.listen({ host: '127.0.0.1', port: free })
    expect(await c.Say({ text: 'there' })).toMatchObject({ text: 'there' })
    const waiting = c.Never({ text: '' })
    const refused = expect(waiting).rejects.toMatchObject({ code: Code.UNAVAILABLE })
    await c.Say({ text: 'sent after it' })
    await late.close()
    await refused
  })
})

test('HTTP/1.1 is answered on the same port', async () => {
  const body = await new Promise<string>((resolve, reject) => {
    http.get(`http://127.0.0.1:${port}/version`, (response) => response.on('data', (d) => resolve(String(d)))).on('error', reject)
  })
  expect(body).toBe('plain')
})

test('over TLS, with HTTP/1.1 beside it', async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  await promisify(execFile)('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '1',
  ])
  const { readFileSync } = await import('node:fs')
  const tls = { cert: readFileSync(cert), key: readFileSync(key) }
  const secure = createGrpcServer({ tables: [table], services: { 'demo.v1.Echo': handlers }, tls })
  const at = ((await secure.listen({ host: '127.0.0.1', port: 0 })) as AddressInfo).port
  const client = createGrpcClient<Echo>(`https://localhost:${at}`, table, 'Echo', { tls: { ca: tls.cert } })
  expect(await client.Say({ text: 'safe' })).toMatchObject({ text: 'safe' })
  const untrusting = createGrpcClient<Echo>(`https://localhost:${at}`, table, 'Echo')
  await expect(untrusting.Say({ text: '' })).rejects.toMatchObject({
    code: Code.UNAVAILABLE,
    message: expect.stringContaining('self-signed'),
  })
  client.close()
  await secure.close()
})

test.each([
  ['a body that is no frame', Buffer.from('hello world'), String(Code.UNIMPLEMENTED)],
  ['a frame that is cut off', Buffer.from([0, 0, 0, 0, 9, 1]), String(Code.INTERNAL)],
  ['no message', Buffer.alloc(0), String(Code.INTERNAL)],
  ['a message that is no protobuf', frame(Buffer.from([0x0a, 0xff])), String(Code.INTERNAL)],
  ['two messages', Buffer.concat([frame(Buffer.alloc(0)), frame(Buffer.alloc(0))]), String(Code.INTERNAL)],
])('%s is answered with a status', async (_, body, status) => {
  const session = http2.connect(`http://127.0.0.1:${port}`)
  const stream = session.request({ ':method': 'POST', ':path': '/demo.v1.Echo/Say', 'content-type': 'application/grpc' })
  stream.end(body)
  const headers = await new Promise<http2.IncomingHttpHeaders>((resolve) => stream.on('response', resolve))
  expect(headers['grpc-status']).toBe(status)
  session.destroy()
})

test('frames come out whole however they are cut', () => {
  const bytes = Buffer.concat([frame(Buffer.from('one')), frame(Buffer.alloc(0)), frame(Buffer.from('three'))])
  for (let cut = 1; cut < bytes.length; cut++) {
    const reader = createFrameReader(100)
    const out: string[] = []
    for (let at = 0; at < bytes.length; at += cut) out.push(...reader.push(bytes.subarray(at, at + cut)).map(String))
    expect(out).toEqual(['one', '', 'three'])
    expect(reader.empty).toBe(true)
  }
})

test.each([
  ['20m', 20],
  ['3S', 3000],
  ['1H', 3_600_000],
  ['500u', 0.5],
  ['', undefined],
  ['123456789m', undefined],
  ['-1S', undefined],
])('grpc-timeout %s', (text, ms) => expect(parseTimeout(text)).toBe(ms))
test('a timeout is written in milliseconds', () => expect(parseTimeout(formatTimeout(1500))).toBe(1500))
test('messages outside ASCII come back', () => expect(decodeMessage(encodeMessage('a\n%b 키'))).toBe('a\n%b 키'))

async function* of<T>(...values: T[]) {
  yield* values
}
