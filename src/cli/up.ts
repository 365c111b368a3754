/** `kijabi up`: makes a cluster, or resumes the one in the data folder, waits until it is ready, and says how to go on. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { dirname } from 'node:path'
import type { Command, Invocation } from '../flags/command.ts'
import { ExitError } from '../flags/run.ts'
import { logFlags } from '../log/flags.ts'
import {
  type Cluster,
  clusterAt,
  createCluster,
  dataFolder,
  defaultPort,
  folderError,
  nodeAddress,
  nodeNames,
  openCluster,
} from './cluster.ts'
import { controlPlaneArguments } from './control-plane-arguments.ts'
import { ensureCredentials, readPair } from './credentials.ts'
import { removeCluster, stopCluster } from './down.ts'
import { missingTools, type Tools } from './host-tools.ts'
import { kubeConfig, mergeKubeConfig, userKubeConfigPath } from './kubeconfig.ts'
import { nodeArguments } from './node-arguments.ts'
import { linkManifests, writeManifests } from './process-pods.ts'
import {
  ProcessFailedError,
  processNames,
  runningProcesses,
  startProcess,
  stopProcesses,
  strayProcesses,
  TimeoutError,
  untilReady,
  untilStopped,
} from './processes.ts'
import { createProgress, type Progress } from './progress.ts'
import { ensureSafeguards } from './safeguards.ts'

export const command: Command = {
  summary: 'Start a cluster on this machine, or resume the one that is there.',
  usage: 'kijabi up [flags]',
  flags: {
    'data-dir': { type: 'string', doc: 'The folder that the cluster lives in (KIJABI_HOME, else /var/lib/kijabi).' },
    port: { type: 'int', default: defaultPort, doc: 'The API server’s port; other ports are moved by as much as this one is.' },
    nodes: {
      type: 'int',
      default: 1,
      doc: 'How many nodes with real containers; with --simulated-nodes and without this none. Further ones are network namespaces.',
    },
    'simulated-nodes': { type: 'int', default: 0, doc: 'How many nodes that only pretend to run pods.' },
    'token-auth-file': { type: 'string', doc: 'Static tokens for the API server: token,user,uid,"group1,group2" a line.' },
    'pod-cidr': { type: 'string', doc: 'The addresses of pods.' },
    'service-cidr': { type: 'string', doc: 'The addresses of services.' },
    'registry-mirror': {
      type: 'array',
      value: 'REGISTRY=URL',
      doc: 'Where images are looked for before the registry itself; REGISTRY may be *.',
    },
    'logging-format': { type: 'string', default: 'text', value: 'format', doc: 'How the components write their logs: text or json.' },
    v: { ...logFlags.v, doc: 'How much the components log: 4 and up adds what is for debugging.' },
    kubeconfig: { type: 'string', doc: 'Where the context kijabi is written (KUBECONFIG, else ~/.kube/config).' },
    wait: { type: 'duration', default: 60_000, value: 'duration', doc: 'How long to wait until the cluster is ready; 0 does not wait.' },
    foreground: { type: 'bool', doc: 'Stay until interrupted, then stop the cluster.' },
    'no-install': { type: 'bool', doc: 'Do not install missing host tools.' },
  },
  async run(invocation) {
    const { values, env, stdout } = invocation
    if (!['text', 'json'].includes(values['logging-format'] as string)) throw new ExitError('kijabi up: --logging-format is text or json')
    const folder = dataFolder(values['data-dir'] as string, env)
    const there = openCluster(folder)
    const running = there ? runningProcesses(there) : new Map<string, number>()
    if (there && processNames(there).every((name) => running.has(name))) {
      writeUserKubeConfig(there, invocation)
      stdout.write(`The cluster in ${folder} runs already; nothing was changed.\n${nextSteps(there, invocation)}`)
      return 0
    }
    const canRunContainers = process.platform === 'linux' && process.getuid?.() === 0
    const progress = createProgress(stdout)
    try {
      if (canRunContainers && !there?.settings.simulatedNodes) installHostTools(invocation, progress)
      if (there && running.size + strayProcesses(there).size > 0) {
        progress.step('Stopping what is left of a cluster that lost a supervisor')
        await stopProcesses(there, 1500)
      }
      const cluster = there ?? (await create(folder, invocation, canRunContainers))
      await start(cluster, !there, invocation, progress)
      if (!canRunContainers) stdout.write('Containers need root on Linux: the nodes of this cluster are simulated.\n')
      stdout.write(nextSteps(cluster, invocation))
      if (!values['foreground']) return 0
      await untilStopped(cluster, invocation.signal)
      progress.step('Stopping')
      await stopCluster(cluster)
      progress.done()
      return 0
    } catch (error) {
      progress.fail()
      throw error
    }
  },
}

async function create(folder: string, { values, given }: Invocation, canRunContainers: boolean): Promise<Cluster> {
  const port = values['port'] as number
  const simulated = values['simulated-nodes'] as number
  const nodes = values['nodes'] as number
  if (nodes < 0 || nodes > mostNodes) throw new ExitError(`kijabi up: --nodes is from 0 to ${mostNodes}`)
  // Clusters side by side need addresses of their own; the port tells them apart.
  const network = (port - defaultPort) & 0xff
  const real = canRunContainers && (given.has('nodes') || !given.has('simulated-nodes')) ? nodes : 0
  const settings = {
    port,
    nodes: real,
    simulatedNodes: canRunContainers ? simulated : simulated || 1,
    podCidr: (values['pod-cidr'] as string) || (network === 0 ? '10.244.0.0/16' : `10.${128 + (network % 100)}.0.0/16`),
    serviceCidr: (values['service-cidr'] as string) || (network === 0 ? '10.96.0.0/16' : `10.96.${network}.0/24`),
    ...(real > 0 && real + simulated > 1 ? { nodeCidr: `10.97.${network}.0/24` } : {}),
    ...((values['registry-mirror'] as string[]).length ? { registryMirrors: values['registry-mirror'] as string[] } : {}),
    ...(values['logging-format'] === 'json' ? { loggingFormat: 'json' as const } : {}),
    ...(values['v'] ? { verbosity: values['v'] as number } : {}),
    ...(values['token-auth-file'] ? { tokenAuthFile: values['token-auth-file'] as string } : {}),
  }
  assertWritable(folder)
  await assertPortsFree(clusterAt(folder, { dataVersion: 0, ...settings }))
  return createCluster(folder, settings)
}

/** The addresses of a segment are for no more, nor is a machine. */
const mostNodes = 200

