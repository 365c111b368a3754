/** Who may come in, with real processes: a server beside an OpenID issuer, webhooks and a front proxy, asked by kubectl and by HTTPS. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCertificateAuthority, issueCertificate, type KeyPair } from '../src/pki/index.ts'
import { createTestFolder, freePort, startTestApiServer, type TestApiServer } from './support/api-server.ts'
import { root, succeed } from './support/shell.ts'

const folder = createTestFolder('access')
const { file } = folder
const clients = createCertificateAuthority('clients')
const proxies = createCertificateAuthority('front-proxies')
const services = createCertificateAuthority('services')
const servicePair = issueCertificate(services, { commonName: 'service', hosts: ['127.0.0.1'], usages: ['server'] })
const client = (ca: KeyPair, commonName: string, ...organizations: string[]) =>
  issueCertificate(ca, { commonName, organizations, usages: ['client'] })

/** What the webhooks were asked. */
const asked: { kind: string; spec: { token?: string; user?: string } }[] = []
let issuerUrl = ''
const signing = generateKeyPairSync('rsa', { modulusLength: 2048 })
let servers: https.Server[] = []
let server: TestApiServer
let port = 0

async function serve(answer: (path: string, body: string) => object): Promise<string> {
  const made = https.createServer({ cert: servicePair.certificate, key: servicePair.key }, async (req: IncomingMessage, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    res.end(JSON.stringify(answer(req.url as string, Buffer.concat(chunks).toString())))
  })
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done))
  servers = [...servers, made]
  return `https://127.0.0.1:${(made.address() as AddressInfo).port}`
}
const base64 = (text: string) => Buffer.from(text).toString('base64')
const kubeconfig = (cluster: object, user: object) => ({
  'current-context': 'one',
  contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
  clusters: [{ name: 'one', cluster }],
  users: [{ name: 'one', user }],
})
function idToken(claims: object): string {
  const all = { iss: issuerUrl, aud: 'kijabi', exp: Math.floor(Date.now() / 1000) + 60, ...claims }
  const text = [{ alg: 'RS256', kid: 'one' }, all].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${sign('sha256', Buffer.from(text), signing.privateKey).toString('base64url')}`
}
const authentication = (prefix: string) => ({
  apiVersion: 'apiserver.config.k8s.io/v1',
  kind: 'AuthenticationConfiguration',
  anonymous: { enabled: true, conditions: [{ path: '/livez' }] },
  jwt: [
    {
      issuer: { url: issuerUrl, audiences: ['kijabi'], certificateAuthority: services.certificate },
      claimMappings: { username: { claim: 'sub', prefix }, groups: { claim: 'groups', prefix: '' } },
    },
  ],
})

beforeAll(async () => {
  issuerUrl = await serve((path) =>
    path === '/keys'
      ? { keys: [{ kid: 'one', ...createPublicKey(signing.publicKey.export({ type: 'spki', format: 'pem' })).export({ format: 'jwk' }) }] }
      : { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` },
  )
  const hook = await serve((_path, body) => {
    const review = JSON.parse(body) as (typeof asked)[0]
    asked.push(review)
    if (review.kind === 'TokenReview')
      return { ...review, status: review.spec.token === 'opaque' ? { authenticated: true, user: { username: 'hooked' } } : {} }
    return { ...review, status: { allowed: review.spec.user === 'hooked', reason: 'the webhook says so' } }
  })
  const hookFile = file('hook.yaml', kubeconfig({ server: hook, 'certificate-authority-data': base64(services.certificate) }, {}))
  const flags = [
    `--client-ca-file=${file('clients.crt', clients.certificate)}`,
    `--requestheader-client-ca-file=${file('proxies.crt', proxies.certificate)}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-uid-headers=X-Remote-Uid',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--authentication-config=${file('authentication.yaml', authentication('oidc:'))}`,
    `--authentication-token-webhook-config-file=${hookFile}`,
    '--authentication-token-webhook-version=v1',
    `--authorization-config=${file('authorization.yaml', {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthorizationConfiguration',
      authorizers: [
        { type: 'Node', name: 'node' },
        { type: 'RBAC', name: 'rbac' },
        {
          type: 'Webhook',
          name: 'hook',
          webhook: {
            timeout: '3s',
            subjectAccessReviewVersion: 'v1',
            failurePolicy: 'NoOpinion',
            connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: hookFile },
          },
        },
      ],
    })}`,
  ]
  server = await startTestApiServer(folder, flags)
  port = server.port
}, 30_000)
afterAll(async () => {
  await server?.stop()
  for (const one of servers) one.close()
  folder.remove()
})

