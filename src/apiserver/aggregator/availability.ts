/**
 * Whether the server behind an APIService can be asked, told in its condition Available (kube-aggregator's
 * controllers/status): looked at when the APIService, the service or its endpoints change, and every half a minute,
 * because a server may go without a word.
 */
import { isConflict, isNotFound } from '../../api/errors.ts'
import { formatTime } from '../../api/meta.ts'
import type { APIService, APIServiceCondition } from '../../api/types/apiregistration-v1.ts'
import type { Service } from '../../api/types/core-v1.ts'
import type { EndpointSlice } from '../../api/types/discovery-v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { Logger } from '../../log/log.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { Objects } from '../objects.ts'
import { localAvailable } from '../registry/groups.ts'
import { readyAddresses, slicesOf } from '../service-resolver.ts'
import type { Fetch, Route } from './routes.ts'

export const apiServices = 'apiservices.apiregistration.k8s.io'
const slices = 'endpointslices.discovery.k8s.io'
const path = '/apis/apiregistration.k8s.io/v1/apiservices'

type Condition = Pick<APIServiceCondition, 'status' | 'reason' | 'message'>

const resyncMs = 30_000
const firstRetryMs = 5
const longestRetryMs = 30_000
/** Behind one address may be several servers, one of which is enough. */
const attempts = 5

export interface AvailabilityDeps {
  readonly objects: Objects
  readonly api: () => Transport
  readonly fetch: Fetch
  readonly now: () => Date
  readonly metrics: MetricsRegistry
  readonly log: Logger
  readonly signal: AbortSignal
}

export interface Availability {
  /** Begins to look at the route, or goes on where only its availability is another. */
  follow(route: Route): void
  forget(name: string): void
  /** What this server serves itself is there. */
  local(service: APIService): void
}

