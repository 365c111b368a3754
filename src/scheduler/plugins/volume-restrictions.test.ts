import { describe } from 'vitest'
import type { PodSpec } from '../../api/types/core-v1.ts'
import type { Draft } from '../../client/client.ts'
import { event, synced, testFilter, testHints, withObjects } from './testing.ts'
import { createVolumeRestrictions } from './volume-restrictions.ts'

const claim = (name: string, mode: string, namespace = 'default') => ({ metadata: { namespace, name }, spec: { accessModes: [mode] } })
const { informers } = await withObjects({
  persistentvolumeclaims: [
    claim('alone', 'ReadWriteOncePod'),
    claim('shared', 'ReadWriteOnce'),
    claim('alone', 'ReadWriteOncePod', 'other'),
  ],
})
const plugin = await synced(informers, () => createVolumeRestrictions(informers))
informers.stop()

const claiming = (claimName: string): { spec: Draft<PodSpec> } => ({
  spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }] },
})
const mounting = (volume: object): { spec: Draft<PodSpec> } => ({ spec: { volumes: [{ name: 'v', ...volume }] } })
const inUse = ['node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode']
const noDisk = ['node(s) had no available disk']

testFilter(plugin, [
  [
    'a ReadWriteOncePod claim in use, on whatever node',
    claiming('alone'),
    { a: {}, b: {} },
    { p: { on: 'a', ...claiming('alone') } },
    { a: inUse, b: inUse },
  ],
  ['a claim of the same name elsewhere', claiming('alone'), { a: {} }, { p: { on: 'a', namespace: 'other', ...claiming('alone') } }, {}],
  ['a ReadWriteOncePod claim that nobody uses', claiming('alone'), { a: {} }, { p: { on: 'a', ...claiming('shared') } }, {}],
  ['a ReadWriteOnce claim', claiming('shared'), { a: {} }, { p: { on: 'a', ...claiming('shared') } }, {}],
])
const disk = (more: object = {}) => mounting({ gcePersistentDisk: { pdName: 'd', ...more } })
const rbd = (more: object = {}) => mounting({ rbd: { monitors: ['m1', 'm2'], image: 'i', ...more } })
const iscsi = (more: object = {}) => mounting({ iscsi: { iqn: 'q', targetPortal: 't', lun: 0, ...more } })
const ebs = (more: object = {}) => mounting({ awsElasticBlockStore: { volumeID: 'v', ...more } })
describe('a disk that one node may write to', () => {
  testFilter(plugin, [
    ['gcePersistentDisk', disk(), { a: {}, b: {} }, { p: { on: 'a', ...disk() } }, { a: noDisk }],
    ['gcePersistentDisk that both read', disk({ readOnly: true }), { a: {} }, { p: { on: 'a', ...disk({ readOnly: true }) } }, {}],
    ['another gcePersistentDisk', disk({ pdName: 'e' }), { a: {} }, { p: { on: 'a', ...disk() } }, {}],
    [
      'awsElasticBlockStore, also to read',
      ebs({ readOnly: true }),
      { a: {} },
      { p: { on: 'a', ...ebs({ readOnly: true }) } },
      { a: noDisk },
    ],
    ['iscsi', iscsi(), { a: {} }, { p: { on: 'a', ...iscsi({ readOnly: true }) } }, { a: noDisk }],
    ['iscsi that both read', iscsi({ readOnly: true }), { a: {} }, { p: { on: 'a', ...iscsi({ readOnly: true }) } }, {}],
    ['rbd by one monitor of several', rbd({ monitors: ['m2', 'm3'] }), { a: {} }, { p: { on: 'a', ...rbd() } }, { a: noDisk }],
    ['rbd of other monitors', rbd({ monitors: ['m3'] }), { a: {} }, { p: { on: 'a', ...rbd() } }, {}],
    ['rbd of another pool', rbd({ pool: 'p' }), { a: {} }, { p: { on: 'a', ...rbd() } }, {}],
  ])
})
testHints(plugin, [
  ['a pod of the namespace goes', claiming('alone'), event.podDeleted(), true],
  ['a pod of another goes', claiming('alone'), event.podDeleted({ namespace: 'other' }), false],
  ['a claim changes', claiming('alone'), event.storage('persistentvolumeclaims'), true],
  ['a node comes', claiming('alone'), event.nodeAdded(), false],
])
