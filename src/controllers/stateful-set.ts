/**
 * Keeps pods with a name and claims of their own (pkg/controller/statefulset): made and removed in order or in parallel,
 * updated from the highest ordinal down to the partition, their claims kept or deleted as the set says.
 */
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { scaledValue } from '../api/int-or-string.ts'
import { labelSelectorAsSelector } from '../api/labels.ts'
import { controllerOf, isBeingDeleted, objectKey, splitKey } from '../api/meta.ts'
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '../api/types/apps-v1.ts'
import type { PersistentVolumeClaim, Pod } from '../api/types/core-v1.ts'
import type { OwnerReference } from '../api/types/meta-v1.ts'
import type { Draft } from '../client/client.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { applyRevision, createRevisionHistory } from './controller-revisions.ts'
import { semanticEqual } from './equal.ts'
import { createClaimer, indexByOwner, ownerReference, resolveOwner } from './ownership.ts'
import { isNamespaceTerminating, isPodAvailable, isPodReady, nextAvailableMs, podFromTemplate } from './pods.ts'

const resource = 'statefulsets.apps'
const podNameLabel = 'statefulset.kubernetes.io/pod-name'
const podIndexLabel = 'apps.kubernetes.io/pod-index'
const revisionLabel = 'controller-revision-hash'

const ordinalOf = (set: StatefulSet, pod: { metadata: { name: string } }): number => {
  const { name } = pod.metadata
  const prefix = `${set.metadata.name}-`
  const rest = name.startsWith(prefix) ? name.slice(prefix.length) : ''
  return /^(0|[1-9]\d*)$/.test(rest) ? Number(rest) : -1
}
const isCreated = (pod: Pod) => !!pod.status.phase
const isRunningAndReady = (pod: Pod) => pod.status.phase === 'Running' && isPodReady(pod)
const hasFinished = (pod: Pod) => pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded'
const claimName = (template: { metadata: { name: string } }, podName: string) => `${template.metadata.name}-${podName}`

