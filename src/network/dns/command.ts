/** `kijabi kube-dns`: the cluster DNS by itself, as a node's agent runs it. */
import { hostname } from 'node:os'
import { createClient } from '../../client/client.ts'
import { createHttpsTransport } from '../../client/https-transport.ts'
import { createInformers } from '../../client/informer.ts'
import { loadConnection } from '../../client/kubeconfig.ts'
import type { Command } from '../../flags/command.ts'
import { readResolvConf } from '../../linux/resolv-conf.ts'
import { logFlags, loggerOf } from '../../log/flags.ts'
import { startClusterDns } from './cluster-dns.ts'

export const command: Command = {
  summary: 'The cluster DNS: names of services and pods, and everything else from the machine’s name servers.',
  usage: 'kube-dns --listen ADDRESS [flags]',
  flags: {
    kubeconfig: { type: 'string', doc: 'The path to the kubeconfig file.' },
    'hostname-override': { type: 'string', doc: 'The node’s name, instead of the machine’s.' },
    listen: { type: 'string', doc: 'The address to answer on, which pods must reach.' },
    port: { type: 'int', default: 53, doc: 'The port to answer on.' },
    'cluster-dns': { type: 'string', default: '10.96.0.10', doc: 'The address of the kube-dns Service.' },
    'cluster-domain': { type: 'string', default: 'cluster.local', doc: 'The domain of the cluster’s names.' },
    ...logFlags,
    'resolv-conf': { type: 'string', default: '/etc/resolv.conf', doc: 'Whose name servers other names are asked of.' },
  },
  async run(invocation) {
    const { values, signal } = invocation
    const listen = values['listen'] as string
    if (!listen) throw new Error('--listen is required: an address that pods reach')
    const log = loggerOf('kube-dns', invocation)
    const client = createClient(
      createHttpsTransport(loadConnection({ kubeconfig: values['kubeconfig'] as string }), { userAgent: 'kube-dns' }),
    )
    const informers = createInformers(client, { log })
    const starting = startClusterDns(
      { client, informers, log },
      {
        nodeName: ((values['hostname-override'] as string) || hostname()).toLowerCase(),
        listen,
        port: values['port'] as number,
        clusterDNS: values['cluster-dns'] as string,
        zone: values['cluster-domain'] as string,
        upstreams: readResolvConf(values['resolv-conf'] as string).servers.map((address) => ({ address, port: 53 })),
      },
    )
    informers.start()
    const dns = await starting
    if (!signal.aborted) await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }))
    await dns.stop()
    informers.stop()
    client.transport.close()
    return 0
  },
}
