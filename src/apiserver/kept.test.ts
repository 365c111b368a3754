/** What the server keeps by itself: each row deletes or changes an object, and waits for what must be there again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiRequest, Transport } from '../client/transport.ts'
import { noLog } from '../log/log.ts'
import type { Clock } from '../store/embedded/leases.ts'
import { openEmbeddedStore } from '../store/embedded.ts'
import type { Store } from '../store/store.ts'
import { createAccess } from './access.ts'
import { type ApiServer, createApiServer } from './api-server.ts'
import { identityOf } from './identity.ts'
import { createInProcessTransport } from './in-process.ts'
import { createMemoryStore } from './memory-store.ts'
import { fixed } from './reloadable.ts'
import { joinServers } from './servers.ts'

let server: ApiServer
let api: Transport
interface Options {
  readonly host?: string
  readonly port?: number
  readonly eventTtlSeconds?: number
  readonly now?: () => Date
}
const start = (store: Store, { host = '192.0.2.1', port = 6443, eventTtlSeconds = 3600, now = () => new Date() }: Options = {}) =>
  createApiServer(
    {
      store,
      log: noLog,
      now,
      access: (deps) =>
        createAccess(deps, {
          anonymous: { enabled: false },
          bootstrapTokens: false,
          clientCa: 'a certificate',
          authorizers: fixed([{ type: 'AlwaysAllow', name: 'all' }]),
          admission: { enable: [], disable: [], configuration: {} },
        }),
    },
    { advertise: { host, port, serviceRanges: ['10.96.0.0/16'] }, services: { eventTtlSeconds } },
  )
beforeAll(async () => {
  server = await start(createMemoryStore())
  await server.ready
  api = createInProcessTransport(server.handle)
})
afterAll(() => server.close())

/** The first state of an object, from its present one on, that shows `wanted`. */
async function comesTo(path: string, wanted: object): Promise<{ metadata: { uid: string; name: string }; spec?: object }> {
  const at = path.lastIndexOf('/')
  const watch = `${path.slice(0, at)}?watch=true&fieldSelector=metadata.name=${path.slice(at + 1)}`
  for await (const { type, object } of api.watch<Awaited<ReturnType<typeof comesTo>>>({ method: 'GET', path: watch }))
    if (type !== 'DELETED' && expect.objectContaining(wanted).asymmetricMatch(object)) return object
  throw new Error('the watch ended')
}

const default_ = '/api/v1/namespaces/default'
const system = '/api/v1/namespaces/kube-system'
const flow = '/apis/flowcontrol.apiserver.k8s.io/v1'

test.each<[path: string, wanted: object]>([
  ['/api/v1/namespaces/kube-node-lease', {}],
  [`${default_}/services/kubernetes`, { spec: expect.objectContaining({ clusterIP: '10.96.0.1' }) }],
  [`${default_}/endpoints/kubernetes`, { subsets: [expect.objectContaining({ addresses: [{ ip: '192.0.2.1' }] })] }],
  ['/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes', { addressType: 'IPv4' }],
  ['/apis/networking.k8s.io/v1/servicecidrs/kubernetes', { spec: { cidrs: ['10.96.0.0/16'] } }],
  [`${system}/configmaps/extension-apiserver-authentication`, { data: { 'client-ca-file': 'a certificate' } }],
  [`${system}/configmaps/kube-apiserver-legacy-service-account-token-tracking`, { data: { since: expect.stringMatching(/^\d{4}-/) } }],
  [`${flow}/flowschemas/catch-all`, {}],
  [`${flow}/flowschemas/probes`, {}],
  [`${flow}/prioritylevelconfigurations/workload-low`, {}],
])('%s comes back when it is deleted', async (path, wanted) => {
  const { metadata } = await comesTo(path, wanted)
  // A namespace or a range of addresses waits for those that finalize it, who do not run here: it is emptied of them.
  await api.request({ method: 'DELETE', path })
  const left = await api.request<{ metadata: { finalizers?: string[] }; spec?: object }>({ method: 'GET', path }).catch(() => undefined)
  if (left?.metadata.finalizers)
    await api.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: { metadata: { finalizers: null } } })
  else if (path.startsWith('/api/v1/namespaces/kube-node'))
    await api.request({ method: 'PUT', path: `${path}/finalize`, body: { ...left, spec: { finalizers: [] } } })
  await comesTo(path, { ...wanted, metadata: expect.toSatisfy((m: { uid: string }) => m.uid !== metadata.uid) })
})

