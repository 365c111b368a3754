/**
 * Clears a pod away that has ended (kubelet.go SyncTerminatedPod): the node takes back what it gave at once; what the
 * runtime keeps for its logs goes when the API no longer wants the pod.
 */
import { existsSync, rmSync } from 'node:fs'
import { isConflict, isNotFound } from '../../api/errors.ts'
import { podCgroup, podFolder, podLogFolder } from '../container-config.ts'
import { removePodFolder } from '../volumes.ts'
import { nameOf, type PodDeps, type PodWorker, readRuntime } from './pod-worker.ts'
import { readLastWords } from './termination-message.ts'

/** Returns whether nothing is left of the pod, here or in the API. */
export async function syncTerminatedPod(deps: PodDeps, worker: PodWorker): Promise<boolean> {
  if (!worker.reclaimed) await reclaim(deps, worker)
  const { pod, uid } = worker
  if (!worker.removed && !pod.metadata.deletionTimestamp) return false
  await deps.statuses.flush(uid)
  for (const { id } of (await readRuntime(deps, worker)).sandboxes) await deps.cri.runtime.RemovePodSandbox({ podSandboxId: id })
  rmSync(podLogFolder(pod, deps.settings), { recursive: true, force: true })
  if (!worker.removed) {
    // With finalizers the pod stays in the API; its worker stays with it.
    await deletePod(deps, worker)
    return false
  }
  deps.statuses.remove(uid)
  return true
}

async function reclaim(deps: PodDeps, worker: PodWorker): Promise<void> {
  const { pod, uid } = worker
  const folder = podFolder(pod, deps.settings)
  // Containers' last words are told until the pod is forgotten.
  if (existsSync(folder)) worker.lastWords ??= readLastWords(deps, worker)
  await removePodFolder(folder)
  deps.objects.release(uid)
  deps.claims.forget(uid)
  deps.devices.release(uid)
  deps.crashBackoff.forget(`${uid}/`)
  deps.cgroups.remove(podCgroup(pod, deps.settings))
  worker.reclaimed = true
  worker.whenTerminated.resolve()
  deps.log.info('pod ended', { pod: nameOf(pod) })
  // Room may have come for those that wait for it.
  for (const other of deps.others(worker)) if (other.resize.pending) other.wake()
}

async function deletePod({ client }: PodDeps, { pod, uid }: PodWorker): Promise<void> {
  const { namespace, name } = pod.metadata
  try {
    await client.delete('pods', { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
