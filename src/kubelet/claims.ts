/**
 * The volume behind a pod's claim (pkg/kubelet/volumemanager/populator): asked for once, because neither the claim's
 * volume nor the volume's source change while a pod uses them. Not yet bound is an error that a later try ends.
 */
import type { PersistentVolume, Pod, Volume } from '../api/types/core-v1.ts'
import type { Client } from '../client/client.ts'

export interface Claims {
  /** The volume bound to the claim that the pod names, or that was made for its ephemeral volume. */
  volumeOf(pod: Pod, volume: Volume): Promise<PersistentVolume>
  forget(pod: string): void
}

export function createClaims(client: Client): Claims {
  const known = new Map<string, Map<string, PersistentVolume>>()

  async function find(pod: Pod, volume: Volume): Promise<PersistentVolume> {
    const { namespace } = pod.metadata
    const name = volume.persistentVolumeClaim?.claimName ?? `${pod.metadata.name}-${volume.name}`
    const about = `error processing PVC ${namespace}/${name}`
    const claim = await client.get('persistentvolumeclaims', { namespace, name }).catch((error: unknown) => {
      throw new Error(`${about}: failed to fetch PVC from API server: ${(error as Error).message}`)
    })
    // Anybody may make a claim of that name; only the controller's own belongs to the pod.
    if (volume.ephemeral && !claim.metadata.ownerReferences?.some((o) => o.controller && o.uid === pod.metadata.uid))
      throw new Error(`${about}: PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`)
    if (claim.metadata.deletionTimestamp) throw new Error(`${about}: PVC is being deleted`)
    if (claim.status?.phase !== 'Bound' || !claim.spec?.volumeName) throw new Error(`${about}: PVC is not bound`)
    const bound = await client.get('persistentvolumes', { name: claim.spec.volumeName })
    if (bound.spec?.claimRef?.uid !== claim.metadata.uid)
      throw new Error(`${about}: PV ${bound.metadata.name} has spec.ClaimRef.UID that does not match PVC UID`)
    return bound
  }

  return {
    async volumeOf(pod, volume) {
      const { uid } = pod.metadata
      const have = known.get(uid)?.get(volume.name)
      if (have) return have
      const found = await find(pod, volume)
      known.set(uid, (known.get(uid) ?? new Map()).set(volume.name, found))
      return found
    },
    forget: (pod) => void known.delete(pod),
  }
}
