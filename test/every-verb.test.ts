/**
 * Every verb on every resource and subresource that the server's own discovery names, by clients that others wrote: curl,
 * the official JavaScript client and the real kubectl. What discovery names and no table here has fails a test.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KubeConfig, type KubernetesObject, KubernetesObjectApi, PatchStrategy, Watch } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestFolder, startTestApiServer, type TestApiServer } from './support/api-server.ts'
import { type Manifest, manifests } from './support/manifests.ts'
import { succeed } from './support/shell.ts'

interface Resource {
  /** `apps/v1 deployments`, `v1 pods/log` */
  readonly key: string
  readonly groupVersion: string
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}
interface Stored extends KubernetesObject {
  readonly metadata: NonNullable<KubernetesObject['metadata']>
  readonly [field: string]: unknown
}

const testFolder = createTestFolder('every-verb')
const folder = testFolder.path
const token = 'a-token-for-tests'
const namespace = 'every-verb'
const config = new KubeConfig()
let server: TestApiServer
let url = ''
/** What is made and stored; then subresources, and what is only asked. */
let resources: Resource[] = []
let others: Resource[] = []

interface Sent {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly type?: string
}
interface Answered {
  readonly status: number
  readonly body: Stored
}

/** Many requests by one curl, one after the other. */
function curl(requests: readonly Sent[]): Answered[] {
  const mark = '~~answered~~'
  const settings = requests.map(({ method, path, body, type = 'application/json' }, i) => {
    const file = join(folder, `body-${i}`)
    if (body !== undefined) writeFileSync(file, JSON.stringify(body))
    return [
      'silent',
      'insecure',
      'globoff',
      `request = ${method}`,
      `url = "${url}${path}"`,
      `header = "Authorization: Bearer ${token}"`,
      `write-out = "${mark}%{http_code}${mark}"`,
      ...(body === undefined ? [] : [`header = "Content-Type: ${type}"`, `data-binary = "@${file}"`]),
    ].join('\n')
  })
  const parts = execFileSync('curl', ['--config', '-'], { input: settings.join('\nnext\n'), maxBuffer: 1 << 28 })
    .toString()
    .split(mark)
  return requests.map((_, i) => {
    const text = parts[2 * i] as string
    return { status: Number(parts[2 * i + 1]), body: text.startsWith('{') ? JSON.parse(text) : { text } }
  })
}
const call = (method: string, path: string, body?: unknown, type?: string): Answered =>
  curl([{ method, path, ...(body === undefined ? {} : { body }), ...(type ? { type } : {}) }])[0] as Answered

const manifestOf = ({ key }: Resource): Manifest => manifests[key] as Manifest
const nameOf = (resource: Resource): string => manifestOf(resource).name ?? 'every'
const collectionOf = ({ groupVersion, name, namespaced }: Resource): string =>
  `${groupVersion === 'v1' ? '/api' : '/apis'}/${groupVersion}${namespaced ? `/namespaces/${namespace}` : ''}/${name}`
const pathOf = (resource: Resource): string => `${collectionOf(resource)}/${nameOf(resource)}`
const onlyIt = (resource: Resource): string => `${collectionOf(resource)}?fieldSelector=metadata.name%3D${nameOf(resource)}`
const objectOf = (resource: Resource): Stored => ({
  apiVersion: resource.groupVersion,
  kind: resource.kind,
  metadata: { name: nameOf(resource), ...(resource.namespaced ? { namespace } : {}), labels: { every: 'verb' } },
  ...manifestOf(resource).body,
})
/** What an answer must show of what was written; `stringData` is never read. */
const shown = ({ stringData: _, ...object }: Stored): object => object