/** A process that ends where less is free has ended because of that. */
const leastFreeBytes = 1024 * 1024

async function start(cluster: Cluster, isNew: boolean, invocation: Invocation, progress: Progress): Promise<void> {
  const waitMs = invocation.values['wait'] as number
  const nodes = nodeNames(cluster)
  try {
    if (!isNew) await assertPortsFree(cluster)
    progress.step('Making certificates')
    ensureCredentials(
      cluster,
      nodes.map((name, i) => ({
        name,
        addresses: [...(i === 0 ? machineAddresses() : []), ...(cluster.settings.nodeCidr ? [nodeAddress(cluster, name)] : [])],
      })),
    )
    ensureSafeguards(cluster)
    writeManifests(cluster)
    linkManifests(cluster)
    const fromNetworkOf = await makeNodeNetwork(cluster)
    progress.step('Starting the control plane')
    startProcess(cluster, 'control-plane', controlPlaneArguments(cluster))
    for (const name of nodes) startProcess(cluster, `node-${name}`, nodeArguments(cluster, name), fromNetworkOf(name))
    if (waitMs > 0) {
      await untilReady(cluster, ['control-plane'], waitMs)
      if (nodes.length) {
        progress.step(nodes.length === 1 ? 'Waiting for the node' : `Waiting for ${nodes.length} nodes`)
        await untilReady(cluster, processNames(cluster), waitMs)
      }
    }
    writeUserKubeConfig(cluster, invocation)
    progress.done()
  } catch (error) {
    await stopCluster(cluster)
    const { bavail, bsize } = statfsSync(cluster.folder)
    // What is only slow can be waited for again; what cannot work leaves nothing half-made.
    if (isNew && !(error instanceof TimeoutError)) await removeCluster(cluster)
    if (error instanceof ExitError) throw error
    if (error instanceof ProcessFailedError) {
      if (bavail * bsize < leastFreeBytes) throw folderError(cluster.folder, { code: 'ENOSPC' })
      const logs = `\nThe whole log: kijabi logs ${error.process}${cluster.folder === dataFolder('', {}) ? '' : ` --data-dir ${cluster.folder}`}`
      throw new ExitError(`kijabi up: ${error.message}${isNew ? '' : logs}`)
    }
    if ((error as NodeJS.ErrnoException).code) throw folderError(cluster.folder, error)
    throw new ExitError(`kijabi up: ${(error as Error).message}; kijabi logs tells more`)
  }
}