export function createStatefulSetController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps
  const sets = informers.of(resource)
  const pods = indexByOwner(informers.of('pods'))
  const revisions = indexByOwner(informers.of('controllerrevisions.apps'))
  const claims = informers.of('persistentvolumeclaims')
  const recorder = deps.recorder('statefulset-controller')
  const labels = ['statefulset_namespace', 'statefulset_name', 'pod_management_policy']
  const mostDown = deps.metrics.gauge(
    'statefulset_controller_statefulset_max_unavailable',
    'Pods of a set that may be unavailable while it is rolled over.',
    labels,
  )
  const isDown = deps.metrics.gauge(
    'statefulset_controller_statefulset_unavailable_replicas',
    'Pods of a set that are unavailable.',
    labels,
  )
  const labelsOf = ({ metadata: { namespace, name }, spec }: StatefulSet) => [namespace, name, spec.podManagementPolicy ?? 'OrderedReady']
  const history = createRevisionHistory(client, resource, revisions)
  const claimPods = createClaimer({
    client,
    ownerResource: resource,
    resource: 'pods',
    informer: pods,
    wanted: (pod, set) => ordinalOf(set, pod) >= 0,
  })

  function wake(queue: Queue) {
    const enqueue = (set: StatefulSet | undefined) => set && queue.add(objectKey(set))
    sets.addHandler({
      added: enqueue,
      updated: enqueue,
      deleted(set) {
        for (const gauge of [mostDown, isDown]) gauge.remove(labelsOf(set))
      },
    })
    const wakeOwner = (pod: Pod) => {
      if (controllerOf(pod)) return enqueue(resolveOwner(sets, 'StatefulSet', pod))
      if (isBeingDeleted(pod)) return
      for (const set of sets.list(pod.metadata.namespace))
        if (labelSelectorAsSelector(set.spec.selector).matches(pod.metadata.labels)) enqueue(set)
    }
    pods.addHandler({
      added: wakeOwner,
      updated(pod, before) {
        const [owner, formerly] = [controllerOf(pod), controllerOf(before)]
        if (formerly && formerly.uid !== owner?.uid) enqueue(resolveOwner(sets, 'StatefulSet', before))
        if (owner || formerly || pod.metadata.labels !== before.metadata.labels) wakeOwner(pod)
      },
      deleted: (pod) => enqueue(resolveOwner(sets, 'StatefulSet', pod)),
    })
    return [sets, pods, revisions, claims]
  }

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const set = sets.get(namespace, name)
    if (!set) return undefined
    const owned = (await claimPods(set, labelSelectorAsSelector(set.spec.selector))).filter((pod) => ordinalOf(set, pod) >= 0)
    const all = await history.list(set)
    const { revision: update, collisionCount } = await history.sync(set, all)
    const current = all.find((r) => r.metadata.name === set.status.currentRevision) ?? update
    const status = newStatus(set, current, update, collisionCount)
    let failure: unknown
    try {
      await move(set, current, update, owned, status)
    } catch (error) {
      failure = error
    }
    await writeStatus(set, status)
    if (failure !== undefined) throw failure
    const live = new Set([current.metadata.name, update.metadata.name, ...owned.map((pod) => pod.metadata.labels?.[revisionLabel] ?? '')])
    await history.truncate(set, all, live)
    return nextAvailableMs(owned, set.spec.minReadySeconds ?? 0, clock.now())
  }

  // ---- status

  function newStatus(
    set: StatefulSet,
    current: ControllerRevision,
    update: ControllerRevision,
    collisionCount: number | undefined,
  ): StatefulSetStatus {
    return {
      observedGeneration: set.metadata.generation,
      replicas: 0,
      readyReplicas: 0,
      availableReplicas: 0,
      currentReplicas: 0,
      updatedReplicas: 0,
      currentRevision: current.metadata.name,
      updateRevision: update.metadata.name,
      collisionCount: collisionCount ?? 0,
      ...(set.status.conditions ? { conditions: set.status.conditions } : {}),
    }
  }
  function count(set: StatefulSet, pod: Pod, status: StatefulSetStatus): void {
    const { minReadySeconds = 0 } = set.spec
    if (isCreated(pod)) status.replicas++
    if (isRunningAndReady(pod)) {
      status.readyReplicas = (status.readyReplicas ?? 0) + 1
      if (isPodAvailable(pod, minReadySeconds, clock.now())) status.availableReplicas++
    }
    if (!isCreated(pod) || isBeingDeleted(pod)) return
    const revision = pod.metadata.labels?.[revisionLabel]
    if (revision === status.currentRevision) status.currentReplicas = (status.currentReplicas ?? 0) + 1
    if (revision === status.updateRevision) status.updatedReplicas = (status.updatedReplicas ?? 0) + 1
  }
  async function writeStatus(set: StatefulSet, status: StatefulSetStatus): Promise<void> {
    const complete =
      set.spec.updateStrategy.type === 'RollingUpdate' &&
      status.updatedReplicas === status.replicas &&
      status.readyReplicas === status.replicas &&
      status.replicas === (set.spec.replicas ?? 1)
    if (complete) {
      status.currentReplicas = status.updatedReplicas
      status.currentRevision = status.updateRevision
    }
    const keys = [
      'observedGeneration',
      'replicas',
      'readyReplicas',
      'availableReplicas',
      'currentReplicas',
      'updatedReplicas',
      'collisionCount',
    ] as const
    const same =
      keys.every((key) => (set.status[key] ?? 0) === (status[key] ?? 0)) &&
      set.status.currentRevision === status.currentRevision &&
      set.status.updateRevision === status.updateRevision
    if (!same) await client.updateStatus(resource, { ...set, status })
  }

  // ---- moving towards what is wanted

  async function move(
    set: StatefulSet,
    current: ControllerRevision,
    update: ControllerRevision,
    owned: readonly Pod[],
    status: StatefulSetStatus,
  ): Promise<void> {
    const first = set.spec.ordinals?.start ?? 0
    const last = first + (set.spec.replicas ?? 1) - 1
    const ordered = set.spec.podManagementPolicy !== 'Parallel'
    const byOrdinal = new Map(owned.map((pod) => [ordinalOf(set, pod), pod]))
    const condemned = owned.filter((pod) => ordinalOf(set, pod) > last || ordinalOf(set, pod) < first)
    condemned.sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a))
    for (const pod of owned) count(set, pod, status)
    if (isBeingDeleted(set)) return
    const ordinals = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)

    // Make and repair, the lowest ordinal first.
    let firstUnhealthy: Pod | undefined
    for (const ordinal of ordinals) {
      const pod = byOrdinal.get(ordinal)
      if (pod && (!isRunningAndReady(pod) || isBeingDeleted(pod))) firstUnhealthy ??= pod
    }
    for (const pod of [...condemned].reverse()) if (!isRunningAndReady(pod) || isBeingDeleted(pod)) firstUnhealthy ??= pod

    for (const ordinal of ordinals) {
      let pod = byOrdinal.get(ordinal)
      if (pod && hasFinished(pod) && !isBeingDeleted(pod)) {
        recorder.event(
          referenceTo(resource, set),
          pod.status.phase === 'Failed' ? 'Warning' : 'Normal',
          pod.status.phase === 'Failed' ? 'RecreatingFailedPod' : 'RecreatingTerminatedPod',
          `StatefulSet ${objectKey(set)} is recreating ${pod.status.phase === 'Failed' ? 'failed' : 'terminated'} Pod ${pod.metadata.name}`,
        )
        await deletePod(set, pod)
        // The name is free once the old pod has gone; its event brings us back.
        if (ordered) return
        continue
      }
      if (!pod) {
        await createPod(set, current, update, ordinal)
        if (ordered) return
        continue
      }
      // A pending pod may wait for a claim that is missing.
      if (pod.status.phase === 'Pending' && !isBeingDeleted(pod)) await ensureClaims(set, pod.metadata.name)
      if (isBeingDeleted(pod)) {
        if (ordered) return
        continue
      }
      if (ordered && !isRunningAndReady(pod)) return
      if (ordered && !isPodAvailable(pod, set.spec.minReadySeconds ?? 0, clock.now())) return
      pod = await repairIdentity(set, pod)
    }

    await updateClaimOwners(set, owned)

    // Remove what is too much, the highest ordinal first.
    for (const pod of condemned) {
      if (isBeingDeleted(pod)) {
        if (ordered) return
        continue
      }
      if (ordered && !isRunningAndReady(pod) && pod !== firstUnhealthy) return
      if (ordered && !isPodAvailable(pod, set.spec.minReadySeconds ?? 0, clock.now()) && pod !== firstUnhealthy) return
      await deletePod(set, pod)
      if (ordered) return
    }
    if (set.spec.updateStrategy.type === 'OnDelete') return
    await rollUpdate(set, update, ordinals, byOrdinal)
  }

  /** From the highest ordinal down to the partition; no more at a time than may be unavailable. */
  async function rollUpdate(
    set: StatefulSet,
    update: ControllerRevision,
    ordinals: readonly number[],
    byOrdinal: ReadonlyMap<number, Pod>,
  ): Promise<void> {
    const { partition = 0, maxUnavailable } = set.spec.updateStrategy.rollingUpdate ?? {}
    const most = maxUnavailable === undefined ? 1 : Math.max(1, scaledValue(maxUnavailable, set.spec.replicas ?? 1, true))
    const minReady = set.spec.minReadySeconds ?? 0
    const healthy = (pod: Pod) => isRunningAndReady(pod) && !isBeingDeleted(pod) && isPodAvailable(pod, minReady, clock.now())
    const down = ordinals.filter((o) => {
      const pod = byOrdinal.get(o)
      return !pod || !healthy(pod)
    })
    let unavailable = down.length
    mostDown.set(most, labelsOf(set))
    isDown.set(unavailable, labelsOf(set))
    for (const ordinal of [...ordinals].reverse()) {
      if (ordinal - (set.spec.ordinals?.start ?? 0) < partition) break
      const pod = byOrdinal.get(ordinal)
      if (!pod) continue
      const stale = pod.metadata.labels?.[revisionLabel] !== update.metadata.name
      if (stale && !isBeingDeleted(pod)) {
        // One that serves nobody costs nothing to replace.
        if (healthy(pod)) {
          if (unavailable >= most) return
          unavailable++
        }
        await deletePod(set, pod)
        if (most === 1) return
        continue
      }
      if (!healthy(pod) && most === 1) return
    }
  }

  // ---- one pod

  async function createPod(set: StatefulSet, current: ControllerRevision, update: ControllerRevision, ordinal: number): Promise<void> {
    const name = `${set.metadata.name}-${ordinal}`
    const partition = set.spec.updateStrategy.rollingUpdate?.partition ?? 0
    const rolling = set.spec.updateStrategy.type !== 'OnDelete'
    const start = set.spec.ordinals?.start ?? 0
    const withCurrent =
      rolling &&
      (set.spec.updateStrategy.rollingUpdate === undefined
        ? ordinal < start + (set.status.currentReplicas ?? 0)
        : ordinal < start + partition)
    const revision = withCurrent ? current : update
    try {
      await ensureClaims(set, name)
      await client.create('pods', newPod(applyRevision(set, revision), ordinal, revision.metadata.name))
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      if (isAlreadyExists(error) && pods.get(set.metadata.namespace, name) === undefined) throw error
      podEvent(set, 'create', name, error)
      throw error
    }
    podEvent(set, 'create', name)
  }
  function newPod(set: StatefulSet, ordinal: number, revision: string): Draft<Pod> {
    const name = `${set.metadata.name}-${ordinal}`
    const draft = podFromTemplate(set.spec.template, set.metadata.namespace, ownerReference(resource, set), { name }) as Pod
    const templates = set.spec.volumeClaimTemplates ?? []
    const own = new Set(templates.map((t) => t.metadata.name))
    const volumes = [
      ...templates.map((t) => ({ name: t.metadata.name, persistentVolumeClaim: { claimName: claimName(t, name), readOnly: false } })),
      ...(draft.spec.volumes ?? []).filter((v) => !own.has(v.name)),
    ]
    const labels = { ...draft.metadata.labels, [podNameLabel]: name, [podIndexLabel]: String(ordinal), [revisionLabel]: revision }
    return {
      ...draft,
      metadata: { ...draft.metadata, labels },
      spec: {
        ...draft.spec,
        hostname: name,
        ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
        ...(volumes.length ? { volumes } : {}),
      },
    }
  }
  /** An adopted pod gets the labels that a pod of this set has. */
  async function repairIdentity(set: StatefulSet, pod: Pod): Promise<Pod> {
    const wanted = { [podNameLabel]: pod.metadata.name, [podIndexLabel]: String(ordinalOf(set, pod)) }
    if (Object.entries(wanted).every(([k, v]) => pod.metadata.labels?.[k] === v)) return pod
    return client.patch(
      'pods',
      { namespace: pod.metadata.namespace, name: pod.metadata.name },
      { metadata: { uid: pod.metadata.uid, labels: wanted } },
    )
  }
  async function deletePod(set: StatefulSet, pod: Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata
    try {
      await client.delete('pods', { namespace, name }, { preconditions: { uid } })
    } catch (error) {
      if (isNotFound(error)) return
      podEvent(set, 'delete', name, error)
      throw error
    }
    podEvent(set, 'delete', name)
  }
  function podEvent(set: StatefulSet, verb: 'create' | 'delete', pod: string, error?: unknown): void {
    const reason = `${error ? 'Failed' : 'Successful'}${verb === 'create' ? 'Create' : 'Delete'}`
    const text = error
      ? `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${(error as Error).message}`
      : `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} successful`
    recorder.event(referenceTo(resource, set), error ? 'Warning' : 'Normal', reason, text)
  }

  // ---- claims

  async function ensureClaims(set: StatefulSet, podName: string): Promise<void> {
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      const { namespace } = set.metadata
      const name = claimName(template, podName)
      const have = claims.get(namespace, name)
      if (have) {
        if (isBeingDeleted(have)) throw new Error(`pvc ${name} is being deleted`)
        continue
      }
      const labels = { ...template.metadata.labels, ...set.spec.selector.matchLabels }
      const { metadata, spec } = template
      const owners = policyOf(set, 'whenDeleted') === 'Delete' ? { ownerReferences: [claimOwner(set)] } : {}
      try {
        await client.create('persistentvolumeclaims', {
          metadata: { name, namespace, labels, ...(metadata.annotations ? { annotations: metadata.annotations } : {}), ...owners },
          spec,
        })
        recorder.event(
          referenceTo(resource, set),
          'Normal',
          'SuccessfulCreate',
          `create Claim ${name} Pod ${podName} in StatefulSet ${set.metadata.name} success`,
        )
      } catch (error) {
        if (isAlreadyExists(error)) continue
        recorder.event(
          referenceTo(resource, set),
          'Warning',
          'FailedCreate',
          `create Claim ${name} for Pod ${podName} in StatefulSet ${set.metadata.name} failed error: ${(error as Error).message}`,
        )
        throw error
      }
    }
  }
  const policyOf = (set: StatefulSet, when: 'whenDeleted' | 'whenScaled') =>
    set.spec.persistentVolumeClaimRetentionPolicy?.[when] ?? 'Retain'
  const claimOwner = (set: StatefulSet): OwnerReference => ownerReference(resource, set)

  /**
   * A claim goes with its set (whenDeleted) or with its pod once that is condemned (whenScaled): the garbage collector
   * deletes it, all that is done here is to say who owns it.
   */
  async function updateClaimOwners(set: StatefulSet, owned: readonly Pod[]): Promise<void> {
    const templates = set.spec.volumeClaimTemplates ?? []
    if (templates.length === 0 || !set.spec.persistentVolumeClaimRetentionPolicy) return
    const first = set.spec.ordinals?.start ?? 0
    const last = first + (set.spec.replicas ?? 1) - 1
    for (const pod of owned) {
      const ordinal = ordinalOf(set, pod)
      const condemned = ordinal > last || ordinal < first
      for (const template of templates) {
        const claim = claims.get(set.metadata.namespace, claimName(template, pod.metadata.name))
        if (!claim || isBeingDeleted(claim)) continue
        await setClaimOwners(set, pod, claim, condemned)
      }
    }
  }
  async function setClaimOwners(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim, condemned: boolean): Promise<void> {
    const deletedWithSet = policyOf(set, 'whenDeleted') === 'Delete'
    const deletedWithPod = policyOf(set, 'whenScaled') === 'Delete' && condemned
    const others = (claim.metadata.ownerReferences ?? []).filter((o) => o.uid !== set.metadata.uid && o.uid !== pod.metadata.uid)
    const podOwner: OwnerReference = {
      apiVersion: 'v1',
      kind: 'Pod',
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    }
    const next = [...others, ...(deletedWithPod ? [podOwner] : deletedWithSet ? [claimOwner(set)] : [])]
    if (semanticEqual(claim.metadata.ownerReferences, next)) return
    await client.update('persistentvolumeclaims', { ...claim, metadata: { ...claim.metadata, ownerReferences: next } })
  }

  return { name: 'statefulset-controller', workers: deps.options.concurrent.statefulset, wake, reconcile }
}
