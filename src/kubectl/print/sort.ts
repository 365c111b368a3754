/** `--sort-by`: objects in the order of a field: numbers and quantities by size, times by date, text as people read it (k8s.io/kubectl/pkg/cmd/get/sorter.go). */
import { parseJsonPath, relaxedJsonPath } from '../../api/jsonpath.ts'
import { compareQuantity, isQuantity } from '../../api/quantity.ts'

export function sortBy<T>(items: readonly T[], by: string, objectOf: (item: T) => unknown): T[] {
  const path = parseJsonPath(relaxedJsonPath(by), { allowMissingKeys: true })
  const keyed = items.map((item) => ({ item, key: path.find(objectOf(item)).flat()[0] }))
  if (keyed.length > 0 && keyed.every(({ key }) => key === undefined))
    throw new Error(`couldn't find any field with path "${relaxedJsonPath(by)}" in the list of objects`)
  return keyed.sort((a, b) => compare(a.key, b.key)).map(({ item }) => item)
}

/** What is missing comes first. */
function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const left = String(a)
  const right = String(b)
  if (/^\d/.test(left) && /^\d/.test(right) && isQuantity(left) && isQuantity(right)) return compareQuantity(left, right)
  return naturally(left, right)
}
/** `pod2` before `pod10`. */
function naturally(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? []
  const right = b.match(/\d+|\D+/g) ?? []
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const l = left[i] as string
    const r = right[i] as string
    if (l === r) continue
    if (/^\d/.test(l) && /^\d/.test(r)) return Number(l) - Number(r) || l.length - r.length
    return l < r ? -1 : 1
  }
  return left.length - right.length
}
