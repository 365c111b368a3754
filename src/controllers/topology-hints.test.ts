/** Which zone each endpoint of a service is for, by the zones' share of CPU (upstream: endpointslice/topologycache). */

import { describe, expect, test } from 'vitest'
import type { Node } from '../api/types/core-v1.ts'
import type { Endpoint, EndpointSlice } from '../api/types/discovery-v1.ts'
import { testClusters } from './test-cluster.ts'
import { pod, service } from './test-services.ts'
import { sharesOf, wantsHints, zonesFor } from './topology-hints.ts'

const zone = 'topology.kubernetes.io/zone'
const node = (name: string, of: string | undefined, cpu = '1', more: { ready?: string; labels?: object } = {}) =>
  ({
    metadata: { name, labels: { ...(of ? { [zone]: of } : {}), ...more.labels } },
    status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: more.ready ?? 'True' }] },
  }) as unknown as Node

const setUp = testClusters({ kubelet: 'none' })

describe('a zone’s share is', () => {
  const controlPlane = { labels: { 'node-role.kubernetes.io/control-plane': '' } }
  const unknown = 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'
  test.each<[string, Node[], Record<string, number> | string]>([
    ['that of its nodes’ CPU', [node('1', 'a'), node('2', 'b', '2'), node('3', 'b')], { a: 0.25, b: 0.75 }],
    ['nothing of nodes that are not ready', [node('1', 'a'), node('2', 'b'), node('3', 'b', '8', { ready: 'False' })], { a: 0.5, b: 0.5 }],
    ['nothing of the control plane', [node('1', 'a'), node('2', 'b'), node('3', undefined, '8', controlPlane)], { a: 0.5, b: 0.5 }],
    ['not known where a node has no zone', [node('1', 'a'), node('2', undefined)], unknown],
    ['not known where a node has no CPU', [node('1', 'a'), node('2', 'b', '0')], unknown],
    ['none where there is one zone', [node('1', 'a'), node('2', 'a')], 'Nodes only ready in one zone'],
  ])('%s', (_name, nodes, shares) => {
    const found = sharesOf(nodes)
    expect(typeof found === 'string' ? found : Object.fromEntries(found)).toEqual(shares)
  })
})

describe('endpoints', () => {
  const endpoint = (of: string | undefined, ready = true) =>
    ({ addresses: [], conditions: { ready }, ...(of ? { zone: of } : {}) }) as Endpoint
  const even = { a: 1 / 3, b: 1 / 3, c: 1 / 3 }
  test.each<[string, string, Record<string, number>, string]>([
    ['of each zone stay there', 'a b c', even, 'a b c'],
    ['of a zone that has more go where they are missing', 'a a b', even, 'c a b'],
    ['of one zone are for all', 'a a a', even, 'c b a'],
    ['follow the CPU', 'a a a b', { a: 0.5, b: 0.5 }, 'b a a b'],
    ['are as uneven as the CPU', 'a a a b', { a: 0.75, b: 0.25 }, 'a a a b'],
    ['of a zone without nodes ready go elsewhere', 'a b d d', { a: 0.5, b: 0.5 }, 'a b b a'],
    ['that are not ready are for nobody', 'a b c -', even, 'a b c -'],
    ['fewer than zones have no hints', 'a b', even, 'Insufficient number of endpoints (2 endpoints, 3 zones)'],
    [
      'that would be overloaded have none',
      'a a b',
      { a: 0.5, b: 0.5 },
      'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)',
    ],
    ['without a zone have none', 'a b ? b', { a: 0.5, b: 0.5 }, 'One or more endpoints do not have a zone specified'],
  ])('%s', (_name, given, shares, expected) => {
    const endpoints = given.split(' ').map((z) => endpoint(z === '?' || z === '-' ? undefined : z, z !== '-'))
    const zones = zonesFor(endpoints, new Map(Object.entries(shares)))
    expect(typeof zones === 'string' ? zones : endpoints.map((e) => zones.get(e) ?? '-').join(' ')).toBe(expected)
  })
})

test.each([
  [{ 'service.kubernetes.io/topology-mode': 'Auto' }, true],
  [{ 'service.kubernetes.io/topology-mode': 'auto' }, true],
  [{ 'service.kubernetes.io/topology-mode': 'Disabled' }, false],
  [{ 'service.kubernetes.io/topology-aware-hints': 'auto' }, true],
  [{ 'service.kubernetes.io/topology-aware-hints': 'Disabled', 'service.kubernetes.io/topology-mode': 'Auto' }, false],
  [{}, false],
])('a service with %j asks for hints: %s', (annotations, wants) => {
  expect(wantsHints({ metadata: { annotations } } as never)).toBe(wants)
})

test('hints come with the annotation, go when a node is no longer enough and with the annotation, and events tell', async () => {
  const cluster = await setUp(['endpointslice'])
  const { client, settle, transport } = cluster
  for (const [name, of] of [
    ['1', 'a'],
    ['2', 'b'],
  ] as const) {
    await client.create('nodes', node(name, of) as never)
    await pod(client, `p${name}`, { nodeName: name, ips: [`10.0.0.${name}`] })
  }
  await service(client, 'web', { trafficDistribution: 'PreferClose' } as never)
  const hints = () =>
    transport
      .objects<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices')
      .flatMap((s) => s.endpoints ?? [])
      .map((e) => e.hints?.forZones?.[0]?.name)
  const at = { namespace: 'default', name: 'web' }
  const annotate = async (mode: string | null) => {
    await client.patch('services', at, { metadata: { annotations: { 'service.kubernetes.io/topology-mode': mode } } }, { type: 'merge' })
    await cluster.pass(1)
  }
  await annotate('Auto')
  expect(hints().sort()).toEqual(['a', 'b'])
  expect(cluster.events()).toEqual(['TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4'])
  await client.patch('nodes', { name: '2' }, { metadata: { labels: { [zone]: 'a' } } }, { type: 'merge' })
  await cluster.pass(1)
  expect(hints()).toEqual([undefined, undefined])
  expect(cluster.events()).toContain('TopologyAwareHintsDisabled: Nodes only ready in one zone, addressType: IPv4')
  await client.patch('nodes', { name: '2' }, { metadata: { labels: { [zone]: 'b' } } }, { type: 'merge' })
  await cluster.pass(1)
  await annotate(null)
  await settle()
  expect(hints().sort()).toEqual(['a', 'b']) // of the traffic distribution again
  expect(cluster.events()).toContain('TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4')
})
