/** When a job's next pod may start, and what it is made like. */
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { Job } from '../api/types/batch-v1.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { backoffMs, indexBackoffMs, indexedDraft, lastFailures } from './job-pods.ts'

const now = Date.UTC(2026, 0, 1)
const at = (secondsAgo: number) => formatTime(now - secondsAgo * 1000)
const job = (spec: object = {}) =>
  ({
    metadata: { namespace: 'default', name: 'web', uid: 'u' },
    spec: {
      template: {
        spec: { containers: [{ name: 'c' }], initContainers: [{ name: 'i', env: [{ name: 'JOB_COMPLETION_INDEX', value: 'own' }] }] },
      },
      ...spec,
    },
    status: {},
  }) as unknown as Job
const ended = (phase: 'Succeeded' | 'Failed', secondsAgo: number, annotations: Record<string, string> = {}) =>
  ({
    metadata: { namespace: 'default', name: `p${secondsAgo}`, creationTimestamp: at(9999), annotations },
    status: { phase, containerStatuses: [{ state: { terminated: { exitCode: 42, finishedAt: at(secondsAgo) } } }] },
  }) as unknown as Pod

test.each<[string, object, Pod[], seconds: number]>([
  ['no failure', {}, [ended('Succeeded', 5)], 0],
  ['one failure', {}, [ended('Failed', 4)], 6],
  ['one failure long ago', {}, [ended('Failed', 11)], 0],
  ['two', {}, [ended('Failed', 30), ended('Failed', 4)], 16],
  ['three', {}, [ended('Failed', 60), ended('Failed', 30), ended('Failed', 4)], 36],
  ['ten minutes at most', {}, Array.from({ length: 12 }, (_, i) => ended('Failed', 10 + i)), 590],
  ['failures before a success', {}, [ended('Failed', 30), ended('Succeeded', 20), ended('Failed', 4)], 6],
  [
    'failures that the policy ignores',
    { podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } }] } },
    [ended('Failed', 4)],
    6,
  ],
])('after %s', (_name, spec, owned, seconds) => {
  expect(backoffMs(job(spec), owned, now)).toBe(seconds * 1000)
})

const pod = (metadata: object, status: object) =>
  ({ metadata: { name: 'p', creationTimestamp: at(100), ...metadata }, status: { phase: 'Failed', ...status } }) as unknown as Pod
const terminated = (secondsAgo: number) => ({ state: { terminated: { exitCode: 1, finishedAt: at(secondsAgo) } } })
test.each<[string, Pod, seconds: number]>([
  ['its last container ended', pod({}, { containerStatuses: [terminated(9), terminated(4)] }), 6],
  [
    'it ceased to be ready, while a container has not ended',
    pod(
      {},
      { containerStatuses: [terminated(9), { state: {} }], conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: at(3) }] },
    ),
    7,
  ],
  ['it was asked to go, however long its grace is', pod({ deletionTimestamp: at(-25), deletionGracePeriodSeconds: 30 }, {}), 5],
  ['it was made, when nothing else is known', pod({ creationTimestamp: at(2) }, {}), 8],
])('the wait begins when %s', (_name, failed, seconds) => {
  expect(backoffMs(job(), [failed], now)).toBe(seconds * 1000)
})

test.each([
  ['a'.repeat(63), 7, `${'a'.repeat(55)}-7-`],
  ['a'.repeat(63), 12345, `${'a'.repeat(51)}-12345-`],
])('a name too long for the server keeps the index: %s', (name, index, expected) => {
  const long = { ...job(), metadata: { namespace: 'default', name, uid: 'u' } } as unknown as Job
  expect(indexedDraft(long, index, undefined).metadata?.generateName).toBe(expected)
})

const tries = (failures: number, ignored = 0) => ({
  'batch.kubernetes.io/job-completion-index': '1',
  'batch.kubernetes.io/job-index-failure-count': String(failures),
  'batch.kubernetes.io/job-index-ignored-failure-count': String(ignored),
})
test.each([
  [tries(0), 10],
  [tries(2), 40],
  [tries(2, 1), 80],
  [tries(20), 600],
])('an index whose last try is %j', (annotations, seconds) => {
  expect(indexBackoffMs(ended('Failed', 0, annotations), now)).toBe(seconds * 1000)
})

test('the last try of an index is the one with the most failures before it', () => {
  const [first, second] = [ended('Failed', 1, tries(0)), ended('Failed', 20, tries(1))]
  const last = lastFailures([second, first, ended('Failed', 3)])
  expect([last.get(1), last.get(2)]).toEqual([second, undefined])
})

test('the pod of an index carries it in its name, labels, hostname and environment, and how often it failed', () => {
  const perIndex = job({ backoffLimitPerIndex: 3, completionMode: 'Indexed' })
  const draft = indexedDraft(perIndex, 1, ended('Failed', 1, tries(1)))
  expect(draft).toMatchObject({
    metadata: {
      generateName: 'web-1-',
      finalizers: ['batch.kubernetes.io/job-tracking'],
      labels: { 'batch.kubernetes.io/job-completion-index': '1' },
      annotations: { 'batch.kubernetes.io/job-completion-index': '1', 'batch.kubernetes.io/job-index-failure-count': '2' },
    },
    spec: {
      hostname: 'web-1',
      containers: [{ env: [{ name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: {} } }] }],
      initContainers: [{ env: [{ name: 'JOB_COMPLETION_INDEX', value: 'own' }] }],
    },
  })
})
