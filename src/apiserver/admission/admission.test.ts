import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StatusError } from '../../api/errors.ts'
import type { Pod, ResourceQuota } from '../../api/types/core-v1.ts'
import type { Transport } from '../../client/transport.ts'
import { noLog } from '../../log/log.ts'
import { createAccess } from '../access.ts'
import { type ApiServer, createApiServer } from '../api-server.ts'
import { createInProcessTransport } from '../in-process.ts'
import { createMemoryStore } from '../memory-store.ts'
import { fixed } from '../reloadable.ts'

let server: ApiServer
let api: Transport
const as = (name: string, ...groups: string[]) =>
  createInProcessTransport(server.handle, { name, groups: [...groups, 'system:authenticated'] }, 'test')

beforeEach(async () => {
  server = await createApiServer(
    {
      store: createMemoryStore(),
      log: noLog,
      access: (parts) =>
        createAccess(parts, {
          anonymous: { enabled: false },
          bootstrapTokens: false,
          authorizers: fixed([
            { type: 'Node', name: 'node' },
            { type: 'RBAC', name: 'rbac' },
          ]),
          admission: { enable: ['NodeRestriction', 'AlwaysPullImages', 'ExtendedResourceToleration'], disable: [] },
        }),
    },
    { advertise: { host: '192.0.2.1', port: 6443 } },
  )
  await server.ready
  api = createInProcessTransport(server.handle)
  await post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
})
afterEach(() => server.close())

const post = <T = Pod>(path: string, body: object, by: Transport = api) => by.request<T>({ method: 'POST', path, body })
const pods = '/api/v1/namespaces/default/pods'
const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec: { containers: [{ name: 'a', image: 'a:1' }], automountServiceAccountToken: false, ...spec },
})
const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'allowed',
    (error: unknown) => (error instanceof StatusError ? `${error.code} ${error.message}` : String(error)),
  )

describe('a new pod', () => {
  test('is filled in by the plugins that are on', async () => {
    const made = await post(pods, {
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'a', image: 'a:1', resources: { limits: { 'x.com/gpu': '1' } } }] },
    })
    expect(made.spec).toMatchObject({
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      serviceAccountName: 'default',
      containers: [{ imagePullPolicy: 'Always', volumeMounts: [{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }],
    })
    expect(made.spec.tolerations?.map((t) => t.key)).toEqual([
      'node.kubernetes.io/not-ready',
      'node.kubernetes.io/unreachable',
      'x.com/gpu',
    ])
  })

  test.each([
    ['an unknown priority class', { priorityClassName: 'x' }, '403 pods "p" is forbidden: no PriorityClass with name x was found'],
    [
      'an unknown service account',
      { serviceAccountName: 'x' },
      '403 pods "p" is forbidden: error looking up service account default/x: serviceaccount "x" not found',
    ],
    ['an unknown runtime class', { runtimeClassName: 'x' }, '403 pods "p" is forbidden: pod rejected: RuntimeClass "x" not found'],
  ])('with %s is refused', async (_name, spec, text) => {
    expect(await refusal(post(pods, pod('p', spec)))).toBe(text)
  })
})

test.each([
  ['default', '403 namespaces "default" is forbidden: this namespace may not be deleted'],
  ['kube-system', '403 namespaces "kube-system" is forbidden: this namespace may not be deleted'],
])('namespace %s stays', async (name, text) => {
  expect(await refusal(api.request({ method: 'DELETE', path: `/api/v1/namespaces/${name}` }))).toBe(text)
})

test('nothing is made in a namespace that is not there', async () => {
  expect(await refusal(post('/api/v1/namespaces/none/configmaps', { metadata: { name: 'a' } }))).toBe('404 namespaces "none" not found')
})

test('200 pods at once never exceed a quota of 50', async () => {
  const path = '/api/v1/namespaces/default/resourcequotas'
  await post(path, { metadata: { name: 'q' }, spec: { hard: { pods: '50' } } })
  await api.request({
    method: 'PATCH',
    path: `${path}/q/status`,
    contentType: 'application/merge-patch+json',
    body: { status: { hard: { pods: '50' }, used: { pods: '0' } } },
  })
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => refusal(post(pods, pod(`p${i}`)))))
  expect(answers.filter((a) => a === 'allowed')).toHaveLength(50)
  expect(new Set(answers.filter((a) => a !== 'allowed').map((a) => a.replace(/p\d+/, 'p')))).toEqual(
    new Set(['403 pods "p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=50, limited: pods=50']),
  )
  const quota = await api.request<ResourceQuota>({ method: 'GET', path: `${path}/q` })
  expect(quota.status.used).toEqual({ pods: '50' })
  const { items } = await api.request<{ items: Pod[] }>({ method: 'GET', path: pods })
  expect(items).toHaveLength(50)
})

