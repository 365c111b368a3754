/** Containers' logs (pkg/kubelet/kuberuntime/logs): read from the end, followed as they grow and when they are rotated. */

import { watch } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface LogOptions {
  readonly follow: boolean
  readonly timestamps: boolean
  readonly tailLines?: number
  readonly limitBytes?: number
  readonly sinceMs?: number
  readonly stream?: 'stdout' | 'stderr'
}

export interface LogLine {
  readonly time: string
  readonly stream: string
  /** With its end, unless the next line goes on with it. */
  readonly text: Buffer
}
/** How a line is read; undefined for one that is none. */
export type LogFormat = (line: Buffer) => LogLine | undefined

const chunkBytes = 64 * 1024

/** The log's text. A followed one ends when the container has ended and all is read, or with the signal. */
export async function* streamLog(
  path: string,
  format: LogFormat,
  options: LogOptions,
  isRunning: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let file = await openIfThere(path)
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  let at = file && options.tailLines !== undefined ? await tailOffset(file, options.tailLines) : 0
  let rest: Buffer = Buffer.alloc(0)
  let notify = () => {}
  let changed = false
  const watcher = options.follow
    ? watch(dirname(path), () => {
        changed = true
        notify()
      })
    : undefined
  watcher?.on('error', () => notify())
  const onAbort = () => notify()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted && left > 0) {
      // Asked before reading: what an ended container wrote last is read after it is known to have ended.
      const running = isRunning()
      changed = false
      if (file) {
        const buffer = Buffer.alloc(chunkBytes)
        const { bytesRead } = await file.read(buffer, 0, chunkBytes, at)
        if (bytesRead > 0) {
          at += bytesRead
          const data = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
          const end = data.lastIndexOf(10) + 1
          rest = data.subarray(end)
          const out = render(data.subarray(0, end), format, options)
          if (out.length > 0) {
            yield out.subarray(0, left)
            left -= out.length
          }
          continue
        }
      }
      if (!options.follow) return
      if (await isRotated(file, path)) {
        await file?.close()
        file = await openIfThere(path)
        at = 0
        rest = Buffer.alloc(0)
        if (file) continue
      }
      if (!running) return
      if (changed) continue
      await new Promise<void>((resolve) => {
        notify = resolve
        // The end of a container does not touch its log.
        const timer = setTimeout(resolve, 1000)
        notify = () => {
          clearTimeout(timer)
          resolve()
        }
        if (changed || signal.aborted) notify()
      })
    }
  } finally {
    watcher?.close()
    signal.removeEventListener('abort', onAbort)
    await file?.close()
  }
}

/** The texts of the whole lines that were asked for. */
function render(lines: Buffer, format: LogFormat, { timestamps, sinceMs, stream }: LogOptions): Buffer {
  const out: Buffer[] = []
  for (let from = 0, end = 0; from < lines.length; from = end) {
    end = lines.indexOf(10, from) + 1
    const line = format(lines.subarray(from, end))
    if (!line || (sinceMs !== undefined && Date.parse(line.time) < sinceMs) || (stream !== undefined && line.stream !== stream)) continue
    if (timestamps) out.push(Buffer.from(`${line.time} `))
    out.push(line.text)
  }
  return Buffer.concat(out)
}

/** `time stream P|F text`, as runtimes write; parts (P) are joined to what follows them. */
export const criLines: LogFormat = (line) => {
  const first = line.indexOf(32)
  const second = line.indexOf(32, first + 1)
  const third = line.indexOf(32, second + 1)
  if (first < 0 || second < 0 || third < 0) return undefined // not a line of this format: a crash cut it
  const tags = line.toString('latin1', second + 1, third).split(':')
  return {
    time: line.toString('latin1', 0, first),
    stream: line.toString('latin1', first + 1, second),
    text: line.subarray(third + 1, tags.includes('P') ? line.length - 1 : line.length),
  }
}

/** The lines of a component's own log, which tell their time somewhere at their beginning. */
export const plainLines: LogFormat = (line) => ({
  time: /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(line.toString('latin1', 0, headBytes))?.[0] ?? '',
  stream: 'stderr',
  text: line,
})
const headBytes = 64

/** Where the last `count` lines begin. */
async function tailOffset(file: FileHandle, count: number): Promise<number> {
  const { size } = await file.stat()
  if (count <= 0) return size
  let found = 0
  const buffer = Buffer.alloc(chunkBytes)
  for (let end = size; end > 0; ) {
    const begin = Math.max(0, end - chunkBytes)
    await file.read(buffer, 0, end - begin, begin)
    for (let i = end - begin - 1; i >= 0; i--) {
      if (buffer[i] !== 10 || begin + i === size - 1) continue
      if (++found === count) return begin + i + 1
    }
    end = begin
  }
  return 0
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function isRotated(file: FileHandle | undefined, path: string): Promise<boolean> {
  try {
    const now = await stat(path)
    return !file || (await file.stat()).ino !== now.ino
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
