/** Figures of the container runtime: starts, pods at once, memory, and a pull against `tar -x`. Run as root: scripts/node bench/runtime.ts */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NamespaceMode, ProfileType } from '../src/runtime/cri/api.ts'
import { buildImage, busyboxImage, busyboxLayer, type LayerEntry } from '../test/support/images.ts'
import { startRegistry } from '../test/support/registry.ts'
import { startRuntime } from '../test/support/runtime.ts'

const registry = await startRegistry({ 'library/busybox:latest': busyboxImage() })
const daemon = await startRuntime({ registry: registry.url })
const timed = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
  const begun = performance.now()
  const result = await work()
  return [performance.now() - begun, result]
}
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number
const say = (what: string, figure: string) => console.log(`${what.padEnd(52)} ${figure}`)
const proportional = (pid: number) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1024
const rss = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const namespaceOptions = { pid: NamespaceMode.CONTAINER }
let count = 0
const pod = async () => {
  const name = `bench-${++count}`
  const config = {
    metadata: { name, uid: name, namespace: 'default', attempt: 0 },
    hostname: name,
    logDirectory: join(daemon.folder, 'logs', name),
    linux: { securityContext: { namespaceOptions } },
  }
  return (await daemon.runtime.RunPodSandbox({ config })).podSandboxId as string
}
const container = async (podSandboxId: string) => {
  const config = {
    metadata: { name: 'c' },
    image: { image: 'busybox' },
    command: ['sleep', '1000'],
    logPath: 'c.log',
    linux: { securityContext: { namespaceOptions, seccomp: { profileType: ProfileType.RuntimeDefault } } },
  }
  const { containerId = '' } = await daemon.runtime.CreateContainer({ podSandboxId, config })
  await daemon.runtime.StartContainer({ containerId })
}
const removeAll = async () => {
  for (const { id } of (await daemon.runtime.ListPodSandbox({})).items ?? [])
    await daemon.runtime.RemovePodSandbox({ podSandboxId: id as string })
}

try {
  await new Promise((resolve) => setTimeout(resolve, 1000))
  say('memory idle', `${rss(daemon.pid).toFixed(1)} MB`)
  await daemon.images.PullImage({ image: { image: 'busybox' } })
  const sandboxes: number[] = []
  const starts: number[] = []
  for (let i = 0; i < 15; i++) {
    const [sandboxMs, id] = await timed(pod)
    const [startMs] = await timed(() => container(id))
    sandboxes.push(sandboxMs)
    starts.push(startMs)
  }
  say('container create and start, median of 15', `${median(starts).toFixed(1)} ms (best ${Math.min(...starts).toFixed(1)})`)
  say('with its sandbox', `${median(starts.map((ms, i) => ms + (sandboxes[i] as number))).toFixed(1)} ms`)
  await removeAll()
  const before = rss(daemon.pid)
  const [fifty] = await timed(() => Promise.all(Array.from({ length: 50 }, async () => container(await pod()))))
  say('50 pods at once', `${(fifty / 1000).toFixed(2)} s`)
  const monitors = readdirSync('/proc').filter((name) => {
    try {
      return (
        readFileSync(`/proc/${name}/comm`, 'utf8') === 'conmon\n' && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(daemon.folder)
      )
    } catch {
      return false
    }
  })
  const mean = (values: number[]) => values.reduce((sum, mb) => sum + mb, 0) / values.length
  const monitor = mean(monitors.map((pid) => rss(Number(pid))).filter((mb) => mb > 0))
  const own = mean(monitors.map((pid) => proportional(Number(pid))))
  const growth = (rss(daemon.pid) - before) / 50
  say(
    'memory of each running container',
    `${(monitor + growth).toFixed(2)} MB: monitor ${monitor.toFixed(2)} (${own.toFixed(2)} without what all share), runtime ${growth.toFixed(2)}`,
  )
  await removeAll()

  // 150 MB in three layers of files of all sizes, half of it compressible.
  const layers = Array.from({ length: 3 }, (_l, layer): LayerEntry[] =>
    Array.from({ length: 1000 }, (_f, i) => {
      const size = 2 ** (8 + (i % 10)) + (i % 4 === 0 ? 90_000 : 10_000)
      return { name: `l${layer}/d${i % 50}/f${i}`, data: Buffer.concat([randomBytes(size / 2), Buffer.alloc(size / 2, 'text ')]) }
    }),
  )
  const image = buildImage([busyboxLayer(), ...layers])
  const total = layers.flat().reduce((sum, entry) => sum + (entry.data?.length ?? 0), 0)
  registry.push('bench/large:latest', image)
  const folder = mkdtempSync(join(tmpdir(), 'bench-tar-'))
  const tars = [...image.blobs.values()]
    .filter((b) => b[0] === 0x1f)
    .map((bytes, i) => {
      writeFileSync(join(folder, `${i}.tgz`), bytes)
      return join(folder, `${i}.tgz`)
    })
  const rounds: [number, number][] = []
  for (let round = 0; round < 3; round++) {
    const target = mkdtempSync(join(folder, 'x'))
    const [tarMs] = await timed(async () => {
      for (const file of tars) execFileSync('tar', ['-xzf', file, '-C', target])
    })
    const [pullMs] = await timed(() => daemon.images.PullImage({ image: { image: `${registry.host}/bench/large` } }))
    rounds.push([tarMs, pullMs])
    await daemon.images.RemoveImage({ image: { image: `${registry.host}/bench/large` } })
    rmSync(target, { recursive: true })
  }
  rmSync(folder, { recursive: true })
  const [tarMs, pullMs] = [median(rounds.map((r) => r[0])), median(rounds.map((r) => r[1]))]
  say(
    `pull and unpack of ${Math.round(total / 1e6)} MB`,
    `${pullMs.toFixed(0)} ms, ${(pullMs / tarMs).toFixed(2)} times tar -x (${tarMs.toFixed(0)} ms)`,
  )
} finally {
  await removeAll()
  await daemon.stop()
  await registry.close()
}
