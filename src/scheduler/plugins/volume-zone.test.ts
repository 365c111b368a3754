import { event, synced, testFilter, testHints, withObjects } from './testing.ts'
import { createVolumeZone } from './volume-zone.ts'

const topology = 'topology.kubernetes.io'
const volume = (name: string, labels: Record<string, string>) => ({ metadata: { name, labels }, spec: {} })
const claimOf = (name: string) => ({ metadata: { namespace: 'default', name }, spec: { volumeName: name } })
const volumes = {
  one: { [`${topology}/zone`]: '1' },
  several: { [`${topology}/zone`]: '1__2' },
  region: { [`${topology}/region`]: 'eu', [`${topology}/zone`]: '1' },
  old: { 'failure-domain.beta.kubernetes.io/zone': '1' },
  anywhere: {},
}
const { informers } = await withObjects({
  persistentvolumes: Object.entries(volumes).map(([name, labels]) => volume(name, labels)),
  persistentvolumeclaims: [...Object.keys(volumes).map(claimOf), { ...claimOf('unbound'), spec: {} }],
})
const plugin = await synced(informers, () => createVolumeZone(informers))
informers.stop()

const using = (...names: string[]) => ({
  spec: { volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) },
})
const zone = (name: string, more: Record<string, string> = {}) => ({ labels: { [`${topology}/zone`]: name, ...more } })
const nodes = { a: zone('1'), b: zone('2'), c: zone('3') }
const wrong = ['node(s) had no available volume zone']

testFilter(plugin, [
  ['a volume of a zone', using('one'), nodes, {}, { b: wrong, c: wrong }],
  ['a volume of several', using('several'), nodes, {}, { c: wrong }],
  ['two volumes', using('one', 'several'), nodes, {}, { b: wrong, c: wrong }],
  [
    'zone and region',
    using('region'),
    { a: zone('1', { [`${topology}/region`]: 'us' }), b: zone('1', { [`${topology}/region`]: 'eu' }) },
    {},
    { a: wrong },
  ],
  ['a label of old beside nodes of today', using('old'), nodes, {}, { b: wrong, c: wrong }],
  ['a node that says nothing of zones', using('one'), { a: {} }, {}, {}],
  ['a volume that says nothing', using('anywhere'), nodes, {}, {}],
  ['a claim that is not bound', using('unbound'), nodes, {}, {}],
])
testHints(plugin, [
  ['a claim is bound', using('unbound'), event.storage('persistentvolumeclaims'), true],
  ['a node comes', using('one'), event.nodeAdded(), true],
  ['labels of a node change', using('one'), event.nodeUpdated('labels'), true],
  ['a pod goes', using('one'), event.podDeleted(), false],
])
