/** Which claims and volumes a pod uses. */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types/core-v1.ts'
import type { Lister } from '../client/lister.ts'

/** Names of the claims in the pod's namespace; an ephemeral volume's claim is named after the pod and the volume. */
export function claimNames(pod: Pod): string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) =>
    volume.persistentVolumeClaim
      ? [volume.persistentVolumeClaim.claimName]
      : volume.ephemeral
        ? [`${pod.metadata.name}-${volume.name}`]
        : [],
  )
}

export const isBound = (claim: PersistentVolumeClaim): boolean =>
  Boolean(claim.spec.volumeName) && claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined

export function boundVolumes(pod: Pod, claims: Lister<PersistentVolumeClaim>, volumes: Lister<PersistentVolume>): PersistentVolume[] {
  return claimNames(pod).flatMap((name) => {
    const claim = claims.get(pod.metadata.namespace, name)
    const volume = claim?.spec.volumeName ? volumes.get(undefined, claim.spec.volumeName) : undefined
    return volume ? [volume] : []
  })
}
