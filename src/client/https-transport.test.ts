import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createMetrics } from '../metrics/metrics.ts'
import { createCertificateAuthority, issueCertificate } from '../pki/index.ts'
import { createClient } from './client.ts'
import { createHttpsTransport, lines } from './https-transport.ts'
import { type Connection, connectionOf, parseKubeconfig, readKubeconfig } from './kubeconfig.ts'
import { createRequestMetrics } from './request-metrics.ts'

const authority = createCertificateAuthority('test')
const serving = issueCertificate(authority, {
  commonName: 'localhost',
  usages: ['server'],
  hosts: ['localhost', '127.0.0.1'],
})
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-client-'))
  ends.push(() => rmSync(folder, { recursive: true }))
  return folder
}

interface Asked {
  method: string
  path: string
  headers: Record<string, string | string[] | undefined>
  body: string
}
type Reply = { status?: number; headers?: Record<string, string>; body?: unknown; write?: string[] }

async function serve(kind: 'h2' | 'https' | 'http', handle: (asked: Asked) => Reply): Promise<Connection> {
  const options = { key: serving.key, cert: serving.certificate, allowHTTP1: true }
  const server = kind === 'h2' ? createSecureServer(options) : kind === 'https' ? createHttpsServer(options) : createHttpServer()
  server.on('request', async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const reply = handle({ method: request.method, path: request.url, headers: request.headers, body })
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
    for (const part of reply.write ?? []) {
      response.write(part)
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return {
    server: `${kind === 'http' ? 'http' : 'https'}://127.0.0.1:${port}`,
    ca: authority.certificate,
    credentials: () => ({ authorization: 'Bearer secret' }),
  }
}
function connect(connection: Connection) {
  const transport = createHttpsTransport(connection)
  ends.push(() => transport.close())
  return createClient(transport)
}

test.each(['h2', 'https', 'http'] as const)('%s: requests, errors and watches', async (kind) => {
  const asked: Asked[] = []
  const client = connect(
    await serve(kind, (request) => {
      asked.push(request)
      if (request.path.includes('watch=true'))
        return {
          write: ['{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n{"type":"MODI', 'FIED","object":{"metadata":{"name":"é"}}}\n'],
        }
      if (request.method === 'POST') return { status: 201, body: JSON.parse(request.body) }
      return { status: 404, body: { kind: 'Status', reason: 'NotFound', code: 404, message: 'pods "x" not found' } }
    }),
  )
  const made = await client.create('pods', { metadata: { name: 'a', namespace: 'default' } }, { fieldManager: 'me' })
  expect(made).toMatchObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } })
  expect(asked[0]).toMatchObject({ path: '/api/v1/namespaces/default/pods?fieldManager=me', headers: { authorization: 'Bearer secret' } })
  await expect(client.get('pods', { namespace: 'default', name: 'x' })).rejects.toMatchObject({ code: 404, message: 'pods "x" not found' })
  const names = []
  for await (const event of client.watch('pods', { resourceVersion: '5' })) names.push([event.type, event.object.metadata.name])
  expect(names).toEqual([
    ['ADDED', 'a'],
    ['MODIFIED', 'é'],
  ])
})

test('an answer with Retry-After is asked again; one without is an error', async () => {
  let count = 0
  const connection = await serve('h2', ({ path }) => {
    count++
    if (path.startsWith('/busy')) return { status: 429, body: { kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'budget' } }
    return count < 3 ? { status: 429, headers: { 'retry-after': '0' } } : { body: { ok: true } }
  })
  const client = connect(connection)
  expect(await client.raw('/version')).toEqual({ ok: true })
  expect(count).toBe(3)
  await expect(client.raw('/busy')).rejects.toMatchObject({ reason: 'TooManyRequests', message: 'budget' })
  expect(count).toBe(4)
})

test('credentials are renewed once when they are refused', async () => {
  const connection = await serve('h2', ({ headers }) =>
    headers.authorization === 'Bearer new'
      ? { body: { ok: true } }
      : { status: 401, body: { kind: 'Status', code: 401, reason: 'Unauthorized', message: 'Unauthorized' } },
  )
  let token = 'old'
  const client = connect({
    ...connection,
    credentials: (renew) => {
      if (renew) token = 'new'
      return { authorization: `Bearer ${token}` }
    },
  })
  expect(await client.raw('/version')).toEqual({ ok: true })
  await expect(connect(connection).raw('/version')).rejects.toMatchObject({ code: 401 })
})

test('a server with another authority is refused', async () => {
  const connection = await serve('h2', () => ({ body: {} }))
  await expect(connect({ ...connection, ca: createCertificateAuthority('other').certificate }).raw('/version')).rejects.toThrow(
    /certificate/,
  )
})

