import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createWebhook, type Webhook, WebhookError } from '../http/webhook.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { createWebhookTokenAuthenticator } from './authentication/webhook-token.ts'
import { createAuthorizationMetrics } from './authorization/metrics.ts'
import { createWebhookAuthorizer } from './authorization/webhook.ts'
import type { AuthorizationAttributes } from './request.ts'
import { postWithRetry } from './webhook.ts'

type Handler = (body: { apiVersion: string; spec: Record<string, unknown> }, res: ServerResponse, count: number) => void
const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

/** A webhook on loopback, and what it was asked. */
async function serve(handler: Handler): Promise<{ webhook: Webhook; asked: { apiVersion: string; spec: Record<string, unknown> }[] }> {
  const asked: { apiVersion: string; spec: Record<string, unknown> }[] = []
  const server = createServer(async (req: IncomingMessage, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    asked.push(JSON.parse(Buffer.concat(chunks).toString()))
    handler(asked.at(-1) as (typeof asked)[0], res, asked.length)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const webhook = createWebhook({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` })
  open.push(() => {
    webhook.close()
    server.closeAllConnections()
    server.close()
  })
  return { webhook, asked }
}
const status =
  (value: object): Handler =>
  (_body, res) =>
    void res.end(JSON.stringify({ status: value }))

test.each<[string, Handler, RegExp, timeoutMs?: number]>([
  ['a redirect', (_b, res) => void res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), /redirect/],
  ['an error', (_b, res) => void res.writeHead(403).end('go away'), /status code 403: go away/],
  ['no JSON', (_b, res) => void res.end('<html>'), /no JSON/],
  ['too much', (_b, res) => void res.end(Buffer.alloc(9 * 1024 * 1024, 32)), /larger than/],
  ['nothing in time', () => {}, /context deadline exceeded/, 500],
])('an answer that is %s is refused', async (_name, handler, message, timeoutMs = 20_000) => {
  const { webhook } = await serve(handler)
  await expect(webhook.post({}, { timeoutMs })).rejects.toThrow(message)
})

test('a port that nobody listens on is told in the words of Go', async () => {
  const webhook = createWebhook({ url: 'http://127.0.0.1:1/hook' })
  await expect(webhook.post({}, { timeoutMs: 500 })).rejects.toThrow(
    'Post "http://127.0.0.1:1/hook": dial tcp 127.0.0.1:1: connect: connection refused',
  )
})

test('what may pass is tried again, what will not is not', async () => {
  const failing = await serve((_b, res, count) => void (count < 2 ? res.writeHead(500).end() : res.end('{"ok":true}')))
  expect(await postWithRetry(failing.webhook, {}, 5000)).toEqual({ ok: true })
  expect(failing.asked.length).toBe(2)
  const refusing = await serve((_b, res) => void res.writeHead(400).end())
  await expect(postWithRetry(refusing.webhook, {}, 5000)).rejects.toThrow('400')
  expect(refusing.asked.length).toBe(1)
})

const tokensOf = (webhook: Webhook, now = () => new Date()) =>
  createWebhookTokenAuthenticator({ webhook, version: 'v1', cacheMs: 1000, apiAudiences: ['api'], now })

test('a token webhook names the user; its answer is kept for its time, and a burst asks once', async () => {
  const { webhook, asked } = await serve(
    status({
      authenticated: true,
      user: { username: 'jane', uid: '7', groups: ['dev'], extra: { scope: ['a'] } },
      audiences: ['api', 'x'],
    }),
  )
  let at = 0
  const tokens = tokensOf(webhook, () => new Date(at))
  const answers = await Promise.all([tokens.authenticate('t'), tokens.authenticate('t')])
  for (const answer of [...answers, tokens.authenticate('t')])
    expect(answer).toEqual({ user: { name: 'jane', uid: '7', groups: ['dev'], extra: { scope: ['a'] } }, audiences: ['api'] })
  expect(asked).toEqual([
    { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec: { token: 't', audiences: ['api'] } },
  ])
  at = 1001
  await tokens.authenticate('t')
  expect(asked.length).toBe(2)
})

test.each<[string, object, RegExp]>([
  ['a token that is not known', { authenticated: false }, /does not know/],
  ['a token with an error', { authenticated: false, error: 'expired' }, /expired/],
  ['a token for others', { authenticated: true, user: { username: 'jane' }, audiences: ['other'] }, /audiences/],
])('%s is refused, and asked about once', async (_name, answer, reason) => {
  const { webhook, asked } = await serve(status(answer))
  const tokens = tokensOf(webhook)
  await expect(tokens.authenticate('t')).rejects.toThrow(reason)
  expect(() => tokens.authenticate('t')).toThrow(reason)
  expect(asked.length).toBe(1)
})

const attributes: AuthorizationAttributes = {
  user: { name: 'jane', groups: ['dev'] },
  isResourceRequest: true,
  path: '/api/v1/namespaces/ns/pods',
  verb: 'list',
  apiGroup: '',
  apiVersion: 'v1',
  namespace: 'ns',
  resource: 'pods',
  subresource: '',
  name: '',
  labelSelector: 'app in (a,b)',
  fieldSelector: 'spec.nodeName=n',
}
const authorizerOf = (webhook: Webhook, version = 'v1', more: object = {}, metrics = createMetrics()) =>
  createWebhookAuthorizer(
    { webhook, version, timeoutMs: 2000, authorizedMs: 1000, unauthorizedMs: 1000, failurePolicy: 'NoOpinion', ...more },
    () => new Date(),
    createAuthorizationMetrics(metrics).webhook('w'),
  )

test.each([
  ['v1', 'groups'],
  ['v1beta1', 'group'],
])('an authorization webhook is sent a %s review, and its answer is kept', async (version, groups) => {
  const { webhook, asked } = await serve(status({ allowed: true, reason: 'because' }))
  const authorizer = authorizerOf(webhook, version)
  expect(await authorizer.authorize(attributes)).toEqual({ decision: 'allow', reason: 'because' })
  expect(authorizer.authorize(attributes)).toEqual({ decision: 'allow', reason: 'because' })
  expect(asked).toEqual([
    {
      kind: 'SubjectAccessReview',
      apiVersion: `authorization.k8s.io/${version}`,
      metadata: {},
      spec: {
        resourceAttributes: {
          namespace: 'ns',
          verb: 'list',
          version: 'v1',
          resource: 'pods',
          fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }] },
          labelSelector: { requirements: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] },
        },
        user: 'jane',
        [groups]: ['dev'],
      },
    },
  ])
})

test.each<[string, object, string]>([
  ['denies', { allowed: false, denied: true, reason: 'no' }, 'deny'],
  ['has no opinion', { allowed: false }, 'no-opinion'],
  ['says both', { allowed: true, denied: true }, 'no-opinion'],
])('an authorization webhook that %s allows nothing', async (_name, answer, decision) => {
  const { webhook } = await serve(status(answer))
  expect(await authorizerOf(webhook).authorize(attributes)).toMatchObject({ decision })
})

test('an authorization webhook that is down leaves the decision to others, and says why', async () => {
  const { decision, error } = await authorizerOf(createWebhook({ url: 'http://127.0.0.1:1/' })).authorize(attributes)
  expect(decision).toBe('no-opinion')
  expect(error?.message).toMatch(/connection refused/)
})

test('what came of asking an authorization webhook is measured', async () => {
  const metrics = createMetrics()
  const { webhook } = await serve(status({ allowed: true }))
  const { webhook: broken } = await serve(status({ allowed: true, denied: true }))
  const slow: Webhook = {
    post: () => Promise.reject(new WebhookError('late', undefined, new DOMException('', 'TimeoutError'))),
    close() {},
  }
  const fails = () => {
    throw new Error('no such field')
  }
  for (const [one, more] of [
    [webhook, { applies: () => true }],
    [broken, {}],
    [broken, { failurePolicy: 'Deny' }],
    [slow, {}],
    [webhook, { applies: () => false }],
    [webhook, { applies: fails }],
  ] as const)
    await authorizerOf(one, 'v1', more, metrics).authorize(attributes)
  const rows = metrics.render().split('\n')
  const of = (rest: string) =>
    rows.filter((row) => row.startsWith(`apiserver_authorization_${rest}{`)).map((row) => row.replace(/^\w+/, ''))
  const asked = ['{name="w",result="success"} 1', '{name="w",result="error"} 2', '{name="w",result="timeout"} 1']
  expect(of('webhook_evaluations_total')).toEqual(asked)
  expect(of('webhook_duration_seconds_count')).toEqual(asked)
  expect(of('webhook_evaluations_fail_open_total')).toEqual(['{name="w",result="error"} 1', '{name="w",result="timeout"} 1'])
  const webhooks = '{type="Webhook",name="w"}'
  expect(of('match_condition_evaluation_seconds_count')).toEqual([`${webhooks} 3`])
  expect(of('match_condition_exclusions_total')).toEqual([`${webhooks} 1`])
  expect(of('match_condition_evaluation_errors_total')).toEqual([`${webhooks} 1`])
})
