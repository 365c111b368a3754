/** An environment is what expressions may name: variables, functions and types. It compiles; callers cache programs. */
import { check, type Declarations } from './checker.ts'
import { estimateCost, type SizeOf } from './cost.ts'
import { EvaluationError } from './errors.ts'
import { compileTree, type Frame } from './evaluate.ts'
import { formatLibrary } from './format.ts'
import type { Library, Overload } from './functions.ts'
import { ipLibrary } from './ip.ts'
import { listsLibrary } from './lists.ts'
import { parse } from './parser.ts'
import { quantityLibrary } from './quantity.ts'
import { semverLibrary } from './semver.ts'
import { standardLibrary } from './standard.ts'
import { stringsLibrary } from './strings.ts'
import { bool, bytes, type CelType, double, duration, dyn, int, listOf, mapOf, nullType, string, timestamp, uint } from './types.ts'
import { urlLibrary } from './url.ts'
import { adapt, type Value } from './values.ts'

/** The libraries that every expression of Kubernetes may call. */
export const kubernetesLibraries: readonly Library[] = [
  standardLibrary,
  stringsLibrary,
  formatLibrary,
  listsLibrary,
  quantityLibrary,
  semverLibrary,
  urlLibrary,
  ipLibrary,
]

/** The cost that one evaluation may have (apiserver/pkg/apis/cel PerCallLimit). */
export const perCallLimit = 1_000_000

export interface EnvironmentOptions {
  readonly variables?: Readonly<Record<string, CelType>>
  readonly types?: Readonly<Record<string, CelType>>
  /** Types that are too many to list, by name. */
  readonly resolveType?: (name: string) => CelType | undefined
  readonly libraries?: readonly Library[]
}
export interface Evaluation {
  readonly value: Value
  readonly cost: number
}
export interface Program {
  readonly source: string
  readonly type: CelType
  /** Throws EvaluationError, or BudgetError past `limit`. */
  evaluate(bindings: Readonly<Record<string, unknown>>, limit?: number): Evaluation
}
export interface Environment {
  /** Throws CompileError. The type of the result is the caller's to judge: `program.type`. */
  compile(source: string): Program
  /** The most that an evaluation can cost, when values are no larger than this says. The source must compile. */
  estimateCost(source: string, sizeOf: SizeOf): number
}

const base: Readonly<Record<string, CelType>> = {
  bool,
  bytes,
  double,
  dyn,
  int,
  string,
  uint,
  null_type: nullType,
  list: listOf(dyn),
  map: mapOf(dyn, dyn),
  type: { kind: 'type', of: dyn },
  'google.protobuf.Timestamp': timestamp,
  'google.protobuf.Duration': duration,
}

export function createEnvironment({
  variables = {},
  types = {},
  resolveType,
  libraries = kubernetesLibraries,
}: EnvironmentOptions): Environment {
  const names = Object.keys(variables)
  // Made at the first expression: programs that never see one start without it.
  let declared: Declarations | undefined
  const declare = (): Declarations => {
    const known = new Map(Object.entries({ ...base, ...types }))
    return {
      variables: new Map(Object.entries(variables)),
      overloads: overloadsOf(libraries),
      types: resolveType ? { get: (name) => known.get(name) ?? resolveType(name) } : known,
    }
  }
  const slotOf = new Map(names.map((name, i) => [name, i]))

  return {
    compile(source) {
      const tree = parse(source)
      declared ??= declare()
      const { type } = check(source, tree, declared)
      const { run, slots } = compileTree(tree, declared, slotOf)
      return {
        source,
        type,
        evaluate(bindings, limit = perCallLimit) {
          const frame: Frame = { slots: new Array<Value | undefined>(slots), cost: 0, limit }
          for (let i = 0; i < names.length; i++) {
            const name = names[i] as string
            const value = bindings[name]
            if (value !== undefined) frame.slots[i] = adapt(value, variables[name])
          }
          try {
            return { value: run(frame), cost: frame.cost }
          } catch (error) {
            // Values nested deeper than the stack compare or print no more.
            if (error instanceof RangeError) throw new EvaluationError('value is nested too deeply')
            throw error
          }
        },
      }
    },
    estimateCost(source, sizeOf) {
      const tree = parse(source)
      declared ??= declare()
      return estimateCost(tree, check(source, tree, declared).typeOf, sizeOf)
    },
  }
}

/** Environments are many, their libraries few. */
const grouped = new WeakMap<readonly Library[], ReadonlyMap<string, readonly Overload[]>>()

function overloadsOf(libraries: readonly Library[]): ReadonlyMap<string, readonly Overload[]> {
  const known = grouped.get(libraries)
  if (known) return known
  const overloads = new Map<string, Overload[]>()
  grouped.set(libraries, overloads)
  for (const overload of libraries.flat()) {
    const same = overloads.get(overload.name)
    if (same) same.push(overload)
    else overloads.set(overload.name, [overload])
  }
  return overloads
}
