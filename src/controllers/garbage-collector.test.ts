/** What goes with its owner, in which order, and what stays (upstream: pkg/controller/garbagecollector, and its conformance tests). */

import { describe, expect, test } from 'vitest'
import type { ResourceName } from '../api/types/index.ts'
import type { OwnerReference } from '../api/types/meta-v1.ts'
import type { KubernetesObject } from '../client/resources.ts'
import { type TestCluster, testClusters } from './test-cluster.ts'

let cluster: TestCluster
const start = testClusters({ kubelet: 'none', graceful: true }, (made) => {
  cluster = made
})

type Owner = KubernetesObject & { kind?: string; apiVersion?: string }
const reference = ({ apiVersion = 'v1', kind = 'ConfigMap', metadata: { name, uid } }: Owner, more: object = {}) =>
  ({ apiVersion, kind, name, uid, ...more }) as OwnerReference
const blocking = (owner: Owner) => reference(owner, { blockOwnerDeletion: true })
/** A config map of namespace `default`, or what `more` says, owned by these. */
async function make(
  name: string,
  ownerReferences: readonly OwnerReference[] = [],
  more: { resource?: ResourceName; metadata?: object; rest?: object } = {},
) {
  const { resource = 'configmaps', metadata = {}, rest = {} } = more
  return (await cluster.client.create(resource, {
    metadata: { namespace: 'default', name, ownerReferences, ...metadata },
    ...rest,
  } as never)) as Owner
}
const remove = async (name: string, propagationPolicy = 'Background', resource: ResourceName = 'configmaps') => {
  await cluster.client.delete(resource, { namespace: 'default', name }, { propagationPolicy })
  await cluster.settle()
}
const left = (collection = '/api/v1/configmaps') =>
  cluster.transport
    .objects(collection)
    .map((o) => o.metadata.name)
    .sort()
const metadataOf = (name: string) => cluster.transport.objects('/api/v1/configmaps').find((o) => o.metadata.name === name)?.metadata
const ownersOf = (name: string) => (metadataOf(name)?.ownerReferences ?? []).map((o) => o.name)
const setOwners = async (name: string, ownerReferences: readonly OwnerReference[]) => {
  await cluster.client.patch('configmaps', { namespace: 'default', name }, { metadata: { ownerReferences } }, { type: 'merge' })
  await cluster.settle()
}

describe('when an owner is deleted', () => {
  test('in the background, it goes at once, and its dependents and theirs follow', async () => {
    await start(['garbage-collector'])
    const a = await make('a')
    const b = await make('b', [reference(a)])
    await make('c', [reference(b)])
    await make('d')
    await remove('a')
    expect(left()).toEqual(['d'])
  })
  test('in the foreground, it stays until the last dependent that blocks it is gone', async () => {
    await start(['garbage-collector'])
    const a = await make('a')
    await make('held', [blocking(a)], { metadata: { finalizers: ['example.com/hold'] } })
    await make('free', [blocking(a)])
    await remove('a', 'Foreground')
    expect(left()).toEqual(['a', 'held'])
    expect(metadataOf('a')?.finalizers).toEqual(['foregroundDeletion'])
    expect(metadataOf('held')?.deletionTimestamp).toBeDefined()
    await cluster.client.patch('configmaps', { namespace: 'default', name: 'held' }, { metadata: { finalizers: null } }, { type: 'merge' })
    await cluster.settle()
    expect(left()).toEqual([])
  })
  test('in the foreground, it stays until pods that end gracefully have ended', async () => {
    await start(['garbage-collector'])
    const rc = await make('rc', [], { resource: 'replicationcontrollers' })
    const owner = reference(rc, { kind: 'ReplicationController', controller: true, blockOwnerDeletion: true })
    await make('p', [owner], { resource: 'pods', rest: { spec: { nodeName: 'n', containers: [] } } })
    await remove('rc', 'Foreground', 'replicationcontrollers')
    expect([left('/api/v1/replicationcontrollers'), left('/api/v1/pods')]).toEqual([['rc'], ['p']])
    await cluster.client.delete('pods', { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 })
    await cluster.settle()
    expect([left('/api/v1/replicationcontrollers'), left('/api/v1/pods')]).toEqual([[], []])
  })
  test('in the foreground, a dependent that does not block it goes after it', async () => {
    await start(['garbage-collector'])
    const a = await make('a')
    await make('b', [reference(a)], { metadata: { finalizers: ['example.com/hold'] } })
    await remove('a', 'Foreground')
    expect(left()).toEqual(['b'])
    expect(metadataOf('b')?.deletionTimestamp).toBeDefined()
  })
  test('in the foreground, and a dependent stops to block it, it goes', async () => {
    await start(['garbage-collector'])
    const a = await make('a')
    await make('b', [blocking(a)], { metadata: { finalizers: ['example.com/hold'] } })
    await remove('a', 'Foreground')
    expect(left()).toEqual(['a', 'b'])
    await setOwners('b', [reference(a)])
    expect(left()).toEqual(['b'])
  })
  test('as an orphaner, its dependents stay without it', async () => {
    await start(['garbage-collector'])
    const [a, other] = [await make('a'), await make('other')]
    await make('b', [reference(a)])
    await make('c', [reference(a), reference(other)])
    await remove('a', 'Orphan')
    expect(left()).toEqual(['b', 'c', 'other'])
    expect([ownersOf('b'), ownersOf('c')]).toEqual([[], ['other']])
  })
  test('a dependent with another owner stays, and forgets the one that waits for its dependents', async () => {
    await start(['garbage-collector'])
    const [a, b] = [await make('a'), await make('b')]
    await make('of-both', [blocking(a), blocking(b)])
    await make('of-a', [blocking(a)])
    await remove('a', 'Foreground')
    expect(left()).toEqual(['b', 'of-both'])
    expect(ownersOf('of-both')).toEqual(['b'])
    expect(metadataOf('of-both')?.deletionTimestamp).toBeUndefined()
  })
  test.each(['Background', 'Foreground'])('one of three in a circle, they all go (%s)', async (propagationPolicy) => {
    await start(['garbage-collector'])
    const [a, b, c] = [await make('a'), await make('b'), await make('c')]
    await setOwners('a', [blocking(c)])
    await setOwners('b', [blocking(a)])
    await setOwners('c', [blocking(b)])
    await remove('a', propagationPolicy)
    expect(left()).toEqual([])
  })
  test('while nobody looked, the next collector finds what it left', async () => {
    await start(['garbage-collector'])
    const a = await make('a')
    await make('b', [reference(a)])
    await cluster.settle()
    await cluster.manager.stop()
    await cluster.client.delete('configmaps', { namespace: 'default', name: 'a' })
    await cluster.restart()
    await cluster.settle()
    expect(left()).toEqual([])
  })
})

