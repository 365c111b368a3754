/** What is well, as upstream words it. */
import { expect, test } from 'vitest'
import { answerHealth } from './health.ts'

const checks = [
  { name: 'ping', check: () => undefined },
  { name: 'lease', check: async () => 'it is over' },
]
test.each<[string, string, typeof checks, number, string]>([
  ['all well', '', checks.slice(0, 1), 200, 'ok'],
  ['all well, at length', '?verbose', checks.slice(0, 1), 200, '[+]ping ok\nhealthz check passed\n'],
  ['one is not', '', checks, 500, '[+]ping ok\n[-]lease failed: reason withheld\nhealthz check failed\n'],
  ['the sick one is left out', '?exclude=lease', checks, 200, 'ok'],
  [
    'one that is not there cannot be left out',
    '?verbose&exclude=other',
    checks.slice(0, 1),
    200,
    '[+]ping ok\nwarn: some health checks cannot be excluded: no matches for "other"\nhealthz check passed\n',
  ],
  ['one alone', '/ping', checks, 200, 'ok'],
  ['one alone that is sick', '/lease', checks, 500, 'internal server error: it is over\n'],
  ['one that is not there', '/other', checks, 404, '404 page not found\n'],
])('%s', async (_name, asked, given, status, body) => {
  const url = new URL(`http://x/healthz${asked}`)
  const told: string[] = []
  const answer = await answerHealth(
    given,
    { endpoint: 'healthz', one: url.pathname.slice(9), query: url.searchParams },
    (name, type, well) => told.push(`${name} ${type} ${well}`),
  )
  expect(answer).toEqual({ status, body })
  expect(told.every((t) => / healthz (true|false)$/.test(t))).toBe(true)
})
