/** What a deployment's status and conditions say of its sets, as pure functions (pkg/controller/deployment: sync.go, progress.go). */
import { formatTime } from '../api/meta.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../api/types/apps-v1.ts'
import { maxUnavailable, replicasOf, sumReplicas } from './deployment-replica-sets.ts'
import { semanticEqual } from './equal.ts'

export const conditionOf = ({ conditions }: DeploymentStatus, type: string): DeploymentCondition | undefined =>
  conditions?.find((c) => c.type === type)

export function newCondition(type: string, status: string, reason: string, message: string, now: number): DeploymentCondition {
  const at = formatTime(now)
  return { type, status, lastUpdateTime: at, lastTransitionTime: at, reason, message }
}
/** Sets a condition; one with the same status and reason stays as it is. */
export function withCondition(conditions: DeploymentCondition[], condition: DeploymentCondition): DeploymentCondition[] {
  const have = conditions.find((c) => c.type === condition.type)
  if (have && have.status === condition.status && have.reason === condition.reason) return conditions
  const next = have?.status === condition.status ? { ...condition, lastTransitionTime: have.lastTransitionTime } : condition
  return [...conditions.filter((c) => c.type !== condition.type), next]
}

/** `current` is the newest of the sets. */
export function calculateStatus(
  d: Deployment,
  sets: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const count = (field: 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas') =>
    sets.reduce((sum, rs) => sum + (rs.status[field] ?? 0), 0)
  const available = count('availableReplicas')
  const condition =
    available >= replicasOf(d) - maxUnavailable(d)
      ? newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
      : newCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now)
  return {
    observedGeneration: d.metadata.generation,
    replicas: count('replicas'),
    updatedReplicas: current?.status.replicas ?? 0,
    readyReplicas: count('readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumReplicas(sets) - available),
    terminatingReplicas: count('terminatingReplicas'),
    ...(d.status.collisionCount !== undefined ? { collisionCount: d.status.collisionCount } : {}),
    conditions: withCondition(d.status.conditions ?? [], condition),
  }
}

/** The largest number stands for no deadline. */
export const hasDeadline = ({ spec: { progressDeadlineSeconds: seconds } }: Deployment): boolean =>
  seconds !== undefined && seconds !== 2 ** 31 - 1

export function isComplete(d: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(d)
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (d.metadata.generation ?? 0)
  )
}
function hasProgressed({ status: before }: Deployment, status: DeploymentStatus): boolean {
  const n = (value: number | undefined) => value ?? 0
  return (
    n(status.updatedReplicas) > n(before.updatedReplicas) ||
    n(status.replicas) - n(status.updatedReplicas) < n(before.replicas) - n(before.updatedReplicas) ||
    n(status.readyReplicas) > n(before.readyReplicas) ||
    n(status.availableReplicas) > n(before.availableReplicas)
  )
}

/** The status of a rollout under way: what is counted, and how it goes. */
export function rolloutStatus(d: Deployment, sets: readonly ReplicaSet[], current: ReplicaSet | undefined, now: number): DeploymentStatus {
  const status = calculateStatus(d, sets, current, now)
  let conditions = withProgress(d, status, current, now)
  const failures = sets.flatMap((rs) => rs.status.conditions ?? []).filter((c) => c.type === 'ReplicaFailure')
  const failure = (current?.status.conditions ?? []).find((c) => c.type === 'ReplicaFailure') ?? failures[0]
  conditions = failure
    ? withCondition(conditions, newCondition('ReplicaFailure', failure.status, failure.reason ?? '', failure.message ?? '', now))
    : conditions.filter((c) => c.type !== 'ReplicaFailure')
  return { ...status, conditions }
}
function withProgress(d: Deployment, status: DeploymentStatus, current: ReplicaSet | undefined, now: number): DeploymentCondition[] {
  const conditions = status.conditions ?? []
  if (!hasDeadline(d)) return conditions.filter((c) => c.type !== 'Progressing')
  const before = conditionOf(d.status, 'Progressing')
  // A single, finished set is no rollout: its pods may come and go without counting as progress or delay.
  if (status.replicas === status.updatedReplicas && before?.reason === 'NewReplicaSetAvailable') return conditions
  const what = current ? `ReplicaSet ${JSON.stringify(current.metadata.name)}` : `Deployment ${JSON.stringify(d.metadata.name)}`
  const progressing = (is: string, reason: string, text: string) => newCondition('Progressing', is, reason, `${what} ${text}`, now)
  if (isComplete(d, status)) return withCondition(conditions, progressing('True', 'NewReplicaSetAvailable', 'has successfully progressed.'))
  if (hasProgressed(d, status)) {
    const condition = progressing('True', 'ReplicaSetUpdated', 'is progressing.')
    // Progress renews the deadline: the condition is written even when its reason stays.
    if (before?.status === 'True') condition.lastTransitionTime = before.lastTransitionTime
    return [...conditions.filter((c) => c.type !== 'Progressing'), condition]
  }
  const deadline = before?.reason === 'ProgressDeadlineExceeded' ? 0 : deadlineOf(d, before)
  return deadline !== undefined && deadline < now
    ? withCondition(conditions, progressing('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'))
    : conditions
}
/** When the rollout counts as stuck; undefined when it cannot be: finished, or no deadline. */
function deadlineOf(d: Deployment, condition: DeploymentCondition | undefined): number | undefined {
  if (!condition || !hasDeadline(d)) return undefined
  if (condition.reason === 'NewReplicaSetAvailable') return undefined
  return Date.parse(condition.lastUpdateTime ?? '') + (d.spec.progressDeadlineSeconds as number) * 1000
}
/** How long until the rollout has to be looked at for its deadline, if it has one ahead. */
export function untilDeadline(d: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const condition = conditionOf(status, 'Progressing')
  if (isComplete(d, status) || condition?.reason === 'ProgressDeadlineExceeded') return undefined
  const deadline = deadlineOf(d, condition)
  return deadline === undefined ? undefined : Math.max(0, deadline - now) + 1000
}

export function sameStatus(a: DeploymentStatus, b: DeploymentStatus): boolean {
  const counts = [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'terminatingReplicas',
  ] as const
  return counts.every((key) => (a[key] ?? 0) === (b[key] ?? 0)) && semanticEqual(a.conditions, b.conditions)
}
