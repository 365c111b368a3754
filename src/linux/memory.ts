/** Gives back to the system what a process took for its start and no longer needs. */
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { lazy } from '../schema/lazy.ts'

const MADV_DONTNEED = 4

/** Not imported above: node:ffi prints that it is experimental as soon as it is loaded. */
const ffi = lazy(() => process.getBuiltinModule('node:ffi'))
const madvise = lazy(() => ffi().dlopen(null, { madvise: { arguments: ['u64', 'u64', 'i32'], return: 'i32' } }).functions.madvise)

/**
 * Garbage, which V8 would keep until it is short of memory, as an idle process never is, and what `giveBackPages` finds.
 * For a process that stays idle: V8 then keeps its heap so small that the first seconds of much work cost a fifth more.
 */
export function giveBackMemory(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as NonNullable<typeof globalThis.gc>
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  giveBackPages()
}

/**
 * What malloc holds free, and the program's own pages that only the start ran through. Those are clean pages of a file:
 * what is run again is mapped again.
 */
export function giveBackPages(): void {
  giveBackMapping(process.execPath, 'r-xp')
  trimHeap()
}

/** The pages of a file that is mapped into this process: the kernel has them still, and maps again what is read again. */
export function giveBackMapping(path: string, rights: string): void {
  if (process.platform !== 'linux') return
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const [range = '', mapped, , , , file] = line.split(/\s+/)
    if (mapped !== rights || file !== path) continue
    const [begin, end] = range.split('-').map((at) => BigInt(`0x${at}`)) as [bigint, bigint]
    madvise()(begin, end - begin, MADV_DONTNEED)
  }
}

/** musl has none, and needs none. */
function trimHeap(): void {
  try {
    ffi()
      .dlopen(null, { malloc_trim: { arguments: ['u64'], return: 'i32' } })
      .functions.malloc_trim(0n)
  } catch {}
}
