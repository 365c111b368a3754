import { expect, test } from 'vitest'
import { newForbidden, newUnauthorized } from '../../api/errors.ts'
import { createMetrics } from '../../metrics/metrics.ts'
import type { IncomingRequest } from '../call.ts'
import type { ApiObject } from '../request.ts'
import { parseRequestInfo } from '../request-info.ts'
import { toStatusError } from '../server.ts'
import { type AuditEvent, type Auditor, type AuditTrail, createAuditor } from './audit.ts'
import { decide, parsePolicy } from './policy.ts'

const policy = parsePolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: [system:kube-proxy]
  verbs: [watch]
- level: Metadata
  resources: [{ group: "", resources: [secrets, "pods/*"] }]
- level: RequestResponse
  resources: [{ group: apps }]
  omitManagedFields: true
- level: None
  nonResourceURLs: ["/healthz*"]
- level: Request
  userGroups: [system:authenticated]
`)
const user = (name: string) => ({ name, groups: ['system:authenticated'] })

test.each([
  ['GET', '/api/v1/pods?watch=1', 'system:kube-proxy', 'None'],
  ['GET', '/api/v1/namespaces/a/secrets/b', 'joe', 'Metadata'],
  ['GET', '/api/v1/namespaces/a/pods/b/log', 'joe', 'Metadata'],
  ['GET', '/api/v1/namespaces/a/pods/b', 'joe', 'Request'],
  ['POST', '/apis/apps/v1/namespaces/a/deployments', 'joe', 'RequestResponse'],
  ['GET', '/healthz/ping', 'joe', 'None'],
  ['GET', '/version', 'joe', 'Request'],
])('%s %s by %s is told at %s', (method, target, name, level) => {
  expect(decide(policy, parseRequestInfo(method, target), user(name)).level).toBe(level)
})

/** One rule each, which matches or does not. */
test.each<[object, string, string, boolean]>([
  [{ namespaces: ['a'] }, 'GET', '/api/v1/namespaces/a/pods/p', true],
  [{ namespaces: ['a'] }, 'GET', '/api/v1/namespaces/b/pods/p', false],
  [{ namespaces: [''] }, 'GET', '/api/v1/nodes/n', true],
  [{ namespaces: ['a'] }, 'GET', '/version', false],
  [{ verbs: ['create', 'delete'] }, 'DELETE', '/api/v1/namespaces/a/pods/p', true],
  [{ verbs: ['create', 'delete'] }, 'DELETE', '/api/v1/namespaces/a/pods', false],
  [{ users: ['ann'] }, 'GET', '/version', false],
  [{ userGroups: ['nobody', 'system:authenticated'] }, 'GET', '/version', true],
  [{ resources: [{ group: '' }] }, 'GET', '/api/v1/nodes', true],
  [{ resources: [{ group: '' }] }, 'GET', '/apis/apps/v1/deployments', false],
  [{ resources: [{ group: 'apps', resources: ['*'] }] }, 'GET', '/apis/apps/v1/namespaces/a/deployments/d/scale', true],
  [{ resources: [{ group: '', resources: ['pods'] }] }, 'GET', '/api/v1/namespaces/a/pods/p/log', false],
  [{ resources: [{ group: '', resources: ['pods/log'] }] }, 'GET', '/api/v1/namespaces/a/pods/p/log', true],
  [{ resources: [{ group: '', resources: ['pods/*'] }] }, 'GET', '/api/v1/namespaces/a/pods/p', false],
  [{ resources: [{ group: 'apps', resources: ['*/scale'] }] }, 'GET', '/apis/apps/v1/namespaces/a/deployments/d/scale', true],
  [{ resources: [{ group: 'apps', resources: ['*/scale'] }] }, 'GET', '/apis/apps/v1/namespaces/a/deployments/d', false],
  [{ resources: [{ group: '', resources: ['pods'], resourceNames: ['p'] }] }, 'GET', '/api/v1/namespaces/a/pods/p', true],
  [{ resources: [{ group: '', resources: ['pods'], resourceNames: ['p'] }] }, 'GET', '/api/v1/namespaces/a/pods/q', false],
  [{ resources: [{ group: '', resources: ['pods'], resourceNames: ['p'] }] }, 'GET', '/api/v1/namespaces/a/pods', false],
  [{ nonResourceURLs: ['/api*'] }, 'GET', '/apis', true],
  [{ nonResourceURLs: ['/api*'] }, 'GET', '/api/v1/nodes', false],
  [{ nonResourceURLs: ['/version'] }, 'GET', '/version/more', false],
  [{ nonResourceURLs: ['*'] }, 'GET', '/metrics', true],
])('a rule of %j and %s %s: %s', (rule, method, target, expected) => {
  const one = parsePolicy(JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata', ...rule }] }))
  expect(decide(one, parseRequestInfo(method, target), user('joe')).level).toBe(expected ? 'Metadata' : 'None')
})

/** An auditor of the policy with the events that it wrote. */
function recorded(of = policy) {
  const events: Record<string, unknown>[] = []
  const backend = { name: 'test', errors: 0, write: (e: AuditEvent) => void events.push(e as never), close: async () => {} }
  return { events, auditor: createAuditor(of, [backend], () => new Date(0)) }
}
const requestOf = (method: string, target: string, body = '', more: Partial<IncomingRequest> = {}): IncomingRequest => ({
  method,
  target,
  headers: { 'user-agent': 'test', 'x-forwarded-for': '192.0.2.7' },
  credentials: { headers: {}, remoteAddress: '192.0.2.1' },
  body: () => Promise.resolve(Buffer.from(body)),
  signal: new AbortController().signal,
  ...more,
})
const begin = (auditor: Auditor, request: IncomingRequest, who: ReturnType<typeof user> | undefined = user('joe')) =>
  auditor.begin('1', request, parseRequestInfo(request.method, request.target), who) as AuditTrail

test('an event tells who asked for what, with which answer', () => {
  const { events, auditor } = recorded()
  const body = { metadata: { name: 'd', managedFields: [{}] } } as unknown as ApiObject
  const trail = begin(auditor, requestOf('POST', '/apis/apps/v1/namespaces/a/deployments'))
  trail.sent(body)
  trail.actsAs({ name: 'ann', groups: [] })
  trail.done(201, { kind: 'object', status: 201, object: { kind: 'Deployment', ...body } }, { k: 'v' })
  expect(events).toEqual([
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'RequestResponse',
      auditID: '1',
      stage: 'ResponseComplete',
      requestURI: '/apis/apps/v1/namespaces/a/deployments',
      verb: 'create',
      user: { username: 'joe', groups: ['system:authenticated'] },
      impersonatedUser: { username: 'ann' },
      sourceIPs: ['192.0.2.7', '192.0.2.1'],
      userAgent: 'test',
      objectRef: { resource: 'deployments', namespace: 'a', name: 'd', apiGroup: 'apps', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      requestObject: { metadata: { name: 'd' } },
      responseObject: { kind: 'Deployment', metadata: { name: 'd' } },
      requestReceivedTimestamp: '1970-01-01T00:00:00.000000Z',
      stageTimestamp: '1970-01-01T00:00:00.000000Z',
      annotations: { k: 'v' },
    },
  ])
})

test('a patch is told of as it came', async () => {
  const { events, auditor } = recorded()
  const trail = begin(auditor, requestOf('PATCH', '/apis/apps/v1/namespaces/a/deployments/d', '[{"op":"remove","path":"/spec/paused"}]'))
  await trail.request.body(1000)
  trail.done(200, { kind: 'object', status: 200, object: {} }, {})
  expect(events[0]).toMatchObject({ requestObject: [{ op: 'remove', path: '/spec/paused' }] })
})

test('secrets are told of by name only where the policy says Metadata', () => {
  const { events, auditor } = recorded()
  const trail = begin(auditor, requestOf('POST', '/api/v1/namespaces/a/secrets'))
  trail.sent({ metadata: { name: 's' }, data: { password: 'aHVudGVyMg==' } } as unknown as ApiObject)
  trail.done(201, { kind: 'object', status: 201, object: {} }, {})
  expect(events[0]).toMatchObject({ objectRef: { name: 's' }, level: 'Metadata' })
  expect(JSON.stringify(events)).not.toContain('aHVudGVyMg')
})

const everything = parsePolicy('{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: Metadata}]}')

test.each<[string, (trail: AuditTrail) => void, object[]]>([
  [
    'a watch',
    (trail) => {
      trail.started()
      trail.done(200, { kind: 'watch' } as never, {})
    },
    [
      { stage: 'RequestReceived' },
      { stage: 'ResponseStarted', responseStatus: { code: 200 } },
      { stage: 'ResponseComplete', responseStatus: { status: 'Success', message: 'Connection closed early', code: 200 } },
    ],
  ],
  [
    'a refusal',
    (trail) => trail.done(403, { kind: 'error', error: newForbidden({ group: '', resource: 'pods' }, 'p', 'no') }, {}),
    [
      { stage: 'RequestReceived' },
      {
        stage: 'ResponseComplete',
        responseStatus: {
          status: 'Failure',
          message: 'pods "p" is forbidden: no',
          reason: 'Forbidden',
          details: { name: 'p', kind: 'pods' },
          code: 403,
        },
      },
    ],
  ],
  [
    'a fault of our own',
    (trail) => trail.done(500, { kind: 'error', error: toStatusError(new TypeError('x is undefined')) }, {}),
    [{ stage: 'RequestReceived' }, { stage: 'Panic', responseStatus: { code: 500 } }],
  ],
])('%s has its stages', (_name, act, stages) => {
  const { events, auditor } = recorded(everything)
  act(begin(auditor, requestOf('GET', '/api/v1/pods')))
  expect(events).toMatchObject(stages)
  expect(events).toHaveLength(stages.length)
})

test('a request whose first event is not stored is refused where the backend says so, and counted', async () => {
  const metrics = createMetrics()
  const failing = { name: 'test', errors: 0, close: async () => {}, write: () => Promise.reject(new Error('no disk')) }
  const auditor = createAuditor(everything, [failing], () => new Date(0))
  auditor.measure(metrics)
  await expect(begin(auditor, requestOf('GET', '/api/v1/pods')).begun).rejects.toThrow(
    'Internal error occurred: failed to store audit event',
  )
  expect(metrics.render()).toContain('apiserver_audit_requests_rejected_total 1')
  expect(metrics.render()).toContain('apiserver_audit_level_total{level="Metadata"} 1')
})

test.each([
  [{}, 'Authentication failed, no credentials provided'],
  [{ authorization: 'Bearer secret' }, 'Authentication failed, attempted: bearer'],
])('credentials that are refused are told of: %o', (credentials, message) => {
  const { events, auditor } = recorded(everything)
  const request = requestOf('GET', '/api/v1/pods', '', { credentials: { headers: {}, remoteAddress: '192.0.2.1', ...credentials } })
  const trail = auditor.begin('1', request, parseRequestInfo('GET', request.target), undefined)
  trail?.done(401, { kind: 'error', error: newUnauthorized() }, {})
  expect(events).toMatchObject([{ stage: 'ResponseStarted', user: {}, responseStatus: { metadata: {}, message, code: 401 } }])
  expect(JSON.stringify(events)).not.toContain('secret')
})

test.each([
  ['no rules', 'rules: []', 'has no rules'],
  ['an unknown level', 'rules: [{level: All}]', 'none of None, Metadata, Request, RequestResponse'],
  ['an unknown stage', 'rules: [{level: None, omitStages: [Begin]}]', 'none of RequestReceived'],
  ['paths and resources', 'rules: [{level: None, nonResourceURLs: [/a], namespaces: [b]}]', 'cannot apply to both'],
  ['a star within a path', 'rules: [{level: None, nonResourceURLs: [/a*b]}]', "must begin with a '/'"],
  ['names without resources', 'rules: [{level: None, resources: [{group: "", resourceNames: [a]}]}]', 'resourceNames need resources'],
])('a policy with %s is refused', (_name, rules, message) => {
  expect(() => parsePolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\n${rules}`)).toThrow(message)
})
