import { createInterPodAffinity } from './inter-pod-affinity.ts'
import { event, type NodeCase, type PodCase, testFilter, testHints, testScore } from './testing.ts'

const zone = (name: string): NodeCase => ({ labels: { zone: name } })
const app = (name: string) => ({ labelSelector: { matchLabels: { app: name } } })
const term = (name: string, more: object = {}) => ({ topologyKey: 'zone', ...app(name), ...more })
type Kind = 'podAffinity' | 'podAntiAffinity'
const requiring = (kind: Kind, ...terms: object[]): PodCase => ({
  spec: { affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: terms } } } as never,
})
const preferring = (kind: Kind, weight: number, podAffinityTerm: object): PodCase => ({
  spec: { affinity: { [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm }] } } } as never,
})
const labelled = (name: string, more: PodCase = {}): PodCase => ({ labels: { app: name }, ...more })
const unaffine = ["node(s) didn't match pod affinity rules"]
const avoided = ["node(s) didn't match pod anti-affinity rules"]
const unwanted = ["node(s) didn't satisfy existing pods anti-affinity rules"]
const nodes = { a: zone('1'), b: zone('1'), c: zone('2') }
const other = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }

testFilter(createInterPodAffinity(), [
  [
    'affinity: the zone of a pod that is sought',
    requiring('podAffinity', term('db')),
    nodes,
    { p: labelled('db', { on: 'a' }) },
    { c: unaffine },
  ],
  ['affinity: nowhere any', requiring('podAffinity', term('db')), nodes, {}, { a: unaffine, b: unaffine, c: unaffine }],
  [
    'affinity: the first of a group goes where the label is',
    { ...labelled('db'), ...requiring('podAffinity', term('db')) },
    { a: zone('1'), b: {} },
    {},
    { b: unaffine },
  ],
  [
    'affinity: several terms must hold of one pod',
    requiring('podAffinity', term('db'), { topologyKey: 'zone', labelSelector: { matchLabels: { tier: 'x' } } }),
    nodes,
    { p: labelled('db', { on: 'a' }), q: { labels: { tier: 'x' }, on: 'c' }, r: { labels: { app: 'db', tier: 'x' }, on: 'c' } },
    { a: unaffine, b: unaffine },
  ],
  [
    'anti-affinity: the zone of a pod that is avoided',
    requiring('podAntiAffinity', term('db')),
    nodes,
    { p: labelled('db', { on: 'a' }) },
    { a: avoided, b: avoided },
  ],
  [
    'anti-affinity: a node without the label is no domain',
    requiring('podAntiAffinity', term('db')),
    { a: {} },
    { p: labelled('db', { on: 'a' }) },
    {},
  ],
  [
    'anti-affinity of a pod that is there',
    labelled('web'),
    nodes,
    { p: { on: 'a', ...requiring('podAntiAffinity', term('web')) } },
    { a: unwanted, b: unwanted },
  ],
  [
    'anti-affinity of a pod that is there, of other pods',
    labelled('db'),
    nodes,
    { p: { on: 'a', ...requiring('podAntiAffinity', term('web')) } },
    {},
  ],
  [
    'the own namespace unless another is named',
    requiring('podAntiAffinity', term('db')),
    nodes,
    { p: labelled('db', { on: 'a', namespace: 'other' }) },
    {},
  ],
  [
    'namespaces by name',
    requiring('podAntiAffinity', term('db', { namespaces: ['other'] })),
    nodes,
    { p: labelled('db', { on: 'a' }), q: labelled('db', { on: 'c', namespace: 'other' }) },
    { c: avoided },
  ],
  [
    'namespaces by label',
    requiring('podAntiAffinity', term('db', other)),
    nodes,
    { p: labelled('db', { on: 'a' }), q: labelled('db', { on: 'c', namespace: 'other' }) },
    { c: avoided },
  ],
  [
    'namespaces by name and by label',
    requiring('podAntiAffinity', term('db', { ...other, namespaces: ['third'] })),
    nodes,
    { p: labelled('db', { on: 'a', namespace: 'third' }), q: labelled('db', { on: 'c', namespace: 'other' }) },
    { a: avoided, b: avoided, c: avoided },
  ],
  [
    'every namespace by an empty selector',
    requiring('podAntiAffinity', term('db', { namespaceSelector: {} })),
    nodes,
    { q: labelled('db', { on: 'c', namespace: 'other' }) },
    { c: avoided },
  ],
  [
    'matchLabelKeys and mismatchLabelKeys, which the API server has written into the selector',
    requiring('podAntiAffinity', {
      topologyKey: 'zone',
      labelSelector: {
        matchExpressions: [
          { key: 'hash', operator: 'In', values: ['1'] },
          { key: 'tenant', operator: 'NotIn', values: ['me'] },
        ],
      },
      matchLabelKeys: ['hash'],
      mismatchLabelKeys: ['tenant'],
    }),
    nodes,
    { p: { on: 'a', labels: { hash: '1', tenant: 'me' } }, q: { on: 'c', labels: { hash: '1', tenant: 'you' } } },
    { c: avoided },
  ],
  ['no selector is no pod', requiring('podAntiAffinity', { topologyKey: 'zone' }), nodes, { p: labelled('db', { on: 'a' }) }, {}],
])

