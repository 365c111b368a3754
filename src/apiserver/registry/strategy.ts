/**
 * What is special about one resource (upstream: pkg/registry/…/strategy.go). Everything that is the same for all of
 * them lives in the server; a resource with no strategy of its own gets the defaults that each member names. Where a
 * kind has several versions, objects are in the one that is stored, whichever was written.
 */
import type { FieldError } from '../../api/validation/field-error.ts'
import type { ApiObject, WriteAttributes } from '../request.ts'

export interface Strategy<T = ApiObject> {
  /** Clears what a client may not set, such as status. Default: drops `status` when the resource has a status subresource. */
  prepareForCreate?(object: T, attributes: WriteAttributes): T
  /** Default: keeps the old `status`; raises `metadata.generation` when anything but metadata and status changed. */
  prepareForUpdate?(object: T, old: T, attributes: WriteAttributes): T
  /** All that is wrong with a new object, its metadata included. Default: `validateObjectMeta` with DNS subdomain names. */
  validate?(object: T, attributes: WriteAttributes): FieldError[]
  /** Runs after the server's `validateCommonUpdate`; its errors are appended to those. Default: `validateObjectMetaUpdate`. */
  validateUpdate?(object: T, old: T, attributes: WriteAttributes): FieldError[]
  /** What being read into upstream's internal form and written out again adds to an object before its owners are recorded. */
  converted?(object: T): T
  /** Top fields (and fields of metadata, as `metadata.labels`) that a write does not reach and so does not own in managedFields. Default: `status`; `spec` on the status subresource. */
  readonly resetFields?: readonly string[]
  /** Texts for Warning headers. */
  warnings?(object: T, old?: T): string[]
  /** Whether metadata.generation counts this resource's spec changes. Default: whether it has a status subresource. */
  readonly generation?: boolean
  /** PUT makes an object that is not there. Default false. */
  readonly allowCreateOnUpdate?: boolean
  /** PUT without a resourceVersion overwrites. Default true. */
  readonly allowUnconditionalUpdate?: boolean
  /** Values for field selectors besides metadata.name and metadata.namespace. */
  selectableFields?(object: T): Record<string, string>
  readonly selectableFieldNames?: readonly string[]
  /** Whether deletion is graceful, and for how many seconds (pods). Returns the object to delete or mark. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number
  /** What a first deletion writes in place of deleting; undefined: it is deleted as any other. */
  beforeDeletion?(object: T, now: Date): T | undefined
  /** Finalizer put on at creation, when the propagation policy is not given (`orphan` for none today). */
  readonly defaultGarbageCollection?: 'background' | 'orphan'
  /** Takes what must be unique in the cluster (cluster IPs, node ports) before the write. `undo` when the write fails, `commit` when it is done: what the old object held may go. */
  allocate?(object: T, old: T | undefined, attributes: WriteAttributes): Promise<{ object: T; undo(): void; commit?(): void }>
  /** Gives back what the object held, after it is gone. */
  release?(object: T): void
  /** Changes what is answered, not what is stored (services' node ports, secrets of old). */
  decorate?(object: T): T
  /** Annotations that upstream's internal form keeps as fields: absent where only metadata is shown (rows of a Table, PartialObjectMetadata). */
  readonly internalAnnotations?: readonly string[]
  /** How long an object lives after each write of it (events). Default: for ever. */
  readonly ttlSeconds?: number
  /** The strategies of subresources that are written like objects: status, scale, approval, resize, ephemeralcontainers. */
  readonly subresources?: Readonly<Record<string, Pick<Strategy<T>, 'prepareForUpdate' | 'validateUpdate' | 'warnings' | 'resetFields'>>>
}
