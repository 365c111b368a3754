/** What goes with a namespace, in which order, and what is told of it meanwhile (upstream: pkg/controller/namespace/deletion). */

import { describe, expect, test } from 'vitest'
import { newForbidden, newNotFound, StatusError } from '../api/errors.ts'
import type { ResourceName } from '../api/types/index.ts'
import type { MemoryTransport } from '../client/memory-transport.ts'
import type { ApiRequest } from '../client/transport.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

const start = testClusters({ kubelet: 'none', graceful: true })
const at = (name: string) => ({ namespace: 'x', name })

interface Made {
  readonly resource: ResourceName
  readonly metadata?: object
  readonly rest?: object
}
async function setUp(objects: readonly Made[] = [], spec: object = {}): Promise<TestCluster> {
  const cluster = await start(['namespace'])
  for (const name of ['x', 'other']) await cluster.client.create('namespaces', { metadata: { name }, spec })
  for (const { resource, metadata = {}, rest = {} } of objects)
    await cluster.client.create(resource, { metadata: { ...at('o'), ...metadata }, ...rest } as never)
  return cluster
}
async function remove({ client, settle }: TestCluster): Promise<void> {
  await client.delete('namespaces', { name: 'x' })
  await settle()
}
const namespaceOf = ({ transport }: TestCluster) =>
  transport
    .objects<{
      metadata: { name: string }
      spec: { finalizers?: string[] }
      status: {
        phase?: string
        conditions?: { type: string; status: string; reason: string; message: string; lastTransitionTime: string }[]
      }
    }>('/api/v1/namespaces')
    .find((n) => n.metadata.name === 'x')
/** What stands against its end: `Type Reason: message`. */
const holding = (cluster: TestCluster) =>
  (namespaceOf(cluster)?.status.conditions ?? []).filter((c) => c.status === 'True').map((c) => `${c.type} ${c.reason}: ${c.message}`)
/** The collections that were deleted. */
const deletions = ({ writes }: MemoryTransport) => writes.filter((w) => /^DELETE .*\/namespaces\/x\/[^/]+$/.test(w))
const runningPod = { resource: 'pods' as const, rest: { spec: { nodeName: 'n', containers: [{ name: 'c' }] } } }

describe('with a namespace goes', () => {
  test.each<[string, ResourceName, string]>([
    ['a pod', 'pods', '/api/v1/pods'],
    ['a service', 'services', '/api/v1/services'],
    ['a secret', 'secrets', '/api/v1/secrets'],
    ['a service account', 'serviceaccounts', '/api/v1/serviceaccounts'],
    ['a claim', 'persistentvolumeclaims', '/api/v1/persistentvolumeclaims'],
    ['a quota', 'resourcequotas', '/api/v1/resourcequotas'],
    ['a deployment', 'deployments.apps', '/apis/apps/v1/deployments'],
    ['a job', 'jobs.batch', '/apis/batch/v1/jobs'],
    ['a role binding', 'rolebindings.rbac.authorization.k8s.io', '/apis/rbac.authorization.k8s.io/v1/rolebindings'],
    ['a network policy', 'networkpolicies.networking.k8s.io', '/apis/networking.k8s.io/v1/networkpolicies'],
    ['a lease', 'leases.coordination.k8s.io', '/apis/coordination.k8s.io/v1/leases'],
  ])('%s, and that of another namespace stays', async (_name, resource, collection) => {
    const cluster = await setUp([{ resource }, { resource, metadata: { namespace: 'other' } }])
    await remove(cluster)
    expect(namespaceOf(cluster)).toBeUndefined()
    expect(cluster.transport.objects(collection).map((o) => o.metadata.namespace)).toEqual(['other'])
  })
  test('nothing that has no namespace', async () => {
    const cluster = await setUp([{ resource: 'nodes', metadata: { namespace: undefined } }])
    await remove(cluster)
    expect(namespaceOf(cluster)).toBeUndefined()
    expect(cluster.transport.objects('/api/v1/nodes')).toHaveLength(1)
  })
})

