/** What tests of validation share: objects as the server has them by then, and errors as their readers see them. */
import { decodeParsed } from '../decode.ts'
import { defaultObject } from '../defaults/index.ts'
import { parseJson } from '../json.ts'
import { typeById } from '../registry.ts'
import { causeMessage, type FieldError } from './field-error.ts'

/** A body as the server has it when validation sees it: decoded and defaulted. */
export function object<T>(type: string, body: object): T {
  const { metadata, ...rest } = body as { metadata?: object }
  const text = JSON.stringify({ metadata: { name: 'x', namespace: 'n', uid: 'u', resourceVersion: '1', ...metadata }, ...rest })
  return defaultObject(type, decodeParsed(parseJson(Buffer.from(text)), typeById(type)).object) as T
}
export const texts = (errors: readonly FieldError[]) => errors.map((e) => `${e.field}: ${causeMessage(e)}`)

export const check =
  <T>(type: string, validate: (object: T) => FieldError[]) =>
  (body: object) =>
    texts(validate(object<T>(type, body)))
