/** Streams through the whole, from a kubectl to a container and back: the machine's by WebSocket, as it does now, and by SPDY, as it did; and ours. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cannotRunContainers, createTestCluster, type TestCluster } from './support/cluster.ts'
import { kijabi, type Ran, run } from './support/shell.ts'
import { openTerminal } from './support/terminal.ts'

const reason = cannotRunContainers()
if (reason) console.warn(`skipped: ${reason}`)

const large = randomBytes(20_000_000)
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

/** The ports of the pod `shell`: one tells the sum of what it gets once that ended, one gives back what it gets; nobody listens on the last. */
const port = { sum: 7001, echo: 7002, nobody: 7999 }
const pods = `
apiVersion: v1
kind: Pod
metadata: { name: shell, labels: { app: shell } }
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: busybox
    command: [sh, -c, "nc -ll -p ${port.sum} -e md5sum & nc -ll -p ${port.echo} -e cat & sleep 3600"]
  - { name: site, image: nginx }
---
apiVersion: v1
kind: Service
metadata: { name: site }
spec: { selector: { app: shell }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: ears }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: main, image: busybox, stdin: true, command: [sh, -c, "while read line; do echo heard $line; echo aside >&2; done"] }]
---
apiVersion: v1
kind: Pod
metadata: { name: screen }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: main, image: busybox, stdin: true, tty: true, command: [sh] }]
`