interface Asker {
  readonly token?: string
  readonly pair?: KeyPair
  readonly headers?: Record<string, string>
}
function get(path: string, { token, pair, headers = {} }: Asker, at = port): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    https
      .request(
        {
          host: '127.0.0.1',
          port: at,
          path,
          agent: false,
          rejectUnauthorized: false,
          ...(pair ? { cert: pair.certificate, key: pair.key } : {}),
          headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
        },
        (answer) => {
          let body = ''
          answer.on('data', (chunk) => (body += chunk))
          answer.on('end', () => resolve({ status: answer.statusCode as number, body }))
        },
      )
      .on('error', reject)
      .end()
  })
}
/** Asked of a path that nobody below may read: the refusal says who it is. */
const whoIs = async (asker: Asker) => {
  const { status, body } = await get('/api/v1/namespaces/kube-system/secrets', asker)
  return status === 403 ? /User "([^"]*)"/.exec((JSON.parse(body) as { message: string }).message)?.[1] : status
}
const kubectl = (...args: string[]) =>
  succeed('kubectl', ['--server', `https://127.0.0.1:${port}`, '--insecure-skip-tls-verify', '--kubeconfig', '/dev/null', ...args], {})

const proxy = client(proxies, 'front-proxy-client')

test.each<[string, () => Asker, string | number]>([
  ['an ID token', () => ({ token: idToken({ sub: 'jane' }) }), 'oidc:jane'],
  ['an ID token for others', () => ({ token: idToken({ sub: 'jane', aud: 'else' }) }), 401],
  ['an expired ID token', () => ({ token: idToken({ sub: 'jane', exp: 1 }) }), 401],
  ['a token that nobody knows', () => ({ token: 'unknown' }), 401],
  ['a client certificate', () => ({ pair: client(clients, 'john') }), 'john'],
  ['a certificate of another authority', () => ({ pair: client(services, 'john') }), 401],
  ['the front proxy’s word', () => ({ pair: proxy, headers: { 'x-remote-user': 'jim' } }), 'jim'],
  ['the front proxy without a word', () => ({ pair: proxy }), 401],
  ['another name of the front proxies', () => ({ pair: client(proxies, 'other'), headers: { 'x-remote-user': 'jim' } }), 401],
  ['headers without the front proxy', () => ({ pair: client(clients, 'john'), headers: { 'x-remote-user': 'admin' } }), 'john'],
  ['nothing', () => ({}), 401],
])('%s', async (_name, asker, who) => {
  expect(await whoIs(asker())).toBe(who)
})

test('the reason of a refusal is in the log and not in the answer', async () => {
  const { status, body } = await get('/api', { token: idToken({ sub: 'jane', aud: 'nowhere' }) })
  expect([status, JSON.parse(body).message]).toEqual([401, 'Unauthorized'])
  await server.logged('nowhere')
})

test('only the paths of the conditions are open to everybody', async () => {
  expect((await get('/livez', {})).status).toBe(200)
  expect((await get('/readyz', {})).status).toBe(401)
})

test('kubectl with an ID token is its user with its groups', async () => {
  expect(
    await kubectl('--token', idToken({ sub: 'admin', groups: ['system:masters'] }), 'get', 'namespace', 'default', '-o', 'name'),
  ).toContain('namespace/default')
})

test('a webhook says whose a token is, and a webhook what that user may do; both are asked once', async () => {
  expect(await kubectl('--token', 'opaque', 'get', 'namespace', 'default', '-o', 'name')).toContain('namespace/default')
  await kubectl('--token', 'opaque', 'get', 'namespace', 'default', '-o', 'name')
  expect(asked.filter(({ kind, spec }) => kind === 'TokenReview' && spec.token === 'opaque').length).toBe(1)
})

