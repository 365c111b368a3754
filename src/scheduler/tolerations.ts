/** Taints and tolerations (component-helpers/scheduling/corev1). */
import type { Taint, Toleration } from '../api/types/core-v1.ts'

type TaintLike = Pick<Taint, 'key' | 'effect'> & { readonly value?: string }

export function tolerates(tolerations: readonly Toleration[] | undefined, taint: TaintLike): boolean {
  return tolerations?.some((t) => toleratesTaint(t, taint)) ?? false
}

/** An empty effect stands for all effects, an empty key with Exists for all keys; Gt and Lt compare numbers (KEP-5471). */
function toleratesTaint(toleration: Toleration, taint: TaintLike): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator as string | undefined) {
    case 'Exists':
      return true
    case 'Gt':
      return compares(taint.value, toleration.value, (a, b) => a > b)
    case 'Lt':
      return compares(taint.value, toleration.value, (a, b) => a < b)
    default:
      return (toleration.value ?? '') === (taint.value ?? '')
  }
}

function compares(a: string | undefined, b: string | undefined, holds: (a: number, b: number) => boolean): boolean {
  return /^-?\d+$/.test(a ?? '') && /^-?\d+$/.test(b ?? '') && holds(Number(a), Number(b))
}
