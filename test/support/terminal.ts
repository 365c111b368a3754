/** A program at a terminal of its own, as a person would use it: typed to, resized, read until something shows. */
import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { openPty, setWindowSize } from '../../src/linux/syscalls.ts'

export interface Terminal {
  type(text: string): void
  resize(rows: number, columns: number): void
  /** Resolves once what was printed since the last call matches; fails with all of it when the program ends before. */
  shows(pattern: RegExp): Promise<void>
  /** The exit code. */
  readonly ended: Promise<number>
  kill(): void
}

export function openTerminal(program: string, args: readonly string[], env: Record<string, string>): Terminal {
  const { master, slave } = openPty()
  setWindowSize(master, 24, 80)
  const end = openSync(slave, constants.O_RDWR | constants.O_NOCTTY)
  const child = spawn('setsid', ['--ctty', '--wait', program, ...args], { stdio: [end, end, end], env: { ...process.env, ...env } })
  closeSync(end)
  const screen = new ReadStream(master)
  let all = ''
  let seen = 0
  let look = () => {}
  let over = false
  screen.setEncoding('utf8')
  screen.on('data', (text: string) => {
    all += text
    look()
  })
  const close = () => {
    over = true
    look()
  }
  // EIO is how a terminal says that nobody holds the other end.
  screen.on('error', close)
  screen.on('close', close)
  return {
    type: (text) => void (screen as unknown as NodeJS.WritableStream).write(text),
    resize: (rows, columns) => setWindowSize(master, rows, columns),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${program} does not show ${pattern}:\n${all}`)), 60_000)
        look = () => {
          const found = pattern.exec(all.slice(seen))
          if (found) {
            seen += found.index + found[0].length
            look = () => {}
            clearTimeout(late)
            resolve()
          } else if (over) reject(new Error(`${program} ended without showing ${pattern}:\n${all}`))
        }
        look()
      }),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code) => resolve(code ?? -1))
    }),
    kill: () => void child.kill('SIGKILL'),
  }
}
