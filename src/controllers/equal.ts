/** Equality of API values as upstream's semantic comparison sees it: null, absent and an empty list or map are one. */

export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) && isEmpty(b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => semanticEqual(item, b[i]))
  if (Array.isArray(b)) return false
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  for (const key in left) if (!fieldEqual(left[key], right[key])) return false
  for (const key in right) if (!(key in left) && !fieldEqual(undefined, right[key])) return false
  return true
}

/** An empty struct that is there (`emptyDir: {}`) differs from none; empty lists and nulls do not. */
function fieldEqual(a: unknown, b: unknown): boolean {
  if (isEmptyObject(a) !== isEmptyObject(b) && (isNothing(a) || isNothing(b))) return false
  return semanticEqual(a, b)
}
const isNothing = (value: unknown): boolean => value === undefined || value === null
const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
const isEmpty = (value: unknown): boolean => isNothing(value) || (Array.isArray(value) && value.length === 0) || isEmptyObject(value)
