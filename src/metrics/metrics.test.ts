import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

test('a value that changes is counted by the nanoseconds that it had each size', () => {
  let now = 1000
  const metrics = createMetrics()
  const row = metrics.timing('used', '[ALPHA] Seats.', ['level'], [0, 0.5, 1], () => now).row(['a'])
  row.set(0.5, 1002)
  row.set(2, 1005)
  // A clock that another reads later gives nobody a negative time.
  row.set(1, 1004)
  now = 1015
  const text = ['# HELP used [ALPHA] Seats.', '# TYPE used histogram']
  const rows = (...counts: number[]) =>
    ['0', '0.5', '1', '+Inf'].map((le, i) => `used_bucket{level="a",le="${le}"} ${(counts[i] as number) * 1e6}`)
  const told = () => metrics.render().trim().split('\n')
  expect(told()).toEqual([...text, ...rows(2, 5, 15, 15), 'used_sum{level="a"} 11500000', 'used_count{level="a"} 15000000'])
  row.set(0, 1016)
  expect(told().at(-1)).toBe('used_count{level="a"} 16000000')
})
