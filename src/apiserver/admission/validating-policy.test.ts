import { describe, expect, test } from 'vitest'
import type {
  ParamRef,
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
} from '../../api/types/admissionregistration-v1.ts'
import { createMetrics } from '../../metrics/metrics.ts'
import type { Authorizer } from '../request.ts'
import { endpointsOf, objectsOf, review, type Write } from './testing.ts'
import { createValidatingAdmissionPolicy } from './validating-policy.ts'

const rule = (resource: string, more: object = {}) => ({
  apiGroups: ['*'],
  apiVersions: ['*'],
  operations: ['*'],
  resources: [resource],
  ...more,
})
/** As clients write them: defaults are filled in when they are stored. */
type Spec = { readonly [field in keyof ValidatingAdmissionPolicySpec]?: unknown }
type BindingSpec = { readonly [field in keyof ValidatingAdmissionPolicyBindingSpec]?: unknown }
const policy = (spec: Spec, name = 'p') => ({
  metadata: { name },
  spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules: [rule('configmaps')] }, ...spec },
})
const binding = (spec: BindingSpec = {}, name = 'b', policyName = 'p') => ({
  metadata: { name },
  spec: { policyName, validationActions: ['Deny'], ...spec },
})
const map = (data: Record<string, string> = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm', namespace: 'ns', ...metadata },
  data,
})
const namespaces = [{ metadata: { name: 'ns', labels: { env: 'prod' }, uid: 'u' }, status: { phase: 'Active' } }]
const params = [map({ max: '3' }, { name: 'limits', labels: { use: 'yes' } }), map({ max: '5' }, { name: 'wide', labels: { use: 'yes' } })]

/** Joe may get pods; a moment passes before he is told. */
const slow: Authorizer = {
  authorize: async ({ user, verb, resource, path }) => ({
    decision:
      (user.name === 'joe' && verb === 'get' && (resource === 'pods' || path === '/metrics')) || user.name.endsWith(':ns:robot')
        ? 'allow'
        : 'no-opinion',
    reason: 'so it is',
  }),
}

function deny(spec: Spec, bindings: readonly BindingSpec[] = [{}], metrics = createMetrics()) {
  const stored = {
    namespaces,
    configmaps: params,
    'validatingadmissionpolicies.admissionregistration.k8s.io': [policy(spec)],
    'validatingadmissionpolicybindings.admissionregistration.k8s.io': bindings.map((b, i) => binding(b, i === 0 ? 'b' : `b${i}`)),
  }
  return createValidatingAdmissionPolicy({ objects: objectsOf(stored), endpoints: endpointsOf(stored), authorizer: slow, metrics })
}
const make: Write = { resource: 'configmaps', object: map({ n: '4' }) }
const no = (why: string, code = 422) =>
  `${code} configmaps "m" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${why}`
const error = (expression: string, why: string) => no(`expression '${expression}' resulted in error: ${why}`)

describe('an expression', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['true', 'allowed'],
    ['false', no('failed expression: false')],
    ['  object.data.n == "5" ', no('failed expression: object.data.n == "5"')],
    ['object.data.x == "5"', error('object.data.x == "5"', 'no such key: x')],
    ['has(object.data.x) || object.data.n == "4"', 'allowed'],
    ['oldObject == null && object.kind == "ConfigMap" && object.apiVersion == "v1"', 'allowed'],
    ['request.operation == "CREATE" && request.name == "m" && request.namespace == "ns" && !request.dryRun', 'allowed'],
    ['request.kind.kind == "ConfigMap" && request.resource.resource == "configmaps" && request.resource.version == "v1"', 'allowed'],
    ['request.userInfo.username == "joe" && "system:authenticated" in request.userInfo.groups', 'allowed'],
    ['request.options.kind == "CreateOptions" && request.options.apiVersion == "meta.k8s.io/v1"', 'allowed'],
    ['namespaceObject.metadata.labels.env == "prod" && namespaceObject.status.phase == "Active"', 'allowed'],
    ['namespaceObject.metadata.UID == "u"', 'allowed'],
    ['authorizer.group("").resource("pods").namespace("ns").check("get").allowed()', 'allowed'],
    [
      'authorizer.group("").resource("pods").check("delete").allowed()',
      no('failed expression: authorizer.group("").resource("pods").check("delete").allowed()'),
    ],
    ['authorizer.path("/metrics").check("get").reason() == "so it is"', 'allowed'],
    ['authorizer.requestResource.check("get").allowed()', no('failed expression: authorizer.requestResource.check("get").allowed()')],
    ['authorizer.serviceAccount("ns", "robot").group("apps").resource("deployments").check("create").allowed()', 'allowed'],
    ['!authorizer.group("").resource("pods").check("get").errored()', 'allowed'],
    ['[1, 2, 3].all(i, [1, 2, 3].all(j, i + j > 0))', 'allowed'],
  ]
  test.each(rows)('%s', async (expression, answer) => {
    expect((await review(deny({ validations: [{ expression }] }), make)).answer).toBe(answer)
  })
  test('that costs too much ends', async () => {
    const check = 'authorizer.group("").resource("pods").check("get").allowed()'
    const expression = `${check} && ${check} && ${check}`
    expect((await review(deny({ validations: [{ expression }] }), make)).answer).toMatch(/operation cancelled: actual cost limit exceeded$/)
    const many = Array.from({ length: 15 }, () => ({ expression: `${check} && ${check}` }))
    expect((await review(deny({ validations: many }), make)).answer).toBe(
      no('validation failed due to running out of cost budget, no further validation rules will be run'),
    )
  })
})

