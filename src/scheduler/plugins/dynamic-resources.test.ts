import { expect, test } from 'vitest'
import { formatTime } from '../../api/meta.ts'
import type { ResourceClaim } from '../../api/types/resource-v1.ts'
import { createClient } from '../../client/client.ts'
import { createFakeClock } from '../../client/clock.ts'
import type { EventRecorder } from '../../client/events.ts'
import { createInformers } from '../../client/informer.ts'
import { createMemoryTransport } from '../../client/memory-transport.ts'
import { noLog } from '../../log/log.ts'
import type { FilterFailure } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { createPodInfo } from '../pod-info.ts'
import { createDynamicResources } from './dynamic-resources.ts'
import { createDeviceClassOf } from './extended-resources.ts'
import { cycleOf, event, podOf, rejections, scores, testHints } from './testing.ts'
import { claim, device, request, slice } from './testing-devices.ts'

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

const clock = createFakeClock()
const told: string[] = []
const recorder: EventRecorder = {
  event: (about, type, reason, message) => void told.push(`${type} ${reason} ${about.name}: ${message}`),
  flush: async () => {},
}
async function withCluster(claims: object[], devices = [device('1')]) {
  const client = createClient(createMemoryTransport())
  for (const c of claims) await client.create('resourceclaims.resource.k8s.io', c as ResourceClaim)
  for (const c of [gpuClass, celClass]) await client.create('deviceclasses.resource.k8s.io', c as never)
  await client.create('resourceslices.resource.k8s.io', slice('a', devices) as never)
  const informers = createInformers(client)
  const plugin = createDynamicResources({ client, informers, clock, recorder, log: noLog }, createDeviceClassOf(informers))
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
  const failure = { diagnosis: { nodes: 1, rejections: new Map(), whole: undefined } } as unknown as FilterFailure
  expect(await plugin.postFilter?.(createPodInfo(podOf('incoming', using('c'))), cycle, failure)).toEqual({ message })
  const { status } = await client.get('resourceclaims.resource.k8s.io', { namespace: 'default', name: 'c' })
  expect(status.allocation === undefined).toBe(reservedFor.length === 0)
  informers.stop()
})

test('a pod that is not bound after all gives its place at a claim back, and the devices stay', async () => {
  const other = { resource: 'pods', name: 'other', uid: 'other' }
  const mine = { resource: 'pods', name: 'incoming', uid: 'incoming' }
  const { client, plugin, informers } = await withCluster([{ ...claim('c', [request('r')]), ...allocated('a', [other, mine]) }])
  const cycle = cycleOf({ a: {} })
  expect(rejections(plugin, using('c'), cycle)).toEqual({})
  const released = new Promise<void>((resolve) => informers.of('resourceclaims.resource.k8s.io').addHandler({ updated: () => resolve() }))
  plugin.unreserve?.(createPodInfo(podOf('incoming', using('c'))), cycle.cluster.node('a') as NodeInfo, cycle)
  await released
  const { status } = await client.get('resourceclaims.resource.k8s.io', { namespace: 'default', name: 'c' })
  expect(status).toMatchObject({ reservedFor: [other], allocation: { devices: {} } })
  informers.stop()
})

