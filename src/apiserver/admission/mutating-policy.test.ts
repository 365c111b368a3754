import { describe, expect, test } from 'vitest'
import type { MutatingAdmissionPolicyBindingSpec, MutatingAdmissionPolicySpec } from '../../api/types/admissionregistration-v1.ts'
import { createMetrics } from '../../metrics/metrics.ts'
import type { AdmissionPlugin } from './admission.ts'
import { createMutatingAdmissionPolicy } from './mutating-policy.ts'
import { endpointsOf, objectsOf, review, type Write } from './testing.ts'

/** As clients write them: defaults are filled in when they are stored. */
type Spec = { readonly [field in keyof MutatingAdmissionPolicySpec]?: unknown }
type BindingSpec = { readonly [field in keyof MutatingAdmissionPolicyBindingSpec]?: unknown }

const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } })
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } })
const map = (data: Record<string, string>, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm', namespace: 'ns', ...metadata },
  data,
})
const rules = (resource: string) => ({
  resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: [resource] }],
})

function mutating(specs: readonly Spec[], binding: BindingSpec = {}, resource = 'configmaps'): AdmissionPlugin {
  const names = specs.map((_, i) => `p${i}`)
  const stored = {
    namespaces: [{ metadata: { name: 'ns', labels: { team: 'a' } } }],
    configmaps: [map({ color: 'red' }, { name: 'params' })],
    'mutatingadmissionpolicies.admissionregistration.k8s.io': specs.map((spec, i) => ({
      metadata: { name: names[i] as string },
      spec: { failurePolicy: 'Fail', reinvocationPolicy: 'Never', matchConstraints: rules(resource), ...spec },
    })),
    'mutatingadmissionpolicybindings.admissionregistration.k8s.io': names.map((name) => ({
      metadata: { name: `b-${name}` },
      spec: { policyName: name, ...binding },
    })),
  }
  const authorizer = { authorize: () => ({ decision: 'no-opinion' as const, reason: '' }) }
  return createMutatingAdmissionPolicy({ objects: objectsOf(stored), endpoints: endpointsOf(stored), authorizer, metrics })
}
const metrics = createMetrics()
const make: Write = { resource: 'configmaps', object: map({ a: '1' }, { labels: { own: 'yes' } }) }
const no = (why: string) => `403 policy 'p0' with binding 'b-p0' denied request: ${why}`

describe('a configuration map', () => {
  test.each<[string, object, object]>([
    ['gets a label', apply('Object{metadata: Object.metadata{labels: {"x": "y"}}}'), { metadata: { labels: { own: 'yes', x: 'y' } } }],
    ['gets an entry of its own', apply('Object{data: {"b": object.data.a + "2"}}'), { data: { a: '1', b: '12' } }],
    ['gets its namespace’s team', apply('Object{data: {"team": namespaceObject.metadata.labels.team}}'), { data: { a: '1', team: 'a' } }],
    [
      'gets what may be there',
      apply('Object{?data: has(object.data.z) ? optional.of({"b": "2"}) : optional.none()}'),
      { data: { a: '1' } },
    ],
    ['is patched', patch('[JSONPatch{op: "add", path: "/data/b", value: "2"}]'), { data: { a: '1', b: '2' } }],
    [
      'is patched at an odd key',
      patch('[JSONPatch{op: "add", path: "/data/" + jsonpatch.escapeKey("a/b~c"), value: "2"}]'),
      { data: { 'a/b~c': '2' } },
    ],
    [
      'is patched where a test holds',
      patch('[JSONPatch{op: "test", path: "/data/a", value: "1"}, JSONPatch{op: "replace", path: "/data/a", value: "2"}]'),
      { data: { a: '2' } },
    ],
    [
      'is left alone where it does not',
      patch('[JSONPatch{op: "test", path: "/data/a", value: "9"}, JSONPatch{op: "replace", path: "/data/a", value: "2"}]'),
      { data: { a: '1' } },
    ],
    ['moves an entry', patch('[JSONPatch{op: "move", from: "/data/a", path: "/data/b"}]'), { data: { b: '1' } }],
    [
      'is patched with an object',
      patch('[JSONPatch{op: "add", path: "/metadata/annotations", value: {"k": "v"}}]'),
      { metadata: { annotations: { k: 'v' } } },
    ],
  ])('%s', async (_name, mutation, expected) => {
    const { answer, object } = await review(mutating([{ mutations: [mutation] }]), make)
    expect(answer).toBe('allowed')
    expect(object).toMatchObject(expected)
  })
  test.each<[string, object, string]>([
    [
      'fails',
      apply('Object{data: {"b": object.data.x}}'),
      no(`expression 'Object{data: {"b": object.data.x}}' resulted in error: no such key: x`),
    ],
    [
      'sets what is none of its fields',
      apply('Object{spec: Object.spec{x: 1}}'),
      no('error applying patch: failed to convert patch object to typed object: .spec: field not declared in schema'),
    ],
    [
      'is called by another path',
      apply('Object{metadata: Object.spec{labels: {"x": "y"}}}'),
      no(
        'type mismatch: unexpected type name "Object.spec", expected "Object.metadata", which matches field name path from root Object type',
      ),
    ],
    [
      'patches what is not there',
      patch('[JSONPatch{op: "remove", path: "/data/x"}]'),
      no("JSONPath: error in remove for path: '/data/x': Unable to remove nonexistent key: x: missing value"),
    ],
  ])('is refused where a mutation %s', async (_name, mutation, answer) => {
    expect((await review(mutating([{ mutations: [mutation] }]), make)).answer).toBe(answer)
    const ignored = await review(mutating([{ failurePolicy: 'Ignore', mutations: [mutation] }]), make)
    expect(ignored.answer).toBe('allowed')
    expect(ignored.object).toEqual(make.object)
  })
})

