/** What a node leaves in the kernel when its process is gone, and how it is taken away: containers, mounts, links, rules, cgroups. */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseFlags } from '../flags/flags.ts'
import { detach, whileInNetwork } from '../linux/syscalls.ts'
import { noLog } from '../log/log.ts'
import { createBridgeNetwork } from '../network/bridge.ts'
import { nft } from '../network/nft.ts'
import { createNftablesBackend } from '../network/proxy/nftables.ts'
import { command as containerd, runtimeOptions } from '../runtime/command.ts'
import { createNetworks } from '../runtime/networks.ts'
import { createRuntime } from '../runtime/runtime.ts'
import type { Cluster } from './cluster.ts'
import { makeBridge } from './containerd.ts'
import { bridgeName, cgroupRoot, containerdState, nftTable, nodeArguments } from './node-arguments.ts'
import { nodeNamespace } from './node-network.ts'
import { sectionsOf } from './sections.ts'

/** Ends every container of the node. What they wrote, and that they were there, is kept: the kubelet starts them again. */
export async function stopContainers(cluster: Cluster, name: string): Promise<void> {
  if (!existsSync(cluster.path('nodes', name, 'containerd'))) return
  const stop = () => withRuntime(cluster, name, (runtime) => runtime.stopSandboxes())
  const netns = nodeNamespace(cluster, name)
  // After a reboot the namespace is gone, and so is what ran in it.
  await (netns && existsSync(netns) ? whileInNetwork(netns, stop) : stop())
}

/** Takes away everything of the node that is not a file in the data folder. Its containers have been stopped. */
export async function removeNode(cluster: Cluster, name: string): Promise<void> {
  removeCgroups(cgroupRoot(cluster, name))
  if (nodeNamespace(cluster, name)) return // The first node's turn unmounts, and the namespace goes with what is in it.
  const bridge = createBridgeNetwork({ folder: cluster.path('nodes', name, 'network'), bridge: bridgeName(cluster) })
  const networks = createNetworks({ root: cluster.path('nodes', name, 'containerd'), pods: bridge, make: makeBridge, log: noLog })
  for (const network of networks.list()) await networks.remove(network.name)
  await bridge.destroy()
  bridge.close()
  for (const family of ['IPv4', 'IPv6'] as const)
    await createNftablesBackend({ family, nodePortAddresses: [], table: nftTable(cluster) }, nft).cleanup()
  unmountBelow(cluster.folder)
  unmountBelow(containerdState(cluster))
  rmSync(containerdState(cluster), { recursive: true, force: true })
  removeIfEmpty(dirname(containerdState(cluster)))
}

function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder)
}

async function withRuntime(
  cluster: Cluster,
  name: string,
  act: (runtime: Awaited<ReturnType<typeof createRuntime>>) => Promise<void>,
): Promise<void> {
  const words = sectionsOf(nodeArguments(cluster, name), ['containerd', 'kubelet', 'kube-proxy']).get('containerd') ?? []
  const options = runtimeOptions(parseFlags(containerd.flags ?? {}, words).values)
  const network = createBridgeNetwork({ folder: cluster.path('nodes', name, 'network'), bridge: bridgeName(cluster) })
  const runtime = await createRuntime({ ...options, network, makeNetwork: makeBridge, log: noLog, name: String(cluster.settings.port) })
  try {
    await act(runtime)
  } finally {
    await runtime.close()
    network.close()
  }
}

/** The innermost first. */
function unmountBelow(folder: string): void {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((point) => point.startsWith(`${folder}/`))
  for (const point of points.toReversed()) detach(point)
}

/** The cgroup in every hierarchy, once nothing is in it. */
function removeCgroups(path: string): void {
  const root = '/sys/fs/cgroup'
  const roots = existsSync(join(root, 'cgroup.controllers')) ? [root] : readdirSync(root).map((name) => join(root, name))
  for (const hierarchy of roots) removeTree(join(hierarchy, path))
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeTree(join(folder, entry.name))
  rmdirSync(folder)
}
