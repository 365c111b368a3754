/**
 * `nerdctl build`: a Dockerfile step by step, each RUN in a container of the image so far, whose changes become the
 * next layer. There is no BuildKit behind it: no cache, no mounts of RUN, no here-documents, and ADD takes no URLs.
 */
import { randomBytes } from 'node:crypto'
import { chownSync, cpSync, existsSync, globSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join, matchesGlob, relative, resolve } from 'node:path'
import { ExitError } from '../flags/run.ts'
import {
  createContainer,
  type EngineClient,
  ensureImage,
  findContainer,
  type Io,
  removeContainer,
  runForeground,
} from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'
import { flagsOf, jsonForm, parseDockerfile, substitute, words } from './dockerfile.ts'

interface Config {
  User?: string
  Env?: string[]
  Entrypoint?: string[]
  Cmd?: string[]
  WorkingDir?: string
  Labels?: Record<string, string>
  StopSignal?: string
  ExposedPorts?: Record<string, object>
  Volumes?: Record<string, object>
}
interface Stage {
  readonly name: string
  image: string
  config: Config
  shell: string[]
}

export const build = engineCommand(
  {
    summary: 'Build an image from a Dockerfile',
    usage: 'nerdctl build [-t NAME] [-f FILE] FOLDER',
    flags: {
      tag: { type: 'array', short: 't', value: 'NAME', doc: 'The image’s name' },
      file: { type: 'string', short: 'f', value: 'FILE', doc: 'The Dockerfile; FOLDER/Dockerfile without it' },
      'build-arg': { type: 'array', value: 'NAME=VALUE', doc: 'Set an ARG' },
      target: { type: 'string', value: 'STAGE', doc: 'Build up to this stage' },
      quiet: { type: 'bool', short: 'q', doc: 'Print the ID only' },
    },
  },
  async (client, invocation) => {
    const { values, args, stdout, env } = invocation
    const context = resolve(args[0] ?? '.')
    const file = (values['file'] as string) || join(context, 'Dockerfile')
    if (!existsSync(file)) throw new ExitError(`failed to read dockerfile: open ${file}: no such file or directory`)
    const instructions = parseDockerfile(readFileSync(file, 'utf8'))
    const buildArgs = new Map(
      (values['build-arg'] as string[]).map((entry) => [entry.split('=')[0] as string, entry.split(/=(.*)/s)[1] ?? env[entry] ?? '']),
    )
    const builder = createBuilder(client, invocation, context)
    const stages: Stage[] = []
    const globals = new Map<string, string>()
    let variables = globals
    const say = (text: string) => {
      if (!values['quiet']) stdout.write(text)
    }
    try {
      for (const [index, { line, name, rest: raw }] of instructions.entries()) {
        say(`Step ${index + 1}/${instructions.length} : ${name} ${raw}\n`)
        const stage = stages.at(-1)
        if (name === 'FROM') {
          if (values['target'] && stage?.name === values['target']) break
          const { rest } = flagsOf(words(substitute(raw, globals)))
          const [image = '', , alias = ''] = rest
          const other = stages.find((s) => s.name === image.toLowerCase())
          stages.push(
            other
              ? { ...other, name: alias.toLowerCase(), config: structuredClone(other.config) }
              : await builder.base(image, alias.toLowerCase()),
          )
          variables = new Map((stages.at(-1) as Stage).config.Env?.map((e) => e.split(/=(.*)/s).slice(0, 2) as [string, string]))
          continue
        }
        if (name === 'ARG') {
          for (const word of words(raw)) {
            const [key = '', value] = word.split(/=(.*)/s)
            const given = buildArgs.get(key) ?? (value === undefined ? globals.get(key) : substitute(value, variables))
            if (given !== undefined) variables.set(key, given)
          }
          continue
        }
        if (!stage) throw new ExitError(`dockerfile parse error line ${line}: no build stage in current context`)
        await builder.step(stage, name, raw, variables, stages, line)
      }
      const last = stages.at(-1)
      if (!last) throw new ExitError('the Dockerfile is empty')
      const [first = builder.temporary(), ...others] = values['tag'] as string[]
      const id = await builder.finish(last, first)
      for (const other of others) await client.engine.Tag({ source: id, target: other })
      stdout.write(
        values['quiet']
          ? `${id}\n`
          : `Successfully built ${id.slice(7, 19)}\n${(values['tag'] as string[]).map((tag) => `Successfully tagged ${tag}\n`).join('')}`,
      )
      return 0
    } finally {
      await builder.clean()
    }
  },
)

