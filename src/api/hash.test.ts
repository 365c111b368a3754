import { expect, test } from 'vitest'
import { fnv32a, fnv64a, generateName, randomSuffix, safeEncodeString } from './hash.ts'
import { percentOf, resolveFenceposts, scaledValue } from './int-or-string.ts'
import { controllerOf, formatMicroTime, formatTime, newControllerRef, objectKey, splitKey } from './meta.ts'

test('FNV-1a has its published values', () => {
  expect(fnv32a('')).toBe(0x811c9dc5)
  expect(fnv32a('foobar')).toBe(0xbf9cf968)
  expect(fnv64a('foobar')).toBe(0x85944171f73967e8n)
})
test('suffixes hold only letters that upstream uses', () => {
  expect(randomSuffix(200)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{200}$/)
  expect(generateName('x'.repeat(70)).length).toBe(63)
  expect(safeEncodeString('1a')).toBe('5v')
  expect(safeEncodeString('0123456789')).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{10}$/)
})
test.each([
  ['25%', 10, true, 3],
  ['25%', 10, false, 2],
  [4, 10, true, 4],
  ['100%', 7, false, 7],
])('%s of %d', (from, total, up, expected) => expect(scaledValue(from, total, up)).toBe(expected))
test('a text that is no percentage', () => {
  expect(() => scaledValue('5', 10, true)).toThrow('is not a percentage')
  expect(percentOf('x%')).toBeUndefined()
  expect(resolveFenceposts('0%', '10%', 5)).toEqual({ surge: 0, unavailable: 1 })
  expect(resolveFenceposts('25%', '25%', 4)).toEqual({ surge: 1, unavailable: 1 })
})
test('keys, owners and times', () => {
  expect(objectKey({ metadata: { namespace: 'a', name: 'b' } })).toBe('a/b')
  expect(splitKey('b')).toEqual({ namespace: '', name: 'b' })
  const owner = { metadata: { name: 'o', uid: 'u' } }
  const ref = newControllerRef(owner, 'apps/v1', 'ReplicaSet')
  expect(controllerOf({ metadata: { ownerReferences: [{ ...ref, controller: false }, ref] } })).toBe(ref)
  expect(formatTime(0)).toBe('1970-01-01T00:00:00Z')
  expect(formatMicroTime(1)).toBe('1970-01-01T00:00:00.001000Z')
})