test('devices stand in for an extended resource where the node has none: a claim is made, told in the pod’s status, and goes with the failure', async () => {
  const { client, plugin, informers } = await withCluster([], [device('1'), device('2'), device('3')])
  const resources = { requests: { 'deviceclass.resource.kubernetes.io/gpu': '2' } }
  const spec = { containers: [{ name: 'c', image: 'x', resources }] }
  const pod = createPodInfo(await client.create('pods', { metadata: { namespace: 'default', name: 'incoming' }, spec } as never))
  const own = { allocatable: { 'deviceclass.resource.kubernetes.io/gpu': '8' } }
  const cycle = cycleOf({ a: {}, b: {}, own })
  expect(rejections(plugin, { spec }, cycle)).toEqual({ b: ['cannot allocate all claims'] })
  const [a, b] = [cycle.cluster.node('a') as NodeInfo, cycle.cluster.node('own') as NodeInfo]
  cycle.data.clear()
  const prepared = plugin.preFilter?.(pod, cycle) as { filter: (node: NodeInfo) => unknown }
  expect([prepared.filter(a), prepared.filter(b)]).toEqual([undefined, undefined])
  expect([plugin.preBindPreFlight?.(pod, a, cycle), plugin.preBindPreFlight?.(pod, b, cycle)]).toEqual([true, false])
  plugin.reserve?.(pod, a, cycle)
  // They are held from now on.
  expect(rejections(plugin, { spec }, cycleOf({ a: {} }))).toEqual({ a: ['cannot allocate all claims'] })
  await plugin.preBind?.(pod, a, cycle)
  const { uid, name } = pod.pod.metadata
  const [made] = (await client.list('resourceclaims.resource.k8s.io')).items
  expect(made).toMatchObject({
    metadata: {
      annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }],
      finalizers: ['resource.kubernetes.io/delete-protection'],
    },
    spec: { devices: { requests: [{ name: 'container-0-request-0', exactly: { deviceClassName: 'gpu', count: 2 } }] } },
    status: { reservedFor: [{ resource: 'pods', name, uid }], allocation: { devices: { results: [{ device: '1' }, { device: '2' }] } } },
  })
  expect((await client.get('pods', { namespace: 'default', name })).status.extendedResourceClaimStatus).toEqual({
    resourceClaimName: made?.metadata.name,
    requestMappings: [{ containerName: 'c', resourceName: 'deviceclass.resource.kubernetes.io/gpu', requestName: 'container-0-request-0' }],
  })
  const gone = new Promise<void>((resolve) => informers.of('resourceclaims.resource.k8s.io').addHandler({ deleted: () => resolve() }))
  plugin.unreserve?.(pod, a, cycle)
  await gone
  expect(rejections(plugin, { spec }, cycleOf({ a: {} }))).toEqual({})
  informers.stop()
})

test('a claim for extended resources that an earlier try has left goes first', async () => {
  const left = {
    ...claim('left', [request('container-0-request-0')]),
    metadata: {
      namespace: 'default',
      name: 'left',
      annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'incoming', uid: 'incoming', controller: true }],
    },
  }
  const { client, plugin, informers } = await withCluster([left])
  const cycle = cycleOf({ a: {} })
  const pod = {
    spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { 'deviceclass.resource.kubernetes.io/gpu': '1' } } }] },
  }
  expect(rejections(plugin, pod, cycle)).toEqual({ a: ['cannot schedule extended resource claim'] })
  const failure = { diagnosis: { nodes: 1, rejections: new Map(), whole: undefined } } as unknown as FilterFailure
  const message = 'deletion of ResourceClaim completed'
  expect(await plugin.postFilter?.(createPodInfo(podOf('incoming', pod)), cycle, failure)).toEqual({ message })
  expect((await client.list('resourceclaims.resource.k8s.io')).items).toEqual([])
  informers.stop()
})

test('a claim from a template that is not made yet keeps the pod out of the queue', async () => {
  const { plugin, informers } = await withCluster([])
  const pod = podOf('p', { spec: { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }] } })
  expect(plugin.preEnqueue?.(pod)).toBe('pod "default/p": ResourceClaim not created yet')
  informers.stop()
})

test('the node that has the alternative named first is better', async () => {
  const client = createClient(createMemoryTransport())
  await client.create('deviceclasses.resource.k8s.io', gpuClass as never)
  const kinds = ['large', 'middle', 'small']
  const alternatives = kinds.map((name) => ({
    name,
    deviceClassName: 'gpu',
    allocationMode: 'ExactCount' as const,
    count: 1,
    selectors: [{ cel: { expression: `device.attributes["gpu.example"].kind == "${name}"` } }],
  }))
  await client.create('resourceclaims.resource.k8s.io', claim('c', [{ name: 'r', firstAvailable: alternatives }]))
  for (const [i, node] of ['a', 'b', 'c'].entries())
    await client.create(
      'resourceslices.resource.k8s.io',
      slice(node, [device('1', { attributes: { kind: { string: kinds[i] as string } } })]) as never,
    )
  const informers = createInformers(client)
  const plugin = createDynamicResources({ client, informers, clock, recorder, log: noLog }, createDeviceClassOf(informers))
  informers.start()
  await informers.synced()
  informers.stop()
  const cycle = cycleOf({ a: {}, b: {}, c: {} })
  expect(rejections(plugin, using('c'), cycle)).toEqual({})
  // 8, 7 and 6 of the best.
  expect(scores(plugin, using('c'), cycle)).toEqual({ a: 100, b: 87, c: 75 })
})

