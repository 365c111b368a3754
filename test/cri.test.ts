/**
 * The CRI whole: every call of it, over another OCI runtime and another network than test/runtime.test.ts has: Debian's
 * runc, with crun as a runtime class, and Debian's CNI plugins by a conflist.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Code } from '../src/grpc/status.ts'
import { CgroupDriver, ContainerEventType, ContainerState, criTable, NamespaceMode } from '../src/runtime/cri/api.ts'
import type * as cri from '../src/runtime/cri/types.ts'
import { busyboxImage } from './support/images.ts'
import { startRegistry, type TestRegistry } from './support/registry.ts'
import { cannotRun, startRuntime, type TestRuntime } from './support/runtime.ts'

const plugins = '/usr/lib/cni'
const missing = ['/usr/sbin/runc', '/usr/bin/crun', join(plugins, 'bridge')].find((path) => !existsSync(path))
const why = cannotRun() ?? (missing && `it needs ${missing}`)
if (why) console.log(`test/cri.test.ts is skipped: ${why}`)

async function all(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = []
  for await (const item of stream) items.push(item)
  return items
}

describe.skipIf(why !== undefined)('the CRI over runc and CNI plugins', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cri-'))
  const subnet = `10.${200 + (process.pid % 50)}.7.0/24`
  const bridge = `kcri${process.pid % 100_000}`
  const conflist = join(folder, '10-lab.conflist')
  let registry: TestRegistry
  let daemon: TestRuntime
  let count = 0

  beforeAll(async () => {
    const ipam = { type: 'host-local', dataDir: join(folder, 'addresses'), ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] }
    const network = {
      cniVersion: '1.0.0',
      name: 'lab',
      plugins: [
        { type: 'bridge', bridge, isGateway: true, ipam },
        { type: 'tuning', sysctl: { 'net.ipv4.conf.eth0.arp_notify': '1' }, mtu: 1400 },
      ],
    }
    writeFileSync(conflist, JSON.stringify(network))
    // Passes everything on; in the place of criu, which not every kernel takes, it says what it was asked to write.
    const checkpointing = '#!/bin/sh\ncase $2 in checkpoint) echo "$*" > "$4/asked" ;; *) exec runc "$@" ;; esac\n'
    writeFileSync(join(folder, 'checkpointing'), checkpointing)
    chmodSync(join(folder, 'checkpointing'), 0o755)
    registry = await startRegistry({ 'library/busybox:latest': busyboxImage() })
    const handlers = ['--runtime-handler', 'quick=crun', '--runtime-handler', `checkpointing=${join(folder, 'checkpointing')}`]
    daemon = await startRuntime({ registry: registry.url, flags: ['--runtime', 'runc', ...handlers, '--cni-conf-dir', folder] })
    await daemon.images.PullImage({ image: { image: 'busybox' } })
  })
  afterAll(async () => {
    await daemon?.stop()
    await registry?.close()
    try {
      execFileSync('ip', ['link', 'delete', bridge], { stdio: 'ignore' })
    } catch {} // No pod was made.
    rmSync(folder, { recursive: true })
  })

  const runPod = async (runtimeHandler = '', options: cri.NamespaceOption = { pid: NamespaceMode.CONTAINER }) => {
    const name = `pod${++count}`
    const config: cri.PodSandboxConfig = {
      metadata: { name, uid: name, namespace: 'default', attempt: 0 },
      hostname: name,
      logDirectory: join(daemon.folder, 'logs', name),
      linux: { securityContext: { namespaceOptions: options } },
    }
    return (await daemon.runtime.RunPodSandbox({ config, runtimeHandler })).podSandboxId as string
  }
  const create = async (
    podSandboxId: string,
    command = ['sleep', '1000'],
    options: cri.NamespaceOption = { pid: NamespaceMode.CONTAINER },
  ) => {
    const config: cri.ContainerConfig = {
      metadata: { name: `c${++count}` },
      image: { image: 'busybox' },
      command,
      stdin: true,
      logPath: 'c.log',
      linux: { securityContext: { namespaceOptions: options } },
    }
    return (await daemon.runtime.CreateContainer({ podSandboxId, config })).containerId as string
  }
  const run = async (pod: string, command?: string[], options?: cri.NamespaceOption) => {
    const containerId = await create(pod, command, options)
    await daemon.runtime.StartContainer({ containerId })
    return containerId
  }
  const exec = async (containerId: string, ...cmd: string[]) =>
    Buffer.from((await daemon.runtime.ExecSync({ containerId, cmd, timeout: 20 })).stdout ?? []).toString()
  const state = () => dirname(daemon.socket)

  describe('each call', () => {
    interface Lab {
      readonly pod: string
      readonly running: string
      readonly created: string
    }
    let lab: Lab
    beforeAll(async () => {
      const pod = await runPod()
      lab = { pod, running: await run(pod), created: await create(pod) }
    })
    afterAll(() => daemon.runtime.RemovePodSandbox({ podSandboxId: lab.pod }))

    const of = (more: object) => expect.objectContaining(more)
    const some = (more: object) => expect.arrayContaining([of(more)])
    const number = { value: expect.any(Number) }
    const url = { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\w+\/\S+$/) }
    /** In the order in which they can be called: the first ones need what the last ones remove. */
    const rows: [string, (lab: Lab) => object, (lab: Lab) => unknown][] = [
      ['Version', () => ({ version: 'v1' }), () => of({ runtimeName: 'kijabi', runtimeApiVersion: 'v1' })],
      [
        'Status',
        () => ({ verbose: true }),
        () => of({ status: { conditions: some({ type: 'NetworkReady', status: true }) }, runtimeHandlers: some({ name: 'quick' }) }),
      ],
      ['RuntimeConfig', () => ({}), () => ({ linux: { cgroupDriver: CgroupDriver.CGROUPFS } })],
      ['UpdateRuntimeConfig', () => ({ runtimeConfig: { networkConfig: { podCidr: subnet } } }), () => ({})],
      ['ListPodSandbox', ({ pod }) => ({ filter: { id: pod } }), ({ pod }) => ({ items: some({ id: pod }) })],
      ['StreamPodSandboxes', ({ pod }) => ({ filter: { id: pod } }), ({ pod }) => [{ podSandboxes: some({ id: pod }) }]],
      [
        'PodSandboxStatus',
        ({ pod }) => ({ podSandboxId: pod, verbose: true }),
        ({ pod }) => of({ status: of({ id: pod, metadata: of({ namespace: 'default' }) }), containersStatuses: expect.anything() }),
      ],
      [
        'ListContainers',
        ({ running }) => ({ filter: { state: { state: ContainerState.CONTAINER_RUNNING }, id: running } }),
        ({ running }) => ({ containers: [of({ id: running })] }),
      ],
      [
        'StreamContainers',
        ({ pod }) => ({ filter: { podSandboxId: pod } }),
        ({ running, created }) => [{ containers: expect.arrayContaining([of({ id: running }), of({ id: created })]) }],
      ],
      [
        'ContainerStatus',
        ({ running }) => ({ containerId: running }),
        ({ running }) => of({ status: of({ id: running, state: ContainerState.CONTAINER_RUNNING }) }),
      ],
      ['UpdateContainerResources', ({ running }) => ({ containerId: running, linux: { memoryLimitInBytes: 64 << 20 } }), () => ({})],
      [
        'UpdatePodSandboxResources',
        ({ pod }) => ({ podSandboxId: pod, resources: { cpuShares: 512, memoryLimitInBytes: 256 << 20 } }),
        () => ({}),
      ],
      ['ReopenContainerLog', ({ running }) => ({ containerId: running }), () => ({})],
      ['ExecSync', ({ running }) => ({ containerId: running, cmd: ['sh', '-c', 'exit 3'] }), () => of({ exitCode: 3 })],
      ['Exec', ({ running }) => ({ containerId: running, cmd: ['true'], stdout: true }), () => url],
      ['Attach', ({ running }) => ({ containerId: running, stdout: true }), () => url],
      ['PortForward', ({ pod }) => ({ podSandboxId: pod, port: [80] }), () => url],
      [
        'ContainerStats',
        ({ running }) => ({ containerId: running }),
        ({ running }) => ({
          stats: of({
            attributes: of({ id: running }),
            memory: of({ workingSetBytes: number }),
            writableLayer: of({ inodesUsed: number }),
          }),
        }),
      ],
      [
        'ListContainerStats',
        ({ pod }) => ({ filter: { podSandboxId: pod } }),
        ({ running }) => ({ stats: [of({ attributes: of({ id: running }) })] }),
      ],
      [
        'StreamContainerStats',
        ({ pod }) => ({ filter: { podSandboxId: pod } }),
        ({ running }) => [{ containerStats: [of({ attributes: of({ id: running }) })] }],
      ],
      [
        'PodSandboxStats',
        ({ pod }) => ({ podSandboxId: pod }),
        () => ({
          stats: of({ linux: of({ process: of({ processCount: number }), network: of({ defaultInterface: of({ name: 'eth0' }) }) }) }),
        }),
      ],
      ['ListPodSandboxStats', ({ pod }) => ({ filter: { id: pod } }), ({ pod }) => ({ stats: [of({ attributes: of({ id: pod }) })] })],
      [
        'StreamPodSandboxStats',
        ({ pod }) => ({ filter: { id: pod } }),
        ({ pod }) => [{ podSandboxStats: [of({ attributes: of({ id: pod }) })] }],
      ],
      ['ListMetricDescriptors', () => ({}), () => ({ descriptors: some({ name: 'container_memory_working_set_bytes' }) })],
      [
        'ListPodSandboxMetrics',
        () => ({}),
        ({ pod, running }) => ({
          podMetrics: some({
            podSandboxId: pod,
            containerMetrics: [of({ containerId: running, metrics: some({ name: 'container_processes' }) })],
          }),
        }),
      ],
      ['StreamPodSandboxMetrics', () => ({}), ({ pod }) => [{ podSandboxMetrics: some({ podSandboxId: pod }) }]],
      [
        'ListImages',
        () => ({ filter: { image: { image: 'busybox' } } }),
        () => ({ images: [of({ repoTags: ['docker.io/library/busybox:latest'] })] }),
      ],
      ['StreamImages', () => ({}), () => [{ images: some({ repoTags: ['docker.io/library/busybox:latest'] }) }]],
      ['ImageStatus', () => ({ image: { image: 'busybox' } }), () => of({ image: of({ size: expect.any(Number) }) })],
      ['ImageFsInfo', () => ({}), () => of({ imageFilesystems: some({ usedBytes: number }) })],
      ['PullImage', () => ({ image: { image: 'busybox:latest' } }), () => ({ imageRef: expect.stringMatching(/^sha256:/) })],
      ['RemoveImage', () => ({ image: { image: 'nowhere' } }), () => ({})],
      ['StartContainer', ({ created }) => ({ containerId: created }), () => ({})],
      ['StopContainer', ({ created }) => ({ containerId: created, timeout: 0 }), () => ({})],
      ['RemoveContainer', ({ created }) => ({ containerId: created }), () => ({})],
      ['StopPodSandbox', ({ pod }) => ({ podSandboxId: pod }), () => ({})],
      ['RemovePodSandbox', ({ pod }) => ({ podSandboxId: pod }), () => ({})],
    ]
    test.each(rows)('%s', async (name, request, expected) => {
      const call = (daemon.runtime as never)[name] ?? (daemon.images as never)[name]
      const answer = (call as (r: object) => Promise<unknown> & AsyncIterable<unknown>)(request(lab))
      const streamed = Symbol.asyncIterator in answer
      expect(streamed ? await all(answer) : await answer).toEqual(expected(lab))
    })

    test('none is left out', () => {
      const elsewhere = ['RunPodSandbox', 'CreateContainer', 'GetContainerEvents', 'CheckpointContainer']
      const methods = [...criTable.services.values()].flatMap((list) => list.map((method) => method.name))
      expect([...rows.map(([name]) => name), ...elsewhere].sort()).toEqual(methods.sort())
    })

    test('another client than ours understands the answer', () => {
      const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers']
      const empty = Buffer.alloc(5)
      const to = ['--unix-socket', daemon.socket, 'http://localhost/runtime.v1.RuntimeService/Version']
      const answer = execFileSync('curl', ['-s', '--http2-prior-knowledge', ...headers, '--data-binary', '@-', ...to], { input: empty })
      expect(answer.readUInt32BE(1)).toBe(answer.length - 5)
      expect(answer.toString('latin1', 5)).toMatch(/^\n\x050\.1\.0\x12\x06kijabi\x1a.*"\x02v1$/s)
    })
  })

  test('events tell of a sandbox and a container from begin to end', async () => {
    const stop = new AbortController()
    const events: cri.ContainerEventResponse[] = []
    const told = daemon.runtime.GetContainerEvents({}, { signal: stop.signal })[Symbol.asyncIterator]()
    const first = told.next()
    const pod = await runPod()
    const container = await run(pod)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
    for (let next = await first; !next.done; next = await told.next()) {
      events.push(next.value)
      const { containerId, containerEventType } = next.value
      if (containerId === pod && containerEventType === ContainerEventType.CONTAINER_DELETED_EVENT) break
    }
    stop.abort()
    const of = (id: string) => events.filter((event) => event.containerId === id).map((event) => event.containerEventType ?? 0)
    expect([of(pod), of(container)]).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ])
    expect(events.at(-1)).toMatchObject({ podSandboxStatus: { id: pod } })
  })

  test.each([
    ['', 'oci'],
    ['quick', 'oci-quick'],
  ])('the runtime handler %j runs a container, and another none of it', async (handler, folderOf) => {
    const pod = await runPod(handler)
    expect((await daemon.runtime.PodSandboxStatus({ podSandboxId: pod })).status?.runtimeHandler).toBe(handler)
    const id = await run(pod)
    const holders = readdirSync(state()).filter((name) => name.startsWith('oci') && existsSync(join(state(), name, id)))
    expect(holders).toEqual([folderOf])
    expect(await exec(id, 'cat', '/proc/1/cmdline')).toContain('sleep')
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('a runtime class without a handler here is refused', async () => {
    await expect(runPod('other')).rejects.toThrow('no runtime for "other" is configured')
  })

  test('a pod with users of its own runs on runc, too', async () => {
    const ids = [{ hostId: 1_310_720, containerId: 0, length: 65_536 }]
    const options = { pid: NamespaceMode.CONTAINER, usernsOptions: { mode: NamespaceMode.POD, uids: ids, gids: ids } }
    const pod = await runPod('', options)
    const id = await run(pod, undefined, options)
    const script = 'id -u; cat /proc/self/uid_map; touch /made && stat -c %u /made /bin'
    expect(await exec(id, 'sh', '-c', script)).toMatch(/^0\n +0 +1310720 +65536\n0\n0\n$/)
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })

  test('pods have addresses by the conflist, through all its plugins, and give them back', async () => {
    const pods = [await runPod(), await runPod()]
    const ips = await Promise.all(
      pods.map(async (podSandboxId) => (await daemon.runtime.PodSandboxStatus({ podSandboxId })).status?.network?.ip ?? ''),
    )
    for (const ip of ips) expect(ip.startsWith(subnet.slice(0, -4))).toBe(true)
    const [first, second] = [await run(pods[0] as string, ['httpd', '-f', '-p', '80']), await run(pods[1] as string)]
    expect(await exec(first, 'sh', '-c', 'cat /sys/class/net/eth0/mtu /proc/sys/net/ipv4/conf/eth0/arp_notify')).toBe('1400\n1\n')
    expect(await exec(second, 'sh', '-c', `until wget -qO- http://${ips[0]}/etc/hostname; do sleep 0.05; done`)).toMatch(/^pod\d+\n$/)
    expect(readdirSync(join(folder, 'addresses', 'lab'))).toEqual(expect.arrayContaining(ips))
    for (const podSandboxId of pods) await daemon.runtime.RemovePodSandbox({ podSandboxId })
    expect(readdirSync(join(folder, 'addresses', 'lab')).filter((name) => /^\d/.test(name))).toEqual([])
  })

  test('a conflist that cannot be read makes the network not ready, and its pods fail, until it is mended', async () => {
    const ready = async () => (await daemon.runtime.Status({})).status?.conditions?.find((c) => c.type === 'NetworkReady')
    const whole = readFileSync(conflist)
    writeFileSync(conflist, '{')
    expect(await ready()).toMatchObject({
      reason: 'NetworkPluginNotReady',
      message: expect.stringMatching(/^Network plugin returns error: /),
    })
    await expect(runPod()).rejects.toThrow(/failed to setup network/)
    writeFileSync(conflist, JSON.stringify({ cniVersion: '1.0.0', name: 'lab', plugins: [{ type: 'no-such-plugin' }] }))
    await expect(runPod()).rejects.toThrow(/failed to find plugin "no-such-plugin"/)
    writeFileSync(conflist, whole)
    expect(await ready()).toMatchObject({ status: true })
    await daemon.runtime.RemovePodSandbox({ podSandboxId: await runPod() })
  })

  test('a checkpoint is one archive of the processes, the files, the spec and the log', async () => {
    const pod = await runPod('checkpointing')
    const id = await run(pod, ['sh', '-c', 'echo said; echo written > /file; sleep 1000'])
    await exec(id, 'sh', '-c', 'until [ -s /file ]; do sleep 0.02; done')
    const location = join(folder, 'checkpoints', 'one.tar')
    await daemon.runtime.CheckpointContainer({ containerId: id, location })
    const held = (name: string) => execFileSync('tar', ['-xOf', location, `./${name}`])
    expect(held('checkpoint/asked').toString()).toMatch(new RegExp(`--leave-running ${id}\n$`))
    expect(JSON.parse(held('config.dump').toString())).toMatchObject({ id, rootfsImageName: 'busybox' })
    expect(JSON.parse(held('spec.dump').toString())).toMatchObject({ root: { readonly: false } })
    expect(held('container.log').toString()).toMatch(/ stdout F said\n/)
    expect(execFileSync('tar', ['-xOf', '-', 'file'], { input: held('rootfs-diff.tar') }).toString()).toBe('written\n')
    expect(await exec(id, 'echo', 'goes on')).toBe('goes on\n')
    await daemon.runtime.StopContainer({ containerId: id, timeout: 0 })
    await expect(daemon.runtime.CheckpointContainer({ containerId: id, location })).rejects.toMatchObject({
      code: Code.UNKNOWN,
      message: `container "${id}" is in CONTAINER_EXITED state. only CONTAINER_RUNNING containers can be checkpointed`,
    })
    await daemon.runtime.RemovePodSandbox({ podSandboxId: pod })
  })
})
