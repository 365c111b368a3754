/** Admission webhooks and policies with real processes: a server, webhooks on HTTPS beside it, and kubectl. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCertificateAuthority, issueCertificate } from '../src/pki/index.ts'
import { root, run } from './support/shell.ts'

interface Review {
  readonly apiVersion: string
  readonly request: {
    readonly uid: string
    readonly operation: string
    readonly name?: string
    readonly object: { readonly metadata: { readonly labels?: Record<string, string> } } | null
    readonly [field: string]: unknown
  }
}
type Json = Record<string, unknown>
type Answer = (review: Review) => Json | Promise<Json>

const folder = mkdtempSync(join(tmpdir(), 'kijabi-webhooks-'))
const token = 'admin'
const authority = createCertificateAuthority('webhooks')
const pair = issueCertificate(authority, { commonName: 'hook', hosts: ['127.0.0.1', 'hook.default.svc'], usages: ['server'] })
const caBundle = Buffer.from(authority.certificate).toString('base64')
/** An address of this machine that a service's endpoint may have: not loopback. */
const machine = Object.values(networkInterfaces())
  .flat()
  .find((a) => a?.family === 'IPv4' && !a.internal)?.address

let hooks: https.Server
let hookPort = 0
let answers: Record<string, Answer> = {}
let seen: Review[] = []
let server: ChildProcess
let port = 0
let log = ''

const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createTcpServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo
      probe.close(() => resolve(free))
    })
  })

async function call(method: string, path: string, body?: object, contentType = 'application/json') {
  const request = https.request({
    host: '127.0.0.1',
    port,
    method,
    path,
    rejectUnauthorized: false,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': contentType } : {}) },
  })
  request.end(body ? JSON.stringify(body) : undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const object = JSON.parse(Buffer.concat(chunks).toString()) as Json & { message?: string }
  const status = response.statusCode as number
  return { status, object, told: status < 400 ? String(status) : `${status} ${object.message}`, warning: response.headers['warning'] }
}

const group = '/apis/admissionregistration.k8s.io/v1'
const configMaps = '/api/v1/namespaces/default/configmaps'
const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }
const url = (path: string) => ({ url: `https://127.0.0.1:${hookPort}/${path}`, caBundle })
const hook = (path: string, more: object = {}) => ({
  name: 'h.example.com',
  clientConfig: url(path),
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
})
const allowed: Answer = () => ({ allowed: true })
const patch =
  (...operations: object[]): Answer =>
  () => ({
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  })
const label = (name: string) => patch({ op: 'add', path: '/metadata/labels', value: { [name]: 'yes' } })

let made: string[] = []
async function configure(kind: 'validating' | 'mutating', ...webhooks: object[]): Promise<void> {
  const path = `${group}/${kind}webhookconfigurations`
  const { told } = await call('POST', path, { metadata: { name: 'one' }, webhooks })
  expect(told).toBe('201')
  made.push(`${path}/one`)
}
let count = 0
const make = (more: Json = {}, query = '') => call('POST', `${configMaps}${query}`, { metadata: { name: `m${count++}` }, ...more })

