/** A cluster on this machine: its data folder, the files in it, and the settings it was made with. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { ExitError } from '../flags/run.ts'

/** Raised when the layout of the data folder changes so that an older Kijabi could not read it. */
const dataVersion = 1

export interface Settings {
  readonly dataVersion: number
  /** The API server's port. Every other port is upstream's own, moved by as much as this one is from 6443. */
  readonly port: number
  readonly nodes: number
  readonly simulatedNodes: number
  readonly podCidr: string
  readonly serviceCidr: string
  /**
   * Of the segment between the nodes, where there are several and one at least with real containers. The API server is
   * reached there: which node has which pods' range is not known beforehand.
   */
  readonly nodeCidr?: string
  readonly tokenAuthFile?: string
  /** As containerd's --registry-mirror: REGISTRY=URL. */
  readonly registryMirrors?: readonly string[]
  readonly loggingFormat?: 'json'
  /** -v of the components. */
  readonly verbosity?: number
}

export interface Cluster {
  readonly folder: string
  readonly settings: Settings
  /** A path below the data folder. */
  path(...parts: string[]): string
  readonly ports: Ports
}

export interface Ports {
  readonly apiserver: number
  readonly etcd: number
  readonly kubelet: number
  readonly kubeletHealth: number
  readonly controllerManager: number
  readonly scheduler: number
  readonly proxyMetrics: number
  readonly proxyHealth: number
}

export const defaultPort = 6443
const upstreamPorts: Ports = {
  apiserver: defaultPort,
  etcd: 2379,
  kubelet: 10250,
  kubeletHealth: 10248,
  controllerManager: 10257,
  scheduler: 10259,
  proxyMetrics: 10249,
  proxyHealth: 10256,
}

export function dataFolder(flag: string, env: Readonly<Record<string, string | undefined>>): string {
  if (flag) return resolve(flag)
  if (env['KIJABI_HOME']) return resolve(env['KIJABI_HOME'])
  return process.getuid?.() === 0 ? '/var/lib/kijabi' : join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'kijabi')
}

export function clusterAt(folder: string, settings: Settings): Cluster {
  const moved = settings.port - defaultPort
  const ports = Object.fromEntries(Object.entries(upstreamPorts).map(([name, port]) => [name, port + moved])) as unknown as Ports
  const outside = Object.values(ports).find((port) => port < 1 || port > 65_535)
  if (outside !== undefined)
    throw new ExitError(`kijabi up: --port ${settings.port} would move another port to ${outside}; choose one from 4065 to 61627`)
  return { folder, settings, ports, path: (...parts) => join(folder, ...parts) }
}

/** The first node has the machine's name, as a kubelet of its own would; further ones get a number. */
export function nodeNames(cluster: Cluster): string[] {
  const base =
    hostname()
      .toLowerCase()
      .replace(/[^a-z0-9.-]/g, '-') || 'node'
  return Array.from({ length: cluster.settings.nodes }, (_, i) => (i === 0 ? base : `${base}-${i + 1}`))
}

/** The node's own address, where there is a segment between nodes: the first has the segment's first. */
export function nodeAddress(cluster: Cluster, name: string): string {
  const { nodeCidr = '' } = cluster.settings
  return nodeCidr.replace(/\.0\/24$/, `.${nodeNames(cluster).indexOf(name) + 1}`)
}

/** The cluster in a data folder; undefined when there is none. */
export function openCluster(folder: string): Cluster | undefined {
  let text: string
  try {
    text = readFileSync(join(folder, 'settings.json'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ExitError(`kijabi: cannot read ${join(folder, 'settings.json')}: ${(error as Error).message}`)
  }
  const settings = JSON.parse(text) as Settings
  if (settings.dataVersion !== dataVersion)
    throw new ExitError(
      `kijabi: ${folder} was made by a Kijabi with data version ${settings.dataVersion}, this one has ${dataVersion}: use that Kijabi, or remove the folder with its 'down --purge'`,
    )
  return clusterAt(folder, settings)
}

/** Makes the data folder. Undone by removing it. */
export function createCluster(folder: string, settings: Omit<Settings, 'dataVersion'>): Cluster {
  const cluster = clusterAt(folder, { dataVersion, ...settings })
  const parts = ['run', 'logs', 'pki', 'kubeconfig']
  const wasThere = existsSync(folder)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const part of parts) mkdirSync(cluster.path(part), { recursive: true, mode: 0o700 })
    writeAtomically(cluster.path('settings.json'), `${JSON.stringify(cluster.settings, null, 2)}\n`)
  } catch (error) {
    for (const made of wasThere ? parts.map((part) => cluster.path(part)) : [folder]) rmSync(made, { recursive: true, force: true })
    throw folderError(folder, error)
  }
  return cluster
}

export function folderError(folder: string, error: unknown): ExitError {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new ExitError(`kijabi: no permission to write in ${folder}: choose another folder with --data-dir, or run as its owner`)
  if (code === 'ENOSPC')
    return new ExitError(`kijabi: the disk that holds ${folder} is full: free some space, or choose another folder with --data-dir`)
  return new ExitError(`kijabi: cannot use ${folder}: ${(error as Error).message}`)
}

/** The file is there whole or not at all, and only its owner reads it. */
export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`
  try {
    writeFileSync(temporary, text, { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
