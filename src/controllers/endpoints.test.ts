/** The Endpoints of services with a selector. */
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { Endpoints, Service } from '../api/types/core-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'
import { at, type PodShape, pod, service } from './test-services.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const loops = ['endpoints']
const endpoints = () => cluster.transport.objects<Endpoints>('/api/v1/endpoints')
const subsets = () => endpoints()[0]?.subsets ?? []

test.each<[string, PodShape, Partial<Service['spec']>, ready: string[], notReady: string[]]>([
  ['that is ready', {}, {}, ['10.0.0.1'], []],
  ['that is not ready', { ready: false }, {}, [], ['10.0.0.1']],
  ['that is not ready, published all the same', { ready: false }, { publishNotReadyAddresses: true }, ['10.0.0.1'], []],
  ['that is being deleted', { deleting: true }, {}, [], []],
  ['that is being deleted, published all the same', { deleting: true }, { publishNotReadyAddresses: true }, ['10.0.0.1'], []],
  ['that has ended', { phase: 'Failed' }, { publishNotReadyAddresses: true }, [], []],
  ['without an address', { ips: [] }, {}, [], []],
  ['of another family', { ips: ['fd00::1'] }, { ipFamilies: ['IPv4'] }, [], []],
  ['of two families: the service’s first', { ips: ['10.0.0.1', 'fd00::1'] }, { ipFamilies: ['IPv6', 'IPv4'] }, ['fd00::1'], []],
])('a pod %s', async (_name, shape, spec, ready, notReady) => {
  const { client, settle } = await setUp(loops)
  await pod(client, 'a', shape)
  await service(client, 'web', spec)
  await settle()
  expect(endpoints()).toHaveLength(1)
  expect(subsets().flatMap((s) => (s.addresses ?? []).map((a) => a.ip))).toEqual(ready)
  expect(subsets().flatMap((s) => (s.notReadyAddresses ?? []).map((a) => a.ip))).toEqual(notReady)
})

test('a subset for each set of ports', async () => {
  const { client, settle } = await setUp(loops)
  await pod(client, 'a')
  await pod(client, 'b', { ips: ['10.0.0.2'], httpPort: 9090 })
  await pod(client, 'c', { ips: ['10.0.0.3'], ready: false })
  await service(client, 'web')
  await settle()
  expect(subsets()).toMatchObject([
    {
      addresses: [{ ip: '10.0.0.1', nodeName: 'n', targetRef: { kind: 'Pod', name: 'a' } }],
      notReadyAddresses: [{ ip: '10.0.0.3' }],
      ports: [{ name: 'http', port: 8080 }],
    },
    { addresses: [{ ip: '10.0.0.2' }], ports: [{ name: 'http', port: 9090 }] },
  ])
})

test.each([
  [1000, undefined, 1000],
  [1001, 'truncated', 1000],
])('of %i addresses a thousand are written, and the object says %s', async (count, annotation, written) => {
  const { client, settle } = await setUp(loops)
  for (let i = 0; i < count; i++) await pod(client, `p${i}`, { ips: [`10.1.${i >> 7}.${1 + (i & 127)}`], ready: i > 4 })
  await service(client, 'web')
  await settle()
  const [subset] = subsets()
  expect((subset?.addresses?.length ?? 0) + (subset?.notReadyAddresses?.length ?? 0)).toBe(written)
  expect(subset?.addresses).toHaveLength(count - 5) // those that are ready keep their place
  expect(endpoints()[0]?.metadata.annotations?.['endpoints.kubernetes.io/over-capacity']).toBe(annotation)
})

test('labels are the service’s, and say who manages them', async () => {
  const { client, settle } = await setUp(loops)
  await pod(client, 'a', { hostname: 'a', subdomain: 'web' })
  await service(client, 'web', { clusterIP: 'None' }, { tier: 'front' })
  await settle()
  expect(endpoints()[0]?.metadata.labels).toEqual({
    tier: 'front',
    'service.kubernetes.io/headless': '',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  })
  expect(subsets()[0]?.addresses?.[0]?.hostname).toBe('a')
})

test('they go with the service; those that somebody else made stay', async () => {
  const { client, settle } = await setUp(loops)
  await client.create('endpoints', { metadata: at('leader'), subsets: [] })
  await service(client, 'web')
  await settle()
  await client.delete('services', at('web'))
  await settle()
  expect(endpoints().map((e) => e.metadata.name)).toEqual(['leader'])
})

test.each<[string, Partial<Service['spec']>]>([
  ['without a selector', { selector: undefined }],
  ['that is a name elsewhere', { type: 'ExternalName' }],
])('a service %s has none', async (_name, spec) => {
  const { client, settle } = await setUp(loops)
  await pod(client, 'a')
  await service(client, 'web', spec)
  await settle()
  expect(endpoints()).toEqual([])
})

test('changes of pods are gathered for --endpoint-updates-batch-period', async () => {
  const { client, settle, pass, transport } = await setUp(loops, { options: { endpointUpdatesBatchPeriodMs: 2000 } })
  await service(client, 'web')
  await settle()
  transport.writes.length = 0
  for (let i = 0; i < 5; i++) await pod(client, `p${i}`, { ips: [`10.0.0.${i + 1}`] })
  await pass(3)
  expect(subsets()[0]?.addresses).toHaveLength(5)
  expect(transport.writes.filter((w) => w.includes('/endpoints'))).toHaveLength(1)
})

test('what triggered the last change stands on the object, and a look without a change writes nothing', async () => {
  const { client, settle, pass, transport } = await setUp(loops)
  const made = await service(client, 'web')
  await settle()
  const triggered = () => endpoints()[0]?.metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time']
  expect(triggered()).toBe(made.metadata.creationTimestamp)
  await pass(60)
  const turned = formatTime(cluster.clock.now())
  await pod(client, 'a', { turned })
  await settle()
  expect(triggered()).toBe(turned)
  const writes = transport.writes.length
  await client.patch('services', at('web'), { spec: { sessionAffinity: 'ClientIP' } })
  await settle()
  expect(transport.writes.length).toBe(writes + 1)
})
