/** crictl, nerdctl and ctr as typed, against a runtime of their own and a registry in Docker Hub's place. */
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { busyboxImage, nginxImage, redisImage } from './support/images.ts'
import { startRegistry, type TestRegistry } from './support/registry.ts'
import { cannotRun, startRuntime, type TestRuntime } from './support/runtime.ts'

const why = cannotRun()
if (why) console.log(`tests of the runtime's clients are skipped: ${why}`)
const kijabi = fileURLToPath(new URL('../bin/kijabi', import.meta.url))

describe.skipIf(why !== undefined)('the clients of the runtime', () => {
  let registry: TestRegistry
  let daemon: TestRuntime
  const type = (line: string | string[], input = '') =>
    new Promise<{ out: string; err: string; code: number | null }>((resolve) => {
      const words = typeof line === 'string' ? line.split(' ') : line
      const child = spawn(kijabi, words, { env: { ...process.env, CONTAINER_RUNTIME_ENDPOINT: `unix://${daemon.socket}` } })
      let out = ''
      let err = ''
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString()
      })
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString()
      })
      child.on('close', (code) => resolve({ out, err, code }))
      child.stdin.end(input)
    })
  const ok = async (line: string | string[], input = '') => {
    const { out, err, code } = await type(line, input)
    expect(code, `${String(line)}: ${out}${err}`).toBe(0)
    return out
  }

  beforeAll(async () => {
    registry = await startRegistry({
      'library/busybox:latest': busyboxImage(),
      'library/nginx:latest': nginxImage(),
      'library/redis:alpine': redisImage(),
    })
    daemon = await startRuntime({ registry: registry.url })
  })
  afterAll(async () => {
    await daemon?.stop()
    await registry?.close()
  })

  test('crictl: an image, a pod and a container from files, exec, logs, inspect, and all removed', async () => {
    expect(await ok('crictl pull busybox')).toContain('Image is up to date')
    expect(await ok('crictl images')).toMatch(/^IMAGE +TAG +IMAGE ID +SIZE\ndocker.io\/library\/busybox +latest/)
    const pod = join(daemon.folder, 'pod.json')
    const container = join(daemon.folder, 'container.yaml')
    writeFileSync(
      pod,
      JSON.stringify({
        metadata: { name: 'box', namespace: 'default', uid: 'u', attempt: 1 },
        log_directory: join(daemon.folder, 'crictl-logs'),
        linux: {},
      }),
    )
    writeFileSync(
      container,
      'metadata:\n  name: first\nimage:\n  image: busybox\ncommand: [sh, -c, "echo said; sleep 1000"]\nlog_path: first.log\nlinux: {}\n',
    )
    const podId = (await ok(`crictl runp ${pod}`)).trim()
    const id = (await ok(`crictl create ${podId} ${container} ${pod}`)).trim()
    await ok(`crictl start ${id}`)
    expect(await ok('crictl ps -a')).toMatch(new RegExp(`${id.slice(0, 13)} +busybox +.* Running +first +0 +${podId.slice(0, 13)} +box`))
    expect(await ok('crictl pods')).toMatch(/Ready +box +default +1 +\(default\)/)
    expect(await ok(`crictl exec ${id.slice(0, 10)} ls /bin/busybox`)).toBe('/bin/busybox\n')
    expect((await type(['crictl', 'exec', '-s', id, 'sh', '-c', 'exit 9'])).code).toBe(9)
    expect(await ok(`crictl logs ${id}`)).toBe('said\n')
    expect(JSON.parse(await ok(`crictl inspect ${id}`))).toMatchObject({ status: { id, state: 'CONTAINER_RUNNING' } })
    expect(JSON.parse(await ok('crictl stats -o json'))).toMatchObject({ stats: [{ attributes: { id } }] })
    expect((await type(`crictl rm ${id}`)).code).toBe(1)
    await ok(`crictl rmp -f ${podId}`)
    expect((await ok('crictl ps -aq')) + (await ok('crictl pods -q'))).toBe('')
  })

  test('nerdctl: nginx in the background with a published port, its log, exec, inspect, stop and start', async () => {
    await ok('nerdctl run --name webserver -p 127.0.0.1:0:80 -d nginx'.replace(':0:', ':34871:'))
    const page = async () => (await fetch('http://127.0.0.1:34871/')).text()
    await expect.poll(page, { timeout: 10_000 }).toContain('Welcome to nginx')
    expect(await ok('nerdctl ps')).toMatch(/nginx +"\/usr\/sbin\/nginx.*Up .*127.0.0.1:34871->80\/tcp +webserver\n/)
    expect(await ok('nerdctl logs webserver')).toContain('GET / HTTP/1.1')
    expect(await ok('nerdctl exec -i webserver sh', 'hostname; exit\n')).toMatch(/^[0-9a-f]{12}\n$/)
    expect(JSON.parse(await ok('nerdctl inspect webserver'))).toMatchObject([{ Name: 'webserver', State: { Running: true } }])
    expect(await ok('nerdctl top webserver')).toContain('nginx: master process')
    await ok('nerdctl pause webserver')
    expect(JSON.parse(await ok('nerdctl inspect webserver'))).toMatchObject([{ State: { Status: 'paused', Paused: true, Running: true } }])
    expect(await ok('nerdctl ps')).toMatch(/Paused .*webserver/)
    await expect(ok('nerdctl pause webserver')).rejects.toThrow(/cannot pause a paused container/)
    await ok('nerdctl unpause webserver')
    await ok('nerdctl stop webserver')
    expect(await ok('nerdctl ps -a')).toMatch(/Exited \(0\)/)
    await ok('nerdctl start webserver')
    await expect.poll(page, { timeout: 10_000 }).toContain('Welcome to nginx')
    await ok('nerdctl rm -f webserver')
  })

  test('nerdctl: a command in the foreground with its exit code, environment, volume, limits; a restart policy', async () => {
    expect(
      await type([
        'nerdctl',
        'run',
        '--rm',
        '-q',
        '-e',
        'A=b',
        '-v',
        'data:/data',
        'busybox',
        'sh',
        '-c',
        'echo $A | tee /data/file; exit 4',
      ]),
    ).toMatchObject({ out: 'b\n', code: 4 })
    expect(await ok('nerdctl run --rm -q --memory 32m --cpus 0.5 -v data:/data:ro busybox cat /data/file')).toBe('b\n')
    expect(await ok('nerdctl run --rm -i busybox cat', 'through stdin')).toBe('through stdin')
    await ok(['nerdctl', 'run', '-d', '--name', 'again', '--restart', 'on-failure:2', 'busybox', 'false'])
    const restarts = async () => (JSON.parse(await ok('nerdctl inspect again')) as [{ RestartCount: number; State: { Status: string } }])[0]
    await expect.poll(restarts, { timeout: 10_000 }).toMatchObject({ RestartCount: 2, State: { Status: 'exited' } })
    await ok('nerdctl rm again')
    await ok('nerdctl volume rm data')
  })

  test('nerdctl: exec with an environment, a user and a folder of its own; another name', async () => {
    await ok('nerdctl run -q -d --name box -e A=outer busybox sleep 1000')
    const said = await ok([
      'nerdctl',
      'exec',
      '-e',
      'A=inner',
      '-u',
      'nobody',
      '-w',
      '/tmp',
      'box',
      'sh',
      '-c',
      'echo $A $(id -un) $(pwd) $HOME',
    ])
    expect(said).toBe('inner nobody /tmp /\n')
    expect(await ok(['nerdctl', 'exec', 'box', 'sh', '-c', 'echo $A'])).toBe('outer\n')
    const capabilities = async (...flags: string[]) => ok(['nerdctl', 'exec', ...flags, 'box', 'grep', 'CapEff', '/proc/self/status'])
    expect(await capabilities('--privileged')).not.toBe(await capabilities())
    expect(await type('nerdctl exec -u stranger box true')).toMatchObject({
      code: 1,
      err: expect.stringContaining('unable to find user stranger'),
    })
    await ok('nerdctl rename box chest')
    expect(await type('nerdctl rename chest chest')).toMatchObject({ code: 1, err: expect.stringContaining('already used') })
    expect(await ok('nerdctl exec chest echo here')).toBe('here\n')
    await ok('nerdctl rm -f chest')
  })

  test('nerdctl: networks of their own, whose containers find each other by name, also after the runtime was killed', async () => {
    const subnet = `10.${50 + (process.pid % 50)}.7.0/24`
    await ok(`nerdctl network create --subnet ${subnet} --label a=b app`)
    expect(await ok('nerdctl network ls')).toContain(subnet)
    for (const [line, why] of [
      [`nerdctl network create --subnet ${subnet} two`, 'overlaps'],
      ['nerdctl network create app', 'already exists'],
      ['nerdctl network create host', 'already exists'],
      ['nerdctl network create ../x', 'invalid network name'],
      ['nerdctl network create --subnet 10.0.0.0/33 two', 'invalid subnet'],
      ['nerdctl run -q --network nowhere busybox true', 'no such network: nowhere'],
    ] as const)
      expect(await type(line), line).toMatchObject({ code: 1, err: expect.stringContaining(why) })
    await ok('nerdctl run -q -d --name web --network app nginx')
    const ask = 'nerdctl run -q --rm --network app busybox wget -qO- http://web'
    await expect.poll(() => type(ask), { timeout: 10_000 }).toMatchObject({ out: expect.stringContaining('Welcome to nginx') })
    // From the network of pods the name is not known.
    expect(await type('nerdctl run -q --rm busybox grep web /etc/hosts')).toMatchObject({ code: 1 })
    expect(await ok('nerdctl run -q --rm --network none busybox ls /sys/class/net')).toBe('lo\n')
    const [network] = JSON.parse(await ok('nerdctl network inspect app')) as [{ Labels: object; Containers: object }]
    expect(network).toMatchObject({ Labels: { a: 'b' }, IPAM: { Config: [{ Subnet: subnet }] } })
    expect(Object.values(network.Containers)).toMatchObject([{ Name: 'web' }])
    await daemon.kill()
    await daemon.start()
    expect(await ok(ask)).toContain('Welcome to nginx')
    expect(await type('nerdctl network rm app')).toMatchObject({ code: 1, err: expect.stringContaining('is in use by container "web"') })
    await ok('nerdctl rm -f web')
    expect(await ok('nerdctl network prune -f')).toBe('Deleted Networks:\napp\n')
  })

  test('nerdctl: what is not used any more is pruned, after a question', async () => {
    await ok('nerdctl run -q --name done -v kept:/data busybox true')
    await ok('nerdctl volume create loose')
    expect(await ok('nerdctl volume prune', 'n\n')).not.toContain('loose\n')
    expect(await ok('nerdctl volume prune', 'y\n')).toContain('Deleted Volumes:\nloose\n')
    expect(await ok('nerdctl container prune -f')).toMatch(/Deleted Containers:\n[0-9a-f]{64}\n/)
    expect(await ok('nerdctl volume prune -f')).toContain('kept')
    expect(await ok('nerdctl history busybox')).toMatch(/^IMAGE +CREATED +CREATED BY +COMMENT\n[0-9a-f]{12} /)
    await ok('nerdctl image prune -a -f')
    expect(await ok('nerdctl images -q')).toBe('')
  })

  test('nerdctl: a build from a Dockerfile, pushed, removed, pulled, saved and loaded', async () => {
    const context = join(daemon.folder, 'context')
    mkdirSync(join(context, 'site'), { recursive: true })
    writeFileSync(join(context, 'site', 'index.html'), 'built\n')
    writeFileSync(join(context, 'secret'), 'not this\n')
    writeFileSync(join(context, '.dockerignore'), 'secret\n')
    writeFileSync(
      join(context, 'Dockerfile'),
      'ARG BASE=busybox\nFROM $BASE AS first\nRUN mkdir /made && echo $((40 + 2)) > /made/answer\n\nFROM scratch\nCOPY --from=first /bin /bin\nCOPY --from=first /made /made/\nCOPY . /srv/\nENV GREETING="hello there"\nWORKDIR /srv\nRUN rm /made/answer && echo new > /made/other\nENTRYPOINT ["/bin/sh", "-c"]\nCMD ["echo $GREETING; cat site/index.html; ls /made /srv"]\n',
    )
    const name = `${registry.host}/me/app:1`
    expect(await ok(`nerdctl build -t ${name} ${context}`)).toContain(`Successfully tagged ${name}`)
    const expected = 'hello there\nbuilt\n/made:\nother\n\n/srv:\nDockerfile\nsite\n'
    expect(await ok(`nerdctl run --rm ${name}`)).toBe(expected)
    await ok(`nerdctl push ${name}`)
    await ok(`nerdctl save -o ${daemon.folder}/app.tar ${name}`)
    await ok(`nerdctl rmi ${name}`)
    expect(await ok(`nerdctl run --rm -q ${name}`)).toBe(expected)
    await ok(`nerdctl rmi ${name}`)
    expect(await ok(`nerdctl load -i ${daemon.folder}/app.tar`)).toBe(`Loaded image: ${name}\n`)
    expect(await ok(`nerdctl run --rm --pull never ${name}`)).toBe(expected)
    expect((await type(['nerdctl', 'build', '-f', '/dev/null', context])).err).toContain('empty')
  })

  test('ctr: pull, run in the foreground and background, tasks, content, export and import', async () => {
    const redis = 'docker.io/library/redis:alpine'
    expect(await ok(`ctr images pull ${redis}`)).toContain('done')
    expect(await ok(`ctr run --rm ${redis} once redis-server --version`)).toMatch(/^Redis server v=/)
    await ok(`ctr run -d ${redis} redis`)
    expect(await ok('ctr tasks ls')).toMatch(/redis +\d+ +RUNNING/)
    expect(await ok('ctr tasks exec --exec-id x redis redis-cli ping')).toBe('PONG\n')
    await ok('ctr tasks pause redis')
    expect(await ok('ctr tasks ls')).toMatch(/redis +\d+ +PAUSED/)
    await expect(ok('ctr tasks exec --exec-id x redis redis-cli ping')).rejects.toThrow(/is paused/)
    await ok('ctr tasks resume redis')
    expect(await ok('ctr tasks exec --exec-id x redis redis-cli ping')).toBe('PONG\n')
    await ok('ctr tasks pause redis')
    await ok('ctr tasks rm -f redis')
    await ok('ctr containers rm redis')
    await ok(`ctr images export ${daemon.folder}/redis.tar ${redis}`)
    await ok(`ctr images rm ${redis}`)
    expect(await ok('ctr images ls -q')).not.toContain('redis')
    expect(await ok(`ctr images import ${daemon.folder}/redis.tar`)).toContain(redis)
    expect(await ok('ctr namespaces ls -q')).toBe('default\nk8s.io\n')
    expect(await ok('ctr content ls')).toContain('sha256:')
    expect(await ok('ctr snapshots ls')).toContain('Committed')
  })
})
