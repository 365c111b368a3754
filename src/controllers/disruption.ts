/** Keeps the figures of PodDisruptionBudgets, which evictions are judged by (pkg/controller/disruption). */
import { groupResource, isNotFound } from '../api/errors.ts'
import { scaledValue } from '../api/int-or-string.ts'
import { labelSelectorAsSelector, selectorText } from '../api/labels.ts'
import { controllerOf, formatTime, objectKey, splitKey } from '../api/meta.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { Condition, OwnerReference } from '../api/types/meta-v1.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../api/types/policy-v1.ts'
import { referenceTo } from '../client/events.ts'
import { apiResources, refOf } from './api-resources.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import { semanticEqual } from './equal.ts'
import { isPodFinished, isPodReady, podCondition } from './pods.ts'

const resource = 'poddisruptionbudgets.policy'
/** An eviction that was allowed and has not become a deletion in this time is forgotten. */
const disruptionTimeoutMs = 2 * 60_000
/** A pod marked as a disruption's target that is not deleted in this time was none after all. */
const staleTargetMs = 2 * 60_000

export function createDisruptionController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps
  const budgets = informers.of(resource)
  const pods = informers.of('pods')
  const sets = informers.of('replicasets.apps')
  const controllers = informers.of('replicationcontrollers')
  const stateful = informers.of('statefulsets.apps')
  const deployments = informers.of('deployments.apps')
  const api = apiResources(deps)
  const recorder = deps.recorder('controllermanager')
  const selectorOf = (pdb: PodDisruptionBudget) => labelSelectorAsSelector(pdb.spec.selector)

  function wake(queue: Queue) {
    const enqueue = (pdb: PodDisruptionBudget) => queue.add(objectKey(pdb))
    budgets.addHandler({ added: enqueue, updated: enqueue })
    const wakeFor = (pod: Pod) => {
      for (const pdb of budgets.list(pod.metadata.namespace)) if (selectorOf(pdb).matches(pod.metadata.labels)) enqueue(pdb)
      if (podCondition(pod, 'DisruptionTarget')?.status === 'True' && !pod.metadata.deletionTimestamp) queue.add(`stale/${objectKey(pod)}`)
    }
    pods.addHandler({
      added: wakeFor,
      updated(pod, before) {
        if (!countsOtherwise(pod, before)) return
        wakeFor(before)
        wakeFor(pod)
      },
      deleted: wakeFor,
    })
    // How many pods are expected is what their controllers' scale says.
    const scaled = {
      updated: (now: { spec: { replicas?: number }; metadata: { namespace: string } }, before: { spec: { replicas?: number } }) => {
        if (now.spec.replicas !== before.spec.replicas) for (const pdb of budgets.list(now.metadata.namespace)) enqueue(pdb)
      },
    }
    sets.addHandler(scaled)
    controllers.addHandler(scaled)
    stateful.addHandler(scaled)
    deployments.addHandler(scaled)
    return [budgets, pods, sets, controllers, stateful, deployments]
  }

  async function reconcile(key: string): Promise<number | undefined> {
    if (key.startsWith('stale/')) return clearStaleTarget(key.slice('stale/'.length))
    const { namespace, name } = splitKey(key)
    const pdb = budgets.get(namespace, name)
    if (!pdb) return undefined
    const selector = selectorOf(pdb)
    const selected = pods.list(namespace).filter((pod) => selector.matches(pod.metadata.labels))
    if (selected.length === 0) recorder.event(referenceTo(resource, pdb), 'Normal', 'NoPods', 'No matching pods found')
    let counts: { expected: number; desired: number }
    try {
      counts = await expectedCounts(pdb, selected)
    } catch (error) {
      const message = (error as Error).message
      recorder.event(
        referenceTo(resource, pdb),
        'Warning',
        'CalculateExpectedPodCountFailed',
        `Failed to calculate the number of expected pods: ${message}`,
      )
      await write(
        pdb,
        { ...pdb.status, disruptionsAllowed: 0, observedGeneration: pdb.metadata.generation },
        condition(pdb, 'False', 'SyncFailed', message),
      )
      throw error
    }
    const now = clock.now()
    const disrupted: Record<string, string> = {}
    let recheck: number | undefined
    const byName = new Map(selected.map((pod) => [pod.metadata.name, pod]))
    for (const [pod, at] of Object.entries(pdb.status.disruptedPods ?? {})) {
      const there = byName.get(pod)
      if (!there || there.metadata.deletionTimestamp) continue
      const until = Date.parse(at) + disruptionTimeoutMs
      if (until <= now) {
        recorder.event(
          referenceTo('pods', there),
          'Warning',
          'NotDeleted',
          `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`,
        )
        continue
      }
      disrupted[pod] = at
      recheck = Math.min(recheck ?? Infinity, until - now)
    }
    const healthy = selected.filter((pod) => !pod.metadata.deletionTimestamp && !(pod.metadata.name in disrupted) && isPodReady(pod)).length
    const allowed = counts.expected <= 0 ? 0 : Math.max(0, healthy - counts.desired)
    const sufficient = allowed > 0
    await write(
      pdb,
      {
        currentHealthy: healthy,
        desiredHealthy: counts.desired,
        expectedPods: counts.expected,
        disruptionsAllowed: allowed,
        ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
        observedGeneration: pdb.metadata.generation,
      },
      condition(pdb, sufficient ? 'True' : 'False', sufficient ? 'SufficientPods' : 'InsufficientPods', ''),
    )
    return recheck
  }

  async function expectedCounts(pdb: PodDisruptionBudget, selected: readonly Pod[]): Promise<{ expected: number; desired: number }> {
    const { maxUnavailable, minAvailable } = pdb.spec
    if (maxUnavailable !== undefined) {
      const expected = await expectedScale(pdb, selected)
      return { expected, desired: Math.max(0, expected - scaledValue(maxUnavailable, expected, true)) }
    }
    if (minAvailable === undefined) return { expected: selected.length, desired: 0 }
    if (typeof minAvailable === 'number') return { expected: selected.length, desired: minAvailable }
    const expected = await expectedScale(pdb, selected)
    return { expected, desired: scaledValue(minAvailable, expected, true) }
  }

  /** The sum of what the pods' controllers are scaled to, each counted once. */
  async function expectedScale(pdb: PodDisruptionBudget, selected: readonly Pod[]): Promise<number> {
    const scales = new Map<string, number>()
    if (selected.some((pod) => !controllerOf(pod)))
      recorder.event(
        referenceTo(resource, pdb),
        'Warning',
        'UnmanagedPods',
        `Pods selected by this PodDisruptionBudget (selector: ${selectorText(pdb.spec.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`,
      )
    for (const pod of selected) {
      if (isPodFinished(pod)) continue
      const owner = controllerOf(pod)
      if (!owner) continue // nobody replaces it: it counts for nothing, as upstream does since 1.22
      if (scales.has(owner.uid)) continue
      const { namespace } = pod.metadata
      const set = owner.kind === 'ReplicaSet' ? sets.get(namespace, owner.name) : undefined
      const parent = set && controllerOf(set)
      const deployment = parent?.kind === 'Deployment' ? deployments.get(namespace, parent.name) : undefined
      if (deployment?.metadata.uid !== undefined && deployment.metadata.uid === parent?.uid) {
        scales.set(deployment.metadata.uid, deployment.spec.replicas ?? 1)
        scales.set(owner.uid, 0)
      } else if (set?.metadata.uid === owner.uid && set) scales.set(owner.uid, set.spec.replicas ?? 1)
      else if (owner.kind === 'StatefulSet') scales.set(owner.uid, stateful.get(namespace, owner.name)?.spec.replicas ?? 0)
      else if (owner.kind === 'ReplicationController') scales.set(owner.uid, controllers.get(namespace, owner.name)?.spec.replicas ?? 0)
      else scales.set(owner.uid, await scaleOf(owner, pod))
    }
    return [...scales.values()].reduce((a, b) => a + b, 0)
  }
  /** Any other controller is asked by its scale subresource. */
  async function scaleOf(owner: OwnerReference, { metadata: { namespace, name } }: Pod): Promise<number> {
    await api.current()
    const found = api.ofKind(owner.apiVersion, owner.kind)
    if (!found) throw new Error(`found no controllers for pod ${JSON.stringify(name)}`)
    try {
      const scale = (await client.get(refOf(found), { namespace, name: owner.name }, { subresource: 'scale' })) as {
        spec?: { replicas?: number }
      }
      return scale.spec?.replicas ?? 0
    } catch (error) {
      if (!isNotFound(error)) throw error
      throw new Error(`${groupResource(found)} does not implement the scale subresource`, { cause: error })
    }
  }

  function condition(pdb: PodDisruptionBudget, status: string, reason: string, message: string): Condition {
    const have = pdb.status.conditions?.find((c) => c.type === 'DisruptionAllowed')
    const lastTransitionTime = have?.status === status ? have.lastTransitionTime : formatTime(clock.now())
    return { type: 'DisruptionAllowed', status, reason, message, observedGeneration: pdb.metadata.generation, lastTransitionTime }
  }
  async function write(pdb: PodDisruptionBudget, figures: PodDisruptionBudgetStatus, condition: Condition): Promise<void> {
    const status = { ...figures, conditions: [...(pdb.status.conditions ?? []).filter((c) => c.type !== condition.type), condition] }
    if (!semanticEqual(pdb.status, status)) await client.updateStatus(resource, { ...pdb, status })
  }

  async function clearStaleTarget(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const pod = pods.get(namespace, name)
    const target = pod && podCondition(pod, 'DisruptionTarget')
    if (!pod || pod.metadata.deletionTimestamp || target?.status !== 'True' || isPodFinished(pod)) return undefined
    const left = Date.parse(target.lastTransitionTime ?? '') + staleTargetMs - clock.now()
    if (left > 0) return left
    const cleared = { type: 'DisruptionTarget', status: 'False', lastTransitionTime: formatTime(clock.now()) }
    await client.patch(
      'pods',
      { namespace, name },
      { metadata: { uid: pod.metadata.uid }, status: { conditions: [cleared] } },
      { subresource: 'status' },
    )
    return undefined
  }

  return { name: 'disruption-controller', workers: deps.options.concurrent.disruption, wake, reconcile }
}

/** What of a pod a budget counts, or asks about it. */
function countsOtherwise(pod: Pod, before: Pod): boolean {
  return (
    isPodReady(pod) !== isPodReady(before) ||
    isPodFinished(pod) !== isPodFinished(before) ||
    pod.metadata.deletionTimestamp !== before.metadata.deletionTimestamp ||
    podCondition(pod, 'DisruptionTarget')?.status !== podCondition(before, 'DisruptionTarget')?.status ||
    controllerOf(pod)?.uid !== controllerOf(before)?.uid ||
    !semanticEqual(pod.metadata.labels, before.metadata.labels)
  )
}
