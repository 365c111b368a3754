/**
 * Container logs are cut when they have grown (pkg/kubelet/logs/container_log_manager.go): the file is renamed to the
 * time, the runtime opens a new one, older ones are compressed and the oldest go.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Clock, sleep } from '../client/clock.ts'
import type { Logger } from '../log/log.ts'
import { ContainerState } from '../runtime/cri/api.ts'
import { type Cri, criErrorText } from './cri.ts'

export interface LogRotationOptions {
  readonly maxBytes: number
  /** The one that is written to counts. */
  readonly maxFiles: number
  /** How often sizes are looked at; a log has no event that would cost less. */
  readonly everyMs: number
}
export interface LogRotationDeps {
  readonly cri: Cri
  readonly clock: Clock
  readonly log: Logger
}

export async function rotateLogs(deps: LogRotationDeps, options: LogRotationOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await rotateOnce(deps, options)
    } catch (error) {
      if (!signal.aborted) deps.log.warn('could not look at the containers’ logs', { error: criErrorText(error) })
    }
    await sleep(deps.clock, options.everyMs, signal)
  }
}

/** Cuts every log that is too large by now. */
export async function rotateOnce(
  { cri, clock, log }: LogRotationDeps,
  { maxBytes, maxFiles }: Omit<LogRotationOptions, 'everyMs'>,
): Promise<void> {
  const filter = { state: { state: ContainerState.CONTAINER_RUNNING } }
  const { containers = [] } = await cri.runtime.ListContainers({ filter })
  for (const { id: containerId = '' } of containers) {
    try {
      const { status } = await cri.runtime.ContainerStatus({ containerId })
      const path = status?.logPath
      const size = path ? (await stat(path).catch(() => undefined))?.size : undefined
      if (path && size !== undefined && size >= maxBytes)
        await rotate(path, maxFiles, clock.now(), () => cri.runtime.ReopenContainerLog({ containerId }))
    } catch (error) {
      // It ended meanwhile, or its log cannot be cut: the others are looked at all the same.
      log.warn('could not rotate a log', { container: containerId, error: criErrorText(error) })
    }
  }
}

async function rotate(path: string, maxFiles: number, now: number, reopen: () => Promise<unknown>): Promise<void> {
  const before = await rotatedLogs(path)
  // A kubelet that was killed while it compressed leaves these.
  for (const file of before.filter((f) => f.endsWith(unfinished))) await rm(file, { force: true })
  const whole = before.filter((f) => !f.endsWith(unfinished))
  const kept = whole.slice(Math.max(0, whole.length - Math.max(0, maxFiles - 2)))
  for (const file of whole.slice(0, whole.length - kept.length)) await rm(file, { force: true })
  for (const file of kept) if (!file.endsWith('.gz')) await compress(file)
  const stamp = new Date(now).toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const cut = `${path}.${stamp}`
  await rename(path, cut)
  try {
    await reopen()
  } catch (error) {
    // The container goes on writing into it.
    await rename(cut, path)
    throw error
  }
}

const unfinished = '.tmp'
async function compress(file: string): Promise<void> {
  await pipeline(createReadStream(file), createGzip(), createWriteStream(file + unfinished))
  await rename(file + unfinished, `${file}.gz`)
  await rm(file)
}

/** What was cut from a log, the oldest first: its names are times. */
export async function rotatedLogs(path: string): Promise<string[]> {
  const name = `${basename(path)}.`
  const files = await readdir(dirname(path))
  return files
    .filter((file) => file.startsWith(name))
    .sort()
    .map((file) => join(dirname(path), file))
}
