/**
 * Files that change as one (pkg/volume/util AtomicWriter): they live in a dated folder, `..data` is a link to it, and
 * what users see are links through `..data`. Renaming one link switches all files at once; containers never see half
 * of an update.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface PayloadFile {
  readonly path: string
  readonly content: string | Buffer
  readonly mode: number
  readonly owner?: number
}

const dataLink = '..data'

/** Returns whether anything changed. */
export function writePayload(folder: string, files: readonly PayloadFile[], fsGroup?: number): boolean {
  for (const { path } of files) {
    if (path === '' || path.startsWith('/') || normalize(path).split('/').includes('..') || path.startsWith('..'))
      throw new Error(`invalid path: ${path}`)
  }
  mkdirSync(folder, { recursive: true })
  const current = existsSync(join(folder, dataLink)) ? readlinkSync(join(folder, dataLink)) : undefined
  if (current !== undefined && isSame(join(folder, current), files)) return false

  const name = freshName(folder)
  const target = join(folder, name)
  mkdirSync(target)
  chmodSync(target, 0o755)
  for (const { path, content, mode, owner } of files) {
    const full = join(target, path)
    mkdirSync(dirname(full), { recursive: true, mode: 0o755 })
    writeFileSync(full, content)
    if (fsGroup !== undefined || owner !== undefined) chownSync(full, owner ?? 0, fsGroup ?? 0)
    // A group that was asked for must be able to read what it was asked for.
    chmodSync(full, fsGroup === undefined ? mode : mode | 0o440)
  }
  symlinkSync(name, join(folder, `${dataLink}_tmp`))
  renameSync(join(folder, `${dataLink}_tmp`), join(folder, dataLink))

  const wanted = new Set(files.map(({ path }) => normalize(path).split('/')[0] as string))
  for (const top of wanted) {
    if (!isLink(join(folder, top))) symlinkSync(join(dataLink, top), join(folder, top))
  }
  for (const entry of readdirSync(folder)) {
    if (entry === dataLink || entry === name || wanted.has(entry)) continue
    rmSync(join(folder, entry), { recursive: true, force: true })
  }
  return true
}

function freshName(folder: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '_').replace('T', '_')
  for (let n = Math.floor(Math.random() * 1e9); ; n++) if (!existsSync(join(folder, `..${stamp}.${n}`))) return `..${stamp}.${n}`
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

function isSame(folder: string, files: readonly PayloadFile[]): boolean {
  const there = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()) : []
  return (
    there.length === files.length &&
    files.every(({ path, content }) => {
      const full = join(folder, path)
      return existsSync(full) && readFileSync(full).equals(Buffer.from(content))
    })
  )
}
