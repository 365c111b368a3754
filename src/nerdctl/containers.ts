/** ps, logs, start, stop, restart, kill, rm, wait, inspect, stats, top, port: containers that are there. */
import { readFileSync } from 'node:fs'
import { parseDuration } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { ContainerState } from '../runtime/cri/api.ts'
import { ago, bytes, span, table, toJson } from '../runtime/cri/client.ts'
import { readLog } from '../runtime/cri/logs.ts'
import type { ContainerStatus } from '../runtime/cri/types.ts'
import { findContainer, removeContainer, runForeground, statusOf } from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'
import { shortId } from './shared.ts'

function statusText(s: ContainerStatus): string {
  if (s.state === ContainerState.CONTAINER_RUNNING)
    return `Up${s.startedAt ? ` ${span((Date.now() - Number(s.startedAt) / 1e6) / 1000)}` : ''}`
  if (s.state === ContainerState.CONTAINER_EXITED) return `Exited (${s.exitCode}) ${ago(s.finishedAt)}`
  return 'Created'
}
function portsText(labels: Record<string, string> | undefined): string {
  return (labels?.['nerdctl/ports'] ?? '')
    .split(',')
    .filter(Boolean)
    .map((p) => {
      const [ports = '', protocol = 'tcp'] = p.split('/')
      const parts = ports.split(':')
      return `${parts.length > 2 ? parts[0] : '0.0.0.0'}:${parts.at(-2) ?? parts[0]}->${parts.at(-1)}/${protocol}`
    })
    .join(', ')
}
interface VerboseInfo {
  readonly runtimeSpec?: { readonly process?: { readonly args?: string[] } } | null
  readonly pid?: number
  readonly restarts?: number
  readonly paused?: boolean
}
const infoOf = (info: Record<string, string> | undefined): VerboseInfo => JSON.parse(info?.['info'] ?? '{}') as VerboseInfo

export const ps = engineCommand(
  {
    summary: 'List containers',
    flags: {
      all: { type: 'bool', short: 'a', doc: 'Also those that do not run' },
      quiet: { type: 'bool', short: 'q', doc: 'Only IDs' },
      'no-trunc': { type: 'bool', doc: 'Whole IDs and commands' },
      format: { type: 'string', doc: 'json, or a table' },
    },
  },
  async ({ runtime }, { values, stdout }) => {
    const { containers = [] } = await runtime.ListContainers(
      values['all'] ? {} : { filter: { state: { state: ContainerState.CONTAINER_RUNNING } } },
    )
    const list = containers.sort((a, b) => Number(BigInt(b.createdAt ?? 0) - BigInt(a.createdAt ?? 0)))
    if (values['quiet']) {
      for (const c of list) stdout.write(`${values['no-trunc'] ? c.id : shortId(c.id)}\n`)
      return 0
    }
    const rows = await Promise.all(
      list.map(async (c) => {
        const { status, info } = await runtime.ContainerStatus({ containerId: c.id as string, verbose: true })
        const { runtimeSpec, paused } = infoOf(info)
        const command = JSON.stringify((runtimeSpec?.process?.args ?? []).join(' '))
        return {
          ID: values['no-trunc'] ? (c.id as string) : shortId(c.id),
          Image: c.image?.image ?? '',
          Command: values['no-trunc'] || command.length <= 22 ? command : `${command.slice(0, 20)}…"`,
          CreatedAt: ago(c.createdAt),
          Status: paused ? 'Paused' : statusText(status as ContainerStatus),
          Ports: portsText(c.labels),
          Names: c.metadata?.name ?? '',
        }
      }),
    )
    if (values['format'] === 'json') for (const row of rows) stdout.write(`${JSON.stringify(row)}\n`)
    else
      stdout.write(
        table([['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'], ...rows.map((r) => Object.values(r))], 4),
      )
    return 0
  },
)
export const logs = engineCommand(
  {
    summary: 'Print the log of a container',
    flags: {
      follow: { type: 'bool', short: 'f', doc: 'Go on with what comes' },
      tail: { type: 'string', default: 'all', doc: 'Only the last lines' },
      since: { type: 'string', doc: 'Only after a time, or for so long' },
      timestamps: { type: 'bool', short: 't', doc: 'With times' },
    },
  },
  async (client, { args, values, stdout, stderr, signal }) => {
    const { id = '' } = await findContainer(client, args[0] ?? '')
    const status = await statusOf(client, id)
    const over = new AbortController()
    if (values['follow']) {
      signal.addEventListener('abort', () => over.abort())
      client.engine.Wait({ containerId: id }, { signal: over.signal }).then(
        () => over.abort(),
        () => over.abort(),
      )
    }
    const since = values['since'] as string
    const duration = since ? parseDuration(since) : undefined
    const options = {
      tail: values['tail'] === 'all' ? undefined : Number(values['tail']),
      sinceMs: since ? (duration !== undefined ? Date.now() - duration : Date.parse(since)) : undefined,
      timestamps: values['timestamps'] === true,
      follow: values['follow'] ? over.signal : undefined,
    }
    await readLog(status.logPath as string, options, (stream, text) => (stream === 'stderr' ? stderr : stdout).write(text))
    return 0
  },
)

