/**
 * The control plane's process: store, API server, controllers and scheduler in one, the latter two on the API server by
 * function calls. Its command line holds each component's own flags, so that `ps` shows what runs and how:
 *
 *     kijabi control-plane --data-dir D kube-apiserver --secure-port=6443 … kube-controller-manager … kube-scheduler …
 */

import { startApiServer } from '../apiserver/command.ts'
import { flags as apiServerFlags } from '../apiserver/flags.ts'
import { createInProcessTransport } from '../apiserver/in-process.ts'
import { flags as controllerFlags, optionsOf } from '../controllers/command.ts'
import { createControllerManager } from '../controllers/manager.ts'
import type { Command } from '../flags/command.ts'
import { parseFlags } from '../flags/flags.ts'
import { openLogFile } from '../log/file.ts'
import { createLogger, type Logger } from '../log/log.ts'
import { createSchedulerManager } from '../scheduler/manager.ts'
import { type Cluster, openCluster, writeAtomically } from './cluster.ts'
import { sectionsOf } from './sections.ts'

const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const

export const command: Command = {
  summary: 'The control plane of a cluster that `kijabi up` made.',
  flags: { 'data-dir': { type: 'string', doc: 'The folder that the cluster lives in.' } },
  interspersed: false,
  async run({ values, args, signal }) {
    const cluster = openCluster(values['data-dir'] as string) as Cluster
    process.title = args.join(' ')
    const logs = components.map((name) => openLogFile(cluster.path('logs', `${name}.log`)))
    const [apiServerLog, controllersLog, schedulerLog] = components.map((name, i) =>
      createLogger(name, { write: (line) => logs[i]?.write(line) }),
    ) as [Logger, Logger, Logger]

    const sections = sectionsOf(args, components)
    const api = await startApiServer(parseFlags(apiServerFlags, sections.get('kube-apiserver') ?? []).values, apiServerLog)
    await api.server.ready
    writeAtomically(cluster.path('run', 'control-plane.ready'), '')

    const transport = (name: string) =>
      createInProcessTransport(api.server.handle, { name: `system:${name}`, groups: ['system:masters', 'system:authenticated'] }, name)
    const controllerFlagsGiven = parseFlags(controllerFlags, sections.get('kube-controller-manager') ?? [])
    const controllers = createControllerManager({
      transport: transport('kube-controller-manager'),
      log: controllersLog,
      options: optionsOf(controllerFlagsGiven),
      controllers: controllerFlagsGiven.values.controllers as string[],
    })
    const scheduler = createSchedulerManager({ transport: transport('kube-scheduler'), log: schedulerLog })
    await Promise.all([controllers.start(), scheduler.start()])
    const simulated = cluster.settings.simulatedNodes ? await startSimulatedNodes(cluster, transport('kubemark'), apiServerLog) : undefined

    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    simulated?.stop()
    await Promise.all([controllers.stop(), scheduler.stop()])
    await api.close()
    for (const log of logs) log.close()
    return 0
  },
}

async function startSimulatedNodes(cluster: Cluster, transport: ReturnType<typeof createInProcessTransport>, log: Logger) {
  const { createHollowNodes } = await import('../kubemark/hollow-nodes.ts')
  const nodes = createHollowNodes({ transport, count: cluster.settings.simulatedNodes, log })
  await nodes.start()
  return nodes
}
