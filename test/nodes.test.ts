/** Several nodes on one machine, each in a network namespace: pods, services, names and streams across them, and what is left when they go. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cannotRunContainers, createTestCluster, type TestCluster } from './support/cluster.ts'
import { succeed } from './support/shell.ts'

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}
      containers:
      - name: nginx
        image: nginx
        readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: client}
spec:
  selector: {matchLabels: {app: client}}
  template:
    metadata: {labels: {app: client}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: curl, image: curl, command: [sh, -c, 'echo here; sleep 100000']}]
`

describe.skipIf(cannotRunContainers() !== undefined)('three nodes', () => {
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  let cluster: TestCluster
  const rows = async (...args: string[]) => (await cluster.kubectl(...args)).trim().split('\n').filter(Boolean)
  const names = (app: string, field = '.metadata.name') =>
    rows('get', 'pods', '-l', `app=${app}`, '-o', `jsonpath={range .items[*]}{${field}}{"\\n"}{end}`)
  const leftovers = async () => ({
    links: (await succeed('ip', ['-o', 'link'])).split('\n').filter((line) => line.includes(`kijabi${port}`)),
    namespaces: existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.includes(String(port))) : [],
    tables: (await succeed('nft', ['list', 'tables'])).split('\n').filter((line) => line.includes(String(port))),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(cluster.folder) || line.includes(`kijabi-${port}`)),
    cgroups: await succeed('find', ['/sys/fs/cgroup', '-name', `kijabi-${port}*`]),
  })

  beforeAll(async () => {
    cluster = await createTestCluster({ port, flags: ['--nodes', '3'] })
    await cluster.up()
    await succeed('sh', ['-c', `kubectl apply -f - <<'END'\n${manifest}\nEND`], { env: cluster.env })
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    await cluster.kubectl('rollout', 'status', 'daemonset/client', '--timeout=60s')
  }, 150_000)
  afterAll(async () => {
    await cluster.close()
    if (!process.env['KIJABI_KEEP']) expect(await leftovers()).toEqual({ links: [], namespaces: [], tables: [], mounts: [], cgroups: '' })
  }, 60_000)

  test('a deployment and a daemon set have a pod on each, and each answers logs and exec', async () => {
    expect(new Set(await names('web', '.spec.nodeName')).size).toBe(3)
    const clients = await names('client')
    expect(clients).toHaveLength(3)
    for (const pod of clients) {
      expect(await cluster.kubectl('logs', pod)).toBe('here\n')
      expect(await cluster.kubectl('exec', pod, '--', 'echo', 'there')).toBe('there\n')
    }
  })

  test('pods reach each other by address, by service and by name, and the host every node by its node port', async () => {
    const addresses = await names('web', '.status.podIP')
    const [clusterIP = '', nodePort = ''] = await rows(
      'get',
      'service',
      'web',
      '-o',
      'jsonpath={.spec.clusterIP}{"\\n"}{.spec.ports[0].nodePort}',
    )
    const nodes = await rows('get', 'nodes', '-o', 'jsonpath={range .items[*]}{.status.addresses[0].address}{"\\n"}{end}')
    expect(new Set(nodes).size).toBe(3)
    for (const pod of await names('client'))
      for (const host of [...addresses, clusterIP, 'web', 'web.default.svc.cluster.local', ...nodes.map((node) => `${node}:${nodePort}`)])
        expect(
          await cluster.kubectl('exec', pod, '--', 'curl', '-sS', '-m', '5', '-o', '/dev/null', '-w', '%{http_code}', host),
          host,
        ).toBe('200')
    for (const node of nodes)
      expect(await succeed('curl', ['-sS', '-m', '5', '-o', '/dev/null', '-w', '%{http_code}', `${node}:${nodePort}`])).toBe('200')
  })

  test('a port is forwarded to a pod of every node', async () => {
    for (const pod of await names('web')) {
      const forwarding = spawn('kubectl', ['port-forward', pod, ':80'], { env: { ...process.env, ...cluster.env } })
      try {
        const [line] = (await once(createInterface({ input: forwarding.stdout }), 'line')) as [string]
        const [, port] = /127\.0\.0\.1:(\d+) -> 80/.exec(line) ?? []
        expect(await succeed('curl', ['-sS', '-m', '5', `http://127.0.0.1:${port}`]), line).toContain('nginx')
      } finally {
        forwarding.kill()
      }
    }
  })

  test('pods reach the API server from every node', async () => {
    const ask =
      'cd /var/run/secrets/kubernetes.io/serviceaccount; curl -sS -m 5 --cacert ca.crt -H "Authorization: Bearer $(cat token)" https://kubernetes.default/version'
    for (const pod of await names('client')) expect(await cluster.kubectl('exec', pod, '--', 'sh', '-c', ask)).toContain('gitVersion')
  })

  test('down and up resume every node', async () => {
    const before = await names('web')
    await cluster.kijabi('down')
    expect(await cluster.up()).toContain('The cluster is ready')
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=web', '--timeout=60s')
    expect((await names('web')).toSorted()).toEqual(before.toSorted())
    expect((await rows('get', 'nodes', '--no-headers')).filter((row) => / Ready /.test(row))).toHaveLength(3)
  })

  test('a drained node is emptied, and its killed process is started again', async () => {
    const node = (await names('web', '.spec.nodeName')).find((name) => name.endsWith('-3')) as string
    await cluster.kubectl(
      'patch',
      'deployment',
      'web',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/template/spec/topologySpreadConstraints"}]',
    )
    await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
    await cluster.kubectl('drain', node, '--ignore-daemonsets', '--timeout=60s')
    expect(await cluster.kubectl('get', 'node', node)).toContain('SchedulingDisabled')
    expect(await names('web', '.spec.nodeName')).not.toContain(node)
    await cluster.kubectl('uncordon', node)

    const run = join(cluster.folder, 'data', 'run')
    const ready = join(run, `node-${node}.ready`)
    expect(existsSync(ready)).toBe(true)
    const supervisor = Number(readFileSync(join(run, `node-${node}.pid`), 'utf8'))
    const child = Number(readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ')[0])
    process.kill(child, 'SIGKILL')
    const now = () => Number(readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ')[0])
    const pod = (await rows('get', 'pods', '-l', 'app=client', '--field-selector', `spec.nodeName=${node}`, '-o', 'name'))[0] as string
    await expect.poll(() => cluster.kubectl('exec', pod, '--', 'echo', 'again').catch(() => ''), { timeout: 30_000 }).toBe('again\n')
    expect(now()).not.toBe(child)
  })

  test('a node that falls silent is NotReady, and Ready again, with its pods, once it speaks', async () => {
    const node = (await names('client', '.spec.nodeName')).find((name) => name.endsWith('-2')) as string
    const supervisor = Number(readFileSync(join(cluster.folder, 'data', 'run', `node-${node}.pid`), 'utf8'))
    const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ').map(Number)
    for (const pid of children) process.kill(pid, 'SIGSTOP')
    try {
      await cluster.kubectl('wait', `node/${node}`, '--for=condition=Ready=Unknown', '--timeout=70s')
    } finally {
      for (const pid of children) process.kill(pid, 'SIGCONT')
    }
    await cluster.kubectl('wait', `node/${node}`, '--for=condition=Ready', '--timeout=20s')
    const taints = ['get', 'node', node, '-o', 'jsonpath={.spec.taints}']
    await expect.poll(() => cluster.kubectl(...taints), { timeout: 10_000 }).toBe('')
    await cluster.kubectl('wait', 'pod', '-l', 'app=client', '--for=condition=Ready', '--timeout=20s')
  }, 120_000)
})
