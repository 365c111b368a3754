/** Hands claims that grew to the driver that can grow their volume (pkg/controller/volume/expand); no driver is in the tree any more. */
import { objectKey, splitKey } from '../api/meta.ts'
import { compareQuantity } from '../api/quantity.ts'
import type { PersistentVolumeClaim } from '../api/types/core-v1.ts'
import { referenceTo } from '../client/events.ts'
import type { Controller, ControllerDeps } from './controller.ts'

const resizer = 'volume.kubernetes.io/storage-resizer'

export function createVolumeExpandController({ client, informers, recorder: recorders }: ControllerDeps): Controller {
  const claims = informers.of('persistentvolumeclaims')
  const volumes = informers.of('persistentvolumes')
  const recorder = recorders('volume_expand')
  const grew = (claim: PersistentVolumeClaim) => {
    const [asked, has] = [claim.spec.resources?.requests?.storage, claim.status.capacity?.storage]
    return claim.status.phase === 'Bound' && asked !== undefined && has !== undefined && compareQuantity(asked, has) > 0
  }
  return {
    name: 'persistentvolume-expander-controller',
    wake(queue) {
      const wake = (claim: PersistentVolumeClaim) => grew(claim) && queue.add(objectKey(claim))
      claims.addHandler({ added: wake, updated: (claim, before) => claim.spec !== before.spec && wake(claim) })
      return [claims, volumes]
    },
    async reconcile(key) {
      const { namespace, name } = splitKey(key)
      const claim = claims.get(namespace, name)
      if (!claim || !grew(claim)) return
      const volume = volumes.get(undefined, claim.spec.volumeName ?? '')
      const about = referenceTo('persistentvolumeclaims', claim)
      const driver = volume?.spec.csi?.driver
      if (!driver) {
        recorder.event(about, 'Warning', 'ExternalExpanding', 'waiting for an external controller to expand this PVC')
        return
      }
      if (claim.metadata.annotations?.[resizer] !== driver) {
        const patch = { metadata: { annotations: { [resizer]: driver } } }
        await client.patch('persistentvolumeclaims', { namespace, name }, patch, { subresource: 'status' }) // its role lets no more
      }
      recorder.event(about, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC')
    },
  }
}
