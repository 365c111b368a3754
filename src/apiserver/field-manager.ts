/** Who owns which field: server-side apply (src/api/apply) as the server's writes use it. */
import { apply, updateManagedFields, type WriteOptions } from '../api/apply/field-manager.ts'
import { type ApplySchema, deduced, schemaOf } from '../api/apply/schema.ts'
import type { Json } from '../api/shape.ts'
import type { Endpoint } from './endpoints.ts'
import type { ApiObject } from './request.ts'

export interface FieldManager {
  /** `next` with managedFields that say what `manager` changed from `live`. */
  update(endpoint: Endpoint, live: ApiObject | undefined, next: ApiObject, manager: string, subresource: string): ApiObject
  /** The object that applying `patch` makes. Throws the 409 that names the other managers. */
  apply(endpoint: Endpoint, live: ApiObject | undefined, patch: ApiObject, manager: string, force: boolean, subresource: string): ApiObject
}

export function createFieldManager(now: () => Date): FieldManager {
  const optionsOf = (endpoint: Endpoint, manager: string, subresource: string): WriteOptions => ({
    manager,
    apiVersion: endpoint.apiVersion,
    schema: applySchemaOf(endpoint),
    resetFields: resetFieldsOf(endpoint, subresource),
    now: now(),
    ...(subresource ? { subresource } : {}),
  })
  return {
    update: (endpoint, live, next, manager, subresource) => updateManagedFields(live, next, optionsOf(endpoint, manager, subresource)),
    apply: (endpoint, live, patch, manager, force, subresource) =>
      apply(live, patch as unknown as Json, { ...optionsOf(endpoint, manager, subresource), force }).object,
  }
}

const applySchemaOf = (endpoint: Endpoint): ApplySchema => endpoint.applySchema ?? (endpoint.type ? schemaOf(endpoint.type) : deduced)

const status = ['status']
const none: readonly string[] = []

/** The top fields that a write through this path does not reach. */
function resetFieldsOf({ resource, strategy }: Endpoint, subresource: string): readonly string[] {
  const own = (strategy.subresources?.[subresource] ?? strategy).resetFields
  if (own) return own
  if (subresource === 'status') return ['spec']
  return resource.subresources.some((s) => s.name === 'status') ? status : none
}
