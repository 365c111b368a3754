/** Custom resources with real processes: a server, a webhook that converts, and clients that know nothing of either (kubectl, client-node, curl). */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { CustomObjectsApi, KubeConfig, Watch } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCertificateAuthority, issueCertificate } from '../src/pki/index.ts'
import { createTestFolder, startTestApiServer, type TestApiServer } from './support/api-server.ts'
import { createTestCluster, type TestCluster } from './support/cluster.ts'
import { kijabi, run, succeed } from './support/shell.ts'

// biome-ignore lint/suspicious/noExplicitAny: documents of strangers, looked at field by field
type Json = Record<string, any>

const folder = createTestFolder('custom-resources')
const authority = createCertificateAuthority('webhooks')
const pair = issueCertificate(authority, { commonName: 'hook', hosts: ['127.0.0.1'], usages: ['server'] })
const caBundle = Buffer.from(authority.certificate).toString('base64')
/** A kubectl that nobody here wrote, where there is one. */
const kubectl: readonly string[] = existsSync('/usr/bin/kubectl') ? ['/usr/bin/kubectl'] : [kijabi, 'kubectl']

let server: TestApiServer
let hooks: https.Server
let hookUrl: string
let config: KubeConfig
/** What the webhook does to an object: by default `spec.size` of v1 is `spec.dimensions.size` of v2. */
let convert: (object: Json, version: string) => Json
const reviews: Json[] = []
const resized = (object: Json, apiVersion: string): Json => {
  const { size, dimensions } = object['spec']
  return { ...object, apiVersion, spec: apiVersion.endsWith('/v2') ? { dimensions: { size } } : { size: dimensions?.size } }
}

beforeAll(async () => {
  convert = resized
  hooks = https.createServer({ cert: pair.certificate, key: pair.key }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const review = JSON.parse(Buffer.concat(chunks).toString()) as Json
    reviews.push(review)
    const { uid, objects, desiredAPIVersion } = review['request']
    const convertedObjects = objects.map((object: Json) => convert(object, desiredAPIVersion))
    const { apiVersion } = review
    response.end(
      JSON.stringify({ kind: 'ConversionReview', apiVersion, response: { uid, result: { status: 'Success' }, convertedObjects } }),
    )
  })
  hooks.listen(0, '127.0.0.1')
  await once(hooks, 'listening')
  hookUrl = `https://127.0.0.1:${(hooks.address() as AddressInfo).port}/convert`
  server = await startTestApiServer(folder, [
    '--authorization-mode=RBAC',
    `--token-auth-file=${folder.file('tokens.csv', 'admin,admin,,system:masters\n')}`,
  ])
  config = new KubeConfig()
  config.loadFromClusterAndUser(
    { name: 'c', server: `https://127.0.0.1:${server.port}`, skipTLSVerify: true },
    { name: 'admin', token: 'admin' },
  )
  folder.file('kubeconfig', config.exportConfig())
}, 60_000)
afterAll(async () => {
  await server?.stop()
  hooks?.close()
  hooks?.closeAllConnections()
  folder.remove()
})

const [program, ...first] = kubectl as [string, ...string[]]
const env = () => ({ KUBECONFIG: `${folder.path}/kubeconfig`, HOME: folder.path })
const kc = (args: readonly string[], input?: object) =>
  succeed(program, [...first, ...args], { env: env(), ...(input ? { input: JSON.stringify(input) } : {}) })
const refused = async (args: readonly string[], input?: object): Promise<string> => {
  const { code, stderr } = await run(program, [...first, ...args], { env: env(), ...(input ? { input: JSON.stringify(input) } : {}) })
  expect(code).not.toBe(0)
  return stderr
}
const raw = async (path: string): Promise<Json> => JSON.parse(await kc(['get', '--raw', path]))

async function call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const request = https.request({
    host: '127.0.0.1',
    port: server.port,
    method,
    path,
    rejectUnauthorized: false,
    headers: { authorization: 'Bearer admin', ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
  })
  request.end(body ? JSON.stringify(body) : undefined)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return { status: response.statusCode as number, text, warning: response.headers['warning'], body: () => JSON.parse(text) as Json }
}