beforeAll(async () => {
  hooks = https.createServer({ cert: pair.certificate, key: pair.key }, async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    const review = JSON.parse(Buffer.concat(chunks).toString()) as Review
    seen.push(review)
    const path = (req.url as string).slice(1).replace(/\?.*/, '')
    const response = { uid: review.request.uid, ...(await (answers[path] as Answer)(review)) }
    res.end(JSON.stringify({ kind: 'AdmissionReview', apiVersion: review.apiVersion, response }))
  })
  await new Promise<void>((done) => hooks.listen(0, '0.0.0.0', done))
  hookPort = (hooks.address() as AddressInfo).port
  port = await freePort()
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,,system:masters\n`, { mode: 0o600 })
  const flags = [
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--data-dir=${folder}/store`,
    `--cert-dir=${folder}/pki`,
    `--token-auth-file=${folder}/tokens.csv`,
    '--disable-admission-plugins=ServiceAccount',
  ]
  server = spawn(join(root, 'scripts/node'), [join(root, 'src/cli/main.ts'), 'kube-apiserver', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await new Promise<void>((ready, failed) => {
    const read = (chunk: Buffer) => {
      log += chunk.toString()
      if (log.includes('"serving"')) ready()
    }
    server.stdout?.on('data', read)
    server.stderr?.on('data', read)
    server.on('exit', () => failed(new Error(log)))
  })
})
beforeEach(async () => {
  for (const path of made) await call('DELETE', path)
  made = []
  seen = []
  answers = { allowed }
})
afterAll(async () => {
  if (server?.exitCode === null) {
    server.kill()
    await once(server, 'exit')
  }
  hooks?.close()
  hooks?.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
})

