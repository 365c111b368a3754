/** API errors: one class in the shape of meta/v1 Status, made by functions named as upstream's (apimachinery/pkg/api/errors). */
import type { Status, StatusDetails } from './types/meta-v1.ts'

export class StatusError extends Error {
  readonly status: Status
  /** A few of upstream's errors, passed through from below, have no reason. */
  constructor(status: Partial<Status> & { message: string; code: number }) {
    super(status.message)
    this.name = 'StatusError'
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, ...status, status: 'Failure' }
  }
  get code(): number {
    return this.status.code as number
  }
  get reason(): string {
    return this.status.reason ?? ''
  }
}

const details = (resource: GroupResource, name?: string, more: Partial<StatusDetails> = {}): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(resource.group ? { group: resource.group } : {}),
  ...(resource.resource ? { kind: resource.resource } : {}),
  ...more,
})

export interface GroupResource {
  readonly group: string
  readonly resource: string
}
/** `deployments.apps`, as upstream prints a GroupResource. */
export const groupResource = (r: GroupResource): string => (r.group ? `${r.resource}.${r.group}` : r.resource)

export const newNotFound = (r: GroupResource, name: string): StatusError =>
  new StatusError({ code: 404, reason: 'NotFound', message: `${groupResource(r)} "${name}" not found`, details: details(r, name) })
export const newAlreadyExists = (r: GroupResource, name: string): StatusError =>
  new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${groupResource(r)} "${name}" already exists`,
    details: details(r, name),
  })
export const newConflict = (r: GroupResource, name: string, why: string): StatusError =>
  new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${groupResource(r)} "${name}": ${why}`,
    details: details(r, name),
  })
export const newForbidden = (r: GroupResource, name: string, why: string): StatusError =>
  new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: r.resource
      ? name
        ? `${groupResource(r)} "${name}" is forbidden: ${why}`
        : `${groupResource(r)} is forbidden: ${why}`
      : `forbidden: ${why}`,
    details: details(r, name),
  })
export const newBadRequest = (message: string): StatusError => new StatusError({ code: 400, reason: 'BadRequest', message })
export const newUnauthorized = (): StatusError => new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' })
export const newInternalError = (error: unknown): StatusError => {
  const text = error instanceof Error ? error.message : String(error)
  return new StatusError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${text}`,
    details: { causes: [{ message: text }] },
  })
}

const hasReason =
  (reason: string) =>
  (error: unknown): error is StatusError =>
    error instanceof StatusError && error.reason === reason
export const isNotFound = hasReason('NotFound')
export const isAlreadyExists = hasReason('AlreadyExists')
export const isConflict = hasReason('Conflict')
export const isForbidden = hasReason('Forbidden')
export const isUnauthorized = hasReason('Unauthorized')
/** The resource version or continue token is too old: list again. */
export const isGone = (error: unknown): error is StatusError => error instanceof StatusError && error.code === 410
