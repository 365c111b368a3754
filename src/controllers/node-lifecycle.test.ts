/** Nodes that fall silent and come back, and what becomes of their pods, on a clock that the test moves. */

import { afterEach, expect, test } from 'vitest'
import { formatMicroTime, formatTime } from '../api/meta.ts'
import type { ControllerOptions } from './options.ts'
import { labels, readyStatus, type TestCluster, template, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const at = (name: string) => ({ namespace: 'default', name })

const beating = new Set<string>()
const node = async (name: string, zone = 'z', more: Record<string, string> = {}) => {
  const { client, clock } = cluster
  const now = formatTime(clock.now())
  await client.create('nodes', {
    metadata: { name, labels: { 'topology.kubernetes.io/zone': zone, ...more } },
    status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now, lastTransitionTime: now }] },
  } as never)
  await client.create('leases.coordination.k8s.io', {
    metadata: { namespace: 'kube-node-lease', name },
    spec: { renewTime: formatMicroTime(clock.now()) },
  })
  beating.add(name)
}
const beat = (name: string) =>
  cluster.client.patch(
    'leases.coordination.k8s.io',
    { namespace: 'kube-node-lease', name },
    { spec: { renewTime: formatMicroTime(cluster.clock.now()) } },
  )
const pass = async (seconds: number) => {
  for (let s = 0; s < seconds; s += 5) {
    for (const name of beating) await beat(name)
    await cluster.settle()
    await cluster.pass(5)
  }
}
const pod = async (name: string, nodeName: string, more: object = {}) => {
  await cluster.client.create('pods', {
    metadata: { ...at(name), labels },
    spec: { nodeName, containers: [{ name: 'c', image: 'a' }], ...more },
    status: readyStatus(cluster.clock.now()),
  } as never)
}
const get = (name: string) => cluster.client.get('nodes', { name })
const taints = async (name: string) => ((await get(name)).spec.taints ?? []).map((t) => `${t.key}:${t.effect}`).sort()
const tolerating = (tolerationSeconds: number) => ({
  tolerations: ['not-ready', 'unreachable'].map((k) => ({
    key: `node.kubernetes.io/${k}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds,
  })),
})
const loops = ['node-lifecycle', 'taint-eviction', 'pod-garbage-collector']
const options = { nodeMonitorGracePeriodMs: 40_000, nodeMonitorPeriodMs: 5000 }
afterEach(() => beating.clear())

test('a silent node is unknown after its grace, tainted, and its pods leave when their toleration ends', async () => {
  const { pods, events } = await setUp(loops, { options })
  for (const name of ['a', 'b', 'c']) await node(name)
  await pod('stays', 'a', tolerating(300))
  await pod('leaves', 'b', tolerating(300))
  await pod('daemon', 'b', { tolerations: [{ operator: 'Exists' }] })
  await pass(60)
  expect(await taints('b')).toEqual([])
  beating.delete('b')
  await pass(30)
  expect(await taints('b')).toEqual([])
  await pass(10)
  expect((await get('b')).status.conditions?.map((c) => [c.type, c.status, c.reason])).toContainEqual([
    'Ready',
    'Unknown',
    'NodeStatusUnknown',
  ])
  expect(await taints('b')).toEqual(['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'])
  expect(
    pods()
      .find((p) => p.metadata.name === 'leaves')
      ?.status.conditions?.find((c) => c.type === 'Ready')?.status,
  ).toBe('False')
  await pass(290)
  expect(pods().map((p) => p.metadata.name)).toEqual(['stays', 'leaves', 'daemon'])
  await pass(20)
  expect(pods().map((p) => p.metadata.name)).toEqual(['stays', 'daemon'])
  expect(events()).toContain('TaintManagerEviction: Marking for deletion Pod default/leaves')
})

test('a node that comes back in time loses its taints, and its pods stay', async () => {
  const { pods, client, events } = await setUp(loops, { options })
  for (const name of ['a', 'b']) await node(name)
  await pod('p', 'b', tolerating(300))
  beating.delete('b')
  await pass(60)
  expect(await taints('b')).toHaveLength(2)
  beating.add('b')
  const back = await get('b')
  await client.updateStatus('nodes', {
    ...back,
    status: { ...back.status, conditions: back.status.conditions?.map((c) => ({ ...c, status: c.type === 'Ready' ? 'True' : 'False' })) },
  })
  await pass(400)
  expect(await taints('b')).toEqual([])
  expect(pods()).toHaveLength(1)
  expect(events()).toContain('TaintManagerEviction: Cancelling deletion of Pod default/p')
})

test('when every node is silent nobody is evicted', async () => {
  const { pods } = await setUp(loops, { options })
  for (const name of ['a', 'b']) await node(name)
  await pod('p', 'a', tolerating(10))
  beating.clear()
  await pass(120)
  expect(await taints('a')).toEqual(['node.kubernetes.io/unreachable:NoSchedule'])
  expect(pods()).toHaveLength(1)
})

/** Moves time on second by second, with heartbeats as often as kubelets send them, and says when what was written. */
async function watchFor(seconds: number): Promise<{ at: number; method: string; path: string; body: string }[]> {
  const { transport, clock } = cluster
  const began = clock.now()
  const writes: { at: number; method: string; path: string; body: string }[] = []
  transport.intercept = ({ method, path, body }) => {
    if (method !== 'GET') writes.push({ at: (clock.now() - began) / 1000, method, path, body: JSON.stringify(body) })
  }
  for (let s = 0; s < seconds; s++) {
    if (s % 5 === 0) for (const name of beating) await beat(name)
    await cluster.pass(1)
  }
  transport.intercept = undefined
  return writes
}

test.each([
  ['the defaults', {}, 300, { unknown: 50, gone: 350 }],
  ['short times', { nodeMonitorGracePeriodMs: 8000, nodeMonitorPeriodMs: 1000 }, 3, { unknown: 8, gone: 11 }],
  ['a long grace', { nodeMonitorGracePeriodMs: 120_000 }, 10, { unknown: 120, gone: 130 }],
])('with %s a silent node is tainted, its pods evicted and replaced when the flags say', async (_name, given, seconds, expected) => {
  const { client, settle } = await setUp([...loops, 'replicaset'], { options: given })
  for (const name of ['a', 'b', 'c']) await node(name)
  for (const [name, nodeName] of Object.entries({ stays: 'a', leaves: 'b' })) await pod(name, nodeName, tolerating(seconds))
  await client.create('replicasets.apps', {
    metadata: at('web'),
    spec: { replicas: 2, selector: { matchLabels: labels }, template: template() },
  } as never)
  await settle()
  beating.delete('b')
  const writes = await watchFor(expected.gone + 30)
  const when = (method: string, path: RegExp, body = '') =>
    writes.filter((w) => w.method === method && path.test(w.path) && w.body.includes(body)).map((w) => w.at)
  const { nodeMonitorPeriodMs: period = 5000 } = given as { nodeMonitorPeriodMs?: number }
  const within = (times: number[], least: number) => {
    expect(times).toHaveLength(1)
    expect(times[0]).toBeGreaterThanOrEqual(least)
    // A node is looked at once each period; then the times of taints are whole seconds.
    expect(times[0]).toBeLessThanOrEqual(least + period / 1000 + 1)
  }
  within(when('PUT', /nodes\/b\/status$/, 'NodeStatusUnknown'), expected.unknown)
  within(when('PATCH', /nodes\/b$/, 'NoExecute'), expected.unknown)
  within(when('DELETE', /pods\/leaves$/), expected.gone)
  within(when('POST', /pods$/), expected.gone)
})

/** In how many seconds after one another the silent nodes of a zone begin to be emptied; nothing: none is. */
test.each<[string, Partial<ControllerOptions>, Record<string, [ready: number, silent: number]>, Record<string, number[]>]>([
  ['a healthy zone: a node each 10 s', {}, { a: [5, 2] }, { a: [10] }],
  ['--node-eviction-rate=0.5: each 2 s', { nodeEvictionRate: 0.5 }, { a: [7, 3] }, { a: [2, 2] }],
  ['--node-eviction-rate=0: none', { nodeEvictionRate: 0 }, { a: [5, 2] }, {}],
  ['an unhealthy zone of a small cluster: none', {}, { a: [2, 3] }, {}],
  ['two silent nodes make no zone unhealthy, whatever their share', {}, { a: [1, 2] }, { a: [10] }],
  [
    'an unhealthy zone that is large (--large-cluster-size-threshold=4): at --secondary-node-eviction-rate',
    { largeClusterSizeThreshold: 4, secondaryNodeEvictionRate: 0.05 },
    { a: [2, 3] },
    { a: [20, 20] },
  ],
  ['as large as the threshold is small', { largeClusterSizeThreshold: 5 }, { a: [2, 3] }, {}],
  ['--unhealthy-zone-threshold=0.7: 3 of 5 are healthy', { unhealthyZoneThreshold: 0.7 }, { a: [2, 3] }, { a: [10, 10] }],
  ['--unhealthy-zone-threshold=0.6: 3 of 5 are not', { unhealthyZoneThreshold: 0.6 }, { a: [2, 3] }, {}],
  ['a zone without a node left beside another: at the normal rate', {}, { a: [0, 3], b: [3, 0] }, { a: [10, 10] }],
  ['each zone at a rate of its own', {}, { a: [5, 2], b: [5, 2] }, { a: [10], b: [10] }],
  ['an unhealthy zone does not hold up another', {}, { a: [2, 3], b: [5, 2] }, { b: [10] }],
  ['all zones without a node: none, the fault is here', {}, { a: [0, 2], b: [0, 2] }, {}],
])('%s', async (_name, given, zones, expected) => {
  await setUp(loops, { options: given })
  for (const [zone, [ready, silent]] of Object.entries(zones)) for (let i = 0; i < ready + silent; i++) await node(`${zone}${i}`, zone)
  for (const [zone, [ready, silent]] of Object.entries(zones)) for (let i = ready; i < ready + silent; i++) beating.delete(`${zone}${i}`)
  const writes = await watchFor(110)
  const times: Record<string, number[]> = {}
  for (const { at, method, path, body } of writes) {
    const zone = /^\/api\/v1\/nodes\/([ab])\d$/.exec(path)?.[1]
    if (zone && method === 'PATCH' && body.includes('NoExecute')) times[zone] = [...(times[zone] ?? []), at]
  }
  const gaps = Object.fromEntries(
    Object.entries(times).map(([zone, all]) => [zone, all.slice(1).map((at, i) => Math.round(at - (all[i] as number)))]),
  )
  expect(gaps).toEqual(expected)
})

test('nodes that are excluded from disruption checks make no zone unhealthy', async () => {
  await setUp(loops)
  for (const name of ['a', 'b', 'c']) await node(name)
  for (const name of ['d', 'e']) await node(name, 'z', { 'node.kubernetes.io/exclude-disruption': '' })
  for (const name of ['c', 'd', 'e']) beating.delete(name)
  await pass(110)
  for (const name of ['c', 'd', 'e']) expect(await taints(name)).toContain('node.kubernetes.io/unreachable:NoExecute')
})

test('when a node is back after all were gone, the others get their whole grace again', async () => {
  await setUp(loops, { options })
  for (const name of ['a', 'b', 'c']) await node(name)
  beating.clear()
  await pass(60)
  expect((await Promise.all(['a', 'b', 'c'].map(taints))).flat().filter((t) => t.endsWith('NoExecute'))).toEqual([])
  for (const name of ['a', 'b']) {
    beating.add(name)
    const back = await get(name)
    const conditions = back.status.conditions?.map((c) => ({ ...c, status: c.type === 'Ready' ? 'True' : 'False' }))
    await cluster.client.updateStatus('nodes', { ...back, status: { ...back.status, conditions } } as never)
  }
  await cluster.settle()
  await pass(5)
  expect(await taints('c')).toContain('node.kubernetes.io/unreachable:NoExecute')
  expect(await taints('a')).toEqual([])
})

test('pressure and cordon become taints, and go with their cause', async () => {
  const { client, settle } = await setUp(loops, { options })
  await node('a')
  await client.patch('nodes', { name: 'a' }, { spec: { unschedulable: true } })
  await settle()
  const have = await get('a')
  await client.updateStatus('nodes', {
    ...have,
    status: { ...have.status, conditions: [...(have.status.conditions ?? []), { type: 'MemoryPressure', status: 'True' }] },
  } as never)
  await settle()
  expect(await taints('a')).toEqual(['node.kubernetes.io/memory-pressure:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule'])
  await client.patch('nodes', { name: 'a' }, { spec: { unschedulable: null } })
  await settle()
  expect(await taints('a')).toEqual(['node.kubernetes.io/memory-pressure:NoSchedule'])
})

test('of a node that says itself that it is not ready the pods stay as its kubelet says they are', async () => {
  const { client, pass, events } = await setUp(loops, { options })
  for (const name of ['a', 'b']) await node(name)
  await pod('p', 'a', tolerating(300))
  const { status, ...rest } = await get('a')
  await client.updateStatus('nodes', {
    ...rest,
    status: { ...status, conditions: status.conditions?.map((c) => ({ ...c, status: 'False', reason: 'KubeletNotReady' })) },
  })
  await pass(2)
  expect(await taints('a')).toEqual(['node.kubernetes.io/not-ready:NoExecute', 'node.kubernetes.io/not-ready:NoSchedule'])
  expect((await client.get('pods', at('p'))).status.conditions).toMatchObject([{ type: 'Ready', status: 'True' }])
  expect(events().filter((e) => e.startsWith('NodeNotReady'))).toEqual([])
})

test.each([
  ['new names are repeated under the old ones', { os: 'linux', arch: 'arm64' }, {}, { os: 'linux', arch: 'arm64' }],
  ['an old name that says otherwise is put right', { os: 'linux' }, { os: 'windows' }, { os: 'linux' }],
  ['an old name alone stays', {}, { arch: 'amd64' }, { arch: 'amd64' }],
])('labels of a node: %s', async (_name, stable, beta, expected) => {
  const { client, settle } = await setUp(['node-lifecycle'])
  const named = (prefix: string, labels: object) => Object.fromEntries(Object.entries(labels).map(([k, v]) => [`${prefix}/${k}`, v]))
  await client.create('nodes', {
    metadata: { name: 'a', labels: { ...named('kubernetes.io', stable), ...named('beta.kubernetes.io', beta) } },
  } as never)
  await settle()
  expect((await get('a')).metadata.labels).toEqual({ ...named('kubernetes.io', stable), ...named('beta.kubernetes.io', expected) })
})

test.each<[string, (c: TestCluster) => Promise<unknown>, attempts: number]>([
  ['what else of the node changed meanwhile does not matter', ({ client }) => client.patch('nodes', { name: 'a' }, annotated), 1],
  ['taints that changed are read again, and none is lost', ({ client }) => client.patch('nodes', { name: 'a' }, tainted), 2],
])('taints are written once: %s', async (_name, meanwhile, attempts) => {
  const made = await setUp(['node-lifecycle'])
  await node('a')
  await made.settle()
  const patches: unknown[] = []
  made.transport.intercept = async ({ method, path, contentType }) => {
    if (method !== 'PATCH' || path !== '/api/v1/nodes/a' || contentType !== 'application/json-patch+json') return
    patches.push(path)
    if (patches.length === 1) await meanwhile(made)
  }
  await made.client.patch('nodes', { name: 'a' }, { spec: { unschedulable: true } })
  await made.pass(1)
  expect(patches).toHaveLength(attempts)
  expect(await taints('a')).toEqual([...(attempts > 1 ? ['mine:NoSchedule'] : []), 'node.kubernetes.io/unschedulable:NoSchedule'])
})
const annotated = { metadata: { annotations: { seen: 'yes' } } }
const tainted = { spec: { taints: [{ key: 'mine', effect: 'NoSchedule' }] } }
