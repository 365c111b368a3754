/** The quality of service class of a pod (core/helper/qos): what its containers ask of cpu and memory. */
import { compareQuantity, isZeroQuantity } from '../quantity.ts'
import type { Pod, ResourceRequirements } from '../types/core-v1.ts'

export type QOSClass = 'BestEffort' | 'Burstable' | 'Guaranteed'
const compute = ['cpu', 'memory'] as const

export function podQOS({ spec }: Pick<Pod, 'spec'>): QOSClass {
  const all: (ResourceRequirements | undefined)[] = spec.resources
    ? [spec.resources]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.resources)
  const set = (list: Readonly<Record<string, string>> | undefined, name: string): string | undefined => {
    const quantity = list?.[name]
    return quantity !== undefined && !isZeroQuantity(quantity) ? quantity : undefined
  }
  let any = false
  let guaranteed = true
  for (const resources of all)
    for (const name of compute) {
      const [request, limit] = [set(resources?.requests, name), set(resources?.limits, name)]
      any ||= request !== undefined || limit !== undefined
      guaranteed &&= limit !== undefined && (request === undefined || compareQuantity(request, limit) === 0)
    }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable'
}
