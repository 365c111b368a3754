/**
 * API aggregation as its users meet it: a cluster beside two other API servers, one made here, which trusts the front proxy
 * as extension servers do, and a whole kube-apiserver; asked by kubectl, by HTTP/1.1 and by HTTP/2.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createCertificateAuthority, issueCertificate } from '../src/pki/index.ts'
import { createTestFolder, startTestApiServer, type TestApiServer } from './support/api-server.ts'
import { createTestCluster, type TestCluster } from './support/cluster.ts'
import { run, succeed } from './support/shell.ts'

// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds
type Json = Record<string, any>

const folder = createTestFolder('aggregator')
const authority = createCertificateAuthority('extensions')
const caBundle = Buffer.from(authority.certificate).toString('base64')
/** An address of this machine that a service's endpoint may have: not loopback. */
const machine = Object.values(networkInterfaces())
  .flat()
  .find((a) => a?.family === 'IPv4' && !a.internal)?.address
const servingPair = (service: string) =>
  issueCertificate(authority, { commonName: service, hosts: [`${service}.default.svc`, '127.0.0.1'], usages: ['server'] })

let cluster: TestCluster
let port = 0
const kubectl = (...args: string[]) => cluster.kubectl(...args)
const apply = (...items: Json[]) =>
  succeed('kubectl', ['apply', '-f', '-'], { env: cluster.env, input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
const json = async (...args: string[]): Promise<Json> => JSON.parse(await kubectl(...args, '-o', 'json'))

/** A service without a selector, whose endpoint is this machine. */
const service = (name: string, target: number): Json[] => [
  { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec: { ports: [{ port: 443, targetPort: target }] } },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [machine] }],
    ports: [{ name: '', port: target, protocol: 'TCP' }],
  },
]
const apiService = (version: string, group: string, name: string, more: Json = {}): Json => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: `${version}.${group}` },
  spec: {
    group,
    version,
    service: { namespace: 'default', name },
    caBundle,
    groupPriorityMinimum: 2000,
    versionPriority: 200,
    ...more,
  },
})
const untilAvailable = (name: string) => kubectl('wait', '--for=condition=Available', `apiservice/${name}`, '--timeout=20s')
const untilReason = (name: string, reason: string) =>
  kubectl('wait', `--for=jsonpath={.status.conditions[0].reason}=${reason}`, `apiservice/${name}`, '--timeout=60s')

const admin = () => {
  const pki = (name: string) => readFileSync(join(cluster.env['KIJABI_HOME'] as string, 'pki', name))
  return { host: '127.0.0.1', port, ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') }
}
async function call(method: string, path: string, headers: Record<string, string> = {}) {
  const request = https.request({ ...admin(), method, path, headers, agent: false })
  request.end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of answer) body += chunk
  return { status: answer.statusCode, body, headers: answer.headers }
}

beforeAll(async () => {
  cluster = await createTestCluster({ port: 28443, flags: ['--nodes', '0', '--simulated-nodes', '1'] })
  await cluster.up()
  port = 28443
}, 120_000)
afterAll(async () => {
  await cluster?.close()
  folder.remove()
}, 60_000)

