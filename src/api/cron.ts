/**
 * Cron schedules of five fields and the `@hourly` sort (github.com/robfig/cron/v3 ParseStandard, the parser upstream uses),
 * with its errors' texts. A field is a set of numbers; `starDay` notes a `*`, since day of month and of week are joined by
 * "or" only when both are limited.
 */

export interface CronSchedule {
  readonly minute: ReadonlySet<number>
  readonly hour: ReadonlySet<number>
  readonly dayOfMonth: ReadonlySet<number>
  readonly month: ReadonlySet<number>
  readonly dayOfWeek: ReadonlySet<number>
  readonly starDayOfMonth: boolean
  readonly starDayOfWeek: boolean
  /** `@every`: a fixed delay in seconds; the sets are not used. */
  readonly everySeconds?: number
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const fields = [
  { min: 0, max: 59, names: [] as string[], first: 0 },
  { min: 0, max: 23, names: [] as string[], first: 0 },
  { min: 1, max: 31, names: [] as string[], first: 0 },
  { min: 1, max: 12, names: months, first: 1 },
  { min: 0, max: 6, names: days, first: 0 },
]
const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** Reads a schedule; throws an Error with the parser's text. A leading TZ= or CRON_TZ= is skipped. */
export function parseCron(text: string): CronSchedule {
  if (text === '') throw new Error('empty spec string')
  const zone = /^(?:CRON_)?TZ=(\S*)\s*/.exec(text)
  const spec = (zone ? text.slice(zone[0].length) : text).trim()
  if (spec.startsWith('@')) {
    const known = descriptors[spec]
    if (known) return parseCron(known)
    if (spec.startsWith('@every ')) return { ...parseCron('* * * * *'), everySeconds: duration(spec, spec.slice('@every '.length)) }
    throw new Error(`unrecognized descriptor: ${spec}`)
  }
  const parts = spec.split(/\s+/).filter(Boolean)
  if (parts.length !== 5) throw new Error(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`)
  const sets = parts.map((part, i) => parseField(part, i)) as [Field, Field, Field, Field, Field]
  return {
    minute: sets[0].values,
    hour: sets[1].values,
    dayOfMonth: sets[2].values,
    month: sets[3].values,
    dayOfWeek: sets[4].values,
    starDayOfMonth: sets[2].star,
    starDayOfWeek: sets[4].star,
  }
}

interface Field {
  values: Set<number>
  star: boolean
}
function parseField(text: string, index: number): Field {
  const field: Field = { values: new Set(), star: false }
  for (const part of text.split(',').filter(Boolean)) addRange(field, part, index)
  return field
}

function addRange(field: Field, text: string, index: number): void {
  const { min, max } = fields[index] as (typeof fields)[number]
  const [range, stepText, ...more] = text.split('/') as [string, string | undefined, ...string[]]
  const [low, high, ...rest] = range.split('-') as [string, string | undefined, ...string[]]
  const star = low === '*' || low === '?'
  let start = min
  let end = max
  if (!star) {
    start = number(low, index)
    if (rest.length > 0) throw new Error(`too many hyphens: ${text}`)
    end = high === undefined ? start : number(high, index)
  }
  let step = 1
  let everything = star
  if (more.length > 0) throw new Error(`too many slashes: ${text}`)
  if (stepText !== undefined) {
    step = integer(stepText)
    if (high === undefined && !star) end = max
    if (step > 1) everything = false
  }
  if (start < min) throw new Error(`beginning of range (${start}) below minimum (${min}): ${text}`)
  if (end > max) throw new Error(`end of range (${end}) above maximum (${max}): ${text}`)
  if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${text}`)
  if (step === 0) throw new Error(`step of range should be a positive number: ${text}`)
  for (let n = start; n <= end; n += step) field.values.add(n)
  field.star ||= everything
}

function number(text: string, index: number): number {
  const { names, first } = fields[index] as (typeof fields)[number]
  const named = names.indexOf(text.toLowerCase())
  return named >= 0 ? named + first : integer(text)
}
function integer(text: string): number {
  if (!/^[-+]?\d+$/.test(text))
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  const n = Number(text)
  if (n < 0) throw new Error(`negative number (${n}) not allowed: ${text}`)
  return n
}

const units: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }
function duration(spec: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map((p) => p[0]).join('') !== text)
    throw new Error(`failed to parse duration ${spec}: time: invalid duration ${JSON.stringify(text)}`)
  const seconds = parts.reduce((sum, [, n, unit]) => sum + Number(n) * (units[unit as string] as number), 0)
  // The library rounds down to whole seconds and never goes below one.
  return Math.max(1, Math.floor(seconds))
}

/** What is wrong with a time zone's name, as Go's time.LoadLocation says it; names are exact in case. */
export function timeZoneError(name: string): string | undefined {
  const unknown = `unknown time zone ${name}`
  if (/(^|\/)[^A-Z]/.test(name)) return unknown
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return undefined
  } catch {
    return unknown
  }
}
