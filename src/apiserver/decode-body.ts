/** A request's body as an object of the expected kind: media type, kind and version checked, fields validated, defaults filled in. */
import { type MediaType, readBody, strictDecodingError } from '../api/codec.ts'
import { type Decoded, normalize } from '../api/decode.ts'
import { defaultObject } from '../api/defaults/index.ts'
import { newBadRequest, type StatusError } from '../api/errors.ts'
import { DecodeError } from '../api/json.ts'
import { typeById } from '../api/registry.ts'
import type { MessageType } from '../schema/schema.ts'
import { apiVersionOf, type CustomKind, typeOf } from './endpoints.ts'
import { bodyMediaType, offeredCustom } from './negotiate.ts'
import type { WriteOptions } from './options.ts'
import type { ApiObject } from './request.ts'

export interface Expected {
  readonly group: string
  readonly version: string
  readonly kind: string
  /** Older versions whose objects are read as this one's. */
  readonly olderVersions?: readonly string[]
  readonly type: MessageType | undefined
  /** How objects of custom resources are read, which no type describes. */
  readonly custom?: Pick<CustomKind, 'decode'>
}

export interface Body {
  readonly bytes: Buffer
  readonly contentType: string | undefined
}

/** The decoded body; what strict validation finds is refused, warned about or let pass, as the client asks. */
export function decodeBody(
  body: Body,
  expected: Expected,
  validation: WriteOptions['fieldValidation'],
  warn: (text: string) => void,
): ApiObject {
  const mediaType = bodyMediaType(body.contentType, expected.custom && offeredCustom)
  let meta = { apiVersion: apiVersionOf(expected.group, expected.version), kind: expected.kind }
  const label = () => `${meta.kind} in version ${JSON.stringify(versionOf(meta.apiVersion))} cannot be handled as a ${expected.kind}: `
  try {
    const read = recognise(mediaType, body.bytes, expected.kind)
    if (expected.custom) checkNamed(read, expected.kind, body.bytes)
    meta = { apiVersion: read.apiVersion || meta.apiVersion, kind: read.kind || meta.kind }
    if (!expected.custom) checkKind(meta, expected, label, body.bytes)
    const { object, strict } = readCustom(read.decode(expected.type), expected)
    if (strict.length > 0) {
      if (validation === 'Strict') throw newBadRequest(label() + strictDecodingError(strict))
      if (validation === 'Warn') for (const fault of strict) warn(fault)
    }
    if (expected.custom && meta.apiVersion !== apiVersionOf(expected.group, expected.version))
      throw mismatch(meta.apiVersion, apiVersionOf(expected.group, expected.version))
    return complete(object, expected, meta.kind)
  } catch (error) {
    if (error instanceof DecodeError) throw newBadRequest(label() + error.message)
    throw error
  }
}

const readCustom = (decoded: Decoded, { custom }: Expected): Decoded => {
  if (!custom) return decoded
  const { object, strict } = custom.decode(decoded.object)
  return { object, strict: [...decoded.strict, ...strict] }
}

/** A custom object must say what it is (runtime.NewMissingKindErrWithBody). Whether that is what the path wants is validated with the rest. */
function checkNamed({ apiVersion, kind }: { apiVersion: string; kind: string }, wanted: string, bytes: Buffer): void {
  const missing = kind === '' ? "'Kind'" : apiVersion === '' ? "'apiVersion'" : undefined
  if (missing)
    throw newBadRequest(
      `the object provided is unrecognized (must be of type ${wanted}): Object ${missing} is missing in '${bytes.toString()}' (${summary(bytes)})`,
    )
}

