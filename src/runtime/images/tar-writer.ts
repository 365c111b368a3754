/** Writes tar entries as bytes: ustar where that is enough, a PAX header before it where it is not. */
import type { TarType } from './tar.ts'

export interface TarHeader {
  readonly name: string
  readonly type?: TarType
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly size?: number
  readonly mtime?: number
  readonly linkName?: string
  readonly major?: number
  readonly minor?: number
  readonly xattrs?: ReadonlyMap<string, Uint8Array>
}

const flags: Record<TarType, string> = { file: '0', link: '1', symlink: '2', char: '3', block: '4', directory: '5', fifo: '6' }

/** The header block (or blocks) of an entry; `size` bytes and `tarPadding(size)` follow. */
export function tarHeader(header: TarHeader): Buffer {
  const { name, type = 'file', mode = type === 'directory' ? 0o755 : 0o644, uid = 0, gid = 0, size = 0, mtime = 0, linkName = '' } = header
  const pax: [string, Uint8Array | string][] = []
  if (Buffer.byteLength(name) > 100) pax.push(['path', name])
  if (Buffer.byteLength(linkName) > 100) pax.push(['linkpath', linkName])
  if (size > 0o77777777777) pax.push(['size', String(size)])
  if (uid > 0o7777777) pax.push(['uid', String(uid)])
  if (gid > 0o7777777) pax.push(['gid', String(gid)])
  if (!Number.isInteger(mtime)) pax.push(['mtime', String(mtime)])
  for (const [key, value] of header.xattrs ?? []) pax.push([`SCHILY.xattr.${key}`, value])
  const block = ustar({
    name,
    flag: flags[type],
    mode,
    uid,
    gid,
    size,
    mtime,
    linkName,
    major: header.major ?? 0,
    minor: header.minor ?? 0,
  })
  if (pax.length === 0) return block
  const body = Buffer.concat(pax.map(([key, value]) => paxRecord(key, value)))
  const before = ustar({
    name: 'PaxHeaders/entry',
    flag: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    linkName: '',
    major: 0,
    minor: 0,
  })
  return Buffer.concat([before, body, tarPadding(body.length), block])
}

export const tarPadding = (size: number): Buffer => Buffer.alloc((512 - (size % 512)) % 512)
export const tarEnd = (): Buffer => Buffer.alloc(1024)

/** A whole archive of entries held in memory. */
export function tarArchive(entries: readonly (TarHeader & { readonly data?: Uint8Array | string })[]): Buffer {
  const parts: Buffer[] = []
  for (const entry of entries) {
    const data = Buffer.from(entry.data ?? '')
    parts.push(tarHeader({ ...entry, size: entry.size ?? data.length }), data, tarPadding(data.length))
  }
  return Buffer.concat([...parts, tarEnd()])
}

interface Ustar {
  name: string
  flag: string
  mode: number
  uid: number
  gid: number
  size: number
  mtime: number
  linkName: string
  major: number
  minor: number
}
function ustar(h: Ustar): Buffer {
  const block = Buffer.alloc(512)
  const octal = (value: number, at: number, length: number) => {
    const largest = 8 ** (length - 1) - 1
    block.write(
      Math.min(Math.max(Math.floor(value), 0), largest)
        .toString(8)
        .padStart(length - 1, '0'),
      at,
      'latin1',
    )
  }
  block.write(h.name, 0, 100)
  octal(h.mode, 100, 8)
  octal(h.uid, 108, 8)
  octal(h.gid, 116, 8)
  octal(h.size, 124, 12)
  octal(h.mtime, 136, 12)
  block.write('        ', 148)
  block.write(h.flag, 156)
  block.write(h.linkName, 157, 100)
  block.write('ustar\x0000', 257)
  octal(h.major, 329, 8)
  octal(h.minor, 337, 8)
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: Uint8Array | string): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from('\n')])
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}
