/** The names that an expression mentions, its macros' own variables among them: whether it may depend on a variable. */
import type { Expr } from './ast.ts'
import { CompileError } from './errors.ts'
import { parse } from './parser.ts'

/** Of an expression that does not parse, none. */
export function namesIn(source: string): ReadonlySet<string> {
  const names = new Set<string>()
  try {
    collect(parse(source), names)
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
  }
  return names
}

function collect(e: Expr, names: Set<string>): void {
  for (const part of partsOf(e)) collect(part, names)
  if (e.kind === 'ident') names.add(e.name)
}

function partsOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'select':
      return [e.operand]
    case 'call':
      return e.target ? [e.target, ...e.args] : e.args
    case 'list':
      return e.items.map((item) => item.value)
    case 'map':
      return e.entries.flatMap((entry) => [entry.key, entry.value])
    case 'struct':
      return e.fields.map((field) => field.value)
    case 'fold':
      return [e.range, e.initial, e.condition, e.step, e.result]
    default:
      return []
  }
}
