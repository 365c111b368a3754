/**
 * What upstream's conformance suite asks of scheduling, and the failure of a node: API server, controllers, scheduler
 * and simulated nodes in this process, with short times for what is told by flags.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pod } from '../src/api/types/core-v1.ts'
import { openAccess } from '../src/apiserver/access.ts'
import { createApiServer } from '../src/apiserver/api-server.ts'
import { createInProcessTransport } from '../src/apiserver/in-process.ts'
import { createMemoryStore } from '../src/apiserver/memory-store.ts'
import { type Client, createClient } from '../src/client/client.ts'
import { createInformers, type Informer, type Informers } from '../src/client/informer.ts'
import type { Transport } from '../src/client/transport.ts'
import { createControllerManager } from '../src/controllers/manager.ts'
import { createHollowNodes } from '../src/kubemark/hollow-nodes.ts'
import { noLog } from '../src/log/log.ts'
import { createSchedulerManager } from '../src/scheduler/manager.ts'

let client: Client
let informers: Informers
let pods: Informer<Pod>
let transport: () => Transport
const stopping: (() => unknown)[] = []

const graceMs = 2000
beforeEach(async () => {
  const server = await createApiServer({ store: createMemoryStore(), log: noLog, access: () => openAccess([]) })
  await server.ready
  transport = () => createInProcessTransport(server.handle)
  client = createClient(transport())
  for (const name of ['default', 'kube-system', 'kube-node-lease'])
    await client.create('namespaces', { metadata: { name } }).catch(() => {})
  const nodes = createHollowNodes({ transport: transport(), count: 3, prefix: 'n', zones: 0, heartbeatMs: 500, resources: { cpu: '2' } })
  const manager = createControllerManager({
    transport: transport(),
    options: { rootCa: 'CA', nodeMonitorPeriodMs: 200, nodeMonitorGracePeriodMs: graceMs, nodeEvictionRate: 10 },
    log: noLog,
  })
  const scheduler = createSchedulerManager({ transport: transport() })
  await nodes.start()
  await manager.start()
  await scheduler.start()
  informers = createInformers(client)
  pods = informers.of('pods')
  informers.start()
  await informers.synced()
  stopping.push(
    () => informers.stop(),
    () => nodes.stop(),
    () => scheduler.stop(),
    () => manager.stop(),
    () => server.close(),
  )
})
afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop()
})

const podOf = (name: string, spec: object = {}, cpu = '0', labels: Record<string, string> = {}) => ({
  metadata: { namespace: 'default', name, labels },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }], ...spec },
})
const on = (name: string, more: object = {}) => ({ nodeSelector: { 'kubernetes.io/hostname': name }, ...more })
const nodeOf = (name: string) => pods.get('default', name)?.spec.nodeName
const whyNot = (name: string) =>
  pods.get('default', name)?.status.conditions?.find((c) => c.type === 'PodScheduled' && c.status === 'False')?.message

function until(what: string, good: () => unknown, timeoutMs = 15_000): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false
    let remove = () => {}
    const end = (then: () => void) => {
      over = true
      clearTimeout(timer)
      remove()
      then()
    }
    const timer = setTimeout(() => end(() => reject(new Error(`not in ${timeoutMs} ms: ${what}`))), timeoutMs)
    const look = () => {
      if (!over && good()) end(resolve)
    }
    remove = pods.addHandler({ added: look, updated: look, deleted: look })
    if (over) remove()
    else look()
  })
}
async function create(pod: ReturnType<typeof podOf>): Promise<void> {
  await client.create('pods', pod as never)
}
async function bound(pod: ReturnType<typeof podOf>): Promise<string> {
  await create(pod)
  const { name } = pod.metadata
  await until(`${name} bound`, () => nodeOf(name))
  return nodeOf(name) as string
}
const classes = async () => {
  for (const [name, value] of Object.entries({ low: 1, middle: 100, high: 1000 }))
    await client.create('priorityclasses.scheduling.k8s.io', { metadata: { name }, value })
}
/** The admission that turns a class into a number is not in this server: both are given. */
const ranked = (name: 'low' | 'middle' | 'high') => ({ priorityClassName: name, priority: { low: 1, middle: 100, high: 1000 }[name] })

