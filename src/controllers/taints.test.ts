/** How long taints are tolerated. */

import { expect, test } from 'vitest'
import { toleratedMs } from './taints.ts'

const taint = (key: string) => ({ key, effect: 'NoExecute' as const })
test.each([
  ['no toleration', ['a'], [], 0],
  ['tolerated for ever', ['a'], [{ key: 'a', operator: 'Exists' as const }], Infinity],
  ['for a while', ['a'], [{ key: 'a', operator: 'Exists' as const, tolerationSeconds: 300 }], 300_000],
  [
    'the shortest of two',
    ['a', 'b'],
    [
      { key: 'a', operator: 'Exists' as const, tolerationSeconds: 300 },
      { key: 'b', operator: 'Exists' as const, tolerationSeconds: 5 },
    ],
    5000,
  ],
  [
    'the first that matches, though a later one is shorter',
    ['a'],
    [{ operator: 'Exists' as const }, { key: 'a', operator: 'Exists' as const, tolerationSeconds: 5 }],
    Infinity,
  ],
  ['one of two is not tolerated', ['a', 'b'], [{ key: 'a', operator: 'Exists' as const }], 0],
  ['everything', ['a', 'b'], [{ operator: 'Exists' as const }], Infinity],
  ['a negative time is none', ['a'], [{ key: 'a', operator: 'Exists' as const, tolerationSeconds: -1 }], 0],
])('tolerations: %s', (_, keys, tolerations, ms) => {
  expect(toleratedMs(keys.map(taint), tolerations)).toBe(ms)
})
