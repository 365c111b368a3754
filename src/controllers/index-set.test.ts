/** Sets of indexes, as they are written. */

import { expect, test } from 'vitest'
import { indexSet, parseIndexes } from './index-set.ts'

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
