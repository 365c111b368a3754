/** kubectl beside the real one: the same command lines against the same cluster of simulated nodes, the same answers. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from './support/api-server.ts'
import { kijabi, type Ran, run, succeed } from './support/shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-kubectl-'))
const dataDir = join(folder, 'data')
const kubeconfig = join(folder, 'kubeconfig')
const files: Readonly<Record<string, string>> = {
  'deployment.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\nspec:\n  replicas: 2\n  selector:\n    matchLabels: {app: app}\n  template:\n    metadata:\n      labels: {app: app}\n    spec:\n      containers:\n      - name: c\n        image: nginx:1.25\n        ports: [{containerPort: 80}]\n',
  'tab.yaml': 'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n',
  'misspelt.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: x\nspec:\n  selector:\n    matchLables: {app: x}\n  template:\n    metadata:\n      labels: {app: x}\n    spec:\n      containers: [{name: a, image: b}]\n',
  'no-kind.yaml': 'metadata:\n  name: x\n',
  'unknown-kind.yaml': 'apiVersion: example.com/v1\nkind: Nothing\nmetadata:\n  name: x\n',
}

const ours = (...args: string[]): Promise<Ran> => run(kijabi, ['kubectl', '--kubeconfig', kubeconfig, ...args], { cwd: folder })
const theirs = (...args: string[]): Promise<Ran> => run('kubectl', ['--kubeconfig', kubeconfig, ...args], { cwd: folder })
/** Ages pass between two calls; 1.32 still printed the empty timestamps of new objects, and klog's head before some errors. */
const comparable = ({ code, stdout, stderr }: Ran): Ran => ({
  code,
  stdout: stdout
    .replaceAll(/^ *(?:ConfigMapOptional: +<nil>|Optional: +false)$/gm, 'Optional')
    .replaceAll(/^ *"?creationTimestamp"?: null,?\n/gm, '')
    .replaceAll(/ +\d+(?:m\d+)?[smh]\b/g, ' AGE')
    // The column is as wide as the longest age was at that moment.
    .replaceAll(/AGE +/g, 'AGE '),
  stderr: stderr.replaceAll(/^E\d{4} .* err="(.*)"$/gm, (_all, text: string) => `error: ${text.replaceAll('\\"', '"')}`),
})

beforeAll(async () => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  await succeed(kijabi, [
    'up',
    '--data-dir',
    dataDir,
    '--port',
    String(await freePort()),
    '--simulated-nodes',
    '3',
    '--kubeconfig',
    kubeconfig,
  ])
  await succeed(kijabi, ['kubectl', '--kubeconfig', kubeconfig, 'apply', '-f', join(folder, 'deployment.yaml')])
  await succeed(kijabi, ['kubectl', '--kubeconfig', kubeconfig, 'run', 'web', '--image=nginx'])
  await succeed(kijabi, ['kubectl', '--kubeconfig', kubeconfig, 'wait', '--for=condition=Ready', 'pod/web'])
  await succeed(kijabi, ['kubectl', '--kubeconfig', kubeconfig, 'rollout', 'status', 'deployment/app', '--timeout=30s'])
}, 60_000)

