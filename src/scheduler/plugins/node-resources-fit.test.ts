import { expect, test } from 'vitest'
import { createPodInfo } from '../pod-info.ts'
import { createNodeResourcesFit } from './node-resources-fit.ts'
import { cycleOf, event, podOf, requesting, testFilter, testHints, testScore } from './testing.ts'

const half = { spec: requesting({ cpu: '2', memory: '2Gi' }) }
const gpu = (count: string) => ({ allocatable: { 'example.com/gpu': count } })

testFilter(createNodeResourcesFit(), [
  [
    'each resource that is short, in order',
    { spec: requesting({ cpu: '5', memory: '9Gi', 'ephemeral-storage': '1Gi', 'example.com/gpu': '1' }) },
    { a: {}, b: { allocatable: { cpu: '16', memory: '16Gi', 'ephemeral-storage': '2Gi', 'example.com/gpu': '1' } } },
    {},
    { a: ['Insufficient cpu', 'Insufficient memory', 'Insufficient ephemeral-storage', 'Insufficient example.com/gpu'] },
  ],
  [
    'what is left beside other pods',
    { spec: requesting({ cpu: '3' }) },
    { a: {} },
    { p: { on: 'a', ...half } },
    { a: ['Insufficient cpu'] },
  ],
  ['to the last bit', half, { a: {} }, { p: { on: 'a', ...half } }, {}],
  ['the number of pods', {}, { a: { allocatable: { pods: '1' } } }, { p: { on: 'a' } }, { a: ['Too many pods'] }],
  [
    'the number of pods and a resource',
    { spec: requesting({ cpu: '5' }) },
    { a: { allocatable: { pods: '0' } } },
    {},
    { a: ['Too many pods', 'Insufficient cpu'] },
  ],
  ['nothing requested on a node with nothing left', {}, { a: { allocatable: { cpu: '0', memory: '0' } } }, {}, {}],
  [
    'the largest init container beside the sidecars before it',
    {
      spec: requesting(
        { cpu: '1' },
        {
          initContainers: [
            { name: 'side', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } },
            { name: 'init', resources: { requests: { cpu: '4' } } },
          ],
        },
      ),
    },
    { a: {}, b: { allocatable: { cpu: '5' } } },
    {},
    { a: ['Insufficient cpu'] },
  ],
  ['overhead on top', { spec: requesting({ cpu: '4' }, { overhead: { cpu: '1m' } }) }, { a: {} }, {}, { a: ['Insufficient cpu'] }],
  [
    'pod-level requests in place of the sum',
    { spec: requesting({ cpu: '1' }, { resources: { requests: { cpu: '5' } } }) },
    { a: {} },
    {},
    { a: ['Insufficient cpu'] },
  ],
])

testFilter(createNodeResourcesFit({ ignoredResources: ['example.com/gpu'], ignoredResourceGroups: ['other.com'] }), [
  [
    'ignored resources and groups',
    { spec: requesting({ 'example.com/gpu': '1', 'other.com/x': '1', 'third.com/y': '1' }) },
    { a: {} },
    {},
    { a: ['Insufficient third.com/y'] },
  ],
])

const gpuPod = { spec: requesting({ 'example.com/gpu': '2' }) }
const deviceClassOf = (name: string) => (name === 'example.com/gpu' ? 'gpu' : undefined)
testFilter(createNodeResourcesFit({}, [], deviceClassOf), [
  [
    'what devices stand in for, but on nodes that have some of it',
    gpuPod,
    { a: {}, b: gpu('1'), c: gpu('2') },
    {},
    { b: ['Insufficient example.com/gpu'] },
  ],
  ['what they do not', { spec: requesting({ 'example.com/nic': '1' }) }, { a: {} }, {}, { a: ['Insufficient example.com/nic'] }],
])
const classEvent = (extendedResourceName: string, before?: string) =>
  ({
    kind: 'other',
    resource: 'deviceclasses.resource.k8s.io',
    object: { metadata: { name: 'c' }, spec: { extendedResourceName } },
    ...(before ? { before: { metadata: { name: 'c' }, spec: { extendedResourceName: before } } } : {}),
  }) as const
testHints(createNodeResourcesFit({}, [], deviceClassOf), [
  ['a node without any comes', gpuPod, event.nodeAdded(), true],
  ['a class comes that stands for it', gpuPod, classEvent('example.com/gpu'), true],
  ['a class comes to stand for it', gpuPod, classEvent('example.com/gpu', 'example.com/nic'), true],
  ['a class that stands for it changes otherwise', gpuPod, classEvent('example.com/gpu', 'example.com/gpu'), false],
  ['another class comes', gpuPod, classEvent('example.com/nic'), false],
  ['a class comes by whose name it is wanted', { spec: requesting({ 'deviceclass.resource.kubernetes.io/c': '1' }) }, classEvent(''), true],
])

