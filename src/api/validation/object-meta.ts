/**
 * The rules of ObjectMeta (apimachinery/pkg/api/validation/objectmeta.go, and the finalizer rule that core adds).
 * `validateObjectMeta` runs inside every kind's own validation; `validateCommonUpdate` is what the server adds to each
 * update before it asks the kind (rest.BeforeUpdate), which is why upstream reports some causes more than once.
 */
import type { ObjectMeta, OwnerReference } from '../types/meta-v1.ts'
import { type FieldError, forbidden, invalid, required, tooLong } from './field-error.ts'
import { isDNS1123Label, isQualifiedName, isValidLabelValue, type NameCheck, pathSegmentName } from './names.ts'

export const immutableMessage = 'field is immutable'
export const notNegativeMessage = 'must be greater than or equal to 0'
const totalAnnotationSizeLimit = 256 * 1024

/** What of ObjectMeta is looked at; the server's ApiObject and the typed kinds both have it. */
type Meta = Readonly<
  Partial<Omit<ObjectMeta, 'ownerReferences' | 'finalizers' | 'managedFields' | 'labels' | 'annotations'>> & {
    labels?: Readonly<Record<string, string>>
    annotations?: Readonly<Record<string, string>>
    ownerReferences?: readonly Readonly<OwnerReference>[]
    finalizers?: readonly string[]
  }
>

export function validateObjectMeta(meta: Meta, namespaced: boolean, name: NameCheck, path = 'metadata'): FieldError[] {
  const errors = validateMeta(meta, namespaced, name, path)
  meta.finalizers?.forEach((finalizer, i) => {
    errors.push(...validateKubeFinalizerName(finalizer, `${path}.finalizers[${i}]`))
  })
  return errors
}

/** Without the rule that a finalizer without a domain must be a known one, as custom resources are checked. */
export function validateMeta(meta: Meta, namespaced: boolean, name: NameCheck, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = []
  if (meta.generateName) for (const m of name(meta.generateName, true)) errors.push(invalid(`${path}.generateName`, meta.generateName, m))
  if (!meta.name) errors.push(required(`${path}.name`, 'name or generateName is required'))
  else for (const m of name(meta.name, false)) errors.push(invalid(`${path}.name`, meta.name, m))
  if (namespaced) {
    if (!meta.namespace) errors.push(required(`${path}.namespace`))
    else for (const m of isDNS1123Label(meta.namespace)) errors.push(invalid(`${path}.namespace`, meta.namespace, m))
  } else if (meta.namespace) errors.push(forbidden(`${path}.namespace`, 'not allowed on this type'))
  errors.push(...validateNonNegative(meta.generation ?? 0, `${path}.generation`))
  errors.push(...validateLabels(meta.labels, `${path}.labels`))
  errors.push(...validateAnnotations(meta.annotations, `${path}.annotations`))
  errors.push(...validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`))
  errors.push(...validateFinalizers(meta.finalizers, `${path}.finalizers`))
  return errors
}

/** An update as the built-in kinds check it: the finalizers' extra rule too. */
export function validateObjectMetaUpdate(meta: Meta, old: Meta, path = 'metadata'): FieldError[] {
  const errors = validateMetaUpdate(meta, old, path)
  meta.finalizers?.forEach((finalizer, i) => {
    errors.push(...validateKubeFinalizerName(finalizer, `${path}.finalizers[${i}]`))
  })
  return errors
}

export function validateMetaUpdate(meta: Meta, old: Meta, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp) {
    const added = (meta.finalizers ?? []).filter((f) => !old.finalizers?.includes(f))
    if (added.length > 0) {
      const list = [...new Set(added)].sort().map((f) => JSON.stringify(f))
      errors.push(
        forbidden(
          `${path}.finalizers`,
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list.join(', ')}}`,
        ),
      )
    }
  }
  if (!meta.resourceVersion) errors.push(invalid(`${path}.resourceVersion`, meta.resourceVersion ?? '', 'must be specified for an update'))
  if ((meta.generation ?? 0) < (old.generation ?? 0))
    errors.push(invalid(`${path}.generation`, meta.generation ?? 0, 'must not be decremented'))
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    const value = meta[field]
    if ((value ?? '') !== (old[field] ?? '')) {
      const scalar = field === 'name' || field === 'namespace' || field === 'uid'
      errors.push(invalid(`${path}.${field}`, value ?? (scalar ? '' : null), immutableMessage))
    }
  }
  errors.push(...validateLabels(meta.labels, `${path}.labels`))
  errors.push(...validateAnnotations(meta.annotations, `${path}.annotations`))
  errors.push(...validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`))
  return errors
}

/** What the server checks on every update of every resource, before the kind's own rules. */
export function validateCommonUpdate(meta: Meta, old: Meta, namespaced: boolean): FieldError[] {
  return [...validateMeta(meta, namespaced, pathSegmentName), ...validateMetaUpdate(meta, old)]
}

export function validateNonNegative(value: number, path: string): FieldError[] {
  return value < 0 ? [invalid(path, value, notNegativeMessage)] : []
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!labels) return errors
  for (const key in labels) {
    errors.push(...validateLabelName(key, path))
    for (const m of isValidLabelValue(labels[key] as string)) errors.push(invalid(path, labels[key], m))
  }
  return errors
}
export function validateLabelName(key: string, path: string): FieldError[] {
  return isQualifiedName(key).map((m) => invalid(path, key, m))
}

export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!annotations) return errors
  let size = 0
  for (const key in annotations) {
    for (const m of isQualifiedName(key.toLowerCase())) errors.push(invalid(path, key, m))
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] as string)
  }
  if (size > totalAnnotationSizeLimit) errors.push(tooLong(path, totalAnnotationSizeLimit))
  return errors
}

function validateOwnerReferences(references: readonly Readonly<OwnerReference>[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const reference of references ?? []) {
    const version = reference.apiVersion.split('/').at(-1)
    const group = reference.apiVersion.includes('/') ? reference.apiVersion.slice(0, reference.apiVersion.indexOf('/')) : ''
    if (!version) errors.push(invalid(`${path}.apiVersion`, reference.apiVersion, 'version must not be empty'))
    for (const field of ['kind', 'name', 'uid'] as const)
      if (!reference[field]) errors.push(invalid(`${path}.${field}`, reference[field], 'must not be empty'))
    if (group === '' && version === 'v1' && reference.kind === 'Event')
      errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'))
    if (reference.controller) {
      const current = `${reference.kind}/${reference.name}`
      if (controller)
        errors.push(
          invalid(
            path,
            references,
            `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`,
          ),
        )
      else controller = current
    }
  }
  return errors
}

function validateFinalizers(finalizers: readonly string[] | undefined, path: string): FieldError[] {
  if (!finalizers?.length) return []
  const errors = finalizers.flatMap((f) => validateFinalizerName(f, path))
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  return errors
}
const validateFinalizerName = (name: string, path: string) => isQualifiedName(name).map((m) => invalid(path, name, m))

/** The core's extra rule: a name without a domain must be one the system knows. */
export function validateKubeFinalizerName(name: string, path: string): FieldError[] {
  return name.includes('/') || ['kubernetes', 'orphan', 'foregroundDeletion'].includes(name)
    ? []
    : [invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified')]
}
/** The finalizers of a namespace's spec. */
export const validateNamespaceFinalizer = (name: string, path: string): FieldError[] => [
  ...validateFinalizerName(name, path),
  ...validateKubeFinalizerName(name, path),
]
