/** Tokens of CEL, with ANTLR's words for what is no token (CEL.g4 of cel-go). */
import { CompileError } from './errors.ts'

export type TokenKind = 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'ident' | 'quoted' | 'op' | 'end'
export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly at: number
  readonly value?: string | Uint8Array
}

const space = /(?:[\t \r\n\f]|\/\/[^\n]*)+/y
const number = /0x[0-9a-fA-F]+[uU]?|(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)|[0-9]+[uU]?/y
const ident = /[A-Za-z_][A-Za-z0-9_]*/y
const quoted = /`[A-Za-z0-9_.\-/ ]+`/y
const operator = /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y
const prefix = /(?:[bB][rR]?|[rR][bB]?)?(?="|')/y

export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(source)?.[0]
  }
  const refuse = (text: string): never => {
    throw new CompileError(source, [{ at, message: `Syntax error: token recognition error at: '${text}'` }])
  }
  while (at < source.length) {
    const blank = match(space)
    if (blank) {
      at += blank.length
      continue
    }
    const lead = match(prefix)
    if (lead !== undefined) {
      const token = readString(source, at, lead, refuse)
      tokens.push(token.token)
      at = token.end
      continue
    }
    const digits = match(number)
    if (digits !== undefined) {
      const kind = /[uU]$/.test(digits) ? 'uint' : !digits.startsWith('0x') && /[.eE]/.test(digits) ? 'double' : 'int'
      tokens.push({ kind, text: digits, at })
      at += digits.length
      continue
    }
    const word = match(ident)
    if (word !== undefined) {
      tokens.push({ kind: word === 'in' ? 'op' : 'ident', text: word, at })
      at += word.length
      continue
    }
    const escaped = match(quoted)
    if (escaped !== undefined) {
      tokens.push({ kind: 'quoted', text: escaped.slice(1, -1), at })
      at += escaped.length
      continue
    }
    const op = match(operator) ?? refuse(String.fromCodePoint(source.codePointAt(at) as number))
    tokens.push({ kind: 'op', text: op, at })
    at += op.length
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: source.length })
  return tokens
}

function readString(source: string, at: number, lead: string, refuse: (text: string) => never): { token: Token; end: number } {
  const raw = /r/i.test(lead)
  const bytes = /b/i.test(lead)
  const open = at + lead.length
  const one = source[open] as string
  const quote = source.startsWith(one.repeat(3), open) ? one.repeat(3) : one
  let end = open + quote.length
  for (;;) {
    if (end >= source.length) return refuse(source.slice(at))
    if (source.startsWith(quote, end)) break
    if (quote.length === 1 && /[\n\r]/.test(source[end] as string)) return refuse(source.slice(at, end + 1))
    end += !raw && source[end] === '\\' ? 2 : 1
  }
  const body = source.slice(open + quote.length, end).replace(/\r\n?/g, '\n')
  const text = source.slice(at, end + quote.length)
  const value = raw ? (bytes ? Buffer.from(body) : body) : decodeEscapes(body, bytes, () => refuse(text))
  return { token: { kind: bytes ? 'bytes' : 'string', text, at, value }, end: end + quote.length }
}

const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
  '`': '`',
  '?': '?',
}

/** In bytes `\x` and octal escapes are octets; in strings they are code points. */
function decodeEscapes(body: string, bytes: boolean, fail: () => never): string | Uint8Array {
  const parts: (string | Buffer)[] = []
  const sequence = /\\(?:([abfnrtv\\"'`?])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/y
  let at = 0
  while (at < body.length) {
    const next = body.indexOf('\\', at)
    if (next < 0) {
      parts.push(body.slice(at))
      break
    }
    parts.push(body.slice(at, next))
    sequence.lastIndex = next
    const [all, plain, hex, short, long, octal] = sequence.exec(body) ?? fail()
    at = next + (all as string).length
    if (plain !== undefined) parts.push(simple[plain] as string)
    else {
      const wide = short ?? long
      const code = wide ? Number.parseInt(wide, 16) : hex ? Number.parseInt(hex, 16) : Number.parseInt(octal as string, 8)
      if (wide && (bytes || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))) fail()
      parts.push(bytes ? Buffer.from([code]) : String.fromCodePoint(code))
    }
  }
  return bytes ? Buffer.concat(parts.map((p) => Buffer.from(p as string))) : parts.join('')
}
