/**
 * Graceful node shutdown (pkg/kubelet/nodeshutdown): while the machine goes down the node is not ready, takes no pods,
 * and ends those it has in the order of their priorities, each group within its time.
 */
import type { Pod } from '../api/types/core-v1.ts'
import { type Clock, sleep } from '../client/clock.ts'
import type { Logger } from '../log/log.ts'
import type { Refusal } from './admission.ts'
import type { KubeletConfiguration } from './configuration.ts'
import type { Shutdowns } from './logind.ts'
import { systemCriticalPriority } from './resources.ts'

/** Pods of this priority and above, up to the next group's, get so long. */
export interface ShutdownGroup {
  readonly priority: number
  readonly shutdownGracePeriodSeconds: number
}

/** Ascending by priority; none where nothing is configured. */
export function shutdownGroups(c: KubeletConfiguration): ShutdownGroup[] {
  if (c.shutdownGracePeriodByPodPriority.length > 0) return c.shutdownGracePeriodByPodPriority.toSorted((a, b) => a.priority - b.priority)
  const total = Math.floor(c.shutdownGracePeriod / 1000)
  const critical = Math.floor(c.shutdownGracePeriodCriticalPods / 1000)
  if (total === 0) return []
  return [
    { priority: 0, shutdownGracePeriodSeconds: total - critical },
    { priority: systemCriticalPriority, shutdownGracePeriodSeconds: critical },
  ]
}

/** The pods of each group, the first to end first. Those below every group are in the lowest. */
export function groupPods(groups: readonly ShutdownGroup[], pods: readonly Pod[]): { group: ShutdownGroup; pods: Pod[] }[] {
  const found = groups.map((group) => ({ group, pods: [] as Pod[] }))
  for (const pod of pods) {
    const at = groups.findLastIndex((group) => (pod.spec.priority ?? 0) >= group.priority)
    found[Math.max(0, at)]?.pods.push(pod)
  }
  return found
}

export interface NodeShutdownDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly shutdowns: Shutdowns
  pods(): readonly Pod[]
  evict(uid: string, ended: { reason: string; message: string }, graceSeconds: number): Promise<void>
  /** The node is ready, or not, by now. */
  changed(): void
}
export interface NodeShutdown {
  readonly isShuttingDown: boolean
  stop(): void
}

export const shutdownRefusal: Refusal = { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' }
const terminated = { reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' }

export async function startNodeShutdown(deps: NodeShutdownDeps, groups: readonly ShutdownGroup[]): Promise<NodeShutdown> {
  const { clock, log, shutdowns } = deps
  const total = groups.reduce((sum, g) => sum + g.shutdownGracePeriodSeconds, 0) * 1000
  const maxDelayMs = await shutdowns.maxDelayMs()
  if (maxDelayMs < total)
    log.warn('logind delays a shutdown for less than the configured grace periods: set InhibitDelayMaxSec in logind.conf', {
      maxDelayMs,
      wantedMs: total,
    })
  const stopping = new AbortController()
  let release = shutdowns.inhibit()
  let goingDown = false

  async function endPods(): Promise<void> {
    for (const { group, pods } of groupPods(groups, deps.pods())) {
      const over = new AbortController()
      const ended = Promise.all(
        pods.map(({ metadata, spec }) =>
          deps.evict(metadata.uid, terminated, Math.min(spec.terminationGracePeriodSeconds ?? 30, group.shutdownGracePeriodSeconds)),
        ),
      )
      await Promise.race([ended, sleep(clock, group.shutdownGracePeriodSeconds * 1000, AbortSignal.any([over.signal, stopping.signal]))])
      over.abort()
    }
  }

  async function told(isGoingDown: boolean): Promise<void> {
    if (isGoingDown === goingDown) return
    goingDown = isGoingDown
    deps.changed()
    if (!isGoingDown) {
      log.info('the shutdown was called off')
      release()
      release = shutdowns.inhibit()
      return
    }
    log.info('the machine is shutting down, ending pods')
    try {
      await endPods()
    } catch (error) {
      log.error('could not end all pods before the shutdown', { error })
    }
    release()
  }

  const unwatch = shutdowns.watch(
    (isGoingDown) => void told(isGoingDown),
    (why) => log.error('shutdowns are no longer told, pods will not be ended gracefully', { why }),
  )
  return {
    get isShuttingDown() {
      return goingDown
    },
    stop() {
      stopping.abort()
      unwatch()
      release()
    },
  }
}
