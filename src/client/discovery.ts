/** What a server serves (client-go's discovery): every resource at its group's preferred version, built-in or not. */
import type { APIGroupList, APIResourceList } from '../api/types/meta-v1.ts'
import type { Client } from './client.ts'
import type { GroupVersionResource } from './resources.ts'

export interface DiscoveredResource extends GroupVersionResource {
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}
export interface Discovery {
  readonly resources: readonly DiscoveredResource[]
  /** Groups that did not answer, such as an aggregated server that is down: `group/version` and why. */
  readonly failures: ReadonlyMap<string, Error>
}

/** Asks for each group's preferred version; a resource that only another version has is taken from there. Subresources are left out. */
export async function discoverResources(client: Client, signal?: AbortSignal): Promise<Discovery> {
  const { groups } = await client.raw<APIGroupList>('/apis', signal)
  const versions = [
    { group: '', version: 'v1', path: '/api/v1' },
    ...groups.flatMap((group) => {
      const preferred = group.preferredVersion?.version ?? group.versions[0]?.version
      const ordered = [...group.versions].sort((a, b) => Number(b.version === preferred) - Number(a.version === preferred))
      return ordered.map(({ version }) => ({ group: group.name, version, path: `/apis/${group.name}/${version}` }))
    }),
  ]
  const failures = new Map<string, Error>()
  const lists = await Promise.all(
    versions.map(({ group, version, path }) =>
      client
        .raw<APIResourceList>(path, signal)
        .then(checked)
        .catch((error: Error) => {
          failures.set(group ? `${group}/${version}` : version, error)
          return undefined
        }),
    ),
  )
  const resources = new Map<string, DiscoveredResource>()
  for (const [i, list] of lists.entries()) {
    const { group, version } = versions[i] as (typeof versions)[number]
    for (const { name, kind, namespaced, verbs } of list?.resources ?? []) {
      const id = `${name}.${group}`
      if (!name.includes('/') && !resources.has(id))
        resources.set(id, { group, version, resource: name, kind, namespaced, verbs: verbs as unknown as string[] })
    }
  }
  return { resources: [...resources.values()], failures }
}

/** An aggregated server may answer anything, and is one that did not answer then. */
function checked(list: Partial<APIResourceList> | null): APIResourceList {
  const well = list?.resources?.every?.((r) => typeof r?.name === 'string' && typeof r.kind === 'string' && Array.isArray(r.verbs))
  if (!well) throw new Error('the answer is no list of resources')
  return list as APIResourceList
}
