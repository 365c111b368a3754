import { expect, test } from 'vitest'
import type { Store } from '../../store/store.ts'
import { createLeases } from './leases.ts'

function setup(reuseSeconds?: number) {
  const granted: number[] = []
  let seconds = 0
  const store = { grantLease: async (ttl: number) => granted.push(ttl) } as unknown as Store
  return {
    granted,
    at: (second: number) => (seconds = second),
    leaseFor: createLeases(store, () => new Date(seconds * 1000), reuseSeconds),
  }
}

test('a lease serves the objects of a minute, and lasts a minute longer', async () => {
  const { granted, at, leaseFor } = setup()
  expect([await leaseFor(3600), await leaseFor(3600)]).toEqual([1, 1])
  at(59)
  expect(await leaseFor(3600)).toBe(1)
  at(60)
  expect(await leaseFor(3600)).toBe(2)
  expect(granted).toEqual([3660, 3660])
})

test('short lives are prolonged by a twentieth, and each length has a lease of its own', async () => {
  const { granted, at, leaseFor } = setup()
  expect([await leaseFor(100), await leaseFor(20), await leaseFor(100)]).toEqual([1, 2, 1])
  at(5)
  expect(await leaseFor(100)).toBe(3)
  expect(granted).toEqual([105, 21, 105])
})

test('a lease serves a thousand objects at most', async () => {
  const { leaseFor } = setup()
  const ids = await Promise.all(Array.from({ length: 1001 }, () => leaseFor(3600)))
  expect([new Set(ids).size, ids.at(-2), ids.at(-1)]).toEqual([2, 1, 2])
})

test('a refused grant is asked for again by the next object', async () => {
  let refuse = true
  const store = { grantLease: () => (refuse ? Promise.reject(new Error('no space')) : Promise.resolve(7)) } as unknown as Store
  const leaseFor = createLeases(store, () => new Date(0))
  await expect(leaseFor(60)).rejects.toThrow('no space')
  refuse = false
  expect(await leaseFor(60)).toBe(7)
})
