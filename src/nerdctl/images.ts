/** images, pull, push, tag, rmi, save, load, commit, history. */
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ExitError } from '../flags/run.ts'
import { bytes, span, table } from '../runtime/cri/client.ts'
import { findContainer, showProgress } from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'
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
export const history = engineCommand({ summary: 'Show the layers of an image' }, async (client, { args, stdout }) => {
  const { image, info } = await client.images.ImageStatus({ image: { image: args[0] ?? '' }, verbose: true })
  if (!image) throw new ExitError(`no such image: ${args[0] ?? ''}`)
  const { imageSpec } = JSON.parse(info?.['info'] ?? '{}') as {
    imageSpec?: { history?: { created?: string; created_by?: string; comment?: string; empty_layer?: boolean }[] }
  }
  const rows = (imageSpec?.history ?? []).map((h, i, all) => [
    i === all.length - 1 ? shortId(image.id) : '<missing>',
    h.created ? `${span((Date.now() - Date.parse(h.created)) / 1000)} ago` : '',
    (h.created_by ?? '').slice(0, 45),
    h.comment ?? '',
  ])
  stdout.write(table([['IMAGE', 'CREATED', 'CREATED BY', 'COMMENT'], ...rows.toReversed()], 4))
  return 0
})
export const commit = engineCommand(
  { summary: 'Make an image of what a container changed', flags: { message: { type: 'string', short: 'm', doc: 'A comment' } } },
  async (client, { args, values, stdout }) => {
    const { id = '' } = await findContainer(client, args[0] ?? '')
    stdout.write(`${(await client.engine.Commit({ containerId: id, name: args[1] ?? '', comment: values['message'] as string })).id}\n`)
    return 0
  },
)
