/**
 * The checks of the CIS Kubernetes Benchmark (1.10) that the command lines, files and ports of a cluster answer, run
 * against a `kijabi up`. Titles are in our own words; rows that do not apply are listed with their reasons, and no row is
 * left out.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cannotRunContainers, createTestCluster, type TestCluster } from './support/cluster.ts'

const port = 21_000 + Math.floor(Math.random() * 15_000)
const moved = port - 6443
let cluster: TestCluster
let home: string
/** Each component's flags, as `ps` shows them. */
const flags = new Map<string, Map<string, string>>()
const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'containerd', 'kubelet', 'kube-proxy']
const nodeless = cannotRunContainers()

beforeAll(async () => {
  cluster = await createTestCluster({ port, flags: ['-v', '9', ...(nodeless ? ['--nodes', '0', '--simulated-nodes', '1'] : [])] })
  await cluster.up()
  home = cluster.env['KIJABI_HOME'] as string
  const lines = execFileSync('ps', ['-eww', '-o', 'args'], { encoding: 'utf8' }).split('\n')
  let own: Map<string, string> | undefined
  for (const line of lines.filter((l) => l.includes(home) && /kube-apiserver|kubelet /.test(l)))
    for (const word of line.split(/\s+/)) {
      if (components.includes(word)) {
        own = new Map()
        flags.set(word, own)
      } else if (word.startsWith('--')) {
        const [name, ...value] = word.slice(2).split('=')
        own?.set(name as string, value.length > 0 ? value.join('=') : 'true')
      }
    }
}, 60_000)
afterAll(() => cluster?.close(), 60_000)

