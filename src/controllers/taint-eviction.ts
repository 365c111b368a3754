/**
 * Deletes pods from nodes with NoExecute taints when they do not tolerate them, or no longer (pkg/controller/tainteviction).
 * The time of a taint stands on it, so that a restart does not begin the wait anew.
 */
import { objectKey, splitKey } from '../api/meta.ts'
import type { Node, Pod, Taint } from '../api/types/core-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { indexByNode, nodeIndex, podCondition } from './pods.ts'
import { toleratedMs } from './taints.ts'
import { createTimedEviction } from './timed-eviction.ts'

export function createTaintEvictionController(deps: ControllerDeps): Controller {
  const { informers } = deps
  const nodes = informers.of('nodes')
  const pods = indexByNode(informers.of('pods'))
  const eviction = createTimedEviction(deps, 'taint-eviction-controller', 'TaintManagerEviction', {
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  })
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
        deleted: eviction.forget,
      })
      return [nodes, pods]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const pod = pods.get(namespace, name)
      const taints = noExecute(pod?.spec.nodeName ? nodes.get(undefined, pod.spec.nodeName) : undefined)
      if (!pod || taints.length === 0) return eviction.settle(key, pod, undefined)
      // Who comes to a node that is tainted already has its whole time from then on.
      const came = podCondition(pod, 'PodScheduled')?.lastTransitionTime ?? pod.metadata.creationTimestamp
      const since = Math.max(...taints.map((t) => (t.timeAdded ? Date.parse(t.timeAdded) : eviction.since(pod))), Date.parse(came))
      return eviction.settle(key, pod, since + toleratedMs(taints, pod.spec.tolerations))
    },
  }
}
