/** When a job's next pod may start, and what it is made like. */
import { expect, test } from 'vitest'
import { formatTime } from '../api/meta.ts'
import type { Job } from '../api/types/batch-v1.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { backoffMs, indexBackoffMs, indexedDraft, lastFailed } from './job-pods.ts'

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
    0,
  ],
])('after %s', (_name, spec, owned, seconds) => {
  expect(backoffMs(job(spec), owned, now)).toBe(seconds * 1000)
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
  expect(lastFailed(job(), [second, first, ended('Failed', 3)], 1)).toBe(second)
  expect(lastFailed(job(), [second, first], 2)).toBeUndefined()
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
