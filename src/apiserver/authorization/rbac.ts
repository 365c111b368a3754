/**
 * The RBAC authorizer (upstream: plugin/pkg/auth/authorizer/rbac). Roles and bindings are kept in indexes by name and
 * by subject, fed by the watch caches at the moment of a decision, so that a change counts from the next request on.
 * What a user may do with a resource is worked out once and remembered until any role or binding changes.
 */
import type { ClusterRole, PolicyRule, Role, RoleRef, Subject } from '../../api/types/rbac-v1.ts'
import type { Mirror, Objects } from '../objects.ts'
import type { AuthorizationAttributes, Authorizer, Decision, User } from '../request.ts'
import { coversPath, coversResource } from './rules.ts'

export interface RuleSet {
  readonly rules: readonly PolicyRule[]
  /** Roles that are bound and do not exist. */
  readonly errors: readonly string[]
}

export interface Rbac extends Authorizer {
  /** All that a user is granted in a namespace ('' for the whole cluster only). */
  rulesFor(user: User, namespace: string): RuleSet
  /** The rules of a role; undefined when there is none. `namespace` is the binding's. */
  roleRules(ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined
  ready(): Promise<unknown> | undefined
}

interface Binding {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly subjects?: readonly Subject[] | null
  readonly roleRef: RoleRef
}

/** A binding as one of its subjects meets it. */
interface Grant {
  readonly namespace: string
  readonly ref: RoleRef
  readonly reason: string
}

type Grants = Map<string, Map<string, Grant>>

/** What is known of a user's way to one resource in one namespace. */
interface Verdict {
  readonly allowed: Decision | undefined
  /** Allowed for these names only. */
  readonly named: ReadonlyMap<string, Decision> | undefined
  readonly refused: Decision
}
interface Memo {
  readonly resources: Map<string, Verdict>
  readonly paths: Map<string, Decision>
}

const noOpinion: Decision = { decision: 'no-opinion', reason: '' }
const mostRemembered = 4096

export function createRbac(objects: Objects): Rbac {
  const roles = new Map<string, readonly PolicyRule[]>()
  const clusterRoles = new Map<string, readonly PolicyRule[]>()
  const clusterGrants: Grants = new Map()
  /** By namespace, then as clusterGrants. */
  const grants = new Map<string, Grants>()
  const held = new Map<string, Binding>()
  let memos = new WeakMap<User, Memo>()

  const mirrors: Mirror[] = [
    objects.mirror<Role>('roles.rbac.authorization.k8s.io', roleSink(roles)),
    objects.mirror<ClusterRole>('clusterroles.rbac.authorization.k8s.io', roleSink(clusterRoles)),
    objects.mirror<Binding>(
      'rolebindings.rbac.authorization.k8s.io',
      bindingSink(held, (namespace) => take(grants, namespace), grants),
    ),
    objects.mirror<Binding>(
      'clusterrolebindings.rbac.authorization.k8s.io',
      bindingSink(new Map(), () => clusterGrants, clusterGrants),
    ),
  ]
  const sync = () => {
    let changed = false
    for (const one of mirrors) if (one.sync()) changed = true
    if (changed) memos = new WeakMap()
  }
  const ready = () => {
    const waiting = mirrors.map((m) => m.ready()).filter((p) => p !== undefined)
    return waiting.length > 0 ? Promise.all(waiting) : undefined
  }
  const roleRules = (ref: RoleRef, namespace: string) =>
    ref.kind === 'ClusterRole' ? clusterRoles.get(ref.name) : roles.get(`${namespace}/${ref.name}`)

  /** Calls with each rule that the user is granted, until `visit` says false. Returns the bound roles that are missing. */
  const visitRules = (user: User, namespace: string, visit: (rule: PolicyRule, grant: Grant) => boolean): string[] => {
    const missing: string[] = []
    const local = namespace === '' ? undefined : grants.get(namespace)
    for (const scope of [clusterGrants, local]) {
      if (!scope) continue
      for (const subject of subjectsOf(user)) {
        for (const grant of scope.get(subject)?.values() ?? []) {
          const rules = roleRules(grant.ref, grant.namespace)
          if (!rules) {
            missing.push(`${grant.ref.kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(grant.ref.name)} not found`)
            continue
          }
          for (const rule of rules) if (!visit(rule, grant)) return missing
        }
      }
    }
    return missing
  }
  const memoOf = (user: User): Memo => {
    let memo = memos.get(user)
    if (!memo) {
      memo = { resources: new Map(), paths: new Map() }
      memos.set(user, memo)
    }
    return memo
  }

  const resourceVerdict = (a: AuthorizationAttributes): Verdict => {
    const resource = a.subresource ? `${a.resource}/${a.subresource}` : a.resource
    const { resources } = memoOf(a.user)
    const key = `${a.verb} ${a.apiGroup}/${resource} ${a.namespace}`
    const known = resources.get(key)
    if (known) return known
    let allowed: Decision | undefined
    let named: Map<string, Decision> | undefined
    const missing = visitRules(a.user, a.namespace, (rule, grant) => {
      if (!coversResource(rule, a.verb, a.apiGroup, resource, a.subresource)) return true
      const decision: Decision = { decision: 'allow', reason: grant.reason }
      if (!rule.resourceNames?.length) {
        allowed = decision
        return false
      }
      named ??= new Map()
      for (const name of rule.resourceNames) if (!named.has(name)) named.set(name, decision)
      return true
    })
    const verdict: Verdict = { allowed, named, refused: refusal(missing) }
    if (resources.size >= mostRemembered) resources.clear()
    resources.set(key, verdict)
    return verdict
  }

  const pathDecision = (a: AuthorizationAttributes): Decision => {
    const { paths } = memoOf(a.user)
    const key = `${a.verb} ${a.path}`
    const known = paths.get(key)
    if (known) return known
    let decision: Decision | undefined
    const missing = visitRules(a.user, '', (rule, grant) => {
      if (!coversPath(rule, a.verb, a.path)) return true
      decision = { decision: 'allow', reason: grant.reason }
      return false
    })
    decision ??= refusal(missing)
    if (paths.size >= mostRemembered) paths.clear()
    paths.set(key, decision)
    return decision
  }

  const decide = (a: AuthorizationAttributes): Decision => {
    sync()
    if (!a.isResourceRequest) return pathDecision(a)
    const { allowed, named, refused } = resourceVerdict(a)
    return allowed ?? named?.get(a.name) ?? refused
  }

  return {
    authorize(attributes) {
      const waiting = ready()
      return waiting ? waiting.then(() => decide(attributes)) : decide(attributes)
    },
    rulesFor(user, namespace) {
      sync()
      const rules: PolicyRule[] = []
      const errors = visitRules(user, namespace, (rule) => rules.push(rule) > 0)
      return { rules, errors }
    },
    roleRules(ref, namespace) {
      sync()
      return roleRules(ref, namespace)
    },
    ready,
  }
}

function refusal(missing: readonly string[]): Decision {
  if (missing.length === 0) return noOpinion
  const distinct = [...new Set(missing)]
  return { decision: 'no-opinion', reason: `RBAC: ${distinct.length === 1 ? distinct[0] : `[${distinct.join(', ')}]`}` }
}

function roleSink(into: Map<string, readonly PolicyRule[]>) {
  return {
    set: (key: string, role: { readonly rules?: readonly PolicyRule[] | null }) => void into.set(key, role.rules ?? []),
    delete: (key: string) => void into.delete(key),
    clear: () => into.clear(),
  }
}

function take(all: Map<string, Grants>, namespace: string): Grants {
  let found = all.get(namespace)
  if (!found) {
    found = new Map()
    all.set(namespace, found)
  }
  return found
}

function bindingSink(held: Map<string, Binding>, grantsOf: (namespace: string) => Grants, everything: Map<string, unknown>) {
  const remove = (key: string) => {
    const old = held.get(key)
    if (!old) return
    held.delete(key)
    const grants = grantsOf(old.metadata.namespace ?? '')
    for (const subject of old.subjects ?? []) {
      const id = subjectKey(subject, old.metadata.namespace ?? '')
      const list = grants.get(id)
      list?.delete(key)
      if (list?.size === 0) grants.delete(id)
    }
  }
  return {
    set(key: string, binding: Binding) {
      remove(key)
      held.set(key, binding)
      const { namespace = '', name } = binding.metadata
      const grants = grantsOf(namespace)
      for (const subject of binding.subjects ?? []) {
        const id = subjectKey(subject, namespace)
        let list = grants.get(id)
        if (!list) {
          list = new Map()
          grants.set(id, list)
        }
        if (!list.has(key)) list.set(key, { namespace, ref: binding.roleRef, reason: reasonOf(binding, name, subject, namespace) })
      }
    },
    delete: remove,
    clear() {
      held.clear()
      everything.clear()
    },
  }
}

function reasonOf({ roleRef }: Binding, name: string, subject: Subject, namespace: string): string {
  const binding = namespace ? `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}` : `ClusterRoleBinding ${JSON.stringify(name)}`
  const who = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace ?? ''}` : subject.name
  return `RBAC: allowed by ${binding} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${JSON.stringify(who)}`
}

/** A service account is the user that its tokens authenticate. */
function subjectKey(subject: Subject, namespace: string): string {
  if (subject.kind === 'Group') return `group:${subject.name}`
  if (subject.kind === 'ServiceAccount') return `user:system:serviceaccount:${subject.namespace || namespace}:${subject.name}`
  return `user:${subject.name}`
}

function* subjectsOf(user: User): Iterable<string> {
  yield `user:${user.name}`
  for (const group of user.groups) yield `group:${group}`
}
