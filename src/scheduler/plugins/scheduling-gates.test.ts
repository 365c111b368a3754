import { expect, test } from 'vitest'
import { schedulingGates } from './scheduling-gates.ts'
import { podOf } from './testing.ts'

test.each<[string, string[], string | undefined]>([
  ['no gate', [], undefined],
  ['a gate', ['example.com/hold'], 'waiting for scheduling gates: [example.com/hold]'],
  ['several', ['a.com/x', 'b.com/y'], 'waiting for scheduling gates: [a.com/x b.com/y]'],
])('preEnqueue: a pod with %s', (_, names, why) => {
  expect(schedulingGates.preEnqueue(podOf('p', { spec: { schedulingGates: names.map((name) => ({ name })) } }))).toBe(why)
})
