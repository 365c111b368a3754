/** Reads Dockerfiles: instructions with their words, continuation lines, comments, here the syntax that needs no BuildKit. */

export interface Instruction {
  readonly line: number
  readonly name: string
  /** What stands behind the name. */
  readonly rest: string
}
export class DockerfileError extends Error {}

export function parseDockerfile(text: string): Instruction[] {
  const continuation = /^#\s*escape\s*=\s*`/im.test(text) ? '`' : '\\'
  const found: Instruction[] = []
  const lines = text.split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    let line = (lines[i] as string).trim()
    if (line === '' || line.startsWith('#')) continue
    const begun = i + 1
    while (line.endsWith(continuation) && i + 1 < lines.length) {
      const next = (lines[++i] as string).trim()
      // Comments and empty lines inside a continued instruction are skipped.
      if (next === '' || next.startsWith('#')) continue
      line = `${line.slice(0, -1)}${next}`
    }
    const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? []
    if (/<<-?["']?\w/.test(rest) && /^(RUN|COPY|ADD)$/i.test(name))
      throw new DockerfileError(`line ${begun}: here-documents need BuildKit, which is not there`)
    found.push({ line: begun, name: name.toUpperCase(), rest })
  }
  return found
}

/** `["a", "b"]`, or undefined when it is no JSON list. */
export function jsonForm(rest: string): string[] | undefined {
  if (!rest.trimStart().startsWith('[')) return undefined
  try {
    const list = JSON.parse(rest) as unknown
    return Array.isArray(list) && list.every((word) => typeof word === 'string') ? list : undefined
  } catch {
    return undefined
  }
}

/** Splits at spaces outside quotes, and takes the quotes away. */
export function words(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g)].map(([word]) =>
    word.replace(
      /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
      (_m, escaped?: string, double?: string, single?: string) => escaped ?? double?.replace(/\\(.)/g, '$1') ?? single ?? '',
    ),
  )
}

/** `$NAME`, `${NAME}`, `${NAME:-else}`, `${NAME:+then}`. */
export function substitute(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(
    /\\\$|\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})/g,
    (match, plain?: string, braced?: string, kind?: string, word = '') => {
      if (match === '\\$') return '$'
      const value = variables.get(plain ?? braced ?? '')
      if (kind === '-') return value || word
      if (kind === '+') return value ? word : ''
      return value ?? ''
    },
  )
}

/** `--from=x --chown=1:2 a b` into flags and the others. */
export function flagsOf(list: readonly string[]): { flags: Record<string, string>; rest: string[] } {
  const flags: Record<string, string> = {}
  let at = 0
  for (; list[at]?.startsWith('--'); at++) {
    const [name = '', value = 'true'] = (list[at] as string).slice(2).split(/=(.*)/s)
    flags[name] = value
  }
  return { flags, rest: list.slice(at) }
}
