/** One PATCH body on one object, by media type, with the answers that upstream's patch handler gives when it fails. */
import type { MessageType } from '../../schema/schema.ts'
import { StatusError } from '../errors.ts'
import { isObject, type Json } from '../shape.ts'
import { goType, goValue } from './go-value.ts'
import { applyJsonPatch, type JsonPatchOperation, maxOperations } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { applyStrategicMergePatch, StrategicPatchError, shapeError } from './strategic-merge-patch.ts'

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
  applyCbor: 'application/apply-patch+cbor',
} as const

/**
 * The patched object, not yet decoded as its type: unknown fields and wrong values are the decoder's to find.
 * `type` is needed by the strategic patch only; `patch` is the parsed body.
 */
export function applyPatch(mediaType: string, object: Json, patch: unknown, type: MessageType | undefined): Json {
  switch (mediaType) {
    case patchTypes.json:
      return jsonPatch(object, patch)
    case patchTypes.merge:
      if (!isObject(patch)) throw badRequest(`error decoding patch: ${cannotUnmarshal(patch, 'map[string]interface {}')}`)
      return applyMergePatch(object, patch) as Json
    default:
      return strategicPatch(object, patch, type as MessageType)
  }
}

function jsonPatch(object: Json, patch: unknown): Json {
  if (!Array.isArray(patch)) throw badRequest(`error decoding patch: ${cannotUnmarshal(patch, '[]handlers.jsonPatchOp')}`)
  if (patch.length > maxOperations)
    throw new StatusError({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    })
  let result: unknown
  try {
    if (!patch.every(isObject)) throw new Error('an operation is an object')
    result = applyJsonPatch(object, patch as unknown as JsonPatchOperation[])
    if (!isObject(result)) throw new Error('the result is no object')
  } catch (cause) {
    // Upstream keeps the library's words to itself.
    const status = new StatusError({
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
      details: {},
    })
    status.cause = cause
    throw status
  }
  return result
}

function strategicPatch(object: Json, patch: unknown, type: MessageType): Json {
  if (!isObject(patch)) throw badRequest(cannotUnmarshal(patch, 'map[string]interface {}'))
  let result: Json
  try {
    result = applyStrategicMergePatch(object, patch, type)
  } catch (error) {
    if (error instanceof StrategicPatchError) throw new StatusError({ code: 500, message: error.message })
    throw error
  }
  const wrong = shapeError(patch, type)
  if (wrong) {
    const text = `Invalid value: ${JSON.stringify(goValue(patch))}: ${wrong}`
    throw new StatusError({
      code: 422,
      reason: 'Invalid',
      message: ` "" is invalid: patch: ${text}`,
      details: { causes: [{ reason: 'FieldValueInvalid', message: text, field: 'patch' }] },
    })
  }
  return result
}

const badRequest = (message: string): StatusError => new StatusError({ code: 400, reason: 'BadRequest', message })
const jsonKinds: Readonly<Record<string, string>> = {
  '[]interface {}': 'array',
  'map[string]interface {}': 'object',
  int64: 'number',
  float64: 'number',
}
const cannotUnmarshal = (value: unknown, into: string): string =>
  `json: cannot unmarshal ${jsonKinds[goType(value)] ?? goType(value)} into Go value of type ${into}`
