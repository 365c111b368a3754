/** How functions are declared: a signature in one line, what it does, and what it costs. */
import { type CelType, parseSignatureType } from './types.ts'
import type { Value } from './values.ts'

export interface Overload {
  readonly name: string
  /** Called as `target.name(…)`: the target is the first argument. */
  readonly member: boolean
  readonly parameters: readonly CelType[]
  readonly result: CelType
  readonly run: (...args: never[]) => Value
  /** cel-go's and Kubernetes' runtime cost; 1 unless told. Asked after the call, and before it where the work itself must be bounded. */
  readonly cost: (args: readonly Value[], result: Value) => number
}
export type Library = readonly Overload[]

/** `fn('string.contains(string): bool', run)`: a member; `fn('size(list<A>): int', run)`: a global function. */
export function fn(signature: string, run: (...args: never[]) => Value, cost: Overload['cost'] = () => 1): Overload {
  const match = /^(.*?)([@\w!?:+\-*/%<>=&|[\]]+)\((.*)\): (.+)$/.exec(signature)
  if (!match) throw new Error(`no signature: ${signature}`)
  const [, before, name, inside, result] = match as unknown as [string, string, string, string, string]
  const target = before.endsWith('.') ? before.slice(0, -1) : ''
  const isType = target !== '' && !/^(optional|ip|format|cel|math|sets|kubernetes|strings|jsonpatch)$/.test(target)
  const parameters = splitParameters(inside).map(parseSignatureType)
  return {
    name: isType ? name : target ? `${target}.${name}` : name,
    member: isType,
    parameters: isType ? [parseSignatureType(target), ...parameters] : parameters,
    result: parseSignatureType(result),
    run,
    cost,
  }
}

function splitParameters(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let i = 0; i <= text.length; i++) {
    const c = text[i]
    if (c === '<') depth++
    else if (c === '>') depth--
    else if ((c === ',' && depth === 0) || c === undefined) {
      const part = text.slice(from, i).trim()
      if (part) parts.push(part)
      from = i + 1
    }
  }
  return parts
}

/** Sizes as the cost model sees them: characters, bytes, elements; everything else is 1. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 1
  if (Array.isArray(value)) return value.length
  return value instanceof Uint8Array ? value.length : 'size' in value ? (value.size as number) : 1
}
/** Going once through a string costs a tenth a character. */
export const traversal =
  (factor = 0.1): Overload['cost'] =>
  (args) =>
    Math.ceil(sizeOf(args[0] as Value) * factor)
export const resultTraversal: Overload['cost'] = (_args, result) => Math.ceil(sizeOf(result) * 0.2)
export const regexCost: Overload['cost'] = (args) =>
  Math.ceil((1 + sizeOf(args[0] as Value)) * 0.1) * Math.ceil(sizeOf(args[1] as Value) * 0.25)
