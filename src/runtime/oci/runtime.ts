/**
 * The OCI runtime: crun where there is one, because it starts a container in half of runc's time, else runc. crun is
 * started through a launcher (programs.ts). It refuses hybrid cgroups; there the launcher hides the second version's
 * mount from it, and it takes what is left for plain version 1.
 */
import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cgroupRoot, type Host } from './host.ts'
import { launcherProgram, writeProgram } from './programs.ts'

export interface OciRuntime {
  readonly name: string
  /** The program and the words that go before the runtime's own. */
  readonly command: readonly [string, ...string[]]
  /** Runs one command of the runtime, such as `start ID`. Rejects with what it said on stderr. */
  run(...words: string[]): Promise<void>
  /** Lets a created container's first process go. */
  start(id: string): Promise<void>
  /** Gives the spec the filter that an earlier container's same seccomp profile was compiled to, where the runtime takes one. */
  withFilter<S extends FilteredSpec>(id: string, spec: S): S
  /** Keeps what the profile of a container just created was compiled to. */
  keepFilter(id: string): void
}
interface FilteredSpec {
  readonly linux: Readonly<Record<string, unknown>>
  readonly annotations?: Readonly<Record<string, string>>
}

export class OciError extends Error {}

export function findProgram(name: string): string | undefined {
  if (name.includes('/')) return isExecutable(name) ? name : undefined
  const folders = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/usr/bin${delimiter}/sbin${delimiter}/bin${delimiter}/usr/local/bin`
  return folders
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => path.startsWith('/') && isExecutable(path))
}
function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** `state`: where the runtime keeps its own state. `launcher`: where the program that starts crun is written. */
export function openOciRuntime(wanted: string | undefined, state: string, launcher: string, host: Host): OciRuntime {
  const path = wanted ? findProgram(wanted) : (findProgram('crun') ?? findProgram('runc'))
  if (!path) throw new OciError(wanted ? `no OCI runtime ${wanted} was found` : 'no OCI runtime was found: install crun or runc')
  const name = path.slice(path.lastIndexOf('/') + 1)
  const direct = [path, `--root=${state}`] as const
  const command = name === 'crun' ? ([launcher, ...direct] as const) : direct
  if (name === 'crun') writeProgram(launcher, launcherProgram(path, host.cgroups === 'hybrid' ? `${cgroupRoot}/unified` : undefined))
  const run = (...words: string[]) => runOnce([...command, ...words])
  if (name !== 'crun') return { name, command, run, start: (id) => run('start', id), withFilter: (_id, spec) => spec, keepFilter: () => {} }
  /** Compiled filters by profile, and the profiles of containers whose creation will compile them. */
  const filters = new Map<string, string>()
  const compiling = new Map<string, string>()
  return {
    name,
    command,
    run,
    start: (id) => (release(join(state, id, 'exec.fifo')) ? Promise.resolve() : run('start', id)),
    withFilter(id, spec) {
      if (!spec.linux['seccomp']) return spec
      const profile = JSON.stringify(spec.linux['seccomp'])
      const filter = filters.get(profile)
      if (filter) return { ...spec, annotations: { ...spec.annotations, [filterAnnotation]: filter } }
      putBounded(compiling, id, profile)
      return spec
    },
    keepFilter(id) {
      const profile = compiling.get(id)
      if (profile === undefined) return
      compiling.delete(id)
      const file = join(state, id, 'seccomp.bpf')
      if (existsSync(file)) putBounded(filters, profile, readFileSync(file).toString('base64'))
    },
  }
}

const filterAnnotation = 'run.oci.seccomp_bpf_data'
/** A node sees a handful of profiles: the default one, with a few sets of capabilities. */
const most = 32
function putBounded(map: Map<string, string>, key: string, value: string): void {
  if (map.size >= most) map.delete(map.keys().next().value as string)
  map.set(key, value)
}

/**
 * A created container waits for a writer on this pipe, whose name is the mark that it was not started yet. To write and
 * to take the name away is all that crun's own `start` does for a container without hooks, in a process that costs a
 * third of the whole. False when nobody waits, for crun to tell why.
 */
function release(fifo: string): boolean {
  let fd: number
  try {
    fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENXIO') return false
    throw error
  }
  try {
    unlinkSync(fifo)
    writeSync(fd, '\0')
  } finally {
    closeSync(fd)
  }
  return true
}

function runOnce(argv: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0] as string, argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (said.length < 8192) said += chunk
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code !== 0) return
      // A detached container holds our pipe as its own stderr: there is no end to wait for.
      child.stderr.destroy()
      resolve()
    })
    child.on('close', (code, signal) => {
      if (code !== 0) reject(new OciError(lastMessage(said) || `the OCI runtime ended with ${signal ?? code}`))
    })
  })
}

/** What the runtime said last, without its time stamps: crun writes text, runc logfmt. */
export function lastMessage(text: string): string {
  const line = text.trim().split('\n').filter(Boolean).at(-1) ?? ''
  return (/msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? line).replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z?:?\s*/, '').replace(/^error:? /i, '')
}