describe('a namespace that is being deleted', () => {
  test('loses its pods first, and while one ends nothing else is touched', async () => {
    const cluster = await setUp([runningPod, { resource: 'configmaps' }, { resource: 'networkpolicies.networking.k8s.io' }])
    await remove(cluster)
    expect(deletions(cluster.transport)).toEqual(['DELETE /api/v1/namespaces/x/pods'])
    expect(holding(cluster)).toEqual([
      'NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances',
    ])
    expect(namespaceOf(cluster)?.status.phase).toBe('Terminating')
    await cluster.client.delete('pods', at('o'), { gracePeriodSeconds: 0 })
    await cluster.settle()
    expect(deletions(cluster.transport).slice(-2).sort()).toEqual([
      'DELETE /api/v1/namespaces/x/configmaps',
      'DELETE /apis/networking.k8s.io/v1/namespaces/x/networkpolicies',
    ])
    expect(namespaceOf(cluster)).toBeUndefined()
  })
  test('waits for a pod with a finalizer too', async () => {
    const cluster = await setUp([{ resource: 'pods', metadata: { finalizers: ['example.com/hold'] } }, { resource: 'configmaps' }])
    await remove(cluster)
    expect(cluster.transport.objects('/api/v1/configmaps')).toHaveLength(1)
    await cluster.client.patch('pods', at('o'), { metadata: { finalizers: null } }, { type: 'merge' })
    await cluster.settle()
    expect(namespaceOf(cluster)).toBeUndefined()
  })
  test('tells what remains, and by which finalizers, until they are gone', async () => {
    const finalizers = ['example.com/a']
    const cluster = await setUp([
      { resource: 'configmaps', metadata: { finalizers } },
      { resource: 'configmaps', metadata: { name: 'p', finalizers: ['example.com/a', 'example.com/b'] } },
      { resource: 'deployments.apps', metadata: { finalizers } },
      { resource: 'secrets' },
    ])
    await remove(cluster)
    expect(holding(cluster)).toEqual([
      'NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: configmaps. has 2 resource instances, deployments.apps has 1 resource instances',
      'NamespaceFinalizersRemaining SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/a in 3 resource instances, example.com/b in 1 resource instances',
    ])
    const since = namespaceOf(cluster)?.status.conditions?.map((c) => c.lastTransitionTime)
    cluster.clock.advance(1000)
    for (const name of ['o', 'p']) await cluster.client.patch('configmaps', at(name), { metadata: { finalizers: null } }, { type: 'merge' })
    await cluster.settle()
    expect(holding(cluster)).toEqual([
      'NamespaceContentRemaining SomeResourcesRemain: Some resources are remaining: deployments.apps has 1 resource instances',
      'NamespaceFinalizersRemaining SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/a in 1 resource instances',
    ])
    // The texts are new, the state is not.
    expect(namespaceOf(cluster)?.status.conditions?.map((c) => c.lastTransitionTime)).toEqual(since)
    await cluster.client.patch('deployments.apps', at('o'), { metadata: { finalizers: null } }, { type: 'merge' })
    await cluster.settle()
    expect(namespaceOf(cluster)).toBeUndefined()
  })
  test('is let go by this controller alone where others hold it, with every condition settled', async () => {
    const cluster = await setUp([{ resource: 'secrets' }], { finalizers: ['kubernetes', 'example.com/mine'] })
    await remove(cluster)
    expect(namespaceOf(cluster)?.spec.finalizers).toEqual(['example.com/mine'])
    expect(namespaceOf(cluster)?.status.conditions?.map((c) => `${c.type}=${c.status} ${c.reason}`)).toEqual([
      'NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered',
      'NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions',
      'NamespaceDeletionContentFailure=False ContentDeleted',
      'NamespaceContentRemaining=False ContentRemoved',
      'NamespaceFinalizersRemaining=False ContentHasNoFinalizers',
    ])
    const before = cluster.transport.writes.length
    await cluster.pass(30)
    expect(cluster.transport.writes.slice(before)).toEqual([])
  })
  test('is not this controller’s business without its finalizer', async () => {
    const cluster = await setUp([{ resource: 'secrets' }], { finalizers: ['example.com/mine'] })
    const before = cluster.transport.writes.length
    await remove(cluster)
    expect(cluster.transport.writes.slice(before)).toEqual(['DELETE /api/v1/namespaces/x'])
    expect(cluster.transport.objects('/api/v1/secrets')).toHaveLength(1)
  })
  test('is looked at again after half of a pod’s grace and a second, should no event tell', async () => {
    const cluster = await setUp([runningPod])
    await remove(cluster)
    const lists: string[] = []
    cluster.transport.intercept = ({ method, path }) => {
      if (method === 'GET' && /\/x\/pods(\?|$)/.test(path)) lists.push(path)
    }
    await cluster.pass(15)
    expect(lists).toEqual([])
    await cluster.pass(2)
    expect(lists).not.toEqual([])
  })
})

