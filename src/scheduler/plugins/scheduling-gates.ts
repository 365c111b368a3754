/** A pod with scheduling gates stays out of the queue until they are gone. */
import type { Plugin } from '../framework.ts'

export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  preEnqueue(pod) {
    const gates = pod.spec.schedulingGates ?? []
    return gates.length ? `waiting for scheduling gates: [${gates.map((g) => g.name).join(' ')}]` : undefined
  },
}
