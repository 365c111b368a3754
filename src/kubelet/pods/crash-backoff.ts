/** A container that ends again and again waits longer each time before it is started again (kuberuntime_manager.go doBackOff). */
import type { Container } from '../../api/types/core-v1.ts'
import { containerHash } from '../container-config.ts'
import { newest } from '../status.ts'
import type { PodDeps, PodWorker } from './pod-worker.ts'

/** Whether the container must wait; its status says so, and the pod is looked at again when the time is over. */
export function doBackOff(deps: PodDeps, worker: PodWorker, container: Container): boolean {
  const { pod, runtime, waiting } = worker
  const { clock, crashBackoff } = deps
  const last = newest(runtime, container.name)
  if (last?.state !== 'exited') return false
  const key = `${pod.metadata.uid}/${container.name}/${containerHash(container)}`
  const finished = last.finishedAt || clock.now()
  const until = crashBackoff.since(key, finished)
  if (until === undefined) {
    crashBackoff.next(key, finished)
    return false
  }
  const where = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`
  if (waiting.get(container.name)?.reason !== 'CrashLoopBackOff')
    deps.event(pod, container, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${where}`)
  waiting.set(container.name, {
    reason: 'CrashLoopBackOff',
    message: `back-off ${formatSeconds(crashBackoff.delay(key))} restarting failed container=${container.name} pod=${where}`,
  })
  worker.wakeAt(until)
  return true
}

/** `10s`, `1m20s`, `5m0s`, as Go prints a duration. */
function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
