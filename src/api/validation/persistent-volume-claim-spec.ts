/** The spec of a persistent volume claim, which pods and stateful sets embed (core/validation). */
import type { PersistentVolumeClaimSpec } from '../types/core-v1.ts'
import { check, optionalOneOf, positiveQuantity, validateLabelSelector } from './checks.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from './field-error.ts'
import { isDNS1123Label, isDNS1123Subdomain } from './names.ts'
import { validateResourceQuantity } from './resources.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
export function validateAccessModes(modes: readonly string[] | undefined, path: string): FieldError[] {
  const errors = (modes ?? []).flatMap((mode) => (accessModes.includes(mode) ? [] : [notSupported(path, mode, accessModes)]))
  if (modes?.includes('ReadWriteOncePod') && modes.some((m) => m !== 'ReadWriteOncePod' && accessModes.includes(m)))
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'))
  return errors
}
export const volumeModes = ['Block', 'Filesystem']

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!spec.accessModes?.length) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'))
  errors.push(...validateLabelSelector(spec.selector, `${path}.selector`))
  errors.push(...validateAccessModes(spec.accessModes, `${path}.accessModes`))
  const storage = spec.resources?.requests?.storage
  const at = `${path}.resources[storage]`
  if (storage === undefined) errors.push(required(at))
  else {
    const sign = positiveQuantity(storage, at)
    errors.push(...(sign.length > 0 ? sign : validateResourceQuantity('storage', storage, at)))
  }
  if (spec.storageClassName) errors.push(...check(spec.storageClassName, `${path}.storageClassName`, isDNS1123Subdomain))
  errors.push(...optionalOneOf(spec.volumeMode, `${path}.volumeMode`, volumeModes))
  const { dataSource, dataSourceRef } = spec
  if (dataSource) errors.push(...validateDataSource(dataSource, `${path}.dataSource`))
  if (dataSourceRef) errors.push(...validateDataSource(dataSourceRef, `${path}.dataSourceRef`))
  if (dataSource && dataSourceRef) {
    // Upstream hands the path itself on as the value, which prints as an empty object.
    if (dataSourceRef.namespace) errors.push(invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified'))
    else if (
      dataSource.apiGroup !== dataSourceRef.apiGroup ||
      dataSource.kind !== dataSourceRef.kind ||
      dataSource.name !== dataSourceRef.name
    )
      errors.push(invalid(path, {}, 'must match dataSourceRef'))
  }
  if (spec.volumeAttributesClassName)
    errors.push(...check(spec.volumeAttributesClassName, `${path}.volumeAttributesClassName`, isDNS1123Subdomain))
  return errors
}

function validateDataSource(
  source: { apiGroup?: string | null; kind: string; name: string; namespace?: string },
  path: string,
): FieldError[] {
  return [
    ...(source.name ? [] : [required(`${path}.name`)]),
    ...(source.kind ? [] : [required(`${path}.kind`)]),
    ...(!source.apiGroup && source.kind !== 'PersistentVolumeClaim'
      ? [invalid(path, source.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")]
      : []),
    ...(source.apiGroup ? check(source.apiGroup, `${path}.apiGroup`, isDNS1123Subdomain) : []),
    ...(source.namespace ? check(source.namespace, `${path}.namespace`, isDNS1123Label) : []),
  ]
}
