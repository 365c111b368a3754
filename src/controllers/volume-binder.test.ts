/** Which volume a claim gets, and what becomes of the volume when the claim has gone. */
import { expect, test } from 'vitest'
import type { PersistentVolume, PersistentVolumeClaim } from '../api/types/core-v1.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const at = (name: string) => ({ namespace: 'default', name })
const loops = ['persistentvolume-binder', 'persistentvolumeclaim-protection', 'persistentvolume-protection']

interface VolumeShape {
  readonly storage?: string
  readonly labels?: Record<string, string>
  readonly annotations?: Record<string, string>
  readonly [field: string]: unknown
}
const volume = (name: string, { storage = '1Gi', labels, annotations, ...spec }: VolumeShape = {}) =>
  cluster.client.create('persistentvolumes', {
    metadata: { name, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
    spec: {
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: `/data/${name}` },
      persistentVolumeReclaimPolicy: 'Retain',
      ...spec,
    },
  } as never)
const claim = (name: string, { storage = '1Gi', ...spec }: VolumeShape = {}) =>
  cluster.client.create('persistentvolumeclaims', {
    metadata: at(name),
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage } }, ...spec },
  } as never)
const storageClass = (name: string, volumeBindingMode: string, more: { provisioner?: string; isDefault?: boolean } = {}) =>
  cluster.client.create('storageclasses.storage.k8s.io', {
    metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': String(more.isDefault === true) } },
    provisioner: more.provisioner ?? 'example.com/p',
    volumeBindingMode,
  } as never)
const claimOf = (name: string) => cluster.client.get('persistentvolumeclaims', at(name))
const volumeOf = (name: string) => cluster.client.get('persistentvolumes', { name })
const claims = () => cluster.transport.objects<PersistentVolumeClaim>('/api/v1/persistentvolumeclaims')
const phases = () =>
  Object.fromEntries(cluster.transport.objects<PersistentVolume>('/api/v1/persistentvolumes').map((v) => [v.metadata.name, v.status.phase]))
const forClaim = (name: string, uid?: string) => ({ claimRef: { ...at(name), ...(uid ? { uid } : {}) } })

test.each<[string, Record<string, VolumeShape>, VolumeShape, string | undefined]>([
  ['the smallest that is large enough', { large: { storage: '10Gi' }, fits: { storage: '2Gi' }, small: {} }, { storage: '1500Mi' }, 'fits'],
  ['none when all are too small', { small: {} }, { storage: '1500Mi' }, undefined],
  ['one with more modes than are asked for', { v: { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] } }, {}, 'v'],
  ['none without each mode', { v: { accessModes: ['ReadWriteOnce'] } }, { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] }, undefined],
  ['one for a single pod', { rwo: {}, rwop: { accessModes: ['ReadWriteOncePod'] } }, { accessModes: ['ReadWriteOncePod'] }, 'rwop'],
  ['a raw device when one is asked for', { fs: {}, block: { volumeMode: 'Block' } }, { volumeMode: 'Block' }, 'block'],
  ['a file system by default', { block: { volumeMode: 'Block' } }, {}, undefined],
  ['one of its class', { plain: {}, gold: { storageClassName: 'gold', storage: '5Gi' } }, { storageClassName: 'gold' }, 'gold'],
  ['none of another class', { gold: { storageClassName: 'gold' } }, {}, undefined],
  [
    'one of its class of attributes',
    { v: {}, fast: { volumeAttributesClassName: 'fast', storage: '5Gi' } },
    { volumeAttributesClassName: 'fast' },
    'fast',
  ],
  [
    'one whose labels match',
    { a: { labels: { disk: 'hdd' } }, b: { labels: { disk: 'ssd' }, storage: '5Gi' } },
    { selector: { matchLabels: { disk: 'ssd' } } },
    'b',
  ],
  [
    'one that matches an expression',
    { a: { labels: { disk: 'hdd' } }, b: { labels: { disk: 'ssd' } } },
    { selector: { matchExpressions: [{ key: 'disk', operator: 'NotIn', values: ['hdd'] }] } },
    'b',
  ],
  ['none that is another’s', { v: forClaim('other', 'uid') }, {}, undefined],
  ['none that is kept for another', { v: forClaim('other') }, {}, undefined],
  ['the one that is kept for it before a smaller one', { small: {}, kept: { storage: '9Gi', ...forClaim('c') } }, {}, 'kept'],
  [
    'the one that is kept for it, whatever its class and labels',
    { kept: { storageClassName: 'gold', ...forClaim('c') } },
    { selector: { matchLabels: { a: 'b' } } },
    'kept',
  ],
  ['not the one that is kept for it when it is too small', { kept: forClaim('c'), large: { storage: '9Gi' } }, { storage: '5Gi' }, 'large'],
  ['not the one that was kept for a claim of that name before it', { kept: forClaim('c', 'earlier') }, {}, undefined],
  ['the one that it names', { a: {}, b: { storage: '9Gi' } }, { volumeName: 'b' }, 'b'],
])('a claim gets %s', async (_name, volumes, wanted, expected) => {
  const { settle } = await setUp(loops)
  for (const [name, shape] of Object.entries(volumes)) await volume(name, shape)
  await settle()
  await claim('c', wanted)
  await settle()
  const { spec, status } = await claimOf('c')
  expect([spec.volumeName, status.phase]).toEqual([expected, expected ? 'Bound' : 'Pending'])
  if (!expected) return
  expect(status).toMatchObject({
    capacity: (await volumeOf(expected)).spec.capacity,
    accessModes: (await volumeOf(expected)).spec.accessModes,
  })
  expect((await volumeOf(expected)).spec.claimRef).toMatchObject({ name: 'c', uid: (await claimOf('c')).metadata.uid })
  expect(phases()[expected]).toBe('Bound')
})