/** A request for each resource, and what must hold of its answer; what fails names the resource. */
function each(of: readonly Resource[], sent: (resource: Resource) => Sent, check: (answer: Answered, resource: Resource) => void): void {
  const answers = curl(of.map(sent))
  const faults = of.flatMap((resource, i) => {
    const answer = answers[i] as Answered
    try {
      check(answer, resource)
      return []
    } catch (error) {
      return [`${resource.key}: ${(error as Error).message}\n${JSON.stringify(answer).slice(0, 1000)}`]
    }
  })
  if (faults.length > 0) throw new Error(faults.join('\n\n'))
}
/** What each resource's object was in the last answer. */
const last = new Map<string, Stored>()
const remembered = (resource: Resource): Stored => last.get(resource.key) as Stored
const changes = ({ status, body }: Answered, resource: Resource): void => {
  expect(status).toBe(200)
  expect(body.metadata.uid).toBe(remembered(resource).metadata.uid)
  expect(body.metadata.resourceVersion).not.toBe(remembered(resource).metadata.resourceVersion)
  last.set(resource.key, body)
}
async function createAll(): Promise<void> {
  each(
    resources,
    (resource) => ({ method: 'POST', path: collectionOf(resource), body: objectOf(resource) }),
    ({ status, body }, resource) => {
      expect(status).toBe(201)
      expect(body).toMatchObject(shown(objectOf(resource)))
      expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
      last.set(resource.key, body)
    },
  )
  for (const resource of resources.filter(({ name }) => name in settled)) last.set(resource.key, await settling(resource))
}
const conditionsOf = ({ status }: Stored) => (status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? []
/** What the server itself says of new objects is a change of them: whether a flow schema dangles, that a definition is served. */
const settled: Readonly<Record<string, (object: Stored) => boolean>> = {
  flowschemas: (object) => conditionsOf(object).length === 1,
  customresourcedefinitions: (object) => conditionsOf(object).some(({ type, status }) => type === 'Established' && status === 'True'),
}
const settling = (resource: Resource): Promise<Stored> => comesTo(resource, settled[resource.name] as (object: Stored) => boolean)
/** The resource's object once it is as wanted. */
async function comesTo(resource: Resource, wanted: (object: Stored) => boolean): Promise<Stored> {
  const query = { fieldSelector: `metadata.name=${nameOf(resource)}` }
  const { promise, resolve, reject } = Promise.withResolvers<Stored>()
  const seen = (_type: string, object: Stored) => wanted(object) && resolve(object)
  const watching = await new Watch(config).watch(collectionOf(resource), query, seen, reject)
  const object = await promise
  watching.abort()
  return object
}
/** No controllers run here: what waits to be finalized is let go. Then nothing is left. */
function allGone(): void {
  const left = curl(resources.map((resource) => ({ method: 'GET', path: pathOf(resource) })))
  for (const [i, { status, body }] of left.entries()) {
    if (status === 404) continue
    const resource = resources[i] as Resource
    expect(body.metadata.deletionTimestamp, `${resource.key} is to be deleted`).toBeDefined()
    if (resource.name === 'namespaces') call('PUT', `${pathOf(resource)}/finalize`, { ...body, spec: { finalizers: [] } })
    else call('PATCH', pathOf(resource), { metadata: { finalizers: null } }, 'application/merge-patch+json')
  }
  each(
    resources,
    (resource) => ({ method: 'GET', path: pathOf(resource) }),
    ({ status, body }, resource) => {
      expect(status).toBe(404)
      expect(body).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'NotFound', details: { name: nameOf(resource) } })
    },
  )
}

beforeAll(async () => {
  const tokens = testFolder.file('tokens', `${token},admin,1,"system:masters"\n`)
  server = await startTestApiServer(testFolder, [`--token-auth-file=${tokens}`, '--service-cluster-ip-range=10.96.0.0/16'])
  url = `https://127.0.0.1:${server.port}`
  config.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'u', token })
  writeFileSync(join(folder, 'kubeconfig'), config.exportConfig())

  const { groups } = call('GET', '/apis').body as unknown as { groups: { versions: { groupVersion: string }[] }[] }
  const versions = ['v1', ...groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion))]
  const documents = curl(versions.map((version) => ({ method: 'GET', path: `${version === 'v1' ? '/api' : '/apis'}/${version}` })))
  const all = documents.flatMap(({ body }, i) =>
    (body['resources'] as Omit<Resource, 'key' | 'groupVersion'>[]).map((resource) => {
      const groupVersion = versions[i] as string
      return { ...resource, groupVersion, key: `${groupVersion} ${resource.name}` }
    }),
  )
  resources = all.filter(({ name, verbs }) => !name.includes('/') && verbs.includes('create') && verbs.includes('get'))
  others = all.filter((resource) => !resources.includes(resource))
  expect(call('POST', '/api/v1/namespaces', { metadata: { name: namespace } }).status).toBe(201)
  expect(call('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } }).status).toBe(201)
})
afterAll(async () => {
  await server.stop()
  testFolder.remove()
})

test('each resource that is made has a manifest, and each manifest a resource', () => {
  expect(resources.map(({ key }) => key).sort()).toEqual(Object.keys(manifests).sort())
})

