/** `kijabi status`: what runs, and whether it is well. */
import { readFileSync } from 'node:fs'
import type { Node } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { createHttpsTransport } from '../client/https-transport.ts'
import { loadConnection } from '../client/kubeconfig.ts'
import type { Command } from '../flags/command.ts'
import { type Cluster, dataFolder, openCluster } from './cluster.ts'
import { processNames, runningProcesses, strayProcesses } from './processes.ts'

export const command: Command = {
  summary: 'Show the processes of the cluster, the API server’s health and the nodes. Exits 1 when something is not well.',
  usage: 'kijabi status [--data-dir DIR]',
  flags: { 'data-dir': { type: 'string', doc: 'The folder that the cluster lives in (KIJABI_HOME, else /var/lib/kijabi).' } },
  async run({ values, env, stdout }) {
    const folder = dataFolder(values['data-dir'] as string, env)
    const cluster = openCluster(folder)
    if (!cluster) {
      stdout.write(`There is no cluster in ${folder}; kijabi up starts one.\n`)
      return 1
    }
    const running = runningProcesses(cluster)
    const strays = strayProcesses(cluster)
    if (running.size + strays.size === 0) {
      stdout.write(`The cluster in ${folder} is stopped; kijabi up resumes it.\n`)
      return 1
    }
    for (const name of processNames(cluster)) stdout.write(`${name.padEnd(28)}${describe(running.get(name), strays.get(name))}\n`)
    const { text, well } = await askServer(cluster)
    stdout.write(text)
    const whole = processNames(cluster).every((name) => running.has(name))
    if (!whole) stdout.write('Not all of the cluster is supervised; kijabi up mends that, and leaves its containers running.\n')
    return well && whole ? 0 : 1
  },
}

/** How a process is, by the pid of its supervisor or, where that was killed, by its own. */
function describe(supervisor: number | undefined, stray: number | undefined): string {
  if (supervisor !== undefined) return `running   ${memoryOf(childOf(supervisor))}`
  return stray === undefined ? 'stopped' : `running   ${memoryOf(stray)}, without its supervisor`
}

/** Undefined while the supervisor pauses before it starts it again, and where there is no /proc. */
function childOf(supervisor: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ')[0]) || undefined
  } catch {
    return undefined
  }
}

function memoryOf(pid: number | undefined): string {
  try {
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
    return `pid ${pid}, ${Math.round(kilobytes / 1024)} MB`
  } catch {
    return 'starting'
  }
}

async function askServer(cluster: Cluster): Promise<{ text: string; well: boolean }> {
  const transport = createHttpsTransport(loadConnection({ kubeconfig: cluster.path('kubeconfig', 'admin.conf') }))
  const client = createClient(transport)
  const signal = AbortSignal.timeout(3000)
  try {
    await client.raw('/version', signal)
    const nodes = await client.list('nodes', { signal })
    const pods = await client.list('pods', { signal, metadataOnly: true })
    const ready = nodes.items.filter(isReady).length
    const named =
      nodes.items.length <= mostNamed ? nodes.items.map((n) => `  ${n.metadata.name.padEnd(26)}${isReady(n) ? 'Ready' : 'NotReady'}`) : []
    const text = [
      `API server                  https://127.0.0.1:${cluster.ports.apiserver}`,
      `nodes                       ${ready} of ${nodes.items.length} ready`,
      ...named,
      `pods                        ${pods.items.length}`,
      '',
    ].join('\n')
    return { text, well: ready === nodes.items.length }
  } catch (error) {
    return { text: `The API server does not answer: ${(error as Error).message}\n`, well: false }
  } finally {
    transport.close()
  }
}

/** More nodes than this are only counted. */
const mostNamed = 10

const isReady = (node: Node) => node.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false
