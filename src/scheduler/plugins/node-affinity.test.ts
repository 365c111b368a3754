import type { NodeSelectorRequirement } from '../../api/types/core-v1.ts'
import { createNodeAffinity } from './node-affinity.ts'
import { event, type NodeCase, type PodCase, testFilter, testHints, testScore } from './testing.ts'

const cores = (value?: string): NodeCase => (value === undefined ? {} : { labels: { cores: value } })
const requiring = (...nodeSelectorTerms: object[]): PodCase => ({
  spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } } as never,
})
const expression = (operator: NodeSelectorRequirement['operator'], ...values: string[]) =>
  requiring({ matchExpressions: [{ key: 'cores', operator, values }] })
const preferring = (...terms: [weight: number, key: string, value: string][]) => ({
  preferredDuringSchedulingIgnoredDuringExecution: terms.map(([weight, key, value]) => ({
    weight,
    preference: { matchExpressions: [{ key, operator: 'In' as const, values: [value] }] },
  })),
})
const why = ["node(s) didn't match Pod's node affinity/selector"]
const three = { a: cores('4'), b: cores('16'), c: cores() }

testFilter(createNodeAffinity(), [
  ['nodeSelector', { spec: { nodeSelector: { cores: '4' } } }, three, {}, { b: why, c: why }],
  ['In', expression('In', '4', '8'), three, {}, { b: why, c: why }],
  ['NotIn, which no label satisfies too', expression('NotIn', '4'), three, {}, { a: why }],
  ['Exists', expression('Exists'), three, {}, { c: why }],
  ['DoesNotExist', expression('DoesNotExist'), three, {}, { a: why, b: why }],
  ['Gt', expression('Gt', '8'), three, {}, { a: why, c: why }],
  ['Lt', expression('Lt', '8'), three, {}, { b: why, c: why }],
  ['a field', requiring({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }), three, {}, { a: why, c: why }],
  [
    'alternatives, each of conditions that hold together',
    requiring(
      {
        matchExpressions: [
          { key: 'cores', operator: 'Exists' },
          { key: 'cores', operator: 'Gt', values: ['8'] },
        ],
      },
      { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['c'] }] },
    ),
    three,
    {},
    { a: why },
  ],
  [
    'names that no node can have at once',
    requiring({ matchFields: ['a', 'b'].map((name) => ({ key: 'metadata.name', operator: 'In', values: [name] })) }),
    three,
    {},
    { pod: ['pod affinity terms conflict'] },
  ],
  ['an empty term matches nothing', requiring({}), { a: {} }, {}, { a: why }],
  [
    'both nodeSelector and affinity',
    { spec: { ...expression('Exists').spec, nodeSelector: { cores: '4' } } },
    three,
    {},
    { b: why, c: why },
  ],
])

const enforced = createNodeAffinity({
  addedAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'cores', operator: 'Exists' }] }],
    },
    ...preferring([1, 'cores', '16']),
  },
})
testFilter(enforced, [
  [
    'what the profile adds',
    { spec: { nodeSelector: { cores: '4' } } },
    three,
    {},
    { b: why, c: ["node(s) didn't match scheduler-enforced node affinity"] },
  ],
])
testScore(enforced, [['what the profile prefers', {}, three, {}, { a: 0, b: 100, c: 0 }]])

testScore(createNodeAffinity(), [
  [
    'the weights of what holds, the best being 100',
    { spec: { affinity: { nodeAffinity: preferring([1, 'cores', '4'], [3, 'cores', '16'], [2, 'kubernetes.io/hostname', 'a']) } } },
    three,
    {},
    { a: 100, b: 100, c: 0 },
  ],
  [
    'a third of the best',
    { spec: { affinity: { nodeAffinity: preferring([1, 'cores', '4'], [3, 'cores', '16']) } } },
    three,
    {},
    { a: 33, b: 100, c: 0 },
  ],
  ['no preference', {}, three, {}, undefined],
])

testHints(createNodeAffinity(), [
  ['the label comes', expression('Exists'), event.nodeUpdated('labels', cores('4')), true],
  ['another label comes', expression('Exists'), event.nodeUpdated('labels', { labels: { x: 'y' } }), false],
  ['a node that matches comes', expression('Exists'), event.nodeAdded(cores('4')), true],
  ['taints change', expression('Exists'), event.nodeUpdated('taints', cores('4')), false],
])
