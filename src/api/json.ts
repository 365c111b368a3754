/**
 * JSON as Go reads it: bodies come from strangers, so depth is bounded before anything recurses, broken text is
 * repaired as Go repairs it (U+FFFD), and what is wrong is said in the words of Go's scanner.
 */
import { Buffer } from 'node:buffer'

/** How deep a body may nest. Go's reader stops at 10,000; what walks objects here is recursive, and nothing real comes near. */
export const maxDepth = 1000

/** A body that could not be read; the message is upstream's, without the part that names the kind. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DecodeError'
  }
}

/** A parsed body, with what is needed to find fields that were given twice. */
export interface ParsedJson {
  readonly value: unknown
  readonly text: string
  /** How many object keys the text holds, the repeated ones included. */
  readonly keys: number
}

/** Parses JSON bytes. Throws DecodeError. */
export function parseJson(bytes: Uint8Array): ParsedJson {
  const { keys, depth, ascii, surrogates } = scan(bytes)
  if (depth > maxDepth) throw new DecodeError('exceeded max depth')
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = ascii ? buffer.toString('latin1') : buffer.toString('utf8')
  try {
    const value: unknown = surrogates ? JSON.parse(text, wellFormed) : JSON.parse(text)
    return { value, text, keys }
  } catch {
    throw new DecodeError(syntaxError(text) ?? 'invalid JSON')
  }
}

function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value
}

/** One look at every byte: keys are colons outside strings, depth is open braces and brackets. */
function scan(bytes: Uint8Array): { keys: number; depth: number; ascii: boolean; surrogates: boolean } {
  let keys = 0
  let depth = 0
  let deepest = 0
  let seen = 0
  let surrogates = false
  const length = bytes.length
  for (let i = 0; i < length; i++) {
    const c = bytes[i] as number
    if (c === 0x22) {
      for (i++; i < length; i++) {
        const s = bytes[i] as number
        if (s === 0x22) break
        seen |= s
        if (s === 0x5c) {
          i++
          // \uD800 to \uDFFF: half a character unless its other half follows.
          if (bytes[i] === 0x75 && ((bytes[i + 1] as number) | 0x20) === 0x64) surrogates = true
        }
      }
    } else if (c === 0x3a) keys++
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > deepest) deepest = depth
    } else if (c === 0x7d || c === 0x5d) depth--
    else seen |= c
  }
  return { keys, depth: deepest, ascii: seen < 0x80, surrogates }
}

/** What Go's scanner says about text that is no JSON; undefined when it finds no fault. */
export function syntaxError(text: string): string | undefined {
  try {
    const end = skipValue(text, skipSpace(text, 0), 'looking for beginning of value')
    const rest = skipSpace(text, end)
    if (rest < text.length) fail(text, rest, 'after top-level value')
    return undefined
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    throw error
  }
}

function fail(text: string, at: number, where: string): never {
  const code = text.codePointAt(at)
  if (code === undefined) throw new DecodeError('unexpected end of JSON input')
  throw new DecodeError(`invalid character ${quoteCharacter(String.fromCodePoint(code))} ${where}`)
}
function quoteCharacter(c: string): string {
  if (c === "'") return `'\\''`
  if (c === '"') return `'"'`
  const escaped = JSON.stringify(c).slice(1, -1)
  return `'${escaped.replace(/^\\u00([0-9a-f]{2})$/, '\\x$1')}'`
}
function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n'.includes(text[at] as string)) at++
  return at
}

function skipValue(text: string, from: number, where: string): number {
  const c = text[from]
  if (c === '{') return skipObject(text, from)
  if (c === '[') return skipArray(text, from)
  if (c === '"') return skipString(text, from)
  if (c === '-' || (c !== undefined && c >= '0' && c <= '9')) return skipNumber(text, from)
  for (const word of ['true', 'false', 'null'])
    if (c === word[0]) {
      for (let i = 1; i < word.length; i++)
        if (text[from + i] !== word[i]) fail(text, from + i, `in literal ${word} (expecting '${word[i]}')`)
      return from + word.length
    }
  fail(text, from, where)
}

