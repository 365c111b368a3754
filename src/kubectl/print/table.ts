/** get's tables, from the Table answers that the server makes (cli-runtime/pkg/printers/tableprinter.go). */
import { alignTabs, tableTabs } from '../tab-writer.ts'

export interface Table {
  readonly kind: string
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly columnDefinitions?:
    | readonly { readonly name: string; readonly type: string; readonly format?: string; readonly priority?: number }[]
    | null
  readonly rows: readonly TableRow[] | null
}
export interface TableRow {
  readonly cells: readonly unknown[]
  readonly object?: {
    readonly kind?: string
    readonly apiVersion?: string
    readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> }
  }
}

export interface TableOptions {
  readonly wide?: boolean
  readonly noHeaders?: boolean
  readonly withNamespace?: boolean
  /** `pod/`: put before each name. */
  readonly kindPrefix?: string
  readonly showLabels?: boolean
  readonly labelColumns?: readonly string[]
  /** A cell before all others: watch events. */
  readonly event?: string
}

/** Rows as text with tabs between the cells; not aligned yet, so that several answers can be laid out as one. */
export function tableText(table: Table, options: TableOptions, columns = table.columnDefinitions ?? []): string {
  const shown = columns.map((column, i) => ({ ...column, i })).filter((column) => options.wide || !column.priority)
  const labels = options.labelColumns ?? []
  const lines: string[] = []
  if (!options.noHeaders) {
    const heads = shown.map((column) => column.name.toUpperCase())
    lines.push(
      [
        ...(options.event === undefined ? [] : ['EVENT']),
        ...(options.withNamespace ? ['NAMESPACE'] : []),
        ...heads,
        ...labels.map((label) => label.slice(label.lastIndexOf('/') + 1).toUpperCase()),
        ...(options.showLabels ? ['LABELS'] : []),
      ].join('\t'),
    )
  }
  for (const row of table.rows ?? []) {
    const own = row.object?.metadata?.labels ?? {}
    lines.push(
      [
        ...(options.event === undefined ? [] : [options.event]),
        ...(options.withNamespace ? [row.object?.metadata?.namespace ?? ''] : []),
        ...shown.map((column, at) => cellText(row.cells[column.i], at === 0 ? (options.kindPrefix ?? '') : '')),
        ...labels.map((label) => own[label] ?? ''),
        ...(options.showLabels ? [labelsText(own)] : []),
      ].join('\t'),
    )
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

export const alignTable = (text: string, remembered?: number[]): string =>
  alignTabs(text, { ...tableTabs, ...(remembered ? { remembered } : {}) })

/** A cell with several lines shows the first; control characters are spelt out, so that no object drives the terminal. */
function cellText(cell: unknown, prefix: string): string {
  if (cell === null || cell === undefined) return `${prefix}<none>`
  if (typeof cell !== 'string') return prefix + (typeof cell === 'object' ? JSON.stringify(cell) : String(cell))
  const line = cell.split(/[\f\n\r]/, 1)[0] as string
  const cut = line.length < cell.length ? `${line}...` : line
  return (
    prefix +
    cut.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\t]/g, (c) =>
      c === '\x1b' ? '^[' : c === '\t' ? ' ' : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
  )
}
const labelsText = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
  return pairs.length === 0 ? '<none>' : pairs.join(',')
}
