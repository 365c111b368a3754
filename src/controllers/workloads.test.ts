/** Replica sets, stateful sets, daemon sets, jobs and cron jobs, on a clock that the test moves. */
import { afterEach, describe, expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { ControllerRevision } from '../api/types/apps-v1.ts'
import type { Job } from '../api/types/batch-v1.ts'
import type { PersistentVolumeClaim, Pod } from '../api/types/core-v1.ts'
import { createTestCluster, readyStatus, type TestCluster, type TestClusterOptions } from './test-cluster.ts'

let cluster: TestCluster
afterEach(() => cluster.stop())
async function setUp(controllers: string[], more: Partial<TestClusterOptions> = {}) {
  cluster = await createTestCluster({ controllers: controllers.map((c) => `${c}-controller`), ...more })
  return cluster
}
const labels = { app: 'web' }
const template = (image = 'a', spec: object = {}) => ({ metadata: { labels }, spec: { containers: [{ name: 'c', image }], ...spec } })
const meta = (name = 'web') => ({ metadata: { namespace: 'default', name } })
const web = { namespace: 'default', name: 'web' }
const names = () =>
  cluster
    .pods()
    .map((p) => p.metadata.name)
    .sort()
const setStatus = async (name: string, status: Partial<Pod['status']>) => {
  const pod = cluster.pods().find((p) => p.metadata.name === name) as Pod
  await cluster.client.updateStatus('pods', { ...pod, status: { ...pod.status, ...status } as never })
  await cluster.settle()
}
const finish = (name: string, phase: 'Succeeded' | 'Failed', exitCode = phase === 'Failed' ? 1 : 0) =>
  setStatus(name, {
    phase,
    conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: formatTime(cluster.clock.now()) }],
    containerStatuses: [{ name: 'c', state: { terminated: { exitCode, finishedAt: formatTime(cluster.clock.now()) } } }] as never,
  })

describe('replica sets', () => {
  const make = (replicas: number, more = {}) =>
    cluster.client.create('replicasets.apps', {
      ...meta(),
      spec: { replicas, selector: { matchLabels: labels }, template: template(), ...more },
    } as never)
  const get = () => cluster.client.get('replicasets.apps', web)

  test('takes in a matching orphan and lets go a pod that no longer matches', async () => {
    const { client, settle, pods } = await setUp(['replicaset'])
    await client.create('pods', { metadata: { namespace: 'default', name: 'orphan', labels }, spec: template().spec })
    await make(2)
    await settle()
    expect(pods()).toHaveLength(2)
    const orphan = pods().find((p) => p.metadata.name === 'orphan') as Pod
    expect(orphan.metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', name: 'web', controller: true }])
    await client.patch('pods', { namespace: 'default', name: 'orphan' }, { metadata: { labels: { app: 'other' } } })
    await settle()
    expect(pods()).toHaveLength(3)
    expect(pods().find((p) => p.metadata.name === 'orphan')?.metadata.ownerReferences).toEqual([])
  })

  test('a creation that is refused is told in a condition, and tried again', async () => {
    const { settle, pods, pass, transport, events } = await setUp(['replicaset'])
    transport.intercept = (request) => {
      if (request.method === 'POST' && request.path.includes('/pods')) throw new Error('exceeded quota')
    }
    await make(2)
    await settle()
    expect((await get()).status.conditions).toMatchObject([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' },
    ])
    expect(events()).toContain('FailedCreate: Error creating: exceeded quota')
    transport.intercept = undefined
    await pass(5)
    expect(pods()).toHaveLength(2)
    expect((await get()).status.conditions ?? []).toEqual([])
  })

  test('available counts after minReadySeconds', async () => {
    const { settle, pass } = await setUp(['replicaset'])
    await make(2, { minReadySeconds: 10 })
    await settle()
    expect((await get()).status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 0, fullyLabeledReplicas: 2 })
    await pass(11)
    expect((await get()).status.availableReplicas).toBe(2)
  })

  test('a restart in the middle makes no pod twice', async () => {
    const { settle, pods, restart } = await setUp(['replicaset'])
    await make(50)
    await restart()
    await settle()
    expect(pods()).toHaveLength(50)
  })

  test('a replication controller does the same with a plain selector', async () => {
    const { client, settle, pods } = await setUp(['replicationcontroller'])
    await client.create('replicationcontrollers', {
      ...meta(),
      spec: { replicas: 2, selector: labels, template: template(), minReadySeconds: 0 },
    } as never)
    await settle()
    expect(pods()[0]?.metadata.ownerReferences).toMatchObject([{ apiVersion: 'v1', kind: 'ReplicationController' }])
    expect((await client.get('replicationcontrollers', web)).status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2 })
  })
})

