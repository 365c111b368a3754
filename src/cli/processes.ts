/**
 * The processes of a cluster: each runs under bin/supervise, which keeps NAME.pid and NAME.exit in the run folder; the
 * process itself writes NAME.ready. Whoever waits watches that folder, so nothing is polled.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Cluster, nodeNames } from './cluster.ts'

const supervise = fileURLToPath(new URL('../../bin/supervise', import.meta.url))
const kijabi = fileURLToPath(new URL('../../bin/kijabi', import.meta.url))

/** What a running cluster runs. */
export const processNames = (cluster: Cluster): string[] => ['control-plane', ...nodeNames(cluster).map((name) => `node-${name}`)]

/** Starts `kijabi ARGS…` under a supervisor that outlives this process. */
export function startProcess(
  cluster: Cluster,
  name: string,
  args: readonly string[],
  /** Where it is started from: another network namespace, for one. */
  from: <T>(start: () => T) => T = (start) => start(),
): void {
  for (const ending of ['exit', 'ready']) rmSync(cluster.path('run', `${name}.${ending}`), { force: true })
  const log = cluster.path('logs', `${name}.log`)
  closeSync(openSync(log, 'a', 0o600))
  const words = [supervise, name, cluster.path('run'), log, kijabi, ...args]
  const child = from(() => spawn('/bin/sh', words, { detached: true, stdio: 'ignore', cwd: '/' }))
  child.unref()
}

/** The supervisors that run, by name. A pid file whose process is gone or is another program's does not count. */
export function runningProcesses(cluster: Cluster): Map<string, number> {
  const running = new Map<string, number>()
  if (!existsSync(cluster.path('run'))) return running
  for (const file of readdirSync(cluster.path('run'))) {
    if (!file.endsWith('.pid')) continue
    const pid = Number(readFileSync(cluster.path('run', file), 'utf8'))
    if (isSupervisor(pid, cluster)) running.set(file.slice(0, -4), pid)
  }
  return running
}

/** Pids are used again after a reboot: only a process whose command line is our supervisor for this cluster is ours. */
function isSupervisor(pid: number, cluster: Cluster): boolean {
  if (!pid) return false
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return Boolean(words[1]?.endsWith('/bin/supervise')) && words[3] === cluster.path('run')
  } catch {
    return processExists(pid) && !existsSync('/proc/self/cmdline')
  }
}

/**
 * The processes whose supervisor was killed, by name: it could neither end them nor take back its pid file. What is known
 * of them is that they write to their log.
 */
export function strayProcesses(cluster: Cluster): Map<string, number> {
  const strays = new Map<string, number>()
  const running = runningProcesses(cluster)
  const left = processNames(cluster).filter((name) => !running.has(name) && existsSync(cluster.path('run', `${name}.pid`)))
  if (left.length === 0 || !existsSync('/proc/self/fd')) return strays
  const names = new Map(left.map((name) => [join(realpathSync(cluster.folder), 'logs', `${name}.log`), name]))
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const name = names.get(outputOf(pid))
    if (name) strays.set(name, Number(pid))
  }
  return strays
}

function outputOf(pid: number | string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/1`)
  } catch {
    return '' // Gone by now, or somebody else's.
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export class ProcessFailedError extends Error {
  readonly process: string
  constructor(name: string, code: number, lastWords: string) {
    super(`${name} ended with exit code ${code}${lastWords ? `: ${lastWords}` : ''}`)
    this.process = name
  }
}

/** Resolves when every named process has said that it is ready; rejects when one ends first. */
export function untilReady(cluster: Cluster, names: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
  const ready = () => {
    if (signal?.aborted) return true
    for (const name of names) {
      const code = exitCode(cluster, name)
      if (code !== undefined) throw new ProcessFailedError(name, code, lastError(cluster, name))
    }
    return names.every((name) => existsSync(cluster.path('run', `${name}.ready`)))
  }
  return watchRunFolder(cluster, timeoutMs, ready, signal)
}

/** Resolves when the signal aborts, or when somebody else has stopped the cluster. */
export async function untilStopped(cluster: Cluster, signal: AbortSignal): Promise<void> {
  await watchRunFolder(cluster, undefined, () => signal.aborted || runningProcesses(cluster).size === 0, signal)
}

/** How the last process of that name ended, if it ended by itself. */
export function exitCode(cluster: Cluster, name: string): number | undefined {
  try {
    return Number(readlinkSync(cluster.path('run', `${name}.exit`)))
  } catch {
    return undefined
  }
}

export class TimeoutError extends Error {}

/** Asks every process to end, waits, and kills what is still there after `graceMs`. */
export async function stopProcesses(cluster: Cluster, graceMs: number): Promise<void> {
  const running = runningProcesses(cluster)
  const strays = strayProcesses(cluster)
  for (const pid of [...running.values(), ...strays.values()]) signal(pid, 'SIGTERM')
  const gone = () => ![...running.values()].some(processExists)
  try {
    await watchRunFolder(cluster, graceMs, () => [...running.keys()].every((name) => !existsSync(cluster.path('run', `${name}.pid`))))
  } catch {
    // Too slow: the supervisor's whole session goes, its child included.
    for (const pid of running.values()) signal(-pid, 'SIGKILL')
    while (!gone()) await new Promise((resolve) => setImmediate(resolve))
  }
  await untilGone([...strays.values()], graceMs)
  for (const name of [...running.keys(), ...strays.keys()])
    for (const ending of ['pid', 'exit', 'ready']) rmSync(cluster.path('run', `${name}.${ending}`), { force: true })
}

/** Nobody tells when another's child ends, so here it is asked; killed is what outlasts the grace. */
async function untilGone(pids: readonly number[], graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs
  const runs = (pid: number) => outputOf(pid) !== '' // Unlike a zombie that no init reaps.
  let left = pids.filter(runs)
  while (left.length > 0) {
    if (performance.now() > deadline) for (const pid of left) signal(pid, 'SIGKILL')
    await sleep(20)
    left = left.filter(runs)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function watchRunFolder(cluster: Cluster, timeoutMs: number | undefined, done: () => boolean, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: unknown) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', check)
      watcher.close()
      if (error === undefined) resolve()
      else reject(error as Error)
    }
    const check = () => {
      try {
        if (done()) finish()
      } catch (error) {
        finish(error)
      }
    }
    const watcher = watch(cluster.path('run'), check)
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => finish(new TimeoutError(`not done within ${timeoutMs / 1000} s`)), timeoutMs)
    signal?.addEventListener('abort', check)
    check()
  })
}

/** The last error line of a process's log, for the person who started it. */
function lastError(cluster: Cluster, name: string): string {
  const lines = readFileSync(cluster.path('logs', `${name}.log`), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(-50)
  return (
    lines.findLast((line) => /^(error|E\d|kijabi|.*Error:)/.test(line)) ?? lines.findLast((line) => !line.startsWith('supervise]')) ?? ''
  )
}
