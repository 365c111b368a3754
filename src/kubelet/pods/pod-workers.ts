/**
 * One worker for each pod (pkg/kubelet/pod_workers.go): it is woken by the API, the runtime, probes and timers, looks
 * at what is and what should be, and does what is missing. Never twice at the same time for one pod; what wakes it
 * meanwhile makes it look once more.
 */
import { join } from 'node:path'
import type { Pod } from '../../api/types/core-v1.ts'
import { createBackoff } from '../backoff.ts'
import { annotations, criErrorText } from '../cri.ts'
import { withAllocated } from '../resize.ts'
import type { RuntimePod } from '../runtime-pods.ts'
import { removePodFolder, VolumeError } from '../volumes.ts'
import { minGraceSeconds } from './kill-pod.ts'
import { nameOf, nothingRuns, type PodDeps, type PodWorker, type PodWorkerDeps } from './pod-worker.ts'
import { syncPod } from './sync-pod.ts'
import { syncTerminatedPod } from './sync-terminated-pod.ts'
import { hastenTermination, syncTerminatingPod } from './sync-terminating-pod.ts'

export interface PodWorkers {
  /** The pod as its source has it now. Deletion begins when it carries a deletion timestamp. */
  update(pod: Pod): void
  /** The source has it no longer: ended at once, and forgotten. */
  remove(uid: string): void
  wake(uid: string): void
  /** Ends the pod as Failed; resolves when nothing of it runs. */
  evict(uid: string, ended: { reason: string; message: string }, graceSeconds: number): Promise<void>
  get(uid: string): Pod | undefined
  runtime(uid: string): RuntimePod | undefined
  list(): readonly Pod[]
  /** Ends what the runtime has and no source knows. */
  killUnknown(uid: string, sandboxes: readonly string[]): Promise<void>
  /** Stops looking; containers run on. */
  stop(): Promise<void>
}

const firstRetryMs = 500
const mostRetryMs = 120_000
/** A pod that is gone from its source gets no longer than this. */
const mostForcedGraceSeconds = 30

interface Loop {
  readonly worker: PodWorker
  busy: Promise<void> | undefined
  dirty: boolean
  abort: AbortController
  failures: number
  cancelTimers: () => void
}

