/**
 * Go templates (text/template) as far as `-o go-template` uses them: fields, variables, pipelines, if/else, range, with,
 * define/template, trimming, and the built-in functions besides kubectl's own `exists`, `base64decode` and `parseGoTemplate`.
 */

export class TemplateError extends Error {}

type Expression =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'pipe'; readonly steps: readonly Expression[] }
type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'set'; readonly name: string; readonly value: Expression; readonly declare: boolean }
  | {
      readonly kind: 'if' | 'with'
      readonly value: Expression
      readonly variable?: string
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }
  | {
      readonly kind: 'range'
      readonly value: Expression
      readonly variables: readonly string[]
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }
  | { readonly kind: 'template'; readonly name: string; readonly value: Expression | undefined }
  | { readonly kind: 'break' | 'continue' }

export interface TemplateOptions {
  readonly missingKey?: 'default' | 'error'
}

/** Rows of output are text; a template that runs away ends here. */
const largestOutput = 64 << 20
const mostSteps = 5_000_000

export function parseGoTemplate(text: string, options: TemplateOptions = {}): (data: unknown) => string {
  const defined = new Map<string, readonly Node[]>()
  const nodes = parse(text, defined)
  return (data) => execute(nodes, defined, data, options)
}

// ---- reading

interface Action {
  readonly text?: string
  readonly words?: readonly string[]
}

