/**
 * Elastic tab stops as Go's text/tabwriter makes them, padded with spaces. A column is a run of lines that have a cell
 * ended by a tab there; its width is that of its widest cell. kubectl's tables and descriptions are all laid out so.
 */

export interface TabWriterOptions {
  readonly minWidth?: number
  readonly padding?: number
  /** Columns keep the width they had in what was written before (kubectl's own fork): for watches. */
  readonly remembered?: number[]
}

/** get's tables: 6, 4, 3. */
export const tableTabs = { minWidth: 6, padding: 3 }
/** Descriptions: 0, 8, 2. */
export const describeTabs = { minWidth: 0, padding: 2 }

/** Lays out a whole text. */
export function alignTabs(text: string, { minWidth = 0, padding = 2, remembered }: TabWriterOptions): string {
  const lines = text.split('\n').map((line) => line.split('\t'))
  const widths: number[] = []
  const output: string[] = []

  function write(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const cells = lines[at] as string[]
      let line = ''
      cells.forEach((cell, j) => {
        line +=
          j < widths.length && j < cells.length - 1 ? cell + ' '.repeat(Math.max(0, (widths[j] as number) - displayWidth(cell))) : cell
      })
      output.push(line)
    }
  }
  function format(from: number, to: number): void {
    const column = widths.length
    let start = from
    for (let at = from; at < to; at++) {
      if (column >= (lines[at] as string[]).length - 1) continue
      write(start, at)
      start = at
      let width = Math.max(minWidth, remembered?.[column] ?? 0)
      for (; at < to; at++) {
        const cells = lines[at] as string[]
        if (column >= cells.length - 1) break
        width = Math.max(width, displayWidth(cells[column] as string) + padding)
      }
      if (remembered) remembered[column] = width
      widths.push(width)
      format(start, at)
      widths.pop()
      start = at
    }
    write(start, to)
  }
  format(0, lines.length)
  return output.join('\n')
}

/** Go counts runes. */
const displayWidth = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : [...text].length)
