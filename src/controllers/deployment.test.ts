import { afterEach, describe, expect, test } from 'vitest'
import type { Deployment, ReplicaSet } from '../api/types/apps-v1.ts'
import { newReplicaSetAnnotations } from './deployment-replica-sets.ts'
import { createTestCluster, readyStatus, type TestCluster, type TestClusterOptions } from './test-cluster.ts'

let cluster: TestCluster
afterEach(() => cluster.stop())

async function setUp(more: Partial<TestClusterOptions> = {}) {
  cluster = await createTestCluster({ controllers: ['deployment-controller', 'replicaset-controller'], ...more })
  return cluster
}
const template = (image: string) => ({ metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } })
const deployment = (replicas: number, more: Partial<Deployment['spec']> = {}) => ({
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: template('a'),
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...more,
  } as never,
})
const web = { namespace: 'default', name: 'web' }
const sets = () =>
  cluster.transport
    .objects<ReplicaSet>('/apis/apps/v1/replicasets')
    .sort(
      (a, b) =>
        Number(a.metadata.annotations?.['deployment.kubernetes.io/revision']) -
        Number(b.metadata.annotations?.['deployment.kubernetes.io/revision']),
    )
const get = () => cluster.client.get('deployments.apps', web)
const update = (spec: unknown) => cluster.client.patch('deployments.apps', web, { spec })

test('makes a set and its pods, and says so in status, conditions and events', async () => {
  const { client, settle, pods, events } = await setUp()
  await client.create('deployments.apps', deployment(3))
  await settle()
  expect(pods()).toHaveLength(3)
  const d = await get()
  expect(d.status).toMatchObject({ observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 })
  expect(d.status.conditions?.map((c) => [c.type, c.status, c.reason])).toEqual([
    ['Available', 'True', 'MinimumReplicasAvailable'],
    ['Progressing', 'True', 'NewReplicaSetAvailable'],
  ])
  expect(d.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' })
  const [rs] = sets()
  expect(rs?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]+$/)
  expect(rs?.metadata.annotations).toEqual({
    'deployment.kubernetes.io/desired-replicas': '3',
    'deployment.kubernetes.io/max-replicas': '4',
    'deployment.kubernetes.io/revision': '1',
  })
  expect(events()).toContain(`ScalingReplicaSet: Scaled up replica set ${rs?.metadata.name} from 0 to 3`)
  expect(d.status.conditions?.[1]?.message).toBe(`ReplicaSet "${rs?.metadata.name}" has successfully progressed.`)
})

test.each([
  ['25%', '25%', 10],
  [1, 0, 4],
  [0, 1, 4],
  ['100%', 0, 5],
  [0, '0%', 3],
])('a rolling update with surge %s and unavailable %s keeps its bounds at every instant', async (maxSurge, maxUnavailable, replicas) => {
  const { client, settle, transport, pods } = await setUp()
  await client.create(
    'deployments.apps',
    deployment(replicas, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } }),
  )
  await settle()
  const { maxSurge: surge, maxUnavailable: unavailable } = await import('./deployment-replica-sets.ts')
  const d = await get()
  const [least, most] = [replicas - unavailable(d), replicas + surge(d)]
  const seen: number[] = []
  transport.intercept = () => {
    const alive = pods()
    seen.push(alive.filter((p) => p.status.phase === 'Running').length)
    expect(alive.length).toBeLessThanOrEqual(most)
  }
  await update({ template: template('b') })
  await settle()
  transport.intercept = undefined
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(least)
  expect(pods().map((p) => p.spec.containers[0]?.image)).toEqual(Array(replicas).fill('b'))
  expect(sets().map((rs) => rs.spec.replicas)).toEqual([0, replicas])
  expect((await get()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2')
})

test('a rollout that is overtaken by another ends in the last', async () => {
  const { client, settle, pods } = await setUp({
    kubelet: (pod) => (pod.spec.containers[0]?.image === 'stuck' ? { phase: 'Pending' } : readyStatus(0)),
  })
  await client.create('deployments.apps', deployment(4))
  await settle()
  await update({ template: template('stuck') })
  await settle()
  expect(new Set(pods().map((p) => p.spec.containers[0]?.image))).toEqual(new Set(['a', 'stuck']))
  await update({ template: template('c') })
  await settle()
  expect(pods().map((p) => p.spec.containers[0]?.image)).toEqual(['c', 'c', 'c', 'c'])
})

