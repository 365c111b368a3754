import { createNodeResourcesBalancedAllocation } from './node-resources-balanced-allocation.ts'
import { requesting, testScore } from './testing.ts'

const half = { spec: requesting({ cpu: '2', memory: '2Gi' }) }

testScore(createNodeResourcesBalancedAllocation(), [
  // Shares of 1/2 and 1/4 are 87 where there was 100: 50 + (50 + 87 - 100) / 2. Without a change it is 75.
  ['a balance that the pod disturbs, or not', half, { a: {}, b: { allocatable: { memory: '4Gi' } } }, {}, { a: 68, b: 75 }],
  // 75 becomes 100: 50 + (50 + 25) / 2.
  [
    'a balance that the pod mends',
    { spec: requesting({ memory: '4Gi' }) },
    { a: {} },
    { p: { on: 'a', spec: requesting({ cpu: '2' }) } },
    { a: 87 },
  ],
  ['shares beyond all are all', { spec: requesting({ cpu: '9', memory: '8Gi' }) }, { a: {} }, {}, { a: 75 }],
  ['one resource alone is in balance', half, { a: { allocatable: { memory: '0' } } }, {}, { a: 75 }],
  ['a pod that requests nothing', {}, { a: {} }, {}, undefined],
])
testScore(createNodeResourcesBalancedAllocation({ resources: [{ name: 'cpu' }, { name: 'memory' }, { name: 'example.com/gpu' }] }), [
  // 1/2, 1/4 and 1/2 deviate by 0.118: 88.
  [
    'three resources, by the standard deviation',
    { spec: requesting({ cpu: '2', memory: '2Gi', 'example.com/gpu': '1' }) },
    { a: { allocatable: { 'example.com/gpu': '2' } } },
    {},
    { a: 69 },
  ],
  [
    'an extended resource that the pod does not request',
    half,
    { a: { allocatable: { memory: '4Gi', 'example.com/gpu': '2' } } },
    {},
    { a: 75 },
  ],
])
