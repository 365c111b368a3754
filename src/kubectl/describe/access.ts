/** `kubectl describe` of service accounts, roles and bindings. */
import type { Secret, ServiceAccount } from '../../api/types/core-v1.ts'
import type { ClusterRole, RoleBinding } from '../../api/types/rbac-v1.ts'
import type { DescribeContext } from './index.ts'
import { type DescribeWriter, writeAnnotations, writeEvents, writeLabels } from './writer.ts'

export async function describeServiceAccount(account: ServiceAccount, w: DescribeWriter, context: DescribeContext): Promise<void> {
  const { metadata } = account
  const all = await context.list<Secret>(
    `/api/v1/namespaces/${metadata.namespace}/secrets?fieldSelector=type%3Dkubernetes.io%2Fservice-account-token`,
  )
  const tokens = all
    .filter((secret) => secret.metadata.annotations?.['kubernetes.io/service-account.uid'] === metadata.uid)
    .map((secret) => secret.metadata.name as string)
  w.line(0, `Name:\t${metadata.name}`)
  w.line(0, `Namespace:\t${metadata.namespace}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.column(
    'Image pull secrets',
    (account.imagePullSecrets ?? []).map((ref) => ref.name ?? ''),
  )
  w.column(
    'Mountable secrets',
    (account.secrets ?? []).map((ref) => ref.name ?? ''),
  )
  w.column('Tokens', tokens)
  writeEvents(w, context.events)
}

interface Row {
  readonly group: string
  readonly resource: string
  readonly urls: string
  readonly names: string
  readonly verbs: string[]
}

/** Rules taken apart to one resource each, joined where only verbs differ, and sorted. */
export function describeRole(role: ClusterRole, w: DescribeWriter): void {
  const { metadata } = role
  w.line(0, `Name:\t${metadata.name}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  const rows = new Map<string, Row>()
  for (const rule of role.rules ?? []) {
    const names = rule.resourceNames?.length ? rule.resourceNames : ['']
    const add = (group: string, resource: string, urls: string, name: string) => {
      const key = `${group}\0${resource}\0${urls}\0${name}`
      const row = rows.get(key) ?? { group, resource, urls, names: name ? `[${name}]` : '[]', verbs: [] }
      for (const verb of rule.verbs ?? []) if (!row.verbs.includes(verb)) row.verbs.push(verb)
      rows.set(key, row)
    }
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? []) for (const name of names) add(group, resource, '[]', name)
    for (const url of rule.nonResourceURLs ?? []) add('', '', `[${url}]`, '')
  }
  w.line(0, 'PolicyRule:')
  w.line(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs')
  w.line(1, '---------\t-----------------\t--------------\t-----')
  for (const { group, resource, urls, names, verbs } of [...rows.values()].sort(byRule))
    w.line(1, `${group ? `${resource}.${group}` : resource}\t${urls}\t${names}\t[${verbs.join(' ')}]`)
}
/** Upstream sorts by the rules' Go text, which begins with the verbs. */
function byRule(a: Row, b: Row): number {
  const text = (r: Row) => `[${r.verbs.join(' ')}],[${r.group}],[${r.resource}],${r.names},${r.urls}`
  return text(a) < text(b) ? -1 : 1
}

export function describeBinding(binding: RoleBinding, w: DescribeWriter, { events: _ }: DescribeContext): void {
  const { metadata, roleRef, subjects } = binding
  w.line(0, `Name:\t${metadata.name}`)
  writeLabels(w, metadata.labels)
  writeAnnotations(w, metadata.annotations)
  w.line(0, 'Role:')
  w.line(1, `Kind:\t${roleRef?.kind}`)
  w.line(1, `Name:\t${roleRef?.name}`)
  w.line(0, 'Subjects:')
  w.line(1, 'Kind\tName\tNamespace')
  w.line(1, '----\t----\t---------')
  for (const subject of subjects ?? []) w.line(1, `${subject.kind}\t${subject.name}\t${subject.namespace ?? ''}`)
}
