/**
 * etcd's version 2 keys API over HTTP: a tree of directories and files, apart from the v3 keyspace and so in a store of
 * its own, which is opened by the first request. A node's indexes are that store's revisions.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WriteContext } from '../store/embedded/commits.ts'
import { prefixed } from '../store/embedded/keys.ts'
import { type EmbeddedStore, openEmbeddedStore } from '../store/embedded.ts'
import { CompactedError, type KeyValue, type StoreEvent } from '../store/store.ts'
import type { Id, Member } from './api.ts'

interface Node {
  key: string
  dir?: true
  value?: string
  nodes?: Node[]
  createdIndex?: number
  modifiedIndex?: number
  ttl?: number
  expiration?: string
}
interface Stored {
  readonly dir?: true
  readonly value?: string
}

class V2Error extends Error {
  readonly code: number
  readonly status: number
  readonly about: string
  constructor(code: number, status: number, message: string, about: string) {
    super(message)
    this.code = code
    this.status = status
    this.about = about
  }
}
const notFound = (key: string) => new V2Error(100, 404, 'Key not found', key)
const compareFailed = (about: string) => new V2Error(101, 412, 'Compare failed', about)
const notAFile = (key: string) => new V2Error(102, 403, 'Not a file', key)
const notADirectory = (key: string) => new V2Error(104, 403, 'Not a directory', key)
const alreadyExists = (key: string) => new V2Error(105, 412, 'Key already exists', key)
const readOnly = () => new V2Error(107, 403, 'Root is read only', '/')
const notEmpty = (key: string) => new V2Error(108, 403, 'Directory not empty', key)
const invalidField = (about: string) => new V2Error(209, 400, 'Invalid field', about)

const maxBodyBytes = 2 << 20

export function createV2(deps: { folder(): string; member: Member; clusterId: Id }) {
  let opening: Promise<EmbeddedStore> | undefined
  const store = () => {
    opening ??= openEmbeddedStore({ dataDir: deps.folder() })
    return opening
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname === '/v2/members' || url.pathname === '/v2/members/leader') {
      const { name, peerURLs, clientURLs, ID } = deps.member
      const member = { id: ID.toString(16), name, peerURLs, clientURLs }
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(url.pathname.endsWith('leader') ? member : { members: [member] }))
      return
    }
    if (!url.pathname.startsWith('/v2/keys')) {
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ message: 'Not Found' }))
      return
    }
    const s = await store()
    const answer = (status: number, body: object) =>
      response
        .writeHead(status, {
          'content-type': 'application/json',
          'x-etcd-cluster-id': deps.clusterId.toString(16),
          'x-etcd-index': String(s.revision),
          'x-raft-index': String(s.revision),
          'x-raft-term': '2',
        })
        .end(`${JSON.stringify(body)}\n`)
    try {
      const key = cleanPath(url.pathname.slice('/v2/keys'.length))
      const params = new URLSearchParams(url.search)
      if (request.method !== 'GET') for (const [name, value] of new URLSearchParams(await bodyOf(request))) params.set(name, value)
      switch (request.method) {
        case 'GET':
          if (flag(params, 'wait')) await wait(s, key, params, response, answer)
          else answer(200, { action: 'get', node: await get(s, key, params) })
          return
        case 'PUT': {
          const { created, ...event } = await put(s, key, params)
          answer(created ? 201 : 200, event)
          return
        }
        case 'POST': {
          const { created: _, ...event } = await put(
            s,
            `${key === '/' ? '' : key}/${String(s.revision + 1).padStart(20, '0')}`,
            params,
            'create',
          )
          answer(201, event)
          return
        }
        case 'DELETE':
          answer(200, await remove(s, key, params))
          return
        default:
          response.writeHead(405, { allow: 'GET, PUT, POST, DELETE' }).end()
      }
    } catch (error) {
      if (!(error instanceof V2Error)) throw error
      answer(error.status, { errorCode: error.code, message: error.message, cause: error.about, index: s.revision })
    }
  }

  return {
    serve(request: IncomingMessage, response: ServerResponse): void {
      serve(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify({
            errorCode: 300,
            message: 'Raft Internal Error',
            cause: error instanceof Error ? error.message : String(error),
            index: 0,
          }),
        )
      })
    },
    async close() {
      await (await opening)?.close()
    },
  }
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBodyBytes) {
        reject(invalidField('the body is too large'))
        request.removeAllListeners('data').resume()
      } else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks).toString()))
    request.on('error', reject)
  })
}

function cleanPath(path: string): string {
  const parts = decodeURIComponent(path)
    .split('/')
    .filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw invalidField('a key cannot hold ".."')
  return `/${parts.join('/')}`
}
const parents = (key: string): string[] => {
  const parts = key.split('/').slice(1, -1)
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`)
}
const nameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1)
const below = (key: string) => prefixed(toKey(key === '/' ? '/' : `${key}/`))
// The keyspace's keys are bytes as latin1 text.
const toKey = (key: string) => Buffer.from(key).toString('latin1')
const fromKey = (key: string) => Buffer.from(key, 'latin1').toString()
const stored = (kv: KeyValue): Stored => JSON.parse(Buffer.from(kv.value).toString()) as Stored
const flag = (params: URLSearchParams, name: string): boolean => {
  const value = params.get(name)
  if (value === null || value === 'false') return false
  if (value !== 'true') throw invalidField(`invalid value for "${name}"`)
  return true
}
const integer = (params: URLSearchParams, name: string): number | undefined => {
  const value = params.get(name)
  if (value === null || value === '') return undefined
  if (!/^\d{1,15}$/.test(value)) throw invalidField(`invalid value for "${name}"`)
  return Number(value)
}

function nodeOf(s: EmbeddedStore, kv: KeyValue): Node {
  const { dir, value } = stored(kv)
  const lease = kv.lease ? s.keyspace.leases.get(kv.lease) : undefined
  return {
    key: fromKey(kv.key),
    ...(dir ? { dir } : { value: value ?? '' }),
    ...(lease ? { expiration: new Date(Date.now() + lease.remainingSeconds * 1000).toISOString(), ttl: lease.remainingSeconds } : {}),
    modifiedIndex: kv.modRevision,
    createdIndex: kv.createRevision,
  }
}

async function get(s: EmbeddedStore, key: string, params: URLSearchParams): Promise<Node> {
  const own = key === '/' ? undefined : (await s.keyspace.range({ start: toKey(key), end: `${toKey(key)}\0` })).kvs[0]
  if (key !== '/' && !own) throw notFound(key)
  const node: Node = own ? nodeOf(s, own) : { key: '/', dir: true }
  if (!node.dir) return node
  const recursive = flag(params, 'recursive')
  const { kvs } = await s.keyspace.range(below(key))
  const byKey = new Map<string, Node>([[key, node]])
  for (const kv of kvs) {
    const child = nodeOf(s, kv)
    const parent = byKey.get(parents(child.key).at(-1) ?? '/')
    // Names that begin with _ are hidden from lists.
    if (!parent || nameOf(child.key).startsWith('_')) continue
    parent.nodes ??= []
    parent.nodes.push(child)
    if (recursive && child.dir) byKey.set(child.key, child)
  }
  return node
}

interface Event {
  action: string
  node: Node
  prevNode?: Node
  created: boolean
}

/** The conditions of compare-and-swap and compare-and-delete, against what is there. */
function check(params: URLSearchParams, before: KeyValue | undefined, key: string): boolean {
  const prevIndex = integer(params, 'prevIndex')
  const prevValue = params.get('prevValue')
  if (!prevIndex && prevValue === null) return false
  if (!before) throw notFound(key)
  const { value, dir } = stored(before)
  if (dir) throw notAFile(key)
  if (prevValue !== null && prevValue !== value) throw compareFailed(`[${prevValue} != ${value}]`)
  if (prevIndex && prevIndex !== before.modRevision) throw compareFailed(`[${prevIndex} != ${before.modRevision}]`)
  return true
}

