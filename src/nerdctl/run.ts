/** run, create, start, exec, attach: containers begun and joined. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Invocation } from '../flags/command.ts'
import type { FlagSpec, FlagTable } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { joinStream } from '../runtime/cri/client.ts'
import {
  createContainer,
  type EngineClient,
  ensureImage,
  findContainer,
  removeContainer,
  rootOf,
  runForeground,
} from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'
import { parseBytes, parsePort, parseVolume } from './shared.ts'

const flags: FlagTable = {
  detach: { type: 'bool', short: 'd', doc: 'Run in the background and print the ID' },
  interactive: { type: 'bool', short: 'i', doc: 'Hand stdin over' },
  tty: { type: 'bool', short: 't', doc: 'With a terminal' },
  rm: { type: 'bool', doc: 'Remove the container when it has ended' },
  name: { type: 'string', doc: 'The container’s name' },
  hostname: { type: 'string', doc: 'The host name inside' },
  publish: { type: 'array', short: 'p', value: '[[IP:]HOST:]CONTAINER[/PROTOCOL]', doc: 'Publish a port' },
  volume: { type: 'array', short: 'v', value: 'SOURCE:PLACE[:ro]', doc: 'Mount a folder or a volume' },
  env: { type: 'array', short: 'e', value: 'NAME=VALUE', doc: 'Set an environment variable' },
  'env-file': { type: 'array', doc: 'Read environment variables from a file' },
  label: { type: 'array', short: 'l', value: 'NAME=VALUE', doc: 'Set a label' },
  restart: { type: 'string', default: 'no', doc: 'no, always, on-failure[:TIMES] or unless-stopped' },
  memory: { type: 'string', short: 'm', doc: 'Memory limit' },
  cpus: { type: 'float', doc: 'How many processors' },
  'cpu-shares': { type: 'int', doc: 'Weight among containers' },
  'cpuset-cpus': { type: 'string', doc: 'Processors to run on' },
  network: { type: 'string', default: 'bridge', doc: 'bridge, host, none, or one that was made' },
  net: { type: 'string', doc: 'As --network' },
  user: { type: 'string', short: 'u', doc: 'USER[:GROUP]' },
  workdir: { type: 'string', short: 'w', doc: 'The working folder' },
  entrypoint: { type: 'string', doc: 'In place of the image’s' },
  privileged: { type: 'bool', doc: 'All that the host may' },
  'read-only': { type: 'bool', doc: 'The root file system is read-only' },
  'cap-add': { type: 'list', doc: 'Add capabilities' },
  'cap-drop': { type: 'list', doc: 'Drop capabilities' },
  dns: { type: 'list', doc: 'DNS servers' },
  pull: { type: 'string', default: 'missing', doc: 'always, missing or never' },
  quiet: { type: 'bool', short: 'q', doc: 'No progress of the pull' },
}

/** `--env-file` and `--env`; a name without a value has that of our own environment. */
function environment(values: Invocation['values'], env: Invocation['env']): { key: string; value: string }[] {
  const files = (values['env-file'] as string[]).flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() && !line.startsWith('#')),
  )
  return [...files, ...(values['env'] as string[])].map((entry) => {
    const [key = '', value] = entry.split(/=(.*)/s)
    return { key, value: value ?? env[key] ?? '' }
  })
}

