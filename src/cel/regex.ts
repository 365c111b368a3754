/**
 * RE2's syntax on a machine whose time is the product of program and text, never more (a Pike machine: every thread
 * steps over each character together). No pattern can backtrack. Repetitions are bounded as in RE2, programs in size.
 */
import { EvaluationError } from './errors.ts'

type Test = (code: number) => boolean
type Node =
  | { readonly kind: 'char'; readonly test: Test }
  | { readonly kind: 'assert'; readonly what: '^' | '$' | 'A' | 'z' | 'b' | 'B' }
  | { readonly kind: 'cat' | 'alt'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number; readonly greedy: boolean }
type Instruction =
  | { readonly op: 'char'; readonly test: Test }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'assert'; readonly what: '^' | '$' | 'A' | 'z' | 'b' | 'B' }
  | { readonly op: 'match' }

const maxProgram = 20_000
const maxRepeat = 1000
const maxNesting = 500

export interface Regex {
  /** Whether it matches anywhere. */
  test(text: string): boolean
  /** The leftmost match from `from` on, as RE2 and Perl choose it. */
  find(text: string, from?: number): readonly [start: number, end: number] | undefined
}

const cache = new Map<string, Regex>()
/** Compiles, or finds what was compiled before. Throws EvaluationError in the words of Go's regexp. */
export function compileRegex(pattern: string): Regex {
  const known = cache.get(pattern)
  if (known) return known
  const made = machine(assemble(parse(pattern)))
  if (cache.size >= 500) cache.clear()
  if (pattern.length < 1000) cache.set(pattern, made)
  return made
}

const isWord: Test = (c) => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c === 95 || (c >= 97 && c <= 122)
const isDigit: Test = (c) => c >= 48 && c <= 57
const isSpace: Test = (c) => c === 32 || c === 9 || c === 10 || c === 12 || c === 13
const perl: Readonly<Record<string, Test>> = { d: isDigit, w: isWord, s: isSpace }
const posix: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}
const escapes: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }

