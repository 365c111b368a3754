/**
 * Counters, gauges and histograms with labels, and their text exposition (Prometheus format 0.0.4). A registry
 * belongs to one component, so that components in one process do not mix their figures.
 */

export interface Counter {
  add(labels?: readonly string[], amount?: number): void
}
export interface Gauge {
  set(value: number, labels?: readonly string[]): void
  add(amount: number, labels?: readonly string[]): void
  remove(labels: readonly string[]): void
}
export interface Histogram {
  observe(value: number, labels?: readonly string[]): void
  /** The row of these labels, for those who observe it often. */
  row(labels: readonly string[]): HistogramRow
}
export interface HistogramRow {
  observe(value: number): void
}
/** A value that changes, counted by the nanoseconds that it had each size (upstream: prometheusextension's TimingHistogram). */
export interface TimingRow {
  set(value: number, atMs: number): void
}
/** As Prometheus' clients name it: `count` limits, the first of them `start`. */
export const exponentialBuckets = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start * factor ** i)

export interface MetricsRegistry {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge
  histogram(name: string, help: string, labelNames?: readonly string[], buckets?: readonly number[]): Histogram
  timing(
    name: string,
    help: string,
    labelNames: readonly string[],
    buckets: readonly number[],
    nowMs: () => number,
  ): { row(labels: readonly string[]): TimingRow }
  /** A metric whose rows are computed when the metrics are read. */
  collect(
    name: string,
    help: string,
    labelNames: readonly string[],
    rows: () => Iterable<readonly [readonly string[], number]>,
    type?: 'gauge' | 'counter',
  ): void
  /** Of each metric. */
  helps(): Iterable<string>
  render(): string
}

/** The buckets Prometheus clients use when none are given, in seconds. */
export const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

export function createMetrics(): MetricsRegistry {
  const families = new Map<string, { metric: unknown; help: string; render: () => string }>()

  function family<M>(name: string, type: string, help: string, make: () => { metric: M; lines: () => Iterable<string> }): M {
    const have = families.get(name)
    if (have) return have.metric as M
    const { metric, lines } = make()
    const head = `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`
    families.set(name, { metric, help, render: () => head + [...lines()].map((line) => `${line}\n`).join('') })
    return metric
  }

  const values = (name: string, labelNames: readonly string[]) => {
    const rows = new Map<string, number>()
    return {
      rows,
      *lines() {
        for (const [key, value] of rows) yield `${name}${braces(labelText(labelNames, labelsOf(key)))} ${number(value)}`
      },
    }
  }

  const histogram = (name: string, labelNames: readonly string[], buckets: readonly number[]) => {
    const rows = new Map<string, ReturnType<typeof newRow>>()
    const newRow = () => {
      const counts = buckets.map(() => 0)
      return {
        counts,
        sum: 0,
        count: 0,
        observe(value: number) {
          const at = bucketOf(buckets, value)
          if (at < buckets.length) counts[at] = (counts[at] as number) + 1
          this.sum += value
          this.count++
        },
      }
    }
    const row = (labels: readonly string[]) => {
      const key = keyOf(labels)
      let known = rows.get(key)
      if (!known) {
        known = newRow()
        rows.set(key, known)
      }
      return known
    }
    return {
      metric: { row, observe: (value: number, labels: readonly string[] = []) => row(labels).observe(value) },
      *lines() {
        for (const [key, row] of rows) yield* histogramLines(name, labelNames, buckets, key, row)
      },
    }
  }

  return {
    counter: (name, help, labelNames = []) =>
      family(name, 'counter', help, () => {
        const { rows, lines } = values(name, labelNames)
        const add = (labels: readonly string[] = [], amount = 1) => {
          const key = keyOf(labels)
          rows.set(key, (rows.get(key) ?? 0) + amount)
        }
        if (labelNames.length === 0) add([], 0)
        return { metric: { add }, lines }
      }),

    gauge: (name, help, labelNames = []) =>
      family(name, 'gauge', help, () => {
        const { rows, lines } = values(name, labelNames)
        return {
          metric: {
            set: (value: number, labels: readonly string[] = []) => void rows.set(keyOf(labels), value),
            add: (amount: number, labels: readonly string[] = []) => {
              const key = keyOf(labels)
              rows.set(key, (rows.get(key) ?? 0) + amount)
            },
            remove: (labels: readonly string[]) => void rows.delete(keyOf(labels)),
          },
          lines,
        }
      }),

    histogram: (name, help, labelNames = [], buckets = defaultBuckets) =>
      family(name, 'histogram', help, () => histogram(name, labelNames, buckets)),

    timing: (name, help, labelNames, buckets, nowMs) =>
      family(name, 'histogram', help, () => {
        const rows = new Map<string, ReturnType<typeof newTimingRow>>()
        return {
          metric: {
            row(labels: readonly string[]) {
              const key = keyOf(labels)
              const row = rows.get(key) ?? newTimingRow(buckets, nowMs())
              rows.set(key, row)
              return row
            },
          },
          *lines() {
            for (const [key, row] of rows) yield* histogramLines(name, labelNames, buckets, key, row.until(nowMs()))
          },
        }
      }),

    collect: (name, help, labelNames, rows, type = 'gauge') =>
      family(name, type, help, () => ({
        metric: undefined,
        *lines() {
          for (const [labels, value] of rows()) yield `${name}${braces(labelText(labelNames, labels))} ${number(value)}`
        },
      })),

    helps: () => [...families.values()].map((f) => f.help),

    render: () => [...families.values()].map((f) => f.render()).join(''),
  }
}

