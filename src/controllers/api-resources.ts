/**
 * The resources that the server serves now, for the controllers that care for objects of every kind. Asked for again
 * when a custom resource definition or an aggregated API changes, never by the clock.
 */

import { groupResource } from '../api/errors.ts'
import { parseGroupVersion } from '../api/meta.ts'
import { allResources } from '../api/registry.ts'
import type { ResourceName } from '../api/types/index.ts'
import { type DiscoveredResource, type Discovery, discoverResources } from '../client/discovery.ts'
import { type ResourceRef, resourceInfo } from '../client/resources.ts'
import type { ControllerDeps } from './controller.ts'

export interface ApiResources {
  /** The last answer; the first call asks. */
  current(): Promise<Discovery>
  refresh(): Promise<Discovery>
  /** The resource of a kind, as an owner reference names it. */
  ofKind(apiVersion: string, kind: string): DiscoveredResource | undefined
  /** Calls when what is served may have changed. */
  onChange(callback: () => void): void
}

/** Tables' names where there are: then an informer is shared with the controllers that have the whole object already. */
let builtIn: Map<string, ResourceName> | undefined
export function refOf(r: DiscoveredResource): ResourceRef {
  builtIn ??= new Map(allResources().map((t) => [`${t.resource}.${t.group}/${t.version}`, groupResource(t) as ResourceName]))
  const name = builtIn.get(`${r.resource}.${r.group}/${r.version}`)
  if (name && resourceInfo(name).version === r.version) return name
  return { group: r.group, version: r.version, resource: r.resource, kind: r.kind }
}

const shared = new WeakMap<object, ApiResources>()

/** One per manager, whoever asks. */
export function apiResources(deps: ControllerDeps): ApiResources {
  const have = shared.get(deps.informers)
  if (have) return have
  const made = createApiResources(deps)
  shared.set(deps.informers, made)
  return made
}

function createApiResources({ client, informers }: ControllerDeps): ApiResources {
  let latest: Promise<Discovery> | undefined
  let known: Discovery | undefined
  const callbacks: (() => void)[] = []
  const changed = () => {
    latest = undefined
    for (const callback of callbacks) callback()
  }
  const refresh = () => {
    latest = discoverResources(client).then((discovery) => {
      known = discovery
      return discovery
    })
    latest.catch(() => {
      latest = undefined
    })
    return latest
  }
  return {
    current: () => latest ?? refresh(),
    refresh,
    ofKind(apiVersion, kind) {
      const { group } = parseGroupVersion(apiVersion)
      return known?.resources.find((r) => r.group === group && r.kind === kind)
    },
    onChange(callback) {
      if (callbacks.length === 0)
        for (const resource of ['customresourcedefinitions.apiextensions.k8s.io', 'apiservices.apiregistration.k8s.io'] as const) {
          const informer = informers.of(resource)
          const established = (o: { status?: { conditions?: { type: string; status: string }[] | null } }) =>
            JSON.stringify((o.status?.conditions ?? []).map((c) => [c.type, c.status]))
          informer.addHandler({
            added: () => informer.synced && changed(),
            updated: (now, before) =>
              (now.metadata.generation !== before.metadata.generation || established(now) !== established(before)) && changed(),
            deleted: changed,
          })
        }
      callbacks.push(callback)
    },
  }
}