function parse(pattern: string): Node {
  const chars = [...pattern]
  let at = 0
  let depth = 0
  const fail = (what: string, text: string): never => {
    throw new EvaluationError(`error parsing regexp: ${what}: \`${text}\``)
  }
  const rest = (from: number) => chars.slice(from).join('')
  interface Flags {
    readonly i: boolean
    readonly m: boolean
    readonly s: boolean
    readonly U: boolean
  }

  const fold = (test: Test, flags: Flags): Test => {
    if (!flags.i) return test
    return (c) => {
      if (test(c)) return true
      const text = String.fromCodePoint(c)
      return test(text.toLowerCase().codePointAt(0) as number) || test(text.toUpperCase().codePointAt(0) as number)
    }
  }

  function alternatives(given: Flags): Node {
    if (++depth > maxNesting) fail('expression nests too deeply', pattern)
    let flags = given
    const branches: Node[] = []
    let branch: Node[] = []
    while (at < chars.length && chars[at] !== ')') {
      if (chars[at] === '|') {
        at++
        branches.push({ kind: 'cat', nodes: branch })
        branch = []
        continue
      }
      const changed = inlineFlags(flags)
      if (changed) {
        flags = changed
        continue
      }
      branch.push(...quantified(flags))
    }
    depth--
    branches.push({ kind: 'cat', nodes: branch })
    return { kind: 'alt', nodes: branches }
  }

  /** `(?i)`: for the rest of the group. */
  function inlineFlags(flags: Flags): Flags | undefined {
    const match = /^\(\?([imsU]*)(?:-([imsU]+))?\)/.exec(chars.slice(at, at + 20).join(''))
    if (!match) return undefined
    at += match[0].length
    return changeFlags(flags, match[1] as string, match[2] ?? '')
  }
  function changeFlags(flags: Flags, on: string, off: string): Flags {
    const next: Record<string, boolean> = { ...flags }
    for (const c of on) next[c] = true
    for (const c of off) next[c] = false
    return next as unknown as Flags
  }

  function quantified(flags: Flags): Node[] {
    const start = at
    const nodes = atom(flags)
    let node = nodes.pop()
    let count = 0
    for (;;) {
      const c = chars[at]
      const from = at
      let [min, max] = [0, 0]
      if (c === '*') max = Number.POSITIVE_INFINITY
      else if (c === '+') [min, max] = [1, Number.POSITIVE_INFINITY]
      else if (c === '?') max = 1
      else {
        const bounds = c === '{' ? /^\{(\d+)(,(\d*))?\}/.exec(chars.slice(at, at + 20).join('')) : null
        if (!bounds) break
        min = Number(bounds[1])
        max = bounds[2] === undefined ? min : bounds[3] ? Number(bounds[3]) : Number.POSITIVE_INFINITY
        if (min > maxRepeat || (max !== Number.POSITIVE_INFINITY && (max > maxRepeat || min > max))) fail('invalid repeat count', bounds[0])
        at += bounds[0].length - 1
      }
      at++
      if (count++ > 0) fail('invalid nested repetition operator', chars.slice(from - 1, at).join(''))
      let greedy = !flags.U
      if (chars[at] === '?') {
        greedy = !greedy
        at++
      }
      if (!node) fail('missing argument to repetition operator', chars.slice(start, at).join(''))
      node = { kind: 'repeat', node: node as Node, min, max, greedy }
    }
    return node ? [...nodes, node] : nodes
  }

  function atom(flags: Flags): Node[] {
    const c = chars[at++] as string
    switch (c) {
      case '*':
      case '+':
      case '?':
        return fail('missing argument to repetition operator', c)
      case '^':
        return [{ kind: 'assert', what: flags.m ? '^' : 'A' }]
      case '$':
        return [{ kind: 'assert', what: flags.m ? '$' : 'z' }]
      case '.':
        return [{ kind: 'char', test: flags.s ? () => true : (p) => p !== 10 }]
      case '[':
        return [{ kind: 'char', test: fold(charClass(), flags) }]
      case '(':
        return [group(flags)]
      case '\\':
        return escaped(flags)
    }
    const code = c.codePointAt(0) as number
    return [{ kind: 'char', test: fold((p) => p === code, flags) }]
  }

  function group(flags: Flags): Node {
    const start = at - 1
    let inner = flags
    if (chars[at] === '?') {
      const head = /^\?(?:P?<([^>]*)>|([imsU]*)(?:-([imsU]+))?:)/.exec(chars.slice(at, at + 200).join(''))
      if (!head) return fail('invalid or unsupported Perl syntax', chars.slice(start, at + 2).join(''))
      if (head[1] !== undefined && !/^\w+$/.test(head[1])) fail('invalid named capture', `(${head[0]}`)
      inner = changeFlags(flags, head[2] ?? '', head[3] ?? '')
      at += [...head[0]].length
    }
    const node = alternatives(inner)
    if (chars[at] !== ')') fail('missing closing )', pattern)
    at++
    return node
  }

  function escaped(flags: Flags): Node[] {
    const c = chars[at]
    if (c === 'A' || c === 'z' || c === 'b' || c === 'B') {
      at++
      return [{ kind: 'assert', what: c }]
    }
    if (c === 'Q') {
      const text = rest(at + 1)
      const end = text.indexOf('\\E')
      const literal = [...(end < 0 ? text : text.slice(0, end))]
      at += 1 + literal.length + (end < 0 ? 0 : 2)
      return literal.map((l) => ({ kind: 'char', test: fold((p) => p === l.codePointAt(0), flags) }))
    }
    return [{ kind: 'char', test: fold(escapedClass(), flags) }]
  }

  /** After the backslash: one character, or a class of them. */
  function escapedClass(): Test {
    const c = chars[at++]
    if (c === undefined) return fail('trailing backslash at end of expression', '')
    const lower = c.toLowerCase()
    const known = perl[lower]
    if (known) return c === lower ? known : (p) => !known(p)
    if (lower === 'p') return property(c === 'P')
    const code = escapedCode(c)
    return (p) => p === code
  }
  function property(negated: boolean): Test {
    const match = /^(?:\{(\^?)(\w+)\}|([A-Z]))/.exec(chars.slice(at, at + 60).join(''))
    const name = match?.[2] ?? match?.[3] ?? ''
    at += match?.[0].length ?? 0
    for (const form of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
      try {
        const pattern = new RegExp(form, 'u')
        const wanted = negated === (match?.[1] === '^')
        return (p) => pattern.test(String.fromCodePoint(p)) === wanted
      } catch {
        // Not a name of this form: the next one is tried.
      }
    }
    return fail('invalid character class range', `\\${negated ? 'P' : 'p'}${match?.[0] ?? ''}`)
  }
  function escapedCode(c: string): number {
    const simple = escapes[c]
    if (simple !== undefined) return simple
    if (c === 'x') {
      const match = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(chars.slice(at, at + 10).join(''))
      const code = match ? Number.parseInt(match[1] ?? (match[2] as string), 16) : -1
      if (!match || code > 0x10ffff) return fail('invalid escape sequence', '\\x')
      at += match[0].length
      return code
    }
    if (/[0-7]/.test(c) && (c === '0' || /[0-7]/.test(chars[at] ?? ''))) {
      let digits = c
      while (digits.length < 3 && /[0-7]/.test(chars[at] ?? '')) digits += chars[at++]
      return Number.parseInt(digits, 8)
    }
    const code = c.codePointAt(0) as number
    if (code >= 128 || isWord(code)) return fail('invalid escape sequence', `\\${c}`)
    return code
  }

  function charClass(): Test {
    const start = at - 1
    const negated = chars[at] === '^'
    if (negated) at++
    const tests: Test[] = []
    let first = true
    for (;;) {
      const c = chars[at]
      if (c === undefined) return fail('missing closing ]', rest(start))
      if (c === ']' && !first) break
      first = false
      const named = c === '[' && chars[at + 1] === ':' ? /^\[:(\^?)(\w+):\]/.exec(chars.slice(at, at + 14).join('')) : null
      if (named) {
        const inside = posix[named[2] as string]
        if (!inside) return fail('invalid character class range', named[0])
        const pattern = new RegExp(`^[${inside}]$`)
        at += named[0].length
        tests.push((p) => pattern.test(String.fromCodePoint(p)) !== (named[1] === '^'))
        continue
      }
      if (c === '\\' && /[dwspDWSP]/.test(chars[at + 1] ?? '')) {
        at++
        tests.push(escapedClass())
        continue
      }
      const low = classCode()
      if (chars[at] !== '-' || chars[at + 1] === ']' || chars[at + 1] === undefined) {
        tests.push((p) => p === low)
        continue
      }
      const from = at
      at++
      const high = classCode()
      if (high < low) fail('invalid character class range', chars.slice(from - 1, at).join(''))
      tests.push((p) => p >= low && p <= high)
    }
    at++
    return (p) => tests.some((t) => t(p)) !== negated
  }
  function classCode(): number {
    const c = chars[at++] as string
    return c === '\\' ? escapedCode(chars[at++] ?? fail('trailing backslash at end of expression', '')) : (c.codePointAt(0) as number)
  }

  const tree = alternatives({ i: false, m: false, s: false, U: false })
  if (at < chars.length) fail('unexpected )', pattern)
  return tree
}

