/** Claims of devices: made for pods, reserved, and given back. */
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { ResourceClaim } from '../api/types/resource-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none', graceful: true }, (made) => {
  cluster = made
})
const resource = 'resourceclaims.resource.k8s.io'
const at = (name: string) => ({ namespace: 'default', name })
const spec = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] } }
const templateOf = (metadata: object = {}) =>
  cluster.client.create('resourceclaimtemplates.resource.k8s.io', { metadata: at('gpus'), spec: { metadata, spec } } as never)
const pod = (resourceClaims: object[], more: object = {}) =>
  cluster.client.create('pods', { metadata: at('p'), spec: { containers: [], resourceClaims, ...more } } as never)
const claims = () => cluster.transport.objects<ResourceClaim>('/apis/resource.k8s.io/v1/resourceclaims')
const statuses = () => cluster.pods()[0]?.status.resourceClaimStatuses
const allocation = { devices: { results: [{ request: 'gpu', driver: 'd', pool: 'p', device: 'one' }] } }
/** What the scheduler writes. */
async function allocate(name: string, reservedFor: object[]): Promise<void> {
  const claim = await cluster.client.get(resource, at(name))
  await cluster.client.update(resource, {
    ...claim,
    metadata: { ...claim.metadata, finalizers: ['resource.kubernetes.io/delete-protection'] },
  })
  await cluster.client.updateStatus(resource, {
    ...(await cluster.client.get(resource, at(name))),
    status: { allocation, reservedFor },
  } as never)
  await cluster.settle()
}
const user = () => ({ resource: 'pods', name: 'p', uid: cluster.pods()[0]?.metadata.uid })

test('a claim is made of its template, is the pod’s, and the pod is told its name', async () => {
  const { settle } = await setUp(['resourceclaim'])
  await templateOf({ labels: { tier: 'fast' } })
  await pod([
    { name: 'a', resourceClaimTemplateName: 'gpus' },
    { name: 'b', resourceClaimTemplateName: 'gpus' },
    { name: 'c', resourceClaimName: 'mine' },
  ])
  await settle()
  expect(claims()).toHaveLength(2)
  expect(claims()[0]).toMatchObject({
    metadata: {
      labels: { tier: 'fast' },
      annotations: { 'resource.kubernetes.io/pod-claim-name': 'a' },
      ownerReferences: [{ kind: 'Pod', name: 'p', controller: true }],
    },
    spec,
  })
  expect(claims()[0]?.metadata.name).toMatch(/^p-a-/)
  expect(statuses()).toEqual(['a', 'b'].map((name, i) => ({ name, resourceClaimName: claims()[i]?.metadata.name })))
})

test('a template that comes later is waited for; a restart makes nothing twice', async () => {
  const { settle, events, restart } = await setUp(['resourceclaim'])
  await pod([{ name: 'a', resourceClaimTemplateName: 'gpus' }])
  await settle()
  expect(events()).toContain('FailedResourceClaimCreation: PodResourceClaim a: resource claim template "gpus": not found')
  cluster.transport.intercept = ({ method, path }) => {
    if (method === 'PATCH' && path.endsWith('/pods/p/status')) throw new Error('the process ends here')
  }
  await templateOf()
  await settle()
  cluster.transport.intercept = undefined
  await restart()
  await settle()
  expect([claims().length, statuses()?.length]).toEqual([1, 1])
})

test('a claim that the cache does not show yet is not made twice', async () => {
  const { transport, pass } = await setUp(['resourceclaim'])
  await templateOf()
  await pass(1)
  let show = () => {}
  const shown = new Promise<void>((resolve) => {
    show = resolve
  })
  let refusals = 0
  transport.intercept = async ({ method, path }) => {
    if (path.includes('/resourceclaims?watch')) await shown
    if (method === 'PATCH' && path.endsWith('/pods/p/status') && refusals++ === 0) throw new Error('the server is away')
  }
  transport.breakWatches()
  await pass(3)
  await pod([{ name: 'a', resourceClaimTemplateName: 'gpus' }])
  await pass(3)
  expect([claims().length, refusals, statuses()]).toEqual([1, 2, [{ name: 'a', resourceClaimName: claims()[0]?.metadata.name }]])
  show()
  await pass(1)
  expect(claims()).toHaveLength(1)
})

