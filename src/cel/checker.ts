/** The type checker (cel-go checker): the type of every node, or every mistake in cel-go's words. */
import type { Comprehension, Expr } from './ast.ts'
import { CompileError, type Issue } from './errors.ts'
import type { Overload } from './functions.ts'
import {
  assignable,
  bool,
  bytes,
  type CelType,
  close,
  double,
  dyn,
  formatType,
  int,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  resolve,
  type Substitution,
  string,
  uint,
} from './types.ts'

export interface Declarations {
  readonly variables: ReadonlyMap<string, CelType>
  readonly overloads: ReadonlyMap<string, readonly Overload[]>
  /** Types by name, for `type` values and `Name{…}`. */
  readonly types: Pick<ReadonlyMap<string, CelType>, 'get'>
}

export interface Checked {
  readonly type: CelType
  readonly typeOf: ReadonlyMap<Expr, CelType>
}

const optionalInside = (type: CelType): CelType | undefined =>
  type.kind === 'opaque' && type.name === 'optional_type' ? (type.of[0] as CelType) : undefined

/** `a.b.c` of selects alone, so that a variable or type may have dots in its name. */
export function qualifiedName(e: Expr): string | undefined {
  if (e.kind === 'ident') return e.name
  if (e.kind !== 'select' || e.test || e.optional) return undefined
  const operand = qualifiedName(e.operand)
  return operand === undefined ? undefined : `${operand}.${e.field}`
}

