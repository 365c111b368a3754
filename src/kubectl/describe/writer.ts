/** Lines of a description: indented by level, cells parted by tabs, laid out at the end as upstream's tabwriter does. */
import { ageOf } from '../../api/duration.ts'
import { alignTabs, describeTabs } from '../tab-writer.ts'

export interface DescribeWriter {
  /** A line at a level of two spaces each; a `text` may hold several lines. */
  line(level: number, text: string): void
  /** A title and its values, one a line below each other; `<none>` when there are none. */
  column(title: string, values: readonly string[], indent?: string): void
  /** Text as it stands, without a newline of its own. */
  raw(text: string): void
  /** Ends the columns: what follows is laid out by itself. */
  flush(): void
  text(): string
}

/** `aligned: false` leaves the tabs as they are. */
export function createDescribeWriter({ aligned = true } = {}): DescribeWriter {
  const done: string[] = []
  let open = ''
  const line = (text: string): void => {
    open += `${text}\n`
  }
  return {
    column(title, values, indent = '') {
      if (values.length === 0) line(`${indent}${title}:\t<none>`)
      for (const [i, value] of values.entries()) line(`${indent}${i === 0 ? `${title}:` : ''}\t${value}`)
    },
    line(level, text) {
      open += `${'  '.repeat(level)}${text}\n`
    },
    raw(text) {
      open += text
    },
    flush() {
      if (open) done.push(aligned ? alignTabs(open, describeTabs) : open)
      open = ''
    },
    text() {
      this.flush()
      return done.join('')
    },
  }
}

type StringMap = Readonly<Record<string, string>> | undefined
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/** `Labels:` and its lines (printLabelsMultiline). */
export function writeLabels(w: DescribeWriter, labels: StringMap, title = 'Labels', indent = ''): void {
  const keys = Object.keys(labels ?? {}).sort()
  w.column(
    title,
    keys.map((key) => `${key}=${labels?.[key]}`),
    indent,
  )
}

const longestAnnotation = 140

/** `Annotations:` without what apply keeps; long values stand on lines of their own. */
export function writeAnnotations(w: DescribeWriter, annotations: StringMap, title = 'Annotations', indent = ''): void {
  const keys = Object.keys(annotations ?? {})
    .filter((key) => key !== lastApplied)
    .sort()
  if (keys.length === 0) w.line(0, `${indent}${title}:\t<none>`)
  keys.forEach((key, i) => {
    const value = (annotations?.[key] ?? '').replace(/\n$/, '')
    const head = `${indent}${i === 0 ? `${title}:` : ''}\t`
    if (value.length + key.length + 2 < longestAnnotation && !value.includes('\n')) w.line(0, `${head}${key}: ${value}`)
    else {
      w.line(0, `${head}${key}:`)
      for (const line of value.split('\n'))
        w.line(0, `${indent}\t  ${line.length > longestAnnotation - 2 ? `${line.slice(0, longestAnnotation - 2)}...` : line}`)
    }
  })
}

/** RFC 1123 with the zone as a number, in local time, as upstream prints times here. */
export function timeText(time: unknown): string {
  if (typeof time !== 'string' || time === '') return '<unset>'
  const at = new Date(time)
  const pad = (n: number) => String(n).padStart(2, '0')
  const offset = -at.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(offset) / 60))}${pad(Math.abs(offset) % 60)}`
  const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  return `${days[at.getDay()]}, ${pad(at.getDate())} ${months[at.getMonth()]} ${at.getFullYear()} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())} ${zone}`
}

export interface EventLike {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly reportingComponent?: string
  readonly source?: { readonly component?: string }
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string }
}

/** The events of an object, oldest first; undefined when they were not asked for. */
export function writeEvents(w: DescribeWriter, events: readonly EventLike[] | undefined, now = Date.now()): void {
  if (!events) return
  if (events.length === 0) {
    w.line(0, 'Events:\t<none>')
    return
  }
  w.flush()
  w.line(0, 'Events:')
  w.line(1, 'Type\tReason\tAge\tFrom\tMessage')
  w.line(1, '----\t------\t----\t----\t-------')
  const timeOf = (e: EventLike) => e.series?.lastObservedTime ?? e.lastTimestamp ?? e.eventTime ?? ''
  for (const event of [...events].sort((a, b) => timeOf(a).localeCompare(timeOf(b)))) {
    const first = ageOf(event.firstTimestamp ?? event.eventTime, now)
    const count = event.series?.count ?? event.count ?? 0
    const last = ageOf(event.series?.lastObservedTime ?? event.lastTimestamp, now)
    const when = event.series || count > 1 ? `${last} (x${count} over ${first})` : first
    const from = event.source?.component || event.reportingComponent || ''
    w.line(1, `${event.type ?? ''}\t${event.reason ?? ''}\t${when}\t${from}\t${(event.message ?? '').trim()}`)
  }
}
