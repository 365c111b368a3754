/**
 * YAML as sigs.k8s.io/yaml reads and writes it, which is Go's yaml.v2: YAML 1.1 booleans and octal numbers, dates as
 * text, the first document only; written with sorted keys, lists at the indent of their key, plain text where it
 * reads back as text, and folded at 80 columns. The reader is js-yaml with that schema, the writer is our own.
 */
import { defineScalarTag, loadAll, mapTag, mergeTag, NOT_RESOLVED, nullYaml11Tag, Schema, seqTag, strTag, YAMLException } from 'js-yaml'
import { DecodeError, maxDepth } from './json.ts'

const truths = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'])
const lies = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'])
const nulls = new Set(['', '~', 'null', 'Null', 'NULL'])
const infinities = /^[-+]?\.(?:inf|Inf|INF)$/
const notNumbers = new Set(['.nan', '.NaN', '.NAN'])
const floats = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/

function integer(source: string): number | undefined {
  const plain = source.replaceAll('_', '')
  const match = /^([-+]?)(?:(0[xX][0-9a-fA-F]+|0[bB][01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/.exec(plain)
  if (!match) return undefined
  const [, sign, prefixed, octal, decimal] = match
  const size = Number(prefixed ?? decimal ?? `0o${octal}`)
  return sign === '-' ? -size : size
}
function float(source: string): number | undefined {
  return floats.test(source) ? Number(source.replace(/\.(?=$|[eE])/, '')) : undefined
}
const notWritten = { identify: () => false }

const schema = new Schema([
  strTag,
  seqTag,
  mapTag,
  mergeTag,
  nullYaml11Tag,
  defineScalarTag<boolean>('tag:yaml.org,2002:bool', {
    ...notWritten,
    implicit: true,
    resolve: (source) => (truths.has(source) ? true : lies.has(source) ? false : NOT_RESOLVED),
  }),
  defineScalarTag<number>('tag:yaml.org,2002:int', { ...notWritten, implicit: true, resolve: (source) => integer(source) ?? NOT_RESOLVED }),
  defineScalarTag<number>('tag:yaml.org,2002:float', {
    ...notWritten,
    implicit: true,
    resolve(source) {
      if (infinities.test(source) || notNumbers.has(source)) throw new DecodeError(`json: unsupported value: ${source}`)
      return float(source) ?? NOT_RESOLVED
    },
  }),
])

/** How many values a document may have once its aliases are spelt out. */
const maxExpanded = 500_000

export interface ParsedYaml {
  readonly value: unknown
  /** `line 7: key "k" already set in map`, for the first key that is given twice; the last value counts. */
  readonly duplicates: readonly string[]
}

/** Reads the first document. Throws DecodeError. */
export function parseYaml(text: string): ParsedYaml {
  const options = { schema, maxDepth, maxAliases: 10_000, maxTotalMergeKeys: 10_000 }
  try {
    return { value: expanded(loadAll(text, options)[0] ?? null), duplicates: [] }
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    if (error.reason !== 'duplicated mapping key') throw yamlError(error)
    try {
      return { value: expanded(loadAll(text, { ...options, json: true })[0] ?? null), duplicates: [duplicateKey(error)] }
    } catch (second) {
      throw second instanceof YAMLException ? yamlError(second) : second
    }
  }
}

const goReasons: Readonly<Record<string, string>> = {
  'tab characters must not be used in indentation': 'found character that cannot start any token',
  'bad indentation of a mapping entry': 'mapping values are not allowed in this context',
}
function yamlError(error: YAMLException): DecodeError {
  const line = error.mark && error.mark.line > 0 ? `line ${error.mark.line + 1}: ` : ''
  return new DecodeError(`yaml: ${line}${goReasons[error.reason] ?? error.reason}`)
}
function duplicateKey(error: YAMLException): string {
  const { mark } = error
  if (!mark) return 'key already set in map'
  const rest = mark.buffer.slice(mark.position)
  const key = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^:\n]*?)\s*:)/.exec(rest)
  return `line ${mark.line + 1}: key ${JSON.stringify(key?.[1] ?? key?.[2] ?? key?.[3] ?? '')} already set in map`
}

