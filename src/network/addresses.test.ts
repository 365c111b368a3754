import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createAddressPool, inCIDR, parseCIDR } from './addresses.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kijabi-addresses-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the gateway is the first address and pods get the ones after it', () => {
  const pool = createAddressPool(folder, '10.244.3.0/24')
  expect(pool.gateway).toBe('10.244.3.1')
  expect(['a', 'b', 'a'].map((owner) => pool.allocate(owner))).toEqual(['10.244.3.2', '10.244.3.3', '10.244.3.2'])
})

test('addresses are remembered across a restart', () => {
  createAddressPool(folder, '10.244.3.0/24').allocate('a')
  const again = createAddressPool(folder, '10.244.3.0/24')
  expect(again.allocate('a')).toBe('10.244.3.2')
  expect(again.allocate('b')).toBe('10.244.3.3')
})

test('a freed address is not the next one given', () => {
  const pool = createAddressPool(folder, '10.244.3.0/29')
  pool.allocate('a')
  pool.release('a')
  expect(pool.allocate('b')).toBe('10.244.3.3')
  expect(readdirSync(folder).sort()).toEqual(['10.244.3.3', 'last'])
})

test('every address is given once and then the range is used up', () => {
  const pool = createAddressPool(folder, '10.244.3.0/29')
  const given = ['a', 'b', 'c', 'd', 'e'].map((owner) => pool.allocate(owner))
  expect(new Set(given).size).toBe(5)
  expect(given).not.toContain('10.244.3.7')
  expect(() => pool.allocate('f')).toThrow('no IP addresses available in range set: 10.244.3.1-10.244.3.6')
})

test('an address another process took is passed over', () => {
  const one = createAddressPool(folder, '10.244.3.0/24')
  const other = createAddressPool(folder, '10.244.3.0/24')
  expect([one.allocate('a'), other.allocate('b')]).toEqual(['10.244.3.2', '10.244.3.3'])
})

test.each([
  ['10.244.0.0/16', '10.244.7.9', true],
  ['10.244.0.0/16', '10.245.0.1', false],
  ['0.0.0.0/0', '8.8.8.8', true],
])('%s holds %s: %s', (cidr, address, expected) => expect(inCIDR(cidr, address)).toBe(expected))

test('a CIDR that is none is refused', () => expect(() => parseCIDR('10.244.0.0')).toThrow('invalid CIDR address'))