test.each<[string, Spec, string]>([
  ['a message', { validations: [{ expression: 'false', message: ' no way ' }] }, no('no way')],
  [
    'a message by expression',
    { validations: [{ expression: 'false', message: 'x', messageExpression: '"n is " + object.data.n' }] },
    no('n is 4'),
  ],
  [
    'a message by expression that fails',
    { validations: [{ expression: 'false', message: 'x', messageExpression: 'object.data.x' }] },
    no('x'),
  ],
  ['a message by expression of two lines', { validations: [{ expression: 'false', message: 'x', messageExpression: '"a\\nb"' }] }, no('x')],
  [
    'a message by expression of nothing',
    { validations: [{ expression: 'false', messageExpression: '" "' }] },
    no('failed expression: false'),
  ],
  ['a reason', { validations: [{ expression: 'false', reason: 'Forbidden' }] }, no('failed expression: false', 403)],
  ['another reason', { validations: [{ expression: 'false', reason: 'RequestEntityTooLarge' }] }, no('failed expression: false', 413)],
  [
    'the first of two',
    {
      validations: [
        { expression: 'false', message: 'a' },
        { expression: 'false', message: 'b' },
      ],
    },
    no('a'),
  ],
  ['an error that is ignored', { failurePolicy: 'Ignore', validations: [{ expression: 'object.x == 1' }] }, 'allowed'],
  ['a violation, whatever is ignored', { failurePolicy: 'Ignore', validations: [{ expression: 'false' }] }, no('failed expression: false')],
  [
    'a variable',
    { variables: [{ name: 'n', expression: 'int(object.data.n)' }], validations: [{ expression: 'variables.n == 4' }] },
    'allowed',
  ],
  [
    'a variable of a variable',
    {
      variables: [
        { name: 'n', expression: 'int(object.data.n)' },
        { name: 'm', expression: 'variables.n + 1' },
      ],
      validations: [{ expression: 'variables.m == 5' }],
    },
    'allowed',
  ],
  [
    'a variable that fails',
    { variables: [{ name: 'n', expression: 'object.data.x' }], validations: [{ expression: 'variables.n == "4"' }] },
    error('variables.n == "4"', 'composited variable "n" fails to evaluate: no such key: x'),
  ],
  [
    'a variable that fails and is not needed',
    { variables: [{ name: 'n', expression: 'object.data.x' }], validations: [{ expression: 'true || variables.n == "4"' }] },
    'allowed',
  ],
  [
    'a condition that holds',
    { matchConditions: [{ name: 'c', expression: 'request.userInfo.username == "joe"' }], validations: [{ expression: 'false' }] },
    no('failed expression: false'),
  ],
  [
    'a condition that does not',
    { matchConditions: [{ name: 'c', expression: 'request.userInfo.username == "eve"' }], validations: [{ expression: 'false' }] },
    'allowed',
  ],
  [
    'a condition that fails',
    { matchConditions: [{ name: 'c', expression: 'object.x == 1' }], validations: [{ expression: 'true' }] },
    error('object.x == 1', 'no such key: x'),
  ],
  [
    'a condition that fails beside one that does not hold',
    {
      matchConditions: [
        { name: 'c', expression: 'object.x == 1' },
        { name: 'd', expression: 'false' },
      ],
      validations: [{ expression: 'false' }],
    },
    'allowed',
  ],
  [
    'a condition that fails and is ignored',
    { failurePolicy: 'Ignore', matchConditions: [{ name: 'c', expression: 'object.x == 1' }], validations: [{ expression: 'false' }] },
    'allowed',
  ],
])('%s', async (_name, spec, answer) => expect((await review(deny(spec), make)).answer).toBe(answer))

