import { describe, expect, test } from 'vitest'
import type { Node } from '../../api/types/core-v1.ts'
import type { Device, DeviceClass, DeviceRequest, ResourceClaim, ResourceSlice } from '../../api/types/resource-v1.ts'
import { createClient } from '../../client/client.ts'
import { createInformers } from '../../client/informer.ts'
import { createMemoryTransport } from '../../client/memory-transport.ts'
import { createPodInfo } from '../pod-info.ts'
import { allocate } from './device-allocation.ts'
import { createDynamicResources } from './dynamic-resources.ts'
import { cycleOf, nodeOf, podOf, rejections } from './testing.ts'

const device = (name: string, more: Partial<Device> = {}): Device => ({ name, ...more })
const slice = (nodeName: string, devices: Device[], pool: object = {}): ResourceSlice =>
  ({
    metadata: { name: `${nodeName}-slice` },
    spec: { driver: 'gpu.example', nodeName, pool: { name: nodeName, generation: 1, resourceSliceCount: 1, ...pool }, devices },
  }) as unknown as ResourceSlice
const request = (name: string, more: object = {}): DeviceRequest => ({
  name,
  exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1, ...more },
})
const claim = (name: string, requests: DeviceRequest[], more: object = {}): ResourceClaim =>
  ({ metadata: { name, namespace: 'default', uid: name }, spec: { devices: { requests, ...more } } }) as unknown as ResourceClaim
const model = (name: string, value: string) => device(name, { attributes: { 'gpu.example/model': { string: value } } })
const tainted = device('bad', { taints: [{ key: 'broken', effect: 'NoSchedule' }] })

describe('devices of a node for a claim', () => {
  const node = nodeOf('a', {}) as Node
  const row = (found: string[] | undefined, what: string, requests: DeviceRequest[], slices: ResourceSlice[], more: object = {}) =>
    [what, requests, slices, more, found] as const
  test.each([
    row(['r:1'], 'one of two', [request('r')], [slice('a', [device('1'), device('2')])]),
    row(['r:1', 'r:2'], 'two of two', [request('r', { count: 2 })], [slice('a', [device('1'), device('2')])]),
    row(undefined, 'three of two', [request('r', { count: 3 })], [slice('a', [device('1'), device('2')])]),
    row(undefined, 'another node has them', [request('r')], [slice('b', [device('1')])]),
    row(['r:2'], 'not the one in use', [request('r')], [slice('a', [device('used'), device('2')])]),
    row(['r:used'], 'the one in use, for an administrator', [request('r', { adminAccess: true })], [slice('a', [device('used')])]),
    row(['r:1', 'r:2'], 'all', [request('r', { allocationMode: 'All', count: undefined })], [slice('a', [device('1'), device('2')])]),
    row(undefined, 'all, with one in use', [request('r', { allocationMode: 'All' })], [slice('a', [device('1'), device('used')])]),
    row(undefined, 'a pool of which a slice is missing', [request('r')], [slice('a', [device('1')], { resourceSliceCount: 2 })]),
    row(
      ['r:new'],
      'the newest generation only',
      [request('r')],
      [slice('a', [device('1')]), slice('a', [device('new')], { generation: 2 })],
    ),
    row(undefined, 'a taint that is not tolerated', [request('r')], [slice('a', [tainted])]),
    row(['r:bad'], 'a taint that is', [request('r', { tolerations: [{ key: 'broken', operator: 'Exists' }] })], [slice('a', [tainted])]),
    row(
      ['r:2', 's:3'],
      'two of the same model, stepping back from the first',
      [request('r'), request('s')],
      [slice('a', [model('1', 'x'), model('2', 'y'), model('3', 'y')])],
      { constraints: [{ matchAttribute: 'gpu.example/model' }] },
    ),
    row(
      ['r:1', 's:3'],
      'two of different models',
      [request('r'), request('s')],
      [slice('a', [model('1', 'x'), model('2', 'x'), model('3', 'y')])],
      { constraints: [{ distinctAttribute: 'gpu.example/model' }] },
    ),
    row(
      ['r/small:1'],
      'the first alternative that there is',
      [
        {
          name: 'r',
          firstAvailable: [
            { name: 'large', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 4 },
            { name: 'small', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 },
          ],
        },
      ],
      [slice('a', [device('1')])],
    ),
  ])('%s', (_, requests, slices, more, found) => {
    const result = allocate(node, [claim('c', requests, more)], slices, new Set(['gpu.example/a/used']), () => undefined)
    expect(result?.[0]?.devices.results?.map((r) => `${r.request}:${r.device}`)).toEqual(found)
    if (result)
      expect(result[0]?.nodeSelector?.nodeSelectorTerms).toEqual([
        { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] },
      ])
  })

  const cel = (expression: string) => ({ selectors: [{ cel: { expression } }] })
  const isY = cel('device.attributes["gpu.example"].model == "y"')
  const models = [model('1', 'x'), model('2', 'y'), model('3', 'y')]
  const big = device('big', { capacity: { memory: { value: '80Gi' } } })
  test.each<[string, object, object, Device[], string[] | undefined]>([
    ['the request’s selector', isY, {}, models, ['2']],
    ['the class’s selector', {}, isY, models, ['2']],
    ['both', isY, cel('device.driver == "other.example"'), models, undefined],
    ['all that are chosen, not all that there are', { ...isY, allocationMode: 'All', count: undefined }, {}, models, ['2', '3']],
    ['all, of which there are none', { ...cel('false'), allocationMode: 'All', count: undefined }, {}, models, undefined],
    [
      'a capacity',
      cel('device.capacity["gpu.example"].?memory.orValue(quantity("0")).isGreaterThan(quantity("40Gi"))'),
      {},
      [device('1'), big],
      ['big'],
    ],
  ])('by %s', (_, more, classSpec, devices, found) => {
    const gpu = { metadata: { name: 'gpu' }, spec: classSpec } as unknown as DeviceClass
    const result = allocate(node, [claim('c', [request('r', more)])], [slice('a', devices)], new Set(), () => gpu)
    expect(result?.[0]?.devices.results?.map((r) => r.device)).toEqual(found)
  })

  test('two claims of a pod do not share a device', () => {
    const claims = [claim('c', [request('r')]), claim('d', [request('r')])]
    expect(allocate(node, claims, [slice('a', [device('1')])], new Set(), () => undefined)).toBeUndefined()
  })
})

