/** The command line of a node's process: each component's name with upstream's flags. Apart from the process itself, so that `up` loads no component. */
import { join } from 'node:path'
import { type Cluster, defaultPort, nodeAddress, nodeNames } from './cluster.ts'
import { controlPlaneComponents, logFormatArguments, loggingArguments } from './control-plane-arguments.ts'
import { apiAddress, clusterDnsAddress } from './credentials.ts'

export function nodeArguments(cluster: Cluster, name: string): string[] {
  const { ports, settings } = cluster
  const pki = (file: string) => cluster.path('pki', file)
  const home = (...parts: string[]) => cluster.path('nodes', name, ...parts)
  const logging = loggingArguments(settings)
  return [
    'node',
    '--data-dir',
    cluster.folder,
    '--name',
    name,
    'containerd',
    ...logFormatArguments(settings),
    `--root=${home('containerd')}`,
    `--state=${containerdState(cluster, name)}`,
    `--address=${containerdSocket(cluster, name)}`,
    ...(settings.registryMirrors ?? []).map((mirror) => `--registry-mirror=${mirrorFor(cluster, mirror, name)}`),
    'kubelet',
    `--kubeconfig=${cluster.path('kubeconfig', `kubelet-${name}.conf`)}`,
    `--hostname-override=${name}`,
    ...(settings.nodeCidr ? [`--node-ip=${nodeAddress(cluster, name)}`] : []),
    `--container-runtime-endpoint=unix://${containerdSocket(cluster, name)}`,
    `--root-dir=${home('kubelet')}`,
    `--pod-logs-dir=${home('pod-logs')}`,
    `--pod-manifest-path=${manifestFolder(cluster, name)}`,
    `--cgroup-root=${cgroupRoot(cluster, name)}`,
    `--cluster-dns=${clusterDnsAddress(settings.serviceCidr)}`,
    `--port=${ports.kubelet}`,
    `--healthz-port=${ports.kubeletHealth}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--tls-cert-file=${pki(`kubelet-${name}-server.crt`)}`,
    `--tls-private-key-file=${pki(`kubelet-${name}-server.key`)}`,
    '--anonymous-auth=false',
    '--authentication-token-webhook=true',
    '--authorization-mode=Webhook',
    // A laptop swaps, and is to run a cluster all the same.
    '--fail-swap-on=false',
    `--process-logs=${processLogs(cluster, name)}`,
    ...logging,
    'kube-proxy',
    ...logging,
    `--kubeconfig=${cluster.path('kubeconfig', `${clientOfNode(cluster, 'kube-proxy', name)}.conf`)}`,
    `--hostname-override=${name}`,
    `--cluster-cidr=${settings.podCidr}`,
    '--nodeport-addresses=0.0.0.0/0',
    `--nftables-table=${nftTable(cluster)}`,
    `--healthz-bind-address=127.0.0.1:${ports.proxyHealth}`,
    `--metrics-bind-address=127.0.0.1:${ports.proxyMetrics}`,
  ]
}

/** Static pods; the first node's folder is the one that shows the cluster's own components. */
const manifestFolder = (cluster: Cluster, name: string) =>
  name === nodeNames(cluster)[0] ? cluster.path('manifests') : cluster.path('nodes', name, 'manifests')

/** The components whose pods this node shows, with their logs. */
function processLogs(cluster: Cluster, name: string): string {
  const components = [...(name === nodeNames(cluster)[0] ? controlPlaneComponents : []), 'kube-proxy', 'kube-dns']
  return components.map((component) => `${component}=${cluster.path('logs', `${logOfNode(cluster, component, name)}.log`)}`).join(',')
}

/** Where the node's CRI is served. */
export const containerdSocket = (cluster: Cluster, name: string): string => cluster.path('run', `containerd-${name}.sock`)

/** What lasts until the machine restarts. Not in the data folder, which is closed to all others: the users of a pod's user namespace go through it. */
export const containerdState = (cluster: Cluster, name = ''): string => join('/run/kijabi', String(cluster.settings.port), name)

/** A further node is in a network namespace, from where the API server is elsewhere: its clients have kubeconfigs of their own. */
export const clientOfNode = (cluster: Cluster, client: string, name: string): string =>
  name === nodeNames(cluster)[0] ? client : `${client}-${name}`

const onLoopback = /\/\/(127\.0\.0\.1|localhost):(\d+)/

/** A mirror on the machine's loopback is reached by further nodes as the API server is. */
const mirrorFor = (cluster: Cluster, mirror: string, name: string): string =>
  name === nodeNames(cluster)[0] ? mirror : mirror.replace(onLoopback, `//${apiAddress(cluster)}:$2`)

/** What on the machine's loopback the further nodes need. */
export function loopbackPorts(cluster: Cluster): number[] {
  const mirrors = (cluster.settings.registryMirrors ?? []).flatMap((mirror) => onLoopback.exec(mirror)?.[2] ?? [])
  return [cluster.ports.apiserver, ...new Set(mirrors.map(Number))]
}

/** What a further node's log is called; the first has the component's plain name. */
export const logOfNode = clientOfNode

/** The cgroup that all pods of the node are below. */
export const cgroupRoot = (cluster: Cluster, name: string): string => {
  const number = nodeNames(cluster).indexOf(name)
  return `/kijabi-${cluster.settings.port}${number === 0 ? '' : `-${number + 1}`}`
}

/** The table of kube-proxy's rules: upstream's name for the cluster on upstream's ports, one of its own for each further one. */
export const nftTable = (cluster: Cluster): string => `kube-proxy${suffix(cluster)}`

/** Bridges, too, are named in the host. */
export const bridgeName = (cluster: Cluster): string => (suffix(cluster) ? `kijabi${cluster.settings.port}` : 'kijabi0')

const suffix = (cluster: Cluster) => (cluster.settings.port === defaultPort ? '' : `-${cluster.settings.port}`)
