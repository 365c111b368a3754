/** The container runtime as a process, driven through its socket: what the kubelet asks of it, and what it must survive. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Code } from '../src/grpc/status.ts'
import { getxattr } from '../src/linux/syscalls.ts'
import { ContainerState, NamespaceMode, PodSandboxState, ProfileType } from '../src/runtime/cri/api.ts'
import type { ContainerConfig, ContainerStatus, PodSandboxConfig } from '../src/runtime/cri/types.ts'
import { tarHeader } from '../src/runtime/images/tar-writer.ts'
import { buildImage, busyboxImage, busyboxLayer, type LayerEntry } from './support/images.ts'
import { type RegistryOptions, startRegistry, type TestRegistry } from './support/registry.ts'
import { cannotRun, startRuntime, type TestRuntime } from './support/runtime.ts'

const why = cannotRun()
if (why) console.log(`runtime tests are skipped: ${why}`)

type Fault = NonNullable<RegistryOptions['fault']>

describe.skipIf(why !== undefined)('the container runtime', () => {
  let registry: TestRegistry
  let daemon: TestRuntime
  let count = 0
  /** How the registry answers in the place of its own way, for a while. */
  let answer: Fault = () => false

  beforeAll(async () => {
    registry = await startRegistry(
      { 'library/busybox:latest': busyboxImage() },
      { fault: (request, response) => answer(request, response) },
    )
    daemon = await startRuntime({ registry: registry.url })
    await daemon.images.PullImage({ image: { image: 'busybox' } })
  })
  afterAll(async () => {
    await daemon?.stop()
    await registry?.close()
  })

  const namespaceOptions = { pid: NamespaceMode.CONTAINER }
  const podConfig = (more: PodSandboxConfig = {}): PodSandboxConfig => {
    const name = `pod${++count}`
    return {
      metadata: { name, uid: `uid-${name}`, namespace: 'default', attempt: 0 },
      hostname: name,
      logDirectory: join(daemon.folder, 'logs', name),
      linux: { securityContext: { namespaceOptions } },
      ...more,
    }
  }
  const containerConfig = (command: string[], more: ContainerConfig = {}): ContainerConfig => ({
    metadata: { name: `c${++count}` },
    image: { image: 'busybox' },
    command,
    logPath: `c${count}.log`,
    linux: { securityContext: { namespaceOptions, seccomp: { profileType: ProfileType.RuntimeDefault } } },
    ...more,
  })
  const runPod = async (config = podConfig()) => (await daemon.runtime.RunPodSandbox({ config })).podSandboxId as string
  const create = async (podSandboxId: string, config: ContainerConfig) =>
    (await daemon.runtime.CreateContainer({ podSandboxId, config })).containerId as string
  const run = async (pod: string, command: string[], more: ContainerConfig = {}) => {
    const containerId = await create(pod, containerConfig(command, more))
    await daemon.runtime.StartContainer({ containerId })
    return containerId
  }
  const status = async (containerId: string) => (await daemon.runtime.ContainerStatus({ containerId })).status as ContainerStatus
  /** The status once it has ended, told by the event stream. */
  const ended = async (containerId: string): Promise<ContainerStatus> => {
    const stop = new AbortController()
    const events = daemon.runtime.GetContainerEvents({}, { signal: stop.signal })[Symbol.asyncIterator]()
    const next = () => events.next().catch(() => {})
    try {
      for (let event = next(); ; event = next()) {
        const now = await status(containerId)
        if (now.state === ContainerState.CONTAINER_EXITED) return now
        // The stream may have begun after the end: look again from time to time.
        await Promise.race([event, new Promise((resolve) => setTimeout(resolve, 100))])
      }
    } finally {
      stop.abort()
    }
  }
  const exec = async (containerId: string, ...cmd: string[]) => {
    const { stdout, stderr, exitCode } = await daemon.runtime.ExecSync({ containerId, cmd, timeout: 20 })
    return { out: Buffer.from(stdout ?? []).toString(), err: Buffer.from(stderr ?? []).toString(), code: exitCode }
  }

  test('an image is pulled, found by every name, and removed', async () => {
    registry.push('team/app:v1', buildImage([[{ name: 'hello', data: 'x' }]], { compression: 'zstd' }))
    const name = `${registry.host}/team/app:v1`
    const { imageRef = '' } = await daemon.images.PullImage({ image: { image: name } })
    const { image } = await daemon.images.ImageStatus({ image: { image: name } })
    expect(image).toMatchObject({ id: imageRef, repoTags: [name] })
    for (const other of [imageRef, image?.repoDigests?.[0] as string, imageRef.slice(7, 19)])
      expect((await daemon.images.ImageStatus({ image: { image: other } })).image?.id).toBe(imageRef)
    await daemon.images.RemoveImage({ image: { image: name } })
    await daemon.images.RemoveImage({ image: { image: name } })
    expect((await daemon.images.ImageStatus({ image: { image: name } })).image).toBeUndefined()
  })

  test('an image that is not there is NotFound, in the words of containerd', async () => {
    await expect(daemon.images.PullImage({ image: { image: 'redis123' } })).rejects.toMatchObject({
      code: Code.NOT_FOUND,
      message:
        'failed to pull and unpack image "docker.io/library/redis123:latest": failed to resolve reference "docker.io/library/redis123:latest": docker.io/library/redis123:latest: not found',
    })
  })

  test('a pod has an address, a host name, its resolver, and shares its network with all its containers', async () => {
    const pod = await runPod(podConfig({ dnsConfig: { servers: ['10.96.0.10'], searches: ['svc.cluster.local'], options: ['ndots:5'] } }))
    const { status: sandbox } = await daemon.runtime.PodSandboxStatus({ podSandboxId: pod })
    expect(sandbox?.state).toBe(PodSandboxState.SANDBOX_READY)
    const server = await run(pod, ['sh', '-c', 'echo from $HOSTNAME > /tmp/index.html; httpd -f -p 127.0.0.1:8080 -h /tmp'])
    const client = await run(pod, ['sleep', '1000'])
    expect((await exec(client, 'sh', '-c', 'until wget -qO- http://127.0.0.1:8080; do :; done')).out).toMatch(/^from pod\d+\n$/)
    expect((await exec(client, 'ip', 'addr', 'show', 'eth0')).out).toContain(sandbox?.network?.ip)
    expect((await exec(client, 'cat', '/etc/resolv.conf')).out).toBe('search svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n')
    expect((await exec(client, 'ps')).out).not.toContain('httpd')
    await daemon.runtime.StopPodSandbox({ podSandboxId: pod })
    expect((await status(server)).state).toBe(ContainerState.CONTAINER_EXITED)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('containers of a pod may share one PID namespace', async () => {
    const shared = { namespaceOptions: { pid: NamespaceMode.POD } }
    const pod = await runPod(podConfig({ linux: { securityContext: shared } }))
    await run(pod, ['sleep', '4321'], { linux: { securityContext: shared } })
    const second = await run(pod, ['sleep', '1000'], { linux: { securityContext: shared } })
    const { out } = await exec(second, 'ps')
    expect(out).toContain('sleep 4321')
    expect(out).toContain('/pause')
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test.each([
    ['exits with 0', ['true'], {}, { exitCode: 0, reason: 'Completed' }],
    ['exits with 3', ['sh', '-c', 'exit 3'], {}, { exitCode: 3, reason: 'Error' }],
    [
      'is killed',
      ['sh', '-c', 'kill -9 $$; sleep 1'],
      { linux: { securityContext: { namespaceOptions: { pid: NamespaceMode.NODE } } } },
      { exitCode: 137, reason: 'Error' },
    ],
    [
      'takes more memory than it may',
      ['sh', '-c', 'x=a; while true; do x=$x$x; done'],
      { linux: { resources: { memoryLimitInBytes: 20 << 20 }, securityContext: { namespaceOptions } } },
      { exitCode: 137, reason: 'OOMKilled' },
    ],
  ])('the end is told of a container that %s', async (_what, command, more, expected) => {
    const pod = await runPod()
    const id = await run(pod, command, more)
    expect(await ended(id)).toMatchObject(expected)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('the folder of a VOLUME has what the image has there, with its owners', async () => {
    const entries: LayerEntry[] = [
      { name: 'data', type: 'directory', mode: 0o750, uid: 999, gid: 998 },
      { name: 'data/file', data: 'kept', mode: 0o640, uid: 999, gid: 998 },
    ]
    const config = { Volumes: { '/data': {}, '/data/new': {} } }
    registry.push('team/volume:v1', buildImage([busyboxLayer(), entries], { config }))
    const image = { image: `${registry.host}/team/volume:v1` }
    await daemon.images.PullImage({ image })
    const pod = await runPod()
    const id = await run(pod, ['sleep', '1000'], { image })
    const { out } = await exec(id, 'stat', '-c', '%u:%g %a %n', '/data', '/data/file', '/data/new')
    expect(out).toBe('999:998 750 /data\n999:998 640 /data/file\n0:0 755 /data/new\n')
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('a container that could not be created leaves no mount', async () => {
    const pod = await runPod()
    const mounts = ['busybox', 'nowhere'].map((image, i) => ({ containerPath: `/image${i}`, image: { image } }))
    await expect(create(pod, containerConfig(['true'], { mounts }))).rejects.toMatchObject({ code: Code.NOT_FOUND })
    const state = dirname(daemon.socket)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(`${state}/containers/`)
    expect(readdirSync(join(daemon.folder, 'containers'))).toEqual([])
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('a command that is not there fails the start, and says so', async () => {
    const pod = await runPod()
    const id = await create(pod, containerConfig(['no-such-program']))
    await expect(daemon.runtime.StartContainer({ containerId: id })).rejects.toThrow(/no-such-program.*not found/i)
    expect(await status(id)).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 128, reason: 'StartError' })
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('the log is in the CRI form, goes on after a rotation, and tells stdout from stderr', async () => {
    const config = podConfig()
    const pod = await runPod(config)
    const id = await run(pod, ['sh', '-c', 'echo one; echo two >&2; while ! [ -e /tmp/go ]; do sleep 0.05; done; echo three'])
    const { logPath = '' } = await status(id)
    await exec(id, 'sh', '-c', 'true')
    const first = readFileSync(logPath, 'utf8')
    expect(first).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\S+ stdout F one\n/m)
    expect(first).toMatch(/ stderr F two\n/)
    renameSync(logPath, `${logPath}.1`)
    await daemon.runtime.ReopenContainerLog({ containerId: id })
    await exec(id, 'touch', '/tmp/go')
    await ended(id)
    expect(readFileSync(logPath, 'utf8')).toMatch(/ stdout F three\n$/)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('a stop sends the signal of the image, and kills what does not listen', async () => {
    const pod = await runPod()
    const polite = await run(pod, ['sh', '-c', 'trap "exit 7" TERM; echo ready; while true; do sleep 0.02; done'])
    const deaf = await run(pod, ['sh', '-c', 'trap "" TERM; echo ready; while true; do sleep 0.02; done'])
    for (const id of [polite, deaf]) await exec(id, 'sh', '-c', 'sleep 0.1')
    await daemon.runtime.StopContainer({ containerId: polite, timeout: 20 })
    expect((await status(polite)).exitCode).toBe(7)
    await daemon.runtime.StopContainer({ containerId: deaf, timeout: 1 })
    expect((await status(deaf)).exitCode).toBe(137)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('a container whose monitor was killed can be stopped and removed', async () => {
    const pod = await runPod()
    const id = await run(pod, ['sleep', '1000'])
    execFileSync('pkill', ['-KILL', '-f', `conmon -c ${id}`])
    await daemon.runtime.StopContainer({ containerId: id, timeout: 0 })
    expect(await status(id)).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 255 })
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('exec gives output, exit code, and ends at its time limit', async () => {
    const pod = await runPod()
    const id = await run(pod, ['sleep', '1000'])
    expect(await exec(id, 'sh', '-c', 'echo out; echo err >&2; exit 5')).toEqual({ out: 'out\n', err: 'err\n', code: 5 })
    await expect(daemon.runtime.ExecSync({ containerId: id, cmd: ['sleep', '30'], timeout: 1 })).rejects.toMatchObject({
      code: Code.DEADLINE_EXCEEDED,
    })
    await expect(daemon.runtime.ExecSync({ containerId: id, cmd: ['nope'] })).rejects.toThrow(/executable file `?nope/)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('exec and attach stream over WebSocket, with a terminal that is resized', async () => {
    const pod = await runPod()
    const id = await run(pod, ['cat'], { stdin: true })
    const plain = await stream(
      (await daemon.runtime.Exec({ containerId: id, cmd: ['sh', '-c', 'cat; exit 4'], stdin: true, stdout: true, stderr: true }))
        .url as string,
    )
    plain.send(0, 'hello')
    plain.closeStdin()
    expect(await plain.finished).toMatchObject({ reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '4' }] } })
    expect(plain.output(1)).toBe('hello')

    const terminal = await stream(
      (await daemon.runtime.Exec({ containerId: id, cmd: ['sh'], tty: true, stdin: true, stdout: true })).url as string,
    )
    terminal.send(4, '{"Width":101,"Height":33}')
    await terminal.until(1, '#')
    terminal.send(0, 'stty size; exit\n')
    expect(await terminal.finished).toMatchObject({ status: 'Success' })
    expect(terminal.output(1)).toContain('33 101')

    const attached = await stream((await daemon.runtime.Attach({ containerId: id, stdin: true, stdout: true, stderr: true })).url as string)
    attached.send(0, 'echoed\n')
    await attached.until(1, 'echoed\n')
    attached.socket.close()
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('of sizes that come together the last one counts', async () => {
    const pod = await runPod()
    const id = await run(pod, ['sh'], { tty: true, stdin: true })
    const attached = await stream((await daemon.runtime.Attach({ containerId: id, tty: true, stdin: true, stdout: true })).url as string)
    for (const size of [10, 20, 30, 40]) attached.send(4, JSON.stringify({ Width: size * 2, Height: size }))
    attached.send(0, 'stty size; echo told\n')
    await attached.until(1, '\ntold')
    expect(attached.output(1)).toContain('\n40 80\r\n')
    attached.socket.close()
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('port-forward reaches a port of localhost in the pod', async () => {
    const pod = await runPod()
    const id = await run(pod, ['sh', '-c', 'echo pong > /tmp/x; httpd -f -p 127.0.0.1:9000 -h /tmp'])
    await exec(id, 'sh', '-c', 'until wget -qO- http://127.0.0.1:9000/x; do :; done')
    const { url } = await daemon.runtime.PortForward({ podSandboxId: pod, port: [9000] })
    const forwarded = await stream(url as string, 'v4.channel.k8s.io')
    forwarded.send(0, 'GET /x HTTP/1.0\r\n\r\n')
    await forwarded.until(0, 'pong\n')
    forwarded.socket.close()
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('statistics tell memory, processor and disk of containers and pods', async () => {
    const pod = await runPod()
    const id = await run(pod, ['sh', '-c', 'dd if=/dev/zero of=/big bs=1M count=3; sleep 1000'])
    await exec(id, 'sh', '-c', 'until [ $(stat -c %s /big) = 3145728 ]; do sleep 0.02; done')
    const { stats } = await daemon.runtime.ContainerStats({ containerId: id })
    expect(Number(stats?.memory?.workingSetBytes?.value)).toBeGreaterThan(0)
    expect(Number(stats?.cpu?.usageCoreNanoSeconds?.value)).toBeGreaterThan(0)
    expect(Number(stats?.writableLayer?.usedBytes?.value)).toBeGreaterThanOrEqual(3 << 20)
    const { stats: podStats } = await daemon.runtime.PodSandboxStats({ podSandboxId: pod })
    expect(podStats?.linux?.network?.defaultInterface?.name).toBe('eth0')
    await daemon.runtime.UpdateContainerResources({ containerId: id, linux: { memoryLimitInBytes: 64 << 20 } })
    expect((await status(id)).resources?.linux?.memoryLimitInBytes).toBe(64 << 20)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  describe('a pod with a user namespace', () => {
    const ids = [{ hostId: 1_310_720, containerId: 0, length: 65_536 }]
    const usernsOptions = { mode: NamespaceMode.POD, uids: ids, gids: ids }
    const inUsers = (pid: number) => ({ linux: { securityContext: { namespaceOptions: { pid, usernsOptions } } } })

    test.each([
      ['', NamespaceMode.CONTAINER],
      [' and one PID namespace for all', NamespaceMode.POD],
    ])('runs as root of its own users, over the shared layers and mapped volumes%s', async (_what, pid) => {
      const { runtimeHandlers = [] } = await daemon.runtime.Status({})
      expect(runtimeHandlers[0]?.features?.userNamespaces).toBe(true)
      const pod = await runPod(podConfig({ dnsConfig: { servers: ['10.96.0.10'] }, ...inUsers(pid) }))
      const volume = join(daemon.folder, `volume-${pod}`)
      mkdirSync(volume, { mode: 0o700 })
      const mounts = [
        { containerPath: '/volume', hostPath: volume, uidMappings: ids, gidMappings: ids },
        { containerPath: '/image', image: { image: 'busybox' }, readonly: true },
      ]
      const id = await run(pod, ['sleep', '1000'], { ...inUsers(pid), mounts })
      const script = [
        'cat /proc/self/uid_map',
        'id -u',
        "stat -c '%u %n' /bin /bin/busybox /volume /image/bin /etc/hosts",
        'echo made > /volume/file; echo over > /bin/new; echo x > /etc/hosts; echo y > /dev/shm/z',
        'hostname inner && hostname; ip link set lo up && ping -c1 -W2 127.0.0.1 | grep -c "1 packets received"',
        'mount -t tmpfs none /mnt 2>/dev/null || echo no mount',
      ].join('\n')
      const { out, err } = await exec(id, 'sh', '-c', script)
      expect(out).toMatch(/^ +0 +1310720 +65536\n0\n(0 \S+\n){5}/)
      expect([err, out.trim().split('\n').at(-1)]).toEqual([expect.not.stringMatching(/denied.*(file|new|hosts|shm)/), 'no mount'])
      // Outside, the process is nobody, what it wrote to the volume is root's, and its own files are its users'.
      const { info = {} } = await daemon.runtime.ContainerStatus({ containerId: id, verbose: true })
      const process = (JSON.parse(info['info'] as string) as { pid: number }).pid
      expect(statSync(`/proc/${process}`).uid).toBe(1_310_720)
      expect(statSync(join(volume, 'file')).uid).toBe(0)
      expect(statSync(join(daemon.folder, 'containers', id, 'upper', 'bin', 'new')).uid).toBe(1_310_720)
      await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
    })

    test('outlives a killed runtime', async () => {
      const pod = await runPod(podConfig(inUsers(NamespaceMode.CONTAINER)))
      await daemon.kill()
      await daemon.start()
      const id = await run(pod, ['sleep', '1000'], inUsers(NamespaceMode.CONTAINER))
      expect((await exec(id, 'id', '-u')).out).toBe('0\n')
      await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
    })

    test.each([
      ['the host’s users with a map', { mode: NamespaceMode.NODE, uids: ids }, {}, /can't use mappings/],
      ['no group', { mode: NamespaceMode.POD, uids: ids }, {}, /one gid mapping/],
      ['two ranges', { mode: NamespaceMode.POD, uids: [...ids, ...ids], gids: ids }, {}, /one uid mapping/],
      ['another container’s users', { mode: NamespaceMode.CONTAINER, uids: ids, gids: ids }, {}, /unsupported user namespace mode/],
      ['the host’s network', usernsOptions, { network: NamespaceMode.NODE }, /host's network/],
    ])('is refused with %s', async (_what, options, more, message) => {
      const securityContext = { namespaceOptions: { ...namespaceOptions, ...more, usernsOptions: options } }
      await expect(runPod(podConfig({ linux: { securityContext } }))).rejects.toThrow(message)
    })
  })

  /** How many pods are in the middle of a start and a stop when the runtime is killed. */
  const killed = Number(process.env['KIJABI_KILLED_PODS'] ?? 5)
  test('a killed runtime knows every container again, with the right exit codes', async () => {
    const pods = await Promise.all(Array.from({ length: killed }, () => runPod()))
    const alive = await Promise.all(pods.map((pod) => run(pod, ['sleep', '1000'])))
    const dying = await Promise.all(
      pods.map((pod, i) => run(pod, ['sh', '-c', `while ! [ -e /tmp/go ]; do sleep 0.02; done; exit ${10 + (i % 100)}`])),
    )
    const waiting = await Promise.all(pods.map((pod) => create(pod, containerConfig(['true']))))
    for (const id of dying) await exec(id, 'touch', '/tmp/go')
    const busy = pods.flatMap((pod, i) => [
      run(pod, ['true']).catch(() => {}),
      daemon.runtime.StopContainer({ containerId: alive[i] as string, timeout: i % 2 === 0 ? 0 : 600 }).catch(() => {}),
    ])
    await new Promise((resolve) => setTimeout(resolve, 40))
    await daemon.kill()
    await Promise.all(busy)
    await daemon.start()
    for (const [i, id] of dying.entries()) expect((await ended(id)).exitCode).toBe(10 + (i % 100))
    for (const id of waiting) {
      await daemon.runtime.StartContainer({ containerId: id })
      expect((await ended(id)).exitCode).toBe(0)
    }
    for (const container of (await daemon.runtime.ListContainers({ filter: { state: { state: ContainerState.CONTAINER_RUNNING } } }))
      .containers ?? [])
      expect((await exec(container.id as string, 'true')).code).toBe(0)
    for (const pod of pods) await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
    expect((await daemon.runtime.ListContainers({})).containers).toEqual([])
  })

  test.each<[string, string[], RegExp]>([
    ['no process of the host', ['ps'], /^PID.*\n +1 root +ps\n$/],
    [
      'no device beyond the harmless ones',
      ['sh', '-c', 'mknod /tmp/vda b 254 0 2>/dev/null; cat /tmp/vda >/dev/null 2>&1 || echo refused'],
      /refused/,
    ],
    ['no kernel module', ['sh', '-c', 'insmod /bin/busybox 2>/dev/null || echo refused'], /refused/],
    ['no mount', ['sh', '-c', 'mount -t tmpfs x /tmp 2>/dev/null || echo refused'], /refused/],
    ['no new namespace', ['sh', '-c', 'unshare -m true 2>/dev/null || echo refused'], /refused/],
    ['no kernel setting', ['sh', '-c', 'echo 1 > /proc/sys/kernel/panic || echo refused'], /refused/],
    ['no system request', ['sh', '-c', '(echo h > /proc/sysrq-trigger) 2>/dev/null || echo refused'], /refused/],
    ['no kernel memory', ['sh', '-c', 'head -c1 /proc/kcore 2>/dev/null | wc -c'], /^0\n$/],
    ['no keys', ['sh', '-c', 'cat /proc/keys | wc -c'], /^0\n$/],
    ['no firmware', ['ls', '/sys/firmware'], /^$/],
    ['no control group', ['sh', '-c', 'mkdir /sys/fs/cgroup/memory/x 2>/dev/null || echo refused'], /refused/],
    ['no clock', ['sh', '-c', 'date -s @$(date +%s) 2>&1 | grep -q "not permitted" && echo refused'], /refused/],
    ['only default capabilities', ['grep', 'CapBnd', '/proc/self/status'], /00000000a80425fb/],
    ['no personality that the profile leaves out', ['sh', '-c', 'setarch linux64 -R true 2>/dev/null || echo refused'], /refused/],
    [
      'no disk, by no device beyond these',
      ['ls', '/dev'],
      /^core\nfd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n$/,
    ],
    ['no interface but its own', ['ls', '/sys/class/net'], /^eth0\nlo\n$/],
    ['no interface that it makes', ['sh', '-c', 'ip link add x type dummy 2>/dev/null || echo refused'], /refused/],
    ['no host name', ['sh', '-c', 'hostname x 2>/dev/null || echo refused'], /refused/],
    ['no socket of the host', ['sh', '-c', 'cat /proc/net/unix | wc -l'], /^1\n$/],
    ['no log of the kernel', ['sh', '-c', 'dmesg >/dev/null 2>&1 || echo refused'], /refused/],
    ['no release agent', ['sh', '-c', 'echo x 2>/dev/null > /sys/fs/cgroup/memory/release_agent || echo refused'], /refused/],
    ['no core pattern', ['sh', '-c', 'echo x 2>/dev/null > /proc/sys/kernel/core_pattern || echo refused'], /refused/],
    [
      'no root that it leaves',
      ['sh', '-c', 'mkdir /tmp/r && chroot /tmp/r/../../../.. ls -d /dev/shm/kijabi-state-* 2>/dev/null | wc -l'],
      /^0\n$/,
    ],
    ['no file of the host through a process', ['sh', '-c', 'ls -d /proc/*/root/dev/shm/kijabi-state-* 2>/dev/null | wc -l'], /^0\n$/],
    [
      'no mount of the host to write to',
      ['sh', '-c', 'grep -c "kijabi-root" /proc/mounts; for f in /etc/hosts /etc/resolv.conf; do grep -c " $f " /proc/mounts; done'],
      /^1\n1\n1\n$/,
    ],
    ['no disk under a name of its own', ['sh', '-c', 'mknod /d c 1 1 && (head -c1 /d || echo refused) 2>/dev/null'], /^refused\n$/],
    ['no terminal of the host', ['ls', '/dev/pts'], /^ptmx\n$/],
    ['no kernel log, tracing or debug files', ['sh', '-c', 'find /sys/kernel/debug /sys/kernel/tracing -mindepth 1 | wc -l'], /^0\n$/],
    ['no power switch', ['sh', '-c', '(echo mem > /sys/power/state) 2>/dev/null || echo refused'], /^refused\n$/],
    ['no memory or port of the machine', ['sh', '-c', 'ls /dev/mem /dev/kmem /dev/port 2>/dev/null | wc -l'], /^0\n$/],
    ['no timer of other processes', ['sh', '-c', 'head -c1 /proc/timer_list 2>/dev/null | wc -c'], /^0\n$/],
    ['no better priority', ['sh', '-c', 'nice -n -5 true 2>/dev/null; renice -n -5 1 2>/dev/null || echo refused'], /refused/],
    ['a seccomp filter', ['grep', 'Seccomp:', '/proc/self/status'], /2/],
  ])('from inside a default container is reached: %s', async (_what, command, expected) => {
    const pod = await runPod()
    const id = await run(pod, command)
    await ended(id)
    const log = readFileSync((await status(id)).logPath as string, 'utf8')
    expect(log.replace(/^\S+ \w+ F /gm, '')).toMatch(expected)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('from inside a default container is reached: no address of the host’s loopback', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const pod = await runPod()
    const id = await run(pod, ['sleep', '1000'])
    expect((await exec(id, 'sh', '-c', `nc -w 5 127.0.0.1 ${port} </dev/null 2>&1 || echo ended`)).out).toMatch(/refused\nended\n$/)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
    server.close()
  })

  test.each<[string, LayerEntry[] | Buffer, RegExp]>([
    ['a path with ..', [{ name: '../../escape', data: 'x' }], /leads out of the image/],
    ['a hard link out', [{ name: 'a', type: 'link', linkName: '../../etc/passwd' }], /leads out of the image/],
    ['a hard link to nothing', [{ name: 'a', type: 'link', linkName: '/nowhere' }], /not there/],
    ['a block device', [{ name: 'disk', type: 'block', major: 8, minor: 0 }], /block device 8:0/],
    ['kernel memory as a device', [{ name: 'mem', type: 'char', major: 1, minor: 1 }], /char device 1:1/],
    [
      "overlayfs' own attributes",
      [{ name: 'a', xattrs: new Map([['trusted.overlay.redirect', Buffer.from('/etc')]]) }],
      /trusted.overlay.redirect/,
    ],
    ['a file in place of the root', [{ name: './', type: 'symlink', linkName: '/tmp' }], /root folder/],
    ['one megabyte that unpacks to a gigabyte', bomb(), /more than 100 times its size/],
    ['an end in the middle of its compressed bytes', cutOff(), /unexpected end of file/],
  ])('a layer with %s is refused, and its disk given back', async (_what, entries, message) => {
    const layer = Buffer.isBuffer(entries) ? [entries] : [busyboxLayer(), entries]
    registry.push('evil/image:latest', buildImage(layer, Buffer.isBuffer(entries) ? { compression: 'none' } : {}))
    const before = await daemon.images.ImageFsInfo({})
    await expect(daemon.images.PullImage({ image: { image: `${registry.host}/evil/image` } })).rejects.toThrow(message)
    const after = await daemon.images.ImageFsInfo({})
    expect(after.imageFilesystems?.[0]?.usedBytes).toEqual(before.imageFilesystems?.[0]?.usedBytes)
  })

  describe('from a registry', () => {
    const pull = async (name: string) => daemon.images.PullImage({ image: { image: `${registry.host}/${name}` } })
    const blobs = (then: Fault): Fault => {
      return (request, response) => request.url?.includes('/blobs/') === true && then(request, response)
    }

    test.each<[string, Fault, RegExp]>([
      ['other bytes than asked for', blobs((_request, response) => !!response.end('{}')), /wrong digest|ended after/],
      [
        'more bytes than told',
        blobs((_request, response) => !!response.end(Buffer.alloc(20 << 20))),
        /is larger than the \d+ bytes that its manifest tells/,
      ],
      [
        'a redirect to a file',
        blobs((_request, response) => !!response.writeHead(307, { location: 'file:///etc/shadow' }).end()),
        /redirects to the scheme file:, which is refused/,
      ],
      [
        'a manifest of a million layers',
        (request, response) => request.url?.includes('/manifests/') === true && !!response.end(millionLayers()),
        /larger than|layers is refused/,
      ],
      [
        'a page in place of a manifest',
        (request, response) => request.url?.includes('/manifests/') === true && !!response.end('<html>'),
        /no JSON/,
      ],
      ['an answer without end', (request, response) => request.url?.includes('/manifests/') === true && endless(response), /larger than/],
    ])('%s is refused, and its disk given back', async (_what, fault, message) => {
      registry.push('evil/image:latest', buildImage([busyboxLayer(), [{ name: `evil-${count++}`, data: randomBytes(2000) }]]))
      const before = await daemon.images.ImageFsInfo({})
      answer = fault
      try {
        await expect(pull('evil/image')).rejects.toThrow(message)
      } finally {
        answer = () => false
      }
      const after = await daemon.images.ImageFsInfo({})
      expect(after.imageFilesystems?.[0]?.usedBytes).toEqual(before.imageFilesystems?.[0]?.usedBytes)
    })

    test('layers come three at a time', async () => {
      const layers = Array.from({ length: 5 }, (): LayerEntry[] => [{ name: `part-${count++}`, data: randomBytes(1000) }])
      const image = buildImage([busyboxLayer(), ...layers])
      registry.push('wide/image:latest', image)
      let most = 0
      const held: (() => void)[] = []
      answer = blobs((request, response) => {
        const bytes = image.blobs.get(request.url?.split('/').at(-1) ?? '') as Buffer
        held.push(() => response.end(bytes))
        most = Math.max(most, held.length)
        // The config, which is asked for with the first layers, is needed before any layer is of use; three is what there is room for.
        if (held.length === 3 || most === 3) for (const release of held.splice(0)) setImmediate(release)
        return true
      })
      try {
        await pull('wide/image')
      } finally {
        answer = () => false
      }
      expect(most).toBe(3)
    })
  })

  test('layers are laid one over the other: whiteouts, hidden folders, links, attributes, holes and owners', async () => {
    const attribute = new Map([['user.origin', Buffer.from('below')]])
    const below: LayerEntry[] = [
      ...['gone', 'kept', 'hidden/old', 'hidden/deep/old', 'whole/gone'].map((name) => ({ name: `t/${name}`, data: name })),
      { name: 't/first', data: 'linked', mode: 0o4755, uid: 12, gid: 34, xattrs: attribute },
      { name: 't/second', type: 'link', linkName: 't/first' },
      { name: 't/soft', type: 'symlink', linkName: '../t/kept' },
      { name: 't/pipe', type: 'fifo' },
    ]
    const above: LayerEntry[] = [
      { name: 't/.wh.gone' },
      { name: 't/.wh.whole' },
      { name: 't/hidden/.wh..wh..opq' },
      { name: 't/hidden/new', data: 'new' },
    ]
    registry.push('layers/image:latest', buildImage([busyboxLayer(), below, above]))
    const image = { image: `${registry.host}/layers/image` }
    await daemon.images.PullImage({ image })
    const pod = await runPod()
    const id = await run(pod, ['sleep', '1000'], { image })
    const { out } = await exec(id, 'sh', '-c', 'cd /t; find . | sort; cat soft second; stat -c "%a %u:%g %h" second; stat -c %F pipe')
    const tree = ['.', './first', './hidden', './hidden/new', './kept', './pipe', './second', './soft']
    expect(out).toBe(`${tree.join('\n')}\nkeptlinked4755 12:34 2\nfifo\n`)
    expect(getxattr(join(dirname(daemon.socket), 'containers', id, 'rootfs', 't', 'first'), 'user.origin').toString()).toBe('below')
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('a link out of the image is kept as it is, and what is written through it stays inside', async () => {
    const entries: LayerEntry[] = [
      { name: 'out', type: 'symlink', linkName: '/' },
      { name: 'up', type: 'symlink', linkName: '../../../../../..' },
      { name: 'out/written', data: 'inside' },
      { name: 'up/second', data: 'inside' },
    ]
    registry.push('links/image:latest', buildImage([busyboxLayer(), entries]))
    await daemon.images.PullImage({ image: { image: `${registry.host}/links/image` } })
    const pod = await runPod()
    const id = await run(pod, ['cat', '/written', '/second'], { image: { image: `${registry.host}/links/image` } })
    await ended(id)
    expect(readFileSync((await status(id)).logPath as string, 'utf8').match(/inside/g)).toHaveLength(2)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })
})

const millionLayers = () => {
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${'0'.repeat(64)}`, size: 1 }
  return `{"schemaVersion":2,"layers":[${`${JSON.stringify(layer)},`.repeat(1_000_000)}`
}
function endless(response: ServerResponse): true {
  const more = () => {
    while (response.writable && response.write(Buffer.alloc(1 << 20, ' ')));
  }
  response.on('drain', more)
  more()
  return true
}

/** A file of zeros, as one gzip member after another. */
function bomb(): Buffer {
  const size = 65 * (16 << 20)
  return Buffer.concat([gzipSync(tarHeader({ name: 'zeros', size })), ...Array<Buffer>(65).fill(gzipSync(Buffer.alloc(16 << 20)))])
}
function cutOff(): Buffer {
  const whole = gzipSync(Buffer.concat([tarHeader({ name: 'file', size: 4096 }), randomBytes(4096)]))
  return whole.subarray(0, whole.length / 2)
}

/** A client of the streaming protocols' WebSocket form. */
async function stream(url: string, protocol = 'v5.channel.k8s.io') {
  const socket = new WebSocket(url.replace('http:', 'ws:'), [protocol])
  const outputs = new Map<number, string>()
  const watchers = new Set<() => void>()
  const finished = new Promise<Record<string, unknown>>((resolve) => {
    socket.on('close', () => resolve(JSON.parse(outputs.get(3) || '{}') as Record<string, unknown>))
  })
  socket.on('message', (message: Buffer) => {
    outputs.set(message[0] as number, (outputs.get(message[0] as number) ?? '') + message.toString('utf8', 1))
    for (const watcher of watchers) watcher()
  })
  await new Promise((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  return {
    socket,
    finished,
    send: (channel: number, text: string) => socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)])),
    closeStdin: () => socket.send(Buffer.from([255, 0])),
    output: (channel: number) => outputs.get(channel) ?? '',
    until: (channel: number, text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!outputs.get(channel)?.includes(text)) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
  }
}