/** Each node's process starts in the node's own network. Loaded only where there are several. */
async function makeNodeNetwork(cluster: Cluster): Promise<(name: string) => <T>(start: () => T) => T> {
  if (!cluster.settings.nodeCidr) return () => (start) => start()
  const { ensureNodeNetwork, nodeNamespace } = await import('./node-network.ts')
  const { inNamespace } = await import('../linux/syscalls.ts')
  await ensureNodeNetwork(cluster)
  return (name) => (start) => {
    const netns = nodeNamespace(cluster, name)
    return netns ? inNamespace('net', netns, start) : start()
  }
}

/** Where the machine is reached: the kubelets' certificates and the API server's are good for each of these. */
function machineAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((a) => !a.internal && !a.address.startsWith('fe80:'))
    .map((a) => a.address)
}

function assertWritable(folder: string): void {
  let existing = folder
  while (!existsSync(existing)) existing = dirname(existing)
  try {
    accessSync(existing, constants.W_OK)
  } catch (error) {
    throw folderError(folder, error)
  }
}

async function assertPortsFree(cluster: Cluster): Promise<void> {
  const wanted: [number, string][] = Object.entries(cluster.ports).map(([name, port]) => [port as number, name])
  for (const [port, what] of wanted) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      const probe = createServer()
      probe.once('error', resolve)
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(undefined)))
    })
    if (error?.code === 'EADDRINUSE')
      throw new ExitError(`kijabi up: port ${port} (${what}) is in use: stop what listens there, or choose another with --port`)
    if (error) throw new ExitError(`kijabi up: cannot listen on port ${port} (${what}): ${error.message}`)
  }
}

function installHostTools({ values, stdout }: Invocation, progress: Progress): void {
  const missing: Tools = missingTools()
  if (missing.packages.length === 0) return
  const line = `apt-get install -y --no-install-recommends ${missing.packages.join(' ')}`
  if (values['no-install'] || !missing.apt)
    throw new ExitError(
      `kijabi up: these programs are missing: ${missing.programs.join(', ')}\nInstall them${missing.apt ? `, as with: ${line}` : ''}, and run kijabi up again.`,
    )
  stdout.write(
    `Containers need ${missing.programs.join(', ')}: installing with apt (--no-install skips this): ${missing.packages.join(' ')}\n`,
  )
  progress.step('Installing host tools')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]) => spawnSync('apt-get', args, { env, encoding: 'utf8' })
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...missing.packages]
  let done = apt(...install)
  if (done.status !== 0) {
    apt('update', '-qq')
    done = apt(...install)
  }
  if (done.status !== 0) throw new ExitError(`kijabi up: ${line} failed: ${done.stderr.trim().split('\n').at(-1)}`)
  progress.done()
}

function writeUserKubeConfig(cluster: Cluster, { values, env }: Invocation): void {
  const config = kubeConfig(
    'kijabi',
    `https://127.0.0.1:${cluster.ports.apiserver}`,
    readPair(cluster, 'ca').certificate,
    readPair(cluster, 'admin'),
  )
  mergeKubeConfig(userKubeConfigPath(values['kubeconfig'] as string, env), config)
}

function nextSteps(cluster: Cluster, { values, env }: Invocation): string {
  const kubectl = onPath('kubectl', env) ? 'kubectl' : 'kijabi kubectl'
  const elsewhere = cluster.folder === dataFolder('', {}) ? '' : ` --data-dir ${cluster.folder}`
  return [
    '',
    `The cluster is ready: https://127.0.0.1:${cluster.ports.apiserver}, context kijabi in ${userKubeConfigPath(values['kubeconfig'] as string, env)}`,
    '',
    'Try:',
    `  ${kubectl} get nodes -o wide`,
    `  ${kubectl} run web --image=nginx`,
    `  ${kubectl} get pods --all-namespaces`,
    '',
    `Stop it with kijabi down${elsewhere}; kijabi down --purge${elsewhere} removes it.`,
    '',
  ].join('\n')
}

function onPath(program: string, env: Invocation['env']): boolean {
  return (env['PATH'] ?? '').split(':').some((folder) => folder !== '' && existsSync(`${folder}/${program}`))
}
