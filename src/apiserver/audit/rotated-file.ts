/**
 * The audit log's file: rotated by size, older ones kept by number and age under the time that they ended, as upstream's
 * (lumberjack) are named: audit-2026-01-02T03-04-05.678.log, with .gz behind when they are compressed.
 */
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { promisify } from 'node:util'

export interface RotatedFile {
  write(text: string): void
  close(): void
}

export interface Rotation {
  readonly maxBytes: number
  /** 0 keeps all. */
  readonly maxBackups: number
  /** 0 keeps them however old. */
  readonly maxAgeDays: number
  readonly compress: boolean
}

const dayMs = 86_400_000

/** Only the owner can read it. `-` is standard output. */
export function openRotatedFile(path: string, rotation: Rotation, now: () => Date = () => new Date()): RotatedFile {
  if (path === '-') return { write: (text) => void process.stdout.write(text), close() {} }
  const folder = dirname(path)
  const extension = extname(path)
  const stem = `${basename(path, extension)}-`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let fd = openSync(path, 'a', 0o600)
  let size = fstatSync(fd).size

  const rotate = () => {
    closeSync(fd)
    const old = join(folder, `${stem}${now().toISOString().replaceAll(':', '-').slice(0, -1)}${extension}`)
    renameSync(path, old)
    fd = openSync(path, 'a', 0o600)
    size = 0
    if (rotation.compress) void compress(old).then(sweep, sweep)
    else sweep()
  }
  const sweep = () => {
    const backups = readdirSync(folder)
      .map((name) => ({ name, at: timeOf(name) }))
      .filter((backup): backup is { name: string; at: number } => backup.at !== undefined)
      .sort((a, b) => b.at - a.at)
    const oldest = rotation.maxAgeDays > 0 ? now().getTime() - rotation.maxAgeDays * dayMs : Number.NEGATIVE_INFINITY
    for (const [i, { name, at }] of backups.entries())
      if (at < oldest || (rotation.maxBackups > 0 && i >= rotation.maxBackups)) rmSync(join(folder, name), { force: true })
  }
  const timeOf = (name: string): number | undefined => {
    const plain = name.endsWith('.gz') ? name.slice(0, -3) : name
    if (!plain.startsWith(stem) || !plain.endsWith(extension)) return undefined
    const text = plain.slice(stem.length, plain.length - extension.length)
    const [day, time] = text.split('T')
    const at = Date.parse(`${day}T${time?.replaceAll('-', ':')}Z`)
    return Number.isNaN(at) ? undefined : at
  }
  sweep()
  return {
    write(text) {
      if (size >= rotation.maxBytes) rotate()
      size += writeSync(fd, text)
    },
    close: () => closeSync(fd),
  }
}

async function compress(path: string): Promise<void> {
  const { gzip } = await import('node:zlib')
  const bytes = await promisify(gzip)(readFileSync(path))
  writeFileSync(`${path}.gz`, bytes, { mode: 0o600 })
  rmSync(path)
}
