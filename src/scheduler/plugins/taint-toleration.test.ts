import type { Taint, Toleration } from '../../api/types/core-v1.ts'
import type { Draft } from '../../client/client.ts'
import { taintToleration } from './taint-toleration.ts'
import { event, type NodeCase, type PodCase, testFilter, testHints, testScore } from './testing.ts'

const tainted = (...taints: Draft<Taint>[]): NodeCase => ({ spec: { taints } })
const tolerating = (...tolerations: Draft<Toleration>[]): PodCase => ({ spec: { tolerations } })
const gpu = { key: 'gpu', value: 'a', effect: 'NoSchedule' } as const
const soft = (key: string) => ({ key, effect: 'PreferNoSchedule' }) as const
const untolerated = { n: ['node(s) had untolerated taint(s)'] }

testFilter(taintToleration, [
  ['a taint', {}, { n: tainted(gpu) }, {}, untolerated],
  ['a taint that evicts', {}, { n: tainted({ ...gpu, effect: 'NoExecute' }) }, {}, untolerated],
  ['a taint that only advises', {}, { n: tainted(soft('gpu')) }, {}, {}],
  ['the same value', tolerating({ key: 'gpu', operator: 'Equal', value: 'a', effect: 'NoSchedule' }), { n: tainted(gpu) }, {}, {}],
  ['no operator is Equal', tolerating({ key: 'gpu', value: 'a' }), { n: tainted(gpu) }, {}, {}],
  ['another value', tolerating({ key: 'gpu', operator: 'Equal', value: 'b' }), { n: tainted(gpu) }, {}, untolerated],
  ['another effect', tolerating({ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }), { n: tainted(gpu) }, {}, untolerated],
  ['any value', tolerating({ key: 'gpu', operator: 'Exists' }), { n: tainted(gpu) }, {}, {}],
  ['anything', tolerating({ operator: 'Exists' }), { n: tainted(gpu, { key: 'x', effect: 'NoExecute' }) }, {}, {}],
  ['one of two', tolerating({ key: 'gpu', operator: 'Exists' }), { n: tainted(gpu, { key: 'x', effect: 'NoSchedule' }) }, {}, untolerated],
  [
    'a number above the bound',
    tolerating({ key: 'level', operator: 'Gt' as never, value: '5' }),
    { n: tainted({ key: 'level', value: '9', effect: 'NoSchedule' }) },
    {},
    {},
  ],
])
testScore(taintToleration, [
  ['fewer advising taints are better', {}, { a: tainted(soft('x'), soft('y')), b: tainted(soft('x')), c: {} }, {}, { a: 0, b: 50, c: 100 }],
  ['tolerated ones do not count', tolerating({ key: 'x', operator: 'Exists' }), { a: tainted(soft('x')), b: {} }, {}, { a: 100, b: 100 }],
  [
    'a toleration of another effect does not help',
    tolerating({ key: 'x', operator: 'Exists', effect: 'NoSchedule' }),
    { a: tainted(soft('x')), b: {} },
    {},
    { a: 0, b: 100 },
  ],
  ['nothing to say without such taints', {}, { a: tainted(gpu) }, {}, undefined],
])
testHints(taintToleration, [
  ['the taint goes', {}, event.nodeUpdated('taints'), true],
  ['the taint stays', {}, event.nodeUpdated('taints', tainted(gpu)), false],
  ['a node comes whose taint is tolerated', tolerating({ operator: 'Exists' }), event.nodeAdded(tainted(gpu)), true],
  ['a node comes whose taint is not', {}, event.nodeAdded(tainted(gpu)), false],
  ['a pod goes', {}, event.podDeleted(), false],
])