test('a request that no node can hold is told, node by node', async () => {
  await create(podOf('large', {}, '3'))
  await until('the reason', () => whyNot('large'))
  expect(whyNot('large')).toBe(
    '0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  )
})

test('a node selector that matches nothing waits for the label', async () => {
  await create(podOf('p', { nodeSelector: { disk: 'ssd' } }))
  await until('the reason', () => whyNot('p')?.includes("3 node(s) didn't match Pod's node affinity/selector"))
  await client.patch('nodes', { name: 'n-1' }, { metadata: { labels: { disk: 'ssd' } } }, { type: 'merge' })
  await until('bound', () => nodeOf('p') === 'n-1')
})

test.each([
  ['another address', { hostIP: '10.0.0.2' }, true],
  ['another protocol', { hostIP: '10.0.0.1', protocol: 'UDP' }, true],
  ['the same', { hostIP: '10.0.0.1' }, false],
  ['every address', {}, false],
])('a host port beside one on 10.0.0.1: %s', async (_, more, fits) => {
  const port = (extra: object) =>
    on('n-0', { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80, hostPort: 54321, ...extra }] }] })
  await bound(podOf('first', port({ hostIP: '10.0.0.1' })))
  await create(podOf('second', port(more)))
  await until('a decision', () => nodeOf('second') ?? whyNot('second'))
  if (fits) expect(nodeOf('second')).toBe('n-0')
  else expect(whyNot('second')).toContain("1 node(s) didn't have free ports for the requested pod ports")
})

test('a device stands in for an extended resource, and goes from a pod that has ended to one that waits', async () => {
  const spec = { extendedResourceName: 'example.com/gpu' }
  await client.create('deviceclasses.resource.k8s.io', { metadata: { name: 'gpu' }, spec } as never)
  await client.create('resourceslices.resource.k8s.io', {
    metadata: { name: 's' },
    spec: { driver: 'd', nodeName: 'n-1', pool: { name: 'n-1', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'one' }] },
  } as never)
  const limits = { 'example.com/gpu': '1' }
  const wanting = (name: string, annotations = {}) => {
    const pod = podOf(name, { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x', resources: { limits, requests: limits } }] })
    return { ...pod, metadata: { ...pod.metadata, annotations } }
  }
  expect(await bound(wanting('first', { 'simulation.kijabi.dev/run-seconds': '1' }))).toBe('n-1')
  await create(wanting('second'))
  await until('the reason', () => whyNot('second')?.startsWith('0/3 nodes are available: 3 cannot allocate all claims.'))
  await until('bound', () => nodeOf('second') === 'n-1')
  expect(pods.get('default', 'second')?.status.extendedResourceClaimStatus?.resourceClaimName).toMatch(/^second-extended-resources-/)
})

test('pods of lower priority make room, the lowest first, and the freed node is taken at once', async () => {
  await classes()
  await bound(podOf('low', on('n-0', ranked('low')), '1'))
  await bound(podOf('middle', on('n-1', ranked('middle')), '2'))
  await bound(podOf('other', on('n-2', ranked('middle')), '2'))
  await bound(podOf('beside', on('n-0', ranked('middle')), '1'))
  const began = performance.now()
  expect(await bound(podOf('high', ranked('high'), '1'))).toBe('n-0')
  expect(performance.now() - began).toBeLessThan(900) // less than the first back-off
  expect(
    pods
      .list('default')
      .map((p) => p.metadata.name)
      .toSorted(),
  ).toEqual(['beside', 'high', 'middle', 'other'])
})

test('a disruption budget is respected where another victim will do', async () => {
  await classes()
  await client.create('poddisruptionbudgets.policy', {
    metadata: { namespace: 'default', name: 'keep' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'kept' } } },
  })
  await bound(podOf('kept', on('n-0', ranked('low')), '2', { app: 'kept' }))
  await bound(podOf('free', on('n-1', ranked('middle')), '2'))
  await bound(podOf('big', on('n-2', ranked('high')), '2'))
  expect(await bound(podOf('high', ranked('high'), '2'))).toBe('n-1')
  expect(nodeOf('kept')).toBe('n-0')
})

test('a pod that may not preempt waits', async () => {
  await classes()
  await bound(podOf('low', on('n-0', ranked('low')), '2'))
  await create(podOf('polite', on('n-0', { ...ranked('high'), preemptionPolicy: 'Never' }), '2'))
  await until('the reason', () => whyNot('polite')?.endsWith('preemption: not eligible due to preemptionPolicy=Never.'))
  expect(nodeOf('low')).toBe('n-0')
})

test('a critical pod makes room, and the condition of the pod that leaves says why while a finalizer keeps it', async () => {
  const finalizers = ['example.com/test']
  const kept = podOf('low', on('n-0', { priority: 1 }), '2')
  await bound({ ...kept, metadata: { ...kept.metadata, finalizers } as never })
  await create(podOf('critical', on('n-0', { priorityClassName: 'system-cluster-critical', priority: 2_000_000_000 }), '2'))
  await until('the victim is told', () => pods.get('default', 'low')?.metadata.deletionTimestamp)
  expect(pods.get('default', 'low')?.status.conditions?.find((c) => c.type === 'DisruptionTarget')).toMatchObject({
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: 'default-scheduler: preempting to accommodate a higher priority pod',
  })
  await until('the node is promised', () => pods.get('default', 'critical')?.status.nominatedNodeName === 'n-0')
  expect(nodeOf('critical')).toBeUndefined()
  await client.patch('pods', { namespace: 'default', name: 'low' }, { metadata: { finalizers: null } }, { type: 'merge' })
  await until('the critical pod is bound', () => nodeOf('critical') === 'n-0')
})

