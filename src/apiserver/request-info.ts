/** What a path and a method mean (upstream: apiserver/pkg/endpoints/request/requestinfo.go). */
import { newBadRequest } from '../api/errors.ts'
import type { RequestInfo } from './request.ts'

const verbs: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
/** Subresources of namespaces, which would otherwise be read as resources inside a namespace. */
const namespaceSubresources = new Set(['status', 'finalize'])
const noQuery = new URLSearchParams()

/** `target` is the request line's: path and query, still encoded. Throws 400 where an escape is broken. */
export function parseRequestInfo(method: string, target: string): RequestInfo {
  const mark = target.indexOf('?')
  const rawPath = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? noQuery : new URLSearchParams(target.slice(mark + 1))
  const path = decode(rawPath)
  const other: RequestInfo = {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    apiGroup: '',
    apiVersion: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    query,
  }
  const parts = trimSlashes(rawPath).split('/').map(decode)
  const grouped = parts[0] === 'apis'
  if ((!grouped && parts[0] !== 'api') || rawPath.startsWith('//')) return other
  const head = grouped ? 3 : 2
  if (parts.length <= head) return other
  const apiGroup = grouped ? (parts[1] as string) : ''
  const apiVersion = parts[head - 1] as string
  let rest = parts.slice(head)
  let verb = verbs[method] ?? ''
  // The old watch paths: /api/v1/watch/…, and proxy's, which were removed but are still recognised upstream.
  if (rest[0] === 'watch' && rest.length > 1) {
    verb = 'watch'
    rest = rest.slice(1)
  }
  let namespace = ''
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1] as string
    if (rest.length > 2 && !namespaceSubresources.has(rest[2] as string)) rest = rest.slice(2)
  }
  const [resource = '', name = '', subresource = ''] = rest
  if (verb === 'get' || verb === 'watch') {
    if (name === '' && verb === 'get') verb = isTrue(query, 'watch') ? 'watch' : 'list'
    // Upstream authorizes a list of one name as if the name stood in the path.
  } else if (verb === 'delete' && name === '') verb = 'deletecollection'
  return { isResourceRequest: true, path, verb, apiGroup, apiVersion, namespace, resource, subresource, name, query }
}

/** A boolean query parameter as apimachinery converts it: present and neither "false" nor "0". */
export function isTrue(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value !== '0' && value.toLowerCase() !== 'false'
}

const longVerbs = new Set(['watch', 'proxy'])
const longSubresources = new Set(['attach', 'exec', 'proxy', 'log', 'portforward'])

/** What lasts as long as the client wants: no timeout ends it, and it takes no room (filters.BasicLongRunningRequestCheck). */
export const isLongRunning = ({ isResourceRequest, verb, subresource }: RequestInfo): boolean =>
  isResourceRequest && (longVerbs.has(verb) || longSubresources.has(subresource))

function trimSlashes(path: string): string {
  let start = 0
  let end = path.length
  while (path[start] === '/') start++
  while (end > start && path[end - 1] === '/') end--
  return path.slice(start, end)
}

function decode(part: string): string {
  if (!part.includes('%')) return part
  try {
    return decodeURIComponent(part)
  } catch {
    throw newBadRequest(`invalid URL escape in ${JSON.stringify(part)}`)
  }
}
