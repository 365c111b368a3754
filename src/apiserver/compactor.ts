/** Forgets old revisions: every interval those from before the last one, so that a watch may be an interval behind (etcd3/compact.go). */
import type { Logger } from '../log/log.ts'
import type { Store } from '../store/store.ts'

export interface Compactor {
  stop(): void
}

export function startCompactor(store: Store, intervalMs: number, log: Logger): Compactor {
  let before = store.revision
  const timer = setInterval(() => {
    const target = before
    before = store.revision
    if (target <= store.compactedRevision) return
    store.compact(target).catch((error: unknown) => log.warn('compaction failed; it is tried again', { revision: target, error }))
  }, intervalMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