test('who gives up need not wait for a server that takes the connection and says nothing', async () => {
  const silent = createTcpServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  ends.push(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const client = connect({ server: `https://127.0.0.1:${port}`, credentials: () => ({}) })
  const given = new AbortController()
  const asked = client.raw('/version', given.signal)
  silent.once('connection', () => given.abort(new Error('enough')))
  await expect(asked).rejects.toThrow('enough')
})

test.each(['h2', 'https'] as const)('%s: what only reads is asked again when the connection breaks; what writes is not', async (kind) => {
  const seen: string[] = []
  const options = { key: serving.key, cert: serving.certificate, allowHTTP1: true }
  const server = kind === 'h2' ? createSecureServer(options) : createHttpsServer(options)
  server.on('request', (request, response) => {
    seen.push(request.method)
    if (seen.length < 3) (request.stream?.session ?? request.socket).destroy()
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => server.close())
  const { port } = server.address() as AddressInfo
  const client = connect({ server: `https://127.0.0.1:${port}`, ca: authority.certificate, credentials: () => ({}) })
  await expect(client.create('pods', { metadata: { name: 'a', namespace: 'default' } })).rejects.toThrow('was closed')
  expect(await client.raw('/version')).toEqual({})
  expect(seen).toEqual(['POST', 'GET', 'GET'])
})

test('lines are whole, whatever the chunks', async () => {
  async function* chunks() {
    for (const text of ['a\nb', 'c\n\nd', '', 'e\n', 'rest']) yield Buffer.from(text)
  }
  const got: string[] = []
  for await (const line of lines(chunks())) got.push(line)
  expect(got).toEqual(['a', 'bc', 'de'])
})

test('kubeconfig files merge, the first wins, and paths are relative to their file', () => {
  const folder = makeFolder()
  writeFileSync(join(folder, 'ca.crt'), 'CA')
  const file = (name: string, server: string, context: string) => {
    writeFileSync(
      join(folder, name),
      `current-context: ${context}\nclusters: [{name: c, cluster: {server: '${server}', certificate-authority: ca.crt}}]\nusers: [{name: u, user: {token: t, as: jane}}]\ncontexts: [{name: ${context}, context: {cluster: c, user: u, namespace: ns}}]\n`,
    )
    return join(folder, name)
  }
  const config = readKubeconfig([
    join(folder, 'missing'),
    file('one', 'https://one:6443/', 'first'),
    file('two', 'https://two:6443', 'second'),
  ])
  expect(config.contexts.map((c) => c.name)).toEqual(['first', 'second'])
  const connection = connectionOf(config)
  expect(connection).toMatchObject({ server: 'https://one:6443', namespace: 'ns', headers: { 'impersonate-user': 'jane' } })
  expect(String(connection.ca)).toBe('CA')
  expect(() => connectionOf(config, { context: 'third' })).toThrow('context "third" does not exist')
})

test('an exec plugin gives credentials until they expire', async () => {
  const folder = makeFolder()
  writeFileSync(join(folder, 'calls'), '')
  const plugin = `printf x >> ${folder}/calls; echo '{"status":{"token":"'$(wc -c < ${folder}/calls | tr -d ' ')-$WHO'","expirationTimestamp":"2000-01-01T00:00:00Z"}}'`
  const config = parseKubeconfig(
    JSON.stringify({
      'current-context': 'x',
      clusters: [{ name: 'c', cluster: { server: 'https://c' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      users: [
        {
          name: 'u',
          user: {
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              command: 'sh',
              args: ['-c', plugin],
              env: [{ name: 'WHO', value: 'me' }],
            },
          },
        },
      ],
    }),
    folder,
  )
  const { credentials } = connectionOf(config)
  expect(await credentials()).toMatchObject({ authorization: 'Bearer 1-me' })
  expect(await credentials()).toMatchObject({ authorization: 'Bearer 2-me' })
})

test('each answer is counted by its status, and a server that does not answer too', async () => {
  const metrics = createMetrics()
  const connection = await serve('https', ({ path }) => ({ status: path === '/missing' ? 404 : 200, body: {} }))
  const { host } = new URL(connection.server)
  const transport = createHttpsTransport(connection, { observe: createRequestMetrics(metrics) })
  ends.push(() => transport.close())
  await transport.request({ method: 'GET', path: '/there' })
  await expect(transport.request({ method: 'GET', path: '/missing' })).rejects.toThrow()
  const nobody = createHttpsTransport({ ...connection, server: 'https://127.0.0.1:1' }, { observe: createRequestMetrics(metrics) })
  ends.push(() => nobody.close())
  await expect(nobody.request({ method: 'POST', path: '/' })).rejects.toThrow()
  const text = metrics.render()
  for (const line of [
    `rest_client_requests_total{code="200",host="${host}",method="GET"} 1`,
    `rest_client_requests_total{code="404",host="${host}",method="GET"} 1`,
    'rest_client_requests_total{code="<error>",host="127.0.0.1:1",method="POST"} 1',
    `rest_client_request_duration_seconds_count{host="${host}",verb="GET"} 2`,
  ])
    expect(text).toContain(`\n${line}`)
})
