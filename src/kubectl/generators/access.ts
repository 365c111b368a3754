/** `kubectl create serviceaccount`, `role`, `clusterrole`, `rolebinding`, `clusterrolebinding` and `token`. */

import type { Command } from '../../flags/command.ts'
import type { FlagTable } from '../../flags/flags.ts'
import { type Factory, type KubeObject, kubectlCommand } from '../factory.ts'
import { objectPrinter, outputFlags } from '../print/object.ts'
import { defined, type Generator, nameArgument } from './generator.ts'

export const serviceaccount: Generator = {
  summary: 'Create a service account.',
  usage: 'kubectl create serviceaccount NAME [--dry-run=server|client|none] [options]',
  resource: 'serviceaccounts',
  make: (_factory, name) => ({ kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name } }),
}

const ruleFlags: FlagTable = {
  verb: { type: 'list', doc: 'What may be done.' },
  resource: { type: 'list', doc: 'With which resources.' },
  'resource-name': { type: 'array', doc: 'Only with objects of these names.' },
}

interface Rule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

/** One rule for each API group, in the order in which they are met. */
async function rulesOf(factory: Factory): Promise<Rule[]> {
  const verbs = [...new Set(factory.list('verb'))]
  const names = factory.list('resource-name')
  if (verbs.length === 0) throw new Error('at least one verb must be specified')
  const resources = factory.list('resource')
  if (resources.length === 0) throw new Error('at least one resource must be specified')
  const mapper = await factory.mapper()
  const byGroup = new Map<string, string[]>()
  for (const text of resources) {
    const [word = '', subresource] = text.split('/')
    if (word === '*') {
      byGroup.set('*', ['*'])
      continue
    }
    const type = await mapper.resource(word)
    const all = byGroup.get(type.group) ?? []
    const name = subresource ? `${type.resource}/${subresource}` : type.resource
    if (!all.includes(name)) all.push(name)
    byGroup.set(type.group, all)
  }
  return [...byGroup].map(([group, list]) =>
    defined({
      verbs: verbs.includes('*') ? ['*'] : verbs,
      apiGroups: [group],
      resources: list,
      resourceNames: names.length ? [...names] : undefined,
    }),
  )
}

export const role: Generator = {
  summary: 'Create a role.',
  usage: 'kubectl create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [options]',
  resource: 'roles.rbac.authorization.k8s.io',
  flags: ruleFlags,
  make: async (factory, name) => ({
    kind: 'Role',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name },
    rules: await rulesOf(factory),
  }),
}

export const clusterrole: Generator = {
  summary: 'Create a cluster role.',
  usage: 'kubectl create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [options]',
  resource: 'clusterroles.rbac.authorization.k8s.io',
  flags: {
    ...ruleFlags,
    'non-resource-url': { type: 'list', doc: 'Paths that are no resources.' },
    'aggregation-rule': { type: 'map', doc: 'Labels of the roles it is made of.' },
  },
  async make(factory, name) {
    const base = { kind: 'ClusterRole', apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } }
    const aggregation = Object.keys((factory.invocation.values['aggregation-rule'] as object | undefined) ?? {})
    if (aggregation.length > 0) {
      if (factory.list('verb').length || factory.list('resource').length || factory.list('non-resource-url').length)
        throw new Error('aggregation rule must be specified without nonResourceURLs, resources, or verbs')
      return {
        ...base,
        aggregationRule: {
          clusterRoleSelectors: [{ matchLabels: factory.invocation.values['aggregation-rule'] as Record<string, string> }],
        },
        rules: null,
      } as KubeObject
    }
    const urls = factory.list('non-resource-url')
    if (urls.length === 0) return { ...base, rules: await rulesOf(factory) }
    if (factory.list('verb').length === 0) throw new Error('at least one verb must be specified')
    const rules: Rule[] = factory.list('resource').length > 0 ? await rulesOf(factory) : []
    return { ...base, rules: [...rules, { verbs: [...factory.list('verb')], nonResourceURLs: [...urls] }] }
  },
}