test.each<[string, VolumeShape, VolumeShape, string]>([
  ['is too small', {}, { storage: '2Gi' }, 'requested PV is too small'],
  ['is of another class', { storageClassName: 'gold' }, {}, 'storageClassName does not match'],
  ['is of another mode', { volumeMode: 'Block' }, {}, 'incompatible volumeMode'],
  ['has another access mode', { accessModes: ['ReadOnlyMany'] }, {}, 'incompatible accessMode'],
  ['is of another class of attributes', { volumeAttributesClassName: 'fast' }, {}, 'volumeAttributesClassName does not match'],
])('a claim that names a volume which %s waits and says why', async (_name, has, wants, why) => {
  const { settle, events } = await setUp(loops)
  await volume('v', has)
  await claim('c', { ...wants, volumeName: 'v' })
  await settle()
  expect((await claimOf('c')).status.phase).toBe('Pending')
  expect(events()).toContain(`VolumeMismatch: Cannot bind to requested volume "v": ${why}`)
  expect(phases()).toEqual({ v: 'Available' })
})

test('a claim that names a volume waits for it, and for one that is another’s it waits in vain', async () => {
  const { settle } = await setUp(loops)
  await claim('c', { volumeName: 'v' })
  await settle()
  expect((await claimOf('c')).status.phase).toBe('Pending')
  await volume('v')
  await settle()
  expect((await claimOf('c')).status.phase).toBe('Bound')
  await claim('late', { volumeName: 'v' })
  await settle()
  expect((await claimOf('late')).status.phase).toBe('Pending')
})

test.each<[string, () => Promise<unknown>, VolumeShape, event: RegExp, annotation?: string]>([
  ['without a class', async () => {}, {}, /^FailedBinding: no persistent volumes available for this claim and no storage class is set$/],
  [
    'with a class that is not there',
    async () => {},
    { storageClassName: 'gone' },
    /^ProvisioningFailed: storageclass.storage.k8s.io "gone" not found$/,
  ],
  [
    'with a class that provisions at once',
    () => storageClass('now', 'Immediate'),
    { storageClassName: 'now' },
    /^ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com\/p'/,
    'example.com/p',
  ],
  [
    'with a class that waits for a consumer',
    () => storageClass('late', 'WaitForFirstConsumer'),
    { storageClassName: 'late' },
    /^WaitForFirstConsumer: waiting for first consumer to be created before binding$/,
  ],
  [
    'with a class that provisions nothing',
    () => storageClass('local', 'Immediate', { provisioner: 'kubernetes.io/no-provisioner' }),
    { storageClassName: 'local' },
    /^ProvisioningFailed: no volume plugin matched name: kubernetes.io\/no-provisioner$/,
  ],
])('a claim %s waits and says so', async (_name, prepare, wanted, event, annotation) => {
  const { settle, events } = await setUp(loops)
  await prepare()
  await claim('c', wanted)
  await settle()
  const { status, metadata } = await claimOf('c')
  expect(status.phase).toBe('Pending')
  expect(events().some((text) => event.test(text))).toBe(true)
  expect(metadata.annotations?.['volume.kubernetes.io/storage-provisioner']).toBe(annotation)
})

test.each([
  [['p'], 'WaitForPodScheduled: waiting for pod p to be scheduled'],
  [['q', 'p'], 'WaitForPodScheduled: waiting for pods p,q to be scheduled'],
])('a claim whose consumers %j find no node says so', async (pods, told) => {
  const { client, pass, events } = await setUp(loops)
  await storageClass('late', 'WaitForFirstConsumer')
  await claim('c', { storageClassName: 'late' })
  await pass(2)
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }]
  for (const name of pods) await client.create('pods', { metadata: at(name), spec: { containers: [], volumes } } as never)
  await pass(14)
  expect(events()).not.toContain(told)
  await pass(2)
  expect(events()).toContain(told)
})

