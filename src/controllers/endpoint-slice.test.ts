/** Services and their endpoints, in slices, in Endpoints, and mirrored. */

import { expect, test } from 'vitest'
import type { Endpoints } from '../api/types/core-v1.ts'
import type { EndpointSlice } from '../api/types/discovery-v1.ts'
import { readyStatus, type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const at = (name: string) => ({ namespace: 'default', name })

const pod = (name: string, ip: string, more: { ready?: boolean; labels?: object; deleting?: boolean } = {}) =>
  cluster.client.create('pods', {
    metadata: {
      ...at(name),
      labels: (more.labels ?? { app: 'web' }) as never,
      ...(more.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { nodeName: 'n', containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] }] },
    status: {
      ...readyStatus(0),
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True' }],
    },
  } as never)
const service = (more: object = {}) =>
  cluster.client.create('services', {
    metadata: at('web'),
    spec: {
      clusterIP: '10.96.0.5',
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
      ...more,
    },
  } as never)
const slices = () => cluster.transport.objects<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices')
const endpoints = () => cluster.transport.objects<Endpoints>('/api/v1/endpoints')[0]?.subsets
const loops = ['endpoints', 'endpointslice', 'endpointslice-mirroring']

test('ready, not ready and terminating pods in slices and endpoints', async () => {
  const { client, settle } = await setUp(loops)
  await client.create('nodes', { metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'z1' } } })
  await service()
  await settle()
  expect(slices()).toMatchObject([{ endpoints: [], addressType: 'IPv4' }])
  await pod('a', '10.0.0.1')
  await pod('b', '10.0.0.2', { ready: false })
  await pod('c', '10.0.0.3', { deleting: true })
  await pod('d', '10.0.0.4', { labels: { app: 'other' } })
  await settle()
  expect(slices().flatMap((s) => s.ports)).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }])
  expect(
    slices()
      .flatMap((s) => s.endpoints ?? [])
      .map((e) => [e.addresses[0], e.conditions, e.zone]),
  ).toEqual([
    ['10.0.0.1', { ready: true, serving: true, terminating: false }, 'z1'],
    ['10.0.0.2', { ready: false, serving: false, terminating: false }, 'z1'],
    ['10.0.0.3', { ready: false, serving: true, terminating: true }, 'z1'],
  ])
  expect(endpoints()).toMatchObject([
    { addresses: [{ ip: '10.0.0.1' }], notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] },
  ])
  await client.patch('pods', at('d'), { metadata: { labels: { app: 'web' } } })
  await client.delete('pods', at('a'))
  await settle()
  expect(
    slices()
      .flatMap((s) => s.endpoints ?? [])
      .map((e) => e.addresses[0])
      .sort(),
  ).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4'])
})

test('slices hold a hundred each, and few writes follow a change', async () => {
  const { client, settle, transport } = await setUp(loops)
  await client.create('nodes', { metadata: { name: 'n' } })
  for (let i = 0; i < 150; i++) await pod(`p${i}`, `10.1.${i >> 7}.${1 + (i & 127)}`)
  await service()
  await settle()
  expect(slices().map((s) => s.endpoints?.length)).toEqual([100, 50])
  transport.writes.length = 0
  await client.delete('pods', at('p3'))
  await settle()
  expect(transport.writes.filter((w) => w.includes('endpointslices'))).toHaveLength(1)
})

test('a service that publishes what is not ready, and hand-made endpoints that are mirrored', async () => {
  const { client, settle } = await setUp(loops)
  await client.create('nodes', { metadata: { name: 'n' } })
  await pod('b', '10.0.0.2', { ready: false })
  await service({ publishNotReadyAddresses: true, clusterIP: 'None' })
  await client.create('services', { metadata: at('manual'), spec: { ports: [{ port: 80 }] } } as never)
  await client.create('endpoints', {
    metadata: at('manual'),
    subsets: [{ addresses: [{ ip: '1.2.3.4' }], notReadyAddresses: [{ ip: 'fd00::1' }], ports: [{ port: 80, protocol: 'TCP' }] }],
  } as never)
  await settle()
  const of = (name: string) => slices().filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === name)
  expect(of('web')[0]?.endpoints?.[0]?.conditions).toMatchObject({ ready: true, serving: false })
  expect(of('web')[0]?.metadata.labels).toMatchObject({
    'service.kubernetes.io/headless': '',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  })
  expect(of('manual').map((s) => [s.addressType, s.endpoints?.[0]?.addresses[0], s.endpoints?.[0]?.conditions.ready])).toEqual([
    ['IPv4', '1.2.3.4', true],
    ['IPv6', 'fd00::1', false],
  ])
  await client.delete('endpoints', at('manual'))
  await settle()
  expect(of('manual')).toEqual([])
})