describe('stateful sets', () => {
  const make = (replicas: number, more: object = {}) =>
    cluster.client.create('statefulsets.apps', {
      ...meta(),
      spec: {
        replicas,
        selector: { matchLabels: labels },
        serviceName: 'web',
        template: template(),
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        ...more,
      },
    } as never)
  const get = () => cluster.client.get('statefulsets.apps', web)
  const images = () =>
    cluster
      .pods()
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      .map((p) => p.spec.containers[0]?.image)

  test('makes pods in order, each after the one before is ready, with names of their own', async () => {
    const { settle, pods } = await setUp(['statefulset'], {
      kubelet: (pod) => ({ ...readyStatus(0), ...(pod.metadata.name === 'web-1' ? { conditions: [] } : {}) }),
    })
    await make(3)
    await settle()
    expect(names()).toEqual(['web-0', 'web-1'])
    await setStatus('web-1', readyStatus(0))
    expect(names()).toEqual(['web-0', 'web-1', 'web-2'])
    const [pod] = pods()
    expect(pod?.spec).toMatchObject({ hostname: 'web-0', subdomain: 'web' })
    expect(pod?.metadata.labels).toMatchObject({ 'statefulset.kubernetes.io/pod-name': 'web-0', 'apps.kubernetes.io/pod-index': '0' })
    expect((await get()).status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
    })
  })

  test('in parallel none waits', async () => {
    const { settle } = await setUp(['statefulset'], { kubelet: 'none' })
    await make(3, { podManagementPolicy: 'Parallel' })
    await settle()
    expect(names()).toEqual(['web-0', 'web-1', 'web-2'])
  })

  test('scales down from the highest ordinal, one after the other', async () => {
    const { client, settle, transport } = await setUp(['statefulset'])
    await make(3)
    await settle()
    transport.writes.length = 0
    await client.patch('statefulsets.apps', web, { spec: { replicas: 1 } })
    await settle()
    expect(transport.writes.filter((w) => w.startsWith('DELETE'))).toEqual(
      ['web-2', 'web-1'].map((n) => `DELETE /api/v1/namespaces/default/pods/${n}`),
    )
    expect(names()).toEqual(['web-0'])
  })

  test('updates from the highest ordinal down to the partition, then the rest', async () => {
    const { client, settle } = await setUp(['statefulset'])
    await make(3)
    await settle()
    const before = (await get()).status.currentRevision
    await client.patch('statefulsets.apps', web, { spec: { template: template('b'), updateStrategy: { rollingUpdate: { partition: 2 } } } })
    await settle()
    expect(images()).toEqual(['a', 'a', 'b'])
    expect((await get()).status).toMatchObject({ currentRevision: before, updatedReplicas: 1, currentReplicas: 2 })
    await client.delete('pods', { namespace: 'default', name: 'web-0' })
    await settle()
    expect(images()).toEqual(['a', 'a', 'b'])
    await client.patch('statefulsets.apps', web, { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } })
    await settle()
    expect(images()).toEqual(['b', 'b', 'b'])
    const { status } = await get()
    expect(status.currentRevision).toBe(status.updateRevision)
    expect(cluster.transport.objects<ControllerRevision>('/apis/apps/v1/controllerrevisions')).toHaveLength(2)
  })

  test('a rollout that breaks stops; OnDelete waits for the pod to be deleted', async () => {
    const { client, settle } = await setUp(['statefulset'], {
      kubelet: (pod) => (pod.spec.containers[0]?.image === 'bad' ? { phase: 'Running' } : readyStatus(0)),
    })
    await make(3)
    await settle()
    await client.patch('statefulsets.apps', web, { spec: { template: template('bad') } })
    await settle()
    expect(images()).toEqual(['a', 'a', 'bad'])
    await client.patch('statefulsets.apps', web, {
      spec: { template: template('c'), updateStrategy: { type: 'OnDelete', rollingUpdate: null } },
    })
    await settle()
    expect(images()).toEqual(['a', 'a', 'bad'])
    await client.delete('pods', { namespace: 'default', name: 'web-2' })
    await settle()
    expect(images()).toEqual(['a', 'a', 'c'])
  })

  test('claims are made for each pod, outlive it, and go with it only when the set says so', async () => {
    const { client, settle, transport } = await setUp(['statefulset'])
    await make(2, {
      volumeClaimTemplates: [
        { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
      ],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Delete' },
    })
    await settle()
    const claims = () => transport.objects<PersistentVolumeClaim>('/api/v1/persistentvolumeclaims')
    expect(claims().map((c) => c.metadata.name)).toEqual(['data-web-0', 'data-web-1'])
    expect(cluster.pods()[1]?.spec.volumes).toMatchObject([{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-1' } }])
    await client.patch('statefulsets.apps', web, { spec: { replicas: 1 } })
    await settle()
    expect(claims().map((c) => (c.metadata.ownerReferences ?? []).map((o) => o.kind))).toEqual([[], ['Pod']])
  })

  test('a failed pod is replaced, and ordinals may start elsewhere', async () => {
    const { settle, events } = await setUp(['statefulset'])
    await make(2, { ordinals: { start: 5 } })
    await settle()
    expect(names()).toEqual(['web-5', 'web-6'])
    const uid = cluster.pods()[0]?.metadata.uid
    await setStatus('web-5', { phase: 'Failed' })
    expect(names()).toEqual(['web-5', 'web-6'])
    expect(cluster.pods().find((p) => p.metadata.name === 'web-5')?.metadata.uid).not.toBe(uid)
    expect(events()).toContain('RecreatingFailedPod: StatefulSet default/web is recreating failed Pod web-5')
  })
})

describe('daemon sets', () => {
  const node = (name: string, more: { labels?: object; taints?: object[] } = {}) =>
    cluster.client.create('nodes', {
      metadata: { name, labels: more.labels as never },
      spec: { taints: more.taints as never },
      status: {},
    } as never)
  const make = (more: object = {}) =>
    cluster.client.create('daemonsets.apps', {
      ...meta(),
      spec: {
        selector: { matchLabels: labels },
        template: template(),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        ...more,
      },
    } as never)
  const nodesOf = () =>
    cluster
      .pods()
      .map(
        (p) =>
          p.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0]?.matchFields?.[0]
            ?.values?.[0],
      )
      .sort()
  const get = () => cluster.client.get('daemonsets.apps', web)

  test('runs one pod on each node that fits, and follows nodes that come, change and go', async () => {
    const { client, settle } = await setUp(['daemonset'])
    await node('a', { labels: { disk: 'ssd' } })
    await node('b')
    await node('tainted', { labels: { disk: 'ssd' }, taints: [{ key: 'k', effect: 'NoSchedule' }] })
    await node('pressed', { labels: { disk: 'ssd' }, taints: [{ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }] })
    await make({ template: template('a', { nodeSelector: { disk: 'ssd' } }) })
    await settle()
    expect(nodesOf()).toEqual(['a', 'pressed'])
    expect((await get()).status).toMatchObject({
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
      updatedNumberScheduled: 2,
      numberMisscheduled: 0,
    })
    await client.patch('nodes', { name: 'b' }, { metadata: { labels: { disk: 'ssd' } } })
    await settle()
    expect(nodesOf()).toEqual(['a', 'b', 'pressed'])
    await client.patch('nodes', { name: 'a' }, { metadata: { labels: { disk: null } } })
    await settle()
    expect(nodesOf()).toEqual(['b', 'pressed'])
  })

  test.each([
    [{ maxUnavailable: 1, maxSurge: 0 }, 3, 4],
    [{ maxUnavailable: 2, maxSurge: 0 }, 2, 4],
    [{ maxUnavailable: 0, maxSurge: 1 }, 4, 5],
  ])('a rolling update with %j stays between %i and %i', async (rollingUpdate, least, most) => {
    const { client, settle, transport, pods } = await setUp(['daemonset'])
    for (const name of ['a', 'b', 'c', 'd']) await node(name)
    await make({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } })
    await settle()
    const seen: number[] = []
    transport.intercept = () => void seen.push(pods().filter((p) => p.status.phase === 'Running').length)
    await client.patch('daemonsets.apps', web, { spec: { template: template('b') } })
    await settle()
    transport.intercept = undefined
    expect(pods().map((p) => p.spec.containers[0]?.image)).toEqual(['b', 'b', 'b', 'b'])
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(least)
    expect(Math.max(...seen)).toBeLessThanOrEqual(most)
    expect(nodesOf()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a failed daemon pod is replaced, at first at once', async () => {
    const { settle, events, pods } = await setUp(['daemonset'])
    await node('a')
    await make()
    await settle()
    const name = names()[0] as string
    await setStatus(name, { phase: 'Failed' })
    expect(pods().map((p) => p.status.phase)).toEqual(['Running'])
    expect(events()).toContain(`FailedDaemonPod: Found failed daemon pod default/${name} on node a, will try to kill it`)
  })
})

describe('jobs', () => {
  const make = (more: object = {}) =>
    cluster.client.create('jobs.batch', {
      ...meta(),
      spec: {
        selector: { matchLabels: labels },
        completions: 1,
        parallelism: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        template: template('a', { restartPolicy: 'Never' }),
        ...more,
      },
    } as never)
  const get = () => cluster.client.get('jobs.batch', web)
  const running = () =>
    cluster
      .pods()
      .filter((p) => p.status.phase === 'Running')
      .map((p) => p.metadata.name)
  const conditions = async () => ((await get()).status.conditions ?? []).filter((c) => c.status === 'True').map((c) => [c.type, c.reason])

  test('runs to its completions, and no pod keeps the finalizer', async () => {
    const { settle, pods, events } = await setUp(['job'])
    await make({ completions: 3, parallelism: 2 })
    await settle()
    expect(running()).toHaveLength(2)
    for (let i = 0; i < 3; i++) await finish(running()[0] as string, 'Succeeded')
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
      await finish(running()[0] as string, 'Failed')
      expect(running()).toEqual([])
      await pass(wait - 2)
      expect(running()).toEqual([])
      await pass(3)
      expect(running()).toHaveLength(1)
    }
    await finish(running()[0] as string, 'Failed')
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
    const indexOf = (p: Pod) => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index']
    expect(pods().map(indexOf).sort()).toEqual(['0', '1', '2', '3'])
    expect(pods()[1]?.spec.hostname).toBe('web-1')
    expect(pods()[1]?.spec.containers[0]?.env).toMatchObject([{ name: 'JOB_COMPLETION_INDEX' }])
    for (const i of ['0', '1', '3']) await finish(pods().find((p) => indexOf(p) === i)?.metadata.name as string, 'Succeeded')
    expect((await get()).status).toMatchObject({ completedIndexes: '0,1,3', succeeded: 3 })
    await finish(pods().find((p) => indexOf(p) === '2')?.metadata.name as string, 'Succeeded')
    expect((await get()).status).toMatchObject({ completedIndexes: '0-3', succeeded: 4 })
  })

  test('a limit for each index fails only that index', async () => {
    const { settle, pass, pods } = await setUp(['job'])
    await make({ completionMode: 'Indexed', completions: 2, parallelism: 2, backoffLimitPerIndex: 1, backoffLimit: 2 ** 31 - 1 })
    await settle()
    const ofIndex = (i: string) =>
      pods().filter((p) => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === i && p.status.phase === 'Running')[0]
        ?.metadata.name as string
    await finish(ofIndex('0'), 'Failed')
    await pass(12)
    await finish(ofIndex('0'), 'Failed')
    await pass(60)
    expect(ofIndex('0')).toBeUndefined()
    expect((await get()).status.failedIndexes).toBe('0')
    await finish(ofIndex('1'), 'Succeeded')
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
    await finish(running()[0] as string, 'Failed', code)
    expect(await conditions()).toEqual(expected)
  })

  test('a success policy ends the job early and stops the rest', async () => {
    const { settle, pods } = await setUp(['job'])
    await make({ completionMode: 'Indexed', completions: 3, parallelism: 3, successPolicy: { rules: [{ succeededIndexes: '0' }] } })
    await settle()
    await finish(
      pods().find((p) => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === '0')?.metadata.name as string,
      'Succeeded',
    )
    expect(await conditions()).toEqual([
      ['SuccessCriteriaMet', 'SuccessPolicy'],
      ['Complete', 'SuccessPolicy'],
    ])
    expect(running()).toEqual([])
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

  test('its time to live ends it after it finished', async () => {
    const { settle, pass, transport } = await setUp(['job', 'ttl-after-finished'])
    await make({ ttlSecondsAfterFinished: 20 })
    await settle()
    await finish(running()[0] as string, 'Succeeded')
    await pass(18)
    const there = () => transport.objects<Job>('/apis/batch/v1/jobs').filter((j) => !j.metadata.deletionTimestamp).length
    expect(there()).toBe(1)
    await pass(4)
    expect(there()).toBe(0)
  })

  test('restarts at every step lose no count and make no pod twice', async () => {
    const { settle, pods, restart } = await setUp(['job'])
    await make({ completions: 5, parallelism: 2 })
    for (let i = 0; i < 5; i++) {
      await restart()
      await settle()
      await finish(running()[0] as string, 'Succeeded')
    }
    await restart()
    await settle()
    expect((await get()).status.succeeded).toBe(5)
    expect(pods()).toHaveLength(5)
  })
})

describe('cron jobs', () => {
  const make = (more: object = {}) =>
    cluster.client.create('cronjobs.batch', {
      ...meta(),
      spec: {
        schedule: '*/1 * * * *',
        concurrencyPolicy: 'Allow',
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
        jobTemplate: { metadata: {}, spec: { template: template() } },
        ...more,
      },
    } as never)
  const get = () => cluster.client.get('cronjobs.batch', web)
  const jobs = () => cluster.transport.objects<Job>('/apis/batch/v1/jobs')
  const end = async (job: Job, type = 'Complete') => {
    const at = formatTime(cluster.clock.now())
    await cluster.client.updateStatus('jobs.batch', {
      ...job,
      status: {
        startTime: at,
        ...(type === 'Complete' ? { completionTime: at } : {}),
        conditions: [{ type, status: 'True', lastTransitionTime: at }],
      },
    })
    await cluster.settle()
  }

  test('starts a job at each instant, named after it', async () => {
    const { pass } = await setUp(['cronjob'])
    await make()
    await pass(125)
    const minute = Date.UTC(2026, 0, 1) / 60_000
    expect(jobs().map((j) => j.metadata.name)).toEqual([`web-${minute + 1}`, `web-${minute + 2}`])
    expect(jobs()[0]?.metadata.annotations).toEqual({ 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:01:00Z' })
    expect((await get()).status).toMatchObject({
      lastScheduleTime: '2026-01-01T00:02:00Z',
      active: [{ name: `web-${minute + 1}` }, { name: `web-${minute + 2}` }],
    })
  })

  test.each([
    ['Allow', 3, 3],
    ['Forbid', 1, 1],
    ['Replace', 1, 1],
  ])('with %s %i jobs are active after three instants', async (concurrencyPolicy, active, there) => {
    const { pass, events } = await setUp(['cronjob'])
    await make({ concurrencyPolicy })
    await pass(185)
    expect((await get()).status.active).toHaveLength(active)
    expect(jobs()).toHaveLength(there)
    if (concurrencyPolicy === 'Forbid')
      expect(events()).toContain('JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid')
  })

  test('finished jobs leave the active list and are kept as the limits say', async () => {
    const { pass } = await setUp(['cronjob'])
    await make({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 })
    for (const type of ['Complete', 'Complete', 'Failed']) {
      await pass(60)
      await pass(1)
      await end(jobs().at(-1) as Job, type)
    }
    expect(jobs().map((j) => j.status.conditions?.[0]?.type)).toEqual(['Complete'])
    expect((await get()).status.active ?? []).toEqual([])
    expect((await get()).status.lastSuccessfulTime).toBeDefined()
  })

  test('what was missed while nobody looked is made up for once, and not after its deadline', async () => {
    const { client, pass, clock, settle } = await setUp(['cronjob'])
    await make({ suspend: true, startingDeadlineSeconds: 90 })
    await settle()
    clock.advance(10 * 60_000 + 30_000)
    await client.patch('cronjobs.batch', web, { spec: { suspend: false } })
    await settle()
    expect(jobs()).toHaveLength(1)
    await client.patch('cronjobs.batch', web, { spec: { suspend: true, startingDeadlineSeconds: 10 } })
    await settle()
    clock.advance(60_000)
    await client.patch('cronjobs.batch', web, { spec: { suspend: false } })
    await settle()
    expect(jobs()).toHaveLength(1)
    await pass(60)
    expect(jobs()).toHaveLength(2)
  })

  test.each([
    [{ schedule: 'nonsense' }, /^UnparseableSchedule: unparseable schedule/],
    [{ timeZone: 'Mars/Base' }, /^UnknownTimeZone: invalid timeZone/],
  ])('%j is told in an event', async (spec, event) => {
    const { settle, events } = await setUp(['cronjob'])
    await make(spec)
    await settle()
    expect(events()[0]).toMatch(event)
  })
})