const flag = (component: string, name: string) => flags.get(component)?.get(name)
const api = (name: string) => flag('kube-apiserver', name)
const filesOf = (folder: string): string[] =>
  readdirSync(join(home, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
const loose = (paths: readonly string[], allowed: number) =>
  paths.filter((path) => (statSync(path).mode & 0o777 & ~allowed) !== 0 || statSync(path).uid !== process.getuid?.())
const offers = (at: number, ...args: string[]) =>
  /Cipher is (?!\(NONE\))|Cipher\s*:\s*(?!0000)\S/.test(
    spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${at}`, ...args], { input: '', encoding: 'utf8', timeout: 10_000 }).stdout,
  )
const etcdClient = () => ['-cert', join(home, 'pki', 'etcd-client.crt'), '-key', join(home, 'pki', 'etcd-client.key')]
const asAdmin = () => ({ cert: readFileSync(join(home, 'pki', 'admin.crt')), key: readFileSync(join(home, 'pki', 'admin.key')) })
/** Whether the profiles of Go's components are there, asked with the rights of the admin. */
const profiles = () => Promise.all([6443, 10257, 10259].map((upstream) => fetchStatus(upstream + moved, '/debug/pprof/', asAdmin())))
const kubelet = (name: string) => flag('kubelet', name)
/** What the kubelet answers: to nobody, or to a client of the cluster. */
const asksKubelet = (client?: string) =>
  fetchStatus(
    10250 + moved,
    '/pods',
    client ? { cert: readFileSync(join(home, 'pki', `${client}.crt`)), key: readFileSync(join(home, 'pki', `${client}.key`)) } : {},
  )
const isClosed = (at: number) =>
  new Promise<boolean>((done) => {
    const socket = connect(at, '127.0.0.1')
    socket.on('connect', () => done(false)).on('error', () => done(true))
    socket.on('connect', () => socket.destroy())
  })
const anonymous = (path: string) => fetchStatus(port, path)
const fetchStatus = (at: number, path: string, client: object = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: at, path, rejectUnauthorized: false, ...client }, (response) => {
      response.resume()
      resolve(response.statusCode as number)
    })
      .on('error', reject)
      .end()
  })

type Check = readonly [rows: string, title: string, find: () => unknown, expected: unknown]

const controlPlane: Check[] = [
  ['1.1.1-1.1.8', 'manifests are their owner’s, and nobody else’s to write or read', () => loose(filesOf('manifests'), 0o600), []],
  ['1.1.11-1.1.12', 'the data of etcd is in a folder of its owner only', () => loose([join(home, 'store'), home], 0o700), []],
  ['1.1.13-1.1.18', 'kubeconfigs are their owner’s only', () => loose(filesOf('kubeconfig'), 0o600), []],
  ['1.1.19-1.1.21', 'certificates and keys are their owner’s only', () => loose(filesOf('pki'), 0o600), []],
  ['1.2.1', 'who has no credentials reads no objects', () => anonymous('/api/v1/namespaces'), 401],
  ['1.2.2', 'no file of static tokens', () => api('token-auth-file'), undefined],
  [
    '1.2.4',
    'kubelets are called with a client certificate',
    () => Boolean(api('kubelet-client-certificate') && api('kubelet-client-key')),
    true,
  ],
  ['1.2.5', 'kubelets’ certificates are verified', () => Boolean(api('kubelet-certificate-authority')), true],
  ['1.2.6-1.2.8', 'access is by node and role, not for everybody', () => api('authorization-mode'), 'Node,RBAC'],
  ['1.2.10', 'the plugin that admits everything is off', () => api('enable-admission-plugins')?.includes('AlwaysAdmit'), false],
  ['1.2.12-1.2.13', 'service accounts and the lives of namespaces are looked after', () => api('disable-admission-plugins'), undefined],
  ['1.2.14', 'kubelets are held to their own objects', () => api('enable-admission-plugins')?.split(',').includes('NodeRestriction'), true],
  ['1.2.15, 1.3.2, 1.4.1', 'no component serves profiles', () => profiles(), [404, 404, 404]],
  ['1.2.16', 'an audit log', () => statSync(api('audit-log-path') as string).mode & 0o777, 0o600],
  ['1.2.17', 'audit logs are kept for 30 days', () => Number(api('audit-log-maxage')), 30],
  ['1.2.18', 'ten old audit logs are kept', () => Number(api('audit-log-maxbackup')), 10],
  ['1.2.19', 'audit logs are rotated at 100 MB', () => Number(api('audit-log-maxsize')), 100],
  [
    '1.2.20',
    'a request ends after a minute',
    async () => [api('request-timeout') ?? '1m0s', await fetchStatus(port, '/api/v1/namespaces?timeout=soon', asAdmin())],
    ['1m0s', 400],
  ],
  ['1.2.21', 'tokens end with their accounts', () => api('service-account-lookup') ?? 'true', 'true'],
  ['1.2.22', 'service account tokens have a key of their own', () => api('service-account-key-file') !== api('tls-private-key-file'), true],
  ['1.2.24', 'the API is served over TLS', () => Boolean(api('tls-cert-file') && api('tls-private-key-file')), true],
  ['1.2.25', 'client certificates are verified', () => Boolean(api('client-ca-file')), true],
  ['1.2.27', 'encryption at rest is configured', () => loose([api('encryption-provider-config') as string], 0o600), []],
  [
    '1.2.28',
    'secrets are sealed first of all',
    () => /providers:\s*- (aescbc|secretbox|kms)/.test(readFileSync(api('encryption-provider-config') as string, 'utf8')),
    true,
  ],
  ['1.2.29', 'TLS 1.1 is not offered', () => offers(port, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), false],
  ...[
    { suites: 'AES128-SHA:AES256-SHA:AES128-GCM-SHA256', offered: false },
    { suites: 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA256', offered: false },
    { suites: 'ECDHE-ECDSA-AES128-GCM-SHA256', offered: true },
  ].flatMap(({ suites, offered }) =>
    [6443, 2379, 10257, 10259].map(
      (upstream): Check => [
        '1.2.29',
        `${offered ? 'strong suites' : 'no suites without forward secrecy or authenticated encryption'}: ${suites} where upstream has ${upstream}`,
        () => offers(upstream + moved, '-tls1_2', '-cipher', `${suites}:@SECLEVEL=0`, ...(upstream === 2379 ? etcdClient() : [])),
        offered,
      ],
    ),
  ),
  ['1.2.29', 'TLS 1.3 is', () => offers(port, '-tls1_3'), true],
  ['1.3.3', 'each controller has credentials of its own', () => flag('kube-controller-manager', 'use-service-account-credentials'), 'true'],
  [
    '1.3.4',
    'service accounts’ tokens are signed with a key that is given',
    () => Boolean(flag('kube-controller-manager', 'service-account-private-key-file')),
    true,
  ],
  ['1.3.5', 'pods are told the cluster’s authority', () => Boolean(flag('kube-controller-manager', 'root-ca-file')), true],
  [
    '1.3.7',
    'the controller manager listens on loopback only',
    () => flag('kube-controller-manager', 'bind-address') ?? '127.0.0.1',
    '127.0.0.1',
  ],
  ['1.4.2', 'so does the scheduler', () => flag('kube-scheduler', 'bind-address') ?? '127.0.0.1', '127.0.0.1'],
  ['2.1', 'etcd is served over TLS', () => Boolean(flag('etcd', 'cert-file') && flag('etcd', 'key-file')), true],
  ['2.2', 'etcd wants a client certificate', () => flag('etcd', 'client-cert-auth'), 'true'],
  ['2.3', 'etcd gives itself no certificate', () => flag('etcd', 'auto-tls'), undefined],
  ['2.4-2.6', 'one member: there is no peer to be served', () => flag('etcd', 'initial-cluster'), undefined],
  ['2.7', 'etcd’s authority is its own', () => flag('etcd', 'trusted-ca-file') !== api('client-ca-file'), true],
  ['3.2.1', 'an audit policy', () => loose([api('audit-policy-file') as string], 0o600), []],
  [
    '3.2.2',
    'it tells of secrets, tokens and every write, and of their objects never',
    () => {
      const policy = readFileSync(api('audit-policy-file') as string, 'utf8')
      return [
        /resources: \[secrets, configmaps, serviceaccounts\/token\]/.test(policy),
        /verbs: \[create, update, patch, delete/.test(policy),
        /Request/.test(policy.replace(/omitStages.*/, '')),
      ]
    },
    [true, true, false],
  ],
]

const workerNodes: Check[] = [
  [
    '4.1.3-4.1.6',
    'the kubeconfigs of kubelet and proxy are their owner’s only',
    () => loose([kubelet('kubeconfig'), flag('kube-proxy', 'kubeconfig')] as string[], 0o600),
    [],
  ],
  ['4.1.7-4.1.8', 'so is the authority that the kubelet trusts', () => loose([kubelet('client-ca-file') as string], 0o600), []],
  ['4.2.1', 'who has no credentials is not answered by the kubelet', () => asksKubelet(), 401],
  [
    '4.2.2',
    'who has not the right neither',
    async () => [kubelet('authorization-mode'), await asksKubelet('kube-proxy')],
    ['Webhook', 403],
  ],
  ['4.2.3', 'clients of the cluster’s authority are known', () => asksKubelet('apiserver-kubelet-client'), 200],
  [
    '4.2.4',
    'no port is read without authentication',
    async () => [kubelet('read-only-port') ?? '0', await isClosed(10255 + moved)],
    ['0', true],
  ],
  [
    '4.2.9',
    'the kubelet is served with a certificate of the cluster',
    () => Boolean(kubelet('tls-cert-file') && kubelet('tls-private-key-file')),
    true,
  ],
  ['4.2.12', 'by strong suites', () => offers(10250 + moved, '-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0'), true],
  ['4.2.12', 'and no others', () => offers(10250 + moved, '-tls1_2', '-cipher', 'AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0'), false],
  ['4.3.1', 'the proxy’s metrics are on loopback only', () => flag('kube-proxy', 'metrics-bind-address')?.split(':')[0], '127.0.0.1'],
]

const holds = (checks: readonly Check[]) =>
  describe.each(checks)('%s %s', (_rows, _title, find, expected) => {
    test('holds', async () => expect(await find()).toEqual(expected))
  })
holds(controlPlane)
describe.skipIf(nodeless)('a node', () => holds(workerNodes))

const owners = 'the benchmark leaves it to who owns the cluster'
const noFile = 'there is no such file: the process is started with flags by its supervisor'
const ownStore = 'the API server writes to the store in its own process: no etcd is called'
const renewed = '`up` makes the certificate and renews it a month before it ends'
const notApplicable: Readonly<Record<string, string>> = {
  '1.1.9-1.1.10': 'there is no CNI configuration: the pod network is built in',
  '1.2.3': owners,
  '1.2.9': owners,
  '1.2.11': owners,
  '1.2.23': ownStore,
  '1.2.26': ownStore,
  '1.3.1': owners,
  '1.3.6': renewed,
  '3.1.1-3.1.3': owners,
  '4.1.1-4.1.2': noFile,
  '4.1.9-4.1.10': noFile,
  '4.2.5': 'streams go to the runtime, where they last as long as their two ends: the setting counts for nothing',
  '4.2.6': 'there are no iptables chains',
  '4.2.7': 'the host has nodes beside one another, which need names of their own',
  '4.2.8': owners,
  '4.2.10': renewed,
  '4.2.11': renewed,
  '4.2.13': owners,
  '4.2.14': owners,
}

/** How many rows each section of the benchmark has. */
const sections = { '1.1': 21, '1.2': 29, '1.3': 7, '1.4': 2, '2': 7, '3.1': 3, '3.2': 2, '4.1': 10, '4.2': 14, '4.3': 1 }

test('every row of the benchmark is checked, or does not apply for a reason', () => {
  const rowsOf = (text: string): string[] =>
    text.split(', ').flatMap((part) => {
      const [first, last = first] = part.split('-') as [string, string?]
      const section = first.slice(0, first.lastIndexOf('.'))
      const number = (row: string) => Number(row.slice(row.lastIndexOf('.') + 1))
      return Array.from({ length: number(last) - number(first) + 1 }, (_, i) => `${section}.${number(first) + i}`)
    })
  const told = [...controlPlane, ...workerNodes].map(([rows]) => rows)
  const covered = new Set([...told, ...Object.keys(notApplicable)].flatMap(rowsOf))
  const all = Object.entries(sections).flatMap(([section, count]) => Array.from({ length: count }, (_, i) => `${section}.${i + 1}`))
  expect(all.filter((row) => !covered.has(row))).toEqual([])
  expect([...covered].filter((row) => !all.includes(row))).toEqual([])
})

/** Nobody but the API server and etcd is asked from beyond the process; neither speaks without TLS. */
test.each([
  ['the API server', 6443],
  ['etcd', 2379],
  ['the controller manager', 10257],
  ['the scheduler', 10259],
])('%s answers nothing without TLS', async (_name, upstream) => {
  await expect(fetch(`http://127.0.0.1:${upstream + moved}/healthz`)).rejects.toThrow()
})

test.each([
  ['front-proxy-client', { 'x-remote-user': 'jane', 'x-remote-group': 'system:masters' }, 200],
  ['front-proxy-client', { 'x-remote-user': 'jane' }, 403],
  ['front-proxy-client', {}, 401],
  ['kube-proxy', { 'x-remote-user': 'jane', 'x-remote-group': 'system:masters' }, 403],
])('only the front proxy’s certificate says whose a request is: %s with %j', async (name, headers, status) => {
  const pair = { cert: readFileSync(join(home, 'pki', `${name}.crt`)), key: readFileSync(join(home, 'pki', `${name}.key`)) }
  expect(await fetchStatus(port, '/api/v1/namespaces/kube-system/secrets', { ...pair, headers })).toBe(status)
})

test('at the highest level of logging a secret is sealed in the store, readable by the API, and told of without what it holds; tokens and keys neither', async () => {
  const value = 'correct-horse-battery'
  const token = (await cluster.kubectl('create', 'token', 'default')).trim()
  const asBearer = (bearer: string) =>
    cluster.kubectl(
      'get',
      'pods',
      '--kubeconfig=/dev/null',
      `--server=https://127.0.0.1:${port}`,
      '--insecure-skip-tls-verify',
      '--token',
      bearer,
    )
  await expect(asBearer(token)).rejects.toThrow('Forbidden')
  const wrong = `${token.slice(0, -8)}AAAAAAAA`
  await expect(asBearer(wrong)).rejects.toThrow()
  await cluster.kubectl('create', 'secret', 'generic', 'cis', `--from-literal=password=${value}`)
  expect(await cluster.kubectl('get', 'secret', 'cis', '-o', 'jsonpath={.data.password}')).toBe(Buffer.from(value).toString('base64'))
  // A pod that is given all of them: as variables, as files, with a token of its own.
  const from = { secretKeyRef: { name: 'cis', key: 'password' } }
  const given = {
    spec: {
      containers: [
        {
          name: 'main',
          image: 'busybox',
          command: ['sh', '-c', 'cat /secret/password; cat /var/run/secrets/kubernetes.io/serviceaccount/token'],
          env: [{ name: 'PASSWORD', valueFrom: from }],
          volumeMounts: [{ name: 'secret', mountPath: '/secret' }],
        },
      ],
      restartPolicy: 'Never',
      volumes: [{ name: 'secret', secret: { secretName: 'cis' } }],
    },
  }
  let own = ''
  if (!nodeless) {
    await cluster.kubectl('run', 'cis', '--image=busybox', '--restart=Never', `--overrides=${JSON.stringify(given)}`)
    await cluster.kubectl('wait', 'pod/cis', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=60s')
    own = (await cluster.kubectl('logs', 'cis')).slice(value.length).trim()
    expect(own.split('.')).toHaveLength(3)
  }
  await cluster.kijabi('down')
  const bodyOf = (pem: string) => pem.split('\n')[1] as string
  const keys = filesOf('pki').filter((path) => path.endsWith('.key'))
  const sealing = /secret: (\S+)/.exec(readFileSync(api('encryption-provider-config') as string, 'utf8'))?.[1] as string
  const kept = [
    ...keys.map((path) => bodyOf(readFileSync(path, 'utf8'))),
    sealing,
    ...[token, wrong, own].flatMap((t) => t.split('.').slice(1)).filter(Boolean),
  ]
  expect(kept.length).toBeGreaterThan(10)
  for (const path of filesOf('logs')) {
    const log = readFileSync(path, 'utf8')
    for (const text of kept) expect(log.includes(text), `${path} holds ${text}`).toBe(false)
  }
  const stored = Buffer.concat(filesOf('store').map((path) => readFileSync(path)))
  expect(stored.includes('k8s:enc:aescbc:v1:key1:')).toBe(true)
  for (const text of [value, Buffer.from(value).toString('base64')]) {
    expect(stored.includes(text)).toBe(false)
    for (const path of filesOf('logs')) expect(readFileSync(path, 'utf8')).not.toContain(text)
  }
  const events = readFileSync(api('audit-log-path') as string, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { verb: string; level: string; objectRef?: { resource: string; name?: string } })
  expect(events.filter((e) => e.objectRef?.resource === 'secrets' && e.objectRef.name === 'cis').map((e) => [e.verb, e.level])).toEqual([
    ['create', 'Metadata'],
    ['get', 'Metadata'],
  ])
}, 60_000)
