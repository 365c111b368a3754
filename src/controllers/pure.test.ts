/** Tables of cases for the controllers' pure parts. */
import { describe, expect, test } from 'vitest'
import type { Pod } from '../api/types/core-v1.ts'
import { createCidrSet, formatAddress, overlaps, parseCidr } from './cidr-set.ts'
import { scheduleOf } from './cron-schedule.ts'
import { semanticEqual } from './equal.ts'
import { indexSet, parseIndexes } from './index-set.ts'
import { compareForDeletion, slowStart } from './pods.ts'
import { toleratedMs } from './taints.ts'

describe('cron', () => {
  test.each([
    ['*/5 * * * *', 'UTC', '2026-03-01T10:02:30Z', '2026-03-01T10:05:00Z'],
    ['0 0 1 1 *', 'UTC', '2026-03-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['@hourly', 'UTC', '2026-03-01T10:00:00Z', '2026-03-01T11:00:00Z'],
    ['30 9 * * mon-fri', 'UTC', '2026-11-20T10:00:00Z', '2026-11-23T09:30:00Z'],
    ['0 12 13 * 5', 'UTC', '2026-11-14T00:00:00Z', '2026-11-20T12:00:00Z'], // day of month or of week
    ['0 0 29 2 *', 'UTC', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 9 * * *', 'Asia/Seoul', '2026-03-01T01:00:00Z', '2026-03-02T00:00:00Z'],
    ['30 2 * * *', 'America/New_York', '2026-03-08T00:00:00Z', '2026-03-09T06:30:00Z'], // 8 March has no 2:30 there
    ['30 1 * * *', 'America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T06:30:00Z'], // 1:30 comes twice
    ['@every 90s', 'UTC', '2026-03-01T10:00:00Z', '2026-03-01T10:01:30Z'],
    ['5,1-3 0 * * *', 'UTC', '2026-03-01T00:03:00Z', '2026-03-01T00:05:00Z'],
  ])('%s in %s after %s', (text, zone, from, next) => {
    expect(new Date(scheduleOf(text, zone).next(Date.parse(from)) as number).toISOString()).toBe(next.replace('Z', '.000Z'))
  })
  test.each([
    ['* * * *', /expected exactly 5 fields/],
    ['60 * * * *', /above maximum/],
    ['* * 0 * *', /below minimum/],
    ['5-1 * * * *', /beyond end of range/],
    ['x * * * *', /failed to parse int/],
    ['*/0 * * * *', /step of range/],
  ])('%s is refused', (text, why) => {
    expect(() => scheduleOf(text)).toThrow(why)
  })
  test('31 February never comes', () => {
    expect(scheduleOf('0 0 31 2 *').next(0)).toBeUndefined()
  })
})

describe('CIDR sets', () => {
  test('parts are given out in turn, come back, and leave out what is occupied', () => {
    const set = createCidrSet('10.244.0.0/22', 24)
    set.occupy('10.244.1.7/32')
    expect([set.allocate(), set.allocate(), set.allocate(), set.allocate()]).toEqual([
      '10.244.0.0/24',
      '10.244.2.0/24',
      '10.244.3.0/24',
      undefined,
    ])
    set.release('10.244.2.0/24')
    expect(set.allocate()).toBe('10.244.2.0/24')
  })
  test('IPv6', () => {
    const set = createCidrSet('fd00:10:244::/62', 64)
    expect([set.allocate(), set.allocate()]).toEqual(['fd00:10:244::/64', 'fd00:10:244:1::/64'])
    expect(formatAddress(parseCidr('2001:db8::1/128').base, 128)).toBe('2001:db8::1')
    expect(overlaps('10.0.0.0/8', '10.96.0.0/12')).toBe(true)
    expect(overlaps('10.0.0.0/16', '10.96.0.0/12')).toBe(false)
  })
})

test.each([
  [[], ''],
  [[3], '3'],
  [[0, 1], '0,1'],
  [[0, 1, 2, 5, 7, 8, 9], '0-2,5,7-9'],
])('indexes %j are written %j', (values, text) => {
  expect(indexSet(values).toString()).toBe(text)
  expect([...parseIndexes(text, 100).values()]).toEqual(values)
})
test('indexes beyond the completions are left out', () => {
  expect([...parseIndexes('0,3-9,x', 5).values()]).toEqual([0, 3, 4])
})

test.each([
  [undefined, undefined, true],
  [null, undefined, true],
  [[], undefined, true],
  [{ a: null }, {}, true],
  [{ a: [] }, {}, true],
  [{ emptyDir: {} }, {}, false],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: 0 }, {}, false],
  [[1, 2], [2, 1], false],
])('semanticEqual(%j, %j) is %s', (a, b, equal) => {
  expect(semanticEqual(a, b)).toBe(equal)
  expect(semanticEqual(b, a)).toBe(equal)
})

