import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StatusError } from '../api/errors.ts'
import type { Transport, WatchEvent } from '../client/transport.ts'
import { noLog } from '../log/log.ts'
import type { Store } from '../store/store.ts'
import { openAccess } from './access.ts'
import { type ApiServer, createApiServer } from './api-server.ts'
import { createInProcessTransport } from './in-process.ts'
import { createMemoryStore } from './memory-store.ts'
import type { ApiObject } from './request.ts'

type Object = ApiObject & {
  data?: Record<string, string>
  spec?: Record<string, unknown>
  status?: Record<string, unknown>
  items?: Object[]
}

let store: Store
let server: ApiServer
let api: Transport

beforeEach(async () => {
  store = createMemoryStore()
  server = await createApiServer(
    {
      store,
      log: noLog,
      access: () => openAccess(),
    },
    { advertise: { host: '192.0.2.1', port: 6443 } },
  )
  await server.ready
  api = createInProcessTransport(server.handle)
})
afterEach(() => server.close())

const maps = '/api/v1/namespaces/default/configmaps'
const merge = 'application/merge-patch+json'
const create = (name: string, more: object = {}) =>
  api.request<Object>({ method: 'POST', path: maps, body: { metadata: { name, ...more } } })
const get = (path: string) => api.request<Object>({ method: 'GET', path })
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('was not refused')
    },
    (error: StatusError) => error.status,
  )

test('a new cluster has its namespaces, the kubernetes Service and its endpoints', async () => {
  const { items } = (await get('/api/v1/namespaces')) as { items?: Object[] }
  expect(items?.map((n) => n.metadata.name)).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system'])
  expect(await get('/api/v1/namespaces/default/endpoints/kubernetes')).toMatchObject({ subsets: [{ addresses: [{ ip: '192.0.2.1' }] }] })
})

describe('writes', () => {
  test('create answers the stored object, and again conflicts', async () => {
    const made = await create('a')
    expect(made).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', namespace: 'default' } })
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(await get(`${maps}/a`)).toEqual(made)
    expect(await refusal(create('a'))).toMatchObject({ code: 409, reason: 'AlreadyExists', message: 'configmaps "a" already exists' })
  })

  test('a generated name is the prefix and five characters', async () => {
    const made = await api.request<Object>({ method: 'POST', path: maps, body: { metadata: { generateName: 'x-' } } })
    expect(made.metadata.name).toMatch(/^x-[a-z0-9]{5}$/)
  })

  test('an update of an old version is refused, one without a version overwrites, one that changes nothing writes nothing', async () => {
    const { metadata } = await create('a')
    const put = (resourceVersion: string | undefined, value: string) =>
      api.request<Object>({ method: 'PUT', path: `${maps}/a`, body: { metadata: { name: 'a', resourceVersion }, data: { k: value } } })
    const second = await put(metadata.resourceVersion, '1')
    expect(await refusal(put(metadata.resourceVersion, '2'))).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    })
    const third = await put(undefined, '3')
    expect(Number(third.metadata.resourceVersion)).toBeGreaterThan(Number(second.metadata.resourceVersion))
    expect((await put(undefined, '3')).metadata.resourceVersion).toBe(third.metadata.resourceVersion)
  })

  test('concurrent patches all land', async () => {
    await create('a')
    const patch = (i: number) =>
      api.request({ method: 'PATCH', path: `${maps}/a`, contentType: merge, body: { data: { [`k${i}`]: String(i) } } })
    await Promise.all(Array.from({ length: 20 }, (_, i) => patch(i)))
    expect(Object.keys((await get(`${maps}/a`)).data ?? {})).toHaveLength(20)
  })

  test('a dry run is checked and not kept', async () => {
    await api.request({ method: 'POST', path: `${maps}?dryRun=All`, body: { metadata: { name: 'a' } } })
    expect(await refusal(get(`${maps}/a`))).toMatchObject({ code: 404, message: 'configmaps "a" not found' })
    expect(await refusal(api.request({ method: 'POST', path: `${maps}?dryRun=All`, body: { metadata: { name: 'A_b' } } }))).toMatchObject({
      code: 422,
    })
  })

  test('generation counts changes of the spec, not of metadata or status', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments'
    const template = { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
    await api.request({
      method: 'POST',
      path,
      body: { metadata: { name: 'd' }, spec: { selector: { matchLabels: { app: 'd' } }, template } },
    })
    const patch = async (sub: string, body: object) =>
      (await api.request<Object>({ method: 'PATCH', path: `${path}/d${sub}`, contentType: merge, body })).metadata.generation
    expect(await patch('', { metadata: { labels: { x: 'y' } } })).toBe(1)
    expect(await patch('/status', { status: { observedGeneration: 1, replicas: 1 }, spec: { replicas: 9 } })).toBe(1)
    expect(await patch('', { spec: { replicas: 3 } })).toBe(2)
    await api.request({ method: 'PATCH', path: `${path}/d/scale`, contentType: merge, body: { spec: { replicas: 5 } } })
    expect(await get(`${path}/d`)).toMatchObject({ metadata: { generation: 3 }, spec: { replicas: 5 }, status: { replicas: 1 } })
  })
})

