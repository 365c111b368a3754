/** Answers as bytes: the entry's own where JSON is wanted, and made from the object where another form is. */
import { mediaTypes, writeBody } from '../api/codec.ts'
import type { Json } from '../api/decode.ts'
import type { StatusError } from '../api/errors.ts'
import type { Answer } from './call.ts'
import type { Endpoint } from './endpoints.ts'
import { typeOfObject, writeWatchEvent } from './formats.ts'
import { type Form, jsonForm } from './negotiate.ts'
import { viewOf } from './rest/core.ts'
import type { Response } from './server.ts'
import { listKindOf, transform, transformList } from './shapes.ts'
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
    case 'objects':
      return { status: 200, ...encodeValue(transformList(answer.endpoint, answer.objects, {}, form, query), form) }
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

/** Lists of custom resources say that they are whole. */
export const listMetadata = ({ endpoint, revision, continue: token, remaining }: ListAnswer, form = jsonForm): object => ({
  resourceVersion: String(revision),
  ...(token || (endpoint.custom && !form.as) ? { continue: token } : {}),
  ...(remaining ? { remainingItemCount: remaining } : {}),
})

function encodeList(answer: ListAnswer, form: Form, query: URLSearchParams): { type: string; bytes: Buffer } {
  const { endpoint } = answer
  if (!plain(endpoint, form))
    return encodeValue(
      transformList(
        endpoint,
        answer.entries.map((entry) => viewOf(endpoint, entry)),
        listMetadata(answer, form),
        form,
        query,
      ),
      form,
    )
  const { type, length, pieces } = plainList(answer)
  const [bytes] = pieces(Buffer.allocUnsafe(length))
  return { type, bytes: bytes as Buffer }
}

/** A list that is put together piece by piece. */
export interface LongList {
  readonly type: string
  readonly length: number
  /** The body in pieces, each of which stands in `into` until the next is asked for. */
  pieces(into: Buffer): Iterable<Buffer>
}

/** The list that an answer is, where that is stored bytes one after the other and longer than `above`. */
export function longList({ answer, form }: Pick<Response, 'answer' | 'form'>, above: number): LongList | undefined {
  if (answer.kind !== 'list' || !plain(answer.endpoint, form)) return undefined
  const list = plainList(answer)
  return list.length > above ? list : undefined
}

function plainList(answer: ListAnswer): LongList {
  const { endpoint, entries } = answer
  const head = Buffer.from(
    `{"kind":"${listKindOf(endpoint)}","apiVersion":"${endpoint.apiVersion}","metadata":${JSON.stringify(listMetadata(answer))},"items":[`,
  )
  let length = head.length + closing.length + Math.max(0, entries.length - 1)
  for (const { bytes, item } of entries) length += 1 + bytes.length - item
  return { type: 'application/json', length, pieces: (into) => packed(partsOf(head, entries), into) }
}

const opening = Buffer.from('{')
const between = Buffer.from(',{')

/** What a list consists of, each with the place where it begins in its bytes: items of built-in kinds are without kind and apiVersion. */
function* partsOf(head: Buffer, entries: readonly Entry[]): Generator<[Buffer, number]> {
  yield [head, 0]
  let before = opening
  for (const { bytes, item } of entries) {
    yield [before, 0]
    yield [bytes, item]
    before = between
  }
  yield [closing, 0]
}

function* packed(parts: Iterable<readonly [Buffer, number]>, into: Buffer): Generator<Buffer> {
  let at = 0
  for (const [bytes, start] of parts) {
    for (let from = start; from < bytes.length; ) {
      if (at === into.length) {
        yield into
        at = 0
      }
      const copied = bytes.copy(into, at, from)
      at += copied
      from += copied
    }
  }
  yield into.subarray(0, at)
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