/** Aliases make one value stand in many places; they are spelt out, within bounds, since what is decoded is changed in place. */
function expanded(value: unknown): unknown {
  const seen = new Set<object>()
  let shared = false
  let count = 0
  const walk = (at: unknown): void => {
    if (++count > maxExpanded) throw new DecodeError('yaml: document contains excessive aliasing')
    if (typeof at !== 'object' || at === null) return
    if (seen.has(at)) shared = true
    seen.add(at)
    for (const inner of Object.values(at)) walk(inner)
  }
  walk(value)
  return shared ? JSON.parse(JSON.stringify(value)) : value
}

/** Writes a JSON value as kubectl's `-o yaml` does. */
export function writeYaml(value: unknown): string {
  const writer: Writer = { text: '', column: 0 }
  writeNode(writer, value, 0, 'top')
  return writer.text.endsWith('\n') ? writer.text : `${writer.text}\n`
}

interface Writer {
  text: string
  column: number
}
function put(writer: Writer, text: string): void {
  writer.text += text
  const line = text.lastIndexOf('\n')
  writer.column = line < 0 ? writer.column + [...text].length : [...text.slice(line + 1)].length
}
const lineTo = (writer: Writer, indent: number): void => put(writer, `\n${' '.repeat(indent)}`)

/** `place` says what stands before: nothing, a key and its colon, or the dash of a list. */
function writeNode(writer: Writer, value: unknown, indent: number, place: 'top' | 'key' | 'dash'): void {
  if (Array.isArray(value) && value.length > 0) {
    value.forEach((element, i) => {
      if (i > 0 || place === 'key') lineTo(writer, indent)
      put(writer, '- ')
      writeNode(writer, element, indent + 2, 'dash')
    })
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0) {
    const inner = place === 'key' ? indent + 2 : indent
    const entries = Object.entries(value).filter(([, v]) => v !== undefined)
    entries.sort(([a], [b]) => compareKeys(a, b))
    entries.forEach(([key, element], i) => {
      if (i > 0 || place === 'key') lineTo(writer, inner)
      writeScalar(writer, key, inner, true)
      put(writer, ':')
      const nested = typeof element === 'object' && element !== null && Object.keys(element).length > 0
      if (!nested) put(writer, ' ')
      writeNode(writer, element, inner, 'key')
    })
  } else {
    if (typeof value === 'string') writeScalar(writer, value, place === 'dash' ? indent : indent + 2, false)
    else put(writer, Array.isArray(value) ? '[]' : typeof value === 'object' && value !== null ? '{}' : scalarText(value))
  }
}
function scalarText(value: unknown): string {
  if (typeof value !== 'number') return String(value)
  // Go's %g: an exponent of two digits at least.
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value)
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}

/** yaml.v2 sorts keys as people would: numbers inside by value, letters before what is neither. */
function compareKeys(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  const isLetter = (c: string) => /\p{L}/u.test(c)
  const isDigit = (c: string) => /\p{Nd}/u.test(c)
  let digits = false
  for (let i = 0; i < left.length && i < right.length; i++) {
    const l = left[i] as string
    const r = right[i] as string
    if (l === r) {
      digits = isDigit(l)
      continue
    }
    if (isLetter(l) && isLetter(r)) return l < r ? -1 : 1
    if (isLetter(l) || isLetter(r)) return digits ? (isLetter(l) ? -1 : 1) : isLetter(l) ? 1 : -1
    const number = (chars: string[]): [number, number] => {
      let at = i
      let size = 0
      for (; at < chars.length && isDigit(chars[at] as string); at++) size = size * 10 + Number(chars[at])
      return [size, at]
    }
    let zero = false
    if (l === '0' || r === '0') for (let j = i - 1; j >= 0 && isDigit(left[j] as string); j--) if (left[j] !== '0') zero = true
    if (!zero && (isDigit(l) || isDigit(r))) {
      const [sizeL, endL] = number(left)
      const [sizeR, endR] = number(right)
      if (sizeL !== sizeR) return sizeL - sizeR
      if (endL !== endR) return endL - endR
    }
    return l < r ? -1 : 1
  }
  return left.length - right.length
}

