import { expect, test } from 'vitest'
import type { Node, Pod } from '../api/types/core-v1.ts'
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