test.each<[string, (write: (conditions: Record<string, string>) => Promise<unknown>, remove: () => Promise<unknown>) => unknown, string]>([
  ['is as it should be', (write) => write({ attached: 'True', powered: 'True' }), 'bound'],
  [
    'becomes so bit by bit',
    async (write) => [await write({ attached: 'True' }), await write({ attached: 'True', powered: 'True' })],
    'bound',
  ],
  ['fails', (write) => write({ attached: 'True', broken: 'True' }), 'claim default/c: device gpu.example/a/1 failed to bind: broken'],
  ['only says that it did not fail', async (write) => [await write({ broken: 'False' }), clock.advance(600_000)], 'device binding timeout'],
  ['is as it should be in part', async (write) => [await write({ attached: 'True' }), clock.advance(600_000)], 'device binding timeout'],
  ['says nothing', () => clock.advance(600_000), 'device binding timeout'],
  ['is no longer wanted', (_, remove) => remove(), 'pods "incoming" not found'],
])('a pod waits for a device with binding conditions, which %s', async (_, then, outcome) => {
  const binding = { bindingConditions: ['attached', 'powered'], bindingFailureConditions: ['broken'], bindsToNode: true }
  const { client, plugin, informers } = await withCluster([claim('c', [request('r')])], [device('1', binding)])
  const at = { namespace: 'default', name: 'c' }
  const resource = 'resourceclaims.resource.k8s.io' as const
  const pod = createPodInfo(
    await client.create('pods', {
      metadata: { namespace: 'default', name: 'incoming' },
      spec: { containers: [], ...using('c').spec },
    } as never),
  )
  const seen = (what: () => unknown) =>
    new Promise<void>((resolve) => {
      const look = () => what() && resolve()
      informers.of('pods').addHandler({ added: look })
      informers.of(resource).addHandler({ added: look, updated: look })
    })
  await seen(() => informers.of('pods').get('default', 'incoming'))
  const cycle = cycleOf({ a: {} })
  const node = cycle.cluster.node('a')
  expect(rejections(plugin, using('c'), cycle)).toEqual({})
  if (!node) throw new Error('no node')
  plugin.reserve?.(pod, node, cycle)
  const ended = (plugin.preBind as NonNullable<typeof plugin.preBind>)(pod, node, cycle).then(
    () => 'bound',
    (error: Error) => error.message,
  )
  await seen(() => informers.of(resource).get('default', 'c')?.status?.allocation)
  const { allocation } = (await client.get(resource, at)).status
  expect(allocation).toMatchObject({
    allocationTimestamp: formatTime(clock.now()),
    devices: { results: [{ device: '1', bindingConditions: ['attached', 'powered'], bindingFailureConditions: ['broken'] }] },
    nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', values: ['a'] }] }] },
  })
  await new Promise((resolve) => setImmediate(resolve)) // the wait has begun
  await then(
    async (conditions) => {
      const found = await client.get(resource, at)
      const told = Object.entries(conditions).map(([type, status]) => ({ type, status }))
      const devices = [{ driver: 'gpu.example', pool: 'a', device: '1', conditions: told }]
      await client.updateStatus(resource, { ...found, status: { ...found.status, devices } } as never)
    },
    () => client.delete('pods', { namespace: 'default', name: 'incoming' }),
  )
  expect(await ended).toBe(outcome)
  expect(told.splice(0)).toEqual(['Normal BindingConditionsPending incoming: waiting for binding conditions for device on node a'])
  // What did not come about is given up, so that the next try finds other devices.
  expect((await client.get(resource, at)).status.allocation !== undefined).toBe(outcome === 'bound')
  informers.stop()
})

const { plugin, informers } = await withCluster([])
informers.stop()
const claimEvent = (object: object, before?: object, deleted = false) =>
  ({ kind: 'other', resource: 'resourceclaims.resource.k8s.io', object, before, deleted }) as const
const held = { ...claim('other', []), ...allocated('a') }
testHints(plugin, [
  ['its claim changes', using('c'), claimEvent(claim('c', []), claim('c', [])), true],
  ['another claim changes', using('c'), claimEvent(claim('other', []), claim('other', [])), false],
  ['another claim gives up its devices', using('c'), claimEvent(claim('other', []), held), true],
  ['another claim goes with its devices', using('c'), claimEvent(held, held, true), true],
  ['devices come', using('c'), { kind: 'other', resource: 'resourceslices.resource.k8s.io', object: {} }, true],
  ['a class changes', using('c'), { kind: 'other', resource: 'deviceclasses.resource.k8s.io', object: {} }, true],
  ['a node comes', using('c'), event.nodeAdded(), true],
  ['a pod goes', using('c'), event.podDeleted(), false],
])
