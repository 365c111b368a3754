/**
 * From what users type to resources: `po`, `pods`, `deployments.apps`, `deploy.v1.apps`. Built-in resources are known
 * from the API's tables without asking the server; everything else, and categories such as `all`, by discovery.
 */
import { allResources } from '../api/registry.ts'
import type { ApiRequest } from '../client/transport.ts'
import type { Resource } from '../schema/schema.ts'

/** What the tables and discovery both tell of a resource. */
export type ResourceType = Omit<Resource, 'subresources'>

export interface ResourceMapper {
  /** The resource that a word names. Throws upstream's error when there is none. */
  resource(word: string): Promise<ResourceType>
  /** The resource of a kind as objects name it. */
  kind(apiVersion: string, kind: string): Promise<ResourceType | undefined>
  /** The resources of a category; undefined when the server knows no such category. */
  category(word: string): Promise<ResourceType[] | undefined>
  /** Everything the server has, preferred versions first. */
  discover(): Promise<Discovered>
}
export interface Discovered {
  readonly resources: readonly ResourceType[]
  readonly groups: readonly { readonly name: string; readonly versions: readonly string[] }[]
  /** `group/version` that did not answer. */
  readonly stale: readonly string[]
}

type Request = <T>(request: ApiRequest) => Promise<T>

export const apiVersionOf = (r: { group: string; version: string }): string => (r.group ? `${r.group}/${r.version}` : r.version)
export const resourceName = (r: { group: string; resource: string }): string => (r.group ? `${r.resource}.${r.group}` : r.resource)
/** `pod/web`, `deployment.apps/web`: how kubectl names an object. */
export const objectName = (r: { group: string; kind: string }, name: string): string =>
  `${r.kind.toLowerCase()}${r.group ? `.${r.group}` : ''}/${name}`

/** The path of a collection, an object or a subresource. */
export function pathOf(r: ResourceType, namespace?: string, name?: string, subresource?: string): string {
  const root = r.group ? `/apis/${r.group}/${r.version}` : `/api/${r.version}`
  const middle = r.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${middle}/${r.resource}${name === undefined ? '' : `/${encodeURIComponent(name)}`}${subresource ? `/${subresource}` : ''}`
}

/** Groups whose resources answer to plain words before others', as discovery lists them. */
const firstGroups = ['', 'apps', 'autoscaling', 'batch', 'networking.k8s.io', 'policy', 'rbac.authorization.k8s.io', 'storage.k8s.io']
const rank = (r: ResourceType): number => (firstGroups.indexOf(r.group) + firstGroups.length + 1) % (firstGroups.length + 1)

let sorted: readonly ResourceType[] | undefined
/** The tables' resources that can be asked for, those that plain words mean first. */
function builtIns(): readonly ResourceType[] {
  sorted ??= allResources()
    .map((r) => ({ ...r, singular: r.singular || r.kind.toLowerCase() }))
    .sort((a, b) => rank(a) - rank(b) || (a.group === b.group ? newerFirst(a.version, b.version) : 0))
  return sorted
}
const newerFirst = (a: string, b: string): number => (a === b ? 0 : a > b ? -1 : 1)

export function createResourceMapper(request: Request): ResourceMapper {
  let discovered: Promise<Discovered> | undefined
  const discover = () => (discovered ??= askDiscovery(request))

  const mapper: ResourceMapper = {
    discover,
    async resource(word) {
      const found = find(builtIns(), word) ?? find((await discover()).resources, word)
      if (found) return found
      const [name, ...group] = word.split('.')
      const suffix =
        group.length > 0
          ? `the server doesn't have a resource type "${name}" in group "${group.join('.')}"`
          : `the server doesn't have a resource type "${word}"`
      throw new Error(suffix)
    },
    async kind(apiVersion, kind) {
      const matches = (r: ResourceType) => r.kind === kind && apiVersionOf(r) === apiVersion
      return builtIns().find(matches) ?? (await discover()).resources.find(matches)
    },
    async category(word) {
      const members = (await discover()).resources.filter((r) => r.categories.includes(word) && r.verbs.includes('list'))
      return members.length > 0 ? members : undefined
    },
  }
  return mapper
}

function find(among: readonly ResourceType[], typed: string): ResourceType | undefined {
  const word = typed.toLowerCase()
  const named = (name: string) => (r: ResourceType) => r.resource === name || r.singular === name || r.kind.toLowerCase() === name
  const whole = among.find(named(word)) ?? among.find((r) => r.shortNames.includes(word))
  if (whole) return whole
  const dot = word.indexOf('.')
  if (dot < 0) return undefined
  const name = word.slice(0, dot)
  const rest = word.slice(dot + 1)
  const byName = (r: ResourceType) => named(name)(r) || r.shortNames.includes(name)
  const [version, ...group] = rest.split('.')
  return (
    among.find((r) => byName(r) && r.version === version && r.group === group.join('.')) ??
    among.find((r) => byName(r) && r.group === rest) ??
    among.find((r) => byName(r) && r.group !== '' && r.group.startsWith(rest))
  )
}

interface AggregatedGroup {
  readonly metadata?: { readonly name?: string }
  readonly versions?: readonly {
    readonly version: string
    readonly freshness?: string
    readonly resources?: readonly {
      readonly resource: string
      readonly responseKind?: { readonly kind?: string }
      readonly scope: string
      readonly singularResource?: string
      readonly verbs: readonly string[]
      readonly shortNames?: readonly string[]
      readonly categories?: readonly string[]
    }[]
  }[]
}
const aggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'

/** Two requests for all of it (KEP-3352). A server too old for that is not one this client is for. */
async function askDiscovery(request: Request): Promise<Discovered> {
  const ask = (path: string) =>
    request<{ kind?: string; items?: AggregatedGroup[] }>({ method: 'GET', path, headers: { accept: aggregated } })
  const [core, named] = await Promise.all([ask('/api'), ask('/apis')])
  if (core.kind !== 'APIGroupDiscoveryList') throw new Error('the server does not speak aggregated discovery (Kubernetes 1.26)')
  const resources: ResourceType[] = []
  const groups: { name: string; versions: string[] }[] = []
  const stale: string[] = []
  for (const group of [...(core.items ?? []), ...(named.items ?? [])]) {
    const name = group.metadata?.name ?? ''
    groups.push({ name, versions: (group.versions ?? []).map((v) => v.version) })
    for (const { version, freshness, resources: listed } of group.versions ?? []) {
      if (freshness === 'Stale') stale.push(`${name}/${version}`)
      for (const r of listed ?? []) {
        resources.push({
          group: name,
          version,
          resource: r.resource,
          singular: r.singularResource ?? '',
          kind: r.responseKind?.kind ?? '',
          namespaced: r.scope === 'Namespaced',
          verbs: r.verbs,
          shortNames: r.shortNames ?? [],
          categories: r.categories ?? [],
        })
      }
    }
  }
  // A resource that the preferred version has is not listed again for the others when a word is looked up: order decides.
  return { resources, groups, stale }
}
