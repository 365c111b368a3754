/** Answers as bytes: the entry's own where JSON is wanted, and made from the object where another form is. */
import { mediaTypes, writeBody } from '../api/codec.ts'
import type { Json } from '../api/decode.ts'
import type { StatusError } from '../api/errors.ts'
import type { Answer } from './call.ts'
import type { Endpoint } from './endpoints.ts'
import { typeOfObject, writeWatchEvent } from './formats.ts'
import type { Form } from './negotiate.ts'
import { viewOf } from './rest/core.ts'
import { transform, transformList } from './shapes.ts'
import { type CacheEvent, newEvent } from './storage/changes.ts'
import type { Entry } from './storage/entry.ts'

export interface Encoded {
  readonly status: number
  readonly type: string
  readonly bytes: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** Whether the stored bytes are what is answered. */
const plain = (endpoint: Endpoint, form: Form): boolean =>
  form.media === 'json' && !form.as && !form.pretty && !endpoint.conversion && !endpoint.strategy.decorate

const closing = Buffer.from(']}\n')

export function encodeAnswer(answer: Exclude<Answer, { kind: 'watch' | 'proxy' }>, form: Form, query: URLSearchParams): Encoded {
  switch (answer.kind) {
    case 'bytes':
      return answer
    case 'entry': {
      const { endpoint, entry, status } = answer
      if (plain(endpoint, form)) return { status, type: 'application/json', bytes: entry.bytes }
      return { status, ...encodeValue(transform(endpoint, viewOf(endpoint, entry), form, query), form) }
    }
    case 'object': {
      const { of, status, headers } = answer
      const object = of ? transform(of, answer.object as never, form, query) : answer.object
      return { status, ...encodeValue(object, of ? form : { ...form, as: undefined }), ...(headers ? { headers } : {}) }
    }
    case 'list':
      return { status: 200, ...encodeList(answer, form, query) }
  }
}

export function encodeValue(object: object, form: Form): { type: string; bytes: Buffer } {
  if (form.media === 'json')
    return { type: 'application/json', bytes: Buffer.from(`${form.pretty ? JSON.stringify(object, null, 2) : JSON.stringify(object)}\n`) }
  return { type: mediaTypes[form.media], bytes: writeBody(form.media, object as Json, typeOfObject(object)) }
}

type ListAnswer = Extract<Answer, { kind: 'list' }>

export const listMetadata = ({ revision, continue: token, remaining }: ListAnswer): object => ({
  resourceVersion: String(revision),
  ...(token ? { continue: token } : {}),
  ...(remaining ? { remainingItemCount: remaining } : {}),
})

function encodeList(answer: ListAnswer, form: Form, query: URLSearchParams): { type: string; bytes: Buffer } {
  const { endpoint, entries } = answer
  const metadata = listMetadata(answer)
  if (!plain(endpoint, form)) return encodeValue(transformList(answer, metadata, form, query), form)
  const head = Buffer.from(
    `{"kind":"${endpoint.resource.kind}List","apiVersion":"${endpoint.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`,
  )
  return { type: 'application/json', bytes: joinItems(head, entries) }
}

/** The items' bytes without kind and apiVersion, between the list's head and its end. */
function joinItems(head: Buffer, entries: readonly Entry[]): Buffer {
  let size = head.length + closing.length
  for (const { bytes, item } of entries) size += bytes.length - item + 2
  if (entries.length > 0) size -= 1
  const all = Buffer.allocUnsafe(size)
  let at = head.copy(all)
  for (let i = 0; i < entries.length; i++) {
    const { bytes, item } = entries[i] as Entry
    if (i > 0) all[at++] = 44
    all[at++] = 123
    at += bytes.copy(all, at, item)
  }
  closing.copy(all, at)
  return all
}

/** One watch event in a form, made once for all who watch in that form. */
export function encodeEvent(event: CacheEvent, endpoint: Endpoint, form: Form, query: URLSearchParams, first = false): Buffer {
  const key = `${endpoint.apiVersion} ${form.media} ${form.as ?? ''}${form.asVersion ?? ''} ${form.as === 'Table' ? `${query.get('includeObject')} ${first}` : ''}`
  const have = event.encoded.get(key)
  if (have) return have as Buffer
  const { type, entry } = event
  const made =
    form.media === 'json' && !form.as && !endpoint.conversion && !endpoint.strategy.decorate
      ? Buffer.concat([Buffer.from(`{"type":"${type}","object":`), entry.bytes, Buffer.from('}\n')])
      : encodeWatchEvent(
          type,
          type === 'BOOKMARK'
            ? (JSON.parse(entry.bytes.toString()) as object)
            : transform(endpoint, viewOf(endpoint, entry), form, query, !first),
          form,
        )
  event.encoded.set(key, made)
  return made
}

export function encodeWatchEvent(type: string, object: object, form: Form): Buffer {
  if (form.media === 'json') return Buffer.from(`${JSON.stringify({ type, object })}\n`)
  return writeWatchEvent(form.media, type, object as Json, typeOfObject(object))
}

/** What a bookmark says: the kind and how far the watcher is. */
export function bookmark(endpoint: Endpoint, revision: number, form: Form, initialEventsEnd: boolean): CacheEvent {
  const partial = form.as === 'PartialObjectMetadata' || form.as === 'PartialObjectMetadataList'
  const object = {
    kind: partial ? 'PartialObjectMetadata' : endpoint.resource.kind,
    apiVersion: partial ? `meta.k8s.io/${form.asVersion}` : endpoint.apiVersion,
    metadata: {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  }
  return newEvent('BOOKMARK', { key: '', revision, bytes: Buffer.from(JSON.stringify(object)), item: 0, object: undefined })
}

export const encodeError = (error: StatusError, form: Form): Encoded => ({
  status: error.code,
  ...encodeValue(error.status, { ...form, as: undefined }),
  ...(error.status.details?.retryAfterSeconds ? { headers: { 'retry-after': String(error.status.details.retryAfterSeconds) } } : {}),
})
