/**
 * What the conformance programme asks of the API's machinery (its [sig-api-machinery] entries): discovery, field validation,
 * pages, watches and the forms of answers. Requests are made as the front makes them, headers and bytes included.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Transport, WatchEvent } from '../client/transport.ts'
import { noLog } from '../log/log.ts'
import type { Store } from '../store/store.ts'
import { createAccess } from './access.ts'
import { type ApiServer, createApiServer } from './api-server.ts'
import { encodeAnswer } from './encode.ts'
import { createInProcessTransport } from './in-process.ts'
import { createMemoryStore } from './memory-store.ts'
import { fixed } from './reloadable.ts'

interface Body {
  readonly [field: string]: unknown
  readonly kind?: string
  readonly apiVersion?: string
  readonly message?: string
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number }
  readonly items: readonly { readonly metadata: { readonly name: string; readonly resourceVersion: string } }[]
}
interface Asked {
  readonly status: number
  readonly type: string
  readonly warnings: readonly string[]
  readonly body: Body
}

let store: Store
let server: ApiServer
let api: Transport
beforeAll(async () => {
  store = createMemoryStore()
  server = await createApiServer(
    {
      store,
      log: noLog,
      access: (deps) =>
        createAccess(deps, {
          anonymous: { enabled: false },
          bootstrapTokens: false,
          authorizers: fixed([{ type: 'AlwaysAllow', name: 'all' }]),
          admission: { enable: [], disable: [], configuration: {} },
        }),
    },
    { advertise: { host: '192.0.2.1', port: 6443 } },
  )
  await server.ready
  api = createInProcessTransport(server.handle)
})
afterAll(() => server.close())

async function ask(method: string, target: string, headers: Record<string, string> = {}, text = ''): Promise<Asked> {
  const bytes = Buffer.from(text)
  const response = await server.handle({
    method,
    target,
    headers: { ...headers, ...(text ? { 'content-length': String(bytes.length) } : {}) },
    credentials: { headers: {}, remoteAddress: '192.0.2.7' },
    body: () => Promise.resolve(bytes),
    user: { name: 'admin', groups: ['system:masters'] },
    signal: new AbortController().signal,
  })
  const { answer, form, info, warnings } = response
  if (answer.kind === 'error')
    return { status: answer.error.code, type: 'application/json', warnings, body: answer.error.status as unknown as Body }
  if (answer.kind === 'watch' || answer.kind === 'proxy') throw new Error(`a ${answer.kind} has no body`)
  const { status, type, bytes: sent } = encodeAnswer(answer, form, info.query)
  return { status, type, warnings, body: JSON.parse(sent.toString()) as Body }
}
const get = (target: string, accept = 'application/json') => ask('GET', target, { accept })

describe('discovery', () => {
  const aggregated = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`

  test('the documents name each group’s versions, its preferred one among them, and each version its resources', async () => {
    const { body } = await get('/apis')
    const groups = body['groups'] as { name: string; versions: { groupVersion: string }[]; preferredVersion: { groupVersion: string } }[]
    expect(body.kind).toBe('APIGroupList')
    expect(groups.map(({ name }) => name)).toEqual(expect.arrayContaining(['apps', 'batch', 'flowcontrol.apiserver.k8s.io']))
    for (const { name, versions, preferredVersion } of groups) {
      const named = versions.map(({ groupVersion }) => groupVersion)
      expect(named, name).toContain(preferredVersion.groupVersion)
      expect((await get(`/apis/${name}`)).body).toMatchObject({ kind: 'APIGroup', name, preferredVersion })
      for (const groupVersion of named) {
        const { body: list } = await get(`/apis/${groupVersion}`)
        expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion })
        expect((list['resources'] as object[]).length, groupVersion).toBeGreaterThan(0)
      }
    }
  })

  test.each([
    ['flowschemas', 'FlowSchema'],
    ['flowschemas/status', 'FlowSchema'],
    ['prioritylevelconfigurations', 'PriorityLevelConfiguration'],
    ['prioritylevelconfigurations/status', 'PriorityLevelConfiguration'],
  ])('priority and fairness has %s', async (name, kind) => {
    const { body } = await get('/apis/flowcontrol.apiserver.k8s.io/v1')
    expect(body['resources']).toContainEqual(expect.objectContaining({ name, kind, namespaced: false }))
  })

  test.each([
    ['/api', 'v1', 'pods'],
    ['/apis', 'apps', 'deployments'],
  ])('%s is one document where the client asks for it', async (path, where, resource) => {
    const { status, type, body } = await get(path, aggregated('v2'))
    expect({ status, type, kind: body.kind, apiVersion: body.apiVersion }).toEqual({
      status: 200,
      type: aggregated('v2'),
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
    })
    const items = body.items as unknown as {
      metadata: { name?: string }
      versions: { version: string; resources: { resource: string }[] }[]
    }[]
    const group = items.find(({ metadata, versions }) => metadata.name === where || versions[0]?.version === where)
    expect(group?.versions[0]?.resources.map((r) => r.resource)).toContain(resource)
  })

  test.each<[string, string, string]>([
    ['the newest of several', `${aggregated('v2')},${aggregated('v2beta1')},application/json`, 'APIGroupDiscoveryList'],
    ['plain JSON', 'application/json', 'APIGroupList'],
    ['anything', '*/*', 'APIGroupList'],
    ['a version that nobody knows, or plain', `${aggregated('v9')},application/json`, 'APIGroupList'],
  ])('a client that accepts %s', async (_what, accept, kind) => {
    expect(await get('/apis', accept)).toMatchObject({ status: 200, body: { kind } })
  })
})

