import { expect, test } from 'vitest'
import { systemClock } from '../../client/clock.ts'
import type { NodeInfo } from '../node-info.ts'
import { createPodInfo } from '../pod-info.ts'
import { cycleOf, event, type PodCase, podOf, rejections, synced, testFilter, testHints, withObjects } from './testing.ts'
import { createVolumeBinding } from './volume-binding.ts'

const inZone = (...values: string[]) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values }] }] },
})
const volume = (name: string, more: object = {}, phase = 'Available') => ({
  metadata: { name },
  spec: { storageClassName: 'local', capacity: { storage: '10Gi' }, accessModes: ['ReadWriteOnce'], ...more },
  status: { phase },
})
const claim = (name: string, more: object = {}, metadata: object = {}, phase = 'Pending') => ({
  metadata: { namespace: 'default', name, ...metadata },
  spec: { storageClassName: 'local', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, ...more },
  status: { phase },
})
const isBound = { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }
const storageClass = (name: string, provisioner: string, more: object = {}) => ({
  metadata: { name },
  provisioner,
  volumeBindingMode: 'WaitForFirstConsumer',
  ...more,
})
const capacity = (name: string, storageClassName: string, zone: string, amounts: object) => ({
  metadata: { namespace: 'kube-system', name },
  storageClassName,
  nodeTopology: { matchLabels: { zone } },
  ...amounts,
})
const objects = {
  persistentvolumes: [
    volume('bound-1', { nodeAffinity: inZone('1') }, 'Bound'),
    volume('large', { nodeAffinity: inZone('1'), capacity: { storage: '50Gi' } }),
    volume('small', { nodeAffinity: inZone('1') }),
    volume('too-small', { nodeAffinity: inZone('2'), capacity: { storage: '1Gi' } }),
    volume('block', { nodeAffinity: inZone('2'), volumeMode: 'Block' }),
    volume('read-only', { nodeAffinity: inZone('2'), accessModes: ['ReadOnlyMany'] }),
    volume('promised', { nodeAffinity: inZone('3'), claimRef: { namespace: 'default', name: 'promised' } }),
  ],
  persistentvolumeclaims: [
    claim('bound', { volumeName: 'bound-1' }, isBound, 'Bound'),
    claim('dangling', { volumeName: 'gone' }, isBound, 'Bound'),
    claim('lost', { volumeName: 'gone' }, isBound, 'Lost'),
    claim('leaving', {}, { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['kubernetes.io/pvc-protection'] }),
    claim('immediate', { storageClassName: 'immediate' }),
    claim('waiting'),
    claim('waiting-too'),
    claim('promised'),
    claim('begun', { storageClassName: 'csi' }, { annotations: { 'volume.kubernetes.io/selected-node': 'b' } }),
    claim('selective', { selector: { matchLabels: { tier: 'gold' } } }),
    claim('made', { storageClassName: 'csi' }),
    claim('made-in-2', { storageClassName: 'csi-in-2' }),
    claim('tracked', { storageClassName: 'tracked' }),
    claim('tracked-large', { storageClassName: 'tracked', resources: { requests: { storage: '50Gi' } } }),
  ],
  'storageclasses.storage.k8s.io': [
    storageClass('immediate', 'csi.example', { volumeBindingMode: 'Immediate' }),
    storageClass('local', 'kubernetes.io/no-provisioner'),
    storageClass('csi', 'csi.example'),
    storageClass('csi-in-2', 'csi.example', { allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['2'] }] }] }),
    storageClass('tracked', 'tracked.example'),
  ],
  'csidrivers.storage.k8s.io': [
    { metadata: { name: 'csi.example' }, spec: {} },
    { metadata: { name: 'tracked.example' }, spec: { storageCapacity: true } },
  ],
  'csistoragecapacities.storage.k8s.io': [
    capacity('in-1', 'tracked', '1', { capacity: '20Gi' }),
    capacity('in-2', 'tracked', '2', { capacity: '100Gi', maximumVolumeSize: '1Gi' }),
    capacity('of-another-class', 'csi', '3', { capacity: '100Gi' }),
  ],
}
const { client, informers } = await withObjects(objects)
const plugin = await synced(informers, () => createVolumeBinding({ client, informers, clock: systemClock }))
informers.stop()

const using = (...names: string[]): PodCase => ({
  spec: { volumes: names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) },
})
const nodes = { a: { labels: { zone: '1' } }, b: { labels: { zone: '2' } }, c: { labels: { zone: '3' } } }
const conflict = ["node(s) didn't match PersistentVolume's node affinity"]
const nothing = ["node(s) didn't find available persistent volumes to bind"]
const noSpace = ['node(s) did not have enough free storage']
const everywhere = (reasons: string[]) => ({ a: reasons, b: reasons, c: reasons })

