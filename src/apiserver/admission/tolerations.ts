/** Tolerations compared and put together (pkg/util/tolerations). */
import type { Toleration } from '../../api/types/core-v1.ts'
import { deepEqual } from '../rest/equal.ts'

/** Without those that another covers; of equal ones the first stays. */
export const mergeTolerations = (all: readonly Toleration[]): Toleration[] =>
  all.filter((t, i) => !all.some((other, j) => j !== i && isSuperset(other, t) && (j < i || !isSuperset(t, other))))

/** Whether all that `t` tolerates is tolerated by `by`, too. */
export function isSuperset(by: Toleration, t: Toleration): boolean {
  if (deepEqual(by, t)) return true
  if (t.key !== by.key && (by.key || by.operator !== 'Exists')) return false
  if (by.effect && t.effect !== by.effect) return false
  if (by.effect === 'NoExecute' && by.tolerationSeconds !== undefined)
    if (t.tolerationSeconds === undefined || t.tolerationSeconds > by.tolerationSeconds) return false
  if (by.operator === 'Exists') return true
  return (t.operator || 'Equal') === (by.operator || 'Equal') && (t.value ?? '') === (by.value ?? '')
}
