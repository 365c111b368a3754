/**
 * The control plane's process: store, API server, controllers and scheduler in one, the latter two on the API server by
 * function calls, and etcd's faces over the same store. Its command line holds each component's own flags, so that `ps`
 * shows what runs and how:
 *
 *     kijabi control-plane --data-dir D etcd --listen-client-urls=… kube-apiserver --secure-port=6443 … kube-scheduler …
 */
import type { Node } from '../api/types/core-v1.ts'
import { startApiServer } from '../apiserver/command.ts'
import { flags as apiServerFlags } from '../apiserver/flags.ts'
import { createInProcessTransport } from '../apiserver/in-process.ts'
import { createClient } from '../client/client.ts'
import { createInformers } from '../client/informer.ts'
import { createLoopMetrics } from '../client/loop-command.ts'
import { createRequestMetrics, type RequestObserver } from '../client/request-metrics.ts'
import { flags as controllerFlags, startControllerManager } from '../controllers/command.ts'
import type { Command } from '../flags/command.ts'
import { type FlagTable, parseFlags } from '../flags/flags.ts'
import { openLogFile } from '../log/file.ts'
import { loggerOf } from '../log/flags.ts'
import { type Logger, noLog } from '../log/log.ts'
import { flags as schedulerFlags, startScheduler } from '../scheduler/command.ts'
import type { EmbeddedStore } from '../store/embedded.ts'
import { forwardToLoopback } from './api-forward.ts'
import { type Cluster, nodeNames, openCluster, writeAtomically } from './cluster.ts'
import { controlPlaneComponents } from './control-plane-arguments.ts'
import { apiAddress } from './credentials.ts'
import { loopbackPorts } from './node-arguments.ts'
import { controlPlaneParts, keepProcessPods } from './process-pods.ts'
import { sectionsOf } from './sections.ts'

const controlPlaneLabel = 'node-role.kubernetes.io/control-plane'

export const command: Command = {
  summary: 'The control plane of a cluster that `kijabi up` made.',
  flags: { 'data-dir': { type: 'string', doc: 'The folder that the cluster lives in.' } },
  interspersed: false,
  async run({ values, args, signal }) {
    const cluster = openCluster(values['data-dir'] as string) as Cluster
    process.title = args.join(' ')
    const sections = sectionsOf(args, controlPlaneComponents)
    const files = new Map(controlPlaneComponents.map((name) => [name, openLogFile(cluster.path('logs', `${name}.log`))]))
    /** What a component's own command would be given. */
    const called = (name: (typeof controlPlaneComponents)[number], flags: FlagTable) => ({
      ...parseFlags(flags, sections.get(name) ?? []),
      stderr: { write: (line: string) => files.get(name)?.write(line) },
    })

    const apiServer = called('kube-apiserver', apiServerFlags)
    const api = await startApiServer(apiServer.values, loggerOf('kube-apiserver', apiServer), { componentPorts: cluster.ports })
    await api.server.ready
    const toForward = cluster.settings.nodeCidr ? loopbackPorts(cluster) : []
    const forwards = await Promise.all(toForward.map((port) => forwardToLoopback(apiAddress(cluster), port)))
    writeAtomically(cluster.path('run', 'control-plane.ready'), '')

    const transport = (name: string, observe?: RequestObserver) =>
      createInProcessTransport(
        api.server.handle,
        { name: `system:${name}`, groups: ['system:masters', 'system:authenticated'] },
        name,
        observe,
      )
    const manager = called('kube-controller-manager', controllerFlags)
    const scheduler = called('kube-scheduler', schedulerFlags)
    /** What the loops call, which also says who may read their metrics. */
    const inside = (name: 'kube-controller-manager' | 'kube-scheduler', given: Parameters<typeof loggerOf>[1]) => {
      const metrics = createLoopMetrics()
      const observe = createRequestMetrics(metrics)
      const own = transport(name, observe)
      const anonymous = () => createInProcessTransport(api.server.handle, null, name, observe)
      return { transport: own, api: own, anonymous, metrics, log: loggerOf(name, given) }
    }
    const running: { stop(): Promise<void> | void }[] = await Promise.all([
      startControllerManager(manager, inside('kube-controller-manager', manager)),
      startScheduler(scheduler, inside('kube-scheduler', scheduler)),
    ])
    if (cluster.settings.simulatedNodes) running.push(await startSimulatedNodes(cluster, transport('kubemark'), noLog))
    running.push(await startEtcdFaces())
    running.push(showPods())

    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    for (const forward of forwards) forward.close()
    await Promise.all(running.map((part) => part.stop()))
    await api.close()
    for (const file of files.values()) file.close()
    return 0

    function showPods() {
      const client = createClient(transport('kube-apiserver'))
      const log = loggerOf('kube-apiserver', apiServer)
      const informers = createInformers(client, { log })
      const [node] = nodeNames(cluster)
      keepProcessPods({ client, informers, log }, cluster, controlPlaneParts(cluster), node)
      if (node) informers.of('nodes', { fieldSelector: `metadata.name=${node}` }).addHandler({ added: giveRole })
      informers.start()
      return informers

      /** As kubeadm does, for the column ROLES: no kubelet may give itself a role. */
      function giveRole({ metadata: { name, labels = {} } }: Node) {
        if (Object.hasOwn(labels, controlPlaneLabel)) return
        client
          .patch('nodes', { name }, { metadata: { labels: { [controlPlaneLabel]: '' } } })
          .catch((error: unknown) => log.warn('could not label the node of the control plane', { node: name, error }))
      }
    }

    /** Loaded last: nothing that starts waits for it. */
    async function startEtcdFaces() {
      const { etcdLogger, flags, startEtcd } = await import('../etcd/command.ts')
      const etcd = called('etcd', flags)
      const store = api.store as EmbeddedStore
      const faces = await startEtcd(etcd, { store, dataDir: cluster.path('store'), log: etcdLogger(etcd) })
      return { stop: faces.close }
    }
  },
}

async function startSimulatedNodes(cluster: Cluster, transport: ReturnType<typeof createInProcessTransport>, log: Logger) {
  const { createHollowNodes } = await import('../kubemark/hollow-nodes.ts')
  const nodes = createHollowNodes({ transport, count: cluster.settings.simulatedNodes, log })
  await nodes.start()
  return nodes
}
