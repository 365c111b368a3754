/**
 * The whole server put together over a Store: its handler, its HTTP front when it is to listen, and what it makes at
 * its first start.
 */
import { createOpenApi, type OpenApi } from '../api/openapi/documents.ts'
import { allResources } from '../api/registry.ts'
import type { Logger } from '../log/log.ts'
import { createHealthMetrics } from '../metrics/health.ts'
import { createMetrics, type MetricsRegistry } from '../metrics/metrics.ts'
import { addProcessMetrics, addRegistryMetrics } from '../metrics/process.ts'
import type { Store } from '../store/store.ts'
import type { Access, AccessDeps } from './access.ts'
import { createAdmissionChain } from './admission/chain.ts'
import { createWebhookClients } from './admission/webhook-client.ts'
import { type AggregatorOptions, createAggregator } from './aggregator/index.ts'
import { type BootstrapOptions, registerGroups, systemNamespaces, systemObjects } from './bootstrap.ts'
import type { IncomingRequest } from './call.ts'
import { startCompactor } from './compactor.ts'
import { createDeadlines } from './deadlines.ts'
import { createDiscovery } from './discovery.ts'
import { addBuiltins, createEndpoints, type Endpoints } from './endpoints.ts'
import { createExtensions } from './extensions/index.ts'
import { createFieldManager } from './field-manager.ts'
import type { HealthCheck } from './health.ts'
import { healthChecks } from './health-checks.ts'
import { createHttpFront, type HttpFront, type HttpOptions } from './http.ts'
import { keepIdentity } from './identity.ts'
import { createInProcessTransport } from './in-process.ts'
import { type Kept, keep } from './kept.ts'
import { createNonResource } from './non-resource.ts'
import { createObjects } from './objects.ts'
import { createObservers, type Observers } from './observe.ts'
import { createStrategies, type StrategyOptions } from './registry/index.ts'
import type { Strategy } from './registry/strategy.ts'
import { createRequestMetrics } from './request-metrics.ts'
import type { ComponentPorts, Core } from './rest/core.ts'
import { createHandler, type Response } from './server.ts'
import { joinServers, onlyServer, type Servers } from './servers.ts'
import { createLeases } from './storage/leases.ts'
import { addStorageMetrics, measuredStore } from './storage/metrics.ts'
import { createStorage, type Storage } from './storage/storage.ts'
import { specialOperations } from './subresources/index.ts'
import { addBuildInfo, serverVersion } from './version.ts'

export interface ApiServerDeps {
  readonly store: Store
  readonly log: Logger
  /** Who asks, may they, and what must hold of a write. */
  access(parts: AccessDeps): Access
  /** Default: upstream's, for all built-in resources. */
  readonly strategies?: Readonly<Record<string, Strategy>>
  readonly now?: () => Date
  /** Beside the server's own. */
  readonly checks?: readonly HealthCheck[]
  /** Where what was opened before it tells of itself. */
  readonly metrics?: MetricsRegistry
}

export interface ApiServerOptions {
  /** Undefined: no port is opened; requests come by `handle` only. */
  readonly listen?: HttpOptions
  /** Where clients find the server, as the kubernetes Service and discovery tell it. */
  readonly advertise?: BootstrapOptions
  /** How long a request may take; absent: as long as it takes. */
  readonly requestTimeoutMs?: number
  /** How often the store is compacted; 0 or absent: not by this server. */
  readonly compactionIntervalMs?: number
  /** What differs from cluster to cluster in the rules of resources: the ranges that services take addresses and node ports from, how long events live. */
  readonly services?: Omit<StrategyOptions, 'api' | 'store'>
  readonly minRequestTimeoutMs?: number
  readonly kubeletAddressTypes?: readonly string[]
  /** Default: upstream's. */
  readonly componentPorts?: ComponentPorts
  /** Whether /debug/pprof answers. */
  readonly profiling?: boolean
  /** How long a lease takes in further events. */
  readonly leaseReuseSeconds?: number
  readonly aggregator?: AggregatorOptions
}

export interface ApiServer {
  handle(request: IncomingRequest): Promise<Response>
  readonly storage: Storage
  readonly endpoints: Endpoints
  readonly openApi: OpenApi
  readonly observers: Observers
  readonly metrics: MetricsRegistry
  /** Set when it listens. */
  readonly http?: HttpFront
  /** Resolves when caches are loaded and the system's own objects are there. */
  readonly ready: Promise<void>
  close(): Promise<void>
}