test.each<[path: string, patch: object, wanted: object]>([
  [`${default_}/endpoints/kubernetes`, { subsets: [] }, { subsets: [expect.objectContaining({ addresses: [{ ip: '192.0.2.1' }] })] }],
  [
    `${system}/configmaps/kube-apiserver-legacy-service-account-token-tracking`,
    { data: { since: '9999-01-01' } },
    { data: { since: new Date().toISOString().slice(0, 10) } },
  ],
  [`${flow}/flowschemas/probes`, { spec: { matchingPrecedence: 77 } }, { spec: expect.objectContaining({ matchingPrecedence: 2 }) }],
])('%s is put right when it is changed to %j', async (path, body, wanted) => {
  await api.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body })
  await comesTo(path, wanted)
})

test('the seats of the exempt level are as somebody wants them, and nothing else of it is', async () => {
  const patch = (path: string, spec: object) =>
    api.request<{ metadata: { resourceVersion: string } }>({
      method: 'PATCH',
      path: `${flow}/${path}`,
      contentType: 'application/merge-patch+json',
      body: { spec },
    })
  const exempt = 'prioritylevelconfigurations/exempt'
  const { metadata } = await patch(exempt, { exempt: { nominalConcurrencyShares: 7, lendablePercent: 50 } })
  // What puts the other right has looked at all of them, at the levels first.
  await patch('flowschemas/probes', { matchingPrecedence: 78 })
  await comesTo(`${flow}/flowschemas/probes`, { spec: expect.objectContaining({ matchingPrecedence: 2 }) })
  expect(await api.request({ method: 'GET', path: `${flow}/${exempt}` })).toMatchObject({
    metadata,
    spec: { exempt: { nominalConcurrencyShares: 7 } },
  })
  await expect(patch(exempt, { type: 'Limited', limited: {} })).rejects.toMatchObject({
    status: { code: 422, message: expect.stringContaining("spec of 'exempt' except the 'spec.exempt' field must equal the fixed value") },
  })
})

test('a flow schema says whether its priority level is there', async () => {
  const spec = { priorityLevelConfiguration: { name: 'mine' }, rules: [] }
  const level = { metadata: { name: 'mine' }, spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } }
  const dangling = (status: string, reason: string, message: string) => ({
    status: { conditions: [expect.objectContaining({ type: 'Dangling', status, reason, message: expect.stringContaining(message) })] },
  })
  await api.request({ method: 'POST', path: `${flow}/flowschemas`, body: { metadata: { name: 'mine' }, spec } })
  await comesTo(`${flow}/flowschemas/mine`, dangling('True', 'NotFound', '"mine" but there is no such object'))
  await api.request({ method: 'POST', path: `${flow}/prioritylevelconfigurations`, body: level })
  await comesTo(`${flow}/flowschemas/mine`, dangling('False', 'Found', '"mine" and it exists'))
  await api.request({ method: 'DELETE', path: `${flow}/prioritylevelconfigurations/mine` })
  await comesTo(`${flow}/flowschemas/mine`, dangling('True', 'NotFound', '"mine" but there is no such object'))
})

test('the server has a lease by which it is known', async () => {
  const name = identityOf(hostname())
  expect(name).toMatch(/^apiserver-[a-z2-7]{26}$/)
  const labels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': hostname() }
  const lease = await comesTo(`/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`, {
    metadata: expect.objectContaining({ labels }),
  })
  expect(lease.spec).toMatchObject({ leaseDurationSeconds: 3600, holderIdentity: expect.stringContaining(`${name}_`) })
  expect(identityOf('a')).not.toBe(identityOf('b'))
})