async function put(s: EmbeddedStore, key: string, params: URLSearchParams, forced?: 'create'): Promise<Event> {
  if (key === '/') throw readOnly()
  const dir = flag(params, 'dir')
  const prevExist = params.has('prevExist') ? flag(params, 'prevExist') : undefined
  const ttl = integer(params, 'ttl')
  // Before the write: a grant that is not used ends by itself.
  const lease = ttl ? (await s.keyspace.leases.grant(ttl)).id : 0
  const { result } = await s.keyspace.txn((tx: WriteContext) => {
    const at = toKey(key)
    const before = tx.get(at)
    const compared = check(params, before, key)
    if (prevExist === true && !before) throw notFound(key)
    if (prevExist === false && before) throw alreadyExists(key)
    if (before && stored(before).dir && !(dir && prevExist === true)) throw notAFile(key)
    for (const parent of parents(key)) {
      const there = tx.get(toKey(parent))
      if (there && !stored(there).dir) throw notADirectory(parent)
      if (!there) tx.put(toKey(parent), Buffer.from('{"dir":true}'), 0)
    }
    const keep = flag(params, 'refresh') && before ? stored(before).value : undefined
    const value: Stored = dir ? { dir: true } : { value: keep ?? params.get('value') ?? '' }
    const action = forced ?? (compared ? 'compareAndSwap' : prevExist === true ? 'update' : prevExist === false ? 'create' : 'set')
    // A plain set makes the node anew, with a new createdIndex; the others change it.
    if (before && action === 'set') tx.delete(at)
    tx.put(at, Buffer.from(JSON.stringify(value)), lease)
    return { action, before, after: tx.get(at) as KeyValue }
  })
  return {
    action: result.action,
    node: nodeOf(s, result.after),
    ...(result.before ? { prevNode: nodeOf(s, result.before) } : {}),
    created: !result.before,
  }
}

