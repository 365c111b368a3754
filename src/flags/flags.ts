/**
 * Flags as spf13/pflag reads them, from a table that also feeds help and completion. Own code because no npm parser
 * takes kubectl's syntax: `-o=yaml`, `-oyaml`, `-it`, `--watch=false`, `--dry-run` with and without a value.
 */

export interface FlagSpec {
  /** `count` counts repetitions; `list` splits at commas and adds up (StringSlice); `array` adds up unsplit (StringArray); `map` reads k=v,k2=v2. */
  readonly type: 'string' | 'bool' | 'int' | 'float' | 'duration' | 'list' | 'array' | 'map' | 'count'
  readonly short?: string
  readonly default?: unknown
  /** The value a flag given without one has (pflag's NoOptDefVal): `--dry-run` is `--dry-run=unchanged`. Such a flag never takes the next word. */
  readonly bare?: unknown
  readonly doc: string
  /** The word that help shows for the value. */
  readonly value?: string
  readonly hidden?: boolean
  readonly deprecated?: string
}
export type FlagTable = Readonly<Record<string, FlagSpec>>

/** The values of a table's flags, as parsing yields them. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name]['type'] extends 'list' | 'array'
    ? readonly string[]
    : Table[Name]['type'] extends 'bool'
      ? boolean
      : Table[Name]['type'] extends 'string'
        ? string
        : Table[Name]['type'] extends 'map'
          ? Readonly<Record<string, string>>
          : number
}

/** What parsing yields: values by flag name, defaults filled in; `given` tells which the user wrote. */
export interface ParsedFlags {
  readonly values: Readonly<Record<string, unknown>>
  readonly given: ReadonlySet<string>
  readonly args: readonly string[]
  /** What stood after `--`; also at the end of `args`. -1 when there was no `--` (cobra's ArgsLenAtDash). */
  readonly dash: number
}

export class FlagError extends Error {}

/** Reads `argv`. `interspersed: false` stops at the first word that is no flag (for `exec`, `run -- cmd`). Throws FlagError in pflag's words. */
export function parseFlags(table: FlagTable, argv: readonly string[], options: { interspersed?: boolean } = {}): ParsedFlags {
  const values: Record<string, unknown> = {}
  const given = new Set<string>()
  const args: string[] = []
  let dash = -1
  for (const [name, spec] of Object.entries(table)) values[name] = initial(spec)
  const byShort = new Map(Object.entries(table).flatMap(([name, spec]) => (spec.short ? [[spec.short, name] as const] : [])))

  const set = (name: string, spec: FlagSpec, text: string, shown: string) => {
    values[name] = convert(spec, text, given.has(name) ? values[name] : undefined, shown)
    given.add(name)
  }

  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string
    if (word === '--') {
      dash = args.length
      args.push(...argv.slice(i + 1))
      break
    }
    if (word.startsWith('--')) {
      const equals = word.indexOf('=')
      const name = equals < 0 ? word.slice(2) : word.slice(2, equals)
      const spec = table[name]
      if (!spec) throw new FlagError(`unknown flag: --${name}`)
      if (equals >= 0) set(name, spec, word.slice(equals + 1), word)
      else if (bareValue(spec) !== undefined) set(name, spec, String(bareValue(spec)), word)
      else if (i + 1 < argv.length) set(name, spec, argv[++i] as string, word)
      else throw new FlagError(`flag needs an argument: --${name}`)
      continue
    }
    if (word.startsWith('-') && word.length > 1) {
      for (let at = 1; at < word.length; ) {
        const letter = word[at] as string
        const name = byShort.get(letter)
        const spec = name === undefined ? undefined : table[name]
        if (name === undefined || !spec) throw new FlagError(`unknown shorthand flag: '${letter}' in ${word}`)
        const rest = word.slice(at + 1)
        if (rest.startsWith('=')) {
          set(name, spec, rest.slice(1), `-${letter}`)
          break
        }
        if (bareValue(spec) !== undefined) {
          set(name, spec, String(bareValue(spec)), `-${letter}`)
          at++
          continue
        }
        if (rest !== '') set(name, spec, rest, `-${letter}`)
        else if (i + 1 < argv.length) set(name, spec, argv[++i] as string, `-${letter}`)
        else throw new FlagError(`flag needs an argument: '${letter}' in ${word}`)
        break
      }
      continue
    }
    args.push(word)
    if (options.interspersed === false) {
      args.push(...argv.slice(i + 1))
      break
    }
  }
  return { values, given, args, dash }
}

/** Milliseconds of a Go duration such as `1h30m`, `250ms`, `0`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5 }
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text)
  if (!match) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    total += Number(amount) * (units[unit as string] as number)
  return match[1] === '-' ? -total : total
}

/** A Go duration of so many milliseconds, without units that are zero: `1h30m`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`
  const [hours, minutes, seconds] = [Math.floor(ms / 36e5), Math.floor(ms / 6e4) % 60, (ms % 6e4) / 1000]
  if (ms > 0 && ms < 1000) return `${ms}ms`
  const parts = [hours && `${hours}h`, minutes && `${minutes}m`, seconds && `${seconds}s`].filter(Boolean)
  return parts.join('') || '0s'
}

function bareValue(spec: FlagSpec): unknown {
  return spec.bare ?? (spec.type === 'bool' ? true : spec.type === 'count' ? '+1' : undefined)
}

function initial(spec: FlagSpec): unknown {
  if (spec.default !== undefined) return spec.default
  switch (spec.type) {
    case 'bool':
      return false
    case 'int':
    case 'float':
    case 'duration':
    case 'count':
      return 0
    case 'list':
    case 'array':
      return []
    case 'map':
      return {}
    case 'string':
      return ''
  }
}

function convert(spec: FlagSpec, text: string, before: unknown, shown: string): unknown {
  const invalid = (why: string) => new FlagError(`invalid argument "${text}" for "${shown.replace(/=.*/, '')}" flag: ${why}`)
  switch (spec.type) {
    case 'string':
      return text
    case 'bool':
      if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true
      if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false
      throw invalid(`strconv.ParseBool: parsing "${text}": invalid syntax`)
    case 'int':
      if (!/^[+-]?\d+$/.test(text)) throw invalid(`strconv.ParseInt: parsing "${text}": invalid syntax`)
      return Number(text)
    case 'float':
      if (text === '' || Number.isNaN(Number(text))) throw invalid(`strconv.ParseFloat: parsing "${text}": invalid syntax`)
      return Number(text)
    case 'duration': {
      const ms = parseDuration(text)
      if (ms === undefined) throw invalid(`time: invalid duration "${text}"`)
      return ms
    }
    case 'count':
      return text === '+1' ? Number(before ?? 0) + 1 : Number(text)
    case 'list':
      return [...((before as string[] | undefined) ?? []), ...(text === '' ? [] : text.split(','))]
    case 'array':
      return [...((before as string[] | undefined) ?? []), text]
    case 'map': {
      const pairs = text === '' ? [] : text.split(',').map((pair) => pair.split(/=(.*)/s))
      const bad = pairs.find((pair) => pair.length < 2)
      if (bad) throw invalid(`${bad[0]} must be formatted as key=value`)
      return { ...((before as object | undefined) ?? {}), ...Object.fromEntries(pairs) }
    }
  }
}
