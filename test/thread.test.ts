/** The thread through the whole: a cluster, pods, a deployment behind a service, names, logs, exec, deletion; by the machine's kubectl. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cannotRunContainers, createTestCluster, type TestCluster } from './support/cluster.ts'
import { run, succeed } from './support/shell.ts'

const reason = cannotRunContainers()
if (reason) console.warn(`skipped: ${reason}`)

describe.skipIf(reason)('the thread', () => {
  let cluster: TestCluster
  const kubectl = (...args: string[]) => cluster.kubectl(...args)
  beforeAll(async () => {
    cluster = await createTestCluster({ port: 29443 })
    await cluster.up()
  })
  afterAll(() => cluster?.close())

  test('the node is Ready', async () => {
    expect(await kubectl('get', 'nodes')).toMatch(/ Ready +control-plane .* v1\.36\.2/)
  })

  test('a pod runs in namespaces of its own, with an address, logs and exec', async () => {
    await kubectl('run', 'web', '--image=nginx')
    await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=60s')
    expect(await kubectl('get', 'pod', 'web', '-o', 'wide')).toMatch(/web +1\/1 +Running +0 +\d+s +10\.\d+\.\d+\.\d+/)
    await kubectl('run', 'say', '--image=busybox', '--restart=Never', '--', 'echo', 'hello from a pod')
    await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/say', '--timeout=60s')
    expect(await kubectl('logs', 'say')).toBe('hello from a pod\n')
    await kubectl('run', 'shell', '--image=curl', '--', 'sleep', '3600')
    await kubectl('wait', '--for=condition=Ready', 'pod/shell', '--timeout=60s')
    expect(await kubectl('exec', 'shell', '--', 'hostname')).toBe('shell\n')
    expect(await kubectl('exec', 'shell', '--', 'sh', '-c', 'echo $$')).toMatch(/^\d{1,3}\n$/)
    const { code } = await run('kubectl', ['exec', 'shell', '--', 'sh', '-c', 'exit 7'], { env: cluster.env })
    expect(code).toBe(7)
  })

  test('a deployment behind a service is reached by address, by name and by node port', async () => {
    await kubectl('create', 'deployment', 'front', '--image=nginx', '--replicas=3')
    await kubectl('expose', 'deployment', 'front', '--port=80', '--type=NodePort')
    await kubectl('rollout', 'status', 'deployment/front', '--timeout=60s')
    const service = JSON.parse(await kubectl('get', 'service', 'front', '-o', 'json')) as {
      spec: { clusterIP: string; ports: { nodePort: number }[] }
    }
    const fetchFrom = (url: string) => kubectl('exec', 'shell', '--', 'curl', '-sS', '--max-time', '10', url)
    expect(await fetchFrom(`http://${service.spec.clusterIP}`)).toContain('Welcome to nginx')
    expect(await fetchFrom('http://front')).toContain('Welcome to nginx')
    expect(await fetchFrom('http://front.default.svc.cluster.local')).toContain('Welcome to nginx')
    const node = JSON.parse(await kubectl('get', 'nodes', '-o', 'json')) as {
      items: { status: { addresses: { type: string; address: string }[] } }[]
    }
    const address = node.items[0]?.status.addresses.find((a) => a.type === 'InternalIP')?.address as string
    expect(await succeed('curl', ['-s', '--max-time', '10', `http://${address}:${service.spec.ports[0]?.nodePort}`])).toContain(
      'Welcome to nginx',
    )
  })

  test('a pod reaches the API server by its Service, as its own service account', async () => {
    const who = await kubectl(
      'exec',
      'shell',
      '--',
      'sh',
      '-c',
      'cd /var/run/secrets/kubernetes.io/serviceaccount; curl -sS --max-time 10 --cacert ca.crt -H "Authorization: Bearer $(cat token)" -H "Content-Type: application/json" -d "{}" https://kubernetes.default.svc/apis/authentication.k8s.io/v1/selfsubjectreviews',
    )
    expect(who).toContain('"username":"system:serviceaccount:default:default"')
  })

  test('a deleted pod is replaced', async () => {
    const names = async () => (await kubectl('get', 'pods', '-l', 'app=front', '-o', 'name')).trim().split('\n')
    const [victim] = await names()
    await kubectl('delete', victim as string, '--wait')
    await kubectl('rollout', 'status', 'deployment/front', '--timeout=60s')
    const now = await names()
    expect(now).toHaveLength(3)
    expect(now).not.toContain(victim)
  })

  test('down and up resume every object and pod', async () => {
    await cluster.kijabi('down')
    await cluster.up()
    await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=60s')
    await kubectl('rollout', 'status', 'deployment/front', '--timeout=60s')
  })

  test('what is deleted leaves nothing', async () => {
    await kubectl('delete', 'deployment,service', 'front')
    await kubectl('delete', 'pod', 'web', 'say', 'shell', '--grace-period=1')
    await kubectl('wait', '--for=delete', 'pod', '-l', 'app=front', '--timeout=60s')
    expect(await kubectl('get', 'pods', '-o', 'name')).toBe('')
  })
})
