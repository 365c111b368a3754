/**
 * One process at a time may hold a data folder. LMDB itself lets processes share one; our revisions live in memory, so
 * we must not. The kernel drops an flock when its holder dies, whatever way it dies.
 */
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const LOCK_EX = 2
const LOCK_NB = 4

export class DataFolderLockedError extends Error {
  constructor(folder: string, holder: string) {
    super(`the data folder ${folder} is held by another process${holder ? ` (pid ${holder})` : ''}`)
    this.name = 'DataFolderLockedError'
  }
}

/** Takes the lock of `folder` or throws; the returned function gives it back. */
export async function lockFolder(folder: string): Promise<() => void> {
  const path = join(folder, 'pid')
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  // Loaded here and not above: node:ffi prints that it is experimental as soon as it is loaded.
  const { dlopen } = await import('node:ffi')
  const { functions: libc } = dlopen(null, { flock: { arguments: ['i32', 'i32'], return: 'i32' } })
  if (libc.flock(fd, LOCK_EX | LOCK_NB) !== 0) {
    const holder = readFileSync(path, 'utf8').trim()
    closeSync(fd)
    throw new DataFolderLockedError(folder, holder)
  }
  ftruncateSync(fd, 0)
  writeSync(fd, `${process.pid}\n`, 0)
  return () => closeSync(fd)
}