export async function createApiServer(deps: ApiServerDeps, options: ApiServerOptions = {}): Promise<ApiServer> {
  const { store, log, now = () => new Date() } = deps
  const isNew = store.revision <= 1
  const metrics = deps.metrics ?? createMetrics()
  addProcessMetrics(metrics)
  addBuildInfo(metrics)
  addRegistryMetrics(metrics)
  const storage = createStorage(measuredStore(store, metrics), log)
  const lookUpStorage = addStorageMetrics(metrics, storage)
  const compactor = options.compactionIntervalMs ? startCompactor(store, options.compactionIntervalMs, log) : undefined
  const endpoints = createEndpoints()
  const strategies = deps.strategies ?? createStrategies({ ...options.services, store, api: () => createInProcessTransport(handle) })
  addBuiltins(endpoints, storage, strategies)
  const objects = createObjects(endpoints)
  const access = deps.access({ objects, endpoints, log, metrics, now, api: () => createInProcessTransport(handle) })
  const observers = createObservers()
  const requestMetrics = createRequestMetrics(metrics)
  const core: Core = {
    bodyRead: requestMetrics.bodyRead,
    storage,
    endpoints,
    fieldManager: createFieldManager(endpoints, now),
    admission: createAdmissionChain(access.admission, metrics),
    minRequestTimeoutMs: options.minRequestTimeoutMs ?? 1800_000,
    componentPorts: options.componentPorts ?? { controllerManager: 10257, scheduler: 10259 },
    kubeletAddressTypes: options.kubeletAddressTypes ?? ['InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS'],
    leaseFor: createLeases(store, now, options.leaseReuseSeconds),
    now,
    step(call, stage) {
      if (!observers.active) return
      const { verb, resource, namespace, name } = call.info
      observers.emit({ request: call.id, stage, verb, resource, namespace, name, at: performance.now() - call.startedAt })
    },
  }
  const stages = { storage: false, bootstrap: false, closing: false }
  const address = () => (options.advertise ? `${options.advertise.host}:${options.advertise.port}` : '')
  const openApi = createOpenApi({ version: serverVersion.gitVersion, resources: allResources() })
  const extensions = createExtensions({ core, endpoints, objects, openApi, webhooks: createWebhookClients(objects), metrics })
  const stopping = new AbortController()
  const deadlines = options.requestTimeoutMs ? createDeadlines(options.requestTimeoutMs) : undefined
  const aggregator = createAggregator(
    { objects, api: () => createInProcessTransport(handle), metrics, now, log, signal: stopping.signal, deadlines },
    options.aggregator ?? {},
  )
  const nonResource = createNonResource({
    endpoints,
    health: createHealthMetrics(metrics),
    checks: [...healthChecks(stages, store), ...(deps.checks ?? [])],
    metrics: { render: () => lookUpStorage().then(() => metrics.render()) },
    discovery: createDiscovery(endpoints, aggregator, address),
    aggregated: aggregator.discovery,
    openApi,
    paths: { ...access.paths, ...(options.profiling ? (await import('./profiling.ts')).profilingPaths : {}) },
  })
  const handle = createHandler({
    core,
    endpoints,
    ...access,
    operations: { ...specialOperations, ...access.operations },
    nonResource,
    observers,
    metrics: requestMetrics,
    delegate: aggregator.delegate,
    ...(deadlines ? { deadlines } : {}),
  })

  const handshakes = metrics.counter(
    'apiserver_tls_handshake_errors_total',
    "[ALPHA] Number of requests dropped with 'TLS handshake error from' error",
  )
  const handshakeFailed = () => handshakes.add()
  const http = options.listen
    ? await createHttpFront(handle, { ...options.listen, requestTimeoutMs: options.requestTimeoutMs, handshakeFailed }, log)
    : undefined
  let servers: Servers | undefined
  // Custom objects are read when somebody asks for them.
  const builtIn = [...storage.caches()]
  const loadAll = async () => {
    for (const cache of builtIn) await cache.load()
  }
  const start = async () => {
    const api = createInProcessTransport(handle)
    const kept = (what: Kept) => keep(objects, what, stopping.signal, log)
    let late: Kept[] = []
    if (options.advertise) {
      servers = store.local ? onlyServer(options.advertise.host) : await joinServers(store, options.advertise.host, log)
      const all = [...systemObjects(api, options.advertise, servers), ...access.kept(api)]
      late = all.filter((what) => what.late)
      const namespaces = kept(systemNamespaces(api))
      const inOrder = (what: Kept) => (what.restsOn.some(({ namespace }) => namespace) ? namespaces.then(() => kept(what)) : kept(what))
      const soon = all.filter((what) => !what.late)
      await Promise.all([namespaces, registerGroups(api), access.bootstrap(api, namespaces), ...soon.map(inOrder)])
    }
    // Nobody can have seen the revisions of before a new cluster was complete.
    const compacted = isNew && store.revision > 1 ? store.compact(store.revision) : undefined
    await Promise.all([compacted, loadAll()])
    await aggregator.start()
    stages.bootstrap = true
    stages.storage = true
    const identity = options.advertise ? [keepIdentity(api, stopping.signal, log)] : []
    Promise.all([...extensions.kept(api).map(kept), ...late.map(kept), ...identity]).catch((error: unknown) => {
      if (!stopping.signal.aborted) log.error('what the server keeps besides is not kept', { error })
    })
  }
  const ready = start()
  ready.catch((error: unknown) => log.error('start failed', { error }))

  return {
    handle,
    storage,
    endpoints,
    openApi,
    observers,
    metrics,
    ...(http ? { http } : {}),
    ready,
    async close() {
      stages.closing = true
      stopping.abort()
      // A store that is gone already keeps nobody from ending.
      await servers?.leave().catch((error) => log.warn('the other servers are not told of the end', { error }))
      compactor?.stop()
      await http?.close()
      storage.close()
    },
  }
}
