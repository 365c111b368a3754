/** What a Deployment asks of its ReplicaSets, as pure functions (pkg/controller/deployment/util). */
import { fnv32a, safeEncodeString } from '../api/hash.ts'
import { resolveFenceposts } from '../api/int-or-string.ts'
import type { Deployment, ReplicaSet } from '../api/types/apps-v1.ts'
import type { PodTemplateSpec } from '../api/types/core-v1.ts'
import { semanticEqual } from './equal.ts'

export const templateHashLabel = 'pod-template-hash'

export const annotation = {
  revision: 'deployment.kubernetes.io/revision',
  revisionHistory: 'deployment.kubernetes.io/revision-history',
  desired: 'deployment.kubernetes.io/desired-replicas',
  max: 'deployment.kubernetes.io/max-replicas',
} as const
/** So many characters of former revisions are remembered. */
const mostHistory = 2000
/** Belong to one object and are not copied from a deployment to its sets. */
const notCopied: ReadonlySet<string> = new Set([
  ...Object.values(annotation),
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
])

/** A name for a template: the same for the same content, whatever the order of its fields. */
export function templateHash(template: PodTemplateSpec, collisionCount?: number): string {
  return safeEncodeString(String(fnv32a(canonical(template) + (collisionCount === undefined ? '' : `#${collisionCount}`))))
}
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const record = value as Record<string, unknown>
  const keys = Object.keys(record).filter((key) => record[key] !== undefined && record[key] !== null)
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`)
    .join(',')}}`
}

/** The set whose template is the deployment's; of several the oldest. */
export function findNewReplicaSet(d: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...sets].sort(byCreation).find((rs) => sameTemplate(rs.spec.template, d.spec.template))
}
function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b))
}
function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const labels = template.metadata?.labels
  if (!labels || !(templateHashLabel in labels)) return template
  const { [templateHashLabel]: _, ...rest } = labels
  return { ...template, metadata: { ...template.metadata, labels: rest } as PodTemplateSpec['metadata'] }
}

export const isActive = (rs: ReplicaSet): boolean => (rs.spec.replicas ?? 1) > 0
export const sumReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, rs) => sum + (rs.spec.replicas ?? 1), 0)
export const revisionOf = (rs: ReplicaSet): number => Number(rs.metadata.annotations?.[annotation.revision] ?? 0) || 0

export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
  return left === right ? (a.metadata.name < b.metadata.name ? -1 : 1) : left < right ? -1 : 1
}
const size = (rs: ReplicaSet) => rs.spec.replicas ?? 1
export const bySizeNewer = (a: ReplicaSet, b: ReplicaSet): number => size(b) - size(a) || byCreation(b, a)
export const bySizeOlder = (a: ReplicaSet, b: ReplicaSet): number => size(b) - size(a) || byCreation(a, b)

export function maxSurge(d: Deployment): number {
  return d.spec.strategy.type === 'Recreate' ? 0 : fenceposts(d).surge
}
export const replicasOf = (d: Deployment): number => d.spec.replicas ?? 1
export function maxUnavailable(d: Deployment): number {
  if (d.spec.strategy.type === 'Recreate' || d.spec.replicas === 0) return 0
  return Math.min(fenceposts(d).unavailable, replicasOf(d))
}
function fenceposts(d: Deployment): { surge: number; unavailable: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = d.spec.strategy.rollingUpdate ?? {}
  return resolveFenceposts(maxSurge, maxUnavailable, replicasOf(d))
}

/** How large the new set may be now: as the strategy allows beside what the old ones still have. */
export function newSetReplicas(d: Deployment, sets: readonly ReplicaSet[], current: ReplicaSet): number {
  const wanted = replicasOf(d)
  if (d.spec.strategy.type === 'Recreate') return wanted
  const have = current.spec.replicas ?? 0
  const room = wanted + maxSurge(d) - sumReplicas(sets)
  return room <= 0 ? have : have + Math.min(room, wanted - have)
}

/** A set's share of a change of size during a rollout, in proportion to what it was when the deployment was last scaled. */
export function proportionOf(rs: ReplicaSet, d: Deployment, toAdd: number, added: number): number {
  const have = size(rs)
  if (have === 0 || toAdd === 0 || toAdd === added) return 0
  const allowed = toAdd - added
  const share = fractionOf(rs, d)
  return toAdd > 0 ? Math.min(share, allowed) : Math.max(share, allowed)
}
function fractionOf(rs: ReplicaSet, d: Deployment): number {
  const wanted = replicasOf(d)
  if (wanted === 0) return -size(rs)
  const before = Number(rs.metadata.annotations?.[annotation.max]) || d.status.replicas || 0
  if (before === 0) return 0
  return Math.round((size(rs) * (wanted + maxSurge(d))) / before) - size(rs)
}

export function replicasAnnotations(d: Deployment): Record<string, string> {
  const wanted = replicasOf(d)
  return { [annotation.desired]: String(wanted), [annotation.max]: String(wanted + maxSurge(d)) }
}

/** The oldest revisions are forgotten where the text becomes too long. */
function withRevision(history: string, revision: string): string {
  const text = history ? `${history},${revision}` : revision
  return text.length <= mostHistory ? text : text.slice(text.indexOf(',', text.length - mostHistory - 1) + 1)
}

/** The new set's annotations at this revision; undefined when they are so already. */
export function newReplicaSetAnnotations(d: Deployment, rs: ReplicaSet, revision: number): Record<string, string> | undefined {
  const before = rs.metadata.annotations ?? {}
  const next: Record<string, string> = { ...before }
  for (const [key, value] of Object.entries(d.metadata.annotations ?? {})) if (!notCopied.has(key)) next[key] = value
  const old = before[annotation.revision]
  if (old === undefined || Number(old) < revision) {
    next[annotation.revision] = String(revision)
    // A set that comes back after a rollback remembers the revisions it has been.
    if (old !== undefined) {
      next[annotation.revisionHistory] = withRevision(before[annotation.revisionHistory] ?? '', old)
    }
  }
  const exists = rs.metadata.uid !== undefined
  if (exists && !(annotation.desired in before)) Object.assign(next, replicasAnnotations(d))
  return exists && semanticEqual(before, next) ? undefined : next
}
