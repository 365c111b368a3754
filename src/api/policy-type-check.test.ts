/** What checking a policy against its types finds. */
import { expect, test } from 'vitest'
import { typeCheckPolicy } from './policy-type-check.ts'

const deployments = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }
const both = { ...deployments, resources: ['deployments', 'daemonsets'] }
const check = (expression: string, { rules = [deployments] as object[], ...more }: { rules?: object[]; [field: string]: unknown } = {}) =>
  typeCheckPolicy({ matchConstraints: { resourceRules: rules }, validations: [{ expression }], ...more } as never)

test.each<[string, string, Parameters<typeof check>[1], string | undefined]>([
  ['what fits', 'object.spec.replicas > 1', {}, undefined],
  ['a field that is not there', 'object.spec.replica > 1', {}, "undefined field 'replica'"],
  ['a value of another type', "object.spec.replicas > '1'", {}, "found no matching overload for '_>_' applied to '(int, string)'"],
  ['lists and their items', 'object.spec.template.spec.containers.all(c, c.image.startsWith("a"))', {}, undefined],
  ['lists and what their items do not have', 'object.spec.template.spec.containers.all(c, c.imag == "a")', {}, "undefined field 'imag'"],
  ['maps', "object.metadata.labels['a'] == 'b' && has(object.metadata.annotations)", {}, undefined],
  ['times', 'object.metadata.creationTimestamp > timestamp("2026-01-01T00:00:00Z")', {}, undefined],
  ['kind and version', "object.kind == 'Deployment' && object.apiVersion == 'apps/v1'", {}, undefined],
  ['what may be a number or a text', 'object.spec.strategy.rollingUpdate.maxSurge == 1', {}, undefined],
  ['the object before', 'oldObject.spec.replica == 1', {}, "undefined field 'replica'"],
  ['a variable', 'variables.n > 1', { variables: [{ name: 'n', expression: 'object.spec.replicas' }] }, undefined],
  [
    'a variable of another type',
    "variables.n == 'a'",
    { variables: [{ name: 'n', expression: 'object.spec.replicas' }] },
    "found no matching overload for '_==_' applied to '(int, string)'",
  ],
  ['parameters of a built-in kind', 'params.data.max == "1"', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }, undefined],
  ['what they do not have', 'params.dat.max == "1"', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }, "undefined field 'dat'"],
  [
    'parameters of a kind that is not known',
    'params.anything > 1',
    { paramKind: { apiVersion: 'example.com/v1', kind: 'Limit' } },
    undefined,
  ],
  ['a rule with wildcards', 'object.nothing', { rules: [{ ...deployments, resources: ['*'] }] }, undefined],
  ['a rule of a subresource', 'object.nothing', { rules: [{ ...deployments, resources: ['deployments/scale'] }] }, undefined],
  ['a rule of a kind that is not known', 'object.nothing', { rules: [{ ...deployments, apiGroups: ['example.com'] }] }, undefined],
])('%s: %s', (_name, expression, more, expected) => {
  const [warning, ...others] = check(expression, more)
  expect(others).toEqual([])
  if (!expected) return expect(warning).toBeUndefined()
  expect(warning?.fieldRef).toBe('spec.validations[0].expression')
  expect(warning?.warning.split('\n')[0]).toMatch(/^apps\/v1, Kind=Deployment: ERROR: <input>:1:\d+: /)
  expect(warning?.warning).toContain(expected)
})

test('each type that an expression is wrong for has its part, messages are checked too, and at most ten types', () => {
  expect(check('object.spec.replicas > 1', { rules: [both] })).toEqual([
    {
      fieldRef: 'spec.validations[0].expression',
      warning: "apps/v1, Kind=DaemonSet: ERROR: <input>:1:12: undefined field 'replicas'\n | object.spec.replicas > 1\n | ...........^",
    },
  ])
  const validations = [{ expression: 'true', messageExpression: "'got ' + object.spec.replicas" }]
  expect(check('', { validations }).map((w) => w.fieldRef)).toEqual(['spec.validations[0].messageExpression'])
  const many = {
    apiGroups: ['', 'apps'],
    apiVersions: ['v1'],
    resources: [
      'pods',
      'services',
      'secrets',
      'configmaps',
      'nodes',
      'endpoints',
      'namespaces',
      'events',
      'deployments',
      'daemonsets',
      'statefulsets',
      'replicasets',
    ],
  }
  expect(check('object.nothing', { rules: [many] })[0]?.warning.match(/Kind=/g)).toHaveLength(10)
})