interface HistogramFigures {
  readonly counts: readonly number[]
  readonly sum: number
  readonly count: number
}
function* histogramLines(name: string, labelNames: readonly string[], buckets: readonly number[], key: string, row: HistogramFigures) {
  const labels = labelText(labelNames, labelsOf(key))
  let below = 0
  for (const [i, limit] of buckets.entries()) {
    below += row.counts[i] as number
    yield `${name}_bucket${braces(join(labels, `le="${number(limit)}"`))} ${below}`
  }
  yield `${name}_bucket${braces(join(labels, 'le="+Inf"'))} ${row.count}`
  yield `${name}_sum${braces(labels)} ${number(row.sum)}`
  yield `${name}_count${braces(labels)} ${row.count}`
}

/** The first that holds the value; their number for none. */
function bucketOf(buckets: readonly number[], value: number): number {
  let at = 0
  while (at < buckets.length && value > (buckets[at] as number)) at++
  return at
}

/** Milliseconds are added up, in the bucket that was looked up when the value came: a request changes some of these a few times. */
function newTimingRow(buckets: readonly number[], start: number) {
  const times = new Float64Array(buckets.length + 1)
  let value = 0
  let bucket = bucketOf(buckets, 0)
  let since = start
  let sum = 0
  let total = 0
  const settle = (at: number) => {
    const passed = at - since
    if (passed <= 0) return
    times[bucket] = (times[bucket] as number) + passed
    sum += value * passed
    total += passed
    since = at
  }
  const nanoseconds = (ms: number) => Math.round(ms * 1e6)
  return {
    set(next: number, at: number): void {
      if (next === value) return
      settle(at)
      value = next
      bucket = bucketOf(buckets, next)
    },
    until(at: number): HistogramFigures {
      settle(at)
      return { counts: Array.from(times, nanoseconds), sum: sum * 1e6, count: nanoseconds(total) }
    },
  }
}

/** Rows are found by their labels as they are; their text, which costs more, is made when the metrics are read. */
const separator = '\u001f'
function keyOf(labels: readonly string[]): string {
  let key = labels[0] ?? ''
  for (let i = 1; i < labels.length; i++) key += separator + labels[i]
  return key
}
const labelsOf = (key: string): string[] => key.split(separator)

function labelText(names: readonly string[], labels: readonly string[]): string {
  return names.map((name, i) => `${name}="${escapeLabel(labels[i] ?? '')}"`).join(',')
}
const escapeLabel = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
const braces = (labels: string): string => (labels ? `{${labels}}` : '')
const join = (a: string, b: string): string => (a ? `${a},${b}` : b)
const number = (value: number): string => (value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value))
