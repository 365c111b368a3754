/**
 * Sets of field paths (structured-merge-diff's fieldpath), in the very form they are stored in: fieldsV1, a tree of
 * path elements (`f:` field, `k:` list item by its keys, `v:` by its value, `i:` by its place). An element is a member
 * when its tree is empty or has `.`. Sets are immutable and share their parts.
 */

export interface FieldSet {
  readonly [element: string]: FieldSet
}
type Building = Record<string, FieldSet>

/** A member with nothing below it; at the root, the empty set. */
export const leaf: FieldSet = Object.freeze({})
export const emptySet: FieldSet = leaf

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false
  return true
}
export const isMember = (node: FieldSet): boolean => '.' in node || isEmpty(node)

/** A node with these children; undefined when nothing would be left. */
function node(member: boolean, children: Building, count: number): FieldSet | undefined {
  if (count === 0) return member ? leaf : undefined
  return member ? { '.': leaf, ...children } : children
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a
  if (isEmpty(a)) return b
  return unionNodes(a, b)
}
function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  const merged: Building = {}
  for (const element of sortedElements({ ...a, ...b })) {
    const left = a[element]
    const right = b[element]
    if (!left || !right || left === right) merged[element] = (left ?? right) as FieldSet
    else if (isEmpty(left)) merged[element] = withMember(right)
    else if (isEmpty(right)) merged[element] = withMember(left)
    else merged[element] = unionNodes(left, right)
  }
  return merged
}
const withMember = (set: FieldSet): FieldSet => (isMember(set) ? set : { '.': leaf, ...set })

/** What is in `a` and not in `b`. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet => select(a, b, false, true) ?? emptySet
/** What is in both. */
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => select(a, b, true, true) ?? emptySet

/** The members of `a` that are in `b` (`inside`) or are not. */
function select(a: FieldSet, b: FieldSet, inside: boolean, root: boolean): FieldSet | undefined {
  const children: Building = {}
  let count = 0
  let changed = false
  for (const element in a) {
    if (element === '.') continue
    const left = a[element] as FieldSet
    const right = b[element]
    const kept = right ? select(left, right, inside, false) : inside ? undefined : left
    if (kept) {
      children[element] = kept
      count++
    }
    if (kept !== left) changed = true
  }
  const wasMember = !root && isMember(a)
  const member = wasMember && isMember(b) === inside
  if (!changed && member === wasMember) return a
  return node(member, children, count)
}

/** Every member's path as upstream writes it, `.spec.containers[name="a"].image`, in order. */
export function paths(set: FieldSet, prefix = ''): string[] {
  const found: string[] = []
  for (const element of sortedElements(set)) {
    if (element === '.') continue
    const child = set[element] as FieldSet
    const path = prefix + pathElement(element)
    if (isMember(child)) found.push(path)
    found.push(...paths(child, path))
  }
  return found
}

export function pathElement(element: string): string {
  const content = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${content}`
    case 'k': {
      const keys = JSON.parse(content) as Record<string, unknown>
      const parts = Object.keys(keys)
        .sort()
        .map((key) => `${key}=${JSON.stringify(keys[key])}`)
      return `[${parts.join(',')}]`
    }
    case 'v':
      return `[=${content}]`
    default:
      return `[${content}]`
  }
}

/** Upstream's order: fields, items by key, by value, by place; `.` first. */
const rank: Readonly<Record<string, number>> = { '.': 0, f: 1, k: 2, v: 3, i: 4 }
export function sortedElements(set: FieldSet): string[] {
  return Object.keys(set).sort((a, b) => {
    const order = (rank[a[0] as string] ?? 5) - (rank[b[0] as string] ?? 5)
    return order !== 0 ? order : a < b ? -1 : a > b ? 1 : 0
  })
}

/** How deep and large a set from outside may be. */
const maxDepth = 200

/** Checks a set that a client sent and puts it into canonical form; undefined when it is none. */
export function parseFieldSet(value: unknown, depth = 0): FieldSet | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > maxDepth) return undefined
  const set: Building = {}
  let member = false
  let count = 0
  for (const element of sortedElements(value as FieldSet)) {
    if (element === '.') {
      member = true
      continue
    }
    const canonical = canonicalElement(element)
    const child = parseFieldSet((value as FieldSet)[element], depth + 1)
    if (canonical === undefined || child === undefined) return undefined
    set[canonical] = child
    count++
  }
  return count === 0 ? leaf : member && depth > 0 ? { '.': leaf, ...set } : set
}

function canonicalElement(element: string): string | undefined {
  const content = element.slice(2)
  if (element[1] !== ':') return undefined
  try {
    switch (element[0]) {
      case 'f':
        return element
      case 'v':
        return `v:${JSON.stringify(JSON.parse(content))}`
      case 'i':
        return /^-?\d+$/.test(content) ? element : undefined
      case 'k': {
        const keys = JSON.parse(content) as Record<string, unknown>
        if (typeof keys !== 'object' || keys === null) return undefined
        const sorted = Object.fromEntries(
          Object.keys(keys)
            .sort()
            .map((key) => [key, keys[key]]),
        )
        return `k:${JSON.stringify(sorted)}`
      }
      default:
        return undefined
    }
  } catch {
    return undefined
  }
}
