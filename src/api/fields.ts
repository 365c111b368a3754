/** Field selectors (apimachinery/pkg/fields): `metadata.name=web,spec.nodeName!=n1`, with backslash escapes in values. */

export interface FieldRequirement {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[]
  readonly everything: boolean
  /** `values` are what the resource offers; an absent one counts as empty. */
  matches(values: Readonly<Record<string, string>>): boolean
  /** The value that `field` must have, when the selector asks for exactly one: what an index is looked up with. */
  exact(field: string): string | undefined
  toString(): string
}

export class FieldSelectorError extends Error {}

const everything: FieldSelector = { requirements: [], everything: true, matches: () => true, exact: () => undefined, toString: () => '' }

/** Throws FieldSelectorError with upstream's text. Which fields a resource knows is the caller's to check. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements = splitTerms(text).flatMap((term) => {
    if (term === '') return []
    const split = splitTerm(term)
    if (!split) throw new FieldSelectorError(`invalid selector: '${text}'; can't understand '${term}'`)
    const [field, operator, value] = split
    return [{ field, operator: operator === '!=' ? ('!=' as const) : ('=' as const), value: unescapeValue(value) }]
  })
  return fieldSelectorOf(requirements)
}

export function fieldSelectorOf(requirements: readonly FieldRequirement[]): FieldSelector {
  if (requirements.length === 0) return everything
  return {
    requirements,
    everything: false,
    matches: (values) => requirements.every((r) => ((values[r.field] ?? '') === r.value) === (r.operator === '=')),
    exact: (field) => requirements.find((r) => r.field === field && r.operator === '=')?.value,
    toString: () => requirements.map((r) => `${r.field}${r.operator}${escapeFieldValue(r.value)}`).join(','),
  }
}

export const escapeFieldValue = (value: string): string => value.replace(/[\\,=]/g, '\\$&')

/** At commas that no backslash escapes. */
function splitTerms(text: string): string[] {
  if (text === '') return []
  const terms: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === ',') {
      terms.push(text.slice(from, at))
      from = at + 1
    }
  }
  terms.push(text.slice(from))
  return terms
}

function splitTerm(term: string): [string, string, string] | undefined {
  for (let at = 0; at < term.length; at++)
    for (const operator of ['!=', '==', '='])
      if (term.startsWith(operator, at)) return [term.slice(0, at), operator, term.slice(at + operator.length)]
  return undefined
}

function unescapeValue(text: string): string {
  if (!/[\\,=]/.test(text)) return text
  let value = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string
    if (char === '\\') {
      const next = text[++at]
      if (next !== '\\' && next !== ',' && next !== '=')
        throw new FieldSelectorError(`invalid field selector: invalid escape sequence: \\${next ?? ''}`)
      value += next
    } else if (char === ',' || char === '=') throw new FieldSelectorError(`invalid field selector: unescaped character in value: ${char}`)
    else value += char
  }
  return value
}
