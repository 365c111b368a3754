import { expect, test } from 'vitest'
import type { Event, Node, Pod } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { createEventRecorder } from '../client/events.ts'
import { createInformers } from '../client/informer.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import { noLog } from '../log/log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createSchedulerMetrics } from './metrics.ts'
import { createScheduler } from './scheduler.ts'
import { node, pod, schedule } from './testing.ts'

test('pods go to the node with the most room left', async () => {
  const bound = await schedule([node('small', { cpu: '2' }), node('large', { cpu: '16' })], [pod('a'), pod('b')])
  expect(bound).toEqual({ a: 'large', b: 'large' })
})

test('why a pod is pending is told in upstream’s words, reasons sorted and counted', async () => {
  const nodes = [
    node('full', { cpu: '500m' }),
    node('tainted', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] }),
    node('cordoned', { unschedulable: true }),
  ]
  const { a } = await schedule(nodes, [pod('a')])
  expect(a).toBe(
    '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ' +
      'no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  )
})

test('anti-affinity keeps pods of one label on different nodes', async () => {
  const apart = {
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } } },
        ],
      },
    },
  }
  const bound = await schedule([node('a'), node('b')], [pod('x', apart, { app: 'db' }), pod('y', apart, { app: 'db' })])
  expect(new Set(Object.values(bound))).toEqual(new Set(['a', 'b']))
})

test('topology spread fills zones evenly', async () => {
  const zones = ['z1', 'z1', 'z2', 'z3'].map((zone, i) => node(`n${i}`, { labels: { 'topology.kubernetes.io/zone': zone } }))
  const spread = {
    topologySpreadConstraints: [
      {
        topologyKey: 'topology.kubernetes.io/zone',
        maxSkew: 1,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ],
  }
  const bound = await schedule(
    zones,
    Array.from({ length: 6 }, (_, i) => pod(`p${i}`, spread, { app: 'web' })),
  )
  const zoneOf = new Map(
    zones.map(({ metadata }) => [metadata.name, (metadata.labels as Record<string, string>)['topology.kubernetes.io/zone']]),
  )
  const perZone = Object.values(bound).map((name) => zoneOf.get(name))
  expect(perZone.toSorted()).toEqual(['z1', 'z1', 'z2', 'z2', 'z3', 'z3'])
})

test('a pod of higher priority is promised a node and the lower pod leaves', async () => {
  const transport = createMemoryTransport()
  const client = createClient(transport)
  await client.create('nodes', node('only', { cpu: '1' }) as unknown as Node)
  const informers = createInformers(client)
  const stop = new AbortController()
  const scheduler = createScheduler({
    client,
    informers,
    recorder: createEventRecorder(client, { component: 'default-scheduler' }),
    log: noLog,
    metrics: createSchedulerMetrics(createMetrics()),
  })
  const seen: string[] = []
  const bound = new Promise<void>((resolve) => {
    informers.of('pods').addHandler({
      updated(p) {
        if (p.metadata.name === 'high' && p.status?.nominatedNodeName) seen.push(`nominated ${p.status.nominatedNodeName}`)
        if (p.metadata.name === 'high' && p.spec.nodeName) resolve()
      },
      deleted: (p) => seen.push(`deleted ${p.metadata.name}`),
    })
  })
  informers.start()
  await scheduler.run(stop.signal)
  const low = new Promise<void>((resolve) => informers.of('pods').addHandler({ updated: (p) => p.spec.nodeName && resolve() }))
  await client.create('pods', pod('low', { priority: 1 }) as unknown as Pod)
  await low
  await client.create('pods', pod('high', { priority: 100 }) as unknown as Pod)
  await bound
  expect(seen).toContain('deleted low')
  stop.abort()
  informers.stop()
})

test('each profile schedules the pods that name it, by its own plugins', async () => {
  const packing = {
    schedulerName: 'packing',
    pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'MostAllocated' } } }],
    plugins: { score: { disabled: [{ name: 'NodeResourcesBalancedAllocation' }] } },
  }
  const nodes = [node('small', { cpu: '2' }), node('large', { cpu: '16' })]
  const named = (name: string, schedulerName: string) => pod(name, { schedulerName })
  const configuration = { profiles: [{ schedulerName: 'default-scheduler' }, packing] }
  expect(await schedule(nodes, [named('spread', 'default-scheduler'), named('packed', 'packing')], configuration)).toEqual({
    spread: 'large',
    packed: 'small',
  })
})