describe('a validating webhook', () => {
  const denied = 'admission webhook "h.example.com" denied the request'
  const failed = (why: string) => `500 Internal error occurred: failed calling webhook "h.example.com": ${why}`
  const invalid = (why: string) => failed(`received invalid webhook response: ${why}`)
  test.each<[string, object, Answer, string | RegExp]>([
    ['allows', {}, allowed, '201'],
    ['refuses with a message', {}, () => ({ allowed: false, status: { message: 'no way' } }), `400 ${denied}: no way`],
    ['refuses with a code', {}, () => ({ allowed: false, status: { code: 403, reason: 'Forbidden', message: 'no' } }), `403 ${denied}: no`],
    ['refuses with a reason', {}, () => ({ allowed: false, status: { reason: 'Because' } }), `400 ${denied}: Because`],
    ['refuses without a word', {}, () => ({ allowed: false }), `400 ${denied} without explanation`],
    [
      'answers another question',
      {},
      () => ({ uid: 'x', allowed: true }),
      /received invalid webhook response: expected response.uid="[-0-9a-f]{36}", got "x"$/,
    ],
    ['patches', {}, label('x'), invalid('validating webhook may not return response.patch')],
    [
      'is asked in v1beta1',
      { admissionReviewVersions: ['v1beta1'] },
      ({ apiVersion }) => ({ allowed: apiVersion === 'admission.k8s.io/v1beta1' }),
      '201',
    ],
    [
      'is too slow',
      { timeoutSeconds: 1 },
      () => new Promise(() => {}),
      /failed to call webhook: Post "https:\/\/127.0.0.1:\d+\/x\?timeout=1s": context deadline exceeded$/,
    ],
    ['is too slow, and may be', { timeoutSeconds: 1, failurePolicy: 'Ignore' }, () => new Promise(() => {}), '201'],
    [
      'is not about it by its conditions',
      { matchConditions: [{ name: 'c', expression: 'request.name == "x"' }] },
      () => ({ allowed: false }),
      '201',
    ],
    [
      'is about it by its conditions',
      { matchConditions: [{ name: 'c', expression: 'request.name != "x"' }] },
      () => ({ allowed: false }),
      `400 ${denied} without explanation`,
    ],
    [
      'has conditions that fail',
      { matchConditions: [{ name: 'c', expression: 'object.x == 1' }] },
      allowed,
      /^403 configmaps "m\d+" is forbidden: expression 'object.x == 1' resulted in error: no such key: x$/,
    ],
    [
      'has conditions that fail, and is ignored',
      { matchConditions: [{ name: 'c', expression: 'object.x == 1' }], failurePolicy: 'Ignore' },
      () => ({ allowed: false }),
      '201',
    ],
    ['is about another resource', { rules: [{ ...rule, resources: ['secrets'] }] }, () => ({ allowed: false }), '201'],
    ['is about other labels', { objectSelector: { matchLabels: { a: 'b' } } }, () => ({ allowed: false }), '201'],
  ])('%s', async (_name, more, answer, told) => {
    answers['x'] = answer
    await configure('validating', hook('x', more))
    const found = (await make()).told
    if (typeof told === 'string') expect(found).toBe(told)
    else expect(found).toMatch(told)
  })

  test('that is not there fails the write, or is passed over', async () => {
    const nowhere = { url: 'https://127.0.0.1:1/x', caBundle }
    await configure('validating', hook('', { clientConfig: nowhere }))
    expect((await make()).told).toBe(
      failed('failed to call webhook: Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused'),
    )
    await call(
      'PATCH',
      made[0] as string,
      { webhooks: [hook('', { clientConfig: nowhere, failurePolicy: 'Ignore' })] },
      'application/merge-patch+json',
    )
    expect((await make()).told).toBe('201')
  })
  test('of an authority that nobody named is not believed', async () => {
    await configure('validating', hook('', { clientConfig: { url: url('allowed').url } }))
    expect((await make()).told).toMatch(/tls: failed to verify certificate: x509: certificate signed by unknown authority$/)
  })
  test('is told all of the write, and its warnings are passed on', async () => {
    answers['x'] = () => ({ allowed: true, warnings: ['careful', 'very'] })
    await configure('validating', hook('x'))
    const { warning } = await make({ data: { a: 'b' } }, '?dryRun=All&fieldManager=me')
    expect(warning).toBe('299 - "careful", 299 - "very"')
    expect(seen[0]).toMatchObject({
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: {
        kind: { group: '', version: 'v1', kind: 'ConfigMap' },
        resource: { group: '', version: 'v1', resource: 'configmaps' },
        requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
        requestResource: { group: '', version: 'v1', resource: 'configmaps' },
        namespace: 'default',
        operation: 'CREATE',
        userInfo: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
        object: { kind: 'ConfigMap', apiVersion: 'v1', data: { a: 'b' } },
        oldObject: null,
        dryRun: true,
        options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'], fieldManager: 'me' },
      },
    })
  })
  test('sees updates with what was there, and deletions', async () => {
    const { object } = await make({ data: { a: '1' } })
    const path = `${configMaps}/${(object['metadata'] as { name: string }).name}`
    await configure('validating', hook('allowed'))
    await call('PATCH', path, { data: { a: '2' } }, 'application/merge-patch+json')
    await call('DELETE', path)
    expect(
      seen.map(({ request: { operation, object: now, oldObject } }) => [
        operation,
        (now as Json | null)?.['data'],
        (oldObject as Json)['data'],
      ]),
    ).toEqual([
      ['UPDATE', { a: '2' }, { a: '1' }],
      ['DELETE', undefined, { a: '2' }],
    ])
  })
  test('may refuse that a pod is entered', async () => {
    const pods = '/api/v1/namespaces/default/pods'
    expect((await call('POST', pods, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })).told).toBe('201')
    answers['x'] = () => ({ allowed: false, status: { message: 'not you' } })
    await configure('validating', hook('x', { rules: [{ ...rule, operations: ['CONNECT'], resources: ['pods/*'] }] }))
    expect((await call('POST', `${pods}/p/exec?container=c&stdout=true&command=ls&command=-l`)).told).toBe(`400 ${denied}: not you`)
    expect(seen[0]?.request).toMatchObject({
      operation: 'CONNECT',
      name: 'p',
      subResource: 'exec',
      kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      object: { kind: 'PodExecOptions', apiVersion: 'v1', container: 'c', stdout: true, command: ['ls', '-l'] },
    })
  })
  test('cannot keep its own configuration from being mended', async () => {
    answers['x'] = () => ({ allowed: false })
    await configure('validating', hook('x', { rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }] }))
    expect((await call('DELETE', made.pop() as string)).told).toBe('200')
    expect(seen).toEqual([])
  })
  test.skipIf(!machine)('is found by its service', async () => {
    const services = '/api/v1/namespaces/default/services'
    const clientConfig = { service: { namespace: 'default', name: 'hook', path: '/x' }, caBundle }
    answers['x'] = () => ({ allowed: false, status: { message: 'by service' } })
    await configure('validating', hook('', { clientConfig }))
    const failing = (why: string) => failed(`failed to call webhook: Post "https://hook.default.svc:443/x?timeout=10s": ${why}`)
    expect((await make()).told).toBe(failing('service "hook" not found'))
    await call('POST', services, { metadata: { name: 'hook' }, spec: { ports: [{ port: 443 }] } })
    expect((await make()).told).toBe(failing('no endpoints available for service "hook"'))
    await call('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      metadata: { name: 'hook', labels: { 'kubernetes.io/service-name': 'hook' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [machine] }],
      ports: [{ port: hookPort, name: '' }],
    })
    expect((await make()).told).toBe(`400 ${denied}: by service`)
  })
})

