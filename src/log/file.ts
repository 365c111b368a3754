/** A log file that is rotated by size: the newest under its own name, older ones as .1, .2 and so on. */
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

export interface LogFile {
  write(line: string): void
  close(): void
}

const bytesPerFile = 10 * 1024 * 1024
const filesKept = 3

/** Only the owner can read it. A line that cannot be written (a full disk) is dropped: the component goes on. */
export function openLogFile(path: string, options: { maxBytes?: number; keep?: number } = {}): LogFile {
  const { maxBytes = bytesPerFile, keep = filesKept } = options
  let fd = openSync(path, 'a', 0o600)
  let size = fstatSync(fd).size

  function rotate(): void {
    closeSync(fd)
    rmSync(`${path}.${keep}`, { force: true })
    for (let i = keep - 1; i >= 0; i--) {
      try {
        renameSync(i === 0 ? path : `${path}.${i}`, `${path}.${i + 1}`)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
    fd = openSync(path, 'a', 0o600)
    size = 0
  }

  return {
    write(line) {
      try {
        if (size >= maxBytes) rotate()
        size += writeSync(fd, line)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    },
    close: () => closeSync(fd),
  }
}