const likes = (weight: number, name: string) => preferring('podAffinity', weight, term(name))
const dislikes = (weight: number, name: string) => preferring('podAntiAffinity', weight, term(name))
const zones = { a: zone('1'), b: zone('2'), c: zone('3') }
testScore(createInterPodAffinity(), [
  // 20, 10 and 0, stretched.
  [
    'the sum of what is liked nearby',
    likes(10, 'db'),
    zones,
    { p: labelled('db', { on: 'a' }), q: labelled('db', { on: 'a' }), r: labelled('db', { on: 'b' }) },
    { a: 100, b: 50, c: 0 },
  ],
  ['what is disliked counts against', dislikes(10, 'db'), zones, { p: labelled('db', { on: 'a' }) }, { a: 0, b: 100, c: 100 }],
  [
    'what pods that are there like and dislike',
    labelled('web'),
    zones,
    { p: { on: 'a', ...likes(5, 'web') }, q: { on: 'b', ...dislikes(5, 'web') } },
    { a: 100, b: 0, c: 50 },
  ],
  // hardPodAffinityWeight is 1 by default.
  [
    'what a pod that is there demands',
    labelled('web'),
    zones,
    { p: { on: 'a', ...requiring('podAffinity', term('web')) } },
    { a: 100, b: 0, c: 0 },
  ],
  ['nobody likes anything', labelled('web'), zones, { p: labelled('db', { on: 'a' }) }, undefined],
])
testScore(createInterPodAffinity({ hardPodAffinityWeight: 0 }), [
  ['a demand that weighs nothing', labelled('web'), zones, { p: { on: 'a', ...requiring('podAffinity', term('web')) } }, undefined],
])
testScore(createInterPodAffinity({ ignorePreferredTermsOfExistingPods: true }), [
  ['the likings of pods that are there ignored', labelled('web'), zones, { p: { on: 'a', ...likes(5, 'web') } }, undefined],
  [
    'but not for a pod with likings of its own',
    { ...likes(5, 'db'), labels: { app: 'web' } },
    zones,
    { p: { on: 'a', ...likes(5, 'web') }, q: labelled('db', { on: 'b' }) },
    { a: 100, b: 100, c: 0 },
  ],
])

const seeking = requiring('podAffinity', term('db'))
const avoiding = requiring('podAntiAffinity', term('db'))
testHints(createInterPodAffinity(), [
  ['a pod that is sought comes', seeking, event.podAssigned(labelled('db')), true],
  ['a pod that is not sought comes', seeking, event.podAssigned(labelled('web')), false],
  ['a pod that is avoided goes', avoiding, event.podDeleted(labelled('db')), true],
  ['a pod that is not avoided goes', avoiding, event.podDeleted(labelled('web')), false],
  ['a pod that avoided others goes', labelled('web'), event.podDeleted(requiring('podAntiAffinity', term('web'))), true],
  ['a pod gets the label that is sought', seeking, event.podUpdated({}, labelled('db')), true],
  ['a node comes', seeking, event.nodeAdded(zone('1')), true],
  ['labels of a node change', seeking, event.nodeUpdated('labels'), true],
  ['taints of a node change', seeking, event.nodeUpdated('taints'), false],
])
