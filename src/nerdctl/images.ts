/** images, pull, push, tag, rmi, save, load, commit; volumes, networks, namespaces; prune, info, version. */
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ExitError } from '../flags/run.ts'
import { ContainerState } from '../runtime/cri/api.ts'
import { bytes, span, table, toJson } from '../runtime/cri/client.ts'
import { type EngineClient, findContainer, removeContainer, rootOf, showProgress } from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'
import { version as ownVersion } from '../version.ts'
import { shortId } from './shared.ts'

const familiar = (name: string) => name.replace(/^docker\.io\/(library\/)?/, '')

export const images = engineCommand(
  {
    summary: 'List images',
    flags: {
      quiet: { type: 'bool', short: 'q', doc: 'Only IDs' },
      'no-trunc': { type: 'bool', doc: 'Whole IDs' },
      all: { type: 'bool', short: 'a', doc: 'Also those without a name' },
    },
  },
  async (client, { args, values, stdout }) => {
    const { images: list = [] } = await client.images.ListImages(args[0] ? { filter: { image: { image: args[0] } } } : {})
    const rows = await Promise.all(
      list.flatMap((image) =>
        (image.repoTags?.length ? image.repoTags : values['all'] ? ['<none>:<none>'] : []).map(async (name) => {
          const colon = name.lastIndexOf(':')
          const { info } = await client.images.ImageStatus({ image: { image: image.id as string }, verbose: true })
          const created = (JSON.parse(info?.['info'] ?? '{}') as { imageSpec?: { created?: string } }).imageSpec?.created
          return [
            familiar(name.slice(0, colon)),
            name.slice(colon + 1),
            values['no-trunc'] ? (image.id as string) : shortId(image.id),
            created ? `${span((Date.now() - Date.parse(created)) / 1000)} ago` : '',
            bytes(image.size),
          ]
        }),
      ),
    )
    if (values['quiet']) for (const row of rows) stdout.write(`${row[2]}\n`)
    else stdout.write(table([['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'], ...rows], 4))
    return 0
  },
)
const quiet = { quiet: { type: 'bool', short: 'q', doc: 'No progress' } } as const
export const pull = engineCommand({ summary: 'Pull an image', flags: quiet }, async ({ engine }, { args, values, stdout, signal }) => {
  if (!args[0]) throw new ExitError('requires exactly 1 argument: the image')
  await showProgress(engine.Pull({ name: args[0] }, { signal }), stdout, values['quiet'] === true)
  return 0
})
export const push = engineCommand({ summary: 'Push an image', flags: quiet }, async ({ engine }, { args, values, stdout, signal }) => {
  if (!args[0]) throw new ExitError('requires exactly 1 argument: the image')
  await showProgress(engine.Push({ name: args[0] }, { signal }), stdout, values['quiet'] === true)
  return 0
})
export const tag = engineCommand({ summary: 'Give an image another name' }, async ({ engine }, { args }) => {
  if (args.length !== 2) throw new ExitError('requires exactly 2 arguments: the image and its new name')
  await engine.Tag({ source: args[0] as string, target: args[1] as string })
  return 0
})
export const rmi = engineCommand(
  { summary: 'Remove images', flags: { force: { type: 'bool', short: 'f', doc: 'Also of containers that are there' } } },
  async (client, { args, values, stdout, stderr }) => {
    let failed = 0
    const { containers = [] } = await client.runtime.ListContainers({})
    for (const name of args) {
      const { image } = await client.images.ImageStatus({ image: { image: name } })
      const user = containers.find((c) => c.imageId === image?.id)
      if (!image) stderr.write(`no such image: ${name}\n`)
      else if (user && !values['force'])
        stderr.write(`conflict: unable to delete ${name} (cannot be forced) - image is being used by container ${shortId(user.id)}\n`)
      else {
        const byId = !image.repoTags?.some((t) => t === name || familiar(t) === name || familiar(t) === `${name}:latest`)
        if (byId || image.repoTags?.length === 1) await client.images.RemoveImage({ image: { image: image.id as string } })
        else await client.engine.Untag({ name })
        stdout.write(`Untagged: ${name}\nDeleted: ${image.id}\n`)
        continue
      }
      failed = 1
    }
    return failed
  },
)
export const save = engineCommand(
  { summary: 'Write images to an archive', flags: { output: { type: 'string', short: 'o', doc: 'The file; stdout without it' } } },
  async ({ engine }, { args, values, stdout }) => {
    if (!values['output'] && stdout.isTTY) throw new ExitError('cowardly refusing to save to a terminal: use the -o flag or redirect')
    const chunks = async function* () {
      for await (const { data } of engine.Save({ names: [...args] })) if (data) yield data
    }
    if (values['output']) await pipeline(Readable.from(chunks()), createWriteStream(values['output'] as string))
    else for await (const data of chunks()) if (!stdout.write(data)) await new Promise((resolve) => stdout.once('drain', resolve))
    return 0
  },
)
export const load = engineCommand(
  { summary: 'Read images from an archive', flags: { input: { type: 'string', short: 'i', doc: 'The file; stdin without it' } } },
  async ({ engine }, { values, stdin, stdout }) => {
    const source = values['input'] ? createReadStream(values['input'] as string) : stdin
    const chunks = async function* () {
      for await (const data of source) yield { data: data as Buffer }
    }
    const { names = [] } = await engine.Load(chunks())
    for (const name of names) stdout.write(`Loaded image: ${familiar(name)}\n`)
    return 0
  },
)
export const commit = engineCommand(
  { summary: 'Make an image of what a container changed', flags: { message: { type: 'string', short: 'm', doc: 'A comment' } } },
  async (client, { args, values, stdout }) => {
    const { id = '' } = await findContainer(client, args[0] ?? '')
    stdout.write(`${(await client.engine.Commit({ containerId: id, name: args[1] ?? '', comment: values['message'] as string })).id}\n`)
    return 0
  },
)