export function createAvailability({ objects, api, fetch, now, metrics, log, signal }: AvailabilityDeps): Availability {
  const followed = new Map<string, { readonly place: string; readonly stop: AbortController }>()
  const unavailable = metrics.counter(
    'aggregator_unavailable_apiservice_total',
    '[ALPHA] Counter of APIServices which are marked as unavailable broken down by APIService name and reason.',
    ['name', 'reason'],
  )

  /** Writes the condition where it is another, and takes its time from when its status became this one. */
  async function report(name: string, { status, reason, message }: Condition): Promise<void> {
    const service = await objects.get<APIService>(apiServices, name)
    if (!service) return
    const conditions = service.status?.conditions ?? []
    const before = conditions.find(({ type }) => type === 'Available')
    if (before?.status === status && before.reason === reason && before.message === message) return
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : formatTime(now())
    const condition = { type: 'Available', status, lastTransitionTime, reason, message }
    const body = { ...service, status: { conditions: [...conditions.filter((c) => c !== before), condition] } }
    await api().request({ method: 'PUT', path: `${path}/${name}/status`, body })
    if (before?.status === 'True' && status !== 'True') unavailable.add([name, reason ?? 'UnknownReason'])
  }

  async function look(route: Route): Promise<Condition> {
    const { namespace, name } = route.service
    const unknown = (reason: string) => (error: Error) => ({
      status: 'Unknown',
      reason,
      message: `service/${name} in ${JSON.stringify(namespace)} cannot be checked due to: ${error.message}`,
    })
    const service = await Promise.resolve(objects.get<Service>('services', `${namespace}/${name}`)).catch(unknown('ServiceAccessError'))
    if (service && 'reason' in service) return service
    const found = await slicesOf(objects, namespace, name).catch(unknown('EndpointsAccessError'))
    if ('reason' in found) return found
    return conditionOfService(route, service, found) ?? (await conditionOfDiscovery(route, fetch))
  }

  async function follow(route: Route, stop: AbortSignal): Promise<void> {
    const { namespace, name } = route.service
    let timer: NodeJS.Timeout | undefined
    let running = false
    let changed = false
    let failures = 0
    const check = async () => {
      changed = true
      if (running) return
      running = true
      clearTimeout(timer)
      let passed = true
      while (changed && !stop.aborted) {
        changed = false
        const condition = await look(route)
        // Another of the same name may be there by now.
        if (stop.aborted) return
        passed = condition.reason !== 'FailedDiscoveryCheck'
        await report(route.name, condition).catch((error: unknown) => {
          passed = false
          if (!stop.aborted && !isConflict(error) && !isNotFound(error))
            log.warn('the availability of an APIService is not told', { name: route.name, error })
        })
      }
      running = false
      failures = passed ? 0 : failures + 1
      const pauseMs = passed ? resyncMs : Math.min(longestRetryMs, firstRetryMs * 2 ** (failures - 1))
      if (!stop.aborted) timer = setTimeout(() => void check(), pauseMs).unref()
    }
    stop.addEventListener('abort', () => clearTimeout(timer), { once: true })
    let seen: string | undefined
    const lookAgain = async () => {
      const versions = (await slicesOf(objects, namespace, name)).map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`)
      const now = versions.sort().join(', ')
      if (now === seen) return
      seen = now
      await check()
    }
    const onSlices = () => void lookAgain().catch((error: unknown) => log.warn('the endpoints of an APIService are not seen', { error }))
    await objects.follow({ resource: 'services', namespace, name }, () => void check(), stop)
    await objects.follow({ resource: slices, namespace }, onSlices, stop)
    await check()
  }

  const forget = (name: string) => {
    followed.get(name)?.stop.abort()
    followed.delete(name)
  }
  return {
    forget,
    follow(route) {
      if (followed.get(route.name)?.place === route.place) return
      forget(route.name)
      const stop = new AbortController()
      followed.set(route.name, { place: route.place, stop })
      follow(route, AbortSignal.any([stop.signal, signal])).catch((error: unknown) =>
        log.error('the availability of an APIService is not looked at', { name: route.name, error }),
      )
    },
    local({ metadata }) {
      // A conflict is a change, with which this is called again.
      report(metadata.name as string, localAvailable()).catch((error: unknown) => {
        if (!signal.aborted && !isConflict(error) && !isNotFound(error))
          log.warn('the availability of an APIService is not told', { name: metadata.name, error })
      })
    },
  }
}

/** What the service and its endpoints already say against it; undefined where it is worth asking the server. */
export function conditionOfService(
  { service: { namespace, name, port } }: Pick<Route, 'service'>,
  service: Service | undefined,
  found: readonly EndpointSlice[],
): Condition | undefined {
  const which = `service/${name} in ${JSON.stringify(namespace)}`
  const no = (reason: string, message: string): Condition => ({ status: 'False', reason, message })
  if (!service) return no('ServiceNotFound', `${which} is not present`)
  if (service.spec.type !== undefined && service.spec.type !== 'ClusterIP') return undefined
  const wanted = service.spec.ports?.find((p) => p.port === port)
  if (!wanted) return no('ServicePortError', `${which} is not listening on port ${port}`)
  if (found.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${which}`)
  const portName = wanted.name ?? ''
  if (found.every((slice) => readyAddresses(slice, portName).length === 0))
    return no('MissingEndpoints', `endpointslices for ${which} have no addresses with port name ${JSON.stringify(portName)}`)
  return undefined
}

/** Asks for what every API server has. */
async function conditionOfDiscovery(route: Route, fetch: Fetch): Promise<Condition> {
  const attempt = async () => {
    const { url, status } = await fetch(route, `/apis/${route.group}/${route.version}`)
    if (status < 200 || status >= 300) throw new Error(`failing or missing response from ${url}: bad status from ${url}: ${status}`)
  }
  try {
    await Promise.any(Array.from({ length: attempts }, attempt))
    return { status: 'True', reason: 'Passed', message: 'all checks passed' }
  } catch (error) {
    const last = (error as AggregateError).errors.at(-1) as Error
    return { status: 'False', reason: 'FailedDiscoveryCheck', message: last.message }
  }
}
