import { describe, expect, test } from 'vitest'
import { createMetrics } from '../../metrics/metrics.ts'
import { createPodSecurity } from './pod-security.ts'
import { parsePodSecurityConfiguration } from './pod-security-policy.ts'
import { objectsOf, review, type Stored, type Write } from './testing.ts'

const prefix = 'pod-security.kubernetes.io/'
const config = (rest: object = {}) => ({ apiVersion: 'pod-security.admission.config.k8s.io/v1', kind: 'PodSecurityConfiguration', ...rest })
const namespace = (labels: Record<string, string> = {}, name = 'ns') => ({
  metadata: { name, labels: Object.fromEntries(Object.entries(labels).map(([k, v]) => [prefix + k, v])) },
})
const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, namespace: 'ns', ...metadata },
  spec: { containers: [{ name: 'a', image: 'a:1' }], ...spec },
})
const onHost = { hostNetwork: true }
const hostFound = 'host namespaces (hostNetwork=true)'
const ask = (write: Write, stored: Stored, configuration?: object, metrics = createMetrics()) =>
  review(createPodSecurity(objectsOf(stored), parsePodSecurityConfiguration(configuration), metrics), write)
const baseline = { namespaces: [namespace({ enforce: 'baseline', audit: 'baseline', warn: 'baseline' })] }
const refused = `403 pods "p" is forbidden: violates PodSecurity "baseline:latest": ${hostFound}`

describe('a pod', () => {
  const create: Write = { resource: 'pods', object: pod('p', onHost) }
  test('is refused without a warning, and noted', async () => {
    expect(await ask(create, baseline)).toMatchObject({
      answer: refused,
      warnings: [],
      audit: {
        [`${prefix}enforce-policy`]: 'baseline:latest',
        [`${prefix}audit-violations`]: `would violate PodSecurity "baseline:latest": ${hostFound}`,
      },
    })
  })
  test.each<[string, object | undefined, Stored, string]>([
    ['where no label and no default says so', undefined, { namespaces: [namespace()] }, 'allowed'],
    ['by the default', config({ defaults: { enforce: 'baseline' } }), { namespaces: [namespace()] }, refused],
    [
      'by the default’s version',
      config({ defaults: { enforce: 'baseline', 'enforce-version': 'v1.30' } }),
      { namespaces: [namespace()] },
      refused.replace('latest', 'v1.30'),
    ],
    [
      'by a label over the default',
      config({ defaults: { enforce: 'baseline' } }),
      { namespaces: [namespace({ enforce: 'privileged' })] },
      'allowed',
    ],
    ['by a level that nobody knows', undefined, { namespaces: [namespace({ enforce: 'x' })] }, refused.replace('baseline', 'restricted')],
    ['of an exempt namespace', config({ exemptions: { namespaces: ['ns'] } }), baseline, 'allowed'],
    ['of another namespace', config({ exemptions: { namespaces: ['other'] } }), baseline, refused],
    ['of an exempt user', config({ exemptions: { usernames: ['joe'] } }), baseline, 'allowed'],
    ['of another runtime class', config({ exemptions: { runtimeClasses: ['sandboxed'] } }), baseline, refused],
  ])('%s', async (_name, configuration, stored, answer) => {
    const { answer: got } = await ask(create, stored, configuration)
    expect(got.startsWith(answer)).toBe(true)
  })
  test.each<[string, Write, object, string]>([
    ['user', create, { usernames: ['joe'] }, 'user'],
    ['namespace', create, { namespaces: ['ns'] }, 'namespace'],
    [
      'runtime class',
      { resource: 'pods', object: pod('p', { ...onHost, runtimeClassName: 'vm' }) },
      { runtimeClasses: ['vm'] },
      'runtimeClass',
    ],
  ])('that is exempt by its %s says so in the audit log', async (_name, write, exemptions, value) => {
    expect(await ask(write, baseline, config({ exemptions }))).toMatchObject({ answer: 'allowed', audit: { [`${prefix}exempt`]: value } })
  })
  test.each<[string, Write, string]>([
    ['its labels change', { resource: 'pods', object: pod('p', onHost, { labels: { a: 'b' } }), old: pod('p', onHost) }, 'allowed'],
    [
      'its tolerations change',
      { resource: 'pods', object: pod('p', { ...onHost, tolerations: [{ key: 'a' }] }), old: pod('p', onHost) },
      'allowed',
    ],
    [
      'its image changes',
      { resource: 'pods', object: pod('p', { ...onHost, containers: [{ name: 'a', image: 'a:2' }] }), old: pod('p', onHost) },
      refused,
    ],
    [
      'it gets an ephemeral container',
      {
        resource: 'pods/ephemeralcontainers',
        object: pod('p', { ...onHost, ephemeralContainers: [{ name: 'e', image: 'e:1' }] }),
        old: pod('p', onHost),
      },
      refused,
    ],
    ['its status changes', { resource: 'pods/status', object: pod('p', onHost), old: pod('p') }, 'allowed'],
    ['it goes', { resource: 'pods', operation: 'DELETE', old: pod('p', onHost) }, 'allowed'],
  ])('that is there, when %s', async (_name, write, answer) => {
    expect((await ask(write, baseline)).answer).toBe(answer)
  })
})

