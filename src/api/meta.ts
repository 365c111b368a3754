/** Small questions about an object's metadata that every component asks (apimachinery/pkg/apis/meta/v1: controller_ref.go, helpers.go). */
import type { ObjectMeta, OwnerReference } from './types/meta-v1.ts'

/** What these functions read of an object; every API type fits. */
export interface HasMeta {
  readonly metadata?: Pick<Partial<ObjectMeta>, 'name' | 'namespace' | 'uid' | 'deletionTimestamp' | 'finalizers'> & {
    readonly ownerReferences?: readonly OwnerReference[]
    readonly annotations?: Readonly<Record<string, string>>
    readonly labels?: Readonly<Record<string, string>>
  }
}

/** `namespace/name`, or the name alone: the key of work queues and caches. */
export function objectKey(object: HasMeta): string {
  const { namespace, name = '' } = object.metadata ?? {}
  return namespace ? `${namespace}/${name}` : name
}
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** The owner that manages the object: the one reference with `controller: true`. */
export const controllerOf = (object: HasMeta): OwnerReference | undefined => object.metadata?.ownerReferences?.find((r) => r.controller)
export const isControlledBy = (object: HasMeta, owner: HasMeta): boolean => controllerOf(object)?.uid === owner.metadata?.uid
export function newControllerRef(owner: HasMeta, apiVersion: string, kind: string): OwnerReference {
  const { name = '', uid = '' } = owner.metadata ?? {}
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}

export const isBeingDeleted = (object: HasMeta): boolean => object.metadata?.deletionTimestamp !== undefined
export const hasFinalizer = (object: HasMeta, finalizer: string): boolean => object.metadata?.finalizers?.includes(finalizer) === true
export const annotationOf = (object: HasMeta, key: string): string | undefined => object.metadata?.annotations?.[key]
export const labelOf = (object: HasMeta, key: string): string | undefined => object.metadata?.labels?.[key]

/** `apps/v1` in parts; the core group is empty. */
export function parseGroupVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}
export const groupVersion = (group: string, version: string): string => (group ? `${group}/${version}` : version)

let formattedSecond = Number.NaN
let formatted = ''

/** The time as the API writes it: RFC 3339 in whole seconds, UTC. Every write asks for the present second a few times over. */
export function formatTime(time: Date | number = Date.now()): string {
  const second = Math.floor(Number(time) / 1000)
  if (second !== formattedSecond) {
    formatted = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
    formattedSecond = second
  }
  return formatted
}
/** With microseconds, as leases and events have it. */
export const formatMicroTime = (time: Date | number = new Date()): string => `${new Date(time).toISOString().slice(0, 23)}000Z`
