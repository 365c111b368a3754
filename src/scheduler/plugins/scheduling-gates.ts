/** A pod with scheduling gates stays out of the queue until they are gone. */
import type { Pod } from '../../api/types/core-v1.ts'
import type { Plugin } from '../framework.ts'

export const schedulingGates = {
  name: 'SchedulingGates',
  preEnqueue(pod: Pod) {
    const gates = pod.spec.schedulingGates ?? []
    return gates.length ? `waiting for scheduling gates: [${gates.map((g) => g.name).join(' ')}]` : undefined
  },
} satisfies Plugin
