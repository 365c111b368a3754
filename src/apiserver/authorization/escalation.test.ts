import { describe, expect, test } from 'vitest'
import type { PolicyRule } from '../../api/types/rbac-v1.ts'
import { objectsOf, review, type Write } from '../admission/testing.ts'
import { covers, createEscalationCheck } from './escalation.ts'
import { createRbac } from './rbac.ts'

const rule = (verbs: string, resources: string, more: Partial<PolicyRule> = {}): PolicyRule => ({
  verbs: verbs.split(','),
  apiGroups: [''],
  resources: resources.split(','),
  ...more,
})
const paths = (verbs: string, ...nonResourceURLs: string[]): PolicyRule => ({ verbs: verbs.split(','), nonResourceURLs })

test.each<[string, readonly PolicyRule[], readonly PolicyRule[], number]>([
  ['the same', [rule('get', 'pods')], [rule('get', 'pods')], 0],
  ['less', [rule('get,list', 'pods,nodes')], [rule('get', 'pods')], 0],
  ['put together of several', [rule('get', 'pods'), rule('list', 'pods')], [rule('get,list', 'pods')], 0],
  ['more verbs', [rule('get', 'pods')], [rule('get,list', 'pods')], 1],
  ['all verbs', [rule('get', 'pods')], [rule('*', 'pods')], 1],
  ['anything of one who may do anything', [rule('*', '*', { apiGroups: ['*'] })], [rule('get,x', 'pods,nodes')], 0],
  ['a subresource', [rule('get', 'pods')], [rule('get', 'pods/log')], 1],
  ['a subresource of all', [rule('get', '*/scale')], [rule('get', 'pods/scale')], 0],
  ['all of a group', [rule('get', '*')], [rule('get', 'pods,secrets')], 0],
  ['another group', [rule('get', 'pods')], [rule('get', 'pods', { apiGroups: ['apps'] })], 1],
  ['one name of all', [rule('get', 'pods')], [rule('get', 'pods', { resourceNames: ['a'] })], 0],
  ['all names of one', [rule('get', 'pods', { resourceNames: ['a'] })], [rule('get', 'pods')], 1],
  ['two names of one', [rule('get', 'pods', { resourceNames: ['a'] })], [rule('get', 'pods', { resourceNames: ['a', 'b'] })], 1],
  ['a path', [paths('get', '/healthz')], [paths('get', '/healthz')], 0],
  ['a path below a star', [paths('get', '/healthz/*')], [paths('get', '/healthz/ping')], 0],
  ['a star over a path', [paths('get', '/healthz/ping')], [paths('get', '/healthz/*')], 1],
])('%s', (_name, held, wanted, missing) => expect(covers(held, wanted)).toHaveLength(missing))

describe('joe, who may read pods', () => {
  const metadata = (name: string, namespace?: string) => ({ name, ...(namespace ? { namespace } : {}) })
  const roleRef = (name: string, kind = 'ClusterRole') => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name })
  const stored = (...rules: PolicyRule[]) => ({
    'clusterroles.rbac.authorization.k8s.io': [
      { metadata: metadata('held'), rules: [rule('get,list', 'pods'), ...rules] },
      { metadata: metadata('wide'), rules: [rule('*', 'secrets')] },
      { metadata: metadata('narrow'), rules: [rule('get', 'pods')] },
    ],
    'clusterrolebindings.rbac.authorization.k8s.io': [
      { metadata: metadata('held'), roleRef: roleRef('held'), subjects: [{ kind: 'User', name: 'joe' }] },
    ],
  })
  const group = 'rbac.authorization.k8s.io'
  const may = (verb: string, resources: string, name?: string) =>
    rule(verb, resources, { apiGroups: [group], ...(name ? { resourceNames: [name] } : {}) })
  const role = (...rules: PolicyRule[]): Write => ({ resource: `roles.${group}`, object: { metadata: metadata('r', 'ns'), rules } })
  const clusterRole = (more: object): Write => ({ resource: `clusterroles.${group}`, object: { metadata: metadata('r'), ...more } })
  const bind = (to: string, kind?: string): Write => ({
    resource: `rolebindings.${group}`,
    object: { metadata: metadata('r', 'ns'), roleRef: roleRef(to, kind), subjects: [{ kind: 'User', name: 'eve' }] },
  })
  const refused = (what: string, ...missing: string[]) =>
    `403 ${what}.${group} "r" is forbidden: user "joe" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n${missing.join('\n')}`
  const secrets = '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'
  test.each<[string, readonly PolicyRule[], Write, string]>([
    ['makes a role of what he holds', [], role(rule('get', 'pods')), 'allowed'],
    ['makes a role of more', [], role(rule('get', 'secrets')), refused('roles', secrets)],
    [
      'makes a role of much more',
      [],
      role(rule('get,list', 'secrets'), paths('get', '/x')),
      refused('roles', '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}', '{NonResourceURLs:["/x"], Verbs:["get"]}'),
    ],
    ['makes a role of more, as he may escalate', [may('escalate', 'roles')], role(rule('get', 'secrets')), 'allowed'],
    [
      'makes a role of more, as he may escalate another',
      [may('escalate', 'roles', 'x')],
      role(rule('get', 'secrets')),
      refused('roles', secrets),
    ],
    [
      'keeps a role’s rules',
      [],
      { ...role(rule('get', 'secrets')), old: { metadata: metadata('r', 'ns'), rules: [rule('get', 'secrets')] } },
      'allowed',
    ],
    [
      'widens a role',
      [],
      { ...role(rule('get', 'secrets')), old: { metadata: metadata('r', 'ns'), rules: [] } },
      refused('roles', secrets),
    ],
    [
      'makes a role that gathers others',
      [],
      clusterRole({ aggregationRule: { clusterRoleSelectors: [{}] } }),
      refused('clusterroles', '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}', '{NonResourceURLs:["*"], Verbs:["*"]}'),
    ],
    ['binds a role that he holds', [], bind('narrow'), 'allowed'],
    ['binds a role of more', [], bind('wide'), refused('rolebindings', '{APIGroups:[""], Resources:["secrets"], Verbs:["*"]}')],
    ['binds a role of more, as he may bind', [may('bind', 'clusterroles', 'wide')], bind('wide'), 'allowed'],
    ['binds a role that is not there', [], bind('none', 'Role'), `404 rolebindings.${group} "none" not found`],
    ['binds it again', [], { ...bind('wide'), old: bind('wide').object as object }, 'allowed'],
  ])('%s', async (_name, rules, write, answer) => {
    const rbac = createRbac(objectsOf(stored(...rules)))
    expect((await review(createEscalationCheck(rbac, rbac), write)).answer).toBe(answer)
  })
  test('is a master', async () => {
    const rbac = createRbac(objectsOf({}))
    const write = { ...role(rule('*', '*')), groups: ['system:masters'] }
    expect((await review(createEscalationCheck(rbac, rbac), write)).answer).toBe('allowed')
  })
})