describe('by curl', () => {
  test('create, get and list show what was written', async () => {
    await createAll()
    each(
      resources,
      (resource) => ({ method: 'GET', path: pathOf(resource) }),
      ({ status, body }, resource) => {
        expect(status).toBe(200)
        expect(body).toEqual(remembered(resource))
      },
    )
    each(
      resources,
      (resource) => ({ method: 'GET', path: onlyIt(resource) }),
      ({ body }, resource) => {
        const { apiVersion, kind, ...item } = remembered(resource)
        expect(body).toMatchObject({ apiVersion, kind: `${kind}List`, metadata: { resourceVersion: expect.stringMatching(/^\d+$/) } })
        expect(body['items']).toEqual([item])
      },
    )
  })

  test('update, and an update of an older version', () => {
    const before = new Map(last)
    each(
      resources,
      (resource) => {
        const object = remembered(resource)
        return {
          method: 'PUT',
          path: pathOf(resource),
          body: { ...object, metadata: { ...object.metadata, annotations: { updated: 'yes' } } },
        }
      },
      (answer, resource) => {
        changes(answer, resource)
        expect(answer.body.metadata.annotations).toMatchObject({ updated: 'yes' })
        expect(answer.body).toMatchObject(shown(objectOf(resource)))
      },
    )
    each(
      resources,
      (resource) => ({ method: 'PUT', path: pathOf(resource), body: before.get(resource.key) }),
      ({ status, body }) => {
        expect(status).toBe(409)
        expect(body).toMatchObject({ reason: 'Conflict', message: expect.stringContaining('the object has been modified; please apply') })
      },
    )
  })

  const annotate = (annotation: string) => ({ metadata: { annotations: { [annotation]: 'yes' } } })
  test.each<[kind: string, type: string, body: (resource: Resource) => unknown]>([
    ['json', 'application/json-patch+json', () => [{ op: 'add', path: '/metadata/annotations/json', value: 'yes' }]],
    ['merge', 'application/merge-patch+json', () => annotate('merge')],
    ['strategic', 'application/strategic-merge-patch+json', () => annotate('strategic')],
    ['apply', 'application/apply-patch+yaml', ({ groupVersion, kind }) => ({ apiVersion: groupVersion, kind, ...annotate('apply') })],
  ])('patch: %s', (kind, type, body) => {
    each(
      resources,
      (resource) => ({ method: 'PATCH', path: `${pathOf(resource)}?fieldManager=every-${kind}`, type, body: body(resource) }),
      (answer, resource) => {
        changes(answer, resource)
        expect(answer.body.metadata.annotations).toMatchObject({ updated: 'yes', [kind]: 'yes' })
        expect(answer.body).toMatchObject(shown(objectOf(resource)))
        expect(answer.body.metadata.managedFields).toContainEqual(
          expect.objectContaining({
            manager: `every-${kind}`,
            operation: kind === 'apply' ? 'Apply' : 'Update',
            apiVersion: resource.groupVersion,
            fieldsV1: { 'f:metadata': { 'f:annotations': { [`f:${kind}`]: {} } } },
          }),
        )
      },
    )
  })

  test('status: get, update and patch, which leave the rest as it is', () => {
    const parents = others
      .filter(({ name }) => name.endsWith('/status'))
      .map(({ key }) => resources.find((resource) => key === `${resource.key}/status`) as Resource)
    expect(parents.filter((resource) => manifestOf(resource).status === undefined).map(({ key }) => key)).toEqual([])
    each(
      parents,
      (resource) => ({ method: 'GET', path: `${pathOf(resource)}/status` }),
      ({ body }, resource) => expect(body).toEqual(remembered(resource)),
    )
    each(
      parents,
      (resource) => {
        const body = { metadata: { labels: { patched: 'yes' } }, status: manifestOf(resource).status }
        return { method: 'PATCH', path: `${pathOf(resource)}/status`, type: 'application/merge-patch+json', body }
      },
      (answer, resource) => {
        changes(answer, resource)
        expect(answer.body['status']).toMatchObject(manifestOf(resource).status as object)
        expect(answer.body).toMatchObject(shown(objectOf(resource)))
      },
    )
    each(
      parents,
      (resource) => {
        const { metadata, ...object } = remembered(resource)
        const changed = { ...metadata, generation: 99, annotations: { status: 'yes' } }
        return { method: 'PUT', path: `${pathOf(resource)}/status`, body: { ...object, metadata: changed } }
      },
      (answer, resource) => {
        const { spec, status, metadata } = remembered(resource)
        changes(answer, resource)
        expect(answer.body).toMatchObject({ spec, status, metadata: { annotations: { status: 'yes' } } })
        expect(answer.body.metadata.generation).toBe(metadata.generation)
      },
    )
  })

  test('scale: get, update and patch change the replicas', () => {
    const parents = resources.filter(({ key }) => others.some((other) => other.key === `${key}/scale`))
    expect(parents).toHaveLength(4)
    const scaled = (replicas: number) => (answer: Answered, resource: Resource) => {
      expect(answer).toMatchObject({
        status: 200,
        body: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: nameOf(resource), namespace }, spec: { replicas } },
      })
      last.set(`${resource.key}/scale`, answer.body)
    }
    each(parents, (resource) => ({ method: 'GET', path: `${pathOf(resource)}/scale` }), scaled(2))
    const put = (resource: Resource) => ({ ...(last.get(`${resource.key}/scale`) as Stored), spec: { replicas: 3 } })
    each(parents, (resource) => ({ method: 'PUT', path: `${pathOf(resource)}/scale`, body: put(resource) }), scaled(3))
    const type = 'application/merge-patch+json'
    const body = { spec: { replicas: 4 } }
    each(parents, (resource) => ({ method: 'PATCH', path: `${pathOf(resource)}/scale`, type, body }), scaled(4))
    each(
      parents,
      (resource) => ({ method: 'GET', path: pathOf(resource) }),
      (answer) => expect(answer.body['spec']).toMatchObject({ replicas: 4 }),
    )
  })

  test('delete, and deletecollection of those that allow it', async () => {
    each(
      resources,
      (resource) => ({ method: 'DELETE', path: pathOf(resource) }),
      ({ status, body }, resource) => {
        expect(status).toBe(200)
        if (body.kind === 'Status') expect(body).toMatchObject({ status: 'Success', details: { name: nameOf(resource) } })
        else expect(body).toMatchObject({ kind: resource.kind, metadata: { name: nameOf(resource) } })
      },
    )
    allGone()
    await createAll()
    each(
      resources,
      (resource) => ({ method: 'DELETE', path: onlyIt(resource) }),
      ({ status, body }, { verbs, kind }) => {
        if (!verbs.includes('deletecollection')) expect(body).toMatchObject({ code: 405, reason: 'MethodNotAllowed' })
        else
          expect({ status, kind: body.kind, items: (body['items'] as unknown[]).length }).toEqual({
            status: 200,
            kind: `${kind}List`,
            items: 1,
          })
      },
    )
    for (const resource of resources) if (!resource.verbs.includes('deletecollection')) call('DELETE', pathOf(resource))
    allGone()
  })

  type Row = readonly [method: string, path: string, body: unknown, status: number, shows: object]
  const core = `/api/v1/namespaces/${namespace}`
  const review = '/apis/authorization.k8s.io/v1'
  const may = { verb: 'get', resource: 'pods', namespace }
  const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const merge = 'PATCH application/merge-patch+json'
  const strategic = 'PATCH application/strategic-merge-patch+json'
  const container = { name: 'c', image: 'example.com/c:1', resources: { requests: { cpu: '1' } } }
  const pod = (name: string): Row => [
    'POST',
    `${core}/pods`,
    { metadata: { name }, spec: { containers: [container] } },
    201,
    { metadata: { name } },
  ]
  const target = { apiVersion: 'v1', kind: 'Node', name: 'far' }
  const approved = (reason: string) => ({ conditions: [{ type: 'Approved', status: 'True', reason }] })
  const ephemeral = (...names: string[]) => ({ spec: { ephemeralContainers: names.map((name) => ({ name, image: 'example.com/d:1' })) } })
  const cpu = (value: string) => ({ spec: { containers: [{ name: 'c', resources: { requests: { cpu: value } } }] } })
  const success = { kind: 'Status', status: 'Success' }
  const unplaced = (name: string) => ({ reason: 'BadRequest', message: `pod ${name} does not have a host assigned` })
  const both = (path: string, status: number, shows: object): Row[] => [
    ['GET', path, undefined, status, shows],
    ['POST', path, undefined, status, shows],
  ]
  const proxied = (path: string, status: number, shows: object): Row[] => [
    ...both(path, status, shows),
    ['PUT', path, {}, status, shows],
    ['PATCH', path, {}, status, shows],
    ['DELETE', path, undefined, status, shows],
  ]
  /** What is written is what the request before answered, with these changes. */
  const answered = (change: (object: Stored) => object) => change
  const special: Readonly<Record<string, readonly Row[]>> = {
    'v1 bindings': [
      pod('bindings'),
      ['POST', `${core}/bindings`, { metadata: { name: 'bindings' }, target }, 201, success],
      ['GET', `${core}/pods/bindings`, undefined, 200, { spec: { nodeName: 'far' } }],
    ],
    'v1 componentstatuses': [
      ['GET', '/api/v1/componentstatuses', undefined, 200, { kind: 'ComponentStatusList' }],
      ['GET', '/api/v1/componentstatuses/etcd-0', undefined, 200, { conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] }],
    ],
    'v1 namespaces/finalize': [
      ['POST', '/api/v1/namespaces', { metadata: { name: 'ending' } }, 201, { spec: { finalizers: ['kubernetes'] } }],
      ['DELETE', '/api/v1/namespaces/ending', undefined, 200, { status: { phase: 'Terminating' } }],
      ['PUT', '/api/v1/namespaces/ending/finalize', answered((object) => ({ ...object, spec: { finalizers: [] } })), 200, { spec: {} }],
      ['GET', '/api/v1/namespaces/ending', undefined, 404, { reason: 'NotFound' }],
    ],
    'v1 nodes/proxy': [
      ['POST', '/api/v1/nodes', { metadata: { name: 'far' } }, 201, { metadata: { name: 'far' } }],
      ...proxied('/api/v1/nodes/far/proxy', 500, {
        message: 'no preferred addresses found; known addresses: []',
      }),
      ['DELETE', '/api/v1/nodes/far', undefined, 200, success],
    ],
    'v1 pods/attach': [pod('attach'), ...both(`${core}/pods/attach/attach?stdout=1`, 400, unplaced('attach'))],
    'v1 pods/binding': [
      pod('binding'),
      ['POST', `${core}/pods/binding/binding`, { metadata: { name: 'binding' }, target }, 201, success],
      ['GET', `${core}/pods/binding`, undefined, 200, { spec: { nodeName: 'far' } }],
    ],
    'v1 pods/ephemeralcontainers': [
      pod('debugged'),
      [strategic, `${core}/pods/debugged/ephemeralcontainers`, ephemeral('one'), 200, ephemeral('one')],
      ['GET', `${core}/pods/debugged/ephemeralcontainers`, undefined, 200, ephemeral('one')],
      [
        'PUT',
        `${core}/pods/debugged/ephemeralcontainers`,
        answered(({ spec, ...object }) => ({ ...object, spec: { ...(spec as object), ...ephemeral('one', 'two').spec } })),
        200,
        ephemeral('one', 'two'),
      ],
    ],
    'v1 pods/eviction': [
      pod('evicted'),
      ['POST', `${core}/pods/evicted/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'evicted' } }, 201, success],
      ['GET', `${core}/pods/evicted`, undefined, 404, { reason: 'NotFound' }],
    ],
    'v1 pods/exec': [pod('exec'), ...both(`${core}/pods/exec/exec?command=ls&stdout=1`, 400, unplaced('exec'))],
    'v1 pods/log': [pod('log'), ['GET', `${core}/pods/log/log`, undefined, 204, { text: '' }]],
    'v1 pods/portforward': [pod('forward'), ...both(`${core}/pods/forward/portforward?ports=80`, 400, unplaced('forward'))],
    'v1 pods/proxy': [pod('proxy'), ...proxied(`${core}/pods/proxy/proxy`, 400, { reason: 'BadRequest', message: 'address not allowed' })],
    'v1 pods/resize': [
      pod('resized'),
      [strategic, `${core}/pods/resized/resize`, cpu('2'), 200, cpu('2')],
      ['GET', `${core}/pods/resized/resize`, undefined, 200, cpu('2')],
      [
        'PUT',
        `${core}/pods/resized/resize`,
        answered((object) => JSON.parse(JSON.stringify(object).replace('"requests":{"cpu":"2"}', '"requests":{"cpu":"3"}'))),
        200,
        cpu('3'),
      ],
    ],
    'v1 serviceaccounts/token': [
      [
        'POST',
        `${core}/serviceaccounts/default/token`,
        { spec: { audiences: ['somebody'], expirationSeconds: 3600 } },
        201,
        { kind: 'TokenRequest', spec: { audiences: ['somebody'] }, status: { token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) } },
      ],
    ],
    'v1 services/proxy': [
      ['POST', `${core}/services`, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } }, 201, { metadata: { name: 's' } }],
      ...proxied(`${core}/services/s/proxy`, 503, { reason: 'ServiceUnavailable', message: 'no endpoints available for service "s"' }),
    ],
    'authentication.k8s.io/v1 selfsubjectreviews': [
      ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, 201, { status: { userInfo: { username: 'admin' } } }],
    ],
    'authentication.k8s.io/v1 tokenreviews': [
      [
        'POST',
        '/apis/authentication.k8s.io/v1/tokenreviews',
        { spec: { token } },
        201,
        { status: { authenticated: true, user: { username: 'admin', uid: '1' } } },
      ],
    ],
    'authorization.k8s.io/v1 localsubjectaccessreviews': [
      [
        'POST',
        `${review}/namespaces/${namespace}/localsubjectaccessreviews`,
        { metadata: { namespace }, spec: { user: 'u', resourceAttributes: may } },
        201,
        { status: { allowed: true } },
      ],
    ],
    'authorization.k8s.io/v1 selfsubjectaccessreviews': [
      ['POST', `${review}/selfsubjectaccessreviews`, { spec: { resourceAttributes: may } }, 201, { status: { allowed: true } }],
    ],
    'authorization.k8s.io/v1 selfsubjectrulesreviews': [
      ['POST', `${review}/selfsubjectrulesreviews`, { spec: { namespace } }, 201, { kind: 'SelfSubjectRulesReview', status: {} }],
    ],
    'authorization.k8s.io/v1 subjectaccessreviews': [
      ['POST', `${review}/subjectaccessreviews`, { spec: { user: 'u', resourceAttributes: may } }, 201, { status: { allowed: true } }],
    ],
    'certificates.k8s.io/v1 certificatesigningrequests/approval': [
      [
        'POST',
        requests,
        { metadata: { name: 'approved' }, ...(manifests['certificates.k8s.io/v1 certificatesigningrequests'] as Manifest).body },
        201,
        { metadata: { name: 'approved' } },
      ],
      ['GET', `${requests}/approved/approval`, undefined, 200, { metadata: { name: 'approved' } }],
      [
        'PUT',
        `${requests}/approved/approval`,
        answered((object) => ({ ...object, status: approved('One') })),
        200,
        { status: approved('One') },
      ],
      [merge, `${requests}/approved/approval`, { status: approved('Two') }, 200, { status: approved('Two') }],
    ],
  }
  const verbOf = (key: string, method: string, path: string): string => {
    const at = path.split('?')[0] as string
    if (method === 'GET') return key.endsWith(` ${at.split('/').at(-1)}`) ? 'list' : 'get'
    return { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method.split(' ')[0] as string] as string
  }

  test('each other resource has its rows, with each of its verbs', () => {
    const verbs = (key: string, rows: readonly Row[]) => {
      const own = key.split(' ')[1]?.split('/').at(-1) as string
      // A path ends in the resource, or in a name of it; rows of other paths prepare and look at what came of it.
      const asked = rows.filter(([, path]) => new RegExp(`/${own}($|[?]|/etcd-0$)`).test(path) && !path.endsWith(`/pods/${own}`))
      return [...new Set(asked.map(([method, path]) => verbOf(key, method, path)))].sort()
    }
    const wanted = others.filter(({ name }) => !/\/(status|scale)$/.test(name)).map(({ key, verbs: of }) => [key, [...of].sort()])
    expect(Object.fromEntries(Object.entries(special).map(([key, rows]) => [key, verbs(key, rows)]))).toEqual(Object.fromEntries(wanted))
  })

  test.each(Object.entries(special))('%s', (_key, rows) => {
    let before = {} as Stored
    for (const [method, path, body, status, shows] of rows) {
      const [verb, type] = method.split(' ') as [string, string | undefined]
      const answer = call(verb, path, typeof body === 'function' ? body(before) : body, type)
      expect(answer, `${method} ${path}`).toMatchObject({ status, body: shows })
      before = answer.body
    }
  })
})

test.each([
  ['/.well-known/openid-configuration', { id_token_signing_alg_values_supported: ['ES256'] }],
  ['/openid/v1/jwks', { keys: [expect.objectContaining({ alg: 'ES256' })] }],
])('%s, with the slash that OpenAPI lists it with and without', (path, body) => {
  expect(curl([path, `${path}/`].map((at) => ({ method: 'GET', path: at })))).toMatchObject([
    { status: 200, body },
    { status: 200, body },
  ])
})

test('by the official client: watch, create, read, list, patch, replace and delete', async () => {
  const api = KubernetesObjectApi.makeApiClient(config)
  const events = new Map<string, string[]>()
  const over: Promise<unknown>[] = []
  const watch = new Watch(config)
  const watches = resources.map((resource) => {
    const seen: string[] = []
    events.set(resource.key, seen)
    const { promise, resolve } = Promise.withResolvers<void>()
    over.push(promise)
    const query = { fieldSelector: `metadata.name=${nameOf(resource)}`, resourceVersion: '0' }
    return watch.watch(
      collectionOf(resource),
      query,
      (type: string, object: Stored) => {
        seen.push(`${type} ${object.kind} ${object.metadata.annotations?.['step'] ?? ''}`.trim())
        if (type === 'DELETED') resolve()
      },
      () => {},
    )
  })
  const controllers = await Promise.all(watches)

  for (const resource of resources) {
    const object = objectOf(resource)
    const created = await api.create(object)
    expect(created.metadata?.uid, resource.key).toBeDefined()
    if (resource.name in settled) await settling(resource)
    const header = {
      apiVersion: resource.groupVersion,
      kind: resource.kind,
      metadata: { name: nameOf(resource), ...(resource.namespaced ? { namespace } : {}) },
    }
    expect((await api.read(header)).metadata?.uid).toBe(created.metadata?.uid)
    const patched = await api.patch(
      { ...header, metadata: { ...header.metadata, annotations: { step: 'patched' } } },
      undefined,
      undefined,
      undefined,
      undefined,
      PatchStrategy.MergePatch,
    )
    expect(patched.metadata?.annotations).toMatchObject({ step: 'patched' })
    const read = (await api.read(header)) as Stored
    const replaced = await api.replace({ ...read, metadata: { ...read.metadata, annotations: { step: 'replaced' } } })
    expect(replaced.metadata?.annotations).toEqual({ ...read.metadata.annotations, step: 'replaced' })
    const listed = await api.list(
      resource.groupVersion,
      resource.kind,
      namespace,
      undefined,
      undefined,
      undefined,
      'metadata.name=' + nameOf(resource),
    )
    expect(listed.items.map(({ metadata }) => metadata?.uid)).toEqual([created.metadata?.uid])
    await api.delete(header, undefined, undefined, 0)
  }
  allGone()
  await Promise.all(over)
  for (const controller of controllers) controller.abort()
  for (const resource of resources) {
    const { kind } = resource
    // What the server itself says of an object changes it, too.
    const seen = (events.get(resource.key) as string[]).filter((event) => event !== `MODIFIED ${kind}`)
    expect(seen.slice(0, 3), resource.key).toEqual([`ADDED ${kind}`, `MODIFIED ${kind} patched`, `MODIFIED ${kind} replaced`])
    expect(seen.at(-1), resource.key).toBe(`DELETED ${kind} replaced`)
  }
})

describe('by kubectl', () => {
  const file = join(folder, 'all.json')
  const kubectl = (...args: string[]): Promise<string> =>
    succeed('kubectl', ['--kubeconfig', join(folder, 'kubeconfig'), '--namespace', namespace, ...args], {
      env: { EDITOR: join(folder, 'editor') },
    })
  /** `deployment.apps/every` */
  const shortOf = (resource: Resource): string => {
    const group = resource.groupVersion.includes('/') ? `.${resource.groupVersion.split('/')[0]}` : ''
    return `${resource.kind.toLowerCase()}${group}/${nameOf(resource)}`
  }
  const linesOf = (out: string): string[] => out.trim().split('\n').sort()
  /** One line for each object: what has become of it. */
  const become = (what: string): string[] => resources.map((resource) => `${shortOf(resource)} ${what}`).sort()

  test('create, get, describe', async () => {
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: resources.map(objectOf) }))
    // kubectl 1.32 describes these by their v1beta1, which 1.36 does not serve.
    const described = resources.filter(({ name }) => !['servicecidrs', 'ipaddresses', 'volumeattributesclasses'].includes(name))
    writeFileSync(join(folder, 'described.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: described.map(objectOf) }))
    expect(linesOf(await kubectl('create', '--save-config', '-f', file))).toEqual(become('created'))
    const [name, json, yaml, wide, description] = await Promise.all([
      kubectl('get', '-f', file, '-o', 'name'),
      kubectl('get', '-f', file, '-o', 'json'),
      kubectl('get', '-f', file, '-o', 'yaml'),
      kubectl('get', '-f', file, '-o', 'wide'),
      kubectl('describe', '-f', join(folder, 'described.json')),
    ])
    expect(linesOf(name)).toEqual(resources.map(shortOf).sort())
    const { items } = JSON.parse(json) as { items: Stored[] }
    for (const [i, resource] of resources.entries()) expect(items[i], resource.key).toMatchObject(shown(objectOf(resource)))
    expect([...yaml.matchAll(/^(?:- | {2})apiVersion: (\S+)$/gm)].map(([, version]) => version)).toEqual(
      resources.map(({ groupVersion }) => groupVersion),
    )
    for (const resource of resources) {
      const [, ...rows] =
        new RegExp(`^(?:NAME|LAST SEEN)[^\\n]*\\n[^\\n]*${shortOf(resource).replace(/^.*\//, '')}\\b`, 'm').exec(wide) ?? []
      expect(rows, resource.key).toBeDefined()
    }
    expect(description.match(/^Name: +\S+$/gm)?.length).toBe(described.length)
  })

  test('apply, apply --server-side, edit, replace, patch, label, annotate, scale, wait', async () => {
    const labelled = (value: string) => {
      const items = resources.map((resource) => {
        const object = objectOf(resource)
        return { ...object, metadata: { ...object.metadata, labels: { every: value } } }
      })
      writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    }
    const values = async (path: string) => [
      ...new Set((await kubectl('get', '-f', file, '-o', `jsonpath={range .items[*]}{${path}}{"\\n"}{end}`)).trim().split('\n')),
    ]
    labelled('applied')
    expect(linesOf(await kubectl('apply', '-f', file))).toEqual(become('configured'))
    expect(await values('.metadata.labels.every')).toEqual(['applied'])
    labelled('server')
    expect(linesOf(await kubectl('apply', '--server-side', '--force-conflicts', '-f', file))).toEqual(become('serverside-applied'))
    expect(await values('.metadata.labels.every')).toEqual(['server'])
    writeFileSync(join(folder, 'editor'), '#!/bin/sh\nsed -i "s/every: server/every: edited/" "$1"\n')
    chmodSync(join(folder, 'editor'), 0o755)
    expect(linesOf(await kubectl('edit', '-f', file))).toEqual(become('edited'))
    expect(await values('.metadata.labels.every')).toEqual(['edited'])
    const replacing = join(folder, 'replacing.json')
    const edited = await kubectl('get', '-f', file, '-o', 'json')
    writeFileSync(replacing, edited.replaceAll('"every": "edited"', '"every": "replaced"'))
    expect(linesOf(await kubectl('replace', '-f', replacing))).toEqual(become('replaced'))
    expect(await values('.metadata.labels.every')).toEqual(['replaced'])
    // It holds the versions from before.
    const refused = await kubectl('replace', '-f', replacing).catch(String)
    expect(refused.match(/^Error from server \(Conflict\): error when replacing/gm)).toHaveLength(resources.length)
    // None of them names the version that it changes, so that they may run beside one another.
    const patch = (label: string) => JSON.stringify({ metadata: { labels: { [label]: 'patched' } } })
    const [merged, strategic, json, labeled, annotated] = await Promise.all([
      kubectl('patch', '-f', file, '--type=merge', '-p', patch('every')),
      kubectl('patch', '-f', file, '--type=strategic', '-p', patch('strategic')),
      kubectl('patch', '-f', file, '--type=json', '-p', '[{"op":"add","path":"/metadata/labels/json","value":"patched"}]'),
      kubectl('label', '-f', file, 'new=label'),
      kubectl('annotate', '-f', file, 'new=annotation'),
    ])
    for (const patched of [merged, strategic, json]) expect(linesOf(patched)).toEqual(become('patched'))
    expect(linesOf(labeled)).toEqual(become('labeled'))
    expect(linesOf(annotated)).toEqual(become('annotated'))
    const labels = ['every', 'strategic', 'json', 'new'].map((label) => `.metadata.labels.${label}`)
    expect(await values([...labels, '.metadata.annotations.new'].join('} {'))).toEqual(['patched patched patched label annotation'])
    const scalable = resources.filter(({ key }) => others.some((other) => other.key === `${key}/scale`))
    expect(linesOf(await kubectl('scale', '--replicas=5', ...scalable.map(shortOf)))).toEqual(
      scalable.map((r) => `${shortOf(r)} scaled`).sort(),
    )
    // It takes ten at once, and then five in a second.
    const tens = resources.map(shortOf).flatMap((_, i, all) => (i % 10 === 0 ? [all.slice(i, i + 10)] : []))
    const [scaled, ...waited] = await Promise.all([
      kubectl('wait', '--for=jsonpath={.spec.replicas}=5', ...scalable.map(shortOf)),
      ...tens.map((names) => kubectl('wait', '--for=jsonpath={.metadata.labels.new}=label', ...names)),
    ])
    expect(linesOf(scaled)).toEqual(scalable.map((r) => `${shortOf(r)} condition met`).sort())
    expect(linesOf(waited.join(''))).toEqual(become('condition met'))
  })

  test('explain', async () => {
    const waiting = [...resources]
    const worker = async () => {
      for (let resource = waiting.pop(); resource; resource = waiting.pop()) {
        const [path, type] = manifestOf(resource).field
        const out = await kubectl('explain', path, `--api-version=${resource.groupVersion}`)
        expect(out.replaceAll(/\s+/g, ' '), resource.key).toContain(`KIND: ${resource.kind} `)
        expect(out, resource.key).toMatch(new RegExp(`^FIELDS?: ${path.split('.').at(-1)} <${type.replaceAll(/[[\]]/g, '\\$&')}>$`, 'm'))
      }
    }
    await Promise.all([worker(), worker(), worker()])
  })

  test('delete', async () => {
    const out = await kubectl('delete', '-f', file, '--wait=false')
    const names = resources.map((resource) => {
      const [kind, name] = shortOf(resource).split('/')
      return `${kind} "${name}" `
    })
    expect(names.filter((name) => !out.includes(`${name}deleted`) && !out.includes(`${name}force deleted`))).toEqual([])
    allGone()
  })
})
