/**
 * Containers run under conmon: a process of two megabytes that is their parent, writes their log in the CRI's form,
 * holds their terminal and writes their exit code to a file. So they and what they say outlive this process, which
 * learns of an end by inotify on the folder of exit codes.
 */
import { spawn } from 'node:child_process'
import {
  closeSync,
  constants,
  type FSWatcher,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { findProgram, lastMessage, OciError, type OciRuntime } from './oci/runtime.ts'

export interface MonitorOptions {
  readonly id: string
  readonly name: string
  /** The folder with config.json; the monitor puts its sockets there. */
  readonly bundle: string
  readonly logPath: string | undefined
  readonly terminal: boolean
  readonly stdin: boolean
  readonly stdinOnce: boolean
}
export interface Exit {
  readonly code: number
  readonly at: Date
  readonly oomKilled: boolean
}
export interface Monitor {
  /** Creates the container, which then waits for `start` of the OCI runtime. Resolves to the PID of its first process. */
  create(runtime: OciRuntime, options: MonitorOptions): Promise<number>
  /** How the container ended; undefined while it runs. */
  exitOf(id: string, bundle: string): Exit | undefined
  forget(id: string): void
  /** Makes the monitor open its log anew, after the file was renamed. */
  reopenLog(bundle: string): Promise<void>
  resize(bundle: string, rows: number, columns: number): Promise<void>
  close(): void
}

export function createMonitor(exits: string, onExit: (id: string) => void): Monitor {
  const conmon = findProgram('conmon')
  if (!conmon) throw new OciError('no conmon was found: install it')
  mkdirSync(exits, { recursive: true })
  const watcher: FSWatcher = watch(exits, (_event, name) => {
    if (name && /^[0-9a-f]{64}$/.test(name)) onExit(name)
  })

  /** In one step, as two sizes must arrive in their order. */
  const control = async (bundle: string, message: string) => {
    // The monitor holds both ends of this pipe; without it the open would wait for a reader.
    const pipe = openSync(join(bundle, 'ctl'), constants.O_WRONLY | constants.O_NONBLOCK)
    try {
      writeSync(pipe, message)
    } finally {
      closeSync(pipe)
    }
  }

  return {
    create(runtime, o) {
      const [program, ...words] = runtime.command
      const args = [
        ...['-c', o.id, '-u', o.id, '-n', o.name, '-b', o.bundle, '-p', join(o.bundle, 'pid'), '-P', join(o.bundle, 'conmon.pid')],
        ...['--exit-dir', exits, '--socket-dir-path', join(o.bundle, 'sockets'), '--full-attach'],
        ...['-l', o.logPath === undefined ? 'off' : `k8s-file:${o.logPath}`, '--log-level', 'error', '--no-sync-log'],
        ...(o.terminal ? ['-t'] : []),
        ...(o.stdin ? ['-i', ...(o.stdinOnce ? [] : ['--leave-stdin-open'])] : []),
        ...['-r', program, ...words.flatMap((word) => ['--runtime-arg', word])],
      ]
      mkdirSync(join(o.bundle, 'sockets'), { recursive: true })
      return new Promise((resolve, reject) => {
        const child = spawn(conmon, args, {
          cwd: o.bundle,
          stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
          env: { PATH: process.env['PATH'], _OCI_SYNCPIPE: '3' },
        })
        let said = ''
        const sync = child.stdio[3] as NodeJS.ReadableStream
        sync.setEncoding('utf8')
        sync.on('data', (chunk: string) => {
          said += chunk
          if (said.includes('\n')) answer()
        })
        sync.on('end', () => answer())
        child.on('error', reject)
        let answered = false
        const answer = () => {
          if (answered) return
          answered = true
          ;(sync as unknown as { destroy(): void }).destroy()
          try {
            const { pid, message } = JSON.parse(said.split('\n')[0] as string) as { pid?: number; data?: number; message?: string }
            if (pid !== undefined && pid > 0) resolve(pid)
            else reject(new OciError(lastMessage(message ?? '') || 'the OCI runtime created no container'))
          } catch {
            reject(new OciError('the monitor ended before the container was created'))
          }
        }
      })
    },
    exitOf(id, bundle) {
      try {
        const file = join(exits, id)
        const code = Number(readFileSync(file, 'utf8'))
        const oomKilled = readdirSync(bundle).includes('oom')
        return { code: Number.isInteger(code) ? code : 255, at: statSync(file).mtime, oomKilled }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    forget: (id) => rmSync(join(exits, id), { force: true }),
    reopenLog: (bundle) => control(bundle, '2 0 0\n'),
    resize: (bundle, rows, columns) => control(bundle, `1 ${rows} ${columns}\n`),
    close: () => watcher.close(),
  }
}
