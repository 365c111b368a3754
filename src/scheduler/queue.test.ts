import { expect, test } from 'vitest'
import type { Pod } from '../api/types/core-v1.ts'
import { createFakeClock } from '../client/clock.ts'
import { createMetrics } from '../metrics/metrics.ts'
import type { Plugin } from './framework.ts'
import { createSchedulerMetrics } from './metrics.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { podOf } from './plugins/testing.ts'
import { createSchedulingQueue, type QueuedPod } from './queue.ts'

const deaf: Plugin = { name: 'Deaf', wakes: () => false }
const keen: Plugin = { name: 'Keen', wakes: (_, event) => event.kind === 'node-deleted' }
const metrics = createSchedulerMetrics(createMetrics())
const event = { kind: 'node-deleted', name: 'n' } as const

function setUp() {
  const clock = createFakeClock()
  let woken = 0
  const queue = createSchedulingQueue({ clock, metrics, preEnqueue: () => [schedulingGates], wake: () => woken++ })
  const pop = () => queue.pop()?.key
  const fail = (by: readonly Plugin[]) => {
    const queued = queue.pop()
    if (queued) queue.failed(queued, by)
  }
  return { clock, queue, pop, fail, woken: () => woken }
}
const prioritized = (name: string, priority: number): Pod => podOf(name, { spec: { priority } })

test('pods come by priority, then by age', () => {
  const { clock, queue, pop } = setUp()
  queue.add(prioritized('old', 1))
  clock.advance(1)
  queue.add(prioritized('young', 1))
  queue.add(prioritized('high', 2))
  expect([pop(), pop(), pop(), pop()]).toEqual(['default/high', 'default/old', 'default/young', undefined])
})

test.each<[what: string, by: readonly Plugin[], sizes: { unschedulable: number; backoff: number }]>([
  ['stays aside when the event cannot help the plugin that turned it down', [deaf], { unschedulable: 1, backoff: 0 }],
  ['goes on when it helps one of them', [deaf, keen], { unschedulable: 0, backoff: 1 }],
  ['goes on when nobody in particular turned it down', [], { unschedulable: 0, backoff: 1 }],
])('a pod that could not be placed %s', (_, by, sizes) => {
  const { queue, fail } = setUp()
  queue.add(podOf('p', {}))
  fail(by)
  queue.happened(event)
  expect(queue.sizes).toMatchObject(sizes)
})

test('with nothing else to do a pod is taken out of its back-off early', () => {
  const { queue, fail, pop, woken } = setUp()
  queue.add(podOf('p', {}))
  fail([keen])
  const before = woken()
  queue.happened(event)
  expect(woken()).toBe(before + 1)
  queue.add(podOf('fresh', {}))
  expect([pop(), pop()]).toEqual(['default/fresh', 'default/p'])
})

test('but not after an error: then the back-off doubles from 1 s to 10 s', () => {
  const { clock, queue, pop } = setUp()
  queue.add(podOf('p', {}))
  for (const seconds of [1, 2, 4, 8, 10, 10]) {
    const queued = queue.pop()
    if (!queued) throw new Error(`nothing to pop before the wait of ${seconds} s`)
    queue.retry(queued)
    clock.advance(seconds * 1000 - 1)
    expect(pop()).toBeUndefined()
    clock.advance(1)
  }
  expect(pop()).toBe('default/p')
})

test('the back-off grows with tries in vain, and apart from these with errors in a row', () => {
  const { clock, queue, fail } = setUp()
  const waits = () => {
    for (let seconds = 0; ; seconds++) {
      if (queue.sizes.backoff === 0) return seconds
      clock.advance(1000)
    }
  }
  const error = () => {
    const queued = queue.pop()
    if (queued) queue.retry(queued)
    return waits()
  }
  const inVain = () => {
    fail([keen])
    queue.happened(event)
    return waits()
  }
  queue.add(podOf('p', {}))
  expect([error(), error(), inVain(), inVain(), error(), inVain()]).toEqual([1, 2, 1, 2, 1, 4])
})

