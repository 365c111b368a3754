/**
 * A Transport with no server behind it: objects in a map, as an API server without admission, defaults or validation
 * would keep them. For tests of clients and loops that need resource versions, watches, finalizers, conflicts and the
 * discovery of what is built in, and nothing else.
 */
import { randomUUID } from 'node:crypto'
import { apiGroupList, apiResourceList, groupsOf } from '../api/discovery.ts'
import { newAlreadyExists, newConflict, newNotFound, StatusError } from '../api/errors.ts'
import { parseFieldSelector } from '../api/fields.ts'
import { generateName } from '../api/hash.ts'
import { parseLabelSelector } from '../api/labels.ts'
import { formatTime } from '../api/meta.ts'
import { applyJsonPatch, JsonPatchError, type JsonPatchOperation } from '../api/patch/json-patch.ts'
import { allResources } from '../api/registry.ts'
import { type Clock, systemClock } from './clock.ts'
import type { KubernetesObject } from './resources.ts'
import type { ApiRequest, Transport, WatchEvent } from './transport.ts'

type Stored = KubernetesObject & { spec?: { finalizers?: readonly string[]; nodeName?: string }; status?: unknown }
type Watcher = { group: string; push: (event: WatchEvent<Stored>, before: Stored | undefined) => void; fail: (error: unknown) => void }

export interface MemoryTransport extends Transport {
  /** Every write that came, as `POST /api/v1/…`. */
  readonly writes: string[]
  /** Called before a request is carried out; what it throws is the answer. */
  intercept?: (request: ApiRequest) => void | Promise<void>
  /** Ends every watch as a server that goes away does; with `forget`, so that resuming answers 410. */
  breakWatches(forget?: boolean): void
  /** The objects of a resource path such as `/api/v1/pods`. */
  objects<T = Stored>(collection: string): T[]
}

