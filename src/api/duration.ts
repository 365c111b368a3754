/** util/duration: times as people read them in tables, `45s`, `5m30s`, `3h`, `12d`, `2y10d`. */

export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000)
  if (seconds < -1) return '<invalid>' // a second of difference between clocks is forgiven
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return `${minutes}m${rest(seconds % 60, 's')}`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return `${hours}h${rest(minutes % 60, 'm')}`
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 24 * 8) return `${days}d${rest(hours % 24, 'h')}`
  if (days < 365 * 2) return `${days}d`
  const years = Math.trunc(days / 365)
  return days < 365 * 8 ? `${years}y${rest(days % 365, 'd')}` : `${years}y`
}
const rest = (n: number, unit: string): string => (n === 0 ? '' : `${n}${unit}`)

/** How long ago a timestamp of the API was; `<unknown>` when there is none. */
export const ageOf = (time: string | undefined | null, now: number): string => (time ? humanDuration(now - Date.parse(time)) : '<unknown>')
