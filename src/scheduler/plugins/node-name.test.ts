import { nodeName } from './node-name.ts'
import { event, testFilter, testHints } from './testing.ts'

testFilter(nodeName, [
  ['a pod that names its node', { on: 'b' }, { a: {}, b: {} }, {}, { a: ["node(s) didn't match the requested node name"] }],
  ['a pod that names none', {}, { a: {}, b: {} }, {}, {}],
])
testHints(nodeName, [
  ['the node comes', { on: 'n' }, event.nodeAdded(), true],
  ['another comes', { on: 'm' }, event.nodeAdded(), false],
])
