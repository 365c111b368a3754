import { expect, test } from 'vitest'
import { createNominator } from './nominator.ts'
import { podOf } from './plugins/testing.ts'
import { createPodInfo } from './pod-info.ts'

const pod = (name: string, priority: number) => createPodInfo(podOf(name, { spec: { priority } }))

test('a pod is promised one node at a time, until it is forgotten', () => {
  const nominator = createNominator()
  const names = (node: string, priority = 0) => nominator.promised(node, priority).map(({ key }) => key)
  nominator.nominate(pod('p', 5), 'a')
  nominator.nominate(pod('q', 1), 'a')
  expect([names('a'), names('a', 2), names('b')]).toEqual([['default/p', 'default/q'], ['default/p'], []])
  nominator.nominate(pod('p', 5), 'b')
  expect([names('a'), names('b'), nominator.size]).toEqual([['default/q'], ['default/p'], 2])
  nominator.forget('default/q')
  nominator.forget('default/p')
  expect([names('a'), names('b'), nominator.size]).toEqual([[], [], 0])
})

test.each<[what: string, before: string | undefined, now: string | undefined, promised: string | undefined]>([
  ['its status named no node, nor does it now: what memory knows stays', undefined, undefined, 'memory'],
  ['somebody named a node', undefined, 'b', 'b'],
  ['another node', 'a', 'b', 'b'],
  ['it was taken back', 'a', undefined, undefined],
])('a pod that changes: %s', (_, before, now, promised) => {
  const nominator = createNominator()
  nominator.nominate(pod('p', 1), 'memory')
  nominator.update(createPodInfo(podOf('p', now ? { status: { nominatedNodeName: now } } : {})), before)
  expect(['memory', 'a', 'b'].filter((name) => nominator.promised(name, 0).length)).toEqual(promised ? [promised] : [])
})
