import { describe, expect, test } from 'vitest'
import type { Plugin } from '../framework.ts'
import { imageLocality } from './image-locality.ts'
import { createInterPodAffinity } from './inter-pod-affinity.ts'
import { createNodeAffinity } from './node-affinity.ts'
import { nodeName } from './node-name.ts'
import { nodePorts } from './node-ports.ts'
import { createNodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { createNodeResourcesFit } from './node-resources-fit.ts'
import { nodeUnschedulable } from './node-unschedulable.ts'
import { createPodTopologySpread } from './pod-topology-spread.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { taintToleration } from './taint-toleration.ts'
import { cycleOf, type NodeCase, type PodCase, podOf, rejections, scores } from './testing.ts'

const requests = (resources: Record<string, string>) => ({ containers: [{ name: 'c', image: 'x', resources: { requests: resources } }] })
const zone = (name: string): NodeCase => ({ labels: { zone: name } })
const app = (name: string) => ({ labelSelector: { matchLabels: { app: name } } })
const required = (kind: 'podAffinity' | 'podAntiAffinity', ...terms: object[]) => ({
  affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
})
const spread = (more: object = {}) => ({
  topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' as const, ...app('web'), ...more }],
})

const fit = createNodeResourcesFit()
const affinity = createInterPodAffinity()
const topology = createPodTopologySpread(() => undefined)

type Row = [
  what: string,
  plugin: Plugin,
  pod: PodCase,
  nodes: Record<string, NodeCase>,
  pods: Record<string, PodCase>,
  expected: Record<string, string[]>,
]

describe('a node is turned down', () => {
  test.each<Row>([
    [
      'when it is cordoned',
      nodeUnschedulable,
      {},
      { a: { spec: { unschedulable: true } }, b: {} },
      {},
      { a: ['node(s) were unschedulable'] },
    ],
    [
      'but not for a pod that tolerates cordons',
      nodeUnschedulable,
      { spec: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] } },
      { a: { spec: { unschedulable: true } } },
      {},
      {},
    ],
    [
      'when the pod names another',
      nodeName,
      { spec: { nodeName: 'b' } },
      { a: {}, b: {} },
      {},
      { a: ["node(s) didn't match the requested node name"] },
    ],
    [
      'for a taint that is not tolerated',
      taintToleration,
      { spec: { tolerations: [{ key: 'k', operator: 'Equal', value: 'other', effect: 'NoSchedule' }] } },
      {
        a: { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } },
        b: { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } },
      },
      {},
      { a: ['node(s) had untolerated taint(s)'] },
    ],
    [
      'not for a taint that a toleration without key and effect covers',
      taintToleration,
      { spec: { tolerations: [{ operator: 'Exists' }] } },
      { a: { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] } } },
      {},
      {},
    ],
    [
      'when a label of the node selector differs',
      createNodeAffinity(),
      { spec: { nodeSelector: { disk: 'ssd' } } },
      { a: { labels: { disk: 'ssd' } }, b: { labels: { disk: 'hdd' } }, c: {} },
      {},
      { b: ["node(s) didn't match Pod's node affinity/selector"], c: ["node(s) didn't match Pod's node affinity/selector"] },
    ],
    [
      'when no alternative of the affinity holds',
      createNodeAffinity(),
      {
        spec: {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: 'cores', operator: 'Gt', values: ['8'] }] },
                  { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['c'] }] },
                ],
              },
            },
          },
        },
      },
      { a: { labels: { cores: '16' } }, b: { labels: { cores: '8' } }, c: {} },
      {},
      { b: ["node(s) didn't match Pod's node affinity/selector"] },
    ],
    [
      'when a host port is taken, on every address or the same',
      nodePorts,
      { spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80, hostPort: 80, hostIP: '10.0.0.1' }] }] } },
      { a: {}, b: {}, c: {} },
      {
        everywhere: { on: 'a', spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 1, hostPort: 80 }] }] } },
        elsewhere: {
          on: 'b',
          spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 1, hostPort: 80, hostIP: '10.0.0.2' }] }] },
        },
        udp: { on: 'c', spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 1, hostPort: 80, protocol: 'UDP' }] }] } },
      },
      { a: ["node(s) didn't have free ports for the requested pod ports"] },
    ],
    [
      'for each resource that is short',
      fit,
      { spec: requests({ cpu: '3', memory: '1Gi', 'example.com/gpu': '1' }) },
      { a: {}, b: { allocatable: { 'example.com/gpu': '2' } }, c: { allocatable: { cpu: '16', 'example.com/gpu': '1' } } },
      { used: { on: 'b', spec: requests({ cpu: '2' }) } },
      { a: ['Insufficient example.com/gpu'], b: ['Insufficient cpu'] },
    ],
    ['when it has its number of pods', fit, {}, { a: { allocatable: { pods: '1' } } }, { p: { on: 'a' } }, { a: ['Too many pods'] }],
    [
      'when the largest init container does not fit, beside sidecars',
      fit,
      {
        spec: {
          initContainers: [
            { name: 'side', image: 'x', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } },
            { name: 'init', image: 'x', resources: { requests: { cpu: '4' } } },
          ],
          ...requests({ cpu: '1' }),
        },
      },
      { a: {}, b: { allocatable: { cpu: '5' } } },
      {},
      { a: ['Insufficient cpu'] },
    ],
    [
      'when its zone has more matching pods than the skew allows',
      topology,
      { labels: { app: 'web' }, spec: spread() },
      { a: zone('1'), b: zone('2') },
      {
        p: { on: 'a', labels: { app: 'web' } },
        gone: { on: 'b', labels: { app: 'web' }, deleting: true },
        other: { on: 'b', labels: { app: 'db' } },
      },
      { a: ["node(s) didn't match pod topology spread constraints"] },
    ],
    [
      'when it lacks the topology label',
      topology,
      { labels: { app: 'web' }, spec: spread() },
      { a: zone('1'), b: {} },
      {},
      { b: ["node(s) didn't match pod topology spread constraints (missing required label)"] },
    ],
    [
      'while there are fewer domains than asked for',
      topology,
      { labels: { app: 'web' }, spec: spread({ minDomains: 3 }) },
      { a: zone('1'), b: zone('2') },
      { p: { on: 'a', labels: { app: 'web' } }, q: { on: 'b', labels: { app: 'web' } } },
      { a: ["node(s) didn't match pod topology spread constraints"], b: ["node(s) didn't match pod topology spread constraints"] },
    ],
    [
      'not for domains that the pod cannot be in',
      topology,
      { labels: { app: 'web' }, spec: { ...spread(), nodeSelector: { zone: '1' } } },
      { a: zone('1'), b: zone('2') },
      { p: { on: 'a', labels: { app: 'web' } } },
      {},
    ],
    [
      'far from the pods that the pod wants to be with',
      affinity,
      { spec: required('podAffinity', { topologyKey: 'zone', ...app('db') }) },
      { a: zone('1'), b: zone('1'), c: zone('2') },
      { p: { on: 'a', labels: { app: 'db' } } },
      { c: ["node(s) didn't match pod affinity rules"] },
    ],
    [
      'not for the first of a group that wants to be together',
      affinity,
      { labels: { app: 'db' }, spec: required('podAffinity', { topologyKey: 'zone', ...app('db') }) },
      { a: zone('1'), b: {} },
      {},
      { b: ["node(s) didn't match pod affinity rules"] },
    ],
    [
      'near the pods that the pod wants to be without',
      affinity,
      { spec: required('podAntiAffinity', { topologyKey: 'zone', ...app('db') }) },
      { a: zone('1'), b: zone('1'), c: zone('2') },
      { p: { on: 'a', labels: { app: 'db' } }, q: { on: 'c', labels: { app: 'db' }, namespace: 'other' } },
      { a: ["node(s) didn't match pod anti-affinity rules"], b: ["node(s) didn't match pod anti-affinity rules"] },
    ],
    [
      'near pods that want to be without the pod',
      affinity,
      { labels: { app: 'web' } },
      { a: zone('1'), b: zone('2') },
      { p: { on: 'a', spec: required('podAntiAffinity', { topologyKey: 'zone', ...app('web') }) } },
      { a: ["node(s) didn't satisfy existing pods anti-affinity rules"] },
    ],
    [
      'by terms over namespaces chosen by label',
      affinity,
      {
        spec: required('podAntiAffinity', {
          topologyKey: 'zone',
          ...app('db'),
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } },
        }),
      },
      { a: zone('1'), b: zone('2') },
      { p: { on: 'a', labels: { app: 'db' } }, q: { on: 'b', labels: { app: 'db' }, namespace: 'other' } },
      { b: ["node(s) didn't match pod anti-affinity rules"] },
    ],
  ])('%s', (_, plugin, pod, nodes, pods, expected) => {
    expect(rejections(plugin, pod, cycleOf(nodes, pods))).toEqual(expected)
  })
})