const gpuClass = { metadata: { name: 'gpu' }, spec: {} }
const celClass = { metadata: { name: 'cel' }, spec: { selectors: [{ cel: { expression: 'device.driver == "x"' } }] } }
const using = (name: string) => ({ spec: { resourceClaims: [{ name: 'gpu', resourceClaimName: name }] } })
const allocated = (nodeName: string, reservedFor: object[] = []) => ({
  status: {
    allocation: {
      devices: { results: [{ request: 'r', driver: 'gpu.example', pool: nodeName, device: '1' }] },
      nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }] },
    },
    reservedFor,
  },
})

async function withCluster(claims: object[]) {
  const client = createClient(createMemoryTransport())
  for (const c of claims) await client.create('resourceclaims.resource.k8s.io', c as ResourceClaim)
  for (const c of [gpuClass, celClass]) await client.create('deviceclasses.resource.k8s.io', c as never)
  await client.create('resourceslices.resource.k8s.io', slice('a', [device('1')]) as never)
  const informers = createInformers(client)
  const plugin = createDynamicResources({ client, informers })
  informers.start()
  await informers.synced()
  return { client, informers, plugin }
}

test.each([
  ['is told that no device is left', [claim('c', [request('r')])], { b: ['cannot allocate all claims'] }],
  [
    'follows a claim that has devices',
    [{ ...claim('c', [request('r')]), ...allocated('b') }],
    { a: ['resourceclaim not available on the node'] },
  ],
  ['waits for its claim', [], { pod: ['could not find resourceclaim "default/c"'] }],
  ['needs the class', [claim('c', [request('r', { deviceClassName: 'no' })])], { pod: ['request r: device class no does not exist'] }],
  [
    'finds no device that its class chooses',
    [claim('c', [request('r', { deviceClassName: 'cel' })])],
    { a: ['cannot allocate all claims'], b: ['cannot allocate all claims'] },
  ],
  [
    'is told which expression fails',
    [claim('c', [request('r', { selectors: [{ cel: { expression: 'device.attributes["x"].y == 1' } }] })])],
    { a: ['claim default/c: selector #0: CEL runtime error: no such key: y'], b: ['cannot allocate all claims'] },
  ],
] as const)('a pod with a claim %s', async (_, claims, expected) => {
  const { plugin, informers } = await withCluster([...claims])
  expect(rejections(plugin, using('c'), cycleOf({ a: {}, b: {} }))).toEqual(expected)
  informers.stop()
})

test('a claim’s allocation and reservation are written, and a device goes to one claim only', async () => {
  const { client, plugin, informers } = await withCluster([claim('c', [request('r')]), claim('d', [request('r')])])
  const cycle = cycleOf({ a: {} })
  const node = cycle.cluster.node('a')
  const pod = createPodInfo(podOf('incoming', using('c')))
  expect(rejections(plugin, using('c'), cycle)).toEqual({})
  if (!node) throw new Error('no node')
  plugin.reserve?.(pod, node, cycle)
  expect(rejections(plugin, using('d'), cycleOf({ a: {} }))).toEqual({ a: ['cannot allocate all claims'] })
  expect(rejections(plugin, using('c'), cycleOf({ a: {} }))).toEqual({
    pod: ['resource claim default/c is in the process of being allocated'],
  })
  await plugin.preBind?.(pod, node, cycle)
  const { metadata, status } = await client.get('resourceclaims.resource.k8s.io', { namespace: 'default', name: 'c' })
  expect(metadata.finalizers).toEqual(['resource.kubernetes.io/delete-protection'])
  expect(status.reservedFor).toEqual([{ resource: 'pods', name: 'incoming', uid: 'incoming' }])
  expect(status.allocation?.devices.results).toEqual([{ request: 'r', driver: 'gpu.example', pool: 'a', device: '1' }])
  informers.stop()
})

test.each([
  ['nobody holds is given up', [], 'deallocation of ResourceClaim completed'],
  ['another pod holds stays', [{ resource: 'pods', name: 'other', uid: 'other' }], 'still not schedulable'],
])('an allocation out of reach that %s', async (_, reservedFor, message) => {
  const { client, plugin, informers } = await withCluster([{ ...claim('c', [request('r')]), ...allocated('elsewhere', reservedFor) }])
  const cycle = cycleOf({ a: {} })
  rejections(plugin, using('c'), cycle)
  expect(await plugin.postFilter?.(createPodInfo(podOf('incoming', using('c'))), cycle, undefined as never)).toEqual({ message })
  const { status } = await client.get('resourceclaims.resource.k8s.io', { namespace: 'default', name: 'c' })
  expect(status.allocation === undefined).toBe(reservedFor.length === 0)
  informers.stop()
})

test('a claim from a template that is not made yet keeps the pod out of the queue', async () => {
  const { plugin, informers } = await withCluster([])
  const pod = podOf('p', { spec: { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }] } })
  expect(plugin.preEnqueue?.(pod)).toBe('pod "default/p": ResourceClaim not created yet')
  informers.stop()
})