test('a rollback takes the old set up again under a new revision and remembers the old one', async () => {
  const { client, settle } = await setUp()
  await client.create('deployments.apps', deployment(2))
  await settle()
  await update({ template: template('b') })
  await settle()
  await update({ template: template('a') })
  await settle()
  expect(sets().map((rs) => [rs.spec.template.spec?.containers[0]?.image, rs.spec.replicas])).toEqual([
    ['b', 0],
    ['a', 2],
  ])
  expect(sets()[1]?.metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  })
})

test('Recreate starts nothing new before the last old pod is gone', async () => {
  const { client, settle, pods } = await setUp({
    graceful: true,
    kubelet: (pod) => (pod.spec.nodeName ? undefined : readyStatus(cluster.clock.now())),
  })
  await client.create('deployments.apps', deployment(2, { strategy: { type: 'Recreate' } }))
  await settle()
  for (const pod of pods()) await client.createSubresource('pods', pod.metadata, 'binding', { target: { name: 'node' } })
  await settle()
  await update({ template: template('b') })
  await settle()
  expect(pods().map((p) => [p.spec.containers[0]?.image, !!p.metadata.deletionTimestamp])).toEqual([
    ['a', true],
    ['a', true],
  ])
  for (const pod of pods()) await client.delete('pods', { namespace: 'default', name: pod.metadata.name }, { gracePeriodSeconds: 0 })
  await settle()
  expect(pods().map((p) => p.spec.containers[0]?.image)).toEqual(['b', 'b'])
})

test('pods that a set was told to give up count no more, though its status still tells of them', async () => {
  const { client, settle } = await setUp({ controllers: ['deployment-controller'] })
  const say = async (rs: ReplicaSet | undefined, available: number) => {
    const status = { replicas: available, readyReplicas: available, availableReplicas: available }
    await client.patch('replicasets.apps', { ...web, name: rs?.metadata.name as string }, { status }, { subresource: 'status' })
    await settle()
  }
  await client.create('deployments.apps', deployment(10))
  await settle()
  await say(sets()[0], 10)
  await update({ template: template('b') })
  await settle()
  expect(sets().map((rs) => rs.spec.replicas)).toEqual([8, 5])
  // The old set still says 10. Of its 8 and the new 3, eight have to stay.
  await say(sets()[1], 3)
  expect(sets()[0]?.spec.replicas).toBe(5)
})

test('scaling in the middle of a rollout keeps the proportions', async () => {
  const broken = { nodeless: true }
  const { client, settle } = await setUp({
    kubelet: (pod) => (pod.spec.containers[0]?.image === 'bad' && broken.nodeless ? undefined : readyStatus(cluster.clock.now())),
  })
  await client.create(
    'deployments.apps',
    deployment(10, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }),
  )
  await settle()
  await update({ template: template('bad') })
  await settle()
  expect(sets().map((rs) => rs.spec.replicas)).toEqual([8, 5])
  await update({ replicas: 30 })
  await settle()
  expect(sets().map((rs) => rs.spec.replicas)).toEqual([20, 13])
})

test('paused: scales, but does not roll; resumed: rolls', async () => {
  const { client, settle } = await setUp()
  await client.create('deployments.apps', deployment(2))
  await settle()
  await update({ paused: true, template: template('b'), replicas: 3 })
  await settle()
  expect(sets().map((rs) => rs.spec.replicas)).toEqual([3])
  expect((await get()).status.conditions?.find((c) => c.type === 'Progressing')).toMatchObject({
    status: 'Unknown',
    reason: 'DeploymentPaused',
  })
  await update({ paused: false })
  await settle()
  expect(sets().map((rs) => rs.spec.replicas)).toEqual([0, 3])
})

test('a rollout that stands still past its deadline is called so, and recovers', async () => {
  let broken = true
  const { client, settle, pass } = await setUp({
    kubelet: (pod) => (pod.spec.containers[0]?.image === 'bad' && broken ? undefined : readyStatus(cluster.clock.now())),
  })
  await client.create('deployments.apps', deployment(2, { progressDeadlineSeconds: 10 }))
  await settle()
  await update({ template: template('bad') })
  await pass(9)
  expect((await get()).status.conditions?.find((c) => c.type === 'Progressing')).toMatchObject({
    status: 'True',
    reason: 'ReplicaSetUpdated',
  })
  await pass(3)
  const name = sets()[1]?.metadata.name
  expect((await get()).status.conditions?.find((c) => c.type === 'Progressing')).toMatchObject({
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `ReplicaSet "${name}" has timed out progressing.`,
  })
  broken = false
  for (const pod of cluster.pods().filter((p) => !p.status.phase))
    await client.updateStatus('pods', { ...pod, status: readyStatus(cluster.clock.now()) })
  await settle()
  expect((await get()).status.conditions?.find((c) => c.type === 'Progressing')).toMatchObject({
    status: 'True',
    reason: 'NewReplicaSetAvailable',
  })
})

