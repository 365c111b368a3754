/** What a resource without a strategy of its own does to status and generation when it is written. */
import { normalize } from '../../api/decode.ts'
import type { Endpoint } from '../endpoints.ts'
import type { ApiObject } from '../request.ts'
import { storedType } from './core.ts'

type WithStatus = ApiObject & { readonly status?: unknown }

const emptyStatus = new WeakMap<Endpoint, unknown>()

/** The status a kind has when nobody set one: absent or `{}`, and what the tables fill in. */
function statusOfNothing(endpoint: Endpoint): unknown {
  const type = storedType(endpoint)
  if (!type) return undefined
  if (!emptyStatus.has(endpoint)) emptyStatus.set(endpoint, (normalize(type, { metadata: {} }).object as { status?: unknown }).status)
  return emptyStatus.get(endpoint)
}

export function withoutStatus(endpoint: Endpoint, object: ApiObject): ApiObject {
  return withStatus(object, statusOfNothing(endpoint))
}

export function withStatus(object: ApiObject, status: unknown): ApiObject {
  const { status: own, ...rest } = object as WithStatus
  if (own === status) return object
  return status === undefined ? (rest as ApiObject) : ({ ...rest, status } as ApiObject)
}

export const statusOf = (object: ApiObject): unknown => (object as WithStatus).status

/** Everything but metadata and status: what metadata.generation counts the changes of. */
export function specOf(object: ApiObject): Record<string, unknown> {
  const { metadata: _m, status: _s, kind: _k, apiVersion: _v, ...spec } = object as WithStatus
  return spec
}