describe('parameters', () => {
  const spec: Spec = {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    validations: [{ expression: 'int(object.data.n) <= int(params.data.max)', messageExpression: '"at most " + params.data.max' }],
  }
  const by = (paramRef: ParamRef | undefined, more: Spec = {}): [Spec, BindingSpec] => [{ ...spec, ...more }, paramRef ? { paramRef } : {}]
  const noParams = no('failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction')
  test.each<[string, [Spec, BindingSpec], string]>([
    ['by name', by({ name: 'limits', namespace: 'ns', parameterNotFoundAction: 'Deny' }), no('at most 3')],
    ['by name in the namespace of the write', by({ name: 'wide', parameterNotFoundAction: 'Deny' }), 'allowed'],
    ['by label, each of them', by({ selector: { matchLabels: { use: 'yes' } }, parameterNotFoundAction: 'Deny' }), no('at most 3')],
    ['by a label that none bears', by({ selector: { matchLabels: { use: 'no' } }, parameterNotFoundAction: 'Deny' }), noParams],
    ['that are missing', by({ name: 'x', parameterNotFoundAction: 'Deny' }), noParams],
    ['that may be missing', by({ name: 'x', parameterNotFoundAction: 'Allow' }), 'allowed'],
    [
      'that are missing, of a policy whose faults are ignored',
      by({ name: 'x', parameterNotFoundAction: 'Deny' }, { failurePolicy: 'Ignore' }),
      'allowed',
    ],
    ['that the binding does not give', by(undefined, { validations: [{ expression: 'params == null' }] }), 'allowed'],
    [
      'of a kind without namespaces',
      by({ name: 'x', namespace: 'ns', parameterNotFoundAction: 'Deny' }, { paramKind: { apiVersion: 'v1', kind: 'Node' } }),
      no('failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped `paramKind`'),
    ],
    [
      'of no known kind',
      by({ name: 'x', parameterNotFoundAction: 'Deny' }, { paramKind: { apiVersion: 'x.com/v1', kind: 'X' } }),
      no("failed to configure policy: failed to find resource referenced by paramKind: 'x.com/v1, Kind=X'").replace(
        " with binding 'b'",
        '',
      ),
    ],
  ])('%s', async (_name, [policySpec, bindingSpec], answer) => {
    expect((await review(deny(policySpec, [bindingSpec]), make)).answer).toBe(answer)
  })
  test('of a namespace for a write that is in none', async () => {
    const plugin = deny({ ...spec, matchConstraints: { resourceRules: [rule('nodes')] } }, [
      { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
    ])
    const { answer } = await review(plugin, { resource: 'nodes', object: { metadata: { name: 'm' } } })
    expect(answer).toMatch(
      /failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources$/,
    )
  })
})

describe('what a violation leads to', () => {
  const spec: Spec = { validations: [{ expression: 'true' }, { expression: 'false', message: 'bad' }] }
  const warning = "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': bad"
  test('a warning and a note in the audit log', async () => {
    const outcome = await review(deny(spec, [{ validationActions: ['Warn', 'Audit'] }]), make)
    expect(outcome.answer).toBe('allowed')
    expect(outcome.warnings).toEqual([warning])
    expect(JSON.parse(outcome.audit['validation.policy.admission.k8s.io/validation_failure'] as string)).toEqual([
      { message: 'bad', policy: 'p', binding: 'b', expressionIndex: 1, validationActions: ['Warn', 'Audit'] },
    ])
  })
  test('each binding’s own', async () => {
    const outcome = await review(deny(spec, [{ validationActions: ['Warn'] }, { validationActions: ['Deny'] }]), make)
    expect(outcome.warnings).toEqual([warning])
    expect(outcome.answer).toBe(no('bad').replace("'b'", "'b1'"))
  })
  test('annotations of the audit event', async () => {
    const annotations = [
      { key: 'n', valueExpression: 'string(object.data.n)' },
      { key: 'none', valueExpression: 'null' },
      { key: 'empty', valueExpression: '" "' },
    ]
    expect((await review(deny({ auditAnnotations: annotations }), make)).audit).toEqual({ 'p/n': '4' })
    const failing = [{ key: 'x', valueExpression: 'string(object.data.x)' }]
    expect((await review(deny({ auditAnnotations: failing }), make)).answer).toBe(error('string(object.data.x)', 'no such key: x'))
    expect((await review(deny({ auditAnnotations: failing, failurePolicy: 'Ignore' }), make)).answer).toBe('allowed')
  })
})

describe('what it is about', () => {
  const constraints = (more: object, ...rules: object[]): Spec => ({
    matchConstraints: { resourceRules: rules.length > 0 ? rules : [rule('configmaps')], ...more },
    validations: [{ expression: 'false' }],
  })
  const deployment = { resource: 'deployments.apps', object: { metadata: { name: 'm' } } }
  const write = (more: Partial<Write>): Write => ({ ...make, ...more })
  const hit = 'denied'
  test.each<[string, Spec, BindingSpec, Write, string]>([
    ['another resource', constraints({}, rule('pods')), {}, make, 'allowed'],
    ['every resource', constraints({}, rule('*')), {}, deployment, hit],
    ['another group', constraints({}, rule('*', { apiGroups: [''] })), {}, deployment, 'allowed'],
    ['another version', constraints({}, rule('*', { apiVersions: ['v2'] })), {}, make, 'allowed'],
    ['another operation', constraints({}, rule('*', { operations: ['DELETE'] })), {}, make, 'allowed'],
    [
      'a deletion',
      constraints({}, rule('*', { operations: ['DELETE'] })),
      {},
      { resource: 'configmaps', operation: 'DELETE', old: map() },
      hit,
    ],
    ['a subresource', constraints({}, rule('deployments')), {}, { ...deployment, resource: 'deployments.apps/status' }, 'allowed'],
    ['all subresources', constraints({}, rule('deployments/*')), {}, { ...deployment, resource: 'deployments.apps/status' }, hit],
    ['one subresource of all', constraints({}, rule('*/scale')), {}, { ...deployment, resource: 'deployments.apps/status' }, 'allowed'],
    ['what is in a namespace', constraints({}, rule('*', { scope: 'Namespaced' })), {}, make, hit],
    ['what is in none', constraints({}, rule('*', { scope: 'Cluster' })), {}, make, 'allowed'],
    [
      'a namespace, which is in none',
      constraints({}, rule('*', { scope: 'Cluster' })),
      {},
      { resource: 'namespaces', namespace: 'm', object: { metadata: { name: 'm' } } },
      hit,
    ],
    ['one name', constraints({}, rule('*', { resourceNames: ['m'] })), {}, make, hit],
    ['another name', constraints({}, rule('*', { resourceNames: ['x'] })), {}, make, 'allowed'],
    ['all but it', constraints({ excludeResourceRules: [rule('configmaps')] }, rule('*')), {}, make, 'allowed'],
    [
      'its label',
      constraints({ objectSelector: { matchLabels: { a: 'b' } } }),
      {},
      write({ object: map({}, { labels: { a: 'b' } }) }),
      hit,
    ],
    [
      'a label it had',
      constraints({ objectSelector: { matchLabels: { a: 'b' } } }),
      {},
      write({ old: map({}, { labels: { a: 'b' } }) }),
      hit,
    ],
    ['a label it has not', constraints({ objectSelector: { matchLabels: { a: 'b' } } }), {}, make, 'allowed'],
    ['its namespace’s label', constraints({ namespaceSelector: { matchLabels: { env: 'prod' } } }), {}, make, hit],
    ['another namespace’s label', constraints({ namespaceSelector: { matchLabels: { env: 'test' } } }), {}, make, 'allowed'],
    [
      'a namespace that is missing',
      constraints({ namespaceSelector: { matchLabels: { env: 'test' } } }),
      {},
      write({ namespace: 'x' }),
      hit,
    ],
    [
      'a node, whatever the namespaces',
      constraints({ namespaceSelector: { matchLabels: { env: 'test' } } }, rule('*')),
      {},
      { resource: 'nodes', object: { metadata: { name: 'm' } } },
      hit,
    ],
    [
      'a new namespace by its own label',
      constraints({ namespaceSelector: { matchLabels: { env: 'new' } } }, rule('*')),
      {},
      { resource: 'namespaces', namespace: 'm', object: { metadata: { name: 'm', labels: { env: 'new' } } } },
      hit,
    ],
    [
      'less by its binding',
      constraints({}),
      { matchResources: { resourceRules: [rule('configmaps', { operations: ['UPDATE'] })] } },
      make,
      'allowed',
    ],
    [
      'less by its binding’s selector',
      constraints({}),
      { matchResources: { namespaceSelector: { matchLabels: { env: 'test' } } } },
      make,
      'allowed',
    ],
    ['another policy', constraints({}), { policyName: 'x' }, make, 'allowed'],
    [
      'policies, which could not be mended',
      constraints({}, rule('*')),
      {},
      { resource: 'validatingadmissionpolicies.admissionregistration.k8s.io', object: { metadata: { name: 'm' } } },
      'allowed',
    ],
    [
      'another version of the same',
      constraints({ matchPolicy: 'Equivalent' }, rule('events', { apiGroups: ['events.k8s.io'] })),
      {},
      { resource: 'events', object: { metadata: { name: 'm' } } },
      hit,
    ],
    [
      'exactly its own version',
      constraints({ matchPolicy: 'Exact' }, rule('events', { apiGroups: ['events.k8s.io'] })),
      {},
      { resource: 'events', object: { metadata: { name: 'm' } } },
      'allowed',
    ],
  ])('%s', async (_name, spec, bindingSpec, given, answer) => {
    const found = (await review(deny(spec, [bindingSpec]), given)).answer
    if (answer === hit) expect(found).toMatch(/denied request: /)
    else expect(found).toBe(answer)
  })
  test('expressions see the version that was matched', async () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'm', namespace: 'ns' },
      message: 'hello',
      involvedObject: {},
      source: {},
    }
    const spec: Spec = {
      matchConstraints: { matchPolicy: 'Equivalent', resourceRules: [rule('events', { apiGroups: ['events.k8s.io'] })] },
      validations: [{ expression: 'object.note == "hello" && request.kind.group == "events.k8s.io" && request.requestKind.group == ""' }],
    }
    expect((await review(deny(spec), { resource: 'events', object: event })).answer).toBe('allowed')
  })
})

