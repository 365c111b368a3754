/** Slices of Endpoints that somebody made by hand. */
import { expect, test } from 'vitest'
import type { Service } from '../api/types/core-v1.ts'
import type { EndpointSlice } from '../api/types/discovery-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'
import { at, service } from './test-services.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const loops = ['endpointslice-mirroring']
const slices = () => cluster.transport.objects<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices')
const ports = [{ name: 'http', port: 80, protocol: 'TCP' as const }]
const byHand = (metadata: object = {}, subsets: object[] = [{ addresses: [{ ip: '1.2.3.4' }], ports }]) =>
  cluster.client.create('endpoints', { metadata: { ...at('manual'), ...metadata }, subsets } as never)
const noSelector = { selector: undefined }

test.each<[string, object, Partial<Service['spec']> | undefined, mirrored: boolean]>([
  ['of a service without a selector', {}, noSelector, true],
  ['of a service with one', {}, {}, false],
  ['without a service', {}, undefined, false],
  ['that ask not to be', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }, noSelector, false],
  ['that a leader holds', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }, noSelector, false],
])('Endpoints %s', async (_name, metadata, spec, mirrored) => {
  const { client, settle } = await setUp(loops)
  await byHand(metadata)
  if (spec) await service(client, 'manual', spec)
  await settle()
  expect(slices()).toHaveLength(mirrored ? 1 : 0)
})

test('a slice for each family and set of ports, with what stands in the Endpoints', async () => {
  const { client, settle } = await setUp(loops)
  const targetRef = { kind: 'Pod', namespace: 'default', name: 'p', uid: 'u' }
  const annotations = { owner: 'me', 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z' }
  await byHand({ labels: { tier: 'front' }, annotations }, [
    {
      addresses: [{ ip: '1.2.3.4', hostname: 'a', nodeName: 'n', targetRef }, { ip: 'fd00::1' }],
      notReadyAddresses: [{ ip: '1.2.3.5' }],
      ports,
    },
    { addresses: [{ ip: '1.2.3.6' }], ports: [{ port: 443, appProtocol: 'https' }] },
  ])
  await service(client, 'manual', noSelector)
  await settle()
  expect(slices().map((s) => [s.addressType, s.ports, s.endpoints])).toEqual([
    [
      'IPv4',
      [{ name: 'http', port: 80, protocol: 'TCP' }],
      [
        { addresses: ['1.2.3.4'], conditions: { ready: true }, hostname: 'a', nodeName: 'n', targetRef },
        { addresses: ['1.2.3.5'], conditions: { ready: false } },
      ],
    ],
    ['IPv6', [{ name: 'http', port: 80, protocol: 'TCP' }], [{ addresses: ['fd00::1'], conditions: { ready: true } }]],
    ['IPv4', [{ name: '', port: 443, protocol: 'TCP', appProtocol: 'https' }], [{ addresses: ['1.2.3.6'], conditions: { ready: true } }]],
  ])
  expect(slices()[0]?.metadata).toMatchObject({
    labels: {
      tier: 'front',
      'kubernetes.io/service-name': 'manual',
      'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
    },
    annotations: { owner: 'me' },
    ownerReferences: [{ kind: 'Endpoints', name: 'manual', controller: true }],
  })
})

test.each([
  [1001, {}, 1000],
  [50, { mirroringMaxEndpointsPerSubset: 10 }, 10],
])('of %i addresses of a subset, with %j, %i are mirrored', async (count, options, mirrored) => {
  const { client, settle, events } = await setUp(loops, { options })
  await byHand({}, [{ addresses: Array.from({ length: count }, (_, i) => ({ ip: `10.1.${i >> 8}.${i & 255}` })), ports }])
  await service(client, 'manual', noSelector)
  await settle()
  expect(slices().reduce((sum, s) => sum + (s.endpoints?.length ?? 0), 0)).toBe(mirrored)
  const told = `A max of ${mirrored} addresses can be mirrored to EndpointSlices per Endpoints subset. ${count - mirrored} addresses were skipped`
  expect(events()).toContain(`TooManyAddressesToMirror: ${told}`)
})

test('slices follow the Endpoints and the service, and are put right', async () => {
  const { client, settle } = await setUp(loops)
  await byHand()
  await service(client, 'manual', noSelector)
  await settle()
  const addresses = () => slices().flatMap((s) => (s.endpoints ?? []).map((e) => e.addresses[0]))
  const [made] = slices()
  await client.patch('endpoints', at('manual'), { subsets: [{ addresses: [{ ip: '5.6.7.8' }], ports }] }, { type: 'merge' })
  await settle()
  expect([addresses(), slices()[0]?.metadata.uid]).toEqual([['5.6.7.8'], made?.metadata.uid])
  await client.delete('endpointslices.discovery.k8s.io', at(made?.metadata.name as string))
  await settle()
  expect(addresses()).toEqual(['5.6.7.8'])
  await client.patch('services', at('manual'), { spec: { selector: { app: 'web' } } })
  await settle()
  expect(slices()).toEqual([])
  await client.patch('services', at('manual'), { spec: { selector: null } }, { type: 'merge' })
  await settle()
  expect(addresses()).toEqual(['5.6.7.8'])
  await client.delete('endpoints', at('manual'))
  await settle()
  expect(slices()).toEqual([])
})

test('changes are gathered for --mirroring-endpointslice-updates-batch-period', async () => {
  const { client, settle, pass } = await setUp(loops, { options: { mirroringEndpointSliceUpdatesBatchPeriodMs: 2000 } })
  await service(client, 'manual', noSelector)
  await settle()
  await byHand()
  await pass(1)
  expect(slices()).toEqual([])
  await pass(2)
  expect(slices()).toHaveLength(1)
})

test('a slice that the cache does not show yet is not made twice', async () => {
  const { client, pass, transport } = await setUp(loops)
  await service(client, 'manual', noSelector)
  await pass(1)
  let show = () => {}
  const shown = new Promise<void>((resolve) => {
    show = resolve
  })
  transport.intercept = async ({ path }) => {
    if (path.includes('/endpointslices?watch')) await shown
  }
  transport.breakWatches()
  await pass(3)
  await byHand()
  await pass(1)
  await client.patch('endpoints', at('manual'), { subsets: [{ addresses: [{ ip: '5.6.7.8' }], ports }] }, { type: 'merge' })
  await pass(1)
  expect(slices()).toHaveLength(1)
  show()
  await pass(1)
  expect(slices().map((s) => s.endpoints?.[0]?.addresses)).toEqual([['5.6.7.8']])
})
