/** How etcdctl shows answers: simple lines, JSON as its Go messages give it, `fields`, tables. */
import type { EtcdKeyValue, ResponseHeader } from '../etcd/api.ts'

export type Format = 'simple' | 'json' | 'fields' | 'table'

/** JSON as Go writes protobuf messages: bytes as base64, zeros left out, 64-bit integers as numbers. */
export function json(value: unknown): string {
  // The header stands first, as its field number says.
  const ordered = value !== null && typeof value === 'object' && 'header' in value ? Object.assign({ header: value.header }, value) : value
  return `${JSON.stringify(ordered, (_, v: unknown) => {
    if (typeof v === 'bigint') return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(v))
    if (typeof v === 'object' && v !== null && (v as { type?: unknown }).type === 'Buffer')
      return Buffer.from((v as { data: number[] }).data).toString('base64')
    if (typeof v !== 'object' || v === null || Array.isArray(v)) return v
    return Object.fromEntries(Object.entries(v).filter(([, x]) => !isZero(x)))
  })}\n`
}
const isZero = (x: unknown): boolean =>
  x === 0 ||
  x === 0n ||
  x === '' ||
  x === false ||
  x === undefined ||
  (Array.isArray(x) && x.length === 0) ||
  (x instanceof Uint8Array && x.length === 0)

export const shown = (bytes: Uint8Array, hex: boolean): string =>
  hex ? [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('') : Buffer.from(bytes).toString()

export const headerFields = (h: ResponseHeader): string =>
  `"ClusterID" : ${h.cluster_id}\n"MemberID" : ${h.member_id}\n"Revision" : ${h.revision}\n"RaftTerm" : ${h.raft_term}\n`
export const kvFields = (kv: EtcdKeyValue, prefix = ''): string =>
  `"${prefix}Key" : ${JSON.stringify(shown(kv.key, false))}\n"${prefix}CreateRevision" : ${kv.create_revision}\n"${prefix}ModRevision" : ${kv.mod_revision}\n"${prefix}Version" : ${kv.version}\n"${prefix}Value" : ${JSON.stringify(shown(kv.value, false))}\n"${prefix}Lease" : ${kv.lease}\n`

/** A ruled table: heads centred, cells to the right. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? '').length)))
  const rule = `+${widths.map((w) => '-'.repeat(w + 2)).join('+')}+\n`
  const line = (cells: readonly string[], pad: (cell: string, width: number) => string) =>
    `|${cells.map((cell, i) => ` ${pad(cell, widths[i] as number)} `).join('|')}|\n`
  const centre = (cell: string, width: number) => cell.padStart(cell.length + Math.floor((width - cell.length) / 2)).padEnd(width)
  return (
    rule +
    line(heads, centre) +
    rule +
    rows.map((row) => line(row, (cell, width) => cell.padStart(width))).join('') +
    (rows.length > 0 ? rule : '')
  )
}

/** 25 kB, 1.3 MB: powers of 1000, one decimal below ten. */
export function humanBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let amount = bytes
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000
    unit++
  }
  return `${unit > 0 && amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`
}
