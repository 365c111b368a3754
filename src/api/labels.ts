/**
 * Label selectors (apimachinery/pkg/labels and meta/v1's LabelSelector): the string form of queries, the object form of
 * specs, and one compiled matcher for both. Error texts are upstream's, as they are answered to clients.
 */
import type { LabelSelector } from './types/meta-v1.ts'
import { causeMessage, type FieldError, invalid, notSupported } from './validation/field-error.ts'

export type Labels = Readonly<Record<string, string>>
export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt'
export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  /** Sorted, each once. */
  readonly values: readonly string[]
}
export interface Selector {
  readonly requirements: readonly LabelRequirement[]
  matches(labels: Labels | undefined): boolean
  /** Selects every object. */
  readonly everything: boolean
  /** Selects none. */
  readonly nothing: boolean
  toString(): string
}

export class SelectorError extends Error {}
const toMessage = (error: FieldError): string => `${error.field}: ${causeMessage(error)}`

export const everything: Selector = { requirements: [], matches: () => true, everything: true, nothing: false, toString: () => '' }
export const nothing: Selector = { requirements: [], matches: () => false, everything: false, nothing: true, toString: () => '' }

const binaryOperators = 'in, notin, =, ==, !=, gt, lt'
const validOperators = ['in', 'notin', '=', '==', '!=', 'gt', 'lt', 'exists', '!']