// ---- volumes, networks, namespaces ----

const volumesOf = async (client: EngineClient) => join(await rootOf(client), 'volumes', client.namespace)
const volumeName = (name: string | undefined): string => {
  if (!name || !/^[\w][\w.-]*$/.test(name)) throw new ExitError(`invalid volume name ${JSON.stringify(name ?? '')}`)
  return name
}
export const volumeLs = engineCommand(
  { summary: 'List volumes', flags: { quiet: { type: 'bool', short: 'q', doc: 'Only names' } } },
  async (client, { stdout, values }) => {
    const folder = await volumesOf(client)
    const names = existsSync(folder) ? readdirSync(folder) : []
    stdout.write(
      values['quiet']
        ? names.map((n) => `${n}\n`).join('')
        : table([['VOLUME NAME', 'DIRECTORY'], ...names.map((n) => [n, join(folder, n, '_data')])]),
    )
    return 0
  },
)
export const volumeCreate = engineCommand({ summary: 'Create a volume' }, async (client, { args, stdout }) => {
  mkdirSync(join(await volumesOf(client), volumeName(args[0]), '_data'), { recursive: true })
  stdout.write(`${args[0]}\n`)
  return 0
})
export const volumeRm = engineCommand({ summary: 'Remove volumes' }, async (client, { args, stdout }) => {
  const folder = await volumesOf(client)
  for (const name of args) {
    const path = join(folder, volumeName(name))
    if (!existsSync(path)) throw new ExitError(`no such volume: ${name}`)
    const { containers = [] } = await client.runtime.ListContainers({})
    for (const c of containers) {
      const { status } = await client.runtime.ContainerStatus({ containerId: c.id as string })
      if (status?.mounts?.some((m) => m.hostPath?.startsWith(`${path}/`)))
        throw new ExitError(`volume ${JSON.stringify(name)} is in use by ${c.metadata?.name}`)
    }
    rmSync(path, { recursive: true })
    stdout.write(`${name}\n`)
  }
  return 0
})
export const volumeInspect = engineCommand({ summary: 'Show volumes' }, async (client, { args, stdout }) => {
  const folder = await volumesOf(client)
  stdout.write(
    `${toJson(
      args.map((name) => ({
        Name: name,
        Mountpoint: join(folder, volumeName(name), '_data'),
        CreatedAt: statSync(join(folder, name)).birthtime,
      })),
      4,
    )}\n`,
  )
  return 0
})
export const networkLs = engineCommand({ summary: 'List networks' }, async (_client, { stdout }) => {
  stdout.write(
    table([
      ['NAME', 'DRIVER'],
      ['bridge', 'bridge'],
      ['host', 'host'],
    ]),
  )
  return 0
})
export const namespaceLs = engineCommand(
  { summary: 'List namespaces', flags: { quiet: { type: 'bool', short: 'q', doc: 'Only names' } } },
  async ({ engine }, { stdout, values }) => {
    const { names = [] } = await engine.Namespaces({})
    stdout.write(values['quiet'] ? names.map((n) => `${n}\n`).join('') : table([['NAME'], ...names.map((n) => [n])]))
    return 0
  },
)