interface Version {
  readonly name?: string
  readonly storage?: boolean
  readonly spec?: object
  readonly more?: object
}
/** A definition in a group of its own. */
function definition(group: string, versions: readonly Version[], spec: Json = {}): Json {
  const { names, ...rest } = spec
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `boxes.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'boxes', singular: 'box', kind: 'Box', shortNames: ['bx'], ...names },
      versions: versions.map(({ name = 'v1', storage = true, spec: properties = { size: { type: 'integer' } }, more }) => ({
        name,
        served: true,
        storage,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', description: 'What is wanted of a box.', properties },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
        ...more,
      })),
      ...rest,
    },
  }
}
async function establish(made: Json): Promise<void> {
  await kc(['apply', '-f', '-'], made)
  await kc(['wait', '--for=condition=established', `crd/${made['metadata'].name}`, '--timeout=20s'])
}
const box = (group: string, name: string, spec: object, version = 'v1'): Json => ({
  apiVersion: `${group}/${version}`,
  kind: 'Box',
  metadata: { name, namespace: 'default' },
  spec,
})
const pathOf = (group: string, version = 'v1') => `/apis/${group}/${version}/namespaces/default/boxes`

describe('one version', () => {
  const group = 'one.example.com'
  const more = {
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.count', statusReplicasPath: '.status.count', labelSelectorPath: '.status.selector' },
    },
    additionalPrinterColumns: [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
      { name: 'Heavy', type: 'boolean', jsonPath: '.spec.heavy' },
      { name: 'Weight', type: 'number', jsonPath: '.spec.weight' },
    ],
    selectableFields: [{ jsonPath: '.spec.color' }],
  }
  const spec = {
    size: { type: 'integer', maximum: 10 },
    color: { type: 'string', default: 'brown', description: 'What it is painted in.' },
    heavy: { type: 'boolean' },
    weight: { type: 'number' },
    count: { type: 'integer' },
  }
  beforeAll(() => establish(definition(group, [{ spec, more }], { names: { categories: ['stuff'] } })), 30_000)

  test('kubectl creates, gets, applies, patches, scales, lists by field and deletes an object', async () => {
    await kc(['create', '-f', '-'], box(group, 'a', { size: 3, heavy: true, weight: 1.5, count: 1 }))
    expect(await kc(['get', 'bx', 'a', '-o', 'wide', '--no-headers'])).toMatch(/^a +3 +brown +true +1\.5/)
    expect(await kc(['get', 'stuff', '-o', 'name'])).toBe('box.one.example.com/a\n')
    await kc(['apply', '--server-side', '-f', '-'], box(group, 'b', { size: 1, color: 'red' }))
    await kc(['patch', 'box', 'b', '--type=merge', '-p', '{"spec":{"size":2}}'])
    await kc(['patch', 'box', 'b', '--type=json', '-p', '[{"op":"replace","path":"/spec/size","value":4}]'])
    expect(await refused(['patch', 'box', 'b', '--type=strategic', '-p', '{}'])).toContain(
      'application/strategic-merge-patch+json is not supported',
    )
    expect(await refused(['apply', '--server-side', '-f', '-'], box(group, 'b', { size: 5 }))).toContain('conflict with "kubectl-patch"')
    expect(await kc(['get', 'box', '--field-selector=spec.color=red', '-o', 'name'])).toBe('box.one.example.com/b\n')
    expect(await refused(['get', 'box', '--field-selector=spec.size=4'])).toContain('field label not supported: spec.size')
    await kc(['scale', 'box/a', '--replicas=4'])
    expect(await kc(['get', 'box', 'a', '-o', 'jsonpath={.spec.count} {.metadata.generation}'])).toBe('4 2')
    await kc([
      'patch',
      'box',
      'a',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"spec":{"size":9},"status":{"count":2,"selector":"a=b"}}',
    ])
    expect(await kc(['get', 'box', 'a', '-o', 'jsonpath={.spec.size} {.status.count} {.metadata.generation}'])).toBe('3 2 2')
    expect((await raw(`${pathOf(group)}/a/scale`))['status']).toEqual({ replicas: 2, selector: 'a=b' })
    await kc(['delete', 'box', 'a', 'b'])
    expect(await kc(['get', 'box', '-o', 'name'])).toBe('')
  }, 60_000)

  test('field validation refuses, warns of or drops what the schema does not know', async () => {
    const wrong = box(group, 'v', { size: 1, shape: 'round' })
    expect(await refused(['create', '-f', '-'], wrong)).toContain('strict decoding error: unknown field "spec.shape"')
    const ignored = await call('POST', `${pathOf(group)}?dryRun=All&fieldValidation=Ignore`, wrong)
    expect(ignored).toMatchObject({ status: 201, warning: undefined })
    expect(ignored.body()['spec']).toEqual({ size: 1, color: 'brown' })
    expect((await call('POST', `${pathOf(group)}?dryRun=All`, wrong)).warning).toBe('299 - "unknown field \\"spec.shape\\""')
    expect(await refused(['create', '-f', '-'], box(group, 'v', { size: 11 }))).toContain('should be less than or equal to 10')
  }, 30_000)

  test('it is no protobuf, but what is shown of its metadata may be', async () => {
    const asked = await call('GET', pathOf(group), undefined, { accept: 'application/vnd.kubernetes.protobuf' })
    expect(asked).toMatchObject({ status: 406 })
    const metadata = 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
    expect((await call('GET', pathOf(group), undefined, { accept: metadata })).text).toMatch(/^k8s\0/)
    const sent = await call('POST', pathOf(group), {}, { 'content-type': 'application/vnd.kubernetes.protobuf' })
    expect(sent.body()['message']).toBe(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
    )
  })

  test('discovery, OpenAPI and explain know the kind', async () => {
    expect(await kc(['api-resources', `--api-group=${group}`, '--no-headers'])).toMatch(/^boxes +bx +one\.example\.com\/v1 +true +Box/)
    const found = await call('GET', '/apis', undefined, { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' })
    expect(found.body()['items'].find((one: Json) => one['metadata'].name === group)).toMatchObject({
      versions: [{ version: 'v1', freshness: 'Current', resources: [{ resource: 'boxes', scope: 'Namespaced', categories: ['stuff'] }] }],
    })
    expect(await kc(['explain', 'box.spec.color'])).toContain('What it is painted in.')
    const { definitions, paths } = await raw('/openapi/v2')
    expect(definitions['com.example.one.v1.Box']['x-kubernetes-group-version-kind']).toEqual([{ group, version: 'v1', kind: 'Box' }])
    expect(definitions['com.example.one.v1.Box'].properties.spec.properties.color).toMatchObject({
      type: 'string',
      description: 'What it is painted in.',
    })
    expect(paths).toHaveProperty(`/apis/${group}/v1/namespaces/{namespace}/boxes/{name}/scale`)
    expect(await kc(['wait', '--for=condition=available', `apiservice/v1.${group}`, '--timeout=10s'])).toContain('condition met')
  }, 30_000)

  test('client-node watches what changes', async () => {
    const api = config.makeApiClient(CustomObjectsApi)
    const where = { group, version: 'v1', namespace: 'default', plural: 'boxes' }
    const seen: string[] = []
    let told = () => {}
    const three = new Promise<void>((done) => {
      told = () => seen.length === 3 && done()
    })
    const watch = await new Watch(config).watch(
      pathOf(group),
      {},
      (type, object: Json) => {
        seen.push(`${type} ${object['metadata'].name} ${object['spec'].size}`)
        told()
      },
      () => {},
    )
    await api.createNamespacedCustomObject({ ...where, body: box(group, 'w', { size: 1 }) })
    await api.patchNamespacedCustomObject({ ...where, name: 'w', body: [{ op: 'replace', path: '/spec/size', value: 2 }] })
    await api.deleteNamespacedCustomObject({ ...where, name: 'w' })
    await three
    watch.abort()
    expect(seen).toEqual(['ADDED w 1', 'MODIFIED w 2', 'DELETED w 2'])
  }, 30_000)
})

test('a name that another definition of the group has is not accepted, until it is free', async () => {
  const group = 'names.example.com'
  await establish(definition(group, [{}]))
  const other = definition(group, [{}], { names: { plural: 'crates', singular: 'crate', kind: 'Crate' } })
  other['metadata'].name = `crates.${group}`
  await kc(['create', '-f', '-'], other)
  await kc(['wait', '--for=condition=NamesAccepted=false', `crd/crates.${group}`, '--timeout=20s'])
  const conditions = '{range .status.conditions[*]}{.type}={.status} {.reason} {.message};{end}'
  expect(await kc(['get', 'crd', `crates.${group}`, '-o', `jsonpath=${conditions}`])).toBe(
    'NamesAccepted=False ShortNamesConflict "bx" is already in use;Established=False NotAccepted not all names are accepted;',
  )
  await kc(['delete', 'crd', `boxes.${group}`])
  await kc(['wait', '--for=condition=established', `crd/crates.${group}`, '--timeout=20s'])
  await kc(['delete', 'crd', `crates.${group}`])
}, 60_000)

test('a definition goes when the last of its objects has, and takes nothing new until then', async () => {
  const group = 'end.example.com'
  await establish(definition(group, [{}]))
  const held = box(group, 'held', { size: 1 })
  held['metadata'].finalizers = ['example.com/hold']
  await kc(['create', '-f', '-'], held)
  await kc(['create', '-f', '-'], box(group, 'free', { size: 1 }))
  await kc(['delete', 'crd', `boxes.${group}`, '--wait=false'])
  await kc(['wait', '--for=condition=terminating', `crd/boxes.${group}`, '--timeout=20s'])
  await kc(['wait', '--for=delete', 'boxes.end.example.com/free', '--timeout=20s'])
  expect(await refused(['create', '-f', '-'], box(group, 'late', { size: 1 }))).toContain(
    'create not allowed while custom resource definition is terminating',
  )
  await call('PATCH', `${pathOf(group)}/held`, { metadata: { finalizers: null } }, { 'content-type': 'application/merge-patch+json' })
  await kc(['wait', '--for=delete', `crd/boxes.${group}`, '--timeout=20s'])
  expect((await call('GET', pathOf(group))).text).toBe('404 page not found\n')
}, 60_000)

test('objects are read by the schema of today: new defaults are filled in, what is unknown goes, and watches begin anew', async () => {
  const group = 'schema.example.com'
  await establish(definition(group, [{ spec: { size: { type: 'integer' }, old: { type: 'string' } } }]))
  await kc(['create', '-f', '-'], box(group, 'a', { size: 1, old: 'x' }))
  await kc(['apply', '-f', '-'], definition(group, [{ spec: { size: { type: 'integer' }, fresh: { type: 'string', default: 'y' } } }]))
  expect((await raw(`${pathOf(group)}/a`))['spec']).toEqual({ size: 1, fresh: 'y' })
  expect((await raw(pathOf(group)))['items'][0].spec).toEqual({ size: 1, fresh: 'y' })
}, 30_000)

describe('a webhook that converts', () => {
  const group = 'hook.example.com'
  const hooked = (storage: string) =>
    definition(
      group,
      [
        { name: 'v1', storage: storage === 'v1' },
        { name: 'v2', storage: storage === 'v2', spec: { dimensions: { type: 'object', properties: { size: { type: 'integer' } } } } },
      ],
      {
        conversion: {
          strategy: 'Webhook',
          webhook: { clientConfig: { url: hookUrl, caBundle }, conversionReviewVersions: ['v1'] },
        },
      },
    )
  beforeAll(() => establish(hooked('v1')), 30_000)

  test('each version is created, read, listed and watched in its own form', async () => {
    const changed: string[] = []
    let told = () => {}
    const both = new Promise<void>((done) => {
      told = () => changed.length === 2 && done()
    })
    const watch = await new Watch(config).watch(
      pathOf(group, 'v2'),
      {},
      (type, object: Json) => {
        changed.push(`${type} ${object['apiVersion']} ${JSON.stringify(object['spec'])}`)
        told()
      },
      () => {},
    )
    await kc(['create', '-f', '-'], box(group, 'a', { size: 1 }))
    await kc(['create', '-f', '-'], box(group, 'b', { dimensions: { size: 2 } }, 'v2'))
    await both
    watch.abort()
    expect(changed).toEqual(['ADDED hook.example.com/v2 {"dimensions":{"size":1}}', 'ADDED hook.example.com/v2 {"dimensions":{"size":2}}'])
    expect((await raw(pathOf(group)))['items'].map((one: Json) => one['spec'])).toEqual([{ size: 1 }, { size: 2 }])
    expect((await raw(`${pathOf(group, 'v2')}/a`))['spec']).toEqual({ dimensions: { size: 1 } })
    await call(
      'PATCH',
      `${pathOf(group, 'v2')}/a`,
      { spec: { dimensions: { size: 7 } } },
      { 'content-type': 'application/merge-patch+json' },
    )
    expect((await raw(`${pathOf(group)}/a`))['spec']).toEqual({ size: 7 })
    expect(reviews.at(-1)).toMatchObject({
      kind: 'ConversionReview',
      apiVersion: 'apiextensions.k8s.io/v1',
      request: { desiredAPIVersion: expect.any(String) },
    })
  }, 60_000)

  test('a fault of the webhook is told in words that name it', async () => {
    convert = (object, version) => ({ ...resized(object, version), metadata: { ...object['metadata'], name: 'other' } })
    const answer = await call('POST', pathOf(group, 'v2'), box(group, 'c', { dimensions: { size: 2 } }, 'v2'))
    convert = resized
    expect(answer.status).toBe(500)
    expect(answer.body()['message']).toBe(
      'conversion webhook for hook.example.com/v2, Kind=Box returned invalid converted object at index 0: must have the same name: other != c',
    )
  })

  test('another storage version takes what was stored before along, and is remembered', async () => {
    await kc(['apply', '-f', '-'], hooked('v2'))
    await call('PATCH', `${pathOf(group)}/b`, { spec: { size: 5 } }, { 'content-type': 'application/merge-patch+json' })
    expect((await raw(pathOf(group, 'v2')))['items'].map((one: Json) => one['spec'].dimensions.size)).toEqual([7, 5])
    expect((await raw(pathOf(group, 'v1')))['items'].map((one: Json) => one['spec'].size)).toEqual([7, 5])
    expect((await raw(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/boxes.${group}`))['status'].storedVersions).toEqual([
      'v1',
      'v2',
    ])
  }, 30_000)
})

