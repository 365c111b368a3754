/**
 * Makes the bootstrap policy's objects at start and brings those back that changed (upstream: rbac/reconciliation,
 * flowcontrol/bootstrap, scheduling's bootstrap). Roles get back rules that they lost and keep what they gained;
 * `autoupdate: "false"` keeps an object as it is.
 */
import { isAlreadyExists, isConflict } from '../../api/errors.ts'
import type { RoleRef, Subject } from '../../api/types/rbac-v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { Kept } from '../kept.ts'
import type { Objects } from '../objects.ts'
import type { ApiObject } from '../request.ts'
import { deepEqual, holds } from '../rest/equal.ts'
import { flowSchemas, priorityClasses, priorityLevels } from './bootstrap-objects.ts'
import { clusterRoleBindings, clusterRoles, type PolicyBinding, type PolicyRole, roleBindings, roles } from './bootstrap-policy.ts'
import { covers } from './escalation.ts'

interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** All at once, so that they share commits; what is in a namespace is made when the `namespaces` are. */
export async function reconcilePolicy(api: Transport, objects: Objects, namespaces: Promise<void>): Promise<void> {
  const rbac = (resource: string) => `${resource}.rbac.authorization.k8s.io`
  await Promise.all([
    ...clusterRoles().map((role) => ensure(api, objects, rbac('clusterroles'), role, updatedRole)),
    ...clusterRoleBindings().map((binding) => ensure(api, objects, rbac('clusterrolebindings'), binding, updatedBinding)),
    ...roles().map((role) => namespaces.then(() => ensure(api, objects, rbac('roles'), role, updatedRole))),
    ...roleBindings().map((binding) => namespaces.then(() => ensure(api, objects, rbac('rolebindings'), binding, updatedBinding))),
  ])
}

export async function makePriorityClasses(api: Transport, objects: Objects): Promise<void> {
  await Promise.all(priorityClasses().map((c) => ensure(api, objects, 'priorityclasses.scheduling.k8s.io', c, () => undefined)))
}

/** Those of upstream that are deleted come back, and changed ones are as they were unless their annotation says otherwise. */
export function flowControlObjects(api: Transport, objects: Objects): Kept {
  const [levels, schemas] = ['prioritylevelconfigurations', 'flowschemas'].map((name) => `${name}.flowcontrol.apiserver.k8s.io`) as [
    string,
    string,
  ]
  return {
    name: 'priority-and-fairness-config-producer',
    restsOn: [{ resource: levels }, { resource: schemas }],
    async reconcile() {
      await Promise.all([
        ...priorityLevels().map((level) => ensure(api, objects, levels, level, updatedSpec)),
        ...flowSchemas().map((schema) => ensure(api, objects, schemas, schema, updatedSpec)),
      ])
    },
  }
}

/** What to write in place of what is there; undefined when that is well. `replace`: it cannot be updated to that. */
type Update<T> = (existing: ApiObject & T, wanted: T) => { readonly object: object; readonly replace?: boolean } | undefined

async function ensure<T extends Named>(api: Transport, objects: Objects, resource: string, wanted: T, update: Update<T>): Promise<void> {
  const { name, namespace } = wanted.metadata
  const dot = resource.indexOf('.')
  const collection = `/apis/${resource.slice(dot + 1)}/v1${namespace ? `/namespaces/${namespace}` : ''}/${resource.slice(0, dot)}`
  const path = `${collection}/${name}`
  for (;;) {
    const existing = await objects.get<ApiObject & T>(resource, namespace ? `${namespace}/${name}` : name)
    try {
      if (!existing) {
        await api.request({ method: 'POST', path: collection, body: wanted })
        return
      }
      const change = update(existing, wanted)
      if (!change) return
      if (change.replace) {
        await api.request({ method: 'DELETE', path })
        continue
      }
      await api.request({ method: 'PUT', path, body: change.object })
      return
    } catch (error) {
      // Another server of the cluster does the same: look again.
      if (!isAlreadyExists(error) && !isConflict(error)) throw error
    }
  }
}

const autoupdate = (object: ApiObject, annotation: string): boolean => object.metadata.annotations?.[annotation] === 'true'
const rbacAutoupdate = 'rbac.authorization.kubernetes.io/autoupdate'

const updatedRole: Update<PolicyRole> = (existing, wanted) => {
  if (!autoupdate(existing, rbacAutoupdate)) return undefined
  const metadata = {
    ...existing.metadata,
    labels: { ...wanted.metadata.labels, ...existing.metadata.labels },
    annotations: { ...wanted.metadata.annotations, ...existing.metadata.annotations },
  }
  // The rules of an aggregated role are its controller's.
  const missing = wanted.aggregationRule ? [] : covers(existing.rules ?? [], wanted.rules ?? [])
  const rules = missing.length > 0 ? [...(existing.rules ?? []), ...missing] : existing.rules
  const aggregation = wanted.aggregationRule ? { aggregationRule: wanted.aggregationRule } : {}
  const object = { ...existing, ...aggregation, metadata, rules }
  return deepEqual(object, existing) ? undefined : { object }
}

const updatedBinding: Update<PolicyBinding> = (existing, wanted) => {
  if (!autoupdate(existing, rbacAutoupdate)) return undefined
  if (!sameRole(existing.roleRef, wanted.roleRef)) return { object: wanted, replace: true }
  const have = existing.subjects ?? []
  const missing = wanted.subjects.filter((s) => !have.some((h) => sameSubject(h, s)))
  return missing.length > 0 ? { object: { ...existing, subjects: [...have, ...missing] } } : undefined
}
const sameRole = (a: RoleRef, b: RoleRef): boolean => a.kind === b.kind && a.name === b.name
const sameSubject = (a: Subject, b: Subject): boolean =>
  a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '')

/** How many seats the exempt ask for and lend is their cluster's to say. */
const updatedSpec: Update<{ metadata: { name: string }; spec: object }> = (existing, wanted) => {
  if (!autoupdate(existing, 'apf.kubernetes.io/autoupdate-spec')) return undefined
  const spec = 'exempt' in existing.spec && 'exempt' in wanted.spec ? { ...wanted.spec, exempt: existing.spec.exempt } : wanted.spec
  return holds(existing.spec, spec) ? undefined : { object: { ...existing, spec } }
}
