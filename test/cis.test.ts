/**
 * The checks of the CIS Kubernetes Benchmark's control plane sections that the command lines and files of a cluster
 * answer, run against a `kijabi up`. Titles are in our own words. Left out are rows that the benchmark leaves to the
 * cluster's owner (1.2.3, 1.2.9, 1.2.11), those of files that are not there (1.1.9 and 1.1.10, a CNI configuration), and
 * 1.3.6, the rotation of kubelets' serving certificates, which `up` makes and renews itself.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestCluster, type TestCluster } from './support/cluster.ts'

const port = 21_000 + Math.floor(Math.random() * 15_000)
const moved = port - 6443
let cluster: TestCluster
let home: string
/** Each component's flags, as `ps` shows them. */
const flags = new Map<string, Map<string, string>>()
const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

beforeAll(async () => {
  cluster = await createTestCluster({ port, flags: ['--nodes', '0', '--simulated-nodes', '1'] })
  await cluster.up()
  home = cluster.env['KIJABI_HOME'] as string
  const lines = execFileSync('ps', ['-eww', '-o', 'args'], { encoding: 'utf8' }).split('\n')
  const line = lines.find((l) => l.includes('control-plane') && l.includes(home) && l.includes('kube-apiserver')) as string
  let own: Map<string, string> | undefined
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
/** Whether the profiles of Go's components are there, asked with the rights of the admin. */
const profiles = () =>
  Promise.all(
    [6443, 10257, 10259].map((upstream) =>
      fetchStatus(upstream + moved, '/debug/pprof/', {
        cert: readFileSync(join(home, 'pki', 'admin.crt')),
        key: readFileSync(join(home, 'pki', 'admin.key')),
      }),
    ),
  )
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

describe.each<[string, string, () => unknown, unknown]>([
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
    [6443, 2379, 10257, 10259].map((upstream): [string, string, () => unknown, unknown] => [
      '1.2.29',
      `${offered ? 'strong suites' : 'no suites without forward secrecy or authenticated encryption'}: ${suites} where upstream has ${upstream}`,
      () => offers(upstream + moved, '-tls1_2', '-cipher', `${suites}:@SECLEVEL=0`, ...(upstream === 2379 ? etcdClient() : [])),
      offered,
    ]),
  ),
  ['1.2.29', 'TLS 1.3 is', () => offers(port, '-tls1_3'), true],
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
])('%s %s', (_number, _title, find, expected) => {
  test('holds', async () => expect(await find()).toEqual(expected))
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

test('a secret is sealed in the store, readable by the API, and told of in the audit log without what it holds', async () => {
  const value = 'correct-horse-battery'
  await cluster.kubectl('create', 'secret', 'generic', 'cis', `--from-literal=password=${value}`)
  expect(await cluster.kubectl('get', 'secret', 'cis', '-o', 'jsonpath={.data.password}')).toBe(Buffer.from(value).toString('base64'))
  await cluster.kijabi('down')
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
})
