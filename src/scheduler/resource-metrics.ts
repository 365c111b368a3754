/** What pods ask for and are limited to, as the scheduler counts it: `/metrics/resources` (pkg/scheduler/metrics/resources). */
import { quantityApproximate } from '../api/quantity.ts'
import { podResources } from '../api/quota.ts'
import type { Pod } from '../api/types/core-v1.ts'
import type { Informer } from '../client/informer.ts'
import { createMetrics, type MetricsRegistry } from '../metrics/metrics.ts'

const labels = ['namespace', 'pod', 'node', 'scheduler', 'priority', 'resource', 'unit']

export function createResourceMetrics(pods: () => Pick<Informer<Pod>, 'list'> | undefined): MetricsRegistry {
  const metrics = createMetrics()
  const collect = (name: string, help: string, kind: 'requests' | 'limits') =>
    metrics.collect(name, help, labels, () => (pods()?.list() ?? []).flatMap((pod) => rowsOf(pod, kind)))
  collect('kube_pod_resource_request', 'What pods ask for.', 'requests')
  collect('kube_pod_resource_limit', 'What pods are limited to.', 'limits')
  return metrics
}

function rowsOf(pod: Pod, kind: 'requests' | 'limits'): [string[], number][] {
  const { phase } = pod.status
  if (phase === 'Succeeded' || phase === 'Failed') return []
  const { namespace, name } = pod.metadata
  const { nodeName = '', schedulerName = '', priority } = pod.spec
  return Object.entries(podResources(pod, kind)).map(([resource, quantity]) => [
    [namespace, name, nodeName, schedulerName, priority === undefined ? '' : String(priority), resource, unitOf(resource)],
    quantityApproximate(quantity),
  ])
}

function unitOf(resource: string): string {
  if (resource === 'cpu') return 'cores'
  const inBytes = ['memory', 'storage', 'ephemeral-storage'].includes(resource) || resource.startsWith('hugepages-')
  return inBytes ? 'bytes' : 'integer'
}