test('a controller that counts late opens no gap', async () => {
  const path = '/api/v1/namespaces/default/resourcequotas'
  await post(path, { metadata: { name: 'q' }, spec: { hard: { pods: '20' } } })
  const count = (pods: string) =>
    api.request({
      method: 'PATCH',
      path: `${path}/q/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { hard: { pods: '20' }, used: { pods } } },
    })
  await count('0')
  let running = true
  const late = (async () => {
    while (running) await count('0')
  })()
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => refusal(post(pods, pod(`p${i}`)))))
  running = false
  await late
  const { items } = await api.request<{ items: Pod[] }>({ method: 'GET', path: pods })
  expect(items.length).toBeLessThanOrEqual(20)
  expect(answers.filter((a) => a === 'allowed')).toHaveLength(items.length)
})

describe('a kubelet', () => {
  const kubelet = () => as('system:node:n1', 'system:nodes')
  beforeEach(async () => {
    for (const name of ['n1', 'n2']) await post('/api/v1/nodes', { metadata: { name } })
    for (const name of ['mine', 'other']) {
      await post('/api/v1/namespaces/default/secrets', { metadata: { name } })
      await post(pods, pod(name, { nodeName: name === 'mine' ? 'n1' : 'n2', volumes: [{ name: 's', secret: { secretName: name } }] }))
    }
  })

  test.each([
    ['its pod’s secret', 'GET', '/api/v1/namespaces/default/secrets/mine', undefined, 'allowed'],
    [
      'another node’s secret',
      'GET',
      '/api/v1/namespaces/default/secrets/other',
      undefined,
      /^403 .*no relationship found between node 'n1' and this object$/,
    ],
    ['all secrets', 'GET', '/api/v1/secrets', undefined, /^403 .*No Object name found$/],
    ['its own node', 'GET', '/api/v1/nodes/n1', undefined, 'allowed'],
    ['another node', 'GET', '/api/v1/nodes/n2', undefined, /^403 .*only its own Node object$/],
    ['its pods', 'GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1', undefined, 'allowed'],
    ['all pods', 'GET', '/api/v1/pods', undefined, /^403 .*can only list\/watch pods with spec.nodeName field selector$/],
    ['its pod’s status', 'PATCH', `${pods}/mine/status`, { status: { phase: 'Running' } }, 'allowed'],
    [
      'another’s pod’s status',
      'PATCH',
      `${pods}/other/status`,
      { status: { phase: 'Running' } },
      /^403 .*can only update pod status for pods with spec.nodeName set to itself$/,
    ],
    ['its node’s label', 'PATCH', '/api/v1/nodes/n1', { metadata: { labels: { x: 'y' } } }, 'allowed'],
    [
      'its node’s reserved label',
      'PATCH',
      '/api/v1/nodes/n1',
      { metadata: { labels: { 'node-restriction.kubernetes.io/x': 'y' } } },
      /^403 .*is not allowed to modify labels: node-restriction.kubernetes.io\/x$/,
    ],
    [
      'another node’s label',
      'PATCH',
      '/api/v1/nodes/n2',
      { metadata: { labels: { x: 'y' } } },
      /^403 .*node "n1" is not allowed to modify node "n2"$/,
    ],
    ['a pod that is no mirror', 'POST', pods, pod('x', { nodeName: 'n1' }), /^403 .*can only create mirror pods$/],
  ] as const)('and %s', async (_name, method, path, body, expected) => {
    const answer = await refusal(
      kubelet().request({
        method,
        path,
        ...(body ? { body } : {}),
        ...(method === 'PATCH' ? { contentType: 'application/merge-patch+json' } : {}),
      }),
    )
    if (expected === 'allowed') expect(answer).toBe(expected)
    else expect(answer).toMatch(expected)
  })
})

describe('roles', () => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const rule = (verbs: string[], resources: string[], apiGroups = ['']) => ({ verbs, apiGroups, resources })
  test('bind from the next request on, and end with the binding', async () => {
    const joe = as('joe')
    const look = () => refusal(joe.request({ method: 'GET', path: '/api/v1/namespaces/default/configmaps' }))
    expect(await look()).toMatch(
      /^403 configmaps is forbidden: User "joe" cannot list resource "configmaps" in API group "" in the namespace "default"$/,
    )
    await post(`${rbac}/namespaces/default/rolebindings`, {
      metadata: { name: 'b' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'User', name: 'joe' }],
    })
    expect(await look()).toMatch(/: RBAC: role.rbac.authorization.k8s.io "r" not found$/)
    await post(`${rbac}/namespaces/default/roles`, { metadata: { name: 'r' }, rules: [rule(['list'], ['configmaps'])] })
    expect(await look()).toBe('allowed')
    await api.request({ method: 'DELETE', path: `${rbac}/namespaces/default/rolebindings/b` })
    expect(await look()).toMatch(/^403/)
  })

  test('grant no more than their maker holds', async () => {
    await post(`${rbac}/clusterroles`, { metadata: { name: 'm' }, rules: [rule(['create'], ['roles'], ['rbac.authorization.k8s.io'])] })
    await post(`${rbac}/clusterrolebindings`, {
      metadata: { name: 'm' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'm' },
      subjects: [{ kind: 'Group', name: 'makers' }],
    })
    const joe = as('joe', 'makers')
    const make = (rules: object[]) => refusal(post(`${rbac}/namespaces/default/roles`, { metadata: { name: 'r' }, rules }, joe))
    expect(await make([rule(['get', 'list'], ['secrets'])])).toBe(
      '403 roles.rbac.authorization.k8s.io "r" is forbidden: user "joe" (groups=["makers" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    )
    expect(await make([rule(['create'], ['roles'], ['rbac.authorization.k8s.io'])])).toBe('allowed')
  })
})