function* actionsOf(template: string): Generator<Action> {
  let at = 0
  let trimNext = false
  for (;;) {
    const open = template.indexOf('{{', at)
    let text = open < 0 ? template.slice(at) : template.slice(at, open)
    if (trimNext) text = text.trimStart()
    if (open < 0) {
      if (text) yield { text }
      return
    }
    const trims = /^\{\{- /.test(template.slice(open, open + 4)) || /^\{\{-[\t\n]/.test(template.slice(open, open + 4))
    if (trims) text = text.trimEnd()
    if (text) yield { text }
    const start = open + (trims ? 3 : 2)
    const comment = /^\s*\/\*[\s\S]*?\*\/\s*?(-?)\}\}/.exec(template.slice(start))
    if (comment) {
      trimNext = comment[1] === '-'
      at = start + comment[0].length
      continue
    }
    const words: string[] = []
    const token = /\s+|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)+'|-?\}\}|:=|[|(),=]|[-+]?\d[\d.]*|\$\w*(?:\.\w+)*|[A-Za-z_]\w*|\.[\w.]*/y
    token.lastIndex = start
    let end = -1
    while (end < 0) {
      const from = token.lastIndex
      const match = token.exec(template)
      if (!match)
        throw new TemplateError(from >= template.length ? 'unclosed action' : `unexpected ${JSON.stringify(template[from])} in operand`)
      const word = match[0]
      if (word === '}}' || word === '-}}') {
        trimNext = word === '-}}'
        end = token.lastIndex
      } else if (/^\s/.test(word)) words.push(' ')
      else words.push(word)
    }
    at = end
    yield { words }
  }
}

function parse(template: string, defined: Map<string, readonly Node[]>): readonly Node[] {
  const actions = [...actionsOf(template)]
  let next = 0

  function body(ends: readonly string[]): { nodes: Node[]; end: string; words: readonly string[] } {
    const nodes: Node[] = []
    while (next < actions.length) {
      const action = actions[next++] as Action
      if (action.text !== undefined) {
        nodes.push({ kind: 'text', text: action.text })
        continue
      }
      const words = trimmed(action.words ?? [])
      const [head = ''] = words
      if (ends.includes(head)) return { nodes, end: head, words: trimmed(words.slice(1)) }
      const node = actionNode(head, words)
      if (node) nodes.push(node)
    }
    if (ends.length > 0) throw new TemplateError('unexpected EOF')
    return { nodes, end: '', words: [] }
  }

  function actionNode(head: string, words: readonly string[]): Node | undefined {
    switch (head) {
      case 'if':
      case 'with':
        return branch(head, trimmed(words.slice(1)))
      case 'range': {
        const { variables, rest } = declared(trimmed(words.slice(1)))
        const first = body(['end', 'else'])
        const otherwise = first.end === 'else' ? body(['end']).nodes : []
        return { kind: 'range', value: expression(rest), variables, body: first.nodes, otherwise }
      }
      case 'define': {
        const name = JSON.parse(words.find((w) => w.startsWith('"')) ?? '""') as string
        defined.set(name, body(['end']).nodes)
        return undefined
      }
      case 'template': {
        const rest = trimmed(words.slice(1))
        const after = trimmed(rest.slice(1))
        return { kind: 'template', name: JSON.parse(rest[0] ?? '""') as string, value: after.length ? expression(after) : undefined }
      }
      case 'break':
      case 'continue':
        return { kind: head }
      case 'end':
      case 'else':
        throw new TemplateError(`unexpected {{${head}}}`)
    }
    if (words.length === 0) throw new TemplateError('missing value for command')
    const plain = words.filter((w) => w !== ' ')
    if (/^\$\w*$/.test(plain[0] as string) && (plain[1] === ':=' || plain[1] === '='))
      return {
        kind: 'set',
        name: plain[0] as string,
        declare: plain[1] === ':=',
        value: expression(trimmed(words.slice(words.indexOf(plain[1]) + 1))),
      }
    return { kind: 'print', value: expression(words) }
  }

  function branch(kind: 'if' | 'with', words: readonly string[]): Node {
    const { variables, rest } = declared(words)
    const first = body(['end', 'else'])
    let otherwise: readonly Node[] = []
    if (first.end === 'else') {
      const [chained] = first.words
      otherwise = chained === 'if' || chained === 'with' ? [branch(chained, trimmed(first.words.slice(1)))] : body(['end']).nodes
    }
    return { kind, value: expression(rest), ...(variables[0] ? { variable: variables[0] } : {}), body: first.nodes, otherwise }
  }

  return body([]).nodes
}

/** `$k, $v := pipeline`. */
function declared(words: readonly string[]): { variables: string[]; rest: readonly string[] } {
  const at = words.indexOf(':=')
  if (at < 0) return { variables: [], rest: words }
  return { variables: words.slice(0, at).filter((w) => w.startsWith('$')), rest: trimmed(words.slice(at + 1)) }
}

function trimmed(words: readonly string[]): readonly string[] {
  let from = 0
  let to = words.length
  while (words[from] === ' ') from++
  while (to > from && words[to - 1] === ' ') to--
  return words.slice(from, to)
}

function expression(words: readonly string[]): Expression {
  let at = 0
  const skip = () => {
    while (words[at] === ' ') at++
  }
  function pipeline(): Expression {
    const steps = [command()]
    for (skip(); words[at] === '|'; skip()) {
      at++
      steps.push(command())
    }
    return steps.length === 1 ? (steps[0] as Expression) : { kind: 'pipe', steps }
  }
  function command(): Expression {
    skip()
    const word = words[at]
    if (word === undefined || word === '|' || word === ')') throw new TemplateError('missing value for command')
    if (/^[A-Za-z_]\w*$/.test(word) && !['true', 'false', 'nil'].includes(word)) {
      at++
      if (!Object.hasOwn(functions, word) && word !== 'and' && word !== 'or')
        throw new TemplateError(`function ${JSON.stringify(word)} not defined`)
      return { kind: 'call', name: word, args: operands() }
    }
    const first = operand()
    const more = operands()
    if (more.length > 0) throw new TemplateError(`can't give argument to non-function ${word}`)
    return first
  }
  function operands(): Expression[] {
    const all: Expression[] = []
    for (skip(); at < words.length && words[at] !== '|' && words[at] !== ')'; skip()) all.push(operand())
    return all
  }
  function operand(): Expression {
    const word = words[at++] as string
    if (word === '(') {
      let inner = pipeline()
      skip()
      if (words[at++] !== ')') throw new TemplateError('unclosed left paren')
      if (words[at]?.startsWith('.') && words[at - 1] === ')') inner = fields(inner, words[at++] as string)
      return inner
    }
    if (word.startsWith('"')) return { kind: 'literal', value: goString(word) }
    if (word.startsWith('`')) return { kind: 'literal', value: word.slice(1, -1) }
    if (word.startsWith("'")) return { kind: 'literal', value: goString(`"${word.slice(1, -1)}"`).codePointAt(0) }
    if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' }
    if (word === 'nil') return { kind: 'literal', value: null }
    if (word === '.') return { kind: 'dot' }
    if (word.startsWith('.')) return fields({ kind: 'dot' }, word)
    if (word.startsWith('$')) {
      const dot = word.indexOf('.')
      const variable: Expression = { kind: 'variable', name: dot < 0 ? word : word.slice(0, dot) }
      return dot < 0 ? variable : fields(variable, word.slice(dot))
    }
    if (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(word)) return { kind: 'literal', value: Number(word) }
    if (/^[A-Za-z_]\w*$/.test(word) && Object.hasOwn(functions, word)) return { kind: 'call', name: word, args: [] }
    throw new TemplateError(
      /^[A-Za-z_]/.test(word) ? `function ${JSON.stringify(word)} not defined` : `unexpected ${JSON.stringify(word)} in operand`,
    )
  }
  const fields = (of: Expression, path: string): Expression =>
    path
      .split('.')
      .filter((name) => name !== '')
      .reduce<Expression>((inner, name) => ({ kind: 'field', of: inner, name }), of)
  const whole = pipeline()
  skip()
  if (at < words.length) throw new TemplateError(`unexpected ${JSON.stringify(words[at])} in command`)
  return whole
}

const goString = (quoted: string): string =>
  JSON.parse(
    quoted.replace(/\\(['av0]|x([0-9a-fA-F]{2}))/g, (_all, what: string, hex?: string) =>
      hex ? `\\u00${hex}` : what === "'" ? "'" : what === 'a' ? '\\u0007' : what === 'v' ? '\\u000b' : '\\u0000',
    ),
  ) as string

// ---- running

const Loop = { next: Symbol('continue'), stop: Symbol('break') } as const

function execute(nodes: readonly Node[], defined: ReadonlyMap<string, readonly Node[]>, data: unknown, options: TemplateOptions): string {
  let output = ''
  let steps = 0
  let depth = 0

  function run(list: readonly Node[], dot: unknown, variables: Map<string, { value: unknown }>): symbol | undefined {
    for (const node of list) {
      if (++steps > mostSteps || output.length > largestOutput) throw new TemplateError('the template makes too much output')
      const scope = () => new Map(variables)
      switch (node.kind) {
        case 'text':
          output += node.text
          break
        case 'print':
          output += goText(value(node.value, dot, variables))
          break
        case 'set': {
          const made = value(node.value, dot, variables)
          const have = variables.get(node.name)
          if (node.declare) variables.set(node.name, { value: made })
          else if (have) have.value = made
          else throw new TemplateError(`undefined variable: ${node.name}`)
          break
        }
        case 'if':
        case 'with': {
          const test = value(node.value, dot, variables)
          const inner = scope()
          if (node.variable) inner.set(node.variable, { value: test })
          const signal = truth(test) ? run(node.body, node.kind === 'with' ? test : dot, inner) : run(node.otherwise, dot, inner)
          if (signal) return signal
          break
        }
        case 'range': {
          const entries = entriesOf(value(node.value, dot, variables))
          if (entries.length === 0) {
            const signal = run(node.otherwise, dot, scope())
            if (signal) return signal
          }
          for (const [key, element] of entries) {
            const inner = scope()
            const [first, second] = node.variables
            if (first) inner.set(first, { value: second ? key : element })
            if (second) inner.set(second, { value: element })
            if (run(node.body, element, inner) === Loop.stop) break
          }
          break
        }
        case 'template': {
          const other = defined.get(node.name)
          if (!other) throw new TemplateError(`template ${JSON.stringify(node.name)} not defined`)
          if (++depth > 1000) throw new TemplateError('exceeded maximum template depth')
          const given = node.value ? value(node.value, dot, variables) : undefined
          run(other, given, new Map([['$', { value: given }]]))
          depth--
          break
        }
        case 'break':
          return Loop.stop
        case 'continue':
          return Loop.next
      }
    }
    return undefined
  }

  function value(
    expr: Expression,
    dot: unknown,
    variables: ReadonlyMap<string, { value: unknown }>,
    piped: readonly unknown[] = [],
  ): unknown {
    switch (expr.kind) {
      case 'literal':
        return expr.value
      case 'dot':
        return dot
      case 'variable': {
        const have = variables.get(expr.name)
        if (!have) throw new TemplateError(`undefined variable ${JSON.stringify(expr.name)}`)
        return have.value
      }
      case 'field': {
        const of = value(expr.of, dot, variables)
        if (of === undefined) return noValue
        if (of === noValue || of === null) {
          if (of === null || options.missingKey === 'error') throw new TemplateError(`nil pointer evaluating interface {}.${expr.name}`)
          return noValue
        }
        if (typeof of !== 'object' || Array.isArray(of)) throw new TemplateError(`can't evaluate field ${expr.name} in type ${goType(of)}`)
        if (Object.hasOwn(of, expr.name)) return (of as Record<string, unknown>)[expr.name]
        if (options.missingKey === 'error') throw new TemplateError(`map has no entry for key ${JSON.stringify(expr.name)}`)
        return noValue
      }
      case 'pipe': {
        let carried: unknown
        expr.steps.forEach((step, i) => {
          if (i > 0 && step.kind !== 'call') throw new TemplateError('non executable command in pipeline')
          carried = value(step, dot, variables, i > 0 ? [carried] : [])
        })
        return carried
      }
      case 'call': {
        if (expr.name === 'and' || expr.name === 'or') {
          let last: unknown
          for (const arg of [...expr.args.map((a) => () => value(a, dot, variables)), ...piped.map((p) => () => p)]) {
            last = arg()
            if (truth(last) === (expr.name === 'or')) return last
          }
          return last
        }
        const run = functions[expr.name] as (...args: unknown[]) => unknown
        const args = [...expr.args.map((arg) => value(arg, dot, variables)), ...piped]
        try {
          return run(...args)
        } catch (error) {
          throw error instanceof TemplateError ? error : new TemplateError(`error calling ${expr.name}: ${(error as Error).message}`)
        }
      }
    }
  }
  run(nodes, data, new Map([['$', { value: data }]]))
  return output
}

/** What a missing field is: printed as `<no value>`. */
const noValue = Symbol('no value')

function truth(value: unknown): boolean {
  if (value === noValue || value === null || value === undefined) return false
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object') return Object.keys(value).length > 0
  return Boolean(value)
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (value === noValue || value === null || value === undefined) return []
  if (Array.isArray(value)) return [...value.entries()]
  if (typeof value === 'object') return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  if (typeof value === 'number') return Array.from({ length: value }, (_, i) => [i, i])
  throw new TemplateError(`range can't iterate over ${goText(value)}`)
}

/** As Go prints an `interface {}`: maps as `map[k:v]`, lists as `[a b]`. */
export function goText(value: unknown): string {
  if (value === noValue || value === undefined || value === null) return '<no value>'
  if (Array.isArray(value)) return `[${value.map(inner).join(' ')}]`
  if (typeof value === 'object')
    return `map[${Object.keys(value)
      .sort()
      .map((key) => `${key}:${inner((value as Record<string, unknown>)[key])}`)
      .join(' ')}]`
  if (typeof value === 'number' && Math.abs(value) >= 1e21) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  return String(value)
}
const inner = (value: unknown): string => (value === null || value === undefined ? '<nil>' : goText(value))

const goType = (value: unknown): string =>
  Array.isArray(value)
    ? '[]interface {}'
    : typeof value === 'string'
      ? 'string'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value === 'number'
          ? Number.isInteger(value)
            ? 'int64'
            : 'float64'
          : 'map[string]interface {}'

const comparable = (a: unknown, b: unknown): void => {
  if (typeof a !== typeof b || !['string', 'number'].includes(typeof a)) throw new Error('incompatible types for comparison')
}
const less = (a: unknown, b: unknown): boolean => {
  comparable(a, b)
  return (a as string) < (b as string)
}

const html: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&#34;', "'": '&#39;' }
const functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
  not: (value: unknown) => !truth(value),
  eq: (first: unknown, ...rest: unknown[]) => {
    if (rest.length === 0) throw new Error('missing argument for comparison')
    return rest.some((other) => {
      if (first === noValue || other === noValue) return first === other
      if (typeof first !== typeof other && first !== null && other !== null) throw new Error('incompatible types for comparison')
      return first === other
    })
  },
  ne: (a: unknown, b: unknown) => a !== b,
  lt: less,
  le: (a: unknown, b: unknown) => less(a, b) || a === b,
  gt: (a: unknown, b: unknown) => less(b, a),
  ge: (a: unknown, b: unknown) => less(b, a) || a === b,
  len: (value: unknown) => {
    if (typeof value === 'string') return Buffer.byteLength(value)
    if (Array.isArray(value)) return value.length
    if (typeof value === 'object' && value !== null) return Object.keys(value).length
    throw new Error(`len of type ${goType(value)}`)
  },
  index: (value: unknown, ...keys: unknown[]) => {
    let at = value
    for (const key of keys) {
      if (at === noValue || at === null || at === undefined) throw new Error('index of untyped nil')
      if (Array.isArray(at)) {
        if (typeof key !== 'number') throw new Error(`cannot index slice/array with type ${goType(key)}`)
        if (key < 0 || key >= at.length) throw new Error(`index out of range: ${key}`)
        at = at[key]
      } else if (typeof at === 'object') at = Object.hasOwn(at, String(key)) ? (at as Record<string, unknown>)[String(key)] : noValue
      else throw new Error(`can't index item of type ${goType(at)}`)
    }
    return at
  },
  slice: (value: string | unknown[], from = 0, to = value.length) => value.slice(from, to),
  print: (...args: unknown[]) =>
    args.map((arg, i) => (i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string' ? ' ' : '') + goText(arg)).join(''),
  println: (...args: unknown[]) => `${args.map(goText).join(' ')}\n`,
  printf: (format: string, ...args: unknown[]) => printf(format, args),
  html: (...args: unknown[]) =>
    args
      .map(goText)
      .join('')
      .replace(/[<>&"']/g, (c) => html[c] as string),
  js: (...args: unknown[]) =>
    args
      .map(goText)
      .join('')
      .replace(/[\\'"<>&=\n]/g, (c) => (/[\\'"]/.test(c) ? `\\${c}` : `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)),
  urlquery: (...args: unknown[]) => encodeURIComponent(args.map(goText).join('')).replaceAll('%20', '+'),
  exists: (value: unknown, ...keys: unknown[]) => {
    let at = value
    for (const key of keys) {
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key as string)) return false
      at = (at as Record<string, unknown>)[key as string]
    }
    return true
  },
  base64decode: (text: string) => Buffer.from(text, 'base64').toString('utf8'),
}

/** The verbs that templates use: %s %v %d %q %t %f %x %%, with width and precision. */
function printf(format: string, args: readonly unknown[]): string {
  let next = 0
  const text = format.replace(
    /%([-+0 #]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g,
    (_all, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%'
      if (next >= args.length) return `%!${verb}(MISSING)`
      const arg = args[next++]
      let made: string
      switch (verb) {
        case 's':
          made = typeof arg === 'number' || typeof arg === 'boolean' ? `%!s(${goType(arg)}=${arg})` : goText(arg)
          break
        case 'q':
          made = JSON.stringify(goText(arg))
          break
        case 'd':
          made = typeof arg === 'number' ? String(Math.trunc(arg)) : `%!d(${goType(arg)}=${goText(arg)})`
          break
        case 'f':
          made =
            typeof arg === 'number' ? arg.toFixed(precision === undefined ? 6 : Number(precision)) : `%!f(${goType(arg)}=${goText(arg)})`
          break
        case 'x':
          made = typeof arg === 'number' ? arg.toString(16) : Buffer.from(goText(arg)).toString('hex')
          break
        case 'T':
          made = goType(arg)
          break
        default:
          made = goText(arg)
      }
      if (verb === 's' && precision !== undefined) made = made.slice(0, Number(precision))
      const size = Number(width ?? 0)
      return flags.includes('-') ? made.padEnd(size) : made.padStart(size, flags.includes('0') && verb !== 's' ? '0' : ' ')
    },
  )
  const extra = args.slice(next).map((arg) => `${goType(arg)}=${goText(arg)}`)
  return extra.length > 0 ? `${text}%!(EXTRA ${extra.join(', ')})` : text
}
