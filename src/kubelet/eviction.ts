/**
 * Eviction (pkg/kubelet/eviction): when the node runs out of memory, disk or process ids, the pod that takes the most
 * beyond what it asked for is ended. The kernel's pressure and free figures are read every ten seconds, as upstream
 * does; no event tells of them on every kernel.
 */
import { readFileSync, statfsSync } from 'node:fs'
import type { Pod } from '../api/types/core-v1.ts'
import { type Clock, sleep } from '../client/clock.ts'
import type { Logger } from '../log/log.ts'
import type { Pressure } from './node-status.ts'
import { isCritical, podRequestMilli, qosClass } from './resources.ts'

/** Upstream's default hard thresholds. */
const minMemoryBytes = 100 * 1024 * 1024
const minDiskShare = 0.1
const minInodeShare = 0.05
const minPidShare = 0.05
const everyMs = 10_000
/** A pressure is told for this long after it has gone, so that the scheduler does not bring the next pod at once. */
const transitionMs = 300_000

export interface Figures {
  readonly memoryAvailable: number
  readonly diskShare: number
  readonly inodeShare: number
  readonly pidShare: number
}

export interface EvictionDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly rootFolder: string
  pods(): readonly Pod[]
  /** Bytes of memory in use, by pod uid. */
  memoryUse(): Promise<ReadonlyMap<string, number>>
  evict(uid: string, ended: { reason: string; message: string }, graceSeconds: number): Promise<void>
  event(pod: Pod, message: string): void
  changed(): void
  readonly figures?: () => Figures
}

export interface EvictionManager {
  pressure(): Pressure
  run(signal: AbortSignal): Promise<void>
}

export function createEvictionManager(deps: EvictionDeps): EvictionManager {
  const { clock } = deps
  const last: Record<keyof Pressure, number> = {
    memory: Number.NEGATIVE_INFINITY,
    disk: Number.NEGATIVE_INFINITY,
    pid: Number.NEGATIVE_INFINITY,
  }
  let shown = ''
  const pressure = (): Pressure => {
    const under = (kind: keyof Pressure) => clock.now() - last[kind] < transitionMs
    return { memory: under('memory'), disk: under('disk'), pid: under('pid') }
  }

  async function look(): Promise<void> {
    const now = readPressure((deps.figures ?? (() => readFigures(deps.rootFolder)))())
    for (const kind of ['memory', 'disk', 'pid'] as const) if (now[kind]) last[kind] = clock.now()
    const text = JSON.stringify(pressure())
    if (text !== shown) {
      shown = text
      deps.changed()
    }
    if (!now.memory && !now.disk && !now.pid) return
    const use = await deps.memoryUse()
    const victim = rankForEviction(deps.pods(), use)[0]
    if (!victim) return
    const what = now.memory ? 'memory' : now.disk ? 'ephemeral-storage' : 'pids'
    const message = `The node was low on resource: ${what}. `
    deps.log.warn('evicting a pod', { pod: `${victim.metadata.namespace}/${victim.metadata.name}`, resource: what })
    deps.event(victim, message)
    await deps.evict(victim.metadata.uid, { reason: 'Evicted', message }, 0)
  }

  return {
    pressure,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await look()
        } catch (error) {
          deps.log.warn('eviction could not look at the node', { error })
        }
        await sleep(clock, everyMs, signal)
      }
    },
  }
}

export const readPressure = (f: Figures): Pressure => ({
  memory: f.memoryAvailable < minMemoryBytes,
  disk: f.diskShare < minDiskShare || f.inodeShare < minInodeShare,
  pid: f.pidShare < minPidShare,
})

/** Those above their request first, then by priority, then by how far above (eviction/helpers.go rankMemoryPressure). */
export function rankForEviction(pods: readonly Pod[], use: ReadonlyMap<string, number>): Pod[] {
  const over = (pod: Pod) => (use.get(pod.metadata.uid) ?? 0) - podRequestMilli(pod, 'memory') / 1000
  return pods
    .filter((pod) => !isCritical(pod) && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
    .sort(
      (a, b) =>
        Number(over(b) > 0) - Number(over(a) > 0) ||
        (a.spec.priority ?? 0) - (b.spec.priority ?? 0) ||
        over(b) - over(a) ||
        Number(qosClass(b) === 'BestEffort') - Number(qosClass(a) === 'BestEffort'),
    )
}

function readFigures(rootFolder: string): Figures {
  const memory = readFileSync('/proc/meminfo', 'utf8')
  const disk = statfsSync(rootFolder)
  const loads = readFileSync('/proc/loadavg', 'utf8')
  const tasks = Number(/\d+\/(\d+)/.exec(loads)?.[1] ?? 0)
  const maxPids = Math.min(
    Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')),
    Number(readFileSync('/proc/sys/kernel/threads-max', 'utf8')),
  )
  return {
    memoryAvailable: Number(/^MemAvailable:\s+(\d+) kB/m.exec(memory)?.[1] ?? Number.POSITIVE_INFINITY) * 1024,
    diskShare: disk.blocks === 0 ? 1 : disk.bavail / disk.blocks,
    inodeShare: disk.files === 0 ? 1 : disk.ffree / disk.files,
    pidShare: 1 - tasks / maxPids,
  }
}
