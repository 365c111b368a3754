/** The history of templates that stateful and daemon sets keep as ControllerRevisions (pkg/controller/history). */
import { isAlreadyExists, isNotFound } from '../api/errors.ts'
import { fnv32a, safeEncodeString } from '../api/hash.ts'
import { labelSelectorAsSelector } from '../api/labels.ts'
import type { ControllerRevision, DaemonSet, StatefulSet } from '../api/types/apps-v1.ts'
import type { Client } from '../client/client.ts'
import type { Informer } from '../client/informer.ts'
import { semanticEqual } from './equal.ts'
import { createClaimer, ownerReference } from './ownership.ts'

export const revisionHashLabel = 'controller-revision-hash'
type Owner = StatefulSet | DaemonSet
type OwnerResource = 'statefulsets.apps' | 'daemonsets.apps'

/** The patch that makes a set's spec be of this revision: its template, replaced as a whole. */
export const templatePatch = (set: Owner): Record<string, unknown> => ({
  spec: { template: { ...(set.spec.template as unknown as Record<string, unknown>), $patch: 'replace' } },
})

export const revisionName = (set: Owner, hash: string): string => `${set.metadata.name.slice(0, 223)}-${hash}`

function hashOf(patch: unknown, collisionCount: number | undefined): string {
  return safeEncodeString(String(fnv32a(canonical(patch) + (collisionCount ? `#${collisionCount}` : ''))))
}
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const record = value as Record<string, unknown>
  return `{${Object.keys(record)
    .filter((key) => record[key] !== undefined && record[key] !== null)
    .sort()
    .map((key) => `${key}:${canonical(record[key])}`)
    .join(',')}}`
}

export const byRevision = (a: ControllerRevision, b: ControllerRevision): number =>
  a.revision - b.revision || (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1)

export interface RevisionHistory {
  /** A set's revisions after adoption and release, the oldest first. */
  list(set: Owner): Promise<ControllerRevision[]>
  /** The revision of the set's template: one that is there, raised to the newest, or a new one. */
  sync(set: Owner, revisions: readonly ControllerRevision[]): Promise<{ revision: ControllerRevision; collisionCount: number | undefined }>
  /** Deletes the oldest beyond the limit, but none that is live. */
  truncate(set: Owner, revisions: readonly ControllerRevision[], live: ReadonlySet<string>): Promise<void>
}

export function createRevisionHistory(client: Client, resource: OwnerResource, informer: Informer<ControllerRevision>): RevisionHistory {
  const claim = createClaimer({ client, ownerResource: resource, resource: 'controllerrevisions.apps', informer })

  async function create(
    set: Owner,
    data: Record<string, unknown>,
    revision: number,
  ): Promise<{ revision: ControllerRevision; collisionCount: number | undefined }> {
    let collisionCount = set.status.collisionCount
    for (;;) {
      const hash = hashOf(data, collisionCount)
      const name = revisionName(set, hash)
      const { namespace } = set.metadata
      try {
        const made = await client.create('controllerrevisions.apps', {
          metadata: {
            name,
            namespace,
            labels: { ...set.spec.template.metadata?.labels, [revisionHashLabel]: hash },
            ...(set.metadata.annotations ? { annotations: set.metadata.annotations } : {}),
            ownerReferences: [ownerReference(resource, set)],
          },
          data,
          revision,
        })
        return { revision: made, collisionCount }
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
        const there = await client.get('controllerrevisions.apps', { namespace, name })
        if (semanticEqual(there.data, data)) return { revision: there, collisionCount }
        collisionCount = (collisionCount ?? 0) + 1
      }
    }
  }

  return {
    async list(set) {
      return (await claim(set, labelSelectorAsSelector(set.spec.selector))).sort(byRevision)
    },
    async sync(set, revisions) {
      const data = templatePatch(set)
      const next = (revisions.at(-1)?.revision ?? 0) + 1
      const equal = revisions.filter((r) => semanticEqual(r.data, data)).at(-1)
      const { collisionCount } = set.status
      if (!equal) return create(set, data, next)
      if (equal === revisions.at(-1)) return { revision: equal, collisionCount }
      // A rollback: the old revision becomes the newest.
      return { revision: await client.update('controllerrevisions.apps', { ...equal, revision: next }), collisionCount }
    },
    async truncate(set, revisions, live) {
      const old = revisions.filter((r) => !live.has(r.metadata.name))
      for (const { metadata } of old.slice(0, Math.max(0, old.length - (set.spec.revisionHistoryLimit ?? 10))))
        await client.delete('controllerrevisions.apps', { namespace: metadata.namespace, name: metadata.name }).catch((error: unknown) => {
          if (!isNotFound(error)) throw error
        })
    },
  }
}

/** The set as it was at a revision. */
export function applyRevision<S extends Owner>(set: S, revision: ControllerRevision): S {
  const { $patch: _, ...template } = (revision.data as { spec: { template: Record<string, unknown> } }).spec.template
  return { ...set, spec: { ...set.spec, template } } as S
}