test('extension API servers find the authorities in kube-system', async () => {
  const admin = { pair: client(clients, 'admin', 'system:masters') }
  const { body } = await get('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication', admin)
  expect(JSON.parse(body).data).toEqual({
    'client-ca-file': clients.certificate,
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-client-ca-file': proxies.certificate,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-uid-headers': '["X-Remote-Uid"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  })
})

test('a changed configuration counts without a new start; a wrong one does not', async () => {
  file('authentication.yaml', authentication('changed:'))
  await server.logged('reloaded the configuration')
  expect(await whoIs({ token: idToken({ sub: 'jane' }) })).toBe('changed:jane')
  file('authentication.yaml', readFileSync(join(folder.path, 'authentication.yaml'), 'utf8').replace('https:', 'http:'))
  await server.logged('URL scheme must be https')
  expect(await whoIs({ token: idToken({ sub: 'jane', jti: 'again' }) })).toBe('changed:jane')
})

describe.each([
  ['kube-controller-manager', ['--controllers=namespace-controller']],
  ['kube-scheduler', []],
])('%s asks the API server who may read its metrics', (name, flags) => {
  const running: { child: ChildProcess; at: number; ended: Promise<unknown> }[] = []
  async function start(last: string, ...more: string[]): Promise<void> {
    const at = await freePort()
    const { certificate, key } = client(clients, `system:${name}`)
    const user = { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) }
    const self = kubeconfig({ server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true }, user)
    const child = spawn(
      join(root, 'scripts/node'),
      [
        join(root, 'src/cli/main.ts'),
        name,
        `--kubeconfig=${file(`${name}.conf`, self)}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${at}`,
        '--leader-elect=false',
        ...flags,
        ...more,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    running.push({ child, at, ended: once(child, 'exit') })
    await new Promise<void>((resolve, reject) => {
      let said = ''
      child.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.includes(last)) resolve()
      })
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${said}`)))
    })
  }
  beforeAll(async () => {
    const config = join(folder.path, `${name}.conf`)
    await Promise.all([
      start('client certificates count', `--authentication-kubeconfig=${config}`, `--authorization-kubeconfig=${config}`),
      start('serving health and metrics'),
    ])
  })
  afterAll(async () => {
    for (const { child, ended } of running) {
      child.kill('SIGTERM')
      await ended
    }
  })
  const statusOf = async (path: string, asker: Asker, which = 0) => (await get(path, asker, running[which]?.at)).status

  test.each<[string, () => Asker, metrics: number, health: number]>([
    ['nothing', () => ({}), 403, 200],
    ['a token of one who may', () => ({ token: 'opaque' }), 200, 200],
    ['a token of one who may not', () => ({ token: idToken({ sub: 'jane' }) }), 403, 200],
    ['a token that nobody knows', () => ({ token: 'unknown' }), 401, 401],
    ['a certificate of one who may', () => ({ pair: client(clients, 'hooked') }), 200, 200],
    ['a certificate of one who may not', () => ({ pair: client(clients, 'john') }), 403, 200],
    ['a certificate of a master', () => ({ pair: client(clients, 'admin', 'system:masters') }), 200, 200],
    ['a certificate of another authority', () => ({ pair: client(services, 'admin', 'system:masters') }), 403, 200],
  ])('%s', async (_name, asker, metrics, health) => {
    expect(await statusOf('/metrics', asker())).toBe(metrics)
    expect(await statusOf('/healthz', asker())).toBe(health)
  })

  test('the refusal is a Status, and what is not there is told only to who may', async () => {
    const { body } = await get('/metrics', {}, running[0]?.at)
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Status',
      code: 403,
      message: 'forbidden: User "system:anonymous" cannot get path "/metrics": the webhook says so',
    })
    expect(await statusOf('/nothing', {})).toBe(403)
    expect(await statusOf('/nothing', { token: 'opaque' })).toBe(404)
  })

  test('answers are remembered', async () => {
    const count = () => asked.filter(({ kind, spec }) => kind === 'SubjectAccessReview' && spec.user === 'oidc:jim').length
    const asker = { token: idToken({ sub: 'jim' }) }
    await statusOf('/metrics', asker)
    const before = count()
    await statusOf('/metrics', asker)
    expect(count()).toBe(before)
  })

  test('without the two kubeconfigs everybody is anonymous and only health is open', async () => {
    expect(await statusOf('/healthz', { token: 'unknown' }, 1)).toBe(200)
    for (const asker of [{}, { token: 'opaque' }, { pair: client(clients, 'admin', 'system:masters') }])
      expect(await statusOf('/metrics', asker, 1)).toBe(403)
  })
})