export function createMemoryTransport(options: { clock?: Clock; graceful?: boolean; streamsLists?: boolean } = {}): MemoryTransport {
  const { clock = systemClock } = options
  const objects = new Map<string, Stored>()
  const watchers = new Set<Watcher>()
  const history: { version: number; collection: string; event: WatchEvent<Stored>; before: Stored | undefined }[] = []
  let version = 1
  let oldest = 0

  function put(id: string, collection: string, object: Stored | undefined): Stored {
    const before = objects.get(id)
    version++
    const stored = { ...(object ?? before), metadata: { ...(object ?? before)?.metadata, resourceVersion: String(version) } } as Stored
    if (object) objects.set(id, stored)
    else objects.delete(id)
    const event: WatchEvent<Stored> = { type: !object ? 'DELETED' : before ? 'MODIFIED' : 'ADDED', object: stored }
    history.push({ version, collection, event, before })
    for (const watcher of [...watchers]) if (watcher.group === collection) watcher.push(event, before)
    return stored
  }

  /** An object that nothing holds any more goes. */
  function settle(id: string, collection: string, object: Stored): Stored {
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata
    const held = finalizers.length > 0 || (object.spec?.finalizers?.length ?? 0) > 0
    const done = deletionTimestamp !== undefined && !held && deletionGracePeriodSeconds === 0
    if (!done) return put(id, collection, object)
    objects.set(id, object)
    return put(id, collection, undefined)
  }

  async function request(r: ApiRequest): Promise<unknown> {
    r.signal?.throwIfAborted()
    await transport.intercept?.(r)
    const url = new URL(r.path, 'http://memory')
    const at = parsePath(url.pathname)
    const body = r.body === undefined ? undefined : (JSON.parse(JSON.stringify(r.body)) as Stored)
    const missing = () => newNotFound({ group: at.group, resource: at.resource }, at.name)
    if (r.method !== 'GET') transport.writes.push(`${r.method} ${url.pathname}`)
    const id = `${at.collection}/${at.namespace}/${at.name}`
    const current = objects.get(id)
    switch (r.method) {
      case 'GET': {
        const document = discovery(url.pathname)
        if (document) return document
        if (at.name) {
          if (!current) throw missing()
          return current
        }
        const matches = matcher(url.searchParams, at.namespace)
        const items = [...objects].filter(([key, o]) => key.startsWith(`${at.collection}/`) && matches(o)).map(([, o]) => o)
        return { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(version) }, items }
      }
      case 'POST': {
        if (at.subresource === 'eviction') return request({ method: 'DELETE', path: `${url.pathname.replace(/\/eviction$/, '')}` })
        const metadata = body?.metadata as KubernetesObject['metadata']
        if (at.subresource === 'binding') {
          if (!current) throw missing()
          const nodeName = (body as unknown as { target: { name: string } }).target.name
          return put(id, at.collection, { ...current, spec: { ...current.spec, nodeName } })
        }
        const name = metadata.name ?? generateName(metadata.generateName ?? '')
        const newId = `${at.collection}/${at.namespace}/${name}`
        if (objects.has(newId)) throw newAlreadyExists({ group: at.group, resource: at.resource }, name)
        const created: Stored = {
          spec: {},
          status: {},
          ...(body as Stored),
          ...(at.resource === 'namespaces' ? { spec: { finalizers: ['kubernetes'], ...body?.spec } } : {}),
          metadata: {
            ...metadata,
            name,
            ...(at.namespace ? { namespace: at.namespace } : {}),
            uid: randomUUID(),
            generation: 1,
            creationTimestamp: formatTime(clock.now()),
          },
        }
        return put(newId, at.collection, created)
      }
      case 'PUT':
      case 'PATCH': {
        if (!current || !body) throw missing()
        const sent = r.method === 'PUT' ? body : (patchedBy(current, body, r.contentType) as Stored)
        const expected = sent.metadata.resourceVersion
        const uid = sent.metadata.uid
        if ((expected && expected !== current.metadata.resourceVersion) || (uid && uid !== current.metadata.uid))
          throw newConflict(
            { group: at.group, resource: at.resource },
            at.name,
            'the object has been modified; please apply your changes to the latest version and try again',
          )
        const ofStatus = at.subresource === 'status' || at.subresource === 'approval'
        const next: Stored = ofStatus
          ? { ...current, status: sent.status }
          : { ...sent, status: at.resource === 'pods' && r.method === 'PUT' ? sent.status : current.status }
        const changed = JSON.stringify(next.spec) !== JSON.stringify(current.spec)
        next.metadata = {
          ...(ofStatus ? { ...current.metadata, annotations: sent.metadata.annotations } : sent.metadata),
          uid: current.metadata.uid,
          creationTimestamp: current.metadata.creationTimestamp,
          generation: (current.metadata.generation ?? 1) + (changed ? 1 : 0),
        }
        if (
          JSON.stringify({ ...next, metadata: { ...next.metadata, resourceVersion: '' } }) ===
          JSON.stringify({ ...current, metadata: { ...current.metadata, resourceVersion: '' } })
        )
          return current
        return settle(id, at.collection, next)
      }
      case 'DELETE': {
        if (!at.name) {
          const matches = matcher(url.searchParams, at.namespace)
          for (const [key, o] of [...objects])
            if (key.startsWith(`${at.collection}/`) && matches(o))
              await request({ method: 'DELETE', path: `${url.pathname}/${o.metadata.name}` })
          return { kind: 'Status', status: 'Success' }
        }
        if (!current) throw missing()
        const given = (r.body ?? {}) as {
          gracePeriodSeconds?: number
          preconditions?: { uid?: string; resourceVersion?: string }
          propagationPolicy?: string
        }
        for (const what of ['uid', 'resourceVersion'] as const)
          if (given.preconditions?.[what] && given.preconditions[what] !== current.metadata[what])
            throw newConflict({ group: at.group, resource: at.resource }, at.name, `Precondition failed: ${what} in precondition`)
        const finalizers = new Set(current.metadata.finalizers)
        if (given.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion')
        if (given.propagationPolicy === 'Orphan') finalizers.add('orphan')
        // Bound pods end gracefully: the kubelet deletes them a second time with no grace.
        const bound = options.graceful && at.resource === 'pods' && current.spec?.nodeName
        const grace = bound ? (given.gracePeriodSeconds ?? 30) : 0
        return settle(id, at.collection, {
          ...current,
          metadata: {
            ...current.metadata,
            finalizers: [...finalizers],
            deletionTimestamp: current.metadata.deletionTimestamp ?? formatTime(clock.now() + grace * 1000),
            deletionGracePeriodSeconds: grace,
          },
        })
      }
    }
  }

  async function* watch(r: ApiRequest): AsyncGenerator<WatchEvent<Stored>> {
    await transport.intercept?.(r)
    const url = new URL(r.path, 'http://memory')
    const at = parsePath(url.pathname)
    const matches = matcher(url.searchParams, at.namespace)
    const from = Number(url.searchParams.get('resourceVersion') || version)
    if (from < oldest) throw new StatusError({ code: 410, reason: 'Expired', message: `too old resource version: ${from} (${oldest})` })
    const queue: WatchEvent<Stored>[] = []
    let wake = () => {}
    let ended = false
    let failure: unknown
    const watcher: Watcher = {
      group: at.collection,
      push(event, before) {
        const now = event.type !== 'DELETED' && matches(event.object)
        const was = before !== undefined && matches(before)
        if (!now && !was) return
        queue.push(now === was ? event : { type: now ? 'ADDED' : 'DELETED', object: event.object })
        wake()
      },
      fail(error) {
        ended = true
        failure = error
        wake()
      },
    }
    if (url.searchParams.get('sendInitialEvents') === 'true') {
      for (const [key, object] of objects) if (key.startsWith(`${at.collection}/`) && matches(object)) queue.push({ type: 'ADDED', object })
      const metadata = { resourceVersion: String(version), annotations: { 'k8s.io/initial-events-end': 'true' } }
      queue.push({ type: 'BOOKMARK', object: { metadata } as unknown as Stored })
    }
    for (const past of history) if (past.version > from && past.collection === at.collection) watcher.push(past.event, past.before)
    watchers.add(watcher)
    const stop = () => watcher.fail(undefined)
    r.signal?.addEventListener('abort', stop)
    try {
      while (!r.signal?.aborted) {
        for (let event = queue.shift(); event; event = queue.shift()) yield event
        if (ended) break
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (failure) throw failure
    } finally {
      watchers.delete(watcher)
      r.signal?.removeEventListener('abort', stop)
    }
  }

  const transport: MemoryTransport = {
    streamsLists: options.streamsLists === true,
    writes: [],
    request: request as Transport['request'],
    watch: watch as unknown as Transport['watch'],
    objects: <T>(collection: string) =>
      [...objects].filter(([key]) => key.startsWith(`${collection}/`)).map(([, object]) => object) as unknown as T[],
    breakWatches(forget) {
      if (forget) {
        history.length = 0
        oldest = ++version
      }
      for (const watcher of [...watchers]) watcher.fail(forget ? undefined : new Error('connection reset'))
    },
    close() {
      for (const watcher of [...watchers]) watcher.fail(undefined)
    },
  }
  return transport
}

/** `/apis`, `/api/v1` and `/apis/GROUP/VERSION`. */
function discovery(path: string): object | undefined {
  const [, root, ...parts] = path.split('/')
  if (root === 'apis' && parts.length === 0) return apiGroupList(groupsOf(allResources()))
  const [group, version, ...more] = root === 'api' ? ['', ...parts] : parts
  if (group === undefined || version === undefined || more.length > 0) return undefined
  const mine = allResources().filter((r) => r.group === group && r.version === version)
  return mine.length > 0 ? apiResourceList(group, version, mine) : undefined
}

function parsePath(path: string) {
  const parts = path.split('/').slice(1).map(decodeURIComponent)
  const root = parts[0] === 'api' ? parts.slice(0, 2) : parts.slice(0, 3)
  let rest = parts.slice(root.length)
  let namespace = ''
  if (rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'finalize' && rest[2] !== 'status') {
    namespace = rest[1] as string
    rest = rest.slice(2)
  }
  const [resource = '', name = '', subresource = ''] = rest
  return {
    collection: `/${root.join('/')}/${resource}`,
    group: root[0] === 'api' ? '' : (root[1] as string),
    resource,
    namespace,
    name,
    subresource,
  }
}

function matcher(query: URLSearchParams, namespace: string): (object: Stored) => boolean {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '')
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '')
  return (o) =>
    (!namespace || o.metadata.namespace === namespace) &&
    labels.matches(o.metadata.labels) &&
    fields.requirements.every(({ field, operator, value }) => {
      const actual = field.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], o) ?? ''
      return operator === '!=' ? actual !== value : actual === value
    })
}

