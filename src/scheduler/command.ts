/** `kijabi kube-scheduler`: the scheduler by itself, against any API server. */
import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { leaseTermsOf, loopFlags, type RunningLoops, runLoops, startLoops } from '../client/loop-command.ts'
import type { Transport } from '../client/transport.ts'
import type { Command } from '../flags/command.ts'
import type { FlagTable, ParsedFlags } from '../flags/flags.ts'
import { ExitError } from '../flags/run.ts'
import { loggerOf } from '../log/flags.ts'
import type { Logger } from '../log/log.ts'
import type { SchedulerConfiguration } from './configuration.ts'
import { validateConfiguration } from './configuration-validation.ts'
import { knownPlugins } from './default-plugins.ts'
import { createExtenders } from './extender.ts'
import { createSchedulerManager } from './manager.ts'

export const flags: FlagTable = {
  ...loopFlags('kube-scheduler', 10259),
  config: { type: 'string', doc: 'A KubeSchedulerConfiguration file.' },
}

export const command: Command = {
  summary: 'Assign pods to nodes: filters the nodes that can hold a pod, ranks them, and binds the pod to the best.',
  usage: 'kube-scheduler [flags]',
  flags,
  run(invocation) {
    const log = loggerOf('kube-scheduler', invocation)
    const { clientConnection } = configurationOf(invocation)
    return runLoops(
      'kube-scheduler',
      invocation,
      log,
      (transport) => startScheduler(invocation, { transport, log }),
      clientConnection?.kubeconfig,
    )
  },
}

/** The scheduler that the flags describe, at work, with its health and metrics served. The control plane's process starts it so too. */
export function startScheduler(
  { values }: Pick<ParsedFlags, 'values'>,
  { transport, log, api }: { transport: Transport; log: Logger; api?: Transport },
): Promise<RunningLoops> {
  const configuration = configurationOf({ values })
  const elects = configuration.leaderElection?.leaderElect ?? (values['leader-elect'] as boolean)
  return startLoops('kube-scheduler', values, { log, api }, () =>
    createSchedulerManager({ transport, configuration, log, ...(elects ? { leaderElection: leaseTermsOf(values) } : {}) }),
  )
}

const configurationOf = ({ values }: Pick<ParsedFlags, 'values'>): SchedulerConfiguration =>
  values['config'] ? readConfiguration(values['config'] as string) : {}

function readConfiguration(path: string): SchedulerConfiguration {
  const value = load(readFileSync(path, 'utf8'))
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown }
  if (apiVersion !== 'kubescheduler.config.k8s.io/v1' || kind !== 'KubeSchedulerConfiguration')
    throw new ExitError(`kube-scheduler: ${path} must be a KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1`)
  const problems = validateConfiguration(value, knownPlugins)
  if (problems.length) throw new ExitError(`kube-scheduler: ${path} is not valid:\n  ${problems.join('\n  ')}`)
  const configuration = value as SchedulerConfiguration
  try {
    createExtenders(configuration.extenders) // reads their certificates
  } catch (error) {
    throw new ExitError(`kube-scheduler: ${path}: extenders: ${(error as Error).message}`)
  }
  return configuration
}
