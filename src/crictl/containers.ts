/** Containers: ps, create, start, run, stop, rm, inspect, update, exec, attach, logs, stats, checkpoint, events. */
import { ExitError } from '../flags/run.ts'
import { ContainerEventType, ContainerState } from '../runtime/cri/api.ts'
import { ago, bytes, type CriClient, joinStream, table, toJson } from '../runtime/cri/client.ts'
import { readLog } from '../runtime/cri/logs.ts'
import type { ContainerConfig, PodSandboxConfig } from '../runtime/cri/types.ts'
import { unpack } from './pods.ts'
import {
  camelCase,
  containerId,
  containerStates,
  crictl,
  each,
  output,
  podId,
  print,
  readConfig,
  shortId,
  sinceMs,
  stateNumber,
} from './shared.ts'

export const ps = crictl(
  {
    summary: 'List containers',
    flags: {
      all: { type: 'bool', short: 'a', doc: 'Also those that do not run' },
      id: { type: 'string', doc: 'Only the container with this ID' },
      image: { type: 'string', doc: 'Only containers of this image' },
      label: { type: 'map', doc: 'Only containers with these labels' },
      name: { type: 'string', doc: 'Only containers whose name matches' },
      pod: { type: 'string', short: 'p', doc: 'Only containers of this pod' },
      state: { type: 'string', short: 's', doc: 'created, running, exited or unknown' },
      quiet: { type: 'bool', short: 'q', doc: 'Only IDs' },
      latest: { type: 'bool', short: 'l', doc: 'Only the newest' },
      last: { type: 'int', short: 'n', doc: 'Only so many, the newest' },
      'no-trunc': { type: 'bool', doc: 'Whole IDs' },
      ...output('table'),
    },
  },
  async ({ runtime }, invocation) => {
    const { values, stdout } = invocation
    const most = values['latest'] ? 1 : (values['last'] as number)
    const state =
      stateNumber(values['state'] as string, 'container') ?? (values['all'] || most > 0 ? undefined : ContainerState.CONTAINER_RUNNING)
    const filter = {
      id: values['id'] as string,
      podSandboxId: values['pod'] as string,
      labelSelector: values['label'] as Record<string, string>,
      ...(state === undefined ? {} : { state: { state } }),
    }
    const [{ containers: all = [] }, { items: pods = [] }] = await Promise.all([
      runtime.ListContainers({ filter }),
      runtime.ListPodSandbox({}),
    ])
    let list = all
      .filter((c) => !values['name'] || new RegExp(values['name'] as string).test(c.metadata?.name ?? ''))
      .filter((c) => !values['image'] || c.image?.image === values['image'] || c.imageId?.includes(values['image'] as string))
      .sort((a, b) => Number(BigInt(b.createdAt ?? 0) - BigInt(a.createdAt ?? 0)))
    if (most > 0) list = list.slice(0, most)
    if (values['quiet']) for (const c of list) stdout.write(`${c.id}\n`)
    else if (values['output'] !== 'table')
      print(invocation, values['output'] as string, {
        containers: list.map((c) => ({ ...c, state: Object.keys(ContainerState)[c.state ?? 0] })),
      })
    else
      stdout.write(
        table(
          [
            ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
            ...list.map((c) => {
              const pod = pods.find((p) => p.id === c.podSandboxId)
              const whole = values['no-trunc'] === true
              return [
                whole ? (c.id as string) : shortId(c.id),
                whole ? (c.imageId ?? '') : c.image?.image?.startsWith('sha256:') ? shortId(c.image.image) : (c.image?.image ?? ''),
                ago(c.createdAt),
                containerStates[c.state ?? 0] as string,
                c.metadata?.name ?? '',
                String(c.metadata?.attempt ?? 0),
                whole ? (c.podSandboxId ?? '') : shortId(c.podSandboxId),
                pod?.metadata?.name ?? 'unknown',
                pod?.metadata?.namespace ?? 'unknown',
              ]
            }),
          ],
          13,
        ),
      )
    return 0
  },
)