test('a pod that is told to be tried at once is, from wherever it waits', () => {
  const { queue, fail, pop } = setUp()
  queue.add(podOf('p', {}))
  fail([deaf])
  queue.activate('default/p')
  expect(pop()).toBe('default/p')
  queue.activate('default/p')
  expect(pop()).toBeUndefined()
})

test('a gate that opens without an event lets its pod in', () => {
  let closed = true
  const gate = { name: 'Gate', preEnqueue: () => (closed ? 'closed' : undefined) } satisfies Plugin
  const queue = createSchedulingQueue({ clock: createFakeClock(), metrics, preEnqueue: () => [gate], wake() {} })
  queue.add(podOf('p', {}))
  queue.openGate('default/p')
  expect(queue.sizes).toMatchObject({ gated: 1, active: 0 })
  closed = false
  queue.openGate('default/p')
  expect(queue.sizes).toMatchObject({ gated: 0, active: 1 })
})

test('a pod that went while it was tried does not end the try of another of its name', () => {
  const { queue } = setUp()
  queue.add(podOf('p', {}))
  const gone = queue.pop() as QueuedPod
  queue.remove('default/p')
  queue.add(podOf('p', {}))
  const young = queue.pop() as QueuedPod
  queue.failed(gone, [deaf])
  queue.retry(gone)
  queue.done(gone)
  expect(queue.sizes).toMatchObject({ active: 0, backoff: 0, unschedulable: 0 })
  queue.failed(young, [deaf])
  expect(queue.sizes).toMatchObject({ unschedulable: 1 })
})

test('five minutes aside are enough', () => {
  const { clock, queue, fail, pop } = setUp()
  queue.add(podOf('p', {}))
  fail([deaf])
  clock.advance(299_999)
  expect(pop()).toBeUndefined()
  clock.advance(1)
  expect(pop()).toBe('default/p')
})

test('an event during the try counts when the try fails', () => {
  const { queue } = setUp()
  queue.add(podOf('p', {}))
  const queued = queue.pop()
  queue.happened(event)
  if (queued) queue.failed(queued, [keen])
  expect(queue.sizes).toMatchObject({ unschedulable: 0, backoff: 1 })
})

test('a gated pod comes when its last gate is gone', () => {
  const { queue, pop } = setUp()
  const gated = (...names: string[]) => podOf('p', { spec: { schedulingGates: names.map((name) => ({ name })) } })
  queue.add(gated('a', 'b'))
  queue.update(gated('b'))
  expect([queue.sizes.gated, pop()]).toEqual([1, undefined])
  queue.update(gated())
  expect([queue.sizes.gated, pop()]).toEqual([0, 'default/p'])
})

test.each<[what: string, changed: Pod, moves: boolean]>([
  ['a toleration', podOf('p', { spec: { tolerations: [{ operator: 'Exists' }] } }), true],
  ['a label', podOf('p', { labels: { a: 'b' } }), true],
  ['its status', { ...podOf('p', {}), status: { phase: 'Pending' } } as Pod, false],
])('a pod that waits is looked at again after a change of %s', (_, changed, moves) => {
  const { queue, fail } = setUp()
  queue.add(podOf('p', {}))
  fail([deaf])
  queue.update(changed)
  expect(queue.sizes.unschedulable).toBe(moves ? 0 : 1)
})

test('a pod that its gate holds after an event too stays there', () => {
  let asked = 0
  const gate = {
    name: 'Gate',
    preEnqueue() {
      if (++asked > 10) throw new Error('asked without end')
      return 'closed'
    },
    wakes: () => true,
  } satisfies Plugin
  const queue = createSchedulingQueue({ clock: createFakeClock(), metrics, preEnqueue: () => [gate], wake() {} })
  queue.add(podOf('p', {}))
  queue.happened(event)
  expect(queue.sizes).toMatchObject({ gated: 1, active: 0 })
  expect(asked).toBe(2)
})