test.each([
  ['deployments.apps', { spec: { template: pod('t', onHost) } }],
  ['cronjobs.batch', { spec: { jobTemplate: { spec: { template: pod('t', onHost) } } } }],
  ['podtemplates', { template: pod('t', onHost) }],
])('%s with a template that is refused are warned about', async (resource, rest) => {
  expect(await ask({ resource, object: { metadata: { name: 'd' }, ...rest } }, baseline)).toMatchObject({
    answer: 'allowed',
    warnings: [`would violate PodSecurity "baseline:latest": ${hostFound}`],
  })
})
test('a replication controller without a template is let by', async () => {
  expect(await ask({ resource: 'replicationcontrollers', object: { metadata: { name: 'r' }, spec: {} } }, baseline)).toMatchObject({
    answer: 'allowed',
    warnings: [],
  })
})

describe('a namespace', () => {
  const label = (mode: string, value: string, why: string) =>
    `422 Namespace "ns" is invalid: metadata.labels[${prefix}${mode}]: Invalid value: "${value}": ${why}`
  const levels = 'must be one of privileged, baseline, restricted'
  test.each<[string, object, object | undefined, string]>([
    ['with a level that nobody knows', namespace({ enforce: 'x' }), undefined, label('enforce', 'x', levels)],
    [
      'with a version that is none',
      namespace({ 'warn-version': '1.3' }),
      undefined,
      label('warn-version', '1.3', 'must be "latest" or "v1.x"'),
    ],
    ['that gets a bad level', namespace({ audit: 'x' }), namespace(), label('audit', 'x', levels)],
    ['that keeps its bad level', namespace({ audit: 'x' }), namespace({ audit: 'x' }), 'allowed'],
    ['with good ones', namespace({ enforce: 'baseline', 'enforce-version': 'v1.30' }), undefined, 'allowed'],
  ])('%s', async (_name, object, old, answer) => {
    expect((await ask({ resource: 'namespaces', object, ...(old ? { old } : {}) }, {})).answer).toBe(answer)
  })

  const owned = (uid: string) => ({ ownerReferences: [{ uid, controller: true }] })
  const pods = [
    pod('b', onHost),
    pod('a', onHost),
    pod('c', onHost, owned('1')),
    pod('d', { ...onHost, hostPID: true, runtimeClassName: 'vm' }),
    pod('e', { containers: [{ name: 'a', securityContext: { privileged: true } }] }),
    pod('good'),
  ]
  const title = 'existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"'
  test.each<[string, object, object, object | undefined, string[]]>([
    [
      'tightened',
      namespace({ enforce: 'baseline' }),
      namespace(),
      undefined,
      [title, 'a (and 3 other pods): host namespaces', 'e: privileged'],
    ],
    [
      'tightened, but for an exempt runtime class',
      namespace({ enforce: 'baseline' }),
      namespace(),
      config({ exemptions: { runtimeClasses: ['vm'] } }),
      [title, 'a (and 2 other pods): host namespaces', 'e: privileged'],
    ],
    ['loosened', namespace({ enforce: 'baseline' }), namespace({ enforce: 'restricted' }), undefined, []],
    ['set to privileged', namespace({ enforce: 'privileged' }), namespace({ enforce: 'baseline' }), undefined, []],
    ['left', namespace({ enforce: 'baseline', warn: 'baseline' }), namespace({ enforce: 'baseline' }), undefined, []],
    [
      'ignored',
      namespace({ enforce: 'baseline', warn: 'restricted' }),
      namespace(),
      config({ exemptions: { namespaces: ['ns'] } }),
      ['namespace "ns" is exempt from Pod Security, and the policy (enforce=baseline:latest, warn=restricted:latest) will be ignored'],
    ],
  ])('whose level is %s tells of its pods', async (_name, object, old, configuration, warnings) => {
    expect((await ask({ resource: 'namespaces', object, old }, { pods }, configuration)).warnings).toEqual(warnings)
  })
  test('with more pods than are looked at says how many it saw', async () => {
    const many = Array.from({ length: 3001 }, (_, i) => pod(`p${i}`, {}, owned('1')))
    expect(
      (await ask({ resource: 'namespaces', object: namespace({ enforce: 'baseline' }), old: namespace() }, { pods: many })).warnings,
    ).toEqual(['new PodSecurity enforce level only checked against the first 3000 of 3001 existing pods'])
  })
})

