/** The plugins of volumes and claims, and the default ingress class, which works as the default storage class does. */
import { compareQuantity } from '../../api/quantity.ts'
import type { PersistentVolumeClaim } from '../../api/types/core-v1.ts'
import type { Ingress } from '../../api/types/networking-v1.ts'
import type { StorageClass } from '../../api/types/storage-v1.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject } from '../request.ts'
import { type AdmissionPlugin, newRefusal } from './admission.ts'

interface Marked {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string; readonly annotations?: Readonly<Record<string, string>> }
}

/** The newest of those that are marked as default; by name among equals. */
async function defaultOf(objects: Objects, resource: string, annotations: readonly string[]): Promise<Marked | undefined> {
  const marked = (await objects.list<Marked>(resource)).filter((o) => annotations.some((a) => o.metadata.annotations?.[a] === 'true'))
  marked.sort(
    ({ metadata: a }, { metadata: b }) =>
      b.creationTimestamp.localeCompare(a.creationTimestamp) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  )
  return marked[0]
}

export function createDefaultStorageClass(objects: Objects): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    handles: (resource, subresource, operation) => resource === 'persistentvolumeclaims' && subresource === '' && operation === 'CREATE',
    async admit(object) {
      const claim = object as unknown as PersistentVolumeClaim
      const old = 'volume.beta.kubernetes.io/storage-class'
      if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[old] !== undefined) return object
      const found = await defaultOf(objects, 'storageclasses.storage.k8s.io', [
        'storageclass.kubernetes.io/is-default-class',
        'storageclass.beta.kubernetes.io/is-default-class',
      ])
      return found ? ({ ...claim, spec: { ...claim.spec, storageClassName: found.metadata.name } } as unknown as ApiObject) : object
    },
  }
}

export function createDefaultIngressClass(objects: Objects): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    handles: (resource, subresource, operation) => resource === 'ingresses' && subresource === '' && operation === 'CREATE',
    async admit(object) {
      const ingress = object as unknown as Ingress
      if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined)
        return object
      const found = await defaultOf(objects, 'ingressclasses.networking.k8s.io', ['ingressclass.kubernetes.io/is-default-class'])
      return found ? ({ ...ingress, spec: { ...ingress.spec, ingressClassName: found.metadata.name } } as unknown as ApiObject) : object
    },
  }
}

const protections: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
  volumeattributesclasses: 'kubernetes.io/vac-protection',
}

/** Claims and volumes in use stay until they are not (admission/storage/storageobjectinuseprotection). */
export function createStorageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    handles: (resource, subresource, operation) => resource in protections && subresource === '' && operation === 'CREATE',
    admit(object, _old, { resource }) {
      const given = object as ApiObject
      const finalizer = protections[resource.resource] as string
      const finalizers = given.metadata.finalizers ?? []
      if (finalizers.includes(finalizer)) return given
      return { ...given, metadata: { ...given.metadata, finalizers: [...finalizers, finalizer] } }
    },
  }
}

/** A claim grows only where its class says so (admission/storage/persistentvolume/resize). */
export function createPersistentVolumeClaimResize(objects: Objects): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    handles: (resource, subresource, operation) => resource === 'persistentvolumeclaims' && subresource === '' && operation === 'UPDATE',
    async validate(object, old, attributes) {
      const claim = object as unknown as PersistentVolumeClaim
      const before = old as unknown as PersistentVolumeClaim
      const now = claim.spec.resources?.requests?.['storage']
      const then = before.spec.resources?.requests?.['storage']
      if (now === undefined || then === undefined || compareQuantity(now, then) <= 0) return undefined
      if (before.status?.phase !== 'Bound') throw newRefusal(attributes, object, 'Only bound persistent volume claims can be expanded')
      const className = claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec.storageClassName
      const found = className ? await objects.get<StorageClass>('storageclasses.storage.k8s.io', className) : undefined
      if (!found?.allowVolumeExpansion)
        throw newRefusal(
          attributes,
          object,
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        )
      return undefined
    },
  }
}
