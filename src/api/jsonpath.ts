/**
 * kubectl's JSONPath (client-go/util/jsonpath): literal text around `{…}` actions, ranges, filters, unions, slices,
 * recursive descent. Used for `-o jsonpath`, custom columns, waits and the printer columns of custom resources.
 */
import { equalJson, isObject, ownKey } from './shape.ts'

export class JsonPathError extends Error {}

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly by?: number }
  | { readonly kind: 'index'; readonly at: number }
  | { readonly kind: 'union'; readonly paths: readonly Path[] }
  | { readonly kind: 'filter'; readonly left: Operand; readonly operator: string; readonly right?: Operand }
interface Path {
  readonly fromRoot: boolean
  readonly steps: readonly Step[]
}
type Operand = { readonly literal: unknown } | { readonly path: Path }
type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'range'; readonly path: Path; readonly body: readonly Node[] }

export interface JsonPathOptions {
  /** A field that is not there gives nothing instead of an error. */
  readonly allowMissingKeys?: boolean
}
export interface JsonPath {
  /** The text of the whole template. */
  print(data: unknown): string
  /** The values of each `{…}`, in order; literal text counts for nothing. */
  find(data: unknown): unknown[][]
}

/** Throws JsonPathError on a template that is none. */
export function parseJsonPath(template: string, options: JsonPathOptions = {}): JsonPath {
  const nodes = createParser(template).template()
  const missing = options.allowMissingKeys === true
  return {
    print: (data) => nodes.map((node) => print(node, data, data, missing)).join(''),
    find: (data) => nodes.flatMap((node) => found(node, data, data, missing)),
  }
}

/**
 * A path as users write it for columns and waits, `metadata.name`, `.spec.x` or `{.spec.x}`, in braces
 * (kubectl's RelaxedJSONPathExpression).
 */
