/** Processes told apart for good: a PID with the moment it began, and an event when it ends. */
import { closeSync, constants as fs, openSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { setWindowSize } from '../linux/syscalls.ts'

/** When the process began, in clock ticks since boot; undefined when there is none (a zombie counts as none). */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold spaces and brackets: fields count from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

export function isAlive(pid: number, start: string): boolean {
  return pid > 0 && startOf(pid) === start
}

/** Sends a signal, unless the process is another one by now. */
export function signal(pid: number, start: string, number: number): void {
  if (!isAlive(pid, start)) return
  try {
    process.kill(pid, number)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Of the terminal that is the process's input. False when that is none (yet). */
export function setTerminalSize(pid: number, rows: number, columns: number): boolean {
  let fd: number
  try {
    fd = openSync(`/proc/${pid}/fd/0`, fs.O_RDWR | fs.O_NOCTTY | fs.O_NONBLOCK)
  } catch {
    return false
  }
  try {
    if (!isatty(fd)) return false
    setWindowSize(fd, rows, columns)
    return true
  } finally {
    closeSync(fd)
  }
}

const realtimeMin = 34
const realtimeMax = 64
/** The number of `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3` or the CRI's `SIGRTMINPLUS3`; undefined when there is none such. */
export function signalNumber(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name) >= 1 && Number(name) <= realtimeMax ? Number(name) : undefined
  const full = name.toUpperCase().startsWith('SIG') ? name.toUpperCase() : `SIG${name.toUpperCase()}`
  const realtime = /^SIGRT(MIN|MAX)(?:(?:PLUS|MINUS|[+-])(\d+))?$/.exec(full)
  if (realtime) return realtime[1] === 'MIN' ? realtimeMin + Number(realtime[2] ?? 0) : realtimeMax - Number(realtime[2] ?? 0)
  if (full === 'SIGCLD') return constants.signals.SIGCHLD
  return constants.signals[full as NodeJS.Signals]
}
