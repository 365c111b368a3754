import { describe, expect, test } from 'vitest'
import type { Mirror, MirrorSink, Objects } from '../objects.ts'
import type { AuthorizationAttributes, Decision, User } from '../request.ts'
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './bootstrap-policy.ts'
import { createRbac } from './rbac.ts'

/** The objects as they are at first, and a way to change one. */
function policy(more: Record<string, readonly object[]> = {}) {
  const all: Record<string, readonly object[]> = {
    'roles.rbac.authorization.k8s.io': roles(),
    'clusterroles.rbac.authorization.k8s.io': clusterRoles(),
    'rolebindings.rbac.authorization.k8s.io': roleBindings(),
    'clusterrolebindings.rbac.authorization.k8s.io': clusterRoleBindings(),
  }
  const objects = {
    mirror(resource: string, sink: MirrorSink<unknown>): Mirror {
      let synced = false
      return {
        ready: () => undefined,
        sync() {
          if (synced) return false
          synced = true
          for (const object of [...(all[resource] ?? []), ...(more[resource] ?? [])]) {
            const { name, namespace } = (object as { metadata: { name: string; namespace?: string } }).metadata
            sink.set(namespace ? `${namespace}/${name}` : name, object)
          }
          return true
        },
      }
    },
  } as unknown as Objects
  return createRbac(objects)
}

const attributes = (user: User, verb: string, what: string, namespace = '', name = ''): AuthorizationAttributes => {
  const [group = '', resource = '', subresource = ''] = what.split('/')
  const path = what.startsWith('/')
  return {
    user,
    verb,
    isResourceRequest: !path,
    path: path ? what : '',
    apiGroup: path ? '' : group,
    apiVersion: 'v1',
    namespace,
    resource: path ? '' : resource,
    subresource,
    name,
  }
}

const rbac = policy()
const account = (name: string): User => ({
  name: `system:serviceaccount:kube-system:${name}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
})
const who: Record<string, User> = {
  anonymous: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
  joe: { name: 'joe', groups: ['system:authenticated'] },
  master: { name: 'root', groups: ['system:masters', 'system:authenticated'] },
  scheduler: { name: 'system:kube-scheduler', groups: ['system:authenticated'] },
  manager: { name: 'system:kube-controller-manager', groups: ['system:authenticated'] },
  proxy: { name: 'system:kube-proxy', groups: ['system:authenticated'] },
  node: { name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] },
  monitoring: { name: 'm', groups: ['system:monitoring', 'system:authenticated'] },
  account: account('default'),
}

test.each([
  ['anonymous', 'get', '/version', '', true],
  ['anonymous', 'get', '/livez', '', true],
  ['anonymous', 'get', '/metrics', '', false],
  ['anonymous', 'get', '/api', '', false],
  ['anonymous', 'list', '/pods', '', false],
  ['joe', 'get', '/apis/apps', '', true],
  ['joe', 'create', 'authorization.k8s.io/selfsubjectaccessreviews', '', true],
  ['joe', 'create', 'authorization.k8s.io/subjectaccessreviews', '', false],
  ['joe', 'list', '/pods', 'default', false],
  ['master', 'delete', '/nodes', '', true],
  ['master', 'get', '/anything', '', true],
  ['scheduler', 'create', '/pods/binding', 'default', true],
  ['scheduler', 'update', '/pods', 'default', false],
  ['scheduler', 'get', '/secrets', 'default', false],
  ['scheduler', 'update', 'coordination.k8s.io/leases', 'kube-system', true],
  ['scheduler', 'update', 'coordination.k8s.io/leases', 'default', false],
  ['manager', 'create', '/serviceaccounts/token', 'default', true],
  ['manager', 'list', 'any.example.com/things', '', true],
  ['manager', 'delete', 'any.example.com/things', '', false],
  ['proxy', 'watch', 'discovery.k8s.io/endpointslices', '', true],
  ['proxy', 'list', '/secrets', '', false],
  ['node', 'get', '/secrets', 'default', false],
  ['monitoring', 'get', '/metrics', '', true],
  ['account', 'get', '/openid/v1/jwks', '', true],
  ['account', 'list', '/configmaps', 'kube-system', false],
] as const)('%s may %s %s in %j: %s', (user, verb, what, namespace, allowed) => {
  // `/pods` is a resource of the unnamed group; paths are those that no resource has.
  const isPath = !/^\/(pods|nodes|secrets|serviceaccounts|configmaps)(\/|$)/.test(what) && what.startsWith('/')
  const a = attributes(who[user] as User, verb, what, namespace)
  const asked = isPath ? a : { ...a, isResourceRequest: true, path: '', ...partsOf(what) }
  expect((rbac.authorize(asked) as Decision).decision === 'allow').toBe(allowed)
})
const partsOf = (what: string) => {
  const [apiGroup = '', resource = '', subresource = ''] = what.split('/')
  return { apiGroup, resource, subresource }
}

describe('each controller holds its own role’s rules and not another’s', () => {
  const bound = clusterRoleBindings().filter((b) => b.metadata.name.startsWith('system:controller:'))
  test.each(bound.map((b) => [b.subjects[0]?.name as string, b.roleRef.name]))('%s', (name, role) => {
    const rules = clusterRoles().find((r) => r.metadata.name === role)?.rules ?? []
    expect(rules.length).toBeGreaterThan(0)
    for (const rule of rules)
      for (const apiGroup of rule.apiGroups ?? [])
        for (const resource of rule.resources ?? [])
          for (const verb of rule.verbs) {
            const [plural = '', subresource = ''] = resource.split('/')
            const a = {
              ...attributes(account(name), verb, 'x/y'),
              apiGroup,
              resource: plural,
              subresource,
              name: rule.resourceNames?.[0] ?? '',
            }
            expect((rbac.authorize(a) as Decision).decision, `${verb} ${apiGroup}/${resource}`).toBe('allow')
          }
    const stranger = attributes(account(`not-${name}`), 'list', 'x/y')
    expect((rbac.authorize({ ...stranger, apiGroup: '', resource: 'secrets' }) as Decision).decision).toBe('no-opinion')
  })
})

test('a decision over 10,000 bindings takes less than 20 µs', () => {
  const rule = { verbs: ['get'], apiGroups: [''], resources: ['configmaps'] }
  const big = policy({
    'roles.rbac.authorization.k8s.io': Array.from({ length: 10_000 }, (_, i) => ({
      metadata: { name: 'r', namespace: `n${i}` },
      rules: [rule],
    })),
    'rolebindings.rbac.authorization.k8s.io': Array.from({ length: 10_000 }, (_, i) => ({
      metadata: { name: 'b', namespace: `n${i}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'User', name: `u${i % 100}` }],
    })),
  })
  const users = Array.from({ length: 100 }, (_, i) => ({ name: `u${i}`, groups: ['system:authenticated'] }))
  const all = Array.from({ length: 10_000 }, (_, i) => ({
    ...attributes(users[i % 100] as User, 'get', 'g/configmaps', `n${i}`),
    apiGroup: '',
  }))
  const round = () => {
    const started = process.cpuUsage()
    for (const one of all) if ((big.authorize(one) as Decision).decision !== 'allow') throw new Error('refused')
    const { user, system } = process.cpuUsage(started)
    return (user + system) / all.length
  }
  // The best of some rounds, of CPU: what other threads and other programs do meanwhile does not count.
  const micros = Math.min(...Array.from({ length: 5 }, round))
  console.info(`a decision over 10,000 bindings: ${micros.toFixed(2)} µs`)
  expect(micros).toBeLessThan(20)
})