/** A JSON patch, a merge patch, or a strategic one of conditions and owners: enough for what the loops send. */
function patchedBy(target: unknown, patch: unknown, type: string | undefined): unknown {
  if (type === 'application/json-patch+json') return jsonPatchedBy(target, patch as JsonPatchOperation[])
  const strategic = type === 'application/strategic-merge-patch+json'
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const out: Record<string, unknown> = { ...((target ?? {}) as Record<string, unknown>) }
  const ordered = patch as Record<string, unknown>
  for (const [key, value] of Object.entries(ordered)) {
    if (key.startsWith('$')) {
      const field = key.slice(key.indexOf('/') + 1)
      if (key.startsWith('$deleteFromPrimitiveList/'))
        out[field] = ((out[field] as unknown[] | undefined) ?? []).filter((v) => !(value as unknown[]).includes(v))
      continue
    }
    if (value === null) delete out[key]
    else if (strategic && Array.isArray(value) && mergeKeys[key])
      out[key] = mergeList((out[key] as Item[] | undefined) ?? [], value as Item[], mergeKeys[key])
    else if (strategic && key === 'finalizers') out[key] = [...new Set([...((out[key] as string[]) ?? []), ...(value as string[])])]
    else out[key] = patchedBy(out[key], value, type)
  }
  return out
}
function jsonPatchedBy(target: unknown, patch: readonly JsonPatchOperation[]): unknown {
  try {
    return applyJsonPatch(target, patch)
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error
    throw new StatusError({ code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request' })
  }
}
type Item = Record<string, unknown>
const mergeKeys: Record<string, string> = { ownerReferences: 'uid', conditions: 'type' }
function mergeList(have: Item[], patch: Item[], key: string): Item[] {
  const out = [...have]
  for (const item of patch) {
    const at = out.findIndex((o) => o[key] === item[key])
    if (item.$patch === 'delete') {
      if (at >= 0) out.splice(at, 1)
    } else if (at >= 0) out[at] = { ...out[at], ...item }
    else out.push(item)
  }
  return out
}