test('a webhook of admission, a quota and roles count for custom objects as for any', async () => {
  const group = 'rules.example.com'
  await establish(definition(group, [{}]))
  await kc(['create', 'quota', 'boxes', '--hard=count/boxes.rules.example.com=1'])
  await kc(['create', '-f', '-'], {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'small-boxes' },
    spec: {
      matchConstraints: { resourceRules: [{ apiGroups: [group], apiVersions: ['*'], operations: ['CREATE'], resources: ['boxes'] }] },
      validations: [{ expression: 'object.spec.size < 5', message: 'too large' }],
    },
  })
  await kc(['create', '-f', '-'], {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'small-boxes' },
    spec: { policyName: 'small-boxes', validationActions: ['Deny'] },
  })
  expect(await refused(['create', '-f', '-'], box(group, 'a', { size: 6 }))).toContain('too large')
  await kc(['create', 'clusterrole', 'box-reader', '--verb=get', '--resource=boxes.rules.example.com'])
  await kc(['create', 'clusterrolebinding', 'box-reader', '--clusterrole=box-reader', '--user=jane'])
  expect(await kc(['auth', 'can-i', 'get', 'boxes.rules.example.com', '--as=jane'])).toBe('yes\n')
  expect(await refused(['create', '--as=jane', '-f', '-'], box(group, 'a', { size: 1 }))).toContain(
    'User "jane" cannot create resource "boxes" in API group "rules.example.com"',
  )
}, 60_000)

