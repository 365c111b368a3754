/** Taints and tolerations (k8s.io/component-helpers/scheduling/corev1): who may stay on a node, and for how long. */
import type { Taint, Toleration } from '../api/types/core-v1.ts'

export const taintKeys = {
  notReady: 'node.kubernetes.io/not-ready',
  unreachable: 'node.kubernetes.io/unreachable',
  unschedulable: 'node.kubernetes.io/unschedulable',
  memoryPressure: 'node.kubernetes.io/memory-pressure',
  diskPressure: 'node.kubernetes.io/disk-pressure',
  pidPressure: 'node.kubernetes.io/pid-pressure',
  networkUnavailable: 'node.kubernetes.io/network-unavailable',
  outOfService: 'node.kubernetes.io/out-of-service',
} as const

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator) {
    case 'Exists':
      return true
    case 'Gt':
    case 'Lt': {
      const [bound, value] = [toleration.value ?? '', taint.value ?? '']
      if (!/^-?\d+$/.test(bound) || !/^-?\d+$/.test(value)) return false
      return toleration.operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound)
    }
    default:
      return (toleration.value ?? '') === (taint.value ?? '')
  }
}
export const isTolerated = (taint: Taint, tolerations: readonly Toleration[] | null | undefined): boolean =>
  (tolerations ?? []).some((t) => tolerates(t, taint))

/**
 * How long a pod may stay under these taints, in ms: 0 when one is not tolerated, Infinity when each is tolerated
 * without limit, else the shortest time. For each taint the first toleration that matches it counts, as upstream.
 */
export function toleratedMs(taints: readonly Taint[], tolerations: readonly Toleration[] | null | undefined): number {
  let shortest = Infinity
  for (const taint of taints) {
    const matching = tolerations?.find((t) => tolerates(t, taint))
    if (!matching) return 0
    if (matching.tolerationSeconds !== undefined) shortest = Math.min(shortest, Math.max(0, matching.tolerationSeconds) * 1000)
  }
  return shortest
}
