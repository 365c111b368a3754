/** The macros: has, the folds over lists and maps in one and two variables, optional maps and cel.bind. */
import type { Expr } from './ast.ts'

export interface MacroCall {
  readonly name: string
  readonly at: number
  readonly target: Expr | undefined
  readonly args: readonly Expr[]
  /** A variable name that no expression can write. */
  fresh(): string
  fail(at: number, message: string): never
}

const bool = (at: number, value: boolean): Expr => ({ kind: 'literal', at, value })
const int = (at: number, value: bigint): Expr => ({ kind: 'literal', at, value })
const ident = (at: number, name: string): Expr => ({ kind: 'ident', at, name })
const call = (at: number, name: string, ...args: Expr[]): Expr => ({ kind: 'call', at, name, args })

/** The tree that the macro stands for; undefined when the call is none. */
export function expandMacro(macro: MacroCall): Expr | undefined {
  const { name, at, target, args, fail } = macro
  const count = args.length
  if (!target) {
    if (name !== 'has' || count !== 1) return undefined
    const [field] = args as [Expr]
    if (field.kind !== 'select' || field.test) return fail(field.at, 'invalid argument to has() macro')
    return { ...field, test: true }
  }
  const variable = (e: Expr | undefined): string => {
    if (e?.kind === 'ident' && !e.name.startsWith('.')) return e.name
    return fail(e?.at ?? at, 'argument must be a simple name')
  }
  if (name === 'bind' && target.kind === 'ident' && target.name === 'cel' && count === 3) {
    const [bound, initial, result] = args as [Expr, Expr, Expr]
    const empty: Expr = { kind: 'list', at, items: [] }
    const accumulator = variable(bound)
    return { kind: 'fold', at, range: empty, variable: '#unused', accumulator, initial, condition: bool(at, false), step: bound, result }
  }
  if ((name === 'optMap' || name === 'optFlatMap') && count === 2) return optional(macro, variable(args[0]))
  return fold(macro, variable)
}

/** `o.optMap(x, e)`: none stays none. The operand is bound once, so that it is evaluated once. */
function optional({ name, at, target, args, fresh }: MacroCall, accumulator: string): Expr {
  const held = fresh()
  const empty: Expr = { kind: 'list', at, items: [] }
  const bind = (name: string, initial: Expr, result: Expr): Expr => ({
    kind: 'fold',
    at,
    range: empty,
    variable: '#unused',
    accumulator: name,
    initial,
    condition: bool(at, false),
    step: ident(at, name),
    result,
  })
  const member = (method: string): Expr => ({ kind: 'call', at, name: method, target: ident(at, held), args: [] })
  const mapped = bind(accumulator, member('value'), args[1] as Expr)
  const some = name === 'optMap' ? call(at, 'optional.of', mapped) : mapped
  return bind(held, target as Expr, call(at, '_?_:_', member('hasValue'), some, call(at, 'optional.none')))
}

function fold({ name, at, target, args, fresh, fail }: MacroCall, variable: (e: Expr | undefined) => string): Expr | undefined {
  const single = args.length === 2 || (name === 'map' && args.length === 3)
  const shapes: Readonly<Record<string, readonly number[]>> = {
    all: [2, 3],
    exists: [2, 3],
    exists_one: [2, 3],
    existsOne: [2, 3],
    map: [2, 3],
    filter: [2],
    transformList: [3, 4],
    transformMap: [3, 4],
    transformMapEntry: [3, 4],
  }
  if (!Object.hasOwn(shapes, name) || !(shapes[name] as readonly number[]).includes(args.length)) return undefined
  const first = variable(args[0])
  const second = single ? undefined : variable(args[1])
  if (second !== undefined && second === first) fail((args[1] as Expr).at, `duplicate variable name: ${second}`)
  const accumulator = fresh()
  const result = ident(at, accumulator)
  const make = (initial: Expr, condition: Expr, step: Expr, value: Expr = result): Expr => ({
    kind: 'fold',
    at,
    range: target as Expr,
    variable: first,
    ...(second === undefined ? {} : { second }),
    accumulator,
    initial,
    condition,
    step,
    result: value,
  })
  const body = args.at(-1) as Expr
  const filter = args.length === (single ? 3 : 4) ? args.at(-2) : undefined
  const where = (step: Expr): Expr => (filter ? call(at, '_?_:_', filter, step, result) : step)
  const append = (value: Expr): Expr => call(at, '@append', result, { kind: 'list', at, items: [{ optional: false, value }] })
  const empty: Expr = name.startsWith('transformMap') ? { kind: 'map', at, entries: [] } : { kind: 'list', at, items: [] }
  switch (name) {
    case 'all':
      return make(bool(at, true), result, call(at, '_&&_', result, body))
    case 'exists':
      return make(bool(at, false), call(at, '!_', result), call(at, '_||_', result, body))
    case 'exists_one':
    case 'existsOne':
      return make(
        int(at, 0n),
        bool(at, true),
        call(at, '_?_:_', body, call(at, '_+_', result, int(at, 1n)), result),
        call(at, '_==_', result, int(at, 1n)),
      )
    case 'filter':
      return make(empty, bool(at, true), call(at, '_?_:_', body, append(args[0] as Expr), result))
    case 'transformMap':
      return make(empty, bool(at, true), where(call(at, '@insert', result, args[0] as Expr, body)))
    case 'transformMapEntry':
      return make(empty, bool(at, true), where(call(at, '@merge', result, body)))
    default:
      return make(empty, bool(at, true), where(append(body)))
  }
}