test.each<[string, unknown, string]>([
  ['another kind', { apiVersion: 'v1', kind: 'Pod' }, 'PodSecurity: no kind "Pod" is registered for version "v1"'],
  [
    'a level',
    config({ defaults: { enforce: 'x' } }),
    'PodSecurity: defaults.enforce: Invalid value: "x": must be one of privileged, baseline, restricted',
  ],
  [
    'a version',
    config({ defaults: { 'warn-version': '1' } }),
    'PodSecurity: defaults.warn-version: Invalid value: "1": must be "latest" or "v1.x"',
  ],
  [
    'a user without a name',
    config({ exemptions: { usernames: [''] } }),
    'PodSecurity: exemptions.usernames[0]: Invalid value: "": username must not be empty',
  ],
  ['a namespace twice', config({ exemptions: { namespaces: ['a', 'a'] } }), 'PodSecurity: exemptions.namespaces[1]: Duplicate value: "a"'],
  ['a misspelt field', config({ exemptions: { users: ['a'] } }), 'PodSecurity: unknown field "exemptions.users"'],
])('a configuration with %s is refused', (_name, given, text) => {
  expect(() => parsePodSecurityConfiguration(given)).toThrow(text)
})

test.each<[what: string, write: Write, labels: Record<string, string>, configuration: object | undefined, want: string[]]>([
  [
    'a pod that is refused',
    { resource: 'pods', object: pod('p', onHost) },
    { enforce: 'baseline', audit: 'baseline', 'audit-version': 'v1.99' },
    undefined,
    [
      'evaluations_total{decision="deny",policy_level="baseline",policy_version="future",mode="audit",request_operation="create",resource="pod",subresource=""} 1',
      'evaluations_total{decision="deny",policy_level="baseline",policy_version="latest",mode="enforce",request_operation="create",resource="pod",subresource=""} 1',
    ],
  ],
  [
    'a template that is warned of',
    { resource: 'deployments.apps', object: { metadata: { name: 'd' }, spec: { template: pod('p', onHost) } } },
    { warn: 'baseline', 'warn-version': 'v1.30' },
    undefined,
    [
      'evaluations_total{decision="deny",policy_level="baseline",policy_version="v1.30",mode="warn",request_operation="create",resource="controller",subresource=""} 1',
    ],
  ],
  [
    'a label that says nothing known',
    { resource: 'pods', object: pod('p') },
    { audit: 'x' },
    undefined,
    [
      'evaluations_total{decision="allow",policy_level="privileged",policy_version="latest",mode="enforce",request_operation="create",resource="pod",subresource=""} 1',
      'errors_total{fatal="false",request_operation="create",resource="pod",subresource=""} 1',
    ],
  ],
  [
    'an exempt namespace',
    { resource: 'pods', object: pod('p', onHost) },
    { enforce: 'baseline' },
    config({ exemptions: { namespaces: ['ns'] } }),
    ['exemptions_total{request_operation="create",resource="pod",subresource=""} 1'],
  ],
])('is measured: %s', async (_what, write, labels, configuration, want) => {
  const metrics = createMetrics()
  await ask(write, { namespaces: [namespace(labels)] }, configuration, metrics)
  const rows = metrics
    .render()
    .split('\n')
    .filter((row) => row.startsWith('pod_security_'))
  expect(rows.map((row) => row.replace('pod_security_', ''))).toEqual(want)
})
