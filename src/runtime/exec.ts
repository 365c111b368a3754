/** Runs a further command in a running container, by the OCI runtime's exec, with pipes or with a terminal of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, constants, type FSWatcher, openSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { ReadStream } from 'node:tty'
import { Code, GrpcError } from '../grpc/status.ts'
import { openPty, setWindowSize } from '../linux/syscalls.ts'
import { lastMessage, type OciRuntime } from './oci/runtime.ts'
import type { OciProcess } from './oci/spec.ts'
import { setTerminalSize, signal, startOf } from './processes.ts'

export interface ExecOptions {
  readonly cmd: readonly string[]
  readonly tty?: boolean
  readonly stdin?: boolean
  /** What is otherwise than in the container's own process: user, environment, folder. */
  readonly change?: (process: OciProcess) => Partial<OciProcess>
}
export interface ExecProcess {
  readonly stdin: Writable | undefined
  readonly stdout: Readable
  /** None with a terminal. */
  readonly stderr: Readable | undefined
  /** Resolves to the exit code; rejects when the command could not be started. */
  readonly exit: Promise<number>
  resize(rows: number, columns: number): void
  kill(): void
}

export function startExec(runtime: OciRuntime, id: string, bundle: string, options: ExecOptions): ExecProcess {
  const token = randomBytes(6).toString('hex')
  const file = join(bundle, `exec-${token}.json`)
  const pidFile = join(bundle, `exec-${token}.pid`)
  const spec = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as { process: OciProcess }
  const process = { ...spec.process, ...options.change?.(spec.process) }
  const env = options.tty && !process.env.some((e) => e.startsWith('TERM=')) ? [...process.env, 'TERM=xterm'] : process.env
  writeFileSync(file, JSON.stringify({ ...process, env, terminal: options.tty === true, args: options.cmd }))
  const argv = [...runtime.command, 'exec', '--process', file, '--pid-file', pidFile, id]

  const pidOf = () => {
    try {
      return Number(readFileSync(pidFile, 'utf8'))
    } catch {
      return undefined
    }
  }
  const kill = (child: ChildProcess) => {
    const pid = pidOf()
    const start = pid && startOf(pid)
    if (pid && start) signal(pid, start, 9)
    else child.kill('SIGKILL')
  }
  const finish = (code: number | null, said: string): number => {
    const started = pidOf() !== undefined
    rmSync(file, { force: true })
    rmSync(pidFile, { force: true })
    // The OCI runtime writes the PID once the command runs; without it, its exit code is its own.
    if (!started) {
      const why = lastMessage(said) || `exit code ${code}`
      throw new GrpcError(Code.UNKNOWN, `failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: ${why}`)
    }
    return code ?? 137
  }

  if (options.tty) {
    const { master, slave } = openPty()
    const end = openSync(slave, constants.O_RDWR | constants.O_NOCTTY)
    // setsid makes the slave the controlling terminal, so that the OCI runtime hears of a new window size.
    const child = spawn('setsid', ['--ctty', '--wait', ...argv], { stdio: [end, end, end], cwd: '/' })
    closeSync(end)
    const terminal = new ReadStream(master)
    const output = new PassThrough()
    let said = ''
    terminal.on('data', (chunk: Buffer) => {
      if (said.length < 4096) said += chunk.toString('utf8')
      tell()
      if (!output.write(chunk)) {
        terminal.pause()
        output.once('drain', () => terminal.resume())
      }
    })
    // EIO is how a terminal says that nobody holds the other end.
    terminal.on('error', () => output.end())
    terminal.on('close', () => output.end())
    terminal.on('end', () => output.end())
    // The command's terminal begins with the size of ours; of a later one crun passes the signal on and not the size.
    let wanted: [rows: number, columns: number] | undefined
    let starting: FSWatcher | undefined
    const tell = () => {
      const pid = wanted && pidOf()
      if (!wanted || !pid || !setTerminalSize(pid, ...wanted)) return
      wanted = undefined
      starting?.close()
      starting = undefined
    }
    const exit = new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code) => {
        starting?.close()
        try {
          resolve(finish(code, said))
        } catch (error) {
          reject(error)
        }
      })
    })
    return {
      stdin: terminal as unknown as Writable,
      stdout: output,
      stderr: undefined,
      exit,
      resize(rows, columns) {
        if (terminal.destroyed) return
        setWindowSize(master, rows, columns)
        wanted = [rows, columns]
        tell()
        // The command may have taken the earlier size and not be known yet.
        if (wanted) starting ??= watch(bundle, tell)
        tell()
      },
      kill: () => kill(child),
    }
  }

  const child = spawn(argv[0] as string, argv.slice(1), { stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'], cwd: '/' })
  child.stdin?.on('error', () => {}) // The command may end without reading all.
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    if (said.length < 4096) said += chunk.toString('utf8')
  })
  const exit = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      try {
        resolve(finish(code, said))
      } catch (error) {
        reject(error)
      }
    })
  })
  return {
    stdin: child.stdin ?? undefined,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    exit,
    resize: () => {},
    kill: () => kill(child),
  }
}
