/** `kubectl cp`: files to and from containers, through tar on both sides. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, posix, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { UsageError } from '../errors.ts'
import { type Factory, kubectlCommand } from '../factory.ts'
import { containerOf, podOf } from '../pods.ts'

interface Place {
  readonly pod?: string
  readonly namespace?: string
  readonly path: string
}

export const command = kubectlCommand({
  summary: 'Copy files and folders to and from containers.',
  usage: 'kubectl cp <file-spec-src> <file-spec-dest> [options]',
  flags: {
    container: { type: 'string', short: 'c', doc: 'The container.' },
    'no-preserve': { type: 'bool', doc: 'Do not keep owners and modes.' },
    retries: { type: 'int', doc: 'Not built.' },
  },
  async run(factory) {
    const [from, to] = factory.args.map(placeOf)
    if (!from || !to || factory.args.length !== 2) throw new UsageError('source and destination are required')
    if (factory.number('retries') !== 0) throw new Error('--retries is not built')
    if (from.pod && to.pod) throw new Error('one of src or dest must be a local file specification')
    if (!from.pod && !to.pod) throw new Error('one of src or dest must be a remote file specification')
    if (from.path === '' || to.path === '') throw new Error('filepath can not be empty')
    return from.pod ? copyOut(factory, from, to.path) : copyIn(factory, from.path, to)
  },
})

/** `pod:path`, `namespace/pod:path`, or a local path. */
export function placeOf(text: string): Place {
  const colon = text.indexOf(':')
  if (colon < 0 || text.startsWith('/') || text.startsWith('.')) return { path: text }
  const [left, right] = text.slice(0, colon).split('/')
  const path = text.slice(colon + 1)
  return right === undefined ? { pod: left as string, path } : { namespace: left as string, pod: right, path }
}

async function remoteTar(
  factory: Factory,
  place: Place,
  command: readonly string[],
  streams: Parameters<typeof import('../streams.ts').runInContainer>[4],
): Promise<void> {
  const scoped = place.namespace ? { ...factory, namespace: async () => place.namespace as string } : factory
  const pod = await podOf(scoped, place.pod as string, 0)
  const container = containerOf(factory, pod, factory.text('container'))
  const { runInContainer } = await import('../streams.ts')
  const code = await runInContainer(factory, pod, 'exec', { container, command }, streams)
  if (code !== 0) throw new Error(`command terminated with exit code ${code}`)
}

/** The local tar, without a shell; resolves when it has ended well. */
function localTar(args: readonly string[], stdio: ['pipe' | 'ignore', 'pipe' | 'ignore', 'inherit']) {
  const child = spawn('tar', args, { stdio })
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`tar could not be run: ${error.message}`)))
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`tar ended with exit code ${code}`))))
  })
  done.catch(() => {})
  return { child, done }
}

async function copyIn(factory: Factory, source: string, to: Place): Promise<void> {
  if (!existsSync(source)) throw new Error(`${source} doesn't exist in local filesystem`)
  const path = resolve(source)
  const name = basename(path)
  // A folder that is there takes the source into it, as cp does.
  const isFolder = await remoteTar(factory, to, ['test', '-d', to.path], {}).then(
    () => true,
    () => false,
  )
  const target = isFolder ? posix.join(to.path, name) : to.path.replace(/(.)\/+$/, '$1')
  const { child, done } = localTar(
    ['-C', dirname(path), '--transform', `s,^${literal(name)},${replacement(posix.basename(target))},S`, '-cf', '-', '--', name],
    ['ignore', 'pipe', 'inherit'],
  )
  const keep = factory.on('no-preserve') ? ['--no-same-permissions', '--no-same-owner'] : []
  const folder = posix.dirname(target)
  await remoteTar(factory, to, ['tar', ...keep, '-xmf', '-', ...(folder === '.' ? [] : ['-C', folder])], {
    stdin: child.stdout as NonNullable<typeof child.stdout>,
    stderr: factory.invocation.stderr,
  })
  await done
}
const literal = (text: string): string => text.replace(/[\\.*^$[\],/]/g, '\\$&')
const replacement = (text: string): string => text.replace(/[\\&,]/g, '\\$&')

/** Unpacked beside the target, then moved: names in the archive cannot lead elsewhere, as GNU tar strips `/` and refuses `..`. */
async function copyOut(factory: Factory, from: Place, target: string): Promise<void> {
  const whole = resolve(target)
  const into = existsSync(whole) && statSync(whole).isDirectory() ? join(whole, posix.basename(from.path)) : whole
  mkdirSync(dirname(into), { recursive: true })
  const folder = mkdtempSync(join(dirname(into), '.kubectl-cp-'))
  try {
    const { child, done } = localTar(
      ['-C', folder, '--no-same-owner', ...(factory.on('no-preserve') ? ['--no-same-permissions'] : []), '-xf', '-'],
      ['pipe', 'ignore', 'inherit'],
    )
    const bytes = new PassThrough()
    bytes.pipe(child.stdin as NonNullable<typeof child.stdin>)
    try {
      await remoteTar(factory, from, ['tar', 'cf', '-', '-C', posix.dirname(from.path) || '/', posix.basename(from.path)], {
        stdout: bytes,
        stderr: factory.invocation.stderr,
      })
    } finally {
      bytes.end()
    }
    await done
    const unpacked = join(folder, posix.basename(from.path))
    if (existsSync(into) && statSync(into).isDirectory()) throw new Error(`${into} is a folder that is there already`)
    renameSync(unpacked, into)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
