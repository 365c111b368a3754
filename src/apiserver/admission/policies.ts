/** What validating and mutating policies share (apiserver/pkg/admission/plugin/policy/generic): policies with their bindings, what a binding is about, and its parameters. */
import { labelSelectorAsSelector } from '../../api/labels.ts'
import type { MatchResources, ParamKind, ParamRef } from '../../api/types/admissionregistration-v1.ts'
import type { Namespace } from '../../api/types/core-v1.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import { apiVersionOf, type Endpoint, type Endpoints } from '../endpoints.ts'
import type { Objects } from '../objects.ts'
import type { Authorizer } from '../request.ts'
import { viewOf } from '../rest/core.ts'
import { everythingOf } from '../rest/selection.ts'
import type { WatchCache } from '../storage/watch-cache.ts'
import { type VersionedWrite, versionedWrite } from './admission-request.ts'
import { isSelected, matchRules, type Write } from './rules.ts'

export interface PolicyDeps {
  readonly objects: Objects
  readonly endpoints: Endpoints
  readonly authorizer: Authorizer
}
export interface MeasuredPolicyDeps extends PolicyDeps {
  readonly metrics: MetricsRegistry
}

interface Named {
  readonly metadata: { readonly name: string }
}
export interface Policy extends Named {
  readonly spec: { readonly paramKind?: ParamKind; readonly matchConstraints?: MatchResources; readonly failurePolicy?: 'Fail' | 'Ignore' }
}
export interface Binding extends Named {
  readonly spec: { readonly policyName?: string; readonly paramRef?: ParamRef; readonly matchResources?: MatchResources }
}
export interface Hook<P, B, C> {
  readonly policy: P
  /** Compiled when it is first needed. */
  compiled(): C
  readonly bindings: readonly B[]
}
export interface PolicySource<P, B, C> {
  ready(): Promise<unknown> | undefined
  /** Policies that have bindings, by name. */
  hooks(): readonly Hook<P, B, C>[]
}

export function createPolicySource<P extends Policy, B extends Binding, C>(
  objects: Objects,
  kind: 'validating' | 'mutating',
  compile: (policy: P) => C,
): PolicySource<P, B, C> {
  const policies = new Map<string, Omit<Hook<P, B, C>, 'bindings'>>()
  const bindings = new Map<string, B>()
  const policyMirror = objects.mirror<P>(`${kind}admissionpolicies.admissionregistration.k8s.io`, {
    set(name, policy) {
      let compiled: C | undefined
      policies.set(name, {
        policy,
        compiled() {
          compiled ??= compile(policy)
          return compiled
        },
      })
    },
    delete: (name) => policies.delete(name),
    clear: () => policies.clear(),
  })
  const bindingMirror = objects.mirror<B>(`${kind}admissionpolicybindings.admissionregistration.k8s.io`, {
    set: (name, binding) => bindings.set(name, binding),
    delete: (name) => bindings.delete(name),
    clear: () => bindings.clear(),
  })
  let hooks: readonly Hook<P, B, C>[] = []
  return {
    ready: () => policyMirror.ready() ?? bindingMirror.ready(),
    hooks() {
      const [policiesChanged, bindingsChanged] = [policyMirror.sync(), bindingMirror.sync()]
      if (policiesChanged || bindingsChanged)
        hooks = [...policies.values()]
          .map((hook) => ({
            ...hook,
            bindings: [...bindings.values()].filter((b) => b.spec.policyName === hook.policy.metadata.name).sort(byName),
          }))
          .filter((hook) => hook.bindings.length > 0)
          .sort((a, b) => byName(a.policy, b.policy))
      return hooks
    },
  }
}
const byName = (a: Named, b: Named): number => (a.metadata.name < b.metadata.name ? -1 : 1)

/** One run of a policy: by a binding, with one of its objects of parameters. */
export interface Invocation<P, B, C> {
  readonly policy: P
  readonly binding: B
  readonly compiled: C
  readonly write: VersionedWrite
  readonly params: object | undefined
}
/** What keeps a policy or a binding from being run. */
export interface Misconfigured<P, B> {
  readonly policy: P
  readonly binding?: B
  readonly misconfigured: string
}

