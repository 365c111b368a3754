/** ctr images, content, snapshots and namespaces. */
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ExitError } from '../flags/run.ts'
import { bytes, span, table } from '../runtime/cri/client.ts'
import { showProgress } from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'

const remote = {
  user: { type: 'string', short: 'u', value: 'USER[:PASSWORD]', doc: 'Credentials for the registry' },
  'plain-http': { type: 'bool', doc: 'Taken for granted on loopback; elsewhere the runtime’s --registry-server tells', hidden: true },
} as const
const credentials = (user: unknown) => {
  const [username = '', password = ''] = String(user ?? '').split(/:(.*)/s)
  return { username, password }
}

export const pull = engineCommand(
  { summary: 'Pull an image', usage: 'ctr images pull [-u USER:PASSWORD] REF', flags: remote },
  async ({ engine }, { args, values, stdout, signal }) => {
    if (!args[0]) throw new ExitError('please provide an image reference to pull')
    await showProgress(engine.Pull({ name: args[0], ...credentials(values['user']) }, { signal }), stdout)
    return 0
  },
)
export const push = engineCommand({ summary: 'Push an image', flags: remote }, async ({ engine }, { args, values, stdout, signal }) => {
  if (!args[0]) throw new ExitError('please provide an image reference to push')
  await showProgress(engine.Push({ name: args[0], ...credentials(values['user']) }, { signal }), stdout)
  return 0
})
export const ls = engineCommand(
  { summary: 'List images', flags: { quiet: { type: 'bool', short: 'q', doc: 'Only names' } } },
  async ({ images }, { values, stdout }) => {
    const { images: list = [] } = await images.ListImages({})
    const rows = list.flatMap((i) =>
      [...(i.repoTags ?? []), ...(i.repoTags?.length ? [] : (i.repoDigests ?? []))].map((name) => [
        name,
        i.repoDigests?.[0]?.split('@')[1] ?? '',
        bytes(i.size),
      ]),
    )
    stdout.write(values['quiet'] ? rows.map((r) => `${r[0]}\n`).join('') : table([['REF', 'DIGEST', 'SIZE'], ...rows], 1))
    return 0
  },
)
export const rm = engineCommand({ summary: 'Remove images' }, async ({ engine }, { args, stdout }) => {
  for (const name of args) {
    await engine.Untag({ name })
    stdout.write(`${name}\n`)
  }
  return 0
})
export const tag = engineCommand({ summary: 'Give an image another name' }, async ({ engine }, { args, stdout }) => {
  for (const target of args.slice(1)) {
    await engine.Tag({ source: args[0] as string, target })
    stdout.write(`${target}\n`)
  }
  return 0
})
export const importImages = engineCommand(
  { summary: 'Read images from an archive', usage: 'ctr images import FILE|-' },
  async ({ engine }, { args, stdin, stdout }) => {
    const source = args[0] === '-' ? stdin : createReadStream(args[0] ?? '')
    const chunks = async function* () {
      for await (const data of source) yield { data: data as Buffer }
    }
    for (const name of (await engine.Load(chunks())).names ?? []) stdout.write(`unpacking ${name}...done\n`)
    return 0
  },
)
export const exportImages = engineCommand(
  { summary: 'Write images to an archive', usage: 'ctr images export FILE|- REF...' },
  async ({ engine }, { args, stdout }) => {
    const [file = '', ...names] = args
    if (names.length === 0) throw new ExitError('please provide an output filename and an image reference to export')
    const chunks = async function* () {
      for await (const { data } of engine.Save({ names })) if (data) yield data
    }
    if (file === '-') for await (const data of chunks()) stdout.write(data)
    else await pipeline(Readable.from(chunks()), createWriteStream(file))
    return 0
  },
)
export const contentLs = engineCommand(
  { summary: 'List content', flags: { quiet: { type: 'bool', short: 'q', doc: 'Only digests' } } },
  async ({ engine }, { values, stdout }) => {
    const { blobs = [] } = await engine.Content({})
    stdout.write(
      values['quiet']
        ? blobs.map((b) => `${b.digest}\n`).join('')
        : table(
            [
              ['DIGEST', 'SIZE', 'AGE'],
              ...blobs.map((b) => [b.digest ?? '', bytes(b.size), span((Date.now() - Date.parse(b.createdAt ?? '')) / 1000)]),
            ],
            1,
          ),
    )
    return 0
  },
)
export const contentGet = engineCommand({ summary: 'Write content to stdout' }, async ({ engine }, { args, stdout }) => {
  for await (const { data } of engine.ReadContent({ name: args[0] ?? '' })) if (data) stdout.write(data)
  return 0
})
export const snapshotsLs = engineCommand({ summary: 'List snapshots' }, async ({ engine }, { stdout }) => {
  const { layers = [] } = await engine.Layers({})
  stdout.write(table([['KEY', 'PARENT', 'KIND'], ...layers.map((l) => [l.id ?? '', l.parent ?? '', 'Committed'])], 1))
  return 0
})
export const snapshotsUsage = engineCommand({ summary: 'Show what snapshots take' }, async ({ engine }, { stdout }) => {
  const { layers = [] } = await engine.Layers({})
  stdout.write(table([['KEY', 'SIZE', 'INODES'], ...layers.map((l) => [l.id ?? '', bytes(l.bytes), String(l.inodes ?? 0)])], 1))
  return 0
})
export const namespacesLs = engineCommand(
  { summary: 'List namespaces', flags: { quiet: { type: 'bool', short: 'q', doc: 'Only names' } } },
  async ({ engine }, { values, stdout }) => {
    const { names = [] } = await engine.Namespaces({})
    stdout.write(values['quiet'] ? names.map((n) => `${n}\n`).join('') : table([['NAME', 'LABELS'], ...names.map((n) => [n, ''])], 1))
    return 0
  },
)
