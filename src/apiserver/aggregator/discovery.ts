/**
 * What aggregated servers say that they serve (kube-aggregator's handler_discovery.go and controllers/openapiv3): asked for
 * when an APIService changes and every minute, from each server once for all its versions. What cannot be learnt is Stale.
 */
import type { AggregatedVersion } from '../../api/discovery.ts'
import type { APIResource, APIResourceList } from '../../api/types/meta-v1.ts'
import type { Logger } from '../../log/log.ts'
import type { Fetch, Fetched, Route } from './routes.ts'

const resyncMs = 60_000
const accept = ['v2', 'v2beta1'].map((v) => `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`).join(',')

export interface AggregatedDiscovery {
  /** Asks anew for the version of a route. */
  refresh(route: Route): void
  forget(name: string): void
  versions(): readonly AggregatedVersion[]
  /** Links of /openapi/v3 to the documents of aggregated versions, by path. */
  openApi(): ReadonlyMap<string, string>
  /** Grows with every change. */
  readonly generation: number
}

interface Known extends AggregatedVersion {
  readonly openApi: string | undefined
}

export function createAggregatedDiscovery(fetch: Fetch, log: Logger, signal: AbortSignal): AggregatedDiscovery {
  const routes = new Map<string, Route>()
  const known = new Map<string, Known>()
  let dirty = new Set<string>()
  let running = false
  let generation = 0
  let timer: NodeJS.Timeout | undefined

  const take = (route: Route, found: Omit<Known, 'group' | 'version'>) => {
    const { name, group, version } = route
    // It may have gone or changed while its server was asked.
    if (routes.get(name) !== route || JSON.stringify(known.get(name)) === JSON.stringify({ group, version, ...found })) return
    known.set(name, { group, version, ...found })
    generation++
  }

  async function askService(asked: readonly Route[]): Promise<void> {
    const [first] = asked as [Route]
    const [document, openApi] = await Promise.all([
      fetch(first, '/apis', { accept }).catch((error: Error) => error),
      fetch(first, '/openapi/v3').catch((error: Error) => error),
    ])
    await Promise.all(
      asked.map(async (route) => {
        const { name, group, version } = route
        const stale = (error: unknown): Pick<Known, 'resources' | 'freshness'> => {
          log.warn('an aggregated server does not say what it serves', { name, error })
          return { resources: [], freshness: 'Stale' }
        }
        const served = await servedBy(route, document, fetch).catch(stale)
        take(route, { ...served, openApi: linkIn(openApi, group, version) })
      }),
    )
  }

  async function run(): Promise<void> {
    if (running) return
    running = true
    clearTimeout(timer)
    while (dirty.size > 0 && !signal.aborted) {
      const asked = [...dirty].flatMap((name) => routes.get(name) ?? [])
      dirty = new Set()
      for (const route of asked) if (!route.available) take(route, { resources: [], freshness: 'Stale', openApi: undefined })
      const byService = Map.groupBy(
        asked.filter(({ available }) => available),
        ({ service: { namespace, name, port } }) => `${namespace}/${name}:${port}`,
      )
      await Promise.all([...byService.values()].map(askService))
    }
    running = false
    if (routes.size === 0 || signal.aborted) return
    timer = setTimeout(() => {
      dirty = new Set(routes.keys())
      void run()
    }, resyncMs).unref()
  }
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })

  return {
    refresh(route) {
      routes.set(route.name, route)
      dirty.add(route.name)
      void run()
    },
    forget(name) {
      routes.delete(name)
      if (known.delete(name)) generation++
    },
    versions: () => [...known.values()],
    openApi: () =>
      new Map([...known.values()].flatMap(({ group, version, openApi }) => (openApi ? [[`apis/${group}/${version}`, openApi]] : []))),
    get generation() {
      return generation
    },
  }
}

type Served = Pick<Known, 'resources' | 'freshness'>

