/** `kijabi up`, `down`, `status` and `logs` as their users meet them: again, side by side, after a crash, and where they cannot work. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createClient } from '../src/client/client.ts'
import { createHttpsTransport } from '../src/client/https-transport.ts'
import { loadConnection } from '../src/client/kubeconfig.ts'
import { cannotRunContainers, createTestCluster } from './support/cluster.ts'
import { kijabi, run, succeed } from './support/shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'kijabi-up-'))
const root = process.getuid?.() === 0
let next = 20_000 + Math.floor(Math.random() * 20_000)
const made: Home[] = []
afterAll(async () => {
  for (const home of made) await home.kijabi('down', '--purge')
  rmSync(folder, { recursive: true, force: true })
})

interface Home {
  readonly path: string
  readonly port: number
  readonly env: Record<string, string>
  kijabi(...args: string[]): ReturnType<typeof run>
  up(...args: string[]): Promise<string>
  /** Makes a ConfigMap, or says whether it is there. */
  remember(name: string): Promise<unknown>
  remembers(name: string): Promise<boolean>
  pid(process: string): number
}

function createHome(name: string): Home {
  const path = join(folder, name)
  next += 50
  const port = next
  const env = { KIJABI_HOME: path, KUBECONFIG: join(folder, `${name}.conf`) }
  async function withClient<T>(act: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
    const transport = createHttpsTransport(loadConnection({ kubeconfig: join(path, 'kubeconfig', 'admin.conf') }))
    try {
      return await act(createClient(transport))
    } finally {
      transport.close()
    }
  }
  const home: Home = {
    path,
    port,
    env,
    kijabi: (...args) => run(kijabi, args, { env }),
    up: (...args) => succeed(kijabi, ['up', '--port', String(port), ...args], { env }),
    remember: (name) => withClient((c) => c.create('configmaps', { metadata: { name, namespace: 'default' } })),
    remembers: (name) =>
      withClient((c) =>
        c.get('configmaps', { namespace: 'default', name }).then(
          () => true,
          () => false,
        ),
      ),
    pid: (process) => Number(readFileSync(join(path, 'run', `${process}.pid`), 'utf8')),
  }
  made.push(home)
  return home
}

const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])

/** What a machine has that a cluster could leave behind. */
function traces(port: number): Record<string, unknown> {
  const output = (program: string, ...args: string[]) => {
    try {
      return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    } catch {
      return ''
    }
  }
  return {
    processes: output('ps', 'ax', '-o', 'args')
      .split('\n')
      .filter((line) => line.includes(folder) || line.includes(`:${port}`)),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(folder)),
    namespaces: existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.includes(String(port))) : [],
    cgroups: output('find', '/sys/fs/cgroup', '-name', `*kijabi*${port}*`),
    nft: output('nft', 'list', 'tables')
      .split('\n')
      .filter((line) => line.includes(String(port))),
    iptables: output('iptables-save')
      .split('\n')
      .filter((line) => line.includes(String(port))),
    links: output('ip', '-o', 'link')
      .split('\n')
      .filter((line) => line.includes(`kijabi${port}`)),
    ports: output('ss', '-Hltn')
      .split('\n')
      .filter((line) => Object.values(moved(port)).some((p) => line.includes(`:${p} `))),
    files: readdirSync(folder).filter((name) => !name.endsWith('.conf')),
  }
}
const moved = (port: number) => [6443, 2379, 10250, 10248, 10257, 10259, 10249, 10256].map((p) => p + port - 6443)

test('up, again, down, resumed, removed', async () => {
  const home = createHome('again')
  const before = traces(home.port)
  const began = performance.now()
  expect(await home.up('--simulated-nodes', '2')).toContain(`https://127.0.0.1:${home.port}`)
  expect(performance.now() - began, 'up takes at most two seconds; a busy machine gets some more').toBeLessThan(6000)
  await home.remember('kept')
  const supervisor = home.pid('control-plane')
  expect(await home.up()).toContain('runs already; nothing was changed')
  expect(home.pid('control-plane')).toBe(supervisor)
  expect((await home.kijabi('status')).stdout).toMatch(/control-plane +running +pid \d+, \d+ MB/)

  const stopping = performance.now()
  await home.kijabi('down')
  expect(performance.now() - stopping).toBeLessThan(2000)
  expect((await home.kijabi('status')).stdout).toContain('is stopped')
  await home.up()
  expect(await home.remembers('kept')).toBe(true)
  await home.kijabi('down', '--purge')
  expect(traces(home.port)).toEqual(before)
  expect(readFileSync(home.env['KUBECONFIG'] as string, 'utf8')).not.toContain(`${home.port}`)
})

