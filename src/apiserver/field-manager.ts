/** Who owns which field: server-side apply (src/api/apply) as the server's writes use it. */
import { apply, type ManagedObject, updateManagedFields, type WriteOptions } from '../api/apply/field-manager.ts'
import { type ApplySchema, deduced, schemaOf } from '../api/apply/schema.ts'
import { parseGroupVersion } from '../api/meta.ts'
import type { Json } from '../api/shape.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import type { ApiObject } from './request.ts'
import { inVersionOf } from './rest/core.ts'

export interface FieldManager {
  /** `next` with managedFields that say what `manager` changed from `live`. */
  update(endpoint: Endpoint, live: ApiObject | undefined, next: ApiObject, manager: string, subresource: string): ApiObject
  /** The object that applying `patch` makes. Throws the 409 that names the other managers. */
  apply(endpoint: Endpoint, live: ApiObject | undefined, patch: ApiObject, manager: string, force: boolean, subresource: string): ApiObject
}

export function createFieldManager(endpoints: Endpoints, now: () => Date): FieldManager {
  /** The same stored objects as another version serves them. */
  const served = (endpoint: Endpoint, apiVersion: string): Endpoint | undefined => {
    if (apiVersion === endpoint.apiVersion) return endpoint
    const { group, version } = parseGroupVersion(apiVersion)
    const other = endpoints.get(group, version, endpoint.resource.resource)
    return other && other.cache?.prefix === endpoint.cache?.prefix ? other : undefined
  }
  const versionOf =
    (endpoint: Endpoint, subresource: string): WriteOptions['version'] =>
    (apiVersion) => {
      const target = served(endpoint, apiVersion)
      return (
        target && {
          schema: applySchemaOf(target),
          resetFields: resetFieldsOf(target, subresource),
          view: (object) => viewed(served(endpoint, (object as ApiObject).apiVersion ?? '') ?? endpoint, target, object as ApiObject),
        }
      )
    }
  const optionsOf = (endpoint: Endpoint, manager: string, subresource: string): WriteOptions => ({
    manager,
    apiVersion: endpoint.apiVersion,
    schema: applySchemaOf(endpoint),
    resetFields: resetFieldsOf(endpoint, subresource),
    now: now(),
    ...(endpoint.custom?.byWebhook ? {} : { version: versionOf(endpoint, subresource) }),
    ...(subresource ? { subresource } : {}),
  })
  return {
    update: (endpoint, live, next, manager, subresource) => updateManagedFields(live, next, optionsOf(endpoint, manager, subresource)),
    apply: (endpoint, live, patch, manager, force, subresource) =>
      apply(live, patch as unknown as Json, { ...optionsOf(endpoint, manager, subresource), force }).object,
  }
}

export const applySchemaOf = (endpoint: Endpoint): ApplySchema =>
  endpoint.applySchema ?? (endpoint.type ? schemaOf(endpoint.type) : deduced)

const viewed = (from: Endpoint, to: Endpoint, object: ApiObject): ManagedObject => (from === to ? object : inVersionOf(from, to, object))

const status = ['status']
const none: readonly string[] = []

/** The top fields that a write through this path does not reach. */
function resetFieldsOf({ resource, strategy }: Endpoint, subresource: string): readonly string[] {
  const own = (strategy.subresources?.[subresource] ?? strategy).resetFields
  if (own) return own
  if (subresource === 'status') return ['spec']
  return resource.subresources.some((s) => s.name === 'status') ? status : none
}
