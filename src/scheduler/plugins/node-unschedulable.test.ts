import { nodeUnschedulable } from './node-unschedulable.ts'
import { event, testFilter, testHints } from './testing.ts'

const cordoned = { spec: { unschedulable: true } }
const tolerating = { spec: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' as const }] } }

testFilter(nodeUnschedulable, [
  ['a cordoned node', {}, { a: cordoned, b: {} }, {}, { a: ['node(s) were unschedulable'] }],
  ['a pod that tolerates cordons', tolerating, { a: cordoned }, {}, {}],
])
testHints(nodeUnschedulable, [
  ['a node is uncordoned', {}, event.nodeUpdated('unschedulable'), true],
  ['a node is cordoned', {}, event.nodeUpdated('unschedulable', cordoned), false],
  ['another node comes', {}, event.nodeAdded(), true],
  ['another cordoned node comes', {}, event.nodeAdded(cordoned), false],
  ['labels change', {}, event.nodeUpdated('labels'), false],
])
