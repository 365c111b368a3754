/** `kijabi kube-scheduler`: the scheduler by itself, against any API server. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { load } from 'js-yaml'
import { createHttpsTransport } from '../client/https-transport.ts'
import { inClusterConnection, loadConnection } from '../client/kubeconfig.ts'
import type { Transport } from '../client/transport.ts'
import type { Command } from '../flags/command.ts'
import type { FlagTable, ParsedFlags } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { createComponentServer } from '../http/component-server.ts'
import { logFlags, loggerOf } from '../log/flags.ts'
import type { Logger } from '../log/log.ts'
import { knownPlugins, type SchedulerConfiguration } from './configuration.ts'
import { validateConfiguration } from './configuration-validation.ts'
import { createSchedulerManager } from './manager.ts'

export const flags: FlagTable = {
  kubeconfig: { type: 'string', doc: 'The kubeconfig of the API server; without one, the pod’s service account.' },
  master: { type: 'string', doc: 'The API server’s address, over what the kubeconfig says.' },
  config: { type: 'string', doc: 'A KubeSchedulerConfiguration file.' },
  'authentication-kubeconfig': { type: 'string', doc: 'Accepted for scripts; requests for metrics are answered on loopback only.' },
  'authorization-kubeconfig': { type: 'string', doc: 'Accepted for scripts; requests for metrics are answered on loopback only.' },
  'bind-address': { type: 'string', default: '127.0.0.1', doc: 'Where health and metrics are served; loopback only.' },
  'secure-port': { type: 'int', default: 10259, doc: 'The port for health and metrics; 0 serves none.' },
  'tls-cert-file': { type: 'string', doc: 'The certificate for that port.' },
  'tls-private-key-file': { type: 'string', doc: 'Its key.' },
  'leader-elect': { type: 'bool', default: true, doc: 'Wait for the lease before scheduling.' },
  'leader-elect-lease-duration': { type: 'duration', default: 15_000, doc: 'How long a lease that is not renewed is respected.' },
  'leader-elect-renew-deadline': { type: 'duration', default: 10_000, doc: 'How long the leader tries to renew before it gives up.' },
  'leader-elect-retry-period': { type: 'duration', default: 2_000, doc: 'The pause between tries.' },
  ...logFlags,
}

export const command: Command = {
  summary: 'Assign pods to nodes: filters the nodes that can hold a pod, ranks them, and binds the pod to the best.',
  usage: 'kube-scheduler [flags]',
  flags,
  async run(invocation) {
    const { values, signal } = invocation
    const log = loggerOf('kube-scheduler', invocation)
    const configured = values['config'] ? readConfiguration(values['config'] as string).clientConnection?.kubeconfig : undefined
    const kubeconfig = (values['kubeconfig'] as string) || configured
    const connection = kubeconfig ? loadConnection({ kubeconfig }) : inClusterConnection()
    const transport = createHttpsTransport(values['master'] ? { ...connection, server: values['master'] as string } : connection)
    const scheduler = await startScheduler(invocation, { transport, log })
    const stopped = new Promise<'stopped'>((resolve) => signal.addEventListener('abort', () => resolve('stopped'), { once: true }))
    const why = await Promise.race([stopped, scheduler.lost])
    await scheduler.stop()
    transport.close()
    if (why === 'stopped') return 0
    log.error('leader election lost')
    return 1
  },
}

/** The scheduler that the flags describe, at work, with its health and metrics served. The control plane's process starts it so too. */
export async function startScheduler(
  { values }: Pick<ParsedFlags, 'values'>,
  { transport, log }: { transport: Transport; log: Logger },
): Promise<{ readonly lost: Promise<void>; stop(): Promise<void> }> {
  const configuration = values['config'] ? readConfiguration(values['config'] as string) : {}
  const elects = configuration.leaderElection?.leaderElect ?? (values['leader-elect'] as boolean)
  const address = values['bind-address'] as string
  if (!/^(127\.|::1$|localhost$)/.test(address)) throw new ExitError('kube-scheduler: --bind-address must be a loopback address')
  const manager = createSchedulerManager({
    transport,
    configuration,
    log,
    ...(elects
      ? {
          leaderElection: {
            identity: `${hostname()}_${process.pid}`,
            leaseDurationMs: values['leader-elect-lease-duration'] as number,
            renewDeadlineMs: values['leader-elect-renew-deadline'] as number,
            retryPeriodMs: values['leader-elect-retry-period'] as number,
          },
        }
      : {}),
  })
  const server =
    (values['secure-port'] as number) === 0
      ? undefined
      : await createComponentServer({
          address,
          port: values['secure-port'] as number,
          tls: values['tls-cert-file']
            ? {
                certificate: readFileSync(values['tls-cert-file'] as string, 'utf8'),
                key: readFileSync(values['tls-private-key-file'] as string, 'utf8'),
              }
            : 'self-signed',
          metrics: () => manager.metrics.render(),
        })
  await manager.start()
  return {
    lost: manager.lost,
    async stop() {
      await manager.stop()
      await server?.close()
    },
  }
}

function readConfiguration(path: string): SchedulerConfiguration {
  const value = load(readFileSync(path, 'utf8'))
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown }
  if (apiVersion !== 'kubescheduler.config.k8s.io/v1' || kind !== 'KubeSchedulerConfiguration')
    throw new ExitError(`kube-scheduler: ${path} must be a KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1`)
  const problems = validateConfiguration(value, knownPlugins)
  if (problems.length) throw new ExitError(`kube-scheduler: ${path} is not valid:\n  ${problems.join('\n  ')}`)
  return value as SchedulerConfiguration
}