/** Reads `a=b,c in (d,e),!f`. Throws SelectorError with the text that upstream answers. */
export function parseLabelSelector(text: string): Selector {
  if (text === '') return everything
  const simple = /^([A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)=([A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)$/.exec(text)
  if (simple) return selectorOf([{ key: simple[1] as string, operator: '=', values: [simple[2] as string] }])
  return selectorOf(parseRequirements(tokenize(text)))
}

/** A spec's selector; undefined selects nothing and an empty one everything, as upstream's LabelSelectorAsSelector. */
export function labelSelectorAsSelector(from: LabelSelector | undefined | null): Selector {
  if (!from) return nothing
  const known = compiled.get(from)
  if (known) return known
  const { matchLabels = {}, matchExpressions = [] } = from
  const requirements: LabelRequirement[] = Object.entries(matchLabels).map(([key, value]) => newRequirement(key, '=', [value]))
  for (const { key, operator, values } of matchExpressions) {
    const op = ({ In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' } as const)[operator]
    if (!op) throw new SelectorError(`${JSON.stringify(operator)} is not a valid label selector operator`)
    requirements.push(newRequirement(key, op, values ?? []))
  }
  const made = selectorOf(requirements)
  compiled.set(from, made)
  return made
}
/** Specs are immutable and live in caches: each is compiled once. */
const compiled = new WeakMap<LabelSelector, Selector>()

/** The selector of a plain map, as services and replication controllers have it: absent or empty selects everything. */
export function selectorFromMap(map: Labels | undefined): Selector {
  return selectorOf(Object.entries(map ?? {}).map(([key, value]) => ({ key, operator: '=' as const, values: [value] })))
}

/** Like upstream's FormatLabelSelector: how printers show a spec's selector. */
export function formatLabelSelector(from: LabelSelector | undefined): string {
  try {
    return labelSelectorAsSelector(from).toString() || '<none>'
  } catch {
    return '<error>' // a selector that no longer passes validation must not hide the rest of a table
  }
}
/** How upstream's messages print a selector: as Go prints the struct. */
export function selectorText(from: LabelSelector | undefined): string {
  if (!from) return 'nil'
  const labels = Object.entries(from.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const expressions = (from.matchExpressions ?? []).map(
    ({ key, operator, values }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.map(([key, value]) => `${key}: ${value},`).join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}

/** `a=b,c=d`, sorted by key; `<none>` when empty (labels.FormatLabels). */
export function formatLabels(labels: Labels | undefined): string {
  const text = Object.keys(labels ?? {})
    .sort()
    .map((key) => `${key}=${(labels as Labels)[key]}`)
    .join(',')
  return text === '' ? '<none>' : text
}

export function selectorOf(unsorted: readonly LabelRequirement[]): Selector {
  if (unsorted.length === 0) return everything
  const requirements = [...unsorted].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const only = requirements.length === 1 ? (requirements[0] as LabelRequirement) : undefined
  return {
    requirements,
    everything: false,
    nothing: false,
    matches: only ? (labels) => requirementMatches(only, labels) : (labels) => requirements.every((r) => requirementMatches(r, labels)),
    toString: () => requirements.map(formatRequirement).join(','),
  }
}

export function requirementMatches({ key, operator, values }: LabelRequirement, labels: Labels | undefined): boolean {
  const has = labels !== undefined && Object.hasOwn(labels, key)
  switch (operator) {
    case '=':
    case '==':
      return has && labels[key] === values[0]
    case 'in':
      return has && values.includes(labels[key] as string)
    case '!=':
    case 'notin':
      return !has || !values.includes(labels[key] as string)
    case 'exists':
      return has
    case '!':
      return !has
    default: {
      if (!has || !integer.test(labels[key] as string)) return false
      const [label, bound] = [BigInt(labels[key] as string), BigInt(values[0] as string)]
      return operator === 'gt' ? label > bound : label < bound
    }
  }
}
const integer = /^-?\d{1,19}$/

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`
    default:
      return `${key}${operator === 'gt' ? '>' : operator === 'lt' ? '<' : operator}${values[0]}`
  }
}

/** Checks one requirement as upstream's NewRequirement; throws SelectorError. */
export function newRequirement(key: string, operator: LabelOperator, given: readonly string[]): LabelRequirement {
  const errors: string[] = []
  const say = (...args: Parameters<typeof invalid>) => errors.push(toMessage(invalid(...args)))
  const keyErrors = qualifiedNameErrors(key)
  if (keyErrors.length > 0) say('key', key, keyErrors.join('; '))
  const values = [...new Set(given)].sort()
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length === 0) say('values', values, "for 'in', 'notin' operators, values set can't be empty")
      break
    case '=':
    case '==':
    case '!=':
      if (values.length !== 1) say('values', values, 'exact-match compatibility requires one single value')
      break
    case 'exists':
    case '!':
      if (values.length !== 0) say('values', values, 'values set must be empty for exists and does not exist')
      break
    case 'gt':
    case 'lt':
      if (values.length !== 1) say('values', values, "for 'Gt', 'Lt' operators, exactly one value is required")
      values.forEach((value, i) => {
        if (!/^[+-]?\d{1,19}$/.test(value)) say(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")
      })
      break
    default:
      errors.push(toMessage(notSupported('operator', operator, validOperators)))
  }
  values.forEach((value, i) => {
    const wrong = labelValueErrors(value)
    if (wrong.length > 0) say(`values[${i}][${key}]`, value, wrong.join('; '))
  })
  if (errors.length > 0) throw new SelectorError(errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`)
  return { key, operator, values }
}

// ---- the string form

interface Token {
  readonly kind: 'identifier' | 'end' | 'error' | ')' | '(' | ',' | '!' | '=' | '==' | '!=' | '>' | '<' | 'in' | 'notin'
  readonly text: string
}
const symbols: ReadonlySet<string> = new Set([')', '(', ',', '!', '=', '==', '!=', '>', '<'])

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const char = text[at] as string
    if (/[ \t\r\n]/.test(char)) at++
    else if ('=!(),><'.includes(char)) {
      const two = text.slice(at, at + 2)
      const symbol = symbols.has(two) ? two : char
      tokens.push({ kind: symbol as Token['kind'], text: symbol })
      at += symbol.length
    } else {
      const word = (/^[^=!(),>< \t\r\n]+/.exec(text.slice(at)) as RegExpExecArray)[0]
      tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word })
      at += word.length
    }
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

function parseRequirements(tokens: readonly Token[]): LabelRequirement[] {
  let at = 0
  // Where a value or key is expected, `in` and `notin` are words like any other.
  const asValue = (token: Token): Token =>
    token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token
  const end = tokens[tokens.length - 1] as Token
  const peek = (): Token => asValue(tokens[at] ?? end)
  const next = (): Token => asValue(tokens[at++] ?? end)
  const fail = (token: Token, expected: string): never => {
    throw new SelectorError(`found '${token.text}', expected: ${expected}`)
  }

  const found: LabelRequirement[] = []
  for (;;) {
    const token = peek()
    if (token.kind === 'end') return found
    if (token.kind !== 'identifier' && token.kind !== '!') fail(token, "!, identifier, or 'end of string'")
    try {
      found.push(requirement())
    } catch (error) {
      if (error instanceof SelectorError) error.message = `unable to parse requirement: ${error.message}`
      throw error
    }
    const after = next()
    if (after.kind === 'end') return found
    if (after.kind !== ',') fail(after, "',' or 'end of string'")
    const following = peek()
    if (following.kind !== 'identifier' && following.kind !== '!') fail(following, "identifier after ','")
  }

  function requirement(): LabelRequirement {
    let token = next()
    const negated = token.kind === '!'
    if (negated) token = next()
    if (token.kind !== 'identifier') fail(token, 'identifier')
    const wrong = qualifiedNameErrors(token.text)
    if (wrong.length > 0) throw new SelectorError(toMessage(invalid('<nil>', token.text, wrong.join('; '))))
    const key = token.text
    if (negated) return newRequirement(key, '!', [])
    const following = peek().kind
    if (following === 'end' || following === ',') return newRequirement(key, 'exists', [])
    const operator = tokens[at++] ?? end
    switch (operator.kind) {
      case 'in':
      case 'notin':
        return newRequirement(key, operator.kind, valueList())
      case '=':
      case '==':
      case '!=':
        return newRequirement(key, operator.kind, [exactValue()])
      case '>':
        return newRequirement(key, 'gt', [exactValue()])
      case '<':
        return newRequirement(key, 'lt', [exactValue()])
      default:
        return fail(operator, binaryOperators)
    }
  }

  function exactValue(): string {
    const { kind } = peek()
    if (kind === 'end' || kind === ',') return ''
    const token = next()
    return token.kind === 'identifier' ? token.text : fail(token, 'identifier')
  }

  function valueList(): string[] {
    const open = next()
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`)
    const first = peek()
    if (first.kind === ')') {
      next()
      return ['']
    }
    if (first.kind !== 'identifier' && first.kind !== ',') fail(first, "',', ')' or identifier")
    const values = new Set<string>()
    for (;;) {
      const token = next()
      if (token.kind === 'identifier') {
        values.add(token.text)
        const after = peek()
        if (after.kind === ')') break
        if (after.kind !== ',') fail(after, "',' or ')'")
      } else if (token.kind === ',') {
        // An empty place between commas or parentheses is the empty value.
        if (values.size === 0) values.add('')
        const after = peek()
        if (after.kind === ')') {
          values.add('')
          break
        }
        if (after.kind === ',') {
          next()
          values.add('')
        }
      } else fail(token, "',', or identifier")
    }
    next()
    return [...values]
  }
}

// ---- what a key and a value may be (apimachinery/pkg/util/validation: IsQualifiedName, IsValidLabelValue)

const nameExamples =
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const nameRule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${nameExamples}`
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

const goodKeys = new Set<string>()
/** What is wrong with a label or annotation key; empty when nothing is. */
export function qualifiedNameErrors(key: string): string[] {
  if (goodKeys.has(key)) return []
  const errors: string[] = []
  const parts = key.split('/')
  let name = key
  if (parts.length === 2) {
    const [prefix, rest] = parts as [string, string]
    name = rest
    if (prefix === '') errors.push('prefix part must be non-empty')
    else {
      if (prefix.length > 253) errors.push('prefix part must be no more than 253 bytes')
      if (!subdomain.test(prefix)) errors.push(`prefix part ${subdomainRule}`)
    }
  } else if (parts.length > 2)
    return [`a valid label key ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  if (name === '') errors.push('name part must be non-empty')
  else if (name.length > 63) errors.push('name part must be no more than 63 bytes')
  if (!qualifiedName.test(name)) errors.push(`name part ${nameRule}`)
  if (errors.length === 0) {
    if (goodKeys.size >= 4096) goodKeys.clear()
    goodKeys.add(key)
  }
  return errors
}

/** What is wrong with a label's value. */
export function labelValueErrors(value: string): string[] {
  const errors: string[] = []
  if (value.length > 63) errors.push('must be no more than 63 bytes')
  if (value !== '' && !qualifiedName.test(value))
    errors.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    )
  return errors
}
