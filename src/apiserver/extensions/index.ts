/**
 * Custom resources (upstream: apiextensions-apiserver): definitions as endpoints, as fresh as the cache of definitions at
 * the moment of a request, so that nobody waits between a definition and what it defines.
 */
import { customDocument, customSwagger } from '../../api/openapi/custom.ts'
import type { OpenApi } from '../../api/openapi/documents.ts'
import type { Json } from '../../api/shape.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { MetricsRegistry } from '../../metrics/metrics.ts'
import type { CalledWebhook } from '../admission/webhook-client.ts'
import type { Call } from '../call.ts'
import type { Endpoint, Endpoints } from '../endpoints.ts'
import type { Kept } from '../kept.ts'
import type { Objects } from '../objects.ts'
import { type Core, freshened } from '../rest/core.ts'
import { removeCollection } from '../rest/delete-collection.ts'
import { everythingOf } from '../rest/selection.ts'
import type { CacheWatch, WatchCache } from '../storage/watch-cache.ts'
import { isTrue } from './conditions.ts'
import { createDefinitionController, definitionsResource } from './controller.ts'
import type { PostReview } from './conversion.ts'
import { type CustomResource, createCustomResource } from './custom-resource.ts'
import { createRegistration } from './registration.ts'
import { createRuleMetrics } from './rule-metrics.ts'

export interface Extensions {
  /** The loops that go with them. */
  kept(api: Transport): Kept[]
}

interface Known {
  readonly definition: CustomResourceDefinition
  readonly served: CustomResource | undefined
}

export interface ExtensionsDeps {
  readonly core: Core
  readonly endpoints: Endpoints
  readonly objects: Objects
  readonly openApi: OpenApi
  /** Calls webhooks that convert. */
  readonly webhooks: { readonly post: PostReview; keep(hooks: ReadonlySet<CalledWebhook>): void }
  readonly metrics: MetricsRegistry
}

export function createExtensions({ core, endpoints, objects, openApi, webhooks, metrics }: ExtensionsDeps): Extensions {
  const figures = createRuleMetrics(metrics)
  const publish = createPublisher(openApi)
  const known = new Map<string, Known>()
  const leaving = new Map<string, CacheWatch>()
  /** Told of before the definitions were read anew. */
  let stale = new Set<string>()
  let changed = false
  /** Changes come by `sync` and by the cache's own dispatch, and looking at endpoints in their course begins no other. */
  let busy = false
  const alone = (work: () => void) => {
    const outer = busy
    busy = true
    try {
      work()
    } finally {
      busy = outer
    }
  }

  const take = (name: string, definition: CustomResourceDefinition) => {
    stale.delete(name)
    const before = known.get(name)
    if (before && sameService(before.definition, definition)) {
      known.set(name, { ...before, definition })
      return
    }
    changed = true
    // Other schemas make other objects of what is stored; who goes only refuses what is new.
    const keeps = before?.served && sameContent(before.definition, definition)
    if (before?.served && !keeps) core.storage.drop(before.served.prefix)
    for (const { resource } of before?.served?.endpoints ?? []) endpoints.remove(resource.group, resource.version, resource.resource)
    const served = isTrue(definition, 'Established') ? createCustomResource(definition, core.storage, webhooks.post, figures) : undefined
    for (const endpoint of served?.endpoints ?? []) {
      const { group, version, resource } = endpoint.resource
      // Nobody takes the place of a built-in resource.
      if (!endpoints.get(group, version, resource)) endpoints.add(endpoint)
    }
    known.set(name, { definition, served })
  }
  const forget = (name: string) => {
    const before = known.get(name)
    known.delete(name)
    leaving.get(name)?.close()
    leaving.delete(name)
    if (!before?.served) return
    changed = true
    for (const { resource } of before.served.endpoints) endpoints.remove(resource.group, resource.version, resource.resource)
    core.storage.drop(before.served.prefix)
  }
  const mirror = objects.mirror<CustomResourceDefinition>(definitionsResource, {
    set: (name, definition) => alone(() => take(name, definition)),
    delete: (name) => alone(() => forget(name)),
    clear() {
      stale = new Set(known.keys())
    },
  })
  /** Takes in what changed of the definitions. Nearly free when nothing has. */
  const sync = () => {
    if (busy || mirror.ready()) return
    alone(() => {
      if (!mirror.sync() && !changed) return
      for (const name of stale) forget(name)
      stale.clear()
      if (!changed) return
      changed = false
      const served = [...known.values()].flatMap((one) => one.served ?? [])
      publish(served)
      webhooks.keep(new Set(served.flatMap(({ webhook }) => webhook ?? [])))
    })
  }
  endpoints.onLook(sync)

  return {
    kept: (api) => [
      createRegistration(api, objects),
      createDefinitionController({
        api,
        now: core.now,
        definitions() {
          sync()
          return [...known.values()].map(({ definition }) => definition)
        },
        async deleteInstances({ metadata }) {
          const served = known.get(metadata.name)?.served
          return served ? deleteInstances(core, served.stored) : 0
        },
        followInstances({ metadata }, wake) {
          const served = known.get(metadata.name)?.served
          if (!served || leaving.has(metadata.name)) return
          const { stored } = served
          const cache = stored.cache as WatchCache
          leaving.set(
            metadata.name,
            cache.watch(everythingOf(stored), undefined, {
              events(events) {
                if (events.some(({ type }) => type === 'DELETED')) wake()
                return undefined
              },
              end: () => leaving.delete(metadata.name),
            }),
          )
        },
      }),
    ],
  }
}

