/** Kubernetes' list functions and cel-go's sets. */
import { EvaluationError } from './errors.ts'
import { fn, type Library, type Overload, sizeOf } from './functions.ts'
import { standardLibrary } from './standard.ts'
import { Duration, equal, fits, Uint, type Value } from './values.ts'

const operator = (name: string, a: Value, b: Value): Value => {
  const overload = standardLibrary.find((o) => o.name === name && fits(a, o.parameters[0]!) && fits(b, o.parameters[1]!))
  if (!overload) throw new EvaluationError('no such overload')
  return overload.run(...([a, b] as never[]))
}
const extreme =
  (name: '_<_' | '_>_', what: string) =>
  (list: Value[]): Value => {
    if (list.length === 0) throw new EvaluationError(`${what} called on empty list`)
    return list.reduce((best, item) => (operator(name, item, best) === true ? item : best))
  }
const sorted = (list: Value[]): boolean => list.every((item, i) => i === 0 || operator('_<=_', list[i - 1] as Value, item) === true)
const once: Overload['cost'] = ([list]) => sizeOf(list!)
const product: Overload['cost'] = ([a, b]) => 1 + sizeOf(a!) * sizeOf(b!)
const has = (list: Value[], value: Value): boolean => list.some((item) => equal(item, value))
const zero: Readonly<Record<string, Value>> = { int: 0n, uint: new Uint(0n), double: 0, duration: new Duration(0n) }

export const listsLibrary: Library = [
  ...['int', 'uint', 'double', 'bool', 'string', 'bytes', 'duration', 'timestamp'].flatMap((t) => [
    fn(`list<${t}>.isSorted(): bool`, sorted, once),
    fn(`list<${t}>.min(): ${t}`, extreme('_<_', 'min'), once),
    fn(`list<${t}>.max(): ${t}`, extreme('_>_', 'max'), once),
  ]),
  ...Object.entries(zero).map(([t, from]) =>
    fn(
      `list<${t}>.sum(): ${t}`,
      (list: Value[]) => (list.length === 0 ? from : list.reduce((sum, item) => operator('_+_', sum, item))),
      once,
    ),
  ),
  fn('list<A>.indexOf(A): int', (list: Value[], value: Value) => BigInt(list.findIndex((item) => equal(item, value))), once),
  fn('list<A>.lastIndexOf(A): int', (list: Value[], value: Value) => BigInt(list.findLastIndex((item) => equal(item, value))), once),
  fn('sets.contains(list<A>, list<A>): bool', (a: Value[], b: Value[]) => b.every((v) => has(a, v)), product),
  fn('sets.intersects(list<A>, list<A>): bool', (a: Value[], b: Value[]) => b.some((v) => has(a, v)), product),
  fn(
    'sets.equivalent(list<A>, list<A>): bool',
    (a: Value[], b: Value[]) => a.every((v) => has(b, v)) && b.every((v) => has(a, v)),
    product,
  ),
]