describe('deletion', () => {
  const remove = (path: string, body?: object) => api.request<Object>({ method: 'DELETE', path, ...(body ? { body } : {}) })

  test('finalizers keep the object until the last one goes', async () => {
    await create('a', { finalizers: ['example.com/x'] })
    expect((await remove(`${maps}/a`)).metadata.deletionTimestamp).toBeDefined()
    await api.request({ method: 'PATCH', path: `${maps}/a`, contentType: merge, body: { metadata: { finalizers: null } } })
    expect(await refusal(get(`${maps}/a`))).toMatchObject({ code: 404 })
  })

  test.each([
    ['Foreground', ['foregroundDeletion']],
    ['Orphan', ['orphan']],
  ])('%s leaves the collector its finalizer', async (propagationPolicy, finalizers) => {
    await create('a')
    expect((await remove(`${maps}/a`, { propagationPolicy })).metadata.finalizers).toEqual(finalizers)
  })

  test('a precondition that does not hold is a conflict', async () => {
    await create('a')
    expect(await refusal(remove(`${maps}/a`, { preconditions: { uid: 'other' } }))).toMatchObject({ code: 409 })
  })

  test('a pod on a node gets its grace period, and only a shorter one after that', async () => {
    const path = '/api/v1/namespaces/default/pods'
    await api.request({
      method: 'POST',
      path,
      body: { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } },
    })
    const seconds = async (body?: object) => (await remove(`${path}/p`, body)).metadata.deletionGracePeriodSeconds
    expect(await seconds()).toBe(30)
    expect(await seconds({ gracePeriodSeconds: 5 })).toBe(5)
    expect(await seconds({ gracePeriodSeconds: 60 })).toBe(5)
    await remove(`${path}/p`, { gracePeriodSeconds: 0 })
    expect(await refusal(get(`${path}/p`))).toMatchObject({ code: 404 })
  })

  test('a namespace is marked, and goes when its last finalizer does', async () => {
    const path = '/api/v1/namespaces'
    await api.request({ method: 'POST', path, body: { metadata: { name: 'gone' } } })
    expect(await remove(`${path}/gone`)).toMatchObject({ status: { phase: 'Terminating' } })
    await api.request({ method: 'PUT', path: `${path}/gone/finalize`, body: { metadata: { name: 'gone' }, spec: { finalizers: [] } } })
    expect(await refusal(get(`${path}/gone`))).toMatchObject({ code: 404 })
  })

  test('a collection goes by selector', async () => {
    await Promise.all([create('a', { labels: { x: '1' } }), create('b', { labels: { x: '2' } }), create('c')])
    await remove(`${maps}?labelSelector=x`)
    expect(((await get(maps)).items ?? []).map((o) => o.metadata.name)).toEqual(['c'])
  })
})

describe('lists', () => {
  const names = (list: Object) => list.items?.map((o) => o.metadata.name)

  test('pages are all of the first one’s moment, until that is compacted', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await create(name)
    const first = await get(`${maps}?limit=2`)
    expect(names(first)).toEqual(['a', 'b'])
    const token = (first.metadata as unknown as { continue: string; remainingItemCount: number }).continue
    expect(first.metadata).toMatchObject({ remainingItemCount: 2 })
    await create('bb')
    await api.request({ method: 'DELETE', path: `${maps}/d` })
    const second = await get(`${maps}?limit=2&continue=${token}`)
    expect(names(second)).toEqual(['c', 'd'])
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    await store.compact(store.revision)
    const gone = await refusal(get(`${maps}?limit=2&continue=${token}`))
    expect(gone).toMatchObject({ code: 410, reason: 'Expired' })
    expect(names(await get(`${maps}?limit=9&continue=${gone.metadata?.continue}`))).toEqual(['bb', 'c'])
  })

  test('an exact version shows the past', async () => {
    await create('a')
    const then = (await create('b')).metadata.resourceVersion
    await create('c')
    expect(names(await get(`${maps}?resourceVersion=${then}&resourceVersionMatch=Exact`))).toEqual(['a', 'b'])
  })

  test('selectors', async () => {
    await create('a', { labels: { x: '1' } })
    await create('b', { labels: { x: '2' } })
    expect(names(await get(`${maps}?labelSelector=x%3D1`))).toEqual(['a'])
    expect(names(await get(`${maps}?fieldSelector=metadata.name%3Db`))).toEqual(['b'])
    expect(await refusal(get(`${maps}?fieldSelector=data.k%3D1`))).toMatchObject({ code: 400 })
  })
})

