/** The kubelet's figures for Prometheus: its own, those of containers as the metrics server reads them, and cAdvisor's (pkg/kubelet/metrics). */
import { cpus, totalmem } from 'node:os'
import { createMetrics, type MetricsRegistry } from '../../metrics/metrics.ts'
import type * as cri from '../../runtime/cri/types.ts'
import { type Cri, labels } from '../cri.ts'
import type { Kubelet } from '../kubelet.ts'
import { nodeUsage } from '../node-usage.ts'

export function kubeletMetrics(kubelet: Kubelet): string {
  const metrics = createMetrics()
  const pods = kubelet.pods()
  const containers = pods.flatMap((p) => p.status?.containerStatuses ?? [])
  const gauge = (name: string, help: string, value: number, labelled: Record<string, string> = {}) =>
    metrics.gauge(name, help, Object.keys(labelled)).set(value, Object.values(labelled))
  gauge('kubelet_node_name', '[ALPHA] The node’s name. The count is always 1.', 1, { node: kubelet.settings.nodeName })
  gauge(
    'kubelet_running_pods',
    '[BETA] Number of pods that have a running pod sandbox',
    pods.filter((p) => p.status?.phase === 'Running').length,
  )
  const states = metrics.gauge('kubelet_running_containers', '[BETA] Number of containers currently running', ['container_state'])
  for (const [state, is] of containerStates) states.set(containers.filter(is).length, [state])
  gauge('process_resident_memory_bytes', 'Resident memory size in bytes.', process.memoryUsage.rss())
  metrics
    .counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.')
    .add([], (process.cpuUsage().user + process.cpuUsage().system) / 1e6)
  return metrics.render() + kubelet.metrics.render()
}

type Status = NonNullable<NonNullable<ReturnType<Kubelet['pods']>[number]['status']>['containerStatuses']>[number]
const containerStates: readonly (readonly [string, (s: Status) => boolean])[] = [
  ['created', (s) => s.state.waiting !== undefined && s.containerID !== undefined],
  ['exited', (s) => s.state.terminated !== undefined],
  ['running', (s) => s.state.running !== undefined],
]

/** What a scrape reads of the CRI; what cannot be read leaves the figures out and says so. */
async function containerStats({ runtime }: Cri, metrics: MetricsRegistry): Promise<readonly cri.ContainerStats[]> {
  const failed = metrics.gauge('resource_scrape_error', '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise')
  try {
    const { stats = [] } = await runtime.ListContainerStats({})
    failed.set(0)
    return stats.filter((s) => s.attributes?.labels?.[labels.podUid])
  } catch {
    failed.set(1)
    return []
  }
}

const value = (v: cri.UInt64Value | undefined): number => Number(v?.value ?? 0)
const seconds = (nanoseconds: cri.UInt64Value | undefined): number => value(nanoseconds) / 1e9
const placeOf = ({ attributes }: cri.ContainerStats) => ({
  container: attributes?.labels?.[labels.containerName] ?? '',
  pod: attributes?.labels?.[labels.podName] ?? '',
  namespace: attributes?.labels?.[labels.podNamespace] ?? '',
})

export async function resourceMetrics(cri: Cri, kubelet: Kubelet): Promise<string> {
  const metrics = createMetrics()
  const stats = await containerStats(cri, metrics)
  const ofContainer = ['container', 'pod', 'namespace']
  const ofPod = ['pod', 'namespace']
  const cpu = metrics.counter(
    'container_cpu_usage_seconds_total',
    '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
    ofContainer,
  )
  const memory = metrics.gauge('container_memory_working_set_bytes', '[STABLE] Current working set of the container in bytes', ofContainer)
  const swap = metrics.gauge('container_swap_usage_bytes', '[ALPHA] Current amount of the container swap usage in bytes.', ofContainer)
  const started = metrics.gauge(
    'container_start_time_seconds',
    '[STABLE] Start time of the container since unix epoch in seconds',
    ofContainer,
  )
  const podCpu = metrics.counter('pod_cpu_usage_seconds_total', '[STABLE] Cumulative cpu time consumed by the pod in core-seconds', ofPod)
  const podMemory = metrics.gauge('pod_memory_working_set_bytes', '[STABLE] Current working set of the pod in bytes', ofPod)
  for (const s of stats) {
    const { container, pod, namespace } = placeOf(s)
    const at = [container, pod, namespace]
    cpu.add(at, seconds(s.cpu?.usageCoreNanoSeconds))
    memory.set(value(s.memory?.workingSetBytes), at)
    if (s.swap?.swapUsageBytes) swap.set(value(s.swap.swapUsageBytes), at)
    podCpu.add([pod, namespace], seconds(s.cpu?.usageCoreNanoSeconds))
    podMemory.add(value(s.memory?.workingSetBytes), [pod, namespace])
    const running = kubelet.workers.runtime(s.attributes?.labels?.[labels.podUid] ?? '')?.containers.find((c) => c.id === s.attributes?.id)
    if (running) started.set(running.startedAt / 1000, at)
  }
  const node = nodeUsage()
  metrics
    .counter('node_cpu_usage_seconds_total', '[STABLE] Cumulative cpu time consumed by the node in core-seconds')
    .add([], node.cpuNanoSeconds / 1e9)
  metrics.gauge('node_memory_working_set_bytes', '[STABLE] Current working set of the node in bytes').set(node.workingSetBytes)
  return metrics.render()
}

/** The figures of cAdvisor that the CRI has too, under cAdvisor's names. */
export async function cadvisorMetrics(cri: Cri, kubelet: Kubelet): Promise<string> {
  const metrics = createMetrics()
  const names = ['container', 'id', 'image', 'name', 'namespace', 'pod']
  const stats = await containerStats(cri, metrics)
  const cpu = metrics.counter('container_cpu_usage_seconds_total', 'Cumulative cpu time consumed in seconds.', [...names, 'cpu'])
  const gauges = (
    [
      [
        'container_memory_usage_bytes',
        'Current memory usage in bytes, including all memory regardless of when it was accessed',
        (s) => s.memory?.usageBytes,
      ],
      ['container_memory_working_set_bytes', 'Current working set in bytes.', (s) => s.memory?.workingSetBytes],
      ['container_memory_rss', 'Size of RSS in bytes.', (s) => s.memory?.rssBytes],
      [
        'container_fs_usage_bytes',
        'Number of bytes that are consumed by the container on this filesystem.',
        (s) => s.writableLayer?.usedBytes,
      ],
    ] as const satisfies readonly (readonly [string, string, (s: cri.ContainerStats) => cri.UInt64Value | undefined])[]
  ).map(([name, help, pick]) => ({ gauge: metrics.gauge(name, help, names), pick }))
  for (const s of stats) {
    const { container, pod, namespace } = placeOf(s)
    const id = s.attributes?.id ?? ''
    const image = kubelet.workers.runtime(s.attributes?.labels?.[labels.podUid] ?? '')?.containers.find((c) => c.id === id)?.image ?? ''
    const at = [container, id, image, id, namespace, pod]
    cpu.add([...at, 'total'], seconds(s.cpu?.usageCoreNanoSeconds))
    for (const { gauge, pick } of gauges) gauge.set(value(pick(s)), at)
  }
  metrics.gauge('machine_cpu_cores', 'Number of logical CPU cores.').set(cpus().length)
  metrics.gauge('machine_memory_bytes', 'Amount of memory installed on the machine.').set(totalmem())
  return metrics.render()
}
