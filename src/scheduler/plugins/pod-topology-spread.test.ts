import { selectorFromMap } from '../../api/labels.ts'
import type { TopologySpreadConstraint } from '../../api/types/core-v1.ts'
import { createPodTopologySpread } from './pod-topology-spread.ts'
import { event, type NodeCase, type PodCase, testFilter, testHints, testScore } from './testing.ts'

const zone = (name: string, more: NodeCase = {}): NodeCase => ({ ...more, labels: { zone: name, ...more.labels } })
const web = { app: 'web' }
const on = (node: string, more: PodCase = {}): PodCase => ({ on: node, labels: web, ...more })
const constraint = (more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({
  topologyKey: 'zone',
  maxSkew: 1,
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: web },
  ...more,
})
const spread = (more: Partial<TopologySpreadConstraint> = {}, rest: PodCase = {}): PodCase => ({
  labels: web,
  ...rest,
  spec: { topologySpreadConstraints: [constraint(more)], ...rest.spec },
})
const skewed = ["node(s) didn't match pod topology spread constraints"]
const unlabelled = ["node(s) didn't match pod topology spread constraints (missing required label)"]
const plugin = createPodTopologySpread(() => undefined)
const two = { a: zone('1'), b: zone('2') }

testFilter(plugin, [
  ['a zone with more than the skew allows', spread(), two, { p: on('a') }, { a: skewed }],
  ['a larger skew', spread({ maxSkew: 2 }), two, { p: on('a') }, {}],
  ['a pod that the selector does not match adds nothing', spread({}, { labels: {} }), two, { p: on('a') }, {}],
  ['pods on their way out do not count', spread(), two, { p: on('a'), q: on('b', { deleting: true }) }, { a: skewed }],
  ['pods of other labels and namespaces do not count', spread(), two, { p: on('a', { labels: {} }), q: on('a', { namespace: 'x' }) }, {}],
  ['a node without the label', spread(), { a: zone('1'), b: {} }, {}, { b: unlabelled }],
  [
    'fewer domains than asked for count as empty ones',
    spread({ minDomains: 3 }),
    two,
    { p: on('a'), q: on('b') },
    { a: skewed, b: skewed },
  ],
  ['as many domains as asked for', spread({ minDomains: 2 }), two, { p: on('a'), q: on('b') }, {}],
  [
    'a domain that the pod cannot be in does not count (nodeAffinityPolicy: Honor)',
    spread({}, { spec: { nodeSelector: { zone: '1' } } }),
    two,
    { p: on('a') },
    {},
  ],
  [
    'but does when told so (nodeAffinityPolicy: Ignore)',
    spread({ nodeAffinityPolicy: 'Ignore' }, { spec: { nodeSelector: { zone: '1' } } }),
    two,
    { p: on('a') },
    { a: skewed },
  ],
  [
    'a tainted domain counts (nodeTaintsPolicy: Ignore)',
    spread(),
    { a: zone('1'), b: zone('2', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }) },
    { p: on('a') },
    { a: skewed },
  ],
  [
    'but not when told so (nodeTaintsPolicy: Honor)',
    spread({ nodeTaintsPolicy: 'Honor' }),
    { a: zone('1'), b: zone('2', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }) },
    { p: on('a') },
    {},
  ],
  [
    'matchLabelKeys: only pods with the same value',
    spread({ matchLabelKeys: ['version'] }, { labels: { ...web, version: '2' } }),
    two,
    { p: on('a', { labels: { ...web, version: '1' } }), q: on('b', { labels: { ...web, version: '2' } }) },
    { b: skewed },
  ],
  [
    'two constraints: only nodes with both labels make domains',
    {
      labels: web,
      spec: { topologySpreadConstraints: [constraint(), constraint({ topologyKey: 'rack' })] },
    },
    { a: zone('1', { labels: { rack: 'r1' } }), b: zone('2', { labels: { rack: 'r2' } }), c: zone('3') },
    { p: on('a') },
    { a: skewed, c: unlabelled },
  ],
  ['a wish filters nothing', spread({ whenUnsatisfiable: 'ScheduleAnyway' }), two, { p: on('a') }, {}],
])

const wish = (more: Partial<TopologySpreadConstraint> = {}) => spread({ whenUnsatisfiable: 'ScheduleAnyway', ...more })
const three = { ...two, c: zone('3') }
const pods = { p: on('a'), q: on('a'), r: on('b') }
testScore(plugin, [
  // Counts of 2, 1 and 0 by ln(3 + 2) are 3, 2 and 0; the most and the least less one's own, by the most.
  ['fewer matching pods in the zone are better', wish(), three, pods, { a: 0, b: 33, c: 100 }],
  // A skew of 5 adds 4: 7, 6 and 4.
  ['a larger skew matters less', wish({ maxSkew: 5 }), three, pods, { a: 57, b: 71, c: 100 }],
  ['nowhere any', wish(), two, {}, { a: 100, b: 100 }],
  ['a node without the label', wish(), { ...two, c: {} }, pods, { a: 33, b: 100, c: 0 }],
  // By host, with three nodes looked at: 2, 1 and 0 by ln(3 + 2).
  ['by host', wish({ topologyKey: 'kubernetes.io/hostname' }), three, pods, { a: 0, b: 33, c: 100 }],
  ['a demand is no wish', spread(), two, {}, undefined],
])

const ofService = () => selectorFromMap(web)
testScore(createPodTopologySpread(ofService), [
  // A host with a pod: ln(2 + 2) + 2 is 3, one without 2. Nobody has a zone here, which keeps no node out.
  ['the defaults, for a pod of a service', { labels: web }, { a: {}, b: {} }, { p: on('a') }, { a: 66, b: 100 }],
  ['a constraint of its own, without the defaults', spread(), { a: {} }, {}, undefined],
])
testScore(plugin, [['no defaults for a pod that nobody owns', { labels: web }, { a: {} }, {}, undefined]])
const listed = createPodTopologySpread(ofService, {
  defaultingType: 'List',
  defaultConstraints: [constraint({ labelSelector: undefined })],
})
testFilter(listed, [['listed defaults', { labels: web }, two, { p: on('a') }, { a: skewed }]])

testHints(plugin, [
  ['a node comes', spread(), event.nodeAdded(zone('3')), true],
  ['a node goes', spread(), event.nodeDeleted, true],
  ['labels of a node change', spread(), event.nodeUpdated('labels'), true],
  ['a matching pod goes', spread(), event.podDeleted({ labels: web }), true],
  ['a matching pod comes', spread(), event.podAssigned({ labels: web }), true],
  ['another pod goes', spread(), event.podDeleted({ labels: { app: 'db' } }), false],
  ['a pod of another namespace goes', spread(), event.podDeleted({ labels: web, namespace: 'x' }), false],
  ['a pod gets the label', spread(), event.podUpdated({}, { labels: web }), true],
  ['a pod loses the label', spread(), event.podUpdated({ labels: web }, {}), true],
])
