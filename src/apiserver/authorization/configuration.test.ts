import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseAuthorizationConfiguration } from './configuration.ts'
import { compileMatchCondition, matches } from './match-conditions.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-authorization-'))
afterAll(() => rmSync(folder, { recursive: true }))
const kubeconfig = join(folder, 'webhook.yaml')
writeFileSync(
  kubeconfig,
  JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1/authorize' } }],
    users: [{ name: 'u', user: {} }],
  }),
)

const good = {
  authorizedTTL: '1m',
  unauthorizedTTL: '10s',
  timeout: '3s',
  subjectAccessReviewVersion: 'v1',
  failurePolicy: 'Deny',
  connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: kubeconfig },
}
const file = (...authorizers: object[]) =>
  JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers })
const hook = (more: object) => file({ type: 'Webhook', name: 'w', webhook: { ...good, ...more } })

test('the authorizers are those of the file, in its order', () => {
  const found = parseAuthorizationConfiguration(
    file({ type: 'Node', name: 'node' }, { type: 'Webhook', name: 'w', webhook: good }, { type: 'RBAC', name: 'rbac' }),
  )
  expect(found).toMatchObject([
    { type: 'Node' },
    { type: 'Webhook', webhook: { version: 'v1', timeoutMs: 3000, authorizedMs: 60_000, unauthorizedMs: 10_000, failurePolicy: 'Deny' } },
    { type: 'RBAC' },
  ])
})

test.each<[string, string, string]>([
  ['another version', '{"kind":"AuthorizationConfiguration","apiVersion":"v9"}', 'is registered for version "v9"'],
  ['nothing', file(), 'authorizers: Required value: at least one authorization mode must be defined'],
  ['no type', file({ name: 'x' }), 'authorizers[0].type: Required value'],
  ['a type that is not known', file({ type: 'ABAC', name: 'x' }), 'authorizers[0].type: Unsupported value: "ABAC"'],
  ['RBAC twice', file({ type: 'RBAC', name: 'a' }, { type: 'RBAC', name: 'b' }), 'authorizers[1].type: Duplicate value: "RBAC"'],
  ['a name twice', file({ type: 'RBAC', name: 'a' }, { type: 'Node', name: 'a' }), 'authorizers[1].name: Duplicate value: "a"'],
  ['no webhook', file({ type: 'Webhook', name: 'w' }), 'authorizers[0].webhook: Required value: required when type=Webhook'],
  [
    'a webhook for RBAC',
    file({ type: 'RBAC', name: 'r', webhook: good }),
    'authorizers[0].webhook: Invalid value: "non-null": may only be specified when type=Webhook',
  ],
  ['no timeout', hook({ timeout: undefined }), 'authorizers[0].timeout: Required value'],
  ['a long timeout', hook({ timeout: '31s' }), 'authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s'],
  ['no failure policy', hook({ failurePolicy: '' }), 'authorizers[0].failurePolicy: Required value'],
  [
    'another version of reviews',
    hook({ subjectAccessReviewVersion: 'v2' }),
    'authorizers[0].subjectAccessReviewVersion: Unsupported value: "v2": supported values: "v1", "v1beta1"',
  ],
  [
    'a relative path',
    hook({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'x.yaml' } }),
    'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "x.yaml": must be an absolute path',
  ],
  [
    'conditions of no version',
    hook({ matchConditions: [{ expression: 'true' }] }),
    'authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified',
  ],
  [
    'a condition that does not compile',
    hook({ matchConditionSubjectAccessReviewVersion: 'v1', matchConditions: [{ expression: 'request.nothing' }] }),
    'authorizers[0].matchConditions[0].expression: Invalid value: "request.nothing": compilation failed: ERROR: <input>:1:8: undefined field \'nothing\'',
  ],
])('a configuration with %s is refused', (_name, text, message) => {
  expect(() => parseAuthorizationConfiguration(text)).toThrow(message)
})

const spec = { user: 'jane', groups: ['dev'], resourceAttributes: { namespace: 'ns', verb: 'get', resource: 'pods', version: 'v1' } }

test.each<[string[], boolean]>([
  [[], true],
  [["request.resourceAttributes.namespace == 'ns'", "request.user == 'jane' && 'dev' in request.groups"], true],
  [["request.resourceAttributes.namespace == 'ns'", "request.user == 'joe'"], false],
  [['has(request.resourceAttributes)', '!has(request.nonResourceAttributes)'], true],
  // One that fails does not count where another is false.
  [["request.nonResourceAttributes.path == '/'", 'false'], false],
])('conditions %j hold: %s', (sources, holds) => {
  expect(matches(sources.map(compileMatchCondition), spec)).toBe(holds)
})

test('a condition that fails is an error', () => {
  expect(() => matches([compileMatchCondition("request.nonResourceAttributes.path == '/'")], spec)).toThrow('cel evaluation error')
})