/** The runs that a write calls for, in the order of the policies' and bindings' names. */
export async function invocationsOf<P extends Policy, B extends Binding, C>(
  hooks: readonly Hook<P, B, C>[],
  write: Write,
  deps: PolicyDeps,
): Promise<(Invocation<P, B, C> | Misconfigured<P, B>)[]> {
  const { endpoints } = deps
  const steps: (Invocation<P, B, C> | Misconfigured<P, B>)[] = []
  for (const { policy, bindings, compiled } of hooks) {
    const misconfigured = (what: string, error: unknown, binding?: B) =>
      steps.push({ policy, ...(binding ? { binding } : {}), misconfigured: `failed to configure ${what}: ${(error as Error).message}` })
    let endpoint: Endpoint | undefined
    try {
      endpoint = await matchResources(policy.spec.matchConstraints, write, deps)
      if (!endpoint) continue
      checkParamKind(policy, endpoints)
    } catch (error) {
      misconfigured('policy', error)
      continue
    }
    const versioned = versionedWrite(write, endpoint, endpoints)
    for (const binding of bindings) {
      try {
        if (!(await matchResources(binding.spec.matchResources, write, deps))) continue
        for (const params of await paramsOf(policy, binding, write.attributes.namespace, endpoints))
          steps.push({ policy, binding, compiled: compiled(), write: versioned, params })
      } catch (error) {
        misconfigured('binding', error, binding)
      }
    }
  }
  return steps
}

/** The endpoint that the constraints matched; undefined: they are not about this write. Throws what keeps it from knowing. */
async function matchResources(match: MatchResources | undefined, write: Write, deps: PolicyDeps): Promise<Endpoint | undefined> {
  const { objects, endpoints } = deps
  const { group, version, resource } = write.attributes.resource
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = match ?? {}
  const matched =
    resourceRules.length > 0 ? matchRules(resourceRules, matchPolicy, write, endpoints) : endpoints.get(group, version, resource)
  if (!matched || !match) return matched
  if (excludeResourceRules.length > 0 && matchRules(excludeResourceRules, matchPolicy, write, endpoints)) return undefined
  return (await isSelected(match, write, objects)) ? matched : undefined
}

/** The objects that a binding hands to its policy one by one; undefined among them: the policy runs once without. */
async function paramsOf(
  { spec: { paramKind } }: Policy,
  { spec: { paramRef } }: Binding,
  namespace: string,
  endpoints: Endpoints,
): Promise<readonly (object | undefined)[]> {
  if (!paramKind || !paramRef) return [undefined]
  const endpoint = paramEndpoint(paramKind, endpoints)
  if (!endpoint) return [undefined]
  const { namespaced } = endpoint.resource
  if (!namespaced && paramRef.namespace) throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  const place = namespaced ? paramRef.namespace || namespace : ''
  if (namespaced && place === '') throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  const cache = endpoint.cache as WatchCache
  if (!cache.loaded) await cache.load()
  const found: object[] = []
  if (paramRef.name) {
    const entry = cache.get(namespaced ? `${place}/${paramRef.name}` : paramRef.name)
    if (entry) found.push(viewOf(endpoint, entry))
  } else {
    const selector = labelSelectorAsSelector(paramRef.selector)
    const all = cache.list(everythingOf(endpoint, place)).entries.map((entry) => viewOf(endpoint, entry))
    found.push(...all.filter((param) => selector.matches(param.metadata.labels)))
  }
  if (found.length === 0 && paramRef.parameterNotFoundAction !== 'Allow')
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction')
  return found
}

/** Undefined: nothing stored is of this kind. */
export function paramEndpoint({ apiVersion, kind }: ParamKind, endpoints: Endpoints): Endpoint | undefined {
  for (const endpoint of endpoints.all()) {
    const { resource, cache } = endpoint
    if (cache && resource.kind === kind && apiVersionOf(resource.group, resource.version) === apiVersion) return endpoint
  }
  return undefined
}

function checkParamKind({ spec: { paramKind } }: Policy, endpoints: Endpoints): void {
  if (!paramKind || paramEndpoint(paramKind, endpoints)) return
  const { apiVersion = '', kind } = paramKind
  const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
  throw new Error(`failed to find resource referenced by paramKind: '${version}, Kind=${kind}'`)
}

/** The namespace of the write as expressions see it; a namespace itself is in none. */
export async function namespaceOf({ attributes }: Write, objects: Objects): Promise<Namespace | undefined> {
  const { resource, namespace } = attributes
  return namespace === '' || resource.resource === 'namespaces' ? undefined : objects.get<Namespace>('namespaces', namespace)
}
