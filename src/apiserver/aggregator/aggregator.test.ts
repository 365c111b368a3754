/** Routing, discovery and availability with a server in this process and another API server beside it, over HTTPS. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { APIService } from '../../api/types/apiregistration-v1.ts'
import type { Transport, WatchEvent } from '../../client/transport.ts'
import { createCertificateAuthority, issueCertificate } from '../../pki/index.ts'
import { openAccess } from '../access.ts'
import { type ApiServer, createApiServer } from '../api-server.ts'
import { createInProcessTransport } from '../in-process.ts'
import { createMemoryStore } from '../memory-store.ts'
import type { Response } from '../server.ts'

const services = createCertificateAuthority('services')
const proxies = createCertificateAuthority('front-proxies')
const serving = issueCertificate(services, { commonName: 'other', hosts: ['other.default.svc'], usages: ['server'] })
const proxyClient = issueCertificate(proxies, { commonName: 'front-proxy-client', usages: ['client'] })
const caBundle = Buffer.from(services.certificate).toString('base64')
const noLog = { debug() {}, info() {}, warn() {}, error() {}, with: () => noLog } as never

type Handler = (req: IncomingMessage, res: ServerResponse) => void
const json = (res: ServerResponse, body: object, type = 'application/json') => {
  res.setHeader('content-type', type)
  res.end(JSON.stringify(body))
}
const list = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'wardle.example.com/v1alpha1',
  resources: [
    { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['get', 'list', 'watch'], shortNames: ['fl'] },
    { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
  ],
}
let paths: Record<string, Handler> = {}
let seen: IncomingMessage[] = []
let other: https.Server
let server: ApiServer
let api: Transport
let port = 0

const group = '/apis/wardle.example.com/v1alpha1'
const apiServicesPath = '/apis/apiregistration.k8s.io/v1/apiservices'
const name = 'v1alpha1.wardle.example.com'
const ask = (path: string, headers: Record<string, string> = {}, user: object = { name: 'jane', groups: ['a', 'b'], uid: '7' }) =>
  server.handle({
    method: 'GET',
    target: path,
    headers,
    credentials: { headers: {}, remoteAddress: '192.0.2.7' },
    body: () => Promise.resolve(Buffer.alloc(0)),
    user: user as never,
    signal: new AbortController().signal,
  })
const told = async (path: string): Promise<string> => {
  const { answer } = await ask(path)
  if (answer.kind === 'bytes') return `${answer.status} ${answer.bytes}`
  if (answer.kind === 'proxy') return `to ${answer.proxy.host}:${answer.proxy.port}${answer.proxy.path}`
  return answer.kind
}
const proxyOf = ({ answer }: Response) => (answer.kind === 'proxy' ? answer.proxy : undefined)

/** The first state of the APIService for which it holds. */
async function until(holds: (service: APIService) => boolean, of = name): Promise<APIService> {
  const stop = new AbortController()
  const path = `${apiServicesPath}?watch=true&fieldSelector=metadata.name%3D${of}`
  try {
    for await (const { object } of api.watch<APIService>({ method: 'GET', path, signal: stop.signal })) if (holds(object)) return object
    throw new Error('the watch ended')
  } finally {
    stop.abort()
  }
}
const condition = ({ status }: APIService) => status?.conditions?.find(({ type }) => type === 'Available')
const withReason = (reason: string) => (service: APIService) => condition(service)?.reason === reason

const register = (more: object = {}, of = name) => {
  const [version, ...rest] = of.split('.')
  return api.request<APIService>({
    method: 'POST',
    path: apiServicesPath,
    body: {
      metadata: { name: of },
      spec: {
        group: rest.join('.'),
        version,
        groupPriorityMinimum: 2000,
        versionPriority: 200,
        service: { namespace: 'default', name: 'other', port },
        caBundle,
        ...more,
      },
    },
  })
}
/** What is served is asked for after the APIService is available. */
async function discovered(
  accept: string,
): Promise<{ items?: { metadata: { name?: string }; versions: unknown[] }[]; groups?: { name: string }[] }> {
  return api.request({ method: 'GET', path: '/apis', headers: { accept } })
}
const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const versionsOf = async () => (await discovered(v2)).items?.find(({ metadata }) => metadata.name === 'wardle.example.com')?.versions
/** No event tells when discovery knows it. */
const eventually = async <T>(look: () => Promise<T>, holds: (found: T) => boolean): Promise<T> => {
  let found = await look()
  const lookAgain = async () => {
    found = await look()
    return holds(found)
  }
  await vi.waitUntil(lookAgain, { interval: 5, timeout: 5_000 })
  return found
}