test('events come from the scheduler that the pod names', async () => {
  const transport = createMemoryTransport()
  const told = new Promise<string>((resolve) => {
    transport.intercept = ({ method, path, body }) => {
      if (method === 'POST' && path.endsWith('/events')) resolve((body as Event).source?.component as string)
    }
  })
  await schedule(
    [node('n')],
    [pod('p', { schedulerName: 'mine' })],
    { profiles: [{ schedulerName: 'mine' }] },
    transport,
    createMetrics(),
    told,
  )
  expect(await told).toBe('mine')
})

test('a profile that does not preempt says nothing of it', async () => {
  const { a } = await schedule([node('n', { cpu: '500m' })], [pod('a')], {
    profiles: [{ plugins: { postFilter: { disabled: [{ name: '*' }] } } }],
  })
  expect(a).toBe('0/1 nodes are available: 1 Insufficient cpu.')
})

test('metrics have upstream’s names and labels', async () => {
  const registry = createMetrics()
  await schedule([node('m', { cpu: '1' }), node('n', { cpu: '1' })], [pod('a'), pod('b'), pod('c')], {}, undefined, registry)
  const text = registry.render()
  for (const line of [
    'scheduler_schedule_attempts_total{result="scheduled",profile="default-scheduler"} 2',
    'scheduler_schedule_attempts_total{result="unschedulable",profile="default-scheduler"} 1',
    'scheduler_scheduling_attempt_duration_seconds_count{result="scheduled",profile="default-scheduler"} 2',
    'scheduler_scheduling_algorithm_duration_seconds_count 3',
    'scheduler_pod_scheduling_attempts_bucket{le="1"} 2',
    'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="1"} 2',
    'scheduler_queue_incoming_pods_total{event="UnschedulablePodAdd",queue="active"} 3',
    'scheduler_queue_incoming_pods_total{event="ScheduleAttemptFailure",queue="unschedulable"} 1',
    'scheduler_pending_pods{queue="active"} 0',
    'scheduler_pending_pods{queue="backoff"} 0',
    'scheduler_pending_pods{queue="unschedulable"} 1',
    'scheduler_pending_pods{queue="gated"} 0',
    'scheduler_cache_size{type="nodes"} 2',
    'scheduler_cache_size{type="pods"} 2',
    'scheduler_cache_size{type="assumed_pods"} 0',
    'scheduler_unschedulable_pods{plugin="NodeResourcesFit",profile="default-scheduler"} 1',
    'scheduler_preemption_attempts_total 1',
    ...['PreFilter', 'Filter', 'PreScore', 'Score', 'PreBind', 'Bind'].map(
      (point) =>
        `scheduler_framework_extension_point_duration_seconds_count{extension_point="${point}",status="Success",profile="default-scheduler"}`,
    ),
    'scheduler_framework_extension_point_duration_seconds_count{extension_point="Filter",status="Unschedulable",profile="default-scheduler"} 1',
    'scheduler_framework_extension_point_duration_seconds_count{extension_point="PostFilter",status="Unschedulable",profile="default-scheduler"} 1',
  ])
    expect(text).toContain(`\n${line}`)
})

test('a plugin that fails to make room is told alone, and the next pod has its turn', async () => {
  const transport = createMemoryTransport()
  const client = createClient(transport)
  const nodeSelector = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['elsewhere'] }] }] }
  await client.create('resourceclaims.resource.k8s.io', {
    metadata: { namespace: 'default', name: 'c' },
    status: { allocation: { nodeSelector } },
  } as never)
  transport.intercept = ({ method, path }) => {
    if (method === 'PUT' && path.endsWith('/resourceclaims/c/status')) throw new Error('the server is away')
  }
  const claiming = pod('claiming', { resourceClaims: [{ name: 'r', resourceClaimName: 'c' }] })
  expect(await schedule([node('n')], [claiming, pod('plain')], {}, transport)).toEqual({
    claiming: '0/1 nodes are available: 1 resourceclaim not available on the node. the server is away',
    plain: 'n',
  })
})

const pinned = (...names: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: names.map((name) => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] })),
      },
    },
  },
})
test.each<[what: string, nodes: object[], spec: object, message: string]>([
  ['no node', [], {}, 'no nodes available to schedule pods'],
  [
    'a claim that is missing: plugins after the one that said so do not know the pod',
    [node('n')],
    { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'missing' } }] },
    '0/1 nodes are available: persistentvolumeclaim "missing" not found. not found',
  ],
  [
    'a daemon’s node that is full: the others were not asked',
    [node('a', { cpu: '1' }), node('b'), node('c')],
    { ...pinned('a'), containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '2' } } }] },
    "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. " +
      'no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  ],
])('what a pending pod says of %s', async (_, nodes, spec, message) => {
  expect(await schedule(nodes, [pod('p', spec)])).toEqual({ p: message })
})