describe('in a cluster', () => {
  const group = 'cluster.example.com'
  let cluster: TestCluster
  const apply = async (...objects: Json[]) => {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    await succeed(program, [...first, 'apply', '-f', '-'], { env: cluster.env, input: list })
  }
  const inSpace = (object: Json, owner?: Json): Json => ({
    ...object,
    metadata: { ...object['metadata'], namespace: 'space', ...(owner ? { ownerReferences: [owner] } : {}) },
  })
  beforeAll(async () => {
    cluster = await createTestCluster({ port: 27443, flags: ['--nodes', '0', '--simulated-nodes', '1'] })
    await cluster.up()
  }, 120_000)
  afterAll(() => cluster?.close(), 60_000)

  test('the garbage collector, quotas and namespaces see the kind as soon as it is there', async () => {
    await apply(definition(group, [{}]))
    await cluster.kubectl('wait', '--for=condition=established', `crd/boxes.${group}`, '--timeout=20s')
    await cluster.kubectl('create', 'namespace', 'space')
    await cluster.kubectl('create', 'quota', 'boxes', '-n', 'space', `--hard=count/boxes.${group}=3`)
    await apply(inSpace(box(group, 'owner', {})), inSpace(box(group, 'alone', {})))
    const uid = await cluster.kubectl('get', 'box', 'owner', '-n', 'space', '-o', 'jsonpath={.metadata.uid}')
    const owner = { apiVersion: `${group}/v1`, kind: 'Box', name: 'owner', uid, blockOwnerDeletion: true }
    await apply(
      inSpace({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'child' } }, owner),
      inSpace(box(group, 'child', {}), owner),
    )
    const fourth = await run(program, [...first, 'create', '-f', '-'], {
      env: cluster.env,
      input: JSON.stringify(inSpace(box(group, 'fourth', {}))),
    })
    expect(fourth.stderr).toContain('exceeded quota: boxes')
    await cluster.kubectl('delete', 'box', 'owner', '-n', 'space', '--cascade=foreground', '--timeout=20s')
    expect(await cluster.kubectl('get', 'box,cm', '-n', 'space', '-o', 'name')).toBe(
      'box.cluster.example.com/alone\nconfigmap/kube-root-ca.crt\n',
    )
    await cluster.kubectl('delete', 'namespace', 'space', '--timeout=20s')
    expect(await cluster.kubectl('get', 'box', '-A', '-o', 'name')).toBe('')
    await cluster.kubectl('delete', 'crd', `boxes.${group}`, '--timeout=20s')
  }, 90_000)
})