afterAll(async () => {
  await run(kijabi, ['down', '--purge', '--data-dir', dataDir, '--kubeconfig', kubeconfig])
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

describe('answers as the real kubectl does', () => {
  test.each([
    'get pods',
    'get nodes -o wide',
    'get all',
    'get pods,svc -A',
    'get pod web nope',
    'get pod web -o yaml',
    'get pods -o json',
    'get pods -o name',
    'get pods --show-labels',
    'get pods -L app --no-headers',
    'get pods -l app=app --sort-by=.metadata.name',
    'get deploy app -o jsonpath={.spec.replicas}',
    'get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image',
    'get pods -o go-template={{range.items}}{{.metadata.name}}{{end}}',
    'get pods -o nothing',
    'get pods -n nowhere',
    'get nothing',
    'get',
    'describe pod web',
    'describe rs',
    'describe svc kubernetes',
    'describe',
    'create',
    'create nothing',
    'apply',
    'apply -f missing.yaml',
    'apply -f tab.yaml',
    'apply -f misspelt.yaml',
    'apply -f no-kind.yaml',
    'apply -f unknown-kind.yaml',
    'apply -f deployment.yaml',
    'diff -f deployment.yaml',
    'run nginx',
    'run n --image=nginx --env=A=b --port=80 --dry-run=client -o yaml -- sleep 1',
    'create deployment d --image=nginx --replicas=2 --port=80 --dry-run=client -o yaml',
    'create configmap c --from-literal=a=b --dry-run=client -o yaml',
    'create secret generic s --from-literal=a=b --dry-run=client -o yaml',
    'create service nodeport s --tcp=80:8080 --dry-run=client -o yaml',
    'create role r --verb=get,list --resource=pods,deployments.apps --dry-run=client -o yaml',
    'create rolebinding b --role=r --user=jane --dry-run=client -o yaml',
    'create quota q --hard=pods=1,cpu=2 --dry-run=client -o yaml',
    'expose deployment app --port=80 --dry-run=client -o yaml',
    'set image deployment/app nope=x',
    'label pod web run=other',
    'annotate pod web a=b --dry-run=client',
    'scale deployment/app --replicas=2',
    'rollout history deployment/app',
    'rollout status deployment/app',
    'wait --for=condition=Ready pod/web',
    'logs',
    'logs nope',
    'exec',
    'exec nope -- ls',
    'delete',
    'delete pods',
    'delete pod nope',
    'config get-contexts',
    'config current-context',
    'config use-context nope',
    'api-versions',
    'api-resources',
    'auth can-i create pods',
    'auth whoami',
    'cluster-info',
    'certificate approve',
    'certificate approve nope',
    'certificate deny nope',
  ])('kubectl %s', async (line) => {
    const args = line.split(' ')
    const wanted = comparable(await theirs(...args))
    expect(comparable(await ours(...args))).toEqual(wanted)
  })
})

test('a deployment is scaled, updated, rolled back and deleted', async () => {
  const kubectl = (...args: string[]) => succeed(kijabi, ['kubectl', '--kubeconfig', kubeconfig, ...args])
  expect(await kubectl('scale', 'deployment/app', '--replicas=3')).toBe('deployment.apps/app scaled\n')
  expect(await kubectl('set', 'image', 'deployment/app', 'c=nginx:1.26')).toBe('deployment.apps/app image updated\n')
  expect(await kubectl('rollout', 'status', 'deployment/app', '--timeout=30s')).toContain('deployment "app" successfully rolled out\n')
  expect(await kubectl('rollout', 'undo', 'deployment/app')).toBe('deployment.apps/app rolled back\n')
  expect(await kubectl('get', 'deployment', 'app', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe('nginx:1.25')
  expect(await kubectl('apply', '-f', join(folder, 'deployment.yaml'))).toBe('deployment.apps/app configured\n')
  expect(await kubectl('get', 'deployment', 'app', '-o', 'jsonpath={.spec.replicas}')).toBe('2')
  expect(await kubectl('delete', 'deployment', 'app')).toBe('deployment.apps "app" deleted from default namespace\n')
})

describe.each([
  ['approve', 'deny', 'Approved'],
  ['deny', 'approve', 'Denied'],
])('kubectl certificate %s', (verb, other, type) => {
  test('decides as the real kubectl does, once', async () => {
    const seen = []
    for (const [name, kubectl] of [
      ['first', ours],
      ['second', theirs],
    ] as const) {
      const csr = `${verb}-${name}`
      writeFileSync(join(folder, 'csr.json'), JSON.stringify(signingRequest(csr)))
      await kubectl('create', '-f', 'csr.json')
      const said = [
        await kubectl('certificate', verb, csr),
        await kubectl('certificate', verb, csr),
        await kubectl('certificate', other, csr),
      ]
      const { stdout } = await kubectl(
        'get',
        'csr',
        csr,
        '-o',
        'jsonpath={range .status.conditions[*]}{.type} {.status} {.reason} {.message}\n{end}',
      )
      seen.push({ said: said.map(({ code, stdout, stderr }) => ({ code, text: `${stdout}${stderr}`.replaceAll(csr, 'CSR') })), stdout })
    }
    expect(seen[0]).toEqual(seen[1])
    expect(seen[0]?.stdout).toContain(type)
  })
})

/** For a signer that no controller serves. */
const signingRequest = (name: string) => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name },
  spec: {
    request: execFileSync('openssl', ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=jane'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString('base64'),
    signerName: 'example.com/nobody',
    usages: ['client auth'],
  },
})

test('kubectl proxy serves the API to this machine alone', async () => {
  const proxy = spawn(kijabi, ['kubectl', '--kubeconfig', kubeconfig, 'proxy', '--port=0'])
  try {
    const [said] = (await once(proxy.stdout, 'data')) as [Buffer]
    const port = Number(/^Starting to serve on 127\.0\.0\.1:(\d+)\n$/.exec(String(said))?.[1])
    const ask = async (path: string, options: RequestInit = {}) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, options)
      return { status: answer.status, text: await answer.text() }
    }
    expect(JSON.parse((await ask('/api/v1/namespaces/default/pods/web')).text)).toMatchObject({ kind: 'Pod', metadata: { name: 'web' } })
    const made = await ask('/api/v1/namespaces/default/configmaps', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { name: 'by-proxy' }, data: { large: 'x'.repeat(500_000) } }),
    })
    expect(made.status).toBe(201)
    expect((await ask('/api/v1/namespaces/default/pods/web/exec?command=ls', { method: 'POST' })).status).toBe(403)
    expect((await ask('/api/v1/namespaces/default/pods/web/%65xec?command=ls', { method: 'POST' })).status).toBe(403)
    const watch = await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/default/pods?watch=true`)
    const first = await watch.body?.getReader().read()
    expect(Buffer.from(first?.value ?? []).toString()).toContain('"type":"ADDED"')
    // A page of another site names its own host (DNS rebinding).
    const { stdout } = await run('curl', [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-H',
      'Host: evil.example',
      `http://127.0.0.1:${port}/api`,
    ])
    expect(stdout).toBe('403')
  } finally {
    proxy.kill('SIGTERM')
  }
  expect(await once(proxy, 'exit')).toEqual([0, null])
})

test('what is not built says so', async () => {
  expect(await ours('kustomize')).toEqual({ code: 1, stdout: '', stderr: 'error: kubectl kustomize is not built\n' })
})