test.each<[string, object, string[]]>([
  ['that has a node reserves its allocated claim', { nodeName: 'n' }, ['p']],
  ['that has none leaves that to the scheduler', {}, []],
])('a pod %s', async (_name, more, expected) => {
  const { client, settle } = await setUp(['resourceclaim'])
  await client.create(resource, { metadata: at('mine'), spec, status: { allocation } } as never)
  await pod([{ name: 'c', resourceClaimName: 'mine' }], more)
  await settle()
  expect((claims()[0]?.status?.reservedFor ?? []).map((r) => r.name)).toEqual(expected)
})

/** What is left of the reservation, of the allocation and of the claim when something becomes of the pod. */
test.each<[string, templated: boolean, () => Promise<unknown>, { reserved: number; allocated: boolean } | 'gone']>([
  ['runs on', false, async () => {}, { reserved: 1, allocated: true }],
  [
    'has ended: a claim of its own name is free',
    false,
    () => cluster.setPodStatus('p', { phase: 'Succeeded' }),
    { reserved: 0, allocated: false },
  ],
  ['has ended: a claim of its template goes', true, () => cluster.setPodStatus('p', { phase: 'Failed' }), 'gone'],
  ['is being deleted and may still run', true, () => cluster.client.delete('pods', at('p')), { reserved: 1, allocated: true }],
  ['is gone', false, () => removed(), { reserved: 0, allocated: false }],
])('the pod %s', async (_name, templated, happens, expected) => {
  const { settle } = await setUp(['resourceclaim'])
  if (templated) await templateOf()
  else await cluster.client.create(resource, { metadata: at('mine'), spec } as never)
  await pod([templated ? { name: 'a', resourceClaimTemplateName: 'gpus' } : { name: 'a', resourceClaimName: 'mine' }], { nodeName: 'n' })
  await settle()
  await allocate(claims()[0]?.metadata.name as string, [user()])
  await happens()
  await settle()
  const [claim] = claims()
  expect(claim ? { reserved: claim.status?.reservedFor?.length ?? 0, allocated: claim.status?.allocation !== undefined } : 'gone').toEqual(
    expected,
  )
})
const removed = async () => {
  await cluster.client.delete('pods', at('p'))
  await cluster.client.delete('pods', at('p'), { gracePeriodSeconds: 0 })
}

test('the claim that the scheduler made for a pod’s extended resources goes when the pod has ended', async () => {
  const { settle } = await setUp(['resourceclaim'])
  await pod([], { nodeName: 'n' })
  await cluster.client.create(resource, {
    metadata: { ...at('made'), ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: user().uid, controller: true }] },
    spec,
  } as never)
  await allocate('made', [user()])
  await cluster.setPodStatus('p', { extendedResourceClaimStatus: { resourceClaimName: 'made', requestMappings: [] } })
  await settle()
  expect(claims()[0]?.status?.reservedFor).toHaveLength(1)
  await cluster.setPodStatus('p', { phase: 'Succeeded' })
  await settle()
  expect(claims()).toEqual([])
})

test('a claim that is deleted while it is used goes when nobody uses it any more', async () => {
  const { client, settle } = await setUp(['resourceclaim'])
  await client.create(resource, { metadata: at('mine'), spec } as never)
  await pod([{ name: 'a', resourceClaimName: 'mine' }], { nodeName: 'n' })
  await settle()
  await allocate('mine', [user()])
  await client.delete(resource, at('mine'))
  await settle()
  expect(claims()[0]?.metadata.deletionTimestamp).toBe(formatTime(cluster.clock.now()))
  await removed()
  await settle()
  expect(claims()).toEqual([])
})
