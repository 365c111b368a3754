/** Persistent volumes and claims (core/validation). */

import { compareQuantity } from '../quantity.ts'
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec } from '../types/core-v1.ts'
import { check, immutable, optionalOneOf, positiveQuantity, semanticEqual } from './checks.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts'
import { internalDiff, internalValue } from './internal.ts'
import { isDNS1123Subdomain, isQualifiedName, nameIsDNSSubdomain } from './names.ts'
import { validateNodeSelector } from './node-selector.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'
import { validateAccessModes, validateClaimSpec, volumeModes } from './persistent-volume-claim-spec.ts'
import { isNativeResource, validateBasicResource, validateResourceQuantity } from './resources.ts'
import { persistentVolumeSources, validatePersistentVolumeSource } from './volumes.ts'

function volumeSpec(spec: PersistentVolumeSpec, name: string): FieldError[] {
  const errors: FieldError[] = []
  if (!spec.accessModes?.length) errors.push(required('spec.accessModes'))
  errors.push(...validateAccessModes(spec.accessModes, 'spec.accessModes'))
  const capacity = spec.capacity ?? {}
  const names = Object.keys(capacity)
  if (names.length === 0) errors.push(required('spec.capacity'))
  if (capacity['storage'] === undefined || names.length > 1)
    errors.push(notSupported('spec.capacity', names.length === 0 ? null : capacity, ['storage']))
  for (const [resource, quantity] of Object.entries(capacity)) {
    const at = `spec.capacity[${resource}]`
    errors.push(...validateBasicResource(quantity, at), ...positiveQuantity(quantity, at))
  }
  errors.push(...optionalOneOf(spec.persistentVolumeReclaimPolicy, 'spec.persistentVolumeReclaimPolicy', ['Delete', 'Recycle', 'Retain']))
  if (spec.nodeAffinity) {
    if (spec.nodeAffinity.required) errors.push(...validateNodeSelector(spec.nodeAffinity.required, 'spec.nodeAffinity.required'))
    else errors.push(required('spec.nodeAffinity.required', 'must specify required node constraints'))
  }
  errors.push(...validatePersistentVolumeSource(spec, name, 'spec'))
  if (spec.local && !spec.nodeAffinity?.required) errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'))
  if (spec.persistentVolumeReclaimPolicy === 'Recycle' && spec.hostPath && /^\/+$/.test(spec.hostPath.path))
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"))
  if (spec.storageClassName) errors.push(...check(spec.storageClassName, 'spec.storageClassName', isDNS1123Subdomain))
  errors.push(...optionalOneOf(spec.volumeMode, 'spec.volumeMode', volumeModes))
  const attributes = spec.volumeAttributesClassName
  if (attributes !== undefined) {
    if (attributes === '') errors.push(required('spec.volumeAttributesClassName', 'an empty string is disallowed'))
    else errors.push(...check(attributes, 'spec.volumeAttributesClassName', isDNS1123Subdomain))
    if (!spec.csi) errors.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'))
  }
  return errors
}

export const validatePersistentVolume = ({ metadata, spec }: PersistentVolume): FieldError[] => [
  ...validateObjectMeta(metadata, false, nameIsDNSSubdomain),
  ...volumeSpec(spec, metadata.name ?? ''),
]

export function validatePersistentVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const errors = validatePersistentVolume(volume)
  let spec = volume.spec
  // A secret for expansion may come later.
  if (old.spec.csi && !old.spec.csi.controllerExpandSecretRef && spec.csi?.controllerExpandSecretRef) {
    const { controllerExpandSecretRef: _, ...csi } = spec.csi
    spec = { ...spec, csi }
  }
  const source = (from: PersistentVolumeSpec) =>
    Object.fromEntries(persistentVolumeSources.map((field) => [field, from[field as keyof PersistentVolumeSpec]]))
  if (!semanticEqual(source(spec), source(old.spec)))
    errors.push(
      forbidden(
        'spec.persistentvolumesource',
        `spec.persistentvolumesource is immutable after creation\n${internalDiff('PersistentVolumeSource', old.spec, spec)}`,
      ),
    )
  errors.push(...immutable(spec.volumeMode, old.spec.volumeMode, 'volumeMode'))
  if (old.spec.nodeAffinity && !semanticEqual(spec.nodeAffinity, old.spec.nodeAffinity))
    errors.push(
      invalid(
        'nodeAffinity',
        spec.nodeAffinity ? internalValue('VolumeNodeAffinity', spec.nodeAffinity) : null,
        'field is immutable, except for updating from beta label to GA',
      ),
    )
  if (old.spec.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined)
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
  return errors
}
export const validatePersistentVolumeStatusUpdate = (volume: PersistentVolume, old: PersistentVolume): FieldError[] => [
  ...validateObjectMetaUpdate(volume.metadata, old.metadata),
  ...(volume.metadata.resourceVersion ? [] : [required('resourceVersion')]),
]

