import { expect, test } from 'vitest'
import type { IncomingRequest } from '../call.ts'
import { parseRequestInfo } from '../request-info.ts'
import { createAuditor } from './audit.ts'
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

test('an event tells who asked for what, with which answer', async () => {
  const events: Record<string, unknown>[] = []
  const auditor = createAuditor(
    policy,
    [{ write: (e) => events.push(e as Record<string, unknown>), close: async () => {} }],
    () => new Date(0),
  )
  const body = { metadata: { name: 'd', managedFields: [{}] } }
  const request: IncomingRequest = {
    method: 'POST',
    target: '/apis/apps/v1/namespaces/a/deployments',
    headers: { 'user-agent': 'test', 'x-forwarded-for': '192.0.2.7' },
    credentials: { headers: {}, remoteAddress: '192.0.2.1' },
    body: () => Promise.resolve(Buffer.from(JSON.stringify(body))),
    signal: new AbortController().signal,
  }
  const trail = auditor.begin('1', request, parseRequestInfo('POST', request.target), user('joe'))
  await trail?.request.body(1000)
  trail?.actsAs({ name: 'ann', groups: [] })
  trail?.done(201, { kind: 'object', status: 201, object: { kind: 'Deployment', ...body } }, { k: 'v' })
  expect(events).toEqual([
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'RequestResponse',
      auditID: '1',
      stage: 'ResponseComplete',
      requestURI: request.target,
      verb: 'create',
      user: { username: 'joe', groups: ['system:authenticated'] },
      impersonatedUser: { username: 'ann' },
      sourceIPs: ['192.0.2.7', '192.0.2.1'],
      userAgent: 'test',
      objectRef: { resource: 'deployments', namespace: 'a', apiGroup: 'apps', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      requestObject: { metadata: { name: 'd' } },
      responseObject: { kind: 'Deployment', metadata: { name: 'd' } },
      annotations: { k: 'v' },
      requestReceivedTimestamp: '1970-01-01T00:00:00.000000Z',
      stageTimestamp: '1970-01-01T00:00:00.000000Z',
    },
  ])
})
