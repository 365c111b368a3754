/** What one RBAC rule grants (upstream: pkg/registry/rbac and plugin/pkg/auth/authorizer/rbac's RuleAllows). */
import type { PolicyRule } from '../../api/types/rbac-v1.ts'

export const all = '*'

const holds = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes(value) || list.includes(all))

/** `resource` carries its subresource: `pods/log`. */
export function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (!resources) return false
  for (const granted of resources) {
    if (granted === all || granted === resource) return true
    if (subresource !== '' && granted.length === subresource.length + 2 && granted.startsWith('*/') && granted.endsWith(subresource))
      return true
  }
  return false
}

export function pathMatches(paths: readonly string[] | undefined, path: string): boolean {
  if (!paths) return false
  for (const granted of paths)
    if (granted === all || granted === path || (granted.endsWith('*') && path.startsWith(granted.slice(0, -1)))) return true
  return false
}

/** Whether the rule is about this verb on this resource, whatever the names it is restricted to. */
export const coversResource = (rule: PolicyRule, verb: string, group: string, resource: string, subresource: string): boolean =>
  holds(rule.verbs, verb) && holds(rule.apiGroups, group) && resourceMatches(rule.resources, resource, subresource)

export const coversPath = (rule: PolicyRule, verb: string, path: string): boolean =>
  holds(rule.verbs, verb) && pathMatches(rule.nonResourceURLs, path)