describe('a mutating webhook', () => {
  test('sees a scale as a scale, and changes only that', async () => {
    const deployments = '/apis/apps/v1/namespaces/default/deployments'
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await call('POST', deployments, {
      metadata: { name: 'scaled' },
      spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template },
    })
    answers['x'] = patch({ op: 'replace', path: '/spec/replicas', value: 5 })
    await configure('mutating', hook('x', { rules: [{ ...rule, apiGroups: ['apps'], resources: ['deployments/scale'] }] }))
    const { object } = await call('PATCH', `${deployments}/scaled/scale`, { spec: { replicas: 3 } }, 'application/merge-patch+json')
    expect(object['spec']).toEqual({ replicas: 5 })
    expect(seen[0]?.request).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      resource: { group: 'apps', version: 'v1', resource: 'deployments' },
      subResource: 'scale',
      object: { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 3 }, status: { selector: 'a=b' } },
      oldObject: { kind: 'Scale', spec: { replicas: 1 } },
    })
    const stored = (await call('GET', `${deployments}/scaled`)).object['spec']
    expect(stored).toMatchObject({ replicas: 5, template: { spec: { containers: [{ image: 'i' }] } } })
  })
  const labelsOf = ({ object }: { object: Json }) => (object['metadata'] as { labels?: object }).labels
  test('changes what is stored, and the next one sees it', async () => {
    answers['first'] = label('first')
    answers['second'] = patch({ op: 'add', path: '/metadata/labels/second', value: 'yes' })
    await configure('mutating', hook('first', { name: 'a.example.com' }), hook('second', { name: 'b.example.com' }))
    expect(labelsOf(await make())).toEqual({ first: 'yes', second: 'yes' })
    expect(seen.map(({ request }) => request.object?.metadata.labels)).toEqual([undefined, { first: 'yes' }])
  })
  test.each([
    ['IfNeeded', ['first', 'second', 'first']],
    ['Never', ['first', 'second']],
  ])('that wants to be asked again %s', async (reinvocationPolicy, order) => {
    const called: string[] = []
    answers['first'] = () => {
      called.push('first')
      return { allowed: true }
    }
    answers['second'] = (review) => {
      called.push('second')
      return label('second')(review)
    }
    await configure('mutating', hook('first', { name: 'a.example.com', reinvocationPolicy }), hook('second', { name: 'b.example.com' }))
    expect(labelsOf(await make())).toEqual({ second: 'yes' })
    expect(called).toEqual(order)
  })
  test('adds to a pod what then gets its defaults, and is checked', async () => {
    const pods = '/api/v1/namespaces/default/pods'
    const pod = { metadata: { name: 'q' }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const rules = [{ ...rule, resources: ['pods'] }]
    answers['x'] = patch({ op: 'add', path: '/spec/initContainers', value: [{ name: 'added', image: 'i:1' }] })
    await configure('mutating', hook('x', { rules }))
    const { object } = await call('POST', pods, pod)
    expect(object['spec']).toMatchObject({
      initContainers: [{ name: 'added', imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log' }],
    })
    answers['x'] = patch({ op: 'replace', path: '/spec/containers/0/name', value: 'Not_a_name' })
    expect((await call('POST', pods, { ...pod, metadata: { name: 'r' } })).told).toMatch(
      /^422 Pod "r" is invalid: spec.containers\[0\].name: Invalid value: "Not_a_name"/,
    )
  })
  const internal = (why: string) => `500 Internal error occurred: ${why}`
  test.each<[string, Answer, string]>([
    ['allows', allowed, '201'],
    ['refuses', () => ({ allowed: false, status: { message: 'no' } }), '400 admission webhook "h.example.com" denied the request: no'],
    [
      'patches what is not there',
      patch({ op: 'remove', path: '/data/x' }),
      internal("error in remove for path: '/data/x': Unable to remove nonexistent key: x: missing value"),
    ],
    [
      'says no kind of patch',
      () => ({ allowed: true, patch: 'W10=' }),
      internal(
        'failed calling webhook "h.example.com": received invalid webhook response: webhook returned response.patch but not response.patchType',
      ),
    ],
    [
      'knows another kind of patch',
      () => ({ allowed: true, patch: 'W10=', patchType: 'Other' }),
      internal('failed calling webhook "h.example.com": unsupported patch type "Other"'),
    ],
  ])('%s', async (_name, answer, told) => {
    answers['x'] = answer
    await configure('mutating', hook('x'))
    expect((await make({ data: { a: 'b' } })).told).toBe(told)
  })
  test('changes nothing of a deletion', async () => {
    const { object } = await make()
    answers['x'] = label('x')
    await configure('mutating', hook('x', { rules: [{ ...rule, operations: ['DELETE'] }] }))
    expect((await call('DELETE', `${configMaps}/${(object['metadata'] as { name: string }).name}`)).told).toBe(
      internal('admission webhook "h.example.com" attempted to modify the object, which is not supported for this operation'),
    )
  })
})

describe.each(['validating', 'mutating'] as const)('configurations of %s webhooks', (kind) => {
  const path = `${group}/${kind}webhookconfigurations`
  const merge = 'application/merge-patch+json'
  /** Whether the webhook has its say: it refuses, or labels. */
  const hasItsSay = async (more: Json = {}): Promise<boolean> => {
    const { status, object } = await make(more)
    return status === 400 || (object['metadata'] as { labels?: Json } | undefined)?.labels?.['x'] === 'yes'
  }
  beforeEach(() => {
    answers['x'] = kind === 'mutating' ? label('x') : () => ({ allowed: false })
  })
  test('are listed by label, deleted together, and then say nothing', async () => {
    for (const n of [0, 1, 2]) {
      const webhooks = [hook('x', { name: `h${n}.example.com` })]
      await call('POST', path, { metadata: { name: `many-${n}`, labels: { set: 'many' } }, webhooks })
      made.push(`${path}/many-${n}`)
    }
    const { object } = await call('GET', `${path}?labelSelector=set%3Dmany`)
    expect((object['items'] as { metadata: { name: string } }[]).map((o) => o.metadata.name)).toEqual(['many-0', 'many-1', 'many-2'])
    expect(await hasItsSay()).toBe(true)
    expect((await call('DELETE', `${path}?labelSelector=set%3Dmany`)).status).toBe(200)
    expect(await hasItsSay()).toBe(false)
  })
  test('count as they are replaced and patched', async () => {
    await configure(kind, hook('x'))
    expect(await hasItsSay()).toBe(true)
    const { object } = await call('GET', `${path}/one`)
    const updates = [{ ...rule, operations: ['UPDATE'] }]
    expect((await call('PUT', `${path}/one`, { ...object, webhooks: [hook('x', { rules: updates })] })).told).toBe('200')
    expect(await hasItsSay()).toBe(false)
    const operations = [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }]
    expect((await call('PATCH', `${path}/one`, operations, 'application/json-patch+json')).told).toBe('200')
    expect(await hasItsSay()).toBe(true)
  })
  test('keep their conditions, which are heeded as they change', async () => {
    const unless = (name: string) => [{ name: `unless-${name}`, expression: `object.metadata.name != '${name}'` }]
    await configure(kind, hook('x', { matchConditions: unless('skip-me') }))
    const stored = async () => (await call('GET', `${path}/one`)).object['webhooks'] as Json[]
    expect((await stored())[0]?.['matchConditions']).toEqual(unless('skip-me'))
    expect([await hasItsSay(), await hasItsSay({ metadata: { name: 'skip-me' } })]).toEqual([true, false])
    const webhooks = [hook('x', { matchConditions: unless('skip-me-too') })]
    expect((await call('PATCH', `${path}/one`, { webhooks }, merge)).told).toBe('200')
    expect(await hasItsSay({ metadata: { name: 'skip-me-too' } })).toBe(false)
  })
  test.each<[string, object[], string]>([
    ['no boolean', [{ name: 'c', expression: 'object.metadata.name' }], 'must evaluate to bool'],
    ['no expression', [{ name: 'c', expression: '... [broken' }], 'compilation failed'],
    ['the same name twice', ['a', 'b'].map((v) => ({ name: 'c', expression: `request.name == '${v}'` })), 'Duplicate value'],
    ['no name', [{ name: '', expression: 'true' }], 'Required value'],
  ])('are refused with conditions of %s', async (_what, matchConditions, why) => {
    const body = { metadata: { name: 'broken' }, webhooks: [hook('x', { matchConditions })] }
    const { status, told } = await call('POST', path, body)
    expect(status).toBe(422)
    expect(told).toContain(why)
    expect(told).toContain('webhooks[0].matchConditions')
  })
  test('are a resource of their group’s discovery documents', async () => {
    const { object } = await call('GET', group)
    expect((object['resources'] as { name: string }[]).map((r) => r.name)).toContain(`${kind}webhookconfigurations`)
  })
})