const subjectFlags: FlagTable = {
  user: { type: 'array', doc: 'Users to bind.' },
  group: { type: 'array', doc: 'Groups to bind.' },
  serviceaccount: { type: 'array', doc: 'Service accounts to bind, as NAMESPACE:NAME.' },
}
function subjectsOf(factory: Factory): object[] {
  const group = 'rbac.authorization.k8s.io'
  return [
    ...factory.list('user').map((name) => ({ kind: 'User', apiGroup: group, name })),
    ...factory.list('group').map((name) => ({ kind: 'Group', apiGroup: group, name })),
    ...factory.list('serviceaccount').map((text) => {
      const [namespace, name] = text.split(':')
      if (!namespace || !name || text.split(':').length !== 2) throw new Error('serviceaccount must be <namespace>:<name>')
      return { kind: 'ServiceAccount', name, namespace }
    }),
  ]
}

export const rolebinding: Generator = {
  summary: 'Create a role binding.',
  usage:
    'kubectl create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [options]',
  resource: 'rolebindings.rbac.authorization.k8s.io',
  flags: { ...subjectFlags, role: { type: 'string', doc: 'The role.' }, clusterrole: { type: 'string', doc: 'The cluster role.' } },
  make(factory, name) {
    const own = factory.text('role')
    const cluster = factory.text('clusterrole')
    if ((own === '') === (cluster === '')) throw new Error('exactly one of clusterrole or role must be specified')
    return {
      kind: 'RoleBinding',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: { name },
      subjects: subjectsOf(factory),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: own ? 'Role' : 'ClusterRole', name: own || cluster },
    }
  },
}

export const clusterrolebinding: Generator = {
  summary: 'Create a cluster role binding.',
  usage:
    'kubectl create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [options]',
  resource: 'clusterrolebindings.rbac.authorization.k8s.io',
  flags: { ...subjectFlags, clusterrole: { type: 'string', doc: 'The cluster role.' } },
  make(factory, name) {
    if (!factory.text('clusterrole')) throw new Error('required flag(s) "clusterrole" not set')
    return {
      kind: 'ClusterRoleBinding',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      metadata: { name },
      subjects: subjectsOf(factory),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: factory.text('clusterrole') },
    }
  },
}

export const tokenCommand: Command = kubectlCommand({
  summary: 'Ask for a token of a service account.',
  usage: 'kubectl create token SERVICE_ACCOUNT_NAME [options]',
  flags: {
    ...outputFlags,
    audience: { type: 'array', doc: 'Who the token is for.' },
    duration: { type: 'duration', doc: 'How long it is valid.' },
    'bound-object-kind': { type: 'string', doc: 'Pod, Secret or Node: the token ends with it.' },
    'bound-object-name': { type: 'string', doc: 'Its name.' },
    'bound-object-uid': { type: 'string', doc: 'Its uid.' },
  },
  async run(factory) {
    const name = nameArgument(factory)
    const kind = factory.text('bound-object-kind')
    if (kind && !['Pod', 'Secret', 'Node'].includes(kind)) throw new Error('supported --bound-object-kind values are Node, Pod, Secret')
    if (kind && !factory.text('bound-object-name')) throw new Error('--bound-object-name is required if --bound-object-kind is provided')
    if (factory.number('duration') < 0) throw new Error('--duration must be greater than or equal to 0')
    const seconds = factory.number('duration') / 1000
    if (!Number.isInteger(seconds)) throw new Error('--duration cannot be expressed in units less than seconds')
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: defined({
        audiences: factory.list('audience').length ? factory.list('audience') : undefined,
        expirationSeconds: seconds || undefined,
        boundObjectRef: kind
          ? defined({ kind, apiVersion: 'v1', name: factory.text('bound-object-name'), uid: factory.text('bound-object-uid') || undefined })
          : undefined,
      }),
    }
    const path = `/api/v1/namespaces/${await factory.namespace()}/serviceaccounts/${encodeURIComponent(name)}/token`
    const answer = await factory
      .request<KubeObject & { status: { token: string } }>({ method: 'POST', path, body })
      .catch((error: Error) => {
        throw error
      })
    const printer = await objectPrinter(factory)
    factory.out(printer ? await printer(answer) : `${answer.status.token}\n`)
  },
})
