/** network create, inspect, ls, prune, rm: bridges of their own for containers that find each other by name. */
import { ExitError } from '../flags/run.ts'
import { table, toJson } from '../runtime/cri/client.ts'
import type { EngineClient } from '../runtime/engine/client.ts'
import { engineCommand } from '../runtime/engine/command.ts'
import { confirmed, force, shortId } from './shared.ts'

/** The networks that need not be made, as Docker names them. */
const given = ['bridge', 'host', 'none']

export const create = engineCommand(
  {
    summary: 'Create a network',
    usage: 'nerdctl network create [flags] NETWORK',
    flags: {
      subnet: { type: 'string', value: 'CIDR', doc: 'Its addresses; a free range of 10.4.0.0/16 without it' },
      driver: { type: 'string', short: 'd', default: 'bridge', doc: 'bridge' },
      label: { type: 'array', value: 'NAME=VALUE', doc: 'Set a label' },
    },
  },
  async ({ engine }, { args, values, stdout }) => {
    if (args.length !== 1) throw new ExitError('requires exactly 1 argument: the network')
    if (values['driver'] !== 'bridge') throw new ExitError(`unsupported driver ${JSON.stringify(values['driver'])}: there is bridge`)
    const labels = Object.fromEntries((values['label'] as string[]).map((entry) => [entry.split('=')[0], entry.split(/=(.*)/s)[1] ?? '']))
    const { id } = await engine.CreateNetwork({ name: args[0] as string, subnet: values['subnet'] as string, labels })
    stdout.write(`${id}\n`)
    return 0
  },
)
export const ls = engineCommand(
  { summary: 'List networks', flags: { quiet: { type: 'bool', short: 'q', doc: 'Only names' } } },
  async ({ engine }, { values, stdout }) => {
    const { networks = [] } = await engine.Networks({})
    const rows = [...given.map((name) => ['', name, '']), ...networks.map((n) => [shortId(n.id), n.name ?? '', n.subnet ?? ''])]
    stdout.write(values['quiet'] ? rows.map(([, name]) => `${name}\n`).join('') : table([['NETWORK ID', 'NAME', 'SUBNET'], ...rows], 4))
    return 0
  },
)
export const inspect = engineCommand({ summary: 'Show networks' }, async (client, { args, stdout }) => {
  const { networks = [] } = await client.engine.Networks({})
  const found = args.map((name) => {
    const network = networks.find((n) => n.name === name)
    if (!network) throw new ExitError(`no such network: ${name}`)
    return {
      Name: network.name,
      Id: network.id,
      Created: network.createdAt,
      IPAM: { Config: [{ Subnet: network.subnet }] },
      Labels: network.labels ?? {},
      Containers: Object.fromEntries((network.members ?? []).map((m) => [m.id, { Name: m.name, IPv4Address: m.address }])),
    }
  })
  stdout.write(`${toJson(found, 4)}\n`)
  return 0
})
export const rm = engineCommand({ summary: 'Remove networks' }, async ({ engine }, { args, stdout, stderr }) => {
  let failed = 0
  for (const name of args) {
    try {
      await engine.RemoveNetwork({ name })
      stdout.write(`${name}\n`)
    } catch (error) {
      failed = 1
      stderr.write(`${(error as Error).message}\n`)
    }
  }
  return failed
})
export const prune = engineCommand({ summary: 'Remove the networks that no container is in', flags: force }, async (client, invocation) => {
  if (!(await confirmed(invocation, 'This will remove all custom networks not used by at least one container.'))) return 0
  const removed = await pruneNetworks(client)
  if (removed.length > 0) invocation.stdout.write(`Deleted Networks:\n${removed.map((name) => `${name}\n`).join('')}`)
  return 0
})

/** Removes the networks that no container is in, and says which. */
export async function pruneNetworks(client: EngineClient): Promise<string[]> {
  const { networks = [] } = await client.engine.Networks({})
  const unused = networks.flatMap(({ name, members = [] }) => (name && members.length === 0 ? [name] : []))
  for (const name of unused) await client.engine.RemoveNetwork({ name })
  return unused
}
