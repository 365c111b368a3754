/** Jobs. */

import { expect, test } from 'vitest'
import { StatusError } from '../api/errors.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { job, type TestCluster, template, testClusters, web } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({}, (made) => {
  cluster = made
})

const make = (more: object = {}) => cluster.client.create('jobs.batch', job(more))
const get = () => cluster.client.get('jobs.batch', web)
const running = () =>
  cluster
    .pods()
    .filter((p) => p.status.phase === 'Running')
    .map((p) => p.metadata.name)
const indexOf = (p: Pod) => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index']
const conditions = async () => ((await get()).status.conditions ?? []).filter((c) => c.status === 'True').map((c) => [c.type, c.reason])

test('runs to its completions, and no pod keeps the finalizer', async () => {
  const { settle, pods, events } = await setUp(['job'])
  await make({ completions: 3, parallelism: 2 })
  await settle()
  expect(running()).toHaveLength(2)
  for (let i = 0; i < 3; i++) await cluster.finishPod(running()[0] as string, 'Succeeded')
  const job = await get()
  expect(job.status).toMatchObject({ succeeded: 3, completionTime: expect.any(String) })
  expect(job.status.active ?? 0).toBe(0)
  expect(await conditions()).toEqual([
    ['SuccessCriteriaMet', 'CompletionsReached'],
    ['Complete', 'CompletionsReached'],
  ])
  expect(pods().flatMap((p) => p.metadata.finalizers ?? [])).toEqual([])
  expect(pods()).toHaveLength(3)
  expect(events()).toContain('Completed: Job completed')
})

test('failures are tried again later and later, up to the limit', async () => {
  const { settle, pass, pods } = await setUp(['job'])
  await make({ backoffLimit: 2 })
  await settle()
  for (const wait of [10, 20]) {
    await cluster.finishPod(running()[0] as string, 'Failed')
    expect(running()).toEqual([])
    await pass(wait - 2)
    expect(running()).toEqual([])
    await pass(3)
    expect(running()).toHaveLength(1)
  }
  await cluster.finishPod(running()[0] as string, 'Failed')
  expect(await conditions()).toEqual([
    ['FailureTarget', 'BackoffLimitExceeded'],
    ['Failed', 'BackoffLimitExceeded'],
  ])
  expect((await get()).status).toMatchObject({ failed: 3 })
  expect(pods()).toHaveLength(3)
})

test('an indexed job has one success for each index', async () => {
  const { settle, pods } = await setUp(['job'])
  await make({ completionMode: 'Indexed', completions: 4, parallelism: 4 })
  await settle()
  expect(pods().map(indexOf).sort()).toEqual(['0', '1', '2', '3'])
  expect(pods()[1]?.spec.hostname).toBe('web-1')
  expect(pods()[1]?.spec.containers[0]?.env).toMatchObject([{ name: 'JOB_COMPLETION_INDEX' }])
  for (const i of ['0', '1', '3']) await cluster.finishPod(pods().find((p) => indexOf(p) === i)?.metadata.name as string, 'Succeeded')
  expect((await get()).status).toMatchObject({ completedIndexes: '0,1,3', succeeded: 3 })
  await cluster.finishPod(pods().find((p) => indexOf(p) === '2')?.metadata.name as string, 'Succeeded')
  expect((await get()).status).toMatchObject({ completedIndexes: '0-3', succeeded: 4 })
})

test('a limit for each index fails only that index', async () => {
  const { settle, pass, pods } = await setUp(['job'])
  await make({ completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimitPerIndex: 1, backoffLimit: 2 ** 31 - 1 })
  await settle()
  const ofIndex = (i: string) =>
    pods().filter((p) => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === i && p.status.phase === 'Running')[0]
      ?.metadata.name as string
  await cluster.finishPod(ofIndex('0'), 'Failed')
  await pass(12)
  await cluster.finishPod(ofIndex('0'), 'Failed')
  await pass(60)
  expect(ofIndex('0')).toBeUndefined()
  expect((await get()).status.failedIndexes).toBe('0')
  await cluster.finishPod(ofIndex('1'), 'Succeeded')
  expect(await conditions()).toEqual([
    ['FailureTarget', 'FailedIndexes'],
    ['Failed', 'FailedIndexes'],
  ])
  expect((await get()).status).toMatchObject({ completedIndexes: '1', failedIndexes: '0' })
})

