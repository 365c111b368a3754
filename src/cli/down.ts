/** `kijabi down`: stops everything of a cluster; with --purge nothing of it is left on the machine. */
import { rmSync } from 'node:fs'
import type { Command } from '../flags/command.ts'
import { type Cluster, dataFolder, nodeNames, openCluster } from './cluster.ts'
import { removeFromKubeConfig, userKubeConfigPath } from './kubeconfig.ts'
import { unlinkManifests } from './process-pods.ts'
import { stopProcesses } from './processes.ts'

export const command: Command = {
  summary: 'Stop the cluster. What it holds is kept, and `kijabi up` resumes it; --purge removes it.',
  usage: 'kijabi down [--purge] [--data-dir DIR]',
  flags: {
    'data-dir': { type: 'string', doc: 'The folder that the cluster lives in (KIJABI_HOME, else /var/lib/kijabi).' },
    purge: { type: 'bool', doc: 'Remove the cluster: its data, certificates, containers, images, networks and rules.' },
    kubeconfig: { type: 'string', doc: 'The kubeconfig that --purge takes the context kijabi out of.' },
  },
  async run({ values, env, stdout }) {
    const folder = dataFolder(values['data-dir'] as string, env)
    const cluster = openCluster(folder)
    if (!cluster) {
      stdout.write(`There is no cluster in ${folder}; nothing to stop.\n`)
      return 0
    }
    await stopCluster(cluster)
    if (values['purge']) {
      removeFromKubeConfig(
        userKubeConfigPath(values['kubeconfig'] as string, env),
        'kijabi',
        `https://127.0.0.1:${cluster.ports.apiserver}`,
      )
      await removeCluster(cluster)
      stdout.write('The cluster is stopped and removed.\n')
    } else stdout.write('The cluster is stopped. `kijabi up` resumes it; `kijabi down --purge` removes it.\n')
    return 0
  },
}

/** Processes first, so that nothing starts a container anew; then the containers. */
export async function stopCluster(cluster: Cluster): Promise<void> {
  await stopProcesses(cluster, 1500)
  if (cluster.settings.nodes === 0) return
  const { stopContainers } = await import('./node-cleanup.ts')
  // One after another: each is stopped from within its own network.
  for (const name of nodeNames(cluster)) await stopContainers(cluster, name)
}

/** Takes a stopped cluster off the machine. */
export async function removeCluster(cluster: Cluster): Promise<void> {
  if (cluster.settings.nodes > 0) {
    const { removeNode } = await import('./node-cleanup.ts')
    const { removeNodeNetwork } = await import('./node-network.ts')
    for (const name of nodeNames(cluster)) await removeNode(cluster, name)
    await removeNodeNetwork(cluster)
  }
  unlinkManifests(cluster)
  rmSync(cluster.folder, { recursive: true, force: true })
}
