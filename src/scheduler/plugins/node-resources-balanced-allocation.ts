/** Prefers nodes on which cpu and memory would be used in like shares. */
import type { Plugin } from '../framework.ts'
import { maxScore } from '../framework.ts'

export const nodeResourcesBalancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  score({ requests }) {
    // A pod that requests nothing changes no balance (best-effort pods are skipped upstream too).
    if (requests.milliCpu === 0 && requests.memory === 0) return undefined
    return {
      score({ allocatable, requested }) {
        if (allocatable.milliCpu === 0 || allocatable.memory === 0) return maxScore
        const cpu = Math.min(1, (requested.milliCpu + requests.milliCpu) / allocatable.milliCpu)
        const memory = Math.min(1, (requested.memory + requests.memory) / allocatable.memory)
        return Math.floor((1 - Math.abs(cpu - memory) / 2) * maxScore)
      },
    }
  },
}
