/** Which pod goes first, and how many are made at once. */

import { describe, expect, test } from 'vitest'
import type { Pod } from '../api/types/core-v1.ts'
import { compareForDeletion, slowStart } from './pods.ts'

describe('which pod is deleted first', () => {
  const now = Date.parse('2026-01-02T00:00:00Z')
  const pod = (
    name: string,
    more: { node?: string; phase?: string; ready?: string; restarts?: number; created?: string; cost?: string } = {},
  ): Pod =>
    ({
      metadata: {
        name,
        uid: name,
        namespace: 'default',
        creationTimestamp: more.created ?? '2026-01-01T00:00:00Z',
        annotations: more.cost ? { 'controller.kubernetes.io/pod-deletion-cost': more.cost } : {},
      },
      spec: { containers: [], nodeName: more.node ?? 'n' },
      status: {
        phase: more.phase ?? 'Running',
        conditions: more.ready ? [{ type: 'Ready', status: 'True', lastTransitionTime: more.ready }] : [],
        containerStatuses: [{ restartCount: more.restarts ?? 0 }],
      },
    }) as unknown as Pod
  const long = '2026-01-01T00:00:00Z'
  test.each([
    ['unassigned before assigned', pod('x', { node: '' }), pod('y')],
    ['pending before running', pod('x', { phase: 'Pending' }), pod('y')],
    ['not ready before ready', pod('x'), pod('y', { ready: long })],
    ['cheap before dear', pod('x', { cost: '-5', ready: long }), pod('y', { ready: long })],
    ['crowded before alone', pod('x', { node: 'crowded', ready: long }), pod('y', { ready: long })],
    ['briefly ready before long ready', pod('x', { ready: '2026-01-01T23:59:00Z' }), pod('y', { ready: long })],
    ['often restarted before never', pod('x', { restarts: 3, ready: long }), pod('y', { ready: long })],
    ['young before old', pod('x', { created: '2026-01-01T23:59:59Z', ready: long }), pod('y', { ready: long })],
  ])('%s', (_, first, second) => {
    const compare = compareForDeletion(now, (p) => (p.spec.nodeName === 'crowded' ? 2 : 1))
    expect([second, first].sort(compare).map((p) => p.metadata.name)).toEqual(['x', 'y'])
  })
})

test('slow start stops after the first batch that fails', async () => {
  const calls: number[] = []
  const { successes, error } = await slowStart(100, async (i) => {
    calls.push(i)
    if (i >= 3) throw new Error('quota')
  })
  expect([successes, calls.length, (error as Error).message]).toEqual([3, 7, 'quota'])
})
