import { expect, test } from 'vitest'
import { formatTime } from './meta.ts'

test.each([
  ['one second', new Date('2026-01-02T03:04:05.000Z'), '2026-01-02T03:04:05Z'],
  ['the end of the same second', new Date('2026-01-02T03:04:05.999Z'), '2026-01-02T03:04:05Z'],
  ['the next second', Date.parse('2026-01-02T03:04:06.001Z'), '2026-01-02T03:04:06Z'],
  ['a second before, asked again', Date.parse('2026-01-02T03:04:05.500Z'), '2026-01-02T03:04:05Z'],
  ['before 1970', new Date('1969-12-31T23:59:59.500Z'), '1969-12-31T23:59:59Z'],
])('a time is told in whole seconds: %s', (_, time, text) => {
  expect(formatTime(time)).toBe(text)
})

test('no time is refused', () => {
  expect(() => formatTime(Number.NaN)).toThrow(RangeError)
})