describe.skipIf(!machine)('a server that trusts the front proxy', () => {
  const group = 'wardle.example.com'
  const root = `/apis/${group}/v1alpha1`
  const flunders = `${root}/namespaces/default/flunders`
  const objects = new Map<string, Json>()
  let watchers: ServerResponse[] = []
  let version = 0
  let extension: https.Server
  const seen: { method: string; url: string; headers: IncomingMessage['headers'] }[] = []
  const resources = {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: `${group}/v1alpha1`,
    resources: [
      {
        name: 'flunders',
        singularName: 'flunder',
        namespaced: true,
        kind: 'Flunder',
        verbs: ['create', 'delete', 'get', 'list', 'watch'],
        shortNames: ['fl'],
      },
    ],
  }
  const status = (res: ServerResponse, code: number, reason: string) => {
    res.writeHead(code, { 'content-type': 'application/json' })
    res.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason }))
  }
  const tell = (type: string, object: Json) => {
    for (const res of watchers) res.write(`${JSON.stringify({ type, object })}\n`)
  }
  async function serve(req: IncomingMessage, res: ServerResponse, allowedNames: string[]): Promise<void> {
    const socket = req.socket as TLSSocket
    const name = String(socket.getPeerCertificate().subject?.CN)
    if (!socket.authorized || !allowedNames.includes(name)) return status(res, 401, 'Unauthorized')
    const url = new URL(req.url as string, 'https://x')
    seen.push({ method: req.method as string, url: req.url as string, headers: req.headers })
    const answer = (object: object, code = 200) => {
      res.writeHead(code, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
      res.end(JSON.stringify(object))
    }
    let text = ''
    for await (const chunk of req) text += chunk
    if (url.pathname === root) return answer(resources)
    if (url.pathname === `${root}/elsewhere`) return void res.writeHead(302, { location: 'https://example.com/' }).end()
    if (url.pathname === `${root}/silent`) return
    if (url.pathname === `${root}/broken`) return void res.write('{"half":', () => socket.destroy())
    const [, object] = /\/flunders(?:\/([^/]+))?$/.exec(url.pathname) ?? []
    if (!url.pathname.endsWith('/flunders') && !object) return status(res, 404, 'NotFound')
    const [kind, apiVersion] = ['Flunder', `${group}/v1alpha1`]
    if (req.method === 'POST') {
      const sent = JSON.parse(text) as Json
      const made = {
        kind,
        apiVersion,
        ...sent,
        metadata: { namespace: 'default', uid: `${++version}`, ...sent['metadata'], resourceVersion: `${version}` },
      }
      objects.set(made.metadata['name'], made)
      tell('ADDED', made)
      return answer(made, 201)
    }
    if (!object) {
      if (!url.searchParams.get('watch'))
        return answer({ kind: 'FlunderList', apiVersion, metadata: { resourceVersion: `${version}` }, items: [...objects.values()] })
      res.writeHead(200, { 'content-type': 'application/json' })
      res.flushHeaders()
      watchers.push(res)
      res.once('close', () => {
        watchers = watchers.filter((w) => w !== res)
        extension.emit('left')
      })
      extension.emit('watched')
      return
    }
    const found = objects.get(object)
    if (!found) return status(res, 404, 'NotFound')
    if (req.method === 'DELETE') {
      objects.delete(object)
      tell('DELETED', found)
    }
    answer(found)
  }

  beforeAll(async () => {
    const { data } = await json('get', 'configmap', 'extension-apiserver-authentication', '-n', 'kube-system')
    const pair = servingPair('sample-api')
    extension = https.createServer(
      { cert: pair.certificate, key: pair.key, ca: data['requestheader-client-ca-file'], requestCert: true, rejectUnauthorized: false },
      (req, res) => void serve(req, res, JSON.parse(data['requestheader-allowed-names'])),
    )
    extension.on('upgrade', (req: IncomingMessage, socket: Socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Whose: ${req.headers['x-remote-user']}\r\n\r\n`,
      )
      socket.pipe(socket)
    })
    await new Promise<void>((done) => extension.listen(0, machine, done))
  }, 30_000)
  afterAll(() => {
    extension?.closeAllConnections()
    extension?.close()
  })

  test('becomes part of the API', async () => {
    await apply(apiService('v1alpha1', group, 'sample-api'))
    await untilReason(`v1alpha1.${group}`, 'ServiceNotFound')
    const [made, slice] = service('sample-api', (extension.address() as AddressInfo).port)
    await apply(made as Json)
    await untilReason(`v1alpha1.${group}`, 'EndpointsNotFound')
    expect(await kubectl('get', 'apiservices', `v1alpha1.${group}`, '--no-headers')).toMatch(
      /default\/sample-api\s+False \(EndpointsNotFound\)/,
    )
    await apply(slice as Json)
    await untilAvailable(`v1alpha1.${group}`)
    expect(await kubectl('get', 'apiservices', `v1alpha1.${group}`, '--no-headers')).toMatch(/default\/sample-api\s+True/)
    const checked = seen.find(({ url }) => url === root)
    expect(checked?.headers).toMatchObject({ 'x-remote-user': 'system:kube-aggregator', 'x-remote-group': 'system:masters' })
    expect(await kubectl('api-resources', '--api-group', group, '--no-headers')).toMatch(
      /^flunders +fl +wardle.example.com\/v1alpha1 +true +Flunder\n$/,
    )
  }, 60_000)

  test('is worked with by kubectl', async () => {
    const flunder = { apiVersion: `${group}/v1alpha1`, kind: 'Flunder', metadata: { name: 'one' }, spec: {} }
    await succeed('kubectl', ['create', '-f', '-'], { env: cluster.env, input: JSON.stringify(flunder) })
    expect(await kubectl('get', 'flunders', '-o', 'name')).toBe('flunder.wardle.example.com/one\n')
    expect(await kubectl('get', 'fl', 'one', '-o', 'jsonpath={.metadata.uid}')).toBe('1')
    const { code, stderr } = await run('kubectl', ['get', 'fl', 'two'], { env: cluster.env })
    expect([code, stderr]).toEqual([1, expect.stringContaining('NotFound')])
    await kubectl('delete', 'flunder', 'one', '--wait=false')
    expect(await kubectl('get', 'flunders', '-o', 'name')).toBe('')
  }, 60_000)

  test('hears who asks from this server alone', async () => {
    seen.length = 0
    const forged = { 'x-remote-user': 'root', 'x-remote-group': 'system:masters', 'x-remote-extra-a': 'b' }
    const answer = await call('GET', `${flunders}?limit=1`, { ...forged, authorization: 'Bearer secret', 'audit-id': 'mine' })
    expect(answer.headers['audit-id']).toBe('mine')
    await call('GET', flunders, { 'impersonate-user': 'jane', 'impersonate-group': 'team', 'impersonate-extra-scopes': 'x' })
    // Authorized here before anybody else is asked.
    expect((await call('GET', flunders, { 'impersonate-user': 'jane' })).status).toBe(403)
    await kubectl('create', 'clusterrole', 'flunders', '--verb=list', `--resource=flunders.${group}`)
    await kubectl('create', 'clusterrolebinding', 'flunders', '--clusterrole=flunders', '--user=jane')
    const { status: code, headers } = await call('GET', flunders, {
      'impersonate-user': 'jane',
      'impersonate-group': 'team',
      'impersonate-extra-example.com%2fscopes': 'x',
    })
    expect([code, headers['access-control-allow-origin']]).toEqual([200, undefined])
    // Controllers and checks ask meanwhile, too.
    const mine = seen.filter(({ url }) => url.startsWith(flunders))
    expect(mine.map(({ url }) => url)).toEqual([`${flunders}?limit=1`, flunders])
    expect(mine[0]?.headers).toMatchObject({
      'x-remote-user': 'kubernetes-admin',
      'x-remote-group': 'system:masters, system:authenticated',
      'audit-id': 'mine',
      'x-forwarded-for': '127.0.0.1',
    })
    expect(mine[1]?.headers).toMatchObject({
      'x-remote-user': 'jane',
      'x-remote-group': 'team, system:authenticated',
      'x-remote-extra-example.com%2fscopes': 'x',
    })
    for (const { headers: told } of mine)
      expect(Object.keys(told).filter((h) => h.startsWith('impersonate-') || h === 'authorization' || h === 'x-remote-extra-a')).toEqual([])
  }, 60_000)

  test('streams its events, by HTTP/1.1 and by HTTP/2, and learns that a client left', async () => {
    let watched = once(extension, 'watched')
    const request = https.request({ ...admin(), path: `${flunders}?watch=true`, agent: false })
    request.end()
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    await watched
    tell('ADDED', { kind: 'Flunder', metadata: { name: 'w' } })
    expect(String((await once(answer, 'data'))[0])).toContain('"ADDED"')
    const left = once(extension, 'left')
    request.destroy()
    await left

    const session: ClientHttp2Session = connect(`https://127.0.0.1:${port}`, admin())
    watched = once(extension, 'watched')
    const stream = session.request({ ':path': `${flunders}?watch=true` })
    await watched
    tell('MODIFIED', { kind: 'Flunder', metadata: { name: 'w' } })
    expect(String((await once(stream, 'data'))[0])).toContain('"MODIFIED"')
    // A server that breaks off is no stream that goes on.
    const over = once(stream, 'close').catch((error: unknown) => error)
    for (const res of watchers) res.socket?.destroy()
    await over
    session.close()
  }, 30_000)

  test('cannot lead clients elsewhere, nor end half an answer well', async () => {
    expect(await call('GET', `${root}/elsewhere`)).toMatchObject({
      status: 502,
      body: 'the backend attempted to redirect this request, which is not permitted',
    })
    await expect(call('GET', `${root}/broken`)).rejects.toThrow('aborted')
  })

  test('has the time that the request has', async () => {
    expect(await call('GET', `${root}/silent?timeout=200ms`)).toMatchObject({
      status: 503,
      body: 'error trying to reach service: context deadline exceeded\n',
    })
  })

  test('is written to under the eyes of the audit', async () => {
    const log = join(cluster.env['KIJABI_HOME'] as string, 'logs', 'audit.log')
    const told = () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.includes(flunders) && line.includes('"ResponseComplete"'))
    await vi.waitUntil(() => told().length > 1, { interval: 50, timeout: 10_000 })
    const events = told().map((line) => JSON.parse(line) as Json)
    expect(
      events.map(({ verb, user, objectRef, responseStatus }) => [verb, user.username, objectRef.resource, responseStatus.code]),
    ).toEqual([
      ['create', 'kubernetes-admin', 'flunders', 201],
      ['delete', 'kubernetes-admin', 'flunders', 200],
    ])
  })

  test('takes upgraded connections in the user’s name', async () => {
    const request = https.request({
      ...admin(),
      path: `${flunders}/one/connect`,
      agent: false,
      headers: { connection: 'Upgrade', upgrade: 'echo' },
    })
    request.end()
    const [answer, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket]
    expect(answer.headers['x-whose']).toBe('kubernetes-admin')
    socket.write('there and back')
    expect(String((await once(socket, 'data'))[0])).toBe('there and back')
    socket.destroy()
  })

  // sig-api-machinery, Aggregator: the 1.17 sample API server, from where its objects were made.
  test('has an APIService that is patched, given a status, and deleted as a collection', async () => {
    const name = `v1alpha1.${group}`
    const path = `/apis/apiregistration.k8s.io/v1/apiservices/${name}`
    const before = JSON.parse(await kubectl('get', '--raw', `${path}/status`))
    expect(before.status.conditions).toMatchObject([{ type: 'Available', status: 'True', reason: 'Passed' }])
    await kubectl('patch', 'apiservice', name, '--type=merge', '-p', '{"spec":{"versionPriority":400}}')
    expect((await json('get', 'apiservices'))['items'].find((s: Json) => s['metadata'].name === name).spec.versionPriority).toBe(400)
    const more = { type: 'StatusUpdated', status: 'True', reason: 'E2E', message: 'Set from e2e test' }
    const patch = JSON.stringify({ status: { conditions: [...before.status.conditions, more] } })
    await kubectl('patch', 'apiservice', name, '--subresource=status', '--type=merge', '-p', patch)
    expect((await json('get', 'apiservice', name))['status'].conditions.map((c: Json) => c['type'])).toEqual(['Available', 'StatusUpdated'])
    await kubectl('label', 'apiservice', name, 'e2e=patched')
    await kubectl('delete', 'apiservices', '-l', 'e2e=patched')
    expect((await call('GET', flunders)).status).toBe(404)
    expect(await kubectl('api-versions')).not.toContain(group)
  }, 60_000)
})

