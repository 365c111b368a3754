/** Deletes pods when their time under a taint is over, of a node or of a device, and tells who still waits (pkg/controller/tainteviction, devicetainteviction). */
import { isNotFound } from '../api/errors.ts'
import { formatTime, objectKey } from '../api/meta.ts'
import type { Pod } from '../api/types/core-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { ControllerDeps } from './controller.ts'
import { isPodFinished, podCondition } from './pods.ts'

export interface TimedEviction {
  /** Evicts the pod when `due` has come, undefined or Infinity for never; else how long until then. */
  settle(key: string, pod: Pod | undefined, due: number | undefined): Promise<number | undefined>
  /** Since when the pod is on its way out, where nothing else says so. */
  since(pod: Pod): number
  forget(pod: Pod): void
}

/** `reason` is of the events, `because` of the pod's condition DisruptionTarget. */
export function createTimedEviction(
  { client, clock, metrics, recorder: recorders }: Pick<ControllerDeps, 'client' | 'clock' | 'metrics' | 'recorder'>,
  component: string,
  reason: string,
  because: { readonly reason: string; readonly message: string },
): TimedEviction {
  const recorder = recorders(component)
  const subsystem = component.replaceAll('-', '_')
  const deletions = metrics.counter(`${subsystem}_pod_deletions_total`, 'Pods that were deleted for taints.')
  const latency = metrics.histogram(
    `${subsystem}_pod_deletion_duration_seconds`,
    'From when a pod should go until it was deleted.',
    [],
    [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240],
  )
  /** Pods that wait, and since when this process knows it. */
  const waiting = new Map<string, { uid: string; since: number }>()

  async function evict(pod: Pod, due: number): Promise<void> {
    const { namespace, name, uid, generation } = pod.metadata
    try {
      if (podCondition(pod, 'DisruptionTarget')?.status !== 'True') {
        const lastTransitionTime = formatTime(clock.now())
        const condition = { type: 'DisruptionTarget', status: 'True', ...because, observedGeneration: generation, lastTransitionTime }
        await client.patch(
          'pods',
          { namespace, name },
          { metadata: { uid }, status: { conditions: [condition] } },
          { subresource: 'status' },
        )
      }
      await client.delete('pods', { namespace, name }, { preconditions: { uid } })
      deletions.add()
      latency.observe((clock.now() - due) / 1000)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  const since = (pod: Pod): number => {
    const have = waiting.get(objectKey(pod))
    return have?.uid === pod.metadata.uid ? have.since : clock.now()
  }
  return {
    since,
    forget: (pod) => void waiting.delete(objectKey(pod)),
    async settle(key, pod, due = Infinity) {
      if (!pod || due === Infinity || pod.metadata.deletionTimestamp || isPodFinished(pod)) {
        if (waiting.delete(key) && pod) recorder.event(referenceTo('pods', pod), 'Normal', reason, `Cancelling deletion of Pod ${key}`)
        return undefined
      }
      if (due > clock.now()) {
        waiting.set(key, { uid: pod.metadata.uid, since: since(pod) })
        return due - clock.now()
      }
      waiting.delete(key)
      recorder.event(referenceTo('pods', pod), 'Normal', reason, `Marking for deletion Pod ${key}`)
      return void (await evict(pod, due))
    },
  }
}
