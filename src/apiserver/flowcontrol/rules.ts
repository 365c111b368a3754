/** Which requests a rule of a flow schema is about (upstream: flowcontrol/rule.go). */
import type { FlowSchema } from '../../api/types/flowcontrol-v1.ts'
import type { RequestInfo, User } from '../request.ts'

export type Rule = NonNullable<FlowSchema['spec']['rules']>[number]
type Subject = NonNullable<Rule['subjects']>[number]

const any = (list: readonly string[] | null | undefined, value: string): boolean =>
  list !== undefined && list !== null && (list.includes('*') || list.includes(value))

export function matchesRule(rule: Rule, info: RequestInfo): boolean {
  if (!info.isResourceRequest)
    return (rule.nonResourceRules ?? []).some(
      (r) =>
        any(r.verbs, info.verb) &&
        r.nonResourceURLs.some((p) => p === '*' || p === info.path || (p.endsWith('/*') && info.path.startsWith(p.slice(0, -1)))),
    )
  const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource
  return (rule.resourceRules ?? []).some(
    (r) =>
      any(r.verbs, info.verb) &&
      any(r.apiGroups, info.apiGroup) &&
      any(r.resources, resource) &&
      (info.namespace === '' ? r.clusterScope === true : any(r.namespaces, info.namespace)),
  )
}

export function matchesSubject(subject: Subject, user: User): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.user?.name === '*' || subject.user?.name === user.name
    case 'Group':
      return subject.group?.name === '*' || (subject.group !== undefined && user.groups.includes(subject.group?.name ?? ''))
    case 'ServiceAccount': {
      const { namespace = '', name = '' } = subject.serviceAccount ?? {}
      const prefix = `system:serviceaccount:${namespace}:`
      return user.name.startsWith(prefix) && (name === '*' || user.name.slice(prefix.length) === name)
    }
    default:
      return false
  }
}
