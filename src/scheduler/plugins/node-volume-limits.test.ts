import { createNodeVolumeLimits } from './node-volume-limits.ts'
import { event, type PodCase, synced, testFilter, testHints, withObjects } from './testing.ts'

const driver = 'csi.example'
const volume = (name: string, by = driver) => ({ metadata: { name }, spec: { csi: { driver: by, volumeHandle: `handle-${name}` } } })
const claim = (name: string, spec: object) => ({ metadata: { namespace: 'default', name }, spec })
const bound = (name: string) => claim(name, { volumeName: name })
const node = (name: string, count?: number, ofDriver = driver) => ({
  metadata: { name },
  spec: { drivers: [{ name: ofDriver, nodeID: name, allocatable: count === undefined ? {} : { count } }] },
})
const attached = (name: string, nodeName: string) => ({
  metadata: { name: `va-${name}` },
  spec: { attacher: driver, nodeName, source: { persistentVolumeName: name } },
})
const { informers } = await withObjects({
  persistentvolumes: [...['v1', 'v2', 'v3', 'left'].map((name) => volume(name)), volume('foreign', 'other.example')],
  persistentvolumeclaims: [
    ...['v1', 'v2', 'v3', 'foreign'].map(bound),
    claim('v1-too', { volumeName: 'v1' }),
    claim('coming', { storageClassName: 'csi' }),
    claim('coming-too', { storageClassName: 'csi' }),
    claim('p-scratch', { storageClassName: 'csi' }),
  ],
  'storageclasses.storage.k8s.io': [{ metadata: { name: 'csi' }, provisioner: driver }],
  'csinodes.storage.k8s.io': [node('two', 2), node('any'), node('full', 1), node('other', 1, 'other.example')],
  'volumeattachments.storage.k8s.io': [attached('left', 'full')],
})
const plugin = await synced(informers, () => createNodeVolumeLimits(informers))
informers.stop()

const using = (...names: string[]): PodCase => ({
  spec: { volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) },
})
const there = (...names: string[]) => ({ p: { on: 'two', ...using(...names) } })
const exceeded = { two: ['node(s) exceed max volume count'] }

testFilter(plugin, [
  ['within the limit', using('v1', 'v2'), { two: {} }, {}, {}],
  ['beyond the limit', using('v1', 'v2', 'v3'), { two: {} }, {}, exceeded],
  ['beside volumes of other pods', using('v3'), { two: {} }, there('v1', 'v2'), exceeded],
  ['a volume that is there already', using('v1'), { two: {} }, there('v1', 'v2'), {}],
  ['the same volume by another claim', using('v1-too'), { two: {} }, there('v1', 'v2'), {}],
  ['volumes that are to be made, of the pod', using('coming', 'coming-too', 'v1'), { two: {} }, {}, exceeded],
  ['volumes that are to be made, of pods that are there', using('v1', 'v2'), { two: {} }, there('coming'), exceeded],
  [
    'an ephemeral volume’s claim',
    using('v1', 'v2'),
    { two: {} },
    { p: { on: 'two', spec: { volumes: [{ name: 'scratch', ephemeral: {} }] } } },
    exceeded,
  ],
  ['a volume that a pod has left attached', using('v1'), { full: {} }, {}, { full: exceeded.two }],
  ['another driver’s volumes', using('foreign'), { two: {} }, there('v1', 'v2'), {}],
  ['a driver that says nothing of a limit', using('v1', 'v2', 'v3'), { any: {} }, {}, {}],
  ['a node without the driver', using('v1', 'v2', 'v3'), { other: {} }, {}, {}],
  ['a node that is not known', using('v1', 'v2', 'v3'), { unknown: {} }, {}, {}],
  ['no volume', {}, { two: {} }, there('v1', 'v2'), {}],
])
testHints(plugin, [
  ['a volume is detached', using('v1'), event.storage('volumeattachments.storage.k8s.io'), true],
  ['a driver registers', using('v1'), event.storage('csinodes.storage.k8s.io'), true],
  ['a pod goes', using('v1'), event.podDeleted(), true],
  ['a node comes', using('v1'), event.nodeAdded(), true],
  ['labels of a node change', using('v1'), event.nodeUpdated('labels'), false],
])