test('replica sets of four priorities: the highest takes the room of the others from the lowest up, and each keeps its number of pods', async () => {
  const ranks = [1, 2, 3, 4]
  const running = (rank: number) =>
    pods.list('default').filter((p) => p.metadata.labels?.['rank'] === String(rank) && p.status.phase === 'Running').length
  const set = (rank: number, replicas: number) =>
    client.create('replicasets.apps', {
      metadata: { namespace: 'default', name: `rank-${rank}` },
      spec: {
        replicas,
        selector: { matchLabels: { rank: String(rank) } },
        template: { metadata: { labels: { rank: String(rank) } }, spec: podOf('', on('n-0', { priority: rank }), '200m').spec },
      },
    } as never)
  for (const [rank, replicas] of [
    [1, 5],
    [2, 4],
    [3, 1],
  ] as const)
    await set(rank, replicas)
  await until('the node is full', () => running(1) + running(2) + running(3) === 10)
  await set(4, 6)
  await until('the highest run', () => running(4) === 6)
  await until('the others in their order', () => running(3) === 1 && running(2) === 3 && running(1) === 0)
  // Those that were replaced wait for room.
  expect(ranks.map((rank) => pods.list('default').filter((p) => p.metadata.labels?.['rank'] === String(rank)).length)).toEqual([5, 4, 1, 6])
})

test('a priority class can be listed and described anew, and keeps its value', async () => {
  await classes()
  const listed = await client.list('priorityclasses.scheduling.k8s.io')
  expect(Object.fromEntries(listed.items.map(({ metadata, value }) => [metadata.name, value]))).toMatchObject({
    low: 1,
    middle: 100,
    high: 1000,
  })
  const change = (patch: object) => client.patch('priorityclasses.scheduling.k8s.io', { name: 'low' }, patch, { type: 'merge' })
  expect((await change({ description: 'the lowest' })).description).toBe('the lowest')
  await expect(change({ value: 2 })).rejects.toThrow('value: Forbidden: may not be changed in an update.')
  await expect(client.update('priorityclasses.scheduling.k8s.io', { metadata: { name: 'low' }, value: 2 })).rejects.toThrow(
    'value: Forbidden',
  )
})

test('limit ranges are listed over namespaces by label, patched, and deleted by label one namespace at a time', async () => {
  await client.create('namespaces', { metadata: { name: 'other' } })
  const limits = [{ type: 'Container' as const, max: { cpu: '500m' } }]
  for (const namespace of ['default', 'other'])
    await client.create('limitranges', { metadata: { namespace, name: 'limits', labels: { test: 'yes' } }, spec: { limits } })
  const labelSelector = 'test=yes'
  const listed = async () => (await client.list('limitranges', { labelSelector })).items.map(({ metadata }) => metadata.namespace)
  expect((await listed()).toSorted()).toEqual(['default', 'other'])
  const patch = { metadata: { labels: { patched: 'yes' } }, spec: { limits: [{ ...limits[0], max: { cpu: '400m' } }] } }
  const patched = await client.patch('limitranges', { namespace: 'default', name: 'limits' }, patch)
  expect([patched.metadata.labels?.['patched'], patched.spec.limits[0]?.max]).toEqual(['yes', { cpu: '400m' }])
  await client.deleteCollection('limitranges', { namespace: 'default', labelSelector: 'patched=yes' })
  expect(await listed()).toEqual(['other'])
})

test('of two schedulers one works, and the other when the lease is given back', async () => {
  const lease = { namespace: 'kube-system', name: 'two', leaseDurationMs: 1500, renewDeadlineMs: 1000, retryPeriodMs: 100 }
  const profiles = [{ schedulerName: 'elected' }]
  const start = async (identity: string) => {
    const manager = createSchedulerManager({ transport: transport(), configuration: { profiles }, leaderElection: { ...lease, identity } })
    await manager.start()
    stopping.push(() => manager.stop())
    return manager
  }
  const holder = async () => (await client.get('leases.coordination.k8s.io', lease)).spec.holderIdentity
  const first = await start('first')
  await start('second')
  await bound(podOf('p', { schedulerName: 'elected' }))
  expect(await holder()).toBe('first')
  await first.stop()
  await bound(podOf('q', { schedulerName: 'elected' }))
  expect(await holder()).toBe('second')
})