const width = 80
const printable = /^[\n\x20-\x7e\u{a0}-\u{d7ff}\u{e000}-\u{fefe}\u{ff00}-\u{fffd}]*$/u

/** Would this text, written plainly, be read as something else than text? */
function readsAsOther(text: string): boolean {
  if (nulls.has(text) || truths.has(text) || lies.has(text)) return true
  if (infinities.test(text) || notNumbers.has(text)) return true
  if (/^[-+.0-9]/.test(text) && (integer(text) !== undefined || float(text.replaceAll('_', '')) !== undefined)) return true
  // Dates, and the base 60 numbers of YAML 1.1, are for other readers' sake quoted too.
  return /^\d{4}-\d\d?-\d\d?(?:[Tt ].*)?$/.test(text) ? isDate(text) : /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text)
}
const isDate = (text: string): boolean =>
  /^\d{4}-\d\d?-\d\d?(?:[Tt ]\d\d?:\d\d:\d\d(?:\.\d+)?(?:Z| ?[-+]\d\d?:\d\d)?)?$/.test(text) &&
  !Number.isNaN(Date.parse(text.slice(0, 10).trim()))

function writeScalar(writer: Writer, text: string, indent: number, key: boolean): void {
  const special = !printable.test(text) || / \n/.test(text)
  const multiline = text.includes('\n')
  if (multiline && !key && !special && !text.endsWith(' ')) writeLiteral(writer, text, indent)
  else if (special || multiline || readsAsOther(text)) writeDoubleQuoted(writer, text, indent, key)
  else if (indicators.test(text)) writeFolded(writer, text.replaceAll("'", "''"), indent, key, "'")
  else writeFolded(writer, text, indent, key, '')
}
/** What YAML would take for its own signs. */
const indicators = /^[#,[\]{}&*!|>'"%@`]|^[?:-](?: |$)|^---|^\.\.\.|:(?: |$)| #|^ | $/

/** Plain and single-quoted text is broken at single spaces once the line is full. */
function writeFolded(writer: Writer, text: string, indent: number, key: boolean, quote: string): void {
  put(writer, quote)
  if (key || writer.column + text.length <= width) put(writer, text)
  else {
    let start = 0
    let column = writer.column
    for (let i = 0; i < text.length; i++) {
      const broken = text[i] === ' ' && column > width && text[i - 1] !== ' ' && text[i + 1] !== ' ' && i > 0 && i < text.length - 1
      if (!broken) {
        column++
        continue
      }
      put(writer, text.slice(start, i))
      lineTo(writer, indent)
      column = indent
      start = i + 1
    }
    put(writer, text.slice(start))
  }
  put(writer, quote)
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
  '\ufeff': '\\uFEFF',
}
function writeDoubleQuoted(writer: Writer, text: string, indent: number, key: boolean): void {
  put(writer, '"')
  const chars = [...text]
  let spaces = false
  chars.forEach((c, i) => {
    if (c === ' ' && !key && !spaces && writer.column > width && i > 0 && i < chars.length - 1) {
      lineTo(writer, indent)
      if (chars[i + 1] === ' ') put(writer, '\\')
      spaces = true
      return
    }
    spaces = c === ' '
    put(writer, escapes[c] ?? (printable.test(c) ? c : hexEscape(c.codePointAt(0) as number)))
  })
  put(writer, '"')
}
function hexEscape(code: number): string {
  if (code <= 0xff) return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
  if (code <= 0xffff) return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
  return `\\U${code.toString(16).toUpperCase().padStart(8, '0')}`
}

function writeLiteral(writer: Writer, text: string, indent: number): void {
  const hint = /^[ \n]/.test(text) ? '2' : ''
  const chomp = !text.endsWith('\n') ? '-' : text.endsWith('\n\n') || text === '\n' ? '+' : ''
  put(writer, `|${hint}${chomp}`)
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  for (const line of lines) put(writer, line === '' ? '\n' : `\n${' '.repeat(indent)}${line}`)
}