export function check(source: string, tree: Expr, declared: Declarations): Checked {
  const issues: Issue[] = []
  const typeOf = new Map<Expr, CelType>()
  const known: Substitution = new Map()
  let fresh = 0
  const newParam = (): CelType => ({ kind: 'param', name: `@${fresh++}` })
  const report = (at: number, message: string): CelType => {
    issues.push({ at, message })
    return dyn
  }
  type Scope = { readonly name: string; readonly type: CelType; readonly outer: Scope } | undefined

  const lookup = (name: string, scope: Scope): CelType | undefined => {
    for (let s = scope; s; s = s.outer) if (s.name === name) return s.type
    const plain = name.startsWith('.') ? name.slice(1) : name
    const variable = declared.variables.get(plain)
    if (variable) return variable
    const type = declared.types.get(plain)
    return type && { kind: 'type', of: type }
  }

  function visit(e: Expr, scope: Scope): CelType {
    const type = visitKind(e, scope)
    typeOf.set(e, type)
    return type
  }

  function visitKind(e: Expr, scope: Scope): CelType {
    switch (e.kind) {
      case 'literal':
        return literalType(e.value)
      case 'ident':
        return lookup(e.name, scope) ?? report(e.at, `undeclared reference to '${e.name.replace(/^\./, '')}' (in container '')`)
      case 'select': {
        const name = e.test || e.optional ? undefined : qualifiedName(e)
        const whole = name?.includes('.') ? lookup(name, undefined) : undefined
        if (whole) return whole
        return select(e, resolve(visit(e.operand, scope), known))
      }
      case 'call':
        return visitCall(e, scope)
      case 'list': {
        let of: CelType | undefined
        for (const { optional, value } of e.items) of = join(of, element(visit(value, scope), optional, value.at), value.at)
        return listOf(of ?? newParam())
      }
      case 'map': {
        let [key, of]: [CelType?, CelType?] = []
        for (const entry of e.entries) {
          key = join(key, visit(entry.key, scope), entry.key.at)
          of = join(of, element(visit(entry.value, scope), entry.optional, entry.value.at), entry.value.at)
        }
        return mapOf(key ?? newParam(), of ?? newParam())
      }
      case 'struct': {
        const type = declared.types.get(e.name)
        if (!type) report(e.at, `undeclared reference to '${e.name}' (in container '')`)
        else if (type.kind !== 'object') report(e.at, `'${formatType(type)}' is not a message type`)
        for (const { at, name, optional, value } of e.fields) {
          const given = element(visit(value, scope), optional, value.at)
          if (type?.kind !== 'object') continue
          const field = type.fields().get(name)
          if (!field) report(at, `undefined field '${name}'`)
          else if (!assignable(field, given, known))
            report(
              at,
              `expected type of field '${name}' is '${formatType(field)}' but provided type is '${formatType(close(given, known))}'`,
            )
        }
        return type?.kind === 'object' ? type : dyn
      }
      case 'fold':
        return fold(e, scope)
    }
  }

  function element(type: CelType, optional: boolean, at: number): CelType {
    if (!optional) return type
    const of = newParam()
    if (!assignable(optionalOf(of), type, known))
      report(at, `expected type 'optional_type(${formatType(of)})' but found '${formatType(close(type, known))}'`)
    return resolve(of, known)
  }

  /** Lists and maps hold one type (HomogeneousAggregateLiterals). */
  function join(before: CelType | undefined, type: CelType, at: number): CelType {
    if (!before) return type
    if (!assignable(before, type, known))
      return report(at, `expected type '${formatType(close(before, known))}' but found '${formatType(close(type, known))}'`)
    return before.kind === 'dyn' || (before.kind === 'null' && type.kind !== 'null') ? type : before
  }

  function select(e: Expr & { kind: 'select' }, operand: CelType): CelType {
    const inside = optionalInside(operand)
    const target = resolve(inside ?? operand, known)
    const result = field(e, target)
    if (e.test) return bool
    return inside || e.optional ? optionalOf(result) : result
  }
  function field(e: Expr & { kind: 'select' }, target: CelType): CelType {
    if (target.kind === 'map') return target.of
    if (target.kind === 'object') return target.fields().get(e.field) ?? report(e.at, `undefined field '${e.field}'`)
    if (target.kind === 'dyn') return dyn
    if (target.kind === 'param') {
      known.set(target.name, dyn)
      return dyn
    }
    return report(e.at, `type '${formatType(target)}' does not support field selection`)
  }

  function visitCall(e: Expr & { kind: 'call' }, scope: Scope): CelType {
    // `optional.of(x)` and `ip.isCanonical(x)` are functions with a dot in their names.
    const owner = e.target && qualifiedName(e.target)
    const full = owner === undefined ? undefined : `${owner}.${e.name}`
    if (full && declared.overloads.has(full) && lookup(owner as string, scope) === undefined)
      return callOf(
        e,
        full,
        false,
        e.args.map((a) => visit(a, scope)),
      )
    const target = e.target && visit(e.target, scope)
    const args = e.args.map((a) => visit(a, scope))
    return callOf(e, e.name, target !== undefined, target ? [target, ...args] : args)
  }

  function callOf(e: Expr & { kind: 'call' }, name: string, member: boolean, args: readonly CelType[]): CelType {
    const overloads = declared.overloads.get(name.replace(/^\./, ''))
    if (!overloads) return report(e.at, `undeclared reference to '${name}' (in container '')`)
    if (name === '_[_]' && optionalInside(resolve(args[0] as CelType, known))) return callOf(e, '_[?_]', false, args)
    let result: CelType | undefined
    let matches = 0
    for (const overload of overloads) {
      if (overload.member !== member || overload.parameters.length !== args.length) continue
      const renamed = new Map<string, CelType>()
      const instance = (t: CelType): CelType => rename(t, renamed, newParam)
      const trial: Substitution = new Map(known)
      if (!overload.parameters.every((p, i) => assignable(instance(p), args[i] as CelType, trial))) continue
      matches++
      const found = resolve(instance(overload.result), trial)
      if (matches === 1) {
        for (const [k, v] of trial) known.set(k, v)
        result = found
      } else if (formatType(close(found, trial)) !== formatType(close(result as CelType, known))) result = dyn
    }
    if (result) return result
    const shown = args.map((a) => formatType(close(a, known)))
    const applied = member ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`
    return report(e.at, `found no matching overload for '${name}' applied to '${applied}'`)
  }

  function fold(e: Comprehension, scope: Scope): CelType {
    const range = resolve(visit(e.range, scope), known)
    let [first, second]: [CelType, CelType] = [dyn, dyn]
    if (range.kind === 'list') [first, second] = e.second === undefined ? [range.of, dyn] : [int, range.of]
    else if (range.kind === 'map') [first, second] = [range.key, range.of]
    else if (range.kind !== 'dyn' && range.kind !== 'param')
      report(e.range.at, `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`)
    const accumulator = visit(e.initial, scope)
    const outer: Scope = { name: e.accumulator, type: accumulator, outer: scope } as Scope
    let inner: Scope = { name: e.variable, type: first, outer } as Scope
    if (e.second !== undefined) inner = { name: e.second, type: second, outer: inner } as Scope
    want(e.condition, bool, visit(e.condition, inner))
    want(e.step, accumulator, visit(e.step, inner))
    return visit(e.result, outer)
  }
  function want(e: Expr, type: CelType, found: CelType): void {
    if (!assignable(type, found, known))
      report(e.at, `expected type '${formatType(close(type, known))}' but found '${formatType(close(found, known))}'`)
  }

  const type = visit(tree, undefined)
  if (issues.length > 0) throw new CompileError(source, issues)
  for (const [e, t] of typeOf) typeOf.set(e, close(t, known))
  return { type: close(type, known), typeOf }
}

function rename(type: CelType, names: Map<string, CelType>, fresh: () => CelType): CelType {
  switch (type.kind) {
    case 'param': {
      const to = names.get(type.name) ?? fresh()
      names.set(type.name, to)
      return to
    }
    case 'list':
      return listOf(rename(type.of, names, fresh))
    case 'map':
      return mapOf(rename(type.key, names, fresh), rename(type.of, names, fresh))
    case 'opaque':
      return { ...type, of: type.of.map((t) => rename(t, names, fresh)) }
    case 'type':
      return { kind: 'type', of: rename(type.of, names, fresh) }
    default:
      return type
  }
}

function literalType(value: unknown): CelType {
  switch (typeof value) {
    case 'boolean':
      return bool
    case 'bigint':
      return int
    case 'number':
      return double
    case 'string':
      return string
    default:
      return value === null ? nullType : value instanceof Uint8Array ? bytes : uint
  }
}
