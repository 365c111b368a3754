/**
 * The OCI runtime: crun where there is one, because it starts a container in half of runc's time, else runc. crun
 * refuses hybrid cgroups; there it runs in a mount namespace of its own without the second version's mount, which it
 * then takes for plain version 1.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cgroupRoot, type Host } from './host.ts'

export interface OciRuntime {
  readonly name: string
  /** The program and the words that go before the runtime's own. */
  readonly command: readonly [string, ...string[]]
  /** Runs one command of the runtime, such as `start ID`. Rejects with what it said on stderr. */
  run(...words: string[]): Promise<void>
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

/** `state`: where the runtime keeps its own state. */
export function openOciRuntime(wanted: string | undefined, state: string, host: Host): OciRuntime {
  const path = wanted ? findProgram(wanted) : (findProgram('crun') ?? findProgram('runc'))
  if (!path) throw new OciError(wanted ? `no OCI runtime ${wanted} was found` : 'no OCI runtime was found: install crun or runc')
  const name = path.slice(path.lastIndexOf('/') + 1)
  const own = [path, `--root=${state}`]
  const script = `umount -l ${cgroupRoot}/unified && exec "$0" "$@"`
  const command = (
    name === 'crun' && host.cgroups === 'hybrid'
      ? ['/usr/bin/unshare', '-m', '--propagation', 'slave', '/bin/sh', '-c', script, ...own]
      : own
  ) as [string, ...string[]]
  return { name, command, run: (...words) => runOnce([...command, ...words]) }
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