test.each([
  [
    'FailJob',
    42,
    [
      ['FailureTarget', 'PodFailurePolicy'],
      ['Failed', 'PodFailurePolicy'],
    ],
  ],
  ['Ignore', 42, []],
  [
    'Count',
    42,
    [
      ['FailureTarget', 'BackoffLimitExceeded'],
      ['Failed', 'BackoffLimitExceeded'],
    ],
  ],
  [
    'FailJob',
    7,
    [
      ['FailureTarget', 'BackoffLimitExceeded'],
      ['Failed', 'BackoffLimitExceeded'],
    ],
  ],
])('a failure policy with %s on 42, exit code %i', async (action, code, expected) => {
  const { settle } = await setUp(['job'])
  await make({ backoffLimit: 0, podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [42] } }] } })
  await settle()
  await cluster.finishPod(running()[0] as string, 'Failed', code)
  expect(await conditions()).toEqual(expected)
})

test('FailIndex fails the index at once, and the job when too many have failed', async () => {
  const { settle, pods } = await setUp(['job'])
  await make({
    completionMode: 'Indexed',
    completions: 4,
    parallelism: 4,
    backoffLimitPerIndex: 3,
    maxFailedIndexes: 1,
    backoffLimit: 2 ** 31 - 1,
    podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }] },
  })
  await settle()
  const ofIndex = (i: string) =>
    pods().find((p) => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === i)?.metadata.name as string
  await cluster.finishPod(ofIndex('0'), 'Failed', 42)
  expect([(await get()).status.failedIndexes, await conditions()]).toEqual(['0', []])
  await cluster.finishPod(ofIndex('2'), 'Failed', 42)
  expect((await get()).status.failedIndexes).toBe('0,2')
  expect(await conditions()).toEqual([
    ['FailureTarget', 'MaxFailedIndexesExceeded'],
    ['Failed', 'MaxFailedIndexesExceeded'],
  ])
  expect(running()).toEqual([])
})

test('a failure that was a disruption is not counted where the policy ignores it, and the next pod waits all the same', async () => {
  const { settle, setPodStatus, pass } = await setUp(['job'])
  await make({
    backoffLimit: 0,
    podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] },
  })
  await settle()
  const [first] = running()
  await setPodStatus(first as string, { phase: 'Failed', conditions: [{ type: 'DisruptionTarget', status: 'True' }] as never })
  expect(running()).toEqual([])
  await pass(12)
  expect([running().length, await conditions(), (await get()).status.failed ?? 0]).toEqual([1, [], 0])
  await cluster.finishPod(running()[0] as string, 'Succeeded')
  expect(await conditions()).toContainEqual(['Complete', 'CompletionsReached'])
})

test('takes in a matching orphan and lets go a pod that no longer matches', async () => {
  const { client, settle, pods } = await setUp(['job'])
  await make({ completions: 2, parallelism: 2 })
  await settle()
  const name = running()[0] as string
  const owners = () => pods().find((p) => p.metadata.name === name)?.metadata.ownerReferences ?? []
  await client.patch('pods', { namespace: 'default', name }, { metadata: { ownerReferences: null } }, { type: 'merge' })
  await settle()
  expect(owners()).toMatchObject([{ kind: 'Job', name: 'web', controller: true }])
  await client.patch('pods', { namespace: 'default', name }, { metadata: { labels: { app: 'other' } } })
  await settle()
  expect(owners()).toEqual([])
})

/** Of three indexes running, which have to succeed until the policy is met. */
test.each<[string, object, string[], met: boolean]>([
  ['the index that counts', { succeededIndexes: '0' }, ['0'], true],
  ['an index that does not count', { succeededIndexes: '0' }, ['1'], false],
  ['all of a range', { succeededIndexes: '0-1' }, ['1', '0'], true],
  ['one of a range', { succeededIndexes: '0-1' }, ['1'], false],
  ['any one', { succeededCount: 1 }, ['2'], true],
  ['too few', { succeededCount: 2 }, ['2'], false],
  ['enough of a range', { succeededIndexes: '0-1', succeededCount: 1 }, ['1'], true],
  ['enough, but outside of the range', { succeededIndexes: '0-1', succeededCount: 1 }, ['2'], false],
])('a success policy and %s', async (_name, rule, succeeded, met) => {
  const { settle, pods } = await setUp(['job'])
  await make({ completionMode: 'Indexed', completions: 3, parallelism: 3, successPolicy: { rules: [rule] } })
  await settle()
  for (const index of succeeded)
    await cluster.finishPod(
      pods().find((p) => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === index)?.metadata.name as string,
      'Succeeded',
    )
  expect((await conditions()).map(([type]) => type)).toEqual(met ? ['SuccessCriteriaMet', 'Complete'] : [])
})

