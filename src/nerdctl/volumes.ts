/** volume create, inspect, ls, prune, rm: folders of the runtime that containers share. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ExitError } from '../flags/run.ts'
import { table, toJson } from '../runtime/cri/client.ts'
import { type EngineClient, rootOf } from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'
import { confirmed, force } from './shared.ts'

const volumesOf = async (client: EngineClient) => join(await rootOf(client), 'volumes', client.namespace)
const volumeName = (name: string | undefined): string => {
  if (!name || !/^[\w][\w.-]*$/.test(name)) throw new ExitError(`invalid volume name ${JSON.stringify(name ?? '')}`)
  return name
}
export const ls = engineCommand(
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
export const create = engineCommand({ summary: 'Create a volume' }, async (client, { args, stdout }) => {
  mkdirSync(join(await volumesOf(client), volumeName(args[0]), '_data'), { recursive: true })
  stdout.write(`${args[0]}\n`)
  return 0
})
/** Who has a volume mounted, also of the containers that do not run: they may be started again. */
async function usersOf(client: EngineClient): Promise<(folder: string) => string | undefined> {
  const { containers = [] } = await client.runtime.ListContainers({})
  const mounts = await Promise.all(
    containers.map(async ({ id = '', metadata }) => {
      const { status } = await client.runtime.ContainerStatus({ containerId: id })
      return { name: metadata?.name ?? id, paths: (status?.mounts ?? []).map((m) => m.hostPath ?? '') }
    }),
  )
  return (folder) => mounts.find(({ paths }) => paths.some((path) => path.startsWith(`${folder}/`)))?.name
}

/** Removes the volumes that no container has, and says which. */
export async function pruneVolumes(client: EngineClient): Promise<string[]> {
  const folder = await volumesOf(client)
  const userOf = await usersOf(client)
  const unused = existsSync(folder) ? readdirSync(folder).filter((name) => !userOf(join(folder, name))) : []
  for (const name of unused) rmSync(join(folder, name), { recursive: true })
  return unused
}

export const rm = engineCommand({ summary: 'Remove volumes' }, async (client, { args, stdout }) => {
  const folder = await volumesOf(client)
  const userOf = await usersOf(client)
  for (const name of args) {
    const path = join(folder, volumeName(name))
    if (!existsSync(path)) throw new ExitError(`no such volume: ${name}`)
    const user = userOf(path)
    if (user) throw new ExitError(`volume ${JSON.stringify(name)} is in use by ${user}`)
    rmSync(path, { recursive: true })
    stdout.write(`${name}\n`)
  }
  return 0
})
export const prune = engineCommand({ summary: 'Remove the volumes that no container has', flags: force }, async (client, invocation) => {
  if (!(await confirmed(invocation, 'This will remove all local volumes not used by at least one container.'))) return 0
  const removed = await pruneVolumes(client)
  if (removed.length > 0) invocation.stdout.write(`Deleted Volumes:\n${removed.map((name) => `${name}\n`).join('')}`)
  return 0
})
export const inspect = engineCommand({ summary: 'Show volumes' }, async (client, { args, stdout }) => {
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
