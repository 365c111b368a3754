/**
 * Nobody grants what they do not hold (upstream: registry/rbac/…/policybased and component-helpers' rbac validation).
 * As admission, after what may change the object: a role needs its rules held or the verb `escalate`, a binding its
 * role's rules held or the verb `bind`.
 */
import { newForbidden, newNotFound } from '../../api/errors.ts'
import type { PolicyRule, RoleRef } from '../../api/types/rbac-v1.ts'
import type { AdmissionPlugin } from '../admission/admission.ts'
import type { Authorizer, User, WriteAttributes } from '../request.ts'
import { deepEqual } from '../rest/equal.ts'
import type { Rbac } from './rbac.ts'
import { all, coversPath, coversResource } from './rules.ts'

/** The parts of `wanted`, one verb on one thing each, that `held` does not grant. */
export function covers(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => coversPart(rule, part)))
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = []
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const part = { verbs: [verb], apiGroups: [group], resources: [resource] }
        if (rule.resourceNames?.length) for (const name of rule.resourceNames) parts.push({ ...part, resourceNames: [name] })
        else parts.push(part)
      }
    }
  }
  for (const path of rule.nonResourceURLs ?? []) for (const verb of rule.verbs) parts.push({ verbs: [verb], nonResourceURLs: [path] })
  return parts
}

function coversPart(rule: PolicyRule, part: PolicyRule): boolean {
  const verb = part.verbs[0] as string
  const path = part.nonResourceURLs?.[0]
  if (path !== undefined) return coversPath(rule, verb, path)
  const resource = part.resources?.[0] as string
  if (!coversResource(rule, verb, part.apiGroups?.[0] as string, resource, resource.split('/')[1] ?? '')) return false
  if (!rule.resourceNames?.length) return true
  const name = part.resourceNames?.[0]
  return name !== undefined && rule.resourceNames.includes(name)
}

/** Parts of one resource are put together again: their verbs in one rule. */
function compact(parts: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>()
  const rest: PolicyRule[] = []
  for (const part of parts) {
    if (part.nonResourceURLs) {
      rest.push(part)
      continue
    }
    const key = `${part.apiGroups}/${part.resources} ${part.resourceNames ?? ''}`
    const known = simple.get(key)
    if (!known) simple.set(key, { ...part, verbs: [...part.verbs] })
    else known.verbs.push(...part.verbs)
  }
  return [...rest, ...simple.values()]
}

const quoted = (list: readonly string[]): string => `[${list.map((v) => JSON.stringify(v)).join(' ')}]`

/** As rbac.CompactString prints a rule. */
function describe(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const
  return `{${parts
    .filter(([, list]) => list?.length)
    .map(([name, list]) => `${name}:${quoted(list as readonly string[])}`)
    .join(', ')}}`
}

interface RbacObject {
  readonly metadata: { readonly name: string }
  readonly rules?: readonly PolicyRule[] | null
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly unknown[] } | null
  readonly subjects?: readonly unknown[] | null
  readonly roleRef?: RoleRef
}

const fullAuthority: readonly PolicyRule[] = [
  { verbs: [all], apiGroups: [all], resources: [all] },
  { verbs: [all], nonResourceURLs: [all] },
]
const resources = new Set(['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'])
const group = 'rbac.authorization.k8s.io'

export function createEscalationCheck(rbac: Rbac, authorizer: Authorizer): AdmissionPlugin {
  const can = async (user: User, verb: string, resource: string, namespace: string, name: string): Promise<boolean> => {
    const { decision } = await authorizer.authorize({
      user,
      verb,
      isResourceRequest: true,
      path: '',
      apiGroup: group,
      apiVersion: '*',
      namespace,
      resource,
      subresource: '',
      name,
    })
    return decision === 'allow'
  }
  const confirm = (rules: readonly PolicyRule[], { user, resource, namespace }: WriteAttributes, name: string) => {
    const { rules: held, errors } = rbac.rulesFor(user, namespace)
    const missing = covers(held, rules)
    if (missing.length === 0) return
    const lines = [...new Set(compact(missing).map(describe))].sort()
    const unresolved = errors.length > 0 ? `; resolution errors: [${errors.join(' ')}]` : ''
    throw newForbidden(
      resource,
      name,
      `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${unresolved}`,
    )
  }
  const aggregates = (role: RbacObject | undefined) => (role?.aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0

  return {
    name: 'RBAC',
    handles: (resource, subresource, operation) =>
      resources.has(resource) && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
    async admit(object, old, attributes) {
      const { user, resource, namespace } = attributes
      if (resource.group !== group || user.groups.includes('system:masters')) return object
      const wanted = object as unknown as RbacObject
      const before = old as unknown as RbacObject | undefined
      const { name } = wanted.metadata
      if (wanted.roleRef) {
        if (before && deepEqual(before.subjects, wanted.subjects) && deepEqual(before.roleRef, wanted.roleRef)) return object
        const { roleRef } = wanted
        if (await can(user, 'bind', roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles', namespace, roleRef.name)) return object
        const rules = rbac.roleRules(roleRef, namespace)
        if (!rules) throw newNotFound(resource, roleRef.name)
        confirm(rules, attributes, name)
        return object
      }
      if (before && deepEqual(before.rules, wanted.rules) && deepEqual(before.aggregationRule, wanted.aggregationRule)) return object
      if (await can(user, 'escalate', resource.resource, namespace, name)) return object
      if (aggregates(wanted) && !(before && deepEqual(before.aggregationRule, wanted.aggregationRule)))
        confirm(fullAuthority, attributes, name)
      confirm(wanted.rules ?? [], attributes, name)
      return object
    },
  }
}
