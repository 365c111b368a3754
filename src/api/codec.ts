/**
 * The media types of the API: how bodies are read and answers written. A body is read in two steps, because its kind
 * decides its type: `readBody` finds apiVersion and kind, `decode` makes the object.
 */
import { Buffer } from 'node:buffer'
import { createCodecs, ProtobufError } from '../schema/protobuf.ts'
import { type MessageType, parseTable } from '../schema/schema.ts'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { type Decoded, decodeParsed, decodeValue, type Json, normalize, typeMeta } from './decode.ts'
import { DecodeError, parseJson } from './json.ts'
import { typeById } from './registry.ts'
import { parseYaml, writeYaml } from './yaml.ts'

export const mediaTypes = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
  cbor: 'application/cbor',
} as const
export type MediaType = keyof typeof mediaTypes

export interface Body {
  /** Empty when the body does not say. */
  readonly apiVersion: string
  readonly kind: string
  /** The object in canonical form with the tables' defaults; without a type as it was sent. Throws DecodeError. */
  decode(type: MessageType | undefined): Decoded
}

/** Reads a body as far as its kind. Throws DecodeError. */
export function readBody(media: MediaType, bytes: Uint8Array): Body {
  switch (media) {
    case 'json': {
      const parsed = parseJson(bytes)
      return { ...typeMeta(parsed.value), decode: (type) => decodeParsed(parsed, type) }
    }
    case 'yaml': {
      const { value, duplicates } = parseYaml(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
      return {
        ...typeMeta(value),
        decode(type) {
          const { object, strict } = decodeValue(value, type)
          return { object, strict: [...duplicates, ...strict] }
        },
      }
    }
    case 'cbor': {
      const value = decodeCbor(bytes)
      return { ...typeMeta(value), decode: (type) => decodeValue(value, type) }
    }
    case 'protobuf':
      return readProtobuf(bytes)
  }
}

/** Writes an object. The type is needed for protobuf and CBOR, which tell bytes from text. */
export function writeBody(media: MediaType, object: Json, type?: MessageType): Buffer {
  switch (media) {
    case 'json':
      return Buffer.from(`${JSON.stringify(object)}\n`)
    case 'yaml':
      return Buffer.from(writeYaml(object))
    case 'cbor':
      return encodeCbor(object, type)
    case 'protobuf':
      return writeProtobuf(object, type)
  }
}

/** What upstream says of an object that strict validation refuses. */
export function strictDecodingError(strict: readonly string[]): string {
  const lines = strict.filter((text) => text.startsWith('line '))
  const fields = strict.filter((text) => !text.startsWith('line '))
  const yaml = lines.length > 0 ? [`yaml: unmarshal errors:\n  ${lines.join('\n  ')}`] : []
  return `strict decoding error: ${[...yaml, ...fields].join(', ')}`
}

/** The messages around an object in protobuf (k8s.io/apimachinery/pkg/runtime, generated.proto). */
const envelope = parseTable(
  'runtime',
  `
type TypeMeta
  1 apiVersion string
  2 kind       string

type Unknown
  1 typeMeta        TypeMeta
  2 raw             bytes
  3 contentEncoding string
  4 contentType     string
`,
)
const envelopes = createCodecs({ resolve: (id) => envelope.types.get(id.slice('runtime.'.length)) as MessageType, form: 'proto3' })
const messages = createCodecs({ resolve: typeById, form: 'json' })
interface Unknown {
  readonly typeMeta?: { readonly apiVersion: string; readonly kind: string }
  readonly raw: Uint8Array
}
/** Before every stored or sent object, so that protobuf can be told from JSON. */
export const protobufPrefix = Buffer.from('k8s\0')

function readProtobuf(bytes: Uint8Array): Body {
  if (bytes.length < 4 || protobufPrefix.compare(bytes, 0, 4) !== 0)
    throw new DecodeError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  const unknown = guarded(() => envelopes('runtime.Unknown').decode(bytes.subarray(4)) as Unknown)
  const { apiVersion = '', kind = '' } = unknown.typeMeta ?? {}
  return {
    apiVersion,
    kind,
    decode(type) {
      if (!type) throw new DecodeError(`no kind "${kind}" of version "${apiVersion}" is known in protobuf`)
      const value = guarded(() => messages(type.id).decode(unknown.raw) as Json)
      return normalize(type, { ...(kind ? { kind } : {}), ...(apiVersion ? { apiVersion } : {}), ...value })
    },
  }
}

function writeProtobuf(object: Json, type: MessageType | undefined): Buffer {
  if (!type) throw new Error('only built-in types are written as protobuf')
  const { apiVersion = '', kind = '' } = object
  const unknown = { typeMeta: { apiVersion, kind }, raw: messages(type.id).encode(object), contentEncoding: '', contentType: '' }
  return Buffer.concat([protobufPrefix, envelopes('runtime.Unknown').encode(unknown)])
}

/** Bytes of strangers: what is no protobuf is their mistake. */
function guarded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw error instanceof ProtobufError ? new DecodeError(error.message) : error
  }
}