test.each([
  ['more than the node has in all', '5', true],
  ['more than is left', '3', false],
])('filter: whether preemption could help: %s', (_, cpu, unresolvable) => {
  const cycle = cycleOf({ a: {} }, { p: { on: 'a', ...half } })
  const result = createNodeResourcesFit().preFilter?.(createPodInfo(podOf('p', { spec: requesting({ cpu }) })), cycle)
  const node = cycle.cluster.node('a')
  expect(result && 'filter' in result && node && result.filter?.(node)?.unresolvable).toBe(unresolvable)
})

testScore(createNodeResourcesFit(), [
  // cpu 50 and memory 75; cpu 0 and memory 50.
  ['LeastAllocated', half, { a: {}, b: {} }, { p: { on: 'b', ...half } }, { a: 62, b: 25 }],
  // 100m and 200Mi are taken for a container that requests nothing.
  ['LeastAllocated for nothing requested', {}, { a: {} }, {}, { a: 97 }],
  [
    'LeastAllocated beside pods that request nothing',
    {},
    { a: { allocatable: { cpu: '400m', memory: '800Mi' } } },
    { p: { on: 'a' } },
    { a: 50 },
  ],
  ['nothing there to be used', half, { a: { allocatable: { cpu: '0', memory: '0' } } }, {}, { a: 0 }],
])
const strategy = (type: 'LeastAllocated' | 'MostAllocated', ...resources: [name: string, weight: number][]) =>
  createNodeResourcesFit({ scoringStrategy: { type, resources: resources.map(([name, weight]) => ({ name, weight })) } })
testScore(strategy('LeastAllocated', ['cpu', 3], ['memory', 1]), [['weights: (3 × 50 + 75) / 4', half, { a: {} }, {}, { a: 56 }]])
testScore(strategy('MostAllocated', ['cpu', 1], ['memory', 1]), [
  ['MostAllocated', half, { a: {}, b: {} }, { p: { on: 'b', ...half } }, { a: 37, b: 75 }],
])
testScore(strategy('MostAllocated', ['example.com/gpu', 2], ['cpu', 1]), [
  // (2 × 25 + 25) / 3; a node without any counts by its cpu alone.
  ['an extended resource', { spec: requesting({ cpu: '1', 'example.com/gpu': '1' }) }, { a: gpu('4'), b: {} }, {}, { a: 25, b: 25 }],
  ['an extended resource that the pod does not request', { spec: requesting({ cpu: '2' }) }, { a: gpu('4') }, {}, { a: 50 }],
])
const shaped = createNodeResourcesFit({
  scoringStrategy: {
    type: 'RequestedToCapacityRatio',
    resources: [{ name: 'cpu' }],
    requestedToCapacityRatio: {
      shape: [
        { utilization: 0, score: 0 },
        { utilization: 50, score: 10 },
        { utilization: 100, score: 2 },
      ],
    },
  },
})
testScore(shaped, [
  [
    'RequestedToCapacityRatio, at a point, before and after it',
    half,
    { a: {}, b: { allocatable: { cpu: '8' } }, c: { allocatable: { cpu: '2' } }, d: { allocatable: { cpu: '2500m' } } },
    {},
    { a: 100, b: 50, c: 20, d: 52 },
  ],
])

testHints(createNodeResourcesFit(), [
  ['a pod goes', half, event.podDeleted(), true],
  [
    'a pod gives up some of what is wanted',
    half,
    event.podUpdated({ spec: requesting({ cpu: '2' }) }, { spec: requesting({ cpu: '1' }) }),
    true,
  ],
  [
    'a pod gives up something else',
    { spec: requesting({ memory: '1Gi' }) },
    event.podUpdated({ spec: requesting({ cpu: '2' }) }, { spec: requesting({ cpu: '1' }) }),
    false,
  ],
  ['a pod takes more', half, event.podUpdated({ spec: requesting({ cpu: '1' }) }, { spec: requesting({ cpu: '2' }) }), false],
  ['a node large enough comes', half, event.nodeAdded(), true],
  ['a node too small comes', half, event.nodeAdded({ allocatable: { cpu: '1' } }), false],
  ['a node grows', half, event.nodeUpdated('allocatable'), true],
  ['labels change', half, event.nodeUpdated('labels'), false],
])
