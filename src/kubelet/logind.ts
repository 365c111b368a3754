/**
 * The machine's shutdown as systemd-logind tells it over D-Bus, through systemd's own tools: an inhibitor that delays it
 * holds a file descriptor, which `systemd-inhibit` does for us as long as its child runs.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

/** What delays and tells of the machine's shutdown. */
export interface Shutdowns {
  /** The most that logind waits for those who delay a shutdown. */
  maxDelayMs(): Promise<number>
  /** Delays a shutdown until the result is called. */
  inhibit(): () => void
  /** Calls back with true when the machine is about to go down, and with false when it does not after all. */
  watch(told: (isGoingDown: boolean) => void, lost: (why: string) => void): () => void
}

const run = promisify(execFile)
const manager = ['org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager'] as const

/** Rejects where there is no logind to ask. */
export async function connectLogind(): Promise<Shutdowns> {
  const maxDelayMs = async () => {
    const { stdout } = await run('busctl', ['--system', 'get-property', ...manager, 'InhibitDelayMaxUSec'])
    return Number(stdout.trim().split(' ')[1]) / 1000
  }
  await maxDelayMs()
  return {
    maxDelayMs,
    inhibit() {
      const holder = spawn(
        'systemd-inhibit',
        ['--what=shutdown', '--mode=delay', '--who=kubelet', '--why=Kubelet needs time to handle node shutdown', 'sleep', 'infinity'],
        { stdio: 'ignore' },
      )
      return () => end(holder)
    },
    watch(told, lost) {
      const match = `type='signal',interface='${manager[2]}',member='PrepareForShutdown',path='${manager[1]}'`
      const monitor = spawn('busctl', ['--system', '--json=short', 'monitor', '--match', match], { stdio: ['ignore', 'pipe', 'ignore'] })
      let rest = ''
      monitor.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() as string
        for (const line of lines) {
          const going = prepareForShutdown(line)
          if (going !== undefined) told(going)
        }
      })
      let stopped = false
      monitor.on('error', (error) => lost(error.message))
      monitor.on('exit', (code) => stopped || lost(`busctl ended with ${code}`))
      return () => {
        stopped = true
        end(monitor)
      }
    },
  }
}

/** What a message of busctl says of a shutdown; undefined for another. */
export function prepareForShutdown(line: string): boolean | undefined {
  if (!line.startsWith('{')) return undefined
  const { member, payload } = JSON.parse(line) as { member?: string; payload?: { data?: unknown[] } }
  const going = payload?.data?.[0]
  return member === 'PrepareForShutdown' && typeof going === 'boolean' ? going : undefined
}

function end(child: ChildProcess): void {
  child.on('error', () => {}) // it never ran, and nothing is held
  child.kill()
}
