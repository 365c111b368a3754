/** Keeps claims that pods use, and volumes that claims are bound to, from being removed (pkg/controller/volume/pvcprotection, pvprotection). */
import { isNotFound } from '../api/errors.ts'
import { hasFinalizer, isBeingDeleted, objectKey, splitKey } from '../api/meta.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core-v1.ts'
import type { Informer } from '../client/informer.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { isPodFinished } from './pods.ts'

const claimFinalizer = 'kubernetes.io/pvc-protection'
const volumeFinalizer = 'kubernetes.io/pv-protection'
/** The claims a pod uses, those of its ephemeral volumes too. */
export const claimsOf = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap((v) =>
    v.persistentVolumeClaim ? [v.persistentVolumeClaim.claimName] : v.ephemeral ? [`${pod.metadata.name}-${v.name}`] : [],
  )

/** The index of pods by the keys of their claims. */
export const claimIndex = 'claim'
export function indexByClaim(pods: Informer<Pod>): Informer<Pod> {
  pods.addIndex(claimIndex, (pod) => claimsOf(pod).map((name) => `${pod.metadata.namespace}/${name}`))
  return pods
}

export function createClaimProtectionController({ client, informers }: ControllerDeps): Controller {
  const claims = informers.of('persistentvolumeclaims')
  const pods = indexByClaim(informers.of('pods'))

  /** The claims that pods of a namespace use; a pod that has no node yet will not start with a claim that is going. */
  const usedBy = (of: readonly Pod[]) => new Set(of.flatMap((pod) => (pod.spec.nodeName && !isPodFinished(pod) ? claimsOf(pod) : [])))
  /** Claims that were let go and that the cache still holds. */
  const released = new Set<string>()
  const mayGo = (claim: PersistentVolumeClaim) =>
    isBeingDeleted(claim) &&
    hasFinalizer(claim, claimFinalizer) &&
    !released.has(claim.metadata.uid) &&
    !usedBy(pods.byIndex(claimIndex, objectKey(claim))).has(claim.metadata.name)

  async function write(claim: PersistentVolumeClaim, finalizers: string[]): Promise<void> {
    try {
      await client.update('persistentvolumeclaims', { ...claim, metadata: { ...claim.metadata, finalizers } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  return {
    name: 'persistentvolumeclaim-protection-controller',
    wake(queue) {
      const wake = (claim: PersistentVolumeClaim) => {
        if (isBeingDeleted(claim) ? hasFinalizer(claim, claimFinalizer) : !hasFinalizer(claim, claimFinalizer)) queue.add(objectKey(claim))
      }
      claims.addHandler({ added: wake, updated: wake, deleted: (claim) => void released.delete(claim.metadata.uid) })
      const wakeClaims = (pod: Pod) => {
        for (const name of claimsOf(pod)) {
          const claim = claims.get(pod.metadata.namespace, name)
          if (claim && isBeingDeleted(claim)) wake(claim)
        }
      }
      pods.addHandler({ updated: (pod) => isPodFinished(pod) && wakeClaims(pod), deleted: wakeClaims })
      return [claims, pods]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const claim = claims.get(namespace, name)
      if (!claim) return
      if (!isBeingDeleted(claim)) {
        if (!hasFinalizer(claim, claimFinalizer)) await write(claim, [...(claim.metadata.finalizers ?? []), claimFinalizer])
        return
      }
      if (!mayGo(claim)) return
      // Data is at stake: only a live answer lets claims go, one answer all of the namespace that wait for it.
      const going = claims.list(namespace).filter(mayGo)
      const used = usedBy((await client.listAll('pods', { namespace })).items)
      for (const one of going) {
        if (used.has(one.metadata.name)) continue
        released.add(one.metadata.uid)
        try {
          await write(one, one.metadata.finalizers?.filter((f) => f !== claimFinalizer) ?? [])
        } catch (error) {
          released.delete(one.metadata.uid)
          // What is wrong with another claim its own look will say.
          if (one === claim) throw error
        }
      }
    },
  }
}

export function createVolumeProtectionController({ client, informers }: ControllerDeps): Controller {
  const volumes = informers.of('persistentvolumes')
  return {
    name: 'persistentvolume-protection-controller',
    wake(queue) {
      const wake = (volume: PersistentVolume) => {
        if (isBeingDeleted(volume) === hasFinalizer(volume, volumeFinalizer)) queue.add(volume.metadata.name)
      }
      volumes.addHandler({ added: wake, updated: wake })
      return [volumes]
    },
    async reconcile(name) {
      const volume = volumes.get(undefined, name)
      if (!volume) return
      const { finalizers = [] } = volume.metadata
      const protectedNow = hasFinalizer(volume, volumeFinalizer)
      let next: string[] | undefined
      if (!isBeingDeleted(volume)) next = protectedNow ? undefined : [...finalizers, volumeFinalizer]
      else if (protectedNow && volume.status.phase !== 'Bound') next = finalizers.filter((f) => f !== volumeFinalizer)
      if (next)
        await client
          .update('persistentvolumes', { ...volume, metadata: { ...volume.metadata, finalizers: next } })
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error
          })
    },
  }
}