test('a success policy ends the job early and stops the rest', async () => {
  const { settle, pods } = await setUp(['job'])
  await make({ completionMode: 'Indexed', completions: 3, parallelism: 3, successPolicy: { rules: [{ succeededIndexes: '0' }] } })
  await settle()
  await cluster.finishPod(
    pods().find((p) => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === '0')?.metadata.name as string,
    'Succeeded',
  )
  expect(await conditions()).toEqual([
    ['SuccessCriteriaMet', 'SuccessPolicy'],
    ['Complete', 'SuccessPolicy'],
  ])
  expect(running()).toEqual([])
})

/** A pod on a node takes its time to end. */
const onNode = template('a', { restartPolicy: 'Never', nodeName: 'n' })

test('what a success stops are no failures, and the job has ended when they have', async () => {
  const { client, settle, pods, events } = await setUp(['job'], { graceful: true })
  await make({
    ...{ completionMode: 'Indexed', completions: 3, parallelism: 3, backoffLimit: 0, podReplacementPolicy: 'TerminatingOrFailed' },
    successPolicy: { rules: [{ succeededIndexes: '0' }] },
    template: onNode,
  })
  await settle()
  await cluster.finishPod(pods().find((p) => indexOf(p) === '0')?.metadata.name as string, 'Succeeded')
  expect([await conditions(), (await get()).status.terminating]).toEqual([[['SuccessCriteriaMet', 'SuccessPolicy']], 2])
  for (const { metadata } of pods())
    if (metadata.deletionTimestamp) await client.delete('pods', { namespace: 'default', name: metadata.name }, { gracePeriodSeconds: 0 })
  await settle()
  expect(await conditions()).toEqual([
    ['SuccessCriteriaMet', 'SuccessPolicy'],
    ['Complete', 'SuccessPolicy'],
  ])
  expect(events().filter((e) => e.startsWith('Completed'))).toEqual(['Completed: Job completed'])
})

test('a job that fails has ended when its pods have, all of which count as failed', async () => {
  const { client, settle, pods, podNames } = await setUp(['job'], { graceful: true })
  await make({ completions: 3, parallelism: 3, backoffLimit: 0, podReplacementPolicy: 'Failed', template: onNode })
  await settle()
  await cluster.finishPod(running()[0] as string, 'Failed')
  expect([await conditions(), (await get()).status]).toMatchObject([
    [['FailureTarget', 'BackoffLimitExceeded']],
    { terminating: 2, failed: 3 },
  ])
  expect(pods().flatMap((p) => p.metadata.finalizers ?? [])).toEqual([])
  for (const name of podNames()) await client.delete('pods', { namespace: 'default', name }, { gracePeriodSeconds: 0 })
  await settle()
  expect([await conditions(), (await get()).status.failed]).toEqual([
    [
      ['FailureTarget', 'BackoffLimitExceeded'],
      ['Failed', 'BackoffLimitExceeded'],
    ],
    3,
  ])
})

/** Where containers are started again in their pods: restarts of the containers, then of the init containers, of each pod. */
test.each<[string, limit: number, containers: number[][], init: number[][], failed: boolean]>([
  ['one restart too many', 0, [[1], [0]], [], true],
  ['no restart', 0, [[0], [0]], [], false],
  ['as many as the limit, in two pods', 2, [[1], [1]], [], true],
  ['as many as the limit, in two containers', 2, [[1, 1], [0]], [], true],
  ['as many as the limit, in init containers, too', 2, [[1], [0]], [[1]], true],
  ['fewer', 2, [[1], [0]], [], false],
])('%s', async (_name, backoffLimit, containers, init, failed) => {
  const { settle, setPodStatus } = await setUp(['job'])
  await make({ completions: 2, parallelism: 2, backoffLimit, template: template('a', { restartPolicy: 'OnFailure' }) })
  await settle()
  const names = running()
  const statuses = (of: number[] = []) => of.map((restartCount, i) => ({ name: `c${i}`, restartCount, state: {} })) as never
  for (const [i, name] of names.entries())
    if (cluster.podNames().includes(name))
      await setPodStatus(name, { containerStatuses: statuses(containers[i]), initContainerStatuses: statuses(init[i]) })
  expect((await conditions()).map(([type]) => type)).toEqual(failed ? ['FailureTarget', 'Failed'] : [])
})

