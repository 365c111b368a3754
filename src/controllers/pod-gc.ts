/**
 * Removes pods that nobody else will (pkg/controller/podgc): finished ones beyond the threshold, those of nodes that are
 * gone or out of service, and unscheduled ones that were deleted. Events wake it where upstream looks every 20 s.
 */
import { isNotFound } from '../api/errors.ts'
import { formatTime, objectKey, splitKey } from '../api/meta.ts'
import type { Node, Pod } from '../api/types/core-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { indexByNode, isPodFinished, isPodTerminating, nodeIndex, podCondition } from './pods.ts'
import { taintKeys } from './taints.ts'

/** A node that vanished may come back in this time before its pods are given up. */
const quarantineMs = 40_000
const finishedKey = 'finished'
const finishedIndex = 'finished'
/** Pods that end together are counted once. */
const countAfterMs = 1000

type Reason = 'terminated' | 'out-of-service' | 'orphaned' | 'unscheduled'

export function createPodGarbageCollector({ client, informers, clock, metrics, options }: ControllerDeps): Controller {
  const pods = indexByNode(informers.of('pods'))
  const nodes = informers.of('nodes')
  pods.addIndex(finishedIndex, (pod) => (isPodFinished(pod) && !pod.metadata.deletionTimestamp ? [finishedKey] : []))
  let finished = 0
  const deletions = metrics.counter('pod_gc_collector_force_delete_pods_total', 'Pods that were to be deleted.', ['namespace', 'reason'])
  const failures = metrics.counter('pod_gc_collector_force_delete_pod_errors_total', 'Those that could not be.', ['namespace', 'reason'])

  const isOutOfService = (node: Node | undefined) =>
    node !== undefined &&
    (node.spec.taints ?? []).some((t) => t.key === taintKeys.outOfService) &&
    node.status.conditions?.find((c) => c.type === 'Ready')?.status !== 'True'

  return {
    name: 'pod-garbage-collector-controller',
    wake(queue) {
      const look = (pod: Pod) => {
        const { nodeName } = pod.spec
        if (!nodeName) {
          if (pod.metadata.deletionTimestamp) queue.add(`pod/${objectKey(pod)}`)
        } else if (!nodes.get(undefined, nodeName)) queue.addAfter(`node/${nodeName}`, quarantineMs)
        else if (pod.metadata.deletionTimestamp && isOutOfService(nodes.get(undefined, nodeName))) queue.add(`node/${nodeName}`)
      }
      const count = (change: number) => {
        finished += change
        if (change > 0 && options.terminatedPodGCThreshold > 0 && finished > options.terminatedPodGCThreshold)
          queue.addAfter(finishedKey, countAfterMs)
      }
      pods.addHandler({
        added(pod) {
          if (isPodFinished(pod)) count(1)
          look(pod)
        },
        updated(pod, before) {
          count(Number(isPodFinished(pod)) - Number(isPodFinished(before)))
          if (pod.metadata.deletionTimestamp !== before.metadata.deletionTimestamp || pod.spec.nodeName !== before.spec.nodeName) look(pod)
        },
        deleted(pod) {
          if (isPodFinished(pod)) count(-1)
        },
      })
      nodes.addHandler({
        updated(node) {
          if (isOutOfService(node)) queue.add(`node/${node.metadata.name}`)
        },
        deleted(node) {
          if (pods.byIndex(nodeIndex, node.metadata.name).length > 0) queue.addAfter(`node/${node.metadata.name}`, quarantineMs)
        },
      })
      return [pods, nodes]
    },
    async reconcile(key) {
      if (key === finishedKey) return removeFinished()
      const rest = key.slice(key.indexOf('/') + 1)
      if (key.startsWith('pod/')) {
        const { namespace, name } = splitKey(rest)
        const pod = pods.get(namespace, name)
        if (pod?.metadata.deletionTimestamp && !pod.spec.nodeName) await remove(pod, 'unscheduled')
        return
      }
      return lookAtNode(rest)
    },
  }

  async function lookAtNode(name: string): Promise<undefined> {
    const node = nodes.get(undefined, name)
    const bound = pods.byIndex(nodeIndex, name)
    if (node) {
      if (!isOutOfService(node)) return
      for (const pod of bound) if (isPodTerminating(pod)) await remove(pod, 'out-of-service')
      return
    }
    if (bound.length === 0) return
    const exists = await client.get('nodes', { name }).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false
        throw error
      },
    )
    if (exists) return
    await Promise.all(bound.map((pod) => remove(pod, 'orphaned', 'PodGC: node no longer exists')))
  }

  async function removeFinished(): Promise<undefined> {
    const surplus = pods.byIndex(finishedIndex, finishedKey)
    const count = surplus.length - options.terminatedPodGCThreshold
    if (count <= 0) return
    // Evicted ones first: they tell less than those that ran to their end.
    const rank = ({ metadata: { creationTimestamp, name }, status }: Pod) =>
      `${status.phase === 'Failed' && status.reason === 'Evicted' ? 0 : 1} ${creationTimestamp} ${name}`
    const ranked = surplus.map((pod) => ({ pod, rank: rank(pod) })).sort((x, y) => (x.rank < y.rank ? -1 : 1))
    for (const { pod } of ranked.slice(0, count)) await remove(pod, 'terminated')
  }

  /** Nobody is there to end it gracefully: its phase is settled, then it goes at once. */
  async function remove(pod: Pod, reason: Reason, because?: string): Promise<void> {
    const { namespace, name, uid, generation: observedGeneration } = pod.metadata
    deletions.add([namespace, reason])
    try {
      if (!isPodFinished(pod)) {
        const condition = because && {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'DeletionByPodGC',
          message: because,
          observedGeneration,
          lastTransitionTime: formatTime(clock.now()),
        }
        const conditions = condition && !podCondition(pod, 'DisruptionTarget') ? [condition] : []
        await client.patch(
          'pods',
          { namespace, name },
          { metadata: { uid }, status: { phase: 'Failed', observedGeneration, ...(conditions.length ? { conditions } : {}) } },
          { subresource: 'status' },
        )
      }
      await client.delete('pods', { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
    } catch (error) {
      if (isNotFound(error)) return
      failures.add([namespace, reason])
      throw error
    }
  }
}
