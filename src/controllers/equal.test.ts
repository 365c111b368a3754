/** What counts as the same. */

import { expect, test } from 'vitest'
import { semanticEqual } from './equal.ts'

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
