/** PATCH: JSON, merge, strategic merge and apply patches on an object or one of its subresources (handlers/patch.go). */
import { strictDecodingError } from '../../api/codec.ts'
import { normalize } from '../../api/decode.ts'
import { newBadRequest, newConflict, StatusError } from '../../api/errors.ts'
import { DecodeError, parseJson } from '../../api/json.ts'
import { applyPatch, patchTypes } from '../../api/patch/apply-patch.ts'
import { goValue } from '../../api/patch/go-value.ts'
import type { Json } from '../../api/shape.ts'
import { invalid, newInvalid } from '../../api/validation/field-error.ts'
import { parseYaml } from '../../api/yaml.ts'
import type { MessageType } from '../../schema/schema.ts'
import type { Answer, Call } from '../call.ts'
import { complete, completeObject, type Expected } from '../decode-body.ts'
import type { Endpoint } from '../endpoints.ts'
import { bodyType, newUnsupportedMediaType } from '../negotiate.ts'
import { parseWriteOptions, type WriteOptions } from '../options.ts'
import type { ApiObject } from '../request.ts'
import { expectedOf, header, readBytes } from './body.ts'
import { type Core, groupResourceOf, namespaceOf } from './core.ts'
import { checkNamespace, withNamespace } from './create.ts'
import { managerOf } from './manager.ts'
import { checkName, writeUpdate } from './update.ts'

export interface Patch {
  readonly mediaType: string
  /** The parsed body. */
  readonly value: unknown
  readonly options: WriteOptions
  /** Strict decoding faults of an apply patch. */
  readonly faults: readonly string[]
}

const allTypes: ReadonlySet<string> = new Set(Object.values(patchTypes))

export const isApply = ({ mediaType }: Patch): boolean => mediaType === patchTypes.apply || mediaType === patchTypes.applyCbor

export async function readPatch(core: Core, call: Call): Promise<Patch> {
  const { request, info, endpoint } = call
  const mediaType = bodyType(header(request.headers['content-type']))
  // Custom resources have no strategic merge: nothing says how their lists merge.
  const accepted = [patchTypes.json, patchTypes.merge, ...(endpoint.type ? [patchTypes.strategic] : []), patchTypes.apply]
  if (!allTypes.has(mediaType))
    throw new StatusError({ code: 415, reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type', details: {} })
  if (!(accepted as readonly string[]).includes(mediaType)) throw newUnsupportedMediaType(accepted)
  const apply = mediaType === patchTypes.apply
  const bytes = request.object === undefined ? await readBytes(core, call) : undefined
  const options = parseWriteOptions('PatchOptions', info.query, apply)
  if (bytes === undefined) return { mediaType, value: request.object, options, faults: [] }
  if (bytes.length === 0 && apply) return { mediaType, value: {}, options, faults: [] }
  try {
    if (!apply) return { mediaType, value: parseJson(bytes).value, options, faults: [] }
    const { value, duplicates } = parseYaml(bytes.toString('utf8'))
    return { mediaType, value, options, faults: duplicates }
  } catch (error) {
    if (error instanceof DecodeError)
      throw newBadRequest(
        mediaType === patchTypes.strategic
          ? error.message
          : `error decoding ${apply ? 'YAML: error converting YAML to JSON' : 'patch'}: ${error.message}`,
      )
    throw error
  }
}

export async function patch(core: Core, call: Call): Promise<Answer> {
  const { endpoint, info } = call
  const sent = await readPatch(core, call)
  core.step(call, 'decode')
  const { options } = sent
  if (!isApply(sent))
    return writeUpdate(core, call, {
      name: info.name,
      options,
      transform: (existing) => checked(patched(expectedOf(endpoint), existing, sent, call), call),
    })
  const wanted = applied(endpoint, sent, call)
  const make = (live: ApiObject | undefined) => {
    const object = core.fieldManager.apply(
      endpoint,
      live,
      wanted,
      managerOf(options.fieldManager, call),
      options.force === true,
      info.subresource,
    )
    return checked(object === live ? object : completeObject(object, expectedOf(endpoint)), call)
  }
  return writeUpdate(core, call, {
    name: info.name,
    options,
    managedFields: 'keep',
    transform: make,
    ...(info.subresource ? {} : { create: () => withNamespace(withoutVersion(make(undefined), endpoint), namespaceOf(call)) }),
  })
}

/** A patch may not lead to another object than the path names. */
function checked(object: ApiObject, call: Call): ApiObject {
  checkName(object, call.info.name)
  checkNamespace(object, namespaceOf(call))
  return object
}

/** What apply makes anew has no version that could be asked for, and no uid that could be met. */
function withoutVersion(object: ApiObject, endpoint: Endpoint): ApiObject {
  const { uid, resourceVersion: _r, ...metadata } = object.metadata
  if (uid)
    throw newConflict(
      groupResourceOf(endpoint),
      metadata.name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    )
  return { ...object, metadata: metadata as ApiObject['metadata'] }
}

/** `existing` with the patch on it, decoded as its kind. */
export function patched(expected: Expected, existing: ApiObject, { mediaType, value, options }: Patch, call: Call): ApiObject {
  const { kind, version, type } = expected
  const document = applyPatch(mediaType, existing as unknown as Json, value, type)
  const label = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: `
  // What does not decode is the patch's fault, which upstream says of a nameless kind: with the patch as Go prints it
  // where it was merged by structure, with the whole result where it was merged as JSON.
  const refuse = (why: string) =>
    newInvalid({ group: '', kind: '' }, '', [
      mediaType === patchTypes.strategic ? invalid('patch', goValue(value), why) : invalid('patch', JSON.stringify(document), label + why),
    ])
  try {
    const { object, strict } = expected.custom ? expected.custom.decode(document) : normalize(type as MessageType, document)
    if (strict.length > 0) {
      if (options.fieldValidation === 'Strict') throw refuse(strictDecodingError(strict))
      if (options.fieldValidation === 'Warn') for (const fault of strict) call.warn(fault)
    }
    return complete(object, expected)
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message)
    throw error
  }
}

/** The object of an apply patch, which names its kind; the rest is checked where it is applied. */
function applied(endpoint: Endpoint, { value, options, faults }: Patch, call: Call): ApiObject {
  const object = (value ?? {}) as { apiVersion?: unknown; kind?: unknown; metadata?: object }
  if (typeof object !== 'object' || Array.isArray(object)) throw newBadRequest('error decoding YAML: an apply patch is an object')
  const { apiVersion, resource } = endpoint
  if (object.apiVersion !== apiVersion || object.kind !== resource.kind) {
    const version = typeof object.apiVersion === 'string' ? object.apiVersion : ''
    throw newBadRequest(`invalid object type: ${version.includes('/') ? version : `/${version}`}, Kind=${String(object.kind ?? '')}`)
  }
  if (faults.length > 0) {
    if (options.fieldValidation === 'Strict') throw newBadRequest(strictDecodingError(faults))
    if (options.fieldValidation === 'Warn') for (const fault of faults) call.warn(fault)
  }
  return { metadata: {}, ...object } as unknown as ApiObject
}
