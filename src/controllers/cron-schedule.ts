/**
 * Cron expressions and when they come next in a time zone (as robfig/cron, which upstream uses): five fields or a name
 * such as `@daily`; a local time that a change of clocks leaves out is skipped, one that comes twice counts twice.
 */

import { parseCron } from '../api/cron.ts'
import { formatTime } from '../api/meta.ts'

export interface CronSchedule {
  /** The first instant after `ms`; undefined when there is none in the next years. */
  next(ms: number): number | undefined
}

const day = 86_400_000
/** The rarest date, a weekday on 29 February, comes within this many days. */
const horizonDays = 366 * 29

/** When a schedule comes. Throws an Error that says what is wrong with the text or the zone. */
export function scheduleOf(text: string, timeZone = 'UTC'): CronSchedule {
  const cron = parseCron(text)
  if (cron.everySeconds !== undefined) {
    const delay = Math.max(1, Math.floor(cron.everySeconds)) * 1000
    return { next: (ms) => Math.floor(ms / 1000) * 1000 + delay }
  }
  const minutes = sorted(cron.minute)
  const hours = sorted(cron.hour)
  const anyDay = cron.starDayOfMonth || cron.starDayOfWeek
  const offset = offsetsOf(timeZone)
  const dayMatches = (date: Date) => {
    if (!cron.month.has(date.getUTCMonth() + 1)) return false
    const [a, b] = [cron.dayOfMonth.has(date.getUTCDate()), cron.dayOfWeek.has(date.getUTCDay())]
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

/** An instant in a zone's local time, as RFC 3339 has it. */
export function formatInZone(ms: number, timeZone = 'UTC'): string {
  const shift = offsetsOf(timeZone)(ms)
  if (shift === 0) return formatTime(ms)
  const minutes = Math.abs(shift) / 60_000
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return formatTime(ms + shift).replace('Z', `${shift < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`)
}

const sorted = (values: ReadonlySet<number>): number[] => [...values].sort((a, b) => a - b)

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
