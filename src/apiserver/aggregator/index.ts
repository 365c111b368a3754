/**
 * API aggregation (upstream: kube-aggregator): what other servers serve as part of this API. Requests for their groups and
 * versions are authenticated, authorized and audited here like any other, and then passed on in the user's name.
 */
import type { GroupVersionPriority } from '../../api/discovery.ts'
import type { APIService } from '../../api/types/apiregistration-v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { Logger } from '../../log/log.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Answer, IncomingRequest } from '../call.ts'
import type { Deadlines } from '../deadlines.ts'
import type { Objects } from '../objects.ts'
import type { RequestInfo, User } from '../request.ts'
import { isLongRunning } from '../request-info.ts'
import { header } from '../rest/body.ts'
import { createClusterResolver, createEndpointResolver } from '../service-resolver.ts'
import { apiServices, createAvailability } from './availability.ts'
import { type AggregatedDiscovery, createAggregatedDiscovery } from './discovery.ts'
import { identityHeaders } from './identity.ts'
import { createFetch, discoveryTimeoutMs, isAvailable, type ProxyClient, type Route, routeOf } from './routes.ts'

export interface AggregatorOptions {
  /** What other servers know this one by; without it they see an anonymous client. */
  readonly proxyClient?: ProxyClient
  /** Services are reached at one of their endpoints, not at their own address. */
  readonly endpointRouting?: boolean
}

export interface AggregatorDeps {
  readonly objects: Objects
  readonly api: () => Transport
  readonly metrics: MetricsRegistry
  readonly now: () => Date
  readonly log: Logger
  readonly signal: AbortSignal
  readonly deadlines?: Deadlines | undefined
}

export interface Aggregator {
  /** Undefined: what is asked for is served here. */
  delegate(id: string, request: IncomingRequest, info: RequestInfo, user: User): Promise<Answer> | undefined
  readonly discovery: Pick<AggregatedDiscovery, 'versions' | 'openApi' | 'generation'>
  /** As the APIServices say. */
  priorities(): readonly GroupVersionPriority[]
  /** Resolves when the APIServices are known. */
  start(): Promise<void>
}

export function createAggregator(deps: AggregatorDeps, { proxyClient, endpointRouting }: AggregatorOptions): Aggregator {
  const { objects, api, metrics, now, log, signal, deadlines } = deps
  const routes = new Map<string, Route>()
  /** By group and version, which requests name: nearly all are about other groups, and no name is made for them. */
  let byGroup: ReadonlyMap<string, ReadonlyMap<string, Route>> = new Map()
  const routesChanged = () => {
    const groups = Map.groupBy(routes.values(), ({ group }) => group)
    byGroup = new Map([...groups].map(([group, of]) => [group, new Map(of.map((route) => [route.version, route]))]))
  }
  const known = new Map<string, APIService>()
  let stale = new Set<string>()
  let changes = 0
  const resolve = endpointRouting ? createEndpointResolver(objects) : createClusterResolver(objects)
  const fetch = createFetch(resolve)
  const discovery = createAggregatedDiscovery(fetch, log, signal)
  const availability = createAvailability({ objects, api, fetch, now, metrics, log, signal })
  metrics.collect(
    'aggregator_unavailable_apiservice',
    '[ALPHA] Gauge of APIServices which are marked as unavailable broken down by APIService name.',
    ['name'],
    () => [...known].map(([name, service]) => [[name], isAvailable(service) ? 0 : 1]),
  )

  const forgetRoute = (name: string) => {
    const route = routes.get(name)
    if (!route) return
    routes.delete(name)
    routesChanged()
    route.agent.destroy()
    availability.forget(name)
    discovery.forget(name)
  }
  const mirror = objects.mirror<APIService>(apiServices, {
    set(name, service) {
      stale.delete(name)
      known.set(name, service)
      changes++
      if (!service.spec.service) {
        forgetRoute(name)
        availability.local(service)
        return
      }
      // Nobody takes the place of what routes are made of.
      if (service.spec.group === 'apiregistration.k8s.io') return
      const route = routeOf(service, routes.get(name), proxyClient)
      routes.set(name, route)
      routesChanged()
      availability.follow(route)
      discovery.refresh(route)
    },
    delete(name) {
      known.delete(name)
      changes++
      forgetRoute(name)
    },
    clear() {
      stale = new Set(known.keys())
    },
  })
  const sync = () => {
    mirror.sync()
    for (const name of stale) {
      known.delete(name)
      forgetRoute(name)
    }
    stale.clear()
  }
  signal.addEventListener(
    'abort',
    () => {
      for (const { agent } of routes.values()) agent.destroy()
    },
    { once: true },
  )

  async function passOn(route: Route, id: string, request: IncomingRequest, info: RequestInfo, user: User): Promise<Answer> {
    if (!route.available) return text(503, 'service unavailable')
    if (route.fault) return text(500, route.fault)
    const { namespace, name, port } = route.service
    const address = await resolve(namespace, name, port).catch((error: unknown) => {
      log.warn('the service of an APIService is nowhere', { name: route.name, error })
      return undefined
    })
    if (!address) return text(503, 'service unavailable')
    const timeoutMs = isLongRunning(info) ? undefined : timeoutOf(info)
    let identity: ReturnType<typeof identityHeaders>
    try {
      identity = identityHeaders(user)
    } catch (error) {
      return text(503, `error trying to reach service: ${(error as Error).message}`)
    }
    const from = [header(request.headers['x-forwarded-for']), request.credentials.remoteAddress].filter(Boolean).join(', ')
    return {
      kind: 'proxy',
      proxy: {
        protocol: 'https:',
        ...address,
        path: request.target,
        headers: { ...identity, 'audit-id': id, ...(from ? { 'x-forwarded-for': from } : {}) },
        kubelet: false,
        server: { agent: route.agent, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      },
    }
  }
  /** What clients learn of a server by is to be quick for all of them. */
  const timeoutOf = (info: RequestInfo): number | undefined => {
    const longest = deadlines?.longestMs(info.query)
    return info.isResourceRequest || info.path.startsWith('/openapi/')
      ? longest
      : Math.min(longest ?? discoveryTimeoutMs, discoveryTimeoutMs)
  }

  return {
    delegate(id, request, info, user) {
      if (byGroup.size === 0) return undefined
      const { apiGroup, apiVersion } = info.isResourceRequest ? info : versionIn(info.path)
      const route = byGroup.get(apiGroup)?.get(apiVersion)
      return route && passOn(route, id, request, info, user)
    },
    discovery: {
      versions: discovery.versions,
      openApi: discovery.openApi,
      get generation() {
        return changes + discovery.generation
      },
    },
    priorities: () =>
      [...known.values()].map(({ spec: { group = '', version = '', groupPriorityMinimum, versionPriority } }) => ({
        group,
        version,
        groupPriorityMinimum,
        versionPriority,
      })),
    async start() {
      await objects.follow({ resource: apiServices }, sync, signal)
      sync()
    },
  }
}

/** Which version a path is about as a whole: its list of resources, its OpenAPI. */
function versionIn(path: string): Pick<RequestInfo, 'apiGroup' | 'apiVersion'> {
  const [, apiGroup = '', apiVersion = ''] = /^(?:\/openapi\/v3)?\/apis\/([^/]+)\/([^/]+)\/?$/.exec(path) ?? []
  return { apiGroup, apiVersion }
}

/** As Go's http.Error. */
const text = (status: number, said: string): Answer => ({
  kind: 'bytes',
  status,
  type: 'text/plain; charset=utf-8',
  bytes: Buffer.from(`${said}\n`),
  headers: { 'x-content-type-options': 'nosniff' },
})
