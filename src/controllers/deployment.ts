/**
 * Rolls a Deployment's pods from one template to the next by scaling its ReplicaSets (pkg/controller/deployment). What
 * the controller knows stands in the ReplicaSets' annotations and in the Deployment's conditions, so that it may be
 * restarted at any moment.
 */
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { labelSelectorAsSelector } from '../api/labels.ts'
import { controllerOf, isBeingDeleted, isControlledBy, objectKey, splitKey } from '../api/meta.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../api/types/apps-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps, Queue } from './controller.ts'
import {
  annotation,
  byCreation,
  bySizeNewer,
  bySizeOlder,
  findNewReplicaSet,
  isActive,
  maxSurge,
  maxUnavailable,
  newReplicaSetAnnotations,
  newSetReplicas,
  proportionOf,
  replicasAnnotations,
  replicasOf,
  revisionOf,
  sumReplicas,
  templateHash,
  templateHashLabel,
} from './deployment-replica-sets.ts'
import {
  calculateStatus,
  conditionOf,
  hasDeadline,
  isComplete,
  newCondition,
  rolloutStatus,
  sameStatus,
  untilDeadline,
  withCondition,
} from './deployment-status.ts'
import { semanticEqual } from './equal.ts'
import { createClaimer, indexByOwner, ownerIndex, ownerReference, resolveOwner } from './ownership.ts'
import { isNamespaceTerminating, isPodFinished } from './pods.ts'

const resource = 'deployments.apps'

