/** Which volumes are attached to which nodes, and when they are taken away. */
import { expect, test } from 'vitest'
import type { VolumeAttachment } from '../api/types/storage-v1.ts'
import { attachmentName } from './attach-detach.ts'
import type { ControllerOptions } from './options.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({ kubelet: 'none' }, (made) => {
  cluster = made
})
const loops = ['persistentvolume-attach-detach']
const at = (name: string) => ({ namespace: 'default', name })
const inUse = 'kubernetes.io/csi/disk.example.com^handle'

const node = (name: string) =>
  cluster.client.create('nodes', { metadata: { name }, status: { conditions: [{ type: 'Ready', status: 'True' }] } } as never)
async function disk(spec: object = {}, claimName = 'data'): Promise<void> {
  const claim = await cluster.client.create('persistentvolumeclaims', { metadata: at(claimName), spec: { volumeName: 'pv' } } as never)
  await cluster.client.create('persistentvolumes', {
    metadata: { name: 'pv' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      csi: { driver: 'disk.example.com', volumeHandle: 'handle' },
      claimRef: { ...at(claimName), uid: claim.metadata.uid },
      ...spec,
    },
  } as never)
}
const pod = (name: string, nodeName: string, more: { volumes?: object[]; status?: object } = {}) =>
  cluster.client.create('pods', {
    metadata: at(name),
    spec: { nodeName, containers: [], volumes: more.volumes ?? [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
    status: more.status ?? { phase: 'Running' },
  } as never)
const driver = (attachRequired: boolean) =>
  cluster.client.create('csidrivers.storage.k8s.io', { metadata: { name: 'disk.example.com' }, spec: { attachRequired } } as never)
const attachments = () => cluster.transport.objects<VolumeAttachment>('/apis/storage.k8s.io/v1/volumeattachments')
const attachedTo = () => attachments().map((a) => a.spec.nodeName)
/** What the driver's attacher does. */
async function fulfil(): Promise<void> {
  for (const a of attachments()) await cluster.client.updateStatus('volumeattachments.storage.k8s.io', { ...a, status: { attached: true } })
  await cluster.settle()
}
const report = async (name: string, volumesInUse: string[], ready = 'True') => {
  const have = await cluster.client.get('nodes', { name })
  await cluster.client.updateStatus('nodes', {
    ...have,
    status: { ...have.status, volumesInUse, conditions: [{ type: 'Ready', status: ready }] },
  } as never)
  await cluster.settle()
}

test.each<[string, () => Promise<unknown>, string[]]>([
  ['of a pod that runs', async () => [await disk(), await pod('p', 'a')], ['a']],
  ['whose driver attaches nothing', async () => [await driver(false), await disk(), await pod('p', 'a')], []],
  ['whose driver attaches', async () => [await driver(true), await disk(), await pod('p', 'a')], ['a']],
  ['of a pod that has ended', async () => [await disk(), await pod('p', 'a', { status: { phase: 'Succeeded' } })], []],
  ['of a pod that has no node', async () => [await disk(), await pod('p', '')], []],
  ['that no driver looks after', async () => [await disk({ csi: undefined, hostPath: { path: '/x' } }), await pod('p', 'a')], []],
  ['whose claim is another’s', async () => [await disk({ claimRef: { ...at('data'), uid: 'other' } }), await pod('p', 'a')], []],
  ['of an ephemeral claim', async () => [await disk({}, 'p-d'), await pod('p', 'a', { volumes: [{ name: 'd', ephemeral: {} }] })], ['a']],
  ['that two pods of a node share', async () => [await disk(), await pod('p', 'a'), await pod('q', 'a')], ['a']],
  [
    'that several nodes may share',
    async () => [await disk({ accessModes: ['ReadWriteMany'] }), await pod('p', 'a'), await pod('q', 'b')],
    ['a', 'b'],
  ],
])('a volume %s', async (_name, prepare, expected) => {
  const { settle } = await setUp(loops)
  for (const name of ['a', 'b']) await node(name)
  await prepare()
  await settle()
  expect(attachedTo().sort()).toEqual(expected)
  for (const { metadata, spec } of attachments())
    expect([metadata.name, spec.attacher, spec.source.persistentVolumeName]).toEqual([
      attachmentName('handle', 'disk.example.com', spec.nodeName),
      'disk.example.com',
      'pv',
    ])
})

test('what is attached is told to the node', async () => {
  const { client, settle } = await setUp(loops)
  await node('a')
  await disk()
  await pod('p', 'a')
  await settle()
  expect((await client.get('nodes', { name: 'a' })).status.volumesAttached).toBeUndefined()
  await fulfil()
  expect((await client.get('nodes', { name: 'a' })).status.volumesAttached).toEqual([{ name: inUse, devicePath: '' }])
  await client.delete('pods', at('p'))
  await settle()
  expect((await client.get('nodes', { name: 'a' })).status.volumesAttached ?? []).toEqual([])
})

test.each([
  [{ attached: true }, 'SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "pv" '],
  [
    { attached: false, attachError: { time: '2026-01-01T00:00:00Z', message: 'no such disk' } },
    'FailedAttachVolume: AttachVolume.Attach failed for volume "pv" : no such disk',
  ],
])('a pod hears what became of its volume: %o', async (status, told) => {
  const { client, settle, events } = await setUp(loops)
  await node('a')
  await disk()
  await pod('p', 'a')
  await settle()
  for (let i = 0; i < 2; i++) {
    for (const a of attachments()) await client.updateStatus('volumeattachments.storage.k8s.io', { ...a, status: status as never })
    await settle()
  }
  expect(events().filter((e) => e === told)).toHaveLength(1)
})

test('a volume for one node goes to the next when the first has let it go', async () => {
  const { client, settle, events } = await setUp(loops)
  for (const name of ['a', 'b']) await node(name)
  await disk()
  await pod('p', 'a')
  await settle()
  await fulfil()
  await report('a', [inUse])
  await pod('q', 'b')
  await settle()
  expect(attachedTo()).toEqual(['a'])
  expect(events()).toContain(`FailedAttachVolume: Multi-Attach error for volume "pv" Volume is already used by pod(s) p`)
  await client.delete('pods', at('p'))
  await settle()
  expect(attachedTo()).toEqual(['a'])
  await report('a', [])
  expect(attachedTo()).toEqual(['b'])
})

test('a claim that is bound late', async () => {
  const { client, settle } = await setUp(loops)
  await node('a')
  await client.create('persistentvolumeclaims', { metadata: at('data'), spec: {} } as never)
  await pod('p', 'a')
  await settle()
  expect(attachedTo()).toEqual([])
  const claim = await client.get('persistentvolumeclaims', at('data'))
  await client.create('persistentvolumes', {
    metadata: { name: 'pv' },
    spec: { csi: { driver: 'd', volumeHandle: 'h' }, claimRef: { ...at('data'), uid: claim.metadata.uid } },
  } as never)
  await client.patch('persistentvolumeclaims', at('data'), { spec: { volumeName: 'pv' } })
  await settle()
  expect(attachedTo()).toEqual(['a'])
})

/** The node says that it uses the volume; the pod is gone. After how many seconds is it taken away? */
test.each<[string, Partial<ControllerOptions>, () => Promise<unknown>, number | undefined]>([
  ['healthy', {}, async () => {}, undefined],
  ['healthy, and lets it go', {}, () => report('a', []), 0],
  ['silent', {}, () => report('a', [inUse], 'Unknown'), 360],
  [
    'silent, with --disable-force-detach-on-timeout',
    { disableForceDetachOnTimeout: true },
    () => report('a', [inUse], 'Unknown'),
    undefined,
  ],
  [
    'out of service',
    { disableForceDetachOnTimeout: true },
    () =>
      cluster.client.patch(
        'nodes',
        { name: 'a' },
        { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } },
      ),
    0,
  ],
  ['gone', {}, () => cluster.client.delete('nodes', { name: 'a' }), 0],
])('a volume in use on a node that is %s', async (_name, options, happens, seconds) => {
  const { client, settle, clock } = await setUp(loops, { options })
  await node('a')
  await disk()
  await pod('p', 'a')
  await settle()
  await fulfil()
  await report('a', [inUse])
  await client.delete('pods', at('p'))
  await settle()
  expect(attachedTo()).toEqual(['a'])
  await happens()
  await settle()
  if (seconds) {
    clock.advance((seconds - 1) * 1000)
    await settle()
    expect(attachedTo()).toEqual(['a'])
    clock.advance(1000)
    await settle()
  } else if (seconds === undefined) {
    clock.advance(3_600_000)
    await settle()
  }
  expect(attachedTo()).toEqual(seconds === undefined ? ['a'] : [])
})