test('a set that cannot be made is told in a condition and an event', async () => {
  const { client, settle, transport, events } = await setUp()
  transport.intercept = ({ method, path }) => {
    if (method === 'POST' && path.endsWith('/replicasets')) throw new Error('exceeded quota')
  }
  await client.create('deployments.apps', deployment(1))
  await settle()
  const told = expect.stringMatching(/^Failed to create new replica set "web-[a-z0-9]+": exceeded quota$/)
  expect((await get()).status.conditions).toMatchObject([
    { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message: told },
  ])
  expect(events()[0]).toMatch(/^ReplicaSetCreateError: Failed to create new replica set/)
  transport.intercept = undefined
  await cluster.pass(3)
  expect((await get()).status.availableReplicas).toBe(1)
})

test.each([
  [600, ['Available', 'Progressing']],
  [2 ** 31 - 1, ['Available']],
  [undefined, ['Available']],
])('with a deadline of %s s the conditions are %j', async (progressDeadlineSeconds, types) => {
  const { client, settle } = await setUp()
  await client.create('deployments.apps', deployment(1, { progressDeadlineSeconds }))
  await settle()
  expect((await get()).status.conditions?.map((c) => c.type)).toEqual(types)
})

test('the revision and how the set came about are one write', async () => {
  const { client, settle, transport } = await setUp({ kubelet: 'none' })
  await client.create('deployments.apps', deployment(1))
  await settle()
  const writes = transport.writes.filter((w) => w.includes('/deployments/'))
  expect(new Set(writes)).toEqual(new Set(['PUT /apis/apps/v1/namespaces/default/deployments/web/status']))
})

test.each([
  ['', '7', '7'],
  ['1,2', '7', '1,2,7'],
  [Array.from({ length: 1000 }, () => '1').join(), '7', [...Array.from({ length: 999 }, () => '1'), '7'].join()],
  ['1'.repeat(1999), '77', '77'],
])('a set that comes back remembers the revisions it has been, as far as 2,000 characters go', (before, revision, after) => {
  const annotations = { 'deployment.kubernetes.io/revision': revision, 'deployment.kubernetes.io/revision-history': before }
  const rs = { metadata: { uid: 'u', annotations }, spec: {} } as unknown as ReplicaSet
  const next = newReplicaSetAnnotations(deployment(1) as unknown as Deployment, rs, 99)
  expect(next?.['deployment.kubernetes.io/revision-history']).toBe(after)
})

test('old sets beyond the history limit go', async () => {
  const { client, settle } = await setUp()
  await client.create('deployments.apps', deployment(1, { revisionHistoryLimit: 1 }))
  for (const image of ['b', 'c', 'd']) {
    await settle()
    await update({ template: template(image) })
  }
  await settle()
  expect(sets().map((rs) => rs.spec.template.spec?.containers[0]?.image)).toEqual(['c', 'd'])
})

test('a set of the same name and another template is a collision: another name is taken', async () => {
  const { client, settle } = await setUp()
  await client.create('deployments.apps', deployment(1))
  await settle()
  const name = sets()[0]?.metadata.name as string
  await client.delete('deployments.apps', web)
  await client.patch(
    'replicasets.apps',
    { namespace: 'default', name },
    { metadata: { ownerReferences: null, labels: null }, spec: { template: template('other') } },
    { type: 'merge' },
  )
  await client.create('deployments.apps', deployment(1))
  await cluster.pass(2)
  expect((await get()).status.collisionCount).toBe(1)
  expect(sets().map((rs) => rs.metadata.name)).toHaveLength(2)
})

describe('adoption', () => {
  test('a deployment takes over a matching orphan set', async () => {
    const { client, settle } = await setUp()
    await client.create('deployments.apps', deployment(2))
    await settle()
    await client.delete('deployments.apps', web)
    const name = sets()[0]?.metadata.name as string
    await client.patch('replicasets.apps', { namespace: 'default', name }, { metadata: { ownerReferences: null } }, { type: 'merge' })
    const made = await client.create('deployments.apps', deployment(2))
    await settle()
    expect(sets()).toHaveLength(1)
    expect(sets()[0]?.metadata.ownerReferences).toMatchObject([{ uid: made.metadata.uid, controller: true, blockOwnerDeletion: true }])
  })
})
