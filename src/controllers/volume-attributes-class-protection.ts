/** Keeps VolumeAttributesClasses that claims or volumes name from being removed (pkg/controller/volume/vacprotection). */
import { hasFinalizer, isBeingDeleted } from '../api/meta.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../api/types/core-v1.ts'
import type { Controller, ControllerDeps } from './controller.ts'

const resource = 'volumeattributesclasses.storage.k8s.io'
const finalizer = 'kubernetes.io/vac-protection'
const classIndex = 'volumeAttributesClass'

/** A claim also holds the class that it leaves and the one that it is on the way to. */
const classesOfClaim = ({ spec, status }: PersistentVolumeClaim) =>
  named(spec.volumeAttributesClassName, status.currentVolumeAttributesClassName, status.modifyVolumeStatus?.targetVolumeAttributesClassName)
const classesOfVolume = ({ spec }: PersistentVolume) => named(spec.volumeAttributesClassName)
const named = (...names: (string | null | undefined)[]) => [...new Set(names.filter((name) => !!name))] as string[]

export function createVolumeAttributesClassProtectionController({ client, informers }: ControllerDeps): Controller {
  const classes = informers.of(resource)
  const claims = informers.of('persistentvolumeclaims')
  const volumes = informers.of('persistentvolumes')
  claims.addIndex(classIndex, classesOfClaim)
  volumes.addIndex(classIndex, classesOfVolume)
  return {
    name: 'volumeattributesclass-protection-controller',
    wake(queue) {
      classes.addHandler({ added: (c) => queue.add(c.metadata.name), updated: (c) => queue.add(c.metadata.name) })
      const wakeAll = (names: readonly string[]) => {
        for (const name of names) queue.add(name)
      }
      claims.addHandler({
        updated: (_, before) => wakeAll(classesOfClaim(before)),
        deleted: (claim) => wakeAll(classesOfClaim(claim)),
      })
      volumes.addHandler({
        updated: (_, before) => wakeAll(classesOfVolume(before)),
        deleted: (volume) => wakeAll(classesOfVolume(volume)),
      })
      return [classes, claims, volumes]
    },
    async reconcile(name) {
      const found = classes.get(undefined, name)
      if (!found) return
      const { finalizers = [] } = found.metadata
      const write = (next: string[]) => client.update(resource, { ...found, metadata: { ...found.metadata, finalizers: next } })
      if (!isBeingDeleted(found)) {
        if (!hasFinalizer(found, finalizer)) await write([...finalizers, finalizer])
        return
      }
      const inUse = claims.byIndex(classIndex, name).length + volumes.byIndex(classIndex, name).length > 0
      if (hasFinalizer(found, finalizer) && !inUse) await write(finalizers.filter((f) => f !== finalizer))
    },
  }
}
