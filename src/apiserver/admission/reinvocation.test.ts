import { expect, test } from 'vitest'
import type { ApiObject, Reinvocation } from '../request.ts'
import { createRounds } from './reinvocation.ts'

/** One plugin's members: who changes the object, and who wants to run again; then what ran in each round. */
test.each<[string, readonly (readonly [string, boolean, string])[], boolean, readonly string[]]>([
  [
    'nothing changed',
    [
      ['a', false, 'IfNeeded'],
      ['b', false, 'IfNeeded'],
    ],
    false,
    [],
  ],
  [
    'a later one changed it',
    [
      ['a', false, 'IfNeeded'],
      ['b', true, 'Never'],
    ],
    false,
    ['a'],
  ],
  [
    'an earlier one changed it',
    [
      ['a', true, 'Never'],
      ['b', false, 'IfNeeded'],
    ],
    false,
    [],
  ],
  ['it changed itself', [['a', true, 'IfNeeded']], false, []],
  [
    'nobody wants to',
    [
      ['a', false, 'Never'],
      ['b', true, 'Never'],
    ],
    false,
    [],
  ],
  [
    'another plugin changed it afterwards',
    [
      ['a', true, 'IfNeeded'],
      ['b', false, 'Never'],
    ],
    true,
    ['a'],
  ],
])('again where %s', (_name, members, changedByOthers, again) => {
  const roundsOf = createRounds<string>()
  const reinvocation: Reinvocation = { round: 0, wanted: false }
  const before = { metadata: { name: 'before' } } as ApiObject
  const after = { metadata: { name: 'after' } } as ApiObject
  const first = roundsOf(reinvocation, before)
  for (const [name, changed, policy] of members) {
    expect(first.isDue(name)).toBe(true)
    first.ran(name, changed, policy)
  }
  first.end(before)
  expect(reinvocation.wanted).toBe(members.some(([, changed]) => changed))
  reinvocation.round = 1
  const second = roundsOf(reinvocation, changedByOthers ? after : before)
  expect(members.map(([name]) => name).filter((name) => second.isDue(name))).toEqual(again)
})
