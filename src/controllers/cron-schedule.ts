/**
 * Cron expressions and when they come next in a time zone (as robfig/cron, which upstream uses): five fields or a name
 * such as `@daily`; a local time that a change of clocks leaves out is skipped, one that comes twice counts twice.
 */

export interface CronSchedule {
  /** The first instant after `ms`; undefined when there is none in the next years. */
  next(ms: number): number | undefined
}

const names: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const day = 86_400_000
/** The rarest date, a weekday on 29 February, comes within this many days. */
const horizonDays = 366 * 29

/** Throws an Error that says what is wrong with the text or the zone. */
export function parseCron(text: string, timeZone = 'UTC'): CronSchedule {
  const every = /^@every (.+)$/.exec(text)
  if (every) return everySchedule(every[1] as string)
  const fields = (names[text] ?? text).trim().split(/\s+/)
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  const [minute, hour, dom, month, dow] = fields as [string, string, string, string, string]
  const minutes = sorted(parseField(minute, 0, 59))
  const hours = sorted(parseField(hour, 0, 23))
  const doms = parseField(dom, 1, 31)
  const monthSet = parseField(month, 1, 12, months)
  const dows = parseField(dow, 0, 7, days)
  if (dows.has(7)) dows.add(0)
  const anyDay = /^[*?]/.test(dom) || /^[*?]/.test(dow)
  const offset = offsetsOf(timeZone)
  const dayMatches = (date: Date) => {
    if (!monthSet.has(date.getUTCMonth() + 1)) return false
    const [a, b] = [doms.has(date.getUTCDate()), dows.has(date.getUTCDay())]
    return anyDay ? a && b : a || b
  }

  return {
    next(ms) {
      const after = Math.floor(ms / 1000) * 1000
      // Days are counted in local time: `date` is the local calendar day as if it were UTC's.
      const first = Math.floor((after + offset(after)) / day) - 1
      for (let n = first; n < first + horizonDays; n++) {
        if (!dayMatches(new Date(n * day))) continue
        let best: number | undefined
        for (const shift of new Set([offset(n * day - day), offset(n * day + 2 * day)])) {
          const at = firstOf(n * day - shift, hours, minutes, (instant) => instant > after && offset(instant) === shift)
          if (at !== undefined && (best === undefined || at < best)) best = at
        }
        if (best !== undefined) return best
      }
      return undefined
    },
  }
}

const sorted = (values: Set<number>): number[] => [...values].sort((a, b) => a - b)

/** The first hour and minute of a day that begins at `midnight` which is good. */
function firstOf(
  midnight: number,
  hours: readonly number[],
  minutes: readonly number[],
  good: (at: number) => boolean,
): number | undefined {
  for (const h of hours)
    for (const m of minutes) {
      const at = midnight + h * 3_600_000 + m * 60_000
      if (good(at)) return at
    }
  return undefined
}

function everySchedule(text: string): CronSchedule {
  const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 }
  let total = 0
  if (!/^(\d+(?:\.\d+)?[smh])+$/.test(text)) throw new Error(`failed to parse duration @every ${text}`)
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)([smh])/g)) total += Number(amount) * (units[unit as string] as number)
  const delay = Math.max(1000, Math.floor(total / 1000) * 1000)
  return { next: (ms) => Math.floor(ms / 1000) * 1000 + delay }
}

function parseField(text: string, low: number, high: number, words: readonly string[] = []): Set<number> {
  const values = new Set<number>()
  const number = (part: string): number => {
    const word = words.indexOf(part.toLowerCase())
    const value = word >= 0 ? word + (words === months ? 1 : 0) : /^\d+$/.test(part) ? Number(part) : Number.NaN
    if (Number.isNaN(value)) throw new Error(`failed to parse int from ${part}: strconv.Atoi: parsing "${part}": invalid syntax`)
    return value
  }
  for (const expression of text.split(',')) {
    const [range = '', stepText, ...rest] = expression.split('/')
    if (rest.length > 0) throw new Error(`too many slashes: ${expression}`)
    let start = low
    let end = high
    if (range !== '*' && range !== '?') {
      const [from = '', to, ...more] = range.split('-')
      if (more.length > 0) throw new Error(`too many hyphens: ${expression}`)
      start = number(from)
      end = to === undefined ? (stepText === undefined ? start : high) : number(to)
    } else if (words === days) end = 6
    const step = stepText === undefined ? 1 : number(stepText)
    if (start < low) throw new Error(`beginning of range (${start}) below minimum (${low}): ${expression}`)
    if (end > high) throw new Error(`end of range (${end}) above maximum (${high}): ${expression}`)
    if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${expression}`)
    if (step === 0) throw new Error(`step of range should be a positive number: ${expression}`)
    for (let value = start; value <= end; value += step) values.add(value)
  }
  return values
}

/** What must be added to an instant for a zone's local time. */
function offsetsOf(timeZone: string): (ms: number) => number {
  if (timeZone === 'UTC') return () => 0
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)])) as Record<string, number>
    const { year = 0, month = 1, day: date = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, date, hour, minute, second) - Math.floor(ms / 1000) * 1000
  }
}