describe('a pod', () => {
  const pod: Write = {
    resource: 'pods',
    object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'm' }, spec: { containers: [{ name: 'a', image: 'i' }] } },
  }
  test('gets a container beside its own, with its defaults', async () => {
    const sidecar = apply('Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: "mesh", image: "mesh:1"}]}}')
    const { object } = await review(mutating([{ mutations: [sidecar] }], {}, 'pods'), pod)
    expect(object).toMatchObject({
      spec: { containers: [{ name: 'a' }], initContainers: [{ name: 'mesh', imagePullPolicy: 'IfNotPresent' }] },
    })
  })
  test('keeps what is only set as a whole', async () => {
    const command = apply('Object{spec: Object.spec{containers: [Object.spec.containers{name: "a", command: ["x"]}]}}')
    expect((await review(mutating([{ mutations: [command] }], {}, 'pods'), pod)).answer).toBe(
      no('error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.containers[0].command'),
    )
  })
})

const add = (name: string, value = '"yes"') => apply(`Object{data: {"${name}": ${value}}}`)
test.each<[string, readonly Spec[], BindingSpec, object]>([
  ['mutations in turn', [{ mutations: [add('b'), add('c', 'object.data.b')] }], {}, { a: '1', b: 'yes', c: 'yes' }],
  ['policies in turn', [{ mutations: [add('b')] }, { mutations: [add('c', 'object.data.b')] }], {}, { a: '1', b: 'yes', c: 'yes' }],
  [
    'variables',
    [{ variables: [{ name: 'v', expression: '"x" + object.data.a' }], mutations: [add('b', 'variables.v')] }],
    {},
    { a: '1', b: 'x1' },
  ],
  [
    'a condition that does not hold',
    [{ matchConditions: [{ name: 'c', expression: 'object.data.a == "2"' }], mutations: [add('b')] }],
    {},
    { a: '1' },
  ],
  [
    'parameters',
    [{ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, mutations: [add('b', 'params.data.color')] }],
    { paramRef: { name: 'params', parameterNotFoundAction: 'Deny' } },
    { a: '1', b: 'red' },
  ],
  ['another resource', [{ matchConstraints: rules('secrets'), mutations: [add('b')] }], {}, { a: '1' }],
])('%s', async (_name, specs, binding, data) => {
  expect(((await review(mutating(specs, binding), make)).object as unknown as { data: object }).data).toEqual(data)
})
test('a deletion has nothing to change', async () => {
  expect((await review(mutating([{ mutations: [add('b')] }]), { resource: 'configmaps', operation: 'DELETE', old: map({}) })).answer).toBe(
    'allowed',
  )
})

test('the checks of a policy are measured', async () => {
  const rows = () =>
    metrics
      .render()
      .split('\n')
      .filter((line) => line.includes('policy_binding="b-p0"') && /^[a-z_]+(total|count)\{/.test(line))
      .map((line) => line.replace(/ \d+$/, ''))
  await review(mutating([{ mutations: [apply('Object{data: {"b": "2"}}')] }]), make)
  await review(mutating([{ mutations: [apply('Object{data: {"b": object.data.none}}')] }]), make)
  const of = 'policy="p0",policy_binding="b-p0"'
  expect(rows()).toEqual(
    expect.arrayContaining(
      ['no_error', 'invalid_error'].flatMap((error) =>
        ['total', 'duration_seconds_count'].map((name) => `apiserver_mutating_admission_policy_check_${name}{${of},error_type="${error}"}`),
      ),
    ),
  )
})