export function createDeploymentController(deps: ControllerDeps): Controller {
  const { client, clock, informers } = deps
  const deployments = informers.of(resource)
  const replicaSets = indexByOwner(informers.of('replicasets.apps'))
  const pods = indexByOwner(informers.of('pods'))
  const recorder = deps.recorder('deployment-controller')
  const claim = createClaimer({ client, ownerResource: resource, resource: 'replicasets.apps', informer: replicaSets })

  function wake(queue: Queue) {
    const enqueue = (d: Deployment | undefined) => d && queue.add(objectKey(d))
    const wakeForOrphan = (rs: ReplicaSet) => {
      for (const d of deployments.list(rs.metadata.namespace))
        if (labelSelectorAsSelector(d.spec.selector).matches(rs.metadata.labels)) enqueue(d)
    }
    deployments.addHandler({ added: enqueue, updated: enqueue, deleted: enqueue })
    replicaSets.addHandler({
      added(rs) {
        if (controllerOf(rs)) enqueue(resolveOwner(deployments, 'Deployment', rs))
        else if (!isBeingDeleted(rs)) wakeForOrphan(rs)
      },
      updated(rs, before) {
        const [owner, formerly] = [controllerOf(rs), controllerOf(before)]
        if (formerly && formerly.uid !== owner?.uid) enqueue(resolveOwner(deployments, 'Deployment', before))
        if (owner) enqueue(resolveOwner(deployments, 'Deployment', rs))
        else if (formerly || !semanticEqual(rs.metadata.labels, before.metadata.labels)) wakeForOrphan(rs)
      },
      deleted: (rs) => enqueue(resolveOwner(deployments, 'Deployment', rs)),
    })
    // A Recreate rollout goes on when the last old pod is gone.
    pods.addHandler({
      deleted(pod) {
        const set = resolveOwner(replicaSets, 'ReplicaSet', pod)
        const d = set && resolveOwner(deployments, 'Deployment', set)
        if (d?.spec.strategy.type === 'Recreate' && podsOf(d).length === 0) enqueue(d)
      },
    })
    return [deployments, replicaSets, pods]
  }

  const podsOf = (d: Deployment) =>
    replicaSets.byIndex(ownerIndex, d.metadata.uid).flatMap((rs) => pods.byIndex(ownerIndex, rs.metadata.uid))

  async function reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key)
    const d = deployments.get(namespace, name)
    if (!d) return undefined
    const selector = labelSelectorAsSelector(d.spec.selector)
    if (selector.everything) {
      recorder.event(
        referenceTo(resource, d),
        'Warning',
        'SelectingAll',
        'This deployment is selecting all pods. A non-empty selector is required.',
      )
      if ((d.status.observedGeneration ?? 0) < (d.metadata.generation ?? 0))
        await client.updateStatus(resource, { ...d, status: { ...d.status, observedGeneration: d.metadata.generation } })
      return undefined
    }
    const sets = await claim(d, selector)
    const sync = createSync(d, sets)
    if (isBeingDeleted(d)) return sync.statusOnly()
    await sync.checkPaused()
    if (d.spec.paused) return sync.scaleOnly()
    if (sync.isScalingEvent()) return sync.scaleOnly()
    return d.spec.strategy.type === 'Recreate' ? sync.recreate() : sync.rolling()
  }

  /** One look at one deployment and its sets. `d` and `sets` follow the writes made on the way. */
  function createSync(found: Deployment, claimed: readonly ReplicaSet[]) {
    let d = found
    let sets = [...claimed]
    const replace = (rs: ReplicaSet) => {
      sets = sets.map((s) => (s.metadata.uid === rs.metadata.uid ? rs : s))
      return rs
    }
    const newSet = () => findNewReplicaSet(d, sets)
    const oldSets = () => {
      const current = newSet()
      return sets.filter((rs) => rs.metadata.uid !== current?.metadata.uid)
    }

    // ---- the newest set, and revisions

    /** Brings revision annotations up to date, and makes the new set when there is none and `create` is true. */
    async function newSetAndRevision(create: boolean): Promise<ReplicaSet | undefined> {
      const revision = Math.max(0, ...oldSets().map(revisionOf)) + 1
      const existing = newSet()
      if (existing) {
        const annotations = newReplicaSetAnnotations(d, existing, revision)
        const minReady = existing.spec.minReadySeconds ?? 0
        if (annotations || minReady !== (d.spec.minReadySeconds ?? 0))
          return replace(
            await client.update('replicasets.apps', {
              ...existing,
              metadata: { ...existing.metadata, annotations: annotations ?? existing.metadata.annotations },
              spec: { ...existing.spec, minReadySeconds: d.spec.minReadySeconds ?? 0 },
            }),
          )
        const found = progressing('True', 'FoundNewReplicaSet', `Found new replica set ${quoted(existing)}`)
        await writeRevision(
          existing.metadata.annotations?.[annotation.revision] ?? '',
          conditionOf(d.status, 'Progressing') ? undefined : found,
        )
        return existing
      }
      if (!create) return undefined
      const hash = templateHash(d.spec.template, d.status.collisionCount)
      const labels = { ...d.spec.template.metadata?.labels, [templateHashLabel]: hash }
      const base: ReplicaSet = {
        metadata: {
          name: `${d.metadata.name}-${hash}`,
          namespace: d.metadata.namespace,
          ownerReferences: [ownerReference(resource, d)],
          labels,
        } as unknown as ReplicaSet['metadata'],
        spec: {
          replicas: 0,
          minReadySeconds: d.spec.minReadySeconds ?? 0,
          selector: { ...d.spec.selector, matchLabels: { ...d.spec.selector.matchLabels, [templateHashLabel]: hash } },
          template: { ...d.spec.template, metadata: { ...d.spec.template.metadata, labels } },
        },
        status: { replicas: 0 },
      }
      const replicas = newSetReplicas(d, [...sets, base], base)
      const draft: ReplicaSet = { ...base, spec: { ...base.spec, replicas } }
      draft.metadata = {
        ...draft.metadata,
        annotations: { ...(newReplicaSetAnnotations(d, draft, revision) ?? {}), ...replicasAnnotations(d) },
      }
      const { set, made } = await createNewSet(draft)
      sets.push(set)
      if (made && replicas > 0) scaledEvent(set, 0, replicas)
      await writeRevision(
        String(revision),
        made ? progressing('True', 'NewReplicaSetCreated', `Created new replica set ${quoted(set)}`) : undefined,
      )
      return set
    }

    async function createNewSet(draft: ReplicaSet): Promise<{ set: ReplicaSet; made: boolean }> {
      try {
        return { set: await client.create('replicasets.apps', draft), made: true }
      } catch (error) {
        if (isAlreadyExists(error)) {
          const key = { namespace: d.metadata.namespace, name: draft.metadata.name }
          const there = await client.get('replicasets.apps', key)
          // Ours, made a moment ago and not yet in the cache: no collision.
          if (isControlledBy(there, d) && semanticEqual(there.spec.template, draft.spec.template)) return { set: there, made: false }
          await client.updateStatus(resource, { ...d, status: { ...d.status, collisionCount: (d.status.collisionCount ?? 0) + 1 } })
          throw error
        }
        if (isNamespaceTerminating(error)) throw error
        const message = `Failed to create new replica set "${draft.metadata.name}": ${(error as Error).message}`
        if (hasDeadline(d)) await writeConditions([progressing('False', 'ReplicaSetCreateError', message)])
        recorder.event(referenceTo(resource, d), 'Warning', 'ReplicaSetCreateError', message)
        throw error
      }
    }

    /** The revision that the deployment is at, and how its newest set came about: one write, for a status may change annotations, too. */
    async function writeRevision(revision: string, condition: DeploymentCondition | undefined): Promise<void> {
      const { annotations } = d.metadata
      const before = d.status.conditions ?? []
      const conditions = condition && hasDeadline(d) ? withCondition(before, condition) : before
      if (annotations?.[annotation.revision] === revision && conditions === before) return
      d = await client.updateStatus(resource, {
        ...d,
        metadata: { ...d.metadata, annotations: { ...annotations, [annotation.revision]: revision } },
        status: { ...d.status, conditions },
      })
    }

    // ---- conditions and status

    const progressing = (status: string, reason: string, message: string) =>
      newCondition('Progressing', status, reason, message, clock.now())
    async function writeConditions(changes: readonly DeploymentCondition[]): Promise<void> {
      const before = d.status.conditions ?? []
      const conditions = changes.reduce(withCondition, before)
      if (conditions !== before) d = await client.updateStatus(resource, { ...d, status: { ...d.status, conditions } })
    }

    /** Writes the status of a rollout under way; the delay until its deadline, if it has one ahead. */
    async function writeRollout(): Promise<number | undefined> {
      const status = rolloutStatus(d, sets, newSet(), clock.now())
      const wait = untilDeadline(d, status, clock.now())
      await writeStatus(status)
      return wait
    }
    async function writeStatus(status: DeploymentStatus): Promise<void> {
      if (sameStatus(d.status, status)) return
      d = await client.updateStatus(resource, { ...d, status })
    }
    async function statusOnly(): Promise<undefined> {
      await newSetAndRevision(false)
      await writeStatus(calculateStatus(d, sets, newSet(), clock.now()))
    }

    async function checkPaused(): Promise<void> {
      if (!hasDeadline(d)) return
      const condition = conditionOf(d.status, 'Progressing')
      if (condition?.reason === 'ProgressDeadlineExceeded') return
      const paused = condition?.reason === 'DeploymentPaused'
      if (d.spec.paused && !paused) await writeConditions([progressing('Unknown', 'DeploymentPaused', 'Deployment is paused')])
      else if (!d.spec.paused && paused) await writeConditions([progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed')])
    }

    // ---- scaling

    function scaledEvent(rs: ReplicaSet, from: number, to: number): void {
      const way = from < to ? 'up' : 'down'
      recorder.event(
        referenceTo(resource, d),
        'Normal',
        'ScalingReplicaSet',
        `Scaled ${way} replica set ${rs.metadata.name} from ${from} to ${to}`,
      )
    }
    /** Gives a set its size and writes down what the deployment wanted then. */
    async function scale(rs: ReplicaSet, replicas: number): Promise<boolean> {
      const from = rs.spec.replicas ?? 0
      const wanted = replicasAnnotations(d)
      const annotated = Object.entries(wanted).every(([k, v]) => rs.metadata.annotations?.[k] === v)
      if (from === replicas && annotated) return false
      const annotations = { ...rs.metadata.annotations, ...wanted }
      replace(await client.update('replicasets.apps', { ...rs, metadata: { ...rs.metadata, annotations }, spec: { ...rs.spec, replicas } }))
      if (from !== replicas) scaledEvent(rs, from, replicas)
      return from !== replicas
    }

    function isScalingEvent(): boolean {
      return sets.filter(isActive).some((rs) => {
        const desired = rs.metadata.annotations?.[annotation.desired]
        return desired !== undefined && Number(desired) !== replicasOf(d)
      })
    }

    async function scaleOnly(): Promise<number | undefined> {
      await newSetAndRevision(false)
      await scaleProportionally()
      if (d.spec.paused) await cleanUp()
      await writeStatus(calculateStatus(d, sets, newSet(), clock.now()))
      return undefined
    }

    /** Outside of a rollout the one active set has the size; within one, all grow and shrink in proportion. */
    async function scaleProportionally(): Promise<void> {
      const current = newSet()
      const old = oldSets()
      const active = sets.filter(isActive)
      const only = active.length === 0 ? (current ?? [...sets].sort(byCreation).at(-1)) : active.length === 1 ? active[0] : undefined
      if (only) {
        if ((only.spec.replicas ?? 0) !== replicasOf(d) || isScalingEvent()) await scale(only, replicasOf(d))
        return
      }
      const saturated =
        current !== undefined &&
        current.spec.replicas === replicasOf(d) &&
        Number(current.metadata.annotations?.[annotation.desired]) === replicasOf(d) &&
        current.status.availableReplicas === replicasOf(d)
      if (saturated) {
        for (const rs of old.filter(isActive)) await scale(rs, 0)
        return
      }
      if (d.spec.strategy.type === 'Recreate') return
      const total = sumReplicas(active)
      const allowed = replicasOf(d) > 0 ? replicasOf(d) + maxSurge(d) : 0
      const toAdd = allowed - total
      const ordered = [...active].sort(toAdd < 0 ? bySizeOlder : bySizeNewer)
      let added = 0
      const sizes = ordered.map((rs) => {
        const share = toAdd === 0 ? 0 : proportionOf(rs, d, toAdd, added)
        added += share
        return (rs.spec.replicas ?? 0) + share
      })
      // What rounding left over goes to the largest set.
      if (toAdd !== 0) sizes[0] = Math.max(0, (sizes[0] as number) + toAdd - added)
      for (const [i, rs] of ordered.entries()) await scale(rs, sizes[i] as number)
    }

    // ---- rollouts

    async function rolling(): Promise<number | undefined> {
      const current = (await newSetAndRevision(true)) as ReplicaSet
      const wanted = newSetReplicas(d, sets, current)
      const surplus = (current.spec.replicas ?? 0) > replicasOf(d) ? replicasOf(d) : wanted
      if (current.spec.replicas !== surplus && (await scale(current, surplus))) return writeRollout()
      if (await scaleDownOld()) return writeRollout()
      return finish()
    }

    async function scaleDownOld(): Promise<boolean> {
      const old = oldSets().filter(isActive).sort(byCreation)
      if (old.length === 0) return false
      const current = newSet() as ReplicaSet
      const minAvailable = replicasOf(d) - maxUnavailable(d)
      const newUnavailable = (current.spec.replicas ?? 0) - availableOf(current)
      const most = sumReplicas(sets) - minAvailable - newUnavailable
      if (most <= 0) return false
      // First the pods that serve nobody, then as many as availability allows.
      let down = 0
      for (const rs of old) {
        const size = rs.spec.replicas ?? 0
        const unhealthy = Math.min(most - down, size - availableOf(rs))
        if (unhealthy <= 0) continue
        await scale(rs, size - unhealthy)
        down += unhealthy
      }
      const spare = sets.reduce((sum, rs) => sum + availableOf(rs), 0) - minAvailable
      let healthyDown = 0
      for (const stale of old) {
        const rs = sets.find((s) => s.metadata.uid === stale.metadata.uid) as ReplicaSet
        const size = rs.spec.replicas ?? 0
        const count = Math.min(size, spare - healthyDown)
        if (count <= 0) continue
        await scale(rs, size - count)
        healthyDown += count
      }
      return down + healthyDown > 0
    }

    async function recreate(): Promise<number | undefined> {
      await newSetAndRevision(false)
      const old = oldSets()
      let scaled = false
      for (const rs of old.filter(isActive)) scaled = (await scale(rs, 0)) || scaled
      if (scaled) return writeRollout()
      const current = newSet()
      const oldRunning =
        old.some((rs) => rs.status.replicas > 0) ||
        old.some((rs) => pods.byIndex(ownerIndex, rs.metadata.uid).some((pod) => !isPodFinished(pod)))
      if (oldRunning) return writeRollout()
      const made = current ?? ((await newSetAndRevision(true)) as ReplicaSet)
      if (made.spec.replicas !== replicasOf(d)) await scale(made, replicasOf(d))
      return finish()
    }

    async function finish(): Promise<number | undefined> {
      if (isComplete(d, d.status)) await cleanUp()
      return writeRollout()
    }

    /** Old sets beyond the history limit go, the oldest revision first. */
    async function cleanUp(): Promise<void> {
      const limit = d.spec.revisionHistoryLimit
      if (limit === undefined || limit === 2 ** 31 - 1) return
      const candidates = oldSets()
        .filter((rs) => !isBeingDeleted(rs))
        .sort((a, b) => revisionOf(a) - revisionOf(b) || byCreation(a, b))
      for (const rs of candidates.slice(0, Math.max(0, candidates.length - limit))) {
        const busy =
          rs.status.replicas !== 0 || rs.spec.replicas !== 0 || (rs.metadata.generation ?? 0) > (rs.status.observedGeneration ?? 0)
        if (busy) continue
        try {
          await client.delete('replicasets.apps', { namespace: rs.metadata.namespace, name: rs.metadata.name })
        } catch (error) {
          if (!isNotFound(error)) throw error
        }
      }
    }

    return { statusOnly, checkPaused, isScalingEvent, scaleOnly, rolling, recreate }
  }

  return { name: 'deployment-controller', workers: deps.options.concurrent.deployment, wake, reconcile }
}

/**
 * What of a set is there to stay: pods that it was told to give up do not count, though its status may still tell of
 * them. Upstream takes the status as it stands, and falls below the bound while the replica set controller lags behind.
 */
const availableOf = (rs: ReplicaSet): number => Math.min(rs.status.availableReplicas ?? 0, rs.spec.replicas ?? 0)

const quoted = (rs: ReplicaSet): string => JSON.stringify(rs.metadata.name)
