/** PATCH: JSON, merge, strategic merge and apply patches on an object or one of its subresources (handlers/patch.go). */
import { strictDecodingError } from '../../api/codec.ts'
import { normalize } from '../../api/decode.ts'
import { newBadRequest } from '../../api/errors.ts'
import { DecodeError, parseJson } from '../../api/json.ts'
import { applyPatch, patchTypes } from '../../api/patch/apply-patch.ts'
import type { Json } from '../../api/shape.ts'
import { parseYaml } from '../../api/yaml.ts'
import type { Answer, Call } from '../call.ts'
import { completeObject, type Expected } from '../decode-body.ts'
import { bodyType, newUnsupportedMediaType } from '../negotiate.ts'
import { parseWriteOptions, type WriteOptions } from '../options.ts'
import type { ApiObject } from '../request.ts'
import { expectedOf, header, maxBody } from './body.ts'
import type { Core } from './core.ts'
import { checkNamespace, withNamespace } from './create.ts'
import { managerOf } from './manager.ts'
import { writeUpdate } from './update.ts'

export interface Patch {
  readonly mediaType: string
  /** The parsed body. */
  readonly value: unknown
  readonly options: WriteOptions
  /** Strict decoding faults of an apply patch. */
  readonly faults: readonly string[]
}

export const isApply = ({ mediaType }: Patch): boolean => mediaType === patchTypes.apply || mediaType === patchTypes.applyCbor

export async function readPatch(call: Call): Promise<Patch> {
  const { request, info, endpoint } = call
  const mediaType = bodyType(header(request.headers['content-type']))
  // Custom resources have no strategic merge: nothing says how their lists merge.
  const accepted = [patchTypes.json, patchTypes.merge, ...(endpoint.type ? [patchTypes.strategic] : []), patchTypes.apply]
  if (!(accepted as readonly string[]).includes(mediaType)) throw newUnsupportedMediaType(accepted)
  const apply = mediaType === patchTypes.apply
  const bytes = request.object === undefined ? await request.body(maxBody) : undefined
  const options = parseWriteOptions('PatchOptions', info.query, apply)
  if (bytes === undefined) return { mediaType, value: request.object, options, faults: [] }
  if (bytes.length === 0 && apply) throw newBadRequest('error decoding YAML: EOF')
  try {
    if (!apply) return { mediaType, value: parseJson(bytes).value, options, faults: [] }
    const { value, duplicates } = parseYaml(bytes.toString('utf8'))
    return { mediaType, value, options, faults: duplicates }
  } catch (error) {
    if (error instanceof DecodeError)
      throw newBadRequest(apply ? `error decoding YAML: ${error.message}` : `error decoding patch: ${error.message}`)
    throw error
  }
}

export async function patch(core: Core, call: Call): Promise<Answer> {
  const { endpoint, info } = call
  const sent = await readPatch(call)
  core.step(call, 'decode')
  const { options } = sent
  if (isApply(sent)) {
    const wanted = applied(sent, call)
    const make = (live: ApiObject | undefined) => {
      const object = core.fieldManager.apply(
        endpoint,
        live,
        wanted,
        managerOf(options.fieldManager, call),
        options.force === true,
        info.subresource,
      )
      checkNamespace(object, info.namespace)
      return object === live ? object : completeObject(object, expectedOf(endpoint))
    }
    return writeUpdate(core, call, {
      name: info.name,
      options,
      preconditions: wanted.metadata.uid ? { uid: wanted.metadata.uid } : {},
      managedFields: 'keep',
      transform: (existing) => make(existing),
      ...(info.subresource ? {} : { create: () => withNamespace(make(undefined), info.namespace) }),
    })
  }
  return writeUpdate(core, call, {
    name: info.name,
    options,
    transform: (existing) => patched(expectedOf(endpoint), existing, sent, call),
  })
}

/** `existing` with the patch on it, decoded as its kind. */
export function patched(expected: Expected, existing: ApiObject, { mediaType, value, options }: Patch, call: Call): ApiObject {
  const { kind, version, type } = expected
  const document = applyPatch(mediaType, existing as unknown as Json, value, type)
  const label = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: `
  try {
    if (!type) return completeObject(document, expected)
    const { object, strict } = normalize(type, document)
    if (strict.length > 0) {
      if (options.fieldValidation === 'Strict') throw newBadRequest(label + strictDecodingError(strict))
      if (options.fieldValidation === 'Warn') for (const fault of strict) call.warn(fault)
    }
    return completeObject(object, expected)
  } catch (error) {
    if (error instanceof DecodeError) throw newBadRequest(label + error.message)
    throw error
  }
}

/** The object of an apply patch; what it must not say is checked where it is applied. */
function applied({ value, options, faults }: Patch, call: Call): ApiObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw newBadRequest('error decoding YAML: an apply patch is an object')
  if (faults.length > 0) {
    if (options.fieldValidation === 'Strict') throw newBadRequest(`strict decoding error: ${faults.join(', ')}`)
    if (options.fieldValidation === 'Warn') for (const fault of faults) call.warn(fault)
  }
  const object = value as unknown as ApiObject
  return object.metadata ? object : { ...object, metadata: {} as ApiObject['metadata'] }
}