describe('watches', () => {
  async function take(path: string, count: number): Promise<[string, string][]> {
    const stop = new AbortController()
    const events: [string, string][] = []
    for await (const event of api.watch<Object>({ method: 'GET', path, signal: stop.signal }) as AsyncIterable<WatchEvent<Object>>) {
      events.push([event.type, event.object.metadata?.name ?? (event.object as { reason?: string }).reason ?? ''])
      if (events.length === count) break
    }
    stop.abort()
    return events
  }

  test('begin with what is there, or after a version', async () => {
    const { metadata } = await create('a')
    await create('b')
    expect(await take(`${maps}?watch=1`, 2)).toEqual([
      ['ADDED', 'a'],
      ['ADDED', 'b'],
    ])
    expect(await take(`${maps}?watch=1&resourceVersion=${metadata.resourceVersion}`, 1)).toEqual([['ADDED', 'b']])
  })

  test('an object that leaves the selection is deleted from it', async () => {
    const { metadata } = await create('a', { labels: { x: '1' } })
    await api.request({ method: 'PATCH', path: `${maps}/a`, contentType: merge, body: { data: { k: 'v' } } })
    await api.request({ method: 'PATCH', path: `${maps}/a`, contentType: merge, body: { metadata: { labels: { x: '2' } } } })
    const since = Number(metadata.resourceVersion) - 1
    expect((await take(`${maps}?watch=1&labelSelector=x%3D1&resourceVersion=${since}`, 3)).map(([type]) => type)).toEqual([
      'ADDED',
      'MODIFIED',
      'DELETED',
    ])
  })

  test('what the window no longer holds comes from the store’s history, then the present goes on', async () => {
    const { metadata } = await create('first')
    for (let i = 0; i < 2100; i++) await create(`m${i}`)
    const events = take(`${maps}?watch=1&resourceVersion=${metadata.resourceVersion}`, 2101)
    await create('last')
    const names = (await events).map(([, name]) => name)
    expect(names[0]).toBe('m0')
    expect(names.at(-1)).toBe('last')
    expect(new Set(names).size).toBe(2101)
  })

  test('a version that was compacted is too old', async () => {
    await create('a')
    await store.compact(store.revision)
    expect(await take(`${maps}?watch=1&resourceVersion=1`, 1)).toEqual([['ERROR', 'Expired']])
  })

  test('the initial events end with a bookmark where it is asked for', async () => {
    await create('a')
    const path = `${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`
    expect((await take(path, 2)).map(([type]) => type)).toEqual(['ADDED', 'BOOKMARK'])
  })
})

describe('subresources of pods', () => {
  const pods = '/api/v1/namespaces/default/pods'
  const pod = (name: string, spec: object = {}) =>
    api.request({
      method: 'POST',
      path: pods,
      body: { metadata: { name, labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } },
    })
  const post = (path: string, body: object) => api.request({ method: 'POST', path, body })

  test('a binding sets the node once, and ends what the pod was promised', async () => {
    await pod('p')
    await api.request({ method: 'PATCH', path: `${pods}/p/status`, contentType: merge, body: { status: { nominatedNodeName: 'n2' } } })
    const bind = () => post(`${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } })
    await bind()
    const bound = await get(`${pods}/p`)
    expect(bound).toMatchObject({ spec: { nodeName: 'n1' } })
    expect(bound).not.toHaveProperty('status.nominatedNodeName')
    expect(await refusal(bind())).toMatchObject({ code: 409, message: expect.stringContaining('already assigned to node "n1"') as string })
  })

  test('an eviction takes what the disruption budget allows, and no more', async () => {
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
    await post(budgets, { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } })
    const status = { observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 }
    await api.request({ method: 'PATCH', path: `${budgets}/b/status`, contentType: merge, body: { status } })
    for (const name of ['p', 'q']) {
      await pod(name, { nodeName: 'n' })
      const running = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
      await api.request({ method: 'PATCH', path: `${pods}/${name}/status`, contentType: merge, body: { status: running } })
    }
    await post(`${pods}/p/eviction`, { metadata: { name: 'p' } })
    expect(await refusal(post(`${pods}/q/eviction`, { metadata: { name: 'q' } }))).toMatchObject({ code: 429, reason: 'TooManyRequests' })
    expect(await get(`${budgets}/b`)).toMatchObject({
      status: { disruptionsAllowed: 0, disruptedPods: { p: expect.any(String) as string } },
    })
  })
})

test.each([
  ['GET', '/api/v1/namespaces/default/nothings', 404],
  ['GET', '/apis/none/v1/things', 404],
  ['POST', '/api/v1/configmaps', 405],
  ['DELETE', '/api/v1/namespaces', 405],
  ['OPTIONS', '/api/v1/namespaces/default/configmaps', 405],
  ['OPTIONS', '/api/v1/namespaces/default/pods/none/proxy', 404],
  ['OPTIONS', '/api/v1/namespaces/default/pods/none/log', 405],
  ['GET', '/version', 200],
  ['GET', '/readyz', 200],
  ['GET', '/apis/apps/v1', 200],
] as const)('%s %s answers %i', async (method, path, code) => {
  const status = await api.request({ method: method as 'GET', path, ...(method === 'POST' ? { body: {} } : {}) }).then(
    () => 200,
    (error: StatusError) => error.code,
  )
  expect(status).toBe(code)
})
