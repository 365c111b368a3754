/** The slices of services with a selector. */
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { Service } from '../api/types/core-v1.ts'
import type { Endpoint, EndpointSlice } from '../api/types/discovery-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'
import { at, node, type PodShape, pod, service } from './test-services.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const loops = ['endpointslice']
const slices = () => cluster.transport.objects<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices')
const endpoints = () => slices().flatMap((s) => s.endpoints ?? [])

type Seen = [address: string, ready: boolean, serving: boolean, terminating: boolean]
const seen = ({ addresses, conditions }: Endpoint): Seen => [
  addresses[0] as string,
  !!conditions.ready,
  !!conditions.serving,
  !!conditions.terminating,
]

test.each<[string, PodShape, Partial<Service['spec']>, Seen | undefined]>([
  ['that is ready', {}, {}, ['10.0.0.1', true, true, false]],
  ['that is not ready', { ready: false }, {}, ['10.0.0.1', false, false, false]],
  ['that is not ready, published all the same', { ready: false }, { publishNotReadyAddresses: true }, ['10.0.0.1', true, false, false]],
  ['that is being deleted', { deleting: true }, {}, ['10.0.0.1', false, true, true]],
  ['that is being deleted and not ready', { deleting: true, ready: false }, {}, ['10.0.0.1', false, false, true]],
  ['that is being deleted, published all the same', { deleting: true }, { publishNotReadyAddresses: true }, ['10.0.0.1', true, true, true]],
  ['that has ended', { phase: 'Succeeded' }, {}, undefined],
  ['that failed', { phase: 'Failed' }, {}, undefined],
  ['without an address', { ips: [] }, {}, undefined],
  ['with other labels', { labels: { app: 'other' } }, {}, undefined],
  ['with more labels', { labels: { app: 'web', tier: 'front' } }, {}, ['10.0.0.1', true, true, false]],
  ['of a node that is not known', { nodeName: 'unknown' }, {}, undefined],
  [
    'of a node that is not known, published all the same',
    { nodeName: 'unknown' },
    { publishNotReadyAddresses: true },
    ['10.0.0.1', true, true, false],
  ],
])('a pod %s', async (_name, shape, spec, expected) => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n')
  await pod(client, 'a', shape)
  await service(client, 'web', spec)
  await settle()
  expect(endpoints().map(seen)).toEqual(expected ? [expected] : [])
})

test.each<[string, Partial<Service['spec']>, families: string[], address: (string | undefined)[]]>([
  ['IPv4', { ipFamilies: ['IPv4'] }, ['IPv4'], ['10.0.0.1']],
  ['IPv6', { ipFamilies: ['IPv6'] }, ['IPv6'], ['fd00::1']],
  ['both', { ipFamilies: ['IPv6', 'IPv4'], ipFamilyPolicy: 'RequireDualStack' }, ['IPv4', 'IPv6'], ['10.0.0.1', 'fd00::1']],
  ['by its address, where none is named', { clusterIP: 'fd00:96::5' }, ['IPv6'], ['fd00::1']],
])('a service of %s', async (_name, spec, families, addresses) => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n')
  await pod(client, 'a', { ips: ['10.0.0.1', 'fd00::1'] })
  await service(client, 'web', spec)
  await settle()
  const byFamily = [...slices()].sort((a, b) => (a.addressType < b.addressType ? -1 : 1))
  expect(byFamily.map((s) => s.addressType)).toEqual(families)
  expect(byFamily.map((s) => s.endpoints?.[0]?.addresses[0])).toEqual(addresses)
})

test('a service that loses a family loses its slices', async () => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n')
  await pod(client, 'a', { ips: ['10.0.0.1', 'fd00::1'] })
  await service(client, 'web', { ipFamilies: ['IPv4', 'IPv6'] })
  await settle()
  await client.patch('services', at('web'), { spec: { ipFamilies: ['IPv4'] } })
  await settle()
  expect(slices().map((s) => s.addressType)).toEqual(['IPv4'])
})

