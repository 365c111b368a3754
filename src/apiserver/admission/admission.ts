/**
 * The seam of admission (apiserver/pkg/admission): plugins change or refuse a write. All that admit run first, in
 * upstream's order, each on what the one before returned; then all that validate. Webhooks and CEL policies are
 * plugins like any other.
 */
import { newForbidden, type StatusError } from '../../api/errors.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'

export interface AdmissionPlugin {
  readonly name: string
  /** Whether it looks at such writes; asked once for each kind. */
  handles(resource: string, subresource: string, operation: WriteAttributes['operation']): boolean
  /** True while nothing is configured that it could ask. */
  isIdle?(): boolean
  /** Returns the object to go on with (the same one when nothing is to change). Throws StatusError to refuse. */
  admit?(
    object: ApiObject | undefined,
    old: ApiObject | undefined,
    attributes: WriteAttributes,
  ): ApiObject | undefined | Promise<ApiObject | undefined>
  /** Looks at what will be stored. Throws StatusError to refuse. May return a function that is called when the write then fails. */
  validate?(
    object: ApiObject | undefined,
    old: ApiObject | undefined,
    attributes: WriteAttributes,
  ): undefined | (() => void) | Promise<undefined | (() => void)>
}

/** admission.NewForbidden: what has no name yet is called by what its name will begin with. */
export function newRefusal({ resource, name }: WriteAttributes, object: ApiObject | undefined, why: string): StatusError {
  const { name: own, generateName } = object?.metadata ?? {}
  return newForbidden(resource, name || own || generateName || 'Unknown', why)
}
