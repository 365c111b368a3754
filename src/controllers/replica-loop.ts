/**
 * Keeps a number of pods running (pkg/controller/replicaset): the loop of ReplicaSets and of ReplicationControllers,
 * which differ in their selector's form only.
 */
import { isNotFound } from '../api/errors.ts'
import { labelSelectorAsSelector } from '../api/labels.ts'
import { controllerOf, formatTime, isBeingDeleted, objectKey, splitKey } from '../api/meta.ts'
import type { Pod, PodTemplateSpec } from '../api/types/core-v1.ts'
import type { LabelSelector } from '../api/types/meta-v1.ts'
import { referenceTo } from '../client/events.ts'
import { createExpectations } from '../client/expectations.ts'
import type { Informer } from '../client/informer.ts'
import { type KubernetesObject, resourceInfo } from '../client/resources.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { createClaimer, indexByOwner, ownerIndex, ownerReference, resolveOwner } from './ownership.ts'
import { createPodControl } from './pod-control.ts'
import {
  availableAt,
  compareForDeletion,
  isNamespaceTerminating,
  isPodActive,
  isPodReady,
  isPodTerminating,
  nextAvailableMs,
  podCondition,
  podFromTemplate,
} from './pods.ts'

/** As many pods are made or deleted in one go. */
const burstReplicas = 500

type Set = KubernetesObject & {
  readonly spec: { readonly replicas?: number; readonly minReadySeconds?: number; readonly template?: PodTemplateSpec }
  readonly status: SetStatus
}
interface SetStatus {
  replicas: number
  fullyLabeledReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  terminatingReplicas?: number
  observedGeneration?: number
  conditions?: { type: string; status: string; lastTransitionTime?: string; reason?: string; message?: string }[]
}

export interface ReplicaLoop {
  readonly name: string
  readonly component: string
  readonly resource: 'replicasets.apps' | 'replicationcontrollers'
  readonly workers: number
  readonly selectorOf: (set: Set) => LabelSelector | undefined
  /** Only ReplicaSets tell how many of their pods are terminating. */
  readonly countsTerminating: boolean
}

