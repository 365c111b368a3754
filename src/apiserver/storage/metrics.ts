/** The figures of the store, under the names that upstream gives its client of etcd (storage/etcd3/metrics). */
import { allResources } from '../../api/registry.ts'
import type { HistogramRow, MetricsRegistry } from '../../metrics/metrics.ts'
import type { Store } from '../../store/store.ts'
import { storagePrefix } from './keys.ts'
import type { Storage } from './storage.ts'
import type { WatchCache } from './watch-cache.ts'

const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

/** The store with each request to it measured. */
export function measuredStore(store: Store, metrics: MetricsRegistry): Store {
  const labels = ['operation', 'group', 'resource']
  const total = metrics.counter('etcd_requests_total', '[ALPHA] Etcd request counts for each operation and object type.', labels)
  const errors = metrics.counter(
    'etcd_request_errors_total',
    '[ALPHA] Etcd failed request counts for each operation and object type.',
    labels,
  )
  const duration = metrics.histogram(
    'etcd_request_duration_seconds',
    '[ALPHA] Etcd request latency in seconds for each operation and object type.',
    labels,
    buckets,
  )
  const names = new Map(allResources().map(({ group, resource }) => [storagePrefix(group, resource), [group, resource] as const]))
  const rows = new Map<string, { of: string[]; row: HistogramRow }>()
  const rowOf = (operation: string, key: string) => {
    // Prefixes have two or three segments: `/registry/pods/`, `/registry/services/specs/`.
    const second = key.indexOf('/', '/registry/'.length) + 1
    const prefix = names.has(key.slice(0, second)) ? key.slice(0, second) : key.slice(0, key.indexOf('/', second) + 1)
    const known = rows.get(operation + prefix)
    if (known) return known
    const [group, resource] = names.get(prefix) ?? ['', prefix.slice('/registry/'.length, -1)]
    const of = [operation, group, resource]
    const made = { of, row: duration.row(of) }
    rows.set(operation + prefix, made)
    return made
  }
  const measured =
    <Arguments extends readonly [string, ...unknown[]], Result>(operation: string, call: (...args: Arguments) => Promise<Result>) =>
    (...args: Arguments): Promise<Result> => {
      const { of, row } = rowOf(operation, args[0])
      const startedAt = performance.now()
      total.add(of)
      const made = call(...args)
      made.then(
        () => row.observe((performance.now() - startedAt) / 1000),
        () => errors.add(of),
      )
      return made
    }
  return Object.assign(Object.create(store) as Store, {
    get: measured('get', store.get),
    list: measured('list', store.list),
    create: measured('create', store.create),
    update: measured('update', store.update),
    delete: measured('delete', store.delete),
  })
}

/** What is stored, counted when the metrics are read. The result looks up what has to be asked for before. */
export function addStorageMetrics(metrics: MetricsRegistry, storage: Storage): () => Promise<void> {
  const resources = allResources()
  const ofCaches = (
    name: string,
    help: string,
    labels: readonly string[],
    of: (group: string, resource: string) => string[],
    value: (cache: WatchCache) => number,
    type: 'gauge' | 'counter',
  ) =>
    metrics.collect(
      name,
      help,
      labels,
      function* () {
        const loaded = new Map([...storage.caches()].filter((cache) => cache.loaded).map((cache) => [cache.prefix, cache]))
        for (const { group, resource } of resources) {
          const prefix = storagePrefix(group, resource)
          const cache = loaded.get(prefix)
          // Versions of a group, and the two groups of events, share what is stored.
          if (loaded.delete(prefix) && cache) yield [of(group, resource), value(cache)]
        }
      },
      type,
    )
  const objects = (name: string, help: string, labels: readonly string[], of: (group: string, resource: string) => string[]) =>
    ofCaches(name, help, labels, of, ({ size }) => size, 'gauge')
  objects(
    'apiserver_storage_objects',
    '[STABLE] (Deprecated since 1.34.0) [DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    ['resource'],
    (group, resource) => [group ? `${resource}.${group}` : resource],
  )
  objects(
    'apiserver_resource_objects',
    '[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    ['group', 'resource'],
    (group, resource) => [group, resource],
  )
  const counted: readonly (readonly [string, string, (cache: WatchCache) => number])[] = [
    ['storage_events_received_total', 'Number of etcd events received split by kind.', ({ counts }) => counts.received],
    [
      'watch_cache_events_received_total',
      'Counter of events received in watch cache broken by resource type.',
      ({ counts }) => counts.received,
    ],
    [
      'watch_cache_events_dispatched_total',
      'Counter of events dispatched in watch cache broken by resource type.',
      ({ counts }) => counts.dispatched,
    ],
    ['watch_cache_initializations_total', 'Counter of watch cache initializations broken by resource type.', ({ counts }) => counts.loads],
    ['init_events_total', 'Counter of init events processed in watch cache broken by resource type.', ({ counts }) => counts.initial],
  ]
  const both = (group: string, resource: string) => [group, resource]
  for (const [name, help, value] of counted) ofCaches(`apiserver_${name}`, `[ALPHA] ${help}`, ['group', 'resource'], both, value, 'counter')
  ofCaches(
    'apiserver_watch_cache_resource_version',
    '[ALPHA] Current resource version of watch cache broken by resource type.',
    ['group', 'resource'],
    both,
    ({ revision }) => revision,
    'gauge',
  )
  let bytes = 0
  metrics.collect(
    'apiserver_storage_size_bytes',
    '[STABLE] Size of the storage database file physically allocated in bytes.',
    ['storage_cluster_id'],
    () => [[['etcd-0'], bytes]],
  )
  return async () => {
    bytes = (await storage.store.size()).total
  }
}