describe.skipIf(!machine)('another kube-apiserver', () => {
  const group = 'boxes.example.com'
  let other: TestApiServer
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `boxes.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'boxes', singular: 'box', kind: 'Box', shortNames: ['bx'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { size: { type: 'integer', description: 'How large it is.' } } } },
            },
          },
        },
      ],
    },
  }
  /** Asked of the other server itself. */
  const there = (args: string[], input?: Json) =>
    succeed(
      'kubectl',
      [
        '--kubeconfig',
        '/dev/null',
        '--server',
        `https://127.0.0.1:${other.port}`,
        '--insecure-skip-tls-verify',
        '--token',
        'admin',
        ...args,
      ],
      {
        ...(input ? { input: JSON.stringify(input) } : {}),
      },
    )
  const box = (name: string, namespace: string, metadata: Json = {}): Json => ({
    apiVersion: `${group}/v1`,
    kind: 'Box',
    metadata: { name, namespace, ...metadata },
    spec: { size: 1 },
  })

  beforeAll(async () => {
    const pair = servingPair('boxes')
    const { data } = await json('get', 'configmap', 'extension-apiserver-authentication', '-n', 'kube-system')
    other = await startTestApiServer(folder, [
      '--bind-address=0.0.0.0',
      `--tls-cert-file=${folder.file('boxes.crt', pair.certificate)}`,
      `--tls-private-key-file=${folder.file('boxes.key', pair.key)}`,
      `--requestheader-client-ca-file=${folder.file('front-proxy-ca.crt', data['requestheader-client-ca-file'])}`,
      `--requestheader-allowed-names=${JSON.parse(data['requestheader-allowed-names']).join(',')}`,
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--token-auth-file=${folder.file('tokens.csv', 'admin,admin,1,"system:masters"\n')}`,
      '--authorization-mode=RBAC',
    ])
    await there(['create', '-f', '-'], definition)
    await there(['create', 'namespace', 'space'])
    // Whoever the cluster lets in may work with boxes there.
    await there(['create', 'clusterrole', 'boxes', '--verb=*', `--resource=boxes.${group}`])
    await there(['create', 'clusterrolebinding', 'boxes', '--clusterrole=boxes', '--group=system:authenticated'])
    await apply(...service('boxes', other.port), apiService('v1', group, 'boxes'))
    await untilAvailable(`v1.${group}`)
    await kubectl('create', 'namespace', 'space')
  }, 60_000)
  afterAll(() => other?.stop())

  test('is applied to, explained, watched and printed through the cluster', async () => {
    await apply(box('applied', 'space'))
    await apply({ ...box('applied', 'space'), spec: { size: 2 } })
    expect(await kubectl('get', 'bx', '-n', 'space', '-o', 'jsonpath={.items[*].spec.size}')).toBe('2')
    expect(await there(['get', 'boxes', '-n', 'space', '-o', 'name'])).toBe('box.boxes.example.com/applied\n')
    expect(await kubectl('explain', 'box.spec.size')).toContain('How large it is.')
    expect(await kubectl('get', 'boxes', '-A', '--no-headers')).toMatch(/^space +applied /)
    const wait = kubectl('wait', '--for=delete', 'box/applied', '-n', 'space', '--timeout=20s')
    await kubectl('delete', 'box', 'applied', '-n', 'space')
    await wait
  }, 60_000)

  test('has its objects counted, collected with their owners, and deleted with their namespace', async () => {
    await kubectl('create', 'quota', 'boxes', '-n', 'space', `--hard=count/boxes.${group}=5`)
    await apply(box('owner', 'space'))
    const uid = await kubectl('get', 'box', 'owner', '-n', 'space', '-o', 'jsonpath={.metadata.uid}')
    const owner = { apiVersion: `${group}/v1`, kind: 'Box', name: 'owner', uid }
    await apply(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'child', namespace: 'space', ownerReferences: [owner] } },
      box('child', 'space', { ownerReferences: [owner] }),
      box('alone', 'space'),
    )
    await kubectl('delete', 'box', 'owner', '-n', 'space', '--wait=false')
    await kubectl('wait', '--for=delete', 'box/child', 'configmap/child', '-n', 'space', '--timeout=30s')
    expect(await kubectl('get', 'boxes', '-n', 'space', '-o', 'name')).toBe('box.boxes.example.com/alone\n')
    await kubectl(
      'wait',
      `--for=jsonpath={.status.used.count/boxes\\.boxes\\.example\\.com}=1`,
      'quota/boxes',
      '-n',
      'space',
      '--timeout=30s',
    )
    await kubectl('delete', 'namespace', 'space', '--timeout=30s')
    expect(await there(['get', 'boxes', '-A', '-o', 'name'])).toBe('')
  }, 120_000)

  test('that is down holds up nothing but what it served, and comes back', async () => {
    await kubectl('create', 'namespace', 'held')
    await there(['create', 'namespace', 'held'])
    await apply(box('left', 'held'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gone', namespace: 'held' } })
    const slice = service('boxes', other.port)[1] as Json
    // Nobody is there any more: no probe is waited for.
    await kubectl('delete', 'endpointslice', 'boxes')
    await untilReason(`v1.${group}`, 'EndpointsNotFound')
    expect(await call('GET', `/apis/${group}/v1/boxes`)).toMatchObject({ status: 503, body: 'service unavailable\n' })
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { body } = await call('GET', '/apis', { accept })
    expect(JSON.parse(body).items.find((g: Json) => g['metadata'].name === group).versions).toEqual([
      { version: 'v1', resources: [], freshness: 'Stale' },
    ])
    // The rest of the API goes on: objects are collected, namespaces are emptied of what is served here.
    await kubectl('create', 'namespace', 'free')
    await kubectl('create', 'deployment', 'd', '-n', 'free', '--image=i')
    await kubectl('delete', 'deployment', 'd', '-n', 'free', '--cascade=foreground', '--timeout=20s')
    await kubectl('delete', 'namespace', 'held', '--wait=false')
    await kubectl('wait', '--for=delete', 'configmap/gone', '-n', 'held', '--timeout=20s')
    await kubectl('wait', '--for=condition=NamespaceDeletionDiscoveryFailure', 'namespace/held', '--timeout=20s')
    await apply(slice)
    await untilAvailable(`v1.${group}`)
    await kubectl('wait', '--for=delete', 'namespace/held', '--timeout=60s')
    expect(await there(['get', 'boxes', '-A', '-o', 'name'])).toBe('')
  }, 180_000)

  test('that is no longer asked for leaves no group behind', async () => {
    await kubectl('delete', 'apiservice', `v1.${group}`)
    expect(await kubectl('api-versions')).not.toContain(group)
    expect((await call('GET', `/apis/${group}/v1/boxes`)).status).toBe(404)
    await kubectl('create', 'namespace', 'after')
    await kubectl('delete', 'namespace', 'after', '--timeout=20s')
  }, 60_000)
})