beforeAll(async () => {
  other = https.createServer(
    { cert: serving.certificate, key: serving.key, ca: proxies.certificate, requestCert: true, rejectUnauthorized: true },
    (req, res) => {
      seen.push(req)
      const found = paths[(req.url as string).split('?')[0] as string]
      if (found) return found(req, res)
      res.statusCode = 404
      res.end('404 page not found\n')
    },
  )
  await new Promise<void>((done) => other.listen(0, 'localhost', done))
  port = (other.address() as AddressInfo).port
  server = await createApiServer(
    { store: createMemoryStore(), log: noLog, access: () => openAccess() },
    { advertise: { host: '192.0.2.1', port: 6443 }, aggregator: { proxyClient }, requestTimeoutMs: 60_000 },
  )
  await server.ready
  api = createInProcessTransport(server.handle)
  await api.request({
    method: 'POST',
    path: '/api/v1/namespaces/default/services',
    body: { metadata: { name: 'other' }, spec: { type: 'ExternalName', externalName: 'localhost' } },
  })
})
afterAll(async () => {
  await server.close()
  other.closeAllConnections()
  other.close()
})
beforeEach(async () => {
  seen = []
  paths = { [group]: (_req, res) => json(res, list) }
  await api.request({ method: 'DELETE', path: `${apiServicesPath}/${name}` }).catch(() => {})
})

test('a version without an APIService is no path', async () => {
  expect(await told(`${group}/flunders`)).toBe('404 404 page not found\n')
})

test('one whose service is not there is unavailable, and its conditions say why', async () => {
  await register({ service: { namespace: 'default', name: 'nowhere', port: 443 } })
  const service = await until(withReason('ServiceNotFound'))
  expect(condition(service)).toMatchObject({ status: 'False', message: 'service/nowhere in "default" is not present' })
  expect(await told(`${group}/flunders`)).toBe('503 service unavailable\n')
  expect(await told(group)).toBe('503 service unavailable\n')
  expect(await eventually(versionsOf, (found) => found !== undefined)).toEqual([{ version: 'v1alpha1', resources: [], freshness: 'Stale' }])
  await expect(api.request({ method: 'GET', path: group })).rejects.toMatchObject({ code: 503, reason: 'ServiceUnavailable' })
  // What it needs comes: its event has it looked at.
  await api.request({
    method: 'POST',
    path: '/api/v1/namespaces/default/services',
    body: { metadata: { name: 'nowhere' }, spec: { type: 'ExternalName', externalName: 'localhost' } },
  })
  await until(withReason('FailedDiscoveryCheck'))
  const metrics = server.metrics.render()
  expect(metrics).toContain(`aggregator_unavailable_apiservice{name="${name}"} 1`)
  expect(metrics).toContain('aggregator_unavailable_apiservice{name="v1.apps"} 0')
})

test('requests are passed on in the user’s name, and nobody else says whose they are', async () => {
  await register()
  expect(condition(await until(withReason('Passed')))).toMatchObject({ status: 'True', message: 'all checks passed' })
  const proxy = proxyOf(await ask(`${group}/namespaces/default/flunders?limit=5&watch=1`, { 'x-forwarded-for': '198.51.100.9' }))
  expect(proxy).toMatchObject({ protocol: 'https:', host: 'localhost', port, path: `${group}/namespaces/default/flunders?limit=5&watch=1` })
  expect(proxy?.headers).toMatchObject({
    'x-remote-user': 'jane',
    'x-remote-uid': '7',
    'x-remote-group': ['a', 'b'],
    'x-forwarded-for': '198.51.100.9, 192.0.2.7',
  })
  // The watch lasts as long as its client wants; others do not.
  expect(proxy?.server?.timeoutMs).toBeUndefined()
  expect(proxyOf(await ask(`${group}/flunders`))?.server?.timeoutMs).toBe(60_000)
  expect(proxyOf(await ask(`${group}/flunders?timeout=3s`))?.server?.timeoutMs).toBe(3_000)
  expect(proxyOf(await ask(group))?.server?.timeoutMs).toBe(5_000)
  expect(await told(`${group}x/flunders`)).toBe('404 404 page not found\n')
  const { answer } = await ask(`${group}/flunders`, {}, { name: 'a\nb', groups: [] })
  expect(answer).toMatchObject({ status: 503 })
})

