/** namespace ls, system prune, info, version. */
import { ContainerState } from '../runtime/cri/api.ts'
import { bytes, table } from '../runtime/cri/client.ts'
import { type EngineClient, removeContainer } from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'
import { version as ownVersion } from '../version.ts'
import { pruneNetworks } from './networks.ts'
import { confirmed, force } from './shared.ts'
import { pruneVolumes } from './volumes.ts'

export const namespaceLs = engineCommand(
  { summary: 'List namespaces', flags: { quiet: { type: 'bool', short: 'q', doc: 'Only names' } } },
  async ({ engine }, { stdout, values }) => {
    const { names = [] } = await engine.Namespaces({})
    stdout.write(values['quiet'] ? names.map((n) => `${n}\n`).join('') : table([['NAME'], ...names.map((n) => [n])]))
    return 0
  },
)

/** Removes the containers that have ended, or were never started. */
async function pruneContainers(client: EngineClient): Promise<string[]> {
  const { containers = [] } = await client.runtime.ListContainers({})
  const stopped = containers.filter((c) => c.state === ContainerState.CONTAINER_EXITED || c.state === ContainerState.CONTAINER_CREATED)
  for (const container of stopped) await removeContainer(client, container)
  return stopped.map((c) => c.id as string)
}
/** Removes the images without a name; with `all`, those that no container is of. */
async function pruneImages(client: EngineClient, all: boolean): Promise<void> {
  if (!all) return
  const { containers = [] } = await client.runtime.ListContainers({})
  const used = new Set(containers.map((c) => c.imageId))
  const { images = [] } = await client.images.ListImages({})
  for (const { id = '' } of images) if (!used.has(id)) await client.images.RemoveImage({ image: { image: id } })
}
const all = { all: { type: 'bool', short: 'a', doc: 'Also images that no container uses' } } as const

export const containerPrune = engineCommand(
  { summary: 'Remove the containers that have ended', flags: force },
  async (client, invocation) => {
    if (!(await confirmed(invocation, 'This will remove all stopped containers.'))) return 0
    const removed = await pruneContainers(client)
    if (removed.length > 0) invocation.stdout.write(`Deleted Containers:\n${removed.map((id) => `${id}\n`).join('')}`)
    return 0
  },
)
export const imagePrune = engineCommand({ summary: 'Remove unused images', flags: { ...all, ...force } }, async (client, invocation) => {
  const { values, stdout } = invocation
  const warning = values['all']
    ? 'This will remove all images without at least one container associated to them.'
    : 'This will remove all dangling images.'
  if (!(await confirmed(invocation, warning))) return 0
  await pruneImages(client, values['all'] === true)
  stdout.write(`Total reclaimed space: ${bytes((await client.engine.Prune({})).bytes)}\n`)
  return 0
})
export const systemPrune = engineCommand(
  { summary: 'Remove what nothing uses', flags: { ...all, ...force, volumes: { type: 'bool', doc: 'Also volumes' } } },
  async (client, invocation) => {
    const { values, stdout } = invocation
    if (!(await confirmed(invocation, 'This will remove all stopped containers and everything that nothing uses.'))) return 0
    await pruneContainers(client)
    await pruneNetworks(client)
    await pruneImages(client, values['all'] === true)
    if (values['volumes']) await pruneVolumes(client)
    stdout.write(`Total reclaimed space: ${bytes((await client.engine.Prune({})).bytes)}\n`)
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