/** Whether the same is served in the same way. */
const sameService = (a: CustomResourceDefinition, b: CustomResourceDefinition): boolean =>
  sameContent(a, b) && isTrue(a, 'Terminating') === isTrue(b, 'Terminating')

const sameContent = (a: CustomResourceDefinition, b: CustomResourceDefinition): boolean =>
  a.metadata.uid === b.metadata.uid &&
  a.metadata.generation === b.metadata.generation &&
  isTrue(a, 'Established') === isTrue(b, 'Established') &&
  JSON.stringify(a.status.acceptedNames) === JSON.stringify(b.status.acceptedNames)

const root = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }

/** As requests delete them, so that admission and finalizers have their say; the number of those that are left. */
async function deleteInstances(core: Core, endpoint: Endpoint): Promise<number> {
  const cache = endpoint.cache as WatchCache
  if (!cache.loaded) await cache.load()
  await freshened(core, cache)
  const { group, version, resource, namespaced } = endpoint.resource
  const keys = cache.list(everythingOf(endpoint)).entries.map(({ key }) => key)
  const namespaces = namespaced ? new Set(keys.map((key) => key.slice(0, key.indexOf('/')))) : keys.length > 0 ? [''] : []
  for (const namespace of namespaces) {
    const call: Call = {
      id: 'crd-finalizer',
      request: {
        method: 'DELETE',
        target: '',
        headers: {},
        credentials: { headers: {}, remoteAddress: '127.0.0.1' },
        body: () => Promise.resolve(Buffer.alloc(0)),
        object: {},
        user: root,
        signal: new AbortController().signal,
      },
      info: {
        isResourceRequest: true,
        path: '',
        verb: 'deletecollection',
        apiGroup: group,
        apiVersion: version,
        namespace,
        resource,
        subresource: '',
        name: '',
        query: new URLSearchParams(),
      },
      user: root,
      endpoint,
      startedAt: performance.now(),
      warnings: [],
      warn() {},
      annotateAudit() {},
    }
    await removeCollection(core, call)
  }
  return cache.list(everythingOf(endpoint), undefined, 1).entries.length
}

/** Tells OpenAPI what there is. A document has the same maker as long as its endpoints stay, so that it is not made anew when others change. */
function createPublisher(openApi: OpenApi): (served: readonly CustomResource[]) => void {
  let known = new Map<string, { readonly of: readonly Endpoint[]; readonly make: () => Json }>()
  const described = (of: readonly Endpoint[]) =>
    of.map(({ resource, custom }) => ({ resource, schema: custom?.openApi, listKind: custom?.listKind }))
  return (served) => {
    const endpoints = served.flatMap((one) => one.endpoints)
    const next: typeof known = new Map()
    for (const [path, of] of Map.groupBy(endpoints, ({ apiVersion }) => `apis/${apiVersion}`)) {
      const have = known.get(path)
      const same = have?.of.length === of.length && of.every((endpoint, i) => endpoint === have.of[i])
      const { version } = (of[0] as Endpoint).resource
      next.set(path, have && same ? have : { of, make: () => customDocument(version, described(of)) })
    }
    known = next
    openApi.setDynamic(new Map([...known].map(([path, { make }]) => [path, make])), () => customSwagger(described(endpoints)))
  }
}