test('after a reboot what the last boot left is no hindrance', async () => {
  const home = createHome('reboot')
  await home.up('--simulated-nodes', '1')
  await home.remember('kept')
  // The machine ends without a word: nothing is stopped in order, and files of the run folder stay.
  const supervisor = home.pid('control-plane')
  const child = childOf(supervisor)
  process.kill(supervisor, 'SIGKILL')
  process.kill(child, 'SIGKILL')
  writeFileSync(join(home.path, 'run', 'control-plane.pid'), `${process.pid}\n`) // The pid is another program's now.
  expect(await home.up()).toContain('The cluster is ready')
  expect(await home.remembers('kept')).toBe(true)
})

test('clusters side by side', async () => {
  const [one, two] = [createHome('one'), createHome('two')]
  await one.up('--simulated-nodes', '1')
  await two.up('--simulated-nodes', '1')
  await one.remember('mine')
  expect([await one.remembers('mine'), await two.remembers('mine')]).toEqual([true, false])
  await one.kijabi('down', '--purge')
  expect((await two.kijabi('status')).code).toBe(0)
})

test('a killed control plane comes back', async () => {
  const home = createHome('killed')
  await home.up('--simulated-nodes', '1')
  await home.remember('kept')
  const supervisor = home.pid('control-plane')
  const ready = join(home.path, 'run', 'control-plane.ready')
  rmSync(ready)
  process.kill(childOf(supervisor), 'SIGKILL')
  await expect.poll(() => existsSync(ready), { timeout: 15_000 }).toBe(true)
  expect(home.pid('control-plane')).toBe(supervisor)
  expect(await home.remembers('kept')).toBe(true)
  expect((await home.kijabi('logs', 'control-plane')).stdout).toContain('starting again')
})

test('a killed supervisor: status tells, up mends, and down leaves nothing of it', async () => {
  const home = createHome('unsupervised')
  const before = traces(home.port)
  await home.up('--simulated-nodes', '1')
  await home.remember('kept')
  const exists = (pid: number) => existsSync(`/proc/${pid}/exe`) // Not of a zombie that init has yet to reap.
  const orphan = () => {
    const child = childOf(home.pid('control-plane'))
    process.kill(home.pid('control-plane'), 'SIGKILL')
    return child
  }
  const first = orphan()
  expect(await home.kijabi('status')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(new RegExp(`control-plane +running +pid ${first}, \\d+ MB, without its supervisor`)),
  })
  expect(await home.up()).toContain('The cluster is ready')
  expect(exists(first)).toBe(false)
  expect(await home.remembers('kept')).toBe(true)
  expect((await home.kijabi('status')).code).toBe(0)

  const second = orphan()
  await home.kijabi('down')
  expect(exists(second)).toBe(false)
  await home.kijabi('down', '--purge')
  expect(traces(home.port)).toEqual(before)
})

