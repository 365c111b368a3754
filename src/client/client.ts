/**
 * The typed client (client-go's clientset and dynamic client in one): a resource is named as in `deployments.apps`,
 * and what comes back has its type. Objects that come back may be shared with caches: copy, never change them.
 */
import { isGone } from '../api/errors.ts'
import type { DeleteOptions, ListMeta } from '../api/types/meta-v1.ts'
import { type KubernetesObject, type ObjectOf, queryText, type ResourceRef, resourceInfo, resourcePath } from './resources.ts'
import type { Transport, WatchEvent } from './transport.ts'

/** Where an object is; no namespace for cluster-scoped ones. */
export interface ObjectKey {
  readonly namespace?: string
  readonly name: string
}

/** An object on its way to the server: what the server fills in may be left out. */
export type Draft<T> = T extends readonly (infer E)[]
  ? readonly Draft<E>[]
  : T extends object
    ? { readonly [K in keyof T]?: Draft<T[K]> }
    : T

export interface ListOptions {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  readonly limit?: number
  readonly continue?: string
  readonly signal?: AbortSignal
  /** Only apiVersion, kind and metadata of each object. */
  readonly metadataOnly?: boolean
}
export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  readonly allowWatchBookmarks?: boolean
  readonly sendInitialEvents?: boolean
  readonly timeoutSeconds?: number
}
export interface WriteOptions {
  readonly fieldManager?: string
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
  readonly dryRun?: boolean
  readonly subresource?: string
  readonly signal?: AbortSignal
}
export interface PatchOptions extends WriteOptions {
  /** Default: strategic for built-in resources, merge for others. */
  readonly type?: 'strategic' | 'merge' | 'json' | 'apply'
  /** Takes fields from other managers; apply only. */
  readonly force?: boolean
}
export interface DeleteRequestOptions extends DeleteOptions {
  readonly signal?: AbortSignal
}
export interface ObjectList<T> {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ListMeta
  readonly items: readonly T[]
}

export interface Client {
  readonly transport: Transport
  get<R extends ResourceRef>(
    resource: R,
    key: ObjectKey,
    options?: { resourceVersion?: string; subresource?: string; signal?: AbortSignal },
  ): Promise<ObjectOf<R>>
  /** One page when `limit` is given, else everything in one answer. */
  list<R extends ResourceRef>(resource: R, options?: ListOptions): Promise<ObjectList<ObjectOf<R>>>
  /** Everything, asked for in pages of `limit` (500). */
  listAll<R extends ResourceRef>(resource: R, options?: ListOptions): Promise<ObjectList<ObjectOf<R>>>
  watch<R extends ResourceRef>(resource: R, options?: WatchOptions): AsyncIterable<WatchEvent<ObjectOf<R>>>
  create<R extends ResourceRef>(resource: R, object: Draft<ObjectOf<R>>, options?: WriteOptions): Promise<ObjectOf<R>>
  update<R extends ResourceRef>(resource: R, object: Draft<ObjectOf<R>>, options?: WriteOptions): Promise<ObjectOf<R>>
  updateStatus<R extends ResourceRef>(resource: R, object: Draft<ObjectOf<R>>, options?: WriteOptions): Promise<ObjectOf<R>>
  patch<R extends ResourceRef>(resource: R, key: ObjectKey, patch: unknown, options?: PatchOptions): Promise<ObjectOf<R>>
  /** Server-side apply of `object`, owned by `fieldManager`. */
  apply<R extends ResourceRef>(
    resource: R,
    object: Draft<ObjectOf<R>>,
    options: PatchOptions & { fieldManager: string },
  ): Promise<ObjectOf<R>>
  /** Resolves to the object as it was, or as it is while finalizers hold it, or to a Status. */
  delete(resource: ResourceRef, key: ObjectKey, options?: DeleteRequestOptions): Promise<unknown>
  deleteCollection(resource: ResourceRef, options?: ListOptions & { delete?: DeleteOptions }): Promise<unknown>
  /** POSTs to a subresource: binding, eviction, token. */
  createSubresource<T = KubernetesObject>(
    resource: ResourceRef,
    key: ObjectKey,
    subresource: string,
    body: unknown,
    options?: WriteOptions,
  ): Promise<T>
  /** Any other path, such as `/version`. */
  raw<T = unknown>(path: string, signal?: AbortSignal): Promise<T>
}

/** The path of one object. A mistake in the key is told here: the server would take the path for another. */
function objectPath(resource: ResourceRef, { namespace, name }: ObjectKey, subresource?: string): string {
  const info = resourceInfo(resource)
  if (!name) throw new Error('resource name may not be empty')
  if (info.namespaced && !namespace) throw new Error('an empty namespace may not be set when a resource name is provided')
  return resourcePath(info, { namespace, name, subresource })
}

const patchTypes = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

const metadataAccept = {
  accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
}
const metadataListAccept = {
  accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
}

