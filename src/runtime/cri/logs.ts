/** Reads the log files that the runtime writes for containers (CRI log format), from the end or on and on. */
import { closeSync, fstatSync, openSync, readSync, statSync, watch } from 'node:fs'

export interface LogOptions {
  /** The last lines only; undefined for all. */
  readonly tail?: number | undefined
  /** Nothing before this moment (milliseconds since 1970). */
  readonly sinceMs?: number | undefined
  readonly timestamps?: boolean
  /** Goes on until this is aborted. */
  readonly follow?: AbortSignal | undefined
}
export type LogSink = (stream: 'stdout' | 'stderr', text: string) => void

export async function readLog(path: string, options: LogOptions, sink: LogSink): Promise<void> {
  let fd = openSync(path, 'r')
  let at = 0
  let rest = Buffer.alloc(0)
  const show = (line: string) => {
    const [time = '', stream = '', tag = '', ...words] = line.split(' ')
    if (options.sinceMs !== undefined && Date.parse(time) < options.sinceMs) return
    const text = words.join(' ')
    // A partial line goes on in the next record.
    sink(stream === 'stderr' ? 'stderr' : 'stdout', `${options.timestamps ? `${time} ` : ''}${text}${tag.startsWith('P') ? '' : '\n'}`)
  }
  const lines = (): string[] => {
    const found: string[] = []
    const chunk = Buffer.alloc(1 << 16)
    for (let n = readSync(fd, chunk, 0, chunk.length, at); n > 0; n = readSync(fd, chunk, 0, chunk.length, at)) {
      at += n
      rest = Buffer.concat([rest, chunk.subarray(0, n)])
      const end = rest.lastIndexOf(10)
      if (end < 0) continue
      found.push(...rest.toString('utf8', 0, end).split('\n'))
      rest = rest.subarray(end + 1)
    }
    return found
  }
  try {
    const first = lines()
    for (const line of options.tail === undefined || options.tail < 0 ? first : options.tail === 0 ? [] : first.slice(-options.tail))
      show(line)
    const { follow } = options
    if (!follow) return
    await new Promise<void>((resolve) => {
      const more = () => {
        for (const line of lines()) show(line)
        // A rotation puts a new file in the place: what is left of the old one was just read.
        const now = statSync(path, { throwIfNoEntry: false })
        if (now && now.ino !== fstatSync(fd).ino) {
          closeSync(fd)
          fd = openSync(path, 'r')
          at = 0
          rest = Buffer.alloc(0)
          for (const line of lines()) show(line)
        }
      }
      const watcher = watch(path.slice(0, path.lastIndexOf('/')), more)
      const done = () => {
        more()
        watcher.close()
        resolve()
      }
      if (follow.aborted) done()
      else follow.addEventListener('abort', done)
      more()
    })
  } finally {
    closeSync(fd)
  }
}
