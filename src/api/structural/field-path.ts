/** Paths into objects as rules and selectable fields write them: `.spec.list`, `.spec['a.b']`. */
import type { Structural } from './schema.ts'

export interface FieldPath {
  readonly steps: readonly string[]
  /** As errors name it, without a leading dot: keys of maps in brackets. */
  readonly text: string
  /** What stands there. */
  readonly schema: Structural
}

/** Undefined for a path that is none, or that leads to nothing the schema describes. Lists have no paths into them. */
export function fieldPathOf(text: string, root: Structural): FieldPath | undefined {
  const steps: string[] = []
  let node = root
  let shown = ''
  let at = 0
  while (at < text.length) {
    const match = /^(?:\.([A-Za-z_$][\w$-]*)|\['((?:[^'\\]|\\.)*)'\])/.exec(text.slice(at))
    if (!match) return undefined
    const name = match[1] ?? (match[2] as string).replace(/\\(.)/g, '$1')
    const property = node.properties.get(name)
    const next = property ?? (match[1] === undefined && typeof node.additional === 'object' ? node.additional : undefined)
    if (!next) return undefined
    shown += property ? `.${name}` : `[${name}]`
    steps.push(name)
    node = next
    at += match[0].length
  }
  return steps.length > 0 ? { steps, text: shown.replace(/^\./, ''), schema: node } : undefined
}
