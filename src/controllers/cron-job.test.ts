/** Cron jobs. */

import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { Job } from '../api/types/batch-v1.ts'
import { type TestCluster, template, testClusters, web } from './test-cluster.ts'

let cluster: TestCluster
const setUp = testClusters({}, (made) => {
  cluster = made
})

const make = (more: object = {}) =>
  cluster.client.create('cronjobs.batch', {
    metadata: web,
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

const ownedBy = async (name: string, annotations: Record<string, string>) => {
  const { uid } = (await get()).metadata
  const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'web', uid, controller: true }]
  return cluster.client.create('jobs.batch', { metadata: { namespace: 'default', name, annotations, ownerReferences }, spec: {} } as never)
}
test('a job that somebody starts by hand is spoken of and holds up no other', async () => {
  const { pass, settle, events } = await setUp(['cronjob'])
  await make({ concurrencyPolicy: 'Forbid' })
  await ownedBy('by-hand', { 'cronjob.kubernetes.io/instantiate': 'manual' })
  await settle()
  expect((await get()).status.active ?? []).toEqual([])
  expect(events()).toEqual(['UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand'])
  await pass(61)
  expect(jobs()).toHaveLength(2)
})

test('a job whose making was not written down before a crash is not made again, and is listed', async () => {
  const { pass, transport, restart, settle, client } = await setUp(['cronjob'])
  await make()
  transport.intercept = ({ method, path }) => {
    if (method === 'PUT' && path.endsWith('/cronjobs/web/status')) throw new Error('crashed')
  }
  await pass(61)
  transport.intercept = undefined
  await restart()
  await settle()
  const name = `web-${Date.UTC(2026, 0, 1) / 60_000 + 1}`
  expect((await get()).status).toMatchObject({ lastScheduleTime: '2026-01-01T00:01:00Z', active: [{ name }] })
  await client.delete('jobs.batch', { namespace: 'default', name })
  await settle()
  expect(jobs()).toEqual([])
})

test('the instant stands on the job in the time of its zone', async () => {
  const { pass } = await setUp(['cronjob'])
  await make({ timeZone: 'Asia/Kolkata' })
  await pass(61)
  expect(jobs()[0]?.metadata.annotations).toEqual({ 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T05:31:00+05:30' })
})

/** Woken after so many missed starts, with a deadline or none. */
test.each<[missed: number, deadline: number | undefined, made: number, RegExp | undefined]>([
  [100, undefined, 1, undefined],
  [
    101,
    undefined,
    1,
    /^TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew$/,
  ],
  [500, undefined, 1, /^TooManyMissedTimes: /],
  [500, 200, 1, undefined],
  [1, 10, 0, undefined],
])('after %i missed starts and with a deadline of %s s %i is made up for', async (missed, startingDeadlineSeconds, made, event) => {
  const { client, clock, settle, events } = await setUp(['cronjob'])
  await make({ suspend: true, startingDeadlineSeconds })
  await settle()
  clock.advance(missed * 60_000 + 20_000)
  await client.patch('cronjobs.batch', web, { spec: { suspend: false } })
  await settle()
  expect(jobs()).toHaveLength(made)
  const told = events().filter((e) => !e.startsWith('SuccessfulCreate'))
  if (event) expect(told).toEqual([expect.stringMatching(event)])
  else expect(told).toEqual([])
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