test('a NoExecute taint evicts what does not tolerate it, and what does for a time when that is over', async () => {
  const tolerates = (tolerationSeconds?: number) => ({
    tolerations: [{ key: 'gone', operator: 'Exists', effect: 'NoExecute', tolerationSeconds }],
  })
  await bound(podOf('never', on('n-0')))
  await bound(podOf('a-while', on('n-0', tolerates(1))))
  await bound(podOf('ever', on('n-0', tolerates())))
  const began = performance.now()
  await client.patch('nodes', { name: 'n-0' }, { spec: { taints: [{ key: 'gone', effect: 'NoExecute' }] } }, { type: 'merge' })
  await until('the first gone', () => !pods.get('default', 'never'))
  expect(nodeOf('a-while')).toBe('n-0')
  await until('the second gone', () => !pods.get('default', 'a-while'))
  expect(performance.now() - began).toBeGreaterThanOrEqual(900)
  expect(nodeOf('ever')).toBe('n-0')
})

test('the pods of a node that falls silent are replaced after the grace period and their toleration, and gone when it is back', async () => {
  const tolerations = ['not-ready', 'unreachable'].map((why) => ({
    key: `node.kubernetes.io/${why}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 2,
  }))
  await client.create('deployments.apps', {
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas: 6,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: podOf('', { tolerations, terminationGracePeriodSeconds: 30 }, '100m').spec },
    },
  } as never)
  const healthy = () => pods.list('default').filter((p) => !p.metadata.deletionTimestamp && p.status.phase === 'Running')
  await until('all run', () => healthy().length === 6)
  expect(healthy().some((p) => p.spec.nodeName === 'n-0')).toBe(true)
  const silent = (value: string | null) =>
    client.patch('nodes', { name: 'n-0' }, { metadata: { annotations: { 'simulation.kijabi.dev/silent': value } } }, { type: 'merge' })
  const began = performance.now()
  await silent('true')
  await until('replaced', () => healthy().length === 6 && healthy().every((p) => p.spec.nodeName !== 'n-0'))
  const tookMs = performance.now() - began
  // Grace since the last heartbeat (at most 500 ms before), and two seconds of toleration, of which the taint's time,
  // written in whole seconds, may take one away.
  expect(tookMs).toBeGreaterThanOrEqual(graceMs - 500 + 2000 - 1000 - 100)
  expect(tookMs).toBeLessThan(graceMs + 2000 + 3000)
  expect(pods.list('default').length).toBeGreaterThan(6)
  await silent(null)
  await until('the old ones gone', () => pods.list('default').length === 6)
})

test('a pod goes where a device is that its class and its request choose', async () => {
  const offer = (node: string, model: string, memory: string, version: string) => ({
    metadata: { name: node },
    spec: {
      driver: 'gpu.example',
      nodeName: node,
      pool: { name: node, generation: 1, resourceSliceCount: 1 },
      devices: [{ name: 'd', attributes: { model: { string: model }, firmware: { version } }, capacity: { memory: { value: memory } } }],
    },
  })
  for (const [i, [model, memory, version]] of [
    ['a', '80Gi', '1.9.0'],
    ['a', '80Gi', '1.10.0'],
    ['b', '80Gi', '2.0.0'],
  ].entries() as IterableIterator<[number, [string, string, string]]>)
    await client.create('resourceslices.resource.k8s.io', offer(`n-${i}`, model, memory, version) as never)
  const selecting = (...expressions: string[]) => ({ selectors: expressions.map((expression) => ({ cel: { expression } })) })
  const gpu = 'device.attributes["gpu.example"]'
  await client.create('deviceclasses.resource.k8s.io', {
    metadata: { name: 'gpu' },
    spec: selecting('device.driver == "gpu.example"', 'device.capacity["gpu.example"].memory.compareTo(quantity("40Gi")) >= 0'),
  } as never)
  const template = (name: string, ...expressions: string[]) =>
    client.create('resourceclaimtemplates.resource.k8s.io', {
      metadata: { namespace: 'default', name },
      spec: { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', ...selecting(...expressions) } }] } } },
    } as never)
  await template('new-a', `${gpu}.model == "a"`, `${gpu}.firmware.isGreaterThan(semver("1.9.0"))`)
  await template('broken', `${gpu}.nope == 1`)
  const using = (resourceClaimTemplateName: string) => ({ resourceClaims: [{ name: 'gpu', resourceClaimTemplateName }] })
  await create(podOf('chosen', using('new-a')))
  await until('the pod runs beside its device', () => nodeOf('chosen') === 'n-1')
  await create(podOf('second', using('new-a')))
  await until('the second is told why not', () => whyNot('second')?.includes('3 cannot allocate all claims'))
  await create(podOf('failing', using('broken')))
  await until('the mistake is told', () => whyNot('failing')?.includes('selector #0: CEL runtime error: no such key: nope'))
})