// ---- the whole ----

export const systemPrune = engineCommand(
  {
    summary: 'Remove what nothing uses',
    flags: {
      all: { type: 'bool', short: 'a', doc: 'Also images that no container uses' },
      force: { type: 'bool', short: 'f', doc: 'Do not ask' },
      volumes: { type: 'bool', doc: 'Also volumes' },
    },
  },
  async (client, { values, stdout, stdin, signal }) => {
    if (!values['force']) {
      stdout.write('This will remove all stopped containers and everything that nothing uses.\nAre you sure you want to continue? [y/N] ')
      const answer = await new Promise<string>((resolve) => {
        stdin.once('data', (chunk) => resolve(String(chunk)))
        stdin.once('end', () => resolve(''))
        signal.addEventListener('abort', () => resolve(''))
      })
      stdin.pause()
      if (!/^y/i.test(answer.trim())) return 0
    }
    const { containers = [] } = await client.runtime.ListContainers({})
    for (const c of containers) if (c.state === ContainerState.CONTAINER_EXITED) await removeContainer(client, c)
    if (values['all']) {
      const used = new Set(containers.filter((c) => c.state !== ContainerState.CONTAINER_EXITED).map((c) => c.imageId))
      const { images: list = [] } = await client.images.ListImages({})
      for (const image of list) if (!used.has(image.id)) await client.images.RemoveImage({ image: { image: image.id as string } })
    }
    if (values['volumes']) {
      const folder = await volumesOf(client)
      const running = await Promise.all(
        containers
          .filter((c) => c.state !== ContainerState.CONTAINER_EXITED)
          .map((c) => client.runtime.ContainerStatus({ containerId: c.id as string })),
      )
      for (const name of existsSync(folder) ? readdirSync(folder) : [])
        if (!running.some((r) => r.status?.mounts?.some((m) => m.hostPath?.startsWith(`${join(folder, name)}/`))))
          rmSync(join(folder, name), { recursive: true })
    }
    const freed = await client.engine.Prune({})
    stdout.write(`Total reclaimed space: ${bytes(freed.bytes)}\n`)
    return 0
  },
)
export const info = engineCommand({ summary: 'Show the runtime’s state' }, async (client, { stdout }) => {
  const v = await client.runtime.Version({})
  const { containers = [] } = await client.runtime.ListContainers({})
  const { images: list = [] } = await client.images.ListImages({})
  stdout.write(
    `Client:\n Namespace:\t${client.namespace}\n\nServer:\n Server Version: ${v.runtimeName} ${v.runtimeVersion}\n Containers: ${containers.length}\n Images: ${list.length}\n`,
  )
  return 0
})
export const version = engineCommand({ summary: 'Print versions' }, async ({ runtime }, { stdout }) => {
  const v = await runtime.Version({})
  stdout.write(`Client:\n Version:\t${ownVersion}\n\nServer:\n ${v.runtimeName}:\n  Version:\t${v.runtimeVersion}\n`)
  return 0
})
