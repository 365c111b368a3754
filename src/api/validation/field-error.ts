/** One thing wrong with one field, in upstream's words (apimachinery/pkg/util/validation/field). Collected, then sent as one Status. */
import { type GroupResource, StatusError } from '../errors.ts'

export interface FieldError {
  readonly type: keyof typeof reasons
  /** `spec.containers[0].name` */
  readonly field: string
  readonly value?: unknown
  readonly detail: string
}

/** Status cause reasons and the words they begin with. */
const reasons = {
  required: ['FieldValueRequired', 'Required value'],
  invalid: ['FieldValueInvalid', 'Invalid value'],
  duplicate: ['FieldValueDuplicate', 'Duplicate value'],
  notFound: ['FieldValueNotFound', 'Not found'],
  notSupported: ['FieldValueNotSupported', 'Unsupported value'],
  forbidden: ['FieldValueForbidden', 'Forbidden'],
  tooLong: ['FieldValueTooLong', 'Too long'],
  tooMany: ['FieldValueTooMany', 'Too many'],
  typeInvalid: ['FieldValueTypeInvalid', 'Invalid value'],
  internal: ['InternalError', 'Internal error'],
} as const

/** Stands for a value that the message leaves out (field.OmitValueType). */
export const omitted: unique symbol = Symbol('omitted')

export const required = (field: string, detail = ''): FieldError => ({ type: 'required', field, detail })
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({ type: 'invalid', field, value, detail })
export const duplicate = (field: string, value: unknown, detail = ''): FieldError => ({ type: 'duplicate', field, value, detail })
export const notFound = (field: string, value: unknown, detail = ''): FieldError => ({ type: 'notFound', field, value, detail })
export const forbidden = (field: string, detail: string): FieldError => ({ type: 'forbidden', field, detail })
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'notSupported',
  field,
  value,
  detail: `supported values: ${supported.map(goQuote).join(', ')}`,
})
export const tooLong = (field: string, maxLength: number): FieldError => ({
  type: 'tooLong',
  field,
  detail: `may not be more than ${maxLength} bytes`,
})
export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  type: 'tooMany',
  field,
  value: actual,
  detail: `must have at most ${max} items`,
})

/** The error's text without the field, as it stands in a Status cause. */
export function causeMessage(error: FieldError): string {
  const head = reasons[error.type][1]
  const withValue = !['required', 'forbidden', 'tooLong', 'internal'].includes(error.type) && error.value !== omitted
  const body = withValue ? `${head}: ${goValue(error.value)}` : head
  return error.detail ? `${body}: ${error.detail}` : body
}

/** The 422 answer for a list of field errors; upstream joins several with brackets. */
export function newInvalid(of: { group: string; kind: string }, name: string, errors: readonly FieldError[]): StatusError {
  // Upstream keeps events of both groups as one kind, the core's.
  const kind = of.kind === 'Event' ? { group: '', kind: of.kind } : of
  const texts = errors.map((e) => `${e.field}: ${causeMessage(e)}`)
  const unique = [...new Set(texts)]
  const joined = unique.length === 1 ? unique[0] : `[${unique.join(', ')}]`
  const gk = kind.group ? `${kind.kind}.${kind.group}` : kind.kind
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${gk} "${name}" is invalid: ${joined}`,
    details: {
      ...(name ? { name } : {}),
      ...(kind.group ? { group: kind.group } : {}),
      ...(kind.kind ? { kind: kind.kind } : {}),
      causes: errors.map((e) => ({ reason: reasons[e.type][0], message: causeMessage(e), field: e.field })),
    },
  })
}

/** A value as upstream's messages show it: strings as Go's %q, the rest as Go's JSON. */
function goValue(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return goQuote(value)
  return typeof value === 'object' ? JSON.stringify(value).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`) : String(value)
}
const escapes: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}
export const goQuote = (text: string): string =>
  `"${text.replace(/["\\\u0000-\u001f\u007f]/g, (c) => escapes[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`

export type { GroupResource }