async function make(client: EngineClient, invocation: Invocation): Promise<{ id: string; name: string }> {
  const { values, args, stderr, env } = invocation
  const [image, ...command] = args
  if (!image) throw new ExitError('requires at least 1 argument: the image')
  if (values['pull'] === 'always') await client.images.PullImage({ image: { image } })
  else if (values['pull'] === 'missing') await ensureImage(client, image, stderr, values['quiet'] === true)
  const name = (values['name'] as string) || `${(image.split('/').at(-1) ?? 'c').split(/[:@]/)[0]}-${randomBytes(3).toString('hex')}`
  const { containers = [] } = await client.runtime.ListContainers({})
  if (containers.some((c) => c.metadata?.name === name)) throw new ExitError(`name "${name}" is already used`)
  const network = (values['net'] as string) || (values['network'] as string)
  const restart = values['restart'] as string
  if (!/^(no|always|unless-stopped|on-failure(:\d+)?)$/.test(restart))
    throw new ExitError(`unsupported restart policy ${JSON.stringify(restart)}`)
  const root = await rootOf(client)
  const pathOf = (volume: string) => {
    const path = join(root, 'volumes', client.namespace, volume, '_data')
    if (!/^[\w.-]+$/.test(volume)) return resolve(volume)
    mkdirSync(path, { recursive: true })
    return path
  }
  const ports = (values['publish'] as string[]).map(parsePort)
  const user = (values['user'] as string).split(':')
  const cpus = values['cpus'] as number
  const labels = {
    ...Object.fromEntries((values['label'] as string[]).map((entry) => [entry.split('=')[0], entry.split(/=(.*)/s)[1] ?? ''])),
    'nerdctl/image': image,
    ...(ports.length > 0 ? { 'nerdctl/ports': (values['publish'] as string[]).join(',') } : {}),
    ...(restart === 'no' ? {} : { 'kijabi.io/restart-policy': restart }),
    ...(values['rm'] && values['detach'] ? { 'kijabi.io/auto-remove': 'true' } : {}),
  }
  const id = await createContainer(client, {
    name,
    image,
    network,
    privileged: values['privileged'] === true,
    pod: {
      portMappings: ports,
      ...(values['hostname'] ? { hostname: values['hostname'] as string } : {}),
      ...((values['dns'] as string[]).length > 0 ? { dnsConfig: { servers: values['dns'] as string[] } } : {}),
    },
    config: {
      ...(values['entrypoint'] ? { command: [values['entrypoint'] as string] } : {}),
      args: command,
      envs: environment(values, env),
      mounts: (values['volume'] as string[]).map((volume) => parseVolume(volume, pathOf)),
      workingDir: values['workdir'] as string,
      labels,
      tty: values['tty'] === true,
      stdin: values['interactive'] === true,
      stdinOnce: values['interactive'] === true && values['detach'] !== true,
      linux: {
        resources: {
          ...(values['memory'] ? { memoryLimitInBytes: parseBytes(values['memory'] as string) } : {}),
          ...(cpus > 0 ? { cpuPeriod: 100_000, cpuQuota: Math.round(cpus * 100_000) } : {}),
          cpuShares: values['cpu-shares'] as number,
          cpusetCpus: values['cpuset-cpus'] as string,
        },
        securityContext: {
          readonlyRootfs: values['read-only'] === true,
          capabilities: { addCapabilities: values['cap-add'] as string[], dropCapabilities: values['cap-drop'] as string[] },
          ...(user[0] ? (/^\d+$/.test(user[0]) ? { runAsUser: { value: Number(user[0]) } } : { runAsUsername: user[0] }) : {}),
          ...(user[1] ? { runAsGroup: { value: Number(user[1]) } } : {}),
        },
      },
    },
  })
  return { id, name }
}

export const run = engineCommand(
  { summary: 'Run a command in a new container', usage: 'nerdctl run [flags] IMAGE [COMMAND] [ARG...]', interspersed: false, flags },
  async (client, invocation) => {
    const { values, stdout } = invocation
    const { id } = await make(client, invocation)
    const remove = async () => removeContainer(client, await findContainer(client, id))
    try {
      if (values['detach']) {
        await client.runtime.StartContainer({ containerId: id })
        stdout.write(`${id}\n`)
        return 0
      }
      return await runForeground(client, id, invocation, values['interactive'] === true, values['tty'] === true)
    } catch (error) {
      if (values['detach'] && values['rm']) await remove()
      throw error
    } finally {
      if (values['rm'] && !values['detach']) await remove()
    }
  },
)
export const create = engineCommand(
  { summary: 'Create a container', usage: 'nerdctl create [flags] IMAGE [COMMAND] [ARG...]', interspersed: false, flags },
  async (client, invocation) => {
    invocation.stdout.write(`${(await make(client, invocation)).id}\n`)
    return 0
  },
)
export const exec = engineCommand(
  {
    summary: 'Run a command in a running container',
    usage: 'nerdctl exec [flags] CONTAINER COMMAND [ARG...]',
    interspersed: false,
    flags: {
      interactive: { type: 'bool', short: 'i', doc: 'Hand stdin over' },
      tty: { type: 'bool', short: 't', doc: 'With a terminal' },
      env: flags['env'] as FlagSpec,
      'env-file': flags['env-file'] as FlagSpec,
      user: flags['user'] as FlagSpec,
      workdir: flags['workdir'] as FlagSpec,
      privileged: flags['privileged'] as FlagSpec,
    },
  },
  async (client, { args, values, env, stdin, stdout, stderr, signal }) => {
    const [typed = '', ...cmd] = args
    if (cmd.length === 0) throw new ExitError('requires at least 2 arguments: the container and a command')
    const { id = '' } = await findContainer(client, typed)
    const tty = values['tty'] === true
    const interactive = values['interactive'] === true
    const { url = '' } = await client.engine.Exec({
      containerId: id,
      cmd,
      tty,
      stdin: interactive,
      env: environment(values, env).map(({ key, value }) => `${key}=${value}`),
      user: values['user'] as string,
      workingDir: values['workdir'] as string,
      privileged: values['privileged'] === true,
    })
    return joinStream(url, { stdin: interactive ? stdin : undefined, stdout, stderr, tty, signal })
  },
)
export const attach = engineCommand({ summary: 'Join a running container' }, async (client, { args, stdin, stdout, stderr, signal }) => {
  const { id = '' } = await findContainer(client, args[0] ?? '')
  const info = JSON.parse((await client.runtime.ContainerStatus({ containerId: id, verbose: true })).info?.['info'] ?? '{}') as {
    config?: { tty?: boolean; stdin?: boolean }
  }
  const tty = info.config?.tty === true
  const { url = '' } = await client.runtime.Attach({ containerId: id, stdin: info.config?.stdin === true, tty, stdout: true, stderr: !tty })
  return joinStream(url, { stdin: info.config?.stdin ? stdin : undefined, stdout, stderr, tty, signal })
})
