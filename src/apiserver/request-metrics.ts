/** The figures of requests, under upstream's names (apiserver/pkg/endpoints/metrics). */
import type { MetricsRegistry } from '../metrics/metrics.ts'
import type { RequestInfo } from './request.ts'
import type { Storage } from './storage/storage.ts'

const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

export function createRequestMetrics(
  metrics: MetricsRegistry,
  storage: Storage,
): (info: RequestInfo, status: number, startedAt: number) => void {
  const total = metrics.counter(
    'apiserver_request_total',
    'Counter of apiserver requests broken out for each verb, group, version, resource, scope and HTTP response code.',
    ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'code'],
  )
  const duration = metrics.histogram(
    'apiserver_request_duration_seconds',
    'Response latency distribution in seconds for each verb, group, version, resource, subresource and scope.',
    ['verb', 'group', 'version', 'resource', 'subresource', 'scope'],
    buckets,
  )
  metrics.collect(
    'apiserver_storage_objects',
    'Number of stored objects at the time of last check split by kind.',
    ['resource'],
    function* () {
      for (const cache of storage.caches()) if (cache.loaded) yield [[cache.prefix.slice('/registry/'.length, -1)], cache.size]
    },
  )
  metrics.collect(
    'apiserver_longrunning_requests',
    'Gauge of all active long-running apiserver requests.',
    ['verb', 'resource'],
    function* () {
      for (const cache of storage.caches())
        if (cache.watchers > 0) yield [['WATCH', cache.prefix.slice('/registry/'.length, -1)], cache.watchers]
    },
  )
  return (info, status, startedAt) => {
    const { verb, apiGroup, apiVersion, resource, subresource, namespace, name } = info
    const labels = [
      verb.toUpperCase(),
      apiGroup,
      apiVersion,
      resource,
      subresource,
      name ? 'resource' : namespace ? 'namespace' : 'cluster',
    ]
    total.add([...labels, String(status)])
    if (verb !== 'watch') duration.observe((performance.now() - startedAt) / 1000, labels)
  }
}