const seconds = { time: { type: 'int', short: 't', default: 10, doc: 'Seconds to wait before the kill' } } as const
export const start = engineCommand(
  { summary: 'Start containers', flags: { attach: { type: 'bool', doc: 'And show what they say' } } },
  async (client, invocation) => {
    for (const typed of invocation.args) {
      const { id = '', state } = await findContainer(client, typed)
      if (invocation.values['attach'] && state === ContainerState.CONTAINER_CREATED)
        return runForeground(client, id, invocation, false, false)
      await client.engine.Restart({ containerId: id })
      invocation.stdout.write(`${typed}\n`)
    }
    return 0
  },
)
export const stop = engineCommand({ summary: 'Stop containers', flags: seconds }, async ({ ...client }, { args, values, stdout }) => {
  for (const typed of args) {
    const { id = '' } = await findContainer(client, typed)
    await client.runtime.StopContainer({ containerId: id, timeout: values['time'] as number })
    stdout.write(`${typed}\n`)
  }
  return 0
})
export const restart = engineCommand(
  { summary: 'Stop containers and start them again', flags: seconds },
  async (client, { args, values, stdout }) => {
    for (const typed of args) {
      const { id = '' } = await findContainer(client, typed)
      await client.runtime.StopContainer({ containerId: id, timeout: values['time'] as number })
      await client.engine.Restart({ containerId: id })
      stdout.write(`${typed}\n`)
    }
    return 0
  },
)
export const kill = engineCommand(
  { summary: 'Send a signal to containers', flags: { signal: { type: 'string', short: 's', default: 'KILL', doc: 'The signal' } } },
  async (client, { args, values, stdout }) => {
    for (const typed of args) {
      const { id = '' } = await findContainer(client, typed)
      await client.engine.Kill({ containerId: id, signal: values['signal'] as string })
      stdout.write(`${typed}\n`)
    }
    return 0
  },
)
export const pause = engineCommand({ summary: 'Freeze the processes of containers' }, async (client, { args, stdout }) => {
  for (const typed of args) {
    await client.engine.Pause({ containerId: (await findContainer(client, typed)).id as string })
    stdout.write(`${typed}\n`)
  }
  return 0
})
export const unpause = engineCommand({ summary: 'Let paused containers go on' }, async (client, { args, stdout }) => {
  for (const typed of args) {
    await client.engine.Resume({ containerId: (await findContainer(client, typed)).id as string })
    stdout.write(`${typed}\n`)
  }
  return 0
})
export const rename = engineCommand({ summary: 'Give a container another name' }, async (client, { args }) => {
  if (args.length !== 2) throw new ExitError('requires exactly 2 arguments: the container and its new name')
  const { id = '' } = await findContainer(client, args[0] as string)
  await client.engine.Rename({ containerId: id, name: args[1] as string })
  return 0
})
export const rm = engineCommand(
  {
    summary: 'Remove containers',
    flags: {
      force: { type: 'bool', short: 'f', doc: 'Also those that run' },
      volumes: { type: 'bool', short: 'v', doc: 'With their anonymous volumes, which always go' },
    },
  },
  async (client, { args, values, stdout, stderr }) => {
    let failed = 0
    for (const typed of args) {
      try {
        const container = await findContainer(client, typed)
        if (container.state === ContainerState.CONTAINER_RUNNING && !values['force'])
          throw new ExitError(`container ${typed} is in running status. unpause/stop container first or force removal`)
        await removeContainer(client, container)
        stdout.write(`${typed}\n`)
      } catch (error) {
        failed = 1
        stderr.write(`${(error as Error).message}\n`)
      }
    }
    return failed
  },
)
export const wait = engineCommand(
  { summary: 'Wait for containers to end, and print their exit codes' },
  async (client, { args, stdout, signal }) => {
    for (const typed of args) {
      const { id = '' } = await findContainer(client, typed)
      stdout.write(`${(await client.engine.Wait({ containerId: id }, { signal })).exitCode}\n`)
    }
    return 0
  },
)
export const inspect = engineCommand(
  { summary: 'Show containers or images', flags: { type: { type: 'string', doc: 'container or image' } } },
  async (client, { args, stdout, values }) => {
    const found: unknown[] = []
    for (const typed of args) {
      const image = values['type'] === 'container' ? undefined : await client.images.ImageStatus({ image: { image: typed }, verbose: true })
      const container = values['type'] === 'image' ? undefined : await findContainer(client, typed).catch(() => undefined)
      if (container) {
        const { status: s, info } = await client.runtime.ContainerStatus({ containerId: container.id as string, verbose: true })
        const pod = await client.runtime.PodSandboxStatus({ podSandboxId: container.podSandboxId as string })
        const more = infoOf(info)
        const time = (ns: number | bigint | undefined) => new Date(Number(ns ?? 0) / 1e6).toISOString()
        found.push({
          Id: s?.id,
          Created: time(s?.createdAt),
          Path: more.runtimeSpec?.process?.args?.[0] ?? '',
          Args: more.runtimeSpec?.process?.args?.slice(1) ?? [],
          State: {
            Status: more.paused ? 'paused' : ['created', 'running', 'exited', 'unknown'][s?.state ?? 0],
            Running: s?.state === ContainerState.CONTAINER_RUNNING,
            Paused: more.paused === true,
            Pid: more.pid ?? 0,
            ExitCode: s?.exitCode ?? 0,
            StartedAt: time(s?.startedAt),
            FinishedAt: time(s?.finishedAt),
            OOMKilled: s?.reason === 'OOMKilled',
          },
          Image: container.image?.image,
          Name: container.metadata?.name,
          RestartCount: more.restarts ?? 0,
          LogPath: s?.logPath,
          Mounts: (s?.mounts ?? []).map((m) => ({ Type: 'bind', Source: m.hostPath, Destination: m.containerPath, RW: !m.readonly })),
          Config: { Labels: container.labels, Image: container.image?.image },
          NetworkSettings: { IPAddress: pod.status?.network?.ip ?? '', Ports: portsText(container.labels) },
        })
      } else if (image?.image) {
        const info = JSON.parse(image.info?.['info'] ?? '{}') as {
          imageSpec?: { config?: unknown; rootfs?: unknown; architecture?: string; os?: string; created?: string }
        }
        found.push({
          Id: image.image.id,
          RepoTags: image.image.repoTags,
          RepoDigests: image.image.repoDigests,
          Size: Number(image.image.size),
          Created: info.imageSpec?.created,
          Architecture: info.imageSpec?.architecture,
          Os: info.imageSpec?.os,
          Config: info.imageSpec?.config,
          RootFS: info.imageSpec?.rootfs,
        })
      } else throw new ExitError(`no such object ${typed}`)
    }
    stdout.write(`${toJson(found, 4)}\n`)
    return 0
  },
)
export const stats = engineCommand(
  { summary: 'Show what containers use', flags: { 'no-stream': { type: 'bool', doc: 'Once' } } },
  async (client, { args, values, stdout, signal }) => {
    const wanted = await Promise.all(args.map((typed) => findContainer(client, typed)))
    const show = async () => {
      const { stats: list = [] } = await client.runtime.ListContainerStats({})
      const rows = list.filter((s) => wanted.length === 0 || wanted.some((c) => c.id === s.attributes?.id))
      stdout.write(
        table([
          ['CONTAINER ID', 'NAME', 'CPU %', 'MEM USAGE', 'DISK'],
          ...rows.map((s) => [
            shortId(s.attributes?.id),
            s.attributes?.metadata?.name ?? '',
            `${(Number(s.cpu?.usageNanoCores?.value ?? 0) / 1e7).toFixed(2)}%`,
            bytes(s.memory?.workingSetBytes?.value),
            bytes(s.writableLayer?.usedBytes?.value),
          ]),
        ]),
      )
    }
    await client.runtime.ListContainerStats({})
    // A rate needs two looks.
    for (let more = true; more && !signal.aborted; more = values['no-stream'] !== true) {
      await new Promise((resolve) => setTimeout(resolve, values['no-stream'] ? 250 : 1000))
      if (!values['no-stream'] && stdout.isTTY) stdout.write('\x1b[H\x1b[2J')
      await show()
    }
    return 0
  },
)
export const top = engineCommand({ summary: 'Show the processes of a container' }, async (client, { args, stdout }) => {
  const { id = '' } = await findContainer(client, args[0] ?? '')
  const { pids = [] } = await client.engine.Processes({ containerId: id })
  const rows = pids.flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? ''
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return [[field('Uid'), String(pid), field('PPid'), command || `[${field('Name')}]`]]
    } catch {
      return [] // It has just ended.
    }
  })
  stdout.write(table([['UID', 'PID', 'PPID', 'CMD'], ...rows]))
  return 0
})
export const port = engineCommand({ summary: 'Show the published ports of a container' }, async (client, { args, stdout }) => {
  const { labels } = await findContainer(client, args[0] ?? '')
  for (const line of portsText(labels).split(', ').filter(Boolean)) {
    const [host, inside] = line.split('->')
    stdout.write(`${inside} -> ${host}\n`)
  }
  return 0
})
