/** What a container said last (kuberuntime_container.go getTerminationMessage): its file, or the end of its log where it failed and asked for that. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import type { Container, Pod } from '../../api/types/core-v1.ts'
import { type NodeSettings, terminationFile } from '../container-config.ts'
import { criLines } from '../logs.ts'
import type { RuntimeContainer } from '../runtime-pods.ts'
import { type PodDeps, type PodWorker, specOf } from './pod-worker.ts'

const maxMessage = 4096
const maxLog = 2048
const maxLogLines = 80
/** Enough for that many letters with the heads of their lines. */
const logTail = 16_384

export function terminationMessage(pod: Pod, container: Container, found: RuntimeContainer, settings: NodeSettings): string {
  const file = terminationFile(pod, found.name, found.restartCount, settings)
  const said = existsSync(file) ? readTail(file, maxMessage).toString('utf8') : ''
  if (said !== '' || container.terminationMessagePolicy !== 'FallbackToLogsOnError' || found.exitCode === 0) return said
  return found.logPath && existsSync(found.logPath) ? lastLogLines(readTail(found.logPath, logTail)) : ''
}

/** Of all containers, by id, before their files go. */
export function readLastWords({ settings }: PodDeps, { pod, runtime }: PodWorker): ReadonlyMap<string, string> {
  return new Map(
    runtime.containers.flatMap((found): [string, string][] => {
      const container = specOf(pod, found.name)
      return container ? [[found.id, terminationMessage(pod, container, found, settings)]] : []
    }),
  )
}

/** The last lines of a CRI log without their heads. */
function lastLogLines(log: Buffer): string {
  const texts: string[] = []
  for (let from = 0, end = 0; from < log.length; from = end) {
    end = log.indexOf(10, from) + 1 || log.length
    texts.push(criLines(log.subarray(from, end))?.text.toString('utf8') ?? '')
  }
  return texts.slice(-maxLogLines).join('').slice(-maxLog)
}

function readTail(path: string, bytes: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const tail = Buffer.alloc(Math.min(size, bytes))
    readSync(file, tail, 0, tail.length, size - tail.length)
    return tail
  } finally {
    closeSync(file)
  }
}