async function remove(s: EmbeddedStore, key: string, params: URLSearchParams): Promise<Omit<Event, 'created'>> {
  if (key === '/') throw readOnly()
  const recursive = flag(params, 'recursive')
  const dir = flag(params, 'dir') || recursive
  const { result, revision } = await s.keyspace.txn((tx: WriteContext) => {
    const before = tx.get(toKey(key))
    const compared = check(params, before, key)
    if (!before) throw notFound(key)
    const isDir = stored(before).dir === true
    if (isDir && !dir) throw notAFile(key)
    const children = isDir ? tx.range(below(key), true) : []
    if (children.length > 0 && !recursive) throw notEmpty(key)
    for (const child of children) tx.delete(child.key)
    tx.delete(toKey(key))
    return { before, compared, isDir }
  })
  const { before } = result
  return {
    action: result.compared ? 'compareAndDelete' : 'delete',
    node: { key, ...(result.isDir ? { dir: true } : {}), modifiedIndex: revision, createdIndex: before.createRevision },
    prevNode: nodeOf(s, before),
  }
}

/** Long poll: answers with the first change, or with all of them, line by line, when `stream` is asked for. */
function wait(
  s: EmbeddedStore,
  key: string,
  params: URLSearchParams,
  response: ServerResponse,
  answer: (status: number, body: object) => void,
): Promise<void> {
  const recursive = flag(params, 'recursive')
  const stream = flag(params, 'stream')
  const self = toKey(key)
  const range = key === '/' ? below('/') : { start: self, end: recursive ? below(key).end : `${self}\0` }
  return new Promise((resolve, reject) => {
    const done = (error?: Error) => {
      watch.close()
      if (error) reject(error)
      else resolve()
    }
    if (stream) response.writeHead(200, { 'content-type': 'application/json', 'x-etcd-index': String(s.revision) }).flushHeaders()
    const watch = s.keyspace.watch(
      range,
      { startRevision: integer(params, 'waitIndex') ?? 0, previous: true },
      {
        events(events) {
          for (const event of replacements(events)) {
            const name = fromKey(event.kv.key)
            if (recursive ? name !== key && key !== '/' && !name.startsWith(`${key}/`) : name !== key) continue
            if (stream) response.write(`${JSON.stringify(eventOf(s, event))}\n`)
            else {
              answer(200, eventOf(s, event))
              done()
              return
            }
          }
        },
        end: (error) =>
          done(
            error instanceof CompactedError
              ? new V2Error(
                  401,
                  400,
                  'The event in requested index is outdated and cleared',
                  `the requested history has been cleared [${error.compactedRevision}]`,
                )
              : error,
          ),
      },
    )
    response.on('close', () => done())
  })
}

/** A set over an existing node is a delete and a put at one revision: only the put is told. */
function replacements(events: readonly StoreEvent[]): StoreEvent[] {
  return events.flatMap((event, i) => {
    const next = events[i + 1]
    if (event.type === 'delete' && next?.type === 'put' && next.kv.key === event.kv.key) return []
    const before = events[i - 1]
    const replaced = before?.type === 'delete' && before.kv.key === event.kv.key ? before.previous : event.previous
    return [{ ...event, ...(replaced ? { previous: replaced } : {}) }]
  })
}

function eventOf(s: EmbeddedStore, { type, kv, previous }: StoreEvent): object {
  const prevNode = previous ? { prevNode: nodeOf(s, previous) } : {}
  if (type === 'put') return { action: kv.version === 1 ? 'set' : 'update', node: nodeOf(s, kv), ...prevNode }
  const wasDir = previous && stored(previous).dir
  return {
    action: previous?.lease ? 'expire' : 'delete',
    node: {
      key: fromKey(kv.key),
      ...(wasDir ? { dir: true } : {}),
      modifiedIndex: kv.modRevision,
      createdIndex: previous?.createRevision ?? 0,
    },
    ...prevNode,
  }
}
