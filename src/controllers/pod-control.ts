/** Makes and deletes the pods of an owner and tells of it in events (controller.RealPodControl), for the loops that keep numbers of pods. */
import { isNotFound } from '../api/errors.ts'
import type { ObjectReference, Pod } from '../api/types/core-v1.ts'
import type { Client, Draft } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import { isNamespaceTerminating, slowStart } from './pods.ts'

export interface PodControl {
  /** Makes `count` pods in growing batches, none after a batch with a failure; those that were made, and the first error. */
  create(about: ObjectReference, count: number, draftOf: (index: number) => Draft<Pod>): Promise<{ made: Pod[]; error?: unknown }>
  /** Deletes pods, a few at a time; the first error. `kept` hears of each that was not deleted by this, one that is gone already among them. */
  remove(about: ObjectReference, pods: readonly Pod[], kept: (pod: Pod, error: unknown) => void): Promise<unknown>
}

/** So many deletions are under way at a time. */
const atATime = 64

export function createPodControl(client: Client, recorder: EventRecorder): PodControl {
  return {
    async create(about, count, draftOf) {
      const made: Pod[] = []
      const { error } = await slowStart(count, async (i) => {
        try {
          const pod = await client.create('pods', draftOf(i))
          made.push(pod)
          recorder.event(about, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
        } catch (error) {
          if (!isNamespaceTerminating(error))
            recorder.event(about, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`)
          throw error
        }
      })
      return { made, error }
    },
    async remove(about, pods, kept) {
      let failure: unknown
      const removeOne = async (pod: Pod) => {
        const { namespace, name, uid } = pod.metadata
        try {
          await client.delete('pods', { namespace, name }, { preconditions: { uid } })
          recorder.event(about, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
        } catch (error) {
          kept(pod, error)
          if (isNotFound(error)) return
          recorder.event(about, 'Warning', 'FailedDelete', `Error deleting: ${(error as Error).message}`)
          failure ??= error
        }
      }
      for (let at = 0; at < pods.length; at += atATime) await Promise.all(pods.slice(at, at + atATime).map(removeOne))
      return failure
    },
  }
}