const taint = (key: string) => ({ key, effect: 'NoExecute' as const })
test.each([
  ['no toleration', ['a'], [], 0],
  ['tolerated for ever', ['a'], [{ key: 'a', operator: 'Exists' as const }], Infinity],
  ['for a while', ['a'], [{ key: 'a', operator: 'Exists' as const, tolerationSeconds: 300 }], 300_000],
  [
    'the shortest of two',
    ['a', 'b'],
    [
      { key: 'a', operator: 'Exists' as const, tolerationSeconds: 300 },
      { key: 'b', operator: 'Exists' as const, tolerationSeconds: 5 },
    ],
    5000,
  ],
  ['one of two is not tolerated', ['a', 'b'], [{ key: 'a', operator: 'Exists' as const }], 0],
  ['everything', ['a', 'b'], [{ operator: 'Exists' as const }], Infinity],
  ['a negative time is none', ['a'], [{ key: 'a', operator: 'Exists' as const, tolerationSeconds: -1 }], 0],
])('tolerations: %s', (_, keys, tolerations, ms) => {
  expect(toleratedMs(keys.map(taint), tolerations)).toBe(ms)
})

describe('which pod is deleted first', () => {
  const now = Date.parse('2026-01-02T00:00:00Z')
  const pod = (
    name: string,
    more: { node?: string; phase?: string; ready?: string; restarts?: number; created?: string; cost?: string } = {},
  ): Pod =>
    ({
      metadata: {
        name,
        uid: name,
        namespace: 'default',
        creationTimestamp: more.created ?? '2026-01-01T00:00:00Z',
        annotations: more.cost ? { 'controller.kubernetes.io/pod-deletion-cost': more.cost } : {},
      },
      spec: { containers: [], nodeName: more.node ?? 'n' },
      status: {
        phase: more.phase ?? 'Running',
        conditions: more.ready ? [{ type: 'Ready', status: 'True', lastTransitionTime: more.ready }] : [],
        containerStatuses: [{ restartCount: more.restarts ?? 0 }],
      },
    }) as unknown as Pod
  const long = '2026-01-01T00:00:00Z'
  test.each([
    ['unassigned before assigned', pod('x', { node: '' }), pod('y')],
    ['pending before running', pod('x', { phase: 'Pending' }), pod('y')],
    ['not ready before ready', pod('x'), pod('y', { ready: long })],
    ['cheap before dear', pod('x', { cost: '-5', ready: long }), pod('y', { ready: long })],
    ['crowded before alone', pod('x', { node: 'crowded', ready: long }), pod('y', { ready: long })],
    ['briefly ready before long ready', pod('x', { ready: '2026-01-01T23:59:00Z' }), pod('y', { ready: long })],
    ['often restarted before never', pod('x', { restarts: 3, ready: long }), pod('y', { ready: long })],
    ['young before old', pod('x', { created: '2026-01-01T23:59:59Z', ready: long }), pod('y', { ready: long })],
  ])('%s', (_, first, second) => {
    const compare = compareForDeletion(now, (p) => (p.spec.nodeName === 'crowded' ? 2 : 1))
    expect([second, first].sort(compare).map((p) => p.metadata.name)).toEqual(['x', 'y'])
  })
})

test('slow start stops after the first batch that fails', async () => {
  const calls: number[] = []
  const { successes, error } = await slowStart(100, async (i) => {
    calls.push(i)
    if (i >= 3) throw new Error('quota')
  })
  expect([successes, calls.length, (error as Error).message]).toEqual([3, 7, 'quota'])
})
