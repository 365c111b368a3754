/** `kijabi kube-scheduler`: the scheduler by itself, against any API server. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dump, load } from 'js-yaml'
import { type LeaseTerms, leaseTermsOf, loopFlags, type RunningLoops, runLoops, startLoops } from '../client/loop-command.ts'
import type { Transport } from '../client/transport.ts'
import type { Command } from '../flags/command.ts'
import { type FlagTable, type ParsedFlags, parseDuration } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { loggerOf } from '../log/flags.ts'
import type { Logger } from '../log/log.ts'
import type { MetricsRegistry } from '../metrics/metrics.ts'
import { type LeaderElectionConfiguration, problemsOf, type SchedulerConfiguration } from './configuration.ts'
import { withDefaults } from './configuration-defaults.ts'
import { createExtenders } from './extender.ts'
import { createSchedulerManager } from './manager.ts'

export const flags: FlagTable = {
  ...loopFlags('kube-scheduler', 10259),
  config: { type: 'string', doc: 'A KubeSchedulerConfiguration file.' },
  'write-config-to': { type: 'string', doc: 'Write the configuration, with its defaults, to this file, and end.' },
}

export const command: Command = {
  summary: 'Assign pods to nodes: filters the nodes that can hold a pod, ranks them, and binds the pod to the best.',
  usage: 'kube-scheduler [flags]',
  flags,
  async run(invocation) {
    const log = loggerOf('kube-scheduler', invocation)
    const configuration = configurationOf(invocation)
    const file = invocation.values['write-config-to'] as string
    if (file) {
      writeFileSync(file, dump(withDefaults(configuration), { noRefs: true }))
      log.info('Wrote configuration to file', { file })
      return 0
    }
    return runLoops(
      'kube-scheduler',
      invocation,
      log,
      ({ transport, metrics }) => startScheduler(invocation, { transport, log, metrics }),
      configuration.clientConnection?.kubeconfig,
    )
  },
}

/** The scheduler that the flags describe, at work, with its health and metrics served. The control plane's process starts it so too. */
export function startScheduler(
  { values }: Pick<ParsedFlags, 'values'>,
  { transport, log, metrics, api }: { transport: Transport; log: Logger; metrics: MetricsRegistry; api?: Transport },
): Promise<RunningLoops> {
  const configuration = configurationOf({ values })
  const { leaderElection: election = {} } = configuration
  const elects = election.leaderElect ?? (values['leader-elect'] as boolean)
  return startLoops('kube-scheduler', values, { log, api }, () =>
    createSchedulerManager({
      ...{ transport, configuration, log, metrics },
      ...(elects ? { leaderElection: { ...leaseTermsOf(values), ...leaseTermsIn(election) } } : {}),
    }),
  )
}

function leaseTermsIn(election: LeaderElectionConfiguration): Partial<LeaseTerms> {
  const { leaseDuration, renewDeadline, retryPeriod, resourceName: name, resourceNamespace: namespace } = election
  return {
    ...(leaseDuration ? { leaseDurationMs: parseDuration(leaseDuration) } : {}),
    ...(renewDeadline ? { renewDeadlineMs: parseDuration(renewDeadline) } : {}),
    ...(retryPeriod ? { retryPeriodMs: parseDuration(retryPeriod) } : {}),
    ...(name ? { name } : {}),
    ...(namespace ? { namespace } : {}),
  } as Partial<LeaseTerms>
}

const configurationOf = ({ values }: Pick<ParsedFlags, 'values'>): SchedulerConfiguration =>
  values['config'] ? readConfiguration(values['config'] as string) : {}

function readConfiguration(path: string): SchedulerConfiguration {
  const value = load(readFileSync(path, 'utf8'))
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown }
  if (apiVersion !== 'kubescheduler.config.k8s.io/v1' || kind !== 'KubeSchedulerConfiguration')
    throw new ExitError(`kube-scheduler: ${path} must be a KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1`)
  const configuration = value as SchedulerConfiguration
  const problems = problemsOf(configuration)
  if (problems.length) throw new ExitError(`kube-scheduler: ${path} is not valid:\n  ${problems.join('\n  ')}`)
  try {
    createExtenders(configuration.extenders) // reads their certificates
  } catch (error) {
    throw new ExitError(`kube-scheduler: ${path}: extenders: ${(error as Error).message}`)
  }
  return configuration
}
