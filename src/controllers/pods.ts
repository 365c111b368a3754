/** What several controllers ask about pods, and how they make them (pkg/controller/controller_utils.go, pkg/api/v1/pod). */
import { StatusError } from '../api/errors.ts'
import type { Pod, PodCondition, PodTemplateSpec } from '../api/types/core-v1.ts'
import type { OwnerReference } from '../api/types/meta-v1.ts'
import type { Draft } from '../client/client.ts'
import type { Informer } from '../client/informer.ts'

/** The index of pods by the name of their node. */
export const nodeIndex = 'node'
export function indexByNode(pods: Informer<Pod>): Informer<Pod> {
  pods.addIndex(nodeIndex, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []))
  return pods
}

export const isPodActive = (pod: Pod): boolean =>
  pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed' && !pod.metadata.deletionTimestamp
export const isPodFinished = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
/** Asked to go, and its containers may still run. */
export const isPodTerminating = (pod: Pod): boolean => !isPodFinished(pod) && pod.metadata.deletionTimestamp !== undefined

export const podCondition = (pod: Pod, type: string): PodCondition | undefined => pod.status.conditions?.find((c) => c.type === type)
export const isPodReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True'

/** When the pod counts as available: ready for `minReadySeconds`. Infinity while it is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number {
  const ready = podCondition(pod, 'Ready')
  if (ready?.status !== 'True') return Infinity
  if (minReadySeconds === 0) return 0
  return ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000 : Infinity
}
export const isPodAvailable = (pod: Pod, minReadySeconds: number, now: number): boolean => availableAt(pod, minReadySeconds) <= now

/** How long until the next of these pods becomes available by the passing of time; undefined: none will. */
export function nextAvailableMs(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  if (minReadySeconds === 0) return undefined
  let next = Infinity
  for (const pod of pods) {
    const at = availableAt(pod, minReadySeconds)
    if (at > now && at < next) next = at
  }
  return next === Infinity ? undefined : next - now
}

export const restartsOf = (pod: Pod): number => Math.max(0, ...(pod.status.containerStatuses ?? []).map((c) => c.restartCount))

/** A pod made from a template, for an owner. */
export function podFromTemplate(
  template: PodTemplateSpec,
  namespace: string,
  owner: OwnerReference,
  name: { name: string } | { generateName: string },
): Draft<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    metadata: {
      ...name,
      namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [owner],
    },
    spec: template.spec,
  }
}

/** Whether a create failed because the namespace is being deleted: nothing to retry. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof StatusError && error.status.details?.causes?.some((c) => c.reason === 'NamespaceTerminating') === true

/**
 * Calls `make` `count` times in batches of 1, 2, 4, …, and stops after the first batch with a failure, so that what
 * cannot succeed (a quota, a bad template) is not tried a thousand times. Answers how many succeeded and the first error.
 */
export async function slowStart(count: number, make: (index: number) => Promise<unknown>): Promise<{ successes: number; error?: unknown }> {
  let successes = 0
  for (let done = 0, batch = 1; done < count; done += batch, batch *= 2) {
    const size = Math.min(batch, count - done)
    const results = await Promise.allSettled(Array.from({ length: size }, (_, i) => make(done + i)))
    const failed = results.find((r) => r.status === 'rejected')
    successes += results.filter((r) => r.status === 'fulfilled').length
    if (failed) return { successes, error: failed.reason }
  }
  return { successes }
}

const phaseRank = (pod: Pod) => ({ Pending: 0, Unknown: 1, Running: 2 })[pod.status.phase as 'Pending'] ?? 0
const deletionCost = (pod: Pod) => {
  const text = pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost']
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : 0
}
const readySince = (pod: Pod): number | undefined => {
  const at = podCondition(pod, 'Ready')
  return at?.status === 'True' && at.lastTransitionTime ? Date.parse(at.lastTransitionTime) : undefined
}
/** Ages are compared by their order of magnitude, so that which pod goes does not always favour the newest by a second. */
const magnitude = (ageMs: number): number => (ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs / 1e-6)))

/**
 * The order in which pods are deleted when there are too many (ActivePodsWithRanks): unassigned, not yet running, not
 * ready, cheap, crowded on their node, briefly ready, often restarted, young. `rank` counts the related pods on a pod's node.
 */
export function compareForDeletion(now: number, rank: (pod: Pod) => number): (a: Pod, b: Pod) => number {
  return (a, b) => {
    const assigned = Number(!!a.spec.nodeName) - Number(!!b.spec.nodeName)
    if (assigned !== 0) return assigned
    const phase = phaseRank(a) - phaseRank(b)
    if (phase !== 0) return phase
    const ready = Number(isPodReady(a)) - Number(isPodReady(b))
    if (ready !== 0) return ready
    const cost = deletionCost(a) - deletionCost(b)
    if (cost !== 0) return cost
    const crowd = rank(b) - rank(a)
    if (crowd !== 0) return crowd
    if (isPodReady(a)) {
      const [since, other] = [readySince(a), readySince(b)]
      if (since !== other) {
        if (since === undefined || other === undefined) return since === undefined ? -1 : 1
        const ages = magnitude(now - since) - magnitude(now - other)
        return ages !== 0 ? ages : a.metadata.uid < b.metadata.uid ? -1 : 1
      }
    }
    const restarts = restartsOf(b) - restartsOf(a)
    if (restarts !== 0) return restarts
    const [made, otherMade] = [Date.parse(a.metadata.creationTimestamp), Date.parse(b.metadata.creationTimestamp)]
    if (made === otherMade) return 0
    const ages = magnitude(now - made) - magnitude(now - otherMade)
    return ages !== 0 ? ages : a.metadata.uid < b.metadata.uid ? -1 : 1
  }
}
