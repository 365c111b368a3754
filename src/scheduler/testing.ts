/** For the scheduler's tests: nodes and pods in few words, and a scheduler over a transport without a server. */
import type { Node, Pod } from '../api/types/core-v1.ts'
import { createClient } from '../client/client.ts'
import { createEventRecorder } from '../client/events.ts'
import { createInformers } from '../client/informer.ts'
import { createMemoryTransport } from '../client/memory-transport.ts'
import { noLog } from '../log/log.ts'
import { createMetrics } from '../metrics/metrics.ts'
import type { SchedulerConfiguration } from './configuration.ts'
import { createSchedulerMetrics } from './metrics.ts'
import { createScheduler } from './scheduler.ts'

export const node = (
  name: string,
  more: { cpu?: string; labels?: Record<string, string>; taints?: object[]; unschedulable?: boolean } = {},
) => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.labels } },
  spec: { taints: more.taints, unschedulable: more.unschedulable },
  status: { allocatable: { cpu: more.cpu ?? '4', memory: '8Gi', pods: '110' } },
})
export const pod = (name: string, spec: object = {}, labels: Record<string, string> = {}) => ({
  metadata: { name, namespace: 'default', labels },
  spec: { schedulerName: 'default-scheduler', containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '1' } } }], ...spec },
})

/** Runs a scheduler over nodes and pods, until every pod has a node or a word on why not, and what is awaited besides has come. */
export async function schedule(
  nodes: object[],
  pods: object[],
  configuration: SchedulerConfiguration = {},
  transport = createMemoryTransport(),
  registry = createMetrics(),
  besides?: Promise<unknown>,
): Promise<Record<string, string>> {
  const client = createClient(transport)
  for (const n of nodes) await client.create('nodes', n as Node)
  const stop = new AbortController()
  const informers = createInformers(client)
  const scheduler = createScheduler(
    {
      client,
      informers,
      recorder: createEventRecorder(client, { component: 'default-scheduler' }),
      log: noLog,
      metrics: createSchedulerMetrics(registry),
      random: () => 0.5,
    },
    configuration,
  )
  const settled = new Map<string, string>()
  const done = new Promise<void>((resolve) => {
    const note = (p: Pod) => {
      const why = p.status?.conditions?.find((c) => c.type === 'PodScheduled' && c.status === 'False')?.message
      if (p.spec.nodeName || why) settled.set(p.metadata.name, p.spec.nodeName ?? (why as string))
      if (settled.size === pods.length) resolve()
    }
    informers.of('pods').addHandler({ added: note, updated: note })
  })
  informers.start()
  await scheduler.run(stop.signal)
  for (const p of pods) await client.create('pods', p as Pod)
  await done
  await besides
  stop.abort()
  informers.stop()
  return Object.fromEntries(settled)
}
