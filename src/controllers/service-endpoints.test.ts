/** When the change of a service's endpoints happened (upstream: k8s.io/endpointslice/util, TriggerTimeTracker). */
import { expect, test } from 'vitest'
import type { Pod, Service } from '../api/types/core-v1.ts'
import { createTriggerTimes } from './service-endpoints.ts'

const at = (second: number) => `2026-01-01T00:00:0${second}Z`
const service = (second: number) => ({ metadata: { namespace: 'default', name: 'web', creationTimestamp: at(second) } }) as Service
const pods = (turned: Record<string, number>) =>
  Object.entries(turned).map(([name, second]) => ({
    metadata: { name },
    status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at(second) }] },
  })) as unknown as Pod[]

type Look = [service: number, pods: Record<string, number>, expected: number | undefined]
test.each<[string, Look[]]>([
  ['a service that was not known: its creation', [[3, { a: 1, b: 5 }, 3]]],
  [
    'nothing turned: nothing',
    [
      [3, { a: 5 }, 3],
      [3, { a: 5 }, undefined],
    ],
  ],
  [
    'the first of those that turned since',
    [
      [0, { a: 1, b: 2 }, 0],
      [0, { a: 1, b: 7, c: 5 }, 5],
    ],
  ],
  [
    'a pod that left tells no time',
    [
      [0, { a: 1, b: 2 }, 0],
      [0, { a: 1 }, undefined],
    ],
  ],
  [
    'a service made anew under the same name',
    [
      [0, { a: 1 }, 0],
      [4, { a: 1 }, 4],
    ],
  ],
])('%s', (_name, looks) => {
  const times = createTriggerTimes()
  for (const [created, turned, expected] of looks)
    expect(times.of(service(created), pods(turned))).toBe(expected === undefined ? undefined : at(expected))
})