test('fewer completions and a second pod of an index take away the pods that have no use', async () => {
  const { client, settle, pods } = await setUp(['job'])
  await make({ completionMode: 'Indexed', completions: 4, parallelism: 4 })
  await settle()
  const indexes = () => pods().map(indexOf).sort()
  await client.patch('jobs.batch', web, { spec: { completions: 2, parallelism: 2 } })
  await settle()
  expect(indexes()).toEqual(['0', '1'])
  const { metadata, spec } = pods()[0] as Pod
  await client.create('pods', { metadata: { ...metadata, name: 'twin', uid: undefined, resourceVersion: undefined }, spec } as never)
  await settle()
  expect(indexes()).toEqual(['0', '1'])
})

test.each(['before the job goes', 'while nobody looks'])(
  'pods of a job that is no more lose the finalizer: their owner was taken away %s',
  async (when) => {
    const { client, settle, pods, manager, restart } = await setUp(['job'])
    await make({ completions: 2, parallelism: 2 })
    await settle()
    if (when === 'while nobody looks') await manager.stop()
    const [first] = pods()
    await client.patch(
      'pods',
      { namespace: 'default', name: first?.metadata.name as string },
      { metadata: { ownerReferences: null, labels: null } },
      { type: 'merge' },
    )
    await settle()
    await client.delete('jobs.batch', web, { propagationPolicy: 'Orphan' })
    await settle()
    if (when === 'while nobody looks') await restart()
    await settle()
    expect(pods().flatMap((p) => p.metadata.finalizers ?? [])).toEqual([])
  },
)

test.each([false, true])('a namespace ends though pods wait for the next try of their index; suspended before: %s', async (suspended) => {
  const { client, settle, pods, transport } = await setUp(['job', 'namespace'], { graceful: true })
  await client.create('namespaces', { metadata: { name: 'default' }, spec: { finalizers: ['kubernetes'] } } as never)
  await make({ completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimitPerIndex: 3, backoffLimit: 2 ** 31 - 1 })
  await settle()
  if (suspended) {
    await client.patch('jobs.batch', web, { spec: { suspend: true } })
    await settle()
    expect(pods().map((p) => p.metadata.finalizers?.length)).toEqual([1, 1])
  }
  transport.intercept = ({ method, path }) => {
    const causes = [{ reason: 'NamespaceTerminating', message: 'namespace default is being terminated', field: 'metadata.namespace' }]
    if (method === 'POST' && path.endsWith('/pods'))
      throw new StatusError({ code: 403, reason: 'Forbidden', message: 'being terminated', details: { causes } })
  }
  await client.delete('namespaces', { name: 'default' })
  await cluster.pass(60)
  expect([pods(), transport.objects('/api/v1/namespaces')]).toEqual([[], []])
})

test('suspended it has no pods; resumed it starts, and its deadline ends it', async () => {
  const { client, settle, pass } = await setUp(['job'])
  await make({ suspend: true, activeDeadlineSeconds: 30 })
  await settle()
  expect([running(), await conditions()]).toEqual([[], [['Suspended', 'JobSuspended']]])
  expect((await get()).status.startTime).toBeUndefined()
  await pass(60)
  await client.patch('jobs.batch', web, { spec: { suspend: false } })
  await settle()
  expect(running()).toHaveLength(1)
  await client.patch('jobs.batch', web, { spec: { suspend: true } })
  await settle()
  expect(running()).toEqual([])
  await client.patch('jobs.batch', web, { spec: { suspend: false } })
  await pass(31)
  expect(await conditions()).toEqual([
    ['FailureTarget', 'DeadlineExceeded'],
    ['Failed', 'DeadlineExceeded'],
  ])
  expect(running()).toEqual([])
})

test('restarts at every step lose no count and make no pod twice', async () => {
  const { settle, pods, restart } = await setUp(['job'])
  await make({ completions: 5, parallelism: 2 })
  for (let i = 0; i < 5; i++) {
    await restart()
    await settle()
    await cluster.finishPod(running()[0] as string, 'Succeeded')
  }
  await restart()
  await settle()
  expect((await get()).status.succeeded).toBe(5)
  expect(pods()).toHaveLength(5)
})
