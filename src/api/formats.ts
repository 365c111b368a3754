/** The scalar formats of the API in JSON, read and normalised as Go does: times and base64. */
import { DecodeError } from './json.ts'

const plainTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/

/** A metav1.Time: RFC 3339 in, whole seconds of UTC out. Throws DecodeError in the words of Go's time.Parse. */
export function canonicalTime(text: string): string {
  // The form that every Go client writes needs no more than a check of its ranges.
  if (plainTime.test(text) && !Number.isNaN(Date.parse(text)) && validDay(text)) return text
  return `${new Date(parseTime(text, '2006-01-02T15:04:05Z07:00')).toISOString().slice(0, 19)}Z`
}

/** A metav1.MicroTime: exactly six places of a second in and out. */
export function canonicalMicroTime(text: string): string {
  const milliseconds = parseTime(text, '2006-01-02T15:04:05.000000Z07:00')
  const micro = /\.(\d{6})/.exec(text)?.[1] ?? '000000'
  return `${new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().slice(0, 19)}.${micro}Z`
}

function validDay(text: string): boolean {
  const day = Number(text.slice(8, 10))
  return day <= 28 || day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
}

/** Go's time.Parse for the two layouts: element after element, so that the error names the first that does not fit. */
function parseTime(text: string, layout: string): number {
  const quoted = (s: string) => JSON.stringify(s)
  let rest = text
  const fail = (element: string): never => {
    throw new DecodeError(`parsing time ${quoted(text)} as ${quoted(layout)}: cannot parse ${quoted(rest)} as ${quoted(element)}`)
  }
  const range = (what: string): never => {
    throw new DecodeError(`parsing time ${quoted(text)}: ${what} out of range`)
  }
  const take = (pattern: RegExp, element: string): string => {
    const match = pattern.exec(rest)
    if (!match) return fail(element)
    rest = rest.slice(match[0].length)
    return match[0]
  }
  const year = Number(take(/^\d{4}/, '2006'))
  take(/^-/, '-')
  const month = Number(take(/^\d\d/, '01'))
  if (month < 1 || month > 12) range('month')
  take(/^-/, '-')
  const day = Number(take(/^\d\d/, '02'))
  take(/^T/, 'T')
  const hour = Number(take(/^\d\d/, '15'))
  if (hour > 23) range('hour')
  take(/^:/, ':')
  const minute = Number(take(/^\d\d/, '04'))
  if (minute > 59) range('minute')
  take(/^:/, ':')
  const second = Number(take(/^\d\d/, '05'))
  if (second > 59) range('second')
  let fraction = ''
  if (layout.includes('.000000')) fraction = take(/^[.,]\d{6}(?!\d)/, '.000000')
  else if (/^[.,]\d+/.test(rest)) fraction = take(/^[.,]\d+/, '')
  const zone = take(/^(?:Z|[+-]\d\d:\d\d)/, 'Z07:00')
  if (rest !== '') throw new DecodeError(`parsing time ${quoted(text)}: extra text: ${quoted(rest)}`)
  if (day < 1 || day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) range('day')
  const offset = zone === 'Z' ? 0 : Number(zone[0] + '1') * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6)))
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  at.setUTCHours(hour, minute - offset, second, Math.floor(Number(`0.${fraction.slice(1) || '0'}`) * 1000))
  return at.getTime()
}

const strictBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Base64 as Go's standard encoding takes it (line ends are skipped), without line ends. Throws DecodeError. */
export function canonicalBase64(text: string): string {
  if (text.length % 4 === 0 && strictBase64.test(text)) return text
  const at = base64Fault(text)
  if (at >= 0) throw new DecodeError(`illegal base64 data at input byte ${at}`)
  return text.replace(/[\r\n]/g, '')
}

/** Where Go's decoder stops: at the first foreign character, at padding out of place, or at the start of an unfinished group of four. */
function base64Fault(text: string): number {
  const bytes = Buffer.from(text)
  let at = 0
  const skipLines = (): void => {
    while (bytes[at] === 0x0a || bytes[at] === 0x0d) at++
  }
  for (;;) {
    for (let j = 0; j < 4; j++) {
      skipLines()
      if (at >= bytes.length) return j === 0 ? -1 : at - j
      const c = bytes[at++] as number
      if (/[A-Za-z0-9+/]/.test(String.fromCharCode(c))) continue
      if (c !== 0x3d || j < 2) return at - 1
      skipLines()
      if (j === 2) {
        if (at >= bytes.length) return bytes.length
        if (bytes[at] !== 0x3d) return at - 1
        at++
      }
      skipLines()
      return at < bytes.length ? at : -1
    }
  }
}
