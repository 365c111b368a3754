/**
 * Defaults that depend on other fields, by kind: upstream's SetDefaults functions, together with the few things its
 * conversions to the internal types change on the way in (`stringData`, `serviceAccount`). Unconditional defaults stand
 * in the tables. A function here changes the object it is given: `decodeObject` and `normalize` hand out new messages
 * and lists. Maps may be shared with what was decoded and are replaced, never changed.
 */
import type { Json } from '../decode.ts'
import { appsDefaults } from './apps.ts'
import { autoscalingDefaults } from './autoscaling.ts'
import { batchDefaults } from './batch.ts'
import { coreDefaults } from './core.ts'
import { extensionDefaults } from './extensions.ts'
import { networkingDefaults } from './networking.ts'
import { rbacDefaults } from './rbac.ts'
import { resourceDefaults } from './resource.ts'

/** What a group's file exports: by type id, a function that completes an object of the type. */
export type Defaults = Readonly<Record<string, (object: never) => void>>

const byType = new Map<string, (object: never) => void>(
  [
    appsDefaults,
    autoscalingDefaults,
    batchDefaults,
    coreDefaults,
    extensionDefaults,
    networkingDefaults,
    rbacDefaults,
    resourceDefaults,
  ].flatMap((group) => Object.entries(group)),
)

/** Completes a new object of the type with an id such as `core.v1.Pod`, and returns it. */
export function defaultObject(typeId: string, object: Json): Json {
  byType.get(typeId)?.(object as never)
  return object
}