test('callers in this process get objects, refusals and events as from this server', async () => {
  const object = { kind: 'Flunder', metadata: { name: 'f' } }
  let end = () => {}
  paths[`${group}/flunders`] = (req, res) => {
    if (!(req.url as string).includes('watch')) return json(res, { kind: 'FlunderList', metadata: {}, items: [object] })
    res.write(`${JSON.stringify({ type: 'ADDED', object })}\n`)
    end = () => void res.end(`${JSON.stringify({ type: 'DELETED', object })}\n`)
  }
  paths[`${group}/flunders/gone`] = (_req, res) => {
    res.statusCode = 409
    json(res, { kind: 'Status', status: 'Failure', code: 409, reason: 'Conflict', message: 'it is another' })
  }
  await register()
  await until(withReason('Passed'))
  expect(await api.request({ method: 'GET', path: `${group}/flunders` })).toMatchObject({ items: [object] })
  const refused = api.request({ method: 'PUT', path: `${group}/flunders/gone`, body: object })
  await expect(refused).rejects.toMatchObject({ code: 409, reason: 'Conflict', message: 'it is another' })
  const types: string[] = []
  for await (const { type } of api.watch({ method: 'GET', path: `${group}/flunders?watch=1` }) as AsyncIterable<WatchEvent>) {
    types.push(type)
    end()
  }
  expect(types).toEqual(['ADDED', 'DELETED'])
  expect(seen.at(-1)?.headers).toMatchObject({
    'x-remote-user': 'system:apiserver',
    'x-remote-group': 'system:masters, system:authenticated',
  })
})

test('a watch of a caller in this process ends when he leaves', async () => {
  let left: Promise<void> | undefined
  paths[`${group}/flunders`] = (_req, res) => {
    left = new Promise((done) => res.once('close', done))
    res.write(`${JSON.stringify({ type: 'ADDED', object: {} })}\n`)
  }
  await register()
  await until(withReason('Passed'))
  const stop = new AbortController()
  for await (const _event of api.watch({ method: 'GET', path: `${group}/flunders?watch=1`, signal: stop.signal })) stop.abort()
  await left
})

test('what an old server serves is told by its list of resources', async () => {
  await register()
  expect(await eventually(versionsOf, (found) => JSON.stringify(found)?.includes('Current') ?? false)).toEqual([
    {
      version: 'v1alpha1',
      freshness: 'Current',
      resources: [
        {
          resource: 'flunders',
          responseKind: { group: '', version: '', kind: 'Flunder' },
          scope: 'Namespaced',
          singularResource: 'flunder',
          verbs: ['get', 'list', 'watch'],
          shortNames: ['fl'],
          subresources: [{ subresource: 'status', responseKind: { group: '', version: '', kind: 'Flunder' }, verbs: ['get'] }],
        },
      ],
    },
  ])
  const { groups } = await discovered('application/json')
  expect(groups?.at(-1)?.name).toBe('wardle.example.com')
})

test('what a newer server serves is told as it says, each version by its own APIService', async () => {
  const version = (v: string) => ({
    version: v,
    resources: [{ resource: v, scope: 'Cluster', verbs: ['get'], responseKind: null }],
    freshness: 'Current',
  })
  paths['/apis'] = (_req, res) =>
    json(res, { items: [{ metadata: { name: 'wardle.example.com' }, versions: [version('v1'), version('v1alpha1')] }] }, v2)
  paths['/apis/wardle.example.com/v1'] = (_req, res) => json(res, list)
  paths['/openapi/v3'] = (_req, res) =>
    json(res, {
      paths: {
        'apis/wardle.example.com/v1alpha1': { serverRelativeURL: `/openapi/v3${group}?hash=1` },
        'apis/wardle.example.com/v1': { serverRelativeURL: 'https://elsewhere.example.com/' },
        'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1?hash=theirs' },
      },
    })
  await register()
  await register({ versionPriority: 300 }, 'v1.wardle.example.com')
  try {
    const found = await eventually(versionsOf, (all) => JSON.stringify(all)?.match(/Current/g)?.length === 2)
    expect(found).toEqual(
      ['v1', 'v1alpha1'].map((v) => ({
        version: v,
        freshness: 'Current',
        resources: [{ resource: v, scope: 'Cluster', verbs: ['get'], responseKind: { group: '', version: '', kind: '' } }],
      })),
    )
    const { paths: linked } = await api.request<{ paths: Record<string, { serverRelativeURL: string }> }>({
      method: 'GET',
      path: '/openapi/v3',
    })
    expect(linked['apis/wardle.example.com/v1alpha1']?.serverRelativeURL).toBe(`/openapi/v3${group}?hash=1`)
    expect(linked['apis/wardle.example.com/v1']).toBeUndefined()
    expect(linked['apis/apps/v1']?.serverRelativeURL).not.toContain('theirs')
    expect(await told(`/openapi/v3${group}?hash=1`)).toBe(`to localhost:${port}/openapi/v3${group}?hash=1`)
  } finally {
    await api.request({ method: 'DELETE', path: `${apiServicesPath}/v1.wardle.example.com` })
  }
})

