/**
 * What the rules of a definition may cost at the most, so that no object can be made for which they take too long
 * (apiextensions' schema/cel and apiserver/pkg/cel/common): the sizes that a schema allows in a request of the largest size.
 */
import type { SizeOf } from '../../cel/cost.ts'
import { type FieldError, forbidden } from '../validation/field-error.ts'
import { escapeName, visible } from './cel-types.ts'
import type { Structural } from './schema.ts'

const maxRequestBytes = 3 * 1024 * 1024
/** Of one rule over all places that it holds in, and of all rules of a definition's version. */
export const ruleCostLimit = 10_000_000
const schemaCostLimit = 100_000_000
const mostTold = 4

export const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b)

/** The fewest bytes that a value takes in JSON. */
function leastBytes({ props, properties, additional }: Structural): number {
  if (props['x-kubernetes-int-or-string']) return 1
  switch (props.type) {
    case 'boolean':
      return 4
    case 'integer':
    case 'number':
      return 1
    case 'string':
      return { duration: 3, date: 12, 'date-time': 21 }[props.format ?? ''] ?? 2
    case 'object': {
      if (typeof additional === 'object') return 2
      let sum = 2
      for (const name of props.required ?? []) {
        const property = properties.get(name)
        if (property && property.props.default === undefined) sum += Buffer.byteLength(name) + leastBytes(property) + 4
      }
      return sum
    }
    default:
      return 2
  }
}

/** How many such values fit into a request. */
export const mostOf = (node: Structural): number => Math.floor(maxRequestBytes / (leastBytes(node) + 1))

/** The most characters of a text, items of a list, entries of a map. */
function mostElements({ props, items, additional }: Structural): number {
  if (props['x-kubernetes-int-or-string']) return maxRequestBytes - 2
  const given = (most: number | undefined) => (most === undefined ? undefined : Math.max(0, most))
  switch (props.type) {
    case 'string': {
      const bounded = { duration: 32, date: 12, 'date-time': 32 }[props.format ?? '']
      if (bounded !== undefined) return bounded
      const length = given(props.maxLength)
      // A character takes up to four bytes.
      if (length !== undefined) return props.format === 'byte' ? length : length * 4
      if (props.enum) return Math.max(0, ...props.enum.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0)))
      return maxRequestBytes - 2
    }
    case 'array':
      return given(props.maxItems) ?? (items ? Math.floor((maxRequestBytes - 2) / (leastBytes(items) + 1)) : 0)
    case 'object':
      if (typeof additional !== 'object') return 0
      return given(props.maxProperties) ?? Math.floor((maxRequestBytes - 2) / (leastBytes(additional) + 6))
    default:
      return 0
  }
}

/** Sizes below `self` and `oldSelf`. */
export function sizesOf(root: Structural): SizeOf {
  return (path) => {
    let node: Structural | undefined = root
    for (const step of path.slice(1)) {
      if (step === '@keys') return 0
      node = step === '@items' ? node.items : step === '@values' ? anyOf(node) : fieldNamed(node, step)
      if (!node) return undefined
    }
    return mostElements(node)
  }
}
const anyOf = ({ additional }: Structural) => (typeof additional === 'object' ? additional : undefined)
function fieldNamed(node: Structural, escaped: string): Structural | undefined {
  for (const [name, property] of visible(node).properties) if (name === escaped || escapeName(name) === escaped) return property
  return undefined
}

export interface RuleCost {
  readonly path: string
  readonly cost: number
}

export function totalCostErrors(costs: readonly RuleCost[], path: string): FieldError[] {
  const total = costs.reduce((sum, { cost }) => sum + cost, 0)
  if (total <= schemaCostLimit) return []
  const expensive = costs.toSorted((a, b) => (a.cost === b.cost ? 0 : b.cost - a.cost)).slice(0, mostTold)
  return [
    ...expensive.map((rule) =>
      forbidden(rule.path, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'),
    ),
    forbidden(path, costMessage('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', total, schemaCostLimit)),
  ]
}

export function costMessage(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const shown = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}