test('a claim that waits for a consumer binds at once to what is kept for it, and is provisioned when its node is chosen', async () => {
  const { client, settle } = await setUp(loops)
  await storageClass('late', 'WaitForFirstConsumer')
  await volume('free', { storageClassName: 'late' })
  await volume('kept', { storageClassName: 'late', ...forClaim('kept') })
  await claim('kept', { storageClassName: 'late' })
  await claim('waits', { storageClassName: 'late' })
  await settle()
  expect(claims().map((c) => [c.metadata.name, c.spec.volumeName])).toEqual([
    ['kept', 'kept'],
    ['waits', undefined],
  ])
  await client.delete('persistentvolumes', { name: 'free' })
  await client.patch('persistentvolumeclaims', at('waits'), { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n' } } })
  await settle()
  expect((await claimOf('waits')).metadata.annotations).toMatchObject({ 'volume.kubernetes.io/storage-provisioner': 'example.com/p' })
})

test('a claim that names no class gets the default one, the newest of several, as soon as there is one', async () => {
  const { settle, pass } = await setUp(loops)
  await claim('c', { storageClassName: undefined })
  await claim('none', {})
  await settle()
  expect((await claimOf('c')).spec.storageClassName).toBeUndefined()
  await storageClass('old', 'WaitForFirstConsumer', { isDefault: true })
  await settle()
  await pass(1)
  await storageClass('new', 'WaitForFirstConsumer', { isDefault: true })
  await claim('d', { storageClassName: undefined })
  await settle()
  expect(claims().map((c) => c.spec.storageClassName)).toEqual(['old', '', 'new'])
})

test.each<[string, VolumeShape, phase: string, event?: string]>([
  ['Retain is kept as it is', {}, 'Released'],
  [
    'Delete of a provisioner’s is left to the provisioner',
    { persistentVolumeReclaimPolicy: 'Delete', annotations: { 'pv.kubernetes.io/provisioned-by': 'example.com/p' } },
    'Released',
  ],
  [
    'Delete of one that nobody provisioned fails',
    { persistentVolumeReclaimPolicy: 'Delete' },
    'Failed',
    'VolumeFailedDelete: error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
  ],
  [
    'Recycle fails',
    { persistentVolumeReclaimPolicy: 'Recycle' },
    'Failed',
    'VolumeFailedRecycle: No recycler plugin found for the volume!',
  ],
])('the claim gone, a volume with %s', async (_name, shape, phase, event) => {
  const { client, settle, events } = await setUp(loops)
  await volume('v', shape)
  await claim('c')
  await settle()
  await client.delete('persistentvolumeclaims', at('c'))
  await settle()
  expect([claims(), phases()]).toEqual([[], { v: phase }])
  if (event) expect(events()).toContain(event)
  // Another claim of the same name does not get it.
  await claim('c')
  await settle()
  expect([(await claimOf('c')).status.phase, phases()]).toEqual(['Pending', { v: phase }])
})

test('a claim whose volume is removed is lost', async () => {
  const { client, settle, events } = await setUp(['persistentvolume-binder'])
  await volume('v')
  await claim('c')
  await settle()
  await client.delete('persistentvolumes', { name: 'v' })
  await settle()
  expect((await claimOf('c')).status).toEqual({ phase: 'Lost' })
  expect(events()).toContain('ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!')
})

test.each([
  ['by the controller is free again', { 'pv.kubernetes.io/bound-by-controller': 'yes' }, undefined],
  ['by a user is kept for the claim', {}, { name: 'c' }],
])('a volume whose claim took another, bound %s', async (_name, annotations, claimRef) => {
  const { settle } = await setUp(loops)
  await volume('taken')
  await claim('c')
  await settle()
  const { uid } = (await claimOf('c')).metadata
  await volume('left', { annotations, ...forClaim('c', uid) })
  await settle()
  expect(phases()).toEqual({ left: 'Available', taken: 'Bound' })
  const left = (await volumeOf('left')).spec.claimRef
  expect([left?.name, left?.uid]).toEqual([claimRef?.name, undefined])
})

test.each([1, 2, 3])('a crash after %i writes of a binding loses and doubles nothing', async (writes) => {
  const { settle, restart, transport } = await setUp(loops)
  await volume('v')
  await volume('w')
  await settle()
  let left = writes
  transport.intercept = ({ method }) => {
    if (method === 'PUT' && left-- <= 0) throw new Error('the process ends here')
  }
  await claim('c')
  await settle()
  transport.intercept = undefined
  await restart()
  await settle()
  expect(claims()).toMatchObject([{ status: { phase: 'Bound' } }])
  expect(Object.values(phases()).sort()).toEqual(['Available', 'Bound'])
})