/** Reads as far as the kind; what cannot even be read so far is unrecognized (handlers' transformDecodeError). */
function recognise(media: MediaType, bytes: Buffer, kind: string): ReturnType<typeof readBody> {
  try {
    return readBody(media, bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const message = media === 'json' ? looseMessage(error) : error.message
    throw newBadRequest(`the object provided is unrecognized (must be of type ${kind}): ${message} (${summary(bytes)})`)
  }
}

/** The beginning of a body, as text when it looks like JSON. */
function summary(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>'
  const shown = bytes.subarray(0, 30)
  return `${bytes[0] === 0x7b ? shown.toString() : shown.toString('hex')}${bytes.length > 30 ? ' ...' : ''}`
}

/** An object that came as an object (in this process), brought into canonical form. */
export function completeObject(value: unknown, expected: Expected): ApiObject {
  const object = expected.type ? normalize(expected.type, value).object : (value as Record<string, unknown>)
  if (!expected.custom) return complete(object, expected)
  const { kind } = object
  return complete(expected.custom.decode(object).object, expected, typeof kind === 'string' && kind ? kind : expected.kind)
}

/** A decoded object with the defaults of its kind, and its kind in front. The object is changed. */
export function complete(object: Record<string, unknown>, { group, version, kind: wanted, type }: Expected, kind = wanted): ApiObject {
  if (type) defaultObject(type.id, object)
  const { kind: _k, apiVersion: _v, metadata, ...rest } = object
  return { kind, apiVersion: apiVersionOf(group, version), metadata: metadata ?? {}, ...rest } as unknown as ApiObject
}

const scheme = 'pkg/api/legacyscheme/scheme.go:30'

function checkKind(meta: { apiVersion: string; kind: string }, expected: Expected, label: () => string, bytes?: Buffer): void {
  const wanted = apiVersionOf(expected.group, expected.version)
  if (meta.kind === expected.kind && meta.apiVersion === wanted) return
  if (meta.kind === expected.kind && expected.olderVersions?.some((v) => meta.apiVersion === apiVersionOf(expected.group, v))) return
  const parts = meta.apiVersion.split('/')
  if (parts.length > 2) {
    throw newBadRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): unexpected GroupVersion string: ${meta.apiVersion} (${summary(bytes ?? Buffer.alloc(0))})`,
    )
  }
  const [group, version] = parts.length === 2 ? (parts as [string, string]) : ['', meta.apiVersion]
  const known = typeOf(group, version, meta.kind)?.object
  if (!known) {
    if (servedBefore(group, version, meta.kind, expected)) throw mismatch(meta.apiVersion, wanted)
    throw newBadRequest(
      `${label()}no kind ${JSON.stringify(meta.kind)} is registered for version ${JSON.stringify(meta.apiVersion)} in scheme ${JSON.stringify(scheme)}`,
    )
  }
  if (meta.kind !== expected.kind)
    throw newBadRequest(
      `${label()}converting (${version}.${meta.kind}) to (${goPackage(expected.group)}.${expected.kind}): unknown conversion`,
    )
  throw mismatch(meta.apiVersion, wanted)
}

const mismatch = (sent: string, wanted: string): StatusError =>
  newBadRequest(`the API version in the data (${sent}) does not match the expected API version (${wanted})`)

/** Versions that upstream's scheme still knows and no longer serves: bodies in them are understood and then refused. */
const retired: Readonly<Record<string, readonly string[]>> = {
  apps: ['v1beta1', 'v1beta2'],
  autoscaling: ['v2beta1', 'v2beta2'],
  batch: ['v1beta1'],
  policy: ['v1beta1'],
  'rbac.authorization.k8s.io': ['v1alpha1', 'v1beta1'],
  'networking.k8s.io': ['v1beta1'],
  'storage.k8s.io': ['v1alpha1', 'v1beta1'],
  'coordination.k8s.io': ['v1beta1'],
  'discovery.k8s.io': ['v1beta1'],
  'events.k8s.io': ['v1beta1'],
  'node.k8s.io': ['v1alpha1', 'v1beta1'],
  'scheduling.k8s.io': ['v1alpha1', 'v1beta1'],
  extensions: ['v1beta1'],
}
const servedBefore = (group: string, version: string, kind: string, expected: Expected): boolean =>
  kind === expected.kind && (group === expected.group || group === 'extensions') && (retired[group]?.includes(version) ?? false)

const versionOf = (apiVersion: string): string => apiVersion.slice(apiVersion.lastIndexOf('/') + 1)
/** The package of a group's internal types in Go, as errors print them: `core.ConfigMap`. */
export const goPackage = (group: string): string => (group === '' ? 'core' : (group.split('.')[0] as string))

const deleteOptionsScheme = 'k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27'

/** The DeleteOptions of a deletion's body; undefined when there is none. Any version of them is taken, as upstream's are in every group. */
export function decodeDeleteOptions(body: Body): Readonly<Record<string, unknown>> | undefined {
  if (body.bytes.length === 0) return undefined
  const mediaType = bodyMediaType(body.contentType)
  try {
    const read = readBody(mediaType, body.bytes)
    const { kind, apiVersion } = read
    if (kind !== '' && kind !== 'DeleteOptions')
      throw newBadRequest(
        `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion || 'v1')} in scheme ${JSON.stringify(deleteOptionsScheme)}`,
      )
    return read.decode(typeById('meta.v1.DeleteOptions')).object
  } catch (error) {
    if (error instanceof DecodeError) throw newBadRequest(looseMessage(error))
    throw error
  }
}

/** As upstream's recogniser words it: the faults of a body whose kind is not known beforehand. */
function looseMessage({ message }: DecodeError): string {
  return message.startsWith("couldn't get") || message.startsWith('json: cannot')
    ? message
    : `couldn't get version/kind; json parse error: ${message}`
}
