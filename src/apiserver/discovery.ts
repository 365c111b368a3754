/** /api, /apis and what lies below: the documents of src/api/discovery.ts over the endpoints, negotiated and kept while those stay. */
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions, groupsOf } from '../api/discovery.ts'
import type { Aggregator } from './aggregator/index.ts'
import type { Answer } from './call.ts'
import { encodeValue } from './encode.ts'
import type { Endpoints } from './endpoints.ts'
import { jsonForm, negotiate, newNotAcceptable, parseAccept } from './negotiate.ts'

export interface Discovery {
  /** Undefined: the path is not discovery's. */
  answer(path: string, accept: string | undefined): Answer | undefined
}

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

export function createDiscovery(
  endpoints: Endpoints,
  { discovery: aggregated, priorities }: Pick<Aggregator, 'discovery' | 'priorities'>,
  address: () => string,
): Discovery {
  let generation = -1
  let documents = new Map<string, object | undefined>()

  const make = (path: string): object | undefined => {
    const all = [...endpoints.all()].map((e) => e.resource)
    const groups = () => groupsOf([...all, ...aggregated.versions()], priorities())
    if (path === '/api') return apiVersions(address())
    if (path === '/apis') return apiGroupList(groups())
    const [, root, ...parts] = path.split('/')
    const [group, version, ...more] = root === 'api' ? ['', ...parts] : parts
    if ((root !== 'api' && root !== 'apis') || group === undefined || more.length > 0) return undefined
    if (version !== undefined) {
      if (!endpoints.has(group, version)) return undefined
      const mine = all.filter((r) => r.group === group && r.version === version)
      return apiResourceList(group, version, mine)
    }
    const found = groups().find((g) => g.name === group)
    return found && apiGroup(found)
  }
  const documentOf = (key: string, build: () => object | undefined) => {
    // Both only grow.
    const now = endpoints.generation + aggregated.generation
    if (generation !== now) {
      generation = now
      documents = new Map()
    }
    if (!documents.has(key) && documents.size < 1000) documents.set(key, build())
    return documents.get(key)
  }

  return {
    answer(path, accept) {
      if ((path === '/api' || path === '/apis') && wantsAggregated(accept)) {
        const document = documentOf(`aggregated ${path}`, () =>
          aggregatedDiscovery(
            [...endpoints.all()].map((e) => e.resource),
            path,
            aggregated.versions(),
            priorities(),
          ),
        )
        return { kind: 'bytes', status: 200, type: aggregatedType, bytes: encodeValue(document as object, jsonForm).bytes }
      }
      const document = documentOf(path, () => make(path))
      return document && { kind: 'bytes', status: 200, ...encodeValue(document, formOf(accept)) }
    },
  }
}

function wantsAggregated(accept: string | undefined): boolean {
  const first = accept === undefined ? undefined : parseAccept(accept)[0]?.parameters
  return first?.['as'] === 'APIGroupDiscoveryList' && first['g'] === 'apidiscovery.k8s.io' && first['v'] === 'v2'
}

function formOf(accept: string | undefined) {
  try {
    return negotiate(accept, null, { forms: 'none' })
  } catch {
    throw newNotAcceptable()
  }
}
