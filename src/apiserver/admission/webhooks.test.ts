import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMetrics, type MetricsRegistry } from '../../metrics/metrics.ts'
import type { AdmissionPlugin } from './admission.ts'
import { createMutatingAdmissionWebhook } from './mutating-webhook.ts'
import { endpointsOf, objectsOf, review, type Write } from './testing.ts'
import { createValidatingAdmissionWebhook } from './validating-webhook.ts'

interface Request {
  readonly uid: string
  readonly object: Record<string, unknown>
  readonly kind: object
  readonly requestKind: object
  readonly resource: object
}
let server: Server
let answers: Record<string, object> = {}
let asked: Request[] = []
beforeAll(async () => {
  server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += String(chunk)
    const { request, ...rest } = JSON.parse(body) as { request: Request }
    asked.push(request)
    const answer = answers[(req.url as string).replace(/^\/|\?.*/g, '')]
    if (!answer) res.statusCode = 503
    res.end(JSON.stringify({ ...rest, response: { uid: request.uid, ...answer } }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})
beforeEach(() => {
  asked = []
  answers = {}
})

const rule = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['configmaps', 'events'], scope: '*' }
const hook = (path: string, more: object = {}) => ({
  name: `${path}.example.com`,
  clientConfig: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}` },
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  matchPolicy: 'Equivalent',
  timeoutSeconds: 10,
  ...more,
})
let metrics: MetricsRegistry
function plugin(kind: 'validating' | 'mutating', configurations: Readonly<Record<string, readonly object[]>>): AdmissionPlugin {
  metrics = createMetrics()
  const stored = {
    namespaces: [{ metadata: { name: 'ns' } }],
    [`${kind}webhookconfigurations.admissionregistration.k8s.io`]: Object.entries(configurations).map(([name, webhooks]) => ({
      metadata: { name },
      webhooks,
    })),
  }
  const authorizer = { authorize: () => ({ decision: 'no-opinion' as const, reason: '' }) }
  const deps = { objects: objectsOf(stored), endpoints: endpointsOf(stored), authorizer, metrics }
  return kind === 'mutating' ? createMutatingAdmissionWebhook(deps) : createValidatingAdmissionWebhook(deps)
}
const make: Write = {
  resource: 'configmaps',
  object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'ns' }, data: { a: '1' } },
}
const patch = (...operations: object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
})
const add = { op: 'add', path: '/data/b', value: '2' }

test('the audit log tells which webhook changed what', async () => {
  answers = { same: { allowed: true, auditAnnotations: { why: 'so' } }, change: patch(add) }
  const { object, audit } = await review(
    plugin('mutating', { b: [hook('change')], a: [hook('same'), hook('down', { failurePolicy: 'Ignore' })] }),
    make,
  )
  expect(object).toMatchObject({ data: { a: '1', b: '2' } })
  const told = (configuration: string, webhook: string, more: object) =>
    JSON.stringify({ configuration, webhook: `${webhook}.example.com`, ...more })
  expect(audit).toEqual({
    'same.example.com/why': 'so',
    'mutation.webhook.admission.k8s.io/round_0_index_0': told('a', 'same', { mutated: false }),
    'mutation.webhook.admission.k8s.io/round_0_index_1': told('a', 'down', { mutated: false }),
    'failed-open.mutation.webhook.admission.k8s.io/round_0_index_1': 'down.example.com',
    'mutation.webhook.admission.k8s.io/round_0_index_2': told('b', 'change', { mutated: true }),
    'patch.webhook.admission.k8s.io/round_0_index_2': told('b', 'change', { patch: [add], patchType: 'JSONPatch' }),
  })
})

test('all validating webhooks are asked, and the first refusal in their order is the answer', async () => {
  answers = { good: { allowed: true }, bad: { allowed: false }, worse: { allowed: false, status: { message: 'worse' } } }
  const hooks = [hook('down', { failurePolicy: 'Ignore' }), hook('good'), hook('bad'), hook('worse')]
  const { answer, audit } = await review(plugin('validating', { a: hooks }), make)
  expect(answer).toBe('400 admission webhook "bad.example.com" denied the request without explanation')
  expect(asked).toHaveLength(4)
  expect(audit).toEqual({ 'failed-open.validating.webhook.admission.k8s.io/round_0_index_0': 'down.example.com' })
})

test('a webhook sees the version that its rules name, and what it makes of it comes back in the other', async () => {
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'm', namespace: 'ns' },
    message: 'old',
    involvedObject: { kind: 'Pod' },
    source: {},
  }
  answers = { change: patch({ op: 'replace', path: '/note', value: 'new' }) }
  const rules = [{ ...rule, apiGroups: ['events.k8s.io'] }]
  const { object } = await review(plugin('mutating', { a: [hook('change', { rules })] }), { resource: 'events', object: event })
  expect(object).toMatchObject({ kind: 'Event', apiVersion: 'v1', message: 'new', involvedObject: { kind: 'Pod' } })
  expect(asked[0]).toMatchObject({
    object: { apiVersion: 'events.k8s.io/v1', note: 'old', regarding: { kind: 'Pod' } },
    kind: { group: 'events.k8s.io', version: 'v1', kind: 'Event' },
    resource: { group: 'events.k8s.io', version: 'v1', resource: 'events' },
    requestKind: { group: '', version: 'v1', kind: 'Event' },
  })
})

test.each<[string, string]>([
  ['sideEffects that are not known', 'Unknown'],
  ['some sideEffects', 'Some'],
])('a dry run asks no webhook with %s', async (_name, sideEffects) => {
  answers = { good: { allowed: true } }
  const { answer } = await review(plugin('validating', { a: [hook('good', { sideEffects })] }), { ...make, dryRun: true })
  expect(answer).toBe('400 admission webhook "good.example.com" does not support dry run')
  expect(asked).toEqual([])
})

/** The rows of a metric whose name ends so. */
const rows = (name: string) =>
  metrics
    .render()
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.split('{')[0]?.endsWith(name))
    .map((line) => line.replace(/^apiserver_admission_/, ''))

test.each<[kind: 'validating' | 'mutating', type: string]>([
  ['validating', 'validating'],
  ['mutating', 'admit'],
])('what came of asking a %s webhook is measured', async (kind, type) => {
  answers = { good: { allowed: true }, bad: { allowed: false, status: { code: 703 } } }
  const of = (name: string) => `name="${name}.example.com",type="${type}",operation="CREATE"`
  const hooks = [hook('good'), hook('open', { failurePolicy: 'Ignore' }), hook('bad')]
  await review(plugin(kind, { a: hooks }), make)
  expect(rows('webhook_request_total').sort()).toEqual([
    `webhook_request_total{${of('bad')},code="600",rejected="true"} 1`,
    `webhook_request_total{${of('good')},code="200",rejected="false"} 1`,
    `webhook_request_total{${of('open')},code="503",rejected="false"} 1`,
  ])
  expect(rows('webhook_admission_duration_seconds_count').sort()).toEqual([
    `webhook_admission_duration_seconds_count{${of('bad')},rejected="true"} 1`,
    `webhook_admission_duration_seconds_count{${of('good')},rejected="false"} 1`,
    `webhook_admission_duration_seconds_count{${of('open')},rejected="false"} 1`,
  ])
  expect(rows('webhook_fail_open_count')).toEqual([`webhook_fail_open_count{name="open.example.com",type="${type}"} 1`])
  expect(rows('webhook_rejection_count')).toEqual([`webhook_rejection_count{${of('bad')},error_type="no_error",rejection_code="600"} 1`])
  await review(plugin(kind, { a: [hook('closed', { failurePolicy: 'Fail' })] }), make)
  expect(rows('webhook_rejection_count')).toEqual([
    `webhook_rejection_count{${of('closed')},error_type="calling_webhook_error",rejection_code="503"} 1`,
  ])
})

test('the conditions of a webhook are measured', async () => {
  answers = { good: { allowed: true } }
  const conditions = (expression: string) => [{ name: 'c', expression }]
  const hooks = [
    hook('good', { matchConditions: conditions('true') }),
    hook('out', { matchConditions: conditions('false') }),
    hook('failing', { matchConditions: conditions('object.data.none == "x"'), failurePolicy: 'Ignore' }),
  ]
  await review(plugin('validating', { a: hooks }), make)
  const of = (name: string) => `{name="${name}.example.com",kind="webhook",type="validate",operation="CREATE"} 1`
  expect(rows('evaluation_seconds_count')).toEqual(
    ['good', 'out', 'failing'].map((n) => `match_condition_evaluation_seconds_count${of(n)}`),
  )
  expect(rows('exclusions_total')).toEqual([`match_condition_exclusions_total${of('out')}`])
  expect(rows('errors_total')).toEqual([`match_condition_evaluation_errors_total${of('failing')}`])
})
