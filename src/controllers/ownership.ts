/**
 * Which objects belong to which owner (controller.ControllerRefManager): an owner takes in orphans that its selector
 * matches, and lets go what it matches no longer. A cache knows at once what an owner has, by an index.
 */
import { isNotFound, StatusError } from '../api/errors.ts'
import type { Selector } from '../api/labels.ts'
import { controllerOf } from '../api/meta.ts'
import type { ResourceName } from '../api/types/index.ts'
import type { OwnerReference } from '../api/types/meta-v1.ts'
import type { Client } from '../client/client.ts'
import type { Informer } from '../client/informer.ts'
import { type KubernetesObject, type ObjectOf, resourceInfo } from '../client/resources.ts'

/** The index of objects by their controller's uid, and of those without one by `orphan/namespace`. */
export const ownerIndex = 'controller'
const orphansOf = (namespace: string) => `orphan/${namespace}`

export function indexByOwner<T extends KubernetesObject>(informer: Informer<T>): Informer<T> {
  informer.addIndex(ownerIndex, (object) => [controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace)])
  return informer
}

export function ownerReference(resource: ResourceName, owner: KubernetesObject): OwnerReference {
  const { apiVersion, kind } = resourceInfo(resource)
  const { name, uid } = owner.metadata
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}

export interface Claim<O extends ResourceName, R extends ResourceName> {
  readonly client: Client
  readonly ownerResource: O
  readonly resource: R
  readonly informer: Informer<ObjectOf<R>>
  /** What adoption adds besides the reference: a finalizer. */
  readonly finalizer?: string
  /** Which orphans an owner wants beyond its selector's match. */
  readonly wanted?: (object: ObjectOf<R>, owner: ObjectOf<O>) => boolean
}

/** Everything the owner has after it adopted and released what its selector says. */
export function createClaimer<O extends ResourceName, R extends ResourceName>(claim: Claim<O, R>) {
  const { client, ownerResource, resource, informer } = claim
  return async (owner: ObjectOf<O> & KubernetesObject, selector: Selector): Promise<ObjectOf<R>[]> => {
    const { uid, namespace, name, deletionTimestamp } = owner.metadata
    const kept: ObjectOf<R>[] = []
    const releases: Promise<void>[] = []
    for (const object of informer.byIndex(ownerIndex, uid)) {
      const { metadata } = object as KubernetesObject
      if (selector.matches(metadata.labels)) kept.push(object)
      else if (!deletionTimestamp) releases.push(release(metadata))
    }
    if (deletionTimestamp) return kept
    const orphans = informer.byIndex(ownerIndex, orphansOf(namespace)).filter((object) => {
      const { metadata } = object as KubernetesObject
      return !metadata.deletionTimestamp && selector.matches(metadata.labels) && (claim.wanted?.(object, owner) ?? true)
    })
    if (orphans.length > 0) {
      // The cache may be late: an owner that is being deleted, or is another of the same name, must not adopt.
      const fresh = (await client.get(ownerResource, { namespace, name })) as KubernetesObject
      if (fresh.metadata.uid !== uid)
        throw new Error(
          `original ${resourceInfo(ownerResource).kind} ${namespace}/${name} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`,
        )
      if (!fresh.metadata.deletionTimestamp) kept.push(...(await Promise.all(orphans.map(adopt))).filter((o) => o !== undefined))
    }
    await Promise.all(releases)
    return kept

    async function adopt(object: ObjectOf<R>): Promise<ObjectOf<R> | undefined> {
      const { metadata } = object as KubernetesObject
      const patch = {
        metadata: {
          uid: metadata.uid,
          ownerReferences: [ownerReference(ownerResource, owner)],
          ...(claim.finalizer ? { finalizers: [claim.finalizer] } : {}),
        },
      }
      try {
        return await client.patch(resource, { namespace, name: metadata.name }, patch)
      } catch (error) {
        // Gone, or adopted by another meanwhile.
        if (isNotFound(error)) return undefined
        throw error
      }
    }
    async function release(metadata: KubernetesObject['metadata']): Promise<void> {
      const patch = {
        metadata: {
          uid: metadata.uid,
          ownerReferences: [{ $patch: 'delete', uid }],
          ...(claim.finalizer ? { '$deleteFromPrimitiveList/finalizers': [claim.finalizer] } : {}),
        },
      }
      try {
        await client.patch(resource, { namespace, name: metadata.name }, patch)
      } catch (error) {
        // Not found: it is gone. Invalid: it has another uid or no owners any more.
        if (isNotFound(error) || (error instanceof StatusError && error.reason === 'Invalid')) return
        throw error
      }
    }
  }
}

/** The cached owner that an object's controller reference names, if it is the same and not another of the same name. */
export function resolveOwner<T extends KubernetesObject>(informer: Informer<T>, kind: string, object: KubernetesObject): T | undefined {
  const reference = controllerOf(object)
  if (reference?.kind !== kind) return undefined
  const owner = informer.get(object.metadata.namespace, reference.name)
  return owner?.metadata.uid === reference.uid ? owner : undefined
}