export function createReplicaLoop(deps: ControllerDeps, loop: ReplicaLoop): Controller {
  const { client, clock, informers } = deps
  const { kind } = resourceInfo(loop.resource)
  const sets = indexByOwner(informers.of(loop.resource)) as unknown as Informer<Set>
  const pods = indexByOwner(informers.of('pods'))
  const control = createPodControl(client, deps.recorder(loop.component))
  const expectations = createExpectations(clock)
  const claim = createClaimer({ client, ownerResource: loop.resource, resource: 'pods', informer: pods, wanted: isPodActive })
  const selectorOf = (set: Set) => labelSelectorAsSelector(loop.selectorOf(set))

  function wake(queue: Queue) {
    const enqueue = (set: Set | undefined) => {
      if (set) queue.add(objectKey(set))
    }
    const wakeForOrphan = (pod: Pod) => {
      for (const set of sets.list(pod.metadata.namespace)) if (selectorOf(set).matches(pod.metadata.labels)) enqueue(set)
    }
    sets.addHandler({
      added: enqueue,
      updated(set, before) {
        if (set.metadata.uid !== before.metadata.uid) expectations.forget(objectKey(before))
        enqueue(set)
      },
      deleted(set) {
        expectations.forget(objectKey(set))
        enqueue(set)
      },
    })
    const podGone = (pod: Pod) => {
      const owner = resolveOwner(sets, kind, pod)
      if (!owner) return
      expectations.deletionObserved(objectKey(owner), objectKey(pod))
      enqueue(owner)
    }
    pods.addHandler({
      added(pod) {
        if (isBeingDeleted(pod)) return podGone(pod)
        if (!controllerOf(pod)) return wakeForOrphan(pod)
        const owner = resolveOwner(sets, kind, pod)
        if (owner) expectations.creationObserved(objectKey(owner))
        enqueue(owner)
      },
      updated(pod, before) {
        if (pod.metadata.uid !== before.metadata.uid) podGone(before)
        if (isBeingDeleted(pod)) {
          podGone(pod)
          return
        }
        const [owner, formerly] = [controllerOf(pod), controllerOf(before)]
        if (formerly && formerly.uid !== owner?.uid) enqueue(resolveOwner(sets, kind, before))
        if (owner) {
          if (owner.uid !== formerly?.uid || countsOtherwise(pod, before)) enqueue(resolveOwner(sets, kind, pod))
        } else if (formerly || !semanticEqual(pod.metadata.labels, before.metadata.labels)) wakeForOrphan(pod)
      },
      deleted: podGone,
    })
    return [sets, pods]
  }

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const set = sets.get(namespace, name)
    if (!set) return undefined
    const settled = expectations.satisfied(key)
    const selector = selectorOf(set)
    const owned = await claim(set as never, selector)
    const active = owned.filter(isPodActive)
    let failure: { reason: 'FailedCreate' | 'FailedDelete'; error: unknown } | undefined
    if (settled && !isBeingDeleted(set)) {
      const missing = (set.spec.replicas ?? 1) - active.length
      if (missing > 0) failure = await create(key, set, Math.min(missing, burstReplicas))
      else if (missing < 0) failure = await remove(key, set, active, Math.min(-missing, burstReplicas))
    }
    const updated = await updateStatus(set, owned, active, failure)
    if (failure) throw failure.error
    const { minReadySeconds = 0 } = updated.spec
    if (!settled) return expectations.remainingMs(key)
    return nextAvailableMs(active, minReadySeconds, clock.now())
  }

  async function create(key: string, set: Set, count: number) {
    expectations.expectCreations(key, count)
    const draft = podFromTemplate(set.spec.template as PodTemplateSpec, set.metadata.namespace, ownerReference(loop.resource, set), {
      generateName: `${set.metadata.name}-`,
    })
    const { made, error } = await control.create(referenceTo(loop.resource, set), count, () => draft)
    // What was not made will not be seen.
    for (let i = made.length; i < count; i++) expectations.creationObserved(key)
    // A namespace that ends takes no pods, and there is nothing to try again or to tell.
    return error === undefined || isNamespaceTerminating(error) ? undefined : { reason: 'FailedCreate' as const, error }
  }

  async function remove(key: string, set: Set, active: readonly Pod[], count: number) {
    const victims = chooseVictims(set, active, count)
    expectations.expectDeletions(key, victims.map(objectKey))
    const error = await control.remove(referenceTo(loop.resource, set), victims, (pod) =>
      expectations.deletionObserved(key, objectKey(pod)),
    )
    return error === undefined ? undefined : { reason: 'FailedDelete' as const, error }
  }

  /** Pods of the owner's other sets count too: of a deployment's pods, those go first that share a node with others. */
  function chooseVictims(set: Set, active: readonly Pod[], count: number): readonly Pod[] {
    if (count >= active.length) return active
    const owner = controllerOf(set)?.uid
    const siblings = owner ? sets.byIndex(ownerIndex, owner) : [set]
    const perNode = new Map<string, number>()
    for (const sibling of siblings)
      for (const pod of pods.byIndex(ownerIndex, sibling.metadata.uid))
        if (isPodActive(pod)) perNode.set(pod.spec.nodeName ?? '', (perNode.get(pod.spec.nodeName ?? '') ?? 0) + 1)
    const rank = (pod: Pod) => (pod.spec.nodeName ? (perNode.get(pod.spec.nodeName) ?? 0) : 0)
    return [...active].sort(compareForDeletion(clock.now(), rank)).slice(0, count)
  }

  async function updateStatus(
    set: Set,
    owned: readonly Pod[],
    active: readonly Pod[],
    failure: { reason: string; error: unknown } | undefined,
  ): Promise<Set> {
    const { minReadySeconds = 0 } = set.spec
    const now = clock.now()
    const wanted = Object.entries(set.spec.template?.metadata?.labels ?? {})
    const failed = failure && {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: formatTime(now),
      reason: failure.reason,
      message: failure.error instanceof Error ? failure.error.message : String(failure.error),
    }
    const others = (set.status.conditions ?? []).filter((c) => c.type !== 'ReplicaFailure')
    const before = set.status.conditions?.find((c) => c.type === 'ReplicaFailure')
    const condition = failed && (before?.reason === failed.reason ? before : failed)
    let fullyLabeled = 0
    let ready = 0
    let available = 0
    for (const pod of active) {
      if (wanted.every(([k, v]) => pod.metadata.labels?.[k] === v)) fullyLabeled++
      if (!isPodReady(pod)) continue
      ready++
      if (availableAt(pod, minReadySeconds) <= now) available++
    }
    const status: SetStatus = {
      ...(set.status.observedGeneration !== undefined ? { observedGeneration: set.status.observedGeneration } : {}),
      replicas: active.length,
      fullyLabeledReplicas: fullyLabeled,
      readyReplicas: ready,
      availableReplicas: available,
      ...(loop.countsTerminating ? { terminatingReplicas: owned.filter(isPodTerminating).length } : {}),
      conditions: condition ? [...others, condition] : others,
    }
    if (sameStatus(set.status, status) && set.status.observedGeneration === set.metadata.generation) return set
    const next = { ...set, status: { ...status, observedGeneration: set.metadata.generation } }
    try {
      return (await client.updateStatus(loop.resource, next as never)) as unknown as Set
    } catch (error) {
      if (isNotFound(error)) return set
      throw error
    }
  }

  return { name: loop.name, workers: loop.workers, wake, reconcile }
}

/** What of a pod its set counts. An assignment to a node is not among it: it would wake the set once more for every pod. */
function countsOtherwise(pod: Pod, before: Pod): boolean {
  const [ready, formerly] = [podCondition(pod, 'Ready'), podCondition(before, 'Ready')]
  return (
    pod.status.phase !== before.status.phase ||
    ready?.status !== formerly?.status ||
    ready?.lastTransitionTime !== formerly?.lastTransitionTime ||
    !semanticEqual(pod.metadata.labels, before.metadata.labels)
  )
}

function sameStatus(a: SetStatus, b: SetStatus): boolean {
  return (
    (a.replicas ?? 0) === b.replicas &&
    (a.fullyLabeledReplicas ?? 0) === b.fullyLabeledReplicas &&
    (a.readyReplicas ?? 0) === b.readyReplicas &&
    (a.availableReplicas ?? 0) === b.availableReplicas &&
    (a.terminatingReplicas ?? 0) === (b.terminatingReplicas ?? 0) &&
    semanticEqual(a.conditions, b.conditions)
  )
}