describe('a node ranks', () => {
  const GiB = 1024 ** 3
  const mostAllocated = createNodeResourcesFit({ scoringStrategy: { type: 'MostAllocated' } })
  const shaped = createNodeResourcesFit({
    scoringStrategy: {
      type: 'RequestedToCapacityRatio',
      resources: [{ name: 'cpu' }],
      requestedToCapacityRatio: {
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 50, score: 10 },
          { utilization: 100, score: 0 },
        ],
      },
    },
  })
  const half = { spec: requests({ cpu: '2', memory: '2Gi' }) }
  test.each<[string, Plugin, PodCase, Record<string, NodeCase>, Record<string, PodCase>, Record<string, number> | undefined]>([
    ['higher the emptier it is', fit, half, { a: {}, b: {} }, { p: { on: 'b', ...half } }, { a: 62, b: 25 }],
    ['higher the fuller it is, when asked so', mostAllocated, half, { a: {}, b: {} }, { p: { on: 'b', ...half } }, { a: 37, b: 75 }],
    ['along a given shape', shaped, half, { a: {}, b: { allocatable: { cpu: '8' } } }, {}, { a: 100, b: 50 }],
    [
      'by how alike cpu and memory would be used',
      createNodeResourcesBalancedAllocation(),
      half,
      { a: {}, b: { allocatable: { memory: '4Gi' } } },
      {},
      { a: 68, b: 75 },
    ],
    ['by the images it has', imageLocality, {}, { a: { images: { 'x:latest': 2 * GiB } }, b: {} }, {}, { a: 100, b: 0 }],
    ['alike when no node has the image', imageLocality, {}, { a: {}, b: {} }, {}, undefined],
    [
      'lower the more soft taints it has',
      taintToleration,
      {},
      { a: { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } }, b: {} },
      {},
      { a: 0, b: 100 },
    ],
    [
      'by the weights of the preferences it meets',
      createNodeAffinity(),
      {
        spec: {
          affinity: {
            nodeAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 1, preference: { matchExpressions: [{ key: 'disk', operator: 'Exists' }] } },
                { weight: 3, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
              ],
            },
          },
        },
      },
      { a: { labels: { disk: 'ssd' } }, b: { labels: { disk: 'hdd' } }, c: {} },
      {},
      { a: 100, b: 25, c: 0 },
    ],
    [
      'by preferred pods nearby, and by those that prefer the pod away',
      affinity,
      {
        labels: { app: 'web' },
        spec: {
          affinity: {
            podAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: { topologyKey: 'zone', ...app('db') } }],
            },
          },
        },
      },
      { a: zone('1'), b: zone('2'), c: zone('3') },
      {
        p: { on: 'a', labels: { app: 'db' } },
        q: {
          on: 'b',
          spec: {
            affinity: {
              podAntiAffinity: {
                preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: { topologyKey: 'zone', ...app('web') } }],
              },
            },
          },
        },
      },
      { a: 100, b: 0, c: 50 },
    ],
    [
      'by how few matching pods its zone has',
      topology,
      { labels: { app: 'web' }, spec: spread({ whenUnsatisfiable: 'ScheduleAnyway' }) },
      { a: zone('1'), b: zone('2') },
      { p: { on: 'a', labels: { app: 'web' } }, q: { on: 'a', labels: { app: 'web' } } },
      { a: 0, b: 100 },
    ],
  ])('%s', (_, plugin, pod, nodes, pods, expected) => {
    expect(scores(plugin, pod, cycleOf(nodes, pods))).toEqual(expected)
  })
})

test('a gated pod stays out of the queue', () => {
  expect(schedulingGates.preEnqueue?.(podOf('p', { spec: { schedulingGates: [{ name: 'example.com/hold' }] } }))).toContain(
    'example.com/hold',
  )
  expect(schedulingGates.preEnqueue?.(podOf('p', {}))).toBeUndefined()
})
