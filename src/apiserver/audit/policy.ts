/** --audit-policy-file: how much is told of which requests (apiserver/pkg/audit/policy). The first rule that matches counts. */
import { parseYaml } from '../../api/yaml.ts'
import type { RequestInfo, User } from '../request.ts'

export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type Level = (typeof levels)[number]
export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type Stage = (typeof stages)[number]

interface Rule {
  readonly level: Level
  readonly users?: readonly string[]
  readonly userGroups?: readonly string[]
  readonly verbs?: readonly string[]
  readonly resources?: readonly {
    readonly group?: string
    readonly resources?: readonly string[]
    readonly resourceNames?: readonly string[]
  }[]
  readonly namespaces?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
  readonly omitStages?: readonly Stage[]
  readonly omitManagedFields?: boolean
}
export interface Policy {
  readonly rules: readonly Rule[]
  readonly omitStages?: readonly Stage[]
  readonly omitManagedFields?: boolean
}
const nothing: AuditDecision = { level: 'None', omitStages: new Set(), omitManagedFields: false }
const decisions = new WeakMap<Rule, AuditDecision>()

export interface AuditDecision {
  readonly level: Level
  readonly omitStages: ReadonlySet<Stage>
  readonly omitManagedFields: boolean
}

export function parsePolicy(text: string): Policy {
  const policy = parseYaml(text).value as (Policy & { kind?: string; apiVersion?: string }) | null
  if (policy?.kind !== 'Policy' || policy.apiVersion !== 'audit.k8s.io/v1') throw new Error('the audit policy is no audit.k8s.io/v1 Policy')
  if (!Array.isArray(policy.rules) || policy.rules.length === 0) throw new Error('the audit policy has no rules')
  for (const [i, rule] of (policy.rules as Rule[]).entries()) {
    if (!levels.includes(rule.level)) throw new Error(`rules[${i}].level: ${JSON.stringify(rule.level)} is none of ${levels.join(', ')}`)
    if (some(rule.nonResourceURLs) && (some(rule.resources) || some(rule.namespaces)))
      throw new Error(`rules[${i}].nonResourceURLs: rules cannot apply to both regular resources and non-resource URLs`)
    for (const url of rule.nonResourceURLs ?? [])
      if (url !== '*' && (!url.startsWith('/') || url.slice(0, -1).includes('*')))
        throw new Error(`rules[${i}].nonResourceURLs: ${JSON.stringify(url)} must begin with a '/', and may end with a '*'`)
    for (const { resources, resourceNames } of rule.resources ?? [])
      if (some(resourceNames) && !some(resources)) throw new Error(`rules[${i}].resources: resourceNames need resources`)
    for (const stage of rule.omitStages ?? [])
      if (!stages.includes(stage)) throw new Error(`rules[${i}].omitStages: ${JSON.stringify(stage)} is none of ${stages.join(', ')}`)
  }
  return policy
}

export function decide(policy: Policy, info: RequestInfo, user: User | undefined): AuditDecision {
  const rule = policy.rules.find((r) => matches(r, info, user))
  if (!rule) return nothing
  let decision = decisions.get(rule)
  if (!decision) {
    decision = {
      level: rule.level,
      omitStages: new Set([...(policy.omitStages ?? []), ...(rule.omitStages ?? [])]),
      omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false,
    }
    decisions.set(rule, decision)
  }
  return decision
}

const some = <T>(list: readonly T[] | undefined): list is readonly T[] => list !== undefined && list.length > 0

function matches(rule: Rule, info: RequestInfo, user: User | undefined): boolean {
  if (some(rule.users) && !(user && rule.users.includes(user.name))) return false
  if (some(rule.userGroups) && !user?.groups.some((g) => rule.userGroups?.includes(g))) return false
  if (some(rule.verbs) && !rule.verbs.includes(info.verb)) return false
  if (some(rule.nonResourceURLs))
    return (
      !info.isResourceRequest &&
      rule.nonResourceURLs.some((p) => p === '*' || p === info.path || (p.endsWith('*') && info.path.startsWith(p.slice(0, -1))))
    )
  if (!some(rule.resources) && !some(rule.namespaces)) return true
  if (!info.isResourceRequest) return false
  if (some(rule.namespaces) && !rule.namespaces.includes(info.namespace)) return false
  if (!some(rule.resources)) return true
  const full = info.subresource ? `${info.resource}/${info.subresource}` : info.resource
  return rule.resources.some(({ group = '', resources, resourceNames }) => {
    if (group !== info.apiGroup) return false
    if (!some(resources)) return true
    if (some(resourceNames) && !resourceNames.includes(info.name)) return false
    return resources.some(
      (r) =>
        r === '*' ||
        r === full ||
        (r.startsWith('*/') && r.slice(2) === info.subresource) ||
        (info.subresource !== '' && r.endsWith('/*') && r.slice(0, -2) === info.resource),
    )
  })
}
