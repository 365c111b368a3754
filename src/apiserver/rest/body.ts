/** The object in a request's body. */
import { newBadRequest } from '../../api/errors.ts'
import { DecodeError } from '../../api/json.ts'
import type { Call } from '../call.ts'
import { completeObject, decodeBody, type Expected } from '../decode-body.ts'
import type { Endpoint } from '../endpoints.ts'
import type { WriteOptions } from '../options.ts'
import type { ApiObject } from '../request.ts'
import type { Core } from './core.ts'

/** Upstream's limit on request bodies. */
const maxBody = 3 * 1024 * 1024

/** The body as it came by the wire. */
export async function readBytes(core: Core, call: Call): Promise<Buffer> {
  const bytes = await call.request.body(maxBody)
  core.bodyRead?.(call, bytes.length)
  return bytes
}

export const expectedOf = ({ resource, type, custom }: Endpoint): Expected => ({
  group: resource.group,
  version: resource.version,
  kind: resource.kind,
  type,
  ...(custom ? { custom } : {}),
})

export async function readObject(
  core: Core,
  call: Call,
  expected: Expected | Endpoint,
  validation: WriteOptions['fieldValidation'],
): Promise<ApiObject> {
  const { request } = call
  const wanted = 'resource' in expected ? expectedOf(expected) : expected
  if (request.object !== undefined) {
    try {
      const object = completeObject(request.object, wanted)
      call.audited?.(object)
      return object
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw newBadRequest(
        `${wanted.kind} in version ${JSON.stringify(wanted.version)} cannot be handled as a ${wanted.kind}: ${error.message}`,
      )
    }
  }
  const contentType = header(request.headers['content-type'])
  const bytes = await readBytes(core, call)
  const object = decodeBody({ bytes, contentType }, wanted, validation, call.warn)
  core.step(call, 'decode')
  call.audited?.(object)
  return object
}

export const header = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)
