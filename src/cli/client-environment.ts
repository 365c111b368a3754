/** Where a client finds the cluster of this machine when nothing tells it: the variables that the client reads anyway, filled in. */
import { existsSync } from 'node:fs'
import { type Cluster, dataFolder, nodeNames, openCluster } from './cluster.ts'
import { containerdSocket } from './node-arguments.ts'

type Environment = Record<string, string | undefined>

/** What is set already, or said by a flag, counts more. */
export function fillClientEnvironment(client: string, argv: readonly string[], env: Environment): void {
  const said = (...flags: string[]) => argv.some((word) => flags.some((flag) => word === flag || word.startsWith(`${flag}=`)))
  if (client === 'etcdctl') {
    if (env['ETCDCTL_ENDPOINTS'] || env['ETCDCTL_ENDPOINT'] || said('--endpoints', '--endpoint')) return
    const cluster = ofThisMachine(env)
    if (!cluster) return
    const file = (name: string) => cluster.path('pki', name)
    env['ETCDCTL_ENDPOINTS'] = `https://127.0.0.1:${cluster.ports.etcd}`
    env['ETCDCTL_CACERT'] ??= file('etcd-ca.crt')
    env['ETCDCTL_CERT'] ??= file('etcd-client.crt')
    env['ETCDCTL_KEY'] ??= file('etcd-client.key')
    return
  }
  const variable = runtimeVariables[client]
  // A flag counts more than the variable by itself; a configuration file would count less.
  if (!variable || env[variable] || (client === 'crictl' && said('--config', '-c'))) return
  const cluster = ofThisMachine(env)
  const [node] = cluster ? nodeNames(cluster) : []
  if (!cluster || !node) return
  const socket = containerdSocket(cluster, node)
  env[variable] = client === 'crictl' ? `unix://${socket}` : socket
}

const runtimeVariables: Readonly<Record<string, string>> = {
  crictl: 'CONTAINER_RUNTIME_ENDPOINT',
  nerdctl: 'CONTAINERD_ADDRESS',
  ctr: 'CONTAINERD_ADDRESS',
}

/** The cluster in KIJABI_HOME, else in the default folder, if this user may look there. */
function ofThisMachine(env: Environment): Cluster | undefined {
  const folder = dataFolder('', env)
  return existsSync(folder) ? openCluster(folder) : undefined
}