export function createPodWorkers(given: PodWorkerDeps): PodWorkers {
  const { clock, log, settings, cri } = given
  const loops = new Map<string, Loop>()
  const unknown = new Set<string>()
  let stopped = false
  const deps: PodDeps = {
    ...given,
    crashBackoff: createBackoff({ now: () => clock.now(), mostMs: given.maxCrashBackoffMs }),
    others: (worker) => [...loops.values()].map((l) => l.worker).filter((w) => w !== worker && w.admitted && w.state !== 'TerminatedPod'),
  }

  function wake(loop: Loop): void {
    if (stopped) return
    loop.dirty = true
    loop.busy ??= run(loop).finally(() => {
      loop.busy = undefined
      // Woken between the last look and here.
      if (loop.dirty && loops.has(loop.worker.uid)) wake(loop)
    })
  }

  async function run(loop: Loop): Promise<void> {
    const { worker } = loop
    while (loop.dirty && !stopped && loops.get(worker.uid) === loop) {
      loop.dirty = false
      loop.cancelTimers()
      loop.abort = new AbortController()
      try {
        if (worker.state === 'SyncPod') await syncPod(deps, worker)
        else if (worker.state === 'TerminatingPod') await syncTerminatingPod(deps, worker)
        else if (await syncTerminatedPod(deps, worker)) loops.delete(worker.uid)
        loop.failures = 0
      } catch (error) {
        if (stopped) return
        if (loop.abort.signal.aborted) continue // what it should do changed meanwhile
        const delay = Math.min(firstRetryMs * 2 ** loop.failures++, mostRetryMs)
        if (error instanceof VolumeError) deps.event(worker.pod, undefined, 'Warning', 'FailedMount', error.message)
        log.warn('error syncing pod, will try again', { pod: nameOf(worker.pod), error: criErrorText(error), delayMs: delay })
        worker.wakeAt(clock.now() + delay)
      }
    }
  }

  function add(pod: Pod): PodWorker {
    const worker: PodWorker = {
      uid: pod.metadata.uid,
      pod,
      desired: pod,
      state: 'SyncPod',
      runtime: nothingRuns(pod),
      admitted: false,
      ended: undefined,
      graceSeconds: undefined,
      reclaimed: false,
      removed: false,
      resize: {},
      applied: new Map(),
      waiting: new Map(),
      lastWords: undefined,
      get signal() {
        return loop.abort.signal
      },
      whenTerminated: Promise.withResolvers(),
      wake: () => wake(loop),
      wakeAt(at) {
        if (at === undefined) return
        const before = loop.cancelTimers
        const cancel = clock.after(Math.max(0, at - clock.now()), () => wake(loop))
        loop.cancelTimers = () => {
          before()
          cancel()
        }
      },
      terminate(ended) {
        if (ended) worker.ended = ended
        worker.state = 'TerminatingPod'
        wake(loop)
      },
    }
    const loop: Loop = { worker, busy: undefined, dirty: false, abort: new AbortController(), failures: 0, cancelTimers: () => {} }
    loops.set(worker.uid, loop)
    return worker
  }

  /** Begins the pod's end, or hastens it when it has begun. `from` is the pod before it was told to. */
  function end(worker: PodWorker, graceSeconds: number | undefined, from: Pod = worker.pod): void {
    const before = worker.graceSeconds
    worker.graceSeconds = graceSeconds ?? before
    if (worker.state === 'SyncPod') {
      loops.get(worker.uid)?.abort.abort()
      worker.terminate()
      return
    }
    if (worker.state === 'TerminatingPod') hastenTermination(deps, worker, { pod: from, graceSeconds: before })
    worker.wake()
  }

  return {
    update(pod) {
      const worker = loops.get(pod.metadata.uid)?.worker ?? add(pod)
      const before = worker.pod
      worker.desired = pod
      worker.pod = worker.admitted ? withAllocated(pod, before) : pod
      if (pod.metadata.deletionTimestamp) end(worker, undefined, before)
      else worker.wake()
    },
    remove(uid) {
      const worker = loops.get(uid)?.worker
      if (!worker) return
      worker.removed = true
      const { deletionTimestamp, deletionGracePeriodSeconds = mostForcedGraceSeconds } = worker.pod.metadata
      // Deleted by force: nobody waits for it any more.
      end(worker, deletionTimestamp ? Math.min(deletionGracePeriodSeconds, mostForcedGraceSeconds) : undefined)
    },
    wake: (uid) => loops.get(uid)?.worker.wake(),
    async evict(uid, ended, graceSeconds) {
      const worker = loops.get(uid)?.worker
      if (!worker || worker.state === 'TerminatedPod') return
      worker.ended = { phase: 'Failed', ...ended, byKubelet: true }
      end(worker, graceSeconds)
      await worker.whenTerminated.promise
    },
    get: (uid) => loops.get(uid)?.worker.pod,
    runtime: (uid) => loops.get(uid)?.worker.runtime,
    list: () => [...loops.values()].map((l) => l.worker.pod),
    async killUnknown(uid, sandboxes) {
      if (loops.has(uid) || unknown.has(uid)) return
      unknown.add(uid)
      try {
        log.info('removing a pod that no source knows', { uid, sandboxes })
        for (const podSandboxId of sandboxes) {
          const { containers = [] } = await cri.runtime.ListContainers({ filter: { podSandboxId } })
          await Promise.all(
            containers.map((c) =>
              cri.runtime.StopContainer({
                containerId: c.id as string,
                timeout: Number(c.annotations?.[annotations.podTerminationGracePeriod] ?? minGraceSeconds),
              }),
            ),
          )
          await cri.runtime.StopPodSandbox({ podSandboxId })
          await cri.runtime.RemovePodSandbox({ podSandboxId })
        }
        await removePodFolder(join(settings.podsFolder, uid))
      } finally {
        unknown.delete(uid)
      }
    },
    async stop() {
      stopped = true
      for (const loop of loops.values()) {
        loop.cancelTimers()
        loop.abort.abort()
      }
      await Promise.allSettled([...loops.values()].map((l) => l.busy))
    },
  }
}