test('groups stand by their priority', async () => {
  await register({ groupPriorityMinimum: 17750 })
  await until(withReason('Passed'))
  const { groups = [] } = await discovered('application/json')
  expect(groups.map(({ name: of }) => of).slice(0, 4)).toEqual(['apiregistration.k8s.io', 'apps', 'events.k8s.io', 'wardle.example.com'])
})

test.each<[string, Handler | undefined, object, string]>([
  ['no such path', (_req, res) => void res.writeHead(404).end(), {}, `bad status from https://localhost:PORT${group}: 404`],
  [
    'a redirect',
    (_req, res) => void res.writeHead(302, { location: '/' }).end(),
    {},
    `bad status from https://localhost:PORT${group}: 302`,
  ],
  ['a broken connection', (req) => void req.socket.destroy(), {}, 'socket hang up'],
  [
    'another authority',
    undefined,
    { caBundle: Buffer.from(proxies.certificate).toString('base64') },
    'certificate signed by unknown authority',
  ],
  [
    'another name',
    undefined,
    { service: { namespace: 'default', name: 'nowhere', port: 0 } },
    "Host: nowhere.default.svc. is not in the cert's altnames",
  ],
])('a server is not available: %s', async (_name, handler, more, message) => {
  if (handler) paths[group] = handler
  const spec = 'service' in more ? { service: { namespace: 'default', name: 'nowhere', port } } : more
  await register(spec)
  const said = condition(await until(withReason('FailedDiscoveryCheck')))?.message
  expect(said).toContain(`failing or missing response from https://localhost:${port}${group}: `)
  expect(said).toContain(message.replace('PORT', String(port)))
})

test('insecureSkipTLSVerify trusts anybody', async () => {
  await register({ caBundle: undefined, insecureSkipTLSVerify: true })
  await until(withReason('Passed'))
})

test('an APIService of a version that is served here takes its place, and gives it back', async () => {
  const autoscaling = `${apiServicesPath}/v1.autoscaling`
  const local = await api.request<APIService>({ method: 'GET', path: autoscaling })
  expect(condition(local)).toMatchObject({ status: 'True', reason: 'Local' })
  paths['/apis/autoscaling/v1'] = (_req, res) => json(res, list)
  const service = { namespace: 'default', name: 'other', port }
  await api.request({ method: 'PUT', path: autoscaling, body: { ...local, spec: { ...local.spec, service, caBundle } } })
  await until(withReason('Passed'), 'v1.autoscaling')
  expect(await told('/apis/autoscaling/v1/horizontalpodautoscalers')).toMatch(/^to localhost/)
  const now = await api.request<APIService>({ method: 'GET', path: autoscaling })
  await api.request({ method: 'PUT', path: autoscaling, body: { ...now, spec: local.spec } })
  await until(withReason('Local'), 'v1.autoscaling')
  expect(await told('/apis/autoscaling/v1/horizontalpodautoscalers')).toBe('list')
})

test('APIServices of what is built in are put right at a start, unless they are somebody’s own', async () => {
  const store = createMemoryStore()
  const started = async () => {
    const one = await createApiServer({ store, log: noLog, access: () => openAccess() }, { advertise: { host: '192.0.2.1', port: 6443 } })
    await one.ready
    return { one, with: createInProcessTransport(one.handle) }
  }
  const first = await started()
  for (const [of, labels] of [
    ['v1.batch', { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' }],
    ['v1.policy', {}],
  ] as const) {
    const service = await first.with.request<APIService>({ method: 'GET', path: `${apiServicesPath}/${of}` })
    const body = { ...service, metadata: { ...service.metadata, labels }, spec: { ...service.spec, versionPriority: 99 } }
    await first.with.request({ method: 'PUT', path: `${apiServicesPath}/${of}`, body })
  }
  await first.one.close()
  const second = await started()
  const priorityOf = async (of: string) =>
    (await second.with.request<APIService>({ method: 'GET', path: `${apiServicesPath}/${of}` })).spec.versionPriority
  expect([await priorityOf('v1.batch'), await priorityOf('v1.policy')]).toEqual([15, 99])
  await second.one.close()
})

test('the API of APIServices is nobody else’s', async () => {
  await api.request({ method: 'DELETE', path: `${apiServicesPath}/v1.apiregistration.k8s.io` }).catch(() => {})
  await register({}, 'v1.apiregistration.k8s.io')
  expect(await told(apiServicesPath)).toBe('list')
  await api.request({ method: 'DELETE', path: `${apiServicesPath}/v1.apiregistration.k8s.io` })
})

test('a version whose APIService is deleted is gone', async () => {
  await register()
  await until(withReason('Passed'))
  await api.request({ method: 'DELETE', path: `${apiServicesPath}/${name}` })
  expect(await told(`${group}/flunders`)).toBe('404 404 page not found\n')
  expect(await versionsOf()).toBeUndefined()
})
