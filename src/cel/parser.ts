/**
 * CEL's grammar by recursive descent, with the limits and the messages of cel-go's ANTLR parser. Only the first syntax
 * error is told: there is no recovery.
 */
import type { Entry, Expr, FieldInit, Item, Literal } from './ast.ts'
import { CompileError } from './errors.ts'
import { type Token, tokenize } from './lexer.ts'
import { expandMacro } from './macros.ts'

/** cel-go's defaults. */
const maxSize = 100_000
const maxDepth = 250

const reserved = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(' '),
)
const atoms = ["'.'", "'-'", "'!'", "'true'", "'false'", "'null'", 'NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER']
const expression = ["'['", "'{'", "'('", ...atoms]
/** In the order of the grammar's tokens. */
const expressionOr: Readonly<Record<string, readonly string[]>> = {
  ')': ["'['", "'{'", "'('", "')'", ...atoms],
  ']': ["'['", "']'", "'{'", "'('", "'.'", "','", ...atoms.slice(1, 3), "'?'", ...atoms.slice(3)],
  '}': ["'['", "'{'", "'}'", "'('", "'.'", "','", ...atoms.slice(1, 3), "'?'", ...atoms.slice(3)],
}
const relations = new Set(['<', '<=', '>=', '>', '==', '!=', 'in'])

