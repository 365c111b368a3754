/** What each call asks of the server, on a transport that only notes it. */
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { StatusError } from '../api/errors.ts'
import { type Client, createClient, type ListOptions } from './client.ts'
import type { ApiRequest, Transport, WatchEvent } from './transport.ts'

function setUp(answer: (request: ApiRequest) => unknown = () => ({ metadata: {}, items: [] })) {
  const asked: ApiRequest[] = []
  const note = (request: ApiRequest) => {
    asked.push(request)
    return answer(request)
  }
  const transport: Transport = {
    request: async <T>(request: ApiRequest) => note(request) as T,
    watch<T>(request: ApiRequest) {
      note(request)
      return Readable.from([]) as AsyncIterable<WatchEvent<T>>
    },
    close() {},
  }
  return { asked, client: createClient(transport) }
}
const pod = { namespace: 'a b', name: 'p' }
const widgets = { group: 'example.com', version: 'v2', resource: 'widgets', kind: 'Widget' }

test.each<[string, (c: Client) => Promise<unknown>, Partial<Omit<ApiRequest, 'path'>> & { path?: string | RegExp }]>([
  ['get', (c) => c.get('pods', pod), { method: 'GET', path: '/api/v1/namespaces/a%20b/pods/p' }],
  ['a cluster-scoped object', (c) => c.get('nodes', { name: 'n' }), { path: '/api/v1/nodes/n' }],
  ['an older version', (c) => c.get('horizontalpodautoscalers.v1.autoscaling', pod), { path: /^\/apis\/autoscaling\/v1\// }],
  ['get a subresource', (c) => c.get('deployments.apps', pod, { subresource: 'scale' }), { path: /\/deployments\/p\/scale$/ }],
  ['a custom resource', (c) => c.get(widgets, pod), { path: '/apis/example.com/v2/namespaces/a%20b/widgets/p' }],
  [
    'list',
    (c) => c.list('pods', { namespace: 'x', labelSelector: 'a in (b,c)', fieldSelector: 'spec.nodeName=n', limit: 5, continue: 'more' }),
    {
      method: 'GET',
      path: '/api/v1/namespaces/x/pods?labelSelector=a%20in%20(b%2Cc)&fieldSelector=spec.nodeName%3Dn&limit=5&continue=more',
    },
  ],
  [
    'list metadata',
    (c) => c.list('pods', { metadataOnly: true }),
    { headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json' } },
  ],
  [
    'create, with the kind that the resource has',
    (c) => c.create('configmaps', { metadata: pod, data: { a: '1' } }, { fieldManager: 'me', dryRun: true }),
    {
      method: 'POST',
      path: '/api/v1/namespaces/a%20b/configmaps?fieldManager=me&dryRun=All',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: pod, data: { a: '1' } },
    },
  ],
  ['update', (c) => c.update('configmaps', { metadata: pod }), { method: 'PUT', path: '/api/v1/namespaces/a%20b/configmaps/p' }],
  ['update the status', (c) => c.updateStatus('pods', { metadata: pod }), { method: 'PUT', path: /\/pods\/p\/status$/ }],
  ['patch a built-in kind', (c) => c.patch('pods', pod, {}), { method: 'PATCH', contentType: 'application/strategic-merge-patch+json' }],
  ['patch a custom one', (c) => c.patch(widgets, pod, {}), { contentType: 'application/merge-patch+json' }],
  [
    'apply',
    (c) => c.apply(widgets, { metadata: pod }, { fieldManager: 'me', force: true }),
    {
      method: 'PATCH',
      path: /widgets\/p\?fieldManager=me&force=true$/,
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion: 'example.com/v2', kind: 'Widget', metadata: pod },
    },
  ],
  ['delete', (c) => c.delete('pods', pod), { method: 'DELETE', path: '/api/v1/namespaces/a%20b/pods/p' }],
  [
    'delete with options',
    (c) => c.delete('pods', pod, { propagationPolicy: 'Foreground' }),
    { body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' } },
  ],
  [
    'delete a collection',
    (c) => c.deleteCollection('pods', { namespace: 'x', labelSelector: 'a=b', delete: { gracePeriodSeconds: 0 } }),
    {
      method: 'DELETE',
      path: '/api/v1/namespaces/x/pods?labelSelector=a%3Db',
      body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 },
    },
  ],
  [
    'post to a subresource',
    (c) => c.createSubresource('pods', pod, 'eviction', { kind: 'Eviction' }),
    { method: 'POST', path: /\/pods\/p\/eviction$/, body: { kind: 'Eviction' } },
  ],
  ['any other path', (c) => c.raw('/version'), { method: 'GET', path: '/version' }],
])('%s', async (_name, call, expected) => {
  const { asked, client } = setUp()
  await call(client)
  const { path, ...rest } = expected
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject(rest)
  if (typeof path === 'string') expect(asked[0]?.path).toBe(path)
  else if (path) expect(asked[0]?.path).toMatch(path)
})

test('watch', async () => {
  const { asked, client } = setUp()
  for await (const _ of client.watch('pods', { resourceVersion: '5', sendInitialEvents: true, timeoutSeconds: 9 }));
  expect(asked[0]?.path).toBe('/api/v1/pods?watch=true&resourceVersion=5&sendInitialEvents=true&timeoutSeconds=9')
})

test.each<[string, (c: Client) => Promise<unknown>, string]>([
  ['an object without a name', (c) => c.get('pods', { namespace: 'x', name: '' }), 'resource name may not be empty'],
  ['without a namespace', (c) => c.delete('pods', { name: 'p' }), 'an empty namespace may not be set when a resource name is provided'],
  [
    'to be made without a namespace',
    (c) => c.create('pods', { metadata: { name: 'p' } }),
    'an empty namespace may not be set during creation',
  ],
  ['to be updated without a name', (c) => c.update('pods', { metadata: { namespace: 'x' } }), 'resource name may not be empty'],
])('a mistake is told before the server is asked: %s', async (_name, call, why) => {
  const { asked, client } = setUp()
  await expect(call(client)).rejects.toThrow(why)
  expect(asked).toEqual([])
})

/** Three pages of two, of which those from `gone` on cannot be had. */
const pages =
  (gone = Infinity) =>
  ({ path }: ApiRequest) => {
    const { searchParams } = new URL(path, 'http://x')
    const at = Number(searchParams.get('continue') ?? 0)
    if (at >= gone) throw new StatusError({ code: 410, reason: 'Expired', message: 'The provided continue parameter is too old' })
    if (!searchParams.has('limit')) return { metadata: { resourceVersion: '9' }, items: ['all'] }
    return { metadata: { resourceVersion: '5', ...(at < 2 ? { continue: String(at + 1) } : {}) }, items: [`${at}a`, `${at}b`] }
  }
test.each<[string, number | undefined, ListOptions, unknown[], string[]]>([
  [
    'page by page, at one version',
    undefined,
    { namespace: 'x', limit: 2, resourceVersion: '0' },
    ['0a', '0b', '1a', '1b', '2a', '2b'],
    ['limit=2&resourceVersion=0', 'continue=1&limit=2', 'continue=2&limit=2'],
  ],
  [
    'all at once when the pages are gone',
    1,
    { namespace: 'x', limit: 2, labelSelector: 'a' },
    ['all'],
    ['labelSelector=a&limit=2', 'continue=1&labelSelector=a&limit=2', 'labelSelector=a'],
  ],
])('listAll: %s', async (_name, gone, options, items, queries) => {
  const { asked, client } = setUp(pages(gone))
  expect((await client.listAll('configmaps', options)).items).toEqual(items)
  const queryOf = ({ path }: ApiRequest) => path.split('?')[1]?.split('&').sort().join('&')
  expect(asked.map(queryOf)).toEqual(queries)
})

test('listAll: the first page may not be gone', async () => {
  await expect(setUp(pages(0)).client.listAll('pods')).rejects.toMatchObject({ code: 410 })
})