test('servers on one store all stand in the endpoints, until they leave', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-servers-'))
  const store = await openEmbeddedStore({ dataDir: folder })
  const first = await joinServers(store, '192.0.2.1', noLog)
  const changes: (() => void)[] = []
  const change = () => new Promise<void>((resolve) => changes.push(resolve))
  first.follow(() => changes.shift()?.())
  const joined = change()
  const second = await joinServers(store, '192.0.2.2', noLog)
  await joined
  expect(await first.addresses()).toEqual(['192.0.2.1', '192.0.2.2'])
  const left = change()
  await second.leave()
  await left
  expect(await first.addresses()).toEqual(['192.0.2.1'])
  await first.leave()
  await store.close()
  rmSync(folder, { recursive: true })
})

test('another address and port than at the last start stand in the Service and the endpoints', async () => {
  const store = createMemoryStore()
  const before = await start(store)
  await before.ready
  await before.close()
  const after = await start(store, { host: '192.0.2.9', port: 7443 })
  await after.ready
  const get = (path: string): Promise<object> =>
    createInProcessTransport(after.handle).request({ method: 'GET', path } satisfies ApiRequest)
  expect(await get(`${default_}/services/kubernetes`)).toMatchObject({ spec: { ports: [{ port: 443, targetPort: 7443 }] } })
  expect(await get(`${default_}/endpoints/kubernetes`)).toMatchObject({
    subsets: [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ port: 7443 }] }],
  })
  await after.close()
})

test('events end when their time is over, of both groups and after their last change', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kijabi-events-'))
  // The store's clock: it hurries when the test says so.
  let ahead = 0
  const waiting = new Map<object, { at: number; run: () => void }>()
  const now = () => performance.now() + ahead
  const clock: Clock = {
    now,
    setTimeout(run, ms) {
      const timer = { unref() {} }
      waiting.set(timer, { at: now() + ms, run })
      return timer
    },
    clearTimeout: (timer) => void waiting.delete(timer as object),
  }
  const pass = (seconds: number) => {
    ahead += seconds * 1000
    for (const [timer, { at, run }] of waiting) if (at <= now() && waiting.delete(timer)) run()
  }
  const store = await openEmbeddedStore({ dataDir: folder, clock })
  const events = await start(store, { eventTtlSeconds: 20, now: () => new Date(now()) })
  await events.ready
  const client = createInProcessTransport(events.handle)
  const path = `${default_}/events`
  const event = (name: string) => ({ metadata: { name }, involvedObject: { namespace: 'default' }, type: 'Normal' })
  const names = async () =>
    (await client.request<{ items: { metadata: { name: string } }[] }>({ method: 'GET', path })).items.map((e) => e.metadata.name)
  const gone = (name: string) => ended(client, `${path}?watch=true&fieldSelector=metadata.name=${name}`)
  await client.request({ method: 'POST', path, body: event('core') })
  await client.request({ method: 'POST', path, body: event('seen-again') })
  const regarding = { namespace: 'default' }
  const rest = {
    reason: 'r',
    action: 'a',
    type: 'Normal',
    reportingController: 'c',
    reportingInstance: 'i',
    eventTime: '2026-01-01T00:00:00.000000Z',
  }
  await client.request({
    method: 'POST',
    path: '/apis/events.k8s.io/v1/namespaces/default/events',
    body: { metadata: { name: 'new' }, regarding, ...rest },
  })
  pass(15)
  await client.request({ method: 'PATCH', path: `${path}/seen-again`, contentType: 'application/merge-patch+json', body: { count: 2 } })
  expect(await names()).toEqual(['core', 'new', 'seen-again'])
  pass(7)
  await Promise.all([gone('core'), gone('new')])
  expect(await names()).toEqual(['seen-again'])
  pass(15)
  await gone('seen-again')
  await events.close()
  await store.close()
  rmSync(folder, { recursive: true })
})

/** Resolves when the watch tells of a deletion, or finds nothing. */
async function ended(client: Transport, watch: string): Promise<void> {
  const path = watch.replace('watch=true&', '')
  const { metadata, items } = await client.request<{ metadata: { resourceVersion: string }; items: object[] }>({ method: 'GET', path })
  if (items.length === 0) return
  for await (const { type } of client.watch({ method: 'GET', path: `${watch}&resourceVersion=${metadata.resourceVersion}` }))
    if (type === 'DELETED') return
}
