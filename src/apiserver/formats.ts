/** Objects in the media types beside JSON: their types, and the framing of watch events. */
import { type MediaType, writeBody } from '../api/codec.ts'
import type { Json } from '../api/decode.ts'
import { typeById } from '../api/registry.ts'
import type { MessageType } from '../schema/schema.ts'
import { typeOf } from './endpoints.ts'

/** The type that an object says it is of; undefined for kinds that no table describes. */
export function typeOfObject(object: object): MessageType | undefined {
  const { apiVersion, kind } = object as { apiVersion?: string; kind?: string }
  if (!apiVersion || !kind) return undefined
  const slash = apiVersion.indexOf('/')
  const found = typeOf(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind)
  return found ?? (apiVersion === 'v1' || apiVersion.startsWith('meta.k8s.io/') ? metaType(kind) : undefined)
}

function metaType(kind: string): MessageType | undefined {
  try {
    return typeById(`meta.v1.${kind}`)
  } catch {
    return undefined
  }
}

/**
 * One event of a watch in YAML, CBOR or protobuf. Protobuf frames are a length in four bytes and a WatchEvent whose
 * object is the whole envelope (apimachinery/pkg/util/framer).
 */
export function writeWatchEvent(media: MediaType, type: string, object: Json, messageType: MessageType | undefined): Buffer {
  if (media !== 'protobuf') return writeBody(media, { type, object })
  const inner = writeBody('protobuf', object, messageType)
  const raw = field(1, inner)
  const event = Buffer.concat([field(1, Buffer.from(type)), field(2, raw)])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(event.length)
  return Buffer.concat([length, event])
}

/** A length-delimited protobuf field. */
function field(number: number, bytes: Buffer): Buffer {
  const head = [(number << 3) | 2]
  let size = bytes.length
  while (size > 0x7f) {
    head.push((size & 0x7f) | 0x80)
    size >>>= 7
  }
  head.push(size)
  return Buffer.concat([Buffer.from(head), bytes])
}
