/** Parts of address ranges. */

import { expect, test } from 'vitest'
import { createCidrSet, formatAddress, overlaps, parseCidr } from './cidr-set.ts'

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
