/** Schedules and their next instants. */

import { expect, test } from 'vitest'
import { formatInZone, scheduleOf } from './cron-schedule.ts'

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

test.each([
  [undefined, '2026-03-01T10:00:00Z'],
  ['Etc/UTC', '2026-03-01T10:00:00Z'],
  ['Asia/Seoul', '2026-03-01T19:00:00+09:00'],
  ['Asia/Kolkata', '2026-03-01T15:30:00+05:30'],
  ['America/St_Johns', '2026-03-01T06:30:00-03:30'],
])('ten o’clock of UTC in %s', (zone, expected) => {
  expect(formatInZone(Date.parse('2026-03-01T10:00:00Z'), zone)).toBe(expected)
})