testFilter(plugin, [
  ['no claim', {}, nodes, {}, {}],
  ['a claim that is not there', using('none'), nodes, {}, { pod: ['persistentvolumeclaim "none" not found'] }],
  [
    'an ephemeral volume’s claim that is not there yet',
    { spec: { volumes: [{ name: 'scratch', ephemeral: {} }] } },
    nodes,
    {},
    { pod: ['waiting for ephemeral volume controller to create the persistentvolumeclaim "incoming-scratch"'] },
  ],
  ['a claim on its way out', using('leaving'), nodes, {}, { pod: ['persistentvolumeclaim "leaving" is being deleted'] }],
  [
    'a claim whose volume is lost',
    using('lost'),
    nodes,
    {},
    { pod: ['persistentvolumeclaim "lost" bound to non-existent persistentvolume "gone"'] },
  ],
  ['a claim that does not wait for its pod', using('immediate'), nodes, {}, { pod: ['pod has unbound immediate PersistentVolumeClaims'] }],
  ['a bound volume within reach', using('bound'), nodes, {}, { b: conflict, c: conflict }],
  ['a volume that is being made for another node', using('begun'), nodes, {}, { a: nothing, c: nothing }],
  [
    'all that is wrong with a node',
    using('bound', 'dangling', 'waiting'),
    nodes,
    {},
    {
      a: ['node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'],
      b: [...nothing, 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'],
      c: [...nothing, 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'],
    },
  ],
  ['two things wrong with a node', using('bound', 'waiting'), nodes, {}, { b: [...conflict, ...nothing], c: [...conflict, ...nothing] }],
  [
    'a bound volume that is not there',
    using('dangling'),
    nodes,
    {},
    everywhere(['node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)']),
  ],
  ['a volume that can be bound', using('waiting'), nodes, {}, { b: nothing, c: nothing }],
  ['a volume for each of two claims', using('waiting', 'waiting-too'), nodes, {}, { b: nothing, c: nothing }],
  ['one volume too few', using('waiting', 'waiting-too', 'promised'), nodes, {}, everywhere(nothing)],
  ['the volume that names the claim', using('promised'), nodes, {}, { b: nothing }],
  ['a selector that no volume satisfies', using('selective'), nodes, {}, everywhere(nothing)],
  ['a volume that can be made anywhere', using('made'), nodes, {}, {}],
  ['a volume that can be made in a zone', using('made-in-2'), nodes, {}, { a: nothing, c: nothing }],
  ['a driver that says where it has room, and for how large a volume', using('tracked'), nodes, {}, { b: noSpace, c: noSpace }],
  ['more than it has anywhere', using('tracked-large'), nodes, {}, everywhere(noSpace)],
])
testHints(plugin, [
  ['its claim changes', using('waiting'), event.storage('persistentvolumeclaims', claim('waiting')), true],
  ['another claim changes', using('waiting'), event.storage('persistentvolumeclaims', claim('other')), false],
  ['a volume comes', using('waiting'), event.storage('persistentvolumes', volume('new')), true],
  ['a driver has more room', using('tracked'), event.storage('csistoragecapacities.storage.k8s.io', {}), true],
  ['a node comes', using('waiting'), event.nodeAdded(), true],
  ['labels of a node change', using('waiting'), event.nodeUpdated('labels'), true],
  ['a pod goes', using('waiting'), event.podDeleted(), false],
])

test('the smallest volume is promised, bound to its claim, and other claims are given their node; then the pod is bound', async () => {
  const { client, informers } = await withObjects(objects)
  const plugin = await synced(informers, () => createVolumeBinding({ client, informers, clock: systemClock }))
  const cycle = cycleOf(nodes)
  const pod = createPodInfo(podOf('incoming', using('waiting', 'made')))
  const node = cycle.cluster.node('a') as NodeInfo
  rejections(plugin, using('waiting', 'made'), cycle)
  expect(plugin.reserve?.(pod, node, cycle)).toBeUndefined()
  // What is promised to one pod is not there for the next.
  expect(rejections(plugin, using('waiting-too'), cycleOf(nodes))).toEqual({ b: nothing, c: nothing })
  expect(rejections(plugin, using('waiting-too', 'selective'), cycleOf(nodes))).toEqual(everywhere(nothing))
  const bound = plugin.preBind?.(pod, node, cycle)
  // The volume controller's part.
  const complete = async (name: string, volumeName: string) => {
    const current = await client.get('persistentvolumeclaims', { namespace: 'default', name })
    await client.update('persistentvolumeclaims', {
      ...current,
      metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, ...isBound.annotations } },
      spec: { ...current.spec, volumeName },
    })
    return current
  }
  await new Promise<void>((resolve) => {
    informers.of('persistentvolumeclaims').addHandler({ updated: ({ metadata }) => metadata.name === 'made' && resolve() })
  })
  expect((await client.get('persistentvolumes', { name: 'small' })).spec.claimRef).toMatchObject({ namespace: 'default', name: 'waiting' })
  await complete('waiting', 'small')
  const made = await complete('made', 'new')
  expect(made.metadata.annotations).toMatchObject({ 'volume.kubernetes.io/selected-node': 'a' })
  await bound
  informers.stop()
})
