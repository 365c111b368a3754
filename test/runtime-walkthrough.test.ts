/** The runtime's part of the walkthrough, typed as written on a machine with a cluster: no client is told where the socket is. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cannotRunContainers, createTestCluster, type TestCluster } from './support/cluster.ts'
import { redisImage } from './support/images.ts'
import { kijabi, succeed } from './support/shell.ts'

const why = cannotRunContainers()
if (why) console.log(`test/runtime-walkthrough.test.ts is skipped: ${why}`)
const port = 38443
const webPort = 38480

describe.skipIf(why !== undefined)('the walkthrough’s runtime section', () => {
  let cluster: TestCluster
  const type = (line: string) => cluster.kijabi(...line.split(' '))
  /** As at a terminal: `script` gives it one. */
  const typeAtTerminal = (line: string) =>
    succeed('script', ['-qec', `${kijabi} ${line}`, '/dev/null'], { env: { ...cluster.env, TERM: 'dumb' } })
  /** Runs in the foreground until `said` appears, then ^C. */
  const interrupt = async (line: string, said: string) => {
    const child = spawn(kijabi, line.split(' '), { env: { ...process.env, ...cluster.env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const gone = once(child, 'exit')
    let out = ''
    const seen = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          out += chunk
          if (out.includes(said)) resolve()
        })
    })
    await Promise.race([seen, gone])
    child.kill('SIGINT')
    await gone
    return out
  }

  beforeAll(async () => {
    cluster = await createTestCluster({ port })
    cluster.registry.push('library/redis:alpine', redisImage())
    await cluster.up()
  }, 120_000)
  afterAll(() => cluster?.close(), 120_000)

  test('ctr pulls an image and runs it in the foreground', async () => {
    expect(await type('ctr images pull docker.io/library/redis:alpine')).toContain('done')
    expect(await interrupt('ctr run docker.io/library/redis:alpine redis', 'Ready to accept connections')).toContain('Ready to accept')
    expect(await type('ctr containers ls')).toContain('redis')
    await type('ctr containers rm redis')
  })

  test('nerdctl runs as docker does', async () => {
    expect(await interrupt('nerdctl run --name redis redis:alpine', 'Ready to accept connections')).toContain('Ready to accept')
    expect((await type(`nerdctl run --name webserver -p ${webPort}:80 -d nginx`)).trim()).toMatch(/^[0-9a-f]{64}$/)
    await expect.poll(async () => (await fetch(`http://127.0.0.1:${webPort}/`)).text(), { timeout: 10_000 }).toContain('Welcome to nginx')
    expect(await type('nerdctl ps')).toMatch(new RegExp(`nginx.* Up .*0.0.0.0:${webPort}->80/tcp +webserver`))
    expect(await type('nerdctl images')).toMatch(/nginx +latest/)
    expect(await type('nerdctl logs webserver')).toContain('GET / HTTP/1.1')
    expect(await typeAtTerminal('nerdctl exec -it webserver ls /')).toContain('etc')
    expect(JSON.parse(await type('nerdctl inspect webserver'))).toMatchObject([{ Name: 'webserver', State: { Running: true } }])
    await type('nerdctl stop webserver')
    await type('nerdctl rm webserver')
    await type('nerdctl rm redis')
    expect(await type('nerdctl pull busybox')).toContain('busybox')
    expect((await type('nerdctl ps -aq')).trim()).toBe('')
  })

  test('crictl sees the cluster’s pods', async () => {
    await cluster.kubectl('run', 'box', '--image=busybox', '--', 'sh', '-c', 'echo said; sleep 1000')
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod/box', '--timeout=30s')
    expect(await type('crictl pull busybox')).toContain('Image is up to date')
    expect(await type('crictl images')).toMatch(/docker.io\/library\/busybox +latest/)
    const id = /^([0-9a-f]{13}) .* Running +box +0 /m.exec(await type('crictl ps -a'))?.[1]
    expect(id).toBeDefined()
    expect(await typeAtTerminal(`crictl exec -it ${id} ls /`)).toContain('etc')
    expect(await type(`crictl logs ${id}`)).toBe('said\n')
    expect(await type('crictl pods')).toMatch(/Ready +box +default +0 /)
  })
})