const pulling = {
  'with-pull': { type: 'bool', doc: 'Pull the image first' },
  'no-pull': { type: 'bool', doc: 'Do not pull the image' },
} as const

async function createIn(
  client: CriClient,
  podSandboxId: string,
  containerFile: string | undefined,
  podFile: string | undefined,
  pull: boolean,
): Promise<string> {
  const config = camelCase(readConfig(containerFile)) as ContainerConfig
  const sandboxConfig = camelCase(readConfig(podFile)) as PodSandboxConfig
  if (pull) await client.images.PullImage({ image: config.image ?? {}, sandboxConfig })
  return (await client.runtime.CreateContainer({ podSandboxId, config, sandboxConfig })).containerId as string
}
export const create = crictl(
  { summary: 'Create a container', usage: 'crictl create POD CONTAINER-CONFIG POD-CONFIG', flags: pulling },
  async (client, { args, values, stdout }) => {
    stdout.write(`${await createIn(client, await podId(client, args[0]), args[1], args[2], values['with-pull'] === true)}\n`)
    return 0
  },
)
export const start = crictl({ summary: 'Start containers', usage: 'crictl start CONTAINER-ID...' }, async (client, { args, stdout }) => {
  for (const typed of args) {
    await client.runtime.StartContainer({ containerId: await containerId(client, typed) })
    stdout.write(`${typed}\n`)
  }
  return 0
})
export const run = crictl(
  {
    summary: 'Run a container in a new pod',
    usage: 'crictl run CONTAINER-CONFIG POD-CONFIG',
    flags: { ...pulling, runtime: { type: 'string', doc: 'The runtime handler' } },
  },
  async (client, { args, values, stdout }) => {
    const config = camelCase(readConfig(args[1])) as PodSandboxConfig
    const { podSandboxId = '' } = await client.runtime.RunPodSandbox({ config, runtimeHandler: values['runtime'] as string })
    const id = await createIn(client, podSandboxId, args[0], args[1], values['no-pull'] !== true)
    await client.runtime.StartContainer({ containerId: id })
    stdout.write(`${id}\n`)
    return 0
  },
)
export const stop = crictl(
  { summary: 'Stop containers', flags: { timeout: { type: 'int', short: 't', default: 0, doc: 'Seconds to wait before the kill' } } },
  async (client, invocation) =>
    each(invocation.args, invocation, 'Stopped', async (typed) =>
      client.runtime.StopContainer({ containerId: await containerId(client, typed), timeout: invocation.values['timeout'] as number }),
    ),
)
export const rm = crictl(
  {
    summary: 'Remove containers',
    flags: { all: { type: 'bool', short: 'a', doc: 'All containers' }, force: { type: 'bool', short: 'f', doc: 'Also those that run' } },
  },
  async (client, invocation) => {
    const { containers = [] } = await client.runtime.ListContainers({})
    const ids = invocation.values['all'] ? containers.map((c) => c.id as string) : invocation.args
    return each(ids, invocation, 'Removed', async (typed) => {
      const id = await containerId(client, typed)
      if (containers.find((c) => c.id === id)?.state === ContainerState.CONTAINER_RUNNING) {
        if (!invocation.values['force']) throw new ExitError('container is running: stop it first, or use --force')
        await client.runtime.StopContainer({ containerId: id, timeout: 0 })
      }
      await client.runtime.RemoveContainer({ containerId: id })
    })
  },
)
export const inspect = crictl({ summary: 'Show a container', flags: output('json') }, async (client, invocation) => {
  for (const typed of invocation.args) {
    const { status, info = {} } = await client.runtime.ContainerStatus({ containerId: await containerId(client, typed), verbose: true })
    const time = (ns: number | bigint | undefined) => new Date(Number(ns ?? 0) / 1e6).toISOString()
    const shown = {
      ...status,
      state: Object.keys(ContainerState)[status?.state ?? 0],
      createdAt: time(status?.createdAt),
      startedAt: time(status?.startedAt),
      finishedAt: time(status?.finishedAt),
    }
    print(invocation, invocation.values['output'] as string, { status: shown, info: unpack(info) })
  }
  return 0
})
export const update = crictl(
  {
    summary: 'Change what a container may use',
    flags: {
      'cpu-count': { type: 'int', doc: 'Processors' },
      'cpu-period': { type: 'int', doc: 'The scheduler’s period in microseconds' },
      'cpu-quota': { type: 'int', doc: 'Microseconds of each period' },
      'cpu-share': { type: 'int', doc: 'Weight among containers' },
      memory: { type: 'int', doc: 'Bytes of memory' },
      'cpuset-cpus': { type: 'string', doc: 'Processors to run on' },
      'cpuset-mems': { type: 'string', doc: 'Memory nodes to use' },
    },
  },
  async (client, invocation) => {
    const { values } = invocation
    const linux = {
      cpuPeriod: values['cpu-count'] ? 100_000 : (values['cpu-period'] as number),
      cpuQuota: values['cpu-count'] ? (values['cpu-count'] as number) * 100_000 : (values['cpu-quota'] as number),
      cpuShares: values['cpu-share'] as number,
      memoryLimitInBytes: values['memory'] as number,
      cpusetCpus: values['cpuset-cpus'] as string,
      cpusetMems: values['cpuset-mems'] as string,
    }
    return each(invocation.args, invocation, 'Updated', async (typed) =>
      client.runtime.UpdateContainerResources({ containerId: await containerId(client, typed), linux }),
    )
  },
)
export const exec = crictl(
  {
    summary: 'Run a command in a container',
    usage: 'crictl exec [-it] [-s] CONTAINER-ID COMMAND [ARG...]',
    interspersed: false,
    flags: {
      interactive: { type: 'bool', short: 'i', doc: 'Hand stdin over' },
      tty: { type: 'bool', short: 't', doc: 'With a terminal' },
      sync: { type: 'bool', short: 's', doc: 'Without streaming: output at the end' },
      timeout: { type: 'int', doc: 'Seconds, with --sync' },
    },
  },
  async (client, { args, values, stdin, stdout, stderr, signal }) => {
    const [typed, ...cmd] = args
    if (cmd.length === 0) throw new ExitError('a command is needed')
    const id = await containerId(client, typed)
    if (values['sync']) {
      const answer = await client.runtime.ExecSync({ containerId: id, cmd, timeout: values['timeout'] as number })
      stdout.write(answer.stdout ?? '')
      stderr.write(answer.stderr ?? '')
      return answer.exitCode ?? 0
    }
    const tty = values['tty'] === true
    const interactive = values['interactive'] === true
    const { url = '' } = await client.runtime.Exec({ containerId: id, cmd, tty, stdin: interactive, stdout: true, stderr: !tty })
    return joinStream(url, { stdin: interactive ? stdin : undefined, stdout, stderr, tty, signal })
  },
)
export const attach = crictl(
  {
    summary: 'Join a running container',
    flags: {
      stdin: { type: 'bool', short: 'i', doc: 'Hand stdin over' },
      tty: { type: 'bool', short: 't', doc: 'The container has a terminal' },
    },
  },
  async (client, { args, values, stdin, stdout, stderr, signal }) => {
    const tty = values['tty'] === true
    const interactive = values['stdin'] === true
    const { url = '' } = await client.runtime.Attach({
      containerId: await containerId(client, args[0]),
      tty,
      stdin: interactive,
      stdout: true,
      stderr: !tty,
    })
    return joinStream(url, { stdin: interactive ? stdin : undefined, stdout, stderr, tty, signal })
  },
)
export const logs = crictl(
  {
    summary: 'Print the log of a container',
    flags: {
      follow: { type: 'bool', short: 'f', doc: 'Go on with what comes' },
      previous: { type: 'bool', short: 'p', doc: 'Of the attempt before' },
      tail: { type: 'int', default: -1, doc: 'Only the last lines' },
      since: { type: 'string', doc: 'Only after a time, or for so long' },
      timestamps: { type: 'bool', short: 't', doc: 'With times' },
      'limit-bytes': { type: 'int', doc: 'Only so many bytes' },
    },
  },
  async (client, { args, values, stdout, stderr, signal }) => {
    let id = await containerId(client, args[0])
    if (values['previous']) {
      const { status: now } = await client.runtime.ContainerStatus({ containerId: id })
      const { containers = [] } = await client.runtime.ListContainers({})
      const mine = containers.find((c) => c.id === id)
      const before = containers.find(
        (c) =>
          c.podSandboxId === mine?.podSandboxId &&
          c.metadata?.name === now?.metadata?.name &&
          c.metadata?.attempt === (now?.metadata?.attempt ?? 0) - 1,
      )
      if (!before?.id) throw new ExitError(`previous terminated container ${JSON.stringify(now?.metadata?.name)} not found`)
      id = before.id
    }
    await printLog(client, id, values, stdout, stderr, signal)
    return 0
  },
)
/** Follows until the container has ended, which the runtime's events tell. */
export async function printLog(
  client: CriClient,
  id: string,
  values: Readonly<Record<string, unknown>>,
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<void> {
  const { status } = await client.runtime.ContainerStatus({ containerId: id })
  if (!status?.logPath) throw new ExitError(`failed to get log path of ${id}: the container has no log`)
  let left = (values['limit-bytes'] as number) || Number.POSITIVE_INFINITY
  const over = new AbortController()
  const follow = values['follow'] === true && status.state === ContainerState.CONTAINER_RUNNING
  if (follow) {
    signal.addEventListener('abort', () => over.abort())
    void (async () => {
      for await (const event of client.runtime.GetContainerEvents({}, { signal: over.signal }))
        if (event.containerId === id && event.containerEventType === ContainerEventType.CONTAINER_STOPPED_EVENT) over.abort()
    })().catch(() => over.abort())
  }
  await readLog(
    status.logPath,
    {
      tail: values['tail'] as number,
      sinceMs: sinceMs(values['since'] as string),
      timestamps: values['timestamps'] === true,
      follow: follow ? over.signal : undefined,
    },
    (stream, text) => {
      const part = text.slice(0, left)
      left -= part.length
      if (part) (stream === 'stderr' ? stderr : stdout).write(part)
    },
  )
}
export const stats = crictl(
  {
    summary: 'Show what containers use',
    flags: {
      ...output('table'),
      all: { type: 'bool', short: 'a', doc: 'Also those that do not run' },
      id: { type: 'string', doc: 'Only this container' },
      pod: { type: 'string', short: 'p', doc: 'Only of this pod' },
    },
  },
  async ({ runtime }, invocation) => {
    const { values, stdout, args } = invocation
    const filter = { id: (values['id'] as string) || (args[0] ?? ''), podSandboxId: values['pod'] as string }
    const { stats: list = [] } = await runtime.ListContainerStats({ filter })
    if (values['output'] !== 'table') print(invocation, values['output'] as string, { stats: list })
    else
      stdout.write(
        table([
          ['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES'],
          ...list.map((s) => [
            shortId(s.attributes?.id),
            s.attributes?.metadata?.name ?? '',
            (Number(s.cpu?.usageNanoCores?.value ?? 0) / 1e7).toFixed(2),
            bytes(s.memory?.workingSetBytes?.value),
            bytes(s.writableLayer?.usedBytes?.value),
            String(s.writableLayer?.inodesUsed?.value ?? 0),
          ]),
        ]),
      )
    return 0
  },
)
export const checkpoint = crictl(
  { summary: 'Checkpoint a container', flags: { export: { type: 'string', short: 'e', doc: 'Where to write it' } } },
  async (client, { args, values }) => {
    await client.runtime.CheckpointContainer({ containerId: await containerId(client, args[0]), location: values['export'] as string })
    return 0
  },
)
export const events = crictl({ summary: 'Print events as they come' }, async ({ runtime }, { stdout, signal }) => {
  try {
    for await (const event of runtime.GetContainerEvents({}, { signal }))
      stdout.write(`${toJson({ ...event, containerEventType: Object.keys(ContainerEventType)[event.containerEventType ?? 0] }, 0)}\n`)
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return 0
})