export function createClient(transport: Transport): Client {
  const writeQuery = (options: PatchOptions = {}) =>
    queryText({
      fieldManager: options.fieldManager,
      fieldValidation: options.fieldValidation,
      dryRun: options.dryRun ? 'All' : undefined,
      force: options.force || undefined,
    })

  async function list<R extends ResourceRef>(resource: R, options: ListOptions = {}): Promise<ObjectList<ObjectOf<R>>> {
    const { namespace, signal, metadataOnly, ...query } = options
    const path = resourcePath(resourceInfo(resource), { namespace }) + queryText(query)
    return transport.request({ method: 'GET', path, signal, ...(metadataOnly ? { headers: metadataListAccept } : {}) })
  }

  async function listAll<R extends ResourceRef>(resource: R, options: ListOptions = {}): Promise<ObjectList<ObjectOf<R>>> {
    const limit = options.limit ?? 500
    const first = await list(resource, { ...options, limit })
    if (!first.metadata.continue) return first
    const items = [...first.items]
    let page = first
    while (page.metadata.continue) {
      const { resourceVersion: _version, resourceVersionMatch: _match, ...rest } = options
      try {
        page = await list(resource, { ...rest, limit, continue: page.metadata.continue })
      } catch (error) {
        // The state that the pages were of is gone: everything at once, as client-go's pager does.
        if (isGone(error)) return list(resource, { ...options, limit: undefined })
        throw error
      }
      for (const item of page.items) items.push(item)
    }
    return { ...page, items }
  }

  async function write<R extends ResourceRef>(
    method: 'POST' | 'PUT',
    resource: R,
    object: Draft<ObjectOf<R>>,
    options: WriteOptions,
  ): Promise<ObjectOf<R>> {
    const info = resourceInfo(resource)
    const { apiVersion, kind, metadata } = object as unknown as KubernetesObject
    const { namespace, name = '' } = metadata ?? {}
    const { subresource } = options
    if (method === 'POST' && info.namespaced && !namespace) throw new Error('an empty namespace may not be set during creation')
    const path = method === 'POST' ? resourcePath(info, { namespace, subresource }) : objectPath(resource, { namespace, name }, subresource)
    // Items of a list carry neither apiVersion nor kind; a body must.
    const body = apiVersion && kind ? object : { apiVersion: info.apiVersion, kind: info.kind, ...object }
    return transport.request({ method, path: path + writeQuery(options), body, signal: options.signal })
  }

  const client: Client = {
    transport,
    async get(resource, key, options = {}) {
      const path = objectPath(resource, key, options.subresource)
      return transport.request({
        method: 'GET',
        path: path + queryText({ resourceVersion: options.resourceVersion }),
        signal: options.signal,
      })
    },
    list,
    listAll,
    watch(resource, options = {}) {
      const { namespace, signal, metadataOnly, ...query } = options
      const path = resourcePath(resourceInfo(resource), { namespace }) + queryText({ watch: true, ...query })
      return transport.watch({ method: 'GET', path, signal, ...(metadataOnly ? { headers: metadataAccept } : {}) })
    },
    create: (resource, object, options = {}) => write('POST', resource, object, options),
    update: (resource, object, options = {}) => write('PUT', resource, object, options),
    updateStatus: (resource, object, options = {}) => write('PUT', resource, object, { ...options, subresource: 'status' }),
    async patch(resource, key, patch, options = {}) {
      const type = options.type ?? (typeof resource === 'string' ? 'strategic' : 'merge')
      const path = objectPath(resource, key, options.subresource)
      return transport.request({
        method: 'PATCH',
        path: path + writeQuery(options),
        body: patch,
        contentType: patchTypes[type],
        signal: options.signal,
      })
    },
    apply(resource, object, options) {
      const { metadata } = object as unknown as KubernetesObject
      const { apiVersion, kind } = resourceInfo(resource)
      const key = { namespace: metadata.namespace, name: metadata.name }
      return client.patch(resource, key, { apiVersion, kind, ...object }, { ...options, type: 'apply' })
    },
    async delete(resource, key, { signal, ...options } = {}) {
      const path = objectPath(resource, key)
      return transport.request({ method: 'DELETE', path, ...deleteBody(options), signal })
    },
    async deleteCollection(resource, { namespace, signal, delete: options = {}, metadataOnly: _, ...query } = {}) {
      const path = resourcePath(resourceInfo(resource), { namespace }) + queryText(query)
      return transport.request({ method: 'DELETE', path, ...deleteBody(options), signal })
    },
    async createSubresource(resource, key, subresource, body, options = {}) {
      const path = objectPath(resource, key, subresource) + writeQuery(options)
      return transport.request({ method: 'POST', path, body, signal: options.signal })
    },
    raw: (path, signal) => transport.request({ method: 'GET', path, signal }),
  }
  return client
}

const deleteBody = (options: DeleteOptions): { body?: unknown } =>
  Object.keys(options).length > 0 ? { body: { apiVersion: 'v1', kind: 'DeleteOptions', ...options } } : {}