// ---- claims

const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

export const validatePersistentVolumeClaim = ({ metadata, spec }: PersistentVolumeClaim): FieldError[] => [
  ...validateObjectMeta(metadata, true, nameIsDNSSubdomain),
  ...validateClaimSpec(spec, 'spec'),
]

export function validatePersistentVolumeClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = [...validateObjectMetaUpdate(claim.metadata, old.metadata), ...validatePersistentVolumeClaim(claim)]
  const before = { ...old.spec }
  const now = { ...claim.spec }
  // The binder sets the volume, once.
  if (!old.spec.volumeName) before.volumeName = now.volumeName
  const [annotation, oldAnnotation] = [claim.metadata.annotations?.[classAnnotation], old.metadata.annotations?.[classAnnotation]]
  const fromAnnotation =
    oldAnnotation !== undefined &&
    before.storageClassName === undefined &&
    now.storageClassName === oldAnnotation &&
    (annotation === undefined || annotation === oldAnnotation)
  if (fromAnnotation) now.storageClassName = undefined
  else {
    if ((annotation ?? '') !== (oldAnnotation ?? ''))
      errors.push(invalid(`metadata.annotations.${classAnnotation}`, annotation ?? '', 'field is immutable'))
    const fromNothing =
      before.storageClassName === undefined &&
      now.storageClassName !== undefined &&
      (oldAnnotation === undefined || now.storageClassName === oldAnnotation)
    if (fromNothing) now.storageClassName = undefined
  }
  if (claim.status.phase === 'Bound' && now.resources?.requests)
    now.resources = { ...now.resources, requests: { ...now.resources.requests, storage: old.spec.resources.requests?.['storage'] ?? '0' } }
  now.volumeAttributesClassName = before.volumeAttributesClassName
  if (!semanticEqual(now, before))
    errors.push(
      forbidden(
        'spec',
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${internalDiff('PersistentVolumeClaimSpec', before, now)}`,
      ),
    )
  const size = claim.spec.resources.requests?.['storage'] ?? '0'
  // A request may shrink to recover from an expansion that failed, but not below what is there.
  if (
    compareQuantity(size, old.spec.resources.requests?.['storage'] ?? '0') < 0 &&
    compareQuantity(size, old.status.capacity?.['storage'] ?? '0') <= 0
  )
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  errors.push(...immutable(claim.spec.volumeMode, old.spec.volumeMode, 'volumeMode'))
  const [attributes, oldAttributes] = [claim.spec.volumeAttributesClassName, old.spec.volumeAttributesClassName]
  if (oldAttributes !== undefined && attributes !== oldAttributes) {
    if (attributes === undefined) errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
    else if (attributes === '')
      errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to an empty string is forbidden'))
  }
  return errors
}

const resizeStatuses = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort()
export function validatePersistentVolumeClaimStatusUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = [...validateObjectMetaUpdate(claim.metadata, old.metadata)]
  const { status } = claim
  if (!claim.metadata.resourceVersion) errors.push(required('resourceVersion'))
  if (!claim.spec.accessModes?.length) errors.push(required('Spec.accessModes'))
  for (const [name, quantity] of Object.entries(status.capacity ?? {}))
    errors.push(...validateBasicResource(quantity, `status.capacity[${name}]`))
  const key = (name: string, path: string): FieldError[] => {
    const wrong = check(name, path, isQualifiedName)
    if (wrong.length > 0) return wrong
    return isNativeResource(name) && name !== 'storage' ? [notSupported(path, name, ['storage'])] : []
  }
  for (const [name, value] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    errors.push(...key(name, 'status.allocatedResourceStatus'))
    if (!resizeStatuses.includes(value)) errors.push(notSupported('status.allocatedResourceStatus', name, resizeStatuses))
  }
  for (const [name, quantity] of Object.entries(status.allocatedResources ?? {})) {
    const wrong = key(name, 'status.allocatedResources')
    const at = `status.allocatedResources[${name}]`
    const basic = validateBasicResource(quantity, at)
    if (wrong.length > 0) errors.push(...wrong)
    else errors.push(...(basic.length > 0 ? basic : validateResourceQuantity('storage', quantity, at)))
  }
  return errors
}
