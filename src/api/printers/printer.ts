/**
 * Server-side tables: what a printer is. Each resource's columns and cells stand in a file of its group, as upstream's
 * pkg/printers/internalversion has them; the server puts rows together with table.ts.
 */
import { ageOf } from '../duration.ts'

export type Cell = string | number | boolean | null
export interface TableColumn {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  /** 0 is always shown, 1 only in wide output. */
  readonly priority: number
}
export interface TableRowCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}
export interface Printer {
  readonly columns: readonly TableColumn[]
  cells(object: never, now: number): readonly Cell[]
  /** Conditions of a row: only pods that are done have one. */
  conditions?(object: never): readonly TableRowCondition[] | undefined
}

/**
 * `Name@name | Ready:integer | IP+1`: a column's name, its type when that is not string, its format after @, and after +
 * its priority.
 */
export function columns(text: string): TableColumn[] {
  return text.split('|').map((column) => {
    const [, name, type = 'string', format = '', priority = '0'] = /^([^:@+]+)(?::(\w+))?(?:@(\w+))?(?:\+(\d))?$/.exec(
      column.trim(),
    ) as RegExpExecArray
    return { name: name as string, type, format, description: '', priority: Number(priority) }
  })
}

export function printer<T>(
  text: string,
  cells: (object: T, now: number) => readonly Cell[],
  conditions?: (object: T) => readonly TableRowCondition[] | undefined,
): Printer {
  return { columns: columns(text), cells, ...(conditions ? { conditions } : {}) }
}

// ---- words that many columns share

export interface Named {
  readonly metadata?: { readonly name?: string; readonly creationTimestamp?: string; readonly deletionTimestamp?: string }
}
export const nameOf = (object: Named): string => object.metadata?.name ?? ''
export const age = (object: Named, now: number): string => ageOf(object.metadata?.creationTimestamp, now)
export const none = '<none>'
export const unset = '<unset>'
export const orNone = (text: string | undefined): string => text || none
export const joined = (list: readonly string[] | undefined, separator = ','): string => (list ?? []).join(separator)

/** The first few of a list, and how many more there are. */
export function listWithMore(list: readonly string[], total: number, empty: string): string {
  if (list.length === 0) return empty
  return total > list.length ? `${list.join(',')} + ${total - list.length} more...` : list.join(',')
}

interface PodTemplate {
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] }
}
/** The wide columns of workloads: names and images of the template's containers. */
export function containerCells(template: PodTemplate | undefined): [string, string] {
  const containers = template?.spec?.containers ?? []
  return [containers.map((c) => c.name).join(','), containers.map((c) => c.image ?? '').join(',')]
}
