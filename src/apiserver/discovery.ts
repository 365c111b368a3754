/** /api, /apis and what lies below: which groups, versions and resources are served, made from the endpoints. */
import { StatusError } from '../api/errors.ts'
import type { Resource } from '../schema/schema.ts'
import type { Answer, IncomingRequest } from './call.ts'
import { encodeValue } from './encode.ts'
import { apiVersionOf, type Endpoints } from './endpoints.ts'
import { negotiate } from './negotiate.ts'

export interface Discovery {
  /** Undefined: the path is not discovery's. */
  answer(path: string, accept: string | undefined, request: IncomingRequest): Answer | undefined
}

export function createDiscovery(endpoints: Endpoints, address: () => string): Discovery {
  const resources = () => [...endpoints.all()].map((e) => e.resource)
  const documentOf = (path: string): object | undefined => {
    const all = resources()
    if (path === '/api')
      return {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address() }],
      }
    if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(all) }
    if (path === '/api/v1') return resourceList(all, '', 'v1')
    const [, root, group, version, ...rest] = path.split('/')
    if (root !== 'apis' || !group || rest.length > 0) return undefined
    if (version) return endpoints.has(group, version) ? resourceList(all, group, version) : undefined
    const found = groupsOf(all).find((g) => g.name === group)
    return found && { kind: 'APIGroup', apiVersion: 'v1', ...found }
  }
  return {
    answer(path, accept) {
      const document = documentOf(path)
      if (!document) return undefined
      let form: ReturnType<typeof negotiate>
      try {
        form = negotiate(accept, null, 'none')
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        throw new StatusError({ ...error.status, code: 406, message: error.message })
      }
      return { kind: 'bytes', status: 200, ...encodeValue(document, form) }
    },
  }
}

function groupsOf(all: readonly Resource[]) {
  const groups = new Map<string, string[]>()
  for (const { group, version } of all) {
    if (!group) continue
    const versions = groups.get(group)
    if (!versions) groups.set(group, [version])
    else if (!versions.includes(version)) versions.push(version)
  }
  return [...groups].map(([name, versions]) => {
    const listed = versions.sort((a, b) => (a < b ? 1 : -1)).map((version) => ({ groupVersion: `${name}/${version}`, version }))
    return { name, versions: listed, preferredVersion: listed[0] }
  })
}

function resourceList(all: readonly Resource[], group: string, version: string): object {
  const mine = all.filter((r) => r.group === group && r.version === version)
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(group, version),
    resources: mine.flatMap((r) => [
      {
        name: r.resource,
        singularName: r.singular,
        namespaced: r.namespaced,
        kind: r.kind,
        verbs: [...r.verbs].sort(),
        ...(r.shortNames.length > 0 ? { shortNames: r.shortNames } : {}),
        ...(r.categories.length > 0 ? { categories: r.categories } : {}),
      },
      ...r.subresources.map((s) => ({
        name: `${r.resource}/${s.name}`,
        singularName: '',
        namespaced: r.namespaced,
        ...(s.group ? { group: s.group, version: s.version } : {}),
        kind: s.kind,
        verbs: [...s.verbs].sort(),
      })),
    ]),
  }
}
