/**
 * What is special about one resource (upstream: pkg/registry/…/strategy.go). Everything that is the same for all of
 * them lives in the server; a resource with no strategy of its own gets the defaults that each member names.
 */
import type { FieldError } from '../../api/validation/field-error.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'

export interface Strategy {
  /** Clears what a client may not set, such as status. Default: drops `status` when the resource has a status subresource. */
  prepareForCreate?(object: ApiObject, attributes: WriteAttributes): ApiObject
  /** Default: keeps the old `status`; raises `metadata.generation` when anything but metadata and status changed. */
  prepareForUpdate?(object: ApiObject, old: ApiObject, attributes: WriteAttributes): ApiObject
  /** ObjectMeta is validated by the server. */
  validate?(object: ApiObject, attributes: WriteAttributes): FieldError[]
  validateUpdate?(object: ApiObject, old: ApiObject, attributes: WriteAttributes): FieldError[]
  /** The rules for `metadata.name`; returns what is wrong. Default: a DNS subdomain. */
  validateName?(name: string): string[]
  /** Texts for Warning headers. */
  warnings?(object: ApiObject, old?: ApiObject): string[]
  /** Whether metadata.generation counts this resource's spec changes. Default: whether it has a status subresource. */
  readonly generation?: boolean
  /** PUT makes an object that is not there. Default false. */
  readonly allowCreateOnUpdate?: boolean
  /** PUT without a resourceVersion overwrites. Default true. */
  readonly allowUnconditionalUpdate?: boolean
  /** Values for field selectors besides metadata.name and metadata.namespace. */
  selectableFields?(object: ApiObject): Record<string, string>
  readonly selectableFieldNames?: readonly string[]
  /** Whether deletion is graceful, and for how many seconds (pods). Returns the object to delete or mark. */
  gracePeriodSeconds?(object: ApiObject, requested: number | undefined): number
  /** Finalizer put on at creation, when the propagation policy is not given (`orphan` for none today). */
  readonly defaultGarbageCollection?: 'background' | 'orphan'
  /** Takes what must be unique in the cluster (cluster IPs, node ports) before the write; the result undoes it when the write fails. */
  allocate?(object: ApiObject, old: ApiObject | undefined, attributes: WriteAttributes): Promise<{ object: ApiObject; undo(): void }>
  /** Gives back what the object held, after it is gone. */
  release?(object: ApiObject): void
  /** Changes what is answered, not what is stored (services' node ports, secrets of old). */
  decorate?(object: ApiObject): ApiObject
  /** The strategies of subresources that are written like objects: status, scale, approval, resize, ephemeralcontainers. */
  readonly subresources?: Readonly<Record<string, Pick<Strategy, 'prepareForUpdate' | 'validateUpdate' | 'warnings'>>>
}
