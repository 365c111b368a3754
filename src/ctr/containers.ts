/** ctr run, containers and tasks. */
import { ExitError } from '../flags/run.ts'
import { ContainerState } from '../runtime/cri/api.ts'
import { joinStream, table, toJson } from '../runtime/cri/client.ts'
import { createContainer, findContainer, removeContainer, runForeground } from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'

export const run = engineCommand(
  {
    summary: 'Run a container',
    usage: 'ctr run [flags] REF ID [COMMAND] [ARG...]',
    interspersed: false,
    flags: {
      detach: { type: 'bool', short: 'd', doc: 'Do not wait for it' },
      rm: { type: 'bool', doc: 'Remove the container when it has ended' },
      tty: { type: 'bool', short: 't', doc: 'With a terminal' },
      env: { type: 'array', value: 'NAME=VALUE', doc: 'Set an environment variable' },
      mount: { type: 'array', value: 'type=bind,src=SOURCE,dst=PLACE[,options=rbind:ro]', doc: 'Mount a folder' },
      cwd: { type: 'string', doc: 'The working folder' },
      'net-host': { type: 'bool', doc: 'In the host’s network' },
      privileged: { type: 'bool', doc: 'All that the host may' },
      'read-only': { type: 'bool', doc: 'The root file system is read-only' },
      'memory-limit': { type: 'int', doc: 'Bytes of memory' },
    },
  },
  async (client, invocation) => {
    const { args, values } = invocation
    const [image, name, ...command] = args
    if (!image || !name) throw new ExitError('image ref and container id must be provided')
    const { image: present } = await client.images.ImageStatus({ image: { image } })
    if (!present) throw new ExitError(`image "${image}": not found`)
    const { containers = [] } = await client.runtime.ListContainers({})
    if (containers.some((c) => c.metadata?.name === name)) throw new ExitError(`container "${name}": already exists`)
    const tty = values['tty'] === true
    const id = await createContainer(client, {
      name,
      image,
      ...(values['net-host'] ? { network: 'host' } : {}),
      privileged: values['privileged'] === true,
      config: {
        ...(command.length > 0 ? { command } : {}),
        envs: (values['env'] as string[]).map((entry) => ({ key: entry.split('=')[0] ?? '', value: entry.split(/=(.*)/s)[1] ?? '' })),
        mounts: (values['mount'] as string[]).map((text) => {
          const option = Object.fromEntries(text.split(',').map((word) => word.split('=') as [string, string]))
          return {
            hostPath: option['src'] ?? option['source'] ?? '',
            containerPath: option['dst'] ?? option['destination'] ?? '',
            readonly: (option['options'] ?? '').split(':').includes('ro'),
          }
        }),
        workingDir: values['cwd'] as string,
        tty,
        stdin: values['detach'] !== true,
        stdinOnce: true,
        linux: {
          resources: { memoryLimitInBytes: values['memory-limit'] as number },
          securityContext: { readonlyRootfs: values['read-only'] === true },
        },
      },
    })
    if (values['detach']) {
      await client.runtime.StartContainer({ containerId: id })
      return 0
    }
    const code = await runForeground(client, id, invocation, true, tty)
    if (values['rm']) await removeContainer(client, await findContainer(client, id))
    return code
  },
)
export const containersLs = engineCommand(
  { summary: 'List containers', flags: { quiet: { type: 'bool', short: 'q', doc: 'Only IDs' } } },
  async ({ runtime }, { values, stdout }) => {
    const { containers = [] } = await runtime.ListContainers({})
    stdout.write(
      values['quiet']
        ? containers.map((c) => `${c.metadata?.name}\n`).join('')
        : table(
            [
              ['CONTAINER', 'IMAGE', 'RUNTIME'],
              ...containers.map((c) => [c.metadata?.name ?? '', c.image?.image ?? '', 'io.containerd.runc.v2']),
            ],
            4,
          ),
    )
    return 0
  },
)
export const containersRm = engineCommand({ summary: 'Remove containers' }, async (client, { args }) => {
  for (const typed of args) {
    const container = await findContainer(client, typed)
    if (container.state === ContainerState.CONTAINER_RUNNING)
      throw new ExitError(`failed to delete container ${JSON.stringify(typed)}: cannot delete a non stopped container: {running 0}`)
    await removeContainer(client, container)
  }
  return 0
})
export const containersInfo = engineCommand({ summary: 'Show a container' }, async (client, { args, stdout }) => {
  const { id = '' } = await findContainer(client, args[0] ?? '')
  const { status, info } = await client.runtime.ContainerStatus({ containerId: id, verbose: true })
  stdout.write(`${toJson({ ...status, ...(JSON.parse(info?.['info'] ?? '{}') as object) }, 4)}\n`)
  return 0
})
const states = ['CREATED', 'RUNNING', 'STOPPED', 'UNKNOWN']
export const tasksLs = engineCommand({ summary: 'List tasks' }, async ({ runtime }, { stdout }) => {
  const { containers = [] } = await runtime.ListContainers({})
  const rows = await Promise.all(
    containers
      .filter((c) => c.state !== ContainerState.CONTAINER_CREATED)
      .map(async (c) => {
        const { info } = await runtime.ContainerStatus({ containerId: c.id as string, verbose: true })
        const { pid = 0, paused = false } = JSON.parse(info?.['info'] ?? '{}') as { pid?: number; paused?: boolean }
        return [c.metadata?.name ?? '', String(pid), paused ? 'PAUSED' : (states[c.state ?? 0] as string)]
      }),
  )
  stdout.write(table([['TASK', 'PID', 'STATUS'], ...rows], 4))
  return 0
})
export const tasksStart = engineCommand({ summary: 'Start a container' }, async (client, { args }) => {
  const { id = '' } = await findContainer(client, args[0] ?? '')
  await client.engine.Restart({ containerId: id })
  return 0
})
export const tasksKill = engineCommand(
  { summary: 'Send a signal to a task', flags: { signal: { type: 'string', short: 's', default: 'SIGTERM', doc: 'The signal' } } },
  async (client, { args, values }) => {
    const { id = '' } = await findContainer(client, args[0] ?? '')
    await client.engine.Kill({ containerId: id, signal: values['signal'] as string })
    return 0
  },
)
export const tasksPause = engineCommand({ summary: 'Freeze the processes of a task' }, async (client, { args }) => {
  const { id = '' } = await findContainer(client, args[0] ?? '')
  await client.engine.Pause({ containerId: id })
  return 0
})
export const tasksResume = engineCommand({ summary: 'Let a paused task go on' }, async (client, { args }) => {
  const { id = '' } = await findContainer(client, args[0] ?? '')
  await client.engine.Resume({ containerId: id })
  return 0
})
export const tasksRm = engineCommand(
  { summary: 'Remove stopped tasks', flags: { force: { type: 'bool', short: 'f', doc: 'Also those that run' } } },
  async (client, { args, values }) => {
    for (const typed of args) {
      const { id = '', state } = await findContainer(client, typed)
      if (state !== ContainerState.CONTAINER_RUNNING) continue
      if (!values['force'])
        throw new ExitError(`unable to delete ${typed}: task must be stopped before deletion: running: failed precondition`)
      await client.runtime.StopContainer({ containerId: id, timeout: 0 })
    }
    return 0
  },
)
export const tasksPs = engineCommand({ summary: 'List the processes of a task' }, async (client, { args, stdout }) => {
  const { id = '' } = await findContainer(client, args[0] ?? '')
  const { pids = [] } = await client.engine.Processes({ containerId: id })
  stdout.write(table([['PID'], ...pids.map((pid) => [String(pid)])]))
  return 0
})
export const tasksExec = engineCommand(
  {
    summary: 'Run a command in a task',
    usage: 'ctr tasks exec --exec-id ID [-t] CONTAINER COMMAND [ARG...]',
    interspersed: false,
    flags: {
      'exec-id': { type: 'string', doc: 'A name for it; told by nothing else here' },
      tty: { type: 'bool', short: 't', doc: 'With a terminal' },
    },
  },
  async (client, { args, values, stdin, stdout, stderr, signal }) => {
    const [typed = '', ...cmd] = args
    if (!values['exec-id']) throw new ExitError('exec-id must be provided')
    const { id = '' } = await findContainer(client, typed)
    const tty = values['tty'] === true
    const { url = '' } = await client.runtime.Exec({ containerId: id, cmd, tty, stdin: true, stdout: true, stderr: !tty })
    return joinStream(url, { stdin, stdout, stderr, tty, signal })
  },
)