test.each<[what: string, spec: Spec, actions: string[], want: string[]]>([
  ['what holds', { validations: [{ expression: 'true' }] }, ['Deny'], []],
  ['a violation', { validations: [{ expression: 'false' }] }, ['Warn', 'Audit'], ['no_error warn', 'no_error audit']],
  ['an expression that fails', { validations: [{ expression: 'object.data.none == "x"' }] }, ['Deny'], ['invalid_error deny']],
  [
    'one whose failure is ignored',
    { failurePolicy: 'Ignore', validations: [{ expression: 'object.data.none == "x"' }] },
    ['Deny'],
    ['invalid_error allow'],
  ],
  ['one that is none', { validations: [{ expression: 'object.' }] }, ['Deny'], ['compile_error deny']],
])('the checks of a policy are measured: %s', async (_what, spec, validationActions, want) => {
  const metrics = createMetrics()
  await review(deny(spec, [{ validationActions }], metrics), make)
  const of = (row: string, name: string) => {
    const [error, action] = row.split(' ')
    return `apiserver_validating_admission_policy_check_${name}{policy="p",policy_binding="b",error_type="${error}",enforcement_action="${action}"} 1`
  }
  const lines = metrics.render().split('\n')
  const rows = (name: string) => lines.filter((line) => line.startsWith(`apiserver_validating_admission_policy_check_${name}{`))
  expect(rows('total')).toEqual(want.map((row) => of(row, 'total')))
  expect(rows('duration_seconds_count')).toEqual(want.map((row) => of(row, 'duration_seconds_count')))
})