describe('an object', () => {
  const never = { metadata: { name: 'never', uid: 'no-such-uid' } } as Owner
  test.each<[string, (a: Owner) => readonly OwnerReference[], boolean, readonly string[]]>([
    ['of a living owner stays', (a) => [reference(a)], true, ['a']],
    ['of no owner stays', () => [], true, []],
    ['of an owner that never was goes', () => [reference(never)], false, []],
    ['of a living owner and one that never was keeps the first', (a) => [reference(a), reference(never)], true, ['a']],
    ['whose owner has another uid now goes', (a) => [reference(a, { uid: 'former' })], false, []],
    ['whose owner’s uid is that of another name goes', (a) => [reference(a, { name: 'b' })], false, []],
    ['whose owner’s uid is that of another kind goes', (a) => [reference(a, { kind: 'Secret' })], false, []],
    ['of an owner of a kind that is not served stays', () => [reference(never, { apiVersion: 'x.com/v1', kind: 'X' })], true, ['never']],
  ])('%s', async (_name, owners, stays, kept) => {
    await start(['garbage-collector'])
    await make('o', owners(await make('a')))
    await cluster.settle()
    expect(left().includes('o')).toBe(stays)
    expect(ownersOf('o')).toEqual(kept)
  })
  test('of an owner in another namespace goes, and the event says so', async () => {
    await start(['garbage-collector'])
    const far = await make('far', [], { metadata: { namespace: 'other' } })
    await make('o', [reference(far)])
    await cluster.settle()
    await cluster.pass(1)
    expect(left()).toEqual(['far'])
    expect(cluster.events().join()).toContain(
      `OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: default, name: far, uid: ${far.metadata.uid}] does not exist in namespace "default"`,
    )
  })
  test('without a namespace is left alone where its owner would have one, and the event says so', async () => {
    await start(['garbage-collector'])
    const a = await make('a')
    await make('n', [reference(a)], { resource: 'nodes', metadata: { namespace: undefined } })
    await remove('a')
    await cluster.pass(1)
    expect(left('/api/v1/nodes')).toEqual(['n'])
    expect(cluster.events().join()).toContain('OwnerRefInvalidNamespace')
  })
  test('without a namespace is left alone, too, where such an owner never was', async () => {
    await start(['garbage-collector'])
    await make('n', [reference(never)], { resource: 'nodes', metadata: { namespace: undefined } })
    await cluster.settle()
    await make('o', [reference(never)])
    await cluster.settle()
    expect(left('/api/v1/nodes')).toEqual(['n'])
  })
  test('may be owned by what has no namespace', async () => {
    await start(['garbage-collector'])
    const node = await make('n', [], { resource: 'nodes', metadata: { namespace: undefined } })
    await make('o', [reference(node, { kind: 'Node' })])
    await cluster.settle()
    expect(left()).toEqual(['o'])
    await cluster.client.delete('nodes', { name: 'n' })
    await cluster.settle()
    expect(left()).toEqual([])
  })
  test('that has found another owner meanwhile stays', async () => {
    await start(['garbage-collector'])
    const [a, b] = [await make('a'), await make('b')]
    await make('o', [reference(a)])
    await cluster.settle()
    let once = true
    cluster.transport.intercept = async ({ method, path }) => {
      if (method !== 'DELETE' || !path.endsWith('/o') || !once) return
      once = false
      await cluster.client.patch(
        'configmaps',
        { namespace: 'default', name: 'o' },
        { metadata: { ownerReferences: [reference(b)] } },
        { type: 'merge' },
      )
    }
    await remove('a')
    await cluster.pass(1)
    expect(once).toBe(false)
    expect(ownersOf('o')).toEqual(['b'])
  })
})

test('events are not followed', async () => {
  await start(['garbage-collector'])
  await make('e', [reference({ metadata: { name: 'never', uid: 'no-such-uid' } } as Owner)], { resource: 'events' })
  await cluster.settle()
  expect(left('/api/v1/events')).toEqual(['e'])
})
