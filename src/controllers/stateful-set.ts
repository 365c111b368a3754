/**
 * Keeps pods with a name and claims of their own (pkg/controller/statefulset): made and removed in order or in parallel,
 * updated from the highest ordinal down to the partition, their claims kept or deleted as the set says.
 */
import { isAlreadyExists, isConflict, isNotFound } from '../api/errors.ts'
import { scaledValue } from '../api/int-or-string.ts'
import { labelSelectorAsSelector } from '../api/labels.ts'
import { controllerOf, isBeingDeleted, objectKey, splitKey } from '../api/meta.ts'
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '../api/types/apps-v1.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { OwnerReference } from '../api/types/meta-v1.ts'
import type { Draft } from '../client/client.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { applyRevision, createRevisionHistory } from './controller-revisions.ts'
import { semanticEqual } from './equal.ts'
import { createClaimer, indexByOwner, ownerReference, resolveOwner } from './ownership.ts'
import { isNamespaceTerminating, isPodAvailable, isPodFinished, isPodReady, nextAvailableMs, podFromTemplate, slowStart } from './pods.ts'

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
const podName = (set: StatefulSet, ordinal: number) => `${set.metadata.name}-${ordinal}`
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
        if (owner || formerly || !semanticEqual(pod.metadata.labels, before.metadata.labels)) wakeOwner(pod)
      },
      deleted: (pod) => enqueue(resolveOwner(sets, 'StatefulSet', pod)),
    })
    // A pod may wait for the claim of the one that had its name before.
    claims.addHandler({
      deleted({ metadata: { namespace, labels } }) {
        for (const set of sets.list(namespace)) if (labelSelectorAsSelector(set.spec.selector).matches(labels)) enqueue(set)
      },
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

  /** Serves, has for as long as it must, and is not on its way out. */
  const isAvailable = ({ spec: { minReadySeconds = 0 } }: StatefulSet, pod: Pod) =>
    isRunningAndReady(pod) && !isBeingDeleted(pod) && isPodAvailable(pod, minReadySeconds, clock.now())

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

    const isUnavailable = (pod: Pod) => !isAvailable(set, pod)
    const present = ordinals.map((ordinal) => byOrdinal.get(ordinal)).filter((pod) => pod !== undefined)
    const firstUnavailable = present.find(isUnavailable) ?? condemned.findLast(isUnavailable)

    /** Does something for each: in order, until one answers that the next have to wait for it; in parallel, for all. */
    async function forEach<T>(items: readonly T[], step: (item: T) => Promise<boolean>): Promise<boolean> {
      if (ordered) {
        for (const item of items) if (await step(item)) return true
        return false
      }
      const { error } = await slowStart(items.length, (i) => step(items[i] as T))
      if (error !== undefined) throw error
      return false
    }

    // Make and repair, the lowest ordinal first.
    const waits = await forEach(ordinals, async (ordinal) => {
      const pod = byOrdinal.get(ordinal)
      if (!pod) {
        // A claim that still goes with the pod that had this name is waited for: its end brings us back.
        if (!hasStaleClaim(set, podName(set, ordinal))) await createPod(set, current, update, ordinal)
        return true
      }
      if (isPodFinished(pod)) {
        // The name is free once the old pod has gone; its event brings us back.
        if (!isBeingDeleted(pod)) await deletePod(set, pod)
        return true
      }
      if (isBeingDeleted(pod)) return true
      // A pending pod may wait for a claim that is missing.
      if (pod.status.phase === 'Pending') await ensureClaims(set, pod.metadata.name)
      if (ordered && isUnavailable(pod)) return true
      await repairIdentity(set, pod)
      await setClaimOwners(set, pod, false)
      return false
    })
    if (waits) return
    if (await forEach(condemned, async (pod) => setClaimOwners(set, pod, true))) return

    // Remove what is too much, the highest ordinal first.
    const stops = await forEach(condemned, async (pod) => {
      if (isBeingDeleted(pod)) return true
      if (ordered && isUnavailable(pod) && pod !== firstUnavailable) return true
      await deletePod(set, pod)
      return true
    })
    if (stops || set.spec.updateStrategy.type === 'OnDelete') return
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
    // A share is rounded down, and nothing would never be updated.
    const most = Math.max(1, scaledValue(maxUnavailable ?? 1, set.spec.replicas ?? 1, false))
    const healthy = (pod: Pod) => isAvailable(set, pod)
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
    const name = podName(set, ordinal)
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
      // Ours, made a moment ago, or somebody else's, who may let go of the name.
      if (!isAlreadyExists(error)) podEvent(set, 'create', name, error)
      throw error
    }
    podEvent(set, 'create', name)
  }
  function newPod(set: StatefulSet, ordinal: number, revision: string): Draft<Pod> {
    const name = podName(set, ordinal)
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
  async function repairIdentity(set: StatefulSet, pod: Pod): Promise<void> {
    const wanted = { [podNameLabel]: pod.metadata.name, [podIndexLabel]: String(ordinalOf(set, pod)) }
    if (Object.entries(wanted).every(([k, v]) => pod.metadata.labels?.[k] === v)) return
    await client.patch(
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
      // Gone, or another by now.
      if (isNotFound(error) || isConflict(error)) return
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
      const owners = policyOf(set, 'whenDeleted') === 'Delete' ? { ownerReferences: [ownerReference(resource, set)] } : {}
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

  /** Whether a claim is to go with a former pod of this name: whatever is written to it now would be lost with it. */
  function hasStaleClaim(set: StatefulSet, pod: string): boolean {
    if (policyOf(set, 'whenScaled') === 'Retain') return false
    return (set.spec.volumeClaimTemplates ?? []).some((template) =>
      claims
        .get(set.metadata.namespace, claimName(template, pod))
        ?.metadata.ownerReferences?.some((o) => o.kind === 'Pod' && o.name === pod),
    )
  }

  /**
   * A claim goes with its set (whenDeleted) or with its pod once that is condemned (whenScaled): the garbage collector
   * deletes it, all that is done here is to say who owns it. Nothing waits for it.
   */
  async function setClaimOwners(set: StatefulSet, pod: Pod, condemned: boolean): Promise<false> {
    if (!set.spec.persistentVolumeClaimRetentionPolicy) return false
    const deletedWithSet = policyOf(set, 'whenDeleted') === 'Delete'
    const deletedWithPod = policyOf(set, 'whenScaled') === 'Delete' && condemned
    const { name, uid } = pod.metadata
    const owner: OwnerReference | undefined = deletedWithPod
      ? { apiVersion: 'v1', kind: 'Pod', name, uid, controller: true, blockOwnerDeletion: true }
      : deletedWithSet
        ? ownerReference(resource, set)
        : undefined
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      const claim = claims.get(set.metadata.namespace, claimName(template, name))
      if (!claim || isBeingDeleted(claim)) continue
      const others = (claim.metadata.ownerReferences ?? []).filter((o) => o.uid !== set.metadata.uid && o.uid !== uid)
      const ownerReferences = owner ? [...others, owner] : others
      if (semanticEqual(claim.metadata.ownerReferences, ownerReferences)) continue
      await client.update('persistentvolumeclaims', { ...claim, metadata: { ...claim.metadata, ownerReferences } })
    }
    return false
  }

  return { name: 'statefulset-controller', workers: deps.options.concurrent.statefulset, wake, reconcile }
}