describe('while a request fails', () => {
  const forbidden = newForbidden({ group: '', resource: 'secrets' }, '', 'no')
  const fails = (matches: (r: ApiRequest) => boolean, error: Error) => (r: ApiRequest) => {
    if (matches(r)) throw error
  }
  const deletionOfSecrets = ({ method, path }: ApiRequest) => method === 'DELETE' && path.endsWith('/secrets')
  test('the namespace says which, the rest goes, and the next try ends it', async () => {
    const cluster = await setUp([{ resource: 'secrets' }, { resource: 'configmaps' }])
    cluster.transport.intercept = fails(deletionOfSecrets, forbidden)
    await remove(cluster)
    expect(holding(cluster)).toEqual([
      `NamespaceDeletionContentFailure ContentDeletionFailed: Failed to delete all resource types, 1 remaining: ${forbidden.message}`,
    ])
    expect(cluster.transport.objects('/api/v1/configmaps')).toEqual([])
    cluster.transport.intercept = undefined
    await cluster.pass(1)
    expect(namespaceOf(cluster)).toBeUndefined()
  })
  test.each([
    ['is no longer served', newNotFound({ group: '', resource: 'secrets' }, '')],
    ['takes no such request', new StatusError({ code: 405, reason: 'MethodNotAllowed', message: 'no' })],
  ])('because a resource %s, the namespace goes all the same', async (_name, error) => {
    const cluster = await setUp([{ resource: 'secrets' }])
    cluster.transport.intercept = fails(deletionOfSecrets, error)
    await remove(cluster)
    expect(namespaceOf(cluster)).toBeUndefined()
  })
  test('because a group does not answer, what is known goes, and the namespace waits for the rest', async () => {
    const cluster = await setUp([{ resource: 'configmaps' }, { resource: 'jobs.batch' }])
    const gone = new StatusError({
      code: 503,
      reason: 'ServiceUnavailable',
      message: 'the server is currently unable to handle the request',
    })
    cluster.transport.intercept = fails(({ path }) => path === '/apis/batch/v1', gone)
    await remove(cluster)
    expect(holding(cluster)).toEqual([
      'NamespaceDeletionDiscoveryFailure DiscoveryFailed: Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: batch/v1: the server is currently unable to handle the request',
    ])
    expect(cluster.transport.objects('/api/v1/configmaps')).toEqual([])
    expect(cluster.transport.objects('/apis/batch/v1/jobs')).toHaveLength(1)
    cluster.transport.intercept = undefined
    await cluster.pass(1)
    expect(namespaceOf(cluster)).toBeUndefined()
    expect(cluster.transport.objects('/apis/batch/v1/jobs')).toEqual([])
  })
})