test('a webhook may refuse definitions of custom resources', async () => {
  const rules = [
    { apiGroups: ['apiextensions.k8s.io'], apiVersions: ['*'], operations: ['CREATE'], resources: ['customresourcedefinitions'] },
  ]
  answers['x'] = () => ({ allowed: false, status: { message: 'no kinds' } })
  await configure('validating', hook('x', { rules }))
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' }
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }]
  const { told } = await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names, versions },
  })
  expect(told).toBe('400 admission webhook "h.example.com" denied the request: no kinds')
})

test('kubectl shows what policies and webhooks say', async () => {
  const kubectl = (args: readonly string[], input?: string) =>
    run(
      'kubectl',
      [`--server=https://127.0.0.1:${port}`, '--insecure-skip-tls-verify', `--token=${token}`, '--kubeconfig=/dev/null', ...args],
      input === undefined ? {} : { input },
    )
  const policy = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]}
  variables: [{name: most, expression: "2"}]
  validations: [{expression: "object.spec.replicas <= variables.most", messageExpression: "'at most ' + string(variables.most)"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas}
spec: {policyName: replicas, validationActions: [Deny]}
`
  expect((await kubectl(['apply', '-f', '-'], policy)).code).toBe(0)
  made.push(`${group}/validatingadmissionpolicies/replicas`, `${group}/validatingadmissionpolicybindings/replicas`)
  const { stderr } = await kubectl(['create', 'deployment', 'web', '--image=i', '--replicas=3'])
  expect(stderr).toContain("ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: at most 2")
  expect((await kubectl(['create', 'deployment', 'web', '--image=i', '--replicas=2'])).code).toBe(0)
  answers['x'] = () => ({ allowed: true, warnings: ['mind the gap'] })
  await configure('validating', hook('x'))
  expect((await kubectl(['create', 'configmap', 'told'])).stderr).toBe('Warning: mind the gap\n')
})
