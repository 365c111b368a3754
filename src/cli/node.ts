/**
 * A node's process: runtime, kubelet, proxy and DNS in one. Its command line holds each component's own flags, as that
 * of the control plane does. Containers outlive it: started again, it picks them up.
 */
import { hostname } from 'node:os'
import type { Node } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { createHttpsTransport } from '../client/https-transport.ts'
import { createInformers } from '../client/informer.ts'
import { loadConnection } from '../client/kubeconfig.ts'
import type { Command, Invocation } from '../flags/command.ts'
import { parseFlags } from '../flags/flags.ts'
import { command as kubelet } from '../kubelet/command.ts'
import { readResolvConf } from '../linux/resolv-conf.ts'
import { openLogFile } from '../log/file.ts'
import { loggerOf } from '../log/flags.ts'
import { createBridgeNetwork } from '../network/bridge.ts'
import { startClusterDns } from '../network/dns/cluster-dns.ts'
import { command as kubeProxy } from '../network/proxy/command.ts'
import { startNodeRoutes } from '../network/routes.ts'
import { command as containerd, containerdLogger, runtimeOptions } from '../runtime/command.ts'
import { createRuntime } from '../runtime/runtime.ts'
import { forwardToLoopback } from './api-forward.ts'
import { type Cluster, openCluster, writeAtomically } from './cluster.ts'
import { makeBridge } from './containerd.ts'
import { apiAddress, clusterDnsAddress } from './credentials.ts'
import { bridgeName, clientOfNode, logOfNode } from './node-arguments.ts'
import { keepProcessPods, nodeParts } from './process-pods.ts'
import { untilReady } from './processes.ts'
import { sectionsOf } from './sections.ts'

const components = ['containerd', 'kubelet', 'kube-proxy']

export const command: Command = {
  summary: 'A node of a cluster that `kijabi up` made.',
  flags: {
    'data-dir': { type: 'string', doc: 'The folder that the cluster lives in.' },
    name: { type: 'string', doc: 'The node’s name.' },
  },
  interspersed: false,
  async run(invocation) {
    const { values, args, signal } = invocation
    const began = Date.now()
    const cluster = openCluster(values['data-dir'] as string) as Cluster
    const name = (values['name'] as string) || hostname()
    process.title = args.join(' ')
    const files = new Map(
      [...components, 'kube-dns'].map((c) => [c, openLogFile(cluster.path('logs', `${logOfNode(cluster, c, name)}.log`))]),
    )
    const stderrOf = (component: string) =>
      ({ write: (line: string) => files.get(component)?.write(line) }) as unknown as Invocation['stderr']
    const sections = sectionsOf(args, components)
    /** Runs a component's own command in this process, until the signal. */
    const runs = (component: string, program: Command): Promise<number> => {
      const parsed = parseFlags(program.flags ?? {}, sections.get(component) ?? [])
      return (program.run as NonNullable<Command['run']>)({ ...invocation, ...parsed, path: [component], stderr: stderrOf(component) })
    }

    const containerdFlags = parseFlags(containerd.flags ?? {}, sections.get('containerd') ?? []).values
    const containerdLog = containerdLogger({ values: containerdFlags, stderr: stderrOf('containerd') })
    const dnsLog = loggerOf('kube-dns', {
      values: parseFlags(kubelet.flags ?? {}, sections.get('kubelet') ?? []).values,
      stderr: stderrOf('kube-dns'),
    })
    const bridge = createBridgeNetwork({
      folder: cluster.path('nodes', name, 'network'),
      bridge: bridgeName(cluster),
      clusterCIDR: cluster.settings.podCidr,
      log: containerdLog,
    })
    const runtime = await createRuntime({
      ...runtimeOptions(containerdFlags),
      network: bridge,
      makeNetwork: makeBridge,
      log: containerdLog,
      name: String(cluster.settings.port),
    })
    await runtime.serve(containerdFlags['address'] as string)
    // Clients that find no server yet come back later; waiting for it is sooner.
    await untilReady(cluster, ['control-plane'], 30_000, signal).catch(() => undefined)
    const running = [runs('kubelet', kubelet), runs('kube-proxy', kubeProxy)]

    const connection = loadConnection({ kubeconfig: cluster.path('kubeconfig', `${clientOfNode(cluster, 'admin', name)}.conf`) })
    const client = createClient(createHttpsTransport(connection, { userAgent: 'kube-dns' }))
    const informers = createInformers(client, { log: dnsLog })
    const ready = untilNodeReady(informers, name, began)
    const dns = bridge.gateway().then((listen) =>
      startClusterDns(
        { client, informers, log: dnsLog },
        {
          nodeName: name,
          listen,
          clusterDNS: clusterDnsAddress(cluster.settings.serviceCidr),
          zone: 'cluster.local',
          upstreams: readResolvConf('/etc/resolv.conf').servers.map((address) => ({ address, port: 53 })),
        },
      ),
    )
    // Where there is a segment between nodes, the control plane forwards from there.
    const forward = bridge
      .gateway()
      .then((gateway) => (gateway === apiAddress(cluster) ? forwardToLoopback(gateway, cluster.ports.apiserver) : undefined))
    keepProcessPods({ client, informers, log: dnsLog }, cluster, nodeParts(cluster, name), name)
    const routes = startNodeRoutes({ informers, log: containerdLog }, name)
    informers.start()
    const stopped = new Promise<'stopped'>((resolve) => signal.addEventListener('abort', () => resolve('stopped'), { once: true }))
    void Promise.all([ready, dns, forward]).then(() => writeAtomically(cluster.path('run', `node-${name}.ready`), ''))
    // A component that fails takes the process down: the supervisor starts it again, and the containers go on.
    await Promise.race([stopped, ...running, dns.then(() => stopped), forward.then(() => stopped)])
    if (!signal.aborted) return 1
    routes.stop()
    void forward.then((server) => server?.close())
    informers.stop()
    await Promise.all([...running, dns.then((d) => d.stop()).catch(() => undefined)])
    await runtime.close()
    bridge.close()
    client.transport.close()
    for (const file of files.values()) file.close()
    return 0
  },
}

/** Resolves when the API says that the node is Ready, as its kubelet has told since `beganMs`: what it told before it was stopped stays until then. */
function untilNodeReady(informers: ReturnType<typeof createInformers>, name: string, beganMs: number): Promise<void> {
  return new Promise((resolve) => {
    const look = ({ status }: Node) => {
      const ready = status.conditions?.find((c) => c.type === 'Ready')
      // Heartbeats are told in whole seconds.
      if (ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime ?? '') + 1000 > beganMs) resolve()
    }
    informers.of('nodes', { fieldSelector: `metadata.name=${name}` }).addHandler({ added: look, updated: look })
  })
}
