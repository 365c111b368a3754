/**
 * Deletes pods from nodes with NoExecute taints when they do not tolerate them, or no longer (pkg/controller/tainteviction).
 * The time of a taint stands on it, so that a restart does not begin the wait anew.
 */
import { isNotFound } from '../api/errors.ts'
import { formatTime, objectKey, splitKey } from '../api/meta.ts'
import type { Node, Pod, Taint } from '../api/types/core-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { isPodFinished, podCondition } from './pods.ts'
import { toleratedMs } from './taints.ts'

export const nodeIndex = 'node'

export function createTaintEvictionController(deps: ControllerDeps): Controller {
  const { client, informers, clock } = deps
  const nodes = informers.of('nodes')
  const pods = informers.of('pods')
  pods.addIndex(nodeIndex, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []))
  const recorder = deps.recorder('taint-eviction-controller')
  /** Since when a pod is to be evicted, for those that wait. */
  const waiting = new Map<string, { uid: string; since: number }>()
  const noExecute = (node: Node | undefined): Taint[] => (node?.spec.taints ?? []).filter((t) => t.effect === 'NoExecute')

  return {
    name: 'taint-eviction-controller',
    workers: 8,
    wake(queue) {
      const wakePods = (node: Node) => {
        for (const pod of pods.byIndex(nodeIndex, node.metadata.name)) queue.add(objectKey(pod))
      }
      nodes.addHandler({
        added: (node) => noExecute(node).length > 0 && wakePods(node),
        updated: (node, before) =>
          node.spec.taints !== before.spec.taints && !semanticEqual(noExecute(node), noExecute(before)) && wakePods(node),
      })
      const wake = (pod: Pod) => {
        if (pod.spec.nodeName && noExecute(nodes.get(undefined, pod.spec.nodeName)).length > 0) queue.add(objectKey(pod))
      }
      pods.addHandler({
        added: wake,
        updated(pod, before) {
          if (pod.spec.nodeName !== before.spec.nodeName || !semanticEqual(pod.spec.tolerations, before.spec.tolerations)) wake(pod)
        },
        deleted: (pod) => waiting.delete(objectKey(pod)),
      })
      return [nodes, pods]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const pod = pods.get(namespace, name)
      const taints = noExecute(pod?.spec.nodeName ? nodes.get(undefined, pod.spec.nodeName) : undefined)
      const about = pod && referenceTo('pods', pod)
      const stay = () => {
        if (waiting.delete(key) && about) recorder.event(about, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`)
      }
      if (!pod || taints.length === 0 || pod.metadata.deletionTimestamp || isPodFinished(pod)) return stay()
      const allowed = toleratedMs(taints, pod.spec.tolerations)
      if (allowed === Infinity) return stay()
      const have = waiting.get(key)
      const since =
        have?.uid === pod.metadata.uid
          ? have.since
          : Math.max(
              ...taints.map((t) => (t.timeAdded ? Date.parse(t.timeAdded) : clock.now())),
              Date.parse(pod.metadata.creationTimestamp),
            )
      const left = since + allowed - clock.now()
      if (left > 0) {
        waiting.set(key, { uid: pod.metadata.uid, since })
        return left
      }
      waiting.delete(key)
      recorder.event(referenceTo('pods', pod), 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`)
      await evict(pod)
    },
  }

  async function evict(pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata
    try {
      if (podCondition(pod, 'DisruptionTarget')?.status !== 'True') {
        const condition = {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'DeletionByTaintManager',
          message: 'Taint manager: deleting due to NoExecute taint',
          lastTransitionTime: formatTime(clock.now()),
        }
        await client.patch(
          'pods',
          { namespace, name },
          { metadata: { uid }, status: { conditions: [condition] } },
          { subresource: 'status' },
        )
      }
      await client.delete('pods', { namespace, name }, { preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
