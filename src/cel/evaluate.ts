/** From the checked tree to closures: evaluation walks no tree and looks no name up. Costs are charged as cel-go's runtime tracker does. */
import type { Comprehension, Expr } from './ast.ts'
import { type Declarations, qualifiedName } from './checker.ts'
import { BudgetError, EvaluationError } from './errors.ts'
import type { Overload } from './functions.ts'
import { type CelType, formatType } from './types.ts'
import { equal, fits, isMapKey, JsonMap, MadeMap, MapValue, mapKey, Optional, TypeValue, typeName, Uint, type Value } from './values.ts'

export interface Frame {
  readonly slots: (Value | undefined)[]
  cost: number
  readonly limit: number
}
export type Step = (frame: Frame) => Value
type Scope = ReadonlyMap<string, number>

/** common.ListCreateBaseCost and its like. */
const listCost = 10
const mapCost = 30
const structCost = 40

function charge(frame: Frame, cost: number): void {
  frame.cost += cost
  if (frame.cost > frame.limit) throw new BudgetError()
}
const noOverload = (): never => {
  throw new EvaluationError('no such overload')
}
const noKey = (key: Value): never => {
  throw new EvaluationError(`no such key: ${key instanceof Uint ? key.value : String(key)}`)
}

/** `variables` are the slots of the declared ones. The number of slots that a frame needs is returned with the program. */
export function compileTree(tree: Expr, declared: Declarations, variables: Scope): { run: Step; slots: number } {
  let slots = variables.size

  function compile(e: Expr, scope: Scope): Step {
    switch (e.kind) {
      case 'literal': {
        const value = typeof e.value === 'object' && e.value !== null && 'uint' in e.value ? new Uint(e.value.uint) : e.value
        return () => value
      }
      case 'ident':
        return name(e.name, scope) ?? noOverload
      case 'select': {
        const full = e.test || e.optional ? undefined : qualifiedName(e)
        const whole = full?.includes('.') ? name(full, variables) : undefined
        return whole ?? select(e, compile(e.operand, scope))
      }
      case 'call':
        return call(e, scope)
      case 'list': {
        const items = e.items.map(({ optional, value }) => ({ optional, value: compile(value, scope) }))
        return (frame) => {
          const list: Value[] = []
          for (const { optional, value } of items) {
            const item = value(frame)
            if (!optional) list.push(item)
            else if (!(item instanceof Optional)) noOverload()
            else if (item.value !== undefined) list.push(item.value)
          }
          charge(frame, listCost)
          return list
        }
      }
      case 'map':
        return madeMap(e, scope)
      case 'struct': {
        const fields = e.fields.map((f) => ({ ...f, run: compile(f.value, scope) }))
        const type = declared.types.get(e.name)
        return (frame) => {
          const object: Record<string, unknown> = {}
          for (const { name, optional, run } of fields) {
            const value = run(frame)
            if (!optional) object[name] = value
            else if (value instanceof Optional && value.value !== undefined) object[name] = value.value
          }
          charge(frame, structCost)
          return new JsonMap(object, type)
        }
      }
      case 'fold':
        return fold(e, scope)
    }
  }

  function name(text: string, scope: Scope): Step | undefined {
    const slot = (text.startsWith('.') ? variables : scope).get(text.replace(/^\./, ''))
    if (slot === undefined) {
      const type = declared.types.get(text)
      const value = type && new TypeValue(formatType(type).replace(/\(.*/, ''))
      return value && (() => value)
    }
    return (frame) => {
      charge(frame, 1)
      const value = frame.slots[slot]
      if (value === undefined) throw new EvaluationError(`no such attribute(s): ${text}`)
      return value
    }
  }

  function select(e: Expr & { kind: 'select' }, operand: Step): Step {
    const { field } = e
    if (e.test)
      return (frame) => {
        const value = operand(frame)
        const target = value instanceof Optional ? value.value : value
        if (target === undefined) return false
        return target instanceof MapValue ? target.get(field) !== undefined : noOverload()
      }
    return (frame) => {
      const target = operand(frame)
      charge(frame, 1)
      if (e.optional || target instanceof Optional) return optionalMember(target, field)
      if (!(target instanceof MapValue)) return noOverload()
      return target.get(field) ?? present(target, field)
    }
  }
  /** A member that is null is there. */
  const present = (target: MapValue, key: Value): Value => (target.get(key) === undefined ? noKey(key) : null)

  function optionalMember(from: Value, key: Value): Value {
    const target = from instanceof Optional ? from.value : from
    if (target === undefined) return none
    if (target instanceof MapValue) {
      const value = target.get(key)
      return value === undefined ? none : new Optional(value)
    }
    if (!Array.isArray(target)) return noOverload()
    const index = toIndex(key)
    return index !== undefined && index >= 0 && index < target.length ? new Optional(target[index] as Value) : none
  }
  const toIndex = (key: Value): number | undefined => {
    const n = key instanceof Uint ? key.value : key
    return typeof n === 'bigint' ? Number(n) : typeof n === 'number' && Number.isInteger(n) ? n : undefined
  }

  function index(target: Value, key: Value): Value {
    if (target instanceof Optional) return optionalMember(target, key)
    if (target instanceof MapValue) {
      const value = target.get(key)
      return value === undefined ? noKey(key) : value
    }
    if (!Array.isArray(target)) return noOverload()
    const at = toIndex(key)
    if (at === undefined) return noOverload()
    if (at < 0 || at >= target.length) throw new EvaluationError(`index out of bounds: ${at}`)
    return target[at] as Value
  }

  function madeMap(e: Expr & { kind: 'map' }, scope: Scope): Step {
    const entries = e.entries.map((entry) => ({
      optional: entry.optional,
      key: compile(entry.key, scope),
      value: compile(entry.value, scope),
    }))
    return (frame) => {
      const made = new Map<unknown, readonly [Value, Value]>()
      for (const { optional, key, value } of entries) {
        const k = key(frame)
        let v = value(frame)
        if (optional) {
          if (!(v instanceof Optional)) return noOverload()
          if (v.value === undefined) continue
          v = v.value
        }
        insert(made, k, v)
      }
      charge(frame, mapCost)
      return new MadeMap(made)
    }
  }

  function call(e: Expr & { kind: 'call' }, scope: Scope): Step {
    const owner = e.target && qualifiedName(e.target)
    const isFunction = owner !== undefined && declared.overloads.has(`${owner}.${e.name}`) && !scope.has(owner)
    const args = (e.target && !isFunction ? [e.target, ...e.args] : e.args).map((a) => compile(a, scope))
    const [a, b, c] = args as [Step, Step, Step]
    switch (e.name) {
      case '_&&_':
        return shortCircuit(a, b, false)
      case '_||_':
        return shortCircuit(a, b, true)
      case '_?_:_':
        return (frame) => {
          const condition = a(frame)
          return condition === true ? b(frame) : condition === false ? c(frame) : noOverload()
        }
      case '_==_':
      case '_!=_': {
        const yes = e.name === '_==_'
        return (frame) => {
          const left = a(frame)
          const right = b(frame)
          charge(frame, equalityCost(left, right))
          return equal(left, right) === yes
        }
      }
      case '_[_]':
        return (frame) => {
          const target = a(frame)
          const key = b(frame)
          charge(frame, 1)
          return index(target, key)
        }
      case '_[?_]':
        return (frame) => {
          const target = a(frame)
          const key = b(frame)
          charge(frame, 1)
          return optionalMember(target, key)
        }
      case 'orValue':
      case 'or':
        return (frame) => {
          const value = a(frame)
          if (!(value instanceof Optional)) return noOverload()
          return value.value === undefined ? b(frame) : e.name === 'or' ? value : value.value
        }
    }
    const name = isFunction ? `${owner}.${e.name}` : e.name.replace(/^\./, '')
    const member = e.target !== undefined && !isFunction
    const overloads = (declared.overloads.get(name) ?? []).filter((o) => o.member === member && o.parameters.length === args.length)
    return dispatch(overloads, args)
  }

  function fold(e: Comprehension, scope: Scope): Step {
    const range = compile(e.range, scope)
    const initial = compile(e.initial, scope)
    const [accumulator, first, second] = [slots++, slots++, slots++]
    const outer = new Map([...scope, [e.accumulator, accumulator]])
    const inner = new Map([...outer, [e.variable, first], ...(e.second === undefined ? [] : [[e.second, second] as const])])
    const condition = compile(e.condition, inner)
    const step = compile(e.step, inner)
    const result = compile(e.result, outer)
    const two = e.second !== undefined
    // `cel.bind` and optMap: a fold over nothing.
    if (e.variable === '#unused')
      return (frame) => {
        frame.slots[accumulator] = initial(frame)
        return result(frame)
      }
    return (frame) => {
      const over = range(frame)
      const map = over instanceof MapValue ? over : undefined
      if (!map && !Array.isArray(over)) return noOverload()
      // An error is a value of the accumulator: a later element may absorb it.
      let error: EvaluationError | undefined
      frame.slots[accumulator] = initial(frame)
      let position = 0n
      for (const item of map ? map.keys() : (over as readonly Value[])) {
        frame.slots[first] = two && !map ? position++ : item
        if (two) frame.slots[second] = map ? (map.get(item) as Value) : item
        charge(frame, 1)
        if (error === undefined && condition(frame) === false) break
        try {
          const before: Value | undefined = frame.slots[accumulator]
          const value = step(frame)
          if (error === undefined || (typeof value === 'boolean' && value !== before)) {
            frame.slots[accumulator] = value
            error = undefined
            if (typeof value === 'boolean' && e.result.kind === 'ident' && condition(frame) === false) break
          }
        } catch (caught) {
          if (!(caught instanceof EvaluationError)) throw caught
          if (typeof frame.slots[accumulator] !== 'boolean') throw caught
          error ??= caught
        }
      }
      if (error) throw error
      return result(frame)
    }
  }

  const run = compile(tree, variables)
  return { run, slots }
}

const none = new Optional()

export function insert(into: Map<unknown, readonly [Value, Value]>, key: Value, value: Value): void {
  if (!isMapKey(key)) throw new EvaluationError(`unsupported key type: ${typeName(key)}`)
  const at = mapKey(key)
  if (into.has(at)) throw new EvaluationError(`Failed with repeated key: ${String(at)}`)
  into.set(at, [key, value])
}

/** A mistake on one side is absorbed when the other side decides. */
function shortCircuit(left: Step, right: Step, decisive: boolean): Step {
  return (frame) => {
    let error: EvaluationError | undefined
    let a: Value = !decisive
    try {
      a = left(frame)
      if (a === decisive) return decisive
    } catch (caught) {
      if (!(caught instanceof EvaluationError)) throw caught
      error = caught
    }
    const b = right(frame)
    if (b === decisive) return decisive
    if (error) throw error
    return typeof a === 'boolean' && typeof b === 'boolean' ? b : noOverload()
  }
}

function dispatch(overloads: readonly Overload[], steps: readonly Step[]): Step {
  const choose = (args: readonly Value[]): Overload => {
    for (const o of overloads) {
      let ok = true
      for (let i = 0; ok && i < args.length; i++) ok = fits(args[i] as Value, o.parameters[i] as CelType)
      if (ok) return o
    }
    return noOverload()
  }
  return (frame) => {
    const args = steps.map((step) => step(frame))
    const overload = choose(args)
    // What depends on the arguments alone is charged before the work is done.
    if (overload.cost.length < 2) charge(frame, overload.cost(args, null))
    const result = overload.run(...(args as never[]))
    if (overload.cost.length >= 2) charge(frame, overload.cost(args, result))
    return result
  }
}

/** Deep sizes, so that comparing large nested values is paid for. */
function equalityCost(a: Value, b: Value): number {
  return Math.max(1, Math.ceil(Math.min(weight(a), weight(b)) * 0.1))
}
function weight(value: Value): number {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.length
  return value instanceof MapValue ? value.size : value instanceof Uint8Array ? value.length : 1
}