test('what a failed binding gives back goes to the pod that waits for it, and why it failed is told', async () => {
  const transport = createMemoryTransport()
  transport.intercept = ({ method, path }) => {
    if (method === 'POST' && path.endsWith('/pods/first/binding')) throw new Error('the server is away')
  }
  const second = pod('second', { preemptionPolicy: 'Never' })
  const bound = new Promise<string>((resolve) => {
    const informers = createInformers(createClient(transport))
    informers.of('pods').addHandler({
      updated({ metadata, spec }) {
        if (metadata.name !== 'second' || !spec.nodeName) return
        informers.stop()
        resolve(spec.nodeName)
      },
    })
    informers.start()
  })
  const told = await schedule([node('n', { cpu: '1' })], [pod('first'), second], {}, transport, createMetrics(), bound)
  expect([told['first'], await bound]).toEqual(['running Bind plugin "DefaultBinder": the server is away', 'n'])
})

test('what a pod gives back when it has shrunk in place goes to the pod that waits for it', async () => {
  const transport = createMemoryTransport()
  const client = createClient(transport)
  const statusOf = (cpu: string) => ({ containerStatuses: [{ name: 'c', resources: { requests: { cpu } }, allocatedResources: { cpu } }] })
  await client.create('pods', { ...pod('shrinking', { nodeName: 'n' }), status: statusOf('4') } as never)
  const bound = new Promise<string>((resolve) => {
    const informers = createInformers(client)
    informers.of('pods').addHandler({
      updated({ metadata: { name, namespace }, spec, status }, before) {
        if (name !== 'waiting') return
        if (status?.conditions && !before.status?.conditions)
          void client.patch('pods', { namespace, name: 'shrinking' }, { status: statusOf('1') }, { subresource: 'status' })
        if (!spec.nodeName) return
        informers.stop()
        resolve(spec.nodeName)
      },
    })
    informers.start()
  })
  await schedule([node('n')], [pod('waiting')], {}, transport, createMetrics(), bound)
  expect(await bound).toBe('n')
})

test('while a volume is made for a pod, its status names the node', async () => {
  const transport = createMemoryTransport()
  const client = createClient(transport)
  const at = { namespace: 'default', name: 'c' }
  await client.create('storageclasses.storage.k8s.io', {
    metadata: { name: 'csi' },
    provisioner: 'csi.example',
    volumeBindingMode: 'WaitForFirstConsumer',
  } as never)
  await client.create('persistentvolumeclaims', { metadata: at, spec: { storageClassName: 'csi' }, status: { phase: 'Pending' } } as never)
  const nominated = new Promise<string>((resolve) => {
    const informers = createInformers(client)
    informers.of('pods').addHandler({ updated: ({ status }) => status?.nominatedNodeName && resolve(status.nominatedNodeName) })
    informers.of('persistentvolumeclaims').addHandler({
      async updated({ metadata, spec }) {
        if (spec.volumeName) return informers.stop()
        expect(metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe('n')
        await nominated
        const annotations = { 'pv.kubernetes.io/bind-completed': 'yes' }
        await client.patch('persistentvolumeclaims', at, { metadata: { annotations }, spec: { volumeName: 'v' } })
      },
    })
    informers.start()
  })
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }]
  expect(await schedule([node('n')], [pod('p', { volumes })], {}, transport, createMetrics(), nominated)).toEqual({ p: 'n' })
  expect(await nominated).toBe('n')
})

test('a pod is bound when what was said of it before is written', async () => {
  const transport = createMemoryTransport()
  const client = createClient(transport)
  const order: string[] = []
  transport.intercept = async ({ method, path }) => {
    if (path.endsWith('/pods/p/status')) {
      // The room that was missing comes while this is on its way.
      await client.patch('nodes', { name: 'n' }, { status: { allocatable: { cpu: '4' } } }, { subresource: 'status' })
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
      order.push('told')
    }
    if (method === 'POST' && path.endsWith('/pods/p/binding')) order.push('bound')
  }
  const bound = new Promise<void>((resolve) => {
    const informers = createInformers(client)
    informers.of('pods').addHandler({
      updated({ spec }) {
        if (!spec.nodeName) return
        informers.stop()
        resolve()
      },
    })
    informers.start()
  })
  await schedule([node('n', { cpu: '500m' })], [pod('p')], {}, transport, createMetrics(), bound)
  expect(order).toEqual(['told', 'bound'])
})
