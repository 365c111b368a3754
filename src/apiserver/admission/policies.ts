/** What validating and mutating policies share (apiserver/pkg/admission/plugin/policy/generic): policies with their bindings, what a binding is about, and its parameters. */
import { labelSelectorAsSelector } from '../../api/labels.ts'
import type { MatchResources, ParamKind, ParamRef } from '../../api/types/admissionregistration-v1.ts'
import type { Namespace } from '../../api/types/core-v1.ts'
import { apiVersionOf, type Endpoint, type Endpoints } from '../endpoints.ts'
import type { Objects } from '../objects.ts'
import type { Authorizer } from '../request.ts'
import { viewOf } from '../rest/core.ts'
import { everythingOf } from '../rest/selection.ts'
import type { WatchCache } from '../storage/watch-cache.ts'
import { isSelected, matchRules, type Write } from './rules.ts'

export interface PolicyDeps {
  readonly objects: Objects
  readonly endpoints: Endpoints
  readonly authorizer: Authorizer
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

/** The endpoint that the constraints matched; undefined: they are not about this write. Throws what keeps it from knowing. */
export async function matchResources(match: MatchResources | undefined, write: Write, deps: PolicyDeps): Promise<Endpoint | undefined> {
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
export async function paramsOf(
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

/** What is wrong with a policy's kind of parameters, whatever the write. */
export function paramKindError({ spec: { paramKind } }: Policy, endpoints: Endpoints): string | undefined {
  if (!paramKind || paramEndpoint(paramKind, endpoints)) return undefined
  const { apiVersion = '', kind } = paramKind
  return `failed to find resource referenced by paramKind: '${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}'`
}

/** The namespace of the write as expressions see it; a namespace itself is in none. */
export async function namespaceOf({ attributes }: Write, objects: Objects): Promise<Namespace | undefined> {
  const { resource, namespace } = attributes
  return namespace === '' || resource.resource === 'namespaces' ? undefined : objects.get<Namespace>('namespaces', namespace)
}
