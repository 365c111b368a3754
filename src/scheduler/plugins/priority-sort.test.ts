import { expect, test } from 'vitest'
import type { QueuedPod } from '../queue.ts'
import { compareQueued } from './priority-sort.ts'
import { podOf } from './testing.ts'

const queued = (priority: number | undefined, timestamp: number) => ({ pod: podOf('p', { spec: { priority } }), timestamp }) as QueuedPod

test.each<[string, QueuedPod, QueuedPod, number]>([
  ['the higher priority first', queued(2, 9), queued(1, 1), -1],
  ['the older first among equals', queued(1, 1), queued(1, 9), -1],
  ['none is zero', queued(undefined, 9), queued(-1, 1), -1],
  ['equals stay', queued(0, 1), queued(undefined, 1), 0],
])('%s', (_, a, b, sign) => {
  expect(Math.sign(compareQueued(a, b))).toBe(sign)
  expect(Math.sign(compareQueued(b, a)) + sign).toBe(0)
})