test('in the foreground TERM stops the cluster and exits 0', async () => {
  const home = createHome('foreground')
  const child = spawn(kijabi, ['up', '--foreground', '--simulated-nodes', '1', '--port', String(home.port)], {
    env: { ...process.env, ...home.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  let asked = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (asked || !text.includes('Stop it with')) return
    asked = true // a second TERM would end it at once
    child.kill('SIGTERM')
  })
  expect(await once(child, 'exit')).toEqual([0, null])
  expect((await home.kijabi('status')).stdout).toContain('is stopped')
})

test('components answer health, write logs as JSON, and follow', async () => {
  const home = createHome('json')
  await home.up('--simulated-nodes', '1', '--logging-format', 'json')
  const line = (await home.kijabi('logs', 'kube-apiserver')).stdout.split('\n')[0] as string
  expect(JSON.parse(line)).toMatchObject({ logger: 'kube-apiserver', level: 'info' })
  const following = spawn(kijabi, ['logs', '-f', 'kube-apiserver'], {
    env: { ...process.env, ...home.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let seen = ''
  const added = new Promise<void>((resolve) =>
    following.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk
      if (seen.includes('added later')) resolve()
      else writeFileSync(join(home.path, 'logs', 'kube-apiserver.log'), 'added later\n', { flag: 'a' })
    }),
  )
  await added
  following.kill('SIGTERM')
  await once(following, 'exit')
  const admin = ['--cert', join(home.path, 'pki', 'admin.crt'), '--key', join(home.path, 'pki', 'admin.key')]
  for (const [port, metric] of [
    [10257, 'workqueue_depth'],
    [10259, 'scheduler_pending_pods'],
  ] as const) {
    const url = `https://127.0.0.1:${port + home.port - 6443}`
    expect(await succeed('curl', ['-sk', '--retry', '5', '--retry-connrefused', `${url}/healthz`])).toBe('ok')
    expect(await succeed('curl', ['-sk', `${url}/metrics`])).toContain('cannot get path')
    expect(await succeed('curl', ['-sk', ...admin, `${url}/metrics`])).toContain(`# TYPE ${metric} gauge`)
  }
  const etcdctl = await succeed(kijabi, ['etcdctl', 'get', '/registry/namespaces/', '--prefix', '--keys-only'], { env: home.env })
  expect(etcdctl).toContain('/registry/namespaces/kube-system')
})

test('credentials that end soon are made anew', async () => {
  const home = createHome('renewed')
  await home.up('--simulated-nodes', '1')
  await home.kijabi('down')
  const certificate = join(home.path, 'pki', 'admin.crt')
  const { createCertificateAuthority, issueCertificate } = await import('../src/pki/index.ts')
  const old = issueCertificate(createCertificateAuthority('kubernetes'), { commonName: 'kubernetes-admin', usages: ['client'], days: 3 })
  writeFileSync(certificate, old.certificate)
  writeFileSync(certificate.replace('.crt', '.key'), old.key)
  await home.up()
  expect(readFileSync(certificate, 'utf8')).not.toBe(old.certificate)
  expect(await home.remembers('nothing')).toBe(false)
})

/** One line that says what to do, exit code 1, and nothing of the cluster left. */
async function expectRefusal(home: Home, words: RegExp, args: string[] = []): Promise<void> {
  const { code, stderr } = await home.kijabi('up', '--port', String(home.port), '--simulated-nodes', '1', ...args)
  expect({ code, lines: stderr.trimEnd().split('\n').length, stderr }).toMatchObject({ code: 1, lines: 1 })
  expect(stderr).toMatch(words)
}

test('a port in use', async () => {
  const home = createHome('port')
  const server = createServer().listen(home.port, '127.0.0.1')
  await once(server, 'listening')
  await expectRefusal(home, /port \d+ \(apiserver\) is in use.*--port/)
  server.close()
  expect(existsSync(home.path)).toBe(false)
})

test('a data folder of another version', async () => {
  const home = createHome('version')
  mkdirSync(home.path)
  const settings = '{"dataVersion": 99}'
  writeFileSync(join(home.path, 'settings.json'), settings)
  await expectRefusal(home, /data version 99/)
  expect(readdirSync(home.path)).toEqual(['settings.json'])
  rmSync(home.path, { recursive: true })
})

test.skipIf(!root)('a folder that may not be written to', async () => {
  const home = createHome('readonly')
  mkdirSync(home.path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'tmpfs', home.path])
  try {
    await expectRefusal(
      { ...home, kijabi: (...args) => run(kijabi, [...args, '--data-dir', join(home.path, 'data')], { env: home.env }) },
      /no permission to write/,
    )
  } finally {
    execFileSync('umount', [home.path])
  }
})

test.skipIf(!root).each(['64k', '2m'])('a full disk of %s', async (size) => {
  const home = createHome(`full-${size}`)
  mkdirSync(home.path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', home.path])
  const data = join(home.path, 'data')
  try {
    if (size !== '64k') writeFileSync(join(home.path, 'filling'), Buffer.alloc(1_800_000))
    await expectRefusal({ ...home, kijabi: (...args) => run(kijabi, [...args, '--data-dir', data], { env: home.env }) }, /is full/)
    expect(existsSync(data)).toBe(false)
  } finally {
    execFileSync('umount', [home.path])
  }
})

test.skipIf(cannotRunContainers() !== undefined)('rounds of up and down --purge with a node leave nothing behind', async () => {
  const home = createHome('rounds')
  const before = traces(home.port)
  for (let round = 0; round < 3; round++) {
    await home.up()
    expect((await home.kijabi('status')).stdout).toContain('1 of 1 ready')
    const { code, stderr } = await home.kijabi('down', '--purge')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(traces(home.port)).toEqual(before)
  }
})

test.skipIf(cannotRunContainers() !== undefined)('the last cluster to go turns IP forwarding off where it was off before', async () => {
  const netns = `kijabi-test-${process.pid}`
  // Not `ip netns exec`, which hides the cgroups.
  const within = (...args: string[]) => succeed('nsenter', [`--net=/run/netns/${netns}`, ...args])
  const ours = (home: Home, ...args: string[]) => within('env', ...Object.entries(home.env).map(([k, v]) => `${k}=${v}`), kijabi, ...args)
  const forwarding = () => within('cat', '/proc/sys/net/ipv4/ip_forward')
  const [one, two] = [createHome('forwarding-one'), createHome('forwarding-two')]
  await succeed('ip', ['netns', 'add', netns])
  try {
    await within('sh', '-c', 'ip link set lo up; echo 0 >/proc/sys/net/ipv4/ip_forward')
    for (const home of [one, two]) await ours(home, 'up', '--port', String(home.port))
    expect(await forwarding()).toBe('1\n')
    await ours(one, 'down', '--purge')
    expect(await forwarding()).toBe('1\n')
    await ours(two, 'down')
    expect(await forwarding()).toBe('1\n')
    await ours(two, 'down', '--purge')
    expect(await forwarding()).toBe('0\n')
    expect(await within('nft', 'list', 'tables')).toBe('')
  } finally {
    await succeed('ip', ['netns', 'del', netns])
  }
})

test.skipIf(cannotRunContainers() !== undefined)('beside simulated nodes the service kubernetes leads to the API server', async () => {
  const home = createHome('mixed')
  await home.up('--nodes', '1', '--simulated-nodes', '3')
  const transport = createHttpsTransport(loadConnection({ kubeconfig: join(home.path, 'kubeconfig', 'admin.conf') }))
  const { endpoints } = await createClient(transport).get('endpointslices.discovery.k8s.io', { namespace: 'default', name: 'kubernetes' })
  transport.close()
  expect(await succeed('curl', ['-sk', '-m', '5', `https://${endpoints?.[0]?.addresses[0]}:${home.port}/livez`])).toBe('ok')
})

test.skipIf(cannotRunContainers() !== undefined)(
  'the components are pods of kube-system, and their manifests show their options',
  async () => {
    const home = createHome('pods')
    await home.up()
    const transport = createHttpsTransport(loadConnection({ kubeconfig: join(home.path, 'kubeconfig', 'admin.conf') }))
    const client = createClient(transport)
    const shown = async () => {
      const { items } = await client.list('pods', { namespace: 'kube-system' })
      return items
        .filter((pod) => pod.status.phase === 'Running')
        .map((pod) => pod.spec.containers[0]?.name)
        .toSorted()
    }
    const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-dns', 'kube-proxy', 'kube-scheduler']
    await expect.poll(shown, { timeout: 10_000 }).toEqual(components)
    expect(readFileSync(join(home.path, 'manifests', 'kube-apiserver.yaml'), 'utf8')).toContain(`--secure-port=${home.port}`)
    for (const component of components) {
      const logs = await succeed(kijabi, ['kubectl', 'logs', '-n', 'kube-system', `${component}-${hostname()}`, '--tail=1'], {
        env: home.env,
      })
      expect(logs, component).toMatch(/^[DIWE]\d{4}-.*\n$/)
    }
    transport.close()
  },
)

test.skipIf(cannotRunContainers() !== undefined)(
  'containers outlive a killed node process, and pods come back after down and up',
  async () => {
    next += 50
    const cluster = await createTestCluster({ port: next })
    try {
      await cluster.up()
      await cluster.kubectl('run', 'web', '--image=nginx')
      await cluster.kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=60s')
      const container = () => cluster.kubectl('get', 'pod', 'web', '-o', 'jsonpath={.status.containerStatuses[0].containerID}')
      const first = await container()
      const runFolder = join(cluster.folder, 'data', 'run')
      const node = readdirSync(runFolder).find((name) => /^node-.*\.pid$/.test(name)) as string
      const ready = join(runFolder, node.replace('.pid', '.ready'))
      rmSync(ready)
      process.kill(childOf(Number(readFileSync(join(runFolder, node), 'utf8'))), 'SIGKILL')
      await expect.poll(() => existsSync(ready), { timeout: 15_000 }).toBe(true)
      expect(await cluster.kubectl('get', 'pod', 'web')).toMatch(/web +1\/1 +Running +0 /)
      expect(await container()).toBe(first)

      // What nerdctl runs stops with the cluster, too, and comes back as its restart policy says.
      for (const policy of ['no', 'always'])
        await cluster.kijabi('nerdctl', 'run', '-q', '-d', '--name', `own-${policy}`, '--restart', policy, 'nginx')
      await cluster.kijabi('down')
      expect((await run('pgrep', ['-af', `conmon.*${cluster.folder}`])).stdout).toBe('')
      await cluster.up()
      await expect.poll(() => cluster.kubectl('get', 'pod', 'web'), { timeout: 20_000 }).toMatch(/web +1\/1 +Running +1 /)
      await expect.poll(() => cluster.kijabi('nerdctl', 'ps'), { timeout: 20_000 }).toContain('own-always')
      expect(await cluster.kijabi('nerdctl', 'ps', '-a')).toMatch(/Exited .*own-no\n/)
      await cluster.kijabi('nerdctl', 'start', 'own-no')
      expect(await cluster.kijabi('nerdctl', 'exec', 'own-no', 'cat', '/proc/1/comm')).toBe('nginx\n')
    } finally {
      await cluster.close()
    }
    // nerdctl's namespace is a cgroup beside the cluster's own.
    for (const cgroup of ['/sys/fs/cgroup/default', '/sys/fs/cgroup/pids/default']) expect(existsSync(cgroup), cgroup).toBe(false)
  },
)
