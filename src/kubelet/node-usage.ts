/** What the whole machine uses, as the kernel counts it. */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

export interface NodeUsage {
  readonly cpuNanoSeconds: number
  readonly availableBytes: number
  readonly usageBytes: number
  readonly workingSetBytes: number
  readonly pids: number
  readonly maxPids: number
}

export function nodeUsage(): NodeUsage {
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0)
  const memory = readFileSync('/proc/meminfo', 'utf8')
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(memory)?.[1] ?? 0) * 1024
  const total = bytes('MemTotal')
  const available = bytes('MemAvailable')
  const limit = (name: string) => Number(readFileSync(`/proc/sys/kernel/${name}`, 'utf8'))
  return {
    cpuNanoSeconds: busyMs * 1e6,
    availableBytes: available,
    usageBytes: total - bytes('MemFree'),
    workingSetBytes: total - available,
    pids: Number(/\d+\/(\d+)/.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1] ?? 0),
    maxPids: Math.min(limit('pid_max'), limit('threads-max')),
  }
}