describe('field validation', () => {
  const path = '/apis/apps/v1/namespaces/default/deployments'
  const yaml = (name: string, extra: string, metadata = '') => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
${metadata}
spec:
  selector: {matchLabels: {a: b}}
${extra}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: c}]}
`
  const unknown = '  unknownField: value'
  const twice = '  paused: true\n  paused: true'
  test.each<[what: string, mode: string, text: string, status: number, says: RegExp | undefined, warns: RegExp[]]>([
    ['an unknown field', 'Strict', yaml('u1', unknown), 400, /strict decoding error: unknown field "spec.unknownField"/, []],
    ['an unknown field', 'Warn', yaml('u2', unknown), 201, undefined, [/^unknown field "spec.unknownField"$/]],
    ['an unknown field', 'Ignore', yaml('u3', unknown), 201, undefined, []],
    ['a field twice', 'Strict', yaml('t1', twice), 400, /strict decoding error: .*key "paused" already set in map/s, []],
    ['a field twice', 'Warn', yaml('t2', twice), 201, undefined, [/key "paused" already set in map/]],
    [
      'unknown metadata',
      'Strict',
      yaml('m1', '', '  unknownMeta: value'),
      400,
      /strict decoding error: unknown field "metadata.unknownMeta"/,
      [],
    ],
    ['unknown metadata', 'Warn', yaml('m2', '', '  unknownMeta: value'), 201, undefined, [/^unknown field "metadata.unknownMeta"$/]],
  ])('%s: %s', async (_what, mode, text, status, says, warns) => {
    const {
      body,
      warnings,
      status: answered,
    } = await ask('POST', `${path}?fieldValidation=${mode}`, { 'content-type': 'application/yaml' }, text)
    expect(answered).toBe(status)
    if (says) expect(body.message).toMatch(says)
    expect(warnings).toHaveLength(warns.length)
    for (const [i, warning] of warns.entries()) expect(warnings[i]).toMatch(warning)
  })

  test.each<[what: string, type: string, patch: string, says: RegExp]>([
    [
      'a merge patch',
      'application/merge-patch+json',
      '{"spec":{"unknownField":1,"paused":true,"paused":false}}',
      /unknown field "spec.unknownField"/,
    ],
    ['a strategic patch', 'application/strategic-merge-patch+json', '{"spec":{"unknownField":1}}', /unknown field "spec.unknownField"/],
    [
      'an apply',
      'application/apply-patch+yaml',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: u3}\nspec: {unknownField: 1}',
      /unknownField: field not declared in schema|unknown field "spec.unknownField"/,
    ],
  ])('an unknown field in %s is refused, and nothing is changed', async (_what, type, patch, says) => {
    const before = await get(`${path}/u3`)
    const { status, body } = await ask('PATCH', `${path}/u3?fieldValidation=Strict&fieldManager=f`, { 'content-type': type }, patch)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(body.message).toMatch(says)
    expect((await get(`${path}/u3`)).body).toEqual(before.body)
  })
})

describe('pages', () => {
  const path = '/api/v1/namespaces/pages/podtemplates'
  const count = 400
  beforeAll(async () => {
    await api.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'pages' } } })
    const template = { spec: { containers: [{ name: 'c', image: 'c' }] } }
    await Promise.all(
      Array.from({ length: count }, (_, i) =>
        api.request({ method: 'POST', path, body: { metadata: { name: `t-${String(i).padStart(4, '0')}` }, template } }),
      ),
    )
  })
  const follow = async (limit: number): Promise<Body[]> => {
    const pages: Body[] = []
    for (let token = ''; ; ) {
      const { body } = await get(`${path}?limit=${limit}${token ? `&continue=${token}` : ''}`)
      pages.push(body)
      token = body.metadata.continue ?? ''
      if (!token) return pages
    }
  }

  test.each([17, 100, 399, 400, 1000])('of %i hold each object once, at one version, and tell how many are left', async (limit) => {
    const pages = await follow(limit)
    expect(new Set(pages.map(({ metadata }) => metadata.resourceVersion)).size).toBe(1)
    const names = pages.flatMap(({ items }) => items.map(({ metadata }) => metadata.name))
    expect(names).toEqual(Array.from({ length: count }, (_, i) => `t-${String(i).padStart(4, '0')}`))
    let left = count
    for (const { items, metadata } of pages) {
      left -= items.length
      expect(metadata.remainingItemCount).toBe(left === 0 ? undefined : left)
    }
    expect((await get(path)).body.items).toHaveLength(count)
  })

  test('a token whose version was compacted is gone, with another that goes on at the present', async () => {
    const { body: first } = await get(`${path}?limit=40`)
    await api.request({ method: 'DELETE', path: `${path}/t-0399` })
    await store.compact(store.revision)
    const gone = await get(`${path}?limit=40&continue=${first.metadata.continue}`)
    expect(gone).toMatchObject({ status: 410, body: { reason: 'Expired', metadata: { continue: expect.any(String) } } })
    const { body: rest } = await get(`${path}?limit=400&continue=${gone.body.metadata.continue}`)
    expect(rest.items).toHaveLength(count - 40 - 1)
    expect(rest.items[0]?.metadata.name).toBe('t-0040')
    expect(Number(rest.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion))
  })
})

test('what has no metadata of its own is in no table', async () => {
  const text = JSON.stringify({ spec: { nonResourceAttributes: { path: '/', verb: 'get' } } })
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io', 'content-type': 'application/json' }
  const { status, body } = await ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', headers, text)
  expect({ status, reason: body['reason'] }).toEqual({ status: 406, reason: 'NotAcceptable' })
})

test('the version has a major and a minor number', async () => {
  expect((await get('/version')).body).toMatchObject({ major: '1', minor: '36', gitVersion: expect.stringMatching(/^v1\.36\./) })
})

describe('watches', () => {
  const path = '/api/v1/namespaces/default/configmaps'
  type Event = WatchEvent<{ metadata: { name: string; resourceVersion: string } }>
  const write = (method: 'POST' | 'PATCH' | 'DELETE', name: string, body?: object) =>
    api.request<{ metadata: { resourceVersion: string } }>({
      method,
      path: method === 'POST' ? path : `${path}/${name}`,
      ...(body ? { body } : {}),
      ...(method === 'PATCH' ? { contentType: 'application/merge-patch+json' } : {}),
    })
  /** The first `count` events of a watch. */
  async function first(count: number, query: string): Promise<Event[]> {
    const events: Event[] = []
    for await (const event of api.watch<Event['object']>({ method: 'GET', path: `${path}?watch=true&${query}` }))
      if (events.push(event) === count) break
    return events
  }
  const told = (events: readonly Event[]) => events.map(({ type, object }) => `${type} ${object.metadata.name}`)
  const labels = (label: string | null) => ({ metadata: { labels: { watch: label } } })
  let start = ''
  const at = () => get(path).then(({ body }) => body.metadata.resourceVersion)
  beforeAll(async () => {
    start = await at()
  })

  test('tell of additions, changes and deletions, each watcher of what it selects', async () => {
    const both = first(6, `labelSelector=watch+in+(a,b)&resourceVersion=${start}`)
    const a = first(3, `labelSelector=watch%3Da&resourceVersion=${start}`)
    for (const label of ['a', 'b']) {
      await write('POST', label, { metadata: { name: label, labels: { watch: label } } })
      await write('PATCH', label, { data: { changed: 'yes' } })
      await write('DELETE', label)
    }
    const life = (name: string) => [`ADDED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`]
    expect(told(await both)).toEqual([...life('a'), ...life('b')])
    expect(told(await a)).toEqual(life('a'))
  })

  test('begin after the version that is named, and go on after the last that was seen', async () => {
    const from = await at()
    await write('POST', 'c', { metadata: { name: 'c' } })
    const seen = await first(1, `resourceVersion=${from}`)
    expect(told(seen)).toEqual(['ADDED c'])
    const changed = await write('PATCH', 'c', { data: { n: '1' } })
    await write('PATCH', 'c', { data: { n: '2' } })
    await write('DELETE', 'c')
    expect(told(await first(3, `resourceVersion=${seen[0]?.object.metadata.resourceVersion}`))).toEqual([
      'MODIFIED c',
      'MODIFIED c',
      'DELETED c',
    ])
    expect(told(await first(2, `resourceVersion=${changed.metadata.resourceVersion}`))).toEqual(['MODIFIED c', 'DELETED c'])
  })

  test('tell of a deletion when an object is selected no more, and of an addition when it is again', async () => {
    const events = first(4, `labelSelector=watch%3Dd&resourceVersion=${await at()}`)
    await write('POST', 'd', { metadata: { name: 'd', labels: { watch: 'd' } } })
    await write('PATCH', 'd', labels('other'))
    await write('PATCH', 'd', { data: { unseen: 'yes' } })
    await write('PATCH', 'd', labels('d'))
    await write('DELETE', 'd')
    expect(told(await events)).toEqual(['ADDED d', 'DELETED d', 'ADDED d', 'DELETED d'])
  })

  test('that begin at any event tell all that follow in one order', async () => {
    const from = await at()
    const writes = 60
    const writer = (async () => {
      for (let i = 0; i < writes; i++) {
        const name = `o${i % 7}`
        if (i < 7) await write('POST', name, { metadata: { name } })
        else await write('PATCH', name, { data: { i: String(i) } })
      }
    })()
    const whole = await first(writes, `resourceVersion=${from}`)
    await writer
    const versions = whole.map(({ object }) => object.metadata.resourceVersion)
    const later = await Promise.all(
      [1, 7, 8, 30, 59].map(async (n) =>
        (await first(writes - n, `resourceVersion=${versions[n - 1]}`)).map(({ object }) => object.metadata.resourceVersion),
      ),
    )
    expect(later).toEqual([1, 7, 8, 30, 59].map((n) => versions.slice(n)))
  })
})