describe.skipIf(reason)('streams', () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await createTestCluster({ port: 37443 })
    await cluster.up()
    await run('kubectl', ['apply', '-f', '-'], { env: cluster.env, input: pods })
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/shell', 'pod/ears', 'pod/screen', '--timeout=60s')
  })
  afterAll(() => cluster?.close())

  describe.each([
    ['kubectl by WebSocket', 'kubectl', [], 'true'],
    ['kubectl by SPDY', 'kubectl', [], 'false'],
    ['kijabi kubectl', kijabi, ['kubectl'], 'true'],
  ])('%s', (name, program, first, webSockets) => {
    const env = () => ({ ...cluster.env, KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets, KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets })
    const kubectl = (args: string[], input = ''): Promise<Ran> =>
      run(program, [...first, ...args], { env: env(), input, timeoutMs: 30_000 })
    const start = (...args: string[]): ChildProcess => spawn(program, [...first, ...args], { env: { ...process.env, ...env() } })
    const open = (...args: string[]) => openTerminal(program, [...first, ...args], env())
    const shell = (...command: string[]) => ['exec', 'shell', '-c', 'main', '--', ...command]

    test('exec keeps its outputs apart and its exit code', async () => {
      expect(await kubectl(shell('sh', '-c', 'echo out; echo aside >&2'))).toEqual({ code: 0, stdout: 'out\n', stderr: 'aside\n' })
      expect(await kubectl(shell('sh', '-c', 'exit 42'))).toEqual({
        code: 42,
        stdout: '',
        stderr: 'command terminated with exit code 42\n',
      })
      const { code, stderr } = await kubectl(shell('/no/such'))
      expect(code).not.toBe(0)
      expect(stderr).toContain('/no/such')
    })

    test('exec -i carries much in and out, and the end of the input', async () => {
      const child = start('exec', '-i', 'shell', '-c', 'main', '--', 'md5sum')
      child.stdin?.end(large)
      expect(await text(child.stdout as NodeJS.ReadableStream)).toBe(`${md5(large)}  -\n`)
      const back = start('exec', '-i', 'shell', '-c', 'main', '--', 'cat')
      back.stdin?.end(large)
      expect(md5(await bytesOf(back.stdout as NodeJS.ReadableStream))).toBe(md5(large))
    })

    test('exec -it has a terminal that is resized and interrupted', async () => {
      const terminal = open('exec', '-it', 'shell', '-c', 'main', '--', 'sh')
      await terminal.shows(/# /)
      terminal.type('stty size; tty\r')
      await terminal.shows(/\r\n24 80\r\n\/dev\/pts\/\d+\r\n/)
      // The shell itself hears of the new size. It runs no other program meanwhile: in the moment after the end of one, ^C would reach nobody.
      terminal.type("trap 'echo resized' WINCH; echo ready; while :; do read x; done\r")
      await terminal.shows(/\r\nready/)
      terminal.resize(40, 132)
      await terminal.shows(/\nresized/)
      terminal.type('\x03')
      await terminal.shows(/# /)
      terminal.type('stty size; exit 3\r')
      await terminal.shows(/\n40 132\r\n/)
      expect(await terminal.ended).toBe(3)
    })

    test('attach -i speaks to the process of the container', async () => {
      const child = start('attach', '-i', 'ears')
      const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
      const aside = createInterface({ input: child.stderr as NodeJS.ReadableStream })
      const heardAside = new Promise<void>((resolve) => aside.on('line', (line) => line === 'aside' && resolve()))
      child.stdin?.write('one\n')
      expect((await lines.next()).value).toBe('heard one')
      child.stdin?.write('two\n')
      expect((await lines.next()).value).toBe('heard two')
      await heardAside
      child.kill('SIGKILL')
    })

    test('attach -it takes the terminal of the container', async () => {
      const terminal = open('attach', '-it', 'screen')
      await terminal.shows(/command prompt/)
      terminal.type('\r')
      await terminal.shows(/# /)
      terminal.resize(50, 100)
      // The size comes by a stream of its own: the shell is asked until it has come.
      terminal.type('until stty size | grep "50 100"; do sleep 0.1; done\r')
      await terminal.shows(/\n50 100\r\n/)
      terminal.kill()
    })

    test('cp carries folders in and out', async () => {
      const from = join(cluster.folder, `from ${name}`)
      const to = join(cluster.folder, `to ${name}`)
      mkdirSync(join(from, 'deep/er'), { recursive: true })
      writeFileSync(join(from, 'large'), large)
      writeFileSync(join(from, 'deep/er/small'), 'small')
      const there = `/tmp/folder-${name.replaceAll(' ', '-')}`
      expect(await kubectl(['cp', from, `shell:${there}`, '-c', 'main'])).toMatchObject({ code: 0 })
      expect(await kubectl(['cp', `shell:${there}`, to, '-c', 'main'])).toMatchObject({ code: 0 })
      expect(readFileSync(join(to, 'large')).equals(large)).toBe(true)
      expect(readFileSync(join(to, 'deep/er/small'), 'utf8')).toBe('small')
    })

    test('port-forward carries several connections, much both ways, at once, and says when nobody listens', async () => {
      const ports = [port.sum, port.echo, port.nobody]
      const forwards = await Promise.all([forward(start, ports), forward(start, ports)])
      const echoed = (to: number, bytes: Buffer) => exchange(to, bytes).then((back) => back.equals(bytes))
      const [first, second] = forwards
      expect(await Promise.all(forwards.map((f) => exchange(f.local(port.sum), large).then(String)))).toEqual(
        Array(2).fill(`${md5(large)}  -\n`),
      )
      expect(
        await Promise.all([
          echoed(first.local(port.echo), large),
          echoed(second.local(port.echo), large),
          ...Array.from({ length: 3 }, (_, i) => echoed(first.local(port.echo), Buffer.from(`connection ${i}`))),
        ]),
      ).toEqual(Array(5).fill(true))
      expect(String(await exchange(first.local(port.nobody), Buffer.from('hello')))).toBe('')
      await first.said(/failed to connect to localhost:7999 inside namespace .*connection refused/)
      for (const { child } of forwards) child.kill('SIGTERM')
    })

    test('a command ends with its client', async () => {
      const child = start(...shell('sh', '-c', 'echo up; exec sleep 777'))
      await new Promise((resolve) => child.stdout?.once('data', resolve))
      const processes = async () => (await kubectl(shell('ps'))).stdout
      expect(await processes()).toContain('sleep 777')
      child.kill('SIGKILL')
      await expect.poll(processes, { timeout: 10_000 }).not.toContain('sleep 777')
    })
  })

  test('logs -f follows to the end of the container', async () => {
    await cluster.kubectl(
      'run',
      'count',
      '--image=busybox',
      '--restart=Never',
      '--',
      'sh',
      '-c',
      'for i in 1 2 3; do echo $i; sleep 1; done',
    )
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/count', '--timeout=30s')
    expect(await cluster.kubectl('logs', '-f', 'count')).toBe('1\n2\n3\n')
  })

  test('a proxy leads to pods, services and nodes', async () => {
    const welcome = 'Welcome to nginx'
    expect(await cluster.kubectl('get', '--raw', '/api/v1/namespaces/default/pods/shell:80/proxy/')).toContain(welcome)
    expect(await cluster.kubectl('get', '--raw', '/api/v1/namespaces/default/services/site/proxy/')).toContain(welcome)
    expect(await cluster.kubectl('get', '--raw', '/api/v1/namespaces/default/services/http:site:80/proxy/index.html')).toContain(welcome)
    const node = (await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim()
    expect(await cluster.kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/healthz`)).toBe('ok')
    const { items } = JSON.parse(await cluster.kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/pods`)) as { items: unknown[] }
    expect(items.length).toBeGreaterThan(2)

    const proxy = spawn('kubectl', ['proxy', '--port=0'], { env: { ...process.env, ...cluster.env } })
    const said = String(await new Promise((resolve) => proxy.stdout.once('data', resolve)))
    const origin = `http://${/127\.0\.0\.1:\d+/.exec(said)?.[0]}`
    const answer = await fetch(`${origin}/api/v1/namespaces/default/pods/shell:80/proxy/missing`)
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('nginx')
    proxy.kill('SIGKILL')
  })
})

async function bytesOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Sends all, ends, and resolves to what came back. */
async function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.end(bytes)
  return bytesOf(socket)
}

/** `kubectl port-forward` with local ports of its own choice, once it listens on all. */
async function forward(start: (...args: string[]) => ChildProcess, ports: readonly number[]) {
  const child = start('port-forward', 'pod/shell', ...ports.map((p) => `:${p}`))
  const local = new Map<number, number>()
  let complaints = ''
  let look = () => {}
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk
    look()
  })
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const [, from, to] = /^Forwarding from 127\.0\.0\.1:(\d+) -> (\d+)$/.exec(line) ?? []
    if (from && to) local.set(Number(to), Number(from))
    if (local.size === ports.length) break
  }
  if (local.size < ports.length) throw new Error(`kubectl port-forward ended: ${complaints}`)
  child.stdout?.resume()
  return {
    child,
    local: (port: number) => local.get(port) as number,
    said: (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        look = () => void (pattern.test(complaints) && resolve())
        look()
      }),
  }
}
