import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createClusterState } from './cluster-state.ts'
import type { Plugin } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import { createNodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts'
import { createNodeResourcesFit } from './plugins/node-resources-fit.ts'
import { createPodTopologySpread } from './plugins/pod-topology-spread.ts'
import { cycleOf, type NodeCase, nodeOf, type PodCase, podOf, requesting, scores } from './plugins/testing.ts'
import { createPodInfo } from './pod-info.ts'

const spec = requesting({ cpu: '1', 'example.com/gpu': '2' })
const web = { labels: { app: 'web' }, spec }

function setUp(...names: string[]) {
  const cluster = createClusterState()
  for (const name of names) cluster.setNode(nodeOf(name, { labels: { zone: name } }))
  const requested = (name: string, resource = 'cpu') => cluster.resources.requested.of(resource)[cluster.node(name)?.index as number]
  const matching = () => {
    const { perNode } = cluster.matching('web', ({ labels }) => labels['app'] === 'web')
    return Object.fromEntries(cluster.nodes.map(({ name, index }) => [name, perNode[index]]))
  }
  return { cluster, requested, matching }
}

test('a pod counts from when it is assumed, once, and no longer when it is gone', () => {
  const { cluster, requested, matching } = setUp('a', 'b')
  expect(matching()).toEqual({ a: 0, b: 0 })
  cluster.assume(createPodInfo(podOf('p', web)), cluster.node('a') as NodeInfo)
  expect([requested('a'), requested('a', 'example.com/gpu'), cluster.isAssumed('default/p'), matching()]).toEqual([
    1000,
    2,
    true,
    { a: 1, b: 0 },
  ])
  cluster.setPod(podOf('p', { ...web, on: 'a' }))
  expect([requested('a'), cluster.isAssumed('default/p'), cluster.sizes]).toEqual([1000, false, { nodes: 2, pods: 1, assumed_pods: 0 }])
  // Bound elsewhere after all.
  cluster.setPod(podOf('p', { ...web, on: 'b' }))
  expect([requested('a'), requested('b'), matching()]).toEqual([0, 1000, { a: 0, b: 1 }])
  cluster.removePod('default/p')
  expect([requested('b'), requested('b', 'example.com/gpu'), matching()]).toEqual([0, 0, { a: 0, b: 0 }])
})

test('pods of a node that is not known are counted when it comes, and kept when it goes for a while', () => {
  const { cluster, requested, matching } = setUp('a')
  matching()
  cluster.setPod(podOf('p', { ...web, on: 'b' }))
  cluster.setPod(podOf('gone', { ...web, on: 'b' }))
  cluster.removePod('default/gone')
  cluster.setNode(nodeOf('b', {}))
  expect([requested('b'), matching()]).toEqual([1000, { a: 0, b: 1 }])
  cluster.removeNode('b')
  // Its place is taken by another, which starts with nothing.
  cluster.setNode(nodeOf('c', {}))
  expect([requested('c'), matching()]).toEqual([0, { a: 0, c: 0 }])
  cluster.setNode(nodeOf('b', {}))
  expect([requested('b'), matching()]).toEqual([1000, { a: 0, b: 1, c: 0 }])
})

test('columns and counts grow with the nodes', () => {
  const { cluster, requested, matching } = setUp('a')
  cluster.setPod(podOf('p', { ...web, on: 'a' }))
  matching()
  for (let i = 0; i < 200; i++) cluster.setNode(nodeOf(`n${i}`, {}))
  cluster.setPod(podOf('q', { ...web, on: 'n199' }))
  expect([requested('a'), requested('n199'), requested('n198'), matching()['a'], matching()['n199'], matching()['n198']]).toEqual([
    1000, 1000, 0, 1, 1, 0,
  ])
  expect(cluster.resources.allocatable.of('cpu')[cluster.node('n150')?.index as number]).toBe(4000)
})

test('what a node has no longer is gone from its column', () => {
  const { cluster } = setUp()
  const has = (resource: string) => cluster.resources.allocatable.of(resource)[cluster.node('a')?.index as number]
  cluster.setNode(nodeOf('a', { allocatable: { cpu: '2', 'example.com/gpu': '4' } }))
  expect([has('cpu'), has('example.com/gpu')]).toEqual([2000, 4])
  cluster.setNode(nodeOf('a', { allocatable: { cpu: '3' } }))
  expect([has('cpu'), has('example.com/gpu')]).toEqual([3000, 0])
})

test('zones take turns', () => {
  const cluster = createClusterState()
  for (const [name, zone] of ['a1', 'a1', 'a1', 'a2', 'a3'].entries())
    cluster.setNode(nodeOf(`n${name}`, { labels: { 'topology.kubernetes.io/zone': zone } }))
  expect(cluster.nodes.map(({ name }) => name)).toEqual(['n0', 'n3', 'n4', 'n1', 'n2'])
})

test('labels that change are looked at anew', () => {
  const { cluster } = setUp('a', 'b')
  const zoneOf = (name: string) => {
    const { ids, values } = cluster.topology('zone')
    return values[ids[cluster.node(name)?.index as number] as number]
  }
  expect([zoneOf('a'), zoneOf('b')]).toEqual(['a', 'b'])
  cluster.setNode(nodeOf('b', { labels: { zone: 'a' } }))
  expect([zoneOf('a'), zoneOf('b')]).toEqual(['a', 'a'])
  cluster.setNode(nodeOf('b', {}))
  expect(zoneOf('b')).toBeUndefined()
})

test.each([
  ['cordons', { spec: { unschedulable: true } }],
  ['hardTaints', { spec: { taints: [{ key: 'k', effect: 'NoExecute' as const }] } }],
  ['softTaints', { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' as const }] } }],
] as const)('whether there are %s is known without a look at the nodes', (trait, node) => {
  const { cluster } = setUp('a')
  expect(cluster.has[trait]).toBe(false)
  cluster.setNode(nodeOf('b', node))
  expect(cluster.has[trait]).toBe(true)
  cluster.setNode(nodeOf('b', {}))
  expect(cluster.has[trait]).toBe(false)
  cluster.setNode(nodeOf('b', node))
  cluster.removeNode('b')
  expect(cluster.has[trait]).toBe(false)
})

test('what is kept between cycles is what a fresh look would find, whatever came between', () => {
  const kept = [createNodeResourcesFit(), createNodeResourcesBalancedAllocation(), createPodTopologySpread(() => undefined)]
  const pods = [requesting({ cpu: '100m', memory: '1Gi' }), requesting({ cpu: '2', memory: '1Gi' })].map((spec, i) => ({
    labels: { app: `a${i}` },
    spec: {
      ...spec,
      nodeSelector: { disk: 'ssd' },
      topologySpreadConstraints: ['zone', 'rack'].map((topologyKey) => ({
        ...{ maxSkew: 1, topologyKey, whenUnsatisfiable: 'ScheduleAnyway' as const, labelSelector: { matchLabels: { app: `a${i}` } } },
      })),
    },
  }))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(7), fc.nat(3)), { maxLength: 60 }), (steps) => {
      const cycle = cycleOf({})
      const { cluster } = cycle
      const nodes: Record<string, NodeCase> = {}
      const bound: Record<string, PodCase> = {}
      for (const [n, p, what] of steps) {
        const name = `n${n}`
        const pod = { ...pods[p % 2], on: name, ...(p > 5 && { labels: { app: 'a0' } }) }
        if (what === 0) {
          delete nodes[name]
          cluster.removeNode(name)
        } else if (what === 1) {
          nodes[name] = { labels: { zone: `z${p % 3}`, ...(p > 1 && { rack: `r${p % 4}` }), ...(p > 2 && { disk: 'ssd' }) } }
          cluster.setNode(nodeOf(name, nodes[name]))
        } else if (what === 2) {
          const on = cluster.node(name)
          if (on && !cluster.podOn(`default/p${p}`)) cluster.assume(createPodInfo(podOf(`p${p}`, pods[p % 2] as PodCase)), on)
          cluster.setPod(podOf(`p${p}`, pod))
          bound[`p${p}`] = pod
        } else {
          delete bound[`p${p}`]
          cluster.removePod(`default/p${p}`)
        }
        const fresh = cycleOf(nodes, bound)
        const anew = [createNodeResourcesFit(), createNodeResourcesBalancedAllocation(), createPodTopologySpread(() => undefined)]
        for (const incoming of pods)
          for (const [i, plugin] of kept.entries())
            expect(scores(plugin, incoming, cycle)).toEqual(scores(anew[i] as Plugin, incoming, fresh))
      }
    }),
  )
})