test.each<[string, object, expected: object[]]>([
  ['a number', { port: 80, targetPort: 8080 }, [{ name: '', port: 8080, protocol: 'TCP' }]],
  ['none: its own', { port: 80 }, [{ name: '', port: 80, protocol: 'TCP' }]],
  ['a name', { name: 'web', port: 80, targetPort: 'http' }, [{ name: 'web', port: 8080, protocol: 'TCP' }]],
  ['a name of a sidecar', { port: 80, targetPort: 'proxy' }, [{ name: '', port: 15001, protocol: 'TCP' }]],
  ['a name of another protocol', { port: 80, protocol: 'UDP', targetPort: 'http' }, []],
  ['a name that no container has', { port: 80, targetPort: 'none' }, []],
  [
    'an application protocol',
    { port: 80, appProtocol: 'kubernetes.io/h2c' },
    [{ name: '', port: 80, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' }],
  ],
])('a port whose target is %s', async (_name, port, expected) => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n')
  await pod(client, 'a')
  await service(client, 'web', { ports: [port] as never })
  await settle()
  expect(slices().flatMap((s) => s.ports ?? [])).toEqual(expected)
})

test('pods that mean different numbers by a name are in different slices', async () => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n')
  await pod(client, 'a')
  await pod(client, 'b', { ips: ['10.0.0.2'], httpPort: 9090 })
  await service(client, 'web')
  await settle()
  expect(slices().map((s) => [s.ports?.[0]?.port, s.endpoints?.[0]?.addresses[0]])).toEqual([
    [8080, '10.0.0.1'],
    [9090, '10.0.0.2'],
  ])
})

test.each<[string, string | undefined, object | undefined]>([
  ['none', undefined, undefined],
  ['PreferClose', 'PreferClose', { forZones: [{ name: 'z1' }] }],
  ['PreferSameZone', 'PreferSameZone', { forZones: [{ name: 'z1' }] }],
  ['PreferSameNode', 'PreferSameNode', { forZones: [{ name: 'z1' }], forNodes: [{ name: 'n' }] }],
])('hints with traffic distribution %s', async (_name, trafficDistribution, hints) => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n', 'z1')
  await pod(client, 'a')
  await pod(client, 'b', { ready: false })
  await service(client, 'web', (trafficDistribution ? { trafficDistribution } : {}) as never)
  await settle()
  expect(endpoints().map((e) => [e.zone, e.nodeName, e.hints])).toEqual([
    ['z1', 'n', hints],
    ['z1', 'n', undefined],
  ])
})

test('a node that gets a zone gives it to its endpoints', async () => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n')
  await pod(client, 'a')
  await service(client, 'web')
  await settle()
  expect(endpoints()[0]?.zone).toBeUndefined()
  await client.patch('nodes', { name: 'n' }, { metadata: { labels: { 'topology.kubernetes.io/zone': 'z2' } } })
  await settle()
  expect(endpoints()[0]?.zone).toBe('z2')
})

test('a headless service names its pods, and its slices say that it is headless', async () => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n')
  await pod(client, 'a', { hostname: 'a', subdomain: 'web' })
  await pod(client, 'b', { ips: ['10.0.0.2'], hostname: 'b', subdomain: 'other' })
  await service(client, 'web', { clusterIP: 'None' }, { tier: 'front' })
  await settle()
  expect(endpoints().map((e) => e.hostname)).toEqual(['a', undefined])
  expect(slices()[0]?.metadata.labels).toEqual({
    tier: 'front',
    'service.kubernetes.io/headless': '',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  })
  expect(slices()[0]?.metadata.ownerReferences).toMatchObject([{ kind: 'Service', name: 'web', controller: true }])
})

test.each<[string, Partial<Service['spec']>]>([
  ['without a selector', { selector: undefined }],
  ['that is a name elsewhere', { type: 'ExternalName' }],
])('a service %s has none', async (_name, spec) => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n')
  await pod(client, 'a')
  await service(client, 'web', spec)
  await settle()
  expect(slices()).toEqual([])
})