function assemble(tree: Node): Instruction[] {
  const program: Instruction[] = []
  const emit = <T extends Instruction>(instruction: T): T => {
    if (program.length >= maxProgram) throw new EvaluationError('error parsing regexp: expression too large')
    program.push(instruction)
    return instruction
  }
  const split = (greedy: boolean): ((exit: number) => void) => {
    const at = program.length
    const made = emit({ op: 'split', first: at + 1, second: at + 1 })
    return (exit) => {
      if (greedy) made.second = exit
      else made.first = exit
    }
  }
  const write = (node: Node): void => {
    switch (node.kind) {
      case 'char':
        emit({ op: 'char', test: node.test })
        return
      case 'assert':
        emit({ op: 'assert', what: node.what })
        return
      case 'cat':
        node.nodes.forEach(write)
        return
      case 'alt': {
        const ends: { to: number }[] = []
        node.nodes.forEach((branch, i) => {
          const last = i === node.nodes.length - 1
          const next = last ? undefined : split(true)
          write(branch)
          if (!last) ends.push(emit({ op: 'jump', to: 0 }))
          next?.(program.length)
        })
        for (const end of ends) end.to = program.length
        return
      }
      case 'repeat': {
        for (let i = 0; i < node.min; i++) write(node.node)
        if (node.max === Number.POSITIVE_INFINITY) {
          const loop = program.length
          const exit = split(node.greedy)
          write(node.node)
          emit({ op: 'jump', to: loop })
          exit(program.length)
          return
        }
        const exits: ((exit: number) => void)[] = []
        for (let i = node.min; i < node.max; i++) {
          exits.push(split(node.greedy))
          write(node.node)
        }
        for (const exit of exits) exit(program.length)
      }
    }
  }
  write(tree)
  emit({ op: 'match' })
  return program
}

