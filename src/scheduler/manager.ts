/** Runs a scheduler over a transport, behind leader election where that is asked for (cmd/kube-scheduler/app). */
import type { Pod } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { createEventRecorder } from '../client/events.ts'
import { createInformers, type Informer } from '../client/informer.ts'
import { runAsLeader } from '../client/leader-election.ts'
import type { LeaseTerms, Loops } from '../client/loop-command.ts'
import type { Transport } from '../client/transport.ts'
import { type Logger, noLog } from '../log/log.ts'
import { createMetrics, type MetricsRegistry } from '../metrics/metrics.ts'
import type { SchedulerConfiguration } from './configuration.ts'
import { withDefaults } from './configuration-defaults.ts'
import { createSchedulerMetrics } from './metrics.ts'
import { createResourceMetrics } from './resource-metrics.ts'
import { createScheduler } from './scheduler.ts'

export interface SchedulerManagerOptions {
  readonly transport: Transport
  readonly configuration?: SchedulerConfiguration
  readonly leaderElection?: LeaseTerms
  readonly log?: Logger
  readonly metrics?: MetricsRegistry
}

export function createSchedulerManager(given: SchedulerManagerOptions): Loops {
  const { transport, configuration = {}, leaderElection, log = noLog, metrics = createMetrics() } = given
  const client = createClient(transport)
  const recorder = createEventRecorder(client, { component: 'default-scheduler', log })
  const stopping = new AbortController()
  let pods: Informer<Pod> | undefined
  let lose = () => {}
  const lost = new Promise<void>((resolve) => {
    lose = resolve
  })

  async function lead(signal: AbortSignal): Promise<void> {
    const informers = createInformers(client, { log })
    signal.addEventListener('abort', () => informers.stop(), { once: true })
    pods = informers.of('pods')
    const scheduler = createScheduler({ client, informers, recorder, log, metrics: createSchedulerMetrics(metrics) }, configuration)
    informers.start()
    await scheduler.run(signal)
  }

  return {
    async start() {
      if (!leaderElection) return lead(stopping.signal)
      const lock = { ...leaderElection, log, recorder, metrics }
      void runAsLeader(client, lock, stopping.signal, (signal) => void lead(signal)).then((ended) => ended || lose())
    },
    async stop() {
      stopping.abort()
      await recorder.flush()
    },
    lost,
    metrics,
    resourceMetrics: createResourceMetrics(() => pods),
    configz: () => ({ componentconfig: withDefaults(configuration) }),
  }
}
