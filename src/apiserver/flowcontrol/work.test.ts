import { expect, test } from 'vitest'
import { parseRequestInfo } from '../request-info.ts'
import { createRetryAfter } from './retry-after.ts'
import { estimate } from './work.ts'

const pods = '/api/v1/namespaces/default/pods'

/** Objects, their average bytes, watchers. */
type Facts = readonly [number, number, number]

test.each<[string, string, string, Facts | undefined, number, number[]]>([
  ['a get is narrow', 'GET', `${pods}/a`, [10_000, 10_000, 500], 0, [1, 0, 0]],
  ['a list of few', 'GET', pods, [10, 1000, 0], 0, [1, 0, 0]],
  ['a list, by its bytes', 'GET', pods, [300, 1000, 0], 0, [3, 0, 0]],
  ['a list of one name', 'GET', `${pods}?fieldSelector=metadata.name%3Da`, [300, 1000, 0], 0, [3, 0, 0]],
  ['a page', 'GET', `${pods}?limit=100`, [300, 1000, 0], 0, [1, 0, 0]],
  ['a list from the cache is streamed', 'GET', pods, [100_000, 1000, 0], 0, [10, 0, 0]],
  ['a list of the past is read whole', 'GET', `${pods}?resourceVersion=5&resourceVersionMatch=Exact`, [100_000, 1000, 0], 0, [100, 0, 0]],
  ['a selected page of the past reads half of all', 'GET', `${pods}?continue=x&limit=10&labelSelector=a`, [1000, 1000, 0], 0, [5, 0, 0]],
  ['what the level allows', 'GET', pods, [100_000, 1000, 0], 4, [4, 0, 0]],
  ['nothing stored', 'GET', pods, undefined, 0, [1, 0, 0]],
  ['a watch', 'GET', `${pods}?watch=1`, [300, 1000, 0], 0, [1, 0, 0]],
  ['a watch that begins with a list', 'GET', `${pods}?watch=1&sendInitialEvents=true`, [300, 1000, 0], 0, [3, 0, 0]],
  ['a write with few watchers', 'POST', pods, [0, 0, 9], 0, [1, 0, 0]],
  ['a write with many', 'POST', pods, [0, 0, 25], 0, [1, 3, 5]],
  ['more watchers than seats take longer', 'PATCH', `${pods}/a`, [0, 0, 1000], 0, [1, 10, 50]],
  ['a token is no change', 'POST', '/api/v1/namespaces/default/serviceaccounts/a/token', [0, 0, 1000], 0, [1, 0, 0]],
])('%s', (_name, method, target, facts, maxSeats, expected) => {
  const of = facts && { objects: facts[0], averageBytes: facts[1], watchers: () => facts[2] }
  const work = estimate(parseRequestInfo(method, target), () => of, maxSeats)
  expect([work.initialSeats, work.finalSeats, work.additionalLatencyMs]).toEqual(expected)
})

/** How many are refused in each second, and what the last of them is told. */
test.each([
  ['one', [1], 1],
  ['many, but for a moment', [100], 1],
  ['many for two seconds', [100, 100], 2],
  ['many for long', Array.from({ length: 100 }, () => 100), 32],
  [
    'few after many: a second less each time',
    [...Array.from({ length: 8 }, () => 100), ...Array.from({ length: 40 }, (_, i) => (i % 10 === 9 ? 1 : 0))],
    4,
  ],
])('refused: %s', (_name, perSecond, seconds) => {
  const retryAfter = createRetryAfter()
  for (const [second, count] of perSecond.entries()) for (let i = 0; i < count; i++) retryAfter.refused(1_000_000 + second)
  expect(retryAfter.seconds).toBe(seconds)
})