function createBuilder(client: EngineClient, io: Io, context: string) {
  const made: string[] = []
  const temporary = () => {
    const name = `localhost/kijabi-build:${randomBytes(6).toString('hex')}`
    made.push(name)
    return name
  }
  const configOf = async (image: string): Promise<Config> => {
    const { info } = await client.images.ImageStatus({ image: { image }, verbose: true })
    return (JSON.parse(info?.['info'] ?? '{}') as { imageSpec?: { config?: Config } }).imageSpec?.config ?? {}
  }
  /** A container of the image, for as long as `work` runs. */
  const within = async <T>(stage: Stage, command: string[], work: (id: string, root: string) => Promise<T>): Promise<T> => {
    const id = await createContainer(client, {
      name: `build-${randomBytes(6).toString('hex')}`,
      image: stage.image,
      config: {
        command,
        envs: (stage.config.Env ?? []).map((e) => ({ key: e.split('=')[0] ?? '', value: e.split(/=(.*)/s)[1] ?? '' })),
        workingDir: stage.config.WorkingDir ?? '/',
        linux: {
          securityContext: stage.config.User
            ? /^\d+$/.test(stage.config.User)
              ? { runAsUser: { value: Number(stage.config.User) } }
              : { runAsUsername: stage.config.User }
            : {},
        },
      },
    })
    try {
      const { info } = await client.runtime.ContainerStatus({ containerId: id, verbose: true })
      return await work(id, (JSON.parse(info?.['info'] ?? '{}') as { runtimeSpec: { root: { path: string } } }).runtimeSpec.root.path)
    } finally {
      await removeContainer(client, await findContainer(client, id))
    }
  }
  const commit = async (stage: Stage, containerId: string, name: string, comment: string) => {
    const { id = '' } = await client.engine.Commit({ containerId, name, comment, config: JSON.stringify(stage.config) })
    stage.image = id
    return id
  }
  const ignored = (existsSync(join(context, '.dockerignore')) ? readFileSync(join(context, '.dockerignore'), 'utf8') : '')
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l && !l.startsWith('#'))
  const isIgnored = (path: string): boolean => {
    let out = false
    for (const pattern of ignored) {
      const plain = pattern.replace(/^!/, '').replace(/^\/|\/$/g, '')
      if (matchesGlob(path, plain) || matchesGlob(path, `${plain}/**`)) out = !pattern.startsWith('!')
    }
    return out
  }

  const copy = async (stage: Stage, raw: string, variables: ReadonlyMap<string, string>, stages: readonly Stage[]) => {
    const { flags, rest } = flagsOf(jsonForm(raw) ?? words(substitute(raw, variables)))
    const sources = rest.slice(0, -1)
    const place = rest.at(-1) ?? ''
    if (sources.length === 0) throw new ExitError('COPY needs a source and a destination')
    if (sources.some((s) => /^https?:|^git@/.test(s))) throw new ExitError('ADD of a URL needs a network, which builds here have not')
    const put = (from: string, filtered: boolean) =>
      within(stage, ['/copy'], async (id, root) => {
        const target = inRoot(root, place.startsWith('/') ? place : join(stage.config.WorkingDir ?? '/', place))
        for (const pattern of sources) {
          const found = /[*?[]/.test(pattern)
            ? globSync(pattern.replace(/^\//, ''), { cwd: from }).map((m) => join(from, m))
            : [inRoot(from, join('/', pattern))]
          if (found.length === 0 || !found.every((path) => existsSync(path)))
            throw new ExitError(`COPY failed: ${pattern}: no such file or directory`)
          for (const source of found) {
            const folder = lstatSync(source).isDirectory()
            const into =
              folder || !(place.endsWith('/') || place === '.' || sources.length > 1 || found.length > 1 || isFolder(target))
                ? target
                : join(target, basename(source))
            mkdirSync(folder ? into : join(into, '..'), { recursive: true })
            cpSync(source, into, {
              recursive: true,
              preserveTimestamps: true,
              verbatimSymlinks: true,
              filter: (path) => !filtered || path === source || !isIgnored(relative(from, path)),
            })
            const [uid = '0', gid = uid] = (flags['chown'] ?? '0:0').split(':')
            if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) throw new ExitError('--chown takes numbers here')
            own(into, Number(uid), Number(gid))
          }
        }
        await commit(stage, id, temporary(), `COPY ${raw}`)
      })
    const from = flags['from']
    if (from === undefined) return put(context, true)
    const other = stages.find((s, i) => s.name === from.toLowerCase() || String(i) === from) ?? (await base(from, ''))
    return within(other, ['/copy'], (_id, root) => put(root, false))
  }

  const base = async (image: string, name: string): Promise<Stage> => {
    const shell = ['/bin/sh', '-c']
    if (image === 'scratch') return { name, image: await scratch(), config: {}, shell }
    return { name, image: await ensureImage(client, image, io.stderr), config: await configOf(image), shell }
  }
  /** An image of one empty layer: what FROM scratch stands on. */
  const scratch = async (): Promise<string> => {
    const { tarArchive } = await import('../runtime/engine/tar.ts')
    const { createHash } = await import('node:crypto')
    const empty = tarArchive([])
    const diff = `sha256:${createHash('sha256').update(empty).digest('hex')}`
    const config = JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [diff] },
    })
    const name = temporary()
    const archive = tarArchive([
      { name: 'config.json', data: config },
      { name: 'layer.tar', data: empty },
      { name: 'manifest.json', data: JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]) },
    ])
    await client.engine.Load(
      (async function* () {
        yield { data: archive }
      })(),
    )
    return name
  }

  return {
    temporary,
    base,
    async step(
      stage: Stage,
      name: string,
      raw: string,
      variables: Map<string, string>,
      stages: readonly Stage[],
      line: number,
    ): Promise<void> {
      const text = substitute(raw, variables)
      const { config } = stage
      const command = () => jsonForm(raw) ?? [...stage.shell, raw]
      switch (name) {
        case 'RUN': {
          const { flags, rest } = flagsOf(raw.split(' '))
          if (Object.keys(flags).some((flag) => flag !== 'network'))
            throw new ExitError(`line ${line}: flags of RUN need BuildKit, which is not there`)
          const exec = jsonForm(rest.join(' ')) ?? [...stage.shell, rest.join(' ')]
          const args = [...variables]
            .filter(([key]) => !config.Env?.some((e) => e.startsWith(`${key}=`)))
            .map(([key, value]) => `${key}=${value}`)
          const withArgs: Stage = { ...stage, config: { ...config, Env: [...(config.Env ?? []), ...args] } }
          await within(withArgs, exec, async (id) => {
            const code = await runForeground(client, id, io, false, false)
            if (code !== 0) throw new ExitError(`The command '${exec.join(' ')}' returned a non-zero code: ${code}`, code)
            await commit(stage, id, temporary(), exec.join(' '))
          })
          return
        }
        case 'COPY':
        case 'ADD':
          return copy(stage, raw, variables, stages)
        case 'ENV': {
          const pairs = /^\S+=/.test(text)
            ? words(text).map((w) => w.split(/=(.*)/s))
            : [[text.split(/\s+/)[0], text.replace(/^\S+\s+/, '')]]
          for (const [key = '', value = ''] of pairs) {
            config.Env = [...(config.Env ?? []).filter((e) => !e.startsWith(`${key}=`)), `${key}=${value}`]
            variables.set(key, value)
          }
          return
        }
        case 'LABEL':
          for (const word of words(text))
            config.Labels = { ...config.Labels, [word.split('=')[0] as string]: word.split(/=(.*)/s)[1] ?? '' }
          return
        case 'WORKDIR':
          config.WorkingDir = text.startsWith('/') ? text : join(config.WorkingDir ?? '/', text)
          await within(stage, ['/copy'], async (id, root) => {
            mkdirSync(inRoot(root, config.WorkingDir as string), { recursive: true })
            await commit(stage, id, temporary(), `WORKDIR ${text}`)
          })
          return
        case 'CMD':
          config.Cmd = command()
          return
        case 'ENTRYPOINT':
          config.Entrypoint = command()
          delete config.Cmd
          return
        case 'USER':
          config.User = text
          return
        case 'EXPOSE':
          for (const port of words(text)) config.ExposedPorts = { ...config.ExposedPorts, [port.includes('/') ? port : `${port}/tcp`]: {} }
          return
        case 'VOLUME':
          for (const volume of jsonForm(text) ?? words(text)) config.Volumes = { ...config.Volumes, [volume]: {} }
          return
        case 'STOPSIGNAL':
          config.StopSignal = text
          return
        case 'SHELL':
          stage.shell = jsonForm(raw) ?? stage.shell
          return
        case 'MAINTAINER':
          return
        default:
          throw new ExitError(`dockerfile parse error line ${line}: unknown instruction: ${name}`)
      }
    },
    finish: (stage: Stage, name: string) => within(stage, ['/finish'], (id) => commit(stage, id, name, 'the image’s settings')),
    /** Takes the names of the steps away; their layers live on in what was built on them. */
    async clean() {
      for (const name of made) await client.engine.Untag({ name }).catch(() => {}) // It was never given.
    },
  }
}

/** A path inside `root`, with every link on the way resolved as if `root` were `/`. */
function inRoot(root: string, path: string, depth = 0): string {
  if (depth > 40) throw new ExitError(`too many links in ${path}`)
  let at = ''
  const parts = path.split('/').filter(Boolean)
  for (const [index, part] of parts.entries()) {
    if (part === '.') continue
    if (part === '..') {
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')))
      continue
    }
    const next = `${at}/${part}`
    if (lstatSync(root + next, { throwIfNoEntry: false })?.isSymbolicLink()) {
      const link = readlinkSync(root + next)
      return inRoot(root, join('/', link.startsWith('/') ? link : join(at, link), ...parts.slice(index + 1)), depth + 1)
    }
    at = next
  }
  return root + at
}
const isFolder = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
function own(path: string, uid: number, gid: number): void {
  if (lstatSync(path).isSymbolicLink()) return
  chownSync(path, uid, gid)
  if (isFolder(path)) for (const name of readdirSync(path)) own(join(path, name), uid, gid)
}