export function relaxedJsonPath(text: string): string {
  if (text === '') return ''
  const match = /^\{?\.?([^{}]+)\}?$/.exec(text)
  if (!match)
    throw new JsonPathError(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`)
  return `{.${match[1]}}`
}

// ---- reading

const maxDepth = 50

function createParser(text: string) {
  let at = 0
  const fail = (message: string): never => {
    throw new JsonPathError(message)
  }
  const skipSpace = () => {
    while (/[ \t\r\n]/.test(text[at] ?? '')) at++
  }

  function template(): Node[] {
    const [nodes, ended] = nodesUntilEnd(0)
    if (ended) fail('not in range, nothing to end')
    return nodes
  }

  function nodesUntilEnd(depth: number): [Node[], boolean] {
    if (depth > maxDepth) fail('ranges are nested too deeply')
    const nodes: Node[] = []
    while (at < text.length) {
      const open = text.indexOf('{', at)
      if (open !== at) nodes.push({ kind: 'text', text: text.slice(at, open < 0 ? undefined : open) })
      if (open < 0) {
        at = text.length
        break
      }
      at = open + 1
      if (action(nodes, depth)) return [nodes, true]
    }
    return [nodes, false]
  }

  /** What stands between braces; true when it is `end`. */
  function action(nodes: Node[], depth: number): boolean {
    for (;;) {
      skipSpace()
      const char = text[at]
      if (char === undefined) fail('unclosed action')
      if (char === '}') {
        at++
        return false
      }
      if (char === '"' || char === "'") nodes.push({ kind: 'text', text: quoted() })
      else if (/^range\b/.test(text.slice(at, at + 6))) {
        at += 5
        skipSpace()
        const path = pathHere()
        skipSpace()
        if (text[at] !== '}') fail('unclosed action')
        at++
        const [body, ended] = nodesUntilEnd(depth + 1)
        if (!ended) fail('unclosed range')
        nodes.push({ kind: 'range', path, body })
        return false
      } else if (/^end\b/.test(text.slice(at, at + 4))) {
        at += 3
        skipSpace()
        if (text[at] !== '}') fail('unclosed action')
        at++
        return true
      } else nodes.push({ kind: 'path', path: pathHere() })
    }
  }

  function pathHere(): Path {
    const steps: Step[] = []
    let fromRoot = false
    const start = at
    if (text[at] === '$' || text[at] === '@') {
      fromRoot = text[at] === '$'
      at++
    }
    for (;;) {
      const char = text[at]
      if (char === '.') {
        at++
        if (text[at] === '.') {
          at++
          steps.push({ kind: 'recursive' })
        }
        if (text[at] === '[' || text[at] === undefined || /[ \t\r\n})\],]/.test(text[at] as string)) continue
        steps.push(name())
      } else if (char === '[') steps.push(bracket())
      else if (steps.length === 0 && !fromRoot && start === at && char !== undefined && /[\w*\\-]/.test(char)) steps.push(name())
      else break
    }
    if (at === start) fail(`unrecognized character in action: ${JSON.stringify(text[at] ?? '')}`)
    return { fromRoot, steps }
  }

  function name(): Step {
    let value = ''
    while (at < text.length && !/[\s.[\]{}()|$@<>='"!,?]/.test(text[at] as string)) {
      if (text[at] === '\\') at++
      value += text[at] ?? ''
      at++
    }
    if (value === '') fail(`unrecognized character in action: ${JSON.stringify(text[at] ?? '')}`)
    return value === '*' ? { kind: 'wildcard' } : { kind: 'field', name: value }
  }

  function bracket(): Step {
    at++
    skipSpace()
    if (text[at] === '?') return filter()
    const parts: Step[] = []
    for (;;) {
      skipSpace()
      const char = text[at]
      if (char === '"' || char === "'") parts.push({ kind: 'field', name: quoted() })
      else if (char === '*') {
        at++
        parts.push({ kind: 'wildcard' })
      } else {
        const match = /^(-?\d*)(?:(:)(-?\d*)(?::(-?\d*))?)?/.exec(text.slice(at, at + 64)) as RegExpExecArray
        const [whole, from, colon, to, by] = match
        const number = (digits: string | undefined) => (digits === undefined || digits === '' ? undefined : Number(digits))
        if (whole === '') {
          const end = text.indexOf(']', at)
          if (end < 0) fail('unterminated array')
          fail(`invalid array index ${text.slice(at, end)}`)
        }
        at += whole.length
        if (colon === undefined) parts.push({ kind: 'index', at: Number(from) })
        else parts.push({ kind: 'slice', from: number(from), to: number(to), by: number(by) })
      }
      skipSpace()
      if (text[at] === ',') at++
      else if (text[at] === ']') {
        at++
        return parts.length === 1 ? (parts[0] as Step) : { kind: 'union', paths: parts.map((step) => ({ fromRoot: false, steps: [step] })) }
      } else return fail('unterminated array')
    }
  }

  function filter(): Step {
    at++
    skipSpace()
    if (text[at] !== '(') fail('unterminated filter')
    at++
    const left = operand()
    skipSpace()
    const operator = /^(==|!=|<=|>=|<|>)/.exec(text.slice(at, at + 2))?.[0]
    let step: Step = { kind: 'filter', left, operator: 'exists' }
    if (operator) {
      at += operator.length
      step = { kind: 'filter', left, operator, right: operand() }
    }
    skipSpace()
    if (text[at] !== ')') fail('unterminated filter')
    at++
    skipSpace()
    if (text[at] !== ']') fail('unclosed array expect ]')
    at++
    return step
  }

  function operand(): Operand {
    skipSpace()
    const char = text[at]
    if (char === '"' || char === "'") return { literal: quoted() }
    const literal = /^(true|false|-?\d+(?:\.\d+)?)(?=[\s)=!<>])/.exec(text.slice(at, at + 64))?.[0]
    if (literal !== undefined) {
      at += literal.length
      return { literal: JSON.parse(literal) as unknown }
    }
    return { path: pathHere() }
  }

  function quoted(): string {
    const quote = text[at] as string
    at++
    let value = ''
    for (;;) {
      const char = text[at]
      if (char === undefined) fail('unterminated quoted string')
      at++
      if (char === quote) return value
      if (char === '\\') {
        const next = text[at++] ?? ''
        value += ({ n: '\n', t: '\t', r: '\r' } as Record<string, string>)[next] ?? next
      } else value += char
    }
  }

  return { template }
}

// ---- finding

function print(node: Node, here: unknown, root: unknown, missing: boolean): string {
  if (node.kind === 'text') return node.text
  if (node.kind === 'path') return walk(node.path, here, root, missing).map(printValue).join(' ')
  return walk(node.path, here, root, missing)
    .map((item) => node.body.map((inner) => print(inner, item, root, missing)).join(''))
    .join('')
}
function found(node: Node, here: unknown, root: unknown, missing: boolean): unknown[][] {
  if (node.kind === 'text') return []
  if (node.kind === 'path') return [walk(node.path, here, root, missing)]
  return walk(node.path, here, root, missing).flatMap((item) => node.body.flatMap((inner) => found(inner, item, root, missing)))
}

/** A found value as text: strings as they are, maps and lists as JSON. */
export function printValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function walk(path: Path, here: unknown, root: unknown, missing: boolean): unknown[] {
  let values: unknown[] = [path.fromRoot ? root : here]
  for (const step of path.steps) values = values.flatMap((value) => take(step, value, root, missing))
  return values
}

function take(step: Step, value: unknown, root: unknown, missing: boolean): unknown[] {
  switch (step.kind) {
    case 'field': {
      if (value === null || value === undefined) return notFound(step.name, missing)
      const inner = isObject(value) ? ownKey(value, step.name) : undefined
      return inner === undefined ? notFound(step.name, missing) : [inner]
    }
    case 'wildcard':
      if (Array.isArray(value)) return value
      return isObject(value) ? Object.values(value).filter((item) => item !== undefined) : []
    case 'recursive':
      return descend(value)
    case 'union':
      return step.paths.flatMap((path) => walk(path, value, root, missing))
    case 'index':
    case 'slice': {
      if (!Array.isArray(value)) {
        if (missing) return []
        throw new JsonPathError(`${printValue(value)} is not array or slice`)
      }
      return step.kind === 'index' ? indexOf(value, step.at, missing) : sliceOf(value, step)
    }
    case 'filter': {
      const items = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
      return items.filter((item) => keeps(step, item, root))
    }
  }
}
function notFound(name: string, missing: boolean): unknown[] {
  if (missing) return []
  throw new JsonPathError(`${name} is not found`)
}
function descend(value: unknown, depth = 0): unknown[] {
  if (depth > 1000 || typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap((inner) => descend(inner, depth + 1))]
}
function indexOf(list: readonly unknown[], at: number, missing: boolean): unknown[] {
  const place = at < 0 ? at + list.length : at
  if (place >= 0 && place < list.length) return [list[place]]
  if (missing) return []
  throw new JsonPathError(`array index out of bounds: index ${at}, length ${list.length}`)
}
function sliceOf(list: readonly unknown[], { from = 0, to = list.length, by = 1 }: { from?: number; to?: number; by?: number }): unknown[] {
  const place = (n: number) => Math.min(Math.max(n < 0 ? n + list.length : n, 0), list.length)
  if (by <= 0) throw new JsonPathError('step must be > 0')
  return list.slice(place(from), place(to)).filter((_, i) => i % by === 0)
}

function keeps(step: Extract<Step, { kind: 'filter' }>, item: unknown, root: unknown): boolean {
  const valuesOf = (operand: Operand) => ('literal' in operand ? [operand.literal] : walk(operand.path, item, root, true))
  const left = valuesOf(step.left)
  if (!step.right) return left.length > 0
  const right = valuesOf(step.right)
  if (left.length === 0 || right.length === 0) return false
  const [a, b] = [left[0], right[0]] as [never, never]
  switch (step.operator) {
    case '==':
      return equalJson(a, b)
    case '!=':
      return !equalJson(a, b)
    case '<':
      return a < b
    case '>':
      return a > b
    case '<=':
      return a <= b
    default:
      return a >= b
  }
}
