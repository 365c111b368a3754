/** Keeps claims that pods use, and volumes that claims are bound to, from being removed (pkg/controller/volume/pvcprotection, pvprotection). */
import { isNotFound } from '../api/errors.ts'
import { hasFinalizer, isBeingDeleted, objectKey, splitKey } from '../api/meta.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'
import { isPodFinished } from './pods.ts'

const claimFinalizer = 'kubernetes.io/pvc-protection'
const volumeFinalizer = 'kubernetes.io/pv-protection'
/** The index of pods by the keys of their claims. */
export const claimIndex = 'claim'

/** The claims a pod uses, those of its ephemeral volumes too. */
export const claimsOf = (pod: Pod): string[] =>
  (pod.spec.volumes ?? []).flatMap((v) =>
    v.persistentVolumeClaim ? [v.persistentVolumeClaim.claimName] : v.ephemeral ? [`${pod.metadata.name}-${v.name}`] : [],
  )

export function createClaimProtectionController({ client, informers }: ControllerDeps): Controller {
  const claims = informers.of('persistentvolumeclaims')
  const pods = informers.of('pods')
  pods.addIndex(claimIndex, (pod) => claimsOf(pod).map((name) => `${pod.metadata.namespace}/${name}`))

  const inUse = (of: readonly Pod[], claim: PersistentVolumeClaim) =>
    of.some(
      (pod) =>
        pod.spec.nodeName !== undefined && pod.spec.nodeName !== '' && !isPodFinished(pod) && claimsOf(pod).includes(claim.metadata.name),
    )

  return {
    name: 'persistentvolumeclaim-protection-controller',
    wake(queue) {
      const wake = (claim: PersistentVolumeClaim) => {
        if (isBeingDeleted(claim) ? hasFinalizer(claim, claimFinalizer) : !hasFinalizer(claim, claimFinalizer)) queue.add(objectKey(claim))
      }
      claims.addHandler({ added: wake, updated: wake })
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
      const { finalizers = [] } = claim.metadata
      const write = (next: string[]) =>
        client.update('persistentvolumeclaims', { ...claim, metadata: { ...claim.metadata, finalizers: next } }).catch((error: unknown) => {
          if (!isNotFound(error)) throw error
        })
      if (!isBeingDeleted(claim)) {
        if (!hasFinalizer(claim, claimFinalizer)) await write([...finalizers, claimFinalizer])
        return
      }
      if (!hasFinalizer(claim, claimFinalizer) || inUse(pods.byIndex(claimIndex, key), claim)) return
      // Data is at stake: only a live answer lets the claim go.
      if (inUse((await client.listAll('pods', { namespace })).items, claim)) return
      await write(finalizers.filter((f) => f !== claimFinalizer))
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
