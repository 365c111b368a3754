import { describe, expect, test } from 'vitest'
import type { PriorityLevelConfiguration } from '../../api/types/flowcontrol-v1.ts'
import { priorityLevels } from '../authorization/bootstrap-objects.ts'
import { allocate, type Claim, createDemandIntegrator, limitsOf, sharesOf, smoothed } from './borrowing.ts'

const levels = priorityLevels() as unknown as PriorityLevelConfiguration[]
const shares = levels.reduce((sum, level) => sum + sharesOf(level), 0)
const claim = (nominal: number, min: number, max: number, high: number, smooth = high, exempt = false): Claim => ({
  exempt,
  limits: { nominal, min, max },
  high,
  smoothed: smooth,
})

/** With upstream's 600 seats: as its documentation's table of the default configuration has them. */
test.each([
  ['exempt', 0, 0, 600],
  ['catch-all', 13, 13, 613],
  ['global-default', 49, 24, 649],
  ['leader-election', 25, 25, 625],
  ['node-high', 98, 73, 698],
  ['system', 74, 50, 674],
  ['workload-high', 98, 49, 698],
  ['workload-low', 245, 24, 845],
])('%s: nominal %i, at least %i, at most %i', (name, nominal, min, max) => {
  const level = levels.find((l) => l.metadata.name === name) as PriorityLevelConfiguration
  expect(limitsOf(level, 600, shares)).toEqual({ nominal, min, max })
})

test.each([
  ['what nobody wants is divided by what each keeps', [claim(50, 20, 150, 0), claim(50, 10, 150, 0)], [67, 33]],
  ['who wants more borrows what the other does not use', [claim(50, 10, 150, 0), claim(50, 10, 150, 200)], [10, 90]],
  ['no more than its bound', [claim(50, 10, 150, 0), claim(50, 10, 60, 200)], [40, 60]],
  ['a level that uses its own keeps it', [claim(50, 10, 150, 50), claim(50, 10, 150, 200)], [50, 50]],
  ['who both want more get it in proportion', [claim(40, 40, 160, 20, 40), claim(80, 80, 160, 20, 80)], [40, 80]],
  ['what an exempt level uses of its own is taken from the others', [claim(40, 0, 140, 30, 30, true), claim(60, 10, 160, 60)], [30, 70]],
  [
    'nobody has less than what it does not lend',
    [claim(10, 10, 60, 0), claim(50, 50, 60, 0), claim(20, 0, 60, 60, 60, true)],
    [10, 50, 20],
  ],
])('%s', (_name, claims, seats) => {
  expect(allocate(claims).seats).toEqual(seats)
})

test('all seats are given out, whatever is wanted', () => {
  for (let round = 0; round < 200; round++) {
    const claims = Array.from({ length: 6 }, () => {
      const nominal = 1 + Math.floor(Math.random() * 100)
      const min = Math.floor(Math.random() * nominal)
      const high = Math.floor(Math.random() * 300)
      return claim(nominal, min, nominal + 600, high, Math.random() * 300)
    })
    const total = claims.reduce((sum, { limits }) => sum + limits.nominal, 0)
    const given = allocate(claims).seats.reduce((sum, seats) => sum + seats, 0)
    // Each is rounded.
    expect(Math.abs(given - total), JSON.stringify(claims)).toBeLessThanOrEqual(3)
  }
})

describe('demand', () => {
  test('is integrated over time', () => {
    const integrator = createDemandIntegrator(0)
    integrator.set(10, 0)
    integrator.set(0, 5_000)
    expect(integrator.reset(10_000)).toEqual({ elapsedMs: 10_000, average: 5, deviation: 5, high: 10 })
    expect(integrator.reset(20_000)).toEqual({ elapsedMs: 10_000, average: 0, deviation: 0, high: 0 })
  })
  test('rises at once and is forgotten slowly, idle periods included', () => {
    const high = { elapsedMs: 10_000, average: 100, deviation: 0, high: 100 }
    const low = { ...high, average: 0, high: 0 }
    expect(smoothed(0, high)).toBe(100)
    expect(smoothed(100, low)).toBeCloseTo(97.7)
    expect(smoothed(100, { ...low, elapsedMs: 300_000 })).toBeCloseTo(49.8, 1)
  })
})