function machine(program: readonly Instruction[]): Regex {
  const run = (text: string, from: number, any: boolean): readonly [number, number] | undefined => {
    /** Where each instruction was last added: no thread is followed twice at one place. */
    const seen = new Int32Array(program.length).fill(-1)
    let [threads, starts]: [number[], number[]] = [[], []]
    let found: readonly [number, number] | undefined
    const holds = (what: string, at: number): boolean => {
      switch (what) {
        case 'A':
          return at === 0
        case 'z':
          return at === text.length
        case '^':
          return at === 0 || text[at - 1] === '\n'
        case '$':
          return at === text.length || text[at] === '\n'
        default: {
          const before = at > 0 && isWord(text.charCodeAt(at - 1))
          return (before !== (at < text.length && isWord(text.charCodeAt(at)))) === (what === 'b')
        }
      }
    }
    const pending: number[] = []
    const add = (first: number, start: number, at: number, list: number[], begins: number[]): void => {
      pending.push(first)
      while (pending.length > 0) {
        const pc = pending.pop() as number
        if (seen[pc] === at) continue
        seen[pc] = at
        const instruction = program[pc] as Instruction
        if (instruction.op === 'jump') pending.push(instruction.to)
        else if (instruction.op === 'split') pending.push(instruction.second, instruction.first)
        else if (instruction.op !== 'assert') {
          list.push(pc)
          begins.push(start)
        } else if (holds(instruction.what, at)) pending.push(pc + 1)
      }
    }
    for (let at = from; ; ) {
      if (!found) add(0, at, at, threads, starts)
      if (threads.length === 0 && found) return found
      const code = at < text.length ? (text.codePointAt(at) as number) : -1
      const next = at + (code > 0xffff ? 2 : 1)
      const list: number[] = []
      const begins: number[] = []
      for (let i = 0; i < threads.length; i++) {
        const instruction = program[threads[i] as number] as Instruction
        if (instruction.op === 'match') {
          found = [starts[i] as number, at]
          if (any) return found
          break // threads after this one are of lower priority
        }
        if (instruction.op === 'char' && code >= 0 && instruction.test(code))
          add((threads[i] as number) + 1, starts[i] as number, next, list, begins)
      }
      if (code < 0) return found
      ;[threads, starts] = [list, begins]
      at = next
    }
  }
  return { test: (text) => run(text, 0, true) !== undefined, find: (text, from = 0) => run(text, from, false) }
}
