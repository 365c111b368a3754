/** From what informers tell to the cluster's state and the queue (upstream: eventhandlers.go). */
import type { Node, Pod } from '../api/types/core-v1.ts'
import type { Informers } from '../client/informer.ts'
import type { ClusterState } from './cluster-state.ts'
import type { NodeChange } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { Nominator } from './nominator.ts'
import { createPodInfo, differs, schedulingChanged } from './pod-info.ts'
import type { SchedulingQueue } from './queue.ts'

export interface EventHandlerDeps {
  readonly informers: Informers
  readonly cluster: ClusterState
  readonly queue: SchedulingQueue
  readonly nominator: Nominator
  /** Whether the pod asks for this scheduler. */
  readonly isResponsibleFor: (pod: Pod) => boolean
}

const storage = [
  'persistentvolumes',
  'persistentvolumeclaims',
  'storageclasses.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'csidrivers.storage.k8s.io',
  'csistoragecapacities.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
] as const
const devices = ['resourceclaims.resource.k8s.io', 'resourceslices.resource.k8s.io', 'deviceclasses.resource.k8s.io'] as const

export function addAllEventHandlers({ informers, cluster, queue, nominator, isResponsibleFor }: EventHandlerDeps): void {
  informers.of('nodes').addHandler({
    added: (node) => onNode(node, undefined),
    updated: onNode,
    deleted({ metadata: { name } }) {
      cluster.removeNode(name)
      queue.happened({ kind: 'node-deleted', name })
    },
  })
  informers.of('pods').addHandler({ added: (pod) => onPod(pod, undefined), updated: onPod, deleted: onPodGone })
  for (const resource of storage) tellOf('storage', resource)
  for (const resource of devices) tellOf('other', resource)
  informers
    .of('namespaces')
    .addHandler({ updated: (object, before) => queue.happened({ kind: 'other', resource: 'namespaces', object, before }) })

  function tellOf(kind: 'storage' | 'other', resource: (typeof storage)[number] | (typeof devices)[number]): void {
    informers.of(resource).addHandler({
      added: (object) => queue.happened({ kind, resource, object }),
      updated: (object, before) => queue.happened({ kind, resource, object, before }),
      deleted: (object) => queue.happened({ kind, resource, object, before: object, deleted: true }),
    })
  }
  function onNode(node: Node, before: Node | undefined): void {
    cluster.setNode(node)
    const info = cluster.node(node.metadata.name) as NodeInfo
    if (!before) return queue.happened({ kind: 'node-added', node: info })
    const changed = nodeChanges(node, before)
    if (changed.size) queue.happened({ kind: 'node-updated', node: info, changed })
  }

  function onPod(pod: Pod, before: Pod | undefined): void {
    if (before && before.metadata.uid !== pod.metadata.uid) {
      // Another pod of that name: what went between was not seen.
      onPodGone(before)
      onPod(pod, undefined)
    } else if (isOver(pod)) {
      if (before && !isOver(before)) onPodGone(pod)
    } else if (pod.spec.nodeName) onAssignedPod(pod, before)
    else if (!isResponsibleFor(pod)) return
    else if (cluster.isAssumed(keyOf(pod))) queue.refresh(pod)
    else onWaitingPod(pod, before)
  }
  function onAssignedPod(pod: Pod, before: Pod | undefined): void {
    if (before?.spec.nodeName) {
      if (!schedulingChanged(pod, before)) return
      cluster.setPod(pod)
      return queue.happened({ kind: 'pod-updated', pod, before })
    }
    queue.remove(keyOf(pod))
    nominator.forget(keyOf(pod))
    cluster.setPod(pod)
    queue.happened({ kind: 'pod-assigned', pod })
  }
  function onWaitingPod(pod: Pod, before: Pod | undefined): void {
    if (nominator.size || pod.status?.nominatedNodeName) {
      const left = nominator.update(createPodInfo(pod), before?.status?.nominatedNodeName)
      // Whom the promise kept out may come now, as if the pod had left.
      if (left) queue.happened({ kind: 'pod-deleted', pod: before ?? pod })
    }
    if (before) queue.update(pod)
    else queue.add(pod)
  }
  function onPodGone(pod: Pod): void {
    const key = keyOf(pod)
    const promised = nominator.forget(key)
    queue.remove(key)
    if (cluster.podOn(key)?.pods.get(key)?.pod.metadata.uid === pod.metadata.uid || pod.spec.nodeName) cluster.removePod(key)
    if (pod.spec.nodeName || promised) queue.happened({ kind: 'pod-deleted', pod })
  }
}

const keyOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`
const isOver = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

function nodeChanges(node: Node, before: Node): Set<NodeChange> {
  const conditions = ({ status }: Node) => status.conditions?.map((c) => [c.type, c.status])
  const changed = new Set<NodeChange>()
  if (differs(node.status.allocatable, before.status.allocatable)) changed.add('allocatable')
  if (differs(node.metadata.labels, before.metadata.labels)) changed.add('labels')
  if (differs(node.spec.taints, before.spec.taints)) changed.add('taints')
  if (Boolean(node.spec.unschedulable) !== Boolean(before.spec.unschedulable)) changed.add('unschedulable')
  if (differs(conditions(node), conditions(before))) changed.add('condition')
  if (differs(node.status.declaredFeatures, before.status.declaredFeatures)) changed.add('declaredFeatures')
  return changed
}