test('a service without endpoints has one slice that is empty', async () => {
  const { client, settle } = await setUp(loops)
  await service(client, 'web')
  await settle()
  expect(slices()).toMatchObject([{ endpoints: [], addressType: 'IPv4' }])
})

test('endpoints follow pods that come, change their labels and go', async () => {
  const { client, settle } = await setUp(loops)
  const addresses = () => endpoints().map((e) => e.addresses[0])
  await node(client, 'n')
  await service(client, 'web')
  await pod(client, 'a')
  await pod(client, 'b', { ips: ['10.0.0.2'], labels: { app: 'other' } })
  await settle()
  expect(addresses()).toEqual(['10.0.0.1'])
  await client.patch('pods', at('b'), { metadata: { labels: { app: 'web' } } })
  await client.delete('pods', at('a'))
  await settle()
  expect(addresses()).toEqual(['10.0.0.2'])
})

test.each([
  [150, 100, [100, 50]],
  [1001, 100, [...Array(10).fill(100), 1]],
  [150, 60, [60, 60, 30]],
])('%i endpoints with --max-endpoints-per-slice=%i, and a change writes one slice', async (count, maxEndpointsPerSlice, sizes) => {
  const { client, settle, transport } = await setUp(loops, { options: { maxEndpointsPerSlice } })
  await node(client, 'n')
  for (let i = 0; i < count; i++) await pod(client, `p${i}`, { ips: [`10.1.${i >> 7}.${1 + (i & 127)}`] })
  await service(client, 'web')
  await settle()
  expect(slices().map((s) => s.endpoints?.length)).toEqual(sizes)
  transport.writes.length = 0
  await client.delete('pods', at('p3'))
  await settle()
  expect(transport.writes.filter((w) => w.includes('endpointslices'))).toHaveLength(1)
  await pod(client, 'new', { ips: ['10.2.0.1'] })
  await settle()
  expect(transport.writes.filter((w) => w.includes('endpointslices'))).toHaveLength(2)
  expect(slices().reduce((sum, s) => sum + (s.endpoints?.length ?? 0), 0)).toBe(count)
})

test('changes of pods are gathered for --endpointslice-updates-batch-period', async () => {
  const { client, settle, pass, transport } = await setUp(loops, { options: { endpointSliceUpdatesBatchPeriodMs: 2000 } })
  await node(client, 'n')
  await service(client, 'web')
  await settle()
  for (let i = 0; i < 5; i++) await pod(client, `p${i}`, { ips: [`10.0.0.${i + 1}`] })
  await pass(1)
  expect(endpoints()).toEqual([])
  transport.writes.length = 0
  await pass(2)
  expect(endpoints()).toHaveLength(5)
  expect(transport.writes.filter((w) => w.includes('endpointslices'))).toHaveLength(1)
})

test('a slice that somebody changes or removes is put right', async () => {
  const { client, settle } = await setUp(loops)
  await node(client, 'n')
  await pod(client, 'a')
  await service(client, 'web')
  await settle()
  const [made] = slices()
  await client.update('endpointslices.discovery.k8s.io', { ...(made as EndpointSlice), endpoints: [] })
  await settle()
  expect(endpoints()).toHaveLength(1)
  await client.delete('endpointslices.discovery.k8s.io', at(made?.metadata.name as string))
  await settle()
  expect(endpoints()).toHaveLength(1)
})

test('what triggered the last change stands on the slice', async () => {
  const { client, settle, pass } = await setUp(loops)
  await node(client, 'n')
  const made = await service(client, 'web')
  await settle()
  const triggered = () => slices()[0]?.metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time']
  expect(triggered()).toBe(made.metadata.creationTimestamp)
  await pass(60)
  const turned = formatTime(cluster.clock.now())
  await pod(client, 'a', { turned })
  await settle()
  expect(triggered()).toBe(turned)
  await client.delete('pods', at('a'))
  await settle()
  expect(triggered()).toBeUndefined()
})