/** By the document of all that the server serves; one that has none is asked for the version alone, as before aggregated discovery. */
async function servedBy({ group, version, ...route }: Route, document: Fetched | Error, fetch: Fetch): Promise<Served> {
  if (document instanceof Error) throw document
  const { status, headers, text, url } = document
  if (status === 503) throw new Error(`${url} answered with 503`)
  if (status === 200 && /;as=APIGroupDiscoveryList/.test((headers['content-type'] ?? '').replaceAll(' ', '')))
    return { resources: resourcesIn(JSON.parse(text), group, version), freshness: 'Current' }
  const legacy = await fetch({ group, version, ...route }, `/apis/${group}/${version}`)
  if (legacy.status !== 200) throw new Error(`failed to download legacy discovery for ${legacy.url}: ${legacy.status}`)
  return { resources: fromResourceList(JSON.parse(legacy.text) as APIResourceList), freshness: 'Current' }
}

interface SaidResource {
  readonly responseKind?: object
  readonly subresources?: readonly SaidResource[]
}

/** Some clients take a kind that is not told for an error. */
const noKind = { group: '', version: '', kind: '' }

function resourcesIn(document: unknown, group: string, version: string): SaidResource[] {
  const { items = [] } = document as {
    items?: { metadata?: { name?: string }; versions?: { version?: string; resources?: SaidResource[] }[] }[]
  }
  const mine = items.find(({ metadata }) => metadata?.name === group)?.versions?.find((v) => v.version === version)
  return (mine?.resources ?? []).map((resource) => ({
    ...resource,
    responseKind: resource.responseKind ?? noKind,
    ...(resource.subresources
      ? { subresources: resource.subresources.map((s) => ({ ...s, responseKind: s.responseKind ?? noKind })) }
      : {}),
  }))
}

/** A list of one version's resources as aggregated discovery has them (endpoints.ConvertGroupVersionIntoToDiscovery). */
export function fromResourceList({ resources = [] }: APIResourceList): object[] {
  interface Made extends Record<string, unknown> {
    subresources?: object[]
  }
  const made = new Map<string, Made>()
  const kindOf = ({ group = '', version = '', kind }: APIResource) => ({ group, version, kind })
  const scopeOf = ({ namespaced }: APIResource) => (namespaced ? 'Namespaced' : 'Cluster')
  for (const resource of resources) {
    const { name, verbs, singularName = '', shortNames, categories } = resource
    const [parent = '', subresource] = name.split('/')
    if (subresource === undefined)
      made.set(parent, {
        resource: parent,
        responseKind: kindOf(resource),
        scope: scopeOf(resource),
        singularResource: singularName,
        verbs,
        ...(shortNames?.length ? { shortNames } : {}),
        ...(categories?.length ? { categories } : {}),
        ...(made.get(parent)?.subresources ? { subresources: made.get(parent)?.subresources } : {}),
      })
    else {
      const of = made.get(parent) ?? { resource: parent, responseKind: noKind, scope: scopeOf(resource) }
      of.subresources = [...(of.subresources ?? []), { subresource, responseKind: kindOf(resource), verbs }]
      made.set(parent, of)
    }
  }
  return [...made.values()]
}

/** The link to a version's document in a server's index, if it leads there and nowhere else. */
function linkIn(index: Fetched | Error, group: string, version: string): string | undefined {
  if (index instanceof Error || index.status !== 200) return undefined
  const path = `/openapi/v3/apis/${group}/${version}`
  try {
    const { paths } = JSON.parse(index.text) as { paths?: Record<string, { serverRelativeURL?: unknown }> }
    const link = paths?.[path.slice('/openapi/v3/'.length)]?.serverRelativeURL
    return typeof link === 'string' && (link === path || link.startsWith(`${path}?`)) ? link : undefined
  } catch {
    // No JSON: it has no OpenAPI that we could tell of.
    return undefined
  }
}