export function parse(source: string): Expr {
  const size = source.length > maxSize ? [...source].length : 0
  if (size > maxSize) fail(0, `expression code point size exceeds limit: size: ${size}, limit ${maxSize}`)
  const tokens = tokenize(source)
  let index = 0
  let depth = 0
  let folds = 0

  function fail(at: number, message: string): never {
    throw new CompileError(source, [{ at, message }])
  }
  const peek = (): Token => tokens[index] as Token
  const isOp = (text: string): boolean => peek().kind === 'op' && peek().text === text
  const take = (): Token => tokens[index++] as Token
  const takeOp = (text: string): Token | undefined => (isOp(text) ? take() : undefined)
  const startsExpression = (token: Token | undefined): boolean =>
    token !== undefined && token.kind !== 'end' && (token.kind !== 'op' || '[{(.-!'.includes(token.text))

  /** ANTLR's three words for a token that does not fit. */
  function unexpected(expected: readonly string[], fitsNext: boolean): never {
    const set = expected.length === 1 ? expected[0] : `{${expected.join(', ')}}`
    return fail(peek().at, `Syntax error: ${fitsNext ? 'extraneous' : 'mismatched'} input '${peek().text}' expecting ${set}`)
  }
  function expect(text: string): Token {
    if (!isOp(text)) {
      const next = tokens[index + 1]
      if (next?.kind === 'op' && next.text === text) unexpected([`'${text}'`], true)
      if (peek().kind === 'end') fail(peek().at, `Syntax error: missing '${text}' at '<EOF>'`)
      unexpected([`'${text}'`], false)
    }
    return take()
  }
  function nested<T>(inside: () => T): T {
    if (++depth > maxDepth) fail(peek().at, `expression recursion limit exceeded: ${maxDepth}`)
    const value = inside()
    depth--
    return value
  }
  const call = (name: string, at: number, ...args: Expr[]): Expr => ({ kind: 'call', name, at, args })

  function expr(closer = ''): Expr {
    return nested(() => {
      const condition = logical('||', closer)
      const mark = takeOp('?')
      if (!mark) return condition
      const yes = logical('||', '')
      expect(':')
      return call('_?_:_', mark.at, condition, yes, expr())
    })
  }

  /** Balanced, as cel-go's balancer does, so that a chain of thousands is no deep tree. */
  function logical(op: '||' | '&&', closer: string): Expr {
    const inner = () => (op === '||' ? logical('&&', closer) : relation(closer))
    const terms = [inner()]
    const at: number[] = []
    for (let mark = takeOp(op); mark; mark = takeOp(op)) {
      at.push(mark.at)
      terms.push(inner())
    }
    const balance = (low: number, high: number): Expr => {
      if (low === high) return terms[low] as Expr
      const middle = (low + high) >> 1
      return call(`_${op}_`, at[middle] as number, balance(low, middle), balance(middle + 1, high))
    }
    return balance(0, terms.length - 1)
  }

  function leftAssociative(inner: () => Expr, isOperator: (text: string) => boolean): Expr {
    let left = inner()
    let chain = 0
    while (peek().kind === 'op' && isOperator(peek().text)) {
      if (++chain > maxDepth) fail(peek().at, `expression recursion limit exceeded: ${maxDepth}`)
      const op = take()
      left = call(op.text === 'in' ? '@in' : `_${op.text}_`, op.at, left, inner())
    }
    return left
  }
  const relation = (closer: string): Expr =>
    leftAssociative(
      () => sum(closer),
      (op) => relations.has(op),
    )
  const sum = (closer: string): Expr =>
    leftAssociative(
      () => product(closer),
      (op) => op === '+' || op === '-',
    )
  const product = (closer: string): Expr =>
    leftAssociative(
      () => unary(closer),
      (op) => op === '*' || op === '/' || op === '%',
    )

  function unary(closer: string): Expr {
    const op = takeOp('!') ?? takeOp('-')
    if (!op) return member(closer)
    let odd = true
    let last = op
    for (let again = takeOp(op.text); again; again = takeOp(op.text)) {
      odd = !odd
      last = again
    }
    const next = peek()
    // `-9223372036854775808` is one literal.
    if (op.text === '-' && odd && (next.kind === 'int' || next.kind === 'double') && last.at + 1 === next.at) return member(closer, '-')
    const operand = member('')
    return odd ? call(op.text === '!' ? '!_' : '-_', op.at, operand) : operand
  }

  function member(closer: string, sign = ''): Expr {
    let operand = primary(closer, sign)
    let chain = 0
    for (;;) {
      const dot = takeOp('.')
      const bracket = dot ? undefined : takeOp('[')
      if (!dot && !bracket) return operand
      if (++chain > maxDepth) fail((dot ?? (bracket as Token)).at, `expression recursion limit exceeded: ${maxDepth}`)
      if (bracket) {
        const optional = takeOp('?')
        const key = expr()
        expect(']')
        operand = call(optional ? '_[?_]' : '_[_]', bracket.at, operand, key)
        continue
      }
      const optional = takeOp('?') !== undefined
      const name = fieldName()
      const open = optional || name.kind === 'quoted' ? undefined : takeOp('(')
      const at = (dot as Token).at
      if (open) operand = macroOr(name.text, open.at, operand, list(')'))
      else operand = { kind: 'select', at, operand, field: name.text, test: false, optional }
      const brace = isOp('{') ? qualified(operand) : undefined
      if (brace) operand = struct(brace, take().at)
    }
  }

  function fieldName(): Token {
    const token = peek()
    if (token.kind !== 'ident' && token.kind !== 'quoted')
      fail(token.at, `Syntax error: no viable alternative at input '.${token.kind === 'end' ? '' : token.text}'`)
    return take()
  }

  function macroOr(name: string, at: number, target: Expr | undefined, args: Expr[]): Expr {
    const macro = expandMacro({ name, at, target, args, fresh: () => `@r${folds++}`, fail })
    return macro ?? { kind: 'call', name, at, ...(target ? { target } : {}), args }
  }

  function list(close: string): Expr[] {
    if (takeOp(close)) return []
    const items = [expr(close)]
    while (takeOp(',')) items.push(expr())
    expect(close)
    return items
  }

  function qualified(e: Expr): string | undefined {
    if (e.kind === 'ident') return e.name
    const operand = e.kind === 'select' && !e.test && !e.optional ? qualified(e.operand) : undefined
    return operand === undefined || e.kind !== 'select' ? undefined : `${operand}.${e.field}`
  }

  function struct(name: string, at: number): Expr {
    const fields: FieldInit[] = []
    while (!isOp('}')) {
      const optional = takeOp('?') !== undefined
      const field = peek()
      if (field.kind !== 'ident' && field.kind !== 'quoted') unexpected(["'}'", "','", 'IDENTIFIER'], false)
      take()
      const colon = expect(':')
      fields.push({ at: colon.at, optional, name: field.text, value: expr() })
      if (!takeOp(',')) break
    }
    expect('}')
    return { kind: 'struct', at, name, fields }
  }

  function primary(closer: string, sign: string): Expr {
    const token = peek()
    const { at } = token
    if (token.kind === 'op') {
      if (takeOp('(')) {
        const inner = expr()
        expect(')')
        return inner
      }
      if (takeOp('[')) {
        const items: Item[] = []
        while (!isOp(']')) {
          items.push({ optional: takeOp('?') !== undefined, value: expr(']') })
          if (!takeOp(',')) break
        }
        expect(']')
        return { kind: 'list', at, items }
      }
      if (takeOp('{')) {
        const entries: Entry[] = []
        while (!isOp('}')) {
          const optional = takeOp('?') !== undefined
          const key = expr('}')
          expect(':')
          entries.push({ optional, key, value: expr() })
          if (!takeOp(',')) break
        }
        expect('}')
        return { kind: 'map', at, entries }
      }
      if (isOp('.') && tokens[index + 1]?.kind === 'ident') {
        take()
        return identifier(take(), '.')
      }
    }
    if (token.kind === 'ident') return identifier(take(), '')
    if (token.kind === 'op' || token.kind === 'end' || token.kind === 'quoted')
      unexpected(expressionOr[closer] ?? expression, token.kind === 'op' && startsExpression(tokens[index + 1]))
    take()
    return { kind: 'literal', at, value: literal(token, sign) }
  }

  function identifier(token: Token, dot: string): Expr {
    const { text, at } = token
    const open = takeOp('(')
    if (open) return macroOr(dot + text, open.at, undefined, list(')'))
    if (dot === '') {
      if (text === 'true' || text === 'false') return { kind: 'literal', at, value: text === 'true' }
      if (text === 'null') return { kind: 'literal', at, value: null }
    }
    if (reserved.has(text)) fail(at, `reserved identifier: ${text}`)
    const brace = takeOp('{')
    return brace ? struct(text, brace.at) : { kind: 'ident', at, name: dot + text }
  }

  function literal(token: Token, sign: string): Literal {
    const text = token.text
    switch (token.kind) {
      case 'int': {
        const value = BigInt.asIntN(66, sign ? -BigInt(text) : BigInt(text))
        if (text.length > 40 || BigInt.asIntN(64, value) !== value) fail(token.at, 'invalid int literal')
        return value
      }
      case 'uint': {
        const value = BigInt(text.slice(0, -1))
        if (BigInt.asUintN(64, value) !== value) fail(token.at, 'invalid uint literal')
        return { uint: value }
      }
      case 'double': {
        const value = Number(sign + text)
        if (!Number.isFinite(value)) fail(token.at, 'invalid double literal')
        return value
      }
      default:
        return token.value as string | Uint8Array
    }
  }

  const tree = expr()
  if (peek().kind !== 'end') unexpected(['<EOF>'], tokens[index + 1]?.kind === 'end')
  return tree
}
