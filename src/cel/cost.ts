/**
 * What an expression may cost at the most, judged before it ever runs (cel-go checker/cost.go and apiserver/pkg/cel/
 * library/cost.go). Sizes come from what a schema allows; Infinity stands for what nothing bounds.
 */
import type { Comprehension, Expr } from './ast.ts'
import type { CelType } from './types.ts'

/** The largest size of what a path leads to, from a variable on; list items are `@items`, a map's `@values` and `@keys`. Undefined: not known. */
export type SizeOf = (path: readonly string[]) => number | undefined

/** A size of zero stays zero, however often. */
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b)
const traverse = (size: number, factor = 0.1): number => Math.ceil(times(size, factor))

const scalars: ReadonlySet<CelType['kind']> = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint'])

export function estimateCost(tree: Expr, typeOf: ReadonlyMap<Expr, CelType>, sizeOf: SizeOf): number {
  const paths = new Map<Expr, readonly string[]>()
  const sizes = new Map<Expr, number>()
  type Scope =
    | { readonly name: string; readonly path: readonly string[] | undefined; readonly size: number | undefined; readonly outer: Scope }
    | undefined

  const kindOf = (e: Expr): CelType['kind'] => typeOf.get(e)?.kind ?? 'dyn'
  const below = (e: Expr, step: string): readonly string[] | undefined => {
    const path = paths.get(e)
    return path && [...path, step]
  }
  const lead = (e: Expr, path: readonly string[] | undefined): void => {
    if (path) paths.set(e, path)
  }

  function size(e: Expr): number {
    const known = sizes.get(e)
    if (known !== undefined) return known
    if (e.kind === 'literal') {
      if (typeof e.value === 'string') return Buffer.byteLength(e.value)
      if (e.value instanceof Uint8Array) return e.value.length
    }
    if (e.kind === 'list') return e.items.length
    if (e.kind === 'map') return e.entries.length
    const path = paths.get(e)
    const bound = path && sizeOf(path)
    return bound ?? (scalars.has(kindOf(e)) ? 1 : Number.POSITIVE_INFINITY)
  }

  function cost(e: Expr, scope: Scope): number {
    switch (e.kind) {
      case 'literal':
        return 0
      case 'ident': {
        let local = scope
        while (local && local.name !== e.name) local = local.outer
        lead(e, local ? local.path : [e.name])
        if (local?.size !== undefined) sizes.set(e, local.size)
        return 1
      }
      case 'select': {
        const operand = cost(e.operand, scope)
        if (e.test) return operand
        const kind = kindOf(e.operand)
        lead(e, below(e.operand, kind === 'map' ? '@values' : e.field))
        return operand + (e.optional || ['map', 'object', 'dyn', 'opaque'].includes(kind) ? 1 : 0)
      }
      case 'call':
        return call(e, scope)
      case 'list':
        return e.items.reduce((sum, item) => sum + cost(item.value, scope), 10)
      case 'map':
        return e.entries.reduce((sum, entry) => sum + cost(entry.key, scope) + cost(entry.value, scope), 30)
      case 'struct':
        return e.fields.reduce((sum, field) => sum + cost(field.value, scope), 40)
      case 'fold':
        return fold(e, scope)
    }
  }

  function call(e: Expr & { kind: 'call' }, scope: Scope): number {
    // `sets.contains` is a name, and `sets` no value that was looked at.
    const args = e.target && typeOf.has(e.target) ? [e.target, ...e.args] : e.args
    const costs = args.map((arg) => cost(arg, scope))
    const sum = costs.reduce((a, b) => a + b, 0)
    const [a, b, c] = args as [Expr, Expr, Expr]
    switch (e.name) {
      case '_&&_':
      case '_||_':
        return sum
      case '_?_:_':
        sizes.set(e, Math.max(size(b), size(c)))
        return (costs[0] as number) + Math.max(costs[1] as number, costs[2] as number)
      case '_[_]':
      case '_[?_]':
        lead(e, below(a, kindOf(a) === 'map' ? '@values' : '@items'))
        return sum + 1
      case 'orValue':
      case 'or':
      case 'value':
        lead(e, paths.get(a))
        if (b) sizes.set(e, Math.max(size(a), size(b)))
        return sum + 1
      default:
        return sum + work(e, args)
    }
  }

  /** Of the call alone. */
  function work(e: Expr & { kind: 'call' }, args: readonly Expr[]): number {
    const [a, b, c] = args as [Expr, Expr, Expr]
    const isText = (e: Expr) => ['string', 'bytes', 'dyn'].includes(kindOf(e))
    switch (e.name) {
      case '_+_': {
        if (args.every((arg) => scalars.has(kindOf(arg)))) return 1
        const made = size(a) + size(b)
        sizes.set(e, made)
        return kindOf(a) === 'list' || kindOf(b) === 'list' ? 1 : traverse(made)
      }
      case '_==_':
      case '_!=_':
        return traverse(Math.min(size(a), size(b)))
      case '_<_':
      case '_<=_':
      case '_>_':
      case '_>=_':
        return args.some(isText) && !args.some((arg) => scalars.has(kindOf(arg))) ? traverse(Math.min(size(a), size(b))) : 1
      case '@in':
        return kindOf(b) === 'list' ? size(b) : 1
      case 'startsWith':
      case 'endsWith':
        return traverse(size(b))
      case 'contains':
        return kindOf(a) === 'list' ? membership(e, args) : times(traverse(size(a)), traverse(size(b)))
      case 'matches':
      case 'find':
      case 'findAll':
        if (e.name !== 'matches') sizes.set(e, size(a))
        return times(traverse(size(a) + 1), traverse(size(b), 0.25))
      case 'lowerAscii':
      case 'upperAscii':
      case 'substring':
      case 'trim':
        sizes.set(e, size(a))
        return traverse(size(a))
      case 'replace':
        sizes.set(e, replaced(size(a), e.args[0] as Expr, size(c)))
        return traverse(size(a), 0.2)
      case 'split':
        sizes.set(e, size(a))
        return traverse(size(a), 0.2)
      case 'join': {
        const of = elementSize(a)
        const made = times(size(a), of) + (b ? times(size(a), size(b)) : 0)
        sizes.set(e, made)
        return traverse(made)
      }
      case 'isSorted':
      case 'sum':
      case 'max':
      case 'min':
      case 'indexOf':
      case 'lastIndexOf':
        return kindOf(a) === 'list' ? times(size(a), 1 + (hasText(a) ? traverse(elementSize(a)) : 0)) : traverse(size(a))
      case 'bytes':
        sizes.set(e, times(size(a), 4))
        return kindOf(a) === 'string' ? traverse(size(a)) : 1
      case 'string':
        if (kindOf(a) === 'bytes' || kindOf(a) === 'string') sizes.set(e, size(a))
        return kindOf(a) === 'bytes' ? traverse(size(a)) : 1
      case 'url':
      case 'isURL':
      case 'ip':
      case 'isIP':
      case 'cidr':
      case 'isCIDR':
      case 'quantity':
      case 'isQuantity':
      case 'semver':
      case 'isSemver':
      case 'format':
        return isText(a) ? traverse(size(a)) : 1
      case 'containsIP':
      case 'containsCIDR':
        return kindOf(b) === 'string' ? traverse(size(b)) : 1
      default:
        return membership(e, args)
    }
  }

  /** `sets.contains` and its like look for each in all; the rest is one step. */
  function membership(e: Expr & { kind: 'call' }, args: readonly Expr[]): number {
    const sets = e.target?.kind === 'ident' && e.target.name === 'sets'
    return sets && args.length === 2 ? 1 + times(size(args[0] as Expr), size(args[1] as Expr)) : 1
  }

  const hasText = (list: Expr): boolean => {
    const type = typeOf.get(list)
    return type?.kind !== 'list' || !scalars.has(type.of.kind)
  }
  function elementSize(list: Expr): number {
    const type = typeOf.get(list)
    const path = below(list, '@items')
    const bound = path && sizeOf(path)
    if (bound !== undefined) return bound
    return type?.kind === 'list' && scalars.has(type.of.kind) ? 1 : Number.POSITIVE_INFINITY
  }

  /** Every place that may be replaced grows as much as it can. */
  function replaced(whole: number, what: Expr, by: number): number {
    const least = what.kind === 'literal' ? size(what) : 0
    if (least === 0) return times(whole + 1, by) + whole
    return by <= least ? whole : times(Math.ceil(whole / least), by)
  }

  function fold(e: Comprehension, scope: Scope): number {
    const range = cost(e.range, scope)
    const initial = cost(e.initial, scope)
    const outer: Scope = { name: e.accumulator, path: undefined, size: size(e.initial), outer: scope }
    // `cel.bind` and its like: a fold over nothing.
    if (e.variable === '#unused') {
      const bound: Scope = { ...outer, path: paths.get(e.initial) }
      const result = cost(e.result, bound)
      sizes.set(e, size(e.result))
      return range + initial + result
    }
    const inMap = kindOf(e.range) === 'map'
    const items = below(e.range, '@items')
    const keys = inMap ? below(e.range, '@keys') : items
    const first: Scope = { name: e.variable, path: e.second !== undefined && !inMap ? undefined : keys, size: undefined, outer }
    const inner: Scope =
      e.second === undefined ? first : { name: e.second, path: inMap ? below(e.range, '@values') : items, size: undefined, outer: first }
    // cel-go looks at the condition through @not_strictly_false.
    const condition = cost(e.condition, inner) + (e.condition.kind === 'literal' ? 0 : 1)
    const step = cost(e.step, inner)
    const result = cost(e.result, outer)
    if (e.initial.kind === 'list' || e.initial.kind === 'map') sizes.set(e, size(e.range))
    return range + initial + times(size(e.range), condition + step) + result
  }

  return cost(tree, undefined)
}
