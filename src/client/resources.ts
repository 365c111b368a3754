/** From a resource's name to its paths, read from the API's tables; resources of CRDs are named by group, version and resource. */
import { allResources } from '../api/registry.ts'
import type { ResourceName, ResourceTypes } from '../api/types/index.ts'
import type { ObjectMeta } from '../api/types/meta-v1.ts'

/** A resource that the tables do not know, such as one a CRD defines. */
export interface GroupVersionResource {
  readonly group: string
  readonly version: string
  readonly resource: string
  /** Filled in where it is known: for references and events. */
  readonly kind?: string
  /** Where it is known, a missing namespace is told before the server is asked. */
  readonly namespaced?: boolean
}
export type ResourceRef = ResourceName | GroupVersionResource

export interface KubernetesObject {
  apiVersion?: string
  kind?: string
  metadata: ObjectMeta
}
/** The type of the objects that `R` names. */
export type ObjectOf<R extends ResourceRef> = R extends ResourceName ? ResourceTypes[R] : KubernetesObject & Record<string, unknown>

export interface ResourceInfo extends GroupVersionResource {
  readonly kind: string
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string
  /** `/api/v1`, `/apis/apps/v1`. */
  readonly root: string
}

let builtIn: Map<string, ResourceInfo> | undefined

/** What the tables say about a resource. */
export function resourceInfo(ref: ResourceRef): ResourceInfo {
  if (typeof ref !== 'string') return describe(ref)
  builtIn ??= readTables()
  const info = builtIn.get(ref)
  if (!info) throw new Error(`no table has a resource ${ref}`)
  return info
}

function readTables(): Map<string, ResourceInfo> {
  const infos = new Map<string, ResourceInfo>()
  for (const r of allResources()) {
    // As in the generated ResourceTypes: of two versions the older carries its version in the name.
    const older = r.group === 'autoscaling' && r.version === 'v1'
    infos.set([r.resource, ...(older ? [r.version] : []), ...(r.group ? [r.group] : [])].join('.'), describe(r))
  }
  return infos
}

function describe(r: GroupVersionResource): ResourceInfo {
  const apiVersion = r.group ? `${r.group}/${r.version}` : r.version
  const root = r.group ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return { ...{ group: r.group, version: r.version, resource: r.resource }, kind: r.kind ?? '', namespaced: r.namespaced, apiVersion, root }
}

/** The path of a collection, an object or a subresource. */
export function resourcePath(info: ResourceInfo, at: { namespace?: string; name?: string; subresource?: string } = {}): string {
  let path = info.root
  if (at.namespace) path += `/namespaces/${encodeURIComponent(at.namespace)}`
  path += `/${info.resource}`
  if (at.name !== undefined) path += `/${encodeURIComponent(at.name)}`
  if (at.subresource) path += `/${at.subresource}`
  return path
}

/** `?a=b&c=d` of what is set, or nothing. */
export function queryText(parameters: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>): string {
  let text = ''
  for (const key in parameters) {
    const value = parameters[key]
    if (value === undefined || value === '') continue
    for (const one of Array.isArray(value) ? value : [value]) text += `${text ? '&' : '?'}${key}=${encodeURIComponent(String(one))}`
  }
  return text
}