function skipObject(text: string, from: number): number {
  let at = skipSpace(text, from + 1)
  if (text[at] === '}') return at + 1
  for (;;) {
    if (text[at] !== '"') fail(text, at, 'looking for beginning of object key string')
    at = skipSpace(text, skipString(text, at))
    if (text[at] !== ':') fail(text, at, 'after object key')
    at = skipSpace(text, skipValue(text, skipSpace(text, at + 1), 'looking for beginning of value'))
    if (text[at] === '}') return at + 1
    if (text[at] !== ',') fail(text, at, 'after object key:value pair')
    at = skipSpace(text, at + 1)
  }
}

function skipArray(text: string, from: number): number {
  let at = skipSpace(text, from + 1)
  if (text[at] === ']') return at + 1
  for (;;) {
    at = skipSpace(text, skipValue(text, at, 'looking for beginning of value'))
    if (text[at] === ']') return at + 1
    if (text[at] !== ',') fail(text, at, 'after array element')
    at = skipSpace(text, at + 1)
  }
}

function skipString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    const c = text[at]
    if (c === undefined) fail(text, at, '')
    if (c === '"') return at + 1
    if (c < ' ') fail(text, at, 'in string literal')
    if (c !== '\\') continue
    at++
    if (text[at] === 'u') {
      for (let i = 0; i < 4; i++) if (!/[0-9a-fA-F]/.test(text[++at] ?? '')) fail(text, at, 'in \\u hexadecimal character escape')
    } else if (!'"\\/bfnrt'.includes(text[at] ?? ' ')) fail(text, at, 'in string escape code')
  }
}

function skipNumber(text: string, from: number): number {
  const digits = (start: number, where: string): number => {
    let at = start
    while (isDigit(text[at])) at++
    if (at === start) fail(text, at, where)
    return at
  }
  let at = text[from] === '-' ? from + 1 : from
  at = text[at] === '0' ? at + 1 : digits(at, 'in numeric literal')
  if (text[at] === '.') at = digits(at + 1, 'after decimal point in numeric literal')
  if (text[at] === 'e' || text[at] === 'E') {
    at++
    if (text[at] === '+' || text[at] === '-') at++
    at = digits(at, 'in exponent of numeric literal')
  }
  return at
}
function isDigit(c: string | undefined): boolean {
  return c !== undefined && c >= '0' && c <= '9'
}

/**
 * The paths of object keys that the text gives more than once, in the order of their second appearance, as
 * sigs.k8s.io/json names them (`spec.containers[0].name`). The text is valid JSON.
 */
export function duplicateFields(text: string): string[] {
  const found: string[] = []
  const walk = (from: number, path: string): number => {
    const c = text[from]
    if (c === '{') {
      const seen = new Map<string, boolean>()
      let at = skipSpace(text, from + 1)
      while (text[at] !== '}') {
        const end = skipString(text, at)
        const key = JSON.parse(text.slice(at, end)) as string
        const child = path ? `${path}.${key}` : key
        if (seen.get(key) === false) found.push(child)
        seen.set(key, seen.has(key))
        at = skipSpace(text, walk(skipSpace(text, skipSpace(text, end) + 1), child))
        if (text[at] === ',') at = skipSpace(text, at + 1)
      }
      return at + 1
    }
    if (c === '[') {
      let at = skipSpace(text, from + 1)
      for (let i = 0; text[at] !== ']'; i++) {
        at = skipSpace(text, walk(at, `${path}[${i}]`))
        if (text[at] === ',') at = skipSpace(text, at + 1)
      }
      return at + 1
    }
    return skipValue(text, from, '')
  }
  walk(skipSpace(text, 0), '')
  return found
}
