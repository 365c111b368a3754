/**
 * The options that requests carry in their query (and deletions in their body): read as apimachinery converts them and
 * checked as its meta/v1 validation does, with its words.
 */
import { newBadRequest, StatusError } from '../api/errors.ts'
import { type FieldError, forbidden, invalid, newInvalid, notSupported, required, tooLong } from '../api/validation/field-error.ts'
import { isTrue } from './request-info.ts'

export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  readonly force?: boolean
}

const fieldValidations = ['', 'Ignore', 'Strict', 'Warn']

export function parseWriteOptions(
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  query: URLSearchParams,
  apply = false,
): WriteOptions {
  if (query.size === 0 && !apply) return noOptions
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  const force = query.has('force') ? isTrue(query, 'force') : undefined
  const errors: FieldError[] = []
  if (kind === 'PatchOptions') {
    if (apply && fieldManager === '') errors.push(required('fieldManager', 'is required for apply patch'))
    if (!apply && force !== undefined) errors.push(forbidden('force', 'may not be specified for non-apply patch'))
  }
  errors.push(...validateFieldManager(fieldManager), ...validateDryRun(dryRun))
  if (!fieldValidations.includes(fieldValidation)) errors.push(notSupported('fieldValidation', fieldValidation, fieldValidations))
  if (errors.length > 0) throw newInvalid({ group: 'meta.k8s.io', kind }, '', errors)
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: (fieldValidation || 'Warn') as WriteOptions['fieldValidation'],
    ...(force === undefined ? {} : { force }),
  }
}
const noOptions: WriteOptions = { dryRun: false, fieldManager: '', fieldValidation: 'Warn' }

function validateDryRun(values: readonly string[]): FieldError[] {
  return values.every((v) => v === 'All') ? [] : [notSupported('dryRun', values, ['All'])]
}

function validateFieldManager(name: string): FieldError[] {
  // Nearly all are, and the categories of Unicode take the first to ask for them 10 ms.
  if (/^[ -~]{0,128}$/.test(name)) return []
  const errors: FieldError[] = []
  if (Buffer.byteLength(name) > 128) errors.push(tooLong('fieldManager', 128))
  // Go's unicode.IsPrint: no controls, and no space but the plain one.
  const odd = [...name].findIndex((c) => c !== ' ' && !/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(c))
  if (odd >= 0) errors.push(invalid('fieldManager', name, `invalid character ${codePoint([...name][odd] as string)} (at position ${odd})`))
  return errors
}

/** As Go's %U. */
const codePoint = (char: string): string => `U+${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}`

export interface DeleteOptions {
  readonly dryRun: boolean
  readonly gracePeriodSeconds?: number
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly orphanDependents?: boolean
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
}

/** `body` is the decoded DeleteOptions, when one was sent; otherwise the query counts. */
export function parseDeleteOptions(query: URLSearchParams, body: Readonly<Record<string, unknown>> | undefined): DeleteOptions {
  const from = body ?? {
    ...(query.has('gracePeriodSeconds') ? { gracePeriodSeconds: parseInt64(query.get('gracePeriodSeconds') as string) } : {}),
    ...(query.has('orphanDependents') ? { orphanDependents: isTrue(query, 'orphanDependents') } : {}),
    ...(query.has('propagationPolicy') ? { propagationPolicy: query.get('propagationPolicy') } : {}),
    ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}),
  }
  const { gracePeriodSeconds, orphanDependents, propagationPolicy, preconditions } = from as Omit<DeleteOptions, 'dryRun'>
  const dryRun = (from['dryRun'] as string[] | undefined) ?? []
  const errors: FieldError[] = []
  const policies = ['Foreground', 'Background', 'Orphan']
  if (propagationPolicy !== undefined && orphanDependents !== undefined)
    errors.push(invalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'))
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy))
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']))
  errors.push(...validateDryRun(dryRun))
  if (errors.length > 0) throw newInvalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  return {
    dryRun: dryRun.length > 0,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds }),
    ...(preconditions ? { preconditions } : {}),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
  }
}

export interface ListOptions {
  readonly labelSelector: string
  readonly fieldSelector: string
  readonly limit: number
  readonly continue: string
  readonly resourceVersion: string
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan'
  readonly timeoutSeconds: number | undefined
  readonly allowWatchBookmarks: boolean
  readonly sendInitialEvents: boolean | undefined
}

const plainList: ListOptions = {
  labelSelector: '',
  fieldSelector: '',
  limit: 0,
  continue: '',
  resourceVersion: '',
  resourceVersionMatch: '',
  timeoutSeconds: undefined,
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
}

/** The options of list, watch and deletecollection. */
export function parseListOptions(query: URLSearchParams, watch: boolean): ListOptions {
  if (query.size === 0) return plainList
  const text = (name: string) => query.get(name) ?? ''
  const options = {
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    limit: query.has('limit') ? parseInt64(text('limit')) : 0,
    continue: text('continue'),
    resourceVersion: text('resourceVersion'),
    resourceVersionMatch: text('resourceVersionMatch') as ListOptions['resourceVersionMatch'],
    timeoutSeconds: query.has('timeoutSeconds') ? parseInt64(text('timeoutSeconds')) : undefined,
    allowWatchBookmarks: isTrue(query, 'allowWatchBookmarks'),
    sendInitialEvents: query.has('sendInitialEvents') ? isTrue(query, 'sendInitialEvents') : undefined,
  }
  const errors = watch ? validateWatchOptions(options) : validateListOptions(options)
  if (errors.length > 0) throw newInvalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
  return options
}

function validateListOptions(o: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const match: string = o.resourceVersionMatch
  if (match !== '') {
    if (o.resourceVersion === '')
      errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (o.continue !== '') errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && o.resourceVersion === '0')
      errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (o.sendInitialEvents !== undefined) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return errors
}

function validateWatchOptions(o: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const match: string = o.resourceVersionMatch
  if (o.sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  if (match !== '') {
    if (o.sendInitialEvents === undefined)
      errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'))
    if (match !== 'NotOlderThan') errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']))
    if (o.continue !== '') errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'))
  }
  return errors
}

/** Go's strconv.ParseInt with its error as a 400. */
export function parseInt64(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw newBadRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = Number(text)
  if (Math.abs(value) > 2 ** 63) throw newBadRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  return value
}

/** A resourceVersion of the query. Upstream answers a wrong one with a Status of no reason and code 500. */
export function parseResourceVersion(text: string): number {
  if (text === '' || text === '0') return 0
  if (!/^\d{1,20}$/.test(text))
    throw invalidVersion(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    )
  return Number(text)
}

export const invalidVersion = (message: string): StatusError => new StatusError({ code: 500, message })
